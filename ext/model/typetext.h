/* The type of a column, seen as tokens: where it ends, and who can read it.  SQLite's parser takes
** words with one pair of numbers behind them; servers have more (TIMESTAMP(6) WITHOUT TIME ZONE, ENUM('a'),
** GEOMETRY(Point,4326), VARCHAR(MAX), audit.state, int(10) unsigned). */
#ifndef BINDS_MODEL_TYPETEXT_H
#define BINDS_MODEL_TYPETEXT_H

#include "model/coltype.h"
#include "model/token.h"

enum typetext {
    TYPETEXT_PLAIN,   /* SQLite's own grammar (reserved words aside, they are its parser's to refuse) */
    TYPETEXT_SERVER,  /* only a server's grammar */
    TYPETEXT_WRONG    /* nobody's */
};

/* End (exclusive) of the type that begins at `from` of a column definition. */
int typetext_end(const struct tokens *t, int from);
/* What tokens from..to-1 are as a type; none at all is plain. */
enum typetext typetext_shape(const struct tokens *t, int from, int to);
/* A type that SQLite's parser surely takes after a column name, and that has this affinity: the text itself
** if possible, else its words, else the affinity's name; "" for no type.  Never one that hides the column.
** NULL = out of memory. */
const char *typetext_declarable(const char *text, enum affinity affinity, struct arena *arena);

#endif
