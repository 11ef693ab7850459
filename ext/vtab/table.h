/* The bind virtual table: SQLite's callbacks, thin.  table.c has create/connect/disconnect/rename and the
** module; best_index.c plans; cursor.c reads; update.c writes. */
#ifndef BINDS_VTAB_TABLE_H
#define BINDS_VTAB_TABLE_H

#include "session/binds.h"

struct table {
    sqlite3_vtab base;             /* first */
    struct binds *binds;
    struct model *model;
    struct declared declared;      /* this table's entry in binds.declared; identity in it */
    int key_column;                /* index of the hidden _k, or -1 */
    struct insert_shape *shape;    /* vtab/statement.c */
    struct change *change;         /* vtab/change.c: kept from one row to the next; NULL = none yet */
    struct answers *answers;       /* of xBestIndex (vtab/answers.c); NULL = none yet */
    struct cursor *spare;          /* the last one that was closed, to be opened again (vtab/cursor.c) */
};

struct cursor;                     /* vtab/cursor.h */
void cursor_free(struct cursor *c);                           /* NULL is fine; not for open cursors */

int table_register(struct binds *b);                          /* module "bind" */
/* The connected table that EXPLAIN calls vtab:%p; NULL = it is none of this module. */
struct table *table_named(struct binds *b, const char *vtab);

/* After an error of reading it: perhaps the table has changed under us, and the next statement is to be planned on fresh
** knowledge.  True: what was known is forgotten. */
bool table_doubt(struct table *t, struct bind *b, const struct err *err);

int table_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info);  /* best_index.c */
int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out);       /* cursor.c … */
int table_close(sqlite3_vtab_cursor *cursor);
int table_filter(sqlite3_vtab_cursor *cursor, int idx_num, const char *idx_str, int argc,
                 sqlite3_value **argv);
int table_next(sqlite3_vtab_cursor *cursor);
int table_eof(sqlite3_vtab_cursor *cursor);
int table_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column);
int table_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid);
int table_update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid); /* update.c */

#endif
