/* The decision record: writing it.  Its tables are checked before they are trusted: a database file from elsewhere
** may hold a view or a trigger under these names.  Everything here can be repeated for one transaction, since
** COMMIT can be tried again after SQLITE_BUSY. */
#include "session/coord_parts.h"
#include "session/decider.h"

#include <string.h>

#define SQL_COORD "CREATE TABLE _binds_coord(uuid TEXT PRIMARY KEY, dev INTEGER, ino INTEGER)"
#define SQL_TXN "CREATE TABLE _binds_txn(gid TEXT PRIMARY KEY, parts TEXT, created TEXT)"
#define SIDE_BUSY_MS 30000
#define READER_BUSY_MS 2000

bool coord_is_hex(const char *z, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++)
        if (!((z[i] >= '0' && z[i] <= '9') || (z[i] >= 'a' && z[i] <= 'f')))
            return false;
    return true;
}

void coord_random_hex(char *out, int n)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    unsigned char raw[COORD_UUID], own[COORD_UUID];
    sqlite3_randomness(n / 2, raw);
    if (vfs && vfs->xRandomness && vfs->xRandomness(vfs, n / 2, (char *)own) == n / 2) {
        for (int i = 0; i < n / 2; i++)
            raw[i] ^= own[i];
    }
    for (int i = 0; i < n / 2; i++)
        sqlite3_snprintf(3, out + (size_t)i * 2, "%02x", raw[i]);
}

/* The files of a gid: "w" hex4 some times, or "x" hex8 once. */
static bool files_valid(const char *z, size_t n)
{
    if (n > 0 && z[0] == 'x')
        return n == 9 && coord_is_hex(z + 1, 8);
    while (n >= 5 && z[0] == 'w' && coord_is_hex(z + 1, 4)) {
        z += 5;
        n -= 5;
    }
    return n == 0;
}

bool coord_gid_valid(const char *gid, bool with_branch)
{
    size_t n = strlen(gid), i, random = 24, files;
    if (n < random + 9 || n >= COORD_GID_MAX || memcmp(gid, "binds1:", 7) != 0 ||
        !coord_is_hex(gid + 7, COORD_UUID) || (gid[23] != ':' && gid[23] != 'd'))
        return false;
    for (i = random; i < n && coord_is_hex(gid + i, 1); i++)
        ;
    if (i < random + 9)
        return false;
    for (files = i; i < n && gid[i] != ':'; i++)
        ;
    if (!files_valid(gid + files, i - files))
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
bool coord_query(sqlite3 *db, const char *sql, char *out, int size)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        if (text) {
            sqlite3_snprintf(size, out, "%s", text);
            found = true;
        }
    }
    sqlite3_finalize(stmt);
    return found;
}

bool coord_journal_mode(sqlite3 *db, const char *schema, char out[COORD_MODE_MAX])
{
    char *sql = sqlite3_mprintf("PRAGMA \"%w\".journal_mode", schema);
    bool known = sql && coord_query(db, sql, out, COORD_MODE_MAX);
    sqlite3_free(sql);
    return known;
}

const char *coord_side_path(struct binds *b)
{
    const struct bind *bind;
    for (bind = b->first; bind; bind = bind->next) {
        if (bind->url.coordinator)
            return bind->url.coordinator;
    }
    return NULL;
}

bool coord_main_writable(struct binds *b)
{
    const char *file = sqlite3_db_filename(b->db, "main");
    return file && file[0] && sqlite3_db_readonly(b->db, "main") != 1;
}

static bool main_is_durable(struct binds *b)
{
    char value[32], mode[COORD_MODE_MAX];
    if (!coord_main_writable(b))
        return false;
    if (!coord_journal_mode(b->db, "main", mode) || strcmp(mode, "memory") == 0 ||
        strcmp(mode, "off") == 0)
        return false;
    if (coord_query(b->db, "PRAGMA query_only", value, sizeof value) && strcmp(value, "0") != 0)
        return false;
    return coord_query(b->db, "PRAGMA main.synchronous", value, sizeof value) &&
           strcmp(value, "0") != 0;
}

