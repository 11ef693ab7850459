/* Pending UPDATEs and DELETEs of one bind: arguments by column, so that a column can travel as one array.
**
** The last statement of a batch is only sent: while the server works on it the rows of the next one are collected.
** Its answer is waited for before anything else is said to the server, and by the flush. */
#include "session/batch.h"

#include <limits.h>
#include <string.h>

#define BATCH_ROWS 4000       /* whole lists of sqlgen/change.c */
#define BATCH_FIRST 2000      /* rows of any number with which the server begins */
#define BATCH_BYTES (1 << 20) /* of texts and blobs */
#define RUN_WORTH_ELEMENT                                                                          \
    2 /* keys of a run, on average, from which on runs are sent: where all are one statement, */
#define RUN_WORTH_STATEMENT 8 /* where each is one, but of one way to the server, */
#define RUN_WORTH_TRIP 250    /* … or with a way of its own */
#define SET_WORTH 32          /* rows of a single run that get values by one statement … */
#define SET_WORTH_EACH 250 /* … and of several, on average: no more statements than without runs */

struct batch {
    struct arena arena;         /* texts, types */
    struct arena values;        /* of the pending rows */
    char *sql, *many, *what;    /* many: NULL = none */
    char *run, *runs, *set_run; /* NULL = none (sqlgen/change.h) */
    int set_rows;
    int many_rows; /* of many; 0 = any number, as arrays */
    int nargs, nrows;
    size_t bytes;
    struct type *types;
    struct cell *cells; /* nargs columns of BATCH_ROWS */
    bool
        bulk; /* the driver repeats a statement at little cost: for all rows at once, or in our own process */
    bool in_process; /* nothing is kept: every row runs at once, by `load` */
    bool loading;
    int loaded; /* rows, by this load */
    struct bulk load;
    struct rows flight; /* open: a statement that was sent, for so many rows */
    int meant;
    bool begun; /* something was sent */
};

static bool repeats(const struct conn *c)
{
    return (c->caps & CAP_BULK) && c->engine->bulk_statement;
}

/* Rows cost nothing on the way and may be repeated by the driver: no reason to keep them, but for runs. */
static bool in_process(const struct conn *c)
{
    return (c->caps & CAP_MANY_ROWS) && repeats(c);
}

bool batch_worthwhile(const struct bind *b)
{
    return b->conn && (in_process(b->conn) || !(b->conn->caps & CAP_MANY_ROWS));
}

static void batch_free(struct batch *p)
{
    rows_finish(&p->flight);
    if (p->loading)
        bulk_abort(&p->load);
    arena_clear(&p->arena);
    arena_clear(&p->values);
    sqlite3_free(p->cells);
    sqlite3_free(p);
}

void batch_discard(struct bind *b)
{
    if (b->batch)
        batch_free(b->batch);
    b->batch = NULL;
}

static int batch_new(struct target *t, const char *sql, const struct change_many *many,
                     const struct arg *args, int nargs, struct batch **out, struct err *err)
{
    struct batch *p = sqlite3_malloc64(sizeof *p);
    bool whole;
    int i;
    if (!p)
        return err_nomem(err);
    memset(p, 0, sizeof *p);
    arena_init(&p->arena);
    arena_init(&p->values);
    p->sql = arena_str(&p->arena, sql);
    p->many = arena_str(&p->arena, many->sql);
    whole = p->many || !many->sql;
    p->run = arena_str(&p->arena, many->run);
    p->runs = arena_str(&p->arena, many->runs);
    p->set_run = arena_str(&p->arena, many->set_run);
    p->set_rows = many->set_rows;
    p->many_rows = many->rows;
    p->what = arena_str(&p->arena, t->what);
    p->nargs = nargs;
    p->types = arena_alloc(&p->arena, (size_t)nargs * sizeof *p->types);
    p->bulk = repeats(t->bind->conn);
    p->in_process = in_process(t->bind->conn);
    if (p->in_process &&
        p->run) { /* kept for the sake of runs; what is none goes row by row, in order */
        p->in_process = false;
        p->many = NULL;
    }
    p->cells = sqlite3_malloc64((sqlite3_uint64)nargs * (p->in_process ? 1 : BATCH_ROWS) *
                                sizeof *p->cells);
    whole = whole && p->sql && p->what && p->types && p->cells && (p->run || !many->run) &&
            (p->runs || !many->runs) && (p->set_run || !many->set_run);
    for (i = 0; i < nargs && whole; i++) {
        p->types[i] = *args[i].type;
        p->types[i].text = arena_str(&p->arena, args[i].type->text);
        p->types[i].nlabels = 0;
        p->types[i].labels = NULL;
        whole = p->types[i].text != NULL;
    }
    if (!whole) {
        batch_free(p);
        return err_nomem(err);
    }
    *out = p;
    return SQLITE_OK;
}

