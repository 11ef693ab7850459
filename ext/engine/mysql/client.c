/* MariaDB Connector/C: operations in its coroutine (mysql_*_start, mysql_*_cont).
**
** The coroutine costs something per entry, so a row that is already in the library's read-ahead cache is read
** where it lies, without a call: about one row in 16 KB of them goes through the coroutine.  The library's own
** decoding is replaced by a callback that only passes by the values; decode.c reads them from the packet, with
** every length checked.
**
** Connecting blocks, in a thread (login.c).  The library takes a server without TLS even when it is told to
** enforce it, so we watch the server's greeting as it is read, by the hook for trace plugins: it tells whether
** there is TLS, and so whether to go on and which ways of logging in are safe, before anything is sent. */
#include "engine/mysql/client.h"

#ifdef CLIENT_NONBLOCKING

#include "engine/wait.h"

#include <ma_pvio.h>
#include <mariadb_version.h>

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#define PACKET_HEADER 4
#define PACKET_MAX 0xffffff
#define PROTOCOL 10
#define MESSAGE_MAX 0x7fffffff /* a failed read is passed on as a length, too */
#define ABORT_STEPS 1000 /* more than enough for an operation to notice that its socket is dead */

/* OpenSSL keeps a queue of errors per thread, and the library neither empties it before an operation nor after
** a failed one: without this a connection that broke makes the next operation on any other one fail.  The
** library may be built on something else; then there is no such function. */
static void (*clear_tls_errors)(void);

/* ---- operations ------------------------------------------------------------------------------------------ */

static int wait_events(int status)
{
    int events = 0;
    if (status & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT))
        events |= WAIT_READ;
    if (status & MYSQL_WAIT_WRITE)
        events |= WAIT_WRITE;
    return events ? events : WAIT_READ;
}

int client_init(struct client *k, MYSQL *mysql)
{
    unsigned long version = mysql_get_client_version();
    MARIADB_PVIO *pvio = mysql->net.pvio;

    memset(k, 0, sizeof *k);
    k->mysql = mysql;
    /* The layout of the cache is part of the library's plugin interface; trust it only for the release
    ** series that we were compiled with.  Under compression it holds no plain packets. */
    k->peeks = version / 100 == MARIADB_PACKAGE_VERSION_ID / 100 && pvio && pvio->cache &&
               !mysql->net.compress;
    k->tls = mysql_get_ssl_cipher(mysql) != NULL;
    if (pvio && pvio->methods->blocking)
        (void)pvio->methods->blocking(pvio, 0, NULL);
    return SQLITE_OK;
}

bool client_open(const struct client *k)
{
    return k->mysql != NULL;
}

int client_socket(const struct client *k)
{
    return (int)mysql_get_socket(k->mysql);
}

int client_fd(const struct client *k)
{
    return client_socket(k);
}

/* Sets what the operation has come to; status 0 = it has ended. */
static int went(struct client *k, int status)
{
    k->events = status ? wait_events(status) : 0;
    if (status)
        return k->events;
    if (k->tls && clear_tls_errors)
        clear_tls_errors();
    switch (k->op) {
    case CLIENT_FETCH:
        k->row = k->mysql->net.read_pos;
        k->row_end = k->mysql->net.buff_end;
        break;
    case CLIENT_FETCH_TEXT:
        k->lengths = k->text ? mysql_fetch_lengths(k->result) : NULL;
        k->rc = k->text ? 0 : mysql_errno(k->mysql) ? 1 : MYSQL_NO_DATA;
        break;
    case CLIENT_CLOSE_STMT:
        k->rc = k->flag != 0;
        break;
    default:
        break;
    }
    return 0;
}

int client_begin(struct client *k, enum client_op op, MYSQL_STMT *stmt, const char *sql, size_t n)
{
    int status = 0;
    k->op = op;
    k->stmt = stmt;
    k->rc = 0;
    k->flag = 0;
    if (k->tls && clear_tls_errors)
        clear_tls_errors();
    switch (op) {
    case CLIENT_QUERY:
        status = mysql_real_query_start(&k->rc, k->mysql, sql, (unsigned long)n);
        break;
    case CLIENT_PREPARE:
        status = mysql_stmt_prepare_start(&k->rc, stmt, sql, (unsigned long)n);
        break;
    case CLIENT_EXECUTE:
        status = mysql_stmt_execute_start(&k->rc, stmt);
        break;
    case CLIENT_FETCH:
        status = mysql_stmt_fetch_start(&k->rc, stmt);
        break;
    case CLIENT_FETCH_TEXT:
        k->text = NULL;
        status = mysql_fetch_row_start(&k->text, k->result);
        break;
    case CLIENT_NEXT_RESULT:
        status = stmt ? mysql_stmt_next_result_start(&k->rc, stmt)
                      : mysql_next_result_start(&k->rc, k->mysql);
        break;
    case CLIENT_CLOSE_STMT:
        status = mysql_stmt_close_start(&k->flag, stmt);
        break;
    }
    return went(k, status);
}

