/* What a virtual table over a server costs at the least: an extension whose tables do nothing else.
**     CREATE VIRTUAL TABLE t USING wire(postgresql, plain, 'CONNINFO', TABLE, columns…)   -- the first is the key
**     CREATE VIRTUAL TABLE t USING wire(mariadb, sorted, 'SOCKET USER DATABASE', TABLE, columns…)
** A scan is one statement of the bare client library, in the way that measures fastest (COPY in binary; a prepared
** statement's binary rows, unbuffered), of the columns that are used, with the comparisons that SQLite offers and, of a
** `sorted` table, the ORDER BY.  A value goes from the client's buffer to SQLite when it asks.  Writes (a DELETE, or an
** UPDATE of the first column after the key, of keys that follow each other) read the rows FOR UPDATE, the key and what is
** changed, and send them back in as few statements as can be.
** Nothing is checked, prepared for failure or interruption, logged or timed: what an exact answer needs beyond this is
** its price.  An error ends the process. */
#include "pg_binary.h"

#include <sqlite3ext.h>

#include <libpq-fe.h>
#include <mysql.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

SQLITE_EXTENSION_INIT1

#define FIRST_COLUMN                                                                               \
    7 /* of the arguments: after module, schema, name, engine, order, connection and TABLE */
#define MOST_COLUMNS 16
#define TEXT_MAX 256
#define WRITE_ROWS 1000 /* of an UPDATE, of MariaDB */
#define CHANGED 3       /* colUsed of what an UPDATE reads, which names all columns as used */
#define INT8_ARRAY 1016
#define ARRAY_HEAD 20 /* bytes: dimensions, flags, type, elements, first index */

struct field { /* MariaDB's buffers */
    enum enum_field_types type;
    long long i;
    double r;
    char text[TEXT_MAX];
    unsigned long length;
    my_bool null;
};

struct wire {
    sqlite3_vtab base;
    PGconn *pg; /* or */
    MYSQL *my;
    bool sorted, writes;
    const char *table;
    int ncolumns;
    char *names[MOST_COLUMNS];
    Oid types[MOST_COLUMNS];
    /* what was changed and not sent yet: of rows first … last */
    sqlite3_str *values;
    int column; /* that is set, -1 = the rows are deleted */
    sqlite3_int64 first, last;
};

struct wire_cursor {
    sqlite3_vtab_cursor base;
    struct wire *wire;
    bool running, end;
    int position[MOST_COLUMNS], n; /* of the columns in the row */
    int column[MOST_COLUMNS];      /* the other way round */
    char *row;                     /* Postgres' */
    const unsigned char *at[MOST_COLUMNS];
    int size[MOST_COLUMNS];
    MYSQL_STMT *stmt;
    struct field fields[MOST_COLUMNS];
    MYSQL_BIND binds[MOST_COLUMNS];
};

__attribute__((noreturn)) static void fail(const struct wire *w, const char *what)
{
    printf("error wire: %s: %s\n", what, w->pg ? PQerrorMessage(w->pg) : mysql_error(w->my));
    exit(1);
}

/* ---- the table ------------------------------------------------------------------------------------------- */

/* What the columns are: nothing can be compared in the server before that is known.  (The collation is not looked at
** here; a table whose texts are compared must.) */
static void read_types(struct wire *w)
{
    char *text = sqlite3_mprintf("SELECT attname, atttypid, attcollation FROM pg_attribute "
                                 "WHERE attrelid = '%s'::regclass AND attnum > '0'",
                                 w->table);
    PGresult *shape = PQexec(w->pg, text);
    if (PQresultStatus(shape) != PGRES_TUPLES_OK)
        fail(w, text);
    for (int row = 0; row < PQntuples(shape); row++)
        for (int i = 0; i < w->ncolumns; i++)
            if (strcmp(PQgetvalue(shape, row, 0), w->names[i]) == 0)
                w->types[i] = (Oid)strtoul(PQgetvalue(shape, row, 1), NULL, 10);
    PQclear(shape);
    sqlite3_free(text);
}

