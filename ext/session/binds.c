/* The set of binds: rows of the binds table, seeding from the environment, the registry of connected bind
** tables.  Keeps the order of insertion with the NULL bind first, since create_all() and every listing
** follow it.  What a bind can do is session/bind.c's; parsing URLs is model/url.c's. */
#include "session/binds.h"
#include "session/bind.h"
#include "session/probe.h"

#include <stdlib.h>
#include <string.h>

bool key_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

int binds_new(sqlite3 *db, struct binds **out, struct err *err)
{
    struct binds *b = sqlite3_malloc64(sizeof *b);
    *out = NULL;
    if (!b)
        return err_nomem(err);
    memset(b, 0, sizeof *b);
    b->db = db;
    b->references = 1;
    b->kept.limit = KEYSTORE_MEMORY;
    host_init(&b->host, db);
    b->wait.host = &b->host;
    b->trace = trace_new();
    b->shared_part = sqlite3_malloc64(sizeof *b->shared_part);
    if (b->shared_part)
        memset(b->shared_part, 0, sizeof *b->shared_part);
    if (!b->trace || !b->shared_part) {
        trace_free(b->trace);
        sqlite3_free(b->shared_part);
        sqlite3_free(b);
        return err_nomem(err);
    }
    *out = b;
    return SQLITE_OK;
}

void binds_retain(struct binds *b)
{
    b->references++;
}

static void bind_free(struct bind *b)
{
    bind_disconnect(b);
    probes_free(b);
    url_clear(&b->url);
    sqlite3_free(b->error);
    sqlite3_free(b->key);
    sqlite3_free(b);
}

void binds_release(struct binds *b)
{
    if (--b->references > 0)
        return;
    while (b->first) {
        struct bind *next = b->first->next;
        bind_free(b->first);
        b->first = next;
    }
    while (b->ncreated > 0)
        sqlite3_free(b->created[--b->ncreated]);
    sqlite3_free(b->created);
    coord_clear(b);
    scans_clear(&b->txn.scans);
    outer_clear(&b->outer);
    schemas_clear(&b->schemas);
    host_clear(&b->host);
    trace_free(b->trace);
    sqlite3_free(b->shared_part);
    sqlite3_free(b);
}

const struct declared *binds_named(const struct binds *b, const char *vtab)
{
    char text[40];
    for (const struct declared *d = b->declared; d != NULL; d = d->next) {
        sqlite3_snprintf(sizeof text, text, "vtab:%p", d->vtab);
        if (strcmp(text, vtab) == 0)
            return d;
    }
    return NULL;
}

struct bind *binds_lookup(struct binds *b, const char *key)
{
    struct bind *p;
    for (p = b->first; p; p = p->next)
        if (key_equal(p->key, key))
            return p;
    return NULL;
}

int binds_find(struct binds *b, const char *key, struct bind **out, struct err *err)
{
    *out = binds_lookup(b, key);
    if (*out)
        return SQLITE_OK;
    if (key == NULL)
        err_set(
            err, SQLITE_ERROR,
            "no default bind is configured: INSERT INTO binds(key, url) VALUES (NULL, '<url>')");
    else
        err_set(err, SQLITE_ERROR,
                "no bind '%s' is configured: INSERT INTO binds(key, url) VALUES (%Q, '<url>')", key,
                key);
    return err_prefix_plain(err);
}

/* Parses and checks a URL for any engine; contacts nobody. */
static int check_url(const char *text, struct url *url, const struct engine **engine,
                     struct err *err)
{
    int rc = url_parse(text, url, err);
    if (rc != SQLITE_OK)
        return rc;
    *engine = engine_for_scheme(url->scheme);
    if (!*engine) {
        sqlite3_str *s = sqlite3_str_new(NULL);
        const struct engine *e;
        char *names;
        int i, j;
        for (i = 0; (e = engine_at(i)) != NULL; i++)
            for (j = 0; e->schemes[j]; j++)
                sqlite3_str_appendf(s, "%s%s", i || j ? ", " : "", e->schemes[j]);
        names = sqlite3_str_finish(s);
        rc = err_set(err, SQLITE_ERROR, "unknown scheme '%s' in the URL: one of %s", url->scheme,
                     names ? names : "");
        sqlite3_free(names);
        goto failed;
    }
    rc = url_check_options(url, (*engine)->options, err);
    if (rc == SQLITE_OK && (*engine)->url_check)
        rc = (*engine)->url_check(url, err);
    if (rc == SQLITE_OK)
        return SQLITE_OK;
failed:
    url_clear(url);
    return rc;
}

