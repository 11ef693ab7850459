/* Statements and their results: send, next, finish.
**
** Two ways to the server.  A statement with arguments, or one that reads rows (SELECT …), is prepared, kept by
** the front's cache, and its rows come in the binary protocol, unbuffered: doubles and floats travel exactly,
** and nothing grows with the result.  Anything else without arguments (verbs, DDL, SHOW) goes as text, in one
** round trip; not all of it can be prepared.  (In a text answer a FLOAT has the digits that the server prints.)
**
** my_step() is the machine: it begins the next operation as soon as the last has ended and never waits.  The
** rest of what a CALL returns after its first result is read and dropped. */
#include "engine/mysql/my.h"

#include <string.h>

/* Error numbers after which the statement has to be prepared anew. */
#define STALE_METADATA 2057  /* CR_NEW_STMT_METADATA */
#define STALE_HANDLER 1243   /* ER_UNKNOWN_STMT_HANDLER */
#define STALE_REPREPARE 1615 /* ER_NEED_REPREPARE */
#define NOT_SENT 2006 /* CR_SERVER_GONE_ERROR: writing failed, so the server has no whole command */

/* ---- what a text is -------------------------------------------------------------------------------------- */

static const char *past_comments(const char *p)
{
    for (;;) {
        while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
            p++;
        if (p[0] == '/' && p[1] == '*' && p[2] != '!' && p[2] != 'M') {
            const char *end = strstr(p + 2, "*/");
            if (!end)
                return p;
            p = end + 2;
        } else if (p[0] == '#' || (p[0] == '-' && p[1] == '-' && (p[2] == ' ' || p[2] == '\n'))) {
            while (*p && *p != '\n')
                p++;
        } else {
            return p;
        }
    }
}

static bool reads_rows(const char *sql)
{
    static const char *const words[] = {"SELECT", "WITH", "VALUES", "TABLE", "CALL"};
    const char *p = past_comments(sql);
    if (*p == '(')
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        char next;
        if (sqlite3_strnicmp(p, words[i], (int)n) != 0)
            continue;
        next = p[n];
        return !((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
                 (next >= '0' && next <= '9') || next == '_' || next == '$');
    }
    return false;
}

/* ---- the columns ----------------------------------------------------------------------------------------- */

static void forget_columns(struct my_stmt *s)
{
    sqlite3_free(s->columns);
    sqlite3_free(s->types);
    sqlite3_free(s->values);
    sqlite3_free(s->cells);
    sqlite3_free(s->scratch);
    arena_clear(&s->types_arena);
    s->columns = NULL;
    s->types = NULL;
    s->values = NULL;
    s->cells = NULL;
    s->scratch = NULL;
    s->ncolumns = 0;
}

static int learn_columns(struct my_stmt *s, const MYSQL_FIELD *fields, int n, struct err *err)
{
    size_t count = (size_t)n;
    bool same = n == s->ncolumns;

    for (int i = 0; i < n && same; i++)
        same = my_column_same(&fields[i], &s->columns[i]);
    if (same)
        return SQLITE_OK;
    forget_columns(s);
    arena_init(&s->types_arena);
    s->columns = sqlite3_malloc64(count * sizeof *s->columns);
    s->types = sqlite3_malloc64(count * sizeof *s->types);
    s->values = sqlite3_malloc64(count * sizeof *s->values);
    s->cells = sqlite3_malloc64(count * sizeof *s->cells);
    s->scratch = sqlite3_malloc64(count * sizeof *s->scratch);
    if (!s->columns || !s->types || !s->values || !s->cells || !s->scratch) {
        forget_columns(s);
        return err_nomem(err);
    }
    s->ncolumns = n;
    for (int i = 0; i < n; i++) {
        int rc;
        my_column_init(&fields[i], &s->columns[i]);
        rc = my_column_type(&fields[i], &s->columns[i], &s->types_arena, &s->types[i], err);
        if (rc != SQLITE_OK) {
            forget_columns(s);
            return rc;
        }
    }
    s->eager = my_eager_columns(s->columns, n);
    return SQLITE_OK;
}

