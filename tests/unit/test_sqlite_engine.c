/* The SQLite driver, and on it: the engine that fails every call in turn, and every allocation in turn. */
#include "engine/traced.h"
#include "oom.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS_MAX 500
#define OOM_MAX 3000

struct fixture {
    char folder[64], path[128];
    struct url url;
    struct url_option options[4];
    struct wait wait, other_wait; /* conns of one wait are one session */
    struct host host;
    struct conn *conn;
    struct err err;
};

static struct fixture fx;

static void option(const char *name, const char *value)
{
    fx.options[fx.url.noptions++] = (struct url_option){.name = name, .value = value};
}

static int set_up(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof fx);
    sqlite3_snprintf(sizeof fx.folder, fx.folder, "/tmp/binds-XXXXXX");
    assert_non_null(mkdtemp(fx.folder));
    /* Nothing in a path is an option or an escape. */
    sqlite3_snprintf(sizeof fx.path, fx.path, "%s/a b?mode=memory#%%20.db", fx.folder);
    fx.url.database = fx.path;
    fx.url.options = fx.options;
    fx.url.lock_timeout_ms = 30000;
    return 0;
}

static int tear_down(void **state)
{
    char *other = sqlite3_mprintf("%s-journal", fx.path);
    (void)state;
    conn_close(fx.conn);
    unlink(other);
    sqlite3_free(other);
    unlink(fx.path);
    assert_int_equal(rmdir(fx.folder), 0);
    if (fx.host.db) {
        sqlite3 *db = fx.host.db;
        host_clear(&fx.host);
        sqlite3_close(db);
    }
    return 0;
}

static int open_on(struct wait *wait, struct conn **conn)
{
    return conn_open(engine_for_scheme("SQLite"), &fx.url, NULL, wait, NULL, conn, &fx.err);
}

static int open_conn(struct conn **conn)
{
    return open_on(&fx.wait, conn);
}

static void connect_ok(void)
{
    assert_int_equal(open_conn(&fx.conn), SQLITE_OK);
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

static sqlite3_int64 number(struct conn *conn, const char *sql)
{
    struct rows rows = {.conn = NULL};
    struct cell cell = cell_int(-1);
    assert_int_equal(conn_send(conn, sql, NULL, 0, QUERY_SHORT, &rows, &fx.err), SQLITE_OK);
    if (rows_next(&rows, &fx.err) != SQLITE_ROW || rows_cell(&rows, 0, &cell, &fx.err) != SQLITE_OK)
        fail_msg("%s: %s", sql, fx.err.text);
    rows_finish(&rows);
    return cell.i;
}

/* ---- opening --------------------------------------------------------------------------------------------- */

static void a_path_is_only_a_path(void **state)
{
    (void)state;
    connect_ok();
    exec_ok("CREATE TABLE t(a)");
    assert_int_equal(access(fx.path, F_OK), 0);
    assert_string_equal(fx.conn->address, fx.path);
    assert_non_null(strstr(fx.conn->server, "SQLite 3."));
    assert_true(fx.conn->two_phase_why[0]);
}

static void a_missing_file_is_made_on_demand_only(void **state)
{
    (void)state;
    option("mode", "rw");
    assert_int_equal(open_conn(&fx.conn), SQLITE_CANTOPEN);
    assert_non_null(strstr(fx.err.text, "No such file"));
    assert_null(strstr(fx.err.text, "slashes"));
    assert_null(fx.conn);
    fx.url.database = fx.path + 1; /* one slash too few: "tmp/…" */
    assert_int_equal(open_conn(&fx.conn), SQLITE_CANTOPEN);
    assert_non_null(strstr(fx.err.text, "in the working directory"));
    assert_non_null(strstr(fx.err.text, "sqlite:////tmp/"));
    fx.url.database = fx.path;
    fx.options[0].value = "ro";
    assert_int_equal(open_conn(&fx.conn), SQLITE_CANTOPEN);
    fx.options[0].value = "rwc";
    connect_ok();
    exec_ok("CREATE TABLE t(a)");
    conn_close(fx.conn);
    fx.options[0].value = "ro";
    connect_ok();
    assert_int_equal(exec(fx.conn, "INSERT INTO t VALUES(1)"), SQLITE_READONLY);
    conn_close(fx.conn);
    fx.url.noptions = 0;
    fx.url.read_only = true;
    connect_ok();
    assert_int_equal(exec(fx.conn, "INSERT INTO t VALUES(1)"), SQLITE_READONLY);
    conn_close(fx.conn);
    fx.url.read_only = false;
    option("immutable", "1");
    connect_ok();
    assert_int_equal(exec(fx.conn, "INSERT INTO t VALUES(1)"), SQLITE_READONLY);
}

static void what_is_no_database_is_told_at_once(void **state)
{
    FILE *f = fopen(fx.path, "w");
    (void)state;
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        fputs("no database ", f);
    fclose(f);
    assert_int_equal(open_conn(&fx.conn), SQLITE_NOTADB);
}

static void options_are_checked(void **state)
{
    static const struct {
        const char *name, *value;
        bool valid;
    } cases[] = {
        {"mode", "ro", true},          {"mode", "RWC", true},
        {"mode", "memory", false},     {"busy_timeout", "100", true},
        {"busy_timeout", "1s", false}, {"busy_timeout", "-1", false},
        {"journal_mode", "WAL", true}, {"journal_mode", "x; DROP TABLE t", false},
        {"immutable", "0", true},      {"immutable", "yes", false},
    };
    struct url_host host = {.host = "h"};
    const struct engine *engine = engine_for_scheme("sqlite");
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        fx.url.noptions = 0;
        option(cases[i].name, cases[i].value);
        assert_int_equal(engine->url_check(&fx.url, &fx.err),
                         cases[i].valid ? SQLITE_OK : SQLITE_ERROR);
    }
    fx.url.noptions = 0;
    fx.url.hosts = &host;
    fx.url.nhosts = 1;
    assert_int_equal(engine->url_check(&fx.url, &fx.err), SQLITE_ERROR);
    assert_null(engine_for_scheme("oracle"));
    assert_null(engine_at(-1));
    assert_ptr_equal(engine_at(0) ? engine_for_scheme(engine_at(0)->schemes[0]) : NULL,
                     engine_at(0));
}

