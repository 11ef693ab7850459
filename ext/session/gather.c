/* The program of an UPDATE or DELETE, as EXPLAIN lists it (gather.h):
**
**     VOpen t  …  VFilter t → end
**         what WHERE tests here: jumps to VNext, or to the body
**         the body: values, the key, MakeRecord, Insert into an ephemeral table e
**     VNext t, or first that of what UPDATE … FROM joins
**     Rewind e:  Column …  VUpdate:  Next e
**
** What is between the first reading of the key and the Insert must lead there: no jump to VNext or beyond.  WHERE may
** read the key before that if the body then reads it to leave it as it is. */
#include "session/gather.h"
#include "session/binds.h"
#include "session/explain.h"

#include <string.h>

#define LEAVES 1 /* p5 of a VColumn: sqlite3_vtab_nochange */

enum stage { BEFORE_SCAN, IN_SCAN, IN_BODY, GATHERED, AFTER_SCAN, HANDING_OVER, HANDED_OVER };

struct gathering {
    enum stage stage;
    int key;      /* its column */
    int scan;     /* the cursors: of the table, -1 = not open yet … */
    int rows;     /* … and of the ephemeral table */
    int farthest; /* to which the body jumps */
    bool left;    /* the key is read to leave it */
    bool joined;  /* other loops are inside that of the table */
    bool plain;   /* nothing stood against it so far */
    char vtab[40];
};

int gather_key(const struct declared *table)
{
    return table->identity.form == KEY_FORM_COLUMN ? table->identity.columns[0]
                                                   : table->model->ncolumns;
}

/* Between VFilter and VNext. */
static void see_key(struct gathering *g, const struct explain *e)
{
    bool leaves = e->p5 == LEAVES;
    if (!explain_is(e, "VColumn") || e->p1 != g->scan || e->p2 != g->key ||
        (g->stage == IN_BODY && !leaves))
        return;
    g->left = leaves;
    g->stage = IN_BODY;
    g->farthest = 0;
}

/* Of what cannot jump p2 is something else than an address. */
static void see_body(struct gathering *g, const struct explain *e)
{
    static const char *const straight[] = {
        "VColumn",   "Column",   "SCopy",  "Copy",      "Move",       "MakeRecord",   "NewRowid",
        "String8",   "Integer",  "Int64",  "Real",      "Null",       "Blob",         "Variable",
        "Function",  "PureFunc", "Concat", "Add",       "Subtract",   "Multiply",     "Divide",
        "Remainder", "BitAnd",   "BitOr",  "ShiftLeft", "ShiftRight", "BitNot",       "Not",
        "And",       "Or",       "AddImm", "Cast",      "Affinity",   "RealAffinity", NULL};
    static const char *const inserts[] = {"Insert", "IdxInsert", NULL};
    if (explain_is_any(e, inserts)) {
        g->rows = e->p1;
        g->stage = GATHERED;
    } else if (explain_is(e, "Jump")) {
        g->plain = false;
    } else if (!explain_is_any(e, straight) && e->p2 > g->farthest) {
        g->farthest = e->p2;
    }
}

static void see_handing_over(struct gathering *g, const struct explain *e)
{
    static const char *const copies[] = {"Column", "SCopy", "Copy", NULL};
    if (explain_is(e, "VUpdate")) {
        g->plain = e->p4 && strcmp(e->p4, g->vtab) == 0;
        g->stage = HANDED_OVER;
    } else {
        g->plain = explain_is_any(e, copies);
    }
}

/* The step from one stage to the next. */
static void see(struct gathering *g, const struct explain *e)
{
    static const char *const steps[] = {"VNext", "Next", NULL};
    bool of_scan = g->scan >= 0 && e->p1 == g->scan;
    switch (g->stage) {
    case BEFORE_SCAN:
        if (explain_is(e, "VFilter") && of_scan)
            g->stage = IN_SCAN;
        break;
    case IN_SCAN:
    case IN_BODY:
        if (g->stage == IN_BODY)
            see_body(g, e);
        see_key(g, e);
        g->plain = g->plain && !(explain_is(e, "VNext") && of_scan);
        break;
    case GATHERED:
        g->plain = explain_is_any(e, steps) && g->farthest < e->address;
        g->joined = !(explain_is(e, "VNext") && of_scan);
        g->stage = AFTER_SCAN;
        break;
    case AFTER_SCAN:
        if (explain_is(e, "Rewind") && e->p1 == g->rows)
            g->stage = HANDING_OVER;
        break;
    case HANDING_OVER:
        see_handing_over(g, e);
        break;
    case HANDED_OVER:
        break;
    }
}

/* What must not be twice, or at all. */
static void see_others(struct gathering *g, const struct explain *e)
{
    bool of_scan = g->scan >= 0 && e->p1 == g->scan;
    if (explain_is(e, "VOpen") && e->p4 && strcmp(e->p4, g->vtab) == 0) {
        g->plain = g->plain && g->scan < 0;
        g->scan = e->p1;
    } else if (explain_is(e, "Program") ||
               (g->stage != BEFORE_SCAN && explain_is(e, "VFilter") && of_scan) ||
               (g->stage != HANDING_OVER && explain_is(e, "VUpdate"))) {
        g->plain = false;
    }
}

sqlite3_int64 gather_count(sqlite3 *db, const char *sql, const struct declared *table, bool *more)
{
    struct gathering g = {.key = gather_key(table), .scan = -1, .rows = -1, .plain = true};
    struct explain e;
    int rc = explain_open(&e, db, sql);
    sqlite3_snprintf(sizeof g.vtab, g.vtab, "vtab:%p", table->vtab);
    while (rc == SQLITE_OK && g.plain && (rc = explain_next(&e)) == SQLITE_ROW) {
        see_others(&g, &e);
        if (g.plain)
            see(&g, &e);
        rc = SQLITE_OK;
    }
    explain_close(&e);
    *more = g.joined;
    if (!g.plain || rc != SQLITE_DONE || g.stage != HANDED_OVER)
        return -1;
    return g.left ? table->gathered.left : table->gathered.rows;
}
