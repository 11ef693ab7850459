#include "planning.h"

#include <stdlib.h>
#include <string.h>

static struct remote_index *list_index(struct planning *p)
{
    struct remote *r = p->remote;
    struct remote_index *list = arena_alloc(&r->arena, sizeof *list * (size_t)(r->nindexes + 1));
    if (r->nindexes > 0)
        memcpy(list, r->indexes, sizeof *list * (size_t)r->nindexes);
    r->indexes = list;
    return &list[r->nindexes++];
}

static char *trim(char *text)
{
    while (*text == ' ')
        text++;
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
    return text;
}

static enum text_order order_of(const char *word)
{
    static const char *const words[] = {"none", "bytes", "equal", "pad", "loose"};
    for (int i = 0; i < 5; i++) {
        if (strcmp(words[i], word) == 0)
            return (enum text_order)i;
    }
    return TEXT_NONE;
}

static void add_column(struct planning *p, char *text)
{
    struct remote *r = p->remote;
    struct remote_column *c = &r->columns[r->ncolumns++];
    char *parts[4] = {text, "", NULL, NULL};
    for (int i = 1; i < 4; i++) {
        char *slash = strchr(parts[i - 1] != NULL ? parts[i - 1] : "", '/');
        if (slash == NULL)
            break;
        *slash = '\0';
        parts[i] = slash + 1;
    }
    char *space = strchr(text, ' ');
    size_t n = strlen(text);
    if (text[n - 1] == '!') {
        c->not_null = true;
        text[n - 1] = '\0';
    }
    *space = '\0';
    c->name = arena_str(&r->arena, text);
    c->text_order = order_of(parts[1]);
    c->charset = arena_str(&r->arena, parts[2]);
    c->collation = arena_str(&r->arena, parts[3]);
    if (coltype_parse(space + 1, &r->arena, &c->type, &p->err) != SQLITE_OK)
        abort();
}

void planning_init(struct planning *p, const struct dialect *d, const char *declared,
                   const char *columns)
{
    memset(p, 0, sizeof *p);
    if (declarations_init(&p->declarations) != 0 ||
        declarations_keep(&p->declarations, "t", declared) != SQLITE_OK)
        abort();
    p->remote = remote_new();
    p->remote->kind = REMOTE_TABLE;
    p->remote->name = "t";
    p->remote->rows = 100000;
    p->remote->columns = arena_alloc(&p->remote->arena, sizeof *p->remote->columns * 64);
    char *copy = arena_str(&p->remote->arena, columns);
    for (char *at = copy; at != NULL;) {
        char *end = strchr(at, ';');
        if (end != NULL)
            *end = '\0';
        add_column(p, trim(at));
        at = end != NULL ? end + 1 : NULL;
    }
    p->identity = declare_identity(p->declarations.model);
    p->context = (struct plan_context){
        .dialect = d,
        .model = p->declarations.model,
        .identity = &p->identity,
        .remote = p->remote,
        .key_column = p->identity.form == KEY_FORM_COLUMN ? -1 : p->declarations.model->ncolumns,
        .pushdown = true,
        .limit_is_safe = true,
        .aux_is_safe = true,
        .used_has_key = true,
    };
    p->request.terms = p->terms;
    p->request.order = p->order;
}

void planning_index(struct planning *p, const char *columns, bool unique, double distinct)
{
    struct remote_index *x = list_index(p);
    struct arena *arena = &p->remote->arena;
    memset(x, 0, sizeof *x);
    x->name = "i";
    x->unique = unique;
    x->distinct = distinct;
    x->columns = arena_alloc(arena, sizeof *x->columns * 8);
    x->descending = arena_alloc(arena, sizeof *x->descending * 8);
    x->bytes = arena_alloc(arena, sizeof *x->bytes * 8);
    char *copy = arena_str(arena, columns);
    for (char *at = copy; at != NULL;) {
        char *end = strchr(at, ',');
        if (end != NULL)
            *end = '\0';
        x->columns[x->ncolumns++] = remote_column(p->remote, trim(at));
        at = end != NULL ? end + 1 : NULL;
    }
}

void planning_clear(struct planning *p)
{
    remote_free(p->remote);
    declarations_clear(&p->declarations);
}

