/* SQLite's comparison rules, applied to what a column can hold.
**
** Class order first: NULL < numbers < text < blob, so against a value of another class every comparison is a
** constant.  Then numbers: integers against reals are compared exactly, so a real is replaced by the integer
** next to it and an integer by the double next to it, on the side that the operator wants.  Which conversion a
** TEXT column (or one without affinity) undergoes depends on where the right-hand side came from, which a
** virtual table is not told: such terms are dropped unless the value is a literal. */
#include "sqlgen/rhs.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define TWO_63 9223372036854775808.0
#define TWO_53 9007199254740992LL

/* ---- answers ----------------------------------------------------------------------------------------- */

static void answer(struct rhs *out, enum rhs_outcome outcome)
{
    out->outcome = outcome;
    out->exact = outcome != RHS_DROP;
}

static void send(struct rhs *out, enum op op, struct cell value)
{
    out->outcome = RHS_SEND;
    out->op = op;
    out->value = value;
    out->exact = true;
}

/* Every value of the column is below (order < 0) or above (order > 0) the right-hand side. */
static void answer_order(struct rhs *out, enum op op, int order)
{
    bool holds;
    switch (op) {
    case OP_LT:
    case OP_LE:
        holds = order < 0;
        break;
    case OP_GT:
    case OP_GE:
        holds = order > 0;
        break;
    case OP_NE:
        holds = true;
        break;
    case OP_ISNOT:
        answer(out, RHS_ALL);
        return;
    default:
        holds = false;
        break;
    }
    answer(out, holds ? RHS_NOT_NULL : RHS_NONE);
}

static void answer_null(struct rhs *out, enum op op)
{
    answer(out, op == OP_IS ? RHS_IS_NULL : op == OP_ISNOT ? RHS_NOT_NULL : RHS_NONE);
}

static enum op plain(enum op op)
{
    return op == OP_IS ? OP_EQ : op;
}

/* The value lies strictly between two neighbours of the column's domain: equality is decided, and a range
** takes the neighbour on its side. */
static void send_between(struct rhs *out, enum op op, struct cell below, struct cell above)
{
    switch (op) {
    case OP_LT:
    case OP_GE:
        send(out, op, above);
        break;
    case OP_LE:
    case OP_GT:
        send(out, op, below);
        break;
    default:
        answer_order(out, op, 1);
        break;
    }
}

/* ---- numbers ----------------------------------------------------------------------------------------- */

static void fit_int(const struct rhs_rule *rule, enum op op, const struct cell *v, struct rhs *out)
{
    if (v->cls == CELL_INT) {
        bool equality = op == OP_EQ || op == OP_IS || op == OP_NE || op == OP_ISNOT;
        if (rule->arg == CT_BOOL && v->i != 0 && v->i != 1) {
            if (equality)
                answer_order(out, op, 1);
            else
                answer_order(out, op, v->i < 0 ? 1 : -1);
        } else {
            send(out, plain(op), *v);
        }
        return;
    }
    if (v->r >= TWO_63 && rule->domain == DOMAIN_UINT)
        answer(out, RHS_DROP);
    else if (v->r >= TWO_63)
        answer_order(out, op, -1);
    else if (v->r < -TWO_63)
        answer_order(out, op, 1);
    else if (v->r == floor(v->r))
        fit_int(rule, op, &(struct cell){.cls = CELL_INT, .i = (sqlite3_int64)v->r}, out);
    else
        send_between(out, op, cell_int((sqlite3_int64)floor(v->r)),
                     cell_int((sqlite3_int64)ceil(v->r)));
}

