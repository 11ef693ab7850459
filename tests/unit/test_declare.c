/* What SQLite is told of a bind table: exact texts, and for nasty names and types that SQLite takes the text and
** sees in it what the model says (names, order, one key column, nothing hidden but _k, the affinity). */
#include "unit.h"

#include "declarations.h"
#include "model/typetext.h"
#include <stdio.h>
#include <string.h>

static struct declarations db;

struct example {
    const char *arguments;
    const char *expected;
};

static const struct example texts[] = {
    {"id INTEGER PRIMARY KEY, username VARCHAR(80) UNIQUE",
     "CREATE TABLE x(\"id\" INTEGER PRIMARY KEY, \"username\" VARCHAR(80)) WITHOUT ROWID"},
    {"a INT NOT NULL, b TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY(a, b)",
     "CREATE TABLE x(\"a\" INT NOT NULL, \"b\" TEXT COLLATE NOCASE NOT NULL, \"_k\" BLOB HIDDEN "
     "PRIMARY"
     " KEY) WITHOUT ROWID"},
    {"a INT UNIQUE, b TEXT UNIQUE NOT NULL",
     "CREATE TABLE x(\"a\" INT, \"b\" TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID"},
    {"a INT, b TEXT UNIQUE",
     "CREATE TABLE x(\"a\" INT, \"b\" TEXT, \"_k\" BLOB HIDDEN PRIMARY KEY) WITHOUT ROWID"},
    {"a TEXT PRIMARY KEY, b INT",
     "CREATE TABLE x(\"a\" TEXT, \"b\" INT, \"_k\" BLOB HIDDEN PRIMARY KEY) WITHOUT ROWID"},
    {"a TEXT NOT NULL PRIMARY KEY, b INT",
     "CREATE TABLE x(\"a\" TEXT NOT NULL PRIMARY KEY, \"b\" INT) WITHOUT ROWID"},
    {"a FLOAT PRIMARY KEY",
     "CREATE TABLE x(\"a\" FLOAT, \"_k\" BLOB HIDDEN PRIMARY KEY) WITHOUT ROWID"},
    {"a TEXT COLLATE RTRIM PRIMARY KEY", "CREATE TABLE x(\"a\" TEXT COLLATE RTRIM, \"_k\" "
                                         "BLOB HIDDEN PRIMARY KEY) WITHOUT ROWID"},
    {"id INT PRIMARY KEY, r REAL NOT NULL DEFAULT 1.5, n NUMERIC(10,2) NOT NULL CHECK (n > 0),"
     " d DATE NOT NULL, g TEXT NOT NULL GENERATED ALWAYS AS (r || 'x') STORED REFERENCES p",
     "CREATE TABLE x(\"id\" INT PRIMARY KEY, \"r\" REAL, \"n\" NUMERIC(10,2), \"d\" DATE "
     "NOT NULL, \"g\""
     " TEXT NOT NULL) WITHOUT ROWID"},
    {"a ENUM('a','b') NOT NULL, b TIMESTAMP(6) WITHOUT TIME ZONE, c int(10) unsigned, d "
     "VARCHAR(MAX),"
     " e \"int(4) x\", f VARCHAR(9) CHARACTER SET latin1, g SET('a')",
     "CREATE TABLE x(\"a\" TEXT NOT NULL, \"b\" TIMESTAMP WITHOUT TIME ZONE, \"c\" int unsigned, "
     "\"d\""
     " VARCHAR, \"e\" \"int(4) x\", \"f\" TEXT, \"g\" NUMERIC, \"_k\" BLOB HIDDEN PRIMARY KEY) "
     "WITHOUT"
     " ROWID"},
    {"x HIDDEN TEXT, y \"a hidden INT\", _k INT, _K1 BLOB, z BLOB Hidden",
     "CREATE TABLE x(\"x\" TEXT, \"y\" INTEGER, \"_k\" INT, \"_K1\" BLOB, \"z\" BLOB, \"_k2\" BLOB "
     "HIDDEN"
     " PRIMARY KEY) WITHOUT ROWID"},
    {"", "CREATE TABLE x(\"_k\" BLOB HIDDEN PRIMARY KEY) WITHOUT ROWID"},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (declarations_create(&db, "t", texts[i].arguments) != SQLITE_OK)
            fail_msg("%s: %s", texts[i].arguments, db.err.text);
        assert_string_equal(db.declared, texts[i].expected);
    }
}

