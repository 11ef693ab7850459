/* Column types: the table of names, SQLite's affinity rule, and the parser of a type as written.
**
** A type is words, one pair of parentheses somewhere among them, and what is in there; anything else
** (brackets, quotes, dots, two pairs, arguments that are no numbers) makes it CT_OTHER: a server's own type,
** sent as written.  What a type can hold is accept.c's business. */
#include "model/coltype.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 80 /* bytes of the longest name we know, and then some */

enum arguments {
    ARGS_NONE,     /* a width or a size that means nothing to us: INT(11), TEXT(100) */
    ARGS_LENGTH,   /* characters or bytes */
    ARGS_LENGTH_1, /* the same, 1 if none is given */
    ARGS_DECIMAL,  /* precision and scale */
    ARGS_FRACTION, /* digits of a second's fraction */
    ARGS_LABELS    /* quoted texts */
};

static const struct {
    const char *words; /* lower case, without UNSIGNED */
    enum coltype id, unsigned_id;
    enum arguments arguments;
} known[] = {
    {"boolean", CT_BOOL, CT_BOOL, ARGS_NONE},
    {"bool", CT_BOOL, CT_BOOL, ARGS_NONE},
    {"integer", CT_INT4, CT_INT8, ARGS_NONE},
    {"int", CT_INT4, CT_INT8, ARGS_NONE},
    {"int4", CT_INT4, CT_INT8, ARGS_NONE},
    {"mediumint", CT_INT4, CT_INT4, ARGS_NONE},
    {"tinyint", CT_INT2, CT_INT2, ARGS_NONE},
    {"smallint", CT_INT2, CT_INT4, ARGS_NONE},
    {"int2", CT_INT2, CT_INT4, ARGS_NONE},
    {"bigint", CT_INT8, CT_UINT8, ARGS_NONE},
    {"big int", CT_INT8, CT_UINT8, ARGS_NONE},
    {"int8", CT_INT8, CT_UINT8, ARGS_NONE},
    {"smallserial", CT_INT2, CT_INT2, ARGS_NONE},
    {"serial2", CT_INT2, CT_INT2, ARGS_NONE},
    {"serial", CT_INT4, CT_INT4, ARGS_NONE},
    {"serial4", CT_INT4, CT_INT4, ARGS_NONE},
    {"bigserial", CT_INT8, CT_INT8, ARGS_NONE},
    {"serial8", CT_INT8, CT_INT8, ARGS_NONE},
    {"float", CT_FLOAT8, CT_FLOAT8, ARGS_NONE},
    {"real", CT_FLOAT8, CT_FLOAT8, ARGS_NONE},
    {"double", CT_FLOAT8, CT_FLOAT8, ARGS_NONE},
    {"double precision", CT_FLOAT8, CT_FLOAT8, ARGS_NONE},
    {"float8", CT_FLOAT8, CT_FLOAT8, ARGS_NONE},
    {"float4", CT_FLOAT4, CT_FLOAT4, ARGS_NONE},
    {"numeric", CT_NUMERIC, CT_NUMERIC, ARGS_DECIMAL},
    {"decimal", CT_NUMERIC, CT_NUMERIC, ARGS_DECIMAL},
    {"dec", CT_NUMERIC, CT_NUMERIC, ARGS_DECIMAL},
    {"fixed", CT_NUMERIC, CT_NUMERIC, ARGS_DECIMAL},
    {"text", CT_TEXT, CT_OTHER, ARGS_NONE},
    {"clob", CT_TEXT, CT_OTHER, ARGS_NONE},
    {"tinytext", CT_TEXT, CT_OTHER, ARGS_NONE},
    {"mediumtext", CT_TEXT, CT_OTHER, ARGS_NONE},
    {"longtext", CT_TEXT, CT_OTHER, ARGS_NONE},
    {"varchar", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"nvarchar", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"character varying", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"char varying", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"varying character", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"national varchar", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"national character varying", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"national char varying", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"nchar varying", CT_VARCHAR, CT_OTHER, ARGS_LENGTH},
    {"char", CT_CHAR, CT_OTHER, ARGS_LENGTH_1},
    {"character", CT_CHAR, CT_OTHER, ARGS_LENGTH_1},
    {"nchar", CT_CHAR, CT_OTHER, ARGS_LENGTH_1},
    {"native character", CT_CHAR, CT_OTHER, ARGS_LENGTH_1},
    {"national character", CT_CHAR, CT_OTHER, ARGS_LENGTH_1},
    {"national char", CT_CHAR, CT_OTHER, ARGS_LENGTH_1},
    {"bpchar", CT_CHAR, CT_OTHER, ARGS_LENGTH},
    {"blob", CT_BLOB, CT_OTHER, ARGS_NONE},
    {"bytea", CT_BLOB, CT_OTHER, ARGS_NONE},
    {"tinyblob", CT_BLOB, CT_OTHER, ARGS_NONE},
    {"mediumblob", CT_BLOB, CT_OTHER, ARGS_NONE},
    {"longblob", CT_BLOB, CT_OTHER, ARGS_NONE},
    {"varbinary", CT_VARBINARY, CT_OTHER, ARGS_LENGTH},
    {"binary varying", CT_VARBINARY, CT_OTHER, ARGS_LENGTH},
    {"binary", CT_BINARY, CT_OTHER, ARGS_LENGTH_1},
    {"date", CT_DATE, CT_OTHER, ARGS_NONE},
    {"time", CT_TIME, CT_OTHER, ARGS_FRACTION},
    {"time without time zone", CT_TIME, CT_OTHER, ARGS_FRACTION},
    {"datetime", CT_DATETIME, CT_OTHER, ARGS_FRACTION},
    {"timestamp", CT_DATETIME, CT_OTHER, ARGS_FRACTION},
    {"timestamp without time zone", CT_DATETIME, CT_OTHER, ARGS_FRACTION},
    {"timestamptz", CT_DATETIMETZ, CT_OTHER, ARGS_FRACTION},
    {"timestamp with time zone", CT_DATETIMETZ, CT_OTHER, ARGS_FRACTION},
    {"interval", CT_INTERVAL, CT_OTHER, ARGS_FRACTION},
    {"json", CT_JSON, CT_OTHER, ARGS_NONE},
    {"jsonb", CT_JSONB, CT_OTHER, ARGS_NONE},
    {"uuid", CT_UUID, CT_OTHER, ARGS_NONE},
    {"enum", CT_ENUM, CT_OTHER, ARGS_LABELS},
};

