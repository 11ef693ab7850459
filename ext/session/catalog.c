/* Catalog queries: see catalog.h. */
#include "session/catalog.h"
#include "base/sqltext.h"
#include "session/writer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CATALOG_ARGS_MAX 16 /* placeholders of one file */
#define NUMBER_MAX 48

static const struct type text_type = {.id = CT_TEXT, .affinity = AFF_TEXT, .text = "TEXT"};

const char *catalog_schema(const struct bind *b, const char *schema)
{
    return schema != NULL || b->conn == NULL ? schema : b->conn->dialect->default_schema;
}

/* End of the quoted text that begins at p. */
static const char *quoted_end(const char *p)
{
    char quote = *p++;
    while (*p != '\0' && *p != quote)
        p++;
    return *p != '\0' ? p + 1 : p;
}

/* `form` is written before the number of an argument, where it has one. */
static int append_query(sqlite3_str *out, const struct dialect *d, const char *sql, int used,
                        const char *form)
{
    int n = 0;
    const char *from = sql;
    for (const char *p = sql; *p != '\0';) {
        if (*p == '\'' || *p == '"') {
            p = quoted_end(p);
        } else if (d->numbered_args && *p == '$' && p[1] >= '1' && p[1] <= '9') {
            int number = p[1] - '0';
            sqlite3_str_append(out, from, (int)(p - from));
            sqlite3_str_appendf(out, "%s%d", form, used + number);
            n = number > n ? number : n;
            p += 2;
            from = p;
        } else {
            n += !d->numbered_args && *p == '?';
            p++;
        }
    }
    sqlite3_str_appendall(out, from);
    return n;
}

int catalog_append_query(sqlite3_str *out, const struct dialect *d, const char *sql, int used)
{
    return append_query(out, d, sql, used, "$");
}

int catalog_append_lateral(sqlite3_str *out, const struct dialect *d, const char *sql,
                           const char *row)
{
    char form[16];
    sqlite3_snprintf(sizeof form, form, "%s.a", row);
    return append_query(out, d, sql, 0, form);
}

/* Sends, and waits for the first row. */
static int send_once(struct catalog *c, const char *sql, const struct arg *args, int nargs,
                     struct err *err)
{
    struct conn *conn;
    int rc = bind_connect(c->bind, &conn, err);
    if (rc == SQLITE_OK && conn->bulk) /* of another table, while a trigger comes to this one */
        rc = writer_flush(c->bind, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = txn_protect(c->bind, err);
    if (rc == SQLITE_OK)
        rc = conn_send(conn, sql, args, nargs, QUERY_SHORT, &c->rows, err);
    if (rc == SQLITE_OK) {
        c->first = rows_next(&c->rows, err);
        if (c->first == SQLITE_ROW || c->first == SQLITE_DONE)
            return SQLITE_OK;
        rows_finish(&c->rows);
    }
    txn_after_error(c->bind, err);
    return bind_fail(c->bind, c->what, err);
}

int catalog_send(struct catalog *c, struct bind *b, const char *what, const char *sql,
                 const char *const *values, int nargs, struct err *err)
{
    struct arg *args = sqlite3_malloc64(((size_t)nargs + 1) * sizeof *args);
    struct cell *cells = sqlite3_malloc64(((size_t)nargs + 1) * sizeof *cells);
    /* An idle connection that turns out to be dead is no reason to fail: nothing was promised on it. */
    bool again = b->conn != NULL && !b->part->reading;
    int rc;
    memset(c, 0, sizeof *c);
    c->bind = b;
    c->what = what;
    if (args == NULL || cells == NULL) {
        rc = err_nomem(err);
    } else {
        for (int i = 0; i < nargs; i++) {
            cells[i] = cell_str(values[i]);
            args[i] = (struct arg){.type = &text_type, .cells = &cells[i], .ncells = 1};
        }
        rc = send_once(c, sql, args, nargs, err);
        if (rc != SQLITE_OK && err->lost && again) {
            err_clear(err);
            rc = send_once(c, sql, args, nargs, err);
        }
    }
    sqlite3_free(args);
    sqlite3_free(cells);
    return rc;
}

int catalog_open(struct catalog *c, struct bind *b, const char *what, const char *query,
                 const char *schema, const char *name, struct err *err)
{
    struct conn *conn;
    const char *values[CATALOG_ARGS_MAX];
    int rc = bind_connect(b, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_str *s = sqlite3_str_new(NULL);
    int nargs = catalog_append_query(s, conn->dialect, sqltext(b->engine->name, query), 0);
    char *sql = sqlite3_str_finish(s);
    if (sql == NULL || nargs > CATALOG_ARGS_MAX) {
        sqlite3_free(sql);
        err_nomem(err);
        return bind_fail(b, what, err);
    }
    for (int i = 0; i < nargs; i++)
        values[i] = i % 2 == 0 || name == NULL ? catalog_schema(b, schema) : name;
    rc = catalog_send(c, b, what, sql, values, nargs, err);
    sqlite3_free(sql);
    return rc;
}

int catalog_next(struct catalog *c, struct err *err)
{
    int rc = c->first;
    c->first = SQLITE_OK;
    return rc != SQLITE_OK ? rc : bind_rows_next(c->bind, c->what, &c->rows, err);
}

int catalog_text(struct catalog *c, int column, struct arena *arena, const char **out,
                 struct err *err)
{
    int rc = rows_text(&c->rows, column, arena, out, err);
    return rc != SQLITE_OK ? bind_fail(c->bind, c->what, err) : SQLITE_OK;
}

int catalog_cell(struct catalog *c, int column, struct arena *arena, struct cell *out,
                 struct err *err)
{
    struct cell cell;
    int rc = rows_cell(&c->rows, column, &cell, err);
    if (rc == SQLITE_OK && cell_copy(&cell, arena, out) != SQLITE_OK)
        rc = err_nomem(err);
    return rc != SQLITE_OK ? bind_fail(c->bind, c->what, err) : SQLITE_OK;
}

int catalog_number(struct catalog *c, int column, double *out, struct err *err)
{
    struct cell cell;
    *out = 0;
    int rc = rows_cell(&c->rows, column, &cell, err);
    if (rc != SQLITE_OK)
        return bind_fail(c->bind, c->what, err);
    if (cell.cls == CELL_INT) {
        *out = (double)cell.i;
    } else if (cell.cls == CELL_REAL) {
        *out = cell.r;
    } else if (cell.cls == CELL_TEXT) {
        char number[NUMBER_MAX];
        size_t n = cell.n < sizeof number ? cell.n : sizeof number - 1;
        memcpy(number, cell.p, n);
        number[n] = '\0';
        *out = strtod(number, NULL);
    }
    return SQLITE_OK;
}

int catalog_int(struct catalog *c, int column, int *out, struct err *err)
{
    double number;
    int rc = catalog_number(c, column, &number, err);
    *out = number >= INT_MIN && number <= INT_MAX ? (int)number : 0;
    return rc;
}

void catalog_close(struct catalog *c)
{
    rows_finish(&c->rows);
}
