/* Whether an outer join may be around a scan, asked by a function from within the statement: each statement here is run. */
#include "unit.h"

#include "session/binds.h"

#include <string.h>

static struct binds b;

/* possible(N), and what N is: the function is called where a scan would be. */
static void possible(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    sqlite3_result_int(context, outer_possible(&b, (unsigned)sqlite3_value_int(argv[0])));
}

static void run(const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(b.db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static int set_up(void **state)
{
    (void)state;
    memset(&b, 0, sizeof b);
    assert_int_equal(sqlite3_open(":memory:", &b.db), SQLITE_OK);
    host_init(&b.host, b.db);
    assert_int_equal(
        sqlite3_create_function(b.db, "possible", 1, SQLITE_UTF8, NULL, possible, NULL, NULL),
        SQLITE_OK);
    run("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2), (3, 4); CREATE TABLE said(n)");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_clear(&b.host);
    outer_clear(&b.outer);
    return sqlite3_close(b.db);
}

/* The statement, with ? for the number that the schema has now, has this first value. */
static void says(const char *sql, const char *schema, int expected)
{
    sqlite3_stmt *stmt = NULL;
    unsigned number = outer_number(&b, schema);
    assert_int_not_equal(number, 0);
    if (sqlite3_prepare_v2(b.db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(b.db));
    sqlite3_bind_int(stmt, 1, (int)number);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    if (sqlite3_column_int(stmt, 0) != expected)
        fail_msg("%s: %d", sql, sqlite3_column_int(stmt, 0));
    sqlite3_finalize(stmt);
}

static void texts(void **state)
{
    (void)state;
    says("SELECT possible(?) FROM t", "main", 0);
    says("SELECT possible(?) FROM t JOIN t u ON t.a = u.a", "main", 0);
    says("SELECT possible(?), 'left join', \"a\" AS [right] FROM t -- LEFT JOIN", "main", 0);
    says("SELECT possible(?) FROM t LEFT JOIN t u ON t.a = u.a", "main", 1);
    says("SELECT possible(?) FROM t natural left outer join t u", "main", 1);
    says("SELECT possible(?) FROM (SELECT 1) WHERE EXISTS (SELECT * FROM t LEFT JOIN t u)", "main",
         1);
}

static void other_statements(void **state)
{
    sqlite3_stmt *stmt = NULL;
    (void)state;
    assert_int_equal(
        sqlite3_prepare_v2(b.db, "SELECT t.a FROM t LEFT JOIN t u ON t.a = u.a", -1, &stmt, NULL),
        SQLITE_OK);
    says("SELECT possible(?) FROM t", "main", 0);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    says("SELECT possible(?) FROM t", "main", 1); /* which of the two asks is not known */
    sqlite3_finalize(stmt);
    says("SELECT possible(?) FROM t", "main", 0);
}

static void views(void **state)
{
    (void)state;
    run("CREATE VIEW plain AS SELECT * FROM t; CREATE VIEW v AS SELECT t.a FROM t LEFT JOIN t u");
    run("CREATE VIEW \"on v\" AS SELECT * FROM v; CREATE VIEW third AS SELECT * FROM [on v]");
    run("CREATE TEMP VIEW mine AS SELECT * FROM main.third");
    says("SELECT possible(?) FROM t, plain", "main", 0);
    says("SELECT possible(?) FROM V", "main", 1);
    says("SELECT possible(?) FROM \"On V\"", "main", 1);
    says("SELECT possible(?) FROM third", "main", 1);
    says("SELECT possible(?) FROM mine", "main", 1);
    says("SELECT possible(?) FROM 'mine'", "main", 1);
    /* those of another schema cannot name a table of this one */
    run("ATTACH ':memory:' AS other; CREATE TABLE other.t(a); INSERT INTO other.t VALUES (1)");
    run("CREATE VIEW other.o AS SELECT t.a FROM t LEFT JOIN t u");
    says("SELECT possible(?) FROM o", "main", 0);
    says("SELECT possible(?) FROM o", "other", 1);
    run("DROP VIEW mine; DETACH other");
}

static void triggers(void **state)
{
    (void)state;
    says("INSERT INTO t VALUES (5, 6) RETURNING possible(?)", "main", 0);
    run("CREATE TRIGGER f AFTER DELETE ON t BEGIN INSERT INTO said SELECT 1 FROM t LEFT JOIN t u; "
        "END");
    says("INSERT INTO t VALUES (7, 8) RETURNING possible(?)", "main", 1);
    says("SELECT possible(?) FROM t", "main", 0);
    run("DROP TRIGGER f");
    run("CREATE TEMP TRIGGER g AFTER DELETE ON t BEGIN INSERT INTO said SELECT 1 FROM main.t RIGHT "
        "JOIN t u; END");
    says("INSERT INTO t VALUES (7, 8) RETURNING possible(?)", "main", 1);
    run("DROP TRIGGER g");
}

/* What a plan was made of holds for it, also when the application makes a view anew while the plan runs. */
static void changed_meanwhile(void **state)
{
    sqlite3_stmt *stmt = NULL;
    (void)state;
    run("CREATE VIEW v AS SELECT t.a FROM t LEFT JOIN t u");
    unsigned before = outer_number(&b, "main");
    assert_int_equal(sqlite3_prepare_v2(b.db, "SELECT possible(?) FROM v LIMIT 2", -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_int(stmt, 1, (int)before);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    run("DROP VIEW v; CREATE VIEW v AS SELECT a FROM t");
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), 1);
    sqlite3_finalize(stmt);
    assert_int_not_equal(outer_number(&b, "main"), before);
    says("SELECT possible(?) FROM v", "main", 0);
}

static void numbers(void **state)
{
    char sql[80];
    (void)state;
    unsigned first = outer_number(&b, "main");
    assert_int_equal(outer_number(&b, "main"), first);
    assert_int_equal(outer_number(&b, "nowhere"), 0);
    assert_true(outer_possible(&b, 0));
    for (int i = 0; i < OUTER_KNOWN; i++) {
        sqlite3_snprintf(sizeof sql, sql, "CREATE VIEW v%d AS SELECT 1 FROM t LEFT JOIN t u", i);
        run(sql);
        (void)outer_number(&b, "main");
    }
    assert_true(outer_possible(&b, first)); /* fallen out */
    run("CREATE TABLE last(x)");
    assert_false(outer_possible(&b, outer_number(&b, "main")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_statements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(views, set_up, tear_down),
        cmocka_unit_test_setup_teardown(triggers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changed_meanwhile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
