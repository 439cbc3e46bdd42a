/* SPDX-License-Identifier: MIT */
/* The probabilities of forced words against those of the search and of training's likelihood. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/decoder_score.h"
#include "models/search.h"
#include "vocab/vocab.h"

#include <stdlib.h>
#include <string.h>

enum { FEATURES = 5, WORDS = 6, VOCABULARY = VOCAB_FIRST_WORD + WORDS, ROWS = 3, MAX_WORDS = 5 };

static const struct {
    const char *cell;
    size_t layers;
} kinds[] = {{"lstm", 1}, {"lstm", 2}, {"lstm", 3}, {"gru", 1}, {"vanilla", 1}};

static struct tiny_model tiny;
static struct decoder_score *score;
static float *features;

static void set_up(size_t kind)
{
    tiny_model_init(&tiny, kinds[kind].cell, kinds[kind].layers, VOCABULARY, FEATURES, 3);
    ck_assert_int_eq(decoder_score_create(&tiny.weights, ROWS, NULL, &score, NULL), TN_OK);
    features = tiny_features(ROWS, FEATURES, 4);
}

static void tear_down(void)
{
    free(features);
    decoder_score_destroy(score);
    tiny_model_finish(&tiny);
}

START_TEST(forced_words_are_as_probable_as_the_search_found_them)
{
    const struct search_limits limits = {.images = ROWS, .beam = 2, .max_words = MAX_WORDS};
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    float log_probs[MAX_WORDS + 1];
    struct search *search;

    set_up((size_t)_i);
    options.beam = 2;
    options.min_words = 2;
    options.max_words = MAX_WORDS;
    ck_assert_int_eq(search_create(&tiny.weights, &limits, NULL, &search, NULL), TN_OK);
    ck_assert_int_eq(search_run(search, &options, ROWS, features, NULL), TN_OK);
    for (size_t i = 0; i < ROWS; i++) {
        const struct search_hypothesis found = search_result(search, i, 1);
        int words[MAX_WORDS + 1];

        memcpy(words, found.words, found.count * sizeof *words);
        words[found.count] = VOCAB_END;
        decoder_score_run(score, 1, features + i * FEATURES, words, found.count + 1, log_probs);
        for (size_t t = 0; t <= found.count; t++)
            ck_assert_float_eq(log_probs[t], found.log_probs[t]);
    }
    search_destroy(search);
    tear_down();
}
END_TEST

START_TEST(their_sum_is_the_likelihood_that_training_computes)
{
    static const int words[] = {5, 9, 4, 7, VOCAB_END};
    enum { COUNT = sizeof words / sizeof words[0] };
    const int inputs[COUNT] = {VOCAB_START, 5, 9, 4, 7};
    const size_t length = COUNT;
    float log_probs[ROWS * COUNT];
    struct tn_arena arena;
    struct tn_pass pass = {.arena = &arena};

    set_up((size_t)_i);
    pass.theta = tiny.theta;
    decoder_score_run(score, ROWS, features, words, COUNT, log_probs);
    for (size_t r = 0; r < ROWS; r++) {
        const struct decoder_batch batch = {.size = 1,
                                            .steps = COUNT,
                                            .features = features + r * FEATURES,
                                            .inputs = inputs,
                                            .targets = words,
                                            .lengths = &length};
        double sum = 0;

        for (size_t t = 0; t < COUNT; t++)
            sum -= (double)log_probs[r * COUNT + t];
        tn_arena_measure(&arena);
        decoder_loss(tiny.decoder, &pass, &batch, 1, 0);
        ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
        ck_assert_double_eq_tol(decoder_loss(tiny.decoder, &pass, &batch, 1, 0), sum, 1e-5);
        tn_arena_finish(&arena);
    }
    tear_down();
}
END_TEST

START_TEST(a_row_has_the_same_probabilities_alone)
{
    static const int words[] = {4, 5, 6};
    float together[ROWS * 3], alone[3];

    set_up((size_t)_i);
    decoder_score_run(score, ROWS, features, words, 3, together);
    ck_assert_mem_ne(together, together + 3, 3 * sizeof(float));
    for (size_t r = 0; r < ROWS; r++) {
        decoder_score_run(score, 1, features + r * FEATURES, words, 3, alone);
        ck_assert_mem_eq(alone, together + r * 3, sizeof alone);
    }
    tear_down();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("decoder_score");
    TCase *tcase = tcase_create("decoder_score");
    const int count = sizeof kinds / sizeof kinds[0];

    tcase_add_loop_test(tcase, forced_words_are_as_probable_as_the_search_found_them, 0, count);
    tcase_add_loop_test(tcase, their_sum_is_the_likelihood_that_training_computes, 0, count);
    tcase_add_loop_test(tcase, a_row_has_the_same_probabilities_alone, 0, count);
    suite_add_tcase(suite, tcase);
    return suite;
}
