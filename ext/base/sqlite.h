/* The one include through which every file sees SQLite: the host's own API, never a linked library.
** ext/binds.c alone defines the pointer (SQLITE_EXTENSION_INIT1); all others only declare it.
** Built with -DSQLITE_CORE (unit and contract tests) the calls go to the linked library instead.
** Anything newer than SQLite 3.38 may only be called behind host_has() (base/host.h). */
#ifndef BINDS_BASE_SQLITE_H
#define BINDS_BASE_SQLITE_H

#include <sqlite3ext.h>
#include <stddef.h>

#ifndef SQLITE_CORE
extern const sqlite3_api_routines *sqlite3_api;
#endif

#endif
