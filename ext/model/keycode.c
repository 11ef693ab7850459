/* The hidden key _k as bytes: per value one tag, then the payload: 8 bytes for numbers (big-endian; the bits
** of a double), a 4-byte length and the bytes for text and blobs.  -0.0 is written as 0.0, since SQLite takes
** them for equal.  Who builds keys (vtab/cursor.c) and who takes them apart (sqlgen/identity.c) agree on how
** many values there are; nothing in the key says it. */
#include "model/keycode.h"

#include <string.h>

enum tag { TAG_NULL, TAG_INT, TAG_REAL, TAG_TEXT, TAG_BLOB };

void keycode_add(struct buf *out, const struct cell *value)
{
    unsigned char tag = TAG_NULL;
    switch (value->cls) {
    case CELL_NULL:
        buf_add(out, &tag, 1);
        break;
    case CELL_INT:
        tag = TAG_INT;
        buf_add(out, &tag, 1);
        buf_add_u64be(out, (unsigned long long)value->i);
        break;
    case CELL_REAL: {
        double r = value->r == 0 ? 0.0 : value->r;
        unsigned long long bits;
        memcpy(&bits, &r, sizeof bits);
        tag = TAG_REAL;
        buf_add(out, &tag, 1);
        buf_add_u64be(out, bits);
        break;
    }
    case CELL_TEXT:
    case CELL_BLOB:
        tag = value->cls == CELL_TEXT ? TAG_TEXT : TAG_BLOB;
        if (value->n > 0xffffffffu) { /* far beyond what SQLite can hold */
            out->rc = SQLITE_TOOBIG;
            return;
        }
        buf_add(out, &tag, 1);
        buf_add_u32be(out, (unsigned)value->n);
        buf_add(out, value->p, value->n);
        break;
    }
}

static unsigned long long read_be(const unsigned char *p, int n)
{
    unsigned long long v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* One value from *p; false when the bytes end too early or make no sense. */
static bool read_value(const unsigned char **p, const unsigned char *end, struct cell *out)
{
    if (*p >= end)
        return false;
    unsigned char tag = *(*p)++;
    size_t left = (size_t)(end - *p);
    switch (tag) {
    case TAG_NULL:
        *out = cell_null();
        return true;
    case TAG_INT:
    case TAG_REAL: {
        if (left < 8)
            return false;
        unsigned long long bits = read_be(*p, 8);
        double r;
        memcpy(&r, &bits, sizeof r);
        *out = tag == TAG_INT ? cell_int((sqlite3_int64)bits) : cell_real(r);
        *p += 8;
        return true;
    }
    case TAG_TEXT:
    case TAG_BLOB: {
        size_t n = left >= 4 ? (size_t)read_be(*p, 4) : 0;
        if (left < 4 || left - 4 < n)
            return false;
        const char *bytes = (const char *)*p + 4;
        *out = tag == TAG_TEXT ? cell_text(bytes, n) : cell_blob(bytes, n);
        *p += 4 + n;
        return true;
    }
    default:
        return false;
    }
}

int keycode_read(const void *key, size_t len, struct cell *values, int n, struct err *err)
{
    const unsigned char *p = key;
    const unsigned char *end = p + len;
    for (int i = 0; i < n; i++) {
        if (!read_value(&p, end, &values[i]))
            return err_set(err, SQLITE_CORRUPT, "_k holds no key of this table");
    }
    if (p != end)
        return err_set(err, SQLITE_CORRUPT, "_k holds no key of this table");
    return SQLITE_OK;
}

void keycode_add_sorted(struct buf *out, struct cell cell, enum collation collation)
{
    if (cell.cls == CELL_REAL && cell.r >= -1e15 && cell.r <= 1e15 &&
        (double)(sqlite3_int64)cell.r == cell.r)
        cell = cell_int((sqlite3_int64)cell.r);
    while (cell.cls == CELL_TEXT && collation == COLLATION_RTRIM && cell.n > 0 &&
           cell.p[cell.n - 1] == ' ')
        cell.n--;
    size_t from = out->len;
    keycode_add(out, &cell);
    for (size_t i = from; collation == COLLATION_NOCASE && i < out->len; i++) {
        if (out->data[i] >= 'A' && out->data[i] <= 'Z')
            out->data[i] |= 'a' - 'A';
    }
}
