/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"

#include "tensor/layout.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

START_TEST(spans_do_not_overlap_and_start_at_16_floats)
{
    struct tn_layout layout = {0};
    size_t end = 0;

    for (size_t i = 0; i < 100; i++) {
        const size_t dims[] = {i % 7 + 1, 3};
        struct tn_span span;
        char name[32];

        snprintf(name, sizeof name, "layer%zu.weight", i);
        ck_assert_int_eq(tn_layout_add(&layout, name, 2, dims, &span, NULL), TN_OK);
        ck_assert_uint_eq(span.count, dims[0] * 3);
        ck_assert_uint_eq(span.offset % 16, 0);
        ck_assert_uint_ge(span.offset, end);
        end = span.offset + span.count;
    }
    ck_assert_uint_ge(layout.floats, end);
    ck_assert_uint_eq(tn_layout_find(&layout, "layer99.weight")->dims[0], 99 % 7 + 1);
    ck_assert_ptr_null(tn_layout_find(&layout, "layer100.weight"));
    tn_layout_finish(&layout);
    ck_assert_uint_eq(layout.count, 0);
}
END_TEST

START_TEST(a_parameter_too_large_is_an_error)
{
    struct tn_layout layout = {0};
    struct tn_span span;
    struct tn_error err;

    ck_assert_int_eq(tn_layout_add(&layout, "a", 2, (size_t[]){SIZE_MAX / 2, 3}, &span, &err),
                     TN_RANGE);
    ck_assert_int_eq(tn_layout_add(&layout, "a", 1, (size_t[]){SIZE_MAX / 4}, &span, &err),
                     TN_RANGE);
    ck_assert_uint_eq(layout.count, 0);
    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), '\0'};

        ck_assert_int_eq(tn_layout_add(&layout, name, 1, (size_t[]){SIZE_MAX / 17}, &span, &err),
                         i == 0 ? TN_OK : TN_RANGE);
    }
    tn_layout_finish(&layout);
}
END_TEST

START_TEST(a_layout_can_be_appended_to_another)
{
    struct tn_layout part = {0}, whole = {0};
    struct tn_span a, b;
    size_t base;

    ck_assert_int_eq(tn_layout_add(&part, "a", 1, (size_t[]){5}, &a, NULL), TN_OK);
    ck_assert_int_eq(tn_layout_add(&part, "b", 2, (size_t[]){2, 3}, &b, NULL), TN_OK);
    ck_assert_int_eq(tn_layout_add(&whole, "first", 1, (size_t[]){17}, &(struct tn_span){0}, NULL),
                     TN_OK);
    base = whole.floats;
    ck_assert_int_eq(tn_layout_append(&whole, &part, NULL), TN_OK);
    ck_assert_uint_eq(tn_layout_find(&whole, "a")->span.offset, base + a.offset);
    ck_assert_uint_eq(tn_layout_find(&whole, "b")->span.offset, base + b.offset);
    ck_assert_uint_eq(tn_layout_find(&whole, "b")->dims[1], 3);
    ck_assert_uint_eq(whole.floats, base + part.floats);
    tn_layout_finish(&part);
    tn_layout_finish(&whole);
}
END_TEST

START_TEST(a_name_behind_a_prefix_has_to_fit)
{
    struct tn_layout layout = {0};
    char prefix[TN_NAME_SIZE];
    struct tn_span span;
    struct tn_error err;

    memset(prefix, 'x', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = '\0';
    ck_assert_int_eq(tn_layout_add_behind(&layout, prefix, "w", 1, (size_t[]){3}, &span, &err),
                     TN_RANGE);
    ck_assert_int_eq(tn_layout_add_behind(&layout, prefix + 1, "w", 1, (size_t[]){3}, &span, &err),
                     TN_OK);
    ck_assert_uint_eq(span.count, 3);
    tn_layout_finish(&layout);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("layout");
    TCase *tcase = tcase_create("layout");

    tcase_add_test(tcase, spans_do_not_overlap_and_start_at_16_floats);
    tcase_add_test(tcase, a_layout_can_be_appended_to_another);
    tcase_add_test(tcase, a_name_behind_a_prefix_has_to_fit);
    tcase_add_test(tcase, a_parameter_too_large_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
