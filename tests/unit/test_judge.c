/* The verdicts of each dialect, written out: what each operator is for a column of the server under each collation of
** a comparison.  Exact: E by an index of the column, D with a second condition behind that, C as D and the value is
** converted to the column's own type or character set, e without index.  Superset: S by index, s without.  - local.  Then
** the types in which the values travel.  So a row that says more or less than it did is seen here; that the exact ones are
** exact is for tests/differential to find out, that the server uses the index for tests/differential/indexes.py.  Each row
** of a dialect must be the answer to something here. */
#include "unit.h"

#include "planning.h"

#include <string.h>

#define ROWS_MAX 200
#define LETTERS 32
#define ARGS 200

/* = <> < <= > >=, then IS NULL and IS NOT NULL, then IN, then LIKE and GLOB, then ORDER BY */
static const enum op ops[] = {OP_EQ,     OP_NE,      OP_LT, OP_LE,   OP_GT,   OP_GE,
                              OP_ISNULL, OP_NOTNULL, OP_IN, OP_LIKE, OP_GLOB, OP_ORDER};
static const char groups[] = "111111223445"; /* a blank stands where the digit changes */

struct line {
    const char *column; /* its type, and more as planning_init reads it */
    const char *binary, *nocase, *rtrim;
    const char *args; /* of all three */
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Does the column stand by itself in what the form says first (a cast to its own type changes nothing)? */
static bool keeps_index(const struct judgement *j)
{
    const char *form = j->form + strspn(j->form, "(");
    if (j->parts != NULL || strcmp(form, "{c}") == 0 || begins(form, "{c}::{x} "))
        return true;
    return begins(form, "{c} ") && !begins(form, "{c} COLLATE") && !begins(form, "{c} + ");
}

static char letter_of(const struct judgement *j)
{
    bool index = keeps_index(j);
    if (j->verdict != VERDICT_EXACT)
        return index ? 'S' : 's';
    if (!index)
        return 'e';
    if (j->parts != NULL || j->form[0] != '(' || strstr(j->form, " AND ") == NULL)
        return 'E';
    return strstr(j->form, "{x}") != NULL || j->element != NULL ? 'C' : 'D';
}

/* The types in which the values of a line travel: each with how many operators in a row have it; alone, all have it. */
struct args {
    enum coltype type;
    int n; /* operators with that type since it came */
    char text[ARGS];
};

static void args_end(struct args *a)
{
    size_t used = strlen(a->text);
    if (used == 0)
        sqlite3_snprintf(ARGS, a->text, "%s", a->n > 0 ? coltype_name(a->type) : "");
    else
        sqlite3_snprintf((int)(ARGS - used), a->text + used, "%d %s", a->n, coltype_name(a->type));
}

static void args_add(struct args *a, const struct planning *p, const struct judgement *j,
                     enum op op)
{
    if (op == OP_ISNULL || op == OP_NOTNULL || op == OP_ORDER)
        return;
    enum coltype type = judge_arg(j, p->remote->columns[0].type.id);
    if (a->n > 0 && type != a->type) {
        size_t used = strlen(a->text);
        sqlite3_snprintf((int)(ARGS - used), a->text + used, "%d %s, ", a->n,
                         coltype_name(a->type));
        a->n = 0;
    }
    a->type = type;
    a->n++;
}

/* Texts are compared by a row of their own under each collation, as far as they are compared. */
static void collations_differ(const struct planning *p)
{
    const struct dialect *d = p->context.dialect;
    for (size_t i = 0; i < COUNT(ops) && coltype_is_text(p->remote->columns[0].type.id); i++) {
        const struct judgement *rows[3];
        for (int k = 0; k < 3; k++)
            rows[k] = judge_find(d, p->remote, 0, ops[i], (enum collation)k);
        if (groups[i] == '2' || groups[i] == '4') /* IS NULL; LIKE, GLOB */
            continue;
        for (int k = 0; k < 3; k++)
            if (rows[k] != NULL && rows[k] == rows[(k + 1) % 3])
                fail_msg("%s: one row for two collations: %s", d->name, rows[k]->form);
    }
}

static void verdicts_of(struct planning *p, enum collation collation, bool *seen, char out[LETTERS],
                        struct args *args)
{
    const struct dialect *d = p->context.dialect;
    for (size_t i = 0; i < COUNT(ops); i++) {
        const struct judgement *j = judge_find(d, p->remote, 0, ops[i], collation);
        if (i > 0 && groups[i] != groups[i - 1])
            *out++ = ' ';
        *out++ = j != NULL ? letter_of(j) : '-';
        if (j == NULL)
            continue;
        seen[judge_number(d, j)] = true;
        args_add(args, p, j, ops[i]);
    }
    *out = '\0';
}

static void line_is(const struct dialect *d, const struct line *line, bool byte_index, bool *seen)
{
    static const char *const names[] = {"BINARY", "NOCASE", "RTRIM"};
    const char *const expected[] = {line->binary, line->nocase, line->rtrim};
    struct planning p;
    struct args args = {.n = 0};
    char column[200], got[LETTERS];
    sqlite3_snprintf(sizeof column, column, "a %s", line->column);
    planning_init(&p, d, "a", column);
    if (byte_index) {
        planning_index(&p, "a", false, 10);
        p.remote->indexes[0].bytes[0] = true;
    }
    for (int i = 0; i < 3; i++) {
        verdicts_of(&p, (enum collation)i, seen, got, &args);
        if (strcmp(got, expected[i]) != 0)
            print_message("%s, %s, %s:\n     is %s\nnot %s\n", d->name, line->column, names[i], got,
                          expected[i]);
        assert_string_equal(got, expected[i]);
    }
    collations_differ(&p);
    args_end(&args);
    if (strcmp(args.text, line->args) != 0)
        print_message("%s, %s: values travel\nas %s\nnot %s\n", d->name, line->column, args.text,
                      line->args);
    assert_string_equal(args.text, line->args);
    planning_clear(&p);
}

static void lines_are(const struct dialect *d, const struct line *lines, size_t n, bool byte_index,
                      bool *seen)
{
    for (size_t i = 0; i < n; i++)
        line_is(d, &lines[i], byte_index, seen);
}

static void all_seen(const struct dialect *d, const bool *seen)
{
    for (int i = 0; judge_row(d, i) != NULL; i++) {
        if (!seen[i] &&
            judge_row(d, i)->verdict != VERDICT_LOCAL) /* which the lines show without it */
            fail_msg("%s: no line here is answered by row %d: %s", d->name, i,
                     judge_row(d, i)->form);
    }
}

static void postgres(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"boolean", "EEeeee EE e -- E", "EEeeee EE e -- E", "EEeeee EE e -- E",
         "2 boolean, 5 bigint, 2 boolean, 5 bigint, 2 boolean, 5 bigint"},
        {"smallint", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"integer", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"bigint", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"float4", "eeeeee EE e -- E", "eeeeee EE e -- E", "eeeeee EE e -- E", "double"},
        {"double precision", "EDEEDD EE E -- E", "EDEEDD EE E -- E", "EDEEDD EE E -- E", "double"},
        {"numeric(15,2)", "EDEEDD EE E -- E", "EDEEDD EE E -- E", "EDEEDD EE E -- E", "numeric"},
        {"numeric(16,2)", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "numeric"},
        {"numeric(3,5)", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "numeric"},
        {"numeric", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "numeric"},
        {"text/bytes", "EEEEEE EE E s- E", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"text/equal", "EEeeee EE E s- e", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"text/loose", "Deeeee EE D s- e", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"text/bytes/other", "EE---- EE E s- -", "ee---- EE - s- -", "ee---- EE - s- -", "text"},
        {"varchar(80)/equal/other", "EE---- EE E s- -", "ee---- EE - s- -", "ee---- EE - s- -",
         "text"},
        {"char(5)/pad/other", "De---- EE - -- -", "ee---- EE - -- -", "ee---- EE - -- -", "text"},
        {"json/equal/other", "ee---- EE e -- -", "------ EE - -- -", "------ EE - -- -", "text"},
        {"varchar(80)/bytes", "EEEEEE EE E s- E", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"varchar(80)/equal", "EEeeee EE E s- e", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"varchar(80)/loose", "Deeeee EE D s- e", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"char(5)/pad", "Deeeee EE - -- e", "eeeeee EE - -- -", "eeeeee EE - -- -", "text"},
        {"bytea", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "blob"},
        {"uuid", "EEEEEE EE E -- E", "------ EE - -- E", "------ EE - -- E", "uuid"},
        {"date", "EEDDDD EE E -- E", "------ EE - -- -", "------ EE - -- -", "date"},
        {"time", "EEEEEE EE E -- E", "------ EE - -- -", "------ EE - -- -", "time"},
        {"timestamp", "EEDDDD EE E -- E", "------ EE - -- -", "------ EE - -- -", "datetime"},
        {"timestamptz", "EEDDDD EE E -- E", "------ EE - -- -", "------ EE - -- -",
         "datetime with time zone"},
        {"interval", "eeeeee EE e -- e", "------ EE - -- -", "------ EE - -- -", "text"},
        {"json", "eeeeee EE e -- e", "------ EE - -- -", "------ EE - -- -", "text"},
        {"jsonb", "eeeeee EE e -- e", "------ EE - -- -", "------ EE - -- -", "text"},
        {"enum('a','b')", "Eeeeee EE E -- e", "------ EE - -- -", "------ EE - -- -", "text"},
        {"inet", "eeeeee EE e -- e", "------ EE - -- -", "------ EE - -- -", "text"},
        {"citext/loose", "Ceeeee EE C -- e", "------ EE - -- -", "------ EE - -- -", "text"},
        {"enum('a','b')//other", "ee---- EE e -- -", "------ EE - -- -", "------ EE - -- -",
         "text"},
        {"citext/loose/other", "ee---- EE e -- -", "------ EE - -- -", "------ EE - -- -", "text"},
    };
    static const struct line patterns[] = {
        {"text/equal", "EEEEEE EE E s- e", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"varchar(80)/equal", "EEEEEE EE E s- e", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
        {"text/loose", "Deeeee EE D s- e", "eeeeee EE - s- e", "eeeeee EE - s- e", "text"},
    };
    bool seen[ROWS_MAX] = {false};
    lines_are(&postgres_dialect, lines, COUNT(lines), false, seen);
    lines_are(&postgres_dialect, patterns, COUNT(patterns), true, seen);
    all_seen(&postgres_dialect, seen);
}

