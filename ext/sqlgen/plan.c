/* Choosing a plan: every term that the server can decide is sent, whatever else is chosen, for a row that does
** not travel is the cheapest one.  SQLite calls for a plan several times, with different terms usable, and
** picks among the answers by cost (plan_cost.c).
**
** Exactness decides what may be given up on our side: a recheck (omit) only where the answer is exact for every
** value that the term can have; OFFSET only if that is so for all terms. */
#include "sqlgen/plan.h"
#include "sqlgen/plan_cost.h"
#include "sqlgen/select.h"

#define PEEK_FROM 4000   /* rows: fewer are read at once, for a second round trip is no cheaper */
#define SPARE_ABOVE 1000 /* rows: no estimate is less, and fewer are read as soon as a program */
#define OMIT_MAX 16      /* SQLite knows omit for the first 16 constraints and arguments only */

static sqlite3_uint64 column_bit(int column)
{
    return 1ull << (column < PLAN_COLUMN_BITS ? column : PLAN_COLUMN_BITS);
}

bool plan_fetches(const struct plan *p, int column)
{
    return (p->fetch & column_bit(column)) != 0;
}

void plan_identity(const struct plan_context *c, struct identity_plan *out)
{
    identity_plan(c->dialect, c->model, c->identity, c->remote, out);
}

/* Bits of everything that makes up the key. */
static sqlite3_uint64 key_bits(const struct plan_context *c, const struct identity_plan *identity)
{
    sqlite3_uint64 bits = c->key_column >= 0 ? column_bit(c->key_column) : 0;
    if (identity->source != IDENTITY_ENGINE) {
        for (int i = 0; i < identity_values(identity); i++)
            bits |= column_bit(identity_column(identity, i));
    }
    return bits;
}

/* ---- is it there? ------------------------------------------------------------------------------------ */

int plan_check(const struct plan_context *c, struct err *err)
{
    const struct model *m = c->model;
    const struct remote *r = c->remote;
    const char *seen = c->dialect->seen != NULL ? c->dialect->seen : "";
    char names[256] = "";
    int missing = 0;
    if (r->kind == REMOTE_MISSING)
        return err_set(err, SQLITE_ERROR,
                       "no such table on the server%s: %s (create_all() makes it)", seen,
                       m->remote_name);
    for (int i = 0; i < m->ncolumns; i++) {
        if (i < r->ncolumns && sqlite3_stricmp(r->columns[i].name, m->columns[i].name) == 0)
            continue;
        if (remote_column(r, m->columns[i].name) >= 0)
            continue;
        char before[sizeof names];
        sqlite3_snprintf(sizeof before, before, "%s", names);
        sqlite3_snprintf(sizeof names, names, "%s%s%s", before, missing > 0 ? ", " : "",
                         m->columns[i].name);
        missing++;
    }
    if (missing == 0)
        return SQLITE_OK;
    return err_set(err, SQLITE_ERROR, "the table %s on the server has no column%s %s%s",
                   m->remote_name, missing > 1 ? "s" : "", names, seen);
}

/* ---- terms ------------------------------------------------------------------------------------------- */

bool plan_is_auxiliary(enum op op)
{
    return op == OP_NE || op == OP_ISNOT || op == OP_NOTNULL || op == OP_LIKE || op == OP_GLOB;
}

static enum op judged_op(const struct request_term *t)
{
    if (t->in)
        return OP_IN;
    return t->op == OP_IS ? OP_EQ : t->op == OP_ISNOT ? OP_NE : t->op;
}

/* Collations mean nothing to the column, whatever stands in it. */
static bool is_number(const struct plan_context *c, enum domain domain)
{
    return domain >= DOMAIN_INT && domain <= DOMAIN_WIDE && !c->dialect->dynamic_types;
}

/* NE, IS NOT, LIKE: SQLite says BINARY whatever the collation is, so a row that differs in bytes is kept. */
static bool collation_misreported(const struct plan_context *c, const struct plan_term *t)
{
    return plan_is_auxiliary(t->op) && t->op != OP_NOTNULL && !is_number(c, t->rule.domain);
}

/* Is the value that of a literal, without an affinity?  CAST(5 AS INTEGER) comes as 5 does, but has one, by which
** the texts of a column become numbers, or a column without affinity is converted. */
static bool is_literal(const struct request_term *t, enum affinity column)
{
    bool number = t->value.cls == CELL_INT || t->value.cls == CELL_REAL;
    if (!t->literal || t->in)
        return false;
    if (column == AFF_TEXT)
        return !number;
    return column != AFF_BLOB || (!number && t->value.cls != CELL_TEXT);
}

