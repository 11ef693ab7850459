/* Connecting, dying, and what the session may do. */
#include "contract.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void describes_itself(struct contract *t)
{
    expect(t, t->c->server[0], "no server version");
    expect(t, t->c->server_version > 0, "no server version number");
    expect(t, t->c->address[0], "no address");
    expect(t, t->c->dialect && t->c->dialect->name, "no dialect");
    expect(t, !(t->c->caps & ~t->engine->caps), "more capabilities than the engine");
    expect(t, !(t->c->caps & CAP_TWO_PHASE) == (t->c->two_phase_why[0] != 0),
           "two-phase commit without a reason, or the other way: '%s'", t->c->two_phase_why);
    if (t->url.password)
        expect(t, !strstr(t->c->address, t->url.password), "the address tells the password");
    expect(t, conn_alive(t->c), "not alive");
    expect(t,
           !(t->c->caps & CAP_BULK) || (t->engine->bulk_begin && t->engine->bulk_row &&
                                        t->engine->bulk_end && t->engine->bulk_abort),
           "CAP_BULK without its slots");
}

static void nowhere_is_an_error(struct contract *t)
{
    static const struct {
        const char *pg, *my, *lite;
    } urls[] = {
        {"postgresql://u:sekret@127.0.0.1:1/db", "mysql://u:sekret@127.0.0.1:1/db",
         "sqlite:////nowhere/sekret/x.db"},
        {"postgresql://u:sekret@no-such-host.invalid/db",
         "mysql://u:sekret@no-such-host.invalid/db", "sqlite:////nowhere/x.db?mode=ro"},
        {"postgresql://u:sekret@/db?host=/nowhere",
         "mysql://u:sekret@/db?unix_socket=/nowhere/sock", "sqlite:////nowhere/x.db?immutable=1"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct url url;
        struct conn *c;
        sqlite3_int64 start = clock_ms();
        int rc = open_url(t, pick(t, urls[i].pg, urls[i].my, urls[i].lite), &url, &c);
        expect_rc(t, rc, SQLITE_CANTOPEN, pick(t, urls[i].pg, urls[i].my, urls[i].lite));
        if (engine_number(t) != ENGINE_SQLITE)
            expect(t, !strstr(t->err.text, "sekret"), "the message tells the password: %s",
                   t->err.text);
        expect(t, clock_ms() - start < 12000, "took %lld ms", clock_ms() - start);
        conn_close(c);
        url_clear(&url);
    }
}

/* A port of this machine that answers nothing: nobody accepts, and with `full` nothing more fits into the queue, so that
** not even the handshake of TCP comes to its end. */
#define SILENT_QUEUED 4

struct silent {
    int listener, queued[SILENT_QUEUED], port;
};

static bool silent_open(struct silent *s, bool full)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    for (int i = 0; i < SILENT_QUEUED; i++)
        s->queued[i] = -1;
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&a, n) != 0 ||
        listen(s->listener, full ? 0 : 8) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&a, &n) != 0)
        return false;
    s->port = ntohs(a.sin_port);
    for (int i = 0; i < SILENT_QUEUED && full; i++) {
        s->queued[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (s->queued[i] < 0 || fcntl(s->queued[i], F_SETFL, O_NONBLOCK) != 0)
            return false;
        (void)connect(s->queued[i], (struct sockaddr *)&a, n); /* is in progress, or in the queue */
    }
    return true;
}

static void silent_close(struct silent *s)
{
    for (int i = 0; i < SILENT_QUEUED; i++)
        if (s->queued[i] >= 0)
            close(s->queued[i]);
    if (s->listener >= 0)
        close(s->listener);
}

static void connecting_has_a_deadline(struct contract *t)
{
    if (engine_number(t) == ENGINE_SQLITE)
        return;
    for (int full = 0; full < 2; full++) {
        struct silent silent = {.port = 0};
        struct url url;
        struct conn *c;
        if (expect(t, silent_open(&silent, full), "no silent port")) {
            char *text = sqlite3_mprintf("%s://u@127.0.0.1:%d/db?connect_timeout=2",
                                         pick(t, "postgresql", "mysql", ""), silent.port);
            sqlite3_int64 start = clock_ms();
            int rc = open_url(t, text, &url, &c);
            expect_rc(t, rc, SQLITE_CANTOPEN, text);
            expect(t, clock_ms() - start > 1000, "took only %lld ms", clock_ms() - start);
            expect(t, clock_ms() - start < PROMPT_MS, "took %lld ms", clock_ms() - start);
            conn_close(c);
            url_clear(&url);
            sqlite3_free(text);
        }
        silent_close(&silent);
    }
}

