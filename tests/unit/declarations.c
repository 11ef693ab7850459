/* The test double of the `bind` module: see declarations.h.  It reads and plans nothing. */
#include "declarations.h"

#include <string.h>

static void forget(struct declarations *d)
{
    model_free(d->model);
    sqlite3_free(d->declared);
    d->model = NULL;
    d->declared = NULL;
    err_clear(&d->err);
}

static int double_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                          sqlite3_vtab **vtab, char **message)
{
    struct declarations *d = aux;
    forget(d);
    int rc = parse_arguments(argc, argv, &d->model, &d->err);
    if (rc != SQLITE_OK) {
        *message = sqlite3_mprintf("%s", d->err.text);
        return rc;
    }
    d->declared = declare_text(d->model);
    if (d->declared == NULL)
        return SQLITE_NOMEM;
    rc = sqlite3_declare_vtab(db, d->declared);
    if (rc != SQLITE_OK) {
        *message = sqlite3_mprintf("declare_vtab: %s: %s", sqlite3_errmsg(db), d->declared);
        return rc;
    }
    *vtab = sqlite3_malloc64(sizeof **vtab);
    if (*vtab == NULL)
        return SQLITE_NOMEM;
    memset(*vtab, 0, sizeof **vtab);
    return SQLITE_OK;
}

static int double_disconnect(sqlite3_vtab *vtab)
{
    sqlite3_free(vtab);
    return SQLITE_OK;
}

static int double_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    (void)vtab;
    (void)info;
    return SQLITE_OK;
}

static int double_update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid)
{
    (void)vtab;
    (void)argc;
    (void)argv;
    *rowid = 0;
    return SQLITE_READONLY;
}

static int double_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **cursor)
{
    (void)vtab;
    *cursor = sqlite3_malloc64(sizeof **cursor);
    return *cursor != NULL ? SQLITE_OK : SQLITE_NOMEM;
}

static int double_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int double_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc,
                         sqlite3_value **argv)
{
    (void)cursor;
    (void)number;
    (void)text;
    (void)argc;
    (void)argv;
    return SQLITE_OK;
}

static int double_next(sqlite3_vtab_cursor *cursor)
{
    (void)cursor;
    return SQLITE_OK;
}

static int double_eof(sqlite3_vtab_cursor *cursor)
{
    (void)cursor;
    return 1;
}

static int double_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int i)
{
    (void)cursor;
    (void)context;
    (void)i;
    return SQLITE_OK;
}

static int double_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    (void)cursor;
    *rowid = 0;
    return SQLITE_OK;
}

/* With xUpdate: SQLite asks for exactly one PRIMARY KEY column only where a table can be written. */
static const sqlite3_module double_module = {
    .xCreate = double_connect,
    .xConnect = double_connect,
    .xBestIndex = double_best_index,
    .xDisconnect = double_disconnect,
    .xDestroy = double_disconnect,
    .xOpen = double_open,
    .xClose = double_close,
    .xFilter = double_filter,
    .xNext = double_next,
    .xEof = double_eof,
    .xColumn = double_column,
    .xRowid = double_rowid,
    .xUpdate = double_update,
};

int declarations_init(struct declarations *d)
{
    memset(d, 0, sizeof *d);
    int rc = sqlite3_open(":memory:", &d->db);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_module(d->db, "bind", &double_module, d);
    return rc;
}

void declarations_clear(struct declarations *d)
{
    sqlite3_close(d->db);
    forget(d);
}

