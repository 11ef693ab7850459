/* The keys that the running SELECT will ask an inner table for, found by running it a second time.
**
** Where the outer side of a join is local, nothing of its rows is seen here before SQLite asks with the next one's key.
** But the statement can be prepared once more and run ahead: in that run, the scout, scans of bind tables have no rows,
** so that it does nothing but the local part, and the values that its scans are asked with are what the statement's own
** scans will be asked with.  They are guesses: whoever uses one compares it with what is asked for.  A wrong one costs
** time, never a row.
**
** Only of the single statement that runs, which only reads, from local tables and bind tables (of an UPDATE … FROM it is a
** SELECT of what that joins: joined.h), and calls no functions but the host's own deterministic ones: the second run can be told by its time, and by the host's trace and authorizer callbacks alone.  When enough is
** known, it is stopped by an error, of which SQLite writes a line into the host's error log (SQLITE_CONFIG_LOG); the
** next time it passes over what was known.  An error of its own stops it too: the statement itself will tell of it, but for
** SQLITE_INTERRUPT. */
#ifndef BINDS_SESSION_SCOUT_H
#define BINDS_SESSION_SCOUT_H

#include "model/cell.h"
#include "sqlgen/plan_text.h"

struct binds;
struct scout; /* of one plan in one epoch */

/* The scan whose values are wanted, and its equality that they are compared in. */
struct scout_scan {
    const sqlite3_vtab *vtab;
    const char *text; /* idxStr, and what it says … */
    const struct plan *plan;
    const char *dialect;
    int term;
    bool locks; /* it is of an UPDATE, for the rows that are to be changed */
};

/* The keys from `now` on, in *keys, which the scout owns until the next call: at most `most`, rows with the same key one
** after the other have it once.  *n <= 1: there are none to know.  *whole: no others will follow.  spent_us: what the keys
** before have cost; if SQLite has read local rows for as long, no scout is sent yet.  *of: NULL at first.  SQLITE_NOMEM,
** SQLITE_INTERRUPT; SQLITE_ABORT_ROLLBACK: the transaction is undone. */
int scout_keys(struct binds *b, struct scout **of, const struct scout_scan *scan, const struct cell *now, double spent_us,
               int most, struct cell **keys, int *n, bool *whole);
/* Is more to be had than is known by now? */
bool scout_goes_on(const struct scout *s);
/* While a scout runs (binds.scout is set): the scan of a bind table begins.  What xFilter returns; it has no rows. */
int scout_meets(struct scout *s, const sqlite3_vtab *vtab, const char *text, int argc, sqlite3_value **argv);
void scout_free(struct scout *s); /* NULL is fine */

#endif