/* (a, b) IN (…) is offered as two equalities, both under a's collation, though b is compared under its own: nothing
** tells it from b = ? under another collation. */
static bool maybe_slice(const struct request_term *t)
{
    return t->op == OP_EQ && !t->in && !t->literal;
}

/* What finds all that is equal under one or the other: BINARY is part of the others.  False: nothing does. */
static bool either_collation(enum collation a, enum collation b, enum collation *out)
{
    *out = a == COLLATION_BINARY ? b : a;
    return a == COLLATION_BINARY || b == COLLATION_BINARY;
}

/* (a,b) < (1,2) is offered as a <= 1, and nothing tells: no literal is known then. */
static bool maybe_vector(const struct plan_term *t)
{
    return (t->op == OP_LE || t->op == OP_GE) && !t->literal;
}

/* One of a >= and a < on the same column: perhaps LIKE 'x%' (rhs.h). */
static bool is_like_pair(const struct request *r, const struct request_term *t)
{
    enum op other = t->op == OP_GE ? OP_LT : OP_GE;
    for (int i = 0; i < r->nterms && (t->op == OP_GE || t->op == OP_LT); i++) {
        if (r->terms[i].kind == REQUEST_COMPARE && r->terms[i].column == t->column &&
            r->terms[i].op == other)
            return true;
    }
    return false;
}

/* Do some texts become numbers on arrival, and others not? */
static bool is_mixed(enum domain domain)
{
    return domain == DOMAIN_MIXED || domain == DOMAIN_WORDS;
}

static bool choose_term(const struct plan_context *c, const struct request *r,
                        const struct request_term *asked, struct plan_term *out)
{
    if (!asked->usable || asked->kind != REQUEST_COMPARE || asked->column < 0 ||
        asked->column >= c->model->ncolumns || !asked->collation_known)
        return false;
    bool conditional = plan_is_auxiliary(asked->op) && !c->aux_is_safe;
    if (conditional && c->outer == 0)
        return false;
    const struct column *declared = &c->model->columns[asked->column];
    int position = remote_column(c->remote, declared->name);
    const struct remote_column *remote = &c->remote->columns[position];
    enum op op = judged_op(asked);
    bool nulls = op == OP_ISNULL || op == OP_NOTNULL;
    enum domain domain = rhs_domain(c->dialect, &remote->type, &declared->type);
    enum collation collation = asked->collation;
    bool either = maybe_slice(asked) && collation != declared->collation && !is_number(c, domain);
    if (either && !either_collation(asked->collation, declared->collation, &collation))
        return false;
    const struct judgement *j = judge_find(c->dialect, c->remote, position, op, collation);
    bool literal = is_literal(asked, rhs_affinity(&declared->type));
    if (j == NULL || (!nulls && (domain == DOMAIN_MIXED ||
                                 (domain == DOMAIN_WORDS && op != OP_EQ && op != OP_IN))))
        return false;
    if ((op == OP_LIKE || op == OP_GLOB) && domain != DOMAIN_TEXT && domain != DOMAIN_ANY_TEXT)
        return false;
    *out = (struct plan_term){
        .op = asked->in ? OP_IN : asked->op,
        .column = asked->column,
        .argv = -1,
        .form = judge_number(c->dialect, j),
        .collation = collation,
        .exact = j->verdict == VERDICT_EXACT && !either,
        .literal = literal,
        .rule = {.domain = domain,
                 .affinity = rhs_affinity(&declared->type),
                 .arg = judge_arg(j, remote->type.id),
                 .precision = remote->type.precision,
                 .scale = remote->type.scale,
                 .literal = literal,
                 .without_nul = c->dialect->text_without_nul,
                 .like_pair = is_like_pair(r, asked)},
    };
    if (collation_misreported(c, out) || conditional)
        out->exact = false;
    return true;
}

/* Exact whatever value comes. */
static bool is_certain(const struct plan_term *t, const struct request_term *asked)
{
    if (!t->exact)
        return false;
    if (t->op == OP_ISNULL || t->op == OP_NOTNULL)
        return true;
    if (t->literal) {
        struct rhs rhs;
        return rhs_fit(&t->rule, t->op, &asked->value, NULL, &rhs) == SQLITE_OK && rhs.exact;
    }
    return rhs_always_exact(&t->rule, t->op);
}

