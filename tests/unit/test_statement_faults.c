/* Whatever happens at any allocation of a statement: INSERTs, UPDATEs, DELETEs and SELECTs over bind tables, in autocommit
** and inside BEGIN, and the COMMIT and ROLLBACK after them.  Every allocation is a point, SQLite's own and those of the
** extension: one fails, or all fail from there on until the statement is over, or the connection is interrupted there.
**
** The statement says that it failed, or does what it is to do.  Its table is as it was before, or as it is afterwards, to its
** own connection and to another one; what came before it in the transaction is there as long as the transaction is; and
** the connection goes on.  At the end nothing is left allocated.
**
** usage: test_statement_faults [URL [STRIDE [SEED [PATTERN]]]]: on a server instead of a SQLite file, where tables faults_t and
** faults_u are dropped; of the points every STRIDE-th on average, chosen at random; what is not a single failed allocation,
** more rarely; the tests that PATTERN names. */
#include "unit.h"

#include "oom.h"
#include "session/bind.h"
#include "vtab/listing.h"
#include "vtab/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_FAULTS 100000
#define LOCAL_ROWS 30
#define BEFORE "INSERT INTO t VALUES (900, 9, 'before')"
#define STATE                                                                                      \
    "SELECT group_concat(id || ' ' || ifnull(g, 'null') || ' ' || n) FROM (SELECT * FROM t ORDER " \
    "BY id)"

enum fault { ONE_FAILS, ALL_FAIL, INTERRUPTED };
static const int rarer[] = {[ONE_FAILS] = 1, [ALL_FAIL] = 4, [INTERRUPTED] = 8};

static const char *url;
static char file[64], address[96];
static sqlite3 *db, *watcher;
static enum fault fault;
static unsigned stride = 2, seed = 1;

/* ?1 is 3, ?2 a text. */
static const char *const changes[] = {
    "INSERT INTO t SELECT id + 100, id, 'x' || id FROM local",
    "INSERT INTO t SELECT id + 100, ?1, ?2 FROM local WHERE id > ?1 ORDER BY id % 7",
    "INSERT INTO t VALUES (100, 1, 'a'), (101, 2, 'b'), (102, 3, 'c')",
    "INSERT INTO t SELECT id + 100, g, n FROM u",
    "INSERT INTO t SELECT t.id + 100, local.id, t.n FROM t CROSS JOIN local WHERE local.id = t.id",
    "INSERT OR REPLACE INTO t SELECT id + 6, id, 'x' FROM local",
    "INSERT OR IGNORE INTO t SELECT id + 6, id, 'x' FROM local",
    "REPLACE INTO t VALUES (3, 33, 'three')",
    "UPDATE t SET g = g + 1 WHERE id > ?1",
    "UPDATE t SET g = g + 1, n = n || ?2 WHERE length(n) > 0",
    "UPDATE OR REPLACE t SET id = id + 1 WHERE id IN (4, 8)",
    "UPDATE t SET n = l.id || 'l' FROM local AS l WHERE l.id + 0 = t.id",
    "UPDATE t SET n = 'last' FROM local AS l WHERE l.id > 28 AND t.id < 4",
    "UPDATE t SET n = u.n || 'u' FROM u WHERE u.id = t.id",
    "UPDATE t SET g = (SELECT sum(g) + ?1 FROM t AS o WHERE o.id <= t.id) WHERE id < 5",
    "DELETE FROM t WHERE id IN (SELECT id FROM local WHERE id > 5)",
    "DELETE FROM t WHERE id > ?1 AND g % 2 = 1",
    "DELETE FROM t",
};
/* They have one value. */
static const char *const queries[] = {
    "SELECT count(*) || ' ' || sum(g) FROM t",
    "SELECT min(id) || ' ' || max(id) FROM t WHERE g > 1",
    "SELECT group_concat(t.n) FROM local CROSS JOIN t ON t.id = local.id",
    "SELECT group_concat(u.n) FROM t CROSS JOIN u ON u.id = t.id + ?1",
    "SELECT group_concat(n) FROM (SELECT n FROM t WHERE id IN (1, 5, ?1) OR n = ?2 ORDER BY n DESC "
    "LIMIT 4)",
    "SELECT group_concat(g) FROM (SELECT DISTINCT g % 3 AS g FROM t UNION ALL SELECT id FROM u "
    "WHERE id < 4)",
    "SELECT group_concat(t.id) FROM t LEFT JOIN u ON u.id = t.g WHERE t.n LIKE 'n%'",
    "SELECT count(*) FROM u AS a CROSS JOIN u AS b",
};

/* ---- connections ----------------------------------------------------------------------------------------- */

