/* Rows of an inner table, kept so that later runs of the same plan need not ask the server: found by the
** values of some columns, or replayed from the first to the last in the order in which they came.
**
** A keystore is filled once, sealed, and never changes after that; whoever reads from it holds a reference, so
** it may be forgotten while a scan is still under way.  Equality is SQLite's: the affinity of the declared
** column, the collation of the comparison, integers against reals exactly.  It may find a row too many (what
** SQLite rechecks), never one too few.
** Memory is bounded by a budget that all keystores of a connection share: rows beyond it go to a private
** temporary database; when not even the index has room, adding a row says SQLITE_FULL. */
#ifndef BINDS_SESSION_KEYSTORE_H
#define BINDS_SESSION_KEYSTORE_H

#include "base/err.h"
#include "model/cell.h"
#include "model/coltype.h"
#include "model/model.h"

#define KEYSTORE_KEYS_MAX 4
#define KEYSTORE_MEMORY ((size_t)40 * 1024 * 1024)   /* bytes of all keystores of a connection */

struct keystore_budget {
    size_t used, limit;
};

struct keystore_key {
    int column;                  /* of the stored rows */
    enum affinity affinity;      /* of the declared column */
    enum collation collation;    /* of the comparison */
};

struct keystore;

/* budget must outlive the keystore.  NULL = out of memory. */
struct keystore *keystore_new(int ncolumns, const struct keystore_key *keys, int nkeys,
                              struct keystore_budget *budget);
void keystore_retain(struct keystore *s);
void keystore_release(struct keystore *s);       /* NULL is fine */

/* Copies a row.  SQLITE_OK, SQLITE_FULL (over the budget; err is not set), or an error. */
int keystore_add(struct keystore *s, const struct cell *cells, struct err *err);
/* No more rows follow; from now on it may be read.  SQLITE_OK, SQLITE_FULL or an error. */
int keystore_seal(struct keystore *s, struct err *err);
sqlite3_int64 keystore_rows(const struct keystore *s);
bool keystore_keyed(const struct keystore *s);   /* NULL is not */
bool keystore_spilled(const struct keystore *s); /* a temporary file is in use */

/* One pass over the rows with a certain key (all rows, when there are no keys). */
struct keystore_scan {
    struct keystore *store;      /* a reference; NULL = no pass */
    unsigned at;                 /* number of the next candidate + 1, 0 = none */
    unsigned hash;
    struct cell key[KEYSTORE_KEYS_MAX]; /* as the caller gave them, his memory */
    struct cell *cells;          /* owned: the current row */
    int room;                    /* of cells */
    unsigned char *chunk;        /* owned: a chunk that was read back */
    size_t chunk_size;
    unsigned chunk_number;       /* + 1, 0 = none */
    char scratch[KEYSTORE_KEYS_MAX][CELL_SCRATCH];
};

/* Starts a pass.  The keys' memory must live until the pass ends. */
int keystore_find(struct keystore *s, const struct cell *key, struct keystore_scan *scan, struct err *err);
/* SQLITE_ROW: scan->cells is the next row, until the next call; SQLITE_DONE, or an error. */
int keystore_next(struct keystore_scan *scan, struct err *err);
/* Another pass over the rows that are still to come.  No pass (copy->store NULL) if there is none under way. */
int keystore_peek(const struct keystore_scan *scan, struct keystore_scan *copy, struct err *err);
void keystore_scan_end(struct keystore_scan *scan);      /* gives the reference back, keeps the memory */
void keystore_scan_clear(struct keystore_scan *scan);    /* frees all */

#endif
