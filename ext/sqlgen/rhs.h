/* The value of a right-hand side against a remote column, at xFilter time.
**
** SQLite hands over right-hand sides raw and applies affinity and class order itself, in its recheck.  Here the
** same is worked out beforehand: what would SQLite say of `column op value` for every value that the column can
** deliver?  The answer is an argument to send (perhaps with another operator), or a constant truth, or "cannot
** be said: drop the term and let SQLite decide". */
#ifndef BINDS_SQLGEN_RHS_H
#define BINDS_SQLGEN_RHS_H

#include "sqlgen/judge.h"
#include "sqlgen/moment.h"

/* What the values of a remote column are, once they have arrived in the declared column. */
enum domain {
    DOMAIN_MIXED,      /* not to be foreseen: nothing but IS NULL can be sent */
    DOMAIN_INT,        /* integers of at most 64 bits */
    DOMAIN_UINT,       /* MySQL bigint unsigned: beyond 2^63 they arrive as reals */
    DOMAIN_REAL,       /* doubles */
    DOMAIN_DECIMAL,    /* decimals of at most 15 digits: each has a double of its own */
    DOMAIN_WIDE,       /* longer decimals, or without limit */
    DOMAIN_TEXT,
    DOMAIN_WORDS,      /* text that becomes a number where it looks like one: only = of what does not can be sent */
    DOMAIN_BLOB,
    DOMAIN_DATE, DOMAIN_TIME, DOMAIN_DATETIME, DOMAIN_UUID,  /* canonical text */
    DOMAIN_ANY_NUMERIC, DOMAIN_ANY_TEXT, DOMAIN_ANY_BLOB,    /* dynamic types, by affinity */
    DOMAIN_N
};

/* All that the answer depends on, besides operator and value. */
struct rhs_rule {
    enum domain domain;
    enum affinity affinity;   /* of the declared column */
    enum coltype arg;         /* type in which the argument travels */
    int precision, scale;     /* DOMAIN_DECIMAL */
    bool literal;             /* the value is a literal of the statement: no column's affinity meets ours */
    bool without_nul;         /* the server's text holds no NUL */
    bool like_pair;           /* maybe one half of what SQLite made of LIKE 'x%': then text only is meant, and
                              ** values of other classes must not be lost, for LIKE looks at their text */
};

enum rhs_outcome {
    RHS_SEND,      /* column op value */
    RHS_NONE,      /* no row */
    RHS_NOT_NULL,  /* every row where the column is not NULL */
    RHS_IS_NULL,   /* the rows where it is */
    RHS_ALL,       /* every row */
    RHS_DROP       /* SQLite must filter */
};

#define RHS_SCRATCH 64

struct rhs {
    enum rhs_outcome outcome;
    enum op op;               /* RHS_SEND: OP_EQ, OP_NE, OP_LT … or OP_ISNOT (as OP_NE, or NULL) */
    bool exact;               /* false: the rows are a superset (always so for RHS_DROP) */
    struct cell value;        /* RHS_SEND; text may lie in scratch */
    char scratch[RHS_SCRATCH];
};

/* The affinity that SQLite sees on the declared column. */
static inline enum affinity rhs_affinity(const struct type *declared)
{
    return declared->id == CT_ENUM ? AFF_TEXT : declared->affinity;
}
static inline bool rhs_is_numeric(enum affinity a)
{
    return a == AFF_NUMERIC || a == AFF_INTEGER || a == AFF_REAL;
}
/* How a remote column's values arrive in a column declared so. */
enum domain rhs_domain(const struct dialect *d, const struct type *remote, const struct type *declared);
/* True when rhs_fit answers exactly for every value there is (so that SQLite's recheck can be given up). */
bool rhs_always_exact(const struct rhs_rule *rule, enum op op);
/* op: OP_EQ … OP_ISNOT.  v: where the value came from, for the host's own text → number; NULL = nowhere. */
int rhs_fit(const struct rhs_rule *rule, enum op op, const struct cell *value, sqlite3_value *v,
            struct rhs *out);
/* For a range of texts whose right-hand side may have come out of a column of numeric affinity: the texts that look like
** numbers are numbers there, below all that stay texts.  They are let through. */
void rhs_allow_numbers(struct rhs *out);
/* Is this text valid UTF-8 (no surrogates, nothing overlong)? */
bool rhs_valid_text(const char *p, size_t n);

#endif
