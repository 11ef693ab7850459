/* The end of a local transaction: who commits when, so that all do or none.
**
** sync     flush; reads end; then
**            one writer and provably no local change: its COMMIT is the last thing done, one round trip
**            else: decision row (coord.c; or a lock on the server that decides, decider.c), local locks, votes of all that can prepare (sent to all before
**            any is waited for), and last the one that cannot (a SQLite file, with a witness row), if any
** commit   the local commit was the decision: phase two everywhere, in parallel; who does not answer is
**          remembered as unsettled and fenced until recovery has settled it.  COMMIT still returns OK.
** rollback undoes everywhere, prepared or not.
**
** sync is idempotent: after SQLITE_BUSY the application may COMMIT again, and the votes stand. */
#include "session/commit.h"
#include "session/coord_parts.h"
#include "session/decider.h"
#include "session/fault.h"
#include "session/participant.h"
#include "session/recover.h"
#include "session/statement.h"
#include "session/witness.h"
#include "session/writer.h"

#include <string.h>

/* ---- phase one ---- */

static bool is_xa(const struct bind *b)
{
    return part_is_voter(b) && b->part->xa;
}

static int end_send(struct bind *b, struct rows *rows, struct err *err)
{
    int rc = conn_park_all(b->conn, err);
    char *sql = part_branch_sql(b, b->conn->dialect->verbs.xa_end);
    if (rc == SQLITE_OK)
        rc = sql ? conn_send(b->conn, sql, NULL, 0, QUERY_ONCE | QUERY_SHORT, rows, err)
                 : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

static int vote_send(struct bind *b, struct rows *rows, struct err *err)
{
    char *sql;
    int rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK && !b->part->branch[0])
        rc = coord_branch(b->owner, b->part->branch, err);
    if (rc != SQLITE_OK)
        return rc;
    sql = part_branch_sql(b, b->conn->dialect->verbs.prepare);
    if (!sql)
        return err_nomem(err);
    b->part->maybe_prepared = true;
    rc = conn_send(b->conn, sql, NULL, 0, QUERY_ONCE | QUERY_SHORT, rows, err);
    sqlite3_free(sql);
    return rc;
}

/* A branch is known not to be prepared only if the server itself said no, which has a SQLSTATE; an interrupt has none, and
** may come too late. */
static int vote_error(struct bind *b, struct err *err)
{
    bool refused = !err->lost && err->sqlstate[0];
    if (refused && !b->part->xa)
        b->part->maybe_prepared = false; /* PG: a failed PREPARE has ended the transaction */
    part_busy(err, false);
    return bind_fail(b, "PREPARE", err);
}

static int finish_rows(struct rows *rows, struct err *err)
{
    int rc;
    do
        rc = rows_next(rows, err);
    while (rc == SQLITE_ROW);
    rows_finish(rows);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One statement for each of several binds, and what comes of it. */
struct wave {
    bool (*chosen)(const struct bind *);
    int (*send)(struct bind *, struct rows *, struct err *);
    int (*failed)(struct bind *, struct err *); /* what of its error is reported, if anything */
    void (*done)(struct bind *);                /* answered well; NULL = nothing to do */
    const char *point;
};

/* Sends to every bind that is chosen before waiting for any.  The first error is reported; all answers are read. */
static int in_parallel(struct binds *b, const struct wave *wave, struct err *err)
{
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
        if (wave->chosen(bind) && wave->send(bind, &rows[i], err) != SQLITE_OK)
            rc = wave->failed(bind, err);
    for (bind = b->first, i = 0; bind; bind = bind->next, i++) {
        struct err one;
        err_clear(&one);
        if (!rows[i].conn)
            continue;
        if (finish_rows(&rows[i], &one) == SQLITE_OK) {
            if (wave->done)
                wave->done(bind);
            if (wave->point) {
                FAULT_POINT(wave->point);
            }
            continue;
        }
        one.rc = wave->failed(bind, &one);
        if (rc == SQLITE_OK && one.rc != SQLITE_OK) {
            *err = one;
            rc = one.rc;
        }
    }
    sqlite3_free(rows);
    return rc;
}

/* The participants by name ("address<tab>key" a line), so that recovery can tell when nobody will ask any more. */
static char *describe_parts(struct binds *b)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    const struct bind *bind;
    for (bind = b->first; bind; bind = bind->next)
        if (bind->conn && bind->part->writing && (bind->wrote || bind->part == &bind->own_part))
            sqlite3_str_appendf(s, "%s\t%s\n", bind->conn->address, bind->key ? bind->key : "");
    return sqlite3_str_finish(s);
}

