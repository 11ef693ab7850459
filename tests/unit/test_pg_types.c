/* Postgres's binary forms, both ways, and statements as text: pure functions, no server.
**
** What a decoder makes of a value is compared with the text that PostgreSQL itself prints for it; what an
** encoder writes is read back.  Random bytes of every length must never be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/postgres/codec.h"
#include "engine/postgres/text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT (1 << 20)

static struct buf encode(enum pg_form form, const struct cell *value, bool *fits)
{
    struct buf out;
    buf_init(&out, LIMIT);
    *fits = pg_encode(form, value, &out);
    assert_int_equal(out.rc, SQLITE_OK);
    return out;
}

/* The value after a trip there and back. */
static void assert_trip(enum pg_form form, struct cell value, struct cell want)
{
    char scratch[PG_SCRATCH];
    struct cell got;
    bool fits;
    struct buf out = encode(form, &value, &fits);
    assert_true(fits);
    assert_true(pg_decode(form, out.data ? out.data : (unsigned char *)"", out.len, &got, scratch));
    assert_int_equal(got.cls, want.cls);
    if (want.cls == CELL_INT)
        assert_true(got.i == want.i);
    if (want.cls == CELL_REAL)
        assert_memory_equal(&got.r, &want.r, sizeof got.r);
    if (want.cls == CELL_TEXT || want.cls == CELL_BLOB) {
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.p, want.p, want.n);
    }
    buf_clear(&out);
}

static void assert_refused(enum pg_form form, struct cell value)
{
    bool fits;
    struct buf out = encode(form, &value, &fits);
    assert_false(fits);
    buf_clear(&out);
}

/* ---- numeric --------------------------------------------------------------------------------------------- */

static void numeric_texts_keep_their_value(void **state)
{
    static const struct {
        const char *text;
        double r;
    } reals[] = {
        {"0.1", 0.1},
        {"-0.1", -0.1},
        {"123456789012.345678", 123456789012.345678},
        {"0.00000000000000000001", 1e-20},
        {"1e300", 1e300},
        {"-1.7976931348623157e308", -1.7976931348623157e308},
        {"5e-324", 5e-324},
        {"9223372036854775808", 9223372036854775808.0},
        {"-9223372036854775809", -9223372036854775809.0},
        {"9007199254740993.5", 9007199254740993.5},
        {"0.000123", 0.000123},
        {"00012.50", 12.5},
        {"2.22507385850720113605740979670913197593481954635164564e-308", 2.2250738585072011e-308},
        {".5", .5},
        {"100000.00001", 100000.00001},
    };
    static const struct {
        const char *text;
        sqlite3_int64 i;
    } integers[] = {
        {"0", 0},
        {"-0", 0},
        {"0.000", 0},
        {"5.00", 5},
        {"10000", 10000},
        {"99999999", 99999999},
        {"1e3", 1000},
        {"1200e-2", 12},
        {"9223372036854775807", LLONG_MAX},
        {"-9223372036854775808", LLONG_MIN},
        {"9007199254740993", 9007199254740993},
        {"1000000000000000000.0000", 1000000000000000000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        assert_trip(PG_FORM_NUMERIC, cell_str(reals[i].text), cell_real(reals[i].r));
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        assert_trip(PG_FORM_NUMERIC, cell_str(integers[i].text), cell_int(integers[i].i));
    assert_trip(PG_FORM_NUMERIC, cell_int(LLONG_MIN), cell_int(LLONG_MIN));
    assert_trip(PG_FORM_NUMERIC, cell_real(0.1), cell_real(0.1));
    assert_trip(PG_FORM_NUMERIC, cell_real(-5.0), cell_int(-5));
    assert_trip(PG_FORM_NUMERIC, cell_real(HUGE_VAL), cell_real(HUGE_VAL));
    assert_refused(PG_FORM_NUMERIC, cell_str("1,5"));
    assert_refused(PG_FORM_NUMERIC, cell_str(""));
    assert_refused(PG_FORM_NUMERIC, cell_str("1e"));
    assert_refused(PG_FORM_NUMERIC, cell_str("1.2.3"));
    assert_refused(PG_FORM_NUMERIC, cell_str("x"));
    assert_refused(PG_FORM_NUMERIC, cell_blob("1", 1));
}

static void numeric_random_reals_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double r;
        char text[64];
        sqlite3_randomness(sizeof r, &r);
        if (!isfinite(r) || (r == floor(r) && fabs(r) < 1e19))
            continue;
        assert_trip(PG_FORM_NUMERIC, cell_real(r), cell_real(r));
        sqlite3_int64 n;
        sqlite3_randomness(sizeof n, &n);
        sqlite3_snprintf(sizeof text, text, "%lld", n);
        assert_trip(PG_FORM_NUMERIC, cell_str(text), cell_int(n));
    }
}

