/* The decision record, read after a crash.  Always by a connection of its own (or under the lock that ours holds
** already), so that its BEGIN IMMEDIATE never meddles with the user's transaction.
**
** The write lock is what makes it certain: a coordinator holds it from before its first vote to its decision,
** so whoever had voted before we took it has decided, or is dead.  Nothing remote is asked under it. */
#include "session/coord_parts.h"
#include "session/fault.h"
#include "session/witness.h"

#include <string.h>
#include <sys/stat.h>

#define BUSY_STEP_MS 5

struct patience {
    struct binds *binds;
    sqlite3_int64 deadline;
};

static int on_busy(void *arg, int count)
{
    struct patience *p = arg;
    (void)count;
    return trace_clock_us() < p->deadline &&
           wait_sleep(&p->binds->wait, BUSY_STEP_MS) != WAIT_INTERRUPTED;
}

/* patience must live as long as *out. */
static int open_file(struct binds *b, const char *path, int wait_ms, struct patience *patience,
                     sqlite3 **out, struct err *err)
{
    int rc = sqlite3_open_v2(path, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);
    patience->binds = b;
    patience->deadline = trace_clock_us() + (sqlite3_int64)wait_ms * 1000;
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_handler(*out, on_busy, patience);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(*out, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
    return rc == SQLITE_OK ? rc : err_set(err, rc, "%s: %s", path, sqlite3_errmsg(*out));
}

static bool file_there(const char *path)
{
    struct stat st;
    return path && stat(path, &st) == 0 && st.st_size > 0;
}

/* ---- lists ----------------------------------------------------------------------------------------------- */

static int add_text(struct arena *arena, const char ***list, int *n, const char *text)
{
    const char *copy = arena_str(arena, text);
    if (!copy)
        return text ? SQLITE_NOMEM : SQLITE_OK;
    if ((*n & (*n + 1)) == 0) { /* full: room is always 2^k - 1 */
        const char **grown = arena_alloc(arena, (size_t)(2 * *n + 1) * sizeof *grown);
        if (!grown)
            return SQLITE_NOMEM;
        if (*n)
            memcpy(grown, *list, (size_t)*n * sizeof *grown);
        *list = grown;
    }
    (*list)[(*n)++] = copy;
    return SQLITE_OK;
}

static int read_list(sqlite3 *db, const char *sql, struct arena *arena, const char ***list, int *n,
                     struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), end;
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        rc = add_text(arena, list, n, (const char *)sqlite3_column_text(stmt, 0));
    end = sqlite3_finalize(stmt);
    if (rc == SQLITE_NOMEM)
        return err_nomem(err);
    if (rc == SQLITE_OK)
        rc = end;
    return rc == SQLITE_OK ? rc
                           : err_set(err, rc, "reading the commit record: %s", sqlite3_errmsg(db));
}

static bool listed(const char *const *list, int n, const char *text, size_t len)
{
    for (int i = 0; i < n; i++)
        if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
            return true;
    return false;
}

/* ---- decisions ------------------------------------------------------------------------------------------- */

/* Who cannot look assumes that there is something. */
static bool has_record(struct binds *b)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *own, *db = coord_main_reader(b, &own);
    int rc = sqlite3_prepare_v2(db, "SELECT 1 FROM main.sqlite_schema WHERE name = '_binds_coord'",
                                -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    sqlite3_close(own);
    return rc != SQLITE_DONE;
}

bool coord_has_history(struct binds *b)
{
    if (file_there(coord_side_path(b)))
        return true;
    if (!coord_main_writable(b))
        return false;
    return has_record(b) || coord_identity_noted(sqlite3_db_filename(b->db, "main"));
}

struct lists {
    const char **current, **all, **gids;
    int ncurrent, nall, ngids;
};

