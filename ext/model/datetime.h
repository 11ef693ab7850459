/* Canonical texts of dates, times and intervals: what a server's column gives back for what was written. */
#ifndef BINDS_MODEL_DATETIME_H
#define BINDS_MODEL_DATETIME_H

#include <stdbool.h>
#include <stddef.h>

#define DATETIME_TEXT 48   /* bytes for any of these texts */

/* Each writes the canonical text of p[0..n) to out, or returns false: it is none, or one that a server would
** read as something else.  digits: how many of a second's fraction the column keeps (0 to 6); a fraction with
** more is refused.  Year 1 to 999999, " BC" behind it all; "infinity" and "-infinity" are dates too. */
bool datetime_date(const char *p, size_t n, char out[DATETIME_TEXT]);
bool datetime_time(const char *p, size_t n, int digits, char out[DATETIME_TEXT]);
/* A missing time is midnight.  zone: an offset behind is taken, the result is UTC; without zone it is refused. */
bool datetime_stamp(const char *p, size_t n, int digits, bool zone, char out[DATETIME_TEXT]);
/* "1 year 2 mons -3 days +04:05:06.5", the form that Postgres writes. */
bool datetime_interval(const char *p, size_t n, int digits, char out[DATETIME_TEXT]);

#endif
