/* The end of a local transaction: who commits when, so that all do or none.
**
** sync     flush; reads end; then
**            one writer and provably no local change: its COMMIT is the last thing done, one round trip
**            else: decision row (coord.c), local locks, votes of all that can prepare (sent to all before
**            any is waited for), and last the one that cannot (a SQLite file, with a witness row), if any
** commit   the local commit was the decision: phase two everywhere, in parallel; who does not answer is
**          remembered as unsettled and fenced until recovery has settled it.  COMMIT still returns OK.
** rollback undoes everywhere, prepared or not.
**
** sync is idempotent: after SQLITE_BUSY the application may COMMIT again, and the votes stand. */
#include "session/commit.h"
#include "session/recover.h"
#include "session/writer.h"

#include <string.h>

#define WITNESS_TABLE "CREATE TABLE IF NOT EXISTS _binds_done(gid TEXT PRIMARY KEY, at TEXT)"

/* ---- what a participant can do ---- */

static bool can_vote(const struct bind *b) {
    unsigned caps = b->conn ? b->conn->caps : b->engine->caps;
    return (caps & CAP_TWO_PHASE) && !b->url.two_phase_off;
}

/* SQLite files cannot prepare, but carry a witness of their own commit: their session may commit last. */
static bool can_witness(const struct bind *b) { return (b->engine->caps & CAP_ONE_SESSION) != 0; }

static bool writes(const struct bind *b) { return b->part->writing || writer_pending(b); }

/* What dies with the process follows the decision; it cannot fail and proves nothing. */
static bool is_late(const struct bind *b) { return b->part->writing && bind_leads_part(b) && bind_in_memory(b); }

static bool is_voter(const struct bind *b) { return b->part->writing && bind_leads_part(b) && can_vote(b); }

/* Who can neither vote nor wait: commits while all votes stand and the local locks are held. */
static bool is_last(const struct bind *b) {
    return b->part->writing && bind_leads_part(b) && !can_vote(b) && !bind_in_memory(b);
}

static char *branch_sql(const struct bind *b, const char *verb) {
    return recover_branch_sql(b->conn, b->part->branch, verb);
}

