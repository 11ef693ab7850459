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

static enum select_limit usual_limit(const struct plan *p)
{
    if ((p->flags & PLAN_OFFSET) != 0)
        return LIMIT_PAGE;
    if ((p->flags & PLAN_SKIP) != 0 && p->offset >= PLAN_SKIP_FROM)
        return LIMIT_PAGE;
    return (p->flags & (PLAN_LIMIT | PLAN_PEEK)) != 0 ? LIMIT_SUM : LIMIT_NONE;
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
        .limit = usual_limit(p),
    };
}

static const struct row_identity *engine_identity(struct writer *w)
{
    struct identity_plan identity;
    if ((w->p->flags & PLAN_KEY) == 0)
        return NULL;
    plan_identity(w->c, &identity);
    return identity.source == IDENTITY_ENGINE ? w->c->dialect->row_identity : NULL;
}

/* The columns of the result, called c0, c1 … if asked. */
static void write_columns(struct writer *w, bool named)
{
    const struct plan_context *c = w->c;
    const struct row_identity *engine = engine_identity(w);
    int n = 0;
    for (int i = 0; i < c->model->ncolumns; i++) {
        if (!plan_fetches(w->p, i))
            continue;
        const struct remote_column *remote = remote_of(c, i);
        sqlite3_str_appendall(w->out, n > 0 ? ", " : "");
        quote_select(c->dialect, w->out, remote->name, remote->type.id);
        if (named)
            sqlite3_str_appendf(w->out, " AS c%d", n);
        n++;
    }
    for (int i = 0; engine != NULL && i < engine->n; i++) {
        sqlite3_str_appendf(w->out, "%s%s", n > 0 ? ", " : "", engine->select[i]);
        if (named)
            sqlite3_str_appendf(w->out, " AS c%d", n);
        n++;
    }
    if (n == 0)
        sqlite3_str_appendall(w->out, named ? "1 AS c0" : "1");
}

static int count_columns(struct writer *w)
{
    const struct row_identity *engine = engine_identity(w);
    int n = engine != NULL ? engine->n : 0;
    for (int i = 0; i < w->c->model->ncolumns; i++)
        n += plan_fetches(w->p, i);
    return n > 0 ? n : 1;
}

static int write_form(struct writer *w, int number, const struct judgement *j, enum op op,
                      int column, int nlist)
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

/* What a range asks of term i as it is written; NULL = it is no range, or the server sorts as SQLite does. */
static const struct judgement *range_of(struct writer *w, const struct select_variant *v, int i,
                                        bool above)
{
    enum op op = written_op(&v->terms[i]);
    bool asked = above ? op == OP_GT || op == OP_GE : op == OP_LT || op == OP_LE;
    if (v->terms[i].outcome != RHS_SEND || !asked)
        return NULL;
    const struct judgement *j = row_for(w, &w->p->terms[i], op);
    return j != NULL && j->beside != NULL ? j : NULL;
}

/* A value between two bounds, or one that is sorted elsewhere.  It follows from the two terms, but an index finds
** few rows by it, and many by each of them. */
static int write_band(struct writer *w, const struct select_variant *v, int above, int below,
                      const char *word)
{
    int column = w->p->terms[above].column;
    struct judgement bound = {.form = "{c} {o} {a}", .arg = CT_N};
    struct judgement beside = {.form = range_of(w, v, above, true)->beside, .arg = CT_N};
    sqlite3_str_appendf(w->out, "%s((", word);
    int rc = write_form(w, above, &bound, v->terms[above].op, column, 0);
    sqlite3_str_appendall(w->out, " AND ");
    if (rc == SQLITE_OK)
        rc = write_form(w, below, &bound, v->terms[below].op, column, 0);
    sqlite3_str_appendall(w->out, ") OR ");
    if (rc == SQLITE_OK)
        rc = write_form(w, above, &beside, OP_ORDER, column, 0);
    sqlite3_str_appendall(w->out, ")");
    return rc;
}

static int write_bands(struct writer *w, const struct select_variant *v, bool *any)
{
    int rc = SQLITE_OK;
    for (int i = 0; i < w->p->nterms && rc == SQLITE_OK; i++) {
        for (int k = 0; k < w->p->nterms && rc == SQLITE_OK; k++) {
            if (w->p->terms[i].column != w->p->terms[k].column || range_of(w, v, i, true) == NULL ||
                range_of(w, v, k, false) == NULL)
                continue;
            rc = write_band(w, v, i, k, *any ? " AND " : " WHERE ");
            *any = true;
        }
    }
    return rc;
}

