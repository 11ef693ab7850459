/* What the files of the MySQL/MariaDB driver share.
**
** A statement (struct my_stmt) carries the state of the result that is read from it: the front lets one rows
** at a time read from a statement, and one statement at a time own the wire (my_conn.current).  Everything
** that happens on the wire is one state machine, my_step() in rows.c; next, cancel, interrupt and bulk loads
** only differ in how long they wait and in what they do with the rows. */
#ifndef BINDS_ENGINE_MYSQL_MY_H
#define BINDS_ENGINE_MYSQL_MY_H

#include "engine/engine.h"
#include "engine/mysql/client.h"

/* ---- columns of a result (types.c) ----------------------------------------------------------------------- */

enum my_kind { /* how a value is decoded; chosen once per statement */
    KIND_INT,  /* width bytes, signed */
    KIND_UINT, /* width bytes */
    KIND_FLOAT,
    KIND_DOUBLE,
    KIND_DECIMAL,
    KIND_TEXT,
    KIND_BLOB,
    KIND_BIT,
    KIND_DATE,
    KIND_DATETIME,
    KIND_TIME,
    KIND_NULL
};

struct my_column {
    enum my_kind kind;
    int width; /* bytes in the binary protocol; -1 = a length comes before the value */
    /* what it was made from: does a later execution still deliver the same? */
    enum enum_field_types type;
    unsigned flags, charset, decimals;
    unsigned long length;
};

#define MY_SCRATCH 40 /* a date or time as text, a number as text */

struct my_value { /* one value of the current row */
    unsigned char *p; /* NULL = SQL NULL */
    size_t n;
    bool terminated;
};

/* ---- statements ------------------------------------------------------------------------------------------ */

enum my_phase {
    PHASE_NONE,      /* nothing of this statement is on the wire */
    PHASE_PREPARING,
    PHASE_EXECUTING, /* CLIENT_EXECUTE or CLIENT_QUERY */
    PHASE_FETCHING,  /* a fetch runs */
    PHASE_ROWS,      /* between rows */
    PHASE_MORE       /* asked for one more result of a CALL; its rows are dropped */
};

enum my_slot_kind { SLOT_NULL, SLOT_INT, SLOT_UINT, SLOT_REAL, SLOT_TEXT, SLOT_DECIMAL, SLOT_BLOB };

struct my_slot { /* one argument as it travels */
    enum my_slot_kind kind;
    union {
        long long i;
        unsigned long long u;
        double r;
        const char *p;
    };
    unsigned long n;
    char scratch[MY_SCRATCH];
};

struct my_stmt {
    struct stmt base;
    MYSQL_STMT *handle; /* NULL: text protocol, or not prepared yet */
    bool prepared;
    bool stale;         /* prepare it anew next time */
    bool abandoned;     /* nobody wants the result: my_step() begins nothing more */
    bool dropping;      /* rows of further results, which are dropped */
    enum my_phase phase;
    /* arguments */
    int nslots;
    struct my_slot *slots;
    MYSQL_BIND *binds;
    struct buf copied;  /* texts of the arguments, while the statement is being prepared */
    /* result */
    int ncolumns;
    struct my_column *columns;
    struct type *types;
    struct arena types_arena;
    struct my_value *values;
    char (*scratch)[MY_SCRATCH]; /* per column */
    struct cell *cells; /* of the current row of the binary protocol: those in `eager` */
    sqlite3_uint64 eager;
    sqlite3_int64 affected, insert_id;
    struct my_stmt *next_dead;
};

struct my_login;

struct my_conn {
    struct conn base;
    struct client client;
    struct my_stmt *current;    /* has something on the wire, NULL = none */
    struct my_login *way;       /* how the connection was made, for the one that kills */
    MYSQL *killer;              /* a second connection; made when it is first needed */
    bool mariadb;
    bool timeout_aborts;        /* a lock timeout ends the whole transaction */
    unsigned long thread_id;
    MYSQL_STMT **dead;          /* handles to close at the next occasion */
    int ndead, dead_cap;
    int nhandles;               /* dead_cap >= nhandles: putting off a close cannot fail */
    sqlite3_int64 open_deadline_us; /* while connecting: the end of it all */
    sqlite3_int64 bytes_seen;
    sqlite3_int64 max_packet;   /* of the server; 0 = unknown */
};

/* ---- conn.c, login.c ------------------------------------------------------------------------------------- */

int my_open(struct conn *c, struct err *err);
void my_close(struct conn *c);
bool my_alive(struct conn *c);
int my_url_check(const struct url *url, struct err *err);
enum client_tls my_url_tls(const struct url *url);
bool my_url_flag(const struct url *url, const char *name, bool fallback);

/* One attempt to connect, and how it is made.  Memory from malloc: a thread may have to free it. */
struct my_login {
    MYSQL *mysql;
    char *host, *user, *password, *database, *socket; /* NULL = the library's default */
    char *ca, *cert, *key, *default_file, *default_group;
    int port;
    enum client_tls tls;
    bool compress;
    bool local;               /* a socket file */
    bool tcp;                 /* never a socket file */
    sqlite3_int64 deadline_us;
    const char *why;          /* our own reason for a failure, a constant */
    bool connected;
    unsigned long kill;       /* connection to kill the query of */
};
/* host: an index into url.hosts, -1 = none is named, or the socket file of the URL.  NULL = out of memory. */
struct my_login *login_new(const struct url *url, int host);
struct my_login *login_copy(const struct my_login *way);
void login_free(void *login); /* a struct my_login *; NULL is fine; closes the connection */
void login_connect(struct my_login *login); /* waits: for a job only */
/* Connects within deadline_us.  On success *mysql is the caller's, and login stays.  When it had to be
** abandoned (interrupt, timeout) *login becomes NULL. */
int login_run(struct my_login **login, struct wait *wait, sqlite3_int64 deadline_us, MYSQL **mysql,
              struct err *err);

