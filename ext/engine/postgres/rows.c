/* Reading: next, cell and finish of the four ways in which rows come.
**
**   whole    a handful: the PGresult at once; the wire is given back
**   single   row by row as libpq parses them; owns the wire
**   copy     COPY TO STDOUT in binary: rows are read where they lie in libpq's buffer; owns the wire
**   cursor   batches; the next one is asked for when half of the present one is read and the wire is free
**
** Columns are decoded when they are asked for.  A row's memory lives until the next one: PGresults
** are kept, COPY's buffer too, and what has to be written as text has scratch per column.  struct
** pg_rows and its arrays are kept on the connection for the next result, so that a lookup allocates
** nothing here. */
#include "engine/postgres/pg.h"

#include <string.h>

#define COPY_SIGNATURE "PGCOPY\n\377\r\n" /* and a NUL, which ends the string */
#define COPY_SIGNATURE_BYTES 11
#define COPY_HEADER_BYTES 19
#define COPY_OIDS_FLAG (1U << 16)
#define COPY_END 0xFFFFU
#define COPY_NULL 0xFFFFFFFFU
#define CHUNK_ROWS 256

/* ---- struct pg_rows -------------------------------------------------------------------------- */

struct pg_rows *pg_rows_new(struct pg_conn *pg, struct rows *reader)
{
    struct pg_rows *r = pg->spare;
    if (r) {
        pg->spare = r->next;
    } else {
        r = sqlite3_malloc64(sizeof *r);
        if (!r)
            return NULL;
        memset(r, 0, sizeof *r);
    }
    r->next = NULL;
    r->pg = pg;
    r->reader = reader;
    r->row = -1;
    return r;
}

void pg_rows_recycle(struct pg_rows *r)
{
    struct pg_conn *pg = r->pg;
    PQclear(r->result);
    PQclear(r->ahead);
    PQclear(r->failure);
    PQfreemem(r->copy);
    *r = (struct pg_rows){
        .pg = pg,
        .next = pg->spare,
        .columns_cap = r->columns_cap,
        .columns = r->columns,
        .types = r->types,
        .scratch = r->scratch,
        .cells = r->cells,
    };
    pg->spare = r;
}

static int need_columns(struct pg_rows *r, int n, struct err *err)
{
    struct pg_column *columns;
    struct type *types;
    struct cell *cells;
    char(*scratch)[PG_SCRATCH];

    r->ncolumns = n;
    if (n <= r->columns_cap)
        return SQLITE_OK;
    r->columns_cap = 0; /* the arrays may end up of different sizes */
    if ((columns = sqlite3_realloc64(r->columns, (size_t)n * sizeof *columns)) != NULL)
        r->columns = columns;
    if ((types = sqlite3_realloc64(r->types, (size_t)n * sizeof *types)) != NULL)
        r->types = types;
    if ((cells = sqlite3_realloc64(r->cells, (size_t)n * sizeof *cells)) != NULL)
        r->cells = cells;
    if ((scratch = sqlite3_realloc64(r->scratch, (size_t)n * sizeof *scratch)) != NULL)
        r->scratch = scratch;
    if (!columns || !types || !cells || !scratch)
        return err_nomem(err);
    r->columns_cap = n;
    return SQLITE_OK;
}

int pg_rows_describe(struct pg_rows *r, const PGresult *res, struct err *err)
{
    int n = PQnfields(res), rc = need_columns(r, n, err);
    if (rc != SQLITE_OK)
        return rc;
    for (int i = 0; i < n; i++)
        pg_describe(PQftype(res, i), PQfmod(res, i), &r->columns[i], &r->types[i]);
    r->described = true;
    if (r->reader) {
        r->reader->ncolumns = n;
        r->reader->types = r->types;
    }
    return SQLITE_OK;
}

static sqlite3_int64 payload(const PGresult *res)
{
    int nrows = PQntuples(res), ncolumns = PQnfields(res);
    sqlite3_int64 n = 0;
    for (int row = 0; row < nrows; row++) {
        for (int i = 0; i < ncolumns; i++)
            n += PQgetlength(res, row, i);
    }
    return n;
}

