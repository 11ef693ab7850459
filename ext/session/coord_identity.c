/* Whose record is it?  A uuid belongs to one incarnation of one file, told by device and inode: a copy has another
** inode, finds itself to be a copy, and takes a new uuid.  What stands prepared under an inherited uuid may be
** committed if the record says so, but never rolled back: the original may be alive.
**
** The note "<file>-binds" exists from before the first vote of a file's first recorded transaction until its
** row is committed.  Lines "uuid dev ino", appended and removed under the write lock of the database. */
#include "session/coord_parts.h"
#include "session/witness.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_MAX 4096
#define FILES_NAMED 4
#define FNV_START 2166136261U
#define FNV_PRIME 16777619U

struct inode {
    sqlite3_int64 dev, ino;
};

/* False if the path does not lead to the file that db has open (it was moved, replaced, removed). */
static bool identify(sqlite3 *db, const char *path, struct inode *id)
{
    struct stat st;
    int moved = 0;
    if (!path || !*path)
        return false;
    if (db && sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
        moved)
        return false;
    if (stat(path, &st) != 0)
        return false;
    id->dev = (sqlite3_int64)st.st_dev;
    id->ino = (sqlite3_int64)st.st_ino;
    return true;
}

static bool uuid_valid(const char *text)
{
    return text && strlen(text) == COORD_UUID && coord_is_hex(text, COORD_UUID);
}

/* ---- the note beside main -------------------------------------------------------------------------------- */

static char *note_path(const char *file)
{
    return sqlite3_mprintf("%s-binds", file);
}

bool coord_identity_noted(const char *path)
{
    char *note = path && *path ? note_path(path) : NULL;
    bool there = note && access(note, F_OK) == 0;
    sqlite3_free(note);
    return there;
}

/* Calls visit with every uuid of the note that was written for this inode. */
static int read_note(const char *file, const struct inode *id,
                     int (*visit)(void *, const char *uuid), void *arg)
{
    char text[NOTE_MAX + 1] = "", *line, *end;
    char *note = note_path(file);
    int fd = note ? open(note, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1, rc = SQLITE_OK;
    ssize_t n = fd >= 0 ? read(fd, text, NOTE_MAX) : 0;
    if (fd >= 0)
        close(fd);
    sqlite3_free(note);
    text[n > 0 ? n : 0] = 0;
    for (line = text; rc == SQLITE_OK && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char *dev, *ino;
        *end = 0;
        if (strlen(line) < COORD_UUID + 4 || line[COORD_UUID] != ' ')
            continue;
        line[COORD_UUID] = 0;
        dev = line + COORD_UUID + 1;
        if (uuid_valid(line) && strtoll(dev, &ino, 10) == id->dev &&
            strtoll(ino, NULL, 10) == id->ino)
            rc = visit(arg, line);
    }
    return rc;
}

/* Durable when it returns OK: the line, and the name of the file that holds it. */
static int write_note(const char *file, const struct inode *id, const char *uuid, struct err *err)
{
    char line[80];
    char *note = note_path(file);
    int fd, n, ok = 0;
    if (!note)
        return err_nomem(err);
    sqlite3_snprintf((int)sizeof line, line, "%s %lld %lld\n", uuid, id->dev, id->ino);
    n = (int)strlen(line);
    fd = open(note, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0) {
        ok = write(fd, line, (size_t)n) == n && fsync(fd) == 0;
        ok = close(fd) == 0 && ok;
    }
    if (ok)
        coord_sync_directory(note);
    else
        err_set(err, SQLITE_IOERR,
                "the note %s, which a commit over several binds needs once, cannot be "
                "written",
                note);
    sqlite3_free(note);
    return ok ? SQLITE_OK : err->rc;
}

static void remove_note(const char *file)
{
    char *note = note_path(file);
    if (note)
        unlink(note);
    sqlite3_free(note);
}

/* ---- the rows -------------------------------------------------------------------------------------------- */

/* The newest rows that were made for this inode, newest first: below the first other one it is a copy's past. */
static int read_rows(sqlite3 *db, const struct inode *id, int (*visit)(void *, const char *),
                     void *arg, struct err *err)
{
    static const char sql[] = "SELECT uuid, dev, ino FROM main._binds_coord ORDER BY rowid DESC";
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), end;
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *uuid = (const char *)sqlite3_column_text(stmt, 0);
        if (sqlite3_column_int64(stmt, 1) != id->dev || sqlite3_column_int64(stmt, 2) != id->ino)
            break;
        if (uuid_valid(uuid))
            rc = visit(arg, uuid);
    }
    end = sqlite3_reset(stmt);
    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK)
        rc = end;
    return rc == SQLITE_OK ? rc
                           : err_set(err, rc, "reading the commit record: %s", sqlite3_errmsg(db));
}

