/* Plans: what is taken, what may be left to the server alone, LIMIT and OFFSET by host, costs, and the text by
** which a plan travels. */
#include "unit.h"

#include "planning.h"

#include <stdlib.h>
#include <string.h>

static struct planning p;

static const char people[] =
    "id INTEGER PRIMARY KEY, name VARCHAR(80), age INTEGER, weight REAL, born DATE, "
    "total NUMERIC(10,2), photo BLOB";
static const char people_pg[] =
    "id bigint!; name varchar(80)/bytes; age integer; weight double precision; born date; "
    "total numeric(10,2); photo bytea";

static void set_up_people(const struct dialect *d)
{
    planning_init(&p, d, people, people_pg);
    planning_index(&p, "id", true, 100000);
    planning_index(&p, "name", false, 50000);
    planning_index(&p, "age", false, 90);
}

/* "0o 1 2-": argvIndex of each term, o = omitted, - = not used. */
static void uses_are(const char *expected)
{
    char text[400] = "";
    for (int i = 0; i < p.request.nterms; i++) {
        size_t n = strlen(text);
        if (p.uses[i].argv == 0)
            sqlite3_snprintf((int)(sizeof text - n), text + n, "%s-", i > 0 ? " " : "");
        else
            sqlite3_snprintf((int)(sizeof text - n), text + n, "%s%d%s", i > 0 ? " " : "",
                             p.uses[i].argv, p.uses[i].omit ? "o" : "");
    }
    assert_string_equal(text, expected);
}

static void run(const char *terms, const char *order, const char *expected_uses)
{
    planning_request(&p, terms, order);
    char *sql = planning_run(&p);
    assert_non_null(sql);
    uses_are(expected_uses);
    sqlite3_free(sql);
}

static void omit(void **state)
{
    (void)state;
    set_up_people(&postgres_dialect);
    /* integers and decimals: whatever comes; text: only a literal tells what is meant */
    run("id = ?, age > ?, total < ?", "", "1o 2o 3o");
    run("name = ?, name = 'a', name = 5", "", "1 2o 3"); /* it may be CAST(5 AS INTEGER) */
    run("born = ?, born > '2024-01-01', born > '2024-01'", "", "1 2o 3");
    run("photo = ?, weight = ?, weight <> ?", "", "1o 2o 3");
    run("name LIKE 'a%', name GLOB 'a*', name <> 'a'", "", "1 - 2");
    run("id IN ?, name IN ?, weight IN ?", "", "1o 2 3");
    run("age IS NULL, age IS NOT NULL, age IS ?, age IS NOT ?", "", "1o 2o 3o 4o");
    /* not usable, or of an unknown collation */
    run("(id = ?), age = ?", "", "- 1o");
    planning_request(&p, "name = ?", "");
    p.terms[0].collation_known = false;
    char *sql = planning_run(&p);
    uses_are("-");
    sqlite3_free(sql);
    /* SQLite heeds omit for the first sixteen only */
    run("id = ?, id = ?, id = ?, id = ?, id = ?, id = ?, id = ?, id = ?, id = ?, id = ?, id = ?, "
        "id = ?, id = ?, id = ?, "
        "id = ?, id = ?, id = ?, id = ?",
        "", "1o 2o 3o 4o 5o 6o 7o 8o 9o 10o 11o 12o 13o 14o 15o 16o 17 18");
    /* one half of what LIKE may have become says nothing of blobs */
    run("photo >= 'a', photo < 'b'", "", "1 2");
    run("photo >= 'a', photo <= 'b'", "", "1o 2o");
    planning_clear(&p);
}

