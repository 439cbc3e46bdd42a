/* SPDX-License-Identifier: MIT */
/* The search against all sentences there are, and against the likelihood that training computes. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/decoder_step.h"
#include "models/search.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 5, MAX_WORDS = 4, WORDS = 4, VOCABULARY = VOCAB_FIRST_WORD + WORDS };
enum { WIDE = 512 }; /* more than the 4 + 16 + 64 + 256 sentences of up to 4 words */

static struct tiny_model tiny;
static struct search *search;

static void make(const char *cell, size_t layers, uint64_t seed, struct search_limits limits)
{
    struct tn_error err;

    tiny_model_init(&tiny, cell, layers, VOCABULARY, FEATURES, seed);
    ck_assert_msg(search_create(&tiny.weights, &limits, NULL, &search, &err) == TN_OK, "%s",
                  err.text);
}

static void finish(void)
{
    search_destroy(search);
    tiny_model_finish(&tiny);
}

/* Whether some run of words stands there twice in a row. */
static bool repeats(const int *words, size_t count)
{
    for (size_t run = 1; 2 * run <= count; run++)
        for (size_t i = 0; i + 2 * run <= count; i++)
            if (memcmp(words + i, words + i + run, run * sizeof *words) == 0)
                return true;
    return false;
}

/* Whether the phrase stands there. */
static bool contains(const int *words, size_t count, const struct search_phrase *phrase)
{
    for (size_t i = 0; i + phrase->count <= count; i++)
        if (memcmp(words + i, phrase->words, phrase->count * sizeof *words) == 0)
            return true;
    return false;
}

static bool is_forbidden(const int *words, size_t count, const struct search_options *options)
{
    bool forbidden = options->block_repeats && repeats(words, count);

    for (size_t i = 0; i < options->forbidden_count; i++)
        forbidden |= contains(words, count, &options->forbidden[i]);
    return forbidden;
}

/* A word, two and three, one after the other of itself. */
static const struct search_phrase phrases[] = {
    {(const int[]){VOCAB_FIRST_WORD + 1}, 1},
    {(const int[]){VOCAB_FIRST_WORD, VOCAB_FIRST_WORD + 2}, 2},
    {(const int[]){VOCAB_FIRST_WORD + 2, VOCAB_FIRST_WORD + 2, VOCAB_FIRST_WORD + 3}, 3},
    {(const int[]){VOCAB_FIRST_WORD + 3, VOCAB_FIRST_WORD + 3}, 2},
};

/* The best score of all sentences of 1 to MAX_WORDS words. */
static double brute_force(const float *features, const struct search_options *options)
{
    double best = -INFINITY;
    int words[MAX_WORDS];

    for (size_t length = 1, all = WORDS; length <= MAX_WORDS; length++, all *= WORDS) {
        for (size_t n = 0; n < all; n++) {
            double score;

            for (size_t i = 0, rest = n; i < length; i++, rest /= WORDS)
                words[i] = VOCAB_FIRST_WORD + (int)(rest % WORDS);
            if (is_forbidden(words, length, options))
                continue;
            score = tiny_model_log_prob(&tiny, features, words, length) /
                    pow((double)length + 1, (double)options->length_exponent);
            best = score > best ? score : best;
        }
    }
    return best;
}

static struct search_options usual(size_t beam)
{
    struct search_options options = SEARCH_OPTIONS_DEFAULT;

    options.beam = beam;
    options.max_words = MAX_WORDS;
    return options;
}

START_TEST(a_wide_beam_finds_the_best_of_all_sentences)
{
    const char *cell = rnn_cell_at((size_t)_i / 2)->name;
    struct search_options options = usual(WIDE);
    float *features = tiny_features(1, FEATURES, 7);

    make(cell, 1 + _i % 3, (uint64_t)_i, (struct search_limits){1, WIDE, MAX_WORDS});
    options.block_repeats = _i % 4 >= 2;
    options.forbidden = phrases;
    options.forbidden_count = (size_t)_i % 5;
    options.length_exponent = _i % 5 == 0 ? 0 : 0.7F;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    ck_assert_double_eq_tol(search_result(search, 0, 0).score, brute_force(features, &options),
                            1e-5);
    free(features);
    finish();
}
END_TEST

