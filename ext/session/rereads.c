/* Reading the program of an UPDATE for the scans of its SET (rereads.h).
**
** What is looked for, c being the cursor of the table and r the first of n registers:
**     VFilter c …
**     the WHERE: jumps behind MakeRecord
**     the SET: what it scans; jumps stay before MakeRecord
**     VColumn c, key, r
**     MakeRecord r, n …
**     VUpdate …, n, r, table
** An UPDATE of one row has no MakeRecord, and UPDATE … FROM makes the records of other registers: all rows are read
** before the first one is changed then, by native tables too. */
#include "session/rereads.h"
#include "session/binds.h"
#include "session/explain.h"

#include <string.h>

#define DEPTH 4 /* of coroutines in each other */

enum what { OTHER, JUMP, ONCE, COROUTINE, YIELD, OPEN, FILTER, COLUMN, FUNCTION, RECORD, UPDATE };

struct instruction {
    enum what what;
    int p1, p2, p3;
    const char *p4;
};

struct reading {
    struct rereads *out;
    sqlite3_stmt *purity;
    char vtab[40];
    struct instruction *at; /* of one program; the place is the address */
    int n, room, list_room;
    struct arena arena;
};

static enum what what_is(const char *opcode)
{
    static const struct {
        const char *opcode;
        enum what what;
    } known[] = {
        {"Eq", JUMP},           {"Ne", JUMP},
        {"Lt", JUMP},           {"Le", JUMP},
        {"Gt", JUMP},           {"Ge", JUMP},
        {"ElseEq", JUMP},       {"If", JUMP},
        {"IfNot", JUMP},        {"IsNull", JUMP},
        {"NotNull", JUMP},      {"IfNullRow", JUMP},
        {"Found", JUMP},        {"NotFound", JUMP},
        {"NoConflict", JUMP},   {"NotExists", JUMP},
        {"Goto", JUMP},         {"Rewind", JUMP},
        {"Last", JUMP},         {"SeekGE", JUMP},
        {"SeekGT", JUMP},       {"SeekLE", JUMP},
        {"SeekLT", JUMP},       {"SeekRowid", JUMP},
        {"IdxGE", JUMP},        {"IdxGT", JUMP},
        {"IdxLE", JUMP},        {"IdxLT", JUMP},
        {"IfPos", JUMP},        {"IfNotZero", JUMP},
        {"DecrJumpZero", JUMP}, {"InitCoroutine", COROUTINE},
        {"Yield", YIELD},       {"Once", ONCE},
        {"VOpen", OPEN},        {"VFilter", FILTER},
        {"VColumn", COLUMN},    {"Function", FUNCTION},
        {"PureFunc", FUNCTION}, {"AggStep", FUNCTION},
        {"AggFinal", FUNCTION}, {"AggStep1", FUNCTION},
        {"AggValue", FUNCTION}, {"MakeRecord", RECORD},
        {"VUpdate", UPDATE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(opcode, known[i].opcode) == 0)
            return known[i].what;
    return OTHER;
}

static void *grown(struct arena *arena, void *list, int n, int *room, size_t size)
{
    if (n < *room)
        return list;
    int more = *room > 0 ? *room * 2 : 32;
    void *p = arena_alloc(arena, (size_t)more * size);
    if (p == NULL)
        return NULL;
    if (n > 0)
        memcpy(p, list, (size_t)n * size);
    *room = more;
    return p;
}

/* ---- one program --------------------------------------------------------------------------------------- */

static bool jumps(const struct instruction *i)
{
    return i->what == JUMP || i->what == FILTER;
}

/* Behind the last way out of the loop over the rows. */
static int first_of_set(const struct reading *r, int record)
{
    int i = record - 1;
    while (i >= 0 && !(jumps(&r->at[i]) && r->at[i].p2 > record))
        i--;
    return i + 1;
}

/* The table's own cursor: it gives the key, which is the first value of the record; -1 = none. */
static int own_cursor(const struct reading *r, int record)
{
    for (int i = record - 1; i >= 0; i--)
        if (r->at[i].what == COLUMN && r->at[i].p3 == r->at[record].p1)
            return r->at[i].p1;
    return -1;
}

static const char *table_of(const struct reading *r, int filter)
{
    for (int i = filter - 1; i >= 0; i--)
        if (r->at[i].what == OPEN && r->at[i].p1 == r->at[filter].p1)
            return r->at[i].p4;
    return NULL;
}

/* The last instruction of a kind that has a place between itself and where it jumps; -1 = none. */
static int around(const struct reading *r, enum what what, int first, int place)
{
    int i = place - 1;
    while (i >= first && !(r->at[i].what == what && r->at[i].p2 > place))
        i--;
    return i >= first ? i : -1;
}

/* Is that place come to once at most?  *late: perhaps not for the first row.  What stands in a coroutine is come to
** where that is asked for its rows. */
static bool is_once(const struct reading *r, int first, int place, int depth, bool *late)
{
    int once = around(r, ONCE, first, place), body = around(r, COROUTINE, first, place);
    bool all = true, any = false;
    for (int i = first; i < once; i++)
        *late = *late || (jumps(&r->at[i]) && r->at[i].p2 > once);
    if (once >= 0 || body < 0 || depth == 0)
        return once >= 0;
    for (int i = first; i < r->n && all; i++) {
        const struct instruction *at = &r->at[i];
        if (at->what != YIELD || at->p1 != r->at[body].p1 || (i > body && i < r->at[body].p2))
            continue;
        any = true;
        all = is_once(r, first, i, depth - 1, late);
    }
    return any && all;
}

static int add_scan(struct reading *r, int first, int filter)
{
    struct rereads *out = r->out;
    const char *vtab = table_of(r, filter);
    struct reread *scan;
    void *list = grown(&out->arena, out->list, out->n, &r->list_room, sizeof *out->list);
    if (list == NULL)
        return SQLITE_NOMEM;
    out->list = list;
    scan = &out->list[out->n++];
    *scan = (struct reread){
        .vtab = arena_str(&out->arena, vtab != NULL ? vtab : ""),
        .plan = arena_str(&out->arena, r->at[filter].p4 != NULL ? r->at[filter].p4 : "")};
    scan->once = is_once(r, first, filter, DEPTH, &scan->late);
    return scan->vtab != NULL && scan->plan != NULL ? SQLITE_OK : SQLITE_NOMEM;
}

static int see_set(struct reading *r, int record)
{
    int first = first_of_set(r, record), own = own_cursor(r, record), rc = SQLITE_OK;
    for (int i = first; i < record && rc == SQLITE_OK; i++) {
        const struct instruction *at = &r->at[i];
        if (at->what == FUNCTION && (at->p4 == NULL || !explain_is_pure(r->purity, at->p4)))
            r->out->impure = true;
        if (at->what == FILTER && at->p1 != own)
            rc = add_scan(r, first, i);
    }
    return rc;
}

static int see_update(struct reading *r, int update)
{
    const struct instruction *at = &r->at[update];
    int i = update - 1;
    if (at->p4 == NULL || strcmp(at->p4, r->vtab) != 0)
        return SQLITE_OK;
    while (i >= 0 && !(r->at[i].what == RECORD && r->at[i].p1 == at->p3 && r->at[i].p2 == at->p2))
        i--;
    return i >= 0 ? see_set(r, i) : SQLITE_OK;
}

static int see_program(struct reading *r)
{
    int rc = SQLITE_OK;
    for (int i = 0; i < r->n && rc == SQLITE_OK; i++)
        if (r->at[i].what == UPDATE)
            rc = see_update(r, i);
    r->n = 0;
    return rc;
}

/* ---- statements ---------------------------------------------------------------------------------------- */

static int add_instruction(struct reading *r, const struct explain *e)
{
    void *list = grown(&r->arena, r->at, r->n, &r->room, sizeof *r->at);
    if (list == NULL)
        return SQLITE_NOMEM;
    r->at = list;
    r->at[r->n] =
        (struct instruction){what_is(e->opcode), e->p1, e->p2, e->p3, arena_str(&r->arena, e->p4)};
    return (r->at[r->n++].p4 == NULL) == (e->p4 == NULL) ? SQLITE_OK : SQLITE_NOMEM;
}

/* The programs of triggers are listed behind the statement's own, each from address 0 on. */
static int read_statement(struct reading *r, sqlite3 *db, const char *sql)
{
    struct explain e;
    int end, rc = explain_open(&e, db, sql);
    while (rc == SQLITE_OK && (rc = explain_next(&e)) == SQLITE_ROW) {
        rc = e.address == 0 ? see_program(r) : SQLITE_OK;
        if (rc == SQLITE_OK)
            rc = add_instruction(r, &e);
    }
    explain_close(&e);
    end = rc == SQLITE_DONE ? see_program(r) : rc;
    r->n = 0;
    return end;
}

int rereads_find(struct binds *b, const sqlite3_vtab *vtab, struct rereads *out)
{
    struct reading r = {.out = out};
    sqlite3_stmt *stmt;
    int rc = explain_purity(b->db, &r.purity);
    *out = (struct rereads){.n = 0};
    arena_init(&out->arena);
    arena_init(&r.arena);
    sqlite3_snprintf(sizeof r.vtab, r.vtab, "vtab:%p", vtab);
    for (stmt = sqlite3_next_stmt(b->db, NULL); stmt && rc == SQLITE_OK;
         stmt = sqlite3_next_stmt(b->db, stmt)) {
        bool writes = sqlite3_stmt_busy(stmt) && !sqlite3_stmt_readonly(stmt);
        const char *sql = writes ? sqlite3_sql(stmt) : NULL;
        if (sql != NULL && !sqlite3_stmt_isexplain(stmt))
            rc = read_statement(&r, b->db, sql);
    }
    arena_clear(&r.arena);
    sqlite3_finalize(r.purity);
    return rc;
}

void rereads_clear(struct rereads *r)
{
    arena_clear(&r->arena);
}
