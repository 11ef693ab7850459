/* CREATE TABLE and what belongs to it, word for word, for every dialect. */
#include "unit.h"

#include "declarations.h"
#include "model/order.h"
#include "sqlgen/ddl.h"

#include <string.h>

#define FOREIGN_KEYS_MAX 8

extern const struct ddl_words postgres_ddl, mariadb_ddl, mysql_ddl, sqlite_ddl;

static const struct dialect postgres = {
    .name = "postgresql", .quote = '"', .max_name_bytes = 63, .ddl = &postgres_ddl};
static const struct dialect mariadb = {
    .name = "mariadb", .quote = '`', .max_name_bytes = 64, .ddl = &mariadb_ddl};
static const struct dialect mysql = {
    .name = "mysql", .quote = '`', .max_name_bytes = 64, .ddl = &mysql_ddl};
static const struct dialect sqlite = {.name = "sqlite", .quote = '"', .ddl = &sqlite_ddl};

static struct declarations declarations;

static int set_up(void **state)
{
    (void)state;
    return declarations_init(&declarations);
}

static int tear_down(void **state)
{
    (void)state;
    declarations_clear(&declarations);
    return 0;
}

/* The script of a declaration, one statement after the other; or the error's text.  sqlite3_free. */
static char *script_of(const struct ddl *x, const char *name, const char *arguments)
{
    struct arena arena;
    struct err err;
    const struct model *parents[FOREIGN_KEYS_MAX] = {NULL};
    sqlite3_str *out = sqlite3_str_new(NULL);
    err_clear(&err);
    arena_init(&arena);
    assert_int_equal(declarations_create(&declarations, name, arguments), SQLITE_OK);
    const struct model *m = declarations.model;
    for (int i = 0; i < m->nforeign_keys; i++) {
        if (order_parent(&m, 1, 0, &m->foreign_keys[i]) == 0)
            parents[i] = m;
    }
    struct ddl_table t = {.model = m, .parents = parents};
    struct ddl_script script = {.arena = &arena};
    int rc = ddl_check(x, &t, &err);
    if (rc == SQLITE_OK)
        rc = ddl_create(x, &t, &script, &err);
    if (rc != SQLITE_OK)
        sqlite3_str_appendall(out, err.text);
    for (int i = 0; rc == SQLITE_OK && i < script.n; i++)
        sqlite3_str_appendf(out, "%s;\n", script.at[i].sql);
    arena_clear(&arena);
    return sqlite3_str_finish(out);
}

static void expect_on(const struct dialect *d, const char *name, const char *arguments,
                      const char *expected)
{
    const struct ddl x = {.dialect = d};
    char *text = script_of(&x, name, arguments);
    assert_string_equal(text, expected);
    sqlite3_free(text);
}

/* The line of CREATE TABLE that defines column c. */
static void expect_column(const struct dialect *d, const char *definition, const char *expected)
{
    const struct ddl x = {.dialect = d};
    char *arguments = sqlite3_mprintf("c %s, last INTEGER", definition);
    char *text = script_of(&x, "t", arguments);
    const char *from = strstr(text, "\n    ");
    const char *to = from != NULL ? strstr(from, ",\n    ") : NULL;
    if (to == NULL) /* an error */
        from = text, to = text + strlen(text);
    else
        from += strlen("\n    ") + strlen("\"c\" ");
    char *line = sqlite3_mprintf("%.*s", (int)(to - from), from);
    assert_string_equal(line, expected);
    sqlite3_free(line);
    sqlite3_free(text);
    sqlite3_free(arguments);
}

/* ---- the example of the Flask-SQLAlchemy documentation --------------------------------------------------- */

#define MARIADB_END "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;\n"

