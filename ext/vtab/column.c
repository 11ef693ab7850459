/* The values of a scan's current row.  They are decoded when SQLite asks for them and get the affinity of the declared
** column, as a native table would have given them when they were stored. */
#include "vtab/cursor.h"
#include "vtab/recheck.h"

/* A column of the current row, wherever that comes from. */
static inline int result_cell(struct cursor *c, int i, struct cell *out, struct err *err)
{
    if (c->phase != PHASE_KEPT)
        return rows_cell(&c->rows, i, out, err);
    *out = c->kept.cells[i];
    return SQLITE_OK;
}

int cursor_column(struct cursor *c, int column, char scratch[CELL_SCRATCH], struct cell *out,
                  struct err *err)
{
    const struct column *declared = &c->table->model->columns[column];
    if (c->position[column] < 0)
        return err_set(err, SQLITE_INTERNAL, "column %s is wanted, but was not asked for",
                       declared->name);
    int rc = result_cell(c, c->position[column], out, err);
    if (rc == SQLITE_OK)
        cell_fit(out, rhs_affinity(&declared->type), scratch);
    return rc;
}

static int add_column(struct cursor *c, int column, struct err *err)
{
    char scratch[CELL_SCRATCH];
    struct cell cell;
    int rc = cursor_column(c, column, scratch, &cell, err);
    if (rc == SQLITE_OK)
        keycode_add(&c->key, &cell);
    return rc;
}

/* _k of the current row, in c->key. */
static int build_key(struct cursor *c, struct err *err)
{
    int rc = SQLITE_OK;
    if (c->key_row == c->row)
        return SQLITE_OK;
    buf_reset(&c->key);
    int n = identity_values(&c->identity);
    for (int i = 0; i < n && rc == SQLITE_OK; i++) {
        struct cell cell;
        if (c->identity.source != IDENTITY_ENGINE) {
            rc = add_column(c, identity_column(&c->identity, i), err);
            continue;
        }
        rc = result_cell(c, c->engine_position + i, &cell, err);
        if (rc == SQLITE_OK)
            keycode_add(&c->key, &cell);
    }
    if (rc == SQLITE_OK && c->identity.source == IDENTITY_VALUES) {
        sqlite3_int64 ordinal;
        struct row_hash hash = row_hash(c->key.data, c->key.len);
        if (c->key.rc != SQLITE_OK || rowset_add(&c->equal, hash, &ordinal) != SQLITE_OK)
            return err_nomem(err);
        struct cell cell = cell_int(ordinal);
        keycode_add(&c->key, &cell);
    }
    if (rc == SQLITE_OK && c->key.rc != SQLITE_OK)
        rc = err_nomem(err);
    if (rc == SQLITE_OK)
        c->key_row = c->row;
    return rc;
}

static bool identifies(const struct cursor *c, int column)
{
    const struct identity *identity = &c->table->declared.identity;
    for (int i = 0; i < identity->ncolumns; i++) {
        if (identity->columns[i] == column)
            return true;
    }
    return column == c->table->key_column;
}

/* Rows without values are played back. */
static inline bool plays_back(const struct cursor *c)
{
    return c->phase == PHASE_COUNT || c->phase == PHASE_SKIP;
}

/* Hands the value over if the affinity leaves it as it is; else false, and nothing was done. */
static inline bool cell_give(const struct cell *cell, enum affinity affinity,
                             sqlite3_context *context)
{
    if (cell->cls == CELL_INT && cell_fits(CELL_INT, affinity))
        sqlite3_result_int64(context, cell->i);
    else if (cell->cls == CELL_REAL && affinity == AFF_REAL)
        sqlite3_result_double(context, cell->r + 0.0);
    else if (cell->cls == CELL_REAL && cell_real_stays(cell->r, affinity))
        sqlite3_result_double(context, cell->r);
    else if (cell_fits(cell->cls, affinity))
        cell_to_result(cell, context);
    else
        return false;
    return true;
}

