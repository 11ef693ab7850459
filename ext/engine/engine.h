/* The driver contract: one const struct engine per engine, designated initialisers, a NULL slot has the
** documented default.  Drivers are dumb: they never call upward, never decide policy, never see illegal
** calls (engine.c, the checked front, asserts states, parks rows, caches statements, counts, logs).
**
** Ownership: url, wait and trace belong to the caller and outlive the conn.  A rows is embedded in whoever
** reads it, zeroed before its first use, and must be finished exactly once.  Cells that a driver hands out
** live until the next call of next/finish on the same rows; the front parks rows in between, so for its
** callers they live until the next call on the same conn (ask again after it: the row is still there).
** One conn, one thread.
**
** Statements: `send` starts one and never waits for the answer, so that several binds run at once; `next`
** waits (wait_fd only).  A conn streams at most one rows at a time unless CAP_MANY_ROWS; the front parks
** (spools) the active one before another statement is sent.
**
** Who owns the wire: the front sets conn.active = rows and state CONN_BUSY before send (never with
** CAP_MANY_ROWS) and clears them after DONE, an error and finish.  A driver may clear them (CONN_IDLE)
** earlier, as soon as nothing of these rows is outstanding on the wire: after the answer was read at once
** (QUERY_SHORT), and under CAP_SHARED_ROWS after each batch of QUERY_SHARED rows.  It sets them again when
** next fetches another batch: the front has then parked whoever else was active.  A send that fails has put
** nothing on the wire (queued statements included), or has lost the connection; finish is not called then.
** ncolumns and types are set when next first returns, at the latest.  close also follows a failed open.
**
** Errors: a driver fills err with the server's text, SQLSTATE, native number and the SQLite code of
** facts/reliability.md section 5; err.lost when the connection is gone (state becomes CONN_LOST), with
** not_executed only if the server cannot have done the work.  Interrupt: SQLITE_INTERRUPT after the remote
** statement was cancelled and drained (200 ms at most, else lost).  Timeout: SQLITE_IOERR, conn lost. */
#ifndef BINDS_ENGINE_ENGINE_H
#define BINDS_ENGINE_ENGINE_H

#include "base/trace.h"
#include "engine/wait.h"
#include "model/url.h"
#include "sqlgen/dialect.h"

enum engine_cap {
    CAP_TWO_PHASE = 1 << 0,         /* can PREPARE a transaction */
    CAP_TRANSACTIONAL_DDL = 1 << 1,
    CAP_RETURNING = 1 << 2,         /* INSERT … RETURNING */
    CAP_ARRAY_ARG = 1 << 3,         /* an IN list as one argument */
    CAP_MANY_ROWS = 1 << 4,         /* several open rows on one conn, no parking */
    CAP_SURVIVES_ERROR = 1 << 5,    /* a failed statement leaves the transaction usable */
    CAP_BULK = 1 << 6,              /* bulk_* slots */
    CAP_BULK_ATOMIC = 1 << 7,       /* a failed bulk in autocommit leaves nothing */
    CAP_PIPELINE = 1 << 8,          /* queued statements ride with the next send, no round trip of their own */
    CAP_RAW_CATALOG = 1 << 11,      /* read_raw; this server knows raw.sql */
    CAP_ONE_SESSION = 1 << 10,      /* all conns of one host connection that are not in_memory are one session with
                                       one transaction (SQLite files attached to one connection): wait->one_session */
    CAP_ROWS_HOLD = 1 << 12,        /* while rows have not ended, what is sent after them reads the same state, BEGIN or not */
    CAP_SHARED_ROWS = 1 << 9        /* QUERY_SHARED rows leave the conn free between batches (server cursor) */
};

enum conn_state { CONN_CLOSED, CONN_IDLE, CONN_BUSY, CONN_LOST };

