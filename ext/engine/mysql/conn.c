/* Connections: from URL to a pinned session, and the end of it.
**
** open tries the hosts in their order within connect_timeout, which it shares out among those that are left;
** what a host says against the login itself (password, database) ends the search, since the next one would
** say the same.  Then one statement pins the session (sql/mysql/session.sql).  MariaDB is asked once more
** whether it is a Galera node, which cannot prepare transactions; all else is known from the version.
** close cuts off what is outstanding and waits for nothing. */
#include "base/sqltext.h"
#include "engine/mysql/my.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LOCK_TIMEOUT_MAX 31536000 /* seconds; lock_wait_timeout takes no more */
#define MS_PER_S 1000
#define NAME_OF_VARIABLE_UNKNOWN 1193 /* ER_UNKNOWN_SYSTEM_VARIABLE */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 3
#define PEER_SILENT_MS 90000

/* ---- URL ------------------------------------------------------------------------------------------------- */

bool my_url_flag(const struct url *url, const char *name, bool fallback)
{
    static const char *const on[] = {"1", "true", "yes", "on"};
    const char *value = url_option(url, name);
    if (!value)
        return fallback;
    for (size_t i = 0; i < sizeof on / sizeof on[0]; i++) {
        if (sqlite3_stricmp(value, on[i]) == 0)
            return true;
    }
    return false;
}

static const char *const tls_modes[] = {"DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA",
                                        "VERIFY_IDENTITY"};

/* -1 = unknown */
static int tls_mode(const char *name)
{
    for (int i = TLS_DISABLED; i <= TLS_VERIFY_IDENTITY; i++) {
        if (sqlite3_stricmp(name, tls_modes[i]) == 0)
            return i;
    }
    return -1;
}

enum client_tls my_url_tls(const struct url *url)
{
    const char *mode = url_option(url, "ssl_mode");
    if (mode)
        return tls_mode(mode) < 0 ? TLS_VERIFY_IDENTITY : (enum client_tls)tls_mode(mode);
    if (url_option(url, "ssl_ca"))
        return TLS_VERIFY_CA;
    return url_option(url, "ssl_cert") || url_option(url, "ssl_key") ? TLS_REQUIRED : TLS_PREFERRED;
}

static int check_one_of(const struct url *url, const char *name, const char *const *values,
                        struct err *err)
{
    const char *value = url_option(url, name);
    sqlite3_str *list;
    char *text;

    for (const char *const *v = values; value && *v; v++) {
        if (sqlite3_stricmp(value, *v) == 0)
            value = NULL;
    }
    if (!value)
        return SQLITE_OK;
    list = sqlite3_str_new(NULL);
    for (const char *const *v = values; *v; v++)
        sqlite3_str_appendf(list, "%s%s", v == values ? "" : ", ", *v);
    text = sqlite3_str_finish(list);
    if (!text)
        return err_nomem(err);
    (void)err_set(err, SQLITE_ERROR, "%s=%s: valid values are %s", name, value, text);
    sqlite3_free(text);
    return err->rc;
}

static const char *const target_sessions[] = {"any",     "read-write",     "read-only", "primary",
                                              "standby", "prefer-standby", NULL};

int my_url_check(const struct url *url, struct err *err)
{
    static const char *const charsets[] = {"utf8mb4", "utf8", "utf8mb3", NULL};
    static const char *const modes[] = {"DISABLED",  "PREFERRED",       "REQUIRED",
                                        "VERIFY_CA", "VERIFY_IDENTITY", NULL};
    static const char *const flags[] = {"0", "1", "true", "false", "yes", "no", "on", "off", NULL};
    int rc = check_one_of(url, "charset", charsets, err);

    if (rc == SQLITE_OK)
        rc = check_one_of(url, "ssl_mode", modes, err);
    if (rc == SQLITE_OK)
        rc = check_one_of(url, "compress", flags, err);
    if (rc == SQLITE_OK)
        rc = check_one_of(url, "target_session_attrs", target_sessions, err);
    if (rc != SQLITE_OK)
        return rc;
    if (my_url_tls(url) >= TLS_VERIFY_CA && !url_option(url, "ssl_ca"))
        return err_set(err, SQLITE_ERROR,
                       "ssl_mode=%s needs ssl_ca, a file of trusted certificates (the system's: "
                       "/etc/ssl/certs/ca-certificates.crt)",
                       url_option(url, "ssl_mode"));
    for (int i = 0; i < url->nhosts; i++) {
        const char *host = url->hosts[i].host;
        /* The library takes such hosts for lists or for names of plugins to load. */
        if (strpbrk(host, "/,") != NULL)
            return err_set(err, SQLITE_ERROR,
                           "'%s' is no host; a socket file is given as ?unix_socket=", host);
        if (url_option(url, "unix_socket") && host[0] && sqlite3_stricmp(host, "localhost") != 0)
            return err_set(err, SQLITE_ERROR,
                           "host '%s' and unix_socket exclude each other; leave one of them out",
                           host);
    }
    return SQLITE_OK;
}

