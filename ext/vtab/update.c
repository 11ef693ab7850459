/* xUpdate: INSERT, UPDATE and DELETE of one row.
**
** Under the plain conflict clause (and the row of an INSERT OR REPLACE with room: session/room) in autocommit a change
** may wait in the writer or the batch: if it fails at COMMIT, exactly this statement fails.  Inside BEGIN an error that is reported after the last row would undo the
** whole transaction: there a row waits only if it is known which one is the last (session/tail), and that one sends
** them all.  Everything else is sent at once, and the user must find it as the statement left it. */
#include "session/batch.h"
#include "session/reflect.h"
#include "sqlgen/change.h"
#include "vtab/change.h"
#include "vtab/statement.h"

#include <string.h>

/* Violations that a conflict clause resolves; a foreign key, a trigger's RAISE and what a server's type cannot
** hold undo the statement whatever the clause says. */
static bool resolvable(int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_NOTNULL:
    case SQLITE_CONSTRAINT_CHECK:
        return true;
    default:
        return false;
    }
}

/* SQLite carries out IGNORE, FAIL and ROLLBACK on whatever has SQLITE_CONSTRAINT in its low byte: an error that
** must only undo the statement needs another code. */
static bool carried_out(const struct change *c)
{
    return c->conflict == SQLITE_IGNORE || c->conflict == SQLITE_FAIL ||
           c->conflict == SQLITE_ROLLBACK;
}

static int constraint_rc(const struct change *c, int rc)
{
    return carried_out(c) && (rc & 0xff) == SQLITE_CONSTRAINT && !resolvable(rc) ? SQLITE_MISMATCH
                                                                                 : rc;
}

/* SQLite goes on without the row then, but not without the text of the error, if there is one: it would become that of
** what the statement fails of later. */
static bool leaves_out(const struct change *c, int rc)
{
    return c->conflict == SQLITE_IGNORE && (rc & 0xff) == SQLITE_CONSTRAINT;
}

/* Is a NULL sent for this column of an INSERT, or is it left to the server's default? */
static bool column_given(const struct change *c, int i, const struct insert_shape *shape)
{
    const struct column *column = &c->target.model->columns[i];
    const struct remote_column *remote =
        c->remote_column[i] < 0 ? NULL : &c->target.remote->columns[c->remote_column[i]];
    if (change_takes_default(c, i))
        return false;
    if (column->generated != GENERATED_NO || i == c->target.auto_column ||
        (remote && remote->generated))
        return false;
    if (remote && remote->not_null && !remote->has_default && !remote->autoincrement &&
        c->target.bind->engine->dialect->implicit_defaults)
        return true; /* to be refused, not to be given a value that nobody named */
    if (shape->known)
        return shape->columns[i].given;
    return !(column->not_null || column->key_position > 0);
}

/* A NULL among the values of an INSERT: sent, or left to the server. */
static int insert_null(struct change *c, int i, const struct insert_shape *shape,
                       sqlite3_value *value, struct err *err)
{
    const struct insert_column *said = &shape->columns[i];
    const char *name = c->target.model->columns[i].name;
    bool fills =
        c->target.model->columns[i].generated != GENERATED_NO || i == c->target.auto_column ||
        (c->remote_column[i] >= 0 && c->target.remote->columns[c->remote_column[i]].has_default);
    if (column_given(c, i, shape)) {
        if (!shape->known || !said->left || !fills)
            return change_set(c, i, value, err);
        err_set(err, SQLITE_ERROR,
                "one INSERT of the triggers names column %s and another leaves it out, so that "
                "a NULL may mean its default: name it in all of them, or in none",
                name);
        return bind_fail(c->target.bind, c->target.what, err);
    }
    if (!said->returned || !fills)
        return SQLITE_OK;
    err_set(err, SQLITE_ERROR,
            "RETURNING cannot show column %s, which the server fills in: give it a value, or "
            "read the row afterwards",
            name);
    return bind_fail(c->target.bind, c->target.what, err);
}

