/* The hidden key: values come back as they went in, equal values give equal bytes, and nothing else is taken for
** a key, whatever is cut off or changed. */
#include "unit.h"

#include "model/keycode.h"

#include <stdlib.h>
#include <string.h>

static void same_cell(const struct cell *a, const struct cell *b)
{
    assert_int_equal(a->cls, b->cls);
    assert_int_equal(cell_compare(a, b), 0);
}

static void round_trip(void **state)
{
    (void)state;
    struct cell in[] = {
        cell_null(),
        cell_int(0),
        cell_int(-1),
        cell_int(9223372036854775807LL),
        cell_real(0.5),
        cell_real(-1e300),
        cell_str(""),
        cell_str("text"),
        cell_text("a\0b", 3),
        cell_blob("", 0),
        cell_blob("\0\1\2", 3),
    };
    struct cell out[COUNT(in)];
    struct buf key;
    struct err err;
    buf_init(&key, 1 << 20);
    for (size_t i = 0; i < COUNT(in); i++)
        keycode_add(&key, &in[i]);
    assert_int_equal(keycode_read(key.data, key.len, out, COUNT(in), &err), SQLITE_OK);
    for (size_t i = 0; i < COUNT(in); i++)
        same_cell(&in[i], &out[i]);
    /* one value less or more is another key */
    assert_int_equal(keycode_read(key.data, key.len, out, COUNT(in) - 1, &err), SQLITE_CORRUPT);
    for (size_t n = 0; n < key.len; n++)
        assert_int_equal(keycode_read(key.data, n, out, COUNT(in), &err), SQLITE_CORRUPT);
    buf_clear(&key);
}

static void negative_zero(void **state)
{
    (void)state;
    struct buf a, b;
    struct cell zero = cell_real(0.0), minus = cell_real(-0.0);
    buf_init(&a, 100);
    buf_init(&b, 100);
    keycode_add(&a, &zero);
    keycode_add(&b, &minus);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    buf_clear(&a);
    buf_clear(&b);
}

/* Any bytes: refused, or values that give the same bytes again. */
static void random_bytes(void **state)
{
    (void)state;
    srand(7);
    for (int i = 0; i < 100000; i++) {
        unsigned char bytes[24];
        size_t n = (size_t)rand() % sizeof bytes;
        struct cell values[3];
        struct err err;
        for (size_t k = 0; k < n; k++)
            bytes[k] = (unsigned char)(rand() % 4 ? rand() % 6 : rand());
        int want = rand() % 3 + 1;
        if (keycode_read(bytes, n, values, want, &err) != SQLITE_OK)
            continue;
        struct buf key;
        buf_init(&key, 1000);
        for (int k = 0; k < want; k++)
            keycode_add(&key, &values[k]);
        bool nan = false; /* a NaN is read as NULL */
        for (int k = 0; k < want; k++)
            nan = nan || values[k].cls == CELL_NULL || values[k].cls == CELL_REAL;
        if (!nan) {
            assert_int_equal(key.len, n);
            assert_memory_equal(key.data, bytes, n);
        }
        buf_clear(&key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(negative_zero),
        cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
