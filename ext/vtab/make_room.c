/* The rows that REPLACE removes: what stands in the way of a change, by every unique key of the server.
**
** Row by row (change_make_room), or for all rows of an INSERT OR REPLACE at once (change_room), where their order cannot
** count: not if a row may fail although what stands in its way will have gone when its turn comes, or be changed by what
** a later one takes away. */
#include "session/room.h"
#include "sqlgen/ddl.h"
#include "sqlgen/quote.h"
#include "vtab/change.h"

#include <string.h>

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
    sqlite3_str *s;
    if (!equal || !value)
        return value;
    s = sqlite3_str_new(NULL);
    quote_equal(c->target.bind->conn->dialect, s, value,
                m < 0 ? COLLATION_BINARY : c->target.model->columns[m].collation);
    return arena_take_str(&c->row, s);
}

static const char *key_name(struct change *c, int remote, bool equal)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_name(c->target.bind->conn->dialect, s, c->target.remote->columns[remote].name);
    return key_form(c, remote, equal, arena_take_str(&c->row, s));
}

static const char *key_argument(struct change *c, int remote, bool equal, int number)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_arg(c->target.bind->conn->dialect, s, number, c->target.remote->columns[remote].type.id);
    return key_form(c, remote, equal, arena_take_str(&c->row, s));
}

/* The value that the change gives the column: its default, or one more argument. */
static const char *key_given(struct change *c, int remote, bool equal, struct arg *args, int *nargs)
{
    const struct remote_column *column = &c->target.remote->columns[remote];
    sqlite3_str *s;
    int m = model_of(c, remote);
    if (m >= 0 && c->given[m] && c->cells[m].cls != CELL_NULL) {
        args[(*nargs)++] = (struct arg){.type = &column->type, .cells = &c->cells[m], .ncells = 1};
        return key_argument(c, remote, equal, *nargs);
    }
    s = sqlite3_str_new(NULL);
    change_default(c->target.bind->conn->dialect, s, column->name, column->default_text);
    return key_form(c, remote, equal, arena_take_str(&c->row, s));
}

/* "a = $1 AND b = (default)" for the columns that the change sets; returns the number of arguments, -1 = out of memory.  Where the server
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
        for (int equal = folded; equal <= (folded || !alike); equal++) {
            const char *name = key_name(c, column, equal != 0);
            const char *given = key_given(c, column, equal != 0, args, &nargs);
            if (!name || !given)
                return -1;
            sqlite3_str_appendf(s, "%s%s = %s", sqlite3_str_length(s) > 0 ? " AND " : "", name,
                                given);
        }
    }
    return nargs;
}

/* False: out of memory. */
static bool write_kept_names(struct change *c, const struct unique_key *u, sqlite3_str *s)
{
    const char *separator = "";
    int i;
    for (i = 0; i < u->x->ncolumns; i++) {
        int column = key_column(c, u, i);
        if (key_value(c, column, true) != VALUE_KEPT)
            continue;
        const char *name = key_name(c, column, u->x->columns[i] < 0 || !equal_alike(c, column));
        if (!name)
            return false;
        sqlite3_str_appendf(s, "%s%s", separator, name);
        separator = ", ";
    }
    return true;
}