int client_continue(struct client *k, int ready)
{
    int status =
        (ready & WAIT_READ ? MYSQL_WAIT_READ : 0) | (ready & WAIT_WRITE ? MYSQL_WAIT_WRITE : 0);
    if (k->tls && clear_tls_errors)
        clear_tls_errors();
    switch (k->op) {
    case CLIENT_QUERY:
        status = mysql_real_query_cont(&k->rc, k->mysql, status);
        break;
    case CLIENT_PREPARE:
        status = mysql_stmt_prepare_cont(&k->rc, k->stmt, status);
        break;
    case CLIENT_EXECUTE:
        status = mysql_stmt_execute_cont(&k->rc, k->stmt, status);
        break;
    case CLIENT_FETCH:
        status = mysql_stmt_fetch_cont(&k->rc, k->stmt, status);
        break;
    case CLIENT_FETCH_TEXT:
        status = mysql_fetch_row_cont(&k->text, k->result, status);
        break;
    case CLIENT_NEXT_RESULT:
        status = k->stmt ? mysql_stmt_next_result_cont(&k->rc, k->stmt, status)
                         : mysql_next_result_cont(&k->rc, k->mysql, status);
        break;
    case CLIENT_CLOSE_STMT:
        status = mysql_stmt_close_cont(&k->flag, k->stmt, status);
        break;
    }
    return went(k, status);
}

/* Length of the packet that lies whole in the cache, -1 = not whole. */
static long cached_packet(const struct client *k)
{
    const MARIADB_PVIO *pvio = k->mysql->net.pvio;
    const unsigned char *p;
    ptrdiff_t have;
    long n;

    if (!k->peeks || !pvio)
        return -1;
    p = pvio->cache_pos;
    have = pvio->cache + pvio->cache_size - p;
    if (have < PACKET_HEADER)
        return -1;
    n = (long)p[0] | (long)p[1] << 8 | (long)p[2] << 16;
    return n < PACKET_MAX && have >= PACKET_HEADER + n ? n : -1;
}

bool client_row_cached(const struct client *k)
{
    return cached_packet(k) >= 0;
}

void client_fetch_cached(struct client *k)
{
    long n = cached_packet(k);
    unsigned char *row;

    if (k->result) {
        k->op = CLIENT_FETCH_TEXT;
        k->text = mysql_fetch_row(k->result);
        (void)went(k, 0);
        return;
    }
    k->op = CLIENT_FETCH;
    row = k->mysql->net.pvio->cache_pos + PACKET_HEADER;
    if (n > 0 && row[0] == 0) {
        /* A row is read where it lies, until the cache is filled again.  Its end, or an error, is told to
        ** the library. */
        k->mysql->net.pvio->cache_pos = row + n;
        k->rc = 0;
    } else {
        k->rc = mysql_stmt_fetch(k->stmt);
        row = k->mysql->net.read_pos;
    }
    k->row = row;
    k->row_end = row + n;
}

void client_clear(struct client *k)
{
    MYSQL *mysql = k->mysql;
    if (!mysql)
        return;
    if (k->events || mysql->status != MYSQL_STATUS_READY) {
        /* Cut off: a coroutine that waits, and the library's own draining, then end at once. */
        int fd = client_socket(k);
        if (fd >= 0)
            (void)shutdown(fd, SHUT_RDWR);
        for (int i = 0; i < ABORT_STEPS && k->events; i++)
            (void)client_continue(k, WAIT_READ | WAIT_WRITE);
    }
    if (k->result)
        mysql_free_result(k->result);
    mysql_close(mysql);
    memset(k, 0, sizeof *k);
}

/* ---- statements ------------------------------------------------------------------------------------------ */

