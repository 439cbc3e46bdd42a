/* SPDX-License-Identifier: MIT */
/* The tokeniser's rules, one sentence each, and the way back. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "vocab/tokenize.h"

struct sentence {
    const char *text;
    const char *tokens; /* joined by spaces */
};

static const struct sentence english[] = {
    {"", ""},
    {"A man's dog can't swim.", "a man 's dog ca n't swim"},
    {"a man 's dog do n't", "a man 's dog do n't"},
    {"It\xe2\x80\x99s; they\xe2\x80\x99re, don\xe2\x80\x99t", "it 's they 're do n't"},
    {"I'm we'd you'll I've", "i 'm we 'd you 'll i 've"},
    {"the dogs' toys", "the dogs toys"},
    {"cannot gonna", "can not gon na"},
    {"\"quoted\" 'single' \xe2\x80\x9csmart\xe2\x80\x9d ``tex''", "quoted single smart tex"},
    {"(round) [square] {curly}", "round square curly"},
    {"wait... what?! -- well\xe2\x80\x94yes: no", "wait what well yes no"},
    {"T-Shirt snow-covered t-shirt's tug-of-war -ependent",
     "t-shirt snow-covered t-shirt 's tug-of-war ependent"},
    {"1,000 3.14 10:30 1/2 -5 .5 $5 #1 5% 3rd", "1,000 3.14 10:30 1/2 -5 .5 $ 5 # 1 5 % 3rd"},
    {"Mr. Smith, U.S. at D.C. e.g. end.", "mr. smith u.s. at d.c. e.g. end"},
    {"dog.The example.com", "dog the example.com"},
    {"AT&T a&b black/white x=y", "at&t a & b black/white x=y"},
    {"o'clock O'Brien rock 'n' roll y'all the '50s",
     "o'clock o'brien rock 'n' roll y'all the '50s"},
    {"http://x.org/a?b=1, www.x.org. me@mail.com", "http://x.org/a?b=1 www.x.org me@mail.com"},
    {"\xc3\x89"
     "COLE caf\xc3\xa9 co\xc2\xadop",
     "\xc3\xa9"
     "cole caf\xc3\xa9 coop"},
    {"5\xc2\xb0 \xc2\xa9 \xc2\xbd cup", "5 \xc2\xb0 \xc2\xa9 1/2 cup"},
    {"a\tb\nc\xc2\xa0"
     "d\xe3\x80\x80"
     "e",
     "a b c d e"},
    {"bad\xff"
     "bytes\xc3 \xed\xa0\x80 \xef\xbf\xbd end",
     "bad bytes end"},
    {"<unk>", "< unk >"},
    {"it' ' '' - -- -' '-", "it"},
};

/* Two women by the tree, No. 8; T-shirt; full-width letters. */
static const struct sentence chinese[] = {
    {"\xe4\xb8\xa4\xe4\xb8\xaa\xe5\xa5\xb3\xe4\xba\xba\xe3\x80\x82",
     "\xe4\xb8\xa4 \xe4\xb8\xaa \xe5\xa5\xb3 \xe4\xba\xba"},
    {"T\xe6\x81\xa4\xef\xbc\x8c"
     "28\xe5\x8f\xb7",
     "t \xe6\x81\xa4 28 \xe5\x8f\xb7"},
    {"\xef\xbc\xa1\xef\xbd\x82\xef\xbc\x91\xe4\xba\xba", "ab1 \xe4\xba\xba"},
    {"\xe3\x80\x8c\xe4\xba\xba\xff\xe3\x80\x8d DVD\xe6\x9c\xba", "\xe4\xba\xba dvd \xe6\x9c\xba"},
};

