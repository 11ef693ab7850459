/* Bulk load: COPY FROM STDIN, in binary where every column's type has a binary form here, else as
** text.
**
** Binary values are taken as what the server's column is, and eight bytes of one type are eight
** bytes of another: so the COPY is followed, in the same implicit transaction, by a check that the
** columns still have the types that were sent (sql/postgresql/bulk_check.sql); its failure undoes
** the load. Rows are encoded into one buffer and handed to libpq at BULK_BYTES; while the socket
** takes them, the caller goes on encoding, and waits only when the one before has not left yet. */
#include "base/sqltext.h"
#include "engine/postgres/pg.h"

#include <string.h>

#define BULK_BYTES ((size_t)128 * 1024)
#define ABORT_MS 1000

struct pg_bulk {
    struct pg_conn *pg;
    struct buf out;
    bool binary;
};

static const unsigned char header[] =
    "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* no flags, no extension */
#define HEADER_BYTES 19

/* ---- the statement --------------------------------------------------------------------------- */

static void add(struct buf *out, const char *z)
{
    buf_add(out, z, strlen(z));
}

/* A quoted name → the name. */
static void unquote(const char *quoted, struct buf *out)
{
    const char *p = quoted + (*quoted == '"');
    for (; *p && !(p[0] == '"' && p[1] != '"'); p++) {
        p += *p == '"';
        buf_add(out, p, 1);
    }
}

static int check_text(const struct bulk *b, const char *table, const char *const *columns,
                      struct buf *out, struct err *err)
{
    struct type text = {.id = CT_TEXT, .text = "text"};
    struct type other = {.id = CT_OTHER, .text = ""};
    struct cell *names = sqlite3_malloc64((size_t)b->ncolumns * sizeof *names);
    struct cell table_cell = cell_str(table), oid_cell;
    struct buf memory, oids;
    size_t start = 0;
    int rc;

    if (!names)
        return err_nomem(err);
    buf_init(&memory, out->limit);
    buf_init(&oids, out->limit);
    for (int i = 0; i < b->ncolumns; i++) {
        unquote(columns[i], &memory);
        buf_add(&memory, "", 1);
    }
    for (int i = 0; i < b->ncolumns && memory.rc == SQLITE_OK; i++) {
        names[i] = cell_str((const char *)memory.data + start);
        start += names[i].n + 1;
    }
    for (int i = 0; i < b->ncolumns; i++) {
        char number[16];
        sqlite3_snprintf(sizeof number, number, "%s%u", i ? "," : "{",
                         pg_travel(b->types[i].id)->copy_oid);
        add(&oids, number);
    }
    buf_add(&oids, "}", 2);
    rc = memory.rc == SQLITE_OK && oids.rc == SQLITE_OK ? SQLITE_OK : err_nomem(err);
    if (rc == SQLITE_OK) {
        oid_cell = cell_str((const char *)oids.data);
        struct arg args[] = {
            {.type = &text, .cells = &table_cell, .ncells = 1},
            {.type = &text, .cells = names, .ncells = b->ncolumns, .array = true},
            {.type = &other, .cells = &oid_cell, .ncells = 1},
        };
        rc = pg_inline_args(sqltext("postgresql", "bulk_check"), args, 3, out, err);
    }
    buf_clear(&memory);
    buf_clear(&oids);
    sqlite3_free(names);
    return rc;
}

static int copy_text(const struct bulk *b, const char *table, const char *const *columns,
                     bool binary, struct buf *out, struct err *err)
{
    int rc = SQLITE_OK;
    buf_reset(out);
    add(out, "COPY ");
    add(out, table);
    for (int i = 0; i < b->ncolumns; i++) {
        add(out, i ? "," : "(");
        add(out, columns[i]);
    }
    add(out, ") FROM STDIN");
    if (binary) {
        add(out, " (FORMAT binary);\n");
        rc = check_text(b, table, columns, out, err);
    }
    buf_add(out, "", 1);
    return rc;
}

/* ---- the wire -------------------------------------------------------------------------------- */