/* Takes all terms it can; *all: every comparison was taken, *certain: … and is exact whatever comes. */
static void choose_terms(const struct plan_context *c, const struct request *r, struct plan *p,
                         struct plan_use *uses, int *nargv, bool *all, bool *certain)
{
    *all = *certain = true;
    for (int i = 0; i < r->nterms; i++) {
        const struct request_term *asked = &r->terms[i];
        if (asked->kind == REQUEST_LIMIT || asked->kind == REQUEST_OFFSET)
            continue;
        if (p->nterms >= PLAN_TERMS_MAX || !choose_term(c, r, asked, &p->terms[p->nterms])) {
            *all = *certain = false;
            continue;
        }
        struct plan_term *t = &p->terms[p->nterms++];
        t->argv = (*nargv)++;
        uses[i].argv = *nargv;
        uses[i].in = asked->in;
        if (plan_is_auxiliary(t->op) && !c->aux_is_safe)
            p->outer = c->outer;
        bool sure = is_certain(t, asked);
        uses[i].omit =
            sure && i < OMIT_MAX && *nargv <= OMIT_MAX; /* not heeded for what came of a vector */
        t->exact = t->exact && !maybe_vector(t);
        *certain = *certain && sure && t->exact;
    }
}

/* ---- order, limit ------------------------------------------------------------------------------------ */

static bool choose_order(const struct plan_context *c, const struct request *r, struct plan *p)
{
    if (r->norder == 0 || r->norder > PLAN_ORDER_MAX || r->distinct == 2)
        return false;
    for (int i = 0; i < r->norder; i++) {
        int column = r->order[i].column;
        if (column < 0 || column >= c->model->ncolumns)
            return false;
        const struct column *declared = &c->model->columns[column];
        int position = remote_column(c->remote, declared->name);
        const struct judgement *j =
            judge_find(c->dialect, c->remote, position, OP_ORDER, declared->collation);
        if (j == NULL || j->verdict != VERDICT_EXACT ||
            is_mixed(rhs_domain(c->dialect, &c->remote->columns[position].type, &declared->type)))
            return false;
        p->order[i] =
            (struct plan_order){column, r->order[i].descending, judge_number(c->dialect, j)};
    }
    p->norder = r->norder;
    p->flags |= PLAN_ORDERED;
    return true;
}

static sqlite3_int64 literal_number(const struct request_term *t)
{
    return t->literal && t->value.cls == CELL_INT && t->value.i >= 0 ? t->value.i : -1;
}

static void choose_limit(const struct plan_context *c, const struct request *r, struct plan *p,
                         struct plan_use *uses, int *nargv, bool all, bool certain)
{
    bool exact = true;
    int limit = -1, offset = -1;
    for (int i = 0; i < r->nterms; i++) {
        if (r->terms[i].kind == REQUEST_LIMIT)
            limit = r->terms[i].usable ? i : -2;
        else if (r->terms[i].kind == REQUEST_OFFSET)
            offset = r->terms[i].usable ? i : -2;
    }
    for (int i = 0; i < p->nterms; i++)
        exact = exact && p->terms[i].exact;
    /* Of 64 columns SQLite asks for no order, since it sorts by them itself, and offers the LIMIT all the same. */
    bool many = r->used >> PLAN_COLUMN_BITS != 0;
    bool ordered = r->norder == 0 ? !many : (p->flags & PLAN_ORDERED) != 0;
    if (limit < 0 || offset == -2 || !all || !ordered)
        return;
    p->flags |= PLAN_LIMIT | (c->limit_is_safe && exact ? PLAN_LIMIT_ONLY : 0);
    p->limit_argv = (*nargv)++;
    p->limit = literal_number(&r->terms[limit]);
    uses[limit].argv = *nargv;
    if (offset < 0)
        return;
    p->offset_argv = (*nargv)++;
    p->offset = literal_number(&r->terms[offset]);
    uses[offset].argv = *nargv;
    if (!certain)
        return;
    p->flags |= c->limit_is_safe ? PLAN_OFFSET : PLAN_SKIP;
    uses[offset].omit = c->limit_is_safe;
}

/* Does an index deliver the rows by that column? */
static bool leads_index(const struct remote *r, int position)
{
    for (int i = 0; i < r->nindexes; i++) {
        const struct remote_index *x = &r->indexes[i];
        if (!x->partial && x->ncolumns > 0 && x->columns[0] == position)
            return true;
    }
    return false;
}