static void the_documentation_example(void **state)
{
    (void)state;
    static const char user[] =
        "bind_key = 'users', id INTEGER PRIMARY KEY, username VARCHAR(80) UNIQUE";
    static const char favorites[] =
        "user_id INTEGER REFERENCES user(id), message_id INTEGER REFERENCES "
        "message(id), info='{\"bind_key\": \"users\"}'";
    expect_on(&postgres, "user", user,
              "CREATE TABLE \"user\" (\n"
              "    \"id\" SERIAL NOT NULL,\n"
              "    \"username\" VARCHAR(80) COLLATE \"C\",\n"
              "    PRIMARY KEY (\"id\"),\n"
              "    UNIQUE (\"username\")\n"
              ");\n");
    expect_on(&mariadb, "user", user,
              "CREATE TABLE `user` (\n"
              "    `id` INTEGER NOT NULL AUTO_INCREMENT,\n"
              "    `username` VARCHAR(80),\n"
              "    PRIMARY KEY (`id`),\n"
              "    UNIQUE (`username`)" MARIADB_END);
    expect_on(&sqlite, "user", user,
              "CREATE TABLE \"user\" (\n"
              "    \"id\" INTEGER NOT NULL,\n"
              "    \"username\" VARCHAR(80),\n"
              "    PRIMARY KEY (\"id\"),\n"
              "    UNIQUE (\"username\")\n"
              ");\n");
    expect_on(&mariadb, "user_favorites", favorites,
              "CREATE TABLE `user_favorites` (\n"
              "    `user_id` INTEGER,\n"
              "    `message_id` INTEGER,\n"
              "    FOREIGN KEY (`user_id`) REFERENCES `user` (`id`),\n"
              "    FOREIGN KEY (`message_id`) REFERENCES `message` (`id`)" MARIADB_END);
}

/* ---- types ----------------------------------------------------------------------------------------------- */

