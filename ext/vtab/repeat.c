/* Repeating a run (repeat.h). */
#include "vtab/repeat.h"
#include "vtab/inner.h"
#include "vtab/variant.h"

/* ---- the statement ------------------------------------------------------------------------------------- */

bool repeat_seen(const struct cursor *c, const char *idx_str)
{
    return c->statement.plan == idx_str && c->statement.planned == c->table->binds->planned;
}

void repeat_decoded(struct cursor *c, const char *idx_str, const struct dialect *d)
{
    c->statement.plan = idx_str[0] != '\0' ? idx_str : NULL;
    c->statement.planned = c->table->binds->planned;
    c->statement.dialect = d->name;
    c->statement.lone = false;
}

bool repeat_is_lone(struct cursor *c, const struct conn *conn, bool seen)
{
    struct binds *owner = c->table->binds;
    if ((c->plan.flags & PLAN_FEW) == 0 || owner->open_cursors != 1 || c->may_leave ||
        owner->txn.state != TXN_NONE || conn->in_transaction || !sqlite3_get_autocommit(owner->db))
        return false;
    if (c->statement.lone)
        return true;
    if (scans_repeat(owner))
        return false;
    c->statement.lone = seen && scans_reader(owner->db) != NULL;
    c->statement.planned = owner->planned; /* its program may have been asked for */
    return true;
}

/* ---- one run after another ------------------------------------------------------------------------------ */

void repeat_note(struct cursor *c)
{
    const unsigned others = PLAN_COUNT | PLAN_LIMIT | PLAN_PEEK | PLAN_OFFSET | PLAN_SKIP;
    c->was_exact = c->exact;
    c->repeats = (c->plan.flags & others) == 0 && !c->early && !c->for_write && !c->may_leave &&
                 !c->narrow && (c->bind->conn->caps & CAP_MANY_ROWS) != 0;
    for (int i = 0; i < c->plan.nterms && c->repeats; i++)
        c->repeats = c->plan.terms[i].op != OP_IN; /* a list lies elsewhere in each run */
}

bool repeat_possible(const struct cursor *c, const char *idx_str)
{
    return c->repeats && c->statement.plan == idx_str && bind_may_read_again(c->bind, &c->rows);
}

/* Is what the values leave to the server the same as in the text that was sent? */
static bool same_text(const struct cursor *c)
{
    return c->exact == c->was_exact && variant_same_terms(c->sent, c->terms, c->plan.nterms);
}

int repeat_run(struct cursor *c, bool *sent, struct err *err)
{
    *sent = same_text(c) && inner_runs_on(c);
    if (!*sent)
        return SQLITE_OK;
    c->phase = PHASE_ROWS;
    if (c->wanted) /* the first row is kept, with others */
        return bind_read_again(c->bind, c->what, c->args, c->sent->nplaces, &c->rows, err);
    return bind_read_to_row(c->bind, c->what, c->args, c->sent->nplaces, &c->rows, err);
}
