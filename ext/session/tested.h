/* WHERE a < b, of two columns of one table, is offered to no virtual table: SQLite tests each row that comes.  The
** program of the running statement tells (EXPLAIN): a comparison that every scan of the table makes of each row, before
** anything else is done with it, and whose failure leads to the next row, may be made by the server as well.
**
** What holds of one program of a text holds of every program that SQLite makes of it: they give the same rows, whatever
** each of the tables in FROM holds, and this one gives the same whether the rows that fail are there or not.  So it does
** not matter that the running program may be planned otherwise than the one that is read.  The names in the text must
** mean the same in both, though: the application must not have had a row, and with it the chance to change a view. */
#ifndef BINDS_SESSION_TESTED_H
#define BINDS_SESSION_TESTED_H

#include "sqlgen/pairs.h"

struct binds;

#define TESTED_KNOWN 8

struct tested { /* what is known of tables in statements, by the hash of both */
    struct tested_known {
        const sqlite3_vtab *vtab;                /* NULL = free */
        const sqlite3_stmt *stmt;                /* that it was last known of */
        sqlite3_uint64 text, schema, tables;     /* hashes of its text and of what that can name; binds.declared_changes */
        int prepared;                            /* how often it was, again */
        struct pairs pairs;
    } known[TESTED_KNOWN];
};

/* The comparisons that may be made beforehand in all scans of the table in the running statement; none if that cannot be
** known. */
void tested_find(struct binds *b, const sqlite3_vtab *vtab, struct pairs *out);

#endif
