/* Which comparisons of two columns a server is asked, word for word: column classes that it compares as SQLite does what
** arrives of them. */
#include "unit.h"

#include "planning.h"

#include <string.h>

static struct planning p;

/* The WHERE that a < b becomes, or whatever the operator; "" = it stays local. */
static void expect(const struct dialect *d, const char *declared, const char *columns, enum op op,
                   enum affinity affinity, const char *where)
{
    struct place room[4];
    struct places places = {.first = 1, .limit = 4, .place = room};
    struct select_term terms[PLANNING_TERMS];
    struct select_variant v;
    planning_init(&p, d, declared, columns);
    planning_request(&p, "", "");
    sqlite3_free(planning_run(&p));
    select_usual(&p.context, &p.plan, terms, &v);
    v.pairs = (struct pairs){1, {{op, 0, 1, affinity}}};
    pairs_choose(&p.context, &v.pairs);
    sqlite3_str *out = sqlite3_str_new(NULL);
    assert_int_equal(select_write(&p.context, &p.plan, &v, &places, out, &p.err), SQLITE_OK);
    char *sql = sqlite3_str_finish(out);
    const char *found = strstr(sql, " WHERE ");
    found = found != NULL ? found + strlen(" WHERE ") : "";
    if (strcmp(found, where) != 0)
        fail_msg("%s: %s / %s: %s, not %s", d->name, declared, columns, found, where);
    sqlite3_free(sql);
    planning_clear(&p);
}

#define DAYS(c) c " < '0001-01-01' OR " c " > '9999-12-31'"
#define STAMPS(c) c " < '0001-01-01' OR " c " > '9999-12-31 23:59:59.999999'"

static void postgres(void **state)
{
    const struct dialect *d = &postgres_dialect;
    (void)state;
    expect(d, "a INTEGER, b INTEGER", "a integer; b bigint", OP_LT, AFF_NUMERIC, "\"a\" < \"b\"");
    expect(d, "a INTEGER, b INTEGER", "a smallint; b bigint", OP_NE, AFF_NUMERIC, "\"a\" <> \"b\"");
    expect(d, "a BOOLEAN, b BOOLEAN", "a boolean; b boolean", OP_GE, AFF_NUMERIC, "\"a\" >= \"b\"");
    expect(d, "a BOOLEAN, b INTEGER", "a boolean; b integer", OP_EQ, AFF_NUMERIC, "");
    expect(d, "a REAL, b REAL", "a double precision; b double precision", OP_LE, AFF_NUMERIC,
           "\"a\" <= \"b\"");
    expect(d, "a REAL, b REAL", "a float4; b float4", OP_LT, AFF_NUMERIC, "");
    expect(d, "a INTEGER, b REAL", "a bigint; b double precision", OP_LT, AFF_NUMERIC, "");
    expect(d, "a REAL, b REAL", "a bigint; b bigint", OP_LT, AFF_NUMERIC, "");
    expect(d, "a NUMERIC, b NUMERIC", "a numeric(15,2); b numeric(12,4)", OP_EQ, AFF_NUMERIC,
           "\"a\" = \"b\"");
    expect(d, "a NUMERIC, b NUMERIC", "a numeric(16,2); b numeric(12,4)", OP_EQ, AFF_NUMERIC, "");
    expect(d, "a NUMERIC, b NUMERIC", "a numeric; b numeric", OP_LT, AFF_NUMERIC, "");
    expect(d, "a NUMERIC, b INTEGER", "a numeric(10,2); b integer", OP_LT, AFF_NUMERIC, "");
    expect(d, "a TEXT, b TEXT", "a text/bytes/C; b character varying(9)/bytes/POSIX", OP_GT,
           AFF_TEXT, "\"a\" COLLATE \"C\" > \"b\" COLLATE \"C\"");
    expect(d, "a TEXT, b TEXT", "a text/bytes/C; b text/equal/x", OP_GT, AFF_BLOB, "");
    expect(d, "a TEXT, b TEXT", "a text/loose/x; b text/equal/x", OP_EQ, AFF_BLOB,
           "\"a\" COLLATE \"C\" = \"b\" COLLATE \"C\"");
    expect(d, "a TEXT, b", "a text/bytes/C; b text/bytes/C", OP_GT, AFF_BLOB,
           "\"a\" COLLATE \"C\" > \"b\" COLLATE \"C\"");
    expect(d, "a TEXT, b TEXT", "a text/bytes/C; b character(9)/pad/C", OP_GT, AFF_TEXT, "");
    expect(d, "a TEXT, b TEXT", "a text/bytes/C; b text/bytes/C", OP_GT, AFF_NUMERIC, "");
    expect(d, "a INTEGER, b TEXT", "a integer; b text/bytes/C", OP_GT, AFF_NUMERIC, "");
    expect(d, "a TEXT, b TEXT", "a integer; b integer", OP_LT, AFF_TEXT, "");
    expect(d, "a INTEGER, b INTEGER", "a integer; b integer", OP_LT, AFF_TEXT, "");
    expect(d, "a DATE, b DATE", "a date; b date", OP_LT, AFF_NUMERIC,
           "(\"a\" < \"b\" OR (" DAYS("\"a\"") ") OR " DAYS("\"b\"") ")");
    expect(d, "a DATETIME, b DATETIME",
           "a timestamp without time zone; b timestamp without time zone", OP_EQ, AFF_NUMERIC,
           "(\"a\" = \"b\" OR (" STAMPS("\"a\"") ") OR " STAMPS("\"b\"") ")");
    expect(d, "a DATETIME, b DATETIME", "a timestamp with time zone; b timestamp with time zone",
           OP_LT, AFF_NUMERIC, "(\"a\" < \"b\" OR (" STAMPS("\"a\"") ") OR " STAMPS("\"b\"") ")");
    expect(d, "a DATETIME, b DATETIME", "a timestamp with time zone; b timestamp without time zone",
           OP_LT, AFF_NUMERIC, "");
    expect(d, "a DATE, b DATETIME", "a date; b timestamp without time zone", OP_LT, AFF_NUMERIC,
           "");
    expect(d, "a TIME, b TIME", "a time without time zone; b time without time zone", OP_LT,
           AFF_NUMERIC, "\"a\" < \"b\"");
    expect(d, "a UUID, b UUID", "a uuid; b uuid", OP_LT, AFF_NUMERIC, "");
    expect(d, "a, b", "a inet; b inet", OP_LT, AFF_BLOB, "");
}

