/* Running ahead of a statement (scout.h). */
#include "session/scout.h"
#include "session/binds.h"
#include "session/explain.h"
#include "session/joined.h"
#include "session/scans.h"

#include <string.h>

#ifdef BINDS_AHEAD_AT_ONCE /* for tests */
#define FIRST_KEYS 8
#define MOST_KEYS 512
#else
#define FIRST_KEYS 16384 /* after which a scout stops; each time four times as many … */
#define MOST_KEYS 262144 /* … at most */
#endif
#define MOST_TEXT 4000000 /* bytes of texts among them */
#define RUNS_PER_KEY 4    /* of the scan: more, on average, and a scout stops as well */
#define STEP_US 0.1       /* a row of a local table that is read from its first to its last */

struct scout {
    struct arena arena; /* of texts */
    struct cell *keys;  /* owned */
    int n, room;
    int at;    /* of the key that was asked for last */
    int limit; /* of keys */
    size_t text_bytes;
    sqlite3_int64 passed; /* runs of the scan before the first of the keys */
    sqlite3_int64 met;    /* … and before the last one */
    bool whole;           /* no others follow */
    bool off;             /* it was in vain */
    /* while it runs */
    const struct scout_scan *scan;
    const char *text; /* idxStr of the scan that was met last … */
    int argument;     /* … and which of its values is wanted; -1 = none */
};

void scout_free(struct scout *s)
{
    if (s == NULL)
        return;
    arena_clear(&s->arena);
    sqlite3_free(s->keys);
    sqlite3_free(s);
}

static struct scout *scout_new(void)
{
    struct scout *s = sqlite3_malloc64(sizeof *s);
    if (s == NULL)
        return NULL;
    memset(s, 0, sizeof *s);
    arena_init(&s->arena);
    s->limit = FIRST_KEYS;
    return s;
}

bool scout_goes_on(const struct scout *s)
{
    return s != NULL && !s->off && !s->whole && s->limit < MOST_KEYS;
}

/* ---- what the scout meets ------------------------------------------------------------------------------ */

/* With its parameters written out, the statement's plan is another text for the same scan. */
static int argument_of(const struct scout_scan *scan, const sqlite3_vtab *vtab, const char *text)
{
    const struct plan_term *wanted = &scan->plan->terms[scan->term];
    struct plan plan;
    struct err ignored;
    size_t sql_len;
    if (vtab != scan->vtab)
        return -1;
    if (strcmp(text, scan->text) == 0)
        return wanted->argv;
    err_clear(&ignored);
    if (plan_decode(text, scan->dialect, &plan, &sql_len, &ignored) != SQLITE_OK)
        return -1;
    for (int i = 0; i < plan.nterms; i++)
        if (plan.terms[i].column == wanted->column && plan.terms[i].op == wanted->op)
            return plan.terms[i].argv;
    return -1;
}

static bool add_key(struct scout *s, const struct cell *key)
{
    if (s->n == s->room) {
        int room = s->room > 0 ? s->room * 2 : 1024;
        struct cell *more = sqlite3_realloc64(s->keys, (size_t)room * sizeof *more);
        if (more == NULL)
            return false;
        s->keys = more;
        s->room = room;
    }
    if (cell_copy(key, &s->arena, &s->keys[s->n]) != SQLITE_OK)
        return false;
    s->text_bytes += key->cls >= CELL_TEXT ? key->n : 0;
    s->n++;
    return true;
}

int scout_meets(struct scout *s, const sqlite3_vtab *vtab, const char *text, int argc,
                sqlite3_value **argv)
{
    const struct plan_term *t = &s->scan->plan->terms[s->scan->term];
    struct rhs key;
    if (text != s->text) {
        s->text = text;
        s->argument = argument_of(s->scan, vtab, text);
    }
    if (s->argument < 0 || s->argument >= argc || s->met++ < s->passed)
        return SQLITE_OK;
    if (s->n >= s->limit || s->text_bytes > MOST_TEXT ||
        s->met - s->passed > (sqlite3_int64)s->limit * RUNS_PER_KEY) {
        s->met--;
        return SQLITE_ABORT;
    }
    struct cell value = cell_from_value(argv[s->argument]);
    if (rhs_fit(&t->rule, t->op, &value, argv[s->argument], &key) != SQLITE_OK)
        return SQLITE_ABORT;
    if (key.outcome != RHS_SEND || key.op != OP_EQ || !key.exact ||
        (s->n > 0 && cell_compare(&key.value, &s->keys[s->n - 1]) == 0))
        return SQLITE_OK;
    return add_key(s, &key.value) ? SQLITE_OK : SQLITE_ABORT;
}

