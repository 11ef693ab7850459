/* Catalog queries: an engine may answer for plain tables by a query of its own that knows no others
** (sql/<engine>/raw.sql), and for all of them by table.sql.  Where the first claims to know, both say the same. */
#include "engine/catalog.h"
#include "base/sqltext.h"
#include "contract.h"
#include "model/list.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 32

/* What a catalog query says, a line for each row, in words that both queries share. */
struct said {
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
static bool in_byte_order(const struct said *c, const char *column, int flags)
{
    for (int i = 0; i < c->nstrings; i++) {
        if (is(column, c->strings[i].column))
            return (flags & INDEX_BYTES) != 0 ||
                   ((flags & INDEX_AS_COLUMN) != 0 && c->strings[i].bytes);
    }
    return false;
}

static void add_line(struct said *c, const struct catalog_row *row)
{
    const char *const *text = row->text;
    int flags = row->flags;
    if (is(text[CATALOG_PART], "column")) {
        bool bytes = is(text[CATALOG_KIND], "bytes");
        if ((bytes || is(text[CATALOG_KIND], "equal")) && c->nstrings < COLUMNS_MAX) {
            c->strings[c->nstrings].column = text[CATALOG_NAME];
            c->strings[c->nstrings++].bytes = bytes;
        }
    }
    if (is(text[CATALOG_PART], "index"))
        flags = (flags & ~(INDEX_BYTES | INDEX_AS_COLUMN)) |
                (in_byte_order(c, text[CATALOG_DETAIL], flags) ? INDEX_BYTES : 0);
    for (int i = 0; i < CATALOG_TEXTS; i++)
        sqlite3_str_appendf(c->lines, "%Q ", text[i]);
    sqlite3_str_appendf(c->lines, "%d %lld %lld\n", flags, (sqlite3_int64)row->amount,
                        (sqlite3_int64)row->size);
}

static double number(const struct cell *cell)
{
    return cell->cls == CELL_INT ? (double)cell->i : cell->cls == CELL_REAL ? cell->r : 0;
}

/* The answer's cells, one row after the other. */
static struct cell *ask(struct contract *t, const char *query, const char *table,
                        struct arena *arena, int *nrows, int *ncolumns)
{
    static const struct type text_type = {.id = CT_TEXT, .affinity = AFF_TEXT, .text = "TEXT"};
    struct cell arguments[] = {cell_null(), cell_str(table)}, *cells = NULL;
    struct arg args[] = {{.type = &text_type, .cells = &arguments[0], .ncells = 1},
                         {.type = &text_type, .cells = &arguments[1], .ncells = 1}};
    struct rows rows = {.conn = NULL};
    int rc = conn_send(t->c, sqltext(t->engine->name, query), args, 2, QUERY_SHORT, &rows, &t->err);
    *nrows = *ncolumns = 0;
    while (rc == SQLITE_OK && (rc = rows_next(&rows, &t->err)) == SQLITE_ROW) {
        size_t n = (size_t)rows.ncolumns;
        cells = list_add(arena, cells, *nrows, n * sizeof *cells);
        rc = SQLITE_OK;
        for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
            struct cell cell;
            rc = rows_cell(&rows, (int)i, &cell, &t->err);
            if (rc == SQLITE_OK)
                rc = cell_copy(&cell, arena, &cells[(size_t)*nrows * n + i]);
        }
        ++*nrows;
        *ncolumns = (int)n;
    }
    expect_rc(t, rc, SQLITE_DONE, query);
    rows_finish(&rows);
    return cells;
}

static void ask_raw(struct contract *t, const char *table, struct said *out)
{
    int nrows, ncolumns, n;
    struct catalog_row *rows;
    const struct cell *cells = ask(t, "raw", table, &out->arena, &nrows, &ncolumns);
    int rc = t->engine->read_raw(t->c, cells, nrows, ncolumns, &out->arena, &out->arena, &rows, &n,
                                 &t->err);
    expect_rc(t, rc, SQLITE_OK, "reading raw.sql");
    out->incomplete = n < 0;
    for (int i = 0; i < n; i++)
        add_line(out, &rows[i]);
}

static void ask_whole(struct contract *t, const char *table, struct said *out)
{
    int nrows, ncolumns;
    const struct cell *cells = ask(t, "table", table, &out->arena, &nrows, &ncolumns);
    expect(t, nrows == 0 || ncolumns == CATALOG_SIZE + 1, "table.sql gives %d columns", ncolumns);
    for (int i = 0; i < nrows; i++, cells += ncolumns) {
        struct catalog_row row = {.flags = (int)number(&cells[CATALOG_FLAGS]),
                                  .amount = number(&cells[CATALOG_AMOUNT]),
                                  .size = number(&cells[CATALOG_SIZE])};
        for (int j = 0; j < CATALOG_TEXTS; j++)
            row.text[j] = cells[j].cls == CELL_TEXT ? cells[j].p : NULL;
        add_line(out, &row);
    }
}

/* plain: the first query has to know that table. */
static void compare(struct contract *t, const char *table, bool plain)
{
    struct said first, whole;
    memset(&first, 0, sizeof first);
    memset(&whole, 0, sizeof whole);
    arena_init(&first.arena);
    arena_init(&whole.arena);
    first.lines = sqlite3_str_new(NULL);
    whole.lines = sqlite3_str_new(NULL);
    ask_raw(t, table, &first);
    ask_whole(t, table, &whole);
    char *said = sqlite3_str_finish(first.lines), *right = sqlite3_str_finish(whole.lines);
    expect(t, first.incomplete != plain, "%s is%s known", table, plain ? " not" : "");
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
    if (!expect(t, ((t->c->caps & CAP_RAW_CATALOG) != 0) == (engine_number(t) == ENGINE_POSTGRESQL),
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
