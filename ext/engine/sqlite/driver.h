/* What the files of the SQLite driver share. */
#ifndef BINDS_ENGINE_SQLITE_DRIVER_H
#define BINDS_ENGINE_SQLITE_DRIVER_H

#include "base/mem.h"
#include "engine/engine.h"
#include "sqlgen/ddl.h"

/* Why the progress or busy handler ended a call of SQLite. */
enum sqlite_stop { STOP_NOT, STOP_INTERRUPT, STOP_TIMEOUT };

/* All files of one host connection are attached to one private connection, so that a transaction over several
** of them is one of SQLite's own.  A database in memory has a session to itself. */
struct sqlite_session {
    sqlite3 *db;
    sqlite3_stmt *rollback;     /* prepared beforehand, for when there is no memory */
    int references;             /* conns */
    int attached;               /* schemas named so far */
    struct sqlite_conn *conns;  /* newest first */
    struct sqlite_conn *running;/* whose call is going on: the handlers ask it */
    struct sqlite_several *several; /* that the step which is going on fills; NULL = none (several.c) */
    bool aborted;               /* SQLite has rolled the transaction back by itself: only ROLLBACK is answered */
    bool open;                  /* a transaction was open when a statement had begun last */
};

struct sqlite_conn {
    struct conn base;
    struct sqlite_session *session;
    struct sqlite_conn *next;   /* of the session */
    sqlite3 *db;                /* the session's */
    char schema[16];            /* "main", "bind2" … */
    struct dialect dialect;     /* sqlite_dialect with that default schema */
    int busy_ms;                /* how long a lock is waited for */
    sqlite3_int64 busy_until;   /* of the wait that is going on */
    bool locked_out;            /* it has ended in vain, in the running call */
    bool locked_by_itself;      /* … since the lock is the session's own */
    int limit_ms;               /* time the running call may take without an answer, 0 = any */
    sqlite3_int64 deadline;     /* its end, 0 = none */
    enum sqlite_stop stopped;
};

struct sqlite_stmt {
    struct stmt base;
    sqlite3_stmt *stmt;         /* NULL: not prepared, or nothing but blanks */
    sqlite3_stmt *showing;      /* the same, several rows in a step (several.c); NULL = there is none … */
    bool showing_known;         /* … or it has not been looked for */
    int forgotten;              /* those that SQLite prepared anew */
    struct arena arena;         /* of types */
    struct type *types;
    int ncolumns, reprepared;
    bool described, reads;
    int wanted;                 /* arguments */
    bool holds;                 /* a text or blob is bound */
    bool single;                /* no row follows the first one (single.c) … */
    bool single_known;          /* … or it has not been looked at */
    int anew;                   /* times that it was prepared from scratch for that */
    unsigned runs, untimed_runs;
    sqlite3_int64 first_us;     /* that the first step took, the last time it was timed */
    /* of the rows that reads from it */
    sqlite3_stmt *running;      /* stmt, or showing */
    struct sqlite_several *several; /* NULL: a row in each step */
    bool is_rollback_done, in_transaction;
    bool rested;                /* was reset when the last row was read */
    sqlite3_int64 steps, changes_before;
    sqlite3_int64 timed_before, timed_next; /* steps */
    int stepped;                /* what the last step said, which next has not seen; 0 = nothing */
};

extern const struct dialect sqlite_dialect;         /* dialect.c */
extern const struct ddl_words sqlite_ddl;           /* ddl.c */
extern const struct judgement sqlite_judgements[];  /* judge.c */
extern const struct pairing sqlite_pairings[];      /* judge.c */
extern const struct row_identity sqlite_row_identity; /* judge.c */

/* session.c */
bool sqlite_is_memory(const struct url *url);
int sqlite_session_open(struct sqlite_conn *c, struct err *err);  /* joins or makes the session; c->db, c->schema */
void sqlite_session_close(struct sqlite_conn *c);
/* A file is open twice, and the transaction writes in one of the two: to wait for the other's lock is vain. */
bool sqlite_locks_itself_out(const struct sqlite_session *s);
/* The error of that: whose file it is, and the way out.  Returns its code. */
int sqlite_twins_error(const struct sqlite_session *s, int rc, struct err *err);

/* The call of SQLite that follows is c's, and may take so long without an answer. */
static inline void sqlite_limit(struct sqlite_conn *c, int limit_ms)
{
    c->session->running = c;
    c->stopped = STOP_NOT;
    c->locked_out = c->locked_by_itself = false;
    c->limit_ms = limit_ms;
    c->deadline = limit_ms > 0 ? wait_deadline(limit_ms) : 0;
}

/* conn.c */
int sqlite_on_progress(void *session);
int sqlite_on_busy(void *session, int count);
int sqlite_open_error(struct sqlite_conn *c, int rc, struct err *err);
int sqlite_error(struct sqlite_conn *c, int rc, struct err *err);

/* session.c */
bool sqlite_undo(struct conn *base);

/* hold.c */
int sqlite_hold(struct conn *base, struct err *err);

/* catalog.c: functions for the queries of sql/sqlite. */
int sqlite_catalog(sqlite3 *db);

/* rows.c */
int sqlite_send(struct conn *base, struct stmt *stmt, const struct arg *args, int nargs, struct rows *rows,
                struct err *err);
int sqlite_next(struct rows *rows, struct err *err);
bool sqlite_step(struct rows *rows);
int sqlite_cell(struct rows *rows, int column, struct cell *out, struct err *err);
void sqlite_finish(struct rows *rows);
void sqlite_unprepare(struct conn *base, struct stmt *stmt);
int sqlite_run(struct sqlite_conn *c, struct sqlite_stmt *s); /* one step of what is running */

/* several.c */
int sqlite_several_function(struct sqlite_session *s);
/* The run that begins reads several rows in a step, if it can; its arguments are to be bound to s->running as well. */
void sqlite_several_begin(struct sqlite_conn *c, struct sqlite_stmt *s);
/* After the first step, which said rc.  False: it was another program that ran, if any, and s->stmt is running now, from
** its start. */
bool sqlite_several_stays(struct sqlite_stmt *s, int rc);
/* SQLITE_ROW, SQLITE_DONE or SQLite's error. */
int sqlite_several_next(struct sqlite_conn *c, struct sqlite_stmt *s, struct rows *rows);
void sqlite_several_end(struct sqlite_stmt *s);
void sqlite_several_unprepare(struct sqlite_stmt *s);

/* single.c */
#define SINGLE_RUNS 16 /* which are so many that a look at the program pays */
/* Looks at the program, while it stands on its first row. */
void sqlite_single_look(struct sqlite_conn *c, struct sqlite_stmt *s);
/* Before a run of one that SQLite has prepared anew: is it to be prepared from scratch? */
bool sqlite_single_anew(struct sqlite_stmt *s);

/* bulk.c */
int sqlite_bulk_begin(struct conn *conn, const char *table, const char *const *columns, struct bulk *b,
                      struct err *err);
int sqlite_bulk_statement(struct conn *conn, const char *sql, struct bulk *b, struct err *err);
int sqlite_bulk_row(struct bulk *b, const struct cell *cells, struct err *err);
int sqlite_bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err);
void sqlite_bulk_abort(struct bulk *b);

#endif
