/* Arguments of CREATE VIRTUAL TABLE … USING bind(…) → model.
**
** The arguments are options (option.h), column definitions and table constraints, in any order.  Three readers
** work on them: option.c takes the options out, definition.c scans the rest clause by clause, and SQLite's own
** parser (private_db.c) reads what definition.c makes of it.  This file puts their answers together; whatever two
** of them know is checked against each other, so that a misreading is an error and never a wrong model. */
#include "model/parse.h"

#include "model/declare.h"
#include "model/definition.h"
#include "model/info.h"
#include "model/list.h"
#include "model/option.h"
#include "model/private_db.h"
#include <string.h>

#define COLUMNS_MAX 2000 /* SQLite's default SQLITE_LIMIT_COLUMN */
#define KEYS_MAX 2000    /* each is made as an index, at a cost that grows with their number */
#define ARGV_TABLE 2
#define ARGV_PIECES 3

enum { OPTION_BIND_KEY, OPTION_INFO, OPTION_TABLE, OPTION_SCHEMA, OPTION_N };
static const char *const option_names[] = {
    [OPTION_BIND_KEY] = "bind_key", [OPTION_INFO] = "info", [OPTION_TABLE] = "table",
    [OPTION_SCHEMA] = "schema",     [OPTION_N] = NULL,
};

struct parse {
    struct arena scratch; /* tokens, pieces: gone when the model stands */
    sqlite3 *db;
    struct model *model;
    struct definition def;
    bool given[OPTION_N];
    const char *value[OPTION_N];
    struct err *err;
};

/* ---- options */

static int take_option(struct parse *p, const struct option *option)
{
    for (int i = 0; i < OPTION_N; i++) {
        if (option->name != option_names[i])
            continue;
        if (p->given[i])
            return err_set(p->err, SQLITE_ERROR, "option %s is given twice", option->name);
        if (i != OPTION_BIND_KEY && (option->value == NULL || option->value[0] == '\0'))
            return err_set(p->err, SQLITE_ERROR, "option %s is empty", option->name);
        p->given[i] = true;
        p->value[i] = option->value;
    }
    return SQLITE_OK;
}

