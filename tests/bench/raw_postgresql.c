/* The bare libpq side of the bench: raw_postgresql CONNINFO.  For each job the way that measures fastest:
** COPY in binary for scans and loads, one prepared statement for lookups. */
#include "pg_binary.h"
#include "side.h"

#include <libpq-fe.h>

#define MOST_KEYS 100000

static PGconn *conn;

static PGresult *checked(PGresult *result, ExecStatusType expected, const char *what)
{
    if (PQresultStatus(result) != expected)
        side_fail("%s: %s", what, PQresultErrorMessage(result));
    return result;
}

static void write_be(unsigned char **p, uint64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--)
        *(*p)++ = (unsigned char)(v >> (8 * i));
}

static double value_of(Oid type, const unsigned char *p, int n)
{
    switch (type) {
    case PG_INT4:
        return (int32_t)read_be(p, 4);
    case PG_INT8:
        return (double)(int64_t)read_be(p, 8);
    case PG_FLOAT8:
        return real_of(read_be(p, 8));
    case PG_NUMERIC:
        return numeric_value(p);
    default:
        return n;
    }
}

static void scan(const char *sql, struct answer *out, bool first_only)
{
    static char text[1 << 16];
    Oid types[64];
    snprintf(text, sizeof text, "SELECT * FROM (%s) AS q LIMIT 0", sql);
    PGresult *shape = checked(PQexec(conn, text), PGRES_TUPLES_OK, sql);
    int columns = PQnfields(shape);
    for (int i = 0; i < columns && i < 64; i++)
        types[i] = PQftype(shape, i);
    PQclear(shape);
    snprintf(text, sizeof text, "COPY (%s) TO STDOUT (FORMAT binary)", sql);
    PQclear(checked(PQexec(conn, text), PGRES_COPY_OUT, sql));
    char *row;
    int n;
    bool header = true;
    while ((n = PQgetCopyData(conn, &row, 0)) > 0) {
        unsigned char *p = (unsigned char *)row + (header ? 19 : 0);
        header = false;
        int fields = n > 2 ? (int16_t)read_be(p, 2) : -1;
        p += 2;
        for (int i = 0; i < fields; i++) {
            int length = (int32_t)read_be(p, 4);
            p += 4;
            if (length > 0) {
                out->sum += value_of(types[i], p, length);
                p += length;
            }
        }
        if (fields >= 0 && out->rows++ == 0)
            out->first_us = side_now_us();
        PQfreemem(row);
        if (first_only && out->rows > 0) {
            char why[256];
            PGcancel *cancel = PQgetCancel(conn);
            PQcancel(cancel, why, sizeof why);
            PQfreeCancel(cancel);
            first_only = false;
        }
    }
    for (PGresult *rest = PQgetResult(conn); rest != NULL; rest = PQgetResult(conn))
        PQclear(rest);
}

static void exec(const char *sql, struct answer *out)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        checked(result, PGRES_TUPLES_OK, sql);
    out->rows = PQntuples(result);
    for (int row = 0; row < out->rows; row++)
        for (int column = 0; column < PQnfields(result); column++) {
            Oid type = PQftype(result, column);
            bool number = type == 23 || type == 20 || type == 701 || type == 1700;
            out->sum += PQgetisnull(result, row, column) ? 0
                        : number ? strtod(PQgetvalue(result, row, column), NULL)
                                 : PQgetlength(result, row, column);
        }
    PQclear(result);
}

