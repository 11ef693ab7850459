/* Reading the program of a statement for what it tests of each row (tested.h).
**
** What is looked for, c being a cursor of the table, r and s any registers, and next the address of VNext:
**     VFilter c, next + 1, …
**     VColumn c, f, r      VColumn c, g, s      Ge s, next, r, BINARY-8, affinity and JUMPIFNULL
**     …
**     VNext c, the address behind VFilter
** that is: to the next row if f >= g, or if one of them is NULL.  Before it only registers may be loaded from columns, and
** jumps may only go to the next row, or forward: then what stands between the jump and its target does not count, neither
** as a comparison nor as a load.  Whatever else stands there ends the search: the flag of an outer join that has found a
** row, a call of a function, another scan. */
#include "session/tested.h"
#include "base/hash.h"
#include "session/binds.h"
#include "session/explain.h"

#include <stdint.h>
#include <string.h>

#define COLLATION "BINARY-8"
#define INSTRUCTIONS_MAX 20000
#define LOADS_MAX 32
/* P5 of a comparison, as SQLite has them since 3.38 and before */
#define JUMP_IF_NULL 0x10
#define AFFINITY 0x47
#define AFFINITY_TEXT 0x42
#define AFFINITY_NUMERIC 0x43 /* and up: INTEGER, REAL … */

enum what { OTHER, OPEN, FILTER, NEXT, LOAD, LOAD_OTHER, COMPARE, JUMP };

struct instruction {
    enum what what;
    int p1, p2, p3;
    bool fits;        /* OPEN: it is the table; COMPARE: BINARY, and NULL jumps as well */
    struct pair pair; /* COMPARE: operator and affinity */
};

struct load {
    int reg, column;
};

struct program_text {
    struct instruction *at;
    int n, room;
    char vtab[40];
};

/* ---- instructions -------------------------------------------------------------------------------------- */

/* The row stays if the operator does not hold. */
static bool comparison(const char *opcode, enum op *stays)
{
    static const struct {
        const char *opcode;
        enum op stays;
    } known[] = {{"Eq", OP_NE}, {"Ne", OP_EQ}, {"Lt", OP_GE},
                 {"Le", OP_GT}, {"Gt", OP_LE}, {"Ge", OP_LT}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(opcode, known[i].opcode) == 0) {
            *stays = known[i].stays;
            return true;
        }
    }
    return false;
}

static enum what what_is(const char *opcode)
{
    static const struct {
        const char *opcode;
        enum what what;
    } known[] = {{"VOpen", OPEN},   {"VFilter", FILTER},    {"VNext", NEXT},
                 {"VColumn", LOAD}, {"Column", LOAD_OTHER}, {"IsNull", JUMP},
                 {"NotNull", JUMP}, {"If", JUMP},           {"IfNot", JUMP}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(opcode, known[i].opcode) == 0)
            return known[i].what;
    }
    return OTHER;
}

static void read_comparison(const struct explain *e, struct instruction *out)
{
    int affinity = e->p5 & AFFINITY;
    out->what = COMPARE;
    out->fits = e->p5 >= 0 && (e->p5 & ~(AFFINITY | JUMP_IF_NULL)) == 0 &&
                (e->p5 & JUMP_IF_NULL) != 0 && e->p4 != NULL && strcmp(e->p4, COLLATION) == 0;
    out->pair.affinity = affinity >= AFFINITY_NUMERIC ? AFF_NUMERIC
                         : affinity == AFFINITY_TEXT  ? AFF_TEXT
                                                      : AFF_BLOB;
}

static bool add_instruction(struct program_text *p, const struct explain *e)
{
    struct instruction *i;
    if (e->address != p->n || p->n >= INSTRUCTIONS_MAX)
        return false;
    if (p->n == p->room) {
        int room = p->room > 0 ? p->room * 2 : 128;
        void *more = sqlite3_realloc64(p->at, (sqlite3_uint64)room * sizeof *p->at);
        if (more == NULL)
            return false;
        p->at = more;
        p->room = room;
    }
    i = &p->at[p->n++];
    *i = (struct instruction){.what = what_is(e->opcode), .p1 = e->p1, .p2 = e->p2, .p3 = e->p3};
    if (i->what == OPEN)
        i->fits = e->p4 != NULL && strcmp(e->p4, p->vtab) == 0;
    else if (i->what == OTHER && comparison(e->opcode, &i->pair.op))
        read_comparison(e, i);
    return true;
}

static bool read_program(struct program_text *p, sqlite3 *db, const char *sql)
{
    struct explain e;
    int rc = explain_open(&e, db, sql);
    while (rc == SQLITE_OK && (rc = explain_next(&e)) == SQLITE_ROW)
        rc = add_instruction(p, &e) ? SQLITE_OK : SQLITE_ERROR;
    explain_close(&e);
    return rc == SQLITE_DONE;
}

/* ---- one scan ------------------------------------------------------------------------------------------ */

struct walk {
    const struct instruction *at;
    int next;   /* address of VNext */
    int target; /* of a jump that was passed, ahead; 0 = none */
    struct load loads[LOADS_MAX];
    int nloads;
    struct pairs found;
};

static void forget_load(struct walk *w, int reg)
{
    int kept = 0;
    for (int i = 0; i < w->nloads; i++) {
        if (w->loads[i].reg != reg)
            w->loads[kept++] = w->loads[i];
    }
    w->nloads = kept;
}

static bool loaded(const struct walk *w, int reg, int *column)
{
    for (int i = 0; i < w->nloads; i++) {
        if (w->loads[i].reg == reg) {
            *column = w->loads[i].column;
            return true;
        }
    }
    return false;
}