static void connect_server(struct wire *w, const char *engine, const char *quoted)
{
    char *where = sqlite3_mprintf("%.*s", (int)strlen(quoted) - 2, quoted + 1);
    char socket[512], user[64], database[64];
    if (strcmp(engine, "postgresql") == 0) {
        w->pg = PQconnectdb(where);
        if (PQstatus(w->pg) != CONNECTION_OK)
            fail(w, where);
        read_types(w);
    } else {
        w->my = mysql_init(NULL);
        mysql_options(w->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
        if (sscanf(where, "%511s %63s %63s", socket, user, database) != 3 ||
            mysql_real_connect(w->my, NULL, user, NULL, database, 0, socket, 0) == NULL)
            fail(w, where);
    }
    sqlite3_free(where);
}

static int connect_wire(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **error)
{
    struct wire *w = calloc(1, sizeof *w);
    sqlite3_str *s = sqlite3_str_new(NULL);
    (void)aux;
    (void)error;
    w->ncolumns = argc - FIRST_COLUMN < MOST_COLUMNS ? argc - FIRST_COLUMN : MOST_COLUMNS;
    w->sorted = strcmp(argv[4], "sorted") == 0;
    w->table = sqlite3_mprintf("%s", argv[6]);
    w->values = sqlite3_str_new(NULL);
    sqlite3_str_appendall(s, "CREATE TABLE t(");
    for (int i = 0; i < w->ncolumns; i++) {
        const char *column = argv[FIRST_COLUMN + i];
        w->names[i] = sqlite3_mprintf("%.*s", (int)strcspn(column, " "), column);
        sqlite3_str_appendf(s, "%s%s", i ? ", " : "", column);
    }
    sqlite3_str_appendall(s, ") WITHOUT ROWID");
    char *sql = sqlite3_str_finish(s);
    int rc = sqlite3_declare_vtab(db, sql);
    sqlite3_free(sql);
    connect_server(w, argv[3], argv[5]);
    *out = &w->base;
    return rc;
}

static int disconnect_wire(sqlite3_vtab *vtab)
{
    struct wire *w = (struct wire *)vtab;
    if (w->pg)
        PQfinish(w->pg);
    else
        mysql_close(w->my);
    free(w);
    return SQLITE_OK;
}

static const char *operator_of(int op)
{
    switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return "=";
    case SQLITE_INDEX_CONSTRAINT_GT:
        return ">";
    case SQLITE_INDEX_CONSTRAINT_GE:
        return ">=";
    case SQLITE_INDEX_CONSTRAINT_LT:
        return "<";
    case SQLITE_INDEX_CONSTRAINT_LE:
        return "<=";
    default:
        return NULL;
    }
}

/* idxStr is the statement, with a ? for each value. */
static int best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    struct wire *w = (struct wire *)vtab;
    sqlite3_uint64 used = info->colUsed == ~0ull ? CHANGED : info->colUsed;
    sqlite3_str *s = sqlite3_str_new(NULL);
    int n = 0;
    for (int i = 0; i < w->ncolumns; i++) {
        if (used >> i & 1)
            sqlite3_str_appendf(s, "%s%s", n++ ? ", " : "SELECT ", w->names[i]);
    }
    sqlite3_str_appendf(s, "%s FROM %s", n ? "" : "SELECT 1", w->table);
    n = 0;
    for (int i = 0; i < info->nConstraint; i++) {
        const char *op = operator_of(info->aConstraint[i].op);
        if (op == NULL || !info->aConstraint[i].usable || info->aConstraint[i].iColumn < 0)
            continue;
        sqlite3_str_appendf(s, "%s %s %s ?", n ? " AND" : " WHERE",
                            w->names[info->aConstraint[i].iColumn], op);
        info->aConstraintUsage[i].argvIndex = ++n;
        info->aConstraintUsage[i].omit = 1;
    }
    for (int i = 0; w->sorted && i < info->nOrderBy; i++)
        sqlite3_str_appendf(s, "%s%s%s", i ? ", " : " ORDER BY ",
                            w->names[info->aOrderBy[i].iColumn],
                            info->aOrderBy[i].desc ? " DESC" : "");
    info->orderByConsumed = w->sorted && info->nOrderBy > 0;
    info->estimatedCost = n ? 10000 : 1e6;
    info->estimatedRows = n ? 1000 : 1000000;
    info->idxNum = (int)(used & 0x7fffffff);
    info->idxStr = sqlite3_str_finish(s);
    info->needToFreeIdxStr = 1;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- a scan ---------------------------------------------------------------------------------------------- */

