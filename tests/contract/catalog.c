/* Catalog queries: an engine may answer for plain tables by a query of its own that knows no others
** (sql/<engine>/table.sql), and for all of them by whole.sql.  Where the first claims to know, both say the same. */
#include "base/sqltext.h"
#include "contract.h"

#include <stdlib.h>
#include <string.h>

enum { PART, NAME, DETAIL, KIND, COLLATION, DEFAULT = 6, FLAGS, AMOUNT, SIZE };
enum { NUMBERED = 8, BYTES = 16, AS_COLUMN = 32, INCOMPLETE = 1024 };
#define TEXTS 7
#define COLUMNS_MAX 32

/* What a catalog query says, a line for each row, in words that both queries share. */
struct catalog_text {
    sqlite3_str *lines;
    struct arena arena;
    struct {
        const char *column;
        bool bytes; /* it compares as they do */
    } strings[COLUMNS_MAX];
    int nstrings;
    bool incomplete;
};

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

/* Asked of texts that are compared without padding; of no other column does it matter. */
static bool in_byte_order(const struct catalog_text *c, const char *column, int flags)
{
    for (int i = 0; i < c->nstrings; i++) {
        if (is(column, c->strings[i].column))
            return (flags & BYTES) != 0 || ((flags & AS_COLUMN) != 0 && c->strings[i].bytes);
    }
    return false;
}

static void add_line(struct catalog_text *c, const char *const text[TEXTS], int flags,
                     sqlite3_int64 amount, sqlite3_int64 size)
{
    c->incomplete = c->incomplete || (flags & INCOMPLETE) != 0;
    if (is(text[PART], "column")) {
        bool bytes = is(text[KIND], "bytes");
        if ((bytes || is(text[KIND], "equal")) && c->nstrings < COLUMNS_MAX) {
            c->strings[c->nstrings].column = text[NAME];
            c->strings[c->nstrings++].bytes = bytes;
        }
        if (text[DEFAULT] != NULL && strncmp(text[DEFAULT], "nextval(", 8) == 0)
            flags |= NUMBERED;
    }
    if (is(text[PART], "index") && text[NAME] == NULL)
        return;
    if (is(text[PART], "index"))
        flags =
            (flags & ~(BYTES | AS_COLUMN)) | (in_byte_order(c, text[DETAIL], flags) ? BYTES : 0);
    for (int i = 0; i < TEXTS; i++)
        sqlite3_str_appendf(c->lines, "%Q ", text[i]);
    sqlite3_str_appendf(c->lines, "%d %lld %lld\n", flags, amount, size);
}

static sqlite3_int64 number(struct contract *t, struct rows *rows, int column)
{
    struct cell cell;
    if (!expect_rc(t, rows_cell(rows, column, &cell, &t->err), SQLITE_OK, "a number"))
        return -1;
    return cell.cls == CELL_INT ? cell.i : cell.cls == CELL_REAL ? (sqlite3_int64)cell.r : 0;
}

static void ask(struct contract *t, const char *query, const char *table, struct catalog_text *out)
{
    static const struct type text_type = {.id = CT_TEXT, .affinity = AFF_TEXT, .text = "TEXT"};
    struct cell cells[] = {cell_null(), cell_str(table)};
    struct arg args[] = {{.type = &text_type, .cells = &cells[0], .ncells = 1},
                         {.type = &text_type, .cells = &cells[1], .ncells = 1}};
    struct rows rows = {.conn = NULL};
    int rc = conn_send(t->c, sqltext(t->engine->name, query), args, 2, QUERY_SHORT, &rows, &t->err);
    memset(out, 0, sizeof *out);
    arena_init(&out->arena);
    out->lines = sqlite3_str_new(NULL);
    while (rc == SQLITE_OK && (rc = rows_next(&rows, &t->err)) == SQLITE_ROW) {
        const char *text[TEXTS];
        rc = SQLITE_OK;
        for (int i = 0; rc == SQLITE_OK && i < TEXTS; i++)
            rc = rows_text(&rows, i, &out->arena, &text[i], &t->err);
        if (rc == SQLITE_OK)
            add_line(out, text, (int)number(t, &rows, FLAGS), number(t, &rows, AMOUNT),
                     number(t, &rows, SIZE));
    }
    expect_rc(t, rc, SQLITE_DONE, query);
    rows_finish(&rows);
}

