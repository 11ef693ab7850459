/* Selector → binds → tables in order: see create_plan.h.  No server is contacted here. */
#include "session/create_plan.h"
#include "model/list.h"
#include "model/order.h"

#include <string.h>

/* ---- the selector ---------------------------------------------------------------------------------------- */

static int add_bind(struct create_plan *p, struct bind *bind, struct err *err)
{
    for (int i = 0; i < p->n; i++) {
        if (p->at[i].bind == bind)
            return SQLITE_OK;
    }
    struct create_bind *list = list_add(&p->arena, p->at, p->n, sizeof *list);
    if (list == NULL)
        return err_nomem(err);
    p->at = list;
    list[p->n++] = (struct create_bind){.bind = bind};
    return SQLITE_OK;
}

static int add_key(struct create_plan *p, struct binds *b, const char *key, struct err *err)
{
    struct bind *bind;
    int rc = binds_find(b, key, &bind, err);
    return rc == SQLITE_OK ? add_bind(p, bind, err) : rc;
}

static int wrong_selector(struct err *err)
{
    return err_set(err, SQLITE_ERROR,
                   "the argument is a bind's key, NULL for the default bind, '__all__', or a JSON "
                   "array of keys and nulls");
}

/* '["users", null]', read by SQLite's own JSON functions. */
static int add_json(struct create_plan *p, struct binds *b, const char *json, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int step = SQLITE_ERROR, rc = SQLITE_OK;
    if (sqlite3_prepare_v2(b->db, "SELECT type, atom FROM json_each(?1)", -1, &stmt, NULL) ==
            SQLITE_OK &&
        sqlite3_bind_text(stmt, 1, json, -1, SQLITE_TRANSIENT) == SQLITE_OK) {
        while (rc == SQLITE_OK && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
            const char *type = (const char *)sqlite3_column_text(stmt, 0);
            if (type != NULL && strcmp(type, "null") == 0)
                rc = add_key(p, b, NULL, err);
            else if (type != NULL && strcmp(type, "text") == 0)
                rc = add_key(p, b, (const char *)sqlite3_column_text(stmt, 1), err);
            else
                rc = wrong_selector(err);
        }
    }
    if (rc == SQLITE_OK && step != SQLITE_DONE)
        rc = err_set(err, SQLITE_ERROR, "%s: %s", json, sqlite3_errmsg(b->db));
    sqlite3_finalize(stmt);
    return rc;
}

/* *all: every bind was meant. */
static int read_selector(struct create_plan *p, struct binds *b, const struct cell *selector,
                         bool *all, struct err *err)
{
    *all = selector == NULL;
    if (selector != NULL && selector->cls == CELL_NULL)
        return add_key(p, b, NULL, err);
    if (selector != NULL) {
        if (selector->cls != CELL_TEXT)
            return wrong_selector(err);
        const char *text = arena_copy(&p->arena, selector->p, selector->n);
        if (text == NULL)
            return err_nomem(err);
        if (text[0] == '[')
            return add_json(p, b, text, err);
        *all = strcmp(text, "__all__") == 0;
        if (!*all)
            return add_key(p, b, text, err);
    }
    int rc = SQLITE_OK;
    for (struct bind *bind = b->first; rc == SQLITE_OK && bind != NULL; bind = bind->next)
        rc = add_bind(p, bind, err);
    return rc;
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

static const char *bind_name(const char *key)
{
    return key != NULL ? key : "default";
}

static bool same_table(const struct model *a, const struct model *b)
{
    bool same_schema = a->remote_schema == b->remote_schema ||
                       (a->remote_schema != NULL && b->remote_schema != NULL &&
                        strcmp(a->remote_schema, b->remote_schema) == 0);
    return same_schema && strcmp(a->remote_name, b->remote_name) == 0;
}

static int add_tables(struct create_plan *p, struct create_bind *cb, struct declared **declared,
                      int n, struct err *err)
{
    size_t room = (size_t)n + 1;
    cb->models = arena_alloc(&p->arena, room * sizeof(void *));
    cb->ours = arena_alloc(&p->arena, room * sizeof *cb->ours);
    cb->in_cycle = arena_alloc(&p->arena, room * sizeof *cb->in_cycle);
    cb->order = arena_alloc(&p->arena, room * sizeof *cb->order);
    cb->parents = arena_alloc(&p->arena, room * sizeof(void *));
    if (cb->models == NULL || cb->ours == NULL || cb->in_cycle == NULL || cb->order == NULL ||
        cb->parents == NULL)
        return err_nomem(err);
    for (int i = 0; i < n; i++) {
        const struct model *m = declared[i]->model;
        if (!key_equal(m->bind_key, cb->bind->key))
            continue;
        bool ours = m->declared_columns && m->ncolumns > 0;
        for (int k = 0; ours && k < cb->n; k++)
            ours = !(cb->ours[k] && same_table(cb->models[k], m));
        cb->ours[cb->n] = ours;
        cb->models[cb->n++] = m;
    }
    return order_models(cb->models, cb->n, cb->order, cb->in_cycle, err);
}

/* A table of another bind that a foreign key names; NULL = none. */
static const struct model *find_elsewhere(const struct create_bind *cb, struct declared **declared,
                                          int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        const struct model *m = declared[i]->model;
        if (!key_equal(m->bind_key, cb->bind->key) && sqlite3_stricmp(m->local_name, name) == 0)
            return m;
    }
    return NULL;
}

