/* What SQLite's program of a statement (EXPLAIN) says of the scans of virtual tables in it: how often they may run, and
** which of them ask for values that are known before the first row of any is: literals and parameters; and which columns
** are read of the first one.
**
** The plan of the running statement may be another one than that of the same text now, and of the program's jumps only
** the order of addresses is looked at.  So a value is a guess: whoever uses it compares it with what xFilter gets. */
#ifndef BINDS_SESSION_PROGRAM_H
#define BINDS_SESSION_PROGRAM_H

#include "base/mem.h"
#include <stdbool.h>

#define PROGRAM_SCANS_MAX 16

enum program_source {
    PROGRAM_UNKNOWN,
    PROGRAM_NULL,
    PROGRAM_INTEGER,
    PROGRAM_REAL,
    PROGRAM_TEXT,
    PROGRAM_PARAMETER
};

struct program_value {
    enum program_source source;
    sqlite3_int64 i; /* PROGRAM_INTEGER; PROGRAM_PARAMETER: its number, from 1 */
    double r;
    const char *text;
};

struct program_scan {
    const char *vtab; /* as EXPLAIN names the table: vtab:%p */
    const char *plan; /* idxStr */
    int argc;         /* -1 = some value comes from a row */
    struct program_value *args;
};

struct program {
    bool repeats; /* it may scan virtual tables more than once */
    const char *plan; /* idxStr of the first scan, if it runs once and no other has it; else NULL … */
    sqlite3_uint64 columns; /* … and the columns that are read, not to be left as they are, as in colUsed */
    sqlite3_uint64 plans[PROGRAM_SCANS_MAX]; /* hashes of the idxStr of all its scans */
    int nplans;
    int nscans; /* in order of address; 0 also if a LIMIT may end the statement before it comes to them */
    struct program_scan *scans;
    struct arena arena; /* of the above */
};

/* Of a text that cannot be explained: it repeats. */
void program_read(sqlite3 *db, const char *sql, struct program *out);
/* Has one of its scans that plan?  If not, the statement was planned anew since. */
bool program_has(const struct program *p, const char *plan);
void program_clear(struct program *p);

#endif
