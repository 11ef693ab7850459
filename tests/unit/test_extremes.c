/* What programs of SQLite give rows to, asked by a virtual table from within its scan: each statement here is run, on the
** SQLite that the test runs on. */
#include "unit.h"

#include "session/binds.h"

#include <string.h>

static struct binds b;
static const char *expected; /* of each scan, as note() writes it */
static const char *running;
static int scans;

/* "ab-c": lowest a and b, highest c; "": not to be told. */
static void note(const char *plan)
{
    struct plan_extremes e;
    char text[40] = "";
    int n = 0;
    if (extremes_find(&b, plan, &e)) {
        for (int i = 0; i < 4; i++) {
            if ((e.lowest >> i & 1) != 0)
                text[n++] = (char)('a' + i);
        }
        text[n++] = '-';
        for (int i = 0; i < 4; i++) {
            if ((e.highest >> i & 1) != 0)
                text[n++] = (char)('a' + i);
        }
    }
    if (strcmp(text, expected) != 0)
        fail_msg("%s: %s, not %s", running, text, expected);
    scans++;
}

/* ---- a table of three rows ------------------------------------------------------------------------------ */

struct three_cursor {
    sqlite3_vtab_cursor base;
    int row;
};

static int three_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    (void)aux, (void)argc, (void)argv, (void)message;
    *out = sqlite3_malloc64(sizeof **out);
    memset(*out, 0, sizeof **out);
    return sqlite3_declare_vtab(db, "CREATE TABLE x(a INTEGER, b TEXT, c, n TEXT COLLATE NOCASE)");
}

static int three_disconnect(sqlite3_vtab *vtab)
{
    sqlite3_free(vtab);
    return SQLITE_OK;
}

/* Comparisons with a are the table's own business. */
static int three_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    int n = 0;
    (void)vtab;
    for (int i = 0; i < info->nConstraint; i++) {
        if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != 0)
            continue;
        info->aConstraintUsage[i].argvIndex = ++n;
        info->aConstraintUsage[i].omit = 1;
    }
    info->idxStr = sqlite3_mprintf("plan %d", n);
    info->needToFreeIdxStr = 1;
    info->estimatedCost = n > 0 ? 10 : 1000;
    return SQLITE_OK;
}

static int three_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    (void)vtab;
    *out = sqlite3_malloc64(sizeof(struct three_cursor));
    memset(*out, 0, sizeof(struct three_cursor));
    return SQLITE_OK;
}

static int three_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int three_filter(sqlite3_vtab_cursor *cursor, int number, const char *plan, int argc,
                        sqlite3_value **argv)
{
    (void)number, (void)argc, (void)argv;
    note(plan);
    ((struct three_cursor *)cursor)->row = 0;
    return SQLITE_OK;
}

static int three_next(sqlite3_vtab_cursor *cursor)
{
    ((struct three_cursor *)cursor)->row++;
    return SQLITE_OK;
}

static int three_eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct three_cursor *)cursor)->row >= 3;
}

static int three_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    sqlite3_result_int(context, ((struct three_cursor *)cursor)->row * 10 + column);
    return SQLITE_OK;
}

static int three_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = ((struct three_cursor *)cursor)->row;
    return SQLITE_OK;
}

static const sqlite3_module three_module = {
    .iVersion = 1,
    .xCreate = three_connect,
    .xConnect = three_connect,
    .xBestIndex = three_best_index,
    .xDisconnect = three_disconnect,
    .xDestroy = three_disconnect,
    .xOpen = three_open,
    .xClose = three_close,
    .xFilter = three_filter,
    .xNext = three_next,
    .xEof = three_eof,
    .xColumn = three_column,
    .xRowid = three_rowid,
};

static int set_up(void **state)
{
    (void)state;
    memset(&b, 0, sizeof b);
    assert_int_equal(sqlite3_open(":memory:", &b.db), SQLITE_OK);
    host_init(&b.host, b.db);
    assert_int_equal(sqlite3_create_module(b.db, "t", &three_module, NULL), SQLITE_OK);
    return sqlite3_exec(b.db, "CREATE TABLE l(x); INSERT INTO l VALUES (1), (2), (3)", 0, 0, 0);
}

static int tear_down(void **state)
{
    (void)state;
    host_clear(&b.host);
    return sqlite3_close(b.db);
}

/* Runs it twice: what is known by then must be the same. */
static void run(const char *sql, const char *extremes, int n)
{
    for (int i = 0; i < 2; i++) {
        char *message = NULL;
        expected = extremes;
        running = sql;
        scans = 0;
        if (sqlite3_exec(b.db, sql, NULL, NULL, &message) != SQLITE_OK)
            fail_msg("%s: %s", sql, message);
        if (scans != n)
            fail_msg("%s: %d scans", sql, scans);
    }
}

/* ---- statements ------------------------------------------------------------------------------------------ */

