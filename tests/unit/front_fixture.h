/* A conn of the scripted engine and the steps that the tests of the front share. */
#ifndef BINDS_TESTS_FRONT_FIXTURE_H
#define BINDS_TESTS_FRONT_FIXTURE_H

#include "fake.h"
#include "unit.h"

#define TEXT_BYTES 24 /* of generated texts */

struct front_fixture {
    struct fake fake;
    struct url url;
    struct wait wait;
    struct trace *trace;
    struct conn *conn;
    struct err err;
};
extern struct front_fixture fx;

void connect_with(unsigned caps);
void disconnect(void);
void send_ok(struct rows *rows, const char *sql, unsigned flags);
void exec_ok(const char *sql);
/* The next row of generated rows is number i. */
void expect_row(struct rows *rows, sqlite3_int64 i);
void generate(const char *like, sqlite3_int64 nrows, int ncolumns);

#endif
