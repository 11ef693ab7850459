/* SQLSTATE → SQLite (extended) result code, the table of facts/reliability.md section 5.  MySQL's numbers
** that SQLSTATE does not tell apart are mapped in engine/mysql/error.c before this one is asked. */
#ifndef BINDS_ENGINE_SQLSTATE_H
#define BINDS_ENGINE_SQLSTATE_H

/* state: five characters; unknown ones give SQLITE_ERROR.  Class 08 and 57P0x give SQLITE_IOERR. */
int sqlstate_rc(const char *state);

#endif