/* " AND (b, c) = (those of the row itself)", or that there is such a row: an earlier change of the statement may
** have taken it away, which then stands in nobody's way.  The derived table is for MySQL, which else reads no
** table that it deletes from.  False: out of memory. */
static bool write_kept_columns(struct change *c, const struct unique_key *u, const char *own,
                               sqlite3_str *s)
{
    int i, n = 0;
    for (i = 0; i < u->x->ncolumns; i++)
        n += key_value(c, key_column(c, u, i), true) == VALUE_KEPT;
    if (n > 0) {
        sqlite3_str_appendall(s, " AND (");
        if (!write_kept_names(c, u, s))
            return false;
        sqlite3_str_appendall(s, ") = (SELECT * FROM (SELECT ");
        if (!write_kept_names(c, u, s))
            return false;
    } else {
        sqlite3_str_appendall(s, " AND EXISTS (SELECT * FROM (SELECT 1");
    }
    sqlite3_str_appendall(s, " FROM ");
    quote_table(c->target.bind->conn->dialect, s, c->target.model->remote_schema,
                c->target.model->remote_name);
    sqlite3_str_appendf(s, " WHERE %s) AS binds_o)", own);
    return true;
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
    int nargs = args ? write_set_columns(c, u, own_key != NULL, s, args) : -1;
    int rc = nargs < 0 ? err_nomem(err) : SQLITE_OK;
    if (rc == SQLITE_OK && own_key) {
        rc = change_find(c, own_key, nargs + 1, &own, err);
        if (rc == SQLITE_OK && !write_kept_columns(c, u, own.text, s))
            rc = err_nomem(err);
        if (rc == SQLITE_OK) {
            sqlite3_str_appendf(s, " AND NOT (%s)", own.text);
            for (int times = d->numbered_args ? 1 : 2; times > 0; times--, nargs += own.nargs)
                memcpy(args + nargs, own.args, (size_t)own.nargs * sizeof *args);
        }
    }
    where = arena_take_str(&c->row, s);
    if (rc == SQLITE_OK && !where)
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

/* ---- for many rows -------------------------------------------------------------------------------------- */

/* Do the rows of an INSERT give this key values?  False too if it can be told of each row only. */
static bool key_is_given(const struct change *c, const struct remote_index *x, bool *unsure)
{
    bool given = true;
    for (int i = 0; i < x->ncolumns; i++) {
        const struct remote_column *column = &c->target.remote->columns[x->columns[i]];
        int m = model_of(c, x->columns[i]);
        if (m >= 0 && c->given[m])
            continue;
        given = false;
        *unsure |= column->has_default && !column->autoincrement;
    }
    return given;
}

/* A row of a later turn may take away what a foreign key of an earlier one refers to. */
static bool refers_to_itself(const struct change *c)
{
    const struct model *m = c->target.model;
    for (int i = 0; i < m->nforeign_keys; i++) {
        const struct foreign_key *f = &m->foreign_keys[i];
        if (f->deferrable || sqlite3_stricmp(f->parent_table, m->remote_name) == 0 ||
            sqlite3_stricmp(f->parent_table, c->table->declared.name) == 0)
            return true;
    }
    return false;
}

static bool order_counts(const struct change *c)
{
    const struct remote *r = c->target.remote;
    if (r->kind != REMOTE_TABLE || !r->transactional || r->storage_unread || refers_to_itself(c))
        return true;
    for (int i = 0; i < r->nindexes; i++) {
        const struct remote_index *x = &r->indexes[i];
        bool unsure = false;
        if (x->exclusion)
            return true;
        if (!x->unique)
            continue;
        if (x->partial || x->ncolumns == 0 || has_expressions(x))
            return true;
        key_is_given(c, x, &unsure);
        if (unsure)
            return true;
    }
    return false;
}

/* "a = $1 AND b = $2", and where the values come from. */
static char *write_key(struct change *c, const struct remote_index *x, struct room *r,
                       struct room_key *k)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    k->columns = arena_alloc(&r->arena, (size_t)x->ncolumns * 2 * sizeof *k->columns);
    k->types = arena_alloc(&r->arena, (size_t)x->ncolumns * 2 * sizeof *k->types);
    for (int i = 0; i < x->ncolumns && k->columns && k->types; i++) {
        int column = x->columns[i], forms = equal_alike(c, column) ? 1 : 2;
        for (int equal = 0; equal < forms; equal++) {
            struct type *type = &k->types[k->nargs];
            k->columns[k->nargs++] = model_of(c, column);
            *type = c->target.remote->columns[column].type;
            type->text = arena_str(&r->arena, type->text);
            type->nlabels = 0;
            type->labels = NULL;
            sqlite3_str_appendf(s, "%s%s = %s", k->nargs > 1 ? " AND " : "",
                                key_name(c, column, equal != 0),
                                key_argument(c, column, equal != 0, k->nargs));
        }
    }
    return arena_take_str(&c->row, s);
}

static int add_key(struct change *c, const struct remote_index *x, struct room *r, struct err *err)
{
    const struct dialect *d = c->target.bind->conn->dialect;
    const char *schema = c->target.model->remote_schema, *name = c->target.model->remote_name;
    struct room_key *k = &r->keys[r->nkeys];
    const char *where = write_key(c, x, r, k);
    const struct type **types = arena_alloc(&c->row, (size_t)k->nargs * sizeof *types + 1);
    char *sql;
    if (!where || !types || !k->columns || !k->types)
        return err_nomem(err);
    for (int i = 0; i < k->nargs; i++)
        types[i] = &k->types[i];
    r->nkeys++;
    if (change_many(d, schema, name, NULL, 0, where, types, k->nargs,
                    x->ncolumns == 1 && coltype_is_whole(types[0]->id), &k->many) != SQLITE_OK)
        return err_nomem(err);
    sql = change_delete(d, schema, name, where, "");
    k->sql = arena_str(&r->arena, sql);
    sqlite3_free(sql);
    return k->sql ? SQLITE_OK : err_nomem(err);
}

static int make(struct change *c, struct room **out, struct err *err)
{
    const struct remote *remote = c->target.remote;
    struct room *r = room_new();
    bool ignored = false;
    int rc = SQLITE_OK;
    if (r != NULL)
        r->keys = arena_alloc(&r->arena, (size_t)(remote->nindexes + 1) * sizeof *r->keys);
    if (r == NULL || r->keys == NULL)
        rc = err_nomem(err);
    for (int i = 0; i < remote->nindexes && rc == SQLITE_OK; i++)
        if (remote->indexes[i].unique && key_is_given(c, &remote->indexes[i], &ignored))
            rc = add_key(c, &remote->indexes[i], r, err);
    if (rc != SQLITE_OK) {
        room_release(r);
        return rc;
    }
    *out = r;
    return SQLITE_OK;
}

/* What was found for the last row holds for the next one that gives the same columns. */
int change_room(struct change *c, struct room **out, struct err *err)
{
    size_t n = (size_t)c->target.model->ncolumns * sizeof *c->given;
    struct conn *conn;
    int rc = SQLITE_OK;
    *out = NULL;
    if (c->room.known && memcmp(c->room.given, c->given, n) == 0) {
        *out = c->room.room;
        return SQLITE_OK;
    }
    change_forget_room(c);
    rc = bind_connect(c->target.bind, &conn, err);
    if (rc != SQLITE_OK)
        return bind_fail(c->target.bind, c->target.what, err);
    if (!(conn->caps & CAP_MANY_ROWS) && !order_counts(c))
        rc = make(c, &c->room.room, err);
    memcpy(c->room.given, c->given, n);
    c->room.known = rc == SQLITE_OK;
    *out = c->room.room;
    return rc;
}

void change_forget_room(struct change *c)
{
    room_release(c->room.room);
    c->room.room = NULL;
    c->room.known = false;
}
