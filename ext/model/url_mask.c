/* URLs as they are shown: secrets as ***, and back again when the shown text is written.
**
** Masking works on the text that was given, so that all else reads as the user wrote it. */
#include "model/url.h"

#include "model/url_split.h"

#include <string.h>

#define MASK "***"

/* What stands in the place of a secret: the mask (NULL), or the old URL's own. */
typedef const char *(*secret_source)(const struct url *old, const char *option);

static const char *mask_of(const struct url *old, const char *option)
{
    (void)old;
    (void)option;
    return NULL;
}

static const char *secret_of(const struct url *old, const char *option)
{
    if (option == NULL || strcmp(option, "password") == 0)
        return old->password;
    return url_option(old, option);
}

static void add_encoded(sqlite3_str *s, const char *p)
{
    for (; *p != 0; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '-' || *p == '_' || *p == '.' || *p == '~';
        if (plain)
            sqlite3_str_appendchar(s, 1, *p);
        else
            sqlite3_str_appendf(s, "%%%02X", (unsigned)(unsigned char)*p);
    }
}

static bool is_mask(struct span s)
{
    return s.n == strlen(MASK) && memcmp(s.p, MASK, s.n) == 0;
}

/* Writes the text before the secret, and what stands for the secret.  Returns where the text goes on. */
static const char *put_secret(sqlite3_str *s, const char *from, struct span secret,
                              const char *option, const struct url *old, secret_source source)
{
    bool masking = source == mask_of;
    const char *value = source(old, option);
    if (secret.p == NULL || secret.n == 0 || (!masking && (!is_mask(secret) || value == NULL)))
        return from;
    sqlite3_str_append(s, from, (int)(secret.p - from));
    if (masking)
        sqlite3_str_appendall(s, MASK);
    else
        add_encoded(s, value);
    return secret.p + secret.n;
}

/* The text with every secret replaced; NULL = out of memory. */
static char *replace_secrets(const char *text, const struct url *old, secret_source source)
{
    struct url_parts parts;
    struct err ignored;
    struct span name, value;
    sqlite3_str *s = sqlite3_str_new(NULL);
    const char *from = text;
    if (url_split(text, &parts, &ignored) == SQLITE_OK) {
        from = put_secret(s, from, parts.password, NULL, old, source);
        while (url_next_option(&parts.query, &name, &value)) {
            char *decoded = sqlite3_malloc64(name.n + 1);
            if (decoded == NULL) {
                sqlite3_free(sqlite3_str_finish(s));
                return NULL;
            }
            if (url_decode(name, decoded) && url_is_secret(decoded))
                from = put_secret(s, from, value, decoded, old, source);
            sqlite3_free(decoded);
        }
    }
    sqlite3_str_appendall(s, from);
    if (sqlite3_str_errcode(s) == SQLITE_OK && sqlite3_str_length(s) == 0) {
        sqlite3_free(sqlite3_str_finish(s)); /* finish gives NULL for an empty text */
        return sqlite3_mprintf("");
    }
    return sqlite3_str_finish(s);
}

char *url_masked(const struct url *u)
{
    return replace_secrets(u->text, NULL, mask_of);
}

char *url_unmask(const char *text, const struct url *old)
{
    return replace_secrets(text, old, secret_of);
}
