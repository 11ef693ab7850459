/* Loads into SQLite files.
**
** INSERTs of ROWS rows each: entering and leaving a statement costs as much as inserting a row.  Values wait in
** cells, texts in one buffer, until that many are there; the rest goes row by row.  Any other statement
** (bulk_statement) runs at once for every set of arguments, from the caller's memory.  Times and limits are
** those of rows.c: the handlers of the session see to interrupts and timeouts. */
#include "engine/sqlite/driver.h"

#include <string.h>

#define ROWS 32
#define BYTES_MOST (1 << 20) /* of texts kept before they are sent */

struct load {
    struct sqlite_conn *conn;
    sqlite3_stmt *one, *many;   /* of one row, of ROWS rows; many NULL = each row at once */
    int ncolumns, nrows;
    struct cell *cells;         /* ROWS rows */
    struct buf texts;           /* of text and blob cells, whose p is an offset until they are bound */
    sqlite3_int64 affected;
    bool in_transaction;
};

static void load_free(struct bulk *b)
{
    struct load *l = b->driver;
    sqlite3_finalize(l->one);
    sqlite3_finalize(l->many);
    sqlite3_free(l->cells);
    buf_clear(&l->texts);
    sqlite3_free(l);
    b->driver = NULL;
}

static int load_new(struct conn *conn, struct bulk *b, struct load **out, struct err *err)
{
    struct load *l = sqlite3_malloc64(sizeof *l);
    *out = l;
    if (!l)
        return err_nomem(err);
    memset(l, 0, sizeof *l);
    l->conn = (struct sqlite_conn *)conn;
    l->ncolumns = b->ncolumns;
    l->in_transaction = !sqlite3_get_autocommit(l->conn->db);
    buf_init(&l->texts, 0x7fffffff);
    sqlite_limit(l->conn, conn->url->timeout_ms);
    conn->round_trips++;
    b->driver = l;
    if (l->conn->session->aborted)
        return err_set(err, SQLITE_ABORT_ROLLBACK,
                       "the transaction was rolled back by an earlier error");
    return SQLITE_OK;
}

static int prepare(struct load *l, char *sql, sqlite3_stmt **out, struct err *err)
{
    int rc = sql ? sqlite3_prepare_v2(l->conn->db, sql, -1, out, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return rc == SQLITE_OK ? rc : sqlite_error(l->conn, rc, err);
}

static char *insert_text(const char *table, const char *const *columns, int ncolumns, int nrows)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendf(s, "INSERT INTO %s (", table);
    for (int i = 0; i < ncolumns; i++)
        sqlite3_str_appendf(s, "%s%s", i ? ", " : "", columns[i]);
    sqlite3_str_appendall(s, ") VALUES ");
    for (int row = 0; row < nrows; row++) {
        for (int i = 0; i < ncolumns; i++)
            sqlite3_str_appendall(s, i ? ", ?" : row ? ", (?" : "(?");
        sqlite3_str_appendall(s, ")");
    }
    return sqlite3_str_finish(s);
}

int sqlite_bulk_begin(struct conn *conn, const char *table, const char *const *columns,
                      struct bulk *b, struct err *err)
{
    struct load *l;
    int rc = load_new(conn, b, &l, err);
    if (rc == SQLITE_OK)
        rc = prepare(l, insert_text(table, columns, b->ncolumns, 1), &l->one, err);
    if (rc == SQLITE_OK &&
        b->ncolumns * ROWS <= sqlite3_limit(l->conn->db, SQLITE_LIMIT_VARIABLE_NUMBER, -1)) {
        l->cells = sqlite3_malloc64((sqlite3_uint64)b->ncolumns * ROWS * sizeof *l->cells);
        rc = l->cells ? prepare(l, insert_text(table, columns, b->ncolumns, ROWS), &l->many, err)
                      : err_nomem(err);
    }
    if (rc != SQLITE_OK && l)
        load_free(b);
    return rc;
}

