/* What Postgres does exactly as SQLite.  The facts behind each row were measured by millions of comparisons;
** the rest follows from SQLite's rules (sqlgen/rhs.c sees to affinity and class order before a value gets here).
**
** Traps: NaN is NULL in SQLite, but equal to itself and greater than all numbers here.  float8 → numeric keeps
** 15 digits.  Years BC and beyond 9999 sort by time here, as text in SQLite.  Only deterministic collations
** have byte equality, only C has byte order; an explicit COLLATE "C" gives up the index of another collation.
** NULLS FIRST on an ascending order gives up the index: sqlgen/select.c leaves it out for NOT NULL columns. */
#include "sqlgen/judge.h"

#define T_NAN (T_FLOATS | T(NUMERIC))
#define T_STAMPS (T(DATETIME) | T(DATETIMETZ))
#define T_STRINGS (T(TEXT) | T(VARCHAR))
#define T_AS_TEXT (T(OTHER) | T(INTERVAL) | T(JSON) | T(JSONB) | T(ENUM))
#define CHAR_TEXT "{c}::text" /* without the padding, which is no part of the value */
#define DAYS_AD "{c} BETWEEN '0001-01-01' AND '9999-12-31'"
#define STAMPS_AD "{c} BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'"
#define DAYS_BESIDE "({c} < '0001-01-01' OR {c} > '9999-12-31')"
#define STAMPS_BESIDE "({c} < '0001-01-01' OR {c} > '9999-12-31 23:59:59.999999')"
#define AS_TEXT "{c}::text COLLATE \"C\" {o} ({a})::text"
#define LABELS "to_jsonb(enum_range(NULL::{x}))"
#define MARGIN "abs({a}) * 1e-14 + 1e-300"

/* ORDER BY … LIMIT of a column that may be NULL (or NaN, or a date that sorts otherwise as text): each part comes
** in index order, and few rows are left to be sorted. */
static const struct order_part nullable[] = {{"{c} IS NOT NULL", "{c}"}, {"{c} IS NULL", NULL}, {NULL, NULL}};
static const struct order_part floats[] = {
    {"{c} <> 'NaN'", "{c}"}, {"({c} IS NULL OR {c} = 'NaN')", NULL}, {NULL, NULL}};
static const struct order_part days[] = {
    {DAYS_AD, "{c}"},
    {DAYS_BESIDE, "{c}::text COLLATE \"C\""},
    {"{c} IS NULL", NULL},
    {NULL, NULL}};
static const struct order_part stamps[] = {
    {STAMPS_AD, "{c}"},
    {STAMPS_BESIDE, "{c}::text COLLATE \"C\""},
    {"{c} IS NULL", NULL},
    {NULL, NULL}};

