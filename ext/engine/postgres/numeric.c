/* numeric's binary form: base-10000 digits, a weight, a sign, a display scale.
**
** Reading gives an integer where the value is one and fits int64, else the nearest double, as
** SQLite's NUMERIC affinity would; NaN is NULL.  Numbers of up to 16 digits take a fast path that
** needs one exact floating point operation (pg_numeric_short, where nothing is to be trimmed); all
** others go through model/decimal.  Writing keeps every digit of a text. */
#include "engine/postgres/codec.h"
#include "model/decimal.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define SIGN_POSITIVE 0x0000
#define SIGN_NEGATIVE 0x4000
#define SIGN_NAN 0xC000
#define SIGN_INFINITY 0xD000
#define SIGN_MINUS_INFINITY 0xF000
#define BASE 10000
#define BASE_DIGITS 4
#define HEADER 8
#define WORDS_MAX 32767               /* base-10000 digits of one number */
#define EXACT_INT 9007199254740992ULL /* 2^53 */
#define SHORT_WORDS 4                 /* 10^16 fits an int64 many times over */
#define SHORT_BEHIND 5                /* words behind the point: 10^20 is exact */
#define EXACT_POWER 22 /* 10^22 is the last power of ten that a double holds exactly */

struct numeric {
    int n, weight; /* words; the first one stands for 10000^weight */
    unsigned sign, scale;
    const unsigned char *words;
};

static unsigned word_at(const struct numeric *num, int i)
{
    return pg_u16(num->words + 2 * (size_t)i);
}

static bool numeric_parse(const unsigned char *p, size_t n, struct numeric *out)
{
    if (n < HEADER)
        return false;
    out->n = (int)pg_u16(p);
    out->weight = (int)(short)pg_u16(p + 2);
    out->sign = pg_u16(p + 4);
    out->scale = pg_u16(p + 6);
    out->words = p + HEADER;
    if (n != HEADER + 2 * (size_t)out->n)
        return false;
    for (int i = 0; i < out->n; i++) {
        if (word_at(out, i) >= BASE)
            return false;
    }
    while (out->n > 0 && word_at(out, 0) == 0) {
        out->words += 2;
        out->n--;
        out->weight--;
    }
    while (out->n > 0 && word_at(out, out->n - 1) == 0)
        out->n--;
    return true;
}

/* An integer that fits int64. */
static bool as_int64(const struct numeric *num, sqlite3_int64 *out)
{
    const unsigned long long most = 1ULL << 63;
    bool negative = num->sign == SIGN_NEGATIVE;
    unsigned long long v = 0;

    if (num->n > num->weight + 1 || num->weight > 4)
        return false;
    for (int i = 0; i <= num->weight; i++) {
        unsigned word = i < num->n ? word_at(num, i) : 0;
        if (v > (most - word) / BASE)
            return false;
        v = v * BASE + word;
    }
    if (v > most - !negative)
        return false;
    *out = negative ? (sqlite3_int64)(0 - v) : (sqlite3_int64)v;
    return true;
}

/* Mantissa and power of ten both exact as doubles: one operation, one rounding. */
static bool as_exact_double(const struct numeric *num, double *out)
{
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 0
    static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    unsigned long long v = 0;
    int exponent = BASE_DIGITS * (num->weight - num->n + 1);
    if (num->n > 4)
        return false;
    for (int i = 0; i < num->n; i++)
        v = v * BASE + word_at(num, i);
    while (v % 10 == 0 && v > 0) {
        v /= 10;
        exponent++;
    }
    if (v > EXACT_INT || exponent > EXACT_POWER || exponent < -EXACT_POWER)
        return false;
    *out = exponent < 0 ? (double)v / powers[-exponent] : (double)v * powers[exponent];
    return true;
#else
    (void)num;
    (void)out;
    return false;
#endif
}

