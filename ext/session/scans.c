/* SQLite tells a virtual table nothing of the statement around it, but EXPLAIN does (program.h).  A text is explained
** once per state of the schema. */
#include "session/scans.h"
#include "base/hash.h"
#include "session/binds.h"

#include <string.h>

static struct scans_known *known_of(struct binds *b, const char *sql, sqlite3_uint64 hash)
{
    struct scans_known *known;
    hash = hash_more(hash, scans_text_hash(sql));
    hash = hash_more(hash, (sqlite3_uint64)b->declared_changes) | 1;
    known = &b->txn.scans.known[(size_t)(hash >> 32) % SCANS_KNOWN];
    if (known->hash != hash) {
        known->hash = 0; /* meanwhile: what is prepared may come back here */
        program_read(b->db, sql, &known->program);
        known->vain = false;
        known->hash = hash;
    }
    return known;
}

sqlite3_uint64 scans_text_hash(const char *sql)
{
    return hash_text(sql, strlen(sql));
}

/* A change of the schema would have prepared it anew, and that is counted.  One that was only made at the same place
** begins to count its runs from the start. */
bool scans_again(struct scans_last *last, sqlite3_stmt *stmt, const char *sql)
{
    struct scans_last now = {.stmt = stmt};
    bool again;
    now.hash = scans_text_hash(sql);
    now.prepared = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
    now.run = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
    again = last->stmt == stmt && last->hash == now.hash && last->prepared == now.prepared &&
            last->run < now.run;
    *last = now;
    return again;
}

static bool once_as_before(struct binds *b, sqlite3_stmt *stmt, const char *sql)
{
    struct scans_last *last = &b->txn.scans.last;
    if (!sql)
        return false;
    if (scans_again(last, stmt, sql))
        return true;
    last->stmt = NULL; /* until it is known to scan once */
    return false;
}

bool scans_repeat(struct binds *b)
{
    sqlite3_stmt *only = NULL;
    int busy = 0;
    sqlite3_uint64 hash = 0;
    sqlite3_stmt *stmt;
    for (stmt = sqlite3_next_stmt(b->db, NULL); stmt; stmt = sqlite3_next_stmt(b->db, stmt)) {
        const char *sql;
        if (!sqlite3_stmt_busy(stmt))
            continue;
        sql = sqlite3_sql(stmt);
        if (once_as_before(b, stmt, sql))
            continue;
        only = stmt;
        busy++;
        if (hash == 0)
            hash = schemas_hash(&b->schemas, b->db);
        if (!sql || known_of(b, sql, hash)->program.repeats) {
            b->txn.scans.last.stmt = NULL;
            return true;
        }
    }
    if (busy == 1)
        b->txn.scans.last.stmt = only;
    return false;
}

/* ---- scans to come ------------------------------------------------------------------------------------- */

sqlite3_stmt *scans_only(sqlite3 *db)
{
    sqlite3_stmt *stmt, *found = NULL;
    for (stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
        if (!sqlite3_stmt_busy(stmt))
            continue;
        if (found)
            return NULL;
        found = stmt;
    }
    return found;
}

sqlite3_stmt *scans_reader(sqlite3 *db)
{
    sqlite3_stmt *only = scans_only(db);
    return only && sqlite3_stmt_readonly(only) ? only : NULL;
}

bool scans_columns(struct binds *b, const char *plan, sqlite3_uint64 *out)
{
    sqlite3_stmt *stmt = scans_only(b->db);
    const char *sql = stmt ? sqlite3_sql(stmt) : NULL;
    sqlite3_uint64 hash = sql ? schemas_hash(&b->schemas, b->db) : 0;
    struct scans_known *known = sql ? known_of(b, sql, hash) : NULL;
    if (known && !program_has(&known->program, plan)) {
        known->hash = 0;
        known = known_of(b, sql, hash);
    }
    if (!known || !known->program.plan || strcmp(known->program.plan, plan) != 0)
        return false;
    *out = known->program.columns;
    return true;
}

struct scans_known *scans_foreseen(struct binds *b, sqlite3_stmt **stmt)
{
    struct scans_ahead *last = &b->txn.scans.ahead;
    struct scans_last now = {.stmt = scans_reader(b->db)};
    const char *sql = now.stmt ? sqlite3_sql(now.stmt) : NULL;
    if (!sql)
        return NULL;
    now.hash = scans_text_hash(sql);
    now.prepared = sqlite3_stmt_status(now.stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
    now.run = sqlite3_stmt_status(now.stmt, SQLITE_STMTSTATUS_RUN, 0);
    if (last->as.stmt != now.stmt || last->as.hash != now.hash ||
        last->as.prepared != now.prepared || last->as.run >= now.run ||
        last->declared != b->declared_changes || last->known->hash != last->hash) {
        last->known = known_of(b, sql, schemas_hash(&b->schemas, b->db));
        last->hash = last->known->hash;
        last->declared = b->declared_changes;
    }
    last->as = now;
    *stmt = now.stmt;
    return last->known->program.nscans > 0 && !last->known->vain ? last->known : NULL;
}

void scans_clear(struct scans *s)
{
    for (int i = 0; i < SCANS_KNOWN; i++)
        program_clear(&s->known[i].program);
}
