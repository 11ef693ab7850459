/* MySQL's rows, values, arguments and errors: pure functions, no server.
**
** Rows of the binary protocol are built by hand as a server sends them, then cut, bent and filled with random
** bytes: whatever comes must be read within its bounds or refused.  Decimals are checked against the model's
** own correctly rounded conversion. */
#include "unit.h"

#include "engine/mysql/my.h"
#include "model/decimal.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UTF8MB4 45
#define BINARY 63

/* The same numbers in every run. */
static unsigned draw(unsigned below)
{
    static unsigned long long state = 0x9e3779b97f4a7c15ULL;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % below;
}

static MYSQL_FIELD field_of(enum enum_field_types type, unsigned flags, unsigned charset,
                            unsigned long length, unsigned decimals)
{
    MYSQL_FIELD f;
    memset(&f, 0, sizeof f);
    f.type = type;
    f.flags = flags;
    f.charsetnr = charset;
    f.length = length;
    f.decimals = decimals;
    return f;
}

static struct my_column column_of(enum enum_field_types type, unsigned flags, unsigned charset)
{
    MYSQL_FIELD f = field_of(type, flags, charset, 10, 0);
    struct my_column c;
    my_column_init(&f, &c);
    return c;
}

/* Decodes one value of a row that holds nothing else. */
static struct cell decode(struct my_column column, const void *bytes, size_t n, bool *fine)
{
    static unsigned char row[600];
    static char scratch[MY_SCRATCH];
    struct my_value value;
    struct cell cell = cell_null();
    size_t at = 2;

    row[0] = row[1] = 0;
    if (column.width < 0)
        row[at++] = (unsigned char)n;
    memcpy(row + at, bytes, n);
    row[at + n] = 0x7f; /* a neighbour that must not be written to */
    *fine = my_row_parse(row, row + at + n, &column, 1, &value) &&
            my_decode_binary(&column, &value, scratch, &cell);
    assert_int_equal(row[at + n], 0x7f);
    return cell;
}

static struct cell decoded(struct my_column column, const void *bytes, size_t n)
{
    bool fine;
    struct cell cell = decode(column, bytes, n, &fine);
    assert_true(fine);
    return cell;
}

static void assert_text(struct cell cell, const char *want)
{
    assert_int_equal(cell.cls, CELL_TEXT);
    assert_true(cell.terminated);
    assert_string_equal(cell.p, want);
    assert_int_equal(cell.n, strlen(want));
}

static void assert_int(struct cell cell, sqlite3_int64 want)
{
    assert_int_equal(cell.cls, CELL_INT);
    assert_true(cell.i == want);
}

static void assert_real(struct cell cell, double want)
{
    assert_int_equal(cell.cls, CELL_REAL);
    assert_memory_equal(&cell.r, &want, sizeof want);
}

/* ---- numbers --------------------------------------------------------------------------------------------- */

