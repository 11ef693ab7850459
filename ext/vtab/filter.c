/* xFilter: plan and values → statement.
**
** The usual case costs no allocation: the plan is known from the last run, every value is of its column's
** kind, and the text is the one in idxStr.  Otherwise a variant of the text is written (and kept for the next
** row of an outer loop, which mostly wants the same). */
#include "session/early.h"
#include "session/reflect.h"
#include "session/statement.h"
#include "vtab/cursor.h"
#include "vtab/hints.h"
#include "vtab/inner.h"
#include "vtab/narrow.h"
#include "vtab/recheck.h"
#include "vtab/repeat.h"
#include "vtab/variant.h"

#include <limits.h>
#include <string.h>

#define LONG_ROWS 5000 /* from here on the bulk protocol pays */
#define SHORT_ROWS 100 /* up to here a page is read at once */
#define PAGE_MAX 10000 /* a first page beyond this is not worth remembering */

#ifdef BINDS_MANY_AT_ONCE /* for tests */
#define MANY_ROWS (-1)
#else
#define MANY_ROWS 1000 /* from here on it pays to read several in advance */
#endif

/* ---- the plan ---------------------------------------------------------------------------------------- */

/* What depends on the plan alone. */
static int decode(struct cursor *c, const char *idx_str, const struct dialect *d, struct err *err)
{
    struct select_term terms[PLAN_TERMS_MAX];
    struct place room[CURSOR_PLACES];
    struct places places = {.first = 1, .limit = CURSOR_PLACES, .place = room};
    struct select_variant usual;
    struct plan_context context = {.dialect = d};
    size_t sql_len, len = strlen(idx_str);
    repeat_decoded(c, idx_str, d);
    if (c->idx_str != NULL && c->idx_len == len && memcmp(c->idx_str, idx_str, len) == 0 &&
        strcmp(c->dialect, d->name) == 0)
        return SQLITE_OK;
    sqlite3_free(c->idx_str);
    c->idx_str = NULL;
    c->probe = NULL;
    c->narrow = 0;
    int rc = plan_decode(idx_str, d->name, &c->plan, &sql_len, err);
    if (rc == SQLITE_OK)
        rc = cursor_positions(c, err);
    if (rc != SQLITE_OK)
        return rc;
    select_usual(&context, &c->plan, terms, &usual);
    rc = select_places(d, &c->plan, &usual, &places);
    if (rc == SQLITE_OK)
        rc = variant_take(c, &c->usual, &usual, sqlite3_mprintf("%.*s", (int)sql_len, idx_str),
                          &places);
    sqlite3_free(c->other.sql);
    c->other.sql = NULL;
    size_t n = (size_t)c->plan.nterms + 1;
    sqlite3_free(c->rhs);
    c->rhs = sqlite3_malloc64(
        n * (sizeof *c->rhs + sizeof *c->fitted + sizeof(void *) + sizeof *c->nlists));
    if (rc != SQLITE_OK || c->rhs == NULL)
        return err_nomem(err);
    c->fitted = (struct cursor_value *)(void *)(c->rhs + n);
    memset(c->fitted, 0, n * sizeof *c->fitted);
    c->lists = (struct cell **)(void *)(c->fitted + n);
    c->nlists = (int *)(void *)(c->lists + n);
    c->idx_str = sqlite3_mprintf("%s", idx_str);
    if (c->idx_str == NULL)
        return err_nomem(err);
    c->idx_len = len;
    sqlite3_snprintf(sizeof c->dialect, c->dialect, "%s", d->name);
    return SQLITE_OK;
}

/* ---- values ------------------------------------------------------------------------------------------ */

/* Elements that a list is padded to, so that few texts serve all lengths. */
static int padded(int n)
{
    int size = 1;
    while (size < n)
        size *= 2;
    return size;
}

