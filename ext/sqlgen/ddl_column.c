/* One column as CREATE TABLE has it: type, collation, default, NOT NULL, generation.
**
** Texts and blobs without a length that stand in a key: MySQL's keys need one, so such a column gets the
** longest that fits into all of its keys.  What is longer is then refused by the server, never cut. */
#include "model/typetext.h"
#include "sqlgen/ddl_parts.h"
#include "sqlgen/expression.h"

#include <string.h>

#define BYTES_PER_CHARACTER 4
#define DECIMAL_DIGITS_PER_WORD 9
#define DECIMAL_BYTES_PER_WORD 4
#define BYTES_OF_OTHER_TYPES 8
#define KEY_HASH_LENGTH 5 /* _ and four digits */

/* ---- names ----------------------------------------------------------------------------------------------- */

static unsigned hash_name(const char *text)
{
    unsigned h = 2166136261U; /* FNV-1a */
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 16777619U;
    return (h ^ h >> 16) & 0xffff;
}

/* Bytes of the longest beginning of text that has at most `most` bytes, or characters. */
static int cut_at(const char *text, int most, bool characters)
{
    int n = 0, counted = 0;
    while (text[n] != '\0') {
        int next = n + 1;
        while ((text[next] & 0xc0) == 0x80)
            next++;
        counted += characters ? 1 : next - n;
        if (counted > most || next >= DDL_NAME_MAX - KEY_HASH_LENGTH)
            break;
        n = next;
    }
    return n;
}

static void cut_name(const struct ddl *x, const char *whole, char out[DDL_NAME_MAX])
{
    bool characters = x->dialect->ddl->names_in_characters;
    int most = x->dialect->max_name_bytes;
    int n = most > 0 ? cut_at(whole, most, characters) : (int)strlen(whole);
    if (n < DDL_NAME_MAX && whole[n] == '\0') {
        sqlite3_snprintf(DDL_NAME_MAX, out, "%s", whole);
        return;
    }
    n = cut_at(whole, (most > 0 ? most : DDL_NAME_MAX) - KEY_HASH_LENGTH, characters);
    sqlite3_snprintf(DDL_NAME_MAX, out, "%.*s_%04x", n, whole, hash_name(whole));
}

void ddl_generated_name(const struct ddl *x, const struct model *m, const int *columns,
                        int ncolumns, const char *suffix, char out[DDL_NAME_MAX])
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, m->remote_name);
    for (int i = 0; i < ncolumns; i++)
        sqlite3_str_appendf(s, "_%s", m->columns[columns[i]].name);
    if (suffix != NULL)
        sqlite3_str_appendf(s, "_%s", suffix);
    char *whole = sqlite3_str_finish(s);
    cut_name(x, whole != NULL ? whole : m->remote_name, out);
    sqlite3_free(whole);
}

void ddl_type_name(const struct ddl *x, const struct model *m, int column, char out[DDL_NAME_MAX])
{
    ddl_generated_name(x, m, &column, 1, NULL, out);
}

bool ddl_has_type(const struct ddl *x, const struct model *m, int column)
{
    return x->dialect->ddl->enum_types && m->columns[column].type.id == CT_ENUM;
}

/* ---- keys that need lengths ------------------------------------------------------------------------------ */

static bool has_arguments(const struct type *t)
{
    return coltype_is_text(t->id) || coltype_is_blob(t->id) ? t->length > 0 : t->precision != 0;
}

static bool is_unbounded_text(const struct type *t)
{
    return t->id == CT_TEXT || t->id == CT_INTERVAL || t->text[0] == '\0' ||
           (t->id == CT_VARCHAR && t->length == 0);
}

static bool is_unbounded_blob(const struct type *t)
{
    if (t->text[0] == '\0')
        return false;
    return t->id == CT_BLOB || ((t->id == CT_VARBINARY || t->id == CT_BINARY) && t->length == 0);
}

/* Bytes that a column of a bounded type takes in a key. */
static int key_width(const struct type *t)
{
    switch (t->id) {
    case CT_VARCHAR:
    case CT_CHAR:
        return BYTES_PER_CHARACTER * (t->length > 0 ? t->length : 1);
    case CT_UUID:
        return BYTES_PER_CHARACTER * 36;
    case CT_VARBINARY:
    case CT_BINARY:
        return t->length;
    case CT_NUMERIC:
        return (t->precision / DECIMAL_DIGITS_PER_WORD + 2) * DECIMAL_BYTES_PER_WORD;
    default:
        return BYTES_OF_OTHER_TYPES;
    }
}

