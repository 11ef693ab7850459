/* Kept rows: equality is SQLite's own, order is kept, memory is bounded, every failed allocation is survived. */
#include "oom.h"
#include "session/keystore.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#define MANY 200000

static struct keystore_budget budget;
static struct err err;

static struct keystore *store_of(int ncolumns, const struct keystore_key *keys, int nkeys)
{
    struct keystore *s = keystore_new(ncolumns, keys, nkeys, &budget);
    assert_non_null(s);
    return s;
}

static void add(struct keystore *s, const struct cell *cells)
{
    assert_int_equal(keystore_add(s, cells, &err), SQLITE_OK);
}

static void seal(struct keystore *s)
{
    assert_int_equal(keystore_seal(s, &err), SQLITE_OK);
}

/* The integers in the last column of all rows with that key, as a text: "1 2 3 ". */
static const char *found(struct keystore *s, const struct cell *key, int column)
{
    static char text[256];
    struct keystore_scan scan = {.store = NULL};
    int rc;
    text[0] = '\0';
    assert_int_equal(keystore_find(s, key, &scan, &err), SQLITE_OK);
    while ((rc = keystore_next(&scan, &err)) == SQLITE_ROW) {
        size_t n = strlen(text);
        sqlite3_snprintf((int)(sizeof text - n), text + n, "%lld ", scan.cells[column].i);
    }
    assert_int_equal(rc, SQLITE_DONE);
    keystore_scan_clear(&scan);
    return text;
}

static int setup(void **state)
{
    (void)state;
    budget = (struct keystore_budget){.used = 0, .limit = KEYSTORE_MEMORY};
    err_clear(&err);
    return 0;
}

static int all_is_given_back(void **state)
{
    (void)state;
    return budget.used == 0 ? 0 : 1;
}

static struct keystore *texts(enum collation collation, const char *const *list, int n)
{
    const struct keystore_key key = {0, AFF_TEXT, collation};
    struct keystore *s = store_of(2, &key, 1);
    for (int i = 0; i < n; i++)
        add(s, (struct cell[]){cell_str(list[i]), cell_int(i)});
    seal(s);
    return s;
}

