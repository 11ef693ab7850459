/* The decision record.  Its tables are checked before they are trusted: a database file from elsewhere may hold
** a view or a trigger under these names. */
#include "session/coord.h"
#include "session/bind.h"

#include <string.h>
#include <sys/stat.h>

#define SQL_COORD "CREATE TABLE _binds_coord(uuid TEXT PRIMARY KEY, dev INTEGER, ino INTEGER)"
#define SQL_TXN "CREATE TABLE _binds_txn(gid TEXT PRIMARY KEY, parts TEXT, created TEXT)"
#define SIDE_BUSY_MS 30000

static bool is_hex(const char *z, size_t n) {
    size_t i;
    for (i = 0; i < n; i++)
        if (!((z[i] >= '0' && z[i] <= '9') || (z[i] >= 'a' && z[i] <= 'f')))
            return false;
    return true;
}

bool coord_gid_valid(const char *gid, bool with_branch) {
    size_t n = strlen(gid), head = 24, i;
    if (n < head + 9 || n >= COORD_GID_MAX || memcmp(gid, "binds1:", 7) != 0 || !is_hex(gid + 7, 16) ||
        gid[23] != ':')
        return false;
    for (i = head; i < n && gid[i] != ':'; i++)
        if (!is_hex(gid + i, 1))
            return false;
    if (!with_branch)
        return i == n;
    if (i == n || i + 1 == n)
        return false;
    for (i++; i < n; i++)
        if (gid[i] < '0' || gid[i] > '9')
            return false;
    return true;
}

/* First column of the first row as text in out; false if there is none. */
static bool query_text(sqlite3 *db, const char *sql, char *out, int size) {
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        if (text) {
            sqlite3_snprintf(size, out, "%s", text);
            found = true;
        }
    }
    sqlite3_finalize(stmt);
    return found;
}

static const char *side_path(struct binds *b) {
    const struct bind *bind;
    for (bind = b->first; bind; bind = bind->next) {
        if (bind->url.coordinator)
            return bind->url.coordinator;
    }
    return NULL;
}

static bool main_is_durable(struct binds *b) {
    const char *file = sqlite3_db_filename(b->db, "main");
    char value[32];
    if (!file || !file[0] || sqlite3_db_readonly(b->db, "main") == 1)
        return false;
    if (!query_text(b->db, "PRAGMA main.journal_mode", value, sizeof value) ||
        sqlite3_stricmp(value, "memory") == 0 || sqlite3_stricmp(value, "off") == 0)
        return false;
    return query_text(b->db, "PRAGMA main.synchronous", value, sizeof value) && strcmp(value, "0") != 0;
}

enum coord_kind coord_kind(struct binds *b) {
    if (side_path(b))
        return COORD_SIDE;
    return main_is_durable(b) ? COORD_MAIN : COORD_NONE;
}

static const char *coord_file(struct binds *b) {
    const char *side = side_path(b);
    return side ? side : sqlite3_db_filename(b->db, "main");
}

/* The connection that reads and writes the record. */
static sqlite3 *coord_db(struct binds *b) { return b->coord.side ? b->coord.side : b->db; }

/* A table of ours has exactly our text, and no trigger. */
static int check_tables(sqlite3 *db, bool *exist, struct err *err) {
    static const char sql[] =
        "SELECT count(*) FILTER (WHERE type = 'table' AND sql IN ('" SQL_COORD "', '" SQL_TXN "')), "
        "count(*) FILTER (WHERE type <> 'index') FROM main.sqlite_schema "
        "WHERE tbl_name IN ('_binds_coord', '_binds_txn') OR name IN ('_binds_coord', '_binds_txn')";
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), ours = 0, all = 0;
    if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        ours = sqlite3_column_int(stmt, 0);
        all = sqlite3_column_int(stmt, 1);
    }
    rc = sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        return err_set(err, rc, "reading the commit record: %s", sqlite3_errmsg(db));
    if (all != 0 && (ours != 2 || all != 2))
        return err_set(err, SQLITE_ERROR,
                       "the tables _binds_coord and _binds_txn of this database are not the ones that binds "
                       "makes: rename or drop them");
    *exist = ours == 2;
    return SQLITE_OK;
}

