/* Reading: streams, ends early, several at once, parked, interrupted, timed out. */
#include "contract.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BIG 200000LL

/* Resident memory; 0 where a sanitizer keeps what is freed. */
static sqlite3_int64 resident_bytes(void)
{
#ifdef __SANITIZE_ADDRESS__
    return 0;
#else
    long pages = 0, total;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return (sqlite3_int64)pages * sysconf(_SC_PAGESIZE);
#endif
}

/* The third number of a file like tcp_rmem: the most that the kernel holds. */
static sqlite3_int64 kernel_most(const char *file)
{
    long long n[3] = {0};
    FILE *f = fopen(file, "r");
    if (f && fscanf(f, "%lld %lld %lld", &n[0], &n[1], &n[2]) != 3)
        n[2] = 0;
    if (f)
        fclose(f);
    return n[2] > 0 ? n[2] : 64LL * 1024 * 1024;
}

/* The most that may come after an early end: `most`, and what TCP holds.  A server goes on until it has heard of the end,
** and how long that takes is the machine's affair, but no longer than there is room, and a socket file has little.
** (MariaDB looks for a KILL once in some thousands of rows.) */
static sqlite3_int64 after_end(const struct contract *t, sqlite3_int64 most)
{
    if (!url_option(&t->url, "unix_socket") && !url_option(&t->url, "host"))
        most +=
            kernel_most("/proc/sys/net/ipv4/tcp_rmem") + kernel_most("/proc/sys/net/ipv4/tcp_wmem");
    return most;
}

/* Reads n rows (all of them: -1) of SELECT id, name FROM contract_big ORDER BY id, checking each. */
static int read_big(struct contract *t, struct rows *rows, int n)
{
    int rc = SQLITE_ROW;
    for (int i = 0; i != n && rc == SQLITE_ROW; i++) {
        struct cell id = cell_null(), name = cell_null();
        char want[64];
        rc = rows_next(rows, &t->err);
        if (rc != SQLITE_ROW)
            break;
        if (rows_cell(rows, 1, &name, &t->err) != SQLITE_OK ||
            rows_cell(rows, 0, &id, &t->err) != SQLITE_OK)
            return t->err.rc;
        sqlite3_snprintf(sizeof want, want, "row %lld of contract_big, some bytes", rows->nrows);
        if (id.cls != CELL_INT || id.i != rows->nrows || name.cls != CELL_TEXT ||
            name.n != strlen(want) || memcmp(name.p, want, name.n) != 0) {
            expect(t, false, "row %lld is wrong", rows->nrows);
            return SQLITE_ERROR;
        }
    }
    return rc;
}

static const char big_sql[] = "SELECT id, name FROM contract_big ORDER BY id";

static void rows_stream(struct contract *t)
{
    static const unsigned ways[] = {0, QUERY_LONG};
    if (!make_big(t, BIG))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct rows rows = {.conn = NULL};
        sqlite3_int64 before = resident_bytes(), bytes = t->c->bytes;
        expect_rc(t, conn_send(t->c, big_sql, NULL, 0, ways[i], &rows, &t->err), SQLITE_OK, "send");
        expect_rc(t, read_big(t, &rows, -1), SQLITE_DONE, "reading all");
        expect(t, rows.nrows == BIG, "%lld rows", rows.nrows);
        expect(t, rows_next(&rows, &t->err) == SQLITE_DONE, "done twice");
        rows_finish(&rows);
        if (engine_number(t) != ENGINE_SQLITE) {
            expect(t, t->c->bytes - bytes > BIG * 30LL, "%lld bytes counted", t->c->bytes - bytes);
            expect(t, resident_bytes() - before < 6LL * 1024 * 1024, "memory grew by %lld bytes",
                   resident_bytes() - before);
        }
    }
}

