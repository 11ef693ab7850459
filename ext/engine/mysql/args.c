/* Arguments → MYSQL_BIND.
**
** The argument's type says how it travels, the cell's class what it is; only pairs that lose nothing pass,
** all others are SQLITE_CONSTRAINT_DATATYPE.  Decimals travel as their digits, dates and times as their text
** (the server reads canonical ones exactly), texts as utf8mb4, NULL as NULL.  Infinity has no form on
** MySQL.
**
** Values are kept in slots.  For a statement that is being prepared they are executed later than the caller's
** cells live, so texts are copied; else they are read straight from the caller's memory. */
#include "engine/mysql/my.h"

#include "model/decimal.h"

#include <math.h>
#include <string.h>

#define COPIED_MAX 0x7fffffff            /* bytes of texts in one statement */
#define PACKET_ROOM 1024                 /* of a statement around its values */
#define ARG_ROOM 12                      /* of one argument: its type, its length or its number */
#define EXACT_INTEGER 9007199254740992LL /* 2^53 */

static int refuse(const struct type *type, const struct cell *cell, int number, struct err *err)
{
    return err_set(err, SQLITE_CONSTRAINT_DATATYPE, "argument %d: %s cannot travel as %s", number,
                   cell->cls == CELL_NULL ? "null" : cell_class_name(cell->cls),
                   type->text && type->text[0] ? type->text : coltype_name(type->id));
}

static void set_bytes(struct my_slot *out, enum my_slot_kind kind, const char *p, size_t n)
{
    out->kind = kind;
    out->p = n ? p : "";
    out->n = (unsigned long)n;
}

static void set_digits(struct my_slot *out, enum my_slot_kind kind, sqlite3_int64 i)
{
    sqlite3_snprintf((int)sizeof out->scratch, out->scratch, "%lld", i);
    set_bytes(out, kind, out->scratch, strlen(out->scratch));
}

static bool travels_as_text(enum coltype id)
{
    switch (id) {
    case CT_OTHER:
    case CT_TEXT:
    case CT_VARCHAR:
    case CT_CHAR:
    case CT_DATE:
    case CT_TIME:
    case CT_DATETIME:
    case CT_DATETIMETZ:
    case CT_INTERVAL:
    case CT_JSON:
    case CT_JSONB:
    case CT_UUID:
    case CT_ENUM:
        return true;
    default:
        return false;
    }
}

/* Types that take an integer or a double as the text that SQLite would make of it. */
static bool takes_digits(enum coltype id)
{
    return coltype_is_text(id) || id == CT_JSON || id == CT_JSONB || id == CT_ENUM;
}

static int set_integer(const struct type *type, const struct cell *cell, int number,
                       struct my_slot *out, struct err *err)
{
    sqlite3_int64 i = cell->i;
    if (type->id == CT_FLOAT4 || type->id == CT_FLOAT8) {
        double r = (double)i;
        if ((i > EXACT_INTEGER || i < -EXACT_INTEGER) &&
            (r >= 9223372036854775808.0 || (sqlite3_int64)r != i))
            return refuse(type, cell, number, err);
        out->kind = SLOT_REAL;
        out->r = r;
    } else if (coltype_is_integer(type->id) || type->id == CT_OTHER) {
        out->kind = SLOT_INT;
        out->i = i;
    } else if (type->id == CT_NUMERIC) {
        set_digits(out, SLOT_DECIMAL, i);
    } else if (takes_digits(type->id)) {
        set_digits(out, SLOT_TEXT, i);
    } else {
        return refuse(type, cell, number, err);
    }
    return SQLITE_OK;
}

static int set_real(const struct type *type, const struct cell *cell, int number,
                    struct my_slot *out, struct err *err)
{
    double r = cell->r;
    if (!isfinite(r))
        return err_set(err, SQLITE_CONSTRAINT_DATATYPE,
                       "argument %d: MySQL has no infinite numbers", number);
    if (coltype_is_integer(type->id)) {
        if (r < -9223372036854775808.0 || r >= 9223372036854775808.0 || floor(r) != r)
            return refuse(type, cell, number, err);
        out->kind = SLOT_INT;
        out->i = (long long)r;
    } else if (coltype_is_number(type->id) || type->id == CT_OTHER || type->id == CT_JSON ||
               type->id == CT_JSONB) {
        out->kind = SLOT_REAL;
        out->r = r;
    } else {
        return refuse(type, cell, number, err);
    }
    return SQLITE_OK;
}

static int set_text(const struct type *type, const struct cell *cell, int number,
                    struct my_slot *out, struct err *err)
{
    struct decimal d;
    if (travels_as_text(type->id)) {
        set_bytes(out, SLOT_TEXT, cell->p, cell->n);
        return SQLITE_OK;
    }
    if (type->id == CT_NUMERIC) {
        decimal_scan(cell->p, cell->n, &d);
        if (d.form == DECIMAL_NONE)
            return refuse(type, cell, number, err);
        set_bytes(out, SLOT_DECIMAL, cell->p, cell->n);
        return SQLITE_OK;
    }
    if (type->id == CT_UINT8 && cell->n > 0 && cell->n <= 20) {
        unsigned long long v = 0;
        for (size_t i = 0; i < cell->n; i++) {
            unsigned digit = (unsigned)cell->p[i] - '0';
            if (digit > 9 || v > (0xffffffffffffffffULL - digit) / 10)
                return refuse(type, cell, number, err);
            v = v * 10 + digit;
        }
        out->kind = SLOT_UINT;
        out->u = v;
        return SQLITE_OK;
    }
    return refuse(type, cell, number, err);
}

