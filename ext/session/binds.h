/* The set of binds of one SQLite connection: the root object that every module and function gets as aux.
** It lives from load to the end of the connection.  Keys are case-sensitive; NULL is the default bind. */
#ifndef BINDS_SESSION_BINDS_H
#define BINDS_SESSION_BINDS_H

#include "base/host.h"
#include "engine/engine.h"
#include "model/declare.h"
#include "session/extremes.h"
#include "session/gather.h"
#include "session/keystore.h"
#include "session/outer.h"
#include "session/schemas.h"
#include "session/coord.h"
#include "session/tested.h"
#include "session/txn.h"

struct cursor;                      /* vtab/cursor.h */
struct scout;                       /* session/scout.h */

struct declared {                   /* one connected bind table; vtab/table.c adds and removes */
    const char *schema, *name;      /* local; owned by the table */
    const struct model *model;
    const void *vtab;               /* the sqlite3_vtab, as EXPLAIN names it */
    struct identity identity;
    bool from_file;                 /* direct-only unless trust_schema=1 */
    struct gathered gathered;       /* by the scans of statements that write */
    sqlite3_int64 scans;            /* of statements of the application: another one for each */
    struct declared *next;
};

struct binds {
    sqlite3 *db;
    struct host host;
    struct wait wait;
    struct trace *trace;
    sqlite3_int64 last_id;          /* of the newest bind */
    struct bind *first;             /* in order of insertion, the NULL bind first if there is one */
    struct declared *declared;
    sqlite3_int64 declared_changes; /* goes up when a table comes or goes */
    struct cursor *cursors;         /* open ones of bind tables, newest first (vtab/ahead.c) */
    struct scout *scout;            /* that runs: scans of bind tables have no rows (session/scout.h) */
    int open_cursors;               /* of all bind tables: > 0 = an epoch is running */
    sqlite3_int64 epoch;            /* number of the running or last epoch */
    sqlite3_int64 planned;          /* goes up with each call of xBestIndex of a bind table */
    sqlite3_int64 foreseen;         /* the one whose later scans were looked for (vtab/foresee.c) */
    sqlite3_int64 generation;       /* changes whenever a bind or something read from a catalog goes away */
    struct keystore_budget kept;    /* memory of rows kept for the epoch */
    struct schemas schemas;
    struct extremes extremes;
    struct tested tested;
    struct outer outer;
    struct txn txn;
    struct coord coord;
    struct bind_txn *shared_part;   /* of all binds whose engine has one session for them (CAP_ONE_SESSION) */
    char **created;                 /* "schema.name" of the bind tables declared on this connection */
    int ncreated;
    int references;                 /* modules and functions that hold it */
};

int binds_new(sqlite3 *db, struct binds **out, struct err *err);
void binds_retain(struct binds *b);
void binds_release(struct binds *b); /* the last one closes all connections and frees */

/* The bind of a key, or an error "no bind 'x': INSERT INTO binds(key, url) VALUES (…)". */
int binds_find(struct binds *b, const char *key, struct bind **out, struct err *err);
struct bind *binds_lookup(struct binds *b, const char *key);   /* NULL = none */
/* The bind table that EXPLAIN calls vtab:%p; NULL = it is none. */
const struct declared *binds_named(const struct binds *b, const char *vtab);
/* The rows of the binds table.  Errors: url malformed (names the options), key taken (CONSTRAINT_UNIQUE),
** bind in use by a transaction (BUSY). */
int binds_insert(struct binds *b, const char *key, const char *url, struct err *err);
int binds_update(struct binds *b, struct bind *bind, const char *key, const char *url, struct err *err);
int binds_delete(struct binds *b, struct bind *bind, struct err *err);
/* SQLALCHEMY_DATABASE_URI and SQLALCHEMY_BINDS.  A malformed value is an error that names the variable. */
int binds_seed(struct binds *b, struct err *err);

/* Makes sure that every bind table of every schema is connected, and returns them in order of declaration:
** main, temp, attached; within a schema as created.  *out is sqlite3_malloc'ed, the caller frees the array. */
int binds_declared(struct binds *b, struct declared ***out, int *n, struct err *err);

/* A bind's key as messages spell it: 'users', or default. */
bool key_equal(const char *a, const char *b);

#endif
