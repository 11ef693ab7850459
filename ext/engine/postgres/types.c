/* The table of Postgres types that binds reads and writes in binary, and the codecs of the simple
** ones.
**
** Two tables, both data: what a result column's oid means (results), and how a value of one of our
** column types travels (travels).  Types that are in neither are read as ::text
** (dialect.select_form) and sent as text whose type the server infers.  numeric and dates have
** files of their own. */
#include "engine/postgres/codec.h"
#include "model/decimal.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static const struct result_type {
    unsigned oid;
    enum pg_form form;
    enum coltype id;
    enum affinity affinity;
    const char *text;
} results[] = {
    {23, PG_FORM_INT4, CT_INT4, AFF_INTEGER, "integer"},
    {20, PG_FORM_INT8, CT_INT8, AFF_INTEGER, "bigint"},
    {25, PG_FORM_TEXT, CT_TEXT, AFF_TEXT, "text"},
    {701, PG_FORM_FLOAT8, CT_FLOAT8, AFF_REAL, "double precision"},
    {1043, PG_FORM_TEXT, CT_VARCHAR, AFF_TEXT, "character varying"},
    {1700, PG_FORM_NUMERIC, CT_NUMERIC, AFF_NUMERIC, "numeric"},
    {1114, PG_FORM_TIMESTAMP, CT_DATETIME, AFF_NUMERIC, "timestamp without time zone"},
    {1184, PG_FORM_TIMESTAMP, CT_DATETIMETZ, AFF_NUMERIC, "timestamp with time zone"},
    {1082, PG_FORM_DATE, CT_DATE, AFF_NUMERIC, "date"},
    {16, PG_FORM_BOOL, CT_BOOL, AFF_NUMERIC, "boolean"},
    {21, PG_FORM_INT2, CT_INT2, AFF_INTEGER, "smallint"},
    {700, PG_FORM_FLOAT4, CT_FLOAT4, AFF_REAL, "real"},
    {17, PG_FORM_BYTES, CT_BLOB, AFF_BLOB, "bytea"},
    {1042, PG_FORM_TEXT, CT_CHAR, AFF_TEXT, "character"},
    {2950, PG_FORM_UUID, CT_UUID, AFF_NUMERIC, "uuid"},
    {1083, PG_FORM_TIME, CT_TIME, AFF_NUMERIC, "time without time zone"},
    {114, PG_FORM_TEXT, CT_JSON, AFF_NUMERIC, "json"},
    {3802, PG_FORM_JSONB, CT_JSONB, AFF_NUMERIC, "jsonb"},
    {19, PG_FORM_TEXT, CT_TEXT, AFF_TEXT, "name"},
    {18, PG_FORM_TEXT, CT_TEXT, AFF_TEXT, "\"char\""},
    {26, PG_FORM_OID, CT_INT8, AFF_INTEGER, "oid"},
    {28, PG_FORM_OID, CT_INT8, AFF_INTEGER, "xid"},
    {705, PG_FORM_TEXT, CT_TEXT, AFF_TEXT, "unknown"},
    {142, PG_FORM_TEXT, CT_OTHER, AFF_NUMERIC, "xml"},
    {2275, PG_FORM_TEXT, CT_TEXT, AFF_TEXT, "cstring"},
    {2278, PG_FORM_VOID, CT_TEXT, AFF_TEXT, "void"},
};

#define VARLENA_HEADER 4 /* typmods of char(n) and numeric(p,s) include it */

void pg_describe(unsigned oid, int typmod, struct pg_column *column, struct type *type)
{
    const struct result_type *found = NULL;
    for (size_t i = 0; i < sizeof results / sizeof results[0] && !found; i++) {
        if (results[i].oid == oid)
            found = &results[i];
    }
    column->oid = oid;
    *type = (struct type){.id = CT_OTHER, .affinity = AFF_NUMERIC, .text = ""};
    column->form = PG_FORM_NONE;
    if (!found)
        return;
    column->form = found->form;
    type->id = found->id;
    type->affinity = found->affinity;
    type->text = found->text;
    if (typmod < VARLENA_HEADER)
        return;
    if (type->id == CT_VARCHAR || type->id == CT_CHAR) {
        type->length = typmod - VARLENA_HEADER;
        sqlite3_snprintf(sizeof column->text, column->text, "%s(%d)", found->text, type->length);
        type->text = column->text;
    } else if (type->id == CT_NUMERIC) {
        unsigned bits = (unsigned)(typmod - VARLENA_HEADER);
        type->precision = (int)(bits >> 16 & 0xFFFF);
        type->scale = (int)((bits & 0x7FF) ^ 1024) - 1024; /* eleven bits, signed */
        sqlite3_snprintf(sizeof column->text, column->text, "%s(%d,%d)", found->text,
                         type->precision, type->scale);
        type->text = column->text;
    }
}

