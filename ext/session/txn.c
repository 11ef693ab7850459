/* The coordinator's everyday half: enlisting, snapshots, savepoints, what an error leaves behind.  How a
** COMMIT over several binds decides is session/commit.c's.
**
** Server savepoints: b0, b1 … mirror SQLite's levels and are made before the first write after the level was
** opened; `bs` protects single statements where an error would abort the server's transaction, `br` the several ones of a row, `bu` an UPDATE … FROM.  A `bs`
** that lies beneath a later level savepoint is forgotten (txn.guarded = false), never released: releasing
** it would take the level with it. */
#include "session/commit.h"
#include "session/participant.h"
#include "session/probe.h"
#include "session/statement.h"
#include "session/witness.h"
#include "session/writer.h"

#include <string.h>

#define STATEMENT_SAVEPOINT "bs"
#define READ_ONLY_HINT                                                                             \
    " (under PRAGMA query_only, which forbids temp as well, binds are read outside BEGIN only; "   \
    "read_only=1 in their URLs serves in its place)"
static const char *const rows_savepoint[] = {[TXN_ONE_ROW] = "br", [TXN_ALL_ROWS] = "bu"};

static int queue_named(struct bind *b, const char *verb, const char *name, struct err *err)
{
    char *sql;
    int rc;
    if (!verb)
        return SQLITE_OK;
    sql = sqlite3_mprintf(verb, name);
    if (!sql)
        return err_nomem(err);
    rc = conn_queue(b->conn, sql, err);
    sqlite3_free(sql);
    return rc;
}

static int queue_level(struct bind *b, const char *verb, int level, struct err *err)
{
    char name[16];
    sqlite3_snprintf(sizeof name, name, "b%d", level);
    return queue_named(b, verb, name, err);
}

/* ---- enlisting ---- */

static int enlist_prepare(struct binds *b)
{
    static const char sql[] = "DELETE FROM temp._binds_guard WHERE 0";
    int rc = sqlite3_prepare_v3(b->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &b->txn.enlist, NULL);
    if (rc != SQLITE_OK) {
        /* Its creation was rolled back, or somebody dropped it. */
        rc = sqlite3_exec(b->db, "CREATE VIRTUAL TABLE temp._binds_guard USING bind_guard", NULL,
                          NULL, NULL);
        if (rc == SQLITE_OK)
            rc =
                sqlite3_prepare_v3(b->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &b->txn.enlist, NULL);
    }
    return rc;
}

static int enlist(struct binds *b, struct err *err)
{
    int rc = txn_failed(b, err);
    if (rc != SQLITE_OK || b->txn.state == TXN_OPEN)
        return rc;
    if (b->txn.state != TXN_NONE)
        return err_set(err, SQLITE_MISUSE, "the transaction is prepared: COMMIT or ROLLBACK");
    if (!b->txn.enlist)
        rc = enlist_prepare(b);
    if (rc == SQLITE_OK) {
        b->txn.enlisting = true;
        sqlite3_step(b->txn.enlist);
        rc = sqlite3_reset(b->txn.enlist);
        b->txn.enlisting = false;
    }
    if (rc != SQLITE_OK)
        return err_set(err, rc, "joining the transaction: %s%s", sqlite3_errmsg(b->db),
                       rc == SQLITE_READONLY ? READ_ONLY_HINT : "");
    if (b->txn.state != TXN_OPEN)
        return err_set(err, SQLITE_INTERNAL, "the guard table did not join the transaction");
    return SQLITE_OK;
}

void txn_let_go(struct binds *b)
{
    sqlite3_stmt *enlist_stmt = b->txn.enlist;
    if (b->txn.enlisting)
        return;
    tail_give_up(&b->txn.tail);
    /* Its end may disconnect the guard, which comes back here. */
    b->txn.enlist = NULL;
    sqlite3_finalize(enlist_stmt);
    schemas_clear(&b->schemas);
    host_clear(&b->host);
}

