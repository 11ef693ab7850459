/* The bare libmariadb side of the bench: raw_mariadb SOCKET USER DATABASE.  For each job the way that measures
** fastest: binary rows unbuffered for scans, bound arrays for loads, one prepared statement for lookups. */
#include "side.h"

#include <mysql.h>
#include <stdint.h>

#define BATCH 8192
#define TEXT_MAX 256

static MYSQL *conn;

static void check(int failed, const char *what)
{
    if (failed)
        side_fail("%s: %s", what, mysql_error(conn));
}

struct column {
    enum enum_field_types type;
    long long i;
    double r;
    char text[TEXT_MAX];
    unsigned long length;
    my_bool null;
};

static struct column columns[64];
static MYSQL_BIND binds[64];
static int ncolumns;

static MYSQL_STMT *prepare(const char *sql)
{
    MYSQL_STMT *stmt = mysql_stmt_init(conn);
    if (mysql_stmt_prepare(stmt, sql, strlen(sql)) != 0)
        side_fail("%s: %s", sql, mysql_stmt_error(stmt));
    return stmt;
}

static void bind_result(MYSQL_STMT *stmt)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(stmt);
    ncolumns = (int)mysql_num_fields(meta);
    for (int i = 0; i < ncolumns; i++) {
        struct column *c = &columns[i];
        MYSQL_BIND *b = &binds[i];
        memset(b, 0, sizeof *b);
        c->type = mysql_fetch_field_direct(meta, (unsigned)i)->type;
        b->length = &c->length;
        b->is_null = &c->null;
        if (c->type == MYSQL_TYPE_LONG || c->type == MYSQL_TYPE_LONGLONG) {
            c->type = b->buffer_type = MYSQL_TYPE_LONGLONG;
            b->buffer = &c->i;
        } else if (c->type == MYSQL_TYPE_DOUBLE) {
            b->buffer_type = MYSQL_TYPE_DOUBLE;
            b->buffer = &c->r;
        } else {
            b->buffer_type = MYSQL_TYPE_STRING;
            b->buffer = c->text;
            b->buffer_length = sizeof c->text;
        }
    }
    mysql_free_result(meta);
    if (mysql_stmt_bind_result(stmt, binds))
        side_fail("bind: %s", mysql_stmt_error(stmt));
}

static double row_sum(void)
{
    double sum = 0;
    for (int i = 0; i < ncolumns; i++) {
        const struct column *c = &columns[i];
        if (c->null)
            continue;
        if (c->type == MYSQL_TYPE_LONGLONG)
            sum += (double)c->i;
        else if (c->type == MYSQL_TYPE_DOUBLE)
            sum += c->r;
        else if (c->type == MYSQL_TYPE_NEWDECIMAL)
            sum += strtod(c->text, NULL);
        else
            sum += (double)c->length;
    }
    return sum;
}

static void scan(const char *sql, struct answer *out, bool first_only)
{
    MYSQL_STMT *stmt = prepare(sql);
    bool killed = false;
    int rc;
    if (mysql_stmt_execute(stmt) != 0)
        side_fail("%s: %s", sql, mysql_stmt_error(stmt));
    bind_result(stmt);
    while ((rc = mysql_stmt_fetch(stmt)) == 0 || rc == MYSQL_DATA_TRUNCATED) {
        if (out->rows++ == 0)
            out->first_us = side_now_us();
        out->sum += row_sum();
        if (first_only) { /* only the time to it counts: the rest is left to the server's kill */
            char kill[64];
            MYSQL *other = mysql_init(NULL);
            mysql_real_connect(other, NULL, conn->user, NULL, NULL, 0, conn->unix_socket, 0);
            snprintf(kill, sizeof kill, "KILL QUERY %lu", mysql_thread_id(conn));
            mysql_query(other, kill);
            mysql_close(other);
            first_only = false;
            killed = true;
        }
    }
    if (rc != MYSQL_NO_DATA && !killed)
        side_fail("%s: %s", sql, mysql_stmt_error(stmt));
    mysql_stmt_close(stmt);
}

/* A statement that ran into max_statement_time fails here, after its first rows. */
static void add_result(struct answer *out)
{
    MYSQL_RES *result = mysql_store_result(conn);
    check(result == NULL && mysql_field_count(conn) > 0, "reading");
    if (result == NULL)
        return;
    unsigned n = mysql_num_fields(result);
    for (MYSQL_ROW row = mysql_fetch_row(result); row != NULL;
         row = mysql_fetch_row(result), out->rows++) {
        unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < n; i++) {
            if (row[i] == NULL)
                continue;
            out->sum += IS_NUM(mysql_fetch_field_direct(result, i)->type) ? strtod(row[i], NULL)
                                                                          : (double)lengths[i];
        }
    }
    mysql_free_result(result);
}

/* One statement, or several in one message. */
static void exec(const char *sql, struct answer *out)
{
    int more;
    check(mysql_query(conn, sql), sql);
    do {
        add_result(out);
    } while ((more = mysql_next_result(conn)) == 0);
    check(more > 0, sql);
}

