/* The reader of programs (session/tested.c) on programs that no SQLite makes of a statement today, and on what is left of
** others: what it does not know must end its search.  EXPLAIN is a fake one here that lists them; the statement that asks
** is real.  test_tested.c has the programs that SQLite does make. */
#include "unit.h"

#include "oom.h"
#include "session/binds.h"
#include "session/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_LONG 20001 /* more are not looked at */
#define COLUMNS "abcdnu"

/* Lines of opcode, p1, p2, p3; of a comparison that the server can make, P4 and P5 are as SQLite has them.
** `+N` leaves N instructions of another kind, `!` begins to count addresses anew, `T` is our table, `U` another. */
static const char *program;
static struct binds b;
static sqlite3_vtab table, other;
static char got[200];

/* ---- a fake EXPLAIN ------------------------------------------------------------------------------------ */

static const char *at;
static int address, left;
static char opcode[40], p4[40];

int explain_open(struct explain *e, sqlite3 *db, const char *sql)
{
    (void)db, (void)sql;
    memset(e, 0, sizeof *e);
    at = program;
    address = left = 0;
    return SQLITE_OK;
}

static void name_table(char which)
{
    sqlite3_snprintf(sizeof p4, p4, "vtab:%p", (void *)(which == 'T' ? &table : &other));
}

int explain_next(struct explain *e)
{
    if (left == 0 && *at == '!') {
        address = 0;
        at += 2;
    }
    if (left == 0 && *at == '+') {
        left = (int)strtol(at + 1, NULL, 10);
        at = strchr(at, '\n') + 1;
    }
    *e = (struct explain){.address = address++, .opcode = "Noop"};
    if (left > 0) {
        left--;
        return SQLITE_ROW;
    }
    if (*at == '\0')
        return SQLITE_DONE;
    char which = ' ';
    assert_true(sscanf(at, "%39s %d %d %d %c", opcode, &e->p1, &e->p2, &e->p3, &which) >= 4);
    at = strchr(at, '\n') + 1;
    e->opcode = opcode;
    if (strcmp(opcode, "VOpen") == 0) {
        name_table(which);
        e->p4 = p4;
    } else if (strlen(opcode) == 2) {
        e->p4 = "BINARY-8";
        e->p5 = 0x53;
    }
    return SQLITE_ROW;
}

void explain_close(struct explain *e)
{
    (void)e;
}

bool explain_is(const struct explain *e, const char *name)
{
    return strcmp(e->opcode, name) == 0;
}

bool explain_jumps_back(const struct explain *e, int to)
{
    (void)e, (void)to;
    return false;
}

int explain_purity(sqlite3 *db, sqlite3_stmt **out)
{
    (void)db, (void)out;
    return SQLITE_ERROR;
}

bool explain_is_pure(sqlite3_stmt *purity, const char *function)
{
    (void)purity, (void)function;
    return false;
}

/* ---- who asks ------------------------------------------------------------------------------------------ */

