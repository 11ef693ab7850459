/* A server's half of a commit: the lock that tells that its coordinator lives, the mark that is the decision, and
** what recovery makes of both.  The why is in the head of decider.h. */
#include "session/decider.h"
#include "session/coord_parts.h"
#include "session/fault.h"
#include "session/participant.h"
#include "session/recover.h"

#include <stdlib.h>
#include <string.h>

#define NAME_RANDOM 14
#define MARK_PART 8
#define RESOLVE_MS 3000
#define RESOLVE_STEP_MS 100
#define FNV64_START 0xcbf29ce484222325ULL
#define FNV64_PRIME 0x100000001b3ULL

static unsigned long long hash64(const char *text, size_t n)
{
    unsigned long long hash = FNV64_START;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * FNV64_PRIME;
    return hash ^ hash >> 32;
}

/* The lock of a transaction; 0 means none. */
static sqlite3_int64 lock_of(const char *gid, size_t n)
{
    sqlite3_int64 lock = (sqlite3_int64)hash64(gid, n);
    return lock ? lock : 1;
}

/* Length of the transaction's part of a branch or mark: it holds one colon only, after "binds1". */
static size_t global_length(const char *gid)
{
    return DECIDER_MARK + strcspn(gid + DECIDER_MARK, ":");
}

/* ---- asking ---------------------------------------------------------------------------------------------- */

struct answer {
    char text[2][64];
    bool found;
};

/* Runs a statement of the deciding server and takes the first two columns of its first row as texts. */
static int ask(struct bind *b, const char *sql, struct answer *out, struct err *err)
{
    struct rows rows = {.conn = NULL};
    int rc = txn_protect(b, err);
    memset(out, 0, sizeof *out);
    if (rc == SQLITE_OK)
        rc = conn_send(b->conn, sql, NULL, 0, QUERY_ONCE | QUERY_SHORT, &rows, err);
    if (rc == SQLITE_OK) {
        rc = rows_next(&rows, err);
        out->found = rc == SQLITE_ROW;
        for (int i = 0; rc == SQLITE_ROW && i < 2 && i < rows.ncolumns; i++) {
            struct cell cell;
            if (rows_cell(&rows, i, &cell, err) == SQLITE_OK && cell.cls == CELL_TEXT)
                sqlite3_snprintf((int)sizeof out->text[i], out->text[i], "%.*s", (int)cell.n,
                                 (const char *)cell.p);
        }
        rows_finish(&rows);
    }
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
    if (rc != SQLITE_OK)
        txn_after_error(b, err);
    return rc;
}

static int ask_number(struct bind *b, const char *format, sqlite3_int64 one, sqlite3_int64 two,
                      struct answer *out, struct err *err)
{
    char *sql = sqlite3_mprintf(format, one, two);
    int rc = sql ? SQLITE_OK : err_nomem(err);
    memset(out, 0, sizeof *out);
    if (rc == SQLITE_OK)
        rc = ask(b, sql, out, err);
    sqlite3_free(sql);
    return rc;
}

static bool is_true(const struct answer *a)
{
    return a->found && strcmp(a->text[0], "true") == 0;
}

