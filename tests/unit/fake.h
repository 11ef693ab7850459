/* An engine for unit tests: records the SQL it is sent and answers from a script.  It behaves like a driver of a
** server (who owns the wire, shared rows in batches) and fails the test when the front makes an illegal call.
** One fake at a time, since a wrapped conn does not lead back to it. */
#ifndef BINDS_TESTS_FAKE_H
#define BINDS_TESTS_FAKE_H

#include "engine/engine.h"

struct fake_answer {
    const char *like;            /* GLOB pattern of the SQL */
    int ncolumns;
    sqlite3_int64 nrows;
    const struct cell *cells;    /* nrows * ncolumns; NULL: column 0 is the row's number, others text */
    bool at_hand;                /* the cells of even columns come with the row */
    int text_bytes;              /* length of such a text */
    sqlite3_int64 affected, insert_id;
    bool send_fails;             /* fails in send, else in next after nrows rows */
    int rc;                      /* SQLITE_OK = no failure */
    bool lost;
};

struct fake {
    struct engine engine;
    struct dialect dialect;
    struct fake_answer answers[16]; /* the last one that matches wins; none: no rows, affected 1 */
    int nanswers;
    int batch;                   /* rows of shared rows that come at once */
    char *sent[512];             /* statements in order; queued ones begin with "+ " */
    char *args[512];             /* their arguments, "1, 'a'" */
    int nsent;
    int opens, prepared, finished, cancelled, unprepared;
    int refuse_open;             /* rc with which open fails */
    bool dead;                   /* alive says no */
};

void fake_init(struct fake *f, unsigned caps);
void fake_clear(struct fake *f);
/* Adds an answer for the caller to fill in. */
struct fake_answer *fake_on(struct fake *f, const char *like);
/* Statement i as sent, "" if there is none; negative: from the end. */
const char *fake_sent(const struct fake *f, int i);

#endif