static void note_affected(struct pg_rows *r, PGresult *res)
{
    const char *n = PQcmdTuples(res);
    r->affected = 0;
    for (; *n >= '0' && *n <= '9'; n++)
        r->affected = r->affected * 10 + (*n - '0');
    if ((r->verb == VERB_COMMIT || r->verb == VERB_PREPARE) && pg_rolled_back(res) && !r->rc)
        r->rc = SQLITE_ERROR;
}

void pg_rows_hold(struct pg_rows *r, PGresult *res)
{
    r->pg->base.bytes += payload(res);
    note_affected(r, res);
    if (r->mode == MODE_CURSOR && PQntuples(res) < r->asked)
        r->exhausted = true;
    if (r->result && r->row < r->nrows && r->mode == MODE_CURSOR) {
        PQclear(r->ahead);
        r->ahead = res;
        return;
    }
    PQclear(r->result);
    r->result = res;
    r->row = -1;
    r->nrows = PQntuples(res);
}

void pg_give_back(struct pg_rows *r)
{
    struct conn *c = &r->pg->base;
    if (c->active != r->reader || !r->reader)
        return;
    c->active = NULL;
    if (c->state == CONN_BUSY)
        c->state = CONN_IDLE;
}

/* ---- how rows end ---------------------------------------------------------------------------- */

static int failed(struct pg_rows *r, struct err *err)
{
    if (r->rc == SQLITE_INTERRUPT)
        return err_set(err, SQLITE_INTERRUPT, "interrupted");
    if (r->rc == SQLITE_ABORT)
        return err_set(err, SQLITE_ABORT, "another statement cut these rows off");
    if (r->rc == SQLITE_ERROR && !r->failure)
        return pg_rolled_back_error(err);
    if (r->rc == SQLITE_IOERR || !r->pg->pq) {
        err_set(err, SQLITE_IOERR, "the connection is gone");
        err->lost = true;
        return err->rc;
    }
    pg_error(r->failure, err);
    err->lost = false; /* a FATAL error never gets here: see pg_result */
    return err->rc;
}

static int over(struct pg_rows *r, struct err *err)
{
    if (r->rc || r->failure)
        return failed(r, err);
    r->reader->affected = r->affected;
    return SQLITE_DONE;
}

/* ---- whole results and cursors --------------------------------------------------------------- */

/* The next row of the result in hand. */
static bool step(struct pg_rows *r)
{
    return r->result && ++r->row < r->nrows;
}

static int next_whole(struct pg_rows *r, struct err *err)
{
    if (r->stage != STAGE_OFF) {
        int rc = pg_complete(r, err);
        if (rc != SQLITE_OK)
            return rc;
        pg_give_back(r);
        if (r->result && !r->rc && !r->failure) {
            rc = pg_rows_describe(r, r->result, err);
            if (rc != SQLITE_OK)
                return rc;
        }
    }
    if (!r->rc && !r->failure && step(r))
        return SQLITE_ROW;
    return over(r, err);
}

/* Asks for the batch after this one, if nobody else needs the wire.  A failure shows when it is
** read. */
static int look_ahead(struct pg_rows *r, struct err *err)
{
    struct pg_conn *pg = r->pg;
    if (r->exhausted || r->ahead || r->stage != STAGE_OFF || r->row != r->nrows / 2 || pg->first ||
        pg->in_copy || pg->failed || pg->base.active || pg->base.bulk)
        return SQLITE_OK;
    return pg_send_fetch(r, err);
}

