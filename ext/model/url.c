/* URL → struct url: decoding, hosts, and the options that every engine has.
**
** No message quotes a part of the URL: what looks like a port or a host may be a piece of a password that was
** not escaped.  Names of options are quoted if they look like names.  All memory is the url's arena, which is
** zeroed before it is freed. */
#include "model/url.h"

#include "model/decimal.h"
#include "model/url_split.h"

#include <string.h>

#define SECONDS_MOST 2147483.0 /* as milliseconds they fit an int */
#define POOL_MOST 64
#define PORT_MOST 65535

enum common_kind { COMMON_SWITCH, COMMON_NOT_SWITCH, COMMON_WORD, COMMON_SECONDS, COMMON_COUNT, COMMON_TEXT };

static const struct common {
    const char *name;
    enum common_kind kind;
    size_t field;         /* offset of a bool (switches, words) or an int */
    const char *off, *on; /* words that mean false and true */
    double least;         /* seconds */
    const char *valid;    /* for the message */
} commons[] = {
    {"read_only", COMMON_SWITCH, offsetof(struct url, read_only), NULL, NULL, 0, "0 or 1"},
    {"connect_timeout", COMMON_SECONDS, offsetof(struct url, connect_timeout_ms), NULL, NULL, 0.001,
     "a number of seconds, from 0.001 to 2147483"},
    {"timeout", COMMON_SECONDS, offsetof(struct url, timeout_ms), NULL, NULL, 0,
     "a number of seconds, up to 2147483, 0 for none"},
    {"lock_timeout", COMMON_SECONDS, offsetof(struct url, lock_timeout_ms), NULL, NULL, 0.001,
     "a number of seconds, from 0.001 to 2147483"},
    {"two_phase", COMMON_WORD, offsetof(struct url, two_phase_off), "auto", "off", 0,
     "auto or off"},
    {"witness", COMMON_WORD, offsetof(struct url, witness_table), NULL, "table", 0, "table"},
    {"trust_schema", COMMON_SWITCH, offsetof(struct url, trust_schema), NULL, NULL, 0, "0 or 1"},
    {"collation", COMMON_WORD, offsetof(struct url, collation_database), NULL, "database", 0,
     "database"},
    {"pushdown", COMMON_NOT_SWITCH, offsetof(struct url, no_pushdown), NULL, NULL, 0, "0 or 1"},
    {"log_args", COMMON_SWITCH, offsetof(struct url, log_args), NULL, NULL, 0, "0 or 1"},
    {"coordinator", COMMON_TEXT, offsetof(struct url, coordinator), NULL, NULL, 0, "a path"},
    {"pool", COMMON_COUNT, offsetof(struct url, pool), NULL, NULL, 1, "a number from 1 to 64"},
};

/* Everything that url_parse needs at hand. */
struct parser {
    struct url *url;
    struct url_parts parts;
    struct span host_option, port_option; /* decoded; p is NULL without */
    struct err *err;
};

static bool is_sqlite(const struct url *u)
{
    return strcmp(u->scheme, "sqlite") == 0;
}

/* Decodes a part into the arena; what names it in the message. */
static int decode(struct parser *p, struct span s, const char *what, char **out)
{
    *out = arena_alloc(&p->url->arena, s.n + 1);
    if (*out == NULL)
        return err_nomem(p->err);
    if (!url_decode(s, *out))
        return err_set(p->err, SQLITE_ERROR,
                       "malformed URL: in %s a %% is not followed by two hexadecimal digits (a "
                       "percent sign itself "
                       "is %%25, and %%00 can not be)",
                       what);
    return SQLITE_OK;
}

/* ---- hosts ------------------------------------------------------------------------------------------------ */

/* Decimal digits → 1 to 65535, or 0 for an empty text; -1 = neither. */
static int port_number(struct span s)
{
    int port = 0;
    if (s.n > 5)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        port = port * 10 + (s.p[i] - '0');
    }
    return (s.n > 0 && port == 0) || port > PORT_MOST ? -1 : port;
}

static int bad_host(struct parser *p)
{
    return err_set(p->err, SQLITE_ERROR,
                   "malformed URL: a host reads name, name:port or [IPv6]:port with a port from 1 "
                   "to 65535, several "
                   "are separated by commas; in a user name or password / is written %%2F, ? %%3F, "
                   "@ %%40, : %%3A");
}

