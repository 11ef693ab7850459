/* Bulk loads: the driver's own protocol under CAP_BULK, else prepared INSERTs made here.
**
** INSERTs take many rows each, so that a row does not cost a round trip; on a conn that holds many rows at
** once (an engine in our own process) there are no round trips, and rows go one by one without being copied.
** One log entry stands for the whole load.  Invariant: while a load runs, conn.bulk points to it and nothing
** else is sent.  Atomicity is session's: it opens a transaction where CAP_BULK_ATOMIC is missing. */
#include "base/mem.h"
#include "engine/front.h"
#include "sqlgen/quote.h"

#include <string.h>

#define INSERT_ROWS_MAX 500
#define INSERT_BYTES_MAX ((size_t)256 * 1024) /* of texts and blobs; more than that goes at once */

struct insert {
    char *prefix; /* INSERT INTO t(a,b) VALUES */
    int rows_max, nrows;
    char *full_sql;     /* of rows_max rows */
    struct cell *cells; /* of the rows not yet sent */
    struct arg *args;
    struct arena memory; /* their texts and blobs */
    size_t bytes;
    sqlite3_int64 affected;
};

static void insert_free(struct insert *in)
{
    if (!in)
        return;
    arena_clear(&in->memory);
    sqlite3_free(in->prefix);
    sqlite3_free(in->full_sql);
    sqlite3_free(in->cells);
    sqlite3_free(in->args);
    sqlite3_free(in);
}

static char *prefix_text(const char *table, const char *const *columns, int ncolumns)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "INSERT INTO %s(", table);
    for (int i = 0; i < ncolumns; i++)
        sqlite3_str_appendf(out, i ? ",%s" : "%s", columns[i]);
    sqlite3_str_appendall(out, ") VALUES ");
    return sqlite3_str_finish(out);
}

static char *insert_text(const struct bulk *b, const struct insert *in, int nrows)
{
    const struct dialect *d = b->conn->dialect;
    sqlite3_str *out = sqlite3_str_new(NULL);
    int arg = 1;
    sqlite3_str_appendall(out, in->prefix);
    for (int row = 0; row < nrows; row++) {
        sqlite3_str_appendall(out, row ? ",(" : "(");
        for (int i = 0; i < b->ncolumns; i++) {
            if (i > 0)
                sqlite3_str_appendchar(out, 1, ',');
            quote_arg(d, out, arg++, b->types[i].id);
        }
        sqlite3_str_appendchar(out, 1, ')');
    }
    return sqlite3_str_finish(out);
}

static int insert_begin(struct bulk *b, const char *table, const char *const *columns,
                        struct err *err)
{
    const struct conn *c = b->conn;
    struct insert *in = sqlite3_malloc64(sizeof *in);
    size_t ncells;

    if (!in)
        return err_nomem(err);
    memset(in, 0, sizeof *in);
    b->driver = in;
    arena_init(&in->memory);
    in->rows_max = 1;
    if (!(c->caps & CAP_MANY_ROWS)) {
        in->rows_max = c->dialect->max_args / b->ncolumns;
        if (in->rows_max > INSERT_ROWS_MAX)
            in->rows_max = INSERT_ROWS_MAX;
        if (in->rows_max < 1)
            in->rows_max = 1;
    }
    ncells = (size_t)in->rows_max * (size_t)b->ncolumns;
    in->prefix = prefix_text(table, columns, b->ncolumns);
    in->cells = sqlite3_malloc64(ncells * sizeof *in->cells);
    in->args = sqlite3_malloc64(ncells * sizeof *in->args);
    if (in->prefix)
        in->full_sql = insert_text(b, in, in->rows_max);
    if (!in->full_sql || !in->cells || !in->args)
        return err_nomem(err);
    for (size_t i = 0; i < ncells; i++)
        in->args[i] = (struct arg){
            .type = &b->types[i % (size_t)b->ncolumns], .cells = &in->cells[i], .ncells = 1};
    return SQLITE_OK;
}

