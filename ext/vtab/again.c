/* Working out SET when a row's turn comes (again.h). */
#include "vtab/again.h"
#include "session/parameters.h"
#include "session/reflect.h"
#include "session/rereads.h"
#include "session/statement.h"
#include "sqlgen/plan_text.h"
#include "vtab/change.h"

#include <string.h>

void again_row_end(struct again *a)
{
    for (int i = 0; a->owned != NULL && i < a->n; i++)
        sqlite3_value_free(a->owned[i]);
    sqlite3_free(a->owned);
    sqlite3_free(a->row);
    a->owned = a->row = NULL;
}

void again_clear(struct again *a)
{
    again_row_end(a);
    sqlite3_free(a->changed);
    sqlite3_free(a->sql);
    sqlite3_free(a->columns);
    sqlite3_free(a->used);
    sqlite3_free(a->values);
    *a = (struct again){.rows = 0};
}

void again_reset(struct again *a)
{
    if (a->rows > 0 && !a->selecting)
        again_clear(a);
}

int again_note(struct change *c, struct err *err)
{
    struct again *a = &c->again;
    int n = c->target.model->ncolumns;
    if (a->changed == NULL) {
        a->changed = sqlite3_malloc64((sqlite3_uint64)n + 1);
        if (a->changed == NULL)
            return err_nomem(err);
        memset(a->changed, 0, (size_t)n);
    }
    for (int i = 0; i < n; i++) {
        if (c->given[i] && !a->changed[i])
            a->changed[i] = a->grown = true;
    }
    a->rows++;
    return SQLITE_OK;
}

/* ---- does a scan see the changes? ---------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* As far as the URLs tell.  A SQLite database in memory is each bind's own. */
static bool same_database(const struct bind *a, const struct bind *b)
{
    const struct url *x = &a->url, *y = &b->url;
    bool same = a->engine == b->engine && x->nhosts == y->nhosts && x->database != NULL &&
                x->database[0] != '\0' && strcmp(x->database, ":memory:") != 0 &&
                same_text(x->database, y->database) &&
                same_text(url_option(x, "unix_socket"), url_option(y, "unix_socket"));
    for (int i = 0; same && i < x->nhosts; i++)
        same =
            same_text(x->hosts[i].host, y->hosts[i].host) && x->hosts[i].port == y->hosts[i].port;
    return a == b || same;
}

/* Does what is changed reach the rows of a foreign key by its actions? */
static bool acts(const struct change *c, const struct foreign_key *f)
{
    const struct model *parent = c->target.model;
    const struct identity *key = &c->table->declared.identity;
    bool replace = c->conflict == SQLITE_REPLACE && f->on_delete >= FK_SET_NULL;
    if (sqlite3_stricmp(f->parent_table, c->table->declared.name) != 0 &&
        sqlite3_stricmp(f->parent_table, parent->remote_name) != 0)
        return false;
    for (int i = 0; i < f->ncolumns && f->on_update >= FK_SET_NULL; i++) {
        int column = f->parent_columns != NULL ? model_column(parent, f->parent_columns[i])
                     : i < key->ncolumns       ? key->columns[i]
                                               : -1;
        if (column < 0 || c->again.changed[column])
            return true;
    }
    return replace;
}

/* Is that column of a model of the same remote table one that changes? */
static bool is_changed(const struct change *c, const struct model *m, int column)
{
    const struct model *own = c->target.model;
    int i = column < m->ncolumns ? model_column(own, m->columns[column].name) : -1;
    if (column >= m->ncolumns) /* the hidden key: its columns are among those that are read */
        return false;
    if (i < 0 || c->again.changed[i] || m->columns[column].generated != GENERATED_NO)
        return true;
    for (int k = 0; k < m->nforeign_keys; k++) {
        const struct foreign_key *f = &m->foreign_keys[k];
        for (int j = 0; j < f->ncolumns; j++)
            if (f->columns[j] == column && acts(c, f))
                return true;
    }
    return false;
}

static bool reads_changed(const struct change *c, const struct model *m, const struct plan *p)
{
    bool reads = c->conflict == SQLITE_REPLACE; /* which takes rows away */
    for (int i = 0; i < m->ncolumns && !reads; i++)
        reads = plan_fetches(p, i) && is_changed(c, m, i);
    for (int i = 0; i < p->nterms && !reads; i++)
        reads = is_changed(c, m, p->terms[i].column);
    for (int i = 0; i < p->norder && !reads; i++)
        reads = is_changed(c, m, p->order[i].column);
    return reads;
}

