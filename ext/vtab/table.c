/* The bind module: create, connect, disconnect, destroy, rename.
**
** Nothing here contacts a server, with one exception: CREATE of a table without columns reads them, once.
** What a declaration's text cannot carry (those columns, and the remote name once the local one has been
** changed) is kept in a shadow table "<name>_bind", so that connecting works offline for ever after.
** A failing xConnect would block DROP TABLE and integrity_check: it fails only on a text that CREATE would
** have refused. */
#include "vtab/table.h"
#include "model/parse.h"
#include "model/render.h"
#include "session/bind.h"
#include "session/reflect.h"
#include "vtab/answers.h"
#include "vtab/change.h"
#include "vtab/shadow.h"
#include "vtab/statement.h"

#include <string.h>

static void table_free(struct table *t)
{
    struct declared **p = &t->binds->declared;
    while (*p && *p != &t->declared)
        p = &(*p)->next;
    if (*p)
        *p = t->declared.next;
    t->binds->declared_changes++;
    statement_shape_free(t->shape);
    change_free(t->change);
    answers_free(t->answers);
    cursor_free(t->spare);
    sqlite3_free((char *)t->declared.schema);
    sqlite3_free((char *)t->declared.name);
    model_free(t->model);
    binds_release(t->binds);
    sqlite3_free(t);
}

struct table *table_named(struct binds *b, const char *vtab)
{
    const struct declared *d = binds_named(b, vtab);
    return d != NULL ? (struct table *)d->vtab : NULL;
}

/* In a database file that somebody else may have written? */
static bool schema_is_file(sqlite3 *db, const char *schema)
{
    const char *file = sqlite3_db_filename(db, schema);
    return sqlite3_stricmp(schema, "temp") != 0 && file && file[0];
}

/* The model of a declaration: its text, completed by the shadow table or, at CREATE, by the server. */
static int load_model(struct binds *b, int argc, const char *const *argv, bool create,
                      struct model **out, struct err *err)
{
    struct model *m = NULL, *full = NULL;
    int rc = parse_arguments(argc, argv, &m, err);
    if (rc != SQLITE_OK)
        return rc;
    if (!create) {
        rc = shadow_load(b->db, argv[1], argv[2], argc, argv, &full, err);
        if (rc == SQLITE_OK && full) {
            model_free(m);
            m = full;
        }
    }
    if (rc == SQLITE_OK && m->ncolumns == 0) {
        struct bind *bind;
        rc = binds_find(b, m->bind_key, &bind, err);
        if (rc == SQLITE_OK)
            rc = reflect_model(bind, m->remote_schema, m->remote_name, m->local_name, m->info,
                               &full, err);
        if (rc == SQLITE_OK && full->ncolumns == 0) {
            rc = err_set(err, SQLITE_ERROR, "there is no table %s%s to read the columns from",
                         m->remote_name,
                         bind->engine->dialect->seen != NULL ? bind->engine->dialect->seen : "");
            bind_fail(bind, "reading the columns", err);
            model_free(full);
        }
        if (rc == SQLITE_OK) {
            model_free(m);
            m = full;
            if (create)
                rc = shadow_save_columns(b->db, argv[1], argv[2], m, err);
        }
    }
    if (rc == SQLITE_OK)
        *out = m;
    else
        model_free(m);
    return rc;
}

static int table_make(struct binds *b, const char *schema, const char *name, struct model *m,
                      bool direct_only, struct table **out, struct err *err)
{
    char *text = declare_text(m);
    struct table *t = sqlite3_malloc64(sizeof *t);
    int rc;
    *out = NULL;
    if (!text || !t) {
        sqlite3_free(text);
        sqlite3_free(t);
        return err_nomem(err);
    }
    memset(t, 0, sizeof *t);
    rc = sqlite3_declare_vtab(b->db, text);
    sqlite3_free(text);
    if (rc == SQLITE_OK)
        rc = sqlite3_vtab_config(b->db, SQLITE_VTAB_CONSTRAINT_SUPPORT, 1);
    if (rc == SQLITE_OK && direct_only)
        rc = sqlite3_vtab_config(b->db, SQLITE_VTAB_DIRECTONLY);
    if (rc != SQLITE_OK) {
        sqlite3_free(t);
        return err_set(err, rc, "declaring %s: %s", name, sqlite3_errmsg(b->db));
    }
    t->binds = b;
    t->declared.schema = sqlite3_mprintf("%s", schema);
    t->declared.name = sqlite3_mprintf("%s", name);
    t->declared.model = m;
    t->declared.vtab = &t->base;
    t->declared.identity = declare_identity(m);
    t->declared.from_file = direct_only;
    t->key_column = t->declared.identity.form == KEY_FORM_COLUMN ? -1 : m->ncolumns;
    if (!t->declared.schema || !t->declared.name) {
        sqlite3_free((char *)t->declared.schema);
        sqlite3_free((char *)t->declared.name);
        sqlite3_free(t);
        return err_nomem(err);
    }
    t->model = m;
    t->declared.next = b->declared;
    b->declared = &t->declared;
    b->declared_changes++;
    binds_retain(b);
    *out = t;
    return SQLITE_OK;
}

