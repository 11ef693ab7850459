/* The notes on plans (probe.h): a handful per bind, found by the text of the plan. */
#include "session/probe.h"
#include "session/early.h"

#include <math.h>
#include <string.h>

#define PROBES 12 /* plans of one bind that are noted at a time */
#define STALL 4   /* times as long as the fastest run: it was not the statement that took so long */
#define FIRST_RUNS 16         /* are all timed */
#define SAMPLE_RUNS 64        /* of runs that take … */
#define MOMENT_US 20          /* … no longer one in so many is timed */
#define MANY_KEYS 50000.0     /* more are not reckoned with */
#define KEY_US 1.0            /* no server finds a key faster */
#define SOME_KEY_US 2.0       /* what it may take until it is known */
#define MOST_EAGER 5.0        /* the first runs take longer than the others */
#define EXPECTED_EAGER 20.0   /* … when the last time it would have paid */
#define VALUES_LIMIT 0x100000 /* bytes of a run's values that are compared */

#ifdef BINDS_KEEP_AT_ONCE /* for tests: rows are kept as soon as that is possible */
#define KEEP_AT_ONCE true
#else
#define KEEP_AT_ONCE false
#endif
#ifdef BINDS_AHEAD_AT_ONCE /* for tests: many keys at once, never all rows */
#define KEEP_NEVER true
#else
#define KEEP_NEVER false
#endif

struct probes {
    struct probe probe[PROBES];
    int n;
    bool kept; /* something is kept in one of them */
    sqlite3_int64 clock;
};

static void forget_kept(struct probe *p)
{
    keystore_release(p->store);
    keystore_release(p->covered);
    p->store = p->covered = NULL;
    p->counted = false;
}

static void forget_all(struct probe *p)
{
    forget_kept(p);
    scout_free(p->scout);
    p->scout = NULL;
}

static void start(struct probe *p, sqlite3_int64 epoch)
{
    forget_all(p);
    p->epoch = epoch;
    p->asked_before = p->asked;
    p->asked = p->runs = p->untimed = 0;
    p->spent_us = p->best_us = 0;
    p->rows_us = p->ahead_us = p->ahead_keys = p->key_us = 0;
    p->to_the_end = false;
    p->last_rows = -1;
    p->varied = 0;
    p->fetch_us = -1;
    p->not_before_us = 0;
    p->ahead = 0;
    p->waited_us = 0;
    p->began_us = trace_clock_us();
    buf_reset(&p->values);
}

static struct probe *take(struct probes *all, const char *plan, size_t len)
{
    struct probe *p = &all->probe[0];
    char *copy = sqlite3_malloc64(len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, plan, len);
    copy[len] = '\0';
    if (all->n < PROBES) {
        p = &all->probe[all->n++];
        buf_init(&p->values, VALUES_LIMIT);
        buf_init(&p->filter, VALUES_LIMIT);
    } else {
        for (int i = 1; i < PROBES; i++) {
            if (all->probe[i].used_at < p->used_at)
                p = &all->probe[i];
        }
    }
    sqlite3_free(p->plan);
    p->plan = copy;
    p->plan_len = len;
    p->id = ++all->clock;
    p->epoch = -1;
    p->asked = 0;
    return p;
}

struct probe *probe_of(struct bind *b, const char *plan, size_t len)
{
    struct probes *all = b->probes;
    struct probe *p = NULL;
    if (all == NULL) {
        all = sqlite3_malloc64(sizeof *all);
        if (all == NULL)
            return NULL;
        memset(all, 0, sizeof *all);
        b->probes = all;
    }
    for (int i = 0; i < all->n && p == NULL; i++) {
        struct probe *one = &all->probe[i];
        if (one->plan_len == len && memcmp(one->plan, plan, len) == 0)
            p = one;
    }
    if (p == NULL)
        p = take(all, plan, len);
    return p != NULL ? probe_again(b, p, p->id) : NULL;
}

struct probe *probe_again(struct bind *b, struct probe *p, sqlite3_int64 id)
{
    if (p->id != id)
        return NULL;
    if (p->epoch != b->owner->epoch)
        start(p, b->owner->epoch);
    p->used_at = ++b->probes->clock;
    b->probes->kept = true;
    return p;
}

static bool same_term(const struct buf *a, const unsigned *a_at, const struct buf *b,
                      const unsigned *b_at, int i)
{
    unsigned n = a_at[i + 1] - a_at[i];
    return n == b_at[i + 1] - b_at[i] &&
           (n == 0 || memcmp(a->data + a_at[i], b->data + b_at[i], n) == 0);
}

void probe_values(struct probe *p, struct buf *values, unsigned *at, int nterms)
{
    struct buf swap = p->values;
    if (p->runs > 0) {
        for (int i = 0; i < nterms; i++) {
            if (!same_term(&p->values, p->at, values, at, i))
                p->varied |= 1ull << i;
        }
    }
    p->values = *values;
    *values = swap;
    memcpy(p->at, at, (size_t)(nterms + 1) * sizeof *at);
}

