/* SQLite's own parser as a reader of declarations: a private :memory: connection, on which a definition is
** run as CREATE TABLE and CREATE INDEX and read back by pragmas.  Nothing of the user's connection is
** visible there, and no expression of the declaration is ever evaluated. */
#ifndef BINDS_MODEL_PRIVATE_DB_H
#define BINDS_MODEL_PRIVATE_DB_H

#include "model/definition.h"

/* *db: sqlite3_close by the caller, also after an error. */
int private_db_open(sqlite3 **db, struct err *err);
/* Runs the pieces as table `name`; an error names the piece at fault. */
int private_db_table(sqlite3 *db, const char *name, const struct definition *d, struct err *err);
/* Makes key i of the definition, as the index private_db_key_name(). */
int private_db_key(sqlite3 *db, const char *name, const struct definition *d, int i, struct err *err);
/* sqlite3_free by the caller; NULL = out of memory. */
char *private_db_key_name(const char *name, int i);
/* Prepares one query made with sqlite3_mprintf formats. */
int private_db_query(sqlite3 *db, sqlite3_stmt **out, struct err *err, const char *format, ...);
/* Error of a connection that did something of ours. */
int private_db_error(sqlite3 *db, int rc, struct err *err);

#endif
