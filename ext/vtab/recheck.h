/* Numbers that (a, b) IN (SELECT …) compares with columns of texts (session/slices.h). */
#ifndef BINDS_VTAB_RECHECK_H
#define BINDS_VTAB_RECHECK_H

#include "vtab/cursor.h"

/* Term i of this run has the value v.  *none is set if it is a slice, and no text is equal to a number there. */
int recheck_note(struct cursor *c, int i, int argc, sqlite3_value *v, bool *none, struct err *err);
/* A column of the current row is read, in a run where as_number is not 0. */
void recheck_fit(struct cursor *c, int column, struct cell *cell);

#endif
