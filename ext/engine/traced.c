/* The engine that wraps an engine (traced.h): traces, counts, delays and fails calls.
**
** Counted are the calls that can fail: open, cancel, send, next, cell, bulk_*.  An injected failure must leave
** what a real one leaves, so that the tests prove something about the layers above:
**   open, send, bulk_begin, cell   the inner engine is not called: nothing has happened
**   next        a statement that has not begun to run (an engine in our own process) never runs; rows of a
**               remote read are ended; any other remote statement may have taken effect, which only a lost
**               connection can leave unknown, so the connection is lost
**   bulk_row    nothing was put;  bulk_end: the load is aborted;  cancel: the connection is lost
** close, finish, unprepare, bulk_abort and alive cannot fail and only reach the sink. */
#include "engine/traced.h"

#include <stddef.h>
#include <string.h>

static struct traced *traced_of(const struct conn *c)
{
    const char *outer = (const char *)c->engine;
    const void *t = outer - offsetof(struct traced, outer);
    return (
        struct traced *)t; /* the engine is const for drivers, the counters around it are ours */
}

static void tell(struct traced *t, const char *what, const char *detail)
{
    char *text;
    if (!t->sink)
        return;
    text = detail ? sqlite3_mprintf("%s %s", what, detail) : NULL;
    t->sink(t->ctx, text ? text : what);
    sqlite3_free(text);
}

/* Counts a call; true if this one is to fail, with err filled. */
static bool fails(struct traced *t, struct conn *c, const char *what, const char *detail,
                  struct err *err)
{
    tell(t, what, detail);
    t->calls++;
    if (t->delay_ms_at == t->calls)
        wait_sleep(c->wait, t->delay_ms);
    if (t->fail_at != t->calls)
        return false;
    err_set(err, t->fail_rc ? t->fail_rc : SQLITE_IOERR, "injected failure of call %d (%s)",
            t->calls, what);
    if (t->fail_lost) {
        err->lost = true;
        c->state = CONN_LOST;
    }
    return true;
}

static int lose(struct conn *c, struct err *err)
{
    err->lost = true;
    c->state = CONN_LOST;
    return err->rc;
}

static int traced_open(struct conn *c, struct err *err)
{
    struct traced *t = traced_of(c);
    if (fails(t, c, "open", NULL, err)) {
        c->state = CONN_CLOSED;
        return err->rc;
    }
    return t->inner->open(c, err);
}

static void traced_close(struct conn *c)
{
    struct traced *t = traced_of(c);
    tell(t, "close", NULL);
    t->inner->close(c);
}

static bool traced_alive(struct conn *c)
{
    struct traced *t = traced_of(c);
    tell(t, "alive", NULL);
    return !t->inner->alive || t->inner->alive(c);
}

static int traced_cancel(struct conn *c, struct err *err)
{
    struct traced *t = traced_of(c);
    if (fails(t, c, "cancel", NULL, err))
        return lose(c, err);
    return t->inner->cancel(c, err);
}

static int traced_send(struct conn *c, struct stmt *s, const struct arg *args, int nargs,
                       struct rows *rows, struct err *err)
{
    struct traced *t = traced_of(c);
    for (int i = 0; i < c->nqueued; i++)
        tell(t, "queued", c->queued[i]);
    if (fails(t, c, "send", s->sql, err))
        return err->rc;
    return t->inner->send(c, s, args, nargs, rows, err);
}

/* A statement that only reads, by its first word. */
static bool reads(const char *sql)
{
    static const char *const words[] = {"SELECT", "VALUES", "SHOW", "FETCH", NULL};
    for (int i = 0; words[i]; i++) {
        if (sqlite3_strnicmp(sql, words[i], (int)strlen(words[i])) == 0)
            return true;
    }
    return false;
}

