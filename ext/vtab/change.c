/* Values on their way to the server, and the rows that REPLACE removes.
**
** A bulk statement comes through here once a row: nothing is allocated and nothing is looked up by name unless
** binds.generation has moved. */
#include "vtab/change.h"
#include "session/reflect.h"
#include "session/statement.h"
#include "sqlgen/change.h"
#include "sqlgen/ddl.h"
#include "sqlgen/identity.h"
#include "sqlgen/quote.h"

#include <string.h>

/* Model columns by their place in the catalog; what the server lacks stays -1 and fails only if it is used. */
static void map_columns(struct change *c)
{
    const struct model *m = c->table->model;
    int i;
    for (i = 0; i < m->ncolumns; i++)
        c->remote_column[i] = remote_column(c->target.remote, m->columns[i].name);
}

static int find_remote(struct change *c, struct err *err)
{
    struct target *t = &c->target;
    int rc = binds_find(c->table->binds, t->model->bind_key, &t->bind, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = remote_get(t->bind, t->model->remote_schema, t->model->remote_name, &t->remote, err);
    if (rc != SQLITE_OK)
        return bind_fail(t->bind, t->what, err);
    if (t->remote->kind == REMOTE_MISSING) {
        err_set(err, SQLITE_ERROR, "no such table on the server: %s (create_all() makes it)",
                t->model->remote_name);
        return bind_fail(t->bind, t->what, err);
    }
    return SQLITE_OK;
}

static int lacks_column(const struct change *c, int column, struct err *err)
{
    const struct model *m = c->target.model;
    err_set(err, SQLITE_ERROR, "the table %s on the server has no column %s", m->remote_name,
            m->columns[column].name);
    return bind_fail(c->target.bind, c->target.what, err);
}

static void forget_texts(struct change *c)
{
    sqlite3_free(c->find.text);
    sqlite3_free(c->last.sql);
    change_many_clear(&c->last.many);
    sqlite3_free(c->last.where);
    c->find.text = c->last.sql = c->last.where = NULL;
}

/* What all rows of a table have in common, until binds.generation changes. */
static int fill(struct change *c, struct err *err)
{
    const struct model *m = c->table->model;
    size_t n = (size_t)m->ncolumns + 1;
    int rc;
    forget_texts(c);
    arena_clear(&c->kept);
    arena_init(&c->kept);
    memset(&c->target, 0, sizeof c->target);
    c->target.model = m;
    c->target.auto_column = model_auto_column(m);
    c->target.what = arena_printf(&c->kept, "writing %s", c->table->declared.name);
    c->remote_column = arena_alloc(&c->kept, n * sizeof *c->remote_column);
    c->cells = arena_alloc(&c->kept, n * sizeof *c->cells);
    c->given = arena_alloc(&c->kept, n * sizeof *c->given);
    c->last.given = arena_alloc(&c->kept, n * sizeof *c->last.given);
    c->scratch = arena_alloc(&c->kept, n * sizeof *c->scratch);
    if (!c->target.what || !c->remote_column || !c->cells || !c->given || !c->last.given ||
        !c->scratch)
        return err_nomem(err);
    rc = find_remote(c, err);
    if (rc != SQLITE_OK)
        return rc;
    map_columns(c);
    if (c->target.auto_column >= 0 && c->remote_column[c->target.auto_column] < 0)
        return lacks_column(c, c->target.auto_column, err);
    c->target.remote_column = c->remote_column;
    c->generation = c->table->binds->generation;
    return SQLITE_OK;
}

/* What it writes stays, whatever becomes of the transaction: PREPARE and ROLLBACK both "succeed".  A statement that
** writes this table alone, in autocommit, is no transaction of several. */
static int check_transactional(struct change *c, struct err *err)
{
    const struct model *m = c->target.model;
    const struct remote *r = c->target.remote;
    const struct dialect *d =
        c->target.bind->conn ? c->target.bind->conn->dialect : c->target.bind->engine->dialect;
    sqlite3_str *name;
    char *quoted, *cure;
    int rc;
    if ((r->transactional && !r->storage_unread) || c->target.bind->url.two_phase_off ||
        (sqlite3_get_autocommit(c->table->binds->db) && statement_is_ours(c->table->binds)))
        return SQLITE_OK;
    rc = remote_get_storage(c->target.bind, m->remote_schema, m->remote_name, &r, err);
    if (rc != SQLITE_OK || r->transactional)
        return rc;
    if (!r->stored)
        return err_set(err, SQLITE_ERROR,
                       "nothing tells whether the tables that the view %s shows have transactions, "
                       "since this account may not see them or the view's definition (GRANT SHOW "
                       "VIEW): write it by statements of their own outside of BEGIN and of "
                       "triggers, or accept it with two_phase=off in the bind's URL",
                       r->name ? r->name : "");
    name = sqlite3_str_new(NULL);
    quote_name(d, name, r->stored);
    quoted = sqlite3_str_finish(name);
    cure = quoted && d->make_transactional ? sqlite3_mprintf(d->make_transactional, quoted) : NULL;
    err_set(err, SQLITE_ERROR,
            "the table %s is in the storage engine %s, which has no transactions, so that ROLLBACK "
            "could not undo the change: change that (%s), write the table by statements of their "
            "own outside of BEGIN and of triggers, or accept it with two_phase=off in the bind's "
            "URL",
            r->stored, r->storage ? r->storage : "(unknown)", cure ? cure : "on the server");
    sqlite3_free(cure);
    sqlite3_free(quoted);
    return err->rc;
}

int change_begin(struct table *t, struct change **out, struct err *err)
{
    struct change *c = t->change;
    int rc = SQLITE_OK;
    if (!c) {
        c = sqlite3_malloc64(sizeof *c);
        if (!c)
            return err_nomem(err);
        memset(c, 0, sizeof *c);
        arena_init(&c->kept);
        arena_init(&c->row);
        c->table = t;
        c->generation = -1;
        t->change = c;
    }
    *out = c;
    c->conflict = sqlite3_vtab_on_conflict(t->binds->db);
    c->place = TAIL_UNSURE;
    if (c->generation != t->binds->generation) {
        c->generation = -1;
        rc = fill(c, err);
        if (rc != SQLITE_OK)
            return rc;
    } else {
        memset(c->given, 0, (size_t)t->model->ncolumns * sizeof *c->given);
    }
    rc = check_transactional(c, err);
    if (rc == SQLITE_OK)
        rc = txn_join(c->target.bind, err);
    return rc == SQLITE_OK ? rc : bind_fail(c->target.bind, c->target.what, err);
}

void change_end(struct change *c)
{
    if (c->has_found)
        identity_where_clear(&c->found);
    c->has_found = false;
    again_row_end(&c->again);
    arena_clear(&c->row);
}

void change_forget_statement(struct table *t)
{
    if (t->change == NULL || t->change->again.selecting)
        return;
    if (t->change->taken.total > 0)
        rowset_reset(&t->change->taken);
    again_reset(&t->change->again);
}

void change_free(struct change *c)
{
    if (!c)
        return;
    change_end(c);
    forget_texts(c);
    rowset_clear(&c->taken);
    again_clear(&c->again);
    arena_clear(&c->kept);
    sqlite3_free(c);
}

/* Keys of that class are sent as they are: the same text finds every row. */
static void remember_find(struct change *c, const struct row_where *where, int first_arg)
{
    const struct cell *sent = where->nargs == 1 ? &c->found.cells[0] : NULL;
    const struct type *type = where->nargs == 1 ? where->args[0].type : NULL;
    bool same = sent && sent->cls == c->key.cls &&
                ((sent->cls == CELL_INT && sent->i == c->key.i && coltype_is_integer(type->id) &&
                  type->id != CT_BOOL && type->id != CT_UINT8) ||
                 (sent->cls == CELL_TEXT && sent->p == c->key.p && sent->n == c->key.n &&
                  type->id == CT_TEXT));
    sqlite3_free(c->find.text);
    c->find.text = NULL;
    if (!same || where->by_values || where->tail[0] ||
        c->table->declared.identity.form != KEY_FORM_COLUMN)
        return;
    c->find.text = sqlite3_mprintf("%s", where->text);
    c->find.cls = sent->cls;
    c->find.type = type;
    c->find.first_arg = first_arg;
}

int change_find(struct change *c, sqlite3_value *key, int first_arg, struct row_where *out,
                struct err *err)
{
    struct identity_plan plan;
    struct conn *conn =
        c->target.bind->conn; /* whether it lives is asked when something is sent: not once a row */
    struct arg *args;
    sqlite3_str *s;
    int i, rc = conn && conn->state != CONN_LOST ? SQLITE_OK
                                                 : bind_connect(c->target.bind, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    if (c->has_found)
        identity_where_clear(&c->found);
    c->has_found = false;
    c->key = cell_from_value(key);
    if (c->find.text && c->generation == c->table->binds->generation &&
        c->find.first_arg == first_arg && c->find.cls == c->key.cls &&
        (c->key.cls != CELL_TEXT || !memchr(c->key.p, 0, c->key.n))) {
        c->key_arg = (struct arg){.type = c->find.type, .cells = &c->key, .ncells = 1};
        *out =
            (struct row_where){.text = c->find.text, .args = &c->key_arg, .nargs = 1, .tail = ""};
        return SQLITE_OK;
    }
    identity_plan(conn->dialect, c->target.model, &c->table->declared.identity, c->target.remote,
                  &plan);
    s = sqlite3_str_new(NULL);
    rc = identity_where(&plan, &c->key, first_arg, s, &c->found, err);
    out->text = arena_take_str(&c->row, s);
    if (rc != SQLITE_OK)
        return bind_fail(c->target.bind, c->target.what, err);
    c->has_found = true;
    out->nargs = c->found.nargs;
    out->args = args = arena_alloc(&c->row, (size_t)(out->nargs + 1) * sizeof *args);
    if (!out->text || !out->args)
        return err_nomem(err);
    for (i = 0; i < out->nargs; i++)
        args[i] = (struct arg){
            .type = identity_type(c->found.types[i]), .cells = &c->found.cells[i], .ncells = 1};
    out->has_null = c->found.has_null;
    out->by_values = plan.source == IDENTITY_VALUES;
    out->tail = c->found.one_row && conn->dialect->one_row ? conn->dialect->one_row : "";
    remember_find(c, out, first_arg);
    return SQLITE_OK;
}

int change_set(struct change *c, int column, sqlite3_value *value, struct err *err)
{
    const struct column *declared = &c->target.model->columns[column];
    const struct remote_column *remote;
    struct cell *cell = &c->cells[column];
    int rc;
    c->given[column] = true;
    if (c->remote_column[column] < 0)
        return lacks_column(c, column, err);
    remote = &c->target.remote->columns[c->remote_column[column]];
    rc = cell_from_value_fit(value, declared->type.affinity, c->scratch[column], cell);
    if (rc == SQLITE_NOMEM)
        return err_nomem(err);
    if (!c->target.bind->engine->dialect->dynamic_types)
        rc = coltype_accept(&remote->type, declared->name, cell, c->scratch[column] + CELL_SCRATCH,
                            err);
    /* What stands for a rowid is an integer: SQLite calls anything else a mismatch, no constraint. */
    if (column == c->target.auto_column && rc == SQLITE_CONSTRAINT_DATATYPE)
        err->rc = rc = SQLITE_MISMATCH;
    else if (column == c->target.auto_column && rc == SQLITE_OK && cell->cls == CELL_NULL)
        rc = err_set(err, SQLITE_MISMATCH, "column %s takes no NULL: it is an INTEGER PRIMARY KEY",
                     declared->name);
    return rc == SQLITE_OK ? rc : bind_fail(c->target.bind, c->target.what, err);
}

int change_run(struct change *c, const char *sql, const struct arg *args, int nargs,
               sqlite3_int64 *affected, struct err *err)
{
    struct bind *b = c->target.bind;
    struct conn *conn;
    int rc = writer_flush(b, err);
    if (rc == SQLITE_OK)
        rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = txn_before_write(b, true, c->conflict != SQLITE_ABORT, err);
    if (rc == SQLITE_OK)
        rc = conn_exec(conn, sql, args, nargs, affected, NULL, err);
    if (rc == SQLITE_OK)
        return rc;
    txn_after_error(b, err);
    return bind_fail(b, c->target.what, err);
}

/* The model column that stands for a remote one, or -1. */
static int model_of(const struct change *c, int remote)
{
    int i;
    for (i = 0; i < c->target.model->ncolumns; i++)
        if (c->remote_column[i] == remote)
            return i;
    return -1;
}

bool change_takes_default(const struct change *c, int column)
{
    const struct remote_column *remote;
    if (c->conflict != SQLITE_REPLACE || c->remote_column[column] < 0)
        return false;
    remote = &c->target.remote->columns[c->remote_column[column]];
    return remote->not_null && remote->has_default;
}

/* Where a column of a unique key has its value after the change. */
enum key_value { VALUE_NONE, VALUE_GIVEN, VALUE_DEFAULT, VALUE_KEPT };

static enum key_value key_value(const struct change *c, int remote, bool update)
{
    const struct remote_column *column = remote < 0 ? NULL : &c->target.remote->columns[remote];
    int m = column ? model_of(c, remote) : -1;
    if (!column)
        return VALUE_NONE;
    if (m >= 0 && c->given[m] && c->cells[m].cls != CELL_NULL)
        return VALUE_GIVEN;
    if (m >= 0 && c->given[m])
        return change_takes_default(c, m) ? VALUE_DEFAULT : VALUE_NONE;
    if (update)
        return VALUE_KEPT;
    return column->has_default && !column->autoincrement && !column->generated ? VALUE_DEFAULT
                                                                               : VALUE_NONE;
}

/* Can that place of the server's unique key be that column of a declared one?  An expression can, where create_all()
** would make such of the column. */
static bool can_stand_for(const struct change *c, int place, int column)
{
    const struct column *declared = &c->target.model->columns[column];
    if (place >= 0)
        return place == c->remote_column[column];
    return c->remote_column[column] >= 0 && coltype_is_text(declared->type.id) &&
           c->target.bind->conn->dialect->ddl->fold[declared->collation] != NULL;
}

/* A unique key of the server, and the declared one that tells what its expressions are made of: NULL if it has none. */
struct unique_key {
    const struct remote_index *x;
    const struct key *declared;
};

static bool has_expressions(const struct remote_index *x)
{
    int i = 0;
    while (i < x->ncolumns && x->columns[i] >= 0)
        i++;
    return i < x->ncolumns;
}

static bool can_be(const struct change *c, const struct remote_index *x, const struct key *k)
{
    bool same = k->unique && k->ncolumns == x->ncolumns;
    for (int i = 0; same && i < k->ncolumns; i++)
        same = can_stand_for(c, x->columns[i], k->columns[i]);
    return same;
}

/* The remote column in one of its places. */
static int key_column(const struct change *c, const struct unique_key *u, int place)
{
    return u->x->columns[place] >= 0 ? u->x->columns[place]
                                     : c->remote_column[u->declared->columns[place]];
}

/* Does the change give this unique key a value that can collide? */
static bool key_collides(const struct change *c, const struct unique_key *u, bool update)
{
    bool moves = !update;
    int i;
    if (!u->x->unique || u->x->partial || u->x->ncolumns == 0)
        return false;
    for (i = 0; i < u->x->ncolumns; i++) {
        enum key_value v = key_value(c, key_column(c, u, i), update);
        if (v == VALUE_NONE)
            return false;
        moves = moves || v != VALUE_KEPT;
    }
    return moves;
}

/* Does the server's = say of values of that column what SQLite's would? */
static bool equal_alike(const struct change *c, int remote)
{
    const struct remote_column *column = &c->target.remote->columns[remote];
    int m = model_of(c, remote);
    if (column->text_order == TEXT_NONE || !coltype_is_text(column->type.id))
        return true;
    return (m < 0 || c->target.model->columns[m].collation == COLLATION_BINARY) &&
           (column->text_order == TEXT_BYTES || column->text_order == TEXT_EQUAL_BYTES);
}

/* A value of that column as what makes it equal to others in SQLite, if equal; NULL: out of memory. */
static const char *key_form(struct change *c, int remote, bool equal, const char *value)
{
    int m = model_of(c, remote);
    sqlite3_str *s = sqlite3_str_new(NULL);
    if (equal && value)
        quote_equal(c->target.bind->conn->dialect, s, value,
                    m < 0 ? COLLATION_BINARY : c->target.model->columns[m].collation);
    else
        sqlite3_str_appendall(s, value ? value : "");
    return arena_take_str(&c->row, s);
}

static const char *key_name(struct change *c, int remote, bool equal)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_name(c->target.bind->conn->dialect, s, c->target.remote->columns[remote].name);
    return key_form(c, remote, equal, arena_take_str(&c->row, s));
}

/* The value that the change gives the column: its default, or one more argument. */
static const char *key_given(struct change *c, int remote, bool equal, struct arg *args, int *nargs)
{
    const struct dialect *d = c->target.bind->conn->dialect;
    const struct remote_column *column = &c->target.remote->columns[remote];
    sqlite3_str *s = sqlite3_str_new(NULL);
    int m = model_of(c, remote);
    if (m < 0 || !c->given[m] || c->cells[m].cls == CELL_NULL) {
        change_default(d, s, column->name, column->default_text);
    } else {
        args[(*nargs)++] = (struct arg){.type = &column->type, .cells = &c->cells[m], .ncells = 1};
        quote_arg(d, s, *nargs, column->type.id);
    }
    return key_form(c, remote, equal, arena_take_str(&c->row, s));
}

/* "a = $1 AND b = (default)" for the columns that the change sets; returns the number of arguments.  Where the server
** finds more equal than SQLite does, its index finds them and SQLite's equality chooses: what is left stands in the
** change's way, and the server will say so. */
static int write_set_columns(struct change *c, const struct unique_key *u, bool update,
                             sqlite3_str *s, struct arg *args)
{
    int i, nargs = 0;
    for (i = 0; i < u->x->ncolumns; i++) {
        int column = key_column(c, u, i);
        bool folded = u->x->columns[i] < 0, alike = equal_alike(c, column);
        if (key_value(c, column, update) == VALUE_KEPT)
            continue;
        for (int equal = folded; equal <= (folded || !alike); equal++)
            sqlite3_str_appendf(s, "%s%s = %s", sqlite3_str_length(s) > 0 ? " AND " : "",
                                key_name(c, column, equal != 0),
                                key_given(c, column, equal != 0, args, &nargs));
    }
    return nargs;
}

static void write_kept_names(struct change *c, const struct unique_key *u, sqlite3_str *s)
{
    const char *separator = "";
    int i;
    for (i = 0; i < u->x->ncolumns; i++) {
        int column = key_column(c, u, i);
        if (key_value(c, column, true) != VALUE_KEPT)
            continue;
        sqlite3_str_appendf(s, "%s%s", separator,
                            key_name(c, column, u->x->columns[i] < 0 || !equal_alike(c, column)));
        separator = ", ";
    }
}

/* " AND (b, c) = (those of the row itself)", or that there is such a row: an earlier change of the statement may
** have taken it away, which then stands in nobody's way.  The derived table is for MySQL, which else reads no
** table that it deletes from. */
static void write_kept_columns(struct change *c, const struct unique_key *u, const char *own,
                               sqlite3_str *s)
{
    int i, n = 0;
    for (i = 0; i < u->x->ncolumns; i++)
        n += key_value(c, key_column(c, u, i), true) == VALUE_KEPT;
    if (n > 0) {
        sqlite3_str_appendall(s, " AND (");
        write_kept_names(c, u, s);
        sqlite3_str_appendall(s, ") = (SELECT * FROM (SELECT ");
        write_kept_names(c, u, s);
    } else {
        sqlite3_str_appendall(s, " AND EXISTS (SELECT * FROM (SELECT 1");
    }
    sqlite3_str_appendall(s, " FROM ");
    quote_table(c->target.bind->conn->dialect, s, c->target.model->remote_schema,
                c->target.model->remote_name);
    sqlite3_str_appendf(s, " WHERE %s) AS binds_o)", own);
}

static int delete_by_key(struct change *c, const struct unique_key *u, sqlite3_value *own_key,
                         struct err *err)
{
    const struct dialect *d = c->target.bind->conn->dialect;
    sqlite3_str *s = sqlite3_str_new(NULL);
    /* an identity has no more values than the table columns, each maybe sent twice, and stands there twice */
    struct arg *args = arena_alloc(
        &c->row, (size_t)(2 * u->x->ncolumns + 8 * c->target.model->ncolumns + 8) * sizeof *args);
    struct row_where own;
    char *where, *sql;
    int nargs = args ? write_set_columns(c, u, own_key != NULL, s, args) : 0, rc = SQLITE_OK;
    if (args && own_key) {
        rc = change_find(c, own_key, nargs + 1, &own, err);
        if (rc == SQLITE_OK) {
            write_kept_columns(c, u, own.text, s);
            sqlite3_str_appendf(s, " AND NOT (%s)", own.text);
            for (int times = d->numbered_args ? 1 : 2; times > 0; times--, nargs += own.nargs)
                memcpy(args + nargs, own.args, (size_t)own.nargs * sizeof *args);
        }
    }
    where = arena_take_str(&c->row, s);
    if (rc == SQLITE_OK && (!where || !args))
        rc = err_nomem(err);
    if (rc != SQLITE_OK)
        return bind_fail(c->target.bind, c->target.what, err);
    sql = change_delete(d, c->target.model->remote_schema, c->target.model->remote_name, where, "");
    rc = sql ? change_run(c, sql, args, nargs, NULL, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

int change_make_room(struct change *c, sqlite3_value *own_key, struct err *err)
{
    const struct model *m = c->target.model;
    struct conn *conn;
    int i, rc = bind_connect(c->target.bind, &conn, err);
    for (i = 0; i < c->target.remote->nindexes && rc == SQLITE_OK; i++) {
        struct unique_key u = {.x = &c->target.remote->indexes[i]};
        bool expressions = has_expressions(u.x);
        if (!expressions && key_collides(c, &u, own_key != NULL))
            rc = delete_by_key(c, &u, own_key, err);
        /* Which one it is, nothing tells; to SQLite all of them are unique. */
        for (int k = 0; expressions && k < m->nkeys && rc == SQLITE_OK; k++) {
            u.declared = &m->keys[k];
            if (can_be(c, u.x, u.declared) && key_collides(c, &u, own_key != NULL))
                rc = delete_by_key(c, &u, own_key, err);
        }
    }
    return rc;
}
