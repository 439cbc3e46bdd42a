/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "vocab/vocab.h"

static struct vocab *build(const char *const *tokens, size_t minimum, size_t limit)
{
    struct vocab_builder *builder;
    struct vocab *vocab;

    ck_assert_int_eq(vocab_builder_create(&builder, NULL), TN_OK);
    for (; *tokens; tokens++)
        ck_assert_int_eq(vocab_builder_add(builder, *tokens, strlen(*tokens), NULL), TN_OK);
    ck_assert_int_eq(vocab_builder_build(builder, minimum, limit, &vocab, NULL), TN_OK);
    vocab_builder_destroy(builder);
    return vocab;
}

START_TEST(words_follow_by_falling_frequency_then_bytes)
{
    static const char *const tokens[] = {"dog", "a", "<unk>", "cat", "a", "dog", "a", "ant", NULL};
    struct vocab *vocab = build(tokens, 1, 0);

    ck_assert_str_eq(vocab_text(vocab), "a\ndog\nant\ncat\n");
    ck_assert_uint_eq(vocab_count(vocab), VOCAB_FIRST_WORD + 4);
    ck_assert_int_eq(vocab_id(vocab, "a", 1), VOCAB_FIRST_WORD);
    ck_assert_int_eq(vocab_id(vocab, "cat", 3), VOCAB_FIRST_WORD + 3);
    ck_assert_str_eq(vocab_word(vocab, VOCAB_FIRST_WORD + 1), "dog");
    ck_assert_str_eq(vocab_word(vocab, VOCAB_UNKNOWN), "<unk>");
    vocab_destroy(vocab);
}
END_TEST

START_TEST(minimum_and_limit_leave_out_the_rare)
{
    static const char *const tokens[] = {"a", "a", "a", "b", "b", "c", "c", "d", NULL};
    struct vocab *vocab = build(tokens, 2, 0);

    ck_assert_str_eq(vocab_text(vocab), "a\nb\nc\n");
    vocab_destroy(vocab);
    vocab = build(tokens, 1, 2);
    ck_assert_str_eq(vocab_text(vocab), "a\nb\n");
    vocab_destroy(vocab);
}
END_TEST

/* The minimum is of the new words alone. */
START_TEST(a_vocabulary_is_extended_behind_its_words)
{
    static const char *const first[] = {"dog", "a", "a", NULL};
    static const char *const then[] = {"cat", "a", "ant", "cat", "cat", "dog", "ant", "rare", NULL};
    struct vocab *base = build(first, 1, 0), *vocab;
    struct vocab_builder *builder;

    ck_assert_int_eq(vocab_builder_create(&builder, NULL), TN_OK);
    for (size_t i = 0; then[i]; i++)
        ck_assert_int_eq(vocab_builder_add(builder, then[i], strlen(then[i]), NULL), TN_OK);
    ck_assert_int_eq(vocab_builder_extend(builder, base, 2, 0, &vocab, NULL), TN_OK);
    ck_assert_str_eq(vocab_text(vocab), "a\ndog\ncat\nant\n");
    for (int id = 0; (size_t)id < vocab_count(base); id++)
        ck_assert_str_eq(vocab_word(vocab, id), vocab_word(base, id));
    vocab_destroy(vocab);
    ck_assert_int_eq(vocab_builder_extend(builder, base, 9, 0, &vocab, NULL), TN_OK);
    ck_assert_str_eq(vocab_text(vocab), vocab_text(base));
    vocab_destroy(vocab);
    ck_assert_int_eq(vocab_builder_extend(builder, base, 1, 3, &vocab, NULL), TN_OK);
    ck_assert_str_eq(vocab_text(vocab), "a\ndog\ncat\n");
    vocab_destroy(vocab);
    ck_assert_int_eq(vocab_builder_extend(builder, base, 1, 1, &vocab, NULL), TN_OK);
    ck_assert_str_eq(vocab_text(vocab), vocab_text(base));
    vocab_destroy(vocab);
    vocab_destroy(base);
    vocab_builder_destroy(builder);
}
END_TEST

START_TEST(what_is_not_a_word_is_unknown)
{
    static const char *const tokens[] = {"a", NULL};
    struct vocab *vocab = build(tokens, 1, 0);

    ck_assert_int_eq(vocab_id(vocab, "b", 1), VOCAB_UNKNOWN);
    ck_assert_int_eq(vocab_id(vocab, "", 0), VOCAB_UNKNOWN);
    ck_assert_int_eq(vocab_id(vocab, "<end>", 5), VOCAB_UNKNOWN);
    ck_assert_int_eq(vocab_id(vocab, "aa", 1), VOCAB_FIRST_WORD);
    vocab_destroy(vocab);
}
END_TEST

