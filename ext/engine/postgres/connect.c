/* Connecting: hosts and their addresses one after the other, each with its share of the time.
**
** libpq's non-blocking connect knows no time limit and looks names up with a blocking call, so
** binds walks the hosts itself: a name is resolved in a helper thread, each address is one attempt
** with a deadline, and all of them together end by connect_timeout or an interrupt.
** target_session_attrs is libpq's, except that prefer-standby, which needs two rounds over all
** hosts, is walked here.  A refused password ends the walk. Parameters go as keyword arrays with
** expand_dbname=0: nothing in a URL can name another host. */
#include "engine/postgres/pg.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#define KEYWORDS_MAX 96
#define ADDRESSES_MAX 8
#define HOST_MAX 256
#define SHARE_LEAST_US 500000

struct attempt {
    const char *host, *address, *port; /* NULL = libpq's default */
    const char *attrs;                 /* target_session_attrs; NULL = as the URL says */
    sqlite3_int64 deadline_us;
};

/* ---- parameters ------------------------------------------------------------------------------ */

struct keywords {
    const char *names[KEYWORDS_MAX], *values[KEYWORDS_MAX];
    int n;
};

static void keyword(struct keywords *k, const char *name, const char *value)
{
    if (!value || k->n + 1 >= KEYWORDS_MAX)
        return;
    for (int i = 0; i < k->n; i++) { /* the first one stands */
        if (strcmp(k->names[i], name) == 0)
            return;
    }
    k->names[k->n] = name;
    k->values[k->n++] = value;
    k->names[k->n] = k->values[k->n] = NULL;
}

/* A libpq keyword that travels from the URL as it is. */
static bool passes(const PQconninfoOption *known, const char *name)
{
    static const char *const ours[] = {"host", "port", "options", "connect_timeout", NULL};
    for (int i = 0; ours[i]; i++) {
        if (strcmp(ours[i], name) == 0)
            return false;
    }
    for (; known && known->keyword; known++) {
        if (strcmp(known->keyword, name) == 0)
            return true;
    }
    return false;
}

static void fill_keywords(struct keywords *k, const struct url *url, const struct attempt *at,
                          const char *options, const PQconninfoOption *known)
{
    keyword(k, "client_encoding", "UTF8");
    keyword(k, "host", at->host);
    keyword(k, "hostaddr", at->address);
    keyword(k, "port", at->port);
    keyword(k, "target_session_attrs", at->attrs);
    keyword(k, "user", url->user);
    keyword(k, "password", url->password);
    keyword(k, "dbname", url->database && url->database[0] ? url->database : NULL);
    keyword(k, "options", options);
    for (int i = 0; i < url->noptions; i++) {
        if (passes(known, url->options[i].name))
            keyword(k, url->options[i].name, url->options[i].value);
    }
    keyword(k, "application_name", "binds");
    keyword(k, "keepalives", "1");
    keyword(k, "keepalives_idle", "30");
    keyword(k, "keepalives_interval", "10");
    keyword(k, "keepalives_count", "3");
    keyword(k, "tcp_user_timeout", "60000");
}

int pg_url_check(const struct url *url, struct err *err)
{
    PQconninfoOption *known =
        PQconninfoParse("", NULL); /* names only: defaults cost a look into passwd */
    const char **names;
    int n = 0, rc;

    if (!known)
        return err_nomem(err);
    while (known[n].keyword)
        n++;
    names = sqlite3_malloc64(((size_t)n + 1) * sizeof *names);
    if (!names) {
        PQconninfoFree(known);
        return err_nomem(err);
    }
    for (int i = 0; i < n; i++)
        names[i] = known[i].keyword;
    names[n] = NULL;
    rc = url_check_options(url, names, err);
    sqlite3_free(names);
    PQconninfoFree(known);
    if (rc == SQLITE_OK && url_option(url, "client_encoding") &&
        sqlite3_stricmp(url_option(url, "client_encoding"), "UTF8") != 0)
        rc = err_set(err, SQLITE_ERROR, "client_encoding is always UTF8");
    if (rc == SQLITE_OK && url_option(url, "replication"))
        rc = err_set(err, SQLITE_ERROR, "replication connections run no SQL: leave the option out");
    return rc;
}

