/* Column types: parsing, affinity against SQLite itself, and what each type accepts. */
#include "unit.h"

#include "model/coltype.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;

static struct type parse(const char *text)
{
    struct type type;
    struct err err;
    assert_int_equal(coltype_parse(text, &arena, &type, &err), SQLITE_OK);
    assert_string_equal(type.text, text);
    return type;
}

static int tear_down(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static void parses_what_people_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum coltype id;
        int length, precision, scale;
    } cases[] = {
        {"INTEGER", CT_INT4, 0, 0, 0},
        {"int", CT_INT4, 0, 0, 0},
        {"int(10) unsigned", CT_INT8, 0, 0, 0},
        {"TINYINT(1)", CT_INT2, 0, 0, 0},
        {"BIGINT", CT_INT8, 0, 0, 0},
        {"BigInt Unsigned", CT_UINT8, 0, 0, 0},
        {"UNSIGNED BIG INT", CT_UINT8, 0, 0, 0},
        {"bigint(20) unsigned zerofill", CT_UINT8, 0, 0, 0},
        {"smallint unsigned", CT_INT4, 0, 0, 0},
        {"BOOLEAN", CT_BOOL, 0, 0, 0},
        {"SERIAL", CT_INT4, 0, 0, 0},
        {"FLOAT", CT_FLOAT8, 0, 0, 0},
        {"float(24)", CT_FLOAT8, 0, 0, 0},
        {"DOUBLE  PRECISION", CT_FLOAT8, 0, 0, 0},
        {"real", CT_FLOAT8, 0, 0, 0},
        {"float4", CT_FLOAT4, 0, 0, 0},
        {"NUMERIC", CT_NUMERIC, 0, 0, 0},
        {"NUMERIC(10,2)", CT_NUMERIC, 0, 10, 2},
        {"decimal ( 10 , 2 )", CT_NUMERIC, 0, 10, 2},
        {"dec(5)", CT_NUMERIC, 0, 5, 0},
        {"numeric(5,-2)", CT_NUMERIC, 0, 5, -2},
        {"VARCHAR(80)", CT_VARCHAR, 80, 0, 0},
        {"VARCHAR", CT_VARCHAR, 0, 0, 0},
        {"character varying(5)", CT_VARCHAR, 5, 0, 0},
        {"NATIONAL CHARACTER VARYING (5)", CT_VARCHAR, 5, 0, 0},
        {"VARYING CHARACTER(255)", CT_VARCHAR, 255, 0, 0},
        {"CHAR(3)", CT_CHAR, 3, 0, 0},
        {"char", CT_CHAR, 1, 0, 0},
        {"bpchar", CT_CHAR, 0, 0, 0},
        {"TEXT", CT_TEXT, 0, 0, 0},
        {"longtext", CT_TEXT, 0, 0, 0},
        {"TEXT(100)", CT_TEXT, 0, 0, 0},
        {"BLOB", CT_BLOB, 0, 0, 0},
        {"bytea", CT_BLOB, 0, 0, 0},
        {"VARBINARY(16)", CT_VARBINARY, 16, 0, 0},
        {"binary(16)", CT_BINARY, 16, 0, 0},
        {"DATE", CT_DATE, 0, 0, 0},
        {"time", CT_TIME, 0, 0, 0},
        {"TIME(3)", CT_TIME, 0, 3, 0},
        {"DATETIME", CT_DATETIME, 0, 0, 0},
        {"timestamp(0) without time zone", CT_DATETIME, 0, -1, 0},
        {"TIMESTAMP", CT_DATETIME, 0, 0, 0},
        {"timestamp with time zone", CT_DATETIMETZ, 0, 0, 0},
        {"timestamptz(6)", CT_DATETIMETZ, 0, 6, 0},
        {"INTERVAL", CT_INTERVAL, 0, 0, 0},
        {"JSON", CT_JSON, 0, 0, 0},
        {"jsonb", CT_JSONB, 0, 0, 0},
        {"uuid", CT_UUID, 0, 0, 0},
        {"", CT_OTHER, 0, 0, 0},
        {"INET", CT_OTHER, 0, 0, 0},
        {"GEOMETRY(Point,4326)", CT_OTHER, 0, 0, 0},
        {"integer[]", CT_OTHER, 0, 0, 0},
        {"VARCHAR(MAX)", CT_OTHER, 0, 0, 0},
        {"varchar(0)", CT_OTHER, 0, 0, 0},
        {"numeric(0)", CT_OTHER, 0, 0, 0},
        {"time(7)", CT_OTHER, 0, 0, 0},
        {"varchar(1,2)", CT_OTHER, 0, 0, 0},
        {"audit.state", CT_OTHER, 0, 0, 0},
        {"\"char\"", CT_OTHER, 0, 0, 0},
        {"set('a','b')", CT_OTHER, 0, 0, 0},
        {"enum", CT_OTHER, 0, 0, 0},
        {"enum()", CT_OTHER, 0, 0, 0},
        {"enum('a'", CT_OTHER, 0, 0, 0},
        {"enum('a',)", CT_OTHER, 0, 0, 0},
        {"varchar(5", CT_OTHER, 0, 0, 0},
        {"varchar(5)(6)", CT_OTHER, 0, 0, 0},
        {"time with time zone", CT_OTHER, 0, 0, 0},
        {"varchar(99999999999)", CT_OTHER, 0, 0, 0},
        {"text unsigned", CT_OTHER, 0, 0, 0},
        {"unsigned", CT_OTHER, 0, 0, 0},
        {"a very long type name that goes on and on and on and on and on and on and on and on and "
         "on",
         CT_OTHER, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct type t = parse(cases[i].text);
        if (t.id != cases[i].id)
            printf("%s: %s\n", cases[i].text, coltype_name(t.id));
        assert_int_equal(t.id, cases[i].id);
        assert_int_equal(t.length, cases[i].length);
        assert_int_equal(t.precision, cases[i].precision);
        assert_int_equal(t.scale, cases[i].scale);
    }
    struct type t = parse("ENUM ( 'a' , 'it''s','','x,y)' )");
    assert_int_equal(t.id, CT_ENUM);
    assert_int_equal(t.affinity, AFF_TEXT);
    assert_int_equal(t.nlabels, 4);
    assert_string_equal(t.labels[0], "a");
    assert_string_equal(t.labels[1], "it's");
    assert_string_equal(t.labels[2], "");
    assert_string_equal(t.labels[3], "x,y)");
    for (int id = 0; id < CT_N; id++)
        assert_non_null(coltype_name(id));
}

