/* Reading the text of the running statement. */
#include "session/statement.h"

#include <string.h>

const char *statement_running(sqlite3 *db)
{
    sqlite3_stmt *stmt;
    const char *found = NULL;
    for (stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
        if (!sqlite3_stmt_busy(stmt) || sqlite3_stmt_readonly(stmt))
            continue;
        if (found)
            return NULL;
        found = sqlite3_sql(stmt);
    }
    return found;
}

bool statement_releases(sqlite3 *db)
{
    sqlite3_stmt *stmt;
    bool found = false;
    for (stmt = sqlite3_next_stmt(db, NULL); stmt && !found; stmt = sqlite3_next_stmt(db, stmt)) {
        struct tokens tokens;
        struct arena arena;
        arena_init(&arena);
        found = sqlite3_stmt_busy(stmt) && sqlite3_sql(stmt) &&
                token_read(sqlite3_sql(stmt), &arena, &tokens) == SQLITE_OK &&
                token_is(&tokens.at[0], "RELEASE");
        arena_clear(&arena);
    }
    return found;
}

/* REPLACE, INSERT OR x, UPDATE OR x, but for ABORT, which is what holds without a clause. */
static bool has_clause(const struct token *or_word)
{
    return token_is(or_word, "OR") && !token_is(or_word + 1, "ABORT");
}

/* Position of the target's first token: after INTO, FROM or UPDATE [OR x], outside all parentheses, from i on. */
static int find_target(const struct tokens *t, int i, enum statement_verb *verb, bool *clause)
{
    *clause = false;
    *verb = STATEMENT_OTHER;
    while (i < t->n) {
        if (token_is_punct(&t->at[i], '(')) {
            int close = token_close(t, i);
            if (close < 0)
                return -1;
            i = close + 1;
        } else if (token_is(&t->at[i], "INTO")) {
            *verb = STATEMENT_INSERT;
            *clause = (i >= 1 && token_is(&t->at[i - 1], "REPLACE")) ||
                      (i >= 2 && has_clause(&t->at[i - 2]));
            return i + 1;
        } else if (token_is(&t->at[i], "DELETE")) {
            *verb = STATEMENT_DELETE;
            return i + 2;
        } else if (token_is(&t->at[i], "UPDATE")) {
            *verb = STATEMENT_UPDATE;
            *clause = has_clause(&t->at[i + 1]);
            return token_is(&t->at[i + 1], "OR") ? i + 3 : i + 1;
        } else {
            i++;
        }
    }
    return -1;
}

static bool has_target(const struct tokens *t, int from)
{
    enum statement_verb verb;
    bool clause;
    int i = find_target(t, from, &verb, &clause);
    return i >= 0 && i < t->n && token_is_name(&t->at[i]);
}

/* The same from token `from` on; false as well without memory. */
static bool target_from(const struct tokens *t, int from, struct arena *arena,
                        struct statement_target *out)
{
    int i = find_target(t, from, &out->verb, &out->clause);
    out->schema = NULL;
    if (i < 0 || i >= t->n || !token_is_name(&t->at[i]))
        return false;
    out->name = token_value(&t->at[i], arena);
    i++;
    if (i + 1 < t->n && token_is_punct(&t->at[i], '.')) {
        out->schema = out->name;
        out->name = token_is_name(&t->at[i + 1]) ? token_value(&t->at[i + 1], arena) : NULL;
        i += 2;
    }
    out->after = i;
    return out->name != NULL;
}

bool statement_target(const struct tokens *t, struct arena *arena, struct statement_target *out)
{
    return target_from(t, 0, arena, out);
}

bool statement_names(const struct statement_target *target, const struct declared *d)
{
    return sqlite3_stricmp(d->name, target->name) == 0 &&
           (!target->schema || sqlite3_stricmp(d->schema, target->schema) == 0);
}

static bool is_bind_table(const struct binds *b, const struct statement_target *target)
{
    const struct declared *d = b->declared;
    while (d && !statement_names(target, d))
        d = d->next;
    return d != NULL;
}

bool statement_is_ours(struct binds *b)
{
    const char *sql = statement_running(b->db);
    struct statement_target target;
    struct tokens tokens;
    struct arena arena;
    bool ours;
    if (!sql)
        return false;
    arena_init(&arena);
    ours = token_read(sql, &arena, &tokens) == SQLITE_OK &&
           statement_target(&tokens, &arena, &target) && is_bind_table(b, &target);
    arena_clear(&arena);
    return ours;
}

/* ---- what a trigger may run ---- */

struct look {
    struct binds *b;
    statement_fn see;
    void *context;
    bool triggers; /* a running statement may fire some */
    bool clause;   /* and has a clause, which is then also that of what they run */
};

static bool look_at_running(struct look *l, const char *sql)
{
    struct statement_target target;
    struct tokens tokens;
    struct arena arena;
    bool read;
    arena_init(&arena);
    read = sql && token_read(sql, &arena, &tokens) == SQLITE_OK;
    bool has = read && has_target(&tokens, 0);
    if (has)
        read = statement_target(&tokens, &arena, &target);
    if (has && read) {
        l->see(l->context, &tokens, &target);
        l->triggers = l->triggers || !is_bind_table(l->b, &target); /* bind tables have none */
        l->clause = l->clause || target.clause;
    }
    arena_clear(&arena);
    return read;
}

