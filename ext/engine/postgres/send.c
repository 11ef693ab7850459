/* Sending: how a statement travels, and what rides with it.
**
** A group is built from, in this order: errands of the driver (closing cursors, releasing or
** undoing the savepoint around an earlier stream), what the front queued, a pooler's settings, the
** savepoint around a stream, PREPARE or DECLARE, the statement, a Sync.  All in one write; nothing
** here waits for an answer, except that COPY needs a settled wire.
**
** The savepoint: a stream that its reader leaves early is cancelled, and in Postgres a cancel
** spoils the transaction.  So streams inside a transaction run in a savepoint of their own. */
#include "engine/postgres/pg.h"

#include <string.h>

#define BINARY 1
#define FIRST_BATCH 64
#define BATCH_LEAST 16
#define BATCH_MOST 4096
#define BATCH_GROWTH 4
#define BATCH_BYTES ((size_t)1024 * 1024)
#define PREPARE_AFTER 1 /* earlier uses from which a statement is prepared */

struct group {
    struct pg_conn *pg;
    struct pg_rows *r;
    int n;                   /* commands so far */
    unsigned long long ends; /* bit n: command n is a COMMIT or PREPARE TRANSACTION */
    int guard, prepare;      /* numbers of those commands, 0 = none */
    bool ok;                 /* libpq took everything */
};

static void add_text(struct buf *out, const char *z)
{
    buf_add(out, z, strlen(z));
}

/* ---- one command ----------------------------------------------------------------------------- */

/* In the pipeline, or as text of the COPY's simple query. */
static void command(struct group *g, const char *sql)
{
    struct pg_conn *pg = g->pg;
    g->n++;
    if (pg->in_copy) {
        add_text(&pg->text, sql);
        add_text(&pg->text, ";\n");
    } else {
        g->ok = g->ok && PQsendQueryParams(pg->pq, sql, 0, NULL, NULL, NULL, NULL, BINARY);
    }
}

static void numbered(struct group *g, const char *format, unsigned id)
{
    char sql[80];
    sqlite3_snprintf(sizeof sql, sql, format, id);
    command(g, sql);
}

/* What a verb does to the transaction, from the moment it is sent. */
static void foresee(struct pg_conn *pg, enum pg_verb verb)
{
    switch (verb) {
    case VERB_BEGIN:
        pg->tx = true;
        pg->pinned = false;
        break;
    case VERB_COMMIT:
    case VERB_ROLLBACK:
    case VERB_PREPARE:
        pg->tx = pg->failed = pg->pinned = false;
        pg->dead_below = pg->last_id + 1;
        break;
    case VERB_ROLLBACK_TO:
        pg->failed = pg->pinned = false;
        pg->doubt_below = pg->last_id + 1;
        break;
    default:
        break;
    }
}

/* ---- what goes before the statement ---------------------------------------------------------- */

/* Errands of the driver.  `first` is the verb that follows them: a ROLLBACK makes most of them
** needless. */
static void add_errands(struct group *g, enum pg_verb first)
{
    struct pg_conn *pg = g->pg;
    int kept = 0;

    for (int i = 0; i < pg->nerrands && first != VERB_ROLLBACK; i++) {
        if (pg->errands[i].kind != ERRAND_UNDO)
            continue;
        numbered(g, "ROLLBACK TO SAVEPOINT binds_s%u", pg->errands[i].id);
        foresee(pg, VERB_ROLLBACK_TO);
        numbered(g, "RELEASE SAVEPOINT binds_s%u", pg->errands[i].id);
    }
    for (int i = 0; i < pg->nerrands; i++) {
        struct pg_errand *errand = &pg->errands[i];
        bool lives = pg->tx && !pg->failed && first != VERB_ROLLBACK;
        if (errand->kind == ERRAND_DEALLOCATE) {
            if (lives)
                numbered(g, "DEALLOCATE binds_p%u", errand->id);
            else
                pg->errands[kept++] = *errand;
        } else if (lives && first != VERB_COMMIT && first != VERB_PREPARE) {
            if (errand->kind == ERRAND_RELEASE)
                numbered(g, "RELEASE SAVEPOINT binds_s%u", errand->id);
            else if (errand->kind == ERRAND_CLOSE && errand->id >= pg->dead_below &&
                     errand->id >= pg->doubt_below)
                numbered(g, "CLOSE binds_c%u", errand->id);
        }
    }
    pg->nerrands = kept;
}

