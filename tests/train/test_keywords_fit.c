/* SPDX-License-Identifier: MIT */
/* The fit of keywords' probabilities and their scores against tests/data/keywords.json, which
 * tools/make_keywords_golden.py computes independently; and the examples of a small world. */
#include "tests/support/suite.h"

#include "metrics/ngrams.h"
#include "tensor/half.h"
#include "train/fit/keywords_fit.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Against the golden file ---- */

enum { MOST_PHOTOS = 64, MOST_ITEMS = 512 };

static struct json_object *golden, *fit;
static struct keyword_example items[MOST_ITEMS];
static size_t item_starts[MOST_PHOTOS + 1], people[MOST_PHOTOS];
static struct keyword_examples examples;

static struct json_object *get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    ck_assert_msg(json_object_object_get_ex(object, key, &value), "no %s", key);
    return value;
}

static double at(struct json_object *array, size_t i)
{
    return json_object_get_double(json_object_array_get_idx(array, i));
}

static void set_up(void)
{
    char path[4096];
    size_t photos, count;

    snprintf(path, sizeof path, "%s/keywords.json", getenv("TEST_DATA"));
    golden = json_object_from_file(path);
    ck_assert_ptr_nonnull(golden);
    fit = get(golden, "fit");
    photos = json_object_array_length(get(fit, "counts"));
    count = json_object_array_length(get(fit, "evidence"));
    ck_assert(photos <= MOST_PHOTOS && count <= MOST_ITEMS);
    for (size_t i = 0; i < photos; i++) {
        item_starts[i + 1] = item_starts[i] + (size_t)at(get(fit, "counts"), i);
        people[i] = (size_t)at(get(fit, "people"), i);
    }
    for (size_t k = 0; k < count; k++)
        items[k] = (struct keyword_example){(float)at(get(fit, "evidence"), k),
                                            at(get(fit, "said"), k) > 0};
    examples = (struct keyword_examples){items, item_starts, people, photos};
}

static void tear_down(void)
{
    json_object_put(golden);
}

START_TEST(the_fit_is_what_another_program_finds)
{
    double crossed[MOST_ITEMS], estimated[MOST_ITEMS];
    float weights[KEYWORDS_WEIGHTS];

    ck_assert(keyword_can_fit(&examples));
    ck_assert_int_eq(keyword_fit(&examples, weights, NULL), TN_OK);
    for (size_t j = 0; j < KEYWORDS_WEIGHTS; j++)
        ck_assert_double_eq_tol((double)weights[j], at(get(fit, "weights"), j), 1e-6);
    ck_assert_int_eq(keyword_cross_fit(&examples, crossed, NULL), TN_OK);
    for (size_t k = 0; k < item_starts[examples.photos]; k++)
        ck_assert_double_eq_tol(crossed[k], at(get(fit, "crossed"), k), 1e-6);
    keyword_estimate(&examples, weights, estimated);
    ck_assert_double_eq_tol(estimated[3], keywords_probability(weights, (double)items[3].evidence),
                            1e-12);
}
END_TEST

START_TEST(scores_are_what_another_program_counts)
{
    struct json_object *expected = get(fit, "scores");
    double crossed[MOST_ITEMS];
    struct keyword_scores scores;

    for (size_t k = 0; k < item_starts[examples.photos]; k++)
        crossed[k] = at(get(fit, "crossed"), k);
    keyword_score(&examples, crossed, KEYWORDS_LIKELY, &scores);
    ck_assert_double_eq_tol(scores.precision, json_object_get_double(get(expected, "precision")),
                            1e-12);
    ck_assert_double_eq_tol(scores.recall, json_object_get_double(get(expected, "recall")), 1e-12);
    ck_assert_double_eq_tol(scores.at_five, json_object_get_double(get(expected, "at_five")),
                            1e-12);
    ck_assert_double_eq_tol(scores.per_photo, json_object_get_double(get(expected, "per_photo")),
                            1e-12);
    ck_assert_double_eq_tol(scores.none, json_object_get_double(get(expected, "none")), 1e-12);
    ck_assert_double_eq_tol(keyword_f1(&scores), 2 / (1 / scores.precision + 1 / scores.recall),
                            1e-12);
    keyword_score(&examples, crossed, 1, &scores);
    ck_assert_double_eq(scores.precision, 0);
    ck_assert_double_eq(keyword_f1(&scores), 0);
    ck_assert_double_eq(scores.none, 1);
}
END_TEST

