/* Postgres's SQL, as data: how arguments are spelt, how columns are read, the transaction's verbs.
**
** Arguments are cast, so that the server never guesses a type from context: integers travel as int8
** whatever the column's width (the integer operators cross widths and keep their indexes), text as
** text, char(n) as bpchar.  Types that binds reads in binary are selected as they are, all others
** as ::text.  DDL words and verdicts are in ddl.c and judge.c. */
#include "sqlgen/dialect.h"

extern const struct ddl_words postgres_ddl;
extern const struct judgement postgres_judgements[];
extern const struct pairing postgres_pairings[];
extern const struct row_identity postgres_row_identity;

/* A session's number at the server is not the one that was told at the login: a pooler is in between.  A prepared
** transaction is listed for everybody, whatever database it belongs to. */
static const struct decider_words decider_words = {
    .identity = "SELECT s.system_identifier::pg_catalog.text || '.' || d.oid::pg_catalog.text, "
                "pg_catalog.pg_backend_pid()::pg_catalog.text "
                "FROM pg_catalog.pg_control_system() s, pg_catalog.pg_database d "
                "WHERE d.datname = pg_catalog.current_database()",
    .lock = "SELECT pg_catalog.pg_try_advisory_lock(%lld)::pg_catalog.text, "
            "pg_catalog.pg_advisory_unlock(%lld)",
    .unlock = "SELECT pg_catalog.pg_advisory_unlock(%lld)",
    .try_lock = "SELECT pg_catalog.pg_try_advisory_xact_lock(%lld)::pg_catalog.text",
    .records = "SELECT gid, owner::pg_catalog.text FROM pg_catalog.pg_prepared_xacts WHERE gid "
               "LIKE '%s%%' ORDER BY gid",
};

extern const struct dialect postgres_dialect;
const struct dialect postgres_dialect = {
    .name = "postgresql",
    .quote = '"',
    .numbered_args = true,
    .arg_form =
        {
            [CT_BOOL] = "%s::bool",          [CT_INT2] = "%s::int8",
            [CT_INT4] = "%s::int8",          [CT_INT8] = "%s::int8",
            [CT_UINT8] = "%s::numeric",      [CT_FLOAT4] = "%s::float8",
            [CT_FLOAT8] = "%s::float8",      [CT_NUMERIC] = "%s::numeric",
            [CT_TEXT] = "%s::text",          [CT_VARCHAR] = "%s::text",
            [CT_CHAR] = "%s::bpchar",        [CT_BLOB] = "%s::bytea",
            [CT_VARBINARY] = "%s::bytea",    [CT_BINARY] = "%s::bytea",
            [CT_DATE] = "%s::date",          [CT_TIME] = "%s::time",
            [CT_DATETIME] = "%s::timestamp", [CT_DATETIMETZ] = "%s::timestamptz",
            [CT_INTERVAL] = "%s::interval",  [CT_JSON] = "%s::json",
            [CT_JSONB] = "%s::jsonb",        [CT_UUID] = "%s::uuid",
        },
    .array_form =
        {
            [CT_BOOL] = "= ANY(%s::bool[])",          [CT_INT2] = "= ANY(%s::int8[])",
            [CT_INT4] = "= ANY(%s::int8[])",          [CT_INT8] = "= ANY(%s::int8[])",
            [CT_UINT8] = "= ANY(%s::numeric[])",      [CT_FLOAT4] = "= ANY(%s::float8[])",
            [CT_FLOAT8] = "= ANY(%s::float8[])",      [CT_NUMERIC] = "= ANY(%s::numeric[])",
            [CT_TEXT] = "= ANY(%s::text[])",          [CT_VARCHAR] = "= ANY(%s::text[])",
            [CT_CHAR] = "= ANY(%s::bpchar[])",        [CT_BLOB] = "= ANY(%s::bytea[])",
            [CT_VARBINARY] = "= ANY(%s::bytea[])",    [CT_BINARY] = "= ANY(%s::bytea[])",
            [CT_DATE] = "= ANY(%s::date[])",          [CT_TIME] = "= ANY(%s::time[])",
            [CT_DATETIME] = "= ANY(%s::timestamp[])", [CT_DATETIMETZ] = "= ANY(%s::timestamptz[])",
            [CT_UUID] = "= ANY(%s::uuid[])",
        },
    .max_args = 65535,
    .max_name_bytes = 63,
    .select_form =
        {
            /* What the type prints: the cast to text of inet adds a netmask that was never
            ** written. */
            [CT_OTHER] = "CASE WHEN %s::text IS NOT NULL THEN concat(%s) END",
            [CT_CHAR] = "%s::text", /* strips the padding */
            [CT_INTERVAL] = "%s::text",
            [CT_JSON] = "%s::text",
            [CT_JSONB] = "%s::text",
            [CT_ENUM] = "%s::text",
        },
    .limit_form = " LIMIT %lld OFFSET %lld",
    .offset_needs_limit = false,
    .no_limit = "ALL",
    .nulls_lowest_asc = " NULLS FIRST",
    .nulls_lowest_desc = " NULLS LAST",
    .row_identity = &postgres_row_identity,
    .text_without_nul = true,
    /* the latter two are what unique indexes are made of (ddl.c) */
    .equal_text = {"(CAST(%s AS text) COLLATE \"C\")", "lower(CAST(%s AS text) COLLATE \"C\")",
                   "(rtrim(CAST(%s AS text), ' ') COLLATE \"C\")"},
    .for_update = " FOR UPDATE",
    .insert_default_row = "DEFAULT VALUES",
    .returning = true,
    .unnest = true,
    .subscripts = true,
    .lateral = true,
    .on_conflict_nothing = " ON CONFLICT DO NOTHING",
    .make_witness =
        "CREATE TABLE IF NOT EXISTS _binds_done (gid varchar(64) PRIMARY KEY, parts text)",
    .verbs =
        {
            .begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            .begin_write = "BEGIN ISOLATION LEVEL REPEATABLE READ",
            .begin_statement = "BEGIN",
            .commit = "COMMIT",
            .rollback = "ROLLBACK",
            .savepoint = "SAVEPOINT %s",
            .release = "RELEASE SAVEPOINT %s",
            .rollback_to = "ROLLBACK TO SAVEPOINT %s",
            .prepare = "PREPARE TRANSACTION %s",
            .commit_prepared = "COMMIT PREPARED %s",
            .rollback_prepared = "ROLLBACK PREPARED %s",
        },
    .decider = &decider_words,
    .ddl = &postgres_ddl,
    .pairings = postgres_pairings,
    .judgements = postgres_judgements,
};
