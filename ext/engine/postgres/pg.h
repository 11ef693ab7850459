/* What the files of the Postgres driver share.
**
** One PGconn, always non-blocking and, but for COPY, always in pipeline mode.  Everything sent is a
** *group*: leading commands (what the front queued, savepoints, PREPARE), one main command, and a
** Sync.  Groups whose answers are outstanding form a list in the order in which they were sent;
** whoever reads completes the older ones first.  A group's answer belongs to a struct pg_rows,
** which lives until it is both finished by its reader and completed on the wire.
**
** Invariants: pq == NULL when the connection is lost; `first` is empty whenever the server owes us
** nothing; in COPY the list has exactly one member. */
#ifndef BINDS_ENGINE_POSTGRES_PG_H
#define BINDS_ENGINE_POSTGRES_PG_H

#include "engine/engine.h"
#include "engine/postgres/codec.h"
#include "engine/postgres/text.h"

#include <libpq-fe.h>

enum pg_mode {
    MODE_WHOLE,         /* the whole result at once */
    MODE_SINGLE,        /* streamed, owns the wire */
    MODE_COPY,          /* streamed by COPY, owns the wire */
    MODE_CURSOR,        /* batches of a server cursor */
    MODE_PROBE,         /* our own question */
    MODE_ERRANDS        /* our own commands, nobody reads them */
};

enum pg_stage {         /* of a group on the wire */
    STAGE_OFF,          /* not on the wire: the server owes it nothing */
    STAGE_LEADS,        /* results of leading commands come first */
    STAGE_MAIN,
    STAGE_TAIL          /* only the Sync is missing */
};

struct pg_rows {
    struct pg_conn *pg;
    struct rows *reader;        /* NULL: finished, or a probe */
    struct pg_stmt *stmt;       /* whose PREPARE rides in this group; NULL = none */
    struct pg_rows *next;       /* groups on the wire, or spare ones */
    enum pg_mode mode;
    enum pg_stage stage;
    enum pg_verb verb;
    bool counted;               /* its round trip */
    bool answered;              /* something of the answer was seen */
    int leads;                  /* leading commands whose results are still to come */
    int guard_at, prepare_at;   /* value of leads when that one's result comes; 0 = none */
    unsigned long long ends;    /* bit n: the lead with leads == n is a COMMIT or PREPARE TRANSACTION */
    unsigned guard;             /* savepoint around a stream in a transaction; 0 = none */
    bool guarded;               /* the server has made it */
    bool copying;               /* MODE_COPY: between CopyOutResponse and CopyDone */
    unsigned cursor;            /* MODE_CURSOR: its number; 0 = none */
    int asked;                  /* rows of the last FETCH */
    bool exhausted;             /* no FETCH will bring more */
    bool streaming;             /* MODE_SINGLE: libpq knows that it is */
    PGresult *result, *ahead;   /* the rows being read, the batch after them */
    int row, nrows;             /* in result */
    PGresult *failure;          /* first error result */
    int rc;                     /* failure without one: SQLITE_INTERRUPT, SQLITE_IOERR (lost),
                                ** SQLITE_ABORT (cut off), SQLITE_ERROR (COMMIT that rolled back) */
    sqlite3_int64 affected;
    char *copy;                 /* MODE_COPY: the row's buffer */
    sqlite3_int64 copy_bytes;   /* MODE_COPY: received, but not counted yet */
    bool copy_header;           /* MODE_COPY: seen */
    bool described;
    int ncolumns, columns_cap;
    struct pg_column *columns;
    struct type *types;
    char (*scratch)[PG_SCRATCH];
    struct cell *cells;         /* MODE_COPY: the row's: values, or the bytes as a text (pg_cell) */
    sqlite3_uint64 eager;       /* MODE_COPY: bit i: column i is decoded when the row is taken apart; */
    sqlite3_uint64 numerics;    /* of these a numeric not always */
};

struct pg_stmt {
    struct stmt base;
    unsigned id;                /* its name on the server is binds_p<id>; 0 = not prepared */
    unsigned long long shape;   /* of the parameter types it was prepared with */
    bool ready;                 /* the server has confirmed */
};

