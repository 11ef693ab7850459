/* The SQLite driver: a private connection to a database file, made with the host's own SQLite.
**
** The file is opened by a URI that is built here from the decoded path, every other character
** percent-encoded, so nothing in a path can become an option.  The file is created when it is missing, as
** SQLAlchemy does, unless mode=ro or mode=rw.  No network and no socket: what other drivers do by wait_fd, the
** progress and the busy handler do here (interrupt, `timeout`, `lock_timeout`).  A statement that they end
** leaves the connection usable, so a timeout does not lose it: an in-memory database would be gone.
** Locks, votes and the order of commits are session's. */
#include "engine/sqlite/driver.h"

#include <stdlib.h>
#include <string.h>

#define PROGRESS_OPS 4000 /* VDBE instructions between two looks: well under a millisecond */
#define US_PER_SECOND 1000000
#define MS_PER_SECOND 1000
#define WORD_MAX 16

static bool is_memory(const char *path)
{
    return !path || !*path || strcmp(path, ":memory:") == 0;
}

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

static bool option_is(const struct url *url, const char *name, const char *word)
{
    const char *value = url_option(url, name);
    return value && sqlite3_stricmp(value, word) == 0;
}

/* "file:" URI of the path; sqlite3_free. */
static char *file_uri(const struct url *url)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    const char *path = url->database;
    /* An absolute path after an empty authority: else a path that begins with two slashes would name one. */
    sqlite3_str_appendall(out, path[0] == '/' ? "file://" : "file:");
    for (const char *p = path; *p; p++) {
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
            *p == '/' || *p == '.' || *p == '-' || *p == '_')
            sqlite3_str_appendchar(out, 1, *p);
        else
            sqlite3_str_appendf(out, "%%%02X", (unsigned char)*p);
    }
    if (option_is(url, "immutable", "1"))
        sqlite3_str_appendall(out, "?immutable=1");
    return sqlite3_str_finish(out);
}