static int side_open(struct binds *b, struct err *err) {
    int rc;
    if (!side_path(b) || b->coord.side)
        return SQLITE_OK;
    rc = sqlite3_open_v2(side_path(b), &b->coord.side,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(b->coord.side, SIDE_BUSY_MS);
        rc = sqlite3_exec(b->coord.side, "PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
        err_set(err, rc, "the coordinator file %s: %s", side_path(b), sqlite3_errmsg(b->coord.side));
        sqlite3_close(b->coord.side);
        b->coord.side = NULL;
    }
    return rc;
}

static void random_hex(char *out, int bytes) {
    unsigned char raw[16];
    int i;
    sqlite3_randomness(bytes, raw);
    for (i = 0; i < bytes; i++)
        sqlite3_snprintf(3, out + 2 * i, "%02x", raw[i]);
}

static bool file_identity(const char *path, struct stat *st) { return path && *path && stat(path, st) == 0; }

/* The uuid of this incarnation of the file: the newest stored one if it was made for this very inode. */
static int load_uuid(struct binds *b, struct err *err) {
    sqlite3_stmt *stmt = NULL;
    struct stat st;
    bool exist = false;
    int rc = check_tables(coord_db(b), &exist, err);
    if (rc != SQLITE_OK || b->coord.uuid[0])
        return rc;
    if (exist && file_identity(coord_file(b), &st)) {
        rc = sqlite3_prepare_v2(coord_db(b), "SELECT uuid, dev, ino FROM main._binds_coord ORDER BY rowid DESC LIMIT 1",
                                -1, &stmt, NULL);
        if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW &&
            sqlite3_column_int64(stmt, 1) == (sqlite3_int64)st.st_dev &&
            sqlite3_column_int64(stmt, 2) == (sqlite3_int64)st.st_ino) {
            const char *uuid = (const char *)sqlite3_column_text(stmt, 0);
            if (uuid && strlen(uuid) == 16 && is_hex(uuid, 16)) {
                memcpy(b->coord.uuid, uuid, 17);
                b->coord.stored = true;
            }
        }
        sqlite3_finalize(stmt);
    }
    if (!b->coord.uuid[0]) {
        random_hex(b->coord.uuid, 8);
        b->coord.stored = false;
    }
    return SQLITE_OK;
}

int coord_branch(struct binds *b, char out[COORD_GID_MAX], struct err *err) {
    struct coord *c = &b->coord;
    if (!c->transaction[0]) {
        char random[9];
        int rc = side_open(b, err);
        if (rc == SQLITE_OK)
            rc = load_uuid(b, err);
        if (rc != SQLITE_OK)
            return rc;
        random_hex(random, 4);
        sqlite3_snprintf(COORD_GID_MAX, c->transaction, "binds1:%s:%s%x", c->uuid, random, ++c->sequence);
        c->branches = 0;
    }
    sqlite3_snprintf(COORD_GID_MAX, out, "%s:%d", c->transaction, ++c->branches);
    return SQLITE_OK;
}

static int run(sqlite3 *db, struct err *err, const char *sql, const char *a, const char *b2) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        if (a)
            sqlite3_bind_text(stmt, 1, a, -1, SQLITE_STATIC);
        if (b2)
            sqlite3_bind_text(stmt, 2, b2, -1, SQLITE_STATIC);
        sqlite3_step(stmt);
    }
    rc = sqlite3_finalize(stmt);
    return rc == SQLITE_OK ? rc : err_set(err, rc, "writing the commit record: %s", sqlite3_errmsg(db));
}

