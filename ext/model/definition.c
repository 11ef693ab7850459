/* Scanner of column definitions and table constraints: see definition.h.
**
** Each piece is walked once, clause by clause.  A clause goes to the private text (scan.sql) as written, with
** these exceptions, each replaced by something that SQLite's parser takes in the same place, so that what
** follows a replaced clause is still judged where it stands:
**   a server's type                        nothing
**   UNIQUE, [UNIQUE] INDEX                 CHECK(1); made as an index of its own, so that its name is known
**   DEFAULT f(x), DEFAULT b'0'             DEFAULT (0)
**   REFERENCES schema.table                REFERENCES table
** What SQLite would take and no server can do (ON CONFLICT REPLACE, foreign collations) is refused here. */
#include "model/definition.h"

#include "model/list.h"
#include "model/option.h"
#include "model/typetext.h"

struct scan {
    struct definition *def;
    struct tokens t;
    int i; /* next token */
    int piece;
    struct def_column *column; /* NULL in a table constraint */
    const char *constraint;    /* name given by CONSTRAINT and not yet taken */
    sqlite3_str *sql;
    struct err *err;
};

static const char *const table_words[] = {
    "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "INDEX", NULL,
};

int definition_error(const struct definition *d, int piece, const char *message, struct err *err)
{
    return err_set(err, SQLITE_ERROR, "malformed definition \"%s\": %s",
                   option_show(d->pieces[piece].text, d->arena), message);
}

static int scan_error(struct scan *s, const char *message)
{
    return definition_error(s->def, s->piece, message, s->err);
}

/* The token `ahead` places from the next one; the TOKEN_END stands for all behind the last. */
static const struct token *peek(const struct scan *s, int ahead)
{
    return &s->t.at[s->i + ahead < s->t.n ? s->i + ahead : s->t.n];
}

static void emit_text(struct scan *s, const char *text)
{
    sqlite3_str_appendf(s->sql, "%s%s", sqlite3_str_length(s->sql) > 0 ? " " : "", text);
}

/* Takes the next n tokens into the private text. */
static void emit(struct scan *s, int n)
{
    int to = s->i + n < s->t.n ? s->i + n : s->t.n;
    emit_text(s, "");
    token_append(s->sql, &s->t, s->i, to, false);
    s->i = to;
}

/* Number of tokens of the group that begins `ahead` places on, 0 when no '(' stands there. */
static int group_length(const struct scan *s, int ahead)
{
    int open = s->i + ahead;
    if (!token_is_punct(peek(s, ahead), '('))
        return 0;
    int close = token_close(&s->t, open);
    return close < 0 ? 0 : close - open + 1;
}

/* What stands inside the group of `length` tokens that begins `ahead` places on. */
static char *group_text(const struct scan *s, int ahead, int length)
{
    int open = s->i + ahead;
    return token_text(&s->t, open + 1, open + length - 1, false, s->def->arena);
}

static const char *take_constraint_name(struct scan *s)
{
    const char *name = s->constraint;
    s->constraint = NULL;
    return name;
}

static int add_key(struct scan *s, enum key_kind kind, bool unique, const char *name,
                   const char *list)
{
    struct definition *d = s->def;
    if (list == NULL)
        return err_nomem(s->err);
    d->keys = list_add(d->arena, d->keys, d->nkeys, sizeof *d->keys);
    if (d->keys == NULL)
        return err_nomem(s->err);
    d->keys[d->nkeys++] = (struct def_key){
        .piece = s->piece, .kind = kind, .unique = unique, .name = name, .list = list};
    return SQLITE_OK;
}

/* ON CONFLICT x.  ABORT is what every server does anyway; the others would be lost without a word. */
static int scan_on_conflict(struct scan *s, bool keep)
{
    if (!token_is(peek(s, 0), "ON") || !token_is(peek(s, 1), "CONFLICT"))
        return SQLITE_OK;
    static const char *const lost[] = {"ROLLBACK", "FAIL", "IGNORE", "REPLACE", NULL};
    if (token_is_any(peek(s, 2), lost))
        return scan_error(s,
                          "a server's constraint has no ON CONFLICT clause but ABORT; say INSERT "
                          "OR REPLACE in the statement instead");
    if (keep || !token_is(peek(s, 2), "ABORT"))
        emit(s, 3);
    else
        s->i += 3;
    return SQLITE_OK;
}