int batch_check(sqlite3_int64 affected, int meant, struct err *err)
{
    if (affected <= meant)
        return SQLITE_OK;
    return err_set(err, SQLITE_ERROR,
                   "%lld rows would have changed where %d were meant: the key is not unique",
                   affected, meant);
}

/* Waits for the answer to what was sent last. */
static int settle(struct batch *p, struct err *err)
{
    int rc;
    if (!p->flight.conn)
        return SQLITE_OK;
    do {
        rc = rows_next(&p->flight, err);
    } while (rc == SQLITE_ROW);
    sqlite3_int64 affected = p->flight.affected;
    rows_finish(&p->flight);
    return rc == SQLITE_DONE ? batch_check(affected, p->meant, err) : rc;
}

/* Sends a statement that changes at most so many rows, after the answer to the one before. */
static int send_one(struct conn *conn, struct batch *p, const char *sql, const struct arg *args,
                    int nargs, int meant, struct err *err)
{
    int rc = settle(p, err);
    if (rc != SQLITE_OK)
        return rc;
    p->meant = meant;
    rc = conn_send(conn, sql, args, nargs, QUERY_SHORT, &p->flight, err);
    /* One that answers within our own process may not have begun. */
    return rc == SQLITE_OK && (conn->caps & CAP_MANY_ROWS) ? settle(p, err) : rc;
}

/* As many rows as the statement for many takes; *sent says how many those are. */
static int send_many(struct conn *conn, struct batch *p, int *sent, struct err *err)
{
    int per = p->many_rows > 0 ? p->many_rows : p->nrows, i, j, rc = SQLITE_OK;
    int nargs = p->many_rows > 0 ? per * p->nargs : p->nargs;
    struct arg *args = sqlite3_malloc64((sqlite3_uint64)nargs * sizeof *args);
    if (!args)
        return err_nomem(err);
    for (*sent = 0; *sent + per <= p->nrows && rc == SQLITE_OK; *sent += per) {
        for (i = 0; i < p->nargs; i++) {
            struct cell *cells = p->cells + (size_t)i * BATCH_ROWS + (size_t)*sent;
            if (p->many_rows == 0)
                args[i] = (struct arg){
                    .type = &p->types[i], .cells = cells, .ncells = per, .array = true};
            for (j = 0; j < per && p->many_rows > 0; j++)
                args[j * p->nargs + i] =
                    (struct arg){.type = &p->types[i], .cells = &cells[j], .ncells = 1};
        }
        rc = send_one(conn, p, p->many, args, nargs, per, err);
    }
    sqlite3_free(args);
    return rc;
}

/* The key is the last argument, and the only one of a DELETE. */
static const struct cell *keys_of(const struct batch *p)
{
    return p->cells + (size_t)(p->nargs - 1) * BATCH_ROWS;
}

/* Rows from `from` on whose keys are integers that follow each other, up or down. */
static int run_length(const struct batch *p, int from)
{
    const struct cell *keys = keys_of(p);
    int n = 1, step = 0;
    for (; from + n < p->nrows && n < INT_MAX; n++) {
        const struct cell *a = &keys[from + n - 1], *b = &keys[from + n];
        int next = a->cls != CELL_INT || b->cls != CELL_INT ? 0
                   : a->i < LLONG_MAX && b->i == a->i + 1   ? 1
                   : a->i > LLONG_MIN && b->i == a->i - 1   ? -1
                                                            : 0;
        if (next == 0 || (step != 0 && next != step))
            break;
        step = next;
    }
    return n;
}

static int count_runs(const struct batch *p)
{
    int n = 0, at = 0;
    for (; at < p->nrows; n++)
        at += run_length(p, at);
    return n;
}

