/* SPDX-License-Identifier: MIT */
/* Subwords against an independent implementation, and what holds of any text. */
#include "base/rng.h"
#include "tests/support/suite.h"
#include "tests/vocab/subwords_golden.h"
#include "vocab/subwords.h"
#include "vocab/text_column.h"

#include <string.h>

static struct vocab *learn(const char *text, size_t minimum, size_t limit, const struct vocab *base)
{
    struct vocab_builder *builder;
    struct vocab *vocab;

    ck_assert_int_eq(vocab_builder_create(&builder, NULL), TN_OK);
    ck_assert_int_eq(text_count(builder, VOCAB_SUBWORDS, text, strlen(text), NULL), TN_OK);
    ck_assert_int_eq(subwords_learn(builder, base, minimum, limit, &vocab, NULL), TN_OK);
    vocab_builder_destroy(builder);
    ck_assert_int_eq(subwords_check(vocab, NULL), TN_OK);
    return vocab;
}

static struct text_column encode(const struct vocab *vocab, const char *text, size_t length)
{
    struct text_column column = {0};

    ck_assert_int_eq(text_column_add(&column, VOCAB_SUBWORDS, vocab, text, length, 0, NULL), TN_OK);
    ck_assert_uint_eq(column.unknown, 0);
    return column;
}

START_TEST(the_vocabulary_is_that_of_the_slow_way)
{
    struct vocab *vocab = learn(golden_text, GOLDEN_MINIMUM, GOLDEN_LIMIT, NULL);
    size_t count = 0;

    for (; golden_vocabulary[count]; count++)
        if (VOCAB_FIRST_WORD + count < vocab_count(vocab))
            ck_assert_str_eq(vocab_word(vocab, (int)(VOCAB_FIRST_WORD + count)),
                             golden_vocabulary[count]);
    ck_assert_uint_eq(vocab_count(vocab), VOCAB_FIRST_WORD + count);
    vocab_destroy(vocab);
}
END_TEST

START_TEST(texts_are_cut_as_the_slow_way_does)
{
    struct vocab *vocab = learn(golden_text, GOLDEN_MINIMUM, GOLDEN_LIMIT, NULL);

    for (size_t i = 0; golden_texts[i]; i++) {
        struct text_column column = encode(vocab, golden_texts[i], strlen(golden_texts[i]));
        size_t count = 0;

        for (; golden_tokens[i][count]; count++)
            if (count < column.total)
                ck_assert_str_eq(vocab_word(vocab, column.ids[count]), golden_tokens[i][count]);
        ck_assert_uint_eq(column.total, count);
        text_column_finish(&column);
    }
    vocab_destroy(vocab);
}
END_TEST

/* The tokens joined are the text. */
static void check_joined(const struct vocab *vocab, const char *text, size_t length)
{
    struct text_column column = encode(vocab, text, length);
    const char *before = NULL;
    size_t at = 0;

    for (size_t i = 0; i < column.total; i++) {
        char out[VOCAB_LONGEST_WORD + 8];
        const char *word = vocab_word(vocab, column.ids[i]);
        const size_t bytes = vocab_unit_text(VOCAB_SUBWORDS, before, word, out);

        ck_assert_uint_le(at + bytes, length);
        ck_assert_mem_eq(text + at, out, bytes);
        at += bytes;
        before = word;
    }
    ck_assert_uint_eq(at, length);
    text_column_finish(&column);
}