static int insert_values(struct change *c, sqlite3_value **columns, struct err *err)
{
    const struct insert_shape *shape = NULL;
    int i, rc = SQLITE_OK;
    for (i = 0; i < c->target.model->ncolumns && rc == SQLITE_OK; i++) {
        bool null = sqlite3_value_type(columns[i]) == SQLITE_NULL;
        if (null && !shape)
            rc = statement_insert_shape(c->table, &shape, err);
        if (rc == SQLITE_OK)
            rc = null ? insert_null(c, i, shape, columns[i], err)
                      : change_set(c, i, columns[i], err);
    }
    return rc;
}

/* Under this clause a failure at COMMIT fails exactly the statement that runs now. */
static bool may_wait(const struct change *c)
{
    return c->conflict == SQLITE_ABORT && sqlite3_get_autocommit(c->table->binds->db);
}

/* The row is kept back, or was the last one: then all of them are sent. */
static int insert_in_transaction(struct change *c, enum tail_row place, struct room *room,
                                 sqlite3_int64 *rowid, struct err *err)
{
    int rc = writer_insert_later(&c->target, c->cells, c->given, room, err);
    if (rc == SQLITE_OK && place == TAIL_LAST)
        rc = writer_flush_last(c->target.bind, c->table->binds->txn.tail.row, err);
    /* What xUpdate says becomes the last rowid: the server's number, where it makes them. */
    if (rc == SQLITE_OK && place == TAIL_LAST && c->target.auto_column >= 0 &&
        !c->given[c->target.auto_column])
        *rowid = sqlite3_last_insert_rowid(c->table->binds->db);
    return rc;
}

static int send_update(struct change *c, sqlite3_value *key, int n, struct err *err);

/* Makes room and writes the row, both or nothing.  key: of the row that an UPDATE of n columns changes, else NULL. */
static int replace_row(struct change *c, sqlite3_value *key, int n, sqlite3_int64 *rowid,
                       struct err *err)
{
    struct bind *b = c->target.bind;
    struct conn *conn;
    struct err later;
    int end, rc = writer_flush(b, err);
    err_clear(&later);
    if (rc == SQLITE_OK)
        rc = bind_connect(b, &conn, err);
    if (rc == SQLITE_OK)
        rc = txn_row_begin(b, TXN_ONE_ROW, err);
    if (rc != SQLITE_OK)
        return bind_fail(b, c->target.what, err);
    rc = change_make_room(c, key, err);
    if (rc == SQLITE_OK)
        rc = key ? send_update(c, key, n, err)
                 : writer_insert_now(&c->target, c->cells, c->given, rowid, err);
    end = txn_row_end(b, TXN_ONE_ROW, rc != SQLITE_OK, rc == SQLITE_OK ? err : &later);
    return rc == SQLITE_OK && end != SQLITE_OK ? bind_fail(b, c->target.what, err) : rc;
}

/* Has the running INSERT RETURNING?  Its rows are shown before the statement commits, and who reads only the first
** never hears that the COMMIT failed: all is sent at once. */
static bool returning(const struct change *c)
{
    const struct insert_shape *shape;
    struct err ignored;
    err_clear(&ignored);
    return statement_insert_shape(c->table, &shape, &ignored) != SQLITE_OK || shape->returning;
}

