/* The SQLite driver: URLs, waiting and errors; the private connection itself is session.c's.
**
** No network and no socket: what other drivers do by wait_fd, the progress and the busy handler do here
** (interrupt, `timeout`, `lock_timeout`).  A statement that they end
** leaves the connection usable, so a timeout does not lose it: an in-memory database would be gone.
** Locks, votes and the order of commits are session's. */
#include "engine/sqlite/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_SECOND 1000000
#define MS_PER_SECOND 1000

/* ---- URL ------------------------------------------------------------------------------------------------- */

static const char *const modes[] = {"ro", "rw", "rwc", NULL};
static const char *const switches[] = {"0", "1", NULL};
static const char *const journal_modes[] = {"delete", "truncate", "persist", "memory",
                                            "wal",    "off",      NULL};

static int check_word(const struct url *url, const char *name, const char *const *words,
                      struct err *err)
{
    const char *value = url_option(url, name);
    sqlite3_str *valid;
    char *text;
    if (!value)
        return SQLITE_OK;
    for (int i = 0; words[i]; i++) {
        if (sqlite3_stricmp(words[i], value) == 0)
            return SQLITE_OK;
    }
    valid = sqlite3_str_new(NULL);
    for (int i = 0; words[i]; i++)
        sqlite3_str_appendf(valid, i ? ", %s" : "%s", words[i]);
    text = sqlite3_str_finish(valid);
    if (!text)
        return err_nomem(err);
    err_set(err, SQLITE_ERROR, "%s=%s: valid are %s", name, value, text);
    sqlite3_free(text);
    return err->rc;
}

/* A whole number of milliseconds; -1 if it is none. */
static int parse_ms(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    return *text && !*end && n >= 0 && n <= 0x7fffffff ? (int)n : -1;
}

static int sqlite_url_check(const struct url *url, struct err *err)
{
    const char *busy = url_option(url, "busy_timeout");
    int rc;
    for (int i = 0; i < url->nhosts; i++) {
        if (url->hosts[i].host[0] || url->hosts[i].port)
            return err_set(
                err, SQLITE_ERROR,
                "a sqlite URL has no host: sqlite:///relative/path or sqlite:////absolute/path");
    }
    if (url->user || url->password)
        return err_set(err, SQLITE_ERROR, "a sqlite URL has no user or password");
    if (busy && parse_ms(busy) < 0)
        return err_set(err, SQLITE_ERROR, "busy_timeout=%s: not a number of milliseconds", busy);
    rc = check_word(url, "mode", modes, err);
    if (rc == SQLITE_OK)
        rc = check_word(url, "immutable", switches, err);
    if (rc == SQLITE_OK)
        rc = check_word(url, "journal_mode", journal_modes, err);
    return rc;
}

/* ---- interrupt, timeout, locks --------------------------------------------------------------------------- */

/* Looks whether the running call has to end; remembers why. */
static bool must_stop(struct sqlite_conn *c)
{
    struct wait *w = c->base.wait;
    if (c->stopped == STOP_NOT && w && w->host && host_interrupted(w->host))
        c->stopped = STOP_INTERRUPT;
    if (c->stopped == STOP_NOT && c->deadline && trace_clock_us() >= c->deadline)
        c->stopped = STOP_TIMEOUT;
    return c->stopped != STOP_NOT;
}

int sqlite_on_progress(void *session)
{
    struct sqlite_conn *c = ((struct sqlite_session *)session)->running;
    return c && must_stop(c);
}

int sqlite_on_busy(void *session, int count)
{
    static const int delays_ms[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50};
    const int ndelays = (int)(sizeof delays_ms / sizeof delays_ms[0]);
    struct sqlite_conn *c = ((struct sqlite_session *)session)->running;
    sqlite3_int64 now = trace_clock_us();

    if (!c) /* the conn that ran last is closed; what is reset meanwhile waits for nobody */
        return 0;
    if (count == 0)
        c->busy_until = now + (sqlite3_int64)c->busy_ms * (US_PER_SECOND / MS_PER_SECOND);
    c->locked_by_itself =
        c->locked_by_itself || (count == 0 && sqlite_locks_itself_out(c->session));
    c->locked_out = c->locked_by_itself || now >= c->busy_until;
    if (must_stop(c) || c->locked_out)
        return 0;
    if (wait_sleep(c->base.wait, delays_ms[count < ndelays ? count : ndelays - 1]) ==
        WAIT_INTERRUPTED)
        c->stopped = STOP_INTERRUPT;
    return c->stopped == STOP_NOT;
}

