/* What the program of the running statement says of a scan, as far as its statement can make use of it.  Asked only where
** that may save many rows, for the answer costs an EXPLAIN. */
#ifndef BINDS_VTAB_HINTS_H
#define BINDS_VTAB_HINTS_H

#include "session/probe.h"
#include "vtab/cursor.h"

/* Is the scan for extremes alone?  Sets c->extremes (session/extremes.h). */
int hints_extremes(struct cursor *c, struct err *err);
/* Which comparisons of two columns may be made by the server as well?  Sets c->pairs (session/tested.h). */
int hints_pairs(struct cursor *c, struct err *err);
/* What is known of the runs of this plan, with these comparisons; NULL = out of memory. */
struct probe *hints_probe(struct cursor *c);

#endif
