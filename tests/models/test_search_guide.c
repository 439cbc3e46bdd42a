/* SPDX-License-Identifier: MIT */
/* A guided search against all sentences there are. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/search.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 2, FEATURES = 5, MAX_WORDS = 3, WORDS = 3, VOCABULARY = VOCAB_FIRST_WORD + WORDS };
enum { SENTENCES = 3 + 9 + 27, WIDE = 64 /* more than there are sentences */ };

/* What image's sentences are worth: a word the more, the farther behind it stands, and a word after
 * a smaller one 1.  sums[0] is the worth, sums[1] counts the calls. */
static double worth_of(size_t image, const int *words, size_t count)
{
    double worth = 0;

    for (size_t i = 0; i < count; i++) {
        worth += 0.1 * (double)((i + 1) * (size_t)(words[i] - VOCAB_FIRST_WORD + 1));
        worth += i > 0 && words[i - 1] < words[i];
        worth -= image == 1 && words[i] == VOCAB_FIRST_WORD ? 2 : 0;
    }
    return worth;
}

static void add_word(void *context, size_t image, const int *words, size_t count,
                     struct search_worth *worth)
{
    const double before = worth_of(image, words, count - 1);

    (void)context;
    ck_assert_uint_le(count, MAX_WORDS);
    ck_assert_double_eq(worth->sums[0], before);
    ck_assert_double_eq(worth->sums[1], (double)(count - 1));
    worth->sums[0] = worth->worth = worth_of(image, words, count);
    worth->sums[1]++;
}

static struct tiny_model tiny;
static struct search *search;
static float *features;

static void make(void)
{
    const struct search_limits limits = {IMAGES, WIDE, MAX_WORDS};

    tiny_model_init(&tiny, "lstm", 1, VOCABULARY, FEATURES, 4);
    features = tiny_features(IMAGES, FEATURES, 5);
    ck_assert_int_eq(search_create(&tiny.weights, &limits, NULL, &search, NULL), TN_OK);
}

static void finish(void)
{
    search_destroy(search);
    tiny_model_finish(&tiny);
    free(features);
}

static void run(const struct search_guide *guide, size_t beam)
{
    struct search_options options = SEARCH_OPTIONS_DEFAULT;

    options.beam = beam;
    options.max_words = MAX_WORDS;
    options.block_repeats = false;
    options.guide = guide;
    ck_assert_int_eq(search_run(search, &options, IMAGES, features, NULL), TN_OK);
}

START_TEST(a_wide_search_finds_all_sentences_in_their_order)
{
    const struct search_guide guide = {
        .add_word = add_word, .choices = VOCABULARY, .weight = 2, .likelihood = 0.3};

    run(&guide, WIDE);
    for (size_t image = 0; image < IMAGES; image++) {
        double before = INFINITY;

        ck_assert_uint_eq(search_result_count(search, image), SENTENCES);
        for (size_t rank = 0; rank < SENTENCES; rank++) {
            const struct search_hypothesis h = search_result(search, image, rank);
            const double log_prob =
                tiny_model_log_prob(&tiny, features + image * FEATURES, h.words, h.count);

            ck_assert_double_eq_tol(h.log_prob, log_prob, 1e-3);
            ck_assert_double_eq_tol(h.score,
                                    worth_of(image, h.words, h.count) +
                                        0.3 * log_prob / pow((double)h.count + 1, 0.7),
                                    1e-3);
            ck_assert_double_le(h.score, before);
            before = h.score;
        }
    }
}
END_TEST

/* The worth of the best that a search of this beam finds for both images. */
static double best_worth(const struct search_guide *guide, size_t beam)
{
    double sum = 0;

    run(guide, beam);
    for (size_t image = 0; image < IMAGES; image++) {
        const struct search_hypothesis h = search_result(search, image, 0);

        sum += worth_of(image, h.words, h.count);
    }
    return sum;
}

START_TEST(a_narrow_search_follows_its_guide)
{
    static const int best[IMAGES][MAX_WORDS] = {
        {VOCAB_FIRST_WORD, VOCAB_FIRST_WORD + 1, VOCAB_FIRST_WORD + 2},
        {VOCAB_FIRST_WORD + 1, VOCAB_FIRST_WORD + 2, VOCAB_FIRST_WORD + 2}};
    const double most = worth_of(0, best[0], MAX_WORDS) + worth_of(1, best[1], MAX_WORDS);
    struct search_guide guide = {.add_word = add_word, .choices = VOCABULARY, .weight = 100};

    ck_assert_double_eq_tol(best_worth(&guide, 3), most, 1e-9);
    guide.weight = 0;
    ck_assert_double_lt(best_worth(&guide, 3), most - 0.2);
    guide.weight = 100;
    guide.choices = 1; /* each row's likeliest word alone: nothing to choose among */
    ck_assert_double_lt(best_worth(&guide, 3), most - 0.2);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("search_guide");
    TCase *cases = tcase_create("guide");

    tcase_add_checked_fixture(cases, make, finish);
    tcase_add_test(cases, a_wide_search_finds_all_sentences_in_their_order);
    tcase_add_test(cases, a_narrow_search_follows_its_guide);
    suite_add_tcase(suite, cases);
    return suite;
}
