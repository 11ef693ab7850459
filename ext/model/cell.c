/* Cells: conversion from and to SQLite, affinity, order.
**
** Affinity copies OP_Affinity: text → number only if the whole text is a number; an integer if it is written
** as one and fits, or is a real of integral value below 2^63; REAL then turns integers into doubles (so -0.0
** ends as 0.0, as in a table); number → text only for TEXT.
**
** The last bit: SQLite's own text → double is not correctly rounded in many versions, nor the same in any
** two of them, and the number of digits of real → text changed in 3.53.  So where the text comes from SQLite
** the host converts it, by calls that leave the value as it is: it may be a register that the statement
** still needs (sqlite3_value_numeric_type would change it, and crashes on copies in 3.53). */
#include "model/cell.h"

#include "base/host.h"
#include "model/decimal.h"

#include <math.h>
#include <string.h>

#define TWO_63 9223372036854775808.0

struct cell cell_str(const char *z)
{
    if (z == NULL)
        return cell_null();
    return (struct cell){.cls = CELL_TEXT, .terminated = true, .p = z, .n = strlen(z)};
}

static inline int from_value(sqlite3_value *v, struct cell *out)
{
    *out = cell_null();
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        *out = cell_int(sqlite3_value_int64(v));
        break;
    case SQLITE_FLOAT:
        *out = cell_real(sqlite3_value_double(v));
        break;
    case SQLITE_TEXT:
        out->p = (const char *)sqlite3_value_text(v);
        if (out->p == NULL) /* no memory to turn UTF-16 into UTF-8 */
            return SQLITE_NOMEM;
        out->cls = CELL_TEXT;
        out->n = (size_t)sqlite3_value_bytes(v);
        out->terminated = true;
        break;
    case SQLITE_BLOB:
        out->p = sqlite3_value_blob(v); /* before the size: it may expand a zeroblob */
        out->cls = CELL_BLOB;
        out->n = (size_t)sqlite3_value_bytes(v);
        if (out->p == NULL && out->n > 0) {
            out->n = 0;
            return SQLITE_NOMEM;
        }
        break;
    default:
        break;
    }
    return SQLITE_OK;
}

/* Out of memory reads as NULL or empty here: the host's connection then has its own out-of-memory flag set
** and fails the statement. */
struct cell cell_from_value(sqlite3_value *v)
{
    struct cell c;
    from_value(v, &c);
    return c;
}

/* Text that may be handed over with n = -1. */
static bool ends_itself(const struct cell *c)
{
    return c->terminated && (c->n == 0 || memchr(c->p, 0, c->n) == NULL);
}

void cell_to_result(const struct cell *c, sqlite3_context *context)
{
    switch (c->cls) {
    case CELL_NULL:
        sqlite3_result_null(context);
        break;
    case CELL_INT:
        sqlite3_result_int64(context, c->i);
        break;
    case CELL_REAL:
        sqlite3_result_double(context, c->r);
        break;
    case CELL_TEXT:
        if (ends_itself(c))
            sqlite3_result_text(context, c->p, -1, SQLITE_TRANSIENT);
        else
            sqlite3_result_text64(context, c->n > 0 ? c->p : "", c->n, SQLITE_TRANSIENT,
                                  SQLITE_UTF8);
        break;
    case CELL_BLOB:
        if (c->n == 0) /* a NULL pointer would be a NULL */
            sqlite3_result_zeroblob(context, 0);
        else
            sqlite3_result_blob64(context, c->p, c->n, SQLITE_TRANSIENT);
        break;
    }
}

bool cell_pass_rest(sqlite3_value *v, enum affinity affinity, sqlite3_context *context)
{
    struct cell c;
    if (from_value(v, &c) != SQLITE_OK || !cell_stays(&c, affinity))
        return false;
    cell_to_result(&c, context);
    return true;
}

