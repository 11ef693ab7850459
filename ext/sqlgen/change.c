/* Text of changes. */
#include "sqlgen/change.h"

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
    int i;
    sqlite3_str_appendall(s, "UPDATE ");
    quote_table(d, s, schema, table);
    sqlite3_str_appendall(s, " SET ");
    for (i = 0; i < n; i++) {
        if (i)
            sqlite3_str_appendall(s, ", ");
        quote_name(d, s, columns[i].name);
        sqlite3_str_appendall(s, " = ");
        quote_arg(d, s, i + 1, columns[i].type->id);
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
