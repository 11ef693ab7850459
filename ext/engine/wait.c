/* Waiting: the only file that calls poll().
**
** A wait is cut into slices of at most SLICE_MS so that sqlite3_interrupt() on the host's connection is seen
** in time; the interrupt has no file descriptor, so it has to be looked at.  EINTR (a signal, e.g. the
** shell's Ctrl-C) ends a slice early and nothing else.  Time spent here is added up in wait.waited_us.
** What to do about a timeout or an interrupt (cancel, drain, drop) is the driver's business. */
#include "engine/wait.h"
#include "base/trace.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

#define SLICE_MS 50
#define US_PER_MS 1000

sqlite3_int64 wait_deadline(int timeout_ms)
{
    if (timeout_ms <= 0)
        return 0;
    return trace_clock_us() + (sqlite3_int64)timeout_ms * US_PER_MS;
}

static bool interrupted(struct wait *w)
{
    if (!w || !w->host || !host_interrupted(w->host))
        return false;
    if (w->patience_ms == 0)
        return true;
    if (w->patient_until_us == 0)
        w->patient_until_us = wait_deadline(w->patience_ms);
    return trace_clock_us() >= w->patient_until_us;
}

/* Milliseconds of the next slice; 0 when the deadline has passed. */
static int slice_ms(const struct wait *w, sqlite3_int64 now, sqlite3_int64 deadline_us)
{
    int ms = w && w->host ? SLICE_MS : -1;
    if (deadline_us) {
        sqlite3_int64 left = (deadline_us - now + US_PER_MS - 1) / US_PER_MS;
        if (left <= 0)
            return 0;
        if (ms < 0 || left < ms)
            ms = left < SLICE_MS ? (int)left : SLICE_MS;
    }
    return ms;
}

static int ready_events(short revents, int asked)
{
    int ready = 0;
    if (revents & (POLLIN | POLLPRI))
        ready |= WAIT_READ;
    if (revents & POLLOUT)
        ready |= WAIT_WRITE;
    if (revents & (POLLERR | POLLHUP))
        ready |= asked;
    return ready;
}

enum wait_result wait_fd(struct wait *w, int fd, int events, sqlite3_int64 deadline_us, int *ready)
{
    enum wait_result result = WAIT_FAILED;
    struct pollfd p = {.fd = fd};
    sqlite3_int64 start = trace_clock_us(), now = start;

    if (ready)
        *ready = 0;
    if (events & WAIT_READ)
        p.events |= POLLIN;
    if (events & WAIT_WRITE)
        p.events |= POLLOUT;
    if (w && w->host)
        host_watch(w->host);
    for (;;) {
        /* The interrupt first: a peer that never stops sending must not hide it. */
        if (interrupted(w)) {
            result = WAIT_INTERRUPTED;
            break;
        }
        int ms = slice_ms(w, now, deadline_us);
        int n = poll(&p, 1, ms);
        now = trace_clock_us();
        if (n > 0) {
            if (p.revents & POLLNVAL)
                break;
            if (ready)
                *ready = ready_events(p.revents, events);
            result = WAIT_READY;
            break;
        }
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            break;
        if (deadline_us && now >= deadline_us) {
            result = interrupted(w) ? WAIT_INTERRUPTED : WAIT_TIMEOUT;
            break;
        }
    }
    if (w && w->host)
        host_unwatch(w->host);
    if (w)
        w->waited_us += now - start;
    return result;
}

enum wait_result wait_sleep(struct wait *w, int ms)
{
    sqlite3_int64 start = trace_clock_us(), now = start;
    sqlite3_int64 deadline = start + (sqlite3_int64)(ms > 0 ? ms : 0) * US_PER_MS;
    enum wait_result result = WAIT_TIMEOUT;

    if (w && w->host)
        host_watch(w->host);
    while (now < deadline) {
        if (interrupted(w)) {
            result = WAIT_INTERRUPTED;
            break;
        }
        (void)poll(NULL, 0, slice_ms(w, now, deadline));
        now = trace_clock_us();
    }
    if (w && w->host)
        host_unwatch(w->host);
    if (w)
        w->waited_us += now - start;
    return result;
}
