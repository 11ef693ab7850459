/* What programs of SQLite test of each row before they do anything else with it, asked by a virtual table from within its
** scan: each statement here is run, on the SQLite that the test runs on. */
#include "unit.h"

#include "session/binds.h"

#include <string.h>

#define COLUMNS "abcdnu"

static struct binds b;
static const char *expected; /* of each scan of t, as note() writes it */
static const char *running;
static int scans;
static const sqlite3_vtab *table; /* t; another one is only there */

/* "a<b c<>d"; a letter behind it is the affinity, unless it is numeric. */
static void note(const sqlite3_vtab *vtab)
{
    static const char *const operators[] = {[OP_EQ] = "=",  [OP_NE] = "<>", [OP_LT] = "<",
                                            [OP_LE] = "<=", [OP_GT] = ">",  [OP_GE] = ">="};
    struct pairs pairs;
    char text[100] = "";
    tested_find(&b, vtab, &pairs);
    for (int i = 0; i < pairs.n; i++) {
        const struct pair *p = &pairs.at[i];
        size_t n = strlen(text);
        sqlite3_snprintf((int)(sizeof text - n), text + n, "%s%c%s%c%s", i > 0 ? " " : "",
                         COLUMNS[p->left], operators[p->op], COLUMNS[p->right],
                         p->affinity == AFF_TEXT   ? "T"
                         : p->affinity == AFF_BLOB ? "-"
                                                   : "");
    }
    if (strcmp(text, expected) != 0)
        fail_msg("%s: '%s', not '%s'", running, text, expected);
    scans++;
}

/* ---- a table of rows ------------------------------------------------------------------------------------ */

struct some_cursor {
    sqlite3_vtab_cursor base;
    int row;
};

static int some_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **message)
{
    (void)aux, (void)argc, (void)message;
    *out = sqlite3_malloc64(sizeof **out);
    memset(*out, 0, sizeof **out);
    if (strcmp(argv[0], "t") == 0)
        table = *out;
    return sqlite3_declare_vtab(
        db, "CREATE TABLE x(a INTEGER, b INTEGER, c TEXT, d TEXT, n TEXT COLLATE NOCASE, u)");
}

static int some_disconnect(sqlite3_vtab *vtab)
{
    sqlite3_free(vtab);
    return SQLITE_OK;
}

/* An equality with a is the table's own business. */
static int some_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    int n = 0;
    (void)vtab;
    for (int i = 0; i < info->nConstraint; i++) {
        const struct sqlite3_index_constraint *c = &info->aConstraint[i];
        if (!c->usable || c->iColumn != 0 || c->op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        info->aConstraintUsage[i].argvIndex = ++n;
    }
    info->estimatedCost = n > 0 ? 10 : 1000;
    return SQLITE_OK;
}

static int some_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    (void)vtab;
    *out = sqlite3_malloc64(sizeof(struct some_cursor));
    memset(*out, 0, sizeof(struct some_cursor));
    return SQLITE_OK;
}

static int some_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int some_filter(sqlite3_vtab_cursor *cursor, int number, const char *plan, int argc,
                       sqlite3_value **argv)
{
    (void)number, (void)plan, (void)argc, (void)argv;
    if (cursor->pVtab == table)
        note(table);
    ((struct some_cursor *)cursor)->row = 0;
    return SQLITE_OK;
}

static int some_next(sqlite3_vtab_cursor *cursor)
{
    ((struct some_cursor *)cursor)->row++;
    return SQLITE_OK;
}

static int some_eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct some_cursor *)cursor)->row >= 3;
}

static int some_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    sqlite3_result_int(context, ((struct some_cursor *)cursor)->row * 10 + column);
    return SQLITE_OK;
}

static int some_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = ((struct some_cursor *)cursor)->row;
    return SQLITE_OK;
}

static int some_update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid)
{
    (void)vtab, (void)argc, (void)argv, (void)rowid;
    return SQLITE_OK;
}

static const sqlite3_module some_module = {
    .iVersion = 1,
    .xCreate = some_connect,
    .xConnect = some_connect,
    .xBestIndex = some_best_index,
    .xDisconnect = some_disconnect,
    .xDestroy = some_disconnect,
    .xOpen = some_open,
    .xClose = some_close,
    .xFilter = some_filter,
    .xNext = some_next,
    .xEof = some_eof,
    .xColumn = some_column,
    .xRowid = some_rowid,
    .xUpdate = some_update,
};

