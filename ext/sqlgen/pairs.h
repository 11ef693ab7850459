/* Comparisons of two columns of one row, which SQLite offers to no virtual table.  Which ones a statement makes of every
** row of a table its program tells (session/tested.h); here is what of that the server is asked as well, so that the
** rows that fail do not travel. */
#ifndef BINDS_SQLGEN_PAIRS_H
#define BINDS_SQLGEN_PAIRS_H

#include "sqlgen/plan.h"

#define PAIRS_MAX 4

struct pair {
    enum op op;             /* OP_EQ … OP_GE; neither column is NULL then */
    int left, right;        /* of the declared table; the hidden key may be one */
    enum affinity affinity; /* that SQLite compares under: AFF_BLOB (none), AFF_TEXT or AFF_NUMERIC; BINARY is the collation */
};

struct pairs {
    int n;
    struct pair at[PAIRS_MAX];
};

bool pairs_equal(const struct pairs *a, const struct pairs *b);
/* Keeps those that the server can be asked: no row that fails there meets them here. */
void pairs_choose(const struct plan_context *c, struct pairs *pairs);
/* Adds chosen ones to a WHERE.  *any: a condition stands there already. */
void pairs_write(const struct plan_context *c, const struct pairs *pairs, bool *any,
                 sqlite3_str *out);

#endif