const struct judgement postgres_judgements[] = {
    /* NULL */
    {.types = T_NAN, .ops = O(ISNULL), .verdict = VERDICT_EXACT, .form = "({c} IS NULL OR {c} = 'NaN')",
     .arg = CT_N, .why = "NaN is NULL in SQLite"},
    {.types = T_NAN, .ops = O(NOTNULL), .verdict = VERDICT_EXACT, .form = "{c} <> 'NaN'", .arg = CT_N,
     .why = "NaN is NULL in SQLite"},
    {.types = T(OTHER), .ops = O(ISNULL), .verdict = VERDICT_EXACT, .form = "{c} IS NOT DISTINCT FROM NULL",
     .arg = CT_N, .why = "a composite value of NULLs IS NULL here, and is a text"},
    {.types = T(OTHER), .ops = O(NOTNULL), .verdict = VERDICT_EXACT, .form = "{c} IS DISTINCT FROM NULL",
     .arg = CT_N, .why = "a composite value with a NULL in it is not IS NOT NULL here, and is a text"},
    {.types = T_ALL, .ops = O(ISNULL), .verdict = VERDICT_EXACT, .form = "{c} IS NULL", .arg = CT_N,
     .why = "the same"},
    {.types = T_ALL, .ops = O(NOTNULL), .verdict = VERDICT_EXACT, .form = "{c} IS NOT NULL", .arg = CT_N,
     .why = "the same"},

    /* integers */
    {.types = T_INTS, .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_INT8,
     .why = "reals become integer bounds first: int8 against float8 loses rows near 2^53"},
    {.types = T_INTS, .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} {l}", .arg = CT_INT8,
     .why = "one array argument, index used"},
    {.types = T_INTS | T(BOOL), .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "{c}",
     .arg = CT_N, .parts = nullable, .why = "false before true, as 0 before 1"},
    {.types = T(BOOL), .ops = O_EQUAL, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_N,
     .why = "other values than 0 and 1 are decided before sending"},
    {.types = T(BOOL), .ops = O_RANGE, .verdict = VERDICT_EXACT, .form = "{c}::int {o} {a}", .arg = CT_INT8,
     .why = "as 0 and 1"},
    {.types = T(BOOL), .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c}::int {l}", .arg = CT_INT8,
     .why = "as 0 and 1"},

    /* doubles */
    {.types = T(FLOAT8), .ops = O(EQ) | O_BELOW, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}",
     .arg = CT_N, .why = "integers beyond 2^53 become the doubles beside them first"},
    {.types = T(FLOAT8), .ops = O_ABOVE | O(NE), .verdict = VERDICT_EXACT,
     .form = "({c} {o} {a} AND {c} <> 'NaN')", .arg = CT_N, .why = "NaN is greater than all here"},
    {.types = T(FLOAT4), .ops = O(EQ) | O_BELOW, .verdict = VERDICT_EXACT, .form = "{c}::float8 {o} {a}",
     .arg = CT_FLOAT8, .why = "1.1 as float4 is no 1.1: compared as delivered"},
    {.types = T(FLOAT4), .ops = O_ABOVE | O(NE), .verdict = VERDICT_EXACT,
     .form = "({c}::float8 {o} {a} AND {c} <> 'NaN')", .arg = CT_FLOAT8,
     .why = "NaN is greater than all here"},
    {.types = T(FLOAT8), .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} {l}", .arg = CT_N,
     .why = "one array argument, index used"},
    {.types = T(FLOAT4), .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c}::float8 {l}", .arg = CT_FLOAT8,
     .why = "compared as delivered"},
    {.types = T_FLOATS, .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "NULLIF({c}, 'NaN')", .arg = CT_N,
     .parts = floats, .why = "NaN sorts as NULL in SQLite"},

    /* decimals */
    {.types = T(NUMERIC), .max_size = 15, .ops = O(EQ) | O_BELOW, .verdict = VERDICT_EXACT,
     .form = "{c} {o} {a}", .arg = CT_N,
     .why = "up to 15 digits each decimal has a double of its own: the argument is the decimal"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O_ABOVE | O(NE), .verdict = VERDICT_EXACT,
     .form = "({c} {o} {a} AND {c} <> 'NaN')", .arg = CT_N, .why = "NaN is greater than all here"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} {l}",
     .arg = CT_N, .why = "one array argument, index used"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "NULLIF({c}, 'NaN')", .arg = CT_N, .parts = floats, .why = "NaN sorts as NULL in SQLite"},
    {.types = T(NUMERIC), .ops = O(EQ), .verdict = VERDICT_SUPERSET,
     .form = "{c} BETWEEN {a} - (" MARGIN ") AND {a} + " MARGIN, .arg = CT_N,
     .why = "many decimals share a double: a band around it, index used, rechecked"},
    {.types = T(NUMERIC), .ops = O_BELOW, .verdict = VERDICT_SUPERSET, .form = "{c} <= {a} + " MARGIN,
     .arg = CT_N, .why = "many decimals share a double: a band around it, rechecked"},
    {.types = T(NUMERIC), .ops = O_ABOVE, .verdict = VERDICT_SUPERSET, .form = "{c} >= {a} - (" MARGIN ")",
     .arg = CT_N, .why = "many decimals share a double: a band around it, rechecked"},

    /* text and what is read as text, where C sorts by the bytes of another encoding than UTF-8 */
    {.types = T_STRINGS | T(CHAR) | T_AS_TEXT, .charset = "other", .ops = O_RANGE | O(ORDER), .verdict = VERDICT_LOCAL,
     .form = "", .arg = CT_N, .why = "WIN1251, EUC_JP …: not in the order of Unicode"},
    {.types = T(ENUM) | T(OTHER), .charset = "other", .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({s}) COLLATE \"C\" {o} {a}", .arg = CT_TEXT,
     .why = "equal bytes are equal in any encoding; the name of the type, which the index wants, is not known there"},
    {.types = T(ENUM) | T(OTHER), .charset = "other", .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "({s}) COLLATE \"C\" {l}", .arg = CT_TEXT, .why = "the same"},

    /* text in byte order */
    {.types = T_STRINGS, .text_orders = X(BYTES), .collations = C(BINARY), .ops = O_RANGE,
     .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_TEXT,
     .why = "collation C (our own tables): index used for everything"},
    {.types = T_STRINGS, .text_orders = X(BYTES) | X(EQUAL_BYTES), .collations = C(BINARY), .ops = O_EQUAL,
     .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_TEXT,
     .why = "deterministic collations have byte equality; COLLATE \"C\" would give up the index"},
    {.types = T_STRINGS, .text_orders = X(BYTES) | X(EQUAL_BYTES), .collations = C(BINARY), .ops = O(IN),
     .verdict = VERDICT_EXACT, .form = "{c} {l}", .arg = CT_TEXT, .why = "one array argument, index used"},
    {.types = T_STRINGS, .text_orders = X(BYTES), .collations = C(BINARY), .ops = O(ORDER),
     .verdict = VERDICT_EXACT, .form = "{c}", .arg = CT_N, .parts = nullable, .why = "byte order, index used"},
    {.types = T_STRINGS, .text_orders = X(EQUAL_BYTES), .collations = C(BINARY), .ops = O_RANGE,
     .byte_index = true, .verdict = VERDICT_EXACT, .form = "{c} ~{o}~ {a}", .arg = CT_TEXT,
     .why = "an index with text_pattern_ops is in byte order"},

    /* text of other collations */
    {.types = T_STRINGS, .collations = C(BINARY), .ops = O(EQ),
     .verdict = VERDICT_EXACT, .form = "({c} = {a} AND {c} COLLATE \"C\" = {a})", .arg = CT_TEXT,
     .why = "a nondeterministic collation finds too much: index first, then bytes"},
    {.types = T_STRINGS, .collations = C(BINARY), .ops = O(IN),
     .verdict = VERDICT_EXACT, .form = "({c} {l} AND {c} COLLATE \"C\" {l})", .arg = CT_TEXT,
     .why = "index first, then bytes"},
    {.types = T_STRINGS, .collations = C(BINARY), .ops = O(NE) | O_RANGE, .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE \"C\" {o} {a}", .arg = CT_TEXT, .why = "byte order; no index of another collation"},
    {.types = T_STRINGS, .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "{c} COLLATE \"C\"", .arg = CT_N, .why = "byte order; no index of another collation"},
    {.types = T_STRINGS, .collations = C(NOCASE), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = "lower({c} COLLATE \"C\") {o} lower({a} COLLATE \"C\")", .arg = CT_TEXT,
     .why = "under C, lower() folds ASCII only, as NOCASE does"},
    {.types = T_STRINGS, .collations = C(NOCASE), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "lower({c} COLLATE \"C\")", .arg = CT_N, .why = "under C, lower() folds ASCII only"},
    {.types = T_STRINGS, .collations = C(RTRIM), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = "rtrim({c}, ' ') COLLATE \"C\" {o} rtrim({a}, ' ')", .arg = CT_TEXT, .why = "blanks only"},
    {.types = T_STRINGS, .collations = C(RTRIM), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "rtrim({c}, ' ') COLLATE \"C\"", .arg = CT_N, .why = "blanks only"},
    {.types = T_STRINGS, .ops = O(LIKE), .verdict = VERDICT_SUPERSET,
     .form = "{c} COLLATE \"C\" ILIKE {a} ESCAPE ''", .arg = CT_TEXT,
     .why = "ASCII case-insensitive; the application may have its own like(): rechecked"},

    /* char(n): the padding is no part of the value, and no value ends in a blank */
    {.types = T(CHAR), .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({c} = {a}::bpchar AND " CHAR_TEXT " COLLATE \"C\" = {a})", .arg = CT_TEXT,
     .why = "bpchar equality ignores blanks: index first, then bytes without the padding"},
    {.types = T(CHAR), .collations = C(BINARY), .ops = O(NE) | O_RANGE, .verdict = VERDICT_EXACT,
     .form = CHAR_TEXT " COLLATE \"C\" {o} {a}", .arg = CT_TEXT, .why = "bytes without the padding"},
    {.types = T(CHAR), .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = CHAR_TEXT " COLLATE \"C\"", .arg = CT_N, .why = "bytes without the padding"},
    {.types = T(CHAR), .collations = C(NOCASE), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = "lower(" CHAR_TEXT " COLLATE \"C\") {o} lower({a} COLLATE \"C\")", .arg = CT_TEXT,
     .why = "bytes without the padding, ASCII folded"},
    {.types = T(CHAR), .collations = C(RTRIM), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = "{c}::text COLLATE \"C\" {o} rtrim({a}, ' ')", .arg = CT_TEXT,
     .why = "::text strips the padding"},

    /* blobs, uuids */
    {.types = T(BLOB), .ops = O_COMPARE, .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_N,
     .why = "bytea compares as memcmp"},
    {.types = T(BLOB), .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} {l}", .arg = CT_N,
     .why = "one array argument"},
    {.types = T(BLOB) | T(UUID), .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "{c}",
     .arg = CT_N, .parts = nullable, .why = "memcmp"},
    {.types = T(UUID), .collations = C(BINARY), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = "{c} {o} {a}", .arg = CT_N, .why = "lower-case text of 36 sorts as the bytes do"},
    {.types = T(UUID), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT, .form = "{c} {l}",
     .arg = CT_N, .why = "one array argument, index used"},

    /* dates and times */
    {.types = T(DATE) | T_STAMPS | T(TIME), .collations = C(BINARY), .ops = O_EQUAL,
     .verdict = VERDICT_EXACT, .form = "{c} {o} {a}", .arg = CT_N,
     .why = "only canonical text is sent; anything else equals no value"},
    {.types = T(DATE) | T_STAMPS | T(TIME), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "{c} {l}", .arg = CT_N, .why = "one array argument, index used"},
    {.types = T(TIME), .collations = C(BINARY), .ops = O_RANGE, .verdict = VERDICT_EXACT,
     .form = "{c} {o} {a}", .arg = CT_N, .why = "in time order as in text order"},
    {.types = T(DATE), .collations = C(BINARY), .ops = O_BELOW, .verdict = VERDICT_EXACT,
     .form = "(({c} {o} {a} OR {c} > '9999-12-31') AND (" DAYS_AD " OR " AS_TEXT "))", .arg = CT_N,
     .beside = DAYS_BESIDE, .why = "years BC and of five digits sort as text in SQLite; both arms use the index"},
    {.types = T(DATE), .collations = C(BINARY), .ops = O_ABOVE, .verdict = VERDICT_EXACT,
     .form = "(({c} {o} {a} OR {c} < '0001-01-01') AND (" DAYS_AD " OR " AS_TEXT "))", .arg = CT_N,
     .beside = DAYS_BESIDE, .why = "years BC and of five digits sort as text in SQLite; both arms use the index"},
    {.types = T_STAMPS, .collations = C(BINARY), .ops = O_BELOW, .verdict = VERDICT_EXACT,
     .form = "(({c} {o} {a} OR {c} > '9999-12-31 23:59:59.999999') AND (" STAMPS_AD " OR " AS_TEXT "))",
     .arg = CT_N, .beside = STAMPS_BESIDE,
     .why = "years BC and of five digits sort as text in SQLite; both arms use the index"},
    {.types = T_STAMPS, .collations = C(BINARY), .ops = O_ABOVE, .verdict = VERDICT_EXACT,
     .form = "(({c} {o} {a} OR {c} < '0001-01-01') AND (" STAMPS_AD " OR " AS_TEXT "))", .arg = CT_N,
     .beside = STAMPS_BESIDE, .why = "years BC and of five digits sort as text in SQLite; both arms use the index"},
    {.types = T(TIME), .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT, .form = "{c}",
     .arg = CT_N, .parts = nullable, .why = "in time order as in text order"},
    {.types = T(DATE), .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "{c}::text COLLATE \"C\"", .arg = CT_N, .parts = days,
     .why = "years BC and of five digits sort as text in SQLite; LIMIT reads in index order"},
    {.types = T_STAMPS, .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "{c}::text COLLATE \"C\"", .arg = CT_N, .parts = stamps,
     .why = "years BC and of five digits sort as text in SQLite; LIMIT reads in index order"},

    /* enums: a wrong label would be an error, and which ones there are the server knows best.  Only what the planner
    ** works out in advance (no array that is cast element by element) lets it see how many rows a label has */
    {.types = T(ENUM), .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "{c}::{x} = (CASE WHEN " LABELS " ? {a} THEN {a} END)::{x}", .arg = CT_TEXT,
     .why = "a text that is no label equals no value; index used"},
    {.types = T(ENUM), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "{c}::{x} = ANY((CASE WHEN " LABELS " ?& {v}::text[] THEN {v}::text[] ELSE ARRAY(SELECT v FROM unnest({v}::text[]) "
             "AS u(v) WHERE " LABELS " ? v) END)::text::{x}[])",
     .arg = CT_TEXT, .why = "one array argument, less the texts that are no labels; index used"},

    /* citext */
    {.types = T(OTHER), .text_orders = X(LOOSE), .collations = C(BINARY), .ops = O(EQ), .verdict = VERDICT_EXACT,
     .form = "({c} = {a}::{x} AND {c}::text COLLATE \"C\" = {a})", .arg = CT_TEXT,
     .why = "citext finds too much, and only by its own type the index: index first, then bytes"},
    {.types = T(OTHER), .text_orders = X(LOOSE), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "({c} = ANY({v}::text[]::{x}[]) AND {c}::text COLLATE \"C\" {l})", .arg = CT_TEXT,
     .why = "index first, then bytes"},

    /* read as text: enums, json, intervals, whatever else there is */
    {.types = T_AS_TEXT, .collations = C(BINARY), .ops = O_COMPARE, .verdict = VERDICT_EXACT,
     .form = "({s}) COLLATE \"C\" {o} {a}", .arg = CT_TEXT,
     .why = "compared as it is read: an enum's own order is another, a wrong label would be an error"},
    {.types = T_AS_TEXT & ~T(ENUM), .collations = C(BINARY), .ops = O(IN), .verdict = VERDICT_EXACT,
     .form = "({s}) COLLATE \"C\" {l}", .arg = CT_TEXT, .why = "compared as it is read"},
    {.types = T_AS_TEXT, .collations = C(BINARY), .ops = O(ORDER), .verdict = VERDICT_EXACT,
     .form = "({s}) COLLATE \"C\"", .arg = CT_N, .why = "compared as it is read"},
    {.form = NULL}};

