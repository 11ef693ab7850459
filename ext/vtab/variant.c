/* The texts of a plan (variant.h). */
#include "vtab/variant.h"

#include <string.h>

int variant_take(struct cursor *c, struct cursor_text *t, const struct select_variant *variant,
                 char *sql, const struct places *places)
{
    int nterms = c->plan.nterms;
    sqlite3_free(t->sql);
    t->sql = sql;
    t->narrow = c->narrow;
    t->variant = *variant;
    memcpy(t->terms, variant->terms, (size_t)nterms * sizeof *t->terms);
    t->variant.terms = t->terms;
    sqlite3_free(t->places);
    t->nplaces = places->n;
    t->places = sqlite3_malloc64((size_t)(places->n + 1) * sizeof *t->places);
    if (t->places == NULL || sql == NULL) {
        sqlite3_free(sql);
        t->sql = NULL; /* it is none */
        return SQLITE_NOMEM;
    }
    memcpy(t->places, places->place, (size_t)places->n * sizeof *t->places);
    return SQLITE_OK;
}

bool variant_same_terms(const struct cursor_text *t, const struct select_term *terms, int n)
{
    for (int i = 0; i < n; i++) {
        const struct select_term *a = &t->terms[i], *b = &terms[i];
        if (a->outcome != b->outcome || a->nlist != b->nlist || a->op != b->op)
            return false;
    }
    return true;
}

static bool same_variant(const struct cursor *c, const struct cursor_text *t,
                         const struct select_variant *v)
{
    if (t->sql == NULL || t->narrow != c->narrow || t->variant.what != v->what ||
        t->variant.limit != v->limit || t->variant.for_update != v->for_update ||
        t->variant.key_order != v->key_order || t->variant.extremes.lowest != v->extremes.lowest ||
        t->variant.extremes.highest != v->extremes.highest ||
        !pairs_equal(&t->variant.pairs, &v->pairs))
        return false;
    return variant_same_terms(t, v->terms, c->plan.nterms);
}

/* The text that was sent last, where it is the one for all rows of the plan in any order, and wanted again. */
static bool sent_again(const struct cursor *c, enum select_what what, enum select_limit limit)
{
    const struct cursor_text *t = c->sent;
    if (what != SELECT_ROWS || t == NULL || t->sql == NULL || t->variant.what != what ||
        t->variant.limit != limit || t->narrow != c->narrow || c->for_write || c->key_order ||
        t->variant.for_update || t->variant.key_order || c->pairs.n > 0 || t->variant.pairs.n > 0)
        return false;
    return variant_same_terms(t, c->terms, c->plan.nterms);
}

/* Placeholders that a variant may need: each value at most a few times. */
static int places_needed(const struct cursor *c, const struct select_variant *v)
{
    int n = CURSOR_PLACES;
    for (int i = 0; i < c->plan.nterms; i++)
        n += v->terms[i].nlist * 2;
    return n;
}

static int write_variant(struct cursor *c, const struct select_variant *v, struct err *err)
{
    struct plan_context context;
    struct places places = {.first = 1, .limit = places_needed(c, v)};
    int rc = cursor_context(c->table, c->bind, &context, err);
    if (rc != SQLITE_OK)
        return rc;
    struct select_variant actual = *v;
    actual.for_update = v->for_update && context.remote->kind == REMOTE_TABLE;
    places.place = sqlite3_malloc64((size_t)places.limit * sizeof *places.place);
    if (places.place == NULL)
        return err_nomem(err);
    sqlite3_str *out = sqlite3_str_new(NULL);
    rc = select_write(&context, &c->plan, &actual, &places, out, err);
    char *sql = sqlite3_str_finish(out);
    if (rc == SQLITE_OK) {
        if (variant_take(c, &c->other, v, sql, &places) != SQLITE_OK)
            rc = err_nomem(err);
    } else {
        sqlite3_free(sql);
    }
    sqlite3_free(places.place);
    return rc;
}

/* *out: the one that is wanted. */
int variant_find(struct cursor *c, enum select_what what, enum select_limit limit,
                 struct cursor_text **out, struct err *err)
{
    const struct plan_extremes none = {0, 0};
    struct select_variant v = {.what = what,
                               .terms = c->terms,
                               .limit = limit,
                               .extremes = what == SELECT_EXTREMES ? c->extremes : none,
                               .pairs = c->pairs,
                               .for_update = c->for_write && what == SELECT_ROWS,
                               .key_order = c->key_order && what == SELECT_ROWS &&
                                            limit == LIMIT_NONE && c->plan.norder == 0};
    *out = c->sent;
    if (sent_again(c, what, limit))
        return SQLITE_OK;
    *out = &c->usual;
    if (same_variant(c, *out, &v))
        return SQLITE_OK;
    *out = &c->other;
    return same_variant(c, *out, &v) ? SQLITE_OK : write_variant(c, &v, err);
}
