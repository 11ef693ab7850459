/* The values of a statement's parameters, as far as SQLite tells them: only as the literals of sqlite3_expanded_sql.  They
** are taken from there one by one, and never the text as a whole: behind a minus it may be a comment, and a number behind
** GROUP BY a column. */
#ifndef BINDS_SESSION_PARAMETERS_H
#define BINDS_SESSION_PARAMETERS_H

#include "model/token.h"

struct parameter {
    const char *literal; /* NULL = not known: a real may have lost digits, for instance */
    bool exact;          /* it is the value: a text may have more, behind a NUL */
};

#define PARAMETER_PART (-1)  /* the name of one */
#define PARAMETER_OTHER (-2) /* one of an unusual name */

struct parameters {
    struct arena arena;
    bool full;            /* out of memory */
    int n;                /* the highest number */
    struct parameter *at; /* from 1 */
    struct tokens t;      /* of the statement's text … */
    int *of;              /* … for each the number of the parameter that begins there, or of the above; 0 = none */
};

/* SQLITE_OK or SQLITE_NOMEM; parameters_clear() is due in any case.  None of them is known if the text is one that hides
** which value is whose. */
int parameters_read(struct parameters *p, sqlite3_stmt *stmt);
void parameters_clear(struct parameters *p);

/* For a text of another statement: tokens from..to-1 with ?N for parameters.  used: per number, from 1; those of them become
** true.  False: there is one of an unusual name. */
bool parameters_append(const struct parameters *p, sqlite3_str *out, int from, int to, bool *used);
/* The SELECT of the values of those that are used.  *out = NULL: one of them is not known for sure.  SQLITE_OK or
** SQLITE_NOMEM. */
int parameters_select(const struct parameters *p, const bool *used, char **out);
/* Runs it, for a statement with the same numbers. */
int parameters_bind(sqlite3 *db, const char *select, const bool *used, int n, sqlite3_stmt *to);

#endif
