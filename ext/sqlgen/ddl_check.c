/* What no server has to be asked for: a declaration that this engine would refuse, cut or understand
** otherwise, found before anything is sent. */
#include "sqlgen/ddl_parts.h"

#include <string.h>

static int count(const char *name, bool characters)
{
    int n = 0;
    for (; *name != '\0'; name++)
        n += !characters || (*name & 0xc0) != 0x80;
    return n;
}

static int check_name(const struct ddl *x, const char *what, const char *name, struct err *err)
{
    bool characters = x->dialect->ddl->names_in_characters;
    int most = x->dialect->max_name_bytes;
    if (name == NULL || most == 0 || count(name, characters) <= most)
        return SQLITE_OK;
    return err_set(err, SQLITE_ERROR, "the name of %s %s is too long: %s takes %d %s", what, name,
                   x->dialect->name, most, characters ? "characters" : "bytes");
}

static int check_names(const struct ddl *x, const struct model *m, struct err *err)
{
    int rc = check_name(x, "table", m->remote_name, err);
    for (int i = 0; rc == SQLITE_OK && i < m->ncolumns; i++)
        rc = check_name(x, "column", m->columns[i].name, err);
    for (int i = 0; rc == SQLITE_OK && i < m->nkeys; i++)
        rc = check_name(x, m->keys[i].kind == KEY_INDEX ? "index" : "constraint", m->keys[i].name,
                        err);
    for (int i = 0; rc == SQLITE_OK && i < m->nforeign_keys; i++)
        rc = check_name(x, "constraint", m->foreign_keys[i].name, err);
    for (int i = 0; rc == SQLITE_OK && i < m->nchecks; i++)
        rc = check_name(x, "constraint", m->checks[i].name, err);
    return rc;
}

static int check_foreign_key(const struct ddl *x, const struct ddl_table *t, int i, struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    const struct foreign_key *fk = &t->model->foreign_keys[i];
    const struct model *parent = t->parents[i];
    const char *table = t->model->local_name, *name = x->dialect->name;
    const struct key *primary = parent != NULL ? model_primary_key(parent) : NULL;
    if (fk->initially_deferred && !words->foreign_keys_deferrable)
        return err_set(err, SQLITE_ERROR,
                       "table %s: %s has no deferred foreign keys: leave INITIALLY "
                       "DEFERRED away",
                       table, name);
    if (!words->foreign_keys_set_default &&
        (fk->on_delete == FK_SET_DEFAULT || fk->on_update == FK_SET_DEFAULT))
        return err_set(err, SQLITE_ERROR, "table %s: %s has no SET DEFAULT for foreign keys", table,
                       name);
    if (fk->parent_columns != NULL)
        return SQLITE_OK;
    if (primary != NULL && primary->ncolumns != fk->ncolumns)
        return err_set(err, SQLITE_ERROR,
                       "table %s: a foreign key of %d columns refers to the primary key "
                       "of %s, which has %d",
                       table, fk->ncolumns, fk->parent_table, primary->ncolumns);
    if (primary == NULL && (parent != NULL || words->references_need_columns))
        return err_set(err, SQLITE_ERROR,
                       "table %s: the primary key of %s is not known: write REFERENCES "
                       "%s(column)",
                       table, fk->parent_table, fk->parent_table);
    return SQLITE_OK;
}

int ddl_check(const struct ddl *x, const struct ddl_table *t, struct err *err)
{
    const struct ddl_words *words = x->dialect->ddl;
    const struct model *m = t->model;
    int rc = check_names(x, m, err);
    for (int i = 0; rc == SQLITE_OK && i < m->nforeign_keys; i++)
        rc = check_foreign_key(x, t, i, err);
    if (rc == SQLITE_OK && m->nchecks > 0 && x->server_version > 0 &&
        x->server_version < words->checks_version)
        rc = err_set(err, SQLITE_ERROR, "table %s: this server reads CHECK and ignores it",
                     m->local_name);
    return rc;
}