static int read_record(struct binds *b, sqlite3 *db, const char *path, bool side,
                       struct arena *arena, struct lists *l, struct err *err)
{
    bool exist = false;
    int rc = coord_check_tables(db, &exist, err);
    if (rc == SQLITE_OK)
        rc =
            coord_identity_current(b, db, path, side, exist, arena, &l->current, &l->ncurrent, err);
    if (rc == SQLITE_OK && exist)
        rc = read_list(db, "SELECT uuid FROM main._binds_coord", arena, &l->all, &l->nall, err);
    if (rc == SQLITE_OK && exist)
        rc = read_list(db, "SELECT gid FROM main._binds_txn", arena, &l->gids, &l->ngids, err);
    return rc;
}

static int read_locked(struct binds *b, const char *path, bool side, int wait_ms,
                       struct arena *arena, struct lists *l, struct err *err)
{
    struct patience patience;
    sqlite3 *db = NULL;
    int rc;
    /* Our own write lock serves as well as one taken for the purpose. */
    if (!side && sqlite3_txn_state(b->db, "main") == SQLITE_TXN_WRITE)
        return read_record(b, b->db, path, false, arena, l, err);
    rc = open_file(b, path, wait_ms, &patience, &db, err);
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            err_set(err, rc, "a commit is under way in another process: %s", sqlite3_errmsg(db));
    }
    if (rc == SQLITE_OK)
        rc = read_record(b, db, path, side, arena, l, err);
    if (db && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    return rc;
}

int coord_decisions(struct binds *b, int wait_ms, struct arena *arena, struct coord_decisions *out,
                    struct err *err)
{
    struct lists l = {0};
    int i, rc = SQLITE_OK;
    memset(out, 0, sizeof *out);
    if (coord_main_writable(b))
        rc = read_locked(b, sqlite3_db_filename(b->db, "main"), false, wait_ms, arena, &l, err);
    if (rc == SQLITE_OK && file_there(coord_side_path(b)))
        rc = read_locked(b, coord_side_path(b), true, wait_ms, arena, &l, err);
    for (i = 0; i < l.ncurrent && rc == SQLITE_OK; i++)
        if (add_text(arena, &out->uuids, &out->nuuids, l.current[i]) != SQLITE_OK)
            rc = err_nomem(err);
    out->ncurrent = out->nuuids;
    for (i = 0; i < l.nall && rc == SQLITE_OK; i++)
        if (add_text(arena, &out->uuids, &out->nuuids, l.all[i]) != SQLITE_OK)
            rc = err_nomem(err);
    out->gids = l.gids;
    out->ngids = l.ngids;
    return rc;
}

/* ---- witnesses ------------------------------------------------------------------------------------------- */

#define WITNESS_LOCAL "SELECT gid FROM main._binds_done WHERE local"
#define WITNESS_THERE                                                                              \
    "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = '_binds_done'"

/* Opens a SQLite bind's file if it has witnesses at all; *db NULL = it has none. */
static int open_witnesses(struct binds *b, const struct bind *file, int wait_ms,
                          struct patience *patience, sqlite3 **db, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc;
    *db = NULL;
    if (!file_there(file->url.database))
        return SQLITE_OK;
    rc = open_file(b, file->url.database, wait_ms, patience, db, err);
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(*db, WITNESS_THERE, -1, &stmt, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_step(stmt);
        sqlite3_finalize(stmt);
        if (rc == SQLITE_ROW)
            return SQLITE_OK;
        if (rc != SQLITE_DONE)
            err_set(err, rc, "%s: %s", file->url.database, sqlite3_errmsg(*db));
    }
    sqlite3_close(*db);
    *db = NULL;
    return rc == SQLITE_DONE ? SQLITE_OK : err->rc;
}