static int insert_row(struct change *c, sqlite3_value **columns, sqlite3_int64 *rowid,
                      struct err *err)
{
    sqlite3 *db = c->table->binds->db;
    struct room *room = NULL;
    bool together;
    int rc = insert_values(c, columns, err);
    if (rc != SQLITE_OK)
        return rc;
    *rowid = sqlite3_last_insert_rowid(db);
    if (c->target.auto_column >= 0 && c->given[c->target.auto_column] &&
        c->cells[c->target.auto_column].cls == CELL_INT)
        *rowid = c->cells[c->target.auto_column].i;
    if (c->conflict == SQLITE_REPLACE && (rc = change_room(c, &room, err)) != SQLITE_OK)
        return rc;
    together = c->conflict == SQLITE_ABORT || room;
    if (sqlite3_get_autocommit(db)) {
        if (together && (writer_pending(c->target.bind) || !returning(c)))
            return writer_insert_later(&c->target, c->cells, c->given, room, err);
    } else if (c->conflict == SQLITE_ABORT || c->conflict == SQLITE_REPLACE) {
        enum tail_row place = tail_next(c->table->binds, &c->table->declared);
        if (place == TAIL_STOPPED)
            return err_set(err, c->table->binds->txn.tail.stopped, "%s",
                           sqlite3_errstr(c->table->binds->txn.tail.stopped));
        if (together && place != TAIL_UNSURE)
            return insert_in_transaction(c, place, room, rowid, err);
    }
    return c->conflict == SQLITE_REPLACE
               ? replace_row(c, NULL, 0, rowid, err)
               : writer_insert_now(&c->target, c->cells, c->given, rowid, err);
}

/* One row was meant.  Only a row that is recognised by its values can be missed without anybody having deleted it. */
static int check_found(const struct change *c, const struct row_where *where,
                       sqlite3_int64 affected, struct err *err)
{
    int rc = batch_check(affected, 1, err);
    if (rc == SQLITE_OK && affected == 0 && where->by_values)
        rc = err_set(err, SQLITE_ERROR,
                     "the row was not found again by its values: declare a PRIMARY KEY so that it "
                     "can be told apart");
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    return bind_fail(c->target.bind, c->target.what, err);
}

/* The texts of the last UPDATE or DELETE serve again: the same columns are set and the same condition holds. */
static bool same_statement(const struct change *c, bool is_delete, const char *where)
{
    return c->last.sql && c->last.is_delete == is_delete && strcmp(c->last.where, where) == 0 &&
           (is_delete || memcmp(c->last.given, c->given,
                                (size_t)c->target.model->ncolumns * sizeof *c->given) == 0);
}

/* Rows that stand in each other's way must be changed in SQLite's order. */
static bool order_matters(const struct change *c, bool is_delete)
{
    int i;
    for (i = 0; !is_delete && i < c->target.model->ncolumns; i++)
        if (c->given[i] && remote_in_unique_key(c->target.remote, c->remote_column[i]))
            return true;
    return c->target.remote->kind != REMOTE_TABLE;
}

/* Is a row found by one column in which the server keeps whole numbers only, so that between two keys that follow each
** other there is none? */
static bool integer_key(const struct change *c)
{
    const struct identity *identity = &c->table->declared.identity;
    int place;
    if (identity->form != KEY_FORM_COLUMN)
        return false;
    place = c->remote_column[identity->columns[0]];
    return place >= 0 && coltype_is_whole(c->target.remote->columns[place].type.id);
}

/* Writes the texts of an UPDATE of n columns, or of a DELETE (n = 0), into c->last. */
static int write_statement(struct change *c, const struct change_column *columns, int n,
                           const struct row_where *where, const struct arg *args, int nargs,
                           struct err *err)
{
    const struct dialect *d = c->target.bind->conn->dialect;
    const char *schema = c->target.model->remote_schema, *name = c->target.model->remote_name;
    const struct type **types = arena_alloc(&c->row, (size_t)nargs * sizeof *types + 1);
    int i, rc = types ? SQLITE_OK : SQLITE_NOMEM;
    sqlite3_free(c->last.sql);
    change_many_clear(&c->last.many);
    sqlite3_free(c->last.where);
    c->last.is_delete = n == 0;
    c->last.where = sqlite3_mprintf("%s", where->text);
    memcpy(c->last.given, c->given, (size_t)c->target.model->ncolumns * sizeof *c->given);
    c->last.sql = n > 0 ? change_update(d, schema, name, columns, n, where->text, where->tail)
                        : change_delete(d, schema, name, where->text, where->tail);
    for (i = 0; i < nargs && rc == SQLITE_OK; i++)
        types[i] = args[i].type;
    if (rc == SQLITE_OK && !where->has_null && !order_matters(c, n == 0))
        rc = change_many(d, schema, name, columns, n, where->text, types, nargs, integer_key(c),
                         &c->last.many);
    if (rc == SQLITE_OK && c->last.sql && c->last.where)
        return SQLITE_OK;
    sqlite3_free(c->last.sql);
    c->last.sql = NULL;
    return err_nomem(err);
}

