/* Entry point of the extension: checks the host's version, makes the struct binds of this connection and
** registers modules and functions with it.  The only file that defines the API pointer.  The library stays
** loaded for the life of the process (client libraries keep thread state), but holds no state of its own. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "engine/module.h"
#include "session/bind.h"
#include "vtab/listing.h"
#include "vtab/table.h"

#ifdef _WIN32
__declspec(dllexport)
#else
__attribute__((visibility("default")))
#endif
int sqlite3_binds_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

static int register_all(struct binds *b, struct err *err) {
    static int (*const parts[])(struct binds *) = {
        table_register,        guard_register,     binds_table_register,
        log_table_register,    tables_table_register, functions_register,
    };
    size_t i;
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int rc = parts[i](b);
        if (rc != SQLITE_OK) {
            err_set(err, rc, "registering: %s", sqlite3_errmsg(b->db));
            return err_prefix_plain(err);
        }
    }
    return binds_seed(b, err);
}

int sqlite3_binds_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
    struct binds *b = NULL;
    struct err err;
    int rc;
    SQLITE_EXTENSION_INIT2(api);
    if (sqlite3_libversion_number() < HOST_VERSION_MIN) {
        *message = sqlite3_mprintf("binds: needs SQLite 3.38 or newer, this host has %s", sqlite3_libversion());
        return SQLITE_ERROR;
    }
    module_locate();
    err_clear(&err);
    rc = binds_new(db, &b, &err);
    if (rc == SQLITE_OK) {
        rc = register_all(b, &err);
        binds_release(b);
    }
    if (rc != SQLITE_OK) {
        *message = sqlite3_mprintf("%s", err.text);
        return rc;
    }
    return SQLITE_OK_LOAD_PERMANENTLY;
}
