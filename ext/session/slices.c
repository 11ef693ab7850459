/* Reading the program of a statement for what fills the arguments of a scan (slices.h).
**
** What is looked for, r being the argument's register and e a table of the statement's own:
**     MakeRecord …, affinities     IdxInsert e     (or OpenRead e, the root page of an index)
**     Column e, f, r               IsNull r
**     VFilter …, plan
**     Column e, f, r
** Registers of arguments are not used for anything else in between.
**
** The scan is found by its plan's text, or else by its table and its terms.  Planned anew, without the values of
** parameters, it may have another text: a LIKE of a parameter brings a range along as soon as its value is known.
**
** What stays open: the right table of a FULL or RIGHT JOIN is scanned in two places of the program, once for each row of
** the left one and then for the rows that have found no partner.  If both ask for the same terms, and the values are
** nobody's parameters, they look the same to a virtual table: the second VOpen finds the cursor open and does nothing, so
** that it is one cursor; how often the first place filters it, only the other table knows; and rows are read alike. */
#include "session/slices.h"
#include "model/coltype.h"
#include "session/binds.h"
#include "session/explain.h"

#include <string.h>

#define FIRST_ARGUMENT 2 /* register of the first one, from P3 of VFilter on */
#define NUMERIC_FROM 'C' /* affinities by SQLite's letters: A blob, B text, C and up numbers */

/* Register r holds a field of a row of a table. */
struct load {
    int table, field, reg;
};

/* The rows of a table were made under these affinities, or it is another name of a table, or it is an index of a local
** table, which serves as it is. */
struct filler {
    int table, same_as; /* -1 = none */
    int root, database; /* of the index; root 0 = none */
    char affinities[SLICES_MAX + 1];
};

struct registers {
    int *list;
    int n, room;
};

struct finding {
    bool found;
    struct slice_argument argument[SLICES_MAX];
};

struct search {
    sqlite3 *db;
    struct load *loads; /* those whose value was asked for NULL */
    int nloads, room;
    struct filler *fillers;
    int nfillers, fillers_room;
    char record[SLICES_MAX + 1]; /* affinities of the last record */
    struct load last;
    const struct slices_scan *wanted;
    struct finding same, alike; /* by the text; by table and terms */
    struct finding *met;        /* what the scan that was met belongs to, NULL = none of the two */
    int place[SLICES_MAX];      /* number there of each of our arguments */
    struct load
        here[SLICES_MAX];   /* arguments of the scan that was met, table -1 = none of a table */
    bool again[SLICES_MAX]; /* read again behind it */
    bool is_bare[SLICES_MAX];
    bool any; /* something is read again behind any scan */
    int scans;
    struct registers bare; /* that hold a parameter */
    struct registers ours; /* no registers: cursors of the table */
    int n;
};

static bool grown(void **list, int n, int *room, size_t size)
{
    if (n < *room)
        return true;
    int more = *room > 0 ? *room * 2 : 16;
    void *p = sqlite3_realloc64(*list, (sqlite3_uint64)more * size);
    if (p == NULL)
        return false;
    *list = p;
    *room = more;
    return true;
}

static bool add_register(struct registers *r, int number)
{
    if (!grown((void **)&r->list, r->n, &r->room, sizeof *r->list))
        return false;
    r->list[r->n++] = number;
    return true;
}

static bool holds(const struct registers *r, int number)
{
    for (int i = 0; i < r->n; i++) {
        if (r->list[i] == number)
            return true;
    }
    return false;
}

static bool add_load(struct search *p)
{
    if (!grown((void **)&p->loads, p->nloads, &p->room, sizeof *p->loads))
        return false;
    p->loads[p->nloads++] = p->last;
    return true;
}

static bool add_filler(struct search *p, struct filler filler)
{
    if (!grown((void **)&p->fillers, p->nfillers, &p->fillers_room, sizeof *p->fillers))
        return false;
    memcpy(filler.affinities, p->record, sizeof filler.affinities);
    p->fillers[p->nfillers++] = filler;
    return true;
}