/* ---- one attempt ----------------------------------------------------------------------------- */

/* Notices are nobody's; but to an idle client the server says goodbye by one. */
static void hear_notice(void *arg, const PGresult *res)
{
    struct pg_conn *pg = arg;
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    if (message && pg_is_fatal(res))
        sqlite3_snprintf(sizeof pg->goodbye, pg->goodbye, "%s", message);
}

static int timed_out(const struct pg_conn *pg, const struct attempt *at, struct err *err)
{
    return err_set(err, SQLITE_CANTOPEN,
                   "no connection to %s%s%s%s%s within connect_timeout (%d s)",
                   at->host ? at->host : "the server", at->address ? ", address " : "",
                   at->address ? at->address : "", at->port ? ", port " : "",
                   at->port ? at->port : "", (pg->base.url->connect_timeout_ms + 999) / 1000);
}

static int poll_connection(struct pg_conn *pg, PGconn *pq, const struct attempt *at, char state[6],
                           struct err *err)
{
    PostgresPollingStatusType poll = PGRES_POLLING_WRITING;

    while (poll == PGRES_POLLING_READING || poll == PGRES_POLLING_WRITING) {
        int events = poll == PGRES_POLLING_READING ? WAIT_READ : WAIT_WRITE;
        switch (wait_fd(pg->base.wait, PQsocket(pq), events, at->deadline_us, NULL)) {
        case WAIT_READY:
            poll = PQconnectPoll(pq);
            break;
        case WAIT_TIMEOUT:
            return timed_out(pg, at, err);
        case WAIT_INTERRUPTED:
            return err_set(err, SQLITE_INTERRUPT, "interrupted while connecting");
        case WAIT_FAILED:
            return err_set(err, SQLITE_CANTOPEN, "connecting: the socket failed");
        }
    }
    return poll == PGRES_POLLING_OK ? SQLITE_OK : pg_connect_error(pq, state, err);
}

static int try_connect(struct pg_conn *pg, const struct attempt *at, const char *options,
                       char state[6], struct err *err)
{
    struct keywords k = {.n = 0};
    PQconninfoOption *known =
        PQconninfoParse("", NULL); /* names only: defaults cost a look into passwd */
    PGconn *pq;
    int rc;

    state[0] = 0;
    fill_keywords(&k, pg->base.url, at, options, known);
    pq = PQconnectStartParams(k.names, k.values, 0);
    PQconninfoFree(known);
    if (!pq)
        return err_nomem(err);
    if (PQstatus(pq) == CONNECTION_BAD) {
        rc = pg_connect_error(pq, state, err);
    } else {
        PQsetErrorVerbosity(pq, PQERRORS_VERBOSE); /* connection errors carry their SQLSTATE */
        PQsetNoticeReceiver(pq, hear_notice, pg);
        rc = poll_connection(pg, pq, at, state, err);
    }
    if (rc == SQLITE_OK && PQsetnonblocking(pq, 1) != 0)
        rc = err_nomem(err);
    if (rc != SQLITE_OK) {
        PQfinish(pq);
        return rc;
    }
    PQsetErrorVerbosity(pq, PQERRORS_DEFAULT);
    pg->pq = pq;
    return SQLITE_OK;
}

/* States with which a pooler or an old server refuses startup options. */
static bool refused_options(const char *state)
{
    static const char *const states[] = {"08P01", "42704", "22023", "0A000", NULL};
    for (int i = 0; states[i]; i++) {
        if (strcmp(states[i], state) == 0)
            return true;
    }
    return false;
}

