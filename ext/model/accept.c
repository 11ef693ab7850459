/* coltype_accept: may this value travel to a column of that type, and as what?
**
** The rule of every branch: what the column gives back must equal what was written, or be its one canonical
** spelling (dates, UUIDs, decimals).  Everything else is refused here, by name and with the reason, instead
** of being rounded, padded, cut or reinterpreted on the server.  Whether the server at hand has such a type or
** such a range is the server's to say.  JSON is passed on as it is: whether it is well formed, and how a JSONB
** spells it, is the server's. */
#include "model/coltype.h"

#include "model/datetime.h"
#include "model/decimal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define TWO_63 9223372036854775808.0
#define TWO_64 18446744073709551616.0
#define SHOWN_MOST 40 /* bytes of a text value in a message */
#define REASON_MAX 300
#define UUID_LENGTH 36

_Static_assert(COLTYPE_SCRATCH > UUID_LENGTH && COLTYPE_SCRATCH >= DATETIME_TEXT,
               "scratch holds any text");

struct acceptance {
    const struct type *type;
    struct cell *value;
    char *scratch;
    char reason[REASON_MAX]; /* why not */
};

/* Writes the reason; always false. */
static bool refuse(struct acceptance *a, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    sqlite3_vsnprintf((int)sizeof a->reason, a->reason, format, ap);
    va_end(ap);
    return false;
}

/* An integral real becomes an integer, or, for 2^63 and above in an unsigned column, its digits. */
static bool accept_integer(struct acceptance *a)
{
    static const struct {
        sqlite3_int64 least, most;
    } range[CT_N] = {
        [CT_BOOL] = {0, 1},
        [CT_INT2] = {-32768, 32767},
        [CT_INT4] = {-2147483648LL, 2147483647LL},
        [CT_INT8] = {-0x7FFFFFFFFFFFFFFF - 1, 0x7FFFFFFFFFFFFFFF},
        [CT_UINT8] = {0, 0x7FFFFFFFFFFFFFFF},
    };
    struct cell *v = a->value;
    if (v->cls == CELL_REAL) {
        if (v->r != trunc(v->r))
            return refuse(a, "not an integer");
        if (a->type->id == CT_UINT8 && v->r >= TWO_63 && v->r < TWO_64) {
            sqlite3_snprintf(COLTYPE_SCRATCH, a->scratch, "%llu", (unsigned long long)v->r);
            *v = cell_str(a->scratch);
            return true;
        }
        if (!(v->r > -TWO_63 && v->r < TWO_63)) /* SQLite leaves a real of -2^63 as it is */
            return refuse(a, "out of range");
        *v = cell_int((sqlite3_int64)v->r);
    }
    if (v->cls != CELL_INT)
        return refuse(a, "not an integer");
    if (v->i < range[a->type->id].least || v->i > range[a->type->id].most)
        return refuse(a, a->type->id == CT_BOOL ? "only 0 and 1 do" : "out of range");
    return true;
}

/* As MySQL rounds for a column of so many decimals, to the bit: 3.97 becomes another double in a DOUBLE(10,2). */
static double rounded(double r, int decimals)
{
    double order = pow(10, decimals), whole = floor(r);
    return rint((r - whole) * order) / order + whole;
}

static bool accept_real(struct acceptance *a)
{
    struct cell *v = a->value;
    if (v->cls == CELL_INT) {
        struct cell real = cell_real((double)v->i);
        if (cell_compare(v, &real) != 0)
            return refuse(a, "a double can not hold all its digits");
        *v = real;
    }
    if (v->cls != CELL_REAL)
        return refuse(a, "not a number");
    if (a->type->id == CT_FLOAT4 && isfinite(v->r) &&
        !(fabs(v->r) <= 3.4028234663852886e38 && (double)(float)v->r == v->r))
        return refuse(a, "4 bytes can not hold all its digits");
    if (a->type->precision > 0 && isfinite(v->r)) {
        double there = rounded(v->r, a->type->scale);
        if (a->type->id == CT_FLOAT4)
            there = (double)(float)there;
        if (there != v->r) {
            char shown[SHOWN_MOST];
            struct decimal d;
            decimal_from_double(there, &d);
            decimal_print(&d, 1, shown, sizeof shown);
            return refuse(a, "the server would make it %s; a DECIMAL holds it", shown);
        }
    }
    return true;
}

