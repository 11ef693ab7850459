/* Columns of a scan, and those that it can do without (narrow.h). */
#include "vtab/narrow.h"
#include "session/scans.h"

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

/* The spare columns are the whole key, the hidden one with it. */
static int change(struct cursor *c, bool narrow, struct err *err)
{
    if (c->narrow == narrow)
        return SQLITE_OK;
    c->narrow = narrow;
    c->plan.fetch ^= c->plan.spare;
    if (c->table->key_column >= 0)
        c->plan.flags ^= PLAN_KEY;
    c->probe = NULL;
    int rc = cursor_positions(c, err);
    if (rc != SQLITE_OK) { /* the next run decodes the plan again */
        sqlite3_free(c->idx_str);
        c->idx_str = NULL;
    }
    return rc;
}

int narrow_begin(struct cursor *c, struct err *err)
{
    sqlite3_uint64 read;
    bool alone = c->older == NULL && c->newer == NULL;
    if (c->plan.spare == 0 || !alone || c->early || c->for_write || c->may_leave ||
        c->fetches_all || !scans_columns(c->table->binds, c->idx_str, &read) ||
        (read & c->plan.spare) != 0)
        return SQLITE_OK;
    return change(c, true, err);
}

int narrow_end(struct cursor *c, struct err *err)
{
    return change(c, false, err);
}
