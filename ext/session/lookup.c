/* The existence query of one name, put together to one statement for all of them: for each row of a list of names where
** the server can, or itself a join with such a list, else by UNION ALL.  Each row of the answer says which name it is
** of. */
#include "session/lookup.h"
#include "base/sqltext.h"
#include "session/catalog.h"

#include <string.h>

#define NAMES_PER_STATEMENT 100 /* SQLite takes 500 branches, servers slow down long before */
#define ARGS_PER_NAME_MAX 8

enum lookup_column { LOOKUP_ORDINAL, LOOKUP_KIND, LOOKUP_WHAT, LOOKUP_EXACT };

static const char what[] = "reading which tables exist";

static enum found_kind kind_of(const char *text)
{
    if (text != NULL && strcmp(text, "table") == 0)
        return FOUND_TABLE;
    return text != NULL && strcmp(text, "view") == 0 ? FOUND_VIEW : FOUND_OTHER;
}

static int read_answer(struct catalog *c, const struct lookup_name *names, int n,
                       struct arena *arena, struct found *found, struct err *err)
{
    double ordinal;
    const char *exact = NULL;
    struct found f = {.kind = FOUND_NOTHING};
    int rc = catalog_number(c, LOOKUP_ORDINAL, &ordinal, err);
    if (rc == SQLITE_OK)
        rc = catalog_text(c, LOOKUP_KIND, arena, &f.text, err);
    if (rc == SQLITE_OK)
        rc = catalog_text(c, LOOKUP_WHAT, arena, &f.detail, err);
    if (rc == SQLITE_OK)
        rc = catalog_text(c, LOOKUP_EXACT, arena, &exact, err);
    f.kind = kind_of(f.text);
    if (rc == SQLITE_OK && ordinal >= 0 && ordinal < n &&
        (exact == NULL || strcmp(exact, names[(int)ordinal].name) == 0))
        found[(int)ordinal] = f;
    return rc;
}

/* Each name has as many arguments, in turn a schema and a name. */
static void write_list(sqlite3_str *s, const struct dialect *d, const char *text, int n, int *nargs)
{
    sqlite3_str *query = sqlite3_str_new(NULL);
    int each = catalog_append_lateral(query, d, text, "n");
    char *sql = sqlite3_str_finish(query);
    *nargs = 0;
    sqlite3_str_appendall(s, "SELECT n.i, e.* FROM (VALUES ");
    for (int i = 0; i < n; i++) {
        sqlite3_str_appendf(s, "%s(%d", i > 0 ? ", " : "", i);
        for (int k = 0; k < each; k++)
            sqlite3_str_appendf(s, ", $%d::text", ++*nargs);
        sqlite3_str_appendall(s, ")");
    }
    sqlite3_str_appendall(s, ") AS n(i");
    for (int k = 1; k <= each; k++)
        sqlite3_str_appendf(s, ", a%d", k);
    sqlite3_str_appendf(s, ") CROSS JOIN LATERAL (%s) AS e", sql ? sql : "");
    sqlite3_free(sql);
}

static void write_union(sqlite3_str *s, const struct dialect *d, const char *text, int n,
                        int *nargs)
{
    *nargs = 0;
    for (int i = 0; i < n; i++) {
        sqlite3_str_appendf(s, "%sSELECT %d, e.* FROM (", i > 0 ? " UNION ALL " : "", i);
        *nargs += catalog_append_query(s, d, text, *nargs);
        sqlite3_str_appendall(s, ") e");
    }
}

static void write_joined(sqlite3_str *s, const char *text, int n, int *nargs)
{
    sqlite3_str_appendall(s, "WITH n(i, schema, name) AS (VALUES ");
    for (int i = 0; i < n; i++)
        sqlite3_str_appendf(s, "%s(%d, ?, ?)", i > 0 ? ", " : "", i);
    sqlite3_str_appendf(s, ") %s", text);
    *nargs = 2 * n;
}

static int look(struct bind *b, const char *query, const struct lookup_name *names, int n,
                struct arena *arena, struct found *found, struct err *err)
{
    const char *values[NAMES_PER_STATEMENT * ARGS_PER_NAME_MAX];
    const struct dialect *d = b->conn->dialect;
    const char *text = sqltext(b->engine->name, query);
    struct catalog c;
    int nargs = 0;
    sqlite3_str *s = sqlite3_str_new(NULL);
    if (d->joins_names)
        write_joined(s, text, n, &nargs);
    else
        (d->lateral ? write_list : write_union)(s, d, text, n, &nargs);
    char *sql = sqlite3_str_finish(s);
    if (sql == NULL)
        return err_nomem(err);
    nargs = nargs < n * ARGS_PER_NAME_MAX ? nargs : n * ARGS_PER_NAME_MAX;
    for (int k = 0; k < nargs; k++) {
        const struct lookup_name *name = &names[k / (nargs / n)];
        values[k] = k % (nargs / n) % 2 == 0 ? catalog_schema(b, name->schema) : name->name;
    }
    int rc = catalog_send(&c, b, what, sql, values, nargs, err);
    sqlite3_free(sql);
    if (rc != SQLITE_OK)
        return rc;
    while ((rc = catalog_next(&c, err)) == SQLITE_ROW) {
        rc = read_answer(&c, names, n, arena, found, err);
        if (rc != SQLITE_OK)
            break;
    }
    catalog_close(&c);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int lookup_names(struct bind *b, const char *query, const struct lookup_name *names, int n,
                 struct arena *arena, struct found *found, struct err *err)
{
    struct conn *conn;
    int rc = bind_connect(b, &conn, err);
    for (int i = 0; i < n; i++)
        found[i] = (struct found){.kind = FOUND_NOTHING};
    for (int i = 0; rc == SQLITE_OK && i < n; i += NAMES_PER_STATEMENT) {
        int some = n - i < NAMES_PER_STATEMENT ? n - i : NAMES_PER_STATEMENT;
        rc = look(b, query, names + i, some, arena, found + i, err);
    }
    return rc;
}