/* A statement n times, with its arguments by column, `stride` apart: together at most so many rows. */
static int send_repeated(struct conn *conn, const char *sql, const struct type *types,
                         const struct cell *cells, int nargs, size_t stride, int n, int meant,
                         struct err *err)
{
    struct cell *row = sqlite3_malloc64((sqlite3_uint64)nargs * sizeof *row);
    struct bulk load;
    sqlite3_int64 affected = 0;
    int rc = row ? SQLITE_OK : err_nomem(err);
    if (rc == SQLITE_OK)
        rc = bulk_begin_statement(conn, sql, types, nargs, &load, err);
    if (rc != SQLITE_OK) {
        sqlite3_free(row);
        return rc;
    }
    for (int i = 0; i < n && rc == SQLITE_OK; i++) {
        for (int k = 0; k < nargs; k++)
            row[k] = cells[(size_t)k * stride + (size_t)i];
        rc = bulk_row(&load, row, err);
    }
    sqlite3_free(row);
    if (rc != SQLITE_OK) {
        bulk_abort(&load);
        return rc;
    }
    rc = bulk_end(&load, &affected, err);
    return rc == SQLITE_OK ? batch_check(affected, meant, err) : rc;
}

/* The first and the last key of every run. */
static void find_ends(const struct batch *p, struct cell *ends, int nruns)
{
    for (int i = 0, n, at = 0; i < nruns; i++, at += n) {
        n = run_length(p, at);
        ends[i] = p->cells[at];
        ends[nruns + i] = p->cells[at + n - 1];
        if (ends[i].cls == CELL_INT && ends[i].i > ends[nruns + i].i) {
            ends[i] = p->cells[at + n - 1];
            ends[nruns + i] = p->cells[at];
        }
    }
}

/* Every run as its first and last key. */
static int send_runs(struct conn *conn, struct batch *p, int nruns, struct err *err)
{
    struct cell *ends = sqlite3_malloc64((sqlite3_uint64)nruns * 2 * sizeof *ends);
    struct arg args[2] = {{.type = p->types, .ncells = 1}, {.type = p->types, .ncells = 1}};
    int rc = ends ? SQLITE_OK : err_nomem(err);
    if (rc == SQLITE_OK)
        find_ends(p, ends, nruns);
    if (rc == SQLITE_OK && nruns > 1 && p->runs) {
        args[0] = (struct arg){.type = p->types, .cells = ends, .ncells = nruns, .array = true};
        args[1] =
            (struct arg){.type = p->types, .cells = ends + nruns, .ncells = nruns, .array = true};
        rc = send_one(conn, p, p->runs, args, 2, p->nrows, err);
    } else if (rc == SQLITE_OK && nruns > 1 && p->bulk) {
        const struct type types[2] = {p->types[0], p->types[0]};
        rc = settle(p, err);
        if (rc == SQLITE_OK)
            rc = send_repeated(conn, p->run, types, ends, 2, (size_t)nruns, nruns, p->nrows, err);
    } else {
        for (int i = 0, n, at = 0; i < nruns && rc == SQLITE_OK; i++, at += n) {
            n = run_length(p, at);
            args[0].cells = &ends[i];
            args[1].cells = &ends[nruns + i];
            rc = send_one(conn, p, n > 1 ? p->run : p->sql, args, n > 1 ? 2 : 1, n, err);
        }
    }
    sqlite3_free(ends);
    return rc;
}

/* One run of n rows, upwards or downwards: the values of each column by rising keys, as many as the statement takes,
** or as an array.  room: for n values of each column. */
static int send_set_run(struct conn *conn, struct batch *p, int from, int n, struct arg *args,
                        struct cell *room, struct err *err)
{
    const struct cell *keys = keys_of(p) + from;
    bool down = n > 1 && keys[1].i < keys[0].i;
    int values = p->set_rows > 0 ? p->set_rows : n;
    const struct arg first = {
        .type = &p->types[p->nargs - 1], .cells = &keys[down ? n - 1 : 0], .ncells = 1};
    struct arg *out = args;
    for (int i = 0; i < p->nargs - 1; i++, room += n) {
        const struct cell *column = p->cells + (size_t)i * BATCH_ROWS + (size_t)from;
        for (int k = 0; k < n; k++)
            room[k] = column[down ? n - 1 - k : k];
        *out++ = first;
        if (p->set_rows == 0)
            *out++ = (struct arg){.type = &p->types[i], .cells = room, .ncells = n, .array = true};
        for (int k = 0; k < values && p->set_rows > 0; k++)
            *out++ =
                (struct arg){.type = &p->types[i], .cells = &room[k < n ? k : n - 1], .ncells = 1};
    }
    *out++ = first;
    *out = first;
    out->cells = &keys[down ? 0 : n - 1];
    return send_one(conn, p, p->set_run, args, (int)(out - args) + 1, n, err);
}

