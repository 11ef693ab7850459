/* Where do the rows of an INSERT … SELECT come from?  If the outermost loop of the SELECT is a scan of a bind table, each row
** that is yielded inside of it becomes a row of the INSERT at once, and the end of that scan is the end of the rows. */
#ifndef BINDS_SESSION_SOURCE_H
#define BINDS_SESSION_SOURCE_H

#include "session/binds.h"

/* The table of that scan, by the program that SQLite makes of this text now, and by that which it makes of it with the
** values of the parameters; NULL = it is not so, or not certain. */
const struct declared *source_scan(const struct binds *b, sqlite3_stmt *stmt);

#endif

