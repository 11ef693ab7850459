/* How often may the running statement scan bind tables?  Once needs no snapshot: one remote SELECT is one by itself.
** Oftener, and all scans of the statement must see the same. */
#ifndef BINDS_SESSION_SCANS_H
#define BINDS_SESSION_SCANS_H

#include "base/sqlite.h"
#include <stdbool.h>

struct binds;

#define SCANS_KNOWN 32

struct scans {                  /* what is known of statement texts, by their hash */
    struct {
        sqlite3_uint64 hash;    /* 0 = free */
        bool repeat;
    } known[SCANS_KNOWN];
    struct scans_last {         /* the last statement that was found to scan once; stmt NULL = none */
        sqlite3_stmt *stmt;
        sqlite3_uint64 hash;    /* of its text */
        int prepared, run;      /* its counters */
    } last;
};

/* False only if it is certain that every running statement makes at most one scan of a virtual table. */
bool scans_repeat(struct binds *b);

#endif