/* Takes the options out of the arguments; pieces[] receives the others. */
static int split_arguments(struct parse *p, int argc, const char *const *argv, const char **pieces,
                           int *npieces)
{
    *npieces = 0;
    for (int i = ARGV_PIECES; i < argc; i++) {
        struct option option;
        bool found;
        int rc = option_read(argv[i], option_names, &p->scratch, &option, &found, p->err);
        if (rc == SQLITE_OK && found)
            rc = take_option(p, &option);
        else if (rc == SQLITE_OK)
            pieces[(*npieces)++] = argv[i];
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

static int apply_options(struct parse *p, const char *local_name)
{
    struct model *m = p->model;
    struct info_input in = {.has_key = p->given[OPTION_BIND_KEY],
                            .key = p->value[OPTION_BIND_KEY],
                            .text = p->value[OPTION_INFO]};
    int rc = info_unite(p->db, &in, &m->arena, &m->info, &m->bind_key, p->err);
    if (rc != SQLITE_OK)
        return rc;
    /* The key may be the option's own text, which is scratch. */
    const char *remote = p->given[OPTION_TABLE] ? p->value[OPTION_TABLE] : local_name;
    const char *schema = p->value[OPTION_SCHEMA];
    const char *key = m->bind_key;
    m->remote_name_given = p->given[OPTION_TABLE];
    m->bind_key = arena_str(&m->arena, key);
    m->remote_schema = arena_str(&m->arena, schema);
    m->remote_name = arena_str(&m->arena, remote);
    m->local_name = arena_str(&m->arena, local_name);
    bool full =
        (key == NULL || m->bind_key != NULL) && (schema == NULL || m->remote_schema != NULL);
    return full && m->remote_name != NULL && m->local_name != NULL ? SQLITE_OK : err_nomem(p->err);
}

/* ---- columns */

/* Enough for an array of n, never of nothing. */
static void *array_of(struct parse *p, int n, size_t size)
{
    return arena_alloc(&p->model->arena, (size_t)(n > 0 ? n : 1) * size);
}

static int misread(struct parse *p, const char *what)
{
    return err_set(p->err, SQLITE_ERROR, "the %s of table \"%s\" can not be told apart", what,
                   p->model->local_name);
}

/* Out of memory, when SQLite could not make the text of a column that is not NULL. */
static const char *column_text(struct parse *p, sqlite3_stmt *stmt, int i, int *rc)
{
    const char *text = (const char *)sqlite3_column_text(stmt, i);
    if (text == NULL && *rc == SQLITE_OK && sqlite3_column_type(stmt, i) != SQLITE_NULL)
        *rc = err_nomem(p->err);
    return text;
}

static int end_query(struct parse *p, sqlite3_stmt *stmt, int rc)
{
    int ended = sqlite3_finalize(stmt);
    if (rc == SQLITE_OK && ended != SQLITE_OK)
        rc = private_db_error(p->db, ended, p->err);
    return rc;
}

static int read_collation(struct parse *p, struct column *c)
{
    const char *collation = NULL;
    int not_null = 0, in_key = 0, autoincrement = 0;
    int rc = sqlite3_table_column_metadata(p->db, "main", p->model->local_name, c->name, NULL,
                                           &collation, &not_null, &in_key, &autoincrement);
    if (rc != SQLITE_OK)
        return private_db_error(p->db, rc, p->err);
    c->autoincrement = autoincrement != 0;
    c->collation = COLLATION_BINARY;
    if (sqlite3_stricmp(collation, "NOCASE") == 0)
        c->collation = COLLATION_NOCASE;
    else if (sqlite3_stricmp(collation, "RTRIM") == 0)
        c->collation = COLLATION_RTRIM;
    return SQLITE_OK;
}

static int fill_column(struct parse *p, const struct def_column *def, struct column *c)
{
    struct arena *arena = &p->model->arena;
    c->name = arena_str(arena, def->name);
    c->default_text = arena_str(arena, def->default_text);
    c->generated_text = arena_str(arena, def->generated_text);
    if (c->name == NULL || (def->default_text != NULL && c->default_text == NULL) ||
        (def->generated_text != NULL && c->generated_text == NULL))
        return err_nomem(p->err);
    int rc = coltype_parse(def->type, arena, &c->type, p->err);
    if (rc == SQLITE_OK)
        rc = read_collation(p, c);
    return rc;
}

static int read_columns(struct parse *p)
{
    enum { XINFO_NAME = 1, XINFO_NOTNULL = 3, XINFO_PK = 5, XINFO_HIDDEN = 6 };
    enum { HIDDEN_VIRTUAL = 2, HIDDEN_STORED = 3 };
    struct model *m = p->model;
    sqlite3_stmt *stmt = NULL;
    int i = 0;
    m->columns = array_of(p, p->def.ncolumns, sizeof *m->columns);
    if (m->columns == NULL)
        return err_nomem(p->err);
    int rc =
        private_db_query(p->db, &stmt, p->err, "PRAGMA main.table_xinfo(\"%w\")", m->local_name);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = column_text(p, stmt, XINFO_NAME, &rc);
        if (rc != SQLITE_OK)
            break;
        if (i >= p->def.ncolumns || name == NULL || strcmp(name, p->def.columns[i].name) != 0) {
            rc = misread(p, "columns");
            break;
        }
        struct column *c = &m->columns[i];
        rc = fill_column(p, &p->def.columns[i], c);
        c->key_position = sqlite3_column_int(stmt, XINFO_PK);
        c->not_null = sqlite3_column_int(stmt, XINFO_NOTNULL) != 0;
        int hidden = sqlite3_column_int(stmt, XINFO_HIDDEN);
        c->generated = hidden == HIDDEN_STORED    ? GENERATED_STORED
                       : hidden == HIDDEN_VIRTUAL ? GENERATED_VIRTUAL
                                                  : GENERATED_NO;
        if (rc == SQLITE_OK && (c->generated != GENERATED_NO) != (c->generated_text != NULL))
            rc = misread(p, "generated columns");
        i++;
    }
    rc = end_query(p, stmt, rc);
    if (rc == SQLITE_OK && i != p->def.ncolumns)
        rc = misread(p, "columns");
    m->ncolumns = i;
    return rc;
}

/* ---- keys */

/* Columns and directions of an index of the private connection, as key k. */
static int read_index(struct parse *p, const char *index, int piece, struct key *k)
{
    enum { XINFO_CID = 1, XINFO_DESC = 3, XINFO_COLLATION = 4, XINFO_KEY = 5 };
    static const char *const collations[] = {"BINARY", "NOCASE", "RTRIM"};
    struct model *m = p->model;
    sqlite3_stmt *stmt = NULL;
    int rc = private_db_query(p->db, &stmt, p->err, "PRAGMA main.index_xinfo(\"%w\")", index);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        if (sqlite3_column_int(stmt, XINFO_KEY) == 0)
            continue;
        int column = sqlite3_column_int(stmt, XINFO_CID);
        const char *collation = column_text(p, stmt, XINFO_COLLATION, &rc);
        if (rc != SQLITE_OK)
            break;
        if (column < 0 || column >= m->ncolumns) {
            rc = definition_error(&p->def, piece, "keys and indexes are lists of columns", p->err);
            break;
        }
        if (sqlite3_stricmp(collation, collations[m->columns[column].collation]) != 0) {
            rc = definition_error(&p->def, piece,
                                  "COLLATE belongs to the column, a key or index can have no other",
                                  p->err);
            break;
        }
        bool repeated = false;
        for (int i = 0; i < k->ncolumns; i++)
            repeated = repeated || k->columns[i] == column;
        if (repeated)
            continue;
        k->columns = list_add(&m->arena, k->columns, k->ncolumns, sizeof *k->columns);
        k->descending = list_add(&m->arena, k->descending, k->ncolumns, sizeof *k->descending);
        if (k->columns == NULL || k->descending == NULL) {
            rc = err_nomem(p->err);
            break;
        }
        k->columns[k->ncolumns] = column;
        k->descending[k->ncolumns++] = sqlite3_column_int(stmt, XINFO_DESC) != 0;
    }
    return end_query(p, stmt, rc);
}