START_TEST(there_is_nothing_to_fit_to_keywords_that_all_or_none_were_said)
{
    for (size_t k = 0; k < MOST_ITEMS; k++)
        items[k].said = _i == 1;
    ck_assert(!keyword_can_fit(&examples));
    for (size_t k = 0; k < item_starts[1]; k++) /* the first photo's alone */
        items[k].said = _i == 0;
    ck_assert(!keyword_can_fit(&examples));
    examples.photos = 0;
    ck_assert(!keyword_can_fit(&examples));
}
END_TEST

/* ---- A small world: three photos that the consensus knows, two that it is asked about ---- */

enum { KNOWN = 3, WIDTH = 2, GRAMS = 4, PHOTOS = 2, CAPTIONS = 3, TOKENS = 9 };
enum { DOG = VOCAB_FIRST_WORD, MAN, RUNS, ZORB };

static const char vocabulary[] = "dog\nman\nruns\nzorb\n";
static const signed char direction[WIDTH] = {1, 2}, known[KNOWN] = {1, -1, 2};
static const float one[KNOWN] = {1, 1, 1}, offset = 0.5F, shares[KNOWN] = {0.5F, 0.25F, 0.25F};
static const unsigned char gram_photos[] = {0, 1, 0, 1, 2};
static const int32_t starts[GRAMS + 1] = {0, 1, 2, 4, 5};
static int64_t keys[GRAMS];
static unsigned char postings[sizeof gram_photos * CONSENSUS_POSTING_BYTES];
static const struct consensus consensus = {.directions = {TN_I8, 1, WIDTH, direction, one},
                                           .offsets = &offset,
                                           .photos = {TN_I8, KNOWN, 1, known, one},
                                           .shares = shares,
                                           .grams = GRAMS,
                                           .keys = keys,
                                           .starts = starts,
                                           .postings = postings};

/* "a dog runs", "dogs zorb" of one photo, "guys run zorb qua" of the other. */
static char text[] = "a\0dog\0runs\0dogs\0zorb\0guys\0run\0zorb\0qua";
static size_t words[TOKENS] = {0, 2, 6, 11, 16, 21, 26, 30, 35};
static size_t photos[PHOTOS] = {0, 1}, firsts[PHOTOS + 1] = {0, 2, 3};
static size_t caption_starts[CAPTIONS + 1] = {0, 3, 5, TOKENS};
static struct data_corpus corpus = {.photos = photos,
                                    .firsts = firsts,
                                    .photo_count = PHOTOS,
                                    .starts = caption_starts,
                                    .caption_count = CAPTIONS,
                                    .words = words,
                                    .token_count = TOKENS,
                                    .text = text};
static uint16_t halves[PHOTOS * WIDTH];
static const struct data_features features = {.photos = PHOTOS,
                                              .views = 1,
                                              .width = WIDTH,
                                              .rows = photos,
                                              .values = halves,
                                              .total = PHOTOS};
static const struct data_source source = {
    .corpus = &corpus, .features = &features, .input = {.scale = 1}, .max_words = 9};

static struct vocab *vocab;
static struct keywords *keywords;

static void make_world(void)
{
    static const float v[PHOTOS * WIDTH] = {0.25F, 0.25F, 0.5F, -0.125F};

    tn_float_to_half(halves, v, PHOTOS * WIDTH);
    ck_assert_int_eq(vocab_parse(vocabulary, strlen(vocabulary), &vocab, NULL), TN_OK);
    for (int g = 0; g < GRAMS; g++) {
        const int id = DOG + g;

        keys[g] = (int64_t)ngram_key(&id, 1);
    }
    for (size_t i = 0; i < sizeof gram_photos; i++)
        consensus_put_posting(postings, i, gram_photos[i], 1);
    ck_assert_int_eq(keywords_create("en", vocab, &consensus, NULL, &keywords, NULL), TN_OK);
}

