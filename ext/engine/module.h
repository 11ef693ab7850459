/* Engines whose client library is loaded on first use: each is a module of its own beside the extension,
** binds_<name>.so, and stands in the list of engines as a stub (engine/<folder>/stub.c) until a URL needs it.
** A host that uses SQLite binds alone starts without them, and needs no client library installed. */
#ifndef BINDS_ENGINE_MODULE_H
#define BINDS_ENGINE_MODULE_H

#include "engine/engine.h"

/* The one symbol that a module shows (engine/module_entry.c). */
#define MODULE_SYMBOL "binds_module"
typedef const struct engine *module_entry(const void *sqlite_api, const char *version);

/* Called when the extension is loaded, while the path under which it was found still means something. */
void module_locate(void);
/* The engine itself, from its module; loads that once.  An error names the package that is missing. */
int module_load(const struct engine *stub, const struct engine **out, struct err *err);
/* For stubs: the check of a URL is the module's. */
int module_url_check(const struct engine *stub, const struct url *url, struct err *err);

#endif
