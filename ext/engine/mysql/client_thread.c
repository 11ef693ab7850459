/* MySQL's libmysqlclient: its calls on prepared statements only block, so they are made by a thread of the
** connection's own, and the driver waits for an eventfd as it would for the socket.
**
** An operation is handed over under the mutex and answered by the event.  A fetch is different: it lets the
** thread read ahead until READ_AHEAD bytes of rows lie there unread; the driver takes all that is there by
** swapping buffers.  So rows cost no hand-over each, and memory stays bounded.  While the thread is at work
** nobody else touches the handle.
**
** The library does not tell how long a row's packet is, only where it begins; it is measured here, within the
** packet buffer.  Without bound results the library decodes nothing itself.
** This thread touches no SQLite: its memory comes from malloc. */
#include "engine/mysql/client.h"

#ifndef CLIENT_NONBLOCKING

#include "engine/mysql/my.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AHEAD (256 * 1024)
#define CLOSE_MS 1000
#define NULL_TEXT 0xffffffffU

struct ahead { /* rows, one after the other, each after its size (size_t) */
    unsigned char *data;
    size_t used, cap, at;
};

struct client_thread {
    pthread_t id;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int event; /* readable: the operation has ended, or there are rows */
    /* under the lock */
    bool busy, quit, abandoned;
    bool wants_event; /* the driver waits */
    enum client_op op;
    MYSQL *mysql;
    MYSQL_STMT *stmt;
    MYSQL_RES *result;
    const char *sql;
    size_t n;
    int rc; /* of the operation; of a fetch: how the rows ended, 0 = they have not */
    struct ahead filling;
    /* the driver's own */
    struct ahead reading;
    unsigned ncolumns;
    char **text;
    unsigned long *lengths;
    /* the thread's own */
    struct my_column *columns;
    struct my_value *values;
    unsigned nvalues;
};

/* ---- reading ahead --------------------------------------------------------------------------------------- */

/* Room for a row of n bytes after its size; NULL = out of memory. */
static unsigned char *ahead_add(struct ahead *a, size_t n)
{
    size_t need = a->used + sizeof n + n;
    if (need > a->cap) {
        size_t cap = a->cap ? a->cap : 4096;
        unsigned char *data;
        while (cap < need)
            cap *= 2;
        data = realloc(a->data, cap);
        if (!data)
            return NULL;
        a->data = data;
        a->cap = cap;
    }
    memcpy(a->data + a->used, &n, sizeof n);
    a->used = need;
    return a->data + need - n;
}

/* The row that comes next; NULL = none. */
static unsigned char *ahead_take(struct ahead *a, size_t *n)
{
    unsigned char *row;
    if (a->at >= a->used)
        return NULL;
    memcpy(n, a->data + a->at, sizeof *n);
    row = a->data + a->at + sizeof *n;
    a->at += sizeof *n + *n;
    return row;
}

static bool learn_widths(struct client_thread *t)
{
    int n;
    MYSQL_RES *hold;
    const MYSQL_FIELD *fields = client_stmt_fields(t->stmt, &n, &hold);

    free(t->columns);
    free(t->values);
    t->columns = calloc((size_t)n + 1, sizeof *t->columns);
    t->values = calloc((size_t)n + 1, sizeof *t->values);
    t->nvalues = (unsigned)n;
    for (int i = 0; fields && t->columns && i < n; i++)
        my_column_init(&fields[i], &t->columns[i]);
    if (hold)
        mysql_free_result(hold);
    return fields && t->columns && t->values;
}

