/* PostgreSQL's DDL as data.
**
** Texts are COLLATE "C": equality, order and indexes are by bytes, as in SQLite.  There is no collation for
** NOCASE and RTRIM that is no wider than SQLite's own, so such keys are made unique by an index on an
** expression; under "C" lower() knows ASCII letters only, which is just what NOCASE means. */
#include "sqlgen/ddl.h"

#define UTC_SECOND "date_trunc('second', CURRENT_TIMESTAMP AT TIME ZONE 'UTC')"

static const struct ddl_alias aliases[] = {
    {"real", CT_FLOAT4},
    {NULL, CT_OTHER},
};

static const struct ddl_rename functions[] = {
    {"ifnull", "coalesce"},
    {"instr", "strpos"},
    {NULL, NULL},
};

const struct ddl_words postgres_ddl = {
    .type =
        {
            [CT_OTHER] = "%t",
            [CT_BOOL] = "BOOLEAN",
            [CT_INT2] = "SMALLINT",
            [CT_INT4] = "INTEGER",
            [CT_INT8] = "BIGINT",
            [CT_UINT8] = "BIGINT",
            [CT_FLOAT4] = "REAL",
            [CT_FLOAT8] = "DOUBLE PRECISION",
            [CT_NUMERIC] = "NUMERIC(%p, %s)",
            [CT_TEXT] = "TEXT",
            [CT_VARCHAR] = "VARCHAR(%l)",
            [CT_CHAR] = "CHAR(%l)",
            [CT_BLOB] = "BYTEA",
            [CT_VARBINARY] = "BYTEA",
            [CT_BINARY] = "BYTEA",
            [CT_DATE] = "DATE",
            [CT_TIME] = "TIME(%p) WITHOUT TIME ZONE",
            [CT_DATETIME] = "TIMESTAMP(%p) WITHOUT TIME ZONE",
            [CT_DATETIMETZ] = "TIMESTAMP(%p) WITH TIME ZONE",
            [CT_INTERVAL] = "INTERVAL(%p)",
            [CT_JSON] = "JSON",
            [CT_JSONB] = "JSONB",
            [CT_UUID] = "UUID",
            [CT_ENUM] = "TEXT",
        },
    .type_bare =
        {
            [CT_NUMERIC] = "NUMERIC",
            [CT_VARCHAR] = "VARCHAR",
            [CT_CHAR] = "CHAR",
            [CT_TIME] = "TIME WITHOUT TIME ZONE",
            [CT_DATETIME] = "TIMESTAMP WITHOUT TIME ZONE",
            [CT_DATETIMETZ] = "TIMESTAMP WITH TIME ZONE",
            [CT_INTERVAL] = "INTERVAL",
        },
    .type_whole = "NUMERIC(%p)",
    .type_none = "TEXT",
    .auto_type =
        {
            [CT_INT2] = "SMALLSERIAL",
            [CT_INT4] = "SERIAL",
            [CT_INT8] = "BIGSERIAL",
            [CT_UINT8] = "BIGSERIAL",
        },
    .numbering = "nextval(",
    .aliases = aliases,
    .text_collate = {" COLLATE \"C\"", " COLLATE \"C\"", " COLLATE \"C\""},
    .fold = {NULL, "lower(%s COLLATE \"C\")", "(rtrim(%s, ' ') COLLATE \"C\")"},
    .true_false = true,
    .generated_not_null = true,
    .enum_types = true,
    .foreign_keys_deferrable = true,
    .foreign_keys_set_default = true,
    .cycles_by_alter = true,
    .index_place = DDL_INDEX_STATEMENT,
    .blob_form = "'\\x%s'::bytea",
    .now =
        {
            {UTC_SECOND, "date_trunc('second', CURRENT_TIMESTAMP)",
             "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"},
            {"(" UTC_SECOND ")::date", "date_trunc('day', CURRENT_TIMESTAMP, 'UTC')",
             "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-DD')"},
            {"(" UTC_SECOND ")::time", NULL,
             "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'HH24:MI:SS')"},
        },
    .functions = functions,
    .like = "ILIKE",
    .drop_foreign_key = "DROP CONSTRAINT",
};
