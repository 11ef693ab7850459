/* Recovery.  Order matters: the servers are asked first (P), then the decisions are read under the write lock
** (T).  Whoever was between vote and decision at the time of P has decided by the time of T, so a branch of P
** without a row in T will never be committed.  The other order can undo a commit. */
#include "session/recover.h"
#include "base/sqltext.h"

#include <string.h>

#define RETRY_MS 100
#define RETRIES 20

void recover_remember(struct bind *b, const char *branch) {
    char **grown = sqlite3_realloc64(b->unsettled, (sqlite3_uint64)(b->nunsettled + 1) * sizeof *grown);
    char *copy = sqlite3_mprintf("%s", branch);
    b->recovered = false;
    if (grown)
        b->unsettled = grown;
    if (grown && copy)
        grown[b->nunsettled++] = copy;
    else
        sqlite3_free(copy);
}

void recover_clear(struct bind *b) {
    while (b->nunsettled > 0)
        sqlite3_free(b->unsettled[--b->nunsettled]);
    sqlite3_free(b->unsettled);
    b->unsettled = NULL;
}

/* The branches that stand prepared on this server and look like ours, as the catalog query tells them. */
static int list_prepared(struct bind *b, struct arena *arena, const char ***list, int *n, struct err *err) {
    const char *sql = sqltext(b->engine->name, "prepared");
    struct rows rows;
    int room = 0, rc;
    *n = 0;
    *list = NULL;
    if (!sql || !(b->conn->caps & CAP_TWO_PHASE))
        return SQLITE_OK;
    memset(&rows, 0, sizeof rows);
    rc = conn_send(b->conn, sql, NULL, 0, QUERY_ONCE, &rows, err);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        struct cell gid;
        char *text;
        rc = rows_next(&rows, err);
        if (rc != SQLITE_ROW)
            break;
        rc = rows_cell(&rows, rows.ncolumns - 1, &gid, err); /* the text stands last on every engine */
        if (rc != SQLITE_OK)
            break;
        rc = SQLITE_ROW;
        if (gid.cls != CELL_TEXT && gid.cls != CELL_BLOB)
            continue;
        text = arena_copy(arena, gid.p, gid.n);
        if (!text || !coord_gid_valid(text, true))
            continue; /* somebody else's */
        if (*n == room) {
            const char **grown = arena_alloc(arena, (size_t)(room = room ? 2 * room : 16) * sizeof *grown);
            if (!grown) {
                rc = err_nomem(err);
                break;
            }
            if (*n)
                memcpy(grown, *list, (size_t)*n * sizeof *grown);
            *list = grown;
        }
        (*list)[(*n)++] = text;
    }
    rows_finish(&rows);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

enum verdict_of_branch { BRANCH_FOREIGN, BRANCH_COMMIT, BRANCH_ROLLBACK };

static bool listed(const char *const *list, int n, const char *text, size_t len) {
    int i;
    for (i = 0; i < n; i++)
        if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
            return true;
    return false;
}

static enum verdict_of_branch judge_branch(struct binds *b, const struct coord_decisions *d, const char *gid) {
    const char *uuid = gid + 7;
    size_t global = (size_t)(strrchr(gid, ':') - gid);
    char own[17];
    memcpy(own, uuid, 16);
    own[16] = 0;
    if (!listed(d->uuids, d->nuuids, uuid, 16))
        return BRANCH_FOREIGN;
    if (listed(d->gids, d->ngids, gid, global))
        return BRANCH_COMMIT;
    /* No row in a file that was copied from another says nothing about the other's transactions. */
    return coord_is_current(b, own) ? BRANCH_ROLLBACK : BRANCH_FOREIGN;
}

char *recover_branch_sql(const struct conn *c, const char *gid, const char *verb) {
    const char *colon = strrchr(gid, ':');
    char *literal, *sql;
    if (c->dialect->verbs.xa_begin) /* global part and branch part apart; the server lists them as one text */
        literal = sqlite3_mprintf("'%.*s','%s'", (int)(colon - gid), gid, colon);
    else
        literal = sqlite3_mprintf("'%s'", gid);
    sql = literal ? sqlite3_mprintf(verb, literal) : NULL;
    sqlite3_free(literal);
    return sql;
}