static int branch_exec(struct bind *b, const char *verb, struct err *err) {
    char *sql = branch_sql(b, verb);
    int rc = sql ? conn_exec(b->conn, sql, NULL, 0, NULL, NULL, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

int commit_begin(struct bind *b, const char *verb, struct err *err) {
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    char *sql;
    int rc;
    if (!verbs->xa_begin || !can_vote(b) || verb != verbs->begin_write)
        return conn_queue(b->conn, verb, err);
    rc = coord_branch(b->owner, b->part->branch, err);
    if (rc != SQLITE_OK)
        return rc;
    sql = branch_sql(b, verbs->xa_begin);
    rc = sql ? conn_queue(b->conn, sql, err) : err_nomem(err);
    sqlite3_free(sql);
    b->part->xa = rc == SQLITE_OK;
    return rc;
}

bool commit_rolled_back(struct bind *b, const struct err *cause) {
    /* MySQL undoes the whole transaction on a deadlock; what follows would run in autocommit. */
    return b->conn->dialect->verbs.xa_begin && (cause->native == 1213 || cause->native == 1020);
}

/* Is this bind, as one more writer of the running transaction, one too many that cannot vote? */
int commit_admit(struct bind *b, struct err *err) {
    struct binds *owner = b->owner;
    struct bind *p;
    struct conn *conn;
    int others = 0, mute = 0, rc;
    if (writes(b) || bind_in_memory(b))
        return SQLITE_OK;
    for (p = owner->first; p; p = p->next)
        others += p->part != b->part && writes(p) && !bind_in_memory(p);
    if (others == 0)
        return SQLITE_OK;
    for (p = owner->first; p; p = p->next) {
        if ((p != b && (!writes(p) || p->part == b->part)) || bind_in_memory(p))
            continue;
        rc = bind_connect(p, &conn, err); /* what it can do is known only then */
        if (rc != SQLITE_OK)
            return rc;
        if (!can_vote(p) && !p->url.two_phase_off)
            mute += can_witness(p) ? 1 : 2;
    }
    if (mute > 1)
        return err_set(err, SQLITE_ERROR,
                       "cannot take part in an atomic commit over several binds: %s; two_phase=off in the URL "
                       "accepts commits one after the other",
                       b->conn->two_phase_why[0] ? b->conn->two_phase_why : "another one of them cannot prepare");
    if (coord_kind(owner) == COORD_NONE)
        return err_set(err, SQLITE_ERROR,
                       "a commit over several binds needs a durable local database to record it in: open a file "
                       "instead of :memory:, or name one with coordinator=/path in a bind's URL");
    return SQLITE_OK;
}

/* ---- leaving ---- */

static int plain_rollback(struct bind *b, struct err *err) {
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    int rc = SQLITE_OK;
    if (!b->part->xa)
        return conn_exec(b->conn, verbs->rollback, NULL, 0, NULL, NULL, err);
    if (!b->part->maybe_prepared)
        rc = branch_exec(b, verbs->xa_end, err);
    if (rc != SQLITE_OK && !err->lost) {
        err_clear(err); /* a branch that failed is "rollback only" and needs no end */
        rc = SQLITE_OK;
    }
    return rc == SQLITE_OK ? branch_exec(b, verbs->rollback_prepared, err) : rc;
}

/* "There is no such branch" is what success looks like when the answer was lost or somebody else settled it. */
static bool already_done(const struct err *err) {
    return strcmp(err->sqlstate, "42704") == 0 || err->native == 1402;
}

void commit_abort_one(struct bind *b) {
    struct err err;
    int rc = SQLITE_OK;
    err_clear(&err);
    writer_discard(b);
    if (!b->conn && b->part != &b->own_part)
        return; /* the session's transaction is ended by a bind that is connected to it */
    if (b->conn && b->conn->state != CONN_LOST && (b->conn->in_transaction || b->part->maybe_prepared)) {
        conn_drop_queue(b->conn);
        rc = conn_park_all(b->conn, &err);
        if (rc == SQLITE_OK && b->part->maybe_prepared && !b->part->xa)
            rc = branch_exec(b, b->conn->dialect->verbs.rollback_prepared, &err);
        else if (rc == SQLITE_OK)
            rc = plain_rollback(b, &err);
        if (rc != SQLITE_OK && already_done(&err))
            rc = SQLITE_OK;
    } else if (b->part->maybe_prepared) {
        rc = SQLITE_IOERR;
    }
    if (rc != SQLITE_OK) {
        if (b->part->maybe_prepared)
            recover_remember(b, b->part->branch);
        /* The server undoes what is not prepared when the connection ends. */
        conn_close(b->conn);
        b->conn = NULL;
    }
    bind_part_reset(b);
}

static int plain_commit(struct bind *b, struct err *err) {
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    int rc;
    if (!b->part->xa)
        return conn_exec(b->conn, verbs->commit, NULL, 0, NULL, NULL, err);
    rc = branch_exec(b, verbs->xa_end, err);
    return rc == SQLITE_OK ? branch_exec(b, verbs->xa_one_phase, err) : rc;
}

/* COMMIT of a transaction that nobody else depends on. */
static int commit_one(struct bind *b, struct err *err) {
    int rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK)
        rc = plain_commit(b, err);
    if (rc == SQLITE_OK) {
        bind_part_reset(b);
        return rc;
    }
    if (err->lost && b->part->writing && !err->not_executed)
        err_append(err, " (outcome unknown)");
    return bind_fail(b, "COMMIT", err);
}

/* ---- phase one ---- */

static int vote_send(struct bind *b, struct rows *rows, struct err *err) {
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    char *sql;
    int rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK && !b->part->branch[0])
        rc = coord_branch(b->owner, b->part->branch, err);
    if (rc == SQLITE_OK && b->part->xa)
        rc = branch_exec(b, verbs->xa_end, err);
    if (rc != SQLITE_OK)
        return rc;
    sql = branch_sql(b, verbs->prepare);
    if (!sql)
        return err_nomem(err);
    b->part->maybe_prepared = true;
    rc = conn_send(b->conn, sql, NULL, 0, QUERY_ONCE | QUERY_SHORT, rows, err);
    sqlite3_free(sql);
    return rc;
}

/* A vote lost on the way is never BUSY: that would keep a transaction open whose branch may stand. */
static int vote_error(struct bind *b, struct err *err) {
    if (err->lost && err->rc == SQLITE_BUSY)
        err->rc = SQLITE_IOERR;
    if (!err->lost)
        b->part->maybe_prepared = b->part->xa; /* PG: a failed PREPARE has ended the transaction */
    if (err->rc == SQLITE_BUSY)
        err->rc = SQLITE_BUSY_SNAPSHOT;    /* the transaction is gone: BUSY proper would invite another COMMIT */
    return bind_fail(b, "PREPARE", err);
}