static void every_type_has_a_word(void **state)
{
    (void)state;
    static const struct {
        const char *written, *postgres, *mariadb;
    } cases[] = {
        {"BOOLEAN", "BOOLEAN", "BOOL"},
        {"SMALLINT", "SMALLINT", "SMALLINT"},
        {"TINYINT", "SMALLINT", "SMALLINT"},
        {"INTEGER", "INTEGER", "INTEGER"},
        {"BIGINT", "BIGINT", "BIGINT"},
        {"UNSIGNED BIG INT", "BIGINT", "BIGINT UNSIGNED"},
        {"FLOAT", "DOUBLE PRECISION", "DOUBLE"},
        {"REAL", "DOUBLE PRECISION", "DOUBLE"},
        {"NUMERIC", "NUMERIC", "NUMERIC(65, 30)"},
        {"NUMERIC(10)", "NUMERIC(10)", "NUMERIC(10)"},
        {"DECIMAL(10,2)", "NUMERIC(10, 2)", "NUMERIC(10, 2)"},
        {"TEXT", "TEXT COLLATE \"C\"", "LONGTEXT"},
        {"", "TEXT COLLATE \"C\"", "LONGTEXT"},
        {"VARCHAR", "VARCHAR COLLATE \"C\"", "LONGTEXT"},
        {"NVARCHAR(7)", "VARCHAR(7) COLLATE \"C\"", "VARCHAR(7)"},
        {"CHAR(32)", "CHAR(32) COLLATE \"C\"", "CHAR(32)"},
        {"TEXT COLLATE NOCASE", "TEXT COLLATE \"C\"",
         "LONGTEXT COLLATE utf8mb4_uca1400_nopad_as_ci"},
        {"TEXT COLLATE RTRIM", "TEXT COLLATE \"C\"", "LONGTEXT COLLATE utf8mb4_bin"},
        {"BLOB", "BYTEA", "LONGBLOB"},
        {"VARBINARY(9)", "BYTEA", "VARBINARY(9)"},
        {"BINARY(9)", "BYTEA", "BINARY(9)"},
        {"DATE", "DATE", "DATE"},
        {"TIME", "TIME WITHOUT TIME ZONE", "TIME(6)"},
        {"TIME(0)", "TIME(0) WITHOUT TIME ZONE", "TIME(0)"},
        {"DATETIME", "TIMESTAMP WITHOUT TIME ZONE", "DATETIME(6)"},
        {"TIMESTAMP(3)", "TIMESTAMP(3) WITHOUT TIME ZONE", "DATETIME(3)"},
        {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "DATETIME(6)"},
        {"INTERVAL", "INTERVAL", "LONGTEXT"},
        {"JSON", "JSON", "JSON"},
        {"JSONB", "JSONB", "JSON"},
        {"UUID", "UUID", "CHAR(36)"},
        {"ENUM('a','it''s')", "\"t_c\"", "ENUM('a', 'it''s')"},
        {"INET", "INET", "INET"},
        {"GEOMETRY(Point,4326)", "GEOMETRY(Point,4326)", "GEOMETRY(Point,4326)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_column(&postgres, cases[i].written, cases[i].postgres);
        expect_column(&mariadb, cases[i].written, cases[i].mariadb);
    }
}

static void sqlite_keeps_types_as_they_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *written, *expected;
    } cases[] = {
        {"TINYINT", "TINYINT"},
        {"VARCHAR(80) COLLATE NOCASE", "VARCHAR(80) COLLATE NOCASE"},
        {"INTEGER COLLATE RTRIM", "INTEGER COLLATE RTRIM"},
        {"GEOMETRY(Point,4326)", "\"GEOMETRY(Point,4326)\""},
        {"DEFAULT -5", "DEFAULT -5"},
        {"TEXT DEFAULT CURRENT_TIMESTAMP NOT NULL", "TEXT DEFAULT CURRENT_TIMESTAMP NOT NULL"},
        {"TEXT DEFAULT (lower('A') || 'x')", "TEXT DEFAULT (lower('A') || 'x')"},
        {"INT AS (last == 1) NOT NULL", "INT GENERATED ALWAYS AS (last == 1) VIRTUAL NOT NULL"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_column(&sqlite, cases[i].written, cases[i].expected);
    expect_on(&sqlite, "t", "e ENUM('a','\xc3\xa4\xc3\xb6')",
              "CREATE TABLE \"t\" (\n    \"e\" VARCHAR(2),\n"
              "    CHECK (\"e\" IN ('a', '\xc3\xa4\xc3\xb6'))\n);\n");
    expect_on(&sqlite, "t", "id INTEGER PRIMARY KEY AUTOINCREMENT, a",
              "CREATE TABLE \"t\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
              "    \"a\"\n);\n");
}

static void server_numbered_keys(void **state)
{
    (void)state;
    expect_column(&postgres, "BIGINT PRIMARY KEY", "BIGSERIAL NOT NULL");
    expect_column(&postgres, "SMALLINT PRIMARY KEY", "SMALLSERIAL NOT NULL");
    expect_column(&mysql, "BIGINT PRIMARY KEY", "BIGINT NOT NULL AUTO_INCREMENT");
    expect_column(&postgres, "INTEGER NOT NULL", "INTEGER NOT NULL");
    expect_column(&postgres, "BOOLEAN PRIMARY KEY", "BOOLEAN NOT NULL");
    expect_column(&postgres, "TEXT PRIMARY KEY", "TEXT COLLATE \"C\" NOT NULL");
}

/* ---- defaults and expressions ---------------------------------------------------------------------------- */

static void defaults_are_translated_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *written, *postgres, *mariadb;
    } cases[] = {
        {"INTEGER DEFAULT 5", "INTEGER DEFAULT 5", "INTEGER DEFAULT 5"},
        {"INTEGER DEFAULT (-5)", "INTEGER DEFAULT -5", "INTEGER DEFAULT -5"},
        {"INTEGER DEFAULT '7'", "INTEGER DEFAULT 7", "INTEGER DEFAULT 7"},
        {"INTEGER DEFAULT 0x10", "INTEGER DEFAULT 16", "INTEGER DEFAULT 16"},
        {"INTEGER DEFAULT TRUE", "INTEGER DEFAULT 1", "INTEGER DEFAULT 1"},
        {"INTEGER DEFAULT NULL", "INTEGER", "INTEGER"},
        {"INTEGER NOT NULL DEFAULT 1", "INTEGER DEFAULT 1 NOT NULL", "INTEGER NOT NULL DEFAULT 1"},
        {"BOOLEAN DEFAULT 1", "BOOLEAN DEFAULT TRUE", "BOOL DEFAULT 1"},
        {"BOOLEAN DEFAULT false", "BOOLEAN DEFAULT FALSE", "BOOL DEFAULT 0"},
        {"REAL DEFAULT 0.1", "DOUBLE PRECISION DEFAULT 0.1", "DOUBLE DEFAULT 0.1"},
        {"VARCHAR(9) DEFAULT 'it''s'", "VARCHAR(9) COLLATE \"C\" DEFAULT 'it''s'",
         "VARCHAR(9) DEFAULT 'it''s'"},
        {"VARCHAR(9) DEFAULT 'a\\b'", "VARCHAR(9) COLLATE \"C\" DEFAULT 'a\\b'",
         "VARCHAR(9) DEFAULT 'a\\\\b'"},
        {"VARCHAR(9) DEFAULT yes", "VARCHAR(9) COLLATE \"C\" DEFAULT 'yes'",
         "VARCHAR(9) DEFAULT 'yes'"},
        {"TEXT DEFAULT 'x'", "TEXT COLLATE \"C\" DEFAULT 'x'", "LONGTEXT DEFAULT ('x')"},
        {"TEXT DEFAULT 5", "TEXT COLLATE \"C\" DEFAULT '5'", "LONGTEXT DEFAULT ('5')"},
        {"BLOB DEFAULT x'00fF'", "BYTEA DEFAULT '\\x00ff'::bytea", "LONGBLOB DEFAULT (X'00ff')"},
        {"DATE DEFAULT '2024-02-29'", "DATE DEFAULT '2024-02-29'", "DATE DEFAULT '2024-02-29'"},
        {"DATETIME DEFAULT CURRENT_TIMESTAMP",
         "TIMESTAMP WITHOUT TIME ZONE DEFAULT date_trunc('second', CURRENT_TIMESTAMP AT TIME ZONE "
         "'UTC')",
         "DATETIME(6) DEFAULT (UTC_TIMESTAMP())"},
        {"TEXT DEFAULT (datetime('now'))",
         "TEXT COLLATE \"C\" DEFAULT to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', "
         "'YYYY-MM-DD HH24:MI:SS')",
         "LONGTEXT DEFAULT (DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%d %H:%i:%s'))"},
        {"INTEGER DEFAULT (1 + 2)", "INTEGER DEFAULT (1 + 2)", "INTEGER DEFAULT (1 + 2)"},
        {"INTEGER DEFAULT CURRENT_TIMESTAMP",
         "column c: the default CURRENT_TIMESTAMP is no integer",
         "column c: the default CURRENT_TIMESTAMP is no integer"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_column(&postgres, cases[i].written, cases[i].postgres);
        expect_column(&mariadb, cases[i].written, cases[i].mariadb);
    }
}

