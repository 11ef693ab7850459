/* The kept rows (keystore.h).
**
** Rows are encoded into chunks of CHUNK_BYTES, which a row never crosses (a large row makes a large chunk).
** Per row there is an entry with its place, the hash of its keys and the next row of the same bucket; a
** bucket's chain is in the order in which the rows came.  When the budget is used up, each chunk that is full
** goes to a private SQLite database without a name, a temporary file, and is read back when a row in it is
** wanted; the entries stay in memory.
**
** Encoding of a cell: a tag byte (class, and for integers and lengths the number of bytes), then the value in
** the machine's own byte order; texts and blobs as length, bytes and a NUL, so that texts are terminated. */
#include "session/keystore.h"
#include "session/keyequal.h"

#include <string.h>

#define CHUNK_BYTES ((size_t)16 * 1024)
#define CHUNK_SHARE 5
#define CHUNK_SHARE_OF 8
#define FIRST_ENTRIES 256
#define FIRST_CHUNKS 16
#define ROWS_MAX 0xfffffff0u
#define TAG_CLASS 0x07
#define TAG_WIDTH_SHIFT 4
#define CELL_BYTES_MAX 10 /* of a cell without its text: tag, 8 bytes, NUL */

struct entry {
    unsigned hash;
    unsigned next; /* row + 1; 0 = end of the chain */
    unsigned chunk, offset;
};

struct chunk {
    unsigned char *data; /* NULL = in the file */
    size_t used, size;
};

struct keystore {
    int refs;
    int ncolumns, nkeys;
    struct keystore_key keys[KEYSTORE_KEYS_MAX];
    struct keystore_budget *budget;
    size_t charged; /* of the budget, by this store */
    struct entry *entries;
    unsigned nrows, entries_room;
    unsigned *buckets; /* row + 1; 0 = empty */
    unsigned nbuckets; /* a power of two; 0 = not sealed, or no keys */
    struct chunk *chunks;
    unsigned nchunks, chunks_room;
    sqlite3 *file;
    sqlite3_stmt *insert, *select;
};

/* ---- life -------------------------------------------------------------------------------------------- */

/* Chunks leave a part of the budget to the index, for which there is no other place. */
static bool charge(struct keystore *s, size_t n, bool chunk)
{
    size_t limit = chunk ? s->budget->limit / CHUNK_SHARE_OF * CHUNK_SHARE : s->budget->limit;
    if (n > limit || s->budget->used > limit - n)
        return false;
    s->budget->used += n;
    s->charged += n;
    return true;
}

static void give_back(struct keystore *s, size_t n)
{
    s->budget->used -= n;
    s->charged -= n;
}

struct keystore *keystore_new(int ncolumns, const struct keystore_key *keys, int nkeys,
                              struct keystore_budget *budget)
{
    struct keystore *s = sqlite3_malloc64(sizeof *s);
    if (s == NULL)
        return NULL;
    *s = (struct keystore){.refs = 1, .ncolumns = ncolumns, .nkeys = nkeys, .budget = budget};
    if (nkeys > 0)
        memcpy(s->keys, keys, (size_t)nkeys * sizeof *keys);
    return s;
}

void keystore_retain(struct keystore *s)
{
    s->refs++;
}

void keystore_release(struct keystore *s)
{
    if (s == NULL || --s->refs > 0)
        return;
    give_back(s, s->charged);
    for (unsigned i = 0; i < s->nchunks; i++)
        sqlite3_free(s->chunks[i].data);
    sqlite3_free(s->chunks);
    sqlite3_free(s->entries);
    sqlite3_free(s->buckets);
    sqlite3_finalize(s->insert);
    sqlite3_finalize(s->select);
    sqlite3_close_v2(s->file);
    sqlite3_free(s);
}

sqlite3_int64 keystore_rows(const struct keystore *s)
{
    return s->nrows;
}

bool keystore_keyed(const struct keystore *s)
{
    return s != NULL && s->nkeys > 0;
}

bool keystore_spilled(const struct keystore *s)
{
    return s->file != NULL;
}

/* ---- the temporary database -------------------------------------------------------------------------- */

static int file_error(struct keystore *s, int rc, struct err *err)
{
    if (rc == SQLITE_NOMEM)
        return err_nomem(err);
    return err_set(err, rc, "keeping rows in a temporary file: %s",
                   s->file != NULL ? sqlite3_errmsg(s->file) : sqlite3_errstr(rc));
}

