/* Dates and times as text: where does any text stand among the canonical ones?
** Canonical: YYYY-MM-DD, HH:MM:SS[.ffffff], YYYY-MM-DD HH:MM:SS[.ffffff], years 0001 to 9999, the fraction only
** when it is not zero.  Their order by memcmp is their order in time, so a comparison with any text can be
** replaced by one with a canonical neighbour. */
#ifndef BINDS_SQLGEN_MOMENT_H
#define BINDS_SQLGEN_MOMENT_H

#include "model/cell.h"

enum moment_kind { MOMENT_DATE, MOMENT_TIME, MOMENT_DATETIME };

#define MOMENT_SIZE 32

/* The greatest canonical text <= the given one and the least >= it; "" = none.  True when the text is itself
** canonical (both are it). */
bool moment_neighbours(enum moment_kind kind, const char *text, size_t n, char below[MOMENT_SIZE],
                       char above[MOMENT_SIZE]);

#endif