/* Reads one row and adds it.  0, MYSQL_NO_DATA or 1. */
static int read_row(struct client_thread *t)
{
    unsigned char *to = NULL, *row;
    size_t n = 1;
    int rc = mysql_stmt_fetch(t->stmt);

    if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
        return rc;
    row = t->mysql->net.read_pos;
    if (my_row_parse(row, t->mysql->net.buff_end, t->columns, (int)t->nvalues, t->values)) {
        n = 1 + (t->nvalues + 9) / 8;
        for (unsigned i = t->nvalues; i > 0; i--) {
            if (t->values[i - 1].p) {
                n = (size_t)(t->values[i - 1].p - row) + t->values[i - 1].n;
                break;
            }
        }
    }
    (void)pthread_mutex_lock(&t->lock);
    to = ahead_add(&t->filling, n);
    if (to)
        memcpy(to, row, n);
    (void)pthread_mutex_unlock(&t->lock);
    return to ? 0 : 1;
}

static int read_text_row(struct client_thread *t)
{
    char **row = mysql_fetch_row(t->result);
    const unsigned long *lengths = row ? mysql_fetch_lengths(t->result) : NULL;
    size_t n = 0;
    unsigned char *to;

    if (!row)
        return mysql_errno(t->mysql) ? 1 : MYSQL_NO_DATA;
    for (unsigned i = 0; i < t->ncolumns; i++)
        n += sizeof(unsigned) + (row[i] ? lengths[i] + 1 : 0);
    (void)pthread_mutex_lock(&t->lock);
    to = ahead_add(&t->filling, n);
    for (unsigned i = 0; to && i < t->ncolumns; i++) {
        unsigned size = row[i] ? (unsigned)lengths[i] : NULL_TEXT;
        memcpy(to, &size, sizeof size);
        to += sizeof size;
        if (row[i]) {
            memcpy(to, row[i], size);
            to[size] = 0;
            to += size + 1;
        }
    }
    (void)pthread_mutex_unlock(&t->lock);
    return to ? 0 : 1;
}

static void tell(struct client_thread *t)
{
    if (t->wants_event)
        (void)eventfd_write(t->event, 1);
    t->wants_event = false;
}

/* Reads rows until their end; pauses while too many lie unread. */
static int read_rows(struct client_thread *t)
{
    int rc = t->op == CLIENT_FETCH && !learn_widths(t) ? 1 : 0;
    while (rc == 0) {
        bool stop;
        rc = t->op == CLIENT_FETCH ? read_row(t) : read_text_row(t);
        (void)pthread_mutex_lock(&t->lock);
        if (rc == 0)
            tell(t);
        while (t->filling.used > READ_AHEAD && !t->quit)
            (void)pthread_cond_wait(&t->changed, &t->lock);
        stop = t->quit;
        (void)pthread_mutex_unlock(&t->lock);
        if (stop)
            rc = 1;
    }
    return rc;
}

/* ---- the thread ------------------------------------------------------------------------------------------ */

static int perform(struct client_thread *t)
{
    switch (t->op) {
    case CLIENT_QUERY:
        return mysql_real_query(t->mysql, t->sql, (unsigned long)t->n);
    case CLIENT_PREPARE:
        return mysql_stmt_prepare(t->stmt, t->sql, (unsigned long)t->n);
    case CLIENT_EXECUTE:
        return mysql_stmt_execute(t->stmt);
    case CLIENT_NEXT_RESULT:
        return t->stmt ? mysql_stmt_next_result(t->stmt) : mysql_next_result(t->mysql);
    case CLIENT_CLOSE_STMT:
        return mysql_stmt_close(t->stmt);
    default:
        return read_rows(t);
    }
}

static void thread_free(struct client_thread *t)
{
    (void)pthread_mutex_destroy(&t->lock);
    (void)pthread_cond_destroy(&t->changed);
    (void)close(t->event);
    free(t->filling.data);
    free(t->reading.data);
    free(t->text);
    free(t->lengths);
    free(t->columns);
    free(t->values);
    free(t);
}

static void *thread_main(void *p)
{
    struct client_thread *t = p;
    bool abandoned;

    client_thread_begin();
    (void)pthread_mutex_lock(&t->lock);
    while (!t->quit) {
        if (t->busy) {
            int rc;
            (void)pthread_mutex_unlock(&t->lock);
            rc = perform(t);
            (void)pthread_mutex_lock(&t->lock);
            t->rc = rc;
            t->busy = false;
            tell(t);
        } else {
            (void)pthread_cond_wait(&t->changed, &t->lock);
        }
    }
    abandoned = t->abandoned;
    (void)pthread_mutex_unlock(&t->lock);
    if (abandoned)
        mysql_close(t->mysql);
    client_thread_end();
    if (abandoned)
        thread_free(t);
    return NULL;
}

