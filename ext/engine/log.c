/* What goes into bind_log: one entry per remote statement, charged with what the driver's calls cost.
**
** The front reads a conn's counters before each call of a driver and adds the difference here after it, so
** that drivers only count and rows that alternate on one conn are told apart.  Argument values are shown
** only when the bind's URL says log_args=1, shortened; SQL texts hold no values of their own.  Running out of
** memory loses an entry, never a statement. */
#include "engine/front.h"

#define LOG_ARGS_MAX 4096 /* bytes of shown values per statement */
#define LOG_TEXT_MAX 120  /* bytes shown of one text */
#define LOG_BLOB_MAX 32   /* bytes shown of one blob */

void meter_add(struct conn *c, const struct meter *m, sqlite3_int64 seq)
{
    sqlite3_int64 waited = c->wait ? c->wait->waited_us : 0;
    struct trace_entry *e;

    if (!c->trace)
        return;
    c->trace->round_trips += c->round_trips - m->round_trips;
    e = trace_get(c->trace, seq);
    if (!e)
        return;
    e->round_trips += (int)(c->round_trips - m->round_trips);
    e->bytes += c->bytes - m->bytes;
    e->us += waited - m->waited_us;
}

static void show_cell(sqlite3_str *out, const struct cell *cell)
{
    size_t n;
    switch (cell->cls) {
    case CELL_NULL:
        sqlite3_str_appendall(out, "NULL");
        break;
    case CELL_INT:
        sqlite3_str_appendf(out, "%lld", cell->i);
        break;
    case CELL_REAL:
        sqlite3_str_appendf(out, "%!.15g", cell->r);
        break;
    case CELL_TEXT:
        n = cell->n;
        if (n > LOG_TEXT_MAX) {
            /* Not in the middle of a character. */
            for (n = LOG_TEXT_MAX; n > 0 && ((unsigned char)cell->p[n] & 0xc0) == 0x80;)
                n--;
        }
        sqlite3_str_appendf(out, "'%.*q'%s", (int)n, n ? cell->p : "", n < cell->n ? "…" : "");
        break;
    case CELL_BLOB:
        n = cell->n > LOG_BLOB_MAX ? LOG_BLOB_MAX : cell->n;
        sqlite3_str_appendall(out, "x'");
        for (size_t i = 0; i < n; i++)
            sqlite3_str_appendf(out, "%02x", (unsigned char)cell->p[i]);
        sqlite3_str_appendall(out, n < cell->n ? "'…" : "'");
        break;
    }
}

/* Cells until the budget is used up; false when it is. */
static bool show_cells(sqlite3_str *out, const struct cell *cells, int n, int limit)
{
    for (int i = 0; i < n; i++) {
        if (i > 0)
            sqlite3_str_appendall(out, ", ");
        if (sqlite3_str_length(out) > limit) {
            sqlite3_str_appendall(out, "…");
            return false;
        }
        show_cell(out, &cells[i]);
    }
    return true;
}

static char *text_with_args(const char *sql, const struct arg *args, int nargs)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    bool more = true;
    int limit;

    sqlite3_str_appendall(out, sql);
    sqlite3_str_appendall(out, " -- ");
    limit = sqlite3_str_length(out) + LOG_ARGS_MAX;
    for (int i = 0; i < nargs && more; i++) {
        if (i > 0)
            sqlite3_str_appendall(out, ", ");
        if (args[i].array)
            sqlite3_str_appendall(out, "[");
        more = show_cells(out, args[i].cells, args[i].array ? args[i].ncells : 1, limit);
        if (args[i].array)
            sqlite3_str_appendall(out, "]");
        more = more && sqlite3_str_length(out) <= limit;
    }
    return sqlite3_str_finish(out);
}

sqlite3_int64 log_statement(struct conn *c, const char *sql, const struct arg *args, int nargs)
{
    char *text = NULL;
    sqlite3_int64 seq;

    if (!c->trace)
        return 0;
    if (nargs > 0 && c->url && c->url->log_args)
        text = text_with_args(sql, args, nargs);
    seq = trace_begin(c->trace, c->key, text ? text : sql);
    sqlite3_free(text);
    return seq;
}

sqlite3_int64 log_again(struct conn *c, sqlite3_int64 seq, const char *sql, const struct arg *args,
                        int nargs)
{
    bool shown = nargs > 0 && c->url && c->url->log_args;
    sqlite3_int64 next = c->trace && !shown ? trace_again(c->trace, seq) : 0;
    return next > 0 ? next : log_statement(c, sql, args, nargs);
}

void log_rows(struct conn *c, sqlite3_int64 seq, sqlite3_int64 rows)
{
    struct trace_entry *e = c->trace ? trace_get(c->trace, seq) : NULL;
    if (e)
        e->rows = rows;
}
