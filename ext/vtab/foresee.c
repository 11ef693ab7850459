/* Sending the scans that are to come (foresee.h). */
#include "vtab/foresee.h"
#include "model/token.h"
#include "session/early.h"

#include <string.h>

#define PARAMETERS_MAX 100
#define BINDS_MAX 16

/* ---- the values of parameters -------------------------------------------------------------------------- */

/* What SQLite writes for them, as literals: the only way to learn them. */
struct parameters {
    bool read;
    struct arena arena;
    const char *at[PARAMETERS_MAX + 1]; /* from 1; NULL = not known */
};

/* The number of the parameter at *i, behind which *i is set; 0 = there is none.  last: the one before it. */
static int parameter_at(sqlite3_stmt *stmt, const struct tokens *t, int *i, int last,
                        struct arena *arena)
{
    const struct token *sign = &t->at[*i];
    bool named = *i + 1 < t->n && sign->text + sign->n == sign[1].text &&
                 (sign[1].kind == TOKEN_WORD || sign[1].kind == TOKEN_NUMBER);
    char *name;
    if (token_is_punct(sign, '?') && !(named && sign[1].kind == TOKEN_NUMBER)) {
        *i += 1;
        return last + 1;
    }
    if (!named || !(token_is_punct(sign, '?') || token_is_punct(sign, ':') ||
                    token_is_punct(sign, '@') || token_is_punct(sign, '$')))
        return 0;
    name = arena_copy(arena, sign->text, (size_t)sign->n + (size_t)sign[1].n);
    *i += 2;
    return name != NULL ? sqlite3_bind_parameter_index(stmt, name) : 0;
}

/* The literal at *j, behind which *j is set.  NULL: of a kind that may have lost something. */
static const char *literal_at(const struct tokens *t, int *j, struct arena *arena)
{
    int from = *j, last = from + token_is_punct(&t->at[from], '-');
    const struct token *value = &t->at[last];
    bool whole = value->kind == TOKEN_STRING || token_is(value, "NULL") ||
                 (value->kind == TOKEN_NUMBER && strcspn(value->text, ".eE") >= (size_t)value->n);
    *j = last + 1;
    return whole && last < t->n ? token_text(t, from, last + 1, false, arena) : NULL;
}

/* The statement's text and the same with literals are the same tokens but for these. */
static void match(struct parameters *p, sqlite3_stmt *stmt, const struct tokens *t,
                  const struct tokens *written)
{
    int i = 0, j = 0, last = 0;
    while (i < t->n && j < written->n) {
        const struct token *a = &t->at[i], *b = &written->at[j];
        int number = parameter_at(stmt, t, &i, last, &p->arena);
        if (number > 0 && number <= PARAMETERS_MAX) {
            p->at[number] = literal_at(written, &j, &p->arena);
            if (p->at[number] == NULL)
                return;
            last = number > last ? number : last;
            continue;
        }
        if (number > 0 || a->n != b->n || memcmp(a->text, b->text, (size_t)a->n) != 0)
            return;
        i++;
        j++;
    }
}

static const char *parameter(struct parameters *p, sqlite3_stmt *stmt, sqlite3_int64 number)
{
    if (!p->read) {
        struct tokens t, written;
        char *expanded = sqlite3_expanded_sql(stmt);
        char *text = expanded != NULL ? arena_str(&p->arena, expanded) : NULL;
        sqlite3_free(expanded);
        p->read = true;
        if (text != NULL && token_read(sqlite3_sql(stmt), &p->arena, &t) == SQLITE_OK &&
            token_read(text, &p->arena, &written) == SQLITE_OK)
            match(p, stmt, &t, &written);
    }
    return number >= 1 && number <= PARAMETERS_MAX ? p->at[number] : NULL;
}

/* ---- one scan ------------------------------------------------------------------------------------------ */

/* SELECT value, …: false if one is not known. */
static bool write_values(sqlite3_str *out, const struct program_scan *scan, struct parameters *p,
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
            literal = parameter(p, stmt, v->i);
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
                      struct parameters *p, sqlite3_stmt *stmt)
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
    known = scan->argc > 0 && scan->argc <= PLAN_TERMS_MAX && write_values(out, scan, p, stmt);
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
    struct parameters p = {.read = false};
    int nmet = 1;
    for (int i = 0; i < program->nscans && nmet < BINDS_MAX; i++) {
        const struct program_scan *scan = &program->scans[i];
        struct table *t = scan->vtab != NULL ? table_named(b, scan->vtab) : NULL;
        struct bind *bind = t != NULL ? binds_lookup(b, t->model->bind_key) : NULL;
        if (bind == NULL || met_before(met, nmet, bind))
            continue;
        met[nmet++] = bind;
        if (scan->argc >= 0 && early_possible(bind))
            send_scan(t, bind, scan, &p, stmt);
    }
    arena_clear(&p.arena);
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
