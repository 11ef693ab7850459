/* What a plan costs and returns, from the server's own statistics. */
#ifndef BINDS_SQLGEN_PLAN_COST_H
#define BINDS_SQLGEN_PLAN_COST_H

#include "sqlgen/plan.h"

/* Sets rows and cost of a plan whose terms are chosen. */
void plan_estimate(const struct plan_context *c, struct plan *p);

#endif
