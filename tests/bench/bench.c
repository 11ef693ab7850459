/* How fast binds is against the bare client library, in one run: bench EXTENSION ENGINE URL ROWS.
**
** The table numbers(id, a, b, c) with ROWS rows must stand in the database; every figure is the best of three
** rounds that alternate between the two sides.  The client libraries are loaded by name and called through
** hand-written prototypes, since their headers belong to the drivers alone. */
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 3
#define SCAN "SELECT id, a, b, c FROM numbers"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "%s: %s\n", what, detail);
    exit(1);
}

static void *symbol(void *library, const char *name)
{
    void *address = dlsym(library, name);
    if (address == NULL)
        fail("no such function", name);
    return address;
}

static void *library(const char *name)
{
    void *handle = dlopen(name, RTLD_NOW);
    if (handle == NULL)
        fail("dlopen", dlerror());
    return handle;
}

/* libpq: binary rows in single-row mode. */
static sqlite3_int64 raw_postgresql(const char *url)
{
    void *pq = library("libpq.so.5");
    void *(*connectdb)(const char *) = (void *(*)(const char *))symbol(pq, "PQconnectdb");
    int (*send)(void *, const char *, int, const void *, const void *, const void *, const void *, int) =
        (int (*)(void *, const char *, int, const void *, const void *, const void *, const void *, int))symbol(
            pq, "PQsendQueryParams");
    int (*single)(void *) = (int (*)(void *))symbol(pq, "PQsetSingleRowMode");
    void *(*get)(void *) = (void *(*)(void *))symbol(pq, "PQgetResult");
    int (*ntuples)(const void *) = (int (*)(const void *))symbol(pq, "PQntuples");
    char *(*value)(const void *, int, int) = (char *(*)(const void *, int, int))symbol(pq, "PQgetvalue");
    void (*clear)(void *) = (void (*)(void *))symbol(pq, "PQclear");
    void (*finish)(void *) = (void (*)(void *))symbol(pq, "PQfinish");
    void *conn = connectdb(url);
    sqlite3_int64 sum = 0;
    if (!send(conn, SCAN, 0, NULL, NULL, NULL, NULL, 1) || !single(conn))
        fail("libpq", url);
    for (void *result = get(conn); result != NULL; result = get(conn)) {
        for (int row = 0; row < ntuples(result); row++) {
            for (int column = 0; column < 4; column++) {
                uint32_t word;
                memcpy(&word, value(result, row, column), sizeof word);
                sum += (int32_t)__builtin_bswap32(word);
            }
        }
        clear(result);
    }
    finish(conn);
    return sum;
}

/* libmariadb: unbuffered text rows. */
static sqlite3_int64 raw_mariadb(const char *url)
{
    void *my = library("libmariadb.so.3");
    void *(*init)(void *) = (void *(*)(void *))symbol(my, "mysql_init");
    void *(*connect)(void *, const char *, const char *, const char *, const char *, unsigned, const char *,
                     unsigned long) =
        (void *(*)(void *, const char *, const char *, const char *, const char *, unsigned, const char *,
                   unsigned long))symbol(my, "mysql_real_connect");
    int (*query)(void *, const char *) = (int (*)(void *, const char *))symbol(my, "mysql_query");
    void *(*use)(void *) = (void *(*)(void *))symbol(my, "mysql_use_result");
    char **(*fetch)(void *) = (char **(*)(void *))symbol(my, "mysql_fetch_row");
    void (*free_result)(void *) = (void (*)(void *))symbol(my, "mysql_free_result");
    void (*close)(void *) = (void (*)(void *))symbol(my, "mysql_close");
    char database[64] = "";
    const char *socket = strstr(url, "unix_socket=");
    if (socket == NULL || sscanf(url, "mysql://app@localhost/%63[^?]", database) != 1)
        fail("not a test server's URL", url);
    void *conn = init(NULL);
    sqlite3_int64 sum = 0;
    if (connect(conn, "localhost", "app", NULL, database, 0, socket + strlen("unix_socket="), 0) == NULL ||
        query(conn, SCAN) != 0)
        fail("libmariadb", url);
    void *result = use(conn);
    for (char **row = fetch(result); row != NULL; row = fetch(result)) {
        for (int column = 0; column < 4; column++)
            sum += strtoll(row[column], NULL, 10);
    }
    free_result(result);
    close(conn);
    return sum;
}