#define NO_TYPE 0, 0, NULL

static const struct pg_travel travels[CT_N] = {
    [CT_OTHER] = {NO_TYPE, PG_FORM_NONE, PG_FORM_NONE, 0},
    [CT_BOOL] = {16, 1000, "bool", PG_FORM_BOOL, PG_FORM_BOOL, 16},
    [CT_INT2] = {20, 1016, "int8", PG_FORM_INT8, PG_FORM_INT2, 21},
    [CT_INT4] = {20, 1016, "int8", PG_FORM_INT8, PG_FORM_INT4, 23},
    [CT_INT8] = {20, 1016, "int8", PG_FORM_INT8, PG_FORM_INT8, 20},
    [CT_UINT8] = {1700, 1231, "numeric", PG_FORM_NUMERIC, PG_FORM_NUMERIC, 1700},
    [CT_FLOAT4] = {701, 1022, "float8", PG_FORM_FLOAT8, PG_FORM_FLOAT4, 700},
    [CT_FLOAT8] = {701, 1022, "float8", PG_FORM_FLOAT8, PG_FORM_FLOAT8, 701},
    [CT_NUMERIC] = {1700, 1231, "numeric", PG_FORM_NUMERIC, PG_FORM_NUMERIC, 1700},
    [CT_TEXT] = {25, 1009, "text", PG_FORM_TEXT, PG_FORM_TEXT, 25},
    [CT_VARCHAR] = {25, 1009, "text", PG_FORM_TEXT, PG_FORM_TEXT, 25},
    [CT_CHAR] = {1042, 1014, "bpchar", PG_FORM_TEXT, PG_FORM_TEXT, 25},
    [CT_BLOB] = {17, 1001, "bytea", PG_FORM_BYTES, PG_FORM_BYTES, 17},
    [CT_VARBINARY] = {17, 1001, "bytea", PG_FORM_BYTES, PG_FORM_BYTES, 17},
    [CT_BINARY] = {17, 1001, "bytea", PG_FORM_BYTES, PG_FORM_BYTES, 17},
    [CT_DATE] = {1082, 1182, "date", PG_FORM_DATE, PG_FORM_DATE, 1082},
    [CT_TIME] = {1083, 1183, "time", PG_FORM_TIME, PG_FORM_TIME, 1083},
    [CT_DATETIME] = {1114, 1115, "timestamp", PG_FORM_TIMESTAMP, PG_FORM_TIMESTAMP, 1114},
    [CT_DATETIMETZ] = {1184, 1185, "timestamptz", PG_FORM_TIMESTAMP, PG_FORM_TIMESTAMP, 1184},
    [CT_INTERVAL] = {1186, 1187, "interval", PG_FORM_NONE, PG_FORM_NONE, 0},
    [CT_JSON] = {114, 199, "json", PG_FORM_NONE, PG_FORM_NONE, 0},
    [CT_JSONB] = {3802, 3807, "jsonb", PG_FORM_NONE, PG_FORM_NONE, 0},
    [CT_UUID] = {2950, 2951, "uuid", PG_FORM_UUID, PG_FORM_UUID, 2950},
    [CT_ENUM] = {NO_TYPE, PG_FORM_NONE, PG_FORM_TEXT, 3500},
};

const struct pg_travel *pg_travel(enum coltype id)
{
    return &travels[id];
}

/* ---- server → cell --------------------------------------------------------------------------- */

