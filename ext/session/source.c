/* The program of an INSERT … SELECT, as EXPLAIN lists it (source.h):
**
**     InitCoroutine
**     VOpen t  …  VFilter t  …  Yield  …  VNext t
**     EndCoroutine
**     Yield  …  VUpdate
**
** Between VFilter and VNext there may be other loops, around them none.  What ends the scan early (LIMIT), hands rows over
** from elsewhere (a sorter, a subroutine, a trigger's program) or stores them first does not fit. */
#include "session/source.h"
#include "session/explain.h"

#include <string.h>

static const char *const order[] = {"InitCoroutine", "VFilter", "Yield",   "VNext",
                                    "EndCoroutine",  "Yield",   "VUpdate", NULL};
enum { SCAN_BEGINS = 1, SCAN_ENDS = 3, ROW_COMES = 5, ALL = 7 };

struct source {
    const struct declared *table; /* opened by … */
    int scan;                     /* … this cursor, -1 = none yet */
    int at;                       /* the next one of `order` */
    int filter;                   /* address */
    bool fits;
};

/* The outermost loop's table is opened before the others. */
static void see_open(struct source *s, const struct binds *b, const struct explain *e)
{
    const struct declared *table = e->p4 ? binds_named(b, e->p4) : NULL;
    if (s->scan < 0) {
        s->table = table;
        s->scan = e->p1;
        s->fits = table != NULL;
    } else if (table == s->table) {
        s->fits = false;
    }
}

static void see(struct source *s, const struct binds *b, const struct explain *e)
{
    static const char *const others[] = {"OpenWrite", "OpenPseudo",  "SorterOpen",
                                         "Gosub",     "Program",     "DecrJumpZero",
                                         "IfNotZero", "OffsetLimit", NULL};
    static const char *const stores[] = {"Insert", "IdxInsert", "Rewind", NULL};
    bool of_others = (explain_is(e, "VFilter") || explain_is(e, "VNext")) && e->p1 != s->scan;
    if (explain_is(e, "VOpen"))
        see_open(s, b, e);
    else if (explain_is_any(e, others) || (s->at > ROW_COMES && explain_is_any(e, stores)) ||
             (s->at > SCAN_ENDS && explain_jumps_back(e, s->filter)))
        s->fits = false;
    else if (explain_is_any(e, order) && !of_others) {
        s->fits = s->at < ALL && explain_is(e, order[s->at]);
        if (s->at++ == SCAN_BEGINS)
            s->filter = e->address;
    }
}

static const struct declared *scan_of_text(const struct binds *b, const char *sql)
{
    struct source s = {.scan = -1, .fits = true};
    struct explain e;
    int rc = explain_open(&e, b->db, sql);
    while (rc == SQLITE_OK && s.fits && (rc = explain_next(&e)) == SQLITE_ROW) {
        see(&s, b, &e);
        rc = SQLITE_OK;
    }
    explain_close(&e);
    return s.fits && rc == SQLITE_DONE && s.at == ALL ? s.table : NULL;
}

/* SQLite may have planned with the values of the parameters (a LIKE of one) or without them. */
const struct declared *source_scan(const struct binds *b, sqlite3_stmt *stmt)
{
    const struct declared *table = scan_of_text(b, sqlite3_sql(stmt));
    if (table && sqlite3_bind_parameter_count(stmt) > 0) {
        char *written = sqlite3_expanded_sql(stmt);
        if (!written || scan_of_text(b, written) != table)
            table = NULL;
        sqlite3_free(written);
    }
    return table;
}