int my_slot_set(const struct type *type, const struct cell *cell, int number, struct my_slot *out,
                struct err *err)
{
    switch (cell->cls) {
    case CELL_NULL:
        out->kind = SLOT_NULL;
        return SQLITE_OK;
    case CELL_INT:
        return set_integer(type, cell, number, out, err);
    case CELL_REAL:
        return set_real(type, cell, number, out, err);
    case CELL_TEXT:
        return set_text(type, cell, number, out, err);
    case CELL_BLOB:
        if (!coltype_is_blob(type->id) && type->id != CT_OTHER)
            return refuse(type, cell, number, err);
        set_bytes(out, SLOT_BLOB, cell->p, cell->n);
        return SQLITE_OK;
    }
    return refuse(type, cell, number, err);
}

enum enum_field_types my_slot_type(enum my_slot_kind kind)
{
    switch (kind) {
    case SLOT_NULL:
        return MYSQL_TYPE_NULL;
    case SLOT_INT:
    case SLOT_UINT:
        return MYSQL_TYPE_LONGLONG;
    case SLOT_REAL:
        return MYSQL_TYPE_DOUBLE;
    case SLOT_TEXT:
        return MYSQL_TYPE_STRING;
    case SLOT_DECIMAL:
        return MYSQL_TYPE_NEWDECIMAL;
    case SLOT_BLOB:
        return MYSQL_TYPE_BLOB;
    }
    return MYSQL_TYPE_NULL;
}

void my_slot_bind(struct my_slot *slot, MYSQL_BIND *out)
{
    memset(out, 0, sizeof *out);
    out->buffer_type = my_slot_type(slot->kind);
    switch (slot->kind) {
    case SLOT_NULL:
        break;
    case SLOT_INT:
        out->buffer = &slot->i;
        break;
    case SLOT_UINT:
        out->buffer = &slot->u;
        out->is_unsigned = 1;
        break;
    case SLOT_REAL:
        out->buffer = &slot->r;
        break;
    default:
        /* The library only reads from it. */
        memcpy(&out->buffer, &slot->p, sizeof slot->p);
        out->buffer_length = slot->n;
        out->length = &slot->n;
        break;
    }
}

static int reserve(struct my_stmt *s, int nargs, struct err *err)
{
    size_t n = (size_t)nargs;
    if (nargs == 0 || (s->slots && nargs <= s->nslots))
        return SQLITE_OK;
    sqlite3_free(s->slots);
    sqlite3_free(s->binds);
    s->nslots = 0;
    s->slots = sqlite3_malloc64(n * sizeof *s->slots);
    s->binds = sqlite3_malloc64(n * sizeof *s->binds);
    if (!s->slots || !s->binds)
        return err_nomem(err);
    s->nslots = nargs;
    return SQLITE_OK;
}

/* Moves texts to s->copied.  Two passes: the buffer may move while it grows. */
static int copy_texts(struct my_stmt *s, int nargs, struct err *err)
{
    size_t at = 0;
    buf_clear(&s->copied);
    buf_init(&s->copied, COPIED_MAX);
    for (int i = 0; i < nargs; i++) {
        if (s->slots[i].kind >= SLOT_TEXT)
            buf_add(&s->copied, s->slots[i].p, s->slots[i].n);
    }
    if (s->copied.rc == SQLITE_TOOBIG)
        return err_set(err, SQLITE_TOOBIG, "the arguments are larger than 2 GB");
    if (s->copied.rc != SQLITE_OK)
        return err_nomem(err);
    for (int i = 0; i < nargs; i++) {
        if (s->slots[i].kind >= SLOT_TEXT) {
            s->slots[i].p = s->slots[i].n ? (const char *)s->copied.data + at : "";
            at += s->slots[i].n;
        }
    }
    return SQLITE_OK;
}

int my_args_check_size(const struct my_conn *c, sqlite3_uint64 bytes, struct err *err)
{
    if (c->max_packet == 0 || bytes + PACKET_ROOM < (sqlite3_uint64)c->max_packet)
        return SQLITE_OK;
    return err_set(err, SQLITE_TOOBIG,
                   "the values have %llu bytes, the server's max_allowed_packet is %lld", bytes,
                   c->max_packet);
}

int my_args_set(const struct my_conn *c, struct my_stmt *s, const struct arg *args, int nargs,
                bool copy, struct err *err)
{
    sqlite3_uint64 bytes = 0;
    int rc = reserve(s, nargs, err);
    if (rc != SQLITE_OK || !s->slots)
        return rc;
    for (int i = 0; i < nargs && rc == SQLITE_OK; i++) {
        rc = my_slot_set(args[i].type, args[i].cells, i + 1, &s->slots[i], err);
        if (rc == SQLITE_OK && s->slots[i].kind >= SLOT_TEXT)
            bytes += s->slots[i].n;
    }
    if (rc == SQLITE_OK)
        rc = my_args_check_size(c, bytes + (sqlite3_uint64)nargs * ARG_ROOM, err);
    if (rc == SQLITE_OK && copy && nargs > 0)
        rc = copy_texts(s, nargs, err);
    return rc;
}

int my_args_bind(struct my_conn *c, struct my_stmt *s, struct err *err)
{
    int n = (int)mysql_stmt_param_count(s->handle);
    if (n == 0)
        return SQLITE_OK;
    for (int i = 0; i < n; i++)
        my_slot_bind(&s->slots[i], &s->binds[i]);
    return mysql_stmt_bind_param(s->handle, s->binds) ? my_error(c, s->handle, err) : SQLITE_OK;
}
