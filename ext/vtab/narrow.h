/* Hosts before 3.47 may read the key of a row without having said so at planning, so it is fetched with every row.  The
** program of the running statement tells whether they do (session/scans.h).  A scan of many rows that is the statement's
** only one, and not for a change, leaves the key away where nobody reads it: it is then narrow. */
#ifndef BINDS_VTAB_NARROW_H
#define BINDS_VTAB_NARROW_H

#include "vtab/cursor.h"

/* Which columns of the result hold those of the model, by the plan. */
int cursor_positions(struct cursor *c, struct err *err);
/* Makes the scan that is about to be sent narrow, if it can be. */
int narrow_begin(struct cursor *c, struct err *err);
/* It reads what the plan says: also the spare columns. */
int narrow_end(struct cursor *c, struct err *err);

#endif
