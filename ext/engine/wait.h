/* The one place where binds waits.  Every wait for a socket goes through wait_fd: poll with a deadline, the
** host's interrupt flag looked at every 50 ms or less.  No wait without a bound: a deadline of 0 means that
** only an interrupt (or the peer) ends it, which is what a statement without `timeout` asked for. */
#ifndef BINDS_ENGINE_WAIT_H
#define BINDS_ENGINE_WAIT_H

#include "base/host.h"

#define WAIT_READ 1
#define WAIT_WRITE 2

enum wait_result { WAIT_READY, WAIT_TIMEOUT, WAIT_INTERRUPTED, WAIT_FAILED };

struct wait {
    struct host *host;          /* NULL: not interruptible (cancel, close, tests) */
    void *one_session;          /* CAP_ONE_SESSION: what a driver's conns share; the driver's own, NULL = none */
    sqlite3_int64 waited_us;    /* time spent waiting so far, all calls together: the log's `ms` */
    int patience_ms;            /* for which an interrupt does not end a wait; 0 = it does at once */
    sqlite3_int64 patient_until_us; /* once an interrupt has been seen; set to 0 with patience_ms */
};

/* events: WAIT_READ | WAIT_WRITE.  deadline_us: on trace_clock_us(); 0 = none.  *ready (may be NULL) gets
** the events that are ready; an error or hangup counts as all that was asked.  w may be NULL. */
enum wait_result wait_fd(struct wait *w, int fd, int events, sqlite3_int64 deadline_us, int *ready);
sqlite3_int64 wait_deadline(int timeout_ms);     /* now + timeout; 0 for 0 */
/* Sleeps up to ms, ends early on interrupt: WAIT_TIMEOUT or WAIT_INTERRUPTED. */
enum wait_result wait_sleep(struct wait *w, int ms);

#endif
