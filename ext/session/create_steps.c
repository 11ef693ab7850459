/* Running DDL: see create_steps.h. */
#include "session/create_steps.h"
#include "model/list.h"
#include "session/participant.h"

#include <string.h>

#define SAVEPOINT "bddl"
#define WHAT_MAX 160

int steps_add(struct steps *s, const struct ddl_script *script, struct err *err)
{
    for (int i = 0; i < script->n; i++) {
        struct step *list = list_add(s->arena, s->at, s->n, sizeof *list);
        if (list == NULL)
            return err_nomem(err);
        s->at = list;
        list[s->n++] = (struct step){
            .kind = script->at[i].kind, .sql = script->at[i].sql, .table = script->at[i].table};
    }
    return SQLITE_OK;
}

static int savepoint(struct steps_run *r, const char *verb, struct err *err)
{
    if (verb == NULL)
        return SQLITE_OK;
    char *sql = sqlite3_mprintf(verb, SAVEPOINT);
    if (sql == NULL)
        return err_nomem(err);
    int rc = conn_queue(r->conn, sql, err);
    sqlite3_free(sql);
    txn_unguard(r->bind);
    return rc;
}

/* Undoes what has been done.  The error stays what it is. */
static void undo(struct steps_run *r, const struct err *cause)
{
    const struct transaction_verbs *verbs = &r->conn->dialect->verbs;
    struct err err;
    err_clear(&err);
    int rc = SQLITE_OK;
    if (r->mode == STEPS_EACH)
        return;
    conn_drop_queue(r->conn);
    if (r->mode == STEPS_OWN) {
        if (!cause->lost && r->conn->state != CONN_LOST)
            rc = conn_exec(r->conn, verbs->rollback, NULL, 0, NULL, NULL, &err);
        /* The server undoes what is not committed when the connection ends. */
        if (rc != SQLITE_OK)
            bind_disconnect(r->bind);
        return;
    }
    if (cause->lost || (cause->rc & 0xff) == SQLITE_BUSY) {
        txn_after_error(r->bind, cause);
        return;
    }
    rc = savepoint(r, verbs->rollback_to, &err);
    if (rc == SQLITE_OK)
        rc = savepoint(r, verbs->release, &err);
    if (rc == SQLITE_OK)
        rc = conn_flush(r->conn, &err);
    if (rc != SQLITE_OK)
        txn_after_error(r->bind, &err);
}

static int told(struct bind *b, const char *verb, const char *table, struct err *err)
{
    char what[WHAT_MAX];
    sqlite3_snprintf((int)sizeof what, what, "%s %s", verb, table != NULL ? table : "tables");
    return bind_fail(b, what, err);
}

static int failed(struct steps_run *r, const char *verb, const char *table, struct err *err)
{
    undo(r, err);
    return told(r->bind, verb, table, err);
}

int steps_begin(struct steps_run *r, struct bind *b, bool piped, const char *verb, struct err *err)
{
    r->bind = b;
    r->piped = piped;
    int rc = bind_connect(b, &r->conn, err);
    if (rc != SQLITE_OK)
        return rc;
    r->mode = !(r->conn->caps & CAP_TRANSACTIONAL_DDL)    ? STEPS_EACH
              : sqlite3_get_autocommit(b->owner->db) != 0 ? STEPS_OWN
                                                          : STEPS_JOINED;
    if (r->mode == STEPS_OWN)
        rc = conn_queue(r->conn, r->conn->dialect->verbs.begin_write, err);
    if (r->mode == STEPS_JOINED) {
        rc = txn_before_write(b, true, true, err);
        if (rc != SQLITE_OK)
            return told(b, verb, NULL, err);
        rc = savepoint(r, r->conn->dialect->verbs.savepoint, err);
    }
    return rc == SQLITE_OK ? SQLITE_OK : failed(r, verb, NULL, err);
}

/* A statement that a failed one was put between two settings for: the second one is still due. */
static void finish_settings(struct steps_run *r, const struct steps *s, int from)
{
    struct err ignored;
    err_clear(&ignored);
    if (s->at[from].kind == DDL_SETTING || from + 1 >= s->n || s->at[from + 1].kind != DDL_SETTING)
        return;
    if (r->conn->state != CONN_LOST)
        conn_exec(r->conn, s->at[from + 1].sql, NULL, 0, NULL, NULL, &ignored);
}

int steps_go(struct steps_run *r, const struct create_bind *cb, struct steps *s, const char *verb,
             struct err *err)
{
    bool piped = r->piped && r->mode != STEPS_EACH;
    int rc = SQLITE_OK;
    for (int i = 0; i < s->n; i++) {
        struct step *step = &s->at[i];
        rc = piped ? conn_queue(r->conn, step->sql, err)
                   : conn_exec(r->conn, step->sql, NULL, 0, NULL, NULL, err);
        if (rc != SQLITE_OK) {
            finish_settings(r, s, i);
            return failed(r, verb, step->table >= 0 ? cb->models[step->table]->local_name : NULL,
                          err);
        }
        step->done = true;
    }
    if (piped)
        rc = conn_flush(r->conn, err);
    return rc == SQLITE_OK ? SQLITE_OK : failed(r, verb, NULL, err);
}

int steps_end(struct steps_run *r, const char *verb, struct err *err)
{
    int rc = SQLITE_OK;
    if (r->mode == STEPS_OWN) {
        rc = conn_exec_deciding(r->conn, r->conn->dialect->verbs.commit, err);
        if (rc != SQLITE_OK && part_outcome_unknown(r->bind, err))
            err_append(err, " (outcome unknown)");
    }
    if (r->mode == STEPS_JOINED)
        rc = savepoint(r, r->conn->dialect->verbs.release, err);
    return rc == SQLITE_OK ? SQLITE_OK : failed(r, verb, NULL, err);
}
