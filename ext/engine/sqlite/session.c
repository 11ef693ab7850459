/* The private connections of the SQLite driver: one for all files of a host connection, one for each database
** in memory.
**
** The first file becomes "main", the others are attached: SQLite then commits several files by its own
** super-journal, which lies beside the first one.  (Files in WAL mode are not atomic as a set.)  Every file is
** opened by a URI that is built here from the decoded path, every other character percent-encoded, so nothing
** in a path can become an option.  A file is created when it is missing, as SQLAlchemy does, unless mode=ro or
** mode=rw. */
#include "engine/sqlite/driver.h"

#include <string.h>

#define PROGRESS_OPS 4000 /* VDBE instructions between two looks: well under a millisecond */
#define PRAGMA_MAX 96
#define TWINS_TEXT_MAX 320

bool sqlite_is_memory(const struct url *url)
{
    const char *path = url->database;
    return !path || !*path || strcmp(path, ":memory:") == 0;
}

static bool option_is(const struct url *url, const char *name, const char *word)
{
    const char *value = url_option(url, name);
    return value && sqlite3_stricmp(value, word) == 0;
}

static const char *file_mode(const struct url *url)
{
    if (url->read_only || option_is(url, "mode", "ro") || option_is(url, "immutable", "1"))
        return "ro";
    return option_is(url, "mode", "rw") ? "rw" : "rwc";
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
    sqlite3_str_appendf(out, "?mode=%s", file_mode(url));
    if (option_is(url, "immutable", "1"))
        sqlite3_str_appendall(out, "&immutable=1");
    return sqlite3_str_finish(out);
}

/* Looks at the interrupt flag and the clock while SQLite works.  A host may be built without progress handlers:
** there a statement in a file cannot be interrupted between two of its rows. */
static void watch(struct sqlite_session *s, bool on)
{
#ifndef SQLITE_CORE
    if (sqlite3_api->progress_handler == NULL)
        return;
#endif
    sqlite3_progress_handler(s->db, on ? PROGRESS_OPS : 0, on ? sqlite_on_progress : NULL, s);
}

/* What the meaning of later statements rests on. */
static void configure(struct sqlite_session *s)
{
    sqlite3_extended_result_codes(s->db, 1);
    watch(s, true);
    sqlite3_busy_handler(s->db, sqlite_on_busy, s);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    /* A quoted name that is no column must be an error, not a text that reads like its name. */
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
}

/* Opens uri as main of a new session.  Read-only is the URI's word: flags would bind what is attached later. */
static int make(struct sqlite_conn *c, const char *uri, bool memory)
{
    /* Only ever used inside calls of the host's connection, which has a mutex of its own. */
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_READWRITE |
                SQLITE_OPEN_CREATE | (memory ? SQLITE_OPEN_MEMORY : SQLITE_OPEN_URI);
    int rc = sqlite3_open_v2(uri, &c->session->db, flags, NULL);
    c->db = c->session->db;
    sqlite3_snprintf((int)sizeof c->schema, c->schema, "main");
    if (rc == SQLITE_OK)
        configure(c->session);
    if (rc == SQLITE_OK)
        rc = sqlite_several_function(c->session);
    return rc == SQLITE_OK ? sqlite_catalog(c->db) : rc;
}

