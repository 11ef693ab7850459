/* Looking ahead: the keys that an inner table will be asked for are often a column of the rows that an outer
** table is about to deliver.  Then the outer table's cursor reads some rows on, and the inner one asks for the rows of all
** these keys at once.  What comes back answers the runs that follow; a guess that was wrong costs time, never a
** row, since only keys that were asked for are answered from it.
**
** The guess: a column of the current row of another open cursor had the value of the key several times in
** succession. */
#ifndef BINDS_VTAB_AHEAD_H
#define BINDS_VTAB_AHEAD_H

#include "vtab/cursor.h"

/* List of the open cursors of a connection. */
void ahead_opened(struct cursor *c);
void ahead_closed(struct cursor *c);

/* Notes where the key of term i may come from, before each run. */
void ahead_watch(struct cursor *c, int i);
/* The keys that will be asked for, as far as they are known by now, as values of term i in the arena c->values;
** the one of this run first.  *n <= 1: none are known (yet). */
int ahead_keys(struct cursor *c, int i, int most, struct cell **keys, int *n, struct err *err);

/* For a cursor in PHASE_ROWS of whose rows somebody wants to know in advance: reads some rows on, is in PHASE_KEPT
** then, on the first of them (or at the end). */
int ahead_read(struct cursor *c, struct err *err);

#endif