struct conn {                       /* a driver embeds it as first member */
    const struct engine *engine;
    const struct dialect *dialect;  /* set by open once the server is known */
    const struct url *url;
    const char *key;                /* bind key, for the log; NULL = default */
    struct wait *wait;
    struct trace *trace;            /* may be NULL */
    unsigned caps;                  /* engine->caps, less what this server lacks */
    enum conn_state state;
    bool in_transaction;            /* set by conn_begin / conn_end: policy lives in session/txn */
    struct rows *active;            /* the rows that own the wire, NULL = free */
    char server[96];                /* "PostgreSQL 15.18", "MariaDB 10.11.19" */
    int server_version;             /* 150018, 101119 */
    char two_phase_why[160];        /* why it cannot prepare; with CAP_TWO_PHASE: what its recovery lacks, "" = nothing */
    char address[160];              /* host:port/db or socket, for messages and gids: no secret */
    int session_number;             /* the server's own number of the session, as told at the login; 0 = not told */
    char identity[17];              /* session/decider: hash of what tells this database from others; "" = not asked */
    bool direct;                    /* session/decider: with identity: session_number is what the server says now */
    sqlite3_int64 session_lock;     /* session/decider: the lock that the session holds; 0 = none */
    bool witness_ready;         /* session/witness.h has looked after its table */
    int id_step;                    /* from one id to the next of an INSERT of several rows (rows.insert_id); 0 = 1 */
    sqlite3_int64 round_trips;      /* drivers add one each time they wait for an answer to what they sent */
    sqlite3_int64 bytes;            /* payload in + out, as far as known */
    struct stmt_cache *stmts;       /* engine.c */
    char **queued;                  /* CAP_PIPELINE: statements to send before the next one, in order */
    int nqueued, queued_cap;        /* the driver reads them in send, the front empties the list */
    bool undo_due;                  /* a transaction is open that was given up, and could not be undone (session) */
    bool aborted;                   /* set by drivers that see it: the server ended the transaction by itself;
                                    ** cleared by whoever clears in_transaction */
    struct rows *open;              /* all open rows, newest first (front) */
    struct bulk *bulk;              /* the load that is running (front) */
    int process;                    /* that opened it (engine.c): a forked child must not use it */
};

struct arg {
    const struct type *type;        /* how it travels; never NULL */
    const struct cell *cells;       /* scalar: one; array: ncells */
    int ncells;
    bool array;                     /* CAP_ARRAY_ARG only */
};

enum query_flag {
    QUERY_SHARED = 1 << 0,          /* other statements will run on this conn while rows are read */
    QUERY_SHORT = 1 << 1,           /* a handful of rows is expected: read them at once */
    QUERY_LONG = 1 << 2,            /* very many rows: use the bulk protocol if there is one */
    QUERY_MANY = 1 << 7,            /* some thousand rows are expected and wanted, by a statement that only reads */
    QUERY_WHOLE = 1 << 5,           /* session: it is read to its end before another statement is sent */
    QUERY_LONE = 1 << 6,            /* session: the only scan of all that runs, which changes nothing, outside BEGIN */
    QUERY_SNAPSHOT = 1 << 4,        /* session: a second statement of the same scan may follow and must see the same */
    QUERY_ONCE = 1 << 3             /* do not cache the statement (DDL, verbs, raw statements) */
};

struct stmt {                       /* a driver embeds it as first member; engine->stmt_size */
    const char *sql;
    unsigned uses;                  /* times sent before this one */
    bool busy;                      /* a rows reads from it */
    bool cached;
    sqlite3_int64 log_seq;          /* of its last run (front) */
    struct stmt *newer, *older;     /* LRU, engine.c */
};

#define ROWS_AT_HAND 64             /* columns that rows.at_hand can tell of */
struct rows {
    struct conn *conn;              /* NULL = not open */
    struct stmt *stmt;
    int ncolumns;
    int ahead;                      /* rows that lie behind `cells`, ncolumns each; next is one of them, if there are any */
    const struct type *types;       /* by the wire; driver's memory, lives as long as the rows */
    sqlite3_int64 nrows;            /* delivered so far */
    sqlite3_int64 affected;         /* valid after SQLITE_DONE of a statement without result */
    sqlite3_int64 insert_id;        /* id the server made, the first of several (no RETURNING engines); 0 = none */
    struct spool *spool;            /* parked: rows come from here (engine/spool.c) */
    struct rows *opened_before, *opened_after;  /* list of conn.open (front) */
    sqlite3_int64 log_seq;
    int failed;                     /* the code with which it failed: it never ends as done (front) */
    unsigned flags;                 /* query_flag */
    int fetch_hint;                 /* set before conn_send: rows the caller will read; 0 = unknown */
    bool whole;                     /* no text in `cells` has a NUL before its end, and each one there */
    bool done;
    bool on_row;                    /* next returned SQLITE_ROW last (front) */
    void *driver;                   /* the driver's state of this result */
    /* What next has decoded already, to be taken without a call (rows_at_hand).  A driver may set both with each
    ** row; slot `cell` answers for all columns all the same.  The front clears them when it takes the row away. */
    const struct cell *cells;       /* live as long as what `cell` hands out */
    sqlite3_uint64 at_hand;         /* bit i: cells[i] is the value of column i */
    /* For an engine whose values are SQLite's own, set by next with the first row: the statement whose current row this
    ** is, its columns those of the rows.  NULL = `cell` only.  The front clears it, and step, when it takes the row away. */
    sqlite3_stmt *values;
    bool (*step)(struct rows *rows); /* slot `step` where it may be called; else NULL (front) */
};

