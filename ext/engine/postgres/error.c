/* The server's errors → struct err.
**
** An error result with an SQLSTATE is the server's; without one it is libpq's own, and then the
** connection is gone.  FATAL and PANIC mean that the server ends the connection after saying so.
** Connection attempts have no result: their SQLSTATE is read from the verbose message, so that the
** server's language does not matter.  Passwords are in none of these texts: neither libpq nor the
** server repeats them. */
#include "engine/postgres/pg.h"
#include "engine/sqlstate.h"

#include <ctype.h>
#include <string.h>

static bool ends_with(const char *text, const char *tail)
{
    size_t n = text ? strlen(text) : 0, m = strlen(tail);
    return n >= m && strcmp(text + n - m, tail) == 0;
}

static bool names(const char *message, const char *table)
{
    size_t n = strlen(table);
    for (const char *p = strstr(message, table); p; p = strstr(p + 1, table)) {
        if (p > message && p[-1] == '"' && p[n] == '"')
            return true;
    }
    return false;
}

/* A prepared statement whose columns changed their types.  Nothing was executed; the next use
** prepares anew. */
static bool is_stale_plan(const PGresult *res, const char *state)
{
    const char *function = PQresultErrorField(res, PG_DIAG_SOURCE_FUNCTION);
    return strcmp(state, "0A000") == 0 && function &&
           strcmp(function, "RevalidateCachedQuery") == 0;
}

/* Servers say it in English, too; poolers say it once. */
bool pg_is_fatal(const PGresult *res)
{
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (!severity)
        severity = PQresultErrorField(res, PG_DIAG_SEVERITY);
    return severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}

/* What a pooler says, and what would help. */
static const char *pooler_advice(const char *message)
{
    if (!message || !strstr(message, "statement pooling mode"))
        return "";
    return ": binds needs a transaction where a statement is more than one on the server, and "
           "inside BEGIN; pool_mode=transaction or session allows them, or a URL that goes to the "
           "server itself";
}

/* What the server says: the message, then what it adds and the message does not name. */
static void error_text(const PGresult *res, const char *state, struct err *err, int rc)
{
    const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT);
    const char *table = PQresultErrorField(res, PG_DIAG_TABLE_NAME);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    sqlite3_str *out = sqlite3_str_new(NULL);
    char *text;

    sqlite3_str_appendf(out, "%s", message ? message : "unknown error");
    if (table && message && strncmp(state, "23", 2) == 0 && !names(message, table))
        sqlite3_str_appendf(out, " of table \"%s\"", table);
    if (is_stale_plan(res, state))
        sqlite3_str_appendall(out, ": the types of the columns have changed, try again");
    sqlite3_str_appendall(out, pooler_advice(message));
    if (detail)
        sqlite3_str_appendf(out, ": %s", detail);
    if (hint)
        sqlite3_str_appendf(out, " (%s)", hint);
    text = sqlite3_str_finish(out);
    err_server(err, rc, state, 0, text ? text : "out of memory");
    sqlite3_free(text);
}

int pg_error(const PGresult *res, struct err *err)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    int rc;

    if (!state) {
        err_server(err, SQLITE_IOERR, NULL, 0, PQresultErrorMessage(res));
        err->lost = true;
        return err->rc;
    }
    rc = sqlstate_rc(state);
    if (rc == SQLITE_CONSTRAINT_UNIQUE &&
        ends_with(PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME), "_pkey"))
        rc = SQLITE_CONSTRAINT_PRIMARYKEY;
    error_text(res, state, err, rc);
    if (pg_is_fatal(res)) {
        err->lost = true;
        err->rc = SQLITE_IOERR;
    }
    return err->rc;
}

bool pg_rolled_back(PGresult *res)
{
    return strcmp(PQcmdStatus(res), "ROLLBACK") == 0;
}

int pg_rolled_back_error(struct err *err)
{
    return err_server(
        err, SQLITE_ERROR, "25P02", 0,
        "the server rolled the transaction back, since one of its statements had failed");
}

/* ---- connection attempts --------------------------------------------------------------------- */

/* "FATAL:  28P01: password …": the five characters between two colons, or NULL. */
static const char *find_state(const char *line, const char *end)
{
    for (const char *p = line; p + 9 <= end; p++) {
        int n = 0;
        if (p[0] != ':' || p[1] != ' ' || p[2] != ' ')
            continue;
        while (n < 5 && (isdigit((unsigned char)p[3 + n]) || (p[3 + n] >= 'A' && p[3 + n] <= 'Z')))
            n++;
        if (n == 5 && p[8] == ':')
            return p + 3;
    }
    return NULL;
}

/* The verbose message's last line: "LOCATION:  auth_failed, auth.c:335", in the server's
** language. */
static bool is_location(const char *line, const char *end)
{
    const char *number = end;
    while (number > line && isdigit((unsigned char)number[-1]))
        number--;
    return number < end && number - line >= 3 && memcmp(number - 3, ".c:", 3) == 0;
}

/* The line without its SQLSTATE, which goes to state; false if it is nothing for a user. */
static bool connect_line(const char *line, const char *end, char *out, size_t size, char state[6])
{
    const char *found = find_state(line, end);
    if (line == end || is_location(line, end) || *line == '\t') /* tabs: libpq's advice */
        return false;
    if (found) {
        memcpy(state, found, 5);
        state[5] = 0;
        sqlite3_snprintf((int)size, out, "%.*s%.*s", (int)(found - 1 - line), line,
                         (int)(end - found - 7), found + 7);
    } else {
        sqlite3_snprintf((int)size, out, "%.*s", (int)(end - line), line);
    }
    return true;
}

int pg_connect_error(PGconn *pq, char state[6], struct err *err)
{
    const char *message = PQerrorMessage(pq);
    char text[ERR_TEXT_MAX / 2] = "", line[ERR_TEXT_MAX / 4];
    int rc = SQLITE_CANTOPEN;

    state[0] = 0;
    while (*message) {
        const char *end = message + strcspn(message, "\n");
        size_t n = strlen(text);
        /* With and without TLS, the same server says the same. */
        if (connect_line(message, end, line, sizeof line, state) && !strstr(text, line))
            sqlite3_snprintf((int)(sizeof text - n), text + n, "%s%s", n ? "; " : "", line);
        message = *end ? end + 1 : end;
    }
    if (sqlstate_rc(state) == SQLITE_AUTH || PQconnectionNeedsPassword(pq))
        rc = SQLITE_AUTH;
    return err_server(err, rc, state[0] ? state : NULL, 0, text);
}