static void texts_are_equal_as_their_collation_says(void **state)
{
    static const char *const list[] = {"a", "A", "a ", "\xc3\xa4", "\xc3\x84", "", NULL, "longer than eight A"};
    static const struct {
        enum collation collation;
        const char *key, *want;
    } cases[] = {
        {COLLATION_BINARY, "a", "0 "},        {COLLATION_BINARY, "A", "1 "},
        {COLLATION_BINARY, "", "5 "},         {COLLATION_BINARY, "a  ", ""},
        {COLLATION_NOCASE, "a", "0 1 "},      {COLLATION_NOCASE, "A ", "2 "},
        {COLLATION_NOCASE, "\xc3\xa4", "3 "}, {COLLATION_NOCASE, "LONGER THAN EIGHT a", "7 "},
        {COLLATION_RTRIM, "a   ", "0 2 "},    {COLLATION_RTRIM, "  ", "5 "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct keystore *s = texts(cases[i].collation, list, (int)COUNT(list));
        struct cell key = cell_str(cases[i].key);
        assert_string_equal(found(s, &key, 1), cases[i].want);
        keystore_release(s);
    }
}

static void texts_may_hold_nul(void **state)
{
    const struct keystore_key key = {0, AFF_TEXT, COLLATION_BINARY};
    struct keystore *s = store_of(2, &key, 1);
    struct cell wanted = cell_text("a\0b", 3);
    (void)state;
    add(s, (struct cell[]){cell_text("a\0b", 3), cell_int(1)});
    add(s, (struct cell[]){cell_text("a\0c", 3), cell_int(2)});
    add(s, (struct cell[]){cell_text("a", 1), cell_int(3)});
    seal(s);
    assert_string_equal(found(s, &wanted, 1), "1 ");
    keystore_release(s);
}

static void numbers_are_equal_across_classes(void **state)
{
    const struct keystore_key key = {0, AFF_NUMERIC, COLLATION_BINARY};
    const struct cell stored[] = {cell_int(5),  cell_real(5.5), cell_int((1LL << 53) + 1), cell_real(0x1p53),
                                  cell_null(),  cell_int(0),    cell_str("word"),           cell_blob("5", 1),
                                  cell_real(INFINITY)};
    const struct {
        struct cell key;
        const char *want;
    } cases[] = {
        {cell_real(5.0), "0 "},
        {cell_str("5"), "0 "},
        {cell_str(" 5.50 "), "1 "},
        {cell_real(0x1p53), "3 "},
        {cell_int(1LL << 53), "3 "},
        {cell_int((1LL << 53) + 1), "2 "},
        {cell_real(-0.0), "5 "},
        {cell_str("word"), "6 "},
        {cell_blob("5", 1), "7 "},
        {cell_int(7), ""},
        {cell_real(INFINITY), "8 "},
    };
    struct keystore *s = store_of(2, &key, 1);
    (void)state;
    for (int i = 0; i < (int)COUNT(stored); i++)
        add(s, (struct cell[]){stored[i], cell_int(i)});
    seal(s);
    assert_int_equal(keystore_rows(s), COUNT(stored) - 1); /* NULL is equal to nothing */
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(found(s, &cases[i].key, 1), cases[i].want);
    keystore_release(s);
}

static void several_keys(void **state)
{
    const struct keystore_key keys[] = {{0, AFF_INTEGER, COLLATION_BINARY}, {1, AFF_TEXT, COLLATION_NOCASE}};
    struct keystore *s = store_of(3, keys, 2);
    (void)state;
    for (int i = 0; i < 12; i++)
        add(s, (struct cell[]){cell_int(i % 3), cell_str(i % 2 ? "x" : "Y"), cell_int(i)});
    add(s, (struct cell[]){cell_int(1), cell_null(), cell_int(99)});
    seal(s);
    assert_string_equal(found(s, (struct cell[]){cell_int(1), cell_str("X")}, 2), "1 7 ");
    assert_string_equal(found(s, (struct cell[]){cell_int(2), cell_str("y")}, 2), "2 8 ");
    assert_string_equal(found(s, (struct cell[]){cell_int(2), cell_str("z")}, 2), "");
    keystore_release(s);
}

static void without_keys_all_rows_in_order(void **state)
{
    struct keystore *s = store_of(1, NULL, 0);
    (void)state;
    seal(s);
    assert_string_equal(found(s, NULL, 0), "");
    keystore_release(s);
    s = store_of(1, NULL, 0);
    for (int i = 0; i < 5; i++)
        add(s, (struct cell[]){cell_int(i - 2)});
    seal(s);
    assert_string_equal(found(s, NULL, 0), "-2 -1 0 1 2 ");
    keystore_release(s);
}

static void values_come_back_as_they_went_in(void **state)
{
    char big[40000];
    const struct cell cells[] = {
        cell_null(), cell_int(0), cell_int(-1), cell_int(127), cell_int(-128), cell_int(128), cell_int(32768),
        cell_int(2147483648LL), cell_int(-9223372036854775807LL - 1), cell_real(1.5), cell_real(-0.0), cell_str(""),
        cell_str("text"), cell_blob("", 0), cell_blob("a\0b", 3), cell_text(big, sizeof big), cell_blob(big, 300)};
    struct keystore_scan scan = {.store = NULL};
    struct keystore *s = store_of((int)COUNT(cells), NULL, 0);
    (void)state;
    memset(big, 'x', sizeof big);
    add(s, cells);
    add(s, cells);
    seal(s);
    assert_int_equal(keystore_find(s, NULL, &scan, &err), SQLITE_OK);
    for (int row = 0; row < 2; row++) {
        assert_int_equal(keystore_next(&scan, &err), SQLITE_ROW);
        for (size_t i = 0; i < COUNT(cells); i++) {
            assert_int_equal(scan.cells[i].cls, cells[i].cls);
            assert_int_equal(cell_compare(&scan.cells[i], &cells[i]), 0);
            if (cells[i].cls == CELL_TEXT)
                assert_int_equal(scan.cells[i].p[scan.cells[i].n], 0);
        }
    }
    assert_int_equal(keystore_next(&scan, &err), SQLITE_DONE);
    keystore_scan_clear(&scan);
    keystore_release(s);
}

static void beyond_the_budget_rows_go_to_a_file(void **state)
{
    const struct keystore_key key = {0, AFF_INTEGER, COLLATION_BINARY};
    struct keystore_scan scan = {.store = NULL};
    struct keystore *s;
    char text[101];
    (void)state;
    budget.limit = (size_t)8 * 1024 * 1024;
    s = store_of(2, &key, 1);
    for (int i = 0; i < MANY; i++) {
        sqlite3_snprintf(sizeof text, text, "%0100d", i);
        add(s, (struct cell[]){cell_int(i / 2), cell_str(text)});
    }
    seal(s);
    assert_true(keystore_spilled(s));
    assert_true(budget.used <= budget.limit);
    assert_true(sqlite3_memory_used() < (sqlite3_int64)budget.limit + (sqlite3_int64)4 * 1024 * 1024);
    for (int i = 0; i < MANY / 2; i += 997) {
        struct cell wanted = cell_int(i);
        assert_int_equal(keystore_find(s, &wanted, &scan, &err), SQLITE_OK);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(keystore_next(&scan, &err), SQLITE_ROW);
            sqlite3_snprintf(sizeof text, text, "%0100d", 2 * i + k);
            assert_string_equal(scan.cells[1].p, text);
        }
        assert_int_equal(keystore_next(&scan, &err), SQLITE_DONE);
    }
    keystore_scan_clear(&scan);
    keystore_release(s);
}