/* Names that stand prepared on the deciding server and begin with that text; arena memory. */
static int list_records(struct bind *b, const char *prefix, struct arena *arena, const char ***list,
                        int *n, struct err *err)
{
    struct rows rows = {.conn = NULL};
    char *sql = sqlite3_mprintf(b->conn->dialect->decider->records, prefix);
    int room = 0, rc = sql ? txn_protect(b, err) : err_nomem(err);
    *n = 0;
    if (rc == SQLITE_OK)
        rc = conn_send(b->conn, sql, NULL, 0, QUERY_ONCE, &rows, err);
    sqlite3_free(sql);
    while (rc == SQLITE_OK && (rc = rows_next(&rows, err)) == SQLITE_ROW) {
        struct cell cell;
        rc = rows_cell(&rows, 0, &cell, err);
        if (rc != SQLITE_OK || cell.cls != CELL_TEXT)
            continue;
        if (*n == room) {
            const char **grown = arena_alloc(arena, (size_t)(room = 2 * room + 15) * sizeof *grown);
            if (grown && *n)
                memcpy(grown, *list, (size_t)*n * sizeof *grown);
            *list = grown;
        }
        if (!*list || !((*list)[*n] = arena_copy(arena, cell.p, cell.n)))
            rc = err_nomem(err);
        else
            (*n)++;
    }
    rows_finish(&rows);
    if (rc != SQLITE_OK && rc != SQLITE_DONE)
        txn_after_error(b, err);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- who decides ------------------------------------------------------------------------------------------- */

static bool may_decide(const struct bind *b)
{
    return b->engine->dialect && b->engine->dialect->decider && (b->engine->caps & CAP_TWO_PHASE) &&
           !b->url.read_only && !b->url.two_phase_off;
}

bool decider_possible(const struct binds *b)
{
    int deciders = 0, others = 0;
    for (const struct bind *p = b->first; p; p = p->next) {
        deciders += may_decide(p);
        others += !p->url.read_only && !bind_in_memory(p);
    }
    return deciders > 0 && others > 1;
}

/* The identity of a connected bind's database, once for each connection. */
static int identify(struct bind *b, struct err *err)
{
    struct conn *c = b->conn;
    struct answer a;
    if (c->identity[0])
        return SQLITE_OK;
    if (!(c->caps & CAP_TWO_PHASE))
        return err_set(err, SQLITE_ERROR, "%s", c->two_phase_why);
    if (ask(b, c->dialect->decider->identity, &a, err) != SQLITE_OK)
        return err->rc;
    if (!a.found || !a.text[0][0])
        return err_set(err, SQLITE_ERROR, "the server does not tell its identity");
    c->direct = c->session_number != 0 && strtol(a.text[1], NULL, 10) == c->session_number;
    sqlite3_snprintf((int)sizeof c->identity, c->identity, "%016llx",
                     hash64(a.text[0], strlen(a.text[0])));
    return SQLITE_OK;
}

/* As identify, for a bind whose session is the server's own. */
static int identify_direct(struct bind *b, struct err *err)
{
    if (identify(b, err) != SQLITE_OK || b->conn->direct)
        return err->rc;
    return err_set(err, SQLITE_ERROR,
                   "its connections go through a pooler that lends the server's sessions out, so "
                   "that nothing tells "
                   "whether a coordinator is alive");
}

static bool is_connected(const struct bind *b)
{
    return b->conn && b->conn->state != CONN_LOST;
}

int decider_choose(struct binds *b, struct err *err)
{
    char why[160] = "";
    if (b->coord.decider)
        return SQLITE_OK;
    for (int pass = 0; pass < 2; pass++) { /* first those that are connected */
        for (struct bind *p = b->first; p; p = p->next) {
            struct conn *conn;
            struct err one;
            err_clear(&one);
            if (!may_decide(p) || is_connected(p) != (pass == 0) || p->part->doomed)
                continue;
            if (p->state == BIND_FAILED)
                err_set(&one, SQLITE_CANTOPEN, "%s", p->error ? p->error : "it cannot be reached");
            else if (bind_connect(p, &conn, &one) == SQLITE_OK &&
                     identify_direct(p, &one) == SQLITE_OK) {
                b->coord.decider = p;
                memcpy(b->coord.decided_by, p->conn->identity, sizeof b->coord.decided_by);
                b->coord.mark[0] = 0;
                return SQLITE_OK;
            }
            if (!why[0])
                sqlite3_snprintf((int)sizeof why, why, " (bind %s cannot do it: %s)",
                                 p->key ? p->key : "[default]", one.text);
        }
    }
    return err_set(err, SQLITE_ERROR,
                   "a commit over several binds needs something durable to record it in, and main "
                   "is in memory or "
                   "promises nothing: open a file instead, name one with coordinator=/path in a "
                   "bind's URL, or add a "
                   "bind of a PostgreSQL server that can prepare transactions%s",
                   why);
}

void decider_name(struct binds *b, char out[COORD_GID_MAX])
{
    char hex[NAME_RANDOM + 1];
    coord_random_hex(hex, NAME_RANDOM);
    sqlite3_snprintf(COORD_GID_MAX, out, "binds1:%sd%s", b->coord.decided_by, hex);
}

/* ---- deciding ---------------------------------------------------------------------------------------------- */

static bool stands_prepared(const struct bind *b)
{
    return b->part->maybe_prepared && bind_leads_part(b);
}

/* The address by which the bind is reached is its name here, as in the decision record of a file. */
static void participant_hash(const struct bind *b, char out[MARK_PART + 1])
{
    sqlite3_snprintf(MARK_PART + 1, out, "%08x",
                     (unsigned)hash64(b->conn->address, strlen(b->conn->address)));
}

/* The mark that would be set for those that chosen picks; false = they are too many for a name. */
static bool make_mark(struct binds *b, bool (*chosen)(const struct bind *),
                      char out[COORD_MARK_MAX])
{
    size_t n;
    sqlite3_snprintf(COORD_MARK_MAX, out, "%s:c", b->coord.transaction);
    n = strlen(out);
    for (struct bind *p = b->first; p; p = p->next) {
        if (!chosen(p))
            continue;
        if (n + MARK_PART >= COORD_MARK_MAX)
            return false;
        participant_hash(p, out + n);
        n += MARK_PART;
    }
    return true;
}

static int take_lock(struct bind *d, const char *transaction, bool *taken, struct err *err)
{
    struct conn *c = d->conn;
    struct answer a;
    sqlite3_int64 lock = lock_of(transaction, strlen(transaction));
    *taken = c->session_lock == lock;
    if (*taken)
        return SQLITE_OK;
    if (ask_number(d, c->dialect->decider->lock, lock, c->session_lock, &a, err) != SQLITE_OK)
        return err->rc;
    *taken = is_true(&a);
    c->session_lock = *taken ? lock : 0;
    return SQLITE_OK;
}

static bool same_database(const struct bind *d, const char *transaction)
{
    return memcmp(d->conn->identity, transaction + DECIDER_MARK - COORD_UUID, COORD_UUID) == 0;
}

int decider_lock(struct binds *b, struct err *err)
{
    struct bind *d = b->coord.decider;
    struct conn *conn;
    char mark[COORD_MARK_MAX];
    bool taken = false;
    int rc = bind_connect(d, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = identify_direct(d, err);
    if (rc == SQLITE_OK && !same_database(d, b->coord.transaction))
        rc = err_set(err, SQLITE_ERROR,
                     "the bind leads to another database than when the transaction began");
    if (rc == SQLITE_OK && !make_mark(b, part_is_voter, mark))
        rc = err_set(err, SQLITE_ERROR,
                     "too many binds take part in one commit: name a file with coordinator=/path");
    if (rc == SQLITE_OK)
        rc = take_lock(d, b->coord.transaction, &taken, err);
    if (rc == SQLITE_OK && !taken)
        rc = err_set(err, SQLITE_ERROR, "somebody else holds the lock of this transaction");
    return rc == SQLITE_OK ? rc : bind_fail(d, "deciding a commit over several binds", err);
}

static int set_mark(struct bind *d, const char *mark, struct err *err)
{
    const struct transaction_verbs *verbs = &d->conn->dialect->verbs;
    char *literal = sqlite3_mprintf("'%s'", mark),
         *sql = literal ? sqlite3_mprintf(verbs->prepare, literal) : NULL;
    int rc = sql ? SQLITE_OK : err_nomem(err);
    d->conn->in_transaction = d->conn->aborted = false; /* its own branch stands prepared by now */
    if (rc == SQLITE_OK)
        rc = conn_queue(d->conn, verbs->begin_statement, err);
    if (rc == SQLITE_OK)
        rc = conn_exec_deciding(d->conn, sql, err);
    sqlite3_free(literal);
    sqlite3_free(sql);
    return rc;
}

static bool is_certain(const struct err *err)
{
    if (err->lost || (err->rc & 0xff) == SQLITE_INTERRUPT)
        return err->not_executed;
    return err->sqlstate[0];
}

/* A new session in place of a lost one.  What was prepared by the old one is not bound to it. */
static int renew(struct bind *d, struct err *err)
{
    struct conn *fresh = NULL;
    int rc;
    if (d->conn->state != CONN_LOST)
        return SQLITE_OK;
    rc = conn_open(d->engine, &d->url, d->key, &d->owner->wait, d->owner->trace, &fresh, err);
    if (rc != SQLITE_OK)
        return rc;
    conn_close(d->conn);
    d->conn = fresh;
    d->owner->generation++;
    d->recovered = false;
    return SQLITE_OK;
}

enum resolved { RESOLVED_SET, RESOLVED_NOT_SET, RESOLVED_GONE, RESOLVED_UNKNOWN };

static enum resolved look_for_mark(struct binds *b, struct bind *d, struct err *err)
{
    struct arena arena;
    const char **list = NULL;
    char prefix[COORD_GID_MAX + 1];
    enum resolved result = RESOLVED_GONE;
    int n = 0;
    arena_init(&arena);
    sqlite3_snprintf((int)sizeof prefix, prefix, "%s:", b->coord.transaction);
    if (list_records(d, prefix, &arena, &list, &n, err) != SQLITE_OK)
        result = RESOLVED_UNKNOWN;
    else if (n > 0)
        result = RESOLVED_NOT_SET;
    for (int i = 0; i < n && result != RESOLVED_UNKNOWN; i++) {
        if (strcmp(list[i], b->coord.mark) == 0)
            result = RESOLVED_SET;
    }
    arena_clear(&arena);
    return result;
}

/* The answer to the mark was lost.  Who holds the lock can tell: the session that was to set the mark has ended, or is
** this one.  Nothing of the transaction is there any more: others were faster and have settled it, one way or the
** other. */
static enum resolved resolve(struct binds *b, struct bind *d)
{
    sqlite3_int64 deadline = trace_clock_us() + (sqlite3_int64)RESOLVE_MS * 1000;
    enum resolved result = RESOLVED_UNKNOWN;
    while (result == RESOLVED_UNKNOWN && trace_clock_us() < deadline) {
        struct err err;
        bool taken = false;
        err_clear(&err);
        if (renew(d, &err) == SQLITE_OK && identify_direct(d, &err) == SQLITE_OK &&
            same_database(d, b->coord.transaction) &&
            take_lock(d, b->coord.transaction, &taken, &err) == SQLITE_OK && taken)
            result = look_for_mark(b, d, &err);
        if (result == RESOLVED_UNKNOWN && wait_sleep(&b->wait, RESOLVE_STEP_MS) == WAIT_INTERRUPTED)
            break;
    }
    return result;
}

int decider_decide(struct binds *b, bool *unknown, struct err *err)
{
    struct bind *d = b->coord.decider;
    enum resolved result;
    *unknown = false;
    make_mark(b, stands_prepared, b->coord.mark); /* its length was tried before the votes */
    if (set_mark(d, b->coord.mark, err) == SQLITE_OK)
        return SQLITE_OK;
    result = is_certain(err) ? RESOLVED_NOT_SET : resolve(b, d);
    if (result == RESOLVED_SET) {
        err_clear(err);
        return SQLITE_OK;
    }
    *unknown = result == RESOLVED_UNKNOWN;
    if (result != RESOLVED_UNKNOWN)
        b->coord.mark[0] = 0;
    if (result != RESOLVED_NOT_SET)
        err_append(err, " (outcome unknown)");
    part_busy(err, false);
    return bind_fail(d, "deciding a commit over several binds", err);
}

static void tell_owner(struct bind *b, const char *mark, struct err *err)
{
    struct answer a;
    struct err ignored;
    char *sql = sqlite3_mprintf(b->conn->dialect->decider->records, mark);
    err_clear(&ignored);
    if (sql && ask(b, sql, &a, &ignored) == SQLITE_OK && a.found)
        recover_tell_owner(err, a.text[1]);
    sqlite3_free(sql);
}

int decider_unmark(struct bind *b, const char *mark, struct err *err)
{
    char *literal = sqlite3_mprintf("'%s'", mark);
    char *sql = literal ? sqlite3_mprintf(b->conn->dialect->verbs.commit_prepared, literal) : NULL;
    int rc = sql ? conn_exec(b->conn, sql, NULL, 0, NULL, NULL, err) : err_nomem(err);
    sqlite3_free(literal);
    sqlite3_free(sql);
    if (rc != SQLITE_OK && part_already_done(err))
        return SQLITE_OK;
    if ((rc & 0xff) == SQLITE_AUTH)
        tell_owner(b, mark, err);
    return rc;
}

void decider_over(struct binds *b, bool settled)
{
    struct bind *d = b->coord.decider;
    struct err err;
    err_clear(&err);
    if (!d)
        return;
    if (!settled || (b->coord.mark[0] && (!is_connected(d) || d->conn->in_transaction ||
                                          decider_unmark(d, b->coord.mark, &err) != SQLITE_OK)))
        d->recovered = false; /* the next use of the bind looks after it */
    FAULT_POINT("after_unmark");
    /* Others may settle what is left.  If nothing is, the lock is in nobody's way. */
    if (!settled && is_connected(d) && d->conn->session_lock) {
        struct answer a;
        err_clear(&err);
        ask_number(d, d->conn->dialect->decider->unlock, d->conn->session_lock, 0, &a, &err);
        d->conn->session_lock = 0;
    }
    b->coord.mark[0] = 0;
    b->coord.decider = NULL;
}

/* ---- recovery ---------------------------------------------------------------------------------------------- */

/* Strict, as for gids: the transaction's name, ":c", and whole parts in hex. */
static bool mark_valid(const char *mark)
{
    char transaction[COORD_GID_MAX];
    size_t n = strlen(mark), global;
    if (n <= DECIDER_MARK || n >= COORD_MARK_MAX || mark[DECIDER_MARK] != 'd')
        return false;
    global = global_length(mark);
    if (global >= sizeof transaction || mark[global] != ':' || mark[global + 1] != 'c')
        return false;
    sqlite3_snprintf((int)(global + 1), transaction, "%s", mark);
    return coord_gid_valid(transaction, false) && (n - global - 2) % MARK_PART == 0 &&
           n > global + 2 && coord_is_hex(mark + global + 2, n - global - 2);
}

/* The bind that leads to the database of that identity. */
static struct bind *find_decider(struct binds *b, const char *identity, struct err *err)
{
    for (int pass = 0; pass < 2; pass++) {
        for (struct bind *p = b->first; p; p = p->next) {
            struct conn *conn;
            struct err one;
            err_clear(&one);
            if (!p->engine->dialect->decider || p->part->doomed || is_connected(p) != (pass == 0) ||
                (pass == 1 &&
                 (p->settling || p->recovering))) /* its own recovery is under way, and lost */
                continue;
            if (bind_connect(p, &conn, &one) == SQLITE_OK && identify(p, &one) == SQLITE_OK &&
                memcmp(conn->identity, identity, COORD_UUID) == 0)
                return p;
        }
    }
    err_set(err, SQLITE_ERROR,
            "a prepared transaction stays in doubt: the PostgreSQL database that decides it is not "
            "among the binds, or "
            "cannot be reached");
    return NULL;
}

static enum decider_verdict try_lock(struct bind *d, const char *gid, struct err *err)
{
    struct answer a;
    sqlite3_int64 lock = lock_of(gid, global_length(gid));
    if (ask_number(d, d->conn->dialect->decider->try_lock, lock, 0, &a, err) != SQLITE_OK)
        return DECIDER_UNKNOWN;
    return is_true(&a) ? DECIDER_NO_MARK : DECIDER_ALIVE;
}

enum decider_verdict decider_judge(struct binds *b, const char *gid, struct bind **decider,
                                   struct err *err)
{
    struct arena arena;
    const char **list = NULL;
    char prefix[COORD_GID_MAX + 2];
    struct bind *d = find_decider(b, gid + DECIDER_MARK - COORD_UUID, err);
    enum decider_verdict verdict = d && is_connected(d) ? try_lock(d, gid, err) : DECIDER_UNKNOWN;
    int n = 0;
    *decider = d;
    if (verdict != DECIDER_NO_MARK)
        return verdict;
    arena_init(&arena);
    sqlite3_snprintf((int)sizeof prefix, prefix, "%.*s:c", (int)global_length(gid), gid);
    if (list_records(d, prefix, &arena, &list, &n, err) != SQLITE_OK)
        verdict = DECIDER_UNKNOWN;
    for (int i = 0; i < n && verdict == DECIDER_NO_MARK; i++) {
        if (mark_valid(list[i]))
            verdict = DECIDER_COMMIT;
    }
    arena_clear(&arena);
    return verdict;
}

int decider_marks(struct bind *b, struct arena *arena, const char ***list, int *n, struct err *err)
{
    char prefix[COORD_GID_MAX];
    int all = 0, rc = SQLITE_OK;
    *n = 0;
    if (!may_decide(b) || !is_connected(b) || b->conn->in_transaction ||
        !(b->conn->caps & CAP_TWO_PHASE))
        return SQLITE_OK;
    if (identify(b, err) != SQLITE_OK)
        return err->lost ? err->rc : (err_clear(err), SQLITE_OK);
    sqlite3_snprintf((int)sizeof prefix, prefix, "binds1:%sd", b->conn->identity);
    rc = list_records(b, prefix, arena, list, &all, err);
    for (int i = 0; i < all && rc == SQLITE_OK; i++) {
        enum decider_verdict verdict;
        if (!mark_valid((*list)[i]))
            continue;
        verdict = try_lock(b, (*list)[i], err);
        if (verdict == DECIDER_UNKNOWN)
            rc = err->rc;
        else if (verdict == DECIDER_NO_MARK) /* the lock is free */
            (*list)[(*n)++] = (*list)[i];
    }
    return rc;
}

bool decider_mark_is_over(struct binds *b, const char *mark,
                          bool (*each)(struct bind *, const char *, void *), void *arg)
{
    const char *part = mark + global_length(mark) + 2;
    struct bind *p;
    struct conn *conn;
    for (p = b->first; p; p = p->next) {
        struct err ignored;
        err_clear(&ignored);
        if (!(p->engine->caps & CAP_TWO_PHASE) || is_connected(p) || p->settling)
            continue;
        p->settling = true; /* what it has is settled by each */
        bind_connect(p, &conn, &ignored);
        p->settling = false;
    }
    for (; *part; part += MARK_PART) {
        bool there = false;
        for (p = b->first; p; p = p->next) {
            char own[MARK_PART + 1];
            if (!is_connected(p) || !(p->engine->caps & CAP_TWO_PHASE))
                continue;
            participant_hash(p, own);
            if (memcmp(own, part, MARK_PART) != 0)
                continue;
            there = true;
            if (!each(p, mark, arg))
                return false;
            break;
        }
        if (!there)
            return false;
    }
    return true;
}
