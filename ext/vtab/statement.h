/* What the running statement says about the columns it gives.  SQLite hands a plain NULL to xUpdate for a
** column that an INSERT left out and for an explicit NULL alike; the text of the statement tells them apart,
** unless it runs inside a trigger or cannot be found. */
#ifndef BINDS_VTAB_STATEMENT_H
#define BINDS_VTAB_STATEMENT_H

#include "vtab/table.h"

struct insert_shape {
    char *sql;        /* of the statement last looked at */
    bool known;       /* its column list was found */
    bool *given;      /* per model column: the statement names it */
};

/* The shape of the running INSERT into t; cheap when the statement is the same as last time.
** *shape belongs to the table. */
int statement_insert_shape(struct table *t, const struct insert_shape **shape, struct err *err);
void statement_shape_free(struct insert_shape *s);   /* NULL is fine */

#endif