/* ---- cancel.c -------------------------------------------------------------------------------------------- */

int my_cancel(struct conn *c, struct err *err);
/* Kills the running statement at the server and reads what is left of its answer. */
int my_interrupt(struct my_conn *c, struct err *err);
/* Kills it without waiting for anything: the connection is about to be dropped. */
void my_kill_and_forget(struct my_conn *c);

/* ---- rows.c ---------------------------------------------------------------------------------------------- */

#define STEP_WAIT 1000 /* my_step: wait for client.events first */

int my_send(struct conn *c, struct stmt *s, const struct arg *args, int nargs, struct rows *rows,
            struct err *err);
int my_next(struct rows *rows, struct err *err);
void my_finish(struct rows *rows);
void my_unprepare(struct conn *c, struct stmt *s);
/* One step that does not wait: SQLITE_ROW, SQLITE_DONE, STEP_WAIT or an error. */
int my_step(struct my_conn *c, struct my_stmt *s, struct err *err);
/* Waits until the running operation has ended; interrupt, timeout and loss end in an error. */
int my_wait(struct my_conn *c, struct err *err);
/* Runs s to its end, dropping rows. */
int my_run_out(struct my_conn *c, struct my_stmt *s, struct err *err);
/* Begins to prepare s (its text must be set). */
int my_prepare(struct my_conn *c, struct my_stmt *s, struct err *err);
/* Begins to execute s, whose arguments are bound. */
void my_execute(struct my_conn *c, struct my_stmt *s);
void my_stmt_clear(struct my_conn *c, struct my_stmt *s);
int my_close_dead(struct my_conn *c, struct err *err);
void my_count_bytes(struct my_conn *c);

/* ---- types.c, decode.c ----------------------------------------------------------------------------------- */

void my_column_init(const MYSQL_FIELD *field, struct my_column *out);
bool my_column_same(const MYSQL_FIELD *field, const struct my_column *column);
/* The type as struct type; texts live in the arena.  SQLITE_OK or SQLITE_NOMEM. */
int my_column_type(const MYSQL_FIELD *field, const struct my_column *column, struct arena *arena,
                   struct type *out, struct err *err);

/* Finds the values of a row of the binary protocol; false: it is malformed. */
bool my_row_parse(unsigned char *row, const unsigned char *end, const struct my_column *columns,
                  int ncolumns, struct my_value *values);
/* The columns that are decoded with the row, as rows.at_hand has them. */
sqlite3_uint64 my_eager_columns(const struct my_column *columns, int ncolumns);
/* Takes a row of the binary protocol apart: s->values, and s->cells as far as they are eager.  False: malformed. */
bool my_row_take(struct my_conn *c, struct my_stmt *s);
/* One value → cell.  False: it is malformed. */
bool my_decode_binary(const struct my_column *column, struct my_value *value,
                      char scratch[MY_SCRATCH], struct cell *out);
bool my_decode_text(const struct my_column *column, const struct my_value *value,
                    char scratch[MY_SCRATCH], struct cell *out);
/* Canonical text of a date or time (model/coltype.h) from what MySQL prints; false: it is none. */
bool my_time_text(enum my_kind kind, const char *p, size_t n, char out[MY_SCRATCH], size_t *len);
/* Slot of rows.c */
int my_cell(struct rows *rows, int column, struct cell *out, struct err *err);

/* ---- args.c ---------------------------------------------------------------------------------------------- */

/* How a value of that type travels; a value that cannot: SQLITE_CONSTRAINT_DATATYPE.  number: of the argument,
** from 1, for the message. */
int my_slot_set(const struct type *type, const struct cell *cell, int number, struct my_slot *out,
                struct err *err);
void my_slot_bind(struct my_slot *slot, MYSQL_BIND *out);
enum enum_field_types my_slot_type(enum my_slot_kind kind);
/* Fills s->slots; copy: texts are copied, so that they outlive the caller's. */
int my_args_set(const struct my_conn *c, struct my_stmt *s, const struct arg *args, int nargs, bool copy,
                struct err *err);
/* SQLITE_TOOBIG if the server would hang up on a statement with so many bytes of texts. */
int my_args_check_size(const struct my_conn *c, sqlite3_uint64 bytes, struct err *err);
/* Gives the slots to the prepared handle. */
int my_args_bind(struct my_conn *c, struct my_stmt *s, struct err *err);

/* ---- error.c --------------------------------------------------------------------------------------------- */

/* SQLite code of a server or client error number; sqlstate decides where the number is unknown. */
int my_errno_rc(unsigned number, const char *sqlstate, const char *message);
bool my_errno_lost(unsigned number);
/* The last error of the connection (or of stmt, if that has one) → err; the conn's state and its
** `aborted` follow.  Returns err->rc. */
int my_error(struct my_conn *c, MYSQL_STMT *stmt, struct err *err);
int my_lost(struct my_conn *c, struct err *err, const char *format, ...);

/* ---- bulk.c ---------------------------------------------------------------------------------------------- */

int my_bulk_begin(struct conn *c, const char *table, const char *const *columns, struct bulk *b,
                  struct err *err);
int my_bulk_statement(struct conn *c, const char *sql, struct bulk *b, struct err *err);
int my_bulk_row(struct bulk *b, const struct cell *cells, struct err *err);
int my_bulk_end(struct bulk *b, sqlite3_int64 *affected, struct err *err);
void my_bulk_abort(struct bulk *b);

extern const struct dialect mariadb_dialect, mariadb_locking_dialect, mysql_dialect;
extern const struct engine mysql_engine;

#endif
