/* The arguments of a declaration, scanned clause by clause: what SQLite's parser is given of each, and what
** its pragmas would lose.  Two readers of one text, which is why the scanner never judges: whatever it does
** not understand goes to SQLite's parser as written, and that one refuses it in its own words. */
#ifndef BINDS_MODEL_DEFINITION_H
#define BINDS_MODEL_DEFINITION_H

#include "model/model.h"
#include "model/token.h"

struct def_piece {
    const char *text;             /* as the user wrote it */
    const char *sql;              /* what stands for it in the private CREATE TABLE */
};

struct def_column {
    int piece;
    const char *name;
    const char *type;
    const char *default_text;     /* NULL = none */
    const char *generated_text;   /* NULL = ordinary */
};

struct def_key {                  /* UNIQUE and INDEX; the primary key stays in the CREATE TABLE */
    int piece;
    enum key_kind kind;
    bool unique;
    const char *name;
    const char *list;             /* what stands between the parentheses */
};

struct def_foreign_key {
    const char *name;
    const char *parent_schema;
    bool deferrable, initially_deferred;
};

struct definition {
    struct arena *arena;          /* everything below lives there */
    int npieces;
    struct def_piece *pieces;     /* columns first, then table constraints */
    int ncolumns;
    struct def_column *columns;
    int primary_piece;            /* -1 = no PRIMARY KEY */
    const char *primary_name;
    int nkeys;
    struct def_key *keys;         /* in order of declaration, as all that follow */
    int nforeign_keys;
    struct def_foreign_key *foreign_keys;
    int nchecks;
    struct check *checks;
};

/* texts: the arguments that are no options; empty ones are dropped. */
int definition_read(const char *const *texts, int n, struct arena *arena, struct definition *out,
                    struct err *err);
/* Error: malformed definition "<piece>": <message>. */
int definition_error(const struct definition *d, int piece, const char *message, struct err *err);

#endif
