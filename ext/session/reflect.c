/* The cache of what a server's catalog says of its tables: one statement per table (sql/<engine>/table.sql),
** kept until binds runs DDL or somebody finds it stale.  A table that was missing is asked for again, since
** nobody will tell when it has been made. */
#include "session/reflect.h"
#include "base/sqltext.h"
#include "engine/catalog.h"
#include "model/list.h"
#include "session/catalog.h"
#include "sqlgen/ddl.h"

#include <string.h>

struct remote_entry {
    char *schema; /* NULL = the default */
    char *name;
    struct remote *remote;
    struct remote_entry *next;
};

enum distinct_column {
    DISTINCT_INDEX,
    DISTINCT_PLACE,
    DISTINCT_AMOUNT
}; /* of sql/<engine>/distinct.sql */

enum beneath_column {
    BENEATH_SCHEMA,
    BENEATH_NAME,
    BENEATH_KIND,
    BENEATH_STORAGE,
    BENEATH_TRANSACTIONAL
}; /* of sql/<engine>/beneath.sql */

#define VIEWS_MAX 64 /* that one view may show */

static int read_row(struct catalog *c, struct arena *arena, struct catalog_row *out,
                    struct err *err)
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < CATALOG_TEXTS; i++)
        rc = catalog_text(c, i, arena, &out->text[i], err);
    if (rc == SQLITE_OK)
        rc = catalog_int(c, CATALOG_FLAGS, &out->flags, err);
    if (rc == SQLITE_OK)
        rc = catalog_number(c, CATALOG_AMOUNT, &out->amount, err);
    if (rc == SQLITE_OK)
        rc = catalog_number(c, CATALOG_SIZE, &out->size, err);
    return rc;
}

static bool text_is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static enum text_order text_order_of(const char *kind)
{
    if (kind == NULL)
        return TEXT_NONE;
    if (text_is(kind, "bytes"))
        return TEXT_BYTES;
    if (text_is(kind, "equal"))
        return TEXT_EQUAL_BYTES;
    return text_is(kind, "pad") ? TEXT_BYTES_PAD : TEXT_LOOSE;
}

/* A default by which the server numbers rows, where the catalog has no word for that. */
static bool numbers_rows(const struct ddl_words *words, const char *default_text)
{
    return words->numbering != NULL && default_text != NULL &&
           strncmp(default_text, words->numbering, strlen(words->numbering)) == 0;
}

static int add_column(struct remote *r, const struct ddl_words *words, const struct catalog_row *a,
                      struct err *err)
{
    struct remote_column *columns = list_add(&r->arena, r->columns, r->ncolumns, sizeof *columns);
    const char *type = a->text[CATALOG_DETAIL] != NULL ? a->text[CATALOG_DETAIL] : "";
    if (columns == NULL)
        return err_nomem(err);
    r->columns = columns;
    struct remote_column *c = &columns[r->ncolumns++];
    memset(c, 0, sizeof *c);
    c->name = a->text[CATALOG_NAME];
    c->text_order = text_order_of(a->text[CATALOG_KIND]);
    c->collation = a->text[CATALOG_COLLATION];
    c->charset = a->text[CATALOG_CHARSET];
    c->default_text = a->text[CATALOG_DEFAULT];
    c->not_null = (a->flags & COLUMN_NOT_NULL) != 0;
    c->has_default = (a->flags & COLUMN_DEFAULT) != 0;
    c->generated = (a->flags & COLUMN_GENERATED) != 0;
    c->autoincrement = (a->flags & COLUMN_AUTO) != 0 || numbers_rows(words, c->default_text);
    return ddl_read_type(words, type, &r->arena, &c->type, err);
}