/* plain: the first query has to know that table. */
static void compare(struct contract *t, const char *table, bool plain)
{
    struct catalog_text first, whole;
    ask(t, "table", table, &first);
    ask(t, "whole", table, &whole);
    char *said = sqlite3_str_finish(first.lines), *right = sqlite3_str_finish(whole.lines);
    expect(t, first.incomplete != plain, "%s is%s known", table, plain ? " not" : "");
    expect(t, !whole.incomplete, "%s: whole.sql does not know all", table);
    if (plain)
        expect(t, is(said ? said : "", right ? right : ""), "%s:\n%s\ninstead of\n%s", table, said,
               right);
    sqlite3_free(said);
    sqlite3_free(right);
    arena_clear(&first.arena);
    arena_clear(&whole.arena);
}

static void the_short_catalog_query_agrees(struct contract *t)
{
    static const char *const others[] = {
        "(a text, EXCLUDE USING btree (a WITH =))",
        "(a text COLLATE \"en-x-icu\")",
        "(a text COLLATE \"C\", b text COLLATE \"POSIX\")",
        "(a information_schema.sql_identifier)",
        "(a int) PARTITION BY RANGE (a)",
    };
    if (!expect(t,
                (sqltext(t->engine->name, "whole") != NULL) ==
                    (engine_number(t) == ENGINE_POSTGRESQL),
                "who has two queries") ||
        engine_number(t) != ENGINE_POSTGRESQL)
        return;
    run_ok(
        t,
        "CREATE TABLE contract_a (id serial PRIMARY KEY, b bigserial, c text NOT NULL DEFAULT 'x', "
        "d text COLLATE \"C\", e varchar(3) COLLATE \"POSIX\", f char(4), g char(4) COLLATE \"C\", "
        "h name, "
        "i int[], j numeric(10,2) DEFAULT 5, k timestamp(3) DEFAULT now(), m int GENERATED ALWAYS "
        "AS IDENTITY, "
        "n int GENERATED ALWAYS AS (1 + 2) STORED, o \"char\", p bit varying(4), gone int, UNIQUE "
        "(d, c), "
        "UNIQUE (e) DEFERRABLE)");
    run_ok(t, "ALTER TABLE contract_a DROP COLUMN gone");
    run_ok(t, "CREATE INDEX contract_1 ON contract_a (c text_pattern_ops, e varchar_pattern_ops "
              "DESC NULLS LAST)");
    run_ok(t, "CREATE INDEX contract_2 ON contract_a (d, lower(c)) INCLUDE (j)");
    run_ok(t, "CREATE INDEX contract_3 ON contract_a (id) WHERE id > 3");
    run_ok(t, "CREATE INDEX contract_4 ON contract_a USING hash (id)");
    run_ok(t, "CREATE INDEX contract_5 ON contract_a (f, e, c DESC)");
    run_ok(t, "INSERT INTO contract_a (id, c) SELECT n, n FROM generate_series(10, 2000) n");
    compare(t, "contract_a", true);
    run_ok(t, "ANALYZE contract_a");
    compare(t, "contract_a", true);
    compare(t, "contract_1", true);
    compare(t, "contract_nowhere", true);
    compare(t, "pg_stats", true);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        run_ok(t, "CREATE TABLE contract_b %s", others[i]);
        if (i == 2)
            run_ok(t, "CREATE INDEX ON contract_b (b COLLATE \"C\")");
        compare(t, "contract_b", false);
        run_ok(t, "DROP TABLE contract_b");
    }
}

const struct contract_case catalog_cases[] = {
    {"the short catalog query says what the long one says", the_short_catalog_query_agrees, 0},
    {NULL, NULL, 0},
};