/* One host.  raw: from the authority, still encoded; else an option's value. */
static int parse_host(struct parser *p, struct span s, bool raw, struct url_host *out)
{
    struct span host = s, port = {NULL, 0};
    const char *colon = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;
    bool path = !raw && s.n > 0 && (s.p[0] == '/' || s.p[0] == '@');
    if (s.n > 0 && s.p[0] == '[') {
        const char *close = memchr(s.p, ']', s.n);
        if (close == NULL)
            return bad_host(p);
        host = (struct span){s.p + 1, (size_t)(close - s.p) - 1};
        port = (struct span){close + 1, s.n - host.n - 2};
        if (host.n == 0 || (port.n > 0 && *port.p != ':'))
            return bad_host(p);
    } else if (colon != NULL && !path) {
        struct span rest = {colon, s.n - (size_t)(colon - s.p)};
        bool bare_ipv6 = memchr(rest.p + 1, ':', rest.n - 1) != NULL;
        if (bare_ipv6 && raw)
            return bad_host(p);
        if (!bare_ipv6) {
            host.n = (size_t)(colon - s.p);
            port = rest;
        }
    }
    if (port.n > 0) {
        port.p++;
        port.n--;
    }
    out->port = port_number(port);
    if (out->port < 0)
        return bad_host(p);
    char *text = NULL;
    int rc = SQLITE_OK;
    if (raw)
        rc = decode(p, host, "a host", &text);
    else if ((text = arena_copy(&p->url->arena, host.p, host.n)) == NULL)
        rc = err_nomem(p->err);
    out->host = text;
    return rc;
}

/* The next item of a list with commas; false at its end.  An empty list has one empty item. */
static bool next_item(struct span *list, struct span *item)
{
    if (list->p == NULL)
        return false;
    const char *comma = list->n > 0 ? memchr(list->p, ',', list->n) : NULL;
    *item = *list;
    if (comma != NULL) {
        item->n = (size_t)(comma - list->p);
        *list = (struct span){comma + 1, list->n - item->n - 1};
    } else {
        list->p = NULL;
    }
    return true;
}

static int count_items(struct span list)
{
    struct span item;
    int n = 0;
    while (next_item(&list, &item))
        n++;
    return n;
}

/* Ports of the `port` option: one for all hosts that have none, or one for each. */
static int apply_ports(struct parser *p)
{
    struct url *u = p->url;
    struct span list = p->port_option, item;
    int n = count_items(list);
    if (n > 1 && n != u->nhosts)
        return err_set(p->err, SQLITE_ERROR, "option port names %d ports for %d hosts", n,
                       u->nhosts);
    for (int i = 0; next_item(&list, &item); i++) {
        int port = port_number(item);
        if (port < 0)
            return err_set(p->err, SQLITE_ERROR, "option port must be from 1 to 65535");
        for (int host = 0; host < u->nhosts && port > 0; host++) {
            if (n == 1 ? u->hosts[host].port == 0 || p->host_option.p == NULL : host == i)
                u->hosts[host].port = port;
        }
    }
    return SQLITE_OK;
}

static int parse_hosts(struct parser *p)
{
    struct url *u = p->url;
    struct span list = p->host_option.p != NULL ? p->host_option : p->parts.hosts, item;
    u->nhosts = count_items(list);
    u->hosts = arena_alloc(&u->arena, (size_t)u->nhosts * sizeof *u->hosts);
    if (u->hosts == NULL)
        return err_nomem(p->err);
    for (int i = 0; next_item(&list, &item); i++) {
        int rc = parse_host(p, item, p->host_option.p == NULL, &u->hosts[i]);
        if (rc != SQLITE_OK)
            return rc;
    }
    /* "//:5433/db?host=/socket/dir": the port is the socket's. */
    if (p->host_option.p != NULL && p->parts.hosts.n > 1 && p->parts.hosts.p[0] == ':') {
        struct url_host authority = {"", 0};
        int rc = parse_host(p, p->parts.hosts, true, &authority);
        if (rc != SQLITE_OK)
            return rc;
        for (int i = 0; i < u->nhosts; i++) {
            if (u->hosts[i].port == 0)
                u->hosts[i].port = authority.port;
        }
    }
    return apply_ports(p);
}

/* ---- options ---------------------------------------------------------------------------------------------- */

