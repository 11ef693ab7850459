/* Decimal text ⇄ double: correctly rounded, and the same in every locale (strtod and printf of the C library
** take the decimal point from the process's locale, which belongs to the host). */
#ifndef BINDS_MODEL_DECIMAL_H
#define BINDS_MODEL_DECIMAL_H

#include "base/sqlite.h"
#include <stdbool.h>
#include <stddef.h>

/* No double needs more digits than this to be rounded correctly; what follows only counts as "not zero". */
#define DECIMAL_DIGITS 800

enum decimal_form { DECIMAL_NONE, DECIMAL_INTEGER, DECIMAL_REAL }; /* not a number, digits only, has . or e */

struct decimal {                       /* (-1)^negative * digits * 10^exponent */
    enum decimal_form form;
    bool negative;
    int ndigits;                       /* significant: no zero at either end; 0 = the number is zero */
    int exponent;
    char digits[DECIMAL_DIGITS + 2];   /* not terminated */
};
/* SQLite's grammar of a number: blanks, sign, digits with a point, exponent, blanks, and nothing else. */
void decimal_scan(const char *p, size_t n, struct decimal *d);
double decimal_to_double(const struct decimal *d);   /* nearest; may be infinite */
bool decimal_to_int64(const struct decimal *d, sqlite3_int64 *out); /* false: not an integer, or too large */
/* The shortest digits that decimal_to_double() turns back into r (finite). */
void decimal_from_double(double r, struct decimal *out);
/* A decimal number's text → nearest double; false if it is none (blanks around it are fine). */
bool decimal_parse_double(const char *p, size_t n, double *out);
/* Plain notation with at least `scale` fraction digits ("0.10"), terminated; if that has no room in size
** bytes, scientific ("1e+200").  Size must be 40 or more and d have at most 20 digits.  Returns the length. */
size_t decimal_print(const struct decimal *d, int scale, char *out, size_t size);

#endif
