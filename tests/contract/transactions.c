/* Transactions by the dialect's verbs: snapshot, savepoints, errors, locks, two-phase commit. */
#include "contract.h"

#include <string.h>

static const struct transaction_verbs *verbs(const struct contract *t)
{
    return &t->c->dialect->verbs;
}

static bool run_named(struct contract *t, struct conn *c, const char *verb, const char *name,
                      int want)
{
    char *sql = sqlite3_mprintf(verb, name);
    bool ok = expect_rc(t, run_sql(t, c, sql), want, sql);
    sqlite3_free(sql);
    return ok;
}

static sqlite3_int64 count_t(struct contract *t, struct conn *c)
{
    return query_int(t, c, "SELECT count(*) FROM contract_t");
}

static bool begin(struct contract *t, struct conn *c, const char *verb)
{
    const char *first = verb == verbs(t)->begin_read ? verbs(t)->before_read : NULL;
    if (first)
        expect_rc(t, run_sql(t, c, first), SQLITE_OK, first);
    c->in_transaction = expect_rc(t, run_sql(t, c, verb), SQLITE_OK, verb);
    return c->in_transaction;
}

static void end(struct contract *t, struct conn *c, const char *verb)
{
    expect_rc(t, run_sql(t, c, verb), SQLITE_OK, verb);
    c->in_transaction = false;
    c->aborted = false;
}

static void make_table(struct contract *t)
{
    run_ok(t, "CREATE TABLE contract_t(a %s PRIMARY KEY, b %s)", int_word(t), int_word(t));
}

static void commit_and_rollback(struct contract *t)
{
    const char *begins[] = {verbs(t)->begin_write, verbs(t)->begin_statement};
    make_table(t);
    for (int i = 0; i < 2; i++) {
        begin(t, t->c, begins[i]);
        run_ok(t, "INSERT INTO contract_t VALUES(%d, 0)", i);
        end(t, t->c, verbs(t)->rollback);
        expect(t, count_t(t, t->c) == i, "rolled back");
        begin(t, t->c, begins[i]);
        run_ok(t, "INSERT INTO contract_t VALUES(%d, 0)", i);
        end(t, t->c, verbs(t)->commit);
        expect(t, count_t(t, t->c) == i + 1, "committed");
    }
    begin(t, t->c, verbs(t)->begin_read);
    expect(t, count_t(t, t->c) == 2, "read in a transaction");
    end(t, t->c, verbs(t)->commit);
}

static void what_is_not_committed_is_undone(struct contract *t)
{
    struct conn *other;
    make_table(t);
    if (strstr(t->text, ":memory:") || !(other = second_conn(t)))
        return;
    begin(t, other, verbs(t)->begin_write);
    expect_rc(t, run_sql(t, other, "INSERT INTO contract_t VALUES(1, 1)"), SQLITE_OK, "INSERT");
    conn_close(other);
    expect(t, count_t(t, t->c) == 0, "a closed connection left a row");
}

static void reads_see_one_snapshot(struct contract *t)
{
    struct conn *other;
    make_table(t);
    if (strstr(t->text, ":memory:") || !(other = second_conn(t)))
        return;
    if (engine_number(t) == ENGINE_SQLITE)
        run_sql(t, other,
                "PRAGMA journal_mode=WAL"); /* else a reader and a writer shut each other out */
    begin(t, t->c, verbs(t)->begin_read);
    expect(t, count_t(t, t->c) == 0, "before");
    expect_rc(t, run_sql(t, other, "INSERT INTO contract_t VALUES(1, 1)"), SQLITE_OK,
              "the other's INSERT");
    expect(t, count_t(t, t->c) == 0, "not repeatable");
    end(t, t->c, verbs(t)->commit);
    expect(t, count_t(t, t->c) == 1, "after");
    if (engine_number(t) == ENGINE_SQLITE)
        run_sql(t, other, "PRAGMA journal_mode=DELETE");
    conn_close(other);
}