struct bulk {
    struct conn *conn;
    int ncolumns;
    const struct type *types;
    sqlite3_int64 nrows;
    sqlite3_int64 log_seq;
    int failed;                     /* the code with which it failed: only bulk_abort is left (front) */
    bool took_queue;                /* set by bulk_begin: what was queued has been sent with it, come what may */
    void *driver;
};

struct catalog_row;                 /* engine/catalog.h */

struct engine {
    const char *name;               /* "postgresql" | "mysql" | "sqlite": the `engine` column of binds */
    const char *package;            /* not NULL: a stub; the engine is in a module that needs that package */
    const char *const *schemes;     /* lower case, NULL-terminated */
    const char *const *options;     /* URL options beyond the common ones, NULL-terminated */
    unsigned caps;
    const struct dialect *dialect;  /* default, used offline */
    size_t conn_size, stmt_size;

    /* True if what the URL names lives no longer than the conn: its commits prove nothing.  NULL = false. */
    bool (*in_memory)(const struct url *url);
    /* Extra check of a URL at INSERT INTO binds; no connection.  NULL = nothing beyond names. */
    int (*url_check)(const struct url *url, struct err *err);
    /* Connects, pins the session (sql/<name>/session.sql), fills dialect, caps, server, address, state. */
    int (*open)(struct conn *c, struct err *err);
    void (*close)(struct conn *c);                 /* never blocks; own deadline 1 s */
    bool (*alive)(struct conn *c);                 /* no round trip; NULL = true */
    /* Ends the active rows early: cancel at the server, drain; conn idle or lost.  NULL = finish drains. */
    int (*cancel)(struct conn *c, struct err *err);

    int (*send)(struct conn *c, struct stmt *s, const struct arg *args, int nargs, struct rows *rows,
                struct err *err);
    int (*next)(struct rows *rows, struct err *err);        /* SQLITE_ROW, SQLITE_DONE or an error */
    int (*cell)(struct rows *rows, int column, struct cell *out, struct err *err); /* current row */
    /* After a row: the next one, if it comes without anything that has to be looked at, counted or reported.  False: next
    ** is to be called, and has the answer, unless rows.done was set.  Only for an engine whose conn cannot be lost.  NULL = next only. */
    bool (*step)(struct rows *rows);
    void (*finish)(struct rows *rows);             /* after DONE, error or early; conn idle or lost */
    void (*unprepare)(struct conn *c, struct stmt *s); /* may put the talk off; conn may be lost */
    /* rows has moved to another place in memory, from which it is read on.  NULL = the driver does not keep it. */
    void (*moved)(struct rows *rows);
    /* Inside a transaction: waits now for what its COMMIT would wait for.  SQLITE_BUSY leaves it open.  NULL = OK. */
    int (*hold)(struct conn *c, struct err *err);
    /* ROLLBACK of whatever is open, where the statement could not be sent for want of memory: it takes none, as a rule.
    ** True: nothing is open.  NULL = false: the server undoes it when the connection ends. */
    bool (*undo)(struct conn *c);

    /* CAP_RAW_CATALOG: sql/<name>/raw.sql asks of plain tables what table.sql asks of any, for less, and answers in the
    ** server's own terms.  Makes table.sql's rows of its rows, which lie one after the other; in memory of the
    ** arena, their texts in that of `texts`.  *n < 0: it takes table.sql to tell. */
    int (*read_raw)(const struct conn *c, const struct cell *cells, int nrows, int ncolumns, struct arena *arena,
                    struct arena *texts, struct catalog_row **rows, int *n, struct err *err);

    /* CAP_BULK.  table is quoted text, columns are quoted names; nothing is active.  Under CAP_PIPELINE statements may be
    ** queued, which go before it, as in send.  b->conn, ncolumns and types are set. */
    int (*bulk_begin)(struct conn *c, const char *table, const char *const *columns, struct bulk *b,
                      struct err *err);
    int (*bulk_row)(struct bulk *b, const struct cell *cells, struct err *err);
    int (*bulk_end)(struct bulk *b, sqlite3_int64 *affected, struct err *err); /* also frees on error */
    void (*bulk_abort)(struct bulk *b);
    /* The same for any statement without rows: once for every row of arguments, in that order, each seeing what
    ** those before it did.  NULL = only INSERTs by bulk_begin. */
    int (*bulk_statement)(struct conn *c, const char *sql, struct bulk *b, struct err *err);
};

/* ---- the checked front (engine.c): what session calls ------------------------------------------------ */