/* The index behind the primary key; NULL (and SQLITE_OK) when the key is the rowid. */
static int primary_index(struct parse *p, const char **index)
{
    enum { LIST_NAME = 1, LIST_ORIGIN = 3 };
    sqlite3_stmt *stmt = NULL;
    *index = NULL;
    int rc = private_db_query(p->db, &stmt, p->err, "PRAGMA main.index_list(\"%w\")",
                              p->model->local_name);
    while (rc == SQLITE_OK && *index == NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *origin = column_text(p, stmt, LIST_ORIGIN, &rc);
        if (rc != SQLITE_OK || origin == NULL || strcmp(origin, "pk") != 0)
            continue;
        const char *name = column_text(p, stmt, LIST_NAME, &rc);
        *index = arena_str(&p->scratch, name);
        if (rc == SQLITE_OK && *index == NULL)
            rc = err_nomem(p->err);
    }
    return end_query(p, stmt, rc);
}

static int read_primary_key(struct parse *p, struct key *k)
{
    const char *index;
    int rc = primary_index(p, &index);
    if (rc != SQLITE_OK)
        return rc;
    k->kind = KEY_PRIMARY;
    k->unique = true;
    k->name = arena_str(&p->model->arena, p->def.primary_name);
    if (p->def.primary_name != NULL && k->name == NULL)
        return err_nomem(p->err);
    if (index != NULL)
        return read_index(p, index, p->def.primary_piece, k);
    k->columns = array_of(p, 1, sizeof *k->columns);
    k->descending = array_of(p, 1, sizeof *k->descending);
    if (k->columns == NULL || k->descending == NULL)
        return err_nomem(p->err);
    for (int i = 0; i < p->model->ncolumns && k->ncolumns == 0; i++) {
        if (p->model->columns[i].key_position > 0)
            k->columns[k->ncolumns++] = i;
    }
    return k->ncolumns == 1 ? SQLITE_OK : misread(p, "key columns");
}

/* SQLite makes no second index where a primary key or UNIQUE of the same columns stands already, and nor
** does a model; a name is kept. */
static bool is_redundant(struct model *m, const struct key *k)
{
    for (int i = 0; i < m->nkeys && k->kind == KEY_UNIQUE; i++) {
        struct key *other = &m->keys[i];
        if (other->kind == KEY_INDEX || other->ncolumns != k->ncolumns ||
            memcmp(other->columns, k->columns, (size_t)k->ncolumns * sizeof *k->columns) != 0 ||
            (other->name != NULL && k->name != NULL))
            continue;
        if (other->name == NULL)
            other->name = k->name;
        return true;
    }
    return false;
}

