/* SPDX-License-Identifier: MIT */
/* A language model in use: texts side by side, int8 rows, and what is kept of each word. */
#include "models/language_search.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS = 21, LENGTH = 40, HIDDEN = 37 };

static char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 16];

/* Writes a model of random weights, with the cell of that name. */
static void write_model(const char *cell, size_t layers)
{
    static const char words[] = "\\n\na\nb\nc\nd\ne\nf\n";
    const struct text_config config = {.task = TEXT_LM,
                                       .unit = VOCAB_CHARS,
                                       .cell = rnn_cell_find(cell),
                                       .layers = layers,
                                       .embedding = 9,
                                       .hidden = HIDDEN};
    struct text_save save = {.config = &config, .training = ""};
    struct decoder_config c;
    struct decoder *decoder;
    struct vocab *vocab;
    struct tn_rng rng;
    float *theta;

    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    c = language_model_decoder(&config, vocab_count(vocab));
    ck_assert_int_eq(decoder_create(&c, TEXT_PREFIX, &decoder, NULL), TN_OK);
    save.vocab = vocab;
    save.layout = decoder_layout(decoder);
    save.theta = theta = malloc(save.layout->floats * sizeof *theta);
    tn_rng_init(&rng, 11);
    tn_rng_fill_uniform(&rng, theta, save.layout->floats, 0.4F);
    ck_assert_int_eq(text_model_save(path, &save, NULL), TN_OK);
    free(theta);
    decoder_destroy(decoder);
    vocab_destroy(vocab);
}

static void setup(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model", folder);
    write_model("lstm", 2);
}

static void teardown(void)
{
    test_folder_remove(folder);
}

static void load(struct language_model *lm, size_t texts, bool exact, struct tn_pool *pool)
{
    const struct language_model_use use = {.texts = texts, .exact = exact, .pool = pool};

    ck_assert_int_eq(language_model_load(lm, path, &use, NULL), TN_OK);
}

/* Texts of seeds first, first + 1 ... into tokens[LENGTH][texts], and their last logits. */
static void write_texts(struct language_model *lm, size_t first, size_t texts,
                        const struct choose_rule *rule, int *tokens)
{
    struct tn_rng rng[TEXTS];

    ck_assert_int_eq(language_model_read(lm, "abc", 3, NULL), TN_OK);
    language_model_fork(lm, texts);
    for (size_t i = 0; i < texts; i++)
        tn_rng_init(&rng[i], first + i);
    for (size_t t = 0; t < LENGTH; t++, tokens += texts) {
        for (size_t i = 0; i < texts; i++)
            ck_assert_int_eq(language_model_draw(lm, i, rule, &rng[i], &tokens[i], NULL), TN_OK);
        language_model_feed(lm, tokens);
    }
}

START_TEST(texts_side_by_side_are_what_each_is_alone)
{
    static const struct choose_rule rules[] = {{2, 0, 0}, {2, 4, 0}, {2, 0, 0.7F}, {2, 5, 0.5F}};
    int together[LENGTH * TEXTS], alone[LENGTH];
    struct language_model many, one;
    struct tn_pool *pool;

    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    load(&many, TEXTS, false, pool);
    load(&one, 1, false, NULL);
    write_texts(&many, 5, TEXTS, &rules[_i], together);
    for (size_t i = 0; i < TEXTS; i++) {
        const size_t words = many.weights.config.vocabulary;

        language_model_restart(&one);
        write_texts(&one, 5 + i, 1, &rules[_i], alone);
        for (size_t t = 0; t < LENGTH; t++)
            ck_assert_int_eq(alone[t], together[t * TEXTS + i]);
        ck_assert_mem_eq(one.logits, many.logits + i * words, words * sizeof(float));
    }
    language_model_finish(&many);
    language_model_finish(&one);
    tn_pool_destroy(pool);
}
END_TEST

START_TEST(a_text_is_read_at_once_or_by_and_by)
{
    struct language_model lm;
    float logits[16];
    size_t bytes;

    load(&lm, 1, false, NULL);
    bytes = lm.weights.config.vocabulary * sizeof *logits;
    ck_assert_int_eq(language_model_read(&lm, "abcabd", 6, NULL), TN_OK);
    memcpy(logits, lm.logits, bytes);
    language_model_restart(&lm);
    for (size_t i = 0; i < 6; i++)
        ck_assert_int_eq(language_model_read(&lm, &"abcabd"[i], 1, NULL), TN_OK);
    ck_assert_mem_eq(lm.logits, logits, bytes);
    language_model_finish(&lm);
}
END_TEST

