/* Cells against SQLite itself: each value is stored in native columns of every affinity and compared with
** what cell_fit makes of it, class and bits; each pair is compared by SQL and by cell_compare. */
#include "unit.h"

#include "model/cell.h"
#include "model/decimal.h"

#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {"5",
                                    " 5 ",
                                    "5.0",
                                    "1e3",
                                    "0x10",
                                    "9223372036854775807",
                                    "9223372036854775808",
                                    "-9223372036854775808",
                                    "-9223372036854775809",
                                    "abc",
                                    "",
                                    " ",
                                    "5 x",
                                    "+5",
                                    "-5",
                                    "--5",
                                    "- 5",
                                    "5.",
                                    ".5",
                                    ".",
                                    "-.5",
                                    "+.5e1",
                                    "e5",
                                    "1e",
                                    "1e+",
                                    "1e+2",
                                    "1E-2",
                                    "1e400",
                                    "-1e400",
                                    "1e-400",
                                    "-0",
                                    "-0.0",
                                    "0",
                                    "00012",
                                    "1_000",
                                    "1,5",
                                    "\t12\n",
                                    "\v12\f",
                                    "12\r",
                                    "1.5e3",
                                    "123456789012345678",
                                    "4503599627370496",
                                    "2251799813685248",
                                    "2251799813685247.0",
                                    "9007199254740993",
                                    "9007199254740993.0",
                                    "1234567890123456789012",
                                    "0.1",
                                    "0.30000000000000004",
                                    "3.14159265358979",
                                    "12.34",
                                    "99999999999999.99",
                                    "1e15",
                                    "1e16",
                                    "1e18",
                                    "1e19",
                                    "9.223372036854775807e18",
                                    "Inf",
                                    "inf",
                                    "nan",
                                    "NaN",
                                    "0.000001",
                                    "1e22",
                                    "1e23",
                                    "9e999",
                                    "1.7976931348623157e308",
                                    "4.9e-324",
                                    "2.2250738585072014e-308",
                                    "1 2",
                                    "1e5 ",
                                    " 1e5",
                                    "1e 5",
                                    "\xC3\xA4",
                                    "5\xC3\xA4",
                                    "0.50",
                                    "100",
                                    "1e2",
                                    "1.0e2",
                                    "18446744073709551615",
                                    "1844674407370955.1"};
static const double reals[] = {0.0,
                               -0.0,
                               1.0,
                               5.0,
                               -5.5,
                               0.1,
                               1.0 / 3,
                               1e15,
                               1e16,
                               123456789012345680.0,
                               1e17,
                               1e300,
                               -1e300,
                               1e-300,
                               9007199254740992.0,
                               9007199254740994.0,
                               9223372036854775808.0,
                               -9223372036854775808.0,
                               9223372036854774784.0,
                               -9223372036854774784.0,
                               4.9e-324,
                               DBL_MAX,
                               2251799813685248.0,
                               140737488355328.0,
                               HUGE_VAL,
                               -HUGE_VAL,
                               3.14159265358979,
                               1e14,
                               1e5,
                               0.00001,
                               100.25,
                               1844674407370955.1};
static const sqlite3_int64 ints[] = {0,
                                     1,
                                     -1,
                                     5,
                                     42,
                                     1000,
                                     9007199254740992,
                                     9007199254740993,
                                     -9007199254740993,
                                     LLONG_MAX,
                                     LLONG_MIN,
                                     LLONG_MAX - 1,
                                     140737488355327,
                                     140737488355328};
static const struct {
    enum affinity affinity;
    const char *type;
} affinities[] = {{AFF_BLOB, ""},
                  {AFF_TEXT, "TEXT"},
                  {AFF_NUMERIC, "NUMERIC"},
                  {AFF_INTEGER, "INTEGER"},
                  {AFF_REAL, "REAL"}};

static sqlite3 *db;

static int set_up(void **state)
{
    (void)state;
    return sqlite3_open(":memory:", &db);
}

static int tear_down(void **state)
{
    (void)state;
    return sqlite3_close(db);
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    return stmt;
}

