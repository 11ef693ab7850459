/* What the files of the coordinator share among themselves: coord.c (the record), coord_identity.c (whose record it
** is), coord_recover.c (reading it after a crash). */
#ifndef BINDS_SESSION_COORD_PARTS_H
#define BINDS_SESSION_COORD_PARTS_H

#include "session/bind.h"

#define COORD_UUID 16

struct coord_uuid {
    char text[COORD_UUID + 1];
};

/* ---- coord.c ---- */
const char *coord_side_path(struct binds *b);
/* A database of the connection that can hold a record at all: a file that may be written. */
bool coord_main_writable(struct binds *b);
/* Where main can be read without giving it a transaction that lasts as long as the user's, which would then see what was
** committed by others up to now and not what is there when he reads himself, and in rollback-journal mode keep them from
** committing.  sqlite3_close(*own). */
sqlite3 *coord_main_reader(struct binds *b, sqlite3 **own);
/* First column of the first row as text in out; false if there is none. */
bool coord_query(sqlite3 *db, const char *sql, char *out, int size);
/* "delete", "wal" …; false if it cannot be known. */
#define COORD_MODE_MAX 16
bool coord_journal_mode(sqlite3 *db, const char *schema, char out[COORD_MODE_MAX]);
/* The tables must be the ones that binds makes: a database file may come from anywhere. */
int coord_check_tables(sqlite3 *db, bool *exist, struct err *err);
int coord_run(sqlite3 *db, const char *sql, const char *a, const char *b, struct err *err);
bool coord_is_hex(const char *z, size_t n);
/* n digits (even) and a NUL.  From the system itself: SQLite's generator goes on in every forked child as it was in the
** parent, until a file is opened. */
void coord_random_hex(char *out, int n);

/* ---- coord_identity.c ---- */
/* The uuid under which transactions of this connection are recorded, read by db; exist: the tables are there. */
int coord_identity_load(struct binds *b, sqlite3 *db, bool exist, struct err *err);
/* Before the first vote, the write lock held: makes sure that the uuid outlives a crash, and stores its row. */
int coord_identity_keep(struct binds *b, struct err *err);
/* The row has been committed: the note beside the file may go. */
void coord_identity_committed(struct binds *b);
/* The uuids that stand for this very incarnation of the database at path (side: not main).  db may be any
** connection to it; exist: the tables are there.  Arena memory. */
int coord_identity_current(struct binds *b, sqlite3 *db, const char *path, bool side, bool exist,
                           struct arena *arena, const char ***list, int *n, struct err *err);
bool coord_identity_noted(const char *path);
/* May it hold the witness of a commit: a SQLite file, or a server whose URL has witness=table? */
bool coord_identity_witnesses(const struct bind *b);
/* Every participant of a row ("address<tab>key" a line) is connected here, and none of its branches stands. */
bool coord_row_is_over(struct binds *b, const char *gid, const char *parts, const char *const *prepared, int nprepared);
/* Text of the files' part of a gid: "w…" for each, or "x…". */
void coord_identity_files(struct binds *b, char out[24]);
/* "wxxxx" of one file. */
void coord_identity_file(const struct bind *file, char out[8]);
bool coord_identity_is_file(const struct bind *b);

#endif
