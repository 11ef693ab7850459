/* Statements and rows of the SQLite driver.
**
** send prepares and binds, the first next runs: a statement's work is done when its answer is asked for.  The
** result's state lives in the statement, which serves one rows at a time.  Values are handed out straight from
** the inner statement, without a copy.  A transaction that SQLite itself has rolled back (disk full, an
** interrupted write) must not go on in autocommit: from then on every statement fails until ROLLBACK.
** Time is measured by samples: reading a clock twice a row would cost a tenth of the row, or of a look-up.  A
** statement that is run again and again, each time for a moment only, is measured in one run of several. */
#include "engine/sqlite/driver.h"

#define SAMPLE_STEPS 64 /* a power of two: from there on one in so many steps is timed */
#define SAMPLE_RUNS                                                                                \
    16 /* a power of two: from there on the first step of one in so many runs is … */
#define MOMENT_US 50 /* … if the last one that was timed took no longer */

static struct sqlite_stmt *inner_of(struct rows *rows)
{
    return rows->driver;
}

/* ---- preparing ------------------------------------------------------------------------------------------- */

/* Anything after the first statement but blanks and comments? */
static bool has_more(sqlite3 *db, const char *tail)
{
    sqlite3_stmt *next = NULL;
    bool more;
    while (*tail == ' ' || *tail == ';' || *tail == '\n' || *tail == '\t' || *tail == '\r')
        tail++;
    if (!*tail)
        return false;
    more = sqlite3_prepare_v2(db, tail, -1, &next, NULL) != SQLITE_OK || next;
    sqlite3_finalize(next);
    return more;
}

static int prepare(struct sqlite_conn *c, struct sqlite_stmt *s, struct err *err)
{
    const char *tail;
    unsigned flags = s->base.cached ? SQLITE_PREPARE_PERSISTENT : 0;
    int rc = sqlite3_prepare_v3(c->db, s->base.sql, -1, flags, &s->stmt, &tail);
    if (rc != SQLITE_OK)
        return sqlite_error(c, rc, err);
    if (has_more(c->db, tail)) {
        sqlite3_finalize(s->stmt);
        s->stmt = NULL;
        return err_set(err, SQLITE_ERROR, "one statement at a time");
    }
    s->running = s->stmt;
    s->described = false;
    s->reprepared = 0;
    s->single = s->single_known = false;
    s->reads = s->stmt && sqlite3_stmt_readonly(s->stmt);
    s->wanted = s->stmt ? sqlite3_bind_parameter_count(s->stmt) : 0;
    s->runs = s->untimed_runs = 0;
    s->first_us = 0;
    return SQLITE_OK;
}

/* Column types by their declarations. */
static int describe(struct sqlite_stmt *s, struct err *err)
{
    int n = s->stmt ? sqlite3_column_count(s->stmt) : 0;
    s->described = false;
    arena_clear(&s->arena);
    s->types = arena_alloc(&s->arena, (size_t)(n + 1) * sizeof *s->types);
    if (!s->types)
        return err_nomem(err);
    for (int i = 0; i < n; i++) {
        const char *text = sqlite3_column_decltype(s->stmt, i);
        int rc = coltype_parse(text ? text : "", &s->arena, &s->types[i], err);
        if (rc != SQLITE_OK)
            return rc;
    }
    s->ncolumns = n;
    s->described = true;
    return SQLITE_OK;
}

static int tell_columns(struct sqlite_stmt *s, struct rows *rows, struct err *err)
{
    int rc = s->described ? SQLITE_OK : describe(s, err);
    rows->ncolumns = s->ncolumns;
    rows->types = s->types;
    return rc;
}

