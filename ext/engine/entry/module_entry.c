/* The one symbol of a module: hands over its engine, once the extension has said which SQLite to call.
** Compiled into each module with MODULE_ENGINE, the name of its struct. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "binds_config.h"
#include "engine/module.h"

#include <string.h>

extern const struct engine MODULE_ENGINE;

__attribute__((visibility("default"))) module_entry binds_module;

const struct engine *binds_module(const void *api, const char *version)
{
    if (strcmp(version, BINDS_VERSION) != 0)
        return NULL;
    SQLITE_EXTENSION_INIT2(api);
    return &MODULE_ENGINE;
}