/* Infinities are never sent (MySQL has none): they are what lies beyond the greatest double. */
static void fit_infinity(enum op op, double r, struct rhs *out)
{
    bool above = r > 0;
    struct cell edge = cell_real(above ? DBL_MAX : -DBL_MAX);
    switch (op) {
    case OP_EQ:
    case OP_IS:
        send(out, above ? OP_GT : OP_LT, edge);
        break;
    case OP_LT:
        if (above)
            send(out, OP_LE, edge);
        else
            answer(out, RHS_NONE);
        break;
    case OP_LE:
        if (above)
            answer(out, RHS_NOT_NULL);
        else
            send(out, OP_LT, edge);
        break;
    case OP_GT:
        if (above)
            answer(out, RHS_NONE);
        else
            send(out, OP_GE, edge);
        break;
    case OP_GE:
        if (above)
            send(out, OP_GT, edge);
        else
            answer(out, RHS_NOT_NULL);
        break;
    default:
        answer(out, RHS_DROP);
        break;
    }
}

static void fit_real(enum op op, const struct cell *v, struct rhs *out)
{
    if (v->cls == CELL_REAL && isinf(v->r)) {
        fit_infinity(op, v->r, out);
        return;
    }
    if (v->cls == CELL_REAL) {
        send(out, plain(op), *v);
        return;
    }
    double near = (double)v->i;
    struct cell c = cell_real(near);
    int order = cell_compare(&c, v);
    if (order == 0)
        send(out, plain(op), c);
    else if (order < 0)
        send_between(out, op, c, cell_real(nextafter(near, INFINITY)));
    else
        send_between(out, op, cell_real(nextafter(near, -INFINITY)), c);
}

/* n units of 10^-scale as text. */
static struct cell decimal_text(sqlite3_int64 n, int scale, char scratch[RHS_SCRATCH])
{
    char digits[24];
    sqlite3_snprintf(sizeof digits, digits, "%0*lld", scale + 1, n < 0 ? -n : n);
    int whole = (int)strlen(digits) - scale;
    sqlite3_snprintf(RHS_SCRATCH, scratch, "%s%.*s%s%s", n < 0 ? "-" : "", whole, digits,
                     scale > 0 ? "." : "", digits + whole);
    return cell_str(scratch);
}

/* The value in units of the column's last digit.  Units and powers of ten below 2^53 are exact doubles, so
** units / power is the double that SQLite sees for that decimal. */
static void fit_decimal(const struct rhs_rule *rule, enum op op, const struct cell *v,
                        struct rhs *out)
{
    double power = 1, limit = 1;
    for (int i = 0; i < rule->scale; i++)
        power *= 10;
    for (int i = rule->scale; i < rule->precision; i++)
        limit *= 10;
    double r = v->cls == CELL_INT ? (double)v->i : v->r;
    if (r >= limit || r <= -limit) {
        answer_order(out, op, r > 0 ? -1 : 1);
        return;
    }
    sqlite3_int64 units = (sqlite3_int64)floor(r * power) - 1; /* at most 2 off */
    while ((double)(units + 1) / power <= r)
        units++;
    struct cell below = decimal_text(units, rule->scale, out->scratch);
    if ((double)units / power == r) {
        send(out, plain(op), below);
    } else {
        bool want_above = op == OP_LT || op == OP_GE;
        if (want_above)
            below = decimal_text(units + 1, rule->scale, out->scratch);
        send_between(out, op, below, below);
    }
}

/* As a double or digits; the form leaves a margin. */
static void fit_wide(const struct rhs_rule *rule, enum op op, const struct cell *v, struct rhs *out)
{
    if (v->cls == CELL_REAL && isinf(v->r)) {
        answer(out, RHS_DROP);
        return;
    }
    if (rule->arg == CT_FLOAT8) {
        send(out, plain(op), v->cls == CELL_INT ? cell_real((double)v->i) : *v);
    } else {
        if (v->cls == CELL_INT)
            sqlite3_snprintf(RHS_SCRATCH, out->scratch, "%lld", v->i);
        else
            sqlite3_snprintf(RHS_SCRATCH, out->scratch, "%!.17g", v->r);
        send(out, plain(op), cell_str(out->scratch));
    }
    out->exact = false;
    if (op == OP_NE || op == OP_ISNOT)
        answer(out, RHS_DROP);
}

