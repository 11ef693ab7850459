/* MariaDB Connector/C: operations in its coroutine (mysql_*_start, mysql_*_cont).
**
** The coroutine costs something per entry, so a row that is already in the library's read-ahead cache is read
** where it lies, without a call: about one row in 16 KB of them goes through the coroutine.  The library's own
** decoding is replaced by a callback that only passes by the values; decode.c reads them from the packet, with
** every length checked.
**
** Connecting runs in the coroutine as well, in a thread (login.c): when it waits for the server's greeting we
** look at the greeting first.  Whether the server offers TLS, and so which ways of logging in are safe, is
** known then, and nothing secret has been sent. */
#include "engine/mysql/client.h"

#ifdef CLIENT_NONBLOCKING

#include "base/trace.h"
#include "engine/wait.h"

#include <ma_pvio.h>
#include <mariadb_version.h>

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#define PACKET_HEADER 4
#define PACKET_MAX 0xffffff
#define PROTOCOL 10
#define ABORT_STEPS 1000 /* more than enough for an operation to notice that its socket is dead */

static void init_once(void)
{
    (void)mysql_library_init(0, NULL, NULL);
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
        k->rc = k->flag;
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
    int status = (ready & WAIT_READ ? MYSQL_WAIT_READ : 0) |
                 (ready & WAIT_WRITE ? MYSQL_WAIT_WRITE : 0);
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
        return (sqlite3_int64)(in + out);
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
/* These hand the password itself to the server, over a channel that nobody else can read. */
#define SECRET_LOGINS SAFE_LOGINS ",caching_sha2_password,sha256_password"

void client_options(MYSQL *mysql, enum client_tls tls, const char *ca, const char *cert,
                    const char *key)
{
    const my_bool on = 1, off = 0;
    /* From 3.4 on the library checks either everything or, allowing invalid certificates, nothing; before,
    ** a CA alone makes it check the chain but not the name. */
    bool verify = tls == TLS_VERIFY_IDENTITY ||
                  (tls == TLS_VERIFY_CA && mysql_get_client_version() >= 30400);

    (void)mysql_optionsv(mysql, MYSQL_OPT_NONBLOCK, NULL);
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

/* Reads the greeting without taking it from the socket.  1 = whole (capabilities in *caps), 0 = not yet,
** -1 = an error packet or the end of the stream: the library will say so, -2 = something else. */
static int peek_greeting(int fd, unsigned *caps)
{
    unsigned char buf[512];
    ssize_t n = recv(fd, buf, sizeof buf, MSG_PEEK | MSG_DONTWAIT);
    size_t at = PACKET_HEADER + 1, size;
    const unsigned char *end;

    if (n <= 0)
        return -1;
    size = (size_t)n;
    if (size < at)
        return 0;
    if (buf[PACKET_HEADER] != PROTOCOL)
        return buf[PACKET_HEADER] == 0xff ? -1 : -2;
    end = memchr(buf + at, 0, size - at);
    if (!end)
        return size == sizeof buf ? -2 : 0;
    at = (size_t)(end - buf) + 1 + 4 + 8 + 1; /* connection id, first part of the challenge, filler */
    if (at + 2 > size)
        return at + 2 > sizeof buf ? -2 : 0;
    *caps = buf[at] | (unsigned)buf[at + 1] << 8;
    return 1;
}

/* Before the library reads the first byte of the greeting.  0 = go on, 1 = wait for the rest of it. */
static int check_greeting(MYSQL *mysql, enum client_tls tls, bool local, int fd, const char **why)
{
    unsigned caps = 0;
    int got = peek_greeting(fd, &caps);
    bool secret = caps & CLIENT_SSL && tls != TLS_DISABLED;

    if (got == 0)
        return 1;
    if (got == -1)
        return 0;
    if (got == -2) {
        *why = "the peer does not speak the MySQL protocol";
        return -1;
    }
    if (tls >= TLS_REQUIRED && !secret) {
        *why = "the server offers no TLS, and ssl_mode asks for it";
        return -1;
    }
    if (secret || local)
        (void)mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, SECRET_LOGINS);
    return 0;
}

static int poll_socket(int fd, int status, sqlite3_int64 deadline_us)
{
    sqlite3_int64 left = (deadline_us - trace_clock_us()) / 1000;
    struct pollfd p = {.fd = fd};
    int n;

    if (left <= 0)
        return MYSQL_WAIT_TIMEOUT;
    if (status & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT))
        p.events |= POLLIN;
    if (status & MYSQL_WAIT_WRITE)
        p.events |= POLLOUT;
    n = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
    if (n == 0)
        return MYSQL_WAIT_TIMEOUT;
    return status & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT);
}

int client_connect(MYSQL *mysql, const char *host, const char *user, const char *password,
                   const char *database, int port, const char *socket, unsigned long flags,
                   enum client_tls tls, bool local, sqlite3_int64 deadline_us, const char **why)
{
    MYSQL *ret = NULL;
    bool checked = false, refused = false;
    int status = mysql_real_connect_start(&ret, mysql, host, user, password, database,
                                          (unsigned)port, socket, flags);

    while (status) {
        int fd = (int)mysql_get_socket(mysql);
        int ready = refused ? MYSQL_WAIT_TIMEOUT : poll_socket(fd, status, deadline_us);
        if (!checked && status & MYSQL_WAIT_READ && ready != MYSQL_WAIT_TIMEOUT) {
            int verdict = check_greeting(mysql, tls, local, fd, why);
            if (verdict > 0) {
                (void)poll(NULL, 0, 1);
                continue;
            }
            checked = true;
            if (verdict < 0) {
                /* The read ends with an error, and the coroutine cleans up. */
                refused = true;
                (void)shutdown(fd, SHUT_RDWR);
                ready = MYSQL_WAIT_TIMEOUT;
            }
        }
        status = mysql_real_connect_cont(&ret, mysql, ready);
    }
    if (refused)
        return -1;
    if (ret && tls >= TLS_REQUIRED && !mysql_get_ssl_cipher(mysql)) {
        *why = "the connection is not encrypted, and ssl_mode asks for it";
        return -1;
    }
    return ret ? 0 : -1;
}

#endif
