/* One bind's part in a transaction: what it can do, whether it may join, how it begins, commits alone, and is undone.
** How several of them end together is commit.c's. */
#include "session/participant.h"
#include "session/commit.h"
#include "session/coord_parts.h"
#include "session/decider.h"
#include "session/recover.h"
#include "session/witness.h"
#include "session/writer.h"

#include <string.h>

/* ---- what a participant can do ---- */

bool part_can_vote(const struct bind *b)
{
    unsigned caps = b->conn ? b->conn->caps : b->engine->caps;
    if (!(caps & CAP_TWO_PHASE) || b->url.two_phase_off)
        return false;
    /* A transaction that had to be begun as a branch and was not, cannot become one. */
    return !(b->conn && b->conn->in_transaction && b->part->writable &&
             b->conn->dialect->verbs.xa_begin) ||
           b->part->xa;
}

/* SQLite files cannot prepare, but carry a witness of their own commit: their session may commit last. */
bool part_can_witness(const struct bind *b)
{
    return (b->engine->caps & CAP_ONE_SESSION) != 0;
}

static bool writes(const struct bind *b)
{
    return b->part->writing || writer_pending(b);
}

/* What dies with the process follows the decision; it cannot fail and proves nothing. */
bool part_is_late(const struct bind *b)
{
    return b->part->writing && bind_leads_part(b) && bind_in_memory(b);
}

bool part_is_voter(const struct bind *b)
{
    return b->part->writing && bind_leads_part(b) && part_can_vote(b);
}

/* Who can neither vote nor wait: commits while all votes stand and the local locks are held. */
bool part_is_last(const struct bind *b)
{
    return b->part->writing && bind_leads_part(b) && !part_can_vote(b) && !bind_in_memory(b);
}

char *part_branch_sql(const struct bind *b, const char *verb)
{
    return recover_branch_sql(b->conn, b->part->branch, verb);
}

