/* Recovery.  A branch of ours that stands prepared is committed if the record has a row for it, or a SQLite file the
** witness; rolled back if neither can exist any more.  What cannot be settled stays in doubt: visible in `binds`,
** tried again at the next use.
**
** Order matters: the servers are asked first (P), then the decisions are read under the write lock
** (T).  Whoever was between vote and decision at the time of P has decided by the time of T, so a branch of P
** without a row in T will never be committed.  The other order can undo a commit. */
#include "session/recover.h"
#include "base/sqltext.h"
#include "session/coord_parts.h"
#include "session/decider.h"
#include "session/fault.h"
#include "session/witness.h"

#include <string.h>

#define RETRY_MS 100
#define RETRIES 20
#define DOUBT_AGAIN_US                                                                             \
    1000000 /* what is in doubt or under way is looked at again, but not with every statement */
#define PATIENCE_MS 2000
#define NAME_SHOWN 128
#define PATIENCE_READING_MS 20

void recover_remember(struct bind *b, const char *branch)
{
    char **grown =
        sqlite3_realloc64(b->unsettled, (sqlite3_uint64)(b->nunsettled + 1) * sizeof *grown);
    char *copy = sqlite3_mprintf("%s", branch);
    b->recovered = false;
    if (grown)
        b->unsettled = grown;
    if (grown && copy)
        grown[b->nunsettled++] = copy;
    else
        sqlite3_free(copy);
}

void recover_clear(struct bind *b)
{
    while (b->nunsettled > 0)
        sqlite3_free(b->unsettled[--b->nunsettled]);
    sqlite3_free(b->unsettled);
    b->unsettled = NULL;
}

/* Branches that stand prepared and look like ours; arena memory. */
struct branches {
    const char **gids;
    const char **owners; /* who alone may settle it; NULL = whoever may list it */
    int n, room;
};

static int add_branch(struct branches *list, struct arena *arena, const char *gid,
                      const char *owner)
{
    if (list->n == list->room) {
        int room = 2 * list->room + 16;
        const char **gids = arena_alloc(arena, (size_t)room * sizeof *gids);
        const char **owners = arena_alloc(arena, (size_t)room * sizeof *owners);
        if (!gids || !owners)
            return SQLITE_NOMEM;
        if (list->n) {
            memcpy(gids, list->gids, (size_t)list->n * sizeof *gids);
            memcpy(owners, list->owners, (size_t)list->n * sizeof *owners);
        }
        list->gids = gids;
        list->owners = owners;
        list->room = room;
    }
    list->gids[list->n] = gid;
    list->owners[list->n++] = owner;
    return SQLITE_OK;
}

