/* Verdicts: may this operator on this remote column be sent, and spelt how?  The rows are data of the engine
** (engine/<name>/judge.c); here is only the look-up and the spelling. */
#ifndef BINDS_SQLGEN_JUDGE_H
#define BINDS_SQLGEN_JUDGE_H

#include "sqlgen/quote.h"

/* For the tables: sets of types, operators, text orders and collations. */
#define T(name) (1ull << CT_##name)
#define O(name) (1u << OP_##name)
#define X(name) (1u << TEXT_##name)
#define C(name) (1u << COLLATION_##name)
#define T_INTS (T(INT2) | T(INT4) | T(INT8))
#define T_FLOATS (T(FLOAT4) | T(FLOAT8))
#define T_TEXTS (T(TEXT) | T(VARCHAR) | T(CHAR))
#define T_BLOBS (T(BLOB) | T(VARBINARY) | T(BINARY))
#define T_ALL ((1ull << CT_N) - 1)
#define O_EQUAL (O(EQ) | O(NE))
#define O_BELOW (O(LT) | O(LE))
#define O_ABOVE (O(GT) | O(GE))
#define O_RANGE (O_BELOW | O_ABOVE)
#define O_COMPARE (O_EQUAL | O_RANGE)
#define O_NULLS (O(ISNULL) | O(NOTNULL))

/* The row that says how `op` under `collation` is sent for that column, or NULL: local. */
const struct judgement *judge_find(const struct dialect *d, const struct remote *r, int column,
                                   enum op op, enum collation collation);
/* May a column of that type stand in a row that has that max_size? */
bool judge_size_fits(const struct type *t, int max_size);
/* Row number in the dialect's table, and back; -1 / NULL = none. */
int judge_number(const struct dialect *d, const struct judgement *j);
const struct judgement *judge_row(const struct dialect *d, int number);
/* The type in which the row's argument travels. */
enum coltype judge_arg(const struct judgement *j, enum coltype column);
/* "=", "<>", "<" …; IS and IS NOT as = and <>; "" for the others. */
const char *judge_operator(enum op op);

/* What stands behind one placeholder of a statement. */
struct place {
    int value;             /* number of the value, the caller's numbering */
    int element;           /* of a list; -1 = the value itself, or the whole list as one array */
    enum coltype type;     /* in which it travels */
};
struct places {
    int n;                 /* placeholders written so far: the next is number first + n */
    int first;             /* number of the first one, usually 1 */
    int limit;             /* room in place */
    struct place *place;
};
/* Appends a placeholder.  SQLITE_OK, or SQLITE_TOOBIG when there is no room. */
int place_write(const struct dialect *d, struct place place, struct places *places, sqlite3_str *out);
/* Writes the row's form for that column.  value: number of the value that {a} and {l} stand for.  nlist: elements
** of {l} for a dialect that spells lists, 0 = one array argument.  Where arguments are numbered, a value that
** stands twice in a form is one argument. */
int judge_write(const struct dialect *d, const struct judgement *j, enum op op,
                const struct remote_column *column, int value, int nlist, struct places *places,
                sqlite3_str *out);

#endif