static int open_wire(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    struct wire_cursor *c = calloc(1, sizeof *c);
    c->wire = (struct wire *)vtab;
    *out = &c->base;
    return SQLITE_OK;
}

static void stop(struct wire_cursor *c)
{
    if (!c->running)
        return;
    if (c->stmt != NULL)
        mysql_stmt_close(c->stmt);
    c->stmt = NULL;
    while (c->wire->pg && PQgetCopyData(c->wire->pg, &c->row, 0) > 0)
        PQfreemem(c->row);
    c->row = NULL;
    for (PGresult *rest; c->wire->pg && (rest = PQgetResult(c->wire->pg)) != NULL;)
        PQclear(rest);
    c->running = false;
}

static int close_wire(sqlite3_vtab_cursor *cursor)
{
    stop((struct wire_cursor *)cursor);
    free(cursor);
    return SQLITE_OK;
}

static void bind_fields(struct wire_cursor *c)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(c->stmt);
    for (int i = 0; i < c->n; i++) {
        struct field *f = &c->fields[i];
        MYSQL_BIND *b = &c->binds[i];
        memset(b, 0, sizeof *b);
        f->type = mysql_fetch_field_direct(meta, (unsigned)i)->type;
        b->length = &f->length;
        b->is_null = &f->null;
        b->buffer_type = MYSQL_TYPE_STRING;
        b->buffer = f->text;
        b->buffer_length = sizeof f->text;
        if (f->type == MYSQL_TYPE_LONG || f->type == MYSQL_TYPE_LONGLONG) {
            b->buffer_type = MYSQL_TYPE_LONGLONG;
            b->buffer = &f->i;
        } else if (f->type == MYSQL_TYPE_DOUBLE) {
            b->buffer_type = MYSQL_TYPE_DOUBLE;
            b->buffer = &f->r;
        }
    }
    mysql_free_result(meta);
    if (mysql_stmt_bind_result(c->stmt, c->binds))
        fail(c->wire, mysql_stmt_error(c->stmt));
}

static void start(struct wire_cursor *c, const char *sql)
{
    struct wire *w = c->wire;
    if (w->my) {
        c->stmt = mysql_stmt_init(w->my);
        if (mysql_stmt_prepare(c->stmt, sql, strlen(sql)) || mysql_stmt_execute(c->stmt))
            fail(w, mysql_stmt_error(c->stmt));
        bind_fields(c);
        return;
    }
    char *text = sqlite3_mprintf("COPY (%s) TO STDOUT (FORMAT binary)", sql);
    PGresult *result = PQexec(w->pg, text);
    if (PQresultStatus(result) != PGRES_COPY_OUT)
        fail(w, text);
    PQclear(result);
    sqlite3_free(text);
}

/* The first row of a COPY has a header of 19 bytes before it. */
static void step(struct wire_cursor *c, int header)
{
    struct wire *w = c->wire;
    if (w->my) {
        int rc = mysql_stmt_fetch(c->stmt);
        c->end = rc == MYSQL_NO_DATA;
        if (rc == 1)
            fail(w, mysql_stmt_error(c->stmt));
        return;
    }
    if (c->row != NULL)
        PQfreemem(c->row);
    c->row = NULL;
    if (PQgetCopyData(w->pg, &c->row, 0) < 0)
        fail(w, "COPY");
    const unsigned char *p = (unsigned char *)c->row + header;
    c->end = read_be(p, 2) == 0xFFFF;
    p += 2;
    for (int i = 0; !c->end && i < c->n; i++) {
        c->size[i] = (int32_t)read_be(p, 4);
        c->at[i] = p + 4;
        p += 4 + (c->size[i] > 0 ? c->size[i] : 0);
    }
    if (c->end) { /* what follows may be a change */
        PQfreemem(c->row);
        c->row = NULL;
        stop(c);
    }
}