/* ---- the server ------------------------------------------------------------------------------------------ */

/* "5.5.5-10.11.19-MariaDB-log" → 101119; the prefix is for old clients. */
static int parse_version(const char *text)
{
    int part[3] = {0, 0, 0};
    if (strncmp(text, "5.5.5-", 6) == 0)
        text += 6;
    for (int i = 0; i < 3; i++) {
        while (*text >= '0' && *text <= '9' && part[i] < 100)
            part[i] = part[i] * 10 + (*text++ - '0');
        if (*text != '.')
            break;
        text++;
    }
    return part[0] * 10000 + part[1] * 100 + part[2];
}

static void learn_server(struct my_conn *c)
{
    const char *version = mysql_get_server_info(c->client.mysql);
    int number = parse_version(version);

    c->mariadb = strstr(version, "MariaDB") != NULL;
    c->base.server_version = number;
    c->base.dialect = c->mariadb ? &mariadb_dialect : &mysql_dialect;
    c->thread_id = mysql_thread_id(c->client.mysql);
    sqlite3_snprintf((int)sizeof c->base.server, c->base.server, "%s %d.%d.%d",
                     c->mariadb ? "MariaDB" : "MySQL", number / 10000, number / 100 % 100,
                     number % 100);
}

static void cannot_prepare(struct my_conn *c, const char *why)
{
    c->base.caps &= ~(unsigned)CAP_TWO_PHASE;
    sqlite3_snprintf((int)sizeof c->base.two_phase_why, c->base.two_phase_why, "%s", why);
}

static void learn_caps(struct my_conn *c)
{
    int v = c->base.server_version;
    if (!client_has_bulk(&c->client))
        c->base.caps &= ~(unsigned)CAP_BULK;
    if (c->mariadb && v < 100502)
        cannot_prepare(c, "MariaDB before 10.5.2 rolls prepared work back at a disconnect");
}

/* What the catalog queries ask for is not there before; nor, on MySQL, prepared work that outlives its session. */
static int check_version(const struct my_conn *c, struct err *err)
{
    if (c->base.server_version >= (c->mariadb ? 100205 : 50707))
        return SQLITE_OK;
    return err_set(err, SQLITE_ERROR, "the server is %s, which is too old: %s", c->base.server,
                   c->mariadb ? "MariaDB 10.2.5 is the oldest supported"
                              : "MySQL 5.7.7 is the oldest supported");
}

static void learn_address(struct my_conn *c)
{
    const struct my_login *l = c->way;
    const char *database = l->database ? l->database : "";
    const char *socket = l->socket ? l->socket : c->client.mysql->unix_socket;
    bool bare_v6 = l->host && strchr(l->host, ':');

    if (l->tcp)
        sqlite3_snprintf((int)sizeof c->base.address, c->base.address, "%s%s%s:%d/%s",
                         bare_v6 ? "[" : "", l->host, bare_v6 ? "]" : "",
                         l->port ? l->port : (int)c->client.mysql->port, database);
    else
        sqlite3_snprintf((int)sizeof c->base.address, c->base.address, "%s/%s",
                         socket ? socket : "localhost", database);
}

/* A peer that has vanished is noticed even by a statement without `timeout`. */
static void set_keepalive(int fd)
{
    const int on = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S,
              probes = KEEPALIVE_PROBES;
    const unsigned silent = PEER_SILENT_MS;
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent, sizeof silent);
}

