/* Postgres' binary values, for the programs of the bench that read them. */
#ifndef BENCH_PG_BINARY_H
#define BENCH_PG_BINARY_H

#include <stdint.h>
#include <string.h>

enum { PG_INT8 = 20, PG_INT2 = 21, PG_INT4 = 23, PG_FLOAT8 = 701, PG_NUMERIC = 1700 };

static inline uint64_t read_be(const unsigned char *p, int n)
{
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | *p++;
    return v;
}

static inline double real_of(uint64_t bits)
{
    double r;
    memcpy(&r, &bits, sizeof r);
    return r;
}

static inline double numeric_value(const unsigned char *p)
{
    int ndigits = (int)read_be(p, 2), weight = (int16_t)read_be(p + 2, 2);
    double value = 0, scale = 1;
    for (int i = 0; i < ndigits; i++)
        value = value * 10000 + (double)read_be(p + 8 + 2 * i, 2);
    for (int i = ndigits - 1; i < weight; i++)
        value *= 10000;
    for (int i = weight; i < ndigits - 1; i++)
        scale *= 10000;
    value /= scale;
    return read_be(p + 4, 2) == 0x4000 ? -value : value;
}

#endif
