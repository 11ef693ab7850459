/* A job in a thread (job.h).
**
** The two sides meet in one atomic word: the thread exchanges FINISHED into it, the waiting side ABANDONED;
** whoever finds the other's mark there is the last one and cleans up.  Signals are blocked in the thread, so
** that the host's handlers run where they always ran. */
#include "engine/mysql/job.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RUNNING, FINISHED, ABANDONED };

struct job {
    void (*run)(void *);
    void (*discard)(void *);
    void *arg;
    int fd; /* readable when the job has finished */
    atomic_int state;
};

static void job_free(struct job *j)
{
    (void)close(j->fd);
    free(j);
}

static void *job_main(void *p)
{
    struct job *j = p;
    j->run(j->arg);
    /* The waiting side may free the job as soon as it sees the event, so the word comes second and the
    ** event is only a wake-up: it waits for the word by joining. */
    if (atomic_exchange(&j->state, FINISHED) == ABANDONED) {
        j->discard(j->arg);
        job_free(j);
        return NULL;
    }
    (void)eventfd_write(j->fd, 1);
    return NULL;
}

static int start(struct job *j, pthread_t *thread)
{
    sigset_t all, old;
    int rc;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
        return -1;
    rc = pthread_create(thread, NULL, job_main, j);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}

enum wait_result job_run(void (*run)(void *), void (*discard)(void *), void *arg, struct wait *wait,
                         sqlite3_int64 deadline_us)
{
    enum wait_result result = WAIT_TIMEOUT;
    pthread_t thread;
    struct job *j = malloc(sizeof *j);

    if (j) {
        *j = (struct job){.run = run, .discard = discard, .arg = arg};
        j->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        atomic_init(&j->state, RUNNING);
    }
    if (!j || j->fd < 0 || start(j, &thread) != 0) {
        if (j && j->fd >= 0)
            (void)close(j->fd);
        free(j);
        discard(arg);
        return WAIT_FAILED;
    }
    if (deadline_us)
        result = wait_fd(wait, j->fd, WAIT_READ, deadline_us, NULL);
    /* The thread still needs the descriptor and the job itself until it has ended. */
    if (result != WAIT_READY && atomic_exchange(&j->state, ABANDONED) == RUNNING) {
        (void)pthread_detach(thread);
        return result;
    }
    (void)pthread_join(thread, NULL);
    job_free(j);
    if (result == WAIT_READY)
        return WAIT_READY;
    discard(arg);
    return result;
}
