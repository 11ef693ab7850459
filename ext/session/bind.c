/* One bind at work: lazy connecting, reconnecting where that cannot be noticed, reads within the right
** snapshot, errors with the bind's name on them.  Which transaction is open where is session/txn.c's. */
#include "session/bind.h"
#include "session/early.h"
#include "session/probe.h"
#include "session/recover.h"
#include "session/reflect.h"
#include "session/witness.h"
#include "session/writer.h"

#include <ctype.h>
#include <string.h>

/* A server that refused us is not asked again for this long: no retry storm from a nested loop. */
#define FAILURE_REMEMBERED_US 1000000

int bind_fail(struct bind *b, const char *what, struct err *err)
{
    err_prefix(err, b->key, "%s", what);
    if (err->rc != SQLITE_INTERRUPT && err->rc != SQLITE_NOMEM) {
        char *copy = sqlite3_mprintf("%s", err->text);
        if (copy) {
            sqlite3_free(b->error);
            b->error = copy;
        }
    }
    return err->rc;
}

void bind_disconnect(struct bind *b)
{
    b->owner->generation++;
    probes_forget(b);
    b->unit_us = 0;
    writer_discard(b);
    remote_forget(b, NULL, NULL);
    recover_clear(b);
    b->recovered = false;
    conn_close(b->conn);
    b->conn = NULL;
    if (b->part == &b->own_part)
        memset(b->part, 0, sizeof *b->part);
    if (b->state == BIND_CONNECTED)
        b->state = BIND_IDLE;
}

bool bind_in_memory(const struct bind *b)
{
    return b->engine->in_memory && b->engine->in_memory(&b->url);
}

void bind_assign_part(struct bind *b)
{
    bool shared = (b->engine->caps & CAP_ONE_SESSION) && !bind_in_memory(b);
    b->part = shared ? b->owner->shared_part : &b->own_part;
}

void bind_part_open(struct bind *b)
{
    struct bind *p;
    b->part->reading = true;
    for (p = b->owner->first; p; p = p->next)
        if (p->part == b->part && p->conn) {
            p->conn->in_transaction = true;
            p->conn->aborted = false;
        }
}

void bind_part_reset(struct bind *b)
{
    struct bind *p;
    probes_forget(b);
    memset(b->part, 0, sizeof *b->part);
    for (p = b->owner->first; p; p = p->next) {
        if (p->part != b->part)
            continue;
        p->wrote = false;
        if (p->conn)
            p->conn->in_transaction = p->conn->aborted = false;
    }
}

bool bind_leads_part(const struct bind *b)
{
    const struct bind *p;
    for (p = b->owner->first; p && p != b; p = p->next)
        if (p->part == b->part && p->conn)
            return false;
    return b->conn != NULL;
}

static bool in_transaction(const struct bind *b)
{
    return b->part->reading || b->part->writing;
}

static int doomed_error(struct bind *b, struct err *err)
{
    b->part->doomed = true;
    err_set(err, SQLITE_IOERR,
            "the server's transaction is gone, and what it had written is undone: ROLLBACK "
            "and try again");
    return err->rc;
}

int bind_connect(struct bind *b, struct conn **out, struct err *err)
{
    int rc;
    *out = NULL;
    if (b->part->doomed) {
        doomed_error(b, err);
        return bind_fail(b, "transaction", err);
    }
    if (b->conn &&
        (b->conn->state == CONN_LOST || (b->conn->state == CONN_IDLE && !conn_alive(b->conn)))) {
        if (in_transaction(b)) {
            doomed_error(b, err);
            return bind_fail(b, "transaction", err);
        }
        /* Recovery connects what it needs on its way, and may come to a bind whose connection a caller has in hand. */
        if (b->conn_held > 0) {
            err_set(err, SQLITE_IOERR, "the connection is gone");
            err->lost = true;
            return bind_fail(b, "connecting", err);
        }
        conn_close(b->conn);
        b->conn = NULL;
    }
    if (b->conn && b->conn->undo_due) {
        if (!b->engine->undo(b->conn)) {
            err_nomem(err);
            return bind_fail(b, "ROLLBACK", err);
        }
        b->conn->undo_due = false;
    }
    if (!b->conn) {
        if (b->failed_at_us && b->error &&
            trace_clock_us() - b->failed_at_us < FAILURE_REMEMBERED_US) {
            err_set(err, SQLITE_CANTOPEN, "%s", b->error);
            err->prefixed = true;
            return err->rc;
        }
        rc = conn_open(b->engine, &b->url, b->key, &b->owner->wait, b->owner->trace, &b->conn, err);
        if (rc != SQLITE_OK) {
            conn_close(b->conn);
            b->conn = NULL;
            b->state = BIND_FAILED;
            if ((rc & 0xff) == SQLITE_CANTOPEN)
                b->failed_at_us = trace_clock_us();
            return bind_fail(b, "connecting", err);
        }
        b->conn->in_transaction = b->part->reading;
        b->owner->generation++; /* texts were written for another server, perhaps */
        b->failed_at_us = 0;
        b->recovered = false;
        b->state = BIND_CONNECTED;
    }
    *out = b->conn;
    rc = recover_before_use(b, err);
    return rc == SQLITE_OK ? rc : bind_fail(b, "recovery", err);
}