int declarations_keep(struct declarations *d, const char *table, const char *arguments)
{
    forget(d);
    char *sql = sqlite3_mprintf("CREATE VIRTUAL TABLE \"%w\" USING bind(%s)", table, arguments);
    if (sql == NULL)
        return SQLITE_NOMEM;
    int rc = sqlite3_exec(d->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    if (rc != SQLITE_OK && d->err.text[0] == '\0')
        err_set(&d->err, rc, "%s", sqlite3_errmsg(d->db));
    return rc;
}

int declarations_create(struct declarations *d, const char *table, const char *arguments)
{
    int rc = declarations_keep(d, table, arguments);
    if (rc != SQLITE_OK)
        return rc;
    char *sql = sqlite3_mprintf("DROP TABLE \"%w\"", table);
    if (sql == NULL)
        return SQLITE_NOMEM;
    rc = sqlite3_exec(d->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc;
}

static void dump_columns(sqlite3_str *s, const struct model *m, int n, const int *columns,
                         const bool *descending)
{
    for (int i = 0; i < n; i++)
        sqlite3_str_appendf(s, "%s%s%s", i > 0 ? ", " : "(", m->columns[columns[i]].name,
                            descending != NULL && descending[i] ? " desc" : "");
    sqlite3_str_appendall(s, ")");
}

static void dump_column(sqlite3_str *s, const struct column *c)
{
    static const char *const collations[] = {"", " nocase", " rtrim"};
    static const char *const generated[] = {"", "virtual", "stored"};
    sqlite3_str_appendf(s, "column %s", c->name);
    if (c->type.text[0] != '\0')
        sqlite3_str_appendf(s, " %s", c->type.text);
    sqlite3_str_appendall(s, collations[c->collation]);
    if (c->key_position > 0)
        sqlite3_str_appendf(s, " key %d", c->key_position);
    if (c->not_null)
        sqlite3_str_appendall(s, " not null");
    if (c->autoincrement)
        sqlite3_str_appendall(s, " auto");
    if (c->default_text != NULL)
        sqlite3_str_appendf(s, " default %s", c->default_text);
    if (c->generated != GENERATED_NO)
        sqlite3_str_appendf(s, " %s %s", generated[c->generated], c->generated_text);
    sqlite3_str_appendall(s, "\n");
}

static void dump_foreign_key(sqlite3_str *s, const struct model *m, const struct foreign_key *fk)
{
    static const char *const actions[] = {"no action", "restrict", "set null", "set default",
                                          "cascade"};
    sqlite3_str_appendf(s, "foreign %s%s", fk->name != NULL ? fk->name : "",
                        fk->name != NULL ? " " : "");
    dump_columns(s, m, fk->ncolumns, fk->columns, NULL);
    sqlite3_str_appendf(s, " -> %s%s%s", fk->parent_schema != NULL ? fk->parent_schema : "",
                        fk->parent_schema != NULL ? "." : "", fk->parent_table);
    for (int i = 0; i < fk->ncolumns && fk->parent_columns != NULL; i++)
        sqlite3_str_appendf(s, "%s%s%s", i > 0 ? ", " : " (", fk->parent_columns[i],
                            i == fk->ncolumns - 1 ? ")" : "");
    if (fk->on_delete != FK_NO_ACTION)
        sqlite3_str_appendf(s, " on delete %s", actions[fk->on_delete]);
    if (fk->on_update != FK_NO_ACTION)
        sqlite3_str_appendf(s, " on update %s", actions[fk->on_update]);
    sqlite3_str_appendf(s, "%s%s\n", fk->deferrable ? " deferrable" : "",
                        fk->initially_deferred ? " deferred" : "");
}

char *model_dump(const struct model *m)
{
    static const char *const kinds[] = {"primary", "unique", "index"};
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendf(s, "table %s -> %s%s%s, bind %s, info %s\n", m->local_name,
                        m->remote_schema != NULL ? m->remote_schema : "",
                        m->remote_schema != NULL ? "." : "", m->remote_name,
                        m->bind_key != NULL ? m->bind_key : "[default]", m->info);
    for (int i = 0; i < m->ncolumns; i++)
        dump_column(s, &m->columns[i]);
    for (int i = 0; i < m->nkeys; i++) {
        const struct key *k = &m->keys[i];
        sqlite3_str_appendf(s, "%s%s %s%s", k->kind == KEY_INDEX && k->unique ? "unique " : "",
                            kinds[k->kind], k->name != NULL ? k->name : "",
                            k->name != NULL ? " " : "");
        dump_columns(s, m, k->ncolumns, k->columns, k->descending);
        sqlite3_str_appendall(s, "\n");
    }
    for (int i = 0; i < m->nforeign_keys; i++)
        dump_foreign_key(s, m, &m->foreign_keys[i]);
    for (int i = 0; i < m->nchecks; i++)
        sqlite3_str_appendf(s, "check%s%s: %s\n", m->checks[i].name != NULL ? " " : "",
                            m->checks[i].name != NULL ? m->checks[i].name : "",
                            m->checks[i].expression);
    return sqlite3_str_finish(s);
}
