/* For tests of plans: a declared table, the catalog's view of it, and a request, from short texts. */
#ifndef BINDS_TESTS_PLANNING_H
#define BINDS_TESTS_PLANNING_H

#include "declarations.h"
#include "sqlgen/plan_text.h"
#include "sqlgen/select.h"

extern const struct dialect postgres_dialect, mariadb_dialect, mysql_dialect, sqlite_dialect;

#define PLANNING_TERMS 64

struct planning {
    struct declarations declarations;
    struct remote *remote;
    struct identity identity;
    struct plan_context context;
    struct request_term terms[PLANNING_TERMS];
    struct request_order order[PLANNING_TERMS];
    struct request request;
    struct plan plan;
    struct plan_use uses[PLANNING_TERMS];
    struct err err;
};

/* declared: arguments of CREATE VIRTUAL TABLE.  columns: "name TYPE[!][/order[/charset/collation]]; …", where ! is
** NOT NULL and order one of bytes, equal, pad, loose. */
void planning_init(struct planning *p, const struct dialect *d, const char *declared, const char *columns);
/* Adds an index: "a, b", unique or not, with so many distinct values. */
void planning_index(struct planning *p, const char *columns, bool unique, double distinct);
void planning_clear(struct planning *p);
/* The request: "a = 5, b > ?, c IN ?, d IS NULL, a LIKE 'x%', LIMIT 5, OFFSET ?, (b < ?)" – terms in
** parentheses are not usable; ? is a value that is not known yet; COLLATE NOCASE may follow a term. */
void planning_request(struct planning *p, const char *terms, const char *order);
/* plan_choose and the text of the usual SELECT, sqlite3_free by the caller; NULL: p->err tells. */
char *planning_run(struct planning *p);

#endif
