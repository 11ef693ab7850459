/* Finds the INSERT that is running and reads its column list. */
#include "vtab/statement.h"
#include "session/statement.h"

#include <string.h>

void statement_shape_free(struct insert_shape *s)
{
    if (!s)
        return;
    sqlite3_free(s->sql);
    sqlite3_free(s->columns);
    sqlite3_free(s);
}

/* One that is read in the making. */
struct reading {
    struct table *t;
    struct insert_shape *shape;
    struct arena arena;
    int inserts;
    bool failed; /* one could not be read */
};

/* The model's column that the name token at i means, or NULL (the hidden key is not ours to send). */
static struct insert_column *column_at(struct reading *r, const struct tokens *t, int i)
{
    const char *name = token_is_name(&t->at[i]) ? token_value(&t->at[i], &r->arena) : NULL;
    int column = name ? model_column(r->t->model, name) : -1;
    return column < 0 ? NULL : &r->shape->columns[column];
}

/* Marks the columns in (a, b), which opens at i, and those that are not in it.  The position after it. */
static int read_list(struct reading *r, const struct tokens *t, int i)
{
    int c, end = token_close(t, i), n = r->t->model->ncolumns;
    bool *named = arena_alloc(&r->arena, (size_t)n + 1);
    if (end < 0 || !named) {
        r->failed = true;
        return t->n;
    }
    memset(named, 0, (size_t)n);
    for (i++; i < end; i++) {
        struct insert_column *column = column_at(r, t, i);
        if (column)
            named[column - r->shape->columns] = true;
    }
    for (c = 0; c < n; c++) {
        r->shape->columns[c].given = r->shape->columns[c].given || named[c];
        r->shape->columns[c].left = r->shape->columns[c].left || !named[c];
    }
    return end + 1;
}

/* RETURNING a, b + 1, *: any name in it counts. */
static void read_returning(struct reading *r, const struct tokens *t, int i)
{
    int c;
    for (; i < t->n && !token_is(&t->at[i], "RETURNING"); i++) {
        int close = token_is_punct(&t->at[i], '(') ? token_close(t, i) : i;
        i = close < 0 ? t->n - 1 : close;
    }
    r->shape->returning = r->shape->returning || i < t->n;
    for (i++; i < t->n; i++) {
        struct insert_column *column = column_at(r, t, i);
        bool all = token_is_punct(&t->at[i], '*') &&
                   (token_is(&t->at[i - 1], "RETURNING") || token_is_punct(&t->at[i - 1], ','));
        if (column)
            column->returned = true;
        for (c = 0; all && c < r->t->model->ncolumns; c++)
            r->shape->columns[c].returned = true;
    }
}

static void read_statement(void *context, const struct tokens *t,
                           const struct statement_target *target)
{
    struct reading *r = context;
    int c, i = target->after;
    if (target->verb != STATEMENT_INSERT || !statement_names(target, &r->t->declared))
        return;
    r->inserts++;
    if (token_is(&t->at[i], "AS"))
        i += 2;
    if (token_is_punct(&t->at[i], '(')) {
        i = read_list(r, t, i);
    } else {
        bool none = token_is(&t->at[i], "DEFAULT");
        for (c = 0; c < r->t->model->ncolumns; c++) {
            r->shape->columns[c].given = r->shape->columns[c].given || !none;
            r->shape->columns[c].left = r->shape->columns[c].left || none;
        }
    }
    read_returning(r, t, i);
}

static int shape_new(struct table *t, struct err *err)
{
    struct insert_shape *s = sqlite3_malloc64(sizeof *s);
    if (!s)
        return err_nomem(err);
    memset(s, 0, sizeof *s);
    t->shape = s;
    s->columns = sqlite3_malloc64(((sqlite3_uint64)t->model->ncolumns + 1) * sizeof *s->columns);
    return s->columns ? SQLITE_OK : err_nomem(err);
}

int statement_insert_shape(struct table *t, const struct insert_shape **shape, struct err *err)
{
    const char *sql = statement_running(t->binds->db);
    struct reading r = {.t = t};
    int rc = SQLITE_OK;
    if (t->shape && sql && t->shape->sql && strcmp(sql, t->shape->sql) == 0) {
        *shape = t->shape;
        return SQLITE_OK;
    }
    if (!t->shape || !t->shape->columns)
        rc = t->shape ? err_nomem(err) : shape_new(t, err);
    if (rc != SQLITE_OK)
        return rc;
    *shape = r.shape = t->shape;
    memset(r.shape->columns, 0, (size_t)t->model->ncolumns * sizeof *r.shape->columns);
    arena_init(&r.arena);
    r.shape->returning = false;
    r.shape->known = statement_each(t->binds, t->declared.schema, read_statement, &r) &&
                     r.inserts > 0 && !r.failed;
    arena_clear(&r.arena);
    sqlite3_free(r.shape->sql);
    r.shape->sql = sql && statement_is_ours(t->binds) ? sqlite3_mprintf("%s", sql) : NULL;
    return SQLITE_OK;
}