int txn_begin(struct binds *b, struct err *err)
{
    (void)err;
    b->txn.state = TXN_OPEN;
    b->txn.level = 0;
    return SQLITE_OK;
}

int txn_undone(struct err *err)
{
    return err_set(err, SQLITE_ABORT_ROLLBACK,
                   "SQLite has undone the transaction: it was interrupted, or had no memory");
}

/* A statement of ours within SQLite's may meet an interrupt, or have no memory: then SQLite undoes everything there and then,
** and nobody hears of the end of what comes after it. */
int txn_after_change(struct binds *b, bool inside, int rc, struct err *err)
{
    if (b->txn.state != TXN_NONE && !txn_is_undone(b, inside))
        return rc;
    txn_rollback(b);
    return rc != SQLITE_OK ? rc : txn_undone(err);
}

bool txn_is_inside(const struct binds *b)
{
    return sqlite3_get_autocommit(b->db) == 0;
}

bool txn_is_undone(const struct binds *b, bool inside)
{
    return inside && !txn_is_inside(b);
}

/* ---- opening server transactions ---- */

/* One statement that scans once needs no snapshot of its own: it locks the rows as they are when it comes to them,
** where a snapshot would make a conflict of everything that was changed meanwhile. */
static const char *write_verb(struct bind *b)
{
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    struct binds *owner = b->owner;
    bool alone =
        sqlite3_get_autocommit(owner->db) && statement_is_ours(owner) && !scans_repeat(owner);
    return alone ? verbs->begin_statement : verbs->begin_write;
}

static int begin_server(struct bind *b, bool for_write, struct err *err)
{
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    enum txn_state state = b->owner->txn.state;
    int rc = for_write ? witness_ready(b, err) : SQLITE_OK;
    const char *verb = rc == SQLITE_OK && for_write ? write_verb(b) : verbs->begin_read;
    if (rc == SQLITE_OK && b->owner->txn.state != state)
        return txn_undone(err);
    if (rc == SQLITE_OK && !for_write && verbs->before_read)
        rc = conn_queue(b->conn, verbs->before_read, err);
    if (rc == SQLITE_OK)
        rc = commit_begin(b, verb, err);
    /* The interrupt may have come too late for the server, which has begun then. */
    if ((rc & 0xff) == SQLITE_INTERRUPT && (b->conn->caps & CAP_ONE_SESSION) == 0)
        conn_give_up(b->conn);
    if (rc != SQLITE_OK)
        return rc;
    bind_part_open(b);
    b->part->writable = for_write;
    b->part->levels = 0;
    b->part->guarded = false;
    b->part->dirty = false;
    return SQLITE_OK;
}

int txn_protect(struct bind *b, struct err *err)
{
    int rc = SQLITE_OK;
    if (!b->conn || !b->conn->in_transaction || (b->conn->caps & CAP_SURVIVES_ERROR))
        return SQLITE_OK;
    if (b->part->guarded && !b->part->dirty)
        return SQLITE_OK;
    if (b->part->guarded)
        rc = queue_named(b, b->conn->dialect->verbs.release, STATEMENT_SAVEPOINT, err);
    if (rc == SQLITE_OK)
        rc = queue_named(b, b->conn->dialect->verbs.savepoint, STATEMENT_SAVEPOINT, err);
    if (rc == SQLITE_OK) {
        b->part->guarded = true;
        b->part->dirty = false;
    }
    return rc;
}

void txn_unguard(struct bind *b)
{
    b->part->guarded = false;
}

/* A read snapshot outside BEGIN gives way to a write: what is still unread is pulled in first. */
static int end_read_snapshot(struct bind *b, struct err *err)
{
    int rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK)
        rc = conn_exec(b->conn, b->conn->dialect->verbs.commit, NULL, 0, NULL, NULL, err);
    if (rc != SQLITE_OK)
        part_end_unsure(b);
    else
        bind_part_reset(b);
    return rc;
}

