/* Arguments as literals, for COPY, which takes no parameters.
**
** The statement's $n are found by reading it as the server's lexer does: not in strings, quoted
** names, comments or dollar quotes.  Each literal is cast to the type that the parameter would have
** had, so the statement means the same.  A backslash makes it an E'' literal: that holds whatever
** standard_conforming_strings is. */
#include "engine/postgres/codec.h"
#include "engine/postgres/text.h"

#include <string.h>

static void add(struct buf *out, const char *z)
{
    buf_add(out, z, strlen(z));
}

void pg_literal(const char *p, size_t n, struct buf *out)
{
    bool escape = memchr(p, '\\', n) != NULL;
    add(out, escape ? " E'" : "'");
    while (n > 0) {
        size_t plain = 0;
        while (plain < n && p[plain] != '\'' && p[plain] != '\\')
            plain++;
        buf_add(out, p, plain);
        if (plain < n) {
            buf_add(out, &p[plain], 1);
            buf_add(out, &p[plain], 1);
            plain++;
        }
        p += plain;
        n -= plain;
    }
    add(out, "'");
}

static void hex_literal(const struct cell *blob, struct buf *out)
{
    static const char hex[] = "0123456789abcdef";
    char *to;
    add(out, " E'\\\\x");
    to = buf_grow(out, blob->n * 2);
    for (size_t i = 0; to && i < blob->n; i++) {
        unsigned char byte = (unsigned char)blob->p[i];
        to[2 * i] = hex[byte >> 4];
        to[2 * i + 1] = hex[byte & 15];
    }
    add(out, "'");
}

static int scalar_literal(const struct arg *arg, int number, struct buf *out, struct err *err)
{
    const struct pg_travel *travel = pg_travel(arg->type->id);
    const struct cell *value = arg->cells;
    struct buf scratch;
    bool fits;

    if (value->cls == CELL_NULL) {
        add(out, "NULL");
        return SQLITE_OK;
    }
    /* What would not travel as a parameter is refused here too. */
    buf_init(&scratch, out->limit);
    fits = travel->form == PG_FORM_NONE || pg_encode(travel->form, value, &scratch);
    buf_reset(&scratch);
    if (fits && value->cls == CELL_BLOB && travel->form == PG_FORM_BYTES) {
        hex_literal(value, out);
    } else if (fits && (fits = pg_encode_text(value, &scratch)) && scratch.rc == SQLITE_OK) {
        pg_literal((const char *)scratch.data, scratch.len - 1, out);
        if (travel->form == PG_FORM_TIMESTAMP && travel->oid == pg_travel(CT_DATETIMETZ)->oid)
            add(out, "::timestamp AT TIME ZONE 'UTC'");
    }
    if (scratch.rc != SQLITE_OK)
        out->rc = scratch.rc;
    buf_clear(&scratch);
    return fits ? SQLITE_OK : pg_arg_refused(arg, number, value, err);
}

static int array_literal(const struct arg *arg, int number, struct buf *out, struct err *err)
{
    const struct pg_travel *travel = pg_travel(arg->type->id);
    int rc = SQLITE_OK;

    if (arg->ncells == 0 || travel->name == NULL) {
        struct buf text;
        buf_init(&text, out->limit);
        rc = pg_array_text(arg, number, &text, err);
        if (rc == SQLITE_OK && text.rc == SQLITE_OK)
            pg_literal((const char *)text.data, text.len - 1, out);
        if (text.rc != SQLITE_OK)
            out->rc = text.rc;
        buf_clear(&text);
        return rc;
    }
    add(out, "ARRAY[");
    for (int i = 0; i < arg->ncells && rc == SQLITE_OK; i++) {
        struct arg one = {.type = arg->type, .cells = &arg->cells[i], .ncells = 1};
        if (i > 0)
            add(out, ",");
        rc = scalar_literal(&one, number, out, err);
    }
    add(out, "]");
    return rc;
}

static int put_literal(const struct arg *arg, int number, struct buf *out, struct err *err)
{
    const char *name = pg_travel(arg->type->id)->name;
    int rc;
    add(out, " (");
    rc = arg->array ? array_literal(arg, number, out, err) : scalar_literal(arg, number, out, err);
    add(out, ")");
    if (name) {
        add(out, "::");
        add(out, name);
        if (arg->array)
            add(out, "[]");
    }
    return rc;
}

/* ---- the server's lexer, as far as it matters ------------------------------------------------ */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* After the closing quote; doubled ones are part of the text. */
static const char *after_quoted(const char *p, char quote, bool escapes)
{
    for (p++; *p; p++) {
        if (escapes && *p == '\\' && p[1]) {
            p++;
        } else if (*p == quote) {
            if (p[1] != quote)
                return p + 1;
            p++;
        }
    }
    return p;
}

static const char *after_comment(const char *p)
{
    int depth = 0;
    do {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p += 2;
        } else if (p[0] == '*' && p[1] == '/') {
            depth--;
            p += 2;
        } else if (*p) {
            p++;
        }
    } while (depth > 0 && *p);
    return p;
}

/* $tag$ … $tag$; p itself if there is none. */
static const char *after_dollar_quoted(const char *p)
{
    const char *q = p + 1;
    size_t n;
    if (*q >= '0' && *q <= '9')
        return p;
    while (is_name_char(*q))
        q++;
    if (*q != '$')
        return p;
    n = (size_t)(q + 1 - p);
    for (q++; *q; q++) {
        if (*q == '$' && strncmp(q, p, n) == 0)
            return q + n;
    }
    return q;
}

/* After whatever begins at p that can hold no parameter; p if a parameter may stand here. */
static const char *after_token(const char *p, const char *start)
{
    bool in_name = p > start && is_name_char(p[-1]);
    if (*p == '\'') {
        bool escapes =
            p > start && (p[-1] == 'E' || p[-1] == 'e') && (p - 1 == start || !is_name_char(p[-2]));
        return after_quoted(p, '\'', escapes);
    }
    if (*p == '"')
        return after_quoted(p, '"', false);
    if (p[0] == '-' && p[1] == '-')
        return p + strcspn(p, "\n");
    if (p[0] == '/' && p[1] == '*')
        return after_comment(p);
    if (*p != '$' || in_name)
        return p + 1;
    return after_dollar_quoted(p) > p ? after_dollar_quoted(p) : p;
}

int pg_inline_args(const char *sql, const struct arg *args, int nargs, struct buf *out,
                   struct err *err)
{
    const char *p = sql, *copied = sql;
    int rc = SQLITE_OK;

    while (*p && rc == SQLITE_OK) {
        const char *q = after_token(p, sql);
        if (q > p) {
            p = q;
            continue;
        }
        int number = 0;
        buf_add(out, copied, (size_t)(p - copied));
        for (p++; *p >= '0' && *p <= '9' && number < 100000; p++)
            number = number * 10 + (*p - '0');
        if (number < 1 || number > nargs)
            return err_set(err, SQLITE_ERROR, "there is no argument $%d", number);
        rc = put_literal(&args[number - 1], number, out, err);
        copied = p;
    }
    buf_add(out, copied, (size_t)(p - copied));
    return rc;
}
