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

#define HEAD_UNKNOWN (-1)
#define HEAD_PRIME 0x100000001b3ULL
#define HEAD_MASK 0x7fffffffffffffffULL

/* What the head of main says of its content beside the rows: the schema's version and the two numbers that are the user's. */
static sqlite3_int64 head_of(sqlite3 *db)
{
    static const char *const numbers[] = {"PRAGMA main.schema_version", "PRAGMA main.user_version",
                                          "PRAGMA main.application_id"};
    sqlite3_uint64 head = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sqlite3_stmt *stmt = NULL;
        bool read = sqlite3_prepare_v2(db, numbers[i], -1, &stmt, NULL) == SQLITE_OK &&
                    sqlite3_step(stmt) == SQLITE_ROW;
        if (read)
            head = head * HEAD_PRIME + (sqlite3_uint64)sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
        if (!read)
            return HEAD_UNKNOWN;
    }
    return (sqlite3_int64)(head & HEAD_MASK);
}

/* Not asked while main is in no transaction: asking would give it one, until the user's ends. */
static sqlite3_int64 head_now(const struct binds *b)
{
    return sqlite3_txn_state(b->db, "main") == SQLITE_TXN_NONE ? HEAD_UNKNOWN : head_of(b->db);
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
    t->head_seen = head_now(b);
    t->spills_seen = status(b->db, SQLITE_DBSTATUS_CACHE_SPILL);
    t->own_doubt = false;
}

/* What others see: a schema that only we see was changed by the running transaction. */
static sqlite3_int64 committed_head(sqlite3 *db)
{
    sqlite3 *other = NULL;
    sqlite3_int64 head = HEAD_UNKNOWN;
    if (sqlite3_open_v2(sqlite3_db_filename(db, "main"), &other,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL) == SQLITE_OK)
        head = head_of(other);
    sqlite3_close(other);
    return head;
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
    if (b->txn.wal && head_of(b->db) != b->txn.head_seen && head_of(b->db) != committed_head(b->db))
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
        b->txn.head_seen = head_now(b);
}

void txn_observe_end(struct binds *b, bool committed)
{
    struct txn *t = &b->txn;
    t->changes_seen = foreign(b);
    if (committed)
        t->head_seen = t->head_synced;
    t->spills_seen = status(b->db, SQLITE_DBSTATUS_CACHE_SPILL);
    t->own_doubt = false;
}

void txn_observe_sync(struct binds *b)
{
    b->txn.head_synced = head_now(b);
}

void txn_count_change(struct binds *b)
{
    b->txn.own_changes++;
}

/* Only a writer has changed it; and what a writer has not committed, others do not see. */
static bool head_changed(struct binds *b)
{
    sqlite3_int64 seen = b->txn.head_seen;
    if (sqlite3_txn_state(b->db, "main") != SQLITE_TXN_WRITE)
        return false;
    return head_of(b->db) != (seen == HEAD_UNKNOWN ? committed_head(b->db) : seen);
}

bool txn_local_changes(struct binds *b)
{
    if (!b->txn.explicit_begin)
        return !statement_is_ours(b);
    return b->txn.own_doubt || foreign(b) != b->txn.changes_seen || head_changed(b) ||
           others_written(b);
}