static int take_first(void *arg, const char *uuid)
{
    struct coord_uuid *out = arg;
    if (!out->text[0])
        memcpy(out->text, uuid, sizeof out->text);
    return SQLITE_OK;
}

static const char *own_path(struct binds *b)
{
    return b->coord.side ? coord_side_path(b) : sqlite3_db_filename(b->db, "main");
}

int coord_identity_load(struct binds *b, sqlite3 *db, bool exist, struct err *err)
{
    struct coord *c = &b->coord;
    struct coord_uuid found = {{0}};
    struct inode id;
    const char *path = own_path(b);
    bool nowhere = !c->side && (!path || !*path); /* in memory: branches have names all the same */
    int rc = SQLITE_OK;
    if (c->uuid[0])
        return SQLITE_OK;
    if (!nowhere && !identify(c->side ? c->side : b->db, path, &id))
        return err_set(
            err, SQLITE_IOERR,
            "the database file was moved or replaced while it is open: a commit over several binds "
            "cannot be recorded in it");
    if (exist && !nowhere)
        rc = read_rows(db, &id, take_first, &found, err);
    if (rc != SQLITE_OK)
        return rc;
    c->stored = found.text[0] != 0;
    if (!c->stored && !c->side && !nowhere) {
        read_note(path, &id, take_first, &found);
        c->noted = found.text[0] != 0;
    }
    if (found.text[0]) {
        memcpy(c->uuid, found.text, sizeof c->uuid);
    } else {
        coord_random_hex(c->uuid, COORD_UUID);
    }
    return SQLITE_OK;
}

/* Inserts a uuid unless its row is there. */
struct store {
    sqlite3 *db;
    const struct inode *id;
    struct err *err;
};

static int store_one(void *arg, const char *uuid)
{
    struct store *s = arg;
    char *sql = sqlite3_mprintf("INSERT OR IGNORE INTO main._binds_coord VALUES (%Q, %lld, %lld)",
                                uuid, s->id->dev, s->id->ino);
    int rc = sql ? coord_run(s->db, sql, NULL, NULL, s->err) : err_nomem(s->err);
    sqlite3_free(sql);
    return rc;
}

int coord_identity_keep(struct binds *b, struct err *err)
{
    struct coord *c = &b->coord;
    struct inode id;
    struct store store = {.db = c->side ? c->side : b->db, .id = &id, .err = err};
    int rc = SQLITE_OK;
    if (!identify(store.db, own_path(b), &id))
        return err_set(err, SQLITE_IOERR, "the file that records commits was moved or replaced: %s",
                       own_path(b));
    if (!c->side) {
        if (!c->stored && !c->noted)
            rc = write_note(own_path(b), &id, c->uuid, err);
        c->noted = c->noted || (rc == SQLITE_OK && !c->stored);
        /* What others noted and could not commit is kept by this commit. */
        if (rc == SQLITE_OK && coord_identity_noted(own_path(b)))
            rc = read_note(own_path(b), &id, store_one, &store);
    }
    return rc == SQLITE_OK && !c->stored ? store_one(&store, c->uuid) : rc;
}

struct missing {
    sqlite3 *db;
    bool any;
};

static int look_missing(void *arg, const char *uuid)
{
    struct missing *m = arg;
    char found[4];
    char *sql = sqlite3_mprintf("SELECT 1 FROM main._binds_coord WHERE uuid = %Q", uuid);
    m->any = m->any || !sql || !coord_query(m->db, sql, found, sizeof found);
    sqlite3_free(sql);
    return SQLITE_OK;
}

/* Under the write lock, so that nobody appends meanwhile; if the lock is not free, another commit does it. */
void coord_identity_committed(struct binds *b)
{
    struct coord *c = &b->coord;
    const char *path = sqlite3_db_filename(b->db, "main");
    struct inode id;
    struct missing missing = {.db = NULL, .any = false};
    c->stored = true;
    if (c->side || !path || !coord_identity_noted(path) || !identify(b->db, path, &id))
        return;
    if (sqlite3_open_v2(path, &missing.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE,
                        NULL) == SQLITE_OK &&
        sqlite3_exec(missing.db, "PRAGMA trusted_schema = OFF; BEGIN IMMEDIATE", NULL, NULL,
                     NULL) == SQLITE_OK) {
        read_note(path, &id, look_missing, &missing);
        if (!missing.any) {
            remove_note(path);
            c->noted = false;
        }
        sqlite3_exec(missing.db, "ROLLBACK", NULL, NULL, NULL);
    }
    sqlite3_close(missing.db);
}