static int write_where(struct writer *w, const struct select_variant *v, bool *any)
{
    *any = false;
    int rc = write_bands(w, v, any);
    if (rc != SQLITE_OK)
        return rc;
    for (int i = 0; i < w->p->nterms; i++) {
        const struct select_term *s = &v->terms[i];
        enum op op = written_op(s);
        bool is_not = op == OP_ISNOT;
        if (s->outcome == RHS_ALL || s->outcome == RHS_DROP)
            continue;
        const struct judgement *j = row_for(w, &w->p->terms[i], is_not ? OP_NE : op);
        if (j == NULL)
            continue;
        sqlite3_str_appendall(w->out, *any ? " AND " : " WHERE ");
        rc = is_not ? write_is_not(w, i, j)
                    : write_form(w, i, j, op, w->p->terms[i].column, s->nlist);
        if (rc != SQLITE_OK)
            return rc;
        *any = true;
    }
    pairs_write(w->c, &v->pairs, any, w->out);
    return SQLITE_OK;
}

bool select_is_plain(const struct judgement *j)
{
    return strcmp(j->form, "{c}") == 0;
}

/* NULLs are lowest.  No clause for a column that has none: it would cost the index on Postgres. */
static void write_direction(struct writer *w, const struct plan_order *o, bool never_null)
{
    const struct dialect *d = w->c->dialect;
    sqlite3_str_appendall(w->out, o->descending ? " DESC" : "");
    if (!never_null)
        sqlite3_str_appendall(w->out, o->descending ? d->nulls_lowest_desc : d->nulls_lowest_asc);
}

/* The terms of ORDER BY from one on, after `word`. */
static int write_order(struct writer *w, const char *word, int from)
{
    for (int i = from; i < w->p->norder; i++) {
        const struct plan_order *o = &w->p->order[i];
        const struct judgement *j = judge_row(w->c->dialect, o->form);
        const struct remote_column *remote = remote_of(w->c, o->column);
        sqlite3_str_appendall(w->out, i > from ? ", " : word);
        int rc = write_form(w, i, j, OP_ORDER, o->column, 0);
        if (rc != SQLITE_OK)
            return rc;
        write_direction(w, o, remote->not_null && strstr(j->form, "NULLIF") == NULL);
    }
    return SQLITE_OK;
}

/* How the server sorts as SQLite does under that collation; NULL = it cannot. */
static const struct judgement *sorted_form(const struct plan_context *c, int column,
                                           enum collation collation)
{
    int position = remote_column(c->remote, c->model->columns[column].name);
    const struct judgement *j =
        position < 0 ? NULL : judge_find(c->dialect, c->remote, position, OP_ORDER, collation);
    return j != NULL && j->verdict == VERDICT_EXACT ? j : NULL;
}