static void integers_of_every_width(void **state)
{
    static const unsigned char ff[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    static const unsigned char least[8] = {0, 0, 0, 0, 0, 0, 0, 0x80};
    (void)state;
    assert_int(decoded(column_of(MYSQL_TYPE_TINY, 0, BINARY), ff, 1), -1);
    assert_int(decoded(column_of(MYSQL_TYPE_TINY, UNSIGNED_FLAG, BINARY), ff, 1), 255);
    assert_int(decoded(column_of(MYSQL_TYPE_SHORT, 0, BINARY), ff, 2), -1);
    assert_int(decoded(column_of(MYSQL_TYPE_SHORT, UNSIGNED_FLAG, BINARY), ff, 2), 65535);
    assert_int(decoded(column_of(MYSQL_TYPE_INT24, 0, BINARY), ff, 4), -1);
    assert_int(decoded(column_of(MYSQL_TYPE_LONG, 0, BINARY), "\x00\x00\x00\x80", 4), INT_MIN);
    assert_int(decoded(column_of(MYSQL_TYPE_LONG, UNSIGNED_FLAG, BINARY), ff, 4), 4294967295LL);
    assert_int(decoded(column_of(MYSQL_TYPE_LONGLONG, 0, BINARY), least, 8), LLONG_MIN);
    assert_int(decoded(column_of(MYSQL_TYPE_YEAR, UNSIGNED_FLAG, BINARY), "\xe8\x07", 2), 2024);
}

/* Beyond int64: a double where that is exact, else the digits. */
static void unsigned_integers_beyond_int64(void **state)
{
    struct my_column c = column_of(MYSQL_TYPE_LONGLONG, UNSIGNED_FLAG, BINARY);
    (void)state;
    assert_int(decoded(c, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8), LLONG_MAX);
    assert_real(decoded(c, "\x00\x00\x00\x00\x00\x00\x00\x80", 8), 9223372036854775808.0);
    assert_text(decoded(c, "\x01\x00\x00\x00\x00\x00\x00\x80", 8), "9223372036854775809");
    assert_text(decoded(c, "\xff\xff\xff\xff\xff\xff\xff\xff", 8), "18446744073709551615");
    assert_real(decoded(c, "\x00\xf8\xff\xff\xff\xff\xff\xff", 8), 18446744073709549568.0);
}

static void floats_are_their_doubles(void **state)
{
    float f = 1.1f;
    double d = 0.1;
    (void)state;
    assert_real(decoded(column_of(MYSQL_TYPE_FLOAT, 0, BINARY), &f, 4), (double)1.1f);
    assert_real(decoded(column_of(MYSQL_TYPE_DOUBLE, 0, BINARY), &d, 8), 0.1);
}

static void bits_are_big_endian(void **state)
{
    struct my_column c = column_of(MYSQL_TYPE_BIT, UNSIGNED_FLAG, BINARY);
    bool fine;
    (void)state;
    assert_int(decoded(c, "\x02\xaa", 2), 682);
    assert_int(decoded(c, "", 0), 0);
    assert_text(decoded(c, "\xff\xff\xff\xff\xff\xff\xff\xff", 8), "18446744073709551615");
    (void)decode(c, "123456789", 9, &fine);
    assert_false(fine);
}

static void decimals(void **state)
{
    struct my_column c = column_of(MYSQL_TYPE_NEWDECIMAL, 0, BINARY);
    static const char *const integers[] = {
        "0", "-0", "5.00", "-12", "9223372036854775807", "-9223372036854775808.000", "000.0"};
    static const sqlite3_int64 values[] = {0, 0, 5, -12, LLONG_MAX, LLONG_MIN, 0};
    static const char *const bad[] = {"", "-", ".", "1.2.3", "1x", "--1", "0x10", "nan", "inf"};
    bool fine;
    (void)state;

    for (size_t i = 0; i < COUNT(integers); i++)
        assert_int(decoded(c, integers[i], strlen(integers[i])), values[i]);
    for (size_t i = 0; i < COUNT(bad); i++) {
        (void)decode(c, bad[i], strlen(bad[i]), &fine);
        assert_false(fine);
    }
    assert_real(decoded(c, "-0.00001", 8), -0.00001);
    assert_real(decoded(c, "12345678901234567890.5", 22), 12345678901234567890.5);
}

static void random_decimals_are_rounded_correctly(void **state)
{
    struct my_column c = column_of(MYSQL_TYPE_NEWDECIMAL, 0, BINARY);
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[40];
        int digits = 1 + (int)draw(20), scale = (int)draw((unsigned)digits + 1), n = 0;
        double want;
        struct cell got;
        if (draw(2))
            text[n++] = '-';
        for (int i = 0; i < digits; i++) {
            if (i == digits - scale && scale > 0)
                text[n++] = '.';
            text[n++] = (char)('0' + draw(10));
        }
        text[n] = 0;
        got = decoded(c, text, (size_t)n);
        assert_true(decimal_parse_double(text, (size_t)n, &want));
        if (got.cls == CELL_REAL)
            assert_true(got.r == want);
        else
            assert_true(got.cls == CELL_INT && (double)got.i == want);
    }
}

