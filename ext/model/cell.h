/* One value in SQLite's five storage classes.  Text and blob memory belongs to whoever filled the cell and
** lives as long as that source says; a cell never owns. */
#ifndef BINDS_MODEL_CELL_H
#define BINDS_MODEL_CELL_H

#include "base/err.h"
#include "base/mem.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

enum cell_class { CELL_NULL, CELL_INT, CELL_REAL, CELL_TEXT, CELL_BLOB };

enum affinity { AFF_BLOB, AFF_TEXT, AFF_NUMERIC, AFF_INTEGER, AFF_REAL };

struct cell {
    enum cell_class cls;
    bool terminated;       /* text: p[n] == 0 is readable */
    size_t n;              /* bytes of text or blob */
    union {
        sqlite3_int64 i;
        double r;
        const char *p;     /* text (UTF-8) or blob bytes */
    };
};

static inline struct cell cell_null(void)
{
    return (struct cell){.cls = CELL_NULL};
}
static inline struct cell cell_int(sqlite3_int64 i)
{
    return (struct cell){.cls = CELL_INT, .i = i};
}
static inline struct cell cell_real(double r)  /* NaN becomes NULL, as in SQLite */
{
    return isnan(r) ? cell_null() : (struct cell){.cls = CELL_REAL, .r = r};
}
static inline struct cell cell_text(const char *p, size_t n) /* not assumed terminated */
{
    return (struct cell){.cls = CELL_TEXT, .p = p, .n = n};
}
static inline struct cell cell_blob(const void *p, size_t n)
{
    return (struct cell){.cls = CELL_BLOB, .p = p, .n = n};
}
struct cell cell_str(const char *z);           /* NULL pointer = NULL cell */
/* Memory stays the sqlite3_value's. */
struct cell cell_from_value(sqlite3_value *v);
/* As a result.  Terminated text without an inner NUL goes out as n = -1 (see facts: half the cost), always
** SQLITE_TRANSIENT. */
void cell_to_result(const struct cell *c, sqlite3_context *context);
int cell_to_bind(const struct cell *c, sqlite3_stmt *stmt, int index); /* transient copy */
/* Copies text/blob memory into the arena.  SQLITE_OK or SQLITE_NOMEM. */
int cell_copy(const struct cell *c, struct arena *a, struct cell *out);

#define CELL_SCRATCH 40    /* bytes that cell_fit may need to write a number as text */
/* Applies a column affinity exactly as SQLite's OP_Affinity does on INSERT (5.0 into INTEGER → 5, '5' into
** NUMERIC → 5, 5 into TEXT → '5' written to scratch, blobs never change).  One caveat: text that is no short
** decimal becomes the nearest double here, which hosts before 3.53 miss by one ulp now and then.  Where the
** value came from SQLite, use cell_from_value_fit: there the host itself converts. */
static inline void cell_fit(struct cell *c, enum affinity affinity, char scratch[CELL_SCRATCH]);
void cell_refit(struct cell *c, enum affinity affinity, char scratch[CELL_SCRATCH]); /* its unusual cases */
/* True: the affinity leaves any value of that class as it is. */
static inline bool cell_fits(enum cell_class cls, enum affinity affinity)
{
    static const unsigned char classes[] = {
        [AFF_BLOB] = 1 << CELL_NULL | 1 << CELL_INT | 1 << CELL_REAL | 1 << CELL_TEXT | 1 << CELL_BLOB,
        [AFF_TEXT] = 1 << CELL_NULL | 1 << CELL_TEXT | 1 << CELL_BLOB,
        [AFF_NUMERIC] = 1 << CELL_NULL | 1 << CELL_INT | 1 << CELL_BLOB,
        [AFF_INTEGER] = 1 << CELL_NULL | 1 << CELL_INT | 1 << CELL_BLOB,
        [AFF_REAL] = 1 << CELL_NULL | 1 << CELL_BLOB};
    return classes[affinity] >> cls & 1;
}
/* Does SQLite make an integer of that real, where the affinity is NUMERIC or INTEGER?  Not of ±2^63 and beyond. */
static inline bool cell_is_whole(double r)
{
    return r > -9223372036854775808.0 && r < 9223372036854775808.0 && (double)(sqlite3_int64)r == r;
}
static inline bool cell_real_stays(double r, enum affinity affinity)
{
    return affinity == AFF_BLOB || ((affinity == AFF_NUMERIC || affinity == AFF_INTEGER) && !cell_is_whole(r));
}
/* True: the affinity leaves this value as it is, but for the sign of zero under REAL (cell_fit).  What a column of
** decimals holds is mostly a real with a fraction. */
static inline bool cell_stays(const struct cell *c, enum affinity affinity)
{
    return cell_fits(c->cls, affinity) || (c->cls == CELL_REAL && cell_real_stays(c->r, affinity));
}
static inline void cell_fit(struct cell *c, enum affinity affinity, char scratch[CELL_SCRATCH])
{
    if (c->cls == CELL_REAL && affinity == AFF_REAL)
        c->r += 0.0; /* -0.0 becomes 0.0 */
    else if (!cell_stays(c, affinity))
        cell_refit(c, affinity, scratch);
}
/* Hands a value, perhaps of another connection, on as a result if the affinity leaves it as it is; else false, and
** nothing was done.  An unprotected one will do if its connection is used by this thread only.  Without a cell in
** between, and without a call: either would cost a scan of small values a tenth of its time. */
bool cell_pass_rest(sqlite3_value *v, enum affinity affinity, sqlite3_context *context); /* its unusual cases */
static inline bool cell_pass(sqlite3_value *v, enum affinity affinity, sqlite3_context *context)
{
    const char *p;
    double r;
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        if (!cell_fits(CELL_INT, affinity))
            return false;
        sqlite3_result_int64(context, sqlite3_value_int64(v));
        return true;
    case SQLITE_FLOAT:
        r = sqlite3_value_double(v);
        if (affinity == AFF_REAL)
            r += 0.0;
        else if (!cell_real_stays(r, affinity))
            return false;
        sqlite3_result_double(context, r);
        return true;
    case SQLITE_TEXT:
        if (!cell_fits(CELL_TEXT, affinity))
            return false;
        p = (const char *)sqlite3_value_text(v);
        /* A NUL within it, or no memory to turn UTF-16 into UTF-8. */
        if (p == NULL || strlen(p) != (size_t)sqlite3_value_bytes(v))
            return cell_pass_rest(v, affinity, context);
        sqlite3_result_text(context, p, -1, SQLITE_TRANSIENT);
        return true;
    default:
        return cell_pass_rest(v, affinity, context);
    }
}
/* The NUMERIC conversion that a comparison applies to a text operand against a numeric column. */
void cell_fit_comparison(struct cell *c);
/* cell_from_value and cell_fit (or cell_fit_comparison) in one: bit for bit what this host does on INSERT (or
** in a comparison).  SQLITE_OK or SQLITE_NOMEM. */
int cell_from_value_fit(sqlite3_value *v, enum affinity affinity, char scratch[CELL_SCRATCH],
                        struct cell *out);
int cell_from_value_comparison(sqlite3_value *v, struct cell *out);
/* Total order of SQLite: NULL < numbers < text < blob; int against real exactly (no rounding); text by memcmp. */
int cell_compare(const struct cell *a, const struct cell *b);
/* The same class and the same bits: 1 and 1.0 are two, and so are 0.0 and -0.0. */
bool cell_same(const struct cell *a, const struct cell *b);
const char *cell_class_name(enum cell_class cls);  /* "null" "integer" "real" "text" "blob" */

#endif