static double float_of(unsigned bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

#define INT64_EDGE 9223372036854775808.0 /* 2^63 */
#define UUID_BYTES 16
#define UUID_TEXT 36

static bool hyphen_at(int i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static void uuid_text(const unsigned char *p, char *out)
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < UUID_TEXT; i++) {
        if (hyphen_at(i)) {
            out[i] = '-';
            continue;
        }
        out[i++] = hex[*p >> 4];
        out[i] = hex[*p++ & 15];
    }
    out[UUID_TEXT] = 0;
}

static struct cell text_cell(const char *z)
{
    struct cell c = cell_text(z, strlen(z));
    c.terminated = true;
    return c;
}

/* Dates, times and uuids: a text in scratch. */
static bool decode_text_form(enum pg_form form, const unsigned char *p, size_t n, struct cell *out,
                             char *scratch)
{
    size_t width = form == PG_FORM_DATE ? 4 : form == PG_FORM_UUID ? UUID_BYTES : 8;
    if (n != width)
        return false;
    if (form == PG_FORM_DATE)
        pg_date_text((int)pg_u32(p), scratch);
    else if (form == PG_FORM_TIMESTAMP)
        pg_timestamp_text((sqlite3_int64)pg_u64(p), scratch);
    else if (form == PG_FORM_UUID)
        uuid_text(p, scratch);
    else if (!pg_time_text((sqlite3_int64)pg_u64(p), scratch))
        return false;
    *out = text_cell(scratch);
    return true;
}

static inline bool set_bytes(struct cell *out, enum cell_class cls, const char *p, size_t n)
{
    out->cls = cls;
    out->terminated = false;
    out->n = n;
    out->p = p;
    return true;
}

bool pg_decode(enum pg_form form, const void *bytes, size_t n, struct cell *out,
               char scratch[PG_SCRATCH])
{
    const unsigned char *p = bytes;

    switch (form) {
    case PG_FORM_INT2:
    case PG_FORM_INT4:
    case PG_FORM_INT8:
    case PG_FORM_FLOAT8:
        return pg_decode_number(form, p, n, out);
    case PG_FORM_TEXT:
        return set_bytes(out, CELL_TEXT, bytes, n);
    case PG_FORM_NUMERIC:
        return pg_numeric_decode(p, n, out);
    case PG_FORM_BOOL:
        return n == 1 && pg_set_int(out, p[0] != 0);
    case PG_FORM_OID:
        return n == 4 && pg_set_int(out, pg_u32(p));
    case PG_FORM_FLOAT4:
        return n == 4 && pg_set_real(out, float_of(pg_u32(p)));
    case PG_FORM_BYTES:
        return set_bytes(out, CELL_BLOB, bytes, n);
    case PG_FORM_JSONB:
        return n > 0 && p[0] == 1 && set_bytes(out, CELL_TEXT, (const char *)bytes + 1, n - 1);
    case PG_FORM_VOID:
        *out = text_cell("");
        return n == 0;
    case PG_FORM_DATE:
    case PG_FORM_TIME:
    case PG_FORM_TIMESTAMP:
    case PG_FORM_UUID:
        return decode_text_form(form, p, n, out, scratch);
    case PG_FORM_NONE:
        break;
    }
    return false;
}

/* ---- cell → server --------------------------------------------------------------------------- */

static bool as_integer(const struct cell *value, sqlite3_int64 least, sqlite3_int64 most,
                       sqlite3_int64 *out)
{
    if (value->cls == CELL_REAL && value->r >= -INT64_EDGE && value->r < INT64_EDGE &&
        value->r == floor(value->r))
        *out = (sqlite3_int64)value->r;
    else if (value->cls == CELL_INT)
        *out = value->i;
    else
        return false;
    return *out >= least && *out <= most;
}

static bool encode_integer(enum pg_form form, const struct cell *value, struct buf *out)
{
    sqlite3_int64 i;
    switch (form) {
    case PG_FORM_BOOL:
        if (!as_integer(value, 0, 1, &i))
            return false;
        buf_add(out, i ? "\1" : "\0", 1);
        return true;
    case PG_FORM_INT2:
        if (!as_integer(value, SHRT_MIN, SHRT_MAX, &i))
            return false;
        buf_add_u16be(out, (unsigned)i & 0xFFFF);
        return true;
    case PG_FORM_INT4:
        if (!as_integer(value, INT_MIN, INT_MAX, &i))
            return false;
        buf_add_u32be(out, (unsigned)i);
        return true;
    default:
        if (!as_integer(value, LLONG_MIN, LLONG_MAX, &i))
            return false;
        buf_add_u64be(out, (unsigned long long)i);
        return true;
    }
}