static void when_not_even_the_index_fits_it_says_so(void **state)
{
    const struct keystore_key key = {0, AFF_INTEGER, COLLATION_BINARY};
    struct keystore *s;
    int rc = SQLITE_OK;
    (void)state;
    budget.limit = (size_t)256 * 1024;
    s = store_of(1, &key, 1);
    for (int i = 0; i < MANY && rc == SQLITE_OK; i++)
        rc = keystore_add(s, (struct cell[]){cell_int(i)}, &err);
    assert_int_equal(rc, SQLITE_FULL);
    assert_int_equal(err.rc, SQLITE_OK);
    keystore_release(s);
}

static void a_pass_outlives_its_owner(void **state)
{
    struct keystore_scan scan = {.store = NULL};
    struct keystore *s = store_of(1, NULL, 0);
    (void)state;
    add(s, (struct cell[]){cell_str("first")});
    add(s, (struct cell[]){cell_str("second")});
    seal(s);
    assert_int_equal(keystore_find(s, NULL, &scan, &err), SQLITE_OK);
    assert_int_equal(keystore_next(&scan, &err), SQLITE_ROW);
    keystore_release(s);
    assert_string_equal(scan.cells[0].p, "first");
    assert_int_equal(keystore_next(&scan, &err), SQLITE_ROW);
    assert_string_equal(scan.cells[0].p, "second");
    keystore_scan_clear(&scan);
}

/* 600 rows, some of them in the file, found again.  False: out of memory, said in the usual way. */
static bool fill_and_find(void)
{
    const struct keystore_key key = {0, AFF_INTEGER, COLLATION_BINARY};
    struct keystore_scan scan = {.store = NULL};
    struct keystore *s = keystore_new(2, &key, 1, &budget);
    static char text[200];
    int rc = s != NULL ? SQLITE_OK : SQLITE_NOMEM;
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 600 && rc == SQLITE_OK; i++)
        rc = keystore_add(s, (struct cell[]){cell_int(i), cell_text(text, sizeof text)}, &err);
    if (rc == SQLITE_OK)
        rc = keystore_seal(s, &err);
    for (int i = 0; i < 600 && rc == SQLITE_OK; i += 7) {
        struct cell wanted = cell_int(i);
        rc = keystore_find(s, &wanted, &scan, &err);
        if (rc == SQLITE_OK)
            rc = keystore_next(&scan, &err);
        assert_int_not_equal(rc, SQLITE_DONE);
        rc = rc == SQLITE_ROW ? SQLITE_OK : rc;
    }
    keystore_scan_clear(&scan);
    keystore_release(s);
    return rc == SQLITE_OK;
}

static void every_allocation_may_fail(void **state)
{
    bool done = false;
    (void)state;
    budget.limit = (size_t)80 * 1024;
    for (int n = 1; !done; n++) {
        long before;
        oom_at(0, false);
        before = oom_outstanding();
        err_clear(&err);
        oom_at(n, true);
        done = fill_and_find();
        oom_at(0, false);
        assert_int_equal(budget.used, 0);
        assert_true(oom_outstanding() <= before + 4); /* SQLite keeps a little of its own */
        assert_true(n < 5000);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, all_is_given_back)
    const struct CMUnitTest tests[] = {
        T(texts_are_equal_as_their_collation_says),
        T(texts_may_hold_nul),
        T(numbers_are_equal_across_classes),
        T(several_keys),
        T(without_keys_all_rows_in_order),
        T(values_come_back_as_they_went_in),
        T(beyond_the_budget_rows_go_to_a_file),
        T(when_not_even_the_index_fits_it_says_so),
        T(a_pass_outlives_its_owner),
        T(every_allocation_may_fail),
    };
#undef T
    if (oom_install() != SQLITE_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