static bool is_same_table(const struct model *a, const struct model *b)
{
    bool schemas = a->remote_schema == NULL || b->remote_schema == NULL ||
                   sqlite3_stricmp(a->remote_schema, b->remote_schema) == 0;
    return schemas && sqlite3_stricmp(a->remote_name, b->remote_name) == 0;
}

/* A view may show the table; another table may refer to it. */
static int sees_by_another(const struct change *c, struct bind *b, const struct model *m,
                           bool *sees, struct err *err)
{
    const struct remote *remote;
    int rc = remote_get(b, m->remote_schema, m->remote_name, &remote, err);
    if (rc != SQLITE_OK)
        return bind_fail(b, c->target.what, err);
    *sees = remote->kind != REMOTE_TABLE || c->target.remote->kind != REMOTE_TABLE;
    for (int i = 0; i < m->nforeign_keys && !*sees; i++)
        *sees = acts(c, &m->foreign_keys[i]);
    return SQLITE_OK;
}

/* *elsewhere: over another connection, which does not see the rows that are changed. */
static int sees_changes(const struct change *c, const struct reread *scan, bool *sees,
                        bool *elsewhere, struct err *err)
{
    struct binds *owner = c->table->binds;
    const struct table *t = table_named(owner, scan->vtab);
    struct bind *b = t != NULL ? binds_lookup(owner, t->model->bind_key) : NULL;
    struct plan plan;
    struct err ignored;
    size_t sql_len;
    int rc = SQLITE_OK;
    *sees = *elsewhere = false;
    err_clear(&ignored);
    if (c->target.bind->conn == NULL) /* without memory to look at the program */
        return txn_undone(err);
    if (b == NULL || !same_database(b, c->target.bind))
        return SQLITE_OK;
    if (!is_same_table(t->model, c->target.model))
        rc = sees_by_another(c, b, t->model, sees, err);
    else
        *sees = plan_decode(scan->plan, c->target.bind->conn->dialect->name, &plan, &sql_len,
                            &ignored) != SQLITE_OK ||
                reads_changed(c, t->model, &plan);
    *elsewhere = *sees && b != c->target.bind;
    return rc;
}

/* ---- the text ------------------------------------------------------------------------------------------ */

/* The SET of an UPDATE, in its tokens. */
struct set {
    struct tokens t;
    int verb, alias; /* positions of UPDATE and of the table's other name, -1 = none */
    struct {
        int name, from, to; /* the column; first token of its value, and the one behind the last */
    } * at;
    int n;
    bool rows; /* (a, b) = …: cannot be made a SELECT */
};

static bool ends_set(const struct tokens *t, int i)
{
    static const char *const words[] = {"WHERE", "ORDER", "LIMIT", "RETURNING", NULL};
    return i >= t->n || token_is_punct(&t->at[i], ';') || token_is_any(&t->at[i], words) ||
           (token_is(&t->at[i], "FROM") && !token_is(&t->at[i - 1], "DISTINCT"));
}

/* The position behind a value that begins at i. */
static int after_value(const struct tokens *t, int i)
{
    while (!ends_set(t, i) && !token_is_punct(&t->at[i], ',')) {
        int close = token_is_punct(&t->at[i], '(') ? token_close(t, i) : i;
        i = (close < 0 ? t->n : close) + 1;
    }
    return i;
}

static bool has_query(const struct tokens *t, int from, int to)
{
    static const char *const words[] = {"SELECT", "IN", NULL};
    while (from < to && !token_is_any(&t->at[from], words))
        from++;
    return from < to;
}

/* Keeps the columns whose value has a subquery.  False: it is not such an UPDATE, or out of memory. */
static bool read_set(const char *sql, struct arena *arena, struct set *out)
{
    struct statement_target target;
    const struct tokens *t = &out->t;
    int i;
    *out = (struct set){.alias = -1};
    if (token_read(sql, arena, &out->t) != SQLITE_OK || !statement_target(t, arena, &target) ||
        target.verb != STATEMENT_UPDATE)
        return false;
    for (out->verb = target.after; !token_is(&t->at[out->verb], "UPDATE"); out->verb--)
        if (out->verb == 0)
            return false;
    i = target.after + token_is(&t->at[target.after], "AS");
    if (i > target.after || (token_is_name(&t->at[i]) && !token_is(&t->at[i], "SET") &&
                             !token_is(&t->at[i], "INDEXED") && !token_is(&t->at[i], "NOT")))
        out->alias = i++;
    while (i < t->n && !token_is(&t->at[i], "SET"))
        i++;
    out->at = arena_alloc(arena, (size_t)(t->n + 1) * sizeof *out->at);
    for (i++; out->at != NULL && !ends_set(t, i); i++) {
        bool row = token_is_punct(&t->at[i], '(');
        int close = row ? token_close(t, i) : i, from = close < 0 ? t->n : close + 2;
        int to = after_value(t, from);
        if (has_query(t, row ? i : from, to)) {
            out->rows = out->rows || row;
            out->at[out->n].name = i;
            out->at[out->n].from = from;
            out->at[out->n++].to = to;
        }
        i = to;
        if (!token_is_punct(&t->at[i], ','))
            break;
    }
    return out->at != NULL && out->n > 0;
}

