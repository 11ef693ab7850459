/* Pending INSERTs of one bind.  At most one table with one set of columns is pending at a time: a row of
** another shape flushes first, so rows reach the server in the order in which SQLite wrote them. */
#include "session/writer.h"
#include "session/batch.h"
#include "session/participant.h"
#include "session/reflect.h"
#include "session/room.h"
#include "sqlgen/change.h"

#include <string.h>

/* Up to this many rows are kept as rows; beyond it the bulk protocol pays its way. */
#define WRITER_TAIL 64
/* Bytes of values kept back before they are sent, whatever their number. */
#define WRITER_BYTES (1 << 20)
/* Rows of one multi-row INSERT where there is no bulk protocol for them. */
#define WRITER_CHUNK 250

struct writer {
    struct arena arena;  /* shape: names, types */
    struct arena values; /* pending rows */
    const struct model
        *model; /* identity of the table only: never followed, it may be dropped by now */
    const char *schema, *table, *table_text, *what, *returning;
    int nmodel;
    bool *given;
    int n;
    int *source;         /* per column: the model's */
    struct cell *packed; /* a row of given columns only */
    struct change_column *columns;
    struct type *types;
    const char **quoted;
    bool makes_id;     /* the server numbers the rows */
    struct room *room; /* INSERT OR REPLACE; NULL = plain rows */
    int *place;        /* … per model column: its place in a row */
    struct room_keys *keys;
    int nrows;
    sqlite3_int64 sent; /* rows before these */
    size_t bytes;
    bool bulk_open;
    struct bulk bulk;
    struct cell *rows[]; /* as many as most_rows() */
};

static int most_rows(const struct room *room)
{
    return room != NULL ? ROOM_ROWS : WRITER_CHUNK;
}

bool writer_pending(const struct bind *b)
{
    return b->writers != NULL || b->batch != NULL;
}

static void writer_free(struct writer *w)
{
    sqlite3_free(w->keys);
    room_release(w->room);
    arena_clear(&w->arena);
    arena_clear(&w->values);
    sqlite3_free(w);
}

void writer_discard(struct bind *b)
{
    struct writer *w = b->writers;
    batch_discard(b);
    if (!w)
        return;
    b->writers = NULL;
    if (w->bulk_open)
        bulk_abort(&w->bulk);
    writer_free(w);
}

static char *table_text(const struct dialect *d, const char *schema, const char *table,
                        struct arena *arena)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_table(d, s, schema, table);
    return arena_take_str(arena, s);
}

static int copy_column(struct writer *w, const struct dialect *d, const struct remote_column *rc,
                       int i)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    w->types[i] = rc->type;
    w->types[i].text = arena_str(&w->arena, rc->type.text);
    w->types[i].nlabels = 0;
    w->types[i].labels = NULL;
    w->columns[i].name = arena_str(&w->arena, rc->name);
    w->columns[i].type = &w->types[i];
    quote_name(d, s, rc->name);
    w->quoted[i] = arena_take_str(&w->arena, s);
    return w->columns[i].name && w->quoted[i] && w->types[i].text ? SQLITE_OK : SQLITE_NOMEM;
}

