/* A bag of rows, told apart by 128 bits of their content: how often was this row seen?  Serves two ends: the
** ordinal among equal rows of a table without key, and the rows of a first page that a second query delivers
** again.  Memory grows with the number of different rows, 24 bytes each. */
#ifndef BINDS_VTAB_ROWSET_H
#define BINDS_VTAB_ROWSET_H

#include "base/sqlite.h"
#include <stdbool.h>
#include <stddef.h>

struct row_hash {
    sqlite3_uint64 a, b;
};
struct rowset_entry {
    struct row_hash hash;
    sqlite3_int64 count;         /* 0 and hash 0 = free */
};
struct rowset {
    struct rowset_entry *entries;
    size_t size, used;           /* size: a power of two, or 0 */
    sqlite3_int64 total;         /* sum of counts */
};

struct row_hash row_hash(const void *bytes, size_t n);
void rowset_clear(struct rowset *s);      /* frees */
void rowset_empty(struct rowset *s);
static inline void rowset_reset(struct rowset *s) /* empties, keeps the memory */
{
    if (s->used > 0 || s->total > 0)
        rowset_empty(s);
}
/* Counts one more; *before receives how many there were.  SQLITE_OK or SQLITE_NOMEM. */
int rowset_add(struct rowset *s, struct row_hash hash, sqlite3_int64 *before);
/* Takes one out; false if there is none. */
bool rowset_take(struct rowset *s, struct row_hash hash);

#endif
