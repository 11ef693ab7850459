/* Pending changes: rows that SQLite has handed over and the server has not seen yet (UPDATEs and DELETEs:
** session/batch.c, behind the same functions).
**
** Only INSERTs with conflict clause ABORT, and OR REPLACE with room (session/room), are kept back: of a statement that
** runs in autocommit (a failure in the flush at COMMIT then fails exactly that statement), and inside BEGIN of one whose
** last row is known (session/tail); they are the case where a statement's rows may be many.  All else is sent at once,
** so that its outcome is known to the row.  A short tail goes as one or a few INSERT statements, more as the engine's
** bulk protocol.  Before any read, any other write and any savepoint of the same bind the writer is flushed, so that
** order is kept. */
#ifndef BINDS_SESSION_WRITER_H
#define BINDS_SESSION_WRITER_H

#include "session/bind.h"

/* One table as a target of changes: what the callers know of it when they write. */
struct target {
    struct bind *bind;
    const struct model *model;
    const struct remote *remote;
    const int *remote_column;       /* per model column: position in remote.columns; -1 = none */
    int auto_column;                /* model column that the server may number, -1 = none */
    const char *what;               /* "writing user", for errors */
};

/* A row to insert: cells per model column, given[i] says that a value is sent (else the server's default).  room: of an
** INSERT OR REPLACE, for rows that give the same columns; NULL of a plain one. */
struct room;
int writer_insert_later(struct target *t, const struct cell *cells, const bool *given, struct room *room,
                        struct err *err);
/* Sends a row now; *id is the integer that the server gave the auto column, or unchanged. */
int writer_insert_now(struct target *t, const struct cell *cells, const bool *given, sqlite3_int64 *id,
                      struct err *err);
/* Sends everything that this bind holds back. */
int writer_flush(struct bind *b, struct err *err);
/* The same when no other row of the running statement follows; rows: that it had. */
int writer_flush_last(struct bind *b, sqlite3_int64 rows, struct err *err);
/* writer_flush of every bind. */
int writer_flush_all(struct binds *b, struct err *err);
bool writer_pending(const struct bind *b);
void writer_discard(struct bind *b);

#endif
