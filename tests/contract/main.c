/* Harness of the contract tests: `contract URL` prints `ok - …` and `not ok - …` lines and `N passed, N failed`. */
#include "contract.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

int engine_number(const struct contract *t)
{
    if (strcmp(t->engine->name, "postgresql") == 0)
        return ENGINE_POSTGRESQL;
    return strcmp(t->engine->name, "mysql") == 0 ? ENGINE_MYSQL : ENGINE_SQLITE;
}

const char *pick(const struct contract *t, const char *postgresql, const char *mysql,
                 const char *sqlite)
{
    const char *const words[] = {postgresql, mysql, sqlite};
    return words[engine_number(t)];
}

const char *int_word(const struct contract *t)
{
    return pick(t, "bigint", "bigint", "INTEGER");
}

const char *text_word(const struct contract *t)
{
    return pick(t, "text COLLATE \"C\"", "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                "TEXT");
}

bool expect(struct contract *t, bool ok, const char *format, ...)
{
    va_list ap;
    char *text;
    t->checks++;
    if (ok)
        return true;
    t->failures++;
    va_start(ap, format);
    text = sqlite3_vmprintf(format, ap);
    va_end(ap);
    printf("# %s\n", text ? text : format);
    sqlite3_free(text);
    return false;
}

bool expect_rc(struct contract *t, int rc, int want, const char *what)
{
    bool same = rc == want || ((want & 0xff) == want && (rc & 0xff) == want);
    return expect(t, same, "%s: code %d instead of %d%s%s", what, rc, want, rc ? ": " : "",
                  rc ? t->err.text : "");
}

int run_sql(struct contract *t, struct conn *c, const char *sql)
{
    return conn_exec(c, sql, NULL, 0, NULL, NULL, &t->err);
}

bool run_ok(struct contract *t, const char *format, ...)
{
    va_list ap;
    char *sql;
    bool ok;
    va_start(ap, format);
    sql = sqlite3_vmprintf(format, ap);
    va_end(ap);
    ok = expect_rc(t, run_sql(t, t->c, sql), SQLITE_OK, sql);
    sqlite3_free(sql);
    return ok;
}

sqlite3_int64 query_int(struct contract *t, struct conn *c, const char *sql)
{
    struct rows rows = {.conn = NULL};
    struct cell cell = cell_int(-1);
    int rc = conn_send(c, sql, NULL, 0, QUERY_SHORT, &rows, &t->err);
    if (rc == SQLITE_OK)
        rc = rows_next(&rows, &t->err);
    if (rc == SQLITE_ROW)
        rc = rows_cell(&rows, 0, &cell, &t->err);
    expect_rc(t, rc, SQLITE_OK, sql);
    cell_fit_comparison(&cell);
    rows_finish(&rows);
    return cell.cls == CELL_INT ? cell.i : -1;
}

struct conn *second_conn(struct contract *t)
{
    struct conn *c = NULL;
    int rc = conn_open(t->engine, &t->url, NULL, &t->other_wait, t->trace, &c, &t->err);
    expect_rc(t, rc, SQLITE_OK, "second connection");
    return c;
}

int open_url(struct contract *t, const char *text, struct url *url, struct conn **c)
{
    int rc = url_parse(text, url, &t->err);
    *c = NULL;
    if (rc != SQLITE_OK) {
        memset(url, 0, sizeof *url);
        return rc;
    }
    return conn_open(t->engine, url, NULL, &t->other_wait, t->trace, c, &t->err);
}

char *url_with(const struct contract *t, const char *option)
{
    return sqlite3_mprintf("%s%s%s", t->text, strchr(t->text, '?') ? "&" : "?", option);
}

sqlite3_int64 clock_ms(void)
{
    return trace_clock_us() / 1000;
}

/* ---- interrupts ------------------------------------------------------------------------------------------ */

static sqlite3 *host_db;

static void on_alarm(int signal)
{
    (void)signal;
    sqlite3_interrupt(host_db);
}

void interrupt_start(struct contract *t, int ms)
{
    struct itimerval once = {{0, 0}, {ms / 1000, (suseconds_t)(ms % 1000) * 1000}};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    /* An interrupt is one only while a statement of the host runs. */
    sqlite3_prepare_v2(host_db, "VALUES(1),(2)", -1, &t->host_stmt, NULL);
    sqlite3_step(t->host_stmt);
    t->wait.host = &t->host;
    setitimer(ITIMER_REAL, &once, NULL);
}

void interrupt_stop(struct contract *t)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    sqlite3_finalize(t->host_stmt);
    t->host_stmt = NULL;
    t->wait.host = NULL;
}