static void run(const char *sql)
{
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void show(const char *what, const struct cell *c)
{
    printf("  %s: %s ", what, cell_class_name(c->cls));
    if (c->cls == CELL_INT)
        printf("%lld\n", (long long)c->i);
    else if (c->cls == CELL_REAL)
        printf("%.17g\n", c->r);
    else
        printf("'%.*s'\n", c->cls == CELL_NULL ? 0 : (int)c->n, c->cls == CELL_NULL ? "" : c->p);
}

/* Every sample value in turn; false after the last. */
static bool sample(size_t i, struct cell *out)
{
    if (i < COUNT(texts))
        *out = cell_str(texts[i]);
    else if ((i -= COUNT(texts)) < COUNT(reals))
        *out = cell_real(reals[i]);
    else if ((i -= COUNT(reals)) < COUNT(ints))
        *out = cell_int(ints[i]);
    else if ((i -= COUNT(ints)) == 0)
        *out = cell_null();
    else if (i == 1)
        *out = cell_blob("5", 1);
    else if (i == 2)
        *out = cell_blob("", 0);
    else if (i == 3)
        *out = cell_text("5\0", 2);
    else if (i == 4)
        *out = cell_text("a\0b", 3);
    else if (i == 5)
        *out = cell_text("9007199254740993\0000", 18);
    else if (i == 6)
        *out = cell_text(" 5.5 \0x", 7);
    else if (i == 7)
        *out = cell_text("4503599627370497\0", 17);
    else
        return false;
    return true;
}

/* Stores *in in a native column, reads it back into out (memory of the statement). */
static void native_fit(sqlite3_stmt *insert, sqlite3_stmt *select, const struct cell *in,
                       struct cell *out)
{
    assert_int_equal(cell_to_bind(in, insert, 1), SQLITE_OK);
    assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_reset(insert);
    sqlite3_reset(select);
    assert_int_equal(sqlite3_step(select), SQLITE_ROW);
    *out = cell_from_value(sqlite3_column_value(select, 0));
}

static void fits_as_a_native_column_does(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t a = 0; a < COUNT(affinities); a++) {
        char sql[80];
        sqlite3_snprintf(sizeof sql, sql, "CREATE TABLE t%d(id INTEGER PRIMARY KEY, c %s)", (int)a,
                         affinities[a].type);
        run(sql);
        sqlite3_snprintf(sizeof sql, sql, "REPLACE INTO t%d VALUES(1, ?)", (int)a);
        sqlite3_stmt *insert = prepare(sql);
        sqlite3_snprintf(sizeof sql, sql, "SELECT c FROM t%d", (int)a);
        sqlite3_stmt *select = prepare(sql);
        sqlite3_stmt *echo = prepare("SELECT ?1");
        struct cell in, want, got;
        for (size_t i = 0; sample(i, &in); i++) {
            char scratch[CELL_SCRATCH];
            native_fit(insert, select, &in, &want);
            got = in;
            cell_fit(&got, affinities[a].affinity, scratch);
            /* The nearest double and the host's may differ in the last bit: see cell.h. */
            bool near = got.cls == CELL_REAL && want.cls == CELL_REAL && in.cls == CELL_TEXT &&
                        (nextafter(got.r, want.r) == want.r);
            if (!cell_same(&got, &want) && !near) {
                printf("cell_fit, %s\n", affinities[a].type);
                show("value", &in), show("native", &want), show("cell", &got);
                wrong++;
            }
            cell_to_bind(&in, echo, 1);
            sqlite3_step(echo);
            sqlite3_value *v = sqlite3_value_dup(sqlite3_column_value(echo, 0));
            assert_int_equal(cell_from_value_fit(v, affinities[a].affinity, scratch, &got),
                             SQLITE_OK);
            if (!cell_same(&got, &want)) {
                printf("cell_from_value_fit, %s\n", affinities[a].type);
                show("value", &in), show("native", &want), show("cell", &got);
                wrong++;
            }
            sqlite3_value_free(v);
            sqlite3_reset(echo);
        }
        sqlite3_finalize(insert);
        sqlite3_finalize(select);
        sqlite3_finalize(echo);
    }
    assert_int_equal(wrong, 0);
}