static int set_up(void **state)
{
    (void)state;
    memset(&b, 0, sizeof b);
    assert_int_equal(sqlite3_open(":memory:", &b.db), SQLITE_OK);
    host_init(&b.host, b.db);
    assert_int_equal(sqlite3_create_module(b.db, "t", &some_module, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_create_module(b.db, "other", &some_module, NULL), SQLITE_OK);
    return sqlite3_exec(
        b.db,
        "CREATE TABLE l(x INTEGER, y INTEGER); INSERT INTO l VALUES (1, 2), (2, 1), (20, 3);"
        "CREATE TABLE kept(x)",
        0, 0, 0);
}

static int tear_down(void **state)
{
    (void)state;
    schemas_clear(&b.schemas);
    host_clear(&b.host);
    return sqlite3_close(b.db);
}

static void execute(const char *sql, const char *pairs)
{
    char *message = NULL;
    expected = pairs;
    running = sql;
    scans = 0;
    if (sqlite3_exec(b.db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    if (scans == 0)
        fail_msg("%s: no scan", sql);
}

static int run_again(sqlite3_stmt *stmt)
{
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        ;
    return rc == SQLITE_DONE ? sqlite3_reset(stmt) : rc;
}

/* Prepared once and run thrice, then prepared anew: what is known by then must be the same. */
static void run(const char *sql, const char *pairs)
{
    sqlite3_stmt *stmt;
    expected = pairs;
    running = sql;
    scans = 0;
    assert_int_equal(sqlite3_prepare_v2(b.db, sql, -1, &stmt, NULL), SQLITE_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_again(stmt), SQLITE_OK);
    sqlite3_finalize(stmt);
    if (scans == 0)
        fail_msg("%s: no scan", sql);
    execute(sql, pairs);
}

/* ---- statements ----------------------------------------------------------------------------------------- */

static void found(void **state)
{
    (void)state;
    run("SELECT * FROM t WHERE a < b", "a<b");
    run("SELECT * FROM t WHERE b > a", "a<b");
    run("SELECT * FROM t WHERE a <= b AND c > d", "a<=b c>d-");
    run("SELECT * FROM t WHERE a = b", "a=b");
    run("SELECT * FROM t WHERE a <> b", "a<>b");
    run("SELECT * FROM t WHERE NOT a >= b", "a<b");
    run("SELECT * FROM t WHERE NOT (a < b OR c >= d)", "a>=b c<d-");
    run("SELECT * FROM t WHERE a < u AND u < c", "a<u c>u-");
    run("SELECT * FROM t WHERE b BETWEEN a AND u", "a<=b b<=u");
    run("SELECT count(*), max(c) FROM t WHERE a < b", "a<b");
    run("SELECT c, count(*) FROM t WHERE a < b GROUP BY c ORDER BY 2 DESC", "a<b");
    run("SELECT DISTINCT c FROM t WHERE a < b ORDER BY d LIMIT 2", "a<b");
    run("SELECT sum(a) OVER (ORDER BY b) FROM t WHERE a < b", "a<b");
    run("SELECT * FROM t WHERE c IN ('x', 'y') AND a < b AND d > 'z' AND c < d", "a<b c<d-");
    run("SELECT * FROM t WHERE d IS NULL AND a < b", "a<b");
    run("SELECT * FROM t WHERE (d > 5 OR c < 7) AND a < b", "a<b");
    run("SELECT * FROM t CROSS JOIN l ON x = c WHERE a < b", "a<b");
    run("SELECT * FROM l CROSS JOIN t ON a < b WHERE y < d", "a<b");
    run("SELECT * FROM t, other AS o WHERE t.a < t.b AND o.a = t.a", "a<b");
    run("SELECT * FROM t AS x, t AS y WHERE x.a < x.b AND y.a < y.b AND x.c < x.d", "a<b");
    run("SELECT * FROM t WHERE a < b UNION ALL SELECT * FROM t WHERE c < d AND a < b", "a<b");
    run("SELECT * FROM (SELECT a + 1 AS z FROM t WHERE a < b LIMIT 5) WHERE z > 1", "a<b");
    run("WITH w AS MATERIALIZED (SELECT * FROM t WHERE a < b) SELECT * FROM w, w AS v", "a<b");
    run("SELECT * FROM t WHERE a < b AND abs(c) > 5 AND c < d", "a<b");
    run("SELECT (SELECT count(*) FROM t WHERE a < b)", "a<b");
    run("SELECT * FROM l WHERE EXISTS (SELECT 1 FROM t WHERE a < b AND c > x)", "a<b");
    run("SELECT * FROM l WHERE x IN (SELECT a FROM t WHERE a < b)", "a<b");
}

static void no_comparisons_of_columns(void **state)
{
    (void)state;
    run("SELECT * FROM t", "");
    run("SELECT * FROM t WHERE a < 5 AND 5 > b", "");
    run("SELECT a < b FROM t", "");
    run("SELECT * FROM t WHERE a < a", "");
    run("SELECT * FROM t WHERE +a < b + 0", "");
    run("SELECT * FROM t WHERE a IS b", "");
    run("SELECT * FROM t WHERE a IS NOT b", "");
    run("SELECT * FROM t WHERE c < n COLLATE NOCASE", "");
    run("SELECT * FROM t WHERE n < c", "");
    run("SELECT * FROM t WHERE c < d COLLATE RTRIM", "");
    run("SELECT * FROM t WHERE CAST(c AS INTEGER) < a", "");
    run("SELECT * FROM t CROSS JOIN l ON a < x", "");
    run("SELECT * FROM t CROSS JOIN other AS o ON t.a < o.b", "");
    run("SELECT * FROM l CROSS JOIN t ON x < y", "");
    run("SELECT * FROM other AS o CROSS JOIN t ON t.a < o.b", "");
    run("SELECT * FROM other AS o CROSS JOIN t ON o.a < t.b", "");
}

static void not_of_every_row(void **state)
{
    (void)state;
    run("SELECT * FROM t WHERE a < b OR c < 5", "");
    run("SELECT * FROM t WHERE a < b OR c < d", "");
    run("SELECT * FROM t WHERE (a < b AND c < 5) OR d = 7", "");
    run("SELECT * FROM t WHERE CASE WHEN c < d THEN a < b ELSE 1 END", "");
    run("SELECT * FROM t WHERE iif(c < d, a < b, a > b)", "");
    run("SELECT * FROM t WHERE (a < b) IS NOT TRUE", "");
    run("SELECT * FROM t WHERE (a < b) IS NULL", "");
    run("SELECT * FROM t WHERE NOT coalesce(a < b, 0)", "");
    run("SELECT * FROM t WHERE (a < b) = (c < d)", "");
    run("SELECT sum(a < b), count(*) FILTER (WHERE c < d) FROM t", "");
    run("SELECT a, count(*) FROM t GROUP BY a HAVING a < count(*) AND max(b) > a", "");
    run("SELECT sum(c) OVER (), c < d FROM t", "");
    run("SELECT * FROM (SELECT *, row_number() OVER () AS r FROM t) WHERE a < b", "");
    run("SELECT * FROM (SELECT * FROM t LIMIT 2) WHERE a < b", "");
    run("SELECT * FROM (SELECT * FROM t LIMIT -1 OFFSET 1) WHERE a < b", "");
}

/* Another scan of the table wants the rows. */
static void not_in_every_scan(void **state)
{
    (void)state;
    run("SELECT * FROM t AS x, t AS y WHERE x.a < x.b", "");
    run("SELECT * FROM t AS x, t AS y WHERE x.a < x.b AND y.a > y.b", "");
    run("SELECT * FROM t WHERE a < b UNION ALL SELECT * FROM t", "");
    run("SELECT * FROM t WHERE a < b AND c > (SELECT min(c) FROM t)", "");
    run("SELECT * FROM t WHERE a < b EXCEPT SELECT * FROM t WHERE c < d", "");
    run("WITH RECURSIVE r(n) AS (SELECT a FROM t WHERE a < b UNION SELECT t.a FROM r JOIN t ON t.a "
        "= r.n + 1) "
        "SELECT * FROM r",
        "");
}

static void outer_joins(void **state)
{
    (void)state;
    run("SELECT * FROM l LEFT JOIN t ON a = x AND a < b", "a<b");
    run("SELECT * FROM l LEFT JOIN t ON a < b AND c < d WHERE coalesce(d < u, 1)", "a<b c<d-");
    run("SELECT * FROM l LEFT JOIN t ON a = x WHERE (a < b) IS NOT FALSE", "");
    run("SELECT * FROM t LEFT JOIN l ON a < b", "");
    run("SELECT * FROM t LEFT JOIN l ON x = c WHERE a < b", "a<b");
    if (sqlite3_libversion_number() < 3039000)
        return;
    run("SELECT * FROM t RIGHT JOIN l ON x = c WHERE coalesce(a < b, 1)", "");
    run("SELECT * FROM l RIGHT JOIN t ON a = x AND a < b", "");
    run("SELECT * FROM l FULL JOIN t ON a = x AND a < b", "");
    run("SELECT * FROM t FULL JOIN l ON a = x AND a < b", "");
}

static void writing(void **state)
{
    (void)state;
    execute("INSERT INTO kept SELECT a FROM t WHERE a < b", "");
    execute("CREATE TEMP TABLE made AS SELECT a FROM t WHERE a < b; DROP TABLE made", "");
    execute("UPDATE l SET y = (SELECT max(a) FROM t WHERE a < b)", "");
    execute("DELETE FROM kept WHERE x IN (SELECT a FROM t WHERE a < b)", "");
}

static void two_statements(void **state)
{
    (void)state;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(b.db, "SELECT x FROM l", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW); /* which of them asks cannot be told */
    execute("SELECT * FROM t WHERE a < b", "");
    sqlite3_reset(stmt);
    execute("SELECT * FROM t WHERE a < b", "a<b");
    sqlite3_finalize(stmt);
}

static void step_to_scan(sqlite3_stmt *stmt, const char *pairs)
{
    expected = pairs;
    scans = 0;
    while (scans == 0)
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
}

/* A view of another meaning while a statement runs, or before another of the same text. */
static void changed(void **state)
{
    (void)state;
    sqlite3_stmt *stmt;
    for (int i = 0; i < 2; i++) {
        running = "SELECT x FROM l UNION ALL SELECT a FROM v";
        const char *const schema = i == 0 ? "main" : "temp";
        char *make = sqlite3_mprintf("CREATE VIEW %s.v AS SELECT * FROM main.t", schema);
        char *change = sqlite3_mprintf(
            "DROP VIEW %s.v; CREATE VIEW %s.v AS SELECT * FROM main.t WHERE a < b", schema, schema);
        assert_int_equal(sqlite3_exec(b.db, make, 0, 0, 0), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(b.db, running, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(sqlite3_exec(b.db, change, 0, 0, 0), SQLITE_OK);
        step_to_scan(stmt, ""); /* it reads all of them */
        sqlite3_reset(stmt);
        step_to_scan(stmt, ""); /* prepared anew, and rows were given */
        sqlite3_finalize(stmt);
        execute("SELECT a FROM v", "a<b");
        assert_int_equal(sqlite3_prepare_v2(b.db, "SELECT a FROM v", -1, &stmt, NULL), SQLITE_OK);
        expected = "a<b";
        assert_int_equal(run_again(stmt), SQLITE_OK);
        sqlite3_free(change);
        change = sqlite3_mprintf(
            "DROP VIEW %s.v; CREATE VIEW %s.v AS SELECT * FROM main.t WHERE c < d", schema, schema);
        assert_int_equal(sqlite3_exec(b.db, change, 0, 0, 0), SQLITE_OK);
        expected = ""; /* its first run is over */
        assert_int_equal(run_again(stmt), SQLITE_OK);
        sqlite3_finalize(stmt);
        execute("SELECT a FROM v", "c<d-");
        sqlite3_free(make);
        sqlite3_free(change);
    }
}

static void nothing(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)context, (void)argc, (void)argv;
}

/* What is known of a text, and of the statement itself, is not what a program that was made since then does; nor of one
** that has given rows before anybody looked. */
static void of_another_program(void **state)
{
    (void)state;
    sqlite3_stmt *stmt;
    running = "SELECT x FROM l UNION ALL SELECT a FROM t WHERE a < b";
    assert_int_equal(sqlite3_prepare_v2(b.db, running, -1, &stmt, NULL), SQLITE_OK);
    step_to_scan(stmt, "");
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    running =
        "SELECT count(*) FROM t WHERE a < b UNION ALL SELECT x FROM l UNION ALL SELECT a FROM t "
        "WHERE a < b";
    assert_int_equal(sqlite3_prepare_v2(b.db, running, -1, &stmt, NULL), SQLITE_OK);
    step_to_scan(stmt, "a<b");
    scans = 0;
    assert_int_equal(run_again(stmt), SQLITE_OK); /* its later scan is known by the first one */
    assert_int_equal(scans, 1);
    expected = "a<b";
    assert_int_equal(run_again(stmt), SQLITE_OK);
    sqlite3_stmt *same_text;
    assert_int_equal(sqlite3_prepare_v2(b.db, running, -1, &same_text, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    expected = ""; /* two are running */
    assert_int_equal(sqlite3_step(same_text), SQLITE_ROW);
    sqlite3_reset(stmt);
    scans = 0;
    assert_int_equal(run_again(same_text), SQLITE_OK);
    assert_int_equal(scans, 1);
    sqlite3_finalize(same_text);
    /* The host makes it anew. */
    assert_int_equal(sqlite3_create_function(b.db, "abs", 1, SQLITE_UTF8, NULL, nothing, 0, 0),
                     SQLITE_OK);
    assert_int_equal(run_again(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_comparisons_of_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_of_every_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_in_every_scan, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outer_joins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_statements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_another_program, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
