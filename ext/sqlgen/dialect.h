/* The data that makes one engine's SQL differ from another's.  No code here: sqlgen's functions are pure
** functions of model + plan + dialect.  Each engine fills one const struct dialect in
** engine/<name>/dialect.c (verbs, quoting, arguments, select forms), engine/<name>/ddl.c (DDL words) and
** engine/<name>/judge.c (verdicts).  Variants of one engine (MariaDB and MySQL) are separate structs that a
** connection picks when it knows the server (conn.dialect); offline the engine's default serves. */
#ifndef BINDS_SQLGEN_DIALECT_H
#define BINDS_SQLGEN_DIALECT_H

#include "model/remote.h"

enum op {
    OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IS, OP_ISNOT, OP_ISNULL, OP_NOTNULL,
    OP_IN, OP_LIKE, OP_GLOB, OP_ORDER, OP_N
};

enum verdict {
    VERDICT_LOCAL,      /* cannot be sent: SQLite filters */
    VERDICT_SUPERSET,   /* may be sent, SQLite rechecks */
    VERDICT_EXACT       /* means on the server what it means in SQLite: may be consumed */
};

/* Rows whose order column meets a condition, and by what they sort among themselves; NULL = it is NULL in all of them. */
struct order_part {
    const char *condition;
    const char *order;
};

/* One row of a verdict table; the first row that matches wins, no row = local.
** form: SQL text in which {c} is the quoted column, {a} the placeholder of the value (the same value each
** time it stands there), {l} the values of OP_IN: a list (a,b,c), or the array placeholder where the type has an
** array_form, {o} the operator as the server spells it (=, <>, <, <=, >, >=).
** {m} is {l} with each value written as `element` says, {v} the placeholder of the array without its array_form.
** {s} is the expression by which the column is read, {x} and {k} the names of its character set (Postgres: its type,
** where the catalog gives it) and collation.
** OP_IS and OP_ISNOT are never looked up with a value: they become OP_EQ, OP_NE, OP_ISNULL or OP_NOTNULL at
** xFilter.  OP_ORDER: the form is the expression that is sorted. */
struct judgement {
    unsigned long long types;   /* bit 1<<coltype of the remote column */
    unsigned ops;               /* bit 1<<op */
    unsigned text_orders;       /* bit 1<<text_order; 0 = any */
    unsigned collations;        /* bit 1<<collation of the comparison; 0 = any */
    int max_size;               /* CT_NUMERIC digits, text characters: a column beyond it, or without a limit,
                                ** does not match; 0 = any */
    const char *charset;        /* only columns of that character set; NULL = any */
    bool byte_index;            /* only where the column leads an index that is in memcmp order by itself */
    enum verdict verdict;
    const char *form;
    enum coltype arg;           /* type in which the argument travels; CT_N = the column's own */
    const struct order_part *parts; /* OP_ORDER: parts of the rows that an index can deliver in order although it
                                ** cannot deliver the form's; ended by a NULL condition; NULL = none needed */
    const char *element;        /* of {m}: a form of one value, {a} */
    const char *beside;         /* ranges: the values that the server sorts elsewhere than SQLite does; NULL = none */
    const char *why;            /* one line: the reason or the trap; shown in the README's table */
};

/* Two columns of one row that are compared with each other: a condition that no row fails for which SQLite says yes,
** so that the rows that fail it may stay away; SQLite compares those that come.  The first one that matches both columns
** wins, none = local.  form: {c} and {d} are the quoted columns, {o} the operator. */
struct pairing {
    unsigned long long types;   /* bit 1<<coltype: of either remote column */
    unsigned ops;               /* bit 1<<op */
    unsigned text_orders;       /* bit 1<<text_order: either one's; 0 = any */
    int max_size;               /* as a judgement's */
    const char *form;
    const char *why;            /* one line: the reason or the trap */
};

/* A type that binds does not know and that takes whole numbers alone: 0, and those from least to most (sqlgen/whole.c). */
struct whole_type {
    const char *name;
    sqlite3_int64 least, most;
    const char *declared;       /* as what a column of it is declared that is read from the server */
};

/* What the engine itself offers to tell the rows of a keyless table apart (not those of a view). */
struct row_identity {
    int n;                      /* values, 1 or 2 */
    const char *select[2];      /* expressions to read */
    enum coltype type[2];       /* as which they are read and sent */
    const char *where;          /* condition with {1} and {2} for their placeholders */
    const char *shadow;         /* a column of that name hides it; NULL = none can */
};

/* How a server remembers the outcome of a transaction of others (session/decider.c); one %lld is the number of a lock. */
struct decider_words {
    const char *identity;       /* one row: what tells this very database from all others, number of this session */
    const char *lock;           /* one row: was the lock %lld given to the session?  Gives the lock %lld up */
    const char *unlock;
    const char *try_lock;       /* one row: could it be given now?  It is kept no longer than this takes */
    const char *records;        /* rows: what stands prepared under a name that begins with %s, who has prepared it */
};

