/* Every column type: what goes in by an argument comes out by a cell, on every way of reading. */
#include "contract.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define I(v)                                                                                       \
    {                                                                                              \
        .cls = CELL_INT, .i = (v)                                                                  \
    }
#define R(v)                                                                                       \
    {                                                                                              \
        .cls = CELL_REAL, .r = (v)                                                                 \
    }
#define T(v)                                                                                       \
    {                                                                                              \
        .cls = CELL_TEXT, .terminated = true, .n = sizeof(v) - 1, .p = (v)                         \
    }
#define B(v)                                                                                       \
    {                                                                                              \
        .cls = CELL_BLOB, .n = sizeof(v) - 1, .p = (v)                                             \
    }
#define END                                                                                        \
    {                                                                                              \
        .cls = CELL_NULL                                                                           \
    }
#define VALUES (const struct cell[])

static const struct value_case {
    struct type type;
    const char *pg, *my, *lite; /* NULL: that engine has no such type */
    const struct cell *values;  /* up to the first NULL */
} cases[] = {
    {{.id = CT_BOOL, .affinity = AFF_NUMERIC},
     "boolean",
     "tinyint(1)",
     "BOOLEAN",
     VALUES{I(0), I(1), END}},
    {{.id = CT_INT2, .affinity = AFF_INTEGER},
     "smallint",
     "smallint",
     "SMALLINT",
     VALUES{I(0), I(1), I(-1), I(32767), I(-32768), END}},
    {{.id = CT_INT4, .affinity = AFF_INTEGER},
     "integer",
     "int",
     "INT",
     VALUES{I(0), I(-1), I(65536), I(2147483647), I(-2147483648LL), END}},
    {{.id = CT_INT8, .affinity = AFF_INTEGER},
     "bigint",
     "bigint",
     "BIGINT",
     VALUES{I(0), I(-1), I(4294967296LL), I(INT64_MAX), I(INT64_MIN), END}},
    {{.id = CT_UINT8, .affinity = AFF_INTEGER},
     NULL,
     "bigint unsigned",
     NULL,
     VALUES{I(0), I(1), I(INT64_MAX), T("9223372036854775808"), T("18446744073709551615"), END}},
    {{.id = CT_FLOAT4, .affinity = AFF_REAL},
     "real",
     "float",
     "REAL",
     VALUES{R(0.0), R(-1.5), R(0.25), R(16777216.0), R(1.0 / 1024), END}},
    {{.id = CT_FLOAT8, .affinity = AFF_REAL},
     "double precision",
     "double",
     "DOUBLE",
     VALUES{R(0.0), R(0.1), R(-1e22), R(1.7976931348623157e308), R(2.2250738585072014e-308),
            R(123456789.12345679), R(3.0), R(1.0 / 3), END}},
    {{.id = CT_NUMERIC, .affinity = AFF_NUMERIC, .precision = 12, .scale = 3},
     "numeric(12,3)",
     "decimal(12,3)",
     "NUMERIC(12,3)",
     VALUES{T("0.000"), T("0.100"), T("-1.005"), T("999999999.999"), T("-0.001"), T("17.000"),
            END}},
    {{.id = CT_NUMERIC, .affinity = AFF_NUMERIC, .precision = 38},
     "numeric(38,0)",
     "decimal(38,0)",
     "NUMERIC(38,0)",
     VALUES{T("0"), T("9223372036854775807"), T("-10000000000000000000"), END}},
    {{.id = CT_TEXT, .affinity = AFF_TEXT},
     "text",
     "longtext CHARACTER SET utf8mb4",
     "TEXT",
     VALUES{T("a"), T(""), T("it's \"quoted\" `so`"), T("back\\slash \\' \\n"),
            T("line\nbreak\ttab\r"), T("  blanks  "), T("%_*?"), T("äöü ẞ 日本 😀"), T("\x01\x7f"),
            T("$1 ? :a @a"), T("NULL"), T("{a,b}"), T("\\N"), T("0x41"), END}},
    {{.id = CT_VARCHAR, .affinity = AFF_TEXT, .length = 10},
     "varchar(10)",
     "varchar(10) CHARACTER SET utf8mb4",
     "VARCHAR(10)",
     VALUES{T("abc"), T(""), T("ä😀ä😀ä😀ä😀ä😀"), T("a "), END}},
    {{.id = CT_CHAR, .affinity = AFF_TEXT, .length = 3},
     "char(3)",
     "char(3) CHARACTER SET utf8mb4",
     "CHAR(3)",
     VALUES{T("abc"), T("ä😀b"), END}},
    {{.id = CT_BLOB, .affinity = AFF_BLOB},
     "bytea",
     "longblob",
     "BLOB",
     VALUES{B("a"), B(""), B("\0\x01\xff\\\"'"), B("\\x41"), B("\xc3\x28"), END}},
    {{.id = CT_VARBINARY, .affinity = AFF_BLOB, .length = 8},
     NULL,
     "varbinary(8)",
     NULL,
     VALUES{B(""), B("\0\0"), B("12345678"), END}},
    {{.id = CT_BINARY, .affinity = AFF_BLOB, .length = 4},
     NULL,
     "binary(4)",
     NULL,
     VALUES{B("\0\0\0\0"),
            B("1\0\xff"
              "3"),
            END}},
    {{.id = CT_DATE, .affinity = AFF_NUMERIC},
     "date",
     "date",
     "DATE",
     VALUES{T("2024-02-29"), T("1970-01-01"), T("1899-12-31"), T("9999-12-31"), T("1000-01-01"),
            END}},
    {{.id = CT_TIME, .affinity = AFF_NUMERIC},
     "time",
     "time(6)",
     "TIME",
     VALUES{T("00:00:00"), T("23:59:59"), T("12:34:56.000001"), T("12:34:56.500000"), END}},
    {{.id = CT_DATETIME, .affinity = AFF_NUMERIC},
     "timestamp",
     "datetime(6)",
     "DATETIME",
     VALUES{T("2024-02-29 00:00:00"), T("1999-12-31 23:59:59.999999"), T("1000-01-01 00:00:00"),
            T("9999-12-31 23:59:59"), T("2024-03-31 02:30:00"), END}},
    {{.id = CT_DATETIMETZ, .affinity = AFF_NUMERIC},
     "timestamptz",
     "timestamp(6)",
     "TIMESTAMP",
     VALUES{T("2024-02-29 00:00:00"), T("2024-03-31 02:30:00"), T("2024-10-27 02:30:00.000001"),
            T("1970-01-01 00:00:01"), END}},
    {{.id = CT_INTERVAL, .affinity = AFF_INTEGER},
     "interval",
     NULL,
     NULL,
     VALUES{T("00:00:00"), T("1 day"), T("-01:02:03.5"), T("1 year 2 mons 3 days 04:05:06"), END}},
    {{.id = CT_JSON, .affinity = AFF_TEXT},
     "json",
     NULL,
     "TEXT",
     VALUES{T("{\"a\": [1, 2.50, null, \"x\"]}"), T("[]"), T("\"😀\""), END}},
    {{.id = CT_JSON,
      .affinity = AFF_TEXT}, /* MySQL's are read in its own spelling, which writes 2.5 */
     NULL,
     "json",
     NULL,
     VALUES{T("{\"a\": [1, 2.5, null, \"x\"]}"), T("[]"), T("\"😀\""), END}},
    {{.id = CT_JSONB, .affinity = AFF_TEXT},
     "jsonb",
     NULL,
     NULL,
     VALUES{T("{\"a\": [1, 2.50, null]}"), T("1"), T("\"x\""), END}},
    {{.id = CT_UUID, .affinity = AFF_TEXT},
     "uuid",
     NULL,
     NULL,
     VALUES{T("00000000-0000-0000-0000-000000000000"), T("c0ffee00-1234-5678-9abc-def012345678"),
            END}},
    {{.id = CT_ENUM, .affinity = AFF_TEXT},
     "contract_enum",
     "enum('red','it''s')",
     "TEXT",
     VALUES{T("red"), T("it's"), END}},
    {{.id = CT_OTHER, .affinity = AFF_TEXT},
     "inet",
     NULL,
     NULL,
     VALUES{T("10.0.0.1"), T("::1/64"), END}},
};

