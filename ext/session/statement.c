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

/* Position of the target's first token: after INTO, FROM or UPDATE [OR x], outside all parentheses. */
static int find_target(const struct tokens *t, enum statement_verb *verb, bool *clause)
{
    int i = 0;
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
            return i + 1;
        } else if (token_is(&t->at[i], "DELETE")) {
            *verb = STATEMENT_DELETE;
            return i + 2;
        } else if (token_is(&t->at[i], "UPDATE")) {
            *verb = STATEMENT_UPDATE;
            *clause = token_is(&t->at[i + 1], "OR") && !token_is(&t->at[i + 2], "ABORT");
            return token_is(&t->at[i + 1], "OR") ? i + 3 : i + 1;
        } else {
            i++;
        }
    }
    return -1;
}

bool statement_target(const struct tokens *t, struct arena *arena, struct statement_target *out)
{
    int i = find_target(t, &out->verb, &out->clause);
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

static bool names(const struct statement_target *target, const struct declared *d)
{
    return sqlite3_stricmp(d->name, target->name) == 0 &&
           (!target->schema || sqlite3_stricmp(d->schema, target->schema) == 0);
}

bool statement_is_ours(struct binds *b)
{
    const char *sql = statement_running(b->db);
    const struct declared *d;
    struct statement_target target;
    struct tokens tokens;
    struct arena arena;
    bool ours = false;
    if (!sql)
        return false;
    arena_init(&arena);
    if (token_read(sql, &arena, &tokens) == SQLITE_OK && statement_target(&tokens, &arena, &target))
        for (d = b->declared; d && !ours; d = d->next)
            ours = names(&target, d);
    arena_clear(&arena);
    return ours;
}

/* Does SET … name a column of a unique key?  Any name in it counts: rows in order are never wrong. */
static bool sets_unique_key(const struct tokens *t, int i, const struct remote *r,
                            struct arena *arena)
{
    while (i < t->n && !token_is(&t->at[i], "SET"))
        i++;
    for (; i < t->n && !token_is(&t->at[i], "WHERE"); i++)
        if (token_is_name(&t->at[i]) &&
            remote_in_unique_key(r, remote_column(r, token_value(&t->at[i], arena))))
            return true;
    return false;
}

bool statement_order_counts(struct binds *b, const struct declared *table,
                            const struct remote *remote)
{
    const char *sql = statement_running(b->db);
    struct statement_target target;
    struct tokens tokens;
    struct arena arena;
    bool counts = false;
    if (!sql)
        return false;
    arena_init(&arena);
    if (token_read(sql, &arena, &tokens) == SQLITE_OK && statement_target(&tokens, &arena, &target))
        counts = target.verb == STATEMENT_UPDATE && names(&target, table) &&
                 (target.clause || sets_unique_key(&tokens, target.after, remote, &arena));
    arena_clear(&arena);
    return counts;
}

/* Could a change of that local table or view run a trigger? */
static bool has_triggers(sqlite3 *db, const char *name)
{
    sqlite3_stmt *stmt = NULL;
    bool found = true;
    int rc = sqlite3_prepare_v2(db,
                                "SELECT 1 FROM (SELECT type, tbl_name FROM main.sqlite_master "
                                "UNION ALL SELECT type, tbl_name FROM temp.sqlite_master) "
                                "WHERE type IN ('trigger', 'view') AND tbl_name = ? COLLATE NOCASE",
                                -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        found = sqlite3_step(stmt) != SQLITE_DONE;
    sqlite3_finalize(stmt);
    return found;
}

bool statement_may_change(struct binds *b, const struct declared *table)
{
    const char *sql = statement_running(b->db);
    struct statement_target target;
    struct tokens tokens;
    struct arena arena;
    bool may = true;
    if (!sql)
        return true;
    arena_init(&arena);
    if (token_read(sql, &arena, &tokens) == SQLITE_OK &&
        statement_target(&tokens, &arena, &target)) {
        const struct declared *d = b->declared;
        while (d && !names(&target, d))
            d = d->next;
        /* Bind tables have no triggers; what is in an attached database is not looked up. */
        if (sqlite3_stricmp(table->name, target.name) != 0)
            may = d == NULL && (target.schema || has_triggers(b->db, target.name));
    }
    arena_clear(&arena);
    return may;
}
