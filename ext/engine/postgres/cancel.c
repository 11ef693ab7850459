/* Asking the server to end a statement, without ever blocking.
**
** libpq 17 has a non-blocking cancel; before it, PQcancel() is the only way to the secret key, and
** it waits for the server without limit (facts/reliability.md), so it runs in a helper thread with
** our deadline. */
#include "engine/postgres/pg.h"

#include <stdlib.h>

#ifdef LIBPQ_HAS_ASYNC_CANCEL

bool pg_cancel_request(PGconn *pq, sqlite3_int64 deadline_us)
{
    PGcancelConn *cancel = PQcancelCreate(pq);
    bool done = false;

    if (cancel && PQcancelStart(cancel)) {
        PostgresPollingStatusType poll = PGRES_POLLING_WRITING;
        while (poll == PGRES_POLLING_READING || poll == PGRES_POLLING_WRITING) {
            int events = poll == PGRES_POLLING_READING ? WAIT_READ : WAIT_WRITE;
            if (wait_fd(NULL, PQcancelSocket(cancel), events, deadline_us, NULL) != WAIT_READY)
                break;
            poll = PQcancelPoll(cancel);
        }
        done = poll == PGRES_POLLING_OK;
    }
    PQcancelFinish(cancel);
    return done;
}

#else

struct cancel_job {
    PGcancel *cancel;
    bool asked;
};

static void cancel_work(void *arg)
{
    struct cancel_job *job = arg;
    char text[256];
    job->asked = PQcancel(job->cancel, text, sizeof text) != 0;
}

static void cancel_drop(void *arg)
{
    struct cancel_job *job = arg;
    PQfreeCancel(job->cancel);
    free(job);
}

bool pg_cancel_request(PGconn *pq, sqlite3_int64 deadline_us)
{
    struct cancel_job *job = malloc(sizeof *job);
    bool asked = false;

    if (!job)
        return false;
    job->asked = false;
    job->cancel = PQgetCancel(pq);
    if (!job->cancel) {
        free(job);
        return false;
    }
    if (helper_run(cancel_work, cancel_drop, job, NULL, deadline_us) == WAIT_READY) {
        asked = job->asked;
        cancel_drop(job);
    }
    return asked;
}

#endif
