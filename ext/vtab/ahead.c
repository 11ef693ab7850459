/* Guessing where keys come from, and reading on (ahead.h). */
#include "vtab/ahead.h"

#include <string.h>

#define SEARCHES 64              /* in vain: no other one */
#ifdef BINDS_AHEAD_AT_ONCE      /* for tests */
#define HITS 0
#define FIRST_ROWS 2
#else
#define HITS 3                   /* so often the guess must have been right */
#define FIRST_ROWS 32            /* read on at first; each time twice as many */
#endif
#define MOST_ROWS 1024
#define AHEAD_MEMORY ((size_t)1024 * 1024)

void ahead_opened(struct cursor *c)
{
    struct binds *owner = c->table->binds;
    c->older = owner->cursors;
    c->newer = NULL;
    if (owner->cursors != NULL)
        owner->cursors->newer = c;
    owner->cursors = c;
    c->source = NULL;
    c->source_hits = c->source_searches = 0;
    c->wanted = c->reads_on = false;
    c->ahead_rows = FIRST_ROWS;
    c->ahead_budget = (struct keystore_budget){.limit = AHEAD_MEMORY};
}

void ahead_closed(struct cursor *c)
{
    struct binds *owner = c->table->binds;
    *(c->newer != NULL ? &c->newer->older : &owner->cursors) = c->older;
    if (c->older != NULL)
        c->older->newer = c->newer;
    for (struct cursor *other = owner->cursors; other != NULL; other = other->older) {
        if (other->source == c)
            other->source = NULL;
    }
}

/* ---- where the key comes from ------------------------------------------------------------------------ */

static bool has_row(const struct cursor *o)
{
    return o->idx_str != NULL && (o->phase == PHASE_ROWS || (o->phase == PHASE_KEPT && o->kept.store != NULL));
}

/* Does that column of the current row have the value of term i? */
static bool matches(const struct cursor *c, int i, struct cursor *o, int column)
{
    char scratch[CELL_SCRATCH];
    struct cell cell;
    struct err err;
    err_clear(&err);
    return has_row(o) && column < o->table->model->ncolumns && o->position[column] >= 0 &&
           cursor_column(o, column, scratch, &cell, &err) == SQLITE_OK && cell.cls != CELL_NULL &&
           cell_compare(&cell, &c->fitted[i].value) == 0;
}

void ahead_watch(struct cursor *c, int i)
{
    if (!c->fitted[i].known)
        return;
    if (c->source != NULL && matches(c, i, c->source, c->source_column)) {
        c->source_hits++;
        return;
    }
    c->source = NULL;
    c->source_hits = 0;
    if (c->source_searches > SEARCHES)
        return;
    c->source_searches++;
    for (struct cursor *o = c->table->binds->cursors; o != NULL; o = o->older) {
        for (int k = 0; o != c && has_row(o) && k < o->table->model->ncolumns; k++) {
            if (!matches(c, i, o, k))
                continue;
            c->source = o;
            c->source_column = k;
            return;
        }
    }
}

/* One more key, if it is one that the term sends as an equality. */
static int add_key(struct cursor *c, int i, const struct cell *value, struct cell *keys, int *n, struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    struct rhs rhs;
    if (rhs_fit(&t->rule, t->op, value, NULL, &rhs) != SQLITE_OK)
        return err_nomem(err);
    if (rhs.outcome != RHS_SEND || rhs.op != OP_EQ || !rhs.exact)
        return SQLITE_OK;
    return cell_copy(&rhs.value, &c->values, &keys[(*n)++]) == SQLITE_OK ? SQLITE_OK : err_nomem(err);
}

int ahead_keys(struct cursor *c, int i, int most, struct cell **keys, int *n, struct err *err)
{
    struct cursor *o = c->source;
    struct keystore_scan peek = {.store = NULL};
    char scratch[CELL_SCRATCH];
    *n = 0;
    if (o == NULL || c->source_hits < HITS)
        return SQLITE_OK;
    o->wanted = true;
    if (o->phase != PHASE_KEPT || most < 2)
        return SQLITE_OK;
    *keys = arena_alloc(&c->values, (size_t)most * sizeof **keys);
    if (*keys == NULL)
        return err_nomem(err);
    int rc = cell_copy(&c->rhs[i].value, &c->values, &(*keys)[(*n)++]) == SQLITE_OK ? SQLITE_OK : err_nomem(err);
    if (rc == SQLITE_OK)
        rc = keystore_peek(&o->kept, &peek, err);
    while (rc == SQLITE_OK && *n < most && (rc = keystore_next(&peek, err)) == SQLITE_ROW) {
        struct cell cell = peek.cells[o->position[c->source_column]];
        cell_fit(&cell, rhs_affinity(&o->table->model->columns[c->source_column].type), scratch);
        rc = add_key(c, i, &cell, *keys, n, err);
    }
    keystore_scan_clear(&peek);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- reading on -------------------------------------------------------------------------------------- */

static int read_on(struct cursor *c, struct keystore *s, struct cell *cells, struct err *err)
{
    int rc = SQLITE_OK;
    for (int n = 0; n < c->ahead_rows && rc == SQLITE_OK; n++) {
        rc = bind_rows_next(c->bind, c->what, &c->rows, err);
        if (rc != SQLITE_ROW)
            break;
        rc = cursor_rows_cells(c, cells, err);
        if (rc == SQLITE_OK)
            rc = keystore_add(s, cells, err);
    }
    if (rc == SQLITE_FULL && err->rc == SQLITE_OK)
        return err_nomem(err);
    if (rc == SQLITE_DONE) {
        rows_finish(&c->rows);
        c->reads_on = false;
        rc = SQLITE_OK;
    }
    return rc;
}

int ahead_read(struct cursor *c, struct err *err)
{
    struct cell *cells = sqlite3_malloc64((size_t)(c->rows_columns + 1) * sizeof *cells);
    struct keystore *s = keystore_new(c->rows_columns, NULL, 0, &c->ahead_budget);
    int rc = cells != NULL && s != NULL ? SQLITE_OK : err_nomem(err);
    c->reads_on = true;
    if (rc == SQLITE_OK)
        rc = read_on(c, s, cells, err);
    if (rc == SQLITE_OK)
        rc = keystore_seal(s, err);
    if (rc == SQLITE_OK)
        rc = keystore_find(s, NULL, &c->kept, err);
    if (rc == SQLITE_OK) {
        c->phase = PHASE_KEPT;
        rc = keystore_next(&c->kept, err);
    }
    keystore_release(s);
    sqlite3_free(cells);
    c->ahead_rows = c->ahead_rows < MOST_ROWS ? c->ahead_rows * 2 : MOST_ROWS;
    return rc;
}
