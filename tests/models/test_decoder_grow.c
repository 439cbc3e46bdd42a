/* SPDX-License-Identifier: MIT */
/* More words for a decoder: what it said stays, and new words begin like others in their places. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/decoder_grow.h"
#include "models/search.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 5, WORDS = 8, MORE = 3, MAX_WORDS = 4, PHOTOS = 6 };
enum { KNOWN = VOCAB_FIRST_WORD + WORDS, ALL = KNOWN + MORE };
enum { A = VOCAB_FIRST_WORD, B, C, D, E, NEW = KNOWN, NEWER, UNSEEN };

/* The new words' places, and known words' in the same: NEW stands where D does, NEWER where only
 * one neighbour is shared with another, with E; UNSEEN nowhere. */
static const struct decoder_place places[] = {
    {A, D, B},       {A, NEW, B}, {A, D, B},         {VOCAB_START, A, D},
    {B, NEWER, NEW}, {B, E, C},   {D, B, VOCAB_END}, {A, NEW, B},
};
enum { PLACES = sizeof places / sizeof *places };

static struct tiny_model old;
static struct decoder *grown;
static float *theta;

static void grow(const char *cell, size_t layers)
{
    struct decoder_config config;
    struct decoder_place mine[PLACES];

    memcpy(mine, places, sizeof places);
    tiny_model_init(&old, cell, layers, KNOWN, FEATURES, 3);
    config = *decoder_config(old.decoder);
    config.vocabulary = ALL;
    ck_assert_int_eq(decoder_create(&config, "decoder.en.", &grown, NULL), TN_OK);
    theta = malloc(decoder_layout(grown)->floats * sizeof *theta);
    ck_assert_int_eq(decoder_grow(old.decoder, old.theta, grown, mine, PLACES, theta, NULL), TN_OK);
}

static void finish(void)
{
    tiny_model_finish(&old);
    decoder_destroy(grown);
    free(theta);
}

static float *row(const char *name, int word, size_t *ret_width)
{
    const struct tn_parameter *p = tn_layout_find(decoder_layout(grown), name);

    *ret_width = p->span.count / p->dims[0];
    return theta + p->span.offset + (size_t)word * *ret_width;
}