static sqlite3_stmt *running(sqlite3 *db)
{
    sqlite3_stmt *stmt = sqlite3_next_stmt(db, NULL);
    while (stmt != NULL && (!sqlite3_stmt_busy(stmt) || sqlite3_stmt_readonly(stmt)))
        stmt = sqlite3_next_stmt(db, stmt);
    return stmt;
}

/* WITH … SELECT value, … FROM the table WHERE its key is the last argument.  NULL in *out: a parameter stands against it. */
static int write_select(struct change *c, const struct set *s, const struct parameters *p,
                        struct arena *arena, char **out)
{
    const struct declared *d = &c->table->declared;
    sqlite3_str *text = sqlite3_str_new(NULL);
    bool *used = c->again.used, told = parameters_append(p, text, 0, s->verb, used);
    char key[DECLARE_KEY_NAME];
    const char *name = key, *alias = NULL;
    if (d->identity.form == KEY_FORM_COLUMN)
        name = c->target.model->columns[d->identity.columns[0]].name;
    else
        declare_key_name(c->target.model, key);
    for (int i = 0; i < s->n && told; i++) {
        sqlite3_str_appendall(text, i == 0 ? " SELECT (" : ", (");
        told = parameters_append(p, text, s->at[i].from, s->at[i].to, used);
        sqlite3_str_appendall(text, ")");
    }
    sqlite3_str_appendf(text, " FROM \"%w\".\"%w\"", d->schema, d->name);
    if (s->alias >= 0) {
        alias = token_value(&s->t.at[s->alias], arena);
        sqlite3_str_appendf(text, " AS \"%w\" WHERE \"%w\"", alias, alias);
    } else {
        sqlite3_str_appendf(text, " WHERE \"%w\"", d->name);
    }
    sqlite3_str_appendf(text, ".\"%w\" = ?%d", name, p->n + 1);
    int rc = s->alias >= 0 && alias == NULL ? SQLITE_NOMEM : sqlite3_str_errcode(text);
    *out = sqlite3_str_finish(text);
    if (!told || rc != SQLITE_OK) {
        sqlite3_free(*out);
        *out = NULL;
    }
    return rc;
}

static int name_columns(struct change *c, const struct set *s, struct arena *arena)
{
    struct again *a = &c->again;
    a->columns = sqlite3_malloc64((sqlite3_uint64)s->n * sizeof *a->columns);
    if (a->columns == NULL)
        return SQLITE_NOMEM;
    a->n = s->n;
    for (int i = 0; i < s->n; i++) {
        const char *name = token_value(&s->t.at[s->at[i].name], arena);
        a->columns[i] = name != NULL ? model_column(c->target.model, name) : -1;
        if (a->columns[i] < 0)
            return SQLITE_NOMEM;
    }
    return SQLITE_OK;
}

/* NULL in a->sql: it cannot be said as a SELECT, or not all values that it needs are known. */
static int make_select(struct change *c, struct err *err)
{
    struct again *a = &c->again;
    sqlite3_stmt *stmt = running(c->table->binds->db);
    struct parameters p;
    struct set set;
    struct arena arena;
    if (stmt == NULL)
        return SQLITE_OK;
    arena_init(&arena);
    int rc = parameters_read(&p, stmt);
    if (rc == SQLITE_OK && read_set(sqlite3_sql(stmt), &arena, &set) && !set.rows) {
        a->nparameters = p.n;
        a->used = sqlite3_malloc64((sqlite3_uint64)p.n + 1);
        if (a->used != NULL)
            memset(a->used, 0, (size_t)p.n + 1);
        rc = a->used != NULL ? name_columns(c, &set, &arena) : SQLITE_NOMEM;
        if (rc == SQLITE_OK)
            rc = write_select(c, &set, &p, &arena, &a->sql);
        if (rc == SQLITE_OK && a->sql != NULL)
            rc = parameters_select(&p, a->used, &a->values);
        if (a->values == NULL) {
            sqlite3_free(a->sql);
            a->sql = NULL;
        }
    }
    parameters_clear(&p);
    arena_clear(&arena);
    return rc == SQLITE_OK ? rc : err_nomem(err);
}

