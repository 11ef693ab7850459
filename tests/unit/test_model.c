/* Models, the catalog's answer, and the tokenizer and option grammar under the parser. */
#include "unit.h"

#include "declarations.h"
#include "model/list.h"
#include "model/option.h"
#include "model/remote.h"
#include "model/token.h"
#include <stdio.h>
#include <string.h>

static struct declarations db;

static void test_model_questions(void **state)
{
    (void)state;
    assert_int_equal(declarations_create(&db, "t", "Id INTEGER PRIMARY KEY, größe INT, b"),
                     SQLITE_OK);
    assert_int_equal(model_column(db.model, "ID"), 0);
    assert_int_equal(model_column(db.model, "größe"), 1);
    assert_int_equal(model_column(db.model, "c"), -1);
    assert_non_null(model_primary_key(db.model));
    assert_int_equal(declarations_create(&db, "t", "a, UNIQUE(a)"), SQLITE_OK);
    assert_null(model_primary_key(db.model));
    model_free(NULL);
    struct model *empty = model_new();
    assert_non_null(empty);
    assert_null(model_primary_key(empty));
    assert_int_equal(model_auto_column(empty), -1);
    model_free(empty);
}

static void test_auto_column(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        int column;
    } rows[] = {
        {"id INTEGER PRIMARY KEY", 0},
        {"a, id INTEGER, PRIMARY KEY(id)", 1},
        {"a, id INTEGER PRIMARY KEY AUTOINCREMENT", 1},
        {"id BIGINT PRIMARY KEY", 0},
        {"id SMALLINT PRIMARY KEY", 0},
        {"id BIGINT PRIMARY KEY REFERENCES p(id)", -1},
        {"id INTEGER PRIMARY KEY REFERENCES p(id)", 0},
        {"id INTEGER PRIMARY KEY DEFAULT 5", -1},
        {"id BOOLEAN PRIMARY KEY", -1},
        {"id TEXT PRIMARY KEY", -1},
        {"a INTEGER, b INTEGER, PRIMARY KEY(a, b)", -1},
        {"id INTEGER UNIQUE NOT NULL", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(declarations_create(&db, "t", rows[i].arguments), SQLITE_OK);
        if (model_auto_column(db.model) != rows[i].column)
            fail_msg("%s: %d", rows[i].arguments, model_auto_column(db.model));
    }
}

static void test_remote(void **state)
{
    (void)state;
    remote_free(NULL);
    struct remote *r = remote_new();
    assert_non_null(r);
    assert_int_equal(r->kind, REMOTE_MISSING);
    assert_true(r->rows < 0);
    struct remote_column columns[] = {{.name = "ID"}, {.name = "id"}, {.name = "Name"}};
    r->ncolumns = 3;
    r->columns = columns;
    assert_int_equal(remote_column(r, "id"), 1);
    assert_int_equal(remote_column(r, "Id"), 0);
    assert_int_equal(remote_column(r, "NAME"), 2);
    assert_int_equal(remote_column(r, "x"), -1);
    remote_free(r);
}

/* Tokens of a text, as kind letters: w q s b n, the character itself for punctuation, ! for a bad one. */
static void test_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kinds;
    } rows[] = {
        {"", ""},
        {"  -- only a comment", ""},
        {"/* never ends", ""},
        {"a \"b\"\"c\" [d] `e``f` 'g''h' x'00' 1 1.5e-3 .5 0x1F", "wqqqsbnnnn"},
        {"a--b\nc/*d*/e", "www"},
        {"a-b/c", "w-w/w"},
        {"f(1,'x')", "w(n,s)"},
        {"größe$1 _x", "ww"},
        {"'open", "!"},
        {"a \"open''", "w!"},
        {"[open", "!"},
        {"x'0", "!"},
        {"xy'0'", "ws"},
        {"1e+5 1e+ 5e-x", "nn+n-w"},
        {"a.b", "w.w"},
        {";!$?", ";!$?"},
        {"''", "s"},
    };
    static const char letters[] = {[TOKEN_WORD] = 'w', [TOKEN_QUOTED] = 'q', [TOKEN_STRING] = 's',
                                   [TOKEN_BLOB] = 'b', [TOKEN_NUMBER] = 'n', [TOKEN_BAD] = '!'};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena;
        struct tokens t;
        char kinds[64] = "";
        arena_init(&arena);
        assert_int_equal(token_read(rows[i].text, &arena, &t), SQLITE_OK);
        for (int k = 0; k < t.n; k++)
            kinds[k] = t.at[k].kind == TOKEN_PUNCT ? t.at[k].text[0] : letters[t.at[k].kind];
        assert_string_equal(kinds, rows[i].kinds);
        assert_int_equal(t.at[t.n].kind, TOKEN_END);
        arena_clear(&arena);
    }
}