static void numeric_specials(void **state)
{
    static const unsigned char nan[] = {0, 0, 0, 0, 0xC0, 0, 0, 0},
                               odd[] = {0, 0, 0, 0, 0x12, 0, 0, 0},
                               word[] = {0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10},
                               cut[] = {0, 2, 0, 0, 0, 0, 0, 0, 0, 1};
    struct cell got;
    (void)state;
    assert_true(pg_numeric_decode(nan, sizeof nan, &got));
    assert_int_equal(got.cls, CELL_NULL);
    assert_false(pg_numeric_decode(odd, sizeof odd, &got));
    assert_false(pg_numeric_decode(word, sizeof word, &got)); /* a digit of 10000 */
    assert_false(pg_numeric_decode(cut, sizeof cut, &got));
}

static void put16(unsigned char *p, unsigned v)
{
    p[0] = (unsigned char)(v >> 8);
    p[1] = (unsigned char)v;
}

/* A word of zero before a number changes nothing, but that the short way is not taken. */
static void numeric_short(void **state)
{
    static const unsigned ends[] = {0, 1, 10, 100, 1000, 5000, 9900, 9990, 9999};
    int taken = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        unsigned char p[8 + 2 * 6], q[8 + 2 * 7];
        unsigned char random[8];
        struct cell quick, whole, padded;
        sqlite3_randomness(sizeof random, random);
        unsigned n = random[0] % 6;
        int weight = (int)(random[1] % 14) - 7;
        put16(p, n);
        put16(p + 2, (unsigned)weight & 0xFFFF);
        put16(p + 4, random[2] % 2 ? 0x4000 : 0);
        put16(p + 6, random[3]);
        for (unsigned k = 0; k < n; k++) {
            unsigned short word;
            sqlite3_randomness(sizeof word, &word);
            put16(p + 8 + 2 * (size_t)k, word % 3 ? word % 10000U : ends[word % 9]);
        }
        memcpy(q, p, 8);
        memcpy(q + 10, p + 8, 2 * (size_t)n);
        put16(q, n + 1);
        put16(q + 2, (unsigned)(weight + 1) & 0xFFFF);
        put16(q + 8, 0);
        assert_true(pg_numeric_decode(p, 8 + 2 * (size_t)n, &whole));
        assert_true(pg_numeric_decode(q, 10 + 2 * (size_t)n, &padded));
        assert_false(pg_numeric_short(q, 10 + 2 * (size_t)n, &quick));
        assert_int_equal(whole.cls, padded.cls);
        assert_memory_equal(&whole.r, &padded.r, sizeof whole.r);
        taken += pg_numeric_short(p, 8 + 2 * (size_t)n, &quick);
    }
    assert_true(taken > 20000);
}

/* ---- dates and times ------------------------------------------------------------------------------------- */

static void dates_as_the_server_prints_them(void **state)
{
    static const struct {
        int days;
        const char *text;
    } dates[] = {
        {0, "2000-01-01"},           {-1, "1999-12-31"},
        {59, "2000-02-29"},          {8825, "2024-02-29"},
        {-10957, "1970-01-01"},      {-730119, "0001-01-01"},
        {-730120, "0001-12-31 BC"},  {-746209, "0045-12-13 BC"},
        {2921939, "9999-12-31"},     {2921940, "10000-01-01"},
        {INT_MAX, "infinity"},       {INT_MIN, "-infinity"},
        {-2451507, "4713-01-01 BC"}, {2145031948, "5874897-12-31"},
    };
    char text[PG_SCRATCH];
    int days;
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        pg_date_text(dates[i].days, text);
        assert_string_equal(text, dates[i].text);
        assert_true(pg_date_parse(text, strlen(text), &days));
        assert_int_equal(days, dates[i].days);
    }
    for (days = -730119; days < 3000000; days += 97) {
        int back;
        pg_date_text(days, text);
        assert_true(pg_date_parse(text, strlen(text), &back));
        assert_int_equal(back, days);
    }
}