/* Bytes that each unbounded column may have in a key of these columns; 0 if the column is not among them. */
static int key_share(const struct ddl *x, const struct model *m, const int *columns, int ncolumns,
                     int column)
{
    int room = x->dialect->ddl->key_bytes, unbounded = 0;
    bool found = false;
    for (int i = 0; i < ncolumns; i++) {
        const struct type *t = &m->columns[columns[i]].type;
        found = found || columns[i] == column;
        if (is_unbounded_text(t) || is_unbounded_blob(t))
            unbounded++;
        else
            room -= key_width(t);
    }
    if (!found || unbounded == 0)
        return 0;
    return room / unbounded > BYTES_PER_CHARACTER ? room / unbounded : BYTES_PER_CHARACTER;
}

int ddl_key_length(const struct ddl *x, const struct model *m, int column)
{
    const struct type *t = &m->columns[column].type;
    bool text = is_unbounded_text(t);
    int least = 0;
    if (x->dialect->ddl->key_bytes == 0 || (!text && !is_unbounded_blob(t)))
        return 0;
    for (int i = 0; i < m->nkeys; i++) {
        const struct key *k = &m->keys[i];
        int share = k->unique ? key_share(x, m, k->columns, k->ncolumns, column) : 0;
        if (share > 0 && (least == 0 || share < least))
            least = share;
    }
    for (int i = 0; i < m->nforeign_keys; i++) {
        const struct foreign_key *fk = &m->foreign_keys[i];
        int share = key_share(x, m, fk->columns, fk->ncolumns, column);
        if (share > 0 && (least == 0 || share < least))
            least = share;
    }
    return text ? least / BYTES_PER_CHARACTER : least;
}

int ddl_index_prefix(const struct ddl *x, const struct model *m, const struct key *k, int column)
{
    const struct type *t = &m->columns[column].type;
    int most = x->dialect->ddl->key_prefix;
    bool text = is_unbounded_text(t);
    if (k->unique || (!text && !is_unbounded_blob(t)) || ddl_key_length(x, m, column) > 0)
        return 0;
    int share = key_share(x, m, k->columns, k->ncolumns, column);
    if (text)
        share /= BYTES_PER_CHARACTER;
    return share < most ? share : most;
}

const char *ddl_fold(const struct ddl *x, const struct model *m, int column)
{
    const struct column *c = &m->columns[column];
    return coltype_is_text(c->type.id) ? x->dialect->ddl->fold[c->collation] : NULL;
}

/* ---- types ----------------------------------------------------------------------------------------------- */