static void rows_end_early(struct contract *t)
{
    static const unsigned ways[] = {0, QUERY_LONG, QUERY_SHARED};
    if (!make_big(t, BIG))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        for (int n = 0; n < 3; n++) {
            struct rows rows = {.conn = NULL};
            if (ways[i] & QUERY_SHARED)
                run_ok(t, "%s", t->c->dialect->verbs.begin_read);
            expect_rc(t, conn_send(t->c, big_sql, NULL, 0, ways[i], &rows, &t->err), SQLITE_OK,
                      "send");
            expect_rc(t, read_big(t, &rows, n), SQLITE_ROW, "reading some");
            sqlite3_int64 bytes = t->c->bytes;
            rows_finish(&rows);
            expect(t, t->c->bytes - bytes < after_end(t, BIG * 25), "%lld bytes came after the end",
                   t->c->bytes - bytes);
            expect(t, t->c->state == CONN_IDLE, "state %d after an early end", (int)t->c->state);
            expect(t, query_int(t, t->c, "SELECT 41 + 1") == 42, "the next statement");
            if (ways[i] & QUERY_SHARED)
                run_ok(t, "%s", t->c->dialect->verbs.commit);
        }
    }
}

/* The join's result is far too large to be read to its end. */
static void an_endless_result_ends_early(struct contract *t)
{
    static const char sql[] =
        "SELECT a.id, b.id, c.name FROM contract_big a, contract_big b, contract_big c";
    static const unsigned ways[] = {0, QUERY_LONG};
    if (!make_big(t, 2000))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct rows rows = {.conn = NULL};
        sqlite3_int64 start = clock_ms(), bytes;
        expect_rc(t, conn_send(t->c, sql, NULL, 0, ways[i], &rows, &t->err), SQLITE_OK, "send");
        for (int n = 0; n < 100; n++)
            expect_rc(t, rows_next(&rows, &t->err), SQLITE_ROW, "row");
        bytes = t->c->bytes;
        rows_finish(&rows);
        expect(t, t->c->bytes - bytes < after_end(t, BIG * 100), "%lld bytes came after the end",
               t->c->bytes - bytes);
        expect(t, clock_ms() - start < PROMPT_MS, "took %lld ms", clock_ms() - start);
        expect(t, t->c->state != CONN_BUSY, "still busy");
        if (t->c->state == CONN_IDLE)
            expect(t, query_int(t, t->c, "SELECT 7") == 7, "the next statement");
    }
}

static void an_empty_result_has_columns(struct contract *t)
{
    struct rows rows = {.conn = NULL};
    run_ok(t, "CREATE TABLE contract_t(a %s, b %s)", int_word(t), text_word(t));
    expect_rc(t, conn_send(t->c, "SELECT a, b FROM contract_t", NULL, 0, 0, &rows, &t->err),
              SQLITE_OK, "send");
    expect_rc(t, rows_next(&rows, &t->err), SQLITE_DONE, "no rows");
    expect(t, rows.ncolumns == 2 && rows.types, "%d columns", rows.ncolumns);
    expect(t,
           rows.types && coltype_is_integer(rows.types[0].id) && coltype_is_text(rows.types[1].id),
           "their types");
    rows_finish(&rows);
    rows = (struct rows){.conn = NULL};
    expect_rc(t,
              conn_send(t->c, "INSERT INTO contract_t VALUES(1, 'x'), (2, 'y')", NULL, 0, 0, &rows,
                        &t->err),
              SQLITE_OK, "send");
    expect_rc(t, rows_next(&rows, &t->err), SQLITE_DONE, "INSERT");
    expect(t, rows.ncolumns == 0 && rows.affected == 2, "%d columns, affected %lld", rows.ncolumns,
           rows.affected);
    rows_finish(&rows);
    rows_finish(&rows);
}

