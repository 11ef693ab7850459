/* Text of changes. */
#include "sqlgen/change.h"

#include <string.h>

#define MANY_ROWS "binds_v"
#define CHANGE_LIST 1000  /* keys of a list */
#define CHANGE_VALUES 250 /* rows of a table of arguments */
#define CHANGE_RUN 1000   /* rows of a run that get values */

void change_default(const struct dialect *d, sqlite3_str *s, const char *column, const char *text)
{
    if (!d->default_function) {
        sqlite3_str_appendf(s, "(%s)", text);
        return;
    }
    sqlite3_str_appendf(s, "%s(", d->default_function);
    quote_name(d, s, column);
    sqlite3_str_appendall(s, ")");
}

static void insert_rows(const struct dialect *d, sqlite3_str *s,
                        const struct change_column *columns, int n, int nrows)
{
    int row, i;
    sqlite3_str_appendall(s, " (");
    for (i = 0; i < n; i++) {
        if (i)
            sqlite3_str_appendall(s, ", ");
        quote_name(d, s, columns[i].name);
    }
    sqlite3_str_appendall(s, ") VALUES ");
    for (row = 0; row < nrows; row++) {
        sqlite3_str_appendall(s, row ? ", (" : "(");
        for (i = 0; i < n; i++) {
            if (i)
                sqlite3_str_appendall(s, ", ");
            quote_arg(d, s, row * n + i + 1, columns[i].type->id);
        }
        sqlite3_str_appendall(s, ")");
    }
}

char *change_insert(const struct dialect *d, const char *schema, const char *table,
                    const struct change_column *columns, int n, int nrows, const char *returning)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "INSERT INTO ");
    quote_table(d, s, schema, table);
    if (n == 0)
        sqlite3_str_appendf(s, " %s", d->insert_default_row);
    else
        insert_rows(d, s, columns, n, nrows);
    if (returning) {
        sqlite3_str_appendall(s, " RETURNING ");
        quote_name(d, s, returning);
    }
    return sqlite3_str_finish(s);
}

char *change_update(const struct dialect *d, const char *schema, const char *table,
                    const struct change_column *columns, int n, const char *where, const char *tail)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    int i, arg = 0;
    sqlite3_str_appendall(s, "UPDATE ");
    quote_table(d, s, schema, table);
    sqlite3_str_appendall(s, " SET ");
    for (i = 0; i < n; i++) {
        if (i)
            sqlite3_str_appendall(s, ", ");
        quote_name(d, s, columns[i].name);
        sqlite3_str_appendall(s, " = ");
        if (columns[i].to_default)
            change_default(d, s, columns[i].name, columns[i].to_default);
        else
            quote_arg(d, s, ++arg, columns[i].type->id);
    }
    sqlite3_str_appendf(s, " WHERE %s%s", where, tail);
    return sqlite3_str_finish(s);
}

char *change_delete(const struct dialect *d, const char *schema, const char *table,
                    const char *where, const char *tail)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "DELETE FROM ");
    quote_table(d, s, schema, table);
    sqlite3_str_appendf(s, " WHERE %s%s", where, tail);
    return sqlite3_str_finish(s);
}

/* text with its placeholders $1, $2 … replaced by the columns of the unnested arrays. */
static void append_row_values(sqlite3_str *s, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "$'\"");
        sqlite3_str_append(s, text, (int)n);
        text += n;
        if (*text == '$') {
            sqlite3_str_appendall(s, MANY_ROWS ".binds_a");
            text++;
        } else if (*text) { /* a name or a literal: as it is */
            const char *end = strchr(text + 1, *text);
            n = end ? (size_t)(end - text) + 1 : strlen(text);
            sqlite3_str_append(s, text, (int)n);
            text += n;
        }
    }
}

/* (SELECT $1), not $1: the planner then takes the rows for few and finds each by the key's index; when it knows
** their number it reads the whole table instead, however large, from some thousands on. */
static void append_arrays(sqlite3_str *s, int n)
{
    int i;
    sqlite3_str_appendall(s, "unnest(");
    for (i = 1; i <= n; i++)
        sqlite3_str_appendf(s, "%s(SELECT $%d)", i > 1 ? ", " : "", i);
    sqlite3_str_appendall(s, ") AS " MANY_ROWS "(");
    for (i = 1; i <= n; i++)
        sqlite3_str_appendf(s, "%sbinds_a%d", i > 1 ? ", " : "", i);
    sqlite3_str_appendall(s, ") WHERE ");
}

