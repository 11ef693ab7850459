/* What SET of a running UPDATE reads.  SQLite works out the SET of all rows of a virtual table before it hands over the
** first one; a native table's rows are changed one after the other, and what SET of a row reads in a subquery has the
** changes of the rows before it.  The program of the statement (EXPLAIN) tells which scans belong to SET. */
#ifndef BINDS_SESSION_REREADS_H
#define BINDS_SESSION_REREADS_H

#include "base/mem.h"
#include <stdbool.h>

struct binds;

struct reread {
    const char *vtab; /* as EXPLAIN names the table: vtab:%p */
    const char *plan; /* idxStr */
    bool once;        /* at most once in the statement: an uncorrelated subquery … */
    bool late;        /* … which may be passed over at first, so that rows have been changed before it */
};

struct rereads {
    struct arena arena;
    int n;
    struct reread *list;
    bool impure; /* SET has functions of the host, or such as give another value each time */
};

/* Of all that runs and updates that virtual table, triggers too.  Scans of WHERE may be among them, where the program
** does not tell them apart.  rereads_clear() is due in any case. */
int rereads_find(struct binds *b, const sqlite3_vtab *vtab, struct rereads *out);
void rereads_clear(struct rereads *r);

#endif
