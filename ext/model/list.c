/* Growing arrays: see list.h.  For short lists that are built once, such as the clauses of a declaration. */
#include "model/list.h"

#include <string.h>

void *list_add(struct arena *arena, void *list, int n, size_t size)
{
    if ((n & (n - 1)) != 0)
        return list;
    void *bigger = arena_alloc(arena, (n > 0 ? (size_t)n * 2 : 1) * size);
    if (bigger != NULL && n > 0)
        memcpy(bigger, list, (size_t)n * size);
    return bigger;
}