static void check(enum vocab_language language, const struct sentence *sentence)
{
    struct vocab_tokens tokens = {0};
    char joined[512] = "";

    ck_assert_int_eq(
        vocab_tokenize(language, sentence->text, strlen(sentence->text), &tokens, NULL), TN_OK);
    for (size_t i = 0; i < tokens.count; i++) {
        if (i > 0)
            strcat(joined, " ");
        strcat(joined, tokens.text + tokens.offsets[i]);
    }
    ck_assert_str_eq(joined, sentence->tokens);
    vocab_tokens_finish(&tokens);
}

START_TEST(english_is_cut_by_treebank_rules)
{
    check(VOCAB_ENGLISH, &english[_i]);
}
END_TEST

START_TEST(chinese_is_cut_into_characters)
{
    check(VOCAB_CHINESE, &chinese[_i]);
}
END_TEST

START_TEST(memory_is_reused_and_nul_separates)
{
    struct vocab_tokens tokens = {0};

    ck_assert_int_eq(vocab_tokenize(VOCAB_ENGLISH, "one two three", 13, &tokens, NULL), TN_OK);
    ck_assert_uint_eq(tokens.count, 3);
    ck_assert_int_eq(vocab_tokenize(VOCAB_ENGLISH, "a\0b", 3, &tokens, NULL), TN_OK);
    ck_assert_uint_eq(tokens.count, 2);
    ck_assert_str_eq(tokens.text + tokens.offsets[1], "b");
    ck_assert_int_eq(vocab_tokenize(VOCAB_ENGLISH, NULL, 0, &tokens, NULL), TN_OK);
    ck_assert_uint_eq(tokens.count, 0);
    vocab_tokens_finish(&tokens);
}
END_TEST

START_TEST(detokenize_undoes_the_cuts)
{
    static const char *const words[] = {"a",   "man",  "'s", "t-shirt", "i",   "'m",
                                        "can", "not",  "do", "n't",     "go",  "5",
                                        "%",   "cost", "$",  "7",       "can", "stop"};
    char out[128];

    vocab_detokenize(VOCAB_ENGLISH, words, sizeof words / sizeof *words, out, sizeof out);
    ck_assert_str_eq(out, "a man's t-shirt I'm cannot don't go 5% cost $7 can stop");
    ck_assert_uint_eq(vocab_detokenize(VOCAB_ENGLISH, words, 0, out, sizeof out), 0);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(detokenize_writes_chinese_without_blanks)
{
    static const char *const words[] = {"28", "\xe5\x8f\xb7", "t", "\xe6\x81\xa4", "dvd", "7"};
    char out[64];

    vocab_detokenize(VOCAB_CHINESE, words, 6, out, sizeof out);
    ck_assert_str_eq(out, "28\xe5\x8f\xb7t\xe6\x81\xa4"
                          "dvd 7");
}
END_TEST

START_TEST(detokenize_cuts_at_a_character)
{
    static const char *const words[] = {"a", "\xc3\xa9\xc3\xa9", "b"};
    char out[8];

    ck_assert_uint_eq(vocab_detokenize(VOCAB_ENGLISH, words, 3, out, 6), 4);
    ck_assert_str_eq(out, "a \xc3\xa9");
    ck_assert_uint_eq(vocab_detokenize(VOCAB_ENGLISH, words, 3, out, 1), 0);
    ck_assert_str_eq(out, "");
    ck_assert_uint_eq(vocab_detokenize(VOCAB_ENGLISH, words, 3, NULL, 0), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tokenize");
    TCase *cases = tcase_create("tokenize");

    tcase_add_loop_test(cases, english_is_cut_by_treebank_rules, 0,
                        sizeof english / sizeof *english);
    tcase_add_loop_test(cases, chinese_is_cut_into_characters, 0, sizeof chinese / sizeof *chinese);
    tcase_add_test(cases, memory_is_reused_and_nul_separates);
    tcase_add_test(cases, detokenize_undoes_the_cuts);
    tcase_add_test(cases, detokenize_writes_chinese_without_blanks);
    tcase_add_test(cases, detokenize_cuts_at_a_character);
    suite_add_tcase(suite, cases);
    return suite;
}