static void timestamps_as_the_server_prints_them(void **state)
{
    static const struct {
        sqlite3_int64 us;
        const char *text;
    } stamps[] = {
        {0, "2000-01-01 00:00:00"},
        {-1, "1999-12-31 23:59:59.999999"},
        {757418400500000, "2024-01-01 10:00:00.500000"},
        {LLONG_MAX, "infinity"},
        {LLONG_MIN, "-infinity"},
        {-63082281600000001, "0001-12-31 23:59:59.999999 BC"},
    };
    static const char *const wrong[] = {"",
                                        "2024-1-2",
                                        "2024-02-30",
                                        "2023-02-29",
                                        "0000-01-01",
                                        "2024-13-01",
                                        "20240101",
                                        "2024-01-01T10:00:00",
                                        "2024-01-01 25:00:00",
                                        "now",
                                        "2024-01-01 10:00",
                                        "2024-01-01 10:00:00Z",
                                        "2024-01-01 "};
    char text[PG_SCRATCH];
    sqlite3_int64 us;
    int days;
    (void)state;
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        pg_timestamp_text(stamps[i].us, text);
        assert_string_equal(text, stamps[i].text);
        assert_true(pg_timestamp_parse(text, strlen(text), &us));
        assert_true(us == stamps[i].us);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(pg_timestamp_parse(wrong[i], strlen(wrong[i]), &us));
        assert_false(pg_date_parse(wrong[i], strlen(wrong[i]), &days));
    }
    assert_true(pg_timestamp_parse("2024-02-29", 10, &us));
    assert_trip(PG_FORM_TIME, cell_str("24:00:00"), cell_str("24:00:00"));
    assert_trip(PG_FORM_TIME, cell_str("01:02:03.5"), cell_str("01:02:03.500000"));
    assert_refused(PG_FORM_TIME, cell_str("24:00:01"));
    assert_refused(PG_FORM_TIME, cell_str("1:02:03"));
    assert_refused(PG_FORM_TIME, cell_str("01:02:03.1234567"));
    assert_refused(PG_FORM_DATE, cell_int(20240101));
}

/* ---- the simple ones ------------------------------------------------------------------------------------- */

static void numbers(void **state)
{
    (void)state;
    assert_trip(PG_FORM_BOOL, cell_int(1), cell_int(1));
    assert_refused(PG_FORM_BOOL, cell_int(2));
    assert_trip(PG_FORM_INT2, cell_int(-32768), cell_int(-32768));
    assert_refused(PG_FORM_INT2, cell_int(32768));
    assert_trip(PG_FORM_INT4, cell_int(INT_MIN), cell_int(INT_MIN));
    assert_refused(PG_FORM_INT4, cell_int(2147483648LL));
    assert_trip(PG_FORM_INT8, cell_int(LLONG_MIN), cell_int(LLONG_MIN));
    assert_trip(PG_FORM_INT8, cell_real(5.0), cell_int(5));
    assert_refused(PG_FORM_INT8, cell_real(5.5));
    assert_refused(PG_FORM_INT8, cell_real(9223372036854775808.0));
    assert_refused(PG_FORM_INT8, cell_str("5"));
    assert_trip(PG_FORM_FLOAT8, cell_real(0.1), cell_real(0.1));
    assert_trip(PG_FORM_FLOAT8, cell_int(3), cell_real(3));
    assert_trip(PG_FORM_FLOAT4, cell_real(1.1), cell_real((double)1.1F));
    assert_trip(PG_FORM_FLOAT8, cell_real(-HUGE_VAL), cell_real(-HUGE_VAL));
}

