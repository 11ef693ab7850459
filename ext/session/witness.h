/* The witness of a server that cannot vote (witness=table in its bind's URL): a row in that very server, written by the
** transaction that commits last, when all others have voted.
**
**   _binds_done(gid PRIMARY KEY, parts)    parts in hex, as in the decision record; NULL = this one was rolled back
**
** Whoever wants to roll the others back writes the row himself first, without parts.  The key lets one of both in: where a
** coordinator is gone but its last words are still on their way, they come too late. */
#ifndef BINDS_SESSION_WITNESS_H
#define BINDS_SESSION_WITNESS_H

#include "session/bind.h"
#include "session/coord.h"

/* May the server of this bind hold a witness? */
bool witness_possible(const struct bind *b);
/* The same of a connected one that needs it. */
bool witness_serves(const struct bind *b);
/* Before a transaction that may write begins: if it may need the table, the table is there. */
int witness_ready(struct bind *b, struct err *err);
/* Writes the witness of the owner's running transaction and commits.  A lost answer is asked for; owner->txn.unknown: in
** vain. */
int witness_commit(struct bind *b, const char *parts, struct err *err);
/* Has the transaction committed there?  If not, it never will.  An error: nobody can tell. */
int witness_ask(struct bind *b, const char *gid, bool *found, struct err *err);
/* The witnesses of a server; arena memory. */
struct witnesses {
    const char **gids, **parts;
    int n;
};
int witness_list(struct bind *b, struct arena *arena, struct witnesses *out, struct err *err);
int witness_drop(struct bind *b, const char *gid, struct err *err);

#endif
