/* The life of a catalog's answer; session/reflect fills it. */
#include "model/remote.h"

#include <string.h>

struct remote *remote_new(void)
{
    struct remote *r = sqlite3_malloc64(sizeof *r);
    if (r == NULL)
        return NULL;
    memset(r, 0, sizeof *r);
    arena_init(&r->arena);
    r->rows = -1;
    return r;
}

void remote_free(struct remote *r)
{
    if (r == NULL)
        return;
    arena_clear(&r->arena);
    sqlite3_free(r);
}

/* Servers tell names apart by case ("Id" and "id" may both be there), SQLite does not. */
int remote_column(const struct remote *r, const char *name)
{
    for (int i = 0; i < r->ncolumns; i++) {
        if (strcmp(r->columns[i].name, name) == 0)
            return i;
    }
    for (int i = 0; i < r->ncolumns; i++) {
        if (sqlite3_stricmp(r->columns[i].name, name) == 0)
            return i;
    }
    return -1;
}