static int finish_rows(struct rows *rows, struct err *err) {
    int rc;
    do
        rc = rows_next(rows, err);
    while (rc == SQLITE_ROW);
    rows_finish(rows);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

typedef int sender(struct bind *, struct rows *, struct err *);

/* Sends to every bind that `chosen` picks before waiting for any.  The first error is reported; all answers
** are read. */
static int in_parallel(struct binds *b, bool (*chosen)(const struct bind *), sender *send,
                       int (*failed)(struct bind *, struct err *), struct err *err) {
    struct bind *bind;
    struct rows *rows;
    int n = 0, i = 0, rc = SQLITE_OK;
    for (bind = b->first; bind; bind = bind->next)
        n++;
    rows = sqlite3_malloc64((sqlite3_uint64)(n + 1) * sizeof *rows);
    if (!rows)
        return err_nomem(err);
    memset(rows, 0, (size_t)(n + 1) * sizeof *rows);
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next, i++)
        if (chosen(bind) && send(bind, &rows[i], err) != SQLITE_OK)
            rc = failed(bind, err);
    for (bind = b->first, i = 0; bind; bind = bind->next, i++) {
        struct err one;
        err_clear(&one);
        if (!rows[i].conn || finish_rows(&rows[i], &one) == SQLITE_OK)
            continue;
        one.rc = failed(bind, &one);
        if (rc == SQLITE_OK && one.rc != SQLITE_OK) {
            *err = one;
            rc = one.rc;
        }
    }
    sqlite3_free(rows);
    return rc;
}

/* The participants by name, so that recovery can tell a server that was moved under a key. */
static char *describe_parts(struct binds *b) {
    sqlite3_str *s = sqlite3_str_new(NULL);
    const struct bind *bind;
    for (bind = b->first; bind; bind = bind->next)
        if (bind->conn && bind->part->writing)
            sqlite3_str_appendf(s, "%s%s %s", sqlite3_str_length(s) ? "; " : "", bind->key ? bind->key : "[default]",
                                bind->conn->address);
    return sqlite3_str_finish(s);
}

static int commit_witness(struct bind *b, struct err *err) {
    char *sql = sqlite3_mprintf("INSERT OR IGNORE INTO _binds_done VALUES (%Q, datetime('now'))",
                                b->owner->coord.transaction);
    int rc = sql ? conn_exec(b->conn, WITNESS_TABLE, NULL, 0, NULL, NULL, err) : err_nomem(err);
    if (rc == SQLITE_OK)
        rc = conn_exec(b->conn, sql, NULL, 0, NULL, NULL, err);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? commit_one(b, err) : bind_fail(b, "COMMIT", err);
}

/* Who cannot vote commits last, while every vote stands and the local locks are held. */
static int commit_mute(struct binds *b, struct err *err) {
    struct bind *bind;
    int rc = SQLITE_OK;
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (is_last(bind)) {
            rc = can_witness(bind) && b->coord.transaction[0] ? commit_witness(bind, err) : commit_one(bind, err);
            if (rc == SQLITE_OK)
                b->txn.state = TXN_DECIDED;
        }
    return rc;
}

static int count(const struct binds *b, bool (*chosen)(const struct bind *)) {
    const struct bind *bind;
    int n = 0;
    for (bind = b->first; bind; bind = bind->next)
        n += chosen(bind);
    return n;
}

/* Writes the decision row, unless nobody but one bind and a volatile main has a stake in it. */
static int record(struct binds *b, struct err *err) {
    char ignored[COORD_GID_MAX];
    char *parts;
    int rc = SQLITE_OK;
    if (coord_kind(b) == COORD_NONE)
        return SQLITE_OK;
    if (!b->coord.transaction[0])
        rc = coord_branch(b, ignored, err);
    if (rc != SQLITE_OK)
        return rc;
    parts = describe_parts(b);
    rc = parts ? coord_record(b, parts, err) : err_nomem(err);
    sqlite3_free(parts);
    return rc;
}

static int two_phase(struct binds *b, struct err *err) {
    int rc = record(b, err);
    if (rc == SQLITE_OK)
        rc = coord_hold_files(b, err);
    if (rc != SQLITE_OK)
        return err_prefix_plain(err);
    rc = in_parallel(b, is_voter, vote_send, vote_error, err);
    if (rc == SQLITE_OK)
        rc = commit_mute(b, err);
    if (rc == SQLITE_OK && b->txn.state == TXN_OPEN)
        b->txn.state = TXN_VOTED;
    if (rc == SQLITE_OK && coord_kind(b) == COORD_SIDE) {
        rc = coord_decide(b, err);
        if (rc != SQLITE_OK)
            return err_prefix_plain(err);
        b->txn.state = TXN_DECIDED;
    }
    return rc;
}

