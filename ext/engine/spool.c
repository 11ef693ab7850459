/* The queue of parked rows (spool.h).
**
** Rows are encoded into chunks of about CHUNK_BYTES; a row never crosses a chunk (a large row makes a large
** chunk).  Chunks are read in the order in which they were filled: first those in memory, then those in the
** temporary database, then the one that is being filled.  When SPOOL_MEMORY is used up, full chunks go to
** the temporary database, until that has been read empty again.  It is a private SQLite database without a
** name (a temporary file that the system deletes), reached through the host's own API.  A chunk is freed
** when its last row has been passed.
**
** Encoding of a row: per cell a tag byte (class, and for integers the number of bytes), then the value in the
** machine's own byte order; texts and blobs as length, bytes and a NUL, so that texts are terminated. */
#include "engine/spool.h"

#include <string.h>

#define CHUNK_BYTES ((size_t)64 * 1024)
#define TAG_CLASS 0x07
#define TAG_WIDTH_SHIFT 4

struct chunk {
    struct chunk *next;
    size_t used, size;
    sqlite3_int64 rows;
    unsigned char data[];
};

struct spill {
    sqlite3 *db;
    sqlite3_stmt *insert, *select, *delete;
    sqlite3_int64 first, next; /* ids of the chunks in the file: first .. next-1 */
};

struct spool {
    int ncolumns;
    struct chunk *head, *last; /* full chunks in memory, in order */
    size_t memory;             /* bytes of them */
    struct spill spill;
    struct chunk *filling;
    struct chunk *reading;
    size_t offset; /* into reading */
    sqlite3_int64 reading_left, left;
    int end; /* 0 = rows may still be appended */
    struct err *end_err;
    struct cell cells[]; /* the current row */
};

struct spool *spool_new(int ncolumns)
{
    size_t size = sizeof(struct spool) + (size_t)ncolumns * sizeof(struct cell);
    struct spool *s = sqlite3_malloc64(size);
    if (!s)
        return NULL;
    memset(s, 0, size);
    s->ncolumns = ncolumns;
    return s;
}

static void spill_close(struct spill *p)
{
    sqlite3_finalize(p->insert);
    sqlite3_finalize(p->select);
    sqlite3_finalize(p->delete);
    sqlite3_close_v2(p->db);
    memset(p, 0, sizeof *p);
}

void spool_free(struct spool *s)
{
    if (!s)
        return;
    for (struct chunk *chunk = s->head, *next; chunk; chunk = next) {
        next = chunk->next;
        sqlite3_free(chunk);
    }
    sqlite3_free(s->filling);
    sqlite3_free(s->reading);
    spill_close(&s->spill);
    sqlite3_free(s->end_err);
    sqlite3_free(s);
}

/* ---- the temporary database ------------------------------------------------------------------------------ */

static int spill_error(struct spill *p, int rc, struct err *err)
{
    if (rc == SQLITE_NOMEM)
        return err_nomem(err);
    return err_set(err, rc, "keeping rows in a temporary file: %s",
                   p->db ? sqlite3_errmsg(p->db) : sqlite3_errstr(rc));
}

