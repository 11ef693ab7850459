/* Statements of CREATE TABLE, ALTER TABLE and DROP TABLE, put together from columns (ddl_column.c), keys,
** checks and foreign keys.  Constraints without a name stay without one: the server names them. */
#include "sqlgen/ddl_parts.h"
#include "sqlgen/expression.h"

#include <string.h>

/* Takes the text over, also on errors. */
static int add_statement(struct ddl_script *s, enum ddl_kind kind, sqlite3_str *text,
                         struct err *err)
{
    if (s->n == s->cap) {
        int cap = s->cap > 0 ? 2 * s->cap : 8;
        struct ddl_statement *at = arena_alloc(s->arena, (size_t)cap * sizeof *at);
        if (at == NULL) {
            sqlite3_free(sqlite3_str_finish(text));
            return err_nomem(err);
        }
        if (s->n > 0)
            memcpy(at, s->at, (size_t)s->n * sizeof *at);
        s->at = at;
        s->cap = cap;
    }
    struct ddl_statement *statement = &s->at[s->n];
    statement->kind = kind;
    statement->sql = arena_take_str(s->arena, text);
    if (statement->sql == NULL)
        return err_nomem(err);
    s->n++;
    return SQLITE_OK;
}

static int add_text(struct ddl_script *s, enum ddl_kind kind, const char *text, struct err *err)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, text);
    return add_statement(s, kind, out, err);
}

/* ---- keys ------------------------------------------------------------------------------------------------ */

/* (a, b): folded = as the expressions they are unique by; key, if given, has DESC and prefixes. */
static void append_columns(const struct ddl *x, sqlite3_str *out, const struct model *m,
                           const int *columns, int ncolumns, bool folded, const struct key *index)
{
    sqlite3_str_appendchar(out, 1, '(');
    for (int i = 0; i < ncolumns; i++) {
        const char *fold = folded ? ddl_fold(x, m, columns[i]) : NULL;
        int prefix = index != NULL ? ddl_index_prefix(x, m, index, columns[i]) : 0;
        if (i > 0)
            sqlite3_str_appendall(out, ", ");
        if (fold != NULL) {
            const char *at = strstr(fold, "%s");
            sqlite3_str_append(out, fold, (int)(at - fold));
            quote_name(x->dialect, out, m->columns[columns[i]].name);
            sqlite3_str_appendall(out, at + 2);
        } else {
            quote_name(x->dialect, out, m->columns[columns[i]].name);
        }
        if (prefix > 0)
            sqlite3_str_appendf(out, "(%d)", prefix);
        if (index != NULL && index->descending[i])
            sqlite3_str_appendall(out, " DESC");
    }
    sqlite3_str_appendchar(out, 1, ')');
}

static bool is_folded(const struct ddl *x, const struct model *m, const struct key *k)
{
    for (int i = 0; i < k->ncolumns; i++) {
        if (ddl_fold(x, m, k->columns[i]) != NULL)
            return true;
    }
    return false;
}

static void append_constraint_name(const struct ddl *x, sqlite3_str *out, const char *name)
{
    if (name == NULL)
        return;
    sqlite3_str_appendall(out, "CONSTRAINT ");
    quote_name(x->dialect, out, name);
    sqlite3_str_appendchar(out, 1, ' ');
}

static void begin_part(sqlite3_str *out)
{
    sqlite3_str_appendall(out, ",\n    ");
}

static void append_keys(const struct ddl *x, sqlite3_str *out, const struct model *m)
{
    for (int i = 0; i < m->nkeys; i++) {
        const struct key *k = &m->keys[i];
        bool constraint = k->kind != KEY_INDEX;
        if (k->kind == KEY_PRIMARY && ddl_key_in_column(x, m))
            continue;
        if (!constraint && x->dialect->ddl->index_place != DDL_INDEX_INLINE)
            continue;
        begin_part(out);
        if (constraint) {
            append_constraint_name(x, out, k->name);
            sqlite3_str_appendall(out, k->kind == KEY_PRIMARY ? "PRIMARY KEY " : "UNIQUE ");
        } else {
            sqlite3_str_appendall(out, k->unique ? "UNIQUE INDEX " : "INDEX ");
            if (k->name != NULL) {
                quote_name(x->dialect, out, k->name);
                sqlite3_str_appendchar(out, 1, ' ');
            }
        }
        append_columns(x, out, m, k->columns, k->ncolumns, false, constraint ? NULL : k);
    }
}

