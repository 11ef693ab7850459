/* What the host's SQLite is asked about itself. */
#include "unit.h"

#include "base/host.h"

static void other(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    (void)values;
    sqlite3_result_int(context, 1);
}

static void overrides(void **state)
{
    (void)state;
    sqlite3 *db;
    struct host h;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    host_init(&h, db);
    assert_false(host_overrides(&h, "like"));
    assert_false(host_overrides(&h, "glob"));
    /* of any number of arguments, and whatever case it was given in */
    assert_int_equal(sqlite3_create_function(db, "LIKE", -1, SQLITE_UTF8, NULL, other, NULL, NULL),
                     0);
    assert_true(host_overrides(&h, "like"));
    assert_false(host_overrides(&h, "glob"));
    assert_int_equal(sqlite3_create_function(db, "glob", 2, SQLITE_UTF8, NULL, other, NULL, NULL),
                     0);
    assert_true(host_overrides(&h, "glob"));
    host_clear(&h);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void gates(void **state)
{
    (void)state;
    struct host h = {.version = 3040001};
    assert_false(host_has(&h, HOST_IS_INTERRUPTED) || host_has(&h, HOST_LIMIT_CONSUMED));
    h.version = 3046000;
    assert_true(host_has(&h, HOST_LIMIT_CONSUMED));
    assert_false(host_has(&h, HOST_AUX_CONSUMED) || host_has(&h, HOST_COLUSED_HAS_KEY));
    h.version = 3051000; /* has the fault still */
    assert_false(host_has(&h, HOST_AUX_CONSUMED));
    h.version = 3051001;
    assert_true(host_has(&h, HOST_AUX_CONSUMED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(overrides), cmocka_unit_test(gates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
