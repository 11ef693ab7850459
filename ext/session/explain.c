/* EXPLAIN, instruction by instruction (explain.h). */
#include "session/explain.h"

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
