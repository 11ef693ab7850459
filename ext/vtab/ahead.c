/* Guessing where keys come from, and reading on (ahead.h). */
#include "vtab/ahead.h"
#include "vtab/hints.h"
#include "vtab/inner.h"

#include <math.h>
#include <string.h>

#define SEARCHES 64        /* in vain: no other one */
#ifdef BINDS_AHEAD_AT_ONCE /* for tests */
#define HITS 0
#define HITS_TO_LOCK 0
#define FIRST_ROWS 2
#else
#define HITS 1 /* so often the guess must have been right; a wrong one costs a round trip … */
#define HITS_TO_LOCK 6 /* … or locks rows that nobody is to change */
#define FIRST_ROWS 32  /* read on at first; each time twice as many */
#endif
#ifdef BINDS_AHEAD_AT_ONCE /* for tests */
#define SCOUT_RUNS 1
#define SCOUT_US 0
#define SCOUT_FREE_US 1e18
#else
#define SCOUT_RUNS 2 /* and more, before a scout is sent … */
#define SCOUT_US 500 /* … that took so long, which is about what it takes */
#define SCOUT_FREE_US 0
#endif
#define SCOUT_EXPECTS 4    /* times as many keys as were known when the scout stopped */
#define LIST_KEYS 1024     /* that are asked for at once, at most … */
#define ARRAY_KEYS 4096    /* … as one array … */
#define SCOUTED_KEYS 16384 /* … of keys that are there already */
#define SCOUTED_SHARE 4    /* what these may cost, in multiples of what was spent before */
#define LIST_ROWS 20000.0  /* estimated, that they may find */
#define MOST_ROWS 1024
#define FAR_ROWS 8192 /* once, when it matters where the end is */
#define LEVELS 4      /* of tables whose rows give each other their keys */
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
    return o->idx_str != NULL &&
           (o->phase == PHASE_ROWS || (o->phase == PHASE_KEPT && o->kept.store != NULL));
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

static int hits_wanted(const struct cursor *c)
{
    return c->for_write ? HITS_TO_LOCK : HITS;
}

bool ahead_wants(const struct cursor *c)
{
    return c->source_hits < hits_wanted(c) && c->source_searches <= SEARCHES;
}

void ahead_watch(struct cursor *c, int i)
{
    if (!c->fitted[i].known)
        return;
    c->source_term = i;
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
            o->wanted = true; /* costs no round trip, so it need not be sure */
            return;
        }
    }
}

/* ---- rows that are still to come --------------------------------------------------------------------- */

/* The rows that the source of a cursor will deliver, as far as they are known: those that it has read on, and if
** it is an inner table itself whose rows are kept, those that belong to the coming rows of its own source. */
struct coming {
    struct cursor *o;
    struct keystore_scan scan;
    struct rhs key; /* of the scan, from a row one level further out */
    char scratch[CELL_SCRATCH];
};

struct prospect {
    struct coming level[LEVELS];
    int n;
    bool whole; /* no row is missing so far */
};

static void prospect_clear(struct prospect *p)
{
    for (int k = 0; k < p->n; k++)
        keystore_scan_clear(&p->level[k].scan);
}

/* From the source outwards, as long as each gets its keys from the next. */
static int prospect_open(struct prospect *p, struct cursor *source, struct err *err)
{
    int rc = SQLITE_OK;
    *p = (struct prospect){.whole = true};
    for (struct cursor *o = source;
         o != NULL && p->n < LEVELS && o->phase == PHASE_KEPT && rc == SQLITE_OK; o = o->source) {
        p->level[p->n].o = o;
        rc = keystore_peek(&o->kept, &p->level[p->n].scan, err);
        p->n++;
        if (!keystore_keyed(o->kept.store) || o->source_hits < HITS)
            break;
    }
    return rc;
}

/* The value of a column, as SQLite will hand it to term i of cursor c.  *fits: it is one that the term sends as an
** equality. */
static int as_key(const struct cursor *c, int i, struct coming *from, struct rhs *out, bool *fits,
                  struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    const struct cursor *o = from->o;
    struct cell cell = from->scan.cells[o->position[c->source_column]];
    cell_fit(&cell, rhs_affinity(&o->table->model->columns[c->source_column].type), from->scratch);
    if (rhs_fit(&t->rule, t->op, &cell, NULL, out) != SQLITE_OK)
        return err_nomem(err);
    *fits = out->outcome == RHS_SEND && out->op == OP_EQ && out->exact;
    return SQLITE_OK;
}

static int prospect_next(struct prospect *p, int k, struct err *err);

/* The kept rows of level k that belong to the next row further out. */
static int prospect_advance(struct prospect *p, int k, struct err *err)
{
    struct coming *inner = &p->level[k];
    struct cursor *o = inner->o;
    struct keystore *store = o->kept.store, *covered = NULL;
    bool fits = false;
    int rc;
    if (k + 1 >= p->n || !inner_covers(o, &covered)) {
        p->whole = p->whole && !o->reads_on && !keystore_keyed(store);
        return SQLITE_DONE;
    }
    while ((rc = prospect_next(p, k + 1, err)) == SQLITE_ROW) {
        rc = as_key(o, o->source_term, &p->level[k + 1], &inner->key, &fits, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!fits)
            continue;
        if (covered != NULL) {
            rc = keystore_find(covered, &inner->key.value, &inner->scan, err);
            if (rc == SQLITE_OK)
                rc = keystore_next(&inner->scan, err);
            if (rc == SQLITE_DONE)
                p->whole = false;
            if (rc == SQLITE_DONE)
                continue;
            if (rc != SQLITE_ROW)
                return rc;
        }
        return keystore_find(store, &inner->key.value, &inner->scan, err);
    }
    return rc;
}