int client_init(struct client *k, MYSQL *mysql)
{
    struct client_thread *t = calloc(1, sizeof *t);
    sigset_t all, old;
    int rc;

    memset(k, 0, sizeof *k);
    if (!t)
        return SQLITE_NOMEM;
    t->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    t->mysql = mysql;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->changed, NULL);
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = t->event < 0 ? -1 : pthread_create(&t->id, NULL, thread_main, t);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        thread_free(t);
        return SQLITE_NOMEM;
    }
    k->mysql = mysql;
    k->thread = t;
    return SQLITE_OK;
}

bool client_open(const struct client *k)
{
    return k->mysql != NULL;
}

int client_fd(const struct client *k)
{
    return k->thread->event;
}

int client_socket(const struct client *k)
{
    return (int)k->mysql->net.fd;
}

/* ---- operations ------------------------------------------------------------------------------------------ */

static bool is_fetch(enum client_op op)
{
    return op == CLIENT_FETCH || op == CLIENT_FETCH_TEXT;
}

/* The next row from what was read ahead; false: none is here yet. */
static bool take_row(struct client *k)
{
    struct client_thread *t = k->thread;
    size_t n = 0;
    unsigned char *row = ahead_take(&t->reading, &n);

    if (!row) {
        struct ahead empty = t->reading;
        (void)pthread_mutex_lock(&t->lock);
        empty.used = empty.at = 0;
        t->reading = t->filling;
        t->filling = empty;
        (void)pthread_cond_signal(&t->changed);
        (void)pthread_mutex_unlock(&t->lock);
        row = ahead_take(&t->reading, &n);
    }
    if (!row)
        return false;
    k->rc = 0;
    k->row = row;
    k->row_end = row + n;
    for (unsigned i = 0; k->op == CLIENT_FETCH_TEXT && i < t->ncolumns; i++) {
        unsigned size;
        memcpy(&size, row, sizeof size);
        row += sizeof size;
        t->text[i] = size == NULL_TEXT ? NULL : (char *)row;
        t->lengths[i] = size == NULL_TEXT ? 0 : size;
        row += size == NULL_TEXT ? 0 : (size_t)size + 1;
    }
    k->text = t->text;
    k->lengths = t->lengths;
    return true;
}

