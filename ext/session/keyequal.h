/* When are two values equal to SQLite?  By class and collation of the comparison, and hashes that agree with it.
** Affinity was applied before. */
#ifndef BINDS_SESSION_KEYEQUAL_H
#define BINDS_SESSION_KEYEQUAL_H

#include "model/cell.h"
#include "model/model.h"

unsigned long long keyequal_hash(const struct cell *c, enum collation collation);
bool keyequal(const struct cell *a, const struct cell *b, enum collation collation);
/* Spreads the bits. */
unsigned long long keyequal_mix(unsigned long long h);

#endif