/* The shortest decimal that reads back as the double has the fewest decimals of all that do: if they are too
** many, the column can not hold the value. */
static bool accept_decimal(struct acceptance *a)
{
    struct cell *v = a->value;
    const struct type *t = a->type;
    struct decimal d;
    if (v->cls == CELL_INT) {
        sqlite3_snprintf(COLTYPE_SCRATCH, a->scratch, "%lld", v->i);
        decimal_scan(a->scratch, strlen(a->scratch), &d);
    } else if (v->cls == CELL_REAL && isfinite(v->r)) {
        decimal_from_double(v->r, &d);
    } else {
        return refuse(a, v->cls == CELL_REAL ? "infinite" : "not a number");
    }
    if (t->precision > 0 && d.ndigits > 0) {
        if (-d.exponent > t->scale)
            return refuse(a, "%d decimals, at most %d; write round(value, %d)", -d.exponent,
                          t->scale, t->scale);
        if (d.ndigits + d.exponent > t->precision - t->scale)
            return refuse(a, "%d digits before the point, at most %d", d.ndigits + d.exponent,
                          t->precision - t->scale);
    }
    if (v->cls == CELL_REAL) {
        decimal_print(&d, t->precision > 0 ? t->scale : 0, a->scratch, COLTYPE_SCRATCH);
        *v = cell_str(a->scratch);
    }
    return true;
}

/* As SQLite's length(): bytes that do not continue a character. */
static sqlite3_int64 characters(const char *p, size_t n)
{
    sqlite3_int64 count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)p[i] & 0xC0) != 0x80;
    return count;
}

static bool accept_text(struct acceptance *a)
{
    const struct cell *v = a->value;
    const struct type *t = a->type;
    if (v->cls != CELL_TEXT)
        return refuse(a, "not a text");
    /* No character takes more than its bytes: most texts need not be counted. */
    if (t->id != CT_TEXT && t->length > 0 && v->n > (size_t)t->length) {
        sqlite3_int64 n = characters(v->p, v->n);
        if (n > t->length)
            return refuse(a, "%lld characters, at most %d", n, t->length);
    }
    if (t->id == CT_CHAR && v->n > 0 && v->p[v->n - 1] == ' ')
        return refuse(a, "it ends in a blank, which a fixed-length column does not keep");
    return true;
}

static bool accept_blob(struct acceptance *a)
{
    const struct cell *v = a->value;
    const struct type *t = a->type;
    if (v->cls != CELL_BLOB)
        return refuse(a, "not a blob");
    if (t->id == CT_VARBINARY && t->length > 0 && v->n > (size_t)t->length)
        return refuse(a, "%llu bytes, at most %d", (unsigned long long)v->n, t->length);
    if (t->id == CT_BINARY && t->length > 0 && v->n != (size_t)t->length)
        return refuse(a, "%llu bytes, not %d", (unsigned long long)v->n, t->length);
    return true;
}

static bool accept_datetime(struct acceptance *a)
{
    static const char *const forms[CT_N] = {
        [CT_DATE] = "a date is written 'YYYY-MM-DD'",
        [CT_TIME] = "a time is written 'HH:MM:SS.ffffff'",
        [CT_DATETIME] = "a time is written 'YYYY-MM-DD HH:MM:SS.ffffff', without a zone",
        [CT_DATETIMETZ] = "a time is written 'YYYY-MM-DD HH:MM:SS.ffffff', UTC or with +HH:MM",
        [CT_INTERVAL] = "an interval is written '1 year 2 mons 3 days 04:05:06.5'",
    };
    struct cell *v = a->value;
    const struct type *t = a->type;
    int digits = t->precision == 0 ? 6 : t->precision < 0 ? 0 : t->precision;
    bool ok = false;
    if (v->cls == CELL_TEXT) {
        switch (t->id) {
        case CT_DATE:
            ok = datetime_date(v->p, v->n, a->scratch);
            break;
        case CT_TIME:
            ok = datetime_time(v->p, v->n, digits, a->scratch);
            break;
        case CT_INTERVAL:
            ok = datetime_interval(v->p, v->n, digits, a->scratch);
            break;
        default:
            ok = datetime_stamp(v->p, v->n, digits, t->id == CT_DATETIMETZ, a->scratch);
            break;
        }
    }
    if (!ok && digits < 6 && t->id != CT_DATE)
        return refuse(a, "%s, with %d decimals at most", forms[t->id], digits);
    if (!ok)
        return refuse(a, "%s", forms[t->id]);
    *v = cell_str(a->scratch);
    return true;
}

/* A number in a JSON column (its affinity is NUMERIC) is JSON too. */
static bool accept_json(struct acceptance *a)
{
    struct cell *v = a->value;
    struct decimal d;
    if (v->cls == CELL_INT) {
        sqlite3_snprintf(COLTYPE_SCRATCH, a->scratch, "%lld", v->i);
        *v = cell_str(a->scratch);
    } else if (v->cls == CELL_REAL && isfinite(v->r)) {
        decimal_from_double(v->r, &d);
        decimal_print(&d, 1, a->scratch, COLTYPE_SCRATCH);
        *v = cell_str(a->scratch);
    }
    return v->cls == CELL_TEXT || refuse(a, "not JSON");
}

