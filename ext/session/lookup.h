/* Many names, one statement: what do they stand for on the server? */
#ifndef BINDS_SESSION_LOOKUP_H
#define BINDS_SESSION_LOOKUP_H

#include "session/create_plan.h"

struct lookup_name {
    const char *schema, *name;
};

/* sql/<engine>/<query>.sql (exists, types) for each of the names; found[i] has what name i stands for. */
int lookup_names(struct bind *b, const char *query, const struct lookup_name *names, int n,
                 struct arena *arena, struct found *found, struct err *err);

#endif
