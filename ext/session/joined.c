/* Cutting an UPDATE … FROM into its clauses (joined.h). */
#include "session/joined.h"
#include "session/statement.h"

/* The next of these words outside parentheses, from token i on; t->n = there is none. */
static int find(const struct tokens *t, int i, const char *const *words)
{
    for (int close; i < t->n; i++) {
        if (token_is_punct(&t->at[i], '(') && (close = token_close(t, i)) > 0)
            i = close;
        else if (token_is_any(&t->at[i], words) && !token_is(&t->at[i - 1], "DISTINCT"))
            break;
    }
    return i;
}

static bool has_any(const struct tokens *t, int from, int to, const char *const *words)
{
    while (from < to && !token_is_any(&t->at[from], words))
        from++;
    return from < to;
}

char *joined_select(const char *sql, struct arena *arena)
{
    static const char *const sets[] = {"SET", NULL}, *const froms[] = {"FROM", NULL},
                             *const wheres[] = {"WHERE", "RETURNING", "ORDER", "LIMIT", NULL},
                             *const ends[] = {"RETURNING", "ORDER", "LIMIT", NULL},
                             *const others[] = {"RIGHT", "FULL", "NATURAL", "USING", NULL};
    struct statement_target target;
    struct tokens t;
    int verb, set, from, where, end;
    if (token_read(sql, arena, &t) != SQLITE_OK || !statement_target(&t, arena, &target) ||
        target.verb != STATEMENT_UPDATE)
        return NULL;
    if (t.n > 0 && token_is_punct(&t.at[t.n - 1], ';'))
        t.n--;
    for (verb = target.after - 1; verb > 0 && !token_is(&t.at[verb], "UPDATE");)
        verb--;
    set = find(&t, target.after, sets);
    from = set < t.n ? find(&t, set + 1, froms) : t.n;
    where = from < t.n ? find(&t, from + 1, wheres) : t.n;
    end = where < t.n ? find(&t, where, ends) : t.n;
    if (from >= t.n || end < t.n || has_any(&t, from, where, others))
        return NULL;
    return arena_printf(arena, "%s SELECT 1 FROM %s, %s %s",
                        verb > 0 ? token_text(&t, 0, verb, false, arena) : "",
                        token_text(&t, target.after - (target.schema ? 3 : 1), set, false, arena),
                        token_text(&t, from + 1, where, false, arena),
                        where < end ? token_text(&t, where, end, false, arena) : "");
}
