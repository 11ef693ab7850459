/* Names, literals and placeholders of a dialect. */
#include "unit.h"

#include "sqlgen/ddl.h"

static const struct ddl_words plain_words = {.blob_form = "X'%s'"};
static const struct ddl_words backslash_words = {.blob_form = "X'%s'", .backslash_escapes = true};

static const struct dialect numbered = {
    .name = "numbered",
    .quote = '"',
    .numbered_args = true,
    .arg_form = {[CT_INT8] = "%s::int8", [CT_TEXT] = "f(%s, %s)"},
    .select_form = {[CT_ENUM] = "%s::text", [CT_FLOAT8] = "nullif(%s, 'NaN')"},
    .ddl = &plain_words,
};
static const struct dialect marks = {.name = "marks", .quote = '`', .ddl = &backslash_words};

static void expect(sqlite3_str *s, const char *expected)
{
    char *text = sqlite3_str_finish(s);
    assert_string_equal(text != NULL ? text : "", expected);
    sqlite3_free(text);
}

static void names_are_always_quoted(void **state)
{
    (void)state;
    static const struct {
        const struct dialect *dialect;
        const char *schema, *name, *expected;
    } cases[] = {
        {&numbered, NULL, "user", "\"user\""},     {&numbered, NULL, "a\"b", "\"a\"\"b\""},
        {&numbered, "s", "t", "\"s\".\"t\""},      {&numbered, NULL, "", "\"\""},
        {&marks, NULL, "a`b\"c\\", "`a``b\"c\\`"}, {&marks, "d.b", "t", "`d.b`.`t`"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        sqlite3_str *s = sqlite3_str_new(NULL);
        quote_table(cases[i].dialect, s, cases[i].schema, cases[i].name);
        expect(s, cases[i].expected);
    }
}

static void a_default_schema_stands_before_names_without_one(void **state)
{
    (void)state;
    struct dialect d = numbered;
    d.default_schema = "bind2";
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_table(&d, s, NULL, "t");
    expect(s, "\"bind2\".\"t\"");
    s = sqlite3_str_new(NULL);
    quote_table(&d, s, "other", "t");
    expect(s, "\"other\".\"t\"");
}

static void texts_are_escaped_as_the_dialect_reads_them(void **state)
{
    (void)state;
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_text(&numbered, s, "it's a \\ and a \"");
    expect(s, "'it''s a \\ and a \"'");
    s = sqlite3_str_new(NULL);
    quote_text(&marks, s, "it's a \\ and \\'");
    expect(s, "'it''s a \\\\ and \\\\'''");
}

static void arguments_and_columns_take_their_forms(void **state)
{
    (void)state;
    sqlite3_str *s = sqlite3_str_new(NULL);
    quote_arg(&numbered, s, 12, CT_INT8);
    quote_arg(&numbered, s, 3, CT_BLOB);
    quote_arg(&numbered, s, 4, CT_TEXT);
    quote_arg(&marks, s, 5, CT_INT8);
    expect(s, "$12::int8$3f($4, $4)?");
    s = sqlite3_str_new(NULL);
    quote_select(&numbered, s, "a", CT_INT8);
    quote_select(&numbered, s, "b\"", CT_ENUM);
    quote_select(&numbered, s, "c", CT_FLOAT8);
    expect(s, "\"a\"\"b\"\"\"::textnullif(\"c\", 'NaN')");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_always_quoted),
        cmocka_unit_test(a_default_schema_stands_before_names_without_one),
        cmocka_unit_test(texts_are_escaped_as_the_dialect_reads_them),
        cmocka_unit_test(arguments_and_columns_take_their_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