/* Sends c->last, or keeps it back: inside BEGIN for the statement's last row, which sends all. */
static int send_change(struct change *c, const struct row_where *where, const struct arg *args,
                       int nargs, struct err *err)
{
    sqlite3_int64 affected = 0;
    int rc;
    if ((may_wait(c) || c->place != TAIL_UNSURE) && nargs > 0 && !where->by_values &&
        batch_worthwhile(c->target.bind))
        return batch_add(&c->target, c->last.sql, &c->last.many, args, nargs, err);
    rc = change_run(c, c->last.sql, args, nargs, &affected, err);
    return rc == SQLITE_OK ? check_found(c, where, affected, err) : rc;
}

static int delete_row(struct change *c, sqlite3_value *key, struct err *err)
{
    struct row_where where;
    int rc = change_find(c, key, 1, &where, err);
    if (rc == SQLITE_OK && !same_statement(c, true, where.text))
        rc = write_statement(c, NULL, 0, &where, where.args, where.nargs, err);
    return rc == SQLITE_OK ? send_change(c, &where, where.args, where.nargs, err) : rc;
}

static bool same_value(const struct cell *a, const struct cell *b)
{
    return a->cls == b->cls && cell_compare(a, b) == 0;
}

/* A column of the key has to be handed over with every row, changed or not: SQLite does not tell. */
static int key_unchanged(struct change *c, sqlite3_value *key, int column, sqlite3_value *value,
                         bool *same, struct err *err)
{
    const struct identity *identity = &c->table->declared.identity;
    struct cell now = cell_from_value(value), old = cell_from_value(key), *parts;
    int i, rc;
    *same = false;
    for (i = 0; i < identity->ncolumns && identity->columns[i] != column; i++)
        ;
    if (i == identity->ncolumns)
        return SQLITE_OK;
    if (identity->form == KEY_FORM_COLUMN) {
        *same = same_value(&old, &now);
        return SQLITE_OK;
    }
    parts = arena_alloc(&c->row, (size_t)identity->ncolumns * sizeof *parts);
    if (!parts)
        return err_nomem(err);
    rc = old.cls == CELL_BLOB ? keycode_read(old.p, old.n, parts, identity->ncolumns, err)
                              : SQLITE_OK;
    *same = rc == SQLITE_OK && old.cls == CELL_BLOB && same_value(&parts[i], &now);
    return rc;
}

/* The columns that an UPDATE sets: those that SQLite does not mark as unchanged. */
static int update_values(struct change *c, sqlite3_value *key, sqlite3_value **columns, int *n,
                         struct err *err)
{
    bool same, marked = false;
    int i, rc = SQLITE_OK;
    *n = 0;
    /* In an UPDATE … FROM old hosts mark none, and hand over generated columns as well. */
    for (i = 0; i < c->target.model->ncolumns && !marked; i++)
        marked = sqlite3_value_nochange(columns[i]) != 0;
    for (i = 0; i < c->target.model->ncolumns && rc == SQLITE_OK; i++) {
        if (sqlite3_value_nochange(columns[i]))
            continue;
        if (c->target.model->columns[i].generated != GENERATED_NO && !marked)
            continue;
        if (c->target.model->columns[i].generated != GENERATED_NO) {
            err_set(err, SQLITE_ERROR, "cannot UPDATE generated column \"%w\"",
                    c->target.model->columns[i].name);
            return bind_fail(c->target.bind, c->target.what, err);
        }
        rc = key_unchanged(c, key, i, columns[i], &same, err);
        if (rc != SQLITE_OK || same)
            continue;
        rc = change_set(c, i, columns[i], err);
        (*n)++;
    }
    return rc;
}

