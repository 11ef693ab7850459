/* Ending a statement before its end: KILL QUERY on a second connection of the same login, then reading what
** is left of the answer.  The library's own way (mysql_free_result) reads the whole result instead.
**
** The kill runs in a thread (job.h) with a deadline of its own, and the second connection is kept for the next
** time.  The connection is usable again only when the kill has been answered, so that it cannot hit the next
** statement, and when the killed statement's answer was read to its end in time (DRAIN_MS after an interrupt,
** STOP_MS where rows are merely no longer wanted); else it is lost.
** A kill that arrives before the server has begun with the statement hits nothing, and MariaDB and MySQL answer it all
** the same: it is repeated when rows come in spite of it, or nothing comes.
** A result that is nearly at its end is simply read: that is cheaper than any kill. */
#include "engine/mysql/job.h"
#include "engine/mysql/my.h"

#include <stdlib.h>
#include <string.h>

#define KILL_MS 700 /* with DRAIN_MS less than the second in which an interrupt comes back */
#define DRAIN_MS 200
#define STOP_MS 3000 /* nobody is waiting for an interrupt to come back: the connection is worth more */
#define AGAIN_MS 50 /* for which an early kill is given the benefit of the doubt */
#define GLANCE_US 2000 /* how long reading the rest is tried first */
#define US_PER_MS 1000

struct kill_job {
    struct my_login *login;
    MYSQL *mysql; /* the second connection, NULL = none yet */
    bool done;
};

static void kill_discard(void *p)
{
    struct kill_job *j = p;
    if (j->mysql)
        mysql_close(j->mysql);
    login_free(j->login);
    free(j);
}

static bool kill_query(MYSQL *mysql, unsigned long id)
{
    char sql[64];
    sqlite3_snprintf((int)sizeof sql, sql, "KILL QUERY %llu", (unsigned long long)id);
    return mysql_real_query(mysql, sql, (unsigned long)strlen(sql)) == 0;
}

static void kill_main(void *p)
{
    struct kill_job *j = p;
    client_thread_begin();
    if (j->mysql && !kill_query(j->mysql, j->login->kill)) {
        /* Idle for long, it may have been hung up on. */
        mysql_close(j->mysql);
        j->mysql = NULL;
    } else if (j->mysql) {
        j->done = true;
    }
    if (!j->done) {
        login_connect(j->login);
        if (j->login->connected) {
            j->mysql = j->login->mysql;
            j->login->mysql = NULL;
            j->done = kill_query(j->mysql, j->login->kill);
        }
    }
    client_thread_end();
}

/* timeout_ms 0: not waited for. */
static bool kill_current(struct my_conn *c, int timeout_ms)
{
    struct kill_job *j = calloc(1, sizeof *j);
    bool done;

    if (j)
        j->login = c->way ? login_copy(c->way) : NULL;
    if (!j || !j->login) {
        free(j);
        return false;
    }
    j->login->kill = c->thread_id;
    j->login->deadline_us = trace_clock_us() + (sqlite3_int64)(timeout_ms ? timeout_ms : KILL_MS) * US_PER_MS;
    j->mysql = c->killer;
    c->killer = NULL;
    if (job_run(kill_main, kill_discard, j, NULL, wait_deadline(timeout_ms)) != WAIT_READY)
        return false;
    c->killer = j->mysql;
    j->mysql = NULL;
    done = j->done;
    kill_discard(j);
    c->base.round_trips++;
    return done;
}

void my_kill_and_forget(struct my_conn *c)
{
    (void)kill_current(c, 0);
}

/* The server has begun with the answer, so it has begun with the statement. */
static bool begun(const struct my_stmt *s)
{
    return s->phase != PHASE_PREPARING && s->phase != PHASE_EXECUTING;
}

/* Reads and drops the rest of the answer; until_begun: no further than to its beginning.  True: it ended, and *last is
** what of. */
static bool drain(struct my_conn *c, struct my_stmt *s, sqlite3_int64 deadline_us, bool until_begun,
                  struct err *last)
{
    int rc;

    s->abandoned = true;
    for (;;) {
        err_clear(last);
        rc = my_step(c, s, last);
        if (rc == STEP_WAIT) {
            int ready;
            if (wait_fd(NULL, client_fd(&c->client), c->client.events, deadline_us, &ready) !=
                WAIT_READY)
                return false;
            (void)client_continue(&c->client, ready);
        } else if (rc != SQLITE_ROW) {
            return c->base.state != CONN_LOST;
        }
        if (trace_clock_us() > deadline_us || (until_begun && rc == SQLITE_ROW))
            return false;
    }
}

/* Kills what runs and drops the rest of its answer.  True: it ended, and *last is what of. */
static bool kill_and_drain(struct my_conn *c, struct my_stmt *s, int kill_ms, int drain_ms,
                           struct err *last)
{
    sqlite3_int64 now, deadline_us = 0;

    do {
        bool early = !begun(s);
        sqlite3_int64 until_us;
        if (!kill_current(c, kill_ms))
            return false;
        if (!deadline_us)
            deadline_us = wait_deadline(drain_ms);
        until_us = wait_deadline(AGAIN_MS);
        if (!early || until_us > deadline_us)
            until_us = deadline_us;
        if (drain(c, s, until_us, early, last))
            return true;
        now = trace_clock_us();
        kill_ms = (int)((deadline_us - now) / US_PER_MS);
    } while (c->base.state != CONN_LOST && kill_ms > 0);
    return false;
}

static void give_up(struct my_conn *c, struct my_stmt *s)
{
    s->phase = PHASE_NONE;
    c->current = NULL;
    c->base.state = CONN_LOST;
}

int my_cancel(struct conn *conn, struct err *err)
{
    struct my_conn *c = (struct my_conn *)conn;
    struct my_stmt *s = c->current;
    struct err ignored;

    if (!s || conn->state == CONN_LOST)
        return SQLITE_OK;
    if (drain(c, s, trace_clock_us() + GLANCE_US, false, &ignored))
        return SQLITE_OK;
    if (conn->state != CONN_LOST && kill_and_drain(c, s, STOP_MS, STOP_MS, &ignored))
        return SQLITE_OK;
    give_up(c, s);
    return my_lost(c, err,
                   "the rest of a result could not be cancelled; the connection is dropped");
}

int my_interrupt(struct my_conn *c, struct err *err)
{
    struct my_stmt *s = c->current;
    struct err last;
    bool clean;

    err_clear(&last);
    clean = s && kill_and_drain(c, s, KILL_MS, DRAIN_MS, &last);
    (void)err_set(err, SQLITE_INTERRUPT, "interrupted");
    err->not_executed = clean && !last.lost && last.sqlstate[0];
    if (!clean) {
        if (s)
            give_up(c, s);
        c->base.state = CONN_LOST;
        err->lost = true;
    }
    return err->rc;
}
