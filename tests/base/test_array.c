/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "tests/support/suite.h"

#include <stdint.h>
#include <stdlib.h>

START_TEST(elements_stay_while_it_grows)
{
    size_t capacity = 0, moves = 0;
    int *array = NULL;

    for (size_t i = 0; i < 10000; i++) {
        const size_t before = capacity;

        ck_assert_int_eq(tn_array_reserve(&array, &capacity, i + 1, NULL), TN_OK);
        moves += capacity != before;
        array[i] = (int)i;
    }
    for (size_t i = 0; i < 10000; i++)
        ck_assert_int_eq(array[i], (int)i);
    ck_assert_uint_lt(moves, 20);
    free(array);
}
END_TEST

START_TEST(a_first_block_has_the_size_that_is_needed)
{
    size_t capacity = 0;
    char *array = NULL;

    ck_assert_int_eq(tn_array_reserve(&array, &capacity, 1000, NULL), TN_OK);
    ck_assert_uint_eq(capacity, 1000);
    free(array);
}
END_TEST

START_TEST(nothing_needed_is_a_block_too)
{
    size_t capacity = 0;
    char *array = NULL;

    ck_assert_int_eq(tn_array_reserve(&array, &capacity, 0, NULL), TN_OK);
    ck_assert_ptr_nonnull(array);
    free(array);
}
END_TEST

START_TEST(what_no_memory_can_hold_leaves_it_as_it_was)
{
    size_t capacity = 0;
    double *array = NULL, *before;
    struct tn_error err;

    ck_assert_int_eq(tn_array_reserve(&array, &capacity, 1, NULL), TN_OK);
    before = array;
    ck_assert_int_eq(tn_array_reserve(&array, &capacity, SIZE_MAX / 8 + 2, &err), TN_NOMEM);
    ck_assert_ptr_eq(array, before);
    ck_assert_uint_eq(capacity, 16);
    free(array);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("array");
    TCase *tcase = tcase_create("array");

    tcase_add_test(tcase, elements_stay_while_it_grows);
    tcase_add_test(tcase, a_first_block_has_the_size_that_is_needed);
    tcase_add_test(tcase, nothing_needed_is_a_block_too);
    tcase_add_test(tcase, what_no_memory_can_hold_leaves_it_as_it_was);
    suite_add_tcase(suite, tcase);
    return suite;
}