/* ---- running ahead ------------------------------------------------------------------------------------- */

/* SQLITE_INTERRUPT: the statement itself is to stop too, for whoever wanted that may not say so again.
** SQLITE_ABORT_ROLLBACK: an error of the second run (no memory, a read that fails) has undone the transaction. */
static int run(struct binds *b, struct scout *s, const char *sql)
{
    struct explain_traits traits;
    sqlite3_stmt *stmt = NULL;
    bool inside = txn_is_inside(b);
    int rc;
    explain_traits(b, sql, true, &traits);
    /* What was gathered may have taken any time.  A LIMIT would end the statement, but not the scout; unless all rows
    ** are sorted first.  Nor may anything else end a recursion than who reads its rows, of which the scout has none. */
    if (!traits.pure || traits.first || traits.recurses || (traits.limited && !traits.stores) ||
        sqlite3_prepare_v2(b->db, sql, -1, &stmt, NULL) != SQLITE_OK || stmt == NULL) {
        sqlite3_finalize(stmt);
        s->off = true;
        return SQLITE_OK;
    }
    b->scout = s;
    do
        rc = sqlite3_step(stmt);
    while (rc == SQLITE_ROW);
    b->scout = NULL;
    sqlite3_finalize(stmt);
    s->whole = rc == SQLITE_DONE;
    s->off = s->n == 0;
    if (txn_is_undone(b, inside))
        return SQLITE_ABORT_ROLLBACK;
    return rc == SQLITE_INTERRUPT ? rc : SQLITE_OK;
}

/* Has SQLite read so many rows, from the first to the last of a table, that doing it once more would be dear? */
static bool is_long(sqlite3_stmt *stmt, double spent_us)
{
    return sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) * STEP_US > spent_us;
}

static int send_scout(struct binds *b, struct scout *s, const struct scout_scan *scan,
                      double spent_us)
{
    int rc = SQLITE_OK;
    sqlite3_stmt *stmt = scan->locks ? scans_only(b->db) : scans_reader(b->db);
    bool plain = stmt != NULL && sqlite3_bind_parameter_count(stmt) == 0;
    char *written = stmt != NULL && !plain ? sqlite3_expanded_sql(stmt) : NULL;
    const char *sql = plain ? sqlite3_sql(stmt) : written;
    struct arena arena;
    arena_init(&arena);
    if (sql != NULL && scan->locks)
        sql = joined_select(sql, &arena);
    if (sql == NULL || sqlite3_stmt_isexplain(stmt)) {
        s->off = true;
    } else if (!is_long(stmt, spent_us)) {
        arena_clear(&s->arena);
        s->passed = s->met;
        s->met = s->n = s->at = 0;
        s->text_bytes = 0;
        s->scan = scan;
        s->text = NULL;
        rc = run(b, s, sql);
        s->scan = NULL;
    }
    arena_clear(&arena);
    sqlite3_free(written);
    return rc;
}

static bool find(struct scout *s, const struct cell *now)
{
    for (int i = s->at; i < s->n; i++) {
        if (cell_compare(&s->keys[i], now) != 0)
            continue;
        s->at = i;
        return true;
    }
    return false;
}

int scout_keys(struct binds *b, struct scout **of, const struct scout_scan *scan,
               const struct cell *now, double spent_us, int most, struct cell **keys, int *n,
               bool *whole)
{
    struct scout *s = *of;
    *n = 0;
    *whole = false;
    if (s == NULL && (s = *of = scout_new()) == NULL)
        return SQLITE_NOMEM;
    if (s->off)
        return SQLITE_OK;
    bool found = find(s, now), new = s->n == 0;
    if (!found && (new || scout_goes_on(s))) {
        if (!new)
            s->limit *= 4;
        int rc = send_scout(b, s, scan, spent_us);
        if (rc != SQLITE_OK)
            return rc;
        found = find(s, now);
        if (s->n == 0)
            return SQLITE_OK;
    }
    if (!found) {
        s->off = true;
        return SQLITE_OK;
    }
    *keys = &s->keys[s->at];
    *n = s->n - s->at < most ? s->n - s->at : most;
    *whole = s->whole && *n == s->n - s->at;
    return SQLITE_OK;
}
