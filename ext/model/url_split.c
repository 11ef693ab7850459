/* Where the parts of a URL begin and end.
**
** The one hard question is where a password ends that holds '/', '?' or '@' unescaped, as people write them and
** SQLAlchemy reads them.  Guessing wrong would show a part of it as a host or a database, so whatever looks
** like such a password is taken for one, and what stays unclear is an error that quotes nothing. */
#include "model/url_split.h"

#include <string.h>

#define URL_FORM "dialect://user:password@host:port/database?option=value"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The first of the characters in set, or end. */
static const char *find(const char *p, const char *end, const char *set)
{
    while (p < end && strchr(set, *p) == NULL)
        p++;
    return p;
}

static const char *find_last(const char *p, const char *end, char c)
{
    for (const char *q = end; q > p; q--) {
        if (q[-1] == c)
            return q - 1;
    }
    return end;
}

static struct span between(const char *p, const char *end)
{
    return (struct span){p, (size_t)(end - p)};
}

/* What follows the first ':' of "name:…", up to the next '/' or '?', reads as a port. */
static bool is_port(const char *p, const char *end)
{
    const char *comma = find(p, end, ",");
    for (; p < comma; p++) {
        if (!is_digit(*p))
            return false;
    }
    return true;
}

/* No '@' before the first '/' or '?' (stop): is there a password that holds one of these?  Returns its '@',
** or end. */
static const char *late_at(const char *p, const char *stop, const char *end)
{
    const char *colon = find(p, stop, ":");
    const char *at = find(stop, end, "@");
    if (colon == stop || at == end || *p == '[')
        return end;
    if (!is_port(colon + 1, stop))
        return at;
    /* name:digits/…@…: as SQLAlchemy has it, unless the '@' stands in an option's value. */
    const char *query = find(stop, at, "?");
    return query < at && find(query, at, "=") < at ? end : at;
}

static int split_authority(const char *p, const char *end, struct url_parts *out, const char **rest,
                           struct err *err)
{
    const char *stop = find(p, end, "/?");
    const char *at = find_last(p, stop, '@');
    if (at == stop) {
        at = late_at(p, stop, end);
    } else if (find(p, at, ":") < at) { /* an '@' in the path may be the true end of the password */
        const char *query = find(stop, end, "?");
        if (find(stop, query, "@") < query)
            return err_set(err, SQLITE_ERROR,
                           "malformed URL: more than one @; in a user name, password or database "
                           "it is written %%40");
    }
    if (at < end) {
        const char *colon = find(p, at, ":");
        out->user = between(p, colon);
        if (colon < at)
            out->password = between(colon + 1, at);
        p = at + 1;
        stop = find(p, end, "/?");
    }
    out->hosts = between(p, stop);
    *rest = stop;
    return SQLITE_OK;
}

int url_split(const char *text, struct url_parts *out, struct err *err)
{
    const char *end = text + strlen(text), *p = text;
    memset(out, 0, sizeof *out);
    while (is_letter(*p) || (p > text && (is_digit(*p) || *p == '_' || *p == '-' || *p == '.')))
        p++;
    out->scheme = between(text, p);
    if (*p == '+')
        p = find(p, end, ":/?@");
    if (out->scheme.n == 0 || strncmp(p, "://", 3) != 0)
        return err_set(err, SQLITE_ERROR, "malformed URL: it reads " URL_FORM);
    int rc = split_authority(p + 3, end, out, &p, err);
    if (rc != SQLITE_OK)
        return rc;
    if (*p == '/') {
        const char *stop = find(p, end, "?");
        out->database = between(p + 1, stop);
        p = stop;
    }
    if (*p == '?')
        out->query = between(p + 1, end);
    return SQLITE_OK;
}

bool url_next_option(struct span *query, struct span *name, struct span *value)
{
    while (query->p != NULL && query->n > 0) {
        const char *end = query->p + query->n;
        const char *stop = find(query->p, end, "&");
        const char *equals = find(query->p, stop, "=");
        *name = between(query->p, equals);
        *value = equals < stop ? between(equals + 1, stop) : (struct span){NULL, 0};
        *query = stop < end ? between(stop + 1, end) : (struct span){NULL, 0};
        if (name->n > 0 || value->p != NULL) /* else "&&" */
            return true;
    }
    return false;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool url_decode(struct span s, char *out)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 1 < s.n ? hex_digit(s.p[i + 1]) : -1;
            int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        *out++ = c;
    }
    *out = 0;
    return true;
}

bool url_is_secret(const char *name)
{
    return strstr(name, "password") != NULL || strstr(name, "secret") != NULL ||
           strcmp(name, "scram_client_key") == 0 || strcmp(name, "scram_server_key") == 0;
}
