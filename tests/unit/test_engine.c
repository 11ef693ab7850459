/* The checked front on the scripted engine: states, statements, queue, log, bulk. */
#include "front_fixture.h"

#include <string.h>

/* ---- states ---------------------------------------------------------------------------------------------- */

static void lost_rows_never_end_as_done(void **state)
{
    struct rows rows = {.conn = NULL}, other = {.conn = NULL};
    struct fake_answer *a;
    (void)state;

    connect_with(CAP_MANY_ROWS);
    generate("SELECT *", 5, 1);
    generate("SELECT lost", 2, 1);
    a = &fx.fake.answers[1];
    a->rc = SQLITE_IOERR;
    a->lost = true;
    send_ok(&other, "SELECT other", 0);
    expect_row(&other, 1);
    send_ok(&rows, "SELECT lost", 0);
    expect_row(&rows, 1);
    expect_row(&rows, 2);
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_IOERR);
    assert_true(fx.err.lost);
    assert_string_equal(fx.err.text, "scripted failure (after 2 rows)");
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_IOERR);
    assert_int_equal(rows_next(&other, &fx.err), SQLITE_IOERR);
    assert_string_equal(fx.err.text, "the connection is gone (after 1 rows)");
    assert_int_equal(conn_exec(fx.conn, "UPDATE t", NULL, 0, NULL, NULL, &fx.err), SQLITE_IOERR);
    assert_string_equal(fx.err.text, "the connection is gone");
    assert_false(conn_alive(fx.conn));
    rows_finish(&rows);
    rows_finish(&other);
    disconnect();
}

static void closing_leaves_open_rows_dead(void **state)
{
    struct rows rows = {.conn = NULL};
    struct bulk bulk;
    const char *columns[] = {"a"};
    const struct type type = {.id = CT_INT8, .text = ""};
    const struct cell cell = cell_int(1);
    (void)state;

    connect_with(CAP_MANY_ROWS);
    generate("SELECT *", 5, 1);
    send_ok(&rows, "SELECT 1", 0);
    expect_row(&rows, 1);
    assert_int_equal(bulk_begin(fx.conn, "t", columns, &type, 1, &bulk, &fx.err), SQLITE_OK);
    disconnect();
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_IOERR);
    assert_string_equal(fx.err.text, "the connection is gone (after 1 rows)");
    assert_int_equal(bulk_row(&bulk, &cell, &fx.err), SQLITE_IOERR);
    bulk_abort(&bulk);
    rows_finish(&rows);
    conn_close(NULL);
}

static void misuse_is_an_error(void **state)
{
    struct rows rows = {.conn = NULL};
    const struct type type = {.id = CT_INT8, .text = ""};
    const struct cell cell = cell_int(1);
    const struct arg array = {.type = &type, .cells = &cell, .ncells = 1, .array = true};
    (void)state;

    connect_with(0);
    generate("SELECT *", 5, 1);
    send_ok(&rows, "SELECT 1", 0);
    assert_int_equal(conn_send(fx.conn, "SELECT 2", NULL, 0, 0, &rows, &fx.err), SQLITE_MISUSE);
    assert_int_equal(rows_cell(&rows, 0, &(struct cell){0}, &fx.err), SQLITE_MISUSE);
    rows_finish(&rows);
    rows_finish(&rows);
    assert_int_equal(fx.fake.cancelled, 1); /* it was ended early, once */
    assert_int_equal(conn_send(fx.conn, "SELECT 2", &array, 1, 0, &rows, &fx.err), SQLITE_MISUSE);
    fx.conn->process++;
    assert_int_equal(conn_send(fx.conn, "SELECT 2", NULL, 0, 0, &rows, &fx.err), SQLITE_MISUSE);
    assert_false(conn_alive(fx.conn));
    fx.conn->process--;
    fx.fake.dead = true;
    assert_false(conn_alive(fx.conn));
    disconnect();
}

