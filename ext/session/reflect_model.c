/* A server's table as a model: what CREATE VIRTUAL TABLE … USING bind() of no columns declares.
**
** Types are written so that model/coltype reads the same type back, with the affinity that its values have
** here; a type that nobody knows comes as TEXT.  Nothing but the catalog is read, so no type is unreadable. */
#include "model/list.h"
#include "session/catalog.h"
#include "session/reflect.h"
#include "sqlgen/ddl.h"
#include "sqlgen/whole.h"

#include <string.h>

enum foreign_key_column { /* of sql/<engine>/foreign_keys.sql */
                          FK_NAME,
                          FK_COLUMN,
                          FK_PARENT_SCHEMA,
                          FK_PARENT_TABLE,
                          FK_PARENT_COLUMN,
                          FK_ON_DELETE,
                          FK_ON_UPDATE,
                          FK_FLAGS
};
enum { FK_DEFERRABLE = 1, FK_DEFERRED = 2, FK_FIRST = 4 };

/* ---- types ----------------------------------------------------------------------------------------------- */

static const char *const type_names[CT_N] = {
    [CT_OTHER] = "TEXT",
    [CT_BOOL] = "BOOLEAN",
    [CT_INT2] = "SMALLINT",
    [CT_INT4] = "INTEGER",
    [CT_INT8] = "BIGINT",
    [CT_UINT8] = "BIGINT UNSIGNED",
    [CT_FLOAT4] = "FLOAT4",
    [CT_FLOAT8] = "DOUBLE PRECISION",
    [CT_NUMERIC] = "NUMERIC",
    [CT_TEXT] = "TEXT",
    [CT_VARCHAR] = "VARCHAR",
    [CT_CHAR] = "CHAR",
    [CT_BLOB] = "BLOB",
    [CT_VARBINARY] = "VARBINARY",
    [CT_BINARY] = "BINARY",
    [CT_DATE] = "DATE",
    [CT_TIME] = "TIME",
    [CT_DATETIME] = "DATETIME",
    [CT_DATETIMETZ] = "TIMESTAMP WITH TIME ZONE",
    [CT_INTERVAL] = "INTERVAL",
    [CT_JSON] = "JSON",
    [CT_JSONB] = "JSONB",
    [CT_UUID] = "UUID",
    [CT_ENUM] = "ENUM",
};

static const char *type_text(const struct type *t, struct arena *arena)
{
    const char *name = type_names[t->id];
    if (t->id == CT_ENUM) {
        sqlite3_str *s = sqlite3_str_new(NULL);
        for (int i = 0; i < t->nlabels; i++)
            sqlite3_str_appendf(s, i == 0 ? "ENUM(%Q" : ",%Q", t->labels[i]);
        sqlite3_str_appendchar(s, 1, ')');
        return arena_take_str(arena, s);
    }
    if (t->id == CT_NUMERIC && t->precision > 0)
        return t->scale == 0 ? arena_printf(arena, "%s(%d)", name, t->precision)
                             : arena_printf(arena, "%s(%d,%d)", name, t->precision, t->scale);
    if ((coltype_is_text(t->id) || coltype_is_blob(t->id)) && t->length > 0)
        return arena_printf(arena, "%s(%d)", name, t->length);
    if (t->precision != 0 && (t->id == CT_TIME || t->id == CT_DATETIME))
        return arena_printf(arena, "%s(%d)", name, t->precision > 0 ? t->precision : 0);
    if (t->precision != 0 && t->id == CT_DATETIMETZ)
        return arena_printf(arena, "TIMESTAMP(%d) WITH TIME ZONE",
                            t->precision > 0 ? t->precision : 0);
    return name;
}

