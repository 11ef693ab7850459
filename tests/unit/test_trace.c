/* The log ring and its clocks; the interrupt flag, which every wait looks at. */
#include "unit.h"

#include "base/host.h"
#include "base/trace.h"

#include <stdio.h>
#include <string.h>

static void keeps_the_last_statements(void **state)
{
    (void)state;
    struct trace *t = trace_new();
    char sql[32];
    assert_non_null(t);
    assert_null(trace_get(t, 0));
    assert_null(trace_get(t, 1));
    for (int i = 1; i <= TRACE_RING + 500; i++) {
        sqlite3_snprintf(sizeof sql, sql, "SELECT %d", i);
        assert_int_equal(trace_begin(t, i % 2 != 0 ? "users" : NULL, sql), i);
        trace_get(t, i)->rows = i;
    }
    assert_null(trace_get(t, 500));
    assert_null(trace_get(t, TRACE_RING + 501));
    struct trace_entry *e = trace_get(t, 501);
    assert_non_null(e);
    assert_string_equal(e->sql, "SELECT 501");
    assert_string_equal(e->bind_key, "users");
    assert_int_equal(e->rows, 501);
    assert_null(trace_get(t, 502)->bind_key);
    assert_int_equal(trace_get(t, TRACE_RING + 500)->rows, TRACE_RING + 500);
    trace_free(t);
    trace_free(NULL);
}

static void a_text_that_returns_to_its_slot_is_a_new_entry(void **state)
{
    (void)state;
    struct trace *t = trace_new();
    sqlite3_int64 seq = 0;
    for (int i = 0; i <= TRACE_RING; i++) {
        seq = trace_begin(t, "users", "SELECT 1");
        trace_get(t, seq)->rows = 7;
        trace_error(t, seq, "wrong");
    }
    seq = trace_begin(t, "users", "SELECT 1");
    struct trace_entry *e = trace_get(t, seq);
    assert_string_equal(e->sql, "SELECT 1");
    assert_string_equal(e->bind_key, "users");
    assert_int_equal(e->rows, 0);
    assert_null(e->error);
    for (int i = 1; i < TRACE_RING; i++)
        trace_begin(t, NULL, "SELECT 1");
    seq = trace_begin(t, NULL, "SELECT 2");
    assert_ptr_equal(trace_get(t, seq), e);
    assert_string_equal(e->sql, "SELECT 2");
    assert_null(e->bind_key);
    trace_free(t);
}

static void an_entry_can_share_the_texts_of_another(void **state)
{
    (void)state;
    struct trace *t = trace_new();
    sqlite3_int64 first = trace_begin(t, "users", "SELECT 1"), seq = first;
    trace_error(t, seq, "wrong");
    for (int i = 0; i < 2 * TRACE_RING; i++) {
        seq = trace_again(t, seq);
        assert_true(seq > 0);
    }
    struct trace_entry *e = trace_get(t, seq);
    assert_string_equal(e->sql, "SELECT 1");
    assert_string_equal(e->bind_key, "users");
    assert_null(e->error);
    assert_int_equal(trace_again(t, first), 0); /* it has left the ring */
    for (int i = 1; i < TRACE_RING; i++)
        trace_begin(t, NULL, "SELECT 2");
    assert_ptr_equal(trace_get(t, seq), e);
    assert_string_equal(e->sql, "SELECT 1"); /* the last one of them */
    assert_int_equal(trace_again(t, seq), seq + TRACE_RING);
    assert_string_equal(e->sql, "SELECT 1");
    assert_int_equal(e->seq, seq + TRACE_RING);
    trace_free(t);
}

static void times_follow_each_other(void **state)
{
    (void)state;
    struct trace *t = trace_new();
    sqlite3_int64 before = trace_now_us() - 1, seq = 0;
    for (int i = 0; i < 300; i++) {
        seq = i % 3 == 0 ? trace_begin(t, "users", "SELECT 1") : trace_again(t, seq);
        assert_true(trace_get(t, seq)->at_us >= before);
        before = trace_get(t, seq)->at_us;
    }
    assert_true(before <= trace_now_us());
    trace_free(t);
}

