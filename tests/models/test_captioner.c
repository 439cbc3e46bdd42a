/* SPDX-License-Identifier: MIT */
/* The C API from end to end, with a model of random weights that the test writes itself. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "base/rng.h"
#include "image/image.h"
#include "models/captioner/captioner.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 5, VOCABULARY = VOCAB_FIRST_WORD + WORDS, FEATURES = 4096, SIDE = 64, PHOTOS = 4 };

static char folder[TEST_FOLDER_SIZE], path[128], photo_path[128];
static const char words[] = "a\ndog\nruns\n's\nhome\n";
static unsigned char pixels[PHOTOS][SIDE * SIDE * 3];

static void make_photos(void)
{
    const struct image photo = {SIDE, SIDE, pixels[0]};
    struct tn_rng rng;

    tn_rng_init(&rng, 2);
    for (size_t p = 0; p < PHOTOS; p++)
        for (size_t i = 0; i < sizeof pixels[p]; i++)
            pixels[p][i] = (unsigned char)(tn_rng_next(&rng) >> (56 + p));
    ck_assert_int_eq(image_save_png(&photo, photo_path, NULL), TN_OK);
}

static void set_up(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    snprintf(photo_path, sizeof photo_path, "%s/photo.png", folder);
    make_photos();
    tiny_model_save(path, words, VOCABULARY);
}

static void tear_down(void)
{
    test_folder_remove(folder);
}

static struct captioner *load(size_t threads, size_t max_batch)
{
    const struct captioner_options options = {.threads = threads, .max_batch = max_batch};
    struct captioner *captioner;
    struct captioner_error error;

    ck_assert_msg(captioner_load(path, &options, &captioner, &error) == CAPTIONER_OK, "%s",
                  error.text);
    return captioner;
}

static void check_same(const struct captioner_result *a, const struct captioner_result *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        ck_assert_str_eq(a->captions[i].text, b->captions[i].text);
        ck_assert_double_eq(a->captions[i].log_prob, b->captions[i].log_prob);
    }
}

START_TEST(a_photo_has_a_caption_with_its_probabilities)
{
    struct captioner_writing writing = CAPTIONER_WRITING_DEFAULT;
    const struct captioner_photo photo = {.rgb = pixels[0], .width = SIDE, .height = SIDE};
    struct captioner *captioner = load(1, 0);
    struct captioner_result *result;
    struct captioner_error error;

    writing.best = 3;
    ck_assert_msg(captioner_caption(captioner, &photo, &writing, &result, &error) == CAPTIONER_OK,
                  "%s", error.text);
    ck_assert_uint_eq(result->count, 3);
    for (size_t i = 0; i < result->count; i++) {
        const struct captioner_caption *caption = &result->captions[i];
        double sum = caption->end_log_prob;

        ck_assert_uint_ge(caption->word_count, 1);
        ck_assert_uint_ge(strlen(caption->text), 1);
        for (size_t w = 0; w < caption->word_count; w++)
            sum += (double)caption->words[w].log_prob;
        ck_assert_double_eq_tol(sum, caption->log_prob, 1e-5);
        ck_assert(caption->confidence > 0 && caption->confidence <= 1);
    }
    captioner_result_destroy(result);
    ck_assert_uint_eq(captioner_vocabulary_size(captioner), WORDS);
    ck_assert_uint_eq(captioner_feature_count(captioner), FEATURES);
    ck_assert_str_eq(captioner_cell(captioner), "lstm");
    ck_assert_str_eq(captioner_language(captioner), "en");
    ck_assert_str_eq(captioner_language_at(captioner, 0), "en");
    ck_assert_ptr_null(captioner_language_at(captioner, 1));
    ck_assert_str_eq(captioner_metadata(captioner, "format_version"), "1");
    captioner_destroy(captioner);
}
END_TEST

START_TEST(a_batch_says_what_each_photo_says_alone)
{
    const char *none = "/nowhere/photo.jpg";
    struct captioner_photo photos[PHOTOS + 2] = {{.path = none}};
    struct captioner_result *results[PHOTOS + 2], *alone;
    struct captioner_error errors[PHOTOS + 2], error;
    struct captioner *batch = load(3, 4), *one = load(1, 1);
    float *features = calloc((PHOTOS + 2) * FEATURES, sizeof *features);
    unsigned char read[PHOTOS + 2];

    for (size_t i = 0; i < PHOTOS; i++)
        photos[i + 1] = (struct captioner_photo){.rgb = pixels[i], .width = SIDE, .height = SIDE};
    photos[PHOTOS + 1] = (struct captioner_photo){.bytes = "not a photo", .size = 11};
    ck_assert_int_eq(
        captioner_caption_batch(batch, photos, PHOTOS + 2, NULL, results, errors, &error),
        CAPTIONER_OK);
    ck_assert_ptr_null(results[0]);
    ck_assert_int_eq(errors[0].status, CAPTIONER_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(errors[0].text, none));
    ck_assert_ptr_null(results[PHOTOS + 1]);
    ck_assert_int_eq(errors[PHOTOS + 1].status, CAPTIONER_FORMAT);
    ck_assert_int_eq(captioner_features(batch, photos, PHOTOS + 2, features, read, NULL, &error),
                     CAPTIONER_OK);
    ck_assert_int_eq(read[0], 0);
    for (size_t i = 1; i <= PHOTOS; i++) {
        ck_assert_int_eq(captioner_caption(one, &photos[i], NULL, &alone, &error), CAPTIONER_OK);
        check_same(results[i], alone);
        captioner_result_destroy(alone);
        ck_assert_int_eq(read[i], 1);
        ck_assert_int_eq(
            captioner_caption_features(one, features + i * FEATURES, 1, NULL, &alone, &error),
            CAPTIONER_OK);
        check_same(results[i], alone);
        captioner_result_destroy(alone);
        captioner_result_destroy(results[i]);
    }
    free(features);
    captioner_destroy(batch);
    captioner_destroy(one);
}
END_TEST

START_TEST(a_text_has_scores_that_are_the_same_alone_and_with_others)
{
    struct captioner *captioner = load(1, 1);
    struct captioner_photo photos[PHOTOS];
    struct captioner_error error;
    float *features = calloc(PHOTOS * FEATURES, sizeof *features), scores[PHOTOS], again[PHOTOS];
    unsigned char read[PHOTOS];

    for (size_t i = 0; i < PHOTOS; i++)
        photos[i] = (struct captioner_photo){.rgb = pixels[i], .width = SIDE, .height = SIDE};
    ck_assert_int_eq(captioner_features(captioner, photos, PHOTOS, features, read, NULL, &error),
                     CAPTIONER_OK);
    ck_assert_int_eq(captioner_score_features(captioner, features, PHOTOS, "a dog", scores, &error),
                     CAPTIONER_OK);
    for (size_t i = 0; i < PHOTOS; i++) {
        ck_assert_int_eq(captioner_score_features(captioner, features + i * FEATURES, 1, "A dog!",
                                                  &again[i], &error),
                         CAPTIONER_OK);
        ck_assert_float_eq(scores[i], again[i]);
    }
    ck_assert_int_eq(captioner_score_features(captioner, features, PHOTOS, "dog a", again, &error),
                     CAPTIONER_OK);
    ck_assert_float_ne(scores[0], again[0]);
    ck_assert_int_eq(captioner_score_features(captioner, features, PHOTOS, " ?! ", scores, &error),
                     CAPTIONER_NOTFOUND);
    ck_assert_str_eq(error.text, "' ?! ' has no word");
    free(features);
    captioner_destroy(captioner);
}
END_TEST

START_TEST(a_file_its_bytes_and_its_pixels_are_one_photo)
{
    struct captioner *captioner = load(1, 1);
    struct captioner_photo photo = {.path = photo_path};
    struct captioner_result *from_file, *from_bytes, *from_pixels;
    unsigned char bytes[2 * SIDE * SIDE * 3];
    FILE *stream = fopen(photo_path, "rb");
    const size_t size = fread(bytes, 1, sizeof bytes, stream);

    fclose(stream);
    ck_assert_int_eq(captioner_caption(captioner, &photo, NULL, &from_file, NULL), CAPTIONER_OK);
    photo = (struct captioner_photo){.bytes = bytes, .size = size};
    ck_assert_int_eq(captioner_caption(captioner, &photo, NULL, &from_bytes, NULL), CAPTIONER_OK);
    photo = (struct captioner_photo){.rgb = pixels[0], .width = SIDE, .height = SIDE};
    ck_assert_int_eq(captioner_caption(captioner, &photo, NULL, &from_pixels, NULL), CAPTIONER_OK);
    check_same(from_file, from_bytes);
    check_same(from_file, from_pixels);
    captioner_result_destroy(from_file);
    captioner_result_destroy(from_bytes);
    captioner_result_destroy(from_pixels);
    captioner_destroy(captioner);
}
END_TEST

static void mirror(const unsigned char *rgb, unsigned char *out)
{
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            memcpy(out + 3 * (y * SIDE + x), rgb + 3 * (y * SIDE + SIDE - 1 - x), 3);
}

/* V is the mean over the photo and its mirror image, where the decoder wants it. */
START_TEST(a_mirrored_decoder_sees_a_photo_from_both_sides)
{
    unsigned char turned[SIDE * SIDE * 3];
    const struct captioner_photo photos[] = {
        {.rgb = pixels[0], .width = SIDE, .height = SIDE},
        {.rgb = turned, .width = SIDE, .height = SIDE},
    };
    struct captioner *plain = load(1, 2), *mirrored;
    float *one = calloc(2 * FEATURES, sizeof *one), *both = calloc(2 * FEATURES, sizeof *both);
    unsigned char read[2];
    struct tiny_model tiny;
    float difference = 0;

    mirror(pixels[0], turned);
    ck_assert_int_eq(captioner_features(plain, photos, 2, one, read, NULL, NULL), CAPTIONER_OK);
    captioner_destroy(plain);
    tiny_model_init(&tiny, "lstm", 1, VOCABULARY, FEATURES, 1);
    tiny.input = (struct decoder_input){3, true, true};
    tiny_model_save_as(path, words, &tiny, TINY_RANDOM, MODEL_INT8);
    mirrored = load(2, 2);
    ck_assert_int_eq(captioner_features(mirrored, photos, 2, both, read, NULL, NULL), CAPTIONER_OK);
    for (size_t i = 0; i < FEATURES; i++) {
        ck_assert_float_eq_tol(both[i], (one[i] + one[FEATURES + i]) / 2, 1e-6F);
        ck_assert_float_eq(both[i], both[FEATURES + i]);
        difference += fabsf(one[i] - one[FEATURES + i]);
    }
    ck_assert_float_gt(difference, 0.1F);
    captioner_destroy(mirrored);
    tiny_model_finish(&tiny);
    tiny_model_save(path, words, VOCABULARY);
    free(one);
    free(both);
}
END_TEST

