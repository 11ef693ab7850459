/* Right-hand sides against SQLite itself.  For random declared types, values of the column and values on the
** other side (a literal, or a column of any affinity), SQLite says which rows satisfy `c op x`; the outcome of
** rhs_fit, carried out by a plain server of that column's type, must let the same rows through, or more of
** them where it does not claim to be exact. */
#include "unit.h"

#include "sqlgen/rhs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const int_values[] = {"0",
                                         "1",
                                         "-1",
                                         "5",
                                         "7",
                                         "10",
                                         "9007199254740992",
                                         "9007199254740993",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "-5"};
static const char *const real_values[] = {"0.0",
                                          "1.5",
                                          "-1.5",
                                          "5.0",
                                          "0.1",
                                          "1e300",
                                          "-1e300",
                                          "1e-310",
                                          "9007199254740992.0",
                                          "9223372036854775808.0",
                                          "9e999",
                                          "-9e999"};
static const char *const decimal_values[] = {"0",           "1", "0.1",  "12.34", "-12.34",
                                             "99999999.99", "7", "0.01", "-0.01", "5.5"};
static const char *const text_values[] = {
    "''",    "'a'",          "'A'",  "'5'",     "'05'",      "'5.0'", "' 5'", "'a '",
    "'abc'", "'2024-01-01'", "'-1'", "'10:00'", "char(233)", "'9'",   "'z'",  "'1e1'"};
static const char *const date_values[] = {"'2024-01-01'", "'2024-12-31'", "'0001-01-01'",
                                          "'9999-12-31'", "'1999-02-28'"};
static const char *const stamp_values[] = {"'2024-01-01 00:00:00'",        "'2024-01-01 10:00:00'",
                                           "'2024-01-01 10:00:00.500000'", "'0001-01-01 00:00:00'",
                                           "'9999-12-31 23:59:59.999999'", "'2024-01-02 00:00:00'"};
static const char *const time_values[] = {"'00:00:00'", "'10:00:00'", "'10:00:00.500000'",
                                          "'23:59:59.999999'"};
static const char *const blob_values[] = {"x''", "x'61'", "x'00'", "x'ff'", "x'6162'"};
static const char *const uuid_values[] = {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                                          "'00000000-0000-0000-0000-000000000000'"};
static const char *const bool_values[] = {"0", "1"};

static const struct kind {
    const char *declared;
    enum coltype remote;
    int precision, scale;
    enum coltype arg;
    const char *const *values;
    size_t nvalues;
} kinds[] = {
#define VALUES(x) x, COUNT(x)
    {"INTEGER", CT_INT8, 0, 0, CT_INT8, VALUES(int_values)},
    {"NUMERIC", CT_INT8, 0, 0, CT_INT8, VALUES(int_values)},
    {"", CT_INT8, 0, 0, CT_INT8, VALUES(int_values)},
    {"TEXT", CT_INT8, 0, 0, CT_INT8, VALUES(int_values)},
    {"BOOLEAN", CT_BOOL, 0, 0, CT_BOOL, VALUES(bool_values)},
    {"REAL", CT_FLOAT8, 0, 0, CT_FLOAT8, VALUES(real_values)},
    {"INTEGER", CT_FLOAT8, 0, 0, CT_FLOAT8, VALUES(real_values)},
    {"NUMERIC(10,2)", CT_NUMERIC, 10, 2, CT_NUMERIC, VALUES(decimal_values)},
    {"REAL", CT_NUMERIC, 10, 2, CT_NUMERIC, VALUES(decimal_values)},
    {"NUMERIC", CT_NUMERIC, 30, 4, CT_NUMERIC, VALUES(int_values)},
    {"NUMERIC", CT_NUMERIC, 0, 0, CT_NUMERIC, VALUES(real_values)},
    {"TEXT", CT_TEXT, 0, 0, CT_TEXT, VALUES(text_values)},
    {"", CT_TEXT, 0, 0, CT_TEXT, VALUES(text_values)},
    {"INTEGER", CT_TEXT, 0, 0, CT_TEXT, VALUES(text_values)},
    {"DATE", CT_DATE, 0, 0, CT_DATE, VALUES(date_values)},
    {"TEXT", CT_DATE, 0, 0, CT_DATE, VALUES(date_values)},
    {"DATETIME", CT_DATETIME, 0, 0, CT_DATETIME, VALUES(stamp_values)},
    {"TEXT", CT_DATETIMETZ, 0, 0, CT_DATETIMETZ, VALUES(stamp_values)},
    {"TIME", CT_TIME, 0, 0, CT_TIME, VALUES(time_values)},
    {"BLOB", CT_BLOB, 0, 0, CT_BLOB, VALUES(blob_values)},
    {"TEXT", CT_BLOB, 0, 0, CT_BLOB, VALUES(blob_values)},
    {"UUID", CT_UUID, 0, 0, CT_UUID, VALUES(uuid_values)},
    {"TEXT", CT_UUID, 0, 0, CT_UUID, VALUES(uuid_values)},
    {"UUID", CT_CHAR, 0, 0, CT_TEXT, VALUES(uuid_values)},
    {"NUMERIC", CT_VARCHAR, 0, 0, CT_TEXT, VALUES(text_values)},
};