static int describe(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    MYSQL_RES *hold = NULL;
    const MYSQL_FIELD *fields;
    int n, rc;

    if (s->handle) {
        fields = client_stmt_fields(s->handle, &n, &hold);
    } else {
        n = (int)mysql_num_fields(c->client.result);
        fields = mysql_fetch_fields(c->client.result);
    }
    rc = fields ? learn_columns(s, fields, n, err) : err_nomem(err);
    if (hold)
        mysql_free_result(hold);
    return rc;
}

/* ---- the machine ----------------------------------------------------------------------------------------- */

void my_count_bytes(struct my_conn *c)
{
    sqlite3_int64 bytes = client_bytes(&c->client);
    if (bytes > c->bytes_seen) {
        c->base.bytes += bytes - c->bytes_seen;
        c->bytes_seen = bytes;
    }
}

/* Nothing of s is on the wire any more. */
static void off_the_wire(struct my_conn *c, struct my_stmt *s)
{
    if (c->client.result) {
        mysql_free_result(c->client.result);
        c->client.result = NULL;
    }
    s->phase = PHASE_NONE;
    s->dropping = false;
    if (c->current == s)
        c->current = NULL;
    my_count_bytes(c);
}

static int failed(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    bool preparing = s->phase == PHASE_PREPARING;
    int rc = my_error(c, s->handle, err);

    if (err->lost)
        err->not_executed = preparing || (s->phase == PHASE_EXECUTING && err->native == NOT_SENT);
    if (err->native == STALE_METADATA || err->native == STALE_HANDLER ||
        err->native == STALE_REPREPARE)
        s->stale = true;
    off_the_wire(c, s);
    return rc;
}

/* A failure of ours while an answer is under way: the rest must not stay on the wire. */
static int failed_here(struct my_conn *c, struct my_stmt *s, int rc)
{
    struct err ignored;
    err_clear(&ignored);
    (void)my_cancel(&c->base, &ignored);
    if (c->current == s)
        off_the_wire(c, s);
    return rc;
}

int my_prepare(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    if (!s->handle) {
        if (c->nhandles >= c->dead_cap) {
            int cap = c->dead_cap ? c->dead_cap * 2 : 16;
            MYSQL_STMT **dead = sqlite3_realloc64(c->dead, (size_t)cap * sizeof(MYSQL_STMT *));
            if (!dead)
                return err_nomem(err);
            c->dead = dead;
            c->dead_cap = cap;
        }
        s->handle = client_stmt_new(&c->client);
        if (!s->handle)
            return err_nomem(err);
        c->nhandles++;
    }
    s->prepared = false;
    s->phase = PHASE_PREPARING;
    c->current = s;
    c->base.round_trips++;
    (void)client_begin(&c->client, CLIENT_PREPARE, s->handle, s->base.sql, strlen(s->base.sql));
    return SQLITE_OK;
}

void my_execute(struct my_conn *c, struct my_stmt *s)
{
    s->phase = PHASE_EXECUTING;
    c->current = s;
    c->base.round_trips++;
    (void)client_begin(&c->client, CLIENT_EXECUTE, s->handle, NULL, 0);
}

/* The statement is prepared: bind and execute. */
static int after_prepare(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    int n, rc;
    s->prepared = true;
    s->phase = PHASE_NONE;
    if (s->abandoned) {
        off_the_wire(c, s);
        return SQLITE_DONE;
    }
    n = (int)mysql_stmt_param_count(s->handle);
    if (n > s->nslots)
        rc = err_set(err, SQLITE_MISUSE, "the statement has %d arguments, %d were given", n,
                     s->nslots);
    else
        rc = my_args_bind(c, s, err);
    if (rc != SQLITE_OK) {
        off_the_wire(c, s);
        return rc;
    }
    my_execute(c, s);
    if (CLIENT_COPIES_ARGS)
        buf_clear(&s->copied);
    return SQLITE_OK;
}

/* One result has been read to its end, or was none. */
static int after_result(struct my_conn *c, struct my_stmt *s)
{
    if (c->client.result) {
        mysql_free_result(c->client.result);
        c->client.result = NULL;
    }
    if (!mysql_more_results(c->client.mysql)) {
        off_the_wire(c, s);
        return SQLITE_DONE;
    }
    s->phase = PHASE_MORE;
    s->dropping = true;
    (void)client_begin(&c->client, CLIENT_NEXT_RESULT, s->handle, NULL, 0);
    return SQLITE_OK;
}

