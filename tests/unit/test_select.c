/* The SELECT of a plan, word for word, for every dialect: each row of the verdict tables must stand in one of these
** texts. */
#include "unit.h"

#include "planning.h"

#include <stdlib.h>
#include <string.h>

static struct planning p;

#define ROWS_MAX 200
static bool written[ROWS_MAX]; /* rows of one dialect's table */

static void note_rows(void)
{
    for (int i = 0; i < p.plan.nterms; i++)
        written[p.plan.terms[i].form] = true;
    for (int i = 0; i < p.plan.norder; i++)
        written[p.plan.order[i].form] = true;
}

static void all_written(const struct dialect *d)
{
    for (int i = 0; judge_row(d, i) != NULL; i++) {
        const struct judgement *j = judge_row(d, i);
        if (!written[i] && j->verdict != VERDICT_LOCAL)
            fail_msg("%s: row %d stands in no text: %s", d->name, i, j->form);
    }
    memset(written, 0, sizeof written);
}

struct text {
    const char *terms, *order, *sql;
};

/* The part behind FROM "t", or all of it if the expected text begins with SELECT. */
static void texts_are(const struct dialect *d, const char *declared, const char *columns,
                      const struct text *texts, size_t n, const char *index)
{
    planning_init(&p, d, declared, columns);
    if (index != NULL)
        planning_index(&p, index, false, 1000);
    for (size_t i = 0; i < n; i++) {
        planning_request(&p, texts[i].terms, texts[i].order);
        char *sql = planning_run(&p);
        if (sql == NULL)
            fail_msg("%s: %s", texts[i].terms, p.err.text);
        note_rows();
        const char *tail = sql;
        if (strncmp(texts[i].sql, "SELECT", 6) != 0) {
            tail = strstr(sql, " FROM ");
            tail = strchr(tail + 6, ' ') != NULL ? strchr(tail + 6, ' ') + 1 : "";
        }
        if (strcmp(tail, texts[i].sql) != 0)
            print_message("%s %s\n     is %s\nnot %s\n", texts[i].terms, texts[i].order, tail,
                          texts[i].sql);
        assert_string_equal(tail, texts[i].sql);
        sqlite3_free(sql);
    }
    planning_clear(&p);
}

#define TEXTS(x) x, sizeof(x) / sizeof(x)[0]

