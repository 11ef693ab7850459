/* xBestIndex: a copy of sqlite3_index_info → sqlgen/plan → back.  The catalog is read on first use of the table
** (one round trip) and cached, so planning the same statement again talks to nobody. */
#include "session/reflect.h"
#include "vtab/answers.h"
#include "vtab/cursor.h"

#include <string.h>

static enum request_op request_kind(unsigned char op, enum op *out)
{
    static const struct {
        unsigned char sqlite;
        enum op op;
    } ops[] = {
        {SQLITE_INDEX_CONSTRAINT_EQ, OP_EQ},
        {SQLITE_INDEX_CONSTRAINT_NE, OP_NE},
        {SQLITE_INDEX_CONSTRAINT_LT, OP_LT},
        {SQLITE_INDEX_CONSTRAINT_LE, OP_LE},
        {SQLITE_INDEX_CONSTRAINT_GT, OP_GT},
        {SQLITE_INDEX_CONSTRAINT_GE, OP_GE},
        {SQLITE_INDEX_CONSTRAINT_IS, OP_IS},
        {SQLITE_INDEX_CONSTRAINT_ISNOT, OP_ISNOT},
        {SQLITE_INDEX_CONSTRAINT_ISNULL, OP_ISNULL},
        {SQLITE_INDEX_CONSTRAINT_ISNOTNULL, OP_NOTNULL},
        {SQLITE_INDEX_CONSTRAINT_LIKE, OP_LIKE},
        {SQLITE_INDEX_CONSTRAINT_GLOB, OP_GLOB},
    };
    if (op == SQLITE_INDEX_CONSTRAINT_LIMIT)
        return REQUEST_LIMIT;
    if (op == SQLITE_INDEX_CONSTRAINT_OFFSET)
        return REQUEST_OFFSET;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (ops[i].sqlite == op) {
            *out = ops[i].op;
            return REQUEST_COMPARE;
        }
    }
    return REQUEST_UNKNOWN;
}

static bool known_collation(const char *name, enum collation *out)
{
    *out = COLLATION_BINARY;
    if (name == NULL || sqlite3_stricmp(name, "BINARY") == 0)
        return true;
    *out = sqlite3_stricmp(name, "NOCASE") == 0 ? COLLATION_NOCASE : COLLATION_RTRIM;
    return *out == COLLATION_NOCASE || sqlite3_stricmp(name, "RTRIM") == 0;
}

/* SQLite offers like() and glob() by their names, whoever wrote them: another one may find rows that ours would
** not. */
static bool is_foreign(struct host *host, enum op op)
{
    return (op == OP_LIKE || op == OP_GLOB) &&
           host_overrides(host, op == OP_LIKE ? "like" : "glob");
}

static void copy_term(struct host *host, sqlite3_index_info *info, int i, struct request_term *out)
{
    const struct sqlite3_index_constraint *asked = &info->aConstraint[i];
    sqlite3_value *value = NULL;
    memset(out, 0, sizeof *out);
    out->kind = request_kind(asked->op, &out->op);
    out->column = asked->iColumn;
    out->usable = asked->usable != 0;
    if (out->kind == REQUEST_COMPARE && is_foreign(host, out->op))
        out->kind = REQUEST_UNKNOWN;
    if (out->kind == REQUEST_UNKNOWN || !out->usable)
        return;
    if (out->kind == REQUEST_COMPARE) {
        out->collation_known = known_collation(sqlite3_vtab_collation(info, i), &out->collation);
        out->in = out->op == OP_EQ && sqlite3_vtab_in(info, i, -1) != 0;
    }
    if (!out->in && sqlite3_vtab_rhs_value(info, i, &value) == SQLITE_OK && value != NULL) {
        out->literal = true;
        out->value = cell_from_value(value);
    }
}

