/* What the files of the checked front share (engine.c, rows.c, stmts.c, log.c,
** bulk.c) and nobody else includes. */
#ifndef BINDS_ENGINE_FRONT_H
#define BINDS_ENGINE_FRONT_H

#include "engine/engine.h"

/* ---- stmts.c: prepared statements of a conn by SQL text, least recently used go first -------------------- */

int stmts_init(struct conn *c, struct err *err);
/* A statement of that text that no rows reads from, now busy; NULL = out of memory.  once: not kept. */
struct stmt *stmts_take(struct conn *c, const char *sql, bool once);
/* Only the one that was taken last, if it is of that text. */
struct stmt *stmts_take_newest(struct conn *c, const char *sql);
/* The rows is finished.  spoiled: forget the statement (its failure may be a stale plan). */
void stmts_give(struct conn *c, struct stmt *s, bool spoiled);
void stmts_clear(struct conn *c);       /* unprepares all; every rows is finished */

/* ---- log.c: what a call cost ----------------------------------------------------------------------------- */

struct meter {
    sqlite3_int64 round_trips, bytes, waited_us;
};
/* Reads the counters of a conn before a driver is called. */
static inline void meter_start(const struct conn *c, struct meter *m)
{
    m->round_trips = c->round_trips;
    m->bytes = c->bytes;
    m->waited_us = c->wait ? c->wait->waited_us : 0;
}
/* Adds what has changed since, which after most rows is nothing, to the log entry seq and to the totals. */
void meter_add(struct conn *c, const struct meter *m, sqlite3_int64 seq);
static inline void meter_stop(struct conn *c, const struct meter *m, sqlite3_int64 seq)
{
    if (c->round_trips != m->round_trips || c->bytes != m->bytes ||
        (c->wait && c->wait->waited_us != m->waited_us))
        meter_add(c, m, seq);
}

/* Opens the log entry of a statement; the argument values are appended if the URL says so. */
sqlite3_int64 log_statement(struct conn *c, const char *sql, const struct arg *args, int nargs);
/* The same for a statement that is run again, whose last entry was seq. */
sqlite3_int64 log_again(struct conn *c, sqlite3_int64 seq, const char *sql, const struct arg *args, int nargs);
/* What is queued, as it leaves. */
void log_queued(struct conn *c);
void log_rows(struct conn *c, sqlite3_int64 seq, sqlite3_int64 rows);

/* ---- engine.c ------------------------------------------------------------------------------------------- */

/* SQLITE_OK if a statement may be sent on c now: connected, not forked, no load running. */
int conn_usable(struct conn *c, struct err *err);
/* Makes conn and err agree after a driver's error (lost, native code); returns the code. */
int conn_failed(struct conn *c, int rc, struct err *err);
/* The connection is gone; nrows > 0 is told. */
int conn_gone(sqlite3_int64 nrows, struct err *err);
/* Makes open rows whose statement could not be sent as if they had never been opened; returns the code. */
int conn_not_sent(struct rows *rows, int rc, struct err *err);
/* conn_send without its log entries: log_seq is charged. */
int conn_send_quietly(struct conn *c, const char *sql, const struct arg *args, int nargs, unsigned flags,
                      sqlite3_int64 log_seq, struct rows *rows, struct err *err);

/* ---- rows.c --------------------------------------------------------------------------------------------- */

/* The rows own the wire; nothing of them is outstanding any more. */
void wire_take(struct conn *c, struct rows *rows);
void wire_free(struct conn *c, const struct rows *rows);
/* Initialises rows as an open one of c; takes it off again. */
void rows_list(struct conn *c, struct stmt *s, unsigned flags, struct rows *rows);
void rows_unlist(struct rows *rows);

#endif
