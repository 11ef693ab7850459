/* Keeping rows of an inner table (inner.h).
**
** A run's values are written down term by term.  Terms whose values change from run to run, are equalities
** and are decided as SQLite decides them become keys; the others stay in the WHERE of the statement that
** fetches what is kept, and rows are only answered from there while their values are the same. */
#include "vtab/inner.h"
#include "session/reflect.h"
#include "sqlgen/plan_cost.h"
#include "vtab/ahead.h"
#include "vtab/hints.h"
#include "vtab/run_values.h"

#include <string.h>

#define UNIT_US 0.06 /* a row takes so much for each column and for each of ROW_UNITS more */
#define ROW_UNITS 4
#define LONG_ROWS 5000     /* from here on the bulk protocol pays */
#define ENTRY_BYTES 24     /* that a kept row takes in the index alone */
#define LOOKED_IN_VAIN 100 /* rows that a look-up may pass over … */
#define AHEAD_SEEN 16384   /* that are counted when it matters how many are to come */
#define LOOK_US 0.1        /* a row that the server looks at */
#define NEVER_US 1e18
#define SMALL_ROWS 1000 /* a table that was counted with fewer may have grown since: an attempt … */
#define SMALL_READ 4000 /* … at reading it ends here, and it is taken for … */
#define SMALL_GROWN 8   /* … so many times as large as what was read */

#ifdef BINDS_KEEP_AT_ONCE
#define RUNS_BEFORE 1
#else
#define RUNS_BEFORE 2
#endif
#ifdef BINDS_AHEAD_AT_ONCE /* for tests */
#define LISTS_ALWAYS true
#else
#define LISTS_ALWAYS false
#endif

/* A snapshot is there, or can be had for reading alone. */
static bool snapshot_possible(const struct cursor *c)
{
    const struct binds *owner = c->bind->owner;
    return (c->bind->conn != NULL && c->bind->conn->in_transaction) ||
           owner->txn.state == TXN_NONE || !sqlite3_get_autocommit(owner->db);
}

static int first_term(sqlite3_uint64 terms)
{
    int i = 0;
    while ((terms >> i & 1) == 0)
        i++;
    return i;
}

/* ---- answering ----------------------------------------------------------------------------------------- */

