/* One bind's part in a transaction, as commit.c sees it. */
#ifndef BINDS_SESSION_PARTICIPANT_H
#define BINDS_SESSION_PARTICIPANT_H

#include "session/bind.h"

bool part_can_vote(const struct bind *b);
/* SQLite files cannot prepare, but carry a witness of their own commit: their session may commit last. */
bool part_can_witness(const struct bind *b);
/* Each part is one participant, whichever bind leads it.  Voters prepare; the last one can neither vote nor wait and
** commits while all votes stand and the local locks are held; the late ones live in memory: they cannot fail, prove
** nothing, and follow the decision. */
bool part_is_voter(const struct bind *b);
bool part_is_last(const struct bind *b);
bool part_is_late(const struct bind *b);
/* A two-phase verb with this bind's branch; sqlite3_free. */
char *part_branch_sql(const struct bind *b, const char *verb);
/* COMMIT of a transaction that nobody else depends on. */
int part_commit(struct bind *b, struct err *err);
/* What is to be done and said after it failed. */
int part_commit_failed(struct bind *b, struct err *err);
/* Nobody knows whether what failed, a COMMIT or a statement that is its own transaction, has been done. */
bool part_outcome_unknown(const struct bind *b, const struct err *err);
/* Ends the server's transaction, in which nothing was written, whatever an error has made of it; if need be with the
** connection. */
void part_end_unsure(struct bind *b);
/* "There is no such branch" is what success looks like when the answer was lost or somebody else settled it. */
bool part_already_done(const struct err *err);
/* A busy answer during COMMIT becomes what the application can do about it.  stands: nothing has been voted or
** undone, COMMIT may be tried again.  Returns err->rc, whatever it is. */
int part_busy(struct err *err, bool stands);

#endif
