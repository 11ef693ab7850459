/* What a statement does to the transaction, told by its first words.
**
** The driver must know: cursors die with their transaction, a ROLLBACK TO may take some with it,
** COMMIT can fail with success's status.  Unknown words are VERB_OTHER, of which nothing is
** assumed. */
#include "engine/postgres/text.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Past blanks, comments and opening parentheses. */
static const char *first_word(const char *p)
{
    for (;;) {
        while (is_blank(*p) || *p == '(' || *p == ';')
            p++;
        if (p[0] == '-' && p[1] == '-') {
            p += strcspn(p, "\n");
        } else if (p[0] == '/' && p[1] == '*') {
            int depth = 0; /* they nest */
            do {
                if (p[0] == '/' && p[1] == '*') {
                    depth++;
                    p++;
                } else if (p[0] == '*' && p[1] == '/') {
                    depth--;
                    p++;
                }
                p++;
            } while (depth > 0 && *p);
        } else {
            return p;
        }
    }
}

/* The place after the word, or NULL. */
static const char *take_word(const char *p, const char *word)
{
    size_t n = strlen(word);
    if (sqlite3_strnicmp(p, word, (int)n) != 0 || is_letter(p[n]))
        return NULL;
    return first_word(p + n);
}

/* Commands of two or more words that the server refuses inside a transaction. */
static bool is_alone(const char *p)
{
    static const char *const phrases[][4] = {
        {"CREATE", "DATABASE"},
        {"CREATE", "TABLESPACE"},
        {"CREATE", "SUBSCRIPTION"},
        {"CREATE", "INDEX", "CONCURRENTLY"},
        {"CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"},
        {"DROP", "DATABASE"},
        {"DROP", "TABLESPACE"},
        {"DROP", "SUBSCRIPTION"},
        {"DROP", "INDEX", "CONCURRENTLY"},
        {"ALTER", "SYSTEM"},
        {"ALTER", "DATABASE"},
        {"COMMIT", "PREPARED"},
        {"ROLLBACK", "PREPARED"},
        {"DISCARD", "ALL"},
        {"VACUUM"},
        {"REINDEX"},
        {"CLUSTER"},
        {"CALL"}, /* a procedure, or a DO, may COMMIT */
        {"DO"},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        const char *next = p;
        for (int k = 0; k < 4 && phrases[i][k] && next; k++)
            next = take_word(next, phrases[i][k]);
        if (next)
            return true;
    }
    return false;
}

enum pg_verb pg_verb(const char *sql)
{
    static const struct {
        const char *word;
        enum pg_verb verb;
    } words[] = {
        {"SELECT", VERB_READ},  {"WITH", VERB_READ},           {"VALUES", VERB_READ},
        {"TABLE", VERB_READ},   {"INSERT", VERB_WRITE},        {"UPDATE", VERB_WRITE},
        {"DELETE", VERB_WRITE}, {"MERGE", VERB_WRITE},         {"BEGIN", VERB_BEGIN},
        {"START", VERB_BEGIN},  {"SAVEPOINT", VERB_SAVEPOINT}, {"RELEASE", VERB_RELEASE},
        {"END", VERB_COMMIT},   {"ABORT", VERB_ROLLBACK},      {"COPY", VERB_COPY},
    };
    const char *p = first_word(sql), *next;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (take_word(p, words[i].word))
            return words[i].verb;
    }
    if (is_alone(p))
        return VERB_ALONE;
    if (take_word(p, "COMMIT"))
        return VERB_COMMIT;
    if ((next = take_word(p, "PREPARE")) != NULL)
        return take_word(next, "TRANSACTION") ? VERB_PREPARE : VERB_OTHER;
    if ((next = take_word(p, "ROLLBACK")) != NULL) {
        const char *word = take_word(next, "WORK");
        if (!word)
            word = take_word(next, "TRANSACTION");
        if (word)
            next = word;
        return take_word(next, "TO") ? VERB_ROLLBACK_TO : VERB_ROLLBACK;
    }
    return VERB_OTHER;
}