/* 1, 0, or -1 = neither. */
static int switch_value(const char *value)
{
    static const char *const words[][2] = {
        {"0", "1"}, {"false", "true"}, {"off", "on"}, {"no", "yes"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        for (int on = 0; on < 2; on++) {
            if (sqlite3_stricmp(value, words[i][on]) == 0)
                return on;
        }
    }
    return -1;
}

/* Sets the field of a common option; false = not one of the valid values. */
static bool set_common(struct url *u, const struct common *c, const char *value)
{
    void *field = (char *)u + c->field;
    double number;
    int on = -1;
    switch (c->kind) {
    case COMMON_SWITCH:
    case COMMON_NOT_SWITCH:
        on = switch_value(value);
        if (on >= 0)
            *(bool *)field = (on == 1) == (c->kind == COMMON_SWITCH);
        return on >= 0;
    case COMMON_WORD:
        on = strcmp(value, c->on) == 0;
        if (!on && (c->off == NULL || strcmp(value, c->off) != 0))
            return false;
        *(bool *)field = on == 1;
        return true;
    case COMMON_TEXT:
        *(const char **)field = value;
        return *value != 0;
    default:
        break;
    }
    if (!decimal_parse_double(value, strlen(value), &number) || number < c->least)
        return false;
    if (c->kind == COMMON_COUNT) {
        if (number > POOL_MOST || number != (int)number)
            return false;
        *(int *)field = (int)number;
        return true;
    }
    if (number > SECONDS_MOST)
        return false;
    *(int *)field = (int)(number * 1000 + 0.5);
    return true;
}

/* An option that stands for a part of the URL; *taken says whether it is one. */
static int take_part(struct parser *p, const char *name, char *value, bool *taken)
{
    struct url *u = p->url;
    *taken = !is_sqlite(u);
    if (!*taken)
        return SQLITE_OK;
    if (strcmp(name, "user") == 0) {
        u->user = value;
    } else if (strcmp(name, "password") == 0) {
        u->password = value;
    } else if (strcmp(name, "dbname") == 0) {
        u->database = value;
    } else if (strcmp(name, "port") == 0) {
        p->port_option = (struct span){value, strlen(value)};
    } else if (strcmp(name, "host") == 0) { /* may be given many times: joined by commas */
        const char *before = p->host_option.p;
        char *list = before != NULL ? arena_printf(&u->arena, "%s,%s", before, value) : value;
        if (list == NULL)
            return err_nomem(p->err);
        p->host_option = (struct span){list, strlen(list)};
    } else {
        *taken = false;
    }
    return SQLITE_OK;
}

static int take_option(struct parser *p, const char *name, char *value)
{
    struct url *u = p->url;
    bool taken = false;
    int rc = take_part(p, name, value, &taken);
    if (rc != SQLITE_OK || taken)
        return rc;
    for (size_t i = 0; i < sizeof commons / sizeof commons[0]; i++) {
        if (strcmp(name, commons[i].name) != 0)
            continue;
        if (!set_common(u, &commons[i], value))
            return err_set(p->err, SQLITE_ERROR, "option %s must be %s", name, commons[i].valid);
        return SQLITE_OK;
    }
    u->options[u->noptions++] = (struct url_option){name, value};
    return SQLITE_OK;
}

/* Only what looks like the name of an option is shown: it might be a piece of something else. */
static bool is_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n <= 40 && name[n] == 0;
}

static int parse_options(struct parser *p)
{
    struct url *u = p->url;
    struct span query = p->parts.query, name, value;
    int count = 0, seen = 0;
    while (url_next_option(&query, &name, &value))
        count++;
    u->options = arena_alloc(&u->arena, (size_t)count * sizeof *u->options);
    const char **names = arena_alloc(&u->arena, (size_t)count * sizeof *names);
    if (u->options == NULL || names == NULL)
        return err_nomem(p->err);
    query = p->parts.query;
    while (url_next_option(&query, &name, &value)) {
        char *option, *decoded;
        if (value.p == NULL || name.n == 0)
            return err_set(p->err, SQLITE_ERROR, "malformed URL: an option reads name=value");
        int rc = decode(p, name, "the name of an option", &option);
        if (rc == SQLITE_OK)
            rc = decode(p, value, "an option", &decoded);
        if (rc != SQLITE_OK)
            return rc;
        for (int i = 0; i < seen; i++) {
            if (strcmp(names[i], option) == 0 && strcmp(option, "host") != 0)
                return err_set(p->err, SQLITE_ERROR, "option %s is given twice",
                               is_name(option) ? option : "");
        }
        names[seen++] = option;
        rc = take_option(p, option, decoded);
        if (rc != SQLITE_OK)
            return rc;
    }
    const char *mode = url_option(u, "mode");
    if (mode != NULL && strcmp(mode, "ro") == 0)
        u->read_only = true;
    return SQLITE_OK;
}

