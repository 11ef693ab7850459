/* The coordinator's deciding half: what sync, commit and rollback of the local transaction do to every bind
** that took part.  Called by session/txn.c and the guard only. */
#ifndef BINDS_SESSION_COMMIT_H
#define BINDS_SESSION_COMMIT_H

#include "session/bind.h"

/* Opens a server transaction with the verb given, or as a two-phase branch where the engine wants to know
** that from the start. */
int commit_begin(struct bind *b, const char *verb, struct err *err);
/* Before a bind's first write: refuses it if the commit could then not be atomic. */
int commit_admit(struct bind *b, struct err *err);
/* Rolls this bind's server transaction back and forgets it; a failure costs the connection, nothing else. */
void commit_abort_one(struct bind *b);
/* In autocommit, after the last cursor was closed: ends the read snapshots of all binds at once. */
void commit_end_snapshots(struct binds *b);

#endif
