/* Model → the pieces of a declaration that parse_arguments reads back to the same columns and keys. */
#ifndef BINDS_MODEL_RENDER_H
#define BINDS_MODEL_RENDER_H

#include "model/model.h"

/* One piece per column, then the primary key and the unique constraints; defaults, checks and foreign keys
** are left out (they are the server's).  Arena memory. */
int render_columns(const struct model *m, struct arena *arena, const char ***pieces, int *n, struct err *err);

#endif
