/* What is told of the running INSERT by its text, its program (EXPLAIN) and a second run of its SELECT (tail.h). */
#include "session/tail.h"
#include "session/binds.h"
#include "session/explain.h"
#include "session/gather.h"
#include "session/parameters.h"
#include "session/source.h"
#include "session/statement.h"

#include <string.h>

#define ALONE 1 /* rows of a SELECT that are sent before it is looked at: many have no other */
#define LEFT_ALONE (-1) /* a count that is none */
#define SLOW_US 50000   /* a SELECT that took so long before its first row is not run twice */

void tail_reset(struct tail *t)
{
    sqlite3_stmt *ahead = t->ahead;
    memset(t, 0, sizeof *t);
    sqlite3_finalize(ahead);
}

void tail_give_up(struct tail *t)
{
    struct tail kept = *t;
    kept.kind = TAIL_NONE;
    kept.count = LEFT_ALONE;
    kept.ahead = NULL;
    kept.source = NULL;
    tail_reset(t);
    *t = kept;
}

bool tail_scan_over(struct binds *b, const struct declared *table)
{
    return b->txn.tail.kind == TAIL_SCANNED && b->txn.tail.source == table;
}

static sqlite3_stmt *running(sqlite3 *db)
{
    sqlite3_stmt *stmt, *found = NULL;
    for (stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
        if (!sqlite3_stmt_busy(stmt) || sqlite3_stmt_readonly(stmt))
            continue;
        if (found)
            return NULL;
        found = stmt;
    }
    return found;
}

/* ---- the text ------------------------------------------------------------------------------------------ */

/* Is the target the table itself, so that no trigger stands between the statement and its rows? */
static bool is_target(sqlite3 *db, const struct statement_target *target, const struct declared *d)
{
    if (target->verb != STATEMENT_INSERT || sqlite3_stricmp(target->name, d->name) != 0)
        return false;
    if (target->schema)
        return sqlite3_stricmp(target->schema, d->schema) == 0;
    return sqlite3_stricmp(d->schema, "temp") == 0 ||
           (sqlite3_stricmp(d->schema, "main") == 0 &&
            sqlite3_table_column_metadata(db, "temp", d->name, NULL, NULL, NULL, NULL, NULL,
                                          NULL) != SQLITE_OK);
}

/* Position of what follows the column list; -1 = not found. */
static int after_columns(const struct tokens *t, int i)
{
    if (token_is(&t->at[i], "AS"))
        i += 2;
    if (i < t->n && token_is_punct(&t->at[i], '(')) {
        i = token_close(t, i);
        return i < 0 ? -1 : i + 1;
    }
    return i;
}

/* Rows of VALUES (…), (…) from i on; 0 = there is more to it. */
static sqlite3_int64 count_values(const struct tokens *t, int i)
{
    sqlite3_int64 n = 0;
    while (i < t->n && token_is_punct(&t->at[i], '(')) {
        i = token_close(t, i);
        if (i < 0)
            return 0;
        n++;
        i++;
        if (i >= t->n || !token_is_punct(&t->at[i], ','))
            break;
        i++;
    }
    return i == t->n || (i + 1 == t->n && token_is_punct(&t->at[i], ';')) ? n : 0;
}

/* Position of INSERT or REPLACE: what stands before it is a WITH. */
static int verb_at(const struct tokens *t, int target)
{
    int i = target;
    while (i >= 0 && !token_is(&t->at[i], "INSERT") && !token_is(&t->at[i], "REPLACE"))
        i--;
    return i >= 2 && token_is(&t->at[i - 1], "OR") ? i - 2 : i;
}

/* ---- one statement ------------------------------------------------------------------------------------- */

/* As many rows as the SELECT has.  Being one side of a join it loses its ORDER BY to SQLite's optimizer, and as part of
** a FROM the columns that nobody reads.  NULL = it cannot be run again. */
static char *select_again(sqlite3_stmt *stmt, struct arena *arena)
{
    struct statement_target target;
    struct tokens t;
    int i, verb, end;
    if (token_read(sqlite3_sql(stmt), arena, &t) != SQLITE_OK ||
        !statement_target(&t, arena, &target))
        return NULL;
    i = after_columns(&t, target.after);
    verb = verb_at(&t, target.after);
    end = t.n > 0 && token_is_punct(&t.at[t.n - 1], ';') ? t.n - 1 : t.n;
    if (i < 0 || i >= end || verb < 0)
        return NULL;
    return arena_printf(arena, "%s SELECT 1 FROM (%s) CROSS JOIN (SELECT 1)",
                        verb > 0 ? token_text(&t, 0, verb, false, arena) : "",
                        token_text(&t, i, end, false, arena));
}

