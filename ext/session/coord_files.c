/* The local files at the moment of decision: locks before the votes, durability after the commit.
**
** In rollback-journal mode SQLite takes the exclusive lock only after every xSync has run; a single reader would
** then turn a fully voted transaction into SQLITE_BUSY.  Taking the lock here, through the file's own methods,
** brings that BUSY forward; SQLite finds the lock held and goes on.  Never in WAL mode: it would lock out
** everybody. */
#include "session/coord_parts.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOCK_RETRY_MS 10

static int pragma_int(sqlite3 *db, const char *schema, const char *name, int missing)
{
    char *sql = sqlite3_mprintf("PRAGMA \"%w\".%s", schema, name);
    sqlite3_stmt *stmt = NULL;
    int value = missing;
    if (sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return value;
}

static bool is_wal(sqlite3 *db, const char *schema)
{
    char mode[COORD_MODE_MAX];
    return coord_journal_mode(db, schema, mode) && strcmp(mode, "wal") == 0;
}

static bool is_file(sqlite3 *db, const char *schema)
{
    const char *file = sqlite3_db_filename(db, schema);
    return file && file[0];
}

static int hold_file(struct binds *b, const char *schema, sqlite3_int64 deadline, struct err *err)
{
    sqlite3_file *file = NULL;
    int rc;
    if (sqlite3_txn_state(b->db, schema) != SQLITE_TXN_WRITE || !is_file(b->db, schema) ||
        is_wal(b->db, schema))
        return SQLITE_OK;
    if (sqlite3_file_control(b->db, schema, SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        !file || !file->pMethods)
        return SQLITE_OK;
    while (((rc = file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE)) & 0xff) == SQLITE_BUSY) {
        if (trace_clock_us() >= deadline)
            return err_set(err, SQLITE_BUSY,
                           "database is locked: somebody is reading %s, COMMIT can be tried again",
                           schema);
        if (wait_sleep(&b->wait, LOCK_RETRY_MS) == WAIT_INTERRUPTED)
            return err_set(err, SQLITE_INTERRUPT, "interrupted");
    }
    return rc == SQLITE_OK ? rc : err_set(err, rc, "locking %s", schema);
}

/* Runs visit for every schema of the connection but temp. */
static int each_schema(struct binds *b,
                       int (*visit)(struct binds *, const char *, sqlite3_int64, struct err *),
                       sqlite3_int64 arg, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int told = SQLITE_OK;
    int rc = sqlite3_prepare_v2(b->db, "SELECT name FROM pragma_database_list WHERE name <> 'temp'",
                                -1, &stmt, NULL);
    while (rc == SQLITE_OK && told == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *schema = (const char *)sqlite3_column_text(stmt, 0);
        told = schema ? visit(b, schema, arg, err) : err_nomem(err);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    if (told == SQLITE_OK && rc != SQLITE_OK && rc != SQLITE_DONE)
        return err_set(err, rc, "COMMIT: listing the databases: %s", sqlite3_errmsg(b->db));
    return told;
}

/* Asked before the commit: after it, SQL on the host's connection would leave a read transaction open. */
static void plan_durability(struct binds *b)
{
    int synchronous = pragma_int(b->db, "main", "synchronous", 2);
    bool wal = is_wal(b->db, "main");
    b->coord.sync_log = wal && synchronous < 2;
    b->coord.sync_journal = !wal && synchronous < 2;
    b->coord.sync_folder = !wal && synchronous < 3;
}

int coord_hold_files(struct binds *b, struct err *err)
{
    int busy_ms = pragma_int(b->db, "main", "busy_timeout", 0);
    plan_durability(b);
    return each_schema(b, hold_file, trace_clock_us() + (sqlite3_int64)busy_ms * 1000, err);
}

/* Nothing is there: there is nothing to force to disk. */
static void sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

void coord_sync_directory(const char *file)
{
    char dir[4096];
    const char *slash = strrchr(file, '/');
    int n = slash ? (int)(slash - file) : 0;
    if (n >= (int)sizeof dir)
        return;
    sqlite3_snprintf(n + 1, dir, "%s", file);
    sync_path(slash ? (n ? dir : "/") : ".");
}

void coord_make_durable(struct binds *b)
{
    sqlite3_file *file = NULL;
    if (b->coord.side || !is_file(b->db, "main"))
        return;
    if (b->coord.sync_log &&
        sqlite3_file_control(b->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) == SQLITE_OK &&
        file && file->pMethods)
        file->pMethods->xSync(file, SQLITE_SYNC_FULL);
    if (b->coord
            .sync_journal) /* journal_mode=truncate: one that was cut back and comes back whole undoes the commit */
        sync_path(sqlite3_filename_journal(sqlite3_db_filename(b->db, "main")));
    if (b->coord.sync_folder)
        coord_sync_directory(sqlite3_db_filename(b->db, "main"));
}
