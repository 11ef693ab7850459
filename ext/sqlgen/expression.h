/* Expressions of a declaration (DEFAULT, CHECK, generated columns) in a server's SQL.
**
** They are SQLite's.  Literals, names of columns and what is spelt differently are translated token by token;
** all else goes as written, and a server that does not know it refuses it.  What a server would take but
** compute otherwise is refused here. */
#ifndef BINDS_SQLGEN_EXPRESSION_H
#define BINDS_SQLGEN_EXPRESSION_H

#include "sqlgen/ddl.h"

/* Appends the expression without outer parentheses.  what: for the error ("CHECK", "column n"). */
int expression_append(const struct dialect *d, sqlite3_str *out, const struct model *m,
                      const char *text, const char *what, struct err *err);
/* Appends " DEFAULT …", or nothing for a default of NULL.  type: the coltype that the server's column has
** (a text without length may be a VARCHAR there). */
int expression_append_default(const struct dialect *d, sqlite3_str *out, const struct model *m,
                              int column, struct err *err);
/* Does the text concatenate with ||? */
bool expression_concatenates(const char *text);

#endif
