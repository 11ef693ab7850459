/* Shared callbacks of the small tables. */
#include "vtab/listing.h"

#include <string.h>

int listing_connect(sqlite3 *db, struct binds *b, const char *declaration, bool direct_only,
                    sqlite3_vtab **out, char **message)
{
    struct listing *l;
    int rc = sqlite3_declare_vtab(db, declaration);
    if (rc == SQLITE_OK && direct_only)
        rc = sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
    if (rc != SQLITE_OK) {
        *message = sqlite3_mprintf("binds: %s", sqlite3_errmsg(db));
        return rc;
    }
    l = sqlite3_malloc64(sizeof *l);
    if (!l)
        return SQLITE_NOMEM;
    memset(l, 0, sizeof *l);
    l->binds = b;
    binds_retain(b);
    *out = &l->base;
    return SQLITE_OK;
}

int listing_disconnect(sqlite3_vtab *vtab)
{
    struct listing *l = (struct listing *)vtab;
    /* The connection may be closing.  (Not in the guard's own: the statement keeps the guard connected.) */
    txn_let_go(l->binds);
    binds_release(l->binds);
    sqlite3_free(l);
    return SQLITE_OK;
}

int listing_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    (void)vtab;
    info->estimatedCost = 1000.0;
    info->estimatedRows = 100;
    return SQLITE_OK;
}

static void release(void *aux)
{
    binds_release(aux);
}

int listing_register(struct binds *b, const char *module_name, const sqlite3_module *module)
{
    binds_retain(b);
    return sqlite3_create_module_v2(b->db, module_name, module, b, release);
}

int listing_create_temp(struct binds *b, const char *name, const char *module_name)
{
    char *sql =
        sqlite3_mprintf("CREATE VIRTUAL TABLE IF NOT EXISTS temp.%s USING %s", name, module_name);
    int rc = sql ? sqlite3_exec(b->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return rc;
}
