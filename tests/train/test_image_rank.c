/* SPDX-License-Identifier: MIT */
/* W_v rounded to a low rank: the best such product, and a decoder that is otherwise the same. */
#include "tests/support/suite.h"

#include "tensor/half.h"
#include "tensor/pointwise.h"
#include "tests/support/tiny_model.h"
#include "train/fit/components.h"
#include "train/tasks/image_rank.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "decoder.en."
enum { FEATURES = 40, VOCABULARY = VOCAB_FIRST_WORD + 6, HIDDEN = 8, ROWS = 4 * HIDDEN, RANK = 5 };

static struct tiny_model tiny;
static struct image_rank rounded;

static float *tensor(const struct decoder *decoder, float *theta, const char *name)
{
    return theta + tn_layout_find(decoder_layout(decoder), name)->span.offset;
}

static float v[ROWS * FEATURES]; /* the right singular vectors of W_v */

/* W_v with these singular values, and random directions. */
static void set_singular_values(float *w, size_t count, const float *values)
{
    float u[ROWS * ROWS];
    struct tn_rng rng;

    tn_rng_init(&rng, 11);
    tn_rng_fill_uniform(&rng, u, count * ROWS, 1);
    tn_rng_fill_uniform(&rng, v, count * FEATURES, 1);
    train_orthonormalise(count, ROWS, u);
    train_orthonormalise(count, FEATURES, v);
    memset(w, 0, sizeof(float) * ROWS * FEATURES);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < FEATURES; j++)
                w[i * FEATURES + j] += values[k] * u[k * ROWS + i] * v[k * FEATURES + j];
}

static void set_up(void)
{
    tiny_model_init(&tiny, "lstm", 1, VOCABULARY, FEATURES, 3);
}

static void tear_down(void)
{
    image_rank_finish(&rounded);
    tiny_model_finish(&tiny);
}

static void round_for(size_t rank, const struct data_source *photos)
{
    struct tn_error err;

    ck_assert_msg(image_rank_check(decoder_config(tiny.decoder), rank, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_msg(
        image_rank_round(tiny.decoder, tiny.theta, PREFIX, rank, photos, &rounded, &err) == TN_OK,
        "%s", err.text);
}

static void round_to(size_t rank)
{
    round_for(rank, NULL);
}

/* The squared distance of W_v and its factors' product. */
static double distance(size_t rank)
{
    const float *w = tensor(tiny.decoder, tiny.theta, PREFIX "image.weight");
    const float *left = tensor(rounded.decoder, rounded.theta, PREFIX "image.weight");
    const float *right = tensor(rounded.decoder, rounded.theta, PREFIX "image.hidden.weight");
    double sum = 0;

    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < FEATURES; j++) {
            double product = 0;

            for (size_t k = 0; k < rank; k++)
                product += (double)left[i * rank + k] * (double)right[k * FEATURES + j];
            sum += pow((double)w[i * FEATURES + j] - product, 2);
        }
    return sum;
}

/* Eckart and Young: the distance is what is left of the singular values. */
START_TEST(the_product_is_the_best_of_its_rank)
{
    const float values[] = {9, 8, 7, 6, 5, 1, 0.5F, 0.25F};

    set_singular_values(tensor(tiny.decoder, tiny.theta, PREFIX "image.weight"), 8, values);
    round_to(RANK);
    ck_assert_double_eq_tol(distance(RANK), 1 + 0.25 + 0.0625, 2e-3);
}
END_TEST

START_TEST(a_matrix_of_that_rank_is_kept)
{
    const float values[] = {9, 3, 1};

    set_singular_values(tensor(tiny.decoder, tiny.theta, PREFIX "image.weight"), 3, values);
    round_to(RANK);
    ck_assert_double_lt(distance(RANK), 1e-9);
}
END_TEST

START_TEST(nothing_else_changes)
{
    const struct tn_layout *layout = decoder_layout(tiny.decoder);
    size_t compared = 0;

    round_to(RANK);
    ck_assert_uint_eq(decoder_config(rounded.decoder)->image_hidden, RANK);
    ck_assert(decoder_config(rounded.decoder)->image_linear);
    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *p = &layout->parameters[i];

        if (strcmp(p->name, PREFIX "image.weight") == 0)
            continue;
        ck_assert_mem_eq(tensor(rounded.decoder, rounded.theta, p->name),
                         tiny.theta + p->span.offset, p->span.count * sizeof(float));
        compared++;
    }
    ck_assert_uint_eq(compared + 2, decoder_layout(rounded.decoder)->count);
}
END_TEST

/* The decoder of a W_v of rank 3 says what it said. */
START_TEST(the_rounded_decoder_says_the_same)
{
    const float values[] = {2, 1.5F, 1};
    const int words[] = {VOCAB_FIRST_WORD, VOCAB_FIRST_WORD + 3};
    struct tiny_model other = tiny;
    float *features;

    set_singular_values(tensor(tiny.decoder, tiny.theta, PREFIX "image.weight"), 3, values);
    round_to(RANK);
    other.decoder = rounded.decoder;
    other.theta = rounded.theta;
    features = tiny_features(1, FEATURES, 4);
    ck_assert_double_eq_tol(tiny_model_log_prob(&other, features, words, 2),
                            tiny_model_log_prob(&tiny, features, words, 2), 1e-4);
    free(features);
}
END_TEST

