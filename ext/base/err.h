/* One error, as it travels from a driver to SQLite.
**
** The rule everywhere: functions return an int SQLite result code (extended codes included, SQLITE_OK = 0)
** and, when that is not OK, have filled the struct err they were given (last argument).  The text is one
** line of valid UTF-8 without control characters, at most ERR_TEXT_MAX bytes, and never holds a secret.
** A driver writes only the server's own words; the layer that knows the bind and the action puts
** "binds: [users] <action>: " before them with err_prefix(), exactly once (later calls are no-ops). */
#ifndef BINDS_BASE_ERR_H
#define BINDS_BASE_ERR_H

#include "base/sqlite.h"
#include <stdbool.h>

#define ERR_TEXT_MAX 2048

struct err {
    int rc;               /* SQLite (extended) result code; SQLITE_OK = no error */
    int native;           /* the server's own number (MySQL errno, SQLite rc); 0 = none */
    bool lost;            /* the connection is gone */
    bool not_executed;    /* with lost: the server cannot have done the work, so it may be sent again;
                          ** with an interrupt: the server has said that it did not do it */
    bool prefixed;        /* err_prefix() has been applied */
    char sqlstate[6];     /* "" = none */
    char text[ERR_TEXT_MAX];
};

static inline void err_clear(struct err *e)
{
    /* Not the whole text: this runs for every row. */
    e->rc = SQLITE_OK;
    e->native = 0;
    e->lost = e->not_executed = e->prefixed = false;
    e->sqlstate[0] = 0;
    e->text[0] = 0;
}
/* Sets rc and text (sqlite3_mprintf formats); clears all else.  Returns rc. */
int err_set(struct err *e, int rc, const char *format, ...);
/* As err_set for a server's message: sanitised, with " (SQLSTATE xxxxx)" or " (errno n)" appended. */
int err_server(struct err *e, int rc, const char *sqlstate, int native, const char *message);
int err_nomem(struct err *e);
/* Text becomes "binds: [key] action: text"; key NULL = the default bind, written "[default]".
** action may be NULL.  Returns e->rc, so callers may `return err_prefix(...)`. */
int err_prefix(struct err *e, const char *key, const char *format, ...);
/* Text becomes "binds: text", for errors that concern no bind. */
int err_prefix_plain(struct err *e);
/* Adds to the end of the text. */
void err_append(struct err *e, const char *text);
/* Hands the error to SQLite; returns its code.  Only where something has failed: an *e without an error is one of its own. */
int err_to_vtab(const struct err *e, sqlite3_vtab *vtab);
void err_to_context(const struct err *e, sqlite3_context *context);
/* Copies text into out (size bytes) as one clean line: control characters to spaces, invalid UTF-8 to '?'. */
void err_clean_line(const char *text, char *out, size_t size);

#endif
