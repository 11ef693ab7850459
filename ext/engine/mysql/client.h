/* One server connection as the two client libraries know it: libmariadb (client.c) and MySQL's own
** libmysqlclient (client_thread.c).  What differs between them is behind these few calls; the rest of the
** driver uses only the API that both have.
**
** One operation runs at a time and never waits by itself: client_begin() starts it, and as long as
** client.events is not 0 the caller waits for them (on client_fd) and calls client_continue().  Then client.rc
** says how it ended.  Texts and handles given to an operation must live until it has ended. */
#ifndef BINDS_ENGINE_MYSQL_CLIENT_H
#define BINDS_ENGINE_MYSQL_CLIENT_H

#include <errmsg.h>
#include <mysql.h>

#include "base/sqlite.h"
#include <stdbool.h>

/* BINDS_MYSQL_THREAD builds the variant for libmysqlclient on top of libmariadb, for its tests. */
#if defined(LIBMARIADB) && !defined(BINDS_MYSQL_THREAD)
#define CLIENT_NONBLOCKING
#define CLIENT_COPIES_ARGS true /* client_begin has read the bound values when it returns */
#else
#define CLIENT_COPIES_ARGS false
#endif
#if defined(LIBMARIADB) || MYSQL_VERSION_ID < 80001
typedef my_bool client_bool;
#else
typedef bool client_bool;
#endif

enum client_op {
    CLIENT_QUERY,       /* sends a text; rc 0 = a result or an OK is there */
    CLIENT_PREPARE,
    CLIENT_EXECUTE,
    CLIENT_FETCH,       /* rc 0 = a row (row, row_end), MYSQL_NO_DATA = the end, else an error */
    CLIENT_FETCH_TEXT,  /* the same for the result of CLIENT_QUERY (text, lengths) */
    CLIENT_NEXT_RESULT, /* rc 0 = there is one more, -1 = no more */
    CLIENT_CLOSE_STMT   /* frees the handle; the server is told without an answer */
};

struct client_thread;

struct client {
    MYSQL *mysql;
    MYSQL_RES *result;          /* the text result that is being read */
    enum client_op op;          /* of the running operation, or the last one */
    MYSQL_STMT *stmt;
    int events;                 /* WAIT_*: what the running operation waits for; 0 = none runs */
    int rc;
    unsigned char *row;         /* CLIENT_FETCH: a row of the binary protocol; may be written to */
    unsigned char *row_end;
    char **text;                /* CLIENT_FETCH_TEXT: NULL = SQL NULL; each is terminated */
    unsigned long *lengths;
    client_bool flag;
    bool peeks;                 /* the library's read-ahead cache may be looked into */
    bool tls;
    struct client_thread *thread;
};

/* Takes a connected handle.  SQLITE_OK or SQLITE_NOMEM, then the handle is still the caller's. */
int client_init(struct client *k, MYSQL *mysql);
/* Closes, without waiting for anything: what is outstanding is cut off.  Frees no statement handles: see
** client_forget_stmt. */
void client_clear(struct client *k);
bool client_open(const struct client *k);
int client_fd(const struct client *k);          /* what to wait on while an operation runs */
int client_socket(const struct client *k);
/* Starts op; sql for CLIENT_QUERY and CLIENT_PREPARE, stmt for those on statements.  Returns events. */
int client_begin(struct client *k, enum client_op op, MYSQL_STMT *stmt, const char *sql, size_t n);
int client_continue(struct client *k, int ready);
/* True when the next row (or the end) is in memory; then client_fetch_cached reads it without waiting. */
bool client_row_cached(const struct client *k);
void client_fetch_cached(struct client *k);
/* After client_clear(): frees a handle of that connection.  NULL is fine. */
void client_forget_stmt(MYSQL_STMT *stmt);

MYSQL_STMT *client_stmt_new(struct client *k);  /* NULL = out of memory */
/* The columns of a prepared (or executed) statement; NULL without.  Give *hold to mysql_free_result. */
const MYSQL_FIELD *client_stmt_fields(MYSQL_STMT *stmt, int *n, MYSQL_RES **hold);
/* The server's own name of a column's type beyond MySQL's ("uuid", "inet6", "json"), or NULL. */
const char *client_field_type_name(const MYSQL_FIELD *field, char *out, size_t size);
sqlite3_int64 client_bytes(const struct client *k); /* in and out so far; 0 = the library does not tell */
bool client_has_bulk(const struct client *k);   /* library and server know array binding */
int client_set_array(MYSQL_STMT *stmt, unsigned rows); /* 0 = ok */
void client_bind_nulls(MYSQL_BIND *bind, char *nulls); /* of an array: 1 = NULL */

/* Before the first handle, in any thread. */
void client_library_init(void);
/* TLS wanted of a connection, weakest first. */
enum client_tls { TLS_DISABLED, TLS_PREFERRED, TLS_REQUIRED, TLS_VERIFY_CA, TLS_VERIFY_IDENTITY };
/* Options of a handle that is not connected yet. */
void client_options(MYSQL *mysql, enum client_tls tls, const char *ca, const char *cert, const char *key);
/* Connects, waiting inside (login.c runs it in a thread); enforces tls before anything is sent; sets *why to a constant text when the refusal is our own.  local: a socket file.
** Ways of logging in that show the server the password are allowed only there and under ssl_mode=REQUIRED or
** stronger.  0 = connected. */
int client_connect(MYSQL *mysql, const char *host, const char *user, const char *password,
                   const char *database, int port, const char *socket, unsigned long flags,
                   enum client_tls tls, bool local, const char **why);
/* A thread that uses the library calls these around it. */
void client_thread_begin(void);
void client_thread_end(void);

#endif
