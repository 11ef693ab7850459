/* create_all, drop_all, bind_ddl and what the catalog says afterwards, on SQLite binds: whole extension, real
** files.  Servers have the same through the golden tests. */
#include "unit.h"

#include "oom.h"
#include "session/create.h"
#include "session/reflect.h"
#include "vtab/listing.h"
#include "vtab/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OOM_MAX 5000

struct fixture {
    char folder[64], a[96], b[96];
    sqlite3 *db;
    struct binds *binds;
    struct err err;
};

static struct fixture fx;

static void run(const char *sql)
{
    char *message = NULL;
    int rc = sqlite3_exec(fx.db, sql, NULL, NULL, &message);
    if (rc != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

/* Runs SQL on a file, as somebody else. */
static void run_on(const char *file, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void add_bind(const char *key, const char *file, const char *options)
{
    char *url = sqlite3_mprintf("sqlite:///%s%s", file, options);
    if (binds_insert(fx.binds, key, url, &fx.err) != SQLITE_OK)
        fail_msg("%s: %s", url, fx.err.text);
    sqlite3_free(url);
}

static int set_up(void **state)
{
    static int (*const parts[])(struct binds *) = {
        table_register,     guard_register,        binds_table_register,
        log_table_register, tables_table_register, functions_register,
    };
    (void)state;
    memset(&fx, 0, sizeof fx);
    sqlite3_snprintf(sizeof fx.folder, fx.folder, "/tmp/binds-XXXXXX");
    assert_non_null(mkdtemp(fx.folder));
    sqlite3_snprintf(sizeof fx.a, fx.a, "%s/a.db", fx.folder);
    sqlite3_snprintf(sizeof fx.b, fx.b, "%s/b.db", fx.folder);
    assert_int_equal(sqlite3_open(":memory:", &fx.db), SQLITE_OK);
    assert_int_equal(binds_new(fx.db, &fx.binds, &fx.err), SQLITE_OK);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_int_equal(parts[i](fx.binds), SQLITE_OK);
    add_bind(NULL, fx.a, "");
    add_bind("b", fx.b, "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    binds_release(fx.binds);
    assert_int_equal(sqlite3_close(fx.db), SQLITE_OK);
    unlink(fx.a);
    unlink(fx.b);
    assert_int_equal(rmdir(fx.folder), 0);
    return 0;
}

static struct cell key(const char *text)
{
    return cell_str(text);
}

static void expect_count(enum create_what what, const struct cell *selector, sqlite3_int64 expected)
{
    sqlite3_int64 count = -1;
    err_clear(&fx.err);
    if (create_run(fx.binds, what, selector, &count, &fx.err) != SQLITE_OK)
        fail_msg("%s", fx.err.text);
    assert_int_equal(count, expected);
}

static void expect_error(enum create_what what, const struct cell *selector, const char *part)
{
    sqlite3_int64 count = -1;
    err_clear(&fx.err);
    assert_int_not_equal(create_run(fx.binds, what, selector, &count, &fx.err), SQLITE_OK);
    if (strstr(fx.err.text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, fx.err.text);
}

static void expect_tables(const char *file, const char *expected)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT coalesce(group_concat(name, ' '), '') FROM (SELECT name "
                           "FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                           "'sqlite%' ORDER BY rowid)",
                           -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), expected);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void every_form_of_the_argument(void **state)
{
    (void)state;
    const struct cell null = cell_null(), b = key("b"), all = key("__all__");
    const struct cell both = key("[\"b\", null, \"b\"]"), none = key("[]");
    run("CREATE VIRTUAL TABLE one USING bind(id INTEGER PRIMARY KEY)");
    run("CREATE VIRTUAL TABLE two USING bind(bind_key='b', id INTEGER PRIMARY KEY)");
    expect_count(CREATE_ALL, &none, 0);
    expect_count(CREATE_ALL, &b, 1);
    expect_count(CREATE_ALL, &null, 1);
    expect_count(CREATE_ALL, NULL, 0);
    expect_count(DROP_ALL, &both, 2);
    expect_count(CREATE_ALL, &all, 2);
    expect_count(DROP_ALL, NULL, 2);
    expect_tables(fx.a, "");
}

static void keys_are_checked_before_anything_is_done(void **state)
{
    (void)state;
    const struct cell nope = key("[null, \"nope\"]"), number = cell_int(1), broken = key("[\"b\"");
    const struct cell wrong = key("[1]"), upper = key("B"), listed = key("[\"__all__\"]");
    run("CREATE VIRTUAL TABLE one USING bind(id INTEGER PRIMARY KEY)");
    expect_error(CREATE_ALL, &nope, "no bind 'nope' is configured");
    expect_error(CREATE_ALL, &number, "the argument is a bind's key");
    expect_error(CREATE_ALL, &broken, "malformed JSON");
    expect_error(CREATE_ALL, &wrong, "the argument is a bind's key");
    expect_error(CREATE_ALL, &upper, "no bind 'B'");
    expect_error(CREATE_ALL, &listed, "no bind '__all__'");
    run("CREATE VIRTUAL TABLE lost USING bind(bind_key='gone', id INTEGER PRIMARY KEY)");
    expect_error(CREATE_ALL, NULL, "table lost is declared on bind gone, which is not configured");
    assert_int_not_equal(access(fx.a, F_OK), 0);
}

static void parents_come_first_and_cycles_come_and_go(void **state)
{
    (void)state;
    run("CREATE VIRTUAL TABLE child USING bind(id INTEGER PRIMARY KEY, p INTEGER REFERENCES "
        "parent)");
    run("CREATE VIRTUAL TABLE parent USING bind(id INTEGER PRIMARY KEY)");
    run("CREATE VIRTUAL TABLE x USING bind(id INTEGER PRIMARY KEY, y INTEGER REFERENCES y)");
    run("CREATE VIRTUAL TABLE y USING bind(id INTEGER PRIMARY KEY, x INTEGER REFERENCES x)");
    expect_count(CREATE_ALL, NULL, 4);
    expect_tables(fx.a, "parent child x y");
    run_on(fx.a,
           "PRAGMA foreign_keys = OFF; INSERT INTO x VALUES (1, 1); INSERT INTO y VALUES (1, 1);"
           "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);");
    expect_count(DROP_ALL, NULL, 4);
    expect_tables(fx.a, "");
}

static void a_foreign_key_stays_in_its_database(void **state)
{
    (void)state;
    run("CREATE VIRTUAL TABLE parent USING bind(id INTEGER PRIMARY KEY)");
    run("CREATE VIRTUAL TABLE child USING bind(bind_key='b', p INTEGER REFERENCES parent(id))");
    expect_error(CREATE_ALL, NULL,
                 "table child on bind b has a foreign key to parent, which is on bind default");
    assert_int_not_equal(access(fx.a, F_OK), 0);
    assert_int_not_equal(access(fx.b, F_OK), 0);
}

static void what_exists_is_left_alone(void **state)
{
    (void)state;
    run_on(fx.a,
           "CREATE TABLE here(other); CREATE VIEW seen AS SELECT 1 AS id; CREATE TABLE alien(x)");
    run("CREATE VIRTUAL TABLE here USING bind(id INTEGER PRIMARY KEY)");
    run("CREATE VIRTUAL TABLE seen USING bind(id INTEGER PRIMARY KEY)");
    run("CREATE VIRTUAL TABLE alien USING bind()");
    run("CREATE VIRTUAL TABLE again USING bind(table='here', id INTEGER PRIMARY KEY)");
    expect_count(CREATE_ALL, NULL, 0);
    expect_error(DROP_ALL, NULL, "seen is no table there but a view");
    expect_tables(fx.a, "here alien");
    run("DROP TABLE seen");
    expect_count(DROP_ALL, NULL, 1);
    expect_tables(fx.a, "alien");
}

static void a_read_only_bind_is_not_written_to(void **state)
{
    (void)state;
    run_on(fx.a, "CREATE TABLE one(id INTEGER PRIMARY KEY)");
    add_bind("ro", fx.a, "?mode=ro");
    run("CREATE VIRTUAL TABLE one USING bind(bind_key='ro', id INTEGER PRIMARY KEY)");
    expect_count(CREATE_ALL, NULL, 0);
    expect_error(DROP_ALL, NULL, "[ro] dropping one: the bind is read-only");
    assert_int_equal(fx.err.rc & 0xff, SQLITE_READONLY);
    run("CREATE VIRTUAL TABLE two USING bind(bind_key='ro', id INTEGER PRIMARY KEY)");
    expect_error(CREATE_ALL, NULL, "creating two: the bind is read-only");
    assert_int_equal(fx.err.rc & 0xff, SQLITE_READONLY);
}

static void a_failure_leaves_nothing(void **state)
{
    (void)state;
    run("CREATE VIRTUAL TABLE good USING bind(id INTEGER PRIMARY KEY)");
    run("CREATE VIRTUAL TABLE bad USING bind(id INTEGER PRIMARY KEY, x AS (no_such_function(id)))");
    expect_error(CREATE_ALL, NULL,
                 "binds: [default] creating bad: no such function: no_such_function");
    expect_tables(fx.a, "");
    run("BEGIN");
    expect_error(CREATE_ALL, NULL, "creating bad");
    run("DROP TABLE bad");
    expect_count(CREATE_ALL, NULL, 1);
    run("INSERT INTO good VALUES (7)");
    run("COMMIT");
    expect_tables(fx.a, "good");
}

static void a_transaction_takes_tables_with_it(void **state)
{
    (void)state;
    run("CREATE VIRTUAL TABLE one USING bind(id INTEGER PRIMARY KEY)");
    run("BEGIN");
    expect_count(CREATE_ALL, NULL, 1);
    run("INSERT INTO one VALUES (1)");
    run("ROLLBACK");
    expect_tables(fx.a, "");
    expect_count(CREATE_ALL, NULL, 1);
    run("BEGIN; SAVEPOINT s");
    expect_count(DROP_ALL, NULL, 1);
    run("ROLLBACK TO s; COMMIT");
    expect_tables(fx.a, "one");
}

static void the_text_of_it(void **state)
{
    (void)state;
    char *text = NULL;
    run("CREATE VIRTUAL TABLE x USING bind(id INTEGER PRIMARY KEY, y INTEGER REFERENCES y)");
    run("CREATE VIRTUAL TABLE y USING bind(id INTEGER PRIMARY KEY, x INTEGER REFERENCES x, INDEX i "
        "(x))");
    assert_int_equal(create_text(fx.binds, CREATE_ALL, NULL, &text, &fx.err), SQLITE_OK);
    assert_string_equal(text, "-- bind default, sqlite\n"
                              "CREATE TABLE \"x\" (\n"
                              "    \"id\" INTEGER NOT NULL,\n"
                              "    \"y\" INTEGER,\n"
                              "    PRIMARY KEY (\"id\"),\n"
                              "    FOREIGN KEY (\"y\") REFERENCES \"y\" (\"id\")\n"
                              ");\n"
                              "CREATE TABLE \"y\" (\n"
                              "    \"id\" INTEGER NOT NULL,\n"
                              "    \"x\" INTEGER,\n"
                              "    PRIMARY KEY (\"id\"),\n"
                              "    FOREIGN KEY (\"x\") REFERENCES \"x\" (\"id\")\n"
                              ");\n"
                              "CREATE INDEX \"i\" ON \"y\" (\"x\");\n");
    sqlite3_free(text);
    assert_int_equal(create_text(fx.binds, DROP_ALL, NULL, &text, &fx.err), SQLITE_OK);
    assert_string_equal(text, "-- bind default, sqlite\n"
                              "PRAGMA defer_foreign_keys=ON;\n"
                              "DROP TABLE \"y\";\n"
                              "DROP TABLE \"x\";\n");
    sqlite3_free(text);
    assert_int_not_equal(access(fx.a, F_OK), 0);
}

/* ---- the catalog ----------------------------------------------------------------------------------------- */

static const struct remote *remote_of(const char *name)
{
    const struct remote *r = NULL;
    if (remote_get(binds_lookup(fx.binds, NULL), NULL, name, &r, &fx.err) != SQLITE_OK)
        fail_msg("%s", fx.err.text);
    return r;
}

static void the_catalog_says_what_is_there(void **state)
{
    (void)state;
    run_on(fx.a,
           "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE nocase UNIQUE, b AS (a || 'x'),"
           "  c INT NOT NULL DEFAULT 5, d VARCHAR(80) COLLATE RTRIM);"
           "CREATE INDEX part ON t(d, c DESC) WHERE c > 0; CREATE INDEX low ON t(lower(a));"
           "CREATE TABLE w(a, b, PRIMARY KEY (b, a)) WITHOUT ROWID;"
           "CREATE VIEW v AS SELECT a, c + 1 AS x FROM t;"
           "INSERT INTO t(a, c) SELECT value, value % 10 FROM json_each('[1,2,3,4,5,6,7,8]');"
           "INSERT INTO w SELECT id, c % 4 FROM t; ANALYZE");
    const struct remote *t = remote_of("t");
    assert_int_equal(t->kind, REMOTE_TABLE);
    assert_true(t->rows == 8 && t->transactional);
    assert_int_equal(t->ncolumns, 5);
    assert_true(t->columns[0].not_null && t->columns[0].autoincrement);
    assert_int_equal(t->columns[1].text_order, TEXT_LOOSE);
    assert_true(t->columns[2].generated && !t->columns[2].has_default);
    assert_true(t->columns[3].not_null && t->columns[3].has_default);
    assert_string_equal(t->columns[3].default_text, "5");
    assert_int_equal(t->columns[4].text_order, TEXT_BYTES_PAD);
    assert_int_equal(t->columns[4].type.length, 80);
    assert_int_equal(t->nindexes, 4);
    assert_true(t->indexes[0].primary && t->indexes[0].unique && t->indexes[0].distinct == 8);
    for (int i = 1; i < t->nindexes; i++) {
        const struct remote_index *x = &t->indexes[i];
        if (strcmp(x->name, "part") == 0) {
            assert_true(x->partial && x->ncolumns == 2 && x->descending[1] && !x->descending[0]);
            assert_true(!x->bytes[0] && x->bytes[1]);
        } else if (strcmp(x->name, "low") == 0) {
            assert_int_equal(x->columns[0], -1);
        } else {
            assert_true(x->unique && !x->primary && x->columns[0] == 1);
        }
    }
    const struct remote *w = remote_of("w");
    assert_true(w->nindexes == 1 && w->indexes[0].primary && w->indexes[0].columns[0] == 1);
    assert_true(w->columns[0].not_null && w->rows == 8);
    assert_int_equal(remote_of("v")->kind, REMOTE_VIEW);
    assert_int_equal(remote_of("later")->kind, REMOTE_MISSING);
    run_on(fx.a, "CREATE TABLE later(a)");
    assert_int_equal(remote_of("later")->kind, REMOTE_TABLE);
    remote_forget(binds_lookup(fx.binds, NULL), NULL, "t");
    run_on(fx.a, "ALTER TABLE t ADD COLUMN e");
    assert_int_equal(remote_of("t")->ncolumns, 6);
}

static const char *compared(const char *name, struct arena *arena)
{
    struct bind *b = binds_lookup(fx.binds, NULL);
    const char *difference = NULL;
    for (struct declared *d = fx.binds->declared; d != NULL; d = d->next) {
        if (strcmp(d->name, name) == 0)
            assert_int_equal(reflect_compare(b, d->model, remote_of(d->model->remote_name), arena,
                                             &difference, &fx.err),
                             SQLITE_OK);
    }
    assert_non_null(difference);
    return difference;
}

static void what_was_made_is_what_was_declared(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    run("CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE "
        "NOCASE "
        "UNIQUE, b VARCHAR(80) NOT NULL DEFAULT 'x', c ENUM('p','q'), d, e GEOMETRY(Point,4326), "
        "f NUMERIC(10,2) AS (id + 1) STORED, g TIMESTAMP(3), UNIQUE (b, c), INDEX i (g))");
    run("CREATE VIRTUAL TABLE k USING bind(a BLOB, b TEXT, PRIMARY KEY (b, a))");
    expect_count(CREATE_ALL, NULL, 2);
    assert_string_equal(compared("t", &arena), "");
    assert_string_equal(compared("k", &arena), "");
    static const struct {
        const char *declaration, *difference;
    } cases[] = {
        {"b TEXT, a BLOB, PRIMARY KEY (b, a), c", "column c is missing on the server"},
        {"b TEXT NOT NULL", "the server has one more column: a"},
        {"b VARCHAR(9), a BLOB, PRIMARY KEY (b, a)",
         "column b is TEXT on the server, not VARCHAR(9)"},
        {"b TEXT, a BLOB, PRIMARY KEY (a, b)", "PRIMARY KEY (a, b) is missing on the server"},
        {"b TEXT, a BLOB", "column b is NOT NULL on the server"},
        {"b TEXT NOT NULL, a BLOB NOT NULL", "the server has a PRIMARY KEY"},
        {"b TEXT DEFAULT 5, a BLOB, PRIMARY KEY (b, a)", "column b has no DEFAULT on the server"},
        {"b TEXT, a BLOB, PRIMARY KEY (b, a), UNIQUE (a)", "UNIQUE (a) is missing on the server"},
        {"b TEXT, a BLOB, PRIMARY KEY (b, a), INDEX i (a)", "INDEX (a) is missing on the server"},
        {"b TEXT, a BLOB, PRIMARY KEY (b, a), INDEX i (b)", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *sql = sqlite3_mprintf("CREATE VIRTUAL TABLE other USING bind(table='k', %s)",
                                    cases[i].declaration);
        run(sql);
        assert_string_equal(compared("other", &arena), cases[i].difference);
        run("DROP TABLE other");
        sqlite3_free(sql);
    }
    arena_clear(&arena);
}

static void a_table_as_a_model(void **state)
{
    (void)state;
    struct model *m;
    run_on(fx.a,
           "CREATE TABLE p(x, y, PRIMARY KEY (x, y));"
           "CREATE TABLE c(id INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE NOT NULL DEFAULT 'd',"
           "  g AS (id + 1), px, py, UNIQUE (n, px), FOREIGN KEY (px, py) REFERENCES p "
           "  ON DELETE CASCADE, FOREIGN KEY (g) REFERENCES c(id)); CREATE INDEX i ON c(py)");
    assert_int_equal(
        reflect_model(binds_lookup(fx.binds, NULL), NULL, "c", "local", "{}", &m, &fx.err),
        SQLITE_OK);
    assert_string_equal(m->local_name, "local");
    assert_string_equal(m->remote_name, "c");
    assert_false(m->declared_columns);
    assert_int_equal(m->ncolumns, 5);
    assert_int_equal(m->columns[1].collation, COLLATION_NOCASE);
    assert_string_equal(m->columns[1].default_text, "'d'");
    assert_int_not_equal(m->columns[2].generated, GENERATED_NO);
    assert_int_equal(model_auto_column(m), 0);
    assert_int_equal(m->columns[0].key_position, 1);
    assert_int_equal(m->nkeys, 3);
    assert_int_equal(m->keys[0].kind, KEY_PRIMARY);
    assert_int_equal(m->nforeign_keys, 2);
    assert_int_equal(m->foreign_keys[0].ncolumns, 2);
    assert_string_equal(m->foreign_keys[0].parent_table, "p");
    assert_null(m->foreign_keys[0].parent_columns);
    assert_int_equal(m->foreign_keys[0].on_delete, FK_CASCADE);
    assert_string_equal(m->foreign_keys[1].parent_columns[0], "id");
    model_free(m);
}

static void names_of_all_tables(void **state)
{
    (void)state;
    struct arena arena;
    const char **names;
    int n;
    arena_init(&arena);
    run_on(fx.a,
           "CREATE TABLE b(x); CREATE TABLE \"B\"\"q\"(x); CREATE VIEW a AS SELECT 1; ANALYZE");
    assert_int_equal(reflect_names(binds_lookup(fx.binds, NULL), NULL, &arena, &names, &n, &fx.err),
                     SQLITE_OK);
    assert_int_equal(n, 3);
    assert_string_equal(names[0], "B\"q");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "b");
    arena_clear(&arena);
}

/* Every allocation fails once, and then from there on: an error or success, nothing half made, nothing lost. */
static void out_of_memory(void **state)
{
    (void)state;
    run("CREATE VIRTUAL TABLE x USING bind(id INTEGER PRIMARY KEY, y INTEGER REFERENCES y, e "
        "ENUM('a'))");
    run("CREATE VIRTUAL TABLE y USING bind(id INTEGER PRIMARY KEY, x INTEGER REFERENCES x, INDEX i "
        "(x))");
    for (int good = 0; good < 2; good++) {
        int n = 1, rc = SQLITE_NOMEM;
        for (; n < OOM_MAX; n++) {
            sqlite3_int64 count = 0;
            err_clear(&fx.err);
            oom_at(n, good != 0);
            rc = create_run(fx.binds, CREATE_ALL, NULL, &count, &fx.err);
            bool failed = oom_count() >= n;
            oom_at(0, false);
            assert_true(rc == SQLITE_OK || fx.err.rc != SQLITE_OK);
            if (rc == SQLITE_OK)
                assert_int_equal(count, 2);
            /* Both or none: SQLite may run out of memory after it has committed. */
            err_clear(&fx.err);
            assert_int_equal(create_run(fx.binds, DROP_ALL, NULL, &count, &fx.err), SQLITE_OK);
            assert_true(count == 2 || (count == 0 && rc != SQLITE_OK));
            if (!failed)
                break;
        }
        assert_int_equal(rc, SQLITE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_form_of_the_argument, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_checked_before_anything_is_done, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(parents_come_first_and_cycles_come_and_go, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_foreign_key_stays_in_its_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_exists_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_read_only_bind_is_not_written_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_takes_tables_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_text_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_catalog_says_what_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_made_is_what_was_declared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_table_as_a_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_all_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_of_memory, set_up, tear_down),
    };
    if (oom_install() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