struct ddl_words;               /* sqlgen/ddl.h */

struct transaction_verbs {
    const char *before_read;    /* goes before begin_read; NULL = nothing */
    const char *begin_read;     /* one snapshot for all reads that follow */
    const char *begin_write;    /* explicit transaction that may write */
    const char *begin_statement;/* autocommit statement that needs more than one remote statement */
    const char *commit, *rollback;
    /* one %s: a plain lower-case name.  release NULL = needless, since a savepoint replaces an older one of its name */
    const char *savepoint, *release, *rollback_to;
    /* two-phase, one %s: the branch's id as a literal of that engine, validated by the caller; NULL = cannot */
    const char *xa_begin;       /* NULL = begin_write serves (PG); MySQL: XA START */
    const char *xa_end;         /* NULL = none */
    const char *xa_one_phase;   /* commits a branch that was begun by xa_begin and not prepared */
    const char *prepare, *commit_prepared, *rollback_prepared;
    /* What an account lacks that may not list what stands prepared, and the server's number for "you may not" where
    ** that is none of an ordinary refusal; NULL and 0 = everybody may */
    const char *list_needs;
    int list_refused;
};

struct dialect {
    const char *name;           /* "postgresql", "mariadb", "mysql", "sqlite" */
    char quote;                 /* '"' or '`', doubled inside */
    bool numbered_args;         /* $1 … against ? */
    const char *arg_form[CT_N]; /* how an argument of that type is spelt: "%s" or "%s::int8"; NULL = "%s" */
    const char *array_form[CT_N];/* IN as one array argument: "= ANY(%s::int8[])"; NULL = list (?,?,…) */
    int max_args;               /* arguments of one statement */
    int max_name_bytes;
    const char *default_schema; /* written before names that have no schema; NULL = nothing is */
    const char *select_form[CT_N]; /* how a column of that type is read: "%s", "%s::text"; NULL = "%s" */
    const char *equal_text[3];  /* by enum collation, %s a text: two are equal to SQLite if these are equal here */
    const char *limit_form;     /* " LIMIT %lld OFFSET %lld" variants are spelt by sqlgen/select.c */
    bool offset_needs_limit;    /* MySQL: OFFSET only after LIMIT */
    const char *no_limit;       /* the literal that means no limit, where needed */
    const char *nulls_lowest_asc, *nulls_lowest_desc; /* " NULLS FIRST" / " NULLS LAST", or "" */
    const struct row_identity *row_identity; /* engine/<name>/judge.c; NULL = none (MySQL) */
    const char *one_row;        /* ends an UPDATE or DELETE that may touch one row only (" LIMIT 1"); NULL = none */
    const struct whole_type *wholes; /* ends with .name == NULL; NULL = none */
    bool dynamic_types;         /* a column holds values of any class whatever its type (SQLite) */
    bool text_without_nul;      /* text cannot hold a NUL byte (PG) */
    int round_trip_rows;        /* cost of a round trip in streamed rows; 0 = 70 */
    const char *for_update;     /* " FOR UPDATE", or "" */
    const char *insert_default_row; /* "DEFAULT VALUES" or "() VALUES ()" */
    bool implicit_defaults;     /* a NOT NULL column without DEFAULT may have one all the same (MySQL: ENUM) */
    const char *seen;           /* " that this account may see", where the catalog shows no more than that; NULL = all */
    const char *default_function; /* of a column: its default; NULL = the catalog's text of it serves */
    bool returning;             /* INSERT … RETURNING works */
    bool unnest;                /* several arrays as rows: unnest($1, $2) AS t(a, b) */
    bool lateral;               /* a SELECT in FROM may name what stands before it: it is planned once for all rows */
    bool joins_names;           /* exists.sql reads the names from a table n(i, schema, name) before it */
    bool values_table;          /* rows of arguments as a table: (SELECT ? AS a UNION ALL VALUES (?), …) */
    bool subscripts;            /* (array)[n]: in no time, if its elements have one size and none is NULL */
    const char *pick;           /* pick(n, a, b, …): the nth of the others, as text; NULL = no such function */
    const char *last_id;        /* statement that tells the last id made in this session, NULL = none exact */
    /* conflict clauses around INSERT INTO t(cols) VALUES(…) */
    const char *insert_ignore_prefix;  /* "INSERT IGNORE INTO", or NULL: use on_conflict_nothing */
    const char *on_conflict_nothing;   /* " ON CONFLICT DO NOTHING", or NULL */
    const char *make_transactional;    /* DDL that gives a table transactions, one %s: its quoted name; NULL = all have */
    const char *make_witness;  /* makes the table of session/witness.h; NULL = none, SQLite has its own */
    struct transaction_verbs verbs;
    const struct decider_words *decider; /* NULL = this server cannot decide for others */
    const struct ddl_words *ddl;
    const struct pairing *pairings; /* engine/<name>/judge.c; ends with .form == NULL; NULL = none */
    const struct judgement *judgements; /* ends with .form == NULL and verdict LOCAL and types == 0 */
};

#endif