static void savepoints_undo_a_part(struct contract *t)
{
    make_table(t);
    begin(t, t->c, verbs(t)->begin_write);
    run_ok(t, "INSERT INTO contract_t VALUES(1, 0)");
    run_named(t, t->c, verbs(t)->savepoint, "b0", SQLITE_OK);
    run_ok(t, "INSERT INTO contract_t VALUES(2, 0)");
    run_named(t, t->c, verbs(t)->savepoint, "b1", SQLITE_OK);
    run_ok(t, "INSERT INTO contract_t VALUES(3, 0)");
    run_named(t, t->c, verbs(t)->rollback_to, "b1", SQLITE_OK);
    expect(t, count_t(t, t->c) == 2, "the inner part");
    run_ok(t, "INSERT INTO contract_t VALUES(4, 0)");
    if (verbs(t)->release)
        run_named(t, t->c, verbs(t)->release, "b1", SQLITE_OK);
    run_named(t, t->c, verbs(t)->rollback_to, "b0", SQLITE_OK);
    expect(t, count_t(t, t->c) == 1, "the outer part");
    run_named(t, t->c, verbs(t)->rollback_to, "b0", SQLITE_OK); /* it is still there */
    end(t, t->c, verbs(t)->commit);
    expect(t, count_t(t, t->c) == 1, "what is committed");
}

static void errors_inside_a_transaction(struct contract *t)
{
    static const char *const bad[] = {"INSERT INTO contract_t VALUES(1, 1)", "SELEC 1",
                                      "INSERT INTO contract_nowhere VALUES(1)"};
    bool survives = (t->c->caps & CAP_SURVIVES_ERROR) != 0;
    make_table(t);
    begin(t, t->c, verbs(t)->begin_write);
    run_ok(t, "INSERT INTO contract_t VALUES(1, 0)");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (!survives)
            run_named(t, t->c, verbs(t)->savepoint, "bs", SQLITE_OK);
        expect(t, run_sql(t, t->c, bad[i]) != SQLITE_OK && !t->err.lost, "%s was taken", bad[i]);
        if (!survives)
            run_named(t, t->c, verbs(t)->rollback_to, "bs", SQLITE_OK);
        run_ok(t, "INSERT INTO contract_t VALUES(%d, 0)", (int)i + 10);
    }
    end(t, t->c, verbs(t)->commit);
    expect(t, count_t(t, t->c) == 4, "%lld rows", count_t(t, t->c));
}

static void a_lock_is_busy(struct contract *t)
{
    char *text = url_with(t, "lock_timeout=1");
    struct url url;
    struct conn *c = NULL;
    sqlite3_int64 start;
    make_table(t);
    run_ok(t, "INSERT INTO contract_t VALUES(1, 0)");
    if (!strstr(t->text, ":memory:") &&
        expect_rc(t, open_url(t, text, &url, &c), SQLITE_OK, text)) {
        begin(t, t->c, verbs(t)->begin_write);
        run_ok(t, "UPDATE contract_t SET b = 1");
        start = clock_ms();
        expect_rc(t, run_sql(t, c, "UPDATE contract_t SET b = 2"), SQLITE_BUSY_TIMEOUT,
                  "a locked row");
        expect(t, clock_ms() - start > 800 && clock_ms() - start < PROMPT_MS, "took %lld ms",
               clock_ms() - start);
        expect(t, !t->err.lost, "lost");
        end(t, t->c, verbs(t)->commit);
        expect_rc(t, run_sql(t, c, "UPDATE contract_t SET b = 2"), SQLITE_OK,
                  "the row when it is free");
        conn_close(c);
        url_clear(&url);
    }
    sqlite3_free(text);
}

