/* Has the running transaction changed anything local?  If not, and one server is all it wrote, that server's COMMIT
** is all there is to do.
**
** The pager knows, and is asked, file by file, when the transaction commits.  A writer that has changed no page yet
** has begun neither a rollback journal nor frames for the log; from its first page on it counts as a change, also
** when SQLite has undone it since (a failed statement, ROLLBACK TO).  Every doubt counts as a change. */
#include "session/coord_parts.h"

#include <string.h>

#define JOURNAL_HEAD                                                                               \
    28 /* bytes of its header that SQLite sets to zero when a journal that it keeps is over */

/* One that stays open after its transaction (locking_mode=exclusive, or a reader that goes on) was emptied, or its
** header made zero. */
static bool journal_begun(sqlite3_file *journal)
{
    static const unsigned char over[JOURNAL_HEAD];
    unsigned char head[JOURNAL_HEAD];
    sqlite3_int64 size = 0;
    int rc;
    if (!journal->pMethods)
        return false;
    if (journal->pMethods->xFileSize(journal, &size) != SQLITE_OK)
        return true;
    if (size == 0)
        return false;
    rc = journal->pMethods->xRead(journal, head, JOURNAL_HEAD, 0);
    return (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) ||
           memcmp(head, over, JOURNAL_HEAD) != 0;
}

/* In WAL mode there is no file to look at: what was changed may be in the cache alone.  But SQLite leaves a request for
** another journal mode unanswered once a page was changed, and refuses it before, since a transaction is running. */
static bool log_begun(sqlite3 *db, const char *schema)
{
    char *sql = sqlite3_mprintf("PRAGMA \"%w\".journal_mode = delete", schema);
    sqlite3_stmt *stmt = NULL;
    bool refused = sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
                   sqlite3_step(stmt) == SQLITE_ERROR;
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return !refused;
}

static bool schema_changed(sqlite3 *db, const char *schema)
{
    sqlite3_file *journal = NULL;
    char mode[COORD_MODE_MAX];
    if (sqlite3_txn_state(db, schema) != SQLITE_TXN_WRITE)
        return false;
    if (!coord_journal_mode(db, schema, mode) || strcmp(mode, "off") == 0)
        return true;
    if (strcmp(mode, "wal") == 0)
        return log_begun(db, schema);
    return sqlite3_file_control(db, schema, SQLITE_FCNTL_JOURNAL_POINTER, &journal) != SQLITE_OK ||
           !journal || journal_begun(journal);
}

bool txn_local_changes(struct binds *b)
{
    sqlite3_stmt *stmt = NULL;
    bool changed = false;
    int rc = sqlite3_prepare_v2(b->db, "SELECT name FROM pragma_database_list", -1, &stmt, NULL);
    while (rc == SQLITE_OK && !changed && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *schema = (const char *)sqlite3_column_text(stmt, 0);
        changed = !schema || schema_changed(b->db, schema);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return changed || rc != SQLITE_DONE;
}
