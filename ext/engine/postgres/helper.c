/* The few calls of the C library and libpq that block without limit (name look-up, PQcancel),
** bounded.
**
** The work runs in a detached thread that touches neither SQLite nor any other shared state; the
** caller waits for a byte in a pipe, through wait_fd, with a deadline and interruptible.  When the
** caller gives up, the thread is left to end by itself and cleans up after itself: whoever of the
** two is last frees the job.  All signals are blocked in the thread, so the host's handlers never
** run there.
** Memory here is the C library's own: the thread may be the one that frees it. */
#include "engine/postgres/pg.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define HELPER_STACK ((size_t)512 * 1024)

struct job {
    void (*work)(void *);
    void (*drop)(void *);
    void *arg;
    int done[2]; /* pipe */
    atomic_int holders;
    atomic_bool abandoned;
};

static void release(struct job *job)
{
    if (atomic_fetch_sub(&job->holders, 1) > 1)
        return;
    if (atomic_load(&job->abandoned) && job->drop)
        job->drop(job->arg);
    close(job->done[0]);
    close(job->done[1]);
    free(job);
}

static void *helper_main(void *p)
{
    struct job *job = p;
    job->work(job->arg);
    while (write(job->done[1], "", 1) < 0) {
        /* Only a signal could interrupt a byte's way into an empty pipe, and all are blocked. */
    }
    release(job);
    return NULL;
}

static bool start(struct job *job)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    bool started;

    if (pthread_attr_init(&attr) != 0)
        return false;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, HELPER_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&thread, &attr, helper_main, job) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return started;
}

enum wait_result helper_run(void (*work)(void *), void (*drop)(void *), void *arg, struct wait *w,
                            sqlite3_int64 deadline_us)
{
    struct job *job = malloc(sizeof *job);
    enum wait_result result;

    if (!job || pipe2(job->done, O_CLOEXEC) != 0) {
        free(job);
        if (drop)
            drop(arg);
        return WAIT_FAILED;
    }
    job->work = work;
    job->drop = drop;
    job->arg = arg;
    atomic_init(&job->holders, 2);
    atomic_init(&job->abandoned, false);
    if (!start(job)) {
        atomic_store(&job->abandoned, true);
        atomic_store(&job->holders, 1);
        release(job);
        return WAIT_FAILED;
    }
    result = wait_fd(w, job->done[0], WAIT_READ, deadline_us, NULL);
    if (result != WAIT_READY)
        atomic_store(&job->abandoned, true);
    release(job);
    return result;
}
