/* What a plan has cost since the epoch began, and the rows that were kept of it.
**
** An inner table of a join is asked again and again with other values.  At first each run is a statement of its
** own; the runs are counted here, with what they took and which values changed between them.  Once they have
** cost a good part of what fetching the inner side once would, the caller fetches it into a keystore and answers
** the runs that follow from there.  Waiting for the whole price would never cost more than twice the best, but
** mostly just that.  The number of runs has no scale of its own: tens of them are as likely as hundreds or
** thousands.  If k of at most m runs are done, and fetching costs as much as f of them, then what is to be expected
** is least with fetching when k * ln(m / k) = f.  Where the keys that are to come are known (vtab/ahead.h), nothing
** is left to chance.  A statement that is run again mostly asks as often as the last time: that says whether fetching
** will pay, but it is waited for a small part of the price even then, so that an error of it is not dear.
**
** All of it belongs to the bind and lasts for the epoch: it is forgotten with the snapshot in which it was
** read, and when the bind is written to.  Only how often was asked outlives it. */
#ifndef BINDS_SESSION_PROBE_H
#define BINDS_SESSION_PROBE_H

#include "session/bind.h"
#include "session/keystore.h"
#include "session/scout.h"

#define PROBE_TERMS_MAX 40

struct probe {
    sqlite3_int64 epoch;             /* in which the lines below were noted */
    sqlite3_int64 id;                /* another one for every plan that is noted here */
    sqlite3_int64 used_at;           /* for choosing whom to forget */
    char *plan;                      /* idxStr; owned */
    size_t plan_len;
    sqlite3_int64 asked, asked_before; /* runs, those answered from what is kept among them; of the last epoch */
    sqlite3_int64 runs;              /* statements sent … */
    sqlite3_int64 untimed;           /* … since the last one that was timed */
    sqlite3_int64 spent_us;          /* that they took, without the stalls of a busy machine */
    sqlite3_int64 best_us;           /* the fastest one */
    double rows_us;                  /* … for rows after the first, and for many keys at once */
    sqlite3_int64 last_rows;         /* rows of the last one; -1 = not read to its end */
    sqlite3_uint64 varied;           /* terms whose value was not always the same */
    struct buf values;               /* of the last run, term after term */
    unsigned at[PROBE_TERMS_MAX + 1];/* where each term begins */
    sqlite3_uint64 priced_for;       /* varied terms for which fetch_us was worked out */
    double fetch_us;                 /* estimate: fetching the inner side; < 0 = not worked out */
    double not_before_us;            /* a fetch was refused: no other one before so much is spent */
    struct keystore *store;          /* NULL = none */
    struct keystore *covered;        /* the keys for which it has the rows; NULL = for all */
    double ahead_us;                 /* that statements for many keys at once took … */
    double ahead_keys;               /* … for so many keys */
    double key_us;                   /* one key more in the fastest of them */
    bool to_the_end;                 /* what is still to come is cheaper key by key */
    double waited_us;                /* that all statements took, stalls too */
    sqlite3_int64 began_us;          /* when the first was asked for */
    struct scout *scout;             /* owned; NULL = none yet */
    int ahead;                       /* many keys in one statement: 0 = not known, 1 = possible, -1 = not */
    sqlite3_uint64 store_keys;       /* terms that are its keys; the others had the values in `filter` */
    struct buf filter;
    unsigned filter_at[PROBE_TERMS_MAX + 1];
    bool counted;                    /* count is good for `filter` */
    sqlite3_int64 count;
};

/* The notes of a plan, fresh if the epoch is new.  They stay where they are until the next call for another plan
** of the bind.  NULL = out of memory. */
struct probe *probe_of(struct bind *b, const char *plan, size_t len);
/* The same once more, for the plan that had that id in *p; NULL = it is not noted any more. */
struct probe *probe_again(struct bind *b, struct probe *p, sqlite3_int64 id);
/* Is it still that, and noted in this epoch? */
static inline bool probe_is_now(const struct bind *b, const struct probe *p, sqlite3_int64 id)
{
    return p != NULL && p->id == id && p->epoch == b->owner->epoch;
}
/* Notes the values of this run (values and at are exchanged with the probe's own): afterwards `varied` is right.
** nterms <= PROBE_TERMS_MAX. */
void probe_values(struct probe *p, struct buf *values, unsigned *at, int nterms);
/* Do the terms that are no keys have the values for which the rows were kept? */
bool probe_answers(const struct probe *p, const struct buf *values, const unsigned *at, int nterms);
/* Takes a sealed keystore (or NULL with a count) for the values of the last run, and the keys it covers (NULL =
** all). */
void probe_keep(struct probe *p, struct keystore *store, struct keystore *covered, sqlite3_uint64 keys, int nterms);
/* Notes what a run took; it stands for those before it that were not timed. */
void probe_spent(struct probe *p, sqlite3_int64 us);
/* One more run of a statement that takes a moment only, and is of the process's own: true if it need not be timed, and
** nothing be decided by it, since no term has another value but those that vary anyway. */
bool probe_runs_on(struct probe *p, sqlite3_uint64 changed);
/* The same of a statement for many keys at once. */
void probe_spent_ahead(struct probe *p, sqlite3_int64 us, int keys);
/* All of it. */
double probe_cost(const struct probe *p);
/* Is it time to fetch, or at least to look what is still to come? */
bool probe_is_dear(const struct probe *p);
/* What one key more takes in a statement for many. */
double probe_key_us(const struct probe *p);
/* Are so many more keys cheaper in statements for many keys at once than fetching? */
bool probe_keys_are_cheap(const struct probe *p, double keys);

/* Forgets what was kept of this bind and of all that share its session. */
void probes_forget(struct bind *b);
/* The epoch is over. */
void probes_end(struct bind *b);
/* The bind goes away. */
void probes_free(struct bind *b);

#endif
