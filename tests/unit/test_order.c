/* Foreign-key order: a graph is written as "child>parent" words, tables in order of declaration. */
#include "unit.h"

#include "model/order.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_MAX 16

struct graph {
    struct model models[TABLES_MAX];
    struct foreign_key keys[TABLES_MAX][TABLES_MAX];
    char names[TABLES_MAX][8];
    const struct model *list[TABLES_MAX];
    int n;
};

static int find(struct graph *g, const char *name)
{
    for (int i = 0; i < g->n; i++) {
        if (strcmp(g->names[i], name) == 0)
            return i;
    }
    return -1;
}

static void add_reference(struct graph *g, int child, const char *parent)
{
    struct model *m = &g->models[child];
    m->foreign_keys = g->keys[child];
    g->keys[child][m->nforeign_keys++].parent_table = parent;
}

/* tables: "a b c"; edges: "c>a b>c" (a parent may be none of the tables) */
static void graph_read(struct graph *g, const char *tables, const char *edges)
{
    char copy[256];
    memset(g, 0, sizeof *g);
    snprintf(copy, sizeof copy, "%s", tables);
    char *rest = NULL;
    for (char *t = strtok_r(copy, " ", &rest); t != NULL; t = strtok_r(NULL, " ", &rest)) {
        snprintf(g->names[g->n], sizeof g->names[0], "%s", t);
        struct model *m = &g->models[g->n];
        m->local_name = m->remote_name = g->names[g->n];
        g->list[g->n++] = m;
    }
    static char parents[TABLES_MAX * TABLES_MAX][8];
    int nparents = 0;
    snprintf(copy, sizeof copy, "%s", edges);
    for (char *t = strtok_r(copy, " ", &rest); t != NULL; t = strtok_r(NULL, " ", &rest)) {
        char *arrow = strchr(t, '>');
        *arrow = '\0';
        int child = find(g, t);
        if (child < 0)
            fail_msg("%s is no table", t);
        struct model *m = &g->models[child];
        m->foreign_keys = g->keys[child];
        snprintf(parents[nparents], sizeof parents[0], "%s", arrow + 1);
        m->foreign_keys[m->nforeign_keys++].parent_table = parents[nparents++];
    }
}

static const struct {
    const char *tables, *edges;
    const char *expected; /* in order, those in a cycle with a '*' */
} examples[] = {
    {"", "", ""},
    {"zeta alpha mid", "", "zeta alpha mid"},
    {"fav user msg", "fav>user fav>msg msg>user", "user msg fav"},
    {"d c b a", "d>c c>b b>a", "a b c d"},
    {"a b", "a>a b>a b>b", "a b"},
    {"a b", "a>b a>b a>nowhere", "b a"},
    {"x c1 p2 b", "c1>p2", "x p2 c1 b"},
    {"a b c", "a>b b>a c>a", "a* b* c"},
    {"c a b", "a>b b>a c>a", "a* c b*"},
    {"a b c p", "a>b b>c c>a c>p", "a* b* p c*"},
    {"x a b y c d", "a>b b>a c>d d>c c>a x>d", "a* b* y c* d* x"},
    {"A b", "A>B b>nowhere", "b A"},
};

static void test_examples(void **state)
{
    (void)state;
    static struct graph g;
    for (size_t i = 0; i < COUNT(examples); i++) {
        graph_read(&g, examples[i].tables, examples[i].edges);
        int order[TABLES_MAX];
        bool in_cycle[TABLES_MAX];
        struct err err = {0};
        assert_int_equal(order_models(g.list, g.n, order, in_cycle, &err), SQLITE_OK);
        char text[256] = "";
        size_t used = 0;
        for (int k = 0; k < g.n; k++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s", k > 0 ? " " : "",
                                     g.names[order[k]], in_cycle[order[k]] ? "*" : "");
        assert_string_equal(text, examples[i].expected);
    }
}

