/* What the values of a run are (run_values.h). */
#include "vtab/run_values.h"

void run_values_write(struct cursor *c)
{
    buf_reset(&c->run_values);
    for (int i = 0; i < c->plan.nterms; i++) {
        unsigned char head[2] = {(unsigned char)c->rhs[i].outcome, 0};
        c->run_at[i] = (unsigned)c->run_values.len;
        if (c->rhs[i].outcome != RHS_SEND) {
            buf_add(&c->run_values, head, sizeof head);
            continue;
        }
        head[1] = (unsigned char)c->rhs[i].op;
        buf_add(&c->run_values, head, sizeof head);
        if (c->plan.terms[i].op == OP_IN) {
            for (int k = 0; k < c->nlists[i]; k++)
                keycode_add(&c->run_values, &c->lists[i][k]);
        } else if (c->plan.terms[i].op != OP_ISNULL && c->plan.terms[i].op != OP_NOTNULL) {
            keycode_add(&c->run_values, &c->rhs[i].value);
        }
    }
    c->run_at[c->plan.nterms] = (unsigned)c->run_values.len;
}

/* A value from neither a literal nor a parameter: it may be another one in a next run. */
static bool may_vary(const struct cursor *c, int i)
{
    const struct plan_term *t = &c->plan.terms[i];
    return !t->literal && t->op != OP_IN && t->op != OP_ISNULL && t->op != OP_NOTNULL &&
           t->argv < c->argc && !sqlite3_value_frombind(c->argv[t->argv]);
}

int run_values_vary_from(const struct cursor *c, int i)
{
    while (i < c->plan.nterms && !may_vary(c, i))
        i++;
    return i;
}

bool run_values_key(const struct cursor *c, int i)
{
    const struct plan_term *t = &c->plan.terms[i];
    const struct rhs *rhs = &c->rhs[i];
    bool text = t->rule.domain == DOMAIN_TEXT && rhs->value.cls == CELL_TEXT;
    if (rhs->outcome != RHS_SEND || rhs->op != OP_EQ || (t->op != OP_EQ && t->op != OP_IS) ||
        c->position[t->column] < 0)
        return false;
    return text || (t->exact && rhs->exact);
}
