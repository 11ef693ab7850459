/* Values on their way to the server.
**
** A bulk statement comes through here once a row: nothing is allocated and nothing is looked up by name unless
** binds.generation has moved. */
#include "vtab/change.h"
#include "session/reflect.h"
#include "session/statement.h"
#include "sqlgen/change.h"
#include "sqlgen/identity.h"
#include "sqlgen/quote.h"
#include "sqlgen/whole.h"

#include <string.h>

/* Model columns by their place in the catalog; what the server lacks stays -1 and fails only if it is used. */
static void map_columns(struct change *c)
{
    const struct model *m = c->table->model;
    int i;
    for (i = 0; i < m->ncolumns; i++)
        c->remote_column[i] = remote_column(c->target.remote, m->columns[i].name);
}

static const char *seen(const struct change *c)
{
    const char *words = c->target.bind->engine->dialect->seen;
    return words != NULL ? words : "";
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
        err_set(err, SQLITE_ERROR, "no such table on the server%s: %s (create_all() makes it)",
                seen(c), t->model->remote_name);
        return bind_fail(t->bind, t->what, err);
    }
    return SQLITE_OK;
}

static int lacks_column(const struct change *c, int column, struct err *err)
{
    const struct model *m = c->target.model;
    err_set(err, SQLITE_ERROR, "the table %s on the server has no column %s%s", m->remote_name,
            m->columns[column].name, seen(c));
    return bind_fail(c->target.bind, c->target.what, err);
}

static void forget_texts(struct change *c)
{
    sqlite3_free(c->find.text);
    sqlite3_free(c->last.sql);
    change_many_clear(&c->last.many);
    sqlite3_free(c->last.where);
    c->find.text = c->last.sql = c->last.where = NULL;
    change_forget_room(c);
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
    c->room.given = arena_alloc(&c->kept, n * sizeof *c->room.given);
    c->scratch = arena_alloc(&c->kept, n * sizeof *c->scratch);
    if (!c->target.what || !c->remote_column || !c->cells || !c->given || !c->last.given ||
        !c->room.given || !c->scratch)
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
    arena_reset(&c->row);
}

void change_forget_statement(struct table *t)
{
    if (t->change != NULL && t->change->again.selecting)
        return;
    t->declared.scans++;
    t->declared.gathered = (struct gathered){0};
    if (t->change == NULL)
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
    arena_clear(&c->row);
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
        rc = whole_accept(c->target.bind->engine->dialect, &remote->type, declared->name, cell,
                          c->scratch[column] + CELL_SCRATCH, err);
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
