/* What the small tables (binds, bind_log, bind_tables, the guard) have in common: a scan over a list whose
** rows are numbered, with no plan to speak of.  A module embeds struct listing_cursor first. */
#ifndef BINDS_VTAB_LISTING_H
#define BINDS_VTAB_LISTING_H

#include "session/binds.h"

struct listing {                 /* a virtual table over struct binds */
    sqlite3_vtab base;
    struct binds *binds;
};

int listing_connect(sqlite3 *db, struct binds *b, const char *declaration, bool direct_only,
                    sqlite3_vtab **out, char **message);
int listing_disconnect(sqlite3_vtab *vtab);
int listing_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info);

/* Registration and the initial CREATE in temp (name = module's name unless given). */
int listing_register(struct binds *b, const char *module_name, const sqlite3_module *module);
int listing_create_temp(struct binds *b, const char *name, const char *module_name);

int binds_table_register(struct binds *b);   /* binds */
int log_table_register(struct binds *b);     /* bind_log */
int tables_table_register(struct binds *b);  /* bind_tables */
int guard_register(struct binds *b);         /* bind_guard and temp._binds_guard */
int functions_register(struct binds *b);

#endif
