/* What the programs of the bench share: each is one side (a bare client library, or SQLite with or without the
** extension) that reads commands from its standard input, one a line, and answers each with one line
**     <microseconds> <rows> <sum>
** or `error …`.  The sum is what all sides must agree on: numbers added up, texts by their bytes, NULL as 0. */
#ifndef BENCH_SIDE_H
#define BENCH_SIDE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BULK_TEXT "text number %lld"

struct answer {
    long long rows;
    double sum;
    double first_us; /* when the first row came, from the start */
};

static double side_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

__attribute__((noreturn, format(printf, 1, 2))) static void side_fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    printf("error ");
    vprintf(format, ap);
    printf("\n");
    va_end(ap);
    exit(1);
}

/* The fields of row i of a bulk load: the same on all sides. */
struct bulk_row {
    int id, a;
    long long b;
    double x;
    char text[40];
    int text_bytes;
};

static inline void bulk_row_make(long long i, struct bulk_row *row)
{
    row->id = (int)i;
    row->a = (int)(i * 31 % 100000);
    row->b = i * 1000003;
    row->x = (double)i / 8;
    row->text_bytes = snprintf(row->text, sizeof row->text, BULK_TEXT, i);
}

/* The key of row i for which the other tables are asked. */
static inline int bulk_row_key(long long i)
{
    struct bulk_row row;
    bulk_row_make(i, &row);
    return row.a + 1;
}

/* Runs one command; rest is what stands after its name. */
typedef bool side_command(const char *name, const char *rest, struct answer *out);

/* Reads commands until the end of the input. */
static void side_serve(side_command *run)
{
    static char line[1 << 20];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct answer answer = {0, 0, 0};
        line[strcspn(line, "\n")] = 0;
        char *rest = strchr(line, ' ');
        if (rest != NULL)
            *rest++ = 0;
        double begin = side_now_us();
        if (!run(line, rest != NULL ? rest : "", &answer))
            side_fail("no such command: %s", line);
        double took = strcmp(line, "first") == 0 ? answer.first_us - begin : side_now_us() - begin;
        printf("%.1f %lld %.9g\n", took, answer.rows, answer.sum);
    }
}

#endif
