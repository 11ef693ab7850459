/* Statements and rows of the SQLite driver.
**
** send prepares and binds, the first next runs: a statement's work is done when its answer is asked for.  The
** result's state lives in the statement, which serves one rows at a time.  Values are handed out straight from
** the inner statement, without a copy.  A transaction that SQLite itself has rolled back (disk full, an
** interrupted write) must not go on in autocommit: from then on every statement fails until ROLLBACK.
** Time is measured by samples: reading a clock twice a row would cost a tenth of the row, or of a look-up. */
#include "engine/sqlite/driver.h"

#define SAMPLE_STEPS 64 /* a power of two: from there on one in so many steps is timed */

static struct sqlite_stmt *inner_of(struct rows *rows)
{
    return rows->driver;
}

/* ---- preparing ------------------------------------------------------------------------------------------- */

/* Anything after the first statement but blanks and comments? */
static bool has_more(sqlite3 *db, const char *tail)
{
    sqlite3_stmt *next = NULL;
    bool more;
    while (*tail == ' ' || *tail == ';' || *tail == '\n' || *tail == '\t' || *tail == '\r')
        tail++;
    if (!*tail)
        return false;
    more = sqlite3_prepare_v2(db, tail, -1, &next, NULL) != SQLITE_OK || next;
    sqlite3_finalize(next);
    return more;
}

static int prepare(struct sqlite_conn *c, struct sqlite_stmt *s, struct err *err)
{
    const char *tail;
    unsigned flags = s->base.cached ? SQLITE_PREPARE_PERSISTENT : 0;
    int rc = sqlite3_prepare_v3(c->db, s->base.sql, -1, flags, &s->stmt, &tail);
    if (rc != SQLITE_OK)
        return sqlite_error(c, rc, err);
    if (has_more(c->db, tail)) {
        sqlite3_finalize(s->stmt);
        s->stmt = NULL;
        return err_set(err, SQLITE_ERROR, "one statement at a time");
    }
    s->described = false;
    return SQLITE_OK;
}

/* Column types by their declarations; again after SQLite prepared the statement anew by itself. */
static int describe(struct sqlite_stmt *s, struct rows *rows, struct err *err)
{
    int reprepared = s->stmt ? sqlite3_stmt_status(s->stmt, SQLITE_STMTSTATUS_REPREPARE, 0) : 0;
    if (!s->described || reprepared != s->reprepared) {
        int n = s->stmt ? sqlite3_column_count(s->stmt) : 0;
        arena_clear(&s->arena);
        s->types = arena_alloc(&s->arena, (size_t)(n + 1) * sizeof *s->types);
        if (!s->types)
            return err_nomem(err);
        for (int i = 0; i < n; i++) {
            const char *text = sqlite3_column_decltype(s->stmt, i);
            int rc = coltype_parse(text ? text : "", &s->arena, &s->types[i], err);
            if (rc != SQLITE_OK)
                return rc;
        }
        s->ncolumns = n;
        s->reprepared = reprepared;
        s->described = true;
    }
    rows->ncolumns = s->ncolumns;
    rows->types = s->types;
    return SQLITE_OK;
}

static int bind_args(struct sqlite_conn *c, struct sqlite_stmt *s, const struct arg *args,
                     int nargs, struct err *err)
{
    int wanted = s->stmt ? sqlite3_bind_parameter_count(s->stmt) : 0;
    if (nargs != wanted)
        return err_set(err, SQLITE_ERROR, "the statement takes %d arguments, not %d", wanted,
                       nargs);
    for (int i = 0; i < nargs; i++) {
        int rc = cell_to_bind(&args[i].cells[0], s->stmt, i + 1);
        if (rc != SQLITE_OK)
            return sqlite_error(c, rc, err);
    }
    return SQLITE_OK;
}

/* The transaction is gone: only ROLLBACK is answered, since SQLite has done it already. */
static int send_aborted(struct sqlite_stmt *s, struct rows *rows, struct err *err)
{
    if (sqlite3_stricmp(s->base.sql, sqlite_dialect.verbs.rollback) != 0)
        return err_set(err, SQLITE_ABORT_ROLLBACK,
                       "the transaction was rolled back by an earlier error");
    s->is_rollback_done = true;
    rows->driver = s;
    return SQLITE_OK;
}

int sqlite_send(struct conn *base, struct stmt *stmt, const struct arg *args, int nargs,
                struct rows *rows, struct err *err)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    struct sqlite_stmt *s = (struct sqlite_stmt *)stmt;
    int rc = SQLITE_OK;

    sqlite_limit(c, base->url->timeout_ms);
    s->steps = s->timed_before = 0;
    s->timed_next = 1;
    s->stepped = 0;
    s->is_rollback_done = false;
    if (c->session->aborted)
        return send_aborted(s, rows, err);
    if (!s->stmt)
        rc = prepare(c, s, err);
    if (rc == SQLITE_OK)
        rc = bind_args(c, s, args, nargs, err);
    if (rc == SQLITE_OK)
        rc = describe(s, rows, err);
    if (rc == SQLITE_OK)
        rows->driver = s;
    else if (s->stmt)
        sqlite3_clear_bindings(s->stmt);
    return rc;
}

/* ---- running --------------------------------------------------------------------------------------------- */

/* The step that is timed after this one.  In the first one sorting and locks show; the one that follows is mostly the
** end of a look-up. */
static sqlite3_int64 timed_after(sqlite3_int64 step)
{
    if (step >= SAMPLE_STEPS)
        return step + SAMPLE_STEPS;
    return step == 1 ? 4 : step * 2;
}