static int spill_open(struct spill *p, struct err *err)
{
    /* Nothing here needs to survive anything, so no journal and no sync; a small page cache keeps the
    ** memory bound. */
    static const char setup[] = "PRAGMA page_size=16384; PRAGMA journal_mode=OFF;"
                                "PRAGMA synchronous=OFF; PRAGMA cache_size=-256;"
                                "CREATE TABLE chunk(id INTEGER PRIMARY KEY, rows INT, data BLOB)";
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2("", &p->db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(p->db, setup, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(p->db, "INSERT INTO chunk VALUES(?,?,?)", -1, &p->insert, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(p->db, "SELECT rows, data FROM chunk WHERE id=?", -1, &p->select,
                                NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(p->db, "DELETE FROM chunk WHERE id=?", -1, &p->delete, NULL);
    if (rc != SQLITE_OK) {
        rc = spill_error(p, rc, err);
        spill_close(p);
        return rc;
    }
    p->first = p->next = 1;
    return SQLITE_OK;
}

static int spill_write(struct spill *p, const struct chunk *chunk, struct err *err)
{
    int rc;
    sqlite3_bind_int64(p->insert, 1, p->next);
    sqlite3_bind_int64(p->insert, 2, chunk->rows);
    rc = sqlite3_bind_blob64(p->insert, 3, chunk->data, chunk->used, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
        sqlite3_step(p->insert);
        rc = sqlite3_reset(p->insert);
    }
    sqlite3_clear_bindings(p->insert);
    if (rc != SQLITE_OK)
        return spill_error(p, rc, err);
    p->next++;
    return SQLITE_OK;
}

static int spill_read(struct spill *p, struct chunk **out, struct err *err)
{
    int rc;
    struct chunk *chunk = NULL;

    sqlite3_bind_int64(p->select, 1, p->first);
    if (sqlite3_step(p->select) == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(p->select, 1);
        size_t n = (size_t)sqlite3_column_bytes(p->select, 1);
        chunk = sqlite3_malloc64(sizeof *chunk + n);
        if (chunk) {
            *chunk = (struct chunk){.used = n, .size = n};
            chunk->rows = sqlite3_column_int64(p->select, 0);
            if (n > 0)
                memcpy(chunk->data, data, n);
        }
        rc = chunk ? SQLITE_OK : SQLITE_NOMEM;
        sqlite3_reset(p->select);
    } else {
        rc = sqlite3_reset(p->select);
        if (rc == SQLITE_OK)
            rc = SQLITE_CORRUPT;
    }
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(p->delete, 1, p->first);
        sqlite3_step(p->delete);
        rc = sqlite3_reset(p->delete);
    }
    if (rc != SQLITE_OK) {
        sqlite3_free(chunk);
        return spill_error(p, rc, err);
    }
    p->first++;
    *out = chunk;
    return SQLITE_OK;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static unsigned char *reserve(struct spool *s, size_t n, struct err *err)
{
    struct chunk *chunk = s->filling;
    size_t used = chunk ? chunk->used : 0;
    if (!chunk || chunk->size - used < n) {
        size_t size = chunk ? chunk->size * 2 : CHUNK_BYTES / 4;
        if (size < used + n)
            size = used + n;
        chunk = sqlite3_realloc64(s->filling, sizeof *chunk + size);
        if (!chunk) {
            err_nomem(err);
            return NULL;
        }
        if (!s->filling)
            *chunk = (struct chunk){.next = NULL};
        chunk->size = size;
        s->filling = chunk;
    }
    return chunk->data + chunk->used;
}

static int put_value(struct spool *s, unsigned char tag, const void *value, size_t n,
                     struct err *err)
{
    unsigned char *p = reserve(s, 1 + n, err);
    if (!p)
        return err->rc;
    p[0] = tag;
    memcpy(p + 1, value, n);
    s->filling->used += 1 + n;
    return SQLITE_OK;
}

static int put_int(struct spool *s, sqlite3_int64 i, struct err *err)
{
    signed char i1 = (signed char)i;
    short i2 = (short)i;
    int i4 = (int)i;
    if (i == i1)
        return put_value(s, CELL_INT | sizeof i1 << TAG_WIDTH_SHIFT, &i1, sizeof i1, err);
    if (i == i2)
        return put_value(s, CELL_INT | sizeof i2 << TAG_WIDTH_SHIFT, &i2, sizeof i2, err);
    if (i == i4)
        return put_value(s, CELL_INT | sizeof i4 << TAG_WIDTH_SHIFT, &i4, sizeof i4, err);
    return put_value(s, CELL_INT | sizeof i << TAG_WIDTH_SHIFT, &i, sizeof i, err);
}

int spool_put(struct spool *s, const struct cell *cell, struct err *err)
{
    unsigned char *p;
    switch (cell->cls) {
    case CELL_NULL:
        return put_value(s, CELL_NULL, "", 0, err);
    case CELL_INT:
        return put_int(s, cell->i, err);
    case CELL_REAL:
        return put_value(s, CELL_REAL, &cell->r, sizeof cell->r, err);
    case CELL_TEXT:
    case CELL_BLOB:
        break;
    }
    p = reserve(s, 1 + sizeof cell->n + cell->n + 1, err);
    if (!p)
        return err->rc;
    *p++ = (unsigned char)cell->cls;
    memcpy(p, &cell->n, sizeof cell->n);
    p += sizeof cell->n;
    if (cell->n > 0)
        memcpy(p, cell->p, cell->n);
    p[cell->n] = 0;
    s->filling->used += 1 + sizeof cell->n + cell->n + 1;
    return SQLITE_OK;
}

/* The chunk being filled is full: it joins the queue. */
static int seal(struct spool *s, struct err *err)
{
    struct chunk *chunk = s->filling;
    bool file_has_rows = s->spill.first < s->spill.next;
    int rc = SQLITE_OK;

    if (!file_has_rows && s->memory + chunk->used <= SPOOL_MEMORY) {
        *(s->last ? &s->last->next : &s->head) = chunk;
        s->last = chunk;
        s->memory += chunk->size;
        s->filling = NULL;
        return SQLITE_OK;
    }
    if (!s->spill.db)
        rc = spill_open(&s->spill, err);
    if (rc == SQLITE_OK)
        rc = spill_write(&s->spill, chunk, err);
    if (rc == SQLITE_OK) {
        chunk->used = 0;
        chunk->rows = 0;
    }
    return rc;
}

int spool_row(struct spool *s, struct err *err)
{
    if (!s->filling && !reserve(s, 1, err)) /* a row without columns takes no bytes */
        return err->rc;
    s->filling->rows++;
    s->left++;
    return s->filling->used >= CHUNK_BYTES ? seal(s, err) : SQLITE_OK;
}

void spool_end(struct spool *s, int rc, const struct err *err)
{
    s->end = rc;
    if (rc == SQLITE_DONE || !err)
        return;
    s->end_err = sqlite3_malloc64(sizeof *err);
    if (s->end_err)
        *s->end_err = *err;
}

bool spool_ended(const struct spool *s)
{
    return s->end != 0;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

/* The next chunk in order becomes the one that is read; reading stays NULL if there is none. */
static int turn_over(struct spool *s, struct err *err)
{
    sqlite3_free(s->reading);
    s->reading = NULL;
    s->offset = 0;
    s->reading_left = 0;
    if (s->head) {
        s->reading = s->head;
        s->head = s->head->next;
        if (!s->head)
            s->last = NULL;
        s->memory -= s->reading->size;
    } else if (s->spill.first < s->spill.next) {
        int rc = spill_read(&s->spill, &s->reading, err);
        if (rc != SQLITE_OK)
            return rc;
    } else if (s->filling && s->filling->rows > 0) {
        s->reading = s->filling;
        s->filling = NULL;
    }
    if (s->reading)
        s->reading_left = s->reading->rows;
    return SQLITE_OK;
}

static sqlite3_int64 get_int(const unsigned char *p, size_t width)
{
    signed char i1;
    short i2;
    int i4;
    sqlite3_int64 i8;
    switch (width) {
    case sizeof i1:
        memcpy(&i1, p, sizeof i1);
        return i1;
    case sizeof i2:
        memcpy(&i2, p, sizeof i2);
        return i2;
    case sizeof i4:
        memcpy(&i4, p, sizeof i4);
        return i4;
    default:
        memcpy(&i8, p, sizeof i8);
        return i8;
    }
}

static size_t get_cell(const unsigned char *p, struct cell *out)
{
    size_t width = p[0] >> TAG_WIDTH_SHIFT;
    *out = cell_null();
    out->cls = (enum cell_class)(p[0] & TAG_CLASS);
    switch (out->cls) {
    case CELL_NULL:
        return 1;
    case CELL_INT:
        out->i = get_int(p + 1, width);
        return 1 + width;
    case CELL_REAL:
        memcpy(&out->r, p + 1, sizeof out->r);
        return 1 + sizeof out->r;
    case CELL_TEXT:
    case CELL_BLOB:
        break;
    }
    memcpy(&out->n, p + 1, sizeof out->n);
    out->p = (const char *)p + 1 + sizeof out->n;
    out->terminated = out->cls == CELL_TEXT;
    return 1 + sizeof out->n + out->n + 1;
}

int spool_next(struct spool *s, struct err *err)
{
    if (s->reading_left == 0) {
        int rc = turn_over(s, err);
        if (rc != SQLITE_OK)
            return rc;
        if (!s->reading) {
            if (s->end == 0)
                return SQLITE_EMPTY;
            if (s->end_err)
                *err = *s->end_err;
            else if (s->end != SQLITE_DONE)
                err_nomem(err); /* the error itself could not be kept */
            return s->end == SQLITE_DONE ? SQLITE_DONE : err->rc;
        }
    }
    for (int i = 0; i < s->ncolumns; i++)
        s->offset += get_cell(s->reading->data + s->offset, &s->cells[i]);
    s->reading_left--;
    s->left--;
    return SQLITE_ROW;
}

void spool_cell(const struct spool *s, int column, struct cell *out)
{
    *out = s->cells[column];
}

sqlite3_int64 spool_left(const struct spool *s)
{
    return s->left;
}

bool spool_spilled(const struct spool *s)
{
    return s->spill.db != NULL;
}
