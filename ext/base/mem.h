/* Memory: everything comes from sqlite3_malloc64, so allocation faults can be injected in one place.
**
** arena: many small things that die together (a model, a plan).  Never frees singly; NULL on out of memory.
** buf:   a growable byte string with a limit given at init; sticky: after a failure (rc != 0) it ignores
**        further writes, and the caller looks at rc once at the end. */
#ifndef BINDS_BASE_MEM_H
#define BINDS_BASE_MEM_H

#include "base/sqlite.h"
#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *head;
};
void arena_init(struct arena *a);
void arena_clear(struct arena *a);
void arena_reset(struct arena *a);                         /* empties, keeps a block: what is filled again and again */
void arena_wipe(struct arena *a);                          /* as arena_clear, the memory zeroed: secrets */
void *arena_alloc(struct arena *a, size_t size);           /* zeroed, aligned for any type */
void *arena_copy(struct arena *a, const void *p, size_t n); /* n bytes plus a NUL after them */
char *arena_str(struct arena *a, const char *text);        /* NULL in, NULL out */
char *arena_printf(struct arena *a, const char *format, ...); /* sqlite3_mprintf formats */
/* Takes a finished sqlite3_str: its text moves into the arena, the builder is freed.  NULL on failure. */
char *arena_take_str(struct arena *a, sqlite3_str *s);

struct buf {
    unsigned char *data;
    size_t len, cap, limit; /* bytes */
    int rc;                 /* SQLITE_OK, SQLITE_NOMEM or SQLITE_TOOBIG; sticky */
};
void buf_init(struct buf *b, size_t limit);
void buf_clear(struct buf *b);                 /* frees */
void buf_reset(struct buf *b);                 /* empties, keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_u16be(struct buf *b, unsigned v);
void buf_add_u32be(struct buf *b, unsigned v);
void buf_add_u64be(struct buf *b, unsigned long long v);
void *buf_grow(struct buf *b, size_t n);       /* n writable bytes at the end, or NULL */

#endif
