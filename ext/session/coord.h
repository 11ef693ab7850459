/* The decision record of commits over several participants: two small tables in the database that decides.
**
**   _binds_coord(uuid, dev, ino)          one row per incarnation of the file; a copied file gets a new uuid
**   _binds_txn(gid PRIMARY KEY, parts, created)   a row = the transaction was decided: commit
**
** The row is written in the same local transaction as the user's own changes, so SQLite's journal makes both
** one.  No row = rollback (presumed abort).  The deciding database is main, or, where main proves nothing
** (in memory, journal or synchronous off, read-only), the side file that some bind's URL names with
** coordinator=/path.  Without one a server among the binds decides, which needs no tables (decider.c): a "d" then
** stands for the gid's second colon, and the identity of that server's database for the uuid.
**
** gid = "binds1:" uuid16 ":" random8 sequence, then "w" hash4 for every SQLite file among the binds (or one "x"
** hash8 for all, if they are many): any of them may turn out to commit last and to hold the witness that
** decides instead of a row, so recovery must have asked them all before it rolls back.  A branch adds ":" number.
** Only [0-9a-z:].
**
** A uuid must be known to whoever recovers before the first vote under it, but the row that tells it is written
** in the very transaction that is voted on.  So the first such transaction of a file notes the uuid in a file
** of its own beside it, "<file>-binds", which goes once the row is there (coord_identity.c). */
#ifndef BINDS_SESSION_COORD_H
#define BINDS_SESSION_COORD_H

#include "base/err.h"
#include "base/mem.h"

struct binds;
struct bind;

#define COORD_GID_MAX 64
#define COORD_MARK_MAX 200
#define COORD_WAIT_MS 30000 /* for the locks of local files, where nobody waits for us */

enum coord_kind {
    COORD_MAIN,      /* main decides */
    COORD_SIDE,      /* the side file decides */
    COORD_SERVER,    /* a server among the binds decides (decider.c) */
    COORD_NONE       /* nothing durable is there: no commit over several participants */
};

struct coord_witnessed {
    char *gid, *file;            /* the file that holds the witness */
};

struct coord {
    char uuid[17];               /* "" = not known yet */
    bool stored;                 /* uuid is a committed row of _binds_coord */
    bool noted;                  /* uuid stands in the file beside main */
    char transaction[COORD_GID_MAX]; /* gid of the running transaction without branch; "" = none yet */
    enum coord_kind named;       /* who decides what has that gid */
    unsigned sequence;
    bool sync_log, sync_journal, sync_folder; /* what SQLite leaves to chance when the running transaction commits */
    bool recorded;               /* its decision row has been written */
    int branches;                /* handed out in the running transaction */
    struct bind *decider;        /* COORD_SERVER: the bind that decides the running transaction */
    char decided_by[17];         /* identity of its database */
    char mark[COORD_MARK_MAX];   /* the mark by which it has decided; "" = it has not */
    sqlite3 *side;               /* open while the side file holds an undecided row */
    char **settled;              /* gids whose branches are all done: their rows may go */
    int nsettled;
    struct coord_witnessed *witnessed; /* as settled, but a witness tells of them, which must go first */
    int nwitnessed;
};

enum coord_kind coord_kind(struct binds *b);
/* A fresh branch id of the running transaction. */
int coord_branch(struct binds *b, char out[COORD_GID_MAX], struct err *err);
/* Is this SQLite file among those that the running transaction's gid names? */
bool coord_names_file(struct binds *b, const struct bind *file);
/* Writes the decision row (not yet durable).  SQLITE_BUSY, SQLITE_FULL …: nothing was voted.  May be called
** again for the same transaction. */
int coord_record(struct binds *b, const char *parts, struct err *err);
/* COORD_SIDE: makes the row durable, which is the decision.  COORD_MAIN: nothing, the local commit decides. */
int coord_decide(struct binds *b, struct err *err);
/* In every file that this transaction writes in rollback-journal mode, the exclusive lock: a reader then makes
** COMMIT busy before anything was voted, not after. */
int coord_hold_files(struct binds *b, struct err *err);
/* After the local commit: what SQLite's settings leave to chance is forced to disk. */
void coord_make_durable(struct binds *b);
/* The directory entry of a file: a journal that was deleted must not come back. */
void coord_sync_directory(const char *file);
/* The running transaction is over; committed: its row is durable; settled: no branch of it is left anywhere;
** witness: the SQLite file that tells of it too, from which the witnesses of earlier ones are gone; NULL = none. */
void coord_end(struct binds *b, bool committed, bool settled, const char *witness);
void coord_clear(struct binds *b);

/* Recovery (coord_recover.c): the decided gids, read while nobody is between vote and decision.  Both main and the
** side file are asked.  Arena memory.  SQLITE_BUSY: a coordinator is at work, for longer than wait_ms. */
struct coord_decisions {
    const char **uuids;          /* ours */
    int nuuids;
    int ncurrent;                /* the first ones: of these very files, not of files they are copies of */
    const char **gids;
    int ngids;
};
/* True if this database has ever coordinated anything: else there is nothing to recover. */
bool coord_has_history(struct binds *b);
int coord_decisions(struct binds *b, int wait_ms, struct arena *arena, struct coord_decisions *out,
                    struct err *err);
/* servers that may hold a witness are asked, and then never commit it; are left alone, and it is not sure; or do not
** matter. */
enum coord_servers { SERVERS_ASKED, SERVERS_LEFT, SERVERS_IGNORED };
/* Did any SQLite file among the binds commit this gid (without branch)?  *sure: all that may hold its witness were
** asked; else why tells what is missing. */
int coord_witness(struct binds *b, const char *gid, enum coord_servers servers, bool *found, bool *sure, struct err *err);
/* Deletes rows of d that nobody will ask for again: witness gone, no branch in prepared, which must have been listed
** after d was read, on every participant. */
int coord_sweep(struct binds *b, const struct coord_decisions *d, const char *const *prepared,
                int nprepared, struct err *err);
/* Compares a SQLite file's witnesses with the record: drops those that the record confirms, counts in *torn the
** transactions that the file committed with local changes that main has lost.  *gid names one of them.  told: the
** user hears of them now, and not again. */
int coord_check_witnesses(struct binds *b, struct bind *file, int wait_ms, bool told, int *torn,
                          char gid[COORD_GID_MAX], struct err *err);
/* Strict pattern check of a gid that a server or file hands us. */
bool coord_gid_valid(const char *gid, bool with_branch);

#endif
