/* What went over the wires of one SQLite connection: the last TRACE_RING remote statements (the bind_log
** table) and running totals.  Values of arguments are kept only when the bind's URL says log_args=1, and
** then by the caller, who appends them to the SQL text. */
#ifndef BINDS_BASE_TRACE_H
#define BINDS_BASE_TRACE_H

#include "base/sqlite.h"

#define TRACE_RING 1000
#define TRACE_SQL_MAX 8192  /* bytes of a statement that are kept */

struct trace_entry {
    sqlite3_int64 seq;     /* 1, 2, 3 … over the connection's life */
    sqlite3_int64 at_us;   /* microseconds since 1970 UTC; of a statement that is run again, some milliseconds less */
    char *bind_key;        /* NULL = default bind; shared, as sql is, by entries that follow each other */
    char *sql;
    char *error;           /* NULL = none */
    sqlite3_int64 rows;    /* delivered or affected so far */
    sqlite3_int64 bytes;   /* payload received and sent, as far as the client library tells */
    sqlite3_int64 us;      /* time spent waiting for the server for this statement */
    int round_trips;
};
struct trace {
    sqlite3_int64 next_seq;        /* seq of the next entry; starts at 1 */
    sqlite3_int64 round_trips;     /* total */
    sqlite3_int64 last_at_us;      /* of the last entry */
    struct trace_entry ring[TRACE_RING]; /* a slot is set when its first entry begins */
};
struct trace *trace_new(void);     /* NULL = out of memory */
void trace_free(struct trace *t);
/* Opens an entry and returns its seq (0 if out of memory: logging never fails a statement). */
sqlite3_int64 trace_begin(struct trace *t, const char *bind_key, const char *sql);
/* The same with the texts of the entry of that seq, which are shared, not copied; 0 if it has left the ring. */
sqlite3_int64 trace_again(struct trace *t, sqlite3_int64 seq);
/* The entry of that seq, or NULL when it has left the ring (or seq is 0).  Callers update it in place. */
struct trace_entry *trace_get(struct trace *t, sqlite3_int64 seq);
void trace_error(struct trace *t, sqlite3_int64 seq, const char *error);
sqlite3_int64 trace_now_us(void);  /* wall clock; for durations use trace_clock_us */
sqlite3_int64 trace_clock_us(void);/* monotonic */

#endif
