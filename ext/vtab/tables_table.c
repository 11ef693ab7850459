/* bind_tables: every declared bind table and how it stands on its server.  A server is asked only when state,
** detail or rows_estimate is read; one that cannot be reached is a value here ('unreachable'), not an error. */
#include "session/reflect.h"
#include "vtab/listing.h"

#include <string.h>

enum {
    COL_SCHEMA,
    COL_NAME,
    COL_BIND_KEY,
    COL_ENGINE,
    COL_REMOTE_SCHEMA,
    COL_REMOTE_NAME,
    COL_INFO,
    COL_STATE,
    COL_DETAIL,
    COL_ROWS_ESTIMATE
};

struct tables_cursor {
    sqlite3_vtab_cursor base;
    struct arena arena;
    struct row {
        const char *schema, *name, *bind_key, *remote_schema, *remote_name, *info;
        const struct model *model;
    } * rows;
    int n, at;
    int looked_at; /* row whose state is in the fields below, -1 = none */
    const char *state, *detail;
    double estimate; /* < 0 = unknown */
};

static int tables_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                          sqlite3_vtab **out, char **message)
{
    (void)argc;
    (void)argv;
    return listing_connect(
        db, aux,
        "CREATE TABLE x(schema TEXT, name TEXT, bind_key TEXT, engine TEXT, "
        "remote_schema TEXT, remote_name TEXT, info TEXT, state TEXT, detail TEXT, "
        "rows_estimate INTEGER)",
        true, out, message);
}

static struct binds *owner(const sqlite3_vtab_cursor *cursor)
{
    return ((struct listing *)cursor->pVtab)->binds;
}

static int tables_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    struct tables_cursor *c = sqlite3_malloc64(sizeof *c);
    (void)vtab;
    if (!c)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    arena_init(&c->arena);
    *out = &c->base;
    return SQLITE_OK;
}

static int tables_close(sqlite3_vtab_cursor *cursor)
{
    struct tables_cursor *c = (struct tables_cursor *)cursor;
    arena_clear(&c->arena);
    sqlite3_free(c);
    return SQLITE_OK;
}

static int tables_filter(sqlite3_vtab_cursor *cursor, int num, const char *str, int argc,
                         sqlite3_value **argv)
{
    struct tables_cursor *c = (struct tables_cursor *)cursor;
    struct declared **list;
    struct err err;
    int n, i, rc;
    (void)num, (void)str, (void)argc, (void)argv;
    err_clear(&err);
    rc = binds_declared(owner(cursor), &list, &n, &err);
    if (rc != SQLITE_OK) {
        err_prefix_plain(&err);
        return err_to_vtab(&err, cursor->pVtab);
    }
    arena_clear(&c->arena);
    arena_init(&c->arena);
    c->n = c->at = 0;
    c->looked_at = -1;
    c->rows = arena_alloc(&c->arena, (size_t)(n + 1) * sizeof *c->rows);
    for (i = 0; i < n && c->rows; i++) {
        struct row *r = &c->rows[c->n++];
        r->schema = arena_str(&c->arena, list[i]->schema);
        r->name = arena_str(&c->arena, list[i]->name);
        r->model = list[i]->model;
        r->bind_key = arena_str(&c->arena, r->model->bind_key);
        r->remote_schema = arena_str(&c->arena, r->model->remote_schema);
        r->remote_name = arena_str(&c->arena, r->model->remote_name);
        r->info = arena_str(&c->arena, r->model->info);
    }
    sqlite3_free(list);
    return c->rows ? SQLITE_OK : SQLITE_NOMEM;
}

static int tables_next(sqlite3_vtab_cursor *cursor)
{
    ((struct tables_cursor *)cursor)->at++;
    return SQLITE_OK;
}

static int tables_eof(sqlite3_vtab_cursor *cursor)
{
    struct tables_cursor *c = (struct tables_cursor *)cursor;
    return c->at >= c->n;
}

/* The model of a row, if the table is still connected: it may have been dropped while the scan runs. */
static const struct model *live_model(const struct tables_cursor *c, const struct row *r)
{
    const struct declared *d;
    for (d = owner(&c->base)->declared; d; d = d->next)
        if (d->model == r->model)
            return d->model;
    return NULL;
}

static void look(struct tables_cursor *c)
{
    const struct row *r = &c->rows[c->at];
    const struct model *m = live_model(c, r);
    const struct remote *remote = NULL;
    struct bind *bind = NULL;
    struct err err;
    int rc;
    if (c->looked_at == c->at)
        return;
    c->looked_at = c->at;
    c->detail = NULL;
    c->state = NULL;
    c->estimate = -1;
    if (!m)
        return;
    err_clear(&err);
    rc = binds_find(owner(&c->base), m->bind_key, &bind, &err);
    if (rc == SQLITE_OK) {
        remote_forget(bind, m->remote_schema, m->remote_name);
        rc = remote_get(bind, m->remote_schema, m->remote_name, &remote, &err);
    }
    if (rc != SQLITE_OK) {
        c->state = "unreachable";
        c->detail = arena_str(&c->arena, err.text);
    } else if (remote->kind == REMOTE_MISSING) {
        c->state = "missing";
        c->detail = "create_all() makes it";
    } else {
        c->estimate = remote->rows;
        if (reflect_compare(bind, m, remote, &c->arena, &c->detail, &err) != SQLITE_OK)
            c->detail = arena_str(&c->arena, err.text);
        c->state = c->detail && c->detail[0] ? "differs" : "ok";
    }
}

static void result(sqlite3_context *context, const char *text)
{
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static int tables_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    struct tables_cursor *c = (struct tables_cursor *)cursor;
    const struct row *r = &c->rows[c->at];
    const struct bind *bind;
    switch (column) {
    case COL_SCHEMA:
        result(context, r->schema);
        break;
    case COL_NAME:
        result(context, r->name);
        break;
    case COL_BIND_KEY:
        result(context, r->bind_key);
        break;
    case COL_ENGINE:
        bind = binds_lookup(owner(cursor), r->bind_key);
        if (bind)
            result(context, bind->engine_name);
        break;
    case COL_REMOTE_SCHEMA:
        result(context, r->remote_schema);
        break;
    case COL_REMOTE_NAME:
        result(context, r->remote_name);
        break;
    case COL_INFO:
        result(context, r->info);
        break;
    case COL_STATE:
        look(c);
        result(context, c->state);
        break;
    case COL_DETAIL:
        look(c);
        if (c->detail && c->detail[0])
            result(context, c->detail);
        break;
    case COL_ROWS_ESTIMATE:
        look(c);
        if (c->estimate >= 0)
            sqlite3_result_int64(context, (sqlite3_int64)c->estimate);
        break;
    default:
        break;
    }
    return SQLITE_OK;
}

static int tables_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = ((struct tables_cursor *)cursor)->at;
    return SQLITE_OK;
}

static const sqlite3_module tables_module = {
    .iVersion = 0,
    .xConnect = tables_connect, /* eponymous: no xCreate */
    .xBestIndex = listing_best_index,
    .xDisconnect = listing_disconnect,
    .xOpen = tables_open,
    .xClose = tables_close,
    .xFilter = tables_filter,
    .xNext = tables_next,
    .xEof = tables_eof,
    .xColumn = tables_column,
    .xRowid = tables_rowid,
};

int tables_table_register(struct binds *b)
{
    return listing_register(b, "bind_tables", &tables_module);
}