/* Two that read and then write the same row: one of them must fail, else an update is lost.  The other one does where
** what was read is locked. */
static void no_update_is_lost(struct contract *t)
{
    char *text = sqlite3_mprintf("%s%clock_timeout=1", t->text, strchr(t->text, '?') ? '&' : '?');
    struct url url;
    struct conn *other = NULL;
    int rc;

    make_table(t);
    run_ok(t, "INSERT INTO contract_t VALUES(1, 0)");
    if (engine_number(t) != ENGINE_SQLITE &&
        expect_rc(t, open_url(t, text, &url, &other), SQLITE_OK, text)) {
        begin(t, t->c, verbs(t)->begin_write);
        expect(t, query_int(t, t->c, "SELECT b FROM contract_t") == 0, "first reader");
        rc = run_sql(t, other, "UPDATE contract_t SET b = b + 10");
        expect(t, rc == SQLITE_OK || rc == SQLITE_BUSY_TIMEOUT, "the other: %d", rc);
        expect_rc(t, run_sql(t, t->c, "UPDATE contract_t SET b = 1"),
                  rc == SQLITE_OK ? SQLITE_BUSY_SNAPSHOT : SQLITE_OK, "on top of it");
        run_sql(t, t->c, rc == SQLITE_OK ? verbs(t)->rollback : verbs(t)->commit);
        t->c->in_transaction = false;
        expect(t, query_int(t, t->c, "SELECT b FROM contract_t") == (rc == SQLITE_OK ? 10 : 1),
               "an update is lost");
        conn_close(other);
        url_clear(&url);
    }
    sqlite3_free(text);
}

static void ddl_rolls_back(struct contract *t)
{
    begin(t, t->c, verbs(t)->begin_write);
    make_table(t);
    end(t, t->c, verbs(t)->rollback);
    expect_rc(t, run_sql(t, t->c, "SELECT 1 FROM contract_t"), SQLITE_ERROR,
              "a table that was rolled back");
}

/* ---- two phases ------------------------------------------------------------------------------------------ */

/* The branch's id as a literal; new ones for every run, since an earlier one may have left some behind. */
static void branch_id(struct contract *t, char *out, size_t size)
{
    static int n;
    unsigned r;
    sqlite3_randomness(sizeof r, &r);
    sqlite3_snprintf((int)size, out, pick(t, "'contract:%08x%d'", "'contract:%08x%d','1'", ""), r,
                     ++n);
}

static bool begin_branch(struct contract *t, struct conn *c, const char *id)
{
    if (verbs(t)->xa_begin)
        return c->in_transaction = run_named(t, c, verbs(t)->xa_begin, id, SQLITE_OK);
    return begin(t, c, verbs(t)->begin_write);
}

static int vote(struct contract *t, struct conn *c, const char *id)
{
    char *sql;
    int rc = SQLITE_OK;
    if (verbs(t)->xa_end)
        run_named(t, c, verbs(t)->xa_end, id, SQLITE_OK);
    sql = sqlite3_mprintf(verbs(t)->prepare, id);
    rc = run_sql(t, c, sql);
    sqlite3_free(sql);
    return rc;
}

/* Ends a branch whose session is gone; the server may need a moment to see that. */
static void settle(struct contract *t, const char *verb, const char *id)
{
    char *sql = sqlite3_mprintf(verb, id);
    sqlite3_int64 start = clock_ms();
    int rc;
    do {
        rc = run_sql(t, t->c, sql);
        if (rc != SQLITE_OK)
            wait_sleep(NULL, 50);
    } while (rc != SQLITE_OK && clock_ms() - start < 5000);
    expect_rc(t, rc, SQLITE_OK, sql);
    sqlite3_free(sql);
}

static void a_vote_outlives_its_session(struct contract *t)
{
    make_table(t);
    for (int commits = 0; commits < 2; commits++) {
        struct conn *other = second_conn(t);
        char id[64], sql[64];
        if (!other)
            return;
        branch_id(t, id, sizeof id);
        begin_branch(t, other, id);
        sqlite3_snprintf(sizeof sql, sql, "INSERT INTO contract_t VALUES(%d, 0)", commits);
        expect_rc(t, run_sql(t, other, sql), SQLITE_OK, sql);
        expect_rc(t, vote(t, other, id), SQLITE_OK, "vote");
        expect(t, count_t(t, t->c) == 0, "prepared rows are seen");
        conn_close(other);
        expect(t, count_t(t, t->c) == 0, "prepared rows are seen after the session's end");
        settle(t, commits ? verbs(t)->commit_prepared : verbs(t)->rollback_prepared, id);
        expect(t, count_t(t, t->c) == commits, "%lld rows", count_t(t, t->c));
    }
}

