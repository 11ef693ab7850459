/* The one table of what depends on the version of the SQLite that loaded us.
**
** Interrupts: from 3.41 the host answers itself.  Before, a prepared `SELECT 1` is stepped: SQLite clears
** its flag only when no statement is active, so while one of the host's statements runs (every callback
** that waits is inside one) the step returns SQLITE_INTERRUPT exactly if that statement was interrupted. */
#include "base/host.h"

static const int gates[HOST_GATE_N] = {
    [HOST_DB_NAME] = 3039000,         [HOST_IS_INTERRUPTED] = 3041000,
    [HOST_LIMIT_CONSUMED] = 3046000,
    [HOST_AUX_CONSUMED] = 3051001, /* 3.51.0 still has the fault, 3.51.1 does not */
    [HOST_COLUSED_HAS_KEY] = 3047000, [HOST_LONG_FLOATS] = 3053000,
};

void host_init(struct host *h, sqlite3 *db)
{
    h->db = db;
    h->version = sqlite3_libversion_number();
    h->ping = NULL;
    h->hold = NULL;
    h->own = NULL;
}

void host_clear(struct host *h)
{
    sqlite3_stmt *ping = h->ping, *hold = h->hold, *own = h->own;
    h->ping = h->hold = h->own = NULL;
    sqlite3_finalize(ping);
    sqlite3_finalize(hold);
    sqlite3_finalize(own);
}

bool host_has(const struct host *h, enum host_gate gate)
{
    return h->version >= gates[gate];
}

bool host_is(enum host_gate gate)
{
    return sqlite3_libversion_number() >= gates[gate];
}

void host_watch(struct host *h)
{
    static const char sql[] = "SELECT 1 UNION ALL SELECT 2";
    if (h->hold != NULL ||
        sqlite3_prepare_v3(h->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &h->hold, NULL) == SQLITE_OK)
        (void)sqlite3_step(h->hold);
}

void host_unwatch(struct host *h)
{
    if (h->hold != NULL)
        (void)sqlite3_reset(h->hold);
}

bool host_interrupted(struct host *h)
{
#if SQLITE_VERSION_NUMBER >= 3041000
    if (host_has(h, HOST_IS_INTERRUPTED))
        return sqlite3_is_interrupted(h->db) != 0;
#endif
    if (h->ping == NULL) {
        int rc =
            sqlite3_prepare_v3(h->db, "SELECT 1", -1, SQLITE_PREPARE_PERSISTENT, &h->ping, NULL);
        if (rc != SQLITE_OK)
            return rc == SQLITE_INTERRUPT;
    }
    int rc = sqlite3_step(h->ping);
    sqlite3_reset(h->ping);
    return rc == SQLITE_INTERRUPT;
}

static bool several_run(sqlite3 *db)
{
    int n = 0;
    for (sqlite3_stmt *stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt))
        n += sqlite3_stmt_busy(stmt) != 0;
    return n > 1;
}

/* SQLite expires all that is prepared when such a switch changes; this one matters to EXPLAIN QUERY PLAN alone.  What runs
** would be aborted as soon as it opened one more table. */
void host_expire(struct host *h)
{
    int on = 0;
    if (several_run(h->db) ||
        sqlite3_db_config(h->db, SQLITE_DBCONFIG_TRIGGER_EQP, -1, &on) != SQLITE_OK)
        return;
    sqlite3_db_config(h->db, SQLITE_DBCONFIG_TRIGGER_EQP, !on, NULL);
    sqlite3_db_config(h->db, SQLITE_DBCONFIG_TRIGGER_EQP, on, NULL);
}

bool host_overrides(struct host *h, const char *function)
{
    static const char sql[] = "SELECT 1 FROM pragma_function_list WHERE name = ?1 AND builtin = 0";
    if (h->own == NULL &&
        sqlite3_prepare_v3(h->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &h->own, NULL) != SQLITE_OK)
        return true;
    sqlite3_bind_text(h->own, 1, function, -1, SQLITE_STATIC);
    int rc = sqlite3_step(h->own);
    sqlite3_reset(h->own);
    return rc != SQLITE_DONE;
}
