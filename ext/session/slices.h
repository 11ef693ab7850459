/* (a, b) IN (SELECT …) reaches a virtual table as a = ? and b = ?, which nothing tells from equalities of the WHERE.
** SQLite rechecks them by comparing the column with the bare value, under the column's affinity alone, where the
** comparison itself is made under the affinity that column and subquery have together: '05' and 5 out of an INTEGER
** column are equal, but the recheck makes '5' of the 5.  The program of the running statement tells (EXPLAIN): the
** values come out of a table of its own, whose rows were made under that affinity, and are read again right after
** VFilter for the recheck, which is the first to read the column in each row. */
#ifndef BINDS_SESSION_SLICES_H
#define BINDS_SESSION_SLICES_H

#include "base/sqlite.h"
#include <stdbool.h>

struct binds;

enum slice {
    SLICE_NOT,     /* an equality like any other */
    SLICE_NUMERIC, /* compared with the column under numeric affinity */
    SLICE_PLAIN,   /* … under none */
    SLICE_UNKNOWN  /* the statements that are running do not agree */
};

#define SLICES_MAX 64

/* What fills an argument. */
struct slice_argument {
    enum slice slice;
    bool bare; /* a parameter, and nothing else: WHERE c < d AND d = ? also hands over the parameter, but with d's affinity */
};

/* What the arguments of the scan that has that plan are: out[i] for argument i, of n. */
int slices_find(struct binds *b, const char *plan, int n, struct slice_argument out[SLICES_MAX]);

#endif
