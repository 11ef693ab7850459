/* create_all, drop_all and bind_ddl.
**
** First everything that can be refused: without a server (create_plan.c), then by asking every bind what is
** there; only then is the first table made.  Binds come one after another.  A statement that fails may have
** lost a race: the server is asked again, and when somebody else has made (or dropped) one of our tables in
** between, the rest goes on without it.  Statements travel together first; when that fails, they go one by one,
** so that the error can say which table it was. */
#include "session/create.h"
#include "session/create_steps.h"
#include "session/lookup.h"
#include "session/reflect.h"

#include <string.h>

#define ATTEMPTS_MAX 20
#define PAUSE_MS 20

struct run { /* one bind's part */
    struct create_bind *cb;
    enum create_what what;
    struct arena *arena;
    struct ddl ddl;
    bool *done; /* tables made or dropped, and not undone since */
    int *keyed; /* foreign keys of each that were added by themselves, likewise */
    bool
        restless; /* the last failure may be gone at the next attempt, though no table has come or gone */
    sqlite3_int64 count;
};

static const char *verb_of(enum create_what what)
{
    return what == CREATE_ALL ? "creating" : "dropping";
}

/* ---- what is there --------------------------------------------------------------------------------------- */

static int look(struct create_bind *cb, struct arena *arena, struct found *found, struct err *err)
{
    struct lookup_name *names = arena_alloc(arena, ((size_t)cb->n + 1) * sizeof *names);
    struct found *answers = arena_alloc(arena, ((size_t)cb->n + 1) * sizeof *answers);
    int n = 0;
    if (names == NULL || answers == NULL)
        return err_nomem(err);
    for (int i = 0; i < cb->n; i++) {
        if (cb->ours[i])
            names[n++] =
                (struct lookup_name){cb->models[i]->remote_schema, cb->models[i]->remote_name};
    }
    int rc = lookup_names(cb->bind, "exists", names, n, arena, answers, err);
    n = 0;
    for (int i = 0; i < cb->n; i++)
        found[i] = cb->ours[i] ? answers[n++] : (struct found){.kind = FOUND_NOTHING};
    return rc;
}

/* Is there anything to do for table i? */
static bool is_due(const struct create_bind *cb, enum create_what what, int i)
{
    enum found_kind kind = cb->found[i].kind;
    return cb->ours[i] && (what == CREATE_ALL ? kind == FOUND_NOTHING : kind == FOUND_TABLE);
}

static int check_found(struct create_bind *cb, enum create_what what, struct err *err)
{
    for (int i = 0; i < cb->n; i++) {
        const struct found *f = &cb->found[i];
        const char *local = cb->models[i]->local_name, *remote = cb->models[i]->remote_name;
        int rc = SQLITE_OK;
        if (what == CREATE_ALL && f->kind == FOUND_OTHER)
            rc = err_set(err, SQLITE_ERROR,
                         "the name %s is taken by a relation that is no table: %s", remote,
                         f->detail);
        else if (what == DROP_ALL && f->kind == FOUND_VIEW)
            rc = err_set(err, SQLITE_ERROR, "%s is no table there but a %s: drop it yourself",
                         remote, f->detail);
        else if (is_due(cb, what, i) && cb->bind->url.read_only)
            rc = err_set(err, SQLITE_READONLY,
                         "the bind is read-only (its URL says so), and the table %s",
                         what == CREATE_ALL ? "is missing" : "exists");
        if (rc != SQLITE_OK) {
            char action[160];
            sqlite3_snprintf((int)sizeof action, action, "%s %s", verb_of(what), local);
            return bind_fail(cb->bind, action, err);
        }
    }
    return SQLITE_OK;
}