/* As a column of that affinity would hold it. */
static struct cell held(const struct cell *cell, enum affinity affinity, char scratch[CELL_SCRATCH])
{
    struct cell c = *cell;
    cell_fit(&c, affinity, scratch);
    return c;
}

static void expect_cell(struct contract *t, const struct type *type, const struct cell *got,
                        const struct cell *want, const char *way)
{
    char a[CELL_SCRATCH], b[CELL_SCRATCH];
    struct cell x = held(got, type->affinity, a), y = held(want, type->affinity, b);
    bool same = x.cls == y.cls && cell_compare(&x, &y) == 0;
    if (got->cls == CELL_TEXT && got->terminated)
        expect(t, got->p[got->n] == 0, "%s: called terminated, but is not", type->text);
    expect(t, same, "%s, %s: %s %.*s instead of %s %.*s (%lld, %!.17g)", type->text, way,
           cell_class_name(got->cls), got->cls >= CELL_TEXT ? (int)got->n : 0,
           got->cls >= CELL_TEXT ? got->p : "", cell_class_name(want->cls),
           want->cls >= CELL_TEXT ? (int)want->n : 0, want->cls >= CELL_TEXT ? want->p : "",
           got->cls == CELL_INT ? got->i : 0LL, got->cls == CELL_REAL ? got->r : 0.0);
}