/* Length of `column ` in "column = $1", or another argument; 0: the condition is of another form. */
static int compared_column(const struct dialect *d, const char *where, enum coltype t, int arg)
{
    sqlite3_str *one = sqlite3_str_new(NULL);
    size_t n = strlen(where), tail;
    char *text;
    bool ok;
    sqlite3_str_appendall(one, "= ");
    quote_arg(d, one, arg, t);
    text = sqlite3_str_finish(one);
    tail = text ? strlen(text) : 0;
    ok = text && n > tail && strcmp(where + n - tail, text) == 0;
    sqlite3_free(text);
    return ok ? (int)(n - tail) : 0;
}

/* "column = $1" → "column IN (?, ?, …)"; false: the condition is of another form. */
static bool append_list(const struct dialect *d, sqlite3_str *s, const char *where, enum coltype t)
{
    int n = compared_column(d, where, t, 1), i;
    if (n == 0)
        return false;
    sqlite3_str_append(s, where, n);
    for (i = 1; i <= CHANGE_LIST; i++) {
        sqlite3_str_appendall(s, i > 1 ? ", " : "IN (");
        quote_arg(d, s, i, t);
    }
    sqlite3_str_appendall(s, ")");
    return true;
}

static char *delete_list(const struct dialect *d, const char *schema, const char *table,
                         const char *where, enum coltype t)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    bool ok;
    sqlite3_str_appendall(s, "DELETE FROM ");
    quote_table(d, s, schema, table);
    sqlite3_str_appendall(s, " WHERE ");
    ok = append_list(d, s, where, t);
    char *text = sqlite3_str_finish(s);
    if (ok)
        return text;
    sqlite3_free(text);
    return NULL;
}

/* text with its ? replaced by the columns of a table of arguments, from column `column` on. */
static void append_table_columns(sqlite3_str *s, const char *text, int column)
{
    while (*text) {
        size_t n = strcspn(text, "?`'\"");
        sqlite3_str_append(s, text, (int)n);
        text += n;
        if (*text == '?') {
            sqlite3_str_appendf(s, MANY_ROWS ".binds_a%d", column++);
            text++;
        } else if (*text) {
            const char *end = strchr(text + 1, *text);
            n = end ? (size_t)(end - text) + 1 : strlen(text);
            sqlite3_str_append(s, text, (int)n);
            text += n;
        }
    }
}

/* The type of a column of such a table, as its first row says it: the server would take it from the arguments of the
** first execution, and refuse longer ones later.  False: there is none that is sure to hold every value as it is.  Keys
** are compared besides: only integers are free of collations. */
static bool append_first(sqlite3_str *s, const struct type *t, bool key)
{
    if (coltype_is_whole(t->id)) {
        sqlite3_str_appendall(s, "CAST(? AS SIGNED)");
        return true;
    }
    switch (t->id) {
    case CT_FLOAT4:
    case CT_FLOAT8:
        sqlite3_str_appendall(s, "CAST(? AS DOUBLE)");
        return !key;
    case CT_VARCHAR:
        sqlite3_str_appendf(s, "CAST(? AS CHAR(%d))", t->length);
        return !key && t->length > 0;
    default:
        return false;
    }
}

static char *update_table(const struct dialect *d, const char *schema, const char *table,
                          const struct change_column *columns, int n, const char *where,
                          const struct type *const *types, int ntypes, int rows, bool *none)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    int i, row;
    bool fits = true;
    sqlite3_str_appendall(s, "UPDATE (SELECT ");
    for (i = 1; i <= ntypes; i++) {
        sqlite3_str_appendall(s, i > 1 ? ", " : "");
        fits = append_first(s, types[i - 1], i > n) && fits;
        sqlite3_str_appendf(s, " AS binds_a%d", i);
    }
    sqlite3_str_appendall(s, " UNION ALL VALUES ");
    for (row = 1; row < rows; row++)
        for (i = 1; i <= ntypes; i++)
            sqlite3_str_appendf(s, "%s?%s",
                                i > 1     ? ", "
                                : row > 1 ? ", ("
                                          : "(",
                                i == ntypes ? ")" : "");
    sqlite3_str_appendall(s, ") AS " MANY_ROWS " STRAIGHT_JOIN ");
    quote_table(d, s, schema, table);
    for (i = 0; i < n; i++) {
        sqlite3_str_appendall(s, i ? ", " : " SET ");
        quote_name(d, s, columns[i].name);
        sqlite3_str_appendf(s, " = " MANY_ROWS ".binds_a%d", i + 1);
    }
    sqlite3_str_appendall(s, " WHERE ");
    append_table_columns(s, where, n + 1);
    *none = !fits;
    if (!fits)
        sqlite3_str_reset(s);
    return sqlite3_str_finish(s);
}

