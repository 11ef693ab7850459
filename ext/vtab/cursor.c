/* A scan, as SQLite sees it: open, filter, next, eof, close.  The values of a row are column.c's. */
#include "vtab/cursor.h"
#include "session/reflect.h"
#include "session/writer.h"
#include "vtab/ahead.h"
#include "vtab/change.h"
#include "vtab/foresee.h"
#include "vtab/inner.h"
#include "vtab/recheck.h"

#include <string.h>

#define KEY_LIMIT 0x7fffffff

/* ---- life -------------------------------------------------------------------------------------------- */

struct cursor *cursor_take(struct table *t)
{
    struct cursor *c = t->spare;
    t->spare = NULL;
    if (c != NULL)
        return c;
    c = sqlite3_malloc64(sizeof *c);
    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof *c);
    c->table = t;
    c->phase = PHASE_END;
    sqlite3_snprintf(sizeof c->what, c->what, "reading %s", t->declared.name);
    arena_init(&c->values);
    buf_init(&c->key, KEY_LIMIT);
    buf_init(&c->run_values, CURSOR_VALUES_LIMIT);
    c->noted = true;
    return c;
}

static void text_clear(struct cursor_text *t)
{
    sqlite3_free(t->sql);
    sqlite3_free(t->places);
}

void cursor_free(struct cursor *c)
{
    if (c == NULL)
        return;
    text_clear(&c->usual);
    text_clear(&c->other);
    rowset_clear(&c->seen);
    rowset_clear(&c->equal);
    arena_clear(&c->values);
    buf_clear(&c->key);
    buf_clear(&c->run_values);
    keystore_scan_clear(&c->kept);
    sqlite3_free(c->idx_str);
    sqlite3_free(c->position);
    sqlite3_free(c->rhs);
    sqlite3_free(c->args);
    sqlite3_free(c);
}

int cursor_fail(struct cursor *c, struct err *err)
{
    c->phase = PHASE_END;
    rows_finish(&c->rows);
    if (c->bind != NULL) {
        bind_fail(c->bind, c->what, err);
        if (table_doubt(c->table, c->bind, err))
            host_expire(&c->table->binds->host);
    } else {
        err_prefix_plain(err);
    }
    return err_to_vtab(err, c->base.pVtab);
}

void cursor_give(struct cursor *c)
{
    if (c->table->spare == NULL)
        c->table->spare = c;
    else
        cursor_free(c);
}

int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    struct table *t = (struct table *)vtab;
    struct cursor *c = cursor_take(t);
    struct err err;
    bool scouted = t->binds->scout != NULL; /* another run of a statement that goes on */
    err_clear(&err);
    if (!scouted)
        change_forget_statement(t);
    if (c == NULL)
        return SQLITE_NOMEM;
    c->base.pVtab = vtab;
    c->bind = NULL;
    int rc = binds_find(t->binds, t->model->bind_key, &c->bind, &err);
    if (rc != SQLITE_OK) {
        c->bind = NULL;
        rc = cursor_fail(c, &err);
        cursor_free(c);
        return rc;
    }
    c->phase = PHASE_END;
    c->for_write = c->key_order = c->locks_ahead = c->for_write_known = c->no_count = false;
    c->repeats = false;
    c->slices_known = c->extremes_known = c->outer_known = c->tested_known = false;
    c->probe = NULL;
    c->scan = t->declared.scans;
    bind_cursor_opened(c->bind);
    ahead_opened(c);
    *out = &c->base;
    return SQLITE_OK;
}

int table_close(sqlite3_vtab_cursor *cursor)
{
    struct cursor *c = (struct cursor *)cursor;
    inner_over(c);
    ahead_closed(c);
    rows_finish(&c->rows);
    keystore_scan_end(&c->kept);
    arena_clear(&c->values);
    rowset_clear(&c->seen);
    rowset_clear(&c->equal);
    bind_cursor_closed(c->bind);
    cursor_give(c);
    return SQLITE_OK;
}

/* ---- rows -------------------------------------------------------------------------------------------- */