/* An UPDATE that sets some column to its default: of its own text, and sent at once, as REPLACE is. */
static int send_defaults(struct change *c, const struct change_column *columns, int n,
                         const struct row_where *where, const struct arg *args, int nargs,
                         struct err *err)
{
    sqlite3_int64 affected = 0;
    char *sql = change_update(c->target.bind->conn->dialect, c->target.model->remote_schema,
                              c->target.model->remote_name, columns, n, where->text, where->tail);
    int rc = sql ? change_run(c, sql, args, nargs, &affected, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? check_found(c, where, affected, err) : rc;
}

static int send_update(struct change *c, sqlite3_value *key, int n, struct err *err)
{
    const struct model *m = c->target.model;
    struct change_column *columns = arena_alloc(&c->row, (size_t)n * sizeof *columns);
    struct arg *args, *set = arena_alloc(&c->row, (size_t)n * sizeof *set);
    struct row_where where;
    int i, j = 0, nset = 0, nargs, rc;
    if (!columns || !set)
        return err_nomem(err);
    for (i = 0; i < m->ncolumns; i++) {
        const struct remote_column *remote;
        if (!c->given[i])
            continue;
        remote = &c->target.remote->columns[c->remote_column[i]];
        columns[j] = (struct change_column){.name = remote->name, .type = &remote->type};
        if (c->cells[i].cls == CELL_NULL && change_takes_default(c, i))
            columns[j].to_default = remote->default_text ? remote->default_text : "NULL";
        else
            set[nset++] = (struct arg){.type = &remote->type, .cells = &c->cells[i], .ncells = 1};
        j++;
    }
    rc = change_find(c, key, nset + 1, &where, err);
    if (rc != SQLITE_OK)
        return rc;
    nargs = nset + where.nargs;
    args = arena_alloc(&c->row, (size_t)(nargs + 1) * sizeof *args);
    if (!args)
        return err_nomem(err);
    memcpy(args, set, (size_t)nset * sizeof *args);
    memcpy(args + nset, where.args, (size_t)where.nargs * sizeof *args);
    if (nset < n)
        return send_defaults(c, columns, n, &where, args, nargs, err);
    if (!same_statement(c, false, where.text))
        rc = write_statement(c, columns, n, &where, args, nargs, err);
    return rc == SQLITE_OK ? send_change(c, &where, args, nargs, err) : rc;
}

static int update_row(struct change *c, sqlite3_value *key, sqlite3_value **columns,
                      struct err *err)
{
    bool gone = false;
    int n = 0, rc = change_meets_taken(c, key, &gone, err);
    if (rc == SQLITE_OK && !gone)
        rc = again_row(c, key, &columns, &gone, err);
    if (rc == SQLITE_OK && !gone)
        rc = update_values(c, key, columns, &n, err);
    if (rc != SQLITE_OK || n == 0)
        return rc;
    rc = c->conflict != SQLITE_REPLACE ? send_update(c, key, n, err)
                                       : replace_row(c, key, n, NULL, err);
    if (rc == SQLITE_OK && c->conflict == SQLITE_REPLACE)
        rc = change_note_move(c, key, err);
    return rc == SQLITE_OK ? again_note(c, err) : rc;
}

/* SQLite returns the row of a virtual table that OR IGNORE leaves out. */
static int ignored_rc(const struct change *c, int rc, struct err *err)
{
    if (c->conflict != SQLITE_IGNORE || !resolvable(rc) || !returning(c))
        return rc;
    err_set(
        err, SQLITE_MISMATCH,
        "RETURNING would show a row that OR IGNORE leaves out, which a constraint forbids: leave "
        "one of them away");
    return bind_fail(c->target.bind, c->target.what, err);
}

/* What statements of a trigger have left to wait is sent before one of a clause that would have a say in its failure. */
static int flush_others(struct change *c, struct err *err)
{
    struct bind *b = c->target.bind;
    int rc;
    if (!carried_out(c) || !writer_pending(b))
        return SQLITE_OK;
    rc = writer_flush(b, err);
    return (rc & 0xff) == SQLITE_CONSTRAINT ? SQLITE_MISMATCH : rc;
}

/* Columns = NULL: a DELETE.  The last row sends what waits. */
static int change_in_place(struct change *c, sqlite3_value *key, sqlite3_value **columns,
                           struct err *err)
{
    int rc = columns ? update_row(c, key, columns, err) : delete_row(c, key, err);
    return rc == SQLITE_OK && c->place == TAIL_LAST ? writer_flush(c->target.bind, err) : rc;
}

/* The same inside BEGIN. */
static int change_in_transaction(struct change *c, sqlite3_value *key, sqlite3_value **columns,
                                 struct err *err)
{
    struct binds *b = c->table->binds;
    const struct tail *tail = &b->txn.tail;
    struct err later;
    int rc = SQLITE_OK, end;
    if (c->conflict == SQLITE_ABORT)
        c->place = tail_next_change(b, &c->table->declared);
    else
        tail_next_unkept(b, &c->table->declared);
    if (!tail->exposed || !columns)
        return change_in_place(c, key, columns, err);
    err_clear(&later);
    if (tail->row == 1)
        rc = txn_row_begin(c->target.bind, TXN_ALL_ROWS, err);
    if (rc != SQLITE_OK)
        return bind_fail(c->target.bind, c->target.what, err);
    rc = change_in_place(c, key, columns, err);
    if (rc == SQLITE_OK ? c->place != TAIL_LAST || tail->least /* another one may fail */
                        : carried_out(c) && resolvable(rc))
        return rc;
    writer_discard(c->target.bind);
    end =
        txn_row_end(c->target.bind, TXN_ALL_ROWS, rc != SQLITE_OK, rc == SQLITE_OK ? err : &later);
    return rc == SQLITE_OK && end != SQLITE_OK ? bind_fail(c->target.bind, c->target.what, err)
                                               : rc;
}

int table_update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid)
{
    struct table *t = (struct table *)vtab;
    struct change *c = NULL;
    struct err err;
    bool inside = txn_is_inside(t->binds);
    int rc;
    err_clear(&err);
    *rowid = sqlite3_last_insert_rowid(t->binds->db);
    rc = change_begin(t, &c, &err);
    if (rc == SQLITE_OK)
        rc = flush_others(c, &err);
    if (rc == SQLITE_OK) {
        if (argc > 1 && sqlite3_value_type(argv[0]) == SQLITE_NULL)
            rc = ignored_rc(c, insert_row(c, argv + 2, rowid, &err), &err);
        else if (!sqlite3_get_autocommit(t->binds->db))
            rc = change_in_transaction(c, argv[0], argc > 1 ? argv + 2 : NULL, &err);
        else
            rc = change_in_place(c, argv[0], argc > 1 ? argv + 2 : NULL, &err);
        rc = txn_after_change(t->binds, inside, rc, &err);
    }
    if (rc != SQLITE_OK) {
        if (c)
            rc = constraint_rc(c, rc);
        if (err.rc != SQLITE_OK && (!c || !leaves_out(c, rc)))
            err_to_vtab(&err, vtab);
    }
    if (c)
        change_end(c);
    return rc;
}
