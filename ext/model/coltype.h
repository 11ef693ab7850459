/* The closed list of column types, and what each of them can hold.
**
** A `struct type` describes a declared or a remote column.  CT_OTHER is a type binds does not know: its text
** goes to the server as written and its values travel as text.  coltype_accept() decides, before anything is
** sent, whether a value survives the trip: the value read back must equal the value written, else it is an
** error here (never a silent rounding, padding or truncation on the server). */
#ifndef BINDS_MODEL_COLTYPE_H
#define BINDS_MODEL_COLTYPE_H

#include "model/cell.h"

enum coltype {
    CT_OTHER,       /* INET, CITEXT, GEOMETRY(Point,4326) … */
    CT_BOOL,        /* 0 / 1 */
    CT_INT2, CT_INT4, CT_INT8,
    CT_UINT8,       /* MySQL bigint unsigned; other unsigned types arrive as the next larger signed one */
    CT_FLOAT4, CT_FLOAT8,
    CT_NUMERIC,     /* precision, scale; precision 0 = unbounded (PG) */
    CT_TEXT, CT_VARCHAR, CT_CHAR,       /* length in characters; 0 = none given */
    CT_BLOB, CT_VARBINARY, CT_BINARY,   /* length in bytes; 0 = none given */
    CT_DATE,        /* 'YYYY-MM-DD' */
    CT_TIME,        /* 'HH:MM:SS[.ffffff]' */
    CT_DATETIME,    /* 'YYYY-MM-DD HH:MM:SS[.ffffff]' (fraction only when not zero, then six digits) */
    CT_DATETIMETZ,  /* PG timestamptz, MySQL timestamp: the same text, in UTC */
    CT_INTERVAL, CT_JSON, CT_JSONB, CT_UUID, CT_ENUM,
    CT_N
};

struct type {
    enum coltype id;
    enum affinity affinity;     /* SQLite's rule on `text` for declared columns; TEXT for CT_ENUM */
    int length;                 /* characters or bytes, 0 = none; CHAR and BINARY without one have 1 */
    int precision, scale;       /* CT_NUMERIC, and a server's floats that keep so many decimals; precision 0 = none
                                ** given.  Times: precision is the digits of a
                                ** second's fraction, 0 = none given (6), -1 = zero digits, as in TIME(0) */
    int nlabels;                /* CT_ENUM */
    const char *text;           /* as written or as the catalog says; never NULL ("" = no type) */
    const char *const *labels;
};

/* Parses a type as written in a declaration: "VARCHAR(80)", "NUMERIC(10,2)", "ENUM('a','b')",
** "timestamp with time zone", "".  Strings live in the arena.  Only out of memory fails. */
int coltype_parse(const char *text, struct arena *arena, struct type *out, struct err *err);
/* SQLite's own affinity rule for a declared type text. */
enum affinity coltype_affinity(const char *text);
const char *coltype_name(enum coltype id);     /* for messages and tests: "integer", "varchar" … */
bool coltype_is_integer(enum coltype id);      /* BOOL, INT2..UINT8 */
/* INT2, INT4, INT8: a server's column of that type holds NULL and whole numbers, each of which SQLite's integers
** hold, and nothing else.  So between two that follow each other there is none, a text of one becomes it again,
** and no collation has a say.  Not BOOL, and not UINT8, of which the large ones travel as texts.  (Of SQLite's own files
** the type promises nothing: dialect.dynamic_types.) */
bool coltype_is_whole(enum coltype id);
bool coltype_is_number(enum coltype id);       /* integers, floats, numeric */
bool coltype_is_text(enum coltype id);         /* TEXT VARCHAR CHAR */
bool coltype_is_blob(enum coltype id);

/* Room that coltype_accept may need for a canonical text of a number, date or time. */
#define COLTYPE_SCRATCH 64
/* Turns a value (affinity already applied) into the canonical one that a column of that type stores, or
** refuses: SQLITE_CONSTRAINT_DATATYPE with "value … does not fit <type> of column …" and the reason.  NULL
** always passes.  E.g. 5.5 for INT4: refused; 'a' for VARCHAR(0…): by characters; '2024-1-2' for DATE: refused;
** '2024-01-02T10:00' for DATETIME: '2024-01-02 10:00:00'; 0.1 for NUMERIC(10,2): text '0.10' (CELL_TEXT);
** 1.005 for NUMERIC(10,2): refused; 2 for BOOL: refused; text for BLOB: refused; 'a ' for CHAR(5): refused
** (a CHAR loses its trailing blanks); x'00' for BINARY(2): refused (it would be padded); 1e19 for UINT8: text.
** Numbers that leave as CELL_TEXT are plain decimals, scientific ("1e+200") only where that has no room. */
int coltype_accept(const struct type *type, const char *column, struct cell *value,
                   char scratch[COLTYPE_SCRATCH], struct err *err);

#endif