/* 32 hexadecimal digits, hyphens where they belong or none, braces around them or none. */
static bool accept_uuid(struct acceptance *a)
{
    struct cell *v = a->value;
    size_t from = 0, n = v->n;
    int digits = 0, used = 0;
    bool ok = v->cls == CELL_TEXT;
    if (ok && n > 2 && v->p[0] == '{' && v->p[n - 1] == '}') {
        from++;
        n--;
    }
    bool hyphens = n - from == UUID_LENGTH;
    for (size_t i = from; ok && i < n; i++) {
        char c = v->p[i];
        size_t at = i - from;
        if (hyphens && (at == 8 || at == 13 || at == 18 || at == 23)) {
            ok = c == '-';
            continue;
        }
        bool place = digits == 8 || digits == 12 || digits == 16 || digits == 20;
        bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        ok = digits < 32 && (letter || (c >= '0' && c <= '9'));
        if (ok && place)
            a->scratch[used++] = '-';
        if (ok)
            a->scratch[used++] = (char)(letter ? c | 0x20 : c);
        digits++;
    }
    if (!ok || digits != 32)
        return refuse(a, "a UUID is written '00000000-0000-0000-0000-000000000000'");
    a->scratch[used] = 0;
    *v = cell_str(a->scratch);
    return true;
}

static bool accept_enum(struct acceptance *a)
{
    const struct cell *v = a->value;
    const struct type *t = a->type;
    if (v->cls != CELL_TEXT)
        return refuse(a, "not a text");
    for (int i = 0; i < t->nlabels; i++) {
        if (strlen(t->labels[i]) == v->n && memcmp(t->labels[i], v->p, v->n) == 0)
            return true;
    }
    if (t->nlabels == 0) /* not known here: the server checks */
        return true;
    refuse(a, "only");
    for (int i = 0; i < t->nlabels; i++) {
        size_t used = strlen(a->reason);
        sqlite3_snprintf((int)(sizeof a->reason - used), a->reason + used, "%s %Q",
                         i > 0 ? "," : "", t->labels[i]);
    }
    return false;
}

static bool accept_any(struct acceptance *a)
{
    (void)a;
    return true;
}

static bool (*const acceptors[CT_N])(struct acceptance *a) = {
    [CT_OTHER] = accept_any,           [CT_BOOL] = accept_integer,
    [CT_INT2] = accept_integer,        [CT_INT4] = accept_integer,
    [CT_INT8] = accept_integer,        [CT_UINT8] = accept_integer,
    [CT_FLOAT4] = accept_real,         [CT_FLOAT8] = accept_real,
    [CT_NUMERIC] = accept_decimal,     [CT_TEXT] = accept_text,
    [CT_VARCHAR] = accept_text,        [CT_CHAR] = accept_text,
    [CT_BLOB] = accept_blob,           [CT_VARBINARY] = accept_blob,
    [CT_BINARY] = accept_blob,         [CT_DATE] = accept_datetime,
    [CT_TIME] = accept_datetime,       [CT_DATETIME] = accept_datetime,
    [CT_DATETIMETZ] = accept_datetime, [CT_INTERVAL] = accept_datetime,
    [CT_JSON] = accept_json,           [CT_JSONB] = accept_json,
    [CT_UUID] = accept_uuid,           [CT_ENUM] = accept_enum,
};

/* The value as a message shows it: short, quoted, a blob by its size. */
static void show(const struct cell *v, char *out, int size)
{
    switch (v->cls) {
    case CELL_INT:
        sqlite3_snprintf(size, out, "%lld", v->i);
        break;
    case CELL_REAL: {
        struct decimal d;
        decimal_from_double(v->r, &d);
        if (isfinite(v->r))
            decimal_print(&d, 1, out, (size_t)size);
        else
            sqlite3_snprintf(size, out, "%sInf", v->r < 0 ? "-" : "");
        break;
    }
    case CELL_TEXT: {
        size_t n = v->n < SHOWN_MOST ? v->n : SHOWN_MOST;
        while (n < v->n && n > 0 && ((unsigned char)v->p[n] & 0xC0) == 0x80)
            n--;
        sqlite3_snprintf(size, out, "%.*Q%s", (int)n, n > 0 ? v->p : "", n < v->n ? "…" : "");
        break;
    }
    default:
        sqlite3_snprintf(size, out, "(a blob of %llu bytes)", (unsigned long long)v->n);
        break;
    }
}

int coltype_accept(const struct type *type, const char *column, struct cell *value,
                   char scratch[COLTYPE_SCRATCH], struct err *err)
{
    struct acceptance a;
    char shown[2 * SHOWN_MOST + 64];
    const struct cell given = *value;
    a.type = type; /* not the reason: clearing it for every value would cost more than the check */
    a.value = value;
    a.scratch = scratch;
    if (value->cls == CELL_NULL || acceptors[type->id](&a))
        return SQLITE_OK;
    show(&given, shown, (int)sizeof shown);
    return err_set(err, SQLITE_CONSTRAINT_DATATYPE, "value %s does not fit %s of column %s: %s",
                   shown, type->text[0] != 0 ? type->text : coltype_name(type->id), column,
                   a.reason);
}
