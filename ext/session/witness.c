/* The witness of a server that cannot vote: writing, asking and dropping it. */
#include "session/witness.h"
#include "session/coord_parts.h"
#include "session/fault.h"
#include "session/participant.h"

#include <string.h>

#define RESOLVE_US 3000000 /* how long an answer that was lost is asked for */
#define RESOLVE_STEP_MS 100

bool witness_possible(const struct bind *b)
{
    return b->url.witness_table && !b->url.two_phase_off && !b->url.read_only &&
           b->engine->dialect->make_witness;
}

bool witness_serves(const struct bind *b)
{
    return witness_possible(b) && b->conn && !(b->conn->caps & CAP_TWO_PHASE);
}

static int exec(struct conn *c, const char *format, const char *a, const char *b, struct err *err)
{
    char *sql = sqlite3_mprintf(format, a, b);
    int rc = sql ? conn_exec(c, sql, NULL, 0, NULL, NULL, err) : err_nomem(err);
    sqlite3_free(sql);
    return rc;
}

static bool is_there(struct conn *c, struct err *why)
{
    err_clear(why);
    return exec(c, "SELECT 1 FROM _binds_done WHERE 1 = 0", NULL, NULL, why) == SQLITE_OK;
}

/* always: even if the server can vote by now. */
static int ensure(struct conn *c, bool always, struct err *err)
{
    struct err why;
    if (is_there(c, &why))
        return SQLITE_OK;
    if (why.lost) {
        *err = why;
        return err->rc;
    }
    if (!always && (c->caps & CAP_TWO_PHASE)) /* what it can do is known since it has answered */
        return SQLITE_OK;
    if (exec(c, c->dialect->make_witness, NULL, NULL, err) != SQLITE_OK && !err->lost &&
        is_there(c, &why)) /* somebody else was faster */
        err_clear(err);
    return err->rc;
}