/* Instead of the library's decoding of a value: passes by it, never beyond the packet buffer (the library,
** in some releases, trusts the server here). */
static void pass_by(void *data, unsigned column, unsigned char **row)
{
    const MYSQL_STMT *stmt = data;
    const unsigned char *end = stmt->mysql->net.buff_end;
    unsigned char *p;
    unsigned long long n = 0;
    int width, bytes;

    if (!row)
        return;
    p = *row;
    width = mysql_ps_fetch_functions[stmt->fields[column].type].pack_len;
    if (width < 0 && p < end) {
        bytes = *p < 251 ? 0 : *p == 252 ? 2 : *p == 253 ? 3 : 8;
        if (bytes == 0)
            n = *p;
        for (int i = 0; i < bytes && p + i + 1 < end; i++)
            n |= (unsigned long long)p[i + 1] << (8 * i);
        n += 1 + (unsigned)bytes;
    } else if (width >= 0) {
        n = (unsigned)width;
    }
    if (p < end && n <= (size_t)(end - p))
        *row = p + n;
}

MYSQL_STMT *client_stmt_new(struct client *k)
{
    MYSQL_STMT *stmt = mysql_stmt_init(k->mysql);
    if (stmt) {
        stmt->result_callback = pass_by;
        stmt->user_data = stmt;
    }
    return stmt;
}

void client_forget_stmt(MYSQL_STMT *stmt)
{
    if (stmt)
        (void)mysql_stmt_close(stmt);
}

const MYSQL_FIELD *client_stmt_fields(MYSQL_STMT *stmt, int *n, MYSQL_RES **hold)
{
    *hold = NULL;
    *n = (int)mysql_stmt_field_count(stmt);
    return *n > 0 ? mariadb_stmt_fetch_fields(stmt) : NULL;
}

const char *client_field_type_name(const MYSQL_FIELD *field, char *out, size_t size)
{
    static const enum mariadb_field_attr_t attributes[] = {MARIADB_FIELD_ATTR_DATA_TYPE_NAME,
                                                           MARIADB_FIELD_ATTR_FORMAT_NAME};
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        MARIADB_CONST_STRING name = {NULL, 0};
        if (mariadb_field_attr(&name, field, attributes[i]) == 0 && name.str && name.length > 0 &&
            name.length < size) {
            memcpy(out, name.str, name.length);
            out[name.length] = 0;
            return out;
        }
    }
    return NULL;
}

sqlite3_int64 client_bytes(const struct client *k)
{
#if MARIADB_PACKAGE_VERSION_ID >= 30300
    size_t in = 0, out = 0;
    if (k->mysql->net.pvio && /* else it is lost, and the library would not look */
        mariadb_get_infov(k->mysql, MARIADB_CONNECTION_BYTES_READ, &in) == 0 &&
        mariadb_get_infov(k->mysql, MARIADB_CONNECTION_BYTES_SENT, &out) == 0)
        return (sqlite3_int64)in + (sqlite3_int64)out;
#else
    (void)k;
#endif
    return 0;
}

bool client_has_bulk(const struct client *k)
{
    unsigned long caps = 0;
    if (mariadb_get_infov(k->mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &caps) != 0)
        return false;
    return caps & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32);
}

int client_set_array(MYSQL_STMT *stmt, unsigned rows)
{
    return mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &rows);
}

void client_bind_nulls(MYSQL_BIND *bind, char *nulls)
{
    bind->u.indicator = nulls; /* STMT_INDICATOR_NULL is 1 */
}

/* ---- connecting ------------------------------------------------------------------------------------------ */

/* Challenge and response only: the server never sees the password. */
#define SAFE_LOGINS "mysql_native_password,client_ed25519,parsec"
/* These may hand the password itself to the server. */
#define SECRET_LOGINS SAFE_LOGINS ",caching_sha2_password,sha256_password"

void client_options(MYSQL *mysql, enum client_tls tls, const char *ca, const char *cert,
                    const char *key)
{
    const my_bool on = 1, off = 0;
    /* From 3.4 on the library checks either everything or, allowing invalid certificates, nothing; before,
    ** a CA alone makes it check the chain but not the name. */
    bool verify =
        tls == TLS_VERIFY_IDENTITY || (tls == TLS_VERIFY_CA && mysql_get_client_version() >= 30400);

    (void)mysql_optionsv(mysql, MYSQL_OPT_NONBLOCK, NULL);
    (void)mysql_optionsv(mysql, MYSQL_OPT_RECONNECT, &off);
    (void)mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, SAFE_LOGINS);
    (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, tls >= TLS_PREFERRED ? &on : &off);
    (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify ? &on : &off);
    if (tls == TLS_DISABLED)
        return;
    if (ca)
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, ca);
    if (cert)
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_CERT, cert);
    if (key)
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_KEY, key);
}

