/* Values of a row → cells.
**
** Rows of the binary protocol are read where they lie, in the library's packet buffer, on demand; nothing is
** believed that the server says about lengths (my_row_parse).  A text is moved one byte down, over its own
** length prefix, which makes room for a terminating NUL without touching its neighbour: SQLite then needs no
** copy to terminate it.
**
** Exactness: a decimal is an integer if it is one, else the nearest double; a float is exactly its double; an
** unsigned integer beyond int64 is a double if that is exact, else the text of its digits.  Dates and times
** come as MySQL prints them, zero dates and '-838:59:59' included, the fraction only when it is not zero and
** then with six digits. */
#include "engine/mysql/my.h"
#include "model/decimal.h"

#include <math.h>
#include <string.h>

#define FRACTION_DIGITS 6

/* ---- the row --------------------------------------------------------------------------------------------- */

/* Reads a length prefix; NULL: malformed, or the value would reach beyond end. */
static inline unsigned char *read_length(unsigned char *p, const unsigned char *end, size_t *n)
{
    unsigned long long value = 0;
    int bytes;

    if (p >= end)
        return NULL;
    if (*p < 251) {
        *n = *p++;
        return (size_t)(end - p) >= *n ? p : NULL;
    }
    bytes = *p == 252 ? 2 : *p == 253 ? 3 : *p == 254 ? 8 : 0;
    p++;
    if (bytes == 0 || end - p < bytes)
        return NULL;
    for (int i = 0; i < bytes; i++)
        value |= (unsigned long long)p[i] << (8 * i);
    p += bytes;
    if (value > (size_t)(end - p))
        return NULL;
    *n = (size_t)value;
    return p;
}