static int scan_primary_key(struct scan *s)
{
    s->def->primary_piece = s->piece;
    s->def->primary_name = take_constraint_name(s);
    emit(s, 2 + (s->column == NULL ? group_length(s, 2) : 0));
    return SQLITE_OK;
}

/* UNIQUE behind a column, UNIQUE (list), [UNIQUE] INDEX name (list) */
static int scan_unique_or_index(struct scan *s)
{
    bool unique = token_is(peek(s, 0), "UNIQUE");
    int rc;
    if (s->column != NULL) {
        rc = add_key(s, KEY_UNIQUE, true, take_constraint_name(s),
                     arena_printf(s->def->arena, "\"%w\"", s->column->name));
        s->i++;
    } else if (unique && group_length(s, 1) > 0) {
        int length = group_length(s, 1);
        rc = add_key(s, KEY_UNIQUE, true, take_constraint_name(s), group_text(s, 1, length));
        s->i += 1 + length;
    } else if (token_is(peek(s, unique), "INDEX")) {
        int length = group_length(s, unique + 2);
        if (!token_is_name(peek(s, unique + 1)) || length == 0)
            return scan_error(s, "an index is written [UNIQUE] INDEX name (column [ASC|DESC], …)");
        const char *name = token_value(peek(s, unique + 1), s->def->arena);
        if (name == NULL)
            return err_nomem(s->err);
        take_constraint_name(s);
        rc = add_key(s, KEY_INDEX, unique, name, group_text(s, unique + 2, length));
        s->i += unique + 2 + length;
    } else {
        emit(s, 1); /* for SQLite to refuse */
        return SQLITE_OK;
    }
    emit_text(s, "CHECK(1)");
    return rc == SQLITE_OK ? scan_on_conflict(s, false) : rc;
}

static int scan_check(struct scan *s)
{
    struct definition *d = s->def;
    int length = group_length(s, 1);
    if (length > 0) {
        const char *expression = group_text(s, 1, length);
        d->checks = list_add(d->arena, d->checks, d->nchecks, sizeof *d->checks);
        if (d->checks == NULL || expression == NULL)
            return err_nomem(s->err);
        d->checks[d->nchecks++] =
            (struct check){.name = take_constraint_name(s), .expression = expression};
    }
    emit(s, 1 + length);
    return SQLITE_OK;
}

/* Number of tokens of a default that only a server reads: now(), nextval('s'), pg.f(1), b'0'; else 0. */
static int server_default_length(const struct scan *s)
{
    int n = 1;
    const struct token *t = peek(s, 1);
    if (t->kind != TOKEN_WORD && t->kind != TOKEN_QUOTED)
        return 0;
    if (token_is(t, "b") && t[1].kind == TOKEN_STRING && t->text + 1 == t[1].text)
        return 2;
    while (token_is_punct(peek(s, 1 + n), '.') && token_is_name(peek(s, 2 + n)))
        n += 2;
    int length = group_length(s, 1 + n);
    return length > 0 ? n + length : 0;
}

/* DEFAULT: the text as written, but a bare or double-quoted name, which SQLite takes for a string
** and every server for something else, becomes that string. */
static int scan_default(struct scan *s)
{
    static const char *const constants[] = {
        "NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", NULL,
    };
    const struct token *value = peek(s, 1);
    int from = s->i + 1;
    int server = server_default_length(s);
    int length = server;
    if (server == 0 && (token_is_punct(value, '-') || token_is_punct(value, '+')))
        length = 2;
    else if (server == 0 && token_is_punct(value, '('))
        length = group_length(s, 1);
    else if (server == 0)
        length = 1;
    if (server > 0) {
        emit_text(s, "DEFAULT (0)");
        s->i += 1 + server;
    } else {
        emit(s, 1 + length);
    }
    if (s->column == NULL)
        return SQLITE_OK;
    bool is_name = value->kind == TOKEN_QUOTED ||
                   (value->kind == TOKEN_WORD && !token_is_any(value, constants));
    struct arena *arena = s->def->arena;
    if (server == 0 && is_name) {
        const char *name = token_value(value, arena);
        s->column->default_text = name != NULL ? arena_printf(arena, "%Q", name) : NULL;
    } else {
        s->column->default_text = token_text(&s->t, from, s->i, false, arena);
    }
    return s->column->default_text != NULL ? SQLITE_OK : err_nomem(s->err);
}