/* Everything of a request in one allocation of the arena. */
static int copy_request(struct host *host, sqlite3_index_info *info, struct arena *arena,
                        struct request *out)
{
    struct request_term *terms =
        arena_alloc(arena, (size_t)(info->nConstraint + 1) * sizeof *terms);
    struct request_order *order = arena_alloc(arena, (size_t)(info->nOrderBy + 1) * sizeof *order);
    if (terms == NULL || order == NULL)
        return SQLITE_NOMEM;
    for (int i = 0; i < info->nConstraint; i++)
        copy_term(host, info, i, &terms[i]);
    for (int i = 0; i < info->nOrderBy; i++)
        order[i] = (struct request_order){info->aOrderBy[i].iColumn, info->aOrderBy[i].desc != 0};
    *out = (struct request){
        .nterms = info->nConstraint,
        .terms = terms,
        .norder = info->nOrderBy,
        .order = order,
        .used = info->colUsed,
        .distinct = sqlite3_vtab_distinct(info),
    };
    return SQLITE_OK;
}

/* Without a look at whether the server has what is declared. */
static int find_context(struct table *t, struct bind *bind, struct plan_context *out,
                        struct err *err)
{
    const struct remote *remote;
    struct conn *conn;
    int rc = bind_connect(bind, &conn, err);
    if (rc == SQLITE_OK)
        rc = remote_get(bind, t->model->remote_schema, t->model->remote_name, &remote, err);
    if (rc != SQLITE_OK)
        return rc;
    if (bind->conn == NULL) {
        err_set(err, SQLITE_IOERR, "the connection is gone");
        return err->rc;
    }
    *out = (struct plan_context){
        .dialect = bind->conn->dialect, /* reading the catalog may have connected anew */
        .model = t->model,
        .identity = &t->declared.identity,
        .remote = remote,
        .key_column = t->key_column,
        .pushdown = !bind->url.no_pushdown,
        .limit_is_safe = host_has(&t->binds->host, HOST_LIMIT_CONSUMED),
        .aux_is_safe = host_has(&t->binds->host, HOST_AUX_CONSUMED),
        .used_has_key = host_has(&t->binds->host, HOST_COLUSED_HAS_KEY),
    };
    return SQLITE_OK;
}

int cursor_context(struct table *t, struct bind *bind, struct plan_context *out, struct err *err)
{
    int rc = find_context(t, bind, out, err);
    /* It may be long since the statement was planned. */
    return rc == SQLITE_OK ? plan_check(out, err) : rc;
}

static int give(sqlite3_index_info *info, const struct answer *a, struct err *err)
{
    info->idxStr = sqlite3_mprintf("%s", a->text);
    if (info->idxStr == NULL)
        return err_nomem(err);
    info->needToFreeIdxStr = 1;
    for (int i = 0; i < info->nConstraint; i++) {
        info->aConstraintUsage[i].argvIndex = a->uses[i].argv;
        info->aConstraintUsage[i].omit = a->uses[i].omit;
        if (a->uses[i].in)
            sqlite3_vtab_in(info, i, 1);
    }
    info->idxNum = 0;
    info->orderByConsumed = a->ordered;
    info->estimatedCost = a->cost;
    info->estimatedRows = a->rows;
    return SQLITE_OK;
}

/* idxStr; sqlite3_free. */
static int write_text(const struct plan_context *context, const struct plan *plan, char **out,
                      struct err *err)
{
    struct select_term terms[PLAN_TERMS_MAX];
    struct place room[CURSOR_PLACES];
    struct places places = {.first = 1, .limit = CURSOR_PLACES, .place = room};
    struct select_variant usual;
    sqlite3_str *sql = sqlite3_str_new(NULL);
    select_usual(context, plan, terms, &usual);
    int rc = select_write(context, plan, &usual, &places, sql, err);
    char *text = sqlite3_str_finish(sql);
    if (rc == SQLITE_OK) {
        *out = plan_encode(plan, context->dialect->name, text);
        if (*out == NULL)
            rc = err_nomem(err);
    }
    sqlite3_free(text);
    return rc;
}

