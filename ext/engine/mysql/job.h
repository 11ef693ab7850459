/* Work that only blocking calls can do (name resolution, TLS handshakes) and that must still be bounded and
** interruptible: it runs in a thread of its own while the caller waits by wait_fd.  Whoever gives up first
** leaves the rest to the other side: a job that was not waited for to its end cleans up after itself.
**
** Such a thread touches no SQLite, not even its allocator (which need not be threadsafe): a job's memory
** comes from malloc. */
#ifndef BINDS_ENGINE_MYSQL_JOB_H
#define BINDS_ENGINE_MYSQL_JOB_H

#include "engine/wait.h"

/* Runs run(arg).  WAIT_READY: it has returned, arg is the caller's again.  All else: the caller must not touch
** arg any more; discard(arg) is called in whichever thread comes last.  deadline_us 0: not waited for. */
enum wait_result job_run(void (*run)(void *), void (*discard)(void *), void *arg, struct wait *wait,
                         sqlite3_int64 deadline_us);

#endif
