/* What is learnt of a statement's parameters is what was bound, or nothing. */
#include "unit.h"

#include "session/parameters.h"

#include <string.h>

#define TEN "? ? ? ? ? ? ? ? ? ?"
#define MANY TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN

static sqlite3 *db;

/* The literals in order, an inexact one with "~" before it, an unknown one as "?". */
static void told(const char *sql, const char *wanted)
{
    sqlite3_stmt *stmt = NULL;
    struct parameters p;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int n = sqlite3_bind_parameter_count(stmt);
    sqlite3_bind_int64(stmt, 1, -5);
    sqlite3_bind_text(stmt, 2, "a'b", 3, SQLITE_STATIC);
    sqlite3_bind_double(stmt, 3, 0.1);
    sqlite3_bind_blob(stmt, 4, "\1\0", 2, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 6, "a\0b", 3, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 7, 9223372036854775807LL);
    parameters_read(&p, stmt);
    sqlite3_str *s = sqlite3_str_new(NULL);
    for (int i = 1; i <= n && i <= PARAMETERS_MAX; i++)
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

static void what_hides_them(void **state)
{
    (void)state;
    told("SELECT 1-?, ?", "? ?"); /* 1--5 */
    told("SELECT 1 -?, ?\n-3", "? ?");
    told("SELECT 1 - ?, ?", "-5 ~'a''b'");
    told("SELECT ?e3, ?", "? ?"); /* -5e3, where e3 is a name */
    told("SELECT ?, ?101", MANY); /* more than are looked at */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind),
        cmocka_unit_test(what_hides_them),
    };
    sqlite3_open(":memory:", &db);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite3_close(db);
    return failed;
}
