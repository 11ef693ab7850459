/* xUpdate: INSERT, UPDATE and DELETE of one row.
**
** An INSERT under the plain conflict clause in autocommit may wait in the writer: if it fails at COMMIT,
** exactly this statement fails.  Everything else is sent at once.  Constraint errors keep their extended code
** where SQLite does not need the plain one to carry out IGNORE, FAIL or ROLLBACK. */
#include "session/reflect.h"
#include "sqlgen/change.h"
#include "vtab/change.h"
#include "vtab/statement.h"

#include <string.h>

/* SQLite acts on the conflict clause only when it sees the plain SQLITE_CONSTRAINT; and natively OR IGNORE does
** not cover foreign keys. */
static int constraint_rc(const struct change *c, int rc) {
    if ((rc & 0xff) != SQLITE_CONSTRAINT)
        return rc;
    switch (c->conflict) {
    case SQLITE_IGNORE: return rc == SQLITE_CONSTRAINT_FOREIGNKEY || rc == SQLITE_CONSTRAINT_DATATYPE
                                   ? rc : SQLITE_CONSTRAINT;
    case SQLITE_FAIL:
    case SQLITE_ROLLBACK: return SQLITE_CONSTRAINT;
    default: return rc;
    }
}

/* Is a value sent for this column of an INSERT, or is it left to the server's default? */
static bool column_given(const struct change *c, int i, const struct insert_shape *shape, bool null) {
    const struct column *column = &c->target.model->columns[i];
    if (!null)
        return true;
    if (column->generated != GENERATED_NO || i == c->target.auto_column)
        return false;
    if (c->remote_column[i] >= 0 && c->target.remote->columns[c->remote_column[i]].generated)
        return false;
    if (shape->known)
        return shape->given[i];
    return !(column->not_null || column->key_position > 0);
}

static int insert_values(struct change *c, sqlite3_value **columns, struct err *err) {
    const struct insert_shape *shape;
    int i, rc = statement_insert_shape(c->table, &shape, err);
    for (i = 0; i < c->target.model->ncolumns && rc == SQLITE_OK; i++)
        if (column_given(c, i, shape, sqlite3_value_type(columns[i]) == SQLITE_NULL))
            rc = change_set(c, i, columns[i], err);
    return rc;
}

static int insert_row(struct change *c, sqlite3_value **columns, sqlite3_int64 *rowid, struct err *err) {
    sqlite3 *db = c->table->binds->db;
    int rc = insert_values(c, columns, err);
    if (rc != SQLITE_OK)
        return rc;
    *rowid = sqlite3_last_insert_rowid(db);
    if (c->target.auto_column >= 0 && c->given[c->target.auto_column] &&
        c->cells[c->target.auto_column].cls == CELL_INT)
        *rowid = c->cells[c->target.auto_column].i;
    if (c->conflict == SQLITE_REPLACE) {
        rc = change_make_room(c, NULL, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    if (c->conflict == SQLITE_ABORT && sqlite3_get_autocommit(db))
        return writer_insert_later(&c->target, c->cells, c->given, err);
    return writer_insert_now(&c->target, c->cells, c->given, rowid, err);
}

/* Only a row that is recognised by its values can be missed without anybody having deleted it. */
static int check_found(const struct change *c, const struct row_where *where, sqlite3_int64 affected,
                       struct err *err) {
    if (affected > 0 || !where->by_values)
        return SQLITE_OK;
    err_set(err, SQLITE_ERROR,
            "the row was not found again by its values: declare a PRIMARY KEY so that it can be told apart");
    return bind_fail(c->target.bind, c->target.what, err);
}

static int delete_row(struct change *c, sqlite3_value *key, struct err *err) {
    struct row_where where;
    sqlite3_int64 affected = 0;
    char *sql;
    int rc = change_find(c, key, 1, &where, err);
    if (rc != SQLITE_OK)
        return rc;
    sql = change_delete(c->target.bind->conn->dialect, c->target.model->remote_schema,
                        c->target.model->remote_name, where.text, where.tail);
    rc = sql ? change_run(c, sql, where.args, where.nargs, &affected, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? check_found(c, &where, affected, err) : rc;
}

/* The columns that an UPDATE sets: those that SQLite does not mark as unchanged. */
static int update_values(struct change *c, sqlite3_value **columns, int *n, struct err *err) {
    int i, rc = SQLITE_OK;
    *n = 0;
    for (i = 0; i < c->target.model->ncolumns && rc == SQLITE_OK; i++) {
        if (sqlite3_value_nochange(columns[i]))
            continue;
        if (c->target.model->columns[i].generated != GENERATED_NO)
            continue; /* only UPDATE … FROM on old hosts hands these over */
        rc = change_set(c, i, columns[i], err);
        (*n)++;
    }
    return rc;
}

static int send_update(struct change *c, sqlite3_value *key, int n, struct err *err) {
    const struct model *m = c->target.model;
    struct change_column *columns = arena_alloc(&c->arena, (size_t)n * sizeof *columns);
    struct arg *args;
    struct row_where where;
    sqlite3_int64 affected = 0;
    char *sql;
    int i, j = 0, rc = change_find(c, key, n + 1, &where, err);
    if (rc != SQLITE_OK)
        return rc;
    args = arena_alloc(&c->arena, (size_t)(n + where.nargs + 1) * sizeof *args);
    if (!columns || !args)
        return err_nomem(err);
    for (i = 0; i < m->ncolumns; i++) {
        const struct remote_column *remote;
        if (!c->given[i])
            continue;
        remote = &c->target.remote->columns[c->remote_column[i]];
        columns[j] = (struct change_column){.name = remote->name, .type = &remote->type};
        args[j++] = (struct arg){.type = &remote->type, .cells = &c->cells[i], .ncells = 1};
    }
    memcpy(args + n, where.args, (size_t)where.nargs * sizeof *args);
    sql = change_update(c->target.bind->conn->dialect, m->remote_schema, m->remote_name, columns, n, where.text,
                        where.tail);
    rc = sql ? change_run(c, sql, args, n + where.nargs, &affected, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? check_found(c, &where, affected, err) : rc;
}

static int update_row(struct change *c, sqlite3_value *key, sqlite3_value **columns, struct err *err) {
    int n, rc = update_values(c, columns, &n, err);
    if (rc != SQLITE_OK || n == 0)
        return rc;
    if (c->conflict == SQLITE_REPLACE) {
        rc = change_make_room(c, key, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    return send_update(c, key, n, err);
}

int table_update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid) {
    struct table *t = (struct table *)vtab;
    struct change c;
    struct err err;
    int rc;
    err_clear(&err);
    *rowid = sqlite3_last_insert_rowid(t->binds->db);
    rc = change_begin(&c, t, &err);
    if (rc == SQLITE_OK) {
        if (argc == 1)
            rc = delete_row(&c, argv[0], &err);
        else if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
            rc = insert_row(&c, argv + 2, rowid, &err);
        else
            rc = update_row(&c, argv[0], argv + 2, &err);
    }
    txn_count_change(t->binds, rc == SQLITE_OK);
    if (rc != SQLITE_OK) {
        rc = constraint_rc(&c, rc);
        err_to_vtab(&err, vtab);
    }
    change_clear(&c);
    return rc;
}
