/* Estimates in SQLite's own currency, in which one step on a b-tree of its own costs a few units, so that bind
** tables and local ones can be weighed against each other.
**
** Measured: a row that streams in takes about 0.3 us, as long as 10 to 20 units of local work; a round
** trip takes as long as 70 rows; a row that the server looks at and leaves out, a tenth.  So ten thousand
** lookups in a remote table of 150,000 rows cost more than reading that table once. */
#include "sqlgen/plan_cost.h"

#include <math.h>

#define ROW_COST 10.0 /* a row that travels */
#define LOOK_COST 1.0 /* a row that the server looks at */
#define ROUND_TRIP_ROWS 70
#define UNKNOWN_ROWS 10000.0
/* A count is read once per connection, and tables grow after it: reading one again and again is weighed as if it had so
** many rows at least, and as many at least are expected of it.  The second is less, since a table of ten rows is where a
** join has to begin. */
#define AT_LEAST_ROWS 1000.0
#define AT_LEAST_EXPECTED 100.0
#define MANY_SHARE                                                                                 \
    0.1 /* of the rows: distinct values of which there will be more when there are more rows */
#define UNKNOWN_DISTINCT 0.05 /* of the rows, for equality on an index without statistics */
#define IN_VALUES 10.0        /* how many, unknown at planning */
#define EQUAL_SHARE 0.1       /* equality without index */
#define RANGE_SHARE 0.25      /* each side */
#define LIKE_SHARE 0.2
#define NULL_SHARE 0.05

static bool is_equality(enum op op)
{
    return op == OP_EQ || op == OP_IS || op == OP_IN || op == OP_ISNULL;
}

/* The term that fixes the remote column to one value (or a list of them), or NULL. */
static const struct plan_term *equality_on(const struct plan_context *c, const struct plan *p,
                                           int position)
{
    for (int i = 0; i < p->nterms; i++) {
        const struct plan_term *t = &p->terms[i];
        if (is_equality(t->op) &&
            remote_column(c->remote, c->model->columns[t->column].name) == position)
            return t;
    }
    return NULL;
}

static bool has_range_on(const struct plan_context *c, const struct plan *p, int position)
{
    for (int i = 0; i < p->nterms; i++) {
        enum op op = p->terms[i].op;
        if ((op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE) &&
            remote_column(c->remote, c->model->columns[p->terms[i].column].name) == position)
            return true;
    }
    return false;
}

/* Are all columns of a unique index fixed, so that a row (or one for each value of a list) is found? */
static bool finds_few(const struct plan_context *c, const struct plan *p,
                      const struct remote_index *x)
{
    if (x->partial || x->ncolumns == 0 || !(x->unique || x->primary))
        return false;
    for (int i = 0; i < x->ncolumns; i++) {
        const struct plan_term *t = x->columns[i] >= 0 ? equality_on(c, p, x->columns[i]) : NULL;
        if (t == NULL || !t->exact || t->op == OP_IN || t->op == OP_ISNULL)
            return false;
    }
    return true;
}

/* Distinct values of an index's first columns, as they were counted.  A unique index tells how many rows there were then:
** if there are more now, values that were many may be so many times more (as Postgres takes it). */
static double distinct_now(const struct plan_context *c, double counted, double all)
{
    double rows = 0;
    for (int i = 0; i < c->remote->nindexes; i++) {
        const struct remote_index *x = &c->remote->indexes[i];
        if ((x->unique || x->primary) && !x->partial)
            rows = fmax(rows, x->distinct);
    }
    bool stale = rows > 1 && rows < all && counted > rows * MANY_SHARE;
    return stale ? counted * all / rows : counted;
}

/* Rows that an index finds by the equalities on its first columns; < 0: none of them. */
static double index_rows(const struct plan_context *c, struct plan *p, const struct remote_index *x,
                         double all)
{
    int fixed = 0;
    double lists = 1;
    while (fixed < x->ncolumns && x->columns[fixed] >= 0) {
        const struct plan_term *t = equality_on(c, p, x->columns[fixed]);
        if (t == NULL)
            break;
        if (t->op == OP_IN)
            lists *= IN_VALUES;
        fixed++;
    }
    if (x->partial)
        return -1;
    if (fixed == 0) {
        bool range = x->ncolumns > 0 && x->columns[0] >= 0 && has_range_on(c, p, x->columns[0]);
        return range ? all * RANGE_SHARE : -1;
    }
    if ((x->unique || x->primary) && fixed == x->ncolumns)
        return lists;
    if (c->remote->distinct_unread)
        p->flags |= PLAN_UNSURE;
    double first = x->distinct_first != NULL ? x->distinct_first[fixed - 1] : 0;
    double distinct = x->distinct > 1 ? x->distinct : fmax(1, all * UNKNOWN_DISTINCT);
    first = distinct_now(c, first, all);
    distinct = distinct_now(c, distinct, all);
    if (x->unique || x->primary)
        distinct = fmax(distinct, all);
    double rows = first > 1 ? all / first : all / pow(distinct, (double)fixed / x->ncolumns);
    return fmax(1, rows) * lists;
}

/* Share of the rows that the terms leave, without looking at indexes. */
static double term_share(const struct plan *p)
{
    double share = 1;
    for (int i = 0; i < p->nterms; i++) {
        switch (p->terms[i].op) {
        case OP_EQ:
        case OP_IS:
            share *= EQUAL_SHARE;
            break;
        case OP_IN:
            share *= fmin(1, EQUAL_SHARE * IN_VALUES / 2);
            break;
        case OP_ISNULL:
            share *= NULL_SHARE;
            break;
        case OP_LIKE:
        case OP_GLOB:
            share *= LIKE_SHARE;
            break;
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE:
            share *= RANGE_SHARE;
            break;
        default:
            break;
        }
    }
    return share;
}

void plan_estimate(const struct plan_context *c, struct plan *p)
{
    double all = c->remote->rows >= 0 ? fmax(c->remote->rows, AT_LEAST_ROWS) : UNKNOWN_ROWS;
    double share = term_share(p), travelling = fmax(1, all * share);
    double looked = all; /* rows that the server must look at */
    double rows = c->remote->rows >= 0 && c->remote->rows < AT_LEAST_ROWS
                      ? fmax(1, fmax(c->remote->rows, AT_LEAST_EXPECTED) * share)
                      : travelling;
    int trip = c->dialect->round_trip_rows > 0 ? c->dialect->round_trip_rows : ROUND_TRIP_ROWS;
    for (int i = 0; p->nterms > 0 && i < c->remote->nindexes; i++) {
        if (finds_few(c, p, &c->remote->indexes[i]))
            p->flags |= PLAN_FEW;
        double found = index_rows(c, p, &c->remote->indexes[i], all);
        if (found >= 0) {
            looked = fmin(looked, found);
            travelling = fmin(travelling, fmax(1, found));
            rows = fmin(rows, travelling);
        }
    }
    p->rows = rows;
    p->looked = looked;
    p->cost = trip * ROW_COST + looked * LOOK_COST + travelling * ROW_COST;
    if ((p->flags & PLAN_COUNT) != 0)
        p->cost = trip * ROW_COST + looked * LOOK_COST + travelling;
}
