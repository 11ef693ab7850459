/* The shadow table "<name>_bind"(piece): what a declaration's own text cannot carry.  It exists only for
** tables declared without columns and for tables that were renamed.  Also: which tables this connection has
** itself declared (those may be used by views and triggers, a file's may not). */
#ifndef BINDS_VTAB_SHADOW_H
#define BINDS_VTAB_SHADOW_H

#include "session/binds.h"

int shadow_is_name(const char *suffix);        /* sqlite3_module.xShadowName */
/* The model of argv completed by the shadow table's pieces; *out NULL when there is none. */
int shadow_load(sqlite3 *db, const char *schema, const char *name, int argc, const char *const *argv,
                struct model **out, struct err *err);
int shadow_save_columns(sqlite3 *db, const char *schema, const char *name, const struct model *m,
                        struct err *err);
int shadow_rename(sqlite3 *db, const char *schema, const char *name, const char *to, const struct model *m,
                  struct err *err);
int shadow_drop(sqlite3 *db, const char *schema, const char *name, struct err *err);

int shadow_note_created(struct binds *b, const char *schema, const char *name);
bool shadow_created_here(const struct binds *b, const char *schema, const char *name);

#endif
