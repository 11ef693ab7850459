/* What the values of a run are, term by term: for the decision whether a run can be answered from kept rows (inner.h). */
#ifndef BINDS_VTAB_RUN_VALUES_H
#define BINDS_VTAB_RUN_VALUES_H

#include "vtab/cursor.h"

/* Writes them into c->run_values: equal values of a term have equal bytes, which begin at c->run_at[term]. */
void run_values_write(struct cursor *c);
/* The first term from i on whose value comes from neither a literal nor a parameter, so that it may be another one in a next
** run; nterms = none. */
int run_values_vary_from(const struct cursor *c, int i);
/* Is this term, as it stands in this run, an equality that the keystore decides as SQLite does? */
bool run_values_key(const struct cursor *c, int i);

#endif
