/* The coordinator: what BEGIN, COMMIT, ROLLBACK and SAVEPOINT of the local connection mean for the binds.
** It hangs on the guard (vtab/guard.c), a do-nothing table in temp that is enlisted by nested SQL from
** xFilter and xUpdate, and so hears every end of a transaction, whatever happened to the bind tables.
**
** Levels: SQLite's savepoint numbers (statement savepoints included).  A server savepoint is made lazily,
** before the first write after the level was opened; ROLLBACK TO a level below the first one seen undoes
** everything since the beginning. */
#ifndef BINDS_SESSION_TXN_H
#define BINDS_SESSION_TXN_H

#include "base/err.h"
#include "session/scans.h"
#include "session/tail.h"

struct binds;
struct bind;

enum txn_state {
    TXN_NONE,        /* guard not enlisted */
    TXN_OPEN,        /* enlisted */
    TXN_VOTED,       /* sync has run: the local commit decides; writes are refused */
    TXN_DECIDED      /* sync has run and the decision is already durable (side file, last resource) */
};

struct txn {
    enum txn_state state;
    int level;               /* open savepoints, statement savepoints included */
    bool local;              /* during sync: local tables may have changed */
    int total_recorded;      /* sqlite3_total_changes when the decision row had been written */
    struct bind *witness;    /* whose SQLite file has committed with a witness of this transaction; NULL = none */
    bool unknown;            /* during sync: it may have been decided, and nobody can tell */
    bool failed;             /* a RELEASE could not commit: nothing goes on before ROLLBACK */
    bool whole;              /* what is sent now is all that the running statement does: no savepoint of its own */
    bool trying;             /* between txn_try_begin and txn_try_end: an error is not the statement's */
    bool lone;               /* during sync: exactly one bind takes part, and nothing was sent to it yet */
    sqlite3_stmt *enlist;    /* nested statement that enlists the guard */
    bool enlisting;          /* it is running: not the moment to give it up */
    struct scans scans;
    struct tail tail;           /* of the INSERT that is running inside BEGIN */
    sqlite3_int64 statement_us; /* clock when the running statement's savepoint was opened; 0 = not known */
};

/* Called before the first remote read of a statement: inside BEGIN it enlists the guard and opens the
** bind's snapshot; in autocommit it opens an epoch snapshot only if the statement may scan the bind again (or
** several cursors share it), or if the scan asks for one (snapshot: QUERY_SNAPSHOT). */
int txn_before_read(struct bind *b, bool snapshot, struct err *err);
/* True: for a statement that changes nothing txn_before_read would do nothing, whatever that scan asks for. */
bool txn_reads_on(const struct bind *b);
/* Is a transaction open that outlives the statement?  Asked before whatever may run statements on the host's connection:
** where one of these has no memory, SQLite undoes the transaction, and the statement would go on without it. */
bool txn_is_inside(const struct binds *b);
/* … and afterwards, with what was said before.  True: the statement is to fail, with that error. */
bool txn_is_undone(const struct binds *b, bool inside);
int txn_undone(struct err *err);
/* Called after every change with its code: if the local transaction has ended beneath it, so do the servers', and that is
** an error. */
int txn_after_change(struct binds *b, bool inside, int rc, struct err *err);
/* Called before every remote write: enlists, opens the write transaction (or none: one autocommit statement),
** makes the savepoints that are due.  several: more than one remote statement may follow in this local
** statement.  survived: the local statement may go on after an error of this one (OR IGNORE, OR FAIL …). */
int txn_before_write(struct bind *b, bool several, bool survived, struct err *err);
/* Around several remote statements for which SQLite has no savepoint of its own inside BEGIN: those of one row (REPLACE),
** and of the rows of UPDATE … FROM.  end: failed undoes them; without it, where nobody knows which row was the last, the
** savepoint stays, until the next such statement or the savepoint beneath it goes. */
enum txn_rows { TXN_ONE_ROW, TXN_ALL_ROWS };
int txn_row_begin(struct bind *b, enum txn_rows rows, struct err *err);
int txn_row_end(struct bind *b, enum txn_rows rows, bool failed, struct err *err);
/* Around remote statements that have another way if they fail, in autocommit too: the end undoes them then. */
int txn_try_begin(struct bind *b, struct err *err);
int txn_try_end(struct bind *b, bool failed, struct err *err);
/* Joins the transaction as a writer without contacting the server (rows are kept back until it is over). */
int txn_join(struct bind *b, struct err *err);
/* The error of a transaction that waits for its ROLLBACK. */
int txn_failed(struct binds *b, struct err *err);
/* True unless it is certain that the running local transaction changes nothing in local tables. */
bool txn_local_changes(struct binds *b);
/* After a remote statement failed inside a transaction: brings the server back to the state before it, or
** dooms the bind. */
void txn_after_error(struct bind *b, const struct err *cause);

/* Before any other remote statement: inside an open server transaction of an engine whose transactions do not
** survive an error, a savepoint that rides along. */
int txn_protect(struct bind *b, struct err *err);
/* A savepoint of somebody else now stands above the one of txn_protect, or has gone and taken it along. */
void txn_unguard(struct bind *b);
/* The last cursor was closed: read snapshots outside BEGIN end. */
void txn_epoch_end(struct binds *b);

/* Gives up the statements held on the host's connection, so that it can be closed; they are made anew on demand. */
void txn_let_go(struct binds *b);

/* The guard's callbacks. */
int txn_begin(struct binds *b, struct err *err);
int txn_sync(struct binds *b, struct err *err);
void txn_commit(struct binds *b);
void txn_rollback(struct binds *b);
int txn_savepoint(struct binds *b, int level, struct err *err);
int txn_release(struct binds *b, int level, struct err *err);
int txn_rollback_to(struct binds *b, int level, struct err *err);

#endif