static int table_start(void *aux, int argc, const char *const *argv, bool create,
                       sqlite3_vtab **out, char **message)
{
    struct binds *b = aux;
    struct model *m = NULL;
    struct table *t = NULL;
    struct err err;
    int rc;
    err_clear(&err);
    rc = load_model(b, argc, argv, create, &m, &err);
    if (rc == SQLITE_OK) {
        bool direct =
            schema_is_file(b->db, argv[1]) && !create && !shadow_created_here(b, argv[1], argv[2]);
        struct bind *bind = binds_lookup(b, m->bind_key);
        if (bind && bind->url.trust_schema)
            direct = false;
        rc = table_make(b, argv[1], argv[2], m, direct, &t, &err);
        if (rc != SQLITE_OK)
            model_free(m);
    }
    if (rc == SQLITE_OK && create)
        rc = shadow_note_created(b, argv[1], argv[2]);
    if (rc != SQLITE_OK) {
        if (t)
            table_free(t);
        if (err.rc == SQLITE_OK)
            err_nomem(&err);
        err_prefix_plain(&err);
        *message = sqlite3_mprintf("%s", err.text);
        return rc;
    }
    *out = &t->base;
    return SQLITE_OK;
}

static int table_create(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **message)
{
    (void)db;
    return table_start(aux, argc, argv, true, out, message);
}

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    (void)db;
    return table_start(aux, argc, argv, false, out, message);
}

static int table_disconnect(sqlite3_vtab *vtab)
{
    struct table *t = (struct table *)vtab;
    /* The connection may be closing, and a ROLLBACK have taken along the tables in temp, which say so too. */
    txn_let_go(t->binds);
    table_free(t);
    return SQLITE_OK;
}

static int table_destroy(sqlite3_vtab *vtab)
{
    struct table *t = (struct table *)vtab;
    struct err err;
    int rc;
    err_clear(&err);
    rc = shadow_drop(t->binds->db, t->declared.schema, t->declared.name, &err);
    if (rc != SQLITE_OK)
        return rc;
    /* It may be the last one that would hear the connection close: after a RENAME SQLite reads temp's schema anew, and
    ** connects the tables there when somebody comes to them. */
    txn_let_go(t->binds);
    table_free(t);
    return rc;
}

bool table_doubt(struct table *t, struct bind *b, const struct err *err)
{
    if ((err->rc & 0xff) != SQLITE_ERROR || err->lost)
        return false;
    remote_forget(b, t->model->remote_schema, t->model->remote_name);
    return true;
}

static int table_rename(sqlite3_vtab *vtab, const char *name)
{
    struct table *t = (struct table *)vtab;
    struct err err;
    int rc;
    err_clear(&err);
    rc = shadow_rename(t->binds->db, t->declared.schema, t->declared.name, name, t->model, &err);
    if (rc == SQLITE_OK)
        rc = shadow_note_created(t->binds, t->declared.schema, name);
    return rc == SQLITE_OK ? rc : err_to_vtab(&err, vtab);
}

static const sqlite3_module bind_module = {
    .iVersion = 3,
    .xCreate = table_create,
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xDestroy = table_destroy,
    .xOpen = table_open,
    .xClose = table_close,
    .xFilter = table_filter,
    .xNext = table_next,
    .xEof = table_eof,
    .xColumn = table_column,
    .xRowid = table_rowid,
    .xUpdate = table_update,
    .xRename = table_rename,
    .xShadowName = shadow_is_name,
};

static void release(void *aux)
{
    binds_release(aux);
}

int table_register(struct binds *b)
{
    binds_retain(b);
    return sqlite3_create_module_v2(b->db, "bind", &bind_module, b, release);
}