/* What the server has, as the catalog query tells it, is added to the list. */
static int list_prepared(struct bind *b, struct arena *arena, struct branches *list,
                         struct err *err)
{
    const char *sql = sqltext(b->engine->name, "prepared");
    struct rows rows = {.conn = NULL};
    int rc;
    if (!sql || !(b->conn->caps & CAP_TWO_PHASE))
        return SQLITE_OK;
    rc = conn_send(b->conn, sql, NULL, 0, QUERY_ONCE, &rows, err);
    while (rc == SQLITE_OK && (rc = rows_next(&rows, err)) == SQLITE_ROW) {
        const char *gid, *owner = NULL;
        rc = rows_text(&rows, rows.ncolumns - 1, arena, &gid, err);
        if (rc == SQLITE_OK && rows.ncolumns > 1)
            rc = rows_text(&rows, 0, arena, &owner, err);
        if (rc == SQLITE_OK && gid && coord_gid_valid(gid, true) && /* else it is somebody else's */
            add_branch(list, arena, gid, owner) != SQLITE_OK)
            rc = err_nomem(err);
    }
    rows_finish(&rows);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Not to be allowed to look is no sign that nothing is in doubt: it is told, by the error and in binds.two_phase. */
static int list_of_bind(struct bind *b, struct arena *arena, struct branches *list, struct err *err)
{
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    int rc = list_prepared(b, arena, list, err);
    if (!verbs->list_needs)
        return rc;
    if (rc == SQLITE_OK) {
        if (b->conn->caps & CAP_TWO_PHASE)
            b->conn->two_phase_why[0] = 0;
    } else if (!err->lost && ((rc & 0xff) == SQLITE_AUTH || err->native == verbs->list_refused)) {
        rc = err->rc = SQLITE_AUTH;
        err_append(err, ": ");
        err_append(err, verbs->list_needs);
        sqlite3_snprintf((int)sizeof b->conn->two_phase_why, b->conn->two_phase_why, "%s",
                         verbs->list_needs);
    }
    return rc;
}

void recover_tell_owner(struct err *err, const char *owner)
{
    char name[NAME_SHOWN];
    char *more;
    if ((err->rc & 0xff) != SQLITE_AUTH || !owner || !owner[0])
        return;
    err_clean_line(owner, name, sizeof name);
    more = sqlite3_mprintf("; the role %s has prepared it: SELECT bind_recover() settles it where "
                           "the bind's URL has that role, or a superuser",
                           name);
    if (more)
        err_append(err, more);
    sqlite3_free(more);
}

enum verdict_of_branch {
    BRANCH_FOREIGN,
    BRANCH_ALIVE,
    BRANCH_COMMIT,
    BRANCH_ROLLBACK,
    BRANCH_IN_DOUBT
};

static bool decided_by_server(const char *gid)
{
    return gid[DECIDER_MARK] == 'd';
}

static bool listed(const char *const *list, int n, const char *text, size_t len)
{
    int i;
    for (i = 0; i < n; i++)
        if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
            return true;
    return false;
}

/* err tells why a branch is left in doubt. */
static enum verdict_of_branch judge_branch(struct binds *b, const struct coord_decisions *d,
                                           const char *gid, struct bind **decider, struct err *err)
{
    char transaction[COORD_GID_MAX];
    size_t global = (size_t)(strrchr(gid, ':') - gid);
    bool witness, sure, current;
    *decider = NULL;
    sqlite3_snprintf((int)(global + 1), transaction, "%s", gid);
    if (decided_by_server(gid)) {
        switch (decider_judge(b, gid, decider, err)) {
        case DECIDER_COMMIT:
            return BRANCH_COMMIT;
        case DECIDER_ALIVE:
            return BRANCH_ALIVE;
        case DECIDER_UNKNOWN:
            return BRANCH_IN_DOUBT;
        case DECIDER_NO_MARK:
            break;
        }
    } else if (!listed(d->uuids, d->nuuids, gid + 7, 16)) {
        return BRANCH_FOREIGN;
    } else if (listed(d->gids, d->ngids, transaction, global)) {
        return BRANCH_COMMIT;
    }
    current = !decided_by_server(gid) && listed(d->uuids, d->ncurrent, gid + 7, 16);
    /* The original of a file that is copied here may be at work. */
    if (coord_witness(b, transaction, current ? SERVERS_ASKED : SERVERS_LEFT, &witness, &sure,
                      err) != SQLITE_OK)
        return BRANCH_IN_DOUBT;
    if (witness)
        return BRANCH_COMMIT;
    /* No row in a file that was copied from another says nothing about the other's transactions. */
    if (!decided_by_server(gid) && !current)
        return BRANCH_FOREIGN;
    if (sure)
        return BRANCH_ROLLBACK;
    err_set(err, SQLITE_ERROR,
            "the prepared transaction %s stays in doubt: a SQLite bind, or one with witness=table, "
            "of the "
            "connection that began it may have decided "
            "it, and is not configured here",
            gid);
    return BRANCH_IN_DOUBT;
}

char *recover_branch_sql(const struct conn *c, const char *gid, const char *verb)
{
    const char *colon = strrchr(gid, ':');
    char *literal, *sql;
    if (c->dialect->verbs
            .xa_begin) /* global part and branch part apart; the server lists them as one text */
        literal = sqlite3_mprintf("'%.*s','%s'", (int)(colon - gid), gid, colon);
    else
        literal = sqlite3_mprintf("'%s'", gid);
    sql = literal ? sqlite3_mprintf(verb, literal) : NULL;
    sqlite3_free(literal);
    return sql;
}

static int settle(struct bind *b, const char *gid, bool commit, struct err *err)
{
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    char *sql = recover_branch_sql(b->conn, gid,
                                   commit ? verbs->commit_prepared : verbs->rollback_prepared);
    int rc = sql ? conn_exec(b->conn, sql, NULL, 0, NULL, NULL, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

static bool settled_elsewhere(const struct err *err)
{
    return !err->lost && (strcmp(err->sqlstate, "42704") == 0 || err->native == 1402);
}

static bool held_by_session(const struct err *err)
{
    return !err->lost && (strcmp(err->sqlstate, "55000") == 0 || err->native == 1397);
}

/* What one pass over one bind left: branches that a dead owner's session still holds, and those for which
** something is missing here. */
struct rest {
    int held, doubtful;
    int alive;            /* others' transactions that are under way */
    struct err why;       /* of the first doubtful one */
    struct bind *decider; /* that has decided one which was settled: its mark may be done with */
};

/* Of a commit of this very connection that was not acknowledged. */
static bool is_own(const struct bind *b, const char *gid)
{
    int i;
    for (i = 0; i < b->nunsettled; i++)
        if (strcmp(b->unsettled[i], gid) == 0)
            return true;
    return false;
}

static void doubt(struct rest *rest, struct err *why)
{
    if (rest->doubtful++ == 0)
        rest->why = *why;
    err_clear(why);
}

static int settle_one(struct binds *b, struct bind *bind, const struct coord_decisions *decisions,
                      const char *gid, const char *owner, sqlite3_int64 *resolved,
                      struct rest *rest, struct err *err)
{
    struct bind *decider;
    enum verdict_of_branch what = judge_branch(b, decisions, gid, &decider, err);
    int rc;
    if (what == BRANCH_IN_DOUBT)
        doubt(rest, err);
    /* Somebody who lives will settle it himself; our own: somebody else is looking at it, for a moment. */
    rest->held += what == BRANCH_ALIVE && is_own(bind, gid);
    rest->alive += what == BRANCH_ALIVE && !is_own(bind, gid);
    if (what == BRANCH_IN_DOUBT || what == BRANCH_FOREIGN || what == BRANCH_ALIVE)
        return SQLITE_OK;
    rc = settle(bind, gid, what == BRANCH_COMMIT, err);
    FAULT_POINT("recover_settled");
    if (what == BRANCH_COMMIT && decider)
        rest->decider = decider;
    if (rc == SQLITE_OK) {
        (*resolved)++;
        return rc;
    }
    if (err->lost || (rc & 0xff) == SQLITE_INTERRUPT)
        return rc;
    if (settled_elsewhere(err))
        err_clear(err);
    else if (held_by_session(err)) {
        err_clear(err);
        rest->held++;
    } else {
        recover_tell_owner(err, owner);
        doubt(rest, err);
    }
    return SQLITE_OK;
}

/* How long the record's lock may be waited for.  Who waits while his own connection reads main keeps the committer from
** it, who keeps us from the lock: then there is another time. */
static int patience(struct binds *b, const struct bind *bind)
{
    if (bind->recovering)
        return COORD_WAIT_MS;
    return sqlite3_txn_state(b->db, "main") == SQLITE_TXN_NONE ? PATIENCE_MS : PATIENCE_READING_MS;
}

static int pass(struct binds *b, struct bind *bind, sqlite3_int64 *resolved, struct rest *rest,
                struct err *err)
{
    struct arena arena;
    struct coord_decisions decisions;
    struct branches prepared = {.n = 0};
    bool recorded = false;
    int i, rc;
    memset(rest, 0, sizeof *rest);
    memset(&decisions, 0, sizeof decisions);
    arena_init(&arena);
    bind->conn_held++; /* whoever is asked for the decision may be this bind */
    rc = list_of_bind(bind, &arena, &prepared, err);
    FAULT_POINT("recover_listed");
    for (i = 0; i < prepared.n; i++)
        recorded = recorded || !decided_by_server(prepared.gids[i]);
    if (rc == SQLITE_OK && recorded)
        rc = coord_decisions(b, patience(b, bind), &arena, &decisions, err);
    FAULT_POINT("recover_decided");
    for (i = 0; i < prepared.n && rc == SQLITE_OK; i++)
        rc = settle_one(b, bind, &decisions, prepared.gids[i], prepared.owners[i], resolved, rest,
                        err);
    bind->conn_held--;
    arena_clear(&arena);
    return rc;
}

/* ---- marks --------------------------------------------------------------------------------------------------- */

struct cleaning {
    struct binds *binds;
    sqlite3_int64 *resolved;
};

/* Settles what a participant of a marked transaction still has prepared.  True if nothing is left. */
static bool settle_marked(struct bind *p, const char *mark, void *arg)
{
    struct cleaning *c = arg;
    struct arena arena;
    struct rest rest;
    struct err err;
    struct branches prepared = {.n = 0};
    size_t branch = (size_t)(strrchr(mark, ':') - mark) + 1;
    bool over;
    err_clear(&err);
    if (!p->conn || p->conn->in_transaction ||
        pass(c->binds, p, c->resolved, &rest, &err) != SQLITE_OK)
        return false;
    arena_init(&arena);
    over = list_of_bind(p, &arena, &prepared, &err) == SQLITE_OK;
    for (int i = 0; i < prepared.n; i++)
        over = over && strncmp(prepared.gids[i], mark, branch) != 0;
    arena_clear(&arena);
    return over;
}

/* A mark that its coordinator has left behind holds a place and the server's oldest snapshot until it goes: when every
** participant has settled its branch.  What is missing for that is in doubt. */
static int clean_marks(struct binds *b, struct bind *decider, sqlite3_int64 *resolved,
                       struct rest *rest, struct err *err)
{
    struct cleaning cleaning = {.binds = b, .resolved = resolved};
    struct arena arena;
    const char **marks = NULL;
    int n = 0, i, rc;
    arena_init(&arena);
    decider->conn_held++; /* its participants' recovery asks it */
    rc = decider_marks(decider, &arena, &marks, &n, err);
    for (i = 0; i < n && rc == SQLITE_OK; i++) {
        FAULT_POINT("recover_mark");
        if (decider_mark_is_over(b, marks[i], settle_marked, &cleaning)) {
            rc = decider_unmark(decider, marks[i], err);
            if ((rc & 0xff) == SQLITE_AUTH) {
                doubt(rest, err);
                rc = SQLITE_OK;
            }
            continue;
        }
        err_set(err, SQLITE_ERROR,
                "a commit over several binds is decided, but not yet known to all who took part: "
                "one of them is not "
                "among the binds, cannot be reached, or is in a transaction (%s)",
                marks[i]);
        doubt(rest, err);
    }
    decider->conn_held--;
    arena_clear(&arena);
    return rc;
}

/* A SQLite file has nothing prepared, but may have committed what main has lost. */
static int check_file(struct binds *b, struct bind *bind, bool told, struct err *err)
{
    char gid[COORD_GID_MAX];
    int torn, rc = coord_check_witnesses(b, bind, patience(b, bind), told, &torn, gid, err);
    bind->in_doubt = rc == SQLITE_OK ? torn : bind->in_doubt;
    if (rc != SQLITE_OK || torn == 0)
        return rc;
    return err_set(err, SQLITE_ERROR,
                   "%d transaction(s) were committed in this file and on the servers, but their "
                   "changes of local tables were lost, unless they had been undone before, since "
                   "the process was killed between two files (%s; the table _binds_done keeps "
                   "them)",
                   torn, gid);
}

/* The error of a bind that works, but has something in doubt, is told and does not hinder. */
static int recover_bind(struct binds *b, struct bind *bind, sqlite3_int64 *resolved, bool *hinders,
                        struct err *err)
{
    struct rest rest = {.held = 1};
    int tries, rc = SQLITE_OK;
    *hinders = true;
    if (coord_identity_is_file(bind)) {
        rc = check_file(b, bind, bind->recovering, err);
        *hinders = false;
        bind->recovered = (rc & 0xff) != SQLITE_BUSY;
        bind->under_way = 0;
        return rc;
    }
    for (tries = 0; rest.held > 0 && tries < RETRIES && rc == SQLITE_OK; tries++) {
        if (tries && wait_sleep(&b->wait, RETRY_MS) == WAIT_INTERRUPTED)
            return err_set(err, SQLITE_INTERRUPT, "interrupted");
        rc = pass(b, bind, resolved, &rest, err);
    }
    if (rc == SQLITE_OK && rest.held == 0) {
        struct bind *decider = rest.decider && rest.decider != bind ? rest.decider : NULL;
        struct rest others = {.held = 0};
        rc = clean_marks(b, bind, resolved, &rest, err);
        if (rc == SQLITE_OK && decider &&
            clean_marks(b, decider, resolved, &others, err) != SQLITE_OK)
            err_clear(err); /* its own recovery will tell */
        if (decider && (others.doubtful > 0 || !decider->conn || decider->conn->in_transaction))
            decider->recovered = false;
    }
    if (rc != SQLITE_OK) {
        /* Not being allowed to look does not hinder, unless a transaction of our own is behind it. */
        *hinders = err->lost || bind->nunsettled > 0 || (rc & 0xff) == SQLITE_INTERRUPT;
        bind->recovered = !*hinders && (rc & 0xff) != SQLITE_BUSY;
        return rc;
    }
    bind->in_doubt = rest.held + rest.doubtful;
    bind->under_way = rest.alive;
    if (rest.held > 0)
        return err_set(err, SQLITE_BUSY_RECOVERY,
                       "%d in-doubt transaction(s) are held by a session that has not ended yet",
                       rest.held);
    /* A read must not miss what this connection has committed. */
    *hinders = rest.doubtful > 0 && bind->nunsettled > 0;
    if (!*hinders)
        recover_clear(bind);
    bind->recovered = !*hinders;
    if (rest.doubtful > 0)
        *err = rest.why;
    return rest.doubtful > 0 ? err->rc : SQLITE_OK;
}

/* Something may stand prepared: else nobody is asked. */
static bool has_history(struct binds *b)
{
    return coord_has_history(b) || decider_possible(b);
}

int recover_before_use(struct bind *b, struct err *err)
{
    sqlite3_int64 resolved = 0;
    bool hinders;
    int rc;
    /* Who was alive may have died since. */
    if ((b->in_doubt > 0 || b->under_way > 0) &&
        trace_clock_us() - b->recovered_at_us > DOUBT_AGAIN_US)
        b->recovered = false;
    if (b->recovered || b->recovering || b->settling || b->conn->in_transaction ||
        b->owner->txn.state >= TXN_VOTED)
        return SQLITE_OK;
    if (b->nunsettled == 0 && !has_history(b->owner)) {
        b->recovered = true;
        return SQLITE_OK;
    }
    b->settling = true;
    b->conn_held++; /* what bind_connect() returns */
    rc = recover_bind(b->owner, b, &resolved, &hinders, err);
    b->conn_held--;
    b->settling = false;
    b->recovered_at_us = trace_clock_us(); /* it may have waited */
    if (rc == SQLITE_OK || hinders)
        return rc;
    if ((rc & 0xff) == SQLITE_BUSY) { /* somebody who lives holds the record */
        b->recovered = true;
        b->under_way += b->under_way == 0;
    } else {
        bind_fail(b, "recovery", err);
    }
    err_clear(err);
    return SQLITE_OK;
}

/* A witness of ours that was read before it was looked who stands prepared, and nobody does, has done its work. */
static int sweep_told(struct binds *b, struct bind *server, const struct coord_decisions *d,
                      struct arena *arena, struct err *err)
{
    struct witnesses told;
    struct branches prepared = {.n = 0};
    struct bind *bind;
    int rc = witness_list(server, arena, &told, err);
    for (bind = b->first; bind && rc == SQLITE_OK && told.n > 0; bind = bind->next)
        rc = list_of_bind(bind, arena, &prepared, err);
    for (int i = 0; i < told.n && rc == SQLITE_OK; i++)
        if (coord_gid_valid(told.gids[i], false) &&
            listed(d->uuids, d->ncurrent, told.gids[i] + 7, 16) &&
            coord_row_is_over(b, told.gids[i], told.parts[i], prepared.gids, prepared.n))
            rc = witness_drop(server, told.gids[i], err);
    return rc;
}

/* Everything is settled everywhere: rows of the record that only waited for that may go. */
static int sweep(struct binds *b, struct err *err)
{
    struct coord_decisions decisions;
    struct arena arena;
    struct branches prepared = {.n = 0};
    struct bind *bind;
    int rc;
    arena_init(&arena);
    rc = coord_decisions(b, COORD_WAIT_MS, &arena, &decisions, err);
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        if (witness_serves(bind))
            rc = sweep_told(b, bind, &decisions, &arena, err);
    for (bind = b->first; bind && rc == SQLITE_OK && decisions.ngids > 0; bind = bind->next)
        rc = list_of_bind(bind, &arena, &prepared, err);
    if (rc == SQLITE_OK && decisions.ngids > 0)
        rc = coord_sweep(b, &decisions, prepared.gids, prepared.n, err);
    arena_clear(&arena);
    return rc;
}

int recover_run(struct binds *b, struct bind *only, sqlite3_int64 *resolved, struct err *err)
{
    bool history = has_history(b), all = only == NULL;
    struct bind *bind;
    int rc = SQLITE_OK;
    *resolved = 0;
    for (bind = b->first; bind; bind = bind->next) {
        struct conn *conn;
        struct err one;
        bool hinders;
        if (only && bind != only)
            continue;
        err_clear(&one);
        bind->recovering = true; /* connecting would recover by itself: the count is wanted here */
        rc = bind_connect(bind, &conn, &one);
        if (rc == SQLITE_OK && conn->in_transaction)
            rc = err_set(&one, SQLITE_BUSY, "end the transaction first");
        if (rc == SQLITE_OK && (history || bind->nunsettled > 0))
            rc = recover_bind(b, bind, resolved, &hinders, &one);
        bind->recovering = false;
        if (rc == SQLITE_OK)
            continue;
        all = false;
        bind->recovered = false;
        bind_fail(bind, "recovery", &one);
        if (only) {
            *err = one;
            return rc;
        }
    }
    if (all && coord_has_history(b) && sqlite3_txn_state(b->db, "main") != SQLITE_TXN_WRITE) {
        struct err ignored; /* the rows are in nobody's way */
        err_clear(&ignored);
        sweep(b, &ignored);
    }
    return SQLITE_OK;
}
