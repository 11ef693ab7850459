/* What the running INSERT says about the columns it gives.  SQLite hands a plain NULL to xUpdate for a column that
** an INSERT left out and for an explicit NULL alike; the text of the statement tells them apart.  Inside a trigger
** it is one of those that the triggers hold, and where they do not agree it is not known which. */
#ifndef BINDS_VTAB_STATEMENT_H
#define BINDS_VTAB_STATEMENT_H

#include "vtab/table.h"

struct insert_column {
    bool given, left; /* an INSERT that may be running names it; one leaves it out */
    bool returned;    /* RETURNING shows it */
};

struct insert_shape {
    char *sql;  /* of the statement last looked at, if it alone says it all; else NULL */
    bool known; /* some INSERT was found */
    bool returning;      /* it has RETURNING */
    struct insert_column *columns; /* by model column */
};

/* The shape of the running INSERT into t; cheap when the statement is the same as last time.
** *shape belongs to the table. */
int statement_insert_shape(struct table *t, const struct insert_shape **shape, struct err *err);
void statement_shape_free(struct insert_shape *s); /* NULL is fine */

#endif
