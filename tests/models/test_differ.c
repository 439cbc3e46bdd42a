/* SPDX-License-Identifier: MIT */
/* Captions that differ against all sentences there are, by the definition of their likeness. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/captioner/differ.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 2, FEATURES = 5, MAX_WORDS = 5, WORDS = 2, VOCABULARY = VOCAB_FIRST_WORD + WORDS };
enum { SENTENCES = 2 + 4 + 8 + 16 + 32, WIDE = 64 /* more than there are sentences */, MOST = 3 };
enum { LONGEST = 4 };

static const double x = 0.7;

static struct tiny_model tiny;
static struct search *search;
static struct differ *differ;
static float *features;

static void make(void)
{
    const struct search_limits limits = {IMAGES, WIDE, MAX_WORDS};

    tiny_model_init(&tiny, "lstm", 1, VOCABULARY, FEATURES, 4);
    features = tiny_features(IMAGES, FEATURES, 5);
    ck_assert_int_eq(search_create(&tiny.weights, &limits, NULL, &search, NULL), TN_OK);
    ck_assert_int_eq(differ_create(IMAGES, MOST, MAX_WORDS, &differ, NULL), TN_OK);
}

static void finish(void)
{
    differ_destroy(differ);
    search_destroy(search);
    tiny_model_finish(&tiny);
    free(features);
}

static void run(const struct search_guide *guide)
{
    struct search_options options = SEARCH_OPTIONS_DEFAULT;

    options.beam = WIDE;
    options.max_words = MAX_WORDS;
    options.block_repeats = false;
    options.guide = guide;
    ck_assert_int_eq(search_run(search, &options, IMAGES, features, NULL), TN_OK);
}

/* ---- The definition ---- */

static bool has(const struct search_hypothesis *h, const int *gram, size_t n)
{
    for (size_t i = 0; i + n <= h->count; i++)
        if (memcmp(h->words + i, gram, n * sizeof *gram) == 0)
            return true;
    return false;
}

static double likeness(size_t image, const struct search_hypothesis *h)
{
    size_t count, shared = 0;
    const struct search_hypothesis *chosen = differ_chosen(differ, image, &count);

    for (size_t n = 1; n <= LONGEST; n++)
        for (size_t i = 0; i + n <= h->count; i++) {
            bool found = false;

            for (size_t k = 0; k < count; k++)
                found = found || has(&chosen[k], h->words + i, n);
            shared += found;
        }
    return (double)shared / (double)(LONGEST * h->count);
}

static bool is_same(const struct search_hypothesis *a, const struct search_hypothesis *b)
{
    return a->count == b->count && memcmp(a->words, b->words, a->count * sizeof *a->words) == 0;
}

/* ---- Tests ---- */

/* Another guide: a word is worth the more, the larger its number is. */
static void add_worth(void *context, size_t image, const int *words, size_t count,
                      struct search_worth *worth)
{
    ck_assert_ptr_eq(context, &tiny);
    worth->sums[image] += 0.1 * words[count - 1];
    worth->worth = worth->sums[image];
}

static double worth_of(const struct search_hypothesis *h)
{
    double sum = 0;

    for (size_t i = 0; i < h->count; i++)
        sum += 0.1 * h->words[i];
    return sum;
}

static void check_scores(double likelihood, bool guided)
{
    for (size_t image = 0; image < IMAGES; image++) {
        ck_assert_uint_eq(search_result_count(search, image), SENTENCES);
        for (size_t rank = 0; rank < SENTENCES; rank++) {
            const struct search_hypothesis h = search_result(search, image, rank);
            const double score = likelihood * h.log_prob / pow((double)h.count + 1, 0.7);

            ck_assert_double_eq_tol(
                h.score, score - x * likeness(image, &h) + (guided ? worth_of(&h) : 0), 1e-5);
        }
    }
}

START_TEST(what_stands_in_chosen_captions_counts_against_a_caption)
{
    const struct search_guide other = {
        .add_word = add_worth, .context = &tiny, .choices = 3, .weight = 2, .likelihood = 0.3};

    for (size_t chosen = 0; chosen < MOST; chosen++) {
        run(differ_guide(differ, NULL, x));
        check_scores(0.5, false);
        run(differ_guide(differ, &other, x));
        check_scores(0.3, true);
        for (size_t image = 0; image < IMAGES; image++)
            differ_choose(differ, search, image, 1);
    }
}
END_TEST

START_TEST(a_caption_is_chosen_once_and_stays_as_it_was)
{
    struct search_hypothesis found[IMAGES][MOST];
    const struct search_hypothesis *chosen;
    size_t count;

    for (size_t step = 0; step < MOST; step++) {
        run(NULL);
        for (size_t image = 0; image < IMAGES; image++)
            differ_choose(differ, search, image, step == 0 ? 1 : MOST);
    }
    for (size_t image = 0; image < IMAGES; image++)
        for (size_t rank = 0; rank < MOST; rank++)
            found[image][rank] = search_result(search, image, rank);
    for (size_t image = 0; image < IMAGES; image++) {
        chosen = differ_chosen(differ, image, &count);
        ck_assert_uint_eq(count, MOST);
        for (size_t i = 0; i < MOST; i++) {
            ck_assert(is_same(&chosen[i], &found[image][i]));
            ck_assert_ptr_ne(chosen[i].words, found[image][i].words);
            ck_assert_double_eq(chosen[i].log_prob, found[image][i].log_prob);
            ck_assert_mem_eq(chosen[i].log_probs, found[image][i].log_probs,
                             (chosen[i].count + 1) * sizeof(float));
        }
    }
    differ_reset(differ);
    differ_chosen(differ, 0, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("differ");
    TCase *cases = tcase_create("differ");

    tcase_add_checked_fixture(cases, make, finish);
    tcase_add_test(cases, what_stands_in_chosen_captions_counts_against_a_caption);
    tcase_add_test(cases, a_caption_is_chosen_once_and_stays_as_it_was);
    suite_add_tcase(suite, cases);
    return suite;
}
