/* Columns of a scan, and those that it can do without (narrow.h). */
#include "vtab/narrow.h"
#include "session/scans.h"

#define ROWS_ABOVE 1000 /* no estimate is less, and fewer are read as soon as a program */

int cursor_positions(struct cursor *c, struct err *err)
{
    int n = c->table->model->ncolumns, next = 0;
    struct plan_context context;
    if (c->position == NULL) {
        c->position = sqlite3_malloc64((size_t)(n + 1) * (sizeof *c->position + 1));
        if (c->position == NULL)
            return err_nomem(err);
        c->affinity = (unsigned char *)(c->position + n + 1);
    }
    for (int i = 0; i < n; i++) {
        c->position[i] = (short)(plan_fetches(&c->plan, i) ? next++ : -1);
        c->affinity[i] = (unsigned char)rhs_affinity(&c->table->model->columns[i].type);
    }
    c->position[n] = -1; /* the hidden key */
    c->affinity[n] = AFF_BLOB;
    c->engine_position = -1;
    c->rows_columns = next;
    if ((c->plan.flags & PLAN_KEY) == 0)
        return SQLITE_OK;
    int rc = cursor_context(c->table, c->bind, &context, err);
    if (rc != SQLITE_OK)
        return rc;
    plan_identity(&context, &c->identity);
    c->identity.remote = NULL; /* lives no longer than this callback */
    if (c->identity.source == IDENTITY_ENGINE) {
        c->engine_position = next;
        c->rows_columns += identity_values(&c->identity);
    }
    return SQLITE_OK;
}

/* With the spare columns, which are the whole key, goes the hidden one. */
static int change(struct cursor *c, sqlite3_uint64 narrow, struct err *err)
{
    if (c->narrow == narrow)
        return SQLITE_OK;
    c->plan.fetch ^= c->narrow ^ narrow;
    if (c->table->key_column >= 0 && ((c->narrow ^ narrow) & c->plan.spare) != 0)
        c->plan.flags ^= PLAN_KEY;
    c->narrow = narrow;
    c->probe = NULL;
    int rc = cursor_positions(c, err);
    if (rc != SQLITE_OK) { /* the next run decodes the plan again */
        sqlite3_free(c->idx_str);
        c->idx_str = NULL;
    }
    return rc;
}

/* Columns that SQLite names as used, although what it does with them may be the server's business alone. */
static sqlite3_uint64 perhaps_unread(const struct plan *p)
{
    sqlite3_uint64 columns = p->spare;
    for (int i = 0; i < p->nterms; i++)
        columns |= p->terms[i].column < PLAN_COLUMN_BITS ? 1ull << p->terms[i].column : 0;
    for (int i = 0; i < p->norder; i++)
        columns |= p->order[i].column < PLAN_COLUMN_BITS ? 1ull << p->order[i].column : 0;
    return columns & p->fetch;
}

int narrow_begin(struct cursor *c, struct err *err)
{
    const unsigned others =
        PLAN_COUNT | PLAN_LIMIT | PLAN_OFFSET | PLAN_SKIP | PLAN_FEW | PLAN_PEEK;
    const struct plan *p = &c->plan;
    sqlite3_uint64 columns = perhaps_unread(p), read;
    bool alone = c->older == NULL && c->newer == NULL;
    if (!alone && c->run_flags != 0) /* it may run again and again */
        return SQLITE_OK;
    if (columns == 0 || (p->flags & others) != 0 || p->rows <= ROWS_ABOVE || c->early ||
        c->for_write || c->may_leave || c->fetches_all ||
        !scans_columns(c->table->binds, c->idx_str, &read))
        return SQLITE_OK;
    if ((read & p->spare) != 0)
        columns &= ~p->spare;
    if ((p->flags & PLAN_KEY) != 0 && (columns & p->spare) == 0) /* the key is made of columns */
        return SQLITE_OK;
    columns &= ~(read & ~p->spare);
    return columns != p->fetch ? change(c, columns, err) : SQLITE_OK;
}

int narrow_end(struct cursor *c, struct err *err)
{
    return change(c, 0, err);
}