/* Random decimals of every length: by way of the value always the host's bits. */
static void text_of_many_digits_is_converted_by_the_host(void **state)
{
    (void)state;
    unsigned long long seed = 88172645463325252ULL;
    int off = 0, more = 0;
    const int rounds = 100000;
    run("CREATE TABLE many(id INTEGER PRIMARY KEY, c REAL)");
    sqlite3_stmt *insert = prepare("REPLACE INTO many VALUES(1, ?)");
    sqlite3_stmt *select = prepare("SELECT c FROM many");
    sqlite3_stmt *echo = prepare("SELECT ?1");
    for (int i = 0; i < rounds; i++) {
        char text[64], scratch[CELL_SCRATCH];
        struct cell in, want, got;
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        int digits = 1 + (int)(seed % 19), exponent = (int)(seed >> 32) % 40 - 20;
        sqlite3_snprintf(sizeof text, text, "%.*llde%d", digits, (sqlite3_int64)(seed >> 1),
                         exponent);
        if ((seed & 0x10000) != 0) { /* as people write them */
            sqlite3_snprintf(sizeof text, text, "%lld.%0*lld", (sqlite3_int64)(seed % 100000),
                             digits % 9 + 1, (sqlite3_int64)((seed >> 20) % 10));
        }
        in = cell_str(text);
        native_fit(insert, select, &in, &want);
        cell_to_bind(&in, echo, 1);
        sqlite3_step(echo);
        sqlite3_value *v = sqlite3_value_dup(sqlite3_column_value(echo, 0));
        assert_int_equal(cell_from_value_fit(v, AFF_REAL, scratch, &got), SQLITE_OK);
        sqlite3_value_free(v);
        sqlite3_reset(echo);
        if (!cell_same(&got, &want))
            show(text, &want), show("got", &got);
        assert_true(cell_same(&got, &want));
        got = in;
        cell_fit(&got, AFF_REAL, scratch);
        if (!cell_same(&got, &want)) {
            off++;
            more += nextafter(got.r, want.r) != want.r;
        }
    }
    sqlite3_finalize(insert);
    sqlite3_finalize(select);
    sqlite3_finalize(echo);
    printf("nearest double and host differ in %d of %d texts\n", off, rounds);
    assert_int_equal(more, 0);
    assert_true(off < rounds / 100);
}

static void compares_as_sql_does(void **state)
{
    (void)state;
    sqlite3_stmt *stmt =
        prepare("SELECT CASE WHEN ?1 IS NULL THEN -(?2 IS NOT NULL) WHEN ?2 IS NULL THEN 1 "
                "ELSE (?1 > ?2) - (?1 < ?2) END");
    struct cell a, b;
    for (size_t i = 0; sample(i, &a); i++) {
        for (size_t j = 0; sample(j, &b); j++) {
            cell_to_bind(&a, stmt, 1);
            cell_to_bind(&b, stmt, 2);
            assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
            int want = sqlite3_column_int(stmt, 0), got = cell_compare(&a, &b);
            if (want != got)
                show("a", &a), show("b", &b);
            assert_int_equal(got, want);
            sqlite3_reset(stmt);
        }
    }
    sqlite3_finalize(stmt);
}

