/* Translation of expressions: see expression.h.  A name of a column is always quoted, in the column's own
** spelling: a bare word of SQLite may be a keyword there (a column called user). */
#include "sqlgen/expression.h"
#include "model/token.h"

#include <string.h>

#define SHOWN_EXPRESSION 200 /* bytes of an expression that a message quotes */

struct translation {
    const struct dialect *dialect;
    const struct ddl_words *words;
    const struct model *model;
    struct arena arena;
    struct tokens tokens;
    sqlite3_str *out;
};

/* Two one-character tokens that are one operator. */
static bool is_pair(const struct tokens *t, int i, char first, char second)
{
    return token_is_punct(&t->at[i], first) && token_is_punct(&t->at[i + 1], second) &&
           t->at[i].text + 1 == t->at[i + 1].text;
}

bool expression_concatenates(const char *text)
{
    struct arena arena;
    struct tokens t;
    bool found = false;
    arena_init(&arena);
    /* Out of memory: the settings around a statement that has no || do no harm. */
    if (token_read(text, &arena, &t) != SQLITE_OK)
        found = true;
    for (int i = 0; !found && i + 1 < t.n; i++)
        found = is_pair(&t, i, '|', '|');
    arena_clear(&arena);
    return found;
}

/* Is the word at i a type's name, as in CAST(x AS text)? */
static bool is_cast_type(const struct tokens *t, int i)
{
    return i > 0 && token_is(&t->at[i - 1], "AS");
}

/* 'x', and x'00', as the dialect has them. */
static int append_literal(struct translation *x, const struct token *t)
{
    if (t->kind == TOKEN_STRING) {
        const char *value = token_value(t, &x->arena);
        if (value == NULL)
            return SQLITE_NOMEM;
        quote_text(x->dialect, x->out, value);
        return SQLITE_OK;
    }
    const char *hex = arena_copy(&x->arena, t->text + 2, (size_t)t->n - 3);
    if (hex == NULL)
        return SQLITE_NOMEM;
    sqlite3_str_appendf(x->out, x->words->blob_form, hex);
    return SQLITE_OK;
}

