/* plan ⇄ idxStr: "SELECT … FROM … WHERE … -- <plan>".  The SQL first, since EXPLAIN QUERY PLAN shows idxStr;
** the plan's encoding behind the last " -- ", letters and digits only.  decode(encode(p)) = p. */
#ifndef BINDS_SQLGEN_PLAN_TEXT_H
#define BINDS_SQLGEN_PLAN_TEXT_H

#include "sqlgen/plan.h"

/* sqlite3_mprintf'ed text for idxStr; NULL = out of memory. */
char *plan_encode(const struct plan *p, const char *dialect, const char *sql);
/* sql_len: length of the SQL at the beginning of text.  SQLITE_OK, SQLITE_CORRUPT when text is no plan, or
** SQLITE_SCHEMA when it was made for another dialect. */
int plan_decode(const char *text, const char *dialect, struct plan *out, size_t *sql_len, struct err *err);

#endif
