/* Rows of INSERT OR REPLACE that are kept back: how room is made for all of them at once.
**
** What stands in the way of any of the rows is deleted first, by every unique key, and then all are inserted.  That is
** what SQLite does row by row, as long as no row stands in another's way: then the server refuses one, all is undone,
** and each half of the rows goes by itself, the first one first.  So it goes after every constraint that fails, and the
** error is that of the first row that has one.  Where the order of rows could count otherwise there is no room
** (vtab/make_room.c). */
#ifndef BINDS_SESSION_ROOM_H
#define BINDS_SESSION_ROOM_H

#include "sqlgen/change.h"

struct bind;
struct cell;
struct err;

#define ROOM_ROWS 2000      /* that are kept back and go together */

struct room_key {
    const char *sql;            /* DELETE of the row that has the key; where an argument is NULL, of none */
    struct change_many many;    /* the same for many rows */
    int nargs;
    int *columns;               /* per argument: the model column whose value it is */
    struct type *types;
};

struct room {                   /* its own memory throughout: catalog and model may go */
    int holders;
    struct arena arena;
    int nkeys;
    struct room_key *keys;
};

struct room *room_new(void);            /* held once; NULL = out of memory */
struct room *room_hold(struct room *r);
void room_release(struct room *r);      /* NULL is fine */

/* The keys of the rows that wait, as far as the values themselves tell. */
struct room_keys;
struct room_keys *room_keys_new(const struct room *r);  /* sqlite3_free; NULL = out of memory */
void room_keys_forget(struct room_keys *keys);
/* Adds those of a row of cells by model column; false: one was there, or seems to have been, and the row has to wait for
** the others to be sent. */
bool room_keys_add(struct room_keys *keys, const struct room *r, const struct cell *cells);

/* Deletes what stands in the way of nrows rows, as writes of the transaction.  place: where a row has the value of a
** model column. */
int room_make(struct bind *b, const char *what, const struct room *r, struct cell *const *rows, int nrows,
              const int *place, struct err *err);

#endif
