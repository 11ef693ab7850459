/* Making room for rows that go together (room.h): the DELETEs travel as a batch (session/batch). */
#include "session/room.h"
#include "base/hash.h"
#include "session/batch.h"

#include <string.h>

struct room *room_new(void)
{
    struct room *r = sqlite3_malloc64(sizeof *r);
    if (r == NULL)
        return NULL;
    memset(r, 0, sizeof *r);
    arena_init(&r->arena);
    r->holders = 1;
    return r;
}

struct room *room_hold(struct room *r)
{
    if (r != NULL)
        r->holders++;
    return r;
}

void room_release(struct room *r)
{
    if (r == NULL || --r->holders > 0)
        return;
    for (int i = 0; i < r->nkeys; i++)
        change_many_clear(&r->keys[i].many);
    arena_clear(&r->arena);
    sqlite3_free(r);
}

/* ---- rows in each other's way ---------------------------------------------------------------------------- */

#define SLOTS ((size_t)ROOM_ROWS * 2) /* of each key */

struct room_slot {
    sqlite3_uint64 hash;
    sqlite3_uint64 batch; /* an older one's is empty */
};

struct room_keys {
    sqlite3_uint64 batch;
    struct room_slot slots[]; /* SLOTS of each key */
};

struct room_keys *room_keys_new(const struct room *r)
{
    struct room_keys *keys;
    size_t size = sizeof *keys + (size_t)r->nkeys * SLOTS * sizeof keys->slots[0];
    keys = sqlite3_malloc64(size);
    if (keys == NULL)
        return NULL;
    memset(keys, 0, size);
    keys->batch = 1;
    return keys;
}

void room_keys_forget(struct room_keys *keys)
{
    keys->batch++;
}

static sqlite3_uint64 hash_cell(sqlite3_uint64 hash, const struct cell *cell)
{
    sqlite3_uint64 word = 0;
    switch (cell->cls) {
    case CELL_INT:
        word = (sqlite3_uint64)cell->i;
        break;
    case CELL_REAL:
        memcpy(&word, &cell->r, sizeof word);
        break;
    default:
        word = hash_text(cell->p, cell->n);
        break;
    }
    return hash_more(hash, word);
}

/* False: a NULL, which is in nobody's way. */
static bool hash_key(const struct room_key *k, const struct cell *cells, sqlite3_uint64 *hash)
{
    *hash = 1;
    for (int i = 0; i < k->nargs; i++) {
        if (cells[k->columns[i]].cls == CELL_NULL)
            return false;
        *hash = hash_cell(*hash, &cells[k->columns[i]]);
    }
    return true;
}

bool room_keys_add(struct room_keys *keys, const struct room *r, const struct cell *cells)
{
    bool added = true;
    for (int k = 0; k < r->nkeys; k++) {
        sqlite3_uint64 hash;
        if (!hash_key(&r->keys[k], cells, &hash))
            continue;
        struct room_slot *slots = &keys->slots[(size_t)k * SLOTS];
        size_t at = (size_t)(hash % SLOTS);
        while (slots[at].batch == keys->batch && slots[at].hash != hash)
            at = (at + 1) % SLOTS;
        added = added && slots[at].batch != keys->batch;
        slots[at] = (struct room_slot){.hash = hash, .batch = keys->batch};
    }
    return added;
}

/* ---- sending --------------------------------------------------------------------------------------------- */

static void arguments(const struct room_key *k, struct cell *row, const int *place,
                      struct arg *args)
{
    for (int i = 0; i < k->nargs; i++)
        args[i] =
            (struct arg){.type = &k->types[i], .cells = &row[place[k->columns[i]]], .ncells = 1};
}

static int delete_one(struct bind *b, const struct room_key *k, const struct arg *args,
                      struct err *err)
{
    struct conn *conn;
    int rc = bind_connect(b, &conn, err);
    if (rc == SQLITE_OK)
        rc = txn_before_write(b, true, false, err);
    return rc == SQLITE_OK ? conn_exec(conn, k->sql, args, k->nargs, NULL, NULL, err) : rc;
}

int room_make(struct bind *b, const char *what, const struct room *r, struct cell *const *rows,
              int nrows, const int *place, struct err *err)
{
    struct target target = {.bind = b, .what = what};
    int rc = SQLITE_OK;
    for (int k = 0; k < r->nkeys && rc == SQLITE_OK; k++) {
        const struct room_key *key = &r->keys[k];
        struct arg *args = sqlite3_malloc64((sqlite3_uint64)key->nargs * sizeof *args);
        if (args == NULL)
            return err_nomem(err);
        for (int i = 0; i < nrows && rc == SQLITE_OK; i++) {
            arguments(key, rows[i], place, args);
            rc = nrows == 1 ? delete_one(b, key, args, err)
                            : batch_add(&target, key->sql, &key->many, args, key->nargs, err);
        }
        if (rc == SQLITE_OK)
            rc = batch_flush(b, err);
        sqlite3_free(args);
    }
    return rc;
}