/* The shape of the rows that target and given describe; copied, since catalog and model may go away. */
static int writer_new(struct target *t, const struct dialect *d, const bool *given,
                      struct room *room, struct writer **out, struct err *err)
{
    size_t size = sizeof(struct writer) + (size_t)most_rows(room) * sizeof(struct cell *);
    struct writer *w = sqlite3_malloc64(size);
    int i, n = t->model->ncolumns, rc = SQLITE_OK;
    if (!w)
        return err_nomem(err);
    memset(w, 0, sizeof *w);
    arena_init(&w->arena);
    arena_init(&w->values);
    w->model = t->model;
    w->nmodel = n;
    w->schema = arena_str(&w->arena, t->model->remote_schema);
    w->table = arena_str(&w->arena, t->model->remote_name);
    w->what = arena_str(&w->arena, t->what);
    w->table_text = table_text(d, t->model->remote_schema, t->model->remote_name, &w->arena);
    w->given = arena_copy(&w->arena, given, (size_t)n * sizeof *given);
    w->columns = arena_alloc(&w->arena, (size_t)(n + 1) * sizeof *w->columns);
    w->types = arena_alloc(&w->arena, (size_t)(n + 1) * sizeof *w->types);
    w->quoted = arena_alloc(&w->arena, (size_t)(n + 1) * sizeof *w->quoted);
    w->source = arena_alloc(&w->arena, (size_t)(n + 1) * sizeof *w->source);
    w->packed = arena_alloc(&w->arena, (size_t)(n + 1) * sizeof *w->packed);
    w->place = arena_alloc(&w->arena, (size_t)(n + 1) * sizeof *w->place);
    w->room = room_hold(room);
    w->keys = room != NULL ? room_keys_new(room) : NULL;
    w->makes_id = t->auto_column >= 0 && !given[t->auto_column];
    if ((t->model->remote_schema && !w->schema) || !w->table || !w->table_text || !w->what ||
        !w->given || !w->columns || !w->types || !w->quoted || !w->source || !w->packed ||
        !w->place || (room && !w->keys))
        rc = SQLITE_NOMEM;
    for (i = 0; i < n && rc == SQLITE_OK; i++)
        if (given[i]) {
            w->source[w->n] = i;
            w->place[i] = w->n;
            rc = copy_column(w, d, &t->remote->columns[t->remote_column[i]], w->n++);
        }
    if (rc == SQLITE_OK && w->makes_id && d->returning) {
        w->returning =
            arena_str(&w->arena, t->remote->columns[t->remote_column[t->auto_column]].name);
        rc = w->returning ? SQLITE_OK : SQLITE_NOMEM;
    }
    if (rc != SQLITE_OK) {
        writer_free(w);
        return err_nomem(err);
    }
    *out = w;
    return SQLITE_OK;
}

static bool same_shape(const struct writer *w, const struct target *t, const bool *given,
                       const struct room *room)
{
    return w->room == room && w->model == t->model && w->nmodel == t->model->ncolumns &&
           memcmp(w->given, given, (size_t)w->nmodel * sizeof *given) == 0;
}

/* Runs one INSERT of nrows rows starting at first; *id gets the last id that the server made. */
static int send_rows(struct bind *b, struct writer *w, int first, int nrows, sqlite3_int64 *id,
                     bool *has_id, struct err *err)
{
    int nargs = w->n * nrows, i, j, rc;
    struct arg *args = sqlite3_malloc64((sqlite3_uint64)(nargs + 1) * sizeof *args);
    char *sql =
        change_insert(b->conn->dialect, w->schema, w->table, w->columns, w->n, nrows, w->returning);
    struct rows rows;
    memset(&rows, 0, sizeof rows);
    *has_id = false;
    if (!args || !sql) {
        rc = err_nomem(err);
        goto done;
    }
    for (i = 0; i < nrows; i++)
        for (j = 0; j < w->n; j++)
            args[i * w->n + j] =
                (struct arg){.type = &w->types[j], .cells = &w->rows[first + i][j], .ncells = 1};
    rc = conn_send(b->conn, sql, args, nargs, QUERY_SHORT, &rows, err);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = rows_next(&rows, err);
        if (rc == SQLITE_ROW && w->returning) {
            struct cell value;
            if (rows_cell(&rows, 0, &value, err) == SQLITE_OK && value.cls == CELL_INT) {
                *id = value.i;
                *has_id = true;
            }
        }
    }
    if (rc == SQLITE_DONE) {
        rc = SQLITE_OK;
        if (w->makes_id && !w->returning && rows.insert_id) {
            /* Without RETURNING the server tells the first id of equally spaced ones. */
            *id = rows.insert_id +
                  (sqlite3_int64)(nrows - 1) * (b->conn->id_step > 0 ? b->conn->id_step : 1);
            *has_id = true;
        }
    }
    rows_finish(&rows);