static int send_set_runs(struct conn *conn, struct batch *p, struct err *err)
{
    size_t ncolumns = (size_t)(p->nargs - 1), values = (size_t)(p->set_rows > 0 ? p->set_rows : 1);
    struct arg *args = sqlite3_malloc64((ncolumns * (values + 1) + 2) * sizeof *args);
    struct cell *room = sqlite3_malloc64(ncolumns * (size_t)p->nrows * sizeof *room);
    int rc = args && room ? SQLITE_OK : err_nomem(err);
    for (int at = 0, n; at < p->nrows && rc == SQLITE_OK; at += n) {
        n = run_length(p, at);
        n = p->set_rows == 0 || n < p->set_rows ? n : p->set_rows;
        rc = send_set_run(conn, p, at, n, args, room, err);
    }
    sqlite3_free(args);
    sqlite3_free(room);
    return rc;
}

/* The statement once for every row, in order. */
static int send_each(struct conn *conn, struct batch *p, int from, struct err *err)
{
    struct arg *args;
    sqlite3_int64 affected = 0;
    int rc = settle(p, err);
    if (rc != SQLITE_OK)
        return rc;
    if (p->bulk && p->nrows - from > 1)
        return send_repeated(conn, p->sql, p->types, p->cells + from, p->nargs, BATCH_ROWS,
                             p->nrows - from, p->nrows - from, err);
    args = sqlite3_malloc64((sqlite3_uint64)p->nargs * sizeof *args);
    if (!args)
        return err_nomem(err);
    for (int i = from; i < p->nrows && rc == SQLITE_OK; i++) {
        for (int k = 0; k < p->nargs; k++)
            args[k] = (struct arg){.type = &p->types[k],
                                   .cells = &p->cells[(size_t)k * BATCH_ROWS + (size_t)i],
                                   .ncells = 1};
        rc = conn_exec(conn, p->sql, args, p->nargs, &affected, NULL, err);
        if (rc == SQLITE_OK)
            rc = batch_check(affected, 1, err);
    }
    sqlite3_free(args);
    return rc;
}

static int failed(struct bind *b, const struct batch *p, struct err *err)
{
    txn_after_error(b, err);
    return bind_fail(b, p->what, err);
}

/* One row of a load that goes on. */
static int load_row(struct bind *b, struct batch *p, const struct arg *args, struct err *err)
{
    struct conn *conn;
    int i, rc = SQLITE_OK;
    if (!p->loading) {
        rc = bind_connect(b, &conn, err);
        if (rc != SQLITE_OK)
            return rc;
        rc = txn_before_write(b, true, false, err);
        if (rc == SQLITE_OK)
            rc = bulk_begin_statement(conn, p->sql, p->types, p->nargs, &p->load, err);
        p->loading = rc == SQLITE_OK;
        p->loaded = 0;
    }
    for (i = 0; i < p->nargs; i++)
        p->cells[i] = *args[i].cells;
    if (rc == SQLITE_OK)
        rc = bulk_row(&p->load, p->cells, err);
    if (rc == SQLITE_OK) {
        p->loaded++;
        return rc;
    }
    rc = failed(b, p, err);
    batch_discard(b);
    return rc;
}

/* Among the values, not the keys. */
static bool has_null(const struct batch *p)
{
    for (int i = 0; i < p->nargs - 1; i++)
        for (int k = 0; k < p->nrows; k++)
            if (p->cells[(size_t)i * BATCH_ROWS + (size_t)k].cls == CELL_NULL)
                return true;
    return false;
}

