/* Look-ups of the SQLite driver whose first row is their last one: they end without another step, and only they. */
#include "unit.h"

#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY 40 /* runs, after which a program has been looked at */

struct fixture {
    char folder[64], path[128];
    struct url url;
    struct wait wait, other_wait; /* conns of one wait are one session */
    struct conn *conn, *other;
    struct err err;
};

static struct fixture fx;

static int open_on(struct wait *wait, struct conn **conn)
{
    return conn_open(engine_for_scheme("sqlite"), &fx.url, NULL, wait, NULL, conn, &fx.err);
}

static void exec_ok(struct conn *conn, const char *sql)
{
    if (conn_exec(conn, sql, NULL, 0, NULL, NULL, &fx.err) != SQLITE_OK)
        fail_msg("%s: %s", sql, fx.err.text);
}

static int set_up(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof fx);
    sqlite3_snprintf(sizeof fx.folder, fx.folder, "/tmp/binds-XXXXXX");
    assert_non_null(mkdtemp(fx.folder));
    sqlite3_snprintf(sizeof fx.path, fx.path, "%s/single.db", fx.folder);
    fx.url.database = fx.path;
    fx.url.lock_timeout_ms = 30000;
    assert_int_equal(open_on(&fx.wait, &fx.conn), SQLITE_OK);
    assert_int_equal(open_on(&fx.other_wait, &fx.other), SQLITE_OK);
    exec_ok(fx.conn, "CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT, v INTEGER)");
    exec_ok(fx.conn, "CREATE UNIQUE INDEX t_u ON t(u)");
    exec_ok(fx.conn, "CREATE INDEX t_v ON t(v)");
    exec_ok(fx.conn, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1), (4, 'd', 2)");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    conn_close(fx.conn);
    conn_close(fx.other);
    unlink(fx.path);
    assert_int_equal(rmdir(fx.folder), 0);
    return 0;
}

/* Rows of one run, the last column of which adds up to *sum.  again: of rows that are open. */
static int look_up(struct rows *rows, bool again, const char *sql, struct cell value,
                   sqlite3_int64 *sum)
{
    static const struct type any = {.id = CT_INT8, .text = ""};
    struct arg arg = {.type = &any, .cells = &value, .ncells = 1};
    struct cell cell;
    int n = 0, rc;
    *sum = 0;
    assert_int_equal(again ? rows_run_again(rows, &arg, 1, &fx.err)
                           : conn_send(fx.conn, sql, &arg, 1, 0, rows, &fx.err),
                     SQLITE_OK);
    while ((rc = rows_step(rows) ? SQLITE_ROW : rows_next(rows, &fx.err)) == SQLITE_ROW) {
        assert_int_equal(rows_cell(rows, rows->ncolumns - 1, &cell, &fx.err), SQLITE_OK);
        *sum += cell.i;
        n++;
    }
    assert_int_equal(rc, SQLITE_DONE);
    return n;
}

static int look_up_once(const char *sql, struct cell value)
{
    struct rows rows = {.conn = NULL};
    sqlite3_int64 sum;
    int n = look_up(&rows, false, sql, value, &sum);
    rows_finish(&rows);
    return n;
}

static void each_key_finds_its_row(void **state)
{
    struct rows rows = {.conn = NULL};
    (void)state;
    for (int i = 0; i < MANY; i++) {
        sqlite3_int64 sum;
        int key = 1 + i % 5;
        int n = look_up(&rows, i > 0, "SELECT id FROM t WHERE id = ?1", cell_int(key), &sum);
        assert_int_equal(n, key <= 4);
        assert_int_equal(sum, key <= 4 ? key : 0);
    }
    rows_finish(&rows);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(look_up_once("SELECT v FROM t WHERE u = ?1", cell_str("b")), 1);
        assert_int_equal(look_up_once("SELECT v FROM t WHERE u = ?1", cell_str("x")), 0);
        assert_int_equal(look_up_once("SELECT id FROM t WHERE v = ?1", cell_int(1)), 3);
        assert_int_equal(
            look_up_once("SELECT id FROM t WHERE id = ?1 UNION ALL SELECT 7", cell_int(2)), 2);
        assert_int_equal(look_up_once("SELECT id FROM t WHERE v = ?1 LIMIT 2", cell_int(1)), 2);
        assert_int_equal(look_up_once("SELECT max(id) FROM t WHERE v = ?1", cell_int(1)), 1);
        assert_int_equal(look_up_once("SELECT 1 FROM t WHERE v = ?1 OR u = 'd'", cell_int(1)), 4);
    }
}

/* What was unique is so no more: by another connection, while the statement is kept. */
static void a_key_that_is_unique_no_more(void **state)
{
    static const char sql[] = "SELECT id FROM t WHERE u = ?1";
    (void)state;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < MANY; i++)
            assert_int_equal(look_up_once(sql, cell_str("b")), 1);
        exec_ok(fx.other, "DROP INDEX t_u");
        exec_ok(fx.other, "INSERT INTO t VALUES (9, 'b', 1)");
        for (int i = 0; i < MANY; i++)
            assert_int_equal(look_up_once(sql, cell_str(i == 0 ? "x" : "b")), i == 0 ? 0 : 2);
        exec_ok(fx.other, "DELETE FROM t WHERE id = 9");
        exec_ok(fx.other, "CREATE UNIQUE INDEX t_u ON t(u)");
    }
}

/* A row was read, and nothing is read any more: nobody waits for a lock of it. */
static void the_last_row_leaves_no_lock(void **state)
{
    struct rows rows = {.conn = NULL};
    (void)state;
    fx.url.lock_timeout_ms = 0;
    for (int i = 0; i < MANY; i++) {
        sqlite3_int64 sum;
        assert_int_equal(look_up(&rows, i > 0, "SELECT id FROM t WHERE id = ?1", cell_int(2), &sum),
                         1);
        exec_ok(fx.other, "UPDATE t SET v = v + 1 WHERE id = 4");
    }
    rows_finish(&rows);
}

static void it_can_be_parked_on_its_row(void **state)
{
    static const struct type integer = {.id = CT_INT8, .text = "INTEGER"};
    struct cell key = cell_int(3), cell;
    struct arg arg = {.type = &integer, .cells = &key, .ncells = 1};
    struct rows rows = {.conn = NULL};
    (void)state;
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(
            conn_send(fx.conn, "SELECT u FROM t WHERE id = ?1", &arg, 1, 0, &rows, &fx.err),
            SQLITE_OK);
        assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
        assert_int_equal(rows_park(&rows, &fx.err), SQLITE_OK);
        assert_int_equal(rows_cell(&rows, 0, &cell, &fx.err), SQLITE_OK);
        assert_memory_equal(cell.p, "c", 1);
        assert_int_equal(rows_next(&rows, &fx.err), SQLITE_DONE);
        rows_finish(&rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(each_key_finds_its_row),
        TEST(a_key_that_is_unique_no_more),
        TEST(the_last_row_leaves_no_lock),
        TEST(it_can_be_parked_on_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
