/* A model's life and the few questions asked of it everywhere.  Who fills one: parse.c (from a declaration)
** and session/reflect.c (from a catalog); nobody changes it afterwards. */
#include "model/model.h"

#include <string.h>

struct model *model_new(void)
{
    struct model *m = sqlite3_malloc64(sizeof *m);
    if (m == NULL)
        return NULL;
    memset(m, 0, sizeof *m);
    arena_init(&m->arena);
    return m;
}

void model_free(struct model *m)
{
    if (m == NULL)
        return;
    arena_clear(&m->arena);
    sqlite3_free(m);
}

int model_column(const struct model *m, const char *name)
{
    for (int i = 0; i < m->ncolumns; i++) {
        if (sqlite3_stricmp(m->columns[i].name, name) == 0)
            return i;
    }
    return -1;
}

const struct key *model_primary_key(const struct model *m)
{
    return m->nkeys > 0 && m->keys[0].kind == KEY_PRIMARY ? &m->keys[0] : NULL;
}

static bool in_foreign_key(const struct model *m, int column)
{
    for (int i = 0; i < m->nforeign_keys; i++) {
        for (int k = 0; k < m->foreign_keys[i].ncolumns; k++) {
            if (m->foreign_keys[i].columns[k] == column)
                return true;
        }
    }
    return false;
}

/* INTEGER PRIMARY KEY always, as in SQLite.  Other integer types (BIGINT …) as SQLAlchemy's autoincrement
** does it: unless the key borrows its values from another table or has a default of its own. */
int model_auto_column(const struct model *m)
{
    const struct key *primary = model_primary_key(m);
    if (primary == NULL || primary->ncolumns != 1)
        return -1;
    int i = primary->columns[0];
    const struct column *c = &m->columns[i];
    if (c->autoincrement)
        return i;
    if (!coltype_is_integer(c->type.id) || c->type.id == CT_BOOL || c->default_text != NULL ||
        c->generated != GENERATED_NO)
        return -1;
    if (sqlite3_stricmp(c->type.text, "INTEGER") != 0 && in_foreign_key(m, i))
        return -1;
    return i;
}
