/* Two binds of one file: the driver opens it twice in one session, whose transaction then stands in its own way. */
#include "engine/engine.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char folder[64], path[128];
    struct url url, reader;
    struct wait wait;
    struct conn *one, *two;
    struct err err;
};

static struct fixture fx;

static int set_up(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof fx);
    sqlite3_snprintf(sizeof fx.folder, fx.folder, "/tmp/binds-XXXXXX");
    assert_non_null(mkdtemp(fx.folder));
    sqlite3_snprintf(sizeof fx.path, fx.path, "%s/file.db", fx.folder);
    fx.url.database = fx.path;
    fx.url.lock_timeout_ms = 30000;
    fx.reader = fx.url;
    fx.reader.read_only = true;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    conn_close(fx.one);
    conn_close(fx.two);
    unlink(fx.path);
    assert_int_equal(rmdir(fx.folder), 0);
    return 0;
}

static void open_both(const struct url *second)
{
    const struct engine *engine = engine_for_scheme("sqlite");
    assert_int_equal(conn_open(engine, &fx.url, "one", &fx.wait, NULL, &fx.one, &fx.err),
                     SQLITE_OK);
    assert_int_equal(conn_exec(fx.one, "CREATE TABLE t(a)", NULL, 0, NULL, NULL, &fx.err),
                     SQLITE_OK);
    assert_int_equal(conn_open(engine, second, "two", &fx.wait, NULL, &fx.two, &fx.err), SQLITE_OK);
}

static int exec(const char *sql)
{
    return conn_exec(fx.one, sql, NULL, 0, NULL, NULL, &fx.err);
}

/* At once, and not as a lock that somebody else holds. */
static void its_own_lock_is_told_and_not_waited_for(void **state)
{
    sqlite3_int64 before;
    (void)state;
    open_both(&fx.url);
    before = fx.wait.waited_us;
    assert_int_equal(exec(fx.one->dialect->verbs.begin_write) & 0xff, SQLITE_BUSY);
    assert_non_null(strstr(fx.err.text, "the binds one and two name the same file"));
    assert_true(fx.wait.waited_us - before < 20000000);
    conn_close(fx.two);
    fx.two = NULL;
    assert_int_equal(exec(fx.one->dialect->verbs.begin_write), SQLITE_OK);
    assert_int_equal(exec("INSERT INTO main.t VALUES (1)"), SQLITE_OK);
    assert_int_equal(exec("COMMIT"), SQLITE_OK);
}

static void a_second_one_that_only_reads_keeps_it_from_committing(void **state)
{
    (void)state;
    open_both(&fx.reader);
    assert_int_equal(exec(fx.one->dialect->verbs.begin_write), SQLITE_OK);
    assert_int_equal(exec("INSERT INTO main.t VALUES (1)"), SQLITE_OK);
    assert_int_equal(exec("COMMIT") & 0xff, SQLITE_BUSY);
    assert_non_null(strstr(fx.err.text, "the binds one and two name the same file"));
    err_clear(&fx.err);
    /* Nor is that somebody else's lock where it is waited for in advance. */
    assert_int_equal(fx.one->engine->hold(fx.one, &fx.err) & 0xff, SQLITE_BUSY);
    assert_non_null(strstr(fx.err.text, "the binds one and two name the same file"));
    assert_non_null(strstr(fx.err.text, "delete one of them from binds"));
    assert_int_equal(exec("ROLLBACK"), SQLITE_OK);
}

/* What was opened first stays open when its bind is deleted. */
static void a_deleted_one_is_not_named(void **state)
{
    struct conn *first;
    (void)state;
    open_both(&fx.url);
    first = fx.one;
    fx.one = fx.two;
    fx.two = NULL;
    conn_close(first);
    assert_int_equal(exec(fx.one->dialect->verbs.begin_write) & 0xff, SQLITE_BUSY);
    assert_null(strstr(fx.err.text, "delete"));
    assert_non_null(strstr(fx.err.text, "connect anew"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(its_own_lock_is_told_and_not_waited_for),
        TEST(a_second_one_that_only_reads_keeps_it_from_committing),
        TEST(a_deleted_one_is_not_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
