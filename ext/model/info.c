/* info and bind_key: see info.h.  JSON is read and written by SQLite's own functions alone. */
#include "model/info.h"

#include <string.h>

static int prepare(sqlite3 *db, const char *sql, const struct info_input *in, sqlite3_stmt **stmt,
                   struct err *err)
{
    int rc = sqlite3_prepare_v2(db, sql, -1, stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(*stmt, 1, in->text != NULL ? in->text : "{}", -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && in->key != NULL && sqlite3_bind_parameter_count(*stmt) > 1)
        rc = sqlite3_bind_text(*stmt, 2, in->key, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && sqlite3_step(*stmt) != SQLITE_ROW)
        rc = sqlite3_errcode(db);
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    return rc == SQLITE_NOMEM ? err_nomem(err)
                              : err_set(err, rc, "option info: %s", sqlite3_errmsg(db));
}

/* How a key reads in a message. */
static const char *key_text(const char *key, struct arena *arena)
{
    const char *text = key != NULL ? arena_printf(arena, "'%s'", key) : "null (the default bind)";
    return text != NULL ? text : "?";
}

/* Checks the object and reads its bind_key: type NULL = it has none. */
static int read_key(sqlite3 *db, const struct info_input *in, struct arena *arena, bool *found,
                    const char **key, struct err *err)
{
    /* Not json_valid(): it says 0 when it runs out of memory. */
    static const char sql[] =
        "SELECT json_type(?1) = 'object', json_type(?1, '$.bind_key'),"
        " json_extract(?1, '$.bind_key'), instr(?1 -> '$.bind_key', '\\u0000')";
    sqlite3_stmt *stmt = NULL;
    int rc = prepare(db, sql, in, &stmt, err);
    *found = false;
    *key = NULL;
    if (rc != SQLITE_OK && (rc != SQLITE_ERROR || in->text == NULL))
        goto done;
    if (rc != SQLITE_OK || sqlite3_column_int(stmt, 0) == 0) {
        rc = err_set(err, SQLITE_ERROR,
                     "option info must be a JSON object, such as info='{\"bind_key\":\"users\"}'");
        goto done;
    }
    const char *type = (const char *)sqlite3_column_text(stmt, 1);
    if (type == NULL && sqlite3_column_type(stmt, 1) == SQLITE_NULL)
        goto done;
    const char *value = (const char *)sqlite3_column_text(stmt, 2);
    bool text = type != NULL && strcmp(type, "text") == 0;
    if (type == NULL || (text && value == NULL)) {
        rc = err_nomem(err);
    } else if (text && sqlite3_column_int(stmt, 3) == 0) { /* a key ends where a C string does */
        *found = true;
        *key = arena_str(arena, value);
        rc = *key != NULL ? SQLITE_OK : err_nomem(err);
    } else if (strcmp(type, "null") == 0) {
        *found = true;
    } else {
        rc = err_set(err, SQLITE_ERROR, "option info: \"bind_key\" must be a text or null");
    }
done:
    sqlite3_finalize(stmt);
    return rc;
}

int info_unite(sqlite3 *db, const struct info_input *in, struct arena *arena, const char **info,
               const char **key, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool found;
    int rc = read_key(db, in, arena, &found, key, err);
    if (rc != SQLITE_OK)
        return rc;
    bool same = *key == in->key || (*key != NULL && in->key != NULL && strcmp(*key, in->key) == 0);
    if (found && in->has_key && !same)
        return err_set(err, SQLITE_ERROR, "bind_key is %s, but info says %s: give one of them",
                       key_text(in->key, arena), key_text(*key, arena));
    if (!found)
        *key = in->key;
    /* json_insert keeps the key that is there. */
    rc = prepare(db, "SELECT json(json_insert(?1, '$.bind_key', ?2))", in, &stmt, err);
    if (rc == SQLITE_OK) {
        *info = arena_str(arena, (const char *)sqlite3_column_text(stmt, 0));
        if (*info == NULL)
            rc = err_nomem(err);
    }
    sqlite3_finalize(stmt);
    return rc;
}
