/* UPDATEs and DELETEs that are kept back and sent many at a time.
**
** As with the writer's INSERTs only changes with conflict clause ABORT are kept: of a statement that runs in autocommit
** (a failure in the flush at COMMIT then fails exactly that statement), and inside BEGIN of one whose last row is known
** (session/tail), which sends them.  At most one statement text is
** pending per bind; another text, an INSERT, a read or a savepoint sends it first, so changes reach the server in
** the order in which SQLite made them, but for the rows within one batch, which the server may take in any order
** where `many` is used: the caller gives it only where no row can stand in another's way. */
#ifndef BINDS_SESSION_BATCH_H
#define BINDS_SESSION_BATCH_H

#include "session/writer.h"
#include "sqlgen/change.h"

/* True if a batch saves anything over sending each change (the engine is not in our own process). */
bool batch_worthwhile(const struct bind *b);
/* Keeps one execution of sql with these arguments (none an array).  many: the statement that does the same for
** many rows; without one the driver repeats sql.  Texts and values are copied. */
int batch_add(struct target *t, const char *sql, const struct change_many *many, const struct arg *args, int nargs,
              struct err *err);
/* Has a statement for so many rows changed more?  Then their key is not unique on the server. */
int batch_check(sqlite3_int64 affected, int meant, struct err *err);
/* For session/writer.c: nothing pending is fine. */
int batch_flush(struct bind *b, struct err *err);
void batch_discard(struct bind *b);

#endif