int sqlite_error(struct sqlite_conn *c, int rc, struct err *err)
{
    int extended = sqlite3_extended_errcode(c->db), primary = rc & 0xff, native;
    bool stopped = primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY;

    if (stopped && c->stopped == STOP_INTERRUPT)
        return err_set(err, SQLITE_INTERRUPT, "interrupted");
    if (stopped && c->stopped == STOP_TIMEOUT)
        return err_set(err, SQLITE_IOERR, "no answer for %g s",
                       (double)c->limit_ms / MS_PER_SECOND);
    if (primary == SQLITE_NOMEM)
        return err_nomem(err);
    native = (extended & 0xff) == primary ? extended : rc;
    /* As on servers, it shows whether a lock was waited for; SQLite's own finer codes say more. */
    rc = native == SQLITE_BUSY && c->locked_out ? SQLITE_BUSY_TIMEOUT : native;
    if (primary == SQLITE_BUSY && c->locked_by_itself)
        sqlite_twins_error(c->session, rc, err);
    else
        err_server(err, rc, "", 0, sqlite3_errmsg(c->db));
    err->native = native;
    return rc;
}

/* ---- open and close -------------------------------------------------------------------------------------- */

int sqlite_open_error(struct sqlite_conn *c, int rc, struct err *err)
{
    const char *path = c->base.url->database;
    int system = c->db ? sqlite3_system_errno(c->db) : 0;
    if (rc == SQLITE_NOMEM || !c->db)
        return err_nomem(err);
    if (c->stopped != STOP_NOT)
        return sqlite_error(c, rc, err);
    if ((rc & 0xff) == SQLITE_CANTOPEN && system == ENOENT && path[0] != '/')
        err_set(err, SQLITE_CANTOPEN,
                "cannot open %s in the working directory: %s (an absolute path has four slashes: "
                "sqlite:////%s)",
                path, strerror(system), path);
    else if ((rc & 0xff) == SQLITE_CANTOPEN && system)
        err_set(err, SQLITE_CANTOPEN, "cannot open %s: %s", path, strerror(system));
    else
        err_set(err, rc, "cannot open %s: %s", path, sqlite3_errmsg(c->db));
    err->native = rc;
    return err->rc;
}

static int sqlite_open(struct conn *base, struct err *err)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    const struct url *url = base->url;
    const char *busy = url_option(url, "busy_timeout"), *path;
    bool memory = sqlite_is_memory(url);
    int rc;

    c->busy_ms = busy ? parse_ms(busy) : url->lock_timeout_ms;
    rc = sqlite_session_open(c, err);
    if (rc != SQLITE_OK)
        return rc;
    c->dialect = sqlite_dialect;
    c->dialect.default_schema = strcmp(c->schema, "main") == 0 ? NULL : c->schema;
    base->dialect = &c->dialect;
    sqlite3_snprintf((int)sizeof base->server, base->server, "SQLite %s", sqlite3_libversion());
    base->server_version = sqlite3_libversion_number();
    path = sqlite3_db_filename(c->db, c->schema);
    err_clean_line(memory ? ":memory:" : path, base->address, sizeof base->address);
    sqlite3_snprintf((int)sizeof base->two_phase_why, base->two_phase_why,
                     "SQLite files commit last, with a witness");
    base->round_trips++;
    return SQLITE_OK;
}

static void sqlite_close(struct conn *base)
{
    sqlite_session_close((struct sqlite_conn *)base);
}

static const char *const schemes[] = {"sqlite", NULL};
static const char *const options[] = {"mode", "immutable", "busy_timeout", "journal_mode", NULL};

extern const struct engine sqlite_engine;
const struct engine sqlite_engine = {
    .name = "sqlite",
    .schemes = schemes,
    .options = options,
    .caps = CAP_TRANSACTIONAL_DDL | CAP_RETURNING | CAP_MANY_ROWS | CAP_SURVIVES_ERROR |
            CAP_ONE_SESSION | CAP_BULK | CAP_ROWS_HOLD,
    .dialect = &sqlite_dialect,
    .conn_size = sizeof(struct sqlite_conn),
    .stmt_size = sizeof(struct sqlite_stmt),
    .in_memory = sqlite_is_memory,
    .url_check = sqlite_url_check,
    .open = sqlite_open,
    .close = sqlite_close,
    .send = sqlite_send,
    .next = sqlite_next,
    .cell = sqlite_cell,
    .step = sqlite_step,
    .finish = sqlite_finish,
    .unprepare = sqlite_unprepare,
    .hold = sqlite_hold,
    .undo = sqlite_undo,
    .bulk_begin = sqlite_bulk_begin,
    .bulk_row = sqlite_bulk_row,
    .bulk_end = sqlite_bulk_end,
    .bulk_abort = sqlite_bulk_abort,
    .bulk_statement = sqlite_bulk_statement,
};
