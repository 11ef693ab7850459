/* bind_log: the last remote statements of this connection, oldest first. */
#include "vtab/listing.h"

#include <string.h>

enum {
    COL_SEQ,
    COL_AT,
    COL_BIND_KEY,
    COL_SQL,
    COL_ROWS,
    COL_BYTES,
    COL_MS,
    COL_ROUND_TRIPS,
    COL_ERROR
};

struct log_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_int64 seq, end;
};

static int log_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                       sqlite3_vtab **out, char **message)
{
    (void)argc;
    (void)argv;
    return listing_connect(
        db, aux,
        "CREATE TABLE x(seq INTEGER, at TEXT, bind_key TEXT, sql TEXT, rows INTEGER, "
        "bytes INTEGER, ms REAL, round_trips INTEGER, error TEXT)",
        true, out, message);
}

static struct trace *trace_of(sqlite3_vtab_cursor *cursor)
{
    return ((struct listing *)cursor->pVtab)->binds->trace;
}

static int log_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    struct log_cursor *c = sqlite3_malloc64(sizeof *c);
    (void)vtab;
    if (!c)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    *out = &c->base;
    return SQLITE_OK;
}

static int log_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

/* Entries may leave the ring while the scan runs (it joins bind tables): those are passed over. */
static void log_settle(struct log_cursor *c)
{
    while (c->seq < c->end && !trace_get(trace_of(&c->base), c->seq))
        c->seq++;
}

static int log_filter(sqlite3_vtab_cursor *cursor, int num, const char *str, int argc,
                      sqlite3_value **argv)
{
    struct log_cursor *c = (struct log_cursor *)cursor;
    struct trace *t = trace_of(cursor);
    (void)num, (void)str, (void)argc, (void)argv;
    c->end = t->next_seq;
    c->seq = c->end > TRACE_RING ? c->end - TRACE_RING : 1;
    log_settle(c);
    return SQLITE_OK;
}

static int log_next(sqlite3_vtab_cursor *cursor)
{
    struct log_cursor *c = (struct log_cursor *)cursor;
    c->seq++;
    log_settle(c);
    return SQLITE_OK;
}

static int log_eof(sqlite3_vtab_cursor *cursor)
{
    struct log_cursor *c = (struct log_cursor *)cursor;
    return c->seq >= c->end;
}

/* Microseconds since 1970 as 'YYYY-MM-DD HH:MM:SS.mmm' UTC (civil-from-days arithmetic). */
static void format_time(sqlite3_int64 us, char *out, int size)
{
    sqlite3_int64 seconds = us / 1000000, days = seconds / 86400, rest = seconds % 86400;
    sqlite3_int64 z = days + 719468, era = z / 146097, doe = z - era * 146097;
    sqlite3_int64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    sqlite3_int64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int day = (int)(doy - (153 * mp + 2) / 5 + 1), month = (int)(mp < 10 ? mp + 3 : mp - 9);
    int year = (int)(yoe + era * 400 + (month <= 2));
    sqlite3_snprintf(size, out, "%04d-%02d-%02d %02d:%02d:%02d.%03d", year, month, day,
                     (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60),
                     (int)(us / 1000 % 1000));
}

static int log_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    struct log_cursor *c = (struct log_cursor *)cursor;
    const struct trace_entry *e = trace_get(trace_of(cursor), c->seq);
    char at[40];
    if (!e)
        return SQLITE_OK;
    switch (column) {
    case COL_SEQ:
        sqlite3_result_int64(context, e->seq);
        break;
    case COL_AT:
        format_time(e->at_us, at, sizeof at);
        sqlite3_result_text(context, at, -1, SQLITE_TRANSIENT);
        break;
    case COL_BIND_KEY:
        sqlite3_result_text(context, e->bind_key, -1, SQLITE_TRANSIENT);
        break;
    case COL_SQL:
        sqlite3_result_text(context, e->sql, -1, SQLITE_TRANSIENT);
        break;
    case COL_ROWS:
        sqlite3_result_int64(context, e->rows);
        break;
    case COL_BYTES:
        sqlite3_result_int64(context, e->bytes);
        break;
    case COL_MS:
        sqlite3_result_double(context, (double)e->us / 1000.0);
        break;
    case COL_ROUND_TRIPS:
        sqlite3_result_int(context, e->round_trips);
        break;
    case COL_ERROR:
        sqlite3_result_text(context, e->error, -1, SQLITE_TRANSIENT);
        break;
    default:
        break;
    }
    return SQLITE_OK;
}

static int log_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = ((struct log_cursor *)cursor)->seq;
    return SQLITE_OK;
}

static const sqlite3_module log_module = {
    .iVersion = 0,
    .xConnect = log_connect, /* eponymous: no xCreate */
    .xBestIndex = listing_best_index,
    .xDisconnect = listing_disconnect,
    .xOpen = log_open,
    .xClose = log_close,
    .xFilter = log_filter,
    .xNext = log_next,
    .xEof = log_eof,
    .xColumn = log_column,
    .xRowid = log_rowid,
};

int log_table_register(struct binds *b)
{
    return listing_register(b, "bind_log", &log_module);
}
