/* The program is asked once per opened cursor, and only when a number meets a column of texts, which is rare, or a range
** of it ends at a bound text that could stand among numbers.  Of slices, texts need no care, for they are compared alike under each affinity that lets them be. */
#include "vtab/recheck.h"

static bool may_be_slice(const struct cursor *c, int i, sqlite3_value *v)
{
    const struct plan_term *t = &c->plan.terms[i];
    int type = sqlite3_value_type(v);
    return c->rhs[i].outcome == RHS_DROP && t->op == OP_EQ && !t->literal &&
           (type == SQLITE_INTEGER || type == SQLITE_FLOAT);
}

static int ask_program(struct cursor *c)
{
    struct slice_argument of_argument[SLICES_MAX];
    int n = 0;
    if (c->slices_known)
        return SQLITE_OK;
    for (int k = 0; k < c->plan.nterms; k++)
        n = c->plan.terms[k].argv >= n ? c->plan.terms[k].argv + 1 : n;
    if (slices_find(c->table->binds, c->idx_str, n, of_argument) != SQLITE_OK)
        return SQLITE_NOMEM;
    for (int k = 0; k < c->plan.nterms; k++)
        c->slices[k] = of_argument[c->plan.terms[k].argv];
    c->slices_known = true;
    return SQLITE_OK;
}

int recheck_range(struct cursor *c, int i, struct err *err)
{
    if (ask_program(c) != SQLITE_OK)
        return err_nomem(err);
    if (!c->slices[i].bare)
        rhs_allow_numbers(&c->rhs[i]);
    return SQLITE_OK;
}

int recheck_note(struct cursor *c, int i, sqlite3_value *v, bool *none, struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    if (!may_be_slice(c, i, v))
        return SQLITE_OK;
    if (ask_program(c) != SQLITE_OK)
        return err_nomem(err);
    if (c->slices[i].slice == SLICE_UNKNOWN)
        return err_set(err, SQLITE_ERROR,
                       "a number is compared with the text column %s in a row value IN, under an "
                       "affinity that cannot be known here: compare CAST(column AS …)",
                       c->table->model->columns[t->column].name);
    if (c->slices[i].slice == SLICE_NUMERIC)
        c->as_number |= 1ull << i;
    *none = *none || (c->slices[i].slice == SLICE_PLAIN && t->rule.affinity == AFF_TEXT);
    return SQLITE_OK;
}

/* For a recheck that compares with that number as texts: the number itself if the column's value is equal to it as
** numbers are, and NULL if not. */
static void decide(const struct cell *number, struct cell *cell)
{
    cell_fit_comparison(cell);
    *cell = cell->cls != CELL_NULL && cell_compare(cell, number) == 0 ? *number : cell_null();
}

/* The first readers of a row are the rechecks of slices, in the order of the terms. */
void recheck_fit(struct cursor *c, int column, struct cell *cell)
{
    if (c->rechecked_row != c->row)
        c->rechecked = 0;
    c->rechecked_row = c->row;
    for (int i = 0; i < c->plan.nterms; i++) {
        sqlite3_uint64 bit = 1ull << i;
        if (c->slices[i].slice == SLICE_NOT || c->plan.terms[i].column != column ||
            (c->rechecked & bit) != 0)
            continue;
        c->rechecked |= bit;
        if ((c->as_number & bit) != 0)
            decide(&c->fitted[i].value, cell);
        return;
    }
}