/* ---- texts, dates, times --------------------------------------------------------------------------------- */

static void texts_are_terminated_in_place(void **state)
{
    struct my_column columns[3] = {column_of(MYSQL_TYPE_VAR_STRING, 0, UTF8MB4),
                                   column_of(MYSQL_TYPE_LONG, 0, BINARY),
                                   column_of(MYSQL_TYPE_BLOB, 0, BINARY)};
    unsigned char row[] = {0, 0, 3, 'a', 'b', 'c', 7, 0, 0, 0, 2, 0, 255};
    struct my_value values[3];
    char scratch[MY_SCRATCH];
    struct cell cell;
    (void)state;

    assert_true(my_row_parse(row, row + sizeof row, columns, 3, values));
    for (int twice = 0; twice < 2; twice++) {
        assert_true(my_decode_binary(&columns[0], &values[0], scratch, &cell));
        assert_text(cell, "abc");
    }
    assert_true(my_decode_binary(&columns[1], &values[1], scratch, &cell));
    assert_int(cell, 7);
    assert_true(my_decode_binary(&columns[2], &values[2], scratch, &cell));
    assert_int_equal(cell.cls, CELL_BLOB);
    assert_int_equal(cell.n, 2);
    assert_memory_equal(cell.p, "\0\xff", 2);
}

static void dates_and_times(void **state)
{
    struct my_column date = column_of(MYSQL_TYPE_DATE, 0, BINARY);
    struct my_column moment = column_of(MYSQL_TYPE_DATETIME, 0, BINARY);
    struct my_column time = column_of(MYSQL_TYPE_TIME, 0, BINARY);
    bool fine;
    (void)state;

    assert_text(decoded(date, "", 0), "0000-00-00");
    assert_text(decoded(date, "\xe8\x07\x02\x1d", 4), "2024-02-29");
    assert_text(decoded(moment, "", 0), "0000-00-00 00:00:00");
    assert_text(decoded(moment, "\xe8\x07\x02\x1d", 4), "2024-02-29 00:00:00");
    assert_text(decoded(moment, "\xe8\x07\x02\x1d\x17\x3b\x3a", 7), "2024-02-29 23:59:58");
    assert_text(decoded(moment, "\xe8\x07\x02\x1d\x17\x3b\x3a\x20\xa1\x07\x00", 11),
                "2024-02-29 23:59:58.500000");
    assert_text(decoded(time, "", 0), "00:00:00");
    assert_text(decoded(time, "\x00\x00\x00\x00\x00\x01\x02\x03", 8), "01:02:03");
    assert_text(decoded(time, "\x01\x22\x00\x00\x00\x16\x3b\x3b", 8), "-838:59:59");
    assert_text(decoded(time, "\x00\x00\x00\x00\x00\x01\x02\x03\x01\x00\x00\x00", 12),
                "01:02:03.000001");
    (void)decode(date, "\xe8\x07\x02", 3, &fine);
    assert_false(fine);
    (void)decode(moment, "\xe8\x07\x0d\x1d", 4, &fine);
    assert_false(fine);
    (void)decode(moment, "\xe8\x07\x02\x1d\x17\x3c\x3a", 7, &fine);
    assert_false(fine);
    (void)decode(time, "\x00\xff\xff\xff\xff\x17\x3b\x3b", 8, &fine);
    assert_false(fine);
}