static int traced_next(struct rows *rows, struct err *err)
{
    struct conn *c = rows->conn;
    struct traced *t = traced_of(c);
    struct err ignored;
    int rc;

    if (!fails(t, c, "next", NULL, err)) {
        rc = t->inner->next(rows, err);
        rows->at_hand = 0; /* so that every cell is asked for */
        return rc;
    }
    if (c->state == CONN_LOST || c->caps & CAP_MANY_ROWS)
        return err->rc;
    if (!reads(rows->stmt->sql))
        return lose(c, err);
    err_clear(&ignored);
    if (t->inner->cancel && c->active == rows) {
        if (t->inner->cancel(c, &ignored) != SQLITE_OK)
            return lose(c, err);
        return err->rc;
    }
    do {
        rc = t->inner->next(rows, &ignored);
    } while (rc == SQLITE_ROW);
    return rc == SQLITE_DONE || !ignored.lost ? err->rc : lose(c, err);
}

static int traced_cell(struct rows *rows, int column, struct cell *out, struct err *err)
{
    struct traced *t = traced_of(rows->conn);
    if (fails(t, rows->conn, "cell", NULL, err))
        return err->rc;
    return t->inner->cell(rows, column, out, err);
}

static void traced_finish(struct rows *rows)
{
    struct traced *t = traced_of(rows->conn);
    tell(t, "finish", NULL);
    t->inner->finish(rows);
}

static void traced_unprepare(struct conn *c, struct stmt *s)
{
    struct traced *t = traced_of(c);
    tell(t, "unprepare", s->sql);
    t->inner->unprepare(c, s);
}

static int traced_bulk_begin(struct conn *c, const char *table, const char *const *columns,
                             struct bulk *b, struct err *err)
{
    struct traced *t = traced_of(c);
    for (int i = 0; i < c->nqueued; i++)
        tell(t, "queued", c->queued[i]);
    if (fails(t, c, "bulk_begin", table, err))
        return err->rc;
    return t->inner->bulk_begin(c, table, columns, b, err);
}

static int traced_bulk_statement(struct conn *c, const char *sql, struct bulk *b, struct err *err)
{
    struct traced *t = traced_of(c);
    if (fails(t, c, "bulk_begin", sql, err))
        return err->rc;
    return t->inner->bulk_statement(c, sql, b, err);
}

static int traced_bulk_row(struct bulk *b, const struct cell *cells, struct err *err)
{
    struct traced *t = traced_of(b->conn);
    if (fails(t, b->conn, "bulk_row", NULL, err))
        return err->rc;
    return t->inner->bulk_row(b, cells, err);
}

static int traced_bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err)
{
    struct traced *t = traced_of(b->conn);
    if (fails(t, b->conn, "bulk_end", NULL, err)) {
        t->inner->bulk_abort(b);
        return err->rc;
    }
    return t->inner->bulk_end(b, affected, err);
}

static void traced_bulk_abort(struct bulk *b)
{
    struct traced *t = traced_of(b->conn);
    tell(t, "bulk_abort", NULL);
    t->inner->bulk_abort(b);
}

void traced_init(struct traced *t, const struct engine *inner)
{
    memset(t, 0, sizeof *t);
    t->inner = inner;
    t->outer = *inner;
    t->outer.open = traced_open;
    t->outer.close = traced_close;
    t->outer.alive = traced_alive;
    t->outer.cancel = inner->cancel ? traced_cancel : NULL;
    t->outer.send = traced_send;
    t->outer.next = traced_next;
    t->outer.cell = traced_cell;
    t->outer.step = NULL;
    t->outer.finish = traced_finish;
    t->outer.unprepare = inner->unprepare ? traced_unprepare : NULL;
    t->outer.bulk_begin = inner->bulk_begin ? traced_bulk_begin : NULL;
    t->outer.bulk_statement = inner->bulk_statement ? traced_bulk_statement : NULL;
    t->outer.bulk_row = inner->bulk_row ? traced_bulk_row : NULL;
    t->outer.bulk_end = inner->bulk_end ? traced_bulk_end : NULL;
    t->outer.bulk_abort = inner->bulk_abort ? traced_bulk_abort : NULL;
}
