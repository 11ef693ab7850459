/* The WHERE clause of one row.  Every comparison is one that the verdict tables call exact for equality, so
** that a row that has meanwhile become another one ('a' → 'A' under a loose collation) is not hit. */
#include "sqlgen/identity.h"

#include <string.h>

#define ENGINE_VALUES_MAX 2
#define PLACES_PER_VALUE 4 /* a form may repeat its value */

const struct type *identity_type(enum coltype id)
{
    static const struct type types[CT_N] = {
        [CT_OTHER] = {.id = CT_OTHER, .text = ""},
        [CT_BOOL] = {.id = CT_BOOL, .affinity = AFF_NUMERIC, .text = ""},
        [CT_INT2] = {.id = CT_INT2, .affinity = AFF_INTEGER, .text = ""},
        [CT_INT4] = {.id = CT_INT4, .affinity = AFF_INTEGER, .text = ""},
        [CT_INT8] = {.id = CT_INT8, .affinity = AFF_INTEGER, .text = ""},
        [CT_UINT8] = {.id = CT_UINT8, .affinity = AFF_INTEGER, .text = ""},
        [CT_FLOAT4] = {.id = CT_FLOAT4, .affinity = AFF_REAL, .text = ""},
        [CT_FLOAT8] = {.id = CT_FLOAT8, .affinity = AFF_REAL, .text = ""},
        [CT_NUMERIC] = {.id = CT_NUMERIC, .affinity = AFF_NUMERIC, .text = ""},
        [CT_TEXT] = {.id = CT_TEXT, .affinity = AFF_TEXT, .text = ""},
        [CT_VARCHAR] = {.id = CT_VARCHAR, .affinity = AFF_TEXT, .text = ""},
        [CT_CHAR] = {.id = CT_CHAR, .affinity = AFF_TEXT, .text = ""},
        [CT_BLOB] = {.id = CT_BLOB, .affinity = AFF_BLOB, .text = ""},
        [CT_VARBINARY] = {.id = CT_VARBINARY, .affinity = AFF_BLOB, .text = ""},
        [CT_BINARY] = {.id = CT_BINARY, .affinity = AFF_BLOB, .text = ""},
        [CT_DATE] = {.id = CT_DATE, .affinity = AFF_NUMERIC, .text = ""},
        [CT_TIME] = {.id = CT_TIME, .affinity = AFF_NUMERIC, .text = ""},
        [CT_DATETIME] = {.id = CT_DATETIME, .affinity = AFF_NUMERIC, .text = ""},
        [CT_DATETIMETZ] = {.id = CT_DATETIMETZ, .affinity = AFF_NUMERIC, .text = ""},
        [CT_INTERVAL] = {.id = CT_INTERVAL, .affinity = AFF_TEXT, .text = ""},
        [CT_JSON] = {.id = CT_JSON, .affinity = AFF_TEXT, .text = ""},
        [CT_JSONB] = {.id = CT_JSONB, .affinity = AFF_TEXT, .text = ""},
        [CT_UUID] = {.id = CT_UUID, .affinity = AFF_TEXT, .text = ""},
        [CT_ENUM] = {.id = CT_ENUM, .affinity = AFF_TEXT, .text = ""},
    };
    return &types[id < CT_N ? id : CT_OTHER];
}

/* The model columns of an index that is a key; their number, 0 = it is none. */
static int index_columns(const struct model *model, const struct remote *remote,
                         const struct remote_index *x, int columns[IDENTITY_COLUMNS_MAX])
{
    if (x->partial || !(x->primary || x->unique) || x->ncolumns > IDENTITY_COLUMNS_MAX)
        return 0;
    for (int i = 0; i < x->ncolumns; i++) {
        if (x->columns[i] < 0 || !remote->columns[x->columns[i]].not_null)
            return 0;
        columns[i] = model_column(model, remote->columns[x->columns[i]].name);
        if (columns[i] < 0)
            return 0;
    }
    return x->ncolumns;
}

