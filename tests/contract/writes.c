/* Writing: what is reported, which code an error has, bulk loads, statements that are kept. */
#include "contract.h"

#include <string.h>

static const struct type int_type = {.id = CT_INT8, .affinity = AFF_INTEGER, .text = "bigint"};

static const char *placeholder(const struct contract *t)
{
    return t->c->dialect->numbered_args ? "$1" : "?";
}

static void make_tables(struct contract *t)
{
    run_ok(
        t,
        "CREATE TABLE contract_t(id %s NOT NULL PRIMARY KEY, u %s UNIQUE, n varchar(10) NOT NULL, "
        "c %s CHECK (c > 0))",
        int_word(t), int_word(t), int_word(t));
    run_ok(t, "CREATE TABLE contract_child(p %s, FOREIGN KEY (p) REFERENCES contract_t(id))",
           int_word(t));
    run_ok(t, "INSERT INTO contract_t VALUES(1, 1, 'one', 1)");
}

static void errors_have_their_codes(struct contract *t)
{
    static const struct {
        const char *sql;
        int rc;
    } cases[] = {
        {"INSERT INTO contract_t VALUES(1, 2, 'x', 1)", SQLITE_CONSTRAINT_PRIMARYKEY},
        {"INSERT INTO contract_t VALUES(2, 1, 'x', 1)", SQLITE_CONSTRAINT_UNIQUE},
        {"INSERT INTO contract_t VALUES(2, 2, NULL, 1)", SQLITE_CONSTRAINT_NOTNULL},
        {"INSERT INTO contract_t VALUES(2, 2, 'x', 0)", SQLITE_CONSTRAINT_CHECK},
        {"INSERT INTO contract_child VALUES(77)", SQLITE_CONSTRAINT_FOREIGNKEY},
        {"SELEC 1", SQLITE_ERROR},
        {"SELECT * FROM contract_nowhere", SQLITE_ERROR},
        {"SELECT nowhere FROM contract_t", SQLITE_ERROR},
        {"SELECT 1; SELECT 2", SQLITE_ERROR},
        {"CREATE TABLE contract_t(a int)", SQLITE_ERROR},
    };
    make_tables(t);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int rc = run_sql(t, t->c, cases[i].sql);
        expect(t, rc == cases[i].rc, "%s: code %d instead of %d: %s", cases[i].sql, rc, cases[i].rc,
               rc ? t->err.text : "");
        expect(t, rc == SQLITE_OK || (t->err.text[0] && !t->err.lost), "%s: lost, or nothing said",
               cases[i].sql);
        expect(t, t->c->state == CONN_IDLE, "%s: state %d", cases[i].sql, (int)t->c->state);
    }
    expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_t") == 1, "a row was written");
    expect(t,
           run_sql(t, t->c, "INSERT INTO contract_t VALUES(2, 2, 'elevenchars', 1)") == SQLITE_OK ||
               (t->err.rc & 0xff) == SQLITE_CONSTRAINT,
           "too long a text: %s", t->err.text);
}

static void errors_in_the_middle_of_a_result(struct contract *t)
{
    const char *sql = pick(
        t, "SELECT 10 / (2999 - id) FROM contract_big ORDER BY id",
        "SELECT (SELECT id FROM contract_big c WHERE c.id = b.id OR (b.id > 2500 AND c.id = 1)) "
        "FROM contract_big b ORDER BY id",
        "SELECT abs(CASE WHEN id > 2500 THEN -9223372036854775807 - 1 ELSE id END) FROM "
        "contract_big "
        "ORDER BY id");
    static const unsigned ways[] = {0, QUERY_SHORT, QUERY_LONG};
    if (!make_big(t, 3000))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct rows rows = {.conn = NULL};
        int rc = conn_send(t->c, sql, NULL, 0, ways[i], &rows, &t->err);
        while (rc == SQLITE_OK || rc == SQLITE_ROW)
            rc = rows_next(&rows, &t->err);
        expect(t, rc != SQLITE_DONE && !t->err.lost, "ended with %d %s", rc, t->err.text);
        expect(t, rows_next(&rows, &t->err) == rc, "fails once only");
        rows_finish(&rows);
        expect(t, query_int(t, t->c, "SELECT 8") == 8, "the next statement");
    }
}

