/* bind_ddl(): the text of what create_all and drop_all would send, as far as it is known without asking a
** server: nothing says here which tables exist. */
#include "session/create_plan.h"

static const char *bind_name(const struct bind *b)
{
    return b->key != NULL ? b->key : "default";
}

static void append_script(sqlite3_str *out, const struct ddl_script *script)
{
    for (int i = 0; i < script->n; i++)
        sqlite3_str_appendf(out, "%s;\n", script->at[i].sql);
}

static int create_texts(const struct create_bind *cb, const struct ddl *x, struct arena *arena,
                        sqlite3_str *out, struct err *err)
{
    int rc = SQLITE_OK;
    for (int later = 0; later <= 1; later++) {
        for (int k = 0; rc == SQLITE_OK && k < cb->n; k++) {
            struct ddl_script script = {.arena = arena};
            struct ddl_table t = create_table(cb, x, cb->order[k]);
            if (!cb->ours[cb->order[k]])
                continue;
            if (!later)
                rc = ddl_create(x, &t, &script, err);
            else if (t.keys_later)
                rc = ddl_add_foreign_keys(x, &t, &script, err);
            append_script(out, &script);
        }
    }
    return rc;
}

/* The foreign keys of a cycle go by the names that the catalog has, if the declaration gives none. */
static int drop_cycle_texts(const struct create_bind *cb, const struct ddl *x, int i,
                            struct arena *arena, sqlite3_str *out, struct err *err)
{
    const struct model *m = cb->models[i];
    struct ddl_script script = {.arena = arena};
    int rc = SQLITE_OK;
    for (int k = 0; rc == SQLITE_OK && k < m->nforeign_keys; k++) {
        const struct foreign_key *fk = &m->foreign_keys[k];
        const struct model *parent = cb->parents[i][k];
        if (parent == NULL || parent == m)
            continue;
        if (fk->name != NULL)
            rc = ddl_drop_foreign_key(x, m->remote_schema, m->remote_name, fk->name, &script, err);
        else
            sqlite3_str_appendf(out,
                                "-- foreign key of %s to %s: dropped by its name in the catalog\n",
                                m->remote_name, parent->remote_name);
    }
    append_script(out, &script);
    return rc;
}

static int drop_texts(const struct create_bind *cb, const struct ddl *x, struct arena *arena,
                      sqlite3_str *out, struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    struct ddl_script types = {.arena = arena};
    bool prelude = words->drop_cycle != NULL;
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < cb->n; i++) {
        if (!cb->ours[i] || !cb->in_cycle[i])
            continue;
        if (prelude)
            sqlite3_str_appendf(out, "%s;\n", words->drop_cycle);
        prelude = false;
        if (words->drop_foreign_key != NULL)
            rc = drop_cycle_texts(cb, x, i, arena, out, err);
    }
    for (int k = cb->n - 1; rc == SQLITE_OK && k >= 0; k--) {
        struct ddl_script script = {.arena = arena};
        const struct model *m = cb->models[cb->order[k]];
        if (!cb->ours[cb->order[k]])
            continue;
        rc = ddl_drop(x, m, &script, err);
        append_script(out, &script);
        if (rc == SQLITE_OK)
            rc = ddl_drop_types(x, m, &types, err);
    }
    append_script(out, &types);
    return rc;
}

int create_text(struct binds *b, enum create_what what, const struct cell *selector, char **text,
                struct err *err)
{
    struct create_plan plan;
    sqlite3_str *out = sqlite3_str_new(NULL);
    *text = NULL;
    int rc = create_plan_init(&plan, b, what, selector, err);
    for (int i = 0; rc == SQLITE_OK && i < plan.n; i++) {
        const struct create_bind *cb = &plan.at[i];
        struct bind *bind = cb->bind;
        /* What a connection has found out counts, where its tables happen to be attached does not. */
        struct dialect d = bind->conn != NULL ? *bind->conn->dialect : *bind->engine->dialect;
        struct ddl x = {.dialect = &d,
                        .server_version = bind->conn != NULL ? bind->conn->server_version : 0,
                        .database_collation = bind->url.collation_database};
        d.default_schema = NULL;
        if (!create_has_tables(cb))
            continue;
        sqlite3_str_appendf(out, "-- bind %s, %s\n", bind_name(bind), d.name);
        rc = what == CREATE_ALL ? create_texts(cb, &x, &plan.arena, out, err)
                                : drop_texts(cb, &x, &plan.arena, out, err);
        if (rc != SQLITE_OK)
            bind_fail(bind, "bind_ddl", err);
    }
    create_plan_clear(&plan);
    int bad = sqlite3_str_errcode(out);
    bool empty = sqlite3_str_length(out) == 0;
    char *result = sqlite3_str_finish(out);
    if (rc == SQLITE_OK && (bad != SQLITE_OK || (result == NULL && !empty)))
        rc = err_nomem(err);
    if (rc == SQLITE_OK && result == NULL && (result = sqlite3_mprintf("%s", "")) == NULL)
        rc = err_nomem(err);
    if (rc != SQLITE_OK) {
        sqlite3_free(result);
        return rc;
    }
    *text = result;
    return SQLITE_OK;
}