/* All values of an IN: those that some row can have. */
static int fit_list(struct cursor *c, int i, sqlite3_value *list, const struct dialect *d,
                    struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    struct cell *cells = NULL;
    int n = 0, room = 0;
    sqlite3_value *v = NULL;
    struct rhs *rhs = &c->rhs[i];
    rhs->outcome = RHS_SEND;
    rhs->op = OP_IN;
    rhs->exact = true;
    int rc = sqlite3_vtab_in_first(list, &v);
    for (; rc == SQLITE_OK && v != NULL; rc = sqlite3_vtab_in_next(list, &v)) {
        struct cell value = cell_from_value(v);
        struct rhs one;
        if (rhs_fit(&t->rule, OP_EQ, &value, v, &one) != SQLITE_OK)
            return err_nomem(err);
        if (one.outcome == RHS_NONE)
            continue;
        if (one.outcome != RHS_SEND || one.op != OP_EQ || !one.exact) {
            rhs->outcome = RHS_DROP;
            rhs->exact = false;
            return SQLITE_OK;
        }
        if (n == room) {
            struct cell *more =
                arena_alloc(&c->values, (size_t)(room = room > 0 ? room * 2 : 16) * sizeof *more);
            if (more == NULL)
                return err_nomem(err);
            if (n > 0)
                memcpy(more, cells, (size_t)n * sizeof *more);
            cells = more;
        }
        if (cell_copy(&one.value, &c->values, &cells[n++]) != SQLITE_OK)
            return err_nomem(err);
    }
    if (rc != SQLITE_DONE && rc != SQLITE_OK)
        return err_set(err, rc, "reading the values of IN");
    c->lists[i] = cells;
    c->nlists[i] = n;
    if (n == 0)
        rhs->outcome = RHS_NONE;
    bool array = d->array_form[t->rule.arg] != NULL;
    c->terms[i].nlist = array ? 0 : padded(n);
    if (!array && padded(n) > d->max_args / 2) {
        rhs->outcome = RHS_DROP;
        rhs->exact = false;
    }
    return SQLITE_OK;
}

/* SQLite reads a pattern up to its first NUL, servers read on. */
static void fit_pattern(const struct plan_term *t, const struct cell *v, struct rhs *out)
{
    bool plain = v->cls == CELL_TEXT && rhs_valid_text(v->p, v->n) &&
                 (v->n == 0 || memchr(v->p, 0, v->n) == NULL);
    out->op = t->op;
    out->value = *v;
    out->exact = false;
    out->outcome = v->cls == CELL_NULL ? RHS_NONE : plain ? RHS_SEND : RHS_DROP;
}

static bool same_value(const struct cursor_value *f, const struct cell *v, bool bound)
{
    if (!f->known || f->bound != bound || f->value.cls != v->cls)
        return false;
    switch (v->cls) {
    case CELL_INT:
        return f->value.i == v->i;
    case CELL_REAL:
        return f->value.r == v->r; /* also -0.0: no server tells it from 0.0 */
    case CELL_TEXT:
        return f->value.n == v->n && memcmp(f->text, v->p, v->n) == 0;
    default:
        return v->cls == CELL_NULL;
    }
}

/* A range of texts, as it was sent: is there more to it if its end has numeric affinity? */
static bool ends_among_texts(const struct plan_term *t, const struct rhs *rhs)
{
    return (t->rule.domain == DOMAIN_TEXT || t->rule.domain == DOMAIN_ANY_TEXT) && !t->literal &&
           (t->op == OP_LT || t->op == OP_LE || t->op == OP_GT || t->op == OP_GE) &&
           rhs->outcome == RHS_SEND && rhs->value.cls == CELL_TEXT &&
           (rhs->value.n == 0 || (unsigned char)rhs->value.p[0] < ':');
}

static int fit_value(struct cursor *c, int i, sqlite3_value *v, struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    struct cursor_value *f = &c->fitted[i];
    struct rhs *rhs = &c->rhs[i];
    bool number = sqlite3_value_type(v) == SQLITE_INTEGER;
    if (number && f->known && f->value.cls == CELL_INT && t->rule.domain == DOMAIN_ANY_NUMERIC) {
        /* It goes as it is, like the one before it. */
        sqlite3_int64 n = sqlite3_value_int64(v);
        c->changed |= (sqlite3_uint64)(n != f->value.i) << i;
        f->value.i = rhs->value.i = n;
        return SQLITE_OK;
    }
    struct cell value = number ? cell_int(sqlite3_value_int64(v)) : cell_from_value(v);
    bool bound = sqlite3_value_frombind(v) != 0;
    if (same_value(f, &value, bound))
        return SQLITE_OK;
    c->changed |= 1ull << i;
    f->known = false;
    if (rhs_fit(&t->rule, t->op, &value, v, rhs) != SQLITE_OK)
        return err_nomem(err);
    if (bound && value.cls == CELL_TEXT && ends_among_texts(t, rhs))
        return recheck_range(c, i, err);
    if (value.cls == CELL_BLOB || (value.cls == CELL_TEXT && value.n >= sizeof f->text))
        return SQLITE_OK;
    if (value.cls == CELL_TEXT) {
        memcpy(f->text, value.p, value.n);
        f->text[value.n] = '\0';
        if (rhs->outcome == RHS_SEND && rhs->value.cls == CELL_TEXT && rhs->value.p == value.p)
            rhs->value.p = f->text;
    }
    f->value = value;
    if (value.cls == CELL_TEXT)
        f->value.p = f->text;
    f->bound = bound;
    f->known = true;
    return SQLITE_OK;
}