static void fit_number(const struct rhs_rule *rule, enum op op, const struct cell *v,
                       struct rhs *out)
{
    if (v->cls == CELL_BLOB || (v->cls == CELL_TEXT && rule->affinity != AFF_BLOB)) {
        answer_order(out, op, -1);
    } else if (v->cls ==
               CELL_TEXT) { /* no affinity here: a TEXT column on the other side brings its own */
        if (rule->literal)
            answer_order(out, op, -1);
        else
            answer(out, RHS_DROP);
    } else if (rule->domain == DOMAIN_INT || rule->domain == DOMAIN_UINT) {
        fit_int(rule, op, v, out);
    } else if (rule->domain == DOMAIN_REAL) {
        fit_real(op, v, out);
    } else if (rule->domain == DOMAIN_DECIMAL) {
        fit_decimal(rule, op, v, out);
    } else {
        fit_wide(rule, op, v, out);
    }
}

/* ---- text -------------------------------------------------------------------------------------------- */

static int continuation(const unsigned char *p, size_t left, int n)
{
    if (left < (size_t)n + 1)
        return 0;
    for (int i = 1; i <= n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n + 1;
}

/* Bytes of the valid character at p, or 0. */
static int character(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2)
        return 0;
    if (p[0] < 0xe0)
        return continuation(p, left, 1);
    if (p[0] < 0xf0) {
        int n = continuation(p, left, 2);
        bool bad = n > 0 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0));
        return bad ? 0 : n;
    }
    int n = p[0] < 0xf5 ? continuation(p, left, 3) : 0;
    bool bad = n > 0 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90));
    return bad ? 0 : n;
}

bool rhs_valid_text(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t i = 0; i < n;) {
        int size = character(p + i, n - i);
        if (size == 0)
            return false;
        i += (size_t)size;
    }
    return true;
}

static bool is_range(enum op op)
{
    return op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;
}

/* What no text of the server can be (or begin with, up to its first NUL) is never equal. */
static void fit_text_value(const struct rhs_rule *rule, enum op op, const struct cell *v,
                           struct rhs *out)
{
    const char *nul = rule->without_nul && v->n > 0 ? memchr(v->p, 0, v->n) : NULL;
    if (!rhs_valid_text(v->p, v->n)) {
        if (op == OP_EQ || op == OP_IS || op == OP_NE || op == OP_ISNOT)
            answer_order(out, op, 1);
        else
            answer(out, RHS_DROP);
    } else if (nul != NULL && nul > (const char *)v->p && nul[-1] == ' ' && is_range(op)) {
        answer(out, RHS_DROP); /* cut at the NUL it would end in blanks, which RTRIM leaves away */
    } else if (nul != NULL) {  /* "ab\0…" stands right after "ab" */
        struct cell prefix = cell_text(v->p, (size_t)(nul - v->p));
        send_between(out, op, prefix, prefix);
        if (out->outcome == RHS_SEND)
            out->op = op == OP_LT || op == OP_LE ? OP_LE : OP_GT;
    } else {
        send(out, plain(op), *v);
    }
}

/* All of them begin with a character before ':'. */
void rhs_allow_numbers(struct rhs *out)
{
    struct cell c = out->value;
    cell_fit_comparison(&c);
    if (c.cls != CELL_TEXT) /* no numeric column holds that */
        return;
    out->exact = false;
    if ((out->op == OP_LT || out->op == OP_LE) && (c.n == 0 || (unsigned char)c.p[0] < ':')) {
        out->op = OP_LT;
        out->value = cell_str(":");
    }
}

static void fit_text(const struct rhs_rule *rule, enum op op, const struct cell *v,
                     bool unconverted, struct rhs *out)
{
    if (v->cls == CELL_BLOB)
        answer_order(out, op, -1);
    else if (v->cls == CELL_TEXT)
        fit_text_value(rule, op, v, out);
    else if (rule->literal) /* no affinity: numbers stay below all text */
        answer_order(out, op, 1);
    else
        answer(out, RHS_DROP);
    if (v->cls == CELL_TEXT && !unconverted && is_range(op) && out->outcome == RHS_SEND)
        rhs_allow_numbers(out);
}