static void postgres(void **state)
{
    (void)state;
    static const struct text plain[] = {
        {"", "",
         "SELECT \"id\", \"c\", \"i\", \"n\", \"ch\"::text, \"r\", \"f4\", \"num\", \"w\", \"b\", "
         "\"d\", \"ts\", \"u\", \"x\", \"e\"::text, \"bo\", CASE WHEN \"o\"::text IS NOT NULL THEN "
         "concat(\"o\") END FROM \"t\""},
        {"id = ?, c > ?, i = ?", "",
         "WHERE \"id\" = $1::int8 AND \"c\" > $2::text AND \"i\" = $3::text"},
        {"i < ?, n = ?, n > ?", "",
         "WHERE \"i\" COLLATE \"C\" < $1::text AND (\"n\" = $2::text AND \"n\" COLLATE \"C\" = "
         "$2::text) AND \"n\" COLLATE \"C\" > $3::text"},
        {"c = ? COLLATE NOCASE, c < ? COLLATE RTRIM", "",
         "WHERE lower(\"c\" COLLATE \"C\") = lower($1::text COLLATE \"C\") AND rtrim(\"c\", ' ') "
         "COLLATE \"C\" < rtrim($2::text, ' ')"},
        {"id IN ?, c IN ?, n IN ?", "",
         "WHERE \"id\" = ANY($1::int8[]) AND \"c\" = ANY($2::text[]) AND (\"n\" = ANY($3::text[]) "
         "AND \"n\" COLLATE \"C\" = ANY($3::text[]))"},
        {"ch = ?", "",
         "WHERE (\"ch\" = $1::text::bpchar AND \"ch\"::text COLLATE \"C\" = $1::text)"},
        {"r = ?, r > ?, f4 <= ?", "",
         "WHERE \"r\" = $1::float8 AND (\"r\" > $2::float8 AND \"r\" <> 'NaN') AND \"f4\"::float8 "
         "<= $3::float8"},
        {"num = ?, num > ?", "",
         "WHERE \"num\" = $1::numeric AND (\"num\" > $2::numeric AND \"num\" <> 'NaN')"},
        {"w = ?", "",
         "WHERE \"w\" BETWEEN $1::numeric - (abs($1::numeric) * 1e-14 + 1e-300) AND $1::numeric + "
         "abs($1::numeric) * 1e-14 + 1e-300"},
        {"d = ?, ts IN ?", "", "WHERE \"d\" = $1::date AND \"ts\" = ANY($2::timestamp[])"},
        {"d < ?", "",
         "WHERE ((\"d\" < $1::date OR \"d\" > '9999-12-31') AND (\"d\" BETWEEN '0001-01-01' AND "
         "'9999-12-31' OR \"d\"::text COLLATE \"C\" < ($1::date)::text))"},
        {"d > ?, d <= ?", "",
         "WHERE ((\"d\" > $1::date AND \"d\" <= $2::date) OR (\"d\" < '0001-01-01' OR \"d\" > "
         "'9999-12-31')) "
         "AND ((\"d\" > $3::date OR \"d\" < '0001-01-01') AND (\"d\" BETWEEN '0001-01-01' AND "
         "'9999-12-31' OR "
         "\"d\"::text COLLATE \"C\" > ($3::date)::text)) AND ((\"d\" <= $4::date OR \"d\" > "
         "'9999-12-31') AND "
         "(\"d\" BETWEEN '0001-01-01' AND '9999-12-31' OR \"d\"::text COLLATE \"C\" <= "
         "($4::date)::text))"},
        {"u = ?, b >= ?, bo = ?", "",
         "WHERE \"u\" = $1::uuid AND \"b\" >= $2::bytea AND \"bo\" = $3::bool"},
        {"e = ?", "",
         "WHERE \"e\"::app.mood = (CASE WHEN to_jsonb(enum_range(NULL::app.mood)) ? $1::text THEN "
         "$1::text END)::app.mood"},
        {"e < ?", "", "WHERE (\"e\"::text) COLLATE \"C\" < $1::text"},
        {"r IS NULL, c IS NOT NULL", "",
         "WHERE (\"r\" IS NULL OR \"r\" = 'NaN') AND \"c\" IS NOT NULL"},
        {"o IS NULL, o IS NOT NULL", "",
         "WHERE \"o\" IS NOT DISTINCT FROM NULL AND \"o\" IS DISTINCT FROM NULL"},
        {"c LIKE ?", "", "WHERE \"c\" COLLATE \"C\" ILIKE $1::text ESCAPE ''"},
        {"id IS NOT ?, c <> ?", "",
         "WHERE (\"id\" <> $1::int8 OR \"id\" IS NULL) AND \"c\" <> $2::text"},
        {"LIMIT 5", "id", "ORDER BY \"id\" LIMIT 5"},
        {"id = ?, LIMIT ?, OFFSET ?", "i DESC, r",
         "WHERE \"id\" = $1::int8 ORDER BY \"i\" COLLATE \"C\" DESC NULLS LAST, NULLIF(\"r\", "
         "'NaN') NULLS FIRST LIMIT $2::int8 OFFSET $3::int8"},
        {"c = ?, LIMIT ?, OFFSET ?", "id DESC",
         "WHERE \"c\" = $1::text ORDER BY \"id\" DESC LIMIT $2::int8"},
        {"c = ?, LIMIT 10, OFFSET 5", "", "WHERE \"c\" = $1::text LIMIT 15"},
        {"", "d, ts DESC",
         "ORDER BY \"d\"::text COLLATE \"C\" NULLS FIRST, \"ts\"::text COLLATE \"C\" DESC NULLS "
         "LAST"},
        {"", "w", ""},
    };
    texts_are(&postgres_dialect,
              "id INTEGER PRIMARY KEY, c VARCHAR(80), i VARCHAR(80), n TEXT, ch CHAR(5), r REAL, "
              "f4 FLOAT, "
              "num NUMERIC(10,2), w NUMERIC, b BLOB, d DATE, ts DATETIME, u UUID, x INTEGER, e "
              "ENUM('a','b'), bo BOOLEAN, o TEXT",
              "id bigint!; c varchar(80)/bytes; i varchar(80)/equal; n text/loose; ch char(5)/pad; "
              "r double precision; "
              "f4 float4; num numeric(10,2); w numeric; b bytea; d date; ts timestamp; u uuid; x "
              "integer; "
              "e ENUM('a','b')/none/app.mood; bo boolean; o pair",
              TEXTS(plain), NULL);
    /* nullable and indexed: the page comes in parts, each in index order */
    static const struct text parts[] = {
        {"LIMIT 5", "x DESC",
         "SELECT c0, c1, c2 FROM ((SELECT \"id\" AS c0, \"x\" AS c1, \"d\" AS c2, \"x\" AS o0 FROM "
         "\"t\" WHERE \"x\" IS NOT NULL "
         "ORDER BY \"x\" DESC LIMIT 5) UNION ALL (SELECT \"id\" AS c0, \"x\" AS c1, \"d\" AS c2, "
         "\"x\" AS o0 FROM \"t\" WHERE "
         "\"x\" IS NULL LIMIT 5)) AS parts ORDER BY o0 DESC NULLS LAST LIMIT 5"},
        {"id > ?, LIMIT 5, OFFSET 2", "x, id",
         "SELECT c0, c1, c2 FROM ((SELECT \"id\" AS c0, \"x\" AS c1, \"d\" AS c2, \"x\" AS o0, "
         "\"id\" AS o1 FROM \"t\" WHERE "
         "\"id\" > $1::int8 AND \"x\" IS NOT NULL ORDER BY \"x\", \"id\" LIMIT 7) UNION ALL "
         "(SELECT \"id\" AS c0, \"x\" AS c1, "
         "\"d\" AS c2, \"x\" AS o0, \"id\" AS o1 FROM \"t\" WHERE \"id\" > $2::int8 AND \"x\" IS "
         "NULL ORDER BY \"id\" LIMIT 7)) AS "
         "parts ORDER BY o0 NULLS FIRST, o1 NULLS FIRST LIMIT 5 OFFSET 2"},
        {"LIMIT 5", "id", "SELECT \"id\", \"x\", \"d\" FROM \"t\" ORDER BY \"id\" LIMIT 5"},
        /* max(x): a peek */
        {"", "x DESC",
         "SELECT c0, c1, c2 FROM ((SELECT \"id\" AS c0, \"x\" AS c1, \"d\" AS c2, \"x\" AS o0 FROM "
         "\"t\" WHERE \"x\" IS NOT NULL "
         "ORDER BY \"x\" DESC LIMIT 16) UNION ALL (SELECT \"id\" AS c0, \"x\" AS c1, \"d\" AS c2, "
         "\"x\" AS o0 FROM \"t\" WHERE "
         "\"x\" IS NULL LIMIT 16)) AS parts ORDER BY o0 DESC NULLS LAST LIMIT 16"},
    };
    texts_are(&postgres_dialect, "id INTEGER PRIMARY KEY, x INTEGER, d DATE",
              "id bigint!; x integer; d date", TEXTS(parts), "x");
    /* an index with text_pattern_ops */
    static const struct text patterns[] = {
        {"i >= ?, i < 'b'", "", "WHERE \"i\" ~>=~ $1::text AND \"i\" ~<~ $2::text"}};
    planning_init(&p, &postgres_dialect, "id INTEGER PRIMARY KEY, i TEXT",
                  "id bigint!; i text/equal");
    planning_index(&p, "i", false, 1000);
    p.remote->indexes[0].bytes[0] = true;
    planning_request(&p, patterns[0].terms, "");
    char *sql = planning_run(&p);
    note_rows();
    assert_non_null(strstr(sql, patterns[0].sql));
    sqlite3_free(sql);
    planning_request(&p, "i < ? COLLATE NOCASE", ""); /* whose order is another */
    sql = planning_run(&p);
    assert_non_null(strstr(sql, "lower(\"i\" COLLATE \"C\") < "));
    sqlite3_free(sql);
    planning_clear(&p);
}