static bool look_at_trigger(struct look *l, const char *sql)
{
    struct statement_target target;
    struct tokens tokens;
    struct arena arena;
    bool read;
    int i = 0;
    arena_init(&arena);
    read = sql && token_read(sql, &arena, &tokens) == SQLITE_OK;
    while (read && i < tokens.n && !token_is(&tokens.at[i], "BEGIN"))
        i++;
    while (read && has_target(&tokens, i)) {
        read = target_from(&tokens, i, &arena, &target);
        if (!read)
            break;
        target.clause = target.clause || l->clause;
        l->see(l->context, &tokens, &target);
        i = target.after;
    }
    arena_clear(&arena);
    return read;
}

/* All that could write a table of that schema: one that fires may fire others. */
static bool look_at_triggers(struct look *l, const char *schema)
{
    sqlite3_stmt *stmt = NULL;
    char *sql = sqlite3_mprintf("SELECT sql FROM temp.sqlite_master WHERE type = 'trigger' "
                                "UNION ALL SELECT sql FROM \"%w\".sqlite_master "
                                "WHERE type = 'trigger'",
                                schema);
    int rc = sql ? sqlite3_prepare_v2(l->b->db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    if (rc != SQLITE_OK)
        return false;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        if (!look_at_trigger(l, (const char *)sqlite3_column_text(stmt, 0)))
            break;
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE;
}

bool statement_each(struct binds *b, const char *schema, statement_fn see, void *context)
{
    struct look l = {.b = b, .see = see, .context = context};
    sqlite3_stmt *stmt;
    bool any = false;
    for (stmt = sqlite3_next_stmt(b->db, NULL); stmt; stmt = sqlite3_next_stmt(b->db, stmt)) {
        if (!sqlite3_stmt_busy(stmt) || sqlite3_stmt_readonly(stmt))
            continue;
        any = true;
        if (!look_at_running(&l, sqlite3_sql(stmt)))
            return false;
    }
    return any && (!l.triggers || look_at_triggers(&l, schema));
}

/* ---- what that says of a table ---- */

struct question {
    const struct declared *table;
    const struct remote *remote;
    bool answer;
};

/* True as well where there is no memory to tell. */
static bool names_unique(const struct token *t, const struct remote *r, struct arena *arena)
{
    const char *name = token_is_name(t) ? token_value(t, arena) : "";
    return name == NULL || (*name != '\0' && remote_in_unique_key(r, remote_column(r, name)));
}

/* Does SET …, behind token i, have a subquery, or name a column of a unique key (r = NULL: of none)?  Any name in it
** counts: rows in order are never wrong. */
static bool set_reads(const struct tokens *t, int i, const struct remote *r)
{
    static const char *const queries[] = {"SELECT", "IN", NULL}, *const ends[] = {"FROM", "WHERE",
                                                                                  NULL};
    struct arena arena;
    bool found = false;
    int depth = 0;
    arena_init(&arena);
    while (i < t->n && !token_is(&t->at[i], "SET"))
        i++;
    for (; i < t->n && !found; i++) {
        depth += token_is_punct(&t->at[i], '(') - token_is_punct(&t->at[i], ')');
        if (depth == 0 && (token_is_any(&t->at[i], ends) || token_is_punct(&t->at[i], ';')) &&
            !token_is(&t->at[i - 1], "DISTINCT"))
            break;
        found =
            token_is_any(&t->at[i], queries) || (r != NULL && names_unique(&t->at[i], r, &arena));
    }
    arena_clear(&arena);
    return found;
}

static void ask_order(void *context, const struct tokens *t, const struct statement_target *target)
{
    struct question *q = context;
    if (target->verb == STATEMENT_UPDATE && statement_names(target, q->table))
        q->answer = q->answer || target->clause || set_reads(t, target->after, q->remote);
}

bool statement_order_counts(struct binds *b, const struct declared *table,
                            const struct remote *remote)
{
    struct question q = {.table = table, .remote = remote};
    return statement_each(b, table->schema, ask_order, &q) && q.answer;
}

static void ask_reads(void *context, const struct tokens *t, const struct statement_target *target)
{
    struct question *q = context;
    if (target->verb == STATEMENT_UPDATE && statement_names(target, q->table))
        q->answer = q->answer || set_reads(t, target->after, NULL);
}

bool statement_set_reads(struct binds *b, const struct declared *table)
{
    struct question q = {.table = table};
    return !statement_each(b, table->schema, ask_reads, &q) || q.answer;
}

static void ask_change(void *context, const struct tokens *t, const struct statement_target *target)
{
    struct question *q = context;
    (void)t;
    q->answer = q->answer || statement_names(target, q->table);
}

bool statement_may_change(struct binds *b, const struct declared *table)
{
    struct question q = {.table = table};
    return !statement_each(b, table->schema, ask_change, &q) || q.answer;
}