static void printed_dates_and_times(void **state)
{
    static const struct {
        enum my_kind kind;
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {KIND_DATE, "2024-01-02", "2024-01-02"},
        {KIND_DATE, "0000-00-00", "0000-00-00"},
        {KIND_DATE, "2024-1-02", NULL},
        {KIND_DATE, "2024-01-02.5", NULL},
        {KIND_DATETIME, "2024-01-02 03:04:05", "2024-01-02 03:04:05"},
        {KIND_DATETIME, "2024-01-02 03:04:05.000", "2024-01-02 03:04:05"},
        {KIND_DATETIME, "2024-01-02 03:04:05.5", "2024-01-02 03:04:05.500000"},
        {KIND_DATETIME, "2024-01-02 03:04:05.123456", "2024-01-02 03:04:05.123456"},
        {KIND_DATETIME, "2024-01-02 03:04:05.1234567", NULL},
        {KIND_DATETIME, "2024-01-02 03:04:05.", NULL},
        {KIND_DATETIME, "2024-01-02T03:04:05", NULL},
        {KIND_DATETIME, "2024-01-02", NULL},
        {KIND_TIME, "03:04:05", "03:04:05"},
        {KIND_TIME, "-838:59:59.000000", "-838:59:59"},
        {KIND_TIME, "100:00:00.25", "100:00:00.250000"},
        {KIND_TIME, "3:04:05", NULL},
        {KIND_TIME, "03:04", NULL},
        {KIND_TIME, "03-04-05", NULL},
        {KIND_TIME, "", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[MY_SCRATCH];
        size_t n = 0;
        bool fine = my_time_text(cases[i].kind, cases[i].text, strlen(cases[i].text), out, &n);
        const char *want = cases[i].want;
        assert_int_equal(fine, want != NULL);
        if (want) {
            assert_string_equal(out, want);
            assert_int_equal(n, strlen(want));
        }
    }
}

/* ---- hostile rows ---------------------------------------------------------------------------------------- */

static void rows_that_are_cut_are_refused(void **state)
{
    struct my_column columns[4] = {
        column_of(MYSQL_TYPE_VAR_STRING, 0, UTF8MB4), column_of(MYSQL_TYPE_LONGLONG, 0, BINARY),
        column_of(MYSQL_TYPE_DOUBLE, 0, BINARY), column_of(MYSQL_TYPE_BLOB, 0, BINARY)};
    static const unsigned char whole[] = {0, 0, 252, 3, 0, 'a', 'b', 'c', 1, 2, 3, 4,   5,  6,
                                          7, 8, 1,   2, 3, 4,   5,   6,   7, 8, 2, 'x', 'y'};
    struct my_value values[4];
    (void)state;
    for (size_t n = 0; n <= sizeof whole; n++) {
        unsigned char *row = malloc(n + 1);
        assert_non_null(row);
        memcpy(row, whole, n);
        assert_int_equal(my_row_parse(row, row + n, columns, 4, values), n == sizeof whole);
        free(row);
    }
}

static void random_rows_stay_in_bounds(void **state)
{
    static const enum enum_field_types types[] = {
        MYSQL_TYPE_TINY,       MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_FLOAT,
        MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_DATE, MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIME,
        MYSQL_TYPE_BIT,        MYSQL_TYPE_BLOB, MYSQL_TYPE_STRING};
    (void)state;
    for (int round = 0; round < 50000; round++) {
        struct my_column columns[6];
        struct my_value values[6];
        char scratch[MY_SCRATCH];
        size_t n = draw(60);
        unsigned char *row = malloc(n + 1);
        assert_non_null(row);
        for (int i = 0; i < 6; i++)
            columns[i] = column_of(types[draw(COUNT(types))], 0, draw(2) ? BINARY : UTF8MB4);
        for (size_t i = 0; i < n; i++)
            row[i] = (unsigned char)(i < 2 ? draw(4) : draw(3) ? draw(12) : draw(256));
        if (my_row_parse(row, row + n, columns, 6, values)) {
            for (int i = 0; i < 6; i++) {
                struct cell cell;
                if (my_decode_binary(&columns[i], &values[i], scratch, &cell) &&
                    cell.cls == CELL_TEXT)
                    assert_int_equal(cell.p[cell.n], 0);
            }
        }
        free(row);
    }
}

/* ---- types ----------------------------------------------------------------------------------------------- */

static void types_of_columns(void **state)
{
    static const struct {
        const char *text;
        unsigned long length;
        enum enum_field_types type;
        unsigned flags, charset, decimals;
        enum coltype id;
        enum affinity affinity;
    } cases[] = {
        {"tinyint", 1, MYSQL_TYPE_TINY, 0, BINARY, 0, CT_INT2, AFF_INTEGER},
        {"smallint unsigned", 5, MYSQL_TYPE_SHORT, UNSIGNED_FLAG, BINARY, 0, CT_INT4, AFF_INTEGER},
        {"int unsigned", 10, MYSQL_TYPE_LONG, UNSIGNED_FLAG, BINARY, 0, CT_INT8, AFF_INTEGER},
        {"bigint unsigned", 20, MYSQL_TYPE_LONGLONG, UNSIGNED_FLAG, BINARY, 0, CT_UINT8,
         AFF_INTEGER},
        {"decimal(10,2)", 12, MYSQL_TYPE_NEWDECIMAL, 0, BINARY, 2, CT_NUMERIC, AFF_NUMERIC},
        {"decimal(10,0)", 10, MYSQL_TYPE_NEWDECIMAL, UNSIGNED_FLAG, BINARY, 0, CT_NUMERIC,
         AFF_NUMERIC},
        {"varchar(80)", 320, MYSQL_TYPE_VAR_STRING, 0, UTF8MB4, 0, CT_VARCHAR, AFF_TEXT},
        {"varbinary(9)", 9, MYSQL_TYPE_VAR_STRING, 0, BINARY, 0, CT_VARBINARY, AFF_BLOB},
        {"char(5)", 20, MYSQL_TYPE_STRING, 0, UTF8MB4, 0, CT_CHAR, AFF_TEXT},
        {"enum", 4, MYSQL_TYPE_STRING, ENUM_FLAG, UTF8MB4, 0, CT_ENUM, AFF_TEXT},
        {"set", 4, MYSQL_TYPE_STRING, SET_FLAG, UTF8MB4, 0, CT_OTHER, AFF_TEXT},
        {"blob", 65535, MYSQL_TYPE_BLOB, 0, BINARY, 0, CT_BLOB, AFF_BLOB},
        {"text", 262140, MYSQL_TYPE_BLOB, 0, UTF8MB4, 0, CT_TEXT, AFF_TEXT},
        {"timestamp", 19, MYSQL_TYPE_TIMESTAMP, 0, BINARY, 0, CT_DATETIMETZ, AFF_TEXT},
        {"geometry", 4, MYSQL_TYPE_GEOMETRY, 0, BINARY, 0, CT_OTHER, AFF_BLOB},
        {"json", 4, (enum enum_field_types)245, 0, BINARY, 0, CT_JSON, AFF_TEXT},
    };
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        MYSQL_FIELD f = field_of(cases[i].type, cases[i].flags, cases[i].charset, cases[i].length,
                                 cases[i].decimals);
        struct my_column column;
        struct type type;
        struct err err;
        my_column_init(&f, &column);
        assert_int_equal(my_column_type(&f, &column, &arena, &type, &err), SQLITE_OK);
        assert_int_equal(type.id, cases[i].id);
        assert_int_equal(type.affinity, cases[i].affinity);
        assert_string_equal(type.text, cases[i].text);
        assert_true(my_column_same(&f, &column));
        f.length++;
        assert_false(my_column_same(&f, &column));
    }
    arena_clear(&arena);
}