static const char *const odd_values[] = {"NULL",
                                         "0",
                                         "1",
                                         "2",
                                         "5",
                                         "-1",
                                         "5.5",
                                         "5.0",
                                         "1e300",
                                         "9e999",
                                         "-9e999",
                                         "9007199254740993",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "9223372036854775808.0",
                                         "-9223372036854775808.0",
                                         "0.1",
                                         "12.34",
                                         "12.345",
                                         "99999999.995",
                                         "1e-310",
                                         "-0.0",
                                         "''",
                                         "'a'",
                                         "'A'",
                                         "'5'",
                                         "'5.0'",
                                         "' 5 '",
                                         "'5x'",
                                         "'abc'",
                                         "x''",
                                         "x'61'",
                                         "x'35'",
                                         "'2024-01-01'",
                                         "'2024'",
                                         "'2024-01-01 10'",
                                         "'2024-01-01T10:00'",
                                         "'2024-02-30'",
                                         "'2024-01-01 10:00:00.5'",
                                         "'10:00'",
                                         "'10:00:00'",
                                         "'24:00:00'",
                                         "'99999-01-01'",
                                         "'-infinity'",
                                         "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                                         "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                                         "'a0'",
                                         "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a112'",
                                         "'a0eebc9959c0b-4ef8-bb6d-6bb9bd380a11'",
                                         "'a0eebc9--9c0b-4ef8-bb6d-6bb9bd380a11'",
                                         "'g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                                         "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1:'",
                                         "CAST(x'6100' AS TEXT)",
                                         "CAST(x'61ff' AS TEXT)",
                                         "'9223372036854775808'",
                                         "'1e1'",
                                         "'+5'",
                                         "'0x5'"};

static const char *const affinities[] = {"INTEGER", "REAL", "NUMERIC", "TEXT", "BLOB", ""};
static const struct {
    enum op op;
    const char *sql;
} ops[] = {{OP_EQ, "="}, {OP_NE, "<>"}, {OP_LT, "<"},  {OP_LE, "<="},
           {OP_GT, ">"}, {OP_GE, ">="}, {OP_IS, "IS"}, {OP_ISNOT, "IS NOT"}};

static sqlite3 *db;

static void run(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *sql = sqlite3_vmprintf(format, ap);
    va_end(ap);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_free(sql);
}

