/* The texts that a cursor sends for one plan.  The usual one stands in idxStr; values that ask for another form (a list of
** another length, a term that is left to SQLite), a count or a lock make a variant, of which the last is kept too. */
#ifndef BINDS_VTAB_VARIANT_H
#define BINDS_VTAB_VARIANT_H

#include "vtab/cursor.h"

/* *t becomes that text, which it takes.  Not SQLITE_OK: there was no memory. */
int variant_take(struct cursor *c, struct cursor_text *t, const struct select_variant *variant, char *sql,
                 const struct places *places);
/* *out: the one that is wanted now, for the terms as they have been fitted. */
int variant_find(struct cursor *c, enum select_what what, enum select_limit limit, struct cursor_text **out,
                 struct err *err);
/* Do the values leave the same to the server as in that text? */
bool variant_same_terms(const struct cursor_text *t, const struct select_term *terms, int n);

#endif