int sqlite_bulk_statement(struct conn *conn, const char *sql, struct bulk *b, struct err *err)
{
    struct load *l;
    int rc = load_new(conn, b, &l, err);
    if (rc == SQLITE_OK)
        rc = prepare(l, sqlite3_mprintf("%s", sql), &l->one, err);
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(l->one) != b->ncolumns)
        rc = err_set(err, SQLITE_ERROR, "the statement takes %d arguments, not %d",
                     sqlite3_bind_parameter_count(l->one), b->ncolumns);
    if (rc != SQLITE_OK && l)
        load_free(b);
    return rc;
}

/* The memory of a text or blob outlives the step. */
static int bind(sqlite3_stmt *stmt, int index, const struct cell *c)
{
    switch (c->cls) {
    case CELL_INT:
        return sqlite3_bind_int64(stmt, index, c->i);
    case CELL_REAL:
        return sqlite3_bind_double(stmt, index, c->r);
    case CELL_TEXT:
        return sqlite3_bind_text64(stmt, index, c->n > 0 ? c->p : "", c->n, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case CELL_BLOB:
        return c->n > 0 ? sqlite3_bind_blob64(stmt, index, c->p, c->n, SQLITE_STATIC)
                        : sqlite3_bind_zeroblob(stmt, index, 0);
    default:
        return sqlite3_bind_null(stmt, index);
    }
}

static int run(struct load *l, sqlite3_stmt *stmt, const struct cell *cells, int n, struct err *err)
{
    int rc = SQLITE_OK;
    for (int i = 0; i < n && rc == SQLITE_OK; i++)
        rc = bind(stmt, i + 1, &cells[i]);
    if (rc == SQLITE_OK) {
        l->conn->session->running = l->conn;
        do {
            rc = sqlite3_step(stmt);
        } while (rc == SQLITE_ROW);
        rc = rc == SQLITE_DONE ? SQLITE_OK : sqlite_error(l->conn, rc, err);
        sqlite3_reset(stmt);
        l->affected += rc == SQLITE_OK ? sqlite3_changes64(l->conn->db) : 0;
    } else {
        rc = sqlite_error(l->conn, rc, err);
    }
    if (rc != SQLITE_OK && l->in_transaction && sqlite3_get_autocommit(l->conn->db))
        l->conn->session->aborted = l->conn->base.aborted = true;
    return rc;
}

/* Texts have their final place now. */
static void place_texts(struct load *l, int ncells)
{
    for (int i = 0; i < ncells; i++) {
        if (l->cells[i].cls >= CELL_TEXT && l->cells[i].n > 0)
            l->cells[i].p = (const char *)l->texts.data + l->cells[i].i;
    }
}

static int flush(struct load *l, struct err *err)
{
    int rc = SQLITE_OK;
    if (l->texts.rc != SQLITE_OK)
        return l->texts.rc == SQLITE_TOOBIG ? err_set(err, SQLITE_TOOBIG, "a row is too long")
                                            : err_nomem(err);
    place_texts(l, l->nrows * l->ncolumns);
    if (l->nrows == ROWS)
        rc = run(l, l->many, l->cells, ROWS * l->ncolumns, err);
    else
        for (int i = 0; i < l->nrows && rc == SQLITE_OK; i++)
            rc = run(l, l->one, l->cells + (size_t)i * (size_t)l->ncolumns, l->ncolumns, err);
    l->nrows = 0;
    buf_reset(&l->texts);
    return rc;
}

int sqlite_bulk_row(struct bulk *b, const struct cell *cells, struct err *err)
{
    struct load *l = b->driver;
    struct cell *to;

    if (!l->many)
        return run(l, l->one, cells, l->ncolumns, err);
    to = l->cells + (size_t)l->nrows * (size_t)l->ncolumns;
    for (int i = 0; i < l->ncolumns; i++) {
        to[i] = cells[i];
        if (cells[i].cls < CELL_TEXT)
            continue;
        to[i].i = (sqlite3_int64)l->texts.len;
        buf_add(&l->texts, cells[i].p, cells[i].n);
    }
    l->nrows++;
    return l->nrows == ROWS || l->texts.len > BYTES_MOST ? flush(l, err) : SQLITE_OK;
}

int sqlite_bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err)
{
    struct load *l = b->driver;
    int rc = flush(l, err);
    *affected = l->affected;
    load_free(b);
    return rc;
}

void sqlite_bulk_abort(struct bulk *b)
{
    if (b->driver)
        load_free(b);
}
