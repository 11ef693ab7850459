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

bool remote_in_unique_key(const struct remote *r, int column)
{
    for (int i = 0; i < r->nindexes && column >= 0; i++) {
        const struct remote_index *x = &r->indexes[i];
        if (!x->unique && !x->primary && !x->exclusion)
            continue;
        if (x->partial || x->exclusion || x->ncolumns == 0)
            return true; /* its condition may name any column */
        for (int j = 0; j < x->ncolumns; j++) {
            if (x->columns[j] == column || x->columns[j] < 0)
                return true;
        }
    }
    return false;
}
