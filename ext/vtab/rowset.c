/* Open addressing over a hash that is good enough to be the key itself: two multiply-and-rotate lanes with
** different constants, seeded by the length. */
#include "vtab/rowset.h"

#include <string.h>

#define FIRST_SIZE 64

static sqlite3_uint64 mix(sqlite3_uint64 h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33;
}

struct row_hash row_hash(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    sqlite3_uint64 a = n * 0x9e3779b97f4a7c15ULL, b = ~a;
    while (n > 0) {
        sqlite3_uint64 word = 0;
        size_t take = n < sizeof word ? n : sizeof word;
        memcpy(&word, p, take);
        a = (a ^ word) * 0x87c37b91114253d5ULL;
        a = a << 31 | a >> 33;
        b = (b ^ (word << 17 | word >> 47)) * 0x4cf5ad432745937fULL;
        b = b << 27 | b >> 37;
        a += b;
        p += take;
        n -= take;
    }
    struct row_hash h = {mix(a), mix(b ^ a)};
    if (h.a == 0 && h.b == 0)
        h.a = 1;
    return h;
}

void rowset_clear(struct rowset *s)
{
    sqlite3_free(s->entries);
    *s = (struct rowset){0};
}

void rowset_empty(struct rowset *s)
{
    if (s->used > 0)
        memset(s->entries, 0, s->size * sizeof *s->entries);
    s->used = 0;
    s->total = 0;
}

/* Where the row is, or would be put. */
static struct rowset_entry *find(const struct rowset *s, struct row_hash hash)
{
    size_t i = (size_t)hash.a & (s->size - 1);
    for (;; i = (i + 1) & (s->size - 1)) {
        struct rowset_entry *e = &s->entries[i];
        if ((e->hash.a == hash.a && e->hash.b == hash.b) || (e->hash.a == 0 && e->hash.b == 0))
            return e;
    }
}

static int grow(struct rowset *s)
{
    struct rowset bigger = {
        .size = s->size > 0 ? s->size * 2 : FIRST_SIZE, .used = s->used, .total = s->total};
    bigger.entries = sqlite3_malloc64(bigger.size * sizeof *bigger.entries);
    if (bigger.entries == NULL)
        return SQLITE_NOMEM;
    memset(bigger.entries, 0, bigger.size * sizeof *bigger.entries);
    for (size_t i = 0; i < s->size; i++) {
        const struct rowset_entry *e = &s->entries[i];
        if (e->hash.a != 0 || e->hash.b != 0)
            *find(&bigger, e->hash) = *e;
    }
    sqlite3_free(s->entries);
    *s = bigger;
    return SQLITE_OK;
}

int rowset_add(struct rowset *s, struct row_hash hash, sqlite3_int64 *before)
{
    if (s->used + 1 > s->size / 2) {
        int rc = grow(s);
        if (rc != SQLITE_OK)
            return rc;
    }
    struct rowset_entry *e = find(s, hash);
    if (e->hash.a == 0 && e->hash.b == 0) {
        e->hash = hash;
        s->used++;
    }
    *before = e->count++;
    s->total++;
    return SQLITE_OK;
}

bool rowset_take(struct rowset *s, struct row_hash hash)
{
    if (s->total == 0)
        return false;
    struct rowset_entry *e = find(s, hash);
    if (e->count == 0)
        return false;
    e->count--;
    s->total--;
    return true;
}