START_TEST(results_are_sorted_and_carry_their_own_probabilities)
{
    struct search_options options = usual(4);
    float *features = tiny_features(3, FEATURES, 8);

    make("lstm", 2, 3, (struct search_limits){3, 4, MAX_WORDS});
    ck_assert_int_eq(search_run(search, &options, 3, features, NULL), TN_OK);
    for (size_t image = 0; image < 3; image++) {
        ck_assert_uint_ge(search_result_count(search, image), 1);
        for (size_t rank = 0; rank < search_result_count(search, image); rank++) {
            const struct search_hypothesis h = search_result(search, image, rank);
            double sum = 0;

            ck_assert_uint_ge(h.count, 1);
            ck_assert_uint_le(h.count, MAX_WORDS);
            for (size_t i = 0; i <= h.count; i++)
                sum += (double)h.log_probs[i];
            for (size_t i = 0; i < h.count; i++)
                ck_assert_int_ge(h.words[i], VOCAB_FIRST_WORD);
            ck_assert_double_eq_tol(sum, h.log_prob, 1e-5);
            ck_assert_double_eq_tol(
                tiny_model_log_prob(&tiny, features + image * FEATURES, h.words, h.count),
                h.log_prob, 1e-4);
            if (rank > 0)
                ck_assert_double_le(h.score, search_result(search, image, rank - 1).score);
        }
    }
    free(features);
    finish();
}
END_TEST

/* The sentence that takes the most probable word each time. */
static size_t take_best_words(const float *features, int *words)
{
    struct decoder_step step;
    struct decoder_work work;
    struct tn_arena arena;
    float *logits = NULL;
    size_t count = 0;

    tn_arena_measure(&arena);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
        logits = tn_arena_floats(&arena, VOCABULARY);
        decoder_step_init(&step, &tiny.weights, 1, 0, NULL, &arena);
        decoder_work_init(&work, &step, 1, NULL, &arena);
    }
    decoder_step_reset(&step, 1);
    for (int word = VOCAB_START; count < MAX_WORDS; words[count++] = word) {
        decoder_step_run(&step, &work, 1, &word, count == 0 ? features : NULL, logits);
        word = count == 0 ? VOCAB_FIRST_WORD : VOCAB_END;
        for (int w = VOCAB_FIRST_WORD; w < VOCABULARY; w++)
            if (logits[w] > logits[word])
                word = w;
        if (word == VOCAB_END)
            break;
    }
    tn_arena_finish(&arena);
    return count;
}

START_TEST(greedy_takes_the_best_word_each_time)
{
    struct search_options options = usual(1);
    float *features = tiny_features(1, FEATURES, 9);
    struct search_hypothesis h;
    int words[MAX_WORDS];

    make(rnn_cell_at((size_t)_i)->name, 1, (uint64_t)_i, (struct search_limits){1, 1, MAX_WORDS});
    options.block_repeats = false;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    h = search_result(search, 0, 0);
    ck_assert_uint_eq(search_result_count(search, 0), 1);
    ck_assert_uint_eq(h.count, take_best_words(features, words));
    ck_assert_mem_eq(h.words, words, h.count * sizeof *words);
    free(features);
    finish();
}
END_TEST

static bool same(struct search_hypothesis a, const int *words, size_t count, double log_prob)
{
    return a.count == count && memcmp(a.words, words, count * sizeof *words) == 0 &&
           a.log_prob == log_prob;
}

START_TEST(an_image_has_the_same_result_alone_and_in_any_batch)
{
    enum { IMAGES = 9 };
    struct search_options options = usual(3);
    float *features = tiny_features(IMAGES, FEATURES, 10);
    struct tn_pool *pool;
    struct search *batch;

    make("lstm", 2, 5, (struct search_limits){1, 3, MAX_WORDS});
    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    ck_assert_int_eq(
        search_create(&tiny.weights, &(struct search_limits){IMAGES, 5, 9}, pool, &batch, NULL),
        TN_OK);
    options.sample = _i > 0;
    options.draw.top_k = _i == 2 ? 3 : 0;
    ck_assert_int_eq(search_run(batch, &options, IMAGES, features, NULL), TN_OK);
    for (size_t i = 0; i < IMAGES; i++) {
        ck_assert_int_eq(search_run(search, &options, 1, features + i * FEATURES, NULL), TN_OK);
        ck_assert_uint_eq(search_result_count(search, 0), search_result_count(batch, i));
        for (size_t rank = 0; rank < search_result_count(batch, i); rank++) {
            const struct search_hypothesis h = search_result(search, 0, rank);

            ck_assert_msg(same(search_result(batch, i, rank), h.words, h.count, h.log_prob),
                          "image %zu rank %zu", i, rank);
        }
    }
    search_destroy(batch);
    tn_pool_destroy(pool);
    free(features);
    finish();
}
END_TEST