/* SQLite's own types are kept as they are written there, as are its collations. */
static int add_columns(struct model *m, const struct remote *r, const struct dialect *d,
                       struct err *err)
{
    bool verbatim = d->ddl->verbatim;
    m->columns = arena_alloc(&m->arena, ((size_t)r->ncolumns + 1) * sizeof *m->columns);
    if (m->columns == NULL)
        return err_nomem(err);
    for (int i = 0; i < r->ncolumns; i++) {
        const struct remote_column *from = &r->columns[i];
        struct column *c = &m->columns[i];
        const char *text = whole_declared(d, &from->type);
        if (text == NULL)
            text = verbatim ? from->type.text : type_text(&from->type, &m->arena);
        c->name = arena_str(&m->arena, from->name);
        if (text == NULL || c->name == NULL)
            return err_nomem(err);
        int rc = coltype_parse(text, &m->arena, &c->type, err);
        if (rc != SQLITE_OK)
            return rc;
        c->not_null = from->not_null;
        c->autoincrement = from->autoincrement;
        if (verbatim && from->collation != NULL && sqlite3_stricmp(from->collation, "NOCASE") == 0)
            c->collation = COLLATION_NOCASE;
        if (verbatim && from->collation != NULL && sqlite3_stricmp(from->collation, "RTRIM") == 0)
            c->collation = COLLATION_RTRIM;
        const char *expression = arena_str(&m->arena, from->default_text);
        if (expression == NULL && from->default_text != NULL)
            return err_nomem(err);
        if (from->generated) {
            c->generated = GENERATED_STORED;
            c->generated_text = expression != NULL ? expression : "";
        } else {
            c->default_text = expression;
        }
        m->ncolumns++;
    }
    return SQLITE_OK;
}

/* ---- keys ------------------------------------------------------------------------------------------------ */

static bool is_plain(const struct remote_index *x)
{
    for (int i = 0; i < x->ncolumns; i++) {
        if (x->columns[i] < 0)
            return false;
    }
    return !x->partial && x->ncolumns > 0;
}

static int add_key(struct model *m, const struct remote_index *x, struct err *err)
{
    struct key *k = &m->keys[m->nkeys];
    k->kind = x->primary ? KEY_PRIMARY : x->unique ? KEY_UNIQUE : KEY_INDEX;
    k->unique = x->primary || x->unique;
    k->ncolumns = x->ncolumns;
    k->columns = arena_copy(&m->arena, x->columns, (size_t)x->ncolumns * sizeof *k->columns);
    k->descending =
        arena_copy(&m->arena, x->descending, (size_t)x->ncolumns * sizeof *k->descending);
    k->name = arena_str(&m->arena, x->name);
    if (k->columns == NULL || k->descending == NULL || k->name == NULL)
        return err_nomem(err);
    for (int i = 0; x->primary && i < k->ncolumns; i++)
        m->columns[k->columns[i]].key_position = i + 1;
    m->nkeys++;
    return SQLITE_OK;
}

/* The primary key first.  Indexes on expressions or with a condition are none that a declaration can have. */
static int add_keys(struct model *m, const struct remote *r, struct err *err)
{
    int rc = SQLITE_OK;
    m->keys = arena_alloc(&m->arena, ((size_t)r->nindexes + 1) * sizeof *m->keys);
    if (m->keys == NULL)
        return err_nomem(err);
    for (int primary = 1; primary >= 0; primary--) {
        for (int i = 0; rc == SQLITE_OK && i < r->nindexes; i++) {
            const struct remote_index *x = &r->indexes[i];
            if (x->primary == (primary != 0) && is_plain(x) &&
                !(x->primary && model_primary_key(m)))
                rc = add_key(m, x, err);
        }
    }
    return rc;
}

/* ---- foreign keys ---------------------------------------------------------------------------------------- */

static enum fk_action action_of(const char *text)
{
    static const struct {
        const char *text;
        enum fk_action action;
    } actions[] = {
        {"RESTRICT", FK_RESTRICT},
        {"SET NULL", FK_SET_NULL},
        {"SET DEFAULT", FK_SET_DEFAULT},
        {"CASCADE", FK_CASCADE},
    };
    for (size_t i = 0; text != NULL && i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].text, text) == 0)
            return actions[i].action;
    }
    return FK_NO_ACTION;
}