/* [GENERATED ALWAYS] AS (expression) [STORED|VIRTUAL] */
static int scan_generated(struct scan *s)
{
    if (token_is(peek(s, 0), "GENERATED"))
        emit(s, 2);
    int length = token_is(peek(s, 0), "AS") ? group_length(s, 1) : 0;
    if (length > 0 && s->column != NULL) {
        s->column->generated_text = group_text(s, 1, length);
        if (s->column->generated_text == NULL)
            return err_nomem(s->err);
    }
    if (s->i < s->t.n)
        emit(s, 1 + length);
    if (token_is(peek(s, 0), "STORED") || token_is(peek(s, 0), "VIRTUAL"))
        emit(s, 1);
    return SQLITE_OK;
}

/* REFERENCES [schema.]table [(columns)]; the actions behind it come by themselves. */
static int scan_references(struct scan *s)
{
    struct definition *d = s->def;
    struct def_foreign_key fk = {.name = take_constraint_name(s)};
    emit(s, 1);
    if (token_is_name(peek(s, 0)) && token_is_punct(peek(s, 1), '.') && token_is_name(peek(s, 2))) {
        fk.parent_schema = token_value(peek(s, 0), d->arena);
        if (fk.parent_schema == NULL)
            return err_nomem(s->err);
        s->i += 2;
    }
    if (token_is_name(peek(s, 0)))
        emit(s, 1 + group_length(s, 1));
    d->foreign_keys = list_add(d->arena, d->foreign_keys, d->nforeign_keys, sizeof fk);
    if (d->foreign_keys == NULL)
        return err_nomem(s->err);
    d->foreign_keys[d->nforeign_keys++] = fk;
    return SQLITE_OK;
}

/* [NOT] DEFERRABLE [INITIALLY DEFERRED|IMMEDIATE] belongs to the last foreign key, as in SQLite. */
static int scan_deferrable(struct scan *s)
{
    struct definition *d = s->def;
    bool deferrable = !token_is(peek(s, 0), "NOT");
    emit(s, deferrable ? 1 : 2);
    bool deferred = false;
    if (token_is(peek(s, 0), "INITIALLY")) {
        deferred = token_is(peek(s, 1), "DEFERRED");
        emit(s, 2);
    }
    if (d->nforeign_keys > 0) {
        d->foreign_keys[d->nforeign_keys - 1].deferrable = deferrable;
        d->foreign_keys[d->nforeign_keys - 1].initially_deferred = deferrable && deferred;
    }
    return SQLITE_OK;
}

static int scan_collate(struct scan *s)
{
    static const char *const known[] = {"BINARY", "NOCASE", "RTRIM"};
    if (token_is_name(peek(s, 1))) {
        const char *name = token_value(peek(s, 1), s->def->arena);
        bool found = false;
        for (size_t k = 0; name != NULL && k < sizeof known / sizeof *known; k++)
            found = found || sqlite3_stricmp(name, known[k]) == 0;
        if (name == NULL)
            return err_nomem(s->err);
        if (!found) {
            char *message = arena_printf(
                s->def->arena, "unknown collation \"%s\" (BINARY, NOCASE or RTRIM)", name);
            return message != NULL ? scan_error(s, message) : err_nomem(s->err);
        }
    }
    emit(s, 2);
    return SQLITE_OK;
}

static int scan_on(struct scan *s)
{
    if (token_is(peek(s, 1), "CONFLICT"))
        return scan_on_conflict(s, true);
    /* ON DELETE SET DEFAULT and its like: the DEFAULT in it is no clause. */
    bool two = token_is(peek(s, 2), "SET") || token_is(peek(s, 2), "NO");
    emit(s, two ? 4 : 3);
    return SQLITE_OK;
}

static int scan_name(struct scan *s)
{
    if (token_is_name(peek(s, 1))) {
        s->constraint = token_value(peek(s, 1), s->def->arena);
        if (s->constraint == NULL)
            return err_nomem(s->err);
    }
    emit(s, 2);
    return SQLITE_OK;
}

