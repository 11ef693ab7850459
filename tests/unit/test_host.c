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
    static const int since[HOST_GATE_N] = {
        [HOST_DB_NAME] = 3039000,
        [HOST_IS_INTERRUPTED] = 3041000,
        [HOST_LIMIT_CONSUMED] = 3046000,
        [HOST_AUX_CONSUMED] = 3051001, /* 3.51.0 has the fault still */
        [HOST_COLUSED_HAS_KEY] = 3047000,
        [HOST_LONG_FLOATS] = 3053000,
    };
    struct host h;
    host_init(&h, NULL);
    assert_int_equal(h.version, sqlite3_libversion_number());
    for (int gate = 0; gate < HOST_GATE_N; gate++) {
        assert_true(since[gate] > HOST_VERSION_MIN);
        assert_int_equal(host_has(&h, (enum host_gate)gate), host_is((enum host_gate)gate));
    }
    for (int gate = 0; gate < HOST_GATE_N; gate++) {
        h.version = since[gate] - 1;
        assert_false(host_has(&h, (enum host_gate)gate));
        h.version++;
        assert_true(host_has(&h, (enum host_gate)gate));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(overrides), cmocka_unit_test(gates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