/* Outside a transaction a group is one, and some commands must come first in it (BEGIN with an
** isolation level, COMMIT PREPARED): there the errands, which can only be DEALLOCATE then, are a
** group of their own. */
static bool send_errands(struct pg_conn *pg)
{
    struct group g = {.pg = pg, .ok = true};
    if (pg->nerrands == 0 || pg->tx || pg->in_copy || !(g.r = pg_rows_new(pg, NULL)))
        return true;
    g.r->mode = MODE_ERRANDS;
    for (int i = 0; i < pg->nerrands; i++) {
        if (pg->errands[i].kind == ERRAND_DEALLOCATE)
            numbered(&g, "DEALLOCATE binds_p%u", pg->errands[i].id);
    }
    pg->nerrands = 0;
    if (g.n == 0) {
        pg_rows_recycle(g.r);
        return true;
    }
    g.r->leads = g.n - 1;
    if (!g.ok || !PQpipelineSync(pg->pq)) {
        pg_rows_recycle(g.r);
        return false;
    }
    pg_group_sent(pg, g.r);
    g.r->counted = true; /* the statement's wait is its own */
    return true;
}

static void add_queued(struct group *g)
{
    struct conn *c = &g->pg->base;
    for (int i = 0; i < c->nqueued; i++) {
        enum pg_verb verb = pg_verb(c->queued[i]);
        command(g, c->queued[i]);
        if ((verb == VERB_COMMIT || verb == VERB_PREPARE) && g->n > 0 && g->n < 64)
            g->ends |= 1ULL << g->n;
        foresee(g->pg, verb);
    }
}

static bool controls_transaction(enum pg_verb verb)
{
    return verb >= VERB_BEGIN && verb <= VERB_ALONE;
}

/* Behind a pooler the settings last as long as the transaction, or as this group where there is
** none. */
static void add_pins(struct group *g, enum pg_verb verb)
{
    struct pg_conn *pg = g->pg;
    if (!pg->pooled || controls_transaction(verb) || (pg->tx && pg->pinned))
        return;
    command(g, pg->pins_local);
    pg->pinned = pg->tx;
}

static void add_guard(struct group *g)
{
    struct pg_conn *pg = g->pg;
    struct pg_rows *r = g->r;
    if (!pg->tx || (r->mode != MODE_SINGLE && r->mode != MODE_COPY))
        return;
    r->guard = ++pg->last_id;
    numbered(g, "SAVEPOINT binds_s%u", r->guard);
    g->guard = g->n;
}

static void add_leads(struct group *g, enum pg_verb verb)
{
    const struct conn *c = &g->pg->base;
    enum pg_verb first = c->nqueued > 0 ? pg_verb(c->queued[0]) : verb;
    g->ok = send_errands(g->pg);
    add_errands(g, first);
    add_queued(g);
    add_pins(g, verb);
    add_guard(g);
}

/* The commands so far are leading ones: their numbers, counted from the end. */
static void close_leads(struct group *g)
{
    struct pg_rows *r = g->r;
    r->leads = g->n;
    r->guard_at = g->guard ? g->n + 1 - g->guard : 0;
    r->prepare_at = g->prepare ? g->n + 1 - g->prepare : 0;
    r->ends = 0;
    for (int i = 1; i <= g->n && i < 64; i++) {
        if (g->ends >> i & 1 && g->n + 1 - i < 64)
            r->ends |= 1ULL << (g->n + 1 - i);
    }
}

/* ---- the statement --------------------------------------------------------------------------- */