/* An error of the running statement ends the transaction with all that it did: nothing needs a savepoint.  On PG each
** has an id of its own, and a row that was locked under one and is changed under another costs a MultiXact. */
static bool error_undoes_all(const struct binds *b)
{
    return sqlite3_get_autocommit(b->db) && b->txn.level == 0 && !b->txn.trying;
}

static int open_for_read(struct bind *b, bool snapshot, struct err *err)
{
    struct binds *owner = b->owner;
    bool feeds_write = bind_scan_feeds_write(owner) && !b->url.read_only;
    int rc = SQLITE_OK;
    if (!sqlite3_get_autocommit(owner->db) || feeds_write) {
        rc = enlist(owner, err);
        /* Reads of a transaction that may write come from the snapshot on which its writes will rest. */
        if (rc == SQLITE_OK && b->conn->in_transaction && !b->part->writable && !b->url.read_only)
            rc = end_read_snapshot(b, err);
        if (rc == SQLITE_OK && !b->conn->in_transaction)
            rc = begin_server(b, !b->url.read_only, err);
        if (rc == SQLITE_OK && !error_undoes_all(owner))
            rc = txn_protect(b, err);
    } else if (!b->conn->in_transaction &&
               (b->open_cursors > 1 || snapshot || scans_repeat(owner))) {
        rc = begin_server(b, false, err);
    }
    return rc;
}

/* Beginning may connect another bind, whose recovery may ask this one: the caller has its connection in hand. */
int txn_before_read(struct bind *b, bool snapshot, struct err *err)
{
    int rc;
    b->conn_held++;
    rc = open_for_read(b, snapshot, err);
    b->conn_held--;
    return rc;
}

bool txn_reads_on(const struct bind *b)
{
    const struct binds *owner = b->owner;
    if (!b->conn->in_transaction)
        return false;
    if (owner->txn.state == TXN_NONE)
        return sqlite3_get_autocommit(owner->db);
    return owner->txn.state == TXN_OPEN && !owner->txn.failed &&
           (b->part->writable || b->url.read_only) && (b->conn->caps & CAP_SURVIVES_ERROR);
}

int txn_join(struct bind *b, struct err *err)
{
    if (b->url.read_only)
        return err_set(err, SQLITE_READONLY, "the bind is read-only (its URL says so)");
    if (enlist(b->owner, err) != SQLITE_OK)
        return err->rc;
    probes_forget(b);
    return commit_admit(b, err);
}

/* Joins, and makes the transaction and the level savepoints that are due. */
static int join_and_open(struct bind *b, bool several, struct err *err)
{
    struct binds *owner = b->owner;
    int rc = txn_join(b, err), due = owner->txn.level;
    if (rc != SQLITE_OK)
        return rc;
    if (owner->txn.whole && (b->conn->caps & CAP_SURVIVES_ERROR))
        due--; /* a failure leaves what was there before: what SQLite will ask for */
    if (b->conn->in_transaction && !b->part->writable)
        rc = end_read_snapshot(b, err);
    /* One statement alone, sent while SQLite commits, is its own transaction on the server. */
    if (rc == SQLITE_OK && !b->conn->in_transaction && several)
        rc = begin_server(b, true, err);
    if (rc != SQLITE_OK || !b->conn->in_transaction)
        return rc;
    b->part->writing = b->wrote = true;
    if (b->part->levels < due)
        b->part->guarded = false;
    while (rc == SQLITE_OK && b->part->levels < due) {
        rc = queue_level(b, b->conn->dialect->verbs.savepoint, b->part->levels, err);
        if (rc == SQLITE_OK)
            b->part->levels++;
    }
    return rc;
}

static int open_for_write(struct bind *b, bool several, struct err *err)
{
    int rc;
    b->conn_held++; /* as in txn_before_read */
    rc = join_and_open(b, several, err);
    b->conn_held--;
    return rc;
}