static int attempt(struct pg_conn *pg, const struct attempt *at, struct err *err)
{
    char *options = pg_session_options(pg->base.url);
    char state[6];
    int rc;

    if (!options)
        return err_nomem(err);
    rc = try_connect(pg, at, options, state, err);
    sqlite3_free(options);
    if (rc == SQLITE_OK) {
        pg->pooled = !pg_session_pinned(pg->pq);
        return rc;
    }
    if (!refused_options(state))
        return rc;
    pg->pooled = strcmp(state, "08P01") == 0;
    return try_connect(pg, at, url_option(pg->base.url, "options"), state, err);
}

/* ---- names → addresses ----------------------------------------------------------------------- */

struct lookup {
    char host[HOST_MAX];
    struct addrinfo *found;
    int rc;
};

static void lookup_work(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    l->rc = getaddrinfo(l->host, NULL, &hints, &l->found);
}

static void lookup_drop(void *arg)
{
    struct lookup *l = arg;
    if (l->found)
        freeaddrinfo(l->found);
    free(l);
}

static bool needs_lookup(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return host && host[0] && host[0] != '/' && host[0] != '@' && !strchr(host, '%') &&
           inet_pton(AF_INET, host, address) != 1 && inet_pton(AF_INET6, host, address) != 1;
}

struct addresses {
    int n;
    char text[ADDRESSES_MAX][64];
};

static int look_up(struct pg_conn *pg, const char *host, sqlite3_int64 deadline_us,
                   struct addresses *out, struct err *err)
{
    struct attempt at = {.host = host};
    struct lookup *l;
    enum wait_result result;

    out->n = 0;
    if (strlen(host) >= HOST_MAX)
        return err_set(err, SQLITE_CANTOPEN, "the host name is too long");
    l = calloc(1, sizeof *l);
    if (!l)
        return err_nomem(err);
    memcpy(l->host, host, strlen(host));
    result = helper_run(lookup_work, lookup_drop, l, pg->base.wait, deadline_us);
    if (result == WAIT_INTERRUPTED)
        return err_set(err, SQLITE_INTERRUPT, "interrupted while connecting");
    if (result == WAIT_TIMEOUT)
        return timed_out(pg, &at, err);
    if (result == WAIT_FAILED) {
        out->n = 1; /* no thread: libpq looks it up */
        out->text[0][0] = 0;
        return SQLITE_OK;
    }
    for (struct addrinfo *a = l->found; l->rc == 0 && a && out->n < ADDRESSES_MAX; a = a->ai_next) {
        if (getnameinfo(a->ai_addr, a->ai_addrlen, out->text[out->n], sizeof out->text[0], NULL, 0,
                        NI_NUMERICHOST) == 0)
            out->n++;
    }
    if (out->n == 0)
        err_set(err, SQLITE_CANTOPEN, "could not find the address of host \"%s\": %s", host,
                gai_strerror(l->rc));
    lookup_drop(l);
    return out->n > 0 ? SQLITE_OK : err->rc;
}

/* ---- the walk -------------------------------------------------------------------------------- */

struct walk {
    struct pg_conn *pg;
    sqlite3_int64 deadline_us; /* 0 = none */
    int left;                  /* hosts still to come, this one included */
    const char *attrs;
    int failures;
    char texts[ERR_TEXT_MAX / 2];
};

static sqlite3_int64 share(const struct walk *w, int attempts)
{
    sqlite3_int64 now = trace_clock_us(), us;
    if (w->deadline_us == 0)
        return 0;
    us = (w->deadline_us - now) / (attempts > 0 ? attempts : 1);
    return now + (us > SHARE_LEAST_US ? us : SHARE_LEAST_US);
}

/* Errors that another host would not cure. */
static bool ends_walk(int rc)
{
    return rc == SQLITE_OK || rc == SQLITE_AUTH || rc == SQLITE_INTERRUPT || rc == SQLITE_NOMEM;
}