/* CAST uses the same rule as columns do, and its results tell all five affinities apart. */
static void affinity_is_sqlites(void **state)
{
    (void)state;
    static const char *const types[] = {"INT",
                                        "INTEGER",
                                        "TINYINT",
                                        "BIGINT UNSIGNED",
                                        "CHARACTER(20)",
                                        "VARCHAR(255)",
                                        "NATIVE CHARACTER(70)",
                                        "TEXT",
                                        "CLOB",
                                        "BLOB",
                                        "REAL",
                                        "DOUBLE",
                                        "DOUBLE PRECISION",
                                        "FLOAT",
                                        "NUMERIC",
                                        "DECIMAL(10,5)",
                                        "BOOLEAN",
                                        "DATE",
                                        "DATETIME",
                                        "CHARINT",
                                        "INTCHAR",
                                        "FLOATING POINT",
                                        "STRING",
                                        "POINT",
                                        "INTERVAL",
                                        "TSVECTOR",
                                        "CITEXT",
                                        "UUID",
                                        "JSON",
                                        "JSONB",
                                        "REALBLOB",
                                        "BLOBREAL",
                                        "BLOBTEXT",
                                        "TEXTBLOB",
                                        "FLOATBLOB",
                                        "DOUBTEXT",
                                        "XBLOB",
                                        "ANY",
                                        "TIMESTAMP",
                                        "BYTEA",
                                        "VARBINARY",
                                        "INET",
                                        "MONEY",
                                        "fLoAt",
                                        "inT",
                                        "CLOBINT",
                                        "GEOMETRY",
                                        "cha",
                                        "doub",
                                        "floa"};
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < COUNT(types); i++) {
        char *sql = sqlite3_mprintf("SELECT typeof(CAST('5.5' AS %s)), typeof(CAST('5' AS %s))",
                                    types[i], types[i]);
        sqlite3_stmt *stmt;
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        const char *half = (const char *)sqlite3_column_text(stmt, 0),
                   *five = (const char *)sqlite3_column_text(stmt, 1);
        enum affinity want = strcmp(five, "text") == 0   ? AFF_TEXT
                             : strcmp(five, "blob") == 0 ? AFF_BLOB
                             : strcmp(five, "real") == 0 ? AFF_REAL
                             : strcmp(half, "real") == 0 ? AFF_NUMERIC
                                                         : AFF_INTEGER;
        if (coltype_affinity(types[i]) != want)
            printf("%s\n", types[i]);
        assert_int_equal(coltype_affinity(types[i]), want);
        sqlite3_finalize(stmt);
        sqlite3_free(sql);
    }
    sqlite3_close(db);
    assert_int_equal(coltype_affinity(""), AFF_BLOB);
}

