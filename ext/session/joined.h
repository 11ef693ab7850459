/* What an UPDATE … FROM joins, as a SELECT of its own.  SQLite gathers the rows that are to be changed by such a join,
** the table itself first, before it hands over the first of them: so a SELECT of the same FROM and WHERE asks the
** table's scans for the same keys. */
#ifndef BINDS_SESSION_JOINED_H
#define BINDS_SESSION_JOINED_H

#include "base/mem.h"

/* NULL: it is no UPDATE … FROM, or one of which that cannot be said (outer joins that reach over a comma, NATURAL, USING,
** LIMIT), or memory ran out. */
char *joined_select(const char *sql, struct arena *arena);

#endif
