/* Choosing and writing comparisons of two columns (pairs.h). */
#include "sqlgen/pairs.h"

#include <string.h>

bool pairs_equal(const struct pairs *a, const struct pairs *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++) {
        const struct pair *x = &a->at[i], *y = &b->at[i];
        if (x->op != y->op || x->left != y->left || x->right != y->right ||
            x->affinity != y->affinity)
            return false;
    }
    return true;
}

/* ---- choosing ---------------------------------------------------------------------------------------- */

/* NULL: a column that is not the server's own. */
static const struct remote_column *remote_of(const struct plan_context *c, int column)
{
    int position = column >= 0 && column < c->model->ncolumns
                       ? remote_column(c->remote, c->model->columns[column].name)
                       : -1;
    return position >= 0 ? &c->remote->columns[position] : NULL;
}

/* Where a column holds values of any class, the same affinity on both sides makes the same of them, and two columns of
** numeric affinity are compared as numbers wherever they look like some.  REAL rounds what arrives, other affinities
** convert what a virtual table over there may hold unconverted, and texts in UTF-16 have another order. */
static bool keeps_any(const struct remote_column *remote, const struct column *declared)
{
    enum affinity affinity = rhs_affinity(&declared->type);
    return remote->type.affinity == affinity && remote->charset == NULL &&
           (affinity == AFF_NUMERIC || affinity == AFF_INTEGER);
}

/* Does SQLite compare what arrives as the server compares what it has? */
static bool compares_alike(const struct plan_context *c, const struct pair *p)
{
    const struct remote_column *left = remote_of(c, p->left), *right = remote_of(c, p->right);
    const struct column *columns = c->model->columns;
    if (c->dialect->dynamic_types)
        return keeps_any(left, &columns[p->left]) && keeps_any(right, &columns[p->right]) &&
               p->affinity == AFF_NUMERIC;
    enum domain domain = rhs_domain(c->dialect, &left->type, &columns[p->left].type);
    if (domain != rhs_domain(c->dialect, &right->type, &columns[p->right].type))
        return false;
    switch (domain) {
    case DOMAIN_INT:
    case DOMAIN_REAL:
    case DOMAIN_DECIMAL:
        return p->affinity != AFF_TEXT;
    case DOMAIN_TEXT:
        return p->affinity != AFF_NUMERIC;
    case DOMAIN_DATE:
    case DOMAIN_TIME:
    case DOMAIN_DATETIME:
        return true; /* no such text looks like a number */
    default:
        return false;
    }
}

static bool matches(const struct pairing *found, const struct remote_column *c)
{
    return (found->types >> c->type.id & 1) != 0 &&
           (found->text_orders == 0 || (found->text_orders >> c->text_order & 1) != 0) &&
           judge_size_fits(&c->type, found->max_size);
}

static const struct pairing *pairing_of(const struct plan_context *c, const struct pair *p)
{
    const struct remote_column *left = remote_of(c, p->left), *right = remote_of(c, p->right);
    const struct pairing *found = c->dialect->pairings;
    for (; found != NULL && found->form != NULL; found++) {
        if ((found->ops >> p->op & 1) != 0 && matches(found, left) && matches(found, right))
            return found;
    }
    return NULL;
}

void pairs_choose(const struct plan_context *c, struct pairs *pairs)
{
    int kept = 0;
    bool possible = c->pushdown && c->from == NULL && c->remote->kind == REMOTE_TABLE;
    for (int i = 0; possible && i < pairs->n; i++) {
        const struct pair *p = &pairs->at[i];
        if (remote_of(c, p->left) != NULL && remote_of(c, p->right) != NULL &&
            compares_alike(c, p) && pairing_of(c, p) != NULL)
            pairs->at[kept++] = *p;
    }
    pairs->n = kept;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static void write_pair(const struct plan_context *c, const struct pair *p, sqlite3_str *out)
{
    const char *at = pairing_of(c, p)->form;
    while (*at != '\0') {
        size_t n = strcspn(at, "{");
        sqlite3_str_append(out, at, (int)n);
        at += n;
        if (*at == '\0')
            return;
        if (at[1] == 'o')
            sqlite3_str_appendall(out, judge_operator(p->op));
        else
            quote_name(c->dialect, out, remote_of(c, at[1] == 'c' ? p->left : p->right)->name);
        at += 3;
    }
}

void pairs_write(const struct plan_context *c, const struct pairs *pairs, bool *any,
                 sqlite3_str *out)
{
    for (int i = 0; i < pairs->n; i++) {
        sqlite3_str_appendall(out, *any ? " AND " : " WHERE ");
        write_pair(c, &pairs->at[i], out);
        *any = true;
    }
}
