/* Rows on the reader's side: next, cell, finish, and parking.
**
** Rows come from the driver, or, when they were parked, from the spool first.  Invariants: a rows that has
** failed fails again and never ends as done; the row on which a reader stands survives parking; finish
** reaches the driver exactly once.  Sending and the connection's own life are in engine.c. */
#include "engine/front.h"
#include "engine/spool.h"

#include <string.h>

/* ---- the wire, and the list of open rows ----------------------------------------------------------------- */

void wire_take(struct conn *c, struct rows *rows)
{
    if (c->caps & CAP_MANY_ROWS)
        return;
    c->active = rows;
    c->state = CONN_BUSY;
}

/* Nothing of these rows is outstanding any more. */
void wire_free(struct conn *c, const struct rows *rows)
{
    if (c->active != rows)
        return;
    c->active = NULL;
    if (c->state == CONN_BUSY)
        c->state = CONN_IDLE;
}

/* The current row is no more what the driver stands on. */
static void row_away(struct rows *rows)
{
    rows->at_hand = 0;
    rows->values = NULL;
    rows->step = NULL;
}

void rows_list(struct conn *c, struct stmt *s, unsigned flags, struct rows *rows)
{
    int hint = rows->fetch_hint;
    memset(rows, 0, sizeof *rows);
    rows->conn = c;
    rows->stmt = s;
    rows->flags = flags;
    rows->fetch_hint = hint;
    rows->opened_before = c->open;
    if (c->open)
        c->open->opened_after = rows;
    c->open = rows;
}

void rows_unlist(struct rows *rows)
{
    struct conn *c = rows->conn;
    *(rows->opened_after ? &rows->opened_after->opened_before : &c->open) = rows->opened_before;
    if (rows->opened_before)
        rows->opened_before->opened_after = rows->opened_after;
    rows->opened_before = rows->opened_after = NULL;
    rows->conn = NULL;
    row_away(rows);
}

void rows_move(struct rows *to, struct rows *from)
{
    struct conn *c = from->conn;
    *to = *from;
    memset(from, 0, sizeof *from);
    if (!c)
        return;
    *(to->opened_after ? &to->opened_after->opened_before : &c->open) = to;
    if (to->opened_before)
        to->opened_before->opened_after = to;
    if (c->active == from)
        c->active = to;
    if (c->engine->moved)
        c->engine->moved(to);
}

/* ---- reading --------------------------------------------------------------------------------------------- */

/* The code of a failed statement that says nothing against its plan. */
static bool keeps_statement(int rc)
{
    int primary = rc & 0xff;
    return primary == SQLITE_OK || primary == SQLITE_CONSTRAINT || primary == SQLITE_BUSY ||
           primary == SQLITE_INTERRUPT;
}

static void note_rows(struct rows *rows)
{
    sqlite3_int64 n = rows->nrows + (rows->spool ? spool_left(rows->spool) : 0);
    if (n == 0 && rows->done)
        n = rows->affected;
    log_rows(rows->conn, rows->log_seq, n);
}

/* Before rows are finished: those that have ended were noted then. */
static void note_once(struct rows *rows)
{
    if (!rows->done || rows->on_row)
        note_rows(rows);
}

/* What an error has left to be said before the next statement (ROLLBACK TO a savepoint) comes before the next batch of
** rows too.  Once the wire is free; who owns it has his rows on the way. */
static int say_queued(struct conn *c, struct err *err)
{
    char *last;
    int rc;
    if (c->nqueued == 0 || c->active || c->bulk)
        return SQLITE_OK;
    last = c->queued[--c->nqueued];
    rc = conn_exec(c, last, NULL, 0, NULL, NULL, err);
    sqlite3_free(last);
    return rc;
}

