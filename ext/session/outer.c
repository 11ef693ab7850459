/* Words of texts (outer.h). */
#include "session/outer.h"
#include "model/token.h"
#include "session/binds.h"

#include <string.h>

/* A view or a trigger. */
struct text {
    const char *name;
    struct tokens tokens;
    bool trigger, joins;
};

struct reading {
    struct arena arena;
    struct text *texts;
    int n, room;
};

/* ---- one text ------------------------------------------------------------------------------------------ */

static bool names_any(const struct tokens *t, char *const *names, int n, struct arena *arena)
{
    for (int i = 0; i < t->n && n > 0; i++) {
        const char *name = token_is_name(&t->at[i]) ? token_value(&t->at[i], arena) : "";
        for (int k = 0; k < n; k++)
            if (name == NULL || sqlite3_stricmp(name, names[k]) == 0)
                return true;
    }
    return false;
}

static bool has_join(const struct tokens *t)
{
    static const char *const words[] = {"LEFT", "RIGHT", "FULL", "OUTER", NULL};
    for (int i = 0; i < t->n; i++)
        if (token_is_any(&t->at[i], words))
            return true;
    return false;
}

/* ---- what a schema holds ------------------------------------------------------------------------------- */

static int add_text(struct reading *r, sqlite3_stmt *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const char *sql = (const char *)sqlite3_column_text(row, 1);
    if (r->n == r->room) {
        int room = r->room > 0 ? r->room * 2 : 16;
        struct text *more = arena_alloc(&r->arena, (size_t)room * sizeof *more);
        if (more == NULL)
            return SQLITE_NOMEM;
        if (r->n > 0)
            memcpy(more, r->texts, (size_t)r->n * sizeof *more);
        r->texts = more;
        r->room = room;
    }
    struct text *t = &r->texts[r->n++];
    t->name = arena_str(&r->arena, name != NULL ? name : "");
    sql = arena_str(&r->arena, sql != NULL ? sql : "");
    t->trigger = sqlite3_column_int(row, 2) != 0;
    if (t->name == NULL || sql == NULL || token_read(sql, &r->arena, &t->tokens) != SQLITE_OK)
        return SQLITE_NOMEM;
    t->joins = has_join(&t->tokens);
    return SQLITE_OK;
}

static int read_schema(struct reading *r, sqlite3 *db, const char *schema)
{
    sqlite3_stmt *stmt = NULL;
    char *sql = sqlite3_mprintf("SELECT name, sql, type = 'trigger' FROM \"%w\".sqlite_master "
                                "WHERE type IN ('view', 'trigger')",
                                schema);
    int rc = sql != NULL ? sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = add_text(r, stmt);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A view over a view that joins does so too, and so on. */
static void spread(struct reading *r)
{
    bool more = true;
    while (more) {
        more = false;
        for (int i = 0; i < r->n; i++) {
            for (int k = 0; k < r->n && !r->texts[i].joins; k++) {
                char *name = (char *)r->texts[k].name;
                if (r->texts[k].trigger || !r->texts[k].joins ||
                    !names_any(&r->texts[i].tokens, &name, 1, &r->arena))
                    continue;
                r->texts[i].joins = more = true;
            }
        }
    }
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

static void forget(struct outer_names *o)
{
    arena_clear(&o->arena);
    memset(o, 0, sizeof *o);
}

static bool same(const struct outer_names *a, const struct outer_names *b)
{
    bool equal = a->number != 0 && a->n == b->n && a->triggers == b->triggers;
    for (int i = 0; i < a->n && equal; i++)
        equal = sqlite3_stricmp(a->names[i], b->names[i]) == 0;
    return equal;
}

/* Takes the arena of *found over. */
static unsigned number_of(struct outer *o, struct outer_names *found)
{
    for (int i = 0; i < OUTER_KNOWN; i++) {
        if (same(&o->known[i], found)) {
            forget(found);
            return o->known[i].number;
        }
    }
    found->number = ++o->last;
    struct outer_names *place = &o->known[found->number % OUTER_KNOWN];
    forget(place);
    *place = *found;
    return found->number;
}

static int collect(const struct reading *r, struct outer_names *out)
{
    arena_init(&out->arena);
    out->names = arena_alloc(&out->arena, (size_t)(r->n + 1) * sizeof *out->names);
    if (out->names == NULL)
        return SQLITE_NOMEM;
    for (int i = 0; i < r->n; i++) {
        if (!r->texts[i].joins)
            continue;
        if (r->texts[i].trigger) {
            out->triggers = true;
            continue;
        }
        out->names[out->n] = arena_str(&out->arena, r->texts[i].name);
        if (out->names[out->n++] == NULL)
            return SQLITE_NOMEM;
    }
    return SQLITE_OK;
}

unsigned outer_number(struct binds *b, const char *schema)
{
    struct reading r = {.n = 0};
    struct outer_names found = {.number = 0};
    unsigned number = 0;
    arena_init(&r.arena);
    int rc = read_schema(&r, b->db, "temp");
    if (rc == SQLITE_OK && sqlite3_stricmp(schema, "temp") != 0)
        rc = read_schema(&r, b->db, schema);
    if (rc == SQLITE_OK) {
        spread(&r);
        rc = collect(&r, &found);
    }
    arena_clear(&r.arena);
    if (rc == SQLITE_OK)
        number = number_of(&b->outer, &found);
    else
        forget(&found);
    return number;
}

/* ---- what runs ----------------------------------------------------------------------------------------- */

static bool may_join(sqlite3_stmt *stmt, const struct outer_names *known)
{
    const char *sql = sqlite3_sql(stmt);
    struct tokens tokens;
    struct arena arena;
    arena_init(&arena);
    bool joins = sql == NULL || token_read(sql, &arena, &tokens) != SQLITE_OK ||
                 has_join(&tokens) || names_any(&tokens, known->names, known->n, &arena) ||
                 (known->triggers && !sqlite3_stmt_readonly(stmt));
    arena_clear(&arena);
    return joins;
}

bool outer_possible(struct binds *b, unsigned number)
{
    const struct outer_names *known = &b->outer.known[number % OUTER_KNOWN];
    sqlite3_stmt *stmt;
    if (number == 0 || known->number != number)
        return true;
    for (stmt = sqlite3_next_stmt(b->db, NULL); stmt; stmt = sqlite3_next_stmt(b->db, stmt))
        if (sqlite3_stmt_busy(stmt) && !sqlite3_stmt_isexplain(stmt) && may_join(stmt, known))
            return true;
    return false;
}

void outer_clear(struct outer *o)
{
    for (int i = 0; i < OUTER_KNOWN; i++)
        forget(&o->known[i]);
}
