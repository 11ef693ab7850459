/* Values between cells and Postgres's binary wire forms: pure functions, no connection and no
** libpq.
**
** Decoders never believe the server: every length is checked before a byte is read, and a value
** that does not have the form of its type is an error.  Text and blobs are handed out where they
** lie; numbers, dates and uuids become text in the caller's scratch.  Encoders are the exact
** inverse for everything that a decoder can produce.  Dates and times are the texts of
** model/coltype.h; beyond the years 1 to 9999, and for infinity, they are spelt as Postgres's ISO
** style spells them. */
#ifndef BINDS_ENGINE_POSTGRES_CODEC_H
#define BINDS_ENGINE_POSTGRES_CODEC_H

#include "model/coltype.h"

#include <math.h>
#include <string.h>

#define PG_SCRATCH 48     /* bytes that pg_decode may write for one cell */
#define PG_TYPE_TEXT 40

/* Binary forms that we read. */
enum pg_form {
    PG_FORM_NONE,         /* unknown: cannot be read in binary */
    PG_FORM_VOID, PG_FORM_BOOL, PG_FORM_INT2, PG_FORM_INT4, PG_FORM_INT8, PG_FORM_OID, PG_FORM_FLOAT4,
    PG_FORM_FLOAT8, PG_FORM_NUMERIC, PG_FORM_TEXT, PG_FORM_JSONB, PG_FORM_BYTES, PG_FORM_DATE,
    PG_FORM_TIME, PG_FORM_TIMESTAMP, PG_FORM_UUID
};

struct pg_column {        /* one column of a result */
    unsigned oid;
    enum pg_form form;
    char text[PG_TYPE_TEXT]; /* "character varying(80)": what type.text points to */
};

/* Result columns: what the server said of a column → form and type (type->text points into
** *column). */
void pg_describe(unsigned oid, int typmod, struct pg_column *column, struct type *type);

/* One value → cell.  p[n] need not be readable; `terminated` of the cell stays false.  False: the
** bytes are not a value of that form. */
bool pg_decode(enum pg_form form, const void *p, size_t n, struct cell *out, char scratch[PG_SCRATCH]);

/* How values of a column type travel to the server. */
struct pg_travel {
    unsigned oid;         /* parameter type; 0 = the server infers it */
    unsigned array_oid;
    const char *name;     /* for casts of literals; NULL = none */
    enum pg_form form;    /* parameters: PG_FORM_NONE = as text, which numbers may be too */
    enum pg_form copy;    /* COPY: PG_FORM_NONE = only a text COPY can carry it */
    unsigned copy_oid;    /* the type that copy is the form of (see sql/postgresql/bulk_check.sql) */
};
const struct pg_travel *pg_travel(enum coltype id);

/* Appends a value's binary form (no length word).  NULL is the caller's.  False: the value cannot
** travel so. */
bool pg_encode(enum pg_form form, const struct cell *value, struct buf *out);
/* Text of a value, for text parameters and literals, terminated.  False: it has none (a blob, a NUL
** byte). */
bool pg_encode_text(const struct cell *value, struct buf *out);

/* ---- the parts, for each other and for tests ------------------------------------------------- */

/* The same for what most numbers are: up to four words without zeros around them.  False: it may be another. */
bool pg_numeric_short(const unsigned char *p, size_t n, struct cell *out);
bool pg_numeric_decode(const unsigned char *p, size_t n, struct cell *out);
bool pg_numeric_encode(const struct cell *value, struct buf *out);
void pg_date_text(int days, char out[PG_SCRATCH]);                 /* days since 2000-01-01 */
bool pg_time_text(sqlite3_int64 us, char out[PG_SCRATCH]);         /* microseconds since midnight */
void pg_timestamp_text(sqlite3_int64 us, char out[PG_SCRATCH]);    /* microseconds since 2000-01-01 */
bool pg_date_parse(const char *p, size_t n, int *days);
bool pg_time_parse(const char *p, size_t n, sqlite3_int64 *us);
bool pg_timestamp_parse(const char *p, size_t n, sqlite3_int64 *us);

static inline unsigned pg_u16(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}
static inline unsigned pg_u32(const unsigned char *p)
{
    return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}
static inline unsigned long long pg_u64(const unsigned char *p)
{
    return (unsigned long long)pg_u32(p) << 32 | pg_u32(p + 4);
}

/* ---- numbers, in place: this runs for every value of every row ------------------------------- */

static inline bool pg_set_int(struct cell *out, sqlite3_int64 i)
{
    out->cls = CELL_INT;
    out->i = i;
    return true;
}
static inline bool pg_set_real(struct cell *out, double r) /* NaN is NULL */
{
    out->cls = isnan(r) ? CELL_NULL : CELL_REAL;
    out->r = r;
    return true;
}
/* pg_decode for INT2, INT4, INT8 and FLOAT8. */
static inline bool pg_decode_number(enum pg_form form, const unsigned char *p, size_t n, struct cell *out)
{
    unsigned long long bits;
    double r;
    switch (form) {
    case PG_FORM_INT2:
        return n == 2 && pg_set_int(out, (short)pg_u16(p));
    case PG_FORM_INT4:
        return n == 4 && pg_set_int(out, (int)pg_u32(p));
    case PG_FORM_INT8:
        return n == 8 && pg_set_int(out, (sqlite3_int64)pg_u64(p));
    default:
        if (n != sizeof r)
            return false;
        bits = pg_u64(p);
        memcpy(&r, &bits, sizeof r);
        return pg_set_real(out, r);
    }
}

#endif