/* Accepts value for a column of that type; NULL = refused (the message is then in *err). */
static struct cell *accept(const char *type_text, struct cell value, struct err *err)
{
    static char scratch[COLTYPE_SCRATCH];
    static struct cell out;
    static char text[4096];
    struct type type = parse(type_text);
    out = value;
    if (out.cls == CELL_TEXT && out.n < sizeof text) {
        memcpy(text, out.p, out.n);
        out.p = text;
    }
    memset(err, 0, sizeof *err);
    memset(scratch, '#', sizeof scratch);
    int rc = coltype_accept(&type, "c", &out, scratch, err);
    assert_true(rc == SQLITE_OK || rc == SQLITE_CONSTRAINT_DATATYPE);
    if (rc != SQLITE_OK) {
        assert_int_equal(err->rc, rc);
        assert_non_null(strstr(err->text, "does not fit"));
        assert_non_null(strstr(err->text, "of column c: "));
        assert_true(strlen(strstr(err->text, "of column c: ")) > 14);
    }
    return rc == SQLITE_OK ? &out : NULL;
}

static void accepts_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        double value;
        const char *text; /* what travels; "=" the value itself, NULL = refused */
    } reals[] = {
        {"INTEGER", 5.5, NULL},
        {"INTEGER", 5.0, "5"},
        {"INTEGER", 2147483648.0, NULL},
        {"BIGINT", 9.3e18, NULL},
        {"BIGINT", 9223372036854775808.0, NULL},
        {"BIGINT", -9223372036854775808.0, NULL}, /* as SQLite: no integer */
        {"BIGINT", HUGE_VAL, NULL},
        {"BIGINT UNSIGNED", 1e19, "10000000000000000000"},
        {"BIGINT UNSIGNED", 18446744073709551616.0, NULL},
        {"BIGINT UNSIGNED", 9223372036854775808.0, "9223372036854775808"},
        {"BIGINT UNSIGNED", -1.0, NULL},
        {"BOOLEAN", 1.0, "1"},
        {"BOOLEAN", 0.5, NULL},
        {"DOUBLE", 0.1, "="},
        {"DOUBLE", HUGE_VAL, "="},
        {"FLOAT4", 0.1, NULL},
        {"FLOAT4", 0.5, "="},
        {"FLOAT4", 1e300, NULL},
        {"NUMERIC(10,2)", 0.1, "0.10"},
        {"NUMERIC(10,2)", 1.005, NULL},
        {"NUMERIC(10,2)", 99999999.99, "99999999.99"},
        {"NUMERIC(10,2)", 100000000.5, NULL},
        {"NUMERIC(10,2)", -0.01, "-0.01"},
        {"NUMERIC(10,2)", 1.0 / 3, NULL},
        {"NUMERIC(10,2)", HUGE_VAL, NULL},
        {"NUMERIC(10,2)", 1e-10, NULL},
        {"NUMERIC(10,2)", 0.30000000000000004, NULL},
        {"NUMERIC", 1e300, "1e+300"},
        {"NUMERIC", 0.1, "0.1"},
        {"NUMERIC", 1.0 / 3, "0.3333333333333333"},
        {"NUMERIC(5,-2)", 1200.0, "1200"},
        {"NUMERIC(5,-2)", 1250.0, NULL},
        {"NUMERIC(3,5)", 0.00123, "0.00123"},
        {"NUMERIC(3,5)", 0.0123, NULL},
        {"NUMERIC(3,5)", 0.000001, NULL},
        {"NUMERIC(65,30)", 1e30, "1000000000000000000000000000000.000000000000000000000000000000"},
        {"NUMERIC(60,2)", 1e40, "10000000000000000000000000000000000000000.00"},
        {"TEXT", 1.0, NULL},
        {"BLOB", 1.0, NULL},
        {"DATE", 2460000.5, NULL},
        {"DATETIME", 1.5, NULL},
        {"JSON", 0.5, "0.5"},
        {"JSON", HUGE_VAL, NULL},
        {"JSON", 1e300, "1e+300"},
        {"UUID", 1.0, NULL},
        {"INET", 1.5, "="},
        {"ENUM('1.0')", 1.0, NULL},
    };
    struct err err;
    for (size_t i = 0; i < COUNT(reals); i++) {
        struct cell *c = accept(reals[i].type, cell_real(reals[i].value), &err);
        char text[64];
        if ((c != NULL) != (reals[i].text != NULL))
            printf("%s %.17g: %s\n", reals[i].type, reals[i].value,
                   c != NULL ? "accepted" : err.text);
        assert_int_equal(c != NULL, reals[i].text != NULL);
        if (c == NULL || reals[i].text == NULL)
            continue;
        if (strcmp(reals[i].text, "=") == 0) {
            assert_true(c->cls == CELL_REAL && c->r == reals[i].value);
        } else if (c->cls == CELL_INT) {
            sqlite3_snprintf(sizeof text, text, "%lld", c->i);
            assert_string_equal(text, reals[i].text);
        } else {
            assert_int_equal(c->cls, CELL_TEXT);
            assert_true(c->terminated && strlen(c->p) == c->n);
            assert_string_equal(c->p, reals[i].text);
        }
    }
    static const struct {
        const char *type;
        sqlite3_int64 value;
        bool ok;
    } ints[] = {{"BOOLEAN", 0, true},
                {"BOOLEAN", 1, true},
                {"BOOLEAN", 2, false},
                {"SMALLINT", 32767, true},
                {"SMALLINT", 32768, false},
                {"SMALLINT", -32769, false},
                {"INTEGER", 2147483647, true},
                {"INTEGER", 2147483648, false},
                {"BIGINT", LLONG_MIN, true},
                {"BIGINT UNSIGNED", LLONG_MAX, true},
                {"BIGINT UNSIGNED", -1, false},
                {"NUMERIC(10,2)", 99999999, true},
                {"NUMERIC(10,2)", 100000000, false},
                {"NUMERIC(3)", -999, true},
                {"NUMERIC(3)", 1000, false},
                {"NUMERIC(5,-2)", 1200, true},
                {"NUMERIC(5,-2)", 1234, false},
                {"NUMERIC", LLONG_MIN, true},
                {"NUMERIC(10,2)", 0, true},
                {"TEXT", 5, false},
                {"BLOB", 5, false},
                {"DATE", 2024, false},
                {"INET", 5, true}};
    for (size_t i = 0; i < COUNT(ints); i++) {
        struct cell *c = accept(ints[i].type, cell_int(ints[i].value), &err);
        assert_int_equal(c != NULL, ints[i].ok);
        if (c != NULL)
            assert_true(c->cls == CELL_INT && c->i == ints[i].value);
    }
    assert_true(accept("DOUBLE", cell_int(5), &err)->r == 5.0);
    assert_null(accept("DOUBLE", cell_int(9007199254740993), &err));
    assert_string_equal(accept("JSON", cell_int(-5), &err)->p, "-5");
}