/* Has SQLite prepared the statement anew by itself?  It does so in the first step. */
static bool is_another(struct sqlite_stmt *s)
{
    int reprepared = sqlite3_stmt_status(s->stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
    bool another = reprepared != s->reprepared;
    s->reprepared = reprepared;
    return another;
}

/* To what is running. */
static int bind_args(struct sqlite_conn *c, struct sqlite_stmt *s, const struct arg *args,
                     int nargs, struct err *err)
{
    if (nargs != s->wanted)
        return err_set(err, SQLITE_ERROR, "the statement takes %d arguments, not %d", s->wanted,
                       nargs);
    for (int i = 0; i < nargs; i++) {
        const struct cell *cell = &args[i].cells[0];
        int rc = cell_to_bind(cell, s->running, i + 1);
        s->holds = s->holds || cell->cls == CELL_TEXT || cell->cls == CELL_BLOB;
        if (rc != SQLITE_OK)
            return sqlite_error(c, rc, err);
    }
    return SQLITE_OK;
}

/* The transaction is gone: only ROLLBACK is answered, since SQLite has done it already. */
static int send_aborted(struct sqlite_stmt *s, struct rows *rows, struct err *err)
{
    if (sqlite3_stricmp(s->base.sql, sqlite_dialect.verbs.rollback) != 0)
        return err_set(err, SQLITE_ABORT_ROLLBACK,
                       "the transaction was rolled back by an earlier error");
    s->is_rollback_done = true;
    rows->driver = s;
    return SQLITE_OK;
}

/* Is the first step of this run to be timed? */
static bool times_run(struct sqlite_stmt *s)
{
    s->untimed_runs++;
    return ++s->runs < SAMPLE_RUNS || s->first_us > MOMENT_US || (s->runs & (SAMPLE_RUNS - 1)) == 0;
}

static void clear(struct sqlite_stmt *s)
{
    sqlite3_clear_bindings(s->stmt);
    if (s->several)
        sqlite3_clear_bindings(s->running);
    sqlite_several_end(s);
}

/* May, and will, rows be read ahead?  With an end of its time a row must come as soon as there is one. */
static bool wants_several(const struct sqlite_conn *c, const struct rows *rows)
{
    return (rows->flags & QUERY_MANY) != 0 && c->base.url->timeout_ms == 0;
}

int sqlite_send(struct conn *base, struct stmt *stmt, const struct arg *args, int nargs,
                struct rows *rows, struct err *err)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    struct sqlite_stmt *s = (struct sqlite_stmt *)stmt;
    int rc = SQLITE_OK;

    sqlite_limit(c, base->url->timeout_ms);
    s->steps = s->timed_before = 0;
    s->stepped = 0;
    s->is_rollback_done = s->rested = false;
    rows->cells = NULL;
    rows->at_hand = 0;
    rows->ahead = 0;
    /* Also by a question of the driver's own, which has no memory, and is not heard of. */
    if (c->session->open && sqlite3_get_autocommit(c->db))
        c->session->aborted = c->base.aborted = true;
    if (c->session->aborted)
        return send_aborted(s, rows, err);
    if (s->stmt && ((!s->showing_known && wants_several(c, rows)) ||
                    (s->reprepared != 0 && sqlite_single_anew(s)))) {
        sqlite3_finalize(s->stmt); /* so that both are of one schema, or it is its first program */
        s->stmt = NULL;
    }
    if (!s->stmt)
        rc = prepare(c, s, err);
    if (rc == SQLITE_OK)
        rc = bind_args(c, s, args, nargs, err);
    if (rc == SQLITE_OK)
        rc = tell_columns(s, rows, err);
    if (rc == SQLITE_OK && s->stmt && s->reads && wants_several(c, rows)) {
        sqlite_several_begin(c, s);
        if (s->several)
            rc = bind_args(c, s, args, nargs, err);
    }
    if (rc == SQLITE_OK)
        rows->driver = s;
    else if (s->stmt)
        clear(s);
    s->timed_next = times_run(s) ? 1 : SAMPLE_STEPS;
    return rc;
}

/* ---- running --------------------------------------------------------------------------------------------- */

