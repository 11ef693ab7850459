/* SET of an UPDATE that reads in a subquery what the statement changes.
**
** SQLite works out SET for all rows of a virtual table before it hands over the first one; of a native table it works
** SET out when the row's turn comes, and a subquery sees the rows before it changed.  So from the second row on the
** expressions that have a subquery are worked out once more, if that can make a difference: as a SELECT of their own over
** the row, when all rows before it have been sent.  Where that would not be the same, the row is an error. */
#ifndef BINDS_VTAB_AGAIN_H
#define BINDS_VTAB_AGAIN_H

#include "base/sqlite.h"
#include <stdbool.h>

struct change;
struct err;

enum again_way { AGAIN_NOT, AGAIN_SELECT };

struct again {              /* of one UPDATE; all zero = none has begun */
    sqlite3_int64 rows;     /* that it has changed */
    bool *changed;          /* model columns that it has set in some row */
    bool grown;             /* … more of them than when the way was chosen */
    enum again_way way;
    bool selecting;         /* scans are of the SELECT */
    char *sql;              /* AGAIN_SELECT: … */
    int n, *columns;        /* … the model columns of its values … */
    int nparameters;        /* … the statement's parameters, … */
    bool *used;             /* … which of them it has, from 1 … */
    char *values;           /* … and the SELECT of their values */
    sqlite3_value **row;    /* what is handed over for this row instead: n of them are owned */
    sqlite3_value **owned;
};

/* The values of SET for a row that is about to be changed: *values is what SQLite handed over, or what SET is by
** now.  *gone: the row is not there any more. */
int again_row(struct change *c, sqlite3_value *key, sqlite3_value ***values, bool *gone,
              struct err *err);
/* The row was changed: c->given tells its columns. */
int again_note(struct change *c, struct err *err);
void again_row_end(struct again *a);
/* Another statement begins. */
void again_reset(struct again *a);
void again_clear(struct again *a);

#endif