done:
    sqlite3_free(args);
    sqlite3_free(sql);
    return rc;
}

/* A statement that was its own transaction may have been carried out before the connection broke, or before an
** interrupt reached the server, which then has not said that it was cancelled. */
static int fail(struct bind *b, const char *what, struct err *err)
{
    if (part_outcome_unknown(b, err) && !b->part->reading)
        err_append(err, " (outcome unknown)");
    txn_after_error(b, err);
    return bind_fail(b, what, err);
}

/* Rows that one INSERT takes. */
static int rows_of_one(const struct writer *w, const struct dialect *d)
{
    int n = WRITER_CHUNK;
    if (w->n > 0 && n * w->n > d->max_args)
        n = d->max_args / w->n;
    return w->n == 0 || n < 1 ? 1 : n;
}

static void forget_rows(struct writer *w)
{
    arena_reset(&w->values);
    w->sent += w->nrows;
    w->nrows = 0;
    w->bytes = 0;
}

/* nrows rows from `first` on, as INSERT statements. */
static int insert_rows(struct bind *b, struct writer *w, int first, int nrows, bool several,
                       struct err *err)
{
    int chunk = rows_of_one(w, b->conn->dialect), end = first + nrows;
    sqlite3_int64 id = 0;
    bool has_id = false;
    int rc = txn_before_write(b, several || nrows > chunk, false, err);
    for (; first < end && rc == SQLITE_OK; first += chunk) {
        int n = end - first < chunk ? end - first : chunk;
        rc = send_rows(b, w, first, n, &id, &has_id, err);
    }
    if (rc != SQLITE_OK)
        return fail(b, w->what, err);
    if (has_id)
        sqlite3_set_last_insert_rowid(b->owner->db, id);
    return SQLITE_OK;
}

static int send_pending(struct bind *b, struct writer *w, bool several, struct err *err)
{
    struct conn *conn;
    int rc;
    if (w->nrows == 0)
        return SQLITE_OK;
    rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = insert_rows(b, w, 0, w->nrows, several, err);
    forget_rows(w);
    return rc;
}

/* Of so many pending rows, and others that may follow. */
static int bulk_start(struct bind *b, struct writer *w, int first, int nrows, struct err *err)
{
    struct conn *conn;
    int i, rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = txn_before_write(b, true, false, err);
    if (rc == SQLITE_OK)
        rc = bulk_begin(conn, w->table_text, w->quoted, w->types, w->n, &w->bulk, err);
    if (rc == SQLITE_OK)
        w->bulk_open = true;
    for (i = first; i < first + nrows && rc == SQLITE_OK; i++)
        rc = bulk_row(&w->bulk, w->rows[i], err);
    if (rc != SQLITE_OK) {
        if (w->bulk_open)
            bulk_abort(&w->bulk);
        w->bulk_open = false;
        return fail(b, w->what, err);
    }
    return SQLITE_OK;
}

/* The bulk protocol does not tell ids; PG and SQLite can be asked for the last one afterwards. */
static bool bulk_possible(const struct bind *b, const struct writer *w)
{
    return w->n > 0 && (b->engine->caps & CAP_BULK) &&
           (!w->makes_id || b->engine->dialect->last_id);
}

static int bulk_finish(struct bind *b, struct writer *w, struct err *err)
{
    sqlite3_int64 affected;
    struct rows rows;
    struct cell value;
    int rc = bulk_end(&w->bulk, &affected, err);
    w->bulk_open = false;
    if (rc == SQLITE_OK && w->makes_id) {
        memset(&rows, 0, sizeof rows);
        rc = conn_send(b->conn, b->conn->dialect->last_id, NULL, 0, QUERY_SHORT, &rows, err);
        if (rc == SQLITE_OK)
            rc = rows_next(&rows, err);
        if (rc == SQLITE_ROW) {
            rc = rows_cell(&rows, 0, &value, err);
            if (rc == SQLITE_OK && value.cls == CELL_INT)
                sqlite3_set_last_insert_rowid(b->owner->db, value.i);
        }
        rows_finish(&rows);
    }
    return rc == SQLITE_OK || rc == SQLITE_DONE ? SQLITE_OK : fail(b, w->what, err);
}