static const char *const names[CT_N] = {
    [CT_OTHER] = "other",
    [CT_BOOL] = "boolean",
    [CT_INT2] = "smallint",
    [CT_INT4] = "integer",
    [CT_INT8] = "bigint",
    [CT_UINT8] = "unsigned bigint",
    [CT_FLOAT4] = "float4",
    [CT_FLOAT8] = "double",
    [CT_NUMERIC] = "numeric",
    [CT_TEXT] = "text",
    [CT_VARCHAR] = "varchar",
    [CT_CHAR] = "char",
    [CT_BLOB] = "blob",
    [CT_VARBINARY] = "varbinary",
    [CT_BINARY] = "binary",
    [CT_DATE] = "date",
    [CT_TIME] = "time",
    [CT_DATETIME] = "datetime",
    [CT_DATETIMETZ] = "datetime with time zone",
    [CT_INTERVAL] = "interval",
    [CT_JSON] = "json",
    [CT_JSONB] = "jsonb",
    [CT_UUID] = "uuid",
    [CT_ENUM] = "enum",
};

const char *coltype_name(enum coltype id)
{
    return names[id];
}

bool coltype_is_integer(enum coltype id)
{
    return id >= CT_BOOL && id <= CT_UINT8;
}

bool coltype_is_whole(enum coltype id)
{
    return id >= CT_INT2 && id <= CT_INT8;
}

bool coltype_is_number(enum coltype id)
{
    return id >= CT_BOOL && id <= CT_NUMERIC;
}