static void mariadb(void **state)
{
    const struct dialect *d = &mariadb_dialect;
    (void)state;
    expect(d, "a INTEGER, b INTEGER", "a int; b bigint", OP_LT, AFF_NUMERIC, "`a` + 0 < `b` + 0");
    expect(d, "a INTEGER, b INTEGER", "a bigint unsigned; b bigint", OP_LT, AFF_NUMERIC, "");
    expect(d, "a NUMERIC, b NUMERIC", "a decimal(15,2); b decimal(12,4)", OP_EQ, AFF_NUMERIC,
           "`a` = `b`");
    expect(d, "a NUMERIC, b NUMERIC", "a decimal(16,2); b decimal(12,4)", OP_EQ, AFF_NUMERIC, "");
    expect(d, "a REAL, b REAL", "a double; b double", OP_LT, AFF_NUMERIC, "");
    expect(d, "a REAL, b REAL", "a float; b float", OP_LT, AFF_NUMERIC, "");
    expect(
        d, "a TEXT, b TEXT", "a varchar(9)/loose/utf8mb4/x; b text/bytes/latin1/y", OP_GT, AFF_TEXT,
        "CAST(CONVERT(`a` USING utf8mb4) AS BINARY) > CAST(CONVERT(`b` USING utf8mb4) AS BINARY)");
    expect(d, "a DATE, b DATE", "a date; b date", OP_LT, AFF_NUMERIC, "`a` < `b`");
    expect(d, "a DATETIME, b DATETIME", "a datetime(6); b datetime", OP_LT, AFF_NUMERIC,
           "`a` < `b`");
    expect(d, "a DATE, b DATETIME", "a date; b datetime", OP_LT, AFF_NUMERIC, "");
    expect(d, "a TIME, b TIME", "a time; b time", OP_LT, AFF_NUMERIC, "");
}

static void sqlite(void **state)
{
    const struct dialect *d = &sqlite_dialect;
    (void)state;
    expect(d, "a INTEGER, b NUMERIC", "a INTEGER; b NUMERIC", OP_LT, AFF_NUMERIC,
           "\"a\" COLLATE BINARY < \"b\"");
    expect(d, "a DATE, b DATE", "a DATE; b DATE", OP_GE, AFF_NUMERIC,
           "\"a\" COLLATE BINARY >= \"b\"");
    expect(d, "a INTEGER, b INTEGER", "a INTEGER; b NUMERIC", OP_LT, AFF_NUMERIC, "");
    expect(d, "a INTEGER, b INTEGER", "a TEXT; b INTEGER", OP_LT, AFF_NUMERIC, "");
    expect(d, "a INTEGER, b INTEGER", "a INTEGER; b INTEGER", OP_LT, AFF_TEXT, "");
    expect(d, "a REAL, b REAL", "a REAL; b REAL", OP_LT, AFF_NUMERIC, "");
    expect(d, "a TEXT, b TEXT", "a TEXT; b TEXT", OP_LT, AFF_TEXT, "");
    expect(d, "a, b", "a BLOB; b BLOB", OP_LT, AFF_BLOB, "");
    expect(d, "a INTEGER, b INTEGER", "a INTEGER/equal/utf16/BINARY; b INTEGER", OP_LT, AFF_NUMERIC,
           "");
    expect(d, "a INTEGER, b INTEGER", "a INTEGER; b INTEGER/equal/utf16/BINARY", OP_LT, AFF_NUMERIC,
           "");
}

/* Where nothing may be asked, or there is no such column. */
static void never(void **state)
{
    (void)state;
    planning_init(&p, &sqlite_dialect, "a INTEGER, b INTEGER", "a INTEGER; b INTEGER");
    struct pairs all = {3,
                        {{OP_LT, 0, 1, AFF_NUMERIC},
                         {OP_LT, 0, 2, AFF_NUMERIC},
                         {OP_GT, 0, 1, AFF_NUMERIC}}},
                 some = all;
    pairs_choose(&p.context, &some);
    assert_int_equal(some.n, 2);
    assert_int_equal(some.at[1].op, OP_GT);
    assert_false(pairs_equal(&all, &some));
    some = all;
    assert_true(pairs_equal(&all, &some));
    some.at[2].affinity = AFF_BLOB;
    assert_false(pairs_equal(&all, &some));
    p.context.pushdown = false;
    some = all;
    pairs_choose(&p.context, &some);
    assert_int_equal(some.n, 0);
    p.context.pushdown = true;
    p.context.from = "(SELECT 1)";
    some = all;
    pairs_choose(&p.context, &some);
    assert_int_equal(some.n, 0);
    p.context.from = NULL;
    p.remote->kind = REMOTE_VIEW;
    some = all;
    pairs_choose(&p.context, &some);
    assert_int_equal(some.n, 0);
    planning_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postgres),
        cmocka_unit_test(mariadb),
        cmocka_unit_test(sqlite),
        cmocka_unit_test(never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