static void changes_and_ids_are_reported(struct contract *t)
{
    const char *make =
        pick(t, "CREATE TABLE contract_t(id bigserial PRIMARY KEY, a bigint)",
             "CREATE TABLE contract_t(id bigint AUTO_INCREMENT PRIMARY KEY, a bigint)",
             "CREATE TABLE contract_t(id INTEGER PRIMARY KEY AUTOINCREMENT, a INTEGER)");
    sqlite3_int64 n = -1, id = -1;
    run_ok(t, "%s", make);
    expect_rc(t, conn_exec(t->c, "INSERT INTO contract_t(a) VALUES(10)", NULL, 0, &n, &id, &t->err),
              SQLITE_OK, "INSERT");
    expect(t, n == 1, "INSERT: affected %lld", n);
    if (t->c->caps & CAP_RETURNING)
        expect(t, query_int(t, t->c, "INSERT INTO contract_t(a) VALUES(11) RETURNING id") == 2,
               "RETURNING");
    else
        expect(t, id == 1, "id %lld", id);
    if (t->c->dialect->last_id) {
        run_ok(t, "INSERT INTO contract_t(a) VALUES(12)");
        id = query_int(t, t->c, "SELECT max(id) FROM contract_t");
        expect(t, query_int(t, t->c, t->c->dialect->last_id) == id, "last id is not %lld", id);
    }
    run_ok(t, "DELETE FROM contract_t WHERE a > 10");
    expect_rc(t, conn_exec(t->c, "UPDATE contract_t SET a = 10", NULL, 0, &n, NULL, &t->err),
              SQLITE_OK, "UPDATE");
    expect(t, n == 1, "UPDATE to the same value: affected %lld instead of the row found", n);
    expect_rc(
        t, conn_exec(t->c, "UPDATE contract_t SET a = 1 WHERE id = 99", NULL, 0, &n, NULL, &t->err),
        SQLITE_OK, "UPDATE");
    expect(t, n == 0, "UPDATE of nothing: affected %lld", n);
    expect_rc(t, conn_exec(t->c, "DELETE FROM contract_t", NULL, 0, &n, &id, &t->err), SQLITE_OK,
              "DELETE");
    expect(t, n == 1 && id == 0, "DELETE: affected %lld, id %lld", n, id);
}

static void kept_statements(struct contract *t)
{
    struct cell cell = cell_int(1);
    const struct arg arg = {.type = &int_type, .cells = &cell, .ncells = 1};
    sqlite3_int64 trips;
    char *sql;
    make_tables(t);
    /* More texts than are kept, twice. */
    for (int i = 0; i < 300; i++) {
        sql = sqlite3_mprintf("UPDATE contract_t SET c = %d WHERE id = %s", i % 150 + 1,
                              placeholder(t));
        expect_rc(t, conn_exec(t->c, sql, &arg, 1, NULL, NULL, &t->err), SQLITE_OK, sql);
        sqlite3_free(sql);
    }
    sql = sqlite3_mprintf("SELECT n FROM contract_t WHERE id = %s", placeholder(t));
    for (int i = 0; i < 3; i++)
        expect_rc(t, conn_exec(t->c, sql, &arg, 1, NULL, NULL, &t->err), SQLITE_OK, sql);
    trips = t->c->round_trips;
    for (int i = 0; i < 10; i++)
        expect_rc(t, conn_exec(t->c, sql, &arg, 1, NULL, NULL, &t->err), SQLITE_OK, sql);
    expect(t, t->c->round_trips - trips == 10, "ten lookups took %lld round trips",
           t->c->round_trips - trips);
    sqlite3_free(sql);
}