/* ---- the session ----------------------------------------------------------------------------------------- */

/* The text with every {name} replaced; values[i] for names[i]. */
static char *fill_in(const char *text, const char *const *names, const char *const *values, int n)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    while (*text) {
        int i;
        for (i = 0; i < n; i++) {
            size_t length = strlen(names[i]);
            if (strncmp(text, names[i], length) == 0) {
                sqlite3_str_appendall(out, values[i]);
                text += length;
                break;
            }
        }
        if (i == n)
            sqlite3_str_append(out, text++, 1);
    }
    return sqlite3_str_finish(out);
}

/* innodb_snapshot_isolation: a write to a row that changed since the snapshot is an error, no lost update.  Servers
** without it lock what they read (dialect.c). */
static bool has_snapshot_isolation(const struct my_conn *c)
{
    static const int since[] = {100618, 101108, 110006, 110105, 110204, 110402};
    int v = c->base.server_version;
    if (!c->mariadb)
        return false;
    for (size_t i = 0; i < sizeof since / sizeof since[0]; i++) {
        if (v / 100 == since[i] / 100)
            return v >= since[i];
    }
    return v >= 110500;
}

/* Aria, which is MariaDB's, hands a condition the text of its index, and there equal ones stand for each other ('a' for
** 'A'): the bytes, which are compared as well, would be another row's. */
#define NO_INDEX_CONDITIONS ", optimizer_switch = 'index_condition_pushdown=off'"
#define CHECKS_ARE_LOOKED_AT ", check_constraint_checks = 1"

static char *session_text(const struct my_conn *c, bool snapshot)
{
    static const char *const names[] = {"{lock_timeout}", "{more}"};
    const struct url *url = c->base.url;
    int v = c->base.server_version;
    bool new_names = c->mariadb ? v >= 110101 : v >= 50720;
    int seconds = url->lock_timeout_ms > 0 ? (url->lock_timeout_ms + MS_PER_S - 1) / MS_PER_S
                                           : LOCK_TIMEOUT_MAX;
    char lock[16], more[256];
    const char *const values[] = {lock, more};
    const char *text = sqltext("mysql", "session");

    if (!text)
        return NULL;
    sqlite3_snprintf((int)sizeof lock, lock, "%d",
                     seconds < LOCK_TIMEOUT_MAX ? seconds : LOCK_TIMEOUT_MAX);
    sqlite3_snprintf((int)sizeof more, more, ", %s = '%s', %s = %d%s%s",
                     new_names ? "transaction_isolation" : "tx_isolation",
                     snapshot ? "REPEATABLE-READ" : "SERIALIZABLE",
                     new_names ? "transaction_read_only" : "tx_read_only", url->read_only,
                     snapshot ? ", innodb_snapshot_isolation = 1" : "",
                     c->mariadb ? NO_INDEX_CONDITIONS CHECKS_ARE_LOOKED_AT : "");
    return fill_in(text, names, values, 2);
}

/* Begins a text; the caller runs s. */
static void begin_text(struct my_conn *c, struct my_stmt *s, const char *sql)
{
    memset(s, 0, sizeof *s);
    s->base.sql = sql;
    s->phase = PHASE_EXECUTING;
    c->current = s;
    c->base.round_trips++;
    (void)client_begin(&c->client, CLIENT_QUERY, NULL, sql, strlen(sql));
}

static int pin_session(struct my_conn *c, struct err *err)
{
    bool snapshot = has_snapshot_isolation(c);
    int rc;
    for (;;) {
        struct my_stmt s;
        char *sql = session_text(c, snapshot);
        if (c->mariadb)
            c->base.dialect = snapshot ? &mariadb_dialect : &mariadb_locking_dialect;
        if (!sql)
            return err_nomem(err);
        begin_text(c, &s, sql);
        rc = my_run_out(c, &s, err);
        my_stmt_clear(c, &s);
        sqlite3_free(sql);
        if (rc == SQLITE_OK || err->native != NAME_OF_VARIABLE_UNKNOWN || !snapshot)
            return rc;
        snapshot = false;
        err_clear(err);
    }
}

struct server_facts {
    bool wsrep, read_only;
};

