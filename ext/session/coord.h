/* The decision record of commits over several participants: two small tables in the database that decides.
**
**   _binds_coord(uuid, dev, ino)          one row per incarnation of the file; a copied file gets a new uuid
**   _binds_txn(gid PRIMARY KEY, parts, created)   a row = the transaction was decided: commit
**
** The row is written in the same local transaction as the user's own changes, so SQLite's journal makes both
** one.  No row = rollback (presumed abort).  The deciding database is main, or, where main proves nothing
** (in memory, journal or synchronous off, read-only), the side file that some bind's URL names with
** coordinator=/path.  gid = "binds1:" uuid16 ":" random8 sequence, a branch adds ":" number; only [0-9a-z:]. */
#ifndef BINDS_SESSION_COORD_H
#define BINDS_SESSION_COORD_H

#include "base/err.h"
#include "base/mem.h"

struct binds;

#define COORD_GID_MAX 64

enum coord_kind {
    COORD_MAIN,      /* main decides */
    COORD_SIDE,      /* the side file decides */
    COORD_NONE       /* nothing durable is there: no commit over several participants */
};

struct coord {
    char uuid[17];               /* "" = not known yet */
    bool stored;                 /* uuid is a row of _binds_coord */
    char transaction[COORD_GID_MAX]; /* gid of the running transaction without branch; "" = none yet */
    unsigned sequence;
    bool recorded;               /* its decision row has been written */
    int branches;                /* handed out in the running transaction */
    sqlite3 *side;               /* open while the side file holds an undecided row */
    char **settled;              /* gids whose branches are all done: their rows may go */
    int nsettled;
};

enum coord_kind coord_kind(struct binds *b);
/* A fresh branch id of the running transaction. */
int coord_branch(struct binds *b, char out[COORD_GID_MAX], struct err *err);
/* Writes the decision row (not yet durable).  SQLITE_BUSY, SQLITE_FULL …: nothing was voted. */
int coord_record(struct binds *b, const char *parts, struct err *err);
/* COORD_SIDE: makes the row durable, which is the decision.  COORD_MAIN: nothing, the local commit decides. */
int coord_decide(struct binds *b, struct err *err);
/* In every file that this transaction writes in rollback-journal mode, the exclusive lock: a reader then makes
** COMMIT busy before anything was voted, not after. */
int coord_hold_files(struct binds *b, struct err *err);
/* After the local commit: what SQLite's settings leave to chance is forced to disk. */
void coord_make_durable(struct binds *b);
/* The running transaction is over; committed: its row is durable; settled: no branch of it is left anywhere. */
void coord_end(struct binds *b, bool committed, bool settled);
/* Is uuid the one of the very file that is open now (not of one that this file is a copy of)? */
bool coord_is_current(struct binds *b, const char *uuid);
void coord_clear(struct binds *b);

/* Recovery: the uuids that are ours (current first, then inherited ones), and the decided gids, read while
** nobody is between vote and decision.  Arena memory.  SQLITE_BUSY: a coordinator is at work. */
struct coord_decisions {
    const char **uuids;
    int nuuids;
    const char **gids;
    int ngids;
};
/* True if this database has ever coordinated anything: else there is nothing to recover. */
bool coord_has_history(struct binds *b);
int coord_decisions(struct binds *b, struct arena *arena, struct coord_decisions *out, struct err *err);
/* Strict pattern check of a gid that a server or file hands us: "binds1:" 16 hex ":" 9..24 [0-9a-f] ":" digits. */
bool coord_gid_valid(const char *gid, bool with_branch);

#endif
