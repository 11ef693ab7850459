/* One bind: URL, engine, connection, what is known of its tables.  All remote work of session and vtab goes
** through here, so that the rules are kept in one place: lazy connecting, reconnecting only outside a
** transaction and before the first row, the snapshot of the epoch or transaction, prefixes on errors. */
#ifndef BINDS_SESSION_BIND_H
#define BINDS_SESSION_BIND_H

#include "session/binds.h"

enum bind_state { BIND_IDLE, BIND_CONNECTED, BIND_FAILED };

struct bind_txn {                   /* this bind's part in the local transaction; session/txn.c alone writes it */
    bool reading;                   /* a transaction is open on the server */
    bool writable;                  /* it was opened so that it may write */
    bool writing;                   /* something was written in it (or may have been) */
    bool doomed;                    /* it was lost: every statement fails until ROLLBACK */
    bool dirty;                     /* work since the last server savepoint */
    bool guarded;                   /* the statement savepoint stands and nothing was written since */
    int levels;                     /* server savepoints b0 … b(levels-1) stand */
    sqlite3_uint64 rows_stay;       /* bit n: above n levels the savepoint of an UPDATE … FROM stands */
    char branch[COORD_GID_MAX];     /* two-phase id; "" = none */
    bool xa;                        /* the server transaction was begun as that branch */
    bool maybe_prepared;            /* from the first byte of the vote sent until it is known otherwise */
    sqlite3_int64 rows_changed;     /* by this transaction */
};

struct bind {
    struct binds *owner;
    sqlite3_int64 id;               /* rowid in the binds table */
    char *key;                      /* NULL = default */
    struct url url;
    const struct engine *engine;
    const char *engine_name;
    struct conn *conn;              /* NULL until first use */
    enum bind_state state;
    char *error;                    /* last one, with prefix; NULL = none */
    sqlite3_int64 failed_at_us;     /* of the last failed connect; remembered for 1 s against retry storms */
    int open_cursors;
    struct bind_txn *part;          /* &own_part, or the one of all binds that share a session */
    struct bind_txn own_part;
    char **unsettled;               /* branches whose outcome this server has not acknowledged */
    int nunsettled;
    int in_doubt;                   /* own branches that recovery had to leave */
    int under_way;                  /* branches of others that recovery found alive, or a record that they hold */
    sqlite3_int64 recovered_at_us;  /* when recovery last looked at it */
    bool recovering;                /* bind_recover() is at it: connecting does not */
    int conn_held;                  /* > 0: a caller works with conn, which is not replaced although it may be lost */
    bool settling;                  /* recovery is at it: what it connects on the way leaves this bind alone */
    bool wrote;                     /* it, not only its part, was written in the running transaction */
    bool recovered;                 /* recovery has looked at this bind since it was connected */
    struct writer *writers;         /* pending INSERTs (session/writer.c) */
    struct batch *batch;            /* pending UPDATEs or DELETEs (session/batch.c) */
    struct remote_entry *remotes;   /* cache of session/reflect.c */
    struct early *early;            /* a statement that was sent in advance (session/early.c); NULL = none */
    struct probes *probes;          /* what plans cost in this epoch (session/probe.c) */
    double unit_us;                 /* measured: what one column of a fetched row takes; 0 = not yet */
    struct bind *next;
};

/* A usable connection.  Connects lazily; reconnects silently if the old one is gone and no transaction of
** this bind is open.  Errors carry the prefix. */
int bind_connect(struct bind *b, struct conn **out, struct err *err);
/* A read for a scan.  what: for the error prefix ("reading user").  Opens the epoch's or transaction's snapshot as
** needed (queued, no round trip of its own where the engine can), flushes pending writes of this bind first,
** adds QUERY_SHARED when other cursors are open, FOR UPDATE is the caller's.  Retries once on a lost idle conn. */
int bind_read(struct bind *b, const char *what, const char *sql, const struct arg *args, int nargs,
              unsigned flags, int fetch_hint, struct rows *rows, struct err *err);
/* Could these rows, which a scan of a statement that changes nothing has read, be read again with other arguments
** without anything that bind_read sees to first?  Then bind_read_again does; bind_read_to_row asks for their first row with
** it, and returns what bind_rows_next would. */
bool bind_may_read_again(const struct bind *b, const struct rows *rows);
int bind_read_again(struct bind *b, const char *what, const struct arg *args, int nargs, struct rows *rows,
                    struct err *err);
int bind_read_to_row(struct bind *b, const char *what, const struct arg *args, int nargs, struct rows *rows,
                     struct err *err);
/* rows_next with the prefix and bookkeeping (doomed transactions, last error); the latter alone, after an error. */
int bind_rows_failed(struct bind *b, const char *what, struct err *err);
static inline int bind_rows_next(struct bind *b, const char *what, struct rows *rows, struct err *err)
{
    int rc = rows_next(rows, err);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? rc : bind_rows_failed(b, what, err);
}
/* Runs a statement outside any promise of transactions: catalog queries, verbs.  Same prefix rules. */
int bind_exec(struct bind *b, const char *what, const char *sql, const struct arg *args, int nargs,
              sqlite3_int64 *affected, struct err *err);
/* Notes an error as the bind's last one and prefixes it.  Returns err->rc. */
int bind_fail(struct bind *b, const char *what, struct err *err);

/* Every xOpen / xClose of a bind table's cursor. */
void bind_cursor_opened(struct bind *b);
void bind_cursor_closed(struct bind *b);       /* the last one of the epoch ends read snapshots outside BEGIN */
/* True when the running statement scans in order to write (UPDATE, DELETE, INSERT … SELECT). */
bool bind_scan_feeds_write(struct binds *b);
/* Does any statement run that may change something, be it by a trigger? */
bool bind_writer_runs(struct binds *b);

void bind_disconnect(struct bind *b);
/* Which transaction state this bind's engine and URL give it: its own or the shared one. */
void bind_assign_part(struct bind *b);
/* The part's transaction was opened, or is over (and forgotten), on every connection that shares it. */
void bind_part_open(struct bind *b);
void bind_part_reset(struct bind *b);
/* True for the first connected bind of its part: loops over participants visit each part once. */
bool bind_leads_part(const struct bind *b);
bool bind_in_memory(const struct bind *b);

#endif