START_TEST(a_short_limit_forces_the_end)
{
    struct search_options options = usual(2);
    float *features = tiny_features(1, FEATURES, 11);

    make("gru", 1, 6, (struct search_limits){1, 2, MAX_WORDS});
    options.max_words = 1;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    ck_assert_uint_eq(search_result(search, 0, 0).count, 1);
    options.min_words = options.max_words = MAX_WORDS;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    ck_assert_uint_eq(search_result(search, 0, 0).count, MAX_WORDS);
    free(features);
    finish();
}
END_TEST

START_TEST(the_guard_stops_loops)
{
    struct search_options options = usual(3);
    float *features = tiny_features(4, FEATURES, 12);

    make("vanilla", 1, (uint64_t)_i, (struct search_limits){4, 3, 12});
    options.min_words = options.max_words = 12;
    ck_assert_int_eq(search_run(search, &options, 4, features, NULL), TN_OK);
    for (size_t image = 0; image < 4; image++) {
        const struct search_hypothesis h = search_result(search, image, 0);

        ck_assert(!repeats(h.words, h.count));
    }
    free(features);
    finish();
}
END_TEST

START_TEST(samples_follow_the_seed_and_the_temperature)
{
    struct search_options options = usual(200);
    float *features = tiny_features(1, FEATURES, 13);
    double sum = 0, first;
    size_t frequent = 0;

    make("lstm", 1, 7, (struct search_limits){1, 200, MAX_WORDS});
    options.sample = true;
    options.block_repeats = false;
    options.seed = 1;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    ck_assert_uint_eq(search_result_count(search, 0), 200);
    for (size_t i = 0; i < 200; i++)
        sum += search_result(search, 0, i).log_prob;
    first = sum;
    sum = 0;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    for (size_t i = 0; i < 200; i++)
        sum += search_result(search, 0, i).log_prob;
    ck_assert_double_eq(sum, first);
    options.draw.temperature = 1e-4F; /* next to greedy: one sentence */
    options.draw.top_k = _i == 0 ? 0 : 3;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    for (size_t i = 0; i < 200; i++)
        frequent += search_result(search, 0, i).score == search_result(search, 0, 0).score;
    ck_assert_uint_eq(frequent, 200);
    free(features);
    finish();
}
END_TEST

START_TEST(no_sentence_contains_what_is_forbidden)
{
    struct search_options options = usual(_i == 0 ? 1 : 50);
    float *features = tiny_features(3, FEATURES, 17);

    make("gru", 1, 4, (struct search_limits){3, 50, MAX_WORDS});
    options.sample = _i >= 2;
    options.draw.temperature = 2;
    options.draw.top_p = _i == 3 ? 0.8F : 0;
    options.draw.top_k = _i == 4 ? 2 : 0;
    options.forbidden = phrases;
    options.forbidden_count = sizeof phrases / sizeof phrases[0];
    ck_assert_int_eq(search_run(search, &options, 3, features, NULL), TN_OK);
    for (size_t image = 0; image < 3; image++) {
        for (size_t rank = 0; rank < search_result_count(search, image); rank++) {
            const struct search_hypothesis h = search_result(search, image, rank);

            ck_assert_uint_ge(h.count, 1);
            ck_assert(!is_forbidden(h.words, h.count, &options));
            ck_assert_double_eq_tol(
                tiny_model_log_prob(&tiny, features + image * FEATURES, h.words, h.count),
                h.log_prob, 1e-4); /* the model's, whatever was left out */
        }
    }
    free(features);
    finish();
}
END_TEST

