/* Loading many rows into MariaDB: batches as arrays bound to one prepared row (COM_STMT_BULK_EXECUTE).  While
** the server works on one batch the next is collected.  Servers and libraries without it lack CAP_BULK; the
** front then makes INSERTs of many rows.
**
** A batch is about BATCH_BYTES at most, and one statement of the server; several batches are not one.  Values
** travel as args.c says and are kept by column.  A column has one type on the wire per batch: a value that
** travels in another way closes the batch. */
#include "engine/mysql/my.h"

#include <string.h>

#define BATCH_BYTES 1000000
#define BATCH_ROWS 16384
#define COLUMNS_MAX 65535
#define DATA_MAX 0x7fffffff

union word {
    long long i;
    unsigned long long u;
    double r;
    const char *p;
    size_t offset; /* into data, while the batch is being filled */
};

struct load_column {
    enum my_slot_kind kind; /* SLOT_NULL = no value yet */
    union word *words;
    unsigned long *lengths;
    char *nulls; /* 1 = NULL (the library's indicator) */
};

struct load {
    struct my_conn *conn;
    int ncolumns, rows;
    struct load_column *columns;
    MYSQL_BIND *binds;
    struct buf data; /* texts and blobs of the batch */
    size_t bytes;    /* of the batch */
    struct my_stmt stmt;
    bool running; /* a batch is sent, and not answered */
    sqlite3_int64 affected;
};

static void load_free(struct load *l)
{
    my_stmt_clear(l->conn, &l->stmt);
    sqlite3_free((char *)l->stmt.base.sql);
    for (int i = 0; l->columns && i < l->ncolumns; i++) {
        sqlite3_free(l->columns[i].words);
        sqlite3_free(l->columns[i].lengths);
        sqlite3_free(l->columns[i].nulls);
    }
    sqlite3_free(l->columns);
    sqlite3_free(l->binds);
    buf_clear(&l->data);
    sqlite3_free(l);
}

static char *insert_text(const char *table, const char *const *columns, int n)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "INSERT INTO %s (", table);
    for (int i = 0; i < n; i++)
        sqlite3_str_appendf(out, "%s%s", i ? ", " : "", columns[i]);
    sqlite3_str_appendall(out, ") VALUES (");
    for (int i = 0; i < n; i++)
        sqlite3_str_appendall(out, i ? ", ?" : "?");
    sqlite3_str_appendall(out, ")");
    return sqlite3_str_finish(out);
}

static int allocate(struct load *l, struct err *err)
{
    size_t n = (size_t)l->ncolumns;

    l->columns = sqlite3_malloc64(n * sizeof *l->columns);
    if (!l->columns)
        return err_nomem(err);
    memset(l->columns, 0, n * sizeof *l->columns); /* what load_free looks at */
    l->binds = sqlite3_malloc64(n * sizeof *l->binds);
    if (!l->binds)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        struct load_column *column = &l->columns[i];
        column->words = sqlite3_malloc64(BATCH_ROWS * sizeof *column->words);
        column->lengths = sqlite3_malloc64(BATCH_ROWS * sizeof *column->lengths);
        column->nulls = sqlite3_malloc64(BATCH_ROWS);
        if (!column->words || !column->lengths || !column->nulls)
            return err_nomem(err);
    }
    return SQLITE_OK;
}

/* Takes sql. */
static int load_new(struct conn *conn, char *sql, struct bulk *b, struct err *err)
{
    struct load *l = sqlite3_malloc64(sizeof *l);
    int rc;

    if (!l) {
        sqlite3_free(sql);
        return err_nomem(err);
    }
    memset(l, 0, sizeof *l);
    l->conn = (struct my_conn *)conn;
    l->ncolumns = b->ncolumns;
    buf_init(&l->data, DATA_MAX);
    l->stmt.base.sql = sql;
    rc = sql ? allocate(l, err) : err_nomem(err);
    if (rc != SQLITE_OK) {
        load_free(l);
        return rc;
    }
    b->driver = l;
    return SQLITE_OK;
}

int my_bulk_begin(struct conn *conn, const char *table, const char *const *columns, struct bulk *b,
                  struct err *err)
{
    if (b->ncolumns < 1 || b->ncolumns > COLUMNS_MAX)
        return err_set(err, SQLITE_MISUSE, "a load of %d columns", b->ncolumns);
    return load_new(conn, insert_text(table, columns, b->ncolumns), b, err);
}

int my_bulk_statement(struct conn *conn, const char *sql, struct bulk *b, struct err *err)
{
    if (b->ncolumns < 1 || b->ncolumns > COLUMNS_MAX)
        return err_set(err, SQLITE_MISUSE, "a load of %d columns", b->ncolumns);
    return load_new(conn, sqlite3_mprintf("%s", sql), b, err);
}

/* ---- sending --------------------------------------------------------------------------------------------- */

/* Waits for the answer to what was sent last. */
static int settle(struct load *l, struct err *err)
{
    int rc;
    if (!l->running)
        return SQLITE_OK;
    l->running = false;
    rc = my_run_out(l->conn, &l->stmt, err);
    if (rc == SQLITE_OK)
        l->affected += l->stmt.affected;
    return rc;
}