static void mysql(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"bigint", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"smallint", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"integer", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"boolean", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"bigint unsigned", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "bigint"},
        {"float4", "eeeeee EE e -- e", "eeeeee EE e -- e", "eeeeee EE e -- e", "double"},
        {"double precision", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "double"},
        {"decimal(15,2)", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "numeric"},
        {"decimal(16,2)", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "S-SSSS EE - -- -", "double"},
        {"varchar(256)/bytes/utf8mb4", "EEEEEE EE E s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"varchar(257)/bytes/utf8mb4", "EEEEEE EE E s- -", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"text/bytes/utf8mb4", "EEEEEE EE E s- -", "s----- EE - s- -", "eeeeee EE - s- -", "text"},
        {"varchar(80)/bytes/latin1", "Ceeeee EE C s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"varchar(256)/loose/utf8mb4", "Deeeee EE D s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"char(20)/bytes/utf8mb4", "EEEEEE EE E s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"char(20)/bytes/latin1", "Ceeeee EE C s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"char(20)/loose/utf8mb4", "Deeeee EE D s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"varchar(257)/loose/utf8mb4", "Deeeee EE D s- -", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"text/loose/utf8mb4", "Deeeee EE D s- -", "s----- EE - s- -", "eeeeee EE - s- -", "text"},
        {"varchar(80)/pad/utf8mb4", "Deeeee EE D s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"varchar(80)/loose/latin1", "Ceeeee EE C s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"char(20)/loose/latin1", "Ceeeee EE C s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"text/loose/latin1", "Ceeeee EE C s- -", "s----- EE - s- -", "eeeeee EE - s- -", "text"},
        {"blob", "EEEEEE EE E -- -", "EEEEEE EE E -- -", "EEEEEE EE E -- -", "blob"},
        {"varbinary(1024)", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "blob"},
        {"varbinary(1025)", "EEEEEE EE E -- -", "EEEEEE EE E -- -", "EEEEEE EE E -- -", "blob"},
        {"binary(16)", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "EEEEEE EE E -- E", "blob"},
        {"date", "EEEEEE Ee E -- E", "------ Ee - -- -", "------ Ee - -- -", "date"},
        {"datetime", "EEEEEE Ee E -- E", "------ Ee - -- -", "------ Ee - -- -", "datetime"},
        {"timestamptz", "EEEEEE EE E -- E", "------ EE - -- -", "------ EE - -- -",
         "datetime with time zone"},
        {"time", "EESSSS EE E -- -", "------ EE - -- -", "------ EE - -- -", "time"},
        {"enum('a','b')/loose/utf8mb4", "Deeeee EE C -- e", "------ EE - -- -", "------ EE - -- -",
         "text"},
        {"enum('a','b')/loose/latin1", "Ceeeee EE C -- e", "------ EE - -- -", "------ EE - -- -",
         "text"},
        {"json/loose/utf8mb4", "eeeeee EE e -- -", "------ EE - -- -", "------ EE - -- -", "text"},
        {"uuid", "Deeeee EE D -- e", "------ EE - -- -", "------ EE - -- -", "text"},
        {"inet6", "------ EE - -- -", "------ EE - -- -", "------ EE - -- -", ""},
    };
    static const struct line indexed[] = {
        {"varchar(256)/bytes/utf8mb4", "EEEEEE EE E s- E", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"char(20)/bytes/utf8mb4", "EEEEEE EE E s- E", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"varchar(257)/bytes/utf8mb4", "EEEEEE EE E s- -", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"text/bytes/utf8mb4", "EEEEEE EE E s- -", "s----- EE - s- -", "eeeeee EE - s- -", "text"},
        {"varchar(80)/bytes/latin1", "Ceeeee EE C s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
        {"varchar(80)/loose/utf8mb4", "Deeeee EE D s- e", "s----- EE - s- -", "eeeeee EE - s- -",
         "text"},
    };
    static const struct dialect *const dialects[] = {&mariadb_dialect, &mysql_dialect};
    for (size_t i = 0; i < COUNT(dialects); i++) {
        bool seen[ROWS_MAX] = {false};
        lines_are(dialects[i], lines, COUNT(lines), false, seen);
        lines_are(dialects[i], indexed, COUNT(indexed), true, seen);
        all_seen(dialects[i], seen);
    }
}

static void sqlite(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"INTEGER/bytes", "EEEEEE EE E SS E", "eeeeee EE e SS e", "eeeeee EE e SS e",
         "7 integer, 2 text, 7 integer, 2 text, 7 integer, 2 text"},
        {"TEXT/bytes", "EEEEEE EE E SS E", "eeeeee EE e SS e", "eeeeee EE e SS e", "text"},
        {"TEXT/loose", "eeeeee EE e SS e", "eeeeee EE e SS e", "eeeeee EE e SS e", "text"},
        {"TEXT/bytes/utf16", "EE---- EE E SS -", "eeeeee EE e SS e", "eeeeee EE e SS e", "text"},
        {"TEXT/loose/utf16", "ee---- EE e SS -", "eeeeee EE e SS e", "eeeeee EE e SS e", "text"},
        {"BLOB/loose", "eeeeee EE e SS e", "eeeeee EE e SS e", "eeeeee EE e SS e",
         "7 blob, 2 text, 7 blob, 2 text, 7 blob, 2 text"},
    };
    bool seen[ROWS_MAX] = {false};
    lines_are(&sqlite_dialect, lines, COUNT(lines), false, seen);
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