/* A literal as SQLite writes it, or ? for none. */
static void read_value(struct planning *p, char *text, struct request_term *t)
{
    size_t n = strlen(text);
    if (strcmp(text, "?") == 0 || n == 0)
        return;
    t->literal = true;
    if (text[0] == '\'') {
        char *copy = arena_copy(&p->remote->arena, text + 1, n - 2);
        t->value = cell_str(copy);
    } else if (strchr(text, '.') != NULL) {
        t->value = cell_real(strtod(text, NULL));
    } else {
        t->value = cell_int(strtoll(text, NULL, 10));
    }
}

static void read_term(struct planning *p, char *text, struct request_term *t)
{
    static const struct {
        const char *word;
        enum op op;
    } ops[] = {{" IS NOT NULL", OP_NOTNULL},
               {" IS NULL", OP_ISNULL},
               {" IS NOT ", OP_ISNOT},
               {" IS ", OP_IS},
               {" IN ", OP_IN},
               {" LIKE ", OP_LIKE},
               {" GLOB ", OP_GLOB},
               {" <> ", OP_NE},
               {" <= ", OP_LE},
               {" >= ", OP_GE},
               {" < ", OP_LT},
               {" > ", OP_GT},
               {" = ", OP_EQ}};
    memset(t, 0, sizeof *t);
    t->usable = text[0] != '(';
    if (!t->usable) {
        text++;
        text[strlen(text) - 1] = '\0';
    }
    t->collation_known = true;
    char *collate = strstr(text, " COLLATE ");
    if (collate != NULL) {
        *collate = '\0';
        t->collation = strcmp(collate + 9, "NOCASE") == 0 ? COLLATION_NOCASE : COLLATION_RTRIM;
    }
    if (strncmp(text, "LIMIT ", 6) == 0 || strncmp(text, "OFFSET ", 7) == 0) {
        t->kind = text[0] == 'L' ? REQUEST_LIMIT : REQUEST_OFFSET;
        read_value(p, strchr(text, ' ') + 1, t);
        return;
    }
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        char *at = strstr(text, ops[i].word);
        if (at == NULL)
            continue;
        *at = '\0';
        t->op = ops[i].op == OP_IN ? OP_EQ : ops[i].op;
        t->in = ops[i].op == OP_IN;
        t->column = model_column(p->context.model, text);
        read_value(p, at + strlen(ops[i].word), t);
        return;
    }
    abort();
}

void planning_request(struct planning *p, const char *terms, const char *order)
{
    char *copy = arena_str(&p->remote->arena, terms);
    p->request.nterms = p->request.norder = 0;
    p->request.used = 0;
    p->request.distinct = 0;
    for (int i = 0; i < p->context.model->ncolumns; i++)
        p->request.used |= 1ull << i;
    for (char *at = copy; at != NULL && *at != '\0';) {
        char *end = strstr(at, ", ");
        if (end != NULL)
            *end = '\0';
        read_term(p, trim(at), &p->terms[p->request.nterms++]);
        at = end != NULL ? end + 2 : NULL;
    }
    copy = arena_str(&p->remote->arena, order);
    for (char *at = copy; at != NULL && *at != '\0';) {
        char *end = strstr(at, ", ");
        if (end != NULL)
            *end = '\0';
        char *desc = strstr(at, " DESC");
        if (desc != NULL)
            *desc = '\0';
        p->order[p->request.norder++] =
            (struct request_order){model_column(p->context.model, trim(at)), desc != NULL};
        at = end != NULL ? end + 2 : NULL;
    }
}

char *planning_run(struct planning *p)
{
    struct select_term terms[PLAN_TERMS_MAX];
    struct place room[512];
    struct places places = {.first = 1, .limit = 512, .place = room};
    struct select_variant usual;
    err_clear(&p->err);
    if (plan_check(&p->context, &p->err) != SQLITE_OK)
        return NULL;
    plan_choose(&p->context, &p->request, &p->plan, p->uses);
    sqlite3_str *out = sqlite3_str_new(NULL);
    select_usual(&p->context, &p->plan, terms, &usual);
    if (select_write(&p->context, &p->plan, &usual, &places, out, &p->err) != SQLITE_OK)
        abort();
    /* What the placeholders stand for is found again without a catalog. */
    struct place again[512];
    struct places alone = {.first = 1, .limit = 512, .place = again};
    if (select_places(p->context.dialect, &p->plan, &usual, &alone) != SQLITE_OK ||
        alone.n != places.n)
        abort();
    for (int i = 0; i < alone.n; i++) {
        if (again[i].value != room[i].value || again[i].element != room[i].element ||
            again[i].type != room[i].type)
            abort();
    }
    return sqlite3_str_finish(out);
}
