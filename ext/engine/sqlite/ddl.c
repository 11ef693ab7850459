/* SQLite's DDL as data: the declaration itself, in SQLAlchemy's shape (keys NOT NULL, constraints of the
** table), so there is next to nothing to translate.  ENUM is a text with a CHECK. */
#include "sqlgen/ddl.h"

const struct ddl_words sqlite_ddl = {
    .type =
        {
            [CT_OTHER] = "%t",      [CT_BOOL] = "%t",      [CT_INT2] = "%t",
            [CT_INT4] = "%t",       [CT_INT8] = "%t",      [CT_UINT8] = "%t",
            [CT_FLOAT4] = "%t",     [CT_FLOAT8] = "%t",    [CT_NUMERIC] = "%t",
            [CT_TEXT] = "%t",       [CT_VARCHAR] = "%t",   [CT_CHAR] = "%t",
            [CT_BLOB] = "%t",       [CT_VARBINARY] = "%t", [CT_BINARY] = "%t",
            [CT_DATE] = "%t",       [CT_TIME] = "%t",      [CT_DATETIME] = "%t",
            [CT_DATETIMETZ] = "%t", [CT_INTERVAL] = "%t",  [CT_JSON] = "%t",
            [CT_JSONB] = "%t",      [CT_UUID] = "%t",      [CT_ENUM] = "VARCHAR(%m)",
        },
    .auto_key = " PRIMARY KEY AUTOINCREMENT",
    .text_collate = {"", " COLLATE NOCASE", " COLLATE RTRIM"},
    .verbatim = true,
    .generated_virtual = true,
    .generated_not_null = true,
    .enum_check = true,
    .references_without_schema = true,
    .foreign_keys_deferrable = true,
    .foreign_keys_set_default = true,
    .index_place = DDL_INDEX_IN_SCHEMA,
    .blob_form = "X'%s'",
    /* Two tables that refer to each other: neither can go first while their rows are checked at once. */
    .drop_cycle = "PRAGMA defer_foreign_keys=ON",
};
