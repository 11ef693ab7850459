/* Columns of a result: what MYSQL_FIELD says → how values are decoded, and struct type.
**
** The binary charset (63) tells BLOB from TEXT; results come in utf8mb4, four bytes a character at most.
** Unsigned types arrive as the next larger signed one, bigint unsigned as CT_UINT8.  TINYINT(1) is no bool
** here: it may hold 7.  Types of MariaDB's plugins (uuid, inet6 …) come as strings with their own names. */
#include "engine/mysql/my.h"

#include <string.h>

#define CHARSET_BINARY 63
#define BYTES_PER_CHAR 4
#define NAME_MAX_TYPE 64

/* Older headers lack the newer types. */
#define FIELD_JSON 245

static void set_number(struct my_column *out, enum my_kind kind, int width)
{
    out->kind = kind;
    out->width = width;
    if (kind == KIND_INT && out->flags & UNSIGNED_FLAG)
        out->kind = KIND_UINT;
}

void my_column_init(const MYSQL_FIELD *field, struct my_column *out)
{
    *out = (struct my_column){.type = field->type,
                              .flags = field->flags,
                              .charset = field->charsetnr,
                              .decimals = field->decimals,
                              .length = field->length,
                              .kind = KIND_TEXT,
                              .width = -1};
    switch ((int)field->type) {
    case MYSQL_TYPE_TINY:
        set_number(out, KIND_INT, 1);
        break;
    case MYSQL_TYPE_SHORT:
        set_number(out, KIND_INT, 2);
        break;
    case MYSQL_TYPE_YEAR:
        out->kind = KIND_UINT;
        out->width = 2;
        break;
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
        set_number(out, KIND_INT, 4);
        break;
    case MYSQL_TYPE_LONGLONG:
        set_number(out, KIND_INT, 8);
        break;
    case MYSQL_TYPE_FLOAT:
        set_number(out, KIND_FLOAT, 4);
        break;
    case MYSQL_TYPE_DOUBLE:
        set_number(out, KIND_DOUBLE, 8);
        break;
    case MYSQL_TYPE_NULL:
        set_number(out, KIND_NULL, 0);
        break;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        out->kind = KIND_DECIMAL;
        break;
    case MYSQL_TYPE_BIT:
        out->kind = KIND_BIT;
        break;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        out->kind = KIND_DATE;
        break;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        out->kind = KIND_DATETIME;
        break;
    case MYSQL_TYPE_TIME:
        out->kind = KIND_TIME;
        break;
    case MYSQL_TYPE_GEOMETRY:
        out->kind = KIND_BLOB;
        break;
    default:
        if (field->charsetnr == CHARSET_BINARY && (int)field->type != FIELD_JSON &&
            !(field->flags & (ENUM_FLAG | SET_FLAG)))
            out->kind = KIND_BLOB;
        break;
    }
}

bool my_column_same(const MYSQL_FIELD *field, const struct my_column *column)
{
    return field->type == column->type && field->flags == column->flags &&
           field->charsetnr == column->charset && field->decimals == column->decimals &&
           field->length == column->length;
}

static int set_text(struct type *out, struct arena *arena, struct err *err, const char *format,
                    int a, int b)
{
    out->text = arena_printf(arena, format, a, b);
    if (!out->text) {
        out->text = "";
        return err_nomem(err);
    }
    return SQLITE_OK;
}

static void set_type(struct type *out, enum coltype id, enum affinity affinity, const char *text)
{
    out->id = id;
    out->affinity = affinity;
    out->text = text;
}

static int integer_type(const struct my_column *column, struct type *out)
{
    static const struct {
        int type;
        const char *text[2]; /* signed, unsigned */
        enum coltype id[2];
    } names[] = {
        {MYSQL_TYPE_TINY, {"tinyint", "tinyint unsigned"}, {CT_INT2, CT_INT2}},
        {MYSQL_TYPE_SHORT, {"smallint", "smallint unsigned"}, {CT_INT2, CT_INT4}},
        {MYSQL_TYPE_YEAR, {"year", "year"}, {CT_INT2, CT_INT2}},
        {MYSQL_TYPE_INT24, {"mediumint", "mediumint unsigned"}, {CT_INT4, CT_INT4}},
        {MYSQL_TYPE_LONG, {"int", "int unsigned"}, {CT_INT4, CT_INT8}},
        {MYSQL_TYPE_LONGLONG, {"bigint", "bigint unsigned"}, {CT_INT8, CT_UINT8}},
    };
    int is_unsigned = column->kind == KIND_UINT;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].type == (int)column->type)
            set_type(out, names[i].id[is_unsigned], AFF_INTEGER, names[i].text[is_unsigned]);
    }
    return SQLITE_OK;
}

