/* What a virtual table over a file costs at the least: an extension whose tables do nothing else.
**     CREATE VIRTUAL TABLE t USING floor('FILE', TABLE, columns…)      -- the first column is the key
** A second connection opens the file.  A scan steps one statement of it, which reads the columns that are used and
** takes the comparisons and the ORDER BY that SQLite offers; each value is the inner statement's, handed on.  For
** count(*) one count is asked for, and as many empty rows are delivered.  A write is one statement a row.  Nothing is
** checked, converted, logged, timed or interruptible: what an exact answer needs beyond this is its price. */
#include <sqlite3ext.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

SQLITE_EXTENSION_INIT1

#define FIRST_COLUMN 5   /* of the arguments: after module, schema, name, FILE and TABLE */
#define KEPT 8           /* statements by text, so that a lookup does not prepare again */
#define OFFSET (1 << 30) /* in idxNum: that is the last argument */

struct floor {
    sqlite3_vtab base;
    sqlite3 *file;
    const char *table;
    int ncolumns;
    char **names;
    sqlite3_stmt *write[3]; /* DELETE, INSERT, UPDATE */
    struct {
        char *sql;
        sqlite3_stmt *stmt;
        bool busy;
    } kept[KEPT];
};

struct floor_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *stmt;
    int place; /* in kept */
    int runs;
    bool end, counts, began;
    sqlite3_int64 left;
    sqlite3_int64 passed; /* rows of an OFFSET that the host still wants to pass over */
    signed char position[64];
};

/* The argument is the path as a string of SQL. */
static int open_file(const char *quoted, sqlite3 **out)
{
    char *path = sqlite3_mprintf("%.*s", (int)strlen(quoted) - 2, quoted + 1);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = path ? sqlite3_open_v2(path, out, flags, NULL) : SQLITE_NOMEM;
    sqlite3_free(path);
    return rc;
}

static int connect_floor(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **error)
{
    struct floor *f = calloc(1, sizeof *f);
    sqlite3_str *s = sqlite3_str_new(NULL);
    char *sql;
    (void)aux;
    f->ncolumns = argc - FIRST_COLUMN;
    f->names = calloc((size_t)f->ncolumns, sizeof *f->names);
    f->table = sqlite3_mprintf("%s", argv[4]);
    sqlite3_str_appendall(s, "CREATE TABLE t(");
    for (int i = 0; i < f->ncolumns; i++) {
        const char *column = argv[FIRST_COLUMN + i];
        f->names[i] = sqlite3_mprintf("%.*s", (int)strcspn(column, " "), column);
        sqlite3_str_appendf(s, "%s%s", i ? ", " : "", column);
    }
    sqlite3_str_appendall(s, ") WITHOUT ROWID");
    sql = sqlite3_str_finish(s);
    int rc = sqlite3_declare_vtab(db, sql);
    sqlite3_free(sql);
    if (rc == SQLITE_OK)
        rc = open_file(argv[3], &f->file);
    if (rc != SQLITE_OK)
        *error = sqlite3_mprintf("%s", sqlite3_errmsg(f->file ? f->file : db));
    *out = &f->base;
    return rc;
}

