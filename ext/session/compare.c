/* Does a declaration fit the table that is there?  What is compared is what create_all() would have made on
** this very server against what its catalog says, so that the server's own way to spell a type is no
** difference.  Foreign keys and checks are not looked at: they change no answer. */
#include "session/reflect.h"
#include "sqlgen/ddl.h"

#include <stdarg.h>
#include <string.h>

#define FRACTION_MOST 6 /* digits of a second: as good as no limit */

struct comparison {
    const struct model *model;
    const struct remote *remote;
    struct ddl ddl;
    struct arena *arena;
    const char *difference; /* NULL = none yet */
    struct err *err;
};

/* Notes the first difference; returns SQLITE_OK or SQLITE_NOMEM. */
static int differs(struct comparison *x, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = sqlite3_vmprintf(format, args);
    va_end(args);
    x->difference = arena_str(x->arena, text);
    sqlite3_free(text);
    return x->difference != NULL ? SQLITE_OK : err_nomem(x->err);
}

/* ---- types ----------------------------------------------------------------------------------------------- */

static bool same_labels(const struct type *a, const struct type *b)
{
    if (a->nlabels != b->nlabels)
        return false;
    for (int i = 0; i < a->nlabels; i++) {
        if (strcmp(a->labels[i], b->labels[i]) != 0)
            return false;
    }
    return true;
}

static int fraction_of(const struct type *t)
{
    return t->precision == 0 ? FRACTION_MOST : t->precision;
}

static bool is_unlimited_text(const struct type *t)
{
    return t->id == CT_TEXT || (t->id == CT_VARCHAR && t->length == 0);
}

static bool same_type(const struct type *a, const struct type *b)
{
    if (is_unlimited_text(a) && is_unlimited_text(b))
        return true;
    if (a->id != b->id)
        return false;
    if (coltype_is_text(a->id) || coltype_is_blob(a->id))
        return a->length == b->length;
    switch (a->id) {
    case CT_NUMERIC:
        return a->precision == b->precision && a->scale == b->scale;
    case CT_TIME:
    case CT_DATETIME:
    case CT_DATETIMETZ:
        return fraction_of(a) == fraction_of(b);
    case CT_ENUM:
        return same_labels(a, b);
    default:
        return true; /* two types of the server's own: it alone knows whether they are one */
    }
}

static int compare_type(struct comparison *x, int column, const struct remote_column *there)
{
    const struct ddl_words *words = x->ddl.dialect->ddl;
    const struct column *c = &x->model->columns[column];
    const char *spelled = ddl_column_type(&x->ddl, x->model, column, x->arena);
    struct type expected = c->type;
    int rc = spelled != NULL ? SQLITE_OK : err_nomem(x->err);
    /* An enum type has a name there; its labels are in the declaration.  A type that was read from the
    ** server is no wish of ours. */
    if (rc == SQLITE_OK && x->model->declared_columns &&
        !(words->enum_types && c->type.id == CT_ENUM))
        rc = ddl_read_type(words, spelled, x->arena, &expected, x->err);
    /* What was read from the server and is unknown was declared as TEXT. */
    bool unknown = !x->model->declared_columns && there->type.id == CT_OTHER;
    if (rc != SQLITE_OK || unknown || same_type(&expected, &there->type))
        return rc;
    return differs(x, "column %s is %s on the server, not %s", c->name,
                   there->type.text[0] != '\0' ? there->type.text : "without a type", spelled);
}

/* ---- columns --------------------------------------------------------------------------------------------- */

static bool has_default(const struct model *m, int column)
{
    const struct column *c = &m->columns[column];
    return c->default_text != NULL && model_auto_column(m) != column &&
           sqlite3_stricmp(c->default_text, "NULL") != 0;
}

static int compare_column(struct comparison *x, int column)
{
    const struct ddl_words *words = x->ddl.dialect->ddl;
    const struct column *c = &x->model->columns[column];
    int at = remote_column(x->remote, c->name);
    if (at < 0)
        return differs(x, "column %s is missing on the server", c->name);
    const struct remote_column *there = &x->remote->columns[at];
    int rc = compare_type(x, column, there);
    if (rc != SQLITE_OK || x->difference != NULL || x->remote->kind != REMOTE_TABLE ||
        !x->model->declared_columns)
        return rc;
    bool generated = c->generated != GENERATED_NO,
         automatic = model_auto_column(x->model) == column;
    if (generated != there->generated)
        return differs(x, "column %s is %s on the server", c->name,
                       there->generated ? "generated" : "an ordinary column");
    if (c->key_position == 0 && c->not_null != there->not_null &&
        !(generated && !words->generated_not_null))
        return differs(x, "column %s is %s on the server", c->name,
                       there->not_null ? "NOT NULL" : "not NOT NULL");
    if (!generated && !automatic && has_default(x->model, column) != there->has_default)
        return differs(x, "column %s has %s on the server", c->name,
                       there->has_default ? "a DEFAULT" : "no DEFAULT");
    return SQLITE_OK;
}

static int compare_columns(struct comparison *x)
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && x->difference == NULL && i < x->model->ncolumns; i++)
        rc = compare_column(x, i);
    for (int i = 0; rc == SQLITE_OK && x->difference == NULL && i < x->remote->ncolumns; i++) {
        if (model_column(x->model, x->remote->columns[i].name) < 0)
            rc = differs(x, "the server has one more column: %s", x->remote->columns[i].name);
    }
    return rc;
}

