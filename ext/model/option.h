/* name='value' among the arguments of CREATE VIRTUAL TABLE, for every module of binds:
**
**     option := name '=' ( 'text' | "text" | NULL )        quotes inside are doubled
**
** An argument is an option exactly when it begins with a name and '='; a column may be named like one. */
#ifndef BINDS_MODEL_OPTION_H
#define BINDS_MODEL_OPTION_H

#include "base/err.h"
#include "model/token.h"

struct option {
    const char *name;   /* one of the valid names: compare by pointer or text */
    const char *value;  /* NULL = the word NULL */
};

/* valid: NULL-terminated names.  *found = false when the argument is no option at all.  Errors: unknown name
** (with the valid ones), no quoted text behind '='. */
int option_read(const char *argument, const char *const *valid, struct arena *arena,
                struct option *out, bool *found, struct err *err);
/* An argument that is one quoted text and nothing else (the statement of bind_query); *out = NULL when it is
** something else. */
int option_text(const char *argument, struct arena *arena, const char **out, struct err *err);
/* The argument as messages show it: one line, without comments, shortened.  Never NULL. */
const char *option_show(const char *argument, struct arena *arena);

#endif
