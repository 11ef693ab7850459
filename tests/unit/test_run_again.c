/* A statement that its rows run again (rows_run_again, rows_run_to_row), on the SQLite driver. */
#include "engine/engine.h"
#include "unit.h"

#include <string.h>

static struct {
    struct url url;
    struct wait wait;
    struct trace *trace;
    struct conn *conn;
    struct rows rows;
    struct err err;
} fx;

static int set_up(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof fx);
    fx.trace = trace_new();
    assert_non_null(fx.trace);
    err_clear(&fx.err);
    assert_int_equal(
        conn_open(engine_for_scheme("sqlite"), &fx.url, "x", &fx.wait, fx.trace, &fx.conn, &fx.err),
        SQLITE_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rows_finish(&fx.rows);
    conn_close(fx.conn);
    trace_free(fx.trace);
    return 0;
}

static void exec_ok(const char *sql)
{
    assert_int_equal(conn_exec(fx.conn, sql, NULL, 0, NULL, NULL, &fx.err), SQLITE_OK);
}

static struct arg as_arg(const struct cell *cell)
{
    static const struct type any = {.id = CT_INT8};
    return (struct arg){.type = &any, .cells = cell, .ncells = 1};
}

static void send_ok(const char *sql, struct cell cell)
{
    struct arg arg = as_arg(&cell);
    assert_int_equal(conn_send(fx.conn, sql, &arg, 1, 0, &fx.rows, &fx.err), SQLITE_OK);
}

static void again_ok(struct cell cell)
{
    struct arg arg = as_arg(&cell);
    assert_true(rows_may_run_again(&fx.rows));
    assert_int_equal(rows_run_again(&fx.rows, &arg, 1, &fx.err), SQLITE_OK);
}

/* All rows that are left, by steps where that is possible: the sum of their first column. */
static int read_all(sqlite3_int64 *sum)
{
    int n = 0, rc;
    *sum = 0;
    while ((rc = rows_step(&fx.rows) ? SQLITE_ROW : rows_next(&fx.rows, &fx.err)) == SQLITE_ROW) {
        struct cell cell;
        assert_int_equal(rows_cell(&fx.rows, 0, &cell, &fx.err), SQLITE_OK);
        *sum += cell.cls == CELL_INT ? cell.i : 0;
        n++;
    }
    assert_int_equal(rc, SQLITE_DONE);
    assert_true(fx.rows.done);
    assert_int_equal(fx.rows.nrows, n);
    return n;
}

#define UP_TO "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 500) "

static void each_run_has_its_own_rows(void **state)
{
    sqlite3_int64 sum, first = fx.trace->next_seq;
    (void)state;
    send_ok(UP_TO "SELECT n FROM i WHERE n <= ?1", cell_int(0));
    assert_int_equal(read_all(&sum), 0);
    for (int k = 1; k <= 200; k++) {
        again_ok(cell_int(k));
        if (k % 3 == 0) /* left in the middle */
            assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_ROW);
        else
            assert_int_equal(read_all(&sum), k);
        if (k % 3 != 0)
            assert_int_equal(sum, k * (k + 1) / 2);
    }
    again_ok(cell_str("a text is greater than numbers"));
    assert_int_equal(read_all(&sum), 500);
    again_ok(cell_null());
    assert_int_equal(read_all(&sum), 0);
    rows_finish(&fx.rows);
    for (int k = 0; k <= 200; k++) {
        const struct trace_entry *e = trace_get(fx.trace, first + k);
        assert_non_null(e);
        assert_int_equal(e->rows, k > 0 && k % 3 == 0 ? 1 : k);
        assert_int_equal(e->round_trips, 1);
        assert_string_equal(e->bind_key, "x");
        assert_non_null(strstr(e->sql, "SELECT n FROM i"));
    }
    assert_int_equal(fx.trace->next_seq, first + 203);
}

static int to_row(struct cell cell)
{
    struct arg arg = as_arg(&cell);
    assert_true(rows_may_run_again(&fx.rows));
    return rows_run_to_row(&fx.rows, &arg, 1, &fx.err);
}

static void the_first_row_comes_with_it(void **state)
{
    sqlite3_int64 sum, first = fx.trace->next_seq;
    (void)state;
    send_ok(UP_TO "SELECT 500 - n FROM i WHERE n <= ?1", cell_int(0));
    assert_int_equal(read_all(&sum), 0);
    for (int k = 1; k <= 100; k++) {
        struct cell cell;
        assert_int_equal(to_row(cell_int(k % 10)), k % 10 ? SQLITE_ROW : SQLITE_DONE);
        assert_int_equal(fx.rows.nrows, k % 10 ? 1 : 0);
        assert_int_equal(fx.rows.done, k % 10 == 0);
        if (k % 10 == 0)
            continue;
        assert_int_equal(rows_cell(&fx.rows, 0, &cell, &fx.err), SQLITE_OK);
        assert_int_equal(cell.i, 499);
        for (int n = 1; n < k % 10 && k % 3 > 0; n++)
            assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_ROW);
        assert_int_equal(k % 3 ? rows_next(&fx.rows, &fx.err) : SQLITE_DONE, SQLITE_DONE);
    }
    rows_finish(&fx.rows);
    for (int k = 1; k <= 100; k++) {
        const struct trace_entry *e = trace_get(fx.trace, first + k);
        assert_int_equal(e->rows, k % 3 || k % 10 == 0 ? k % 10 : 1);
        assert_int_equal(e->round_trips, 1);
    }
    assert_int_equal(fx.trace->round_trips, 101);
}

