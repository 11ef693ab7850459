/* Equality of keys (keyequal.h).  Numbers are equal across classes, so an integral real hashes as the integer;
** texts hash by the bytes that their collation looks at. */
#include "session/keyequal.h"

#include <string.h>

#define TWO_63 9223372036854775808.0

static unsigned char folded(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Bytes of a text that the collation looks at; what is equal under NOCASE is so up to a NUL, as in SQLite. */
static size_t significant(const struct cell *c, enum collation collation)
{
    size_t n = c->n;
    if (collation == COLLATION_RTRIM) {
        while (n > 0 && c->p[n - 1] == ' ')
            n--;
    } else if (collation == COLLATION_NOCASE && n > 0) {
        const char *nul = memchr(c->p, 0, n);
        n = nul != NULL ? (size_t)(nul - c->p) : n;
    }
    return n;
}

unsigned long long keyequal_mix(unsigned long long h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33;
}

static unsigned long long hash_bytes(const char *p, size_t n, bool fold)
{
    unsigned long long h = n;
    while (n > 0) {
        unsigned char bytes[sizeof h] = {0};
        unsigned long long word;
        size_t take = n < sizeof bytes ? n : sizeof bytes;
        memcpy(bytes, p, take);
        for (size_t i = 0; fold && i < take; i++)
            bytes[i] = folded((char)bytes[i]);
        memcpy(&word, bytes, sizeof word);
        h = (h ^ word) * 0x87c37b91114253d5ULL;
        h ^= h >> 29;
        p += take;
        n -= take;
    }
    return h;
}

unsigned long long keyequal_hash(const struct cell *c, enum collation collation)
{
    unsigned long long bits;
    switch (c->cls) {
    case CELL_INT:
        return keyequal_mix((unsigned long long)c->i);
    case CELL_REAL:
        if (c->r >= -TWO_63 && c->r < TWO_63 && (double)(sqlite3_int64)c->r == c->r)
            return keyequal_mix((unsigned long long)(sqlite3_int64)c->r);
        memcpy(&bits, &c->r, sizeof bits);
        return keyequal_mix(bits ^ 0x5555);
    case CELL_TEXT:
        return keyequal_mix(
            hash_bytes(c->p, significant(c, collation), collation == COLLATION_NOCASE));
    case CELL_BLOB:
        return keyequal_mix(hash_bytes(c->p, c->n, false) + 1);
    case CELL_NULL:
        break;
    }
    return 0;
}

bool keyequal(const struct cell *a, const struct cell *b, enum collation collation)
{
    if (a->cls != CELL_TEXT || b->cls != CELL_TEXT || collation == COLLATION_BINARY)
        return cell_compare(a, b) == 0;
    size_t n = significant(a, collation);
    if (n != significant(b, collation) || (collation == COLLATION_NOCASE && a->n != b->n))
        return false;
    if (collation == COLLATION_RTRIM)
        return n == 0 || memcmp(a->p, b->p, n) == 0;
    for (size_t i = 0; i < n; i++) {
        if (folded(a->p[i]) != folded(b->p[i]))
            return false;
    }
    return true;
}