static void accepts_texts(void **state)
{
    (void)state;
    static const struct {
        const char *type, *value, *text; /* NULL = refused, "=" the same */
    } cases[] = {
        {"INTEGER", "abc", NULL},
        {"DOUBLE", "abc", NULL},
        {"NUMERIC", "x", NULL},
        {"BLOB", "a", NULL},
        {"TEXT", "anything ", "="},
        {"VARCHAR(3)", "abc", "="},
        {"VARCHAR(3)", "abcd", NULL},
        {"VARCHAR(3)", "abc ", NULL},
        {"VARCHAR(3)", "\xC3\xA4\xC3\xB6\xC3\xBC", "="},
        {"VARCHAR(2)", "\xC3\xA4\xC3\xB6\xC3\xBC", NULL},
        {"VARCHAR(1)", "\xF0\x9F\x98\x80", "="},
        {"CHAR(3)", "ab", "="},
        {"CHAR(3)", "ab ", NULL},
        {"CHAR", "ab", NULL},
        {"CHAR(3)", "", "="},
        {"DATE", "2024-02-29", "="},
        {"DATE", "2023-02-29", NULL},
        {"DATE", "1900-02-29", NULL},
        {"DATE", "2000-02-29", "="},
        {"DATE", "2024-1-2", NULL},
        {"DATE", "2024-13-01", NULL},
        {"DATE", "2024-00-01", NULL},
        {"DATE", "2024-01-32", NULL},
        {"DATE", "0000-01-01", NULL},
        {"DATE", "0001-01-01", "="},
        {"DATE", "9999-12-31", "="},
        {"DATE", "10000-01-01", "="},
        {"DATE", "02024-01-01", NULL},
        {"DATE", "2024-01-02 10:00", NULL},
        {"DATE", " 2024-01-02", NULL},
        {"DATE", "2024-01-02 ", NULL},
        {"DATE", "", NULL},
        {"DATE", "infinity", "="},
        {"DATE", "-infinity", "="},
        {"DATE", "0044-03-15 BC", "="},
        {"DATE", "0001-02-29 BC", "="},
        {"DATE", "0004-02-29 BC", NULL},
        {"DATE", "today", NULL},
        {"DATE", "20240102", NULL},
        {"TIME", "10:00", "10:00:00"},
        {"TIME", "10:00:00", "="},
        {"TIME", "10:00:00.5", "10:00:00.500000"},
        {"TIME", "10:00:00.000000", "10:00:00"},
        {"TIME", "10:00:00.1234567", NULL},
        {"TIME", "10:00:00.1234560", "10:00:00.123456"},
        {"TIME", "10:60:00", NULL},
        {"TIME", "10:00:60", NULL},
        {"TIME", "838:59:59", "="},
        {"TIME", "839:00:00", NULL},
        {"TIME", "-01:00:00", "="},
        {"TIME", "-00:00:00", "00:00:00"},
        {"TIME", "010:00:00", NULL},
        {"TIME", "1:00:00", NULL},
        {"TIME", "10:00:00Z", NULL},
        {"TIME", "24:00:00", "="},
        {"TIME(3)", "10:00:00.123", "10:00:00.123000"},
        {"TIME(3)", "10:00:00.1234", NULL},
        {"TIME(0)", "10:00:00.5", NULL},
        {"TIME", "10:00:00.", NULL},
        {"DATETIME", "2024-01-02T10:00", "2024-01-02 10:00:00"},
        {"DATETIME", "2024-01-02 10:00:00", "="},
        {"DATETIME", "2024-01-02 10:00:00.123456", "="},
        {"DATETIME", "2024-01-02 10:00:00.000000", "2024-01-02 10:00:00"},
        {"DATETIME", "2024-01-02", "2024-01-02 00:00:00"},
        {"DATETIME", "2024-01-02 24:00:00", NULL},
        {"DATETIME", "2024-01-02 10:00:00Z", NULL},
        {"DATETIME", "2024-01-02 10:00:00+01", NULL},
        {"DATETIME", "2024-01-02 10", NULL},
        {"DATETIME", "0044-03-15 10:00:00 BC", "="},
        {"DATETIME", "0044-03-15 BC", "0044-03-15 00:00:00 BC"},
        {"DATETIME", "infinity", "="},
        {"DATETIME(3)", "2024-01-02 10:00:00.1234", NULL},
        {"DATETIME", "2024-01-02  10:00", NULL},
        {"DATETIME", "now", NULL},
        {"DATETIME", "2024-01-02 ", NULL},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00+01:00", "2023-12-31 23:30:00"},
        {"TIMESTAMPTZ", "2024-02-28T23:30:00-01", "2024-02-29 00:30:00"},
        {"TIMESTAMPTZ", "2023-12-31 23:30:00-0130", "2024-01-01 01:00:00"},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00Z", "2024-01-01 00:30:00"},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00.25 +00", "2024-01-01 00:30:00.250000"},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00", "="},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00+1", NULL},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00+123", NULL},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00+16:00", NULL},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00 CET", NULL},
        {"TIMESTAMPTZ", "0001-01-01 00:00:00+01", "0001-12-31 23:00:00 BC"},
        {"TIMESTAMPTZ", "2024-01-01 00:30:00 ", NULL},
        {"INTERVAL", "1 day", "="},
        {"INTERVAL", "10 mons 3 days -04:05:06.5", "="},
        {"INTERVAL", "-1 years", "="},
        {"INTERVAL", "1 mon -1 days +00:00:01", "="},
        {"INTERVAL", "00:00:00", "="},
        {"INTERVAL", "25:00:00", "="},
        {"INTERVAL", "-00:00:00.000001", "="},
        {"INTERVAL", "13 mons", "1 year 1 mon"},
        {"INTERVAL", "0 days", "00:00:00"},
        {"INTERVAL", "1 days 00:00:00", "1 day"},
        {"INTERVAL", "2 months", "2 mons"},
        {"INTERVAL", "1 week", NULL},
        {"INTERVAL", "P1D", NULL},
        {"INTERVAL", "", NULL},
        {"INTERVAL", "1 day ", NULL},
        {"INTERVAL", "99999999999 days", NULL},
        {"INTERVAL", "9999999999 days", NULL},
        {"INTERVAL", "1.5 days", NULL},
        {"INTERVAL", "-1 years -1 mons", "="},
        {"JSON", "{\"a\": 1}", "="},
        {"JSONB", "[]", "="},
        {"UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "="},
        {"UUID", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"UUID", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"UUID", "a0eebc99", NULL},
        {"UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", NULL},
        {"UUID", "a0eebc999-c0b-4ef8-bb6d-6bb9bd380a11", NULL},
        {"UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a112", NULL},
        {"UUID", "a0eebc99--9c0b4ef8-bb6d-6bb9bd380a11", NULL},
        {"UUID", "", NULL},
        {"UUID", "{}", NULL},
        {"ENUM('a','b')", "a", "="},
        {"ENUM('a','b')", "A", NULL},
        {"ENUM('a','b')", "", NULL},
        {"ENUM('a','b')", "ab", NULL},
        {"INET", "::1", "="},
        {"", "x", "="},
    };
    struct err err;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cell *c = accept(cases[i].type, cell_str(cases[i].value), &err);
        const char *want = cases[i].text != NULL && strcmp(cases[i].text, "=") == 0 ? cases[i].value
                                                                                    : cases[i].text;
        if ((c != NULL) != (want != NULL) ||
            (c != NULL && (strlen(want) != c->n || memcmp(want, c->p, c->n) != 0)))
            printf("%s '%s': %.*s\n", cases[i].type, cases[i].value, c != NULL ? (int)c->n : 200,
                   c != NULL ? c->p : err.text);
        assert_int_equal(c != NULL, want != NULL);
        if (c != NULL && want != NULL) {
            assert_int_equal(c->n, strlen(want));
            assert_memory_equal(c->p, want, c->n);
        }
    }
    /* Text that is not terminated must not be read past its end. */
    assert_non_null(accept("DATE", cell_text("2024-01-02xyz", 10), &err));
    assert_non_null(accept("ENUM('a')", cell_text("ab", 1), &err));
    assert_null(accept("DATE", cell_text("2024-01-02\0", 11), &err));
}