static int read_key(struct parse *p, int i)
{
    struct model *m = p->model;
    const struct def_key *def = &p->def.keys[i];
    struct key k = {.kind = def->kind, .unique = def->unique};
    k.name = arena_str(&m->arena, def->name);
    if (def->name != NULL && k.name == NULL)
        return err_nomem(p->err);
    for (int other = 0; other < m->nkeys && def->kind == KEY_INDEX; other++) {
        if (m->keys[other].kind == KEY_INDEX && sqlite3_stricmp(m->keys[other].name, k.name) == 0)
            return definition_error(&p->def, def->piece, "there is an index of that name already",
                                    p->err);
    }
    char *index = private_db_key_name(m->local_name, i);
    int rc = index != NULL ? private_db_key(p->db, m->local_name, &p->def, i, p->err)
                           : err_nomem(p->err);
    if (rc == SQLITE_OK)
        rc = read_index(p, index, def->piece, &k);
    sqlite3_free(index);
    if (rc == SQLITE_OK && !is_redundant(m, &k))
        m->keys[m->nkeys++] = k;
    return rc;
}

static int read_keys(struct parse *p)
{
    struct model *m = p->model;
    m->keys = array_of(p, p->def.nkeys + 1, sizeof *m->keys);
    if (m->keys == NULL)
        return err_nomem(p->err);
    int rc = SQLITE_OK;
    if (p->def.primary_piece >= 0) {
        rc = read_primary_key(p, &m->keys[0]);
        m->nkeys = 1;
    }
    for (int i = 0; i < p->def.nkeys && rc == SQLITE_OK; i++)
        rc = read_key(p, i);
    return rc;
}

/* ---- foreign keys and checks */

static enum fk_action action_named(const char *name)
{
    static const char *const names[] = {
        [FK_NO_ACTION] = "NO ACTION",     [FK_RESTRICT] = "RESTRICT", [FK_SET_NULL] = "SET NULL",
        [FK_SET_DEFAULT] = "SET DEFAULT", [FK_CASCADE] = "CASCADE",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (name != NULL && sqlite3_stricmp(name, names[i]) == 0)
            return (enum fk_action)i;
    }
    return FK_NO_ACTION;
}

/* One row of the pragma: column number seq of foreign key fk. */
static int read_reference(struct parse *p, sqlite3_stmt *stmt, struct foreign_key *fk)
{
    enum { FK_TABLE = 2, FK_FROM, FK_TO, FK_ON_UPDATE, FK_ON_DELETE };
    struct model *m = p->model;
    int rc = SQLITE_OK;
    const char *table = column_text(p, stmt, FK_TABLE, &rc);
    const char *from = column_text(p, stmt, FK_FROM, &rc);
    const char *to = column_text(p, stmt, FK_TO, &rc);
    const char *on_update = column_text(p, stmt, FK_ON_UPDATE, &rc);
    const char *on_delete = column_text(p, stmt, FK_ON_DELETE, &rc);
    int column = from != NULL ? model_column(m, from) : -1;
    if (rc != SQLITE_OK)
        return rc;
    if (table == NULL || column < 0)
        return misread(p, "foreign keys");
    if (fk->ncolumns == 0) {
        fk->parent_table = arena_str(&m->arena, table);
        fk->on_delete = action_named(on_delete);
        fk->on_update = action_named(on_update);
        if (fk->parent_table == NULL)
            return err_nomem(p->err);
    }
    fk->columns = list_add(&m->arena, fk->columns, fk->ncolumns, sizeof *fk->columns);
    if (to != NULL)
        fk->parent_columns =
            list_add(&m->arena, fk->parent_columns, fk->ncolumns, sizeof *fk->parent_columns);
    if (fk->columns == NULL || (to != NULL && fk->parent_columns == NULL))
        return err_nomem(p->err);
    fk->columns[fk->ncolumns] = column;
    if (to != NULL && (fk->parent_columns[fk->ncolumns] = arena_str(&m->arena, to)) == NULL)
        return err_nomem(p->err);
    fk->ncolumns++;
    return SQLITE_OK;
}

