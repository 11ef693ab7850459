/* What only the running statement tells of terms: how texts are compared with numbers (session/slices.h), and whether some
** may be sent at all (session/outer.h). */
#ifndef BINDS_VTAB_RECHECK_H
#define BINDS_VTAB_RECHECK_H

#include "vtab/cursor.h"

/* Term i of this run is a range that ends at a bound text: rhs lets numbers through if they may be meant. */
int recheck_range(struct cursor *c, int i, struct err *err);
/* Term i of this run has the value v.  *none is set if it is a slice, and no text is equal to a number there. */
int recheck_note(struct cursor *c, int i, sqlite3_value *v, bool *none, struct err *err);
/* A column of the current row is read, in a run where as_number or unsure is not 0.  An error if what the recheck wants
** to read cannot be known, and it makes a difference for that row. */
int recheck_fit(struct cursor *c, int column, struct cell *cell, struct err *err);
/* A column is NULL while a statement runs that writes.  An error where it writes this table, and that is the key as SQLite
** hands it to xUpdate: an INSERT looks the same. */
int recheck_key(const struct cursor *c, int column, struct err *err);
/* Is the term SQLite's business alone, because it may be of the ON clause of an outer join? */
bool recheck_alone(struct cursor *c, const struct plan_term *t);

#endif
