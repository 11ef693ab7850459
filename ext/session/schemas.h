/* Has anything changed that a text could name, in any schema of the host's connection?  Asked by statements that are kept
** prepared, since each read of a bind table wants to know. */
#ifndef BINDS_SESSION_SCHEMAS_H
#define BINDS_SESSION_SCHEMAS_H

#include "base/host.h"

#define SCHEMAS_KEPT 6
#define SCHEMAS_NAME 32

struct schemas {
    sqlite3_stmt *watch;       /* expires whenever what is prepared has to be prepared anew; NULL = to be made */
    sqlite3_uint64 watches;    /* made so far */
    struct schemas_kept {
        char name[SCHEMAS_NAME];
        sqlite3_stmt *version; /* PRAGMA name.schema_version; NULL = free */
    } kept[SCHEMAS_KEPT];
    unsigned next;             /* that gives way to another one */
    bool asking;               /* one is running: not the moment to give them up */
    sqlite3_uint64 unknown;    /* answers that could not be had so far */
};

/* Another one when something has: at the latest when a statement runs that was prepared since. */
sqlite3_uint64 schemas_hash(struct schemas *s, sqlite3 *db);
/* Gives up the statements, so that the connection can be closed; they are made anew on demand. */
void schemas_clear(struct schemas *s);

#endif
