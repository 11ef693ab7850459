/* Rows that an UPDATE OR REPLACE moves to keys of others.
**
** SQLite has found the rows before it changes the first one, and hands each of them over by the key that it had.  A
** native table knows its rows by their rowids: one that REPLACE has deleted is not met again, whoever has its key. */
#include "vtab/change.h"

#define KEY_LIMIT 0x7fffffff

static bool is_rowid(const struct change *c)
{
    const struct identity *identity = &c->table->declared.identity;
    return identity->form == KEY_FORM_COLUMN && identity->columns[0] == c->target.auto_column;
}

/* The key of a row before the change, or after it, in the key's own collations. */
static int key_hash(struct change *c, sqlite3_value *key, bool after, struct row_hash *out,
                    struct err *err)
{
    const struct identity *identity = &c->table->declared.identity;
    struct cell whole = cell_from_value(key);
    struct cell *parts = arena_alloc(&c->row, (size_t)(identity->ncolumns + 1) * sizeof *parts);
    struct buf bytes;
    int rc = SQLITE_OK;
    if (!parts)
        return err_nomem(err);
    if (identity->form == KEY_FORM_COLUMN)
        parts[0] = whole;
    else
        rc = keycode_read(whole.p, whole.n, parts, identity->ncolumns, err);
    buf_init(&bytes, KEY_LIMIT);
    for (int i = 0; i < identity->ncolumns && rc == SQLITE_OK; i++) {
        int column = identity->columns[i];
        keycode_add_sorted(&bytes, after && c->given[column] ? c->cells[column] : parts[i],
                           c->target.model->columns[column].collation);
    }
    if (rc == SQLITE_OK && bytes.rc != SQLITE_OK)
        rc = err_nomem(err);
    if (rc == SQLITE_OK)
        *out = row_hash(bytes.data, bytes.len);
    buf_clear(&bytes);
    return rc;
}

int change_meets_taken(struct change *c, sqlite3_value *key, bool *gone, struct err *err)
{
    struct row_hash hash;
    *gone = false;
    if (c->conflict != SQLITE_REPLACE || c->taken.total == 0)
        return SQLITE_OK;
    int rc = key_hash(c, key, false, &hash, err);
    if (rc == SQLITE_OK)
        *gone = rowset_take(&c->taken, hash);
    if (rc == SQLITE_OK && *gone && is_rowid(c))
        rc = err_set(
            err, SQLITE_ERROR,
            "an earlier row of this UPDATE OR REPLACE has moved to the key of this one, and "
            "SQLite would work out SET for it once more: move them by statements of their "
            "own");
    return rc == SQLITE_OK ? rc : bind_fail(c->target.bind, c->target.what, err);
}

int change_note_move(struct change *c, sqlite3_value *key, struct err *err)
{
    struct row_hash before, after;
    sqlite3_int64 times;
    if (c->table->declared.identity.form == KEY_FORM_ROW)
        return SQLITE_OK;
    int rc = key_hash(c, key, false, &before, err);
    if (rc == SQLITE_OK)
        rc = key_hash(c, key, true, &after, err);
    if (rc == SQLITE_OK && (before.a != after.a || before.b != after.b) &&
        rowset_add(&c->taken, after, &times) != SQLITE_OK)
        rc = err_nomem(err);
    return rc == SQLITE_OK ? rc : bind_fail(c->target.bind, c->target.what, err);
}