/* Every kind of parts of an order. */
static void postgres_parts(void **state)
{
    (void)state;
    static const struct {
        const char *type, *words;
    } kinds[] = {
        {"float8", "\"x\" <> 'NaN' ORDER BY \"x\" LIMIT 5"},
        {"numeric(10,2)", "\"x\" <> 'NaN' ORDER BY \"x\" LIMIT 5"},
        {"text/bytes", "\"x\" IS NOT NULL ORDER BY \"x\" LIMIT 5"},
        {"bytea", "\"x\" IS NOT NULL ORDER BY \"x\" LIMIT 5"},
        {"uuid", "\"x\" IS NOT NULL ORDER BY \"x\" LIMIT 5"},
        {"time", "\"x\" IS NOT NULL ORDER BY \"x\" LIMIT 5"},
        {"date", "\"x\" BETWEEN '0001-01-01' AND '9999-12-31' ORDER BY \"x\" LIMIT 5"},
        {"timestamp",
         "\"x\" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999' ORDER BY \"x\" LIMIT 5"},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char columns[100];
        sqlite3_snprintf(sizeof columns, columns, "id bigint!; x %s", kinds[i].type);
        planning_init(&p, &postgres_dialect, "id INTEGER PRIMARY KEY, x", columns);
        planning_index(&p, "x", false, 1000);
        planning_request(&p, "LIMIT 5", "x");
        char *text = planning_run(&p);
        if (strstr(text, kinds[i].words) == NULL)
            fail_msg("%s: no part of it in %s", kinds[i].type, text);
        sqlite3_free(text);
        planning_clear(&p);
    }
}

