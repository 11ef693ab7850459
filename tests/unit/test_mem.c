/* Arenas and buffers: what they promise, and what they do when memory or room runs out. */
#include "unit.h"

#include "base/mem.h"

#include <string.h>

/* SQLite's allocator with a countdown: 0 = the next request fails, < 0 = never. */
static sqlite3_mem_methods real;
static int countdown = -1;

static void *failing_malloc(int n)
{
    if (countdown == 0)
        return NULL;
    countdown -= countdown > 0;
    return real.xMalloc(n);
}

static void *failing_realloc(void *p, int n)
{
    if (countdown == 0)
        return NULL;
    countdown -= countdown > 0;
    return real.xRealloc(p, n);
}

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena a;
    unsigned char *kept[500];
    arena_init(&a);
    for (size_t i = 0; i < COUNT(kept); i++) {
        size_t n = i * i % 977;
        kept[i] = arena_alloc(&a, n);
        assert_non_null(kept[i]);
        assert_int_equal((uintptr_t)kept[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(kept[i][k], 0);
        memset(kept[i], (int)(i & 0xFF), n);
    }
    for (size_t i = 0; i < COUNT(kept); i++) { /* none overlaps another */
        for (size_t k = 0; k < i * i % 977; k++)
            assert_int_equal(kept[i][k], i & 0xFF);
    }
    assert_non_null(arena_alloc(&a, 1000000));
    assert_non_null(arena_alloc(&a, 8));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 64));
    arena_clear(&a);
    assert_null(a.head);
    arena_clear(&a);
}

static void arena_is_filled_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_reset(&a);
    for (size_t round = 0; round < 5; round++) {
        unsigned char *first = arena_alloc(&a, 16), *large = arena_alloc(&a, 100000 * round);
        assert_non_null(first);
        assert_non_null(large);
        for (size_t i = 0; i < 16; i++)
            assert_int_equal(first[i], 0);
        memset(first, 1, 16);
        memset(large, 1, 100000 * round);
        for (size_t i = 0; i < 50 * round; i++)
            assert_non_null(arena_str(&a, "many of these need more than a block"));
        arena_reset(&a);
    }
    arena_clear(&a);
    assert_null(a.head);
}

static void arena_copies_texts(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    assert_string_equal(arena_str(&a, "abc"), "abc");
    assert_null(arena_str(&a, NULL));
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
    assert_memory_equal(arena_copy(&a, "a\0b", 3), "a\0b\0", 4);
    assert_string_equal(arena_copy(&a, NULL, 0), "");
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendf(s, "%d", 42);
    assert_string_equal(arena_take_str(&a, s), "42");
    assert_string_equal(arena_take_str(&a, sqlite3_str_new(NULL)), "");
    s = sqlite3_str_new(NULL);
    sqlite3_str_append(s, "a\0b", 3);
    assert_memory_equal(arena_take_str(&a, s), "a\0b\0", 4);
    arena_wipe(&a);
    assert_null(a.head);
}

static void buf_grows_to_its_limit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_add_u16be(&b, 0x0102);
    buf_add_u32be(&b, 0x03040506);
    buf_add_u64be(&b, 0x0708090A0B0C0D0EULL);
    buf_add(&b, "xyz", 3);
    buf_add(&b, NULL, 0);
    assert_int_equal(b.rc, SQLITE_OK);
    assert_int_equal(b.len, 17);
    assert_memory_equal(b.data,
                        "\1\2\3\4\5\6\7\x8\x9\xA\xB\xC\xD\xE"
                        "xyz",
                        17);
    memset(buf_grow(&b, 983), 'q', 983);
    assert_int_equal(b.len, 1000);
    assert_int_equal(b.rc, SQLITE_OK);
    buf_add(&b, "!", 1);
    assert_int_equal(b.rc, SQLITE_TOOBIG);
    assert_null(buf_grow(&b, 0)); /* sticky */
    assert_int_equal(b.len, 1000);
    buf_reset(&b);
    assert_int_equal(b.rc, SQLITE_OK);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, 1000);
    assert_null(buf_grow(&b, SIZE_MAX));
    buf_clear(&b);
    assert_null(b.data);
    assert_int_equal(b.limit, 1000);
    buf_init(&b, SIZE_MAX);
    for (int i = 0; i < 10000; i++)
        buf_add(&b, "0123456789", 10);
    assert_int_equal(b.len, 100000);
    assert_memory_equal(b.data + 99990, "0123456789", 10);
    buf_clear(&b);
}

static void out_of_memory_is_told(void **state)
{
    (void)state;
    struct arena a;
    struct buf b;
    arena_init(&a);
    countdown = 0;
    assert_null(arena_alloc(&a, 10));
    assert_null(arena_str(&a, "x"));
    assert_null(arena_printf(&a, "%d", 1));
    countdown = 1; /* the formatted text has memory, the copy has none */
    assert_null(arena_printf(&a, "%d", 1));
    buf_init(&b, 100);
    countdown = 0;
    buf_add(&b, "x", 1);
    countdown = -1;
    assert_int_equal(b.rc, SQLITE_NOMEM);
    buf_add(&b, "x", 1);
    assert_int_equal(b.rc, SQLITE_NOMEM);
    assert_int_equal(b.len, 0);
    buf_clear(&b);
    sqlite3_str *s = sqlite3_str_new(NULL);
    countdown = 0;
    sqlite3_str_appendf(s, "%5000d", 1);
    assert_null(arena_take_str(&a, s));
    countdown = -1;
    arena_clear(&a);
}

int main(void)
{
    sqlite3_mem_methods failing;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
    failing = real;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_is_filled_again),
        cmocka_unit_test(arena_copies_texts),
        cmocka_unit_test(buf_grows_to_its_limit),
        cmocka_unit_test(out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
