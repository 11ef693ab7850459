/* Several rows in a step of the SQLite driver: the same rows, classes and errors as one by one. */
#include "unit.h"

#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY_ROWS_SQL                                                                              \
    "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 300) "

struct fixture {
    char folder[64], path[128];
    struct url url;
    struct wait wait, other_wait; /* conns of one wait are one session */
    struct conn *conn;
    struct err err;
};

static struct fixture fx;

static int open_on(struct wait *wait, struct conn **conn)
{
    return conn_open(engine_for_scheme("sqlite"), &fx.url, NULL, wait, NULL, conn, &fx.err);
}

static int exec(struct conn *conn, const char *sql)
{
    return conn_exec(conn, sql, NULL, 0, NULL, NULL, &fx.err);
}

static void exec_ok(const char *sql)
{
    if (exec(fx.conn, sql) != SQLITE_OK)
        fail_msg("%s: %s", sql, fx.err.text);
}

static void fill(void)
{
    exec_ok("CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b REAL, c TEXT, d BLOB)");
    exec_ok("INSERT INTO t " MANY_ROWS_SQL
            "SELECT n, n % 7, n / 4.0, 'text ' || n, x'00' || CAST(n AS BLOB) FROM i");
    exec_ok("UPDATE t SET c = 'a' || char(0) || 'b' WHERE id % 50 = 0");
    exec_ok("UPDATE t SET a = NULL, b = '', c = 'ä', d = zeroblob(0) WHERE id % 60 = 0");
    exec_ok("UPDATE t SET d = zeroblob(40000) WHERE id = 200");
    exec_ok("CREATE INDEX t_ba ON t(b, a)");
}

/* The next row, by the shorter way if there is one. */
static int advance(struct rows *rows)
{
    return rows_step(rows) ? SQLITE_ROW : rows_next(rows, &fx.err);
}

static char *as_text(sqlite3_str *out, struct rows *rows, int *held)
{
    int n = 0, rc;
    while ((rc = advance(rows)) == SQLITE_ROW) {
        *held += rows->at_hand != 0;
        assert_int_equal(rows->nrows, ++n);
        for (int i = 0; i < rows->ncolumns; i++) {
            struct cell cell;
            const struct cell *same = rows_at_hand(rows, i);
            assert_int_equal(rows_cell(rows, i, &cell, &fx.err), SQLITE_OK);
            assert_true(same == NULL || cell_compare(same, &cell) == 0);
            sqlite3_str_appendf(out, "%s:", cell_class_name(cell.cls));
            if (cell.cls == CELL_INT)
                sqlite3_str_appendf(out, "%lld", cell.i);
            else if (cell.cls == CELL_REAL)
                sqlite3_str_appendf(out, "%!.17g", cell.r);
            else
                for (size_t k = 0; cell.cls != CELL_NULL && k < cell.n; k++)
                    sqlite3_str_appendf(out, "%02x", (unsigned char)cell.p[k]);
            if (cell.cls == CELL_TEXT)
                assert_true(cell.terminated && cell.p[cell.n] == '\0');
        }
    }
    sqlite3_str_appendf(out, " end %d", rc & 0xff);
    return sqlite3_str_finish(out);
}

static int set_up(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof fx);
    sqlite3_snprintf(sizeof fx.folder, fx.folder, "/tmp/binds-XXXXXX");
    assert_non_null(mkdtemp(fx.folder));
    sqlite3_snprintf(sizeof fx.path, fx.path, "%s/several.db", fx.folder);
    fx.url.database = fx.path;
    fx.url.lock_timeout_ms = 30000;
    assert_int_equal(open_on(&fx.wait, &fx.conn), SQLITE_OK);
    fill();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    conn_close(fx.conn);
    unlink(fx.path);
    assert_int_equal(rmdir(fx.folder), 0);
    return 0;
}

/* Reads it in the usual way and with several rows in a step.  Returns how many were at hand. */
static int same_both_ways(const char *sql, const struct arg *args, int nargs)
{
    char *text[2];
    int held = 0;
    for (int i = 0; i < 2; i++) {
        struct rows rows = {.conn = NULL};
        assert_int_equal(
            conn_send(fx.conn, sql, args, nargs, i > 0 ? QUERY_MANY : 0, &rows, &fx.err),
            SQLITE_OK);
        assert_int_equal(held, 0);
        text[i] = as_text(sqlite3_str_new(NULL), &rows, &held);
        rows_finish(&rows);
    }
    assert_string_equal(text[0], text[1]);
    sqlite3_free(text[0]);
    sqlite3_free(text[1]);
    return held;
}