static void a_refused_connection_leaves_nothing(void **state)
{
    struct conn *conn;
    struct err err;
    (void)state;

    connect_with(0);
    fx.fake.refuse_open = SQLITE_CANTOPEN;
    assert_int_equal(conn_open(&fx.fake.engine, &fx.url, NULL, &fx.wait, NULL, &conn, &err),
                     SQLITE_CANTOPEN);
    assert_null(conn);
    disconnect();
}

/* ---- statements ------------------------------------------------------------------------------------------ */

static void one_arg(struct arg *arg)
{
    static const struct type type = {.id = CT_INT8, .text = ""};
    static struct cell cell;
    cell = cell_int(7);
    *arg = (struct arg){.type = &type, .cells = &cell, .ncells = 1};
}

static void statements_are_kept_by_text(void **state)
{
    struct arg arg;
    char sql[64];
    (void)state;

    connect_with(0);
    one_arg(&arg);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            sqlite3_snprintf(sizeof sql, sql, "UPDATE t%d SET a = ?", i);
            assert_int_equal(conn_exec(fx.conn, sql, &arg, 1, NULL, NULL, &fx.err), SQLITE_OK);
        }
    }
    assert_int_equal(fx.fake.prepared, 100);
    assert_string_equal(fx.fake.args[0], "7");
    /* The least recently used go: 0..71 of the first hundred. */
    for (int i = 100; i < 200; i++) {
        sqlite3_snprintf(sizeof sql, sql, "UPDATE t%d SET a = ?", i);
        assert_int_equal(conn_exec(fx.conn, sql, &arg, 1, NULL, NULL, &fx.err), SQLITE_OK);
    }
    assert_int_equal(fx.fake.prepared, 200);
    assert_int_equal(fx.fake.unprepared, 72);
    assert_int_equal(conn_exec(fx.conn, "UPDATE t72 SET a = ?", &arg, 1, NULL, NULL, &fx.err),
                     SQLITE_OK);
    assert_int_equal(fx.fake.prepared, 200);
    assert_int_equal(conn_exec(fx.conn, "UPDATE t71 SET a = ?", &arg, 1, NULL, NULL, &fx.err),
                     SQLITE_OK);
    assert_int_equal(fx.fake.prepared, 201);
    disconnect();
}

static void a_busy_statement_is_not_shared(void **state)
{
    struct rows rows[3] = {{.conn = NULL}};
    (void)state;

    connect_with(CAP_MANY_ROWS);
    generate("SELECT *", 3, 1);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            send_ok(&rows[i], "SELECT 1", 0);
            expect_row(&rows[i], 1);
        }
        assert_ptr_not_equal(rows[0].stmt, rows[1].stmt);
        assert_ptr_not_equal(rows[1].stmt, rows[2].stmt);
        assert_int_equal(rows[0].stmt->uses, round + 1);
        expect_row(&rows[1], 2);
        expect_row(&rows[0], 2);
        for (int i = 0; i < 3; i++)
            rows_finish(&rows[i]);
    }
    assert_int_equal(fx.fake.prepared, 3);
    send_ok(&rows[0], "SELECT 1", QUERY_ONCE);
    rows_finish(&rows[0]);
    assert_int_equal(fx.fake.unprepared, 1);
    disconnect();
}

static void a_failed_statement_is_forgotten_unless_its_data_failed(void **state)
{
    struct fake_answer *a;
    struct arg arg;
    (void)state;

    connect_with(0);
    one_arg(&arg);
    a = fake_on(&fx.fake, "INSERT *");
    a->rc = SQLITE_CONSTRAINT_NOTNULL;
    for (int i = 0; i < 2; i++)
        assert_int_equal(conn_exec(fx.conn, "INSERT x", &arg, 1, NULL, NULL, &fx.err),
                         SQLITE_CONSTRAINT_NOTNULL);
    assert_int_equal(fx.fake.prepared, 1);
    a->rc = SQLITE_ERROR;
    for (int i = 0; i < 2; i++)
        assert_int_equal(conn_exec(fx.conn, "INSERT x", &arg, 1, NULL, NULL, &fx.err),
                         SQLITE_ERROR);
    assert_int_equal(fx.fake.prepared, 2);
    assert_int_equal(fx.fake.unprepared, 2);
    disconnect();
}

