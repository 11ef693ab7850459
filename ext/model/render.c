/* Columns and keys as text of our own grammar.  Names are always quoted, so any name survives. */
#include "model/render.h"

static const char *collation_words[] = {"", " COLLATE NOCASE", " COLLATE RTRIM"};

static char *render_column(const struct column *c, struct arena *arena) {
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendf(s, "\"%w\" %s%s%s", c->name, c->type.text, c->not_null ? " NOT NULL" : "",
                        collation_words[c->collation]);
    return arena_take_str(arena, s);
}

static char *render_key(const struct model *m, const struct key *k, struct arena *arena) {
    sqlite3_str *s = sqlite3_str_new(NULL);
    int i;
    sqlite3_str_appendall(s, k->kind == KEY_PRIMARY ? "PRIMARY KEY (" : "UNIQUE (");
    for (i = 0; i < k->ncolumns; i++)
        sqlite3_str_appendf(s, "%s\"%w\"", i ? ", " : "", m->columns[k->columns[i]].name);
    sqlite3_str_appendall(s, ")");
    return arena_take_str(arena, s);
}

int render_columns(const struct model *m, struct arena *arena, const char ***pieces, int *n, struct err *err) {
    const char **list = arena_alloc(arena, (size_t)(m->ncolumns + m->nkeys + 1) * sizeof *list);
    int i;
    *n = 0;
    if (!list)
        return err_nomem(err);
    for (i = 0; i < m->ncolumns; i++)
        list[(*n)++] = render_column(&m->columns[i], arena);
    for (i = 0; i < m->nkeys; i++)
        if (m->keys[i].unique)
            list[(*n)++] = render_key(m, &m->keys[i], arena);
    for (i = 0; i < *n; i++)
        if (!list[i])
            return err_nomem(err);
    *pieces = list;
    return SQLITE_OK;
}