int cursor_rows_cells(struct cursor *c, struct cell *cells, struct err *err)
{
    for (int i = 0; i < c->rows_columns; i++) {
        int rc = rows_cell(&c->rows, i, &cells[i], err);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

int cursor_row_bytes(struct cursor *c, struct buf *out, struct err *err)
{
    buf_reset(out);
    for (int i = 0; i < c->rows.ncolumns; i++) {
        struct cell cell;
        int rc = rows_cell(&c->rows, i, &cell, err);
        if (rc != SQLITE_OK)
            return rc;
        keycode_add(out, &cell);
    }
    return out->rc == SQLITE_OK ? SQLITE_OK : err_nomem(err);
}

static int current_hash(struct cursor *c, struct row_hash *out, struct err *err)
{
    c->key_row = -1; /* its buffer is borrowed */
    int rc = cursor_row_bytes(c, &c->key, err);
    if (rc == SQLITE_OK)
        *out = row_hash(c->key.data, c->key.len);
    return rc;
}

static int fetch_kept(struct cursor *c, sqlite3_int64 row, struct err *err)
{
    int rc = keystore_next(&c->kept, err);
    if (rc == SQLITE_DONE && c->reads_on)
        rc = ahead_read(c, err);
    if (rc == SQLITE_DONE) {
        keystore_scan_end(&c->kept);
        c->phase = PHASE_END;
        return SQLITE_OK;
    }
    c->row = row;
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Of the columns that the rows are ordered by; all 0 if there is no order. */
static int order_hash(struct cursor *c, struct row_hash *out, struct err *err)
{
    *out = (struct row_hash){0, 0};
    c->key_row = -1;
    buf_reset(&c->key);
    for (int i = 0; i < c->plan.norder; i++) {
        struct cell cell;
        int position = c->position[c->plan.order[i].column];
        int rc = position >= 0 ? rows_cell(&c->rows, position, &cell, err) : SQLITE_OK;
        if (rc != SQLITE_OK)
            return rc;
        if (position >= 0)
            keycode_add_sorted(&c->key, cell,
                               c->table->model->columns[c->plan.order[i].column].collation);
    }
    if (c->plan.norder > 0)
        *out = row_hash(c->key.data, c->key.len);
    return c->key.rc == SQLITE_OK ? SQLITE_OK : err_nomem(err);
}

static int changed_meanwhile(struct err *err)
{
    return err_set(err, SQLITE_BUSY_SNAPSHOT, "the table changed while it was read: try again");
}

static int note_page_row(struct cursor *c, struct err *err)
{
    struct row_hash hash;
    sqlite3_int64 before;
    int rc = current_hash(c, &hash, err);
    if (rc == SQLITE_OK && rowset_add(&c->seen, hash, &before) != SQLITE_OK)
        rc = err_nomem(err);
    return rc == SQLITE_OK ? order_hash(c, &c->page_end, err) : rc;
}

/* Of the whole result, rows that SQLite has seen or passed over are still to come. */
static bool leaves_out(const struct cursor *c)
{
    return c->leave_out && (c->seen.total > 0 || c->pass > 0);
}

/* A row of the whole result while that is so: *again, or one that sorts as the page's last row.  Of the rows that
** are not the page's, the first ones are those before it.  Any other row was not there when the page was read. */
static int meet_again(struct cursor *c, bool *again, struct err *err)
{
    struct row_hash hash, order;
    int rc = current_hash(c, &hash, err);
    *again = rc == SQLITE_OK && rowset_take(&c->seen, hash);
    if (rc == SQLITE_OK && !*again && c->pass > 0) {
        c->pass--;
        *again = true;
    }
    if (rc != SQLITE_OK || *again || c->plan.norder == 0)
        return rc;
    rc = order_hash(c, &order, err);
    if (rc == SQLITE_OK && (order.a != c->page_end.a || order.b != c->page_end.b))
        rc = changed_meanwhile(err);
    return rc;
}

/* The statement has no more rows. */
static int no_more(struct cursor *c, struct err *err)
{
    if (!c->repeats)
        rows_finish(&c->rows);
    if (leaves_out(c))
        return changed_meanwhile(err);
    c->phase = PHASE_END;
    return SQLITE_OK;
}

/* The next row that SQLite has not seen; row is its number.  (table_next has its usual case to itself.) */
static int fetch(struct cursor *c, sqlite3_int64 row, struct err *err)
{
    if (c->phase == PHASE_ROWS && c->wanted && !leaves_out(c) && !c->for_write) {
        c->phase = PHASE_KEPT;
        c->reads_on = true;
    }
    if (c->phase == PHASE_KEPT)
        return fetch_kept(c, row, err);
    for (;;) {
        bool again = false;
        int rc = bind_rows_next(c->bind, c->what, &c->rows, err);
        if (rc == SQLITE_DONE)
            return no_more(c, err);
        if (rc != SQLITE_ROW)
            return rc;
        c->row = row;
        if (c->phase == PHASE_PAGE)
            return note_page_row(c, err);
        if (!leaves_out(c))
            return SQLITE_OK;
        rc = meet_again(c, &again, err);
        if (rc != SQLITE_OK || !again)
            return rc;
    }
}

/* The page gives way to another statement; where open rows hold the state that both read, only when that has begun. */
static void leave_page(struct cursor *c, struct rows *page)
{
    rows_move(page, &c->rows);
    if ((c->bind->engine->caps & CAP_ROWS_HOLD) == 0)
        rows_finish(page);
}

/* The page is used up and SQLite wants more: the whole result, less the page. */
static int fetch_beyond_page(struct cursor *c, struct err *err)
{
    struct rows page;
    leave_page(c, &page);
    c->phase = PHASE_ROWS;
    c->leave_out = true;
    c->pass = c->skip;
    c->skip = 0;
    int rc = cursor_send(c, SELECT_ROWS, LIMIT_NONE, err);
    if (rc == SQLITE_OK)
        rc = fetch(c, c->row + 1, err);
    rows_finish(&page);
    return rc;
}

static void play_back(struct cursor *c)
{
    c->phase = c->last == 0 ? PHASE_END : PHASE_COUNT;
    c->last_empty = c->last - 1;
}

static int read_count(struct cursor *c, struct err *err)
{
    struct cell cell = cell_int(0);
    int rc;
    if (c->count_known) {
        play_back(c);
        return SQLITE_OK;
    }
    rc = bind_rows_next(c->bind, c->what, &c->rows, err);
    if (rc == SQLITE_ROW)
        rc = rows_cell(&c->rows, 0, &cell, err);
    else if (rc == SQLITE_DONE)
        rc = SQLITE_OK;
    if (rc != SQLITE_OK)
        return rc;
    rows_finish(&c->rows);
    c->last = cell.cls == CELL_INT ? cell.i : 0;
    inner_sent(c);
    play_back(c);
    return SQLITE_OK;
}

/* A row behind the OFFSET's is there, and so are those; or there are just those, at most. */
static int read_skip(struct cursor *c, struct err *err)
{
    int rc = bind_rows_next(c->bind, c->what, &c->rows, err);
    if (rc == SQLITE_ROW) {
        c->last_empty = c->skip - 1;
        return SQLITE_OK;
    }
    if (rc != SQLITE_DONE)
        return rc;
    rows_finish(&c->rows);
    inner_sent(c);
    c->phase = PHASE_COUNT;
    c->skip = 0;
    rc = cursor_send(c, SELECT_COUNT, LIMIT_NONE, err);
    return rc == SQLITE_OK ? read_count(c, err) : rc;
}

/* The rows of the OFFSET are passed over: the statement's first row is the current one. */
static int begin_page(struct cursor *c, struct err *err)
{
    c->row = c->skip;
    c->phase = c->last < 0 ? PHASE_ROWS : PHASE_PAGE;
    return c->phase == PHASE_PAGE ? note_page_row(c, err) : SQLITE_OK;
}

/* Nobody has read the first row, so nobody will read the others: they are only counted. */
static int count_later(struct cursor *c, struct err *err)
{
    struct rows page;
    leave_page(c, &page);
    rowset_reset(&c->seen);
    c->phase = PHASE_COUNT;
    int rc = cursor_send(c, SELECT_COUNT, LIMIT_NONE, err);
    if (rc == SQLITE_OK)
        rc = read_count(c, err);
    rows_finish(&page);
    if (rc == SQLITE_OK && ++c->row >= c->last)
        c->phase = PHASE_END;
    return rc;
}

/* Nobody has seen a value of the rows before it, so any of the rows may stand there. */
int cursor_leave_count(struct cursor *c, struct err *err)
{
    sqlite3_int64 row = c->row;
    rows_finish(&c->rows);
    c->phase = PHASE_ROWS;
    c->no_count = true;
    c->skip = c->last_empty = 0;
    int rc = cursor_send(c, SELECT_ROWS, LIMIT_NONE, err);
    for (sqlite3_int64 i = 0; rc == SQLITE_OK && i <= row && c->phase == PHASE_ROWS; i++)
        rc = fetch(c, i, err);
    if (rc == SQLITE_OK && c->phase == PHASE_END)
        rc = changed_meanwhile(err);
    return rc;
}

static int first_row(struct cursor *c, const char *idx_str, int argc, sqlite3_value **argv,
                     struct err *err)
{
    int rc = cursor_filter(c, idx_str, argc, argv, err);
    if (rc == SQLITE_ROW)
        return SQLITE_OK;
    if (rc == SQLITE_DONE)
        return no_more(c, err);
    if (rc == SQLITE_OK && c->table->binds->foreseen != c->table->binds->epoch)
        foresee(c);
    if (rc == SQLITE_OK && c->phase == PHASE_COUNT)
        rc = read_count(c, err);
    else if (rc == SQLITE_OK && c->phase == PHASE_SKIP)
        rc = read_skip(c, err);
    else if (rc == SQLITE_OK && c->phase != PHASE_END)
        rc = fetch(c, 0, err);
    return rc;
}

int table_filter(sqlite3_vtab_cursor *cursor, int idx_num, const char *idx_str, int argc,
                 sqlite3_value **argv)
{
    struct cursor *c = (struct cursor *)cursor;
    struct binds *owner = c->table->binds;
    struct err err;
    (void)idx_num;
    if (owner->scout != NULL)
        return scout_meets(owner->scout, cursor->pVtab, idx_str != NULL ? idx_str : "", argc, argv);
    bool inside = txn_is_inside(owner);
    err_clear(&err);
    schemas_hold(&owner->schemas);
    int rc = first_row(c, idx_str != NULL ? idx_str : "", argc, argv, &err);
    schemas_let(&owner->schemas);
    if (rc == SQLITE_OK && txn_is_undone(owner, inside))
        rc = txn_undone(&err);
    c->looks = c->may_leave || (c->as_number | c->unsure) != 0;
    if (rc == SQLITE_OK)
        inner_sent(c);
    return rc == SQLITE_OK ? SQLITE_OK : cursor_fail(c, &err);
}

/* Rows that waited for the end of the scan that they come from. */
static int scan_over(struct cursor *c, struct err *err)
{
    struct binds *owner = c->table->binds;
    return c->phase == PHASE_END && tail_scan_over(owner, &c->table->declared)
               ? writer_flush_all(owner, err)
               : SQLITE_OK;
}

/* The next row where something else than the statement's rows, one after the other, is played back. */
static int next_in_phase(struct cursor *c, struct err *err)
{
    bool unread = !c->read_any && !c->no_count && (c->plan.flags & PLAN_COUNT_LATER) != 0;
    if (c->phase == PHASE_COUNT)
        c->phase = PHASE_END;
    else if (c->phase == PHASE_PAGE && unread && c->row == 0 && !c->for_write)
        return count_later(c, err);
    else if (c->phase == PHASE_SKIP)
        return begin_page(c, err);
    else if (c->phase == PHASE_PAGE && c->row + 1 >= c->last)
        return fetch_beyond_page(c, err);
    else
        return fetch(c, c->row + 1, err);
    return SQLITE_OK;
}

/* Apart, so that its error record is no part of every call. */
__attribute__((noinline)) static int next_row(struct cursor *c)
{
    struct err err;
    int rc;
    err_clear(&err);
    if (c->phase == PHASE_ROWS && !c->wanted && !c->leave_out) {
        rc = bind_rows_next(c->bind, c->what, &c->rows, &err);
        if (rc == SQLITE_ROW) {
            c->row++;
            return SQLITE_OK;
        }
        rc = rc == SQLITE_DONE ? no_more(c, &err) : rc;
    } else {
        rc = next_in_phase(c, &err);
    }
    if (rc == SQLITE_OK)
        rc = scan_over(c, &err);
    return rc == SQLITE_OK ? SQLITE_OK : cursor_fail(c, &err);
}

/* First what a large OFFSET or count(*) is made of, where each instruction counts. */
int table_next(sqlite3_vtab_cursor *cursor)
{
    struct cursor *c = (struct cursor *)cursor;
    if (c->row < c->last_empty) {
        c->row++;
        return SQLITE_OK;
    }
    if (c->phase != PHASE_ROWS || c->wanted || c->leave_out || !rows_step(&c->rows))
        return next_row(c);
    c->row++;
    return SQLITE_OK;
}

int table_eof(sqlite3_vtab_cursor *cursor)
{
    return (int)(((struct cursor *)cursor)->phase & PHASE_END);
}