static int attach(struct sqlite_conn *c, const char *uri)
{
    char *sql;
    int rc;
    sqlite3_snprintf((int)sizeof c->schema, c->schema, "bind%d", ++c->session->attached);
    sql = sqlite3_mprintf("ATTACH %Q AS %s", uri, c->schema);
    rc = sql ? sqlite3_exec(c->session->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return rc;
}

/* Reads the file's header, so that what is no database is told now, and sets the journal mode. */
static int look(struct sqlite_conn *c, bool memory)
{
    const char *mode = url_option(c->base.url, "journal_mode");
    char pragma[PRAGMA_MAX];
    int rc = SQLITE_OK;
    if (mode && !memory && strcmp(file_mode(c->base.url), "ro") != 0) {
        sqlite3_snprintf((int)sizeof pragma, pragma, "PRAGMA %s.journal_mode=%.16s", c->schema,
                         mode);
        rc = sqlite3_exec(c->db, pragma, NULL, NULL, NULL);
    }
    sqlite3_snprintf((int)sizeof pragma, pragma, "PRAGMA %s.schema_version", c->schema);
    return rc == SQLITE_OK ? sqlite3_exec(c->db, pragma, NULL, NULL, NULL) : rc;
}

/* The file of an attached schema; "main" is number 0. */
static const char *schema_file(sqlite3 *db, int number, char name[PRAGMA_MAX])
{
    sqlite3_snprintf(PRAGMA_MAX, name, number > 0 ? "bind%d" : "main", number);
    return sqlite3_db_filename(db, name); /* NULL: it is detached */
}

/* The schema in which the transaction writes, and another one of the same file. */
static bool find_twins(const struct sqlite_session *s, char name[PRAGMA_MAX],
                       char other[PRAGMA_MAX])
{
    for (int i = 0; i <= s->attached; i++) {
        const char *path = schema_file(s->db, i, name);
        if (!path || !*path || sqlite3_txn_state(s->db, name) != SQLITE_TXN_WRITE)
            continue;
        for (int k = 0; k <= s->attached; k++) {
            const char *twin = k != i ? schema_file(s->db, k, other) : NULL;
            if (twin && strcmp(twin, path) == 0)
                return true;
        }
    }
    return false;
}

bool sqlite_locks_itself_out(const struct sqlite_session *s)
{
    char name[PRAGMA_MAX], other[PRAGMA_MAX];
    return find_twins(s, name, other);
}

/* Of the bind whose file that schema is; NULL: it was deleted, but what was opened first stays open. */
static const char *key_of(const struct sqlite_session *s, const char *schema)
{
    for (const struct sqlite_conn *c = s->conns; c; c = c->next) {
        if (strcmp(c->schema, schema) == 0)
            return c->base.key ? c->base.key : "[default]";
    }
    return NULL;
}

int sqlite_twins_error(const struct sqlite_session *s, int rc, struct err *err)
{
    char name[PRAGMA_MAX], other[PRAGMA_MAX], text[TWINS_TEXT_MAX];
    bool found = find_twins(s, name, other);
    const char *one = found ? key_of(s, name) : NULL, *two = found ? key_of(s, other) : NULL;
    if (one && two)
        sqlite3_snprintf((int)sizeof text, text,
                         "the binds %.100s and %.100s name the same file, which cannot be written "
                         "then: delete one of them from binds",
                         one, two);
    else
        sqlite3_snprintf((int)sizeof text, text,
                         "the file is open twice, as it was named by two binds: connect anew");
    return err_server(err, rc, "", 0, text);
}

/* ATTACH makes what was prepared before it be prepared anew, for which there must be memory. */
static int prepare_rollback(struct sqlite_session *s)
{
    sqlite3_finalize(s->rollback);
    s->rollback = NULL;
    return sqlite3_prepare_v3(s->db, sqlite_dialect.verbs.rollback, -1, SQLITE_PREPARE_PERSISTENT,
                              &s->rollback, NULL);
}

bool sqlite_undo(struct conn *base)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    struct sqlite_session *s = c->session;
    if (!sqlite3_get_autocommit(s->db)) {
        sqlite_limit(c, 0);
        sqlite3_step(s->rollback);
        sqlite3_reset(s->rollback);
    }
    if (!sqlite3_get_autocommit(s->db))
        return false;
    s->aborted = s->open = base->aborted = false;
    return true;
}

int sqlite_session_open(struct sqlite_conn *c, struct err *err)
{
    struct wait *w = c->base.wait;
    bool memory = sqlite_is_memory(c->base.url), first;
    char *uri = memory ? sqlite3_mprintf("%s", ":memory:") : file_uri(c->base.url);
    int rc;

    c->session = !memory && w ? w->one_session : NULL;
    first = c->session == NULL;
    if (first) {
        c->session = sqlite3_malloc64(sizeof *c->session);
        if (c->session)
            memset(c->session, 0, sizeof *c->session);
    }
    if (!uri || !c->session) {
        if (first)
            sqlite3_free(c->session);
        c->session = NULL;
        sqlite3_free(uri);
        return err_nomem(err);
    }
    c->session->references++;
    c->next = c->session->conns;
    c->session->conns = c;
    c->db = c->session->db;
    sqlite_limit(c, c->base.url->connect_timeout_ms);
    rc = first ? make(c, uri, memory) : attach(c, uri);
    sqlite3_free(uri);
    if (rc == SQLITE_OK)
        rc = look(c, memory);
    if (rc == SQLITE_OK)
        rc = prepare_rollback(c->session);
    if (rc != SQLITE_OK) {
        rc = sqlite_open_error(c, rc, err);
        sqlite_session_close(c);
        return rc;
    }
    if (!memory && w)
        w->one_session = c->session;
    return SQLITE_OK;
}

/* The connection ends with its last conn; a file that is "main" stays open until then. */
void sqlite_session_close(struct sqlite_conn *c)
{
    struct sqlite_session *s = c->session;
    struct wait *w = c->base.wait;
    struct sqlite_conn **place;
    char sql[PRAGMA_MAX];
    if (!s)
        return;
    for (place = &s->conns; *place != c; place = &(*place)->next)
        ;
    *place = c->next;
    c->session = NULL;
    c->db = NULL;
    if (--s->references == 0) {
        if (w && w->one_session == s)
            w->one_session = NULL;
        sqlite3_finalize(s->rollback);
        sqlite3_close_v2(s->db);
        sqlite3_free(s);
        return;
    }
    if (strcmp(c->schema, "main") != 0) {
        /* No handlers: this is short, and inside a transaction the file stays attached, which is harmless. */
        watch(s, false);
        sqlite3_snprintf((int)sizeof sql, sql, "DETACH %s", c->schema);
        sqlite3_exec(s->db, sql, NULL, NULL, NULL);
        watch(s, true);
    }
    if (s->running == c)
        s->running = NULL;
}
