/* Repeating a run (repeat.h). */
#include "vtab/repeat.h"
#include "vtab/inner.h"

void repeat_note(struct cursor *c, const char *idx_str)
{
    const unsigned others = PLAN_COUNT | PLAN_LIMIT | PLAN_PEEK | PLAN_OFFSET | PLAN_SKIP;
    c->asked_by = idx_str;
    c->was_exact = c->exact;
    c->repeats = (c->plan.flags & others) == 0 && !c->early && !c->for_write && !c->may_leave &&
                 !c->narrow && (c->bind->conn->caps & CAP_MANY_ROWS) != 0;
    for (int i = 0; i < c->plan.nterms && c->repeats; i++)
        c->repeats = c->plan.terms[i].op != OP_IN; /* a list lies elsewhere in each run */
}

bool repeat_possible(const struct cursor *c, const char *idx_str)
{
    return c->repeats && c->asked_by == idx_str && bind_may_read_again(c->bind, &c->rows);
}

/* Is what the values leave to the server the same as in the text that was sent? */
static bool same_text(const struct cursor *c)
{
    for (int i = 0; i < c->plan.nterms; i++) {
        const struct select_term *a = &c->sent->terms[i], *b = &c->terms[i];
        if (a->outcome != b->outcome || a->op != b->op || a->nlist != b->nlist)
            return false;
    }
    return c->exact == c->was_exact;
}

int repeat_run(struct cursor *c, bool *sent, struct err *err)
{
    *sent = same_text(c) && inner_runs_on(c);
    if (!*sent)
        return SQLITE_OK;
    c->phase = PHASE_ROWS;
    return bind_read_again(c->bind, c->what, c->args, c->sent->nplaces, &c->rows, err);
}
