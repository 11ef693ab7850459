/* What SQLite on the other side does exactly: everything, as long as the collation is spelt out and known to
** both, and the file is in UTF-8.  Whether the two columns' affinities agree is sqlgen/rhs.c's matter
** (dialect.dynamic_types).  LIKE and GLOB: the application may have redefined them on its own connection, so SQLite
** keeps its recheck. */
#include "sqlgen/judge.h"

const struct judgement sqlite_judgements[] = {
    {.types = T_ALL, .ops = O(ISNULL), .verdict = VERDICT_EXACT, .form = "{c} IS NULL",
     .arg = CT_N, .why = "the same engine"},
    {.types = T_ALL, .ops = O(NOTNULL), .verdict = VERDICT_EXACT, .form = "{c} IS NOT NULL",
     .arg = CT_N, .why = "the same engine"},
    {.types = T_ALL, .ops = O_RANGE | O(ORDER), .collations = C(BINARY), .charset = "utf16",
     .verdict = VERDICT_LOCAL, .form = "", .arg = CT_N,
     .why = "a file in UTF-16 sorts by other bytes, and any column may hold texts"},
    {.types = T_ALL, .ops = O_COMPARE, .text_orders = X(BYTES), .collations = C(BINARY),
     .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_N,
     .why = "the column's collation is BINARY there too"},
    {.types = T_ALL, .ops = O_COMPARE, .collations = C(BINARY), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE BINARY {o} {a}", .arg = CT_N, .why = "the collation of the comparison is spelt out"},
    {.types = T_ALL, .ops = O_COMPARE, .collations = C(NOCASE), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE NOCASE {o} {a}", .arg = CT_N, .why = "the collation of the comparison is spelt out"},
    {.types = T_ALL, .ops = O_COMPARE, .collations = C(RTRIM), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE RTRIM {o} {a}", .arg = CT_N, .why = "the collation of the comparison is spelt out"},
    {.types = T_ALL, .ops = O(IN), .text_orders = X(BYTES), .collations = C(BINARY), .verdict = VERDICT_EXACT,
     .form = "{c} IN {l}", .arg = CT_N, .why = "as a list"},
    {.types = T_ALL, .ops = O(IN), .collations = C(BINARY), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE BINARY IN {l}", .arg = CT_N, .why = "IN compares by the left side's collation"},
    {.types = T_ALL, .ops = O(IN), .collations = C(NOCASE), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE NOCASE IN {l}", .arg = CT_N, .why = "IN compares by the left side's collation"},
    {.types = T_ALL, .ops = O(IN), .collations = C(RTRIM), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE RTRIM IN {l}", .arg = CT_N, .why = "IN compares by the left side's collation"},
    {.types = T_ALL, .ops = O(LIKE), .verdict = VERDICT_SUPERSET, .form = "{c} LIKE {a}", .arg = CT_TEXT,
     .why = "the application may have its own like(): rechecked"},
    {.types = T_ALL, .ops = O(GLOB), .verdict = VERDICT_SUPERSET, .form = "{c} GLOB {a}", .arg = CT_TEXT,
     .why = "the application may have its own glob(): rechecked"},
    {.types = T_ALL, .ops = O(ORDER), .text_orders = X(BYTES), .collations = C(BINARY),
     .verdict = VERDICT_EXACT, .form = "{c}", .arg = CT_N, .why = "NULLs are lowest there too"},
    {.types = T_ALL, .ops = O(ORDER), .collations = C(BINARY), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE BINARY", .arg = CT_N, .why = "the collation is spelt out"},
    {.types = T_ALL, .ops = O(ORDER), .collations = C(NOCASE), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE NOCASE", .arg = CT_N, .why = "the collation is spelt out"},
    {.types = T_ALL, .ops = O(ORDER), .collations = C(RTRIM), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE RTRIM", .arg = CT_N, .why = "the collation is spelt out"},
    {.form = NULL}};

const struct pairing sqlite_pairings[] = {
    {.types = T_ALL, .ops = O_COMPARE, .form = "{c} COLLATE BINARY {o} {d}",
     .why = "the same engine; the collation of the comparison is spelt out"},
    {.form = NULL}};

const struct row_identity sqlite_row_identity = {
    .n = 1,
    .select = {"rowid"},
    .type = {CT_INT8},
    .where = "rowid = {1}",
    .shadow = "rowid",
};