/* ---- queue ----------------------------------------------------------------------------------------------- */

static void queued_statements_ride(void **state)
{
    struct fake_answer *a;
    (void)state;

    connect_with(CAP_PIPELINE);
    for (int i = 0; i < 9; i++)
        assert_int_equal(conn_queue(fx.conn, i ? "SAVEPOINT" : "BEGIN", &fx.err), SQLITE_OK);
    assert_int_equal(fx.fake.nsent, 0);
    exec_ok("UPDATE t");
    assert_int_equal(fx.fake.nsent, 10);
    assert_string_equal(fake_sent(&fx.fake, 0), "+ BEGIN");
    assert_string_equal(fake_sent(&fx.fake, 8), "+ SAVEPOINT");
    assert_string_equal(fake_sent(&fx.fake, 9), "UPDATE t");
    assert_int_equal(fx.conn->round_trips, 1);
    assert_int_equal(fx.trace->next_seq, 11); /* each is in the log */
    assert_string_equal(trace_get(fx.trace, 1)->sql, "BEGIN");
    exec_ok("UPDATE t");
    assert_int_equal(fx.fake.nsent, 11);
    assert_int_equal(conn_queue(fx.conn, "RELEASE", &fx.err), SQLITE_OK);
    assert_int_equal(conn_queue(fx.conn, "COMMIT", &fx.err), SQLITE_OK);
    assert_int_equal(conn_flush(fx.conn, &fx.err), SQLITE_OK);
    assert_string_equal(fake_sent(&fx.fake, -2), "+ RELEASE");
    assert_string_equal(fake_sent(&fx.fake, -1), "COMMIT");
    assert_int_equal(conn_flush(fx.conn, &fx.err), SQLITE_OK);
    assert_int_equal(fx.fake.nsent, 13);
    /* A statement that could not be sent leaves the queue for the next one. */
    assert_int_equal(conn_queue(fx.conn, "BEGIN", &fx.err), SQLITE_OK);
    a = fake_on(&fx.fake, "*");
    a->send_fails = true;
    a->rc = SQLITE_ERROR;
    assert_int_equal(conn_exec(fx.conn, "UPDATE t", NULL, 0, NULL, NULL, &fx.err), SQLITE_ERROR);
    assert_int_equal(conn_flush(fx.conn, &fx.err), SQLITE_ERROR);
    assert_int_equal(fx.conn->nqueued, 1);
    conn_drop_queue(fx.conn);
    assert_int_equal(fx.conn->nqueued, 0);
    assert_int_equal(conn_queue(fx.conn, "BEGIN", &fx.err), SQLITE_OK); /* left behind at close */
    disconnect();
}

static void without_a_pipeline_they_run_at_once(void **state)
{
    struct fake_answer *a;
    (void)state;

    connect_with(0);
    assert_int_equal(conn_queue(fx.conn, "BEGIN", &fx.err), SQLITE_OK);
    assert_string_equal(fake_sent(&fx.fake, 0), "BEGIN");
    a = fake_on(&fx.fake, "SAVEPOINT");
    a->rc = SQLITE_ERROR;
    assert_int_equal(conn_queue(fx.conn, "SAVEPOINT", &fx.err), SQLITE_ERROR);
    disconnect();
}

/* ---- log ------------------------------------------------------------------------------------------------- */

