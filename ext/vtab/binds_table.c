/* The table binds: the configuration.  It lives in temp, so that writing it needs no lock on main and works
** on a read-only database; it is direct-only, so that nothing in a database file can read or turn it. */
#include "session/bind.h"
#include "vtab/listing.h"

#include <string.h>

enum {
    COL_KEY,
    COL_URL,
    COL_ENGINE,
    COL_SERVER,
    COL_STATE,
    COL_ERROR,
    COL_READ_ONLY,
    COL_TWO_PHASE
};

struct binds_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_int64 *ids; /* a snapshot: rows may be deleted while the scan runs */
    int n, at;
};

static int binds_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    (void)argc;
    (void)argv;
    return listing_connect(
        db, aux,
        "CREATE TABLE x(key TEXT, url TEXT, engine TEXT, server TEXT, state TEXT, "
        "error TEXT, read_only INTEGER, two_phase TEXT)",
        true, out, message);
}

static struct binds *owner(sqlite3_vtab *vtab)
{
    return ((struct listing *)vtab)->binds;
}

static struct bind *bind_by_id(struct binds *b, sqlite3_int64 id)
{
    struct bind *p;
    for (p = b->first; p && p->id != id; p = p->next)
        ;
    return p;
}

static int binds_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out)
{
    struct binds_cursor *c = sqlite3_malloc64(sizeof *c);
    (void)vtab;
    if (!c)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    *out = &c->base;
    return SQLITE_OK;
}

static int binds_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(((struct binds_cursor *)cursor)->ids);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int binds_filter(sqlite3_vtab_cursor *cursor, int num, const char *str, int argc,
                        sqlite3_value **argv)
{
    struct binds_cursor *c = (struct binds_cursor *)cursor;
    struct bind *p;
    int n = 0;
    (void)num, (void)str, (void)argc, (void)argv;
    for (p = owner(cursor->pVtab)->first; p; p = p->next)
        n++;
    sqlite3_free(c->ids);
    c->ids = sqlite3_malloc64((sqlite3_uint64)(n + 1) * sizeof *c->ids);
    if (!c->ids)
        return SQLITE_NOMEM;
    c->n = c->at = 0;
    for (p = owner(cursor->pVtab)->first; p; p = p->next)
        c->ids[c->n++] = p->id;
    return SQLITE_OK;
}

static int binds_next(sqlite3_vtab_cursor *cursor)
{
    ((struct binds_cursor *)cursor)->at++;
    return SQLITE_OK;
}

static int binds_eof(sqlite3_vtab_cursor *cursor)
{
    struct binds_cursor *c = (struct binds_cursor *)cursor;
    return c->at >= c->n;
}

static void result_text(sqlite3_context *context, const char *text)
{
    if (text && *text)
        sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void result_two_phase(sqlite3_context *context, const struct bind *b)
{
    const char *why = b->conn ? b->conn->two_phase_why : "";
    bool can = ((b->conn ? b->conn->caps : b->engine->caps) & CAP_TWO_PHASE) != 0;
    if (b->url.read_only)
        result_text(context, "no: read_only=1 in the URL");
    else if (b->url.two_phase_off)
        result_text(context, "no: two_phase=off in the URL");
    else if (bind_in_memory(b))
        result_text(context, "no: in memory, it follows what the others decide");
    else if (can && !b->conn)
        result_text(context, "not known before connecting");
    else if (can && !why[0])
        result_text(context, "yes");
    else
        sqlite3_result_text(context,
                            sqlite3_mprintf("%s%s", can ? "yes, but " : "no: ",
                                            why[0] ? why : "the engine cannot prepare"),
                            -1, sqlite3_free);
}

static int binds_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    static const char *const states[] = {"idle", "connected", "failed"};
    struct binds_cursor *c = (struct binds_cursor *)cursor;
    struct bind *b = bind_by_id(owner(cursor->pVtab), c->ids[c->at]);
    if (!b || (column >= COL_ENGINE && sqlite3_vtab_nochange(context)))
        return SQLITE_OK;
    switch (column) {
    case COL_KEY:
        if (b->key)
            sqlite3_result_text(context, b->key, -1, SQLITE_TRANSIENT);
        break;
    case COL_URL:
        sqlite3_result_text(context, url_masked(&b->url), -1, sqlite3_free);
        break;
    case COL_ENGINE:
        result_text(context, b->engine_name);
        break;
    case COL_SERVER:
        result_text(context, b->conn ? b->conn->server : NULL);
        break;
    case COL_STATE:
        result_text(context, b->nunsettled || b->in_doubt ? "in doubt" : states[b->state]);
        break;
    case COL_ERROR:
        result_text(context, b->error);
        break;
    case COL_READ_ONLY:
        sqlite3_result_int(context, b->url.read_only);
        break;
    case COL_TWO_PHASE:
        result_two_phase(context, b);
        break;
    default:
        break;
    }
    return SQLITE_OK;
}

