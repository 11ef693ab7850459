/* What the running statements of the host, and the triggers that they may fire, say in their texts: the tables they
** write, and how.  SQLite tells a virtual table nothing of the kind. */
#ifndef BINDS_SESSION_STATEMENT_H
#define BINDS_SESSION_STATEMENT_H

#include "model/remote.h"
#include "model/token.h"
#include "session/binds.h"

/* Text of the only running statement that writes; NULL when there is none, or several, and it cannot be known
** which one calls us. */
const char *statement_running(sqlite3 *db);

/* Is a RELEASE running? */
bool statement_releases(sqlite3 *db);

enum statement_verb { STATEMENT_OTHER, STATEMENT_INSERT, STATEMENT_UPDATE, STATEMENT_DELETE };

struct statement_target {
    enum statement_verb verb;
    const char *schema; /* NULL = not named */
    const char *name;
    bool
        clause; /* REPLACE, OR IGNORE, OR FAIL …, which make the order of rows count; ABORT is none */
    int after; /* position of the token after the name */
};
/* The target of INSERT, REPLACE, UPDATE or DELETE, a WITH before it passed over.  Arena memory. */
bool statement_target(const struct tokens *t, struct arena *arena, struct statement_target *out);
/* True if the running statement writes a bind table and nothing else: virtual tables have no triggers. */
bool statement_is_ours(struct binds *b);
bool statement_names(const struct statement_target *target, const struct declared *d);

typedef void (*statement_fn)(void *context, const struct tokens *t,
                             const struct statement_target *target);
/* Shows every statement that may be the one which calls us for a table of that schema: those that run, and all
** that triggers could run if one of them may fire any.  False if they cannot be known. */
bool statement_each(struct binds *b, const char *schema, statement_fn see, void *context);

/* True if what runs may be an UPDATE of that table in which one row can stand in another's way, or be read for another:
** it sets a column of a unique key, or has a conflict clause, or a subquery in SET.  Native tables then meet the rows in
** the order of the key. */
bool statement_order_counts(struct binds *b, const struct declared *table,
                            const struct remote *remote);
/* False if it is certain that no UPDATE of that table runs which has a subquery in SET. */
bool statement_set_reads(struct binds *b, const struct declared *table);
/* False if it is certain that what runs does not change that table, so that its rows need no lock. */
bool statement_may_change(struct binds *b, const struct declared *table);

#endif
