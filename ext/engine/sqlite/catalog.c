/* What SQLite's pragmas do not tell, as SQL functions of the driver's own connection, so that the catalog
** queries of sql/sqlite stay plain SQL: the collation of a column, and what ANALYZE has found.
** Both are direct-only: a view or trigger of the file can not call them. */
#include "engine/sqlite/driver.h"

#include <stdlib.h>

#define BYTES_OF_SMALLEST_ROW 8

static const char *text_of(sqlite3_value *v)
{
    return (const char *)sqlite3_value_text(v);
}

/* bind_collation(schema, table, column) */
static void collation_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const char *collation = NULL;
    (void)argc;
    int rc = sqlite3_table_column_metadata(sqlite3_context_db_handle(context), text_of(argv[0]),
                                           text_of(argv[1]), text_of(argv[2]), NULL, &collation,
                                           NULL, NULL, NULL);
    if (rc == SQLITE_OK && collation != NULL) /* a view has no columns of its own */
        sqlite3_result_text(context, collation, -1, SQLITE_TRANSIENT);
}

/* One integer of a query; false when it cannot be run.  No row and NULL are 0. */
static bool ask(sqlite3 *db, const char *sql, const char *schema, const char *table,
                sqlite3_int64 *out)
{
    sqlite3_stmt *stmt = NULL;
    char *text = sqlite3_mprintf(sql, schema, table);
    bool good = text != NULL && sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK;
    *out = good && sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    sqlite3_free(text);
    return good;
}

/* Number k of a stat of sqlite_stat1 ("10000 143 100": rows, rows per value of the first column, of the first
** two …); 0 = none. */
static sqlite3_int64 statistic(sqlite3 *db, const char *schema, const char *table,
                               const char *index, int k)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_int64 result = 0;
    char *text =
        sqlite3_mprintf("SELECT stat FROM \"%w\".sqlite_stat1 WHERE tbl = %Q COLLATE NOCASE"
                        " AND (idx = %Q COLLATE NOCASE OR %d) ORDER BY idx IS NULL",
                        schema, table, index != NULL ? index : "", index == NULL);
    if (text != NULL && sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        const char *stat = (const char *)sqlite3_column_text(stmt, 0);
        for (int i = 0; stat != NULL && i <= k; i++) {
            char *end;
            result = strtoll(stat, &end, 10);
            stat = *end == ' ' ? end + 1 : i < k ? NULL : end;
            if (stat == NULL)
                result = 0;
        }
    }
    sqlite3_finalize(stmt);
    sqlite3_free(text);
    return result;
}

/* Never analyzed: the rowids tell, and never more rows than the file has room for. */
static sqlite3_int64 guess_rows(sqlite3 *db, const char *schema, const char *table)
{
    sqlite3_int64 first, last, bytes;
    if (!ask(db, "SELECT min(rowid) FROM \"%w\".\"%w\"", schema, table, &first) ||
        !ask(db, "SELECT max(rowid) FROM \"%w\".\"%w\"", schema, table, &last) ||
        !ask(db,
             "SELECT page_count * page_size FROM pragma_page_count(%Q) JOIN pragma_page_size(%Q)",
             schema, schema, &bytes))
        return -1;
    double rows = first == 0 && last == 0 ? 0 : (double)last - (double)first + 1;
    if (rows > (double)bytes / BYTES_OF_SMALLEST_ROW)
        rows = (double)bytes / BYTES_OF_SMALLEST_ROW;
    return (sqlite3_int64)rows;
}

/* bind_statistic(schema, table, index, n): distinct values of the first n columns of the index, 0 = unknown.
** Of index NULL: the rows of the table, negative = unknown. */
static void statistic_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    sqlite3 *db = sqlite3_context_db_handle(context);
    const char *schema = text_of(argv[0]), *table = text_of(argv[1]), *index = text_of(argv[2]);
    int n = sqlite3_value_int(argv[3]);
    (void)argc;
    if (schema == NULL || table == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_int64 rows = statistic(db, schema, table, index, 0);
    if (index == NULL) {
        sqlite3_result_int64(context, rows > 0 ? rows : guess_rows(db, schema, table));
        return;
    }
    sqlite3_int64 each = statistic(db, schema, table, index, n);
    sqlite3_result_int64(context, each > 0 ? rows / each : 0);
}

int sqlite_catalog(sqlite3 *db)
{
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    int rc = sqlite3_create_function_v2(db, "bind_collation", 3, flags, NULL, collation_function,
                                        NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "bind_statistic", 4, flags, NULL, statistic_function,
                                        NULL, NULL, NULL);
    return rc;
}