static int disconnect_floor(sqlite3_vtab *vtab)
{
    struct floor *f = (struct floor *)vtab;
    for (int i = 0; i < KEPT; i++)
        sqlite3_finalize(f->kept[i].stmt);
    for (int i = 0; i < 3; i++)
        sqlite3_finalize(f->write[i]);
    sqlite3_close(f->file);
    free(f);
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

/* LIMIT and OFFSET, if all else is taken: of the rows behind the OFFSET as many are read as are wanted.  The host passes
** over the others, for before 3.46 it cannot be told safely that this was done.  True: there is an OFFSET. */
static bool take_page(sqlite3_index_info *info, sqlite3_str *s, int n)
{
    int limit = -1, offset = -1;
    for (int i = 0; i < info->nConstraint; i++) {
        const int op = info->aConstraint[i].op;
        if (op == SQLITE_INDEX_CONSTRAINT_LIMIT)
            limit = i;
        else if (op == SQLITE_INDEX_CONSTRAINT_OFFSET)
            offset = i;
        if (!info->aConstraint[i].usable ||
            (limit != i && offset != i && info->aConstraintUsage[i].argvIndex == 0))
            return false;
    }
    if (limit < 0)
        return false;
    sqlite3_str_appendf(s, " LIMIT ?%s", offset < 0 ? "" : " OFFSET ?");
    info->aConstraintUsage[limit].argvIndex = n + 1;
    if (offset >= 0)
        info->aConstraintUsage[offset].argvIndex = n + 2;
    return offset >= 0;
}

/* idxStr is the statement. */
static int best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    struct floor *f = (struct floor *)vtab;
    sqlite3_str *s = sqlite3_str_new(NULL);
    int n = 0;
    bool key = false;
    for (int i = 0; i < f->ncolumns; i++) {
        if (info->colUsed >> i & 1)
            sqlite3_str_appendf(s, "%s%s", n++ ? ", " : "SELECT ", f->names[i]);
    }
    sqlite3_str_appendf(s, "%s FROM %s", n ? "" : "SELECT count(*)", f->table);
    n = 0;
    for (int i = 0; i < info->nConstraint; i++) {
        const char *op = operator_of(info->aConstraint[i].op);
        if (op == NULL || !info->aConstraint[i].usable || info->aConstraint[i].iColumn < 0)
            continue;
        sqlite3_str_appendf(s, "%s %s %s ?", n ? " AND" : " WHERE",
                            f->names[info->aConstraint[i].iColumn], op);
        info->aConstraintUsage[i].argvIndex = ++n;
        info->aConstraintUsage[i].omit = 1;
        key = key || op[0] == '=';
    }
    for (int i = 0; i < info->nOrderBy; i++)
        sqlite3_str_appendf(s, "%s%s%s", i ? ", " : " ORDER BY ",
                            f->names[info->aOrderBy[i].iColumn],
                            info->aOrderBy[i].desc ? " DESC" : "");
    info->orderByConsumed = info->nOrderBy > 0;
    info->estimatedCost = key ? 10 : n ? 10000 : 1e6;
    info->estimatedRows = key ? 1 : n ? 1000 : 1000000;
    info->idxNum = (int)(info->colUsed & (OFFSET - 1)) | (take_page(info, s, n) ? OFFSET : 0);
    info->idxStr = sqlite3_str_finish(s);
    info->needToFreeIdxStr = 1;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int open_floor(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    struct floor_cursor *c = calloc(1, sizeof *c);
    (void)vtab;
    c->place = -1;
    *out = &c->base;
    return SQLITE_OK;
}

static void give_back(struct floor_cursor *c)
{
    struct floor *f = (struct floor *)c->base.pVtab;
    if (c->place < 0)
        return;
    sqlite3_reset(c->stmt);
    f->kept[c->place].busy = false;
    c->place = -1;
}

static int close_floor(sqlite3_vtab_cursor *cursor)
{
    struct floor_cursor *c = (struct floor_cursor *)cursor;
    struct floor *f = (struct floor *)cursor->pVtab;
    give_back(c);
    if (c->began)
        sqlite3_exec(f->file, "COMMIT", NULL, NULL, NULL);
    free(c);
    return SQLITE_OK;
}

/* The statement of that text, not in use. */
static int statement_of(struct floor *f, const char *sql, int *place)
{
    int free_place = 0;
    for (int i = 0; i < KEPT; i++) {
        if (f->kept[i].busy)
            continue;
        free_place = i;
        if (f->kept[i].sql && strcmp(f->kept[i].sql, sql) == 0)
            break;
    }
    *place = free_place;
    if (f->kept[free_place].sql == NULL || strcmp(f->kept[free_place].sql, sql) != 0) {
        sqlite3_finalize(f->kept[free_place].stmt);
        sqlite3_free(f->kept[free_place].sql);
        f->kept[free_place].sql = sqlite3_mprintf("%s", sql);
        int rc = sqlite3_prepare_v2(f->file, sql, -1, &f->kept[free_place].stmt, NULL);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

static int step(struct floor_cursor *c)
{
    int rc = sqlite3_step(c->stmt);
    c->end = rc != SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int filter(sqlite3_vtab_cursor *cursor, int used, const char *sql, int argc,
                  sqlite3_value **argv)
{
    struct floor_cursor *c = (struct floor_cursor *)cursor;
    struct floor *f = (struct floor *)cursor->pVtab;
    int rc, n = 0;
    give_back(c);
    if (c->runs++ == 1 && sqlite3_get_autocommit(f->file)) {
        sqlite3_exec(f->file, "BEGIN", NULL, NULL,
                     NULL); /* all runs see one state, and lock once */
        c->began = true;
    }
    rc = statement_of(f, sql, &c->place);
    if (rc != SQLITE_OK)
        return rc;
    f->kept[c->place].busy = true;
    c->stmt = f->kept[c->place].stmt;
    for (int i = 0; i < f->ncolumns; i++)
        c->position[i] = (signed char)(used >> i & 1 ? n++ : 0);
    for (int i = 0; i < argc; i++)
        sqlite3_bind_value(c->stmt, i + 1, argv[i]);
    rc = step(c);
    c->passed = (used & OFFSET) != 0 && !c->end ? sqlite3_value_int64(argv[argc - 1]) : 0;
    c->counts = used == 0;
    if (rc == SQLITE_OK && c->counts) {
        c->left = sqlite3_column_int64(c->stmt, 0);
        c->end = c->left == 0;
    }
    return rc;
}

static int next(sqlite3_vtab_cursor *cursor)
{
    struct floor_cursor *c = (struct floor_cursor *)cursor;
    if (c->passed > 0) {
        c->passed--;
        return SQLITE_OK;
    }
    if (!c->counts)
        return step(c);
    c->end = --c->left == 0;
    return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct floor_cursor *)cursor)->end;
}

/* A text ends with a NUL, so that the host need not copy it once more to have one. */
static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int i)
{
    struct floor_cursor *c = (struct floor_cursor *)cursor;
    sqlite3_value *v = sqlite3_column_value(c->stmt, c->position[i]);
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        sqlite3_result_int64(context, sqlite3_value_int64(v));
        break;
    case SQLITE_FLOAT:
        sqlite3_result_double(context, sqlite3_value_double(v));
        break;
    case SQLITE_TEXT:
        sqlite3_result_text(context, (const char *)sqlite3_value_text(v), -1, SQLITE_TRANSIENT);
        break;
    default:
        sqlite3_result_value(context, v);
        break;
    }
    return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    (void)cursor;
    *out = 0;
    return SQLITE_OK;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static char *write_text(const struct floor *f, int argc, bool inserts)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    if (argc == 1)
        sqlite3_str_appendf(s, "DELETE FROM %s", f->table);
    else
        sqlite3_str_appendf(s, inserts ? "INSERT INTO %s VALUES (" : "UPDATE %s SET ", f->table);
    for (int i = 0; i + 2 < argc; i++)
        sqlite3_str_appendf(s, "%s%s%s?%d", i ? ", " : "", inserts ? "" : f->names[i],
                            inserts ? "" : " = ", i + 2);
    if (inserts)
        sqlite3_str_appendall(s, ")");
    else
        sqlite3_str_appendf(s, " WHERE %s = ?1", f->names[0]);
    return sqlite3_str_finish(s);
}

