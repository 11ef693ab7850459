/* When the rows of an inner table are fetched at once instead of key by key: by what was spent, and by how often the
** same plan asked the last time. */
#include "session/binds.h"
#include "session/probe.h"
#include "unit.h"

#include <string.h>

#define PLAN "SELECT 1 -- plan"
#define RUN_US 20
#define FETCH_US 50000

struct fixture {
    struct binds owner;
    struct bind bind;
};

/* A first or further epoch in which the plan asks so often, key by key. */
static struct probe *epoch(struct fixture *f)
{
    f->owner.epoch++;
    struct probe *p = probe_of(&f->bind, PLAN, strlen(PLAN));
    assert_non_null(p);
    p->fetch_us = FETCH_US;
    return p;
}

static void ask(struct probe *p)
{
    p->asked++;
    p->runs++;
    probe_spent(p, RUN_US);
}

/* Runs until fetching is said to pay, `most` at most. */
static int runs_before_fetch(struct probe *p, int most)
{
    int n = 0;
    while (n < most && !(n > 0 && probe_is_dear(p))) {
        ask(p);
        n++;
    }
    return n;
}

static struct fixture *fixture_new(void)
{
    struct fixture *f = sqlite3_malloc64(sizeof *f);
    assert_non_null(f);
    memset(f, 0, sizeof *f);
    f->bind.owner = &f->owner;
    return f;
}

static void fixture_free(struct fixture *f)
{
    probes_free(&f->bind);
    sqlite3_free(f);
}

static void what_paid_the_last_time_is_fetched_sooner(void **state)
{
    struct fixture *f = fixture_new();
    (void)state;
    struct probe *p = epoch(f);
    int first = runs_before_fetch(p, 10000);
    assert_in_range(first, 100, FETCH_US / RUN_US);
    p->asked = 10000; /* the others are answered from what is kept */
    int second = runs_before_fetch(epoch(f), 10000);
    assert_in_range(second, 2, first / 2);
    fixture_free(f);
}

static void what_would_not_have_paid_is_not_fetched_at_its_end(void **state)
{
    struct fixture *f = fixture_new();
    (void)state;
    struct probe *p = epoch(f);
    p->asked = 2000; /* 40 ms of runs */
    p = epoch(f);
    assert_int_equal(runs_before_fetch(p, 2000), 2000);
    /* More than that was not foreseen. */
    assert_in_range(runs_before_fetch(p, 10000), 1, FETCH_US / RUN_US);
    fixture_free(f);
}

/* Keys ahead of what is asked for, most of them of rows that SQLite passes over. */
static void keys_that_nobody_asks_for_count(void **state)
{
    struct fixture *f = fixture_new();
    (void)state;
    const int wanted = 3000, keys = 100, useful = 10, us = 500; /* 150 ms; by the key, 5 us, it would be 15 */
    struct probe *p = epoch(f);
    p->asked = wanted;
    p = epoch(f);
    while (p->asked < wanted && !(p->asked > 0 && probe_is_dear(p))) {
        p->runs++;
        probe_spent_ahead(p, us, keys);
        p->asked += useful;
    }
    assert_in_range(p->asked, useful, wanted / 4);
    fixture_free(f);
}

static void an_epoch_of_few_runs_is_not_dear(void **state)
{
    struct fixture *f = fixture_new();
    (void)state;
    struct probe *p = epoch(f);
    p->asked = 10000;
    p = epoch(f);
    ask(p);
    ask(p);
    assert_false(probe_is_dear(p)); /* a fetch in vain would cost a thousand times as much */
    assert_int_equal(epoch(f)->asked_before, 2);
    fixture_free(f);
}

static void another_plan_knows_nothing(void **state)
{
    struct fixture *f = fixture_new();
    (void)state;
    struct probe *p = epoch(f);
    p->asked = 10000;
    char plan[16];
    for (int i = 0; i < 20; i++) { /* more than are noted */
        sqlite3_snprintf(sizeof plan, plan, "plan %d", i);
        p = probe_of(&f->bind, plan, strlen(plan));
        assert_int_equal(p->asked, 0);
        assert_int_equal(p->asked_before, 0);
        p->asked = 100 + i;
    }
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_paid_the_last_time_is_fetched_sooner),
        cmocka_unit_test(what_would_not_have_paid_is_not_fetched_at_its_end),
        cmocka_unit_test(keys_that_nobody_asks_for_count),
        cmocka_unit_test(an_epoch_of_few_runs_is_not_dear),
        cmocka_unit_test(another_plan_knows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
