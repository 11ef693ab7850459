/* EXPLAIN, instruction by instruction (explain.h). */
#include "session/explain.h"
#include "model/token.h"
#include "session/binds.h"

#include <string.h>

#define FIRST_INSTRUCTION 1 /* the jump back to it ends the program's prologue */

enum { COLUMN_ADDRESS, COLUMN_OPCODE, COLUMN_P1, COLUMN_P2, COLUMN_P3, COLUMN_P4, COLUMN_P5 };

int explain_open(struct explain *e, sqlite3 *db, const char *sql)
{
    char *text = sqlite3_mprintf("EXPLAIN %s", sql);
    memset(e, 0, sizeof *e);
    int rc = text != NULL ? sqlite3_prepare_v2(db, text, -1, &e->stmt, NULL) : SQLITE_NOMEM;
    sqlite3_free(text);
    return rc;
}

int explain_next(struct explain *e)
{
    int rc = sqlite3_step(e->stmt);
    if (rc != SQLITE_ROW)
        return rc;
    e->address = sqlite3_column_int(e->stmt, COLUMN_ADDRESS);
    e->opcode = (const char *)sqlite3_column_text(e->stmt, COLUMN_OPCODE);
    e->p1 = sqlite3_column_int(e->stmt, COLUMN_P1);
    e->p2 = sqlite3_column_int(e->stmt, COLUMN_P2);
    e->p3 = sqlite3_column_int(e->stmt, COLUMN_P3);
    e->p4 = (const char *)sqlite3_column_text(e->stmt, COLUMN_P4);
    e->p5 = sqlite3_column_type(e->stmt, COLUMN_P5) == SQLITE_INTEGER
                ? sqlite3_column_int(e->stmt, COLUMN_P5)
                : -1;
    return e->opcode != NULL ? SQLITE_ROW : SQLITE_NOMEM;
}

bool explain_is(const struct explain *e, const char *opcode)
{
    return strcmp(e->opcode, opcode) == 0;
}

bool explain_is_any(const struct explain *e, const char *const *opcodes)
{
    for (; *opcodes != NULL; opcodes++)
        if (explain_is(e, *opcodes))
            return true;
    return false;
}

bool explain_jumps_back(const struct explain *e, int address)
{
    return e->p2 > FIRST_INSTRUCTION && e->p2 <= address && e->address > address &&
           (strstr(e->opcode, "Next") || strstr(e->opcode, "Prev") || explain_is(e, "Goto"));
}

void explain_close(struct explain *e)
{
    sqlite3_finalize(e->stmt);
    e->stmt = NULL;
}

int explain_purity(sqlite3 *db, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(db,
                              "SELECT 1 FROM pragma_function_list WHERE name = ?1 COLLATE NOCASE "
                              "AND NOT (builtin AND (flags & 0x800 OR type <> 's'))",
                              -1, out, NULL);
}

bool explain_is_pure(sqlite3_stmt *purity, const char *function)
{
    bool pure = sqlite3_bind_text(purity, 1, function, (int)strcspn(function, "("),
                                  SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_step(purity) == SQLITE_DONE;
    sqlite3_reset(purity);
    return pure;
}

/* The question about functions is asked of programs that call any. */
static bool calls_pure(sqlite3 *db, sqlite3_stmt **purity, const char *function)
{
    return function != NULL && (*purity != NULL || explain_purity(db, purity) == SQLITE_OK) &&
           explain_is_pure(*purity, function);
}

/* How often the text names SQLite's own table-valued functions, whose rows depend on their arguments alone. */
static int count_series(const char *sql)
{
    static const char *const names[] = {"generate_series", "json_each", "json_tree", NULL};
    struct tokens t;
    struct arena arena;
    int n = 0;
    arena_init(&arena);
    if (token_read(sql, &arena, &t) == SQLITE_OK)
        for (int i = 0; i < t.n; i++)
            n += token_is_any(&t.at[i], names) && token_is_punct(&t.at[i + 1], '(');
    arena_clear(&arena);
    return n;
}

static sqlite3_uint64 bit_of(int parameter)
{
    enum { LAST = 63 };
    return (sqlite3_uint64)1 << (parameter <= LAST ? parameter - 1 : LAST);
}

bool explain_reads(sqlite3_uint64 parameters, int n)
{
    return (parameters & bit_of(n)) != 0;
}

/* A virtual table may be anything, but where there are as many as such functions are named, it is these. */
void explain_traits(const struct binds *b, const char *sql, bool binds, struct explain_traits *out)
{
    static const char *const functions[] = {"Function",   "PureFunc", "AggStep",  "AggStep1",
                                            "AggInverse", "AggValue", "AggFinal", NULL};
    static const char *const stored[] = {"SorterOpen", "AggStep", "AggStep1", NULL};
    static const char *const gathered[] = {"SorterNext", "AggStep", "AggStep1", NULL};
    static const char *const limits[] = {"DecrJumpZero", "IfNotZero", "OffsetLimit", NULL};
    sqlite3_stmt *purity = NULL;
    struct explain e;
    bool asked = false;
    int rc = explain_open(&e, b->db, sql), series = count_series(sql);
    *out = (struct explain_traits){.pure = rc == SQLITE_OK};
    while (out->pure && (rc = explain_next(&e)) == SQLITE_ROW) {
        if (explain_is(&e, "VOpen"))
            out->pure = e.p4 != NULL && (binds_named(b, e.p4) != NULL ? binds : --series >= 0);
        else if (explain_is_any(&e, functions))
            out->pure = calls_pure(b->db, &purity, e.p4);
        else if (explain_is(&e, "Variable"))
            out->parameters |= bit_of(e.p1);
        asked = asked || explain_is(&e, "VFilter");
        out->first = out->first || (!asked && explain_is_any(&e, gathered));
        out->stores = out->stores || explain_is_any(&e, stored);
        out->limited = out->limited || explain_is_any(&e, limits);
        out->recurses = out->recurses || explain_is(&e, "Delete"); /* from the queue */
    }
    out->pure = out->pure && series == 0 && rc == SQLITE_DONE;
    explain_close(&e);
    sqlite3_finalize(purity);
}
