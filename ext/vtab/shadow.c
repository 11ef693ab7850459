/* Shadow tables of bind tables: pieces of arguments that are appended to a declaration's own before parsing.
** A piece in the shadow wins over none in the text; the text never contains what the shadow adds. */
#include "vtab/shadow.h"
#include "model/parse.h"
#include "model/render.h"

#include <string.h>

#define SUFFIX "bind"

int shadow_is_name(const char *suffix)
{
    return sqlite3_stricmp(suffix, SUFFIX) == 0;
}

static int run(sqlite3 *db, struct err *err, char *sql)
{
    int rc;
    if (!sql)
        return err_nomem(err);
    rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        err_set(err, rc, "%s", sqlite3_errmsg(db));
    sqlite3_free(sql);
    return rc;
}

static bool exists(sqlite3 *db, const char *schema, const char *name)
{
    char *sql = sqlite3_mprintf(
        "SELECT 1 FROM \"%w\".sqlite_schema WHERE type = 'table' AND name = '%q_" SUFFIX
        "' COLLATE NOCASE",
        schema, name);
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    if (sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK)
        found = sqlite3_step(stmt) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return found;
}

int shadow_load(sqlite3 *db, const char *schema, const char *name, int argc,
                const char *const *argv, struct model **out, struct err *err)
{
    struct arena arena;
    sqlite3_stmt *stmt = NULL;
    const char **all = NULL;
    char *sql;
    int n = argc, rc;
    *out = NULL;
    if (!exists(db, schema, name))
        return SQLITE_OK;
    arena_init(&arena);
    sql =
        sqlite3_mprintf("SELECT piece FROM \"%w\".\"%w_" SUFFIX "\" ORDER BY rowid", schema, name);
    rc = sql ? sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    if (rc != SQLITE_OK)
        err_set(err, rc, "reading %s_" SUFFIX ": %s", name, sqlite3_errmsg(db));
    all = sqlite3_malloc64((sqlite3_uint64)argc * sizeof *all);
    if (rc == SQLITE_OK && !all)
        rc = err_nomem(err);
    if (rc == SQLITE_OK)
        memcpy(all, argv, (size_t)argc * sizeof *all);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *piece = arena_str(&arena, (const char *)sqlite3_column_text(stmt, 0));
        const char **grown = sqlite3_realloc64(all, (sqlite3_uint64)(n + 1) * sizeof *all);
        if (grown)
            all = grown;
        if (!grown || !piece)
            rc = err_nomem(err);
        else
            all[n++] = piece;
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK && n > argc) {
        bool declared = false;
        rc = parse_arguments(argc, argv, out, err);
        if (rc == SQLITE_OK) {
            declared = (*out)->declared_columns;
            model_free(*out);
            *out = NULL;
            rc = parse_arguments(n, all, out, err);
        }
        if (rc == SQLITE_OK)
            (*out)->declared_columns =
                declared; /* create_all and drop_all leave such a table alone */
    }
    sqlite3_free(all);
    arena_clear(&arena);
    return rc;
}

static int ensure(sqlite3 *db, const char *schema, const char *name, struct err *err)
{
    return run(db, err,
               sqlite3_mprintf("CREATE TABLE IF NOT EXISTS \"%w\".\"%w_" SUFFIX
                               "\"(piece TEXT NOT NULL)",
                               schema, name));
}

static int add_piece(sqlite3 *db, const char *schema, const char *name, const char *piece,
                     struct err *err)
{
    return run(db, err,
               sqlite3_mprintf("INSERT INTO \"%w\".\"%w_" SUFFIX "\"(piece) VALUES (%Q)", schema,
                               name, piece));
}

int shadow_save_columns(sqlite3 *db, const char *schema, const char *name, const struct model *m,
                        struct err *err)
{
    struct arena arena;
    const char **pieces = NULL;
    int n = 0, i, rc;
    arena_init(&arena);
    rc = render_columns(m, &arena, &pieces, &n, err);
    if (rc == SQLITE_OK)
        rc = ensure(db, schema, name, err);
    for (i = 0; i < n && rc == SQLITE_OK; i++)
        rc = add_piece(db, schema, name, pieces[i], err);
    arena_clear(&arena);
    return rc;
}

/* Was the remote name written in the declaration or already kept?  Then the new local name changes nothing. */
int shadow_rename(sqlite3 *db, const char *schema, const char *name, const char *to,
                  const struct model *m, struct err *err)
{
    int rc = SQLITE_OK;
    bool had = exists(db, schema, name);
    if (!m->remote_name_given) {
        char *piece = sqlite3_mprintf("table = %Q", m->remote_name);
        rc = piece ? ensure(db, schema, name, err) : err_nomem(err);
        if (rc == SQLITE_OK)
            rc = add_piece(db, schema, name, piece, err);
        sqlite3_free(piece);
        had = true;
    }
    if (rc == SQLITE_OK && had)
        rc = run(db, err,
                 sqlite3_mprintf("ALTER TABLE \"%w\".\"%w_" SUFFIX "\" RENAME TO \"%w_" SUFFIX "\"",
                                 schema, name, to));
    return rc;
}

int shadow_drop(sqlite3 *db, const char *schema, const char *name, struct err *err)
{
    if (!exists(db, schema, name))
        return SQLITE_OK;
    return run(db, err, sqlite3_mprintf("DROP TABLE \"%w\".\"%w_" SUFFIX "\"", schema, name));
}

int shadow_note_created(struct binds *b, const char *schema, const char *name)
{
    sqlite3_int64 n = b->ncreated;
    char **grown, *entry;
    if (shadow_created_here(b, schema, name))
        return SQLITE_OK;
    grown = sqlite3_realloc64(b->created, (sqlite3_uint64)(n + 1) * sizeof *grown);
    if (!grown)
        return SQLITE_NOMEM;
    b->created = grown;
    entry = sqlite3_mprintf("%s.%s", schema, name);
    if (!entry)
        return SQLITE_NOMEM;
    grown[b->ncreated++] = entry;
    return SQLITE_OK;
}

bool shadow_created_here(const struct binds *b, const char *schema, const char *name)
{
    size_t n = strlen(schema);
    int i;
    for (i = 0; i < b->ncreated; i++)
        if (sqlite3_strnicmp(b->created[i], schema, (int)n) == 0 && b->created[i][n] == '.' &&
            sqlite3_stricmp(b->created[i] + n + 1, name) == 0)
            return true;
    return false;
}
