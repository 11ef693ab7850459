/* Neighbours by binary search over all moments of a kind, each written out and compared: right by
** construction, a few microseconds, and only for texts that are not canonical. */
#include "sqlgen/moment.h"

#include <string.h>

#define DAY_US (86400LL * 1000000)
#define DAYS 3652059 /* 0001-01-01 … 9999-12-31 */

/* Days since 0001-01-01 → year, month, day (proleptic Gregorian), by whole eras of 400 years from March. */
static void civil(sqlite3_int64 days, int *year, int *month, int *day)
{
    sqlite3_int64 z = days + 306; /* since 0000-03-01 */
    sqlite3_int64 era = z / 146097;
    int doe = (int)(z % 146097);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int)(era * 400) + yoe + (*month <= 2);
}

static char *digits(char *out, int n, int value)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + n;
}

static char *write_date(char *out, sqlite3_int64 days)
{
    int year, month, day;
    civil(days, &year, &month, &day);
    out = digits(out, 4, year);
    *out++ = '-';
    out = digits(out, 2, month);
    *out++ = '-';
    return digits(out, 2, day);
}

static char *write_time(char *out, sqlite3_int64 us)
{
    int seconds = (int)(us / 1000000);
    out = digits(out, 2, seconds / 3600);
    *out++ = ':';
    out = digits(out, 2, seconds / 60 % 60);
    *out++ = ':';
    out = digits(out, 2, seconds % 60);
    if (us % 1000000 != 0) {
        *out++ = '.';
        out = digits(out, 6, (int)(us % 1000000));
    }
    return out;
}

static size_t write_moment(enum moment_kind kind, sqlite3_int64 ordinal, char out[MOMENT_SIZE])
{
    char *end = out;
    if (kind == MOMENT_DATE) {
        end = write_date(out, ordinal);
    } else if (kind == MOMENT_TIME) {
        end = write_time(out, ordinal);
    } else {
        end = write_date(out, ordinal / DAY_US);
        *end++ = ' ';
        end = write_time(end, ordinal % DAY_US);
    }
    *end = '\0';
    return (size_t)(end - out);
}

static int compare(const char *a, size_t na, const char *b, size_t nb)
{
    int order = memcmp(a, b, na < nb ? na : nb);
    return order != 0 ? order : na < nb ? -1 : na > nb;
}

bool moment_neighbours(enum moment_kind kind, const char *text, size_t n, char below[MOMENT_SIZE],
                       char above[MOMENT_SIZE])
{
    sqlite3_int64 low = 0; /* everything before low is < text */
    sqlite3_int64 high = kind == MOMENT_DATE ? DAYS : kind == MOMENT_TIME ? DAY_US : DAYS * DAY_US;
    sqlite3_int64 count = high;
    while (low < high) {
        sqlite3_int64 middle = low + (high - low) / 2;
        size_t size = write_moment(kind, middle, above);
        if (compare(above, size, text, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    below[0] = above[0] = '\0';
    if (low < count) {
        size_t size = write_moment(kind, low, above);
        if (compare(above, size, text, n) == 0) {
            write_moment(kind, low, below);
            return true;
        }
    }
    if (low > 0)
        write_moment(kind, low - 1, below);
    return false;
}
