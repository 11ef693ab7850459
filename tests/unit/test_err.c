/* struct err: texts are one clean line that fits, prefixed once, and reach SQLite whole. */
#include "unit.h"

#include "base/err.h"

#include <string.h>

static void cleans_any_text(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"two\nlines\r\n\tand a tab\n", "two lines and a tab"},
        {"\x1b[31mred\x1b[0m", "[31mred [0m"},
        {"  keep  inner  ", "  keep  inner"},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"bad \xFF\xC3 end\xC3", "bad ?? end?"},
        {"\xC0\xAF", "??"},                   /* overlong */
        {"\xED\xA0\x80", "???"},              /* surrogate */
        {"\xF4\x90\x80\x80", "????"},         /* beyond U+10FFFF */
        {"a\xC2\x85z\xE2\x80\xA8y", "a z y"}, /* C1 control, line separator */
        {"\x7F", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[100];
        err_clean_line(cases[i][0], out, sizeof out);
        assert_string_equal(out, cases[i][1]);
    }
    char small[5] = "####";
    err_clean_line("abc\xE2\x82\xAC", small, sizeof small); /* no room for the whole character */
    assert_string_equal(small, "abc");
    err_clean_line(NULL, small, sizeof small);
    assert_string_equal(small, "");
}

static void set_formats_and_may_quote_itself(void **state)
{
    (void)state;
    struct err e;
    assert_int_equal(err_set(&e, SQLITE_BUSY, "%s %d %Q", "a", 5, "it's"), SQLITE_BUSY);
    assert_int_equal(e.rc, SQLITE_BUSY);
    assert_string_equal(e.text, "a 5 'it''s'");
    e.lost = true;
    err_set(&e, SQLITE_ERROR, "again: %s", e.text);
    assert_string_equal(e.text, "again: a 5 'it''s'");
    assert_false(e.lost);
    err_nomem(&e);
    assert_int_equal(e.rc, SQLITE_NOMEM);
    err_clear(&e);
    assert_int_equal(e.rc, SQLITE_OK);
    assert_string_equal(e.text, "");
}

static void server_errors_carry_their_code(void **state)
{
    (void)state;
    struct err e;
    err_server(&e, SQLITE_CONSTRAINT_UNIQUE, "23505", 0, "duplicate key\nDETAIL:  (id)=(1)\n");
    assert_string_equal(e.text, "duplicate key DETAIL:  (id)=(1) (SQLSTATE 23505)");
    assert_string_equal(e.sqlstate, "23505");
    err_server(&e, SQLITE_ERROR, "HY000", 1005, "Can't create table");
    assert_string_equal(e.text, "Can't create table (errno 1005)");
    assert_int_equal(e.native, 1005);
    err_server(&e, SQLITE_ERROR, "42S02", 1146, "no such table");
    assert_string_equal(e.text, "no such table (SQLSTATE 42S02)");
    err_server(&e, SQLITE_ERROR, NULL, 14, "x");
    assert_string_equal(e.text, "x (errno 14)");
    err_server(&e, SQLITE_ERROR, "", 0, "y");
    assert_string_equal(e.text, "y");
    err_server(&e, SQLITE_ERROR, "toolong", 0, e.text);
    assert_string_equal(e.text, "y");
}

static void prefixes_once(void **state)
{
    (void)state;
    struct err e;
    err_server(&e, SQLITE_ERROR, "23505", 0, "no");
    assert_int_equal(err_prefix(&e, "users", "inserting into %s", "t"), SQLITE_ERROR);
    assert_string_equal(e.text, "binds: [users] inserting into t: no (SQLSTATE 23505)");
    assert_string_equal(e.sqlstate, "23505");
    err_prefix(&e, "other", "again");
    err_prefix_plain(&e);
    assert_string_equal(e.text, "binds: [users] inserting into t: no (SQLSTATE 23505)");
    err_set(&e, SQLITE_ERROR, "no");
    err_prefix(&e, NULL, NULL);
    assert_string_equal(e.text, "binds: [default]: no");
    err_set(&e, SQLITE_ERROR, "no");
    err_prefix_plain(&e);
    assert_string_equal(e.text, "binds: no");
    err_clear(&e);
    assert_int_equal(err_prefix(&e, "k", "x"), SQLITE_OK);
    assert_string_equal(e.text, "");
}

static void nothing_is_too_long(void **state)
{
    (void)state;
    static char big[70000];
    struct err e;
    memset(big, 'x', sizeof big - 1);
    err_server(&e, SQLITE_ERROR, "23505", 0, big);
    err_prefix(&e, big, "doing %s", big);
    assert_true(strlen(e.text) < ERR_TEXT_MAX);
    assert_non_null(strstr(e.text, "(SQLSTATE 23505)"));
    assert_int_equal(strncmp(e.text, "binds: [xxx", 11), 0);
    err_set(&e, SQLITE_ERROR, "%s", big);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
    for (size_t i = 0; i + 3 < sizeof big; i += 3)
        sqlite3_snprintf(4, big + i, "%s", "\xE2\x82\xAC");
    err_set(&e, SQLITE_ERROR, "%s", big);
    err_prefix(&e, "k", "x");
    assert_null(strchr(e.text, '?'));
}

static void fail_as_told(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    (void)argv;
    err_to_context(sqlite3_user_data(context), context);
}

static void reaches_sqlite(void **state)
{
    (void)state;
    struct err e;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_create_function(db, "fail", 0, SQLITE_UTF8, &e, fail_as_told, NULL, NULL);
    err_set(&e, SQLITE_CONSTRAINT_UNIQUE, "so %s", "it is");
    assert_int_equal(sqlite3_exec(db, "SELECT fail()", NULL, NULL, NULL), SQLITE_CONSTRAINT_UNIQUE);
    assert_string_equal(sqlite3_errmsg(db), "so it is");
    err_clear(&e);
    assert_int_equal(sqlite3_exec(db, "SELECT fail()", NULL, NULL, NULL), SQLITE_INTERNAL);
    sqlite3_close(db);
    sqlite3_vtab vtab = {0};
    assert_int_equal(err_to_vtab(&e, &vtab), SQLITE_INTERNAL);
    assert_string_equal(vtab.zErrMsg, "binds: failed without a reason");
    err_set(&e, SQLITE_BUSY, "a");
    assert_int_equal(err_to_vtab(&e, &vtab), SQLITE_BUSY);
    err_set(&e, SQLITE_BUSY, "b %%d");
    err_to_vtab(&e, &vtab);
    assert_string_equal(vtab.zErrMsg, "b %d");
    sqlite3_free(vtab.zErrMsg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans_any_text),
        cmocka_unit_test(set_formats_and_may_quote_itself),
        cmocka_unit_test(server_errors_carry_their_code),
        cmocka_unit_test(prefixes_once),
        cmocka_unit_test(nothing_is_too_long),
        cmocka_unit_test(reaches_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
