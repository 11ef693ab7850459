/* Type texts: see typetext.h.  Invariant of typetext_declarable(): whatever a catalog or a user calls a type, the
** text is accepted by sqlite3_declare_vtab, gives exactly the affinity asked for, and holds no HIDDEN. */
#include "model/typetext.h"

#include <string.h>

/* Words that end a type because a column constraint begins.  Words that merely are reserved do not: SQLite
** itself refuses those. */
static const char *const constraint_words[] = {
    "CONSTRAINT", "DEFAULT",    "NOT",     "NULL", "PRIMARY",    "UNIQUE",
    "CHECK",      "REFERENCES", "COLLATE", "AS",   "DEFERRABLE", NULL,
};

/* Of SQLite's keywords, those that are known to be taken inside a type, in every version. */
static const char *const harmless_keywords[] = {"WITH", "WITHOUT", "KEY", NULL};

/* Words of servers' types that SQLite's parser refuses wherever they stand in one. */
static const char *const server_keywords[] = {"SET", "TO", NULL};

/* Words that may follow the arguments of a server's type.  A closed list, so that VARCHAR(80) UNQIUE is
** an error at CREATE, as it is for SQLite. */
static const char *const tail_words[] = {
    "WITH",     "WITHOUT",   "LOCAL",   "TIME", "ZONE",   "UNSIGNED", "SIGNED", "TO",    "SECOND",
    "ZEROFILL", "CHARACTER", "CHARSET", "SET",  "BINARY", "UNICODE",  "ASCII",  "ARRAY", NULL,
};

static bool ends_type(const struct tokens *t, int i)
{
    if (token_is_any(&t->at[i], constraint_words))
        return true;
    return token_is(&t->at[i], "GENERATED") && token_is(&t->at[i + 1], "ALWAYS");
}

int typetext_end(const struct tokens *t, int from)
{
    int i = from;
    while (i < t->n && !ends_type(t, i)) {
        if (token_is_name(&t->at[i])) {
            i++;
        } else if (token_is_punct(&t->at[i], '.') && i > from && token_is_name(&t->at[i + 1])) {
            i += 2;
        } else if (token_is_punct(&t->at[i], '(') && i > from && token_close(t, i) > 0) {
            i = token_close(t, i) + 1;
        } else {
            break;
        }
    }
    return i;
}

/* [+-]number at i: position behind it, or -1. */
static int signed_number(const struct tokens *t, int i)
{
    if (token_is_punct(&t->at[i], '+') || token_is_punct(&t->at[i], '-'))
        i++;
    return t->at[i].kind == TOKEN_NUMBER ? i + 1 : -1;
}

static bool is_plain(const struct tokens *t, int from, int to)
{
    int i = from;
    for (; i < to && token_is_name(&t->at[i]); i++) {
        if (token_is_any(&t->at[i], server_keywords))
            return false;
    }
    if (i == to)
        return true;
    if (i == from || !token_is_punct(&t->at[i], '('))
        return false;
    i = signed_number(t, i + 1);
    if (i > 0 && token_is_punct(&t->at[i], ','))
        i = signed_number(t, i + 1);
    return i == to - 1 && token_is_punct(&t->at[i], ')');
}

/* '(' item [, item …] ')', item: a string, or [number] word…; position behind it, or -1. */
static int server_arguments(const struct tokens *t, int i)
{
    do {
        int start = ++i;
        if (t->at[i].kind == TOKEN_STRING) {
            i++;
        } else {
            if (signed_number(t, i) > 0)
                i = signed_number(t, i);
            while (t->at[i].kind == TOKEN_WORD || t->at[i].kind == TOKEN_QUOTED)
                i++;
        }
        if (i == start)
            return -1;
    } while (token_is_punct(&t->at[i], ','));
    return token_is_punct(&t->at[i], ')') ? i + 1 : -1;
}

