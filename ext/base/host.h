/* What the SQLite that loaded us can do.  One table of gates by sqlite3_libversion_number() (facts measured
** version by version), never by looking at API pointers: slots past the end of an old host's struct are garbage. */
#ifndef BINDS_BASE_HOST_H
#define BINDS_BASE_HOST_H

#include "base/sqlite.h"
#include <stdbool.h>

#define HOST_VERSION_MIN 3038000

enum host_gate {
    HOST_DB_NAME,           /* sqlite3_db_name()                                 3.39 */
    HOST_IS_INTERRUPTED,    /* sqlite3_is_interrupted()                          3.41 */
    HOST_LIMIT_CONSUMED,    /* LIMIT/OFFSET are offered only where they are safe  3.46 */
    HOST_AUX_CONSUMED,      /* <> LIKE GLOB IS NOT, IS NOT NULL may be consumed   3.51 */
    HOST_COLUSED_HAS_KEY,   /* colUsed lists the PK columns, always                3.47 */
    HOST_LONG_FLOATS,       /* real → text has 17 digits instead of 15, and a number may end at an inner NUL  3.53 */
    HOST_GATE_N
};

struct host {
    sqlite3 *db;
    int version;            /* sqlite3_libversion_number() at load */
    sqlite3_stmt *ping;     /* "SELECT 1": pre-3.41 way to see an interrupt; made lazily */
    sqlite3_stmt *hold;     /* two rows: stepped to the first one it is an active statement */
    sqlite3_stmt *own;      /* is a function of that name the application's own? made lazily */
};
void host_init(struct host *h, sqlite3 *db);
void host_clear(struct host *h);   /* finalizes; must run before the connection closes (guard's xDisconnect) */
bool host_has(const struct host *h, enum host_gate gate);
bool host_is(enum host_gate gate); /* the same of the library that runs, where no struct host is at hand */
/* Around a wait.  SQLite forgets an interrupt, or remembers an old one, while no statement is active, and none
** is while one is being planned; between these two one is.  They do not nest. */
void host_watch(struct host *h);
void host_unwatch(struct host *h);
/* True when sqlite3_interrupt() was called and the interrupted statement has not ended yet.  Cheap (<1 us).
** Asked outside of any statement, newer hosts still answer for the last one. */
bool host_interrupted(struct host *h);
/* Has the application put a function of its own in the place of that built-in one (of whatever number of
** arguments)?  True as well where that cannot be known.  Doing so expires what has been prepared with the old
** one, so an answer given while a statement is planned holds for it. */
bool host_overrides(struct host *h, const char *function);
/* What the plans of prepared statements rest on has changed: each is prepared anew before it runs again.  Called
** by the only one that runs and is at its end; while another one runs, nothing happens: it could not go on. */
void host_expire(struct host *h);

#endif
