/* Several rows in one step.
**
** A step costs as much as reading two columns does, so a scan of many rows takes some of them at once: its statement
** runs as
**     WITH bind_rows(c0, c1) AS (the statement) SELECT * FROM bind_rows WHERE bind_several(c0, c1)
** which SQLite makes one loop of.  bind_several() copies the row it is shown and says no, until there are enough of
** them: then it says yes, without a copy, and the step ends with that row as the statement's own.  So does a row that
** does not fit into the room.  What has been copied is given out first, then that row.
** SQLite may test the terms of a WHERE in any order, and may sort what passed them.  Whether a row that is shown is
** the next one of the result for sure stands in the statement's program: then nothing lies between the call and the
** row but reading its columns.  Any other program, and one that SQLite has prepared anew, is not run in this way.
** Reading ahead begins with single rows, and ends where rows take long: what the reader may not want, or what he
** waits for. */
#include "engine/sqlite/driver.h"

#include <string.h>

#define ROWS_MAX 64         /* of a step */
#define TEXT_ROOM 0x4000    /* bytes of texts and blobs that are copied in a step */
#define SLOW_US 2000        /* a step that takes longer was too large */
#define SLOWER 4            /* … so many times */
#define FORGET_MAX 3        /* programs that were prepared anew, after which none is looked for */
#define NAME "bind_several" /* the function */

struct sqlite_several {
    int ncolumns;
    int limit;  /* rows of a step */
    int n;      /* … that were copied, and not given out */
    int said;   /* what the step said, which the reader has not seen; 0 = nothing */
    bool whole; /* no text has a NUL in it */
    struct cell *cells, *next;
    char *text, *to, *end; /* lies behind the cells */
};

/* ---- copying --------------------------------------------------------------------------------------------- */

/* False: it takes more room than there is, or memory that there is not. */
static bool copy_bytes(struct sqlite_several *m, sqlite3_value *value, int type, struct cell *out)
{
    bool text = type == SQLITE_TEXT;
    const void *p = text ? (const void *)sqlite3_value_text(value) : sqlite3_value_blob(value);
    int n = sqlite3_value_bytes(value);
    if ((!p && (text || n > 0)) || n >= m->end - m->to)
        return false;
    out->cls = text ? CELL_TEXT : CELL_BLOB;
    out->terminated = text;
    out->n = (size_t)n;
    out->p = m->to;
    if (text && memchr(p, 0, (size_t)n))
        m->whole = false;
    if (text || n > 0)
        memcpy(m->to, p, (size_t)n + text); /* the NUL at its end too */
    m->to += n + text;
    return true;
}

static inline bool copy_value(struct sqlite_several *m, sqlite3_value *value, struct cell *out)
{
    int type = sqlite3_value_type(value);
    if (type == SQLITE_INTEGER) {
        out->cls = CELL_INT;
        out->i = sqlite3_value_int64(value);
    } else if (type == SQLITE_FLOAT) {
        out->cls = CELL_REAL; /* never NaN: that is NULL in SQLite */
        out->r = sqlite3_value_double(value);
    } else if (type == SQLITE_NULL) {
        out->cls = CELL_NULL;
    } else {
        return copy_bytes(m, value, type, out);
    }
    return true;
}

static void several_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const struct sqlite_session *s = sqlite3_user_data(context);
    struct sqlite_several *m = s->several;
    struct cell *out;
    bool fits;
    if (!m || argc != m->ncolumns) {
        sqlite3_result_error(context, NAME "() is binds' own", -1);
        return;
    }
    fits = m->n + 1 < m->limit;
    out = m->next;
    for (int i = 0; i < argc && fits; i++)
        fits = copy_value(m, argv[i], out++);
    if (!fits) {
        sqlite3_result_int(context, 1);
        return;
    }
    m->next = out;
    m->n++;
}

/* Not deterministic, so that it is called for every row; SQLITE_DIRECTONLY keeps it from views and triggers. */
int sqlite_several_function(struct sqlite_session *s)
{
    return sqlite3_create_function_v2(s->db, NAME, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, s,
                                      several_function, NULL, NULL, NULL);
}

/* ---- the statement --------------------------------------------------------------------------------------- */

static bool is_any(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Does the program give out each row that it shows, unless the function says no, and call it in one place? */
static bool shows_result(sqlite3_stmt *program)
{
    static const char *const reading[] = {"Column", "Rowid", "IdxRowid", "RealAffinity",
                                          "Copy",   "SCopy", NULL};
    enum { BEFORE, CALLED, TESTED, GIVEN } at = BEFORE;
    int answer = 0;
    while (sqlite3_step(program) == SQLITE_ROW) {
        const char *opcode = (const char *)sqlite3_column_text(program, 1);
        const char *operand = (const char *)sqlite3_column_text(program, 5);
        bool called = opcode && operand && strncmp(operand, NAME "(", strlen(NAME "(")) == 0;
        if (!opcode || (called && at != BEFORE))
            return false;
        if (called) {
            answer = sqlite3_column_int(program, 4);
            at = CALLED;
        } else if (at == CALLED) {
            if (strcmp(opcode, "IfNot") != 0 || sqlite3_column_int(program, 2) != answer)
                return false;
            at = TESTED;
        } else if (at == TESTED && strcmp(opcode, "ResultRow") == 0) {
            at = GIVEN;
        } else if (at == TESTED && !is_any(opcode, reading)) {
            return false;
        }
    }
    return at == GIVEN;
}

static char *write_sql(const char *sql, int ncolumns, bool explain)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, explain ? "EXPLAIN WITH bind_rows(" : "WITH bind_rows(");
    for (int i = 0; i < ncolumns; i++)
        sqlite3_str_appendf(out, i > 0 ? ", c%d" : "c%d", i);
    sqlite3_str_appendf(out, ") AS (%s) SELECT * FROM bind_rows WHERE " NAME "(", sql);
    for (int i = 0; i < ncolumns; i++)
        sqlite3_str_appendf(out, i > 0 ? ", c%d" : "c%d", i);
    sqlite3_str_appendchar(out, 1, ')');
    return sqlite3_str_finish(out);
}