static int column_of(const struct remote *r, const char *name)
{
    for (int i = 0; name != NULL && i < r->ncolumns; i++) {
        if (strcmp(r->columns[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* One column of an index; those of one index come one after the other. */
static int add_index(struct remote *r, const struct catalog_row *a, struct err *err)
{
    struct remote_index *x = r->nindexes > 0 ? &r->indexes[r->nindexes - 1] : NULL;
    if (x == NULL || !text_is(a->text[CATALOG_NAME], x->name)) {
        struct remote_index *list = list_add(&r->arena, r->indexes, r->nindexes, sizeof *list);
        if (list == NULL)
            return err_nomem(err);
        r->indexes = list;
        x = &list[r->nindexes++];
        memset(x, 0, sizeof *x);
        x->name = a->text[CATALOG_NAME];
        x->primary = (a->flags & INDEX_PRIMARY) != 0;
        x->unique = (a->flags & INDEX_UNIQUE) != 0;
        x->exclusion = (a->flags & INDEX_EXCLUSION) != 0;
        x->partial = x->exclusion ||
                     (a->flags & INDEX_PARTIAL) != 0; /* of no use to a scan that we know of */
    }
    int *columns = list_add(&r->arena, x->columns, x->ncolumns, sizeof *columns);
    bool *descending = list_add(&r->arena, x->descending, x->ncolumns, sizeof *descending);
    bool *bytes = list_add(&r->arena, x->bytes, x->ncolumns, sizeof *bytes);
    double *distinct = list_add(&r->arena, x->distinct_first, x->ncolumns, sizeof *distinct);
    if (columns == NULL || descending == NULL || bytes == NULL || distinct == NULL)
        return err_nomem(err);
    distinct[x->ncolumns] = a->amount;
    x->distinct_first = distinct;
    x->columns = columns;
    x->descending = descending;
    x->bytes = bytes;
    int column = column_of(r, a->text[CATALOG_DETAIL]);
    columns[x->ncolumns] = column;
    descending[x->ncolumns] = (a->flags & INDEX_DESCENDING) != 0;
    bytes[x->ncolumns] =
        (a->flags & INDEX_BYTES) != 0 || ((a->flags & INDEX_AS_COLUMN) != 0 && column >= 0 &&
                                          r->columns[column].text_order == TEXT_BYTES);
    x->ncolumns++;
    if (a->flags & INDEX_PREFIX)
        x->unique = false; /* of the prefixes, not of the values */
    x->distinct = a->amount;
    return SQLITE_OK;
}

static int add_row(struct remote *r, const struct ddl_words *words, const struct catalog_row *a,
                   struct err *err)
{
    const char *part = a->text[CATALOG_PART], *kind = a->text[CATALOG_KIND];
    if (text_is(part, "column"))
        return add_column(r, words, a, err);
    if (text_is(part, "index"))
        return add_index(r, a, err);
    r->kind = text_is(kind, "table")  ? REMOTE_TABLE
              : text_is(kind, "view") ? REMOTE_VIEW
                                      : REMOTE_OTHER;
    r->name = a->text[CATALOG_NAME];
    r->transactional = (a->flags & TABLE_TRANSACTIONAL) != 0;
    r->storage = a->text[CATALOG_DEFAULT];
    r->stored = r->name;
    r->rows = a->amount;
    r->bytes = a->size;
    return SQLITE_OK;
}

/* One of the rows of table.sql. */
static int take_row(struct bind *b, const char *what, struct remote *r,
                    const struct catalog_row *row, struct err *err)
{
    int rc = row->text[CATALOG_PART] == NULL || row->text[CATALOG_NAME] == NULL
                 ? err_set(err, SQLITE_ERROR, "the server's catalog gave no name")
                 : add_row(r, b->conn->dialect->ddl, row, err);
    return rc != SQLITE_OK ? bind_fail(b, what, err) : rc;
}

static int read_rows(struct bind *b, const char *what, const char *schema, const char *name,
                     struct remote *r, struct err *err)
{
    struct catalog c;
    int rc = catalog_open(&c, b, what, "table", schema, name, err);
    if (rc != SQLITE_OK)
        return rc;
    while ((rc = catalog_next(&c, err)) == SQLITE_ROW) {
        struct catalog_row row;
        rc = read_row(&c, &r->arena, &row, err);
        if (rc == SQLITE_OK)
            rc = take_row(b, what, r, &row, err);
        if (rc != SQLITE_OK)
            break;
    }
    catalog_close(&c);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* All cells of an answer, one row after the other. */
static int read_cells(struct catalog *c, struct arena *arena, struct cell **cells, int *nrows,
                      struct err *err)
{
    int rc;
    while ((rc = catalog_next(c, err)) == SQLITE_ROW) {
        size_t ncolumns = (size_t)c->rows.ncolumns;
        struct cell *list = list_add(arena, *cells, *nrows, ncolumns * sizeof *list);
        if (list == NULL)
            return err_nomem(err);
        *cells = list;
        for (size_t i = 0; i < ncolumns; i++) {
            rc = catalog_cell(c, (int)i, arena, &list[(size_t)*nrows * ncolumns + i], err);
            if (rc != SQLITE_OK)
                return rc;
        }
        (*nrows)++;
    }
    return rc;
}

/* The same by raw.sql.  *known false: it does not tell. */
static int read_raw(struct bind *b, const char *what, const char *schema, const char *name,
                    struct remote *r, bool *known, struct err *err)
{
    struct catalog c;
    struct cell *cells = NULL;
    struct catalog_row *rows = NULL;
    struct arena scratch;
    int nrows = 0, n = 0;
    int rc = catalog_open(&c, b, what, "raw", schema, name, err);
    if (rc != SQLITE_OK)
        return rc;
    arena_init(&scratch);
    rc = read_cells(&c, &scratch, &cells, &nrows, err);
    if (rc == SQLITE_DONE) {
        rc = b->conn->engine->read_raw(b->conn, cells, nrows, c.rows.ncolumns, &scratch, &r->arena,
                                       &rows, &n, err);
        if (rc != SQLITE_OK)
            bind_fail(b, what, err);
    }
    catalog_close(&c);
    *known = n >= 0;
    for (int i = 0; rc == SQLITE_OK && i < n; i++)
        rc = take_row(b, what, r, &rows[i], err);
    arena_clear(&scratch);
    return rc;
}

/* *r is replaced when the first query does not tell all. */
static int read_table(struct bind *b, const char *schema, const char *name, struct remote **r,
                      struct err *err)
{
    struct conn *conn;
    char what[160];
    bool known = false;
    int rc = bind_connect(b, &conn, err);
    sqlite3_snprintf((int)sizeof what, what, "reading the definition of %s", name);
    if (rc == SQLITE_OK && (conn->caps & CAP_RAW_CATALOG) != 0)
        rc = read_raw(b, what, schema, name, *r, &known, err);
    if (rc == SQLITE_OK && !known) {
        remote_free(*r);
        *r = remote_new();
        rc = *r != NULL ? read_rows(b, what, schema, name, *r, err) : err_nomem(err);
    }
    if (rc == SQLITE_OK) {
        (*r)->distinct_unread = (*r)->nindexes > 0 && sqltext(b->engine->name, "distinct") != NULL;
        (*r)->storage_unread =
            (*r)->kind == REMOTE_VIEW && sqltext(b->engine->name, "beneath") != NULL;
    }
    return rc;
}

static void note_distinct(struct remote *r, const char *index, int place, double amount)
{
    for (int i = 0; i < r->nindexes && index != NULL; i++) {
        struct remote_index *x = &r->indexes[i];
        if (strcmp(x->name, index) != 0 || place < 1 || place > x->ncolumns)
            continue;
        x->distinct_first[place - 1] = amount;
        if (place == x->ncolumns)
            x->distinct = amount;
    }
}

static int read_distinct(struct bind *b, const char *schema, const char *name, struct remote *r,
                         struct err *err)
{
    struct catalog c;
    char what[160];
    sqlite3_snprintf((int)sizeof what, what, "reading the statistics of %s", name);
    int rc = catalog_open(&c, b, what, "distinct", schema, name, err);
    if (rc != SQLITE_OK)
        return rc;
    while ((rc = catalog_next(&c, err)) == SQLITE_ROW) {
        const char *index;
        double amount;
        int place;
        rc = catalog_text(&c, DISTINCT_INDEX, &r->arena, &index, err);
        if (rc == SQLITE_OK)
            rc = catalog_int(&c, DISTINCT_PLACE, &place, err);
        if (rc == SQLITE_OK)
            rc = catalog_number(&c, DISTINCT_AMOUNT, &amount, err);
        if (rc != SQLITE_OK)
            break;
        note_distinct(r, index, place, amount);
    }
    catalog_close(&c);
    r->distinct_unread = r->distinct_unread && rc != SQLITE_DONE;
    r->version++;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

struct view {
    const char *schema, *name;
};

static bool same_schema(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Appends it to the views that are still to be looked at. */
static bool add_view(struct view *views, int *n, const char *schema, const char *name)
{
    for (int i = 0; i < *n; i++) {
        if (same_schema(views[i].schema, schema) && strcmp(views[i].name, name) == 0)
            return true;
    }
    if (*n == VIEWS_MAX)
        return false;
    views[(*n)++] = (struct view){schema, name};
    return true;
}

static void storage_not_known(struct remote *r)
{
    r->transactional = false;
    r->storage = r->stored = NULL;
}

/* One relation that a view shows. */
static int read_shown(struct catalog *c, struct view *views, int *n, struct remote *r,
                      struct err *err)
{
    const char *schema, *name, *kind, *storage;
    double transactional;
    int rc = catalog_text(c, BENEATH_SCHEMA, &r->arena, &schema, err);
    if (rc == SQLITE_OK)
        rc = catalog_text(c, BENEATH_NAME, &r->arena, &name, err);
    if (rc == SQLITE_OK)
        rc = catalog_text(c, BENEATH_KIND, &r->arena, &kind, err);
    if (rc == SQLITE_OK)
        rc = catalog_text(c, BENEATH_STORAGE, &r->arena, &storage, err);
    if (rc == SQLITE_OK)
        rc = catalog_number(c, BENEATH_TRANSACTIONAL, &transactional, err);
    if (rc != SQLITE_OK || !r->transactional)
        return rc;
    if (name == NULL || (text_is(kind, "view") && !add_view(views, n, schema, name))) {
        storage_not_known(r);
    } else if (transactional == 0) {
        r->transactional = false;
        r->storage = storage;
        r->stored = name;
    }
    return SQLITE_OK;
}

/* A view is without transactions if any table is that it shows, itself or by other views. */
static int read_beneath(struct bind *b, const char *schema, const char *name, struct remote *r,
                        struct err *err)
{
    struct view views[VIEWS_MAX];
    char what[160];
    int n = 0, rc = SQLITE_OK;
    add_view(views, &n, schema, name);
    sqlite3_snprintf((int)sizeof what, what, "reading what the view %s shows", name);
    for (int i = 0; i < n && rc == SQLITE_OK && r->transactional; i++) {
        struct catalog c;
        bool any = false;
        rc = catalog_open(&c, b, what, "beneath", views[i].schema, views[i].name, err);
        if (rc != SQLITE_OK)
            return rc;
        while ((rc = catalog_next(&c, err)) == SQLITE_ROW) {
            any = true;
            rc = read_shown(&c, views, &n, r, err);
            if (rc != SQLITE_OK)
                break;
        }
        catalog_close(&c);
        rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
        if (rc == SQLITE_OK && !any)
            storage_not_known(r);
    }
    r->storage_unread = rc != SQLITE_OK;
    r->version++;
    return rc;
}

/* ---- the cache ------------------------------------------------------------------------------------------- */

static void entry_free(struct remote_entry *e)
{
    remote_free(e->remote);
    sqlite3_free(e->schema);
    sqlite3_free(e->name);
    sqlite3_free(e);
}

static struct remote_entry *entry_new(const char *schema, const char *name)
{
    struct remote_entry *e = sqlite3_malloc64(sizeof *e);
    if (e == NULL)
        return NULL;
    memset(e, 0, sizeof *e);
    e->schema = schema != NULL ? sqlite3_mprintf("%s", schema) : NULL;
    e->name = sqlite3_mprintf("%s", name);
    e->remote = remote_new();
    if (e->name == NULL || e->remote == NULL || (schema != NULL && e->schema == NULL)) {
        entry_free(e);
        return NULL;
    }
    return e;
}

void remote_forget(struct bind *b, const char *schema, const char *name)
{
    struct remote_entry **p = &b->remotes;
    while (*p != NULL) {
        struct remote_entry *e = *p;
        if (name != NULL && (strcmp(e->name, name) != 0 || !same_schema(e->schema, schema))) {
            p = &e->next;
            continue;
        }
        *p = e->next;
        entry_free(e);
        b->owner->generation++;
    }
}

static struct remote_entry *entry_find(const struct bind *b, const char *schema, const char *name)
{
    for (struct remote_entry *e = b->remotes; e != NULL; e = e->next) {
        if (strcmp(e->name, name) == 0 && same_schema(e->schema, schema) &&
            e->remote->kind != REMOTE_MISSING)
            return e;
    }
    return NULL;
}

void remote_note_rows(struct bind *b, const char *schema, const char *name, double rows)
{
    struct remote_entry *e = entry_find(b, schema, name);
    if (e != NULL && e->remote->rows >= 0 && e->remote->rows < rows) {
        e->remote->rows = rows;
        e->remote->version++;
    }
}

void remote_note_inserted(struct bind *b, const char *schema, const char *name, double rows)
{
    struct remote_entry *e = entry_find(b, schema, name);
    if (e != NULL && e->remote->rows >= 0) {
        e->remote->rows += rows;
        e->remote->version++;
    }
}

/* A connection of MySQL may be in no database. */
static bool is_nowhere(const struct bind *b)
{
    return b->engine->dialect->seen != NULL && b->url.database == NULL &&
           url_option(&b->url, "read_default_file") == NULL &&
           url_option(&b->url, "read_default_group") == NULL;
}

int remote_get(struct bind *b, const char *schema, const char *name, const struct remote **out,
               struct err *err)
{
    struct remote_entry *e = entry_find(b, schema, name);
    *out = e != NULL ? e->remote : NULL;
    if (e != NULL)
        return SQLITE_OK;
    remote_forget(b, schema, name);
    e = entry_new(schema, name);
    if (e == NULL)
        return err_nomem(err);
    int rc = read_table(b, schema, name, &e->remote, err);
    if (rc == SQLITE_OK && e->remote->kind == REMOTE_MISSING && schema == NULL && is_nowhere(b))
        rc = err_set(err, SQLITE_ERROR,
                     "the URL names no database for table %s: give it one, or the table "
                     "schema='…'",
                     name);
    if (rc != SQLITE_OK) {
        entry_free(e);
        return rc;
    }
    e->next = b->remotes;
    b->remotes = e;
    *out = e->remote;
    return SQLITE_OK;
}

/* The same for one who may read more of it. */
static int get_mine(struct bind *b, const char *schema, const char *name, const struct remote **out,
                    struct remote **mine, struct err *err)
{
    int rc = remote_get(b, schema, name, out, err);
    struct remote_entry *e = rc == SQLITE_OK ? entry_find(b, schema, name) : NULL;
    *mine = e != NULL ? e->remote : NULL; /* NULL: there is no such table */
    return rc;
}

int remote_get_distinct(struct bind *b, const char *schema, const char *name,
                        const struct remote **out, struct err *err)
{
    struct remote *r;
    int rc = get_mine(b, schema, name, out, &r, err);
    return r != NULL && r->distinct_unread ? read_distinct(b, schema, name, r, err) : rc;
}

int remote_get_storage(struct bind *b, const char *schema, const char *name,
                       const struct remote **out, struct err *err)
{
    struct remote *r;
    int rc = get_mine(b, schema, name, out, &r, err);
    return r != NULL && r->storage_unread ? read_beneath(b, schema, name, r, err) : rc;
}

int reflect_names(struct bind *b, const char *schema, struct arena *arena, const char ***names,
                  int *n, struct err *err)
{
    static const char what[] = "reading the names of all tables";
    struct catalog c;
    *names = NULL;
    *n = 0;
    int rc = catalog_open(&c, b, what, "tables", schema, NULL, err);
    if (rc != SQLITE_OK)
        return rc;
    while ((rc = catalog_next(&c, err)) == SQLITE_ROW) {
        const char **list = list_add(arena, *names, *n, sizeof *list);
        const char *name = NULL;
        rc = list != NULL ? catalog_text(&c, 0, arena, &name, err) : err_nomem(err);
        if (rc != SQLITE_OK) {
            bind_fail(b, what, err);
            break;
        }
        *names = list;
        if (list != NULL && name != NULL)
            list[(*n)++] = name;
    }
    catalog_close(&c);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