/* The driver had no row: rc says why. */
static int pulled_last(struct rows *rows, int rc, sqlite3_int64 pulled, struct err *err)
{
    struct conn *c = rows->conn;
    if (rc == SQLITE_DONE) {
        wire_free(c, rows);
        return rc;
    }
    rc = conn_failed(c, rc, err);
    wire_free(c, rows);
    if (err->lost && pulled > 0) {
        char text[ERR_TEXT_MAX];
        err_clean_line(err->text, text, sizeof text - 32);
        sqlite3_snprintf(sizeof err->text, err->text, "%s (after %lld rows)", text, pulled);
        err->not_executed = false;
    }
    if (c->trace)
        trace_error(c->trace, rows->log_seq, err->text);
    return rc;
}

/* One row from the driver.  pulled: rows that came before it, for the message and the log. */
static inline int pull(struct rows *rows, sqlite3_int64 pulled, struct err *err)
{
    struct conn *c = rows->conn;
    sqlite3_int64 nrows = rows->nrows;
    struct meter meter;
    int rc;

    if (c->state == CONN_LOST || c->state == CONN_CLOSED)
        return conn_gone(pulled, err);
    /* Shared rows gave the wire back; whoever has it now must be out of the way before the next batch. */
    if (rows->flags & QUERY_SHARED && c->active != rows && c->caps & CAP_SHARED_ROWS) {
        rc = c->active ? conn_park(c, err) : say_queued(c, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    meter_start(c, &meter);
    rc = c->engine->next(rows, err);
    rows->nrows = nrows;
    meter_stop(c, &meter, rows->log_seq);
    return rc == SQLITE_ROW ? rc : pulled_last(rows, rc, pulled, err);
}

/* The driver stands on one more. */
static inline int on_row(struct rows *rows)
{
    rows->nrows++;
    rows->on_row = true;
    rows->step = rows->conn->engine->step;
    return SQLITE_ROW;
}

static int ended(struct rows *rows, int rc)
{
    rows->on_row = false;
    row_away(rows);
    if (rc == SQLITE_DONE)
        rows->done = true;
    else
        rows->failed = rc;
    note_rows(rows);
    return rc;
}

static int next_parked(struct rows *rows, struct err *err)
{
    int rc = spool_next(rows->spool, err);
    if (rc == SQLITE_ROW) {
        rows->nrows++;
        rows->on_row = true;
        return rc;
    }
    if (rc == SQLITE_EMPTY) { /* read empty; the driver has more */
        spool_free(rows->spool);
        rows->spool = NULL;
        return rc;
    }
    return ended(rows, rc);
}

/* What there is to see to before the driver is asked.  SQLITE_EMPTY: nothing stands in the way. */
static int next_unusual(struct rows *rows, struct err *err)
{
    if (!rows->conn)
        return conn_gone(rows->nrows, err);
    if (rows->done)
        return rows->on_row ? ended(rows, SQLITE_DONE) : SQLITE_DONE;
    if (rows->failed)
        return rows->conn->state == CONN_LOST
                   ? conn_gone(rows->nrows, err)
                   : err_set(err, rows->failed, "the statement has failed before");
    return rows->spool ? next_parked(rows, err) : SQLITE_EMPTY;
}

int rows_next(struct rows *rows, struct err *err)
{
    int rc;

    if (!rows->on_row || rows->done || rows->spool || rows->failed || !rows->conn) {
        rc = next_unusual(rows, err);
        if (rc != SQLITE_EMPTY)
            return rc;
    }
    rc = pull(rows, rows->nrows, err);
    return rc == SQLITE_ROW ? on_row(rows) : ended(rows, rc);
}

int rows_cell(struct rows *rows, int column, struct cell *out, struct err *err)
{
    if (!rows->on_row || !rows->conn || column < 0 || column >= rows->ncolumns)
        return err_set(err, SQLITE_MISUSE, "no current row, or no column %d", column);
    if (rows->spool) {
        spool_cell(rows->spool, column, out);
        return SQLITE_OK;
    }
    return rows->conn->engine->cell(rows, column, out, err);
}

int rows_text(struct rows *rows, int column, struct arena *arena, const char **out, struct err *err)
{
    struct cell cell;
    int rc = rows_cell(rows, column, &cell, err);
    *out = NULL;
    if (rc != SQLITE_OK || (cell.cls != CELL_TEXT && cell.cls != CELL_BLOB))
        return rc;
    *out = arena_copy(arena, cell.p, cell.n);
    return *out != NULL ? SQLITE_OK : err_nomem(err);
}

/* Ends at the server a statement whose rows nobody wants any more. */
static void end_early(struct rows *rows)
{
    struct conn *c = rows->conn;
    struct err err;
    int rc;

    if (c->state != CONN_BUSY || !c->engine->cancel)
        return;
    err_clear(&err);
    rc = c->engine->cancel(c, &err);
    if (rc != SQLITE_OK) {
        rc = conn_failed(c, rc, &err);
        if (c->trace)
            trace_error(c->trace, rows->log_seq, err.text);
    }
    if (rc == SQLITE_OK || !err.lost)
        wire_free(c, rows);
}

void rows_finish(struct rows *rows)
{
    struct conn *c = rows->conn;
    struct meter meter;

    if (!c)
        return;
    note_once(rows);
    meter_start(c, &meter);
    if (c->active == rows)
        end_early(rows);
    c->engine->finish(rows);
    meter_stop(c, &meter, rows->log_seq);
    wire_free(c, rows);
    stmts_give(c, rows->stmt, !keeps_statement(rows->failed));
    spool_free(rows->spool);
    rows->spool = NULL;
    rows->stmt = NULL;
    rows->on_row = false;
    rows->types = NULL;
    rows->ncolumns = 0;
    rows_unlist(rows);
}

bool rows_may_run_again(const struct rows *rows)
{
    const struct conn *c = rows->conn;
    return c && c->caps & CAP_MANY_ROWS && c->state == CONN_IDLE && c->nqueued == 0 &&
           !rows->spool && !rows->failed;
}

/* In one go, with what can stay as it is left alone: the statement in the cache and the place in the list. */
static int run_again(struct rows *rows, const struct arg *args, int nargs, struct meter *meter,
                     struct err *err)
{
    struct conn *c = rows->conn;
    int rc = conn_usable(c, err);

    if (rc != SQLITE_OK)
        return rc;
    note_once(rows);
    c->engine->finish(rows);
    row_away(rows);
    rows->on_row = rows->done = false;
    rows->nrows = rows->affected = rows->insert_id = 0;
    rows->log_seq = log_again(c, rows->log_seq, rows->stmt->sql, args, nargs);
    meter_start(c, meter);
    rc = c->engine->send(c, rows->stmt, args, nargs, rows, err);
    if (rc != SQLITE_OK) {
        meter_stop(c, meter, rows->log_seq);
        rc = conn_not_sent(rows, rc, err);
        if (c->trace)
            trace_error(c->trace, rows->log_seq, err->text);
        return rc;
    }
    rows->stmt->uses++;
    return rc;
}

int rows_run_again(struct rows *rows, const struct arg *args, int nargs, struct err *err)
{
    struct meter meter;
    int rc = run_again(rows, args, nargs, &meter, err);
    if (rc == SQLITE_OK)
        meter_stop(rows->conn, &meter, rows->log_seq);
    return rc;
}

int rows_run_to_row(struct rows *rows, const struct arg *args, int nargs, struct err *err)
{
    struct meter meter;
    int rc = run_again(rows, args, nargs, &meter, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = rows->conn->engine->next(rows, err);
    rows->nrows = 0;
    meter_stop(rows->conn, &meter, rows->log_seq);
    return rc == SQLITE_ROW ? on_row(rows) : ended(rows, pulled_last(rows, rc, 0, err));
}

/* ---- parking --------------------------------------------------------------------------------------------- */

/* Copies the row that the driver stands on to the end of the spool. */
static int park_row(struct rows *rows, struct err *err)
{
    int rc = SQLITE_OK;
    if (!rows->spool) {
        rows->spool = spool_new(rows->ncolumns);
        if (!rows->spool)
            return err_nomem(err);
    }
    for (int i = 0; i < rows->ncolumns && rc == SQLITE_OK; i++) {
        struct cell cell;
        rc = rows->conn->engine->cell(rows, i, &cell, err);
        if (rc == SQLITE_OK)
            rc = spool_put(rows->spool, &cell, err);
    }
    return rc == SQLITE_OK ? spool_row(rows->spool, err) : rc;
}

/* The row on which the reader stands comes first, and stays the one on which he stands. */
static int park_current(struct rows *rows, struct err *err)
{
    int rc;
    if (rows->spool || !rows->on_row)
        return SQLITE_OK;
    rc = park_row(rows, err);
    if (rc == SQLITE_OK)
        rc = spool_next(rows->spool, err) == SQLITE_ROW ? SQLITE_OK : err->rc;
    if (rc != SQLITE_OK) {
        spool_free(rows->spool);
        rows->spool = NULL;
    }
    return rc;
}

/* Rows that cannot be kept: ends the statement at the server; its reader gets the error. */
static int park_failed(struct rows *rows, int rc, const struct err *err)
{
    struct conn *c = rows->conn;
    if (rows->spool)
        spool_end(rows->spool, rc, err);
    else
        rows->failed = rc;
    if (c->active == rows)
        end_early(rows);
    if (c->trace)
        trace_error(c->trace, rows->log_seq, err->text);
    return rc;
}

/* all: to the end.  Else until the rows no longer own the wire, which for shared rows is one batch. */
static int park(struct rows *rows, bool all, struct err *err)
{
    struct conn *c = rows->conn;
    struct err failure;
    int rc;

    if (rows->done || rows->failed || (rows->spool && spool_ended(rows->spool)))
        return SQLITE_OK;
    err_clear(&failure);
    rc = park_current(rows, err);
    while (rc == SQLITE_OK && (all || c->active == rows)) {
        sqlite3_int64 left = rows->spool ? spool_left(rows->spool) : 0;
        rc = pull(rows, rows->nrows + left, &failure);
        if (rc != SQLITE_ROW)
            break;
        rc = park_row(rows, err);
    }
    row_away(rows); /* the reader's is the spool's */
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    if (rc != SQLITE_DONE && err->rc != SQLITE_OK)
        return park_failed(rows, rc, err);
    if (!rows->spool)
        rows->spool = spool_new(rows->ncolumns);
    if (rows->spool) {
        spool_end(rows->spool, rc, &failure);
        note_rows(rows);
    } else if (rc == SQLITE_DONE) {
        rows->done = true;
    } else {
        rows->failed = rc;
    }
    /* A failed statement is its reader's; that nothing more can be sent, or that all shall stop, is the
    ** caller's too. */
    if (rc == SQLITE_DONE || !(failure.lost || (rc & 0xff) == SQLITE_INTERRUPT))
        return SQLITE_OK;
    *err = failure;
    return rc;
}

int rows_park(struct rows *rows, struct err *err)
{
    if (!rows->conn)
        return SQLITE_OK;
    err_clear(err);
    return park(rows, true, err);
}

int conn_park(struct conn *c, struct err *err)
{
    if (!c->active)
        return SQLITE_OK;
    err_clear(err);
    return park(c->active, false, err);
}

bool conn_park_or_end(struct conn *c)
{
    struct err ignored;
    for (struct rows *rows = c->open; rows && c->state != CONN_LOST; rows = rows->opened_before)
        (void)rows_park(rows, &ignored);
    return c->state != CONN_LOST;
}

int conn_park_all(struct conn *c, struct err *err)
{
    for (struct rows *rows = c->open; rows; rows = rows->opened_before) {
        int rc = rows_park(rows, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}
