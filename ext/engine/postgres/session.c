/* The session's settings: sql/postgresql/session.sql and what the URL asks for.
**
** They travel as startup options, which costs no round trip.  A server that is too old for one of
** them, or a pooler, refuses the connection: then they follow as one SELECT set_config(), for the
** session, or with a pooler for each transaction (a SET would stay behind for its next client). */
#include "base/sqltext.h"
#include "engine/postgres/pg.h"

#include <stdlib.h>
#include <string.h>

struct setting {
    char name[64];
    char value[64];
    int since; /* major version */
};

/* Copies up to `stop`, returns the place after it; NULL if there is none or no room. */
static const char *word(const char *p, char stop, char *out, size_t size)
{
    const char *end = strchr(p, stop);
    if (!end || (size_t)(end - p) >= size)
        return NULL;
    memcpy(out, p, (size_t)(end - p));
    out[end - p] = 0;
    return end + 1;
}

/* One "SET name = 'value';" with its " -- major"; NULL = no more. */
static const char *next_setting(const char *p, struct setting *s)
{
    const char *next, *line;

    p = p ? strstr(p, "SET ") : NULL;
    if (!p || !(p = word(p + 4, ' ', s->name, sizeof s->name)) || !(p = strchr(p, '\'')) ||
        !(p = word(p + 1, '\'', s->value, sizeof s->value)))
        return NULL;
    next = strchr(p, '\n');
    line = strstr(p, "-- ");
    s->since = line && (!next || line < next) ? (int)strtol(line + 3, NULL, 10) : 0;
    return p;
}

static void option(sqlite3_str *out, const char *name, const char *value)
{
    sqlite3_str_appendf(out, " -c %s=", name);
    for (; *value; value++) { /* backslash protects blanks and itself */
        if (*value == ' ' || *value == '\\')
            sqlite3_str_appendchar(out, 1, '\\');
        sqlite3_str_appendchar(out, 1, *value);
    }
}

static void config(sqlite3_str *out, const char *name, const char *value, bool local)
{
    sqlite3_str_appendf(out, "%s pg_catalog.set_config(%Q, %Q, %s)",
                        sqlite3_str_length(out) ? "," : "SELECT", name, value,
                        local ? "true" : "false");
}

char *pg_session_options(const struct url *url)
{
    const char *text = sqltext("postgresql", "session");
    sqlite3_str *out = sqlite3_str_new(NULL);
    struct setting s;
    char ms[24];

    if (url_option(url, "options"))
        sqlite3_str_appendall(out, url_option(url, "options"));
    while ((text = next_setting(text, &s)) != NULL)
        option(out, s.name, s.value);
    sqlite3_snprintf(sizeof ms, ms, "%d", url->lock_timeout_ms);
    option(out, "lock_timeout", ms);
    if (url->read_only)
        option(out, "default_transaction_read_only", "on");
    return sqlite3_str_finish(out);
}

char *pg_session_select(const struct url *url, int server_version, bool local)
{
    const char *text = sqltext("postgresql", "session");
    sqlite3_str *out = sqlite3_str_new(NULL);
    struct setting s;
    char ms[24];

    while ((text = next_setting(text, &s)) != NULL) {
        if (server_version / 10000 >= s.since)
            config(out, s.name, s.value, local);
    }
    sqlite3_snprintf(sizeof ms, ms, "%d", url->lock_timeout_ms);
    config(out, "lock_timeout", ms, local);
    if (url->read_only)
        config(out, local ? "transaction_read_only" : "default_transaction_read_only", "on", local);
    return sqlite3_str_finish(out);
}

bool pg_session_pinned(PGconn *pq)
{
    static const char *const reported[][2] = {
        {"TimeZone", "UTC0"},
        {"DateStyle", "ISO, YMD"},
        {"IntervalStyle", "postgres"},
        {"standard_conforming_strings", "on"},
    };
    for (size_t i = 0; i < sizeof reported / sizeof reported[0]; i++) {
        const char *value = PQparameterStatus(pq, reported[i][0]);
        if (!value || strcmp(value, reported[i][1]) != 0)
            return false;
    }
    return true;
}