START_TEST(samples_have_the_frequencies_of_the_model)
{
    enum { DRAWS = 1000 };
    struct search_options options = usual(DRAWS);
    float *features = tiny_features(1, FEATURES, 14);
    double expected = 0;
    size_t count = 0;

    make("lstm", 1, 8, (struct search_limits){1, DRAWS, MAX_WORDS});
    options.sample = true;
    options.min_words = 0;
    options.block_repeats = false;
    options.max_words = 1;
    ck_assert_int_eq(search_run(search, &options, 1, features, NULL), TN_OK);
    for (size_t i = 0; i < DRAWS; i++) {
        const struct search_hypothesis h = search_result(search, 0, i);

        if (h.count > 0 && h.words[0] == VOCAB_FIRST_WORD) {
            expected = exp((double)h.log_probs[0]);
            count++;
        }
    }
    if (count > 0) { /* p among what may be drawn is at least p among all */
        const double sigma = sqrt(expected * (1 - expected) / DRAWS);

        ck_assert_double_ge((double)count / DRAWS, expected - 4 * sigma);
    }
    free(features);
    finish();
}
END_TEST

START_TEST(options_beyond_the_limits_are_errors)
{
    struct search_options options = usual(3);
    float *features = tiny_features(2, FEATURES, 15);
    struct search *none = NULL;
    struct tn_error err;

    make("lstm", 1, 9, (struct search_limits){1, 2, MAX_WORDS});
    ck_assert_int_eq(search_run(search, &options, 1, features, &err), TN_RANGE);
    options.beam = 2;
    ck_assert_int_eq(search_run(search, &options, 2, features, &err), TN_RANGE);
    options.max_words++;
    ck_assert_int_eq(search_run(search, &options, 1, features, &err), TN_RANGE);
    options.max_words--;
    options.sample = true;
    options.draw.temperature = 0;
    ck_assert_int_eq(search_run(search, &options, 1, features, &err), TN_RANGE);
    options.draw.temperature = NAN;
    ck_assert_int_eq(search_run(search, &options, 1, features, &err), TN_RANGE);
    ck_assert_int_eq(
        search_create(&tiny.weights, &(struct search_limits){1, 0, 1}, NULL, &none, &err),
        TN_RANGE);
    free(features);
    finish();
}
END_TEST

START_TEST(weights_that_are_no_numbers_are_an_error)
{
    struct search_options options = usual(2);
    float *features = tiny_features(1, FEATURES, 16);
    struct tn_error err;

    make("lstm", 1, 10, (struct search_limits){1, 2, MAX_WORDS});
    for (size_t i = 0; i < decoder_layout(tiny.decoder)->floats; i++)
        tiny.theta[i] = _i == 0 ? NAN : INFINITY;
    ck_assert_int_eq(search_run(search, &options, 1, features, &err), TN_FORMAT);
    options.sample = true;
    ck_assert_int_eq(search_run(search, &options, 1, features, &err), TN_FORMAT);
    free(features);
    finish();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("search");
    TCase *beam = tcase_create("beam"), *sampling = tcase_create("sampling");

    tcase_add_loop_test(beam, a_wide_beam_finds_the_best_of_all_sentences, 0,
                        2 * (int)rnn_cell_count());
    tcase_add_test(beam, results_are_sorted_and_carry_their_own_probabilities);
    tcase_add_loop_test(beam, greedy_takes_the_best_word_each_time, 0, (int)rnn_cell_count());
    tcase_add_loop_test(beam, an_image_has_the_same_result_alone_and_in_any_batch, 0, 3);
    tcase_add_test(beam, a_short_limit_forces_the_end);
    tcase_add_loop_test(beam, the_guard_stops_loops, 0, 6);
    tcase_add_test(beam, options_beyond_the_limits_are_errors);
    tcase_add_loop_test(beam, weights_that_are_no_numbers_are_an_error, 0, 2);
    suite_add_tcase(suite, beam);
    tcase_add_loop_test(sampling, samples_follow_the_seed_and_the_temperature, 0, 2);
    tcase_add_loop_test(sampling, no_sentence_contains_what_is_forbidden, 0, 5);
    tcase_add_test(sampling, samples_have_the_frequencies_of_the_model);
    suite_add_tcase(suite, sampling);
    return suite;
}