static int ask_file(struct binds *b, const struct bind *bind, const char *gid, bool *found,
                    struct err *err)
{
    struct patience patience;
    sqlite3 *db;
    char row[4], *sql;
    int rc = open_witnesses(b, bind, COORD_WAIT_MS, &patience, &db, err);
    if (rc != SQLITE_OK || !db)
        return rc;
    sql = sqlite3_mprintf("SELECT 1 FROM main._binds_done WHERE gid = %Q", gid);
    *found = sql && coord_query(db, sql, row, sizeof row);
    if (!sql)
        rc = err_nomem(err);
    else if (!*found && sqlite3_errcode(db) != SQLITE_OK && sqlite3_errcode(db) != SQLITE_DONE)
        rc = err_set(err, sqlite3_errcode(db), "%s: %s", bind->url.database, sqlite3_errmsg(db));
    sqlite3_free(sql);
    sqlite3_close(db);
    return rc;
}

int coord_witness(struct binds *b, const char *gid, enum coord_servers servers, bool *found,
                  bool *sure, struct err *err)
{
    const char *files = strpbrk(gid, "wx");
    struct bind *bind;
    size_t asked = 0, wanted = files ? strlen(files) / 5 : 0;
    char all[24];
    int rc = SQLITE_OK;
    *found = false;
    *sure = true;
    if (!files)
        return SQLITE_OK;
    for (bind = b->first; bind && rc == SQLITE_OK && !*found; bind = bind->next) {
        char own[8];
        bool is_server = !coord_identity_is_file(bind);
        if (!coord_identity_witnesses(bind) || (is_server && servers == SERVERS_LEFT))
            continue;
        coord_identity_file(bind, own);
        asked += strstr(files, own) != NULL;
        if (!is_server)
            rc = ask_file(b, bind, gid, found, err);
        else if (servers == SERVERS_ASKED && (files[0] == 'x' || strstr(files, own)))
            rc = witness_ask(bind, gid, found, err);
    }
    coord_identity_files(b, all);
    *sure = rc == SQLITE_OK && (files[0] == 'w' ? asked >= wanted : strcmp(files, all) == 0);
    return rc;
}

static int drop_confirmed(sqlite3 *db, const struct coord_decisions *d, const struct lists *done,
                          struct err *err)
{
    int i, rc = SQLITE_OK;
    for (i = 0; i < done->ngids && rc == SQLITE_OK; i++)
        if (listed(d->gids, d->ngids, done->gids[i], strlen(done->gids[i])))
            rc = coord_run(db, "DELETE FROM main._binds_done WHERE gid = ?1", done->gids[i], NULL,
                           err);
    return rc;
}

int coord_check_witnesses(struct binds *b, struct bind *file, int wait_ms, bool told, int *torn,
                          char gid[COORD_GID_MAX], struct err *err)
{
    struct patience patience;
    struct coord_decisions d = {0};
    struct lists done = {0}, doubt = {0}, still = {0};
    struct arena arena;
    sqlite3 *db;
    int i, rc = open_witnesses(b, file, wait_ms, &patience, &db, err);
    *torn = 0;
    if (rc != SQLITE_OK || !db)
        return rc;
    arena_init(&arena);
    /* First what the file says, then the record: who has committed here has decided there by then.  Then the file again:
    ** who is done with both has taken the witness away before the row. */
    rc = read_list(db, "SELECT gid FROM main._binds_done", &arena, &done.gids, &done.ngids, err);
    if (rc == SQLITE_OK)
        rc = read_list(db, WITNESS_LOCAL, &arena, &doubt.gids, &doubt.ngids, err);
    FAULT_POINT("recover_witnesses");
    if (rc == SQLITE_OK && done.ngids > 0)
        rc = coord_decisions(b, wait_ms, &arena, &d, err);
    if (rc == SQLITE_OK && doubt.ngids > 0)
        rc = read_list(db, WITNESS_LOCAL, &arena, &still.gids, &still.ngids, err);
    for (i = 0; i < doubt.ngids && rc == SQLITE_OK; i++) {
        const char *text = doubt.gids[i];
        if (!coord_gid_valid(text, false) || !listed(d.uuids, d.ncurrent, text + 7, COORD_UUID) ||
            listed(d.gids, d.ngids, text, strlen(text)) ||
            !listed(still.gids, still.ngids, text, strlen(text)))
            continue;
        sqlite3_snprintf(COORD_GID_MAX, gid, "%s", text);
        (*torn)++;
        if (told)
            rc = coord_run(db, "UPDATE main._binds_done SET local = 0 WHERE gid = ?1", text, NULL,
                           err);
    }
    if (rc == SQLITE_OK && done.ngids > 0)
        rc = drop_confirmed(db, &d, &done, err);
    arena_clear(&arena);
    sqlite3_close(db);
    return rc;
}