/* A value that is at hand and goes out as it is.  False: it is another case, and nothing was done. */
static bool column_at_hand(struct cursor *c, sqlite3_context *context, int column)
{
    const struct cell *cell;
    int position = c->position[column];
    enum affinity affinity = c->affinity[column];
    if (position < 0 || c->looks || plays_back(c))
        return false;
    c->read_any = true;
    if (c->phase == PHASE_KEPT)
        cell = &c->kept.cells[position];
    else if (c->rows.values != NULL)
        return cell_pass_rest(sqlite3_column_value(c->rows.values, position), affinity, context);
    else if ((cell = rows_at_hand(&c->rows, position)) == NULL)
        return false;
    return cell_give(cell, affinity, context);
}

/* For session/gather: a row's key is counted once.  If somebody else reads the table meanwhile, nothing is known. */
static void note_key(struct cursor *c, bool leaves)
{
    struct gathered *gathered = &c->table->declared.gathered;
    if (c->scan != c->table->declared.scans)
        *gathered = (struct gathered){GATHERED_UNKNOWN, GATHERED_UNKNOWN};
    gathered->rows += c->gathered_row != c->row;
    gathered->left += leaves;
    c->gathered_row = c->row;
}

/* Apart, so that its error record and scratch are no part of every call. */
__attribute__((noinline)) static int column_made(struct cursor *c, sqlite3_context *context,
                                                 int column)
{
    char scratch[CELL_SCRATCH];
    struct cell cell;
    struct err err;
    int rc = SQLITE_OK;
    if (c->may_leave) {
        bool leaves = sqlite3_vtab_nochange(context);
        if (column == gather_key(&c->table->declared))
            note_key(c, leaves);
        if (leaves && !identifies(c, column))
            return SQLITE_OK;
    }
    err_clear(&err);
    c->read_any = true;
    if (plays_back(c))
        rc = cursor_leave_count(c, &err);
    if (rc == SQLITE_OK && column == c->table->key_column) {
        rc = build_key(c, &err);
        cell = cell_blob(c->key.data, c->key.len);
    } else if (rc == SQLITE_OK) {
        rc = cursor_column(c, column, scratch, &cell, &err);
        if (rc == SQLITE_OK && (c->as_number | c->unsure) != 0)
            rc = recheck_fit(c, column, &cell, &err);
        if (rc == SQLITE_OK && c->may_leave && cell.cls == CELL_NULL)
            rc = recheck_key(c, column, &err);
    }
    if (rc != SQLITE_OK)
        return cursor_fail(c, &err);
    cell_to_result(&cell, context);
    return SQLITE_OK;
}

/* Apart, as it needs more registers. */
__attribute__((noinline)) static int column_passed(struct cursor *c, sqlite3_context *context,
                                                   int column)
{
    int position = c->position[column];
    if (c->phase == PHASE_ROWS && c->rows.values != NULL && position >= 0 && !c->looks &&
        cell_pass(sqlite3_column_value(c->rows.values, position), c->affinity[column], context))
        return SQLITE_OK;
    return column_at_hand(c, context, column) ? SQLITE_OK : column_made(c, context, column);
}

/* First what nearly every call of a long scan asks for, where each instruction counts. */
int table_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    struct cursor *c = (struct cursor *)cursor;
    const struct cell *cell = rows_at_hand(&c->rows, c->position[column]);
    if (cell != NULL && c->phase == PHASE_ROWS && !c->looks) {
        enum affinity affinity = c->affinity[column];
        if (cell->cls == CELL_TEXT && c->rows.whole && cell_fits(CELL_TEXT, affinity)) {
            sqlite3_result_text(context, cell->p, -1, SQLITE_TRANSIENT);
            return SQLITE_OK;
        }
        if (cell_give(cell, affinity, context))
            return SQLITE_OK;
    }
    return column_passed(c, context, column);
}

/* Bind tables are WITHOUT ROWID: SQLite never asks. */
int table_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = ((struct cursor *)cursor)->row;
    return SQLITE_OK;
}
