/* What comes back over the wire, and what to do when it does not.
**
** Groups are read strictly in the order in which they were sent.  Every wait is pg_wait: with the
** URL's `timeout` as the longest silence, ended by an interrupt.  An interrupt cancels at the
** server, then everything outstanding is drained within DRAIN_MS, else the connection is dropped.
** The state of the transaction is looked at whenever the server owes nothing.
** A FATAL error, the end of the connection and a COPY that nobody asked for all end in pg_lose. */
#include "engine/postgres/pg.h"

#include <string.h>

#define CANCEL_MS 700 /* with DRAIN_MS less than the second in which an interrupt comes back */
#define DRAIN_MS 200
#define STOP_MS                                                                                    \
    3000 /* nobody is waiting for an interrupt to come back: the connection is worth more */
#define QUICK_DRAIN_MS 2
#define RECORD_READS 3    /* a record of 16 KB, at least 8 KB a time */
#define LAST_WORDS_MAX 64 /* results looked at for the reason of a lost connection */

/* ---- loss ------------------------------------------------------------------------------------ */

static void group_off(struct pg_rows *r)
{
    r->stage = STAGE_OFF;
    r->copying = false;
    if (!r->reader)
        pg_rows_recycle(r);
}

int pg_lose(struct pg_conn *pg, struct err *err, const char *why)
{
    if (why)
        err_set(err, SQLITE_IOERR, "%s", why);
    err->lost = true;
    while (pg->first) {
        struct pg_rows *r = pg->first;
        pg->first = r->next;
        r->next = NULL;
        r->rc = err->rc;
        group_off(r);
    }
    pg->last = NULL;
    pg->tx = pg->failed = pg->in_copy = false;
    pg->nerrands = 0;
    PQfinish(pg->pq);
    pg->pq = NULL;
    pg->base.state = CONN_LOST;
    return err->rc;
}

/* Whether a group whose first answer is the server's farewell has certainly done nothing: a COMMIT
** may have been done before the farewell, a procedure may hold one. */
static bool harmless(const struct pg_rows *r, const char *state)
{
    static const char *const farewells[] = {"57P01", "57P05", "25P03", NULL};
    if (!r || r->answered || r->verb == VERB_COMMIT || r->verb == VERB_PREPARE ||
        r->verb == VERB_OTHER || r->verb == VERB_ALONE || r->ends != 0)
        return false;
    for (int i = 0; farewells[i]; i++) {
        if (strcmp(farewells[i], state) == 0)
            return true;
    }
    return false;
}

static int farewell(struct pg_conn *pg, const PGresult *res, struct err *err)
{
    bool harmless_loss;
    pg_error(res, err);
    harmless_loss = harmless(pg->first, err->sqlstate);
    pg_lose(pg, err, NULL);
    err->not_executed = harmless_loss;
    return err->rc;
}

/* Rows of a COPY that are still in libpq's buffer stand before the server's last words. */
static void forget_copy_rows(struct pg_rows *r)
{
    char *data = NULL;
    while (PQgetCopyData(r->pg->pq, &data, 1) > 0)
        PQfreemem(data);
    r->copying = false;
    r->answered = true;
}

/* The connection has ended: what the server said before it did, else what libpq says. */
static int ended(struct pg_conn *pg, struct err *err)
{
    char why[256] = "";
    int nulls = 0;

    if (pg->first && pg->first->copying)
        forget_copy_rows(pg->first);
    for (int i = 0; i < LAST_WORDS_MAX && nulls < 3; i++) {
        PGresult *res = PQgetResult(pg->pq);
        if (!res) {
            nulls++;
            continue;
        }
        if (PQresultStatus(res) == PGRES_FATAL_ERROR) {
            if (PQresultErrorField(res, PG_DIAG_SQLSTATE) && pg_is_fatal(res)) {
                farewell(pg, res, err);
                PQclear(res);
                return err->rc;
            }
        } else if (pg->first) {
            pg->first->answered = true;
        }
        PQclear(res);
    }
    sqlite3_snprintf(sizeof why, why, "%s", pg->goodbye[0] ? pg->goodbye : PQerrorMessage(pg->pq));
    why[strcspn(why, "\n")] = 0; /* what follows is advice */
    return pg_lose(pg, err, why[0] ? why : "the server closed the connection");
}

