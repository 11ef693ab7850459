/* The SELECT that reads the ends of indexes, word for word. */
#include "unit.h"

#include "planning.h"

#include <string.h>

static struct planning p;

static char *extremes_text(const char *terms, sqlite3_uint64 lowest, sqlite3_uint64 highest)
{
    struct place room[20];
    struct places places = {.first = 1, .limit = 20, .place = room};
    struct select_term terms_written[PLANNING_TERMS];
    struct select_variant v;
    planning_request(&p, terms, "");
    sqlite3_free(planning_run(&p));
    select_usual(&p.context, &p.plan, terms_written, &v);
    v.what = SELECT_EXTREMES;
    v.extremes = (struct plan_extremes){lowest, highest};
    sqlite3_str *out = sqlite3_str_new(NULL);
    assert_int_equal(select_write(&p.context, &p.plan, &v, &places, out, &p.err), SQLITE_OK);
    return sqlite3_str_finish(out);
}

/* One row from each end, a column for each of the plan's. */
static void extremes(void **state)
{
    (void)state;
    planning_init(&p, &postgres_dialect, "id INTEGER PRIMARY KEY, f REAL, d DATE",
                  "id bigint!; f double precision; d date");
    char *sql = extremes_text("id > ?", 1, 2);
    assert_string_equal(
        sql, "SELECT c0, c1, c2 FROM (SELECT \"id\" AS c0, \"f\" AS c1, \"d\" AS c2 FROM \"t\" "
             "WHERE \"id\" > $1::int8 AND \"id\" IS NOT NULL ORDER BY \"id\" LIMIT 1) AS e0 "
             "UNION ALL SELECT c0, c1, c2 FROM (SELECT \"id\" AS c0, \"f\" AS c1, \"d\" AS c2 FROM "
             "\"t\" WHERE \"id\" > $2::int8 AND \"f\" <> 'NaN' ORDER BY \"f\" DESC LIMIT 1) AS e1");
    sqlite3_free(sql);
    sql = extremes_text("", 4, 0);
    assert_non_null(strstr(sql, "ORDER BY \"d\" LIMIT 1) AS e0 UNION ALL "));
    assert_non_null(strstr(sql, "ORDER BY \"d\"::text COLLATE \"C\" LIMIT 1) AS e1"));
    sqlite3_free(sql);
    planning_clear(&p);
    planning_init(&p, &mariadb_dialect, "id INTEGER PRIMARY KEY", "id bigint!");
    sql = extremes_text("", 1, 1);
    assert_string_equal(sql,
                        "SELECT c0 FROM (SELECT `id` AS c0 FROM `t` WHERE `id` IS NOT NULL "
                        "ORDER BY `id` LIMIT 1) AS e0 UNION ALL SELECT c0 FROM (SELECT `id` AS c0 "
                        "FROM `t` WHERE `id` IS NOT NULL ORDER BY `id` DESC LIMIT 1) AS e1");
    sqlite3_free(sql);
    planning_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
