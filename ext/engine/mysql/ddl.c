/* The DDL of MariaDB and of MySQL as data.
**
** Tables are utf8mb4 with a binary collation that pads nothing, so that texts are compared by bytes as in
** SQLite; NOCASE columns get the narrowest collation that does not tell a from A, RTRIM columns one that
** ignores blanks at the end.  ENGINE=InnoDB is said, since the other engines ignore foreign keys and
** ROLLBACK.  NUMERIC without a precision would be whole numbers there: it gets the widest type instead. */
#include "sqlgen/ddl.h"

#define UTF8MB4_BIN(collation) " DEFAULT CHARSET=utf8mb4 COLLATE=" collation

static const struct ddl_alias mariadb_aliases[] = {
    {"float", CT_FLOAT4},
    {"float unsigned", CT_FLOAT4},
    {"timestamp", CT_DATETIMETZ},
    {"bool", CT_INT2},
    {"json", CT_TEXT}, /* the catalog says longtext */
    {NULL, CT_OTHER},
};

static const struct ddl_alias mysql_aliases[] = {
    {"float", CT_FLOAT4},
    {"float unsigned", CT_FLOAT4},
    {"timestamp", CT_DATETIMETZ},
    {"bool", CT_INT2},
    {NULL, CT_OTHER},
};

static const struct ddl_rename functions[] = {
    {"length", "char_length"}, /* length() counts bytes there */
    {NULL, NULL},
};

static const struct ddl_refusal refused[] = {
    {"/", "two whole numbers divide to a fraction there"},
    {"~", "the result has no sign there"},
    {"<<", "the result has no sign there"},
    {">>", "the result has no sign there"},
    {NULL, NULL},
};

/* What both have in common. */
#define MYSQL_TYPES                                                                                \
    .type =                                                                                        \
        {                                                                                          \
            [CT_OTHER] = "%t",                                                                     \
            [CT_BOOL] = "BOOL",                                                                    \
            [CT_INT2] = "SMALLINT",                                                                \
            [CT_INT4] = "INTEGER",                                                                 \
            [CT_INT8] = "BIGINT",                                                                  \
            [CT_UINT8] = "BIGINT UNSIGNED",                                                        \
            [CT_FLOAT4] = "FLOAT",                                                                 \
            [CT_FLOAT8] = "DOUBLE",                                                                \
            [CT_NUMERIC] = "NUMERIC(%p, %s)",                                                      \
            [CT_TEXT] = "LONGTEXT",                                                                \
            [CT_VARCHAR] = "VARCHAR(%l)",                                                          \
            [CT_CHAR] = "CHAR(%l)",                                                                \
            [CT_BLOB] = "LONGBLOB",                                                                \
            [CT_VARBINARY] = "VARBINARY(%l)",                                                      \
            [CT_BINARY] = "BINARY(%l)",                                                            \
            [CT_DATE] = "DATE",                                                                    \
            [CT_TIME] = "TIME(%p)",                                                                \
            [CT_DATETIME] = "DATETIME(%p)",                                                        \
            [CT_DATETIMETZ] = "DATETIME(%p)",                                                      \
            [CT_INTERVAL] = "LONGTEXT",                                                            \
            [CT_JSON] = "JSON",                                                                    \
            [CT_JSONB] = "JSON",                                                                   \
            [CT_UUID] = "CHAR(36)",                                                                \
            [CT_ENUM] = "ENUM(%e)",                                                                \
    },                                                                                             \
    .type_bare =                                                                                   \
        {                                                                                          \
            [CT_NUMERIC] = "NUMERIC(65, 30)",                                                      \
            [CT_VARCHAR] = "LONGTEXT",                                                             \
            [CT_CHAR] = "CHAR",                                                                    \
            [CT_VARBINARY] = "LONGBLOB",                                                           \
            [CT_BINARY] = "LONGBLOB",                                                              \
            [CT_TIME] = "TIME(6)",                                                                 \
            [CT_DATETIME] = "DATETIME(6)",                                                         \
            [CT_DATETIMETZ] = "DATETIME(6)",                                                       \
    },                                                                                             \
    .type_whole = "NUMERIC(%p)", .type_none = "LONGTEXT", .auto_suffix = " AUTO_INCREMENT"

#define MYSQL_RULES                                                                                \
    .table_suffix = " ENGINE=InnoDB", .bare_time_is_whole = true, .backslash_escapes = true,       \
    .names_in_characters = true, .default_after_not_null = true, .default_in_parentheses = true,   \
    .generated_virtual = true, .references_need_columns = true, .cycles_by_alter = true,           \
    .index_place = DDL_INDEX_INLINE, .key_bytes = 3072, .key_prefix = 255,                         \
    .key_text = "VARCHAR(%l)", .key_blob = "VARBINARY(%l)", .blob_form = "X'%s'",                  \
    .now =                                                                                         \
        {                                                                                          \
            {"(UTC_TIMESTAMP())", "(UTC_TIMESTAMP())",                                             \
             "(DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%d %H:%i:%s'))"},                               \
            {"(UTC_DATE())", "(UTC_DATE())", "(DATE_FORMAT(UTC_DATE(), '%Y-%m-%d'))"},             \
            {"(UTC_TIME())", NULL, "(DATE_FORMAT(UTC_TIME(), '%H:%i:%s'))"},                       \
    },                                                                                             \
    .functions = functions, .refused = refused,                                                    \
    .concat_begin = "SET @binds_sql_mode = @@SESSION.sql_mode, SESSION sql_mode = "                \
                    "CONCAT(@@SESSION.sql_mode, ',PIPES_AS_CONCAT')",                              \
    .concat_end = "SET SESSION sql_mode = @binds_sql_mode", .drop_foreign_key = "DROP FOREIGN KEY"

const struct ddl_words mariadb_ddl = {
    MYSQL_TYPES,
    .aliases = mariadb_aliases,
    .text_collate = {"", " COLLATE utf8mb4_uca1400_nopad_as_ci", " COLLATE utf8mb4_bin"},
    .text_collate_older = {"", " COLLATE utf8mb4_general_nopad_ci", " COLLATE utf8mb4_bin"},
    .table_charset = UTF8MB4_BIN("utf8mb4_nopad_bin"),
    .table_charset_older = UTF8MB4_BIN("utf8mb4_nopad_bin"),
    .collate_version = 101001,
    .checks_version = 100201,
    MYSQL_RULES,
};

const struct ddl_words mysql_ddl = {
    MYSQL_TYPES,
    .aliases = mysql_aliases,
    .text_collate = {"", " COLLATE utf8mb4_0900_as_ci", " COLLATE utf8mb4_bin"},
    .text_collate_older = {"", " COLLATE utf8mb4_general_ci", " COLLATE utf8mb4_bin"},
    .table_charset = UTF8MB4_BIN("utf8mb4_0900_bin"),
    .table_charset_older = UTF8MB4_BIN("utf8mb4_bin"),
    .collate_version = 80017,
    .checks_version = 80016,
    .generated_not_null = true,
    MYSQL_RULES,
};