static void several_rows_are_the_same_rows(void **state)
{
    static const struct type integer = {.id = CT_INT8, .text = "INTEGER"};
    struct cell low = cell_int(3);
    struct arg arg = {.type = &integer, .cells = &low, .ncells = 1};
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_in_range(same_both_ways("SELECT * FROM t", NULL, 0), 250, 299);
    assert_in_range(same_both_ways("SELECT c, a FROM t WHERE id > ?1 AND id < 290", &arg, 1), 200,
                    299);
    assert_in_range(same_both_ways("SELECT d FROM t ORDER BY id DESC", NULL, 0), 200, 299);
    same_both_ways("SELECT b FROM t WHERE b > 20 AND c <> 'ä'", NULL, 0);
    same_both_ways("SELECT b FROM t WHERE b > 20 AND c LIKE '%1%' AND a > ?1", &arg, 1);
    same_both_ways("SELECT a FROM t WHERE b > 20 OR a = ?1 OR id < 9", &arg, 1);
    same_both_ways("SELECT a FROM t WHERE b IN (1, 2, ?1)", &arg, 1);
    same_both_ways("SELECT 1 FROM t WHERE a = ?1", &arg, 1);
    same_both_ways("SELECT abs(CASE id WHEN 200 THEN -9223372036854775808 ELSE id END) FROM t",
                   NULL, 0);
    same_both_ways("SELECT a FROM t UNION ALL SELECT b FROM t", NULL, 0);
    /* Sorted: each row in a step of its own. */
    assert_int_equal(same_both_ways("SELECT c FROM t ORDER BY c, id", NULL, 0), 0);
    exec_ok("CREATE TABLE bind_rows AS SELECT * FROM t");
    same_both_ways("SELECT a FROM bind_rows", NULL, 0);
}

static void rows_that_were_read_ahead_can_be_parked(void **state)
{
    struct rows rows = {.conn = NULL};
    struct cell cell;
    (void)state;
    for (int from = 1; from < 150; from += 7) {
        assert_int_equal(
            conn_send(fx.conn, "SELECT id, c FROM t", NULL, 0, QUERY_MANY, &rows, &fx.err),
            SQLITE_OK);
        for (int i = 0; i < from; i++)
            assert_int_equal(advance(&rows), SQLITE_ROW);
        assert_int_equal(rows_park(&rows, &fx.err), SQLITE_OK);
        assert_int_equal(rows_cell(&rows, 0, &cell, &fx.err), SQLITE_OK);
        assert_int_equal(cell.i, from);
        for (int i = from + 1; i <= 300; i++) {
            assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
            assert_int_equal(rows_cell(&rows, 0, &cell, &fx.err), SQLITE_OK);
            assert_int_equal(cell.i, i);
        }
        assert_int_equal(rows_next(&rows, &fx.err), SQLITE_DONE);
        rows_finish(&rows);
    }
}

static void several_rows_follow_the_schema(void **state)
{
    struct rows rows = {.conn = NULL};
    struct conn *other;
    (void)state;
    assert_int_equal(open_on(&fx.other_wait, &other), SQLITE_OK);
    for (int i = 0; i < 6; i++) {
        char sql[64];
        assert_true(same_both_ways("SELECT * FROM t", NULL, 0) > 200 || i > 0);
        sqlite3_snprintf(sizeof sql, sql, "ALTER TABLE t ADD COLUMN e%d VARCHAR(%d)", i, i + 1);
        assert_int_equal(exec(other, sql), SQLITE_OK);
        assert_int_equal(conn_send(fx.conn, "SELECT * FROM t", NULL, 0, QUERY_MANY, &rows, &fx.err),
                         SQLITE_OK);
        assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
        assert_int_equal(rows.ncolumns, 6 + i);
        assert_int_equal(rows.types[5 + i].length, i + 1);
        rows_finish(&rows);
    }
    assert_int_equal(exec(other, "CREATE VIEW v AS SELECT bind_several(id) FROM t"), SQLITE_OK);
    conn_close(other);
    assert_int_equal(exec(fx.conn, "SELECT * FROM v"), SQLITE_ERROR);
    assert_int_equal(exec(fx.conn, "SELECT bind_several(1)"), SQLITE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(several_rows_are_the_same_rows),
        TEST(rows_that_were_read_ahead_can_be_parked),
        TEST(several_rows_follow_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
