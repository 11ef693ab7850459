/* A URL cut into its parts, nothing decoded: spans of the text itself.  For url.c and url_mask.c only. */
#ifndef BINDS_MODEL_URL_SPLIT_H
#define BINDS_MODEL_URL_SPLIT_H

#include "base/err.h"

#include <stddef.h>

struct span {
    const char *p;   /* NULL = not there */
    size_t n;
};

struct url_parts {
    struct span scheme;      /* without the driver part */
    struct span user, password;
    struct span hosts;       /* host[:port][,…]; may be empty */
    struct span database;    /* behind the slash */
    struct span query;       /* behind the question mark */
};

int url_split(const char *text, struct url_parts *out, struct err *err);
/* Takes the next name=value off the query; false at its end.  value.p is NULL without a '='. */
bool url_next_option(struct span *query, struct span *name, struct span *value);
/* Decodes into out (n + 1 bytes), terminated.  False: a '%' without two hexadecimal digits, or %00. */
bool url_decode(struct span s, char *out);
/* Whether the values of the (decoded) option are secret. */
bool url_is_secret(const char *name);

#endif
