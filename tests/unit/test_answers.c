/* Answers of xBestIndex that are given again, and when they are not. */
#include "unit.h"

#include "vtab/answers.h"

#include <string.h>

static struct answers *all;
static const struct remote *const remote = (const struct remote *)&all;
static struct circumstances now;

static int set_up(void **state)
{
    (void)state;
    all = NULL;
    now = (struct circumstances){.generation = 7, .remote = remote, .version = 1};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    answers_free(all);
    return 0;
}

static struct request_term equals(int column, struct cell value)
{
    return (struct request_term){.kind = REQUEST_COMPARE,
                                 .op = OP_EQ,
                                 .column = column,
                                 .usable = true,
                                 .collation_known = true,
                                 .collation = COLLATION_BINARY,
                                 .literal = true,
                                 .value = value};
}

static void keep(const struct request *r, const char *text)
{
    const struct plan_use uses[] = {{.argv = 1, .omit = true}, {.argv = 2, .in = true}};
    const struct answer answer = {
        .uses = uses, .text = text, .ordered = true, .cost = 1.5, .rows = 42};
    answers_keep(&all, &now, r, &answer);
}

static void given_again(void **state)
{
    char word[] = "word", text[] = "SELECT";
    struct request_term terms[] = {equals(1, cell_text(word, 4)), equals(2, cell_int(5))};
    struct request_order order[] = {{.column = 3, .descending = true}};
    struct request r = {.nterms = 2, .terms = terms, .norder = 1, .order = order, .used = 6};
    (void)state;
    assert_null(answers_find(all, &now, &r));
    keep(&r, text);
    memset(text, 'x', 6);
    const struct answer *a = answers_find(all, &now, &r);
    assert_non_null(a);
    assert_string_equal(a->text, "SELECT");
    assert_true(a->ordered && a->cost == 1.5 && a->rows == 42);
    assert_true(a->uses[0].argv == 1 && a->uses[0].omit && !a->uses[0].in);
    assert_true(a->uses[1].argv == 2 && !a->uses[1].omit && a->uses[1].in);
    word[0] = 'x'; /* the copy keeps its own */
    assert_null(answers_find(all, &now, &r));
    word[0] = 'w';
    assert_non_null(answers_find(all, &now, &r));
}

static void another_request(void **state)
{
    struct request_term term = equals(1, cell_int(5)), other;
    struct request_order order = {.column = 3};
    struct request r = {.nterms = 1, .terms = &term, .norder = 1, .order = &order, .used = 6};
    struct request changed = r;
    const struct cell values[] = {cell_int(6), cell_real(5), cell_text("5", 1), cell_blob("5", 1),
                                  cell_null()};
    (void)state;
    keep(&r, "SELECT");
    changed.used = 7;
    assert_null(answers_find(all, &now, &changed));
    changed = r;
    changed.distinct = 2;
    assert_null(answers_find(all, &now, &changed));
    changed = r;
    changed.norder = 0;
    assert_null(answers_find(all, &now, &changed));
    changed = r;
    struct request_order down = {.column = 3, .descending = true};
    changed.order = &down;
    assert_null(answers_find(all, &now, &changed));
    changed = r;
    changed.terms = &other;
    for (size_t i = 0; i < COUNT(values); i++) {
        other = equals(1, values[i]);
        assert_null(answers_find(all, &now, &changed));
    }
#define WITH(field, value)                                                                         \
    other = term;                                                                                  \
    other.field = (value);                                                                         \
    assert_null(answers_find(all, &now, &changed))
    WITH(kind, REQUEST_UNKNOWN);
    WITH(op, OP_LT);
    WITH(column, 2);
    WITH(usable, false);
    WITH(in, true);
    WITH(collation, COLLATION_NOCASE);
    WITH(collation_known, false);
    WITH(literal, false);
#undef WITH
    other = term;
    assert_non_null(answers_find(all, &now, &changed));
}

static void zeros(void **state)
{
    struct request_term term = equals(1, cell_real(0.0));
    struct request r = {.nterms = 1, .terms = &term};
    (void)state;
    keep(&r, "SELECT");
    term = equals(1, cell_real(-0.0));
    assert_null(answers_find(all, &now, &r));
}

static void other_circumstances(void **state)
{
    struct request r = {.used = 1};
    (void)state;
    keep(&r, "SELECT");
    now.version = 2;
    assert_null(answers_find(all, &now, &r));
    now.version = 1;
    now.generation = 8;
    assert_null(answers_find(all, &now, &r));
    now.generation = 7;
    now.remote = NULL;
    assert_null(answers_find(all, &now, &r));
    now.remote = remote;
    assert_non_null(answers_find(all, &now, &r));
}

static void oldest_goes(void **state)
{
    struct request r = {.used = 0};
    (void)state;
    for (int i = 0; i <= ANSWERS_KEPT; i++) {
        r.used = (sqlite3_uint64)i;
        keep(&r, "SELECT");
    }
    assert_non_null(answers_find(all, &now, &r));
    r.used = 1;
    assert_non_null(answers_find(all, &now, &r));
    r.used = 0;
    assert_null(answers_find(all, &now, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(given_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zeros, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_circumstances, set_up, tear_down),
        cmocka_unit_test_setup_teardown(oldest_goes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