/* A small errand that rides before the next statement. */
enum pg_errand_kind { ERRAND_UNDO, ERRAND_RELEASE, ERRAND_CLOSE, ERRAND_DEALLOCATE };
struct pg_errand {
    enum pg_errand_kind kind;
    unsigned id;
};

struct pg_args {                /* one statement's parameters, reused */
    int n, cap;
    Oid *oids;
    const char **values;
    int *lengths, *formats;
    size_t *offsets;            /* into bytes; SIZE_MAX = value is NULL or lies elsewhere */
    struct buf bytes;
    unsigned long long shape;   /* hash of the types */
};

struct pg_conn {
    struct conn base;
    PGconn *pq;                 /* NULL = lost or closed */
    struct pg_rows *first, *last;
    struct pg_rows *spare;
    bool in_copy;               /* out of pipeline mode */
    bool tx;                    /* inside a transaction block, counting what is on its way */
    bool failed;                /* that transaction only takes ROLLBACK */
    bool pooled;                /* behind a pooler: no session state; pins go with each transaction */
    bool pinned;                /* pooled: this transaction has them */
    unsigned last_id;           /* of statements, cursors and savepoints */
    unsigned dead_below;        /* cursors before it died with their transaction */
    unsigned doubt_below;       /* cursors before it may have died in a ROLLBACK TO */
    struct pg_errand *errands;
    int nerrands, errands_cap;
    char *pins_local;           /* pooled: SELECT set_config(…, true), … */
    struct pg_args args;
    struct buf text;            /* scratch for SQL text */
    sqlite3_int64 alive_us;     /* when it was last seen to be alive, with nothing to read; trace_clock_us() */
    char goodbye[200];          /* what the server said when it closed an idle connection */
};

/* ---- connect.c, session.c -------------------------------------------------------------------- */

int pg_url_check(const struct url *url, struct err *err);
/* Pinned settings of a URL as startup options ("-c a=b …"), or as SELECT set_config() for a server
** of that version, for the session or the transaction.  sqlite3_free; NULL = out of memory. */
char *pg_session_options(const struct url *url);
char *pg_session_select(const struct url *url, int server_version, bool local);
/* Whether the server took them, as far as it reports. */
bool pg_session_pinned(PGconn *pq);
int pg_connect(struct pg_conn *pg, struct err *err);

/* ---- helper.c, cancel.c: the calls that block ------------------------------------------------ */

/* Runs work(arg) in a thread of its own and waits for it: WAIT_READY when done.  Otherwise the
** thread is left to itself, and drop(arg) runs when it ends; after WAIT_READY it is the caller's.
** Neither function may touch SQLite. */
enum wait_result helper_run(void (*work)(void *), void (*drop)(void *), void *arg, struct wait *w,
                            sqlite3_int64 deadline_us);
/* Asks the server to end what it is doing; within the deadline.  False: it was not asked. */
bool pg_cancel_request(PGconn *pq, sqlite3_int64 deadline_us);

/* ---- wire.c: what comes back ----------------------------------------------------------------- */

/* Waits until the socket is ready, and reads or writes what it can.  Interrupt: the statement is
** cancelled, all groups are drained and marked.  Timeout, loss: the connection is dropped. */
int pg_wait(struct pg_conn *pg, bool writing, struct err *err);
/* The next result; *out NULL as PQgetResult means it.  The end of the connection is an error
** here. */
int pg_result(struct pg_conn *pg, PGresult **out, struct err *err);
/* Takes a result (or NULL) into r's books.  True: it is the main command's and the caller's to
** clear. */
bool pg_absorb(struct pg_rows *r, PGresult *res);
/* Appends a sent group. */
void pg_group_sent(struct pg_conn *pg, struct pg_rows *r);
/* Completes every group before r, and r's leading commands. */
int pg_reach(struct pg_rows *r, struct err *err);
/* Completes r's group, holding its rows in memory; and every group before it. */
int pg_complete(struct pg_rows *r, struct err *err);
int pg_settle(struct pg_conn *pg, struct err *err);  /* all groups */
/* Ends r, whose rows stream, at the server: quick drain, else cancel and drain.  Not SQLITE_OK:
** lost. */
int pg_stop(struct pg_rows *r, struct err *err);
/* Drops the connection.  why NULL: err is already filled.  Else SQLITE_IOERR with that text. 
** Lost. */
int pg_lose(struct pg_conn *pg, struct err *err, const char *why);
/* Into and out of COPY: pipeline mode off and on.  The wire must be settled. */
int pg_enter_copy(struct pg_conn *pg, struct err *err);
void pg_leave_copy(struct pg_conn *pg);
bool pg_drain_copy_in(struct pg_conn *pg, sqlite3_int64 deadline_us);  /* results after the end of a bulk */

