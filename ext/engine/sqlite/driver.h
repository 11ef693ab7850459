/* What the files of the SQLite driver share. */
#ifndef BINDS_ENGINE_SQLITE_DRIVER_H
#define BINDS_ENGINE_SQLITE_DRIVER_H

#include "base/mem.h"
#include "engine/engine.h"
#include "sqlgen/ddl.h"

/* Why the progress or busy handler ended a call of SQLite. */
enum sqlite_stop { STOP_NOT, STOP_INTERRUPT, STOP_TIMEOUT };

struct sqlite_conn {
    struct conn base;
    sqlite3 *db;
    int busy_ms;                /* how long a lock is waited for */
    sqlite3_int64 busy_until;   /* of the wait that is going on */
    int limit_ms;               /* time the running call may take without an answer, 0 = any */
    sqlite3_int64 deadline;     /* its end, 0 = none */
    enum sqlite_stop stopped;
};

struct sqlite_stmt {
    struct stmt base;
    sqlite3_stmt *stmt;         /* NULL: not prepared, or nothing but blanks */
    struct arena arena;         /* of types */
    struct type *types;
    int ncolumns, reprepared;
    bool described;
    /* of the rows that reads from it */
    bool is_rollback_done, in_transaction;
    sqlite3_int64 steps, changes_before;
};

extern const struct dialect sqlite_dialect;         /* dialect.c */
extern const struct ddl_words sqlite_ddl;           /* ddl.c */
extern const struct judgement sqlite_judgements[];  /* judge.c */
extern const struct row_identity sqlite_row_identity; /* judge.c */

/* conn.c */
void sqlite_limit(struct sqlite_conn *c, int limit_ms); /* from now on */
int sqlite_error(struct sqlite_conn *c, int rc, struct err *err);

/* rows.c */
int sqlite_send(struct conn *base, struct stmt *stmt, const struct arg *args, int nargs, struct rows *rows,
                struct err *err);
int sqlite_next(struct rows *rows, struct err *err);
int sqlite_cell(struct rows *rows, int column, struct cell *out, struct err *err);
void sqlite_finish(struct rows *rows);
void sqlite_unprepare(struct conn *base, struct stmt *stmt);

#endif
