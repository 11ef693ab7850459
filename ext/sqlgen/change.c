/* Text of changes. */
#include "sqlgen/change.h"

#include <string.h>

#define MANY_ROWS "binds_v"
#define CHANGE_LIST 1000 /* keys of a list */

void change_default(const struct dialect *d, sqlite3_str *s, const char *column, const char *text) {
    if (!d->default_function) {
        sqlite3_str_appendf(s, "(%s)", text);
        return;
    }
    sqlite3_str_appendf(s, "%s(", d->default_function);
    quote_name(d, s, column);
    sqlite3_str_appendall(s, ")");
}

static void insert_rows(const struct dialect *d, sqlite3_str *s, const struct change_column *columns, int n,
                        int nrows) {
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
                    const struct change_column *columns, int n, int nrows, const char *returning) {
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
                    const struct change_column *columns, int n, const char *where,
                    const char *tail) {
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

char *change_delete(const struct dialect *d, const char *schema, const char *table, const char *where,
                    const char *tail) {
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "DELETE FROM ");
    quote_table(d, s, schema, table);
    sqlite3_str_appendf(s, " WHERE %s%s", where, tail);
    return sqlite3_str_finish(s);
}

/* text with its placeholders $1, $2 … replaced by the columns of the unnested arrays. */
static void append_row_values(sqlite3_str *s, const char *text) {
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
static void append_arrays(sqlite3_str *s, int n) {
    int i;
    sqlite3_str_appendall(s, "unnest(");
    for (i = 1; i <= n; i++)
        sqlite3_str_appendf(s, "%s(SELECT $%d)", i > 1 ? ", " : "", i);
    sqlite3_str_appendall(s, ") AS " MANY_ROWS "(");
    for (i = 1; i <= n; i++)
        sqlite3_str_appendf(s, "%sbinds_a%d", i > 1 ? ", " : "", i);
    sqlite3_str_appendall(s, ") WHERE ");
}

/* "column = $1" → "column IN (?, ?, …)"; false: the condition is of another form. */
static bool append_list(const struct dialect *d, sqlite3_str *s, const char *where, enum coltype t) {
    sqlite3_str *one = sqlite3_str_new(NULL);
    size_t n = strlen(where), tail;
    char *text;
    bool ok;
    int i;
    sqlite3_str_appendall(one, "= ");
    quote_arg(d, one, 1, t);
    text = sqlite3_str_finish(one);
    tail = text ? strlen(text) : 0;
    ok = text && n > tail && strcmp(where + n - tail, text) == 0;
    sqlite3_free(text);
    if (!ok)
        return false;
    sqlite3_str_append(s, where, (int)(n - tail));
    for (i = 1; i <= CHANGE_LIST; i++) {
        sqlite3_str_appendall(s, i > 1 ? ", " : "IN (");
        quote_arg(d, s, i, t);
    }
    sqlite3_str_appendall(s, ")");
    return true;
}

static char *delete_list(const struct dialect *d, const char *schema, const char *table, const char *where,
                         enum coltype t) {
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

int change_many(const struct dialect *d, const char *schema, const char *table,
                const struct change_column *columns, int n, const char *where,
                const struct type *const *types, int ntypes, struct change_many *out) {
    sqlite3_str *s;
    int i;
    *out = (struct change_many){.sql = NULL};
    if (!d->unnest) {
        if (n == 0 && ntypes == 1 && d->max_args >= CHANGE_LIST)
            *out = (struct change_many){delete_list(d, schema, table, where, types[0]->id), CHANGE_LIST};
        return SQLITE_OK;
    }
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
