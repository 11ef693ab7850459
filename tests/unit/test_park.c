/* Parking: rows that give way to other statements, in memory and in a file, whole or a batch at a time. */
#include "engine/spool.h"
#include "front_fixture.h"

#include <string.h>

#define MANY 200000

static void many_rows_are_parked_and_spill(void **state)
{
    struct rows outer = {.conn = NULL};
    struct cell cell;
    char want[TEXT_BYTES + 1];
    (void)state;

    connect_with(0);
    generate("SELECT many", MANY, 2);
    send_ok(&outer, "SELECT many", 0);
    expect_row(&outer, 1);
    expect_row(&outer, 2);
    assert_ptr_equal(fx.conn->active, &outer);
    exec_ok("UPDATE t");
    assert_null(fx.conn->active);
    assert_int_equal(fx.conn->state, CONN_IDLE);
    assert_non_null(outer.spool);
    assert_true(spool_spilled(outer.spool));
    assert_true((size_t)sqlite3_memory_used() < 4 * SPOOL_MEMORY);
    /* The reader is still on row 2. */
    assert_int_equal(rows_cell(&outer, 0, &cell, &fx.err), SQLITE_OK);
    assert_int_equal(cell.i, 2);
    assert_int_equal(outer.ncolumns, 2);
    assert_non_null(outer.types);
    for (int i = 3; i <= MANY; i++) {
        expect_row(&outer, i);
        assert_int_equal(rows_cell(&outer, 1, &cell, &fx.err), SQLITE_OK);
        sqlite3_snprintf(sizeof want, want, "%0*d", TEXT_BYTES, i);
        assert_int_equal(cell.n, TEXT_BYTES);
        assert_true(cell.terminated);
        assert_string_equal(cell.p, want);
    }
    assert_int_equal(rows_next(&outer, &fx.err), SQLITE_DONE);
    assert_int_equal(rows_next(&outer, &fx.err), SQLITE_DONE);
    assert_int_equal(fx.fake.cancelled, 0);
    rows_finish(&outer);
    disconnect();
}

static void expect_at_hand(struct rows *rows, const struct cell *even)
{
    struct cell cell;
    assert_ptr_equal(rows_at_hand(rows, 0), even);
    assert_null(rows_at_hand(rows, 1));
    assert_null(rows_at_hand(rows, -1));
    assert_null(rows_at_hand(rows, ROWS_AT_HAND));
    assert_int_equal(rows_cell(rows, 0, &cell, &fx.err), SQLITE_OK);
    assert_int_equal(cell.i, even->i);
}

/* Cells that came with a row are taken from the driver only while the reader stands on it. */
static void cells_at_hand_go_with_their_row(void **state)
{
    const struct cell cells[] = {cell_int(1),  cell_int(-1), cell_int(2),
                                 cell_int(-2), cell_int(3),  cell_int(-3)};
    struct fake_answer *answer;
    struct rows rows = {.conn = NULL}, closed = {.conn = NULL};
    struct cell cell;
    (void)state;

    connect_with(0);
    answer = fake_on(&fx.fake, "SELECT cells");
    answer->ncolumns = 2;
    answer->nrows = 3;
    answer->cells = cells;
    answer->at_hand = true;
    send_ok(&rows, "SELECT cells", 0);
    assert_null(rows_at_hand(&rows, 0));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
        expect_at_hand(&rows, &cells[2 * i]);
    }
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_DONE);
    assert_null(rows_at_hand(&rows, 0));
    rows_finish(&rows);

    send_ok(&rows, "SELECT cells", 0);
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
    exec_ok("UPDATE t"); /* parks */
    for (int i = 1; i <= 3; i++) {
        assert_null(rows_at_hand(&rows, 0));
        assert_int_equal(rows_cell(&rows, 0, &cell, &fx.err), SQLITE_OK);
        assert_int_equal(cell.i, i);
        assert_int_equal(rows_next(&rows, &fx.err), i < 3 ? SQLITE_ROW : SQLITE_DONE);
    }
    rows_finish(&rows);

    send_ok(&closed, "SELECT cells", 0);
    assert_int_equal(rows_next(&closed, &fx.err), SQLITE_ROW);
    expect_at_hand(&closed, &cells[0]);
    disconnect();
    assert_null(rows_at_hand(&closed, 0));
    assert_null(closed.values);
}

static void every_class_survives_parking(void **state)
{
    static char large[300000];
    const struct cell cells[] = {
        cell_null(),
        cell_int(0),
        cell_int(-1),
        cell_int(127),
        cell_int(128),
        cell_int(-129),
        cell_int(32768),
        cell_int(2147483648LL),
        cell_int(INT64_MIN),
        cell_int(INT64_MAX),
        cell_real(1.5),
        cell_real(-1e300),
        cell_text("", 0),
        cell_text("a\0b", 3),
        cell_blob("", 0),
        cell_blob("\0\xff", 2),
        cell_text(large, sizeof large),
        cell_null(),
    };
    struct rows rows = {.conn = NULL};
    struct fake_answer *a;
    (void)state;

    memset(large, 'x', sizeof large);
    connect_with(0);
    a = fake_on(&fx.fake, "SELECT cells");
    a->ncolumns = 3;
    a->nrows = COUNT(cells) / 3;
    a->cells = cells;
    send_ok(&rows, "SELECT cells", 0);
    assert_int_equal(conn_park(fx.conn, &fx.err), SQLITE_OK);
    assert_int_equal(rows.nrows, 0);
    for (size_t i = 0; i < COUNT(cells); i++) {
        struct cell cell;
        if (i % 3 == 0)
            assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
        assert_int_equal(rows_cell(&rows, (int)(i % 3), &cell, &fx.err), SQLITE_OK);
        assert_int_equal(cell.cls, cells[i].cls);
        assert_int_equal(cell_compare(&cell, &cells[i]), 0);
    }
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_DONE);
    rows_finish(&rows);
    disconnect();
}