static int prospect_next(struct prospect *p, int k, struct err *err)
{
    int rc;
    while ((rc = keystore_next(&p->level[k].scan, err)) == SQLITE_DONE) {
        rc = prospect_advance(p, k, err);
        if (rc != SQLITE_OK)
            break;
    }
    return rc;
}

/* The keys of coming rows; rows with the same one mostly follow each other. */
static int add_keys(struct cursor *c, int i, int most, struct cell *keys, int *n, bool *whole,
                    struct err *err)
{
    struct prospect p;
    bool fits = false;
    int rc = prospect_open(&p, c->source, err);
    while (rc == SQLITE_OK && *n < most && (rc = prospect_next(&p, 0, err)) == SQLITE_ROW) {
        struct rhs rhs;
        rc = as_key(c, i, &p.level[0], &rhs, &fits, err);
        if (rc != SQLITE_OK || !fits || cell_compare(&rhs.value, &keys[*n - 1]) == 0)
            continue;
        rc = cell_copy(&rhs.value, &c->values, &keys[*n]) == SQLITE_OK ? SQLITE_OK : err_nomem(err);
        *n += rc == SQLITE_OK;
    }
    *whole = rc == SQLITE_DONE && p.whole;
    prospect_clear(&p);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Of keys that nobody may ever ask for no more than what costs a few times what was spent so far. */
int ahead_most(const struct cursor *c, const struct probe *p, int i)
{
    bool array = c->bind->conn->dialect->array_form[c->plan.terms[i].rule.arg] != NULL;
    double most = LIST_KEYS;
    if (array)
        most = c->source != NULL ? ARRAY_KEYS : SCOUTED_KEYS;
    if (c->source == NULL)
        most = fmin(most, fmax(FIRST_ROWS, SCOUTED_SHARE * probe_cost(p) / probe_key_us(p)));
    return (int)fmin(most, fmax(1, LIST_ROWS / c->plan.rows));
}

/* No row of another cursor has the key.  A second run has a price of its own, which the runs so far must have been
** worth; and so must what SQLite, or the application, does besides, which would be done once more. */
static int scouted_keys(struct cursor *c, int i, int most, struct cell **keys, int *n, bool *whole,
                        struct err *err)
{
    struct probe *p = hints_probe(c);
    struct scout_scan scan = {.vtab = c->base.pVtab,
                              .text = c->idx_str,
                              .plan = &c->plan,
                              .dialect = c->dialect,
                              .term = i,
                              .locks = c->for_write};
    if (p == NULL)
        return err_nomem(err);
    double spent = probe_cost(p);
    double others = (double)(trace_clock_us() - p->began_us) - p->waited_us;
    if (p->runs < SCOUT_RUNS || spent < SCOUT_US ||
        (p->scout == NULL && others > spent + SCOUT_FREE_US))
        return SQLITE_OK;
    int rc = scout_keys(c->table->binds, &p->scout, &scan, &c->rhs[i].value, spent + SCOUT_FREE_US,
                        most, keys, n, whole);
    if (rc == SQLITE_INTERRUPT)
        return err_set(err, rc, "interrupted");
    if (rc == SQLITE_ABORT_ROLLBACK)
        return txn_undone(err);
    return rc == SQLITE_OK ? SQLITE_OK : err_nomem(err);
}

int ahead_keys(struct cursor *c, int i, int most, struct cell **keys, int *n, bool *whole,
               struct err *err)
{
    struct cursor *o = c->source;
    *n = 0;
    *whole = false;
    if (o == NULL)
        return scouted_keys(c, i, most, keys, n, whole, err);
    if (c->source_hits < hits_wanted(c))
        return SQLITE_OK;
    o->wanted = true;
    if (o->phase != PHASE_KEPT || most < 2)
        return SQLITE_OK;
    *keys = arena_alloc(&c->values, (size_t)most * sizeof **keys);
    if (*keys == NULL)
        return err_nomem(err);
    if (cell_copy(&c->rhs[i].value, &c->values, &(*keys)[(*n)++]) != SQLITE_OK)
        return err_nomem(err);
    return add_keys(c, i, most, *keys, n, whole, err);
}

bool ahead_farther(struct cursor *c, int n)
{
    struct cursor *o = c->source;
    if (o == NULL)
        return c->probe != NULL && scout_goes_on(c->probe->scout) &&
               probe_keys_are_cheap(c->probe, (double)n * SCOUT_EXPECTS);
    if (c->source_hits < hits_wanted(c))
        return false;
    for (int k = 1; k < LEVELS && o->source != NULL && keystore_keyed(o->kept.store); k++)
        o = o->source;
    if (!o->reads_on || o->ahead_rows > FAR_ROWS)
        return false;
    o->ahead_rows = FAR_ROWS;
    return true;
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
    if (c->ahead_rows < MOST_ROWS)
        c->ahead_rows *= 2;
    else if (c->ahead_rows >= FAR_ROWS)
        c->ahead_rows = FAR_ROWS + 1; /* was done */
    return rc;
}
