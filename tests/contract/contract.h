/* The contract of a driver (ext/engine/engine.h), as checks that run against any server: `contract URL`.
**
** A case is a function that calls expect() as often as it likes; it has passed when all of them held.  Each
** case finds an idle connection and no table named contract_*, and leaves what it likes: the harness closes
** open transactions, drops the tables and reconnects where a case has lost the connection.  A case for which
** the connection lacks a capability bit is excused, and its line says so. */
#ifndef BINDS_TESTS_CONTRACT_H
#define BINDS_TESTS_CONTRACT_H

#include "engine/engine.h"
#include "sqlgen/quote.h"

struct contract {
    const char *text; /* of the URL */
    struct url url;
    const struct engine *engine;
    struct conn *c;
    struct wait wait;
    struct wait other_wait; /* of other connections: those of one wait may be one session */
    struct host host;       /* for interrupts */
    sqlite3_stmt *host_stmt;
    struct trace *trace;
    struct err err;
    int checks, failures; /* of the running case */
};

struct contract_case {
    const char *name;
    void (*run)(struct contract *t);
    unsigned caps; /* needed */
};
extern const struct contract_case connect_cases[], type_cases[], row_cases[], write_cases[],
    transaction_cases[], fault_cases[], catalog_cases[]; /* end with .name == NULL */

enum { ENGINE_POSTGRESQL, ENGINE_MYSQL, ENGINE_SQLITE };
int engine_number(const struct contract *t);
/* The word of this engine. */
const char *pick(const struct contract *t, const char *postgresql, const char *mysql,
                 const char *sqlite);
const char *int_word(const struct contract *t);  /* 8-byte integer column */
const char *text_word(const struct contract *t); /* text column that compares by bytes */

/* Records a failure, with a message, unless ok.  Returns ok. */
bool expect(struct contract *t, bool ok, const char *format, ...);
/* rc is the wanted one (primary codes compare with any extended one); tells t->err. */
bool expect_rc(struct contract *t, int rc, int want, const char *what);

int run_sql(struct contract *t, struct conn *c, const char *sql); /* on c; error in t->err */
bool run_ok(struct contract *t, const char *format, ...);         /* on t->c, must succeed */
/* First column of the first row as an integer; -1 and a failure if there is none. */
sqlite3_int64 query_int(struct contract *t, struct conn *c, const char *sql);
struct conn *second_conn(struct contract *t); /* NULL and a failure if it cannot */
/* Opens a connection of another URL; url_clear(url) after closing it. */
int open_url(struct contract *t, const char *text, struct url *url, struct conn **c);
/* The URL with an option added; sqlite3_free. */
char *url_with(const struct contract *t, const char *option);

/* contract_big(id, name): n rows, ids from 1, names of some forty bytes. */
bool make_big(struct contract *t, int n);

/* Interrupts the host after so many milliseconds; wait.host is set from start to stop. */
void interrupt_start(struct contract *t, int ms);
void interrupt_stop(struct contract *t);
sqlite3_int64 clock_ms(void);
/* Less than what takes its time here (20 s, or for ever), and enough on a machine that does much else. */
#define PROMPT_MS 8000

#endif