void identity_plan(const struct dialect *d, const struct model *model,
                   const struct identity *declared, const struct remote *remote,
                   struct identity_plan *out)
{
    const struct row_identity *offered = d->row_identity;
    *out = (struct identity_plan){
        .dialect = d, .model = model, .remote = remote, .declared = *declared};
    for (int i = 0; i < remote->nindexes && declared->form == KEY_FORM_ROW && out->nfound == 0; i++)
        out->nfound = index_columns(model, remote, &remote->indexes[i], out->found);
    if (declared->form != KEY_FORM_ROW || out->nfound > 0)
        out->source = IDENTITY_COLUMNS;
    else if (offered != NULL && remote->kind == REMOTE_TABLE &&
             (offered->shadow == NULL || remote_column(remote, offered->shadow) < 0))
        out->source = IDENTITY_ENGINE;
    else
        out->source = IDENTITY_VALUES;
}

int identity_values(const struct identity_plan *p)
{
    switch (p->source) {
    case IDENTITY_COLUMNS:
        return p->nfound > 0 ? p->nfound : p->declared.ncolumns;
    case IDENTITY_ENGINE:
        return p->dialect->row_identity->n;
    default:
        return p->model->ncolumns;
    }
}

int identity_column(const struct identity_plan *p, int i)
{
    switch (p->source) {
    case IDENTITY_COLUMNS:
        return p->nfound > 0 ? p->found[i] : p->declared.columns[i];
    case IDENTITY_ENGINE:
        return -1;
    default:
        return i;
    }
}

/* ---- one key ----------------------------------------------------------------------------------------- */

static const char *table_of(const struct identity_plan *p)
{
    return p->model->local_name;
}

static int refuse(const struct identity_plan *p, const char *column, struct err *err)
{
    return err_set(err, SQLITE_CONSTRAINT_VTAB,
                   "column %s of %s cannot identify a row: its type is not compared exactly by the "
                   "server; declare a PRIMARY KEY of other columns",
                   column, table_of(p));
}

/* `column = value` for one column of the model. */
static int write_equal(const struct identity_plan *p, int column, const struct cell *value,
                       struct places *places, struct identity_where *w, sqlite3_str *out,
                       struct err *err)
{
    const struct column *declared = &p->model->columns[column];
    int position = remote_column(p->remote, declared->name);
    if (position < 0)
        return err_set(err, SQLITE_ERROR, "no column %s in the table on the server",
                       declared->name);
    const struct remote_column *remote = &p->remote->columns[position];
    const struct judgement *j =
        judge_find(p->dialect, p->remote, position, value->cls == CELL_NULL ? OP_ISNULL : OP_EQ,
                   COLLATION_BINARY);
    struct rhs *rhs = arena_alloc(&w->arena, sizeof *rhs);
    if (rhs == NULL)
        return err_nomem(err);
    if (j == NULL || j->verdict != VERDICT_EXACT)
        return refuse(p, declared->name, err);
    struct rhs_rule rule = {
        .domain = rhs_domain(p->dialect, &remote->type, &declared->type),
        .affinity = rhs_affinity(&declared->type),
        .arg = judge_arg(j, remote->type.id),
        .precision = remote->type.precision,
        .scale = remote->type.scale,
        .literal = true,
        .without_nul = p->dialect->text_without_nul,
    };
    int rc = rhs_fit(&rule, OP_IS, value, NULL, rhs);
    if (rc != SQLITE_OK)
        return err_nomem(err);
    if (rhs->outcome == RHS_NONE) { /* no row can have that value */
        sqlite3_str_appendall(out, "1 = 0");
        return SQLITE_OK;
    }
    if (rhs->outcome == RHS_DROP || !rhs->exact)
        return refuse(p, declared->name, err);
    int from = places->n;
    rc = judge_write(p->dialect, j, OP_EQ, remote, 0, 0, places, out);
    if (rc != SQLITE_OK)
        return err_set(err, rc, "too many key values for one statement");
    for (int i = from; i < places->n; i++) {
        w->cells[i] = rhs->value;
        w->types[i] = places->place[i].type;
    }
    w->nargs = places->n;
    return SQLITE_OK;
}

static int write_engine(const struct identity_plan *p, const struct cell *values,
                        struct places *places, struct identity_where *w, sqlite3_str *out,
                        struct err *err)
{
    const struct row_identity *offered = p->dialect->row_identity;
    for (const char *at = offered->where; *at != '\0';) {
        size_t n = strcspn(at, "{");
        sqlite3_str_append(out, at, (int)n);
        at += n;
        if (*at == '\0')
            break;
        int i = at[1] - '1';
        struct place place = {i, -1, offered->type[i]};
        if (place_write(p->dialect, place, places, out) != SQLITE_OK)
            return err_set(err, SQLITE_TOOBIG, "too many key values for one statement");
        w->cells[w->nargs] = values[i];
        w->types[w->nargs++] = offered->type[i];
        at += 3;
    }
    return SQLITE_OK;
}

