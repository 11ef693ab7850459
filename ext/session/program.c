/* Reading EXPLAIN (program.h). */
#include "session/program.h"
#include "base/hash.h"
#include "session/explain.h"

#include <stdlib.h>
#include <string.h>

#define COPIES 4 /* of a value, one made from the other */
#define SCANS_MAX PROGRAM_SCANS_MAX
#define ARGS_MAX 64
#define WRITES_MAX 4000
#define CURSORS_MAX 32
#define LEAVES 1 /* p5 of a VColumn: sqlite3_vtab_nochange */

/* An instruction that gives registers a value. */
struct write {
    int address, first, n; /* registers */
    int from;              /* of a copy: its first source; else -1 */
    struct program_value value;
};

struct found_scan {
    int address, cursor, registers;
    const char *plan;
};

struct reading {
    struct program *program;
    struct write *writes;
    int nwrites, room;
    struct found_scan scans[SCANS_MAX];
    int nscans;
    struct {
        int cursor;
        const char *vtab;
    } tables[SCANS_MAX];
    int ntables;
    int first, opened; /* VFilter: address, -1 = none yet; tables of any kind */
    int subroutine;    /* the lowest address of one, -1 = none */
    bool again;        /* the first scan may run again */
    sqlite3_uint64 columns
        [CURSORS_MAX]; /* that are read of virtual tables; the last stands for all from there on */
    int last_step, first_end; /* addresses of VNext and of DecrJumpZero, -1 = none */
    bool failed;
};

static bool is_one_of(const char *opcode, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(opcode, *list) == 0)
            return true;
    return false;
}

/* ---- one instruction ----------------------------------------------------------------------------------- */

static void add_write(struct reading *r, const struct write *w)
{
    if (r->nwrites == r->room) {
        int room = r->room > 0 ? r->room * 2 : 64;
        struct write *more = room <= WRITES_MAX
                                 ? arena_alloc(&r->program->arena, (size_t)room * sizeof *more)
                                 : NULL;
        if (more == NULL) {
            r->failed = true;
            return;
        }
        if (r->nwrites > 0)
            memcpy(more, r->writes, (size_t)r->nwrites * sizeof *more);
        r->writes = more;
        r->room = room;
    }
    r->writes[r->nwrites++] = *w;
}

static const char *copied(struct reading *r, const char *text)
{
    char *copy = arena_str(&r->program->arena, text != NULL ? text : "");
    r->failed = r->failed || copy == NULL;
    return copy;
}

/* Does it give a register a value of its own?  Those that matter here: what an argument of a scan can be. */
static void see_write(struct reading *r, const struct explain *e)
{
    static const char *const to_p3[] = {"Column", "VColumn",   "Function", "PureFunc",
                                        "Add",    "Subtract",  "Multiply", "Divide",
                                        "Concat", "Remainder", "VInitIn",  NULL};
    static const char *const to_p2[] = {"Rowid", "AggFinal", "RowData", "Sequence", "Blob", NULL};
    struct write w = {.address = e->address, .n = 1, .from = -1};
    int p1 = e->p1, p3 = e->p3;
    w.first = e->p2;
    if (explain_is(e, "Integer")) {
        w.value = (struct program_value){.source = PROGRAM_INTEGER, .i = p1};
    } else if (explain_is(e, "Int64") && e->p4 != NULL) {
        w.value = (struct program_value){.source = PROGRAM_INTEGER, .i = strtoll(e->p4, NULL, 10)};
    } else if (explain_is(e, "Real") && e->p4 != NULL) {
        w.value = (struct program_value){.source = PROGRAM_REAL, .r = strtod(e->p4, NULL)};
    } else if (explain_is(e, "String8") || explain_is(e, "String")) {
        w.value = (struct program_value){.source = PROGRAM_TEXT, .text = copied(r, e->p4)};
    } else if (explain_is(e, "Null")) {
        w.value.source = PROGRAM_NULL;
        w.n = p3 > w.first ? p3 - w.first + 1 : 1;
    } else if (explain_is(e, "Variable")) {
        w.value = (struct program_value){.source = PROGRAM_PARAMETER, .i = p1};
    } else if (explain_is(e, "SCopy")) {
        w.from = p1;
    } else if (explain_is(e, "Copy") || explain_is(e, "Move")) {
        w.from = p1;
        w.n = explain_is(e, "Copy") ? p3 + 1 : p3;
    } else if (is_one_of(e->opcode, to_p3)) {
        w.first = p3;
    } else if (!is_one_of(e->opcode, to_p2)) {
        return;
    }
    add_write(r, &w);
}

static void see_scan(struct reading *r, const struct explain *e)
{
    int address = e->address;
    if (explain_is(e, "VOpen") && r->ntables < SCANS_MAX) {
        r->tables[r->ntables].cursor = e->p1;
        r->tables[r->ntables++].vtab = copied(r, e->p4);
    } else if (explain_is(e, "VFilter") && r->nscans < SCANS_MAX) {
        r->scans[r->nscans++] = (struct found_scan){
            .address = address, .cursor = e->p1, .registers = e->p3, .plan = copied(r, e->p4)};
    } else if (explain_is(e, "VNext")) {
        r->last_step = address;
    } else if (explain_is(e, "DecrJumpZero") && r->first >= 0 && r->first_end < 0) {
        r->first_end = address;
    }
}

