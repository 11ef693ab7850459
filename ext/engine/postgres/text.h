/* Statements as text: what a statement's first words say, and arguments as literals where no
** parameters can go.  Pure functions, no connection and no libpq (verb.c, literal.c, args.c). */
#ifndef BINDS_ENGINE_POSTGRES_TEXT_H
#define BINDS_ENGINE_POSTGRES_TEXT_H

#include "engine/engine.h"

/* What a statement does to the transaction, by its first words. */
enum pg_verb {
    VERB_READ,          /* SELECT, VALUES, TABLE, WITH: may have rows to stream */
    VERB_OTHER,
    VERB_WRITE,         /* INSERT, UPDATE, DELETE, MERGE */
    VERB_BEGIN, VERB_COMMIT, VERB_ROLLBACK,
    VERB_PREPARE,       /* PREPARE TRANSACTION */
    VERB_SAVEPOINT, VERB_RELEASE, VERB_ROLLBACK_TO,
    VERB_ALONE,         /* may run neither in a transaction nor after another command of the same group */
    VERB_COPY
};
enum pg_verb pg_verb(const char *sql);

/* An array's elements: text form with quotes ({"a",NULL}), terminated. */
int pg_array_text(const struct arg *arg, int number, struct buf *out, struct err *err);
int pg_arg_refused(const struct arg *arg, int number, const struct cell *value, struct err *err);
/* sql with its $n replaced by literals. */
int pg_inline_args(const char *sql, const struct arg *args, int nargs, struct buf *out, struct err *err);
void pg_literal(const char *p, size_t n, struct buf *out);

#endif
