/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"

#include "base/status.h"

#include <stdint.h>
#include <string.h>

START_TEST(a_failure_carries_its_status_and_its_sentence)
{
    struct tn_error err = {.text = ""};

    ck_assert_int_eq(tn_fail(&err, TN_SHAPE, "%s: expected %d", "fc6", 3), TN_SHAPE);
    ck_assert_int_eq(err.status, TN_SHAPE);
    ck_assert_str_eq(err.text, "fc6: expected 3");
    ck_assert_int_eq(tn_fail(NULL, TN_IO, "nobody listens"), TN_IO);
    ck_assert_int_eq(tn_fail_nomem(&err, 17), TN_NOMEM);
    ck_assert_ptr_nonnull(strstr(err.text, "17 bytes"));
}
END_TEST

START_TEST(a_long_sentence_is_cut_between_characters)
{
    char text[2 * TN_ERROR_TEXT_SIZE];
    struct tn_error err;

    /* two, three and four byte characters, cut after each of their bytes */
    static const char *const characters[] = {"\xC3\xA9", "\xE7\x8B\x97", "\xF0\x9F\x90\x95"};
    const char *character = characters[_i % 3];
    const size_t length = strlen(character), shift = (size_t)_i / 3;

    memset(text, 'x', shift);
    for (size_t at = shift; at + length < sizeof text; at += length) {
        memcpy(text + at, character, length);
        text[at + length] = '\0';
    }
    (void)!tn_fail(&err, TN_IO, "%s", text);
    ck_assert_uint_lt(strlen(err.text), TN_ERROR_TEXT_SIZE);
    ck_assert_uint_ge(strlen(err.text), TN_ERROR_TEXT_SIZE - length);
    ck_assert_uint_eq((strlen(err.text) - shift) % length, 0);
}
END_TEST

START_TEST(every_status_has_words)
{
    ck_assert_str_eq(tn_status_text(TN_OK), "success");
    ck_assert_str_eq(tn_status_text(TN_CANCELLED), "cancelled");
    ck_assert_str_eq(tn_status_text((enum tn_status)1000), "unknown status");
}
END_TEST

static enum tn_status twice(int *calls, enum tn_status first)
{
    ++*calls;
    TN_TRY(first);
    ++*calls;
    return TN_OK;
}

START_TEST(try_returns_at_the_first_failure)
{
    int calls = 0;

    ck_assert_int_eq(twice(&calls, TN_RANGE), TN_RANGE);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(twice(&calls, TN_OK), TN_OK);
    ck_assert_int_eq(calls, 3);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("status");
    TCase *tcase = tcase_create("status");

    tcase_add_test(tcase, a_failure_carries_its_status_and_its_sentence);
    tcase_add_loop_test(tcase, a_long_sentence_is_cut_between_characters, 0, 12);
    tcase_add_test(tcase, every_status_has_words);
    tcase_add_test(tcase, try_returns_at_the_first_failure);
    suite_add_tcase(suite, tcase);
    return suite;
}
