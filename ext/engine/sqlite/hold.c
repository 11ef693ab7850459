/* The wait that COMMIT would have, taken before it.
**
** In rollback-journal mode SQLite takes the exclusive lock within COMMIT; a reader makes it busy.  Where others
** have voted by then that is too late, so the lock is taken here, through the file's own methods; SQLite finds
** it held and goes on.  Never in WAL mode, where it would lock out everybody and COMMIT waits for nobody. */
#include "engine/sqlite/driver.h"

static bool is_wal(sqlite3 *db, const char *schema)
{
    char *sql = sqlite3_mprintf("PRAGMA \"%w\".journal_mode", schema);
    sqlite3_stmt *stmt = NULL;
    bool wal = false;
    if (sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);
        wal = mode && sqlite3_stricmp(mode, "wal") == 0;
    }
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return wal;
}

static int hold_schema(struct sqlite_conn *c, const char *schema, struct err *err)
{
    sqlite3_file *file = NULL;
    int count = 0, rc;
    if (sqlite3_txn_state(c->db, schema) != SQLITE_TXN_WRITE || is_wal(c->db, schema) ||
        sqlite3_file_control(c->db, schema, SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        !file || !file->pMethods)
        return SQLITE_OK;
    while (((rc = file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE)) & 0xff) == SQLITE_BUSY &&
           sqlite_on_busy(c->session, count))
        count++;
    if ((rc & 0xff) == SQLITE_BUSY && c->locked_by_itself)
        return sqlite_twins_error(c->session, SQLITE_BUSY, err);
    if ((rc & 0xff) == SQLITE_BUSY && c->stopped == STOP_NOT)
        return err_server(err, SQLITE_BUSY, "", SQLITE_BUSY,
                          "database is locked: somebody is reading it, COMMIT can be tried again");
    return rc == SQLITE_OK ? rc : sqlite_error(c, rc, err);
}

int sqlite_hold(struct conn *base, struct err *err)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    sqlite3_stmt *stmt = NULL;
    int rc;
    sqlite_limit(c, base->url->timeout_ms);
    rc = sqlite3_prepare_v2(c->db, "SELECT name FROM pragma_database_list WHERE name <> 'temp'", -1,
                            &stmt, NULL);
    if (rc != SQLITE_OK)
        return sqlite_error(c, rc, err);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *schema = (const char *)sqlite3_column_text(stmt, 0);
        if (schema)
            rc = hold_schema(c, schema, err);
    }
    sqlite3_finalize(stmt);
    return rc;
}
