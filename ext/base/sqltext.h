/* The files sql/<engine>/<name>.sql, embedded at build (sql/CMakeLists.txt generates the table).
** Each file begins with a comment that names its parameters and result columns: that is its contract. */
#ifndef BINDS_BASE_SQLTEXT_H
#define BINDS_BASE_SQLTEXT_H

/* The text, leading comment removed, no trailing semicolon; NULL if there is no such file. */
const char *sqltext(const char *engine, const char *name);

#endif
