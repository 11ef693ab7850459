/* Names, literals and placeholders in a dialect's spelling.
**
** Names are always quoted: a list of reserved words would have to be right for every version of every
** server.  Literals stand in DDL only (values of statements travel as arguments), so what a text literal
** needs beyond doubled quotes is data of the dialect's DDL. */
#include "sqlgen/quote.h"
#include "sqlgen/ddl.h"

#include <string.h>

/* text between a pair of quotes, with every quote (and, if asked, every backslash) doubled. */
static void append_quoted(sqlite3_str *out, const char *text, char quote, bool backslashes)
{
    sqlite3_str_appendchar(out, 1, quote);
    while (*text != '\0') {
        size_t n = 0;
        while (text[n] != '\0' && text[n] != quote && !(backslashes && text[n] == '\\'))
            n++;
        sqlite3_str_append(out, text, (int)n);
        text += n;
        if (*text != '\0')
            sqlite3_str_appendchar(out, 2, *text++);
    }
    sqlite3_str_appendchar(out, 1, quote);
}

void quote_name(const struct dialect *d, sqlite3_str *out, const char *name)
{
    append_quoted(out, name, d->quote, false);
}

void quote_table(const struct dialect *d, sqlite3_str *out, const char *schema, const char *name)
{
    if (schema == NULL)
        schema = d->default_schema;
    if (schema != NULL && schema[0] != '\0') {
        quote_name(d, out, schema);
        sqlite3_str_appendchar(out, 1, '.');
    }
    quote_name(d, out, name);
}

void quote_text(const struct dialect *d, sqlite3_str *out, const char *text)
{
    append_quoted(out, text, '\'', d->ddl != NULL && d->ddl->backslash_escapes);
}

void quote_arg(const struct dialect *d, sqlite3_str *out, int i, enum coltype t)
{
    const char *form = d->arg_form[t] != NULL ? d->arg_form[t] : "%s";
    const char *at;
    while ((at = strstr(form, "%s")) != NULL) {
        sqlite3_str_append(out, form, (int)(at - form));
        if (d->numbered_args)
            sqlite3_str_appendf(out, "$%d", i);
        else
            sqlite3_str_appendchar(out, 1, '?');
        form = at + 2;
    }
    sqlite3_str_appendall(out, form);
}

void quote_select(const struct dialect *d, sqlite3_str *out, const char *column, enum coltype t)
{
    const char *form = d->select_form[t] != NULL ? d->select_form[t] : "%s";
    const char *at;
    while ((at = strstr(form, "%s")) != NULL) {
        sqlite3_str_append(out, form, (int)(at - form));
        quote_name(d, out, column);
        form = at + 2;
    }
    sqlite3_str_appendall(out, form);
}

void quote_equal(const struct dialect *d, sqlite3_str *out, const char *text,
                 enum collation collation)
{
    const char *form = d->equal_text[collation], *at = strstr(form, "%s");
    sqlite3_str_append(out, form, (int)(at - form));
    sqlite3_str_appendall(out, text);
    sqlite3_str_appendall(out, at + 2);
}