static int binds_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    struct binds_cursor *c = (struct binds_cursor *)cursor;
    *rowid = c->ids[c->at];
    return SQLITE_OK;
}

static const char *text_of(sqlite3_value *v)
{
    return sqlite3_value_type(v) == SQLITE_NULL ? NULL : (const char *)sqlite3_value_text(v);
}

/* argv of an INSERT or UPDATE: only key and url may be given. */
static int check_columns(const struct bind *old, sqlite3_value **columns, struct err *err)
{
    int i, given = 0;
    for (i = COL_ENGINE; i <= COL_TWO_PHASE; i++)
        given += old ? !sqlite3_value_nochange(columns[i])
                     : sqlite3_value_type(columns[i]) != SQLITE_NULL;
    /* UPDATE … FROM on old hosts hands every column over, changed or not. */
    if (given == 0 || (old && given == COL_TWO_PHASE - COL_ENGINE + 1))
        return SQLITE_OK;
    return err_set(err, SQLITE_ERROR,
                   "only key and url can be set, the rest is what binds found out");
}

/* INSERT OR IGNORE leaves the bind that has the key: true.  INSERT OR REPLACE gives it the new URL: it becomes *old. */
static bool stands_already(struct binds *b, const char *key, sqlite3_int64 *rowid,
                           struct bind **old)
{
    int clause = sqlite3_vtab_on_conflict(b->db);
    struct bind *there = binds_lookup(b, key);
    if (!there || (clause != SQLITE_IGNORE && clause != SQLITE_REPLACE))
        return false;
    *rowid = there->id;
    if (clause == SQLITE_REPLACE)
        *old = there;
    return clause == SQLITE_IGNORE;
}

static int binds_update_row(sqlite3_vtab *vtab, int argc, sqlite3_value **argv,
                            sqlite3_int64 *rowid)
{
    struct binds *b = owner(vtab);
    struct bind *old = NULL;
    struct err err;
    int rc;
    err_clear(&err);
    if (sqlite3_value_type(argv[0]) != SQLITE_NULL) {
        old = bind_by_id(b, sqlite3_value_int64(argv[0]));
        if (!old)
            return SQLITE_OK;
    }
    if (argc == 1) {
        rc = binds_delete(b, old, &err);
    } else {
        const char *key = text_of(argv[2 + COL_KEY]), *url = text_of(argv[2 + COL_URL]);
        rc = check_columns(old, argv + 2, &err);
        if (rc == SQLITE_OK && !old && stands_already(b, key, rowid, &old))
            return SQLITE_OK;
        if (rc == SQLITE_OK)
            rc = old ? binds_update(b, old, key, url, &err) : binds_insert(b, key, url, &err);
        if (rc == SQLITE_OK && !old)
            *rowid = b->last_id;
    }
    if (rc == SQLITE_OK) {
        if (old)
            host_expire(&b->host); /* another database may compare and sort in another way */
        return rc;
    }
    if ((rc & 0xff) != SQLITE_CONSTRAINT)
        err_prefix_plain(&err);
    return err_to_vtab(&err, vtab);
}

static const sqlite3_module binds_module = {
    .iVersion = 0,
    .xCreate = binds_connect,
    .xConnect = binds_connect,
    .xBestIndex = listing_best_index,
    .xDisconnect = listing_disconnect,
    .xDestroy = listing_disconnect,
    .xOpen = binds_open,
    .xClose = binds_close,
    .xFilter = binds_filter,
    .xNext = binds_next,
    .xEof = binds_eof,
    .xColumn = binds_column,
    .xRowid = binds_rowid,
    .xUpdate = binds_update_row,
};

int binds_table_register(struct binds *b)
{
    int rc = listing_register(b, "binds", &binds_module);
    return rc == SQLITE_OK ? listing_create_temp(b, "binds", "binds") : rc;
}