/* "a<b c<d" */
static void ask(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    static const char *const operators[] = {[OP_EQ] = "=",  [OP_NE] = "<>", [OP_LT] = "<",
                                            [OP_LE] = "<=", [OP_GT] = ">",  [OP_GE] = ">="};
    struct pairs pairs;
    (void)context, (void)argc, (void)argv;
    memset(&b.tested, 0, sizeof b.tested);
    tested_find(&b, &table, &pairs);
    got[0] = '\0';
    for (int i = 0; i < pairs.n; i++) {
        const struct pair *p = &pairs.at[i];
        size_t n = strlen(got);
        sqlite3_snprintf((int)(sizeof got - n), got + n, "%s%c%s%c", i > 0 ? " " : "",
                         COLUMNS[p->left], operators[p->op], COLUMNS[p->right]);
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(&b, 0, sizeof b);
    assert_int_equal(sqlite3_open(":memory:", &b.db), SQLITE_OK);
    host_init(&b.host, b.db);
    return sqlite3_create_function(b.db, "ask", 0, SQLITE_UTF8, NULL, ask, NULL, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    schemas_clear(&b.schemas);
    host_clear(&b.host);
    int rc = sqlite3_close(b.db);
    return rc == SQLITE_OK && oom_outstanding() > 0 ? SQLITE_ERROR : rc;
}

static void says(const char *text, const char *pairs)
{
    program = text;
    assert_int_equal(sqlite3_exec(b.db, "SELECT ask()", NULL, NULL, NULL), SQLITE_OK);
    if (strcmp(got, pairs) != 0)
        fail_msg("%s: '%s', not '%s'", text, got, pairs);
}

/* ---- programs ------------------------------------------------------------------------------------------ */

#define OPEN "Init 0 0 0\nVOpen 0 0 0 T\n"
#define LOAD_A "VColumn 0 0 2\n"
#define LOAD_B "VColumn 0 1 3\n"

static void the_usual_one(void **state)
{
    (void)state;
    says(OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nResultRow 2 1 0\nVNext 0 3 0\n", "a<b");
    says("", "");
    says("Init 0 0 0\n", "");
}

static void scans_of_another_kind(void **state)
{
    (void)state;
    says(OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nNoop 0 0 0\nGoto 0 3 0\n", "");
    says(OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nNoop 0 0 0\nVNext 1 3 0\n", "");
    says(OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nNoop 0 0 0\nVNext 0 4 0\n", "");
    says(OPEN "VFilter 0 0 1\n" LOAD_A LOAD_B "Ge 3 -1 2\nNoop 0 0 0\nVNext 0 3 0\n", "");
    says(OPEN "VFilter 0 2 1\n" LOAD_A LOAD_B "Ge 3 7 2\nNoop 0 0 0\nVNext 0 3 0\n", "");
    /* The last place that there is room for, and what is behind it. */
    says(OPEN "VFilter 0 129 1\n" LOAD_A LOAD_B "Ge 3 128 2\n+121\nVNext 0 3 0\n", "");
    says(OPEN "VFilter 0 300 1\n" LOAD_A LOAD_B "Ge 3 299 2\n+121\nVNext 0 3 0\n", "");
    says(OPEN "VFilter 0 128 1\n" LOAD_A LOAD_B "Ge 3 127 2\n+121\nVNext 0 3 0\n", "a<b");
    /* The first scan tests, the second cannot be read. */
    says(OPEN "VFilter 0 7 1\n" LOAD_A LOAD_B
              "Ge 3 6 2\nVNext 0 3 0\nVFilter 0 10 1\nNoop 0 0 0\nNoop 0 0 0\n",
         "");
}

static void which_table(void **state)
{
    (void)state;
    const char *tests = "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nNoop 0 0 0\nVNext 0 3 0\n";
    static const struct {
        const char *open, *second, *pairs;
    } cases[] = {
        {"Init 0 0 0\nVOpen 0 0 0 T\n", "", "a<b"},
        {"Init 0 0 0\nVOpen 0 0 0 T\n", "VFilter 5 10 1\nVNext 5 9 0\n", ""}, /* opened nowhere */
        {"VOpen 5 0 0 U\nVOpen 0 0 0 T\n", "VFilter 5 10 1\nVNext 5 9 0\n", "a<b"},
        {"VOpen 5 0 0 T\nVOpen 0 0 0 T\n", "VFilter 5 10 1\nVNext 5 9 0\n", ""},
        {"VOpen 0 0 0 U\nVOpen 0 0 0 T\n", "", "a<b"},
        {"VOpen 0 0 0 U\nVOpen 5 0 0 T\n", "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = sqlite3_mprintf("%s%s%s", cases[i].open, tests, cases[i].second);
        says(text, cases[i].pairs);
        sqlite3_free(text);
    }
    /* A program that fills its room, with no table of ours and with one. */
    says("VOpen 5 0 0 U\nVOpen 0 0 0 U\nVFilter 0 128 1\n" LOAD_A LOAD_B
         "Ge 3 127 2\n+121\nVNext 0 3 0\n",
         "");
}

static void jumps(void **state)
{
    (void)state;
    /* Over a load: it need not have been made.  And loads from before the jump are not looked at behind it. */
    says(OPEN "VFilter 0 9 1\n" LOAD_A "IfNot 9 6 0\n" LOAD_B "Ge 3 8 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 9 1\n" LOAD_A "IfNot 9 5 0\n" LOAD_B "Ge 3 8 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 10 1\nVColumn 0 2 9\n" LOAD_A "IfNot 9 6 0\n" LOAD_B
              "Ge 3 9 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 10 1\nIfNot 9 5 0\nNoop 0 0 0\n" LOAD_A LOAD_B
              "Ge 3 9 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 10 1\nIfNot 9 5 0\nIfNot 8 5 0\n" LOAD_A LOAD_B
              "Ge 3 9 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "a<b");
    /* Back, to itself, out of the loop, while another is on its way ahead. */
    says(OPEN "VFilter 0 10 1\nIfNot 9 5 0\nIfNot 8 3 0\n" LOAD_A LOAD_B
              "Ge 3 9 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 10 1\nIfNot 9 5 0\nIfNot 8 4 0\n" LOAD_A LOAD_B
              "Ge 3 9 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 10 1\nIfNot 9 5 0\nIfNot 8 50 0\n" LOAD_A LOAD_B
              "Ge 3 9 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    /* The farther one counts. */
    says(OPEN "VFilter 0 11 1\nIfNot 9 8 0\nIfNot 8 6 0\nNoop 0 0 0\n" LOAD_A LOAD_B
              "Ge 3 10 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 12 1\nIfNot 9 8 0\nIfNot 8 5 0\n" LOAD_A LOAD_B
              "Ge 3 11 2\nVColumn 0 2 4\nVColumn 0 3 5\nNe 5 11 4\nVNext 0 3 0\n",
         "c=d");
}

static void many(void **state)
{
    (void)state;
    /* The same one twice, either way round; four are kept. */
    says(OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nLe 2 7 3\nVNext 0 3 0\n", "a<b");
    const char *five = "VColumn 0 0 1\nVColumn 0 1 2\nVColumn 0 2 3\nVColumn 0 3 4\nVColumn 0 4 5\n"
                       "VColumn 0 5 6\nGe 2 %d 1\nGt 2 %d 1\nGe 3 %d 2\nGe 4 %d 3\nGe %d %d %d\n";
    char *first = sqlite3_mprintf(five, 14, 14, 14, 14, 5, 14, 4);
    char *text = sqlite3_mprintf(OPEN "VFilter 0 15 1\n%sVNext 0 3 0\n", first);
    says(text, "a<b a<=b b<c c<d");
    sqlite3_free(text);
    /* Common to all scans: nothing of four others. */
    text = sqlite3_mprintf(OPEN "VFilter 0 15 1\n%sVNext 0 3 0\nVFilter 0 22 1\n" LOAD_A
                                "VColumn 0 5 3\nGe 3 20 2\nNoop 0 0 0\nNoop 0 0 0\nVNext 0 16 0\n",
                           first);
    says(text, "");
    sqlite3_free(text);
    sqlite3_free(first);
    text = sqlite3_mprintf(OPEN "VFilter 0 7 1\n" LOAD_A
                                "VColumn 0 5 3\nGe 3 6 2\nVNext 0 3 0\nVFilter 0 20 1\n"
                                "%sVNext 0 8 0\n",
                           first = sqlite3_mprintf(five, 19, 19, 19, 19, 5, 19, 4));
    says(text, "");
    sqlite3_free(text);
    sqlite3_free(first);
    /* What the second scan has not does not come back by the third. */
    const char *both = "VColumn 0 0 1\nVColumn 0 1 2\nVColumn 0 2 3\nVColumn 0 3 4\n";
    text = sqlite3_mprintf(OPEN "VFilter 0 10 1\n%sGe 2 9 1\nGe 4 9 3\nVNext 0 3 0\n"
                                "VFilter 0 18 1\n%sGe 2 17 1\nNoop 0 0 0\nVNext 0 11 0\n"
                                "VFilter 0 26 1\n%sGe 2 25 1\nGe 4 25 3\nVNext 0 19 0\n",
                           both, both, both);
    says(text, "a<b");
    sqlite3_free(text);
}

/* Registers that are noted: 32. */
static void registers(void **state)
{
    (void)state;
    for (int n = 31; n <= 34; n++) {
        sqlite3_str *s = sqlite3_str_new(NULL);
        sqlite3_str_appendf(s, OPEN "VFilter 0 %d 1\n", n + 5);
        for (int i = 0; i < n; i++)
            sqlite3_str_appendf(s, "VColumn 0 %d %d\n", i % 6, i + 1);
        sqlite3_str_appendf(s, "Ge %d %d 1\nVNext 0 3 0\n", n, n + 4);
        char *text = sqlite3_str_finish(s);
        static const char *const pairs[] = {"", "a<b", "", ""}; /* 31 is a again, which is itself */
        says(text, pairs[n - 31]);
        sqlite3_free(text);
    }
    /* One that is written again holds the newer column, one of another cursor none. */
    says(OPEN "VFilter 0 9 1\n" LOAD_A LOAD_B "VColumn 0 2 3\nGe 3 8 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "a<c");
    says(OPEN "VFilter 0 9 1\n" LOAD_A LOAD_B "VColumn 1 2 3\nGe 3 8 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
    says(OPEN "VFilter 0 9 1\n" LOAD_A LOAD_B "Column 1 2 3\nGe 3 8 2\nNoop 0 0 0\nVNext 0 3 0\n",
         "");
}

/* Nothing is known of a program that was not read to its end. */
static void unreadable(void **state)
{
    (void)state;
    const char *tests = OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nNoop 0 0 0\nVNext 0 3 0\n";
    char *text = sqlite3_mprintf("%s+%d\n", tests, TOO_LONG - 1 - 8);
    says(text, "a<b");
    sqlite3_free(text);
    text = sqlite3_mprintf("%s+%d\n", tests, TOO_LONG - 8);
    says(text, "");
    sqlite3_free(text);
    text = sqlite3_mprintf("%s!\nInit 0 0 0\n", tests); /* that of a trigger follows */
    says(text, "");
    sqlite3_free(text);
}

static void with_faults(const char *text, const char *pairs)
{
    sqlite3_stmt *stmt;
    bool all = false;
    program = text;
    for (int n = 1; !all; n++) {
        assert_int_equal(sqlite3_prepare_v2(b.db, "SELECT ask()", -1, &stmt, NULL), SQLITE_OK);
        got[0] = '\0';
        oom_at(n, false);
        int rc = sqlite3_step(stmt);
        all = oom_count() < n;
        oom_at(0, false);
        sqlite3_finalize(stmt);
        assert_true(rc == SQLITE_ROW || !all);
        if (got[0] != '\0' || all)
            assert_string_equal(got, pairs);
    }
}

static void out_of_memory(void **state)
{
    (void)state;
    with_faults(OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B "Ge 3 7 2\nNoop 0 0 0\nVNext 0 3 0\n+400\n",
                "a<b");
    /* The instruction that there is no room for is a scan that tests nothing. */
    with_faults(OPEN "VFilter 0 8 1\n" LOAD_A LOAD_B
                     "Ge 3 7 2\nNoop 0 0 0\nVNext 0 3 0\n+120\nVFilter 5 1 1\n",
                "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_usual_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scans_of_another_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(which_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(jumps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(registers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unreadable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_of_memory, set_up, tear_down),
    };
    return oom_install() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
