/* INSERT, UPDATE and DELETE as text: pure functions of names, types and dialect.  Arguments are numbered in
** the order in which they stand. */
#ifndef BINDS_SQLGEN_CHANGE_H
#define BINDS_SQLGEN_CHANGE_H

#include "sqlgen/quote.h"

struct change_column {
    const char *name;          /* remote name, unquoted */
    const struct type *type;   /* remote type: how the argument travels */
    const char *to_default;    /* UPDATE: no argument, but the column's default, whose text this is; else NULL */
};

/* The value of a column's default; text: as the catalog has it. */
void change_default(const struct dialect *d, sqlite3_str *s, const char *column, const char *text);

/* nrows rows of n columns; n = 0 inserts one row of defaults (nrows must be 1).  returning: a column whose
** value is asked back, NULL = none.  Owned by the caller (sqlite3_free); NULL = out of memory. */
char *change_insert(const struct dialect *d, const char *schema, const char *table,
                    const struct change_column *columns, int n, int nrows, const char *returning);
/* UPDATE t SET … with `where` (text after WHERE, its arguments numbered from behind those of the columns); tail
** ends the statement. */
char *change_update(const struct dialect *d, const char *schema, const char *table,
                    const struct change_column *columns, int n, const char *where,
                    const char *tail);
char *change_delete(const struct dialect *d, const char *schema, const char *table, const char *where,
                    const char *tail);

/* One statement for many rows.  rows = 0: for any number, every argument is an array with one element a row;
** else for exactly that many rows, with the arguments of one row after the other. */
struct change_many {
    char *sql;                 /* sqlite3_free; NULL = there is none for this dialect, condition or type */
    int rows;
    char *run;                 /* sqlite3_free; NULL = none.  The same for all rows whose key is one of the integers
                                  from argument 1 to argument 2 */
    char *runs;                /* sqlite3_free; NULL = none.  … for several such runs, as two arrays */
    char *set_run;             /* sqlite3_free; NULL = none.  New values for all rows whose key is in such a run: for
                                  each column the first key and the values of set_rows keys from there on (those
                                  behind the last key count for nothing), then the first and the last key.
                                  set_rows = 0: the values are one array, of any number of keys, without a NULL */
    int set_rows;
};
/* What change_update, or change_delete (n = 0), does with that condition: types[i] is that of argument i + 1.
** integer_key: the condition compares one column that holds integers and nothing else; that alone gives runs: of a
** change_update only set_run, and only if all that it sets are integers (where set_rows = 0, of a type whose values have
** one size), but not the key.  SQLITE_OK or SQLITE_NOMEM; the texts are the caller's either way. */
int change_many(const struct dialect *d, const char *schema, const char *table,
                const struct change_column *columns, int n, const char *where,
                const struct type *const *types, int ntypes, bool integer_key, struct change_many *out);
void change_many_clear(struct change_many *m);

#endif