/* Characters of all lengths, blanks, bytes' stand-ins, and runs of the same. */
static size_t draw_text(struct tn_rng *rng, char *text, size_t characters)
{
    static const char *const drawn[] = {" ",
                                        " ",
                                        "\n",
                                        "\t",
                                        "a",
                                        "e",
                                        "the",
                                        "-",
                                        "'",
                                        "_",
                                        "\r",
                                        "\xC3\xA9",
                                        "\xE4\xB8\xAD",
                                        "\xEE\x80\x81",
                                        "\xEE\x83\xBF",
                                        ".",
                                        "\xF0\x9F\x98\x80",
                                        "\xC2\xA0",
                                        "\xEF\xBF\xBF",
                                        "zzzzzz"};
    size_t used = 0;

    for (size_t i = 0; i < characters; i++) {
        const char *c = drawn[tn_rng_below(rng, sizeof drawn / sizeof *drawn)];
        const size_t times = tn_rng_below(rng, 40) == 0 ? 80 : 1;

        for (size_t n = 0; n < times; n++, used += strlen(c))
            memcpy(text + used, c, strlen(c));
    }
    text[used] = '\0';
    return used;
}

START_TEST(tokens_joined_are_any_text)
{
    enum { CHARACTERS = 200 };
    static char text[CHARACTERS * 80 * 8 + 1];
    struct vocab *vocab = learn(golden_text, GOLDEN_MINIMUM, GOLDEN_LIMIT, NULL), *own;
    struct tn_rng rng;

    tn_rng_init(&rng, 3);
    for (size_t n = 0; n < 50; n++) {
        const size_t length = draw_text(&rng, text, tn_rng_below(&rng, CHARACTERS));

        check_joined(vocab, text, length);
        own = learn(text, 1, 400, NULL);
        check_joined(own, text, length);
        vocab_destroy(own);
    }
    for (int byte = 1; byte < 128; byte++) {
        const char one = (char)byte;

        check_joined(vocab, &one, 1);
    }
    vocab_destroy(vocab);
}
END_TEST

START_TEST(a_limit_below_the_bytes_leaves_the_bytes)
{
    struct vocab *vocab = learn(golden_text, 1, 10, NULL);

    ck_assert_uint_eq(vocab_count(vocab), VOCAB_FIRST_WORD + 255);
    check_joined(vocab, golden_text, strlen(golden_text));
    vocab_destroy(vocab);
}
END_TEST

START_TEST(new_characters_follow_and_known_texts_are_cut_as_before)
{
    struct vocab *base = learn(golden_text, GOLDEN_MINIMUM, GOLDEN_LIMIT, NULL);
    struct vocab *vocab = learn("\xD1\x8F low \xD1\x8F low low", 2, 1000, base);
    struct text_column a = encode(base, golden_text, strlen(golden_text));
    struct text_column b = encode(vocab, golden_text, strlen(golden_text));

    ck_assert_uint_eq(vocab_count(vocab), vocab_count(base) + 1);
    ck_assert_str_eq(vocab_word(vocab, (int)vocab_count(base)), "\xD1\x8F");
    ck_assert_uint_eq(a.total, b.total);
    ck_assert_mem_eq(a.ids, b.ids, a.total * sizeof *a.ids);
    text_column_finish(&a);
    text_column_finish(&b);
    vocab_destroy(vocab);
    vocab_destroy(base);
}
END_TEST

START_TEST(a_vocabulary_without_a_byte_is_none_of_subwords)
{
    struct vocab *vocab;
    struct tn_error err;

    ck_assert_int_eq(vocab_parse("a\nb\n", 4, &vocab, NULL), TN_OK);
    ck_assert_int_eq(subwords_check(vocab, &err), TN_FORMAT);
    ck_assert_msg(strstr(err.text, "byte 1 has no token"), "%s", err.text);
    vocab_destroy(vocab);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("subwords");
    TCase *tcase = tcase_create("subwords");

    tcase_add_test(tcase, the_vocabulary_is_that_of_the_slow_way);
    tcase_add_test(tcase, texts_are_cut_as_the_slow_way_does);
    tcase_add_test(tcase, tokens_joined_are_any_text);
    tcase_add_test(tcase, a_limit_below_the_bytes_leaves_the_bytes);
    tcase_add_test(tcase, new_characters_follow_and_known_texts_are_cut_as_before);
    tcase_add_test(tcase, a_vocabulary_without_a_byte_is_none_of_subwords);
    suite_add_tcase(suite, tcase);
    return suite;
}