struct uuid_list {
    struct arena *arena;
    const char ***list;
    int *n;
    int room;
};

static int add_uuid(void *arg, const char *uuid)
{
    struct uuid_list *l = arg;
    if (*l->n == l->room) {
        const char **grown =
            arena_alloc(l->arena, (size_t)(l->room = 2 * l->room + 16) * sizeof *grown);
        if (!grown)
            return SQLITE_NOMEM;
        if (*l->n)
            memcpy(grown, *l->list, (size_t)*l->n * sizeof *grown);
        *l->list = grown;
    }
    (*l->list)[*l->n] = arena_str(l->arena, uuid);
    return (*l->list)[(*l->n)++] ? SQLITE_OK : SQLITE_NOMEM;
}

int coord_identity_current(struct binds *b, sqlite3 *db, const char *path, bool side, bool exist,
                           struct arena *arena, const char ***list, int *n, struct err *err)
{
    struct uuid_list l = {.arena = arena, .list = list, .n = n, .room = *n};
    struct inode id;
    int rc = SQLITE_OK;
    if (!identify(side ? db : b->db, path, &id))
        return SQLITE_OK; /* nothing is ours that might be rolled back */
    if (exist)
        rc = read_rows(db, &id, add_uuid, &l, err);
    if (rc == SQLITE_OK && !side)
        rc = read_note(path, &id, add_uuid, &l);
    return rc == SQLITE_NOMEM ? err_nomem(err) : rc;
}

/* ---- the files of a gid ---------------------------------------------------------------------------------- */

bool coord_identity_is_file(const struct bind *b)
{
    return (b->engine->caps & CAP_ONE_SESSION) && !bind_in_memory(b) && !b->url.read_only;
}

bool coord_identity_witnesses(const struct bind *b)
{
    return coord_identity_is_file(b) || witness_possible(b);
}

static unsigned hash_text(unsigned hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    return (hash ^ '\n') * FNV_PRIME;
}

/* As its URL spells it, which must be known before it is connected. */
static unsigned hash_server(const struct bind *b)
{
    unsigned hash = hash_text(FNV_START, b->url.database);
    char port[16];
    for (int i = 0; i < b->url.nhosts; i++) {
        sqlite3_snprintf((int)sizeof port, port, "%d", b->url.hosts[i].port);
        hash = hash_text(hash_text(hash, b->url.hosts[i].host), port);
    }
    return hash_text(hash, url_option(&b->url, "unix_socket"));
}

/* Of the absolute path: another spelling of it, or a link to its folder, is the same file. */
static unsigned hash_file(const struct bind *b)
{
    char folder[PATH_MAX], whole[PATH_MAX];
    const char *path = b->url.database, *slash = strrchr(path, '/'), *p;
    unsigned hash = FNV_START;
    sqlite3_snprintf((int)sizeof folder, folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                     slash ? path : ".");
    if (!realpath(path, whole)) {
        if (!realpath(folder, whole))
            whole[0] = 0;
        sqlite3_snprintf((int)sizeof folder, folder, "%s/%s", strcmp(whole, "/") ? whole : "",
                         slash ? slash + 1 : path);
        memcpy(whole, folder, sizeof whole);
    }
    for (p = whole; *p; p++)
        hash = (hash ^ (unsigned char)*p) * FNV_PRIME;
    return hash;
}

static unsigned hash_bind(const struct bind *b)
{
    return coord_identity_is_file(b) ? hash_file(b) : hash_server(b);
}

void coord_identity_file(const struct bind *file, char out[8])
{
    unsigned hash = hash_bind(file);
    sqlite3_snprintf(8, out, "w%04x", (hash ^ hash >> 16) & 0xffff);
}

void coord_identity_files(struct binds *b, char out[24])
{
    const struct bind *bind;
    unsigned all = 0;
    int n = 0;
    out[0] = 0;
    for (bind = b->first; bind; bind = bind->next) {
        if (!coord_identity_witnesses(bind))
            continue;
        all += hash_bind(bind);
        if (n++ < FILES_NAMED)
            coord_identity_file(bind, out + strlen(out));
    }
    if (n > FILES_NAMED)
        sqlite3_snprintf(24, out, "x%08x", all);
}