static void binds_link(struct binds *b, struct bind *bind)
{
    struct bind **p = &b->first;
    b->generation++;
    if (bind->key != NULL)
        while (*p)
            p = &(*p)->next;
    bind->next = *p;
    *p = bind;
}

static void binds_unlink(struct binds *b, struct bind *bind)
{
    struct bind **p = &b->first;
    b->generation++;
    while (*p && *p != bind)
        p = &(*p)->next;
    if (*p)
        *p = bind->next;
}

static int key_taken(const char *key, struct err *err)
{
    if (key == NULL)
        return err_set(err, SQLITE_CONSTRAINT_UNIQUE,
                       "UNIQUE constraint failed: binds.key (the default bind)");
    return err_set(err, SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: binds.key ('%s')",
                   key);
}

int binds_insert(struct binds *b, const char *key, const char *url, struct err *err)
{
    struct bind *bind;
    int rc;
    if (url == NULL)
        return err_set(err, SQLITE_CONSTRAINT_NOTNULL, "NOT NULL constraint failed: binds.url");
    if (binds_lookup(b, key))
        return key_taken(key, err);
    bind = sqlite3_malloc64(sizeof *bind);
    if (!bind)
        return err_nomem(err);
    memset(bind, 0, sizeof *bind);
    bind->owner = b;
    rc = check_url(url, &bind->url, &bind->engine, err);
    if (rc != SQLITE_OK) {
        sqlite3_free(bind);
        return rc;
    }
    bind->engine_name = bind->engine->name;
    bind_assign_part(bind);
    if (key) {
        bind->key = sqlite3_mprintf("%s", key);
        if (!bind->key) {
            bind_free(bind);
            return err_nomem(err);
        }
    }
    bind->id = ++b->last_id;
    binds_link(b, bind);
    return SQLITE_OK;
}

/* A bind that takes part in a transaction or is being read must not change under it. */
static int bind_in_use(const struct bind *bind, struct err *err)
{
    if (bind->part->reading || bind->part->writing || bind->part->maybe_prepared ||
        bind->open_cursors > 0 || bind->owner->coord.decider == bind)
        return err_set(err, SQLITE_BUSY,
                       "bind %s is in use: end the transaction or statement that uses it first",
                       bind->key ? bind->key : "[default]");
    return SQLITE_OK;
}

int binds_update(struct binds *b, struct bind *bind, const char *key, const char *url,
                 struct err *err)
{
    struct url parsed;
    const struct engine *engine;
    char *text, *copy = NULL;
    int rc = bind_in_use(bind, err);
    if (rc != SQLITE_OK)
        return rc;
    if (url == NULL)
        return err_set(err, SQLITE_CONSTRAINT_NOTNULL, "NOT NULL constraint failed: binds.url");
    if (!key_equal(key, bind->key) && binds_lookup(b, key))
        return key_taken(key, err);
    text = url_unmask(url, &bind->url);
    if (!text)
        return err_nomem(err);
    rc = check_url(text, &parsed, &engine, err);
    memset(text, 0, strlen(text));
    sqlite3_free(text);
    if (rc != SQLITE_OK)
        return rc;
    if (key) {
        copy = sqlite3_mprintf("%s", key);
        if (!copy) {
            url_clear(&parsed);
            return err_nomem(err);
        }
    }
    bind_disconnect(bind);
    url_clear(&bind->url);
    bind->url = parsed;
    bind->engine = engine;
    bind->engine_name = engine->name;
    bind_assign_part(bind);
    bind->state = BIND_IDLE;
    bind->failed_at_us = 0;
    sqlite3_free(bind->error);
    bind->error = NULL;
    if (!key_equal(key, bind->key)) {
        binds_unlink(b, bind);
        sqlite3_free(bind->key);
        bind->key = copy;
        binds_link(b, bind);
    } else {
        sqlite3_free(copy);
    }
    return SQLITE_OK;
}