static int fit_term(struct cursor *c, int i, sqlite3_value *v, const struct dialect *d,
                    struct err *err)
{
    const struct plan_term *t = &c->plan.terms[i];
    struct cell value;
    c->terms[i].nlist = 0;
    if (recheck_alone(c, t)) {
        c->rhs[i].outcome = RHS_DROP;
        c->rhs[i].exact = c->fitted[i].known = false;
        return SQLITE_OK;
    }
    switch (t->op) {
    case OP_ISNULL:
    case OP_NOTNULL:
        c->rhs[i].outcome = RHS_SEND;
        c->rhs[i].op = t->op;
        c->rhs[i].exact = true;
        return SQLITE_OK;
    case OP_IN:
        c->changed |= 1ull << i;
        return fit_list(c, i, v, d, err);
    case OP_LIKE:
    case OP_GLOB:
        c->changed |= 1ull << i;
        value = cell_from_value(v);
        fit_pattern(t, &value, &c->rhs[i]);
        return SQLITE_OK;
    default:
        return fit_value(c, i, v, err);
    }
}

/* *none: no row can match. */
static int fit_values(struct cursor *c, int argc, sqlite3_value **argv, const struct dialect *d,
                      bool *none, struct err *err)
{
    *none = false;
    c->exact = true;
    c->argc = argc;
    c->argv = argv;
    c->as_number = c->unsure = c->changed = 0;
    c->rechecked_row = -1;
    for (int i = 0; i < c->plan.nterms; i++) {
        const struct plan_term *t = &c->plan.terms[i];
        if (t->argv < 0 || t->argv >= argc)
            return err_set(err, SQLITE_CORRUPT, "this is no plan of a bind table");
        int rc = fit_term(c, i, argv[t->argv], d, err);
        if (rc != SQLITE_OK)
            return rc;
        const struct rhs *rhs = &c->rhs[i];
        if (rhs->outcome == RHS_NONE)
            *none = true;
        if (rhs->outcome == RHS_DROP)
            rc = recheck_note(c, i, argv[t->argv], none, err);
        if (rc != SQLITE_OK)
            return rc;
        c->terms[i].outcome = rhs->outcome;
        c->terms[i].op = rhs->outcome == RHS_SEND ? rhs->op : OP_EQ;
        if (rhs->outcome != RHS_SEND)
            c->terms[i].nlist = 0;
        c->exact = c->exact && t->exact && rhs->exact;
    }
    return SQLITE_OK;
}

/* A LIMIT or OFFSET: -1 = none. */
static sqlite3_int64 number_at(int position, int argc, sqlite3_value **argv)
{
    if (position < 0 || position >= argc || sqlite3_value_type(argv[position]) != SQLITE_INTEGER)
        return -1;
    sqlite3_int64 n = sqlite3_value_int64(argv[position]);
    return n < 0 ? -1 : n;
}

/* The rows behind an OFFSET alone, as long as they can be remembered; else all of them. */
static sqlite3_int64 fit_skip(struct cursor *c, sqlite3_int64 limit, sqlite3_int64 offset)
{
    bool all = limit < 0 || limit > PAGE_MAX || offset > LLONG_MAX - PAGE_MAX;
    c->skip = offset;
    c->asked = all ? -1 : limit;
    c->limit = cell_int(all ? LLONG_MAX : limit);
    c->offset = cell_int(offset);
    c->sum = cell_int(all ? LLONG_MAX : limit + offset);
    return all ? -1 : limit + offset;
}