static int find_parents(struct create_plan *p, struct create_bind *cb, struct declared **declared,
                        int n, bool refuse, struct err *err)
{
    for (int i = 0; i < cb->n; i++) {
        const struct model *m = cb->models[i];
        cb->parents[i] = arena_alloc(&p->arena, ((size_t)m->nforeign_keys + 1) * sizeof(void *));
        if (cb->parents[i] == NULL)
            return err_nomem(err);
        for (int k = 0; k < m->nforeign_keys; k++) {
            const struct foreign_key *fk = &m->foreign_keys[k];
            int at = order_parent(cb->models, cb->n, i, fk);
            const struct model *other = NULL;
            if (at >= 0)
                cb->parents[i][k] = cb->models[at];
            else if (refuse && cb->ours[i] && fk->parent_schema == NULL)
                other = find_elsewhere(cb, declared, n, fk->parent_table);
            if (other != NULL)
                return err_set(
                    err, SQLITE_ERROR,
                    "table %s on bind %s has a foreign key to %s, which is on bind %s: a "
                    "foreign key can not leave its database",
                    m->local_name, bind_name(m->bind_key), fk->parent_table,
                    bind_name(other->bind_key));
        }
    }
    return SQLITE_OK;
}

bool create_has_tables(const struct create_bind *cb)
{
    for (int i = 0; i < cb->n; i++) {
        if (cb->ours[i])
            return true;
    }
    return false;
}

struct ddl_table create_table(const struct create_bind *cb, const struct ddl *x, int i)
{
    return (struct ddl_table){
        .model = cb->models[i],
        .parents = cb->parents[i],
        .keys_later = cb->in_cycle[i] && x->dialect->ddl->cycles_by_alter,
    };
}

/* Makes the DDL once in the engine's default dialect, so that what cannot be said there is told before any
** server is asked. */
static int try_texts(struct create_plan *p, const struct create_bind *cb, struct err *err)
{
    const struct ddl x = {.dialect = cb->bind->engine->dialect,
                          .database_collation = cb->bind->url.collation_database};
    for (int i = 0; i < cb->n; i++) {
        struct ddl_script script = {.arena = &p->arena};
        struct ddl_table t = create_table(cb, &x, i);
        if (!cb->ours[i])
            continue;
        int rc = ddl_check(&x, &t, err);
        if (rc == SQLITE_OK)
            rc = ddl_create(&x, &t, &script, err);
        if (rc != SQLITE_OK)
            return err_prefix(err, cb->bind->key, "creating %s", t.model->local_name);
    }
    return SQLITE_OK;
}

static int check_binds(struct binds *b, struct declared **declared, int n, struct err *err)
{
    for (int i = 0; i < n; i++) {
        const struct model *m = declared[i]->model;
        if (binds_lookup(b, m->bind_key) == NULL)
            return err_set(err, SQLITE_ERROR,
                           "table %s is declared on bind %s, which is not configured: INSERT INTO "
                           "binds(key, url) VALUES (%Q, '<url>')",
                           m->local_name, bind_name(m->bind_key), m->bind_key);
    }
    return SQLITE_OK;
}

int create_plan_init(struct create_plan *p, struct binds *b, enum create_what what,
                     const struct cell *selector, struct err *err)
{
    struct declared **declared = NULL;
    int n = 0;
    bool all;
    memset(p, 0, sizeof *p);
    arena_init(&p->arena);
    int rc = read_selector(p, b, selector, &all, err);
    if (rc == SQLITE_OK)
        rc = binds_declared(b, &declared, &n, err);
    if (rc == SQLITE_OK && all)
        rc = check_binds(b, declared, n, err);
    for (int i = 0; rc == SQLITE_OK && i < p->n; i++) {
        rc = add_tables(p, &p->at[i], declared, n, err);
        if (rc == SQLITE_OK)
            rc = find_parents(p, &p->at[i], declared, n, what == CREATE_ALL, err);
        if (rc == SQLITE_OK && what == CREATE_ALL)
            rc = try_texts(p, &p->at[i], err);
    }
    sqlite3_free(declared);
    return rc;
}

void create_plan_clear(struct create_plan *p)
{
    arena_clear(&p->arena);
}
