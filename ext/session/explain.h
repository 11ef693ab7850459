/* The instructions of a statement's program, as EXPLAIN lists them, in order of address. */
#ifndef BINDS_SESSION_EXPLAIN_H
#define BINDS_SESSION_EXPLAIN_H

#include "base/sqlite.h"
#include <stdbool.h>

struct binds;

struct explain {
    sqlite3_stmt *stmt;
    /* The instruction.  The texts live until the next; p4 may be NULL. */
    int address, p1, p2, p3, p5; /* p5: -1 = not listed as a number */
    const char *opcode, *p4;
};

/* The program that SQLite makes of this text now; explain_close() is due in any case. */
int explain_open(struct explain *e, sqlite3 *db, const char *sql);
int explain_next(struct explain *e); /* SQLITE_ROW, SQLITE_DONE or an error */
bool explain_is(const struct explain *e, const char *opcode);
bool explain_is_any(const struct explain *e, const char *const *opcodes); /* NULL ends the list */
/* Does it repeat what stands at that address?  The jump to the start, out of the prologue, repeats nothing. */
bool explain_jumps_back(const struct explain *e, int address);
void explain_close(struct explain *e);

/* A question to explain_is_pure(), for the caller to finalize. */
int explain_purity(sqlite3 *db, sqlite3_stmt **out);
/* Is the function that an instruction calls (its p4: "name(arguments)") the host's own, and gives the same value for the
** same arguments each time? */
bool explain_is_pure(sqlite3_stmt *purity, const char *function);

/* What it would mean to run a SELECT once more. */
struct explain_traits {
    bool pure;    /* it has the same rows, and nothing else happens: it reads local tables, series and JSON, and calls
                  ** functions as above */
    bool stores;  /* rows are gathered before the first one is given out … */
    bool first;   /* … before a bind table is asked for any */
    bool limited; /* a LIMIT, or an EXISTS, may end it or a part of it */
    sqlite3_uint64 parameters; /* that it reads: explain_reads() */
    bool recurses; /* it may be a WITH RECURSIVE without an end */
};

/* binds: it may read bind tables as well. */
void explain_traits(const struct binds *b, const char *sql, bool binds, struct explain_traits *out);

/* Is parameter n among them?  All from the 64th on are, if one of them is. */
bool explain_reads(sqlite3_uint64 parameters, int n);

#endif