/* {d} is not spelt by the macros above. */
#define DAYS_BESIDE_TOO "{d} < '0001-01-01' OR {d} > '9999-12-31'"
#define STAMPS_BESIDE_TOO "{d} < '0001-01-01' OR {d} > '9999-12-31 23:59:59.999999'"

const struct pairing postgres_pairings[] = {
    {.types = T_INTS, .ops = O_COMPARE, .form = "{c} {o} {d}", .why = "of any width"},
    {.types = T(BOOL), .ops = O_COMPARE, .form = "{c} {o} {d}", .why = "false before true, as 0 before 1"},
    {.types = T(FLOAT8), .ops = O_COMPARE, .form = "{c} {o} {d}",
     .why = "NaN, which is NULL in SQLite, equals itself and is greater than all here: such a row comes for nothing"},
    {.types = T(NUMERIC), .max_size = 15, .ops = O_COMPARE, .form = "{c} {o} {d}",
     .why = "up to 15 digits each decimal has a double of its own, in the same order"},
    {.types = T_STRINGS, .text_orders = X(BYTES), .ops = O_COMPARE, .form = "{c} COLLATE \"C\" {o} {d} COLLATE \"C\"",
     .why = "two collations in one comparison are an error, unless both are spelt out"},
    {.types = T_STRINGS, .ops = O_EQUAL, .form = "{c} COLLATE \"C\" {o} {d} COLLATE \"C\"",
     .why = "the bytes are equal, whatever the collations; in some encodings they have another order"},
    {.types = T(DATE), .ops = O_COMPARE, .form = "({c} {o} {d} OR " DAYS_BESIDE " OR " DAYS_BESIDE_TOO ")",
     .why = "years BC and of five digits sort as text in SQLite: all of them come"},
    {.types = T(DATETIME), .ops = O_COMPARE, .form = "({c} {o} {d} OR " STAMPS_BESIDE " OR " STAMPS_BESIDE_TOO ")",
     .why = "years BC and of five digits sort as text in SQLite: all of them come"},
    {.types = T(DATETIMETZ), .ops = O_COMPARE, .form = "({c} {o} {d} OR " STAMPS_BESIDE " OR " STAMPS_BESIDE_TOO ")",
     .why = "years BC and of five digits sort as text in SQLite: all of them come"},
    {.types = T(TIME), .ops = O_COMPARE, .form = "{c} {o} {d}", .why = "in time order as in text order"},
    {.form = NULL}};

const struct row_identity postgres_row_identity = {
    .n = 2,
    .select = {"tableoid::int8", "ctid::text"},
    .type = {CT_INT8, CT_TEXT},
    .where = "ctid = ({2})::tid AND tableoid = {1}",
};
