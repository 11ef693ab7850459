/* SQLite tells a virtual table nothing of the statement around it, but EXPLAIN does: the program of the same text
** says how many virtual tables it opens and whether their scan stands in a loop.  The plan of another time may order
** loops differently, so a second table of any kind, a subroutine or a coroutine counts as repetition.
** A text is explained once per state of the schema. */
#include "session/scans.h"
#include "session/binds.h"

#include <string.h>

#define FNV64_START 14695981039346656037ULL
#define FNV64_PRIME 1099511628211ULL
#define FIRST_INSTRUCTION 1 /* the jump back to it ends the program's prologue */

enum { COLUMN_ADDRESS, COLUMN_OPCODE, COLUMN_P1, COLUMN_P2 };

static bool is_one_of(const char *opcode, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(opcode, *list) == 0)
            return true;
    return false;
}

/* Does this program scan a virtual table more than once? */
static bool program_repeats(sqlite3_stmt *explain)
{
    static const char *const others[] = {"VOpen",   "OpenRead",      "OpenWrite",
                                         "OpenDup", "InitCoroutine", "Gosub",
                                         "Program", "ReopenIdx",     NULL};
    int filter = -1, opened = 0, rc;
    while ((rc = sqlite3_step(explain)) == SQLITE_ROW) {
        const char *opcode = (const char *)sqlite3_column_text(explain, COLUMN_OPCODE);
        int address = sqlite3_column_int(explain, COLUMN_ADDRESS);
        int jump = sqlite3_column_int(explain, COLUMN_P2);
        if (!opcode)
            return true;
        opened += is_one_of(opcode, others);
        if (strcmp(opcode, "VFilter") == 0) {
            if (filter >= 0)
                return true;
            filter = address;
        } else if (filter >= 0 && jump > FIRST_INSTRUCTION && jump <= filter &&
                   (strstr(opcode, "Next") || strstr(opcode, "Prev") ||
                    strcmp(opcode, "Goto") == 0)) {
            return true;
        }
    }
    return rc != SQLITE_DONE || (filter >= 0 && opened > 1);
}

static bool text_repeats(sqlite3 *db, const char *sql)
{
    char *text = sqlite3_mprintf("EXPLAIN %s", sql);
    sqlite3_stmt *explain = NULL;
    bool repeat = true;
    if (text && sqlite3_prepare_v2(db, text, -1, &explain, NULL) == SQLITE_OK)
        repeat = program_repeats(explain);
    sqlite3_finalize(explain);
    sqlite3_free(text);
    return repeat;
}

/* Views are what may change under a text. */
static sqlite3_uint64 schema_hash(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_uint64 hash = FNV64_START;
    for (int i = 0; i < 2; i++) {
        if (sqlite3_prepare_v2(db, i ? "PRAGMA temp.schema_version" : "PRAGMA main.schema_version",
                               -1, &stmt, NULL) == SQLITE_OK &&
            sqlite3_step(stmt) == SQLITE_ROW)
            hash = (hash ^ (sqlite3_uint64)sqlite3_column_int64(stmt, 0)) * FNV64_PRIME;
        sqlite3_finalize(stmt);
    }
    return hash;
}

static bool statement_repeats(struct binds *b, const char *sql, sqlite3_uint64 hash)
{
    struct scans *s = &b->txn.scans;
    size_t slot;
    for (const char *p = sql; *p; p++)
        hash = (hash ^ (unsigned char)*p) * FNV64_PRIME;
    hash |= 1;
    slot = (size_t)(hash >> 32) % SCANS_KNOWN;
    if (s->known[slot].hash != hash) {
        s->known[slot].repeat = text_repeats(b->db, sql);
        s->known[slot].hash = hash;
    }
    return s->known[slot].repeat;
}

static sqlite3_uint64 text_hash(const char *sql)
{
    sqlite3_uint64 hash = FNV64_START;
    for (const char *p = sql; *p; p++)
        hash = (hash ^ (unsigned char)*p) * FNV64_PRIME;
    return hash;
}

/* The same statement as last time, run again since: a change of the schema would have prepared it anew, and that is
** counted.  One that was only made at the same place begins to count its runs from the start. */
static bool once_as_before(struct binds *b, sqlite3_stmt *stmt, const char *sql)
{
    struct scans_last *last = &b->txn.scans.last, now = {.stmt = stmt};
    bool again;
    if (!sql)
        return false;
    now.hash = text_hash(sql);
    now.prepared = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
    now.run = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
    again = last->stmt == stmt && last->hash == now.hash && last->prepared == now.prepared &&
            last->run < now.run;
    *last = now;
    if (!again)
        last->stmt = NULL; /* until it is known to scan once */
    return again;
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
            hash = schema_hash(b->db);
        if (!sql || statement_repeats(b, sql, hash)) {
            b->txn.scans.last.stmt = NULL;
            return true;
        }
    }
    if (busy == 1)
        b->txn.scans.last.stmt = only;
    return false;
}