/* ---- rows.c, conn.c -------------------------------------------------------------------------- */

struct pg_rows *pg_rows_new(struct pg_conn *pg, struct rows *reader);  /* NULL = out of memory */
void pg_rows_recycle(struct pg_rows *r);
/* A whole result arrived for r, whose memory is taken. */
void pg_rows_hold(struct pg_rows *r, PGresult *res);
int pg_rows_describe(struct pg_rows *r, const PGresult *res, struct err *err);
/* The wire is free although r's reader goes on. */
void pg_give_back(struct pg_rows *r);
void pg_probe_answer(struct pg_conn *pg, const PGresult *res);
/* Remembers an errand; one that finds no memory is left undone, which costs the server a little. */
void pg_errand(struct pg_conn *pg, enum pg_errand_kind kind, unsigned id);

/* ---- error.c --------------------------------------------------------------------------------- */

/* An error result → err.  Does not touch the connection; err->lost says that the server has ended
** it. */
int pg_error(const PGresult *res, struct err *err);
/* COMMIT and PREPARE TRANSACTION "succeed" with the tag ROLLBACK in a failed transaction. */
/* The sender ends the connection. */
bool pg_is_fatal(const PGresult *res);
bool pg_rolled_back(PGresult *res);
int pg_rolled_back_error(struct err *err);
/* Text of a failed connection attempt; finds the SQLSTATE that verbose messages carry. */
int pg_connect_error(PGconn *pq, char state[6], struct err *err);

/* ---- catalog.c ---------------------------------------------------------------------------- */

/* The slot. */
int pg_read_raw(const struct conn *c, const struct cell *cells, int nrows, int ncolumns, struct arena *arena,
                struct arena *texts, struct catalog_row **rows, int *n, struct err *err);

/* ---- args.c ----------------------------------------------------------------------- */

int pg_args_fill(struct pg_args *a, const struct arg *args, int nargs, struct err *err);
void pg_args_clear(struct pg_args *a);

/* ---- send.c, rows.c, bulk.c: slots ----------------------------------------------------------- */

int pg_send(struct conn *c, struct stmt *s, const struct arg *args, int nargs, struct rows *rows,
            struct err *err);
void pg_unprepare(struct conn *c, struct stmt *s);
int pg_send_fetch(struct pg_rows *r, struct err *err);  /* the next FETCH of a cursor */
/* A statement of our own, answered to pg_probe_answer. */
int pg_send_probe(struct pg_conn *pg, const char *sql, struct err *err);
/* In a COPY, into pg->text: what has to go before its statement, errands and the queue.  Returns how many commands. */
int pg_write_leads(struct pg_conn *pg);
/* The session's settings, where startup options were refused.  Waits. */
int pg_send_settings(struct pg_conn *pg, const char *sql, struct err *err);
int pg_next(struct rows *rows, struct err *err);
int pg_cell(struct rows *rows, int column, struct cell *out, struct err *err);
void pg_finish(struct rows *rows);
int pg_cancel(struct conn *c, struct err *err);
int pg_bulk_begin(struct conn *c, const char *table, const char *const *columns, struct bulk *b,
                  struct err *err);
int pg_bulk_row(struct bulk *b, const struct cell *cells, struct err *err);
int pg_bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err);
void pg_bulk_abort(struct bulk *b);

#endif
