/* Has anything changed that a text could name, in any schema of the host's connection?  Asked by statements that are kept
** prepared, since each read of a bind table wants to know. */
#ifndef BINDS_SESSION_SCHEMAS_H
#define BINDS_SESSION_SCHEMAS_H

#include "base/host.h"

#define SCHEMAS_KEPT 6
#define SCHEMAS_NAME 32

struct schemas_stmt {
    char name[SCHEMAS_NAME];
    sqlite3_stmt *stmt;     /* NULL = free */
    sqlite3_uint64 number;  /* of all that were made */
};

struct schemas {
    struct schemas_stmt versions[SCHEMAS_KEPT]; /* PRAGMA name.schema_version */
    struct schemas_stmt any;                    /* one that asks nothing */
    unsigned next;                              /* of versions, that gives way to another one */
    sqlite3_uint64 made;
    sqlite3_uint64 unknown; /* answers that could not be had so far */
    bool asking;            /* one is running: not the moment to give them up */
    int held;               /* > 0: `hash` is good, if it is known */
    bool known;
    sqlite3_uint64 hash;
};

/* Another one when something has changed, at the latest when a statement runs that was prepared since. */
sqlite3_uint64 schemas_hash(struct schemas *s, sqlite3 *db);
/* Between these two, in which nothing of the application's runs, it is found out once. */
static inline void schemas_hold(struct schemas *s)
{
    if (s->held++ == 0)
        s->known = false;
}
static inline void schemas_let(struct schemas *s)
{
    s->held--;
}
/* Gives up the statements, so that the connection can be closed; they are made anew on demand. */
void schemas_clear(struct schemas *s);

#endif