static int next_cursor(struct pg_rows *r, struct err *err)
{
    int rc;
    if (step(r)) {
        rc = look_ahead(r, err);
        return rc == SQLITE_OK ? SQLITE_ROW : rc;
    }
    for (;;) {
        if (r->ahead) {
            PGresult *batch = r->ahead;
            r->ahead = NULL;
            PQclear(r->result);
            r->result = batch;
            r->row = -1;
            r->nrows = PQntuples(batch);
        } else {
            if (r->stage == STAGE_OFF) {
                if (r->exhausted || r->rc || r->failure)
                    return over(r, err);
                rc = pg_send_fetch(r, err);
                if (rc != SQLITE_OK)
                    return rc;
            }
            rc = pg_complete(r, err);
            if (rc != SQLITE_OK)
                return rc;
            pg_give_back(r);
            if (r->rc || r->failure)
                return failed(r, err);
            if (r->ahead)
                continue;
        }
        if (!r->described) {
            rc = pg_rows_describe(r, r->result, err);
            if (rc != SQLITE_OK)
                return rc;
        }
        if (step(r))
            return SQLITE_ROW;
    }
}

/* ---- single rows ----------------------------------------------------------------------------- */

static int start_single(struct pg_rows *r, struct err *err)
{
    int rc = pg_reach(r, err);
    if (rc != SQLITE_OK)
        return rc;
    if (r->stage == STAGE_MAIN) {
#ifdef LIBPQ_HAS_CHUNK_MODE
        PQsetChunkedRowsMode(r->pg->pq, CHUNK_ROWS);
#else
        PQsetSingleRowMode(r->pg->pq); /* if it refuses, the result is an error or comes whole */
#endif
    }
    r->streaming = true;
    return SQLITE_OK;
}

static bool carries_rows(ExecStatusType status)
{
#ifdef LIBPQ_HAS_CHUNK_MODE
    if (status == PGRES_TUPLES_CHUNK)
        return true;
#endif
    return status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK;
}

