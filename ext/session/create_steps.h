/* The statements of one bind, and how they are run: in a transaction where the server's DDL has them, so that
** a failure leaves nothing, else one by one, so that it is known what stays. */
#ifndef BINDS_SESSION_CREATE_STEPS_H
#define BINDS_SESSION_CREATE_STEPS_H

#include "session/create_plan.h"

struct step {
    enum ddl_kind kind;
    const char *sql;
    int table; /* of the bind; -1 = none */
    bool done;
};

struct steps {
    struct arena *arena;
    int n;
    struct step *at;
};

/* Appends the statements of a script. */
int steps_add(struct steps *s, const struct ddl_script *script, struct err *err);

enum steps_mode {
    STEPS_EACH,  /* every statement commits: MySQL */
    STEPS_OWN,   /* a transaction of their own */
    STEPS_JOINED /* inside the local transaction, under a savepoint */
};

struct steps_run {
    struct bind *bind;
    enum steps_mode mode;
    bool piped; /* all statements travel at once; which one failed is not known then */
    struct conn *conn;
};

/* steps_begin, any number of steps_go, steps_end.  After a failure of one of them everything that can be undone
** has been, and steps_end is not due.  verb: "creating", for messages. */
int steps_begin(struct steps_run *r, struct bind *b, bool piped, const char *verb, struct err *err);
int steps_go(struct steps_run *r, const struct create_bind *cb, struct steps *s, const char *verb,
             struct err *err);
int steps_end(struct steps_run *r, const char *verb, struct err *err);

#endif
