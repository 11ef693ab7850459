/* What create_all, drop_all and bind_ddl are about to do: the binds that were asked for, their tables in
** order, and everything that can be refused without a server. */
#ifndef BINDS_SESSION_CREATE_PLAN_H
#define BINDS_SESSION_CREATE_PLAN_H

#include "session/create.h"
#include "sqlgen/ddl.h"

enum found_kind { FOUND_NOTHING, FOUND_TABLE, FOUND_VIEW, FOUND_OTHER };

struct found { /* what has a name on the server */
    enum found_kind kind;
    const char *text; /* as the catalog query calls it */
    const char *detail;
};

struct create_bind {
    struct bind *bind;
    struct found *found; /* per table, once the server was asked */
    int n;               /* tables declared on it, in order of declaration */
    const struct model **models;
    const struct model ***parents; /* per table, per foreign key; NULL = not declared */
    bool *ours; /* declared with columns, and not a second declaration of a table */
    bool *in_cycle;
    int *order; /* parents first */
};

struct create_plan {
    struct arena arena;
    int n;
    struct create_bind *at;
};

int create_plan_init(struct create_plan *p, struct binds *b, enum create_what what,
                     const struct cell *selector, struct err *err);
void create_plan_clear(struct create_plan *p);
/* Is any of the bind's tables ours to make and drop? */
bool create_has_tables(const struct create_bind *cb);
/* Table i of the bind, as DDL for it. */
struct ddl_table create_table(const struct create_bind *cb, const struct ddl *x, int i);

#endif