/* Those that it reads; nobody sees what the others are.  False: the rows might be others. */
static bool bind_parameters(sqlite3 *db, sqlite3_stmt *to, sqlite3_stmt *from, sqlite3_uint64 reads)
{
    struct parameters p;
    char *select = NULL;
    bool *used, bound = false;
    if (reads == 0)
        return true;
    if (parameters_read(&p, from) == SQLITE_OK &&
        (used = arena_alloc(&p.arena, (size_t)p.n + 1)) != NULL) {
        for (int i = 1; i <= p.n; i++)
            used[i] = explain_reads(reads, i);
        bound = parameters_select(&p, used, &select) == SQLITE_OK && select != NULL &&
                parameters_bind(db, select, used, p.n, to) == SQLITE_OK;
    }
    sqlite3_free(select);
    parameters_clear(&p);
    return bound;
}

/* Those parts of the statement's text that are run again keep all of its parameters, in their order. */
static void look_at_select(struct binds *b, struct tail *t, sqlite3_stmt *stmt)
{
    sqlite3_int64 began = b->txn.statement_us;
    bool slow = began == 0 || trace_clock_us() - began > SLOW_US;
    struct explain_traits traits;
    struct arena arena;
    const char *sql;
    arena_init(&arena);
    const struct declared *table = source_scan(b, stmt);
    if (table) {
        t->kind = TAIL_SCANNED;
        t->source = table;
    } else if ((sql = select_again(stmt, &arena)) != NULL) {
        explain_traits(b, sql, false, &traits);
        if (traits.pure && !(traits.stores && slow) &&
            sqlite3_prepare_v2(b->db, sql, -1, &t->ahead, NULL) == SQLITE_OK && t->ahead &&
            bind_parameters(b->db, t->ahead, stmt, traits.parameters))
            t->kind = TAIL_AHEAD;
        if (t->kind != TAIL_AHEAD) {
            sqlite3_finalize(t->ahead);
            t->ahead = NULL;
        }
    }
    arena_clear(&arena);
}

/* The first row of an execution. */
static void look_at_text(struct binds *b, const struct declared *table, struct tail *t,
                         sqlite3_stmt *stmt)
{
    struct statement_target target;
    struct tokens tokens;
    struct arena arena;
    int i;
    t->count = LEFT_ALONE;
    arena_init(&arena);
    if (token_read(sqlite3_sql(stmt), &arena, &tokens) == SQLITE_OK &&
        statement_target(&tokens, &arena, &target) && is_target(b->db, &target, table) &&
        (i = after_columns(&tokens, target.after)) >= 0) {
        t->count = token_is(&tokens.at[i], "VALUES") ? count_values(&tokens, i + 1) : 0;
        if (t->count > 1)
            t->kind = TAIL_COUNTED;
    }
    arena_clear(&arena);
}

/* Some errors of the second run (no memory, a read that fails) undo the whole transaction, and with it goes all that is
** known of the statement, before the step is over. */
static enum tail_row look_ahead(struct binds *b, struct tail *t)
{
    while (t->ahead && t->seen <= t->row) {
        sqlite3_stmt *ahead = t->ahead;
        t->ahead = NULL;
        int rc = sqlite3_step(ahead);
        bool undone = sqlite3_get_autocommit(b->db) != 0;
        if (rc == SQLITE_ROW && !undone) {
            t->ahead = ahead;
            t->seen++;
            continue;
        }
        sqlite3_finalize(ahead); /* another step would begin anew */
        if (rc == SQLITE_INTERRUPT || undone) {
            t->stopped = rc;
            return TAIL_STOPPED;
        }
    }
    if (t->seen > t->row)
        return TAIL_MORE;
    if (t->seen < t->row)
        return TAIL_UNSURE;
    return TAIL_LAST;
}

