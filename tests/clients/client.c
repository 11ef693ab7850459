/* A C program over binds: client EXTENSION ENGINE URL URL2.  Extended result codes, the messages that a program
** sees, and types as the C interface reports them. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *db;

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "%s: %s\n", what, detail);
    exit(1);
}

static void run(const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail(sql, message);
}

/* The statement must end with this extended code, and its message must name binds and no secret. */
static void refused(const char *sql, int code)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW)
        rc = sqlite3_step(stmt);
    const char *text = sqlite3_errmsg(db);
    if (sqlite3_extended_errcode(db) != code) {
        fprintf(stderr, "code %d, not %d: %s\n", sqlite3_extended_errcode(db), code, text);
        fail(sql, "wrong code");
    }
    if (strncmp(text, "binds: [", 8) != 0 || strchr(text, '\n') != NULL)
        fail(sql, text);
    sqlite3_finalize(stmt);
}

static void number(const char *sql, sqlite3_int64 expected)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW)
        fail(sql, sqlite3_errmsg(db));
    if (sqlite3_column_type(stmt, 0) != SQLITE_INTEGER || sqlite3_column_int64(stmt, 0) != expected)
        fail(sql, (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        fail("usage", "client EXTENSION ENGINE URL URL2");
    char *message = NULL;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK || sqlite3_enable_load_extension(db, 1) != SQLITE_OK)
        fail("open", sqlite3_errmsg(db));
    if (sqlite3_load_extension(db, argv[1], NULL, &message) != SQLITE_OK)
        fail("load", message);
    sqlite3_extended_result_codes(db, 1);
    char *sql = sqlite3_mprintf("INSERT INTO binds(key, url) VALUES ('users', %Q), ('two', %Q)", argv[3], argv[4]);
    run(sql);
    sqlite3_free(sql);

    run("CREATE VIRTUAL TABLE t USING bind(bind_key='users', id INTEGER PRIMARY KEY, u INTEGER UNIQUE, "
        "n VARCHAR(20) NOT NULL, x INTEGER CHECK (x > 0));"
        "CREATE VIRTUAL TABLE child USING bind(bind_key='users', id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t(id));"
        "SELECT create_all()");
    run("INSERT INTO t VALUES (1, 1, 'one', 1)");
    refused("INSERT INTO t VALUES (1, 2, 'two', 1)", SQLITE_CONSTRAINT_PRIMARYKEY);
    refused("INSERT INTO t VALUES (2, 1, 'two', 1)", SQLITE_CONSTRAINT_UNIQUE);
    refused("INSERT INTO t VALUES (2, 2, NULL, 1)", SQLITE_CONSTRAINT_NOTNULL);
    refused("INSERT INTO t VALUES (2, 2, 'two', 0)", SQLITE_CONSTRAINT_CHECK);
    refused("INSERT INTO child VALUES (1, 99)", SQLITE_CONSTRAINT_FOREIGNKEY);
    refused("UPDATE t SET x = -1", SQLITE_CONSTRAINT_CHECK);

    /* the statement fails, the transaction goes on */
    run("BEGIN; INSERT INTO t VALUES (2, 2, 'two', 2)");
    refused("INSERT INTO t VALUES (3, 2, 'three', 3)", SQLITE_CONSTRAINT_UNIQUE);
    if (sqlite3_get_autocommit(db))
        fail("a failed statement", "ended the transaction");
    run("INSERT INTO t VALUES (3, 3, 'three', 3); COMMIT");
    number("SELECT count(*) FROM t", 3);

    /* a prepared statement is used again with other arguments; a scan is reset half-way */
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, "SELECT n FROM t WHERE id >= ?1 ORDER BY id", -1, &stmt, NULL) != SQLITE_OK)
        fail("prepare", sqlite3_errmsg(db));
    for (int i = 3; i >= 1; i--) {
        sqlite3_bind_int(stmt, 1, i);
        if (sqlite3_step(stmt) != SQLITE_ROW)
            fail("step", sqlite3_errmsg(db));
        const char *expected[] = {"one", "two", "three"};
        if (strcmp((const char *)sqlite3_column_text(stmt, 0), expected[i - 1]) != 0)
            fail("again", (const char *)sqlite3_column_text(stmt, 0));
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);

    run("SELECT drop_all()");
    /* nothing that binds prepared on this connection may keep it open */
    if (sqlite3_close(db) != SQLITE_OK)
        fail("close", sqlite3_errmsg(db));
    return 0;
}