/* The values that a key holds; *values in the arena. */
static int read_key(const struct identity_plan *p, const struct cell *key, struct arena *arena,
                    struct cell **values, struct err *err)
{
    int n = identity_values(p);
    int ordinal = p->source == IDENTITY_VALUES;
    *values = arena_alloc(arena, sizeof(struct cell) * (size_t)(n + ordinal));
    if (*values == NULL)
        return err_nomem(err);
    if (p->declared.form == KEY_FORM_COLUMN) {
        (*values)[0] = *key;
        return SQLITE_OK;
    }
    if (key->cls != CELL_BLOB)
        return err_set(err, SQLITE_CORRUPT, "_k holds no key of this table");
    return keycode_read(key->p, key->n, *values, n + ordinal, err);
}

static int write_key(const struct identity_plan *p, const struct cell *key, struct places *places,
                     struct identity_where *w, sqlite3_str *out, struct err *err)
{
    struct cell *values;
    int rc = read_key(p, key, &w->arena, &values, err);
    if (rc != SQLITE_OK)
        return rc;
    if (p->source == IDENTITY_ENGINE)
        return write_engine(p, values, places, w, out, err);
    for (int i = 0; i < identity_values(p) && rc == SQLITE_OK; i++) {
        if (i > 0)
            sqlite3_str_appendall(out, " AND ");
        w->has_null = w->has_null || values[i].cls == CELL_NULL;
        rc = write_equal(p, identity_column(p, i), &values[i], places, w, out, err);
    }
    return rc;
}

static int where_init(const struct identity_plan *p, int nkeys, int first_arg,
                      struct places *places, struct identity_where *w, struct err *err)
{
    size_t room = (size_t)nkeys * (size_t)identity_values(p) * PLACES_PER_VALUE + ENGINE_VALUES_MAX;
    *w = (struct identity_where){0};
    arena_init(&w->arena);
    w->cells = arena_alloc(&w->arena, room * sizeof *w->cells);
    w->types = arena_alloc(&w->arena, room * sizeof *w->types);
    *places = (struct places){.first = first_arg, .limit = (int)room};
    places->place = arena_alloc(&w->arena, room * sizeof *places->place);
    if (w->cells == NULL || w->types == NULL || places->place == NULL)
        return err_nomem(err);
    return SQLITE_OK;
}

void identity_where_clear(struct identity_where *w)
{
    arena_clear(&w->arena);
}

int identity_where(const struct identity_plan *p, const struct cell *key, int first_arg,
                   sqlite3_str *out, struct identity_where *w, struct err *err)
{
    struct places places;
    int rc = where_init(p, 1, first_arg, &places, w, err);
    if (rc != SQLITE_OK)
        goto done;
    if (p->source == IDENTITY_VALUES &&
        (p->dialect->one_row == NULL || p->remote->kind != REMOTE_TABLE)) {
        rc = err_set(
            err, SQLITE_CONSTRAINT_VTAB,
            "the rows of %s cannot be told apart on the server: declare a PRIMARY KEY, or a "
            "UNIQUE key of NOT NULL columns",
            table_of(p));
        goto done;
    }
    w->one_row = p->source == IDENTITY_VALUES;
    rc = write_key(p, key, &places, w, out, err);
done:
    if (rc != SQLITE_OK)
        identity_where_clear(w);
    return rc;
}

int identity_where_many(const struct identity_plan *p, const struct cell *keys, int n,
                        int first_arg, sqlite3_str *out, struct identity_where *w, struct err *err)
{
    struct places places;
    int rc;
    if (p->source == IDENTITY_VALUES)
        return err_set(err, SQLITE_MISUSE, "rows of %s are changed one at a time", table_of(p));
    rc = where_init(p, n, first_arg, &places, w, err);
    for (int i = 0; i < n && rc == SQLITE_OK; i++) {
        sqlite3_str_appendall(out, i > 0 ? " OR (" : n > 1 ? "(" : "");
        rc = write_key(p, &keys[i], &places, w, out, err);
        if (n > 1)
            sqlite3_str_appendchar(out, 1, ')');
    }
    if (rc != SQLITE_OK)
        identity_where_clear(w);
    return rc;
}
