/* What a table is: the declaration a user wrote, or the same read from a server's catalog.  A model lives in
** its own arena and is immutable once made; every pointer in it points into that arena. */
#ifndef BINDS_MODEL_MODEL_H
#define BINDS_MODEL_MODEL_H

#include "model/coltype.h"

enum generated { GENERATED_NO, GENERATED_VIRTUAL, GENERATED_STORED };
enum collation { COLLATION_BINARY, COLLATION_NOCASE, COLLATION_RTRIM };

struct column {
    const char *name;
    struct type type;
    enum collation collation;
    bool not_null;              /* as declared; primary key columns too */
    bool autoincrement;         /* AUTOINCREMENT, or the catalog's serial/identity/AUTO_INCREMENT */
    int key_position;           /* 1..n in the primary key, 0 = not in it */
    const char *default_text;   /* SQL expression as written, NULL = none */
    enum generated generated;
    const char *generated_text; /* expression */
};

enum key_kind { KEY_PRIMARY, KEY_UNIQUE, KEY_INDEX };

struct key {                    /* primary key, unique constraint, or INDEX */
    enum key_kind kind;
    bool unique;                /* PRIMARY, UNIQUE and UNIQUE INDEX */
    const char *name;           /* NULL = unnamed */
    int ncolumns;
    int *columns;               /* positions in model.columns */
    bool *descending;
};

enum fk_action { FK_NO_ACTION, FK_RESTRICT, FK_SET_NULL, FK_SET_DEFAULT, FK_CASCADE };

struct foreign_key {
    const char *name;           /* NULL = unnamed */
    int ncolumns;
    int *columns;
    const char *parent_schema;  /* NULL = the child's */
    const char *parent_table;   /* the name as the user wrote it: a local table name, or a remote one */
    const char **parent_columns;/* NULL = the parent's primary key */
    enum fk_action on_delete, on_update;
    bool deferrable, initially_deferred;
};

struct check {
    const char *name;           /* NULL = unnamed */
    const char *expression;     /* without the outer parentheses */
};

struct model {
    struct arena arena;
    const char *local_name;
    const char *bind_key;       /* NULL = default bind */
    const char *info;           /* JSON object text, always with "bind_key"; never NULL */
    const char *remote_schema;  /* NULL = the connection's default */
    const char *remote_name;
    bool remote_name_given;     /* table='…' was written; else it is the local name of the day */
    bool declared_columns;      /* false: no columns were written, they are read from the server */
    int ncolumns;
    struct column *columns;
    int nkeys;
    struct key *keys;           /* the primary key first, if there is one */
    int nforeign_keys;
    struct foreign_key *foreign_keys;
    int nchecks;
    struct check *checks;
};

struct model *model_new(void);              /* NULL = out of memory */
void model_free(struct model *m);           /* NULL is fine */
int model_column(const struct model *m, const char *name); /* ASCII case-insensitive; -1 = none */
const struct key *model_primary_key(const struct model *m);/* NULL = none */
/* The column that is a lone integer primary key (SQLite's rowid alias: server-made ids), or -1. */
int model_auto_column(const struct model *m);

#endif
