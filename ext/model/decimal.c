/* Decimal text ⇄ double by way of a digit string and an exponent.
**
** The C library does the hard part (its strtod and its %e are exact), but only ever sees or shows digits and
** an exponent: what the locale says about the decimal point has no say here.
** SQLite's own conversions differ from these in the last bit now and then: see model/cell.c. */
#include "model/decimal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPONENT_MOST 100000000 /* far beyond any double, far from overflow */

/* The same set in every locale. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits from p on: appended to d, or counted in the exponent once d is full.  Returns how many. */
static size_t scan_digits(const char *p, size_t n, bool fraction, struct decimal *d)
{
    size_t i = 0;
    for (; i < n && is_digit(p[i]); i++) {
        bool counts = d->exponent > -EXPONENT_MOST && d->exponent < EXPONENT_MOST;
        if (d->ndigits == 0 && p[i] == '0') {
            d->exponent -= fraction && counts;
        } else if (d->ndigits < DECIMAL_DIGITS) {
            d->digits[d->ndigits++] = p[i];
            d->exponent -= fraction && counts;
        } else {
            d->exponent += !fraction && counts;
            char *last = &d->digits[DECIMAL_DIGITS - 1];
            if (p[i] != '0' && *last == '0') /* sticky: the rest is more than nothing */
                *last = '1';
        }
    }
    return i;
}

/* The exponent part after the 'e'; 0 = malformed, else its length. */
static size_t scan_exponent(const char *p, size_t n, struct decimal *d)
{
    size_t i = 0;
    int e = 0;
    bool negative = n > 0 && p[0] == '-';
    if (n > 0 && (p[0] == '-' || p[0] == '+'))
        i++;
    size_t first = i;
    for (; i < n && is_digit(p[i]); i++) {
        if (e < EXPONENT_MOST)
            e = e * 10 + (p[i] - '0');
    }
    if (i == first)
        return 0;
    d->exponent += negative ? -e : e;
    return i;
}

static void strip_zeros(struct decimal *d)
{
    while (d->ndigits > 0 && d->digits[d->ndigits - 1] == '0') {
        d->ndigits--;
        d->exponent++;
    }
    if (d->ndigits == 0)
        d->exponent = 0;
}

void decimal_scan(const char *p, size_t n, struct decimal *d)
{
    size_t i = 0;
    d->form = DECIMAL_NONE;
    d->negative = false;
    d->ndigits = d->exponent = 0;
    while (i < n && is_blank(p[i]))
        i++;
    if (i < n && (p[i] == '-' || p[i] == '+'))
        d->negative = p[i++] == '-';
    bool real = false;
    size_t count = scan_digits(p + i, n - i, false, d);
    i += count;
    if (i < n && p[i] == '.') {
        real = true;
        i++;
        size_t more = scan_digits(p + i, n - i, true, d);
        i += more;
        count += more;
    }
    if (count == 0)
        return;
    if (i < n && (p[i] == 'e' || p[i] == 'E')) {
        real = true;
        i++;
        size_t length = scan_exponent(p + i, n - i, d);
        if (length == 0)
            return;
        i += length;
    }
    while (i < n && is_blank(p[i]))
        i++;
    if (i < n)
        return;
    strip_zeros(d);
    d->form = real ? DECIMAL_REAL : DECIMAL_INTEGER;
}

double decimal_to_double(const struct decimal *d)
{
    char text[DECIMAL_DIGITS + 32];
    if (d->ndigits == 0)
        return d->negative ? -0.0 : 0.0;
    memcpy(text, d->digits, (size_t)d->ndigits);
    sqlite3_snprintf(24, text + d->ndigits, "e%d", d->exponent);
    double r = strtod(text, NULL);
    return d->negative ? -r : r;
}

bool decimal_to_int64(const struct decimal *d, sqlite3_int64 *out)
{
    unsigned long long v = 0;
    const unsigned long long most = (unsigned long long)LLONG_MAX + (d->negative ? 1 : 0);
    if (d->exponent < 0 || d->ndigits + (d->ndigits > 0 ? d->exponent : 0) > 19)
        return false;
    for (int i = 0; i < d->ndigits + (d->ndigits > 0 ? d->exponent : 0); i++)
        v = v * 10 + (unsigned)(i < d->ndigits ? d->digits[i] - '0' : 0);
    if (v > most)
        return false;
    *out = d->negative ? (sqlite3_int64)(0 - v) : (sqlite3_int64)v;
    return true;
}

void decimal_from_double(double r, struct decimal *out)
{
    char text[48];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, r);
        const char *e = strchr(text, 'e');
        *out = (struct decimal){.form = DECIMAL_REAL, .negative = text[0] == '-'};
        if (e == NULL) /* not finite: no digits */
            return;
        for (const char *p = text; p < e; p++) {
            if (is_digit(*p))
                out->digits[out->ndigits++] = *p;
        }
        out->exponent = (int)strtol(e + 1, NULL, 10) - (digits - 1);
        if (out->digits[0] == '0') /* zero has no digits */
            out->ndigits = 0;
        strip_zeros(out);
        if (decimal_to_double(out) == r)
            return;
    }
}

bool decimal_parse_double(const char *p, size_t n, double *out)
{
    struct decimal d;
    decimal_scan(p, n, &d);
    if (d.form == DECIMAL_NONE)
        return false;
    *out = decimal_to_double(&d);
    return true;
}

size_t decimal_print(const struct decimal *d, int scale, char *out, size_t size)
{
    size_t used = 0;
    int point = d->ndigits + d->exponent; /* digits before the decimal point; may be <= 0 */
    int before = point > 0 ? point : 1;
    int after = d->exponent < 0 ? -d->exponent : 0;
    if (scale > after)
        after = scale;
    if (d->negative && d->ndigits > 0)
        out[used++] = '-';
    if (d->ndigits > 0 &&
        (before > (int)size || after > (int)size || before + after + 3 > (int)size)) {
        out[used++] = d->digits[0];
        if (d->ndigits > 1)
            out[used++] = '.';
        memcpy(out + used, d->digits + 1, (size_t)d->ndigits - 1);
        used += (size_t)d->ndigits - 1;
        sqlite3_snprintf((int)(size - used), out + used, "e%s%d", point - 1 < 0 ? "" : "+",
                         point - 1);
        return used + strlen(out + used);
    }
    if (after > (int)size - before - 3) /* a zero with more scale than room */
        after = (int)size - before - 3;
    for (int i = -before; i < after; i++) {
        int at = point + i; /* which digit stands here: i counts from the decimal point */
        if (i == 0)
            out[used++] = '.';
        out[used++] = at >= 0 && at < d->ndigits ? d->digits[at] : '0';
    }
    out[used] = 0;
    return used;
}
