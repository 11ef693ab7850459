/* The checked front: the only way from session to a driver.
**
** It owns what is the same for every engine, so that drivers stay dumb: which states a call is legal in, the
** list of open rows, who owns the wire and parking it (rows.c), prepared statements (stmts.c), the log
** (log.c), and the promise that rows of a dead connection end in an error and never as done.  Misuse comes
** back as SQLITE_MISUSE with a text, never as a crash of the host.
** It leaves to session: when to reconnect, transactions, and the bind's name in messages. */
#include "engine/engine.h"
#include "binds_config.h"
#include "engine/front.h"
#include "engine/module.h"

#include <pthread.h>
#include <string.h>

#define PATIENCE_MS 100 /* with what cancelling takes less than the second in which an interrupt comes back */

#define DECLARE_ENGINE(name) extern const struct engine name##_engine;
BINDS_ENGINE_LIST(DECLARE_ENGINE)
#define ENGINE_ADDRESS(name) &name##_engine,

#ifdef BINDS_MODULES /* the extension: engines with a client library are modules */
#define DECLARE_STUB(name) extern const struct engine name##_stub;
BINDS_STUB_LIST(DECLARE_STUB)
#define STUB_ADDRESS(name) &name##_stub,
static const struct engine *const engines[] = {BINDS_STUB_LIST(STUB_ADDRESS)
                                                   BINDS_INNER_LIST(ENGINE_ADDRESS) NULL};
#else
static const struct engine *const engines[] = {BINDS_ENGINE_LIST(ENGINE_ADDRESS) NULL};
#endif

const struct engine *engine_at(int i)
{
    int n = (int)(sizeof engines / sizeof engines[0]);
    return i >= 0 && i < n ? engines[i] : NULL;
}

const struct engine *engine_for_scheme(const char *scheme)
{
    for (int i = 0; engines[i]; i++) {
        for (const char *const *s = engines[i]->schemes; *s; s++) {
            if (sqlite3_stricmp(*s, scheme) == 0)
                return engines[i];
        }
    }
    return NULL;
}

/* ---- forked children ---

The system call that tells the process costs as much as all else between two statements: children are counted
instead. */

static int forks; /* of which this process comes */
static pthread_once_t counting = PTHREAD_ONCE_INIT;

static void on_fork(void)
{
    forks++;
}

static void count_forks(void)
{
    (void)pthread_atfork(NULL, NULL, on_fork);
}

static bool is_own(const struct conn *c)
{
    return c->process == forks;
}

/* ---- connections ----------------------------------------------------------------------------------------- */

int conn_failed(struct conn *c, int rc, struct err *err)
{
    if (err->rc == SQLITE_OK)
        err_set(err, rc, "%s", sqlite3_errstr(rc));
    if (err->lost)
        c->state = CONN_LOST;
    if (c->state == CONN_LOST) {
        err->lost = true;
        c->active = NULL;
    }
    return err->rc;
}

int conn_gone(sqlite3_int64 nrows, struct err *err)
{
    if (nrows > 0)
        err_set(err, SQLITE_IOERR, "the connection is gone (after %lld rows)", nrows);
    else
        err_set(err, SQLITE_IOERR, "the connection is gone");
    err->lost = true;
    return err->rc;
}

int conn_usable(struct conn *c, struct err *err)
{
    if (!c || c->state == CONN_CLOSED || c->state == CONN_LOST)
        return conn_gone(0, err);
    if (!is_own(c))
        return err_set(
            err, SQLITE_MISUSE,
            "the connection belongs to the process that opened it, not to its forked child");
    if (c->bulk)
        return err_set(err, SQLITE_MISUSE, "a bulk load is running on this connection");
    return SQLITE_OK;
}

int conn_open(const struct engine *engine, const struct url *url, const char *key,
              struct wait *wait, struct trace *trace, struct conn **out, struct err *err)
{
    size_t size;
    struct conn *c;
    int rc = module_load(engine, &engine, err);