static void run(sqlite3 *on, const char *sql)
{
    if (sqlite3_exec(on, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(on));
}

/* What the entry point of the extension does. */
static void load(sqlite3 *on)
{
    static int (*const parts[])(struct binds *) = {
        table_register,     guard_register,        binds_table_register,
        log_table_register, tables_table_register, functions_register,
    };
    struct binds *b = NULL;
    struct err err;
    err_clear(&err);
    assert_int_equal(binds_new(on, &b, &err), SQLITE_OK);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_int_equal(parts[i](b), SQLITE_OK);
    assert_int_equal(binds_seed(b, &err), SQLITE_OK);
    binds_release(b);
}

static sqlite3 *open_one(void)
{
    sqlite3 *on = NULL;
    assert_int_equal(sqlite3_open(":memory:", &on), SQLITE_OK);
    load(on);
    char *sql = sqlite3_mprintf("INSERT INTO binds(key, url) VALUES (NULL, %Q)", url);
    run(on, sql);
    sqlite3_free(sql);
    run(on,
        "CREATE VIRTUAL TABLE t USING bind(table = 'faults_t', id INTEGER PRIMARY KEY, g INTEGER, "
        "n VARCHAR(40));"
        "CREATE VIRTUAL TABLE u USING bind(table = 'faults_u', id INTEGER PRIMARY KEY, g INTEGER, "
        "n VARCHAR(40));"
        "CREATE TABLE local(id INTEGER PRIMARY KEY)");
    sql =
        sqlite3_mprintf("WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT %d) "
                        "INSERT INTO local SELECT i FROM r",
                        LOCAL_ROWS);
    run(on, sql);
    sqlite3_free(sql);
    return on;
}

static int set_up(void **state)
{
    fault = *(const enum fault *)*state;
    if (url == NULL) {
        sqlite3_snprintf((int)sizeof file, file, "/dev/shm/test_statement_faults.%d.db",
                         (int)getpid());
        sqlite3_snprintf((int)sizeof address, address, "sqlite:///%s?mode=rwc", file);
        unlink(file);
        url = address;
    }
    db = open_one();
    run(db, "SELECT drop_all()");
    run(db, "SELECT create_all()");
    run(db, "INSERT INTO u SELECT id, id * 2, 'u' || id FROM local");
    watcher = open_one();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    oom_at(0, false); /* after a failure */
    run(db, "SELECT drop_all()");
    assert_int_equal(sqlite3_close(watcher), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    if (file[0] != '\0')
        unlink(file);
    return 0;
}

/* ---- one statement ----------------------------------------------------------------------------------------- */

/* The result code, and the first value: "" = none. */
static int execute(sqlite3 *on, const char *sql, char value[4096])
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(on, sql, -1, &stmt, NULL);
    value[0] = '\0';
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(stmt) > 0)
        rc = sqlite3_bind_int(stmt, 1, 3);
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(stmt) > 1)
        rc = sqlite3_bind_text(stmt, 2, "text", -1, SQLITE_STATIC);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW) {
            const char *text = (const char *)sqlite3_column_text(stmt, 0);
            sqlite3_snprintf(4096, value, "%s", text != NULL ? text : "NULL");
        }
    }
    int end = sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE)
        return rc;
    return end;
}

static bool state_of(sqlite3 *on, char value[4096])
{
    return execute(on, STATE, value) == SQLITE_OK;
}

static void reset(void)
{
    static const char rows[] =
        "INSERT INTO t SELECT id, id % 4, 'n' || id FROM local WHERE id <= 12";
    run(db, "DELETE FROM t");
    run(db, rows);
}

static unsigned any(void)
{
    seed = seed * 1103515245U + 12345U;
    return seed >> 16;
}

static int next_point(int n)
{
    return n + 1 + (int)(any() % (2 * stride * (unsigned)rarer[fault] - 1));
}

static void interrupt(void)
{
    sqlite3_interrupt(db);
}

static void fault_at(int n)
{
    if (fault == INTERRUPTED)
        oom_call_at(n, interrupt);
    else
        oom_at(n, fault == ALL_FAIL);
}

static const char *names_fault(void)
{
    static const char *const names[] = {[ONE_FAILS] = "failed",
                                        [ALL_FAIL] = "failed with all after it",
                                        [INTERRUPTED] = "interrupted"};
    return names[fault];
}

/* Each time another text, so that nothing is known of it beforehand.  *reached: its allocations. */
static int with_fault(const char *sql, int at, int *reached, char value[4096])
{
    char *text = sqlite3_mprintf("%s /* %d */", sql, at);
    fault_at(at);
    int rc = execute(db, text, value);
    *reached = oom_count();
    oom_at(0, false);
    sqlite3_free(text);
    return rc;
}

