/* Statements sent in advance (early.h). */
#include "session/early.h"
#include "model/keycode.h"
#include "session/participant.h"
#include "session/writer.h"

#include <string.h>

#define VALUES_LIMIT 0x10000 /* bytes of arguments that are compared */

struct early {
    struct rows rows;
    char *sql;       /* owned */
    struct buf args; /* as add_args writes them */
    unsigned flags;
    bool snapshot;            /* it is the first of a snapshot */
    struct scans_known *from; /* the text whose scan it is … */
    sqlite3_uint64 from_hash; /* … if that is still known there */
};

static void add_args(struct buf *out, const struct arg *args, int nargs)
{
    for (int i = 0; i < nargs; i++) {
        unsigned char head[2] = {(unsigned char)args[i].type->id, args[i].array};
        buf_add(out, head, sizeof head);
        buf_add_u32be(out, (unsigned)args[i].ncells);
        for (int k = 0; k < args[i].ncells; k++)
            keycode_add(out, &args[i].cells[k]);
    }
}

static void early_free(struct early *e)
{
    if (e == NULL)
        return;
    sqlite3_free(e->sql);
    buf_clear(&e->args);
    sqlite3_free(e);
}

static struct early *early_new(const char *sql, const struct arg *args, int nargs, unsigned flags)
{
    struct early *e = sqlite3_malloc64(sizeof *e);
    if (e == NULL)
        return NULL;
    memset(e, 0, sizeof *e);
    e->sql = sqlite3_mprintf("%s", sql);
    e->flags = flags;
    buf_init(&e->args, VALUES_LIMIT);
    add_args(&e->args, args, nargs);
    if (e->sql == NULL || e->args.rc != SQLITE_OK) {
        early_free(e);
        return NULL;
    }
    return e;
}

/* Many rows on one connection: that engine works when it is asked for a row, not before. */
bool early_possible(const struct bind *b)
{
    return b->early == NULL && b->conn != NULL && !(b->conn->caps & CAP_MANY_ROWS) &&
           b->conn->state == CONN_IDLE && !b->conn->in_transaction && b->recovered &&
           !b->recovering && !b->settling && !b->part->doomed && b->owner->txn.state == TXN_NONE &&
           sqlite3_get_autocommit(b->owner->db) && !writer_pending(b) && conn_alive(b->conn);
}

void early_send(struct bind *b, const char *sql, const struct arg *args, int nargs, unsigned flags,
                int fetch_hint)
{
    struct early *e = early_possible(b) ? early_new(sql, args, nargs, flags) : NULL;
    struct err err;
    int rc;
    if (e == NULL)
        return;
    err_clear(&err);
    rc = txn_before_read(b, (flags & QUERY_SNAPSHOT) != 0, &err);
    if (rc == SQLITE_OK) {
        e->snapshot = b->conn->in_transaction;
        e->from = b->owner->txn.scans.ahead.known;
        e->from_hash = e->from != NULL ? e->from->hash : 0;
        e->rows.fetch_hint = fetch_hint;
        if (b->open_cursors > 1 && !(flags & (QUERY_SHORT | QUERY_WHOLE)) && e->snapshot)
            flags |= QUERY_SHARED;
        rc = conn_send(b->conn, sql, args, nargs, flags, &e->rows, &err);
    }
    if (rc == SQLITE_OK) {
        b->early = e;
        return;
    }
    early_free(e);
    txn_after_error(b, &err);
}

bool early_take(struct bind *b, const char *sql, const struct arg *args, int nargs, unsigned flags,
                struct rows *rows)
{
    struct early *e = b->early;
    struct buf asked;
    bool same;
    buf_init(&asked, VALUES_LIMIT);
    add_args(&asked, args, nargs);
    same = e->flags == flags && strcmp(e->sql, sql) == 0 && asked.rc == SQLITE_OK &&
           asked.len == e->args.len &&
           (asked.len == 0 || memcmp(asked.data, e->args.data, asked.len) == 0) &&
           e->rows.conn == b->conn && b->owner->txn.state == TXN_NONE &&
           sqlite3_get_autocommit(b->owner->db);
    buf_clear(&asked);
    if (!same) {
        early_drop(b);
        return false;
    }
    rows_move(rows, &e->rows);
    b->early = NULL;
    early_free(e);
    return true;
}

void early_drop(struct bind *b)
{
    struct early *e = b->early;
    if (e == NULL)
        return;
    b->early = NULL;
    rows_finish(&e->rows);
    if (e->from != NULL && e->from->hash == e->from_hash)
        e->from->vain = true;
    /* Nobody has read in its snapshot, which an error of it may have spoilt. */
    if (e->snapshot && b->conn != NULL && b->conn->in_transaction &&
        b->owner->txn.state == TXN_NONE)
        part_end_unsure(b);
    early_free(e);
}
