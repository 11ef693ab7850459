/* Looking ahead: the keys that an inner table will be asked for are often a column of the rows that an outer
** table is about to deliver.  Then the outer table's cursor reads some rows on, and the inner one asks for the rows of all
** these keys at once.  What comes back answers the runs that follow; a guess that was wrong costs time, never a
** row, since only keys that were asked for are answered from it.
**
** Where no cursor's row has the key, it comes from a local table: then a second run of the statement may tell the next ones
** (session/scout.h).
**
** The guess: a column of the current row of another open cursor had the value of the key several times in
** succession.  Where that cursor is an inner table itself, and its rows are kept, the rows that it will deliver are
** those of the keys that are known of itself: so a chain of tables is looked through from the outermost one on. */
#ifndef BINDS_VTAB_AHEAD_H
#define BINDS_VTAB_AHEAD_H

#include "vtab/cursor.h"

/* List of the open cursors of a connection. */
void ahead_opened(struct cursor *c);
void ahead_closed(struct cursor *c);

/* Notes where the key of term i may come from, before each run; not yet known for sure: also before one that is
** answered from kept rows, so that tables further in can look through this one. */
bool ahead_wants(const struct cursor *c);
void ahead_watch(struct cursor *c, int i);
/* The keys that will be asked for, as far as they are known by now, as values of term i in the arena c->values;
** the one of this run first.  *n <= 1: none are known (yet).  *whole: as far as can be seen, no others will follow. */
int ahead_keys(struct cursor *c, int i, int most, struct cell **keys, int *n, bool *whole, struct err *err);
/* How many keys of term i to send at once. */
int ahead_most(const struct cursor *c, const struct probe *p, int i);
/* The end was not in sight behind n keys: asks the outermost table to read on a good deal, as soon as it is its turn.
** False: that was done, or it cannot; or there may well be so many that all rows are cheaper. */
bool ahead_farther(struct cursor *c, int n);

/* For a cursor in PHASE_ROWS of whose rows somebody wants to know in advance: reads some rows on, is in PHASE_KEPT
** then, on the first of them (or at the end). */
int ahead_read(struct cursor *c, struct err *err);

#endif