static int store_uuid(struct binds *b, struct err *err) {
    sqlite3_stmt *stmt = NULL;
    struct stat st;
    int rc;
    if (b->coord.stored)
        return SQLITE_OK;
    if (!file_identity(coord_file(b), &st))
        return err_set(err, SQLITE_IOERR, "the file that records commits cannot be found: %s", coord_file(b));
    rc = sqlite3_prepare_v2(coord_db(b), "INSERT INTO main._binds_coord VALUES (?1, ?2, ?3)", -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, b->coord.uuid, -1, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 2, (sqlite3_int64)st.st_dev);
        sqlite3_bind_int64(stmt, 3, (sqlite3_int64)st.st_ino);
        sqlite3_step(stmt);
    }
    rc = sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        return err_set(err, rc, "writing the commit record: %s", sqlite3_errmsg(coord_db(b)));
    return SQLITE_OK;
}

/* Rows whose branches are all done go in a later transaction, which has its own reason to write. */
static int delete_settled(struct binds *b, struct err *err) {
    int i, rc = SQLITE_OK;
    for (i = 0; i < b->coord.nsettled && rc == SQLITE_OK; i++)
        rc = run(coord_db(b), err, "DELETE FROM main._binds_txn WHERE gid = ?1", b->coord.settled[i], NULL);
    return rc;
}

static int write_row(struct binds *b, const char *parts, struct err *err) {
    sqlite3 *db = coord_db(b);
    char back[COORD_GID_MAX], *sql;
    bool exist = false, found;
    int rc = check_tables(db, &exist, err);
    if (rc == SQLITE_OK && !exist)
        rc = run(db, err, SQL_COORD, NULL, NULL) == SQLITE_OK ? run(db, err, SQL_TXN, NULL, NULL) : err->rc;
    if (rc == SQLITE_OK)
        rc = store_uuid(b, err);
    if (rc == SQLITE_OK)
        rc = delete_settled(b, err);
    if (rc == SQLITE_OK)
        rc = run(db, err, "INSERT INTO main._binds_txn VALUES (?1, ?2, datetime('now'))", b->coord.transaction, parts);
    if (rc != SQLITE_OK)
        return rc;
    sql = sqlite3_mprintf("SELECT gid FROM main._binds_txn WHERE gid = %Q", b->coord.transaction);
    found = sql && query_text(db, sql, back, sizeof back) && strcmp(back, b->coord.transaction) == 0;
    sqlite3_free(sql);
    return found ? SQLITE_OK : err_set(err, SQLITE_ERROR, "the commit record does not keep what is written to it");
}

