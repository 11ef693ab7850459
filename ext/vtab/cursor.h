/* One scan of a bind table.
**
** The plan arrives in idxStr and is decoded once per statement text: a cursor is given back to its table when
** it is closed (table.spare), so that a lookup that is executed again and again allocates nothing.  What a
** run does next is its phase:
**   PHASE_KEPT    nothing was sent: the rows were kept from before (inner.c)
**   PHASE_ROWS    the statement delivers rows until it ends
**   PHASE_PAGE    the first rows only (LIMIT, or a peek); if SQLite wants more, PHASE_ROWS follows with the whole
**                 result, less the rows that were delivered: so LIMIT can be sent even where SQLite may look further.
**                 After a peek that is common, and both statements read one snapshot.  After a LIMIT it is rare: if
**                 the table has changed in between so that both do not fit together, the statement fails as busy
**   PHASE_SKIP    the statement delivers the rows behind an OFFSET.  The rows before it, which SQLite passes over
**                 unread, are played back empty; then PHASE_PAGE follows.  If SQLite does read a column of one,
**                 PHASE_ROWS follows from the same position; if there is nothing behind the OFFSET, PHASE_COUNT
**   PHASE_COUNT   one count was read, and as many empty rows are played back; if SQLite then reads a column
**                 after all, PHASE_ROWS follows from the same position.  It also follows a page whose first row
**                 SQLite has passed over without reading a column (PLAN_COUNT_LATER)
** filter.c turns plan and values into a statement; cursor.c reads it, column.c hands its values over. */
#ifndef BINDS_VTAB_CURSOR_H
#define BINDS_VTAB_CURSOR_H

#include "session/bind.h"
#include "session/probe.h"
#include "session/slices.h"
#include "sqlgen/plan_text.h"
#include "sqlgen/select.h"
#include "vtab/rowset.h"
#include "vtab/table.h"

/* The end is a bit of its own, which xEof returns: it is asked after every row. */
enum cursor_phase { PHASE_ROWS, PHASE_PAGE, PHASE_SKIP, PHASE_COUNT, PHASE_KEPT, PHASE_END = 8 };

#define CURSOR_PLACES 256        /* of statements without long lists */
#define CURSOR_WHAT 160
#define CURSOR_VALUES_LIMIT 0x100000 /* bytes of a run's values that are compared with those of others */

/* A statement's text and what its placeholders stand for. */
struct cursor_text {
    char *sql;                   /* owned; NULL = none yet */
    sqlite3_uint64 narrow;       /* … of a scan without these columns */
    int nplaces;
    struct place *places;        /* owned */
    struct select_variant variant;
    struct select_term terms[PLAN_TERMS_MAX];
};

/* The value that a term was last fitted to: most terms of an inner table have the same one in every run. */
struct cursor_value {
    bool known, bound;
    struct cell value;           /* its text lies in `text` */
    char text[32];
};

/* The statement that a plan was decoded for, known again by the address of its idxStr, which is its own memory as long as
** it is prepared.  Another one with an idxStr there has been planned since, and so was this one if it has become another:
** then binds.planned has gone up. */
struct cursor_statement {
    const char *plan;            /* only compared; NULL = none */
    sqlite3_int64 planned;       /* binds.planned, then */
    const char *dialect;         /* the name of the plan's */
    bool lone;                   /* it only reads, and scans once */
};

struct cursor {
    sqlite3_vtab_cursor base;    /* first */
    struct table *table;
    struct bind *bind;
    char what[CURSOR_WHAT];      /* "reading user", for errors */

    /* by the plan */
    char *idx_str;               /* owned copy of what the plan was decoded from; NULL = none */
    size_t idx_len;
    char dialect[16];            /* … for that dialect */
    struct plan plan;
    sqlite3_uint64 narrow;       /* columns that nobody reads (narrow.h), taken out of plan.fetch */
    short *position;             /* owned: model column → column of the result, -1 = not read */
    unsigned char *affinity;     /* … → enum affinity of its values; lies behind `position` */
    int engine_position;         /* first column of the engine's identity, -1 = not read */
    int rows_columns;            /* of the result */
    struct identity_plan identity;
    struct cursor_text usual, other;

    /* by the values of this run */
    struct rhs *rhs;             /* owned: one per term of the plan */
    struct cell **lists;         /* owned: one per term, cells in `values` */
    int *nlists;
    struct cursor_value *fitted; /* one per term: what rhs stands for */
    struct select_term terms[PLAN_TERMS_MAX];
    struct arena values;         /* of lists */
    struct arg *args;            /* owned */
    sqlite3_uint64 changed;      /* terms that may have another value than in the run before */
    struct cell limit, offset, sum; /* sum: limit and offset */
    sqlite3_int64 asked;         /* rows that the limit asks for, -1 = all */
    sqlite3_value **argv;        /* of xFilter, as long as its values are fitted */
    sqlite3_uint64 slices_bound; /* arguments that were parameters when `slices` was set */
    int argc;
    int args_room;
    bool exact;                  /* the server decides all terms of this run exactly */
    bool slices_known;           /* … of the statement: `slices` is set (session/slices.h) */
    bool extremes_known;         /* … `extremes` is (session/extremes.h) */
    bool tested_known;           /* … `tested` is (session/tested.h) */
    bool outer_known;            /* … `outer` is */
    bool outer;                  /* an outer join may be around it: auxiliary terms are left to SQLite */
    struct slice_argument slices[PLAN_TERMS_MAX];
    struct plan_extremes extremes; /* all that the scan is for; none = it is for more */
    struct pairs tested;         /* comparisons that the server could make in all its scans of the table … */
    struct pairs pairs;          /* … and those that it makes in this run */
    sqlite3_uint64 as_number;    /* terms whose recheck is decided here, as numbers (recheck.h) */
    sqlite3_uint64 unsure;       /* terms of which it is not known how they are rechecked */
    sqlite3_uint64 rechecked;    /* terms whose recheck has read the current row … */
    sqlite3_int64 rechecked_row; /* … of this number */

