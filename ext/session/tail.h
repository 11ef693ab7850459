/* Which row of the running statement is its last one?  Inside BEGIN nothing else tells when rows that were kept back have
** to be sent: after the last xUpdate only xRelease is called, and an error there undoes the whole transaction.
**
** Known are of INSERTs: a list of VALUES, by its length; a SELECT whose outermost loop is a scan of a bind table, by the
** end of that scan (session/source); and a SELECT over local tables and SQLite's own series and JSON texts, of which a
** second run goes one row ahead (its functions are the host's own and deterministic, and of its parameters the values
** are known for sure that have a say, so that both runs have the same rows).  Of UPDATEs and DELETEs: those that gather all rows before the first one changes, of which as many come as have
** been gathered (session/gather).  Whatever else is running: the row is to be sent at once.
** Should the runs differ nevertheless, rows that were not foreseen are sent one by one, and foreseen ones that do not
** come leave rows to txn_release, where their error can only undo everything. */
#ifndef BINDS_SESSION_TAIL_H
#define BINDS_SESSION_TAIL_H

#include "base/sqlite.h"
#include <stdbool.h>

struct binds;
struct declared;

/* TAIL_STOPPED: the second run was interrupted, or an error of it has undone the transaction: the statement is to stop. */
enum tail_row { TAIL_UNSURE, TAIL_MORE, TAIL_LAST, TAIL_STOPPED };

enum tail_kind { TAIL_NONE, TAIL_COUNTED, TAIL_SCANNED, TAIL_AHEAD };

struct tail {               /* of one execution of one statement */
    sqlite3_stmt *stmt;     /* NULL = none; never followed, it is only compared */
    int run;                /* its count of executions */
    const struct declared *table; /* into which its rows go; only compared */
    sqlite3_int64 scan;     /* of an UPDATE or DELETE: declared.scans; 0 = it is an INSERT */
    enum tail_kind kind;
    sqlite3_int64 row;      /* rows so far */
    sqlite3_int64 count;    /* TAIL_COUNTED: all there will be; TAIL_NONE: 0 = the SELECT is still to be looked at */
    sqlite3_int64 seen;     /* TAIL_AHEAD: rows that `ahead` has met */
    const struct declared *source; /* TAIL_SCANNED; only compared */
    sqlite3_stmt *ahead;    /* owned */
    int stopped;            /* TAIL_STOPPED: the error */
    bool least;             /* TAIL_COUNTED: others may follow */
    bool exposed;           /* an UPDATE … FROM: SQLite has no savepoint around it, although it may be of many rows */
};

/* Called once for each row that is inserted into that table inside BEGIN under the plain conflict clause or REPLACE.  TAIL_MORE:
** another call of this function, or tail_scan_over, follows within the statement. */
enum tail_row tail_next(struct binds *b, const struct declared *table);
/* The same for each row of an UPDATE or DELETE, also for one that turns out to change nothing.  What binds.txn.tail says
** then holds until the next statement. */
enum tail_row tail_next_change(struct binds *b, const struct declared *table);
/* The same of one under another clause, which is never kept back: for `exposed`. */
void tail_next_unkept(struct binds *b, const struct declared *table);
/* A scan of that table has ended: was it the source of the rows? */
bool tail_scan_over(struct binds *b, const struct declared *table);
/* The statement is over, or was undone. */
void tail_reset(struct tail *t);
/* Its other rows are sent at once. */
void tail_give_up(struct tail *t);

#endif
