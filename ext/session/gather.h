/* How many rows will the running UPDATE or DELETE hand over?  SQLite gathers what it needs of all of them, reading their
** keys from the table's scan, before it hands over the first one; then they come one after the other.  So the rows are as
** many as keys were read, where the statement's program reads the key of no row that it does not gather; if WHERE tests
** the key, as many as keys of an UPDATE that leaves them as they are (sqlite3_vtab_nochange). */
#ifndef BINDS_SESSION_GATHER_H
#define BINDS_SESSION_GATHER_H

#include "base/sqlite.h"
#include <stdbool.h>
#include <stdint.h>

#define GATHERED_UNKNOWN (INT64_MIN / 2) /* however much is added to it */

struct declared;

/* Keys that the scans of one table have read since one was opened last. */
struct gathered {
    sqlite3_int64 rows;   /* of which the key was read … */
    sqlite3_int64 left;   /* … to leave it as it is */
};

/* The declared column, or the hidden one behind them, by which SQLite tells the table's rows apart. */
int gather_key(const struct declared *table);
/* Rows that the program which SQLite makes of this text now hands over, if it is running; -1: unknown.  *more: a row may come
** several times, once for each row of a table that is joined to it further in, so that these are the least. */
sqlite3_int64 gather_count(sqlite3 *db, const char *sql, const struct declared *table, bool *more);

#endif
