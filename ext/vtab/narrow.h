/* SQLite names columns as used that nobody reads: those of a WHERE or ORDER BY that the server sees to; and the key of a
** row, which hosts before 3.47 may read without having said so, while later ones always name it, is fetched with every row.
** The program of the running statement tells which it reads (session/scans.h).  A scan of many rows that is the statement's
** first and runs once leaves the others away: it is then narrow.  An UPDATE names all columns, most of them to leave them as
** they are: of its scan only the key and what is read travels, of a single row, too, where a column can be long. */
#ifndef BINDS_VTAB_NARROW_H
#define BINDS_VTAB_NARROW_H

#include "vtab/cursor.h"

/* Which columns of the result hold those of the model, by the plan. */
int cursor_positions(struct cursor *c, struct err *err);
/* Makes the scan that is about to be sent narrow, if it can be. */
int narrow_begin(struct cursor *c, struct err *err);
/* It reads what the plan says. */
int narrow_end(struct cursor *c, struct err *err);

#endif