static int write_key_order(struct writer *w)
{
    const struct identity *key = w->c->identity;
    const struct column *columns = w->c->model->columns;
    int rc = SQLITE_OK;
    for (int i = 0; i < key->ncolumns; i++) {
        if (sorted_form(w->c, key->columns[i], columns[key->columns[i]].collation) == NULL)
            return SQLITE_OK;
    }
    for (int i = 0; i < key->ncolumns && rc == SQLITE_OK; i++) {
        int column = key->columns[i];
        sqlite3_str_appendall(w->out, i > 0 ? ", " : " ORDER BY ");
        rc = write_form(w, i, sorted_form(w->c, column, columns[column].collation), OP_ORDER,
                        column, 0);
    }
    return rc;
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

/* Rows up to the end of limit and offset. */
static int write_sum(struct writer *w)
{
    const struct plan *p = w->p;
    sqlite3_int64 most = (sqlite3_int64)1 << 40, sum = p->limit;
    if (p->offset_argv >= 0)
        sum = p->limit >= 0 && p->offset >= 0 && p->limit <= most && p->offset <= most
                  ? p->limit + p->offset
                  : -1;
    return write_number(w, " LIMIT ", sum, SELECT_VALUE_SUM);
}

static int write_limit(struct writer *w, const struct select_variant *v)
{
    if (v->limit == LIMIT_SUM)
        return write_sum(w);
    int rc = write_number(w, " LIMIT ", w->p->limit, SELECT_VALUE_LIMIT);
    return rc == SQLITE_OK ? write_number(w, " OFFSET ", w->p->offset, SELECT_VALUE_OFFSET) : rc;
}

static void write_from(struct writer *w)
{
    sqlite3_str_appendall(w->out, " FROM ");
    if (w->c->from != NULL)
        sqlite3_str_appendall(w->out, w->c->from);
    else
        quote_table(w->c->dialect, w->out, w->c->model->remote_schema, w->c->remote->name);
}

/* ---- in parts ---------------------------------------------------------------------------------------- */

/* One part: its rows in index order, as many as can be wanted.  Columns are called c0 … and what is sorted by
** o0 …, for the query around it. */
static int write_part(struct writer *w, const struct select_variant *v,
                      const struct order_part *part)
{
    const struct plan_order *first = &w->p->order[0];
    struct judgement condition = {.form = part->condition, .arg = CT_N},
                     order = {.form = part->order, .arg = CT_N};
    int rc = SQLITE_OK;
    sqlite3_str_appendall(w->out, "(SELECT ");
    write_columns(w, true);
    for (int i = 0; i < w->p->norder && rc == SQLITE_OK; i++) {
        sqlite3_str_appendall(w->out, ", ");
        rc = write_form(w, i, judge_row(w->c->dialect, w->p->order[i].form), OP_ORDER,
                        w->p->order[i].column, 0);
        sqlite3_str_appendf(w->out, " AS o%d", i);
    }
    write_from(w);
    bool any = false;
    if (rc == SQLITE_OK)
        rc = write_where(w, v, &any);
    sqlite3_str_appendall(w->out, any ? " AND " : " WHERE ");
    if (rc == SQLITE_OK)
        rc = write_form(w, 0, &condition, OP_ORDER, first->column, 0);
    if (rc == SQLITE_OK && part->order != NULL) {
        sqlite3_str_appendall(w->out, " ORDER BY ");
        rc = write_form(w, 0, &order, OP_ORDER, first->column, 0);
        sqlite3_str_appendall(w->out, first->descending ? " DESC" : "");
    }
    if (rc == SQLITE_OK)
        rc = write_order(w, part->order != NULL ? ", " : " ORDER BY ", 1);
    if (rc == SQLITE_OK)
        rc = write_sum(w);
    sqlite3_str_appendchar(w->out, 1, ')');
    return rc;
}

static int write_parts(struct writer *w, const struct select_variant *v)
{
    const struct order_part *part = judge_row(w->c->dialect, w->p->order[0].form)->parts;
    int rc = SQLITE_OK;
    int n = count_columns(w);
    sqlite3_str_appendall(w->out, "SELECT ");
    for (int i = 0; i < n; i++)
        sqlite3_str_appendf(w->out, "%sc%d", i > 0 ? ", " : "", i);
    sqlite3_str_appendall(w->out, " FROM (");
    for (bool first = true; part->condition != NULL && rc == SQLITE_OK; part++, first = false) {
        sqlite3_str_appendall(w->out, first ? "" : " UNION ALL ");
        rc = write_part(w, v, part);
    }
    sqlite3_str_appendall(w->out, ") AS parts ORDER BY ");
    for (int i = 0; i < w->p->norder; i++) {
        sqlite3_str_appendf(w->out, "%so%d", i > 0 ? ", " : "", i);
        write_direction(w, &w->p->order[i], false);
    }
    return rc == SQLITE_OK ? write_limit(w, v) : rc;
}

/* ---- extremes ---------------------------------------------------------------------------------------- */

/* The first or last row of a part. */
static int write_end(struct writer *w, const struct select_variant *v, int column, bool descending,
                     const struct order_part *part, int number)
{
    struct judgement condition = {.form = part->condition, .arg = CT_N},
                     order = {.form = part->order, .arg = CT_N};
    int n = count_columns(w);
    bool any = false;
    sqlite3_str_appendall(w->out, number > 0 ? " UNION ALL SELECT " : "SELECT ");
    for (int i = 0; i < n; i++)
        sqlite3_str_appendf(w->out, "%sc%d", i > 0 ? ", " : "", i);
    sqlite3_str_appendall(w->out, " FROM (SELECT ");
    write_columns(w, true);
    write_from(w);
    int rc = write_where(w, v, &any);
    sqlite3_str_appendall(w->out, any ? " AND " : " WHERE ");
    if (rc == SQLITE_OK)
        rc = write_form(w, 0, &condition, OP_ORDER, column, 0);
    sqlite3_str_appendall(w->out, " ORDER BY ");
    if (rc == SQLITE_OK)
        rc = write_form(w, 0, &order, OP_ORDER, column, 0);
    sqlite3_str_appendf(w->out, "%s LIMIT 1) AS e%d", descending ? " DESC" : "", number);
    return rc;
}

static int write_ends(struct writer *w, const struct select_variant *v, int column, bool descending,
                      int *number)
{
    const struct judgement *j = sorted_form(w->c, column, COLLATION_BINARY);
    char *there = sqlite3_mprintf("%s IS NOT NULL", j->form);
    struct order_part all[] = {{there, j->form}, {NULL, NULL}};
    const struct order_part *part = j->parts != NULL ? j->parts : all;
    int rc = there != NULL ? SQLITE_OK : SQLITE_NOMEM;
    for (; rc == SQLITE_OK && part->condition != NULL; part++) {
        if (part->order != NULL)
            rc = write_end(w, v, column, descending, part, (*number)++);
    }
    sqlite3_free(there);
    return rc;
}

/* Any rows will do, as long as those are among them: there is no order, and a row may come twice. */
static int write_extremes(struct writer *w, const struct select_variant *v)
{
    int rc = SQLITE_OK, number = 0;
    for (int i = 0; rc == SQLITE_OK && i < w->c->model->ncolumns && i < PLAN_COLUMN_BITS; i++) {
        if ((v->extremes.lowest >> i & 1) != 0)
            rc = write_ends(w, v, i, false, &number);
        if (rc == SQLITE_OK && (v->extremes.highest >> i & 1) != 0)
            rc = write_ends(w, v, i, true, &number);
    }
    return rc;
}

static int write_whole(struct writer *w, const struct select_variant *v)
{
    bool any;
    sqlite3_str_appendall(w->out, "SELECT ");
    if (v->what == SELECT_COUNT) {
        sqlite3_str_appendall(w->out, "count(*)");
    } else {
        write_columns(w, false);
    }
    write_from(w);
    int rc = write_where(w, v, &any);
    if (rc == SQLITE_OK && v->what == SELECT_ROWS)
        rc = v->key_order ? write_key_order(w) : write_order(w, " ORDER BY ", 0);
    if (rc == SQLITE_OK && v->limit != LIMIT_NONE)
        rc = write_limit(w, v);
    if (v->for_update)
        sqlite3_str_appendall(w->out, w->c->dialect->for_update);
    return rc;
}

static bool in_parts(const struct plan *p, const struct select_variant *v)
{
    return (p->flags & PLAN_PARTS) != 0 && v->limit != LIMIT_NONE && !v->for_update &&
           v->what == SELECT_ROWS;
}

int select_write(const struct plan_context *c, const struct plan *p, const struct select_variant *v,
                 struct places *places, sqlite3_str *out, struct err *err)
{
    struct writer w = {c, p, places, out};
    int rc = v->what == SELECT_EXTREMES ? write_extremes(&w, v)
             : in_parts(p, v)           ? write_parts(&w, v)
                                        : write_whole(&w, v);
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
    int rc = SQLITE_OK;
    bool any;
    if (in_parts(p, v)) {
        const struct order_part *part = judge_row(d, p->order[0].form)->parts;
        for (; part->condition != NULL && rc == SQLITE_OK; part++) {
            rc = write_where(&w, v, &any);
            if (rc == SQLITE_OK)
                rc = write_sum(&w);
        }
    } else {
        rc = write_where(&w, v, &any);
    }
    if (rc == SQLITE_OK && v->limit != LIMIT_NONE)
        rc = write_limit(&w, v);
    if (rc == SQLITE_OK)
        rc = sqlite3_str_errcode(out);
    sqlite3_free(sqlite3_str_finish(out));
    return rc;
}