/* A branch's name says where recovery looks for the decision: with it that is settled, whatever main becomes. */
enum coord_kind coord_kind(struct binds *b)
{
    if (b->coord.transaction[0])
        return b->coord.named != COORD_MAIN || main_is_durable(b) ? b->coord.named : COORD_NONE;
    if (main_is_durable(b))
        return COORD_MAIN;
    if (coord_side_path(b))
        return COORD_SIDE;
    return b->coord.decider ? COORD_SERVER : COORD_NONE;
}

/* The connection that reads and writes the record. */
static sqlite3 *coord_db(struct binds *b)
{
    return b->coord.side ? b->coord.side : b->db;
}

sqlite3 *coord_main_reader(struct binds *b, sqlite3 **own)
{
    *own = NULL;
    if (sqlite3_get_autocommit(b->db) || !coord_main_writable(b) ||
        sqlite3_txn_state(b->db, "main") != SQLITE_TXN_NONE)
        return b->db;
    if (sqlite3_open_v2(sqlite3_db_filename(b->db, "main"), own,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(*own, READER_BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(*own, "PRAGMA trusted_schema = OFF; PRAGMA schema_version", NULL, NULL,
                     NULL) != SQLITE_OK) { /* encrypted, or of another VFS */
        sqlite3_close(*own);
        *own = NULL;
    }
    return *own ? *own : b->db;
}

/* A table of ours has exactly our text, and no trigger. */
int coord_check_tables(sqlite3 *db, bool *exist, struct err *err)
{
    static const char sql[] = "SELECT count(*) FILTER (WHERE type = 'table' AND sql IN ('" SQL_COORD
                              "', '" SQL_TXN "')), "
                              "count(*) FILTER (WHERE type <> 'index') FROM main.sqlite_schema "
                              "WHERE tbl_name IN ('_binds_coord', '_binds_txn') OR name IN "
                              "('_binds_coord', '_binds_txn')";
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
        return err_set(
            err, SQLITE_ERROR,
            "the tables _binds_coord and _binds_txn of this database are not the ones that binds "
            "makes: rename or drop them");
    *exist = ours == 2;
    return SQLITE_OK;
}

/* Out of memory: the row stays a little longer. */
static void remember(char ***list, int *n, const char *gid)
{
    char **grown = sqlite3_realloc64(*list, (sqlite3_uint64)(*n + 1) * sizeof *grown);
    if (!grown)
        return;
    *list = grown;
    grown[*n] = sqlite3_mprintf("%s", gid);
    if (grown[*n])
        (*n)++;
}

static void forget(char ***list, int *n)
{
    while (*n > 0)
        sqlite3_free((*list)[--*n]);
    sqlite3_free(*list);
    *list = NULL;
}

static void remember_witness(struct coord *c, const char *gid, const char *file)
{
    struct coord_witnessed *grown =
        sqlite3_realloc64(c->witnessed, (sqlite3_uint64)(c->nwitnessed + 1) * sizeof *grown);
    if (!grown)
        return;
    c->witnessed = grown;
    grown += c->nwitnessed;
    grown->gid = sqlite3_mprintf("%s", gid);
    grown->file = sqlite3_mprintf("%s", file);
    if (grown->gid && grown->file) {
        c->nwitnessed++;
        return;
    }
    sqlite3_free(grown->gid);
    sqlite3_free(grown->file);
}

static void forget_witness(struct coord *c, int i)
{
    sqlite3_free(c->witnessed[i].gid);
    sqlite3_free(c->witnessed[i].file);
    c->witnessed[i] = c->witnessed[--c->nwitnessed];
}

static void forget_witnesses(struct coord *c)
{
    while (c->nwitnessed > 0)
        forget_witness(c, c->nwitnessed - 1);
    sqlite3_free(c->witnessed);
    c->witnessed = NULL;
}

/* What is known belongs to one database; now another one records. */
static void change_database(struct coord *c)
{
    forget(&c->settled, &c->nsettled);
    forget_witnesses(c);
    sqlite3_close(c->side);
    c->side = NULL;
    c->uuid[0] = 0;
    c->stored = c->noted = false;
}

static int side_open(struct binds *b, struct err *err)
{
    int rc;
    if (b->coord.side || coord_kind(b) != COORD_SIDE)
        return SQLITE_OK;
    change_database(&b->coord);
    rc = sqlite3_open_v2(coord_side_path(b), &b->coord.side,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_PRIVATECACHE,
                         NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(b->coord.side, SIDE_BUSY_MS);
        rc = sqlite3_exec(b->coord.side, "PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF",
                          NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
        err_set(err, rc, "the coordinator file %s: %s", coord_side_path(b),
                sqlite3_errmsg(b->coord.side));
        sqlite3_close(b->coord.side);
        b->coord.side = NULL;
    }
    return rc;
}

static int find_identity(struct binds *b, struct err *err)
{
    sqlite3 *own = NULL, *db = b->coord.side ? b->coord.side : coord_main_reader(b, &own);
    bool exist = false;
    int rc = coord_check_tables(db, &exist, err);
    if (rc == SQLITE_OK)
        rc = coord_identity_load(b, db, exist, err);
    sqlite3_close(own);
    return rc;
}

int coord_branch(struct binds *b, char out[COORD_GID_MAX], struct err *err)
{
    struct coord *c = &b->coord;
    enum coord_kind kind = coord_kind(b);
    if (!c->transaction[0] && kind == COORD_SERVER) {
        decider_name(b, c->transaction);
        c->named = kind;
        c->branches = 0;
    } else if (!c->transaction[0]) {
        char files[24];
        char random[9];
        int rc;
        if (c->side && kind != COORD_SIDE)
            change_database(c);
        rc = side_open(b, err);
        if (rc == SQLITE_OK && !c->uuid[0])
            rc = find_identity(b, err);
        if (rc != SQLITE_OK)
            return rc;
        coord_random_hex(random, 8);
        coord_identity_files(b, files);
        c->named = kind;
        sqlite3_snprintf(COORD_GID_MAX, c->transaction, "binds1:%s:%s%x%s", c->uuid, random,
                         ++c->sequence & 0xffffff, files);
        c->branches = 0;
    }
    sqlite3_snprintf(COORD_GID_MAX, out, "%s:%d", c->transaction, ++c->branches);
    return SQLITE_OK;
}

bool coord_names_file(struct binds *b, const struct bind *file)
{
    const char *files = strpbrk(b->coord.transaction, "wx");
    char own[24];
    if (!b->coord.transaction[0])
        return true;
    if (!files)
        return false;
    if (files[0] == 'w')
        coord_identity_file(file, own);
    else
        coord_identity_files(b, own);
    return strstr(files, own) != NULL;
}

int coord_run(sqlite3 *db, const char *sql, const char *a, const char *b, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        if (a)
            sqlite3_bind_text(stmt, 1, a, -1, SQLITE_STATIC);
        if (b)
            sqlite3_bind_text(stmt, 2, b, -1, SQLITE_STATIC);
        sqlite3_step(stmt);
        rc = sqlite3_finalize(stmt);
    }
    return rc == SQLITE_OK ? rc
                           : err_set(err, sqlite3_extended_errcode(db),
                                     "writing the commit record: %s", sqlite3_errmsg(db));
}

/* Rows whose branches are all done go in a later transaction, which has its own reason to write. */
static int delete_settled(struct binds *b, struct err *err)
{
    int i, rc = SQLITE_OK;
    for (i = 0; i < b->coord.nsettled && rc == SQLITE_OK; i++)
        rc = coord_run(coord_db(b), "DELETE FROM main._binds_txn WHERE gid = ?1",
                       b->coord.settled[i], NULL, err);
    return rc;
}

static int make_tables(sqlite3 *db, struct err *err)
{
    bool exist = false;
    int rc = coord_check_tables(db, &exist, err);
    if (rc == SQLITE_OK && !exist)
        rc = coord_run(db, SQL_COORD, NULL, NULL, err);
    if (rc == SQLITE_OK && !exist)
        rc = coord_run(db, SQL_TXN, NULL, NULL, err);
    return rc;
}

static int write_row(struct binds *b, const char *parts, struct err *err)
{
    sqlite3 *db = coord_db(b);
    char back[COORD_GID_MAX], *sql;
    bool found;
    int rc = make_tables(db, err);
    if (rc == SQLITE_OK)
        rc = coord_identity_keep(b, err);
    if (rc == SQLITE_OK)
        rc = delete_settled(b, err);
    if (rc == SQLITE_OK)
        rc =
            coord_run(db, "INSERT OR REPLACE INTO main._binds_txn VALUES (?1, ?2, datetime('now'))",
                      b->coord.transaction, parts, err);
    if (rc != SQLITE_OK)
        return rc;
    sql = sqlite3_mprintf("SELECT gid FROM main._binds_txn WHERE gid = %Q", b->coord.transaction);
    found =
        sql && coord_query(db, sql, back, sizeof back) && strcmp(back, b->coord.transaction) == 0;
    sqlite3_free(sql);
    return found ? SQLITE_OK
                 : err_set(err, SQLITE_ERROR,
                           "the commit record does not keep what is written to it");
}

static int side_failed(struct binds *b, int rc, struct err *err)
{
    err_set(err, rc, "the coordinator file: %s", sqlite3_errmsg(b->coord.side));
    if (!sqlite3_get_autocommit(b->coord.side))
        sqlite3_exec(b->coord.side, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

/* The side file's own transactions are no user's: the uuid is committed before it is used. */
static int side_begin(struct binds *b, struct err *err)
{
    sqlite3 *side = b->coord.side;
    int rc;
    if (!sqlite3_get_autocommit(side))
        return SQLITE_OK; /* COMMIT is tried again */
    rc = sqlite3_exec(side, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK || b->coord.stored)
        return rc == SQLITE_OK ? rc : side_failed(b, rc, err);
    rc = make_tables(side, err);
    if (rc == SQLITE_OK)
        rc = coord_identity_keep(b, err);
    if (rc == SQLITE_OK &&
        sqlite3_exec(side, "COMMIT; BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return side_failed(b, sqlite3_errcode(side), err);
    if (rc != SQLITE_OK)
        sqlite3_exec(side, "ROLLBACK", NULL, NULL, NULL);
    else
        b->coord.stored = true;
    return rc;
}

int coord_record(struct binds *b, const char *parts, struct err *err)
{
    sqlite3_int64 id = sqlite3_last_insert_rowid(b->db);
    int rc = side_open(b, err);
    if (rc == SQLITE_OK && b->coord.side)
        rc = side_begin(b, err);
    if (rc == SQLITE_OK)
        rc = write_row(b, parts, err);
    b->coord.recorded = rc == SQLITE_OK;
    if (rc != SQLITE_OK && b->coord.side && !sqlite3_get_autocommit(b->coord.side))
        sqlite3_exec(b->coord.side, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_set_last_insert_rowid(b->db, id);
    return rc;
}

int coord_decide(struct binds *b, struct err *err)
{
    int rc;
    if (!b->coord.side)
        return SQLITE_OK;
    rc = sqlite3_exec(b->coord.side, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        err_set(err, rc, "the coordinator file: %s", sqlite3_errmsg(b->coord.side));
        sqlite3_exec(b->coord.side, "ROLLBACK", NULL, NULL, NULL);
        b->coord.recorded = false;
        return rc == SQLITE_BUSY ? (err->rc = SQLITE_IOERR) : rc;
    }
    b->coord.stored = true;
    return SQLITE_OK;
}

/* That file has just committed their deletion: their rows may go. */
static void witnesses_gone(struct coord *c, const char *file)
{
    for (int i = c->nwitnessed - 1; i >= 0; i--)
        if (strcmp(c->witnessed[i].file, file) == 0) {
            remember(&c->settled, &c->nsettled, c->witnessed[i].gid);
            forget_witness(c, i);
        }
}

void coord_end(struct binds *b, bool committed, bool settled, const char *witness)
{
    struct coord *c = &b->coord;
    if (c->side && !sqlite3_get_autocommit(c->side))
        sqlite3_exec(c->side, "ROLLBACK", NULL, NULL, NULL);
    if (committed && c->recorded) {
        forget(&c->settled,
               &c->nsettled); /* the transaction that has just committed deleted them */
        if (!c->stored || c->noted)
            coord_identity_committed(b);
        if (witness)
            witnesses_gone(c, witness);
        if (settled && witness)
            remember_witness(c, c->transaction, witness);
        else if (settled)
            remember(&c->settled, &c->nsettled, c->transaction);
    }
    c->transaction[0] = 0;
    c->recorded = false;
}

void coord_clear(struct binds *b)
{
    forget(&b->coord.settled, &b->coord.nsettled);
    forget_witnesses(&b->coord);
    sqlite3_close(b->coord.side);
    memset(&b->coord, 0, sizeof b->coord);
}