static int scan_clause(struct scan *s)
{
    const struct token *t = peek(s, 0);
    if (token_is(t, "CONSTRAINT"))
        return scan_name(s);
    if (token_is(t, "PRIMARY") && token_is(peek(s, 1), "KEY"))
        return scan_primary_key(s);
    if (token_is(t, "UNIQUE") || (token_is(t, "INDEX") && s->column == NULL))
        return scan_unique_or_index(s);
    if (token_is(t, "CHECK"))
        return scan_check(s);
    if (token_is(t, "REFERENCES"))
        return scan_references(s);
    if (token_is(t, "FOREIGN")) {
        emit(s, 2 + group_length(s, 2)); /* its name is for the REFERENCES that follows */
        return SQLITE_OK;
    }
    if (token_is(t, "ON"))
        return scan_on(s);
    s->constraint = NULL; /* names of NOT NULL, DEFAULT … have no use */
    if (token_is(t, "DEFAULT"))
        return scan_default(s);
    if (token_is(t, "GENERATED") || token_is(t, "AS"))
        return scan_generated(s);
    if (token_is(t, "COLLATE"))
        return scan_collate(s);
    if (token_is(t, "DEFERRABLE") || (token_is(t, "NOT") && token_is(peek(s, 1), "DEFERRABLE")))
        return scan_deferrable(s);
    int group = group_length(s, 0);
    emit(s, group > 0 ? group : 1);
    return SQLITE_OK;
}

/* The text of a column's type.  A type that is one quoted name is that name where binds knows it
** ("enum('a','b')"), else it stays quoted: the server tells "Mood" from mood. */
static const char *column_type(struct scan *s, int to)
{
    struct arena *arena = s->def->arena;
    if (to == 2 && s->t.at[1].kind != TOKEN_WORD) {
        struct type type;
        const char *name = token_value(&s->t.at[1], arena);
        if (name == NULL || coltype_parse(name, arena, &type, s->err) != SQLITE_OK)
            return NULL;
        if (type.id != CT_OTHER)
            return name;
    }
    return token_text(&s->t, 1, to, true, arena);
}

static int scan_column(struct scan *s)
{
    struct definition *d = s->def;
    d->columns = list_add(d->arena, d->columns, d->ncolumns, sizeof *d->columns);
    if (d->columns == NULL)
        return err_nomem(s->err);
    s->column = &d->columns[d->ncolumns++];
    int end = typetext_end(&s->t, 1);
    *s->column = (struct def_column){
        .piece = s->piece,
        .name = token_value(&s->t.at[0], d->arena),
        .type = column_type(s, end),
    };
    if (s->column->name == NULL || s->column->type == NULL)
        return err_nomem(s->err);
    emit(s, 1);
    if (typetext_shape(&s->t, 1, end) == TYPETEXT_SERVER)
        s->i = end;
    else
        emit(s, end - 1);
    return SQLITE_OK;
}

static int scan_piece(struct definition *d, const char *text, const struct tokens *t, bool column,
                      struct err *err)
{
    struct scan s = {.def = d, .t = *t, .piece = d->npieces, .err = err};
    int rc = SQLITE_OK;
    d->pieces[d->npieces++] = (struct def_piece){.text = text, .sql = ""};
    s.sql = sqlite3_str_new(NULL);
    if (!token_balanced(t))
        rc = scan_error(&s, "unbalanced parentheses");
    else if (t->at[t->n - 1].kind == TOKEN_BAD)
        rc = scan_error(&s, "unterminated quote");
    else if (column)
        rc = scan_column(&s);
    while (rc == SQLITE_OK && s.i < s.t.n)
        rc = scan_clause(&s);
    if (rc != SQLITE_OK) {
        sqlite3_free(sqlite3_str_finish(s.sql));
        return rc;
    }
    const char *sql = arena_take_str(d->arena, s.sql);
    if (sql == NULL)
        return err_nomem(err);
    d->pieces[s.piece].sql = sql;
    return SQLITE_OK;
}

int definition_read(const char *const *texts, int n, struct arena *arena, struct definition *out,
                    struct err *err)
{
    *out = (struct definition){.arena = arena, .primary_piece = -1};
    struct tokens *t = arena_alloc(arena, ((size_t)n + 1) * sizeof *t);
    out->pieces = arena_alloc(arena, ((size_t)n + 1) * sizeof *out->pieces);
    if (t == NULL || out->pieces == NULL)
        return err_nomem(err);
    for (int i = 0; i < n; i++) {
        if (token_read(texts[i], arena, &t[i]) != SQLITE_OK)
            return err_nomem(err);
    }
    for (int columns = 1; columns >= 0; columns--) {
        for (int i = 0; i < n; i++) {
            bool column = t[i].n > 0 && !token_is_any(&t[i].at[0], table_words);
            if (t[i].n == 0 || column != (columns == 1))
                continue;
            int rc = scan_piece(out, texts[i], &t[i], column, err);
            if (rc != SQLITE_OK)
                return rc;
        }
    }
    return SQLITE_OK;
}