/* Prepared on its second use, and by every use after that; a pooler's server may be another each
** time. */
static void add_statement(struct group *g, struct pg_stmt *s, unsigned flags)
{
    struct pg_conn *pg = g->pg;
    const struct pg_args *a = &pg->args;
    bool named = s->base.uses >= PREPARE_AFTER && !(flags & QUERY_ONCE) && !pg->pooled;

    if (named && s->ready && s->shape != a->shape)
        named = false; /* the same text with other types: rare, and right without a name */
    if (named) {
        char name[24];
        if (!s->ready) {
            s->id = ++pg->last_id;
            s->shape = a->shape;
            sqlite3_snprintf(sizeof name, name, "binds_p%u", s->id);
            g->ok = g->ok && PQsendPrepare(pg->pq, name, s->base.sql, a->n, a->oids);
            g->prepare = ++g->n;
            g->r->stmt = s;
        }
        sqlite3_snprintf(sizeof name, name, "binds_p%u", s->id);
        close_leads(g);
        g->ok = g->ok &&
                PQsendQueryPrepared(pg->pq, name, a->n, a->values, a->lengths, a->formats, BINARY);
    } else {
        close_leads(g);
        g->ok = g->ok && PQsendQueryParams(pg->pq, s->base.sql, a->n, a->oids, a->values,
                                           a->lengths, a->formats, BINARY);
    }
}

static void fetch(struct group *g)
{
    char sql[80];
    struct pg_rows *r = g->r;
    sqlite3_snprintf(sizeof sql, sql, "FETCH %d FROM binds_c%u", r->asked, r->cursor);
    close_leads(g);
    g->ok = g->ok && PQsendQueryParams(g->pg->pq, sql, 0, NULL, NULL, NULL, NULL, BINARY);
}

static void add_cursor(struct group *g, const char *sql, int hint)
{
    struct pg_conn *pg = g->pg;
    const struct pg_args *a = &pg->args;
    struct pg_rows *r = g->r;
    char head[80];

    r->cursor = ++pg->last_id;
    r->asked = hint <= 0            ? FIRST_BATCH
               : hint < BATCH_LEAST ? BATCH_LEAST
               : hint > BATCH_MOST  ? BATCH_MOST
                                    : hint;
    sqlite3_snprintf(sizeof head, head, "DECLARE binds_c%u NO SCROLL BINARY CURSOR FOR ",
                     r->cursor);
    buf_reset(&pg->text);
    buf_add(&pg->text, head, strlen(head));
    buf_add(&pg->text, sql, strlen(sql) + 1);
    g->ok = g->ok && pg->text.rc == SQLITE_OK &&
            PQsendQueryParams(pg->pq, (const char *)pg->text.data, a->n, a->oids, a->values,
                              a->lengths, a->formats, BINARY);
    g->n++;
    fetch(g);
}

/* The Sync, and on the list. */
static int finish_group(struct group *g, struct err *err)
{
    struct pg_conn *pg = g->pg;
    bool ok = g->ok && PQpipelineSync(pg->pq);
    int rc;
    if (ok) {
        pg_group_sent(pg, g->r);
        return SQLITE_OK;
    }
    /* What libpq has taken cannot be taken back. */
    err_set(err, SQLITE_IOERR, "the statement could not be sent: %s", PQerrorMessage(pg->pq));
    rc = pg_lose(pg, err, NULL);
    pg_rows_recycle(g->r);
    return rc;
}

static int send_pipelined(struct pg_conn *pg, struct pg_stmt *s, struct pg_rows *r,
                          const struct rows *rows, struct err *err)
{
    struct group g = {.pg = pg, .r = r, .ok = true};
    add_leads(&g, r->verb);
    if (r->mode == MODE_CURSOR)
        add_cursor(&g, s->base.sql, rows->fetch_hint);
    else
        add_statement(&g, s, rows->flags);
    foresee(pg, r->verb);
    return finish_group(&g, err);
}

/* ---- COPY ------------------------------------------------------------------------------------ */