/* ---- arguments ------------------------------------------------------------------------------------------- */

static int slot(enum coltype id, struct cell cell, struct my_slot *out)
{
    struct type type = {.id = id, .text = ""};
    struct err err;
    err_clear(&err);
    return my_slot_set(&type, &cell, 1, out, &err);
}

static void assert_slot_text(const struct my_slot *s, enum my_slot_kind kind, const char *want)
{
    assert_int_equal(s->kind, kind);
    assert_int_equal(s->n, strlen(want));
    assert_memory_equal(s->p, want, s->n);
}

static void values_that_travel(void **state)
{
    struct my_slot s;
    (void)state;
    assert_int_equal(slot(CT_INT4, cell_null(), &s), SQLITE_OK);
    assert_int_equal(s.kind, SLOT_NULL);
    assert_int_equal(slot(CT_INT8, cell_int(LLONG_MIN), &s), SQLITE_OK);
    assert_true(s.kind == SLOT_INT && s.i == LLONG_MIN);
    assert_int_equal(slot(CT_INT4, cell_real(3.0), &s), SQLITE_OK);
    assert_true(s.kind == SLOT_INT && s.i == 3);
    assert_int_equal(slot(CT_FLOAT8, cell_int(1LL << 53), &s), SQLITE_OK);
    assert_true(s.kind == SLOT_REAL && s.r == 9007199254740992.0);
    assert_int_equal(slot(CT_UINT8, cell_str("18446744073709551615"), &s), SQLITE_OK);
    assert_true(s.kind == SLOT_UINT && s.u == ULLONG_MAX);
    assert_int_equal(slot(CT_NUMERIC, cell_str("0.10"), &s), SQLITE_OK);
    assert_slot_text(&s, SLOT_DECIMAL, "0.10");
    assert_int_equal(slot(CT_NUMERIC, cell_int(-7), &s), SQLITE_OK);
    assert_slot_text(&s, SLOT_DECIMAL, "-7");
    assert_int_equal(slot(CT_TEXT, cell_str("a"), &s), SQLITE_OK);
    assert_slot_text(&s, SLOT_TEXT, "a");
    assert_int_equal(slot(CT_TEXT, cell_int(5), &s), SQLITE_OK);
    assert_slot_text(&s, SLOT_TEXT, "5");
    assert_int_equal(slot(CT_DATE, cell_str("2024-01-02"), &s), SQLITE_OK);
    assert_slot_text(&s, SLOT_TEXT, "2024-01-02");
    assert_int_equal(slot(CT_BLOB, cell_blob("\0x", 2), &s), SQLITE_OK);
    assert_true(s.kind == SLOT_BLOB && s.n == 2);
    assert_int_equal(slot(CT_OTHER, cell_real(2.5), &s), SQLITE_OK);
    assert_true(s.kind == SLOT_REAL);
}

