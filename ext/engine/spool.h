/* Rows that were pulled off the wire before anybody asked for them: a first-in first-out queue of rows in
** bounded memory, whatever their number.  The end of the rows (done, or the error they end with) is kept
** with them, so that a reader meets it in its place. */
#ifndef BINDS_ENGINE_SPOOL_H
#define BINDS_ENGINE_SPOOL_H

#include "base/err.h"
#include "model/cell.h"

#define SPOOL_MEMORY ((size_t)1024 * 1024) /* bytes of rows kept in memory; what is beyond goes to a temporary file */

struct spool;

struct spool *spool_new(int ncolumns);  /* NULL = out of memory */
void spool_free(struct spool *s);       /* NULL is fine */

/* Appends a row: its cells one after the other (copied), then spool_row. */
int spool_put(struct spool *s, const struct cell *cell, struct err *err);
int spool_row(struct spool *s, struct err *err);
/* No more rows follow: SQLITE_DONE, or the error (copied) with which they end. */
void spool_end(struct spool *s, int rc, const struct err *err);
bool spool_ended(const struct spool *s);

/* Moves to the next row: SQLITE_ROW, or what spool_end said, or SQLITE_EMPTY: nothing here, more may come. */
int spool_next(struct spool *s, struct err *err);
/* A cell of the current row; its memory lives until the next spool_next or spool_free. */
void spool_cell(const struct spool *s, int column, struct cell *out);
sqlite3_int64 spool_left(const struct spool *s); /* rows not yet moved to */
bool spool_spilled(const struct spool *s);       /* a temporary file is in use */

#endif
