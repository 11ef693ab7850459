/* The prepared statements of one connection, found by SQL text.
**
** An open-addressing table of 64-bit hashes: a look-up compares one number per probe and the text once, so a
** point query pays no chain of strcmp.  At most STMTS_MAX are kept; the least recently used that no rows
** reads from goes first, and is unprepared by the driver (which may put the talk off).  The same text may be
** kept several times: a statement that a rows still reads from is busy, and a nested query of that text
** needs one of its own.  QUERY_ONCE statements live outside the table and die with their rows. */
#include "base/hash.h"
#include "base/mem.h"
#include "engine/front.h"

#include <string.h>

#define STMTS_MAX 128
#define STMTS_SLOTS 512 /* power of two; STMTS_MAX fill a quarter of it */

struct slot {
    sqlite3_uint64 hash;
    struct stmt *stmt; /* NULL = free */
};

struct stmt_cache {
    struct slot slots[STMTS_SLOTS];
    struct stmt *newest, *oldest;
    int n;
};

static unsigned slot_after(unsigned i)
{
    return (i + 1) & (STMTS_SLOTS - 1);
}

static unsigned slot_home(sqlite3_uint64 hash)
{
    return (unsigned)(hash & (STMTS_SLOTS - 1));
}

static void lru_unlink(struct stmt_cache *cache, struct stmt *s)
{
    *(s->newer ? &s->newer->older : &cache->newest) = s->older;
    *(s->older ? &s->older->newer : &cache->oldest) = s->newer;
    s->newer = s->older = NULL;
}

static void lru_push(struct stmt_cache *cache, struct stmt *s)
{
    s->newer = NULL;
    s->older = cache->newest;
    *(s->older ? &s->older->newer : &cache->oldest) = s;
    cache->newest = s;
}

static void destroy(struct conn *c, struct stmt *s)
{
    if (c->engine->unprepare)
        c->engine->unprepare(c, s);
    sqlite3_free(s);
}

/* Takes s out of the table, moving later members of its probe run back into the gap. */
static void forget(struct stmt_cache *cache, struct stmt *s)
{
    unsigned gap = slot_home(hash_text(s->sql, strlen(s->sql)));
    while (cache->slots[gap].stmt != s)
        gap = slot_after(gap);
    for (unsigned i = slot_after(gap); cache->slots[i].stmt; i = slot_after(i)) {
        unsigned home = slot_home(cache->slots[i].hash);
        bool reachable = gap <= i ? home <= gap || home > i : home <= gap && home > i;
        if (reachable) {
            cache->slots[gap] = cache->slots[i];
            gap = i;
        }
    }
    cache->slots[gap].stmt = NULL;
    lru_unlink(cache, s);
    cache->n--;
    s->cached = false;
}

/* Makes room for one more; false if all are busy. */
static bool make_room(struct conn *c)
{
    struct stmt_cache *cache = c->stmts;
    for (struct stmt *s = cache->oldest; s && cache->n >= STMTS_MAX;) {
        struct stmt *newer = s->newer;
        if (!s->busy) {
            forget(cache, s);
            destroy(c, s);
        }
        s = newer;
    }
    return cache->n < STMTS_MAX;
}

static struct stmt *stmt_new(struct conn *c, const char *sql, size_t n)
{
    size_t size = c->engine->stmt_size;
    struct stmt *s;
    if (size < sizeof *s)
        size = sizeof *s;
    s = sqlite3_malloc64(size + n + 1);
    if (!s)
        return NULL;
    memset(s, 0, size);
    memcpy((char *)s + size, sql, n + 1);
    s->sql = (const char *)s + size;
    return s;
}

int stmts_init(struct conn *c, struct err *err)
{
    c->stmts = sqlite3_malloc64(sizeof *c->stmts);
    if (!c->stmts)
        return err_nomem(err);
    memset(c->stmts, 0, sizeof *c->stmts);
    return SQLITE_OK;
}

struct stmt *stmts_take_newest(struct conn *c, const char *sql)
{
    struct stmt *s = c->stmts->newest;
    if (!s || s->busy || strcmp(s->sql, sql) != 0)
        return NULL;
    s->busy = true;
    return s;
}

struct stmt *stmts_take(struct conn *c, const char *sql, bool once)
{
    struct stmt_cache *cache = c->stmts;
    size_t n = strlen(sql);
    struct stmt *s;

    if (!once) {
        sqlite3_uint64 hash = hash_text(sql, n);
        unsigned i = slot_home(hash);
        for (; (s = cache->slots[i].stmt) != NULL; i = slot_after(i)) {
            if (cache->slots[i].hash == hash && !s->busy && strcmp(s->sql, sql) == 0) {
                s->busy = true;
                if (s != cache->newest) {
                    lru_unlink(cache, s);
                    lru_push(cache, s);
                }
                return s;
            }
        }
    }
    s = stmt_new(c, sql, n);
    if (!s)
        return NULL;
    s->busy = true;
    if (!once && make_room(c)) {
        sqlite3_uint64 hash = hash_text(sql, n);
        unsigned i = slot_home(hash);
        while (cache->slots[i].stmt)
            i = slot_after(i);
        cache->slots[i] = (struct slot){.hash = hash, .stmt = s};
        lru_push(cache, s);
        cache->n++;
        s->cached = true;
    }
    return s;
}

void stmts_give(struct conn *c, struct stmt *s, bool spoiled)
{
    s->busy = false;
    if (s->cached && spoiled)
        forget(c->stmts, s);
    if (!s->cached)
        destroy(c, s);
}

void stmts_clear(struct conn *c)
{
    struct stmt_cache *cache = c->stmts;
    if (!cache)
        return;
    for (struct stmt *s = cache->newest, *older; s; s = older) {
        older = s->older;
        destroy(c, s);
    }
    sqlite3_free(cache);
    c->stmts = NULL;
}