static void in_autocommit(const char *sql)
{
    char before[4096], after[4096], now[4096], own[4096], ignored[4096];
    int rc = SQLITE_NOMEM, reached = 0;
    reset();
    assert_true(state_of(db, before));
    run(db, "BEGIN");
    assert_int_equal(execute(db, sql, ignored), SQLITE_OK);
    assert_true(state_of(db, after));
    run(db, "ROLLBACK");
    for (int n = next_point(0); n < MOST_FAULTS; n = next_point(n)) {
        rc = with_fault(sql, n, &reached, ignored);
        assert_true(sqlite3_get_autocommit(db));
        assert_true(state_of(watcher, now));
        if (strcmp(now, after) != 0 && (rc == SQLITE_OK || strcmp(now, before) != 0))
            fail_msg("%s: allocation %d %s, code %d: %s", sql, n, names_fault(), rc, now);
        if (!state_of(db, own) || strcmp(own, now) != 0)
            fail_msg("%s: allocation %d %s, code %d: to itself %s (%s)", sql, n, names_fault(), rc,
                     own, sqlite3_errmsg(db));
        if (rc == SQLITE_OK && reached < n)
            break;
        if (strcmp(now, before) != 0)
            reset();
    }
    assert_int_equal(rc, SQLITE_OK);
    assert_true(reached > 20);
}

/* What a statement that failed leaves of its transaction. */
static void check_transaction(const char *sql, int n, int rc, const char *before, const char *after)
{
    char now[4096], seen[4096];
    if (sqlite3_get_autocommit(db)) {
        if (rc == SQLITE_OK)
            fail_msg("%s: allocation %d %s: no transaction any more", sql, n, names_fault());
        return;
    }
    if (!state_of(db, now)) { /* it was lost on the server: nothing but ROLLBACK goes on */
        if (rc == SQLITE_OK)
            fail_msg("%s: allocation %d %s: %s", sql, n, names_fault(), sqlite3_errmsg(db));
        char *why = sqlite3_mprintf("%s", sqlite3_errmsg(db));
        if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
            fail_msg("%s: allocation %d %s: a COMMIT of what was lost (%s)", sql, n, names_fault(),
                     why);
        sqlite3_free(why);
        return;
    }
    if (strcmp(now, rc == SQLITE_OK ? after : before) != 0)
        fail_msg("%s: allocation %d %s, code %d: %s", sql, n, names_fault(), rc, now);
    run(db, "COMMIT");
    if (!state_of(watcher, seen) || strcmp(seen, now) != 0)
        fail_msg("%s: allocation %d %s, code %d: to others %s", sql, n, names_fault(), rc, seen);
}

static void in_transaction(const char *sql)
{
    char none[4096], before[4096], after[4096], now[4096], ignored[4096];
    int rc = SQLITE_NOMEM, reached = 0;
    reset();
    assert_true(state_of(db, none));
    run(db, "BEGIN; " BEFORE);
    assert_true(state_of(db, before));
    assert_int_equal(execute(db, sql, ignored), SQLITE_OK);
    assert_true(state_of(db, after));
    run(db, "ROLLBACK");
    for (int n = next_point(0); n < MOST_FAULTS; n = next_point(n)) {
        run(db, "BEGIN; " BEFORE);
        rc = with_fault(sql, n, &reached, ignored);
        check_transaction(sql, n, rc, before, after);
        if (!sqlite3_get_autocommit(db))
            run(db, "ROLLBACK");
        if (rc == SQLITE_OK && reached < n)
            break;
        assert_true(state_of(watcher, now));
        if (strcmp(now, none) != 0)
            reset();
    }
    assert_int_equal(rc, SQLITE_OK);
    assert_true(reached > 20);
}

/* The end of a transaction, prepared beforehand.  It may be said again. */
static void end_of_transaction(const char *sql, const char *end)
{
    char none[4096], after[4096], now[4096], ignored[4096];
    int rc = SQLITE_NOMEM, reached = 0;
    reset();
    assert_true(state_of(db, none));
    for (int n = next_point(0); n < MOST_FAULTS; n = next_point(n)) {
        sqlite3_stmt *stmt = NULL;
        run(db, "BEGIN; " BEFORE);
        assert_int_equal(execute(db, sql, ignored), SQLITE_OK);
        assert_true(state_of(db, after));
        assert_int_equal(sqlite3_prepare_v2(db, end, -1, &stmt, NULL), SQLITE_OK);
        fault_at(n);
        rc = sqlite3_step(stmt);
        reached = oom_count();
        oom_at(0, false);
        char *why = sqlite3_mprintf("%s", sqlite3_errmsg(db));
        sqlite3_finalize(stmt);
        if (!sqlite3_get_autocommit(db))
            run(db, "ROLLBACK");
        assert_true(state_of(watcher, now));
        bool done = strcmp(now, after) == 0;
        if ((!done && strcmp(now, none) != 0) || (done && end[0] != 'C') ||
            (!done && end[0] == 'C' && rc == SQLITE_DONE) ||
            (done && rc != SQLITE_DONE && strstr(why, "outcome unknown") == NULL))
            fail_msg("%s; %s: allocation %d %s, code %d (%s): %s", sql, end, n, names_fault(), rc,
                     why, now);
        sqlite3_free(why);
        if (!state_of(db, ignored) || strcmp(ignored, now) != 0)
            fail_msg("%s; %s: allocation %d %s: to itself %s (%s)", sql, end, n, names_fault(),
                     ignored, sqlite3_errmsg(db));
        if (done)
            reset();
        if (rc == SQLITE_DONE && reached < n)
            break;
    }
    assert_int_equal(rc, SQLITE_DONE);
}

