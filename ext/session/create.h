/* create_all, drop_all, bind_ddl: INTERFACE section 5. */
#ifndef BINDS_SESSION_CREATE_H
#define BINDS_SESSION_CREATE_H

#include "session/bind.h"

enum create_what { CREATE_ALL, DROP_ALL };

/* selector: NULL pointer = no argument = every bind; otherwise the SQL argument: a NULL cell (the default
** bind), text '__all__', a key, or a JSON array of keys and nulls.  All keys and all declared tables' binds are checked, and
** foreign keys across binds refused, before any server is touched.  *count: tables created or dropped. */
int create_run(struct binds *b, enum create_what what, const struct cell *selector, sqlite3_int64 *count,
               struct err *err);
/* The DDL as text, contacts nobody.  *text: sqlite3_free by the caller. */
int create_text(struct binds *b, enum create_what what, const struct cell *selector, char **text,
                struct err *err);

#endif