static bool encode_float(enum pg_form form, const struct cell *value, struct buf *out)
{
    double r;
    if (value->cls == CELL_REAL)
        r = value->r;
    else if (value->cls == CELL_INT)
        r = (double)value->i;
    else
        return false;
    if (form == PG_FORM_FLOAT4) {
        float f = (float)r;
        unsigned bits;
        memcpy(&bits, &f, sizeof bits);
        buf_add_u32be(out, bits);
    } else {
        unsigned long long bits;
        memcpy(&bits, &r, sizeof bits);
        buf_add_u64be(out, bits);
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 'a' - 'A';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool encode_uuid(const struct cell *value, struct buf *out)
{
    unsigned char bytes[UUID_BYTES];
    int n = 0;
    if (value->cls != CELL_TEXT || value->n != UUID_TEXT)
        return false;
    for (int i = 0; i < UUID_TEXT; i++) {
        int high, low;
        if (hyphen_at(i)) {
            if (value->p[i] != '-')
                return false;
            continue;
        }
        high = hex_value(value->p[i++]);
        low = hex_value(value->p[i]);
        if (high < 0 || low < 0)
            return false;
        bytes[n++] = (unsigned char)(high << 4 | low);
    }
    buf_add(out, bytes, sizeof bytes);
    return true;
}

static bool encode_datetime(enum pg_form form, const struct cell *value, struct buf *out)
{
    sqlite3_int64 us;
    int days;
    if (value->cls != CELL_TEXT)
        return false;
    if (form == PG_FORM_DATE) {
        if (!pg_date_parse(value->p, value->n, &days))
            return false;
        buf_add_u32be(out, (unsigned)days);
        return true;
    }
    if (form == PG_FORM_TIME ? !pg_time_parse(value->p, value->n, &us)
                             : !pg_timestamp_parse(value->p, value->n, &us))
        return false;
    buf_add_u64be(out, (unsigned long long)us);
    return true;
}

static bool is_plain_text(const struct cell *value)
{
    return value->cls == CELL_TEXT && (value->n == 0 || !memchr(value->p, 0, value->n));
}

bool pg_encode(enum pg_form form, const struct cell *value, struct buf *out)
{
    switch (form) {
    case PG_FORM_BOOL:
    case PG_FORM_INT2:
    case PG_FORM_INT4:
    case PG_FORM_INT8:
        return encode_integer(form, value, out);
    case PG_FORM_FLOAT4:
    case PG_FORM_FLOAT8:
        return encode_float(form, value, out);
    case PG_FORM_NUMERIC:
        return pg_numeric_encode(value, out);
    case PG_FORM_TEXT:
        if (!is_plain_text(value))
            return false;
        buf_add(out, value->p, value->n);
        return true;
    case PG_FORM_BYTES:
        if (value->cls != CELL_BLOB)
            return false;
        buf_add(out, value->p, value->n);
        return true;
    case PG_FORM_DATE:
    case PG_FORM_TIME:
    case PG_FORM_TIMESTAMP:
        return encode_datetime(form, value, out);
    case PG_FORM_UUID:
        return encode_uuid(value, out);
    default:
        return false;
    }
}

bool pg_encode_text(const struct cell *value, struct buf *out)
{
    char text[PG_SCRATCH];
    if (is_plain_text(value)) {
        buf_add(out, value->p, value->n);
    } else if (value->cls == CELL_INT) {
        sqlite3_snprintf(sizeof text, text, "%lld", value->i);
        buf_add(out, text, strlen(text));
    } else if (value->cls == CELL_REAL) {
        struct decimal d;
        const char *word = value->r > 0 ? "Infinity" : "-Infinity";
        if (!isinf(value->r)) {
            decimal_from_double(value->r, &d);
            decimal_print(&d, 0, text, sizeof text);
            word = text;
        }
        buf_add(out, word, strlen(word));
    } else {
        return false;
    }
    buf_add(out, "", 1);
    return true;
}
