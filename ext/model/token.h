/* A small tokenizer for SQL text in SQLite's spelling: just enough to find where a clause begins and ends.
**
** It never refuses: what it does not know is a one-character TOKEN_PUNCT, and an unterminated quote is a
** TOKEN_BAD, for SQLite's own parser to complain about.  Comments are no tokens.  Tokens point into the text
** they were made of, which must live as long as they do. */
#ifndef BINDS_MODEL_TOKEN_H
#define BINDS_MODEL_TOKEN_H

#include "base/mem.h"
#include <stdbool.h>

enum token_kind {
    TOKEN_END,    /* the last one of every list */
    TOKEN_WORD,   /* bare identifier or keyword */
    TOKEN_QUOTED, /* "identifier", `identifier`, [identifier] */
    TOKEN_STRING, /* 'text' */
    TOKEN_BLOB,   /* x'00' */
    TOKEN_NUMBER,
    TOKEN_PUNCT,  /* one character */
    TOKEN_BAD     /* an unterminated quote, to the end of the text */
};

struct token {
    enum token_kind kind;
    const char *text;
    int n;        /* bytes */
};

struct tokens {
    int n;                   /* without the TOKEN_END that follows them */
    const struct token *at;  /* at[n].kind == TOKEN_END */
};

/* SQLITE_OK or SQLITE_NOMEM. */
int token_read(const char *text, struct arena *arena, struct tokens *out);
/* ASCII case-insensitive; false for quoted ones. */
bool token_is(const struct token *t, const char *word);
/* Any of a NULL-terminated list. */
bool token_is_any(const struct token *t, const char *const *words);
bool token_is_punct(const struct token *t, char c);
/* A name as SQLite takes one: bare, quoted, or a string. */
bool token_is_name(const struct token *t);
/* Position of the ')' that closes the '(' at i, or -1. */
int token_close(const struct tokens *t, int i);
/* True when every ')' has its '(' and the other way round. */
bool token_balanced(const struct tokens *t);
/* The token without its quotes, doubled quotes halved; bare ones as they are.  NULL = out of memory. */
char *token_value(const struct token *t, struct arena *arena);
/* Appends tokens from..to-1 as written; a gap that holds a comment becomes one blank, and with `squeeze` so
** does any other gap. */
void token_append(sqlite3_str *out, const struct tokens *t, int from, int to, bool squeeze);
/* The same as a text of the arena.  NULL = out of memory. */
char *token_text(const struct tokens *t, int from, int to, bool squeeze, struct arena *arena);

#endif