    /* the run */
    enum cursor_phase phase;
    struct rows rows;
    sqlite3_int64 row;           /* number of the current one, from 0 */
    sqlite3_int64 last;          /* PHASE_PAGE, PHASE_COUNT: rows there are at most; PHASE_SKIP: of the page, -1 = all */
    sqlite3_int64 last_empty;    /* PHASE_COUNT, PHASE_SKIP: number of the last row without values; else 0 */
    sqlite3_int64 skip;          /* rows before the first one of the statement: PHASE_SKIP plays them back */
    sqlite3_int64 pass;          /* of these, still to be left out after a page */
    struct rowset seen;          /* PHASE_PAGE: rows delivered; then those still to be left out */
    struct row_hash page_end;    /* what the last row of the page is ordered by */
    bool leave_out;              /* PHASE_ROWS after a page */
    bool for_write;              /* the statement scans in order to write */
    bool key_order;              /* … and the order in which it meets the rows counts */
    bool locks_ahead;            /* … and it may lock the rows of its next runs together with this one's */
    bool for_write_known;
    sqlite3_int64 scan;          /* declared.scans when it was opened */
    sqlite3_int64 gathered_row;  /* the one whose key was counted last, -1 = none */
    bool may_leave;              /* SQLite may ask for columns only to leave them as they are (sqlite3_vtab_nochange) */
    bool no_count;               /* counting, or leaving rows away, was in vain once */
    bool read_any;               /* a column was read in this run */
    bool looks;                  /* may_leave, as_number or unsure: reading a column is more than handing it over */
    struct rowset equal;         /* IDENTITY_VALUES: rows seen, for their ordinals */

    /* this run among others of the plan (inner.c) */
    struct probe *probe;         /* of the plan; NULL = to be found */
    sqlite3_int64 probe_id;
    struct buf run_values;
    unsigned run_at[PROBE_TERMS_MAX + 1];
    unsigned run_flags;          /* query_flag: what is asked of the statement beyond the usual */
    sqlite3_int64 run_began;     /* 0 = its statement's first row has come, or there is none */
    struct cursor_text *sent; /* the text that was sent last; `args` are its arguments */
    struct cursor_statement statement; /* whose scan it is */
    bool repeats;                /* `rows` can be read again if a run differs from the one before by its values only */
    bool was_exact;              /* … which had that `exact` */
    bool early;                  /* nobody reads it: its statement is sent in advance (foresee.c) */
    bool fetches_all;            /* more than this run's rows are asked for, to be kept */
    bool noted;                  /* inner_over was called */
    bool count_known;            /* PHASE_COUNT: last is set */
    struct keystore_scan kept;   /* PHASE_KEPT */

    /* looking ahead (ahead.c) */
    struct cursor *older, *newer;/* open cursors of the connection */
    struct cursor *source;       /* whose rows seem to hold the keys of this one; NULL = unknown */
    int source_term, source_column, source_hits, source_searches;
    bool wanted;                 /* somebody wants to know these rows in advance */
    bool reads_on;               /* PHASE_KEPT: after the last kept row the statement has more */
    int ahead_rows;
    struct keystore_budget ahead_budget;

    struct buf key;
    sqlite3_int64 key_row;       /* row that `key` is of, -1 = none */
};

/* For that table, not opened: the one that was closed last, or a new one.  NULL = out of memory. */
struct cursor *cursor_take(struct table *t);
/* Back to its table, or freed. */
void cursor_give(struct cursor *c);
/* Reads plan and values and starts the statement, whose first row is to be fetched, unless the phase is PHASE_END.
** SQLITE_ROW or SQLITE_DONE: that was done as well. */
int cursor_filter(struct cursor *c, const char *idx_str, int argc, sqlite3_value **argv, struct err *err);
/* Starts a statement of the plan (again) with the values of this run. */
int cursor_send(struct cursor *c, enum select_what what, enum select_limit limit, struct err *err);
/* Context of planning for this table; *remote is the catalog's, good until the callback ends. */
int cursor_context(struct table *t, struct bind *bind, struct plan_context *out, struct err *err);
/* The value of a model column in the current row, as a native table of that declaration would hold it. */
int cursor_column(struct cursor *c, int column, char scratch[CELL_SCRATCH], struct cell *out, struct err *err);
/* A column is read after all while empty rows are played back: rows instead, from the same position. */
int cursor_leave_count(struct cursor *c, struct err *err);
/* Ends the scan.  What a callback returns for that error. */
int cursor_fail(struct cursor *c, struct err *err);
/* All columns of the statement's current row. */
int cursor_rows_cells(struct cursor *c, struct cell *cells, struct err *err);
/* The bytes of the current row's cells, for row_hash. */
int cursor_row_bytes(struct cursor *c, struct buf *out, struct err *err);

#endif