static int insert_flush(struct bulk *b, struct err *err)
{
    struct insert *in = b->driver;
    struct rows rows = {.conn = NULL};
    bool full = in->nrows == in->rows_max;
    char *sql = full ? in->full_sql : insert_text(b, in, in->nrows);
    unsigned flags = full ? QUERY_SHORT : QUERY_SHORT | QUERY_ONCE;
    int rc;

    if (!sql)
        return err_nomem(err);
    rc = conn_send_quietly(b->conn, sql, in->args, in->nrows * b->ncolumns, flags, b->log_seq,
                           &rows, err);
    if (rc == SQLITE_OK) {
        do {
            rc = rows_next(&rows, err);
        } while (rc == SQLITE_ROW);
        in->affected += rows.affected;
        rows_finish(&rows);
        rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    if (!full)
        sqlite3_free(sql);
    in->nrows = 0;
    in->bytes = 0;
    if (in->rows_max > 1)
        arena_clear(&in->memory);
    return rc;
}

static int insert_row(struct bulk *b, const struct cell *cells, struct err *err)
{
    struct insert *in = b->driver;
    struct cell *to = &in->cells[(size_t)in->nrows * (size_t)b->ncolumns];

    for (int i = 0; i < b->ncolumns; i++) {
        if (in->rows_max == 1) { /* sent before the caller's memory goes */
            to[i] = cells[i];
            continue;
        }
        if (cell_copy(&cells[i], &in->memory, &to[i]) != SQLITE_OK)
            return err_nomem(err);
        if (cells[i].cls == CELL_TEXT || cells[i].cls == CELL_BLOB)
            in->bytes += cells[i].n;
    }
    in->nrows++;
    if (in->nrows < in->rows_max && in->bytes < INSERT_BYTES_MAX)
        return SQLITE_OK;
    return insert_flush(b, err);
}

/* ---- either way ------------------------------------------------------------------------------------------ */

static bool native(const struct bulk *b)
{
    return (b->conn->caps & CAP_BULK) != 0;
}

static int failed(struct bulk *b, int rc, struct err *err)
{
    struct conn *c = b->conn;
    rc = conn_failed(c, rc, err);
    b->failed = rc;
    if (c->trace)
        trace_error(c->trace, b->log_seq, err->text);
    return rc;
}

/* The load is over, whatever came of it. */
static void release(struct bulk *b)
{
    struct conn *c = b->conn;
    log_rows(c, b->log_seq, b->nrows);
    if (native(b) && c->state == CONN_BUSY)
        c->state = CONN_IDLE;
    c->bulk = NULL;
    b->conn = NULL;
    b->driver = NULL;
}

int bulk_begin(struct conn *c, const char *table, const char *const *columns,
               const struct type *types, int ncolumns, struct bulk *b, struct err *err)
{
    struct meter meter;
    char *text;
    int rc = conn_usable(c, err);

    if (rc == SQLITE_OK && ncolumns < 1)
        rc = err_set(err, SQLITE_MISUSE, "a bulk load needs columns");
    if (rc == SQLITE_OK)
        rc = conn_park(c, err);
    if (rc == SQLITE_OK && !(c->caps & CAP_BULK && c->caps & CAP_PIPELINE))
        rc = conn_flush(c, err);
    if (rc != SQLITE_OK)
        return rc;
    memset(b, 0, sizeof *b);
    b->conn = c;
    b->ncolumns = ncolumns;
    b->types = types;
    c->bulk = b;
    log_queued(c);
    text = prefix_text(table, columns, ncolumns);
    b->log_seq = text ? log_statement(c, text, NULL, 0) : 0;
    sqlite3_free(text);
    meter_start(c, &meter);
    if (native(b)) {
        c->state = CONN_BUSY;
        rc = c->engine->bulk_begin(c, table, columns, b, err);
    } else {
        rc = insert_begin(b, table, columns, err);
    }
    meter_stop(c, &meter, b->log_seq);
    if (b->took_queue)
        conn_drop_queue(c);
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    rc = failed(b, rc, err);
    if (c->state == CONN_LOST)
        conn_drop_queue(c);
    if (!native(b))
        insert_free(b->driver);
    release(b);
    return rc;
}

int bulk_begin_statement(struct conn *c, const char *sql, const struct type *types, int nargs,
                         struct bulk *b, struct err *err)
{
    struct meter meter;
    int rc = conn_usable(c, err);

    if (rc == SQLITE_OK && (!(c->caps & CAP_BULK) || !c->engine->bulk_statement))
        rc = err_set(err, SQLITE_MISUSE, "this engine takes one set of arguments at a time");
    if (rc == SQLITE_OK)
        rc = conn_park(c, err);
    if (rc == SQLITE_OK)
        rc = conn_flush(c, err);
    if (rc != SQLITE_OK)
        return rc;
    memset(b, 0, sizeof *b);
    b->conn = c;
    b->ncolumns = nargs;
    b->types = types;
    c->bulk = b;
    c->state = CONN_BUSY;
    b->log_seq = log_statement(c, sql, NULL, 0);
    meter_start(c, &meter);
    rc = c->engine->bulk_statement(c, sql, b, err);
    meter_stop(c, &meter, b->log_seq);
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    rc = failed(b, rc, err);
    release(b);
    return rc;
}

static int bulk_usable(const struct bulk *b, struct err *err)
{
    if (!b->conn || b->conn->state == CONN_LOST)
        return conn_gone(b->nrows, err);
    if (b->failed)
        return err_set(err, SQLITE_MISUSE, "the bulk load has failed before");
    return SQLITE_OK;
}

int bulk_row(struct bulk *b, const struct cell *cells, struct err *err)
{
    struct meter meter;
    int rc = bulk_usable(b, err);
    if (rc != SQLITE_OK)
        return rc;
    meter_start(b->conn, &meter);
    rc = native(b) ? b->conn->engine->bulk_row(b, cells, err) : insert_row(b, cells, err);
    if (native(b)) /* what INSERTs cost, their own calls have charged */
        meter_stop(b->conn, &meter, b->log_seq);
    if (rc != SQLITE_OK)
        return failed(b, rc, err);
    b->nrows++;
    return SQLITE_OK;
}

int bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err)
{
    struct meter meter;
    sqlite3_int64 n = 0;
    int rc = bulk_usable(b, err);

    if (affected)
        *affected = 0;
    if (rc != SQLITE_OK) {
        bulk_abort(b);
        return rc;
    }
    if (native(b)) {
        meter_start(b->conn, &meter);
        rc = b->conn->engine->bulk_end(b, &n, err);
        meter_stop(b->conn, &meter, b->log_seq);
    } else {
        struct insert *in = b->driver;
        if (in->nrows > 0)
            rc = insert_flush(b, err);
        n = in->affected;
        insert_free(in);
    }
    if (rc != SQLITE_OK)
        rc = failed(b, rc, err);
    else if (affected)
        *affected = n;
    release(b);
    return rc;
}

void bulk_abort(struct bulk *b)
{
    struct meter meter;
    if (!b->conn)
        return;
    if (native(b)) {
        meter_start(b->conn, &meter);
        b->conn->engine->bulk_abort(b);
        meter_stop(b->conn, &meter, b->log_seq);
    } else {
        insert_free(b->driver);
    }
    release(b);
}
