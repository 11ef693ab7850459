/* Reading EXPLAIN (program.h). */
#include "session/program.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_INSTRUCTION 1 /* the jump back to it ends the program's prologue */
#define COPIES 4            /* of a value, one made from the other */
#define SCANS_MAX 16
#define ARGS_MAX 64
#define WRITES_MAX 4000

enum { COLUMN_ADDRESS, COLUMN_OPCODE, COLUMN_P1, COLUMN_P2, COLUMN_P3, COLUMN_P4 };

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
    int first, opened;       /* VFilter: address, -1 = none yet; tables of any kind */
    int last_step, last_end; /* addresses of VNext and DecrJumpZero */
    int first_end;
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

static int column(sqlite3_stmt *explain, int i)
{
    return sqlite3_column_int(explain, i);
}

static const char *copied(struct reading *r, sqlite3_stmt *explain, int i)
{
    const char *text = (const char *)sqlite3_column_text(explain, i);
    char *copy = arena_str(&r->program->arena, text != NULL ? text : "");
    r->failed = r->failed || copy == NULL;
    return copy;
}

/* Does it give a register a value of its own?  Those that matter here: what an argument of a scan can be. */
static void see_write(struct reading *r, sqlite3_stmt *explain, const char *opcode)
{
    static const char *const to_p3[] = {"Column", "VColumn",   "Function", "PureFunc",
                                        "Add",    "Subtract",  "Multiply", "Divide",
                                        "Concat", "Remainder", "VInitIn",  NULL};
    static const char *const to_p2[] = {"Rowid", "AggFinal", "RowData", "Sequence", "Blob", NULL};
    struct write w = {.address = column(explain, COLUMN_ADDRESS), .n = 1, .from = -1};
    const char *p4 = (const char *)sqlite3_column_text(explain, COLUMN_P4);
    int p1 = column(explain, COLUMN_P1), p3 = column(explain, COLUMN_P3);
    w.first = column(explain, COLUMN_P2);
    if (strcmp(opcode, "Integer") == 0) {
        w.value = (struct program_value){.source = PROGRAM_INTEGER, .i = p1};
    } else if (strcmp(opcode, "Int64") == 0 && p4 != NULL) {
        w.value = (struct program_value){.source = PROGRAM_INTEGER, .i = strtoll(p4, NULL, 10)};
    } else if (strcmp(opcode, "Real") == 0 && p4 != NULL) {
        w.value = (struct program_value){.source = PROGRAM_REAL, .r = strtod(p4, NULL)};
    } else if (strcmp(opcode, "String8") == 0 || strcmp(opcode, "String") == 0) {
        w.value =
            (struct program_value){.source = PROGRAM_TEXT, .text = copied(r, explain, COLUMN_P4)};
    } else if (strcmp(opcode, "Null") == 0) {
        w.value.source = PROGRAM_NULL;
        w.n = p3 > w.first ? p3 - w.first + 1 : 1;
    } else if (strcmp(opcode, "Variable") == 0) {
        w.value = (struct program_value){.source = PROGRAM_PARAMETER, .i = p1};
    } else if (strcmp(opcode, "SCopy") == 0) {
        w.from = p1;
    } else if (strcmp(opcode, "Copy") == 0 || strcmp(opcode, "Move") == 0) {
        w.from = p1;
        w.n = strcmp(opcode, "Copy") == 0 ? p3 + 1 : p3;
    } else if (is_one_of(opcode, to_p3)) {
        w.first = p3;
    } else if (!is_one_of(opcode, to_p2)) {
        return;
    }
    add_write(r, &w);
}

static void see_scan(struct reading *r, sqlite3_stmt *explain, const char *opcode)
{
    int address = column(explain, COLUMN_ADDRESS);
    if (strcmp(opcode, "VOpen") == 0 && r->ntables < SCANS_MAX) {
        r->tables[r->ntables].cursor = column(explain, COLUMN_P1);
        r->tables[r->ntables++].vtab = copied(r, explain, COLUMN_P4);
    } else if (strcmp(opcode, "VFilter") == 0 && r->nscans < SCANS_MAX) {
        r->scans[r->nscans++] = (struct found_scan){.address = address,
                                                    .cursor = column(explain, COLUMN_P1),
                                                    .registers = column(explain, COLUMN_P3),
                                                    .plan = copied(r, explain, COLUMN_P4)};
    } else if (strcmp(opcode, "VNext") == 0) {
        r->last_step = address;
    } else if (strcmp(opcode, "DecrJumpZero") == 0 && r->first >= 0 && r->first_end < 0) {
        r->first_end = address;
    }
}

/* A second table of any kind, a subroutine or a coroutine counts as repetition, and so does a jump back over a scan. */
static void see_repetition(struct reading *r, sqlite3_stmt *explain, const char *opcode)
{
    static const char *const others[] = {"VOpen",   "OpenRead",      "OpenWrite",
                                         "OpenDup", "InitCoroutine", "Gosub",
                                         "Program", "ReopenIdx",     NULL};
    int jump = column(explain, COLUMN_P2);
    r->opened += is_one_of(opcode, others);
    if (strcmp(opcode, "VFilter") == 0) {
        r->program->repeats = r->program->repeats || r->first >= 0;
        if (r->first < 0)
            r->first = column(explain, COLUMN_ADDRESS);
    } else if (r->first >= 0 && jump > FIRST_INSTRUCTION && jump <= r->first &&
               (strstr(opcode, "Next") || strstr(opcode, "Prev") || strcmp(opcode, "Goto") == 0)) {
        r->program->repeats = true;
    }
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
    struct reading r = {.program = out, .first = -1, .first_end = -1};
    char *text = sqlite3_mprintf("EXPLAIN %s", sql);
    sqlite3_stmt *explain = NULL;
    int rc = SQLITE_ERROR;
    program_clear(out);
    if (text && sqlite3_prepare_v2(db, text, -1, &explain, NULL) == SQLITE_OK) {
        while ((rc = sqlite3_step(explain)) == SQLITE_ROW) {
            const char *opcode = (const char *)sqlite3_column_text(explain, COLUMN_OPCODE);
            r.failed = r.failed || opcode == NULL;
            if (opcode == NULL)
                break;
            see_repetition(&r, explain, opcode);
            see_scan(&r, explain, opcode);
            see_write(&r, explain, opcode);
        }
    }
    sqlite3_finalize(explain);
    sqlite3_free(text);
    r.failed = r.failed || rc != SQLITE_DONE;
    out->repeats = out->repeats || r.failed || (r.first >= 0 && r.opened > 1);
    describe_all(&r);
}

void program_clear(struct program *p)
{
    arena_clear(&p->arena);
    memset(p, 0, sizeof *p);
}