/* ---- the state of the transaction ------------------------------------------------------------ */

static void look_at_transaction(struct pg_conn *pg)
{
    PGTransactionStatusType status = PQtransactionStatus(pg->pq);
    if (status == PQTRANS_IDLE) {
        if (pg->tx && pg->base.in_transaction)
            pg->base.aborted = true;
        pg->tx = pg->failed = false;
        pg->dead_below = pg->last_id + 1;
    } else if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
        pg->tx = true;
        pg->failed = status == PQTRANS_INERROR;
    }
}

/* The first group is through. */
static void group_done(struct pg_rows *r)
{
    struct pg_conn *pg = r->pg;
    pg->first = r->next;
    if (!pg->first)
        pg->last = NULL;
    r->next = NULL;
    if (pg->in_copy && !pg->first)
        pg_leave_copy(pg);
    if (!pg->first) {
        look_at_transaction(pg);
        pg->alive_us = trace_clock_us();
    }
    if (r->guarded) {
        pg_errand(pg, pg->failed ? ERRAND_UNDO : ERRAND_RELEASE, r->guard);
        r->guarded = false;
    }
    group_off(r);
}

/* ---- the books of a group -------------------------------------------------------------------- */

static void lead_done(struct pg_rows *r, PGresult *res)
{
    if (r->leads == r->guard_at)
        r->guarded = true;
    if (r->leads == r->prepare_at && r->stmt)
        r->stmt->ready = true;
    if (r->leads < 64 && r->ends >> r->leads & 1 && pg_rolled_back(res) && !r->rc)
        r->rc = SQLITE_ERROR;
}

static void next_lead(struct pg_rows *r)
{
    if (--r->leads == 0)
        r->stage = STAGE_MAIN;
}

bool pg_absorb(struct pg_rows *r, PGresult *res)
{
    bool copy =
        r->pg->in_copy; /* one result per command, NULL at the end; else a NULL after each */
    ExecStatusType status;

    if (!res) {
        if (copy)
            group_done(r);
        else if (r->leads > 0)
            next_lead(r);
        else
            r->stage = STAGE_TAIL;
        return false;
    }
    r->answered = true;
    status = PQresultStatus(res);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(res);
        group_done(r);
        return false;
    }
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
        status == PGRES_PIPELINE_ABORTED) {
        if (!r->failure && status != PGRES_PIPELINE_ABORTED)
            r->failure = res;
        else
            PQclear(res);
        return false;
    }
    if (r->leads == 0)
        return true;
    lead_done(r, res);
    PQclear(res);
    if (copy)
        next_lead(r);
    return false;
}

/* Reads what has arrived.  TLS and GSS may hold more of a record than libpq took at once, and the
** socket does not tell: so they are asked again. */
static bool take_input(PGconn *pq)
{
    int times = PQsslInUse(pq) || PQgssEncInUse(pq) ? RECORD_READS : 1;
    while (times-- > 0) {
        if (!PQconsumeInput(pq))
            return false;
    }
    return true;
}

/* ---- draining -------------------------------------------------------------------------------- */

/* PQgetResult will not block; false: not by then. */
static bool ready_by(struct pg_conn *pg, sqlite3_int64 deadline_us)
{
    int flush;
    while ((flush = PQflush(pg->pq)) > 0 || PQisBusy(pg->pq)) {
        int events = WAIT_READ | (flush > 0 ? WAIT_WRITE : 0);
        if (wait_fd(NULL, PQsocket(pg->pq), events, deadline_us, NULL) != WAIT_READY ||
            !take_input(pg->pq))
            return false;
    }
    return flush == 0;
}

static bool drain_copy_rows(struct pg_rows *r, sqlite3_int64 deadline_us)
{
    PGconn *pq = r->pg->pq;
    for (;;) {
        char *data = NULL;
        int n = PQgetCopyData(pq, &data, 1);
        if (data)
            PQfreemem(data);
        if (n > 0) {
            /* A server that goes on sending is not asked for more than the deadline allows. */
            if (trace_clock_us() >= deadline_us)
                return false;
            continue;
        }
        if (n < 0)
            break;
        if (wait_fd(NULL, PQsocket(pq), WAIT_READ, deadline_us, NULL) != WAIT_READY ||
            !take_input(pq))
            return false;
    }
    r->copying = false;
    return true;
}