static sqlite3_int64 sum_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_int64 sum = 0;
    int rc;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(db));
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int column = 0; column < 4; column++)
            sum += sqlite3_column_int64(stmt, column);
    }
    if (rc != SQLITE_DONE)
        fail(sql, sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    return sum;
}

static sqlite3_int64 raw_sqlite(const char *url)
{
    sqlite3 *db = NULL;
    char path[512] = "";
    if (sscanf(url, "sqlite:///%511[^?]", path) != 1 || sqlite3_open(path, &db) != SQLITE_OK)
        fail("open", url);
    sqlite3_int64 sum = sum_of(db, SCAN);
    sqlite3_close(db);
    return sum;
}

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail(sql, message);
}

static sqlite3 *open_binds(const char *extension, const char *url)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK || sqlite3_enable_load_extension(db, 1) != SQLITE_OK ||
        sqlite3_load_extension(db, extension, NULL, &message) != SQLITE_OK)
        fail("load", message != NULL ? message : "?");
    char *sql = sqlite3_mprintf("INSERT INTO binds(key, url) VALUES (NULL, %Q)", url);
    run(db, sql);
    sqlite3_free(sql);
    run(db, "CREATE VIRTUAL TABLE numbers USING bind(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER);"
            "CREATE VIRTUAL TABLE copied USING bind(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER, t VARCHAR(40));"
            "SELECT create_all(); SELECT count(*) FROM numbers WHERE id < 10");
    return db;
}

static void scans(sqlite3 *db, const char *engine, const char *url, double rows)
{
    sqlite3_int64 (*raw)(const char *) = strcmp(engine, "postgresql") == 0 ? raw_postgresql
                                         : strcmp(engine, "mariadb") == 0  ? raw_mariadb
                                                                           : raw_sqlite;
    double best[2] = {1e9, 1e9};
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now();
        sqlite3_int64 expected = raw(url);
        double middle = now();
        if (sum_of(db, SCAN) != expected)
            fail("scan", "other sums than the client library");
        double end = now();
        if (middle - begin < best[0])
            best[0] = middle - begin;
        if (end - middle < best[1])
            best[1] = end - middle;
    }
    printf("%-11s scan of %.0f rows x 4 integers: client library %.2f s, binds %.2f s, ratio %.2f\n", engine, rows,
           best[0], best[1], best[1] / best[0]);
}

static void inserts(sqlite3 *db, const char *engine)
{
    run(db, "CREATE TABLE source AS WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 100000)"
            " SELECT n, n % 7 AS a, n % 1000 AS b, -n AS c, 'text number ' || n AS t FROM i");
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        run(db, "DELETE FROM copied");
        double begin = now();
        run(db, "INSERT INTO copied SELECT * FROM source");
        double took = now() - begin;
        if (took < best)
            best = took;
    }
    printf("%-11s INSERT ... SELECT of 100000 rows: %.2f s, %.0f rows/s\n", engine, best, 100000 / best);
    double begin = now();
    run(db, "UPDATE copied SET b = b + 1 WHERE id <= 1000");
    printf("%-11s UPDATE of 1000 rows: %.3f s\n", engine, now() - begin);
    begin = now();
    run(db, "SELECT count(n.c) FROM (SELECT * FROM source LIMIT 1000) s JOIN numbers n ON n.id = s.n");
    printf("%-11s join of 1000 local rows by key: %.3f s\n", engine, now() - begin);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        fail("usage", "bench EXTENSION ENGINE URL ROWS");
    sqlite3 *db = open_binds(argv[1], argv[3]);
    scans(db, argv[2], argv[3], strtod(argv[4], NULL));
    inserts(db, argv[2]);
    sqlite3_close(db);
    return 0;
}
