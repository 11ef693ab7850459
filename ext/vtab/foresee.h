/* Several binds of one statement: when its first scan has been sent, and before its rows are waited for, the scans of
** other binds are sent as well, as far as their values are known by then (session/program.h).  The scans themselves know
** nothing of that: what they send is on its way already (session/early.h).
**
** Costs a statement of one bind nothing, and one of several an EXPLAIN the first time that its text is met. */
#ifndef BINDS_VTAB_FORESEE_H
#define BINDS_VTAB_FORESEE_H

#include "vtab/cursor.h"

/* After the first scan of a statement was sent. */
void foresee(const struct cursor *c);

#endif