static void spool_takes_rows_while_it_is_read(void **state)
{
    struct spool *s = spool_new(1);
    struct err err;
    sqlite3_int64 in = 0, out = 0;
    char text[1000];
    (void)state;

    assert_non_null(s);
    memset(text, 'y', sizeof text);
    /* Grows to some megabytes, shrinks to nothing, and again, in uneven steps. */
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 5000 + round; i++) {
            struct cell cell = cell_text(text, (size_t)(in++ % 1000));
            assert_int_equal(spool_put(s, &cell, &err), SQLITE_OK);
            assert_int_equal(spool_row(s, &err), SQLITE_OK);
        }
        for (int i = 0; i < (round % 2 ? 9000 : 100) && spool_left(s) > 0; i++) {
            struct cell cell;
            assert_int_equal(spool_next(s, &err), SQLITE_ROW);
            spool_cell(s, 0, &cell);
            assert_int_equal(cell.n, out++ % 1000);
        }
    }
    spool_end(s, SQLITE_DONE, NULL);
    while (spool_left(s) > 0) {
        struct cell cell;
        assert_int_equal(spool_next(s, &err), SQLITE_ROW);
        spool_cell(s, 0, &cell);
        assert_int_equal(cell.n, out++ % 1000);
    }
    assert_int_equal(out, in);
    assert_int_equal(spool_next(s, &err), SQLITE_DONE);
    assert_true(spool_spilled(s));
    spool_free(s);
}

static void shared_rows_alternate_without_parking(void **state)
{
    struct rows a = {.conn = NULL}, b = {.conn = NULL};
    (void)state;

    connect_with(CAP_SHARED_ROWS);
    generate("SELECT *", 7, 1);
    send_ok(&a, "SELECT a", QUERY_SHARED);
    send_ok(&b, "SELECT b", QUERY_SHARED);
    /* a had to read its first batch to let b send; no more than that. */
    assert_non_null(a.spool);
    assert_int_equal(spool_left(a.spool), 1);
    for (int i = 1; i <= 7; i++) {
        expect_row(&a, i);
        expect_row(&b, i);
    }
    assert_null(a.spool);
    assert_int_equal(rows_next(&a, &fx.err), SQLITE_DONE);
    assert_int_equal(rows_next(&b, &fx.err), SQLITE_DONE);
    rows_finish(&b);
    rows_finish(&a);
    assert_int_equal(fx.fake.cancelled, 0);
    disconnect();
}

static void shared_rows_push_others_off_the_wire(void **state)
{
    struct rows a = {.conn = NULL}, b = {.conn = NULL};
    (void)state;

    connect_with(CAP_SHARED_ROWS);
    generate("SELECT *", 5, 1);
    send_ok(&a, "SELECT a", QUERY_SHARED);
    expect_row(&a, 1);
    send_ok(&b, "SELECT b", 0);
    expect_row(&b, 1);
    expect_row(&a, 2);
    expect_row(&a, 3); /* the second batch: b is parked for it */
    assert_non_null(b.spool);
    for (int i = 2; i <= 5; i++)
        expect_row(&b, i);
    assert_int_equal(conn_park_all(fx.conn, &fx.err), SQLITE_OK);
    expect_row(&a, 4);
    expect_row(&a, 5);
    assert_int_equal(rows_next(&a, &fx.err), SQLITE_DONE);
    rows_finish(&a);
    rows_finish(&b);
    disconnect();
}

static void parked_failure_is_its_readers(void **state)
{
    struct rows rows = {.conn = NULL};
    struct fake_answer *a;
    (void)state;

    connect_with(0);
    generate("SELECT bad", 3, 1);
    a = &fx.fake.answers[0];
    a->rc = SQLITE_CONSTRAINT_UNIQUE;
    send_ok(&rows, "SELECT bad", 0);
    exec_ok("UPDATE t");
    for (int i = 1; i <= 3; i++)
        expect_row(&rows, i);
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_CONSTRAINT_UNIQUE);
    assert_string_equal(fx.err.text, "scripted failure");
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_CONSTRAINT_UNIQUE);
    assert_int_equal(rows_cell(&rows, 0, &(struct cell){0}, &fx.err), SQLITE_MISUSE);
    rows_finish(&rows);
    /* A loss while parking is the sender's failure too. */
    a->rc = SQLITE_IOERR;
    a->lost = true;
    send_ok(&rows, "SELECT bad", 0);
    assert_int_equal(conn_exec(fx.conn, "UPDATE t", NULL, 0, NULL, NULL, &fx.err), SQLITE_IOERR);
    assert_true(fx.err.lost);
    expect_row(&rows, 1);
    expect_row(&rows, 2);
    expect_row(&rows, 3);
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_IOERR);
    assert_string_equal(fx.err.text, "scripted failure (after 3 rows)");
    rows_finish(&rows);
    disconnect();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_rows_are_parked_and_spill),
        cmocka_unit_test(cells_at_hand_go_with_their_row),
        cmocka_unit_test(every_class_survives_parking),
        cmocka_unit_test(spool_takes_rows_while_it_is_read),
        cmocka_unit_test(shared_rows_alternate_without_parking),
        cmocka_unit_test(shared_rows_push_others_off_the_wire),
        cmocka_unit_test(parked_failure_is_its_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
