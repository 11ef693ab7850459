/* The SQL of MariaDB (also what serves offline) and of MySQL 8, as data.  DDL words and verdicts are in ddl.c
** and judge.c.
**
** Columns are read as they are: the binary protocol keeps floats and doubles exact, and the session pins
** character set and time zone.  Identifiers are always in backticks, so ANSI_QUOTES does not matter.
** Transactions run REPEATABLE READ (pinned by the session) where the server has innodb_snapshot_isolation.  One that
** may write does not take its snapshot when it begins but with its first read, or else every row that somebody changes
** in between would be a conflict.
** Without it (MySQL, older MariaDB: the *_locking dialects) a write overwrites what has changed since the snapshot.
** There transactions run SERIALIZABLE: what one that may write has read nobody else changes before it ends.  Those that
** only read keep their snapshot, without locks.
** There is no insert_ignore: INSERT IGNORE turns errors of every kind into changed values (NULL becomes 0), and
** ON DUPLICATE KEY UPDATE needs the name of a column.  A plain INSERT serves, whose constraint error leaves the
** transaction as it was.
** No RETURNING, though MariaDB has it from 10.5 on: the id that an INSERT made comes with its answer.  last_id
** is left out since LAST_INSERT_ID() is the first id of several rows, not the last. */
#include "engine/mysql/my.h"

#define MAX_ARGS 65535
#define MAX_NAME_BYTES 64

extern const struct ddl_words mariadb_ddl, mysql_ddl;
extern const struct judgement mysql_judgements[];
extern const struct pairing mysql_pairings[];

/* No function folds ASCII alone, and LOWER() leaves bytes as they are.  NOCASE looks no further than a NUL. */
#define FOLD(text, upper, lower) "REPLACE(" text ", '" upper "', '" lower "')"
#define FOLD_A_D(text) FOLD(FOLD(FOLD(FOLD(text, "A", "a"), "B", "b"), "C", "c"), "D", "d")
#define FOLD_E_H(text) FOLD(FOLD(FOLD(FOLD(text, "E", "e"), "F", "f"), "G", "g"), "H", "h")
#define FOLD_I_L(text) FOLD(FOLD(FOLD(FOLD(text, "I", "i"), "J", "j"), "K", "k"), "L", "l")
#define FOLD_M_P(text) FOLD(FOLD(FOLD(FOLD(text, "M", "m"), "N", "n"), "O", "o"), "P", "p")
#define FOLD_Q_T(text) FOLD(FOLD(FOLD(FOLD(text, "Q", "q"), "R", "r"), "S", "s"), "T", "t")
#define FOLD_U_Z(text)                                                                             \
    FOLD(FOLD(FOLD(FOLD(FOLD(FOLD(text, "U", "u"), "V", "v"), "W", "w"), "X", "x"), "Y", "y"),     \
         "Z", "z")
#define FOLD_ALL(text) FOLD_U_Z(FOLD_Q_T(FOLD_M_P(FOLD_I_L(FOLD_E_H(FOLD_A_D(text))))))
#define BYTES(text) "CAST(CONVERT(" text " USING utf8mb4) AS BINARY)"
#define EQUAL_TEXT                                                                                 \
    {                                                                                              \
        BYTES("%s"), FOLD_ALL(BYTES("SUBSTRING_INDEX(%s, _utf8mb4 X'00', 1)")),                    \
            BYTES("TRIM(TRAILING ' ' FROM %s)")                                                    \
    }

/* BIT(n): how many bits it has the server says.  YEAR: years of one and two digits become others. */
static const struct whole_type wholes[] = {
    {"bit", 1, 0x7FFFFFFFFFFFFFFF, "BIGINT"}, {"year", 1901, 2155, "SMALLINT"}, {NULL, 0, 0, NULL}};

#define SNAPSHOT "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"

/* first: what goes before a transaction that only reads. */
#define COMMON_DIALECT(first)                                                                      \
    .quote = '`', .max_args = MAX_ARGS, .max_name_bytes = MAX_NAME_BYTES,                          \
    .limit_form = " LIMIT %lld OFFSET %lld", .offset_needs_limit = true,                           \
    .no_limit = "18446744073709551615", .nulls_lowest_asc = "", .nulls_lowest_desc = "",           \
    .one_row = " LIMIT 1", .for_update = " FOR UPDATE", .insert_default_row = "() VALUES ()",      \
    .default_function = "DEFAULT", .seen = " that this account may see", .wholes = wholes,         \
    .implicit_defaults = true, .pick = "ELT", .equal_text = EQUAL_TEXT,                            \
    .make_transactional = "ALTER TABLE %s ENGINE=InnoDB",                                          \
    .make_witness = "CREATE TABLE IF NOT EXISTS _binds_done (gid VARCHAR(64) CHARACTER SET ascii " \
                    "COLLATE ascii_bin NOT NULL PRIMARY KEY, parts LONGTEXT CHARACTER SET ascii) " \
                    "ENGINE=InnoDB",                                                               \
    .verbs = {                                                                                     \
        .before_read = (first),                                                                    \
        .begin_read = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",                     \
        .begin_write = "START TRANSACTION",                                                        \
        .begin_statement = "START TRANSACTION",                                                    \
        .commit = "COMMIT",                                                                        \
        .rollback = "ROLLBACK",                                                                    \
        .savepoint = "SAVEPOINT %s",                                                               \
        .release = NULL, /* SAVEPOINT replaces an older one of its name: no round trip for this */ \
        .rollback_to = "ROLLBACK TO SAVEPOINT %s",                                                 \
        .xa_begin = "XA START %s",                                                                 \
        .xa_end = "XA END %s",                                                                     \
        .xa_one_phase = "XA COMMIT %s ONE PHASE",                                                  \
        .prepare = "XA PREPARE %s",                                                                \
        .commit_prepared = "XA COMMIT %s",                                                         \
        .rollback_prepared = "XA ROLLBACK %s",                                                     \
        .list_needs = "recovery needs the privilege XA_RECOVER_ADMIN "                             \
                      "(GRANT XA_RECOVER_ADMIN ON *.* TO the account)",                            \
        .list_refused = 1401, /* ER_XAER_RMERR: what MySQL 8 says before it names the privilege */ \
    }

const struct dialect mariadb_dialect = {
    .name = "mariadb",
    .values_table = true,
    COMMON_DIALECT(NULL),
    .ddl = &mariadb_ddl,
    .pairings = mysql_pairings,
    .judgements = mysql_judgements,
};

const struct dialect mariadb_locking_dialect = {
    .name = "mariadb",
    .values_table = true,
    COMMON_DIALECT(SNAPSHOT),
    .ddl = &mariadb_ddl,
    .pairings = mysql_pairings,
    .judgements = mysql_judgements,
};

const struct dialect mysql_dialect = {
    .name = "mysql",
    COMMON_DIALECT(SNAPSHOT),
    .ddl = &mysql_ddl,
    .pairings = mysql_pairings,
    .judgements = mysql_judgements,
};