bool coltype_is_text(enum coltype id)
{
    return id == CT_TEXT || id == CT_VARCHAR || id == CT_CHAR;
}

bool coltype_is_blob(enum coltype id)
{
    return id == CT_BLOB || id == CT_VARBINARY || id == CT_BINARY;
}

/* ASCII only: the locale must not have a say. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* SQLite looks for these anywhere in the text; INT wins wherever it stands. */
enum affinity coltype_affinity(const char *text)
{
    enum affinity found = AFF_NUMERIC;
    if (text[0] == 0)
        return AFF_BLOB;
    for (const char *p = text; *p != 0; p++) {
        if (sqlite3_strnicmp(p, "int", 3) == 0)
            return AFF_INTEGER;
        if (sqlite3_strnicmp(p, "char", 4) == 0 || sqlite3_strnicmp(p, "clob", 4) == 0 ||
            sqlite3_strnicmp(p, "text", 4) == 0)
            found = AFF_TEXT;
        else if (sqlite3_strnicmp(p, "blob", 4) == 0 && (found == AFF_NUMERIC || found == AFF_REAL))
            found = AFF_BLOB;
        else if (found == AFF_NUMERIC &&
                 (sqlite3_strnicmp(p, "real", 4) == 0 || sqlite3_strnicmp(p, "floa", 4) == 0 ||
                  sqlite3_strnicmp(p, "doub", 4) == 0))
            found = AFF_REAL;
    }
    return found;
}

/* Splits text into its words (lower case, single blanks) and what stands in its parentheses.  False: it is
** none of our types, whatever it says. */
static bool split(const char *text, char words[WORDS_MAX], const char **inner, size_t *n)
{
    size_t used = 0;
    bool gap = false;
    *inner = NULL;
    for (const char *p = text; *p != 0; p++) {
        if (is_blank(*p)) {
            gap = true;
        } else if (*p == '(' && *inner == NULL) {
            bool quoted = false;
            *inner = p + 1;
            for (p++; *p != 0 && (quoted || *p != ')'); p++) {
                if (*p == '\'')
                    quoted = !quoted;
            }
            if (*p == 0)
                return false;
            *n = (size_t)(p - *inner);
            gap = true;
        } else {
            if (!is_word(*p) || used + 2 >= WORDS_MAX)
                return false;
            if (gap && used > 0)
                words[used++] = ' ';
            words[used++] = lower(*p);
            gap = false;
        }
    }
    words[used] = 0;
    return used > 0;
}

/* Takes the word (lower case) out of words; true if it was there. */
static bool take_word(char *words, const char *word)
{
    size_t n = strlen(word);
    for (char *p = words; (p = strstr(p, word)) != NULL; p++) {
        if ((p != words && p[-1] != ' ') || (p[n] != ' ' && p[n] != 0))
            continue;
        char *rest = p[n] == ' ' ? p + n + 1 : p + n;
        memmove(p, rest, strlen(rest) + 1);
        size_t length = strlen(words);
        if (length > 0 && words[length - 1] == ' ')
            words[length - 1] = 0;
        return true;
    }
    return false;
}

/* At most two numbers of up to 9 digits; returns how many, -1 = something else. */
static int numbers(const char *p, size_t n, int out[2])
{
    size_t i = 0;
    for (int count = 0; count < 2; count++) {
        while (i < n && is_blank(p[i]))
            i++;
        bool negative = i < n && p[i] == '-';
        size_t first = i += negative;
        out[count] = 0;
        for (; i < n && p[i] >= '0' && p[i] <= '9' && i - first < 9; i++)
            out[count] = out[count] * 10 + (p[i] - '0');
        if (i == first)
            return -1;
        if (negative)
            out[count] = -out[count];
        while (i < n && is_blank(p[i]))
            i++;
        if (i == n)
            return count + 1;
        if (p[i++] != ',')
            return -1;
    }
    return -1;
}

