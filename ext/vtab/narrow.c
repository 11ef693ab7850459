/* Columns of a scan, and those that it can do without (narrow.h). */
#include "vtab/narrow.h"
#include "session/scans.h"

#define LONG_VALUE 255    /* characters or bytes */
#define CHANGED_ABOVE 100 /* rows: to change them takes longer than to read a program */
#define ROWS_ABOVE 1000   /* no estimate is less, and fewer are read as soon as a program */

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

/* As in colUsed. */
static sqlite3_uint64 column_bit(int column)
{
    return 1ull << (column < PLAN_COLUMN_BITS ? column : PLAN_COLUMN_BITS);
}

/* What tells a row from others when it is changed. */
static sqlite3_uint64 identity_bits(const struct cursor *c)
{
    const struct identity *declared = &c->table->declared.identity;
    sqlite3_uint64 bits = c->plan.spare;
    for (int i = 0; i < declared->ncolumns; i++)
        bits |= column_bit(declared->columns[i]);
    if ((c->plan.flags & PLAN_KEY) == 0 || c->identity.source == IDENTITY_ENGINE)
        return bits;
    if (c->identity.source == IDENTITY_VALUES)
        return ~0ull;
    for (int i = 0; i < identity_values(&c->identity); i++)
        bits |= column_bit(identity_column(&c->identity, i));
    return bits;
}

static bool can_be_long(const struct type *t)
{
    switch (t->id) {
    case CT_OTHER:
    case CT_TEXT:
    case CT_BLOB:
    case CT_JSON:
    case CT_JSONB:
        return true;
    case CT_VARCHAR:
    case CT_CHAR:
    case CT_VARBINARY:
    case CT_BINARY:
        return t->length == 0 || t->length > LONG_VALUE;
    default:
        return false;
    }
}

/* Does it pay to look whether these columns are read? */
static bool matters(const struct cursor *c, sqlite3_uint64 columns)
{
    bool found = columns != 0 && c->plan.rows > CHANGED_ABOVE;
    for (int i = 0; i < c->table->model->ncolumns && !found; i++)
        found = (columns & column_bit(i)) != 0 && can_be_long(&c->table->model->columns[i].type);
    return found;
}

/* A scan of a statement that changes something. */
static int begin_change(struct cursor *c, struct err *err)
{
    const unsigned others = PLAN_COUNT | PLAN_LIMIT | PLAN_OFFSET | PLAN_SKIP;
    const struct plan *p = &c->plan;
    sqlite3_uint64 columns = p->fetch & ~identity_bits(c), read;
    if ((p->flags & others) != 0 || ((p->flags & PLAN_PEEK) != 0 && !c->for_write) || c->early ||
        c->fetches_all || !matters(c, columns) ||
        !scans_columns(c->table->binds, c->idx_str, &read))
        return SQLITE_OK;
    columns &= ~read;
    return columns != p->fetch ? change(c, columns, err) : SQLITE_OK;
}

int narrow_begin(struct cursor *c, struct err *err)
{
    const unsigned others =
        PLAN_COUNT | PLAN_LIMIT | PLAN_OFFSET | PLAN_SKIP | PLAN_FEW | PLAN_PEEK;
    const struct plan *p = &c->plan;
    sqlite3_uint64 columns, read;
    bool alone = c->older == NULL && c->newer == NULL;
    if (!alone && c->run_flags != 0) /* it may run again and again */
        return SQLITE_OK;
    if (c->may_leave)
        return begin_change(c, err);
    if ((p->flags & PLAN_COUNT_LATER) !=
        0) /* a newer host names the key whether it reads it or not */
        c->no_count =
            c->no_count || (!c->early && scans_columns(c->table->binds, c->idx_str, &read) &&
                            (read & p->fetch) != 0);
    if ((p->flags & others) != 0 || p->rows <= ROWS_ABOVE || c->early || c->fetches_all)
        return SQLITE_OK;
    columns = perhaps_unread(p);
    if (columns == 0 || !scans_columns(c->table->binds, c->idx_str, &read))
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
