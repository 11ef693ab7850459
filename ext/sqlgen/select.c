/* Writing SELECT.  Names are the server's own spelling of the model's columns. */
#include "sqlgen/select.h"

#include <string.h>

struct writer {
    const struct plan_context *c;
    const struct plan *p;
    struct places *places;
    sqlite3_str *out;
};

static const struct remote_column *remote_of(const struct plan_context *c, int column)
{
    int position = remote_column(c->remote, c->model->columns[column].name);
    return position >= 0 ? &c->remote->columns[position] : NULL;
}

void select_usual(const struct plan_context *c, const struct plan *p, struct select_term *terms,
                  struct select_variant *out)
{
    for (int i = 0; i < p->nterms; i++) {
        const struct plan_term *t = &p->terms[i];
        bool array = c->dialect->array_form[t->rule.arg] != NULL;
        terms[i] = (struct select_term){
            .outcome = RHS_SEND, .op = t->op == OP_IS ? OP_EQ : t->op, .nlist = array ? 0 : 1};
    }
    *out = (struct select_variant){
        .what = (p->flags & PLAN_COUNT) != 0 ? SELECT_COUNT : SELECT_ROWS,
        .terms = terms,
        .limited = (p->flags & PLAN_LIMIT) != 0,
    };
}

static void write_columns(struct writer *w)
{
    const struct plan_context *c = w->c;
    struct identity_plan identity;
    int n = 0;
    for (int i = 0; i < c->model->ncolumns; i++) {
        if (!plan_fetches(w->p, i))
            continue;
        const struct remote_column *remote = remote_of(c, i);
        sqlite3_str_appendall(w->out, n++ > 0 ? ", " : "");
        quote_select(c->dialect, w->out, remote->name, remote->type.id);
    }
    plan_identity(c, &identity);
    if ((w->p->flags & PLAN_KEY) != 0 && identity.source == IDENTITY_ENGINE) {
        for (int i = 0; i < c->dialect->row_identity->n; i++)
            sqlite3_str_appendf(w->out, "%s%s", n++ > 0 ? ", " : "", c->dialect->row_identity->select[i]);
    }
    if (n == 0)
        sqlite3_str_appendchar(w->out, 1, '1');
}

static int write_form(struct writer *w, int number, const struct judgement *j, enum op op, int column,
                      int nlist)
{
    /* Without a catalog (select_places) only the type of the arguments matters. */
    struct remote_column nobody = {.name = "", .type = {.text = ""}};
    const struct remote_column *remote = w->c->remote != NULL ? remote_of(w->c, column) : &nobody;
    if (w->c->remote == NULL)
        nobody.type.id = w->p->terms[number].rule.arg;
    return judge_write(w->c->dialect, j, op, remote, number, nlist, w->places, w->out);
}

/* NULL: cannot be spelt, the rows are a superset. */
static const struct judgement *row_for(struct writer *w, const struct plan_term *t, enum op op)
{
    enum op planned = t->op == OP_IS ? OP_EQ : t->op == OP_ISNOT ? OP_NE : t->op;
    if (op == planned)
        return judge_row(w->c->dialect, t->form);
    if (w->c->remote == NULL)
        return NULL;
    int position = remote_column(w->c->remote, w->c->model->columns[t->column].name);
    return judge_find(w->c->dialect, w->c->remote, position, op, t->collation);
}

/* The operator that is written for a term. */
static enum op written_op(const struct select_term *s)
{
    if (s->outcome == RHS_NOT_NULL)
        return OP_NOTNULL;
    if (s->outcome == RHS_IS_NULL)
        return OP_ISNULL;
    return s->op;
}

/* IS NOT with a value: other than it, or NULL. */
static int write_is_not(struct writer *w, int i, const struct judgement *j)
{
    const struct plan_term *t = &w->p->terms[i];
    const struct judgement *null = row_for(w, t, OP_ISNULL);
    sqlite3_str_appendchar(w->out, 1, '(');
    int rc = write_form(w, i, j, OP_NE, t->column, 0);
    if (rc == SQLITE_OK && null != NULL) {
        sqlite3_str_appendall(w->out, " OR ");
        rc = write_form(w, i, null, OP_ISNULL, t->column, 0);
    }
    sqlite3_str_appendchar(w->out, 1, ')');
    return rc;
}