static bool is_on(const char *value)
{
    return value && strcmp(value, "0") != 0;
}

static int ask_server(struct my_conn *c, bool wsrep, struct server_facts *out, struct err *err)
{
    static const char *const names[] = {"{wsrep}"};
    const char *const values[] = {wsrep ? "@@wsrep_on" : "0"};
    const char *text = sqltext("mysql", "server");
    char *sql = text ? fill_in(text, names, values, 1) : NULL;
    struct my_stmt s;
    int rc;

    if (!sql)
        return err_nomem(err);
    begin_text(c, &s, sql);
    while ((rc = my_step(c, &s, err)) == STEP_WAIT) {
        rc = my_wait(c, err);
        if (rc != SQLITE_OK)
            break;
    }
    if (rc == SQLITE_ROW && s.ncolumns == 6) {
        char **row = c->client.text;
        out->wsrep = is_on(row[0]);
        out->read_only = is_on(row[1]) || is_on(row[2]);
        c->timeout_aborts = is_on(row[4]);
        c->base.id_step = row[5] ? (int)strtol(row[5], NULL, 10) : 1;
        c->max_packet = row[3] ? strtoll(row[3], NULL, 10) : 0;
    }
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        rc = my_run_out(c, &s, err);
    my_stmt_clear(c, &s);
    sqlite3_free(sql);
    if (rc != SQLITE_OK && wsrep && err->native == NAME_OF_VARIABLE_UNKNOWN) {
        err_clear(err);
        return ask_server(c, false, out, err);
    }
    return rc;
}

enum target { TARGET_ANY, TARGET_WRITE, TARGET_READ, TARGET_PREFER_READ };

static enum target url_target(const struct url *url)
{
    static const enum target targets[] = {TARGET_ANY,   TARGET_WRITE, TARGET_READ,
                                          TARGET_WRITE, TARGET_READ,  TARGET_PREFER_READ};
    const char *value = url_option(url, "target_session_attrs");
    for (int i = 0; value && target_sessions[i]; i++) {
        if (sqlite3_stricmp(value, target_sessions[i]) == 0)
            return targets[i];
    }
    return TARGET_ANY;
}

/* After the login.  wanted: what target_session_attrs asks of this host. */
static int begin_session(struct my_conn *c, enum target wanted, struct err *err)
{
    struct server_facts facts = {false, false};
    int rc;

    learn_server(c);
    rc = check_version(c, err);
    if (rc != SQLITE_OK)
        return rc;
    learn_caps(c);
    learn_address(c);
    if (c->way->tcp)
        set_keepalive(client_socket(&c->client));
    c->base.state = CONN_IDLE;
    rc = pin_session(c, err);
    if (rc == SQLITE_OK)
        rc = ask_server(c, c->mariadb, &facts, err);
    if (rc != SQLITE_OK)
        return rc;
    if (facts.wsrep)
        cannot_prepare(c, "a Galera cluster does not take part in two-phase commits (wsrep_on)");
    if ((wanted == TARGET_WRITE && facts.read_only) || (wanted == TARGET_READ && !facts.read_only))
        return err_set(err, SQLITE_CANTOPEN, "%s is %s, and target_session_attrs=%s asks otherwise",
                       c->base.address, facts.read_only ? "read-only" : "writable",
                       url_option(c->base.url, "target_session_attrs"));
    return SQLITE_OK;
}

/* ---- open ------------------------------------------------------------------------------------------------ */

/* Back to nothing, so that the next host can be tried. */
static void drop(struct my_conn *c)
{
    client_clear(&c->client);
    if (c->killer)
        mysql_close(c->killer);
    for (int i = 0; i < c->ndead; i++)
        client_forget_stmt(c->dead[i]);
    c->killer = NULL;
    c->ndead = c->nhandles = 0;
    c->current = NULL;
    login_free(c->way);
    c->way = NULL;
    c->base.state = CONN_CLOSED;
    c->base.caps = c->base.engine->caps;
    c->base.two_phase_why[0] = 0;
}

static int open_host(struct my_conn *c, int host, enum target wanted, sqlite3_int64 deadline_us,
                     struct err *err)
{
    MYSQL *mysql;
    int rc;