/* ---- all of them ------------------------------------------------------------------------------------------- */

static void changes_in_autocommit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++)
        in_autocommit(changes[i]);
}

static void changes_in_a_transaction(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++)
        in_transaction(changes[i]);
}

static void ends_of_transactions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        end_of_transaction(changes[i], "COMMIT");
        end_of_transaction(changes[i], "ROLLBACK");
    }
}

static void query(const char *sql)
{
    char wanted[4096], value[4096];
    int rc = SQLITE_NOMEM, reached = 0;
    assert_int_equal(execute(db, sql, wanted), SQLITE_OK);
    for (int n = next_point(0); n < MOST_FAULTS; n = next_point(n)) {
        rc = with_fault(sql, n, &reached, value);
        if (rc == SQLITE_OK && strcmp(value, wanted) != 0)
            fail_msg("%s: allocation %d %s: %s", sql, n, names_fault(), value);
        if (rc == SQLITE_OK && reached < n)
            break;
    }
    assert_int_equal(rc, SQLITE_OK);
    assert_int_equal(execute(db, sql, value), SQLITE_OK);
    assert_string_equal(value, wanted);
}

static void query_in_transaction(const char *sql)
{
    char before[4096], wanted[4096], value[4096];
    int rc = SQLITE_NOMEM, reached = 0;
    run(db, "BEGIN; " BEFORE);
    assert_true(state_of(db, before));
    assert_int_equal(execute(db, sql, wanted), SQLITE_OK);
    run(db, "ROLLBACK");
    for (int n = next_point(0); n < MOST_FAULTS; n = next_point(n)) {
        run(db, "BEGIN; " BEFORE);
        rc = with_fault(sql, n, &reached, value);
        if (rc == SQLITE_OK && strcmp(value, wanted) != 0)
            fail_msg("%s: allocation %d %s: %s", sql, n, names_fault(), value);
        check_transaction(sql, n, rc, before, before);
        run(db, sqlite3_get_autocommit(db) ? "DELETE FROM t WHERE id = 900" : "ROLLBACK");
        if (rc == SQLITE_OK && reached < n)
            break;
    }
    assert_int_equal(rc, SQLITE_OK);
}

static void all_queries(void **state)
{
    (void)state;
    reset();
    for (size_t i = 0; i < COUNT(queries); i++)
        query(queries[i]);
}

static void queries_in_a_transaction(void **state)
{
    (void)state;
    reset();
    for (size_t i = 0; i < COUNT(queries); i++)
        query_in_transaction(queries[i]);
}

int main(int argc, char **argv)
{
    static enum fault one = ONE_FAILS, all = ALL_FAIL, interrupted = INTERRUPTED;
#define TEST(name, how)                                                                            \
    {                                                                                              \
#name ", " #how, name, set_up, tear_down, &(how)                                           \
    }
#define TESTS(how)                                                                                 \
    TEST(changes_in_autocommit, how), TEST(changes_in_a_transaction, how),                         \
        TEST(ends_of_transactions, how), TEST(all_queries, how),                                   \
        TEST(queries_in_a_transaction, how)
    const struct CMUnitTest tests[] = {TESTS(one), TESTS(all), TESTS(interrupted)};
    url = argc > 1 ? argv[1] : NULL;
    if (argc > 2)
        stride = (unsigned)strtoul(argv[2], NULL, 10);
    if (argc > 3)
        seed = (unsigned)strtoul(argv[3], NULL, 10);
    if (argc > 4)
        cmocka_set_test_filter(argv[4]);
    if (stride < 1 || oom_install() != SQLITE_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed == 0 && oom_outstanding() != 0) {
        printf("%ld allocations are left\n", oom_outstanding());
        return 1;
    }
    return failed;
}
