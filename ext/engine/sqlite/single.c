/* Statements whose first row is their last one.
**
** A look-up by a unique key gives out one row, but SQLite says that there are no more only when it is asked once more,
** in a step of its own, which costs as much as a third of the row.  Where every row is given out by an instruction behind
** which the program halts, that step can do nothing else, and the statement is reset instead.
** A program is looked at while it runs, on a row: so EXPLAIN, in the same transaction, makes it of the same schema.  One
** that SQLite has prepared anew by itself may have been made with the values that were bound in mind; such a statement is
** first prepared from scratch. */
#include "engine/sqlite/driver.h"

#include <string.h>

#define ANEW_MAX 3 /* so often is it prepared from scratch */

/* Does a halt follow each instruction that gives out a row? */
static bool halts_after_row(sqlite3_stmt *program)
{
    bool given = false, any = false;
    int rc;
    while ((rc = sqlite3_step(program)) == SQLITE_ROW) {
        const char *opcode = (const char *)sqlite3_column_text(program, 1);
        if (!opcode || (given && (strcmp(opcode, "Halt") != 0 || sqlite3_column_int(program, 2))))
            return false;
        given = strcmp(opcode, "ResultRow") == 0;
        any = any || given;
    }
    return rc == SQLITE_DONE && any && !given;
}

void sqlite_single_look(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    char *sql;
    sqlite3_stmt *program = NULL;
    s->single_known = true;
    if (!s->reads || s->reprepared != 0)
        return;
    sql = sqlite3_mprintf("EXPLAIN %s", s->base.sql);
    if (sql && sqlite3_prepare_v2(c->db, sql, -1, &program, NULL) == SQLITE_OK)
        s->single = halts_after_row(program);
    sqlite3_finalize(program);
    sqlite3_free(sql);
}

bool sqlite_single_anew(struct sqlite_stmt *s)
{
    bool pays = s->runs >= SINGLE_RUNS && s->anew < ANEW_MAX;
    s->anew += pays;
    return pays;
}
