/* A statement that was sent before its scan began: while one bind's first rows are waited for, others work already.
**
** It is the same statement, with the same values, that the scan would send, so that it is taken for it when it does;
** its rows wait at the server until then.  One that is not wanted after all (a write in between, other values, no rows
** in the outer table, an end before its turn) is ended, and nobody hears of an error of it.  A bind has one at most, only in autocommit, only on
** a connection that is idle, and only for a statement that changes nothing. */
#ifndef BINDS_SESSION_EARLY_H
#define BINDS_SESSION_EARLY_H

#include "session/bind.h"

/* Could one be sent to that bind now? */
bool early_possible(const struct bind *b);
/* As bind_read; for a scan of the statement that scans_foreseen told last. */
void early_send(struct bind *b, const char *sql, const struct arg *args, int nargs, unsigned flags,
                int fetch_hint);
/* Is it what bind_read is asked for?  Then rows are its rows, else it is ended.  Only if b->early is not NULL. */
bool early_take(struct bind *b, const char *sql, const struct arg *args, int nargs, unsigned flags,
                struct rows *rows);
/* Ends it, if there is one. */
void early_drop(struct bind *b);

#endif
