/* Model → the text for sqlite3_declare_vtab: see declare.h.
**
** Never the user's own text: what SQLite trusts of a declaration (NOT NULL, PRIMARY KEY, collation, affinity)
** is written from the model, and only as far as every value that can arrive keeps it.  CHECK, DEFAULT,
** UNIQUE, REFERENCES and generated expressions have no meaning for a virtual table and are left out. */
#include "model/declare.h"

#include "model/typetext.h"

/* Floats hold NaN, which SQLite sees as NULL; and a key that is compared otherwise than byte by byte would
** let SQLite take two rows of a server that tells them apart for one.  Such a key is encoded. */
static bool can_be_primary_key(const struct column *c)
{
    return c->type.id != CT_FLOAT4 && c->type.id != CT_FLOAT8 && c->type.id != CT_NUMERIC &&
           c->type.affinity != AFF_REAL && c->collation == COLLATION_BINARY;
}

static bool all_not_null(const struct model *m, const struct key *k)
{
    for (int i = 0; i < k->ncolumns; i++) {
        if (!m->columns[k->columns[i]].not_null)
            return false;
    }
    return true;
}

struct identity declare_identity(const struct model *m)
{
    const struct key *best = model_primary_key(m);
    for (int i = 0; best == NULL && i < m->nkeys; i++) {
        if (m->keys[i].unique && m->keys[i].ncolumns > 0 && all_not_null(m, &m->keys[i]))
            best = &m->keys[i];
    }
    if (best == NULL)
        return (struct identity){.form = KEY_FORM_ROW};
    int first = best->columns[0];
    bool column = best->ncolumns == 1 && can_be_primary_key(&m->columns[first]) &&
                  (m->columns[first].not_null || first == model_auto_column(m));
    return (struct identity){
        .form = column ? KEY_FORM_COLUMN : KEY_FORM_ENCODED,
        .ncolumns = best->ncolumns,
        .columns = best->columns,
    };
}

/* Types of which no server value arrives as NULL: no floats and decimals (NaN), nothing unknown.  Dates do not: a
** zero date arrives as the text of one. */
static bool never_arrives_as_null(const struct type *t)
{
    switch (t->id) {
    case CT_BOOL:
    case CT_INT2:
    case CT_INT4:
    case CT_INT8:
    case CT_UINT8:
    case CT_TEXT:
    case CT_VARCHAR:
    case CT_CHAR:
    case CT_BLOB:
    case CT_VARBINARY:
    case CT_BINARY:
    case CT_DATE:
    case CT_TIME:
    case CT_DATETIME:
    case CT_DATETIMETZ:
    case CT_JSON:
    case CT_JSONB:
    case CT_UUID:
    case CT_ENUM:
        return t->affinity != AFF_REAL;
    default:
        return false;
    }
}

static int declare_column(sqlite3_str *out, const struct column *c, bool primary,
                          struct arena *arena)
{
    static const char *const collations[] = {
        [COLLATION_BINARY] = "",
        [COLLATION_NOCASE] = " COLLATE NOCASE",
        [COLLATION_RTRIM] = " COLLATE RTRIM",
    };
    enum affinity affinity = c->type.id == CT_ENUM ? AFF_TEXT : c->type.affinity;
    const char *type = typetext_declarable(c->type.text, affinity, arena);
    if (type == NULL)
        return SQLITE_NOMEM;
    sqlite3_str_appendf(out, "\"%w\"%s%s%s", c->name, type[0] != '\0' ? " " : "", type,
                        collations[c->collation]);
    if (c->not_null && never_arrives_as_null(&c->type))
        sqlite3_str_appendall(out, " NOT NULL");
    if (primary)
        sqlite3_str_appendall(out, " PRIMARY KEY");
    return SQLITE_OK;
}

/* The first of _k, _k1, _k2 … that no column is called. */
void declare_key_name(const struct model *m, char name[DECLARE_KEY_NAME])
{
    sqlite3_snprintf(DECLARE_KEY_NAME, name, "_k");
    for (int i = 1; model_column(m, name) >= 0; i++)
        sqlite3_snprintf(DECLARE_KEY_NAME, name, "_k%d", i);
}

static void declare_hidden_key(sqlite3_str *out, const struct model *m)
{
    char name[DECLARE_KEY_NAME];
    declare_key_name(m, name);
    sqlite3_str_appendf(out, "%s\"%w\" BLOB HIDDEN PRIMARY KEY", m->ncolumns > 0 ? ", " : "", name);
}

char *declare_text(const struct model *m)
{
    struct identity identity = declare_identity(m);
    struct arena scratch;
    arena_init(&scratch);
    sqlite3_str *out = sqlite3_str_new(NULL);
    int rc = SQLITE_OK;
    sqlite3_str_appendall(out, "CREATE TABLE x(");
    for (int i = 0; i < m->ncolumns && rc == SQLITE_OK; i++) {
        bool primary = identity.form == KEY_FORM_COLUMN && identity.columns[0] == i;
        if (i > 0)
            sqlite3_str_appendall(out, ", ");
        rc = declare_column(out, &m->columns[i], primary, &scratch);
    }
    if (identity.form != KEY_FORM_COLUMN)
        declare_hidden_key(out, m);
    sqlite3_str_appendall(out, ") WITHOUT ROWID");
    if (rc == SQLITE_OK)
        rc = sqlite3_str_errcode(out);
    char *text = sqlite3_str_finish(out);
    arena_clear(&scratch);
    if (rc == SQLITE_OK)
        return text;
    sqlite3_free(text);
    return NULL;
}