static void an_error_of_the_first_row_is_the_rows(void **state)
{
    struct cell cell = cell_int(INT64_MIN);
    struct arg arg = as_arg(&cell);
    sqlite3_int64 sum;
    (void)state;
    send_ok("SELECT abs(?1)", cell_int(-7));
    assert_int_equal(read_all(&sum), 1);
    assert_int_equal(to_row(cell), SQLITE_ERROR);
    assert_string_equal(fx.err.text, "integer overflow");
    assert_false(rows_may_run_again(&fx.rows));
    assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_ERROR);
    rows_finish(&fx.rows);
    assert_non_null(trace_get(fx.trace, fx.trace->next_seq - 1)->error);
    err_clear(&fx.err);
    send_ok("SELECT abs(?1)", cell_int(-7));
    assert_int_equal(read_all(&sum), 1);
    assert_int_not_equal(rows_run_to_row(&fx.rows, &arg, 2, &fx.err), SQLITE_OK);
    assert_null(fx.rows.conn); /* what could not be sent is not open */
}

static void a_changed_table_is_described_anew(void **state)
{
    sqlite3_int64 sum;
    (void)state;
    exec_ok("CREATE TABLE t(a INTEGER)");
    exec_ok("INSERT INTO t VALUES (1), (2)");
    send_ok("SELECT * FROM t WHERE a >= ?1", cell_int(1));
    assert_int_equal(read_all(&sum), 2);
    exec_ok("ALTER TABLE t ADD COLUMN b VARCHAR(7) DEFAULT 'x'");
    again_ok(cell_int(2));
    assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_ROW);
    assert_int_equal(fx.rows.ncolumns, 2);
    assert_int_equal(fx.rows.types[1].id, CT_VARCHAR);
    assert_int_equal(fx.rows.types[1].length, 7);
    assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_DONE);
}

static void arguments_are_shown_if_the_url_says_so(void **state)
{
    sqlite3_int64 sum;
    (void)state;
    fx.url.log_args = true;
    send_ok("SELECT ?1", cell_int(5));
    assert_int_equal(read_all(&sum), 1);
    again_ok(cell_int(6));
    assert_int_equal(read_all(&sum), 1);
    assert_string_equal(trace_get(fx.trace, fx.trace->next_seq - 1)->sql, "SELECT ?1 -- 6");
    assert_string_equal(trace_get(fx.trace, fx.trace->next_seq - 2)->sql, "SELECT ?1 -- 5");
}

static void not_where_something_stands_in_the_way(void **state)
{
    struct cell cell = cell_int(INT64_MIN);
    struct arg arg = as_arg(&cell);
    sqlite3_int64 sum;
    (void)state;
    assert_false(rows_may_run_again(&fx.rows)); /* not open */
    send_ok(UP_TO "SELECT n FROM i WHERE n <= ?1", cell_int(9));
    assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_ROW);
    assert_int_equal(rows_park(&fx.rows, &fx.err), SQLITE_OK);
    assert_false(rows_may_run_again(&fx.rows)); /* parked */
    assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_ROW);
    rows_finish(&fx.rows);
    send_ok("SELECT abs(?1)", cell_int(-7));
    assert_int_equal(read_all(&sum), 1);
    assert_int_equal(sum, 7);
    assert_int_equal(rows_run_again(&fx.rows, &arg, 1, &fx.err), SQLITE_OK);
    assert_int_equal(rows_next(&fx.rows, &fx.err), SQLITE_ERROR);
    assert_false(rows_may_run_again(&fx.rows)); /* failed */
    rows_finish(&fx.rows);
    err_clear(&fx.err);
    send_ok("SELECT abs(?1)", cell_int(-7));
    assert_int_equal(read_all(&sum), 1);
    assert_int_not_equal(rows_run_again(&fx.rows, NULL, 0, &fx.err), SQLITE_OK);
    assert_null(fx.rows.conn); /* what could not be sent is not open */
    assert_non_null(trace_get(fx.trace, fx.trace->next_seq - 1)->error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_run_has_its_own_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_row_comes_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_of_the_first_row_is_the_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_table_is_described_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arguments_are_shown_if_the_url_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_where_something_stands_in_the_way, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