static bool holds(enum op op, int order)
{
    switch (op) {
    case OP_EQ:
        return order == 0;
    case OP_NE:
    case OP_ISNOT:
        return order != 0;
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* What a server does with `c op argument`, c as it was delivered. */
static bool server_says(const struct rhs_rule *rule, const struct rhs *rhs, const struct cell *c)
{
    struct cell v = rhs->value;
    if (c->cls == CELL_NULL)
        return rhs->op == OP_ISNOT;
    if (rule->domain == DOMAIN_DECIMAL || rule->domain == DOMAIN_WIDE)
        cell_fit_comparison(&v);
    if (rule->domain == DOMAIN_WIDE) { /* the forms' band */
        double x = v.cls == CELL_INT ? (double)v.i : v.r,
               d = c->cls == CELL_INT ? (double)c->i : c->r;
        double margin = fabs(x) * 1e-14 + 1e-300;
        if (rhs->op == OP_EQ)
            return d >= x - margin && d <= x + margin;
        return rhs->op == OP_LT || rhs->op == OP_LE ? d <= x + margin : d >= x - margin;
    }
    /* The argument must be of the type that the server expects. */
    if (rule->domain == DOMAIN_INT)
        assert_int_equal(v.cls, CELL_INT);
    else if (rule->domain == DOMAIN_REAL)
        assert_int_equal(v.cls, CELL_REAL);
    else if (rule->domain == DOMAIN_BLOB)
        assert_int_equal(v.cls, CELL_BLOB);
    else if (rule->domain != DOMAIN_DECIMAL)
        assert_int_equal(v.cls, CELL_TEXT);
    if (rule->domain == DOMAIN_UUID) /* the server would take other spellings, or none */
        assert_true(v.n == 36 && strspn(v.p, "0123456789abcdef-") == 36);
    if (rule->arg == CT_BOOL && (rhs->op == OP_EQ || rhs->op == OP_NE))
        assert_true(v.i == 0 || v.i == 1);
    return holds(rhs->op, cell_compare(c, &v));
}

static bool outcome_says(const struct rhs_rule *rule, const struct rhs *rhs, const struct cell *c)
{
    switch (rhs->outcome) {
    case RHS_NONE:
        return false;
    case RHS_NOT_NULL:
        return c->cls != CELL_NULL;
    case RHS_IS_NULL:
        return c->cls == CELL_NULL;
    case RHS_SEND:
        return server_says(rule, rhs, c);
    default:
        return true;
    }
}

static struct rhs_rule rule_of(const struct kind *k, bool literal, struct arena *arena)
{
    static const struct dialect plain = {.name = "plain"};
    struct type remote = {
        .id = k->remote, .precision = k->precision, .scale = k->scale, .text = ""};
    struct type declared;
    struct err err;
    assert_int_equal(coltype_parse(k->declared, arena, &declared, &err), SQLITE_OK);
    return (struct rhs_rule){
        .domain = rhs_domain(&plain, &remote, &declared),
        .affinity = rhs_affinity(&declared),
        .arg = k->arg,
        .precision = k->precision,
        .scale = k->scale,
        .literal = literal,
        .without_nul = true,
    };
}

static bool is_range(enum op op)
{
    return op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;
}

/* A text that does not look like a number, nor could be cut or padded. */
static bool is_word(const struct cell *v)
{
    return v->cls == CELL_TEXT && v->n > 2 && v->p[0] == 'a' && v->p[1] == 'b';
}

struct counts {
    int cases, exact, sent, dropped;
};

/* All rows of t for one right-hand side: SQL text of it, and its value as SQLite would hand it over. */
static void check(const struct kind *k, const struct rhs_rule *rule, int o, const char *from,
                  const char *x, struct counts *counts)
{
    sqlite3_stmt *stmt;
    char *sql = sqlite3_mprintf("SELECT t.c, %s, t.c %s %s FROM %s", x, ops[o].sql, x, from);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        struct rhs rhs;
        memset(&rhs, 1, sizeof rhs); /* what is not written is found */
        sqlite3_value *copy = sqlite3_value_dup(sqlite3_column_value(stmt, 1));
        sqlite3_value *left = sqlite3_value_dup(sqlite3_column_value(stmt, 0));
        struct cell c = cell_from_value(left), v = cell_from_value(copy);
        bool truth = sqlite3_column_int(stmt, 2) == 1;
        assert_int_equal(rhs_fit(rule, ops[o].op, &v, copy, &rhs), SQLITE_OK);
        bool says = outcome_says(rule, &rhs, &c);
        if ((truth && !says) || (rhs.exact && truth != says))
            fail_msg("declared '%s' domain %d: %s %s %s (%s): SQLite %d, here %d (outcome %d, op "
                     "%d, exact %d)",
                     k->declared, rule->domain, sqlite3_column_text(stmt, 0), ops[o].sql,
                     sqlite3_column_text(stmt, 1), from, truth, says, rhs.outcome, rhs.op,
                     rhs.exact);
        if (rhs_always_exact(rule, ops[o].op) && !rhs.exact)
            fail_msg("declared '%s' domain %d: %s %s is not always exact", k->declared,
                     rule->domain, ops[o].sql, sqlite3_column_text(stmt, 1));
        if (rule->domain == DOMAIN_UUID && v.cls == CELL_TEXT && !is_range(ops[o].op) &&
            rhs_is_numeric(rule->affinity))
            assert_true(rhs.exact); /* no index is needed for what is no uuid */
        if (rule->domain == DOMAIN_WORDS && is_word(&v) && ops[o].op == OP_EQ)
            assert_true(rhs.outcome == RHS_SEND && (rhs.exact || !rule->literal));
        counts->cases++;
        counts->exact += rhs.exact;
        counts->sent += rhs.outcome == RHS_SEND;
        counts->dropped += rhs.outcome == RHS_DROP;
        sqlite3_value_free(copy);
        sqlite3_value_free(left);
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    sqlite3_free(sql);
}

static void against_sqlite(void **state)
{
    (void)state;
    struct counts counts = {0};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct kind *k = &kinds[i];
        struct arena arena;
        arena_init(&arena);
        run("DROP TABLE IF EXISTS t; CREATE TABLE t(c %s); INSERT INTO t VALUES (NULL)",
            k->declared);
        for (size_t j = 0; j < k->nvalues; j++)
            run("INSERT INTO t VALUES (%s)", k->values[j]);
        struct rhs_rule literal = rule_of(k, true, &arena), column = rule_of(k, false, &arena);
        for (size_t o = 0; o < COUNT(ops); o++) {
            for (size_t j = 0; j < COUNT(odd_values); j++) {
                if (strstr(odd_values[j], "CAST") == NULL) /* has an affinity */
                    check(k, &literal, (int)o, "t", odd_values[j], &counts);
            }
            for (size_t j = 0; j < k->nvalues; j++)
                check(k, &literal, (int)o, "t", k->values[j], &counts);
        }
        for (size_t a = 0; a < COUNT(affinities); a++) {
            run("DROP TABLE IF EXISTS o; CREATE TABLE o(x %s)", affinities[a]);
            for (size_t j = 0; j < COUNT(odd_values); j++)
                run("INSERT INTO o VALUES (%s)", odd_values[j]);
            for (size_t j = 0; j < k->nvalues; j++)
                run("INSERT INTO o VALUES (%s)", k->values[j]);
            for (size_t o = 0; o < COUNT(ops); o++)
                check(k, &column, (int)o, "t, o", "o.x", &counts);
        }
        arena_clear(&arena);
    }
    print_message("%d comparisons: %d exact, %d sent, %d dropped\n", counts.cases, counts.exact,
                  counts.sent, counts.dropped);
    assert_true(counts.exact > counts.cases / 2);
}

/* What a column of the server is in a declared one, and what of that decides. */
static void domains(void **state)
{
    (void)state;
    static const struct {
        const char *declared;
        enum coltype remote;
        int precision, scale;
        enum domain domain;
    } cases[] = {
        {"INTEGER", CT_INT4, 0, 0, DOMAIN_INT},      {"REAL", CT_INT4, 0, 0, DOMAIN_INT},
        {"TEXT", CT_INT4, 0, 0, DOMAIN_MIXED},       {"NUMERIC", CT_INT8, 0, 0, DOMAIN_INT},
        {"REAL", CT_INT8, 0, 0, DOMAIN_MIXED},       {"INTEGER", CT_UINT8, 0, 0, DOMAIN_UINT},
        {"REAL", CT_UINT8, 0, 0, DOMAIN_MIXED},      {"BOOLEAN", CT_BOOL, 0, 0, DOMAIN_INT},
        {"REAL", CT_FLOAT8, 0, 0, DOMAIN_REAL},      {"INTEGER", CT_FLOAT4, 0, 0, DOMAIN_REAL},
        {"REAL", CT_NUMERIC, 15, 0, DOMAIN_DECIMAL}, {"REAL", CT_NUMERIC, 16, 0, DOMAIN_WIDE},
        {"REAL", CT_NUMERIC, 2, 2, DOMAIN_DECIMAL},  {"REAL", CT_NUMERIC, 2, 3, DOMAIN_WIDE},
        {"REAL", CT_NUMERIC, 9, -1, DOMAIN_WIDE},    {"REAL", CT_NUMERIC, 0, 0, DOMAIN_WIDE},
        {"TEXT", CT_NUMERIC, 9, 2, DOMAIN_MIXED},    {"TEXT", CT_BLOB, 0, 0, DOMAIN_BLOB},
        {"DATE", CT_DATE, 0, 0, DOMAIN_DATE},        {"TEXT", CT_TIME, 0, 0, DOMAIN_TIME},
        {"", CT_DATETIME, 0, 0, DOMAIN_DATETIME},    {"", CT_DATETIMETZ, 0, 0, DOMAIN_DATETIME},
        {"UUID", CT_UUID, 0, 0, DOMAIN_UUID},        {"TEXT", CT_UUID, 0, 0, DOMAIN_UUID},
        {"TEXT", CT_TEXT, 0, 0, DOMAIN_TEXT},        {"", CT_TEXT, 0, 0, DOMAIN_TEXT},
        {"INTEGER", CT_TEXT, 0, 0, DOMAIN_WORDS},    {"NUMERIC", CT_VARCHAR, 0, 0, DOMAIN_WORDS},
        {"UUID", CT_CHAR, 0, 0, DOMAIN_WORDS},       {"REAL", CT_TEXT, 0, 0, DOMAIN_WORDS},
        {"JSON", CT_JSON, 0, 0, DOMAIN_MIXED},       {"TEXT", CT_JSON, 0, 0, DOMAIN_TEXT},
        {"TEXT", CT_ENUM, 0, 0, DOMAIN_TEXT},        {"INET", CT_OTHER, 0, 0, DOMAIN_MIXED},
    };
    static const char *const types[] = {"INTEGER", "NUMERIC", "REAL", "TEXT", ""};
    static const enum domain any[COUNT(types)][COUNT(types)] = {
        /* declared, each by what it is there */
        {DOMAIN_ANY_NUMERIC, DOMAIN_ANY_NUMERIC, DOMAIN_ANY_NUMERIC, DOMAIN_MIXED, DOMAIN_MIXED},
        {DOMAIN_ANY_NUMERIC, DOMAIN_ANY_NUMERIC, DOMAIN_ANY_NUMERIC, DOMAIN_MIXED, DOMAIN_MIXED},
        {DOMAIN_MIXED, DOMAIN_MIXED, DOMAIN_ANY_NUMERIC, DOMAIN_MIXED, DOMAIN_MIXED},
        {DOMAIN_MIXED, DOMAIN_MIXED, DOMAIN_MIXED, DOMAIN_ANY_TEXT, DOMAIN_MIXED},
        {DOMAIN_MIXED, DOMAIN_MIXED, DOMAIN_MIXED, DOMAIN_MIXED, DOMAIN_ANY_BLOB}};
    static const struct dialect fixed = {.name = "fixed"},
                                dynamic = {.name = "any", .dynamic_types = true};
    struct type declared, there;
    struct arena arena;
    struct err err;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        there = (struct type){.id = cases[i].remote,
                              .precision = cases[i].precision,
                              .scale = cases[i].scale,
                              .text = ""};
        assert_int_equal(coltype_parse(cases[i].declared, &arena, &declared, &err), SQLITE_OK);
        if (rhs_domain(&fixed, &there, &declared) != cases[i].domain)
            fail_msg("%s declared '%s'", coltype_name(cases[i].remote), cases[i].declared);
    }
    for (size_t i = 0; i < COUNT(types); i++) {
        for (size_t k = 0; k < COUNT(types); k++) {
            assert_int_equal(coltype_parse(types[i], &arena, &declared, &err), SQLITE_OK);
            assert_int_equal(coltype_parse(types[k], &arena, &there, &err), SQLITE_OK);
            if (rhs_domain(&dynamic, &there, &declared) != any[i][k])
                fail_msg("'%s' declared '%s'", types[k], types[i]);
        }
    }
    arena_clear(&arena);
}