/* What SQLite has made of the declared table, compared with the model. */
static void check_seen_by_sqlite(const struct model *m)
{
    struct identity identity = declare_identity(m);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db.db, "PRAGMA table_xinfo(t)", -1, &stmt, NULL),
                     SQLITE_OK);
    int i = 0;
    for (; sqlite3_step(stmt) == SQLITE_ROW; i++) {
        const char *type = (const char *)sqlite3_column_text(stmt, 2);
        int hidden = sqlite3_column_int(stmt, 6);
        if (i == m->ncolumns) {
            assert_int_equal(hidden, 1);
            assert_int_equal(sqlite3_column_int(stmt, 5), 1);
            assert_int_not_equal(identity.form, KEY_FORM_COLUMN);
            continue;
        }
        const struct column *c = &m->columns[i];
        assert_string_equal((const char *)sqlite3_column_text(stmt, 1), c->name);
        assert_int_equal(hidden, 0);
        enum affinity affinity = c->type.id == CT_ENUM ? AFF_TEXT : c->type.affinity;
        if (coltype_affinity(type) != affinity)
            fail_msg("column %s %s is declared %s", c->name, c->type.text, type);
        bool primary = identity.form == KEY_FORM_COLUMN && identity.columns[0] == i;
        assert_int_equal(sqlite3_column_int(stmt, 5), primary);
    }
    assert_int_equal(i, m->ncolumns + (identity.form != KEY_FORM_COLUMN));
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_prepare_v2(db.db, "SELECT * FROM t", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_column_count(stmt), m->ncolumns);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_exec(db.db, "DROP TABLE t", NULL, NULL, NULL), SQLITE_OK);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "q\"x",
        "two words",
        "größe",
        "select",
        "from",
        "_k",
        "rowid",
        "'",
        "a.b",
        "a,b",
        "(",
        "]",
        "`",
        "--",
        "/*",
        "HIDDEN",
        "hidden INT",
        "1",
        "\xF0\x9F\x98\x80",
        "oid",
        "x\ty",
        "PRIMARY KEY",
    };
    for (int form = 0; form < 3; form++) {
        for (size_t i = 0; i < COUNT(names); i++) {
            static const char *const forms[] = {
                "\"%w\" INTEGER NOT NULL, other \"%w\"",
                "\"%w\" INTEGER PRIMARY KEY, other \"%w\"",
                "\"%w\" INTEGER, other, PRIMARY KEY(other, \"%w\")",
            };
            char *arguments = sqlite3_mprintf(forms[form], names[i], names[i]);
            assert_non_null(arguments);
            if (declarations_keep(&db, "t", arguments) != SQLITE_OK)
                fail_msg("%s: %s", arguments, db.err.text);
            check_seen_by_sqlite(db.model);
            sqlite3_free(arguments);
        }
    }
}

static const char *const types[] = {
    "",
    "INTEGER",
    "bigint(20) unsigned",
    "timestamp without time zone",
    "timestamp(6) with time zone",
    "character varying(80)",
    "character varying",
    "double precision",
    "numeric(10,2)",
    "numeric",
    "enum('a','b')",
    "set('a''b','c')",
    "\"char\"",
    "\"MyType\"",
    "public.mood",
    "audit.\"St\"",
    "integer[]",
    "text[][]",
    "geometry(Point,4326)",
    "GEOGRAPHY(POINT)",
    "bit varying(5)",
    "bit(1)",
    "interval year to month",
    "interval day to second(3)",
    "tinyint(1)",
    "varchar(255) character set utf8mb4",
    "longtext",
    "year(4)",
    "int4range",
    "tsvector",
    "inet",
    "citext",
    "uuid",
    "jsonb",
    "bytea",
    "varbinary(16)",
    "float(24)",
    "HIDDEN",
    "text hidden",
    "unhidden",
    "a\"b",
    "'",
    "(",
    ")",
    "1",
    "--",
    "/* */",
    "x y z",
    "select",
    "not null",
    "default 1",
    "primary key",
    "int)",
    "int, y int",
    "collate nocase",
    "generated always",
    "key",
    "with",
    "references p",
    "x'00'",
    "größe",
    "VARCHAR ( 80 )",
    "REAL(1,2,3)",
    "DECIMAL(+5)",
    "[weird] type",
};