/* 0x10 is a text on some servers and nothing on others. */
static void append_number(struct translation *x, const struct token *t)
{
    if (t->n > 2 && t->text[0] == '0' && (t->text[1] == 'x' || t->text[1] == 'X')) {
        unsigned long long value = 0;
        for (int i = 2; i < t->n; i++) {
            char c = t->text[i];
            value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        sqlite3_str_appendf(x->out, "%lld", (sqlite3_int64)value);
    } else {
        sqlite3_str_append(x->out, t->text, t->n);
    }
}

/* A word or a quoted name. */
static int append_word(struct translation *x, int i)
{
    const struct token *t = &x->tokens.at[i];
    const char *value = token_value(t, &x->arena);
    if (value == NULL)
        return SQLITE_NOMEM;
    bool call = t->kind == TOKEN_WORD && token_is_punct(&t[1], '(');
    int column = call || (t->kind == TOKEN_WORD && is_cast_type(&x->tokens, i))
                     ? -1
                     : model_column(x->model, value);
    if (column >= 0) {
        quote_name(x->dialect, x->out, x->model->columns[column].name);
        return SQLITE_OK;
    }
    if (t->kind == TOKEN_QUOTED) {
        /* SQLite takes "x" for a text where there is no such column. */
        if (t->text[0] == '"')
            quote_text(x->dialect, x->out, value);
        else
            quote_name(x->dialect, x->out, value);
        return SQLITE_OK;
    }
    for (const struct ddl_rename *r = x->words->functions; call && r != NULL && r->from != NULL;
         r++) {
        if (token_is(t, r->from)) {
            sqlite3_str_appendall(x->out, r->to);
            return SQLITE_OK;
        }
    }
    if (token_is(t, "LIKE") && x->words->like != NULL)
        sqlite3_str_appendall(x->out, x->words->like);
    else
        sqlite3_str_append(x->out, t->text, t->n);
    return SQLITE_OK;
}

/* Is LIKE's pattern the same for capitals and small letters, and without a backslash? */
static bool is_caseless_pattern(const struct token *t)
{
    if (t->kind != TOKEN_STRING)
        return false;
    for (int i = 0; i < t->n; i++) {
        char c = t->text[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\\')
            return false;
    }
    return true;
}

/* Why the operator at i cannot be sent, or NULL. */
static const char *refusal(const struct translation *x, int i)
{
    const struct tokens *t = &x->tokens;
    if (token_is(&t->at[i], "LIKE") && !is_caseless_pattern(&t->at[i + 1])) {
        if (x->words->like == NULL)
            return "LIKE takes a and A for the same in SQLite and for different letters there";
        if (t->at[i + 1].kind == TOKEN_STRING && !token_is(&t->at[i + 2], "ESCAPE") &&
            memchr(t->at[i + 1].text, '\\', (size_t)t->at[i + 1].n) != NULL)
            return "a backslash in LIKE is an ordinary character in SQLite and an escape there";
    }
    for (const struct ddl_refusal *r = x->words->refused; r != NULL && r->op != NULL; r++) {
        size_t n = strlen(r->op);
        if (t->at[i].kind == TOKEN_PUNCT && strncmp(t->at[i].text, r->op, n) == 0)
            return r->why;
    }
    return NULL;
}

static int append_tokens(struct translation *x, const char *text, const char *what, struct err *err)
{
    const struct tokens *t = &x->tokens;
    for (int i = 0; i < t->n; i++) {
        const struct token *now = &t->at[i];
        const char *why = refusal(x, i);
        int rc = SQLITE_OK;
        if (why != NULL)
            return err_set(err, SQLITE_ERROR,
                           "%s: %.*s: %s; make this table on the server and declare it", what,
                           SHOWN_EXPRESSION, text, why);
        if (i > 0 && now[-1].text + now[-1].n < now->text)
            sqlite3_str_appendchar(x->out, 1, ' ');
        if (is_pair(t, i, '=', '=')) {
            sqlite3_str_appendchar(x->out, 1, '=');
            i++;
        } else if (now->kind == TOKEN_STRING || now->kind == TOKEN_BLOB) {
            rc = append_literal(x, now);
        } else if (now->kind == TOKEN_NUMBER) {
            append_number(x, now);
        } else if (now->kind == TOKEN_WORD || now->kind == TOKEN_QUOTED) {
            rc = append_word(x, i);
        } else {
            sqlite3_str_append(x->out, now->text, now->n);
        }
        if (rc != SQLITE_OK)
            return err_nomem(err);
    }
    return SQLITE_OK;
}

int expression_append(const struct dialect *d, sqlite3_str *out, const struct model *m,
                      const char *text, const char *what, struct err *err)
{
    struct translation x = {.dialect = d, .words = d->ddl, .model = m, .out = out};
    if (x.words->verbatim) {
        sqlite3_str_appendall(out, text);
        return SQLITE_OK;
    }
    arena_init(&x.arena);
    int rc = token_read(text, &x.arena, &x.tokens) == SQLITE_OK ? SQLITE_OK : err_nomem(err);
    if (rc == SQLITE_OK)
        rc = append_tokens(&x, text, what, err);
    arena_clear(&x.arena);
    return rc;
}

/* ---- defaults -------------------------------------------------------------------------------------------- */

/* Drops pairs of parentheses around the whole of from..to-1. */
static void strip_parentheses(const struct tokens *t, int *from, int *to)
{
    while (*from < *to && token_is_punct(&t->at[*from], '(') && token_close(t, *from) == *to - 1) {
        ++*from;
        --*to;
    }
}

/* Which of CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME it is, or -1. */
static int now_of(const struct tokens *t, int from, int to)
{
    static const char *const words[] = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"};
    static const char *const functions[] = {"datetime", "date", "time"};
    for (int i = 0; i < 3; i++) {
        if (to - from == 1 && token_is(&t->at[from], words[i]))
            return i;
        if (to - from == 4 && token_is(&t->at[from], functions[i]) &&
            token_is_punct(&t->at[from + 1], '(') && t->at[from + 2].kind == TOKEN_STRING &&
            t->at[from + 2].n == 5 && strncmp(t->at[from + 2].text, "'now'", 5) == 0)
            return i;
    }
    return -1;
}

static int append_now(const struct translation *x, int which, const struct column *c,
                      struct err *err)
{
    const struct ddl_now *now = &x->words->now[which];
    enum coltype id = c->type.id;
    const char *form = NULL;
    if (id == CT_DATE || id == CT_TIME || id == CT_DATETIME || id == CT_OTHER)
        form = now->value;
    else if (id == CT_DATETIMETZ)
        form = now->zoned;
    else if (coltype_is_text(id) || c->type.text[0] == '\0')
        form = now->text;
    if (form == NULL)
        return err_set(err, SQLITE_ERROR, "column %s: the default %s is no %s", c->name,
                       c->default_text, coltype_name(id));
    sqlite3_str_appendall(x->out, form);
    return SQLITE_OK;
}

/* One literal as a value: 'x', x'00', [+-]number, TRUE, FALSE, a bare or quoted word.  false: it is none. */
static bool literal_value(struct translation *x, int from, int to, bool parentheses,
                          struct cell *out, int *rc)
{
    const struct tokens *t = &x->tokens;
    bool minus = false;
    for (;
         from + 1 < to && (token_is_punct(&t->at[from], '-') || token_is_punct(&t->at[from], '+'));
         from++)
        minus ^= token_is_punct(&t->at[from], '-');
    const struct token *one = &t->at[from];
    if (to - from != 1)
        return false;
    *rc = SQLITE_OK;
    if (one->kind == TOKEN_NUMBER) {
        sqlite3_str *text = sqlite3_str_new(NULL);
        struct translation number = {.out = text};
        if (minus)
            sqlite3_str_appendchar(text, 1, '-');
        append_number(&number, one);
        const char *z = arena_take_str(&x->arena, text);
        *out = cell_str(z);
        *rc = z != NULL ? SQLITE_OK : SQLITE_NOMEM;
        cell_fit_comparison(out);
    } else if (minus) {
        return false;
    } else if (token_is(one, "TRUE") || token_is(one, "FALSE")) {
        *out = cell_int(token_is(one, "TRUE"));
    } else if (token_is(one, "NULL")) {
        *out = cell_null();
    } else if (one->kind == TOKEN_BLOB) {
        size_t n = ((size_t)one->n - 3) / 2;
        char *bytes = arena_alloc(&x->arena, n + 1);
        for (size_t i = 0; bytes != NULL && i < n; i++) {
            unsigned byte = 0;
            for (size_t k = 0; k < 2; k++) {
                char c = one->text[2 + 2 * i + k];
                byte = byte * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
            }
            bytes[i] = (char)byte;
        }
        *out = cell_blob(bytes, n);
        *rc = bytes != NULL ? SQLITE_OK : SQLITE_NOMEM;
    } else if (one->kind == TOKEN_STRING || (token_is_name(one) && !parentheses)) {
        const char *z = token_value(one, &x->arena); /* DEFAULT word is DEFAULT 'word' in SQLite */
        *out = cell_str(z);
        *rc = z != NULL ? SQLITE_OK : SQLITE_NOMEM;
    } else {
        return false;
    }
    return true;
}

/* 17 digits always read back as the same number, fewer where they do are easier to read. */
static void append_real(sqlite3_str *out, double r)
{
    char text[CELL_SCRATCH], scratch[CELL_SCRATCH];
    for (int precision = 15; precision <= 17; precision++) {
        sqlite3_snprintf((int)sizeof text, text, "%!.*g", precision, r);
        struct cell back = cell_str(text);
        cell_fit(&back, AFF_REAL, scratch);
        if (back.cls == CELL_REAL && back.r == r)
            break;
    }
    sqlite3_str_appendall(out, text);
}

static int append_value(struct translation *x, const struct cell *v, enum coltype id)
{
    static const char digits[] = "0123456789abcdef";
    if (v->cls == CELL_INT && id == CT_BOOL && x->words->true_false) {
        sqlite3_str_appendall(x->out, v->i != 0 ? "TRUE" : "FALSE");
    } else if (v->cls == CELL_INT) {
        sqlite3_str_appendf(x->out, "%lld", v->i);
    } else if (v->cls == CELL_REAL) {
        append_real(x->out, v->r);
    } else if (v->cls == CELL_TEXT) {
        const char *text = arena_copy(&x->arena, v->p, v->n);
        if (text == NULL)
            return SQLITE_NOMEM;
        quote_text(x->dialect, x->out, text);
    } else if (v->cls == CELL_BLOB) {
        char *hex = arena_alloc(&x->arena, 2 * v->n + 1);
        if (hex == NULL)
            return SQLITE_NOMEM;
        for (size_t i = 0; i < v->n; i++) {
            hex[2 * i] = digits[(unsigned char)v->p[i] >> 4];
            hex[2 * i + 1] = digits[(unsigned char)v->p[i] & 15];
        }
        sqlite3_str_appendf(x->out, x->words->blob_form, hex);
    }
    return SQLITE_OK;
}

static bool needs_parentheses(const struct translation *x, const struct column *c)
{
    enum coltype id = c->type.id;
    bool large =
        id == CT_TEXT || id == CT_BLOB || id == CT_JSON || id == CT_JSONB || id == CT_INTERVAL ||
        (c->type.length == 0 && (id == CT_VARCHAR || id == CT_VARBINARY || id == CT_BINARY)) ||
        c->type.text[0] == '\0';
    return x->words->default_in_parentheses && large;
}

static int append_default(struct translation *x, int column, struct err *err)
{
    const struct column *c = &x->model->columns[column];
    const struct tokens *t = &x->tokens;
    int from = 0, to = t->n, rc;
    strip_parentheses(t, &from, &to);
    struct cell value;
    char fit[CELL_SCRATCH], accept[COLTYPE_SCRATCH];
    if (now_of(t, from, to) >= 0) {
        sqlite3_str_appendall(x->out, " DEFAULT ");
        return append_now(x, now_of(t, from, to), c, err);
    }
    if (literal_value(x, from, to, from > 0, &value, &rc)) {
        if (rc != SQLITE_OK)
            return err_nomem(err);
        cell_fit(&value, c->type.affinity, fit);
        rc = coltype_accept(&c->type, c->name, &value, accept, err);
        if (rc != SQLITE_OK || value.cls == CELL_NULL)
            return rc;
        bool parentheses = needs_parentheses(x, c);
        sqlite3_str_appendall(x->out, parentheses ? " DEFAULT (" : " DEFAULT ");
        if (append_value(x, &value, c->type.id) != SQLITE_OK)
            return err_nomem(err);
        if (parentheses)
            sqlite3_str_appendchar(x->out, 1, ')');
        return SQLITE_OK;
    }
    const char *inner = token_text(t, from, to, false, &x->arena);
    const char *what = arena_printf(&x->arena, "column %s", c->name);
    if (inner == NULL || what == NULL)
        return err_nomem(err);
    sqlite3_str_appendall(x->out, " DEFAULT (");
    rc = expression_append(x->dialect, x->out, x->model, inner, what, err);
    sqlite3_str_appendchar(x->out, 1, ')');
    return rc;
}

/* SQLite to SQLite: a literal or a word as it is, everything else in parentheses. */
static void append_verbatim(struct translation *x, const char *text)
{
    const struct tokens *t = &x->tokens;
    int from = 0, to = t->n, start;
    strip_parentheses(t, &from, &to);
    start = from;
    while (from == 0 && start + 1 < to &&
           (token_is_punct(&t->at[start], '-') || token_is_punct(&t->at[start], '+')))
        start++;
    if (from == 0 && to - start == 1)
        sqlite3_str_appendf(x->out, " DEFAULT %s", text);
    else if (from > 0)
        sqlite3_str_appendf(x->out, " DEFAULT (%.*s)",
                            (int)(t->at[to - 1].text + t->at[to - 1].n - t->at[from].text),
                            t->at[from].text);
    else
        sqlite3_str_appendf(x->out, " DEFAULT (%s)", text);
}

int expression_append_default(const struct dialect *d, sqlite3_str *out, const struct model *m,
                              int column, struct err *err)
{
    struct translation x = {.dialect = d, .words = d->ddl, .model = m, .out = out};
    const char *text = m->columns[column].default_text;
    arena_init(&x.arena);
    int rc = token_read(text, &x.arena, &x.tokens) == SQLITE_OK ? SQLITE_OK : err_nomem(err);
    if (rc == SQLITE_OK && x.words->verbatim)
        append_verbatim(&x, text);
    else if (rc == SQLITE_OK)
        rc = append_default(&x, column, err);
    arena_clear(&x.arena);
    return rc;
}