int binds_delete(struct binds *b, struct bind *bind, struct err *err)
{
    int rc = bind_in_use(bind, err);
    if (rc != SQLITE_OK)
        return rc;
    binds_unlink(b, bind);
    bind_free(bind);
    return SQLITE_OK;
}

/* SQLALCHEMY_BINDS is a JSON object: SQLite's own json_each reads it. */
static int seed_named(struct binds *b, const char *json, struct err *err)
{
    static const char sql[] = "SELECT key, value, type FROM json_each(CASE WHEN json_valid(?1) AND "
                              "json_type(?1) = 'object' THEN ?1 END)";
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(b->db, "SELECT json_valid(?1) AND json_type(?1) = 'object'", -1,
                                &stmt, NULL);
    if (rc != SQLITE_OK)
        return err_set(err, rc, "SQLALCHEMY_BINDS: %s", sqlite3_errmsg(b->db));
    sqlite3_bind_text(stmt, 1, json, -1, SQLITE_STATIC);
    rc = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0) ? SQLITE_OK : SQLITE_ERROR;
    sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        return err_set(err, rc, "SQLALCHEMY_BINDS is not a JSON object of bind key to URL");
    rc = sqlite3_prepare_v2(b->db, sql, -1, &stmt, NULL);
    if (rc != SQLITE_OK)
        return err_set(err, rc, "SQLALCHEMY_BINDS: %s", sqlite3_errmsg(b->db));
    sqlite3_bind_text(stmt, 1, json, -1, SQLITE_STATIC);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(stmt, 0);
        const char *value = (const char *)sqlite3_column_text(stmt, 1);
        const char *type = (const char *)sqlite3_column_text(stmt, 2);
        if (!key || !type || strcmp(type, "text") != 0 || !value) {
            rc = err_set(err, SQLITE_ERROR, "SQLALCHEMY_BINDS: the URL of '%s' is not a string",
                         key ? key : "");
        } else {
            struct err cause;
            err_clear(&cause);
            rc = binds_insert(b, key, value, &cause);
            if (rc != SQLITE_OK)
                err_set(err, rc, "SQLALCHEMY_BINDS: bind '%s': %s", key, cause.text);
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

int binds_seed(struct binds *b, struct err *err)
{
    const char *uri = getenv("SQLALCHEMY_DATABASE_URI");
    const char *json = getenv("SQLALCHEMY_BINDS");
    int rc = SQLITE_OK;
    if (uri && *uri) {
        struct err cause;
        err_clear(&cause);
        rc = binds_insert(b, NULL, uri, &cause);
        if (rc != SQLITE_OK)
            err_set(err, rc, "SQLALCHEMY_DATABASE_URI: %s", cause.text);
    }
    if (rc == SQLITE_OK && json && *json)
        rc = seed_named(b, json, err);
    return rc == SQLITE_OK ? rc : err_prefix_plain(err);
}

/* Asking for a table's columns makes SQLite connect it, already when the question is prepared, and a connected table is
** in the registry. */
static int connect_table(struct binds *b, const char *schema, const char *name)
{
    sqlite3_stmt *touch = NULL;
    char *sql = sqlite3_mprintf("PRAGMA \"%w\".table_info(\"%w\")", schema, name);
    int rc = sql != NULL ? sqlite3_prepare_v2(b->db, sql, -1, &touch, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    sqlite3_finalize(touch);
    /* Another module's table may fail to connect: not our affair. */
    return rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT ? rc : SQLITE_OK;
}

static int connect_tables(struct binds *b, const char *schema, struct err *err)
{
    sqlite3_stmt *names = NULL;
    char *sql =
        sqlite3_mprintf("SELECT name FROM \"%w\".sqlite_schema WHERE type = 'table' AND sql LIKE "
                        "'CREATE VIRTUAL TABLE%%bind%%' ORDER BY rowid",
                        schema);
    int rc;
    if (!sql)
        return err_nomem(err);
    rc = sqlite3_prepare_v2(b->db, sql, -1, &names, NULL);
    sqlite3_free(sql);
    while (rc == SQLITE_OK && (rc = sqlite3_step(names)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(names, 0);
        rc = name ? connect_table(b, schema, name) : SQLITE_NOMEM;
    }
    if (rc == SQLITE_DONE)
        rc = SQLITE_OK;
    if (rc != SQLITE_OK)
        err_set(err, rc, "reading the schema '%s': %s", schema, sqlite3_errmsg(b->db));
    sqlite3_finalize(names);
    return rc;
}

static struct declared *find_declared(struct binds *b, const char *schema, const char *name)
{
    struct declared *d;
    for (d = b->declared; d; d = d->next)
        if (sqlite3_stricmp(d->name, name) == 0 && sqlite3_stricmp(d->schema, schema) == 0)
            return d;
    return NULL;
}

/* The connected tables of one schema, in the order of sqlite_schema. */
static int collect(struct binds *b, const char *schema, struct declared ***list, int *n,
                   struct err *err)
{
    sqlite3_stmt *names = NULL;
    char *sql = sqlite3_mprintf(
        "SELECT name FROM \"%w\".sqlite_schema WHERE type = 'table' ORDER BY rowid", schema);
    int rc;
    if (!sql)
        return err_nomem(err);
    rc = sqlite3_prepare_v2(b->db, sql, -1, &names, NULL);
    sqlite3_free(sql);
    while (rc == SQLITE_OK && (rc = sqlite3_step(names)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(names, 0);
        struct declared *d = name ? find_declared(b, schema, name) : NULL;
        struct declared **grown;
        rc = name ? SQLITE_OK : SQLITE_NOMEM;
        if (!d)
            continue;
        grown = sqlite3_realloc64(*list, (sqlite3_uint64)(*n + 1) * sizeof(struct declared *));
        if (!grown) {
            rc = SQLITE_NOMEM;
            break;
        }
        grown[(*n)++] = d;
        *list = grown;
    }
    if (rc == SQLITE_DONE)
        rc = SQLITE_OK;
    if (rc == SQLITE_NOMEM)
        err_nomem(err);
    else if (rc != SQLITE_OK)
        err_set(err, rc, "reading the schema '%s': %s", schema, sqlite3_errmsg(b->db));
    sqlite3_finalize(names);
    return rc;
}

int binds_declared(struct binds *b, struct declared ***out, int *n, struct err *err)
{
    sqlite3_stmt *schemas = NULL;
    int rc = sqlite3_prepare_v2(b->db, "SELECT name FROM pragma_database_list ORDER BY seq", -1,
                                &schemas, NULL);
    *out = NULL;
    *n = 0;
    if (rc != SQLITE_OK)
        return err_set(err, rc, "%s", sqlite3_errmsg(b->db));
    while (rc == SQLITE_OK && (rc = sqlite3_step(schemas)) == SQLITE_ROW) {
        const char *schema = (const char *)sqlite3_column_text(schemas, 0);
        rc = schema ? connect_tables(b, schema, err) : err_nomem(err);
        if (rc == SQLITE_OK)
            rc = collect(b, schema, out, n, err);
    }
    if (rc == SQLITE_DONE)
        rc = SQLITE_OK;
    if (rc != SQLITE_OK && err->rc == SQLITE_OK)
        err_set(err, rc, "reading the schemas: %s", sqlite3_errmsg(b->db));
    sqlite3_finalize(schemas);
    if (rc != SQLITE_OK) {
        sqlite3_free(*out);
        *out = NULL;
        *n = 0;
    }
    return rc;
}
