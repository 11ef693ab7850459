/* The checked front on the scripted engine: states, parking, statements, queue, log, bulk. */
#include "engine/spool.h"
#include "fake.h"
#include "unit.h"

#include <string.h>

#define MANY 200000
#define TEXT_BYTES 24

struct fixture {
    struct fake fake;
    struct url url;
    struct wait wait;
    struct trace *trace;
    struct conn *conn;
    struct err err;
};

static struct fixture fx;

static void connect_with(unsigned caps)
{
    memset(&fx, 0, sizeof fx);
    fake_init(&fx.fake, caps);
    fx.trace = trace_new();
    assert_non_null(fx.trace);
    assert_int_equal(
        conn_open(&fx.fake.engine, &fx.url, "key", &fx.wait, fx.trace, &fx.conn, &fx.err),
        SQLITE_OK);
}

static void disconnect(void)
{
    conn_close(fx.conn);
    trace_free(fx.trace);
    fake_clear(&fx.fake);
    assert_int_equal(fx.fake.prepared, fx.fake.unprepared);
}

static void send(struct rows *rows, const char *sql, unsigned flags)
{
    assert_int_equal(conn_send(fx.conn, sql, NULL, 0, flags, rows, &fx.err), SQLITE_OK);
}

static void exec_ok(const char *sql)
{
    assert_int_equal(conn_exec(fx.conn, sql, NULL, 0, NULL, NULL, &fx.err), SQLITE_OK);
}

/* The next row of generated rows is number i. */
static void expect_row(struct rows *rows, sqlite3_int64 i)
{
    struct cell cell;
    assert_int_equal(rows_next(rows, &fx.err), SQLITE_ROW);
    assert_int_equal(rows_cell(rows, 0, &cell, &fx.err), SQLITE_OK);
    assert_int_equal(cell.cls, CELL_INT);
    assert_int_equal(cell.i, i);
    assert_int_equal(rows->nrows, i);
}

static void generate(const char *like, sqlite3_int64 nrows, int ncolumns)
{
    struct fake_answer *a = fake_on(&fx.fake, like);
    a->ncolumns = ncolumns;
    a->nrows = nrows;
    a->text_bytes = TEXT_BYTES;
}

/* ---- parking --------------------------------------------------------------------------------------------- */

static void many_rows_are_parked_and_spill(void **state)
{
    struct rows outer = {.conn = NULL};
    struct cell cell;
    char want[TEXT_BYTES + 1];
    (void)state;

    connect_with(0);
    generate("SELECT many", MANY, 2);
    send(&outer, "SELECT many", 0);
    expect_row(&outer, 1);
    expect_row(&outer, 2);
    assert_ptr_equal(fx.conn->active, &outer);
    exec_ok("UPDATE t");
    assert_null(fx.conn->active);
    assert_int_equal(fx.conn->state, CONN_IDLE);
    assert_non_null(outer.spool);
    assert_true(spool_spilled(outer.spool));
    assert_true(sqlite3_memory_used() < 4 * SPOOL_MEMORY);
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
    send(&rows, "SELECT cells", 0);
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
    send(&a, "SELECT a", QUERY_SHARED);
    send(&b, "SELECT b", QUERY_SHARED);
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
    send(&a, "SELECT a", QUERY_SHARED);
    expect_row(&a, 1);
    send(&b, "SELECT b", 0);
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
    send(&rows, "SELECT bad", 0);
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
    send(&rows, "SELECT bad", 0);
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
    send(&other, "SELECT other", 0);
    expect_row(&other, 1);
    send(&rows, "SELECT lost", 0);
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
    send(&rows, "SELECT 1", 0);
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
    send(&rows, "SELECT 1", 0);
    assert_int_equal(conn_send(fx.conn, "SELECT 2", NULL, 0, 0, &rows, &fx.err), SQLITE_MISUSE);
    assert_int_equal(rows_cell(&rows, 0, &(struct cell){0}, &fx.err), SQLITE_MISUSE);
    rows_finish(&rows);
    rows_finish(&rows);
    assert_int_equal(fx.fake.cancelled, 1); /* it was ended early, once */
    assert_int_equal(conn_send(fx.conn, "SELECT 2", &array, 1, 0, &rows, &fx.err), SQLITE_MISUSE);
    fx.conn->pid++;
    assert_int_equal(conn_send(fx.conn, "SELECT 2", NULL, 0, 0, &rows, &fx.err), SQLITE_MISUSE);
    assert_false(conn_alive(fx.conn));
    fx.conn->pid--;
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
            send(&rows[i], "SELECT 1", 0);
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
    send(&rows[0], "SELECT 1", QUERY_ONCE);
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
    send(&rows, "SELECT 1", 0);
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
        cmocka_unit_test(many_rows_are_parked_and_spill),
        cmocka_unit_test(every_class_survives_parking),
        cmocka_unit_test(spool_takes_rows_while_it_is_read),
        cmocka_unit_test(shared_rows_alternate_without_parking),
        cmocka_unit_test(shared_rows_push_others_off_the_wire),
        cmocka_unit_test(parked_failure_is_its_readers),
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
