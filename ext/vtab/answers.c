/* Requests and their answers, the oldest of which gives way (answers.h).  Everything of one lies in its arena. */
#include "vtab/answers.h"
#include "base/mem.h"

#include <string.h>

struct kept {
    bool used;
    struct circumstances then;
    struct request request;
    struct answer answer;
    struct arena arena;
};

struct answers {
    struct kept kept[ANSWERS_KEPT];
    unsigned next;
};

/* ---- comparing ----------------------------------------------------------------------------------------- */

static bool same_term(const struct request_term *a, const struct request_term *b)
{
    return a->kind == b->kind && a->op == b->op && a->column == b->column &&
           a->usable == b->usable && a->in == b->in && a->collation_known == b->collation_known &&
           a->collation == b->collation && a->literal == b->literal &&
           (!a->literal || cell_same(&a->value, &b->value));
}

static bool same_request(const struct request *a, const struct request *b)
{
    if (a->nterms != b->nterms || a->norder != b->norder || a->used != b->used ||
        a->distinct != b->distinct)
        return false;
    for (int i = 0; i < a->nterms; i++) {
        if (!same_term(&a->terms[i], &b->terms[i]))
            return false;
    }
    for (int i = 0; i < a->norder; i++) {
        if (a->order[i].column != b->order[i].column ||
            a->order[i].descending != b->order[i].descending)
            return false;
    }
    return true;
}

const struct answer *answers_find(const struct answers *all, const struct circumstances *now,
                                  const struct request *request)
{
    for (int i = 0; all != NULL && i < ANSWERS_KEPT; i++) {
        const struct kept *k = &all->kept[i];
        if (k->used && k->then.generation == now->generation && k->then.remote == now->remote &&
            k->then.version == now->version && same_request(&k->request, request))
            return &k->answer;
    }
    return NULL;
}

/* ---- keeping ------------------------------------------------------------------------------------------- */

static bool copy_terms(struct kept *k, const struct request *r)
{
    struct request_term *terms = arena_alloc(&k->arena, (size_t)(r->nterms + 1) * sizeof *terms);
    struct request_order *order = arena_alloc(&k->arena, (size_t)(r->norder + 1) * sizeof *order);
    if (terms == NULL || order == NULL)
        return false;
    for (int i = 0; i < r->nterms; i++) {
        terms[i] = r->terms[i];
        if (terms[i].literal &&
            cell_copy(&r->terms[i].value, &k->arena, &terms[i].value) != SQLITE_OK)
            return false;
    }
    if (r->norder > 0)
        memcpy(order, r->order, (size_t)r->norder * sizeof *order);
    k->request = *r;
    k->request.terms = terms;
    k->request.order = order;
    return true;
}

static bool copy_answer(struct kept *k, const struct answer *a, int nterms)
{
    k->answer = *a;
    k->answer.uses = arena_copy(&k->arena, a->uses, (size_t)nterms * sizeof *a->uses);
    k->answer.text = arena_str(&k->arena, a->text);
    return k->answer.uses != NULL && k->answer.text != NULL;
}

void answers_keep(struct answers **all, const struct circumstances *now,
                  const struct request *request, const struct answer *answer)
{
    if (*all == NULL) {
        *all = sqlite3_malloc64(sizeof **all);
        if (*all == NULL)
            return;
        memset(*all, 0, sizeof **all);
    }
    struct kept *k = &(*all)->kept[(*all)->next++ % ANSWERS_KEPT];
    arena_clear(&k->arena);
    k->then = *now;
    k->used = copy_terms(k, request) && copy_answer(k, answer, request->nterms);
}

void answers_free(struct answers *all)
{
    for (int i = 0; all != NULL && i < ANSWERS_KEPT; i++)
        arena_clear(&all->kept[i].arena);
    sqlite3_free(all);
}