/* The statement with the values in place of its ?. */
static char *written(const struct wire *w, const char *sql, sqlite3_value **argv)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    for (; *sql; sql++) {
        if (*sql != '?') {
            sqlite3_str_appendchar(s, 1, *sql);
            continue;
        }
        if (sqlite3_value_type(*argv) == SQLITE_TEXT)
            sqlite3_str_appendf(s, "%Q", sqlite3_value_text(*argv));
        else
            sqlite3_str_appendf(s, "%s", sqlite3_value_text(*argv));
        argv++;
    }
    sqlite3_str_appendall(s, w->writes ? " FOR UPDATE" : "");
    return sqlite3_str_finish(s);
}

static int filter(sqlite3_vtab_cursor *cursor, int used, const char *sql, int argc,
                  sqlite3_value **argv)
{
    struct wire_cursor *c = (struct wire_cursor *)cursor;
    char *text = written(c->wire, sql, argv);
    (void)argc;
    stop(c);
    c->n = 0;
    for (int i = 0; i < c->wire->ncolumns; i++) {
        c->position[i] = used >> i & 1 ? c->n : 0;
        if (used >> i & 1)
            c->column[c->n++] = i;
    }
    if (c->n == 0)
        c->n = 1;
    start(c, text);
    sqlite3_free(text);
    c->running = true;
    step(c, 19);
    return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *cursor)
{
    step((struct wire_cursor *)cursor, 0);
    return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct wire_cursor *)cursor)->end;
}

static void postgresql_value(sqlite3_context *context, Oid type, const unsigned char *p, int size)
{
    if (size < 0)
        return;
    switch (type) {
    case PG_INT4:
        sqlite3_result_int(context, (int32_t)read_be(p, 4));
        break;
    case PG_INT8:
        sqlite3_result_int64(context, (int64_t)read_be(p, 8));
        break;
    case PG_FLOAT8:
        sqlite3_result_double(context, real_of(read_be(p, 8)));
        break;
    case PG_NUMERIC:
        sqlite3_result_double(context, numeric_value(p));
        break;
    default:
        sqlite3_result_text(context, (const char *)p, size, SQLITE_TRANSIENT);
        break;
    }
}

static void mariadb_value(sqlite3_context *context, const struct field *f)
{
    if (f->null)
        return;
    if (f->type == MYSQL_TYPE_LONG || f->type == MYSQL_TYPE_LONGLONG)
        sqlite3_result_int64(context, f->i);
    else if (f->type == MYSQL_TYPE_DOUBLE)
        sqlite3_result_double(context, f->r);
    else if (f->type == MYSQL_TYPE_NEWDECIMAL)
        sqlite3_result_double(context, strtod(f->text, NULL));
    else
        sqlite3_result_text(context, f->text, (int)f->length, SQLITE_TRANSIENT);
}