/* Its COMMIT is the last thing that happens before SQLite's own, which has nothing to write. */
static int one_phase(struct binds *b, struct err *err) {
    struct bind *bind;
    int rc = coord_hold_files(b, err);
    if (rc != SQLITE_OK)
        return err_prefix_plain(err);
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (is_voter(bind) || is_last(bind))
            rc = commit_one(bind, err);
    if (rc == SQLITE_OK)
        b->txn.state = TXN_VOTED;
    return rc;
}

/* ---- sync ---- */

static int end_reads(struct binds *b, struct err *err) {
    struct bind *bind;
    int rc = SQLITE_OK;
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (bind->conn && bind->conn->in_transaction && !bind->part->writing)
            rc = commit_one(bind, err);
    return rc;
}

static int flush_all(struct binds *b, struct err *err) {
    struct bind *bind;
    int parts = 0, rc = SQLITE_OK;
    for (bind = b->first; bind; bind = bind->next) {
        parts += writer_pending(bind) || (bind->conn && bind->conn->in_transaction);
        if (bind->part->doomed) {
            err_set(err, SQLITE_IOERR, "the connection was lost inside the transaction: nothing is committed");
            return bind_fail(bind, "COMMIT", err);
        }
    }
    /* One bind, nothing sent yet, nothing local: its statement may commit by itself. */
    b->txn.lone = parts == 1 && !txn_local_changes(b);
    if (b->txn.lone)
        rc = coord_hold_files(b, err);
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        rc = writer_flush(bind, err);
    b->txn.lone = false;
    return rc;
}

int txn_sync(struct binds *b, struct err *err) {
    int durable, rc;
    if (b->txn.state != TXN_OPEN)
        return SQLITE_OK;
    rc = flush_all(b, err);
    if (rc == SQLITE_OK)
        rc = end_reads(b, err);
    if (rc != SQLITE_OK)
        return rc;
    durable = count(b, is_voter) + count(b, is_last);
    if (durable == 0)
        b->txn.state = TXN_VOTED;
    else if (durable == 1 && (coord_kind(b) == COORD_NONE || !txn_local_changes(b)))
        rc = one_phase(b, err);
    else
        rc = two_phase(b, err);
    return rc;
}

/* ---- phase two ---- */

static bool stands_prepared(const struct bind *b) { return b->part->maybe_prepared && bind_leads_part(b); }

static int settle_send(struct bind *b, struct rows *rows, struct err *err) {
    char *sql = branch_sql(b, b->conn->dialect->verbs.commit_prepared);
    int rc = sql ? conn_send(b->conn, sql, NULL, 0, QUERY_ONCE | QUERY_SHORT, rows, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

/* Somebody else may have settled it; otherwise it waits for recovery, and the bind is fenced until then. */
static int settle_error(struct bind *b, struct err *err) {
    if (!already_done(err)) {
        recover_remember(b, b->part->branch);
        bind_fail(b, "COMMIT of a prepared transaction (it will be finished at the next use)", err);
    }
    return SQLITE_OK;
}

static void txn_over(struct binds *b, bool committed) {
    struct bind *bind;
    bool settled = true;
    for (bind = b->first; bind; bind = bind->next) {
        settled = settled && bind->nunsettled == 0;
        if (bind->part->reading || bind->part->doomed || bind->part->maybe_prepared)
            bind_part_reset(bind);
    }
    if (b->coord.transaction[0])
        coord_end(b, committed, settled);
    b->txn.state = TXN_NONE;
    b->txn.level = 0;
    if (b->txn.explicit_begin)
        txn_observe(b);
}

static void commit_late(struct binds *b) {
    struct bind *bind;
    for (bind = b->first; bind; bind = bind->next) {
        struct err err;
        err_clear(&err);
        if (is_late(bind))
            commit_one(bind, &err);
    }
}

static void phase_two(struct binds *b) {
    struct err err;
    err_clear(&err);
    in_parallel(b, stands_prepared, settle_send, settle_error, &err);
    commit_late(b);
    txn_over(b, true);
}

void txn_commit(struct binds *b) {
    if (count(b, stands_prepared) > 0)
        coord_make_durable(b);
    phase_two(b);
}

void txn_rollback(struct binds *b) {
    struct bind *bind;
    if (b->txn.state == TXN_DECIDED) {
        /* What decided has committed: the others follow it, whatever became of the local file. */
        phase_two(b);
        return;
    }
    for (bind = b->first; bind; bind = bind->next)
        commit_abort_one(bind);
    txn_over(b, false);
}