static void mysql(void **state)
{
    (void)state;
    static const struct text plain[] = {
        {"id = ?, c > ?", "", "WHERE `id` = ? AND `c` > ?"},
        {"g = ?", "",
         "WHERE (`g` = ? AND CAST(CONVERT(`g` USING utf8mb4) AS BINARY) = CAST(? AS BINARY))"},
        {"l = ?", "",
         "WHERE (`l` = CONVERT(CONVERT(? USING utf8mb4) USING latin1) COLLATE latin1_swedish_ci "
         "AND CAST(CONVERT(`l` "
         "USING utf8mb4) AS BINARY) = CAST(? AS BINARY))"},
        {"g < ?, g <> ?", "",
         "WHERE CAST(CONVERT(`g` USING utf8mb4) AS BINARY) < CAST(? AS BINARY) AND "
         "CAST(CONVERT(`g` USING utf8mb4) AS BINARY) <> CAST(? AS BINARY)"},
        {"id IN ?, g IN ?", "",
         "WHERE `id` IN (?) AND (`g` IN (?) AND CAST(CONVERT(`g` USING utf8mb4) AS BINARY) IN "
         "(?))"},
        {"f4 = ?, num < ?", "", "WHERE (`f4` + 0e0) = ? AND `num` < ?"},
        {"d IS NULL, d IS NOT NULL, c IS NULL", "",
         "WHERE `d` <=> NULL AND NOT (`d` <=> NULL) AND `c` IS NULL"},
        {"ti < ?", "", "WHERE (`ti` < ? OR `ti` >= '100:00:00' OR `ti` < '00:00:00')"},
        {"g = ? COLLATE NOCASE, g > ? COLLATE RTRIM", "",
         "WHERE SUBSTRING_INDEX(CONVERT(`g` USING utf8mb4), _utf8mb4 X'00', 1) COLLATE "
         "utf8mb4_general_ci = SUBSTRING_INDEX(?, _utf8mb4 X'00', 1) AND "
         "CAST(CONVERT(RTRIM(`g`) USING utf8mb4) AS BINARY) > CAST(RTRIM(?) AS BINARY)"},
        {"g LIKE ?", "",
         "WHERE SUBSTRING_INDEX(CONVERT(`g` USING utf8mb4), _utf8mb4 X'00', 1) COLLATE "
         "utf8mb4_general_ci LIKE REPLACE(?, '|', '||') ESCAPE '|'"},
        {"LIMIT 5, OFFSET 2", "c DESC, d",
         "ORDER BY CAST(CONVERT(`c` USING utf8mb4) AS BINARY) DESC, `d` LIMIT 5 OFFSET 2"},
        {"", "g", "ORDER BY CAST(CONVERT(`g` USING utf8mb4) AS BINARY)"},
        {"", "long", ""}, /* only the first max_sort_length bytes would be compared */
    };
    texts_are(&mariadb_dialect,
              "id INTEGER PRIMARY KEY, c VARCHAR(80), g VARCHAR(80), l VARCHAR(80), long TEXT, f4 "
              "FLOAT, num NUMERIC(10,2), d DATE, ti TIME",
              "id bigint!; c varchar(80)/bytes/utf8mb4/utf8mb4_nopad_bin; g "
              "varchar(80)/loose/utf8mb4/utf8mb4_general_ci; "
              "l varchar(80)/loose/latin1/latin1_swedish_ci; long "
              "text/bytes/utf8mb4/utf8mb4_nopad_bin; f4 float4; num numeric(10,2); d date; ti time",
              TEXTS(plain), NULL);
}

static void sqlite(void **state)
{
    (void)state;
    static const struct text plain[] = {
        {"id = ?, c > ?, c = ? COLLATE NOCASE", "",
         "WHERE \"id\" = ? AND \"c\" > ? AND \"c\" COLLATE NOCASE = ?"},
        {"n = ?, n IN ?", "", "WHERE \"n\" COLLATE BINARY = ? AND \"n\" COLLATE BINARY IN (?)"},
        {"c LIKE ?", "", "WHERE \"c\" LIKE ?"},
        {"LIMIT 5, OFFSET ?", "c DESC, n",
         "ORDER BY \"c\" DESC, \"n\" COLLATE BINARY LIMIT 5 OFFSET ?"},
        /* an affinity of another kind: nothing can be foreseen */
        {"odd = ?, odd IS NULL", "", "WHERE \"odd\" IS NULL"},
        {"", "odd", ""},
    };
    texts_are(&sqlite_dialect, "id INTEGER PRIMARY KEY, c TEXT, n TEXT, odd INTEGER",
              "id INTEGER!/bytes; c TEXT/bytes; n TEXT/loose; odd TEXT/bytes", TEXTS(plain), NULL);
}

/* ---- every row --------------------------------------------------------------------------------------- */

static const char postgres_more_declared[] =
    "id INTEGER PRIMARY KEY, c VARCHAR(80), no TEXT COLLATE NOCASE, rt TEXT COLLATE RTRIM, ch "
    "CHAR(5), r REAL, f4 FLOAT, num NUMERIC(10,2), w NUMERIC, b BLOB, d DATE, ts DATETIME, ti "
    "TIME, u UUID, nb TEXT COLLATE NOCASE, nl TEXT, e ENUM('a','b'), ci TEXT, j TEXT, bo BOOLEAN, "
    "eo ENUM('a','b')";
static const char postgres_more_columns[] =
    "id bigint!; c varchar(80)/bytes; no text/equal; rt text/equal; ch char(5)/pad; r double "
    "precision; f4 float4; num numeric(10,2); w numeric; b bytea; d date; ts timestamp; ti time; u "
    "uuid; nb text/bytes; nl text/loose; e ENUM('a','b')/none/app.mood; ci "
    "citext/loose/public.citext; j json; bo boolean; eo ENUM('a','b')/none/other";
