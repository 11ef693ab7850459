/* arena and buf over sqlite3_malloc64.
**
** An arena is a list of blocks, each used from front to back; big requests get a block of their own behind
** the current one.  SQLite's allocator promises 8-byte alignment only, so addresses are rounded up here.
** Under the address sanitizer every request is a block, so that an overrun of one of them is seen. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ALIGNMENT _Alignof(max_align_t)
#define BLOCK_FIRST 1024
#define BLOCK_MOST 32768
#ifdef __SANITIZE_ADDRESS__
#define BLOCK_SHARED 0
#else
#define BLOCK_SHARED 1
#endif

struct arena_block {
    struct arena_block *next;
    size_t used, size; /* bytes of data */
    unsigned char data[];
};

void arena_init(struct arena *a)
{
    a->head = NULL;
}

void arena_clear(struct arena *a)
{
    while (a->head != NULL) {
        struct arena_block *block = a->head;
        a->head = block->next;
        sqlite3_free(block);
    }
}

void arena_reset(struct arena *a)
{
    struct arena_block *kept = a->head;
    if (kept == NULL || !BLOCK_SHARED || kept->size > BLOCK_MOST) {
        arena_clear(a);
        return;
    }
    a->head = kept->next;
    arena_clear(a);
    kept->next = NULL;
    kept->used = 0;
    a->head = kept;
}

void arena_wipe(struct arena *a)
{
    for (struct arena_block *block = a->head; block != NULL; block = block->next)
        explicit_bzero(block->data, block->used);
    arena_clear(a);
}

/* size bytes of the block, aligned; NULL if they do not fit. */
static void *block_take(struct arena_block *block, size_t size)
{
    size_t gap = (size_t)(-(uintptr_t)(block->data + block->used) & (ALIGNMENT - 1));
    if (block->size - block->used < gap || block->size - block->used - gap < size)
        return NULL;
    void *p = block->data + block->used + gap;
    block->used += gap + size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p = NULL;
    if (size > SIZE_MAX / 2)
        return NULL;
    if (a->head != NULL && BLOCK_SHARED)
        p = block_take(a->head, size);
    if (p == NULL) {
        size_t room = a->head == NULL ? BLOCK_FIRST : a->head->size * 2;
        room = room > BLOCK_MOST ? BLOCK_MOST : room;
        bool own = !BLOCK_SHARED || size > room / 4;
        if (own)
            room = size + ALIGNMENT - 1;
        struct arena_block *block = sqlite3_malloc64(sizeof *block + room);
        if (block == NULL)
            return NULL;
        block->used = 0;
        block->size = room;
        if (own && a->head != NULL) {
            block->next = a->head->next; /* the current block stays the one with room */
            a->head->next = block;
        } else {
            block->next = a->head;
            a->head = block;
        }
        p = block_take(block, size);
    }
    if (p != NULL)
        memset(p, 0, size);
    return p;
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
    char *copy = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;
    if (copy != NULL && n > 0)
        memcpy(copy, p, n);
    return copy;
}

char *arena_str(struct arena *a, const char *text)
{
    return text != NULL ? arena_copy(a, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *text = sqlite3_vmprintf(format, ap);
    va_end(ap);
    char *copy = arena_str(a, text);
    sqlite3_free(text);
    return copy;
}

char *arena_take_str(struct arena *a, sqlite3_str *s)
{
    int rc = sqlite3_str_errcode(s);
    int n = sqlite3_str_length(s);
    char *text = sqlite3_str_finish(s); /* NULL for the empty string too */
    char *copy = NULL;
    if (rc == SQLITE_OK)
        copy = arena_copy(a, text, text != NULL ? (size_t)n : 0);
    sqlite3_free(text);
    return copy;
}

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){.limit = limit, .rc = SQLITE_OK};
}

void buf_clear(struct buf *b)
{
    sqlite3_free(b->data);
    buf_init(b, b->limit);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->rc = SQLITE_OK;
}

void *buf_grow(struct buf *b, size_t n)
{
    if (b->rc != SQLITE_OK)
        return NULL;
    if (n > b->limit || b->len > b->limit - n) {
        b->rc = SQLITE_TOOBIG;
        return NULL;
    }
    if (b->data == NULL || b->cap - b->len < n) {
        size_t cap = b->cap < 64 ? 64 : b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;
        if (cap < b->len + n)
            cap = b->len + n;
        if (cap > b->limit)
            cap = b->limit;
        unsigned char *data = sqlite3_realloc64(b->data, cap > 0 ? cap : 1);
        if (data == NULL) {
            b->rc = SQLITE_NOMEM;
            return NULL;
        }
        b->data = data;
        b->cap = cap;
    }
    void *p = b->data + b->len;
    b->len += n;
    return p;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    void *to = buf_grow(b, n);
    if (to != NULL && n > 0)
        memcpy(to, p, n);
}

/* The low `bytes` bytes of v, most significant first. */
static void add_be(struct buf *b, unsigned long long v, size_t bytes)
{
    unsigned char *to = buf_grow(b, bytes);
    if (to == NULL)
        return;
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(v >> 8 * (bytes - 1 - i));
}

void buf_add_u16be(struct buf *b, unsigned v)
{
    add_be(b, v, 2);
}

void buf_add_u32be(struct buf *b, unsigned v)
{
    add_be(b, v, 4);
}

void buf_add_u64be(struct buf *b, unsigned long long v)
{
    add_be(b, v, 8);
}
