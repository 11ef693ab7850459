/* Finds the INSERT that is running and reads its column list. */
#include "vtab/statement.h"
#include "session/statement.h"

#include <string.h>

void statement_shape_free(struct insert_shape *s)
{
    if (!s)
        return;
    sqlite3_free(s->sql);
    sqlite3_free(s->given);
    sqlite3_free(s);
}

/* Reads a list "(a, b)" that opens at i into given; false if it names what the model has not. */
static bool read_list(const struct tokens *t, int i, const struct model *m, bool *given,
                      struct arena *arena)
{
    int close = token_close(t, i);
    if (close < 0)
        return false;
    for (i++; i < close; i++) {
        const char *name;
        int column;
        if (token_is_punct(&t->at[i], ','))
            continue;
        if (!token_is_name(&t->at[i]) || !(name = token_value(&t->at[i], arena)))
            return false;
        column = model_column(m, name);
        if (column >= 0)
            given[column] = true; /* else the hidden key: not ours to send */
    }
    return true;
}

/* True when sql is an INSERT into this table whose columns are now in given. */
static bool read_statement(const struct table *t, const char *sql, bool *given, struct arena *arena)
{
    struct statement_target target;
    struct tokens tokens;
    int i, c;
    if (token_read(sql, arena, &tokens) != SQLITE_OK ||
        !statement_target(&tokens, arena, &target) || target.verb != STATEMENT_INSERT ||
        sqlite3_stricmp(target.name, t->declared.name) != 0 ||
        (target.schema && sqlite3_stricmp(target.schema, t->declared.schema) != 0))
        return false;
    i = target.after;
    if (token_is(&tokens.at[i], "AS"))
        i += 2;
    if (token_is_punct(&tokens.at[i], '('))
        return read_list(&tokens, i, t->model, given, arena);
    if (token_is(&tokens.at[i], "DEFAULT"))
        return true;
    for (c = 0; c < t->model->ncolumns; c++)
        given[c] = true;
    return true;
}

int statement_insert_shape(struct table *t, const struct insert_shape **shape, struct err *err)
{
    const char *sql = statement_running(t->binds->db);
    struct insert_shape *s = t->shape;
    struct arena arena;
    if (s && sql && s->sql && strcmp(sql, s->sql) == 0) {
        *shape = s;
        return SQLITE_OK;
    }
    if (!s) {
        s = sqlite3_malloc64(sizeof *s);
        if (!s)
            return err_nomem(err);
        memset(s, 0, sizeof *s);
        t->shape = s;
        s->given = sqlite3_malloc64((sqlite3_uint64)t->model->ncolumns + 1);
        if (!s->given)
            return err_nomem(err);
    }
    sqlite3_free(s->sql);
    s->sql = sql ? sqlite3_mprintf("%s", sql) : NULL;
    memset(s->given, 0, (size_t)t->model->ncolumns);
    arena_init(&arena);
    s->known = sql && read_statement(t, sql, s->given, &arena);
    arena_clear(&arena);
    *shape = s;
    return SQLITE_OK;
}