    *out = NULL;
    if (rc != SQLITE_OK)
        return rc;
    size = engine->conn_size < sizeof(struct conn) ? sizeof(struct conn) : engine->conn_size;
    c = sqlite3_malloc64(size);
    if (!c)
        return err_nomem(err);
    memset(c, 0, size);
    c->engine = engine;
    c->dialect = engine->dialect;
    c->url = url;
    c->key = key;
    c->wait = wait;
    c->trace = trace;
    c->caps = engine->caps;
    (void)pthread_once(&counting, count_forks);
    c->process = forks;
    rc = stmts_init(c, err);
    if (rc == SQLITE_OK) {
        rc = engine->open(c, err);
        if (rc != SQLITE_OK)
            rc = conn_failed(c, rc, err);
    }
    if (rc != SQLITE_OK) {
        conn_close(c);
        return rc;
    }
    c->state = CONN_IDLE;
    *out = c;
    return SQLITE_OK;
}

void conn_drop_queue(struct conn *c)
{
    for (int i = 0; i < c->nqueued; i++)
        sqlite3_free(c->queued[i]);
    c->nqueued = 0;
}

void conn_close(struct conn *c)
{
    if (!c)
        return;
    /* A forked child shares the socket: whatever it said there would end the parent's session. */
    if (is_own(c)) {
        if (c->bulk)
            bulk_abort(c->bulk);
        while (c->open)
            rows_finish(c->open); /* its reader's next call gets an error */
        stmts_clear(c);
        c->engine->close(c);
    }
    conn_drop_queue(c);
    sqlite3_free(c->queued);
    sqlite3_free(c);
}

void conn_give_up(struct conn *c)
{
    c->state = CONN_LOST;
}

bool conn_alive(struct conn *c)
{
    if (!c || c->state == CONN_CLOSED || c->state == CONN_LOST || !is_own(c))
        return false;
    return !c->engine->alive || c->state == CONN_BUSY || c->engine->alive(c);
}

/* ---- statements ------------------------------------------------------------------------------------------ */

void log_queued(struct conn *c)
{
    for (int i = 0; i < c->nqueued; i++)
        log_statement(c, c->queued[i], NULL, 0);
}

static int check_send(struct conn *c, const struct arg *args, int nargs, const struct rows *rows,
                      struct err *err)
{
    int rc = conn_usable(c, err);
    if (rc != SQLITE_OK)
        return rc;
    if (rows->conn)
        return err_set(err, SQLITE_MISUSE, "the previous rows are still open");
    for (int i = 0; i < nargs; i++) {
        if (args[i].array && !(c->caps & CAP_ARRAY_ARG))
            return err_set(err, SQLITE_MISUSE, "argument %d: %s takes no arrays", i + 1,
                           c->engine->name);
    }
    return SQLITE_OK;
}

int conn_not_sent(struct rows *rows, int rc, struct err *err)
{
    struct conn *c = rows->conn;
    rc = conn_failed(c, rc, err);
    wire_free(c, rows);
    stmts_give(c, rows->stmt, true);
    rows_unlist(rows);
    if (c->state == CONN_LOST)
        conn_drop_queue(c);
    return rc;
}

/* s is taken. */
static int send_taken(struct conn *c, struct stmt *s, const struct arg *args, int nargs,
                      unsigned flags, sqlite3_int64 log_seq, struct rows *rows, struct err *err)
{
    struct meter meter;
    int rc;

    rows_list(c, s, flags, rows);
    rows->log_seq = log_seq;
    wire_take(c, rows);
    meter_start(c, &meter);
    rc = c->engine->send(c, s, args, nargs, rows, err);
    meter_stop(c, &meter, log_seq);
    if (rc != SQLITE_OK)
        return conn_not_sent(rows, rc, err);
    s->uses++;
    conn_drop_queue(c);
    return SQLITE_OK;
}

int conn_send_quietly(struct conn *c, const char *sql, const struct arg *args, int nargs,
                      unsigned flags, sqlite3_int64 log_seq, struct rows *rows, struct err *err)
{
    struct stmt *s;
    int rc = conn_park(c, err);

    if (rc != SQLITE_OK)
        return rc;
    s = stmts_take(c, sql, (flags & QUERY_ONCE) != 0);
    if (!s)
        return err_nomem(err);
    return send_taken(c, s, args, nargs, flags, log_seq, rows, err);
}

