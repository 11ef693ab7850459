/* The plan's encoding: fields in a fixed order, numbers in decimal (masks in hexadecimal), each ended by a
** mark of its own, so that a reader can follow it by eye:
**
**   postgresql u5 f40 q1c39f2ab r150000 l2:10 o-1:-1 t0.3.0.12.14.1.0.5.1.14.10.2.1.1 s2.1.33
*/
#include "sqlgen/plan_text.h"

#include <math.h>
#include <string.h>

#define SEPARATOR " -- "
#define ROWS_MAX 9e18

char *plan_encode(const struct plan *p, const char *dialect, const char *sql)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendf(s, "%s" SEPARATOR "%s u%llx f%x q%x r%lld l%d:%lld o%d:%lld", sql, dialect,
                        p->fetch, p->flags, p->asked, (sqlite3_int64)fmin(p->rows, ROWS_MAX),
                        p->limit_argv, p->limit, p->offset_argv, p->offset);
    if (p->outer != 0)
        sqlite3_str_appendf(s, " j%u", p->outer);
    if (p->spare != 0)
        sqlite3_str_appendf(s, " v%llx", p->spare);
    for (int i = 0; i < p->nterms; i++) {
        const struct plan_term *t = &p->terms[i];
        sqlite3_str_appendf(s, " t%d.%d.%d.%d.%d.%d.%d.%d.%d.%d.%d.%d.%d.%d", t->op, t->column,
                            t->argv, t->form, t->collation, t->exact, t->literal, t->rule.domain,
                            t->rule.affinity, t->rule.arg, t->rule.precision, t->rule.scale,
                            t->rule.without_nul, t->rule.like_pair);
    }
    for (int i = 0; i < p->norder; i++)
        sqlite3_str_appendf(s, " s%d.%d.%d", p->order[i].column, p->order[i].descending,
                            p->order[i].form);
    return sqlite3_str_finish(s);
}

struct reader {
    const char *p;
    bool bad;
};

/* A number that ends with `end` or, for ' ', with the end of the text. */
static sqlite3_int64 take(struct reader *r, char end)
{
    bool negative = *r->p == '-';
    unsigned long long v = 0;
    r->p += negative;
    if (*r->p < '0' || *r->p > '9')
        r->bad = true;
    while (*r->p >= '0' && *r->p <= '9')
        v = v * 10 + (unsigned)(*r->p++ - '0');
    if (*r->p == end)
        r->p += end != '\0';
    else if (end != ' ' || *r->p != '\0')
        r->bad = true;
    return negative ? -(sqlite3_int64)v : (sqlite3_int64)v;
}

static unsigned long long take_hex(struct reader *r)
{
    unsigned long long v = 0;
    if (*r->p == ' ' || *r->p == '\0')
        r->bad = true;
    for (; *r->p != ' ' && *r->p != '\0'; r->p++) {
        char c = *r->p;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) {
            r->bad = true;
            return 0;
        }
        v = v << 4 | (unsigned)digit;
    }
    r->p += *r->p == ' ';
    return v;
}

static void take_mark(struct reader *r, char mark)
{
    if (*r->p == mark)
        r->p++;
    else
        r->bad = true;
}

static void take_term(struct reader *r, struct plan_term *t)
{
    *t = (struct plan_term){.op = (enum op)take(r, '.')};
    t->column = (int)take(r, '.');
    t->argv = (int)take(r, '.');
    t->form = (int)take(r, '.');
    t->collation = (enum collation)take(r, '.');
    t->exact = take(r, '.') != 0;
    t->literal = take(r, '.') != 0;
    t->rule.domain = (enum domain)take(r, '.');
    t->rule.affinity = (enum affinity)take(r, '.');
    t->rule.arg = (enum coltype)take(r, '.');
    t->rule.precision = (int)take(r, '.');
    t->rule.scale = (int)take(r, '.');
    t->rule.without_nul = take(r, '.') != 0;
    t->rule.like_pair = take(r, ' ') != 0;
    t->rule.literal = t->literal;
    if (t->op < 0 || t->op >= OP_N || t->collation > COLLATION_RTRIM ||
        t->rule.domain >= DOMAIN_N || t->rule.arg > CT_N)
        r->bad = true;
}

static void take_order(struct reader *r, struct plan_order *o)
{
    o->column = (int)take(r, '.');
    o->descending = take(r, '.') != 0;
    o->form = (int)take(r, ' ');
}

/* Behind the last separator, or NULL. */
static const char *encoding_of(const char *text)
{
    size_t n = strlen(text), width = strlen(SEPARATOR);
    for (size_t i = n; i >= width; i--) {
        if (memcmp(text + i - width, SEPARATOR, width) == 0)
            return text + i;
    }
    return NULL;
}

int plan_decode(const char *text, const char *dialect, struct plan *out, size_t *sql_len,
                struct err *err)
{
    struct reader r = {encoding_of(text), false};
    size_t n = strlen(dialect);
    *out = (struct plan){.limit_argv = -1, .offset_argv = -1, .limit = -1, .offset = -1};
    if (r.p == NULL)
        return err_set(err, SQLITE_CORRUPT, "this is no plan of a bind table");
    *sql_len = (size_t)(r.p - text) - strlen(SEPARATOR);
    if (strncmp(r.p, dialect, n) != 0 || r.p[n] != ' ')
        return err_set(err, SQLITE_SCHEMA,
                       "the bind has become another server since this statement was "
                       "prepared: prepare it again");
    r.p += n + 1;
    take_mark(&r, 'u');
    out->fetch = take_hex(&r);
    take_mark(&r, 'f');
    out->flags = (unsigned)take_hex(&r);
    take_mark(&r, 'q');
    out->asked = (unsigned)take_hex(&r);
    take_mark(&r, 'r');
    out->rows = (double)take(&r, ' ');
    take_mark(&r, 'l');
    out->limit_argv = (int)take(&r, ':');
    out->limit = take(&r, ' ');
    take_mark(&r, 'o');
    out->offset_argv = (int)take(&r, ':');
    out->offset = take(&r, ' ');
    if (*r.p == 'j') {
        r.p++;
        out->outer = (unsigned)take(&r, ' ');
    }
    if (*r.p == 'v') {
        r.p++;
        out->spare = take_hex(&r);
    }
    while (!r.bad && *r.p == 't' && out->nterms < PLAN_TERMS_MAX) {
        r.p++;
        take_term(&r, &out->terms[out->nterms++]);
    }
    while (!r.bad && *r.p == 's' && out->norder < PLAN_ORDER_MAX) {
        r.p++;
        take_order(&r, &out->order[out->norder++]);
    }
    if (r.bad || *r.p != '\0')
        return err_set(err, SQLITE_CORRUPT, "this is no plan of a bind table");
    return SQLITE_OK;
}
