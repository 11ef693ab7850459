/* Growing arrays in an arena, without a capacity to keep: an array of n is full whenever n is a power of two
** (or zero), and then list_add moves it to twice the room.  The old one stays behind in the arena. */
#ifndef BINDS_MODEL_LIST_H
#define BINDS_MODEL_LIST_H

#include "base/mem.h"

/* The array with room for element n; NULL = out of memory. */
void *list_add(struct arena *arena, void *list, int n, size_t size);

#endif