static int add_index(const struct ddl *x, const struct model *m, const struct key *k,
                     const char *name, struct ddl_script *out, struct err *err)
{
    bool in_schema = x->dialect->ddl->index_place == DDL_INDEX_IN_SCHEMA;
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, k->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    if (in_schema)
        quote_table(x->dialect, s, m->remote_schema, name);
    else
        quote_name(x->dialect, s, name);
    sqlite3_str_appendall(s, " ON ");
    if (in_schema)
        quote_name(x->dialect, s, m->remote_name);
    else
        quote_table(x->dialect, s, m->remote_schema, m->remote_name);
    sqlite3_str_appendchar(s, 1, ' ');
    append_columns(x, s, m, k->columns, k->ncolumns, true, k);
    return add_statement(out, DDL_INDEX, s, err);
}

/* Declared indexes, and those that make a key unique in a collation which the server does not have. */
static int add_indexes(const struct ddl *x, const struct model *m, struct ddl_script *out,
                       struct err *err)
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < m->nkeys; i++) {
        const struct key *k = &m->keys[i];
        char generated[DDL_NAME_MAX];
        if (k->kind != KEY_INDEX && !is_folded(x, m, k))
            continue;
        ddl_generated_name(x, m, k->columns, k->ncolumns, k->kind == KEY_INDEX ? "idx" : "fold",
                           generated);
        if (k->kind != KEY_INDEX || x->dialect->ddl->index_place != DDL_INDEX_INLINE)
            rc = add_index(x, m, k, k->kind == KEY_INDEX && k->name != NULL ? k->name : generated,
                           out, err);
    }
    return rc;
}

/* ---- checks and foreign keys ----------------------------------------------------------------------------- */

static int append_checks(const struct ddl *x, sqlite3_str *out, const struct model *m,
                         struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    int rc = SQLITE_OK;
    for (int i = 0; i < m->ncolumns; i++) {
        const struct column *c = &m->columns[i];
        if (c->generated != GENERATED_NO && c->not_null && !words->generated_not_null) {
            begin_part(out);
            sqlite3_str_appendall(out, "CHECK (");
            quote_name(x->dialect, out, c->name);
            sqlite3_str_appendall(out, " IS NOT NULL)");
        }
        if (c->type.id == CT_ENUM && words->enum_check) {
            begin_part(out);
            sqlite3_str_appendall(out, "CHECK (");
            quote_name(x->dialect, out, c->name);
            sqlite3_str_appendall(out, " IN (");
            for (int k = 0; k < c->type.nlabels; k++) {
                if (k > 0)
                    sqlite3_str_appendall(out, ", ");
                quote_text(x->dialect, out, c->type.labels[k]);
            }
            sqlite3_str_appendall(out, "))");
        }
    }
    for (int i = 0; rc == SQLITE_OK && i < m->nchecks; i++) {
        begin_part(out);
        append_constraint_name(x, out, m->checks[i].name);
        sqlite3_str_appendall(out, "CHECK (");
        rc = expression_append(x->dialect, out, m, m->checks[i].expression, "CHECK", err);
        sqlite3_str_appendchar(out, 1, ')');
    }
    return rc;
}