static void texts_and_blobs(void **state)
{
    static const char uuid[] = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    (void)state;
    assert_trip(PG_FORM_TEXT, cell_str("caf\xc3\xa9"), cell_str("caf\xc3\xa9"));
    assert_trip(PG_FORM_TEXT, cell_str(""), cell_str(""));
    assert_refused(PG_FORM_TEXT, cell_text("a\0b", 3));
    assert_refused(PG_FORM_TEXT, cell_int(1));
    assert_trip(PG_FORM_BYTES, cell_blob("\0\xff", 2), cell_blob("\0\xff", 2));
    assert_refused(PG_FORM_BYTES, cell_str("x"));
    assert_trip(PG_FORM_UUID, cell_str(uuid), cell_str(uuid));
    assert_trip(PG_FORM_UUID, cell_str("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), cell_str(uuid));
    assert_refused(PG_FORM_UUID, cell_str("a0eebc999c0b4ef8bb6d6bb9bd380a11"));
    assert_refused(PG_FORM_UUID, cell_str("g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
}

static void random_bytes_are_not_believed(void **state)
{
    char scratch[PG_SCRATCH];
    unsigned char *bytes;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        unsigned char n;
        struct cell got;
        sqlite3_randomness(1, &n);
        n %= 40;
        bytes = malloc(n ? n : 1); /* exact size: a sanitizer sees a byte too many */
        sqlite3_randomness(n, bytes);
        for (int form = PG_FORM_NONE; form <= PG_FORM_UUID; form++) {
            if (pg_decode((enum pg_form)form, bytes, n, &got, scratch) && got.cls == CELL_TEXT &&
                got.terminated)
                assert_true(got.n < PG_SCRATCH);
        }
        free(bytes);
    }
}

static void columns_are_described(void **state)
{
    struct pg_column column;
    struct type type;
    (void)state;
    pg_describe(1043, 84, &column, &type);
    assert_int_equal(type.id, CT_VARCHAR);
    assert_int_equal(type.length, 80);
    assert_string_equal(type.text, "character varying(80)");
    pg_describe(1700, (10 << 16 | 2) + 4, &column, &type);
    assert_int_equal(type.precision, 10);
    assert_int_equal(type.scale, 2);
    pg_describe(1700, (3 << 16 | (-2 & 0x7FF)) + 4, &column, &type);
    assert_int_equal(type.scale, -2);
    pg_describe(1700, -1, &column, &type);
    assert_int_equal(type.precision, 0);
    pg_describe(869, -1, &column, &type); /* inet */
    assert_int_equal(type.id, CT_OTHER);
    assert_int_equal(column.form, PG_FORM_NONE);
    for (int id = 0; id < CT_N; id++) {
        const struct pg_travel *travel = pg_travel((enum coltype)id);
        assert_true((travel->oid == 0) == (travel->name == NULL));
        assert_true(travel->form == PG_FORM_NONE || travel->oid != 0);
        assert_true((travel->copy == PG_FORM_NONE) == (travel->copy_oid == 0));
    }
}

/* ---- statements as text ---------------------------------------------------------------------------------- */

static void verbs(void **state)
{
    static const struct {
        const char *sql;
        enum pg_verb verb;
    } cases[] = {
        {"SELECT 1", VERB_READ},
        {" -- x\n /* y /* z */ */ (select 1)", VERB_READ},
        {"WITH a AS (SELECT 1) TABLE a", VERB_READ},
        {"SELECTION", VERB_OTHER},
        {"begin isolation level repeatable read", VERB_BEGIN},
        {"COMMIT", VERB_COMMIT},
        {"commit prepared 'x'", VERB_ALONE},
        {"ROLLBACK", VERB_ROLLBACK},
        {"ROLLBACK TO SAVEPOINT a", VERB_ROLLBACK_TO},
        {"ROLLBACK WORK TO a", VERB_ROLLBACK_TO},
        {"ROLLBACK PREPARED 'x'", VERB_ALONE},
        {"create unique index concurrently i on t(a)", VERB_ALONE},
        {"create unique index i on t(a)", VERB_OTHER},
        {"VACUUM t", VERB_ALONE},
        {"PREPARE TRANSACTION 'x'", VERB_PREPARE},
        {"PREPARE x AS SELECT 1", VERB_OTHER},
        {"copy t to stdout", VERB_COPY},
        {"INSERT INTO t VALUES(1)", VERB_WRITE},
        {"", VERB_OTHER},
        {"/* unended", VERB_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(pg_verb(cases[i].sql), cases[i].verb);
}

static void assert_inlined(const char *sql, const struct arg *args, int nargs, const char *want)
{
    struct buf out;
    struct err err;
    buf_init(&out, LIMIT);
    assert_int_equal(pg_inline_args(sql, args, nargs, &out, &err), SQLITE_OK);
    buf_add(&out, "", 1);
    assert_int_equal(out.rc, SQLITE_OK);
    assert_string_equal((const char *)out.data, want);
    buf_clear(&out);
}

static void arguments_become_literals(void **state)
{
    struct type ints = {.id = CT_INT4, .text = "integer"}, texts = {.id = CT_TEXT, .text = "text"},
                blobs = {.id = CT_BLOB, .text = "bytea"}, others = {.id = CT_OTHER, .text = "inet"};
    struct cell five = cell_int(-5), quote = cell_str("it's"), slash = cell_str("a\\'b"),
                nothing = cell_null(), bytes = cell_blob("\0\xab", 2),
                list[] = {cell_int(1), cell_null()}, other[] = {cell_str("a\"b")};
    struct arg args[] = {
        {.type = &ints, .cells = &five, .ncells = 1},
        {.type = &texts, .cells = &quote, .ncells = 1},
        {.type = &texts, .cells = &slash, .ncells = 1},
        {.type = &texts, .cells = &nothing, .ncells = 1},
        {.type = &blobs, .cells = &bytes, .ncells = 1},
        {.type = &ints, .cells = list, .ncells = 2, .array = true},
        {.type = &others, .cells = other, .ncells = 1, .array = true},
        {.type = &ints, .cells = list, .ncells = 0, .array = true},
    };
    struct buf out;
    struct err err;
    (void)state;
    assert_inlined("a=$1::int8", args, 8, "a= ('-5')::int8::int8");
    assert_inlined("$2,$3", args, 8, " ('it''s')::text, ( E'a\\\\''b')::text");
    assert_inlined("$4", args, 8, " (NULL)::text");
    assert_inlined("$5", args, 8, " ( E'\\\\x00ab')::bytea");
    assert_inlined("$6 $8", args, 8, " (ARRAY['1',NULL])::int8[]  ('{}')::int8[]");
    assert_inlined("$7", args, 8, " ( E'{\"a\\\\\"b\"}')");
    assert_inlined(
        "'$1' \"$1\" E'\\'$1' $q$ $1 $q$ $$ $1 $$ a$1 -- $1\n/* $1 /* $1 */ $1 */ $1", args, 8,
        "'$1' \"$1\" E'\\'$1' $q$ $1 $q$ $$ $1 $$ a$1 -- $1\n/* $1 /* $1 */ $1 */  ('-5')::int8");
    buf_init(&out, LIMIT);
    assert_int_equal(pg_inline_args("$9", args, 8, &out, &err), SQLITE_ERROR);
    assert_int_equal(pg_inline_args("$0", args, 8, &out, &err), SQLITE_ERROR);
    five = cell_str("x");
    assert_int_equal(pg_inline_args("$1", args, 8, &out, &err), SQLITE_CONSTRAINT_DATATYPE);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numeric_texts_keep_their_value),
        cmocka_unit_test(numeric_random_reals_come_back),
        cmocka_unit_test(numeric_specials),
        cmocka_unit_test(numeric_short),
        cmocka_unit_test(dates_as_the_server_prints_them),
        cmocka_unit_test(timestamps_as_the_server_prints_them),
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts_and_blobs),
        cmocka_unit_test(random_bytes_are_not_believed),
        cmocka_unit_test(columns_are_described),
        cmocka_unit_test(verbs),
        cmocka_unit_test(arguments_become_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
