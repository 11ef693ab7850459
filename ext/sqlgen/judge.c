/* Looking up verdict rows and writing their forms.  Pure: the rows are the engine's data, the facts about the
** column are the catalog's. */
#include "sqlgen/judge.h"

#include <string.h>

/* NUMERIC by digits, text by characters; a type without a limit has no size, nor has one that counts other digits than
** those of the values: numeric(3,5), numeric(3,-2). */
static int size_of(const struct type *t)
{
    if (t->id == CT_NUMERIC)
        return t->scale >= 0 && t->scale <= t->precision ? t->precision : 0;
    return t->length;
}

bool judge_size_fits(const struct type *t, int max_size)
{
    int size = size_of(t);
    return max_size == 0 || (size > 0 && size <= max_size);
}

/* Is the column the first of an index that is itself in memcmp order? */
static bool leads_byte_index(const struct remote *r, int column)
{
    for (int i = 0; i < r->nindexes; i++) {
        const struct remote_index *x = &r->indexes[i];
        if (!x->partial && x->ncolumns > 0 && x->columns[0] == column && x->bytes != NULL &&
            x->bytes[0])
            return true;
    }
    return false;
}

const struct judgement *judge_find(const struct dialect *d, const struct remote *r, int column,
                                   enum op op, enum collation collation)
{
    const struct remote_column *c = &r->columns[column];
    for (const struct judgement *j = d->judgements; j != NULL && j->form != NULL; j++) {
        if ((j->types >> c->type.id & 1) == 0 || (j->ops >> op & 1) == 0)
            continue;
        if (j->text_orders != 0 && (j->text_orders >> c->text_order & 1) == 0)
            continue;
        if (j->collations != 0 && (j->collations >> collation & 1) == 0)
            continue;
        if (!judge_size_fits(&c->type, j->max_size))
            continue;
        if (j->charset != NULL && (c->charset == NULL || strcmp(c->charset, j->charset) != 0))
            continue;
        if (j->byte_index && !leads_byte_index(r, column))
            continue;
        return j->verdict != VERDICT_LOCAL ? j : NULL;
    }
    return NULL;
}

int judge_number(const struct dialect *d, const struct judgement *j)
{
    return j != NULL ? (int)(j - d->judgements) : -1;
}

const struct judgement *judge_row(const struct dialect *d, int number)
{
    const struct judgement *j = d->judgements;
    for (int i = 0; j != NULL && number >= 0; i++, j++) {
        if (j->form == NULL)
            return NULL;
        if (i == number)
            return j;
    }
    return NULL;
}

enum coltype judge_arg(const struct judgement *j, enum coltype column)
{
    return j->arg == CT_N ? column : j->arg;
}

const char *judge_operator(enum op op)
{
    static const char *const spelt[OP_N] = {
        [OP_EQ] = "=", [OP_NE] = "<>", [OP_LT] = "<", [OP_LE] = "<=",
        [OP_GT] = ">", [OP_GE] = ">=", [OP_IS] = "=", [OP_ISNOT] = "<>",
    };
    return spelt[op] != NULL ? spelt[op] : "";
}

int place_write(const struct dialect *d, struct place place, struct places *places,
                sqlite3_str *out)
{
    if (places->n >= places->limit)
        return SQLITE_TOOBIG;
    places->place[places->n++] = place;
    quote_arg(d, out, places->first + places->n - 1, place.type);
    return SQLITE_OK;
}

/* The parts of a form that are known without a value; false: it is another. */
static bool write_part(const struct dialect *d, char part, enum op op,
                       const struct remote_column *column, sqlite3_str *out)
{
    switch (part) {
    case 'c':
        quote_name(d, out, column->name);
        return true;
    case 's':
        quote_select(d, out, column->name, column->type.id);
        return true;
    case 'o':
        sqlite3_str_appendall(out, judge_operator(op));
        return true;
    case 'x':
        sqlite3_str_appendall(out, column->charset != NULL ? column->charset : "binary");
        return true;
    case 'k':
        sqlite3_str_appendall(out, column->collation != NULL ? column->collation : "binary");
        return true;
    default:
        return false;
    }
}

/* What stays the same while one row is written. */
struct spelling {
    const struct dialect *d;
    enum op op;
    const struct remote_column *column;
    int nlist;
    struct places *places;
    sqlite3_str *out;
};

/* The placeholder of all values, in a form.  *again: its number if it stands somewhere already. */
static int write_array(const struct spelling *s, const char *form, struct place place, int *again)
{
    struct places *places = s->places;
    const char *at = strstr(form, "%s");
    if (*again == 0 || !s->d->numbered_args) {
        if (places->n >= places->limit)
            return SQLITE_TOOBIG;
        places->place[places->n++] = place;
        *again = places->first + places->n - 1;
    }
    sqlite3_str_append(s->out, form, (int)(at - form));
    if (s->d->numbered_args)
        sqlite3_str_appendf(s->out, "$%d%s", *again, at + 2);
    else
        sqlite3_str_appendf(s->out, "?%s", at + 2);
    return SQLITE_OK;
}

static int write_list(const struct spelling *s, const char *element, struct place place);

static bool has_array(const struct spelling *s, struct place place)
{
    return s->nlist == 0 && s->d->array_form[place.type] != NULL;
}

/* Writes a form.  element: that of {m}. */
static int write_form(const struct spelling *s, const char *form, const char *element,
                      struct place place)
{
    const struct dialect *d = s->d;
    int again = 0,
        array = 0; /* numbers of the placeholders that {a}, and {l} or {v}, already have */
    int rc = SQLITE_OK;
    for (const char *p = form; *p != '\0' && rc == SQLITE_OK;) {
        size_t n = strcspn(p, "{");
        sqlite3_str_append(s->out, p, (int)n);
        p += n;
        if (p[0] != '{' || p[1] == '\0' || p[2] != '}')
            continue;
        if (p[1] == 'v') {
            rc = write_array(s, "%s", place, &array);
        } else if (p[1] == 'l' && has_array(s, place)) {
            rc = write_array(s, d->array_form[place.type], place, &array);
        } else if (p[1] == 'l' || p[1] == 'm') {
            rc = write_list(s, p[1] == 'm' ? element : "{a}", place);
        } else if (p[1] == 'a' && again > 0 && d->numbered_args) {
            quote_arg(d, s->out, again, place.type);
        } else if (p[1] == 'a') {
            rc = place_write(d, place, s->places, s->out);
            again = s->places->first + s->places->n - 1;
        } else {
            write_part(d, p[1], s->op, s->column, s->out);
        }
        p += 3;
    }
    return rc;
}

/* "(?, ?, ?)", each written as its form says. */
static int write_list(const struct spelling *s, const char *element, struct place place)
{
    int rc = SQLITE_OK;
    sqlite3_str_appendchar(s->out, 1, '(');
    for (int i = 0; i < s->nlist && rc == SQLITE_OK; i++) {
        if (i > 0)
            sqlite3_str_appendall(s->out, ", ");
        place.element = i;
        rc = write_form(s, element, NULL, place);
    }
    sqlite3_str_appendchar(s->out, 1, ')');
    return rc;
}

int judge_write(const struct dialect *d, const struct judgement *j, enum op op,
                const struct remote_column *column, int value, int nlist, struct places *places,
                sqlite3_str *out)
{
    struct spelling s = {d, op, column, nlist, places, out};
    return write_form(&s, j->form, j->element,
                      (struct place){value, -1, judge_arg(j, column->type.id)});
}
