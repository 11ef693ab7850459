/* Model → the CREATE TABLE text for sqlite3_declare_vtab.  Always WITHOUT ROWID (identity is the key,
** count(*) can be played back).  Key forms:
**   one key column           that column is the PRIMARY KEY; unless its values can arrive as NULL (floats, and what
**                            neither says NOT NULL nor numbers rows: PRIMARY KEY alone does not keep NULL out in
**                            SQLite) or it is not compared byte by byte (NOCASE, RTRIM): then as a composite key
**   composite key, or none   a last column `_k BLOB HIDDEN PRIMARY KEY` (_k1, _k2 … where that name is taken)
** NOT NULL is declared only where no server value can arrive as NULL (never on REAL: NaN is NULL). */
#ifndef BINDS_MODEL_DECLARE_H
#define BINDS_MODEL_DECLARE_H

#include "model/model.h"

enum key_form {
    KEY_FORM_COLUMN,     /* one column, the declared PRIMARY KEY */
    KEY_FORM_ENCODED,    /* _k encodes the values of the identity columns */
    KEY_FORM_ROW         /* no key at all: _k encodes what the engine offers, or the whole row and an ordinal */
};

struct identity {
    enum key_form form;
    int ncolumns;        /* identity columns; 0 for KEY_FORM_ROW */
    const int *columns;
};

/* The primary key, else the first UNIQUE key whose columns are all NOT NULL, else KEY_FORM_ROW. */
struct identity declare_identity(const struct model *m);
#define DECLARE_KEY_NAME 24
/* The name of the hidden key. */
void declare_key_name(const struct model *m, char name[DECLARE_KEY_NAME]);
/* Text for sqlite3_declare_vtab, owned by the caller (sqlite3_free); NULL = out of memory. */
char *declare_text(const struct model *m);

#endif