int bind_read(struct bind *b, const char *what, const char *sql, const struct arg *args, int nargs,
              unsigned flags, int fetch_hint, struct rows *rows, struct err *err)
{
    bool fresh = b->conn == NULL;
    bool again;
    int rc = writer_flush(b, err);
    if (rc != SQLITE_OK)
        return rc;
    if (b->early && early_take(b, sql, args, nargs, flags, rows))
        return SQLITE_OK;
    do {
        struct conn *conn;
        again = false;
        rc = bind_connect(b, &conn, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!(flags & QUERY_LONE))
            rc = txn_before_read(b, (flags & QUERY_SNAPSHOT) != 0, err);
        if (rc == SQLITE_OK) {
            if (b->open_cursors > 1 && !(flags & (QUERY_SHORT | QUERY_WHOLE)) &&
                conn->in_transaction)
                flags |= QUERY_SHARED;
            memset(rows, 0, sizeof *rows);
            rows->fetch_hint = fetch_hint;
            rc = conn_send(conn, sql, args, nargs, flags, rows, err);
            /* A savepoint beneath rows that are still read would take them along. */
            if (rc == SQLITE_OK && flags & QUERY_SHARED)
                b->part->dirty = true;
        }
        if (rc != SQLITE_OK) {
            txn_after_error(b, err);
            /* An idle connection that turned out to be dead: nothing was promised on it yet. */
            again = err->lost && !fresh && !in_transaction(b);
            fresh = true;
            if (again)
                err_clear(err);
        }
    } while (again);
    return rc == SQLITE_OK ? rc : bind_fail(b, what, err);
}

bool bind_may_read_again(const struct bind *b, const struct rows *rows)
{
    return rows->conn && rows->conn == b->conn && !b->part->doomed && !b->early &&
           !writer_pending(b) && txn_reads_on(b) && rows_may_run_again(rows);
}

int bind_read_again(struct bind *b, const char *what, const struct arg *args, int nargs,
                    struct rows *rows, struct err *err)
{
    int rc = rows_run_again(rows, args, nargs, err);
    return rc == SQLITE_OK ? rc : bind_rows_failed(b, what, err);
}

int bind_read_to_row(struct bind *b, const char *what, const struct arg *args, int nargs,
                     struct rows *rows, struct err *err)
{
    int rc = rows_run_to_row(rows, args, nargs, err);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? rc : bind_rows_failed(b, what, err);
}

int bind_rows_failed(struct bind *b, const char *what, struct err *err)
{
    txn_after_error(b, err);
    return bind_fail(b, what, err);
}

int bind_exec(struct bind *b, const char *what, const char *sql, const struct arg *args, int nargs,
              sqlite3_int64 *affected, struct err *err)
{
    struct conn *conn;
    int rc = writer_flush(b, err);
    if (rc == SQLITE_OK)
        rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    probes_forget(b); /* nobody knows what the statement does */
    rc = txn_protect(b, err);
    if (rc == SQLITE_OK)
        rc = conn_exec(conn, sql, args, nargs, affected, NULL, err);
    if (rc == SQLITE_OK)
        return rc;
    txn_after_error(b, err);
    return bind_fail(b, what, err);
}

void bind_cursor_opened(struct bind *b)
{
    struct binds *owner = b->owner;
    if (owner->open_cursors++ == 0)
        owner->epoch++;
    b->open_cursors++;
}

void bind_cursor_closed(struct bind *b)
{
    b->open_cursors--;
    if (--b->owner->open_cursors > 0)
        return;
    for (struct bind *p = b->owner->first; p; p = p->next) {
        early_drop(p);
        probes_end(p);
    }
    txn_epoch_end(b->owner);
}

/* First keyword of a statement, comments and blanks passed over. */
static const char *first_keyword(const char *z)
{
    for (;;) {
        while (isspace((unsigned char)*z) || *z == ';')
            z++;
        if (z[0] == '-' && z[1] == '-') {
            while (*z && *z != '\n')
                z++;
        } else if (z[0] == '/' && z[1] == '*') {
            const char *end = strstr(z + 2, "*/");
            if (!end)
                return "";
            z = end + 2;
        } else {
            return z;
        }
    }
}

static bool keyword_is(const char *z, const char *word)
{
    size_t n = strlen(word);
    return sqlite3_strnicmp(z, word, (int)n) == 0 && !isalnum((unsigned char)z[n]) && z[n] != '_';
}

/* The next of the running statements that may change something, after stmt; NULL = from the first on, or none.  Such a
** one holds a write transaction on the schema of its table from its first instruction on, and without any there is
** none: a read does not pay for each statement that its host keeps prepared. */
static sqlite3_stmt *next_writer(sqlite3 *db, sqlite3_stmt *stmt)
{
    if (sqlite3_txn_state(db, NULL) < SQLITE_TXN_WRITE)
        return NULL;
    do {
        stmt = sqlite3_next_stmt(db, stmt);
    } while (stmt && (!sqlite3_stmt_busy(stmt) || sqlite3_stmt_readonly(stmt)));
    return stmt;
}

bool bind_writer_runs(struct binds *b)
{
    return next_writer(b->db, NULL) != NULL;
}

bool bind_scan_feeds_write(struct binds *b)
{
    sqlite3_stmt *stmt = NULL;
    while ((stmt = next_writer(b->db, stmt)) != NULL) {
        const char *sql = sqlite3_sql(stmt);
        if (!sql)
            continue;
        sql = first_keyword(sql);
        if (keyword_is(sql, "UPDATE") || keyword_is(sql, "DELETE") || keyword_is(sql, "WITH"))
            return true;
    }
    return false;
}