/* A beam of 3 that is to find 5 is one of 5. */
START_TEST(the_search_keeps_as_many_as_are_wanted)
{
    const struct captioner_photo photo = {.rgb = pixels[0], .width = SIDE, .height = SIDE};
    struct captioner_writing writing = CAPTIONER_WRITING_DEFAULT;
    struct captioner *captioner = load(1, 1);
    struct captioner_result *result, *wide;

    writing.differ = 0;
    writing.best = writing.beam = 5;
    ck_assert_int_eq(captioner_caption(captioner, &photo, &writing, &wide, NULL), CAPTIONER_OK);
    for (writing.beam = 1; writing.beam < 5; writing.beam++) {
        ck_assert_int_eq(captioner_caption(captioner, &photo, &writing, &result, NULL),
                         CAPTIONER_OK);
        ck_assert_uint_eq(result->count, 5);
        check_same(result, wide);
        captioner_result_destroy(result);
    }
    captioner_result_destroy(wide);
    captioner_destroy(captioner);
}
END_TEST

static void check_distinct(const struct captioner_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(result->captions[i].text, result->captions[k].text);
}

/* More than there are searches, of beams that are narrower and wider than the captions wanted. */
START_TEST(captions_that_differ_begin_with_the_one_that_is_found_alone)
{
    static const size_t beams[] = {1, 3, 20}, counts[] = {2, 5, 14};
    struct captioner_writing writing = CAPTIONER_WRITING_DEFAULT, single = writing;
    struct captioner *batch = load(3, PHOTOS), *one = load(1, 1);
    struct captioner_result *results[PHOTOS], *alone, *first;
    float *features = calloc(PHOTOS * FEATURES, sizeof *features);

    for (size_t i = 0; i < PHOTOS * FEATURES; i++)
        features[i] = (float)(i * i % 101) / 101;
    writing.beam = single.beam = beams[_i % 3];
    writing.best = counts[_i / 3];
    ck_assert_int_eq(captioner_caption_features(batch, features, PHOTOS, &writing, results, NULL),
                     CAPTIONER_OK);
    for (size_t i = 0; i < PHOTOS; i++) {
        const float *v = features + i * FEATURES;

        ck_assert_uint_eq(results[i]->count, writing.best);
        check_distinct(results[i]);
        ck_assert_int_eq(captioner_caption_features(one, v, 1, &writing, &alone, NULL),
                         CAPTIONER_OK);
        check_same(results[i], alone);
        ck_assert_int_eq(captioner_caption_features(one, v, 1, &single, &first, NULL),
                         CAPTIONER_OK);
        ck_assert_str_eq(alone->captions[0].text, first->captions[0].text);
        ck_assert_double_eq(alone->captions[0].log_prob, first->captions[0].log_prob);
        ck_assert_double_eq(alone->captions[0].confidence, first->captions[0].confidence);
        captioner_result_destroy(first);
        captioner_result_destroy(alone);
        captioner_result_destroy(results[i]);
    }
    captioner_destroy(batch);
    captioner_destroy(one);
    free(features);
}
END_TEST