/* The equality may be one of (id, name) IN (…), which is compared under the column's own collation. */
static void slices(void **state)
{
    (void)state;
    planning_init(&p, &postgres_dialect,
                  "id INTEGER PRIMARY KEY, r TEXT COLLATE RTRIM, n TEXT COLLATE NOCASE, b TEXT",
                  "id bigint!; r text/bytes; n text/bytes; b text/bytes");
    planning_request(&p, "id = ?, r = ?, b = ? COLLATE NOCASE", "");
    char *sql = planning_run(&p);
    assert_non_null(strstr(sql, "rtrim(\"r\", ' ')"));
    assert_non_null(strstr(sql, "lower(\"b\" COLLATE \"C\")"));
    assert_false(p.plan.terms[1].exact || p.plan.terms[2].exact);
    sqlite3_free(sql);
    run("id = ?, r = ?, b = ? COLLATE NOCASE", "", "1o 2 3");
    run("id = ? COLLATE NOCASE, r = ? COLLATE NOCASE", "", "1o -");
    run("r = 'a', b = 'a' COLLATE NOCASE, r IN ?", "", "1o 2o 3"); /* no slices */
    planning_clear(&p);
}

static void hosts(void **state)
{
    (void)state;
    set_up_people(&postgres_dialect);
    p.context.aux_is_safe = false;
    run("age <> ?, age IS NOT ?, age IS NOT NULL, name LIKE 'a%', age = ?", "", "- - - - 1o");
    p.context.outer = 3;
    run("age <> ?, age IS NOT ?, age IS NOT NULL, name LIKE 'a%', age = ?", "", "1 2 3 4 5o");
    assert_int_equal(p.plan.outer, 3);
    run("age = ?, LIMIT 5", "", "1o 2");
    assert_int_equal(p.plan.outer, 0);
    p.context.aux_is_safe = true;
    run("age <> ?, age IS NOT ?, age IS NOT NULL, name LIKE 'a%', age = ?", "", "1o 2o 3o 4 5o");
    assert_int_equal(p.plan.outer, 0);

    /* consumed only if every term is exact whatever comes */
    run("age = ?, LIMIT 5, OFFSET 2", "id", "1o 2 3o");
    assert_true((p.plan.flags & PLAN_LIMIT_ONLY) != 0 && (p.plan.flags & PLAN_OFFSET) != 0);
    run("name = ?, LIMIT 5, OFFSET 2", "id", "1 2 3");
    assert_true((p.plan.flags & PLAN_LIMIT_ONLY) != 0 && (p.plan.flags & PLAN_OFFSET) == 0);
    run("age <= ?, LIMIT 5, OFFSET 2", "", "1o 2 3"); /* may be half of (age, x) < (?, ?) */
    assert_true((p.plan.flags & PLAN_LIMIT_ONLY) == 0);
    run("age <= 7, LIMIT 5, OFFSET 2", "", "1o 2 3o");
    planning_request(&p, "age = ?, LIMIT 5, OFFSET 2", "");
    p.request.used |= (sqlite3_uint64)1 << PLAN_COLUMN_BITS; /* there may be an order by as many */
    sqlite3_free(planning_run(&p));
    assert_false(p.plan.flags & (PLAN_LIMIT | PLAN_OFFSET));
    /* a page on older hosts; nothing at all where something stays local or the order is not ours */
    p.context.limit_is_safe = false;
    run("age = ?, LIMIT 5, OFFSET 2", "id", "1o 2 3");
    assert_true((p.plan.flags & (PLAN_LIMIT | PLAN_LIMIT_ONLY | PLAN_OFFSET)) == PLAN_LIMIT);
    /* … whose rows before the OFFSET may stay away if none of them is looked at again */
    assert_true((p.plan.flags & PLAN_SKIP) != 0);
    run("name = ?, LIMIT 5, OFFSET 2", "id", "1 2 3");
    assert_false(p.plan.flags & PLAN_SKIP);
    run("age = ?, LIMIT 5", "id", "1o 2");
    assert_false(p.plan.flags & PLAN_SKIP);
    run("(age = ?), LIMIT 5", "id", "- -");
    run("name GLOB ?, LIMIT 5", "", "- -");
    assert_false(p.plan.flags & PLAN_LIMIT);

    p.context.pushdown = false;
    run("age = ?, LIMIT 5", "id", "- -");
    assert_int_equal(p.plan.flags & (PLAN_ORDERED | PLAN_LIMIT | PLAN_COUNT | PLAN_PEEK), 0);
    planning_clear(&p);
}