/* A kept statement whose table has changed beneath it: at most one failure, and never a wrong answer. */
static void kept_statements_see_new_columns(struct contract *t)
{
    struct cell cell = cell_int(1);
    const struct arg arg = {.type = &int_type, .cells = &cell, .ncells = 1};
    char *sql = sqlite3_mprintf("SELECT * FROM contract_t WHERE id = %s", placeholder(t));
    make_tables(t);
    for (int round = 0; round < 3; round++) {
        struct rows rows = {.conn = NULL};
        int rc = SQLITE_ERROR;
        for (int attempt = 0; attempt < 2 && rc != SQLITE_ROW; attempt++) {
            rows_finish(&rows);
            rc = conn_send(t->c, sql, &arg, 1, QUERY_SHORT, &rows, &t->err);
            if (rc == SQLITE_OK)
                rc = rows_next(&rows, &t->err);
        }
        expect_rc(t, rc, SQLITE_ROW, sql);
        expect(t, rows.ncolumns == 4 + round, "%d columns instead of %d", rows.ncolumns, 4 + round);
        if (rc == SQLITE_ROW && round) {
            expect(t,
                   rows_cell(&rows, 3 + round, &cell, &t->err) == SQLITE_OK &&
                       cell.cls == CELL_INT && cell.i == 7,
                   "the new column's value");
            cell = cell_int(1);
        }
        rows_finish(&rows);
        run_ok(t, "ALTER TABLE contract_t ADD COLUMN x%d %s DEFAULT 7", round, int_word(t));
    }
    sqlite3_free(sql);
}

static void queued_statements_ride(struct contract *t)
{
    const struct transaction_verbs *verbs = &t->c->dialect->verbs;
    sqlite3_int64 trips;
    run_ok(t, "CREATE TABLE contract_t(a %s)", int_word(t));
    trips = t->c->round_trips;
    expect_rc(t, conn_queue(t->c, verbs->begin_write, &t->err), SQLITE_OK, "queue");
    expect_rc(t, conn_queue(t->c, "INSERT INTO contract_t VALUES(1)", &t->err), SQLITE_OK, "queue");
    run_ok(t, "INSERT INTO contract_t VALUES(2)");
    if (t->c->caps & CAP_PIPELINE)
        expect(t, t->c->round_trips - trips == 1, "took %lld round trips",
               t->c->round_trips - trips);
    expect(t, query_int(t, t->c, "SELECT sum(a) FROM contract_t") == 3, "both were run");
    run_ok(t, "%s", verbs->rollback);
    expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_t") == 0, "in one transaction");
    /* A failure of a queued one is the next statement's, which has not run then. */
    if (!(t->c->caps & CAP_PIPELINE))
        return;
    expect_rc(t, conn_queue(t->c, "INSERT INTO contract_nowhere VALUES(1)", &t->err), SQLITE_OK,
              "queue");
    expect_rc(t, run_sql(t, t->c, "INSERT INTO contract_t VALUES(3)"), SQLITE_ERROR,
              "after a failure");
    expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_t") == 0,
           "the statement ran all the same");
    expect_rc(t, conn_queue(t->c, "INSERT INTO contract_t VALUES(4)", &t->err), SQLITE_OK, "queue");
    expect_rc(t, conn_queue(t->c, "INSERT INTO contract_t VALUES(5)", &t->err), SQLITE_OK, "queue");
    expect_rc(t, conn_flush(t->c, &t->err), SQLITE_OK, "flush");
    expect(t, query_int(t, t->c, "SELECT sum(a) FROM contract_t") == 9, "flushed");
}

/* ---- bulk ------------------------------------------------------------------------------------------------ */

static const char *const bulk_columns[] = {"a", "b"};
static const struct type bulk_types[] = {{.id = CT_INT8, .text = ""}, {.id = CT_TEXT, .text = ""}};