/* More texts than rows, of all lengths, with unknown tokens: each has the scores that it has alone,
 * and the first token's are those of a text's beginning. */
START_TEST(scores_of_texts_side_by_side_are_those_of_each_alone)
{
    enum { COUNT = 19, ROWS = 7 };
    struct text_column texts = {0};
    struct language_model many, one;
    struct tn_pool *pool;
    float *together;

    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    load(&many, ROWS, true, pool);
    load(&one, 1, true, NULL);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_int_eq(text_column_add(&texts, VOCAB_CHARS, one.model.vocab,
                                         &"abxcdefabcdfedcbaxx"[i], i * 7 % 5 * (COUNT - i) / 4, 0,
                                         NULL),
                         TN_OK);
    together = malloc(texts.total * sizeof *together);
    ck_assert_int_eq(language_model_score(&many, &texts, together, NULL), TN_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const size_t length = text_column_length(&texts, i);
        const float *expected = together + texts.starts[i];
        struct text_column text = {0};
        float alone[COUNT];

        for (size_t t = 0; t < length; t++)
            ck_assert_int_eq(text_column_add_id(&text, texts.ids[texts.starts[i] + t], NULL),
                             TN_OK);
        text.count = 1;
        if (length > 0)
            text.starts[1] = length;
        ck_assert_int_eq(length > 0 ? language_model_score(&one, &text, alone, NULL) : TN_OK,
                         TN_OK);
        ck_assert_mem_eq(alone, expected, length * sizeof *alone);
        text_column_finish(&text);
    }
    free(together);
    text_column_finish(&texts);
    language_model_finish(&many);
    language_model_finish(&one);
    tn_pool_destroy(pool);
}
END_TEST

START_TEST(int8_rows_are_nearly_exact)
{
    struct language_model exact, fast;

    load(&exact, 1, true, NULL);
    load(&fast, 1, false, NULL);
    ck_assert_int_eq(exact.weights.output.dtype, TN_F32);
    ck_assert_int_eq(fast.weights.output.dtype, TN_I8);
    ck_assert_int_eq(fast.weights.layers[1].input.dtype, TN_I8);
    for (size_t i = 0; i < 30; i++) {
        ck_assert_int_eq(language_model_read(&exact, &"abcdef"[i % 6], 1, NULL), TN_OK);
        ck_assert_int_eq(language_model_read(&fast, &"abcdef"[i % 6], 1, NULL), TN_OK);
        for (size_t id = VOCAB_FIRST_WORD; id < exact.weights.config.vocabulary; id++)
            ck_assert_float_eq_tol(fast.logits[id], exact.logits[id], 0.02F);
    }
    language_model_finish(&exact);
    language_model_finish(&fast);
}
END_TEST

/* What is kept of a word is what each step would compute. */
START_TEST(kept_products_are_the_same_products)
{
    struct language_model keeps, computes;

    write_model(rnn_cell_at((size_t)_i)->name, 1);
    load(&keeps, 1, false, NULL);
    load(&computes, 1, false, NULL);
    for (size_t i = 0; i < 12; i++) {
        ck_assert_int_eq(language_model_read(&keeps, &"abcdef"[i % 6], 1, NULL), TN_OK);
        word_products_reset(&computes.step.words);
        ck_assert_int_eq(language_model_read(&computes, &"abcdef"[i % 6], 1, NULL), TN_OK);
    }
    ck_assert_mem_eq(keeps.logits, computes.logits,
                     keeps.weights.config.vocabulary * sizeof(float));
    language_model_finish(&keeps);
    language_model_finish(&computes);
}
END_TEST

START_TEST(a_token_is_drawn_as_often_as_it_is_likely)
{
    enum { DRAWS = 5000 };
    const struct choose_rule all = {.temperature = 1};
    struct language_model lm;
    struct choice likeliest[7];
    size_t hits[16] = {0}, count;
    struct tn_rng rng;
    int token;

    load(&lm, 1, false, NULL);
    tn_rng_init(&rng, 2);
    for (size_t i = 0; i < DRAWS; i++) {
        ck_assert_int_eq(language_model_draw(&lm, 0, &all, &rng, &token, NULL), TN_OK);
        hits[token]++;
    }
    ck_assert_int_eq(language_model_likeliest(&lm, 0, 7, likeliest, &count, NULL), TN_OK);
    ck_assert_uint_eq(count, 7);
    for (size_t i = 0; i < count; i++)
        ck_assert_double_eq_tol((double)hits[likeliest[i].word] / DRAWS,
                                exp((double)likeliest[i].logit), 0.02);
    language_model_finish(&lm);
}
END_TEST