static int witness_exec(struct bind *b, const char *format, const char *gid, int local,
                        struct err *err)
{
    const char *schema = b->conn->dialect->default_schema;
    char *sql = sqlite3_mprintf(format, schema ? schema : "main", gid, local);
    int rc = sql ? conn_exec(b->conn, sql, NULL, 0, NULL, NULL, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

/* The witness is a row of the file's own transaction: whether it is there is whether the file has committed.
** local: that main had changes of its own, so that recovery can tell if they were lost; main's own record tells that, where
** it decides. */
static int commit_witness(struct bind *lead, struct err *err)
{
    struct binds *owner = lead->owner;
    struct bind *b = lead;
    int i, rc;
    while (b && !(b->part == lead->part && b->conn && b->wrote))
        b = b->next;
    if (!b)
        b = lead;
    rc = witness_exec(
        b,
        "CREATE TABLE IF NOT EXISTS %s._binds_done(gid TEXT PRIMARY KEY, at TEXT, local INTEGER)",
        "", 0, err);
    for (i = 0; i < owner->coord.nwitnessed && rc == SQLITE_OK; i++)
        if (strcmp(owner->coord.witnessed[i].file, b->url.database) == 0)
            rc = witness_exec(b, "DELETE FROM %s._binds_done WHERE gid = %Q",
                              owner->coord.witnessed[i].gid, 0, err);
    if (rc == SQLITE_OK)
        rc = witness_exec(
            b, "INSERT OR REPLACE INTO %s._binds_done VALUES (%Q, datetime('now'), %d)",
            owner->coord.transaction, owner->txn.local && coord_kind(owner) == COORD_MAIN, err);
    if (rc != SQLITE_OK)
        return bind_fail(b, "COMMIT", err);
    FAULT_POINT("before_witness");
    rc = part_commit(lead, err);
    if (rc == SQLITE_OK)
        owner->txn.witness = b;
    for (b = owner->first; b && rc == SQLITE_OK; b = b->next)
        if (coord_identity_is_file(b) && b->conn)
            coord_sync_directory(
                b->url.database); /* a journal that comes back would take the witness away */
    return rc;
}

static int commit_told(struct bind *b, struct err *err)
{
    char *parts = describe_parts(b->owner);
    int rc = parts ? witness_commit(b, parts, err) : err_nomem(err);
    sqlite3_free(parts);
    return rc;
}

static int count(const struct binds *b, bool (*chosen)(const struct bind *))
{
    const struct bind *bind;
    int n = 0;
    for (bind = b->first; bind; bind = bind->next)
        n += chosen(bind);
    return n;
}

/* Who cannot vote commits last, while every vote stands and the local locks are held. */
static int commit_mute(struct binds *b, struct err *err)
{
    struct bind *bind;
    int rc = SQLITE_OK;
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (part_is_last(bind)) {
            rc = part_can_witness(bind)                            ? commit_witness(bind, err)
                 : witness_serves(bind) && count(b, part_is_voter) ? commit_told(bind, err)
                                                                   : part_commit(bind, err);
            FAULT_POINT("after_witness");
            if (rc == SQLITE_OK)
                b->txn.state = TXN_DECIDED;
        }
    return rc;
}

/* Writes the decision row, or takes the lock that goes with a decision elsewhere. */
static int record(struct binds *b, struct err *err)
{
    char ignored[COORD_GID_MAX];
    char *parts;
    int rc = SQLITE_OK;
    if (coord_kind(b) == COORD_NONE)
        return err_set(err, SQLITE_ERROR,
                       "there is no durable local database any more to record the commit in");
    if (!b->coord.transaction[0])
        rc = coord_branch(b, ignored, err);
    if (rc == SQLITE_OK && coord_kind(b) == COORD_SERVER)
        return decider_lock(b, err) == SQLITE_OK ? SQLITE_OK : part_busy(err, false);
    if (rc != SQLITE_OK)
        return rc;
    parts = describe_parts(b);
    rc = parts ? coord_record(b, parts, err) : err_nomem(err);
    b->txn.total_recorded = sqlite3_total_changes(b->db);
    sqlite3_free(parts);
    return rc == SQLITE_OK ? rc : part_busy(err, true);
}

/* What would be waited for after the votes is waited for before them. */
static int hold(struct binds *b, struct err *err)
{
    struct bind *bind;
    int rc = coord_hold_files(b, err);
    if (rc != SQLITE_OK)
        return err_prefix_plain(err);
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (part_is_last(bind) && bind->engine->hold &&
            bind->engine->hold(bind->conn, err) != SQLITE_OK)
            rc = bind_fail(bind, "COMMIT", err);
    return rc == SQLITE_OK ? rc : part_busy(err, true);
}

/* What has no witness is decided by a file or a server other than main, if main cannot. */
static int decide_elsewhere(struct binds *b, struct err *err)
{
    enum coord_kind kind = coord_kind(b);
    int rc = SQLITE_OK;
    if (kind == COORD_SIDE) {
        rc = coord_decide(b, err);
        FAULT_POINT("after_side");
        if (rc != SQLITE_OK && b->txn.state != TXN_DECIDED)
            return err_prefix_plain(err);
        err_clear(err); /* who has committed last has decided already, and all follow */
        rc = SQLITE_OK;
    } else if (kind == COORD_SERVER) {
        rc = decider_decide(b, &b->txn.unknown, err);
        FAULT_POINT("after_mark");
        if (rc != SQLITE_OK)
            return rc;
    }
    if (kind == COORD_SIDE || kind == COORD_SERVER)
        b->txn.state = TXN_DECIDED;
    return rc;
}

static int decide(struct binds *b, struct err *err)
{
    static const struct wave ends = {is_xa, end_send, vote_error, NULL, "after_end"};
    static const struct wave votes = {part_is_voter, vote_send, vote_error, NULL, "after_vote"};
    int rc = in_parallel(b, &ends, err);
    if (rc == SQLITE_OK)
        rc = in_parallel(b, &votes, err);
    FAULT_POINT("after_votes");
    if (rc == SQLITE_OK)
        rc = commit_mute(b, err);
    if (rc == SQLITE_OK && b->txn.state == TXN_OPEN)
        b->txn.state = TXN_VOTED;
    if (rc == SQLITE_OK)
        rc = decide_elsewhere(b, err);
    return rc == SQLITE_OK ? rc : part_busy(err, false);
}

static int two_phase(struct binds *b, struct err *err)
{
    int rc;
    FAULT_POINT("before_record");
    rc = record(b, err);
    if (rc != SQLITE_OK)
        return err->prefixed ? rc : err_prefix_plain(err);
    FAULT_POINT("after_record");
    rc = hold(b, err);
    if (rc == SQLITE_OK)
        rc = decide(b, err);
    if (rc == SQLITE_OK)
        FAULT_POINT("before_decision");
    return rc;
}

/* Its COMMIT is the last thing that happens before SQLite's own, which has nothing to write. */
static int one_phase(struct binds *b, struct err *err)
{
    struct bind *bind;
    int rc = hold(b, err);
    FAULT_POINT("before_one_phase");
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (part_is_voter(bind) || part_is_last(bind))
            rc = part_commit(bind, err);
    if (rc == SQLITE_OK)
        b->txn.state = TXN_VOTED;
    FAULT_POINT("after_one_phase");
    return rc;
}

/* ---- sync ---- */

static bool only_reads(const struct bind *b)
{
    return b->conn && b->conn->in_transaction && !b->part->writing && bind_leads_part(b);
}

static bool only_reads_xa(const struct bind *b)
{
    return only_reads(b) && b->part->xa;
}

static int read_end_send(struct bind *b, struct rows *rows, struct err *err)
{
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    char *sql = NULL;
    int rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK && b->part->xa && !(sql = part_branch_sql(b, verbs->xa_one_phase)))
        rc = err_nomem(err);
    if (rc == SQLITE_OK)
        rc = conn_send(b->conn, sql ? sql : verbs->commit, NULL, 0, QUERY_ONCE | QUERY_SHORT, rows,
                       err);
    sqlite3_free(sql);
    return rc;
}

static int end_reads(struct binds *b, struct err *err)
{
    static const struct wave ends = {only_reads_xa, end_send, part_commit_failed, NULL, NULL};
    static const struct wave commits = {only_reads, read_end_send, part_commit_failed,
                                        bind_part_reset, NULL};
    int rc = in_parallel(b, &ends, err);
    return rc == SQLITE_OK ? in_parallel(b, &commits, err) : rc;
}

/* Nobody hears of it. */
static int ignored(struct bind *b, struct err *err)
{
    (void)b;
    (void)err;
    return SQLITE_OK;
}

void commit_end_snapshots(struct binds *b)
{
    static const struct wave commits = {only_reads, read_end_send, ignored, bind_part_reset, NULL};
    struct bind *bind;
    struct err err;
    err_clear(&err);
    if (count(b, only_reads) > 0)
        in_parallel(b, &commits, &err);
    /* What could not be ended like that is rolled back, or its connection closed. */
    for (bind = b->first; bind; bind = bind->next)
        if (bind->conn && bind->conn->in_transaction)
            commit_abort_one(bind);
}

static int flush_all(struct binds *b, struct err *err)
{
    struct bind *bind;
    int parts = 0, rc = SQLITE_OK;
    for (bind = b->first; bind; bind = bind->next) {
        parts += writer_pending(bind) || (bind->conn && bind->conn->in_transaction);
        if (bind->part->doomed) {
            err_set(err, SQLITE_IOERR, "the server's transaction is gone: nothing is committed");
            return bind_fail(bind, "COMMIT", err);
        }
    }
    /* One bind, nothing sent yet, nothing local: its statement may commit by itself. */
    b->txn.lone = parts == 1 && !b->txn.local;
    if (b->txn.lone)
        rc = coord_hold_files(b, err);
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (writer_flush(bind, err) != SQLITE_OK)
            rc = part_busy(err, false);
    b->txn.lone = false;
    return rc;
}

/* The bind whose witness would have to decide. */
static struct bind *told_last(struct binds *b)
{
    struct bind *bind;
    for (bind = b->first; bind; bind = bind->next)
        if (part_is_last(bind) && witness_serves(bind) && count(b, part_is_voter) > 0)
            return bind;
    return NULL;
}

static int refuse_local(struct bind *b, struct err *err)
{
    err_set(
        err, SQLITE_ERROR,
        "a bind that commits last by its witness decides for other binds, not for local tables, "
        "and this transaction has changed some: two_phase=off in its URL accepts commits one after "
        "the other");
    return bind_fail(b, "COMMIT", err);
}

/* When COMMIT is tried again, main may hold the record already, which is no change of the user's. */
static bool has_local_changes(struct binds *b)
{
    bool only_record =
        b->coord.recorded && !b->txn.local && sqlite3_total_changes(b->db) == b->txn.total_recorded;
    return !only_record && txn_local_changes(b);
}

static int sync_all(struct binds *b, struct err *err)
{
    struct bind *bind;
    int durable, rc;
    b->txn.local = has_local_changes(b);
    rc = flush_all(b, err);
    if (rc == SQLITE_OK)
        rc = end_reads(b, err);
    if (rc != SQLITE_OK)
        return rc;
    durable = count(b, part_is_voter) + count(b, part_is_last);
    if (durable == 0)
        b->txn.state = TXN_VOTED;
    else if (b->txn.local && (bind = told_last(b)) != NULL)
        rc = refuse_local(bind, err);
    else if (durable == 1 && (coord_kind(b) != COORD_MAIN || !b->txn.local))
        rc = one_phase(b, err);
    else
        rc = two_phase(b, err);
    return rc;
}

/* A RELEASE of the outermost savepoint that cannot commit: SQLite would undo everything and yet leave the transaction
** open, for the next RELEASE to commit what comes after.  BUSY makes it leave all as it is, until ROLLBACK. */
static int keep_open(struct binds *b, struct err *err)
{
    struct bind *bind;
    for (bind = b->first; bind; bind = bind->next)
        commit_abort_one(bind);
    b->txn.state = TXN_OPEN;
    b->txn.failed = true;
    return err->rc = SQLITE_BUSY;
}

int txn_failed(struct binds *b, struct err *err)
{
    if (!b->txn.failed)
        return SQLITE_OK;
    return err_set(
        err, SQLITE_ABORT_ROLLBACK,
        "RELEASE could not commit, and what the transaction had written is undone: ROLLBACK "
        "and try again");
}

int txn_sync(struct binds *b, struct err *err)
{
    int rc = txn_failed(b, err);
    if (rc == SQLITE_OK && b->txn.state == TXN_OPEN)
        rc = sync_all(b, err);
    /* Plain SQLITE_BUSY, and that alone: all stands, COMMIT or RELEASE can be tried again. */
    if (rc == SQLITE_OK || rc == SQLITE_BUSY || b->txn.unknown || b->txn.state == TXN_DECIDED ||
        !statement_releases(b->db))
        return rc;
    return keep_open(b, err);
}

/* ---- phase two ---- */

static bool stands_prepared(const struct bind *b)
{
    return b->part->maybe_prepared && bind_leads_part(b);
}

static int settle_send(struct bind *b, struct rows *rows, struct err *err)
{
    char *sql = part_branch_sql(b, b->conn->dialect->verbs.commit_prepared);
    int rc = sql ? conn_send(b->conn, sql, NULL, 0, QUERY_ONCE | QUERY_SHORT, rows, err)
                 : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

/* Somebody else may have settled it; otherwise it waits for recovery, and the bind is fenced until then. */
static int settle_error(struct bind *b, struct err *err)
{
    if (!part_already_done(err)) {
        recover_remember(b, b->part->branch);
        bind_fail(b, "COMMIT of a prepared transaction (it will be finished at the next use)", err);
    }
    return SQLITE_OK;
}

static const char *witness_name(const struct bind *b)
{
    if (!b || part_can_witness(b))
        return b ? b->url.database : NULL;
    return b->conn ? b->conn->address : NULL;
}

static void txn_over(struct binds *b, bool committed)
{
    struct bind *bind;
    bool settled = true;
    for (bind = b->first; bind; bind = bind->next) {
        settled = settled && bind->nunsettled == 0;
        if (bind->part->reading || bind->part->doomed || bind->part->maybe_prepared)
            bind_part_reset(bind);
    }
    if (b->coord.transaction[0])
        coord_end(b, committed, settled, witness_name(b->txn.witness));
    decider_over(b, settled);
    b->txn.witness = NULL;
    b->txn.unknown = b->txn.failed = false;
    tail_reset(&b->txn.tail);
    b->txn.state = TXN_NONE;
    b->txn.level = 0;
}

static void commit_late(struct binds *b)
{
    struct bind *bind;
    for (bind = b->first; bind; bind = bind->next) {
        struct err err;
        err_clear(&err);
        if (part_is_late(bind))
            part_commit(bind, &err);
    }
}

static void phase_two(struct binds *b)
{
    static const struct wave settles = {stands_prepared, settle_send, settle_error, NULL,
                                        "after_settle"};
    struct err err;
    err_clear(&err);
    in_parallel(b, &settles, &err);
    commit_late(b);
    FAULT_POINT("after_settled");
    txn_over(b, true);
}

void txn_commit(struct binds *b)
{
    if (b->txn.state == TXN_NONE)
        return; /* the guard table has just been created */
    FAULT_POINT("after_local_commit");
    if (count(b, stands_prepared) > 0)
        coord_make_durable(b);
    FAULT_POINT("after_durable");
    phase_two(b);
}

void txn_rollback(struct binds *b)
{
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