static int write_where(struct writer *w, const struct select_variant *v)
{
    bool any = false;
    for (int i = 0; i < w->p->nterms; i++) {
        const struct select_term *s = &v->terms[i];
        enum op op = written_op(s);
        bool is_not = op == OP_ISNOT;
        if (s->outcome == RHS_ALL || s->outcome == RHS_DROP)
            continue;
        const struct judgement *j = row_for(w, &w->p->terms[i], is_not ? OP_NE : op);
        if (j == NULL)
            continue;
        sqlite3_str_appendall(w->out, any ? " AND " : " WHERE ");
        int rc = is_not ? write_is_not(w, i, j)
                        : write_form(w, i, j, op, w->p->terms[i].column, s->nlist);
        if (rc != SQLITE_OK)
            return rc;
        any = true;
    }
    return SQLITE_OK;
}

/* NULLs are lowest.  No clause for a column that has none: it would cost the index on Postgres. */
static int write_order(struct writer *w)
{
    const struct dialect *d = w->c->dialect;
    for (int i = 0; i < w->p->norder; i++) {
        const struct plan_order *o = &w->p->order[i];
        const struct judgement *j = judge_row(d, o->form);
        const struct remote_column *remote = remote_of(w->c, o->column);
        sqlite3_str_appendall(w->out, i > 0 ? ", " : " ORDER BY ");
        int rc = write_form(w, i, j, OP_ORDER, o->column, 0);
        if (rc != SQLITE_OK)
            return rc;
        bool never_null = remote->not_null && strstr(j->form, "NULLIF") == NULL;
        sqlite3_str_appendall(w->out, o->descending ? " DESC" : "");
        if (!never_null)
            sqlite3_str_appendall(w->out, o->descending ? d->nulls_lowest_desc : d->nulls_lowest_asc);
    }
    return SQLITE_OK;
}

static int write_number(struct writer *w, const char *word, sqlite3_int64 literal, int value)
{
    struct place place = {value, -1, CT_INT8};
    sqlite3_str_appendall(w->out, word);
    if (literal < 0)
        return place_write(w->c->dialect, place, w->places, w->out);
    sqlite3_str_appendf(w->out, "%lld", literal);
    return SQLITE_OK;
}

/* Without PLAN_OFFSET the offset's rows travel, and SQLite leaves them out. */
static int write_limit(struct writer *w)
{
    const struct plan *p = w->p;
    bool offset = (p->flags & PLAN_OFFSET) != 0;
    sqlite3_int64 rows = p->limit;
    if (!offset && p->offset_argv >= 0)
        rows = p->limit >= 0 && p->offset >= 0 && p->limit <= (sqlite3_int64)1 << 40 &&
                       p->offset <= (sqlite3_int64)1 << 40
                   ? p->limit + p->offset
                   : -1;
    int rc = write_number(w, " LIMIT ", rows, SELECT_VALUE_LIMIT);
    if (rc == SQLITE_OK && offset)
        rc = write_number(w, " OFFSET ", p->offset, SELECT_VALUE_OFFSET);
    return rc;
}

int select_write(const struct plan_context *c, const struct plan *p, const struct select_variant *v,
                 struct places *places, sqlite3_str *out, struct err *err)
{
    struct writer w = {c, p, places, out};
    int rc;
    sqlite3_str_appendall(out, "SELECT ");
    if (v->what == SELECT_COUNT) {
        sqlite3_str_appendall(out, "count(*)");
    } else {
        sqlite3_str_appendall(out, (p->flags & PLAN_DISTINCT) != 0 ? "DISTINCT " : "");
        write_columns(&w);
    }
    sqlite3_str_appendall(out, " FROM ");
    if (c->from != NULL)
        sqlite3_str_appendall(out, c->from);
    else
        quote_table(c->dialect, out, c->model->remote_schema, c->remote->name);
    rc = write_where(&w, v);
    if (rc == SQLITE_OK && v->what == SELECT_ROWS)
        rc = write_order(&w);
    if (rc == SQLITE_OK && v->limited)
        rc = write_limit(&w);
    if (v->for_update)
        sqlite3_str_appendall(out, c->dialect->for_update);
    if (rc == SQLITE_OK)
        rc = sqlite3_str_errcode(out);
    if (rc == SQLITE_TOOBIG)
        return err_set(err, rc, "too many values for one statement");
    return rc == SQLITE_OK ? SQLITE_OK : err_nomem(err);
}

int select_places(const struct dialect *d, const struct plan *p, const struct select_variant *v,
                  struct places *places)
{
    struct plan_context nothing = {.dialect = d};
    sqlite3_str *out = sqlite3_str_new(NULL);
    struct writer w = {&nothing, p, places, out};
    int rc = write_where(&w, v);
    if (rc == SQLITE_OK && v->limited)
        rc = write_limit(&w);
    if (rc == SQLITE_OK)
        rc = sqlite3_str_errcode(out);
    sqlite3_free(sqlite3_str_finish(out));
    return rc;
}