static unsigned field_count(const struct my_conn *c, const struct my_stmt *s)
{
    return s->handle ? mysql_stmt_field_count(s->handle) : mysql_field_count(c->client.mysql);
}

/* Prepares for reading the rows of the result that has arrived. */
static int open_result(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    if (!s->handle) {
        c->client.result = mysql_use_result(c->client.mysql);
        if (!c->client.result)
            return failed(c, s, err);
    }
    s->phase = PHASE_ROWS;
    return SQLITE_OK;
}

static int after_execute(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    int rc;
    if (field_count(c, s) == 0) {
        my_ulonglong affected =
            s->handle ? mysql_stmt_affected_rows(s->handle) : mysql_affected_rows(c->client.mysql);
        s->affected = affected == (my_ulonglong)-1 ? 0 : (sqlite3_int64)affected;
        s->insert_id = (sqlite3_int64)(s->handle ? mysql_stmt_insert_id(s->handle)
                                                 : mysql_insert_id(c->client.mysql));
        forget_columns(s);
        return after_result(c, s);
    }
    rc = open_result(c, s, err);
    if (rc == SQLITE_OK) {
        rc = describe(c, s, err);
        if (rc != SQLITE_OK)
            return failed_here(c, s, rc);
    }
    return rc;
}

static int after_more(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    if (c->client.rc > 0)
        return failed(c, s, err);
    if (c->client.rc < 0) {
        off_the_wire(c, s);
        return SQLITE_DONE;
    }
    return field_count(c, s) > 0 ? open_result(c, s, err) : after_result(c, s);
}

static int after_fetch(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    if (c->client.rc == 0) {
        s->phase = PHASE_ROWS;
        return s->dropping ? SQLITE_OK : SQLITE_ROW;
    }
    if (c->client.rc != MYSQL_NO_DATA)
        return failed(c, s, err);
    return after_result(c, s);
}

/* Now and then, about once in 16 KB: where a server is faster than we are, nothing ever waits. */
static int begin_fetch(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    struct wait *w = c->base.wait;
    if (!s->abandoned && w && w->host && host_interrupted(w->host))
        return my_interrupt(c, err);
    s->phase = PHASE_FETCHING;
    (void)client_begin(&c->client, s->handle ? CLIENT_FETCH : CLIENT_FETCH_TEXT, s->handle, NULL,
                       0);
    return SQLITE_OK;
}

int my_step(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    struct client *k = &c->client;
    int rc;

    do {
        if (k->events)
            return STEP_WAIT;
        switch (s->phase) {
        case PHASE_PREPARING:
            rc = k->rc ? failed(c, s, err) : after_prepare(c, s, err);
            break;
        case PHASE_EXECUTING:
            rc = k->rc ? failed(c, s, err) : after_execute(c, s, err);
            break;
        case PHASE_ROWS:
            if (client_row_cached(k)) {
                client_fetch_cached(k);
                rc = after_fetch(c, s, err);
            } else {
                rc = begin_fetch(c, s, err);
            }
            break;
        case PHASE_FETCHING:
            rc = after_fetch(c, s, err);
            break;
        case PHASE_MORE:
            rc = after_more(c, s, err);
            break;
        default:
            return SQLITE_DONE;
        }
    } while (rc == SQLITE_OK);
    return rc;
}

int my_wait(struct my_conn *c, struct err *err)
{
    const struct url *url = c->base.url;
    struct client *k = &c->client;

    while (k->events) {
        sqlite3_int64 deadline =
            c->open_deadline_us ? c->open_deadline_us : wait_deadline(url->timeout_ms);
        int ready = 0;
        switch (wait_fd(c->base.wait, client_fd(k), k->events, deadline, &ready)) {
        case WAIT_READY:
            (void)client_continue(k, ready);
            break;
        case WAIT_INTERRUPTED:
            return my_interrupt(c, err);
        case WAIT_TIMEOUT:
            if (c->open_deadline_us)
                return my_lost(c, err, "connecting took longer than connect_timeout allows");
            my_kill_and_forget(c);
            return my_lost(c, err, "no answer for %.3g s", url->timeout_ms / 1000.0);
        case WAIT_FAILED:
            return my_lost(c, err, "the connection's socket is gone");
        }
    }
    return SQLITE_OK;
}

static int run(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    for (;;) {
        int rc = my_step(c, s, err);
        if (rc != STEP_WAIT)
            return rc;
        rc = my_wait(c, err);
        if (rc != SQLITE_OK)
            return rc;
    }
}