static int next_single(struct pg_rows *r, struct err *err)
{
    struct pg_conn *pg = r->pg;
    int rc;

    if (step(r))
        return SQLITE_ROW;
    if (!r->streaming && r->stage != STAGE_OFF) {
        rc = start_single(r, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    while (r->stage != STAGE_OFF) {
        PGresult *res;
        rc = pg_result(pg, &res, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!pg_absorb(r, res))
            continue;
        if (carries_rows(PQresultStatus(res))) {
            PQclear(r->result);
            r->result = res;
            r->row = -1;
            r->nrows = PQntuples(res);
            pg->base.bytes += payload(res);
            if (!r->described && (rc = pg_rows_describe(r, res, err)) != SQLITE_OK)
                return rc;
            if (PQresultStatus(res) == PGRES_TUPLES_OK)
                note_affected(r, res);
            if (step(r))
                return SQLITE_ROW;
        } else if (PQresultStatus(res) == PGRES_COMMAND_OK ||
                   PQresultStatus(res) == PGRES_EMPTY_QUERY) {
            note_affected(r, res);
            PQclear(res);
        } else {
            PQclear(res);
            return pg_lose(pg, err, "the server began a COPY that nobody asked for");
        }
    }
    return over(r, err);
}

/* ---- COPY rows ------------------------------------------------------------------------------- */

static int malformed(struct pg_rows *r, struct err *err)
{
    return pg_lose(r->pg, err, "the server sent a malformed COPY row");
}

/* Which columns are decoded with the row: those for which that costs no more than to put it off. */
static void choose_eager(struct pg_rows *r)
{
    r->eager = r->numerics = 0;
    for (int i = 0; i < r->ncolumns && i < ROWS_AT_HAND; i++) {
        enum pg_form form = r->columns[i].form;
        bool numeric = form == PG_FORM_NUMERIC;
        if (numeric || form == PG_FORM_INT2 || form == PG_FORM_INT4 || form == PG_FORM_INT8 ||
            form == PG_FORM_FLOAT8 || form == PG_FORM_TEXT)
            r->eager |= 1ULL << i;
        r->numerics |= (sqlite3_uint64)numeric << i;
    }
}

/* The value of a field that is not NULL, or its bytes as a text: of a form that is not decoded with the row, or (*rare)
** of a numeric that takes longer.  False: malformed. */
static inline bool copy_field(enum pg_form form, unsigned char *p, size_t n, struct cell *out,
                              bool *rare)
{
    switch (form) {
    case PG_FORM_INT2:
    case PG_FORM_INT4:
    case PG_FORM_INT8:
    case PG_FORM_FLOAT8:
        return pg_decode_number(form, p, n, out);
    case PG_FORM_NUMERIC:
        if (pg_numeric_short(p, n, out))
            return true;
        *rare = true;
        break;
    default:
        break;
    }
    out->cls = CELL_TEXT;
    out->terminated = true;
    out->n = n;
    out->p = (char *)p;
    return true;
}

/* Takes the row apart.  SQLITE_ROW, or SQLITE_DONE for the trailer.  Every field is terminated: the byte after it
** belongs to the next one's length, and is overwritten when that has been read; libpq has a NUL after the last. */
static int copy_fields(struct pg_rows *r, size_t n, struct err *err)
{
    unsigned char *p = (unsigned char *)r->copy, *end = p + n;
    const struct pg_column *column = r->columns;
    struct cell *cell = r->cells;
    bool rare = false;
    unsigned nfields;

    if (!r->copy_header) {
        unsigned extension;
        if (n < COPY_HEADER_BYTES || memcmp(p, COPY_SIGNATURE, COPY_SIGNATURE_BYTES) != 0 ||
            pg_u32(p + COPY_SIGNATURE_BYTES) & COPY_OIDS_FLAG)
            return malformed(r, err);
        extension = pg_u32(p + COPY_SIGNATURE_BYTES + 4);
        if (extension > n - COPY_HEADER_BYTES)
            return malformed(r, err);
        p += COPY_HEADER_BYTES + extension;
        r->copy_header = true;
        if (p == end)
            return SQLITE_OK; /* nothing but the header */
    }
    if (end - p < 2)
        return malformed(r, err);
    nfields = pg_u16(p);
    p += 2;
    if (nfields == COPY_END)
        return SQLITE_DONE;
    if (nfields != (unsigned)r->ncolumns)
        return malformed(r, err);
    for (; nfields > 0; nfields--, column++, cell++) {
        unsigned length;
        if (end - p < 4)
            return malformed(r, err);
        length = pg_u32(p);
        *p = 0;
        p += 4;
        if (length == COPY_NULL) {
            cell->cls = CELL_NULL;
            continue;
        }
        if (length > (size_t)(end - p) || !copy_field(column->form, p, length, cell, &rare))
            return malformed(r, err);
        p += length;
    }
    r->reader->at_hand = rare ? r->eager & ~r->numerics : r->eager;
    return p == end ? SQLITE_ROW : malformed(r, err);
}

static void start_rows(struct pg_rows *r)
{
    r->copying = true;
    choose_eager(r);
    r->reader->cells = r->cells;
}

/* What was received goes into the books when the wire is waited for, not with each row. */
static void count_bytes(struct pg_rows *r)
{
    r->pg->base.bytes += r->copy_bytes;
    r->copy_bytes = 0;
}

/* Up to the first row: leading commands, the description, the server's word that it copies. */
static int start_copy(struct pg_rows *r, struct err *err)
{
    int rc = pg_reach(r, err);
    while (rc == SQLITE_OK && r->stage != STAGE_OFF && !r->copying) {
        PGresult *res;
        rc = pg_result(r->pg, &res, err);
        if (rc != SQLITE_OK || !pg_absorb(r, res))
            continue;
        if (PQresultStatus(res) == PGRES_TUPLES_OK)
            rc = pg_rows_describe(r, res, err);
        else if (PQresultStatus(res) == PGRES_COPY_OUT && PQnfields(res) == r->ncolumns)
            start_rows(r);
        else
            rc = pg_lose(r->pg, err, "the server answered a COPY with something else");
        PQclear(res);
    }
    r->streaming = true;
    return rc;
}

/* The end of the COPY's results. */
static int end_copy(struct pg_rows *r, struct err *err)
{
    r->copying = false;
    count_bytes(r);
    while (r->stage != STAGE_OFF) {
        PGresult *res;
        int rc = pg_result(r->pg, &res, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!pg_absorb(r, res))
            continue;
        note_affected(r, res);
        PQclear(res);
    }
    return over(r, err);
}

static int next_copy(struct pg_rows *r, struct err *err)
{
    struct pg_conn *pg = r->pg;
    int rc;
    if (!r->streaming && r->stage != STAGE_OFF) {
        rc = start_copy(r, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    PQfreemem(r->copy);
    r->copy = NULL;
    while (r->copying) {
        int n = PQgetCopyData(pg->pq, &r->copy, 1);
        if (n > 0) {
            r->copy_bytes += n;
            rc = copy_fields(r, (size_t)n, err);
            if (rc == SQLITE_ROW)
                return rc;
            PQfreemem(r->copy);
            r->copy = NULL;
            if (rc != SQLITE_DONE && rc != SQLITE_OK)
                return rc;
            continue;
        }
        count_bytes(r);
        if (n < 0)
            return end_copy(r, err);
        rc = pg_wait(pg, false, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    return r->stage == STAGE_OFF ? over(r, err) : end_copy(r, err);
}

/* ---- slots ----------------------------------------------------------------------------------- */

int pg_next(struct rows *rows, struct err *err)
{
    struct pg_rows *r = rows->driver;
    switch (r->mode) {
    case MODE_SINGLE:
        return next_single(r, err);
    case MODE_COPY:
        return next_copy(r, err);
    case MODE_CURSOR:
        return next_cursor(r, err);
    default:
        return next_whole(r, err);
    }
}

static int unreadable(const struct pg_rows *r, int column, struct err *err)
{
    const struct pg_column *col = &r->columns[column];
    if (col->form == PG_FORM_NONE)
        return err_set(err, SQLITE_ERROR,
                       "result column %d has a type (oid %u) that binds reads as text only: select "
                       "it as ::text",
                       column + 1, col->oid);
    return err_set(err, SQLITE_IOERR, "result column %d (%s): the server sent a malformed value",
                   column + 1, r->types[column].text);
}

int pg_cell(struct rows *rows, int column, struct cell *out, struct err *err)
{
    struct pg_rows *r = rows->driver;
    const char *p;
    size_t n;

    if (r->mode == MODE_COPY) {
        *out = r->cells[column];
        if (out->cls != CELL_TEXT || r->columns[column].form == PG_FORM_TEXT)
            return SQLITE_OK;
        p = out->p;
        n = out->n;
    } else {
        if (PQgetisnull(r->result, r->row, column)) {
            *out = cell_null();
            return SQLITE_OK;
        }
        p = PQgetvalue(r->result, r->row, column);
        n = (size_t)PQgetlength(r->result, r->row, column);
    }
    if (!pg_decode(r->columns[column].form, p, n, out, r->scratch[column]))
        return unreadable(r, column, err);
    if (out->cls == CELL_TEXT)
        out->terminated = true; /* so are the values of PGresults, and of copy_fields */
    return SQLITE_OK;
}

int pg_cancel(struct conn *c, struct err *err)
{
    struct pg_rows *r = c->active ? c->active->driver : NULL;
    if (!r || r->stage == STAGE_OFF)
        return SQLITE_OK;
    /* In a transaction a cancel would spoil it, unless a savepoint of ours is around: let it
    ** end. */
    if (r->guard == 0 && ((struct pg_conn *)c)->tx)
        return SQLITE_OK;
    return pg_stop(r, err);
}

void pg_finish(struct rows *rows)
{
    struct pg_rows *r = rows->driver;
    struct pg_conn *pg;
    struct err ignored;

    if (!r)
        return;
    rows->driver = NULL;
    pg = r->pg;
    count_bytes(r);
    if (r->stage != STAGE_OFF && (r->mode == MODE_SINGLE || r->mode == MODE_COPY))
        pg_stop(r, &ignored);
    if (r->mode == MODE_CURSOR && r->cursor >= pg->dead_below && r->cursor >= pg->doubt_below &&
        pg->pq && !r->rc && !r->failure)
        pg_errand(pg, ERRAND_CLOSE, r->cursor);
    r->reader = NULL;
    r->stmt = NULL;
    if (r->stage == STAGE_OFF)
        pg_rows_recycle(r);
}