/* Would the server commit what the local transaction has done, or is it in use by this very statement? */
static int check_transaction(struct create_bind *cb, enum create_what what, struct err *err)
{
    struct bind *b = cb->bind;
    int rc = SQLITE_OK;
    bool own = sqlite3_get_autocommit(b->owner->db) != 0 && b->conn->in_transaction;
    if (b->open_cursors > 0 || own)
        rc = err_set(err, SQLITE_BUSY, "its tables are being read by the running statement");
    else if (b->conn->in_transaction && !(b->conn->caps & CAP_TRANSACTIONAL_DDL))
        rc = err_set(
            err, SQLITE_ERROR,
            "this transaction has used the bind, and %s commits at every %s TABLE: COMMIT or "
            "ROLLBACK first",
            b->conn->server, what == CREATE_ALL ? "CREATE" : "DROP");
    return rc == SQLITE_OK ? rc : bind_fail(b, what == CREATE_ALL ? "create_all" : "drop_all", err);
}

static int ask(struct create_bind *cb, enum create_what what, struct arena *arena, struct err *err)
{
    struct conn *conn;
    cb->found = arena_alloc(arena, ((size_t)cb->n + 1) * sizeof *cb->found);
    if (cb->found == NULL)
        return err_nomem(err);
    if (!create_has_tables(cb))
        return SQLITE_OK;
    int rc = bind_connect(cb->bind, &conn, err);
    if (rc == SQLITE_OK)
        rc = check_transaction(cb, what, err);
    if (rc == SQLITE_OK)
        rc = look(cb, arena, cb->found, err);
    return rc == SQLITE_OK ? check_found(cb, what, err) : rc;
}

/* ---- enum types ------------------------------------------------------------------------------------------ */

static bool same_labels(const struct type *a, const struct type *b)
{
    if (a->nlabels != b->nlabels)
        return false;
    for (int i = 0; i < a->nlabels; i++) {
        if (strcmp(a->labels[i], b->labels[i]) != 0)
            return false;
    }
    return true;
}

/* Asks for the types of a script and takes out the statements that are not wanted: CREATE TYPE of one that is
** there with the same labels, DROP TYPE of one that is missing, still used, or no enum type. */
static int filter_types(struct run *r, struct ddl_script *script, struct err *err)
{
    struct lookup_name *names = arena_alloc(r->arena, ((size_t)script->n + 1) * sizeof *names);
    struct found *found = arena_alloc(r->arena, ((size_t)script->n + 1) * sizeof *found);
    int n = 0, kept = 0;
    if (names == NULL || found == NULL)
        return err_nomem(err);
    for (int i = 0; i < script->n; i++) {
        if (script->at[i].kind == DDL_TYPE)
            names[n++] = (struct lookup_name){script->at[i].schema, script->at[i].name};
    }
    if (n == 0)
        return SQLITE_OK;
    int rc = lookup_names(r->cb->bind, "types", names, n, r->arena, found, err);
    n = 0;
    for (int i = 0; rc == SQLITE_OK && i < script->n; i++) {
        const struct ddl_statement *s = &script->at[i];
        const struct found *f = s->kind == DDL_TYPE ? &found[n++] : NULL;
        struct type there;
        bool keep = true;
        if (f != NULL && r->what == DROP_ALL) {
            keep = f->kind != FOUND_NOTHING && strcmp(f->detail, "free") == 0 &&
                   strcmp(f->text, "other") != 0;
        } else if (f != NULL && f->kind != FOUND_NOTHING) {
            rc = coltype_parse(f->text, r->arena, &there, err);
            if (rc == SQLITE_OK && (there.id != CT_ENUM || !same_labels(&there, s->type))) {
                err_set(err, SQLITE_ERROR, "there is a type %s already, and it is not %s", s->name,
                        s->type->text);
                rc = bind_fail(r->cb->bind, "creating tables", err);
            }
            keep = false;
        }
        if (keep)
            script->at[kept++] = *s;
    }
    if (rc == SQLITE_OK)
        script->n = kept;
    return rc;
}

/* ---- creating -------------------------------------------------------------------------------------------- */

/* The statements that a script got since it had n are table i's. */
static void own(struct ddl_script *script, int n, int i)
{
    for (; n < script->n; n++)
        script->at[n].table = i;
}