int my_run_out(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    int rc;
    do {
        rc = run(c, s, err);
    } while (rc == SQLITE_ROW);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- slots of the driver --------------------------------------------------------------------------------- */

int my_close_dead(struct my_conn *c, struct err *err)
{
    while (c->ndead > 0) {
        MYSQL_STMT *handle = c->dead[--c->ndead];
        int rc;
        c->nhandles--;
        (void)client_begin(&c->client, CLIENT_CLOSE_STMT, handle, NULL, 0);
        rc = my_wait(c, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

static void put_off_close(struct my_conn *c, struct my_stmt *s)
{
    if (s->handle)
        c->dead[c->ndead++] = s->handle;
    s->handle = NULL;
    s->prepared = false;
}

int my_send(struct conn *conn, struct stmt *stmt, const struct arg *args, int nargs,
            struct rows *rows, struct err *err)
{
    struct my_conn *c = (struct my_conn *)conn;
    struct my_stmt *s = (struct my_stmt *)stmt;
    int rc;

    rows->driver = s;
    s->affected = s->insert_id = 0;
    s->abandoned = s->dropping = false;
    if (s->stale) {
        put_off_close(c, s);
        s->stale = false;
    }
    rc = my_close_dead(c, err);
    if (rc != SQLITE_OK)
        return rc;
    if (nargs == 0 && !s->handle && !reads_rows(stmt->sql)) {
        s->phase = PHASE_EXECUTING;
        c->current = s;
        conn->round_trips++;
        (void)client_begin(&c->client, CLIENT_QUERY, NULL, stmt->sql, strlen(stmt->sql));
    } else {
        rc = my_args_set(c, s, args, nargs, !s->prepared || !CLIENT_COPIES_ARGS, err);
        if (rc == SQLITE_OK && !s->prepared) {
            rc = my_prepare(c, s, err);
        } else if (rc == SQLITE_OK && nargs < (int)mysql_stmt_param_count(s->handle)) {
            rc = err_set(err, SQLITE_MISUSE, "%d arguments are too few", nargs);
        } else if (rc == SQLITE_OK) {
            rc = my_args_bind(c, s, err);
            if (rc == SQLITE_OK)
                my_execute(c, s);
        }
        if (rc != SQLITE_OK)
            return rc;
    }
    /* What has failed already: told now if the connection is gone, else by next. */
    if (!c->client.events && c->client.rc && my_errno_lost(mysql_errno(c->client.mysql)))
        return failed(c, s, err);
    return SQLITE_OK;
}

int my_next(struct rows *rows, struct err *err)
{
    struct my_conn *c = (struct my_conn *)rows->conn;
    struct my_stmt *s = (struct my_stmt *)rows->stmt;
    int rc = run(c, s, err);

    rows->ncolumns = s->ncolumns;
    rows->types = s->types;
    if (rc == SQLITE_ROW && s->handle) {
        if (!my_row_take(c, s))
            return my_lost(c, err, "the server sent a malformed row");
        rows->cells = s->cells;
        rows->at_hand = s->eager;
    }
    if (rc == SQLITE_DONE) {
        rows->affected = s->affected;
        rows->insert_id = s->insert_id;
    }
    return rc;
}

void my_finish(struct rows *rows)
{
    struct my_conn *c = (struct my_conn *)rows->conn;
    struct my_stmt *s = (struct my_stmt *)rows->stmt;
    struct err ignored;

    if (c->current == s && c->base.state != CONN_LOST) {
        err_clear(&ignored);
        (void)my_cancel(&c->base, &ignored);
    }
    s->phase = PHASE_NONE;
    buf_clear(&s->copied);
}

void my_stmt_clear(struct my_conn *c, struct my_stmt *s)
{
    if (c->current == s)
        c->current = NULL;
    put_off_close(c, s);
    forget_columns(s);
    sqlite3_free(s->slots);
    sqlite3_free(s->binds);
    buf_clear(&s->copied);
    s->slots = NULL;
    s->binds = NULL;
    s->nslots = 0;
    s->phase = PHASE_NONE;
}

void my_unprepare(struct conn *conn, struct stmt *stmt)
{
    my_stmt_clear((struct my_conn *)conn, (struct my_stmt *)stmt);
}