static void other_statements_while_rows_are_read(struct contract *t)
{
    static const unsigned ways[] = {0, QUERY_LONG};
    if (!make_big(t, BIG))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct rows outer = {.conn = NULL}, inner = {.conn = NULL};
        struct cell cell;
        expect_rc(t, conn_send(t->c, big_sql, NULL, 0, ways[i], &outer, &t->err), SQLITE_OK,
                  "outer");
        expect_rc(t, read_big(t, &outer, 10), SQLITE_ROW, "outer rows");
        expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_big") == BIG, "between");
        expect(t, (outer.spool != NULL) == !(t->c->caps & CAP_MANY_ROWS), "parked");
        /* The row is still there. */
        expect(t, rows_cell(&outer, 0, &cell, &t->err) == SQLITE_OK && cell.i == 10, "current row");
        expect_rc(t, conn_send(t->c, big_sql, NULL, 0, 0, &inner, &t->err), SQLITE_OK, "inner");
        expect_rc(t, read_big(t, &inner, 1000), SQLITE_ROW, "inner rows");
        expect_rc(t, read_big(t, &outer, -1), SQLITE_DONE, "outer to the end");
        expect(t, outer.nrows == BIG, "%lld outer rows", outer.nrows);
        rows_finish(&outer);
        expect_rc(t, read_big(t, &inner, -1), SQLITE_DONE, "inner to the end");
        expect(t, inner.nrows == BIG, "%lld inner rows", inner.nrows);
        rows_finish(&inner);
    }
}

static void shared_rows_leave_the_connection_free(struct contract *t)
{
    struct rows rows[3] = {{.conn = NULL}};
    if (!make_big(t, 20000))
        return;
    run_ok(t, "%s", t->c->dialect->verbs.begin_read);
    t->c->in_transaction = true;
    for (int i = 0; i < 3; i++) {
        expect_rc(t, conn_send(t->c, big_sql, NULL, 0, QUERY_SHARED, &rows[i], &t->err), SQLITE_OK,
                  "send");
        expect_rc(t, read_big(t, &rows[i], 1), SQLITE_ROW, "first row");
    }
    for (int n = 0; n < 40; n++) {
        for (int i = 0; i < 3; i++)
            expect_rc(t, read_big(t, &rows[i], 100 * (i + 1)), SQLITE_ROW, "more rows");
        expect(t, query_int(t, t->c, "SELECT 5") == 5, "between");
    }
    for (int i = 0; i < 2; i++)
        expect(t, rows[i].spool == NULL, "was parked");
    expect_rc(t, conn_park_all(t->c, &t->err), SQLITE_OK, "park all");
    run_ok(t, "%s", t->c->dialect->verbs.commit);
    t->c->in_transaction = false;
    for (int i = 0; i < 3; i++) {
        expect_rc(t, read_big(t, &rows[i], -1), SQLITE_DONE, "to the end");
        expect(t, rows[i].nrows == 20000, "%lld rows", rows[i].nrows);
        rows_finish(&rows[i]);
    }
}

/* ---- interrupts ------------------------------------------------------------------------------------------ */

static const char *slow_sql(struct contract *t)
{
    return pick(
        t, "SELECT pg_sleep(20)", "SELECT sleep(20)",
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c");
}

static void an_interrupt_ends_a_wait(struct contract *t)
{
    for (int round = 0; round < 3; round++) {
        sqlite3_int64 start = clock_ms();
        interrupt_start(t, 200);
        expect_rc(t, run_sql(t, t->c, slow_sql(t)), SQLITE_INTERRUPT, "a slow statement");
        interrupt_stop(t);
        expect(t, clock_ms() - start < PROMPT_MS, "took %lld ms", clock_ms() - start);
        expect(t, clock_ms() - start >= 190, "took only %lld ms", clock_ms() - start);
        expect(t, !t->err.lost && t->c->state == CONN_IDLE, "the connection is not usable");
        if (t->c->state == CONN_LOST)
            return;
        expect(t, query_int(t, t->c, "SELECT 3") == 3, "the next statement");
    }
}

static void an_interrupt_ends_a_stream(struct contract *t)
{
    struct rows rows = {.conn = NULL};
    sqlite3_int64 start;
    int rc;
    if (!make_big(t, 3000))
        return;
    start = clock_ms();
    interrupt_start(t, 200);
    rc = conn_send(t->c,
                   "SELECT a.id, b.id, c.name FROM contract_big a, contract_big b, contract_big c",
                   NULL, 0, QUERY_LONG, &rows, &t->err);
    /* A driver looks when it waits; between its waits the host does. */
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = rows_next(&rows, &t->err);
        if (clock_ms() - start > PROMPT_MS)
            break;
    }
    interrupt_stop(t);
    expect_rc(t, rc, SQLITE_INTERRUPT, "an endless stream");
    expect(t, clock_ms() - start < PROMPT_MS, "took %lld ms", clock_ms() - start);
    rows_finish(&rows);
    expect(t, t->c->state == CONN_IDLE && query_int(t, t->c, "SELECT 3") == 3,
           "the next statement");
}

