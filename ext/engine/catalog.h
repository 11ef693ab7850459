/* Rows of sql/<engine>/table.sql, whose head says what the columns mean: what the session makes a struct remote of, and
** what a driver makes of the server's own terms (engine.read_raw). */
#ifndef BINDS_ENGINE_CATALOG_H
#define BINDS_ENGINE_CATALOG_H

enum catalog_text {
    CATALOG_PART, CATALOG_NAME, CATALOG_DETAIL, CATALOG_KIND, CATALOG_COLLATION, CATALOG_CHARSET, CATALOG_DEFAULT,
    CATALOG_TEXTS
};
enum { CATALOG_FLAGS = CATALOG_TEXTS, CATALOG_AMOUNT, CATALOG_SIZE }; /* the columns after these */

enum { TABLE_TRANSACTIONAL = 1 };
enum { COLUMN_NOT_NULL = 1, COLUMN_DEFAULT = 2, COLUMN_GENERATED = 4, COLUMN_AUTO = 8, COLUMN_VIRTUAL = 16 };
enum {
    INDEX_PRIMARY = 1, INDEX_UNIQUE = 2, INDEX_PARTIAL = 4, INDEX_DESCENDING = 8, INDEX_BYTES = 16, INDEX_AS_COLUMN = 32,
    INDEX_PREFIX = 64, INDEX_EXCLUSION = 128
};

struct catalog_row {
    const char *text[CATALOG_TEXTS];
    int flags;
    double amount, size;
};

#endif
