/* Arguments of CREATE VIRTUAL TABLE … USING bind(…) → model.  Structure (columns, keys, foreign keys, NOT
** NULL, collation) comes from SQLite's own parser: the pieces are run as CREATE TABLE on a private :memory:
** connection and read back by pragmas.  What the pragmas lose (CHECK, constraint names, generated
** expressions, DEFERRABLE, INDEX, ENUM and types that the parser refuses) comes from a tokenizer over the raw text. */
#ifndef BINDS_MODEL_PARSE_H
#define BINDS_MODEL_PARSE_H

#include "model/model.h"

/* argv as SQLite hands them to xCreate: module, schema, table, then the pieces.  On success *out is the
** caller's (model_free).  Errors quote the offending piece; nothing is contacted. */
int parse_arguments(int argc, const char *const *argv, struct model **out, struct err *err);

/* The options' grammar, for other modules (bind_query), is in model/option.h; info and key in model/info.h. */
#endif