/* Takes k statements out of a script that had n before. */
static void leave_out(struct ddl_script *script, int n, int k)
{
    script->n -= k;
    for (int i = n; i < script->n; i++)
        script->at[i] = script->at[i + k];
}

/* Statements of all tables that are due; foreign keys of a cycle last. */
static int create_steps(struct run *r, struct steps *s, struct err *err)
{
    struct create_bind *cb = r->cb;
    struct ddl_script script = {.arena = r->arena};
    int rc = SQLITE_OK;
    for (int later = 0; later <= 1; later++) {
        for (int k = 0; rc == SQLITE_OK && k < cb->n; k++) {
            int i = cb->order[k], n = script.n;
            struct ddl_table t = create_table(cb, &r->ddl, i);
            if (!is_due(cb, CREATE_ALL, i))
                continue;
            if (later == 0 && !r->done[i]) {
                rc = ddl_check(&r->ddl, &t, err);
                if (rc == SQLITE_OK)
                    rc = ddl_create(&r->ddl, &t, &script, err);
            } else if (later != 0 && t.keys_later) {
                rc = ddl_add_foreign_keys(&r->ddl, &t, &script, err);
                if (rc == SQLITE_OK)
                    leave_out(&script, n, r->keyed[i]);
            }
            own(&script, n, i);
        }
    }
    if (rc != SQLITE_OK)
        return bind_fail(cb->bind, "creating tables", err);
    rc = filter_types(r, &script, err);
    return rc == SQLITE_OK ? steps_add(s, &script, err) : rc;
}

/* ---- dropping -------------------------------------------------------------------------------------------- */

/* Our table that a foreign key of the server refers to, or -1. */
static int table_at(const struct create_bind *cb, const struct foreign_key *fk, int child)
{
    const char *of_child = cb->models[child]->remote_schema;
    const char *schema = fk->parent_schema != NULL ? fk->parent_schema : of_child;
    for (int i = 0; i < cb->n; i++) {
        const struct model *m = cb->models[i];
        bool same_schema =
            schema == m->remote_schema ||
            (schema != NULL && m->remote_schema != NULL && strcmp(schema, m->remote_schema) == 0);
        if (cb->ours[i] && same_schema && strcmp(m->remote_name, fk->parent_table) == 0)
            return i;
    }
    return -1;
}

/* The foreign keys that hold a cycle together, by the names that the server gave them. */
static int cycle_steps(struct run *r, int i, struct ddl_script *script, struct err *err)
{
    struct create_bind *cb = r->cb;
    const struct model *m = cb->models[i];
    struct model *there;
    int n = script->n;
    int rc = reflect_model(cb->bind, m->remote_schema, m->remote_name, m->local_name, m->info,
                           &there, err);
    if (rc != SQLITE_OK)
        return rc;
    for (int k = 0; rc == SQLITE_OK && k < there->nforeign_keys; k++) {
        const struct foreign_key *fk = &there->foreign_keys[k];
        int parent = table_at(cb, fk, i);
        if (parent >= 0 && parent != i && cb->in_cycle[parent] && fk->name != NULL)
            rc = ddl_drop_foreign_key(&r->ddl, m->remote_schema, m->remote_name, fk->name, script,
                                      err);
    }
    own(script, n, i);
    model_free(there);
    return rc;
}

static int drop_steps(struct run *r, struct steps *s, struct err *err)
{
    const struct ddl_words *words = r->ddl.dialect->ddl;
    struct create_bind *cb = r->cb;
    struct ddl_script script = {.arena = r->arena};
    struct ddl_statement prelude = {.kind = DDL_SETTING, .sql = words->drop_cycle, .table = -1};
    struct ddl_script before = {.arena = r->arena, .n = 0, .at = &prelude};
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < cb->n; i++) {
        if (!is_due(cb, DROP_ALL, i) || r->done[i] || !cb->in_cycle[i])
            continue;
        before.n = words->drop_cycle != NULL;
        if (words->drop_foreign_key != NULL)
            rc = cycle_steps(r, i, &script, err);
    }
    for (int k = cb->n - 1; rc == SQLITE_OK && k >= 0; k--) {
        int i = cb->order[k], n = script.n;
        if (!is_due(cb, DROP_ALL, i) || r->done[i])
            continue;
        rc = ddl_drop(&r->ddl, cb->models[i], &script, err);
        own(&script, n, i);
    }
    if (rc == SQLITE_OK)
        rc = steps_add(s, &before, err);
    return rc == SQLITE_OK ? steps_add(s, &script, err) : rc;
}