/* ---- cases ----------------------------------------------------------------------------------------------- */

bool make_big(struct contract *t, int n)
{
    static const char *const columns[] = {"id", "name"};
    const struct type types[] = {{.id = CT_INT8, .text = ""}, {.id = CT_TEXT, .text = ""}};
    sqlite3_int64 affected = 0;
    struct bulk bulk;
    int rc;

    if (!run_ok(t, "CREATE TABLE contract_big(id %s NOT NULL, name %s)", int_word(t), text_word(t)))
        return false;
    run_ok(t, "%s", t->c->dialect->verbs.begin_write);
    rc = bulk_begin(t->c, "contract_big", columns, types, 2, &bulk, &t->err);
    for (int i = 1; i <= n && rc == SQLITE_OK; i++) {
        char text[64];
        sqlite3_snprintf(sizeof text, text, "row %d of contract_big, some bytes", i);
        const struct cell cells[] = {cell_int(i), cell_str(text)};
        rc = bulk_row(&bulk, cells, &t->err);
    }
    if (rc == SQLITE_OK)
        rc = bulk_end(&bulk, &affected, &t->err);
    else
        bulk_abort(&bulk);
    return expect_rc(t, rc, SQLITE_OK, "bulk load") &&
           expect(t, affected == n, "bulk load: %lld rows instead of %d", affected, n) &&
           run_ok(t, "%s", t->c->dialect->verbs.commit);
}

/* An idle connection without transaction, and no tables. */
static bool tidy(struct contract *t)
{
    static const char *const tables[] = {"contract_child", "contract_t", "contract_big",
                                         "contract_types"};
    t->wait.host = NULL;
    if (t->c && (t->c->state != CONN_IDLE || t->c->in_transaction || !conn_alive(t->c))) {
        conn_close(t->c);
        t->c = NULL;
    }
    if (!t->c) {
        int rc = conn_open(t->engine, &t->url, NULL, &t->wait, t->trace, &t->c, &t->err);
        if (!expect_rc(t, rc, SQLITE_OK, "connecting"))
            return false;
    }
    if (engine_number(t) != ENGINE_MYSQL || t->c->in_transaction)
        run_sql(t, t->c, t->c->dialect->verbs.rollback); /* an error if there is none */
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char *sql = sqlite3_mprintf("DROP TABLE IF EXISTS %s", tables[i]);
        int rc = run_sql(t, t->c, sql);
        expect_rc(t, rc, SQLITE_OK, sql);
        sqlite3_free(sql);
    }
    if (engine_number(t) == ENGINE_POSTGRESQL)
        run_sql(t, t->c, "DROP TYPE IF EXISTS contract_enum");
    return true;
}

static bool run_case(struct contract *t, const struct contract_case *one)
{
    const char *excuse = "";
    t->checks = t->failures = 0;
    if (tidy(t)) {
        if ((t->c->caps & one->caps) == one->caps)
            one->run(t);
        else
            excuse = " (excused: not offered)";
    }
    printf("%s - %s: %s%s\n", t->failures ? "not ok" : "ok", t->engine->name, one->name, excuse);
    fflush(stdout);
    return t->failures == 0;
}

int main(int argc, char **argv)
{
    static const struct contract_case *const groups[] = {
        connect_cases,     type_cases,  row_cases,    write_cases,
        transaction_cases, fault_cases, catalog_cases};
    struct contract t;
    int passed = 0, failed = 0;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: contract URL [part of a case's name]\n");
        return 2;
    }
    memset(&t, 0, sizeof t);
    t.text = argv[1];
    t.trace = trace_new();
    if (url_parse(t.text, &t.url, &t.err) != SQLITE_OK ||
        sqlite3_open(":memory:", &host_db) != SQLITE_OK) {
        printf("# %s\nnot ok - URL\n0 passed, 1 failed\n", t.err.text);
        return 1;
    }
    host_init(&t.host, host_db);
    t.engine = engine_for_scheme(t.url.scheme);
    if (!t.engine) {
        printf("not ok - no engine for %s\n0 passed, 1 failed\n", t.url.scheme);
        return 1;
    }
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        for (const struct contract_case *one = groups[g]; one->name; one++) {
            if (argc == 3 && !strstr(one->name, argv[2]))
                continue;
            ++*(run_case(&t, one) ? &passed : &failed);
        }
    }
    tidy(&t);
    conn_close(t.c);
    trace_free(t.trace);
    url_clear(&t.url);
    host_clear(&t.host);
    sqlite3_close(host_db);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
