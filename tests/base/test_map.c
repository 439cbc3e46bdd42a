/* SPDX-License-Identifier: MIT */
#include "base/map.h"
#include "tests/support/suite.h"

#include <stdio.h>

START_TEST(fifty_thousand_strings_keep_their_order)
{
    struct tn_map map = {0};
    char word[16];
    size_t index;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < 50000; i++) {
            const int length = snprintf(word, sizeof word, "w%zu", i * 7919);

            ck_assert_int_eq(tn_map_add(&map, word, (size_t)length, &index, NULL), TN_OK);
            ck_assert_uint_eq(index, i);
        }
    ck_assert_uint_eq(map.count, 50000);
    ck_assert_str_eq(tn_map_text(&map, 2), "w15838");
    ck_assert_uint_eq(tn_map_find(&map, "w15838", 6), 2);
    ck_assert_uint_eq(tn_map_find(&map, "w1", 2), TN_MAP_NONE);
    tn_map_finish(&map);
}
END_TEST

START_TEST(values_stay_with_their_strings)
{
    struct tn_map map = {0};
    char word[16];
    size_t index;

    for (uint64_t i = 0; i < 1000; i++) {
        const int length = snprintf(word, sizeof word, "%d", (int)i);

        ck_assert_int_eq(tn_map_add(&map, word, (size_t)length, &index, NULL), TN_OK);
        ck_assert(map.entries[index].value == 0);
        map.entries[index].value = i * i;
    }
    ck_assert(map.entries[tn_map_find(&map, "30", 2)].value == 900);
    tn_map_finish(&map);
}
END_TEST

START_TEST(bytes_of_any_kind_are_keys)
{
    struct tn_map map = {0};
    size_t index;

    ck_assert_uint_eq(tn_map_find(&map, "", 0), TN_MAP_NONE);
    ck_assert_int_eq(tn_map_add(&map, "a\0b", 3, &index, NULL), TN_OK);
    ck_assert_int_eq(tn_map_add(&map, "", 0, &index, NULL), TN_OK);
    ck_assert_uint_eq(tn_map_find(&map, "a\0b", 3), 0);
    ck_assert_uint_eq(tn_map_find(&map, "", 0), 1);
    ck_assert_uint_eq(tn_map_find(&map, "a", 1), TN_MAP_NONE);
    tn_map_finish(&map);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("map");

    tcase_add_test(tcase, fifty_thousand_strings_keep_their_order);
    tcase_add_test(tcase, values_stay_with_their_strings);
    tcase_add_test(tcase, bytes_of_any_kind_are_keys);
    suite_add_tcase(suite, tcase);
    return suite;
}
