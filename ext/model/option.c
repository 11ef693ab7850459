/* Options among the arguments: grammar in option.h.  What an option means is the module's business. */
#include "model/option.h"

#define SHOWN_BYTES 160

static int unknown_option(const char *name, const char *const *valid, struct err *err)
{
    sqlite3_str *list = sqlite3_str_new(NULL);
    for (int i = 0; valid[i] != NULL; i++)
        sqlite3_str_appendf(list, "%s%s", i > 0 ? ", " : "", valid[i]);
    char *text = sqlite3_str_finish(list);
    if (text == NULL)
        return err_nomem(err);
    int rc = err_set(err, SQLITE_ERROR, "unknown option \"%s\" (options are %s)", name, text);
    sqlite3_free(text);
    return rc;
}

int option_read(const char *argument, const char *const *valid, struct arena *arena,
                struct option *out, bool *found, struct err *err)
{
    struct tokens t;
    *found = false;
    if (token_read(argument, arena, &t) != SQLITE_OK)
        return err_nomem(err);
    if (t.n < 2 || !token_is_name(&t.at[0]) || !token_is_punct(&t.at[1], '='))
        return SQLITE_OK;
    *found = true;
    const char *name = token_value(&t.at[0], arena);
    if (name == NULL)
        return err_nomem(err);
    int i = 0;
    while (valid[i] != NULL && sqlite3_stricmp(valid[i], name) != 0)
        i++;
    if (valid[i] == NULL)
        return unknown_option(name, valid, err);
    out->name = valid[i];
    out->value = NULL;
    const struct token *value = &t.at[2];
    if (t.n == 3 && token_is(value, "NULL"))
        return SQLITE_OK;
    if (t.n != 3 || (value->text[0] != '\'' && value->text[0] != '"') || value->kind == TOKEN_BAD)
        return err_set(err, SQLITE_ERROR, "option %s needs one quoted text: %s='...', not \"%s\"",
                       valid[i], valid[i], option_show(argument, arena));
    out->value = token_value(value, arena);
    return out->value != NULL ? SQLITE_OK : err_nomem(err);
}

int option_text(const char *argument, struct arena *arena, const char **out, struct err *err)
{
    struct tokens t;
    *out = NULL;
    if (token_read(argument, arena, &t) != SQLITE_OK)
        return err_nomem(err);
    if (t.n != 1 || (t.at[0].text[0] != '\'' && t.at[0].text[0] != '"') ||
        t.at[0].kind == TOKEN_BAD)
        return SQLITE_OK;
    *out = token_value(&t.at[0], arena);
    return *out != NULL ? SQLITE_OK : err_nomem(err);
}

const char *option_show(const char *argument, struct arena *arena)
{
    struct tokens t;
    char *text = NULL;
    if (token_read(argument, arena, &t) == SQLITE_OK)
        text = token_text(&t, 0, t.n, true, arena);
    if (text == NULL)
        return "?";
    size_t n = 0;
    while (n < SHOWN_BYTES && text[n] != '\0')
        n++;
    if (text[n] == '\0')
        return text;
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a character */
    char *shown = arena_printf(arena, "%.*s...", (int)n, text);
    return shown != NULL ? shown : "?";
}