/* A second table of any kind or a coroutine counts as repetition, and so does a jump back over a scan, or a subroutine
** that may hold one: those of GROUP BY stand behind it. */
static void see_repetition(struct reading *r, const struct explain *e)
{
    static const char *const others[] = {"VOpen",         "OpenRead", "OpenWrite", "OpenDup",
                                         "InitCoroutine", "Program",  "ReopenIdx", NULL};
    r->opened += is_one_of(e->opcode, others);
    if (explain_is(e, "Gosub") && (r->subroutine < 0 || e->p2 < r->subroutine))
        r->subroutine = e->p2;
    if (explain_is(e, "VFilter")) {
        r->program->repeats = r->program->repeats || r->first >= 0;
        if (r->first < 0)
            r->first = e->address;
    } else if (r->first >= 0 && explain_jumps_back(e, r->first)) {
        r->program->repeats = r->again = true;
    }
    r->again = r->again || explain_is(e, "InitCoroutine") || explain_is(e, "Program");
}

static void see_column(struct reading *r, const struct explain *e)
{
    const int last = 63; /* stands for all columns from there on */
    if (explain_is(e, "VColumn") && e->p5 != LEAVES)
        r->columns[e->p1 >= 0 && e->p1 < CURSORS_MAX ? e->p1 : CURSORS_MAX - 1] |=
            1ull << (e->p2 >= 0 && e->p2 < last ? e->p2 : last);
}

/* What is read of the first scan, if it runs once and can be told from the others. */
static void describe_first(const struct reading *r)
{
    const struct found_scan *first = &r->scans[0];
    bool alone = r->nscans > 0 && r->nscans < SCANS_MAX && !r->failed && !r->again &&
                 (r->subroutine < 0 || r->subroutine > r->first) && first->cursor >= 0 &&
                 first->cursor < CURSORS_MAX - 1;
    for (int i = 1; i < r->nscans && alone; i++)
        alone = strcmp(r->scans[i].plan, first->plan) != 0;
    r->program->plan = alone ? first->plan : NULL;
    r->program->columns = alone ? r->columns[first->cursor] : 0;
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* What a register holds at an address: what was written to it last before, else by what runs first although it stands
** at the end. */
static struct program_value value_at(const struct reading *r, int reg, int address, int copies)
{
    const struct write *found = NULL;
    for (int i = r->nwrites - 1; i >= 0; i--) {
        const struct write *w = &r->writes[i];
        if (reg < w->first || reg >= w->first + w->n)
            continue;
        if (found == NULL)
            found = w;
        if (w->address < address) {
            found = w;
            break;
        }
    }
    if (found != NULL && found->from >= 0 && copies > 0)
        return value_at(r, found->from + reg - found->first, found->address, copies - 1);
    return found != NULL && found->from < 0 ? found->value : (struct program_value){.i = 0};
}

static const char *table_of(const struct reading *r, int cursor)
{
    for (int i = 0; i < r->ntables; i++)
        if (r->tables[i].cursor == cursor)
            return r->tables[i].vtab;
    return NULL;
}

static void describe(struct reading *r, const struct found_scan *f, struct program_scan *out)
{
    struct program_value n = value_at(r, f->registers + 1, f->address, 0);
    *out = (struct program_scan){.vtab = table_of(r, f->cursor), .plan = f->plan, .argc = -1};
    if (out->vtab == NULL || n.source != PROGRAM_INTEGER || n.i < 0 || n.i > ARGS_MAX)
        return;
    out->args = arena_alloc(&r->program->arena, (size_t)(n.i + 1) * sizeof *out->args);
    if (out->args == NULL)
        return;
    for (int i = 0; i < (int)n.i; i++) {
        out->args[i] = value_at(r, f->registers + 2 + i, f->address, COPIES);
        if (out->args[i].source == PROGRAM_UNKNOWN)
            return;
    }
    out->argc = (int)n.i;
}

/* Scans of which some could be asked for before others. */
static void describe_all(struct reading *r)
{
    bool ends_early = r->first_end >= 0 && r->first_end < r->last_step;
    struct program *p = r->program;
    if (r->failed || ends_early || r->nscans < 2)
        return;
    p->scans = arena_alloc(&p->arena, (size_t)r->nscans * sizeof *p->scans);
    for (int i = 0; p->scans != NULL && i < r->nscans; i++)
        describe(r, &r->scans[i], &p->scans[p->nscans++]);
}

void program_read(sqlite3 *db, const char *sql, struct program *out)
{
    struct reading r = {.program = out, .first = -1, .first_end = -1, .subroutine = -1};
    struct explain e;
    program_clear(out);
    int rc = explain_open(&e, db, sql);
    while (rc == SQLITE_OK && (rc = explain_next(&e)) == SQLITE_ROW) {
        see_repetition(&r, &e);
        see_scan(&r, &e);
        see_write(&r, &e);
        see_column(&r, &e);
        rc = SQLITE_OK;
    }
    explain_close(&e);
    r.failed = r.failed || rc != SQLITE_DONE;
    out->repeats = out->repeats || r.failed || (r.first >= 0 && r.opened > 1) ||
                   (r.subroutine >= 0 && r.subroutine <= r.first);
    for (int i = 0; i < r.nscans && !r.failed; i++)
        out->plans[out->nplans++] = hash_text(r.scans[i].plan, strlen(r.scans[i].plan));
    describe_first(&r);
    describe_all(&r);
}

bool program_has(const struct program *p, const char *plan)
{
    sqlite3_uint64 hash = hash_text(plan, strlen(plan));
    int i = 0;
    while (i < p->nplans && p->plans[i] != hash)
        i++;
    return i < p->nplans;
}

void program_clear(struct program *p)
{
    arena_clear(&p->arena);
    memset(p, 0, sizeof *p);
}
