/* sql/postgresql/raw.sql → the rows of table.sql, where these need no more than it tells.
**
** A server process that has just begun pays for each catalog, operator and function that a question names, so the
** question names few, and what its answer means is found out here.  Numbers below 10000 are the server's own and never
** change: of types, 25 is text, 1042 char(n), 1043 varchar, and none is a domain or an enum; of collations 100 is the
** database's, 950 "C", 951 "POSIX"; 4217 to 4219 are the operator classes text_pattern_ops, varchar_pattern_ops and
** bpchar_pattern_ops.  Other types and collations, partitioned tables, exclusion constraints, and answers that do not
** have the form that raw.sql gives them, are left to table.sql.
**
** The answer is one row, in which columns and indexes are arrays of records in their binary form: an int32 each for
** dimensions, flags, element type, elements and first index, then the elements, each with its length before it; of a
** record, the number of fields, and type, length and bytes of each. */
#include "engine/catalog.h"
#include "engine/postgres/pg.h"
#include "model/list.h"

#include <stdlib.h>

enum raw_column {
    RAW_PART,
    RAW_NAME,
    RAW_KIND,
    RAW_GENERATED,
    RAW_A,
    RAW_B,
    RAW_C,
    RAW_D,
    RAW_COLLATION,
    RAW_NUMBER,
    RAW_N,
    RAW_TUPLES,
    RAW_E,
    RAW_F,
    RAW_G,
    RAW_H,
    RAW_I,
    RAW_J,
    RAW_COLUMNS
};
enum raw_part { PART_TABLE, PART_COLUMN, PART_INDEX, PARTS };
enum {
    TABLE_FIELDS = 7,
    COLUMNS_FIELD = TABLE_FIELDS,
    INDEXES_FIELD,
    ANSWER_FIELDS,
    FIELDS_MAX = 16
};
enum { DEFAULT_COLLATION = 100, C_COLLATION = 950, POSIX_COLLATION = 951 };
enum { TYPE_TEXT = 25, TYPE_CHAR = 1042, TYPE_VARCHAR = 1043, FIRST_OF_USERS = 10000 };
enum { FIRST_PATTERN_OPS = 4217, LAST_PATTERN_OPS = 4219 };
enum { OPTION_DESCENDING = 1 };

#define ROW_BYTES 64.0    /* a guess, where a table was never analyzed */
#define INDEX_COLUMNS 128 /* more are left to table.sql, */
#define ROWS_MAX 5000     /* and more columns, or indexes, than these */
#define NULL_LENGTH 0xFFFFFFFFu

struct raw {
    const struct cell *cells;
    int nrows;
    const char *encoding;        /* NULL = not told */
    struct arena *arena, *texts; /* for what is read of it, and for its texts */
    const char *locale;          /* by which the database sorts, NULL = by none that we know */
    const int *of[PARTS];        /* its rows, in order */
    int n[PARTS];
    bool nomem;
};

static const struct cell *cell(const struct raw *raw, int row, enum raw_column column)
{
    return &raw->cells[(size_t)row * RAW_COLUMNS + column];
}

/* What is not of the class that it should be counts as NULL, 0 or false. */
static const char *text(const struct raw *raw, int row, enum raw_column column)
{
    const struct cell *c = cell(raw, row, column);
    return c->cls == CELL_TEXT ? c->p : NULL;
}

static sqlite3_int64 whole(const struct raw *raw, int row, enum raw_column column)
{
    const struct cell *c = cell(raw, row, column);
    return c->cls == CELL_INT ? c->i : 0;
}

static double real(const struct raw *raw, int row, enum raw_column column)
{
    const struct cell *c = cell(raw, row, column);
    return c->cls == CELL_REAL ? c->r : c->cls == CELL_INT ? (double)c->i : 0;
}

