/* The order in which tables are created: parents before children, ties in order of declaration, cycles
** reported so that their foreign keys can be added afterwards.  Drop order is the exact reverse. */
#ifndef BINDS_MODEL_ORDER_H
#define BINDS_MODEL_ORDER_H

#include "model/model.h"

/* models: n tables of one bind, in order of declaration.  order[] receives a permutation of 0..n-1, and
** in_cycle[i] is set for every model that stands in a foreign-key cycle of two or more tables (a reference
** to itself is none).  A parent is found among the n by remote schema and name, or by local name. */
int order_models(const struct model *const *models, int n, int *order, bool *in_cycle, struct err *err);
/* Position of the model that foreign key fk of models[child] refers to, or -1 if it is not among the n. */
int order_parent(const struct model *const *models, int n, int child, const struct foreign_key *fk);

#endif
