/* What MariaDB and MySQL do exactly as SQLite.  The facts behind each row were measured by millions of
** comparisons on MariaDB; MySQL differs in names of collations only.
**
** Traps: `=` ignores case, accents or trailing blanks in nearly every collation, so bytes are compared as well
** (BINARY), after the index has found its candidates.  A column that is not utf8mb4 refuses texts outside its
** character set with an error, so the text is converted first, in the column's own collation.
** `date IS NULL` finds zero dates.  A YEAR equals 24 when it is 2024.  Sorting looks at the first
** max_sort_length bytes only (1024): longer columns are sorted by SQLite.  Sorted without an index, a text and the
** same with NULs behind it are one under a NO PAD collation.  Doubles and decimals travel as such: a decimal literal
** or a text would be compared otherwise. */
#include "sqlgen/judge.h"

#define T_STAMPS (T(DATE) | T(DATETIME) | T(DATETIMETZ))
#define T_NUMBERS (T_INTS | T(BOOL) | T(UINT8))
#define SORTED_CHARACTERS 256 /* 1024 bytes */
#define SORTED_BYTES 1024
#define BYTES "CAST(CONVERT({c} USING utf8mb4) AS BINARY)"
#define BYTES_RTRIM "CAST(CONVERT(RTRIM({c}) USING utf8mb4) AS BINARY)"
#define VALUE "CAST({a} AS BINARY)"
#define TO_NUL(text) "SUBSTRING_INDEX(" text ", _utf8mb4 X'00', 1)" /* NOCASE and LIKE look no further */
#define FOLDED TO_NUL("CONVERT({c} USING utf8mb4)") " COLLATE utf8mb4_general_ci"
/* The value in the column's own collation.  It is said to be utf8mb4 first: MySQL gives a bare parameter the character
** set of what it stands in, and a text outside that is an error. */
#define OWN "CONVERT(CONVERT({a} USING utf8mb4) USING {x}) COLLATE {k}"
/* Beside the greatest double there is none: a sum that is too large would be an error. */
#define MARGIN "(LEAST(ABS({a}) * 1e-14, 1e290) + 1e-30)"
#define LABEL "CAST(CAST({c} AS CHAR) AS BINARY)"