/* One row of the answer: a new key, or one more column of the last. */
static int add_foreign_key(struct model *m, const char *const text[FK_FLAGS], int flags,
                           struct err *err)
{
    int column = model_column(m, text[FK_COLUMN] != NULL ? text[FK_COLUMN] : "");
    if (flags & FK_FIRST) {
        struct foreign_key *list =
            list_add(&m->arena, m->foreign_keys, m->nforeign_keys, sizeof *list);
        if (list == NULL)
            return err_nomem(err);
        m->foreign_keys = list;
        list[m->nforeign_keys++] = (struct foreign_key){
            .name = text[FK_NAME],
            .parent_schema = text[FK_PARENT_SCHEMA],
            .parent_table = text[FK_PARENT_TABLE],
            .on_delete = action_of(text[FK_ON_DELETE]),
            .on_update = action_of(text[FK_ON_UPDATE]),
            .deferrable = (flags & FK_DEFERRABLE) != 0,
            .initially_deferred = (flags & FK_DEFERRED) != 0,
        };
    }
    struct foreign_key *fk = m->nforeign_keys > 0 ? &m->foreign_keys[m->nforeign_keys - 1] : NULL;
    bool named = text[FK_PARENT_COLUMN] != NULL; /* as all columns of one key are, or none */
    if (column < 0 || fk == NULL || text[FK_PARENT_TABLE] == NULL ||
        (fk->ncolumns > 0 && named != (fk->parent_columns != NULL)))
        return err_set(err, SQLITE_ERROR, "a foreign key of %s has an unknown column",
                       m->remote_name);
    int *columns = list_add(&m->arena, fk->columns, fk->ncolumns, sizeof *columns);
    if (columns == NULL)
        return err_nomem(err);
    columns[fk->ncolumns] = column;
    fk->columns = columns;
    if (named) {
        const char **parents =
            list_add(&m->arena, fk->parent_columns, fk->ncolumns, sizeof *parents);
        if (parents == NULL)
            return err_nomem(err);
        parents[fk->ncolumns] = text[FK_PARENT_COLUMN];
        fk->parent_columns = parents;
    }
    fk->ncolumns++;
    return SQLITE_OK;
}

static int add_foreign_keys(struct bind *b, const char *schema, const char *name, struct model *m,
                            struct err *err)
{
    static const char what[] = "reading foreign keys";
    struct catalog c;
    int rc = catalog_open(&c, b, what, "foreign_keys", schema, name, err);
    if (rc != SQLITE_OK)
        return rc;
    while ((rc = catalog_next(&c, err)) == SQLITE_ROW) {
        const char *text[FK_FLAGS];
        int flags = 0;
        rc = catalog_int(&c, FK_FLAGS, &flags, err);
        for (int i = 0; rc == SQLITE_OK && i < FK_FLAGS; i++)
            rc = catalog_text(&c, i, &m->arena, &text[i], err);
        if (rc == SQLITE_OK)
            rc = add_foreign_key(m, text, flags, err);
        if (rc != SQLITE_OK) {
            bind_fail(b, what, err);
            break;
        }
    }
    catalog_close(&c);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- the model ------------------------------------------------------------------------------------------- */

int reflect_model(struct bind *b, const char *schema, const char *name, const char *local_name,
                  const char *info, struct model **out, struct err *err)
{
    const struct remote *r;
    struct model *m;
    struct conn *conn;
    *out = NULL;
    int rc = remote_get(b, schema, name, &r, err);
    /* What is known of the table may have outlived the connection, which may fail to be made anew. */
    if (rc == SQLITE_OK)
        rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    m = model_new();
    if (m == NULL)
        return err_nomem(err);
    m->local_name = arena_str(&m->arena, local_name);
    m->bind_key = arena_str(&m->arena, b->key);
    m->info = arena_str(&m->arena, info != NULL ? info : "{}");
    m->remote_schema = arena_str(&m->arena, schema);
    m->remote_name = arena_str(&m->arena, name);
    m->remote_name_given = strcmp(name, local_name) != 0;
    if (m->local_name == NULL || m->info == NULL || m->remote_name == NULL ||
        (b->key != NULL && m->bind_key == NULL) || (schema != NULL && m->remote_schema == NULL))
        rc = err_nomem(err);
    /* A sequence or an index has columns too, but is nothing to read rows from. */
    if (rc == SQLITE_OK && r->kind != REMOTE_OTHER)
        rc = add_columns(m, r, conn->dialect, err);
    if (rc == SQLITE_OK && m->ncolumns > 0)
        rc = add_keys(m, r, err);
    if (rc == SQLITE_OK && r->kind == REMOTE_TABLE)
        rc = add_foreign_keys(b, schema, name, m, err);
    if (rc == SQLITE_OK)
        *out = m;
    else
        model_free(m);
    return rc;
}
