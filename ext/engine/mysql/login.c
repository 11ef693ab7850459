/* Logging in: one attempt at one host, in a thread (job.h), because resolving a name and a TLS handshake have
** no form that does not block.
**
** Everything an attempt needs is copied into it, so that it may outlive the URL when it is abandoned.  What is
** never done: LOCAL INFILE (refused by option and by handlers that open nothing), several statements in one
** text, automatic reconnects, option files that the URL does not name, a password from the environment.  The
** password is wiped. */
#include "engine/mysql/job.h"
#include "engine/mysql/my.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 3306
#define PLACE_MOST 300
#define CR_AUTH_PLUGIN_REFUSED 5010 /* CR_PLUGIN_NOT_ALLOWED of libmariadb */

static char *copy_text(const char *text, bool *failed)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        *failed = true;
    return copy;
}

struct my_login *login_new(const struct url *url, int host)
{
    const char *socket = url_option(url, "unix_socket");
    const struct url_host *h = host >= 0 && !socket ? &url->hosts[host] : NULL;
    struct my_login *l = calloc(1, sizeof *l);
    bool failed = false;

    if (!l)
        return NULL;
    l->user = copy_text(url->user, &failed);
    l->password = copy_text(url->password, &failed);
    l->database = copy_text(url->database, &failed);
    l->socket = copy_text(socket, &failed);
    l->ca = copy_text(url_option(url, "ssl_ca"), &failed);
    l->cert = copy_text(url_option(url, "ssl_cert"), &failed);
    l->key = copy_text(url_option(url, "ssl_key"), &failed);
    l->default_file = copy_text(url_option(url, "read_default_file"), &failed);
    l->default_group = copy_text(url_option(url, "read_default_group"), &failed);
    l->tls = my_url_tls(url);
    l->compress = my_url_flag(url, "compress", false);
    if (h && h->host[0])
        l->host = copy_text(h->host, &failed);
    if (h)
        l->port = h->port;
    /* The library takes "localhost" for the socket file whatever the port says: a port means TCP. */
    l->tcp = h && (h->port != 0 || (h->host[0] && sqlite3_stricmp(h->host, "localhost") != 0));
    if (l->tcp && !l->host)
        l->host = copy_text("localhost", &failed);
    l->local = !l->tcp && (socket || h || !(l->default_file || l->default_group));
    if (l->local && l->tls == TLS_PREFERRED)
        l->tls = TLS_DISABLED; /* nobody can listen to a socket file */
    if (failed) {
        login_free(l);
        return NULL;
    }
    return l;
}

struct my_login *login_copy(const struct my_login *way)
{
    struct my_login *l = malloc(sizeof *l);
    bool failed = false;
    if (!l)
        return NULL;
    *l = *way;
    l->mysql = NULL;
    l->connected = false;
    l->why = NULL;
    l->host = copy_text(way->host, &failed);
    l->user = copy_text(way->user, &failed);
    l->password = copy_text(way->password, &failed);
    l->database = copy_text(way->database, &failed);
    l->socket = copy_text(way->socket, &failed);
    l->ca = copy_text(way->ca, &failed);
    l->cert = copy_text(way->cert, &failed);
    l->key = copy_text(way->key, &failed);
    l->default_file = copy_text(way->default_file, &failed);
    l->default_group = copy_text(way->default_group, &failed);
    if (failed) {
        login_free(l);
        return NULL;
    }
    return l;
}

void login_free(void *login)
{
    struct my_login *l = login;
    if (!l)
        return;
    if (l->mysql)
        mysql_close(l->mysql);
    if (l->password)
        explicit_bzero(l->password, strlen(l->password));
    free(l->host);
    free(l->user);
    free(l->password);
    free(l->database);
    free(l->socket);
    free(l->ca);
    free(l->cert);
    free(l->key);
    free(l->default_file);
    free(l->default_group);
    free(l);
}

/* ---- LOCAL INFILE: nothing can be opened ----------------------------------------------------------------- */

