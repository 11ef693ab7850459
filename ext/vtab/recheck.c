/* Which terms of a run are slices is asked only when a number meets a column of texts: that is rare, and then asked
** once per opened cursor.  Texts need no care, for they are compared alike under each affinity that lets them be. */
#include "vtab/recheck.h"

static bool may_be_slice(const struct cursor *c, int i, sqlite3_value *v)
{
    const struct plan_term *t = &c->plan.terms[i];
    int type = sqlite3_value_type(v);
    return c->rhs[i].outcome == RHS_DROP && t->op == OP_EQ && !t->literal &&
           (type == SQLITE_INTEGER || type == SQLITE_FLOAT);
}

int recheck_note(struct cursor *c, int i, int argc, sqlite3_value *v, bool *none, struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    enum slice of_argument[SLICES_MAX];
    if (!may_be_slice(c, i, v))
        return SQLITE_OK;
    if (!c->slices_known) {
        if (slices_find(c->table->binds, c->idx_str, argc, of_argument) != SQLITE_OK)
            return err_nomem(err);
        for (int k = 0; k < c->plan.nterms; k++)
            c->slices[k] = of_argument[c->plan.terms[k].argv];
        c->slices_known = true;
    }
    if (c->slices[i] == SLICE_UNKNOWN)
        return err_set(err, SQLITE_ERROR,
                       "a number is compared with the text column %s in a row value IN, under an "
                       "affinity that cannot be known here: compare CAST(column AS …)",
                       c->table->model->columns[t->column].name);
    if (c->slices[i] == SLICE_NUMERIC)
        c->as_number |= 1ull << i;
    *none = *none || (c->slices[i] == SLICE_PLAIN && t->rule.affinity == AFF_TEXT);
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
        if (c->slices[i] == SLICE_NOT || c->plan.terms[i].column != column ||
            (c->rechecked & bit) != 0)
            continue;
        c->rechecked |= bit;
        if ((c->as_number & bit) != 0)
            decide(&c->fitted[i].value, cell);
        return;
    }
}
