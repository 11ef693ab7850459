/* What the files of sqlgen's DDL share: ddl.c puts statements together, ddl_column.c spells columns and
** their types, ddl_check.c refuses. */
#ifndef BINDS_SQLGEN_DDL_PARTS_H
#define BINDS_SQLGEN_DDL_PARTS_H

#include "sqlgen/ddl.h"

#define DDL_NAME_MAX 300 /* bytes of a generated name: 64 characters of four bytes, and some room */

/* A name made of the table's, the columns' and a suffix (may be NULL), cut to what the server takes.  Two long
** names stay different by a hash. */
void ddl_generated_name(const struct ddl *x, const struct model *m, const int *columns,
                        int ncolumns, const char *suffix, char out[DDL_NAME_MAX]);
/* The enum type of a column: <table>_<column>. */
void ddl_type_name(const struct ddl *x, const struct model *m, int column, char out[DDL_NAME_MAX]);
/* Does the column have an enum type of its own? */
bool ddl_has_type(const struct ddl *x, const struct model *m, int column);

/* Length that a text or blob without one gets because keys need it; 0 = none. */
int ddl_key_length(const struct ddl *x, const struct model *m, int column);
/* Length of the prefix that a plain index of these columns takes of that one; 0 = the whole column. */
int ddl_index_prefix(const struct ddl *x, const struct model *m, const struct key *k, int column);
/* The expression that keys of this column are unique by, where its collation is none of the server's; else NULL. */
const char *ddl_fold(const struct ddl *x, const struct model *m, int column);

/* "name" TYPE … with collation, default, NOT NULL and generation. */
int ddl_append_column(const struct ddl *x, sqlite3_str *out, const struct model *m, int column,
                      struct err *err);
/* True when the primary key stands in the column's own definition. */
bool ddl_key_in_column(const struct ddl *x, const struct model *m);

#endif