START_TEST(what_is_not_smaller_is_refused)
{
    struct decoder_config config = *decoder_config(tiny.decoder);
    struct tn_error err;

    ck_assert_int_eq(image_rank_check(&config, 17, &err), TN_OK); /* 17 (32 + 40) < 32 * 40 */
    ck_assert_int_eq(image_rank_check(&config, 18, &err), TN_RANGE);
    ck_assert_pstr_ne(strstr(err.text, "expected 1 to 17"), NULL);
    config.image_hidden = 7;
    ck_assert_int_eq(image_rank_check(&config, RANK, &err), TN_RANGE);
    config.features = config.image_hidden = 0;
    ck_assert_int_eq(image_rank_check(&config, RANK, &err), TN_RANGE);
}
END_TEST

/* ---- For photos ---- */

enum { WEAK = 3, OTHERS = 9, PHOTOS = WEAK + OTHERS };

/* Of 3 photos V lies along the weak directions of W_v, one each; of the others along the strong
 * ones.  identified: 3 when the others are imagined, 0 when nothing is known of them. */
static void round_for_photos(size_t rank, size_t identified)
{
    const float values[] = {3, 3, 3, 2, 1.5F, 1};
    uint16_t halves[PHOTOS * FEATURES];
    size_t rows[PHOTOS];
    struct data_corpus corpus = {.photos = rows, .photo_count = PHOTOS};
    struct data_features features = {.photos = PHOTOS,
                                     .views = 1,
                                     .width = FEATURES,
                                     .rows = rows,
                                     .values = halves,
                                     .total = PHOTOS,
                                     .identified = identified};
    const struct data_source source = {
        .corpus = &corpus, .features = &features, .input = {.scale = 1}};

    set_singular_values(tensor(tiny.decoder, tiny.theta, PREFIX "image.weight"), 6, values);
    for (size_t p = 0; p < PHOTOS; p++) {
        rows[p] = p;
        tn_float_to_half(halves + p * FEATURES, v + (p < WEAK ? WEAK + p : p % WEAK) * FEATURES,
                         FEATURES);
    }
    round_for(rank, &source);
}

/* Of W_v V of the three photos, the share that the product has lost. */
static double lost_of_photos(size_t rank)
{
    const float *w = tensor(tiny.decoder, tiny.theta, PREFIX "image.weight");
    const float *left = tensor(rounded.decoder, rounded.theta, PREFIX "image.weight");
    const float *right = tensor(rounded.decoder, rounded.theta, PREFIX "image.hidden.weight");
    double lost = 0, all = 0;

    for (size_t p = WEAK; p < WEAK + WEAK; p++)
        for (size_t i = 0; i < ROWS; i++) {
            const double whole = (double)tn_dot(w + i * FEATURES, v + p * FEATURES, FEATURES);
            double product = 0;

            for (size_t k = 0; k < rank; k++)
                product += (double)left[i * rank + k] *
                           (double)tn_dot(right + k * FEATURES, v + p * FEATURES, FEATURES);
            lost += pow(whole - product, 2);
            all += pow(whole, 2);
        }
    return lost / all;
}

START_TEST(what_is_said_of_the_photos_is_kept)
{
    round_for_photos(WEAK, WEAK);
    ck_assert_double_lt(lost_of_photos(WEAK), 1e-5);
}
END_TEST

/* Without knowing which are imagined, the strong directions are what most photos need. */
START_TEST(all_photos_count_where_none_is_known)
{
    round_for_photos(WEAK, 0);
    ck_assert_double_gt(lost_of_photos(WEAK), 0.9);
}
END_TEST

START_TEST(beyond_the_photos_the_strongest_directions_are_kept)
{
    round_for_photos(WEAK + 3, WEAK);
    ck_assert_double_lt(distance(WEAK + 3), 1e-4);
}
END_TEST

START_TEST(photos_without_any_v_are_as_none)
{
    const float values[] = {9, 3, 1};
    uint16_t halves[FEATURES] = {0};
    size_t row = 0;
    struct data_corpus corpus = {.photos = &row, .photo_count = 1};
    struct data_features features = {
        .photos = 1, .views = 1, .width = FEATURES, .rows = &row, .values = halves, .total = 1};
    const struct data_source source = {
        .corpus = &corpus, .features = &features, .input = {.scale = 1}};

    set_singular_values(tensor(tiny.decoder, tiny.theta, PREFIX "image.weight"), 3, values);
    round_for(RANK, &source);
    ck_assert_double_lt(distance(RANK), 1e-9);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("image_rank");
    TCase *tcase = tcase_create("image_rank");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_product_is_the_best_of_its_rank);
    tcase_add_test(tcase, a_matrix_of_that_rank_is_kept);
    tcase_add_test(tcase, nothing_else_changes);
    tcase_add_test(tcase, the_rounded_decoder_says_the_same);
    tcase_add_test(tcase, what_is_said_of_the_photos_is_kept);
    tcase_add_test(tcase, all_photos_count_where_none_is_known);
    tcase_add_test(tcase, beyond_the_photos_the_strongest_directions_are_kept);
    tcase_add_test(tcase, photos_without_any_v_are_as_none);
    tcase_add_test(tcase, what_is_not_smaller_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