/* ---- Forbidden words ---- */

static const struct captioner_writing ways[] = {
    {.beam = 1, .best = 1, .max_words = 12},
    {.beam = 4, .best = 4, .max_words = 12, .length_exponent = 0.7F},
    {.beam = 4, .best = 4, .max_words = 12, .length_exponent = 0.7F, .differ = 0.5F},
    {.best = 20, .max_words = 12, .sample = 1, .temperature = 3},
    {.best = 20, .max_words = 12, .sample = 1, .temperature = 3, .top_p = 0.9F},
    {.best = 20, .max_words = 12, .sample = 1, .temperature = 3, .top_k = 3},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* V of a photo that is read once. */
static const float *features_of(struct captioner *captioner)
{
    static float features[FEATURES];
    static unsigned char read;
    const struct captioner_photo photo = {.rgb = pixels[1], .width = SIDE, .height = SIDE};

    if (!read)
        ck_assert_int_eq(captioner_features(captioner, &photo, 1, features, &read, NULL, NULL),
                         CAPTIONER_OK);
    return features;
}

static struct captioner_result *write_without(struct captioner *captioner, size_t way,
                                              const char *const *forbidden, size_t count)
{
    const float *features = features_of(captioner);
    struct captioner_writing writing = ways[way];
    struct captioner_result *result;
    struct captioner_error error;

    writing.forbidden = forbidden;
    writing.forbidden_count = count;
    ck_assert_msg(captioner_caption_features(captioner, features, 1, &writing, &result, &error) ==
                      CAPTIONER_OK,
                  "%s", error.text);
    return result;
}

/* How often the word stands in the captions, behind another one where before is not NULL. */
static size_t count_word(const struct captioner_result *result, const char *before,
                         const char *word)
{
    size_t count = 0;

    for (size_t i = 0; i < result->count; i++) {
        const struct captioner_caption *caption = &result->captions[i];

        ck_assert_uint_ge(caption->word_count, 1);
        for (size_t w = 0; w < caption->word_count; w++)
            count += strcmp(caption->words[w].text, word) == 0 &&
                     (!before || (w > 0 && strcmp(caption->words[w - 1].text, before) == 0));
    }
    return count;
}

START_TEST(no_caption_has_a_forbidden_word)
{
    static const char *const lists[][4] = {
        {"DOG"}, {"a", "Home"}, {"\"dog.\"", "zebra"}, {"a", "dog", "runs", "'s"}};
    enum { LISTS = sizeof lists / sizeof lists[0] };
    struct captioner *captioner = load(1, 1);

    for (size_t n = 0; n < LISTS * WAYS; n++) {
        const size_t i = n % LISTS;
        struct captioner_result *result;
        size_t count = 0;

        while (count < 4 && lists[i][count])
            count++;
        result = write_without(captioner, n / LISTS, lists[i], count);
        ck_assert_uint_eq(count_word(result, NULL, i == 1 ? "home" : "dog"), 0);
        ck_assert_uint_eq(i % 2 == 1 ? count_word(result, NULL, "a") : 0, 0);
        ck_assert_uint_eq(i == 3 ? count_word(result, NULL, "'s") : 0, 0);
        captioner_result_destroy(result);
    }
    captioner_destroy(captioner);
}
END_TEST

/* What a model writes most is to be without a pair of words, each of which may stay. */
START_TEST(words_in_a_row_are_forbidden_as_that)
{
    static const char *const names[] = {"a", "dog", "runs", "'s", "home"};
    struct captioner *captioner = load(1, 1);
    size_t with = 0, left = 0;

    for (size_t i = 0; i < WAYS * WORDS * WORDS; i++) {
        const char *first = names[i / WORDS % WORDS], *second = names[i % WORDS];
        const size_t way = i / (WORDS * WORDS);
        struct captioner_result *result = write_without(captioner, way, NULL, 0);
        const char *list[1];
        char text[32];

        with += count_word(result, first, second);
        captioner_result_destroy(result);
        snprintf(text, sizeof text, "%s %s", first, second);
        list[0] = text;
        result = write_without(captioner, way, list, 1);
        ck_assert_uint_eq(count_word(result, first, second), 0);
        left += count_word(result, NULL, second);
        captioner_result_destroy(result);
    }
    ck_assert_uint_gt(with, 0);
    ck_assert_uint_gt(left, 0);
    captioner_destroy(captioner);
}
END_TEST

START_TEST(what_no_caption_could_have_is_forbidden_in_vain)
{
    static const char *const nothing[] = {"zebra", "a zebra", "", "...", "\xFF\xFE", "<end>"};
    enum { COUNT = sizeof nothing / sizeof nothing[0] };
    struct captioner *captioner = load(1, 1);
    struct captioner_error error;

    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(captioner_check_words(captioner, nothing[i], &error), CAPTIONER_NOTFOUND);
        ck_assert_str_ne(error.text, "");
    }
    for (size_t way = 0; way < WAYS; way++) {
        struct captioner_result *all = write_without(captioner, way, NULL, 0);
        struct captioner_result *result = write_without(captioner, way, nothing, COUNT);

        check_same(all, result);
        captioner_result_destroy(result);
        captioner_result_destroy(all);
    }
    ck_assert_int_eq(captioner_check_words(captioner, "A dog's HOME!", &error), CAPTIONER_OK);
    captioner_destroy(captioner);
}
END_TEST