/* ?1 is the key, ?2 and on the columns. */
static int update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid_out)
{
    struct floor *f = (struct floor *)vtab;
    bool inserts = argc > 1 && sqlite3_value_type(argv[0]) == SQLITE_NULL;
    int kind = argc == 1 ? 0 : inserts ? 1 : 2;
    int rc = SQLITE_OK;
    (void)rowid_out;
    if (f->write[kind] == NULL) {
        char *sql = write_text(f, argc, inserts);
        rc = sqlite3_prepare_v2(f->file, sql, -1, &f->write[kind], NULL);
        sqlite3_free(sql);
    }
    if (rc == SQLITE_OK && !inserts)
        rc = sqlite3_bind_value(f->write[kind], 1, argv[0]);
    for (int i = 2; i < argc && rc == SQLITE_OK; i++)
        rc = sqlite3_bind_value(f->write[kind], i, argv[i]);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_step(f->write[kind]);
    return sqlite3_reset(f->write[kind]);
}

static int begin(sqlite3_vtab *vtab)
{
    return sqlite3_exec(((struct floor *)vtab)->file, "BEGIN", NULL, NULL, NULL);
}

static int commit(sqlite3_vtab *vtab)
{
    return sqlite3_exec(((struct floor *)vtab)->file, "COMMIT", NULL, NULL, NULL);
}

static int rollback(sqlite3_vtab *vtab)
{
    return sqlite3_exec(((struct floor *)vtab)->file, "ROLLBACK", NULL, NULL, NULL);
}

static const sqlite3_module module = {
    .iVersion = 2,
    .xCreate = connect_floor,
    .xConnect = connect_floor,
    .xBestIndex = best_index,
    .xDisconnect = disconnect_floor,
    .xDestroy = disconnect_floor,
    .xOpen = open_floor,
    .xClose = close_floor,
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

int sqlite3_floor_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);
int sqlite3_floor_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
    (void)error;
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_module(db, "floor", &module, NULL);
}
