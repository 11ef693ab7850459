/* The names of branches, as servers and files hand them to us: only exactly ours pass, since they go into SQL. */
#include "session/coord.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define UUID "0123456789abcdef"

static void good(const char *gid, bool branch)
{
    if (!coord_gid_valid(gid, branch))
        fail_msg("refused: %s", gid);
    assert_false(coord_gid_valid(gid, !branch));
}

static void bad(const char *gid)
{
    if (coord_gid_valid(gid, true) || coord_gid_valid(gid, false))
        fail_msg("passed: %s", gid);
}

static void test_ours(void **state)
{
    (void)state;
    good("binds1:" UUID ":012345671", false);
    good("binds1:" UUID ":01234567ffffff", false);
    good("binds1:" UUID ":012345671:1", true);
    good("binds1:" UUID ":012345671:42", true);
    good("binds1:" UUID ":012345671w00ff", false);
    good("binds1:" UUID ":012345671w00ffwabcd:1", true);
    good("binds1:" UUID ":01234567ffffffw00ffwabcdw0123w4567:9", true);
    good("binds1:" UUID ":012345671x0123abcd:3", true);
}

static void test_not_ours(void **state)
{
    static const char *const list[] = {
        "",
        "binds1:",
        "binds2:" UUID ":012345671",
        "binds1:0123456789ABCDEF:012345671",
        "binds1:0123456789abcde:012345671",
        "binds1:" UUID "012345671",
        "binds1:" UUID ":01234567",
        "binds1:" UUID ":012345671:",
        "binds1:" UUID ":012345671:x",
        "binds1:" UUID ":012345671:1:2",
        "binds1:" UUID ":012345671:1'; DROP TABLE t; --",
        "binds1:" UUID ":012345671'",
        "binds1:" UUID ":012345671w",
        "binds1:" UUID ":012345671w00f",
        "binds1:" UUID ":012345671w00fg",
        "binds1:" UUID ":012345671x0123abc",
        "binds1:" UUID ":012345671x0123abcdw0123",
        "binds1:" UUID ":012345671w0123x0123abcd",
        "binds1:" UUID ":012345671 :1",
        "binds1:" UUID ":0123456789abcdef0123456789abcdef0123456789abcdef:1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        bad(list[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ours), cmocka_unit_test(test_not_ours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