/* ---- INSERT OR REPLACE (room.h) ------------------------------------------------------------------------- */

static int load_rows(struct bind *b, struct writer *w, int first, int n, struct err *err)
{
    int rc = bulk_start(b, w, first, n, err);
    return rc == SQLITE_OK ? bulk_finish(b, w, err) : rc;
}

static int replace_together(struct bind *b, struct writer *w, int first, int n, struct err *err)
{
    struct err later;
    int end, rc = txn_try_begin(b, err);
    err_clear(&later);
    if (rc == SQLITE_OK)
        rc = room_make(b, w->what, w->room, w->rows + first, n, w->place, err);
    else
        fail(b, w->what, err);
    if (rc == SQLITE_OK)
        rc = n > WRITER_TAIL && bulk_possible(b, w) ? load_rows(b, w, first, n, err)
                                                    : insert_rows(b, w, first, n, true, err);
    end = txn_try_end(b, rc != SQLITE_OK, rc == SQLITE_OK ? err : &later);
    return rc == SQLITE_OK && end != SQLITE_OK ? bind_fail(b, w->what, err) : rc;
}

static int replace_one(struct bind *b, struct writer *w, int row, struct err *err)
{
    int rc = room_make(b, w->what, w->room, &w->rows[row], 1, w->place, err);
    return rc == SQLITE_OK ? insert_rows(b, w, row, 1, true, err) : fail(b, w->what, err);
}

/* What fails together is tried by halves: one row in the way of another, or one that is refused, is soon alone. */
static int replace_rows(struct bind *b, struct writer *w, int first, int n, struct err *err)
{
    int rc;
    if (n <= 1)
        return n == 1 ? replace_one(b, w, first, err) : SQLITE_OK;
    rc = replace_together(b, w, first, n, err);
    if ((rc & 0xff) != SQLITE_CONSTRAINT)
        return rc;
    err_clear(err);
    rc = replace_rows(b, w, first, n / 2, err);
    return rc == SQLITE_OK ? replace_rows(b, w, first + n / 2, n - n / 2, err) : rc;
}

/* The rows are no one's while they are sent: what is sent for them flushes nothing. */
static int replace_pending(struct bind *b, struct writer *w, struct err *err)
{
    struct conn *conn;
    int rc = bind_connect(b, &conn, err);
    b->writers = NULL;
    if (rc == SQLITE_OK)
        rc = replace_rows(b, w, 0, w->nrows, err);
    forget_rows(w);
    room_keys_forget(w->keys);
    return rc;
}

int writer_flush(struct bind *b, struct err *err)
{
    struct writer *w = b->writers;
    int rc;
    if (b->batch)
        return batch_flush(b, err);
    if (!w)
        return SQLITE_OK;
    b->writers = NULL;
    if (w->room)
        rc = replace_pending(b, w, err);
    else if (w->bulk_open)
        rc = bulk_finish(b, w, err);
    else
        rc = send_pending(b, w, !b->owner->txn.lone, err);
    if (rc == SQLITE_OK && !w->room)
        remote_note_inserted(b, w->schema, w->table, (double)w->sent);
    writer_free(w);
    return rc;
}

int writer_flush_last(struct bind *b, sqlite3_int64 rows, struct err *err)
{
    const struct writer *w = b->writers;
    int rc;
    b->owner->txn.whole = w && b->conn && !w->room && !w->bulk_open && w->nrows == rows &&
                          rows <= rows_of_one(w, b->conn->dialect);
    rc = writer_flush(b, err);
    b->owner->txn.whole = false;
    return rc;
}

