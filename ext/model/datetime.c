/* Dates, times and intervals as text → their canonical text.
**
** Strict on purpose: servers read '2024-1-2', '10', '2024-01-02 10:00 CET' or '24:00' each in their own way.
** Years are astronomical inside (0 = 1 BC), proleptic Gregorian, as on the servers. */
#include "model/datetime.h"

#include "base/sqlite.h"

#include <string.h>

#define DAY_SECONDS 86400
#define MONTHS_MOST 2147483647LL /* what Postgres has room for, as for days */

struct scan {
    const char *p, *end;
};

struct moment {
    long year;
    int month, day, hour, minute, second, micro;
};

static bool at_digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/* Takes one character of set, false if it is none of them. */
static bool take_any(struct scan *s, const char *set)
{
    if (s->p == s->end || *s->p == 0 || strchr(set, *s->p) == NULL)
        return false;
    s->p++;
    return true;
}

/* Takes word if it stands here. */
static bool take_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return false;
    s->p += n;
    return true;
}

/* least to most digits as a number. */
static bool take_number(struct scan *s, int least, int most, long *out)
{
    int count = 0;
    *out = 0;
    for (; count < most && at_digit(s); count++)
        *out = *out * 10 + (*s->p++ - '0');
    return count >= least && !at_digit(s);
}

static bool take_two(struct scan *s, int most, int *out)
{
    long v;
    bool ok = take_number(s, 2, 2, &v) && v <= most;
    *out = (int)v;
    return ok;
}

/* [.ffffff] with no more than `digits` that are not zero. */
static bool take_fraction(struct scan *s, int digits, int *micro)
{
    int scale = 100000;
    *micro = 0;
    if (!take_any(s, "."))
        return true;
    if (!at_digit(s))
        return false;
    for (int i = 0; at_digit(s); i++, s->p++) {
        if (i >= digits && *s->p != '0')
            return false;
        *micro += (*s->p - '0') * scale;
        scale /= 10;
    }
    return true;
}