static double length_of(const char *name, int word)
{
    size_t width;
    const float *x = row(name, word, &width);
    double sum = 0;

    for (size_t i = 0; i < width; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

static double cosine(const char *name, int left, int right)
{
    size_t width;
    const float *x = row(name, left, &width), *y = row(name, right, &width);
    double sum = 0;

    for (size_t i = 0; i < width; i++)
        sum += (double)x[i] * (double)y[i];
    return sum / length_of(name, left) / length_of(name, right);
}

START_TEST(what_is_there_stays_bit_by_bit)
{
    grow(rnn_cell_at((size_t)_i)->name, 2);
    for (size_t i = 0; i < decoder_layout(grown)->count; i++) {
        const struct tn_span from = decoder_layout(old.decoder)->parameters[i].span;
        const struct tn_span to = decoder_layout(grown)->parameters[i].span;

        ck_assert_uint_ge(to.count, from.count);
        ck_assert_mem_eq(theta + to.offset, old.theta + from.offset, from.count * sizeof *theta);
        for (size_t j = 0; j < to.count; j++)
            ck_assert(isfinite(theta[to.offset + j]));
    }
    finish();
}
END_TEST

static void check_rows(const char *name)
{
    double length = 0;

    for (int word = VOCAB_FIRST_WORD; word < KNOWN; word++)
        length += length_of(name, word) / WORDS;
    for (int word = KNOWN; word < ALL; word++)
        ck_assert_double_eq_tol(length_of(name, word), length, 1e-4);
    for (int word = VOCAB_FIRST_WORD; word < KNOWN; word++) {
        if (word != D)
            ck_assert_double_gt(cosine(name, NEW, D), cosine(name, NEW, word));
        ck_assert_double_gt(cosine(name, NEWER, E), cosine(name, UNSEEN, E));
    }
}

START_TEST(new_words_begin_like_those_in_their_places)
{
    grow("lstm", 1);
    check_rows("decoder.en.embedding.weight");
    check_rows("decoder.en.output.weight");
    finish();
}
END_TEST

/* -log p of a caption of known words, with all that the decoder may say. */
static double loss_of(const struct decoder *decoder, float *weights, const float *features)
{
    static const int inputs[] = {VOCAB_START, A, D, B}, targets[] = {A, D, B, VOCAB_END};
    const size_t length = 4;
    const struct decoder_batch batch = {.size = 1,
                                        .steps = length,
                                        .features = features,
                                        .inputs = inputs,
                                        .targets = targets,
                                        .lengths = &length};
    struct tn_arena arena;
    const struct tn_pass pass = {.theta = weights, .arena = &arena};
    double loss;

    tn_arena_measure(&arena);
    decoder_loss(decoder, &pass, &batch, 1, 0);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    loss = decoder_loss(decoder, &pass, &batch, 1, 0);
    tn_arena_finish(&arena);
    return loss;
}

static void set_new_biases(float bias)
{
    size_t width;

    for (int word = KNOWN; word < ALL; word++)
        *row("decoder.en.output.bias", word, &width) = bias;
}

/* The new words only add to what probabilities are divided by. */
START_TEST(known_captions_lose_only_what_new_words_take)
{
    float *features = tiny_features(1, FEATURES, 5);
    double before, after, without;

    grow(rnn_cell_at((size_t)_i)->name, 1);
    before = loss_of(old.decoder, old.theta, features);
    after = loss_of(grown, theta, features);
    set_new_biases(-1e4F);
    without = loss_of(grown, theta, features);
    ck_assert_double_gt(after, before);
    ck_assert_double_eq_tol(without, before, 1e-5 * before);
    free(features);
    finish();
}
END_TEST

static void search_all(const struct decoder_weights *weights, const float *features,
                       struct search **ret_search)
{
    const struct search_limits limits = {PHOTOS, 3, MAX_WORDS};
    struct search_options options = SEARCH_OPTIONS_DEFAULT;

    options.max_words = MAX_WORDS;
    ck_assert_int_eq(search_create(weights, &limits, NULL, ret_search, NULL), TN_OK);
    ck_assert_int_eq(search_run(*ret_search, &options, PHOTOS, features, NULL), TN_OK);
}

START_TEST(photos_keep_their_captions_where_new_words_are_improbable)
{
    float *features = tiny_features(PHOTOS, FEATURES, 6);
    struct decoder_weights weights;
    struct search *before, *after;

    grow("lstm", 1);
    set_new_biases(-1e4F);
    ck_assert_int_eq(decoder_weights_from_theta(decoder_layout(grown), theta, "decoder.en.",
                                                decoder_config(grown), &weights, NULL),
                     TN_OK);
    search_all(&old.weights, features, &before);
    search_all(&weights, features, &after);
    for (size_t i = 0; i < PHOTOS; i++) {
        const struct search_hypothesis a = search_result(before, i, 0);
        const struct search_hypothesis b = search_result(after, i, 0);

        ck_assert_uint_eq(a.count, b.count);
        ck_assert_mem_eq(a.words, b.words, a.count * sizeof *a.words);
    }
    search_destroy(before);
    search_destroy(after);
    free(features);
    finish();
}
END_TEST

START_TEST(without_captions_new_words_are_the_mean_of_all)
{
    size_t width;

    grow("gru", 1);
    ck_assert_int_eq(decoder_grow(old.decoder, old.theta, grown, NULL, 0, theta, NULL), TN_OK);
    ck_assert_mem_eq(row("decoder.en.output.weight", NEW, &width),
                     row("decoder.en.output.weight", UNSEEN, &width), width * sizeof *theta);
    finish();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("decoder_grow");
    TCase *tcase = tcase_create("decoder_grow");
    const int cells = (int)rnn_cell_count();

    tcase_add_loop_test(tcase, what_is_there_stays_bit_by_bit, 0, cells);
    tcase_add_test(tcase, new_words_begin_like_those_in_their_places);
    tcase_add_loop_test(tcase, known_captions_lose_only_what_new_words_take, 0, cells);
    tcase_add_test(tcase, photos_keep_their_captions_where_new_words_are_improbable);
    tcase_add_test(tcase, without_captions_new_words_are_the_mean_of_all);
    suite_add_tcase(suite, tcase);
    return suite;
}