const struct judgement mysql_judgements[] = {
    /* NULL */
    {.types = T(DATE) | T(DATETIME), .ops = O(ISNULL), .verdict = VERDICT_EXACT, .form = "{c} <=> NULL",
     .arg = CT_N, .why = "IS NULL finds zero dates, too (no zero timestamps)"},
    {.types = T(DATE) | T(DATETIME), .ops = O(NOTNULL), .verdict = VERDICT_EXACT, .form = "NOT ({c} <=> NULL)",
     .arg = CT_N, .why = "zero dates are no NULLs"},
    {.types = T_ALL, .ops = O(ISNULL), .verdict = VERDICT_EXACT, .form = "{c} IS NULL", .arg = CT_N,
     .why = "the same"},
    {.types = T_ALL, .ops = O(NOTNULL), .verdict = VERDICT_EXACT, .form = "{c} IS NOT NULL", .arg = CT_N,
     .why = "the same"},

    /* numbers */
    {.types = T_NUMBERS, .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_INT8,
     .why = "reals become integer bounds first: bigint against double loses rows near 2^53"},
    {.types = T_NUMBERS, .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} IN {l}", .arg = CT_INT8,
     .why = "as a list, index used"},
    {.types = T(FLOAT8), .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_N,
     .why = "bound as a double; integers beyond 2^53 become the doubles beside them first"},
    {.types = T(FLOAT8), .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} IN {l}", .arg = CT_N,
     .why = "as a list of doubles, index used"},
    {.types = T(FLOAT4), .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "({c} + 0e0) {o} {a}",
     .arg = CT_FLOAT8, .why = "compared as delivered: 1.1 as float is no 1.1"},
    {.types = T(FLOAT4), .ops = O(IN), .verdict = VERDICT_EXACT, .form = "({c} + 0e0) IN {l}",
     .arg = CT_FLOAT8, .why = "compared as delivered"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}",
     .arg = CT_N,
     .why = "up to 15 digits each decimal has a double of its own: the argument is the decimal"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} IN {l}",
     .arg = CT_N, .why = "as a list of decimals, index used"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "{c}",
     .arg = CT_N, .why = "each decimal has a double of its own"},
    {.types = T(NUMERIC), .ops = O(EQ), .verdict = VERDICT_SUPERSET,
     .form = "{c} BETWEEN {a} - " MARGIN " AND {a} + " MARGIN,
     .arg = CT_FLOAT8, .why = "many decimals share a double: a band around it, rechecked"},
    {.types = T(NUMERIC), .ops = O_BELOW, .verdict = VERDICT_SUPERSET,
     .form = "{c} <= {a} + " MARGIN, .arg = CT_FLOAT8,
     .why = "many decimals share a double: a band around it, rechecked"},
    {.types = T(NUMERIC), .ops = O_ABOVE, .verdict = VERDICT_SUPERSET,
     .form = "{c} >= {a} - " MARGIN, .arg = CT_FLOAT8,
     .why = "many decimals share a double: a band around it, rechecked"},
    {.types = T_NUMBERS | T(FLOAT8), .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "{c}", .arg = CT_N,
     .why = "NULLs are lowest here too"},
    {.types = T(FLOAT4), .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "({c} + 0e0)", .arg = CT_N,
     .why = "as delivered"},

    /* text whose collation compares bytes, without padding */
    {.types = T_TEXTS, .text_orders = X(BYTES), .charset = "utf8mb4", .collations = C(BINARY),
     .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_TEXT,
     .why = "a NO PAD binary collation (our own tables): index used for everything"},
    {.types = T_TEXTS, .text_orders = X(BYTES), .charset = "utf8mb4", .collations = C(BINARY), .ops = O(IN),
     .verdict = VERDICT_EXACT, .form = "{c} IN {l}", .arg = CT_TEXT, .why = "as a list, index used"},
    {.types = T(VARCHAR) | T(CHAR), .text_orders = X(BYTES), .charset = "utf8mb4", .collations = C(BINARY),
     .byte_index = true, .max_size = SORTED_CHARACTERS, .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "{c}",
     .arg = CT_N, .why = "index used; longer columns would be sorted by their first 1024 bytes"},

    /* text of any other collation */
    {.types = T_TEXTS, .charset = "utf8mb4", .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({c} = {a} AND " BYTES " = " VALUE ")", .arg = CT_TEXT,
     .why = "= finds too much (case, accents, trailing blanks): index first, then bytes"},
    {.types = T_TEXTS, .charset = "utf8mb4", .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "({c} IN {l} AND " BYTES " IN {l})", .arg = CT_TEXT, .why = "index first, then bytes"},
    {.types = T_TEXTS, .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({c} = " OWN " AND " BYTES " = " VALUE ")", .arg = CT_TEXT,
     .why = "converted to the column's character set: a text outside it would be an error"},
    {.types = T_TEXTS, .collations = C(BINARY), .ops = O(NE) | O_RANGE, .verdict = VERDICT_EXACT,
     .form = BYTES " {o} " VALUE, .arg = CT_TEXT, .why = "raw <> and < lose rows in every other collation"},
    {.types = T_TEXTS, .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "({c} IN {m} AND " BYTES " IN {l})", .element = OWN, .arg = CT_TEXT,
     .why = "each converted to the column's character set: index first, then bytes"},
    {.types = T(VARCHAR) | T(CHAR), .collations = C(BINARY), .max_size = SORTED_CHARACTERS, .ops = O(ORDER),
     .verdict = VERDICT_EXACT, .form = BYTES, .arg = CT_N,
     .why = "longer columns would be sorted by their first 1024 bytes"},
    {.types = T_TEXTS, .collations = C(NOCASE), .ops = O(EQ), .verdict = VERDICT_SUPERSET,
     .form = FOLDED " = " TO_NUL("{a}"), .arg = CT_TEXT, .why = "general_ci folds more than ASCII: rechecked"},
    {.types = T_TEXTS, .collations = C(RTRIM), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = BYTES_RTRIM " {o} CAST(RTRIM({a}) AS BINARY)", .arg = CT_TEXT, .why = "RTRIM() takes blanks only"},
    {.types = T_TEXTS, .ops = O(LIKE), .verdict = VERDICT_SUPERSET,
     .form = FOLDED " LIKE REPLACE({a}, '|', '||') ESCAPE '|'", .arg = CT_TEXT,
     .why = "general_ci folds more than ASCII; ESCAPE '' would not switch the backslash off"},

    /* blobs */
    {.types = T_BLOBS, .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_BLOB,
     .why = "memcmp"},
    {.types = T_BLOBS, .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} IN {l}", .arg = CT_BLOB,
     .why = "memcmp"},
    {.types = T(VARBINARY) | T(BINARY), .max_size = SORTED_BYTES, .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "{c}", .arg = CT_N, .why = "memcmp; longer columns would be sorted by their first 1024 bytes"},

    /* dates and times */
    {.types = T_STAMPS, .collations = C(BINARY), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = "{c} {o} {a}", .arg = CT_N, .why = "only canonical text is sent: others are parsed leniently here"},
    {.types = T_STAMPS | T(TIME), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "{c} IN {l}", .arg = CT_N, .why = "only canonical text is sent"},
    {.types = T_STAMPS, .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "{c}",
     .arg = CT_N, .why = "in time order as in text order"},
    {.types = T(TIME), .collations = C(BINARY), .ops = O_EQUAL, .verdict = VERDICT_EXACT,
     .form = "{c} {o} {a}", .arg = CT_N, .why = "only canonical text is sent"},
    {.types = T(TIME), .collations = C(BINARY), .ops = O_BELOW, .verdict = VERDICT_SUPERSET,
     .form = "({c} {o} {a} OR {c} >= '100:00:00' OR {c} < '00:00:00')", .arg = CT_N,
     .why = "100:00:00 sorts before 20:00:00 as text: rechecked"},
    {.types = T(TIME), .collations = C(BINARY), .ops = O_ABOVE, .verdict = VERDICT_SUPERSET,
     .form = "({c} {o} {a} OR {c} < '00:00:00')", .arg = CT_N,
     .why = "negative times sort before all others as text: rechecked"},

    /* enums, json, uuid: as text */
    {.types = T(ENUM), .charset = "utf8mb4", .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({c} = {a} AND " LABEL " = " VALUE ")", .arg = CT_TEXT, .why = "by label: index first, then bytes"},
    {.types = T(ENUM), .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({c} = " OWN " AND " LABEL " = " VALUE ")", .arg = CT_TEXT,
     .why = "converted to the column's character set: a text outside it would be an error"},
    {.types = T(UUID), .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({c} = {a} AND " LABEL " = " VALUE ")", .arg = CT_TEXT,
     .why = "= finds every spelling, and none for what is no uuid: index first, then the text that is read"},
    {.types = T(ENUM) | T(JSON) | T(UUID), .collations = C(BINARY), .ops = O_COMPARE,
     .verdict = VERDICT_EXACT, .form = LABEL " {o} " VALUE, .arg = CT_TEXT, .why = "as the text that is read"},
    {.types = T(ENUM), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "({c} IN {m} AND " LABEL " IN {l})", .element = OWN, .arg = CT_TEXT,
     .why = "by label: index first, then bytes"},
    {.types = T(UUID), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "({c} IN {l} AND " LABEL " IN {l})", .arg = CT_TEXT, .why = "index first, then the text that is read"},
    {.types = T(JSON), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = LABEL " IN {l}", .arg = CT_TEXT, .why = "as the text that is read"},
    {.types = T(ENUM) | T(UUID), .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = LABEL, .arg = CT_N, .why = "an enum's own order is that of its definition"},
    {.form = NULL}};

const struct pairing mysql_pairings[] = {
    {.types = T_INTS | T(BOOL), .ops = O_COMPARE, .form = "{c} + 0 {o} {d} + 0",
     .why = "of any width; beside a YEAR, a small number would be taken for one"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O_COMPARE, .form = "{c} {o} {d}",
     .why = "up to 15 digits each decimal has a double of its own, in the same order"},
    /* doubles: between two of a fixed number of digits, DOUBLE(10,2), small differences do not count here */
    {.types = T_TEXTS, .ops = O_COMPARE, .form = BYTES " {o} CAST(CONVERT({d} USING utf8mb4) AS BINARY)",
     .why = "bytes, whatever the collations"},
    {.types = T(DATE), .ops = O_COMPARE, .form = "{c} {o} {d}", .why = "in time order as in text order, zero dates too"},
    {.types = T(DATETIME), .ops = O_COMPARE, .form = "{c} {o} {d}", .why = "in time order as in text order"},
    {.types = T(DATETIMETZ), .ops = O_COMPARE, .form = "{c} {o} {d}", .why = "in time order as in text order"},
    /* TIME: 100:00:00 and negative times sort otherwise as text */
    {.form = NULL}};