static bool is_leap(long year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(long year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* YYYY-MM-DD; the day is checked once BC is known. */
static bool take_date(struct scan *s, struct moment *m)
{
    const char *first = s->p;
    if (!take_number(s, 4, 6, &m->year) || m->year < 1 || (s->p - first > 4 && *first == '0'))
        return false;
    return take_any(s, "-") && take_two(s, 12, &m->month) && m->month >= 1 && take_any(s, "-") &&
           take_two(s, 31, &m->day) && m->day >= 1;
}

static bool take_bc(struct scan *s, struct moment *m)
{
    if (take_word(s, " BC"))
        m->year = 1 - m->year;
    return m->day <= days_in_month(m->year, m->month);
}

/* HH:MM[:SS[.f]] */
static bool take_clock(struct scan *s, int digits, struct moment *m)
{
    m->second = m->micro = 0;
    if (!take_two(s, 23, &m->hour) || !take_any(s, ":") || !take_two(s, 59, &m->minute))
        return false;
    if (!take_any(s, ":"))
        return true;
    return take_two(s, 59, &m->second) && take_fraction(s, digits, &m->micro);
}

/* Z, ±HH, ±HHMM, ±HH:MM after an optional blank → seconds east of Greenwich. */
static bool take_zone(struct scan *s, int *seconds)
{
    int hours, minutes = 0;
    const char *start = s->p;
    *seconds = 0;
    take_any(s, " ");
    if (take_any(s, "Zz"))
        return true;
    bool west = s->p < s->end && *s->p == '-';
    if (!take_any(s, "+-")) {
        s->p = start;
        return true;
    }
    long v;
    if (!at_digit(s))
        return false;
    const char *first = s->p;
    if (!take_number(s, 2, 4, &v) || s->p - first == 3)
        return false;
    hours = (int)(s->p - first == 2 ? v : v / 100);
    minutes = (int)(s->p - first == 2 ? 0 : v % 100);
    if (s->p - first == 2 && take_any(s, ":") && !take_two(s, 59, &minutes))
        return false;
    if (hours > 15 || minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

/* Moves m by less than a day either way. */
static void move_seconds(struct moment *m, int seconds)
{
    int of_day = m->hour * 3600 + m->minute * 60 + m->second + seconds;
    if (of_day < 0) {
        of_day += DAY_SECONDS;
        if (--m->day < 1) {
            if (--m->month < 1) {
                m->month = 12;
                m->year--;
            }
            m->day = days_in_month(m->year, m->month);
        }
    } else if (of_day >= DAY_SECONDS) {
        of_day -= DAY_SECONDS;
        if (++m->day > days_in_month(m->year, m->month)) {
            m->day = 1;
            if (++m->month > 12) {
                m->month = 1;
                m->year++;
            }
        }
    }
    m->hour = of_day / 3600;
    m->minute = of_day / 60 % 60;
    m->second = of_day % 60;
}

/* Appends; the text is known to fit. */
static void put(char out[DATETIME_TEXT], const char *format, long long a, int b, int c)
{
    size_t used = strlen(out);
    sqlite3_snprintf((int)(DATETIME_TEXT - used), out + used, format, a, b, c);
}

static void put_date(char out[DATETIME_TEXT], const struct moment *m)
{
    put(out, "%04lld-%02d-%02d", m->year > 0 ? m->year : 1 - m->year, m->month, m->day);
}

static void put_clock(char out[DATETIME_TEXT], long long hour, const struct moment *m)
{
    put(out, "%02lld:%02d:%02d", hour, m->minute, m->second);
    if (m->micro != 0)
        put(out, ".%06lld", m->micro, 0, 0);
}

static bool is_infinity(struct scan s, char out[DATETIME_TEXT])
{
    const char *first = s.p;
    take_any(&s, "-");
    if (!take_word(&s, "infinity") || s.p != s.end)
        return false;
    sqlite3_snprintf(DATETIME_TEXT, out, "%.*s", (int)(s.end - first), first);
    return true;
}

bool datetime_date(const char *p, size_t n, char out[DATETIME_TEXT])
{
    struct scan s = {p, p + n};
    struct moment m = {0};
    out[0] = 0;
    if (is_infinity(s, out))
        return true;
    if (!take_date(&s, &m) || !take_bc(&s, &m) || s.p != s.end)
        return false;
    put_date(out, &m);
    if (m.year < 1)
        put(out, " BC", 0, 0, 0);
    return true;
}

/* Up to MySQL's ±838:59:59; what the server at hand has no room for, it refuses. */
bool datetime_time(const char *p, size_t n, int digits, char out[DATETIME_TEXT])
{
    struct scan s = {p, p + n};
    struct moment m = {0};
    long hour;
    out[0] = 0;
    bool negative = take_any(&s, "-");
    const char *first = s.p;
    if (!take_number(&s, 2, 3, &hour) || hour > 838 || (s.p - first == 3 && hour < 100))
        return false;
    if (!take_any(&s, ":") || !take_two(&s, 59, &m.minute))
        return false;
    if (take_any(&s, ":") && (!take_two(&s, 59, &m.second) || !take_fraction(&s, digits, &m.micro)))
        return false;
    if (s.p != s.end)
        return false;
    if (negative && (hour | m.minute | m.second | m.micro) != 0)
        put(out, "-", 0, 0, 0);
    put_clock(out, hour, &m);
    return true;
}

bool datetime_stamp(const char *p, size_t n, int digits, bool zone, char out[DATETIME_TEXT])
{
    struct scan s = {p, p + n};
    struct moment m = {0};
    int seconds = 0;
    out[0] = 0;
    if (is_infinity(s, out))
        return true;
    if (!take_date(&s, &m))
        return false;
    if (s.p < s.end && (*s.p == 'T' || (*s.p == ' ' && s.p + 1 < s.end && s.p[1] != 'B'))) {
        s.p++;
        if (!take_clock(&s, digits, &m) || (zone && !take_zone(&s, &seconds)))
            return false;
    }
    if (!take_bc(&s, &m) || s.p != s.end)
        return false;
    move_seconds(&m, -seconds);
    put_date(out, &m);
    put(out, " ", 0, 0, 0);
    put_clock(out, m.hour, &m);
    if (m.year < 1)
        put(out, " BC", 0, 0, 0);
    return true;
}

/* [±]N blank unit[s], one of years, mons, days: added to *total times factor. */
static bool take_unit(struct scan *s, const char *unit, long long factor, long long *total)
{
    struct scan t = *s;
    long v;
    bool negative = t.p < t.end && *t.p == '-';
    take_any(&t, "+-");
    if (!take_number(&t, 1, 10, &v) || !take_any(&t, " ") || !take_word(&t, unit))
        return false;
    take_any(&t, "s");
    if (t.p != t.end && !take_any(&t, " "))
        return false;
    *total += factor * (negative ? -v : v);
    *s = t;
    return true;
}

/* One part of the text, as Postgres writes it: a sign only where the one before was negative. */
static void put_unit(char out[DATETIME_TEXT], long long v, const char *unit, bool *before)
{
    if (v == 0)
        return;
    size_t used = strlen(out);
    sqlite3_snprintf((int)(DATETIME_TEXT - used), out + used, "%s%s%lld %s%s", used > 0 ? " " : "",
                     *before && v > 0 ? "+" : "", v, unit, v != 1 ? "s" : "");
    *before = v < 0;
}

bool datetime_interval(const char *p, size_t n, int digits, char out[DATETIME_TEXT])
{
    struct scan s = {p, p + n};
    struct moment m = {0};
    long long months = 0, days = 0;
    long hour = 0;
    bool negative = false, before = false;
    out[0] = 0;
    if (n == 0 || p[n - 1] == ' ')
        return false;
    take_unit(&s, "year", 12, &months);
    if (!take_unit(&s, "month", 1, &months))
        take_unit(&s, "mon", 1, &months);
    take_unit(&s, "day", 1, &days);
    if (s.p != s.end) {
        negative = *s.p == '-';
        take_any(&s, "+-");
        if (!take_number(&s, 2, 9, &hour) || !take_any(&s, ":") || !take_two(&s, 59, &m.minute) ||
            (take_any(&s, ":") &&
             (!take_two(&s, 59, &m.second) || !take_fraction(&s, digits, &m.micro))) ||
            s.p != s.end)
            return false;
    }
    if (months > MONTHS_MOST || months < -MONTHS_MOST || days > MONTHS_MOST || days < -MONTHS_MOST)
        return false;
    put_unit(out, months / 12, "year", &before);
    put_unit(out, months % 12, "mon", &before);
    put_unit(out, days, "day", &before);
    if (out[0] == 0 || (hour | m.minute | m.second | m.micro) != 0) {
        if (out[0] != 0)
            put(out, " ", 0, 0, 0);
        if ((hour | m.minute | m.second | m.micro) != 0 && (negative || before))
            put(out, negative ? "-" : "+", 0, 0, 0);
        put_clock(out, hour, &m);
        if (m.micro != 0) { /* here without trailing zeros */
            size_t used = strlen(out);
            while (out[used - 1] == '0')
                out[--used] = 0;
        }
    }
    return true;
}