int txn_before_write(struct bind *b, bool several, bool survived, struct err *err)
{
    int rc = open_for_write(b, several, err);
    if (rc != SQLITE_OK || !b->conn->in_transaction)
        return rc;
    if (survived || !error_undoes_all(b->owner))
        rc = txn_protect(b, err);
    b->part->dirty = true;
    return rc;
}

static sqlite3_uint64 bit_of(int level)
{
    return level < 64 ? (sqlite3_uint64)1 << level : 0;
}

/* Those above a level have gone with it. */
static void forget_rows_above(struct bind_txn *part, int level)
{
    if (level < 63)
        part->rows_stay &= bit_of(level + 1) - 1;
}

/* If nobody knew which row was its last, the next such statement says that it is over: else each would nest in the one
** before it. */
static int release_rows_before(struct bind *b, struct err *err)
{
    sqlite3_uint64 bit = bit_of(b->part->levels);
    if ((b->part->rows_stay & bit) == 0)
        return SQLITE_OK;
    b->part->rows_stay &= ~bit;
    return queue_named(b, b->conn->dialect->verbs.release, rows_savepoint[TXN_ALL_ROWS], err);
}

static int begin_savepoint(struct bind *b, enum txn_rows rows, struct err *err)
{
    int rc = open_for_write(b, true, err);
    if (rc == SQLITE_OK && b->part->guarded)
        rc = queue_named(b, b->conn->dialect->verbs.release, STATEMENT_SAVEPOINT, err);
    b->part->guarded = false;
    if (rc == SQLITE_OK && rows == TXN_ALL_ROWS)
        rc = release_rows_before(b, err);
    if (rc == SQLITE_OK)
        rc = queue_named(b, b->conn->dialect->verbs.savepoint, rows_savepoint[rows], err);
    if (rc == SQLITE_OK && rows == TXN_ALL_ROWS)
        b->part->rows_stay |= bit_of(b->part->levels);
    return rc;
}

static int end_savepoint(struct bind *b, enum txn_rows rows, bool failed, struct err *err)
{
    int rc = SQLITE_OK;
    if (!b->conn || !b->conn->in_transaction || b->part->doomed)
        return SQLITE_OK;
    if (failed)
        rc = queue_named(b, b->conn->dialect->verbs.rollback_to, rows_savepoint[rows], err);
    if (rc == SQLITE_OK)
        rc = queue_named(b, b->conn->dialect->verbs.release, rows_savepoint[rows], err);
    b->part->guarded = false;
    if (rows == TXN_ALL_ROWS)
        b->part->rows_stay &= ~bit_of(b->part->levels);
    if (rc != SQLITE_OK)
        b->part->doomed = true;
    return rc;
}

/* In autocommit the statement is all there is. */
int txn_row_begin(struct bind *b, enum txn_rows rows, struct err *err)
{
    return sqlite3_get_autocommit(b->owner->db) ? SQLITE_OK : begin_savepoint(b, rows, err);
}

int txn_row_end(struct bind *b, enum txn_rows rows, bool failed, struct err *err)
{
    return sqlite3_get_autocommit(b->owner->db) ? SQLITE_OK : end_savepoint(b, rows, failed, err);
}

int txn_try_begin(struct bind *b, struct err *err)
{
    b->owner->txn.trying = true;
    return begin_savepoint(b, TXN_ONE_ROW, err);
}

int txn_try_end(struct bind *b, bool failed, struct err *err)
{
    b->owner->txn.trying = false;
    return end_savepoint(b, TXN_ONE_ROW, failed, err);
}