static void accepts_blobs_and_null(void **state)
{
    (void)state;
    struct err err;
    assert_non_null(accept("BLOB", cell_blob("ab", 2), &err));
    assert_non_null(accept("BLOB", cell_blob("", 0), &err));
    assert_non_null(accept("VARBINARY(2)", cell_blob("ab", 2), &err));
    assert_null(accept("VARBINARY(2)", cell_blob("abc", 3), &err));
    assert_non_null(accept("BINARY(2)", cell_blob("ab", 2), &err));
    assert_null(accept("BINARY(2)", cell_blob("a", 1), &err));
    assert_null(accept("TEXT", cell_blob("a", 1), &err));
    assert_null(accept("INTEGER", cell_blob("5", 1), &err));
    assert_null(accept("JSON", cell_blob("5", 1), &err));
    assert_null(accept("DATE", cell_blob("2024-01-02", 10), &err));
    static const char *const types[] = {"INTEGER",   "TEXT", "BLOB", "DATE", "NUMERIC(3,1)",
                                        "ENUM('a')", "UUID", "JSON", ""};
    for (size_t i = 0; i < COUNT(types); i++)
        assert_int_equal(accept(types[i], cell_null(), &err)->cls, CELL_NULL);
}

static void refusals_name_the_thing(void **state)
{
    (void)state;
    struct err err;
    accept("VARCHAR(3)", cell_str("it's too long"), &err);
    assert_string_equal(
        err.text,
        "value 'it''s too long' does not fit VARCHAR(3) of column c: 13 characters, at most 3");
    accept("NUMERIC(10,2)", cell_real(1.005), &err);
    assert_string_equal(err.text, "value 1.005 does not fit NUMERIC(10,2) of column c: 3 decimals, "
                                  "at most 2; write round(value, 2)");
    accept("ENUM('a','b')", cell_str("c"), &err);
    assert_string_equal(err.text,
                        "value 'c' does not fit ENUM('a','b') of column c: only 'a', 'b'");
    accept("BOOLEAN", cell_int(2), &err);
    assert_string_equal(err.text, "value 2 does not fit BOOLEAN of column c: only 0 and 1 do");
    accept("TEXT", cell_blob("\1\2", 2), &err);
    assert_string_equal(err.text,
                        "value (a blob of 2 bytes) does not fit TEXT of column c: not a text");
    char text[3001] = "";
    memset(text, 'x', 3000);
    accept("DATE", cell_str(text), &err);
    assert_true(strlen(err.text) < 200);
    assert_non_null(strstr(err.text, "xxx'… does not fit DATE"));
    struct type t = {.id = CT_ENUM, .text = "enum"};
    const char *labels[100];
    for (size_t i = 0; i < COUNT(labels); i++)
        labels[i] = "a label of some length";
    t.labels = labels;
    t.nlabels = COUNT(labels);
    struct cell c = cell_str("x");
    char scratch[COLTYPE_SCRATCH];
    assert_int_equal(coltype_accept(&t, "c", &c, scratch, &err), SQLITE_CONSTRAINT_DATATYPE);
}

static void whole_numbers_are_those_of_sqlite(void **state)
{
    (void)state;
    for (int id = 0; id < CT_N; id++) {
        bool whole = id == CT_INT2 || id == CT_INT4 || id == CT_INT8;
        assert_int_equal(coltype_is_whole((enum coltype)id), whole);
        assert_true(!whole || coltype_is_integer((enum coltype)id));
    }
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_people_write),
        cmocka_unit_test(affinity_is_sqlites),
        cmocka_unit_test(accepts_numbers),
        cmocka_unit_test(accepts_texts),
        cmocka_unit_test(accepts_blobs_and_null),
        cmocka_unit_test(refusals_name_the_thing),
        cmocka_unit_test(whole_numbers_are_those_of_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
