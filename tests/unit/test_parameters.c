/* What is learnt of a statement's parameters is what was bound, or nothing. */
#include "unit.h"

#include "session/parameters.h"

#include <string.h>

static sqlite3 *db;

static sqlite3_stmt *prepared(const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return stmt;
}

/* The literals in order, an inexact one with "~" before it, an unknown one as "?". */
static void told(const char *sql, const char *wanted)
{
    sqlite3_stmt *stmt = prepared(sql);
    struct parameters p;
    int n = sqlite3_bind_parameter_count(stmt);
    sqlite3_bind_int64(stmt, 1, -5);
    sqlite3_bind_text(stmt, 2, "a'b", 3, SQLITE_STATIC);
    sqlite3_bind_double(stmt, 3, 0.1);
    sqlite3_bind_blob(stmt, 4, "\1\0", 2, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 6, "a\0b", 3, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 7, 9223372036854775807LL);
    assert_int_equal(parameters_read(&p, stmt), SQLITE_OK);
    assert_int_equal(p.n, n);
    sqlite3_str *s = sqlite3_str_new(NULL);
    for (int i = 1; i <= n; i++)
        sqlite3_str_appendf(s, "%s%s%s", i > 1 ? " " : "",
                            p.at[i].literal != NULL && !p.at[i].exact ? "~" : "",
                            p.at[i].literal != NULL ? p.at[i].literal : "?");
    char *found = sqlite3_str_finish(s);
    assert_string_equal(found != NULL ? found : "", wanted);
    sqlite3_free(found);
    parameters_clear(&p);
    sqlite3_finalize(stmt);
}

static void each_kind(void **state)
{
    (void)state;
    told("SELECT ?, ?, ?, ?, ?, ?, ?", "-5 ~'a''b' ? x'0100' NULL ~'a' 9223372036854775807");
    told("SELECT ?7, ?1 /* ?2 */ -- ?3\n + ?4", "-5 ? ? x'0100' ? ? 9223372036854775807");
    told("SELECT :a, @b, :a, $c", "-5 ~'a''b' ?");
    told("SELECT 1", "");
}

static void between_anything(void **state)
{
    (void)state;
    told("SELECT 1-?, ?", "-5 ~'a''b'"); /* 1--5 */
    told("SELECT 1 -?,\n?2\n-3", "-5 ~'a''b'");
    told("SELECT 1 -? --?, ?\n, ?", "-5 ~'a''b'");
    told("SELECT ?1*?,?||?2,?1/*?*/+?4;", "-5 ~'a''b' ? x'0100'");
    told("SELECT '?', \"?\", ?2 FROM (SELECT 1 AS [?])", "? ~'a''b'");
}

static void what_hides_them(void **state)
{
    (void)state;
    told("SELECT ?1, ?7e3", "? ? ? ? ? ? ?"); /* 922…807e3, where e3 is a name */
    told("SELECT $a::b(c), ?", "? ?");
}

/* They have the same values there, whatever is left out of the text. */
static void for_another_statement(void **state)
{
    (void)state;
    struct parameters p;
    bool used[6] = {false};
    char *select = NULL;
    sqlite3_stmt *stmt = prepared("SELECT ?, :a, /* x */ ?4 - :a, ?, ?2||''");
    sqlite3_bind_text(stmt, 1, "left out", -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, -9223372036854775807LL - 1);
    sqlite3_bind_blob(stmt, 4, "x", 1, SQLITE_STATIC);
    assert_int_equal(parameters_read(&p, stmt), SQLITE_OK);
    sqlite3_str *s = sqlite3_str_new(NULL);
    assert_true(parameters_append(&p, s, 0, 1, used));
    assert_true(parameters_append(&p, s, 3, 5, used));
    assert_true(parameters_append(&p, s, 5, p.t.n, used));
    char *sql = sqlite3_str_finish(s);
    assert_string_equal(sql, "SELECT ?2 , ?4 - ?2 , ?5 , ?2 ||''");
    assert_true(!used[1] && used[2] && !used[3] && used[4] && used[5]);
    assert_int_equal(parameters_select(&p, used, &select), SQLITE_OK);
    assert_string_equal(select, "SELECT -9223372036854775808, x'78', NULL");

    sqlite3_stmt *other = prepared(sql);
    assert_int_equal(parameters_bind(db, select, used, p.n, other), SQLITE_OK);
    assert_int_equal(sqlite3_step(other), SQLITE_ROW);
    assert_true(sqlite3_column_int64(other, 0) == -9223372036854775807LL - 1);
    assert_int_equal(sqlite3_column_type(other, 2), SQLITE_NULL);
    sqlite3_finalize(other);
    sqlite3_free(sql);
    sqlite3_free(select);
    used[1] = true; /* a text */
    assert_int_equal(parameters_select(&p, used, &select), SQLITE_OK);
    assert_null(select);
    parameters_clear(&p);
    sqlite3_finalize(stmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind),
        cmocka_unit_test(between_anything),
        cmocka_unit_test(what_hides_them),
        cmocka_unit_test(for_another_statement),
    };
    sqlite3_open(":memory:", &db);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite3_close(db);
    return failed;
}