/* (columns) of the parent, or nothing where the server finds its primary key itself. */
static void append_parent_columns(const struct ddl *x, sqlite3_str *out,
                                  const struct foreign_key *fk, const struct model *parent)
{
    const struct key *primary = parent != NULL ? model_primary_key(parent) : NULL;
    if (fk->parent_columns == NULL && primary == NULL)
        return;
    sqlite3_str_appendall(out, " (");
    for (int i = 0; i < fk->ncolumns; i++) {
        const char *name;
        if (fk->parent_columns == NULL) {
            name = parent->columns[primary->columns[i]].name;
        } else {
            /* SQLite does not mind ID for id; servers do. */
            int column = parent != NULL ? model_column(parent, fk->parent_columns[i]) : -1;
            name = column >= 0 ? parent->columns[column].name : fk->parent_columns[i];
        }
        if (i > 0)
            sqlite3_str_appendall(out, ", ");
        quote_name(x->dialect, out, name);
    }
    sqlite3_str_appendchar(out, 1, ')');
}

static void append_foreign_key(const struct ddl *x, sqlite3_str *out, const struct ddl_table *t,
                               int i)
{
    static const char *const actions[] = {
        [FK_NO_ACTION] = NULL,      [FK_RESTRICT] = "RESTRICT",
        [FK_SET_NULL] = "SET NULL", [FK_SET_DEFAULT] = "SET DEFAULT",
        [FK_CASCADE] = "CASCADE",
    };
    const struct ddl_words *words = x->dialect->ddl;
    const struct foreign_key *fk = &t->model->foreign_keys[i];
    const struct model *parent = t->parents[i];
    const char *schema = fk->parent_schema != NULL ? fk->parent_schema : t->model->remote_schema;
    const char *name = fk->parent_table;
    if (parent != NULL) {
        schema = parent->remote_schema;
        name = parent->remote_name;
    }
    append_constraint_name(x, out, fk->name);
    sqlite3_str_appendall(out, "FOREIGN KEY ");
    append_columns(x, out, t->model, fk->columns, fk->ncolumns, false, NULL);
    sqlite3_str_appendall(out, " REFERENCES ");
    if (words->references_without_schema)
        quote_name(x->dialect, out, name);
    else
        quote_table(x->dialect, out, schema, name);
    append_parent_columns(x, out, fk, parent);
    if (actions[fk->on_delete] != NULL)
        sqlite3_str_appendf(out, " ON DELETE %s", actions[fk->on_delete]);
    if (actions[fk->on_update] != NULL)
        sqlite3_str_appendf(out, " ON UPDATE %s", actions[fk->on_update]);
    if (fk->deferrable && words->foreign_keys_deferrable)
        sqlite3_str_appendall(out, fk->initially_deferred ? " DEFERRABLE INITIALLY DEFERRED"
                                                          : " DEFERRABLE");
}

/* ---- statements ------------------------------------------------------------------------------------------ */

static int add_types(const struct ddl *x, const struct model *m, bool create,
                     struct ddl_script *out, struct err *err)
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < m->ncolumns; i++) {
        char name[DDL_NAME_MAX];
        if (!ddl_has_type(x, m, i))
            continue;
        const struct type *type = &m->columns[i].type;
        sqlite3_str *s = sqlite3_str_new(NULL);
        ddl_type_name(x, m, i, name);
        sqlite3_str_appendall(s, create ? "CREATE TYPE " : "DROP TYPE ");
        quote_table(x->dialect, s, m->remote_schema, name);
        for (int k = 0; create && k < type->nlabels; k++) {
            sqlite3_str_appendall(s, k > 0 ? ", " : " AS ENUM (");
            quote_text(x->dialect, s, type->labels[k]);
        }
        if (create)
            sqlite3_str_appendchar(s, 1, ')');
        rc = add_statement(out, DDL_TYPE, s, err);
        if (rc != SQLITE_OK)
            return rc;
        struct ddl_statement *statement = &out->at[out->n - 1];
        statement->schema = m->remote_schema;
        statement->name = arena_str(out->arena, name);
        statement->type = type;
        if (statement->name == NULL)
            return err_nomem(err);
    }
    return rc;
}