static void note_failure(struct walk *w, const struct err *err)
{
    size_t n = strlen(w->texts);
    sqlite3_snprintf((int)(sizeof w->texts - n), w->texts + n, "%s%s", n ? "; " : "", err->text);
    w->failures++;
}

/* The n-th of a comma-separated list, or its last. */
static void list_item(const char *list, int n, char *out, size_t size)
{
    const char *end;
    while (n-- > 0 && strchr(list, ','))
        list = strchr(list, ',') + 1;
    end = list + strcspn(list, ",");
    sqlite3_snprintf((int)size, out, "%.*s", (int)(end - list), list);
}

static int walk_host(struct walk *w, int index, struct err *err)
{
    const struct url *url = w->pg->base.url;
    struct addresses addresses = {.n = 1};
    struct attempt at = {.attrs = w->attrs};
    char port[24] = "";
    int rc = SQLITE_CANTOPEN;

    if (index < url->nhosts) {
        at.host = url->hosts[index].host[0] ? url->hosts[index].host : NULL;
        if (url->hosts[index].port)
            sqlite3_snprintf(sizeof port, port, "%d", url->hosts[index].port);
    }
    if (!port[0] && url_option(url, "port"))
        list_item(url_option(url, "port"), index, port, sizeof port);
    at.port = port[0] ? port : NULL;
    if (needs_lookup(at.host) && !url_option(url, "hostaddr")) {
        rc = look_up(w->pg, at.host, share(w, w->left), &addresses, err);
        if (rc != SQLITE_OK) {
            note_failure(w, err);
            return rc;
        }
    }
    for (int i = 0; i < addresses.n; i++) {
        at.address = addresses.text[i][0] ? addresses.text[i] : NULL;
        at.deadline_us = share(w, w->left - 1 + addresses.n - i);
        rc = attempt(w->pg, &at, err);
        if (ends_walk(rc))
            return rc;
        note_failure(w, err);
        if (w->deadline_us && trace_clock_us() >= w->deadline_us)
            return rc;
    }
    return rc;
}

/* load_balance_hosts=random is a matter of the walk, so it is done here. */
static void order_hosts(const struct url *url, int *order, int n)
{
    const char *balance = url_option(url, "load_balance_hosts");
    for (int i = 0; i < n; i++)
        order[i] = i;
    if (!balance || strcmp(balance, "random") != 0)
        return;
    for (int i = n - 1; i > 0; i--) {
        unsigned r;
        sqlite3_randomness(sizeof r, &r);
        int j = (int)(r % (unsigned)(i + 1)), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
}

int pg_connect(struct pg_conn *pg, struct err *err)
{
    const struct url *url = pg->base.url;
    const char *attrs = url_option(url, "target_session_attrs");
    bool standby_first = attrs && strcmp(attrs, "prefer-standby") == 0;
    int n = url->nhosts > 0 ? url->nhosts : 1, rc = SQLITE_CANTOPEN;
    struct walk w = {.pg = pg, .deadline_us = wait_deadline(url->connect_timeout_ms)};
    int *order = sqlite3_malloc64((size_t)n * sizeof *order);

    if (!order)
        return err_nomem(err);
    order_hosts(url, order, n);
    for (int round = 0; round < 1 + standby_first; round++) {
        w.attrs = standby_first ? (round == 0 ? "standby" : "any") : NULL;
        for (int i = 0; i < n; i++) {
            w.left = n - i + (round == 0 && standby_first ? n : 0);
            rc = walk_host(&w, order[i], err);
            if (ends_walk(rc))
                goto done;
        }
    }
    if (w.failures > 1)
        err_set(err, SQLITE_CANTOPEN, "%s", w.texts);
done:
    if (rc == SQLITE_OK)
        err_clear(err); /* of the hosts that did not answer */
    sqlite3_free(order);
    return rc;
}
