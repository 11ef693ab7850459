/* The scripted engine of fake.h. */
#include "fake.h"
#include "unit.h"

#include <string.h>

static struct fake *the_fake;

struct fake_stmt {
    struct stmt base;
    bool prepared;
};

struct fake_result {
    struct fake_answer answer;
    sqlite3_int64 row; /* 1-based: the current one */
    char *text;
    bool failed;
};

static const struct type int_type = {.id = CT_INT8, .affinity = AFF_INTEGER, .text = "INTEGER"};

static struct fake_answer answer_to(const char *sql)
{
    for (int i = the_fake->nanswers - 1; i >= 0; i--) {
        if (sqlite3_strglob(the_fake->answers[i].like, sql) == 0)
            return the_fake->answers[i];
    }
    return (struct fake_answer){.affected = 1};
}

static int fake_open(struct conn *c, struct err *err)
{
    assert_int_equal(c->state, CONN_CLOSED);
    the_fake->opens++;
    if (the_fake->refuse_open)
        return err_set(err, the_fake->refuse_open, "refused");
    sqlite3_snprintf((int)sizeof c->server, c->server, "Fake 1.0");
    return SQLITE_OK;
}

static void fake_close(struct conn *c)
{
    assert_null(c->open);
    assert_null(c->stmts);
}

static bool fake_alive(struct conn *c)
{
    assert_int_equal(c->state, CONN_IDLE);
    return !the_fake->dead;
}

static void record(const char *mark, const char *sql, const struct arg *args, int nargs)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    assert_true(the_fake->nsent < (int)COUNT(the_fake->sent));
    for (int i = 0; i < nargs; i++) {
        const struct cell *cell = args[i].cells;
        sqlite3_str_appendall(out, i ? ", " : "");
        if (cell->cls == CELL_INT)
            sqlite3_str_appendf(out, "%lld", cell->i);
        else if (cell->cls == CELL_REAL)
            sqlite3_str_appendf(out, "%!g", cell->r);
        else if (cell->cls == CELL_NULL)
            sqlite3_str_appendall(out, "NULL");
        else
            sqlite3_str_appendf(out, "'%.*q'", (int)cell->n, cell->n ? cell->p : "");
    }
    the_fake->args[the_fake->nsent] = sqlite3_str_finish(out);
    the_fake->sent[the_fake->nsent++] = sqlite3_mprintf("%s%s", mark, sql);
}

static int fake_fail(struct conn *c, const struct fake_answer *a, struct err *err)
{
    err_set(err, a->rc, "scripted failure");
    if (a->lost) {
        err->lost = true;
        c->state = CONN_LOST;
    }
    return err->rc;
}

static int fake_send(struct conn *c, struct stmt *s, const struct arg *args, int nargs,
                     struct rows *rows, struct err *err)
{
    struct fake_stmt *stmt = (struct fake_stmt *)s;
    struct fake_answer answer = answer_to(s->sql);
    struct fake_result *result;

    if (c->caps & CAP_MANY_ROWS)
        assert_null(c->active);
    else
        assert_ptr_equal(c->active, rows);
    assert_true(c->state == (c->caps & CAP_MANY_ROWS ? CONN_IDLE : CONN_BUSY));
    assert_true(s->busy);
    assert_true(c->nqueued == 0 || c->caps & CAP_PIPELINE);
    if (answer.send_fails)
        return fake_fail(c, &answer, err);
    result = sqlite3_malloc64(sizeof *result);
    if (!result)
        return err_nomem(err);
    *result = (struct fake_result){.answer = answer};
    for (int i = 0; i < c->nqueued; i++)
        record("+ ", c->queued[i], NULL, 0);
    record("", s->sql, args, nargs);
    if (!stmt->prepared)
        the_fake->prepared++;
    stmt->prepared = true;
    rows->driver = result;
    return SQLITE_OK;
}

