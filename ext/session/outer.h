/* May an outer join be around a scan?  SQLite before 3.51.1 offers <>, IS NOT, IS NOT NULL, LIKE and GLOB of the ON
** clause of an outer join to the table on its left as if they were of WHERE: rows that the join must keep would stay
** away.  Where nothing joins that way they may be sent.
**
** Two things can bring such a join into a statement.  Its own text, which does not change while it runs; it cannot be
** had before that.  And the views that it names and the triggers that it fires, which the application may change
** while it runs; but then its plan is made of those from before.  So views and triggers are looked at when a scan is
** planned, and what was found is given a number that travels in the plan; texts are looked at when it runs.
** Only words count (LEFT, RIGHT, FULL, OUTER): a column of that name is taken for a join, at no harm. */
#ifndef BINDS_SESSION_OUTER_H
#define BINDS_SESSION_OUTER_H

#include "base/mem.h"
#include <stdbool.h>

struct binds;

#define OUTER_KNOWN 16

struct outer { /* what schemas held, newest last; a number that has fallen out is answered with yes */
    struct outer_names {
        unsigned number;  /* 0 = free */
        bool triggers;    /* one may join that way */
        char **names;     /* of views that may */
        int n;
        struct arena arena; /* of the names */
    } known[OUTER_KNOWN];
    unsigned last; /* number given last */
};

/* While a table of that schema is planned: the number of what its views and triggers are, and those of temp (no others
** can name the table).  0: they cannot be read. */
unsigned outer_number(struct binds *b, const char *schema);
/* While a scan so planned runs: false only if it is certain that no outer join is around it. */
bool outer_possible(struct binds *b, unsigned number);
void outer_clear(struct outer *o);

#endif