static void defaults_that_the_type_can_not_hold(void **state)
{
    (void)state;
    const struct ddl x = {.dialect = &postgres};
    char *text = script_of(&x, "t", "c INTEGER DEFAULT 1.5");
    assert_non_null(strstr(text, "value 1.5 does not fit"));
    assert_non_null(strstr(text, "of column c"));
    sqlite3_free(text);
}

static void expressions_mean_what_they_mean_in_sqlite(void **state)
{
    (void)state;
    static const struct {
        const char *written, *postgres, *mariadb;
    } cases[] = {
        /* A bare word may be a keyword there: names of columns are quoted. */
        {"INT AS (LAST == 1 + length(last))",
         "INTEGER GENERATED ALWAYS AS (\"last\" = 1 + length(\"last\")) STORED",
         "INTEGER GENERATED ALWAYS AS (`last` = 1 + char_length(`last`)) VIRTUAL"},
        {"TEXT AS (CAST(last AS text)) STORED NOT NULL",
         "TEXT COLLATE \"C\" GENERATED ALWAYS AS (CAST(\"last\" AS text)) STORED NOT NULL",
         "LONGTEXT GENERATED ALWAYS AS (CAST(`last` AS text)) STORED"},
        {"INT AS (ifnull([last], instr('a\\b', 'b')))",
         "INTEGER GENERATED ALWAYS AS (coalesce(\"last\", strpos('a\\b', 'b'))) STORED",
         "INTEGER GENERATED ALWAYS AS (ifnull(`last`, instr('a\\\\b', 'b'))) VIRTUAL"},
        {"INT AS (last LIKE 'a%')", "INTEGER GENERATED ALWAYS AS (\"last\" ILIKE 'a%') STORED",
         "column c: last LIKE 'a%': LIKE takes a and A for the same in SQLite and for different "
         "letters there; make this table on the server and declare it"},
        {"INT AS (last LIKE '%@%')", "INTEGER GENERATED ALWAYS AS (\"last\" ILIKE '%@%') STORED",
         "INTEGER GENERATED ALWAYS AS (`last` LIKE '%@%') VIRTUAL"},
        {"INT AS (last / 2)", "INTEGER GENERATED ALWAYS AS (\"last\" / 2) STORED",
         "column c: last / 2: two whole numbers divide to a fraction there; make this table on the "
         "server and declare it"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_column(&postgres, cases[i].written, cases[i].postgres);
        expect_column(&mariadb, cases[i].written, cases[i].mariadb);
    }
}

static void concatenation_is_said_to_mysql_beforehand(void **state)
{
    (void)state;
    expect_on(&mariadb, "t", "a VARCHAR(9), b VARCHAR(9) AS (a || 'x')",
              "SET @binds_sql_mode = @@SESSION.sql_mode, SESSION sql_mode = "
              "CONCAT(@@SESSION.sql_mode, ',PIPES_AS_CONCAT');\n"
              "CREATE TABLE `t` (\n    `a` VARCHAR(9),\n"
              "    `b` VARCHAR(9) GENERATED ALWAYS AS (`a` || 'x') VIRTUAL" MARIADB_END
              "SET SESSION sql_mode = @binds_sql_mode;\n");
}

/* ---- constraints ----------------------------------------------------------------------------------------- */

static void constraints_and_indexes(void **state)
{
    (void)state;
    static const char declaration[] =
        "a INTEGER NOT NULL, b VARCHAR(9) COLLATE NOCASE, c INTEGER, schema='s', table='T', "
        "CONSTRAINT pk PRIMARY KEY (a, c), CONSTRAINT u UNIQUE (b), UNIQUE INDEX ux (c DESC, b), "
        "INDEX ix (a), CONSTRAINT ck CHECK (a > 0), CHECK (b <> 'it''s'), "
        "CONSTRAINT fk FOREIGN KEY (a, c) REFERENCES T ON DELETE CASCADE ON UPDATE SET NULL "
        "DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (c) REFERENCES q(X)";
    expect_on(
        &postgres, "t", declaration,
        "CREATE TABLE \"s\".\"T\" (\n"
        "    \"a\" INTEGER NOT NULL,\n"
        "    \"b\" VARCHAR(9) COLLATE \"C\",\n"
        "    \"c\" INTEGER NOT NULL,\n"
        "    CONSTRAINT \"pk\" PRIMARY KEY (\"a\", \"c\"),\n"
        "    CONSTRAINT \"u\" UNIQUE (\"b\"),\n"
        "    CONSTRAINT \"ck\" CHECK (\"a\" > 0),\n"
        "    CHECK (\"b\" <> 'it''s'),\n"
        "    CONSTRAINT \"fk\" FOREIGN KEY (\"a\", \"c\") REFERENCES \"s\".\"T\" (\"a\", \"c\") ON "
        "DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,\n"
        "    FOREIGN KEY (\"c\") REFERENCES \"s\".\"q\" (\"X\")\n"
        ");\n"
        "CREATE UNIQUE INDEX \"T_b_fold\" ON \"s\".\"T\" (lower(\"b\" COLLATE \"C\"));\n"
        "CREATE UNIQUE INDEX \"ux\" ON \"s\".\"T\" (\"c\" DESC, lower(\"b\" COLLATE \"C\"));\n"
        "CREATE INDEX \"ix\" ON \"s\".\"T\" (\"a\");\n");
    expect_on(&sqlite, "t", declaration,
              "CREATE TABLE \"s\".\"T\" (\n"
              "    \"a\" INTEGER NOT NULL,\n"
              "    \"b\" VARCHAR(9) COLLATE NOCASE,\n"
              "    \"c\" INTEGER NOT NULL,\n"
              "    CONSTRAINT \"pk\" PRIMARY KEY (\"a\", \"c\"),\n"
              "    CONSTRAINT \"u\" UNIQUE (\"b\"),\n"
              "    CONSTRAINT \"ck\" CHECK (a > 0),\n"
              "    CHECK (b <> 'it''s'),\n"
              "    CONSTRAINT \"fk\" FOREIGN KEY (\"a\", \"c\") REFERENCES \"T\" (\"a\", \"c\") ON "
              "DELETE "
              "CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,\n"
              "    FOREIGN KEY (\"c\") REFERENCES \"q\" (\"X\")\n"
              ");\n"
              "CREATE UNIQUE INDEX \"s\".\"ux\" ON \"T\" (\"c\" DESC, \"b\");\n"
              "CREATE INDEX \"s\".\"ix\" ON \"T\" (\"a\");\n");
}

static void keys_of_unlimited_texts_on_mysql(void **state)
{
    (void)state;
    expect_on(
        &mysql, "t",
        "a TEXT PRIMARY KEY, b BLOB UNIQUE, c TEXT, d TEXT, e INTEGER, f TEXT REFERENCES t(a), "
        "UNIQUE (c, d, e), INDEX ix (c, g), g TEXT",
        "CREATE TABLE `t` (\n"
        "    `a` VARCHAR(768) NOT NULL,\n"
        "    `b` VARBINARY(3072),\n"
        "    `c` VARCHAR(383),\n"
        "    `d` VARCHAR(383),\n"
        "    `e` INTEGER,\n"
        "    `f` VARCHAR(768),\n"
        "    `g` LONGTEXT,\n"
        "    PRIMARY KEY (`a`),\n"
        "    UNIQUE (`b`),\n"
        "    UNIQUE (`c`, `d`, `e`),\n"
        "    INDEX `ix` (`c`, `g`(255)),\n"
        "    FOREIGN KEY (`f`) REFERENCES `t` (`a`)\n"
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin;\n");
}

static void what_would_mean_something_else_is_refused(void **state)
{
    (void)state;
    char long_name[80], declaration[200];
    expect_on(&mariadb, "t",
              "id INTEGER PRIMARY KEY, p INT REFERENCES t DEFERRABLE INITIALLY DEFERRED",
              "table t: mariadb has no deferred foreign keys: leave INITIALLY DEFERRED away");
    expect_on(&mariadb, "t", "id INTEGER PRIMARY KEY, p INT REFERENCES t ON DELETE SET DEFAULT",
              "table t: mariadb has no SET DEFAULT for foreign keys");
    expect_on(&mariadb, "t", "p INT REFERENCES q",
              "table t: the primary key of q is not known: write REFERENCES q(column)");
    memset(long_name, 'n', sizeof long_name);
    long_name[64] = '\0';
    sqlite3_snprintf((int)sizeof declaration, declaration, "%s INTEGER", long_name);
    const struct ddl on_postgres = {.dialect = &postgres}, on_mariadb = {.dialect = &mariadb};
    char *text = script_of(&on_postgres, "t", declaration);
    assert_non_null(strstr(text, "is too long: postgresql takes 63 bytes"));
    sqlite3_free(text);
    text = script_of(&on_mariadb, "t", declaration);
    assert_null(strstr(text, "too long"));
    sqlite3_free(text);
}

static void what_old_servers_lack(void **state)
{
    (void)state;
    const struct ddl old_mariadb = {.dialect = &mariadb, .server_version = 100600};
    const struct ddl old_mysql = {.dialect = &mysql, .server_version = 50744};
    const struct ddl as_it_is = {.dialect = &mariadb, .database_collation = true};
    char *text = script_of(&old_mariadb, "t", "a VARCHAR(9) COLLATE NOCASE");
    assert_string_equal(text, "CREATE TABLE `t` (\n    `a` VARCHAR(9) COLLATE "
                              "utf8mb4_general_nopad_ci" MARIADB_END);
    sqlite3_free(text);
    text = script_of(&old_mysql, "t", "a INTEGER, CHECK (a > 0)");
    assert_string_equal(text, "table t: this server reads CHECK and ignores it");
    sqlite3_free(text);
    text = script_of(&old_mysql, "t", "a INTEGER");
    assert_non_null(strstr(text, "COLLATE=utf8mb4_bin"));
    sqlite3_free(text);
    text = script_of(&as_it_is, "t", "a VARCHAR(9) COLLATE NOCASE");
    assert_string_equal(text, "CREATE TABLE `t` (\n    `a` VARCHAR(9)\n) ENGINE=InnoDB;\n");
    sqlite3_free(text);
}

static void generated_names_fit(void **state)
{
    (void)state;
    char name[64], other[64];
    const struct ddl x = {.dialect = &postgres};
    memset(name, 'n', sizeof name);
    name[62] = '\0';
    memcpy(other, name, sizeof name);
    char *one = script_of(&x, name, "kind ENUM('a')");
    char *two = script_of(&x, other, "sort ENUM('a')");
    const char *quote = strchr(one, '"');
    assert_non_null(quote);
    assert_int_equal(strcspn(quote + 1, "\""), 63);
    assert_int_not_equal(strncmp(one, two, (size_t)(quote - one) + 65), 0);
    sqlite3_free(one);
    sqlite3_free(two);
}

/* ---- the catalog's types --------------------------------------------------------------------------------- */

static void types_of_catalogs(void **state)
{
    (void)state;
    static const struct {
        const struct ddl_words *words;
        const char *text;
        enum coltype id;
        int length, precision;
    } cases[] = {
        {&mariadb_ddl, "tinyint(1)", CT_INT2, 0, 0},
        {&mariadb_ddl, "int(10) unsigned", CT_INT8, 0, 0},
        {&mariadb_ddl, "bigint(20) unsigned", CT_UINT8, 0, 0},
        {&mariadb_ddl, "float", CT_FLOAT4, 0, 0},
        {&mariadb_ddl, "float(7,3) unsigned", CT_FLOAT4, 0, 7},
        {&mariadb_ddl, "double", CT_FLOAT8, 0, 0},
        {&mariadb_ddl, "double(10,2)", CT_FLOAT8, 0, 10},
        {&mariadb_ddl, "timestamp", CT_DATETIMETZ, 0, -1},
        {&mariadb_ddl, "datetime", CT_DATETIME, 0, -1},
        {&mariadb_ddl, "datetime(6)", CT_DATETIME, 0, 6},
        {&mariadb_ddl, "varchar(80)", CT_VARCHAR, 80, 0},
        {&mariadb_ddl, "json", CT_TEXT, 0, 0},
        {&mysql_ddl, "json", CT_JSON, 0, 0},
        {&mariadb_ddl, "enum('a','b')", CT_ENUM, 0, 0},
        {&mariadb_ddl, "set('a','b')", CT_OTHER, 0, 0},
        {&mariadb_ddl, "year(4)", CT_OTHER, 0, 0},
        {&mariadb_ddl, "bit(1)", CT_OTHER, 0, 0},
        {&postgres_ddl, "real", CT_FLOAT4, 0, 0},
        {&postgres_ddl, "character varying(80)", CT_VARCHAR, 80, 0},
        {&postgres_ddl, "character(5)", CT_CHAR, 5, 0},
        {&postgres_ddl, "timestamp(3) without time zone", CT_DATETIME, 0, 3},
        {&postgres_ddl, "timestamp with time zone", CT_DATETIMETZ, 0, 0},
        {&postgres_ddl, "numeric(12,0)", CT_NUMERIC, 0, 12},
        {&postgres_ddl, "name", CT_OTHER, 0, 0},
        {&postgres_ddl, "citext", CT_OTHER, 0, 0},
        {&postgres_ddl, "integer[]", CT_OTHER, 0, 0},
        {&postgres_ddl, "audit.state", CT_OTHER, 0, 0},
        {&sqlite_ddl, "REAL", CT_FLOAT8, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct type t;
        struct err err;
        arena_init(&arena);
        err_clear(&err);
        assert_int_equal(ddl_read_type(cases[i].words, cases[i].text, &arena, &t, &err), SQLITE_OK);
        assert_string_equal(coltype_name(t.id), coltype_name(cases[i].id));
        assert_int_equal(t.length, cases[i].length);
        assert_int_equal(t.precision, cases[i].precision);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documentation_example),
        cmocka_unit_test(every_type_has_a_word),
        cmocka_unit_test(sqlite_keeps_types_as_they_are_written),
        cmocka_unit_test(server_numbered_keys),
        cmocka_unit_test(defaults_are_translated_or_refused),
        cmocka_unit_test(defaults_that_the_type_can_not_hold),
        cmocka_unit_test(expressions_mean_what_they_mean_in_sqlite),
        cmocka_unit_test(concatenation_is_said_to_mysql_beforehand),
        cmocka_unit_test(constraints_and_indexes),
        cmocka_unit_test(keys_of_unlimited_texts_on_mysql),
        cmocka_unit_test(what_would_mean_something_else_is_refused),
        cmocka_unit_test(what_old_servers_lack),
        cmocka_unit_test(generated_names_fit),
        cmocka_unit_test(types_of_catalogs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