static void counts(void **state)
{
    (void)state;
    set_up_people(&postgres_dialect);
    planning_request(&p, "", "");
    p.request.used = 0;
    char *sql = planning_run(&p);
    assert_string_equal(sql, "SELECT count(*) FROM \"t\"");
    sqlite3_free(sql);
    /* newer hosts name the key; a filter names its columns: perhaps only a count is wanted */
    planning_request(&p, "age > ?", "");
    p.request.used = 1 | 1 << 2;
    sql = planning_run(&p);
    assert_true((p.plan.flags & PLAN_COUNT_LATER) != 0);
    sqlite3_free(sql);
    planning_request(&p, "age > ?", "");
    p.request.used = 1 | 1 << 1;
    sql = planning_run(&p);
    assert_false(p.plan.flags & PLAN_COUNT_LATER);
    sqlite3_free(sql);
    /* the key that they always name may be left away if the program does not read it */
    planning_request(&p, "", "");
    p.request.used = 1 | 1 << 1;
    sql = planning_run(&p);
    assert_true(p.plan.rows > 1000 && p.plan.spare == 1);
    sqlite3_free(sql);
    p.request.used = 1;
    sql = planning_run(&p);
    assert_true(p.plan.spare == 0);
    sqlite3_free(sql);
    /* older hosts leave the key out where it is read: it is always there */
    p.context.used_has_key = false;
    planning_request(&p, "", "");
    p.request.used = 1 << 1;
    sql = planning_run(&p);
    assert_string_equal(sql, "SELECT \"id\", \"name\" FROM \"t\"");
    sqlite3_free(sql);
    planning_clear(&p);
}

static int ends_of(const char *terms, sqlite3_uint64 lowest, sqlite3_uint64 highest)
{
    struct plan_extremes e = {lowest, highest};
    planning_request(&p, terms, "");
    char *sql = planning_run(&p);
    assert_non_null(sql);
    sqlite3_free(sql);
    return plan_ends(&p.context, &p.plan, &e);
}

static void ends(void **state)
{
    enum { ID = 1, NAME = 2, AGE = 4, WEIGHT = 8, BORN = 16, TOTAL = 32 };
    (void)state;
    set_up_people(&postgres_dialect);
    assert_int_equal(ends_of("", ID, ID), 2);
    assert_int_equal(ends_of("", ID | AGE, NAME), 3);
    assert_int_equal(ends_of("", 0, 0), 0);
    /* no index has them in order; the hidden key is none of the columns */
    assert_int_equal(ends_of("", ID | WEIGHT, 0), 0);
    assert_int_equal(ends_of("", ID | 1 << 7, 0), 0);
    planning_index(&p, "born", false, 1000);
    planning_index(&p, "weight", false, 1000);
    assert_int_equal(ends_of("", WEIGHT, WEIGHT), 2);
    assert_int_equal(ends_of("", BORN, BORN),
                     4); /* years that sort otherwise are looked for apart */
    /* rows would have to be passed over, unless an equality before it in the index finds them */
    assert_int_equal(ends_of("id > ?", ID, ID), 2);
    assert_int_equal(ends_of("age > ?", ID, ID), 0);
    assert_int_equal(ends_of("age = ?", ID, ID), 0);
    assert_int_equal(ends_of("id > ?", ID, AGE), 0);
    planning_index(&p, "age, total", false, 1000);
    assert_int_equal(ends_of("age = ?", TOTAL, TOTAL), 2);
    assert_int_equal(ends_of("age = ?, total < ?", TOTAL, TOTAL), 2);
    assert_int_equal(ends_of("age = ?, id > ?", TOTAL, TOTAL), 0);
    assert_int_equal(ends_of("age > ?", TOTAL, TOTAL), 0);
    assert_int_equal(ends_of("", TOTAL, TOTAL), 0);
    /* a view may not be the same twice */
    p.remote->kind = REMOTE_VIEW;
    assert_int_equal(ends_of("", ID, ID), 0);
    p.remote->kind = REMOTE_TABLE;
    p.context.pushdown = false;
    assert_int_equal(ends_of("", ID, ID), 0);
    planning_clear(&p);
    /* values that are equal, but not the same */
    planning_init(&p, &sqlite_dialect, "a, b INTEGER, c REAL, d VARCHAR(9)",
                  "a BLOB; b INTEGER; c REAL; d VARCHAR(9)/bytes");
    planning_index(&p, "a", false, 1000);
    planning_index(&p, "b", false, 1000);
    planning_index(&p, "c", false, 1000);
    planning_index(&p, "d", false, 1000);
    assert_int_equal(ends_of("", 1, 1), 0);
    assert_int_equal(ends_of("", 2 | 4, 8), 0); /* compared under the column's collation there */
    planning_clear(&p);
    planning_init(&p, &postgres_dialect, "a, b REAL", "a double precision; b double precision");
    planning_index(&p, "a", false, 1000);
    planning_index(&p, "b", false, 1000);
    assert_int_equal(ends_of("", 1, 1), 0);
    assert_int_equal(ends_of("", 2, 2), 2);
    planning_clear(&p);
}