static int open_flags(const struct url *url)
{
    /* Only ever used inside calls of the host's connection, which has a mutex of its own. */
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_URI;
    if (is_memory(url->database))
        return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    if (url->read_only || option_is(url, "mode", "ro") || option_is(url, "immutable", "1"))
        return flags | SQLITE_OPEN_READONLY;
    if (option_is(url, "mode", "rw"))
        return flags | SQLITE_OPEN_READWRITE;
    return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
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

static int on_progress(void *p)
{
    return must_stop(p);
}

static int on_busy(void *p, int count)
{
    static const int delays_ms[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50};
    const int ndelays = (int)(sizeof delays_ms / sizeof delays_ms[0]);
    struct sqlite_conn *c = p;
    sqlite3_int64 now = trace_clock_us();

    if (count == 0)
        c->busy_until = now + (sqlite3_int64)c->busy_ms * (US_PER_SECOND / MS_PER_SECOND);
    if (must_stop(c) || now >= c->busy_until)
        return 0;
    if (wait_sleep(c->base.wait, delays_ms[count < ndelays ? count : ndelays - 1]) ==
        WAIT_INTERRUPTED)
        c->stopped = STOP_INTERRUPT;
    return c->stopped == STOP_NOT;
}

void sqlite_limit(struct sqlite_conn *c, int limit_ms)
{
    c->stopped = STOP_NOT;
    c->limit_ms = limit_ms;
    c->deadline = wait_deadline(limit_ms);
}

int sqlite_error(struct sqlite_conn *c, int rc, struct err *err)
{
    int extended = sqlite3_extended_errcode(c->db), primary = rc & 0xff;
    bool stopped = primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY;

    if (stopped && c->stopped == STOP_INTERRUPT)
        return err_set(err, SQLITE_INTERRUPT, "interrupted");
    if (stopped && c->stopped == STOP_TIMEOUT)
        return err_set(err, SQLITE_IOERR, "no answer for %g s",
                       (double)c->limit_ms / MS_PER_SECOND);
    if (primary == SQLITE_NOMEM)
        return err_nomem(err);
    err_server(err, (extended & 0xff) == primary ? extended : rc, "", 0, sqlite3_errmsg(c->db));
    err->native = err->rc;
    return err->rc;
}

/* ---- open and close -------------------------------------------------------------------------------------- */

static int open_error(struct sqlite_conn *c, int rc, struct err *err)
{
    const char *path = c->base.url->database;
    int system = c->db ? sqlite3_system_errno(c->db) : 0;
    if (rc == SQLITE_NOMEM || !c->db)
        return err_nomem(err);
    if (c->stopped != STOP_NOT)
        return sqlite_error(c, rc, err);
    if ((rc & 0xff) == SQLITE_CANTOPEN && system)
        err_set(err, SQLITE_CANTOPEN, "cannot open %s: %s", path, strerror(system));
    else
        err_set(err, rc, "cannot open %s: %s", path, sqlite3_errmsg(c->db));
    err->native = rc;
    return err->rc;
}

/* What the meaning of later statements rests on. */
static int configure(struct sqlite_conn *c)
{
    const struct url *url = c->base.url;
    const char *mode = url_option(url, "journal_mode");
    char pragma[sizeof "PRAGMA journal_mode=" + WORD_MAX];
    int rc = SQLITE_OK;

    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_progress_handler(c->db, PROGRESS_OPS, on_progress, c);
    sqlite3_busy_handler(c->db, on_busy, c);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    /* A quoted name that is no column must be an error, not a text that reads like its name. */
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (mode && !url->read_only && !is_memory(url->database)) {
        sqlite3_snprintf((int)sizeof pragma, pragma, "PRAGMA journal_mode=%s", mode);
        rc = sqlite3_exec(c->db, pragma, NULL, NULL, NULL);
    }
    /* Reads the file's header: what is no database is told now. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(c->db, "PRAGMA schema_version", NULL, NULL, NULL);
    return rc;
}

static int sqlite_open(struct conn *base, struct err *err)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    const struct url *url = base->url;
    const char *busy = url_option(url, "busy_timeout"), *path;
    bool memory = is_memory(url->database);
    char *uri = memory ? sqlite3_mprintf("%s", ":memory:") : file_uri(url);
    int rc;

    if (!uri)
        return err_nomem(err);
    c->busy_ms = busy ? parse_ms(busy) : url->lock_timeout_ms;
    sqlite_limit(c, url->connect_timeout_ms);
    rc = sqlite3_open_v2(uri, &c->db, open_flags(url), NULL);
    sqlite3_free(uri);
    if (rc == SQLITE_OK)
        rc = configure(c);
    if (rc != SQLITE_OK)
        return open_error(c, rc, err);
    sqlite3_snprintf((int)sizeof base->server, base->server, "SQLite %s", sqlite3_libversion());
    base->server_version = sqlite3_libversion_number();
    path = sqlite3_db_filename(c->db, "main");
    err_clean_line(memory ? ":memory:" : path, base->address, sizeof base->address);
    sqlite3_snprintf((int)sizeof base->two_phase_why, base->two_phase_why,
                     "SQLite files commit last");
    base->round_trips++;
    return SQLITE_OK;
}

static void sqlite_close(struct conn *base)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    sqlite3_close_v2(c->db);
    c->db = NULL;
}

static const char *const schemes[] = {"sqlite", NULL};
static const char *const options[] = {"mode", "immutable", "busy_timeout", "journal_mode", NULL};

extern const struct engine sqlite_engine;
const struct engine sqlite_engine = {
    .name = "sqlite",
    .schemes = schemes,
    .options = options,
    .caps = CAP_TRANSACTIONAL_DDL | CAP_RETURNING | CAP_MANY_ROWS | CAP_SURVIVES_ERROR,
    .dialect = &sqlite_dialect,
    .conn_size = sizeof(struct sqlite_conn),
    .stmt_size = sizeof(struct sqlite_stmt),
    .url_check = sqlite_url_check,
    .open = sqlite_open,
    .close = sqlite_close,
    .send = sqlite_send,
    .next = sqlite_next,
    .cell = sqlite_cell,
    .finish = sqlite_finish,
    .unprepare = sqlite_unprepare,
};
