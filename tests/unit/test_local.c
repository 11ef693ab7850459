/* What counts as a local change, asked in every journal mode of a file, of a database in memory and of an attached one.
** It rests on what a pager shows of itself, so every SQLite that is a host has to be asked. */
#include "session/binds.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    char folder[32], file[64], attached[64];
    sqlite3 *db;
    struct binds binds;
    const char *mode;
} fx;

static void run(const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(fx.db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static void expect(bool changed, const char *what)
{
    if (txn_local_changes(&fx.binds) != changed)
        fail_msg("journal %s, %s: %s", fx.mode, what,
                 changed ? "a change was not seen" : "a change was seen");
}

/* BEGIN, what is given, the answer, and the end of it. */
static void ask(bool changed, const char *sql, const char *end)
{
    run("BEGIN");
    run(sql);
    expect(changed, sql);
    run(end);
}

static void put_blob(const char *schema, sqlite3_int64 row)
{
    sqlite3_blob *blob;
    char byte = 'b';
    assert_int_equal(sqlite3_blob_open(fx.db, schema, "l", "b", row, 1, &blob), SQLITE_OK);
    assert_int_equal(sqlite3_blob_write(blob, &byte, 1, sqlite3_blob_bytes(blob) - 1), SQLITE_OK);
    assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
}

static void ask_blob(const char *schema, sqlite3_int64 row, const char *end)
{
    run("BEGIN; UPDATE l SET b = b WHERE 0");
    expect(false, "a writer without a change");
    put_blob(schema, row);
    expect(true, "a blob");
    run(end);
}

static void with_reader(const char *end)
{
    sqlite3_stmt *reader;
    assert_int_equal(sqlite3_prepare_v2(fx.db, "SELECT id FROM l", -1, &reader, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(reader), SQLITE_ROW);
    ask(false, "UPDATE l SET b = b WHERE 0", end);
    assert_int_equal(sqlite3_step(reader), SQLITE_ROW);
    ask_blob("main", 1, end);
    ask(false, "UPDATE l SET b = b WHERE 0", end); /* what stays open of the journal is over */
    assert_int_equal(sqlite3_step(reader), SQLITE_ROW);
    assert_int_equal(sqlite3_finalize(reader), SQLITE_OK);
}

static void ask_all(void)
{
    static const char *const ends[] = {"COMMIT", "ROLLBACK", "COMMIT"};
    run("PRAGMA cache_size = 5; CREATE TEMP TABLE tmp(x); CREATE TABLE l(id INTEGER PRIMARY KEY, "
        "b)");
    run("INSERT INTO l VALUES (1, zeroblob(10)), (2, zeroblob(100000)), (3, 3), (4, 4)");
    expect(false, "no transaction");
    for (size_t i = 0; i < COUNT(ends); i++) {
        ask(false, "SELECT 1", ends[i]);
        ask(false, "SELECT * FROM l", ends[i]);
        ask(false, "UPDATE l SET b = 1 WHERE id = 99; UPDATE tmp SET x = 1", ends[i]);
        ask(true, "UPDATE l SET b = b + 1 WHERE id = 3", ends[i]);
        ask(true, "INSERT INTO l VALUES (9, zeroblob(90000)); DELETE FROM l WHERE id = 9", ends[i]);
        ask(true, "INSERT INTO tmp VALUES (1)", ends[i]);
        ask(true, "PRAGMA user_version = 5; PRAGMA user_version = 6", ends[i]);
        ask(true, "CREATE TABLE x(y); DROP TABLE x", ends[i]);
        ask_blob("main", 1, ends[i]);
        ask_blob("main", 2, ends[i]);
        with_reader(ends[i]);
        ask(false, "DELETE FROM l WHERE 0", ends[i]);
    }
}

static int make(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof fx);
    sqlite3_snprintf(sizeof fx.folder, fx.folder, "/tmp/binds-local.XXXXXX");
    assert_non_null(mkdtemp(fx.folder));
    sqlite3_snprintf(sizeof fx.file, fx.file, "%s/main.db", fx.folder);
    sqlite3_snprintf(sizeof fx.attached, fx.attached, "%s/attached.db", fx.folder);
    return 0;
}

static void open_main(const char *path, const char *journal, const char *locking)
{
    char *sql =
        sqlite3_mprintf("PRAGMA journal_mode = %s; PRAGMA locking_mode = %s", journal, locking);
    fx.mode = journal;
    assert_int_equal(sqlite3_open(path, &fx.db), SQLITE_OK);
    fx.binds.db = fx.db;
    run(sql);
    sqlite3_free(sql);
}

static void close_main(void)
{
    assert_int_equal(sqlite3_close(fx.db), SQLITE_OK);
    unlink(fx.file);
    unlink(fx.attached);
}

static int end(void **state)
{
    (void)state;
    return rmdir(fx.folder);
}

static void test_files(void **state)
{
    static const char *const modes[] = {"delete", "truncate", "persist", "memory", "wal"};
    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++)
        for (int exclusive = 0; exclusive < 2; exclusive++) {
            open_main(fx.file, modes[i], exclusive ? "exclusive" : "normal");
            ask_all();
            run("PRAGMA locking_mode = normal; SELECT * FROM l");
            close_main();
        }
}

static void test_in_memory(void **state)
{
    (void)state;
    open_main(":memory:", "memory", "normal");
    ask_all();
    close_main();
}

/* Nothing can be known there: all writers count. */
static void test_without_a_journal(void **state)
{
    (void)state;
    open_main(fx.file, "off", "normal");
    run("CREATE TABLE l(id INTEGER PRIMARY KEY, b)");
    ask(false, "SELECT * FROM l", "COMMIT");
    ask(true, "DELETE FROM l WHERE 0", "COMMIT");
    ask(true, "INSERT INTO l VALUES (1, 1)", "COMMIT");
    close_main();
}

static void test_attached(void **state)
{
    static const char *const modes[] = {"delete", "wal"};
    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        char *sql = sqlite3_mprintf("ATTACH %Q AS \"it's \"\"b\"; PRAGMA journal_mode = %s;"
                                    "CREATE TABLE \"it's \"\"b\".l(id INTEGER PRIMARY KEY, b);"
                                    "INSERT INTO l VALUES (1, zeroblob(10))",
                                    fx.attached, modes[i]);
        open_main(fx.file, modes[i], "normal");
        run(sql);
        ask(false, "DELETE FROM l WHERE 0", "COMMIT");
        ask(true, "DELETE FROM l", "ROLLBACK");
        ask_blob("it's \"b", 1, "COMMIT");
        close_main();
        sqlite3_free(sql);
    }
}

/* The question must not change what it asks about. */
static void test_the_mode_stays(void **state)
{
    sqlite3_stmt *stmt;
    (void)state;
    open_main(fx.file, "wal", "normal");
    run("CREATE TABLE l(id INTEGER PRIMARY KEY, b)");
    ask(false, "DELETE FROM l WHERE 0", "COMMIT");
    ask(true, "INSERT INTO l VALUES (1, 1)", "COMMIT");
    assert_int_equal(sqlite3_prepare_v2(fx.db, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(stmt, 0), "wal");
    sqlite3_finalize(stmt);
    close_main();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files, make, end),
        cmocka_unit_test_setup_teardown(test_in_memory, make, end),
        cmocka_unit_test_setup_teardown(test_without_a_journal, make, end),
        cmocka_unit_test_setup_teardown(test_attached, make, end),
        cmocka_unit_test_setup_teardown(test_the_mode_stays, make, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