static int decimal_type(const struct my_column *column, struct arena *arena, struct type *out,
                        struct err *err)
{
    int scale = (int)column->decimals;
    int digits = (int)column->length - (scale > 0) - (column->flags & UNSIGNED_FLAG ? 0 : 1);
    set_type(out, CT_NUMERIC, AFF_NUMERIC, "");
    out->precision = digits > 0 ? digits : 0;
    out->scale = scale;
    return set_text(out, arena, err, "decimal(%d,%d)", out->precision, scale);
}

static int string_type(const MYSQL_FIELD *field, const struct my_column *column,
                       struct arena *arena, struct type *out, struct err *err)
{
    char name[NAME_MAX_TYPE];
    bool blob = column->kind == KIND_BLOB;
    int length = (int)(blob ? column->length : column->length / BYTES_PER_CHAR);

    if (client_field_type_name(field, name, sizeof name)) {
        enum coltype id = strcmp(name, "json") == 0   ? CT_JSON
                          : strcmp(name, "uuid") == 0 ? CT_UUID
                                                      : CT_OTHER;
        set_type(out, id, AFF_TEXT, arena_str(arena, name));
        if (out->text)
            return SQLITE_OK;
        out->text = "";
        return err_nomem(err);
    }
    if (column->flags & ENUM_FLAG || (int)column->type == MYSQL_TYPE_ENUM) {
        set_type(out, CT_ENUM, AFF_TEXT, "enum");
        return SQLITE_OK;
    }
    if (column->flags & SET_FLAG || (int)column->type == MYSQL_TYPE_SET) {
        set_type(out, CT_OTHER, AFF_TEXT, "set");
        return SQLITE_OK;
    }
    if (column->type == MYSQL_TYPE_VAR_STRING || column->type == MYSQL_TYPE_VARCHAR) {
        set_type(out, blob ? CT_VARBINARY : CT_VARCHAR, blob ? AFF_BLOB : AFF_TEXT, "");
        out->length = length;
        return set_text(out, arena, err, blob ? "varbinary(%d)" : "varchar(%d)", length, 0);
    }
    if (column->type == MYSQL_TYPE_STRING) {
        set_type(out, blob ? CT_BINARY : CT_CHAR, blob ? AFF_BLOB : AFF_TEXT, "");
        out->length = length;
        return set_text(out, arena, err, blob ? "binary(%d)" : "char(%d)", length, 0);
    }
    set_type(out, blob ? CT_BLOB : CT_TEXT, blob ? AFF_BLOB : AFF_TEXT, blob ? "blob" : "text");
    return SQLITE_OK;
}

int my_column_type(const MYSQL_FIELD *field, const struct my_column *column, struct arena *arena,
                   struct type *out, struct err *err)
{
    *out = (struct type){.id = CT_OTHER, .affinity = AFF_BLOB, .text = ""};
    switch (column->kind) {
    case KIND_INT:
    case KIND_UINT:
        return integer_type(column, out);
    case KIND_FLOAT:
        set_type(out, CT_FLOAT4, AFF_REAL, "float");
        return SQLITE_OK;
    case KIND_DOUBLE:
        set_type(out, CT_FLOAT8, AFF_REAL, "double");
        return SQLITE_OK;
    case KIND_DECIMAL:
        return decimal_type(column, arena, out, err);
    case KIND_BIT:
        set_type(out, column->length > 63 ? CT_UINT8 : CT_INT8, AFF_INTEGER, "");
        return set_text(out, arena, err, "bit(%d)", (int)column->length, 0);
    case KIND_DATE:
        set_type(out, CT_DATE, AFF_TEXT, "date");
        return SQLITE_OK;
    case KIND_DATETIME:
        if (column->type == MYSQL_TYPE_TIMESTAMP)
            set_type(out, CT_DATETIMETZ, AFF_TEXT, "timestamp");
        else
            set_type(out, CT_DATETIME, AFF_TEXT, "datetime");
        return SQLITE_OK;
    case KIND_TIME:
        set_type(out, CT_TIME, AFF_TEXT, "time");
        return SQLITE_OK;
    case KIND_NULL:
        return SQLITE_OK;
    case KIND_TEXT:
    case KIND_BLOB:
        if ((int)column->type == FIELD_JSON) {
            set_type(out, CT_JSON, AFF_TEXT, "json");
            return SQLITE_OK;
        }
        if (column->type == MYSQL_TYPE_GEOMETRY) {
            set_type(out, CT_OTHER, AFF_BLOB, "geometry");
            return SQLITE_OK;
        }
        return string_type(field, column, arena, out, err);
    }
    return SQLITE_OK;
}