static const struct text postgres_more[] = {
    {"r IS NOT NULL, num IS NULL, c IS NULL", "",
     "WHERE \"r\" <> 'NaN' AND (\"num\" IS NULL OR \"num\" = 'NaN') AND \"c\" IS NULL"},
    {"nl = ? COLLATE NOCASE, nl = ? COLLATE RTRIM", "",
     "WHERE lower(\"nl\" COLLATE \"C\") = lower($1::text COLLATE \"C\") AND rtrim(\"nl\", ' ') "
     "COLLATE \"C\" = rtrim($2::text, ' ')"},
    {"", "nb", "ORDER BY lower(\"nb\" COLLATE \"C\") NULLS FIRST"},
    {"ts > ?, ts < ?", "",
     "WHERE ((\"ts\" > $1::timestamp AND \"ts\" < $2::timestamp) OR (\"ts\" < '0001-01-01' OR "
     "\"ts\" > '9999-12-31 23:59:59.999999')) AND ((\"ts\" > $3::timestamp OR \"ts\" < "
     "'0001-01-01') AND (\"ts\" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999' OR "
     "\"ts\"::text COLLATE \"C\" > ($3::timestamp)::text)) AND ((\"ts\" < $4::timestamp OR \"ts\" "
     "> '9999-12-31 23:59:59.999999') AND (\"ts\" BETWEEN '0001-01-01' AND '9999-12-31 "
     "23:59:59.999999' OR \"ts\"::text COLLATE \"C\" < ($4::timestamp)::text))"},
    {"bo > ?, bo IN ?", "", "WHERE \"bo\"::int > $1::int8 AND \"bo\"::int = ANY($2::int8[])"},
    {"f4 > ?, r IN ?, f4 IN ?, num IN ?", "",
     "WHERE (\"f4\"::float8 > $1::float8 AND \"f4\" <> 'NaN') AND \"r\" = ANY($2::float8[]) AND "
     "\"f4\"::float8 = ANY($3::float8[]) AND \"num\" = ANY($4::numeric[])"},
    {"w < ?, w >= ?", "",
     "WHERE \"w\" <= $1::numeric + abs($1::numeric) * 1e-14 + 1e-300 AND \"w\" >= $2::numeric - "
     "(abs($2::numeric) * 1e-14 + 1e-300)"},
    {"ch < ?, ch = ? COLLATE NOCASE, ch = ? COLLATE RTRIM", "",
     "WHERE \"ch\"::text COLLATE \"C\" < $1::text AND lower(\"ch\"::text COLLATE \"C\") = "
     "lower($2::text COLLATE \"C\") AND \"ch\"::text COLLATE \"C\" = rtrim($3::text, ' ')"},
    {"b IN ?, d IN ?, u IN ?, j IN ?", "",
     "WHERE \"b\" = ANY($1::bytea[]) AND \"d\" = ANY($2::date[]) AND \"u\" = ANY($3::uuid[]) AND "
     "(\"j\"::text) COLLATE \"C\" = ANY($4::text[])"},
    {"e IN ?", "",
     "WHERE \"e\"::app.mood = ANY((CASE WHEN to_jsonb(enum_range(NULL::app.mood)) ?& $1::text[] "
     "THEN $1::text[] ELSE ARRAY(SELECT v FROM unnest($1::text[]) AS u(v) WHERE "
     "to_jsonb(enum_range(NULL::app.mood)) ? v) END)::text::app.mood[])"},
    {"ci = ?, ci IN ?, ci > ?", "",
     "WHERE (\"ci\" = $1::text::public.citext AND \"ci\"::text COLLATE \"C\" = $1::text) AND "
     "(\"ci\" = ANY($2::text[]::public.citext[]) AND \"ci\"::text COLLATE \"C\" = "
     "ANY($2::text[])) AND (CASE WHEN \"ci\"::text IS NOT NULL THEN concat(\"ci\") END) COLLATE "
     "\"C\" > $3::text"},
    {"eo = ?, eo IN ?, eo < ?", "",
     "WHERE (\"eo\"::text) COLLATE \"C\" = $1::text AND (\"eo\"::text) COLLATE \"C\" = "
     "ANY($2::text[])"},
    {"", "eo", ""},
    {"ti <> ?, ti < ?", "", "WHERE \"ti\" <> $1::time AND \"ti\" < $2::time"},
    {"ts < ?", "",
     "WHERE ((\"ts\" < $1::timestamp OR \"ts\" > '9999-12-31 23:59:59.999999') AND (\"ts\" BETWEEN "
     "'0001-01-01' AND '9999-12-31 23:59:59.999999' OR \"ts\"::text COLLATE \"C\" < "
     "($1::timestamp)::text))"},
    {"ts >= ?", "",
     "WHERE ((\"ts\" >= $1::timestamp OR \"ts\" < '0001-01-01') AND (\"ts\" BETWEEN '0001-01-01' "
     "AND '9999-12-31 23:59:59.999999' OR \"ts\"::text COLLATE \"C\" >= ($1::timestamp)::text))"},
    {"", "c, no DESC, rt",
     "ORDER BY \"c\" NULLS FIRST, lower(\"no\" COLLATE \"C\") DESC NULLS LAST, rtrim(\"rt\", ' ') "
     "COLLATE \"C\" NULLS FIRST"},
    {"", "num, ch, b",
     "ORDER BY NULLIF(\"num\", 'NaN') NULLS FIRST, \"ch\"::text COLLATE \"C\" NULLS FIRST, \"b\" "
     "NULLS FIRST"},
    {"", "u DESC, ti, e",
     "ORDER BY \"u\" DESC NULLS LAST, \"ti\" NULLS FIRST, (\"e\"::text) COLLATE \"C\" NULLS FIRST"},
    {"LIMIT ?", "u", "ORDER BY \"u\" NULLS FIRST LIMIT $1::int8"},
};