static void found(void **state)
{
    (void)state;
    run("SELECT min(a), max(a) FROM t", "a-a", 1);
    run("SELECT max(b), min(a), max(a), min(c) FROM t", "ac-ab", 1);
    run("SELECT min(a), max(b) FROM t WHERE a > 1 AND a < 100", "a-b", 1);
    run("SELECT max(a) - min(a), coalesce(max(b), 7) FROM t HAVING max(a) > 5", "a-ab", 1);
    run("SELECT min(a), max(a) FROM t ORDER BY 1 LIMIT 1", "a-a", 1);
    run("SELECT min(n COLLATE BINARY), max(a) FROM t", "d-a", 1);
    run("SELECT (SELECT min(a) + max(a) FROM t)", "a-a", 1);
    run("SELECT (SELECT min(a) + max(a) FROM t), (SELECT max(b) || max(a) FROM t)", "a-ab", 2);
    run("WITH c AS (SELECT min(a) AS x, max(a) FROM t) SELECT x FROM c", "a-a", 1);
    run("CREATE TEMP TABLE kept AS SELECT min(a), max(a) FROM t; DROP TABLE kept", "a-a", 1);
    run("INSERT INTO l SELECT max(a) - min(a) FROM t; DELETE FROM l WHERE x > 3", "a-a", 1);
}

static void more_than_extremes(void **state)
{
    (void)state;
    run("SELECT * FROM t", "", 1);
    run("SELECT count(*) FROM t", "", 1);
    run("SELECT min(a), max(a), count(*) FROM t", "", 1);
    run("SELECT min(a), max(a), sum(a) FROM t", "", 1);
    run("SELECT min(a), max(a), group_concat(b) FROM t", "", 1);
    run("SELECT min(a), max(a), b FROM t WHERE a < 9", "", 1);
    run("SELECT min(a + 0), max(a) FROM t", "", 1);
    run("SELECT min(a, 3), max(a) FROM t", "", 1);
    run("SELECT min(DISTINCT a), max(a) FROM t", "", 1);
    run("SELECT min(a) FILTER (WHERE a > 1), max(a) FROM t", "", 1);
    run("SELECT min(a), max(a) FROM t WHERE b > '1'", "", 1); /* looked at in each row */
    run("SELECT min(a), max(a) FROM t WHERE a > 1 AND a % 2", "", 1);
    run("SELECT min(n), max(n) FROM t", "", 1); /* 'x' and 'X' are equal */
    run("SELECT min(a COLLATE NOCASE), max(a) FROM t", "", 1);
    run("SELECT min(a), max(a) FROM t GROUP BY b", "", 1);
    run("SELECT min(a) OVER (), max(a) OVER () FROM t", "", 1);
    run("SELECT min(t.a), max(l.x) FROM t, l", "", 1);
    run("SELECT min(t.a), max(t.a) FROM l CROSS JOIN t ON t.a > l.x", "", 3);
    run("SELECT min(x.a), max(y.a) FROM t AS x CROSS JOIN t AS y", "", 4);
}

/* The scan runs when the application has had rows, and what the text names may have been changed since. */
static void later(void **state)
{
    (void)state;
    run("SELECT x, (SELECT min(a) + max(a) FROM t WHERE a > x) FROM l", "", 3);
    run("SELECT 1, 2 UNION ALL SELECT min(a), max(a) FROM t", "", 1);
    run("SELECT * FROM (SELECT 1, 2 UNION ALL SELECT min(a), max(a) FROM t)", "", 1);
}

static void two_statements(void **state)
{
    (void)state;
    sqlite3_stmt *stmt;
    expected = "";
    running = "SELECT a FROM t";
    assert_int_equal(sqlite3_prepare_v2(b.db, "SELECT a FROM t", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW); /* which of them asks cannot be told */
    run("SELECT min(a), max(a) FROM t", "", 1);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_prepare_v2(b.db, "SELECT x FROM l", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    run("SELECT min(a), max(a) FROM t", "a-a", 1);
    sqlite3_finalize(stmt);
    /* a statement without a text may be any */
    assert_int_equal(sqlite3_prepare(b.db, "SELECT x FROM l", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    run("SELECT min(a), max(a) FROM t", sqlite3_sql(stmt) != NULL ? "a-a" : "", 1);
    sqlite3_finalize(stmt);
}

static void step(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)context, (void)n, (void)values;
}

static void final(sqlite3_context *context)
{
    sqlite3_result_int(context, 1);
}

/* The application's view may want every row. */
static void changed(void **state)
{
    (void)state;
    run("CREATE TEMP VIEW v AS SELECT min(a), max(a) FROM t; SELECT * FROM v; DROP VIEW v", "a-a",
        1);
    run("CREATE TEMP VIEW v AS SELECT sum(a), max(a) FROM t; SELECT * FROM v; DROP VIEW v", "", 1);
    run("SELECT min(a), max(a) FROM t", "a-a", 1);
}

/* Functions of the application's own may want every row, whatever their encoding and number of arguments. */
static void own_functions(void **state)
{
    static const char *const names[] = {"min", "max"};
    static const int arguments[] = {1, -1};
    static const int encodings[] = {SQLITE_UTF8, SQLITE_UTF16LE, SQLITE_ANY | SQLITE_DETERMINISTIC};
    for (int i = 0; i < 2 * 2 * 3; i++) {
        const char *name = names[i & 1];
        int n = arguments[i / 2 & 1], encoding = encodings[i / 4];
        run("SELECT min(a), max(a) FROM t", "a-a", 1);
        assert_int_equal(sqlite3_create_function(b.db, name, n, encoding, NULL, NULL, step, final),
                         SQLITE_OK);
        run("SELECT min(a), max(a) FROM t", "", 1);
        assert_int_equal(sqlite3_create_window_function(b.db, name, n, encoding, NULL, step, final,
                                                        final, step, NULL),
                         SQLITE_OK);
        run("SELECT min(a), max(a) FROM t", "", 1);
        tear_down(state);
        set_up(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_extremes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_statements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_functions, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