/* Random texts against random ones: neighbours in time are neighbours as text. */
static void moments(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789-: .Tax";
    srand(3);
    for (int i = 0; i < 20000; i++) {
        enum moment_kind kind = (enum moment_kind)(rand() % 3);
        static const char *const models[] = {"2024-02-29", "10:00:00.500000",
                                             "2024-02-29 23:59:59.000001"};
        char text[40], below[MOMENT_SIZE], above[MOMENT_SIZE];
        sqlite3_snprintf(sizeof text, text, "%s", models[rand() % 3]);
        for (int k = rand() % 4; k > 0; k--)
            text[rand() % (int)strlen(text)] = alphabet[rand() % (int)(sizeof alphabet - 1)];
        text[rand() % 28 < (int)strlen(text) ? rand() % 28 : (int)strlen(text)] = '\0';
        size_t n = strlen(text);
        bool canonical = moment_neighbours(kind, text, n, below, above);
        if (canonical) {
            assert_string_equal(below, text);
            assert_string_equal(above, text);
            continue;
        }
        assert_true(below[0] == '\0' || strcmp(below, text) < 0);
        assert_true(above[0] == '\0' || strcmp(above, text) > 0);
        /* nothing canonical lies between: the neighbour of a neighbour is the other one */
        char again[MOMENT_SIZE], next[MOMENT_SIZE], longer[MOMENT_SIZE + 2];
        if (below[0] != '\0') {
            sqlite3_snprintf(sizeof longer, longer, "%s!", below); /* right behind it */
            assert_false(moment_neighbours(kind, longer, strlen(longer), again, next));
            assert_string_equal(next, above);
        }
    }
}