static void test_parent_names(void **state)
{
    (void)state;
    struct model user = {.local_name = "user", .remote_name = "app_users", .remote_schema = "s1"};
    struct model other = {.local_name = "other", .remote_name = "user", .remote_schema = "s1"};
    struct model upper = {.local_name = "upper", .remote_name = "LOG"};
    struct model lower = {.local_name = "lower", .remote_name = "log"};
    struct model child = {.local_name = "child", .remote_name = "child", .remote_schema = "s1"};
    struct model plain = {.local_name = "plain", .remote_name = "child"};
    const struct model *list[] = {&user, &other, &upper, &lower, &child, &plain};
    static const struct {
        int child, parent;
        const char *schema, *table;
    } rows[] = {
        {4, 0, NULL, "user"}, /* what the user calls it comes first */
        {4, 0, NULL, "USER"},
        {4, 1, "s1", "user"},      /* with a schema it is the server's name */
        {4, 0, NULL, "app_users"}, /* in the child's own schema */
        {5, -1, NULL, "app_users"},
        {5, 0, "s1", "app_users"},
        {5, 3, NULL, "log"}, /* exact before case-insensitive */
        {5, 2, NULL, "LOG"},
        {5, 2, NULL, "Log"},
        {4, 4, NULL, "child"}, /* itself */
        {5, 4, NULL, "child"}, /* the local name of another */
        {5, -1, "s2", "child"},
        {5, 5, NULL, "plain"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct foreign_key fk = {.parent_schema = rows[i].schema, .parent_table = rows[i].table};
        assert_int_equal(order_parent(list, COUNT(list), rows[i].child, &fk), rows[i].parent);
    }
}

/* A chain declared from its end: no recursion, no quadratic walk. */
static void test_long_chain(void **state)
{
    (void)state;
    enum { N = 3000 };
    struct model *models = calloc(N, sizeof *models);
    struct foreign_key *keys = calloc(N, sizeof *keys);
    const struct model **list = calloc(N, sizeof(const struct model *));
    char(*names)[16] = calloc(N, sizeof *names);
    int *order = calloc(N, sizeof *order);
    bool *in_cycle = calloc(N, sizeof *in_cycle);
    struct err err = {0};
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[0], "t%d", i);
        models[i] = (struct model){.local_name = names[i],
                                   .remote_name = names[i],
                                   .nforeign_keys = i + 1 < N,
                                   .foreign_keys = &keys[i]};
        keys[i].parent_table = i + 1 < N ? names[i + 1] : NULL;
        list[i] = &models[i];
    }
    for (int i = 0; i + 1 < N; i++)
        keys[i].parent_table = names[i + 1];
    for (int cycle = 0; cycle <= 1; cycle++) {
        if (cycle) {
            models[N - 1].nforeign_keys = 1;
            keys[N - 1].parent_table = names[0];
        }
        assert_int_equal(order_models(list, N, order, in_cycle, &err), SQLITE_OK);
        for (int i = 0; i < N; i++) {
            assert_int_equal(order[i], cycle ? i : N - 1 - i);
            assert_int_equal(in_cycle[i], cycle);
        }
    }
    free(models);
    free(keys);
    free(list);
    free(names);
    free(order);
    free(in_cycle);
}

/* Random graphs against the definition: a permutation; parents first unless both are in one cycle; in a
** cycle exactly when the table reaches itself through another. */
static void check_random(struct graph *g, bool edge[TABLES_MAX][TABLES_MAX])
{
    bool reach[TABLES_MAX][TABLES_MAX];
    int order[TABLES_MAX], place[TABLES_MAX];
    bool in_cycle[TABLES_MAX];
    struct err err = {0};
    memcpy(reach, edge, sizeof reach);
    for (int k = 0; k < g->n; k++) {
        for (int i = 0; i < g->n; i++) {
            for (int j = 0; j < g->n; j++)
                reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
        }
    }
    memset(place, -1, sizeof place);
    assert_int_equal(order_models(g->list, g->n, order, in_cycle, &err), SQLITE_OK);
    for (int i = 0; i < g->n; i++) {
        assert_int_equal(place[order[i]], -1);
        place[order[i]] = i;
    }
    for (int i = 0; i < g->n; i++) {
        bool cycle = false;
        for (int j = 0; j < g->n; j++) {
            cycle = cycle || (i != j && reach[i][j] && reach[j][i]);
            if (edge[i][j] && i != j && !reach[j][i])
                assert_true(place[j] < place[i]);
        }
        assert_int_equal(in_cycle[i], cycle);
    }
}

static void test_random(void **state)
{
    (void)state;
    enum { N = 9 };
    static struct graph g;
    unsigned seed = 7;
    for (int run = 0; run < 2000; run++) {
        bool edge[TABLES_MAX][TABLES_MAX] = {{false}};
        graph_read(&g, "a b c d e f g h i", "");
        assert_int_equal(g.n, N);
        seed = seed * 1103515245U + 12345U;
        for (unsigned k = (seed >> 16) % 14; k > 0; k--) {
            seed = seed * 1103515245U + 12345U;
            int child = (int)((seed >> 16) % N), parent = (int)((seed >> 22) % N);
            add_reference(&g, child, g.names[parent]);
            edge[child][parent] = true;
        }
        check_random(&g, edge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_parent_names),
        cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