/* Nothing in it needs to survive anything: no journal, no sync. */
static int file_open(struct keystore *s, struct err *err)
{
    static const char setup[] =
        "PRAGMA page_size=16384; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "PRAGMA cache_size=-512; PRAGMA locking_mode=EXCLUSIVE;"
        "CREATE TABLE chunk(id INTEGER PRIMARY KEY, data BLOB)";
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2("", &s->file, flags, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(s->file, setup, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(s->file, "INSERT INTO chunk VALUES(?,?)", -1, &s->insert, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(s->file, "SELECT data FROM chunk WHERE id=?", -1, &s->select, NULL);
    return rc == SQLITE_OK ? SQLITE_OK : file_error(s, rc, err);
}

static int file_write(struct keystore *s, unsigned number, struct err *err)
{
    struct chunk *c = &s->chunks[number];
    int rc = s->file == NULL ? file_open(s, err) : SQLITE_OK;
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_int64(s->insert, 1, number);
    rc = sqlite3_bind_blob64(s->insert, 2, c->data, c->used, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
        sqlite3_step(s->insert);
        rc = sqlite3_reset(s->insert);
    }
    sqlite3_clear_bindings(s->insert);
    return rc == SQLITE_OK ? SQLITE_OK : file_error(s, rc, err);
}

/* A chunk of the file into the scan's own memory. */
static int file_read(struct keystore_scan *scan, unsigned number, struct err *err)
{
    struct keystore *s = scan->store;
    size_t n = s->chunks[number].used;
    int rc;
    scan->chunk_number = 0;
    if (scan->chunk_size < n) {
        sqlite3_free(scan->chunk);
        scan->chunk = sqlite3_malloc64(n);
        scan->chunk_size = scan->chunk != NULL ? n : 0;
        if (scan->chunk == NULL)
            return err_nomem(err);
    }
    sqlite3_bind_int64(s->select, 1, number);
    if (sqlite3_step(s->select) == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(s->select, 0);
        bool whole = data != NULL && (size_t)sqlite3_column_bytes(s->select, 0) == n;
        if (whole)
            memcpy(scan->chunk, data, n);
        rc = sqlite3_reset(s->select);
        if (rc == SQLITE_OK && !whole)
            rc = SQLITE_CORRUPT;
    } else {
        rc = sqlite3_reset(s->select);
        if (rc == SQLITE_OK)
            rc = SQLITE_CORRUPT;
    }
    if (rc != SQLITE_OK)
        return file_error(s, rc, err);
    scan->chunk_number = number + 1;
    return SQLITE_OK;
}

/* ---- equality ---------------------------------------------------------------------------------------- */

static unsigned combine(unsigned long long h, unsigned long long more)
{
    return (unsigned)(keyequal_mix(h * 31 + more) >> 16);
}

/* False: a key is NULL, so nothing is ever equal to it. */
static bool hash_row(const struct keystore *s, const struct cell *cells, unsigned *hash)
{
    char scratch[CELL_SCRATCH];
    *hash = 0;
    for (int i = 0; i < s->nkeys; i++) {
        struct cell c = cells[s->keys[i].column];
        cell_fit(&c, s->keys[i].affinity, scratch);
        if (c.cls == CELL_NULL)
            return false;
        *hash = combine(*hash, keyequal_hash(&c, s->keys[i].collation));
    }
    return true;
}

/* ---- filling ----------------------------------------------------------------------------------------- */

static size_t int_width(sqlite3_int64 i)
{
    if (i == 0)
        return 0;
    if (i == (signed char)i)
        return 1;
    if (i == (short)i)
        return 2;
    return i == (int)i ? 4 : 8;
}

static unsigned char *put_number(unsigned char *p, unsigned tag, size_t width, sqlite3_int64 i)
{
    signed char i1 = (signed char)i;
    short i2 = (short)i;
    int i4 = (int)i;
    *p++ = (unsigned char)(tag | width << TAG_WIDTH_SHIFT);
    const void *from = width == 1   ? (void *)&i1
                       : width == 2 ? (void *)&i2
                       : width == 4 ? (void *)&i4
                                    : (void *)&i;
    memcpy(p, from, width);
    return p + width;
}

static unsigned char *put_cell(unsigned char *p, const struct cell *c)
{
    switch (c->cls) {
    case CELL_NULL:
        *p++ = CELL_NULL;
        return p;
    case CELL_INT:
        return put_number(p, CELL_INT, int_width(c->i), c->i);
    case CELL_REAL:
        *p++ = CELL_REAL;
        memcpy(p, &c->r, sizeof c->r);
        return p + sizeof c->r;
    case CELL_TEXT:
    case CELL_BLOB:
        break;
    }
    p = put_number(p, c->cls, int_width((sqlite3_int64)c->n), (sqlite3_int64)c->n);
    if (c->n > 0)
        memcpy(p, c->p, c->n);
    p[c->n] = 0;
    return p + c->n + 1;
}

static sqlite3_int64 get_number(const unsigned char *p, size_t width)
{
    signed char i1;
    short i2;
    int i4;
    sqlite3_int64 i8;
    switch (width) {
    case 0:
        return 0;
    case 1:
        memcpy(&i1, p, sizeof i1);
        return i1;
    case 2:
        memcpy(&i2, p, sizeof i2);
        return i2;
    case 4:
        memcpy(&i4, p, sizeof i4);
        return i4;
    default:
        memcpy(&i8, p, sizeof i8);
        return i8;
    }
}

static const unsigned char *get_cell(const unsigned char *p, struct cell *out)
{
    size_t width = *p >> TAG_WIDTH_SHIFT;
    enum cell_class cls = (enum cell_class)(*p++ & TAG_CLASS);
    sqlite3_int64 number = get_number(p, width);
    p += width;
    *out = (struct cell){.cls = cls};
    if (cls == CELL_INT) {
        out->i = number;
    } else if (cls == CELL_REAL) {
        memcpy(&out->r, p, sizeof out->r);
        p += sizeof out->r;
    } else if (cls != CELL_NULL) {
        out->n = (size_t)number;
        out->p = (const char *)p;
        out->terminated = cls == CELL_TEXT;
        p += out->n + 1;
    }
    return p;
}

/* More room for *array, charged to the budget while old and new stand side by side. */
static int grow(struct keystore *s, void **array, size_t size, unsigned *room, unsigned first,
                struct err *err)
{
    unsigned more = *room > 0 ? *room + *room / 2 : first;
    size_t added = (size_t)(more - *room) * size;
    void *bigger;
    if (!charge(s, added, false))
        return SQLITE_FULL;
    bigger = sqlite3_realloc64(*array, (size_t)more * size);
    if (bigger == NULL) {
        give_back(s, added);
        return err_nomem(err);
    }
    *array = bigger;
    *room = more;
    return SQLITE_OK;
}

/* Beyond the budget: the last chunk goes to the file, and its memory serves again, if it is large enough. */
static int spill_last(struct keystore *s, size_t n, struct chunk *next, struct err *err)
{
    struct chunk *last = &s->chunks[s->nchunks - 1];
    int rc = file_write(s, s->nchunks - 1, err);
    if (rc != SQLITE_OK)
        return rc;
    if (last->size >= n) {
        *next = *last;
        next->used = 0;
    } else {
        sqlite3_free(last->data);
        give_back(s, last->size);
    }
    last->data = NULL;
    last->size = 0;
    return SQLITE_OK;
}

/* A chunk with n bytes of room at its end: the last one, or a new one.  One chunk is always possible. */
static int make_room(struct keystore *s, size_t n, struct err *err)
{
    struct chunk *last = s->nchunks > 0 ? &s->chunks[s->nchunks - 1] : NULL;
    struct chunk next = {.size = n > CHUNK_BYTES ? n : CHUNK_BYTES};
    bool fits;
    int rc = SQLITE_OK;
    if (last != NULL && last->size - last->used >= n)
        return SQLITE_OK;
    if (s->nchunks == s->chunks_room)
        rc = grow(s, (void **)&s->chunks, sizeof *s->chunks, &s->chunks_room, FIRST_CHUNKS, err);
    if (rc != SQLITE_OK)
        return rc;
    fits = charge(s, next.size, true);
    if (!fits && s->nchunks > 0)
        rc = spill_last(s, n, &next, err);
    if (rc == SQLITE_OK && next.data == NULL) {
        next.data = sqlite3_malloc64(next.size);
        if (next.data == NULL)
            rc = err_nomem(err);
        if (!fits) {
            s->budget->used += next.size;
            s->charged += next.size;
        }
        if (rc != SQLITE_OK)
            give_back(s, next.size);
    }
    if (rc == SQLITE_OK)
        s->chunks[s->nchunks++] = next;
    return rc;
}

int keystore_add(struct keystore *s, const struct cell *cells, struct err *err)
{
    unsigned hash;
    size_t n = 0;
    int rc = SQLITE_OK;
    if (!hash_row(s, cells, &hash))
        return SQLITE_OK;
    for (int i = 0; i < s->ncolumns; i++)
        n += CELL_BYTES_MAX + (cells[i].cls >= CELL_TEXT ? cells[i].n : 0);
    if (s->nrows >= ROWS_MAX || n > 0x7fffffff)
        return SQLITE_FULL;
    if (s->nrows == s->entries_room)
        rc =
            grow(s, (void **)&s->entries, sizeof *s->entries, &s->entries_room, FIRST_ENTRIES, err);
    if (rc == SQLITE_OK)
        rc = make_room(s, n, err);
    if (rc != SQLITE_OK)
        return rc;
    struct chunk *c = &s->chunks[s->nchunks - 1];
    unsigned char *p = c->data + c->used;
    s->entries[s->nrows++] =
        (struct entry){.hash = hash, .chunk = s->nchunks - 1, .offset = (unsigned)c->used};
    for (int i = 0; i < s->ncolumns; i++)
        p = put_cell(p, &cells[i]);
    c->used = (size_t)(p - c->data);
    return SQLITE_OK;
}

int keystore_seal(struct keystore *s, struct err *err)
{
    unsigned n = 16;
    if (s->nkeys == 0)
        return SQLITE_OK;
    while (n < s->nrows)
        n *= 2;
    if (!charge(s, n * sizeof *s->buckets, false))
        return SQLITE_FULL;
    s->buckets = sqlite3_malloc64(n * sizeof *s->buckets);
    if (s->buckets == NULL) {
        give_back(s, n * sizeof *s->buckets);
        return err_nomem(err);
    }
    memset(s->buckets, 0, n * sizeof *s->buckets);
    s->nbuckets = n;
    for (unsigned i = s->nrows; i > 0; i--) {
        unsigned *bucket = &s->buckets[s->entries[i - 1].hash & (n - 1)];
        s->entries[i - 1].next = *bucket;
        *bucket = i;
    }
    return SQLITE_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

int keystore_find(struct keystore *s, const struct cell *key, struct keystore_scan *scan,
                  struct err *err)
{
    keystore_scan_end(scan);
    if (scan->room < s->ncolumns) {
        sqlite3_free(scan->cells);
        scan->room = 0;
        scan->cells = sqlite3_malloc64((size_t)s->ncolumns * sizeof *scan->cells);
        if (scan->cells == NULL)
            return err_nomem(err);
        scan->room = s->ncolumns;
    }
    keystore_retain(s);
    scan->store = s;
    scan->hash = 0;
    scan->at = s->nrows > 0;
    if (s->nkeys == 0)
        return SQLITE_OK;
    for (int i = 0; i < s->nkeys; i++) {
        scan->key[i] = key[i];
        if (s->keys[i].affinity != AFF_TEXT && s->keys[i].affinity != AFF_BLOB)
            cell_fit_comparison(&scan->key[i]);
        scan->hash = combine(scan->hash, keyequal_hash(&scan->key[i], s->keys[i].collation));
    }
    scan->at = s->nbuckets > 0 ? s->buckets[scan->hash & (s->nbuckets - 1)] : 0;
    return SQLITE_OK;
}

int keystore_peek(const struct keystore_scan *scan, struct keystore_scan *copy, struct err *err)
{
    struct keystore *s = scan->store;
    unsigned at = scan->at;
    if (s == NULL)
        return SQLITE_OK;
    int rc = keystore_find(s, scan->key, copy, err);
    copy->at = at;
    return rc;
}

static bool has_keys(struct keystore_scan *scan)
{
    const struct keystore *s = scan->store;
    for (int i = 0; i < s->nkeys; i++) {
        struct cell c = scan->cells[s->keys[i].column];
        cell_fit(&c, s->keys[i].affinity, scan->scratch[i]);
        if (!keyequal(&c, &scan->key[i], s->keys[i].collation))
            return false;
    }
    return true;
}

int keystore_next(struct keystore_scan *scan, struct err *err)
{
    struct keystore *s = scan->store;
    while (s != NULL && scan->at > 0) {
        const struct entry *e = &s->entries[scan->at - 1];
        const unsigned char *p = s->chunks[e->chunk].data;
        if (s->nkeys > 0)
            scan->at = e->next;
        else
            scan->at = scan->at < s->nrows ? scan->at + 1 : 0;
        if (e->hash != scan->hash)
            continue;
        if (p == NULL) {
            int rc =
                scan->chunk_number == e->chunk + 1 ? SQLITE_OK : file_read(scan, e->chunk, err);
            if (rc != SQLITE_OK)
                return rc;
            p = scan->chunk;
        }
        p += e->offset;
        for (int i = 0; i < s->ncolumns; i++)
            p = get_cell(p, &scan->cells[i]);
        if (has_keys(scan))
            return SQLITE_ROW;
    }
    return SQLITE_DONE;
}

void keystore_scan_end(struct keystore_scan *scan)
{
    keystore_release(scan->store);
    scan->store = NULL;
    scan->at = 0;
    scan->chunk_number = 0;
}

void keystore_scan_clear(struct keystore_scan *scan)
{
    keystore_scan_end(scan);
    sqlite3_free(scan->cells);
    sqlite3_free(scan->chunk);
    scan->cells = NULL;
    scan->chunk = NULL;
    scan->room = 0;
    scan->chunk_size = 0;
}
