/* How the rows of one table are told apart: what a scan must read so that a row can be found again, and the
** WHERE clause that finds it.
**
** A row's key is what SQLite hands back in argv[0] of xUpdate: the value of the one key column
** (KEY_FORM_COLUMN), or the blob _k (model/keycode.h):
**   IDENTITY_COLUMNS  the values of the key columns (for a model without key: of a unique key that the
**                     server's table has)
**   IDENTITY_ENGINE   what the engine offers (PG: tableoid, ctid; SQLite: rowid)
**   IDENTITY_VALUES   all columns of the model and an ordinal among equal rows of the scan: rows that are equal
**                     in all columns are interchangeable, so a write picks any one of them
** Pure: the same model, catalog and dialect give the same answer at planning, reading and writing. */
#ifndef BINDS_SQLGEN_IDENTITY_H
#define BINDS_SQLGEN_IDENTITY_H

#include "model/declare.h"
#include "model/keycode.h"
#include "sqlgen/rhs.h"

enum identity_source { IDENTITY_COLUMNS, IDENTITY_ENGINE, IDENTITY_VALUES };

#define IDENTITY_COLUMNS_MAX 16

struct identity_plan {
    enum identity_source source;
    const struct dialect *dialect;
    const struct model *model;
    const struct remote *remote;
    struct identity declared;
    int found[IDENTITY_COLUMNS_MAX];  /* model columns of the server's own key, for KEY_FORM_ROW */
    int nfound;
};

void identity_plan(const struct dialect *d, const struct model *model, const struct identity *declared,
                   const struct remote *remote, struct identity_plan *out);
/* Values in a key, the ordinal not counted. */
int identity_values(const struct identity_plan *p);
/* The model column of value i; -1 for IDENTITY_ENGINE. */
int identity_column(const struct identity_plan *p, int i);

/* A condition that is true for one row, and its arguments. */
struct identity_where {
    struct arena arena;               /* of cells and their text */
    int nargs;
    struct cell *cells;
    enum coltype *types;              /* in which each argument travels */
    bool has_null;                    /* a value of the key is NULL: nothing keeps other rows from having the same */
    bool one_row;                     /* append dialect->one_row: the condition may hold for several equal rows */
};
/* Appends the condition (no WHERE) for the row of that key; its first placeholder is number first_arg.  key:
** argv[0] of xUpdate as a cell; it must live as long as *out.  The text depends on the key only as far as NULLs
** and class of values go: two keys of the same classes give the same text.
** SQLITE_CONSTRAINT_VTAB where no safe condition exists (a view without key, a column type that the engine
** cannot compare exactly): the message says so and what would help.  Clear *out after success. */
int identity_where(const struct identity_plan *p, const struct cell *key, int first_arg, sqlite3_str *out,
                   struct identity_where *where, struct err *err);
void identity_where_clear(struct identity_where *where);
/* The same for n keys at once: "(…) OR (…)".  Not for IDENTITY_VALUES (SQLITE_MISUSE). */
int identity_where_many(const struct identity_plan *p, const struct cell *keys, int n, int first_arg,
                        sqlite3_str *out, struct identity_where *where, struct err *err);

/* Plain types by coltype, for arguments. */
const struct type *identity_type(enum coltype id);

#endif
