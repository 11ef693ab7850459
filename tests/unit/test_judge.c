/* The verdicts of each dialect, written out: what each operator is for a column of the server under each collation of
** a comparison: e exact, s superset, - local.  So a row that says more or less than it did is seen here; that the exact
** ones are exact is for tests/differential to find out.  Each row of a dialect must be the answer to something here. */
#include "unit.h"

#include "planning.h"

#include <string.h>

#define ROWS_MAX 200
#define LETTERS 32

/* = <> < <= > >=, then IS NULL and IS NOT NULL, then IN, then LIKE and GLOB, then ORDER BY */
static const enum op ops[] = {OP_EQ,     OP_NE,      OP_LT, OP_LE,   OP_GT,   OP_GE,
                              OP_ISNULL, OP_NOTNULL, OP_IN, OP_LIKE, OP_GLOB, OP_ORDER};
static const char groups[] = "111111223445"; /* a blank stands where the digit changes */

struct line {
    const char *column; /* its type, and more as planning_init reads it */
    const char *binary, *nocase, *rtrim;
};

static void verdicts_of(struct planning *p, enum collation collation, bool *seen, char out[LETTERS])
{
    const struct dialect *d = p->context.dialect;
    for (size_t i = 0; i < COUNT(ops); i++) {
        const struct judgement *j = judge_find(d, p->remote, 0, ops[i], collation);
        if (i > 0 && groups[i] != groups[i - 1])
            *out++ = ' ';
        *out++ = j == NULL ? '-' : j->verdict == VERDICT_EXACT ? 'e' : 's';
        if (j != NULL)
            seen[judge_number(d, j)] = true;
    }
    *out = '\0';
}

static void line_is(const struct dialect *d, const struct line *line, bool byte_index, bool *seen)
{
    static const char *const names[] = {"BINARY", "NOCASE", "RTRIM"};
    const char *const expected[] = {line->binary, line->nocase, line->rtrim};
    struct planning p;
    char column[200], got[LETTERS];
    sqlite3_snprintf(sizeof column, column, "a %s", line->column);
    planning_init(&p, d, "a", column);
    if (byte_index) {
        planning_index(&p, "a", false, 10);
        p.remote->indexes[0].bytes[0] = true;
    }
    for (int i = 0; i < 3; i++) {
        verdicts_of(&p, (enum collation)i, seen, got);
        if (strcmp(got, expected[i]) != 0)
            print_message("%s, %s, %s:\n     is %s\nnot %s\n", d->name, line->column, names[i], got,
                          expected[i]);
        assert_string_equal(got, expected[i]);
    }
    planning_clear(&p);
}

static void lines_are(const struct dialect *d, const struct line *lines, size_t n, bool *seen)
{
    for (size_t i = 0; i < n; i++)
        line_is(d, &lines[i], false, seen);
}

static void all_seen(const struct dialect *d, const bool *seen)
{
    for (int i = 0; judge_row(d, i) != NULL; i++) {
        if (!seen[i])
            fail_msg("%s: no line here is answered by row %d: %s", d->name, i,
                     judge_row(d, i)->form);
    }
}

static void postgres(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"boolean", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"smallint", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"integer", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"bigint", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"float4", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"double precision", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"numeric(15,2)", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"numeric(16,2)", "s-ssss ee - -- -", "s-ssss ee - -- -", "s-ssss ee - -- -"},
        {"numeric(3,5)", "s-ssss ee - -- -", "s-ssss ee - -- -", "s-ssss ee - -- -"},
        {"numeric", "s-ssss ee - -- -", "s-ssss ee - -- -", "s-ssss ee - -- -"},
        {"text/bytes", "eeeeee ee e s- e", "eeeeee ee - s- e", "eeeeee ee - s- e"},
        {"text/equal", "eeeeee ee e s- e", "eeeeee ee - s- e", "eeeeee ee - s- e"},
        {"text/loose", "eeeeee ee e s- e", "eeeeee ee - s- e", "eeeeee ee - s- e"},
        {"varchar(80)/bytes", "eeeeee ee e s- e", "eeeeee ee - s- e", "eeeeee ee - s- e"},
        {"varchar(80)/equal", "eeeeee ee e s- e", "eeeeee ee - s- e", "eeeeee ee - s- e"},
        {"varchar(80)/loose", "eeeeee ee e s- e", "eeeeee ee - s- e", "eeeeee ee - s- e"},
        {"char(5)/pad", "eeeeee ee - -- e", "eeeeee ee - -- -", "eeeeee ee - -- -"},
        {"bytea", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"uuid", "eeeeee ee e -- e", "------ ee - -- e", "------ ee - -- e"},
        {"date", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"time", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"timestamp", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"timestamptz", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"interval", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"json", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"jsonb", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"enum('a','b')", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"inet", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"citext/loose", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
    };
    static const struct line pattern = {"text/equal", "eeeeee ee e s- e", "eeeeee ee - s- e",
                                        "eeeeee ee - s- e"};
    bool seen[ROWS_MAX] = {false};
    lines_are(&postgres_dialect, lines, COUNT(lines), seen);
    line_is(&postgres_dialect, &pattern, true, seen);
    all_seen(&postgres_dialect, seen);
}

