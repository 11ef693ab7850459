/* What the servers' catalogs say, read once per table and connection, cached, dropped when a server says that
** it is stale (unknown table or column, changed type) or when binds itself ran DDL. */
#ifndef BINDS_SESSION_REFLECT_H
#define BINDS_SESSION_REFLECT_H

#include "session/bind.h"

/* The catalog's view of the model's remote table.  A table that does not exist gives kind REMOTE_MISSING and
** SQLITE_OK.  The result lives until remote_forget or the end of the bind: use it within the callback only.
** One round trip at most per engine is the aim (columns, indexes and row count in one statement). */
int remote_get(struct bind *b, const char *schema, const char *name, const struct remote **out,
               struct err *err);
/* Reads what remote_get leaves out where the server's answer is dear: how many distinct values indexes have. */
int remote_get_distinct(struct bind *b, const char *schema, const char *name, const struct remote **out,
                        struct err *err);
/* The same for what a view shows: whether all of it has transactions. */
int remote_get_storage(struct bind *b, const char *schema, const char *name, const struct remote **out,
                       struct err *err);
/* The estimate of a table's rows follows what this connection sees of it, so that one that was read while the table
** was empty does not stay: there are at least so many, or so many more.  Neither asks anybody. */
void remote_note_rows(struct bind *b, const char *schema, const char *name, double rows);
void remote_note_inserted(struct bind *b, const char *schema, const char *name, double rows);
/* Drops what is cached: of one table (name), or all (NULL). */
void remote_forget(struct bind *b, const char *schema, const char *name);
/* Column-less declarations: the catalog as a model, with keys, foreign keys, defaults. */
int reflect_model(struct bind *b, const char *schema, const char *name, const char *local_name,
                  const char *info, struct model **out, struct err *err);
/* Names of all tables and views of the bind (schema NULL = default), sorted; arena memory. */
int reflect_names(struct bind *b, const char *schema, struct arena *arena, const char ***names, int *n,
                  struct err *err);
/* "" when the declaration fits the remote table, else one line that says the first difference. */
int reflect_compare(struct bind *b, const struct model *model, const struct remote *remote,
                    struct arena *arena, const char **difference, struct err *err);

#endif