static bool set_runs_pay(const struct batch *p, int nruns)
{
    return p->set_run && p->nrows >= (nruns == 1 ? SET_WORTH : nruns * SET_WORTH_EACH) &&
           (p->set_rows > 0 || !has_null(p));
}

static bool runs_pay(const struct batch *p, int nruns)
{
    int worth = p->runs                 ? RUN_WORTH_ELEMENT
                : p->bulk || nruns == 1 ? RUN_WORTH_STATEMENT
                                        : RUN_WORTH_TRIP;
    return p->run && p->nrows / worth >= nruns;
}

/* Has the server enough to do?  The rows of one statement; half of what is kept, once, where that may be any number. */
static bool is_due(const struct batch *p)
{
    int rows = p->set_run ? p->set_rows : p->many_rows;
    if (p->nrows == BATCH_ROWS || p->bytes > BATCH_BYTES)
        return true;
    if (p->nrows == BATCH_FIRST && !p->begun)
        return true;
    return rows > 0 && p->nrows % rows == 0 && !runs_pay(p, count_runs(p));
}

static int batch_send(struct bind *b, struct batch *p, struct err *err)
{
    struct conn *conn;
    int rc, sent = 0, nruns = p->run || p->set_run ? count_runs(p) : p->nrows;
    if (p->nrows == 0)
        return SQLITE_OK;
    rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    p->begun = true;
    rc = settle(p, err);
    if (rc == SQLITE_OK)
        rc = txn_before_write(b, true, false, err);
    if (rc == SQLITE_OK && set_runs_pay(p, nruns)) {
        rc = send_set_runs(conn, p, err);
        sent = p->nrows;
    } else if (rc == SQLITE_OK && runs_pay(p, nruns)) {
        rc = send_runs(conn, p, nruns, err);
        sent = p->nrows;
    } else if (rc == SQLITE_OK && p->many && p->nrows > 1) {
        rc = send_many(conn, p, &sent, err);
    }
    if (rc == SQLITE_OK && sent < p->nrows)
        rc = send_each(conn, p, sent, err);
    arena_reset(&p->values);
    p->nrows = 0;
    p->bytes = 0;
    if (rc == SQLITE_OK)
        return SQLITE_OK;
    return failed(b, p, err);
}

int batch_flush(struct bind *b, struct err *err)
{
    struct batch *p = b->batch;
    int rc;
    if (!p)
        return SQLITE_OK;
    b->batch = NULL;
    rc = batch_send(b, p, err);
    if (rc == SQLITE_OK && settle(p, err) != SQLITE_OK)
        rc = failed(b, p, err);
    if (p->loading) {
        sqlite3_int64 affected = 0;
        p->loading = false;
        rc = bulk_end(&p->load, &affected, err);
        if (rc == SQLITE_OK)
            rc = batch_check(affected, p->loaded, err);
        if (rc != SQLITE_OK)
            rc = failed(b, p, err);
    }
    batch_free(p);
    return rc;
}

int batch_add(struct target *t, const char *sql, const struct change_many *many,
              const struct arg *args, int nargs, struct err *err)
{
    struct bind *b = t->bind;
    struct batch *p = b->batch;
    int i, rc = SQLITE_OK;
    if (b->writers || (p && (p->nargs != nargs || strcmp(p->sql, sql) != 0))) {
        rc = writer_flush(b, err);
        p = NULL;
    }
    if (rc == SQLITE_OK && !p) {
        rc = batch_new(t, sql, many, args, nargs, &p, err);
        if (rc == SQLITE_OK)
            b->batch = p;
    }
    if (rc == SQLITE_OK && p->in_process)
        return load_row(b, p, args, err);
    for (i = 0; i < nargs && rc == SQLITE_OK; i++) {
        const struct cell *cell = args[i].cells;
        if (cell_copy(cell, &p->values, &p->cells[(size_t)i * BATCH_ROWS + (size_t)p->nrows]) !=
            SQLITE_OK)
            rc = err_nomem(err);
        if (cell->cls >= CELL_TEXT)
            p->bytes += cell->n;
    }
    if (rc != SQLITE_OK)
        return rc;
    p->nrows++;
    return is_due(p) ? batch_send(b, p, err) : SQLITE_OK;
}