int witness_ready(struct bind *b, struct err *err)
{
    int rc = SQLITE_OK;
    if (!witness_possible(b) || b->conn->witness_ready)
        return SQLITE_OK;
    rc = conn_park_all(b->conn, err);
    if (rc == SQLITE_OK)
        rc = ensure(b->conn, false, err);
    b->conn->witness_ready = rc == SQLITE_OK;
    return rc;
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

static int value_of(char digit)
{
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* Rows of gid and parts. */
static int list(struct conn *c, const char *sql, struct arena *arena, struct witnesses *out,
                struct err *err)
{
    struct rows rows = {.conn = NULL};
    int room = 0, rc = conn_send(c, sql, NULL, 0, QUERY_ONCE, &rows, err);
    memset(out, 0, sizeof *out);
    while (rc == SQLITE_OK && (rc = rows_next(&rows, err)) == SQLITE_ROW) {
        if (out->n == room) {
            int more = 2 * room + 15;
            const char **gids = arena_alloc(arena, (size_t)more * sizeof *gids);
            const char **parts = arena_alloc(arena, (size_t)more * sizeof *parts);
            if (!gids || !parts) {
                rc = err_nomem(err);
                break;
            }
            if (out->n) {
                memcpy(gids, out->gids, (size_t)out->n * sizeof *gids);
                memcpy(parts, out->parts, (size_t)out->n * sizeof *parts);
            }
            out->gids = gids;
            out->parts = parts;
            room = more;
        }
        rc = rows_text(&rows, 0, arena, &out->gids[out->n], err);
        if (rc == SQLITE_OK)
            rc = rows_text(&rows, 1, arena, &out->parts[out->n], err);
        out->n += rc == SQLITE_OK && out->gids[out->n];
    }
    rows_finish(&rows);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int ask(struct conn *c, const char *gid, bool *found, struct err *err)
{
    struct witnesses seen;
    struct arena arena;
    char *sql;
    int rc = ensure(c, true, err);
    *found = false;
    if (rc == SQLITE_OK)
        rc = exec(c, "INSERT INTO _binds_done(gid) VALUES (%Q)", gid, NULL, err);
    if ((rc & 0xff) != SQLITE_CONSTRAINT)
        return rc;
    err_clear(err);
    arena_init(&arena);
    sql = sqlite3_mprintf("SELECT gid, parts FROM _binds_done WHERE gid = %Q", gid);
    rc = sql ? list(c, sql, &arena, &seen, err) : err_nomem(err);
    if (rc == SQLITE_OK && seen.n == 0)
        rc = err_set(err, SQLITE_BUSY_RECOVERY, "others are settling this transaction");
    *found = rc == SQLITE_OK && seen.parts[0] != NULL;
    sqlite3_free(sql);
    arena_clear(&arena);
    return rc;
}

int witness_ask(struct bind *b, const char *gid, bool *found, struct err *err)
{
    struct conn *c;
    int rc = bind_connect(b, &c, err);
    *found = false;
    if (rc == SQLITE_OK && c->in_transaction)
        rc = err_set(err, SQLITE_BUSY, "end the transaction first");
    return rc == SQLITE_OK ? ask(c, gid, found, err) : rc;
}

/* Back from hex, in place: arena memory. */
static void unhex(char *text)
{
    char *out = text;
    for (; coord_is_hex(text, 2); text += 2)
        *out++ = (char)(value_of(text[0]) << 4 | value_of(text[1]));
    *out = 0;
}

int witness_list(struct bind *b, struct arena *arena, struct witnesses *out, struct err *err)
{
    int rc, n;
    memset(out, 0, sizeof *out);
    if (!is_there(b->conn, err)) {
        rc = err->lost ? err->rc : SQLITE_OK; /* nobody has needed it yet */
        if (rc == SQLITE_OK)
            err_clear(err);
        return rc;
    }
    rc = list(b->conn, "SELECT gid, parts FROM _binds_done WHERE parts IS NOT NULL", arena, out,
              err);
    n = out->n;
    out->n = 0;
    for (int i = 0; i < n; i++) {
        if (!out->parts[i]) /* no text: none of ours */
            continue;
        unhex((char *)out->parts[i]);
        out->gids[out->n] = out->gids[i];
        out->parts[out->n++] = out->parts[i];
    }
    return rc;
}

int witness_drop(struct bind *b, const char *gid, struct err *err)
{
    return exec(b->conn, "DELETE FROM _binds_done WHERE gid = %Q", gid, NULL, err);
}

/* ---- committing -------------------------------------------------------------------------------------------- */

/* The answer to COMMIT was lost.  On another session, since this one may still be at it. */
static int resolve(struct bind *b, const char *gid, bool *found, struct err *err)
{
    sqlite3_int64 deadline = trace_clock_us() + RESOLVE_US;
    int rc;
    conn_close(b->conn);
    b->conn = NULL;
    do {
        err_clear(err);
        rc = SQLITE_OK;
        if (!b->conn)
            rc = conn_open(b->engine, &b->url, b->key, &b->owner->wait, b->owner->trace, &b->conn,
                           err);
        if (rc == SQLITE_OK)
            rc = ask(b->conn, gid, found, err);
        if (rc != SQLITE_OK) {
            conn_close(b->conn);
            b->conn = NULL;
        }
    } while (rc != SQLITE_OK && trace_clock_us() < deadline &&
             wait_sleep(&b->owner->wait, RESOLVE_STEP_MS) != WAIT_INTERRUPTED);
    b->owner->generation++;
    b->recovered = false;
    return rc;
}

static char *hex(const char *text)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    for (; *text; text++)
        sqlite3_str_appendf(s, "%02x", (unsigned char)*text);
    return sqlite3_str_finish(s);
}

static int write_row(struct bind *b, const char *parts, struct err *err)
{
    struct coord *c = &b->owner->coord;
    char *text = hex(parts);
    int rc = text ? conn_park_all(b->conn, err) : err_nomem(err);
    for (int i = 0; i < c->nwitnessed && rc == SQLITE_OK; i++)
        if (strcmp(c->witnessed[i].file, b->conn->address) == 0)
            rc = witness_drop(b, c->witnessed[i].gid, err);
    if (rc == SQLITE_OK)
        rc = exec(b->conn, "INSERT INTO _binds_done(gid, parts) VALUES (%Q, %Q)", c->transaction,
                  text, err);
    sqlite3_free(text);
    return rc;
}

int witness_commit(struct bind *b, const char *parts, struct err *err)
{
    bool found = false;
    int rc = write_row(b, parts, err);
    if (rc == SQLITE_OK) {
        FAULT_POINT("before_witness");
        rc = conn_exec_deciding(b->conn, b->conn->dialect->verbs.commit, err);
        if (rc != SQLITE_OK && part_outcome_unknown(b, err)) {
            struct err why;
            err_clear(&why);
            if (resolve(b, b->owner->coord.transaction, &found, &why) != SQLITE_OK) {
                err_append(err, " (outcome unknown)");
                b->owner->txn.unknown = true;
            }
            if (found)
                rc = SQLITE_OK;
        }
    }
    if (rc == SQLITE_OK) {
        err_clear(err);
        bind_part_reset(b);
        b->owner->txn.witness = b;
        return SQLITE_OK;
    }
    part_busy(err, false);
    b->part->doomed = true;
    return bind_fail(b, "COMMIT", err);
}