static char *database_name(sqlite3 *db, int number)
{
    sqlite3_stmt *stmt = NULL;
    char *name = NULL;
    if (sqlite3_prepare_v2(db, "SELECT name FROM pragma_database_list WHERE seq = ?1", -1, &stmt,
                           NULL) == SQLITE_OK &&
        sqlite3_bind_int(stmt, 1, number) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        name = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return name;
}

static char declared_affinity(const char *type)
{
    enum affinity a = coltype_affinity(type);
    if (sqlite3_stricmp(type, "ANY") == 0) /* none in a STRICT table */
        return '\0';
    return a == AFF_BLOB ? 'A' : a == AFF_TEXT ? 'B' : 'C';
}

/* That of a column of an index, by its root page; 0 if it cannot be known.  Column -1 is the rowid. */
static char index_affinity(sqlite3 *db, const struct filler *f, int field)
{
    char *schema = database_name(db, f->database), affinity = '\0';
    sqlite3_stmt *stmt = NULL;
    char *sql =
        sqlite3_mprintf("SELECT iif(x.cid < 0, 'INTEGER', (SELECT type FROM "
                        "pragma_table_xinfo(m.tbl_name, %Q) AS t "
                        "WHERE t.cid = x.cid)) FROM \"%w\".sqlite_master AS m, "
                        "pragma_index_xinfo(iif(m.type = 'index', m.name, (SELECT name FROM "
                        "pragma_index_list(m.name, %Q) WHERE origin = 'pk')), %Q) AS x "
                        "WHERE m.rootpage = ?1 AND x.seqno = ?2",
                        schema, schema, schema, schema);
    if (schema && sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_bind_int(stmt, 1, f->root) == SQLITE_OK &&
        sqlite3_bind_int(stmt, 2, field) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW &&
        sqlite3_column_type(stmt, 0) == SQLITE_TEXT)
        affinity = declared_affinity((const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    sqlite3_free(schema);
    return affinity;
}

static char affinity_of(const struct search *p, int table, int field)
{
    for (int i = p->nfillers - 1; i >= 0; i--) {
        const struct filler *f = &p->fillers[i];
        if (f->table != table)
            continue;
        if (f->root != 0)
            return index_affinity(p->db, f, field);
        if (f->same_as < 0)
            return field < (int)strlen(f->affinities) ? f->affinities[field] : '\0';
        table = f->same_as;
    }
    return '\0';
}

/* May the values be those of the scan that was met?  A parameter's is known as such, and none of a table is. */
static bool is_possible(const struct search *p)
{
    for (int i = 0; i < p->n; i++) {
        bool bound = (p->wanted->bound >> i & 1) != 0;
        if ((p->is_bare[i] && !bound) || (p->again[i] && bound))
            return false;
    }
    return true;
}

/* What the scan that was met last says of its arguments. */
static void end_scan(struct search *p)
{
    if (p->met != NULL && !is_possible(p))
        p->met = NULL;
    for (int i = 0; p->met != NULL && i < p->n; i++) {
        unsigned kinds = SLICE_NOT;
        if (p->again[i]) {
            char affinity = affinity_of(p, p->here[i].table, p->here[i].field);
            kinds = affinity == '\0'           ? SLICE_NUMERIC | SLICE_PLAIN
                    : affinity >= NUMERIC_FROM ? SLICE_NUMERIC
                                               : SLICE_PLAIN;
        }
        struct slice_argument *out = &p->met->argument[i];
        out->kinds |= kinds;
        out->bare = p->is_bare[i] && (!p->met->found || out->bare);
    }
    if (p->met != NULL)
        p->met->found = true;
    p->met = NULL;
}

/* Are these the terms of the wanted plan, but for ranges that the text of a pattern brings along? */
static bool is_alike(struct search *p, const char *text)
{
    const struct plan *wanted = p->wanted->plan;
    struct plan plan;
    struct err err;
    size_t sql_len;
    int k = 0;
    err_clear(&err);
    if (plan_decode(text, p->wanted->dialect, &plan, &sql_len, &err) != SQLITE_OK)
        return false;
    for (int i = 0; i < p->n; i++)
        p->place[i] = -1;
    for (int i = 0; i < wanted->nterms; i++) {
        const struct plan_term *t = &wanted->terms[i];
        if (t->literal)
            continue;
        while (k < plan.nterms && plan.terms[k].literal)
            k++;
        if (k == plan.nterms || plan.terms[k].op != t->op || plan.terms[k].column != t->column)
            return false;
        if (t->argv >= 0 && t->argv < p->n)
            p->place[t->argv] = plan.terms[k].argv;
        k++;
    }
    while (k < plan.nterms && plan.terms[k].literal)
        k++;
    return k == plan.nterms;
}

static void begin_scan(struct search *p, int registers, struct finding *finding)
{
    p->met = finding;
    for (int i = 0; i < p->n; i++) {
        int reg = p->place[i] >= 0 ? registers + FIRST_ARGUMENT + p->place[i] : -1;
        p->again[i] = false;
        p->here[i].table = -1;
        p->is_bare[i] = holds(&p->bare, reg);
        for (int k = 0; k < p->nloads; k++) {
            if (p->loads[k].reg == reg)
                p->here[i] = p->loads[k];
        }
    }
}

static void see_scan(struct search *p, const struct explain *e)
{
    const char *text = e->p4 != NULL ? e->p4 : "";
    end_scan(p);
    p->scans++;
    if (strcmp(text, p->wanted->text) == 0) {
        for (int i = 0; i < p->n; i++)
            p->place[i] = i;
        begin_scan(p, e->p3, &p->same);
    } else if (!p->same.found && holds(&p->ours, e->p1) && is_alike(p, text)) {
        begin_scan(p, e->p3, &p->alike);
    }
}

static void read_again(struct search *p)
{
    for (int i = 0; p->scans > 0 && i < p->nloads; i++) {
        if (memcmp(&p->loads[i], &p->last, sizeof p->last) == 0)
            p->any = true;
    }
    for (int i = 0; p->met != NULL && i < p->n; i++) {
        if (p->here[i].table == p->last.table && p->here[i].field == p->last.field &&
            p->here[i].reg == p->last.reg)
            p->again[i] = true;
    }
}

/* Whatever names the register may write it. */
static void forget_bare(struct search *p, int first, int n)
{
    int kept = 0;
    for (int i = 0; i < p->bare.n; i++) {
        if (p->bare.list[i] < first || p->bare.list[i] >= first + n)
            p->bare.list[kept++] = p->bare.list[i];
    }
    p->bare.n = kept;
}

static bool note_bare(struct search *p, const struct explain *e)
{
    if (explain_is(e, "VFilter"))
        return true;
    forget_bare(p, e->p2, 1);
    forget_bare(p, e->p3, 1);
    if (explain_is(e, "Affinity"))
        forget_bare(p, e->p1, e->p2);
    return !explain_is(e, "Variable") || add_register(&p->bare, e->p2);
}

static bool read_instruction(struct search *p, const struct explain *e)
{
    if (!note_bare(p, e))
        return false;
    if (explain_is(e, "Column")) {
        p->last = (struct load){e->p1, e->p2, e->p3};
        read_again(p);
        return true;
    }
    bool done = true;
    if (explain_is(e, "IsNull") && p->last.table >= 0 && e->p1 == p->last.reg) {
        done = add_load(p);
    } else if (explain_is(e, "MakeRecord")) {
        sqlite3_snprintf(sizeof p->record, p->record, "%s", e->p4 != NULL ? e->p4 : "");
    } else if (explain_is(e, "IdxInsert")) {
        done = add_filler(p, (struct filler){.table = e->p1, .same_as = -1});
    } else if (explain_is(e, "OpenDup")) {
        done = add_filler(p, (struct filler){.table = e->p1, .same_as = e->p2});
    } else if (explain_is(e, "OpenRead") || explain_is(e, "ReopenIdx")) {
        done = add_filler(p, (struct filler){e->p1, -1, .root = e->p2, .database = e->p3});
    } else if (explain_is(e, "VOpen")) {
        char vtab[40];
        sqlite3_snprintf(sizeof vtab, vtab, "vtab:%p", p->wanted->vtab);
        if (e->p4 != NULL && strcmp(e->p4, vtab) == 0)
            done = add_register(&p->ours, e->p1);
    } else if (explain_is(e, "VFilter")) {
        see_scan(p, e);
    }
    p->last.table = -1;
    return done;
}

static int read_program(struct search *p, sqlite3 *db, const char *sql)
{
    struct explain e;
    p->nloads = p->nfillers = p->scans = p->bare.n = p->ours.n = 0;
    p->last.table = -1;
    p->record[0] = '\0';
    int rc = explain_open(&e, db, sql);
    while (rc == SQLITE_OK && (rc = explain_next(&e)) == SQLITE_ROW)
        rc = read_instruction(p, &e) ? SQLITE_OK : SQLITE_NOMEM;
    end_scan(p);
    explain_close(&e);
    return rc == SQLITE_NOMEM ? SQLITE_NOMEM : SQLITE_OK;
}

int slices_find(struct binds *b, const struct slices_scan *scan,
                struct slice_argument out[SLICES_MAX])
{
    struct search p = {
        .db = b->db, .wanted = scan, .n = scan->nargs < SLICES_MAX ? scan->nargs : SLICES_MAX};
    sqlite3_stmt *stmt;
    int rc = SQLITE_OK;
    for (stmt = sqlite3_next_stmt(b->db, NULL); stmt && rc == SQLITE_OK;
         stmt = sqlite3_next_stmt(b->db, stmt)) {
        const char *sql = sqlite3_stmt_busy(stmt) ? sqlite3_sql(stmt) : NULL;
        if (sql != NULL && !sqlite3_stmt_isexplain(stmt))
            rc = read_program(&p, b->db, sql);
    }
    sqlite3_free(p.loads);
    sqlite3_free(p.fillers);
    sqlite3_free(p.bare.list);
    sqlite3_free(p.ours.list);
    const struct finding *finding = p.same.found ? &p.same : p.alike.found ? &p.alike : NULL;
    /* Planned anew, it may have got another plan: as long as there is no slice at all, that is none. */
    for (int i = 0; i < SLICES_MAX; i++)
        out[i] = finding != NULL && i < p.n
                     ? finding->argument[i]
                     : (struct slice_argument){p.any ? SLICE_ANY : SLICE_NOT, false};
    return rc;
}
