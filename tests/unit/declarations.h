/* For tests of declarations: a connection of its own with a `bind` module that does what the real one does with
** its arguments (parse_arguments, then sqlite3_declare_vtab), so that tests write them as users do and
** SQLite itself splits them; and a model as one readable text. */
#ifndef BINDS_TESTS_DECLARATIONS_H
#define BINDS_TESTS_DECLARATIONS_H

#include "model/declare.h"
#include "model/parse.h"

struct declarations {
    sqlite3 *db;
    struct model *model;   /* of the last CREATE, or NULL */
    char *declared;        /* the text that sqlite3_declare_vtab was given, or NULL */
    struct err err;        /* of the last CREATE */
};

int declarations_init(struct declarations *d);
void declarations_clear(struct declarations *d);
/* CREATE VIRTUAL TABLE "table" USING bind(arguments); the table is gone again when it returns.  SQLite's rc;
** err has the module's text, or SQLite's own. */
int declarations_create(struct declarations *d, const char *table, const char *arguments);
/* As declarations_create, but the table stays (and so do the model and its text until the next). */
int declarations_keep(struct declarations *d, const char *table, const char *arguments);

/* One line per fact, sqlite3_free by the caller:
**   table t → remote, bind users, info {…}
**   column id INTEGER key 1 not null auto
**   primary (id)   unique name (a, b desc)   index name (a)   unique index name (a)
**   foreign p (a) → s.parent (x) on delete cascade deferrable deferred
**   check name: a > 0 */
char *model_dump(const struct model *m);

#endif
