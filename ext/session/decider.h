/* Commits over several binds when nothing local lasts: main is in memory, or its settings promise nothing, and no
** coordinator=/path is given.  Then a server among the binds decides, which need not have been written itself.
**
** The decision is a mark: one more transaction, an empty one, that is prepared on the deciding server after all
** votes are cast.  Its name says whose decision it is and who took part:
**
**   binds1:IIIIIIIIIIIIIIIIdRRRRRRRRRRRRRR[files]          the transaction.  I: identity of the deciding database, R: random
**   … ":" number                                           a branch, as everywhere
**   … ":c" PPPPPPPP…                                       the mark.  P: one for each participant that has prepared
**
** A mark is durable, since it is prepared; unique in that cluster; seen by everybody; and needs no table.  No mark
** = rollback (presumed abort).  It goes when no participant has a branch left.
**
** Who is alive is no matter of time: the coordinator's session on the deciding server holds a lock that the name
** of the transaction gives, from before the first vote to the end of phase two, and only that very session may set
** the mark.  Whoever finds a branch prepared and then gets that lock knows that the session has ended, or has
** nothing more to say: what is marked by then stays marked, what is not never will be.  So a mark is looked
** for under the lock or after it, and one look serves for ever.  A pooler that lends sessions out would void that:
** a session that is not the server's own one is not taken.
**
** Absence of a mark is proof only if the right database was asked.  Its identity is in every branch's name: the
** cluster's system identifier and the database's oid.  A physical copy keeps both, but is a prefix of the original's
** history, in which the mark stands before any branch is committed. */
#ifndef BINDS_SESSION_DECIDER_H
#define BINDS_SESSION_DECIDER_H

#include "session/bind.h"

/* ---- the running transaction ---- */

/* Several binds could take part in a commit, and one of them could decide it: branches may stand prepared that no file
** knows of.  Contacts nobody. */
bool decider_possible(const struct binds *b);
/* Makes b->coord.decider the bind that decides the running transaction; connects if it must.  The error says what
** is needed, and why a bind that might do does not. */
int decider_choose(struct binds *b, struct err *err);
/* The name of a new transaction. */
void decider_name(struct binds *b, char out[COORD_GID_MAX]);
/* Before the first vote: takes the lock.  May be called again for the same transaction. */
int decider_lock(struct binds *b, struct err *err);
/* After the last vote: sets the mark, which is the decision.  An error with *unknown: it may have been set, and
** nobody who could tell answers. */
int decider_decide(struct binds *b, bool *unknown, struct err *err);
/* The running transaction is over; settled: no branch of it is left anywhere. */
void decider_over(struct binds *b, bool settled);

/* ---- recovery: of transactions that a server decides ---- */

#define DECIDER_MARK 23 /* gid[DECIDER_MARK] == 'd' */

enum decider_verdict {
    DECIDER_COMMIT,
    DECIDER_NO_MARK, /* and there will be none */
    DECIDER_ALIVE,   /* its coordinator is at work */
    DECIDER_UNKNOWN  /* the deciding database is not among the binds or does not answer: err */
};

/* gid: of the transaction, valid, a branch's or without branch. */
enum decider_verdict decider_judge(struct binds *b, const char *gid, struct bind **decider,
                                   struct err *err);
/* The marks of transactions that this bind decides and that are over for their coordinator.  Arena memory. */
int decider_marks(struct bind *b, struct arena *arena, const char ***list, int *n, struct err *err);
/* The participants of a mark: all of them among the binds and connected (which it tries)?  each is called for every
** one; false = something of the transaction is left there. */
bool decider_mark_is_over(struct binds *b, const char *mark,
                          bool (*each)(struct bind *, const char *mark, void *), void *arg);
int decider_unmark(struct bind *b, const char *mark, struct err *err);

#endif
