/* (a, b) IN (SELECT …) reaches a virtual table as a = ? and b = ?, which nothing tells from equalities of the WHERE.
** SQLite rechecks them by comparing the column with the bare value, under the column's affinity alone, where the
** comparison itself is made under the affinity that column and subquery have together: '05' and 5 out of an INTEGER
** column are equal, but the recheck makes '5' of the 5.  The program of the running statement tells (EXPLAIN): the
** values come out of a table of its own, whose rows were made under that affinity, and are read again right after
** VFilter for the recheck, which is the first to read the column in each row. */
#ifndef BINDS_SESSION_SLICES_H
#define BINDS_SESSION_SLICES_H

#include "sqlgen/plan_text.h"

struct binds;

enum slice {
    SLICE_NOT = 1 << 0,     /* an equality like any other */
    SLICE_NUMERIC = 1 << 1, /* compared with the column under numeric affinity */
    SLICE_PLAIN = 1 << 2,   /* … under none */
    SLICE_ANY = SLICE_NOT | SLICE_NUMERIC | SLICE_PLAIN
};

#define SLICES_MAX 64

/* What fills an argument. */
struct slice_argument {
    unsigned
        kinds; /* enum slice: several where scans that look the same, or the statements that are running, do not agree */
    bool
        bare; /* a parameter, and nothing else: WHERE c < d AND d = ? also hands over the parameter, but with d's affinity */
};

/* The scan that is asked about. */
struct slices_scan {
    const sqlite3_vtab *vtab;
    const char *text;        /* idxStr … */
    const struct plan *plan; /* … and what is in it */
    const char *dialect;
    int nargs;
    sqlite3_uint64
        bound; /* arguments whose values are a parameter's (sqlite3_value_frombind), by bit */
};

/* What its arguments are: out[i] for argument i. */
int slices_find(struct binds *b, const struct slices_scan *scan,
                struct slice_argument out[SLICES_MAX]);

#endif