static int branch_exec(struct bind *b, const char *verb, struct err *err)
{
    char *sql = part_branch_sql(b, verb);
    int rc = sql ? conn_exec(b->conn, sql, NULL, 0, NULL, NULL, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

/* What cannot be recorded is begun as an ordinary transaction: it may well stay alone. */
static bool can_be_recorded(struct binds *b)
{
    struct err ignored;
    err_clear(&ignored);
    return coord_kind(b) != COORD_NONE ||
           (decider_possible(b) && decider_choose(b, &ignored) == SQLITE_OK);
}

int commit_begin(struct bind *b, const char *verb, struct err *err)
{
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    char *sql;
    int rc;
    if (!verbs->xa_begin || !part_can_vote(b) || verb != verbs->begin_write ||
        !can_be_recorded(b->owner))
        return conn_queue(b->conn, verb, err);
    rc = coord_branch(b->owner, b->part->branch, err);
    if (rc != SQLITE_OK)
        return rc;
    sql = part_branch_sql(b, verbs->xa_begin);
    rc = sql ? conn_queue(b->conn, sql, err) : err_nomem(err);
    sqlite3_free(sql);
    b->part->xa = rc == SQLITE_OK;
    return rc;
}

/* First column of the first row of a statement of the SQLite session. */
static int file_query(struct bind *b, const char *format, char *out, int size, struct err *err)
{
    struct rows rows = {.conn = NULL};
    struct cell cell;
    char *sql = sqlite3_mprintf(
        format, b->conn->dialect->default_schema ? b->conn->dialect->default_schema : "main");
    int rc = sql ? conn_send(b->conn, sql, NULL, 0, QUERY_ONCE | QUERY_SHORT, &rows, err)
                 : err_nomem(err);
    out[0] = 0;
    if (rc == SQLITE_OK) {
        rc = rows_next(&rows, err);
        if (rc == SQLITE_ROW && rows_cell(&rows, 0, &cell, err) == SQLITE_OK &&
            cell.cls == CELL_TEXT)
            sqlite3_snprintf(size, out, "%.*s", (int)cell.n, (const char *)cell.p);
        rows_finish(&rows);
        rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    sqlite3_free(sql);
    return rc;
}

/* Several SQLite files commit as one only by rollback journals: all of those written must have one. */
static int admit_file(struct bind *b, struct err *err)
{
    static const char *const fit[] = {"delete", "truncate", "persist"};
    struct bind *p;
    char mode[16];
    int n = 0, rc;
    for (p = b->owner->first; p; p = p->next)
        n += p != b && p->wrote && coord_identity_is_file(p);
    if (n == 0)
        return SQLITE_OK;
    for (p = b->owner->first; p; p = p->next) {
        struct conn *conn;
        size_t i;
        bool fits = false;
        if ((p != b && !p->wrote) || !coord_identity_is_file(p) || p->url.two_phase_off)
            continue;
        rc = bind_connect(p, &conn, err);
        if (rc == SQLITE_OK)
            rc = file_query(p, "PRAGMA %s.journal_mode", mode, sizeof mode, err);
        if (rc != SQLITE_OK)
            return rc;
        for (i = 0; i < sizeof fit / sizeof fit[0]; i++)
            fits = fits || strcmp(mode, fit[i]) == 0;
        if (!fits)
            return err_set(
                err, SQLITE_ERROR,
                "several SQLite files are atomic as a set only with rollback journals, and %s has "
                "journal_mode=%s: change it to delete, or accept commits one after the other with "
                "two_phase=off in that bind's URL",
                p->conn->address, mode);
    }
    return SQLITE_OK;
}

/* The participant that cannot prepare may be another one than the bind that comes too late. */
static int refuse_mute(const struct bind *b, const struct bind *mute, struct err *err)
{
    const char *key = mute->key ? mute->key : "[default]";
    const char *why = mute->conn->two_phase_why[0] ? mute->conn->two_phase_why
                                                   : "its transaction has begun as an ordinary one";
    return err_set(err, SQLITE_ERROR,
                   "cannot take part in an atomic commit over several binds: %s%s%s%s; in %s URL "
                   "%stwo_phase=off accepts commits one after the other",
                   mute == b ? "" : "bind ", mute == b ? "" : key,
                   mute == b ? "" : " cannot prepare: ", why, mute == b ? "its" : "that bind's",
                   witness_serves(mute) ? ""
                                        : "witness=table makes it the one that commits last, ");
}

/* Is this bind, as one more writer of the running transaction, one too many that cannot vote? */
int commit_admit(struct bind *b, struct err *err)
{
    struct binds *owner = b->owner;
    struct bind *p, *why = NULL;
    struct conn *conn;
    int others = 0, mute = 0, rc;
    bool files = false, told = false;
    if (bind_in_memory(b))
        return SQLITE_OK;
    if (coord_identity_is_file(b) && !b->wrote && b->part->writing) {
        rc = admit_file(b, err);
        if (rc != SQLITE_OK)
            return rc;
    }
    if (writes(b))
        return SQLITE_OK;
    /* (Where a server decides, names tell of no files: one that writes alone is welcome, beside others see below.) */
    if (coord_identity_witnesses(b) && coord_kind(owner) != COORD_SERVER &&
        !coord_names_file(owner, b))
        return err_set(err, SQLITE_BUSY,
                       "this bind was made while the transaction was already running: end the "
                       "transaction before writing to it");
    for (p = owner->first; p; p = p->next)
        others += p->part != b->part && writes(p) && !bind_in_memory(p);
    if (others == 0)
        return SQLITE_OK;
    if (coord_kind(owner) == COORD_NONE && decider_choose(owner, err) != SQLITE_OK)
        return err->rc;
    for (p = owner->first; p; p = p->next) {
        if ((p != b && (!writes(p) || p->part == b->part)) || bind_in_memory(p))
            continue;
        rc = bind_connect(p, &conn, err); /* what it can do is known only then */
        if (rc != SQLITE_OK)
            return rc;
        if (part_can_vote(p) || p->url.two_phase_off || (files && part_can_witness(p)))
            continue;
        files = files || part_can_witness(p); /* all of them are one participant */
        mute += part_can_witness(p) || witness_serves(p) ? 1 : 2;
        told = told || witness_serves(p);
        if (!part_can_witness(p) && (!why || p == b))
            why = p;
    }
    /* A witness decides by its file's lock, which a coordinator whose session on the server is gone still has. */
    if ((files || told) && coord_kind(owner) == COORD_SERVER)
        return err_set(err, SQLITE_ERROR,
                       "a SQLite file, or a bind that has witness=table, and another database can "
                       "be committed as one only if "
                       "something local and durable "
                       "records it: open a file instead of :memory:, or name one with "
                       "coordinator=/path in a bind's URL");
    return mute > 1 && why ? refuse_mute(b, why, err) : SQLITE_OK;
}

/* ---- leaving ---- */

static int plain_rollback(struct bind *b, struct err *err)
{
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
bool part_already_done(const struct err *err)
{
    return strcmp(err->sqlstate, "42704") == 0 || err->native == 1402;
}

/* A transaction of files that is left open would be in the way of the next one, and its locks in everybody's: without
** memory to say ROLLBACK, their session is over.  What is in memory would go with it. */
static int undo_files(struct bind *b, int rc)
{
    if (rc == SQLITE_OK || !b->conn || (b->conn->caps & CAP_ONE_SESSION) == 0)
        return rc;
    if (b->engine->undo && b->engine->undo(b->conn))
        return SQLITE_OK;
    if (bind_in_memory(b)) {
        b->conn->undo_due = true;
        return rc;
    }
    for (struct bind *p = b->owner->first; p; p = p->next) {
        if (p->part != b->part)
            continue;
        conn_close(p->conn);
        p->conn = NULL;
    }
    return rc;
}

void commit_abort_one(struct bind *b)
{
    struct err err;
    int rc = SQLITE_OK;
    err_clear(&err);
    writer_discard(b);
    if (!b->conn && b->part != &b->own_part)
        return; /* the session's transaction is ended by a bind that is connected to it */
    if (b->owner->txn.unknown && b->part->maybe_prepared) {
        rc =
            SQLITE_IOERR; /* it may have to be committed: recovery will find out, on another session */
    } else if (b->conn && b->conn->state != CONN_LOST &&
               (b->conn->in_transaction || b->part->maybe_prepared)) {
        conn_drop_queue(b->conn);
        /* Who was interrupted with the statement that fails may have rows that cannot be kept. */
        rc = conn_park_or_end(b->conn) ? SQLITE_OK : SQLITE_IOERR;
        if (rc == SQLITE_OK && b->part->maybe_prepared && !b->part->xa)
            rc = branch_exec(b, b->conn->dialect->verbs.rollback_prepared, &err);
        else if (rc == SQLITE_OK)
            rc = plain_rollback(b, &err);
        if (rc != SQLITE_OK && part_already_done(&err))
            rc = SQLITE_OK;
        rc = undo_files(b, rc);
    } else if (b->part->maybe_prepared) {
        rc = SQLITE_IOERR;
    }
    if (rc != SQLITE_OK && !bind_in_memory(b)) { /* what is in memory goes with the connection */
        if (b->part->maybe_prepared)
            recover_remember(b, b->part->branch);
        /* The server undoes what is not prepared when the connection ends. */
        conn_close(b->conn);
        b->conn = NULL;
    }
    bind_part_reset(b);
}

void part_end_unsure(struct bind *b)
{
    struct conn *c = b->conn;
    struct err ignored;
    err_clear(&ignored);
    conn_drop_queue(c);
    /* An interrupt goes on until the statement has ended, and may meet this as well.  A file is told without a wait. */
    if (c->state != CONN_LOST &&
        (!conn_park_or_end(c) ||
         conn_exec(c, c->dialect->verbs.rollback, NULL, 0, NULL, NULL, &ignored) != SQLITE_OK)) {
        if ((c->caps & CAP_ONE_SESSION) == 0)
            conn_give_up(c);
        undo_files(b, SQLITE_IOERR);
    }
    bind_part_reset(b);
}

static int plain_commit(struct bind *b, struct err *err)
{
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    char *sql;
    int rc;
    if (!b->part->xa)
        return conn_exec_deciding(b->conn, verbs->commit, err);
    rc = branch_exec(b, verbs->xa_end, err);
    if (rc != SQLITE_OK) {
        err->not_executed = true;
        return rc;
    }
    sql = part_branch_sql(b, verbs->xa_one_phase);
    rc = sql ? conn_exec_deciding(b->conn, sql, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

bool part_outcome_unknown(const struct bind *b, const struct err *err)
{
    if (err->not_executed)
        return false;
    return err->lost || ((err->rc & 0xff) == SQLITE_INTERRUPT && !(b->engine->caps & CAP_ONE_SESSION));
}

/* What busy becomes when COMMIT meets it.  SQLite keeps the transaction for the plain code alone, for another COMMIT;
** with every other it undoes all, and the code tells whether somebody else's change or a lock was in the way. */
static const struct {
    int met, stands, over;
} busy_codes[] = {
    {SQLITE_BUSY_SNAPSHOT, SQLITE_BUSY_SNAPSHOT,
     SQLITE_BUSY_SNAPSHOT}, /* another COMMIT meets it again */
    {SQLITE_BUSY_TIMEOUT, SQLITE_BUSY, SQLITE_BUSY_TIMEOUT},
    {SQLITE_BUSY_RECOVERY, SQLITE_BUSY, SQLITE_BUSY_TIMEOUT},
    {SQLITE_BUSY, SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT},
};

int part_busy(struct err *err, bool stands)
{
    for (size_t i = 0; i < sizeof busy_codes / sizeof busy_codes[0]; i++) {
        if (busy_codes[i].met != err->rc)
            continue;
        err->rc = stands ? busy_codes[i].stands : err->lost ? SQLITE_IOERR : busy_codes[i].over;
        break;
    }
    return err->rc;
}

int part_commit_failed(struct bind *b, struct err *err)
{
    if (b->part->writing && part_outcome_unknown(b, err))
        err_append(err, " (outcome unknown)");
    part_busy(err, part_can_witness(b)); /* a file's transaction stands, a server's is over */
    b->part->doomed = !part_can_witness(b);
    return bind_fail(b, "COMMIT", err);
}

/* COMMIT of a transaction that nobody else depends on. */
int part_commit(struct bind *b, struct err *err)
{
    int rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK)
        rc = plain_commit(b, err);
    else
        err->not_executed = true;
    if (rc != SQLITE_OK)
        return part_commit_failed(b, err);
    bind_part_reset(b);
    return SQLITE_OK;
}
