/* Loading modules: found beside the extension (by the path that the dynamic linker knows it under), else
** wherever dlopen looks.  Loaded once per process and never unloaded, since client libraries keep per-thread
** state: dlopen itself remembers what is loaded, so nothing is kept here but the folder. */
#include "engine/module.h"
#include "binds_config.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char folder[PATH_MAX]; /* with its '/'; "" = unknown.  Written once, before any use. */

static void locate(void)
{
    Dl_info info;
    char path[PATH_MAX], *slash;
    static const char anchor = 0;
    if (dladdr(&anchor, &info) == 0 || info.dli_fname == NULL || !strchr(info.dli_fname, '/') ||
        realpath(info.dli_fname, path) == NULL)
        return;
    slash = strrchr(path, '/');
    slash[1] = 0;
    memcpy(folder, path, strlen(path) + 1);
}

void module_locate(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, locate);
}

/* Lazily for the sake of the libraries that the client needs; of the module itself all is looked up (-z now). */
static void *open_module(const char *name, struct err *err)
{
    char *path = sqlite3_mprintf("%sbinds_%s.so", folder, name);
    void *handle = path ? dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE) : NULL;
    if (path == NULL)
        err_nomem(err);
    else if (handle == NULL)
        err_set(err, SQLITE_ERROR, "%s", dlerror());
    sqlite3_free(path);
    return handle;
}

int module_load(const struct engine *stub, const struct engine **out, struct err *err)
{
    module_entry *entry = NULL;
    struct err why;
    void *handle, *symbol;

    *out = stub;
    if (stub->package == NULL)
        return SQLITE_OK;
    err_clear(&why);
    handle = open_module(stub->name, &why);
    if (handle == NULL)
        return why.rc == SQLITE_NOMEM
                   ? err_nomem(err)
                   : err_set(err, SQLITE_ERROR, "the driver for %s could not be loaded (Debian package: %s): %s",
                             stub->name, stub->package, why.text);
    symbol = dlsym(handle, MODULE_SYMBOL);
    if (symbol != NULL)
        memcpy(&entry, &symbol, sizeof entry); /* ISO C knows no way from one to the other */
#ifdef SQLITE_CORE
    *out = entry != NULL ? entry(NULL, BINDS_VERSION) : NULL;
#else
    *out = entry != NULL ? entry(sqlite3_api, BINDS_VERSION) : NULL;
#endif
    if (*out == NULL || strcmp((*out)->name, stub->name) != 0 || (*out)->caps != stub->caps)
        return err_set(err, SQLITE_ERROR, "binds_%s.so beside the extension is of another build: install both "
                       "files of one", stub->name);
    return SQLITE_OK;
}

int module_url_check(const struct engine *stub, const struct url *url, struct err *err)
{
    const struct engine *engine;
    int rc = module_load(stub, &engine, err);
    if (rc == SQLITE_OK && engine->url_check)
        rc = engine->url_check(url, err);
    return rc;
}