static bool insert_value(struct contract *t, const struct type *type, int id,
                         const struct cell *value)
{
    static const struct type int_type = {.id = CT_INT8, .text = ""};
    sqlite3_str *out = sqlite3_str_new(NULL);
    const struct cell id_cell = cell_int(id);
    const struct arg args[] = {{.type = &int_type, .cells = &id_cell, .ncells = 1},
                               {.type = type, .cells = value, .ncells = 1}};
    sqlite3_int64 affected = -1;
    char *sql;
    int rc;

    sqlite3_str_appendall(out, "INSERT INTO contract_types(id, v) VALUES(");
    quote_arg(t->c->dialect, out, 1, CT_INT8);
    sqlite3_str_appendall(out, ", ");
    quote_arg(t->c->dialect, out, 2, type->id);
    /* One text per type: a statement that is kept has a plan for the column's first type. */
    sqlite3_str_appendf(out, ") /* %s */", type->text);
    sql = sqlite3_str_finish(out);
    rc = conn_exec(t->c, sql, args, 2, &affected, NULL, &t->err);
    expect(t, rc != SQLITE_OK || affected == 1, "INSERT: affected %lld", affected);
    if (rc != SQLITE_OK)
        expect(t, false, "%s, value %.*s: %s", type->text,
               value->cls >= CELL_TEXT ? (int)value->n : 0, value->cls >= CELL_TEXT ? value->p : "",
               t->err.text);
    sqlite3_free(sql);
    return rc == SQLITE_OK;
}

/* All values in order of id, the last one NULL. */
static void read_values(struct contract *t, const struct type *type, const struct cell *values,
                        unsigned flags, const char *way)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    struct rows rows = {.conn = NULL};
    struct cell cell;
    char *sql;
    int rc, i = 0;

    sqlite3_str_appendall(out, "SELECT id, ");
    quote_select(t->c->dialect, out, "v", type->id);
    sqlite3_str_appendf(out, " FROM contract_types ORDER BY id /* %s */", type->text);
    sql = sqlite3_str_finish(out);
    rc = conn_send(t->c, sql, NULL, 0, flags, &rows, &t->err);
    while (rc == SQLITE_OK && (rc = rows_next(&rows, &t->err)) == SQLITE_ROW) {
        expect(t, rows.ncolumns == 2 && rows.types, "%s: %d columns", way, rows.ncolumns);
        rc = rows_cell(&rows, 1, &cell, &t->err);
        if (rc == SQLITE_OK)
            expect_cell(t, type, &cell, &values[i], way);
        if (rc == SQLITE_OK && values[i].cls != CELL_NULL)
            i++;
    }
    expect_rc(t, rc, SQLITE_DONE, sql);
    expect(t, rows.nrows == i + 1, "%s: %lld rows instead of %d", way, rows.nrows, i + 1);
    rows_finish(&rows);
    sqlite3_free(sql);
}

