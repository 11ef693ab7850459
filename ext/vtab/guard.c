/* The guard: a table in temp without content whose only job is to take part in local transactions and so to
** hear their ends.  txn.c enlists it by nested SQL; bind tables themselves have no transaction callbacks, since
** SQLite forgets a table's callbacks when it is dropped or renamed in the transaction. */
#include "vtab/listing.h"

#include <string.h>

static int guard_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    (void)argc;
    (void)argv;
    return listing_connect(db, aux, "CREATE TABLE x(guard)", true, out, message);
}

static int guard_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    (void)vtab;
    *out = sqlite3_malloc64(sizeof **out);
    if (!*out)
        return SQLITE_NOMEM;
    memset(*out, 0, sizeof **out);
    return SQLITE_OK;
}

static int guard_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int guard_filter(sqlite3_vtab_cursor *cursor, int num, const char *str, int argc,
                        sqlite3_value **argv)
{
    (void)cursor, (void)num, (void)str, (void)argc, (void)argv;
    return SQLITE_OK;
}

static int guard_next(sqlite3_vtab_cursor *cursor)
{
    (void)cursor;
    return SQLITE_OK;
}

static int guard_eof(sqlite3_vtab_cursor *cursor)
{
    (void)cursor;
    return 1;
}

static int guard_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    (void)cursor, (void)context, (void)column;
    return SQLITE_OK;
}

static int guard_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    (void)cursor;
    *rowid = 0;
    return SQLITE_OK;
}

static int guard_update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid)
{
    (void)argc, (void)argv;
    *rowid = 0;
    vtab->zErrMsg = sqlite3_mprintf("binds: the guard table holds no rows");
    return SQLITE_READONLY;
}

static struct binds *owner(sqlite3_vtab *vtab)
{
    return ((struct listing *)vtab)->binds;
}

static int guard_begin(sqlite3_vtab *vtab)
{
    struct err err;
    err_clear(&err);
    return txn_begin(owner(vtab), &err) == SQLITE_OK ? SQLITE_OK : err_to_vtab(&err, vtab);
}

static int guard_sync(sqlite3_vtab *vtab)
{
    struct err err;
    err_clear(&err);
    return txn_sync(owner(vtab), &err) == SQLITE_OK ? SQLITE_OK : err_to_vtab(&err, vtab);
}

static int guard_commit(sqlite3_vtab *vtab)
{
    txn_commit(owner(vtab));
    return SQLITE_OK;
}

static int guard_rollback(sqlite3_vtab *vtab)
{
    txn_rollback(owner(vtab));
    return SQLITE_OK;
}

static int guard_savepoint(sqlite3_vtab *vtab, int level)
{
    struct err err;
    err_clear(&err);
    return txn_savepoint(owner(vtab), level, &err) == SQLITE_OK ? SQLITE_OK
                                                                : err_to_vtab(&err, vtab);
}

static int guard_release(sqlite3_vtab *vtab, int level)
{
    struct err err;
    err_clear(&err);
    return txn_release(owner(vtab), level, &err) == SQLITE_OK ? SQLITE_OK : err_to_vtab(&err, vtab);
}

static int guard_rollback_to(sqlite3_vtab *vtab, int level)
{
    struct err err;
    err_clear(&err);
    return txn_rollback_to(owner(vtab), level, &err) == SQLITE_OK ? SQLITE_OK
                                                                  : err_to_vtab(&err, vtab);
}

static const sqlite3_module guard_module = {
    .iVersion = 2,
    .xCreate = guard_connect,
    .xConnect = guard_connect,
    .xBestIndex = listing_best_index,
    .xDisconnect = listing_disconnect,
    .xDestroy = listing_disconnect,
    .xOpen = guard_open,
    .xClose = guard_close,
    .xFilter = guard_filter,
    .xNext = guard_next,
    .xEof = guard_eof,
    .xColumn = guard_column,
    .xRowid = guard_rowid,
    .xUpdate = guard_update,
    .xBegin = guard_begin,
    .xSync = guard_sync,
    .xCommit = guard_commit,
    .xRollback = guard_rollback,
    .xSavepoint = guard_savepoint,
    .xRelease = guard_release,
    .xRollbackTo = guard_rollback_to,
};

int guard_register(struct binds *b)
{
    int rc = listing_register(b, "bind_guard", &guard_module);
    return rc == SQLITE_OK ? listing_create_temp(b, "_binds_guard", "bind_guard") : rc;
}
