/* Every call of the driver fails once, with and without the connection: what is left must be usable or lost, and
** never half done.  The failures are injected by engine/traced.h above the real driver. */
#include "contract.h"
#include "engine/traced.h"

#include <string.h>

#define CALLS_MAX 400

/* A statement that reads with another one in between; *sum gets what it read. */
static int read_some(struct conn *c, sqlite3_int64 *sum, struct err *err)
{
    struct rows rows = {.conn = NULL};
    int rc = conn_send(c, "SELECT id FROM contract_big ORDER BY id", NULL, 0, 0, &rows, err);
    *sum = 0;
    while (rc == SQLITE_OK && (rc = rows_next(&rows, err)) == SQLITE_ROW) {
        struct cell cell;
        rc = rows_cell(&rows, 0, &cell, err);
        if (rc == SQLITE_OK)
            *sum += cell.i;
        if (rc == SQLITE_OK && rows.nrows == 2)
            rc = conn_exec(c, "SELECT 1", NULL, 0, NULL, NULL, err);
    }
    rows_finish(&rows);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int load_some(struct conn *c, int base, struct err *err)
{
    static const char *const columns[] = {"a"};
    const struct type type = {.id = CT_INT8, .text = ""};
    struct bulk bulk;
    int rc = bulk_begin(c, "contract_t", columns, &type, 1, &bulk, err);
    if (rc != SQLITE_OK)
        return rc;
    for (int i = 2; i <= 4 && rc == SQLITE_OK; i++) {
        const struct cell cell = cell_int(base + i);
        rc = bulk_row(&bulk, &cell, err);
    }
    if (rc == SQLITE_OK)
        return bulk_end(&bulk, NULL, err);
    bulk_abort(&bulk);
    return rc;
}

/* A transaction that writes rows base + 1 to base + 4, then a read; *committed: COMMIT has been answered. */
static int work(struct conn *c, int base, bool *committed, sqlite3_int64 *sum, struct err *err)
{
    char insert[64];
    const struct transaction_verbs *verbs = &c->dialect->verbs;
    int rc = conn_queue(c, verbs->begin_write, err);
    *committed = false;
    if (rc == SQLITE_OK)
        c->in_transaction = true;
    sqlite3_snprintf((int)sizeof insert, insert, "INSERT INTO contract_t VALUES(%d)", base + 1);
    if (rc == SQLITE_OK)
        rc = conn_exec(c, insert, NULL, 0, NULL, NULL, err);
    if (rc == SQLITE_OK)
        rc = load_some(c, base, err);
    if (rc == SQLITE_OK)
        rc = conn_exec(c, verbs->commit, NULL, 0, NULL, NULL, err);
    if (rc == SQLITE_OK) {
        *committed = true;
        c->in_transaction = false;
        rc = read_some(c, sum, err);
    }
    return rc;
}

/* After a failure: the connection is lost, or rolls back and goes on. */
static void check_after_failure(struct contract *t, struct conn *c, int n)
{
    struct err err;
    err_clear(&err);
    if (c->state == CONN_LOST) {
        expect(t, t->err.lost, "call %d: lost, but the error does not say so", n);
        return;
    }
    expect(t, c->state == CONN_IDLE, "call %d: state %d", n, (int)c->state);
    conn_drop_queue(c);
    if (c->in_transaction)
        conn_exec(c, c->dialect->verbs.rollback, NULL, 0, NULL, NULL, &err);
    c->in_transaction = false;
    expect(t, conn_exec(c, "SELECT 1", NULL, 0, NULL, NULL, &err) == SQLITE_OK,
           "call %d: not usable: %s", n, err.text);
}

static bool one_failure(struct contract *t, int n, bool lost)
{
    struct traced traced;
    struct conn *c = NULL;
    sqlite3_int64 sum = 0, left;
    bool committed = false;
    char count[96];
    /* rows of its own: a COMMIT whose connection was dropped may still be under way when the next call begins */
    int base = (lost ? CALLS_MAX : 0) * 10 + n * 10, rc;

    traced_init(&traced, t->engine);
    traced.fail_at = n;
    traced.fail_rc = SQLITE_IOERR_READ;
    traced.fail_lost = lost;
    err_clear(&t->err);
    rc = conn_open(&traced.outer, &t->url, NULL, &t->other_wait, t->trace, &c, &t->err);
    if (rc == SQLITE_OK) {
        rc = work(c, base, &committed, &sum, &t->err);
        traced.fail_at = 0;
        if (rc == SQLITE_OK)
            expect(t, sum == 100 * 101 / 2, "call %d: read %lld and claimed success", n, sum);
        else
            check_after_failure(t, c, n);
    }
    expect(t, rc == SQLITE_OK || rc == SQLITE_IOERR_READ, "call %d: code %d, %s", n, rc,
           t->err.text);
    conn_close(c);
    sqlite3_snprintf((int)sizeof count, count,
                     "SELECT count(*) FROM contract_t WHERE a > %d AND a <= %d", base, base + 4);
    left = query_int(t, t->c, count);
    expect(t, committed ? left == 4 : left == 0 || (left == 4 && t->err.lost),
           "call %d: %lld rows of 4 %s", n, left, committed ? "after COMMIT" : "without it");
    return rc != SQLITE_OK;
}

static void every_call_fails_once(struct contract *t)
{
    if (strstr(t->text, ":memory:"))
        return;
    run_ok(t, "CREATE TABLE contract_t(a %s)", int_word(t));
    if (!make_big(t, 100))
        return;
    for (int lost = 0; lost < 2; lost++) {
        int n = 1;
        while (n < CALLS_MAX && one_failure(t, n, lost))
            n++;
        expect(t, n > 20 && n < CALLS_MAX, "%d calls", n);
    }
}

const struct contract_case fault_cases[] = {
    {"every call fails once", every_call_fails_once, 0},
    {NULL, NULL, 0},
};
