/* The hidden key _k: the values that identify a row, encoded as one blob.  Equal values give equal bytes
** (numbers compare equal across int and real only if SQLite stores them so); order means nothing. */
#ifndef BINDS_MODEL_KEYCODE_H
#define BINDS_MODEL_KEYCODE_H

#include "model/model.h"

void keycode_add(struct buf *out, const struct cell *value);
/* So that what sorts alike is the same bytes; not to be decoded. */
void keycode_add_sorted(struct buf *out, struct cell cell, enum collation collation);
/* Decodes n values (text and blob point into key).  SQLITE_CORRUPT if it is not such a key. */
int keycode_read(const void *key, size_t len, struct cell *values, int n, struct err *err);

#endif
