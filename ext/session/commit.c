/* The end of a local transaction, bind by bind. */
#include "session/commit.h"
#include "session/writer.h"

#include <string.h>

int commit_begin(struct bind *b, const char *verb, struct err *err) { return conn_queue(b->conn, verb, err); }

bool commit_rolled_back(struct bind *b, const struct err *cause) {
    /* MySQL undoes the whole transaction on a deadlock; what follows would run in autocommit. */
    (void)b;
    return cause->native == 1213 || cause->native == 1020;
}

static void forget(struct bind *b) {
    if (b->conn)
        b->conn->in_transaction = false;
    memset(&b->txn, 0, sizeof b->txn);
}

void commit_abort_one(struct bind *b) {
    struct err ignored;
    err_clear(&ignored);
    writer_discard(b);
    if (b->conn && b->conn->in_transaction && b->conn->state != CONN_LOST) {
        conn_drop_queue(b->conn);
        if (conn_park_all(b->conn, &ignored) != SQLITE_OK ||
            conn_exec(b->conn, b->conn->dialect->verbs.rollback, NULL, 0, NULL, NULL, &ignored) != SQLITE_OK) {
            /* The server undoes what it still has when the connection ends. */
            conn_close(b->conn);
            b->conn = NULL;
        }
    }
    forget(b);
}

static int commit_one(struct bind *b, struct err *err) {
    int rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK)
        rc = conn_exec(b->conn, b->conn->dialect->verbs.commit, NULL, 0, NULL, NULL, err);
    if (rc == SQLITE_OK) {
        forget(b);
        return rc;
    }
    if (err->lost && b->txn.writing) {
        char text[ERR_TEXT_MAX];
        sqlite3_snprintf(sizeof text, text, "%s (outcome unknown)", err->text);
        sqlite3_snprintf(sizeof err->text, err->text, "%s", text);
    }
    return bind_fail(b, "COMMIT", err);
}

static bool takes_part(const struct bind *b) {
    return writer_pending(b) || b->txn.doomed || (b->conn && b->conn->in_transaction);
}

int txn_sync(struct binds *b, struct err *err) {
    struct bind *bind;
    int parts = 0, writers = 0, rc = SQLITE_OK;
    if (b->txn.state != TXN_OPEN)
        return SQLITE_OK;
    for (bind = b->first; bind; bind = bind->next) {
        parts += takes_part(bind);
        if (bind->txn.doomed && bind->txn.writing) {
            err_set(err, SQLITE_IOERR, "the connection was lost inside the transaction: nothing is committed");
            return bind_fail(bind, "COMMIT", err);
        }
    }
    b->txn.lone = parts == 1;
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
        rc = writer_flush(bind, err);
    b->txn.lone = false;
    for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next) {
        if (!bind->conn || !bind->conn->in_transaction)
            continue;
        if (bind->txn.writing)
            writers++;
        else
            rc = commit_one(bind, err);
    }
    if (rc != SQLITE_OK)
        return rc;
    if (writers == 1)
        for (bind = b->first; bind && rc == SQLITE_OK; bind = bind->next)
            if (bind->txn.writing)
                rc = commit_one(bind, err);
    if (rc == SQLITE_OK)
        b->txn.state = writers > 1 ? TXN_VOTED : TXN_COMMITTED;
    return rc;
}

static void txn_over(struct binds *b) {
    b->txn.state = TXN_NONE;
    b->txn.level = 0;
}

void txn_commit(struct binds *b) {
    struct bind *bind;
    for (bind = b->first; bind; bind = bind->next) {
        struct err err;
        err_clear(&err);
        if (bind->conn && bind->conn->in_transaction && commit_one(bind, &err) != SQLITE_OK)
            forget(bind);
        if (bind->txn.doomed)
            forget(bind);
    }
    txn_over(b);
}

void txn_rollback(struct binds *b) {
    struct bind *bind;
    for (bind = b->first; bind; bind = bind->next)
        commit_abort_one(bind);
    txn_over(b);
}
