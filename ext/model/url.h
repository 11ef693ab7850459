/* URL → parts.  Grammar and options: INTERFACE section 3.  Secrets: `password` (and option values marked
** secret) live only here, are wiped on free and never reach a message or a trace. */
#ifndef BINDS_MODEL_URL_H
#define BINDS_MODEL_URL_H

#include "base/err.h"
#include "base/mem.h"

struct url_host {
    const char *host;   /* name, address without brackets, or a socket directory; "" = default */
    int port;           /* 0 = default */
};
struct url_option {
    const char *name;
    const char *value;  /* percent-decoded */
};
struct url {
    struct arena arena;
    const char *text;        /* as given, with the password: never shown */
    const char *scheme;      /* lower case, driver part removed: "postgresql", "mysqldb", "sqlite" … */
    const char *user;        /* NULL = not given */
    char *password;          /* NULL = not given; wiped on clear */
    int nhosts;              /* 1 or more; 0 for sqlite */
    struct url_host *hosts;
    const char *database;    /* NULL = not given; for sqlite the path ("" or ":memory:" = in memory) */
    int noptions;            /* the engine's own; without those that fill the fields above and below, but */
    struct url_option *options; /* with `mode`, which is sqlite's too */
    /* options that binds itself understands, on every engine */
    bool read_only;          /* read_only=1, and mode=ro */
    int connect_timeout_ms;  /* default 10000 */
    int timeout_ms;          /* 0 = none */
    int lock_timeout_ms;     /* default 30000 */
    bool two_phase_off;
    bool witness_table;      /* witness=table */
    bool trust_schema;
    bool collation_database; /* collation=database */
    bool no_pushdown;        /* pushdown=0 */
    bool log_args;
    const char *coordinator; /* file that records commits instead of main; NULL = none */
    int pool;                /* connections at most; default 1 */
};
/* Scheme and engine options are not checked here (engine_for_scheme, url_check_options).  `user`, `password`,
** `host`, `port` and `dbname` among the options of a server's URL stand for the parts of that name, as in libpq,
** and win over them.  On failure, SQLITE_ERROR or SQLITE_NOMEM, *out holds nothing. */
int url_parse(const char *text, struct url *out, struct err *err);
void url_clear(struct url *u);
const char *url_option(const struct url *u, const char *name);  /* NULL = not given */
/* The text with the password (and secret options) as ***, sqlite3_free by the caller. */
char *url_masked(const struct url *u);
/* For UPDATE binds SET url: text whose password is *** gets the password of `old`.  sqlite3_free. */
char *url_unmask(const char *text, const struct url *old);
/* Error for an option that is not in `names` (NULL-terminated; "*" = any), naming the valid ones. */
int url_check_options(const struct url *u, const char *const *names, struct err *err);

#endif
