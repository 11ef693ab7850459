/* Sending the scans that are to come (foresee.h). */
#include "vtab/foresee.h"
#include "session/early.h"
#include "session/parameters.h"

#include <string.h>

#define BINDS_MAX 16

/* Those of the running statement, read when the first one is wanted. */
struct values {
    bool read, known;
    struct parameters parameters;
};

static const char *parameter(struct values *v, sqlite3_stmt *stmt, sqlite3_int64 number)
{
    if (!v->read)
        v->known = parameters_read(&v->parameters, stmt) == SQLITE_OK;
    v->read = true;
    return v->known && number >= 1 && number <= v->parameters.n ? v->parameters.at[number].literal
                                                                : NULL;
}

/* ---- one scan ------------------------------------------------------------------------------------------ */

/* SELECT value, …: false if one is not known. */
static bool write_values(sqlite3_str *out, const struct program_scan *scan, struct values *known,
                         sqlite3_stmt *stmt)
{
    for (int i = 0; i < scan->argc; i++) {
        const struct program_value *v = &scan->args[i];
        const char *literal;
        sqlite3_str_appendall(out, i == 0 ? "SELECT " : ", ");
        switch (v->source) {
        case PROGRAM_INTEGER:
            sqlite3_str_appendf(out, "%lld", v->i);
            break;
        case PROGRAM_REAL:
            sqlite3_str_appendf(out, "%!.17g", v->r);
            break;
        case PROGRAM_TEXT:
            sqlite3_str_appendf(out, "%Q", v->text);
            break;
        case PROGRAM_PARAMETER:
            literal = parameter(known, stmt, v->i);
            if (literal == NULL)
                return false;
            sqlite3_str_appendall(out, literal);
            break;
        default:
            sqlite3_str_appendall(out, "NULL");
            break;
        }
    }
    return true;
}

static void run(struct table *t, struct bind *bind, const char *plan, int argc,
                sqlite3_stmt *values)
{
    sqlite3_value *argv[PLAN_TERMS_MAX];
    struct cursor *c = cursor_take(t);
    struct err ignored;
    if (c == NULL)
        return;
    err_clear(&ignored);
    for (int i = 0; i < argc; i++)
        argv[i] = sqlite3_column_value(values, i);
    c->bind = bind;
    c->early = c->for_write_known = true;
    c->for_write = c->key_order = c->no_count = c->slices_known = c->extremes_known =
        c->outer_known = c->tested_known = false;
    c->run_flags = 0;
    (void)cursor_filter(c, plan, argc, argv, &ignored);
    c->phase = PHASE_END;
    c->early = false;
    cursor_give(c);
}

static void send_scan(struct table *t, struct bind *bind, const struct program_scan *scan,
                      struct values *v, sqlite3_stmt *stmt)
{
    sqlite3_str *out;
    sqlite3_stmt *values = NULL;
    bool known;
    char *sql;
    if (scan->argc == 0) {
        run(t, bind, scan->plan, 0, NULL);
        return;
    }
    out = sqlite3_str_new(NULL);
    known = scan->argc > 0 && scan->argc <= PLAN_TERMS_MAX && write_values(out, scan, v, stmt);
    sql = sqlite3_str_finish(out);
    if (known && sql != NULL &&
        sqlite3_prepare_v2(t->binds->db, sql, -1, &values, NULL) == SQLITE_OK &&
        sqlite3_step(values) == SQLITE_ROW)
        run(t, bind, scan->plan, scan->argc, values);
    sqlite3_finalize(values);
    sqlite3_free(sql);
}

/* ---- the statement ------------------------------------------------------------------------------------- */

/* Is there anybody to be asked meanwhile? */
static bool others(const struct bind *b)
{
    for (const struct bind *p = b->owner->first; p != NULL; p = p->next)
        if (p != b && early_possible(p))
            return true;
    return false;
}

static bool met_before(const struct bind **met, int n, const struct bind *b)
{
    for (int i = 0; i < n; i++)
        if (met[i] == b)
            return true;
    return false;
}

/* Of each bind the first scan, which is the one to come first. */
static void send_all(const struct bind *running, struct binds *b, const struct program *program,
                     sqlite3_stmt *stmt)
{
    const struct bind *met[BINDS_MAX] = {running};
    struct values v = {.read = false};
    int nmet = 1;
    for (int i = 0; i < program->nscans && nmet < BINDS_MAX; i++) {
        const struct program_scan *scan = &program->scans[i];
        struct table *t = scan->vtab != NULL ? table_named(b, scan->vtab) : NULL;
        struct bind *bind = t != NULL ? binds_lookup(b, t->model->bind_key) : NULL;
        if (bind == NULL || met_before(met, nmet, bind))
            continue;
        met[nmet++] = bind;
        if (scan->argc >= 0 && early_possible(bind))
            send_scan(t, bind, scan, &v, stmt);
    }
    if (v.read)
        parameters_clear(&v.parameters);
}

void foresee(const struct cursor *c)
{
    struct binds *b = c->table->binds;
    struct scans_known *known;
    sqlite3_stmt *stmt;
    if (b->foreseen == b->epoch)
        return;
    b->foreseen = b->epoch;
    if (b->txn.state != TXN_NONE || !others(c->bind))
        return;
    known = scans_foreseen(b, &stmt);
    if (known != NULL)
        send_all(c->bind, b, &known->program, stmt);
}