int cell_to_bind(const struct cell *c, sqlite3_stmt *stmt, int index)
{
    switch (c->cls) {
    case CELL_INT:
        return sqlite3_bind_int64(stmt, index, c->i);
    case CELL_REAL:
        return sqlite3_bind_double(stmt, index, c->r);
    case CELL_TEXT:
        if (ends_itself(c))
            return sqlite3_bind_text(stmt, index, c->p, -1, SQLITE_TRANSIENT);
        return sqlite3_bind_text64(stmt, index, c->n > 0 ? c->p : "", c->n, SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    case CELL_BLOB:
        if (c->n == 0)
            return sqlite3_bind_zeroblob(stmt, index, 0);
        return sqlite3_bind_blob64(stmt, index, c->p, c->n, SQLITE_TRANSIENT);
    case CELL_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, index);
}

int cell_copy(const struct cell *c, struct arena *a, struct cell *out)
{
    *out = *c;
    if (c->cls != CELL_TEXT && c->cls != CELL_BLOB)
        return SQLITE_OK;
    out->p = arena_copy(a, c->p, c->n);
    out->terminated = true;
    return out->p != NULL ? SQLITE_OK : SQLITE_NOMEM;
}

/* A real of integral value becomes an integer; ±2^63 and beyond stay. */
static void real_to_int(struct cell *c)
{
    if (cell_is_whole(c->r))
        *c = cell_int((sqlite3_int64)c->r);
}

/* Every version of SQLite rounds these correctly: at most 15 digits and two decimals. */
static bool is_short(const struct decimal *d)
{
    return d->ndigits == 0 ||
           (d->exponent >= -2 && d->ndigits + d->exponent <= 15 && d->ndigits <= 15);
}

/* The number that text c spells, if it is one.  v: where it came from, NULL = not from SQLite. */
static void text_to_number(struct cell *c, sqlite3_value *v)
{
    struct decimal d;
    sqlite3_int64 i;
    const char *end = c->n > 0 ? memchr(c->p, 0, c->n) : NULL;
    bool cut = end != NULL && host_is(HOST_LONG_FLOATS);
    decimal_scan(c->p, cut ? (size_t)(end - c->p) : c->n, &d);
    if (d.form == DECIMAL_NONE)
        return;
    if (d.form == DECIMAL_INTEGER && !cut && decimal_to_int64(&d, &i))
        *c = cell_int(i);
    else if (v == NULL || is_short(&d))
        *c = cell_real(decimal_to_double(&d));
    else
        *c = cell_real(sqlite3_value_double(v)); /* leaves v the text that it is */
}

/* Number → text, in the host's way of writing it. */
static int number_to_text(struct cell *c, sqlite3_value *v, char scratch[CELL_SCRATCH])
{
    if (c->cls == CELL_INT) {
        sqlite3_snprintf(CELL_SCRATCH, scratch, "%lld", c->i);
    } else if (v != NULL) {
        const char *text = (const char *)sqlite3_value_text(v);
        if (text == NULL)
            return SQLITE_NOMEM;
        sqlite3_snprintf(CELL_SCRATCH, scratch, "%s", text);
    } else {
        int digits = host_is(HOST_LONG_FLOATS) ? 17 : 15;
        sqlite3_snprintf(CELL_SCRATCH, scratch, "%!.*g", digits, c->r);
    }
    *c = cell_str(scratch);
    return SQLITE_OK;
}

static int fit(struct cell *c, sqlite3_value *v, enum affinity affinity, char scratch[CELL_SCRATCH])
{
    if (cell_fits(c->cls, affinity))
        return SQLITE_OK;
    if (affinity == AFF_TEXT)
        return number_to_text(c, v, scratch);
    if (c->cls == CELL_TEXT)
        text_to_number(c, v);
    if (c->cls == CELL_REAL)
        real_to_int(c);
    if (affinity == AFF_REAL && c->cls == CELL_INT)
        *c = cell_real((double)c->i);
    return SQLITE_OK;
}

void cell_refit(struct cell *c, enum affinity affinity, char scratch[CELL_SCRATCH])
{
    fit(c, NULL, affinity, scratch);
}

void cell_fit_comparison(struct cell *c)
{
    if (c->cls == CELL_TEXT)
        text_to_number(c, NULL);
}

int cell_from_value_fit(sqlite3_value *v, enum affinity affinity, char scratch[CELL_SCRATCH],
                        struct cell *out)
{
    int rc = from_value(v, out);
    return rc == SQLITE_OK ? fit(out, v, affinity, scratch) : rc;
}

int cell_from_value_comparison(sqlite3_value *v, struct cell *out)
{
    int rc = from_value(v, out);
    if (out->cls == CELL_TEXT)
        text_to_number(out, v);
    return rc;
}

/* Exact: the real is taken apart, the integer is never rounded. */
static int compare_int_real(sqlite3_int64 i, double r)
{
    if (r >= TWO_63)
        return -1;
    if (r < -TWO_63)
        return 1;
    sqlite3_int64 whole = (sqlite3_int64)r; /* towards zero, exact as a double again */
    if (i != whole)
        return i < whole ? -1 : 1;
    double rest = r - (double)whole;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

static int compare_numbers(const struct cell *a, const struct cell *b)
{
    if (a->cls == CELL_INT && b->cls == CELL_INT)
        return a->i < b->i ? -1 : a->i > b->i;
    if (a->cls == CELL_REAL && b->cls == CELL_REAL)
        return a->r < b->r ? -1 : a->r > b->r;
    return a->cls == CELL_INT ? compare_int_real(a->i, b->r) : -compare_int_real(b->i, a->r);
}

int cell_compare(const struct cell *a, const struct cell *b)
{
    static const int rank[] = {
        [CELL_NULL] = 0, [CELL_INT] = 1, [CELL_REAL] = 1, [CELL_TEXT] = 2, [CELL_BLOB] = 3};
    if (rank[a->cls] != rank[b->cls])
        return rank[a->cls] < rank[b->cls] ? -1 : 1;
    if (a->cls == CELL_NULL)
        return 0;
    if (rank[a->cls] == 1)
        return compare_numbers(a, b);
    size_t least = a->n < b->n ? a->n : b->n;
    int order = least > 0 ? memcmp(a->p, b->p, least) : 0;
    if (order != 0)
        return order < 0 ? -1 : 1;
    return a->n < b->n ? -1 : a->n > b->n;
}

bool cell_same(const struct cell *a, const struct cell *b)
{
    if (a->cls != b->cls)
        return false;
    switch (a->cls) {
    case CELL_INT:
        return a->i == b->i;
    case CELL_REAL:
        return a->r == b->r && signbit(a->r) == signbit(b->r);
    case CELL_TEXT:
    case CELL_BLOB:
        return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
    case CELL_NULL:
        break;
    }
    return true;
}

const char *cell_class_name(enum cell_class cls)
{
    static const char *const names[] = {[CELL_NULL] = "null",
                                        [CELL_INT] = "integer",
                                        [CELL_REAL] = "real",
                                        [CELL_TEXT] = "text",
                                        [CELL_BLOB] = "blob"};
    return names[cls];
}