bool probe_answers(const struct probe *p, const struct buf *values, const unsigned *at, int nterms)
{
    if (p->store == NULL && !p->counted)
        return false;
    for (int i = 0; i < nterms; i++) {
        if ((p->store_keys >> i & 1) == 0 && !same_term(&p->filter, p->filter_at, values, at, i))
            return false;
    }
    return true;
}

void probe_keep(struct probe *p, struct keystore *store, struct keystore *covered,
                sqlite3_uint64 keys, int nterms)
{
    forget_kept(p);
    buf_reset(&p->filter);
    buf_add(&p->filter, p->values.data, p->values.len);
    memcpy(p->filter_at, p->at, (size_t)(nterms + 1) * sizeof *p->at);
    if (p->filter.rc != SQLITE_OK) {
        keystore_release(store);
        keystore_release(covered);
        buf_clear(&p->filter);
        buf_init(&p->filter, VALUES_LIMIT);
        return;
    }
    p->store = store;
    p->covered = covered;
    p->store_keys = keys;
}

void probe_spent(struct probe *p, sqlite3_int64 us)
{
    sqlite3_int64 most;
    p->waited_us += (double)us;
    if (p->best_us == 0 || us < p->best_us)
        p->best_us = us > 0 ? us : 1;
    most = p->best_us * STALL;
    p->spent_us += (us < most ? us : most) * (p->untimed + 1);
    p->untimed = 0;
    if (p->spent_us > p->runs * most)
        p->spent_us = p->runs * most;
}

bool probe_runs_on(struct probe *p, sqlite3_uint64 changed)
{
    bool on = p->store == NULL && !p->counted && (changed & ~p->varied) == 0 &&
              p->runs >= FIRST_RUNS && p->untimed + 1 < SAMPLE_RUNS &&
              p->spent_us < p->runs * MOMENT_US;
    if (KEEP_AT_ONCE)
        return false;
    if (KEEP_NEVER)
        return false;
    if (on) {
        p->asked++;
        p->runs++;
        p->untimed++;
    }
    return on;
}

/* What a run for one key takes is mostly the way there and back. */
void probe_spent_ahead(struct probe *p, sqlite3_int64 us, int keys)
{
    double more = fmax(KEY_US, (double)(us - p->best_us) / keys);
    if (p->ahead_keys == 0 || more < p->key_us)
        p->key_us = more;
    p->ahead_us += (double)us;
    p->waited_us += (double)us;
    p->ahead_keys += keys;
}

double probe_cost(const struct probe *p)
{
    return (double)p->spent_us + p->rows_us + p->ahead_us;
}

bool probe_is_dear(const struct probe *p)
{
    double keys = fmax(1, (double)p->runs + p->ahead_keys), cost = probe_cost(p);
    if (KEEP_NEVER)
        return false;
    if (p->not_before_us > 0)
        return cost >= p->not_before_us;
    if (KEEP_AT_ONCE)
        return true;
    if (p->asked_before > p->asked) {
        /* By what was asked for, not by the keys: SQLite may pass over most rows whose keys were fetched. */
        double rest = (double)(p->asked_before - p->asked) * cost / fmax(1, (double)p->asked);
        return rest >= p->fetch_us && cost * EXPECTED_EAGER >= p->fetch_us;
    }
    return cost * fmax(1, fmin(log(MANY_KEYS / keys), MOST_EAGER)) >= p->fetch_us;
}

double probe_key_us(const struct probe *p)
{
    return p->ahead_keys > 0 ? p->key_us : SOME_KEY_US;
}

bool probe_keys_are_cheap(const struct probe *p, double keys)
{
    double once = p->ahead_keys > 0 ? 0 : (double)p->best_us;
    return !KEEP_AT_ONCE && probe_cost(p) < 2 * p->fetch_us &&
           once + keys * probe_key_us(p) < p->fetch_us;
}

void probes_forget(struct bind *b)
{
    for (struct bind *other = b->owner->first; other != NULL; other = other->next) {
        struct probes *all = other->probes;
        if (other->part == b->part)
            early_drop(other);
        if (other->part != b->part || all == NULL || !all->kept)
            continue;
        for (int i = 0; i < all->n; i++)
            forget_kept(&all->probe[i]);
    }
}

void probes_end(struct bind *b)
{
    struct probes *all = b->probes;
    if (all == NULL || !all->kept)
        return;
    for (int i = 0; i < all->n; i++)
        forget_all(&all->probe[i]);
    all->kept = false;
}

void probes_free(struct bind *b)
{
    struct probes *all = b->probes;
    if (all == NULL)
        return;
    for (int i = 0; i < all->n; i++) {
        forget_all(&all->probe[i]);
        sqlite3_free(all->probe[i].plan);
        buf_clear(&all->probe[i].values);
        buf_clear(&all->probe[i].filter);
    }
    sqlite3_free(all);
    b->probes = NULL;
}
