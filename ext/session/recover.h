/* In-doubt branches: those of our own coordinator (by uuid) that stand prepared on a server while nobody is
** left to settle them.  Never a foreign one, never a live one: the decision record is read while its
** database's write lock is held, after the servers were asked. */
#ifndef BINDS_SESSION_RECOVER_H
#define BINDS_SESSION_RECOVER_H

#include "session/bind.h"

/* Resolves what can be resolved on one bind (or on all, only NULL).  *resolved: branches committed or rolled
** back.  Binds that cannot be reached keep theirs; with one bind that is an error, with all it is not. */
int recover_run(struct binds *b, struct bind *only, sqlite3_int64 *resolved, struct err *err);
/* A branch of this connection that its server has not acknowledged: the bind is fenced until it is settled. */
void recover_remember(struct bind *b, const char *branch);
/* Called when a bind has just been connected, and before every use of one that is fenced. */
int recover_before_use(struct bind *b, struct err *err);
/* A two-phase verb with the branch as that engine's literal; sqlite3_free.  gid must be valid. */
char *recover_branch_sql(const struct conn *c, const char *gid, const char *verb);
/* To an error of settling what another role has prepared: which one, and what to do. */
void recover_tell_owner(struct err *err, const char *owner);
void recover_clear(struct bind *b);

#endif