/* Ordered by an indexed column: max() reads one row of that, and a page of it costs next to nothing. */
static bool may_peek_order(const struct plan_context *c, const struct plan *p)
{
    if (p->norder != 1 || (p->flags & PLAN_LIMIT) != 0)
        return false;
    for (int i = 0; i < p->nterms; i++) {
        if (p->terms[i].column != p->order[0].column)
            return false;
    }
    return leads_index(c->remote,
                       remote_column(c->remote, c->model->columns[p->order[0].column].name));
}

/* Nothing is used but columns whose terms SQLite does not recheck, and the key that newer hosts always name:
** perhaps nothing is read. */
static bool may_count_later(const struct plan_context *c, const struct plan *p,
                            const struct request *r, const struct plan_use *uses)
{
    int key = c->key_column >= 0 ? c->key_column : c->identity->columns[0];
    sqlite3_uint64 free = c->used_has_key ? column_bit(key) : 0;
    int taken = 0;
    for (int i = 0; i < r->nterms; i++) {
        if (uses[i].argv == 0)
            continue;
        if (!uses[i].omit)
            return false;
        free |= column_bit(p->terms[taken++].column);
    }
    return (r->used & ~free) == 0 && r->used >> PLAN_COLUMN_BITS == 0 &&
           (p->flags & (PLAN_LIMIT | PLAN_COUNT)) == 0 && r->norder == 0;
}

/* No host says whether it reads the key: older ones never, newer ones always name it.  Of many rows that are read as they
** are, the program of the statement will tell (vtab/narrow.h). */
static void choose_spare(const struct plan_context *c, const struct request *r, struct plan *p,
                         sqlite3_uint64 keys)
{
    const unsigned others = PLAN_COUNT | PLAN_LIMIT | PLAN_FEW | PLAN_PEEK;
    bool open = c->used_has_key ? (r->used & ~keys) != 0 && (keys & ~p->fetch) == 0 &&
                                      keys >> PLAN_COLUMN_BITS == 0
                                : r->used != 0 && (r->used & keys) == 0;
    if (open && (p->flags & others) == 0 && p->rows > SPARE_ABOVE)
        p->spare = keys;
}

/* After the estimate: small tables are simply read. */
static void choose_peek(const struct plan_context *c, const struct request *r, struct plan *p,
                        const struct plan_use *uses, bool all)
{
    if ((p->flags & PLAN_FEW) != 0 && (p->flags & PLAN_OFFSET) == 0)
        p->flags &= ~(unsigned)(PLAN_LIMIT | PLAN_LIMIT_ONLY |
                                PLAN_SKIP); /* there is no more than a row anyway */
    bool many = c->remote->rows >= PEEK_FROM && p->rows >= PEEK_FROM;
    if (!c->pushdown || !all)
        return;
    if (many && may_count_later(c, p, r, uses))
        p->flags |= PLAN_PEEK | PLAN_COUNT_LATER;
    else if (many && may_peek_order(c, p))
        p->flags |= PLAN_PEEK;
    if ((p->flags & PLAN_PEEK) != 0)
        p->limit = PLAN_PEEK_ROWS;
    if ((p->flags & (PLAN_PEEK | PLAN_LIMIT)) == 0 || p->norder == 0)
        return;
    const struct judgement *j = judge_row(c->dialect, p->order[0].form);
    int position = remote_column(c->remote, c->model->columns[p->order[0].column].name);
    bool plain = c->remote->columns[position].not_null && select_is_plain(j);
    if (j->parts != NULL && !plain && leads_index(c->remote, position))
        p->flags |= PLAN_PARTS;
}

static unsigned request_hash(const struct request *r)
{
    unsigned hash = 2166136261u; /* FNV-1a */
    for (int i = 0; i < r->nterms; i++) {
        const struct request_term *t = &r->terms[i];
        int parts[] = {t->kind, t->kind == REQUEST_COMPARE ? t->op : 0, t->column, t->usable};
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
            hash = (hash ^ (unsigned)parts[k]) * 16777619u;
    }
    return hash;
}

/* ---- extremes ---------------------------------------------------------------------------------------- */

