/* SPDX-License-Identifier: MIT */
/* Which captions the outputs get, and how they are worded. */
#include "tests/support/suite.h"

#include "app/caption/wording.h"

static const struct captioner_caption captions[] = {
    {.text = "a dog", .confidence = 0.6, .word_count = 2}, {.text = "a cat", .confidence = 0.2}};
static const struct captioner_keyword keyword = {"dog", 0.5};

static struct captioner_result result_of(bool photo)
{
    return (struct captioner_result){.count = 2,
                                     .captions = captions,
                                     .keyword_count = 1,
                                     .keywords = &keyword,
                                     .not_a_photo = !photo};
}

/* Checks the captions that are left, which end in NULL. */
static void check_worded(const struct app_wording *wording, bool photo, size_t keywords,
                         const char *const *expected)
{
    const struct captioner_result result = result_of(photo);
    struct app_worded worded;
    struct tn_error err;
    size_t count = 0;

    ck_assert_int_eq(app_word(wording, &result, &worded, &err), TN_OK);
    for (; expected[count]; count++) {
        ck_assert_uint_lt(count, worded.result.count);
        ck_assert_str_eq(worded.result.captions[count].text, expected[count]);
    }
    ck_assert_uint_eq(worded.result.count, count);
    ck_assert_uint_eq(worded.result.keyword_count, keywords);
    ck_assert_int_eq(worded.result.not_a_photo, !photo);
    if (count > 0) /* the rest of a caption stays */
        ck_assert_uint_eq(worded.result.captions[0].word_count, 2);
    app_worded_finish(&worded);
}

START_TEST(captions_are_chosen_and_worded)
{
    check_worded(&(struct app_wording){0}, true, 1, (const char *[]){"a dog", "a cat", NULL});
    check_worded(&(struct app_wording){.min_confidence = 0.3}, true, 1,
                 (const char *[]){"a dog", NULL});
    check_worded(&(struct app_wording){.min_confidence = 0.7}, true, 1, (const char *[]){NULL});
    check_worded(&(struct app_wording){.prefix = "sks, "}, true, 1,
                 (const char *[]){"sks, a dog", "sks, a cat", NULL});
    check_worded(&(struct app_wording){.suffix = "!", .min_confidence = 0.3}, true, 1,
                 (const char *[]){"a dog!", NULL});
    check_worded(&(struct app_wording){.prefix = "<%s>", .suffix = "%n"}, true, 1,
                 (const char *[]){"<%s>a dog%n", "<%s>a cat%n", NULL});
    check_worded(&(struct app_wording){.prefix = "", .suffix = ""}, true, 1,
                 (const char *[]){"a dog", "a cat", NULL});
}
END_TEST

START_TEST(of_no_photo_nothing_is_said_unless_it_is_wanted)
{
    check_worded(&(struct app_wording){0}, false, 0, (const char *[]){NULL});
    check_worded(&(struct app_wording){.prefix = "x"}, false, 0, (const char *[]){NULL});
    check_worded(&(struct app_wording){.any_picture = true, .prefix = "x "}, false, 1,
                 (const char *[]){"x a dog", "x a cat", NULL});
}
END_TEST

START_TEST(wording_is_text)
{
    static const char *const texts[] = {"", "sks, ", "h\xC3\xBC \xE7\x8B\x97 \xF0\x9F\x90\x95",
                                        "\xEF\xBF\xBD\xEF\xB7\x8F\xEF\xB7\xB0", "\\n%"};
    static const char *const others[] = {"a\nb",
                                         "\t",
                                         "\x1B[1m",
                                         "\x7F",
                                         "\xFF",
                                         "\xE2\x80\xAE",
                                         "\xC3",
                                         "\xC2\x9B",
                                         "\xE2\x80\xA8",
                                         "\xEF\xBF\xBF",
                                         "\xEF\xBF\xBE",
                                         "\xEF\xB7\x90",
                                         "x\xF0\x9F\xBF\xBF",
                                         "\xF4\x8F\xBF\xBE"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(app_is_wording(texts[i], ""), "'%s'", texts[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!app_is_wording(others[i], ""), "the %zuth", i);
    ck_assert(app_is_wording("{path}\t{caption}\n", "\t\n"));
    ck_assert(!app_is_wording("{path}\r", "\t\n"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("wording");
    TCase *tcase = tcase_create("wording");

    tcase_add_test(tcase, captions_are_chosen_and_worded);
    tcase_add_test(tcase, of_no_photo_nothing_is_said_unless_it_is_wanted);
    tcase_add_test(tcase, wording_is_text);
    suite_add_tcase(suite, tcase);
    return suite;
}
