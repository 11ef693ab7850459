/* Runs the catalog queries of sql/<engine>: the arguments are always schema and name, the columns what the
** file's head says.  They are no reads of a table: they open no snapshot and wait for no pending change. */
#ifndef BINDS_SESSION_CATALOG_H
#define BINDS_SESSION_CATALOG_H

#include "session/bind.h"

struct catalog {
    struct bind *bind;
    const char *what; /* for the error prefix */
    struct rows rows;
    int first; /* what the first step gave, until it is asked for; 0 = has been */
};

/* Starts sql/<engine>/<query>.sql; on success catalog_close() is due. */
int catalog_open(struct catalog *c, struct bind *b, const char *what, const char *query,
                 const char *schema, const char *name, struct err *err);
/* The same with a text of one's own and nargs arguments, all texts or NULL. */
int catalog_send(struct catalog *c, struct bind *b, const char *what, const char *sql,
                 const char *const *values, int nargs, struct err *err);
int catalog_next(struct catalog *c, struct err *err); /* SQLITE_ROW, SQLITE_DONE or an error */
/* Columns of the current row.  Text is the arena's, NULL stays NULL; what is no number, or no int, is 0. */
int catalog_text(struct catalog *c, int column, struct arena *arena, const char **out,
                 struct err *err);
int catalog_cell(struct catalog *c, int column, struct arena *arena, struct cell *out, struct err *err);
int catalog_number(struct catalog *c, int column, double *out, struct err *err);
int catalog_int(struct catalog *c, int column, int *out, struct err *err);
void catalog_close(struct catalog *c);

/* The schema that an unqualified name of this bind stands for, as an argument; NULL = the server decides. */
const char *catalog_schema(const struct bind *b, const char *schema);
/* Appends a query of schema and name whose placeholders come after `used` others; returns how many it has.  Its
** arguments alternate: schema, name, schema, name … where they are `?`, else just the two. */
int catalog_append_query(sqlite3_str *out, const struct dialect *d, const char *sql, int used);
/* The same with a row's columns a1, a2, … in their place; of dialects with numbered arguments. */
int catalog_append_lateral(sqlite3_str *out, const struct dialect *d, const char *sql, const char *row);

#endif