static void read_only_is_kept_by_the_server(struct contract *t)
{
    char *text = url_with(t, "read_only=1");
    struct url url;
    struct conn *c;
    if (strstr(t->text, ":memory:")) {
        sqlite3_free(text);
        return;
    }
    run_ok(t, "CREATE TABLE contract_t(a %s)", int_word(t));
    if (expect_rc(t, open_url(t, text, &url, &c), SQLITE_OK, text)) {
        expect(t, query_int(t, c, "SELECT count(*) FROM contract_t") == 0, "reading");
        expect_rc(t, run_sql(t, c, "INSERT INTO contract_t VALUES(1)"), SQLITE_READONLY, "INSERT");
        run_sql(t, c, c->dialect->verbs.begin_write);
        expect_rc(t, run_sql(t, c, "INSERT INTO contract_t VALUES(1)"), SQLITE_READONLY,
                  "INSERT in a transaction");
    }
    conn_close(c);
    url_clear(&url);
    sqlite3_free(text);
    expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_t") == 0, "a row was written");
}

static void a_killed_session_is_noticed(struct contract *t)
{
    const char *who = pick(t, "SELECT pg_backend_pid()", "SELECT connection_id()", NULL);
    struct conn *victim;
    sqlite3_int64 id, start;
    char *sql;
    if (!who || !(victim = second_conn(t)))
        return;
    id = query_int(t, victim, who);
    sql = sqlite3_mprintf(pick(t, "SELECT pg_terminate_backend(%lld)", "KILL %lld", ""), id);
    expect_rc(t, run_sql(t, t->c, sql), SQLITE_OK, sql);
    sqlite3_free(sql);
    for (start = clock_ms(); conn_alive(victim) && clock_ms() - start < 3000;)
        wait_sleep(NULL, 10);
    expect(t, !conn_alive(victim), "still called alive after three seconds");
    expect_rc(t, run_sql(t, victim, "SELECT 1"), SQLITE_IOERR, "a statement on it");
    expect(t, t->err.lost && victim->state == CONN_LOST, "not called lost: %s", t->err.text);
    expect_rc(t, run_sql(t, victim, "SELECT 1"), SQLITE_IOERR, "another one");
    conn_close(victim);
}

static void a_session_killed_at_work_is_lost(struct contract *t)
{
    const char *who = pick(t, "SELECT pg_backend_pid()", "SELECT connection_id()", NULL);
    struct rows rows = {.conn = NULL};
    struct conn *victim;
    sqlite3_int64 n = 0;
    char *sql;
    int rc;
    if (!who || !make_big(t, 100000) || !(victim = second_conn(t)))
        return;
    sql = sqlite3_mprintf(pick(t, "SELECT pg_terminate_backend(%lld)", "KILL %lld", ""),
                          query_int(t, victim, who));
    rc = conn_send(
        victim,
        "SELECT a.id, a.name, b.name FROM contract_big a JOIN contract_big b ON a.id < b.id", NULL,
        0, QUERY_LONG, &rows, &t->err);
    expect_rc(t, rc, SQLITE_OK, "the victim's query");
    expect_rc(t, rows_next(&rows, &t->err), SQLITE_ROW, "its first row");
    expect_rc(t, run_sql(t, t->c, sql), SQLITE_OK, sql);
    sqlite3_free(sql);
    while ((rc = rows_next(&rows, &t->err)) == SQLITE_ROW)
        n++;
    expect_rc(t, rc, SQLITE_IOERR, "the end of its rows");
    expect(t, t->err.lost && !t->err.not_executed, "not called lost: %s", t->err.text);
    expect(t, strstr(t->err.text, "rows)") != NULL, "after how many rows? %s", t->err.text);
    rows_finish(&rows);
    conn_close(victim);
}

const struct contract_case connect_cases[] = {
    {"a connection describes itself", describes_itself, 0},
    {"an address where nobody is", nowhere_is_an_error, 0},
    {"an address that is silent", connecting_has_a_deadline, 0},
    {"read_only is kept by the server", read_only_is_kept_by_the_server, 0},
    {"a killed session is noticed without a round trip", a_killed_session_is_noticed, 0},
    {"a session killed at work is lost, its rows end in an error", a_session_killed_at_work_is_lost,
     0},
    {NULL, NULL, 0},
};