/* Everything outstanding, thrown away.  False: not by then, or the connection is in no state to go
** on. */
static bool drain(struct pg_conn *pg, sqlite3_int64 deadline_us)
{
    int nulls = 0;
    while (pg->first) {
        struct pg_rows *r = pg->first;
        PGresult *res;
        if (r->copying && !drain_copy_rows(r, deadline_us))
            return false;
        if (!ready_by(pg, deadline_us) || trace_clock_us() >= deadline_us)
            return false;
        res = PQgetResult(pg->pq);
        if (res && pg_is_fatal(res)) {
            PQclear(res);
            return false;
        }
        if (!res && (PQstatus(pg->pq) == CONNECTION_BAD || ++nulls > LAST_WORDS_MAX))
            return false;
        if (res)
            nulls = 0;
        if (!pg_absorb(r, res))
            continue;
        if (PQresultStatus(res) == PGRES_COPY_OUT)
            r->copying = true;
        if (PQresultStatus(res) == PGRES_COPY_IN || PQresultStatus(res) == PGRES_COPY_BOTH ||
            (r->copying && !pg->in_copy)) {
            PQclear(res);
            return false;
        }
        PQclear(res);
    }
    return true;
}

/* Cancels what runs, and drains; twice, since what stands behind it in the pipeline may be long
** too. */
static bool cancel_and_drain(struct pg_conn *pg, int cancel_ms, int drain_ms)
{
    for (int i = 0; i < 2; i++) {
        if (!pg_cancel_request(pg->pq, wait_deadline(cancel_ms)))
            return false;
        if (drain(pg, wait_deadline(drain_ms / 2)))
            return true;
    }
    return false;
}

static int interrupted(struct pg_conn *pg, struct err *err)
{
    for (struct pg_rows *r = pg->first; r; r = r->next)
        r->rc = SQLITE_INTERRUPT;
    err_set(err, SQLITE_INTERRUPT, "interrupted");
    if (pg->first && !cancel_and_drain(pg, CANCEL_MS, DRAIN_MS)) {
        err_set(err, SQLITE_INTERRUPT,
                "interrupted; the server did not end the statement in time, so the connection is "
                "dropped");
        return pg_lose(pg, err, NULL);
    }
    return SQLITE_INTERRUPT;
}

int pg_stop(struct pg_rows *r, struct err *err)
{
    struct pg_conn *pg = r->pg;
    if (r->stage == STAGE_OFF || !pg->pq)
        return SQLITE_OK;
    if (drain(pg, wait_deadline(QUICK_DRAIN_MS)) ||
        (PQstatus(pg->pq) == CONNECTION_OK && cancel_and_drain(pg, STOP_MS, STOP_MS)))
        return SQLITE_OK;
    return pg_lose(pg, err,
                   "the server did not end the statement in time, so the connection is dropped");
}

/* ---- reading --------------------------------------------------------------------------------- */

static int silent(struct pg_conn *pg, struct err *err)
{
    err_set(err, SQLITE_IOERR, "no answer from %s for %d s (timeout), so the connection is dropped",
            pg->base.address, (pg->base.url->timeout_ms + 999) / 1000);
    pg_cancel_request(pg->pq, wait_deadline(CANCEL_MS));
    return pg_lose(pg, err, NULL);
}

int pg_wait(struct pg_conn *pg, bool writing, struct err *err)
{
    sqlite3_int64 deadline = wait_deadline(pg->base.url->timeout_ms);
    int ready = 0;

    switch (wait_fd(pg->base.wait, PQsocket(pg->pq), WAIT_READ | (writing ? WAIT_WRITE : 0),
                    deadline, &ready)) {
    case WAIT_READY:
        break;
    case WAIT_TIMEOUT:
        return silent(pg, err);
    case WAIT_INTERRUPTED:
        return interrupted(pg, err);
    case WAIT_FAILED:
        return pg_lose(pg, err, "the connection's socket failed");
    }
    if (ready & WAIT_READ && !take_input(pg->pq))
        return ended(pg, err);
    return SQLITE_OK;
}