static sqlite3_stmt *prepare(struct sqlite_conn *c, const struct sqlite_stmt *s, bool explain)
{
    unsigned flags = s->base.cached && !explain ? SQLITE_PREPARE_PERSISTENT : 0;
    char *sql = write_sql(s->base.sql, s->ncolumns, explain);
    sqlite3_stmt *stmt = NULL;
    if (sql)
        sqlite3_prepare_v3(c->db, sql, -1, flags, &stmt, NULL);
    sqlite3_free(sql);
    return stmt;
}

/* The statement that shows its rows, once it has been looked at; NULL = none. */
static sqlite3_stmt *showing(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    sqlite3_stmt *program;
    if (s->showing_known)
        return s->showing;
    s->showing_known = true;
    if (s->ncolumns == 0 || s->ncolumns > ROWS_AT_HAND)
        return NULL;
    program = prepare(c, s, true);
    if (program && shows_result(program))
        s->showing = prepare(c, s, false);
    sqlite3_finalize(program);
    return s->showing;
}

void sqlite_several_begin(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    struct sqlite_several *m;
    size_t cells = (size_t)s->ncolumns * ROWS_MAX * sizeof *m->cells;
    if (!showing(c, s))
        return;
    m = sqlite3_malloc64(sizeof *m + cells + TEXT_ROOM);
    if (!m)
        return;
    *m = (struct sqlite_several){.ncolumns = s->ncolumns, .limit = 1};
    m->cells = (struct cell *)(m + 1);
    m->text = (char *)m->cells + cells;
    m->end = m->text + TEXT_ROOM;
    s->several = m;
    s->running = s->showing;
    sqlite3_stmt_status(s->showing, SQLITE_STMTSTATUS_REPREPARE, 1);
}

void sqlite_several_end(struct sqlite_stmt *s)
{
    sqlite3_free(s->several);
    s->several = NULL;
    s->running = s->stmt;
}

/* What it was when it was looked at may not be true of what it is now. */
static void forget(struct sqlite_stmt *s)
{
    sqlite_several_end(s);
    sqlite3_finalize(s->showing);
    s->showing = NULL;
    s->showing_known = ++s->forgotten >= FORGET_MAX;
}

void sqlite_several_unprepare(struct sqlite_stmt *s)
{
    forget(s);
    s->forgotten = 0;
    s->showing_known = false;
}

bool sqlite_several_stays(struct sqlite_stmt *s, int rc)
{
    /* A failure to prepare it anew is not counted; it may be one of the words around the statement. */
    if ((rc & 0xff) != SQLITE_ERROR &&
        sqlite3_stmt_status(s->showing, SQLITE_STMTSTATUS_REPREPARE, 0) == 0)
        return true;
    forget(s);
    return false;
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

static void fill(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    struct sqlite_several *m = s->several;
    const struct wait *w = c->base.wait;
    sqlite3_int64 us = w ? w->waited_us : 0;
    m->n = 0;
    m->next = m->cells;
    m->to = m->text;
    m->whole = true;
    c->session->several = m;
    s->timed_next = s->steps + 1; /* each of them: a clock is nothing beside it */
    m->said = sqlite_run(c, s);
    c->session->several = NULL;
    us = w ? w->waited_us - us : 0;
    if (us > SLOW_US)
        m->limit = m->limit > SLOWER ? m->limit / SLOWER : 1;
    else if (m->limit < ROWS_MAX)
        m->limit *= 2;
}

int sqlite_several_next(struct sqlite_conn *c, struct sqlite_stmt *s, struct rows *rows)
{
    struct sqlite_several *m = s->several;
    int rc;
    if (rows->ahead > 0) {
        rows->ahead--;
        rows->cells += m->ncolumns;
        return SQLITE_ROW;
    }
    if (!m->said)
        fill(c, s);
    rows->values = NULL;
    if (m->n > 0) {
        rows->cells = m->cells;
        rows->at_hand = ~0ull;
        rows->whole = m->whole;
        rows->ahead = m->n - 1;
        m->n = 0;
        return SQLITE_ROW;
    }
    rc = m->said;
    m->said = 0;
    rows->cells = NULL;
    rows->at_hand = 0;
    if (rc == SQLITE_ROW)
        rows->values = s->running;
    return rc;
}