/* ---- one row ------------------------------------------------------------------------------------------- */

static int refuse(struct change *c, struct err *err)
{
    err_set(
        err, SQLITE_ERROR,
        "a subquery in SET reads rows of %s that this UPDATE changes, and from the second row on "
        "SQLite would find what has become of the first ones: compute the values into a temp "
        "table, then UPDATE … FROM it",
        c->table->declared.name);
    return bind_fail(c->target.bind, c->target.what, err);
}

/* Its text tells: most have no subquery in SET at all. */
static int choose_way(struct change *c, struct err *err)
{
    struct again *a = &c->again;
    struct binds *b = c->table->binds;
    struct rereads reads;
    bool each_row = false, refused = false;
    int rc;
    a->grown = false;
    if (a->way != AGAIN_NOT || !statement_set_reads(b, &c->table->declared))
        return SQLITE_OK;
    rc = rereads_find(b, &c->table->base, &reads);
    if (rc != SQLITE_OK)
        err_set(err, rc, "the program of the statement cannot be read");
    for (int i = 0; i < reads.n && rc == SQLITE_OK; i++) {
        bool sees, elsewhere;
        rc = sees_changes(c, &reads.list[i], &sees, &elsewhere, err);
        each_row = each_row || (sees && !reads.list[i].once);
        refused = refused || (sees && (elsewhere || reads.list[i].late)) ||
                  (each_row && sees && reads.list[i].once);
    }
    refused = refused || (each_row && (reads.impure || !statement_is_ours(b) ||
                                       c->table->declared.identity.form == KEY_FORM_ROW));
    rereads_clear(&reads);
    if (rc == SQLITE_OK && each_row && !refused)
        rc = make_select(c, err);
    if (rc != SQLITE_OK)
        return rc;
    if (refused || (each_row && a->sql == NULL))
        return refuse(c, err);
    a->way = each_row ? AGAIN_SELECT : AGAIN_NOT;
    return SQLITE_OK;
}

/* Takes the values of the row that the SELECT has found. */
static int take_values(struct again *a, sqlite3_stmt *stmt, struct err *err)
{
    a->owned = sqlite3_malloc64((sqlite3_uint64)a->n * sizeof *a->owned);
    if (a->owned == NULL)
        return err_nomem(err);
    memset(a->owned, 0, (size_t)a->n * sizeof *a->owned);
    for (int i = 0; i < a->n; i++) {
        a->owned[i] = sqlite3_value_dup(sqlite3_column_value(stmt, i));
        if (a->owned[i] == NULL)
            return err_nomem(err);
        a->row[a->columns[i]] = a->owned[i];
    }
    return SQLITE_OK;
}

static int select_values(struct change *c, sqlite3_value *key, bool *gone, struct err *err)
{
    struct again *a = &c->again;
    sqlite3 *db = c->table->binds->db;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, a->sql, -1, &stmt, NULL);
    a->selecting = true;
    if (rc == SQLITE_OK)
        rc = parameters_bind(db, a->values, a->used, a->nparameters, stmt);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_value(stmt, a->nparameters + 1, key);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    *gone = rc == SQLITE_DONE;
    if (rc == SQLITE_ROW)
        rc = take_values(a, stmt, err);
    else if (rc != SQLITE_DONE)
        err_set(err, rc, "%s", sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    a->selecting = false;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int again_row(struct change *c, sqlite3_value *key, sqlite3_value ***values, bool *gone,
              struct err *err)
{
    struct again *a = &c->again;
    int n = c->target.model->ncolumns, rc = SQLITE_OK;
    *gone = false;
    if (a->grown)
        rc = choose_way(c, err);
    if (rc != SQLITE_OK || a->way == AGAIN_NOT)
        return rc;
    again_row_end(a);
    a->row = sqlite3_malloc64((sqlite3_uint64)n * sizeof *a->row);
    if (a->row == NULL)
        return err_nomem(err);
    memcpy(a->row, *values, (size_t)n * sizeof *a->row);
    *values = a->row;
    rc = writer_flush(c->target.bind, err);
    return rc == SQLITE_OK ? select_values(c, key, gone, err) : rc;
}
