/* The state of all schemas of the host's connection (schemas.h).
**
** A change in temp, DETACH and a ROLLBACK of such changes expire all that is prepared on the connection: one statement is
** kept to notice.  (As do a function or an authorizer of the application's, which change what a text means as well.)
** ATTACH does not: the names of all databases are read.  What is left are changes in main and in attached databases, by
** whomever: they raise the version, which is asked for. */
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

static sqlite3_uint64 watch(struct schemas *s, sqlite3 *db)
{
    if (s->watch == NULL) {
        s->watch = prepare(db, "SELECT 1");
        s->watches++;
    }
    bool known = s->watch != NULL && sqlite3_step(s->watch) == SQLITE_ROW;
    sqlite3_uint64 hash = hash_more(0, s->watches);
    if (known)
        hash = hash_more(hash, (sqlite3_uint64)sqlite3_stmt_status(
                                   s->watch, SQLITE_STMTSTATUS_REPREPARE, 0));
    sqlite3_reset(s->watch);
    return known ? hash : add_unknown(s, hash);
}

static struct schemas_kept *kept_of(struct schemas *s, sqlite3 *db, const char *schema)
{
    struct schemas_kept *k;
    for (int i = 0; i < SCHEMAS_KEPT; i++) {
        if (s->kept[i].version != NULL && strcmp(s->kept[i].name, schema) == 0)
            return &s->kept[i];
    }
    k = &s->kept[s->next++ % SCHEMAS_KEPT];
    sqlite3_finalize(k->version);
    k->version = prepare_version(db, schema);
    sqlite3_snprintf((int)sizeof k->name, k->name, "%s", schema);
    return k;
}

static sqlite3_uint64 add_answer(struct schemas *s, sqlite3_uint64 hash, sqlite3_stmt *version)
{
    if (version == NULL || sqlite3_step(version) != SQLITE_ROW)
        return add_unknown(s, hash);
    return hash_more(hash, (sqlite3_uint64)sqlite3_column_int64(version, 0));
}

/* Of a database that no running statement reads nothing is asked: that would begin to read it, until the user's
** transaction ends. */
static sqlite3_uint64 add_version(struct schemas *s, sqlite3 *db, sqlite3_uint64 hash,
                                  const char *schema)
{
    hash = hash_more(hash, hash_text(schema, strlen(schema)));
    if (sqlite3_txn_state(db, schema) == SQLITE_TXN_NONE)
        return hash;
    if (strlen(schema) < SCHEMAS_NAME) {
        struct schemas_kept *k = kept_of(s, db, schema);
        hash = add_answer(s, hash, k->version);
        sqlite3_reset(k->version);
    } else {
        sqlite3_stmt *stmt = prepare_version(db, schema);
        hash = add_answer(s, hash, stmt);
        sqlite3_finalize(stmt);
    }
    return hash;
}

/* Hosts before 3.39: of the list's statement the rows are a part, so it cannot be kept. */
static sqlite3_uint64 add_listed(struct schemas *s, sqlite3 *db, sqlite3_uint64 hash)
{
    enum { NUMBER, NAME };
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, "PRAGMA database_list", -1, &stmt, NULL) == SQLITE_OK) {
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(stmt, NAME);
            if (name == NULL)
                hash = add_unknown(s, hash);
            else if (sqlite3_column_int(stmt, NUMBER) != TEMP)
                hash = add_version(s, db, hash, name);
        }
    } else {
        hash = add_unknown(s, hash);
    }
    sqlite3_finalize(stmt);
    return hash;
}

static sqlite3_uint64 add_versions(struct schemas *s, sqlite3 *db, sqlite3_uint64 hash)
{
#if SQLITE_VERSION_NUMBER >= 3039000
    if (host_is(HOST_DB_NAME)) {
        const char *name;
        for (int i = 0; (name = sqlite3_db_name(db, i)) != NULL; i++) {
            if (i != TEMP)
                hash = add_version(s, db, hash, name);
        }
        return hash;
    }
#endif
    return add_listed(s, db, hash);
}

sqlite3_uint64 schemas_hash(struct schemas *s, sqlite3 *db)
{
    sqlite3_uint64 hash;
    s->asking = true;
    hash = add_versions(s, db, watch(s, db));
    s->asking = false;
    return hash;
}

static void give_up(sqlite3_stmt **stmt)
{
    sqlite3_stmt *given = *stmt;
    *stmt = NULL; /* its end may come back here */
    sqlite3_finalize(given);
}

void schemas_clear(struct schemas *s)
{
    if (s->asking)
        return;
    give_up(&s->watch);
    for (int i = 0; i < SCHEMAS_KEPT; i++)
        give_up(&s->kept[i].version);
}