static int fake_next(struct rows *rows, struct err *err)
{
    struct fake_result *r = rows->driver;
    struct conn *c = rows->conn;
    bool shared = rows->flags & QUERY_SHARED && c->caps & CAP_SHARED_ROWS;

    assert_false(r->failed);
    assert_true(c->state == CONN_IDLE || c->state == CONN_BUSY);
    if (!(c->caps & CAP_MANY_ROWS) && !shared)
        assert_ptr_equal(c->active, rows);
    if (r->row == 0 || (shared && r->row % the_fake->batch == 0)) {
        assert_true(!c->active || c->active == rows); /* the wire is used */
        c->round_trips++;
    }
    rows->ncolumns = r->answer.ncolumns;
    rows->types = &int_type;
    if (r->row < r->answer.nrows) {
        r->row++;
        if (r->answer.at_hand) {
            rows->cells = &r->answer.cells[(r->row - 1) * r->answer.ncolumns];
            rows->at_hand = 0x5555555555555555;
        }
        c->bytes += 8;
        if (shared && c->active == rows) {
            c->active = NULL;
            c->state = CONN_IDLE;
        }
        return SQLITE_ROW;
    }
    if (r->answer.rc != SQLITE_OK) {
        r->failed = true;
        return fake_fail(c, &r->answer, err);
    }
    rows->affected = r->answer.affected;
    rows->insert_id = r->answer.insert_id;
    return SQLITE_DONE;
}

static int fake_cell(struct rows *rows, int column, struct cell *out, struct err *err)
{
    struct fake_result *r = rows->driver;
    int n = r->answer.text_bytes;

    assert_true(r->row > 0 && column >= 0 && column < r->answer.ncolumns);
    if (r->answer.cells) {
        *out = r->answer.cells[(r->row - 1) * r->answer.ncolumns + column];
        return SQLITE_OK;
    }
    if (column == 0) {
        *out = cell_int(r->row);
        return SQLITE_OK;
    }
    sqlite3_free(r->text);
    r->text = sqlite3_mprintf("%0*lld", n, r->row);
    if (!r->text)
        return err_nomem(err);
    *out = cell_text(r->text, strlen(r->text));
    return SQLITE_OK;
}

static int fake_cancel(struct conn *c, struct err *err)
{
    (void)err;
    assert_non_null(c->active);
    the_fake->cancelled++;
    c->active = NULL;
    c->state = CONN_IDLE;
    return SQLITE_OK;
}

static void fake_finish(struct rows *rows)
{
    struct fake_result *r = rows->driver;
    assert_non_null(r);
    the_fake->finished++;
    sqlite3_free(r->text);
    sqlite3_free(r);
    rows->driver = NULL;
}

static void fake_unprepare(struct conn *c, struct stmt *s)
{
    (void)c;
    assert_false(s->busy);
    if (((struct fake_stmt *)s)->prepared)
        the_fake->unprepared++;
}

void fake_init(struct fake *f, unsigned caps)
{
    static const char *const schemes[] = {"fake", NULL};
    memset(f, 0, sizeof *f);
    f->batch = 2;
    f->dialect = (struct dialect){
        .name = "fake",
        .quote = '"',
        .max_args = 10,
        .max_name_bytes = 63,
        .nulls_lowest_asc = "",
        .nulls_lowest_desc = "",
        .for_update = " FOR UPDATE",
        .insert_default_row = "DEFAULT VALUES",
        .verbs = {.begin_read = "BEGIN READ",
                  .begin_write = "BEGIN WRITE",
                  .begin_statement = "BEGIN STATEMENT",
                  .commit = "COMMIT",
                  .rollback = "ROLLBACK",
                  .savepoint = "SAVEPOINT %s",
                  .release = "RELEASE %s",
                  .rollback_to = "ROLLBACK TO %s",
                  .prepare = "PREPARE %s",
                  .commit_prepared = "COMMIT PREPARED %s",
                  .rollback_prepared = "ROLLBACK PREPARED %s"},
    };
    f->engine = (struct engine){
        .name = "fake",
        .schemes = schemes,
        .caps = caps,
        .dialect = &f->dialect,
        .conn_size = sizeof(struct conn),
        .stmt_size = sizeof(struct fake_stmt),
        .open = fake_open,
        .close = fake_close,
        .alive = fake_alive,
        .cancel = fake_cancel,
        .send = fake_send,
        .next = fake_next,
        .cell = fake_cell,
        .finish = fake_finish,
        .unprepare = fake_unprepare,
    };
    the_fake = f;
}

void fake_clear(struct fake *f)
{
    for (int i = 0; i < f->nsent; i++) {
        sqlite3_free(f->sent[i]);
        sqlite3_free(f->args[i]);
    }
    f->nsent = 0;
    the_fake = NULL;
}

struct fake_answer *fake_on(struct fake *f, const char *like)
{
    assert_true(f->nanswers < (int)COUNT(f->answers));
    f->answers[f->nanswers].like = like;
    return &f->answers[f->nanswers++];
}

const char *fake_sent(const struct fake *f, int i)
{
    if (i < 0)
        i += f->nsent;
    return i >= 0 && i < f->nsent ? f->sent[i] : "";
}