static double as_nearest_double(const struct numeric *num)
{
    struct decimal d = {.form = DECIMAL_REAL};
    d.exponent = BASE_DIGITS * (num->weight + 1);
    for (int i = 0; i < num->n; i++) {
        unsigned word = word_at(num, i);
        for (unsigned unit = BASE / 10; unit > 0; unit /= 10) {
            char digit = (char)('0' + word / unit % 10);
            if (d.ndigits == 0 && digit == '0') {
                d.exponent--;
            } else if (d.ndigits < DECIMAL_DIGITS) {
                d.digits[d.ndigits++] = digit;
                d.exponent--;
            } else if (digit != '0' && d.digits[DECIMAL_DIGITS - 1] == '0') {
                d.digits[DECIMAL_DIGITS - 1] = '1'; /* what follows is more than nothing */
            }
        }
    }
    while (d.ndigits > 0 && d.digits[d.ndigits - 1] == '0') {
        d.ndigits--;
        d.exponent++;
    }
    return decimal_to_double(&d);
}

/* Neither the first nor the last word is zero, so it is an integer if none stands behind the point.  Zero has no words. */
bool pg_numeric_short(const unsigned char *p, size_t n, struct cell *out)
{
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 0
    static const double powers[SHORT_BEHIND + 1] = {1e0, 1e4, 1e8, 1e12, 1e16, 1e20};
    unsigned long long v = 0;
    unsigned word = 0;
    if (n < HEADER || n > HEADER + 2 * SHORT_WORDS)
        return false;
    int words = (int)pg_u16(p), weight = (int)(short)pg_u16(p + 2);
    int behind = words - 1 - weight;
    unsigned sign = pg_u16(p + 4);
    if (n != HEADER + 2 * (size_t)words || (sign & ~(unsigned)SIGN_NEGATIVE) != 0)
        return false;
    if (words == 0) {
        *out = cell_int(0);
        return true;
    }
    if (weight >= SHORT_WORDS || behind > SHORT_BEHIND || pg_u16(p + HEADER) == 0)
        return false;
    for (int i = 0; i < words; i++) {
        word = pg_u16(p + HEADER + 2 * (size_t)i);
        if (word >= BASE)
            return false;
        v = v * BASE + word;
    }
    if (word == 0 || (behind > 0 && v > EXACT_INT))
        return false;
    if (behind > 0) {
        double r = (double)v / powers[behind];
        *out = cell_real(sign == SIGN_NEGATIVE ? -r : r);
        return true;
    }
    for (; behind < 0; behind++)
        v *= BASE;
    *out = cell_int(sign == SIGN_NEGATIVE ? -(sqlite3_int64)v : (sqlite3_int64)v);
    return true;
#else
    (void)p;
    (void)n;
    (void)out;
    return false;
#endif
}

