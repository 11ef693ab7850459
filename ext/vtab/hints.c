/* Asking the program of the running statement (hints.h). */
#include "vtab/hints.h"
#include "sqlgen/judge.h"

#include <string.h>

#define ROWS_ABOVE 1000 /* no estimate is less, and fewer are read as soon as a program */
#define EXTREMES_ENDS 16
#define EXTREMES_VALUES 60
#ifdef BINDS_PAIRS_AT_ONCE /* for tests */
#define PAIRS_ABOVE 0
#else
#define PAIRS_ABOVE ROWS_ABOVE
#endif

int hints_extremes(struct cursor *c, struct err *err)
{
    const unsigned others = PLAN_COUNT | PLAN_LIMIT | PLAN_FEW;
    const struct plan *p = &c->plan;
    struct plan_context context;
    int values = 0, ends;
    if (p->fetch == 0 || p->norder > 0 || (p->flags & others) != 0 || p->rows <= ROWS_ABOVE ||
        !c->exact || c->for_write) {
        c->extremes = (struct plan_extremes){0, 0};
        return SQLITE_OK;
    }
    if (c->extremes_known)
        return SQLITE_OK;
    c->extremes_known = true;
    for (int i = 0; i < p->nterms; i++)
        values += 1 + c->terms[i].nlist;
    if (!extremes_find(c->table->binds, c->idx_str, &c->extremes))
        c->extremes = (struct plan_extremes){0, 0};
    if ((c->extremes.lowest | c->extremes.highest) == 0)
        return SQLITE_OK;
    int rc = cursor_context(c->table, c->bind, &context, err);
    if (rc != SQLITE_OK)
        return rc;
    ends = plan_ends(&context, p, &c->extremes);
    if (ends == 0 || ends > EXTREMES_ENDS || ends * values > EXTREMES_VALUES)
        c->extremes = (struct plan_extremes){0, 0};
    return SQLITE_OK;
}

/* Once per statement: of the table's scans, all of which make these comparisons. */
static int find_tested(struct cursor *c, struct err *err)
{
    struct plan_context context;
    c->tested_known = true;
    tested_find(c->table->binds, &c->table->base, &c->tested);
    if (c->tested.n == 0)
        return SQLITE_OK;
    int rc = cursor_context(c->table, c->bind, &context, err);
    if (rc == SQLITE_OK)
        pairs_choose(&context, &c->tested);
    else
        c->tested.n = 0;
    return rc;
}

/* Not of scans whose rows are to be changed, counted or passed over unread. */
int hints_pairs(struct cursor *c, struct err *err)
{
    const unsigned others = PLAN_COUNT | PLAN_LIMIT | PLAN_OFFSET | PLAN_SKIP | PLAN_FEW;
    const struct plan *p = &c->plan;
    bool asks = (p->flags & others) == 0 && p->rows > PAIRS_ABOVE && !c->for_write;
    if (!asks && c->pairs.n == 0)
        return SQLITE_OK;
    struct pairs before = c->pairs;
    int rc = asks && !c->tested_known ? find_tested(c, err) : SQLITE_OK;
    c->pairs = asks ? c->tested : (struct pairs){.n = 0};
    if (!pairs_equal(&before, &c->pairs))
        c->probe = NULL; /* what was noted is about other rows */
    return rc;
}

/* Another text for the plan where the server leaves rows away that it would deliver otherwise, or locks them: what a scan
** has kept that locked nothing is no answer to one that is to. */
static char *other_plan(const struct cursor *c)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, c->idx_str);
    if (c->for_write)
        sqlite3_str_appendall(out, " locked");
    for (int i = 0; i < c->pairs.n; i++) {
        const struct pair *p = &c->pairs.at[i];
        sqlite3_str_appendf(out, " %d %s %d", p->left, judge_operator(p->op), p->right);
    }
    return sqlite3_str_finish(out);
}

struct probe *hints_probe(struct cursor *c)
{
    struct probe *p = c->probe != NULL ? probe_again(c->bind, c->probe, c->probe_id) : NULL;
    if (p == NULL) {
        bool other = c->pairs.n > 0 || c->for_write;
        char *text = other ? other_plan(c) : NULL;
        if (!other)
            p = probe_of(c->bind, c->idx_str, c->idx_len);
        else if (text != NULL)
            p = probe_of(c->bind, text, strlen(text));
        sqlite3_free(text);
        c->probe = p;
        c->probe_id = p != NULL ? p->id : 0;
    }
    return p;
}