/* The pragma numbers foreign keys from the last declared one backwards. */
static int read_foreign_keys(struct parse *p)
{
    struct model *m = p->model;
    int n = p->def.nforeign_keys;
    sqlite3_stmt *stmt = NULL;
    m->foreign_keys = array_of(p, n, sizeof *m->foreign_keys);
    if (m->foreign_keys == NULL)
        return err_nomem(p->err);
    int rc = private_db_query(p->db, &stmt, p->err, "PRAGMA main.foreign_key_list(\"%w\")",
                              m->local_name);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        int id = sqlite3_column_int(stmt, 0);
        rc = id >= 0 && id < n ? read_reference(p, stmt, &m->foreign_keys[n - 1 - id])
                               : misread(p, "foreign keys");
    }
    rc = end_query(p, stmt, rc);
    for (int i = 0; i < n && rc == SQLITE_OK; i++) {
        const struct def_foreign_key *def = &p->def.foreign_keys[i];
        struct foreign_key *fk = &m->foreign_keys[i];
        fk->name = arena_str(&m->arena, def->name);
        fk->parent_schema = arena_str(&m->arena, def->parent_schema);
        fk->deferrable = def->deferrable;
        fk->initially_deferred = def->initially_deferred;
        if ((def->name != NULL && fk->name == NULL) ||
            (def->parent_schema != NULL && fk->parent_schema == NULL))
            rc = err_nomem(p->err);
        else if (fk->ncolumns == 0)
            rc = misread(p, "foreign keys");
    }
    m->nforeign_keys = n;
    return rc;
}

static int read_checks(struct parse *p)
{
    struct model *m = p->model;
    m->checks = array_of(p, p->def.nchecks, sizeof *m->checks);
    if (m->checks == NULL)
        return err_nomem(p->err);
    for (int i = 0; i < p->def.nchecks; i++) {
        const struct check *def = &p->def.checks[i];
        m->checks[i].name = arena_str(&m->arena, def->name);
        m->checks[i].expression = arena_str(&m->arena, def->expression);
        if ((def->name != NULL && m->checks[i].name == NULL) || m->checks[i].expression == NULL)
            return err_nomem(p->err);
    }
    m->nchecks = p->def.nchecks;
    return SQLITE_OK;
}

/* ---- all together */

static int check_numbers(struct parse *p)
{
    int n = p->def.ncolumns;
    if (n == 0)
        return definition_error(&p->def, 0, "keys and constraints need columns beside them",
                                p->err);
    if (n > COLUMNS_MAX)
        return err_set(p->err, SQLITE_ERROR, "%d columns are too many: at most %d", n, COLUMNS_MAX);
    if (p->def.nkeys > KEYS_MAX)
        return err_set(p->err, SQLITE_ERROR, "%d keys and indexes are too many: at most %d",
                       p->def.nkeys, KEYS_MAX);
    return SQLITE_OK;
}

static int read_definition(struct parse *p)
{
    struct model *m = p->model;
    int rc = check_numbers(p);
    if (rc == SQLITE_OK)
        rc = private_db_table(p->db, m->local_name, &p->def, p->err);
    if (rc == SQLITE_OK)
        rc = read_columns(p);
    if (rc == SQLITE_OK)
        rc = read_keys(p);
    if (rc == SQLITE_OK)
        rc = read_foreign_keys(p);
    if (rc == SQLITE_OK)
        rc = read_checks(p);
    m->declared_columns = true;
    if (rc == SQLITE_OK && m->ncolumns == COLUMNS_MAX &&
        declare_identity(m).form != KEY_FORM_COLUMN)
        rc = err_set(p->err, SQLITE_ERROR,
                     "%d columns and the hidden key are too many: at most %d in all", m->ncolumns,
                     COLUMNS_MAX);
    return rc;
}

int parse_arguments(int argc, const char *const *argv, struct model **out, struct err *err)
{
    struct parse p = {.err = err};
    int npieces = 0;
    *out = NULL;
    if (argc < ARGV_PIECES)
        return err_set(err, SQLITE_MISUSE, "no table name among the arguments");
    arena_init(&p.scratch);
    const char **pieces = arena_alloc(&p.scratch, (size_t)argc * sizeof *pieces);
    p.model = model_new();
    int rc;
    if (pieces == NULL || p.model == NULL) {
        rc = err_nomem(err);
        goto done;
    }
    rc = split_arguments(&p, argc, argv, pieces, &npieces);
    if (rc == SQLITE_OK)
        rc = private_db_open(&p.db, err);
    if (rc == SQLITE_OK)
        rc = apply_options(&p, argv[ARGV_TABLE]);
    if (rc == SQLITE_OK)
        rc = definition_read(pieces, npieces, &p.scratch, &p.def, err);
    if (rc == SQLITE_OK && p.def.npieces > 0)
        rc = read_definition(&p);
done:
    sqlite3_close(p.db);
    arena_clear(&p.scratch);
    if (rc == SQLITE_OK)
        *out = p.model;
    else
        model_free(p.model);
    return rc;
}