static void every_type_makes_the_round_trip(struct contract *t)
{
    if (engine_number(t) == ENGINE_POSTGRESQL)
        run_ok(t, "CREATE TYPE contract_enum AS ENUM('red', 'it''s')");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct type type = cases[i].type;
        int id = 1;
        type.text = pick(t, cases[i].pg, cases[i].my, cases[i].lite);
        if (!type.text ||
            !run_ok(t, "CREATE TABLE contract_types(id %s, v %s NULL)", int_word(t), type.text))
            continue;
        for (const struct cell *value = cases[i].values;; value++) {
            insert_value(t, &type, id++, value);
            if (value->cls == CELL_NULL)
                break;
        }
        read_values(t, &type, cases[i].values, QUERY_SHORT, "read at once");
        read_values(t, &type, cases[i].values, QUERY_SHORT, "read again");
        read_values(t, &type, cases[i].values, 0, "streamed");
        read_values(t, &type, cases[i].values, QUERY_LONG, "read in bulk");
        run_ok(t, "%s", t->c->dialect->verbs.begin_read);
        read_values(t, &type, cases[i].values, QUERY_SHARED, "shared");
        run_ok(t, "%s", t->c->dialect->verbs.commit);
        if (!run_ok(t, "DROP TABLE contract_types"))
            return;
    }
}

static void every_type_goes_by_bulk(struct contract *t)
{
    static const char *const columns[] = {"id", "v"};
    if (engine_number(t) == ENGINE_POSTGRESQL)
        run_ok(t, "CREATE TYPE contract_enum AS ENUM('red', 'it''s')");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct type types[] = {{.id = CT_INT8, .text = ""}, cases[i].type};
        sqlite3_int64 n = 0, affected = 0;
        struct bulk bulk;
        int rc;
        types[1].text = pick(t, cases[i].pg, cases[i].my, cases[i].lite);
        if (!types[1].text ||
            !run_ok(t, "CREATE TABLE contract_types(id %s, v %s NULL)", int_word(t), types[1].text))
            continue;
        rc = bulk_begin(t->c, "contract_types", columns, types, 2, &bulk, &t->err);
        for (const struct cell *value = cases[i].values; rc == SQLITE_OK; value++) {
            const struct cell row[] = {cell_int(++n), *value};
            rc = bulk_row(&bulk, row, &t->err);
            if (value->cls == CELL_NULL)
                break;
        }
        if (rc == SQLITE_OK)
            rc = bulk_end(&bulk, &affected, &t->err);
        else
            bulk_abort(&bulk);
        if (expect_rc(t, rc, SQLITE_OK, types[1].text)) {
            expect(t, affected == n, "%s: affected %lld instead of %lld", types[1].text, affected,
                   n);
            read_values(t, &types[1], cases[i].values, 0, "after bulk");
        }
        if (!run_ok(t, "DROP TABLE contract_types"))
            return;
    }
}

static void large_values(struct contract *t)
{
    const size_t n = 1 << 20;
    const struct type text = {.id = CT_TEXT, .affinity = AFF_TEXT, .text = "large text"};
    const struct type blob = {.id = CT_BLOB, .affinity = AFF_BLOB, .text = "large blob"};
    char *memory = malloc(n + 1);
    if (!memory ||
        !run_ok(t, "CREATE TABLE contract_types(id %s, v %s)", int_word(t), text_word(t)))
        goto done;
    for (size_t i = 0; i < n; i++)
        memory[i] = (char)('a' + i % 26);
    const struct cell texts[] = {cell_text(memory, n), cell_text(memory, 65535),
                                 cell_text(memory, 65536), cell_text(memory, 255), cell_null()};
    for (int i = 0; i < 5; i++)
        insert_value(t, &text, i + 1, &texts[i]);
    read_values(t, &text, texts, QUERY_SHORT, "at once");
    read_values(t, &text, texts, 0, "streamed");
    read_values(t, &text, texts, QUERY_LONG, "in bulk");
    run_ok(t, "DROP TABLE contract_types");
    run_ok(t, "CREATE TABLE contract_types(id %s, v %s)", int_word(t),
           pick(t, "bytea", "longblob", "BLOB"));
    for (size_t i = 0; i < n; i++)
        memory[i] = (char)(i * 7);
    const struct cell blobs[] = {cell_blob(memory, n), cell_blob(memory, 256), cell_null()};
    for (int i = 0; i < 3; i++)
        insert_value(t, &blob, i + 1, &blobs[i]);
    read_values(t, &blob, blobs, 0, "streamed");
    read_values(t, &blob, blobs, QUERY_LONG, "in bulk");
done:
    free(memory);
}