static int settle(struct bind *b, const char *gid, bool commit, struct err *err) {
    const struct transaction_verbs *verbs = &b->conn->dialect->verbs;
    char *sql = recover_branch_sql(b->conn, gid, commit ? verbs->commit_prepared : verbs->rollback_prepared);
    int rc = sql ? conn_exec(b->conn, sql, NULL, 0, NULL, NULL, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

/* One pass over one bind.  *left: branches that a dead owner's session still holds. */
static int pass(struct binds *b, struct bind *bind, sqlite3_int64 *resolved, int *left, struct err *err) {
    struct arena arena;
    struct coord_decisions decisions;
    const char **prepared;
    int n, i, rc;
    *left = 0;
    arena_init(&arena);
    rc = list_prepared(bind, &arena, &prepared, &n, err);
    if (rc == SQLITE_OK && n > 0)
        rc = coord_decisions(b, &arena, &decisions, err);
    for (i = 0; i < n && rc == SQLITE_OK; i++) {
        enum verdict_of_branch what = judge_branch(b, &decisions, prepared[i]);
        if (what == BRANCH_FOREIGN)
            continue;
        rc = settle(bind, prepared[i], what == BRANCH_COMMIT, err);
        if (rc == SQLITE_OK) {
            (*resolved)++;
        } else if (!err->lost && (strcmp(err->sqlstate, "42704") == 0 || err->native == 1402)) {
            err_clear(err); /* settled by somebody else meanwhile */
            rc = SQLITE_OK;
        } else if (!err->lost && (strcmp(err->sqlstate, "55000") == 0 || err->native == 1397)) {
            err_clear(err); /* its dead owner's session lingers */
            (*left)++;
            rc = SQLITE_OK;
        }
    }
    arena_clear(&arena);
    return rc;
}

static int recover_bind(struct binds *b, struct bind *bind, sqlite3_int64 *resolved, struct err *err) {
    int left = 1, tries, rc = SQLITE_OK;
    for (tries = 0; left > 0 && tries < RETRIES && rc == SQLITE_OK; tries++) {
        if (tries && wait_sleep(&b->wait, RETRY_MS) == WAIT_INTERRUPTED)
            return err_set(err, SQLITE_INTERRUPT, "interrupted");
        rc = pass(b, bind, resolved, &left, err);
    }
    if (rc == SQLITE_OK && left > 0)
        return err_set(err, SQLITE_BUSY, "%d in-doubt transaction(s) are held by a session that has not ended yet",
                       left);
    if (rc == SQLITE_OK) {
        recover_clear(bind);
        bind->recovered = true;
    }
    return rc;
}

int recover_before_use(struct bind *b, struct err *err) {
    sqlite3_int64 resolved = 0;
    if (b->recovered || b->conn->in_transaction || b->owner->txn.state >= TXN_VOTED)
        return SQLITE_OK;
    if (b->nunsettled == 0 && !coord_has_history(b->owner)) {
        b->recovered = true;
        return SQLITE_OK;
    }
    return recover_bind(b->owner, b, &resolved, err);
}

int recover_run(struct binds *b, struct bind *only, sqlite3_int64 *resolved, struct err *err) {
    struct bind *bind;
    int rc = SQLITE_OK;
    *resolved = 0;
    for (bind = b->first; bind; bind = bind->next) {
        struct conn *conn;
        struct err one;
        if (only && bind != only)
            continue;
        err_clear(&one);
        bind->recovered = true; /* connecting would recover by itself: the count is wanted here */
        rc = bind_connect(bind, &conn, &one);
        if (rc == SQLITE_OK && conn->in_transaction)
            rc = err_set(&one, SQLITE_BUSY, "end the transaction first");
        if (rc == SQLITE_OK && coord_has_history(b))
            rc = recover_bind(b, bind, resolved, &one);
        if (rc != SQLITE_OK) {
            bind->recovered = false;
            bind_fail(bind, "recovery", &one);
        }
        if (rc != SQLITE_OK && only) {
            *err = one;
            return rc;
        }
    }
    return SQLITE_OK;
}
