/* A hash by which a text is recognised within this process: eight bytes a step, for statement texts are met again
** and again.  Not for anything that is stored or that somebody could want to collide. */
#ifndef BINDS_BASE_HASH_H
#define BINDS_BASE_HASH_H

#include "base/sqlite.h"

#include <stddef.h>
#include <string.h>

static inline sqlite3_uint64 hash_more(sqlite3_uint64 hash, sqlite3_uint64 word)
{
    hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
    return hash ^ (hash >> 32);
}

static inline sqlite3_uint64 hash_text(const char *text, size_t n)
{
    sqlite3_uint64 hash = 0x9e3779b97f4a7c15ULL ^ n, word;
    for (; n >= sizeof word; text += sizeof word, n -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = hash_more(hash, word);
    }
    word = 0;
    memcpy(&word, text, n);
    return hash_more(hash, word);
}

#endif