static void end_world(void)
{
    keywords_destroy(keywords);
    vocab_destroy(vocab);
}

static const struct keyword_example *find(const struct keyword_examples *made, size_t photo,
                                          const char *keyword)
{
    size_t at_item = made->starts[photo];
    double evidence[GRAMS];
    float w[KNOWN];
    const double z = photo == 0 ? 0.25 : -0.25; /* P V - o */

    for (size_t i = 0; i < KNOWN; i++)
        w[i] = shares[i] + (float)known[i] * (float)z;
    keywords_look(keywords, w, evidence);
    for (size_t k = 0; k < GRAMS; k++) {
        if (strcmp(keywords_text(keywords, k), keyword) == 0)
            return isnan(evidence[k]) ? NULL : &made->items[at_item];
        at_item += !isnan(evidence[k]);
    }
    ck_abort_msg("no keyword %s", keyword);
    return NULL;
}

/* w is (0.75, 0, 0.75) of the first photo, (0.25, 0.5, -0.25) of the second. */
START_TEST(examples_are_what_the_consensus_expects_and_what_people_said)
{
    struct keyword_examples made;
    struct tn_error err;

    ck_assert_msg(keyword_examples_make(keywords, &consensus, &source, NULL, &made, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_uint_eq(made.starts[PHOTOS], 6);
    ck_assert_double_eq_tol((double)find(&made, 0, "dog")->evidence, log(3), 0.03);
    ck_assert(find(&made, 0, "dog")->said && find(&made, 0, "running")->said);
    ck_assert_ptr_null(find(&made, 0, "man"));
    ck_assert(find(&made, 0, "zorb")->said);
    ck_assert_double_eq_tol((double)find(&made, 1, "man")->evidence, 0, 0.03);
    ck_assert_double_eq_tol((double)find(&made, 1, "running")->evidence, log(3), 0.03);
    ck_assert(find(&made, 1, "man")->said && find(&made, 1, "running")->said);
    ck_assert(!find(&made, 1, "dog")->said);
    ck_assert_ptr_null(find(&made, 1, "zorb"));
    ck_assert_uint_eq(made.people[0], 3); /* dog, running, zorb */
    ck_assert_uint_eq(made.people[1], 4); /* man, running, zorb, qua */
    keyword_examples_finish(&made);
}
END_TEST

START_TEST(words_of_captions_are_scored_each_once)
{
    static int ids[] = {DOG, DOG, MAN};
    static size_t said_starts[] = {0, 3, 3};
    const struct train_hypotheses hypotheses = {
        .ids = ids, .starts = said_starts, .photos = PHOTOS};
    struct keyword_scores scores;

    ck_assert_int_eq(keyword_score_captions(keywords, &corpus, &hypotheses, vocab, &scores, NULL),
                     TN_OK);
    ck_assert_double_eq_tol(scores.precision, 0.5, 1e-12); /* dog, not man */
    ck_assert_double_eq_tol(scores.recall, 1.0 / 7, 1e-12);
    ck_assert_double_eq_tol(scores.per_photo, 1, 1e-12);
    ck_assert_double_eq_tol(scores.none, 0.5, 1e-12);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("keywords_fit");
    TCase *fits = tcase_create("fit"), *world = tcase_create("world");

    tcase_add_checked_fixture(fits, set_up, tear_down);
    tcase_add_test(fits, the_fit_is_what_another_program_finds);
    tcase_add_test(fits, scores_are_what_another_program_counts);
    tcase_add_loop_test(fits, there_is_nothing_to_fit_to_keywords_that_all_or_none_were_said, 0, 2);
    suite_add_tcase(suite, fits);
    tcase_add_checked_fixture(world, make_world, end_world);
    tcase_add_test(world, examples_are_what_the_consensus_expects_and_what_people_said);
    tcase_add_test(world, words_of_captions_are_scored_each_once);
    suite_add_tcase(suite, world);
    return suite;
}