static void postgres_all(void **state)
{
    postgres(state);
    texts_are(&postgres_dialect, postgres_more_declared, postgres_more_columns,
              TEXTS(postgres_more), NULL);
    all_written(&postgres_dialect);
}

/* The order of an index of ours needs no sorting, in which MariaDB passes over NULs behind a text. */
static void mysql_indexed(void **state)
{
    (void)state;
    planning_init(&p, &mariadb_dialect, "id INTEGER PRIMARY KEY, c VARCHAR(80)",
                  "id bigint!; c varchar(80)/bytes/utf8mb4/utf8mb4_nopad_bin");
    planning_index(&p, "c", false, 1000);
    p.remote->indexes[0].bytes[0] = true;
    planning_request(&p, "LIMIT 5", "c DESC");
    char *sql = planning_run(&p);
    note_rows();
    assert_non_null(strstr(sql, " ORDER BY `c` DESC LIMIT 5"));
    sqlite3_free(sql);
    planning_clear(&p);
}

static const char mysql_more_declared[] =
    "id INTEGER PRIMARY KEY, c VARCHAR(80), lb VARCHAR(80), l VARCHAR(80), f8 DOUBLE, f4 FLOAT, "
    "num NUMERIC(10,2), "
    "w "
    "NUMERIC(20,2), b VARBINARY(80), d DATE, ti TIME, e ENUM('a','b'), el ENUM('a','b'), u UUID, j "
    "TEXT, dt DATETIME";
static const char mysql_more_columns[] =
    "id bigint!; c varchar(80)/bytes/utf8mb4/utf8mb4_nopad_bin; lb "
    "varchar(80)/bytes/latin1/latin1_nopad_bin; l "
    "varchar(80)/loose/latin1/latin1_swedish_ci; f8 double; f4 float4; num "
    "numeric(10,2); w numeric(20,2); b varbinary(80); d date; ti time; e "
    "enum('a','b')/loose/utf8mb4/utf8mb4_general_ci; el "
    "enum('a','b')/loose/latin1/latin1_swedish_ci; u uuid; j json; dt datetime";
static const struct text mysql_more[] = {
    {"c IN ?", "", "WHERE `c` IN (?)"},
    /* of another character set: bytes mean something else */
    {"lb = ?, lb > ?", "",
     "WHERE (`lb` = CONVERT(CONVERT(? USING utf8mb4) USING latin1) COLLATE latin1_nopad_bin AND "
     "CAST(CONVERT(`lb` USING "
     "utf8mb4) AS BINARY) = CAST(? AS BINARY)) AND CAST(CONVERT(`lb` USING utf8mb4) AS BINARY) > "
     "CAST(? AS BINARY)"},
    {"lb IN ?", "",
     "WHERE (`lb` IN (CONVERT(CONVERT(? USING utf8mb4) USING latin1) COLLATE latin1_nopad_bin) AND "
     "CAST(CONVERT(`lb` "
     "USING "
     "utf8mb4) AS BINARY) IN (?))"},
    {"", "lb", "ORDER BY CAST(CONVERT(`lb` USING utf8mb4) AS BINARY)"},
    {"l IS NOT NULL, l IN ?", "",
     "WHERE `l` IS NOT NULL AND (`l` IN (CONVERT(CONVERT(? USING utf8mb4) USING latin1) COLLATE "
     "latin1_swedish_ci) AND "
     "CAST(CONVERT(`l` USING utf8mb4) AS BINARY) IN (?))"},
    {"f8 > ?, f8 IN ?, f4 IN ?, num IN ?", "",
     "WHERE `f8` > ? AND `f8` IN (?) AND (`f4` + 0e0) IN (?) AND `num` IN (?)"},
    {"w = ?", "",
     "WHERE `w` BETWEEN ? - (LEAST(ABS(?) * 1e-14, 1e290) + 1e-30) AND ? + (LEAST(ABS(?) * 1e-14, 1e290) + 1e-30)"},
    {"w < ?", "", "WHERE `w` <= ? + (LEAST(ABS(?) * 1e-14, 1e290) + 1e-30)"},
    {"w >= ?", "", "WHERE `w` >= ? - (LEAST(ABS(?) * 1e-14, 1e290) + 1e-30)"},
    {"b < ?, b IN ?", "", "WHERE `b` < ? AND `b` IN (?)"},
    {"dt IS NULL, dt IS NOT NULL", "", "WHERE `dt` <=> NULL AND NOT (`dt` <=> NULL)"},
    {"d > ?, d IN ?, ti <> ?, ti > ?", "",
     "WHERE `d` > ? AND `d` IN (?) AND `ti` <> ? AND (`ti` > ? OR `ti` < '00:00:00')"},
    {"e = ?", "", "WHERE (`e` = ? AND CAST(CAST(`e` AS CHAR) AS BINARY) = CAST(? AS BINARY))"},
    {"el = ?", "",
     "WHERE (`el` = CONVERT(CONVERT(? USING utf8mb4) USING latin1) COLLATE latin1_swedish_ci AND "
     "CAST(CAST(`el` AS CHAR) "
     "AS BINARY) = CAST(? AS BINARY))"},
    {"e < ?, u = ?, u IN ?, el IN ?", "",
     "WHERE CAST(CAST(`e` AS CHAR) AS BINARY) < CAST(? AS BINARY) AND (`u` = ? AND "
     "CAST(CAST(`u` AS CHAR) AS BINARY) = CAST(? AS BINARY)) AND (`u` IN (?) AND CAST(CAST(`u` "
     "AS CHAR) AS BINARY) IN (?)) AND (`el` IN "
     "(CONVERT(CONVERT(? USING utf8mb4) USING latin1) COLLATE latin1_swedish_ci) AND "
     "CAST(CAST(`el` AS CHAR) AS BINARY) "
     "IN (?))"},
    {"j IN ?", "", "WHERE CAST(CAST(`j` AS CHAR) AS BINARY) IN (?)"},
    {"", "id, num DESC, f4", "ORDER BY `id`, `num` DESC, (`f4` + 0e0)"},
    {"", "b, d, e", "ORDER BY `b`, `d`, CAST(CAST(`e` AS CHAR) AS BINARY)"},
};