static int infile_init(void **p, const char *name, void *data)
{
    (void)name;
    (void)data;
    *p = NULL;
    return 1;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the library's type */
static int infile_read(void *p, char *buf, unsigned n)
{
    (void)p;
    (void)buf;
    (void)n;
    return -1;
}

static void infile_end(void *p)
{
    (void)p;
}

static int infile_error(void *p, char *text, unsigned n)
{
    (void)p;
    if (n > 0)
        sqlite3_snprintf((int)n, text, "LOAD DATA LOCAL is not allowed");
    return 2000; /* CR_UNKNOWN_ERROR */
}

/* ---- connecting ------------------------------------------------------------------------------------------ */

static void set_options(struct my_login *l, int timeout_s)
{
    const unsigned off = 0, seconds = (unsigned)timeout_s, answer_s = 1;
    const unsigned protocol = l->tcp ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
    const client_bool no = 0;

    (void)mysql_options(l->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    (void)mysql_options(l->mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_set_local_infile_handler(l->mysql, infile_init, infile_read, infile_end, infile_error,
                                   NULL);
    (void)mysql_options(l->mysql, MYSQL_REPORT_DATA_TRUNCATION, &no);
    (void)mysql_options(l->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (l->default_file)
        (void)mysql_options(l->mysql, MYSQL_READ_DEFAULT_FILE, l->default_file);
    if (l->default_group)
        (void)mysql_options(l->mysql, MYSQL_READ_DEFAULT_GROUP, l->default_group);
    if (l->tcp || l->socket || !(l->default_file || l->default_group))
        (void)mysql_options(l->mysql, MYSQL_OPT_PROTOCOL, &protocol);
    if (l->compress)
        (void)mysql_options(l->mysql, MYSQL_OPT_COMPRESS, NULL);
    if (l->kill)
        (void)mysql_options(l->mysql, MYSQL_OPT_READ_TIMEOUT, &answer_s);
    client_options(l->mysql, l->tls, l->ca, l->cert, l->key);
}

void login_connect(struct my_login *l)
{
    sqlite3_int64 left = l->deadline_us - trace_clock_us();
    const char *password = l->password;

    if (!l->mysql)
        l->mysql = mysql_init(NULL);
    if (!l->mysql) {
        l->why = "out of memory";
        return;
    }
    set_options(l, left > 0 ? (int)(left / 1000000) + 1 : 1);
    /* NULL would make the library look into the environment. */
    if (!password && !l->default_file && !l->default_group)
        password = "";
    /* The affected rows of an UPDATE are those that it found, as in SQLite. */
    l->connected = client_connect(l->mysql, l->host, l->user, password, l->database, l->port,
                                  l->socket, CLIENT_FOUND_ROWS, l->tls, l->local, &l->why) == 0;
}

static void login_main(void *p)
{
    client_thread_begin();
    login_connect(p);
    client_thread_end();
}

/* Where to, as far as the URL says. */
static void name_place(const struct my_login *l, char *out, int size)
{
    if (l->local || l->socket)
        sqlite3_snprintf(size, out, "%s", l->socket ? l->socket : "the local socket");
    else
        sqlite3_snprintf(size, out, "%s, port %d", l->host ? l->host : "localhost",
                         l->port > 0 ? l->port : DEFAULT_PORT);
}

/* The library tells neither the port nor, since it connects without blocking, more of why than "(115)": in progress. */
static int not_connected(const struct my_login *l, unsigned number, int rc, struct err *err)
{
    static const char in_progress[] = " (115)";
    const char *text = mysql_error(l->mysql);
    size_t n = strlen(text), m = sizeof in_progress - 1;
    if (n > m && strcmp(text + n - m, in_progress) == 0)
        n -= m;
    return err_set(err, rc, "%.*s, port %d (errno %d)", (int)n, text,
                   l->port > 0 ? l->port : DEFAULT_PORT, (int)number);
}

static int login_error(const struct my_login *l, struct err *err)
{
    unsigned number;
    const char *state;
    int rc;

    if (l->why)
        return err_set(err, SQLITE_CANTOPEN, "%s", l->why);
    number = mysql_errno(l->mysql);
    state = mysql_sqlstate(l->mysql);
    rc = my_errno_rc(number, state, mysql_error(l->mysql));
    if (rc == SQLITE_ERROR || rc == SQLITE_IOERR)
        rc = SQLITE_CANTOPEN;
    if ((number == CR_CONNECTION_ERROR || number == CR_CONN_HOST_ERROR) && !l->local && !l->socket)
        return not_connected(l, number, rc, err);
    (void)err_server(err, rc, state, (int)number, mysql_error(l->mysql));
    if (number == CR_AUTH_PLUGIN_REFUSED) /* the library's text names the wrong plugin */
        return err_set(
            err, rc,
            "the server asks for a login that shows it the password, or for an outdated one: "
            "caching_sha2_password and sha256_password may with ssl_mode=VERIFY_CA and ssl_ca, or "
            "at least ssl_mode=REQUIRED, or over a unix_socket; all others may not (errno %d)",
            (int)number);
    return rc;
}

int login_run(struct my_login **login, struct wait *wait, sqlite3_int64 deadline_us, MYSQL **mysql,
              struct err *err)
{
    struct my_login *l = *login;
    enum wait_result result;
    char place[PLACE_MOST];
    int rc;

    *mysql = NULL;
    name_place(l, place, (int)sizeof place);
    client_library_init();
    l->deadline_us = deadline_us;
    l->connected = false;
    l->why = NULL;
    result = job_run(login_main, login_free, l, wait, deadline_us);
    if (result == WAIT_READY && l->connected) {
        *mysql = l->mysql;
        l->mysql = NULL;
        return SQLITE_OK;
    }
    if (result == WAIT_READY) {
        rc = login_error(l, err);
        if (l->mysql)
            mysql_close(l->mysql);
        l->mysql = NULL;
        return rc;
    }
    *login = NULL;
    if (result == WAIT_INTERRUPTED)
        return err_set(err, SQLITE_INTERRUPT, "interrupted while connecting");
    if (result == WAIT_TIMEOUT)
        return err_set(err, SQLITE_CANTOPEN, "no connection to %s within connect_timeout", place);
    return err_set(err, SQLITE_CANTOPEN, "no thread could be started to connect");
}
