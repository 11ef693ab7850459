/* The private connection: see private_db.h.
**
** Two things are added to SQLite's parser.  A function that it does not know may well be one of the server's,
** so it is made known (as a function that fails) and the statement tried again.  And an error is traced to the
** piece that caused it: by SQLite's error offset, else as the first piece without which the error is not there. */
#include "model/private_db.h"

#include <stdarg.h>
#include <string.h>

#define UNKNOWN_FUNCTIONS_MAX 200
#define FUNCTION_NAME_MAX 250 /* SQLite's own limit is 255 */

int private_db_open(sqlite3 **db, struct err *err)
{
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_PRIVATECACHE;
    int rc = sqlite3_open_v2(":memory:", db, flags, NULL);
    return rc == SQLITE_OK ? SQLITE_OK : private_db_error(*db, rc, err);
}

int private_db_error(sqlite3 *db, int rc, struct err *err)
{
    if (rc == SQLITE_NOMEM || db == NULL)
        return err_nomem(err);
    const char *message = rc == SQLITE_MISUSE ? "not one statement" : sqlite3_errmsg(db);
    return err_set(err, SQLITE_ERROR, "reading the declaration: %s", message);
}

int private_db_query(sqlite3 *db, sqlite3_stmt **out, struct err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    *out = NULL;
    if (sql == NULL)
        return err_nomem(err);
    int rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? SQLITE_OK : private_db_error(db, rc, err);
}

char *private_db_key_name(const char *name, int i)
{
    return sqlite3_mprintf("%s#%d", name, i);
}

static void unknown_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    (void)argv;
    sqlite3_result_error(context, "a function of the server", -1);
}

/* After a failed prepare: SQLITE_OK when the error was an unknown function and that function is now known;
** SQLITE_NOTFOUND, with the connection's message untouched, for all other errors. */
static int add_unknown_function(sqlite3 *db)
{
    static const char prefix[] = "no such function: ";
    const char *message = sqlite3_errmsg(db);
    if (strncmp(message, prefix, sizeof prefix - 1) != 0 || strlen(message) > FUNCTION_NAME_MAX)
        return SQLITE_NOTFOUND;
    char *name = sqlite3_mprintf("%s", message + sizeof prefix - 1);
    if (name == NULL)
        return SQLITE_NOMEM;
    int rc = sqlite3_create_function_v2(db, name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                        unknown_function, NULL, NULL, NULL);
    sqlite3_free(name);
    return rc;
}

/* Compiles exactly one statement.  *stmt NULL on errors, whose message is the connection's. */
static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt)
{
    const char *tail = NULL;
    int rc = SQLITE_ERROR;
    *stmt = NULL;
    for (int i = 0; i < UNKNOWN_FUNCTIONS_MAX; i++) {
        rc = sqlite3_prepare_v2(db, sql, -1, stmt, &tail);
        if (rc != SQLITE_ERROR)
            break;
        int added = add_unknown_function(db);
        if (added == SQLITE_NOTFOUND)
            break;
        if (added != SQLITE_OK)
            return added;
    }
    /* The pieces are balanced, so nothing of theirs can follow the statement; a second look costs nothing. */
    if (rc == SQLITE_OK && (*stmt == NULL || *tail != '\0')) {
        sqlite3_finalize(*stmt);
        *stmt = NULL;
        rc = SQLITE_MISUSE;
    }
    return rc;
}

/* CREATE TABLE of the first n pieces; starts[i] = where piece i begins.  NULL = out of memory. */
static char *table_text(const char *name, const struct definition *d, int n, int *starts)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendf(s, "CREATE TABLE main.\"%w\"(", name);
    for (int i = 0; i < n; i++) {
        if (i > 0)
            sqlite3_str_appendall(s, ", ");
        starts[i] = sqlite3_str_length(s);
        sqlite3_str_appendall(s, d->pieces[i].sql);
    }
    sqlite3_str_appendall(s, ")");
    return sqlite3_str_finish(s);
}

static bool fails_likewise(sqlite3 *db, const char *name, const struct definition *d, int n,
                           int *starts, const char *message)
{
    sqlite3_stmt *stmt = NULL;
    char *sql = table_text(name, d, n, starts);
    bool likewise = sql == NULL || (prepare(db, sql, &stmt) != SQLITE_OK &&
                                    strcmp(sqlite3_errmsg(db), message) == 0);
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return likewise;
}

/* The CREATE TABLE of all pieces has failed with this message at this offset: which piece is to blame? */
static int blame(sqlite3 *db, const char *name, const struct definition *d, int *starts, int offset,
                 const char *message, struct err *err)
{
    int low = 0;
    if (offset >= 0) {
        while (low + 1 < d->npieces && starts[low + 1] <= offset)
            low++;
        if (offset >= starts[low] + (int)strlen(d->pieces[low].sql))
            message = "incomplete input";
        return definition_error(d, low, message, err);
    }
    int high = d->npieces - 1;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (fails_likewise(db, name, d, middle + 1, starts, message))
            high = middle;
        else
            low = middle + 1;
    }
    return definition_error(d, low, message, err);
}

int private_db_table(sqlite3 *db, const char *name, const struct definition *d, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    char *message = NULL;
    int *starts = sqlite3_malloc64(((sqlite3_uint64)d->npieces + 1) * sizeof *starts);
    char *sql = starts != NULL ? table_text(name, d, d->npieces, starts) : NULL;
    int rc = sql != NULL ? prepare(db, sql, &stmt) : SQLITE_NOMEM;
    int offset = rc == SQLITE_OK ? -1 : sqlite3_error_offset(db);
    if (rc == SQLITE_OK && sqlite3_step(stmt) != SQLITE_DONE)
        rc = sqlite3_errcode(db);
    if (rc == SQLITE_OK)
        goto done;
    if (rc == SQLITE_NOMEM || (message = sqlite3_mprintf("%s", sqlite3_errmsg(db))) == NULL)
        rc = err_nomem(err);
    else if (stmt != NULL || rc != SQLITE_ERROR)
        rc = private_db_error(db, rc, err);
    else
        rc = blame(db, name, d, starts, offset, message, err);
done:
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    sqlite3_free(starts);
    sqlite3_free(message);
    return rc;
}

int private_db_key(sqlite3 *db, const char *name, const struct definition *d, int i,
                   struct err *err)
{
    const struct def_key *key = &d->keys[i];
    sqlite3_stmt *stmt = NULL;
    char *index = private_db_key_name(name, i);
    char *sql = index == NULL ? NULL
                              : sqlite3_mprintf("CREATE INDEX main.\"%w\" ON \"%w\"(%s)", index,
                                                name, key->list);
    int rc = sql != NULL ? prepare(db, sql, &stmt) : SQLITE_NOMEM;
    if (rc == SQLITE_OK && sqlite3_step(stmt) != SQLITE_DONE)
        rc = sqlite3_errcode(db);
    if (rc == SQLITE_NOMEM)
        rc = err_nomem(err);
    else if (rc != SQLITE_OK)
        rc = definition_error(d, key->piece, sqlite3_errmsg(db), err);
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    sqlite3_free(index);
    return rc;
}
