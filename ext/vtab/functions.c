/* The SQL functions: create_all, drop_all, bind_ddl, bind_recover, bind_version.  All that act are direct-only. */
#include "session/create.h"
#include "session/recover.h"
#include "vtab/listing.h"
#include "vtab/version.h"

#include <string.h>

static void run_create(sqlite3_context *context, int argc, sqlite3_value **argv,
                       enum create_what what)
{
    struct binds *b = sqlite3_user_data(context);
    struct cell selector = cell_null();
    struct err err;
    sqlite3_int64 count = 0;
    err_clear(&err);
    if (argc > 0)
        selector = cell_from_value(argv[0]);
    if (create_run(b, what, argc > 0 ? &selector : NULL, &count, &err) != SQLITE_OK) {
        err_prefix_plain(&err);
        err_to_context(&err, context);
        return;
    }
    sqlite3_result_int64(context, count);
}

static void create_all(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    run_create(context, argc, argv, CREATE_ALL);
}

static void drop_all(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    run_create(context, argc, argv, DROP_ALL);
}

static void bind_ddl(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct binds *b = sqlite3_user_data(context);
    struct cell selector = cell_null();
    enum create_what what = CREATE_ALL;
    struct err err;
    char *text = NULL;
    int rc = SQLITE_OK;
    err_clear(&err);
    if (argc > 0)
        selector = cell_from_value(argv[0]);
    if (argc > 1) {
        const char *word = (const char *)sqlite3_value_text(argv[1]);
        if (word && sqlite3_stricmp(word, "drop") == 0)
            what = DROP_ALL;
        else if (!word || sqlite3_stricmp(word, "create") != 0)
            rc = err_set(&err, SQLITE_ERROR, "bind_ddl: the second argument is 'create' or 'drop'");
    }
    if (rc == SQLITE_OK)
        rc = create_text(b, what, argc > 0 ? &selector : NULL, &text, &err);
    if (rc != SQLITE_OK) {
        err_prefix_plain(&err);
        err_to_context(&err, context);
        return;
    }
    sqlite3_result_text(context, text, -1, sqlite3_free);
}

static void bind_recover(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct binds *b = sqlite3_user_data(context);
    struct bind *bind = NULL;
    struct err err;
    sqlite3_int64 resolved = 0;
    int rc = SQLITE_OK;
    err_clear(&err);
    if (argc > 0)
        rc = binds_find(b, (const char *)sqlite3_value_text(argv[0]), &bind, &err);
    if (rc == SQLITE_OK)
        rc = recover_run(b, bind, &resolved, &err);
    if (rc != SQLITE_OK) {
        err_to_context(&err, context);
        return;
    }
    sqlite3_result_int64(context, resolved);
}

static void bind_version(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    (void)argv;
    sqlite3_result_text(context, BINDS_VERSION, -1, SQLITE_STATIC);
}

static void release(void *aux)
{
    binds_release(aux);
}

int functions_register(struct binds *b)
{
    static const struct {
        const char *name;
        int nargs;
        int flags;
        void (*run)(sqlite3_context *, int, sqlite3_value **);
    } list[] = {
        {"create_all", 0, SQLITE_DIRECTONLY, create_all},
        {"create_all", 1, SQLITE_DIRECTONLY, create_all},
        {"drop_all", 0, SQLITE_DIRECTONLY, drop_all},
        {"drop_all", 1, SQLITE_DIRECTONLY, drop_all},
        {"bind_ddl", 0, SQLITE_DIRECTONLY, bind_ddl},
        {"bind_ddl", 1, SQLITE_DIRECTONLY, bind_ddl},
        {"bind_ddl", 2, SQLITE_DIRECTONLY, bind_ddl},
        {"bind_recover", 0, SQLITE_DIRECTONLY, bind_recover},
        {"bind_recover", 1, SQLITE_DIRECTONLY, bind_recover},
        {"bind_version", 0, SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, bind_version},
    };
    size_t i;
    for (i = 0; i < sizeof list / sizeof list[0]; i++) {
        int rc;
        binds_retain(b);
        rc = sqlite3_create_function_v2(b->db, list[i].name, list[i].nargs,
                                        SQLITE_UTF8 | list[i].flags, b, list[i].run, NULL, NULL,
                                        release);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}
