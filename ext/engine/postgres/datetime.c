/* Dates and times between Postgres's binary numbers and texts.
**
** The binary form counts days or microseconds from 2000-01-01 in the proleptic Gregorian calendar,
** with the largest and smallest number standing for infinity.  Years before 1 are spelt "0044-03-15
** BC", as Postgres does.  A fraction is written with six digits and only when it is not zero: the
** canonical form of model/coltype.h, whatever number of digits the server's own text would have. */
#include "engine/postgres/codec.h"

#include <limits.h>
#include <string.h>

#define US_PER_SECOND 1000000LL
#define US_PER_DAY (86400 * US_PER_SECOND)
#define DAYS_1970_TO_2000 10957
#define YEAR_MIN (-4712) /* 4713 BC */
#define DATE_YEAR_MAX 5874897
#define STAMP_YEAR_MAX 294276
#define INFINITE "infinity"

struct civil {
    sqlite3_int64 year; /* 0 = 1 BC */
    int month, day;
};

/* Era arithmetic over 400-year cycles that begin on 1 March. */
static struct civil civil_from_days(sqlite3_int64 days)
{
    sqlite3_int64 z = days + DAYS_1970_TO_2000 + 719468;
    sqlite3_int64 era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = (int)(z - era * 146097);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    struct civil c = {
        .day = doy - (153 * mp + 2) / 5 + 1,
        .month = mp < 10 ? mp + 3 : mp - 9,
        .year = yoe + era * 400,
    };
    c.year += c.month <= 2;
    return c;
}

static sqlite3_int64 days_from_civil(struct civil c)
{
    sqlite3_int64 y = c.year - (c.month <= 2);
    sqlite3_int64 era = (y >= 0 ? y : y - 399) / 400;
    int yoe = (int)(y - era * 400);
    int doy = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468 - DAYS_1970_TO_2000;
}

/* ---- to text --------------------------------------------------------------------------------- */

/* Writes at least `width` digits, returns the end. */
static char *put_digits(char *out, sqlite3_int64 v, int width)
{
    char digits[20];
    int n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    while (n < width)
        digits[n++] = '0';
    while (n > 0)
        *out++ = digits[--n];
    return out;
}

static char *put_date(char *out, struct civil c)
{
    out = put_digits(out, c.year > 0 ? c.year : 1 - c.year, 4);
    *out++ = '-';
    out = put_digits(out, c.month, 2);
    *out++ = '-';
    return put_digits(out, c.day, 2);
}

static char *put_time(char *out, sqlite3_int64 us)
{
    sqlite3_int64 seconds = us / US_PER_SECOND;
    out = put_digits(out, seconds / 3600, 2);
    *out++ = ':';
    out = put_digits(out, seconds / 60 % 60, 2);
    *out++ = ':';
    out = put_digits(out, seconds % 60, 2);
    if (us % US_PER_SECOND != 0) {
        *out++ = '.';
        out = put_digits(out, us % US_PER_SECOND, 6);
    }
    return out;
}

static void put_era(char *out, struct civil c)
{
    memcpy(out, c.year > 0 ? "" : " BC", c.year > 0 ? 1 : 4);
}

void pg_date_text(int days, char out[PG_SCRATCH])
{
    struct civil c;
    if (days == INT_MAX || days == INT_MIN) {
        memcpy(out, days > 0 ? INFINITE : "-" INFINITE, sizeof "-" INFINITE - (days > 0));
        return;
    }
    c = civil_from_days(days);
    put_era(put_date(out, c), c);
}

bool pg_time_text(sqlite3_int64 us, char out[PG_SCRATCH])
{
    if (us < 0 || us > US_PER_DAY)
        return false;
    *put_time(out, us) = 0;
    return true;
}

