/* One change that SQLite hands to xUpdate, made ready for the server: the bind, the catalog's view of the
** table, and every value fitted to the declared affinity and checked against the remote type. */
#ifndef BINDS_VTAB_CHANGE_H
#define BINDS_VTAB_CHANGE_H

#include "session/writer.h"
#include "sqlgen/identity.h"
#include "vtab/table.h"

struct change {
    struct table *table;
    struct target target;
    struct arena arena;             /* everything below */
    int *remote_column;
    struct cell *cells;             /* per model column */
    bool *given;                    /* per model column: a value is sent */
    char (*scratch)[CELL_SCRATCH + COLTYPE_SCRATCH];
    struct cell key;                /* argv[0] */
    struct identity_where found;    /* of change_find: one per change */
    bool has_found;
    int conflict;                   /* SQLITE_ABORT, SQLITE_IGNORE … */
};

int change_begin(struct change *c, struct table *t, struct err *err);
void change_clear(struct change *c);
/* The value of a model column: affinity, then the remote type's own rules. */
int change_set(struct change *c, int column, sqlite3_value *value, struct err *err);
/* The condition that finds the row of a key, as text with placeholders from first_arg on, and its arguments. */
struct row_where {
    const char *text;               /* arena of the change */
    struct arg *args;
    int nargs;
    bool by_values;                 /* recognised by the values of all columns: no key */
    const char *tail;               /* "" or the dialect's one_row */
};
int change_find(struct change *c, sqlite3_value *key, int first_arg, struct row_where *out, struct err *err);
/* Deletes the rows that stand in the way of the change's values (conflict clause REPLACE): for every unique
** key of the server whose columns are all known.  own_key: the row that is being updated, NULL for INSERT. */
int change_make_room(struct change *c, sqlite3_value *own_key, struct err *err);
/* Runs one statement as a write of the running transaction. */
int change_run(struct change *c, const char *sql, const struct arg *args, int nargs, sqlite3_int64 *affected,
               struct err *err);

#endif