#define STAMP_CHARS 19    /* YYYY-MM-DD HH:MM:SS */
#define FRACTION_CHARS 26 /* … and .ffffff */

/* Do the text and the next moment after it lie on one day, with nothing odd in between?  Postgres writes " BC"
** behind a moment. */
static bool same_day(const char *text, size_t n, const char *moment)
{
    bool maybe_bc = (n > STAMP_CHARS && text[STAMP_CHARS] <= ' ') ||
                    (n > FRACTION_CHARS && text[FRACTION_CHARS] <= ' ');
    return n >= 10 && memcmp(text, moment, 10) == 0 && !maybe_bc;
}

/* Between two moments.  Exact only if nothing odd that servers hold (years BC or beyond 9999, zero days) can
** lie between the text and its neighbour: that is so within one day. */
static void fit_moment(const struct rhs_rule *rule, enum op op, const struct cell *v,
                       struct rhs *out)
{
    enum moment_kind kind = rule->domain == DOMAIN_DATE   ? MOMENT_DATE
                            : rule->domain == DOMAIN_TIME ? MOMENT_TIME
                                                          : MOMENT_DATETIME;
    char below[MOMENT_SIZE], above[MOMENT_SIZE];
    bool lower = op == OP_GT || op == OP_GE;
    if (moment_neighbours(kind, v->p, v->n, below, above)) {
        send(out, plain(op), *v);
        return;
    }
    if (op == OP_EQ || op == OP_IS || op == OP_NE || op == OP_ISNOT) {
        answer(out, RHS_DROP); /* '2024-00-00' may be there */
        return;
    }
    bool exact = kind == MOMENT_DATETIME && same_day(v->p, v->n, above);
    const char *bound = exact ? above : lower ? below : above;
    if (bound[0] == '\0') {
        answer(out, RHS_NOT_NULL);
        out->exact = false;
        return;
    }
    sqlite3_snprintf(RHS_SCRATCH, out->scratch, "%s", bound);
    enum op inclusive = lower ? OP_GE : OP_LE;
    send(out, !exact || lower ? inclusive : OP_LT, cell_str(out->scratch));
    out->exact = exact;
}

