/* Arguments → parameters of the extended protocol.
**
** The column type of an argument decides its form, never the value: so a prepared statement keeps
** its parameter types.  Texts and blobs are sent from the caller's memory, everything else is
** encoded into one buffer; pointers are set when it no longer moves.  An array is one parameter:
** binary where its elements have a binary form, else the text form {…}.  A value that its type
** cannot carry is refused here, before anything is sent. */
#include "engine/postgres/pg.h"

#include <string.h>

#define ELSEWHERE ((size_t)-1) /* offset of a value that is NULL or lies in the caller's memory */
#define ARRAY_DIMENSIONS 1

static const char *const class_words[] = {
    [CELL_NULL] = "NULL",   [CELL_INT] = "an integer", [CELL_REAL] = "a real",
    [CELL_TEXT] = "a text", [CELL_BLOB] = "a blob",
};

int pg_arg_refused(const struct arg *arg, int number, const struct cell *value, struct err *err)
{
    const char *type =
        arg->type->text && arg->type->text[0] ? arg->type->text : coltype_name(arg->type->id);
    if (value->cls == CELL_TEXT && value->n > 0 && memchr(value->p, 0, value->n))
        return err_set(err, SQLITE_CONSTRAINT_DATATYPE,
                       "argument %d: PostgreSQL cannot hold a text with a NUL character", number);
    return err_set(err, SQLITE_CONSTRAINT_DATATYPE, "argument %d: %s%s cannot be sent as %s",
                   number, class_words[value->cls], value->cls == CELL_BLOB ? "" : " of that value",
                   type);
}

static int reserve(struct pg_args *a, int n, struct err *err)
{
    size_t cap = (size_t)n;
    void *p;
    if (n <= a->cap)
        return SQLITE_OK;
    a->cap = 0; /* the arrays may end up of different sizes */
    if ((p = sqlite3_realloc64(a->oids, cap * sizeof *a->oids)) != NULL)
        a->oids = p;
    else
        return err_nomem(err);
    if ((p = sqlite3_realloc64(a->values, cap * sizeof *a->values)) != NULL)
        a->values = p;
    else
        return err_nomem(err);
    if ((p = sqlite3_realloc64(a->lengths, cap * sizeof *a->lengths)) != NULL)
        a->lengths = p;
    else
        return err_nomem(err);
    if ((p = sqlite3_realloc64(a->formats, cap * sizeof *a->formats)) != NULL)
        a->formats = p;
    else
        return err_nomem(err);
    if ((p = sqlite3_realloc64(a->offsets, cap * sizeof *a->offsets)) != NULL)
        a->offsets = p;
    else
        return err_nomem(err);
    a->cap = n;
    return SQLITE_OK;
}

/* Room for a length word; its place, to be filled when the length is known. */
static size_t open_length(struct buf *out)
{
    buf_add_u32be(out, 0);
    return out->len;
}

static void close_length(struct buf *out, size_t start)
{
    size_t n = out->len - start;
    unsigned char *word;
    if (out->rc != SQLITE_OK)
        return;
    word = out->data + start - 4;
    for (int i = 0; i < 4; i++)
        word[i] = (unsigned char)(n >> (24 - 8 * i));
}

static int binary_array(const struct arg *arg, int number, struct buf *out, struct err *err)
{
    const struct pg_travel *travel = pg_travel(arg->type->id);
    bool nulls = false;

    for (int i = 0; i < arg->ncells; i++)
        nulls |= arg->cells[i].cls == CELL_NULL;
    buf_add_u32be(out, arg->ncells > 0 ? ARRAY_DIMENSIONS : 0);
    buf_add_u32be(out, nulls);
    buf_add_u32be(out, travel->oid);
    if (arg->ncells == 0)
        return SQLITE_OK;
    buf_add_u32be(out, (unsigned)arg->ncells);
    buf_add_u32be(out, 1); /* lower bound */
    for (int i = 0; i < arg->ncells; i++) {
        size_t start;
        if (arg->cells[i].cls == CELL_NULL) {
            buf_add_u32be(out, 0xFFFFFFFFU);
            continue;
        }
        start = open_length(out);
        if (!pg_encode(travel->form, &arg->cells[i], out))
            return pg_arg_refused(arg, number, &arg->cells[i], err);
        close_length(out, start);
    }
    return SQLITE_OK;
}