/* The statements of a dialect without arrays. */
static int change_lists(const struct dialect *d, const char *schema, const char *table,
                        const struct change_column *columns, int n, const char *where,
                        const struct type *const *types, int ntypes, struct change_many *out)
{
    bool none;
    if (n == 0) {
        out->rows = CHANGE_LIST;
        if (ntypes == 1 && d->max_args >= CHANGE_LIST)
            out->sql = delete_list(d, schema, table, where, types[0]->id);
        return SQLITE_OK;
    }
    if (!d->values_table || ntypes * CHANGE_VALUES > d->max_args)
        return SQLITE_OK;
    out->rows = CHANGE_VALUES;
    out->sql =
        update_table(d, schema, table, columns, n, where, types, ntypes, CHANGE_VALUES, &none);
    return out->sql || none ? SQLITE_OK : SQLITE_NOMEM;
}

/* All of a run of integers, whatever of it is there. */
static int write_runs(const struct dialect *d, const char *schema, const char *table,
                      const char *where, enum coltype t, struct change_many *out)
{
    int n = compared_column(d, where, t, 1);
    sqlite3_str *one, *several;
    if (n == 0)
        return SQLITE_OK;
    one = sqlite3_str_new(NULL);
    sqlite3_str_appendall(one, "DELETE FROM ");
    quote_table(d, one, schema, table);
    sqlite3_str_appendf(one, " WHERE %.*s>= ", n, where);
    quote_arg(d, one, 1, t);
    sqlite3_str_appendf(one, " AND %.*s<= ", n, where);
    quote_arg(d, one, 2, t);
    if (d->dynamic_types)
        sqlite3_str_appendf(one, " AND typeof(%.*s) = 'integer'", n - 1, where);
    out->run = sqlite3_str_finish(one);
    if (d->unnest && d->array_form[t]) {
        several = sqlite3_str_new(NULL);
        sqlite3_str_appendall(several, "DELETE FROM ");
        quote_table(d, several, schema, table);
        sqlite3_str_appendall(several, " USING ");
        append_arrays(several, 2);
        sqlite3_str_appendf(several,
                            "%.*s>= " MANY_ROWS ".binds_a1 AND %.*s<= " MANY_ROWS ".binds_a2", n,
                            where, n, where);
        out->runs = sqlite3_str_finish(several);
    }
    return out->run && (out->runs || !d->unnest || !d->array_form[t]) ? SQLITE_OK : SQLITE_NOMEM;
}

/* Is it the column that `name `, of that length, stands for? */
static bool is_quoted(const struct dialect *d, const char *column, const char *name, int n)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_name(d, s, column);
    char *quoted = sqlite3_str_finish(s);
    bool same =
        quoted && strlen(quoted) == (size_t)(n - 1) && memcmp(quoted, name, (size_t)(n - 1)) == 0;
    sqlite3_free(quoted);
    return same;
}

/* Values of a type that may be picked: texts become integers again without loss, of reals that is not sure; elements of
** an array are found at once if all have one size. */
static bool is_picked(const struct dialect *d, enum coltype t)
{
    if (coltype_is_whole(t))
        return true;
    switch (t) {
    case CT_BOOL:
    case CT_FLOAT4:
    case CT_FLOAT8:
    case CT_DATE:
    case CT_TIME:
    case CT_DATETIME:
    case CT_DATETIMETZ:
    case CT_UUID:
        return d->subscripts && d->array_form[t] != NULL;
    default:
        return false;
    }
}

