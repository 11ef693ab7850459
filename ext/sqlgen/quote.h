/* Names and literals as text of a dialect.  Values travel as arguments; literals are for DDL only. */
#ifndef BINDS_SQLGEN_QUOTE_H
#define BINDS_SQLGEN_QUOTE_H

#include "sqlgen/dialect.h"

void quote_name(const struct dialect *d, sqlite3_str *out, const char *name);
/* schema NULL = the connection's default, "" = unqualified */
void quote_table(const struct dialect *d, sqlite3_str *out, const char *schema, const char *name);
/* 'text' with doubled quotes (and doubled backslashes where the dialect needs it). */
void quote_text(const struct dialect *d, sqlite3_str *out, const char *text);
/* Placeholder number i (1-based) of type t, in the dialect's spelling. */
void quote_arg(const struct dialect *d, sqlite3_str *out, int i, enum coltype t);
/* A text, already in the dialect's SQL, as what makes two of them equal under a collation of SQLite. */
void quote_equal(const struct dialect *d, sqlite3_str *out, const char *text, enum collation collation);
/* The expression by which a column of remote type t is read. */
void quote_select(const struct dialect *d, sqlite3_str *out, const char *column, enum coltype t);

#endif