/* The step that is timed after this one.  In the first one sorting and locks show; the one that follows is mostly the
** end of a look-up. */
static sqlite3_int64 timed_after(sqlite3_int64 step)
{
    if (step >= SAMPLE_STEPS)
        return step + SAMPLE_STEPS;
    return step == 1 ? 4 : step * 2;
}

/* What a first step took stands for the runs that were not timed as well, unless it is another kind of step. */
static sqlite3_int64 weight_of_first(struct sqlite_stmt *s, sqlite3_int64 us)
{
    sqlite3_int64 weight = us > MOMENT_US ? 1 : s->untimed_runs;
    s->first_us = us;
    s->untimed_runs = 0;
    return weight;
}

/* Its time stands for that of the steps since the one that was timed before. */
static int timed_step(struct sqlite_stmt *s, struct wait *w)
{
    sqlite3_int64 weight = s->steps - s->timed_before, before = w->waited_us, us;
    int rc;

    s->timed_before = s->steps;
    s->timed_next = timed_after(s->steps);
    us = trace_clock_us();
    rc = sqlite3_step(s->running);
    us = trace_clock_us() - us;
    if (s->steps == 1)
        weight = weight_of_first(s, us);
    /* Not added to: waiting for a lock has been counted meanwhile. */
    w->waited_us = before + us * weight;
    return rc;
}

static inline int step(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    sqlite_limit(c, c->base.url->timeout_ms);
    return ++s->steps == s->timed_next && c->base.wait ? timed_step(s, c->base.wait)
                                                       : sqlite3_step(s->running);
}

int sqlite_run(struct sqlite_conn *c, struct sqlite_stmt *s)
{
    return step(c, s);
}

/* The first step. */
static int begin(struct sqlite_conn *c, struct sqlite_stmt *s, struct rows *rows)
{
    int rc;
    c->base.round_trips++;
    s->in_transaction = !sqlite3_get_autocommit(c->db);
    if (!s->reads) {
        s->changes_before = sqlite3_total_changes64(c->db);
        sqlite3_set_last_insert_rowid(c->db, 0);
    }
    if (!s->several)
        return step(c, s);
    rc = sqlite_several_next(c, s, rows);
    if (sqlite_several_stays(s, rc))
        return rc;
    rows->cells = NULL;
    rows->at_hand = 0;
    rows->ahead = 0;
    return step(c, s);
}

static int done(struct sqlite_conn *c, struct sqlite_stmt *s, struct rows *rows)
{
    /* sqlite3_changes() keeps the number of the last statement that changed something. */
    if (!s->reads && sqlite3_total_changes64(c->db) != s->changes_before) {
        rows->affected = sqlite3_changes64(c->db);
        rows->insert_id = sqlite3_last_insert_rowid(c->db);
    }
    return SQLITE_DONE;
}

static int failed(struct sqlite_conn *c, struct sqlite_stmt *s, int rc, struct err *err)
{
    rc = sqlite_error(c, rc, err);
    sqlite3_reset(s->running);
    if (s->in_transaction && sqlite3_get_autocommit(c->db))
        c->session->aborted = c->base.aborted = true;
    return rc;
}

