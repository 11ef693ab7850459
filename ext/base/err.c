/* struct err: building, cleaning and handing over of error texts.
**
** Every text goes through err_clean_line() exactly where it enters, so whatever a server sent (escape
** sequences, 64 KB of it, broken UTF-8), e->text is one clean line that fits.  A server's message is cut
** short enough that the prefix and the SQLSTATE suffix always have room.  Texts are formatted before the
** struct is touched: the arguments may point into the very struct that is being set. */
#include "base/err.h"

#include <stdarg.h>
#include <string.h>

#define PREFIX_MAX 512 /* bytes of "binds: [key] action: " */
#define SUFFIX_MAX 40  /* bytes of " (SQLSTATE xxxxx)" or " (errno n)" */

/* Length of the well-formed UTF-8 sequence at p (of n bytes), its code point in *cp; 0 = malformed. */
static size_t utf8_sequence(const unsigned char *p, size_t n, unsigned *cp)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xC2 ? 0
                 : p[0] < 0xE0 ? 2
                 : p[0] < 0xF0 ? 3
                 : p[0] < 0xF5 ? 4
                               : 0;
    if (len == 0 || len > n)
        return 0;
    unsigned c = len == 1 ? p[0] : p[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3FU);
    }
    if (c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *cp = c;
    return len;
}

/* C0 and C1 controls, and the two Unicode line ends. */
static bool is_control(unsigned cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029;
}

void err_clean_line(const char *text, char *out, size_t size)
{
    const unsigned char *p = (const unsigned char *)(text != NULL ? text : "");
    size_t n = strlen((const char *)p), used = 0;
    bool blank = true; /* a run of controls is one space; none at the start */
    while (n > 0) {
        unsigned cp = '?';
        size_t len = utf8_sequence(p, n, &cp);
        bool valid = len > 0;
        if (!valid)
            len = 1;
        if (valid && is_control(cp)) {
            if (!blank && used + 1 < size)
                out[used++] = ' ';
            blank = true;
        } else {
            if (used + len >= size)
                break;
            if (valid)
                memcpy(out + used, p, len);
            else
                out[used] = '?';
            used += len;
            blank = valid && cp == ' ';
        }
        p += len;
        n -= len;
    }
    while (used > 0 && out[used - 1] == ' ')
        used--;
    if (size > 0)
        out[used] = 0;
}

/* Formats and cleans into text (ERR_TEXT_MAX bytes). */
static void format_line(char *text, const char *format, va_list ap)
{
    char raw[ERR_TEXT_MAX + 8];
    sqlite3_vsnprintf((int)sizeof raw, raw, format, ap);
    err_clean_line(raw, text, ERR_TEXT_MAX);
}

int err_set(struct err *e, int rc, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    format_line(text, format, ap);
    va_end(ap);
    err_clear(e);
    e->rc = rc;
    memcpy(e->text, text, sizeof text);
    return rc;
}

int err_server(struct err *e, int rc, const char *sqlstate, int native, const char *message)
{
    char text[ERR_TEXT_MAX - PREFIX_MAX - SUFFIX_MAX];
    char state[sizeof e->sqlstate] = "";
    err_clean_line(message, text, sizeof text);
    if (sqlstate != NULL && strlen(sqlstate) == 5)
        err_clean_line(sqlstate, state, sizeof state);
    err_clear(e);
    e->rc = rc;
    e->native = native;
    memcpy(e->sqlstate, state, sizeof state);
    /* HY000 is "general error": the number says more. */
    if (state[0] != 0 && (native == 0 || strcmp(state, "HY000") != 0))
        sqlite3_snprintf((int)sizeof e->text, e->text, "%s (SQLSTATE %s)", text, state);
    else if (native != 0)
        sqlite3_snprintf((int)sizeof e->text, e->text, "%s (errno %d)", text, native);
    else
        sqlite3_snprintf((int)sizeof e->text, e->text, "%s", text);
    return rc;
}

int err_nomem(struct err *e)
{
    return err_set(e, SQLITE_NOMEM, "out of memory");
}

/* Puts prefix (cut to its room) and ": " before the text. */
static void put_before(struct err *e, const char *prefix)
{
    char head[PREFIX_MAX - 4], raw[ERR_TEXT_MAX + PREFIX_MAX];
    err_clean_line(prefix, head, sizeof head);
    sqlite3_snprintf((int)sizeof raw, raw, "%s: %s", head, e->text);
    err_clean_line(raw, e->text, sizeof e->text);
    e->prefixed = true;
}

int err_prefix(struct err *e, const char *key, const char *format, ...)
{
    char action[ERR_TEXT_MAX], shown[PREFIX_MAX / 4], prefix[ERR_TEXT_MAX + PREFIX_MAX];
    if (e->rc == SQLITE_OK || e->prefixed)
        return e->rc;
    action[0] = 0;
    if (format != NULL) {
        va_list ap;
        va_start(ap, format);
        format_line(action, format, ap);
        va_end(ap);
    }
    err_clean_line(key != NULL ? key : "default", shown, sizeof shown);
    sqlite3_snprintf((int)sizeof prefix, prefix, "binds: [%s]%s%s", shown,
                     action[0] != 0 ? " " : "", action);
    put_before(e, prefix);
    return e->rc;
}

int err_prefix_plain(struct err *e)
{
    if (e->rc != SQLITE_OK && !e->prefixed)
        put_before(e, "binds");
    return e->rc;
}

void err_append(struct err *e, const char *text)
{
    size_t n = strlen(e->text), more = strlen(text);
    if (n + more >= sizeof e->text)
        n = sizeof e->text - more - 1; /* the end says what matters */
    sqlite3_snprintf((int)(sizeof e->text - n), e->text + n, "%s", text);
}

/* What failed is never a success, even if it forgot to say why. */
static const struct err *said(const struct err *e)
{
    static const struct err unknown = {.rc = SQLITE_INTERNAL,
                                       .text = "binds: failed without a reason"};
    return e->rc != SQLITE_OK ? e : &unknown;
}

int err_to_vtab(const struct err *e, sqlite3_vtab *vtab)
{
    e = said(e);
    sqlite3_free(vtab->zErrMsg);
    vtab->zErrMsg = sqlite3_mprintf("%s", e->text);
    return e->rc;
}

void err_to_context(const struct err *e, sqlite3_context *context)
{
    e = said(e);
    /* This order: setting the text resets the code to SQLITE_ERROR. */
    sqlite3_result_error(context, e->text, -1);
    sqlite3_result_error_code(context, e->rc);
}