/* *answered stays false if one of the keys is of a kind that the keystore does not decide. */
static int answer(struct cursor *c, const struct probe *p, bool *answered, struct err *err)
{
    struct cell key[KEYSTORE_KEYS_MAX];
    int n = 0;
    for (int i = 0; i < c->plan.nterms; i++) {
        if ((p->store_keys >> i & 1) == 0)
            continue;
        if (!run_values_key(c, i))
            return SQLITE_OK;
        if (cell_copy(&c->rhs[i].value, &c->values, &key[n++]) != SQLITE_OK)
            return err_nomem(err);
    }
    int rc = SQLITE_OK;
    if (p->covered != NULL) {
        rc = keystore_find(p->covered, key, &c->kept, err);
        if (rc == SQLITE_OK)
            rc = keystore_next(&c->kept, err);
        keystore_scan_end(&c->kept);
        if (rc != SQLITE_ROW)
            return rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    rc = keystore_find(p->store, key, &c->kept, err);
    if (rc == SQLITE_OK) {
        c->phase = PHASE_KEPT;
        *answered = true;
    }
    return rc;
}

/* ---- fetching ------------------------------------------------------------------------------------------ */

struct fetch_plan {
    sqlite3_uint64 keys;
    struct keystore_key key[KEYSTORE_KEYS_MAX];
    int nkeys;
    double rows;   /* estimate */
    double looked; /* … that the server must look at */
    bool known;    /* it rests on a count */
    bool small;    /* … which was so low that it may be out of date */
};

/* The terms that varied as keys; false if the rows cannot be kept. */
static bool choose_keys(const struct cursor *c, const struct probe *p, struct fetch_plan *out)
{
    *out = (struct fetch_plan){.keys = 0};
    for (int i = 0; i < c->plan.nterms; i++) {
        const struct plan_term *t = &c->plan.terms[i];
        if ((p->varied >> i & 1) == 0)
            continue;
        if (!run_values_key(c, i) || out->nkeys == KEYSTORE_KEYS_MAX)
            return false;
        out->keys |= 1ull << i;
        out->key[out->nkeys++] = (struct keystore_key){.column = c->position[t->column],
                                                       .affinity = t->rule.affinity,
                                                       .collation = t->collation};
    }
    /* The first rows of a LIMIT are for one key each; without a key there is nothing to gain. */
    return (c->plan.flags & (PLAN_OFFSET | PLAN_COUNT)) == 0 &&
           ((c->plan.flags & PLAN_LIMIT) == 0 || out->nkeys > 0);
}

static int estimate(struct cursor *c, const struct probe *p, struct fetch_plan *f, struct err *err)
{
    struct plan_context context;
    struct plan rest = c->plan;
    if (f->nkeys == 0 && p->last_rows >= 0) {
        f->rows = f->looked = (double)p->last_rows;
        f->known = true;
        return SQLITE_OK;
    }
    int rc = cursor_context(c->table, c->bind, &context, err);
    if (rc != SQLITE_OK)
        return rc;
    rest.nterms = 0;
    for (int i = 0; i < c->plan.nterms; i++) {
        if ((f->keys >> i & 1) == 0 && c->rhs[i].outcome != RHS_DROP &&
            c->rhs[i].outcome != RHS_ALL)
            rest.terms[rest.nterms++] = c->plan.terms[i];
    }
    plan_estimate(&context, &rest);
    f->rows = rest.rows;
    f->looked = rest.looked;
    f->known = context.remote->rows >= 0;
    f->small = f->known && context.remote->rows < SMALL_ROWS;
    return SQLITE_OK;
}

static double row_us(const struct cursor *c)
{
    double unit = c->bind->unit_us > 0 ? c->bind->unit_us : UNIT_US;
    return unit * (ROW_UNITS + c->rows_columns);
}

/* What fetching would cost, worked out once per set of varied terms. */
static int price(struct cursor *c, struct probe *p, struct fetch_plan *f, struct err *err)
{
    int rc;
    if (p->fetch_us >= 0 && p->priced_for == p->varied)
        return SQLITE_OK;
    rc = estimate(c, p, f, err);
    if (rc != SQLITE_OK)
        return rc;
    p->priced_for = p->varied;
    p->fetch_us = f->rows * row_us(c) + f->looked * LOOK_US + (double)p->spent_us / (double)p->runs;
    p->not_before_us = f->rows * ENTRY_BYTES > (double)KEYSTORE_MEMORY ? NEVER_US : 0;
    return SQLITE_OK;
}

static int send_fetch(struct cursor *c, const struct fetch_plan *f, struct err *err)
{
    struct select_term saved[PLAN_TERMS_MAX];
    memcpy(saved, c->terms, sizeof saved);
    for (int i = 0; i < c->plan.nterms; i++) {
        if (f->keys >> i & 1)
            c->terms[i] = (struct select_term){.outcome = RHS_DROP, .op = OP_EQ};
    }
    /* Of unknown size: batches, which can be left at any time without harm to the snapshot. */
    c->run_flags = !f->known || f->small ? QUERY_SHARED
                   : f->rows > LONG_ROWS ? QUERY_WHOLE | QUERY_LONG | QUERY_MANY
                                         : QUERY_WHOLE;
    c->run_flags |= QUERY_SNAPSHOT;
    c->fetches_all = true;
    int rc = cursor_send(c, SELECT_ROWS, LIMIT_NONE, err);
    c->fetches_all = false;
    c->run_flags = 0;
    memcpy(c->terms, saved, sizeof saved);
    return rc;
}

/* All rows into a keystore.  *out NULL without an error: they are too many, or many more than a small table has. */
static int read_rows(struct cursor *c, const struct fetch_plan *f, struct keystore **out,
                     struct err *err)
{
    struct cell *cells = sqlite3_malloc64((size_t)(c->rows_columns + 1) * sizeof *cells);
    struct keystore *s = keystore_new(c->rows_columns, f->key, f->nkeys, &c->bind->owner->kept);
    int rc = cells != NULL && s != NULL ? SQLITE_OK : err_nomem(err);
    while (rc == SQLITE_OK) {
        rc = bind_rows_next(c->bind, c->what, &c->rows, err);
        if (rc == SQLITE_DONE)
            break;
        if (rc == SQLITE_ROW)
            rc = cursor_rows_cells(c, cells, err);
        if (rc == SQLITE_OK)
            rc = f->small && keystore_rows(s) >= SMALL_READ ? SQLITE_FULL
                                                            : keystore_add(s, cells, err);
    }
    if (rc == SQLITE_DONE)
        rc = keystore_seal(s, err);
    rows_finish(&c->rows);
    sqlite3_free(cells);
    if (rc != SQLITE_OK) {
        keystore_release(s);
        s = NULL;
    }
    *out = s;
    return rc == SQLITE_FULL && err->rc == SQLITE_OK ? SQLITE_OK : rc;
}

static void learn(struct cursor *c, const struct keystore *s, sqlite3_int64 us)
{
    double rows = (double)keystore_rows(s);
    double unit = (double)us / (rows * (ROW_UNITS + c->rows_columns));
    /* Rows that come from this process have no unknown way: what takes longer is a busy machine. */
    if ((c->bind->engine->caps & CAP_MANY_ROWS) && unit > 2 * UNIT_US)
        unit = 2 * UNIT_US;
    if (rows >= 1000)
        c->bind->unit_us = c->bind->unit_us > 0 ? (c->bind->unit_us + unit) / 2 : unit;
}

static int fetch(struct cursor *c, struct probe *p, const struct fetch_plan *f, struct err *err)
{
    struct keystore *s = NULL;
    sqlite3_int64 began = trace_clock_us();
    int rc = send_fetch(c, f, err);
    bool snapshot = rc == SQLITE_OK && c->bind->conn->in_transaction;
    if (rc == SQLITE_OK)
        rc = read_rows(c, f, &s, err);
    if (rc != SQLITE_OK)
        return rc;
    if (s == NULL && f->small) {
        const struct model *m = c->table->model;
        remote_note_rows(c->bind, m->remote_schema, m->remote_name,
                         (double)SMALL_READ * SMALL_GROWN);
        p->fetch_us = -1; /* to be worked out anew */
        return SQLITE_OK;
    }
    if (s == NULL) {
        p->not_before_us = NEVER_US;
        return SQLITE_OK;
    }
    learn(c, s, trace_clock_us() - began);
    if (!snapshot) {
        keystore_release(s);
        return SQLITE_OK;
    }
    probe_keep(p, s, NULL, f->keys, c->plan.nterms);
    return SQLITE_OK;
}

/* ---- many keys at once --------------------------------------------------------------------------------- */

/* The one term that varies as a key; -1 = there are others, or none. */
static int single_key(const struct fetch_plan *f)
{
    return f->nkeys == 1 ? first_term(f->keys) : -1;
}

/* … that may be sent for many values at once; -1 = none. */
static int list_key(const struct cursor *c, const struct probe *p, const struct fetch_plan *f)
{
    int i = single_key(f);
    return i >= 0 && p->ahead >= 0 && (c->plan.flags & (PLAN_LIMIT | PLAN_PEEK)) == 0 &&
                   c->plan.terms[i].exact && c->rhs[i].exact
               ? i
               : -1;
}

/* In our own process a list saves no way to a server, and a key in it costs more than a look-up of its own, unless each
** of these passes over many rows. */
static int list_pays(struct cursor *c, struct probe *p, struct err *err)
{
    struct plan_context context;
    struct plan plan = c->plan;
    if (p->ahead != 0 || LISTS_ALWAYS || !(c->bind->engine->caps & CAP_MANY_ROWS))
        return SQLITE_OK;
    int rc = cursor_context(c->table, c->bind, &context, err);
    if (rc != SQLITE_OK)
        return rc;
    plan_estimate(&context, &plan);
    if (plan.looked <= plan.rows + LOOKED_IN_VAIN)
        p->ahead = -1;
    return SQLITE_OK;
}

/* Can the equality of that term be sent for many values at once, and finds no less then? */
static int list_possible(struct cursor *c, struct probe *p, int i, struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    struct plan_context context;
    if (p->ahead != 0)
        return SQLITE_OK;
    p->ahead = -1;
    int rc = cursor_context(c->table, c->bind, &context, err);
    if (rc != SQLITE_OK)
        return rc;
    int position = remote_column(context.remote, c->table->model->columns[t->column].name);
    const struct judgement *j =
        position >= 0 ? judge_find(context.dialect, context.remote, position, OP_IN, t->collation)
                      : NULL;
    if (j != NULL && judge_arg(j, context.remote->columns[position].type.id) == t->rule.arg)
        p->ahead = 1;
    return SQLITE_OK;
}

static int send_keys(struct cursor *c, int i, struct cell *keys, int n, struct err *err)
{
    const struct dialect *d = c->bind->conn->dialect;
    struct select_term saved = c->terms[i];
    int size = 1;
    while (size < n)
        size *= 2;
    c->lists[i] = keys;
    c->nlists[i] = n;
    c->terms[i] = (struct select_term){.outcome = RHS_SEND, .op = OP_IN};
    if (d->array_form[c->plan.terms[i].rule.arg] == NULL)
        c->terms[i].nlist = size;
    c->run_flags = QUERY_WHOLE | QUERY_SNAPSHOT;
    c->fetches_all = true;
    int rc = cursor_send(c, SELECT_ROWS, LIMIT_NONE, err);
    c->fetches_all = false;
    c->run_flags = 0;
    c->terms[i] = saved;
    return rc;
}

/* The keys, to be found again. */
static int cover(struct cursor *c, const struct fetch_plan *f, const struct cell *keys, int n,
                 struct keystore **out, struct err *err)
{
    struct keystore_key key = f->key[0];
    int rc = SQLITE_OK;
    key.column = 0;
    *out = keystore_new(1, &key, 1, &c->bind->owner->kept);
    if (*out == NULL)
        return err_nomem(err);
    for (int k = 0; k < n && rc == SQLITE_OK; k++)
        rc = keystore_add(*out, &keys[k], err);
    if (rc == SQLITE_OK)
        rc = keystore_seal(*out, err);
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    keystore_release(*out);
    *out = NULL;
    return rc == SQLITE_FULL && err->rc == SQLITE_OK ? SQLITE_OK : rc;
}

static int fetch_keys(struct cursor *c, struct probe *p, const struct fetch_plan *f, int i,
                      struct cell *keys, int n, struct err *err)
{
    struct keystore *store = NULL, *covered = NULL;
    sqlite3_int64 began = trace_clock_us();
    int rc = send_keys(c, i, keys, n, err);
    bool snapshot = rc == SQLITE_OK && c->bind->conn->in_transaction;
    if (rc == SQLITE_OK)
        rc = read_rows(c, f, &store, err);
    if (rc == SQLITE_OK)
        rc = cover(c, f, keys, n, &covered, err);
    p->runs++;
    probe_spent_ahead(p, trace_clock_us() - began, n);
    if (rc == SQLITE_OK && snapshot && store != NULL && covered != NULL) {
        probe_keep(p, store, covered, f->keys, c->plan.nterms);
        return SQLITE_OK;
    }
    keystore_release(store);
    keystore_release(covered);
    p->ahead = -1;
    return rc;
}

/* Before the second run nothing has varied.  If but one value can, it is the key. */
static void watch_first(struct cursor *c)
{
    int i = run_values_vary_from(c, 0);
    if ((c->plan.flags & (PLAN_LIMIT | PLAN_PEEK)) == 0 && i < c->plan.nterms &&
        c->plan.terms[i].op == OP_EQ && run_values_vary_from(c, i + 1) == c->plan.nterms)
        ahead_watch(c, i);
}

/* One varying key that an outer table's rows seem to hold: for as many rows as are known. */
static int look_ahead(struct cursor *c, struct probe *p, bool *answered, struct err *err)
{
    struct fetch_plan f;
    struct cell *keys;
    bool whole, alone = c->older == NULL && c->newer == NULL;
    int i = -1, n;
    if (p->runs == 0 ? alone : !choose_keys(c, p, &f) || (i = list_key(c, p, &f)) < 0)
        return SQLITE_OK;
    int rc = list_pays(c, p, err);
    if (rc == SQLITE_OK && p->ahead >= 0 && p->runs == 0)
        watch_first(c);
    if (rc != SQLITE_OK || p->ahead < 0 || p->runs == 0)
        return rc;
    ahead_watch(c, i);
    rc = ahead_keys(c, i, ahead_most(c, p, i), &keys, &n, &whole, err);
    if (rc == SQLITE_OK && n > 1)
        rc = list_possible(c, p, i, err);
    if (rc != SQLITE_OK || n <= 1 || p->ahead < 0)
        return rc;
    rc = fetch_keys(c, p, &f, i, keys, n, err);
    if (rc == SQLITE_OK && p->store != NULL && p->covered != NULL)
        rc = answer(c, p, answered, err);
    return rc;
}

/* Fetching may pay, unless the end is in sight and what is left is cheaper key by key (or it soon will be known
** where the keys come from). */
static int keys_are_cheaper(struct cursor *c, struct probe *p, const struct fetch_plan *f,
                            bool *cheaper, struct err *err)
{
    struct cell *keys;
    bool whole;
    int i = list_key(c, p, f), n;
    bool tried = p->ahead > 0 && p->ahead_keys > 0;
    bool soon = RUNS_BEFORE > 1 && c->source != NULL && ahead_wants(c);
    *cheaper = soon || (p->to_the_end && probe_keys_are_cheap(p, 0));
    if (*cheaper || i < 0 || !(tried || c->source == NULL) || !probe_keys_are_cheap(p, 0))
        return SQLITE_OK;
    int rc = ahead_keys(c, i, AHEAD_SEEN, &keys, &n, &whole, err);
    if (rc != SQLITE_OK || n == 0 || !probe_keys_are_cheap(p, n))
        return rc;
    p->to_the_end = whole;
    *cheaper = whole || ahead_farther(c, n);
    return SQLITE_OK;
}

/* Fetches once what the runs so far asked for one by one, if that is cheaper by now. */
static int consider(struct cursor *c, struct probe *p, bool *answered, struct err *err)
{
    struct fetch_plan f;
    bool cheaper;
    if (p->runs < RUNS_BEFORE || p->not_before_us >= NEVER_US || !choose_keys(c, p, &f))
        return SQLITE_OK;
    int rc = price(c, p, &f, err);
    if (rc != SQLITE_OK || !probe_is_dear(p))
        return rc;
    rc = keys_are_cheaper(c, p, &f, &cheaper, err);
    if (rc != SQLITE_OK || cheaper)
        return rc;
    rc = estimate(c, p, &f, err);
    if (rc == SQLITE_OK)
        rc = fetch(c, p, &f, err);
    if (rc == SQLITE_OK && p->store != NULL && p->covered == NULL)
        rc = answer(c, p, answered, err);
    return rc;
}

/* ---- the walk through one run -------------------------------------------------------------------------- */

int inner_answer(struct cursor *c, bool *answered, struct err *err)
{
    struct probe *p;
    int rc = SQLITE_OK;
    *answered = false;
    c->run_flags = 0;
    c->count_known = false;
    if ((c->for_write && !c->locks_ahead) || c->bind->part->doomed)
        return SQLITE_OK;
    p = hints_probe(c);
    if (p == NULL)
        return err_nomem(err);
    p->asked++;
    run_values_write(c);
    if (c->run_values.rc != SQLITE_OK) { /* very long values: each run for itself */
        buf_clear(&c->run_values);
        buf_init(&c->run_values, CURSOR_VALUES_LIMIT);
        return SQLITE_OK;
    }
    if (probe_answers(p, &c->run_values, c->run_at, c->plan.nterms)) {
        if (p->counted) {
            c->phase = PHASE_COUNT;
            c->last = p->count;
            c->count_known = *answered = true;
            return SQLITE_OK;
        }
        if (ahead_wants(c) && p->store_keys != 0)
            ahead_watch(c, first_term(p->store_keys));
        rc = answer(c, p, answered, err);
        if (rc != SQLITE_OK || *answered)
            return rc;
    }
    probe_values(p, &c->run_values, c->run_at, c->plan.nterms);
    if (snapshot_possible(c)) {
        if (!c->for_write)
            rc = consider(c, p, answered, err);
        if (rc == SQLITE_OK && !*answered)
            rc = look_ahead(c, p, answered, err);
        /* A look-up is mostly read to its end before anybody else speaks: no need for a server's cursor. */
        if (p->runs > 0 || run_values_vary_from(c, 0) < c->plan.nterms)
            c->run_flags = QUERY_SNAPSHOT | (c->plan.rows < LONG_ROWS ? QUERY_WHOLE : 0);
    }
    if (rc == SQLITE_OK && !*answered) {
        p->runs++;
        c->noted = false;
        c->run_began = trace_clock_us();
    }
    return rc;
}

void inner_alone(struct cursor *c)
{
    c->run_flags = QUERY_LONE;
    c->count_known = false;
}

bool inner_runs_on(struct cursor *c)
{
    if (!probe_is_now(c->bind, c->probe, c->probe_id) || !probe_runs_on(c->probe, c->changed))
        return false;
    c->noted = c->count_known = false;
    return true;
}

bool inner_covers(struct cursor *c, struct keystore **covered)
{
    struct probe *p = c->probe != NULL ? probe_again(c->bind, c->probe, c->probe_id) : NULL;
    *covered = p != NULL ? p->covered : NULL;
    return p != NULL && p->store == c->kept.store;
}

void inner_sent(struct cursor *c)
{
    struct probe *p;
    if (c->run_began == 0)
        return;
    p = hints_probe(c);
    if (p != NULL)
        probe_spent(p, trace_clock_us() - c->run_began);
    if (p != NULL && c->phase == PHASE_COUNT && c->bind->conn != NULL &&
        c->bind->conn->in_transaction) {
        probe_keep(p, NULL, NULL, 0, c->plan.nterms);
        p->counted = true;
        p->count = c->last;
    }
    c->run_began = 0;
}

void inner_over(struct cursor *c)
{
    struct probe *p;
    if (c->noted)
        return;
    c->noted = true;
    c->run_began = 0;
    if (c->idx_str == NULL)
        return;
    p = probe_is_now(c->bind, c->probe, c->probe_id) ? c->probe : hints_probe(c);
    if (p == NULL)
        return;
    p->last_rows = c->phase == PHASE_END ? c->row + 1 : -1;
    if (c->phase != PHASE_COUNT && c->row > c->skip)
        p->rows_us += (double)(c->row - c->skip) * row_us(c);
    if (c->row >= SMALL_ROWS)
        remote_note_rows(c->bind, c->table->model->remote_schema, c->table->model->remote_name,
                         (double)c->row);
}