/* Whatever the text, and whatever affinity a catalog's reader has given it. */
static void test_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        for (int affinity = AFF_BLOB; affinity <= AFF_REAL; affinity++) {
            struct column columns[] = {
                {.name = "a",
                 .type = {.id = CT_OTHER, .affinity = (enum affinity)affinity, .text = types[i]}},
                {.name = "b", .type = {.id = CT_TEXT, .affinity = AFF_TEXT, .text = types[i]}},
            };
            struct model m = {.ncolumns = 2, .columns = columns};
            char *text = declare_text(&m);
            assert_non_null(text);
            sqlite3 *native = NULL;
            assert_int_equal(sqlite3_open(":memory:", &native), SQLITE_OK);
            char *table = strstr(text, " HIDDEN PRIMARY KEY"); /* as a native table: no HIDDEN */
            assert_non_null(table);
            memmove(table, table + strlen(" HIDDEN"), strlen(table + strlen(" HIDDEN")) + 1);
            if (sqlite3_exec(native, text, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", text, sqlite3_errmsg(native));
            assert_null(strstr(text, "HIDDEN"));
            assert_int_equal(
                sqlite3_exec(native, "INSERT INTO x VALUES('5',5,1),(5,'6',2)", NULL, NULL, NULL),
                SQLITE_OK);
            static const char *const classes[] = {
                [AFF_BLOB] = "text integer",       [AFF_TEXT] = "text text",
                [AFF_NUMERIC] = "integer integer", [AFF_INTEGER] = "integer integer",
                [AFF_REAL] = "real real",
            };
            sqlite3_stmt *stmt = NULL;
            sqlite3_prepare_v2(native,
                               "SELECT typeof(x.a) || ' ' || typeof(y.a), typeof(x.b), count(*)"
                               " FROM x, x y WHERE x._k = 1 AND y._k = 2",
                               -1, &stmt, NULL);
            assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
            if (strcmp((const char *)sqlite3_column_text(stmt, 0), classes[affinity]) != 0)
                fail_msg("%s as affinity %d: %s", types[i], affinity, text);
            assert_string_equal((const char *)sqlite3_column_text(stmt, 1), "text");
            sqlite3_finalize(stmt);
            sqlite3_close(native);
            sqlite3_free(text);
        }
    }
}

static void test_types_as_written_are_kept(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    static const char *const kept[] = {
        "INTEGER",
        "character varying(80)",
        "double precision",
        "numeric(10,2)",
        "timestamp with time zone",
        "\"MyType\"",
        "tsvector",
        "VARCHAR(80)",
        "integer[]",
        "DECIMAL(10, -2)",
    };
    for (size_t i = 0; i < COUNT(kept); i++)
        assert_string_equal(typetext_declarable(kept[i], coltype_affinity(kept[i]), &arena),
                            kept[i]);
    assert_string_equal(typetext_declarable("bigint(20) unsigned", AFF_INTEGER, &arena),
                        "bigint unsigned");
    assert_string_equal(typetext_declarable("geometry(Point,4326)", AFF_TEXT, &arena), "TEXT");
    assert_string_equal(typetext_declarable("", AFF_REAL, &arena), "REAL");
    arena_clear(&arena);
}

static void test_identity(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        enum key_form form;
        int ncolumns, first;
    } rows[] = {
        {"a INT, b INT PRIMARY KEY", KEY_FORM_COLUMN, 1, 1},
        {"a INT UNIQUE NOT NULL, b INT PRIMARY KEY", KEY_FORM_COLUMN, 1, 1},
        {"a INT UNIQUE, b DATE NOT NULL, UNIQUE(b)", KEY_FORM_COLUMN, 1, 1},
        {"a INT NOT NULL, b INT NOT NULL, UNIQUE(b, a), UNIQUE(a)", KEY_FORM_ENCODED, 2, 1},
        {"a INT NOT NULL, b INT, UNIQUE(a, b), UNIQUE INDEX i(a)", KEY_FORM_COLUMN, 1, 0},
        {"a INT NOT NULL, b INT, INDEX i(a)", KEY_FORM_ROW, 0, 0},
        {"a DOUBLE PRECISION PRIMARY KEY", KEY_FORM_ENCODED, 1, 0},
        {"a NUMERIC(5) PRIMARY KEY", KEY_FORM_ENCODED, 1, 0},
        {"a TEXT, b TEXT COLLATE NOCASE PRIMARY KEY", KEY_FORM_ENCODED, 1, 1},
        {"a, b", KEY_FORM_ROW, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(declarations_create(&db, "t", rows[i].arguments), SQLITE_OK);
        struct identity identity = declare_identity(db.model);
        assert_int_equal(identity.form, rows[i].form);
        assert_int_equal(identity.ncolumns, rows[i].ncolumns);
        if (identity.ncolumns > 0)
            assert_int_equal(identity.columns[0], rows[i].first);
    }
}

static int setup(void **state)
{
    (void)state;
    return declarations_init(&db);
}

static int teardown(void **state)
{
    (void)state;
    declarations_clear(&db);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_types),    cmocka_unit_test(test_types_as_written_are_kept),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