/* Looks whether the operation has come to something; else asks for the event. */
static int look(struct client *k)
{
    struct client_thread *t = k->thread;
    eventfd_t seen;
    bool busy;
    int rc;

    for (;;) {
        if (is_fetch(k->op) && take_row(k)) {
            k->events = 0;
            return 0;
        }
        (void)pthread_mutex_lock(&t->lock);
        busy = t->busy;
        rc = t->rc;
        if (busy && t->filling.used == 0)
            t->wants_event = true;
        else if (!busy && t->filling.used == 0)
            (void)eventfd_read(t->event, &seen);
        if (is_fetch(k->op) && t->filling.used > 0) {
            (void)pthread_mutex_unlock(&t->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&t->lock);
        break;
    }
    k->events = busy ? WAIT_READ : 0;
    if (!busy) {
        k->rc = rc;
        k->flag = rc != 0;
    }
    return k->events;
}

static int begin_text(struct client *k)
{
    struct client_thread *t = k->thread;
    unsigned n = mysql_num_fields(k->result);
    free(t->text);
    free(t->lengths);
    t->text = calloc(n + 1, sizeof *t->text);
    t->lengths = calloc(n + 1, sizeof *t->lengths);
    t->ncolumns = n;
    return t->text && t->lengths ? 0 : -1;
}

int client_begin(struct client *k, enum client_op op, MYSQL_STMT *stmt, const char *sql, size_t n)
{
    struct client_thread *t = k->thread;
    bool reading = is_fetch(op) && is_fetch(k->op) && k->stmt == stmt;

    if (!reading) { /* else the thread reads on, or has read all */
        k->op = op;
        k->stmt = stmt;
        k->rc = 0;
        if (op == CLIENT_FETCH_TEXT && begin_text(k) != 0) {
            k->rc = 1;
            return 0;
        }
        (void)pthread_mutex_lock(&t->lock);
        t->op = op;
        t->stmt = stmt;
        t->sql = sql;
        t->n = n;
        t->result = k->result;
        t->rc = 0;
        t->filling.used = t->filling.at = t->reading.used = t->reading.at = 0;
        t->busy = true;
        (void)pthread_cond_signal(&t->changed);
        (void)pthread_mutex_unlock(&t->lock);
    }
    return look(k);
}

int client_continue(struct client *k, int ready)
{
    eventfd_t seen;
    (void)ready;
    (void)eventfd_read(k->thread->event, &seen);
    return look(k);
}

bool client_row_cached(const struct client *k)
{
    return is_fetch(k->op) && k->thread->reading.at < k->thread->reading.used;
}

void client_fetch_cached(struct client *k)
{
    (void)take_row(k);
}

void client_clear(struct client *k)
{
    struct client_thread *t = k->thread;
    bool idle;

    if (!k->mysql)
        return;
    (void)pthread_mutex_lock(&t->lock);
    if (t->busy && client_socket(k) >= 0)
        (void)shutdown(client_socket(k), SHUT_RDWR);
    t->quit = true;
    t->wants_event = true;
    (void)pthread_cond_signal(&t->changed);
    (void)pthread_mutex_unlock(&t->lock);
    for (sqlite3_int64 end = wait_deadline(CLOSE_MS);;) {
        struct pollfd p = {.fd = t->event, .events = POLLIN};
        (void)pthread_mutex_lock(&t->lock);
        idle = !t->busy;
        if (!idle && trace_clock_us() > end) {
            t->abandoned = true; /* it closes and frees when it comes back */
            (void)pthread_detach(t->id);
            (void)pthread_mutex_unlock(&t->lock);
            memset(k, 0, sizeof *k);
            return;
        }
        (void)pthread_mutex_unlock(&t->lock);
        if (idle)
            break;
        (void)poll(&p, 1, 10);
    }
    (void)pthread_join(t->id, NULL);
    if (k->result)
        mysql_free_result(k->result);
    mysql_close(k->mysql);
    thread_free(t);
    memset(k, 0, sizeof *k);
}

/* ---- statements ------------------------------------------------------------------------------------------ */

MYSQL_STMT *client_stmt_new(struct client *k)
{
    return mysql_stmt_init(k->mysql);
}

void client_forget_stmt(MYSQL_STMT *stmt)
{
    if (stmt)
        (void)mysql_stmt_close(stmt);
}

const MYSQL_FIELD *client_stmt_fields(MYSQL_STMT *stmt, int *n, MYSQL_RES **hold)
{
    *n = (int)mysql_stmt_field_count(stmt);
    *hold = *n > 0 ? mysql_stmt_result_metadata(stmt) : NULL;
    return *hold ? mysql_fetch_fields(*hold) : NULL;
}

const char *client_field_type_name(const MYSQL_FIELD *field, char *out, size_t size)
{
    (void)field;
    (void)out;
    (void)size;
    return NULL;
}

sqlite3_int64 client_bytes(const struct client *k)
{
    (void)k;
    return 0;
}

bool client_has_bulk(const struct client *k)
{
    (void)k;
    return false;
}

int client_set_array(MYSQL_STMT *stmt, unsigned rows)
{
    (void)stmt;
    (void)rows;
    return 1;
}

void client_bind_nulls(MYSQL_BIND *bind, char *nulls)
{
    (void)bind;
    (void)nulls;
}

#endif