/* What an UPDATE leaves as it is, is not given to it. */
static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int i)
{
    struct wire_cursor *c = (struct wire_cursor *)cursor;
    int at = c->position[i];
    if (sqlite3_vtab_nochange(context))
        return SQLITE_OK;
    if (c->wire->pg)
        postgresql_value(context, c->wire->types[i], c->at[at], c->size[at]);
    else
        mariadb_value(context, &c->fields[at]);
    return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    (void)cursor;
    *out = 0;
    return SQLITE_OK;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static void run(struct wire *w, const char *sql)
{
    PGresult *result = w->pg ? PQexec(w->pg, sql) : NULL;
    if (w->pg ? PQresultStatus(result) != PGRES_COMMAND_OK : mysql_query(w->my, sql) != 0)
        fail(w, sql);
    PQclear(result);
}

static void put_be(char *to, sqlite3_uint64 value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (char)(value >> 8 * (bytes - 1 - i));
}

/* A value more of Postgres' array of them; the head is filled when their number is known. */
static void add_element(struct wire *w, sqlite3_int64 value)
{
    char element[12], head[ARRAY_HEAD] = {0};
    if (sqlite3_str_length(w->values) == 0)
        sqlite3_str_append(w->values, head, sizeof head);
    put_be(element, 8, 4);
    put_be(element + 4, (sqlite3_uint64)value, 8);
    sqlite3_str_append(w->values, element, sizeof element);
}

static void send_array(struct wire *w, const char *sql, char *values, int size)
{
    const Oid type = INT8_ARRAY;
    const char *const value = values;
    const int binary = 1;
    put_be(values, 1, 4);
    put_be(values + 4, 0, 4);
    put_be(values + 8, PG_INT8, 4);
    put_be(values + 12, (sqlite3_uint64)(w->last - w->first + 1), 4);
    put_be(values + 16, 1, 4);
    PGresult *result = PQexecParams(w->pg, sql, 1, &type, &value, &size, &binary, 1);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail(w, sql);
    PQclear(result);
}

static void flush(struct wire *w)
{
    const char *key = w->names[0];
    if (w->last < w->first)
        return;
    int size = sqlite3_str_length(w->values);
    char *values = sqlite3_str_finish(w->values), *sql;
    if (w->column >= 0 && w->pg)
        sql = sqlite3_mprintf("UPDATE %s SET %s = ($1)[%s - %lld + 1] WHERE %s BETWEEN %lld AND %lld",
                              w->table, w->names[w->column], key, w->first, key, w->first, w->last);
    else if (w->column < 0)
        sql = sqlite3_mprintf("DELETE FROM %s WHERE %s BETWEEN %lld AND %lld", w->table, key,
                              w->first, w->last);
    else
        sql = sqlite3_mprintf(
            "UPDATE %s SET %s = ELT(%s - %lld + 1%s) WHERE %s BETWEEN %lld AND %lld", w->table,
            w->names[w->column], key, w->first, values, key, w->first, w->last);
    if (w->column >= 0 && w->pg)
        send_array(w, sql, values, size);
    else
        run(w, sql);
    sqlite3_free(sql);
    sqlite3_free(values);
    w->values = sqlite3_str_new(NULL);
    w->last = w->first - 1;
}

static int changed_column(int argc, sqlite3_value **argv)
{
    for (int i = 3; i < argc; i++)
        if (!sqlite3_value_nochange(argv[i]))
            return i - 2;
    return -1;
}

static int update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid_out)
{
    struct wire *w = (struct wire *)vtab;
    sqlite3_int64 key = sqlite3_value_int64(argv[0]);
    int column = changed_column(argc, argv);
    (void)rowid_out;
    if (w->last >= w->first && (key != w->last + 1 || column != w->column ||
                                (column >= 0 && w->my && key - w->first >= WRITE_ROWS)))
        flush(w);
    if (w->last < w->first)
        w->first = key;
    w->last = key;
    w->column = column;
    if (column >= 0 && w->pg)
        add_element(w, sqlite3_value_int64(argv[2 + column]));
    else if (column >= 0)
        sqlite3_str_appendf(w->values, ",%s", sqlite3_value_text(argv[2 + column]));
    return SQLITE_OK;
}

static int begin(sqlite3_vtab *vtab)
{
    struct wire *w = (struct wire *)vtab;
    run(w, "START TRANSACTION");
    w->writes = true;
    w->first = 1;
    w->last = 0;
    return SQLITE_OK;
}

static int commit(sqlite3_vtab *vtab)
{
    struct wire *w = (struct wire *)vtab;
    if (!w->writes) /* CREATE VIRTUAL TABLE */
        return SQLITE_OK;
    flush(w);
    run(w, "COMMIT");
    w->writes = false;
    return SQLITE_OK;
}

static int rollback(sqlite3_vtab *vtab)
{
    fail((struct wire *)vtab, "ROLLBACK");
}

static const sqlite3_module module = {
    .iVersion = 2,
    .xCreate = connect_wire,
    .xConnect = connect_wire,
    .xBestIndex = best_index,
    .xDisconnect = disconnect_wire,
    .xDestroy = disconnect_wire,
    .xOpen = open_wire,
    .xClose = close_wire,
    .xFilter = filter,
    .xNext = next,
    .xEof = eof,
    .xColumn = column,
    .xRowid = rowid,
    .xUpdate = update,
    .xBegin = begin,
    .xCommit = commit,
    .xRollback = rollback,
};

int sqlite3_wire_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);
int sqlite3_wire_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
    (void)error;
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_module(db, "wire", &module, NULL);
}
