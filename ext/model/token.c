/* Tokenizer: see token.h.  It follows the rules of SQLite's own one (comments, quotes, doubling, bytes above
** 0x7f as letters), so that a text which SQLite has split at commas is understood here in the same way. */
#include "model/token.h"

#include <limits.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
    return is_word_start(c) || is_digit(c) || c == '$';
}

/* White space and comments; an unterminated block comment runs to the end, as in SQLite. */
static const char *next_token(const char *p)
{
    for (;;) {
        while (is_space(*p))
            p++;
        if (p[0] == '-' && p[1] == '-') {
            while (*p != '\0' && *p != '\n')
                p++;
        } else if (p[0] == '/' && p[1] == '*' && p[2] != '\0') {
            const char *end = strstr(p + 2, "*/");
            p = end != NULL ? end + 2 : p + strlen(p);
        } else {
            return p;
        }
    }
}

/* End of the quoted text that begins at p, or NULL when it has none. */
static const char *quoted_end(const char *p)
{
    char quote = *p++;
    if (quote == '[') {
        p = strchr(p, ']');
        return p != NULL ? p + 1 : NULL;
    }
    for (; *p != '\0'; p++) {
        if (*p != quote)
            continue;
        if (p[1] != quote)
            return p + 1;
        p++;
    }
    return NULL;
}

static const char *number_end(const char *p)
{
    bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
    while (is_word(*p) || *p == '.') {
        bool exponent = !hex && (*p == 'e' || *p == 'E');
        p++;
        if (exponent && (*p == '+' || *p == '-') && is_digit(p[1]))
            p++;
    }
    return p;
}

static const char *read_one(const char *p, enum token_kind *kind)
{
    const char *end;
    if (*p == '\'' || *p == '"' || *p == '`' || *p == '[') {
        *kind = *p == '\'' ? TOKEN_STRING : TOKEN_QUOTED;
        end = quoted_end(p);
    } else if ((*p == 'x' || *p == 'X') && p[1] == '\'') {
        *kind = TOKEN_BLOB;
        end = quoted_end(p + 1);
    } else if (is_word_start(*p)) {
        *kind = TOKEN_WORD;
        for (end = p + 1; is_word(*end); end++) {
        }
    } else if (is_digit(*p) || (*p == '.' && is_digit(p[1]))) {
        *kind = TOKEN_NUMBER;
        end = number_end(p);
    } else {
        *kind = TOKEN_PUNCT;
        end = p + 1;
    }
    if (end == NULL) {
        *kind = TOKEN_BAD;
        end = p + strlen(p);
    }
    return end;
}

int token_read(const char *text, struct arena *arena, struct tokens *out)
{
    enum token_kind kind;
    size_t n = 0;
    out->n = 0;
    out->at = NULL;
    /* Twice over the text: once to count, once to fill. */
    for (const char *p = next_token(text); *p != '\0'; p = next_token(read_one(p, &kind)))
        n++;
    if (n >= INT_MAX || strlen(text) >= INT_MAX)
        return SQLITE_NOMEM;
    struct token *list = arena_alloc(arena, (n + 1) * sizeof *list);
    if (list == NULL)
        return SQLITE_NOMEM;
    struct token *t = list;
    const char *p = next_token(text);
    while (*p != '\0') {
        const char *end = read_one(p, &t->kind);
        t->text = p;
        t->n = (int)(end - p);
        t++;
        p = next_token(end);
    }
    t->kind = TOKEN_END;
    t->text = p;
    out->n = (int)n;
    out->at = list;
    return SQLITE_OK;
}

bool token_is(const struct token *t, const char *word)
{
    return t->kind == TOKEN_WORD && (size_t)t->n == strlen(word) &&
           sqlite3_strnicmp(t->text, word, t->n) == 0;
}

bool token_is_any(const struct token *t, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(t, *words))
            return true;
    }
    return false;
}

bool token_is_punct(const struct token *t, char c)
{
    return t->kind == TOKEN_PUNCT && t->text[0] == c;
}

bool token_is_name(const struct token *t)
{
    return t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED || t->kind == TOKEN_STRING;
}

int token_close(const struct tokens *t, int i)
{
    int depth = 0;
    for (; i < t->n; i++) {
        if (token_is_punct(&t->at[i], '('))
            depth++;
        else if (token_is_punct(&t->at[i], ')') && --depth <= 0)
            return depth == 0 ? i : -1;
    }
    return -1;
}

bool token_balanced(const struct tokens *t)
{
    int depth = 0;
    for (int i = 0; i < t->n && depth >= 0; i++) {
        if (token_is_punct(&t->at[i], '('))
            depth++;
        else if (token_is_punct(&t->at[i], ')'))
            depth--;
    }
    return depth == 0;
}

char *token_value(const struct token *t, struct arena *arena)
{
    char *copy = arena_copy(arena, t->text, (size_t)t->n);
    if (copy == NULL || (t->kind != TOKEN_QUOTED && t->kind != TOKEN_STRING))
        return copy;
    char quote = copy[0] == '[' ? ']' : copy[0];
    int out = 0;
    for (int i = 1; i < t->n - 1; i++) {
        copy[out++] = copy[i];
        if (copy[i] == quote)
            i++;
    }
    copy[out] = '\0';
    return copy;
}

void token_append(sqlite3_str *out, const struct tokens *t, int from, int to, bool squeeze)
{
    for (int i = from; i < to; i++) {
        const struct token *now = &t->at[i];
        if (i > from) {
            const char *gap = now[-1].text + now[-1].n;
            bool blank = true;
            for (const char *p = gap; p < now->text; p++)
                blank = blank && is_space(*p);
            if (blank && !squeeze)
                sqlite3_str_append(out, gap, (int)(now->text - gap));
            else if (gap < now->text)
                sqlite3_str_appendchar(out, 1, ' ');
        }
        sqlite3_str_append(out, now->text, now->n);
    }
}

char *token_text(const struct tokens *t, int from, int to, bool squeeze, struct arena *arena)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    token_append(s, t, from, to, squeeze);
    if (sqlite3_str_length(s) == 0 && sqlite3_str_errcode(s) == SQLITE_OK) {
        sqlite3_free(sqlite3_str_finish(s));
        return arena_str(arena, "");
    }
    return arena_take_str(arena, s);
}