int coord_record(struct binds *b, const char *parts, struct err *err) {
    sqlite3_int64 id = sqlite3_last_insert_rowid(b->db);
    int rc = side_open(b, err);
    if (rc == SQLITE_OK && b->coord.side) {
        rc = sqlite3_exec(b->coord.side, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return err_set(err, rc, "the coordinator file: %s", sqlite3_errmsg(b->coord.side));
    }
    if (rc == SQLITE_OK)
        rc = write_row(b, parts, err);
    b->coord.recorded = rc == SQLITE_OK;
    if (rc != SQLITE_OK && b->coord.side)
        sqlite3_exec(b->coord.side, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_set_last_insert_rowid(b->db, id);
    return rc;
}

int coord_decide(struct binds *b, struct err *err) {
    int rc;
    if (!b->coord.side)
        return SQLITE_OK;
    rc = sqlite3_exec(b->coord.side, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        err_set(err, rc, "the coordinator file: %s", sqlite3_errmsg(b->coord.side));
        sqlite3_exec(b->coord.side, "ROLLBACK", NULL, NULL, NULL);
        return rc == SQLITE_BUSY ? (err->rc = SQLITE_IOERR) : rc;
    }
    b->coord.stored = true;
    return SQLITE_OK;
}

static void remember_settled(struct coord *c) {
    char **grown = sqlite3_realloc64(c->settled, (sqlite3_uint64)(c->nsettled + 1) * sizeof *grown);
    if (!grown)
        return; /* the row stays a little longer */
    c->settled = grown;
    grown[c->nsettled] = sqlite3_mprintf("%s", c->transaction);
    if (grown[c->nsettled])
        c->nsettled++;
}

static void drop_settled(struct coord *c) {
    while (c->nsettled > 0)
        sqlite3_free(c->settled[--c->nsettled]);
    sqlite3_free(c->settled);
    c->settled = NULL;
}

void coord_end(struct binds *b, bool committed, bool settled) {
    struct coord *c = &b->coord;
    if (c->side && !sqlite3_get_autocommit(c->side))
        sqlite3_exec(c->side, "ROLLBACK", NULL, NULL, NULL);
    if (committed && c->recorded) {
        drop_settled(c); /* the transaction that has just committed deleted them */
        c->stored = true;
        if (settled)
            remember_settled(c);
    }
    c->transaction[0] = 0;
    c->recorded = false;
}

bool coord_is_current(struct binds *b, const char *uuid) {
    struct err ignored;
    err_clear(&ignored);
    return load_uuid(b, &ignored) == SQLITE_OK && b->coord.stored && strcmp(b->coord.uuid, uuid) == 0;
}

void coord_clear(struct binds *b) {
    drop_settled(&b->coord);
    sqlite3_close(b->coord.side);
    memset(&b->coord, 0, sizeof b->coord);
}

/* ---- recovery's view ---- */

/* A connection of its own, so that its BEGIN IMMEDIATE never meddles with the user's transaction. */
static int open_reader(struct binds *b, sqlite3 **out, struct err *err) {
    int rc = sqlite3_open_v2(coord_file(b), out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(*out, SIDE_BUSY_MS);
        rc = sqlite3_exec(*out, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
    }
    return rc == SQLITE_OK ? rc : err_set(err, rc, "reading the commit record: %s", sqlite3_errmsg(*out));
}

bool coord_has_history(struct binds *b) {
    char found[8];
    if (coord_kind(b) == COORD_NONE)
        return false;
    if (side_path(b)) {
        struct stat st;
        return file_identity(side_path(b), &st) && st.st_size > 0;
    }
    return query_text(b->db, "SELECT 1 FROM main.sqlite_schema WHERE name = '_binds_coord'", found, sizeof found);
}

static int read_list(sqlite3 *db, const char *sql, struct arena *arena, const char ***list, int *n,
                     struct err *err) {
    sqlite3_stmt *stmt = NULL;
    int room = 0, rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    *n = 0;
    *list = NULL;
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *text = arena_str(arena, (const char *)sqlite3_column_text(stmt, 0));
        if (*n == room) {
            const char **grown = arena_alloc(arena, (size_t)(room = room ? 2 * room : 16) * sizeof *grown);
            if (!grown) {
                rc = SQLITE_NOMEM;
                break;
            }
            if (*n)
                memcpy(grown, *list, (size_t)*n * sizeof *grown);
            *list = grown;
        }
        if (text)
            (*list)[(*n)++] = text;
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_finalize(stmt);
    else
        sqlite3_finalize(stmt);
    return rc == SQLITE_OK ? rc : err_set(err, rc, "reading the commit record: %s", sqlite3_errmsg(db));
}

int coord_decisions(struct binds *b, struct arena *arena, struct coord_decisions *out, struct err *err) {
    sqlite3 *reader = NULL, *db = b->db;
    /* Our own write lock serves as well as one taken for the purpose. */
    bool held = !side_path(b) && sqlite3_txn_state(b->db, "main") == SQLITE_TXN_WRITE;
    bool exist = false;
    int rc = SQLITE_OK;
    memset(out, 0, sizeof *out);
    if (!held) {
        rc = open_reader(b, &reader, err);
        db = reader;
        if (rc == SQLITE_OK && sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
            rc = err_set(err, sqlite3_errcode(db), "a commit is under way in another process: %s", sqlite3_errmsg(db));
    }
    if (rc == SQLITE_OK)
        rc = check_tables(db, &exist, err);
    if (rc == SQLITE_OK && exist)
        rc = read_list(db, "SELECT uuid FROM main._binds_coord ORDER BY rowid DESC LIMIT 1000", arena, &out->uuids,
                       &out->nuuids, err);
    if (rc == SQLITE_OK && exist)
        rc = read_list(db, "SELECT gid FROM main._binds_txn", arena, &out->gids, &out->ngids, err);
    if (reader) {
        sqlite3_exec(reader, "ROLLBACK", NULL, NULL, NULL);
        sqlite3_close(reader);
    }
    return rc;
}
