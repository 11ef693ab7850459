/* Has the running transaction changed anything local?  If not, and one server is all it wrote, that server's COMMIT
** is all there is to do.
**
** SQLite does not tell.  What is known: in autocommit the one running statement is the transaction, and one that
** names a bind table as its target changes nothing else.  Inside BEGIN rows are counted, ours apart from all,
** from a moment at which nothing was changed yet: when the guard joins and main is not being written, or has no
** page written to yet; else the end of the transaction before.  What SQLite undoes takes the difference of the two
** counts back to what it was when the level was opened.  Every doubt counts as a change. */
#include "session/bind.h"
#include "session/statement.h"

#include <limits.h>

static int schema_version(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(db, "PRAGMA main.schema_version", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        version = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    return version;
}

static int status(sqlite3 *db, int what)
{
    int now = 0, peak = 0;
    sqlite3_db_status(db, what, &now, &peak, 0);
    return now;
}

/* Rows changed so far that are none of ours. */
static sqlite3_int64 foreign(const struct binds *b)
{
    return sqlite3_total_changes(b->db) - b->txn.own_changes;
}

/* A moment between transactions, or before the first change of one: what was counted so far is history. */
void txn_observe(struct binds *b)
{
    struct txn *t = &b->txn;
    t->changes_seen = foreign(b);
    t->schema_seen = schema_version(b->db);
    t->spills_seen = status(b->db, SQLITE_DBSTATUS_CACHE_SPILL);
    t->own_doubt = false;
}

/* What others see: a schema that only we see was changed by the running transaction. */
static int committed_schema_version(sqlite3 *db)
{
    sqlite3 *other = NULL;
    int version = -1;
    if (sqlite3_open_v2(sqlite3_db_filename(db, "main"), &other,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL) == SQLITE_OK)
        version = schema_version(other);
    sqlite3_close(other);
    return version;
}

/* A writing statement of ours has made main a writer; is it a clean one still?  With a rollback journal: until a
** page is changed the journal is not there.  In WAL mode: changed pages can be written to the log ahead of time,
** which is harmless, and counted. */
static bool main_is_clean(struct binds *b)
{
    sqlite3_file *journal = NULL;
    int written;
    if (sqlite3_file_control(b->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal) != SQLITE_OK ||
        !journal)
        return false;
    if (!journal->pMethods)
        return true;
    if (b->txn.wal && schema_version(b->db) != b->txn.schema_seen &&
        schema_version(b->db) != committed_schema_version(b->db))
        return false;
    if (!b->txn.wal || status(b->db, SQLITE_DBSTATUS_CACHE_SPILL) != b->txn.spills_seen)
        return false;
    written = status(b->db, SQLITE_DBSTATUS_CACHE_WRITE);
    return sqlite3_db_cacheflush(b->db) == SQLITE_OK &&
           status(b->db, SQLITE_DBSTATUS_CACHE_WRITE) == written;
}

/* More files than main may have changed. */
static bool others_written(struct binds *b)
{
    sqlite3_stmt *stmt = NULL;
    bool written = false;
    if (sqlite3_prepare_v2(
            b->db, "SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')", -1,
            &stmt, NULL) != SQLITE_OK)
        return true;
    while (!written && sqlite3_step(stmt) == SQLITE_ROW)
        written = sqlite3_txn_state(b->db, (const char *)sqlite3_column_text(stmt, 0)) ==
                  SQLITE_TXN_WRITE;
    sqlite3_finalize(stmt);
    return written;
}

static bool is_wal(struct binds *b)
{
    sqlite3_stmt *stmt = NULL;
    bool wal = false;
    if (sqlite3_prepare_v2(b->db, "PRAGMA main.journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        wal = sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    sqlite3_finalize(stmt);
    return wal;
}

void txn_observe_begin(struct binds *b)
{
    b->txn.first_level = INT_MAX;
    b->txn.clean = false;
    if (b->txn.explicit_begin && sqlite3_txn_state(b->db, "main") == SQLITE_TXN_WRITE) {
        b->txn.wal = is_wal(b);
        if (others_written(b) || !main_is_clean(b))
            return;
    }
    txn_observe(b);
    b->txn.clean = true;
}

void txn_observe_level(struct binds *b, int level)
{
    struct txn *t = &b->txn;
    if (level >= t->level_room) {
        int room = 2 * level + 8;
        sqlite3_int64 *grown =
            sqlite3_realloc64(t->foreign_at, (sqlite3_uint64)room * sizeof *grown);
        if (!grown) {
            t->own_doubt = true;
            return;
        }
        t->foreign_at = grown;
        t->level_room = room;
    }
    t->foreign_at[level] = foreign(b);
    if (level < t->first_level)
        t->first_level = level;
}

/* A statement that failed has not been counted by SQLite, one before ROLLBACK TO has: the difference between both counts
** is what it was.  Below the levels that were seen lies the moment of joining. */
void txn_observe_undone(struct binds *b, int level)
{
    struct txn *t = &b->txn;
    if (level >= t->first_level)
        t->own_changes = sqlite3_total_changes(b->db) - t->foreign_at[level];
    else if (t->clean || level < 0)
        t->own_changes = sqlite3_total_changes(b->db) - t->changes_seen;
    else
        t->own_doubt = true;
}

void txn_observe_record(struct binds *b, sqlite3_int64 total_before)
{
    b->txn.own_changes += sqlite3_total_changes(b->db) - total_before;
    if (!b->txn.local)
        b->txn.schema_seen = schema_version(b->db);
}

void txn_observe_end(struct binds *b, bool committed)
{
    struct txn *t = &b->txn;
    t->changes_seen = foreign(b);
    if (committed)
        t->schema_seen = t->schema_synced;
    t->spills_seen = status(b->db, SQLITE_DBSTATUS_CACHE_SPILL);
    t->own_doubt = false;
}

int txn_schema_version(struct binds *b)
{
    return schema_version(b->db);
}

void txn_count_change(struct binds *b)
{
    b->txn.own_changes++;
}

bool txn_local_changes(struct binds *b)
{
    if (!b->txn.explicit_begin)
        return !statement_is_ours(b);
    return b->txn.own_doubt || foreign(b) != b->txn.changes_seen ||
           schema_version(b->db) != b->txn.schema_seen || others_written(b);
}