/* The engine of a URL scheme, or NULL.  engine_at walks all: i = 0.. until NULL. */
const struct engine *engine_for_scheme(const char *scheme);
const struct engine *engine_at(int i);

int conn_open(const struct engine *engine, const struct url *url, const char *key, struct wait *wait,
              struct trace *trace, struct conn **out, struct err *err);
void conn_close(struct conn *c);                   /* NULL is fine; finishes nothing: rows become dead */
bool conn_alive(struct conn *c);

/* Starts a statement.  Parks the active rows first if the conn cannot hold several.  On error rows is not open. */
int conn_send(struct conn *c, const char *sql, const struct arg *args, int nargs, unsigned flags,
              struct rows *rows, struct err *err);
int rows_next(struct rows *rows, struct err *err); /* SQLITE_ROW, SQLITE_DONE, error */
int rows_cell(struct rows *rows, int column, struct cell *out, struct err *err);
/* The same as text in arena memory; NULL: it is neither text nor bytes. */
int rows_text(struct rows *rows, int column, struct arena *arena, const char **out, struct err *err);
/* That cell where it is decoded already, else NULL. */
static inline const struct cell *rows_at_hand(const struct rows *rows, int column)
{
    return (unsigned)column < ROWS_AT_HAND && (rows->at_hand >> column & 1) != 0 ? rows->cells + column : NULL;
}
/* The next row where nothing stands in the way.  False: rows_next is to be called, and has the answer. */
static inline bool rows_step(struct rows *rows)
{
    if (!rows->step)
        return false;
    if (rows->ahead > 0) {
        rows->ahead--;
        rows->cells += rows->ncolumns;
    } else if (!rows->step(rows)) {
        return false;
    }
    rows->nrows++;
    return true;
}
void rows_finish(struct rows *rows);               /* not open is fine */
/* Their statement once more, with other arguments and the same flags: what rows_finish and conn_send come to where
** nothing is to be seen to in between.  After an error the rows are not open. */
bool rows_may_run_again(const struct rows *rows);
int rows_run_again(struct rows *rows, const struct arg *args, int nargs, struct err *err);
/* … and the first rows_next with it, whose answer it returns; what could not be sent is not open, here too. */
int rows_run_to_row(struct rows *rows, const struct arg *args, int nargs, struct err *err);
/* Another struct takes the open rows over; `from` is as if never opened. */
void rows_move(struct rows *to, struct rows *from);
/* Pulls all that is left of the rows into bounded memory (spilling): the statement is over at the server.
** An error of that statement waits in the rows for its reader; the call fails only if the conn is not free. */
int rows_park(struct rows *rows, struct err *err);
int conn_park(struct conn *c, struct err *err);    /* the active rows, if any, until the wire is free */
int conn_park_all(struct conn *c, struct err *err); /* rows_park for every open rows: before a transaction ends */
/* The same; rows that cannot be kept end, and their readers get the error.  False: nothing can be sent. */
bool conn_park_or_end(struct conn *c);

/* Sends, waits, discards any rows.  affected, insert_id may be NULL. */
int conn_exec(struct conn *c, const char *sql, const struct arg *args, int nargs, sqlite3_int64 *affected,
              sqlite3_int64 *insert_id, struct err *err);
/* COMMIT and its like, whose answer decides over all that came before: an interrupt waits a little for it. */
int conn_exec_deciding(struct conn *c, const char *sql, struct err *err);
/* A statement without args or rows that must run before the next one: rides with it under CAP_PIPELINE (its
** failure is then that statement's), else runs now. */
int conn_queue(struct conn *c, const char *sql, struct err *err);
/* Forgets what is queued (the statement it should have ridden with failed before it was sent). */
void conn_drop_queue(struct conn *c);
/* Nobody knows in which state the session is: nothing more is sent on it.  Not for an engine with CAP_ONE_SESSION. */
void conn_give_up(struct conn *c);
/* Sends what is queued, if anything, and waits. */
int conn_flush(struct conn *c, struct err *err);

/* Many rows into one table; nothing else runs on c until bulk_end or bulk_abort.  An engine without CAP_BULK
** gets prepared INSERTs.  table and columns are quoted; types (as the cells travel) stay the caller's.  After
** an error of bulk_row: bulk_abort. */
int bulk_begin(struct conn *c, const char *table, const char *const *columns, const struct type *types,
               int ncolumns, struct bulk *b, struct err *err);
/* Only for engines with the slot bulk_statement. */
int bulk_begin_statement(struct conn *c, const char *sql, const struct type *types, int nargs, struct bulk *b,
                         struct err *err);
int bulk_row(struct bulk *b, const struct cell *cells, struct err *err);
int bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err);
void bulk_abort(struct bulk *b);

#endif