int pg_result(struct pg_conn *pg, PGresult **out, struct err *err)
{
    int flush, rc;
    *out = NULL;
    if (!pg->pq)
        return pg_lose(pg, err, "the connection is gone");
    while ((flush = PQflush(pg->pq)) > 0 || PQisBusy(pg->pq)) {
        rc = pg_wait(pg, flush > 0, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    *out = PQgetResult(pg->pq);
    if (!*out)
        return PQstatus(pg->pq) == CONNECTION_BAD ? ended(pg, err) : SQLITE_OK;
    if (PQresultStatus(*out) != PGRES_FATAL_ERROR)
        return SQLITE_OK;
    if (!pg_is_fatal(*out) && PQresultErrorField(*out, PG_DIAG_SQLSTATE))
        return SQLITE_OK;
    rc = farewell(pg, *out, err);
    PQclear(*out);
    *out = NULL;
    return rc;
}

void pg_group_sent(struct pg_conn *pg, struct pg_rows *r)
{
    r->stage = r->leads > 0 ? STAGE_LEADS : STAGE_MAIN;
    r->counted = r->answered = false;
    r->next = NULL;
    if (pg->last)
        pg->last->next = r;
    else
        pg->first = r;
    pg->last = r;
}

static void count_round_trip(struct pg_rows *r)
{
    if (!r->counted)
        r->pg->base.round_trips++;
    r->counted = true;
}

/* The first group, to its end.  r may be gone afterwards if nobody reads it. */
static int complete_first(struct pg_conn *pg, struct err *err)
{
    struct pg_rows *r = pg->first;

    if (r->mode == MODE_SINGLE || r->mode == MODE_COPY) {
        r->rc =
            SQLITE_ABORT; /* the front parks them before it sends anything else: never a silent end */
        return pg_stop(r, err);
    }
    count_round_trip(r);
    while (pg->first == r) {
        PGresult *res;
        int rc = pg_result(pg, &res, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!pg_absorb(r, res))
            continue;
        if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK &&
            PQresultStatus(res) != PGRES_EMPTY_QUERY) {
            PQclear(res);
            return pg_lose(pg, err, "the server began a COPY that nobody asked for");
        }
        if (r->mode == MODE_PROBE || r->mode == MODE_ERRANDS) {
            if (r->mode == MODE_PROBE)
                pg_probe_answer(pg, res);
            PQclear(res);
        } else {
            pg_rows_hold(r, res);
        }
    }
    return SQLITE_OK;
}

int pg_complete(struct pg_rows *r, struct err *err)
{
    while (r->stage != STAGE_OFF) {
        int rc = complete_first(r->pg, err);
        if (rc == SQLITE_INTERRUPT && r->failure)
            err->not_executed = true;
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

int pg_settle(struct pg_conn *pg, struct err *err)
{
    while (pg->first) {
        int rc = complete_first(pg, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

int pg_reach(struct pg_rows *r, struct err *err)
{
    struct pg_conn *pg = r->pg;
    int rc = SQLITE_OK;
    while (rc == SQLITE_OK && pg->first && pg->first != r)
        rc = complete_first(pg, err);
    count_round_trip(r);
    while (rc == SQLITE_OK && r->stage == STAGE_LEADS) {
        PGresult *res;
        rc = pg_result(pg, &res, err);
        if (rc == SQLITE_OK)
            pg_absorb(r, res);
    }
    return rc;
}

/* ---- COPY ------------------------------------------------------------------------------------ */

int pg_enter_copy(struct pg_conn *pg, struct err *err)
{
    int rc = pg_settle(pg, err);
    if (rc != SQLITE_OK)
        return rc;
    if (!PQexitPipelineMode(pg->pq))
        return pg_lose(pg, err, PQerrorMessage(pg->pq));
    pg->in_copy = true;
    return SQLITE_OK;
}

void pg_leave_copy(struct pg_conn *pg)
{
    pg->in_copy = false;
    PQenterPipelineMode(pg->pq);
}

bool pg_drain_copy_in(struct pg_conn *pg, sqlite3_int64 deadline_us)
{
    for (int i = 0; i < LAST_WORDS_MAX; i++) {
        PGresult *res;
        if (!ready_by(pg, deadline_us))
            return false;
        res = PQgetResult(pg->pq);
        if (!res) {
            if (PQstatus(pg->pq) == CONNECTION_BAD)
                return false;
            pg_leave_copy(pg);
            look_at_transaction(pg);
            return true;
        }
        PQclear(res);
    }
    return false;
}