static void errors_are_clean_and_replaceable(void **state)
{
    (void)state;
    struct trace *t = trace_new();
    sqlite3_int64 seq = trace_begin(t, NULL, "x");
    trace_error(t, seq, "first\nline");
    assert_string_equal(trace_get(t, seq)->error, "first line");
    trace_error(t, seq, "second");
    assert_string_equal(trace_get(t, seq)->error, "second");
    trace_error(t, seq, NULL);
    assert_null(trace_get(t, seq)->error);
    trace_error(t, 0, "of no statement");
    trace_error(t, 99, "of no statement");
    trace_free(t);
}

static void long_statements_are_cut(void **state)
{
    (void)state;
    struct trace *t = trace_new();
    static char sql[TRACE_SQL_MAX + 100];
    for (size_t i = 0; i + 1 < sizeof sql; i++)
        sql[i] = 'x';
    sqlite3_int64 seq = trace_begin(t, NULL, sql);
    const char *kept = trace_get(t, seq)->sql;
    assert_int_equal(strlen(kept), TRACE_SQL_MAX + strlen("… (8291 bytes)"));
    assert_non_null(strstr(kept, "… (8291 bytes)"));
    sql[TRACE_SQL_MAX - 1] = (char)0xC3;
    sql[TRACE_SQL_MAX] = (char)0xA4;
    seq = trace_begin(t, NULL, sql);
    kept = trace_get(t, seq)->sql;
    assert_int_equal(memcmp(kept + TRACE_SQL_MAX - 1, "…", 3), 0);
    trace_free(t);
}

static void clocks_run(void **state)
{
    (void)state;
    sqlite3_int64 a = trace_clock_us(), wall = trace_now_us();
    assert_true(wall > 1600000000LL * 1000000);
    while (trace_clock_us() == a)
        continue;
    assert_true(trace_clock_us() > a);
}

static struct host host;

/* Interrupts its own connection, then looks; the result is what it saw before and after. */
static void interrupt_and_look(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    int *seen = sqlite3_user_data(context);
    (void)argc;
    (void)argv;
    seen[0] = host_interrupted(&host);
    sqlite3_interrupt(sqlite3_context_db_handle(context));
    seen[1] = host_interrupted(&host);
    seen[2] = host_interrupted(&host);
}

static void sees_interrupts_of_the_running_statement(void **state)
{
    (void)state;
    sqlite3 *db;
    int seen[3];
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    host_init(&host, db);
    sqlite3_create_function(db, "interrupt_and_look", 0, SQLITE_UTF8, seen, interrupt_and_look,
                            NULL, NULL);
    for (int i = 0; i < 2; i++) {
        memset(seen, 9, sizeof seen);
        assert_int_equal(
            sqlite3_exec(db, "SELECT interrupt_and_look() UNION ALL SELECT 2", NULL, NULL, NULL),
            SQLITE_INTERRUPT);
        assert_int_equal(seen[0], 0);
        assert_int_equal(seen[1], 1);
        assert_int_equal(seen[2], 1);
        assert_int_equal(sqlite3_exec(db, "SELECT 1", NULL, NULL, NULL), SQLITE_OK);
        assert_false(host_interrupted(&host)); /* that was of the statement before */
    }
    host_clear(&host);
    host_clear(&host);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_last_statements),
        cmocka_unit_test(a_text_that_returns_to_its_slot_is_a_new_entry),
        cmocka_unit_test(an_entry_can_share_the_texts_of_another),
        cmocka_unit_test(times_follow_each_other),
        cmocka_unit_test(errors_are_clean_and_replaceable),
        cmocka_unit_test(long_statements_are_cut),
        cmocka_unit_test(clocks_run),
        cmocka_unit_test(sees_interrupts_of_the_running_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
