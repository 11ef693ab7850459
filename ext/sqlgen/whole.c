/* MySQL's BIT and YEAR: numbers, but of a text BIT keeps the bytes ('1' is 49), and YEAR takes 26 for 2026.  So what is
** sent to such a column is an integer that comes back as it went, and everything else is refused here. */
#include "sqlgen/whole.h"

#include <string.h>

#define DIGITS_MOST 19 /* of an integer of 64 bits, without its sign */

const struct whole_type *whole_find(const struct dialect *d, const struct type *type)
{
    if (type->id != CT_OTHER || d->wholes == NULL)
        return NULL;
    for (const struct whole_type *w = d->wholes; w->name != NULL; w++) {
        size_t n = strlen(w->name);
        if (sqlite3_strnicmp(type->text, w->name, (int)n) == 0 &&
            (type->text[n] == '\0' || type->text[n] == '(' || type->text[n] == ' '))
            return w;
    }
    return NULL;
}

/* Only the one spelling that a number has when it comes back. */
static void number_of_text(struct cell *v)
{
    sqlite3_uint64 n = 0;
    if (v->cls != CELL_TEXT || v->n == 0 || v->n > DIGITS_MOST || (v->p[0] == '0' && v->n > 1))
        return;
    for (size_t i = 0; i < v->n; i++) {
        if (v->p[i] < '0' || v->p[i] > '9')
            return;
        n = n * 10 + (sqlite3_uint64)(v->p[i] - '0');
    }
    if (n <= 0x7FFFFFFFFFFFFFFF)
        *v = cell_int((sqlite3_int64)n);
}

int whole_accept(const struct dialect *d, const struct type *type, const char *column,
                 struct cell *value, char scratch[COLTYPE_SCRATCH], struct err *err)
{
    const struct whole_type *w = whole_find(d, type);
    if (w == NULL)
        return coltype_accept(type, column, value, scratch, err);
    struct type integer = *type;
    integer.id = CT_INT8;
    integer.text = w->name;
    number_of_text(value);
    int rc = coltype_accept(&integer, column, value, scratch, err);
    if (rc != SQLITE_OK || value->cls == CELL_NULL || value->i == 0 ||
        (value->i >= w->least && value->i <= w->most))
        return rc;
    if (value->i < 0)
        return err_set(err, SQLITE_CONSTRAINT_DATATYPE,
                       "value %lld does not fit %s of column %s: negative", value->i, w->name,
                       column);
    return err_set(err, SQLITE_CONSTRAINT_DATATYPE,
                   "value %lld does not fit %s of column %s: only 0 and %lld to %lld do", value->i,
                   w->name, column, w->least, w->most);
}

const char *whole_declared(const struct dialect *d, const struct type *type)
{
    const struct whole_type *w = whole_find(d, type);
    return w == NULL || sqlite3_stricmp(type->text, "bit(64)") == 0 ? NULL : w->declared;
}