/* Of an UPDATE or DELETE.  SQLite may have planned with the values of the parameters or without them. */
static void look_at_change(struct binds *b, const struct declared *table, struct tail *t,
                           sqlite3_stmt *stmt)
{
    bool other = false;
    if (table->gathered.rows <= ALONE)
        return;
    sqlite3_int64 rows = gather_count(b->db, sqlite3_sql(stmt), table, &t->least);
    if (rows > ALONE && sqlite3_bind_parameter_count(stmt) > 0) {
        char *written = sqlite3_expanded_sql(stmt);
        if (!written || gather_count(b->db, written, table, &other) != rows)
            rows = LEFT_ALONE;
        sqlite3_free(written);
    }
    t->count = rows;
    t->least = t->least || other;
    if (rows > ALONE)
        t->kind = TAIL_COUNTED;
}

/* Is it an UPDATE or DELETE of that table, by name?  *from: UPDATE … FROM. */
static bool changes(const char *sql, const struct declared *table, bool *from)
{
    struct statement_target target;
    struct tokens t;
    struct arena arena;
    bool same = false;
    *from = false;
    arena_init(&arena);
    if (token_read(sql, &arena, &t) == SQLITE_OK && statement_target(&t, &arena, &target) &&
        target.verb != STATEMENT_INSERT && statement_names(&target, table)) {
        same = true;
        for (int i = target.after; target.verb == STATEMENT_UPDATE && i < t.n && !*from; i++) {
            if (token_is_punct(&t.at[i], '(') && token_close(&t, i) > 0)
                i = token_close(&t, i);
            *from = token_is(&t.at[i], "FROM");
        }
    }
    arena_clear(&arena);
    return same;
}

/* What is known of the running statement, with one row more; NULL = nothing.  *first: this is its first row.  scan: an
** UPDATE or DELETE has opened one of its own, 0 = it is an INSERT.  Statements may follow each other at one address, each
** in its first run, and those of one row and UPDATE … FROM have no savepoint by which they would be heard of. */
static struct tail *next_row(struct binds *b, const struct declared *table, sqlite3_int64 scan,
                             sqlite3_stmt **stmt, bool *first)
{
    struct tail *t = &b->txn.tail;
    int run;
    if ((*stmt = running(b->db)) == NULL || !sqlite3_sql(*stmt))
        return NULL;
    run = sqlite3_stmt_status(*stmt, SQLITE_STMTSTATUS_RUN, 0);
    *first = t->stmt != *stmt || t->run != run || t->table != table || t->scan != scan;
    if (*first) {
        tail_reset(t);
        t->stmt = *stmt;
        t->run = run;
        t->table = table;
        t->scan = scan;
    }
    t->row++;
    return t;
}

static enum tail_row place(struct binds *b, struct tail *t)
{
    switch (t->kind) {
    case TAIL_COUNTED:
        return t->row < t->count ? TAIL_MORE : t->row == t->count ? TAIL_LAST : TAIL_UNSURE;
    case TAIL_SCANNED:
        return TAIL_MORE;
    case TAIL_AHEAD:
        return look_ahead(b, t);
    default:
        return TAIL_UNSURE;
    }
}

/* A statement of one row has no savepoint of its own, and every other one has, but for UPDATE … FROM. */
enum tail_row tail_next(struct binds *b, const struct declared *table)
{
    sqlite3_stmt *stmt;
    bool first;
    struct tail *t = b->txn.level > 0 ? next_row(b, table, 0, &stmt, &first) : NULL;
    if (t == NULL)
        return TAIL_UNSURE;
    if (first)
        look_at_text(b, table, t, stmt);
    if (t->kind == TAIL_NONE && t->count == 0 && t->row == ALONE + 1)
        look_at_select(b, t, stmt);
    return place(b, t);
}

/* looks: its rows may be kept back. */
static struct tail *next_change(struct binds *b, const struct declared *table, bool looks)
{
    sqlite3_stmt *stmt;
    bool first;
    struct tail *t = next_row(b, table, table->scans, &stmt, &first);
    if (t != NULL && first) {
        bool same = changes(sqlite3_sql(stmt), table, &t->exposed);
        t->count = LEFT_ALONE;
        if (same && looks && (t->exposed || b->txn.level > 0))
            look_at_change(b, table, t, stmt);
    }
    return t;
}

enum tail_row tail_next_change(struct binds *b, const struct declared *table)
{
    struct tail *t = next_change(b, table, true);
    return t != NULL ? place(b, t) : TAIL_UNSURE;
}

void tail_next_unkept(struct binds *b, const struct declared *table)
{
    next_change(b, table, false);
}