/* 'a', 'it''s' … into labels (NULL = only count them).  Number of labels, -1 = malformed or, with labels,
** out of memory. */
static int read_labels(const char *p, size_t n, struct arena *arena, const char **labels)
{
    size_t i = 0;
    for (int count = 0;; count++) {
        while (i < n && is_blank(p[i]))
            i++;
        if (i >= n || p[i] != '\'')
            return -1;
        size_t first = ++i, length = 0;
        for (; i < n && (p[i] != '\'' || (i + 1 < n && p[i + 1] == '\'')); i++, length++)
            i += p[i] == '\'';
        if (i >= n)
            return -1;
        if (labels != NULL) {
            char *label = arena_alloc(arena, length + 1);
            if (label == NULL)
                return -1;
            for (size_t from = first, to = 0; to < length; from++, to++) {
                from += p[from] == '\'';
                label[to] = p[from];
            }
            labels[count] = label;
        }
        i++;
        while (i < n && is_blank(p[i]))
            i++;
        if (i == n)
            return count + 1;
        if (p[i++] != ',')
            return -1;
    }
}

/* Fills in the labels; SQLITE_MISMATCH if they are malformed. */
static int take_labels(struct type *type, const char *inner, size_t n, struct arena *arena)
{
    int count = inner != NULL ? read_labels(inner, n, arena, NULL) : -1;
    if (count < 0)
        return SQLITE_MISMATCH;
    const char **labels = arena_alloc(arena, (size_t)count * sizeof *labels);
    if (labels == NULL || read_labels(inner, n, arena, labels) < 0)
        return SQLITE_NOMEM;
    type->labels = labels;
    type->nlabels = count;
    type->affinity = AFF_TEXT;
    return SQLITE_OK;
}

/* The arguments of a type; false if they do not belong to it. */
static bool take_arguments(struct type *type, enum arguments kind, const char *inner, size_t n)
{
    int args[2], count = 0;
    if (inner != NULL) {
        count = numbers(inner, n, args);
        if (count < 0)
            return false;
    }
    switch (kind) {
    case ARGS_LENGTH:
    case ARGS_LENGTH_1:
        if (count > 1 || (count == 1 && args[0] < 1))
            return false;
        type->length = count == 1 ? args[0] : kind == ARGS_LENGTH_1 ? 1 : 0;
        return true;
    case ARGS_DECIMAL:
        if (count > 0 && (args[0] < 1 || args[0] > 1000 || (count > 1 && abs(args[1]) > 1000)))
            return false;
        type->precision = count > 0 ? args[0] : 0;
        type->scale = count > 1 ? args[1] : 0;
        return true;
    case ARGS_FRACTION:
        if (count > 1 || (count == 1 && (args[0] < 0 || args[0] > 6)))
            return false;
        type->precision = count == 0 ? 0 : args[0] == 0 ? -1 : args[0];
        return true;
    default:
        return true;
    }
}

int coltype_parse(const char *text, struct arena *arena, struct type *out, struct err *err)
{
    char words[WORDS_MAX];
    const char *inner = NULL;
    size_t n = 0;
    const char *copy = arena_str(arena, text);
    if (copy == NULL)
        return err_nomem(err);
    const struct type other = {.id = CT_OTHER, .affinity = coltype_affinity(text), .text = copy};
    *out = other;
    if (!split(copy, words, &inner, &n))
        return SQLITE_OK;
    bool is_unsigned = take_word(words, "unsigned");
    take_word(words, "signed");
    if (take_word(words, "zerofill")) /* implies it */
        is_unsigned = true;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(words, known[i].words) != 0)
            continue;
        out->id = is_unsigned ? known[i].unsigned_id : known[i].id;
        if (known[i].arguments == ARGS_LABELS) {
            int rc = take_labels(out, inner, n, arena);
            if (rc == SQLITE_NOMEM)
                return err_nomem(err);
            if (rc != SQLITE_OK)
                *out = other;
        } else if (!take_arguments(out, known[i].arguments, inner, n)) {
            *out = other;
        }
        break;
    }
    return SQLITE_OK;
}