static bool concatenates(const struct model *m)
{
    for (int i = 0; i < m->ncolumns; i++) {
        const struct column *c = &m->columns[i];
        if ((c->default_text != NULL && expression_concatenates(c->default_text)) ||
            (c->generated_text != NULL && expression_concatenates(c->generated_text)))
            return true;
    }
    for (int i = 0; i < m->nchecks; i++) {
        if (expression_concatenates(m->checks[i].expression))
            return true;
    }
    return false;
}

static int add_table(const struct ddl *x, const struct ddl_table *t, struct ddl_script *out,
                     struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    const struct model *m = t->model;
    bool older = x->server_version > 0 && x->server_version < words->collate_version;
    const char *charset = older ? words->table_charset_older : words->table_charset;
    int rc = SQLITE_OK;
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "CREATE TABLE ");
    quote_table(x->dialect, s, m->remote_schema, m->remote_name);
    sqlite3_str_appendall(s, " (");
    for (int i = 0; rc == SQLITE_OK && i < m->ncolumns; i++) {
        sqlite3_str_appendall(s, i > 0 ? ",\n    " : "\n    ");
        rc = ddl_append_column(x, s, m, i, err);
    }
    append_keys(x, s, m);
    if (rc == SQLITE_OK)
        rc = append_checks(x, s, m, err);
    for (int i = 0; i < m->nforeign_keys && !t->keys_later; i++) {
        begin_part(s);
        append_foreign_key(x, s, t, i);
    }
    sqlite3_str_appendall(s, "\n)");
    if (words->table_suffix != NULL)
        sqlite3_str_appendall(s, words->table_suffix);
    if (charset != NULL && !x->database_collation)
        sqlite3_str_appendall(s, charset);
    if (rc != SQLITE_OK) {
        sqlite3_free(sqlite3_str_finish(s));
        return rc;
    }
    return add_statement(out, DDL_TABLE, s, err);
}

int ddl_create(const struct ddl *x, const struct ddl_table *t, struct ddl_script *out,
               struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    bool settings = words->concat_begin != NULL && concatenates(t->model);
    int rc = add_types(x, t->model, true, out, err);
    if (rc == SQLITE_OK && settings)
        rc = add_text(out, DDL_SETTING, words->concat_begin, err);
    if (rc == SQLITE_OK)
        rc = add_table(x, t, out, err);
    if (rc == SQLITE_OK && settings)
        rc = add_text(out, DDL_SETTING, words->concat_end, err);
    if (rc == SQLITE_OK)
        rc = add_indexes(x, t->model, out, err);
    return rc;
}

int ddl_add_foreign_keys(const struct ddl *x, const struct ddl_table *t, struct ddl_script *out,
                         struct err *err)
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < t->model->nforeign_keys; i++) {
        sqlite3_str *s = sqlite3_str_new(NULL);
        sqlite3_str_appendall(s, "ALTER TABLE ");
        quote_table(x->dialect, s, t->model->remote_schema, t->model->remote_name);
        sqlite3_str_appendall(s, " ADD ");
        append_foreign_key(x, s, t, i);
        rc = add_statement(out, DDL_CONSTRAINT, s, err);
    }
    return rc;
}

int ddl_drop_foreign_key(const struct ddl *x, const char *schema, const char *table,
                         const char *name, struct ddl_script *out, struct err *err)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "ALTER TABLE ");
    quote_table(x->dialect, s, schema, table);
    sqlite3_str_appendf(s, " %s ", x->dialect->ddl->drop_foreign_key);
    quote_name(x->dialect, s, name);
    return add_statement(out, DDL_CONSTRAINT, s, err);
}

int ddl_drop(const struct ddl *x, const struct model *m, struct ddl_script *out, struct err *err)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "DROP TABLE ");
    quote_table(x->dialect, s, m->remote_schema, m->remote_name);
    return add_statement(out, DDL_TABLE, s, err);
}

int ddl_drop_types(const struct ddl *x, const struct model *m, struct ddl_script *out,
                   struct err *err)
{
    return add_types(x, m, false, out, err);
}
