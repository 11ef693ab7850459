/* CREATE TABLE, indexes, foreign keys, enum types and DROP TABLE as text: pure functions of model + dialect.
**
** What differs between servers is the data of struct ddl_words; engine/<name>/ddl.c fills one per dialect.
** What a server would take but mean otherwise (deferred foreign keys on MySQL, an integer division) is
** refused here, before anything is sent: a table that is made means what was declared. */
#ifndef BINDS_SQLGEN_DDL_H
#define BINDS_SQLGEN_DDL_H

#include "sqlgen/quote.h"

enum ddl_index_place {
    DDL_INDEX_STATEMENT, /* CREATE INDEX "i" ON "schema"."t" */
    DDL_INDEX_IN_SCHEMA, /* CREATE INDEX "schema"."i" ON "t" */
    DDL_INDEX_INLINE     /* part of CREATE TABLE: one statement makes the whole table or nothing */
};

/* CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME as a default: whole seconds in UTC, as SQLite makes them,
** whatever the time zone of the session that inserts. */
struct ddl_now {
    const char *value; /* for date and time types */
    const char *zoned; /* for CT_DATETIMETZ */
    const char *text;  /* for text types */
};

/* A server's name of a type, where model/coltype would read it otherwise: compared with the catalog's text
** without its arguments and in lower case. */
struct ddl_alias {
    const char *name; /* NULL = end of the list */
    enum coltype id;
};

struct ddl_rename {        /* a function of SQLite and the one that means the same */
    const char *from, *to; /* NULL = end of the list */
};

struct ddl_refusal { /* an operator of SQLite that would silently mean something else */
    const char *op;  /* NULL = end of the list */
    const char *why;
};

struct ddl_words {
    /* Type words by coltype; %l length, %p precision, %s scale, %e the enum's labels, %m the longest of
    ** them, %t the text as written.  bare: without length or precision; NULL = the same as type.  whole:
    ** numbers with a precision and no scale; NULL likewise. */
    const char *type[CT_N];
    const char *type_bare[CT_N];
    const char *type_whole;
    const char *type_none;       /* a column that declares no type; NULL = none either */
    const char *auto_type[CT_N]; /* replaces the type of a server-numbered key (SERIAL), or NULL */
    const char *auto_suffix;     /* " AUTO_INCREMENT", or NULL */
    const char *
        numbering; /* how the catalog's defaults of such keys begin, where it has no word for them */
    const char *auto_key; /* " PRIMARY KEY AUTOINCREMENT", where only that is said in the column */
    const struct ddl_alias *aliases; /* for texts of the catalog, NULL = none */

    /* By enum collation, after text types; "" = what table_charset gives. */
    const char *text_collate[3];
    const char *text_collate_older[3]; /* of servers before collate_version */
    const char *table_charset, *table_charset_older;
    int collate_version;      /* 0 = all */
    const char *table_suffix; /* after the closing parenthesis */
    const char *fold[3]; /* by enum collation: expression that unique keys are made of, or NULL */

    bool verbatim;                /* the server speaks SQLite: expressions go as written */
    bool backslash_escapes;       /* in text literals */
    bool bare_time_is_whole;      /* the catalog's DATETIME is DATETIME(0) */
    bool true_false;              /* boolean columns take no 0 and 1 */
    bool names_in_characters;     /* dialect.max_name_bytes counts characters */
    bool default_after_not_null;  /* MySQL: NOT NULL DEFAULT x */
    bool default_in_parentheses;  /* LONGTEXT, LONGBLOB and JSON take expressions only */
    bool generated_virtual;       /* knows VIRTUAL; else every generated column is STORED */
    bool generated_not_null;      /* else NOT NULL of such a column becomes a CHECK */
    bool enum_types;              /* CREATE TYPE … AS ENUM */
    bool enum_check;              /* labels are kept by a CHECK */
    bool references_need_columns; /* REFERENCES t alone does not mean its primary key */
    bool references_without_schema;
    bool foreign_keys_deferrable;
    bool foreign_keys_set_default;
    bool cycles_by_alter; /* false: forward references are legal (SQLite) */
    int checks_version;   /* older servers ignore CHECK silently; 0 = all enforce */
    enum ddl_index_place index_place;

    /* Keys of texts and blobs without a length: such a column is declared with the longest length that fits
    ** into all of its keys, and a plain index takes a prefix.  key_bytes 0 = keys have no limit. */
    int key_bytes, key_prefix;
    const char *key_text, *key_blob; /* one %l */

    const char *blob_form; /* one %s: the hexadecimal digits */
    struct ddl_now now[3]; /* timestamp, date, time */
    const struct ddl_rename *functions;
    const struct ddl_refusal *refused;
    const char *like; /* LIKE by ASCII letters of either case; NULL = has none */
    const char *concat_begin,
        *concat_end;              /* statements around a CREATE TABLE that says ||, or NULL */
    const char *drop_foreign_key; /* "DROP CONSTRAINT", or NULL: dropping the tables is enough */
    const char *drop_cycle;       /* statement before a cycle is dropped, or NULL */
};

/* For whom the text is. */
struct ddl {
    const struct dialect *dialect;
    int server_version;      /* conn.server_version; 0 = not known: a current one */
    bool database_collation; /* ?collation=database */
};

/* A table and what its foreign keys refer to. */
struct ddl_table {
    const struct model *model;
    const struct model *const
        *parents;    /* per foreign key; NULL = a table that is not declared here */
    bool keys_later; /* foreign keys follow with ddl_add_foreign_keys */
};

enum ddl_kind { DDL_TYPE, DDL_TABLE, DDL_INDEX, DDL_CONSTRAINT, DDL_SETTING };

struct ddl_statement {
    enum ddl_kind kind;
    const char *sql;
    const char *schema, *name; /* DDL_TYPE: of the type */
    const struct type *type;   /* DDL_TYPE: its labels */
    int table; /* the caller's number of the table; ddl_create and the others leave 0 */
};

/* Statements in order, in memory of an arena. */
struct ddl_script {
    struct arena *arena;
    int n, cap;
    struct ddl_statement *at;
};

/* Names that fit, clauses that mean the same there: what can be known without the server.  Every other
** function may count on it. */
int ddl_check(const struct ddl *x, const struct ddl_table *t, struct err *err);
/* Types, table and indexes. */
int ddl_create(const struct ddl *x, const struct ddl_table *t, struct ddl_script *out,
               struct err *err);
/* ALTER TABLE … ADD FOREIGN KEY for each foreign key. */
int ddl_add_foreign_keys(const struct ddl *x, const struct ddl_table *t, struct ddl_script *out,
                         struct err *err);
int ddl_drop_foreign_key(const struct ddl *x, const char *schema, const char *table,
                         const char *name, struct ddl_script *out, struct err *err);
int ddl_drop(const struct ddl *x, const struct model *m, struct ddl_script *out, struct err *err);
/* DROP TYPE for each enum column. */
int ddl_drop_types(const struct ddl *x, const struct model *m, struct ddl_script *out,
                   struct err *err);

/* The column's type as CREATE TABLE spells it, without collation.  Arena memory, NULL = out of memory. */
const char *ddl_column_type(const struct ddl *x, const struct model *m, int column,
                            struct arena *arena);
/* A type as the server's catalog spells it. */
int ddl_read_type(const struct ddl_words *words, const char *text, struct arena *arena,
                  struct type *out, struct err *err);

#endif