static char letter(const struct raw *raw, int row, enum raw_column column)
{
    const char *t = text(raw, row, column);
    return t ? t[0] : 0;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; word && *words; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

/* ---- the answer's one row -------------------------------------------------------------------- */

/* Where the fields go that raw.sql names, in its order. */
static const struct {
    int n;
    enum raw_column at[FIELDS_MAX];
} fields[PARTS] = {
    [PART_TABLE] = {TABLE_FIELDS,
                    {RAW_NAME, RAW_KIND, RAW_NUMBER, RAW_N, RAW_TUPLES, RAW_B, RAW_A}},
    [PART_COLUMN] = {11,
                     {RAW_NAME, RAW_KIND, RAW_GENERATED, RAW_A, RAW_B, RAW_COLLATION, RAW_NUMBER,
                      RAW_N, RAW_E, RAW_F, RAW_G}},
    [PART_INDEX] = {12,
                    {RAW_NAME, RAW_A, RAW_B, RAW_C, RAW_D, RAW_N, RAW_E, RAW_F, RAW_G, RAW_H, RAW_I,
                     RAW_J}},
};

struct bytes {
    const unsigned char *p;
    size_t n;
    bool bad; /* fewer than were asked for */
};

static unsigned take_word(struct bytes *b)
{
    unsigned word = 0;
    b->bad = b->bad || b->n < sizeof word;
    if (!b->bad) {
        word = pg_u32(b->p);
        b->p += sizeof word;
        b->n -= sizeof word;
    }
    return word;
}

/* A value and the length before it.  Empty as well where it is NULL, which is told then. */
static struct bytes take_value(struct bytes *b, bool *null)
{
    unsigned n = take_word(b);
    struct bytes value = {.p = b->p};
    *null = n == NULL_LENGTH;
    b->bad = b->bad || (!*null && n > b->n);
    if (!b->bad && !*null) {
        value.n = n;
        b->p += n;
        b->n -= n;
    }
    return value;
}

/* The head of an array: how many elements follow. */
static unsigned take_head(struct bytes *b)
{
    unsigned dimensions = take_word(b), n = 0;
    take_word(b); /* flags */
    take_word(b); /* the elements' type */
    b->bad = b->bad || dimensions > 1;
    if (dimensions == 1) {
        n = take_word(b);
        take_word(b); /* the first one's number */
    }
    b->bad = b->bad || n > b->n; /* each has a length at least */
    return b->bad ? 0 : n;
}

static struct bytes bytes_of(const struct cell *c)
{
    return c->cls == CELL_BLOB ? (struct bytes){.p = (const unsigned char *)c->p, .n = c->n}
                               : (struct bytes){.bad = true};
}

static bool keep(struct raw *raw, const struct cell *c, struct cell *out)
{
    raw->nomem = raw->nomem || cell_copy(c, raw->texts, out) != SQLITE_OK;
    return !raw->nomem;
}

/* Numbers and texts; what has no such form stays as its bytes. */
static bool read_field(struct raw *raw, unsigned oid, struct bytes value, struct cell *out)
{
    struct pg_column column;
    struct type type;
    struct cell c;
    char scratch[PG_SCRATCH];
    pg_describe(oid, -1, &column, &type);
    if (!pg_decode(column.form == PG_FORM_NONE ? PG_FORM_BYTES : column.form, value.p, value.n, &c,
                   scratch))
        return false;
    return keep(raw, &c, out);
}

static bool read_record(struct raw *raw, struct bytes *b, enum raw_part part, struct cell *row)
{
    int n = fields[part].n;
    row[RAW_PART] = cell_int(part);
    if (take_word(b) != (unsigned)n)
        return false;
    for (int i = 0; i < n; i++) {
        bool null;
        unsigned oid = take_word(b);
        struct bytes value = take_value(b, &null);
        if (b->bad || (!null && !read_field(raw, oid, value, &row[fields[part].at[i]])))
            return false;
    }
    return b->n == 0;
}

/* False: it has not the form that it should, or there is no memory. */
static bool read_answer(struct raw *raw, const struct cell *answer)
{
    struct bytes list[] = {bytes_of(&answer[COLUMNS_FIELD]), bytes_of(&answer[INDEXES_FIELD])};
    unsigned n[] = {take_head(&list[0]), take_head(&list[1])};
    struct cell *row;
    if (list[0].bad || list[1].bad || n[0] > ROWS_MAX || n[1] > ROWS_MAX)
        return false;
    raw->nrows = 1 + (int)(n[0] + n[1]);
    row = arena_alloc(raw->arena, (size_t)raw->nrows * RAW_COLUMNS * sizeof *row);
    raw->nomem = row == NULL;
    if (row == NULL)
        return false;
    memset(row, 0, (size_t)raw->nrows * RAW_COLUMNS * sizeof *row);
    raw->cells = row;
    row[RAW_PART] = cell_int(PART_TABLE);
    for (int i = 0; i < TABLE_FIELDS; i++) {
        if (!keep(raw, &answer[i], &row[fields[PART_TABLE].at[i]]))
            return false;
    }
    for (int k = 0; k < 2; k++) {
        for (unsigned i = 0; i < n[k]; i++) {
            bool null;
            struct bytes record = take_value(&list[k], &null);
            row += RAW_COLUMNS;
            if (list[k].bad || !read_record(raw, &record, k == 0 ? PART_COLUMN : PART_INDEX, row))
                return false;
        }
    }
    return true;
}

/* ---- the order that table.sql has ------------------------------------------------------------ */

static bool comes_before(const struct raw *raw, int a, int b)
{
    const char *x = text(raw, a, RAW_NAME), *y = text(raw, b, RAW_NAME);
    bool primary = whole(raw, a, RAW_E) != 0, other = whole(raw, b, RAW_E) != 0;
    if (whole(raw, a, RAW_PART) == PART_COLUMN)
        return whole(raw, a, RAW_N) < whole(raw, b, RAW_N);
    if (primary != other)
        return primary;
    return x && y ? strcmp(x, y) < 0 : y != NULL;
}

/* They mostly come in order.  False: out of memory. */
static bool sort_rows(struct raw *raw)
{
    for (int part = 0; part < PARTS; part++) {
        int *rows = arena_alloc(raw->arena, ((size_t)raw->nrows + 1) * sizeof *rows);
        if (!rows)
            return false;
        raw->of[part] = rows;
        for (int i = 0; i < raw->nrows; i++) {
            int at = raw->n[part];
            if (whole(raw, i, RAW_PART) != part)
                continue;
            for (; at > 0 && comes_before(raw, i, rows[at - 1]); at--)
                rows[at] = rows[at - 1];
            rows[at] = i;
            raw->n[part]++;
        }
    }
    return true;
}

/* ---- the table and its columns --------------------------------------------------------------- */

static double estimate(const struct raw *raw, int row, char kind)
{
    double bytes = real(raw, row, RAW_NUMBER), pages = real(raw, row, RAW_N);
    double tuples = real(raw, row, RAW_TUPLES);
    const char *block = text(raw, row, RAW_B);
    long block_bytes = block ? strtol(block, NULL, 10) : 0;
    if (kind == 'f')
        return tuples;
    if (kind != 'r' && kind != 'm')
        return -1;
    return tuples > 0 && pages > 0 && block_bytes > 0
               ? tuples / pages * ceil(bytes / (double)block_bytes)
               : ceil(bytes / ROW_BYTES);
}

static bool read_table(const struct raw *raw, int row, struct catalog_row *out)
{
    char kind = letter(raw, row, RAW_KIND);
    out->text[CATALOG_PART] = "table";
    out->text[CATALOG_NAME] = text(raw, row, RAW_NAME);
    out->text[CATALOG_KIND] = kind == 'r' || kind == 'f'   ? "table"
                              : kind == 'v' || kind == 'm' ? "view"
                                                           : "other";
    out->flags = TABLE_TRANSACTIONAL;
    out->amount = estimate(raw, row, kind);
    out->size = kind == 'r' || kind == 'm' ? real(raw, row, RAW_NUMBER) : 0;
    return kind != 'p';
}

/* Of other encodings than these bytes sort otherwise than those of UTF-8. */
static bool sorts_as_utf8(const struct raw *raw)
{
    static const char *const encodings[] = {"UTF8", "SQL_ASCII", "LATIN1", NULL};
    return is_one_of(raw->encoding, encodings);
}

static const char *order_of(const struct raw *raw, sqlite3_int64 type, sqlite3_int64 collation)
{
    static const char *const by_bytes[] = {"C", "POSIX", "C.UTF-8", "C.utf8", "C.UTF8", NULL};
    if (type == TYPE_CHAR)
        return "pad";
    if (type != TYPE_TEXT && type != TYPE_VARCHAR)
        return NULL;
    if (!sorts_as_utf8(raw))
        return "equal";
    return collation != DEFAULT_COLLATION || is_one_of(raw->locale, by_bytes) ? "bytes" : "equal";
}

static bool read_column(const struct raw *raw, int row, struct catalog_row *out)
{
    sqlite3_int64 type = whole(raw, row, RAW_NUMBER), collation = whole(raw, row, RAW_COLLATION);
    char generated = letter(raw, row, RAW_GENERATED);
    bool numbered = letter(raw, row, RAW_KIND) != 0;
    out->text[CATALOG_PART] = "column";
    out->text[CATALOG_NAME] = text(raw, row, RAW_NAME);
    out->text[CATALOG_DETAIL] = text(raw, row, RAW_B);
    out->text[CATALOG_KIND] = order_of(raw, type, collation);
    out->text[CATALOG_COLLATION] = collation == DEFAULT_COLLATION ? "default"
                                   : collation == C_COLLATION     ? "C"
                                   : collation == POSIX_COLLATION ? "POSIX"
                                                                  : NULL;
    out->text[CATALOG_CHARSET] = sorts_as_utf8(raw) ? NULL : "other";
    out->text[CATALOG_DEFAULT] = text(raw, row, RAW_A);
    out->flags = (whole(raw, row, RAW_E) ? COLUMN_NOT_NULL : 0) |
                 (numbered ? COLUMN_AUTO | COLUMN_DEFAULT : 0) |
                 (whole(raw, row, RAW_F) ? COLUMN_DEFAULT : 0) |
                 (generated ? COLUMN_GENERATED : 0) | (generated == 'v' ? COLUMN_VIRTUAL : 0);
    return type > 0 && type < FIRST_OF_USERS && (collation == 0 || out->text[CATALOG_COLLATION]);
}

/* ---- indexes --------------------------------------------------------------------------------- */

/* An array of int2 or oid: the number of its elements, which is at most `most`. */
static int read_numbers(const struct cell *array, long long *out, int most)
{
    struct bytes b = bytes_of(array);
    unsigned wanted = take_head(&b);
    int n = 0;
    while (n < most && (unsigned)n < wanted) {
        bool null;
        struct bytes v = take_value(&b, &null);
        if (b.bad || (v.n != sizeof(short) && v.n != sizeof(unsigned)))
            break;
        out[n++] = v.n == sizeof(short) ? (short)pg_u16(v.p) : (long long)pg_u32(v.p);
    }
    return n;
}

static int column_row(const struct raw *raw, long long number)
{
    for (int i = 0; i < raw->n[PART_COLUMN]; i++) {
        if (whole(raw, raw->of[PART_COLUMN][i], RAW_N) == number)
            return raw->of[PART_COLUMN][i];
    }
    return -1;
}

struct index_lists {
    long long columns[INDEX_COLUMNS], options[INDEX_COLUMNS], classes[INDEX_COLUMNS],
        collations[INDEX_COLUMNS];
    int n; /* that all of them have */
};

static void read_lists(const struct raw *raw, int row, struct index_lists *x)
{
    x->n = read_numbers(cell(raw, row, RAW_A), x->columns, INDEX_COLUMNS);
    x->n = read_numbers(cell(raw, row, RAW_B), x->options, x->n);
    x->n = read_numbers(cell(raw, row, RAW_C), x->classes, x->n);
    x->n = read_numbers(cell(raw, row, RAW_D), x->collations, x->n);
}

static bool read_index_column(const struct raw *raw, int row, const struct index_lists *x, int k,
                              struct catalog_row *out)
{
    long long class = x->classes[k], collation = x->collations[k];
    int column = x->columns[k] > 0 ? column_row(raw, x->columns[k]) : -1;
    bool as_column = column >= 0 && collation && collation == whole(raw, column, RAW_COLLATION);
    out->text[CATALOG_PART] = "index";
    out->text[CATALOG_NAME] = text(raw, row, RAW_NAME);
    out->text[CATALOG_DETAIL] = column >= 0 ? text(raw, column, RAW_NAME) : NULL;
    out->flags = (whole(raw, row, RAW_E) ? INDEX_PRIMARY : 0) |
                 (whole(raw, row, RAW_F) && whole(raw, row, RAW_H) ? INDEX_UNIQUE : 0) |
                 (whole(raw, row, RAW_I) ? INDEX_PARTIAL : 0) |
                 (x->options[k] & OPTION_DESCENDING ? INDEX_DESCENDING : 0) |
                 (class >= FIRST_PATTERN_OPS && class <= LAST_PATTERN_OPS ? INDEX_BYTES : 0) |
                 (as_column ? INDEX_AS_COLUMN : 0);
    /* An expression's collation is nobody's. */
    return x->columns[k] == 0 || collation == 0 || as_column;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Appends the rows of one of raw's.  False: that is table.sql's to tell, or there is no memory. */
static bool add_rows(struct raw *raw, enum raw_part part, int row, struct catalog_row **rows,
                     int *n)
{
    struct index_lists x = {.n = 1};
    sqlite3_int64 wanted = 1;
    if (part == PART_COLUMN && whole(raw, row, RAW_G))
        return true; /* dropped */
    if (part == PART_INDEX) {
        wanted = whole(raw, row, RAW_N);
        if (!whole(raw, row, RAW_J))
            return true; /* not to be used */
        if (whole(raw, row, RAW_G))
            return false; /* of an exclusion constraint */
        if (cell(raw, row, RAW_NAME)->cls == CELL_NULL)
            return true; /* of another kind than btree */
        read_lists(raw, row, &x);
    }
    if (wanted < 1 || wanted > x.n)
        return false;
    for (int k = 0; k < wanted; k++) {
        struct catalog_row *list = list_add(raw->arena, *rows, *n, sizeof *list);
        raw->nomem = !list;
        if (!list)
            return false;
        *rows = list;
        struct catalog_row *out = &list[(*n)++];
        memset(out, 0, sizeof *out);
        if (!(part == PART_TABLE    ? read_table(raw, row, out)
              : part == PART_COLUMN ? read_column(raw, row, out)
                                    : read_index_column(raw, row, &x, k, out)))
            return false;
    }
    return true;
}

int pg_read_raw(const struct conn *c, const struct cell *cells, int nrows, int ncolumns,
                struct arena *arena, struct arena *texts, struct catalog_row **rows, int *n,
                struct err *err)
{
    const struct pg_conn *pg = (const struct pg_conn *)c;
    struct raw raw = {
        .encoding = PQparameterStatus(pg->pq, "server_encoding"), .arena = arena, .texts = texts};
    bool known = nrows == 0 || (nrows == 1 && ncolumns == ANSWER_FIELDS && raw.encoding);
    *rows = NULL;
    *n = 0;
    if (nrows > 0 && known) {
        known = read_answer(&raw, cells);
        raw.nomem = raw.nomem || (known && !sort_rows(&raw));
        if (known && !raw.nomem)
            raw.locale = text(&raw, raw.of[PART_TABLE][0], RAW_A);
    }
    for (int part = 0; known && !raw.nomem && part < PARTS; part++) {
        for (int i = 0; known && i < raw.n[part]; i++)
            known = add_rows(&raw, (enum raw_part)part, raw.of[part][i], rows, n);
    }
    if (!known)
        *n = -1;
    return raw.nomem ? err_nomem(err) : SQLITE_OK;
}