static void mysql_all(void **state)
{
    mysql(state);
    mysql_indexed(state);
    texts_are(&mariadb_dialect, mysql_more_declared, mysql_more_columns, TEXTS(mysql_more), NULL);
    all_written(&mariadb_dialect);
}

static const char sqlite_more_declared[] =
    "id INTEGER PRIMARY KEY, c TEXT, n TEXT, no TEXT COLLATE NOCASE, rt TEXT COLLATE RTRIM, nb "
    "TEXT COLLATE NOCASE";
static const char sqlite_more_columns[] =
    "id INTEGER!/bytes; c TEXT/bytes; n TEXT/loose; no TEXT/loose; rt TEXT/loose; nb TEXT/bytes";
static const struct text sqlite_more[] = {
    {"c IS NOT NULL, n < ? COLLATE RTRIM, c IN ?", "",
     "WHERE \"c\" IS NOT NULL AND \"n\" COLLATE RTRIM < ? AND \"c\" IN (?)"},
    {"n IN ? COLLATE NOCASE, n IN ? COLLATE RTRIM", "",
     "WHERE \"n\" COLLATE NOCASE IN (?) AND \"n\" COLLATE RTRIM IN (?)"},
    {"c IN ? COLLATE NOCASE, c < ? COLLATE RTRIM", "",
     "WHERE \"c\" COLLATE NOCASE IN (?) AND \"c\" COLLATE RTRIM < ?"},
    {"", "nb", "ORDER BY \"nb\" COLLATE NOCASE"},
    {"c GLOB ?", "", "WHERE \"c\" GLOB ?"},
    {"id LIKE ?", "", ""}, /* of a number's text */
    {"id GLOB ?", "", ""},
    {"no = ? COLLATE RTRIM", "",
     ""}, /* or NOCASE, in a row value: nothing finds what is equal under either */
    {"", "no, rt DESC", "ORDER BY \"no\" COLLATE NOCASE, \"rt\" COLLATE RTRIM DESC"},
};

/* Text in a column that is declared with numeric affinity: what looks like a number has become one, and is spelt
** otherwise here. */
static void words(void **state)
{
    (void)state;
    static const struct text texts[] = {
        {"z = ?, z IN ?", "", "WHERE \"z\" = $1::text AND \"z\" = ANY($2::text[])"},
        {"z <> ?, z < ?, z >= ?", "", ""},
        {"z LIKE ?", "", ""},
        {"z GLOB ?", "", ""},
        {"z IS NULL, z IS NOT NULL", "", "WHERE \"z\" IS NULL AND \"z\" IS NOT NULL LIMIT 16"},
        {"", "z", ""}};
    texts_are(&postgres_dialect, "id INTEGER PRIMARY KEY, z NUMERIC", "id bigint!; z text/bytes",
              TEXTS(texts), NULL);
    memset(written, 0, sizeof written);
}

static void sqlite_all(void **state)
{
    sqlite(state);
    texts_are(&sqlite_dialect, sqlite_more_declared, sqlite_more_columns, TEXTS(sqlite_more), NULL);
    all_written(&sqlite_dialect);
}