static void bulk(const char *rest, struct answer *out)
{
    static unsigned char buffer[256 * 1024];
    unsigned char *p = buffer;
    char table[64], text[128];
    long long n;
    if (sscanf(rest, "%63s %lld", table, &n) != 2)
        side_fail("bulk TABLE ROWS");
    snprintf(text, sizeof text, "COPY %s FROM STDIN (FORMAT binary)", table);
    PQclear(checked(PQexec(conn, text), PGRES_COPY_IN, table));
    memcpy(p, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0", 19);
    p += 19;
    for (long long i = 1; i <= n; i++) {
        struct bulk_row row;
        uint64_t bits;
        bulk_row_make(i, &row);
        write_be(&p, 5, 2);
        write_be(&p, 4, 4);
        write_be(&p, (uint32_t)row.id, 4);
        write_be(&p, 4, 4);
        write_be(&p, (uint32_t)row.a, 4);
        write_be(&p, 8, 4);
        write_be(&p, (uint64_t)row.b, 8);
        memcpy(&bits, &row.x, 8);
        write_be(&p, 8, 4);
        write_be(&p, bits, 8);
        write_be(&p, (uint32_t)row.text_bytes, 4);
        memcpy(p, row.text, (size_t)row.text_bytes);
        p += row.text_bytes;
        if (p - buffer > 200 * 1024) {
            PQputCopyData(conn, (char *)buffer, (int)(p - buffer));
            p = buffer;
        }
    }
    write_be(&p, 0xFFFF, 2);
    PQputCopyData(conn, (char *)buffer, (int)(p - buffer));
    PQputCopyEnd(conn, NULL);
    PQclear(checked(PQgetResult(conn), PGRES_COMMAND_OK, table));
    PQclear(PQgetResult(conn));
    out->rows = n;
}

/* Takes the result. */
static void add_binary(PGresult *result, struct answer *out)
{
    for (int row = 0; row < PQntuples(result); row++, out->rows++)
        for (int column = 0; column < PQnfields(result); column++)
            out->sum +=
                value_of(PQftype(result, column), (unsigned char *)PQgetvalue(result, row, column),
                         PQgetlength(result, row, column));
    PQclear(result);
}

/* lookups KEYS STEP SQL: prepared once, run for the keys 1, 1+STEP, … */
static void lookups(const char *rest, struct answer *out)
{
    int n, step, at;
    if (sscanf(rest, "%d %d %n", &n, &step, &at) != 2)
        side_fail("lookups KEYS STEP SQL");
    Oid type = 23;
    int format = 1, length = 4;
    PQclear(checked(PQprepare(conn, "", rest + at, 1, &type), PGRES_COMMAND_OK, rest));
    for (int i = 0; i < n; i++) {
        uint32_t key = __builtin_bswap32((uint32_t)(1 + i * step));
        const char *value = (const char *)&key;
        PGresult *result = PQexecPrepared(conn, "", 1, &value, &length, &format, 1);
        add_binary(checked(result, PGRES_TUPLES_OK, "lookup"), out);
    }
}

/* keys N SQL: the rows of the first N keys of a bulk load, all sent at once as $1, an array. */
static void keys(const char *rest, struct answer *out)
{
    static unsigned char array[20 + 8 * MOST_KEYS];
    unsigned char *p = array;
    int n, at;
    if (sscanf(rest, "%d %n", &n, &at) != 1 || n < 0 || n > MOST_KEYS)
        side_fail("keys N SQL");
    write_be(&p, 1, 4); /* dimensions, no NULLs, type, length, first index */
    write_be(&p, 0, 4);
    write_be(&p, 23, 4);
    write_be(&p, (uint64_t)n, 4);
    write_be(&p, 1, 4);
    for (int i = 1; i <= n; i++) {
        write_be(&p, 4, 4);
        write_be(&p, (uint32_t)bulk_row_key(i), 4);
    }
    Oid type = 1007;
    const char *value = (char *)array;
    int length = (int)(p - array), format = 1;
    PGresult *result = PQexecParams(conn, rest + at, 1, &type, &value, &length, &format, 1);
    add_binary(checked(result, PGRES_TUPLES_OK, "keys"), out);
}

/* load TABLE FILE: a file of CSV. */
static void load(const char *rest, struct answer *out)
{
    static char buffer[256 * 1024];
    char table[64], path[1024], text[128];
    size_t n;
    if (sscanf(rest, "%63s %1023s", table, path) != 2)
        side_fail("load TABLE FILE");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        side_fail("%s cannot be read", path);
    snprintf(text, sizeof text, "COPY %s FROM STDIN (FORMAT csv)", table);
    PQclear(checked(PQexec(conn, text), PGRES_COPY_IN, table));
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
        PQputCopyData(conn, buffer, (int)n);
    fclose(file);
    PQputCopyEnd(conn, NULL);
    PGresult *result = checked(PQgetResult(conn), PGRES_COMMAND_OK, table);
    out->rows = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    PQclear(PQgetResult(conn));
}

static bool run(const char *name, const char *rest, struct answer *out)
{
    if (strcmp(name, "scan") == 0 || strcmp(name, "first") == 0)
        scan(rest, out, name[0] == 'f');
    else if (strcmp(name, "exec") == 0)
        exec(rest, out);
    else if (strcmp(name, "bulk") == 0)
        bulk(rest, out);
    else if (strcmp(name, "lookups") == 0)
        lookups(rest, out);
    else if (strcmp(name, "keys") == 0)
        keys(rest, out);
    else if (strcmp(name, "load") == 0)
        load(rest, out);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    conn = PQconnectdb(argc > 1 ? argv[1] : "");
    if (PQstatus(conn) != CONNECTION_OK)
        side_fail("connecting: %s", PQerrorMessage(conn));
    PQclear(PQexec(conn, "SET client_min_messages = warning"));
    if (argc > 2) { /* fresh process to first row: one statement, and out */
        struct answer answer = {0, 0, 0};
        exec(argv[2], &answer);
        printf("%lld %.9g\n", answer.rows, answer.sum);
    } else {
        side_serve(run);
    }
    PQfinish(conn);
    return 0;
}