/* What libpq has not sent yet goes first. */
static int flush(struct pg_conn *pg, struct err *err)
{
    int pending;
    while ((pending = PQflush(pg->pq)) > 0) {
        int rc = pg_wait(pg, true, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    return pending == 0 ? SQLITE_OK : pg_lose(pg, err, PQerrorMessage(pg->pq));
}

static int put(struct pg_bulk *bulk, struct err *err)
{
    struct pg_conn *pg = bulk->pg;
    int rc = SQLITE_OK, taken;

    if (bulk->out.rc != SQLITE_OK)
        return bulk->out.rc == SQLITE_TOOBIG ? err_set(err, SQLITE_TOOBIG, "a row is too long")
                                             : err_nomem(err);
    rc = flush(pg, err);
    while (rc == SQLITE_OK &&
           (taken = PQputCopyData(pg->pq, (const char *)bulk->out.data, (int)bulk->out.len)) <= 0) {
        if (taken < 0)
            return pg_lose(pg, err, PQerrorMessage(pg->pq));
        rc = pg_wait(pg, true, err);
    }
    if (rc == SQLITE_OK) {
        pg->base.bytes += (sqlite3_int64)bulk->out.len;
        PQflush(pg->pq);
        buf_reset(&bulk->out);
    }
    return rc;
}

/* Waits for the server's word that it takes rows, after the answers to what was sent before. */
static int await_copy_in(struct pg_conn *pg, int leads, struct err *err)
{
    struct err first;
    bool failed = false, copying = false;

    err_clear(&first);
    pg->base.round_trips++;
    while (!copying) {
        PGresult *res;
        ExecStatusType status;
        int rc = pg_result(pg, &res, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!res)
            break;
        status = PQresultStatus(res);
        copying = status == PGRES_COPY_IN;
        if (leads > 0 && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)) {
            leads--;
        } else if (!copying && !failed) {
            failed = true;
            if (status == PGRES_FATAL_ERROR)
                pg_error(res, &first);
            else
                err_set(&first, SQLITE_ERROR, "the server did not begin the COPY");
        }
        PQclear(res);
    }
    if (copying)
        return SQLITE_OK;
    pg_drain_copy_in(pg, wait_deadline(ABORT_MS));
    *err = first;
    return err->rc;
}

static void bulk_free(struct bulk *b)
{
    struct pg_bulk *bulk = b->driver;
    if (!bulk)
        return;
    buf_clear(&bulk->out);
    sqlite3_free(bulk);
    b->driver = NULL;
}

/* The text, with what has to go before it, in one message. */
static int start_copy(struct pg_conn *pg, struct bulk *b, const struct buf *text, struct err *err)
{
    int leads, rc = pg_enter_copy(pg, err);
    if (rc != SQLITE_OK)
        return rc;
    buf_reset(&pg->text);
    leads = pg_write_leads(pg);
    buf_add(&pg->text, text->data, text->len);
    if (pg->text.rc != SQLITE_OK)
        return pg_lose(pg, err, "the statement could not be sent");
    if (!PQsendQuery(pg->pq, (const char *)pg->text.data))
        return pg_lose(pg, err, PQerrorMessage(pg->pq));
    b->took_queue = true;
    return await_copy_in(pg, leads, err);
}

int pg_bulk_begin(struct conn *c, const char *table, const char *const *columns, struct bulk *b,
                  struct err *err)
{
    struct pg_conn *pg = (struct pg_conn *)c;
    struct pg_bulk *bulk = sqlite3_malloc64(sizeof *bulk);
    struct buf text;
    int rc;

    if (!bulk)
        return err_nomem(err);
    buf_init(&text, pg->text.limit);
    bulk->pg = pg;
    bulk->binary = true;
    buf_init(&bulk->out, pg->text.limit);
    b->driver = bulk;
    for (int i = 0; i < b->ncolumns; i++)
        bulk->binary = bulk->binary && pg_travel(b->types[i].id)->copy != PG_FORM_NONE;
    rc = pg->pq ? SQLITE_OK : pg_lose(pg, err, "the connection is gone");
    if (rc == SQLITE_OK)
        rc = copy_text(b, table, columns, bulk->binary, &text, err);
    if (rc == SQLITE_OK && text.rc != SQLITE_OK)
        rc = err_nomem(err);
    if (rc == SQLITE_OK)
        rc = start_copy(pg, b, &text, err);
    buf_clear(&text);
    if (rc != SQLITE_OK)
        bulk_free(b);
    else if (bulk->binary)
        buf_add(&bulk->out, header, HEADER_BYTES);
    return rc;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static bool put_binary(struct buf *out, enum pg_form form, const struct cell *value)
{
    size_t at = out->len, n;
    if (value->cls == CELL_NULL) {
        buf_add_u32be(out, 0xFFFFFFFFU);
        return true;
    }
    buf_add_u32be(out, 0);
    if (!pg_encode(form, value, out))
        return false;
    if (out->rc != SQLITE_OK)
        return true;
    n = out->len - at - 4;
    for (int i = 0; i < 4; i++)
        out->data[at + (size_t)i] = (unsigned char)(n >> (24 - 8 * i));
    return true;
}

static void put_escaped(struct buf *out, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *escape = NULL;
        if (p[i] == '\\')
            escape = "\\\\";
        else if (p[i] == '\n')
            escape = "\\n";
        else if (p[i] == '\r')
            escape = "\\r";
        else if (p[i] == '\t')
            escape = "\\t";
        if (escape)
            add(out, escape);
        else
            buf_add(out, &p[i], 1);
    }
}

static bool put_text(struct buf *out, const struct type *type, const struct cell *value)
{
    static const char hex[] = "0123456789abcdef";
    const struct pg_travel *travel = pg_travel(type->id);
    struct buf text;
    bool fits;

    if (value->cls == CELL_NULL) {
        add(out, "\\N");
        return true;
    }
    buf_init(&text, out->limit);
    fits = travel->form == PG_FORM_NONE || pg_encode(travel->form, value, &text);
    buf_reset(&text);
    if (fits && travel->form == PG_FORM_BYTES) {
        add(out, "\\\\x");
        for (size_t i = 0; i < value->n; i++) {
            unsigned char byte = (unsigned char)value->p[i];
            char pair[2] = {hex[byte >> 4], hex[byte & 15]};
            buf_add(out, pair, 2);
        }
    } else {
        fits = fits && pg_encode_text(value, &text);
        if (fits && text.rc == SQLITE_OK)
            put_escaped(out, text.data, text.len - 1);
    }
    if (text.rc != SQLITE_OK)
        out->rc = text.rc;
    buf_clear(&text);
    return fits;
}

int pg_bulk_row(struct bulk *b, const struct cell *cells, struct err *err)
{
    struct pg_bulk *bulk = b->driver;
    struct buf *out = &bulk->out;

    if (bulk->binary)
        buf_add_u16be(out, (unsigned)b->ncolumns);
    for (int i = 0; i < b->ncolumns; i++) {
        bool fits;
        if (bulk->binary) {
            fits = put_binary(out, pg_travel(b->types[i].id)->copy, &cells[i]);
        } else {
            if (i > 0)
                add(out, "\t");
            fits = put_text(out, &b->types[i], &cells[i]);
        }
        if (!fits) {
            struct arg arg = {.type = &b->types[i], .cells = &cells[i], .ncells = 1};
            return pg_arg_refused(&arg, i + 1, &cells[i], err);
        }
    }
    if (!bulk->binary)
        add(out, "\n");
    return out->len < BULK_BYTES && out->rc == SQLITE_OK ? SQLITE_OK : put(bulk, err);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* The check after the COPY divides by zero when a type has changed. */
static void explain_check(struct err *err)
{
    if (strcmp(err->sqlstate, "22012") == 0)
        err_set(err, SQLITE_ERROR,
                "the types of the table's columns have changed since they were read: try again");
}

static int read_results(struct pg_conn *pg, sqlite3_int64 *affected, struct err *err)
{
    struct err first;
    bool failed = false;

    err_clear(&first);
    pg->base.round_trips++;
    for (;;) {
        PGresult *res;
        int rc = pg_result(pg, &res, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!res)
            break;
        if (PQresultStatus(res) == PGRES_FATAL_ERROR && !failed) {
            failed = true;
            pg_error(res, &first);
            explain_check(&first);
        } else if (PQresultStatus(res) == PGRES_COMMAND_OK) {
            *affected = 0;
            for (const char *n = PQcmdTuples(res); *n >= '0' && *n <= '9'; n++)
                *affected = *affected * 10 + (*n - '0');
        }
        PQclear(res);
    }
    pg_drain_copy_in(pg, wait_deadline(ABORT_MS));
    if (!failed)
        return SQLITE_OK;
    *err = first;
    return err->rc;
}

int pg_bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err)
{
    struct pg_bulk *bulk = b->driver;
    struct pg_conn *pg = bulk->pg;
    int rc, ended;

    if (bulk->binary)
        buf_add_u16be(&bulk->out, 0xFFFF);
    rc = put(bulk, err);
    if (rc == SQLITE_OK)
        rc = flush(pg, err);
    while (rc == SQLITE_OK && (ended = PQputCopyEnd(pg->pq, NULL)) <= 0)
        rc = ended < 0 ? pg_lose(pg, err, PQerrorMessage(pg->pq)) : pg_wait(pg, true, err);
    if (rc == SQLITE_OK)
        rc = read_results(pg, affected, err);
    if (rc != SQLITE_OK && pg->in_copy)
        pg_bulk_abort(b);
    else
        bulk_free(b);
    return rc;
}

void pg_bulk_abort(struct bulk *b)
{
    struct pg_bulk *bulk = b->driver;
    struct pg_conn *pg = bulk ? bulk->pg : NULL;
    struct err ignored;

    if (!bulk)
        return;
    if (pg->pq && pg->in_copy) {
        sqlite3_int64 deadline = wait_deadline(ABORT_MS);
        PQputCopyEnd(pg->pq, "abandoned");
        if (!pg_drain_copy_in(pg, deadline))
            pg_lose(pg, &ignored, "the server did not end the COPY in time");
    }
    bulk_free(b);
}