static void valid_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {{"", true},
                 {"abc", true},
                 {"\xc3\xa9", true},
                 {"\xe4\xb8\xad", true},
                 {"\xf0\x9f\x98\x80", true},
                 {"\xc3", false},
                 {"\x80", false},
                 {"\xc0\x80", false},
                 {"\xed\xa0\x80", false},
                 {"\xf4\x90\x80\x80", false},
                 {"\xff", false},
                 {"a\xe4\xb8", false},
                 {"\xe0\x80\x80", false}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(rhs_valid_text(cases[i].text, strlen(cases[i].text)), cases[i].valid);
}

static int open_db(void **state)
{
    (void)state;
    return sqlite3_open(":memory:", &db);
}

static int close_db(void **state)
{
    (void)state;
    return sqlite3_close(db);
}

/* "a \0" is cut at its NUL before it is sent.  What is left must not end in blanks, which the comparison may leave away on
** the server: to SQLite none of them is the last character. */
static void cut_behind_blanks(void **state)
{
    const struct rhs_rule rule = {.domain = DOMAIN_TEXT, .affinity = AFF_TEXT, .without_nul = true};
    const struct cell blank = cell_text("a \0", 3), word = cell_text("a\0 ", 3);
    static const enum op ranges[] = {OP_LT, OP_LE, OP_GT, OP_GE};
    struct rhs rhs;
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rhs_fit(&rule, ranges[i], &blank, NULL, &rhs), SQLITE_OK);
        assert_int_equal(rhs.outcome, RHS_DROP);
        assert_int_equal(rhs_fit(&rule, ranges[i], &word, NULL, &rhs), SQLITE_OK);
        assert_int_equal(rhs.outcome, RHS_SEND);
        assert_int_equal(rhs.value.n, 1);
    }
    assert_int_equal(rhs_fit(&rule, OP_EQ, &blank, NULL, &rhs), SQLITE_OK);
    assert_int_equal(rhs.outcome, RHS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_sqlite),    cmocka_unit_test(domains),
        cmocka_unit_test(moments),           cmocka_unit_test(valid_text),
        cmocka_unit_test(cut_behind_blanks),
    };
    return cmocka_run_group_tests(tests, open_db, close_db);
}
