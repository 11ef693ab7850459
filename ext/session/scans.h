/* How often may the running statement scan bind tables?  Once needs no snapshot: one remote SELECT is one by itself.
** Oftener, and all scans of the statement must see the same.  And which scans will follow the first one? */
#ifndef BINDS_SESSION_SCANS_H
#define BINDS_SESSION_SCANS_H

#include "session/program.h"

struct binds;

#define SCANS_KNOWN 32

struct scans_known {
    sqlite3_uint64 hash; /* 0 = free */
    struct program program;
    bool vain; /* a scan that was asked for in advance did not come */
};

struct scans_last { /* a run of a statement; stmt NULL = none */
    sqlite3_stmt *stmt;
    sqlite3_uint64 hash; /* of its text */
    int prepared, run;   /* its counters */
};

struct scans { /* what is known of statement texts, by their hash */
    struct scans_known known[SCANS_KNOWN];
    struct scans_last last; /* the last statement that was found to scan once */
    struct scans_ahead {    /* the last one whose later scans were looked for */
        struct scans_last as;
        struct scans_known *known;
        sqlite3_uint64 hash;    /* of *known */
        sqlite3_int64 declared; /* binds.declared_changes */
    } ahead;
};

sqlite3_uint64 scans_text_hash(const char *sql);
/* The only statement that runs; NULL if there are several … */
sqlite3_stmt *scans_only(sqlite3 *db);
/* … or it may change something. */
sqlite3_stmt *scans_reader(sqlite3 *db);
/* Is that the same statement, prepared no other time, and run again since?  Afterwards *last is this run. */
bool scans_again(struct scans_last *last, sqlite3_stmt *stmt, const char *sql);
/* False only if it is certain that every running statement makes at most one scan of a virtual table. */
bool scans_repeat(struct binds *b);
/* Columns, as in colUsed, that the scan of that plan (idxStr) reads, those not counted that an UPDATE leaves as they are
** (sqlite3_vtab_nochange); false if it is not certain that nothing else runs, and that this is its first scan and runs once. */
bool scans_columns(struct binds *b, const char *plan, sqlite3_uint64 *out);
/* The scans of the running statement, and the statement: NULL if it is not the only one, may change something, or has
** no scans that it would pay to ask for in advance. */
struct scans_known *scans_foreseen(struct binds *b, sqlite3_stmt **stmt);
void scans_clear(struct scans *s);

#endif
