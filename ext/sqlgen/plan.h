/* What SQLite asks (a request) and what we answer (a plan).  Planning is pure: it sees a copy of
** sqlite3_index_info, the model, the catalog and the dialect, and contacts nobody.
**
** A plan says which terms go to the server and by which verdict row, which columns come back, in what order, and
** what that costs.  It travels in idxStr (plan_text.h), is read again at xFilter, where the values are known
** (rhs.h), and is all that xFilter needs: the catalog is looked at again only when the text of the
** statement must differ from the one that was planned. */
#ifndef BINDS_SQLGEN_PLAN_H
#define BINDS_SQLGEN_PLAN_H

#include "sqlgen/identity.h"

#define PLAN_TERMS_MAX 40
#define PLAN_ORDER_MAX 16
#define PLAN_PEEK_ROWS 16
#ifdef BINDS_SKIP_AT_ONCE        /* for tests */
#define PLAN_SKIP_FROM 1
#else
#define PLAN_SKIP_FROM 200       /* fewer rows of an offset cost less than the count that a page behind the end needs */
#endif
#define PLAN_COLUMN_BITS 63      /* columns from here on share the last bit, as in colUsed */

enum request_op {                /* SQLITE_INDEX_CONSTRAINT_… as far as we use them */
    REQUEST_COMPARE, REQUEST_LIMIT, REQUEST_OFFSET, REQUEST_UNKNOWN
};

struct request_term {
    enum request_op kind;
    enum op op;                  /* REQUEST_COMPARE */
    int column;                  /* of the declared table; the hidden key may be one */
    bool usable;
    bool in;                     /* IN, and all its values may be had at once */
    bool collation_known;
    enum collation collation;
    bool literal;                /* the value is known already, a literal of the statement */
    struct cell value;           /* with literal */
};
struct request_order {
    int column;
    bool descending;
};
struct request {
    int nterms;
    const struct request_term *terms;
    int norder;
    const struct request_order *order;
    sqlite3_uint64 used;         /* colUsed */
    int distinct;                /* sqlite3_vtab_distinct */
};

/* What the request is about, and what may be done. */
struct plan_context {
    const struct dialect *dialect;
    const struct model *model;
    const struct identity *identity;
    const struct remote *remote;
    int key_column;              /* index of the hidden key, -1 = none */
    const char *from;            /* text after FROM, NULL = the remote table */
    bool pushdown;               /* false: projection only */
    bool limit_is_safe;          /* HOST_LIMIT_CONSUMED */
    bool aux_is_safe;            /* HOST_AUX_CONSUMED */
    unsigned outer;              /* else: number by which xFilter learns whether they are (session/outer.h); 0 = none */
    bool used_has_key;           /* HOST_COLUSED_HAS_KEY */
};

struct plan_term {
    enum op op;
    int column;                  /* of the model */
    int argv;                    /* position in xFilter's argv; -1 = no value */
    int form;                    /* number of the verdict row */
    enum collation collation;    /* of the comparison */
    bool exact;                  /* the term says all that SQLite asks; the value may take it back */
    bool literal;
    struct rhs_rule rule;        /* how the value becomes an argument */
};
struct plan_order {
    int column;
    bool descending;
    int form;
};
enum plan_flag {
    PLAN_KEY = 1 << 0,           /* the hidden key is wanted: what the engine offers is read too */
    PLAN_COUNT = 1 << 1,         /* no column is wanted: a count may answer */
    PLAN_LIMIT = 1 << 2,         /* the first limit + offset rows are likely all that is wanted */
    PLAN_LIMIT_ONLY = 1 << 3,    /* … and surely, if every term is exact */
    PLAN_OFFSET = 1 << 4,        /* the server leaves the offset's rows out */
    PLAN_ORDERED = 1 << 5,       /* in the order asked for */
    PLAN_FEW = 1 << 6,           /* a unique key is fixed: a row or a few */
    PLAN_PEEK = 1 << 7,          /* the first rows are asked for alone: often (max, count) nobody wants more */
    PLAN_COUNT_LATER = 1 << 8,   /* if SQLite passes over the first row unread, a count may answer the rest */
    PLAN_PARTS = 1 << 9,        /* a limited read is put together from parts in index order */
    PLAN_UNSURE = 1 << 10,       /* planning only: the estimate wants what remote.distinct_unread has not read */
    PLAN_SKIP = 1 << 11          /* SQLite most likely passes over the offset's rows unread: they may stay away */
};
struct plan {
    unsigned flags;              /* plan_flag */
    sqlite3_uint64 fetch;        /* columns that are read, as in colUsed */
    sqlite3_uint64 spare;        /* … of these the key's, if only an older host might read them untold */
    int nterms;
    struct plan_term terms[PLAN_TERMS_MAX];
    int norder;
    struct plan_order order[PLAN_ORDER_MAX];
    int limit_argv, offset_argv; /* -1 = none */
    sqlite3_int64 limit, offset; /* literal values; -1 = known at xFilter only (or none) */
    unsigned outer;              /* auxiliary terms (plan_is_auxiliary) are sent only where this number allows it; 0 = always */
    unsigned asked;              /* hash of what was asked for: it tells scans of one statement apart that send the same */
    double rows, cost;
    double looked; /* rows that the server must look at; not kept in the text of a plan */
};
/* Those that SQLite derives for virtual tables alone: <>, IS NOT, IS NOT NULL, LIKE, GLOB. */
bool plan_is_auxiliary(enum op op);

/* The answer to each term of the request. */
struct plan_use {
    int argv;                    /* 1-based argvIndex; 0 = not used */
    bool omit;                   /* SQLite need not recheck */
    bool in;                     /* take all values at once */
};

/* Columns of which only the lowest or the highest value is wanted, by their bits. */
struct plan_extremes {
    sqlite3_uint64 lowest, highest;
};

/* Does the server have the table and all its declared columns?  Plans and statements are only made of such. */
int plan_check(const struct plan_context *c, struct err *err);
/* uses: one per term. */
void plan_choose(const struct plan_context *c, const struct request *r, struct plan *out,
                 struct plan_use *uses);
/* Does the plan read that model column? */
bool plan_fetches(const struct plan *p, int column);
/* Rows that the server reads from the ends of an index to find these extremes; 0: it cannot, or equal values of one of
** the columns are not always the same. */
int plan_ends(const struct plan_context *c, const struct plan *p, const struct plan_extremes *e);
/* The context's identity, for the columns and expressions of the key. */
void plan_identity(const struct plan_context *c, struct identity_plan *out);

#endif