static void bulk(const char *rest, struct answer *out)
{
    static int ids[BATCH], as[BATCH];
    static long long bs[BATCH];
    static double xs[BATCH];
    static char texts[BATCH][40], *pointers[BATCH];
    static unsigned long lengths[BATCH];
    MYSQL_BIND args[5];
    char table[64], text[128];
    long long n;
    if (sscanf(rest, "%63s %lld", table, &n) != 2)
        side_fail("bulk TABLE ROWS");
    memset(args, 0, sizeof args);
    args[0] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONG, .buffer = ids};
    args[1] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONG, .buffer = as};
    args[2] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = bs};
    args[3] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = xs};
    args[4] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING, .buffer = pointers, .length = lengths};
    snprintf(text, sizeof text, "INSERT INTO %s VALUES (?, ?, ?, ?, ?)", table);
    check(mysql_query(conn, "BEGIN"), "BEGIN");
    MYSQL_STMT *stmt = prepare(text);
    for (long long i = 1; i <= n;) {
        unsigned k = 0;
        for (; k < BATCH && i <= n; k++, i++) {
            struct bulk_row row;
            bulk_row_make(i, &row);
            ids[k] = row.id;
            as[k] = row.a;
            bs[k] = row.b;
            xs[k] = row.x;
            memcpy(texts[k], row.text, sizeof row.text);
            pointers[k] = texts[k];
            lengths[k] = (unsigned long)row.text_bytes;
        }
        mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &k);
        mysql_stmt_bind_param(stmt, args);
        if (mysql_stmt_execute(stmt) != 0)
            side_fail("bulk: %s", mysql_stmt_error(stmt));
    }
    mysql_stmt_close(stmt);
    check(mysql_query(conn, "COMMIT"), "COMMIT");
    out->rows = n;
}

/* lookups KEYS STEP SQL: prepared once, run for the keys 1, 1+STEP, … */
static void lookups(const char *rest, struct answer *out)
{
    int n, step, at, key, rc;
    if (sscanf(rest, "%d %d %n", &n, &step, &at) != 2)
        side_fail("lookups KEYS STEP SQL");
    MYSQL_STMT *stmt = prepare(rest + at);
    MYSQL_BIND arg = {.buffer_type = MYSQL_TYPE_LONG, .buffer = &key};
    mysql_stmt_bind_param(stmt, &arg);
    for (int i = 0; i < n; i++) {
        key = 1 + i * step;
        if (mysql_stmt_execute(stmt) != 0)
            side_fail("lookup: %s", mysql_stmt_error(stmt));
        if (i == 0)
            bind_result(stmt);
        while ((rc = mysql_stmt_fetch(stmt)) == 0 || rc == MYSQL_DATA_TRUNCATED) {
            out->rows++;
            out->sum += row_sum();
        }
    }
    mysql_stmt_close(stmt);
}

/* keys N SQL: the rows of the first N keys of a bulk load, all sent at once as a list in place of %s. */
static void keys(const char *rest, struct answer *out)
{
    int n, at;
    if (sscanf(rest, "%d %n", &n, &at) != 1 || n < 1)
        side_fail("keys N SQL");
    const char *place = strstr(rest + at, "%s");
    if (place == NULL)
        side_fail("keys N SQL, with %%s in it");
    size_t size = strlen(rest) + 12 * (size_t)n;
    char *sql = malloc(size), *p = sql;
    p += snprintf(p, size, "%.*s", (int)(place - (rest + at)), rest + at);
    for (int i = 1; i <= n; i++)
        p += snprintf(p, size - (size_t)(p - sql), "%s%d", i > 1 ? "," : "", bulk_row_key(i));
    snprintf(p, size - (size_t)(p - sql), "%s", place + 2);
    exec(sql, out);
    free(sql);
}

/* load TABLE FILE: a file of CSV. */
static void load(const char *rest, struct answer *out)
{
    char table[64], path[1024], text[1300];
    if (sscanf(rest, "%63s %1023s", table, path) != 2)
        side_fail("load TABLE FILE");
    snprintf(text, sizeof text,
             "LOAD DATA LOCAL INFILE '%s' INTO TABLE %s FIELDS TERMINATED BY ',' OPTIONALLY "
             "ENCLOSED BY '\"'",
             path, table);
    exec(text, out);
    out->rows = (long long)mysql_affected_rows(conn);
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
    if (argc < 4)
        side_fail("raw_mariadb SOCKET USER DATABASE");
    conn = mysql_init(NULL);
    mysql_options(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(conn, NULL, argv[2], NULL, argv[3], 0, argv[1],
                           CLIENT_LOCAL_FILES | CLIENT_MULTI_STATEMENTS) == NULL)
        side_fail("connecting: %s", mysql_error(conn));
    if (argc > 4) { /* fresh process to first row: one statement, and out */
        struct answer answer = {0, 0, 0};
        exec(argv[4], &answer);
        printf("%lld %.9g\n", answer.rows, answer.sum);
    } else {
        side_serve(run);
    }
    mysql_close(conn);
    return 0;
}