static void test_token_values(void **state)
{
    (void)state;
    struct arena arena;
    struct tokens t;
    arena_init(&arena);
    assert_int_equal(
        token_read("A \"b\"\"c\" [d\"e] `f``` 'it''s' '' ( a -- x\n  +  b/*y*/,( c ) )", &arena,
                   &t),
        SQLITE_OK);
    static const char *const values[] = {"A", "b\"c", "d\"e", "f`", "it's", "", "("};
    for (size_t i = 0; i < COUNT(values); i++)
        assert_string_equal(token_value(&t.at[i], &arena), values[i]);
    assert_true(token_is(&t.at[0], "a"));
    assert_false(token_is(&t.at[0], "ab"));
    assert_int_equal(token_close(&t, 6), t.n - 1);
    assert_int_equal(token_close(&t, t.n), -1);
    assert_true(token_balanced(&t));
    assert_string_equal(token_text(&t, 6, t.n, false, &arena), "( a +  b ,( c ) )");
    assert_string_equal(token_text(&t, 6, t.n, true, &arena), "( a + b ,( c ) )");
    assert_string_equal(token_text(&t, 3, 3, true, &arena), "");
    assert_int_equal(token_read(")(", &arena, &t), SQLITE_OK);
    assert_false(token_balanced(&t));
    arena_clear(&arena);
}

static void test_options(void **state)
{
    (void)state;
    static const char *const valid[] = {"bind_key", "limit", NULL};
    struct arena arena;
    struct option option;
    struct err err = {0};
    const char *text;
    bool found;
    arena_init(&arena);
    assert_int_equal(option_read("Limit = 'x'", valid, &arena, &option, &found, &err), SQLITE_OK);
    assert_true(found);
    assert_ptr_equal(option.name, valid[1]);
    assert_string_equal(option.value, "x");
    assert_int_equal(option_read("'SELECT a = 1'", valid, &arena, &option, &found, &err),
                     SQLITE_OK);
    assert_false(found);
    assert_int_equal(option_read("table='x'", valid, &arena, &option, &found, &err), SQLITE_ERROR);
    assert_string_equal(err.text, "unknown option \"table\" (options are bind_key, limit)");
    assert_int_equal(option_text(" 'SELECT ''a''' -- x", &arena, &text, &err), SQLITE_OK);
    assert_string_equal(text, "SELECT 'a'");
    assert_int_equal(option_text("SELECT 1", &arena, &text, &err), SQLITE_OK);
    assert_null(text);
    assert_string_equal(option_show(" a  INT -- x\n NOT\tNULL ", &arena), "a INT NOT NULL");
    char big[600];
    for (int i = 0; i < 598; i += 2)
        snprintf(big + i, 3, "ä");
    const char *shown = option_show(big, &arena);
    assert_true(strlen(shown) < 200);
    assert_string_equal(shown + strlen(shown) - 3, "...");
    assert_int_equal((strlen(shown) - 3) % 2, 0);
    arena_clear(&arena);
}

static void test_lists(void **state)
{
    (void)state;
    struct arena arena;
    int *list = NULL;
    arena_init(&arena);
    for (int n = 0; n < 100; n++) {
        list = list_add(&arena, list, n, sizeof *list);
        assert_non_null(list);
        list[n] = n;
    }
    for (int n = 0; n < 100; n++)
        assert_int_equal(list[n], n);
    arena_clear(&arena);
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
        cmocka_unit_test(test_model_questions), cmocka_unit_test(test_auto_column),
        cmocka_unit_test(test_remote),          cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_token_values),    cmocka_unit_test(test_options),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
