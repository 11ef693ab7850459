/* The SELECT of a plan.  The text that a plan normally has is written at planning (and shown by EXPLAIN QUERY
** PLAN); a variant of it when the values at xFilter ask for another: a constant truth, a dropped term, a list of
** another size, rows that are to be changed. */
#ifndef BINDS_SQLGEN_SELECT_H
#define BINDS_SQLGEN_SELECT_H

#include "sqlgen/pairs.h"

#define SELECT_VALUE_LIMIT (PLAN_TERMS_MAX + 1)   /* numbers of values beyond those of the terms */
#define SELECT_VALUE_OFFSET (PLAN_TERMS_MAX + 2)
#define SELECT_VALUE_SUM (PLAN_TERMS_MAX + 3)     /* limit + offset */

enum select_what {
    SELECT_ROWS,                 /* the plan's columns */
    SELECT_EXTREMES,             /* … of rows among which are some with the extremes */
    SELECT_COUNT                 /* how many rows there are */
};

enum select_limit {
    LIMIT_NONE,
    LIMIT_SUM,                   /* the first rows, those of the offset among them */
    LIMIT_PAGE                   /* the server leaves the offset's rows out */
};

struct select_term {             /* how one term stands in the text */
    enum rhs_outcome outcome;
    enum op op;
    int nlist;                   /* OP_IN: elements of the list, 0 = one array argument */
};

struct select_variant {
    enum select_what what;
    const struct select_term *terms; /* one per term of the plan */
    enum select_limit limit;
    struct plan_extremes extremes; /* SELECT_EXTREMES */
    struct pairs pairs;          /* chosen ones (pairs_choose): the server sees to them as well */
    bool for_update;
    bool key_order;              /* in the order of the declared key, where the server can sort so */
};

/* Is a sorted form the column itself, so that an index delivers it (if there are no NULLs to be moved)? */
bool select_is_plain(const struct judgement *j);
/* The variant that the plan has if all values are of their column's kind.  terms: room for the plan's. */
void select_usual(const struct plan_context *c, const struct plan *p, struct select_term *terms,
                  struct select_variant *out);
/* Writes the statement and what its placeholders stand for: the number of a term, or SELECT_VALUE_….
** The result's columns: the fetched columns of the model in order, then what the engine offers as identity
** (PLAN_KEY with IDENTITY_ENGINE); if that is none at all, a constant. */
int select_write(const struct plan_context *c, const struct plan *p, const struct select_variant *v,
                 struct places *places, sqlite3_str *out, struct err *err);
/* Only what the placeholders of a variant with the planned operators stand for. */
int select_places(const struct dialect *d, const struct plan *p, const struct select_variant *v,
                  struct places *places);

#endif
