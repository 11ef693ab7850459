/* The connection's life: open, close, alive; and the engine table.
**
** open connects with the session's settings as startup options (no round trip) and asks, without
** waiting for the answer, whether the server can prepare transactions: the answer is read with the
** first statement's. close never blocks: libpq's farewell goes out if the socket takes it. */
#include "engine/postgres/pg.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LIMIT (1000LL * 1000 * 1000) /* the protocol's messages end at 1 GB */
#define CLOSE_CANCEL_MS 200
#define RAW_CATALOG_SINCE 150000 /* the columns that raw.sql names */
#define SEEN_ALIVE_US 100

void pg_errand(struct pg_conn *pg, enum pg_errand_kind kind, unsigned id)
{
    if (!pg->pq)
        return;
    if (pg->nerrands == pg->errands_cap) {
        int cap = pg->errands_cap ? pg->errands_cap * 2 : 8;
        struct pg_errand *errands = sqlite3_realloc64(pg->errands, (size_t)cap * sizeof *errands);
        if (!errands)
            return;
        pg->errands = errands;
        pg->errands_cap = cap;
    }
    pg->errands[pg->nerrands++] = (struct pg_errand){kind, id};
}

/* ---- open ------------------------------------------------------------------------------------ */

static void describe_server(struct pg_conn *pg)
{
    struct conn *c = &pg->base;
    const char *version = PQparameterStatus(pg->pq, "server_version");
    const char *host = PQhost(pg->pq);

    c->server_version = PQserverVersion(pg->pq);
    c->session_number = PQbackendPID(pg->pq);
    if (c->server_version < RAW_CATALOG_SINCE)
        c->caps &= ~(unsigned)CAP_RAW_CATALOG;
    if (version)
        sqlite3_snprintf(sizeof c->server, c->server, "PostgreSQL %.*s", (int)strcspn(version, " "),
                         version);
    sqlite3_snprintf(sizeof c->address, c->address, "%s:%s/%s", host ? host : "", PQport(pg->pq),
                     PQdb(pg->pq));
}

void pg_probe_answer(struct pg_conn *pg, const PGresult *res)
{
    struct conn *c = &pg->base;
    if (PQntuples(res) != 1 || PQnfields(res) != 1 || strcmp(PQgetvalue(res, 0, 0), "0") != 0)
        return;
    c->caps &= ~(unsigned)CAP_TWO_PHASE;
    sqlite3_snprintf(
        sizeof c->two_phase_why, c->two_phase_why,
        "max_prepared_transactions is 0 on %s: set it in postgresql.conf and restart the server",
        c->address);
}

/* Where startup options were refused.  A setting that the platform lacks is left out with its
** like. */
static int settle_session(struct pg_conn *pg, struct err *err)
{
    struct conn *c = &pg->base;
    char *sql;
    int rc;

    if (pg->pooled) {
        pg->pins_local = pg_session_select(c->url, c->server_version, true);
        return pg->pins_local ? SQLITE_OK : err_nomem(err);
    }
    if (pg_session_pinned(pg->pq))
        return SQLITE_OK;
    sql = pg_session_select(c->url, c->server_version, false);
    if (!sql)
        return err_nomem(err);
    rc = pg_send_settings(pg, sql, err);
    sqlite3_free(sql);
    return rc;
}

static void pg_close(struct conn *c)
{
    struct pg_conn *pg = (struct pg_conn *)c;
    while (pg->first) { /* their readers are gone: nobody is told */
        struct pg_rows *r = pg->first;
        pg->first = r->next;
        if ((r->mode == MODE_SINGLE || r->mode == MODE_COPY || r->mode == MODE_WHOLE) && pg->pq)
            pg_cancel_request(pg->pq, wait_deadline(CLOSE_CANCEL_MS));
        pg_rows_recycle(r);
    }
    PQfinish(pg->pq);
    pg->pq = NULL;
    while (pg->spare) {
        struct pg_rows *r = pg->spare;
        pg->spare = r->next;
        sqlite3_free(r->columns);
        sqlite3_free(r->types);
        sqlite3_free(r->scratch);
        sqlite3_free(r->cells);
        sqlite3_free(r);
    }
    pg_args_clear(&pg->args);
    buf_clear(&pg->text);
    sqlite3_free(pg->errands);
    sqlite3_free(pg->pins_local);
    c->state = CONN_CLOSED;
}

static int pg_open(struct conn *c, struct err *err)
{
    struct pg_conn *pg = (struct pg_conn *)c;
    int rc;

    buf_init(&pg->args.bytes, TEXT_LIMIT);
    buf_init(&pg->text, TEXT_LIMIT);
    rc = pg_connect(pg, err);
    if (rc != SQLITE_OK)
        return rc;
    describe_server(pg);
    if (!PQenterPipelineMode(pg->pq))
        return err_set(err, SQLITE_ERROR, "libpq cannot pipeline");
    rc = settle_session(pg, err);
    if (rc == SQLITE_OK)
        rc = pg_send_probe(pg, "SHOW max_prepared_transactions", err);
    if (rc == SQLITE_OK)
        c->state = CONN_IDLE;
    return rc;
}

/* Whatever has arrived is taken in: an idle server has nothing to say but goodbye. */
/* Who has just answered is not asked: of what a look-up takes of ours, two system calls are a tenth. */
static bool pg_alive(struct conn *c)
{
    struct pg_conn *pg = (struct pg_conn *)c;
    if (!pg->pq || PQstatus(pg->pq) != CONNECTION_OK)
        return false;
    if (trace_clock_us() - pg->alive_us < SEEN_ALIVE_US)
        return true;
    for (int i = 0; i < 4; i++) {
        struct pollfd p = {.fd = PQsocket(pg->pq), .events = POLLIN};
        if (poll(&p, 1, 0) <= 0) {
            pg->alive_us = trace_clock_us();
            return true;
        }
        if (!PQconsumeInput(pg->pq))
            return false;
        if (pg->first)
            return true;  /* an answer, not yet to be looked at */
        PQisBusy(pg->pq); /* parses notices */
    }
    return true;
}

/* ---- the table ------------------------------------------------------------------------------- */

extern const struct dialect postgres_dialect;

static void moved(struct rows *rows)
{
    struct pg_rows *r = rows->driver;
    if (r)
        r->reader = rows;
}

static const char *const schemes[] = {"postgresql", "postgres", NULL};
static const char *const options[] = {"*", NULL};

extern const struct engine postgres_engine;
const struct engine postgres_engine = {
    .name = "postgresql",
    .schemes = schemes,
    .options = options,
    .caps = CAP_TWO_PHASE | CAP_TRANSACTIONAL_DDL | CAP_RETURNING | CAP_ARRAY_ARG | CAP_BULK |
            CAP_BULK_ATOMIC | CAP_PIPELINE | CAP_SHARED_ROWS |
            CAP_RAW_CATALOG,
    .dialect = &postgres_dialect,
    .conn_size = sizeof(struct pg_conn),
    .stmt_size = sizeof(struct pg_stmt),
    .url_check = pg_url_check,
    .open = pg_open,
    .close = pg_close,
    .alive = pg_alive,
    .cancel = pg_cancel,
    .send = pg_send,
    .next = pg_next,
    .cell = pg_cell,
    .finish = pg_finish,
    .moved = moved,
    .unprepare = pg_unprepare,
    .read_raw = pg_read_raw,
    .bulk_begin = pg_bulk_begin,
    .bulk_row = pg_bulk_row,
    .bulk_end = pg_bulk_end,
    .bulk_abort = pg_bulk_abort,
};