bool my_row_parse(unsigned char *row, const unsigned char *end, const struct my_column *columns,
                  int ncolumns, struct my_value *values)
{
    const unsigned char *nulls = row + 1;
    size_t head = 1 + ((size_t)ncolumns + 9) / 8;
    unsigned char *p;

    if (end < row || (size_t)(end - row) < head)
        return false;
    p = row + head;
    for (int i = 0; i < ncolumns; i++) {
        struct my_value *v = &values[i];
        int bit = i + 2; /* two bits are reserved */
        v->terminated = false;
        if (nulls[bit >> 3] & 1 << (bit & 7)) {
            v->p = NULL;
            v->n = 0;
            continue;
        }
        if (columns[i].width >= 0) {
            v->n = (size_t)columns[i].width;
            if ((size_t)(end - p) < v->n)
                return false;
        } else {
            p = read_length(p, end, &v->n);
            if (!p)
                return false;
        }
        v->p = p;
        p += v->n;
    }
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------------------- */

static inline unsigned long long little_endian(const unsigned char *p, int bytes)
{
    unsigned u, high;
    switch (bytes) { /* constant shifts: each becomes one load */
    case 1:
        return p[0];
    case 2:
        return p[0] | (unsigned)p[1] << 8;
    case 4:
        u = p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16 | (unsigned)p[3] << 24;
        return u;
    default:
        u = p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16 | (unsigned)p[3] << 24;
        high = p[4] | (unsigned)p[5] << 8 | (unsigned)p[6] << 16 | (unsigned)p[7] << 24;
        return u | (unsigned long long)high << 32;
    }
}

static size_t print_digits(unsigned long long v, char out[MY_SCRATCH])
{
    char digits[24];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    out[n] = 0;
    return n;
}

static struct cell unsigned_cell(unsigned long long v, char scratch[MY_SCRATCH])
{
    /* Below 2^64, so the conversion back is defined except for what rounds up to it. */
    double r = (double)v;
    struct cell cell;
    if (v <= 0x7fffffffffffffffULL)
        return cell_int((sqlite3_int64)v);
    if (r < 18446744073709551616.0 && (unsigned long long)r == v)
        return cell_real(r);
    cell = cell_text(scratch, print_digits(v, scratch));
    cell.terminated = true;
    return cell;
}

/* Digits with one point and a sign, nothing else, few enough to be exact in one division. */
static bool decimal_fast(const char *p, size_t n, struct cell *out)
{
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    long long v = 0;
    int digits = 0, scale = -1;
    size_t i = n > 0 && p[0] == '-';

    if (n - i > 16 || n == i)
        return false;
    for (; i < n; i++) {
        if (p[i] == '.' && scale < 0) {
            scale = 0;
            continue;
        }
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (p[i] - '0');
        digits++;
        scale += scale >= 0;
    }
    if (digits == 0 || digits > 15)
        return false;
    while (scale > 0 && v % 10 == 0) {
        v /= 10;
        scale--;
    }
    if (p[0] == '-')
        v = -v;
    *out = scale > 0 ? cell_real((double)v / powers[scale]) : cell_int(v);
    return true;
}

static bool decimal_cell(const char *p, size_t n, struct cell *out)
{
    struct decimal d;
    sqlite3_int64 i;

    if (decimal_fast(p, n, out))
        return true;
    decimal_scan(p, n, &d);
    if (d.form == DECIMAL_NONE)
        return false;
    *out = decimal_to_int64(&d, &i) ? cell_int(i) : cell_real(decimal_to_double(&d));
    return true;
}

static bool bit_cell(const unsigned char *p, size_t n, char scratch[MY_SCRATCH], struct cell *out)
{
    unsigned long long v = 0;
    if (n > 8)
        return false;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    *out = unsigned_cell(v, scratch);
    return true;
}

/* An integer as the text protocol prints it (ZEROFILL may put zeros before it). */
static bool integer_text_cell(const char *p, size_t n, char scratch[MY_SCRATCH], struct cell *out)
{
    unsigned long long v = 0;
    size_t i = n > 0 && p[0] == '-';

    if (i == n)
        return false;
    for (; i < n; i++) {
        unsigned digit = (unsigned)p[i] - '0';
        if (digit > 9 || v > (0xffffffffffffffffULL - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (p[0] != '-')
        *out = unsigned_cell(v, scratch);
    else if (v <= 0x7fffffffffffffffULL)
        *out = cell_int(-(sqlite3_int64)v);
    else if (v == 0x8000000000000000ULL)
        *out = cell_int(-0x7fffffffffffffffLL - 1);
    else
        return false;
    return true;
}

/* ---- dates and times ------------------------------------------------------------------------------------- */

static char *put_number(char *p, unsigned v, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return p + digits;
}

static char *put_fraction(char *p, unsigned micros)
{
    if (micros == 0)
        return p;
    *p++ = '.';
    return put_number(p, micros, FRACTION_DIGITS);
}

static char *put_clock(char *p, const unsigned char clock[3])
{
    p = put_number(p, clock[0], 2);
    *p++ = ':';
    p = put_number(p, clock[1], 2);
    *p++ = ':';
    return put_number(p, clock[2], 2);
}

static bool clock_fits(const unsigned char clock[3])
{
    return clock[0] < 100 && clock[1] < 60 && clock[2] < 60;
}

/* length 0 = zero date; 4 = date; 7 = and time; 11 = and microseconds */
static bool datetime_binary(bool with_time, const unsigned char *p, size_t n, char *out,
                            size_t *len)
{
    static const unsigned char midnight[3] = {0, 0, 0};
    unsigned year = 0, month = 0, day = 0, micros = 0;
    const unsigned char *clock = midnight;
    char *at = out;

    if (n != 0 && n != 4 && n != 7 && n != 11)
        return false;
    if (n >= 4) {
        year = p[0] | (unsigned)p[1] << 8;
        month = p[2];
        day = p[3];
    }
    if (n >= 7)
        clock = p + 4;
    if (n == 11)
        micros = (unsigned)little_endian(p + 7, 4);
    if (year > 9999 || month > 12 || day > 31 || !clock_fits(clock) || micros > 999999)
        return false;
    at = put_number(at, year, 4);
    *at++ = '-';
    at = put_number(at, month, 2);
    *at++ = '-';
    at = put_number(at, day, 2);
    if (with_time) {
        *at++ = ' ';
        at = put_clock(at, clock);
        at = put_fraction(at, micros);
    }
    *at = 0;
    *len = (size_t)(at - out);
    return true;
}

/* length 0 = zero; 8 = sign, days (4), hours, minutes, seconds; 12 = and microseconds */
static bool time_binary(const unsigned char *p, size_t n, char *out, size_t *len)
{
    unsigned long long hours = 0;
    unsigned char clock[3] = {0, 0, 0};
    unsigned micros = 0;
    char *at = out;

    if (n != 0 && n != 8 && n != 12)
        return false;
    if (n >= 8) {
        if (p[0])
            *at++ = '-';
        hours = little_endian(p + 1, 4) * 24 + p[5];
        clock[1] = p[6];
        clock[2] = p[7];
    }
    if (n == 12)
        micros = (unsigned)little_endian(p + 8, 4);
    if (hours > 9999 || !clock_fits(clock) || micros > 999999)
        return false;
    if (hours > 99) {
        at = put_number(at, (unsigned)hours, hours > 999 ? 4 : 3);
        *at++ = ':';
        at = put_number(at, clock[1], 2);
        *at++ = ':';
        at = put_number(at, clock[2], 2);
    } else {
        clock[0] = (unsigned char)hours;
        at = put_clock(at, clock);
    }
    at = put_fraction(at, micros);
    *at = 0;
    *len = (size_t)(at - out);
    return true;
}

bool my_time_text(enum my_kind kind, const char *p, size_t n, char out[MY_SCRATCH], size_t *len)
{
    static const char date_form[] = "dddd-dd-dd", clock_form[] = " dd:dd:dd";
    size_t whole = sizeof date_form - 1, fraction;

    /* The part before the fraction must have the form; then only the fraction may differ. */
    if (n + FRACTION_DIGITS + 2 > MY_SCRATCH)
        return false;
    if (kind == KIND_TIME) {
        const char *colon = memchr(p, ':', n);
        size_t sign = n > 0 && p[0] == '-', hours;
        if (!colon)
            return false;
        hours = (size_t)(colon - p) - sign;
        whole = sign + hours + 6;
        if (hours < 2 || hours > 4 || n < whole || colon[3] != ':')
            return false;
        for (size_t i = sign; i < whole; i++) {
            bool digit = p[i] >= '0' && p[i] <= '9';
            if (digit == (p + i == colon || p + i == colon + 3))
                return false;
        }
    } else {
        whole += kind == KIND_DATETIME ? sizeof clock_form - 1 : 0;
        if (n < whole)
            return false;
        for (size_t i = 0; i < whole; i++) {
            char form =
                i < sizeof date_form - 1 ? date_form[i] : clock_form[i - (sizeof date_form - 1)];
            if (form == 'd' ? p[i] < '0' || p[i] > '9' : p[i] != form)
                return false;
        }
    }
    memcpy(out, p, whole);
    fraction = n - whole;
    if (fraction > 0) {
        bool zero = true;
        if (p[whole] != '.' || fraction == 1 || fraction > 1 + FRACTION_DIGITS || kind == KIND_DATE)
            return false;
        for (size_t i = whole + 1; i < n; i++) {
            if (p[i] < '0' || p[i] > '9')
                return false;
            zero = zero && p[i] == '0';
        }
        if (!zero) {
            memset(out + whole, '0', 1 + FRACTION_DIGITS);
            memcpy(out + whole, p + whole, fraction);
            whole += 1 + FRACTION_DIGITS;
        }
    }
    out[whole] = 0;
    *len = whole;
    return true;
}

/* ---- cells ----------------------------------------------------------------------------------------------- */

/* Integers of int64 and doubles, in place: this runs for every value of every row. */
static inline void number_cell(const struct my_column *column, const unsigned char *p,
                               struct cell *out)
{
    unsigned long long u = little_endian(p, column->width);
    if (column->kind == KIND_INT) {
        if (column->width < 8 && u >> (8 * column->width - 1))
            u |= ~0ULL << (8 * column->width);
        memcpy(&out->i, &u, sizeof out->i);
        out->cls = CELL_INT;
    } else {
        memcpy(&out->r, &u, sizeof out->r);
        out->cls = isnan(out->r) ? CELL_NULL : CELL_REAL;
    }
}

/* Columns that are decoded with the row: those for which that costs no more than to put it off. */
static inline bool is_eager(const struct my_column *column)
{
    return column->kind == KIND_INT || column->kind == KIND_DOUBLE || column->kind == KIND_TEXT;
}

sqlite3_uint64 my_eager_columns(const struct my_column *columns, int ncolumns)
{
    sqlite3_uint64 eager = 0;
    for (int i = 0; i < ncolumns && i < ROWS_AT_HAND; i++) {
        if (is_eager(&columns[i]))
            eager |= 1ULL << i;
    }
    return eager;
}

/* A text that lies in the packet is moved over its length. */
static inline void packet_text(struct my_value *value, struct cell *out)
{
    if (!value->terminated) {
        memmove(value->p - 1, value->p, value->n);
        value->p--;
        value->p[value->n] = 0;
        value->terminated = true;
    }
    out->cls = CELL_TEXT;
    out->terminated = true;
    out->n = value->n;
    out->p = (const char *)value->p;
}

static struct cell terminated_text(const char *p, size_t n)
{
    struct cell cell = cell_text(p, n);
    cell.terminated = true;
    return cell;
}

bool my_decode_binary(const struct my_column *column, struct my_value *value,
                      char scratch[MY_SCRATCH], struct cell *out)
{
    const unsigned char *p = value->p;
    size_t n;
    float f;

    if (!p) {
        *out = cell_null();
        return true;
    }
    switch (column->kind) {
    case KIND_INT:
    case KIND_DOUBLE:
        number_cell(column, p, out);
        return true;
    case KIND_UINT:
        *out = unsigned_cell(little_endian(p, column->width), scratch);
        return true;
    case KIND_FLOAT: {
        unsigned bits = (unsigned)little_endian(p, 4);
        memcpy(&f, &bits, sizeof f);
        *out = cell_real((double)f);
        return true;
    }
    case KIND_DECIMAL:
        return decimal_cell((const char *)p, value->n, out);
    case KIND_BIT:
        return bit_cell(p, value->n, scratch, out);
    case KIND_TEXT:
        packet_text(value, out);
        return true;
    case KIND_BLOB:
        *out = cell_blob(p, value->n);
        return true;
    case KIND_DATE:
    case KIND_DATETIME:
        if (!datetime_binary(column->kind == KIND_DATETIME, p, value->n, scratch, &n))
            return false;
        *out = terminated_text(scratch, n);
        return true;
    case KIND_TIME:
        if (!time_binary(p, value->n, scratch, &n))
            return false;
        *out = terminated_text(scratch, n);
        return true;
    case KIND_NULL:
        *out = cell_null();
        return true;
    }
    return false;
}

bool my_decode_text(const struct my_column *column, const struct my_value *value,
                    char scratch[MY_SCRATCH], struct cell *out)
{
    const char *p = (const char *)value->p;
    size_t n;
    double r;

    if (!p) {
        *out = cell_null();
        return true;
    }
    switch (column->kind) {
    case KIND_INT:
    case KIND_UINT:
        return integer_text_cell(p, value->n, scratch, out);
    case KIND_FLOAT:
    case KIND_DOUBLE:
        if (!decimal_parse_double(p, value->n, &r))
            return false;
        *out = cell_real(column->kind == KIND_FLOAT ? (double)(float)r : r);
        return true;
    case KIND_DECIMAL:
        return decimal_cell(p, value->n, out);
    case KIND_BIT:
        return bit_cell(value->p, value->n, scratch, out);
    case KIND_TEXT:
        *out = terminated_text(p, value->n);
        return true;
    case KIND_BLOB:
        *out = cell_blob(p, value->n);
        return true;
    case KIND_DATE:
    case KIND_DATETIME:
    case KIND_TIME:
        if (!my_time_text(column->kind, p, value->n, scratch, &n))
            return false;
        *out = terminated_text(scratch, n);
        return true;
    case KIND_NULL:
        break;
    }
    *out = cell_null();
    return true;
}

bool my_row_take(struct my_conn *c, struct my_stmt *s)
{
    struct client *k = &c->client;
    if (!my_row_parse(k->row, k->row_end, s->columns, s->ncolumns, s->values))
        return false;
    for (int i = 0; i < s->ncolumns; i++) {
        struct my_value *value = &s->values[i];
        if (!is_eager(&s->columns[i]))
            continue;
        if (value->p == NULL)
            s->cells[i].cls = CELL_NULL;
        else if (s->columns[i].kind == KIND_TEXT)
            packet_text(value, &s->cells[i]);
        else
            number_cell(&s->columns[i], value->p, &s->cells[i]);
    }
    return true;
}

int my_cell(struct rows *rows, int column, struct cell *out, struct err *err)
{
    struct my_conn *c = (struct my_conn *)rows->conn;
    struct my_stmt *s = (struct my_stmt *)rows->stmt;
    struct client *k = &c->client;
    struct my_value value;
    bool fine;

    if (s->handle && is_eager(&s->columns[column])) {
        *out = s->cells[column];
        return SQLITE_OK;
    }
    if (s->handle) {
        fine = my_decode_binary(&s->columns[column], &s->values[column], s->scratch[column], out);
    } else {
        value = (struct my_value){.p = (unsigned char *)k->text[column], .n = k->lengths[column]};
        fine = my_decode_text(&s->columns[column], &value, s->scratch[column], out);
    }
    if (!fine)
        return my_lost(c, err, "the server sent a malformed value in column %d", column + 1);
    return SQLITE_OK;
}
