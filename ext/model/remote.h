/* What the catalog of a server says of one table: enough to plan exactly (types, collations), cheaply
** (indexes, row count) and to tell whether a declaration matches.  Pure data; session/reflect fills it. */
#ifndef BINDS_MODEL_REMOTE_H
#define BINDS_MODEL_REMOTE_H

#include "model/model.h"

/* How the server compares this text column, seen from SQLite's BINARY (memcmp). */
enum text_order {
    TEXT_NONE,            /* not a text column */
    TEXT_BYTES,           /* = and < are memcmp (PG "C"/POSIX/C.UTF-8, MySQL NO PAD _bin, SQLite BINARY) */
    TEXT_EQUAL_BYTES,     /* = is byte equality, < is not memcmp (PG deterministic collations) */
    TEXT_BYTES_PAD,       /* bytes, but trailing blanks are ignored (MySQL PAD _bin, PG char(n)) */
    TEXT_LOOSE            /* case or accents may be equal (MySQL _ci, PG nondeterministic, citext) */
};

struct remote_column {
    const char *name;
    struct type type;             /* by the server's own type */
    enum text_order text_order;
    const char *collation;        /* the server's name of it, NULL = none */
    const char *charset;          /* MySQL; Postgres: "other" encodings, an enum's or citext's name as SQL */
    bool not_null, has_default, generated, autoincrement;
    const char *default_text;     /* as the catalog spells it, NULL = none */
};

struct remote_index {
    const char *name;
    bool primary, unique, partial;   /* partial: has a WHERE; expression indexes have column -1 */
    bool exclusion;                  /* of an EXCLUDE constraint: one row can stand in another's way, no key */
    int ncolumns;
    int *columns;                    /* positions in remote.columns, -1 = expression */
    bool *descending;
    bool *bytes;                     /* per column: the index itself is in memcmp order (PG text_pattern_ops, C) */
    double distinct;                 /* estimated distinct values of the whole key, 0 = unknown */
    double *distinct_first;          /* … of its first 1, 2 … columns */
};

enum remote_kind { REMOTE_MISSING, REMOTE_TABLE, REMOTE_VIEW, REMOTE_OTHER };

struct remote {
    struct arena arena;
    enum remote_kind kind;
    const char *name;
    double rows;                     /* estimate; < 0 = unknown */
    double bytes;                    /* size on disk, 0 = unknown */
    bool transactional;              /* false: e.g. MyISAM, Aria */
    const char *storage;             /* the storage engine that it is in; NULL = the server has but one, or not known */
    const char *stored;              /* whose it is: its own name, or of a view a table that it shows; NULL = not known */
    bool storage_unread;             /* a view: nobody has asked yet what it shows */
    int ncolumns;
    struct remote_column *columns;
    int nindexes;
    struct remote_index *indexes;
    bool distinct_unread;            /* nobody has asked yet how many distinct values the indexes have */
    unsigned version;                /* goes up when something in it changes */
};
struct remote *remote_new(void);
void remote_free(struct remote *r);
/* Is that column part of a key by whose uniqueness one row of a statement can stand in another's way? */
bool remote_in_unique_key(const struct remote *r, int column);
int remote_column(const struct remote *r, const char *name); /* exact, then ASCII case-insensitive; -1 */

#endif
