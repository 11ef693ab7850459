/* The last answers of xBestIndex.  A statement that is prepared again and again asks the same each time, and planning is
** pure: the same request in the same circumstances has the same answer. */
#ifndef BINDS_VTAB_ANSWERS_H
#define BINDS_VTAB_ANSWERS_H

#include "sqlgen/plan.h"

#define ANSWERS_KEPT 8

struct answer { /* all that goes back to SQLite */
    const struct plan_use *uses; /* one per term of the request */
    const char *text;            /* idxStr */
    bool ordered;
    double cost;
    sqlite3_int64 rows;
};

struct answers; /* of one table; NULL = none yet */

/* What an answer rests on beyond the request and the table itself. */
struct circumstances {
    sqlite3_int64 generation;    /* of binds: the remote, the dialect and the URL are the same as long as it is */
    const struct remote *remote;
    unsigned version;            /* of the remote */
};

/* The answer given before, good until the next one is kept; NULL = none. */
const struct answer *answers_find(const struct answers *all, const struct circumstances *now,
                                  const struct request *request);
/* Keeps a copy; without memory it does not. */
void answers_keep(struct answers **all, const struct circumstances *now, const struct request *request,
                  const struct answer *answer);
void answers_free(struct answers *all); /* NULL is fine */

#endif