static bool has_equality(const struct plan_context *c, const struct plan *p, int position)
{
    for (int i = 0; i < p->nterms; i++) {
        enum op op = p->terms[i].op;
        if ((op == OP_EQ || op == OP_IS) &&
            remote_column(c->remote, c->model->columns[p->terms[i].column].name) == position)
            return true;
    }
    return false;
}

/* Is the first row that the index delivers by that column the one?  No term is left that rows must be passed over for:
** each is about the column, or about one before it in the index, which an equality fixes. */
static bool index_ends(const struct plan_context *c, const struct plan *p,
                       const struct remote_index *x, int position)
{
    int k = 0;
    while (k < x->ncolumns && x->columns[k] != position && x->columns[k] >= 0 &&
           has_equality(c, p, x->columns[k]))
        k++;
    if (x->partial || k == x->ncolumns || x->columns[k] != position)
        return false;
    for (int i = 0; i < p->nterms; i++) {
        int of = remote_column(c->remote, c->model->columns[p->terms[i].column].name), before = 0;
        while (before < k && x->columns[before] != of)
            before++;
        if (of != position && before == k)
            return false;
    }
    return true;
}

/* Equal values need not be the same: 0.0 and -0.0, 1 and 1.0, where no affinity makes them one. */
static bool has_equals(enum domain domain, enum affinity affinity)
{
    return is_mixed(domain) || domain == DOMAIN_ANY_BLOB ||
           (domain == DOMAIN_REAL && affinity != AFF_REAL && affinity != AFF_NUMERIC &&
            affinity != AFF_INTEGER);
}

/* Parts of the rows that an index has in order; 0: none. */
static int ordered_parts(const struct plan_context *c, const struct plan *p, int column)
{
    const struct column *declared = &c->model->columns[column];
    int position = remote_column(c->remote, declared->name), n = 0;
    const struct judgement *j =
        judge_find(c->dialect, c->remote, position, OP_ORDER, COLLATION_BINARY);
    bool found = false;
    if (j == NULL || j->verdict != VERDICT_EXACT || (j->parts == NULL && !select_is_plain(j)) ||
        has_equals(rhs_domain(c->dialect, &c->remote->columns[position].type, &declared->type),
                   rhs_affinity(&declared->type)))
        return 0;
    for (int i = 0; i < c->remote->nindexes && !found; i++)
        found = index_ends(c, p, &c->remote->indexes[i], position);
    if (j->parts == NULL)
        return found;
    for (const struct order_part *part = j->parts; found && part->condition != NULL; part++)
        n += part->order != NULL;
    return n;
}

int plan_ends(const struct plan_context *c, const struct plan *p, const struct plan_extremes *e)
{
    int n = 0, columns = c->model->ncolumns;
    if (!c->pushdown || c->remote->kind != REMOTE_TABLE ||
        (columns < PLAN_COLUMN_BITS && (e->lowest | e->highest) >> columns != 0))
        return 0;
    for (int i = 0; i < columns && i < PLAN_COLUMN_BITS; i++) {
        int ends = (int)(e->lowest >> i & 1) + (int)(e->highest >> i & 1);
        int parts = ends > 0 ? ordered_parts(c, p, i) : 0;
        if (ends > 0 && parts == 0)
            return 0;
        n += ends * parts;
    }
    return n;
}

void plan_choose(const struct plan_context *c, const struct request *r, struct plan *out,
                 struct plan_use *uses)
{
    struct identity_plan identity;
    int nargv = 0;
    bool all = false, certain = false;
    *out = (struct plan){.limit_argv = -1, .offset_argv = -1, .limit = -1, .offset = -1};
    for (int i = 0; i < r->nterms; i++)
        uses[i] = (struct plan_use){0};
    out->asked = request_hash(r);
    plan_identity(c, &identity);
    sqlite3_uint64 keys = key_bits(c, &identity);
    out->fetch = r->used;
    if (c->pushdown) {
        choose_terms(c, r, out, uses, &nargv, &all, &certain);
        choose_order(c, r, out);
        choose_limit(c, r, out, uses, &nargv, all, certain);
        if (r->used == 0 && all && certain && (out->flags & PLAN_LIMIT) == 0)
            out->flags |= PLAN_COUNT;
    }
    if (!c->used_has_key)
        out->fetch |= keys;
    if (c->key_column >= 0 && plan_fetches(out, c->key_column)) {
        out->fetch |= keys;
        out->flags |= PLAN_KEY;
    }
    plan_estimate(c, out);
    choose_peek(c, r, out, uses, all);
    choose_spare(c, r, out, keys);
}