int conn_send(struct conn *c, const char *sql, const struct arg *args, int nargs, unsigned flags,
              struct rows *rows, struct err *err)
{
    struct stmt *again;
    sqlite3_int64 seq;
    int rc = check_send(c, args, nargs, rows, err);
    if (rc != SQLITE_OK)
        return rc;
    log_queued(c);
    again = c->active || flags & QUERY_ONCE ? NULL : stmts_take_newest(c, sql);
    if (again) {
        seq = log_again(c, again->log_seq, sql, args, nargs);
        rc = send_taken(c, again, args, nargs, flags, seq, rows, err);
    } else {
        seq = log_statement(c, sql, args, nargs);
        rc = conn_send_quietly(c, sql, args, nargs, flags, seq, rows, err);
    }
    if (rc == SQLITE_OK)
        rows->stmt->log_seq = seq;
    else if (c->trace)
        trace_error(c->trace, seq, err->text);
    return rc;
}

/* Reads the rows to their end, and finishes them. */
static int run_out(struct rows *rows, struct err *err)
{
    int rc;
    do {
        rc = rows_next(rows, err);
    } while (rc == SQLITE_ROW);
    rows_finish(rows);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int conn_exec(struct conn *c, const char *sql, const struct arg *args, int nargs,
              sqlite3_int64 *affected, sqlite3_int64 *insert_id, struct err *err)
{
    struct rows rows = {.conn = NULL};
    unsigned flags = nargs > 0 ? QUERY_SHORT : QUERY_SHORT | QUERY_ONCE;
    int rc = conn_send(c, sql, args, nargs, flags, &rows, err);
    if (rc == SQLITE_OK)
        rc = run_out(&rows, err);
    if (affected)
        *affected = rc == SQLITE_OK ? rows.affected : 0;
    if (insert_id)
        *insert_id = rc == SQLITE_OK ? rows.insert_id : 0;
    return rc;
}

int conn_exec_deciding(struct conn *c, const char *sql, struct err *err)
{
    int rc;
    if (c->wait) {
        c->wait->patience_ms = PATIENCE_MS;
        c->wait->patient_until_us = 0;
    }
    rc = conn_exec(c, sql, NULL, 0, NULL, NULL, err);
    if (c->wait)
        c->wait->patience_ms = 0;
    return rc;
}

int conn_queue(struct conn *c, const char *sql, struct err *err)
{
    int rc = conn_usable(c, err);
    if (rc != SQLITE_OK)
        return rc;
    if (!(c->caps & CAP_PIPELINE))
        return conn_exec(c, sql, NULL, 0, NULL, NULL, err);
    if (c->nqueued == c->queued_cap) {
        int cap = c->queued_cap ? c->queued_cap * 2 : 4;
        char **queued = sqlite3_realloc64(c->queued, (size_t)cap * sizeof *queued);
        if (!queued)
            return err_nomem(err);
        c->queued = queued;
        c->queued_cap = cap;
    }
    c->queued[c->nqueued] = sqlite3_mprintf("%s", sql);
    if (!c->queued[c->nqueued])
        return err_nomem(err);
    c->nqueued++;
    return SQLITE_OK;
}

int conn_flush(struct conn *c, struct err *err)
{
    struct rows rows = {.conn = NULL};
    char *last;
    int rc;

    if (c->nqueued == 0)
        return SQLITE_OK;
    /* The last one is sent as a statement, and the others ride with it. */
    last = c->queued[--c->nqueued];
    rc = conn_send(c, last, NULL, 0, QUERY_SHORT | QUERY_ONCE, &rows, err);
    if (rc != SQLITE_OK && c->state != CONN_LOST) {
        c->queued[c->nqueued++] = last; /* nothing was sent */
        return rc;
    }
    sqlite3_free(last);
    return rc == SQLITE_OK ? run_out(&rows, err) : rc;
}