static void bulk_rows_with_awkward_values(struct contract *t)
{
    static const char *const texts[] = {"",      "\\N",  "\\.", "a\tb", "a\nb",
                                        "a\\nb", "it's", NULL,  "NULL", "é😀"};
    const int ntexts = (int)(sizeof texts / sizeof texts[0]), n = 5000;
    struct bulk bulk;
    sqlite3_int64 affected = 0;
    int rc;
    run_ok(t, "CREATE TABLE contract_t(a %s, b %s)", int_word(t), text_word(t));
    rc = bulk_begin(t->c, "contract_t", bulk_columns, bulk_types, 2, &bulk, &t->err);
    for (int i = 0; i < n && rc == SQLITE_OK; i++) {
        const struct cell row[] = {cell_int(i), cell_str(texts[i % ntexts])};
        rc = bulk_row(&bulk, row, &t->err);
    }
    if (expect_rc(t, rc, SQLITE_OK, "rows"))
        expect_rc(t, bulk_end(&bulk, &affected, &t->err), SQLITE_OK, "end");
    bulk_abort(&bulk);
    expect(t, affected == n, "affected %lld", affected);
    for (int i = 0; i < ntexts; i++) {
        sqlite3_str *out = sqlite3_str_new(NULL);
        char *sql;
        sqlite3_str_appendf(out, "SELECT count(*) FROM contract_t WHERE a %% %d = %d AND b ",
                            ntexts, i);
        if (texts[i]) {
            sqlite3_str_appendall(out, "= ");
            quote_text(t->c->dialect, out, texts[i]);
        } else {
            sqlite3_str_appendall(out, "IS NULL");
        }
        sql = sqlite3_str_finish(out);
        expect(t, query_int(t, t->c, sql) == n / ntexts, "%s", sql);
        sqlite3_free(sql);
    }
}

static void a_failing_bulk(struct contract *t)
{
    struct bulk bulk;
    sqlite3_int64 left;
    int rc;
    run_ok(t, "CREATE TABLE contract_t(a %s PRIMARY KEY, b %s)", int_word(t), text_word(t));
    rc = bulk_begin(t->c, "contract_t", bulk_columns, bulk_types, 2, &bulk, &t->err);
    for (int i = 0; i < 2000 && rc == SQLITE_OK; i++) {
        const struct cell row[] = {cell_int(i % 1900), cell_str("x")};
        rc = bulk_row(&bulk, row, &t->err);
    }
    if (rc == SQLITE_OK)
        rc = bulk_end(&bulk, NULL, &t->err);
    else
        bulk_abort(&bulk);
    expect_rc(t, rc, SQLITE_CONSTRAINT, "a duplicate key");
    expect(t, !t->err.lost && t->c->state == CONN_IDLE, "lost, or not idle");
    left = query_int(t, t->c, "SELECT count(*) FROM contract_t");
    if (t->c->caps & CAP_BULK_ATOMIC)
        expect(t, left == 0, "%lld rows stayed", left);
    run_ok(t, "DELETE FROM contract_t");
    /* Given up in the middle. */
    rc = bulk_begin(t->c, "contract_t", bulk_columns, bulk_types, 2, &bulk, &t->err);
    for (int i = 0; i < 3000 && rc == SQLITE_OK; i++) {
        const struct cell row[] = {cell_int(i), cell_str("x")};
        rc = bulk_row(&bulk, row, &t->err);
    }
    expect_rc(t, rc, SQLITE_OK, "rows");
    bulk_abort(&bulk);
    expect(t, t->c->state == CONN_IDLE, "state %d after giving up", (int)t->c->state);
    left = query_int(t, t->c, "SELECT count(*) FROM contract_t");
    if (t->c->caps & CAP_BULK_ATOMIC)
        expect(t, left == 0, "%lld rows of a load that was given up", left);
    rc = bulk_begin(t->c, "contract_nowhere", bulk_columns, bulk_types, 2, &bulk, &t->err);
    if (rc == SQLITE_OK) {
        const struct cell row[] = {cell_int(1), cell_str("x")};
        rc = bulk_row(&bulk, row, &t->err);
        if (rc == SQLITE_OK)
            rc = bulk_end(&bulk, NULL, &t->err);
        else
            bulk_abort(&bulk);
    }
    expect_rc(t, rc, SQLITE_ERROR, "a table that is not there");
    expect(t, query_int(t, t->c, "SELECT 6") == 6, "the next statement");
}