/* The greeting of the connection that this thread is making, as the library reads it. */
struct greeting {
    const MYSQL *mysql;
    enum client_tls tls;
    bool local;
    unsigned char bytes[512]; /* what has come of it, at most */
    size_t n;
    bool checked;
    const char *why; /* it must not go on */
};

static _Thread_local struct greeting *greeting;

/* 1 = the capabilities are in *caps, 0 = they have not come yet, -1 = an error packet: the library will say
** so, -2 = something else. */
static int read_caps(const struct greeting *g, unsigned *caps)
{
    const unsigned char *p = g->bytes, *end;
    size_t at = PACKET_HEADER + 1;

    if (g->n < at)
        return 0;
    if (p[PACKET_HEADER] != PROTOCOL)
        return p[PACKET_HEADER] == 0xff ? -1 : -2;
    end = memchr(p + at, 0, g->n - at);
    if (!end)
        return g->n == sizeof g->bytes ? -2 : 0;
    at = (size_t)(end - p) + 1 + 4 + 8 + 1; /* connection id, first part of the challenge, filler */
    if (at + 2 > g->n)
        return at + 2 > sizeof g->bytes ? -2 : 0;
    *caps = p[at] | (unsigned)p[at + 1] << 8;
    return 1;
}

/* Called by the library after every read and write of any connection. */
static void watch_greeting(int written, MYSQL *mysql, const unsigned char *buffer, size_t n)
{
    struct greeting *g = greeting;
    unsigned caps = 0;
    bool secret;
    int got;

    if (!g || g->checked || written || mysql != g->mysql || n == 0 || n > MESSAGE_MAX)
        return;
    n = n < sizeof g->bytes - g->n ? n : sizeof g->bytes - g->n;
    memcpy(g->bytes + g->n, buffer, n);
    g->n += n;
    got = read_caps(g, &caps);
    if (got == 0)
        return;
    g->checked = true;
    /* TLS that nobody asked for is as good as the server that offers it, which may be a false one. */
    secret = caps & CLIENT_SSL && g->tls >= TLS_REQUIRED;
    if (got == -2)
        g->why = "the peer does not speak the MySQL protocol";
    else if (got == 1 && g->tls >= TLS_REQUIRED && !secret)
        g->why = "the server offers no TLS, and ssl_mode asks for it";
    else if (got == 1 && (secret || g->local))
        (void)mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, SECRET_LOGINS);
    if (g->why)
        (void)shutdown((int)mysql_get_socket(mysql), SHUT_RDWR); /* no login leaves this machine */
}

int client_connect(MYSQL *mysql, const char *host, const char *user, const char *password,
                   const char *database, int port, const char *socket, unsigned long flags,
                   enum client_tls tls, bool local, const char **why)
{
    struct greeting g = {.mysql = mysql, .tls = tls, .local = local};
    bool connected;

    greeting = &g;
    connected = mysql_real_connect(mysql, host, user, password, database, (unsigned)port, socket,
                                   flags) != NULL;
    greeting = NULL;
    *why = g.why;
    if (connected && tls >= TLS_REQUIRED && !mysql_get_ssl_cipher(mysql))
        *why = "the connection is not encrypted, and ssl_mode asks for it";
    return connected && !*why ? 0 : -1;
}

/* ---- the library ----------------------------------------------------------------------------------------- */

/* Exported by the library for its trace plugins; in no installed header. */
int ma_pvio_register_callback(my_bool on, void (*callback)(int written, MYSQL *mysql,
                                                           const unsigned char *buffer, size_t n));

static void init_once(void)
{
    void *clear;
    (void)mysql_library_init(0, NULL, NULL);
    (void)ma_pvio_register_callback(1, watch_greeting);
    clear = dlsym(RTLD_DEFAULT, "ERR_clear_error");
    memcpy(&clear_tls_errors, &clear, sizeof clear);
}

void client_library_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_once);
}

void client_thread_begin(void)
{
}

void client_thread_end(void)
{
}

#endif