static void costs(void **state)
{
    (void)state;
    set_up_people(&postgres_dialect);
    run("", "", "");
    double all = p.plan.cost, rows = p.plan.rows;
    assert_true(rows == 100000);
    run("id = ?", "", "1o");
    double one = p.plan.cost;
    assert_true(p.plan.rows == 1 && (p.plan.flags & PLAN_FEW) != 0);
    assert_true(one < all / 100);
    run("name = ?", "", "1");
    assert_true(p.plan.rows == 2 && p.plan.cost > one && p.plan.cost < all / 100);
    run("age = ?", "", "1o");
    double indexed = p.plan.cost;
    assert_true(p.plan.rows > 1000 && p.plan.rows < 1200);
    run("weight = ?", "", "1o");
    assert_true(p.plan.cost > indexed &&
                p.plan.cost < all); /* the server looks at all, few travel */
    /* ten thousand lookups cost more than reading the table once */
    assert_true(10000 * one > all);
    /* a table that was counted small: few rows are expected of it, but it may have grown */
    p.remote->rows = 1000;
    run("weight = ?", "", "1o");
    double thousand = p.plan.cost;
    p.remote->rows = 25;
    run("weight = ?", "", "1o");
    assert_true(p.plan.rows == 10 && p.plan.cost == thousand);
    run("", "", "");
    assert_true(p.plan.rows == 100 && p.plan.cost > 10 * one);
    p.remote->rows = 0;
    run("", "", "");
    assert_true(p.plan.rows == 100);
    /* ten times as many rows as when the values of the indexes were counted: so many times more, but of the few */
    planning_index(&p, "weight", false, 50000);
    p.remote->rows = 1000000;
    run("weight = ?", "", "1o");
    assert_true(p.plan.rows == 2);
    run("age = ?", "", "1o");
    assert_true(p.plan.rows > 10000);
    p.remote->rows = -1; /* a view */
    run("", "", "");
    assert_true(p.plan.rows == 10000);
    planning_clear(&p);
}

static void errors(void **state)
{
    (void)state;
    set_up_people(&postgres_dialect);
    p.remote->kind = REMOTE_MISSING;
    planning_request(&p, "", "");
    assert_null(planning_run(&p));
    assert_int_equal(p.err.rc, SQLITE_ERROR);
    assert_non_null(strstr(p.err.text, "create_all"));
    p.remote->kind = REMOTE_TABLE;
    p.remote->columns[1].name = "renamed";
    p.remote->columns[3].name = "heavy";
    assert_null(planning_run(&p));
    assert_non_null(strstr(p.err.text, "name, weight"));
    planning_clear(&p);
}

/* ---- the text ---------------------------------------------------------------------------------------- */

static int number(int n)
{
    return rand() % n;
}

