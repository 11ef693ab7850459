/* The program is asked once per opened cursor, and only when a number meets a column of texts, which is rare, or a range
** of it ends at a bound text that could stand among numbers.  Of slices, texts need no care, for they are compared alike under each affinity that lets them be. */
#include "vtab/recheck.h"
#include "session/statement.h"

static bool may_be_slice(const struct cursor *c, int i, sqlite3_value *v)
{
    const struct plan_term *t = &c->plan.terms[i];
    int type = sqlite3_value_type(v);
    return c->rhs[i].outcome == RHS_DROP && t->op == OP_EQ && !t->literal &&
           (type == SQLITE_INTEGER || type == SQLITE_FLOAT);
}

static bool is_one(unsigned kinds)
{
    return (kinds & (kinds - 1)) == 0;
}

/* If it is not known whether a term reads the column before others do, it is not known either which read is theirs. */
static void spread_doubt(struct cursor *c, int i)
{
    for (int k = 0; k < c->plan.nterms && !is_one(c->slices[i].kinds); k++) {
        if (c->plan.terms[k].column == c->plan.terms[i].column && c->slices[k].kinds != SLICE_NOT)
            c->slices[k].kinds |= c->slices[i].kinds;
    }
}

static int ask_program(struct cursor *c)
{
    struct slice_argument of_argument[SLICES_MAX];
    struct slices_scan scan = {&c->table->base, c->idx_str, &c->plan, c->dialect, 0, 0};
    for (int k = 0; k < c->plan.nterms; k++) {
        int i = c->plan.terms[k].argv;
        scan.nargs = i >= scan.nargs ? i + 1 : scan.nargs;
        if (i < SLICES_MAX && i < c->argc && sqlite3_value_frombind(c->argv[i]))
            scan.bound |= 1ull << i;
    }
    if (c->slices_known && c->slices_bound == scan.bound)
        return SQLITE_OK;
    if (slices_find(c->table->binds, &scan, of_argument) != SQLITE_OK)
        return SQLITE_NOMEM;
    for (int k = 0; k < c->plan.nterms; k++)
        c->slices[k] = of_argument[c->plan.terms[k].argv];
    for (int k = 0; k < c->plan.nterms; k++)
        spread_doubt(c, k);
    c->slices_bound = scan.bound;
    c->slices_known = true;
    return SQLITE_OK;
}

bool recheck_alone(struct cursor *c, const struct plan_term *t)
{
    if (c->plan.outer == 0 || !plan_is_auxiliary(t->op))
        return false;
    if (!c->outer_known)
        c->outer = outer_possible(c->table->binds, c->plan.outer);
    c->outer_known = true;
    return c->outer;
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
    unsigned kinds = c->slices[i].kinds;
    if (!is_one(kinds))
        c->unsure |= 1ull << i;
    else if (kinds == SLICE_NUMERIC)
        c->as_number |= 1ull << i;
    *none = *none || (kinds == SLICE_PLAIN && t->rule.affinity == AFF_TEXT);
    return SQLITE_OK;
}

/* For a recheck that compares with that number as texts: the number itself if the column's value is equal to it as
** numbers are, and NULL if not. */
static void decide(const struct cell *number, struct cell *cell)
{
    cell_fit_comparison(cell);
    *cell = cell->cls != CELL_NULL && cell_compare(cell, number) == 0 ? *number : cell_null();
}

/* Is a text what each kind of recheck that term i may have wants to read?  That of the column's affinity finds the
** number's own text only; as numbers others are equal to it as well; a number that stays one is equal to no text. */
static bool suits_all(const struct cursor *c, int i, const struct cell *cell)
{
    const struct cell *number = &c->fitted[i].value;
    char scratch[CELL_SCRATCH];
    struct cell own = *number, value = *cell;
    cell_fit_comparison(&value);
    if (cell->cls != CELL_TEXT || value.cls == CELL_TEXT || cell_compare(&value, number) != 0)
        return true;
    cell_fit(&own, c->plan.terms[i].rule.affinity, scratch);
    bool found = own.cls == CELL_TEXT && cell_compare(cell, &own) == 0;
    return ((c->slices[i].kinds & SLICE_NUMERIC) == 0 || found) &&
           ((c->slices[i].kinds & SLICE_PLAIN) == 0 || own.cls != CELL_TEXT);
}

/* The first readers of a row are the rechecks of slices, in the order of the terms. */
int recheck_fit(struct cursor *c, int column, struct cell *cell, struct err *err)
{
    if (c->rechecked_row != c->row)
        c->rechecked = 0;
    c->rechecked_row = c->row;
    for (int i = 0; i < c->plan.nterms; i++) {
        if ((c->unsure & 1ull << i) != 0 && c->plan.terms[i].column == column &&
            !suits_all(c, i, cell))
            return err_set(err, SQLITE_ERROR,
                           "a number is compared with the text column %s in a row value IN, under "
                           "an affinity that cannot be known here: compare CAST(column AS …)",
                           c->table->model->columns[column].name);
    }
    for (int i = 0; i < c->plan.nterms; i++) {
        sqlite3_uint64 bit = 1ull << i;
        if (c->slices[i].kinds == SLICE_NOT || !is_one(c->slices[i].kinds) ||
            c->plan.terms[i].column != column || (c->rechecked & bit) != 0)
            continue;
        c->rechecked |= bit;
        if ((c->as_number & bit) != 0)
            decide(&c->fitted[i].value, cell);
        break;
    }
    return SQLITE_OK;
}

int recheck_key(const struct cursor *c, int column, struct err *err)
{
    const struct identity *identity = &c->table->declared.identity;
    if (identity->form != KEY_FORM_COLUMN || identity->columns[0] != column ||
        !statement_may_change(c->table->binds, &c->table->declared))
        return SQLITE_OK;
    return err_set(err, SQLITE_CONSTRAINT_NOTNULL,
                   "a row has NULL in %s, which is declared here as a key that has none: leave "
                   "PRIMARY KEY or NOT NULL out of the declaration",
                   c->table->model->columns[column].name);
}