/* After the tables are gone: the enum types that nothing uses any more. */
static int drop_types(struct run *r, struct steps_run *running, struct err *err)
{
    struct create_bind *cb = r->cb;
    struct ddl_script script = {.arena = r->arena};
    struct steps s = {.arena = r->arena};
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < cb->n; i++) {
        int n = script.n;
        if (is_due(cb, DROP_ALL, i))
            rc = ddl_drop_types(&r->ddl, cb->models[i], &script, err);
        own(&script, n, i);
    }
    if (rc == SQLITE_OK)
        rc = filter_types(r, &script, err);
    if (rc == SQLITE_OK)
        rc = steps_add(&s, &script, err);
    return rc == SQLITE_OK ? steps_go(running, cb, &s, verb_of(DROP_ALL), err) : rc;
}

/* ---- one bind -------------------------------------------------------------------------------------------- */

/* A table is done when its own statement is; its indexes, if any, fail with it or are named by the error. */
static void note_done(struct run *r, const struct steps *s)
{
    for (int i = 0; i < s->n; i++) {
        const struct step *step = &s->at[i];
        if (step->done && step->kind == DDL_TABLE)
            r->done[step->table] = true;
        if (step->done && step->kind == DDL_CONSTRAINT && r->what == CREATE_ALL)
            r->keyed[step->table]++;
    }
}

/* Where every statement commits, nothing is lost by trying again: after a deadlock, or when somebody else has
** dropped the foreign key that we were about to drop. */
static bool is_restless(const struct run *r, const struct steps *s, const struct err *err)
{
    int failed = 0;
    while (failed < s->n && s->at[failed].done)
        failed++;
    return (err->rc & 0xff) == SQLITE_BUSY ||
           (r->what == DROP_ALL && failed < s->n && s->at[failed].kind == DDL_CONSTRAINT);
}

static int attempt(struct run *r, bool piped, struct err *err)
{
    const char *verb = verb_of(r->what);
    struct steps_run running = {.bind = r->cb->bind};
    struct steps s = {.arena = r->arena};
    struct conn *conn;
    int rc = bind_connect(r->cb->bind, &conn, err);
    if (rc != SQLITE_OK)
        return rc;
    r->ddl = (struct ddl){.dialect = conn->dialect,
                          .server_version = conn->server_version,
                          .database_collation = r->cb->bind->url.collation_database};
    rc = r->what == CREATE_ALL ? create_steps(r, &s, err) : drop_steps(r, &s, err);
    if (rc != SQLITE_OK || s.n == 0)
        return rc;
    rc = steps_begin(&running, r->cb->bind, piped, verb, err);
    if (rc != SQLITE_OK)
        return rc;
    rc = steps_go(&running, r->cb, &s, verb, err);
    if (rc == SQLITE_OK && r->what == DROP_ALL)
        rc = drop_types(r, &running, err);
    if (rc == SQLITE_OK)
        rc = steps_end(&running, verb, err);
    if (rc == SQLITE_OK || running.mode == STEPS_EACH)
        note_done(r, &s);
    r->restless = rc != SQLITE_OK && running.mode == STEPS_EACH && is_restless(r, &s, err);
    return rc;
}

