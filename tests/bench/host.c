/* The SQLite side of the bench: host DATABASE [EXTENSION [SQL]].  Without the extension it is the native
** measure; with it, `exec` configures binds and the same statements go to servers.  With SQL: a fresh process
** to its first row, and out.  Rows are read through sqlite3_column_*, as any host does. */
#include "side.h"

#include <sqlite3.h>

static sqlite3 *db;

static double row_sum(sqlite3_stmt *stmt)
{
    double sum = 0;
    for (int i = 0, n = sqlite3_column_count(stmt); i < n; i++) {
        switch (sqlite3_column_type(stmt, i)) {
        case SQLITE_INTEGER:
            sum += (double)sqlite3_column_int64(stmt, i);
            break;
        case SQLITE_FLOAT:
            sum += sqlite3_column_double(stmt, i);
            break;
        case SQLITE_NULL:
            break;
        default:
            (void)sqlite3_column_text(stmt, i);
            sum += sqlite3_column_bytes(stmt, i);
            break;
        }
    }
    return sum;
}

static sqlite3_stmt *prepare(const char *sql, const char **tail)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, tail) != SQLITE_OK)
        side_fail("%s: %s", sql, sqlite3_errmsg(db));
    return stmt;
}

static void read_rows(sqlite3_stmt *stmt, struct answer *out, bool first_only)
{
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (out->rows++ == 0)
            out->first_us = side_now_us();
        out->sum += row_sum(stmt);
        if (first_only)
            return;
    }
    if (rc != SQLITE_DONE)
        side_fail("%s: %s", sqlite3_sql(stmt), sqlite3_errmsg(db));
}

static void exec(const char *sql, struct answer *out, bool first_only)
{
    while (*sql) {
        sqlite3_stmt *stmt = prepare(sql, &sql);
        if (stmt != NULL)
            read_rows(stmt, out, first_only);
        sqlite3_finalize(stmt);
    }
}

/* The rows of a bulk load, as a table-valued source that costs as little as can be: a temp table. */
static void source(const char *rest, struct answer *out)
{
    long long n = strtoll(rest, NULL, 10);
    exec("CREATE TEMP TABLE source (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, x REAL, t TEXT); "
         "BEGIN",
         out, false);
    sqlite3_stmt *stmt = prepare("INSERT INTO temp.source VALUES (?, ?, ?, ?, ?)", NULL);
    for (long long i = 1; i <= n; i++) {
        struct bulk_row row;
        bulk_row_make(i, &row);
        sqlite3_bind_int(stmt, 1, row.id);
        sqlite3_bind_int(stmt, 2, row.a);
        sqlite3_bind_int64(stmt, 3, row.b);
        sqlite3_bind_double(stmt, 4, row.x);
        sqlite3_bind_text(stmt, 5, row.text, row.text_bytes, SQLITE_STATIC);
        sqlite3_step(stmt);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    exec("COMMIT", out, false);
}

/* lookups KEYS STEP SQL: prepared once, run for the keys 1, 1+STEP, …; also for writes of one row. */
static void lookups(const char *rest, struct answer *out)
{
    int n, step, at;
    if (sscanf(rest, "%d %d %n", &n, &step, &at) != 2)
        side_fail("lookups KEYS STEP SQL");
    sqlite3_stmt *stmt = prepare(rest + at, NULL);
    for (int i = 0; i < n; i++) {
        sqlite3_bind_int(stmt, 1, 1 + i * step);
        read_rows(stmt, out, false);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
}

/* Kilobytes.  Not getrusage(): what it tells survives exec, so it would be that of whoever started us. */
static long long peak(void)
{
    char line[256];
    long long kilobytes = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && kilobytes < 0 && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "VmHWM: %lld", &kilobytes);
    if (file == NULL || kilobytes < 0)
        side_fail("no VmHWM in /proc/self/status");
    fclose(file);
    return kilobytes;
}

static bool run(const char *name, const char *rest, struct answer *out)
{
    if (strcmp(name, "scan") == 0 || strcmp(name, "exec") == 0 || strcmp(name, "first") == 0) {
        exec(rest, out, name[0] == 'f');
    } else if (strcmp(name, "source") == 0) {
        source(rest, out);
    } else if (strcmp(name, "lookups") == 0) {
        lookups(rest, out);
    } else if (strcmp(name, "peak") == 0) {
        out->rows = peak();
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    char *message = NULL;
    if (argc < 2 || sqlite3_open(argv[1], &db) != SQLITE_OK)
        side_fail("host DATABASE [EXTENSION [SQL]]");
    sqlite3_enable_load_extension(db, 1);
    if (argc > 2 && argv[2][0] && sqlite3_load_extension(db, argv[2], NULL, &message) != SQLITE_OK)
        side_fail("load: %s", message);
    if (argc > 3) {
        struct answer answer = {0, 0, 0};
        exec(argv[3], &answer, true);
        printf("%lld %.9g\n", answer.rows, answer.sum);
    } else {
        side_serve(run);
    }
    sqlite3_close(db);
    return 0;
}