/* May the name at i stand in a server's type?  Behind the arguments only the known words and [] may. */
static bool server_word(const struct tokens *t, int i, bool behind_arguments)
{
    const struct token *now = &t->at[i];
    if (behind_arguments) {
        return now->text[0] == '[' || token_is_any(now, tail_words) || token_is(&now[-1], "SET") ||
               token_is(&now[-1], "CHARSET");
    }
    return now->kind != TOKEN_WORD || !sqlite3_keyword_check(now->text, now->n) ||
           token_is_any(now, harmless_keywords) || token_is_any(now, server_keywords);
}

enum typetext typetext_shape(const struct tokens *t, int from, int to)
{
    if (is_plain(t, from, to))
        return TYPETEXT_PLAIN;
    bool behind_arguments = false;
    int i = from;
    if (!token_is_name(&t->at[i]))
        return TYPETEXT_WRONG;
    while (i >= 0 && i < to) {
        if (token_is_name(&t->at[i])) {
            i = server_word(t, i, behind_arguments) ? i + 1 : -1;
        } else if (token_is_punct(&t->at[i], '.') && !behind_arguments &&
                   token_is_name(&t->at[i + 1])) {
            i += 2;
        } else if (token_is_punct(&t->at[i], '(')) {
            i = server_arguments(t, i);
            behind_arguments = true;
        } else {
            i = -1;
        }
    }
    return i == to ? TYPETEXT_SERVER : TYPETEXT_WRONG;
}

static bool is_safe_word(const struct token *t)
{
    if (t->kind == TOKEN_WORD)
        return !sqlite3_keyword_check(t->text, t->n) || token_is_any(t, harmless_keywords);
    return t->kind == TOKEN_QUOTED;
}

/* The text squeezed, or with words_only what is left of it without arguments; NULL when it can not be
** declared so (or out of memory: the caller's last resort needs none). */
static const char *declare_as(const struct tokens *t, bool words_only, struct arena *arena)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    bool good = words_only || is_plain(t, 0, t->n);
    int depth = 0;
    for (int i = 0; i < t->n; i++) {
        const struct token *now = &t->at[i];
        if (token_is_punct(now, '('))
            depth++;
        if (depth == 0 || !words_only) {
            if (depth == 0 && !is_safe_word(now))
                good = false;
            if (sqlite3_str_length(s) > 0 && now[-1].text + now[-1].n < now->text)
                sqlite3_str_appendchar(s, 1, ' ');
            sqlite3_str_append(s, now->text, now->n);
        }
        if (token_is_punct(now, ')'))
            depth--;
    }
    good = good && depth == 0 && sqlite3_str_length(s) > 0;
    if (good)
        return arena_take_str(arena, s);
    sqlite3_free(sqlite3_str_finish(s));
    return NULL;
}

/* SQLite looks for HIDDEN as a word of the declared type; as a part of one is near enough to stay away. */
static bool has_hidden(const char *text)
{
    for (; *text != '\0'; text++) {
        if (sqlite3_strnicmp(text, "hidden", 6) == 0)
            return true;
    }
    return false;
}

const char *typetext_declarable(const char *text, enum affinity affinity, struct arena *arena)
{
    static const char *const names[] = {
        [AFF_BLOB] = "BLOB",       [AFF_TEXT] = "TEXT", [AFF_NUMERIC] = "NUMERIC",
        [AFF_INTEGER] = "INTEGER", [AFF_REAL] = "REAL",
    };
    struct tokens t;
    if (token_read(text, arena, &t) != SQLITE_OK)
        return NULL;
    if (t.n == 0 && affinity == AFF_BLOB)
        return "";
    if (t.n > 0 && !has_hidden(text)) {
        for (int words_only = 0; words_only <= 1; words_only++) {
            const char *as = declare_as(&t, words_only != 0, arena);
            if (as != NULL && coltype_affinity(as) == affinity)
                return as;
        }
    }
    return names[affinity];
}
