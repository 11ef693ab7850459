/* A table's info: the JSON object that Flask-SQLAlchemy calls by that name, with the bind key in it. */
#ifndef BINDS_MODEL_INFO_H
#define BINDS_MODEL_INFO_H

#include "base/err.h"
#include "base/mem.h"
#include <stdbool.h>

struct info_input {
    bool has_key;         /* bind_key=… was given */
    const char *key;      /* NULL = the default bind */
    const char *text;     /* info='…', NULL = not given */
};

/* Unites both ways to say which bind: *info is a minified JSON object that has "bind_key", *key the key
** (NULL = the default bind).  Refuses what is no object, a key that is neither text nor null, and two keys that
** differ.  db: any connection. */
int info_unite(sqlite3 *db, const struct info_input *in, struct arena *arena, const char **info,
               const char **key, struct err *err);

#endif