static void a_session_ends_its_own_branches(struct contract *t)
{
    char id[64];
    make_table(t);
    for (int commits = 0; commits < 2; commits++) {
        branch_id(t, id, sizeof id);
        begin_branch(t, t->c, id);
        run_ok(t, "INSERT INTO contract_t VALUES(%d, 0)", commits);
        run_named(t, t->c, verbs(t)->savepoint, "b0", SQLITE_OK);
        run_ok(t, "INSERT INTO contract_t VALUES(%d, 0)", commits + 10);
        run_named(t, t->c, verbs(t)->rollback_to, "b0", SQLITE_OK);
        expect_rc(t, vote(t, t->c, id), SQLITE_OK, "vote");
        run_named(t, t->c, commits ? verbs(t)->commit_prepared : verbs(t)->rollback_prepared, id,
                  SQLITE_OK);
        t->c->in_transaction = false;
        expect(t, count_t(t, t->c) == commits, "%lld rows", count_t(t, t->c));
    }
}

/* A transaction that has failed must not be able to vote yes. */
static void a_failed_transaction_votes_no(struct contract *t)
{
    char id[64];
    make_table(t);
    branch_id(t, id, sizeof id);
    begin_branch(t, t->c, id);
    run_ok(t, "INSERT INTO contract_t VALUES(1, 0)");
    expect(t, run_sql(t, t->c, "INSERT INTO contract_t VALUES(1, 0)") != SQLITE_OK, "a duplicate");
    if (t->c->caps & CAP_SURVIVES_ERROR) {
        run_named(t, t->c, verbs(t)->xa_end ? verbs(t)->xa_end : "SELECT 1 -- %s", id, SQLITE_OK);
        run_named(t, t->c, verbs(t)->rollback_prepared, id, SQLITE_OK);
    } else {
        expect(t, vote(t, t->c, id) != SQLITE_OK, "it voted yes");
        run_sql(t, t->c, verbs(t)->rollback);
    }
    t->c->in_transaction = false;
    expect(t, count_t(t, t->c) == 0, "%lld rows", count_t(t, t->c));
}

/* The same for a plain COMMIT. */
static void a_failed_transaction_does_not_commit(struct contract *t)
{
    if (t->c->caps & CAP_SURVIVES_ERROR)
        return;
    make_table(t);
    begin(t, t->c, verbs(t)->begin_write);
    run_ok(t, "INSERT INTO contract_t VALUES(1, 0)");
    expect(t, run_sql(t, t->c, "INSERT INTO contract_t VALUES(1, 0)") != SQLITE_OK, "a duplicate");
    expect(t, run_sql(t, t->c, verbs(t)->commit) != SQLITE_OK,
           "COMMIT of a failed transaction succeeded");
    run_sql(t, t->c, verbs(t)->rollback);
    t->c->in_transaction = false;
    expect(t, count_t(t, t->c) == 0, "%lld rows", count_t(t, t->c));
}

const struct contract_case transaction_cases[] = {
    {"commit and rollback", commit_and_rollback, 0},
    {"what is not committed is undone at close", what_is_not_committed_is_undone, 0},
    {"reads see one snapshot", reads_see_one_snapshot, 0},
    {"savepoints undo a part", savepoints_undo_a_part, 0},
    {"errors inside a transaction", errors_inside_a_transaction, 0},
    {"a failed transaction does not commit", a_failed_transaction_does_not_commit, 0},
    {"a lock is waited for, then busy", a_lock_is_busy, 0},
    {"no update is lost", no_update_is_lost, 0},
    {"DDL rolls back", ddl_rolls_back, CAP_TRANSACTIONAL_DDL},
    {"a vote outlives its session", a_vote_outlives_its_session, CAP_TWO_PHASE},
    {"a session ends its own branches", a_session_ends_its_own_branches, CAP_TWO_PHASE},
    {"a failed transaction votes no", a_failed_transaction_votes_no, CAP_TWO_PHASE},
    {NULL, NULL, 0},
};