/* One simple query is one implicit transaction: the LIMIT 0 tells the types (COPY does not), and
** the lock it takes keeps them true until the rows are read. */
static int send_copy(struct pg_conn *pg, const char *sql, struct pg_rows *r, const struct arg *args,
                     int nargs, struct err *err)
{
    struct group g = {.pg = pg, .r = r, .ok = true};
    struct buf query;
    int rc;

    buf_init(&query, pg->text.limit);
    rc = pg_inline_args(sql, args, nargs, &query, err);
    if (rc == SQLITE_OK && query.rc != SQLITE_OK)
        rc = query.rc == SQLITE_TOOBIG ? err_set(err, query.rc, "the arguments are too long")
                                       : err_nomem(err);
    if (rc == SQLITE_OK)
        rc = pg_enter_copy(pg, err);
    if (rc != SQLITE_OK) {
        pg_rows_recycle(r);
        buf_clear(&query);
        return rc;
    }
    buf_reset(&pg->text);
    add_leads(&g, r->verb);
    close_leads(&g);
    add_text(&pg->text, "SELECT * FROM (\n");
    buf_add(&pg->text, query.data, query.len);
    add_text(&pg->text, "\n) AS binds_q LIMIT 0;\nCOPY (\n");
    buf_add(&pg->text, query.data, query.len);
    add_text(&pg->text, "\n) TO STDOUT (FORMAT binary)");
    buf_add(&pg->text, "", 1);
    buf_clear(&query);
    if (pg->text.rc != SQLITE_OK || !PQsendQuery(pg->pq, (const char *)pg->text.data)) {
        pg_lose(pg, err, "the statement could not be sent");
        pg_rows_recycle(r);
        return err->rc;
    }
    PQflush(pg->pq); /* the rest goes when the answer is waited for */
    pg_group_sent(pg, r);
    return SQLITE_OK;
}