/* column op text, on a numeric column: the text gets NUMERIC, nothing else changes. */
static void comparison_converts_text(void **state)
{
    (void)state;
    run("CREATE TABLE n(i NUMERIC)");
    run("INSERT INTO n VALUES(0),(5),(5.5),(1000),(-5),(9223372036854775807),(9007199254740993),"
        "(9007199254740992.0),(1e300),('abc'),(x'35'),(0.1)");
    sqlite3_stmt *stmt = prepare("SELECT i, (i > ?1) - (i < ?1) FROM n");
    sqlite3_stmt *echo = prepare("SELECT ?1");
    struct cell rhs;
    for (size_t i = 0; sample(i, &rhs); i++) {
        if (rhs.cls == CELL_NULL)
            continue;
        cell_to_bind(&rhs, stmt, 1);
        cell_to_bind(&rhs, echo, 1);
        sqlite3_step(echo);
        sqlite3_value *v = sqlite3_value_dup(sqlite3_column_value(echo, 0));
        struct cell fitted, plain = rhs;
        assert_int_equal(cell_from_value_comparison(v, &fitted), SQLITE_OK);
        cell_fit_comparison(&plain);
        assert_true(plain.cls == fitted.cls);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            struct cell column = cell_from_value(sqlite3_column_value(stmt, 0));
            int want = sqlite3_column_int(stmt, 1), got = cell_compare(&column, &fitted);
            if (want != got)
                show("column", &column), show("rhs", &rhs), show("fitted", &fitted);
            assert_int_equal(got, want);
        }
        sqlite3_value_free(v);
        sqlite3_reset(echo);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(echo);
    sqlite3_finalize(stmt);
    struct cell c = cell_str("5.0");
    cell_fit_comparison(&c);
    assert_int_equal(c.cls, CELL_REAL);
    c = cell_str("7");
    cell_fit_comparison(&c);
    assert_int_equal(c.cls, CELL_INT);
    c = cell_real(7.0);
    cell_fit_comparison(&c);
    assert_int_equal(c.cls, CELL_REAL);
}

static void echo_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    struct cell c = cell_from_value(argv[0]);
    cell_to_result(&c, context);
}

static void every_value_survives_result_and_copy(void **state)
{
    (void)state;
    sqlite3_create_function(db, "echo", 1, SQLITE_UTF8, NULL, echo_function, NULL, NULL);
    sqlite3_stmt *stmt = prepare("SELECT echo(?1)");
    struct cell in, copy;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; sample(i, &in); i++) {
        cell_to_bind(&in, stmt, 1);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        struct cell out = cell_from_value(sqlite3_column_value(stmt, 0));
        assert_true(cell_same(&in, &out));
        assert_int_equal(cell_copy(&out, &arena, &copy), SQLITE_OK);
        assert_true(cell_same(&in, &copy));
        if (copy.cls == CELL_TEXT)
            assert_true(copy.terminated && copy.p[copy.n] == 0 && copy.p != out.p);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    arena_clear(&arena);
    assert_int_equal(cell_real(NAN).cls, CELL_NULL);
    assert_int_equal(cell_str(NULL).cls, CELL_NULL);
}

static enum affinity passing;

static void pass_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    if (!cell_pass(argv[0], passing, context))
        sqlite3_result_error(context, "does not pass", -1);
}

/* What passes is what a native column holds; and a number that it holds unchanged passes. */
static void passes_as_a_native_column_holds_it(void **state)
{
    (void)state;
    sqlite3_create_function(db, "pass", 1, SQLITE_UTF8, NULL, pass_function, NULL, NULL);
    sqlite3_stmt *stmt = prepare("SELECT pass(?1)");
    for (size_t a = 0; a < COUNT(affinities); a++) {
        char sql[80];
        passing = affinities[a].affinity;
        sqlite3_snprintf(sizeof sql, sql, "CREATE TABLE p%d(id INTEGER PRIMARY KEY, c %s)", (int)a,
                         affinities[a].type);
        run(sql);
        sqlite3_snprintf(sizeof sql, sql, "REPLACE INTO p%d VALUES(1, ?)", (int)a);
        sqlite3_stmt *insert = prepare(sql);
        sqlite3_snprintf(sizeof sql, sql, "SELECT c FROM p%d", (int)a);
        sqlite3_stmt *select = prepare(sql);
        struct cell in, want;
        int passed = 0;
        for (size_t i = 0; sample(i, &in); i++) {
            native_fit(insert, select, &in, &want);
            cell_to_bind(&in, stmt, 1);
            bool passes = sqlite3_step(stmt) == SQLITE_ROW;
            if (passes) {
                struct cell got = cell_from_value(sqlite3_column_value(stmt, 0));
                assert_true(cell_same(&got, &want));
                passed++;
            }
            assert_true(passes || in.cls == CELL_TEXT || !cell_same(&in, &want));
            sqlite3_reset(stmt);
        }
        assert_true(passed > 0);
        sqlite3_finalize(insert);
        sqlite3_finalize(select);
    }
    sqlite3_finalize(stmt);
}