enum { WORDS = 7, STEPS = 3, ALL = WORDS * WORDS * WORDS };

/* The log-probability of the tokens behind the prompt, a token after the other. */
static double probe(struct language_model *lm, const int *tokens, size_t count)
{
    struct choice choices[WORDS];
    double sum = 0;
    size_t found;

    language_model_restart(lm);
    ck_assert_int_eq(language_model_read(lm, "ab", 2, NULL), TN_OK);
    for (size_t t = 0; t < count; t++) {
        ck_assert_int_eq(language_model_likeliest(lm, 0, WORDS, choices, &found, NULL), TN_OK);
        for (size_t i = 0; i < found; i++)
            if (choices[i].word == tokens[t])
                sum += (double)choices[i].logit;
        language_model_feed(lm, &tokens[t]);
    }
    return sum;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a < b) - (a > b);
}

/* With a beam of all texts that there are, in the order of all. */
START_TEST(a_wide_search_finds_the_most_probable_texts)
{
    struct language_model lm, one;
    struct language_texts texts;
    double all[ALL];

    load(&lm, ALL, true, NULL);
    load(&one, 1, true, NULL);
    ck_assert_int_eq(language_model_read(&lm, "ab", 2, NULL), TN_OK);
    ck_assert_int_eq(language_model_search(&lm, ALL, STEPS, NULL, &texts, NULL), TN_OK);
    ck_assert_uint_eq(texts.count, ALL);
    for (int i = 0; i < ALL; i++) {
        const int tokens[STEPS] = {VOCAB_FIRST_WORD + i % WORDS,
                                   VOCAB_FIRST_WORD + i / WORDS % WORDS,
                                   VOCAB_FIRST_WORD + i / WORDS / WORDS};

        all[i] = probe(&one, tokens, STEPS);
    }
    qsort(all, ALL, sizeof *all, by_value);
    for (size_t i = 0; i < ALL; i++) {
        ck_assert_uint_eq(texts.lengths[i], STEPS);
        ck_assert_double_eq_tol(texts.log_probs[i], all[i], 1e-4);
    }
    ck_assert_double_eq_tol(probe(&one, texts.tokens, STEPS), texts.log_probs[0], 1e-4);
    language_texts_finish(&texts);
    language_model_finish(&lm);
    language_model_finish(&one);
}
END_TEST

START_TEST(a_narrow_search_takes_the_likeliest_token)
{
    static const struct choose_rule rule = {1, 1, 0};
    struct language_model lm, one;
    struct language_texts texts;
    struct tn_rng rng;

    load(&lm, 1, true, NULL);
    load(&one, 1, true, NULL);
    tn_rng_init(&rng, 1);
    ck_assert_int_eq(language_model_search(&lm, 1, LENGTH, NULL, &texts, NULL), TN_OK);
    ck_assert_uint_eq(texts.count, 1);
    for (size_t t = 0; t < LENGTH; t++) {
        int token;

        ck_assert_int_eq(language_model_draw(&one, 0, &rule, &rng, &token, NULL), TN_OK);
        ck_assert_int_eq(texts.tokens[t], token);
        language_model_feed(&one, &token);
    }
    language_texts_finish(&texts);
    language_model_finish(&lm);
    language_model_finish(&one);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("language_model");
    TCase *tcase = tcase_create("language_model");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, texts_side_by_side_are_what_each_is_alone, 0, 4);
    tcase_add_test(tcase, a_text_is_read_at_once_or_by_and_by);
    tcase_add_test(tcase, scores_of_texts_side_by_side_are_those_of_each_alone);
    tcase_add_test(tcase, int8_rows_are_nearly_exact);
    tcase_add_loop_test(tcase, kept_products_are_the_same_products, 0, (int)rnn_cell_count());
    tcase_add_test(tcase, a_token_is_drawn_as_often_as_it_is_likely);
    tcase_add_test(tcase, a_wide_search_finds_the_most_probable_texts);
    tcase_add_test(tcase, a_narrow_search_takes_the_likeliest_token);
    suite_add_tcase(suite, tcase);
    return suite;
}