static void values_that_cannot_travel(void **state)
{
    struct my_slot s;
    (void)state;
    assert_int_equal(slot(CT_FLOAT8, cell_real(INFINITY), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_FLOAT8, cell_int((1LL << 53) + 1), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_FLOAT8, cell_int(LLONG_MAX), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_INT4, cell_real(3.5), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_INT8, cell_real(1e19), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_INT4, cell_str("1"), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_UINT8, cell_str("18446744073709551616"), &s),
                     SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_NUMERIC, cell_str("1,5"), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_TEXT, cell_blob("a", 1), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_BLOB, cell_str("a"), &s), SQLITE_CONSTRAINT_DATATYPE);
    assert_int_equal(slot(CT_DATE, cell_int(5), &s), SQLITE_CONSTRAINT_DATATYPE);
}

/* ---- errors, URLs ---------------------------------------------------------------------------------------- */

static void error_numbers(void **state)
{
    static const struct {
        unsigned number;
        const char *state, *text;
        int rc;
        bool lost;
    } cases[] = {
        {1062, "23000", "Duplicate entry '1' for key 'PRIMARY'", SQLITE_CONSTRAINT_PRIMARYKEY,
         false},
        {1062, "23000", "Duplicate entry '1' for key 't.PRIMARY'", SQLITE_CONSTRAINT_PRIMARYKEY,
         false},
        {1062, "23000", "Duplicate entry '1' for key 'NOTPRIMARY'", SQLITE_CONSTRAINT_UNIQUE,
         false},
        {1062, "23000", "Duplicate entry 'PRIMARY' for key 'u'", SQLITE_CONSTRAINT_UNIQUE, false},
        {1048, "23000", "", SQLITE_CONSTRAINT_NOTNULL, false},
        {1452, "23000", "", SQLITE_CONSTRAINT_FOREIGNKEY, false},
        {4025, "23000", "", SQLITE_CONSTRAINT_CHECK, false},
        {1406, "22001", "", SQLITE_CONSTRAINT_DATATYPE, false},
        {1213, "40001", "", SQLITE_BUSY_SNAPSHOT, false},
        {1020, "HY000", "", SQLITE_BUSY_SNAPSHOT, false},
        {1205, "HY000", "", SQLITE_BUSY_TIMEOUT, false},
        {1045, "28000", "", SQLITE_AUTH, false},
        {1049, "42000", "", SQLITE_CANTOPEN, false},
        {2006, "HY000", "", SQLITE_IOERR, true},
        {2013, "HY000", "", SQLITE_IOERR, true},
        {1927, "70100", "", SQLITE_IOERR, true},
        {1153, "08S01", "", SQLITE_TOOBIG, true},
        {1146, "42S02", "", SQLITE_ERROR, false},
        {1792, "25006", "", SQLITE_READONLY, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(my_errno_rc(cases[i].number, cases[i].state, cases[i].text), cases[i].rc);
        assert_int_equal(my_errno_lost(cases[i].number), cases[i].lost);
    }
}

static void urls(void **state)
{
    static const struct {
        const char *text;
        int rc;
        enum client_tls tls;
    } cases[] = {
        {"mysql://u@h/d", SQLITE_OK, TLS_PREFERRED},
        {"mysql://u@h/d?ssl_mode=disabled", SQLITE_OK, TLS_DISABLED},
        {"mysql://u@h/d?ssl_cert=/c", SQLITE_OK, TLS_REQUIRED},
        {"mysql://u@h/d?ssl_ca=/c", SQLITE_OK, TLS_VERIFY_CA},
        {"mysql://u@h/d?ssl_ca=/c&ssl_mode=VERIFY_IDENTITY", SQLITE_OK, TLS_VERIFY_IDENTITY},
        {"mysql://u@h/d?ssl_mode=VERIFY_CA", SQLITE_ERROR, TLS_VERIFY_CA},
        {"mysql://u@h/d?ssl_mode=sometimes", SQLITE_ERROR, TLS_VERIFY_IDENTITY},
        {"mysql://u@h/d?charset=utf8mb4", SQLITE_OK, TLS_PREFERRED},
        {"mysql://u@h/d?charset=latin1", SQLITE_ERROR, TLS_PREFERRED},
        {"mysql://u@h/d?compress=maybe", SQLITE_ERROR, TLS_PREFERRED},
        {"mysql://u@h/d?unix_socket=/s", SQLITE_ERROR, TLS_PREFERRED},
        {"mysql://u@localhost/d?unix_socket=/s", SQLITE_OK, TLS_PREFERRED},
        {"mysql://u@h/d?target_session_attrs=read-write", SQLITE_OK, TLS_PREFERRED},
        {"mysql://u@h/d?target_session_attrs=writable", SQLITE_ERROR, TLS_PREFERRED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url url;
        struct err err;
        memset(&url, 0, sizeof url);
        err_clear(&err);
        assert_int_equal(url_parse(cases[i].text, &url, &err), SQLITE_OK);
        assert_int_equal(my_url_check(&url, &err), cases[i].rc);
        assert_int_equal(my_url_tls(&url), cases[i].tls);
        url_clear(&url);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_width),
        cmocka_unit_test(unsigned_integers_beyond_int64),
        cmocka_unit_test(floats_are_their_doubles),
        cmocka_unit_test(bits_are_big_endian),
        cmocka_unit_test(decimals),
        cmocka_unit_test(random_decimals_are_rounded_correctly),
        cmocka_unit_test(texts_are_terminated_in_place),
        cmocka_unit_test(dates_and_times),
        cmocka_unit_test(printed_dates_and_times),
        cmocka_unit_test(rows_that_are_cut_are_refused),
        cmocka_unit_test(random_rows_stay_in_bounds),
        cmocka_unit_test(types_of_columns),
        cmocka_unit_test(values_that_travel),
        cmocka_unit_test(values_that_cannot_travel),
        cmocka_unit_test(error_numbers),
        cmocka_unit_test(urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