static void an_interrupt_leaves_a_transaction_to_roll_back(struct contract *t)
{
    run_ok(t, "CREATE TABLE contract_t(a %s)", int_word(t));
    run_ok(t, "%s", t->c->dialect->verbs.begin_write);
    t->c->in_transaction = true;
    run_ok(t, "INSERT INTO contract_t VALUES(1)");
    interrupt_start(t, 100);
    expect_rc(t, run_sql(t, t->c, slow_sql(t)), SQLITE_INTERRUPT, "a slow statement");
    interrupt_stop(t);
    run_ok(t, "%s", t->c->dialect->verbs.rollback);
    t->c->in_transaction = false;
    expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_t") == 0, "a row stayed");
}

static void a_timeout_is_kept(struct contract *t)
{
    char *text = url_with(t, "timeout=1");
    sqlite3_int64 start;
    struct url url;
    struct conn *c;
    if (expect_rc(t, open_url(t, text, &url, &c), SQLITE_OK, text)) {
        start = clock_ms();
        expect_rc(t, run_sql(t, c, slow_sql(t)), SQLITE_IOERR, "a silent statement");
        expect(t, strstr(t->err.text, "no answer") != NULL, "the message: %s", t->err.text);
        expect(t, clock_ms() - start > 900 && clock_ms() - start < PROMPT_MS, "took %lld ms",
               clock_ms() - start);
        expect(t, engine_number(t) == ENGINE_SQLITE || (t->err.lost && c->state == CONN_LOST),
               "not lost");
    }
    start = clock_ms();
    conn_close(c);
    expect(t, clock_ms() - start < PROMPT_MS, "closing took %lld ms", clock_ms() - start);
    url_clear(&url);
    sqlite3_free(text);
}

static void closing_does_not_wait(struct contract *t)
{
    struct rows rows = {.conn = NULL};
    struct conn *c = second_conn(t);
    sqlite3_int64 start;
    if (!c)
        return;
    expect_rc(t, conn_send(c, slow_sql(t), NULL, 0, 0, &rows, &t->err), SQLITE_OK, "send");
    start = clock_ms();
    conn_close(c);
    expect(t, clock_ms() - start < PROMPT_MS, "took %lld ms", clock_ms() - start);
    expect_rc(t, rows_next(&rows, &t->err), SQLITE_IOERR, "rows of a closed connection");
    rows_finish(&rows);
}

const struct contract_case row_cases[] = {
    {"rows stream in bounded memory", rows_stream, 0},
    {"rows end early", rows_end_early, 0},
    {"an endless result ends early", an_endless_result_ends_early, 0},
    {"an empty result has columns", an_empty_result_has_columns, 0},
    {"other statements while rows are read", other_statements_while_rows_are_read, 0},
    {"shared rows leave the connection free", shared_rows_leave_the_connection_free,
     CAP_SHARED_ROWS},
    {"an interrupt ends a wait", an_interrupt_ends_a_wait, 0},
    {"an interrupt ends a stream", an_interrupt_ends_a_stream, 0},
    {"an interrupted transaction rolls back", an_interrupt_leaves_a_transaction_to_roll_back, 0},
    {"a timeout is kept", a_timeout_is_kept, 0},
    {"closing does not wait", closing_does_not_wait, 0},
    {NULL, NULL, 0},
};