static int first_row(struct sqlite_conn *c, struct sqlite_stmt *s, struct rows *rows,
                     struct err *err)
{
    int rc;
    if (s->is_rollback_done) {
        c->session->aborted = c->base.aborted = c->session->open = false;
        return SQLITE_DONE;
    }
    if (!s->stmt) /* blanks and comments only */
        return SQLITE_DONE;
    rc = begin(c, s, rows);
    c->session->open = !sqlite3_get_autocommit(c->db);
    if (rc == SQLITE_DONE)
        return done(c, s, rows);
    if (rc != SQLITE_ROW)
        return failed(c, s, rc, err);
    if (s->several)
        return rc;
    if (is_another(s)) {
        s->single = s->described = false;
        rc = tell_columns(s, rows, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    if (!s->single_known && s->runs >= SINGLE_RUNS)
        sqlite_single_look(c, s);
    rows->values = s->stmt;
    return SQLITE_ROW;
}

/* No row follows the one that it stands on. */
static inline bool is_last(const struct sqlite_stmt *s)
{
    return s->single && !s->several && s->steps == 1;
}

static void rest(struct sqlite_stmt *s)
{
    sqlite3_reset(s->running);
    s->rested = true;
}

/* What sqlite_step has left to be said is said here. */
int sqlite_next(struct rows *rows, struct err *err)
{
    struct sqlite_conn *c = (struct sqlite_conn *)rows->conn;
    struct sqlite_stmt *s = inner_of(rows);
    int rc = s->stepped;

    if (s->steps == 0)
        return first_row(c, s, rows, err);
    s->stepped = 0;
    if (rc == 0 && is_last(s)) {
        rest(s);
        return SQLITE_DONE;
    }
    if (rc == 0)
        rc = s->several ? sqlite_several_next(c, s, rows) : step(c, s);
    if (rc == SQLITE_ROW)
        return rc;
    return rc == SQLITE_DONE ? done(c, s, rows) : failed(c, s, rc, err);
}

/* Neither timed nor with an end of its time. */
bool sqlite_step(struct rows *rows)
{
    struct sqlite_conn *c = (struct sqlite_conn *)rows->conn;
    struct sqlite_stmt *s = inner_of(rows);
    int rc;

    if (is_last(s)) {
        rest(s);
        rows->done = true;
        return false;
    }
    if (s->several || s->steps + 1 >= s->timed_next || c->base.url->timeout_ms > 0)
        return false;
    s->steps++;
    sqlite_limit(c, 0);
    rc = sqlite3_step(s->running);
    if (rc == SQLITE_ROW)
        return true;
    if (rc == SQLITE_DONE && s->reads)
        rows->done = true; /* there is nothing else to be said */
    else
        s->stepped = rc;
    return false;
}

/* By sqlite3_value: the column functions find the column, and look for errors, once for the type and once more
** for the value.  "Unprotected" means without a mutex, which this connection does without anyway. */
int sqlite_cell(struct rows *rows, int column, struct cell *out, struct err *err)
{
    sqlite3_value *value;
    const void *p;

    if (rows->cells) {
        *out = rows->cells[column];
        return SQLITE_OK;
    }
    value = sqlite3_column_value(inner_of(rows)->running, column);
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        out->cls = CELL_INT;
        out->i = sqlite3_value_int64(value);
        break;
    case SQLITE_FLOAT:
        out->cls = CELL_REAL; /* never NaN: that is NULL in SQLite */
        out->r = sqlite3_value_double(value);
        break;
    case SQLITE_TEXT:
        p = sqlite3_value_text(value);
        if (!p)
            return err_nomem(err);
        *out = cell_text(p, (size_t)sqlite3_value_bytes(value));
        out->terminated = true;
        break;
    case SQLITE_BLOB:
        p = sqlite3_value_blob(value);
        *out = cell_blob(p, (size_t)sqlite3_value_bytes(value));
        if (!p && out->n > 0)
            return err_nomem(err);
        break;
    default:
        *out = cell_null();
        break;
    }
    return SQLITE_OK;
}

void sqlite_finish(struct rows *rows)
{
    struct sqlite_stmt *s = inner_of(rows);
    if (!s || !s->stmt)
        return;
    if (!s->rested)
        sqlite3_reset(s->running);
    if (s->holds || s->several) /* memory: a number is in nobody's way */
        clear(s);
    s->holds = false;
}

void sqlite_unprepare(struct conn *base, struct stmt *stmt)
{
    struct sqlite_stmt *s = (struct sqlite_stmt *)stmt;
    (void)base;
    sqlite_several_unprepare(s);
    sqlite3_finalize(s->stmt);
    s->stmt = s->running = NULL;
    arena_clear(&s->arena);
}
