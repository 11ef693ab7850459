/* Reading the program of a statement for what the rows of a scan are given to (extremes.h).
**
** What is looked for, c being the cursor of the scan and r any register, the lines in braces once or oftener:
**     VFilter c, end, …, plan
**   { VColumn c, f, r
**     CollSeq 0, 0, 0, BINARY-8
**     AggStep 0, r, …, min(1) or max(1) }
**     VNext c, the first line in braces
** The comparison is BINARY: then equal values are the same value, and it does not matter which row one comes from.
** CollSeq is only there before SQLite's own min() and max(): no function of the application's is told of a collation.
**
** A text is explained anew, after the running program was made of it.  So that both mean the same, the application must
** not have had a chance to change what the text names: the scan runs once, and no row was given to it before. */
#include "session/extremes.h"
#include "session/binds.h"
#include "session/explain.h"

#include <string.h>

#define COLLATION "BINARY-8"

enum step { OUTSIDE, AT_COLUMN, AT_COLLATION, AT_AGGREGATE };

struct reading {
    const char *plan;
    struct plan_extremes *found;
    bool any, other; /* there is such a scan; one is for more than extremes */
    enum step step;
    int begin, cursor; /* of the scan met last: begin is the address of VFilter, -1 = none */
    int column, reg;   /* the last VColumn's */
    int address;       /* of the last instruction */
    bool given;        /* a row may have been given out */
};

static void see_scan(struct reading *r, const struct explain *e)
{
    if (!explain_is(e, "VFilter") || e->p4 == NULL || strcmp(e->p4, r->plan) != 0)
        return;
    r->any = true;
    r->other = r->other || r->given;
    r->begin = e->address;
    r->cursor = e->p1;
    r->step = AT_COLUMN;
}

/* The next instruction of a scan's loop; false: it is another one. */
static bool see_row(struct reading *r, const struct explain *e)
{
    struct plan_extremes *found = r->found;
    bool lowest;
    switch (r->step) {
    case AT_COLUMN:
        if (explain_is(e, "VNext") && e->p1 == r->cursor && e->p2 == r->begin + 1) {
            r->step = OUTSIDE;
            return e->address > e->p2;
        }
        r->step = AT_COLLATION;
        r->column = e->p2;
        r->reg = e->p3;
        return explain_is(e, "VColumn") && e->p1 == r->cursor && e->p2 >= 0 &&
               e->p2 < PLAN_COLUMN_BITS;
    case AT_COLLATION:
        r->step = AT_AGGREGATE;
        return explain_is(e, "CollSeq") && e->p1 == 0 && e->p4 != NULL &&
               strcmp(e->p4, COLLATION) == 0;
    default:
        r->step = AT_COLUMN;
        if (!explain_is(e, "AggStep") || e->p1 != 0 || e->p2 != r->reg || e->p4 == NULL ||
            r->column < 0 || r->column >= PLAN_COLUMN_BITS)
            return false;
        lowest = strcmp(e->p4, "min(1)") == 0;
        *(lowest ? &found->lowest : &found->highest) |= 1ull << r->column;
        return lowest || strcmp(e->p4, "max(1)") == 0;
    }
}

/* Subroutines, and programs of triggers, which are listed behind the statement's own, may run whenever they like. */
static bool has_other_ways(const struct reading *r, const struct explain *e)
{
    return explain_is(e, "Gosub") || explain_is(e, "Program") || e->address <= r->address;
}

static void read_instruction(struct reading *r, const struct explain *e)
{
    if (has_other_ways(r, e) || (r->begin >= 0 && explain_jumps_back(e, r->begin)))
        r->other = true;
    r->address = e->address;
    r->given = r->given || explain_is(e, "ResultRow") || explain_is(e, "Yield");
    if (r->step == OUTSIDE)
        see_scan(r, e);
    else if (!see_row(r, e))
        r->other = true;
}

/* Adds what the statement's scans are for; false: more than that, or it cannot be read. */
static bool read_program(sqlite3 *db, const char *sql, struct reading *r)
{
    struct explain e;
    int rc = explain_open(&e, db, sql);
    r->step = OUTSIDE;
    r->begin = r->address = -1;
    r->given = false;
    while (rc == SQLITE_OK && (rc = explain_next(&e)) == SQLITE_ROW) {
        read_instruction(r, &e);
        rc = SQLITE_OK;
    }
    explain_close(&e);
    return rc == SQLITE_DONE && r->step == OUTSIDE && !r->other;
}

static bool is_running(sqlite3_stmt *stmt)
{
    return sqlite3_stmt_busy(stmt) && !sqlite3_stmt_isexplain(stmt);
}

/* All that run must agree: which of them asks, nothing tells. */
static bool read_all(struct binds *b, const char *plan, struct plan_extremes *out)
{
    struct reading r = {.plan = plan, .found = out};
    sqlite3_stmt *stmt;
    for (stmt = sqlite3_next_stmt(b->db, NULL); stmt; stmt = sqlite3_next_stmt(b->db, stmt)) {
        const char *sql = is_running(stmt) ? sqlite3_sql(stmt) : NULL;
        if (is_running(stmt) && (sql == NULL || !read_program(b->db, sql, &r)))
            return false;
    }
    return r.any;
}

static sqlite3_stmt *only_one(sqlite3 *db)
{
    sqlite3_stmt *stmt, *found = NULL;
    for (stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
        if (!is_running(stmt))
            continue;
        if (found)
            return NULL;
        found = stmt;
    }
    return found;
}

/* It was for more when this run, or one that looks like it, asked last: at worst the rows are read. */
static bool is_for_more(const struct extremes_known *known, sqlite3_stmt *stmt, const char *sql)
{
    return !known->only && known->from.stmt == stmt && known->from.hash == scans_text_hash(sql) &&
           known->from.run == sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
}

bool extremes_find(struct binds *b, const char *plan, struct plan_extremes *out)
{
    sqlite3_uint64 hash = scans_text_hash(plan);
    struct extremes_known *known = &b->extremes.known[(size_t)(hash >> 32) % EXTREMES_KNOWN];
    sqlite3_stmt *stmt = only_one(b->db);
    const char *sql = stmt != NULL ? sqlite3_sql(stmt) : NULL;
    *out = (struct plan_extremes){0, 0};
    if (sql != NULL && known->plan == hash && is_for_more(known, stmt, sql))
        return false;
    bool again = sql != NULL && scans_again(&known->from, stmt, sql) && known->plan == hash;
    if (!again) {
        known->only = read_all(b, plan, out);
        known->found = *out;
        known->plan = hash;
    }
    if (sql == NULL)
        known->from.stmt = NULL;
    *out = known->found;
    return known->only;
}