/* On hosts that offer auxiliary terms where they must not be used (session/outer.h). */
static unsigned number_for(const struct table *t, const struct plan_context *c,
                           const struct request *r)
{
    bool any = false;
    for (int i = 0; i < r->nterms && !any; i++)
        any = r->terms[i].kind == REQUEST_COMPARE && r->terms[i].usable &&
              plan_is_auxiliary(r->terms[i].op);
    return any && c->pushdown && !c->aux_is_safe ? outer_number(t->binds, t->declared.schema) : 0;
}

static struct circumstances circumstances_of(const struct table *t, const struct plan_context *c)
{
    return (struct circumstances){
        .generation = t->binds->generation, .remote = c->remote, .version = c->remote->version};
}

/* Planning in full.  What was chosen is kept, unless it holds for this statement alone. */
static int choose(struct table *t, struct bind *bind, struct plan_context *context,
                  const struct request *request, struct plan_use *uses, sqlite3_index_info *info,
                  struct err *err)
{
    struct plan plan = {.flags = 0};
    char *text = NULL;
    int rc = plan_check(context, err);
    if (rc != SQLITE_OK)
        return rc;
    context->outer = number_for(t, context, request);
    plan_choose(context, request, &plan, uses);
    if ((plan.flags & PLAN_UNSURE) != 0) {
        rc = remote_get_distinct(bind, t->model->remote_schema, t->model->remote_name,
                                 &context->remote, err);
        if (rc == SQLITE_OK)
            rc = plan_check(context, err);
        if (rc == SQLITE_OK)
            plan_choose(context, request, &plan, uses);
    }
    if (rc == SQLITE_OK)
        rc = write_text(context, &plan, &text, err);
    if (rc != SQLITE_OK)
        return rc;
    struct answer answer = {.uses = uses,
                            .text = text,
                            .ordered = (plan.flags & PLAN_ORDERED) != 0,
                            .cost = plan.cost,
                            .rows =
                                plan.rows < 1e15 ? (sqlite3_int64)plan.rows : (sqlite3_int64)1e15};
    rc = give(info, &answer, err);
    if (rc == SQLITE_OK && context->outer == 0) {
        struct circumstances now = circumstances_of(t, context);
        answers_keep(&t->answers, &now, request, &answer);
    }
    sqlite3_free(text);
    return rc;
}

static int plan_or_remember(struct table *t, struct bind *bind, const struct request *request,
                            struct plan_use *uses, sqlite3_index_info *info, struct err *err)
{
    struct plan_context context = {.pushdown = false};
    int rc = find_context(t, bind, &context, err);
    if (rc != SQLITE_OK)
        return rc;
    struct circumstances now = circumstances_of(t, &context);
    const struct answer *before = answers_find(t->answers, &now, request);
    return before != NULL ? give(info, before, err)
                          : choose(t, bind, &context, request, uses, info, err);
}

int table_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    struct table *t = (struct table *)vtab;
    struct bind *bind = NULL;
    struct request request;
    struct plan_use *uses = NULL;
    struct arena arena;
    struct err err;
    char what[CURSOR_WHAT];
    bool inside = txn_is_inside(t->binds);
    t->binds->planned++;
    arena_init(&arena);
    err_clear(&err);
    sqlite3_snprintf(sizeof what, what, "reading %s", t->declared.name);
    int rc = copy_request(&t->binds->host, info, &arena, &request);
    if (rc == SQLITE_OK)
        uses = arena_alloc(&arena, (size_t)(info->nConstraint + 1) * sizeof *uses);
    if (uses == NULL) {
        err_nomem(&err);
        rc = SQLITE_NOMEM;
    }
    if (rc == SQLITE_OK)
        rc = binds_find(t->binds, t->model->bind_key, &bind, &err);
    if (rc == SQLITE_OK)
        rc = plan_or_remember(t, bind, &request, uses, info, &err);
    if (rc == SQLITE_OK && txn_is_undone(t->binds, inside))
        rc = txn_undone(&err);
    arena_clear(&arena);
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    if (bind != NULL) {
        bind_fail(bind, what, &err);
        table_doubt(t, bind, &err);
    } else {
        err_prefix_plain(&err);
    }
    return err_to_vtab(&err, vtab);
}