static void the_log_tells_what_happened(void **state)
{
    struct rows rows = {.conn = NULL};
    const struct trace_entry *e;
    struct fake_answer *a;
    sqlite3_int64 affected, id;
    (void)state;

    connect_with(CAP_MANY_ROWS);
    generate("SELECT *", 5, 1);
    a = fake_on(&fx.fake, "INSERT *");
    a->affected = 3;
    a->insert_id = 42;
    a = fake_on(&fx.fake, "BAD *");
    a->rc = SQLITE_ERROR;
    send_ok(&rows, "SELECT 1", 0);
    expect_row(&rows, 1);
    expect_row(&rows, 2);
    assert_int_equal(conn_exec(fx.conn, "INSERT x", NULL, 0, &affected, &id, &fx.err), SQLITE_OK);
    assert_int_equal(affected, 3);
    assert_int_equal(id, 42);
    rows_finish(&rows);
    e = trace_get(fx.trace, 1);
    assert_string_equal(e->sql, "SELECT 1");
    assert_string_equal(e->bind_key, "key");
    assert_int_equal(e->rows, 2);
    assert_int_equal(e->bytes, 16);
    assert_int_equal(e->round_trips, 1);
    assert_null(e->error);
    e = trace_get(fx.trace, 2);
    assert_int_equal(e->rows, 3);
    assert_int_equal(conn_exec(fx.conn, "BAD x", NULL, 0, &affected, &id, &fx.err), SQLITE_ERROR);
    assert_int_equal(affected, 0);
    assert_string_equal(trace_get(fx.trace, 3)->error, "scripted failure");
    assert_int_equal(fx.trace->round_trips, 3);
    disconnect();
}

static void arguments_are_shown_on_demand_only(void **state)
{
    static const struct type type = {.id = CT_TEXT, .text = ""};
    const struct cell cells[] = {cell_int(1), cell_null(), cell_real(0.5), cell_text("it's", 4),
                                 cell_blob("\x01\xff", 2)};
    struct arg args[COUNT(cells) + 1];
    char *large = sqlite3_mprintf("%0*d", 9000, 1);
    struct cell large_cell = cell_str(large);
    (void)state;

    for (size_t i = 0; i < COUNT(cells); i++)
        args[i] = (struct arg){.type = &type, .cells = &cells[i], .ncells = 1};
    args[COUNT(cells)] = (struct arg){.type = &type, .cells = &large_cell, .ncells = 1};
    connect_with(0);
    assert_int_equal(conn_exec(fx.conn, "UPDATE a", args, COUNT(cells), NULL, NULL, &fx.err),
                     SQLITE_OK);
    assert_string_equal(trace_get(fx.trace, 1)->sql, "UPDATE a");
    fx.url.log_args = true;
    assert_int_equal(conn_exec(fx.conn, "UPDATE a", args, COUNT(args), NULL, NULL, &fx.err),
                     SQLITE_OK);
    assert_non_null(
        strstr(trace_get(fx.trace, 2)->sql, "UPDATE a -- 1, NULL, 0.5, 'it''s', x'01ff', '0000"));
    assert_true(strlen(trace_get(fx.trace, 2)->sql) < 400);
    sqlite3_free(large);
    disconnect();
}

/* ---- bulk ------------------------------------------------------------------------------------------------ */