/* ---- sweeping -------------------------------------------------------------------------------------------- */

bool coord_row_is_over(struct binds *b, const char *gid, const char *parts,
                       const char *const *prepared, int nprepared)
{
    const char *line, *end;
    const struct bind *bind;
    for (int i = 0; i < nprepared; i++)
        if (strncmp(prepared[i], gid, strlen(gid)) == 0)
            return false;
    for (line = parts; line && *line; line = *end ? end + 1 : end) {
        size_t n = strcspn(line, "\t\n");
        end = line + strcspn(line, "\n");
        for (bind = b->first; bind; bind = bind->next)
            if (bind->conn && strlen(bind->conn->address) == n &&
                memcmp(bind->conn->address, line, n) == 0)
                break;
        if (!bind)
            return false;
    }
    return true;
}

static int sweep_rows(struct binds *b, sqlite3 *db, struct arena *arena,
                      const struct coord_decisions *d, const char *const *prepared, int nprepared,
                      struct err *err)
{
    static const char sql[] = "SELECT gid, parts FROM main._binds_txn";
    sqlite3_stmt *stmt = NULL;
    const char **over = NULL;
    int n = 0, i, rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *gid = (const char *)sqlite3_column_text(stmt, 0);
        const char *parts = (const char *)sqlite3_column_text(stmt, 1);
        if (gid && listed(d->gids, d->ngids, gid, strlen(gid)) &&
            coord_row_is_over(b, gid, parts, prepared, nprepared))
            rc = add_text(arena, &over, &n, gid);
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_NOMEM)
        return err_nomem(err);
    for (i = 0; i < n && rc == SQLITE_OK; i++) {
        bool witness = false, sure = false;
        rc = coord_witness(b, over[i], SERVERS_IGNORED, &witness, &sure, err);
        if (rc == SQLITE_OK && sure && !witness)
            rc = coord_run(db, "DELETE FROM main._binds_txn WHERE gid = ?1", over[i], NULL, err);
    }
    return rc;
}

/* A row is written after the votes, so a branch that was not prepared after its row was read has been settled. */
int coord_sweep(struct binds *b, const struct coord_decisions *d, const char *const *prepared,
                int nprepared, struct err *err)
{
    struct patience patience;
    struct arena arena;
    const char *paths[2];
    int i, rc = SQLITE_OK;
    paths[0] = coord_main_writable(b) ? sqlite3_db_filename(b->db, "main") : NULL;
    paths[1] = coord_side_path(b);
    arena_init(&arena);
    for (i = 0; i < 2 && rc == SQLITE_OK; i++) {
        bool exist = false;
        sqlite3 *db = NULL;
        if (!file_there(paths[i]))
            continue;
        rc = open_file(b, paths[i], COORD_WAIT_MS, &patience, &db, err);
        if (rc == SQLITE_OK && sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) {
            rc = coord_check_tables(db, &exist, err);
            if (rc == SQLITE_OK && exist)
                rc = sweep_rows(b, db, &arena, d, prepared, nprepared, err);
            sqlite3_exec(db, rc == SQLITE_OK ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
        }
        if (db && !sqlite3_get_autocommit(db))
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        sqlite3_close(db);
    }
    arena_clear(&arena);
    return rc;
}
