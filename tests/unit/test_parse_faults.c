/* parse_arguments under bad input and bad luck: random mutations of good declarations (a seed makes a run
** repeatable: BINDS_SEED), and every allocation failing once, SQLite's own included. */
#include "unit.h"

#include "declarations.h"
#include "oom.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FUZZ_MILLISECONDS 2000
#define PIECES_MAX 12
#define PIECE_BYTES 400

static const char *const seeds[] = {
    "bind_key = 'users'",
    "info='{\"bind_key\":\"users\",\"x\":[1,{\"y\":null}]}'",
    "table='x''y'",
    "schema=\"s\"\"t\"",
    "id INTEGER PRIMARY KEY AUTOINCREMENT",
    "username VARCHAR(80) NOT NULL UNIQUE DEFAULT 'it''s'",
    "c ENUM('a','b') COLLATE NOCASE",
    "d TIMESTAMP(6) WITHOUT TIME ZONE DEFAULT now()",
    "g GEOMETRY(Point,4326)",
    "x INT GENERATED ALWAYS AS (id + length(username)) STORED",
    "y AS (x) VIRTUAL CHECK (y > 1)",
    "r INT CONSTRAINT fk REFERENCES s.p(q) ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED",
    "CONSTRAINT pk PRIMARY KEY (a, b DESC)",
    "CONSTRAINT u UNIQUE (\"a\", [b])",
    "UNIQUE INDEX i (a DESC, b ASC)",
    "FOREIGN KEY (a, b) REFERENCES p (c, d) MATCH FULL",
    "CONSTRAINT ck CHECK (a > 0 /* x */ AND f(b) -- y\n = x'00')",
    "`q``r` int(10) unsigned [z]",
    "e audit.state DEFAULT -1.5e3",
    "größe REAL DEFAULT (1 + (2)) NOT NULL ON CONFLICT ABORT",
};
static const char *const words[] = {
    "(",
    ")",
    ",",
    ";",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "--",
    "/*",
    "*/",
    "\n",
    ".",
    "=",
    "-",
    "+",
    "x'",
    "\xC3",
    " CONSTRAINT ",
    " PRIMARY ",
    " KEY ",
    " UNIQUE ",
    " INDEX ",
    " CHECK ",
    " DEFAULT ",
    " COLLATE ",
    " REFERENCES ",
    " DEFERRABLE ",
    " NOT ",
    " NULL ",
    " ON CONFLICT ",
    " GENERATED ALWAYS AS ",
    " AS ",
    " INITIALLY DEFERRED ",
    " FOREIGN KEY ",
    " HIDDEN ",
    " a ",
    " b ",
    " SET ",
    " 1 ",
    " 'x' ",
    " (a) ",
};

static unsigned long long random_state;

static unsigned random_below(unsigned n)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(random_state >> 33) % n;
}

static void mutate(char *piece)
{
    size_t n = strlen(piece);
    size_t at = n > 0 ? random_below((unsigned)n) : 0;
    const char *word = words[random_below(COUNT(words))];
    size_t length = strlen(word);
    switch (random_below(4)) {
    case 0: /* a part goes */
        if (n > 0) {
            size_t cut = 1 + random_below((unsigned)(n - at));
            memmove(piece + at, piece + at + cut, n - at - cut + 1);
        }
        break;
    case 1: /* a word comes in */
        if (n + length < PIECE_BYTES) {
            memmove(piece + at + length, piece + at, n - at + 1);
            for (size_t i = 0; i < length; i++)
                piece[at + i] = word[i];
        }
        break;
    case 2: /* one byte changes */
        if (n > 0)
            piece[at] = (char)(1 + random_below(255));
        break;
    default: /* a part of another piece comes behind */
        word = seeds[random_below(COUNT(seeds))];
        word += random_below((unsigned)strlen(word));
        snprintf(piece + at, PIECE_BYTES - at, "%s", word);
        break;
    }
}

static void check_outcome(int rc, struct model *model, const struct err *err)
{
    if (rc != SQLITE_OK) {
        assert_null(model);
        assert_true(err->text[0] != '\0');
        assert_int_equal(err->rc, rc);
        assert_null(strpbrk(err->text, "\n\r\t"));
        return;
    }
    char *text = declare_text(model);
    char *dump = model_dump(model);
    assert_non_null(text);
    assert_non_null(dump);
    assert_non_null(strstr(model->info, "\"bind_key\":"));
    sqlite3_free(text);
    sqlite3_free(dump);
    model_free(model);
}

