/* The values of a statement's parameters, as far as SQLite tells them: only as the literals of sqlite3_expanded_sql.  They
** are taken from there one by one, and never the text as a whole: behind a minus it may be a comment, and a number behind
** GROUP BY a column. */
#ifndef BINDS_SESSION_PARAMETERS_H
#define BINDS_SESSION_PARAMETERS_H

#include "base/mem.h"
#include "base/sqlite.h"
#include <stdbool.h>

#define PARAMETERS_MAX 100

struct parameter {
    const char *literal; /* NULL = not known: a real may have lost digits, for instance */
    bool exact;          /* it is the value: a text may have more, behind a NUL */
};

struct parameters {
    struct arena arena;
    struct parameter at[PARAMETERS_MAX + 1]; /* from 1 */
};

/* All of them not known, if the statement is one whose text hides which is which.  parameters_clear() is due. */
void parameters_read(struct parameters *p, sqlite3_stmt *stmt);
void parameters_clear(struct parameters *p);

#endif