START_TEST(builder_refuses_what_is_no_token)
{
    struct vocab_builder *builder;
    struct tn_error err;

    ck_assert_int_eq(vocab_builder_create(&builder, &err), TN_OK);
    ck_assert_int_eq(vocab_builder_add(builder, "", 0, &err), TN_FORMAT);
    ck_assert_int_eq(vocab_builder_add(builder, "a\0b", 3, &err), TN_FORMAT);
    ck_assert_int_eq(vocab_builder_add(builder, "\xc3", 1, &err), TN_FORMAT);
    vocab_builder_destroy(builder);
    vocab_builder_destroy(NULL);
    vocab_destroy(NULL);
}
END_TEST

START_TEST(text_and_parse_are_inverse)
{
    static const char *const tokens[] = {"\n", "\\", "\\n", "\xe4\xba\xba", " ", "a", NULL};
    struct vocab *vocab = build(tokens, 1, 0), *again;
    const char *text = vocab_text(vocab);

    ck_assert_int_eq(vocab_parse(text, strlen(text), &again, NULL), TN_OK);
    ck_assert_str_eq(vocab_text(again), text);
    for (int id = 0; id < (int)vocab_count(vocab); id++)
        ck_assert_str_eq(vocab_word(again, id), vocab_word(vocab, id));
    ck_assert_int_ne(vocab_id(again, "\n", 1), VOCAB_UNKNOWN);
    vocab_destroy(vocab);
    vocab_destroy(again);
}
END_TEST

START_TEST(parse_accepts_no_words_and_no_last_newline)
{
    struct vocab *vocab;

    ck_assert_int_eq(vocab_parse(NULL, 0, &vocab, NULL), TN_OK);
    ck_assert_uint_eq(vocab_count(vocab), VOCAB_FIRST_WORD);
    vocab_destroy(vocab);
    ck_assert_int_eq(vocab_parse("a\nb", 3, &vocab, NULL), TN_OK);
    ck_assert_str_eq(vocab_text(vocab), "a\nb\n");
    vocab_destroy(vocab);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} broken[] = {
    {"a\n\nb\n", "vocabulary line 2: empty word"},
    {"a\nb\na\n", "vocabulary line 3: \"a\" is there already"},
    {"<pad>\n", "vocabulary line 1: \"<pad>\" is there already"},
    {"a\n\xff\n", "vocabulary line 2: not valid UTF-8"},
    {"a\\t\n", "vocabulary line 1: unknown escape"},
    {"a\\", "vocabulary line 1: unknown escape"},
};

START_TEST(parse_names_the_broken_line)
{
    struct vocab *vocab = NULL;
    struct tn_error err;

    ck_assert_int_eq(vocab_parse(broken[_i].text, strlen(broken[_i].text), &vocab, &err),
                     TN_FORMAT);
    ck_assert_str_eq(err.text, broken[_i].message);
    ck_assert_ptr_null(vocab);
}
END_TEST

START_TEST(words_with_control_characters_stand_in_no_line)
{
    static const char *const without = "a\n\xC2\xA0\n\xE2\x80\xAE\n\\\\\n";
    static const char *const with[] = {"a\nb\tc\n", "a\n\\n\n",   "\x1b\n",
                                       "x\x7F\n",   "\xC2\x80\n", "a\xC2\x9Fz\n"};
    struct vocab *vocab;

    ck_assert_int_eq(vocab_parse(without, strlen(without), &vocab, NULL), TN_OK);
    ck_assert_int_eq(vocab_check_lines(vocab, NULL), TN_OK);
    vocab_destroy(vocab);
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        ck_assert_int_eq(vocab_parse(with[i], strlen(with[i]), &vocab, NULL), TN_OK);
        ck_assert_int_eq(vocab_check_lines(vocab, NULL), TN_FORMAT);
        vocab_destroy(vocab);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("vocab");
    TCase *cases = tcase_create("vocab");

    tcase_add_test(cases, words_follow_by_falling_frequency_then_bytes);
    tcase_add_test(cases, minimum_and_limit_leave_out_the_rare);
    tcase_add_test(cases, a_vocabulary_is_extended_behind_its_words);
    tcase_add_test(cases, what_is_not_a_word_is_unknown);
    tcase_add_test(cases, builder_refuses_what_is_no_token);
    tcase_add_test(cases, text_and_parse_are_inverse);
    tcase_add_test(cases, parse_accepts_no_words_and_no_last_newline);
    tcase_add_loop_test(cases, parse_names_the_broken_line, 0, sizeof broken / sizeof *broken);
    tcase_add_test(cases, words_with_control_characters_stand_in_no_line);
    suite_add_tcase(suite, cases);
    return suite;
}