void pg_timestamp_text(sqlite3_int64 us, char out[PG_SCRATCH])
{
    sqlite3_int64 days = us / US_PER_DAY;
    struct civil c;
    if (us == LLONG_MAX || us == LLONG_MIN) {
        memcpy(out, us > 0 ? INFINITE : "-" INFINITE, sizeof "-" INFINITE - (us > 0));
        return;
    }
    us %= US_PER_DAY;
    if (us < 0) {
        us += US_PER_DAY;
        days--;
    }
    c = civil_from_days(days);
    out = put_date(out, c);
    *out++ = ' ';
    put_era(put_time(out, us), c);
}

/* ---- from text ------------------------------------------------------------------------------- */

struct reader {
    const char *p, *end;
};

static bool take(struct reader *r, char c)
{
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

/* Between `least` and `most` digits. */
static bool take_number(struct reader *r, int least, int most, int *out)
{
    int n = 0, v = 0;
    while (n < most && r->p < r->end && *r->p >= '0' && *r->p <= '9') {
        v = v * 10 + (*r->p++ - '0');
        n++;
    }
    *out = v;
    return n >= least;
}

static bool take_date(struct reader *r, struct civil *c)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char bc[] = " BC";
    int year, month, day, length;
    size_t n;

    if (!take_number(r, 4, 7, &year) || !take(r, '-') || !take_number(r, 2, 2, &month) ||
        !take(r, '-') || !take_number(r, 2, 2, &day) || year == 0 || month < 1 || month > 12)
        return false;
    n = (size_t)(r->end - r->p);
    if (n >= 3 && memcmp(r->end - 3, bc, 3) == 0) {
        year = 1 - year;
        r->end -= 3;
    }
    length = lengths[month - 1];
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        length++;
    *c = (struct civil){.year = year, .month = month, .day = day};
    return day >= 1 && day <= length && year >= YEAR_MIN;
}

static bool take_time(struct reader *r, sqlite3_int64 *us)
{
    int h, m, s, micro = 0;
    if (!take_number(r, 2, 2, &h) || !take(r, ':') || !take_number(r, 2, 2, &m) || !take(r, ':') ||
        !take_number(r, 2, 2, &s))
        return false;
    if (take(r, '.')) {
        const char *first = r->p;
        if (!take_number(r, 1, 6, &micro))
            return false;
        for (ptrdiff_t n = r->p - first; n < 6; n++)
            micro *= 10;
    }
    *us = ((h * 60LL + m) * 60 + s) * US_PER_SECOND + micro;
    return m < 60 && s < 60 && *us <= US_PER_DAY;
}

/* 1, -1 or 0: infinity, its opposite, neither. */
static int infinite(const char *p, size_t n)
{
    static const char word[] = "-" INFINITE;
    if (n == sizeof word - 1 && memcmp(p, word, n) == 0)
        return -1;
    return n == sizeof word - 2 && memcmp(p, word + 1, n) == 0;
}

bool pg_date_parse(const char *p, size_t n, int *days)
{
    struct reader r = {p, p + n};
    struct civil c;
    int sign = infinite(p, n);
    if (sign != 0) {
        *days = sign > 0 ? INT_MAX : INT_MIN;
        return true;
    }
    if (!take_date(&r, &c) || r.p != r.end || c.year > DATE_YEAR_MAX)
        return false;
    *days = (int)days_from_civil(c);
    return true;
}

bool pg_time_parse(const char *p, size_t n, sqlite3_int64 *us)
{
    struct reader r = {p, p + n};
    return take_time(&r, us) && r.p == r.end;
}

bool pg_timestamp_parse(const char *p, size_t n, sqlite3_int64 *us)
{
    struct reader r = {p, p + n};
    sqlite3_int64 time = 0;
    struct civil c;
    int sign = infinite(p, n);
    if (sign != 0) {
        *us = sign > 0 ? LLONG_MAX : LLONG_MIN;
        return true;
    }
    if (!take_date(&r, &c) || c.year > STAMP_YEAR_MAX)
        return false;
    if (r.p != r.end && (!take(&r, ' ') || !take_time(&r, &time) || r.p != r.end))
        return false;
    if (time == US_PER_DAY)
        return false; /* 24:00:00 would come back as the next day's midnight */
    *us = days_from_civil(c) * US_PER_DAY + time;
    return true;
}