    c->way = login_new(c->base.url, host);
    if (!c->way)
        return err_nomem(err);
    c->open_deadline_us = deadline_us;
    rc = login_run(&c->way, c->base.wait, deadline_us, &mysql, err);
    if (rc == SQLITE_OK) {
        rc = client_init(&c->client, mysql);
        if (rc != SQLITE_OK) {
            mysql_close(mysql);
            (void)err_nomem(err);
        } else {
            rc = begin_session(c, wanted, err);
        }
    }
    c->open_deadline_us = 0;
    if (rc != SQLITE_OK) {
        drop(c);
        err->lost = false;
        if ((rc & 0xff) == SQLITE_IOERR)
            err->rc = rc = SQLITE_CANTOPEN;
    }
    return rc;
}

/* Another host may do better. */
static bool try_next(int rc)
{
    int primary = rc & 0xff;
    return primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR || primary == SQLITE_BUSY;
}

int my_open(struct conn *conn, struct err *err)
{
    struct my_conn *c = (struct my_conn *)conn;
    const struct url *url = conn->url;
    bool single = url->nhosts == 0 || url_option(url, "unix_socket");
    enum target wanted = url_target(url);
    /* prefer-standby: a round for a standby, then one for anybody */
    int rounds = wanted == TARGET_PREFER_READ ? 2 : 1, hosts = single ? 1 : url->nhosts;
    int left = rounds * hosts, rc = SQLITE_CANTOPEN;
    int timeout_ms = url->connect_timeout_ms > 0 ? url->connect_timeout_ms : 0x7fffffff;
    sqlite3_int64 deadline = wait_deadline(timeout_ms);

    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < hosts; i++, left--) {
            enum target of_host = rounds == 1 ? wanted : round == 0 ? TARGET_READ : TARGET_ANY;
            sqlite3_int64 now = trace_clock_us();
            sqlite3_int64 share = deadline > now ? (deadline - now) / left : 1;
            err_clear(err);
            rc = open_host(c, single ? -1 : i, of_host, now + share, err);
            if (rc == SQLITE_OK || !try_next(rc))
                return rc;
        }
    }
    return rc;
}

bool my_alive(struct conn *conn)
{
    struct my_conn *c = (struct my_conn *)conn;
    struct pollfd p = {.events = POLLIN | POLLRDHUP};

    if (!client_open(&c->client))
        return false;
    p.fd = client_socket(&c->client);
    if (p.fd < 0)
        return false;
    if (c->current)
        return true;
    /* Idle: the server says nothing on its own, except that it hangs up. */
    return poll(&p, 1, 0) == 0;
}

void my_close(struct conn *conn)
{
    struct my_conn *c = (struct my_conn *)conn;
    drop(c);
    sqlite3_free(c->dead);
    c->dead = NULL;
    c->dead_cap = 0;
}

/* ---- the engine ------------------------------------------------------------------------------------------ */

static const char *const schemes[] = {"mysql", "mysqldb", "mariadb", NULL};
static const char *const options[] = {"charset",
                                      "unix_socket",
                                      "ssl_ca",
                                      "ssl_cert",
                                      "ssl_key",
                                      "ssl_mode",
                                      "read_default_file",
                                      "read_default_group",
                                      "compress",
                                      "target_session_attrs",
                                      NULL};

const struct engine mysql_engine = {
    .name = "mysql",
    .schemes = schemes,
    .options = options,
    .caps = CAP_TWO_PHASE | CAP_SURVIVES_ERROR | CAP_BULK,
    .dialect = &mariadb_dialect,
    .conn_size = sizeof(struct my_conn),
    .stmt_size = sizeof(struct my_stmt),
    .url_check = my_url_check,
    .open = my_open,
    .close = my_close,
    .alive = my_alive,
    .cancel = my_cancel,
    .send = my_send,
    .next = my_next,
    .cell = my_cell,
    .finish = my_finish,
    .unprepare = my_unprepare,
    .bulk_begin = my_bulk_begin,
    .bulk_row = my_bulk_row,
    .bulk_end = my_bulk_end,
    .bulk_abort = my_bulk_abort,
    .bulk_statement = my_bulk_statement,
};
