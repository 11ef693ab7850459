/* Types of a server that binds does not know and that take whole numbers alone (dialect.wholes). */
#ifndef BINDS_SQLGEN_WHOLE_H
#define BINDS_SQLGEN_WHOLE_H

#include "sqlgen/dialect.h"

/* The one that this type of a server's column is; NULL = none. */
const struct whole_type *whole_find(const struct dialect *d, const struct type *type);
/* coltype_accept() with a look at these. */
int whole_accept(const struct dialect *d, const struct type *type, const char *column,
                 struct cell *value, char scratch[COLTYPE_SCRATCH], struct err *err);
/* As what a column of such a type is declared that is read from the server; NULL = like any other.  Numbers that no
** integer of SQLite's holds (BIT(64)) are better read as texts. */
const char *whole_declared(const struct dialect *d, const struct type *type);

#endif
