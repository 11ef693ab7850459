/* SQLite's SQL as data.  Every engine-neutral form is SQLite's own, so there is little to say: values are read
** and compared as they are, arguments are `?`, NULLs are lowest by themselves.
** BEGIN alone is a snapshot: it begins with the first read.  Writers take the write lock at once (IMMEDIATE),
** since a reader that becomes a writer can only fail when another one was faster. */
#include "engine/sqlite/driver.h"

#define MAX_ARGS 32766 /* SQLite's own default for SQLITE_MAX_VARIABLE_NUMBER */
#define MAX_NAME_BYTES 1000000
#define ROUND_TRIP_ROWS 4 /* a statement in our own process: binding, one seek */

const struct dialect sqlite_dialect = {
    .name = "sqlite",
    .quote = '"',
    .max_args = MAX_ARGS,
    .max_name_bytes = MAX_NAME_BYTES,
    .limit_form = " LIMIT %lld OFFSET %lld",
    .offset_needs_limit = true,
    .no_limit = "-1",
    .nulls_lowest_asc = "",
    .nulls_lowest_desc = "",
    .joins_names = true,
    .row_identity = &sqlite_row_identity,
    .dynamic_types = true,
    .equal_text = {"(%s COLLATE BINARY)", "(%s COLLATE NOCASE)", "(%s COLLATE RTRIM)"},
    .round_trip_rows = ROUND_TRIP_ROWS,
    .for_update = "",
    .insert_default_row = "DEFAULT VALUES",
    .returning = true,
    .last_id = "SELECT last_insert_rowid()",
    .insert_ignore_prefix = "INSERT OR IGNORE INTO",
    .on_conflict_nothing = " ON CONFLICT DO NOTHING",
    .verbs =
        {
            .begin_read = "BEGIN",
            .begin_write = "BEGIN IMMEDIATE",
            .begin_statement = "BEGIN IMMEDIATE",
            .commit = "COMMIT",
            .rollback = "ROLLBACK",
            .savepoint = "SAVEPOINT %s",
            .release = "RELEASE %s",
            .rollback_to = "ROLLBACK TO %s",
        },
    .ddl = &sqlite_ddl,
    .pairings = sqlite_pairings,
    .judgements = sqlite_judgements,
};