static void decimals_are_exact_in_any_locale(void **state)
{
    (void)state;
    struct decimal d;
    char text[64];
    double r;
    /* A host may have set a locale whose decimal point is a comma; without one installed this is the C locale. */
    setlocale(LC_ALL, "de_DE.UTF-8");
    assert_true(decimal_parse_double(" -12.5e-1 ", 10, &r));
    assert_true(r == -1.25);
    assert_false(decimal_parse_double("1,5", 3, &r));
    unsigned long long seed = 42;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        memcpy(&r, &seed, sizeof r);
        if (!isfinite(r))
            continue;
        decimal_from_double(r, &d);
        assert_true(decimal_to_double(&d) == r);
        assert_true(d.ndigits <= 17);
        size_t n = decimal_print(&d, 2, text, sizeof text);
        assert_true(n < sizeof text && text[n] == 0);
        double again;
        assert_true(decimal_parse_double(text, n, &again) && again == r);
    }
    setlocale(LC_ALL, "C");
}

static void decimal_notation(void **state)
{
    (void)state;
    static const struct {
        double r;
        int scale;
        const char *text;
    } cases[] = {{0.1, 2, "0.10"},
                 {0.1, 0, "0.1"},
                 {5, 0, "5"},
                 {5, 2, "5.00"},
                 {-0.005, 2, "-0.005"},
                 {0, 2, "0.00"},
                 {-0.0, 0, "0"},
                 {1e20, 0, "100000000000000000000"},
                 {1e300, 2, "1e+300"},
                 {1.5e-300, 2, "1.5e-300"},
                 {123.456, 1, "123.456"},
                 {0, 500, "0.000000000000000000000000000000000000"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal d;
        char text[40];
        decimal_from_double(cases[i].r, &d);
        size_t n = decimal_print(&d, cases[i].scale, text, sizeof text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(n, strlen(text));
    }
    /* More digits than any double needs: only whether the rest is zero counts. */
    char halfway[1100] = "9007199254740993.";
    memset(halfway + 17, '0', 1050);
    double r;
    assert_true(decimal_parse_double(halfway, 1067, &r) && r == 9007199254740992.0);
    halfway[1066] = '1';
    assert_true(decimal_parse_double(halfway, 1067, &r) && r == 9007199254740994.0);
}

/* By every pair of values, each of which is one only. */
static void the_same_has_the_same_bits(void **state)
{
    (void)state;
    char first[] = "a\0b", second[] = "a\0b";
    struct cell one[] = {cell_null(),
                         cell_int(0),
                         cell_int(1),
                         cell_real(0.0),
                         cell_real(-0.0),
                         cell_real(1.0),
                         cell_real(nextafter(1.0, 2.0)),
                         cell_text(first, 0),
                         cell_text(first, 1),
                         cell_text(first, 3),
                         cell_text("a\0c", 3),
                         cell_text("1", 1),
                         cell_blob(first, 0),
                         cell_blob(first, 3)};
    for (size_t i = 0; i < COUNT(one); i++)
        for (size_t j = 0; j < COUNT(one); j++) {
            struct cell other = one[j];
            if (other.cls >= CELL_TEXT && other.p == first)
                other.p = second;
            other.terminated = true;
            if (cell_same(&one[i], &other) != (i == j))
                fail_msg("values %zu and %zu", i, j);
        }
    struct cell none = {.cls = CELL_BLOB, .p = NULL, .n = 0}, empty = cell_blob("", 0);
    assert_true(cell_same(&none, &empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_as_a_native_column_does),
        cmocka_unit_test(text_of_many_digits_is_converted_by_the_host),
        cmocka_unit_test(compares_as_sql_does),
        cmocka_unit_test(comparison_converts_text),
        cmocka_unit_test(every_value_survives_result_and_copy),
        cmocka_unit_test(passes_as_a_native_column_holds_it),
        cmocka_unit_test(decimals_are_exact_in_any_locale),
        cmocka_unit_test(decimal_notation),
        cmocka_unit_test(the_same_has_the_same_bits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