/* Its time stands for that of the steps since the one that was timed before. */
static int timed_step(struct sqlite_stmt *s, struct wait *w)
{
    sqlite3_int64 weight = s->steps - s->timed_before, before = w->waited_us, start;
    int rc;

    s->timed_before = s->steps;
    s->timed_next = timed_after(s->steps);
    start = trace_clock_us();
    rc = sqlite3_step(s->stmt);
    /* Not added to: waiting for a lock has been counted meanwhile. */
    w->waited_us = before + (trace_clock_us() - start) * weight;
    return rc;
}

static inline int step(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    sqlite_limit(c, c->base.url->timeout_ms);
    return ++s->steps == s->timed_next && c->base.wait ? timed_step(s, c->base.wait)
                                                       : sqlite3_step(s->stmt);
}

static int begin(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    c->base.round_trips++;
    s->in_transaction = !sqlite3_get_autocommit(c->db);
    s->changes_before = sqlite3_total_changes64(c->db);
    if (!sqlite3_stmt_readonly(s->stmt))
        sqlite3_set_last_insert_rowid(c->db, 0);
    return step(c, s);
}

static int done(struct sqlite_conn *c, struct sqlite_stmt *s, struct rows *rows)
{
    /* sqlite3_changes() keeps the number of the last statement that changed something. */
    if (sqlite3_total_changes64(c->db) != s->changes_before) {
        rows->affected = sqlite3_changes64(c->db);
        rows->insert_id = sqlite3_last_insert_rowid(c->db);
    }
    return SQLITE_DONE;
}

static int failed(struct sqlite_conn *c, struct sqlite_stmt *s, int rc, struct err *err)
{
    rc = sqlite_error(c, rc, err);
    sqlite3_reset(s->stmt);
    if (s->in_transaction && sqlite3_get_autocommit(c->db))
        c->session->aborted = c->base.aborted = true;
    return rc;
}

static int first_row(struct sqlite_conn *c, struct sqlite_stmt *s, struct rows *rows,
                     struct err *err)
{
    int rc;
    if (s->is_rollback_done) {
        c->session->aborted = c->base.aborted = false;
        return SQLITE_DONE;
    }
    if (!s->stmt) /* blanks and comments only */
        return SQLITE_DONE;
    rc = begin(c, s);
    if (rc == SQLITE_DONE)
        return done(c, s, rows);
    if (rc != SQLITE_ROW)
        return failed(c, s, rc, err);
    rc = describe(s, rows, err);
    if (rc != SQLITE_OK)
        return rc;
    rows->values = s->stmt;
    return SQLITE_ROW;
}

/* What sqlite_step has left to be said is said here. */
int sqlite_next(struct rows *rows, struct err *err)
{
    struct sqlite_conn *c = (struct sqlite_conn *)rows->conn;
    struct sqlite_stmt *s = inner_of(rows);
    int rc = s->stepped;

    if (s->steps == 0)
        return first_row(c, s, rows, err);
    s->stepped = 0;
    if (rc == 0)
        rc = step(c, s);
    if (rc == SQLITE_ROW)
        return rc;
    return rc == SQLITE_DONE ? done(c, s, rows) : failed(c, s, rc, err);
}

/* Neither timed nor with an end of its time. */
bool sqlite_step(struct rows *rows)
{
    struct sqlite_conn *c = (struct sqlite_conn *)rows->conn;
    struct sqlite_stmt *s = inner_of(rows);
    int rc;

    if (s->steps + 1 >= s->timed_next || c->base.url->timeout_ms > 0)
        return false;
    s->steps++;
    sqlite_limit(c, 0);
    rc = sqlite3_step(s->stmt);
    if (rc == SQLITE_ROW)
        return true;
    s->stepped = rc;
    return false;
}

/* By sqlite3_value: the column functions find the column, and look for errors, once for the type and once more
** for the value.  "Unprotected" means without a mutex, which this connection does without anyway. */
int sqlite_cell(struct rows *rows, int column, struct cell *out, struct err *err)
{
    sqlite3_value *value = sqlite3_column_value(inner_of(rows)->stmt, column);
    const void *p;

    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        out->cls = CELL_INT;
        out->i = sqlite3_value_int64(value);
        break;
    case SQLITE_FLOAT:
        out->cls = CELL_REAL; /* never NaN: that is NULL in SQLite */
        out->r = sqlite3_value_double(value);
        break;
    case SQLITE_TEXT:
        p = sqlite3_value_text(value);
        if (!p)
            return err_nomem(err);
        *out = cell_text(p, (size_t)sqlite3_value_bytes(value));
        out->terminated = true;
        break;
    case SQLITE_BLOB:
        p = sqlite3_value_blob(value);
        *out = cell_blob(p, (size_t)sqlite3_value_bytes(value));
        if (!p && out->n > 0)
            return err_nomem(err);
        break;
    default:
        *out = cell_null();
        break;
    }
    return SQLITE_OK;
}

void sqlite_finish(struct rows *rows)
{
    struct sqlite_stmt *s = inner_of(rows);
    if (!s || !s->stmt)
        return;
    sqlite3_reset(s->stmt);
    sqlite3_clear_bindings(s->stmt);
}

void sqlite_unprepare(struct conn *base, struct stmt *stmt)
{
    struct sqlite_stmt *s = (struct sqlite_stmt *)stmt;
    (void)base;
    sqlite3_finalize(s->stmt);
    s->stmt = NULL;
    arena_clear(&s->arena);
}
