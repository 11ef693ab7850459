/* A join over two servers by hand: raw_join CONNINFO SOCKET USER DATABASE, the least that any client can do.
**   both MYSQL | POSTGRES   both are sent, then MariaDB's rows (one integer key) go into a hash table, and Postgres'
**                           (an integer key and a double, binary COPY) are looked up in it as they come
**   keys MYSQL | POSTGRES   MariaDB's keys go to Postgres as one array, $1
** Answers as SELECT count(*), sum(double) of the join. */
#include "side.h"

#include <libpq-fe.h>
#include <mysql.h>
#include <stdint.h>

#define SLOTS (1 << 16)

static PGconn *pg;
static MYSQL *my;
static int slots[SLOTS], counts[SLOTS]; /* key 0 = free */
static unsigned nkeys;

static uint64_t read_be(const char *at, int n)
{
    const unsigned char *p = (const unsigned char *)at;
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | *p++;
    return v;
}

static double read_double(const char *p)
{
    uint64_t bits = read_be(p, 8);
    double r;
    memcpy(&r, &bits, sizeof r);
    return r;
}

static unsigned slot_of(int key)
{
    unsigned i = (unsigned)key * 2654435761u % SLOTS;
    while (slots[i] != 0 && slots[i] != key)
        i = (i + 1) % SLOTS;
    return i;
}

static PGresult *checked(PGresult *result, ExecStatusType expected)
{
    if (PQresultStatus(result) != expected)
        side_fail("%s", PQresultErrorMessage(result));
    return result;
}

/* MariaDB's answer to what was sent, into the hash table. */
static void build(void)
{
    memset(slots, 0, sizeof slots);
    memset(counts, 0, sizeof counts);
    nkeys = 0;
    MYSQL_RES *result = mysql_read_query_result(my) == 0 ? mysql_use_result(my) : NULL;
    if (result == NULL)
        side_fail("%s", mysql_error(my));
    for (MYSQL_ROW row = mysql_fetch_row(result); row != NULL; row = mysql_fetch_row(result)) {
        int key = (int)strtol(row[0], NULL, 10);
        unsigned i = slot_of(key);
        if (slots[i] == 0 && ++nkeys > SLOTS / 2)
            side_fail("too many keys");
        slots[i] = key;
        counts[i]++;
    }
    mysql_free_result(result);
}

static void add(int key, double value, struct answer *out)
{
    int n = counts[slot_of(key)];
    out->sum += n * (1 + value);
}

static void both(const char *mysql, const char *postgres, struct answer *out)
{
    static char text[4096];
    char *row;
    snprintf(text, sizeof text, "COPY (%s) TO STDOUT (FORMAT binary)", postgres);
    if (PQsendQuery(pg, text) != 1 || mysql_send_query(my, mysql, strlen(mysql)) != 0)
        side_fail("sending");
    build();
    PQclear(checked(PQgetResult(pg), PGRES_COPY_OUT));
    bool header = true;
    while (PQgetCopyData(pg, &row, 0) > 0) {
        const char *p = row + (header ? 19 : 0);
        header = false;
        if ((int16_t)read_be(p, 2) == 2)
            add((int)read_be(p + 6, 4), read_double(p + 14), out);
        PQfreemem(row);
    }
    for (PGresult *rest = PQgetResult(pg); rest != NULL; rest = PQgetResult(pg))
        PQclear(rest);
    out->rows = 1;
}

static void write_be(char **p, uint32_t v)
{
    for (int i = 24; i >= 0; i -= 8)
        *(*p)++ = (char)(v >> i);
}

static void keys(const char *mysql, const char *postgres, struct answer *out)
{
    if (mysql_send_query(my, mysql, strlen(mysql)) != 0)
        side_fail("sending");
    build();
    char *array = malloc(20 + 8 * (size_t)nkeys), *p = array;
    const uint32_t head[] = {1, 0, 23, nkeys,
                             1}; /* dimensions, no NULLs, type, length, first index */
    for (int i = 0; i < 5; i++)
        write_be(&p, head[i]);
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i] != 0) {
            write_be(&p, 4);
            write_be(&p, (uint32_t)slots[i]);
        }
    }
    Oid type = 1007;
    const char *value = array;
    int length = (int)(p - array), format = 1;
    PGresult *result =
        checked(PQexecParams(pg, postgres, 1, &type, &value, &length, &format, 1), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(result); i++)
        add((int)read_be(PQgetvalue(result, i, 0), 4), read_double(PQgetvalue(result, i, 1)), out);
    PQclear(result);
    free(array);
    out->rows = 1;
}

static bool run(const char *name, const char *rest, struct answer *out)
{
    char *copy = strdup(rest), *bar = strchr(copy, '|');
    bool known = bar != NULL && (strcmp(name, "both") == 0 || strcmp(name, "keys") == 0);
    if (known) {
        *bar = 0;
        (name[0] == 'b' ? both : keys)(copy, bar + 1, out);
    }
    free(copy);
    return known;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        side_fail("raw_join CONNINFO SOCKET USER DATABASE");
    pg = PQconnectdb(argv[1]);
    if (PQstatus(pg) != CONNECTION_OK)
        side_fail("connecting: %s", PQerrorMessage(pg));
    my = mysql_init(NULL);
    if (mysql_real_connect(my, NULL, argv[3], NULL, argv[4], 0, argv[2], 0) == NULL)
        side_fail("connecting: %s", mysql_error(my));
    side_serve(run);
    PQfinish(pg);
    mysql_close(my);
    return 0;
}