static void the_session_is_pinned(void **state)
{
    (void)state;
    option("journal_mode", "wal");
    connect_ok();
    assert_int_equal(number(fx.conn, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(fx.conn, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(fx.conn, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    exec_ok("CREATE TABLE t(a)");
    /* A dropped column must not turn into the text of its name. */
    assert_int_equal(exec(fx.conn, "SELECT \"gone\" FROM t"), SQLITE_ERROR);
    assert_int_equal(exec(fx.conn, "SELECT 1; DROP TABLE t"), SQLITE_ERROR);
    exec_ok("SELECT 1; -- and a comment");
    exec_ok("-- nothing");
    assert_int_equal(exec(fx.conn, "SELECT load_extension('x')"), SQLITE_ERROR);
    assert_int_equal(exec(fx.conn, "SELECT ?"), SQLITE_ERROR);
    exec_ok("PRAGMA journal_mode = delete");
}

/* ---- running --------------------------------------------------------------------------------------------- */

static void changes_and_ids_are_of_this_statement(void **state)
{
    sqlite3_int64 n, id;
    (void)state;
    connect_ok();
    exec_ok("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
    exec_ok("CREATE TABLE log(a)");
    exec_ok("CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.a); END");
    assert_int_equal(
        conn_exec(fx.conn, "INSERT INTO t(a) VALUES(1),(2)", NULL, 0, &n, &id, &fx.err), SQLITE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(id, 2);
    assert_int_equal(
        conn_exec(fx.conn, "UPDATE t SET a = 3 WHERE id = 9", NULL, 0, &n, &id, &fx.err),
        SQLITE_OK);
    assert_int_equal(n, 0);
    assert_int_equal(id, 0);
    assert_int_equal(conn_exec(fx.conn, "CREATE TABLE u(a)", NULL, 0, &n, &id, &fx.err), SQLITE_OK);
    assert_int_equal(n, 0);
    assert_int_equal(conn_exec(fx.conn, "DELETE FROM t", NULL, 0, &n, &id, &fx.err), SQLITE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(id, 0);
}

static void types_follow_the_table(void **state)
{
    struct rows rows = {.conn = NULL};
    (void)state;
    connect_ok();
    exec_ok("CREATE TABLE t(a VARCHAR(80), b INTEGER)");
    exec_ok("INSERT INTO t VALUES('x', 1)");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(conn_send(fx.conn, "SELECT * FROM t", NULL, 0, 0, &rows, &fx.err),
                         SQLITE_OK);
        assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
        assert_int_equal(rows.ncolumns, round ? 3 : 2);
        assert_int_equal(rows.types[0].id, CT_VARCHAR);
        assert_int_equal(rows.types[0].length, 80);
        assert_string_equal(rows.types[rows.ncolumns - 1].text, round ? "BLOB" : "INTEGER");
        rows_finish(&rows);
        if (round == 0)
            exec_ok("ALTER TABLE t ADD COLUMN c BLOB");
    }
}

#define MANY_ROWS_SQL                                                                              \
    "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 300) "

/* The next row, by the shorter way if there is one. */
static int advance(struct rows *rows, int *stepped)
{
    if (rows_step(rows)) {
        ++*stepped;
        return SQLITE_ROW;
    }
    return rows_next(rows, &fx.err);
}

static void rows_come_by_steps(void **state)
{
    struct rows rows = {.conn = NULL};
    struct cell cell;
    int n = 0, stepped = 0;
    (void)state;
    connect_ok();
    assert_int_equal(
        conn_send(fx.conn, MANY_ROWS_SQL "SELECT n FROM i", NULL, 0, 0, &rows, &fx.err), SQLITE_OK);
    while (advance(&rows, &stepped) == SQLITE_ROW) {
        n++;
        assert_int_equal(rows.nrows, n);
        assert_int_equal(sqlite3_value_int(sqlite3_column_value(rows.values, 0)), n);
        assert_int_equal(rows_cell(&rows, 0, &cell, &fx.err), SQLITE_OK);
        assert_int_equal(cell.i, n);
    }
    assert_int_equal(n, 300);
    assert_true(stepped > 250 && stepped < 300); /* some are timed */
    assert_true(rows.done && rows.values == NULL);
    assert_false(rows_step(&rows));
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_DONE);
    rows_finish(&rows);
}

static void a_step_that_fails_is_told_by_next(void **state)
{
    static const char sql[] =
        MANY_ROWS_SQL "SELECT abs(CASE n WHEN 200 THEN -9223372036854775808 ELSE n END) FROM i";
    struct rows rows = {.conn = NULL};
    int n = 0, stepped = 0, rc;
    (void)state;
    connect_ok();
    assert_int_equal(conn_send(fx.conn, sql, NULL, 0, 0, &rows, &fx.err), SQLITE_OK);
    while ((rc = advance(&rows, &stepped)) == SQLITE_ROW)
        n++;
    assert_int_equal(n, 199);
    assert_int_equal(rc, SQLITE_ERROR);
    assert_non_null(strstr(fx.err.text, "integer overflow"));
    assert_false(rows_step(&rows));
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ERROR);
    rows_finish(&rows);
    exec_ok("SELECT 1");
}

static void no_steps_where_each_row_must_be_looked_at(void **state)
{
    struct rows rows = {.conn = NULL};
    struct cell cell;
    int stepped = 0;
    (void)state;
    connect_ok();
    assert_int_equal(
        conn_send(fx.conn, MANY_ROWS_SQL "SELECT n FROM i", NULL, 0, 0, &rows, &fx.err), SQLITE_OK);
    assert_false(rows_step(&rows));
    for (int i = 0; i < 3; i++)
        assert_int_equal(advance(&rows, &stepped), SQLITE_ROW);
    assert_int_equal(rows_park(&rows, &fx.err), SQLITE_OK);
    assert_null(rows.values);
    assert_false(rows_step(&rows));
    for (int i = 4; i <= 300; i++) {
        assert_int_equal(rows_next(&rows, &fx.err), SQLITE_ROW);
        assert_false(rows_step(&rows));
        assert_int_equal(rows_cell(&rows, 0, &cell, &fx.err), SQLITE_OK);
        assert_int_equal(cell.i, i);
    }
    assert_int_equal(rows_next(&rows, &fx.err), SQLITE_DONE);
    rows_finish(&rows);

    fx.url.timeout_ms = 60000; /* every row has an end of its time */
    stepped = 0;
    assert_int_equal(
        conn_send(fx.conn, MANY_ROWS_SQL "SELECT n FROM i", NULL, 0, 0, &rows, &fx.err), SQLITE_OK);
    for (int i = 0; i < 300; i++)
        assert_int_equal(advance(&rows, &stepped), SQLITE_ROW);
    assert_int_equal(stepped, 0);
    rows_finish(&rows);
    assert_false(rows_step(&rows));
}

static void a_lock_is_waited_for_and_then_busy(void **state)
{
    struct conn *other;
    sqlite3_int64 start;
    (void)state;
    option("busy_timeout", "200");
    connect_ok();
    exec_ok("CREATE TABLE t(a)");
    assert_int_equal(open_on(&fx.other_wait, &other), SQLITE_OK);
    exec_ok("BEGIN IMMEDIATE");
    start = trace_clock_us();
    assert_int_equal(exec(other, "INSERT INTO t VALUES(1)"), SQLITE_BUSY_TIMEOUT);
    assert_int_equal(fx.err.native, SQLITE_BUSY);
    assert_in_range(trace_clock_us() - start, 190000, 1500000);
    assert_true(fx.other_wait.waited_us >= 190000);
    assert_false(fx.err.lost);
    exec_ok("COMMIT");
    assert_int_equal(exec(other, "INSERT INTO t VALUES(1)"), SQLITE_OK);
    conn_close(other);
}

static const char endless[] =
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c";

static void a_timeout_ends_the_statement_only(void **state)
{
    sqlite3_int64 start = trace_clock_us();
    (void)state;
    fx.url.timeout_ms = 300;
    fx.url.database = ":memory:";
    connect_ok();
    exec_ok("CREATE TABLE t(a)");
    assert_int_equal(exec(fx.conn, endless), SQLITE_IOERR);
    assert_string_equal(fx.err.text, "no answer for 0.3 s");
    assert_in_range(trace_clock_us() - start, 290000, 1500000);
    assert_int_equal(number(fx.conn, "SELECT count(*) FROM t"), 0);
}

/* The host's connection in the middle of a statement that was interrupted. */
static sqlite3_stmt *interrupted_host(void)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "VALUES(1),(2)", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    host_init(&fx.host, db);
    fx.wait.host = fx.other_wait.host = &fx.host;
    assert_false(host_interrupted(&fx.host));
    sqlite3_interrupt(db);
    return stmt;
}

static void an_interrupted_write_takes_its_transaction_with_it(void **state)
{
    sqlite3_stmt *stmt;
    (void)state;
    fx.url.database = ":memory:";
    connect_ok();
    exec_ok("CREATE TABLE t(a)");
    exec_ok("BEGIN");
    exec_ok("INSERT INTO t VALUES(1)");
    stmt = interrupted_host();
    assert_int_equal(exec(fx.conn, endless), SQLITE_INTERRUPT);
    assert_false(fx.conn->aborted); /* a read leaves the transaction alone */
    assert_int_equal(exec(fx.conn,
                          "INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                          "FROM c) SELECT i FROM c"),
                     SQLITE_INTERRUPT);
    sqlite3_finalize(stmt);
    assert_true(fx.conn->aborted);
    assert_false(fx.err.lost);
    /* Nothing may run in autocommit now. */
    assert_int_equal(exec(fx.conn, "INSERT INTO t VALUES(2)"), SQLITE_ABORT_ROLLBACK);
    assert_int_equal(exec(fx.conn, "COMMIT"), SQLITE_ABORT_ROLLBACK);
    exec_ok("ROLLBACK");
    assert_false(fx.conn->aborted);
    assert_int_equal(number(fx.conn, "SELECT count(*) FROM t"), 0);
    exec_ok("BEGIN");
    exec_ok("ROLLBACK");
}

static void a_wait_for_a_lock_is_interrupted(void **state)
{
    struct conn *other;
    sqlite3_stmt *stmt;
    (void)state;
    connect_ok();
    exec_ok("CREATE TABLE t(a)");
    assert_int_equal(open_on(&fx.other_wait, &other), SQLITE_OK);
    exec_ok("BEGIN IMMEDIATE");
    stmt = interrupted_host();
    assert_int_equal(exec(other, "INSERT INTO t VALUES(1)"), SQLITE_INTERRUPT);
    sqlite3_finalize(stmt);
    conn_close(other);
}

/* ---- every call fails once ------------------------------------------------------------------------------- */

static int read_all(struct conn *conn, struct rows *rows, sqlite3_int64 *sum, struct err *err)
{
    int rc;
    *sum = 0;
    while ((rc = rows_next(rows, err)) == SQLITE_ROW) {
        struct cell cell;
        rc = rows_cell(rows, 0, &cell, err);
        if (rc != SQLITE_OK)
            break;
        *sum += cell.i;
        if (rows->nrows == 2)
            rc = conn_exec(conn, "SELECT 1", NULL, 0, NULL, NULL, err);
        if (rc != SQLITE_ROW && rc != SQLITE_OK)
            break;
    }
    return rc;
}

/* Something of everything; what it reads must be right if it claims success. */
static int scenario(const struct engine *engine, struct err *err)
{
    static const struct type type = {.id = CT_INT8, .text = "INTEGER"};
    const char *columns[] = {"a"};
    struct cell cell = cell_int(7);
    const struct arg arg = {.type = &type, .cells = &cell, .ncells = 1};
    struct url url = {.database = ":memory:", .lock_timeout_ms = 1000, .log_args = true};
    struct trace *trace = trace_new();
    struct wait wait = {.host = NULL};
    struct rows rows = {.conn = NULL};
    struct bulk bulk = {.conn = NULL};
    struct conn *conn = NULL;
    sqlite3_int64 sum = 0;
    int rc;

    rc = conn_open(engine, &url, "k", &wait, trace, &conn, err);
    if (rc == SQLITE_OK)
        rc = conn_exec(conn, "CREATE TABLE t(a VARCHAR(20))", NULL, 0, NULL, NULL, err);
    if (rc == SQLITE_OK)
        rc = conn_queue(conn, "BEGIN", err);
    if (rc == SQLITE_OK)
        rc = conn_exec(conn, "INSERT INTO t VALUES(?)", &arg, 1, NULL, NULL, err);
    if (rc == SQLITE_OK)
        rc = bulk_begin(conn, "t", columns, &type, 1, &bulk, err);
    for (int i = 0; rc == SQLITE_OK && i < 5; i++) {
        cell = cell_int(i);
        rc = bulk_row(&bulk, &cell, err);
    }
    if (rc == SQLITE_OK)
        rc = bulk_end(&bulk, NULL, err);
    if (rc == SQLITE_OK)
        rc = conn_exec(conn, "COMMIT", NULL, 0, NULL, NULL, err);
    if (rc == SQLITE_OK)
        rc = conn_send(conn, "SELECT CAST(a AS INTEGER) FROM t", NULL, 0, 0, &rows, err);
    if (rc == SQLITE_OK) {
        rc = read_all(conn, &rows, &sum, err);
        if (rc == SQLITE_DONE) {
            assert_int_equal(sum, 7 + 0 + 1 + 2 + 3 + 4);
            rc = SQLITE_OK;
        }
    }
    rows_finish(&rows);
    bulk_abort(&bulk);
    conn_close(conn);
    trace_free(trace);
    return rc;
}

static void count_call(void *ctx, const char *call)
{
    (void)call;
    ++*(int *)ctx;
}

static void every_call_fails_cleanly(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct traced t;
        struct err err;
        int rc = SQLITE_ERROR, n, told = 0;
        for (n = 1; n < CALLS_MAX; n++) {
            long before = oom_outstanding();
            traced_init(&t, engine_for_scheme("sqlite"));
            t.sink = count_call;
            t.ctx = &told;
            t.fail_at = n;
            t.fail_rc = SQLITE_IOERR_READ;
            t.fail_lost = lost;
            err_clear(&err);
            rc = scenario(&t.outer, &err);
            assert_int_equal(oom_outstanding(), before);
            if (rc == SQLITE_OK)
                break;
            assert_int_equal(rc, SQLITE_IOERR_READ);
            assert_int_equal(err.lost, lost);
        }
        assert_int_equal(rc, SQLITE_OK);
        assert_int_equal(t.calls, n - 1);
        assert_true(n > 30 && told > 500);
    }
}

static void every_allocation_fails_cleanly(void **state)
{
    (void)state;
    for (int for_good = 0; for_good < 2; for_good++) {
        int rc = SQLITE_NOMEM, n;
        for (n = 1; n < OOM_MAX; n++) {
            long before = oom_outstanding();
            struct err err;
            int reached;
            err_clear(&err);
            oom_at(n, for_good);
            rc = scenario(engine_for_scheme("sqlite"), &err);
            reached = oom_count();
            oom_at(0, false);
            assert_int_equal(oom_outstanding(), before);
            if (rc == SQLITE_OK && reached < n)
                break;
            if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_NOMEM && rc != SQLITE_IOERR_NOMEM)
                fail_msg("allocation %d: %d %s", n, rc, err.text);
        }
        assert_int_equal(rc, SQLITE_OK);
        assert_true(n > 100);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_path_is_only_a_path),
        TEST(a_missing_file_is_made_on_demand_only),
        TEST(what_is_no_database_is_told_at_once),
        TEST(options_are_checked),
        TEST(the_session_is_pinned),
        TEST(changes_and_ids_are_of_this_statement),
        TEST(types_follow_the_table),
        TEST(rows_come_by_steps),
        TEST(a_step_that_fails_is_told_by_next),
        TEST(no_steps_where_each_row_must_be_looked_at),
        TEST(a_lock_is_waited_for_and_then_busy),
        TEST(a_timeout_ends_the_statement_only),
        TEST(an_interrupted_write_takes_its_transaction_with_it),
        TEST(a_wait_for_a_lock_is_interrupted),
        TEST(every_call_fails_cleanly),
        TEST(every_allocation_fails_cleanly),
    };
    if (oom_install() != SQLITE_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