/* ---- keys ------------------------------------------------------------------------------------------------ */

/* Does column i of the index stand for a column of the model?  Expressions stand for any column whose
** collation the server does not have. */
static bool index_has(const struct comparison *x, const struct remote_index *index, int i,
                      int column)
{
    const struct column *c = &x->model->columns[column];
    if (index->columns[i] < 0)
        return x->ddl.dialect->ddl->fold[c->collation] != NULL;
    return sqlite3_stricmp(x->remote->columns[index->columns[i]].name, c->name) == 0;
}

/* Unique keys in any order of columns, plain indexes and the primary key in theirs. */
static bool index_matches(const struct comparison *x, const struct remote_index *index,
                          const struct key *k)
{
    bool ordered = !k->unique || k->kind == KEY_PRIMARY;
    if (index->partial || (k->unique && !index->unique) ||
        (k->kind == KEY_PRIMARY && !index->primary) ||
        (ordered ? index->ncolumns < k->ncolumns : index->ncolumns != k->ncolumns) ||
        (k->kind == KEY_PRIMARY && index->ncolumns != k->ncolumns))
        return false;
    for (int i = 0; i < k->ncolumns; i++) {
        bool found = ordered && index_has(x, index, i, k->columns[i]);
        for (int n = 0; !ordered && !found && n < index->ncolumns; n++)
            found = index_has(x, index, n, k->columns[i]);
        if (!found)
            return false;
    }
    return true;
}

/* "(a, b)" */
static const char *key_text(const struct comparison *x, const struct key *k)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    for (int i = 0; i < k->ncolumns; i++)
        sqlite3_str_appendf(s, i == 0 ? "(%s" : ", %s", x->model->columns[k->columns[i]].name);
    sqlite3_str_appendchar(s, 1, ')');
    const char *text = arena_take_str(x->arena, s);
    return text != NULL ? text : "";
}

static int compare_key(struct comparison *x, const struct key *k)
{
    static const char *const words[] = {
        [KEY_PRIMARY] = "PRIMARY KEY", [KEY_UNIQUE] = "UNIQUE", [KEY_INDEX] = "INDEX"};
    for (int i = 0; i < x->remote->nindexes; i++) {
        if (index_matches(x, &x->remote->indexes[i], k))
            return SQLITE_OK;
    }
    return differs(x, "%s %s is missing on the server", words[k->kind], key_text(x, k));
}

/* A text that is unique by bytes here, and unique there to readers who do not tell a from A. */
static int compare_collations(struct comparison *x, const struct key *k)
{
    for (int i = 0; k->unique && i < k->ncolumns; i++) {
        const struct column *c = &x->model->columns[k->columns[i]];
        int at = remote_column(x->remote, c->name);
        const struct remote_column *there = at >= 0 ? &x->remote->columns[at] : NULL;
        if (there == NULL || c->collation != COLLATION_BINARY || !coltype_is_text(c->type.id) ||
            c->type.id == CT_CHAR)
            continue;
        if (there->text_order == TEXT_LOOSE || there->text_order == TEXT_BYTES_PAD)
            return differs(x,
                           "column %s is compared by collation %s on the server, not by its bytes",
                           c->name, there->collation != NULL ? there->collation : "of its own");
    }
    return SQLITE_OK;
}

static int compare_keys(struct comparison *x, bool collations)
{
    const struct key *primary = model_primary_key(x->model);
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && x->difference == NULL && i < x->model->nkeys; i++) {
        rc = compare_key(x, &x->model->keys[i]);
        if (rc == SQLITE_OK && x->difference == NULL && collations)
            rc = compare_collations(x, &x->model->keys[i]);
    }
    for (int i = 0; rc == SQLITE_OK && x->difference == NULL && i < x->remote->nindexes; i++) {
        if (x->remote->indexes[i].primary && primary == NULL)
            rc = differs(x, "the server has a PRIMARY KEY");
    }
    return rc;
}

int reflect_compare(struct bind *b, const struct model *model, const struct remote *remote,
                    struct arena *arena, const char **difference, struct err *err)
{
    struct comparison x = {
        .model = model,
        .remote = remote,
        .ddl = {.dialect = b->conn != NULL ? b->conn->dialect : b->engine->dialect,
                .server_version = b->conn != NULL ? b->conn->server_version : 0,
                .database_collation = b->url.collation_database},
        .arena = arena,
        .err = err,
    };
    int rc = SQLITE_OK;
    if (remote->kind == REMOTE_MISSING)
        rc = differs(&x, "the table does not exist");
    else if (remote->kind == REMOTE_OTHER)
        rc = differs(&x, "%s is no table on the server", remote->name);
    else
        rc = compare_columns(&x);
    /* Columns that were read from the server come without indexes and defaults. */
    if (rc == SQLITE_OK && x.difference == NULL && remote->kind == REMOTE_TABLE &&
        model->declared_columns)
        rc = compare_keys(&x, !b->url.collation_database);
    *difference = x.difference != NULL ? x.difference : "";
    return rc;
}