bool pg_numeric_decode(const unsigned char *p, size_t n, struct cell *out)
{
    struct numeric num;
    sqlite3_int64 i;
    double r;

    if (pg_numeric_short(p, n, out))
        return true;
    if (!numeric_parse(p, n, &num))
        return false;
    switch (num.sign) {
    case SIGN_NAN:
        *out = cell_null();
        return true;
    case SIGN_INFINITY:
    case SIGN_MINUS_INFINITY:
        *out = cell_real(num.sign == SIGN_INFINITY ? HUGE_VAL : -HUGE_VAL);
        return true;
    case SIGN_POSITIVE:
    case SIGN_NEGATIVE:
        break;
    default:
        return false;
    }
    if (num.n == 0) {
        *out = cell_int(0);
        return true;
    }
    if (as_int64(&num, &i)) {
        *out = cell_int(i);
        return true;
    }
    if (!as_exact_double(&num, &r))
        r = as_nearest_double(&num);
    *out = cell_real(num.sign == SIGN_NEGATIVE ? -r : r);
    return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_header(struct buf *out, unsigned nwords, int weight, unsigned sign, int scale)
{
    buf_add_u16be(out, nwords);
    buf_add_u16be(out, (unsigned)weight & 0xFFFF);
    buf_add_u16be(out, sign);
    buf_add_u16be(out, (unsigned)scale);
}

/* The text's digits in order, the decimal point passed over. */
struct digits {
    const char *p, *end;
    int before; /* digits before the point */
    int n;      /* all */
    int exponent;
    bool negative;
};

static bool digits_scan(const char *p, size_t n, struct digits *d)
{
    const char *q = p, *end = p + n;
    bool point = false;
    *d = (struct digits){.negative = n > 0 && *p == '-'};
    if (q < end && (*q == '-' || *q == '+'))
        q++;
    d->p = q;
    for (; q < end && (*q == '.' || (*q >= '0' && *q <= '9')); q++) {
        if (*q == '.') {
            if (point)
                return false;
            point = true;
        } else {
            d->n++;
            d->before += !point;
        }
    }
    d->end = q;
    if (d->n == 0)
        return false;
    if (q < end && (*q == 'e' || *q == 'E')) {
        bool minus = false;
        if (++q < end && (*q == '-' || *q == '+'))
            minus = *q++ == '-';
        if (q == end || end - q > 6)
            return false;
        for (; q < end && *q >= '0' && *q <= '9'; q++)
            d->exponent = d->exponent * 10 + (*q - '0');
        d->exponent = minus ? -d->exponent : d->exponent;
    }
    return q == end;
}

static int floor_div(int a, int b)
{
    return a / b - (a % b < 0);
}

static bool encode_digits(struct digits d, struct buf *out)
{
    /* The first digit stands for 10^(top): words begin at multiples of four from the point. */
    int top, scale, weight, nwords, position;
    const char *p = d.p;
    unsigned word = 0;

    while (p < d.end && (*p == '0' || *p == '.')) {
        if (*p == '0') {
            d.before--;
            d.n--;
        }
        p++;
    }
    scale = d.n - d.before - d.exponent;
    if (scale < 0)
        scale = 0;
    if (d.n == 0) {
        put_header(out, 0, 0, SIGN_POSITIVE, scale > 16383 ? 16383 : scale);
        return true;
    }
    top = d.before + d.exponent - 1;
    weight = floor_div(top, BASE_DIGITS);
    nwords = weight - floor_div(top - d.n + 1, BASE_DIGITS) + 1;
    if (nwords > WORDS_MAX || weight > 32767 || weight < -32768 || scale > 16383)
        return false;
    put_header(out, (unsigned)nwords, weight, d.negative ? SIGN_NEGATIVE : SIGN_POSITIVE, scale);
    position = top - weight * BASE_DIGITS; /* of the next digit in its word: 3 .. 0 */
    for (; p < d.end; p++) {
        if (*p == '.')
            continue;
        word = word * 10 + (unsigned)(*p - '0');
        if (position-- == 0) {
            buf_add_u16be(out, word);
            word = 0;
            position = BASE_DIGITS - 1;
        }
    }
    if (position < BASE_DIGITS - 1) {
        for (; position >= 0; position--)
            word *= 10;
        buf_add_u16be(out, word);
    }
    return true;
}

bool pg_numeric_encode(const struct cell *value, struct buf *out)
{
    struct digits d;
    char text[PG_SCRATCH];

    if (value->cls == CELL_TEXT) {
        if (!digits_scan(value->p, value->n, &d))
            return false;
        return encode_digits(d, out);
    }
    if (value->cls == CELL_INT) {
        sqlite3_snprintf(sizeof text, text, "%lld", value->i);
    } else if (value->cls == CELL_REAL) {
        struct decimal shortest;
        if (isinf(value->r)) {
            put_header(out, 0, 0, value->r > 0 ? SIGN_INFINITY : SIGN_MINUS_INFINITY, 0);
            return true;
        }
        decimal_from_double(value->r, &shortest);
        if (shortest.ndigits == 0)
            sqlite3_snprintf(sizeof text, text, "0");
        else
            sqlite3_snprintf(sizeof text, text, "%s%.*se%d", shortest.negative ? "-" : "",
                             shortest.ndigits, shortest.digits, shortest.exponent);
    } else {
        return false;
    }
    return digits_scan(text, strlen(text), &d) && encode_digits(d, out);
}