/* The row of the scan after which the server has no more to say: -1 = all are asked for. */
static sqlite3_int64 fit_limit(struct cursor *c, int argc, sqlite3_value **argv)
{
    sqlite3_int64 limit, offset;
    if ((c->plan.flags & PLAN_PEEK) != 0 && c->for_write) /* all rows are wanted */
        return -1;
    if ((c->plan.flags & PLAN_PEEK) != 0) {
        c->sum = cell_int(c->asked = PLAN_PEEK_ROWS);
        return c->no_count && (c->plan.flags & PLAN_COUNT_LATER) != 0 ? -1 : PLAN_PEEK_ROWS;
    }
    if ((c->plan.flags & PLAN_LIMIT) == 0)
        return -1;
    limit = number_at(c->plan.limit_argv, argc, argv);
    offset = number_at(c->plan.offset_argv, argc, argv);
    if ((c->plan.flags & PLAN_SKIP) != 0 && offset >= PLAN_SKIP_FROM && c->exact && !c->no_count &&
        !c->for_write)
        return fit_skip(c, limit, offset);
    if ((c->plan.flags & PLAN_OFFSET) != 0) { /* the server's business: always said */
        c->limit = cell_int(limit < 0 ? LLONG_MAX : limit);
        c->offset = cell_int(offset < 0 ? 0 : offset);
        c->asked = limit;
        bool huge = limit < 0 || limit > LLONG_MAX - c->offset.i;
        c->sum = cell_int(huge ? LLONG_MAX : limit + c->offset.i);
        return limit < 0 ? LLONG_MAX : limit;
    }
    if (limit < 0 || limit > PAGE_MAX || offset > PAGE_MAX)
        return -1;
    limit += offset > 0 ? offset : 0;
    c->asked = limit;
    c->sum = cell_int(limit);
    return limit;
}

/* ---- sending ----------------------------------------------------------------------------------------- */

static int build_args(struct cursor *c, const struct cursor_text *t, struct err *err)
{
    if (t->nplaces > c->args_room) {
        sqlite3_free(c->args);
        c->args = sqlite3_malloc64((size_t)t->nplaces * sizeof *c->args);
        c->args_room = c->args != NULL ? t->nplaces : 0;
        if (c->args == NULL)
            return err_nomem(err);
    }
    for (int i = 0; i < t->nplaces; i++) {
        const struct place *p = &t->places[i];
        struct arg *a = &c->args[i];
        *a = (struct arg){.type = identity_type(p->type), .ncells = 1};
        if (p->value == SELECT_VALUE_LIMIT) {
            a->cells = &c->limit;
        } else if (p->value == SELECT_VALUE_OFFSET) {
            a->cells = &c->offset;
        } else if (p->value == SELECT_VALUE_SUM) {
            a->cells = &c->sum;
        } else if (c->terms[p->value].op != OP_IN) {
            a->cells = &c->rhs[p->value].value;
        } else if (p->element < 0) {
            a->cells = c->lists[p->value];
            a->ncells = c->nlists[p->value];
            a->array = true;
        } else {
            int last = c->nlists[p->value] - 1;
            a->cells = &c->lists[p->value][p->element < last ? p->element : last];
        }
    }
    return SQLITE_OK;
}

static unsigned query_flags(const struct cursor *c, enum select_what what, sqlite3_int64 asked)
{
    if (what != SELECT_ROWS || (c->plan.flags & PLAN_FEW) != 0 ||
        (asked >= 0 && asked <= SHORT_ROWS))
        return QUERY_SHORT;
    double rows = c->plan.rows - (double)c->skip;
    if (asked >= 0)
        return 0;
    return (rows > LONG_ROWS ? QUERY_LONG : 0) |
           (rows > MANY_ROWS && !c->may_leave ? QUERY_MANY : 0);
}

int cursor_send(struct cursor *c, enum select_what what, enum select_limit limit, struct err *err)
{
    struct cursor_text *text;
    c->repeats = false;
    int rc = variant_find(c, what, limit, &text, err);
    if (rc == SQLITE_OK)
        rc = build_args(c, text, err);
    if (rc != SQLITE_OK)
        return rc;
    c->sent = text;
    sqlite3_int64 asked = limit != LIMIT_NONE ? c->asked : -1;
    unsigned flags = c->run_flags | (c->fetches_all ? 0 : query_flags(c, what, asked));
    if (limit != LIMIT_NONE && c->phase == PHASE_PAGE && (c->plan.flags & PLAN_PEEK) != 0 &&
        (c->bind->engine->caps & CAP_ROWS_HOLD) == 0)
        flags |= QUERY_SNAPSHOT;
    int hint = asked >= 0 && asked < INT_MAX ? (int)asked : 0;
    if (c->early) {
        early_send(c->bind, text->sql, c->args, text->nplaces, flags, hint);
        return SQLITE_OK;
    }
    return bind_read(c->bind, c->what, text->sql, c->args, text->nplaces, flags, hint, &c->rows,
                     err);
}

