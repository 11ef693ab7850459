/* Foreign-key order: see order.h.
**
** Three steps over a graph with an edge from every table to each of its parents: the strongly connected
** components (Tarjan's algorithm, with a stack of its own, since a chain of tables may be long), then the edges
** between different components turned round, then the least table in declaration order whose parents are
** all placed, again and again. */
#include "model/order.h"

#include <string.h>

struct edges { /* node i: to[start[i]] … to[start[i + 1] - 1] */
    int *start;
    int *to;
};

struct graph {
    int n;
    struct edges parents;
    int *component; /* 0 = none yet */
    int *size;      /* tables of component c */
};

static bool same_schema(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_remote(const struct model *m, const char *schema, const char *name, bool exact)
{
    return same_schema(m->remote_schema, schema) &&
           (exact ? strcmp(m->remote_name, name) : sqlite3_stricmp(m->remote_name, name)) == 0;
}

int order_parent(const struct model *const *models, int n, int child, const struct foreign_key *fk)
{
    const struct model *c = models[child];
    const char *schema = fk->parent_schema != NULL ? fk->parent_schema : c->remote_schema;
    /* A name without a schema is first of all what the user calls the table. */
    if (fk->parent_schema == NULL) {
        if (sqlite3_stricmp(c->local_name, fk->parent_table) == 0)
            return child;
        for (int i = 0; i < n; i++) {
            if (sqlite3_stricmp(models[i]->local_name, fk->parent_table) == 0)
                return i;
        }
    }
    for (int exact = 1; exact >= 0; exact--) {
        for (int i = 0; i < n; i++) {
            if (is_remote(models[i], schema, fk->parent_table, exact != 0))
                return i;
        }
    }
    return -1;
}

/* Parents of every table among the n, itself left out; one may be named twice. */
static int find_parents(struct graph *g, const struct model *const *models, struct arena *arena)
{
    size_t total = 0;
    for (int i = 0; i < g->n; i++)
        total += (size_t)models[i]->nforeign_keys;
    g->parents.start = arena_alloc(arena, ((size_t)g->n + 1) * sizeof(int));
    g->parents.to = arena_alloc(arena, (total + 1) * sizeof(int));
    if (g->parents.start == NULL || g->parents.to == NULL)
        return SQLITE_NOMEM;
    int used = 0;
    for (int i = 0; i < g->n; i++) {
        g->parents.start[i] = used;
        for (int k = 0; k < models[i]->nforeign_keys; k++) {
            int parent = order_parent(models, g->n, i, &models[i]->foreign_keys[k]);
            if (parent >= 0 && parent != i)
                g->parents.to[used++] = parent;
        }
    }
    g->parents.start[g->n] = used;
    return SQLITE_OK;
}

struct visit {
    int *index, *low; /* index 0 = not seen */
    int *next_edge;
    int *path, *open; /* the walk itself, and nodes without a component */
    int npath, nopen;
    int seen, components;
};

static void enter(struct visit *v, const struct graph *g, int node)
{
    v->index[node] = v->low[node] = ++v->seen;
    v->next_edge[node] = g->parents.start[node];
    v->path[v->npath++] = node;
    v->open[v->nopen++] = node;
}

/* All edges of the node on top of the path are done. */
static void leave(struct visit *v, struct graph *g)
{
    int node = v->path[--v->npath];
    if (v->npath > 0 && v->low[node] < v->low[v->path[v->npath - 1]])
        v->low[v->path[v->npath - 1]] = v->low[node];
    if (v->low[node] != v->index[node])
        return;
    int member;
    v->components++;
    do {
        member = v->open[--v->nopen];
        g->component[member] = v->components;
        g->size[v->components]++;
    } while (member != node);
}

static int find_components(struct graph *g, struct arena *arena)
{
    struct visit v = {.seen = 0};
    int **arrays[] = {&v.index, &v.low, &v.next_edge, &v.path, &v.open, &g->component, &g->size};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = arena_alloc(arena, ((size_t)g->n + 1) * sizeof(int));
        if (*arrays[i] == NULL)
            return SQLITE_NOMEM;
    }
    for (int root = 0; root < g->n; root++) {
        if (v.index[root] != 0)
            continue;
        enter(&v, g, root);
        while (v.npath > 0) {
            int node = v.path[v.npath - 1];
            if (v.next_edge[node] == g->parents.start[node + 1]) {
                leave(&v, g);
                continue;
            }
            int parent = g->parents.to[v.next_edge[node]++];
            if (v.index[parent] == 0)
                enter(&v, g, parent);
            else if (g->component[parent] == 0 && v.index[parent] < v.low[node])
                v.low[node] = v.index[parent];
        }
    }
    return SQLITE_OK;
}

/* Edges between components, from parent to child; waiting[i] counts the unplaced parents of i. */
static int find_children(const struct graph *g, struct edges *children, int *waiting,
                         struct arena *arena)
{
    int nedges = g->parents.start[g->n];
    int *fill = arena_alloc(arena, ((size_t)g->n + 1) * sizeof *fill);
    children->start = arena_alloc(arena, ((size_t)g->n + 2) * sizeof(int));
    children->to = arena_alloc(arena, ((size_t)nedges + 1) * sizeof(int));
    if (fill == NULL || children->start == NULL || children->to == NULL)
        return SQLITE_NOMEM;
    for (int e = 0; e < nedges; e++)
        children->start[g->parents.to[e] + 1]++;
    for (int i = 0; i < g->n; i++) {
        children->start[i + 1] += children->start[i];
        fill[i] = children->start[i];
    }
    for (int child = 0; child < g->n; child++) {
        for (int e = g->parents.start[child]; e < g->parents.start[child + 1]; e++) {
            int parent = g->parents.to[e];
            children->to[fill[parent]++] = child;
            waiting[child] += g->component[parent] != g->component[child];
        }
    }
    return SQLITE_OK;
}

int order_models(const struct model *const *models, int n, int *order, bool *in_cycle,
                 struct err *err)
{
    struct arena arena;
    struct graph g = {.n = n};
    struct edges children;
    arena_init(&arena);
    int *waiting = arena_alloc(&arena, ((size_t)n + 1) * sizeof *waiting);
    int rc = waiting != NULL ? find_parents(&g, models, &arena) : SQLITE_NOMEM;
    if (rc == SQLITE_OK)
        rc = find_components(&g, &arena);
    if (rc == SQLITE_OK)
        rc = find_children(&g, &children, waiting, &arena);
    if (rc != SQLITE_OK) {
        arena_clear(&arena);
        return err_nomem(err);
    }
    /* Everything before `first` is placed or waits; a placed one is marked by a negative count. */
    int first = 0;
    for (int placed = 0; placed < n; placed++) {
        while (waiting[first] != 0)
            first++;
        int node = first;
        order[placed] = node;
        in_cycle[node] = g.size[g.component[node]] > 1;
        waiting[node] = -1;
        for (int e = children.start[node]; e < children.start[node + 1]; e++) {
            int child = children.to[e];
            if (g.component[child] != g.component[node] && --waiting[child] == 0 && child < first)
                first = child;
        }
    }
    arena_clear(&arena);
    return SQLITE_OK;
}