static bool canonical_uuid(const struct cell *v)
{
    if (v->n != 36)
        return false;
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = v->p[i];
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static void fit_uuid(enum op op, const struct cell *v, struct rhs *out)
{
    if (canonical_uuid(v))
        send(out, plain(op), *v);
    else if (op == OP_EQ || op == OP_IS || op == OP_NE || op == OP_ISNOT)
        answer_order(out, op, 1);
    else
        answer(out, RHS_DROP);
}

/* Dates, times, uuids: text that never looks like a number. */
static void fit_canonical(const struct rhs_rule *rule, enum op op, const struct cell *v,
                          struct rhs *out)
{
    if (v->cls == CELL_BLOB)
        answer_order(out, op, -1);
    else if (v->cls == CELL_TEXT && rule->domain == DOMAIN_UUID)
        fit_uuid(op, v, out);
    else if (v->cls == CELL_TEXT)
        fit_moment(rule, op, v, out);
    else if (rhs_is_numeric(rule->affinity) || rule->literal)
        answer_order(out, op, 1);
    else
        answer(out, RHS_DROP);
}

/* ---- the rest ---------------------------------------------------------------------------------------- */

/* No text that became a number is equal to one that did not. */
static void fit_word(const struct rhs_rule *rule, enum op op, const struct cell *v, struct rhs *out)
{
    if (v->cls == CELL_TEXT)
        fit_text_value(rule, op, v, out);
    else if (v->cls == CELL_BLOB)
        answer_order(out, op, -1);
    else
        answer(out, RHS_DROP);
}

static void fit_blob(enum op op, const struct cell *v, struct rhs *out)
{
    if (v->cls == CELL_BLOB)
        send(out, plain(op), *v);
    else
        answer_order(out, op, 1);
}

/* The server is SQLite: it converts a parameter as SQLite does here a literal. */
static void fit_any(const struct rhs_rule *rule, enum op op, const struct cell *v, bool unconverted,
                    struct rhs *out)
{
    bool clear = rule->literal || rule->domain == DOMAIN_ANY_NUMERIC || v->cls == CELL_BLOB ||
                 (v->cls == CELL_TEXT && rule->domain == DOMAIN_ANY_TEXT);
    if (clear)
        send(out, plain(op), *v);
    else
        answer(out, RHS_DROP);
    if (v->cls == CELL_TEXT && rule->domain == DOMAIN_ANY_TEXT && !unconverted && is_range(op))
        rhs_allow_numbers(out);
}

bool rhs_always_exact(const struct rhs_rule *rule, enum op op)
{
    bool equality = op == OP_EQ || op == OP_IS || op == OP_IN;
    if (rule->like_pair)
        return false;
    switch (rule->domain) {
    case DOMAIN_INT:
    case DOMAIN_REAL:
    case DOMAIN_DECIMAL:
        /* An infinity cannot be sent, and so be no value of a list. */
        return rule->affinity != AFF_BLOB &&
               (rule->domain != DOMAIN_REAL || (op != OP_NE && op != OP_ISNOT && op != OP_IN));
    case DOMAIN_BLOB:
    case DOMAIN_ANY_NUMERIC:
        return true;
    case DOMAIN_UUID:
        return equality && rhs_is_numeric(rule->affinity);
    default:
        return false;
    }
}

int rhs_fit(const struct rhs_rule *rule, enum op op, const struct cell *value, sqlite3_value *v,
            struct rhs *out)
{
    if (value->cls == CELL_INT && rule->domain == DOMAIN_ANY_NUMERIC) { /* what follows comes to */
        send(out, plain(op), *value);
        return SQLITE_OK;
    }
    struct cell c = *value;
    /* A bound text has no affinity of its own, or TEXT (by a cast), but for columns that are equal to it
    ** (vtab/recheck). */
    bool unconverted =
        rule->literal || (v != NULL && c.cls == CELL_TEXT && sqlite3_value_frombind(v));
    int rc = SQLITE_OK;
    if (c.cls == CELL_NULL) {
        answer_null(out, op);
        return SQLITE_OK;
    }
    if (rule->domain <= DOMAIN_UUID && c.cls == CELL_TEXT && rhs_is_numeric(rule->affinity)) {
        if (v != NULL)
            rc = cell_from_value_comparison(v, &c);
        else
            cell_fit_comparison(&c);
    } else if (rule->literal && rule->affinity == AFF_TEXT && rule->domain <= DOMAIN_UUID) {
        if (v != NULL)
            rc = cell_from_value_fit(v, AFF_TEXT, out->scratch, &c);
        else
            cell_fit(&c, AFF_TEXT, out->scratch);
    }
    if (rc != SQLITE_OK)
        return rc;
    bool texts_only = rule->domain >= DOMAIN_DATE && rule->domain <= DOMAIN_UUID;
    bool blobs_above = rule->domain == DOMAIN_ANY_TEXT && op == OP_GE; /* none is lost */
    bool like = rule->like_pair && c.cls == CELL_TEXT && rule->domain != DOMAIN_TEXT &&
                !texts_only && !blobs_above;
    if (rule->domain == DOMAIN_MIXED || like)
        answer(out, RHS_DROP);
    else if (rule->domain <= DOMAIN_WIDE)
        fit_number(rule, op, &c, out);
    else if (rule->domain == DOMAIN_TEXT)
        fit_text(rule, op, &c, unconverted, out);
    else if (rule->domain == DOMAIN_WORDS)
        fit_word(rule, op, &c, out);
    else if (rule->domain == DOMAIN_BLOB)
        fit_blob(op, &c, out);
    else if (rule->domain <= DOMAIN_UUID)
        fit_canonical(rule, op, &c, out);
    else
        fit_any(rule, op, &c, unconverted, out);
    return SQLITE_OK;
}