static void bulk_without_a_protocol_is_inserts(void **state)
{
    static const struct type types[] = {{.id = CT_INT8, .text = ""}, {.id = CT_TEXT, .text = ""}};
    const char *columns[] = {"\"a\"", "\"b\""};
    struct fake_answer *a;
    struct bulk bulk;
    sqlite3_int64 affected;
    (void)state;

    connect_with(0); /* ten arguments a statement: five rows of two */
    a = fake_on(&fx.fake, "*(?,?),(?,?),(?,?),(?,?),(?,?)");
    a->affected = 5;
    a = fake_on(&fx.fake, "*VALUES (?,?),(?,?)");
    a->affected = 2;
    assert_int_equal(bulk_begin(fx.conn, "\"t\"", columns, types, 2, &bulk, &fx.err), SQLITE_OK);
    assert_int_equal(conn_exec(fx.conn, "UPDATE t", NULL, 0, NULL, NULL, &fx.err), SQLITE_MISUSE);
    for (int i = 0; i < 12; i++) {
        char text[8];
        sqlite3_snprintf(sizeof text, text, "r%d", i);
        const struct cell cells[] = {cell_int(i), cell_str(text)};
        assert_int_equal(bulk_row(&bulk, cells, &fx.err), SQLITE_OK);
    }
    assert_int_equal(bulk_end(&bulk, &affected, &fx.err), SQLITE_OK);
    assert_int_equal(affected, 12);
    assert_int_equal(fx.fake.nsent, 3);
    assert_string_equal(fake_sent(&fx.fake, 0),
                        "INSERT INTO \"t\"(\"a\",\"b\") VALUES (?,?),(?,?),(?,?),(?,?),(?,?)");
    assert_string_equal(fake_sent(&fx.fake, 2),
                        "INSERT INTO \"t\"(\"a\",\"b\") VALUES (?,?),(?,?)");
    assert_string_equal(fx.fake.args[1], "5, 'r5', 6, 'r6', 7, 'r7', 8, 'r8', 9, 'r9'");
    assert_string_equal(fx.fake.args[2], "10, 'r10', 11, 'r11'");
    assert_int_equal(fx.trace->next_seq, 2 + 0); /* one entry for all */
    assert_int_equal(trace_get(fx.trace, 1)->rows, 12);
    assert_int_equal(trace_get(fx.trace, 1)->round_trips, 3);
    exec_ok("UPDATE t");
    disconnect();
}

static void a_failed_bulk_can_only_be_given_up(void **state)
{
    static const struct type type = {.id = CT_INT8, .text = ""};
    const char *columns[] = {"a"};
    const struct cell cell = cell_int(1);
    struct fake_answer *a;
    struct bulk bulk;
    sqlite3_int64 affected = 9;
    (void)state;

    connect_with(CAP_MANY_ROWS); /* row by row */
    a = fake_on(&fx.fake, "INSERT *");
    a->rc = SQLITE_CONSTRAINT_UNIQUE;
    assert_int_equal(bulk_begin(fx.conn, "t", columns, &type, 1, &bulk, &fx.err), SQLITE_OK);
    assert_int_equal(bulk_row(&bulk, &cell, &fx.err), SQLITE_CONSTRAINT_UNIQUE);
    assert_int_equal(bulk_row(&bulk, &cell, &fx.err), SQLITE_MISUSE);
    assert_int_equal(bulk_end(&bulk, &affected, &fx.err), SQLITE_MISUSE);
    assert_int_equal(affected, 0);
    bulk_abort(&bulk);
    exec_ok("UPDATE t");
    assert_int_equal(bulk_begin(fx.conn, "t", columns, &type, 0, &bulk, &fx.err), SQLITE_MISUSE);
    disconnect();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_rows_never_end_as_done),
        cmocka_unit_test(closing_leaves_open_rows_dead),
        cmocka_unit_test(misuse_is_an_error),
        cmocka_unit_test(a_refused_connection_leaves_nothing),
        cmocka_unit_test(statements_are_kept_by_text),
        cmocka_unit_test(a_busy_statement_is_not_shared),
        cmocka_unit_test(a_failed_statement_is_forgotten_unless_its_data_failed),
        cmocka_unit_test(queued_statements_ride),
        cmocka_unit_test(without_a_pipeline_they_run_at_once),
        cmocka_unit_test(the_log_tells_what_happened),
        cmocka_unit_test(arguments_are_shown_on_demand_only),
        cmocka_unit_test(bulk_without_a_protocol_is_inserts),
        cmocka_unit_test(a_failed_bulk_can_only_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
