/* Runs of one plan that follow each other: the inner side of a join, a correlated subquery, a table that is
** scanned once more.  Decides between one more statement and the rows that were kept (session/probe.h), and
** sees to it that all runs of a statement read the same snapshot.
**
** In autocommit one run needs no snapshot: it is one statement.  A snapshot is opened with the first run whose
** values come from elsewhere than the statement's own literals and parameters, for others may follow; and with
** any second run.  Scans that feed a write lock their rows: those of one statement, which meets all of them before it
** changes the first, may lock the rows of many keys at once, but never all rows of the table for the sake of some. */
#ifndef BINDS_VTAB_INNER_H
#define BINDS_VTAB_INNER_H

#include "session/probe.h"
#include "vtab/cursor.h"

/* After the values are fitted.  *answered: the cursor is in PHASE_KEPT (or PHASE_COUNT with a known count) and
** nothing need be sent. */
int inner_answer(struct cursor *c, bool *answered, struct err *err);
/* Instead, where no other run is to come. */
void inner_alone(struct cursor *c);
/* The same where the run differs from the one before by its values only.  False: inner_answer is to decide. */
bool inner_runs_on(struct cursor *c);
/* The statement of this run was sent and its first row (or count) has come. */
void inner_sent(struct cursor *c);
/* Are the rows that this cursor delivers the kept ones of its plan?  *covered: the keys for which there are some;
** NULL = for all. */
bool inner_covers(struct cursor *c, struct keystore **covered);
/* Nobody reads on in this run; rows are still open. */
void inner_over(struct cursor *c);

#endif
