/* A type as a server's catalog spells it → struct type.
**
** Most words mean the same everywhere, so model/coltype reads them; each engine lists those which mean
** something else in its catalog (ddl_words.aliases: MySQL's float has four bytes).  What nobody knows is
** CT_OTHER: its values travel as text. */
#include "model/token.h"
#include "sqlgen/ddl.h"

#include <stdlib.h>
#include <string.h>

#define NO_FRACTION (-1) /* coltype's spelling of DATETIME(0) */

/* The words of the type without its arguments, in lower case: "float(7,3) unsigned" → "float unsigned". */
static char *type_words(const struct tokens *t, struct arena *arena)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    int depth = 0;
    for (int i = 0; i < t->n; i++) {
        const struct token *now = &t->at[i];
        if (token_is_punct(now, '('))
            depth++;
        else if (token_is_punct(now, ')'))
            depth--;
        else if (depth == 0)
            sqlite3_str_appendf(s, sqlite3_str_length(s) > 0 ? " %.*s" : "%.*s", now->n, now->text);
    }
    char *words = arena_take_str(arena, s);
    for (char *p = words; p != NULL && *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));
    }
    return words;
}

/* MySQL's FLOAT(7,2) and DOUBLE(10,2) keep so many decimals. */
static void read_decimals(const char *text, struct type *out)
{
    const char *p = strchr(text, '(');
    char *end;
    long digits = p != NULL ? strtol(p + 1, &end, 10) : 0;
    if (p == NULL || *end != ',')
        return;
    out->precision = (int)digits;
    out->scale = (int)strtol(end + 1, NULL, 10);
}

static bool has_fraction(enum coltype id)
{
    return id == CT_TIME || id == CT_DATETIME || id == CT_DATETIMETZ;
}

int ddl_read_type(const struct ddl_words *words, const char *text, struct arena *arena,
                  struct type *out, struct err *err)
{
    struct tokens t;
    int rc = coltype_parse(text, arena, out, err);
    if (rc != SQLITE_OK)
        return rc;
    if (words->aliases != NULL) {
        const char *name = NULL;
        if (token_read(text, arena, &t) == SQLITE_OK)
            name = type_words(&t, arena);
        if (name == NULL)
            return err_nomem(err);
        for (const struct ddl_alias *a = words->aliases; a->name != NULL; a++) {
            if (strcmp(a->name, name) == 0)
                out->id = a->id;
        }
    }
    if (out->id == CT_FLOAT4 || out->id == CT_FLOAT8)
        read_decimals(text, out);
    if (words->bare_time_is_whole && has_fraction(out->id) && out->precision == 0)
        out->precision = NO_FRACTION;
    return SQLITE_OK;
}