int pg_write_leads(struct pg_conn *pg)
{
    struct group g = {.pg = pg, .ok = true};
    enum pg_verb first = pg->base.nqueued > 0 ? pg_verb(pg->base.queued[0]) : VERB_COPY;
    add_errands(&g, first);
    add_queued(&g);
    add_pins(&g, VERB_COPY);
    return g.n;
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* A connection that the server has closed meanwhile is noticed before anything is sent. */
static int check_peer(struct pg_conn *pg, struct err *err)
{
    if (!pg->pq) {
        err_set(err, SQLITE_IOERR, "the connection is gone");
        err->lost = err->not_executed = true;
        return err->rc;
    }
    if (pg->first || pg->base.engine->alive(&pg->base))
        return SQLITE_OK;
    pg_lose(pg, err, pg->goodbye[0] ? pg->goodbye : "the server closed the connection");
    err->not_executed = true;
    return err->rc;
}

static bool will_be_in_transaction(const struct pg_conn *pg)
{
    bool tx = pg->tx;
    for (int i = 0; i < pg->base.nqueued; i++) {
        enum pg_verb verb = pg_verb(pg->base.queued[i]);
        if (verb == VERB_BEGIN)
            tx = true;
        else if (verb == VERB_COMMIT || verb == VERB_ROLLBACK || verb == VERB_PREPARE)
            tx = false;
    }
    return tx;
}

static enum pg_mode choose_mode(const struct pg_conn *pg, enum pg_verb verb, unsigned flags)
{
    if (verb != VERB_READ || flags & QUERY_SHORT)
        return MODE_WHOLE;
    if (flags & QUERY_SHARED)
        return will_be_in_transaction(pg) ? MODE_CURSOR : MODE_WHOLE;
    return flags & QUERY_LONG ? MODE_COPY : MODE_SINGLE;
}

int pg_send(struct conn *c, struct stmt *s, const struct arg *args, int nargs, struct rows *rows,
            struct err *err)
{
    struct pg_conn *pg = (struct pg_conn *)c;
    struct pg_rows *r;
    int rc = check_peer(pg, err);

    if (rc != SQLITE_OK)
        return rc;
    r = pg_rows_new(pg, rows);
    if (!r)
        return err_nomem(err);
    r->verb = pg_verb(s->sql);
    r->mode = choose_mode(pg, r->verb, rows->flags);
    if (r->verb == VERB_COPY)
        rc = err_set(err, SQLITE_ERROR,
                     "COPY cannot be run here: it needs a data stream; use SELECT or INSERT");
    else if (r->mode != MODE_COPY)
        rc = pg_args_fill(&pg->args, args, nargs, err);
    if (rc != SQLITE_OK) {
        pg_rows_recycle(r);
        return rc;
    }
    for (int i = 0; i < nargs; i++) {
        for (int k = 0; k < args[i].ncells; k++)
            c->bytes += args[i].cells[k].cls >= CELL_TEXT ? (sqlite3_int64)args[i].cells[k].n : 8;
    }
    rows->driver = r;
    rc = r->mode == MODE_COPY ? send_copy(pg, s->sql, r, args, nargs, err)
                              : send_pipelined(pg, (struct pg_stmt *)s, r, rows, err);
    if (rc != SQLITE_OK)
        rows->driver = NULL;
    return rc;
}

/* Batches grow while they are read, within a megabyte or so. */
static void grow_batch(struct pg_rows *r)
{
    size_t bytes = r->result && r->nrows > 0 ? PQresultMemorySize(r->result) / (size_t)r->nrows : 0;
    r->asked = r->asked > BATCH_MOST / BATCH_GROWTH ? BATCH_MOST : r->asked * BATCH_GROWTH;
    if (bytes > 0 && (size_t)r->asked > BATCH_BYTES / bytes)
        r->asked = bytes < BATCH_BYTES ? (int)(BATCH_BYTES / bytes) : 1;
}

int pg_send_fetch(struct pg_rows *r, struct err *err)
{
    struct pg_conn *pg = r->pg;
    struct group g = {.pg = pg, .r = r, .ok = true};

    if (!pg->pq || r->cursor < pg->dead_below)
        return err_set(err, SQLITE_ERROR, "the transaction of these rows has ended");
    grow_batch(r);
    fetch(&g);
    if (!g.ok || !PQpipelineSync(pg->pq))
        return pg_lose(pg, err, "the statement could not be sent");
    pg_group_sent(pg, r);
    return SQLITE_OK;
}

int pg_send_probe(struct pg_conn *pg, const char *sql, struct err *err)
{
    struct group g = {.pg = pg, .ok = true, .r = pg_rows_new(pg, NULL)};
    int rc;
    if (!g.r)
        return err_nomem(err);
    g.r->mode = MODE_PROBE;
    close_leads(&g);
    g.ok = PQsendQueryParams(pg->pq, sql, 0, NULL, NULL, NULL, NULL, BINARY);
    rc = finish_group(&g, err);
    if (rc == SQLITE_OK)
        g.r->counted = true; /* nobody waits for it: it is answered with the first statement */
    return rc;
}

int pg_send_settings(struct pg_conn *pg, const char *sql, struct err *err)
{
    struct rows rows = {.conn = &pg->base};
    struct group g = {.pg = pg, .ok = true, .r = pg_rows_new(pg, &rows)};
    int rc;
    if (!g.r)
        return err_nomem(err);
    rows.driver = g.r;
    close_leads(&g);
    g.ok = PQsendQueryParams(pg->pq, sql, 0, NULL, NULL, NULL, NULL, BINARY);
    rc = finish_group(&g, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = pg_next(&rows, err);
    pg_finish(&rows);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void pg_unprepare(struct conn *c, struct stmt *s)
{
    struct pg_conn *pg = (struct pg_conn *)c;
    struct pg_stmt *ps = (struct pg_stmt *)s;
    if (ps->ready && pg->pq)
        pg_errand(pg, ERRAND_DEALLOCATE, ps->id);
    ps->ready = false;
}
