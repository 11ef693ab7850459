/* Whether a change of any schema is noticed, asked by a function from within a statement that reads t. */
#include "unit.h"

#include "session/schemas.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static sqlite3 *db, *another;
static struct schemas s;
static char file[64], spare[64];

static void hash(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    sqlite3_result_int64(context, (sqlite3_int64)schemas_hash(&s, db));
}

static void run_on(sqlite3 *on, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(on, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static void run(const char *sql)
{
    run_on(db, sql);
}

static sqlite3_int64 told_by(const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_int64 told = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return told;
}

static sqlite3_int64 now(void)
{
    return told_by("SELECT hash() FROM t");
}

static int set_up(void **state)
{
    (void)state;
    memset(&s, 0, sizeof s);
    sqlite3_snprintf((int)sizeof file, file, "/tmp/test_schemas.%d.db", (int)getpid());
    sqlite3_snprintf((int)sizeof spare, spare, "%s2", file);
    unlink(file);
    unlink(spare);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_open(file, &another), SQLITE_OK);
    assert_int_equal(sqlite3_create_function(db, "hash", 0, SQLITE_UTF8, NULL, hash, NULL, NULL),
                     SQLITE_OK);
    run("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    schemas_clear(&s);
    assert_int_equal(sqlite3_close(another), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    unlink(file);
    unlink(spare);
    return 0;
}

static void rows_do_not_count(void **state)
{
    (void)state;
    run("CREATE TEMP TABLE mine(a)");
    sqlite3_int64 before = now();
    run("INSERT INTO t VALUES (3); INSERT INTO mine VALUES (1)");
    run_on(another, "INSERT INTO t VALUES (4)");
    assert_true(now() == before);
    run("BEGIN; DELETE FROM t WHERE a = 3");
    assert_true(now() == before);
    run("ROLLBACK");
    assert_true(now() == before);
}

static void changes(void **state)
{
    static const char *const all[] = {
        "CREATE VIEW v AS SELECT 1",
        "CREATE TEMP VIEW v AS SELECT 2",
        "DROP VIEW temp.v",
        "DROP VIEW v",
        "CREATE INDEX i ON t(a)",
        "ALTER TABLE t ADD b",
        "CREATE TEMP TABLE mine(a)",
        "ATTACH ':memory:' AS other",
        "DETACH other",
        "CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END"};
    sqlite3_int64 seen[COUNT(all) + 1];
    (void)state;
    seen[0] = now();
    for (size_t i = 0; i < COUNT(all); i++) {
        run(all[i]);
        seen[i + 1] = now();
        for (size_t k = 0; k <= i; k++) {
            if (seen[k] == seen[i + 1])
                fail_msg("%s: as before", all[i]);
        }
    }
    assert_true(now() == seen[COUNT(all)]);
}

static void changes_by_others(void **state)
{
    (void)state;
    sqlite3_int64 before = now();
    run_on(another, "CREATE VIEW v AS SELECT 1");
    assert_true(now() != before);
}

/* A version that is undone comes again, for another change. */
static void changes_undone(void **state)
{
    (void)state;
    run("BEGIN; CREATE VIEW v AS SELECT 1");
    sqlite3_int64 first = now();
    run("ROLLBACK; CREATE VIEW v AS SELECT 2");
    assert_true(now() != first);
    run("BEGIN; SAVEPOINT a; CREATE VIEW w AS SELECT 1");
    first = now();
    run("ROLLBACK TO a; CREATE VIEW w AS SELECT 2");
    assert_true(now() != first);
    run("COMMIT; BEGIN; CREATE TEMP VIEW x AS SELECT 1");
    first = now();
    run("ROLLBACK; CREATE TEMP VIEW x AS SELECT 2");
    assert_true(now() != first);
}

/* Another file under a name, with the same number of changes behind it. */
static void another_database(void **state)
{
    char attach[160];
    (void)state;
    sqlite3_snprintf((int)sizeof attach, attach, "ATTACH '%s' AS other", spare);
    run("ATTACH ':memory:' AS other; CREATE TABLE other.u(a); INSERT INTO other.u VALUES (1)");
    sqlite3_int64 before = told_by("SELECT hash() FROM other.u");
    assert_true(told_by("SELECT hash() FROM other.u") == before);
    run("DETACH other");
    run(attach);
    run("CREATE TABLE other.u(a); INSERT INTO other.u VALUES (1)");
    assert_true(told_by("SELECT hash() FROM other.u") != before);
    run("DETACH other");
}

static void many_databases(void **state)
{
    char sql[200];
    (void)state;
    for (int i = 0; i < SCHEMAS_KEPT + 2; i++) {
        sqlite3_snprintf((int)sizeof sql, sql,
                         "ATTACH ':memory:' AS o%d; CREATE TABLE o%d.u%d(a); INSERT INTO o%d.u%d "
                         "VALUES (1)",
                         i, i, i, i, i);
        run(sql);
    }
    sqlite3_int64 before = now();
    for (int i = 0; i < SCHEMAS_KEPT + 2; i++) {
        sqlite3_snprintf((int)sizeof sql, sql, "SELECT hash() FROM u%d", i);
        told_by(sql);
    }
    /* The statement that gave way had no chance to notice. */
    run("CREATE TEMP VIEW v AS SELECT 1");
    assert_true(now() != before);
    before = now();
    assert_true(now() == before);
}

static void long_name(void **state)
{
    static const char name[] = "a database that has a name that is much too long to be kept";
    char sql[300];
    (void)state;
    sqlite3_snprintf((int)sizeof sql, sql,
                     "ATTACH ':memory:' AS \"%w\"; CREATE TABLE u(a); CREATE TABLE \"%w\".w(a); "
                     "INSERT INTO \"%w\".w VALUES (1)",
                     name, name, name);
    run(sql);
    sqlite3_int64 before = told_by("SELECT hash() FROM w");
    assert_true(told_by("SELECT hash() FROM w") == before);
    sqlite3_snprintf((int)sizeof sql, sql, "CREATE VIEW \"%w\".v AS SELECT 1", name);
    run(sql);
    assert_true(told_by("SELECT hash() FROM w") != before);
    before = told_by("SELECT hash() FROM w");
    run("CREATE TEMP VIEW v AS SELECT 2");
    assert_true(told_by("SELECT hash() FROM w") != before);
}

/* Nothing is read for it that nobody reads: another connection may write. */
static void reads_nothing(void **state)
{
    (void)state;
    run("BEGIN");
    sqlite3_int64 before = told_by("SELECT hash()");
    assert_int_equal(sqlite3_txn_state(db, "main"), SQLITE_TXN_NONE);
    assert_true(told_by("SELECT hash()") == before);
    run("COMMIT");
}

static int deny(void *context, int action, const char *a, const char *b, const char *c,
                const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_PRAGMA ? SQLITE_DENY : SQLITE_OK;
}

static void not_told(void **state)
{
    (void)state;
    sqlite3_set_authorizer(db, deny, NULL);
    sqlite3_int64 before = now();
    assert_true(now() != before);
    sqlite3_set_authorizer(db, NULL, NULL);
    before = now();
    assert_true(now() == before);
}

static void held(void **state)
{
    (void)state;
    schemas_hold(&s);
    sqlite3_int64 before = now();
    run("CREATE VIEW v AS SELECT 1");
    assert_true(now() == before);
    schemas_let(&s);
    assert_true(now() != before);
    schemas_clear(&s);
    run("DROP VIEW v");
    (void)now();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_do_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_by_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_undone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_databases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