static int find_pair(const struct pairs *pairs, const struct pair *p)
{
    for (int i = 0; i < pairs->n; i++) {
        const struct pair *x = &pairs->at[i];
        if (x->op == p->op && x->left == p->left && x->right == p->right &&
            x->affinity == p->affinity)
            return i;
    }
    return -1;
}

static enum op flipped(enum op op)
{
    return op == OP_LT   ? OP_GT
           : op == OP_GT ? OP_LT
           : op == OP_LE ? OP_GE
           : op == OP_GE ? OP_LE
                         : op;
}

/* The lower column first, so that equal ones look alike. */
static void note(struct walk *w, const struct instruction *i)
{
    struct pair p = i->pair;
    if (!i->fits || !loaded(w, i->p3, &p.left) || !loaded(w, i->p1, &p.right) || p.left == p.right)
        return;
    if (p.left > p.right) {
        int left = p.left;
        p.left = p.right;
        p.right = left;
        p.op = flipped(p.op);
    }
    if (w->found.n < PAIRS_MAX && find_pair(&w->found, &p) < 0)
        w->found.at[w->found.n++] = p;
}

/* False: what follows is not looked at. */
static bool step(struct walk *w, int address, int cursor)
{
    const struct instruction *i = &w->at[address];
    if (address == w->target) {
        w->target = 0;
        w->nloads = 0;
    }
    switch (i->what) {
    case LOAD:
    case LOAD_OTHER:
        forget_load(w, i->p3);
        if (i->what == LOAD && i->p1 == cursor && w->nloads < LOADS_MAX)
            w->loads[w->nloads++] = (struct load){.reg = i->p3, .column = i->p2};
        return true;
    case COMPARE:
    case JUMP:
        if (i->p2 != w->next) {
            w->target = i->p2 > w->target ? i->p2 : w->target;
            return i->p2 > address && i->p2 < w->next;
        }
        if (i->what == COMPARE && w->target == 0)
            note(w, i);
        return true;
    default:
        return false;
    }
}

static void walk_scan(const struct program_text *p, int filter, struct pairs *out)
{
    const struct instruction *f = &p->at[filter];
    struct walk w = {.at = p->at, .next = f->p2 - 1};
    out->n = 0;
    if (w.next <= filter || w.next >= p->n || p->at[w.next].what != NEXT ||
        p->at[w.next].p1 != f->p1 || p->at[w.next].p2 != filter + 1)
        return;
    for (int i = filter + 1; i < w.next && step(&w, i, f->p1); i++)
        ;
    *out = w.found;
}

/* ---- all scans ----------------------------------------------------------------------------------------- */

static bool is_of_table(const struct program_text *p, int cursor)
{
    bool opened = false;
    for (int i = 0; i < p->n; i++) {
        if (p->at[i].what != OPEN || p->at[i].p1 != cursor)
            continue;
        if (p->at[i].fits)
            return true;
        opened = true;
    }
    return !opened; /* as what cannot be seen may be the table */
}

static void keep_common(struct pairs *pairs, const struct pairs *others)
{
    int kept = 0;
    for (int i = 0; i < pairs->n; i++) {
        if (find_pair(others, &pairs->at[i]) >= 0)
            pairs->at[kept++] = pairs->at[i];
    }
    pairs->n = kept;
}

static void look(struct binds *b, const sqlite3_vtab *vtab, const char *sql, struct pairs *out)
{
    struct program_text p = {.n = 0};
    struct pairs of_scan;
    int scans = 0;
    out->n = 0;
    sqlite3_snprintf(sizeof p.vtab, p.vtab, "vtab:%p", vtab);
    bool readable = read_program(&p, b->db, sql);
    for (int i = 0; readable && i < p.n; i++) {
        if (p.at[i].what != FILTER || !is_of_table(&p, p.at[i].p1))
            continue;
        walk_scan(&p, i, &of_scan);
        if (scans++ == 0)
            *out = of_scan;
        else
            keep_common(out, &of_scan);
    }
    sqlite3_free(p.at);
}

/* Is this the first run of the statement, and before its first row?  Steps are added up when a row is given. */
static bool is_fresh(sqlite3_stmt *stmt)
{
    return sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0) == 1 &&
           sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0) == 0;
}

static bool same_text(const struct tested_known *a, const struct tested_known *b)
{
    return a->vtab == b->vtab && a->text == b->text && a->schema == b->schema &&
           a->tables == b->tables;
}

void tested_find(struct binds *b, const sqlite3_vtab *vtab, struct pairs *out)
{
    sqlite3_stmt *stmt = scans_reader(b->db);
    const char *sql = stmt != NULL ? sqlite3_sql(stmt) : NULL;
    out->n = 0;
    if (sql == NULL)
        return;
    struct tested_known now = {.vtab = vtab,
                               .stmt = stmt,
                               .text = scans_text_hash(sql),
                               .schema = schemas_hash(&b->schemas, b->db),
                               .tables = (sqlite3_uint64)b->declared_changes};
    now.prepared = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
    sqlite3_uint64 place = hash_more(now.text, (sqlite3_uint64)(uintptr_t)vtab);
    struct tested_known *known = &b->tested.known[(size_t)(place >> 32) % TESTED_KNOWN];
    bool same = same_text(known, &now), fresh = is_fresh(stmt);
    if (!fresh && (!same || known->stmt != stmt || known->prepared != now.prepared))
        return;
    if (same)
        now.pairs = known->pairs;
    else
        look(b, vtab, sql, &now.pairs);
    *known = now;
    *out = now.pairs;
}