const char *url_option(const struct url *u, const char *name)
{
    for (int i = 0; i < u->noptions; i++) {
        if (strcmp(u->options[i].name, name) == 0)
            return u->options[i].value;
    }
    return NULL;
}

int url_check_options(const struct url *u, const char *const *names, struct err *err)
{
    if (names[0] != NULL && strcmp(names[0], "*") == 0)
        return SQLITE_OK;
    for (int i = 0; i < u->noptions; i++) {
        const char *name = u->options[i].name;
        int known = 0;
        while (names[known] != NULL && strcmp(names[known], name) != 0)
            known++;
        if (names[known] != NULL)
            continue;
        sqlite3_str *s = sqlite3_str_new(NULL);
        for (int k = 0; names[k] != NULL; k++)
            sqlite3_str_appendf(s, "%s, ", names[k]);
        for (size_t k = 0; k < sizeof commons / sizeof commons[0]; k++)
            sqlite3_str_appendf(s, "%s%s", k > 0 ? ", " : "", commons[k].name);
        char *list = sqlite3_str_finish(s);
        if (list == NULL)
            return err_nomem(err);
        int rc = err_set(err, SQLITE_ERROR, "unknown option%s%s in a %s URL: the options are %s",
                         is_name(name) ? " " : "", is_name(name) ? name : "", u->scheme, list);
        sqlite3_free(list);
        return rc;
    }
    return SQLITE_OK;
}

/* ---- the whole -------------------------------------------------------------------------------------------- */

static int parse_scheme(struct parser *p)
{
    char *scheme = arena_copy(&p->url->arena, p->parts.scheme.p, p->parts.scheme.n);
    if (scheme == NULL)
        return err_nomem(p->err);
    for (char *c = scheme; *c != 0; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    }
    p->url->scheme = scheme;
    return SQLITE_OK;
}

static int parse_parts(struct parser *p)
{
    struct url *u = p->url;
    char *user = NULL, *database = NULL;
    int rc = parse_scheme(p);
    if (rc == SQLITE_OK && is_sqlite(u) && (p->parts.hosts.n > 0 || p->parts.user.p != NULL))
        return err_set(
            p->err, SQLITE_ERROR,
            "a sqlite URL has no host, user or password: it reads sqlite:///relative/path, "
            "sqlite:////absolute/path, or sqlite:// for a database in memory");
    if (rc == SQLITE_OK && p->parts.user.n > 0)
        rc = decode(p, p->parts.user, "the user", &user);
    if (rc == SQLITE_OK && p->parts.password.p != NULL)
        rc = decode(p, p->parts.password, "the password", &u->password);
    if (rc == SQLITE_OK && p->parts.database.n > 0)
        rc = decode(p, p->parts.database, "the database", &database);
    u->user = user;
    u->database = database == NULL && rc == SQLITE_OK && is_sqlite(u) ? "" : database;
    if (rc == SQLITE_OK)
        rc = parse_options(p);
    if (rc == SQLITE_OK && !is_sqlite(u))
        rc = parse_hosts(p);
    return rc;
}

int url_parse(const char *text, struct url *out, struct err *err)
{
    struct parser p = {.url = out, .err = err};
    *out = (struct url){.connect_timeout_ms = 10000, .lock_timeout_ms = 30000, .pool = 1};
    arena_init(&out->arena);
    out->text = arena_str(&out->arena, text);
    int rc = out->text != NULL ? url_split(out->text, &p.parts, err) : err_nomem(err);
    if (rc == SQLITE_OK)
        rc = parse_parts(&p);
    if (rc != SQLITE_OK)
        url_clear(out);
    return rc;
}

void url_clear(struct url *u)
{
    arena_wipe(&u->arena);
    *u = (struct url){.pool = 1};
}