void txn_after_error(struct bind *b, const struct err *cause)
{
    struct err ignored;
    err_clear(&ignored);
    if (!b->conn || !b->conn->in_transaction)
        return;
    if (cause->lost || b->conn->state == CONN_LOST) {
        b->conn->in_transaction = b->conn->aborted = false;
        if (b->owner->txn.state == TXN_NONE)
            bind_part_reset(b); /* an epoch's snapshot: the next read starts afresh */
        else
            b->part->doomed = true;
        return;
    }
    if (b->conn
            ->aborted) { /* the server has undone all of it; what follows would run in autocommit */
        b->part->doomed = true;
        return;
    }
    if ((b->conn->caps & CAP_SURVIVES_ERROR) || b->part->maybe_prepared)
        return; /* also what stands prepared: the statement was refused, and the session is in no transaction */
    /* Nobody knows which of the savepoints that were due have been queued. */
    if ((cause->rc & 0xff) == SQLITE_NOMEM && cause->sqlstate[0] == '\0' &&
        b->owner->txn.state == TXN_OPEN) {
        b->part->doomed = true;
        return;
    }
    /* What is still queued was not sent with the statement that failed (a value of it could not travel): BEGIN and
    ** the savepoints stay due. */
    if (b->part->guarded) {
        if (queue_named(b, b->conn->dialect->verbs.rollback_to, STATEMENT_SAVEPOINT, &ignored) !=
            SQLITE_OK)
            b->part->doomed = true;
        b->part->dirty = false;
    } else if (b->owner->txn.state == TXN_NONE) {
        /* An epoch's snapshot is of no use any more. */
        part_end_unsure(b);
    } else {
        b->part->doomed = true;
    }
}

void txn_epoch_end(struct binds *b)
{
    if (b->txn.state == TXN_NONE)
        commit_end_snapshots(b);
}

/* ---- savepoints ---- */

int txn_savepoint(struct binds *b, int level, struct err *err)
{
    int rc;
    tail_reset(&b->txn.tail);
    b->txn.statement_us = b->txn.enlisting ? 0 : trace_clock_us();
    rc = writer_flush_all(b, err);
    b->txn.level = level + 1;
    return rc;
}

int txn_release(struct binds *b, int level, struct err *err)
{
    struct bind *bind;
    int rc;
    tail_reset(&b->txn.tail);
    rc = writer_flush_all(b, err); /* nothing, unless a statement had fewer rows than it seemed */
    b->txn.level = level;
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next) {
        if (!bind->conn || !bind->part->writing || bind->part->doomed ||
            bind->part->levels <= level)
            continue;
        /* Engines that replace a savepoint of the same name need no word about this. */
        rc = queue_level(bind, bind->conn->dialect->verbs.release, level, err);
        bind->part->levels = level;
        forget_rows_above(bind->part, level);
        if (bind->conn->dialect->verbs.release)
            bind->part->guarded = false;
        if (rc != SQLITE_OK)
            bind_fail(bind, "RELEASE", err);
    }
    return rc;
}

static int bind_rollback_to(struct bind *b, int level, struct err *err)
{
    int rc;
    writer_discard(b);
    probes_forget(b);
    if (!b->conn || !b->part->writing || b->part->doomed)
        return SQLITE_OK;
    if (level < 0) {
        commit_abort_one(b);
        return SQLITE_OK;
    }
    if (b->part->levels <= level)
        return SQLITE_OK;
    rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK)
        rc = queue_level(b, b->conn->dialect->verbs.rollback_to, level, err);
    b->part->levels = level + 1;
    forget_rows_above(b->part, level);
    b->part->guarded = false;
    b->part->dirty = true;
    if (rc == SQLITE_OK)
        return rc;
    b->part->doomed = true;
    bind_fail(b, "ROLLBACK TO", err);
    /* SQLite would say no more than "disk I/O error", also for the statement that is undone by this: the next one of
    ** the bind, and COMMIT, say what has happened. */
    return err->lost || b->conn->state == CONN_LOST ? SQLITE_OK : rc;
}

int txn_rollback_to(struct binds *b, int level, struct err *err)
{
    struct bind *bind;
    int rc = SQLITE_OK;
    tail_reset(&b->txn.tail);
    b->txn.level = level + 1;
    for (bind = b->first; bind; bind = bind->next) {
        int one = bind_rollback_to(bind, level, err);
        if (rc == SQLITE_OK)
            rc = one;
    }
    return rc;
}
