/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first and last of each length, and what lies just outside (Unicode 15, table 3-7). */
static const struct {
    const char *text;
    size_t bytes;
} sequences[] = {
    {"a", 1},
    {"\x7F", 1},
    {"\xC2\x80", 2},
    {"\xDF\xBF", 2},
    {"\xE0\xA0\x80", 3},
    {"\xED\x9F\xBF", 3},
    {"\xEE\x80\x80", 3},
    {"\xEF\xBF\xBF", 3},
    {"\xF0\x90\x80\x80", 4},
    {"\xF4\x8F\xBF\xBF", 4},
    {"\x80", 0},
    {"\xC1\xBF", 0},         /* longer than needed */
    {"\xE0\x9F\xBF", 0},     /* likewise */
    {"\xF0\x8F\xBF\xBF", 0}, /* likewise */
    {"\xED\xA0\x80", 0},     /* a surrogate */
    {"\xF4\x90\x80\x80", 0}, /* behind U+10FFFF */
    {"\xF5\x80\x80\x80", 0},
    {"\xC3(", 0},
    {"\xE7\x8B(", 0},
    {"\xFF", 0},
};

START_TEST(a_sequence_is_well_formed_or_none)
{
    const char *text = sequences[_i].text;
    const size_t bytes = sequences[_i].bytes;

    ck_assert_uint_eq(tn_utf8_sequence(text, strlen(text)), bytes);
    ck_assert_int_eq(tn_utf8_is_valid(text, strlen(text)), bytes > 0);
    for (size_t cut = 1; cut < bytes; cut++)
        ck_assert_uint_eq(tn_utf8_sequence(text, cut), 0);
}
END_TEST

START_TEST(all_of_a_text_is_looked_at)
{
    ck_assert(tn_utf8_is_valid("", 0));
    ck_assert(tn_utf8_is_valid("a\0\xE7\x8B\x97", 5));
    ck_assert(!tn_utf8_is_valid("a\0\xE7\x8B\x97", 4));
    ck_assert(!tn_utf8_is_valid("\xE7\x8B\x97\xFF.", 5));
}
END_TEST

START_TEST(what_fits_ends_with_a_character)
{
    static const char text[] = "a\xC3\xA9\xE7\x8B\x97\xF0\x9F\x90\x95.";
    static const int fits[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    char shown[sizeof text];

    for (int most = 0; most < (int)(sizeof fits / sizeof fits[0]); most++)
        ck_assert_int_eq(tn_utf8_fit(text, most), fits[most]);
    snprintf(shown, sizeof shown, "%.*s", TN_FIT(text, 5));
    ck_assert_str_eq(shown, "a\xC3\xA9");
    ck_assert_int_eq(tn_utf8_fit("\x97\x97\x97", 2), 2); /* nothing that a cut could have begun */
}
END_TEST

START_TEST(json_becomes_ascii_that_means_the_same)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"{\"a\": 1}", "{\"a\": 1}"},
        {"\"\xC3\xA9\xE7\x8B\x97\"", "\"\\u00e9\\u72d7\""},
        {"\"\xF0\x9F\x98\x80\"", "\"\\ud83d\\ude00\""},
        {"\\\\\xC3\xA9", "\\\\\\u00e9"}, /* behind a backslash that is escaped itself */
        {"\\\xC3\xA9", "\\\xC3\xA9"},    /* no escape that JSON has, and none that it gets */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length;
        char *ascii = tn_utf8_to_json_ascii(rows[i][0], strlen(rows[i][0]), &length);

        ck_assert_str_eq(ascii, rows[i][1]);
        ck_assert_uint_eq(length, strlen(rows[i][1]));
        free(ascii);
    }
}
END_TEST

START_TEST(what_is_not_utf8_becomes_nothing)
{
    size_t length = 1;

    ck_assert_ptr_null(tn_utf8_to_json_ascii("\"\xFF\"", 3, &length));
    ck_assert_uint_eq(length, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("utf8");

    tcase_add_loop_test(tcase, a_sequence_is_well_formed_or_none, 0,
                        sizeof sequences / sizeof *sequences);
    tcase_add_test(tcase, all_of_a_text_is_looked_at);
    tcase_add_test(tcase, what_fits_ends_with_a_character);
    tcase_add_test(tcase, json_becomes_ascii_that_means_the_same);
    tcase_add_test(tcase, what_is_not_utf8_becomes_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