static void test_mutations(void **state)
{
    (void)state;
    static char pieces[PIECES_MAX][PIECE_BYTES + 1];
    const char *argv[3 + PIECES_MAX] = {"bind", "main", "t"};
    const char *seed = getenv("BINDS_SEED");
    unsigned long long first = seed != NULL ? strtoull(seed, NULL, 10) : 1;
    clock_t end = clock() + (clock_t)(FUZZ_MILLISECONDS * (CLOCKS_PER_SEC / 1000));
    long runs = 0, good = 0;
    for (; clock() < end; runs++) {
        random_state = first + (unsigned long long)runs;
        random_below(1);
        int n = 3 + (int)random_below(PIECES_MAX - 3);
        unsigned from = random_below(COUNT(seeds));
        for (int i = 0; i < n; i++) {
            /* Two columns that the others speak of, then some of the seeds, none of them twice. */
            const char *text =
                i < 2 ? (i == 0 ? "a" : "b INT") : seeds[(from + 7U * (unsigned)i) % COUNT(seeds)];
            snprintf(pieces[i], PIECE_BYTES, "%s", text);
            argv[3 + i] = pieces[i];
        }
        for (unsigned k = random_below(3); k > 0; k--)
            mutate(pieces[random_below((unsigned)n)]);
        struct model *model = NULL;
        struct err err = {0};
        int rc = parse_arguments(3 + n, argv, &model, &err);
        good += rc == SQLITE_OK;
        check_outcome(rc, model, &err);
    }
    print_message("%ld declarations, %ld of them good\n", runs, good);
    assert_true(good > 0 && good < runs);
}

static const char *const full[] = {
    "bind",
    "main",
    "t",
    "info='{\"x\":1}'",
    "bind_key='users'",
    "table='r'",
    "schema='s'",
    "id INTEGER PRIMARY KEY AUTOINCREMENT",
    "name VARCHAR(80) NOT NULL CONSTRAINT nu UNIQUE DEFAULT x",
    "e ENUM('a','b') DEFAULT now()",
    "g TEXT COLLATE NOCASE GENERATED ALWAYS AS (server_fn(id)) STORED",
    "r INT CONSTRAINT fr REFERENCES s.p(q) DEFERRABLE INITIALLY DEFERRED",
    "UNIQUE INDEX ix (name, e DESC)",
    "FOREIGN KEY (id, name, e) REFERENCES z",
    "CONSTRAINT ck CHECK (id > 0 AND other_fn(e))",
    "q \"enum('p','q')\"",
    "UNIQUE (name, id)",
};
static const char *const broken[] = {
    "bind", "main", "t", "a INT PRIMARY KEY", "b INT", "PRIMARY KEY (b)", "c INT",
};

/* The n-th allocation fails, once or with all that follow it, for every n; then none does. */
static void fail_every_allocation(int argc, const char *const *argv, int good_rc, bool for_good)
{
    for (int n = 1;; n++) {
        struct model *model = NULL;
        struct err err = {0};
        long before = oom_outstanding();
        oom_at(n, for_good);
        int rc = parse_arguments(argc, argv, &model, &err);
        bool failed = oom_count() >= n;
        oom_at(0, false);
        /* SQLite gets over some failures of its own (caches): then all must be there. */
        if (rc == good_rc)
            check_outcome(rc, model, &err);
        else if (rc != SQLITE_NOMEM || model != NULL || err.text[0] == '\0')
            fail_msg("allocation %d: rc %d, %s", n, rc, err.text);
        assert_int_equal(oom_outstanding(), before);
        if (!failed) {
            assert_int_equal(rc, good_rc);
            break;
        }
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (int for_good = 0; for_good <= 1; for_good++) {
        fail_every_allocation(COUNT(full), full, SQLITE_OK, for_good != 0);
        fail_every_allocation(COUNT(broken), broken, SQLITE_ERROR, for_good != 0);
    }
}

static void test_declare_out_of_memory(void **state)
{
    (void)state;
    struct model *model = NULL;
    struct err err = {0};
    assert_int_equal(parse_arguments(COUNT(full), full, &model, &err), SQLITE_OK);
    char *text = NULL;
    for (int n = 1; text == NULL; n++) {
        long before = oom_outstanding();
        oom_at(n, false);
        text = declare_text(model);
        bool failed = oom_count() >= n;
        oom_at(0, false);
        assert_true(failed || text != NULL);
        if (text == NULL)
            assert_int_equal(oom_outstanding(), before);
    }
    assert_non_null(strstr(text, "\"g\" TEXT COLLATE NOCASE"));
    sqlite3_free(text);
    model_free(model);
}

int main(void)
{
    if (oom_install() != SQLITE_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_declare_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
