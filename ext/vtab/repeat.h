/* A look-up that is made again and again: the inner side of a join, whose runs differ by their values only.
**
** A database in this process answers it in the time of some hundred instructions, and everything that is looked at
** before a statement is sent would take longer than that.  So the rows of the last run stay open although they were
** read to their end, and as long as nothing has changed but the values, a run is just that: the values, fitted, and the
** same statement once more.  Whatever else it needs (another text, a decision whether to keep rows, a transaction to
** be opened, a write to be sent first) makes it a run like any other. */
#ifndef BINDS_VTAB_REPEAT_H
#define BINDS_VTAB_REPEAT_H

#include "vtab/cursor.h"

/* Is it the statement that was running when the cursor's plan was decoded last? */
bool repeat_seen(const struct cursor *c, const char *idx_str);
/* The plan is decoded for the statement that runs. */
void repeat_decoded(struct cursor *c, const char *idx_str, const struct dialect *d);
/* A look-up after which nothing will be asked: neither a snapshot nor what its rows cost is of any use.  All that runs is
** looked at until it is known whose scan this is; others than that one may see another state.  seen: it has run before. */
bool repeat_is_lone(struct cursor *c, const struct conn *conn, bool seen);
/* After a run's statement was sent for all its rows: can it be repeated? */
void repeat_note(struct cursor *c);
/* At the beginning of a run: is it one more of the same plan, with nothing to see to first? */
bool repeat_possible(const struct cursor *c, const char *idx_str);
/* … after its values were fitted.  *sent false: it is another statement after all, and nothing was done.  What
** cursor_filter returns. */
int repeat_run(struct cursor *c, bool *sent, struct err *err);

#endif