int writer_flush_all(struct binds *b, struct err *err)
{
    int rc = SQLITE_OK;
    for (struct bind *bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        rc = writer_flush(bind, err);
    return rc;
}

static int keep_row(struct writer *w, const struct cell *cells, const bool *given, struct err *err)
{
    struct cell *row = arena_alloc(&w->values, (size_t)(w->n + 1) * sizeof *row);
    int i, j = 0;
    if (!row)
        return err_nomem(err);
    for (i = 0; i < w->nmodel; i++) {
        if (!given[i])
            continue;
        if (cell_copy(&cells[i], &w->values, &row[j]) != SQLITE_OK)
            return err_nomem(err);
        w->bytes += 16 + (cells[i].cls >= CELL_TEXT ? cells[i].n : 0);
        j++;
    }
    w->rows[w->nrows++] = row;
    return SQLITE_OK;
}

static int bulk_put(struct bind *b, struct writer *w, const struct cell *cells, struct err *err)
{
    int i, rc;
    if (w->n < w->nmodel) {
        for (i = 0; i < w->n; i++)
            w->packed[i] = cells[w->source[i]];
        cells = w->packed;
    }
    rc = bulk_row(&w->bulk, cells, err);
    w->sent++;
    if (rc != SQLITE_OK) {
        bulk_abort(&w->bulk);
        w->bulk_open = false;
        return fail(b, w->what, err);
    }
    return SQLITE_OK;
}

static int replace_later(struct bind *b, struct writer *w, const struct cell *cells,
                         struct err *err)
{
    bool in_the_way = !room_keys_add(w->keys, w->room, cells);
    int rc = SQLITE_OK;
    if (in_the_way || w->nrows == ROOM_ROWS || w->bytes > WRITER_BYTES) {
        rc = replace_pending(b, w, err);
        b->writers = w;
        room_keys_add(w->keys, w->room, cells);
    }
    return rc == SQLITE_OK ? keep_row(w, cells, w->given, err) : rc;
}

int writer_insert_later(struct target *t, const struct cell *cells, const bool *given,
                        struct room *room, struct err *err)
{
    struct bind *b = t->bind;
    struct writer *w = b->writers;
    int rc;
    if (b->batch || (w && !same_shape(w, t, given, room))) {
        b->owner->txn.lone = false;
        rc = writer_flush(b, err);
        if (rc != SQLITE_OK)
            return rc;
        w = NULL;
    }
    if (!w) {
        rc = writer_new(t, b->conn ? b->conn->dialect : b->engine->dialect, given, room, &w, err);
        if (rc != SQLITE_OK)
            return rc;
        b->writers = w;
    }
    if (w->bulk_open)
        return bulk_put(b, w, cells, err);
    if (w->room)
        return replace_later(b, w, cells, err);
    rc = keep_row(w, cells, given, err);
    if (rc != SQLITE_OK)
        return rc;
    if (bulk_possible(b, w) && (w->nrows > WRITER_TAIL || w->bytes > WRITER_BYTES)) {
        rc = bulk_start(b, w, 0, w->nrows, err);
        if (rc == SQLITE_OK)
            forget_rows(w);
        return rc;
    }
    if (w->nrows == WRITER_CHUNK || w->bytes > WRITER_BYTES)
        return send_pending(b, w, true, err);
    return SQLITE_OK;
}

int writer_insert_now(struct target *t, const struct cell *cells, const bool *given,
                      sqlite3_int64 *id, struct err *err)
{
    struct bind *b = t->bind;
    struct writer *w = NULL;
    struct conn *conn;
    bool has_id = false;
    int rc = writer_flush(b, err);
    if (rc == SQLITE_OK)
        rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = writer_new(t, conn->dialect, given, NULL, &w, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = keep_row(w, cells, given, err);
    if (rc != SQLITE_OK) {
        writer_free(w);
        return bind_fail(b, t->what, err); /* the server has not heard of it */
    }
    rc = txn_before_write(b, true, true, err);
    if (rc == SQLITE_OK)
        rc = send_rows(b, w, 0, 1, id, &has_id, err);
    writer_free(w);
    return rc == SQLITE_OK ? rc : fail(b, t->what, err);
}