START_TEST(a_model_without_words_writes_no_caption)
{
    static const char *const every[] = {"a", "dog", "Runs", "'s", "home", "dog"};
    const struct captioner_photo photo = {.rgb = pixels[0], .width = SIDE, .height = SIDE};
    struct captioner *captioner = load(1, 1);
    struct captioner_error error;

    for (size_t way = 0; way < WAYS; way++) {
        struct captioner_writing writing = ways[way];
        struct captioner_result *result = NULL;

        writing.forbidden = every;
        writing.forbidden_count = sizeof every / sizeof every[0];
        ck_assert_int_eq(captioner_caption(captioner, &photo, &writing, &result, &error),
                         CAPTIONER_RANGE);
        ck_assert_ptr_nonnull(strstr(error.text, "all words of the model are forbidden"));
        ck_assert_ptr_null(result);
        result = write_without(captioner, way, every, 4);
        for (size_t i = 0; i < result->count; i++)
            ck_assert_str_eq(result->captions[i].text, "home");
        captioner_result_destroy(result);
    }
    captioner_destroy(captioner);
}
END_TEST

START_TEST(options_out_of_range_are_errors)
{
    static const struct captioner_writing bad[] = {
        {.beam = 0, .best = 65, .max_words = 20},
        {.beam = 65, .best = 1, .max_words = 20},
        {.beam = 3, .best = 1, .max_words = 65},
        {.beam = 3, .best = 1, .max_words = 20, .sample = 1, .temperature = -1},
        {.beam = 3, .best = 1, .max_words = 20, .sample = 1, .temperature = 1, .top_k = 5000},
        {.beam = 3, .best = 1, .max_words = 20, .sample = 1, .temperature = 1, .top_p = 1.5F},
        {.beam = 3, .best = 1, .max_words = 20, .sample = 1, .temperature = 1, .top_p = NAN},
        {.beam = 3, .best = 1, .max_words = 20, .length_exponent = NAN},
        {.beam = 3, .best = 1, .max_words = 20, .plain = 1},
        {.beam = 3, .best = 1, .max_words = 20, .plain = -0.5F},
        {.beam = 3, .best = 1, .max_words = 20, .plain = NAN},
        {.beam = 3, .best = 2, .max_words = 20, .differ = -0.1F},
        {.beam = 3, .best = 2, .max_words = 20, .differ = 10.1F},
        {.beam = 3, .best = 2, .max_words = 20, .differ = NAN},
    };
    const struct captioner_photo photo = {.rgb = pixels[0], .width = SIDE, .height = SIDE};
    struct captioner_options options = {.threads = 1, .language = "fr"};
    struct captioner *captioner = load(1, 1);
    struct captioner_result *result;
    struct captioner_error error;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(captioner_caption(captioner, &photo, &bad[i], &result, &error) ==
                          CAPTIONER_RANGE,
                      "%zu", i);
    captioner_destroy(captioner);
    ck_assert_int_eq(captioner_load(path, &options, &captioner, &error), CAPTIONER_NOTFOUND);
    ck_assert_int_eq(captioner_load(photo_path, NULL, &captioner, &error), CAPTIONER_FORMAT);
    ck_assert_int_eq(captioner_load("/nowhere", NULL, &captioner, NULL), CAPTIONER_NOTFOUND);
    captioner_destroy(NULL);
    captioner_result_destroy(NULL);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("captioner");
    TCase *tcase = tcase_create("captioner");

    tcase_add_unchecked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_photo_has_a_caption_with_its_probabilities);
    tcase_add_test(tcase, a_batch_says_what_each_photo_says_alone);
    tcase_add_test(tcase, a_text_has_scores_that_are_the_same_alone_and_with_others);
    tcase_add_test(tcase, a_file_its_bytes_and_its_pixels_are_one_photo);
    tcase_add_test(tcase, a_mirrored_decoder_sees_a_photo_from_both_sides);
    tcase_add_test(tcase, the_search_keeps_as_many_as_are_wanted);
    tcase_add_loop_test(tcase, captions_that_differ_begin_with_the_one_that_is_found_alone, 0, 9);
    tcase_add_test(tcase, no_caption_has_a_forbidden_word);
    tcase_add_test(tcase, words_in_a_row_are_forbidden_as_that);
    tcase_add_test(tcase, what_no_caption_could_have_is_forbidden_in_vain);
    tcase_add_test(tcase, a_model_without_words_writes_no_caption);
    tcase_add_test(tcase, options_out_of_range_are_errors);
    suite_add_tcase(suite, tcase);
    return suite;
}
