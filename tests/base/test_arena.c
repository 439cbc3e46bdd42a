/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"

#include "base/arena.h"

#include <stdint.h>
#include <string.h>

static struct tn_arena arena;

static void finish(void)
{
    tn_arena_finish(&arena);
}

/* A plan with marks and releases; the buffers are filled where there are any. */
static void plan(struct tn_arena *a, float *ret_first[2])
{
    size_t mark;

    ret_first[0] = tn_arena_floats(a, 3);
    mark = tn_arena_mark(a);
    for (size_t i = 1; i < 40; i++) {
        unsigned char *scratch = tn_arena_alloc(a, i, 7);

        if (scratch)
            memset(scratch, 0xFF, i * 7);
    }
    tn_arena_release(a, mark);
    ret_first[1] = tn_arena_floats(a, 100);
}

START_TEST(what_is_measured_suffices)
{
    float *buffers[2];

    tn_arena_measure(&arena);
    plan(&arena, buffers);
    ck_assert_ptr_null(buffers[0]);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    ck_assert_uint_eq(arena.used, 0);
    plan(&arena, buffers);
    for (int i = 0; i < 2; i++)
        ck_assert_uint_eq((uintptr_t)buffers[i] % 64, 0);
    ck_assert(buffers[1] >= buffers[0] + 3);
    buffers[0][2] = buffers[1][99] = 1;
}
END_TEST

START_TEST(reserved_memory_is_zero)
{
    int *ints;

    tn_arena_measure(&arena);
    tn_arena_ints(&arena, 1000);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    ints = tn_arena_ints(&arena, 1000);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(ints[i], 0);
}
END_TEST

START_TEST(impossible_sizes_are_no_memory)
{
    struct tn_error err;

    tn_arena_measure(&arena);
    tn_arena_alloc(&arena, SIZE_MAX / 2, 3);
    ck_assert_int_eq(tn_arena_reserve(&arena, &err), TN_NOMEM);
    tn_arena_measure(&arena);
    tn_arena_alloc(&arena, SIZE_MAX / 2, 1);
    ck_assert_int_eq(tn_arena_reserve(&arena, &err), TN_NOMEM);
    tn_arena_measure(&arena);
    for (int i = 0; i < 16; i++)
        tn_arena_alloc(&arena, SIZE_MAX / 8, 1);
    ck_assert_int_eq(tn_arena_reserve(&arena, &err), TN_NOMEM);
}
END_TEST

START_TEST(an_empty_arena_is_fine)
{
    struct tn_arena zeroed = {0};

    tn_arena_finish(&zeroed);
    tn_arena_measure(&arena);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");

    tcase_add_checked_fixture(tcase, NULL, finish);
    tcase_add_test(tcase, what_is_measured_suffices);
    tcase_add_test(tcase, reserved_memory_is_zero);
    tcase_add_test(tcase, impossible_sizes_are_no_memory);
    tcase_add_test(tcase, an_empty_arena_is_fine);
    suite_add_tcase(suite, tcase);
    return suite;
}