static int longest_label(const struct type *t)
{
    int longest = 1;
    for (int i = 0; i < t->nlabels; i++) {
        int n = 0;
        for (const char *p = t->labels[i]; *p != '\0'; p++)
            n += (*p & 0xc0) != 0x80;
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void append_labels(const struct dialect *d, sqlite3_str *out, const struct type *t)
{
    for (int i = 0; i < t->nlabels; i++) {
        if (i > 0)
            sqlite3_str_appendall(out, ", ");
        quote_text(d, out, t->labels[i]);
    }
}

/* The type as the user wrote it.  SQLite's own grammar knows fewer than its users: any other text is a type
** there when it is quoted, with the affinity of the same name. */
static void append_written(const struct ddl *x, sqlite3_str *out, const char *text)
{
    struct arena arena;
    struct tokens t;
    bool plain = true;
    arena_init(&arena);
    if (x->dialect->ddl->verbatim && token_read(text, &arena, &t) == SQLITE_OK)
        plain = typetext_shape(&t, 0, t.n) == TYPETEXT_PLAIN;
    if (plain)
        sqlite3_str_appendall(out, text);
    else
        quote_name(x->dialect, out, text);
    arena_clear(&arena);
}

/* %l %p %s %e %m %t of the form replaced. */
static void append_type_form(const struct ddl *x, sqlite3_str *out, const char *form,
                             const struct type *t, int length)
{
    for (; *form != '\0'; form++) {
        if (*form != '%') {
            sqlite3_str_appendchar(out, 1, *form);
            continue;
        }
        switch (*++form) {
        case 'l':
            sqlite3_str_appendf(out, "%d", length);
            break;
        case 'p':
            sqlite3_str_appendf(out, "%d", t->precision > 0 ? t->precision : 0);
            break;
        case 's':
            sqlite3_str_appendf(out, "%d", t->scale);
            break;
        case 'e':
            append_labels(x->dialect, out, t);
            break;
        case 'm':
            sqlite3_str_appendf(out, "%d", longest_label(t));
            break;
        default:
            append_written(x, out, t->text);
            break;
        }
    }
}

/* The form of the column's type; "" = none.  *length: what %l stands for. */
static const char *type_form(const struct ddl *x, const struct model *m, int column, int *length)
{
    const struct ddl_words *words = x->dialect->ddl;
    const struct type *t = &m->columns[column].type;
    *length = t->length;
    if (model_auto_column(m) == column && words->auto_type[t->id] != NULL)
        return words->auto_type[t->id];
    int key_length = ddl_key_length(x, m, column);
    if (key_length > 0) {
        *length = key_length;
        return is_unbounded_text(t) ? words->key_text : words->key_blob;
    }
    if (t->text[0] == '\0')
        return words->type_none != NULL ? words->type_none : "";
    if (!has_arguments(t) && words->type_bare[t->id] != NULL)
        return words->type_bare[t->id];
    if (t->id == CT_NUMERIC && t->scale == 0 && words->type_whole != NULL)
        return words->type_whole;
    return words->type[t->id];
}

static void append_type(const struct ddl *x, sqlite3_str *out, const struct model *m, int column,
                        const char *before)
{
    if (ddl_has_type(x, m, column)) {
        char name[DDL_NAME_MAX];
        ddl_type_name(x, m, column, name);
        sqlite3_str_appendall(out, before);
        quote_table(x->dialect, out, m->remote_schema, name);
        return;
    }
    int length;
    const char *form = type_form(x, m, column, &length);
    if (form[0] == '\0')
        return;
    sqlite3_str_appendall(out, before);
    append_type_form(x, out, form, &m->columns[column].type, length);
}

const char *ddl_column_type(const struct ddl *x, const struct model *m, int column,
                            struct arena *arena)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    append_type(x, s, m, column, "");
    return arena_take_str(arena, s);
}

/* ---- the definition -------------------------------------------------------------------------------------- */

static void append_collation(const struct ddl *x, sqlite3_str *out, const struct column *c)
{
    const struct ddl_words *words = x->dialect->ddl;
    bool older = x->server_version > 0 && x->server_version < words->collate_version;
    bool text = coltype_is_text(c->type.id) || c->type.text[0] == 0 || words->verbatim;
    if (text && (words->verbatim || !x->database_collation))
        sqlite3_str_appendall(
            out, (older ? words->text_collate_older : words->text_collate)[c->collation]);
}

static int append_generation(const struct ddl *x, sqlite3_str *out, const struct model *m,
                             const struct column *c, struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    char what[DDL_NAME_MAX];
    sqlite3_snprintf((int)sizeof what, what, "column %s", c->name);
    sqlite3_str_appendall(out, " GENERATED ALWAYS AS (");
    int rc = expression_append(x->dialect, out, m, c->generated_text, what, err);
    sqlite3_str_appendall(out, c->generated == GENERATED_VIRTUAL && words->generated_virtual
                                   ? ") VIRTUAL"
                                   : ") STORED");
    if (c->not_null && words->generated_not_null)
        sqlite3_str_appendall(out, " NOT NULL");
    return rc;
}

bool ddl_key_in_column(const struct ddl *x, const struct model *m)
{
    int i = model_auto_column(m);
    return x->dialect->ddl->auto_key != NULL && i >= 0 && m->columns[i].autoincrement;
}

int ddl_append_column(const struct ddl *x, sqlite3_str *out, const struct model *m, int column,
                      struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    const struct column *c = &m->columns[column];
    bool automatic = model_auto_column(m) == column;
    bool has_default = c->default_text != NULL && !automatic;
    bool not_null = c->not_null || c->key_position > 0;
    int rc = SQLITE_OK;
    quote_name(x->dialect, out, c->name);
    append_type(x, out, m, column, " ");
    append_collation(x, out, c);
    if (c->generated != GENERATED_NO)
        return append_generation(x, out, m, c, err);
    if (has_default && !words->default_after_not_null)
        rc = expression_append_default(x->dialect, out, m, column, err);
    if (not_null)
        sqlite3_str_appendall(out, " NOT NULL");
    if (rc == SQLITE_OK && has_default && words->default_after_not_null)
        rc = expression_append_default(x->dialect, out, m, column, err);
    if (automatic && words->auto_suffix != NULL)
        sqlite3_str_appendall(out, words->auto_suffix);
    if (automatic && ddl_key_in_column(x, m))
        sqlite3_str_appendall(out, words->auto_key);
    return rc;
}