/* A text with a NUL byte arrives whole, or is refused before anything is written. */
static void a_text_with_a_nul_byte(struct contract *t)
{
    const struct type type = {.id = CT_TEXT, .affinity = AFF_TEXT, .text = "text"};
    const struct cell values[] = {T("a\0b"), END};
    if (!run_ok(t, "CREATE TABLE contract_types(id %s, v %s)", int_word(t), text_word(t)))
        return;
    if (t->c->dialect->text_without_nul) {
        const struct arg args[] = {{.type = &type, .cells = &values[0], .ncells = 1}};
        const char *sql = pick(t, "INSERT INTO contract_types(v) VALUES($1)",
                               "INSERT INTO contract_types(v) VALUES(?)",
                               "INSERT INTO contract_types(v) VALUES(?)");
        int rc = conn_exec(t->c, sql, args, 1, NULL, NULL, &t->err);
        expect(t, rc != SQLITE_OK && !t->err.lost, "a text that this engine cannot hold was taken");
        expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_types") == 0,
               "something was written");
        return;
    }
    insert_value(t, &type, 1, &values[0]);
    insert_value(t, &type, 2, &values[1]);
    read_values(t, &type, values, 0, "streamed");
}

static sqlite3_int64 count_in(struct contract *t, const struct type *type, const struct cell *cells,
                              int n)
{
    const struct arg arg = {.type = type, .cells = cells, .ncells = n, .array = true};
    const char *form = t->c->dialect->array_form[type->id];
    struct rows rows = {.conn = NULL};
    struct cell count = cell_int(-1);
    char *condition, *sql;
    int rc;
    if (!expect(t, form != NULL, "no array form of %s", coltype_name(type->id)))
        return -1;
    condition = sqlite3_mprintf(form, t->c->dialect->numbered_args ? "$1" : "?");
    sql = sqlite3_mprintf("SELECT count(*) FROM contract_t WHERE %s %s", type->text, condition);
    rc = conn_send(t->c, sql, &arg, 1, QUERY_SHORT, &rows, &t->err);
    if (rc == SQLITE_OK)
        rc = rows_next(&rows, &t->err);
    if (rc == SQLITE_ROW)
        rc = rows_cell(&rows, 0, &count, &t->err);
    expect_rc(t, rc, SQLITE_OK, sql);
    rows_finish(&rows);
    sqlite3_free(condition);
    sqlite3_free(sql);
    return count.i;
}

static void lists_go_as_one_argument(struct contract *t)
{
    const struct type ints = {.id = CT_INT8, .text = "a"}, texts = {.id = CT_TEXT, .text = "b"};
    const struct cell three[] = {cell_int(1), cell_null(), cell_int(3), cell_int(99),
                                 cell_int(INT64_MIN)};
    const struct cell words[] = {cell_str("it's"), cell_str("{\"a\\,\"}"), cell_str("nowhere"),
                                 cell_str("")};
    run_ok(t, "CREATE TABLE contract_t(a %s, b %s)", int_word(t), text_word(t));
    run_ok(t,
           "INSERT INTO contract_t VALUES(1, 'it''s'), (2, ''), (3, '{\"a\\,\"}'), (NULL, NULL)");
    expect(t, count_in(t, &ints, three, 5) == 2, "integers");
    expect(t, count_in(t, &ints, three, 0) == 0, "no elements");
    expect(t, count_in(t, &texts, words, 4) == 3, "texts");
}

const struct contract_case type_cases[] = {
    {"every type makes the round trip", every_type_makes_the_round_trip, 0},
    {"every type goes by bulk", every_type_goes_by_bulk, 0},
    {"values of a megabyte", large_values, 0},
    {"a text with a NUL byte", a_text_with_a_nul_byte, 0},
    {"lists go as one argument", lists_go_as_one_argument, CAP_ARRAY_ARG},
    {NULL, NULL, 0},
};