static void mysql(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"bigint", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"boolean", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"bigint unsigned", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"float4", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"double precision", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"decimal(15,2)", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"decimal(16,2)", "s-ssss ee - -- -", "s-ssss ee - -- -", "s-ssss ee - -- -"},
        {"varchar(256)/bytes/utf8mb4", "eeeeee ee e s- e", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"varchar(257)/bytes/utf8mb4", "eeeeee ee e s- -", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"text/bytes/utf8mb4", "eeeeee ee e s- -", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"varchar(80)/bytes/latin1", "eeeeee ee e s- e", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"varchar(256)/loose/utf8mb4", "eeeeee ee e s- e", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"char(20)/loose/utf8mb4", "eeeeee ee e s- e", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"varchar(257)/loose/utf8mb4", "eeeeee ee e s- -", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"text/loose/utf8mb4", "eeeeee ee e s- -", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"varchar(80)/pad/utf8mb4", "eeeeee ee e s- e", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"varchar(80)/loose/latin1", "eeeeee ee e s- e", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"text/loose/latin1", "eeeeee ee e s- -", "s----- ee - s- -", "eeeeee ee - s- -"},
        {"blob", "eeeeee ee e -- -", "eeeeee ee e -- -", "eeeeee ee e -- -"},
        {"varbinary(1024)", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"varbinary(1025)", "eeeeee ee e -- -", "eeeeee ee e -- -", "eeeeee ee e -- -"},
        {"binary(16)", "eeeeee ee e -- e", "eeeeee ee e -- e", "eeeeee ee e -- e"},
        {"date", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"datetime", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"timestamptz", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"time", "eessss ee e -- -", "------ ee - -- -", "------ ee - -- -"},
        {"enum('a','b')/loose/utf8mb4", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"enum('a','b')/loose/latin1", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"json/loose/utf8mb4", "eeeeee ee e -- -", "------ ee - -- -", "------ ee - -- -"},
        {"uuid", "eeeeee ee e -- e", "------ ee - -- -", "------ ee - -- -"},
        {"inet6", "------ ee - -- -", "------ ee - -- -", "------ ee - -- -"},
    };
    static const struct line indexed = {"varchar(256)/bytes/utf8mb4", "eeeeee ee e s- e",
                                        "s----- ee - s- -", "eeeeee ee - s- -"};
    static const struct dialect *const dialects[] = {&mariadb_dialect, &mysql_dialect};
    for (size_t i = 0; i < COUNT(dialects); i++) {
        bool seen[ROWS_MAX] = {false};
        lines_are(dialects[i], lines, COUNT(lines), seen);
        line_is(dialects[i], &indexed, true, seen);
        all_seen(dialects[i], seen);
    }
}

static void sqlite(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"INTEGER/bytes", "eeeeee ee e ss e", "eeeeee ee e ss e", "eeeeee ee e ss e"},
        {"TEXT/bytes", "eeeeee ee e ss e", "eeeeee ee e ss e", "eeeeee ee e ss e"},
        {"TEXT/loose", "eeeeee ee e ss e", "eeeeee ee e ss e", "eeeeee ee e ss e"},
        {"BLOB/loose", "eeeeee ee e ss e", "eeeeee ee e ss e", "eeeeee ee e ss e"},
    };
    bool seen[ROWS_MAX] = {false};
    lines_are(&sqlite_dialect, lines, COUNT(lines), seen);
    all_seen(&sqlite_dialect, seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postgres),
        cmocka_unit_test(mysql),
        cmocka_unit_test(sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