/* Asks again after a failure.  *changed: somebody else has made or dropped one of our tables. */
static int look_again(struct run *r, bool *changed, struct err *err)
{
    struct create_bind *cb = r->cb;
    struct found *now = arena_alloc(r->arena, ((size_t)cb->n + 1) * sizeof *now);
    *changed = false;
    if (now == NULL)
        return err_nomem(err);
    int rc = look(cb, r->arena, now, err);
    for (int i = 0; rc == SQLITE_OK && i < cb->n; i++) {
        if (now[i].kind != cb->found[i].kind && !r->done[i]) {
            *changed = true;
            cb->found[i] = now[i];
        }
    }
    return rc == SQLITE_OK && *changed ? check_found(cb, r->what, err) : rc;
}

static bool may_retry(const struct run *r, const struct err *err)
{
    int primary = err->rc & 0xff;
    return !err->lost && primary != SQLITE_INTERRUPT && primary != SQLITE_NOMEM &&
           (primary != SQLITE_BUSY || r->restless) && primary != SQLITE_READONLY &&
           primary != SQLITE_AUTH;
}

static void add_text(struct err *err, const char *more)
{
    char text[ERR_TEXT_MAX];
    sqlite3_snprintf((int)sizeof text, text, "%s%s", err->text, more);
    err_clean_line(text, err->text, sizeof err->text);
}

/* Adds to an error the names of the tables that were made or dropped all the same. */
static void tell_done(const struct run *r, struct err *err)
{
    const char *prefix = r->what == CREATE_ALL ? "; created before that, and still there: "
                                               : "; dropped before that: ";
    sqlite3_str *s = sqlite3_str_new(NULL);
    int n = 0;
    for (int i = 0; i < r->cb->n; i++) {
        if (r->done[i])
            sqlite3_str_appendf(s, "%s%s", n++ > 0 ? ", " : prefix, r->cb->models[i]->local_name);
    }
    char *names = sqlite3_str_finish(s);
    if (names != NULL)
        add_text(err, names);
    sqlite3_free(names);
}

static int run_bind(struct run *r, struct err *err)
{
    struct create_bind *cb = r->cb;
    bool piped = true;
    int rc;
    r->done = arena_alloc(r->arena, ((size_t)cb->n + 1) * sizeof *r->done);
    r->keyed = arena_alloc(r->arena, ((size_t)cb->n + 1) * sizeof *r->keyed);
    if (r->done == NULL || r->keyed == NULL)
        return err_nomem(err);
    if (!create_has_tables(cb))
        return SQLITE_OK;
    for (int i = 0;; i++) {
        struct err first;
        bool changed;
        rc = attempt(r, piped, err);
        if (rc == SQLITE_OK || !may_retry(r, err) || i >= ATTEMPTS_MAX)
            break;
        first = *err;
        if (r->restless && wait_sleep(&cb->bind->owner->wait, PAUSE_MS) == WAIT_INTERRUPTED)
            break;
        err_clear(err);
        rc = look_again(r, &changed, err);
        if (rc != SQLITE_OK || (!changed && !piped && !r->restless)) {
            *err = first;
            rc = first.rc;
            break;
        }
        piped = false;
    }
    for (int i = 0; i < cb->n; i++) {
        r->count += r->done[i];
        if (cb->ours[i])
            remote_forget(cb->bind, cb->models[i]->remote_schema, cb->models[i]->remote_name);
    }
    if (rc != SQLITE_OK)
        tell_done(r, err);
    return rc;
}

int create_run(struct binds *b, enum create_what what, const struct cell *selector,
               sqlite3_int64 *count, struct err *err)
{
    struct create_plan plan;
    *count = 0;
    int rc = create_plan_init(&plan, b, what, selector, err);
    for (int i = 0; rc == SQLITE_OK && i < plan.n; i++)
        rc = ask(&plan.at[i], what, &plan.arena, err);
    for (int i = 0; rc == SQLITE_OK && i < plan.n; i++) {
        struct run r = {.cb = &plan.at[i], .what = what, .arena = &plan.arena};
        rc = run_bind(&r, err);
        if (rc != SQLITE_OK && *count > 0 && sqlite3_get_autocommit(b->db) != 0)
            add_text(err, "; the binds before it are done");
        *count += r.count;
    }
    create_plan_clear(&plan);
    return rc;
}
