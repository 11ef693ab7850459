/* The state of all schemas of the host's connection (schemas.h).
**
** A change in temp, DETACH and a ROLLBACK of such changes expire all that is prepared on the connection, as do a function
** or an authorizer of the application's, which change what a text means as well: any statement that is kept notices when
** it runs.  ATTACH does not: the names of all databases are read.  What is left are changes in main and in attached
** databases, by whomever: they raise the version, which is asked for. */
#include "session/schemas.h"
#include "base/hash.h"

#include <string.h>

#define TEMP 1 /* its number among the databases */

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sql != NULL &&
        sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        stmt = NULL;
    return stmt;
}

static sqlite3_stmt *prepare_version(sqlite3 *db, const char *schema)
{
    char *sql = sqlite3_mprintf("PRAGMA \"%w\".schema_version", schema);
    sqlite3_stmt *stmt = prepare(db, sql);
    sqlite3_free(sql);
    return stmt;
}

/* Nobody knows: then it is like nothing before. */
static sqlite3_uint64 add_unknown(struct schemas *s, sqlite3_uint64 hash)
{
    return hash_more(hash_more(hash, ~0ULL), ++s->unknown);
}

/* What it says, and how often it had to be prepared anew. */
static sqlite3_uint64 add_answer(struct schemas *s, sqlite3_uint64 hash,
                                 const struct schemas_stmt *asked)
{
    if (asked->stmt == NULL || sqlite3_step(asked->stmt) != SQLITE_ROW) {
        hash = add_unknown(s, hash);
    } else {
        int prepared = sqlite3_stmt_status(asked->stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
        hash = hash_more(hash, (sqlite3_uint64)sqlite3_column_int64(asked->stmt, 0));
        hash = hash_more(hash_more(hash, asked->number), (sqlite3_uint64)prepared);
    }
    sqlite3_reset(asked->stmt);
    return hash;
}

static struct schemas_stmt *version_of(struct schemas *s, sqlite3 *db, const char *schema)
{
    struct schemas_stmt *v;
    for (int i = 0; i < SCHEMAS_KEPT; i++) {
        if (s->versions[i].stmt != NULL && strcmp(s->versions[i].name, schema) == 0)
            return &s->versions[i];
    }
    v = &s->versions[s->next++ % SCHEMAS_KEPT];
    sqlite3_finalize(v->stmt);
    v->stmt = prepare_version(db, schema);
    v->number = ++s->made;
    sqlite3_snprintf((int)sizeof v->name, v->name, "%s", schema);
    return v;
}

/* Of a database that no running statement reads nothing is asked: that would begin to read it, until the user's
** transaction ends.  *asked: by a statement that is kept. */
static sqlite3_uint64 add_database(struct schemas *s, sqlite3 *db, sqlite3_uint64 hash,
                                   const char *schema, bool *asked)
{
    size_t n = strlen(schema);
    hash = hash_more(hash, hash_text(schema, n));
    if (sqlite3_txn_state(db, schema) == SQLITE_TXN_NONE)
        return hash;
    if (n < SCHEMAS_NAME) {
        *asked = true;
        return add_answer(s, hash, version_of(s, db, schema));
    }
    struct schemas_stmt once = {.stmt = prepare_version(db, schema)};
    hash = add_answer(s, hash, &once);
    sqlite3_finalize(once.stmt);
    return hash;
}

/* Hosts before 3.39: the rows are a part of the list's statement, so it cannot be kept. */
static sqlite3_uint64 add_listed(struct schemas *s, sqlite3 *db, sqlite3_uint64 hash, bool *asked)
{
    enum { NUMBER, NAME };
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, "PRAGMA database_list", -1, &stmt, NULL) != SQLITE_OK)
        return add_unknown(s, hash);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, NAME);
        if (name == NULL)
            hash = add_unknown(s, hash);
        else if (sqlite3_column_int(stmt, NUMBER) != TEMP)
            hash = add_database(s, db, hash, name, asked);
    }
    sqlite3_finalize(stmt);
    return hash;
}

static sqlite3_uint64 add_databases(struct schemas *s, sqlite3 *db, sqlite3_uint64 hash,
                                    bool *asked)
{
#if SQLITE_VERSION_NUMBER >= 3039000
    if (host_is(HOST_DB_NAME)) {
        const char *name;
        for (int i = 0; (name = sqlite3_db_name(db, i)) != NULL; i++) {
            if (i != TEMP)
                hash = add_database(s, db, hash, name, asked);
        }
        return hash;
    }
#endif
    return add_listed(s, db, hash, asked);
}

static sqlite3_uint64 find_out(struct schemas *s, sqlite3 *db)
{
    bool asked = false;
    sqlite3_uint64 hash = add_databases(s, db, 0, &asked);
    if (asked)
        return hash;
    if (s->any.stmt == NULL) {
        s->any.stmt = prepare(db, "SELECT 1");
        s->any.number = ++s->made;
    }
    return add_answer(s, hash, &s->any);
}

sqlite3_uint64 schemas_hash(struct schemas *s, sqlite3 *db)
{
    if (s->held > 0 && s->known)
        return s->hash;
    s->asking = true;
    s->hash = find_out(s, db);
    s->asking = false;
    s->known = true;
    return s->hash;
}

static void give_up(struct schemas_stmt *kept)
{
    sqlite3_stmt *stmt = kept->stmt;
    kept->stmt = NULL; /* its end may come back here */
    sqlite3_finalize(stmt);
}

void schemas_clear(struct schemas *s)
{
    if (s->asking)
        return;
    give_up(&s->any);
    for (int i = 0; i < SCHEMAS_KEPT; i++)
        give_up(&s->versions[i]);
}
