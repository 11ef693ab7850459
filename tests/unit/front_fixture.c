/* The fixture of front_fixture.h. */
#include "front_fixture.h"

#include <string.h>

struct front_fixture fx;

void connect_with(unsigned caps)
{
    memset(&fx, 0, sizeof fx);
    fake_init(&fx.fake, caps);
    fx.trace = trace_new();
    assert_non_null(fx.trace);
    assert_int_equal(
        conn_open(&fx.fake.engine, &fx.url, "key", &fx.wait, fx.trace, &fx.conn, &fx.err),
        SQLITE_OK);
}

void disconnect(void)
{
    conn_close(fx.conn);
    trace_free(fx.trace);
    fake_clear(&fx.fake);
    assert_int_equal(fx.fake.prepared, fx.fake.unprepared);
}

void send_ok(struct rows *rows, const char *sql, unsigned flags)
{
    assert_int_equal(conn_send(fx.conn, sql, NULL, 0, flags, rows, &fx.err), SQLITE_OK);
}

void exec_ok(const char *sql)
{
    assert_int_equal(conn_exec(fx.conn, sql, NULL, 0, NULL, NULL, &fx.err), SQLITE_OK);
}

void expect_row(struct rows *rows, sqlite3_int64 i)
{
    struct cell cell;
    assert_int_equal(rows_next(rows, &fx.err), SQLITE_ROW);
    assert_int_equal(rows_cell(rows, 0, &cell, &fx.err), SQLITE_OK);
    assert_int_equal(cell.cls, CELL_INT);
    assert_int_equal(cell.i, i);
    assert_int_equal(rows->nrows, i);
}

void generate(const char *like, sqlite3_int64 nrows, int ncolumns)
{
    struct fake_answer *a = fake_on(&fx.fake, like);
    a->ncolumns = ncolumns;
    a->nrows = nrows;
    a->text_bytes = TEXT_BYTES;
}