static bool may_pick(const struct dialect *d, const struct change_column *columns, int n,
                     const char *key, int key_length)
{
    for (int i = 0; i < n; i++)
        if (!is_picked(d, columns[i].type->id) || is_quoted(d, columns[i].name, key, key_length))
            return false;
    return d->subscripts || n * (CHANGE_RUN + 1) + 2 <= d->max_args;
}

/* The value of column c by the distance of `key ` from the first. */
static void append_picked(const struct dialect *d, sqlite3_str *s, enum coltype c, const char *key,
                          int length, enum coltype t, int *arg)
{
    int first = ++*arg;
    if (d->subscripts)
        sqlite3_str_appendf(s, "($%d)[", ++*arg);
    else
        sqlite3_str_appendf(s, "%s(", d->pick);
    sqlite3_str_appendf(s, "%.*s- ", length, key);
    quote_arg(d, s, first, t);
    sqlite3_str_appendall(s, d->subscripts ? " + 1]" : " + 1");
    if (d->subscripts)
        return;
    for (int k = 0; k < CHANGE_RUN; k++) {
        sqlite3_str_appendall(s, ", ");
        quote_arg(d, s, ++*arg, c);
    }
    sqlite3_str_appendall(s, ")");
}

/* A range of an index, every row of which picks its value by the distance from the first: a row costs the server
** much less than to be found by a key of a table of arguments. */
static int write_set_run(const struct dialect *d, const char *schema, const char *table,
                         const struct change_column *columns, int n, const char *where,
                         const struct type *key, struct change_many *out)
{
    int length = compared_column(d, where, key->id, n + 1), arg = 0;
    if (length == 0 || !may_pick(d, columns, n, where, length))
        return SQLITE_OK;
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "UPDATE ");
    quote_table(d, s, schema, table);
    for (int i = 0; i < n; i++) {
        sqlite3_str_appendall(s, i ? ", " : " SET ");
        quote_name(d, s, columns[i].name);
        sqlite3_str_appendall(s, " = ");
        append_picked(d, s, columns[i].type->id, where, length, key->id, &arg);
    }
    sqlite3_str_appendf(s, " WHERE %.*s>= ", length, where);
    quote_arg(d, s, ++arg, key->id);
    sqlite3_str_appendf(s, " AND %.*s<= ", length, where);
    quote_arg(d, s, ++arg, key->id);
    out->set_rows = d->subscripts ? 0 : CHANGE_RUN;
    out->set_run = sqlite3_str_finish(s);
    return out->set_run ? SQLITE_OK : SQLITE_NOMEM;
}

void change_many_clear(struct change_many *m)
{
    sqlite3_free(m->sql);
    sqlite3_free(m->set_run);
    sqlite3_free(m->run);
    sqlite3_free(m->runs);
    *m = (struct change_many){.sql = NULL};
}

int change_many(const struct dialect *d, const char *schema, const char *table,
                const struct change_column *columns, int n, const char *where,
                const struct type *const *types, int ntypes, bool integer_key,
                struct change_many *out)
{
    sqlite3_str *s;
    int i, rc = SQLITE_OK;
    *out = (struct change_many){.sql = NULL};
    if (n == 0 && ntypes == 1 && integer_key)
        rc = write_runs(d, schema, table, where, types[0]->id, out);
    if (n > 0 && ntypes == n + 1 && integer_key && (d->pick || d->subscripts))
        rc = write_set_run(d, schema, table, columns, n, where, types[n], out);
    if (rc != SQLITE_OK)
        return rc;
    if (!d->unnest)
        return change_lists(d, schema, table, columns, n, where, types, ntypes, out);
    for (i = 0; i < ntypes; i++)
        if (!d->array_form[types[i]->id])
            return SQLITE_OK;
    s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, n > 0 ? "UPDATE " : "DELETE FROM ");
    quote_table(d, s, schema, table);
    for (i = 0; i < n; i++) {
        sqlite3_str_appendall(s, i ? ", " : " SET ");
        quote_name(d, s, columns[i].name);
        sqlite3_str_appendf(s, " = " MANY_ROWS ".binds_a%d", i + 1);
    }
    sqlite3_str_appendall(s, n > 0 ? " FROM " : " USING ");
    append_arrays(s, ntypes);
    append_row_values(s, where);
    out->sql = sqlite3_str_finish(s);
    return out->sql ? SQLITE_OK : SQLITE_NOMEM;
}
