/* Waiting: ready, timed out, interrupted; signals do not end a wait. */
#include "base/trace.h"
#include "engine/wait.h"
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int ends[2];

static int set_up(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    return close(ends[1]);
}

static void ready_is_told_at_once(void **state)
{
    struct wait w = {.host = NULL};
    int ready;
    (void)state;
    assert_int_equal(wait_fd(&w, ends[0], WAIT_READ | WAIT_WRITE, 0, &ready), WAIT_READY);
    assert_int_equal(ready, WAIT_WRITE);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(wait_fd(NULL, ends[0], WAIT_READ | WAIT_WRITE, 0, &ready), WAIT_READY);
    assert_int_equal(ready, WAIT_READ | WAIT_WRITE);
    assert_int_equal(read(ends[0], &ready, 1), 1);
    /* The peer's end is something to read. */
    shutdown(ends[1], SHUT_RDWR);
    assert_int_equal(wait_fd(&w, ends[0], WAIT_READ, 0, &ready), WAIT_READY);
    assert_int_equal(ready, WAIT_READ);
    assert_int_equal(wait_fd(&w, 9999, WAIT_READ, 0, &ready), WAIT_FAILED);
}

static void a_deadline_ends_it(void **state)
{
    struct wait w = {.host = NULL};
    sqlite3_int64 start = trace_clock_us();
    (void)state;
    assert_int_equal(wait_deadline(0), 0);
    assert_int_equal(wait_fd(&w, ends[0], WAIT_READ, wait_deadline(120), NULL), WAIT_TIMEOUT);
    assert_in_range(trace_clock_us() - start, 119000, 1000000);
    assert_in_range(w.waited_us, 119000, 1000000);
    assert_int_equal(wait_fd(&w, ends[0], WAIT_READ, start, NULL), WAIT_TIMEOUT);
    assert_int_equal(wait_sleep(&w, 60), WAIT_TIMEOUT);
    assert_true(w.waited_us >= 179000);
}

static void nothing(int signal)
{
    (void)signal;
}

static void a_signal_does_not(void **state)
{
    struct wait w = {.host = NULL};
    struct itimerval every_ms = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action, old;
    sqlite3_int64 start = trace_clock_us();
    (void)state;
    memset(&action, 0, sizeof action);
    action.sa_handler = nothing;
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &every_ms, NULL);
    assert_int_equal(wait_fd(&w, ends[0], WAIT_READ, wait_deadline(150), NULL), WAIT_TIMEOUT);
    assert_int_equal(wait_sleep(&w, 100), WAIT_TIMEOUT);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    assert_in_range(trace_clock_us() - start, 249000, 2000000);
}

static sqlite3 *alarm_db;

static void interrupt_db(int signal)
{
    (void)signal;
    sqlite3_interrupt(alarm_db);
}

static void an_interrupt_of_the_host_does(void **state)
{
    struct itimerval once = {{0, 0}, {0, 100000}};
    struct sigaction action, old;
    struct host host;
    struct wait w = {.host = &host};
    sqlite3_stmt *stmt;
    sqlite3_int64 start;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &alarm_db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(alarm_db, "VALUES(1),(2)", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    host_init(&host, alarm_db);
    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt_db;
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &once, NULL);
    start = trace_clock_us();
    assert_int_equal(wait_fd(&w, ends[0], WAIT_READ, 0, NULL), WAIT_INTERRUPTED);
    assert_in_range(trace_clock_us() - start, 90000, 1000000);
    /* It stays, until the statement has ended: also when there is something to read. */
    assert_int_equal(wait_fd(&w, ends[0], WAIT_WRITE, 0, NULL), WAIT_INTERRUPTED);
    assert_int_equal(wait_sleep(&w, 60000), WAIT_INTERRUPTED);
    /* Patience lets what is ready come first, and ends as well. */
    w.patience_ms = 150;
    start = trace_clock_us();
    assert_int_equal(wait_fd(&w, ends[0], WAIT_WRITE, 0, NULL), WAIT_READY);
    assert_int_equal(wait_fd(&w, ends[0], WAIT_READ, 0, NULL), WAIT_INTERRUPTED);
    assert_in_range(trace_clock_us() - start, 149000, 1000000);
    w.patience_ms = 0;
    assert_int_equal(sqlite3_step(stmt), SQLITE_INTERRUPT);
    sqlite3_finalize(stmt);
    assert_int_equal(wait_fd(&w, ends[0], WAIT_WRITE, 0, NULL), WAIT_READY);
    sigaction(SIGALRM, &old, NULL);
    host_clear(&host);
    sqlite3_close(alarm_db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(ready_is_told_at_once),
        TEST(a_deadline_ends_it),
        TEST(a_signal_does_not),
        TEST(an_interrupt_of_the_host_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
