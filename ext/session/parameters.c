/* Finding the literals in a statement's expanded text (parameters.h). */
#include "session/parameters.h"

#include <string.h>

/* Of ?N, which may have another name besides. */
static int number_of(const struct token *digits, int most)
{
    sqlite3_int64 number = 0;
    for (int i = 0; i < digits->n && number <= most; i++) {
        if (digits->text[i] < '0' || digits->text[i] > '9')
            return PARAMETER_OTHER;
        number = number * 10 + (digits->text[i] - '0');
    }
    return number > 0 && number <= most ? (int)number : PARAMETER_OTHER;
}

/* The number of the parameter that begins at i, or PARAMETER_OTHER; 0 = there is none.  last: the highest before it.
** *named: the token after it is its name.  *full: out of memory. */
static int parameter_at(sqlite3_stmt *stmt, const struct tokens *t, int i, int last, bool *named,
                        struct arena *arena, bool *full)
{
    const struct token *sign = &t->at[i];
    bool bare = token_is_punct(sign, '?');
    char *name;
    *named = false;
    if (!bare && !token_is_punct(sign, ':') && !token_is_punct(sign, '@') &&
        !token_is_punct(sign, '$'))
        return 0;
    *named = i + 1 < t->n && sign->text + sign->n == sign[1].text &&
             (sign[1].kind == TOKEN_NUMBER || (!bare && sign[1].kind == TOKEN_WORD));
    if (!*named)
        return bare ? last + 1 : PARAMETER_OTHER;
    if (bare)
        return number_of(sign + 1, sqlite3_bind_parameter_count(stmt));
    name = arena_copy(arena, sign->text, (size_t)sign->n + (size_t)sign[1].n);
    *full = *full || name == NULL;
    int number = name != NULL ? sqlite3_bind_parameter_index(stmt, name) : 0;
    return number > 0 ? number : PARAMETER_OTHER;
}

static void find(struct parameters *p, sqlite3_stmt *stmt)
{
    int last = 0;
    for (int i = 0; i < p->t.n; i++) {
        bool named;
        int number = parameter_at(stmt, &p->t, i, last, &named, &p->arena, &p->full);
        p->of[i] = number <= p->n ? number : PARAMETER_OTHER;
        last = number > last ? number : last;
        if (named)
            p->of[++i] = PARAMETER_PART;
    }
}

static const char *after_digits(const char *p)
{
    return p + strspn(p, "0123456789");
}

/* Behind the text in quotes that begins at p; NULL: it does not end. */
static const char *after_quotes(const char *p)
{
    do
        p = strchr(p + 1, '\'');
    while (p != NULL && *++p == '\'');
    return p;
}

/* Behind the literal that SQLite wrote at p; NULL: of another kind.  *known: it is a value, and *exact: the value. */
static const char *after_literal(const char *p, bool *known, bool *exact)
{
    const char *end;
    *known = *exact = true;
    if (strncmp(p, "NULL", 4) == 0)
        return p + 4;
    if (*p == '\'' || (*p == 'x' && p[1] == '\'')) {
        *exact = *p == 'x';
        return after_quotes(p + *exact);
    }
    p += *p == '-';
    end = after_digits(p);
    if (end == p)
        return NULL;
    *known = *end != '.' && *end != 'e'; /* a real may have lost digits */
    if (*end == '.')
        end = after_digits(end + 1);
    if (*end == 'e')
        end = after_digits(end + 1 + (end[1] == '-' || end[1] == '+'));
    return end;
}

/* What stands between the parameters is the same, byte for byte; false: it is not. */
static bool match(struct parameters *p, const char *sql, const char *written)
{
    for (int i = 0; i < p->t.n; i++) {
        const struct token *sign = &p->t.at[i];
        size_t before = (size_t)(sign->text - sql);
        bool known, exact;
        if (p->of[i] == 0)
            continue;
        if (p->of[i] < 0 || strncmp(written, sql, before) != 0)
            return false;
        const char *literal = written + before, *end = after_literal(literal, &known, &exact);
        if (end == NULL)
            return false;
        if (known) {
            char *copy = arena_copy(&p->arena, literal, (size_t)(end - literal));
            p->at[p->of[i]] = (struct parameter){.literal = copy, .exact = exact};
            p->full = p->full || copy == NULL;
        }
        written = end;
        i += p->of[i + 1] == PARAMETER_PART;
        sql = p->t.at[i].text + p->t.at[i].n;
    }
    return strcmp(written, sql) == 0;
}

int parameters_read(struct parameters *p, sqlite3_stmt *stmt)
{
    size_t size;
    char *written;
    *p = (struct parameters){.n = sqlite3_bind_parameter_count(stmt)};
    arena_init(&p->arena);
    size = (size_t)(p->n + 1) * sizeof *p->at;
    p->at = arena_alloc(&p->arena, size);
    if (p->at == NULL || token_read(sqlite3_sql(stmt), &p->arena, &p->t) != SQLITE_OK ||
        (p->of = arena_alloc(&p->arena, (size_t)(p->t.n + 1) * sizeof *p->of)) == NULL)
        return SQLITE_NOMEM;
    find(p, stmt);
    written = sqlite3_expanded_sql(stmt);
    if (written == NULL)
        return p->n == 0 ? SQLITE_OK : SQLITE_NOMEM; /* or longer than a text may be */
    if (!match(p, sqlite3_sql(stmt), written))
        memset(p->at, 0, size);
    sqlite3_free(written);
    return p->full ? SQLITE_NOMEM : SQLITE_OK;
}

void parameters_clear(struct parameters *p)
{
    arena_clear(&p->arena);
}

/* ---- for another statement ------------------------------------------------------------------------------- */

bool parameters_append(const struct parameters *p, sqlite3_str *out, int from, int to, bool *used)
{
    int begin = from;
    for (int i = from; i < to; i++) {
        if (p->of[i] == 0)
            continue;
        if (p->of[i] < 0)
            return false;
        used[p->of[i]] = true;
        token_append(out, &p->t, begin, i, false);
        sqlite3_str_appendf(out, " ?%d ", p->of[i]);
        i += p->of[i + 1] == PARAMETER_PART;
        begin = i + 1;
    }
    token_append(out, &p->t, begin, to, false);
    return true;
}

int parameters_select(const struct parameters *p, const bool *used, char **out)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    bool exact = true;
    for (int i = 1; i <= p->n && exact; i++) {
        if (!used[i])
            continue;
        exact = p->at[i].literal != NULL && p->at[i].exact;
        sqlite3_str_appendf(s, "%s%s", sqlite3_str_length(s) > 0 ? ", " : "SELECT ",
                            exact ? p->at[i].literal : "");
    }
    if (sqlite3_str_length(s) == 0)
        sqlite3_str_appendall(s, "SELECT 1");
    int rc = sqlite3_str_errcode(s);
    *out = sqlite3_str_finish(s);
    if (!exact || rc != SQLITE_OK) {
        sqlite3_free(*out);
        *out = NULL;
    }
    return rc;
}

int parameters_bind(sqlite3 *db, const char *select, const bool *used, int n, sqlite3_stmt *to)
{
    sqlite3_stmt *values = NULL;
    int rc = sqlite3_prepare_v2(db, select, -1, &values, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(values) == SQLITE_ROW ? SQLITE_OK : sqlite3_errcode(db);
    for (int i = 1, column = 0; i <= n && rc == SQLITE_OK; i++)
        if (used[i])
            rc = sqlite3_bind_value(to, i, sqlite3_column_value(values, column++));
    sqlite3_finalize(values);
    return rc;
}