static void start_run(struct cursor *c)
{
    inner_over(c);
    if (c->kept.store != NULL)
        keystore_scan_end(&c->kept);
    if (c->values.head != NULL)
        arena_clear(&c->values);
    rowset_reset(&c->seen);
    rowset_reset(&c->equal);
    c->leave_out = c->read_any = c->reads_on = false;
    c->phase = PHASE_END;
    c->row = c->last_empty = c->skip = c->pass = 0;
    c->key_row = c->gathered_row = -1;
}

/* What it means for the scan that its statement changes rows. */
static int learn_for_write(struct cursor *c, const struct conn *conn, struct err *err)
{
    const struct model *m = c->table->model;
    const struct remote *remote;
    c->may_leave = bind_writer_runs(c->table->binds);
    if (c->may_leave && !c->bind->url.read_only && bind_scan_feeds_write(c->table->binds)) {
        int rc = remote_get(c->bind, m->remote_schema, m->remote_name, &remote, err);
        if (rc != SQLITE_OK)
            return rc;
        c->for_write = conn->dialect->for_update[0] != '\0' &&
                       statement_may_change(c->table->binds, &c->table->declared);
        c->key_order = c->table->declared.identity.form != KEY_FORM_ROW &&
                       statement_order_counts(c->table->binds, &c->table->declared, remote);
        c->locks_ahead = c->for_write && remote->kind == REMOTE_TABLE &&
                         c->table->declared.identity.form != KEY_FORM_ROW &&
                         statement_is_ours(c->table->binds);
    }
    c->for_write_known = true;
    return SQLITE_OK;
}

int cursor_filter(struct cursor *c, const char *idx_str, int argc, sqlite3_value **argv,
                  struct err *err)
{
    struct conn *conn = c->bind->conn;
    bool none = false, answered = false;
    bool same = repeat_possible(c, idx_str), seen = repeat_seen(c, idx_str);
    int rc = SQLITE_OK;
    start_run(c);
    if (!same) {
        rows_finish(&c->rows);
        if (conn == NULL)
            rc = bind_connect(c->bind, &conn, err);
        if (rc == SQLITE_OK &&
            !(seen && c->idx_str != NULL && c->statement.dialect == conn->dialect->name))
            rc = decode(c, idx_str, conn->dialect, err);
        if (rc == SQLITE_OK)
            rc = narrow_end(c, err);
    }
    if (rc == SQLITE_OK)
        rc = fit_values(c, argc, argv, conn->dialect, &none, err);
    if (rc == SQLITE_OK && same && !none)
        rc = repeat_run(c, &answered, err);
    if (rc != SQLITE_OK || answered)
        return rc;
    rows_finish(&c->rows);
    c->repeats = false;
    if (none)
        return rc;
    if (!c->for_write_known && c->statement.lone)
        c->may_leave = false;
    else if (!c->for_write_known)
        rc = learn_for_write(c, conn, err);
    if (rc == SQLITE_OK)
        rc = hints_pairs(c, err);
    if (rc != SQLITE_OK)
        return rc;
    if (!c->early && repeat_is_lone(c, conn, seen))
        inner_alone(c);
    else if (!c->early)
        rc = inner_answer(c, &answered, err);
    if (rc != SQLITE_OK || answered)
        return rc;
    if ((c->plan.flags & PLAN_COUNT) != 0 && !c->no_count && !c->for_write) {
        c->phase = PHASE_COUNT;
        return cursor_send(c, SELECT_COUNT, LIMIT_NONE, err);
    }
    rc = hints_extremes(c, err);
    if (rc != SQLITE_OK)
        return rc;
    if ((c->extremes.lowest | c->extremes.highest) != 0) {
        c->phase = PHASE_ROWS;
        return cursor_send(c, SELECT_EXTREMES, LIMIT_NONE, err);
    }
    rc = narrow_begin(c, err);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_int64 limit = fit_limit(c, argc, argv);
    bool surely = (c->plan.flags & PLAN_LIMIT_ONLY) != 0 && c->exact;
    bool behind = c->skip > 0 || (c->plan.flags & PLAN_OFFSET) != 0;
    c->phase = c->skip > 0 ? PHASE_SKIP : limit >= 0 && !surely ? PHASE_PAGE : PHASE_ROWS;
    c->last = limit;
    rc = cursor_send(c, SELECT_ROWS,
                     behind       ? LIMIT_PAGE
                     : limit >= 0 ? LIMIT_SUM
                                  : LIMIT_NONE,
                     err);
    if (rc == SQLITE_OK)
        repeat_note(c);
    return rc;
}