/* A list, each element as its form says. */
static void lists(void **state)
{
    (void)state;
    struct place room[10];
    struct places places = {.first = 1, .limit = 6, .place = room};
    planning_init(&p, &mariadb_dialect, "l VARCHAR(80)",
                  "l varchar(80)/loose/latin1/latin1_swedish_ci");
    const struct judgement *j = judge_find(&mariadb_dialect, p.remote, 0, OP_IN, COLLATION_BINARY);
    sqlite3_str *out = sqlite3_str_new(NULL);
    assert_int_equal(
        judge_write(&mariadb_dialect, j, OP_IN, &p.remote->columns[0], 7, 3, &places, out),
        SQLITE_OK);
    char *text = sqlite3_str_finish(out);
    assert_string_equal(text, "(`l` IN (CONVERT(CONVERT(? USING utf8mb4) USING latin1) COLLATE "
                              "latin1_swedish_ci, CONVERT(CONVERT(? USING utf8mb4) USING latin1) "
                              "COLLATE latin1_swedish_ci, CONVERT(CONVERT(? USING utf8mb4) USING "
                              "latin1) COLLATE latin1_swedish_ci) AND "
                              "CAST(CONVERT(`l` USING utf8mb4) AS BINARY) IN (?, ?, ?))");
    assert_int_equal(places.n, 6);
    for (int i = 0; i < 6; i++)
        assert_true(room[i].value == 7 && room[i].element == i % 3 && room[i].type == CT_TEXT);
    sqlite3_free(text);
    places.n = 0;
    places.limit = 5; /* no room for all of them */
    out = sqlite3_str_new(NULL);
    assert_int_equal(
        judge_write(&mariadb_dialect, j, OP_IN, &p.remote->columns[0], 7, 3, &places, out),
        SQLITE_TOOBIG);
    sqlite3_free(sqlite3_str_finish(out));
    planning_clear(&p);
}

/* Keyless tables carry what the engine offers, else all columns. */
static void identities(void **state)
{
    (void)state;
    planning_init(&p, &postgres_dialect, "a INTEGER, b TEXT", "a integer; b text/bytes");
    planning_request(&p, "", "");
    p.request.used = 1 | 1 << 2; /* a and the hidden key */
    char *sql = planning_run(&p);
    assert_string_equal(sql, "SELECT \"a\", tableoid::int8, ctid::text FROM \"t\"");
    sqlite3_free(sql);
    p.remote->kind = REMOTE_VIEW;
    sql = planning_run(&p);
    assert_string_equal(sql, "SELECT \"a\", \"b\" FROM \"t\"");
    sqlite3_free(sql);
    p.remote->kind = REMOTE_TABLE; /* a key that only the server knows of */
    p.remote->columns[0].not_null = true;
    planning_index(&p, "a", true, 10);
    sql = planning_run(&p);
    assert_string_equal(sql, "SELECT \"a\" FROM \"t\"");
    sqlite3_free(sql);
    planning_clear(&p);
}

/* WHERE clauses that find a row again. */
static void finding_rows(void **state)
{
    (void)state;
    struct identity_plan plan;
    struct identity_where where;
    struct err err;
    struct buf key;
    struct cell values[] = {cell_int(7), cell_str("x")};
    planning_init(&p, &mariadb_dialect, "a INTEGER, b VARCHAR(20), PRIMARY KEY (a, b)",
                  "a bigint!; b varchar(20)!/loose/utf8mb4/utf8mb4_general_ci");
    identity_plan(&mariadb_dialect, p.context.model, &p.identity, p.remote, &plan);
    buf_init(&key, 1000);
    keycode_add(&key, &values[0]);
    keycode_add(&key, &values[1]);
    struct cell blob = cell_blob(key.data, key.len);
    sqlite3_str *out = sqlite3_str_new(NULL);
    assert_int_equal(identity_where(&plan, &blob, 1, out, &where, &err), SQLITE_OK);
    char *text = sqlite3_str_finish(out);
    assert_string_equal(
        text,
        "`a` = ? AND (`b` = ? AND CAST(CONVERT(`b` USING utf8mb4) AS BINARY) = CAST(? AS BINARY))");
    assert_int_equal(where.nargs, 3);
    assert_int_equal(where.cells[0].i, 7);
    assert_int_equal(where.types[1], CT_TEXT);
    assert_false(where.one_row);
    identity_where_clear(&where);
    sqlite3_free(text);
    struct cell wrong = cell_blob(key.data, key.len - 1);
    out = sqlite3_str_new(NULL);
    assert_int_equal(identity_where(&plan, &wrong, 1, out, &where, &err), SQLITE_CORRUPT);
    sqlite3_free(sqlite3_str_finish(out));
    buf_clear(&key);
    planning_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postgres_all), cmocka_unit_test(postgres_parts),
        cmocka_unit_test(mysql_all),    cmocka_unit_test(sqlite_all),
        cmocka_unit_test(lists),        cmocka_unit_test(identities),
        cmocka_unit_test(finding_rows), cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