int pg_array_text(const struct arg *arg, int number, struct buf *out, struct err *err)
{
    buf_add(out, "{", 1);
    for (int i = 0; i < arg->ncells; i++) {
        const struct cell *value = &arg->cells[i];
        struct buf text;
        if (i > 0)
            buf_add(out, ",", 1);
        if (value->cls == CELL_NULL) {
            buf_add(out, "NULL", 4);
            continue;
        }
        buf_init(&text, out->limit);
        if (!pg_encode_text(value, &text)) {
            buf_clear(&text);
            return pg_arg_refused(arg, number, value, err);
        }
        buf_add(out, "\"", 1);
        for (size_t k = 0; text.rc == SQLITE_OK && k + 1 < text.len; k++) {
            if (text.data[k] == '"' || text.data[k] == '\\')
                buf_add(out, "\\", 1);
            buf_add(out, &text.data[k], 1);
        }
        buf_add(out, "\"", 1);
        if (text.rc != SQLITE_OK)
            out->rc = text.rc;
        buf_clear(&text);
    }
    buf_add(out, "}", 2);
    return SQLITE_OK;
}

static int fill_array(struct pg_args *a, int i, const struct arg *arg, struct err *err)
{
    const struct pg_travel *travel = pg_travel(arg->type->id);
    bool binary = travel->form != PG_FORM_NONE;
    int rc;

    a->oids[i] = travel->array_oid;
    a->formats[i] = binary;
    a->offsets[i] = a->bytes.len;
    rc = binary ? binary_array(arg, i + 1, &a->bytes, err)
                : pg_array_text(arg, i + 1, &a->bytes, err);
    a->lengths[i] = (int)(a->bytes.len - a->offsets[i]);
    return rc;
}

static int fill_scalar(struct pg_args *a, int i, const struct arg *arg, struct err *err)
{
    const struct pg_travel *travel = pg_travel(arg->type->id);
    const struct cell *value = arg->cells;

    a->oids[i] = travel->oid;
    a->formats[i] = travel->form != PG_FORM_NONE;
    a->offsets[i] = ELSEWHERE;
    a->values[i] = NULL;
    a->lengths[i] = 0;
    if (value->cls == CELL_NULL)
        return SQLITE_OK;
    if ((travel->form == PG_FORM_TEXT && value->cls == CELL_TEXT &&
         (value->n == 0 || !memchr(value->p, 0, value->n))) ||
        (travel->form == PG_FORM_BYTES && value->cls == CELL_BLOB)) {
        if (value->n > (size_t)a->bytes.limit)
            return err_set(err, SQLITE_TOOBIG, "argument %d is too long", i + 1);
        a->values[i] = value->n > 0 ? value->p : "";
        a->lengths[i] = (int)value->n;
        return SQLITE_OK;
    }
    a->offsets[i] = a->bytes.len;
    if (travel->form != PG_FORM_NONE ? !pg_encode(travel->form, value, &a->bytes)
                                     : !pg_encode_text(value, &a->bytes))
        return pg_arg_refused(arg, i + 1, value, err);
    a->lengths[i] = (int)(a->bytes.len - a->offsets[i]);
    return SQLITE_OK;
}

int pg_args_fill(struct pg_args *a, const struct arg *args, int nargs, struct err *err)
{
    unsigned long long shape = 0xcbf29ce484222325ULL ^ (unsigned)nargs; /* FNV-1a */
    int rc = reserve(a, nargs, err);

    if (rc != SQLITE_OK)
        return rc;
    a->n = nargs;
    buf_reset(&a->bytes);
    for (int i = 0; i < nargs && rc == SQLITE_OK; i++) {
        rc = args[i].array ? fill_array(a, i, &args[i], err) : fill_scalar(a, i, &args[i], err);
        shape = (shape ^ a->oids[i]) * 0x100000001b3ULL;
    }
    a->shape = shape;
    if (rc != SQLITE_OK)
        return rc;
    if (a->bytes.rc == SQLITE_TOOBIG)
        return err_set(err, SQLITE_TOOBIG, "the arguments are too long");
    if (a->bytes.rc != SQLITE_OK)
        return err_nomem(err);
    for (int i = 0; i < nargs; i++) {
        if (a->offsets[i] != ELSEWHERE)
            a->values[i] = (const char *)a->bytes.data + a->offsets[i];
    }
    return SQLITE_OK;
}

void pg_args_clear(struct pg_args *a)
{
    sqlite3_free(a->oids);
    sqlite3_free(a->values);
    sqlite3_free(a->lengths);
    sqlite3_free(a->formats);
    sqlite3_free(a->offsets);
    buf_clear(&a->bytes);
}