static int prepare(struct load *l, struct err *err)
{
    struct my_stmt *s = &l->stmt;
    int rc;

    if (s->prepared)
        return SQLITE_OK;
    rc = my_close_dead(l->conn, err);
    if (rc != SQLITE_OK)
        return rc;
    s->abandoned = true; /* the machine stops when it is prepared */
    rc = my_prepare(l->conn, s, err);
    if (rc == SQLITE_OK)
        rc = my_run_out(l->conn, s, err);
    s->abandoned = false;
    if (rc == SQLITE_OK && mysql_stmt_param_count(s->handle) != (unsigned long)l->ncolumns)
        rc = my_lost(l->conn, err, "the server counts the arguments of the statement otherwise");
    return rc;
}

static void bind_column(struct load *l, struct load_column *column, MYSQL_BIND *out)
{
    const char **pointers;

    memset(out, 0, sizeof *out);
    out->buffer_type = column->kind == SLOT_NULL ? MYSQL_TYPE_LONGLONG : my_slot_type(column->kind);
    out->is_unsigned = column->kind == SLOT_UINT;
    out->buffer = column->words;
    out->length = column->lengths;
    client_bind_nulls(out, column->nulls);
    if (column->kind < SLOT_TEXT)
        return;
    /* The library wants an array of pointers: made in place of the offsets. */
    pointers = (const char **)(void *)column->words;
    for (int row = 0; row < l->rows; row++) {
        const char *p = "";
        if (column->lengths[row] && !column->nulls[row])
            p = (const char *)l->data.data + column->words[row].offset;
        pointers[row] = p;
    }
}

static int flush(struct load *l, struct err *err)
{
    struct my_stmt *s = &l->stmt;
    int rc = settle(l, err);

    if (rc != SQLITE_OK || l->rows == 0)
        return rc;
    if (l->data.rc == SQLITE_TOOBIG)
        return err_set(err, SQLITE_TOOBIG, "the texts of a row are larger than 2 GB");
    if (l->data.rc != SQLITE_OK)
        return err_nomem(err);
    rc = my_args_check_size(l->conn, l->bytes + (sqlite3_uint64)l->rows * (size_t)l->ncolumns * 2,
                            err);
    if (rc == SQLITE_OK)
        rc = prepare(l, err);
    if (rc != SQLITE_OK)
        return rc;
    for (int i = 0; i < l->ncolumns; i++)
        bind_column(l, &l->columns[i], &l->binds[i]);
    if (client_set_array(s->handle, (unsigned)l->rows) != 0 ||
        mysql_stmt_bind_param(s->handle, l->binds))
        return my_error(l->conn, s->handle, err);
    my_execute(l->conn, s);
    l->running = true;
    rc = CLIENT_COPIES_ARGS ? SQLITE_OK : settle(l, err);
    l->rows = 0;
    l->bytes = 0;
    buf_reset(&l->data);
    for (int i = 0; i < l->ncolumns; i++)
        l->columns[i].kind = SLOT_NULL;
    return rc;
}

/* ---- collecting ------------------------------------------------------------------------------------------ */

static void put(struct load *l, struct load_column *column, const struct my_slot *slot)
{
    union word *word = &column->words[l->rows];

    column->nulls[l->rows] = slot->kind == SLOT_NULL;
    column->lengths[l->rows] = 0;
    l->bytes += sizeof *word;
    switch (slot->kind) {
    case SLOT_NULL:
        word->i = 0;
        return;
    case SLOT_INT:
        word->i = slot->i;
        break;
    case SLOT_UINT:
        word->u = slot->u;
        break;
    case SLOT_REAL:
        word->r = slot->r;
        break;
    default:
        word->offset = l->data.len;
        column->lengths[l->rows] = slot->n;
        buf_add(&l->data, slot->p, slot->n);
        l->bytes += slot->n;
        break;
    }
    column->kind = slot->kind;
}

int my_bulk_row(struct bulk *b, const struct cell *cells, struct err *err)
{
    struct load *l = b->driver;
    struct my_slot slot;
    bool fits = true;
    int rc;

    /* First whether all of it travels, and in this batch: then nothing can fail half-way. */
    for (int i = 0; i < l->ncolumns; i++) {
        enum my_slot_kind kind = l->columns[i].kind;
        rc = my_slot_set(&b->types[i], &cells[i], i + 1, &slot, err);
        if (rc != SQLITE_OK)
            return rc;
        if (slot.kind != SLOT_NULL && kind != SLOT_NULL && slot.kind != kind)
            fits = false;
    }
    if (!fits || l->rows == BATCH_ROWS || l->bytes >= BATCH_BYTES) {
        rc = flush(l, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    for (int i = 0; i < l->ncolumns; i++) {
        rc = my_slot_set(&b->types[i], &cells[i], i + 1, &slot, err);
        if (rc != SQLITE_OK)
            return rc;
        put(l, &l->columns[i], &slot);
    }
    l->rows++;
    return SQLITE_OK;
}

int my_bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err)
{
    struct load *l = b->driver;
    int rc = flush(l, err);
    if (rc == SQLITE_OK)
        rc = settle(l, err);
    *affected = l->affected;
    load_free(l);
    b->driver = NULL;
    return rc;
}

void my_bulk_abort(struct bulk *b)
{
    struct load *l = b->driver;
    struct err ignored;

    if (!l)
        return;
    err_clear(&ignored);
    if (l->running && l->conn->base.state != CONN_LOST)
        (void)my_cancel(&l->conn->base, &ignored);
    load_free(l);
    b->driver = NULL;
}