static void random_plan(struct plan *out)
{
    memset(out, 0, sizeof *out);
    out->flags = (unsigned)number(2 * PLAN_SKIP);
    out->fetch = ((sqlite3_uint64)rand() << 33) ^ (sqlite3_uint64)rand();
    out->spare = number(2) ? out->fetch & (sqlite3_uint64)rand() : 0;
    out->asked = (unsigned)rand() ^ (unsigned)rand() << 16;
    out->rows = number(1000000);
    out->limit_argv = number(4) - 1;
    out->offset_argv = number(4) - 1;
    out->limit = number(3) ? number(100000) : -1;
    out->offset = number(3) ? ((sqlite3_int64)number(1000) << 40) : -1;
    out->outer = number(2) ? 0 : (unsigned)number(100000) + 1;
    out->nterms = number(PLAN_TERMS_MAX + 1);
    for (int i = 0; i < out->nterms; i++) {
        struct plan_term *t = &out->terms[i];
        t->op = (enum op)number(OP_N);
        t->column = number(2000);
        t->argv = number(40) - 1;
        t->form = number(100);
        t->collation = (enum collation)number(3);
        t->exact = number(2) != 0;
        t->literal = t->rule.literal = number(2) != 0;
        t->rule.domain = (enum domain)number(DOMAIN_N);
        t->rule.affinity = (enum affinity)number(5);
        t->rule.arg = (enum coltype)number(CT_N);
        t->rule.precision = number(1000);
        t->rule.scale = number(100) - 50;
        t->rule.without_nul = number(2) != 0;
        t->rule.like_pair = number(2) != 0;
    }
    out->norder = number(PLAN_ORDER_MAX + 1);
    for (int i = 0; i < out->norder; i++)
        out->order[i] = (struct plan_order){number(2000), number(2) != 0, number(100)};
}

static void same_plan(const struct plan *a, const struct plan *b)
{
    assert_int_equal(a->flags, b->flags);
    assert_true(a->fetch == b->fetch && a->rows == b->rows && a->asked == b->asked);
    assert_int_equal(a->outer, b->outer);
    assert_int_equal(a->limit_argv, b->limit_argv);
    assert_int_equal(a->offset_argv, b->offset_argv);
    assert_true(a->limit == b->limit && a->offset == b->offset);
    assert_int_equal(a->nterms, b->nterms);
    for (int i = 0; i < a->nterms; i++) {
        const struct plan_term *s = &a->terms[i], *t = &b->terms[i];
        assert_true(s->op == t->op && s->column == t->column && s->argv == t->argv &&
                    s->form == t->form && s->collation == t->collation && s->exact == t->exact &&
                    s->literal == t->literal);
        assert_true(s->rule.domain == t->rule.domain && s->rule.affinity == t->rule.affinity &&
                    s->rule.arg == t->rule.arg && s->rule.precision == t->rule.precision &&
                    s->rule.scale == t->rule.scale && s->rule.literal == t->rule.literal &&
                    s->rule.without_nul == t->rule.without_nul &&
                    s->rule.like_pair == t->rule.like_pair);
    }
    assert_true(a->spare == b->spare);
    assert_int_equal(a->norder, b->norder);
    for (int i = 0; i < a->norder; i++)
        assert_true(a->order[i].column == b->order[i].column &&
                    a->order[i].form == b->order[i].form &&
                    a->order[i].descending == b->order[i].descending);
}

static void round_trips(void **state)
{
    (void)state;
    static const char *const texts[] = {"SELECT 1", "SELECT \"a -- b\" FROM \"x -- y\"", ""};
    struct plan in, out;
    struct err err;
    size_t n;
    srand(11);
    for (int i = 0; i < 3000; i++) {
        const char *sql = texts[i % 3];
        random_plan(&in);
        char *text = plan_encode(&in, "mariadb", sql);
        assert_int_equal(plan_decode(text, "mariadb", &out, &n, &err), SQLITE_OK);
        assert_int_equal(n, strlen(sql));
        same_plan(&in, &out);
        assert_int_equal(plan_decode(text, "mysql", &out, &n, &err), SQLITE_SCHEMA);
        /* a damaged text is refused, or is another plan: nothing worse */
        size_t len = strlen(text);
        text[(size_t)rand() % len] = (char)(' ' + rand() % 90);
        plan_decode(text, "mariadb", &out, &n, &err);
        text[(size_t)rand() % len] = '\0';
        plan_decode(text, "mariadb", &out, &n, &err);
        sqlite3_free(text);
    }
    assert_int_equal(plan_decode("", "mariadb", &out, &n, &err), SQLITE_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(omit),        cmocka_unit_test(slices), cmocka_unit_test(hosts),
        cmocka_unit_test(counts),      cmocka_unit_test(costs),  cmocka_unit_test(errors),
        cmocka_unit_test(round_trips), cmocka_unit_test(ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
