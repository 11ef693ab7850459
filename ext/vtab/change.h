/* One change that SQLite hands to xUpdate, made ready for the server: the bind, the catalog's view of the
** table, and every value fitted to the declared affinity and checked against the remote type.
**
** A table keeps one struct change from row to row: what does not depend on the row (the columns' places in the
** catalog, the texts of statements) is found again only when binds.generation says that something it rests on
** may be gone. */
#ifndef BINDS_VTAB_CHANGE_H
#define BINDS_VTAB_CHANGE_H

#include "session/batch.h"
#include "session/tail.h"
#include "session/writer.h"
#include "sqlgen/change.h"
#include "sqlgen/identity.h"
#include "vtab/again.h"
#include "vtab/rowset.h"
#include "vtab/table.h"

struct change {
    struct table *table;
    struct target target;
    sqlite3_int64 generation;       /* of binds, when the lines down to `row` were filled; -1 = not filled */
    struct arena kept;              /* memory of them */
    int *remote_column;
    struct cell *cells;             /* per model column */
    bool *given;                    /* per model column: a value is sent */
    char (*scratch)[CELL_SCRATCH + COLTYPE_SCRATCH];
    struct {                        /* how the last row was found by its key, if the next can be found alike */
        char *text;                 /* NULL = none */
        enum cell_class cls;        /* of the keys that it serves: they travel as they are */
        const struct type *type;
        int first_arg;
    } find;
    struct {                        /* the last UPDATE or DELETE */
        char *sql;                  /* NULL = none */
        struct change_many many;
        char *where;
        bool *given;                /* UPDATE: the columns that it sets */
        bool is_delete;
    } last;
    struct {                        /* for the last row of an INSERT OR REPLACE */
        bool known;
        bool *given;                /* the columns that it gave */
        struct room *room;          /* owned; NULL = there is none */
    } room;
    /* of the statement */
    struct rowset taken;            /* keys to which REPLACE has moved rows: whose they were is gone */
    struct again again;
    /* of the row */
    struct arena row;
    struct cell key;                /* argv[0] */
    struct arg key_arg;
    struct identity_where found;    /* of change_find: one per change */
    bool has_found;
    int conflict;                   /* SQLITE_ABORT, SQLITE_IGNORE … */
    enum tail_row place;            /* of an UPDATE or DELETE inside BEGIN; else TAIL_UNSURE */
};

/* The table's change, ready for a row.  change_end after every change_begin, failed ones too. */
int change_begin(struct table *t, struct change **out, struct err *err);
void change_end(struct change *c);
void change_free(struct change *c);     /* NULL is fine */
/* The value of a model column: affinity, then the remote type's own rules. */
int change_set(struct change *c, int column, sqlite3_value *value, struct err *err);
/* The condition that finds the row of a key, as text with placeholders from first_arg on, and its arguments. */
struct row_where {
    const char *text;               /* lives as long as the row */
    const struct arg *args;
    int nargs;
    bool has_null;                  /* the key may be that of several rows */
    bool by_values;                 /* recognised by the values of all columns: no key */
    const char *tail;               /* "" or the dialect's one_row */
};
int change_find(struct change *c, sqlite3_value *key, int first_arg, struct row_where *out, struct err *err);
/* True where REPLACE puts the default for a NULL that the column does not take. */
bool change_takes_default(const struct change *c, int column);
/* Deletes the rows that stand in the way of the change's values (conflict clause REPLACE), for every unique
** key of the server.  own_key: the row that is being updated, NULL for INSERT. */
int change_make_room(struct change *c, sqlite3_value *own_key, struct err *err);
/* How that is done for many rows that give the columns of this one.  *out: lent; NULL = each row makes room itself. */
int change_room(struct change *c, struct room **out, struct err *err);
void change_forget_room(struct change *c);
/* The row of an UPDATE OR REPLACE is to be changed.  *gone: an earlier row of the statement has taken its place, so that
** SQLite would not meet it; under an INTEGER PRIMARY KEY it would meet that one, which is refused. */
int change_meets_taken(struct change *c, sqlite3_value *key, bool *gone, struct err *err);
/* It was changed. */
int change_note_move(struct change *c, sqlite3_value *key, struct err *err);
/* A scan of the table begins: what is changed from now on belongs to another statement. */
void change_forget_statement(struct table *t);
/* Runs one statement as a write of the running transaction. */
int change_run(struct change *c, const char *sql, const struct arg *args, int nargs, sqlite3_int64 *affected,
               struct err *err);

#endif
