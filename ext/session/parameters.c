/* Matching a statement's text with its expanded one (parameters.h). */
#include "session/parameters.h"
#include "model/token.h"

#include <string.h>

/* The number of the parameter at *i, behind which *i is set; 0 = there is none.  last: the one before it. */
static int parameter_at(sqlite3_stmt *stmt, const struct tokens *t, int *i, int last,
                        struct arena *arena)
{
    const struct token *sign = &t->at[*i];
    bool named = *i + 1 < t->n && sign->text + sign->n == sign[1].text &&
                 (sign[1].kind == TOKEN_WORD || sign[1].kind == TOKEN_NUMBER);
    char *name;
    if (token_is_punct(sign, '?') && !(named && sign[1].kind == TOKEN_NUMBER)) {
        *i += 1;
        return last + 1;
    }
    if (!named || !(token_is_punct(sign, '?') || token_is_punct(sign, ':') ||
                    token_is_punct(sign, '@') || token_is_punct(sign, '$')))
        return 0;
    name = arena_copy(arena, sign->text, (size_t)sign->n + (size_t)sign[1].n);
    *i += 2;
    return name != NULL ? sqlite3_bind_parameter_index(stmt, name) : 0;
}

/* The literal at *j, behind which *j is set; false: none of one or two tokens. */
static bool literal_at(const struct tokens *t, int *j, struct arena *arena, struct parameter *out)
{
    int from = *j, last = from + token_is_punct(&t->at[from], '-');
    const struct token *value = &t->at[last];
    bool number = value->kind == TOKEN_NUMBER;
    *out = (struct parameter){.exact = value->kind != TOKEN_STRING};
    *j = last + 1;
    if (last >= t->n || !(number || value->kind == TOKEN_STRING || value->kind == TOKEN_BLOB ||
                          token_is(value, "NULL")))
        return false;
    if (!number || strspn(value->text, "0123456789") >= (size_t)value->n)
        out->literal = token_text(t, from, last + 1, false, arena);
    return true;
}

/* The two are the same tokens but for the literals; false: they are not, or not for sure. */
static bool match(struct parameters *p, sqlite3_stmt *stmt, const struct tokens *t,
                  const struct tokens *written)
{
    int i = 0, j = 0, last = 0;
    while (i < t->n && j < written->n) {
        const struct token *a = &t->at[i], *b = &written->at[j];
        int number = parameter_at(stmt, t, &i, last, &p->arena);
        if (number > PARAMETERS_MAX ||
            (number > 0 && a->text > t->at[0].text && a->text[-1] == '-'))
            return false;
        if (number > 0) {
            if (!literal_at(written, &j, &p->arena, &p->at[number]))
                return false;
            last = number > last ? number : last;
            continue;
        }
        if (a->n != b->n || memcmp(a->text, b->text, (size_t)a->n) != 0)
            return false;
        i++;
        j++;
    }
    return i == t->n && j == written->n;
}

void parameters_read(struct parameters *p, sqlite3_stmt *stmt)
{
    struct tokens t, written;
    char *expanded = sqlite3_expanded_sql(stmt), *text;
    memset(p, 0, sizeof *p);
    arena_init(&p->arena);
    text = expanded != NULL ? arena_str(&p->arena, expanded) : NULL;
    sqlite3_free(expanded);
    if (text == NULL || token_read(sqlite3_sql(stmt), &p->arena, &t) != SQLITE_OK ||
        token_read(text, &p->arena, &written) != SQLITE_OK || !match(p, stmt, &t, &written))
        memset(p->at, 0, sizeof p->at);
}

void parameters_clear(struct parameters *p)
{
    arena_clear(&p->arena);
}