/* What is queued goes before a load, whether that is refused or not. */
static void queued_statements_go_before_a_load(struct contract *t)
{
    const struct transaction_verbs *verbs = &t->c->dialect->verbs;
    const struct cell row[] = {cell_int(1), cell_str("x")};
    struct bulk bulk;
    int rc;
    run_ok(t, "CREATE TABLE contract_t(a %s, b %s)", int_word(t), text_word(t));
    expect_rc(t, conn_queue(t->c, verbs->begin_write, &t->err), SQLITE_OK, "queue");
    rc = bulk_begin(t->c, "contract_nowhere", bulk_columns, bulk_types, 2, &bulk, &t->err);
    if (rc == SQLITE_OK) { /* told with the rows */
        rc = bulk_row(&bulk, row, &t->err);
        if (rc == SQLITE_OK)
            rc = bulk_end(&bulk, NULL, &t->err);
        else
            bulk_abort(&bulk);
    }
    expect(t, rc != SQLITE_OK, "a load into nothing");
    run_ok(t, "%s", verbs->rollback);
    for (int commit = 0; commit < 2; commit++) {
        expect_rc(t, conn_queue(t->c, verbs->begin_write, &t->err), SQLITE_OK, "queue");
        rc = bulk_begin(t->c, "contract_t", bulk_columns, bulk_types, 2, &bulk, &t->err);
        if (rc == SQLITE_OK)
            rc = bulk_row(&bulk, row, &t->err);
        if (rc == SQLITE_OK)
            rc = bulk_end(&bulk, NULL, &t->err);
        expect_rc(t, rc, SQLITE_OK, "load");
        run_ok(t, "%s", commit ? verbs->commit : verbs->rollback);
        expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_t") == commit, "rows, %d",
               commit);
    }
}

static void an_empty_bulk(struct contract *t)
{
    struct bulk bulk;
    sqlite3_int64 affected = -1;
    run_ok(t, "CREATE TABLE contract_t(a %s, b %s)", int_word(t), text_word(t));
    expect_rc(t, bulk_begin(t->c, "contract_t", bulk_columns, bulk_types, 2, &bulk, &t->err),
              SQLITE_OK, "begin");
    expect_rc(t, bulk_end(&bulk, &affected, &t->err), SQLITE_OK, "end");
    expect(t, affected == 0, "affected %lld", affected);
    expect(t, query_int(t, t->c, "SELECT count(*) FROM contract_t") == 0, "rows out of nothing");
}

const struct contract_case write_cases[] = {
    {"errors have their codes", errors_have_their_codes, 0},
    {"errors in the middle of a result", errors_in_the_middle_of_a_result, 0},
    {"changes and ids are reported", changes_and_ids_are_reported, 0},
    {"kept statements cost one round trip", kept_statements, 0},
    {"kept statements see new columns", kept_statements_see_new_columns, 0},
    {"queued statements ride with the next", queued_statements_ride, 0},
    {"bulk rows with awkward values", bulk_rows_with_awkward_values, 0},
    {"a failing bulk load", a_failing_bulk, 0},
    {"an empty bulk load", an_empty_bulk, 0},
    {"queued statements go before a load", queued_statements_go_before_a_load, 0},
    {NULL, NULL, 0},
};
