/* SELECT min(a), max(b) FROM t reads every row of t: SQLite asks for rows in order only where one min() or max() stands
** alone, and nothing tells a virtual table what its rows are for.  The program of the running statement does (EXPLAIN):
** if each row of a scan is given to min() and max() of columns and to nothing else, then any part of the rows will do,
** as long as it holds one row with the lowest or highest value of each of these columns. */
#ifndef BINDS_SESSION_EXTREMES_H
#define BINDS_SESSION_EXTREMES_H

#include "session/scans.h"
#include "sqlgen/plan.h"

struct binds;

#define EXTREMES_KNOWN 8

struct extremes { /* what is known of scans, by the hash of their plans */
    struct extremes_known {
        sqlite3_uint64 plan;    /* its hash */
        struct scans_last from; /* the run that it was last known of; that one was alone */
        bool only;              /* the scan is for these alone: */
        struct plan_extremes found;
    } known[EXTREMES_KNOWN];
};

/* What the scan with that plan is for.  False: for more than extremes, or it cannot be known. */
bool extremes_find(struct binds *b, const char *plan, struct plan_extremes *out);

#endif
