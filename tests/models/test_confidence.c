/* SPDX-License-Identifier: MIT */
/* The confidence's formula, its place in the model file, and what becomes of it there. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/captioner/captioner.h"
#include "models/captioner/confidence.h"
#include "models/file/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEATURES = 5, WORDS = 3, VOCABULARY = VOCAB_FIRST_WORD + WORDS };

/* Two centres of photos, along the first axis and between it and the second; one of nothing. */
static const signed char photo_centres[2 * FEATURES] = {127, 0, 0, 0, 0, 90, 90, 0, 0, 0};
static const float photo_scales[] = {1 / 127.0F, 1 / 127.279F};
static const signed char empty_centres[FEATURES] = {0, 0, 0, 0, 100};
static const float empty_scales[] = {0.01F};
static const float weights[] = {0.5F, 2, -3, -1, 1.5F, 0.25F};
static const struct confidence sample = {{TN_I8, 2, FEATURES, photo_centres, photo_scales},
                                         {TN_I8, 1, FEATURES, empty_centres, empty_scales},
                                         weights,
                                         {40, 0.25F},
                                         0.375F};

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* ---- The formula ---- */

START_TEST(evidence_is_the_nearest_centre_of_each_kind)
{
    static const float v[] = {3, 4, 0, 0, 12}, longer[] = {6, 8, 0, 0, 24}, none[FEATURES];
    struct confidence_evidence evidence, again;

    confidence_look(&sample, v, &evidence);
    ck_assert_double_eq_tol(evidence.photo, 7 / sqrt(2) / 13, 1e-6); /* not 3 / 13 */
    ck_assert_double_eq_tol(evidence.empty, 12.0 / 13, 1e-6);
    ck_assert_double_eq_tol(evidence.active, 3.0 / 5, 1e-12);
    confidence_look(&sample, longer, &again);
    ck_assert_double_eq_tol(again.photo, evidence.photo, 1e-6);
    ck_assert_double_eq_tol(again.active, evidence.active, 1e-12);
    confidence_look(&sample, none, &again);
    ck_assert_double_eq(again.photo, 0);
    ck_assert_double_eq(again.empty, 0);
    ck_assert_double_eq(again.active, 0);
}
END_TEST

START_TEST(long_features_are_summed_to_the_last)
{
    enum { LONG = 37 };
    signed char q[LONG];
    float v[LONG], scale = 1;
    const struct confidence confidence = {
        {TN_I8, 1, LONG, q, &scale}, {TN_I8, 1, LONG, q, &scale}, weights, {0, 0}, 0};
    struct confidence_evidence evidence;
    double dot = 0, norm = 0;

    for (int i = 0; i < LONG; i++) {
        q[i] = (signed char)(i - 11);
        v[i] = (float)(i % 5) + 0.5F;
        dot += (double)q[i] * (double)v[i];
        norm += (double)v[i] * (double)v[i];
    }
    confidence_look(&confidence, v, &evidence);
    ck_assert_double_eq_tol(evidence.photo, dot / sqrt(norm), 1e-4);
}
END_TEST

START_TEST(rare_words_weigh_more)
{
    static const int ids[] = {VOCAB_FIRST_WORD, VOCAB_FIRST_WORD + 98};
    static const float log_probs[] = {-1, -3};
    const double a = log(2), b = log(100);

    ck_assert_double_eq_tol(confidence_words(ids, log_probs, 2), -(a + 3 * b) / (a + b), 1e-9);
    ck_assert_double_eq_tol(confidence_words(ids, log_probs, 1), -1, 1e-9);
    ck_assert_double_eq(confidence_words(ids, log_probs, 0), 0);
}
END_TEST

START_TEST(an_estimate_is_the_product_of_both_factors)
{
    const struct confidence_evidence evidence = {0.4, 0.7, 0.3, -2};
    const double photo = logistic(0.5 + 2 * 0.4 - 3 * 0.7 + 40 * (0.3 - 0.25));
    struct confidence c = sample;

    ck_assert_double_eq_tol(confidence_photo(&c, &evidence), photo, 1e-9);
    ck_assert_double_eq_tol(confidence_estimate(&c, &evidence),
                            photo * logistic(-1 + 1.5 * 0.4 - 0.5), 1e-9);
    ck_assert(!confidence_denies_photo(&c, &evidence));
    c.least_photo = (float)photo + 1e-6F;
    ck_assert(confidence_denies_photo(&c, &evidence));
    ck_assert_double_eq_tol(confidence_uncalibrated(-4, 3), exp(-1), 1e-12);
}
END_TEST

/* ---- The model file ---- */

static char folder[TEST_FOLDER_SIZE], path[128], other[128];
static struct tiny_model tiny;
static struct vocab *vocab;

static void set_up(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/a.safetensors", folder);
    snprintf(other, sizeof other, "%s/b.safetensors", folder);
    tiny_model_init(&tiny, "gru", 1, VOCABULARY, FEATURES, 1);
    ck_assert_int_eq(vocab_parse("a\ndog\nrun\n", 10, &vocab, NULL), TN_OK);
}

static void tear_down(void)
{
    unlink(path);
    unlink(other);
    ck_assert_int_eq(rmdir(folder), 0);
    tiny_model_finish(&tiny);
    vocab_destroy(vocab);
}

/* Saves the tiny decoder for a language on top of a file, or alone; encoder: a new fc7.bias too. */
static void save_decoder(const char *to, const char *from, const char *language,
                         const struct tn_layout *encoder)
{
    static const float encoder_theta[16];
    char prefix[32];
    struct decoder *decoder;
    struct tn_file *base = NULL;
    struct tn_error err;
    struct model_save save = {.language = language,
                              .vocab = vocab,
                              .input = {.scale = 1},
                              .config = decoder_config(tiny.decoder),
                              .theta = tiny.theta};

    snprintf(prefix, sizeof prefix, "decoder.%s.", language);
    ck_assert_int_eq(decoder_create(save.config, prefix, &decoder, NULL), TN_OK);
    if (from)
        ck_assert_int_eq(tn_file_open(from, &base, NULL), TN_OK);
    save.base = base;
    save.layout = decoder_layout(decoder);
    save.encoder_layout = encoder;
    save.encoder_theta = encoder_theta;
    ck_assert_msg(model_save(to, &save, &err) == TN_OK, "%s", err.text);
    tn_file_close(base);
    decoder_destroy(decoder);
}

static void calibrate(const char *file_path, const char *language,
                      const struct confidence *confidence, const char *note)
{
    struct tn_file *file;
    struct tn_error err;

    ck_assert_int_eq(tn_file_open(file_path, &file, NULL), TN_OK);
    ck_assert_msg(confidence_save(file_path, file, language, confidence, note, &err) == TN_OK, "%s",
                  err.text);
    tn_file_close(file);
}

/* Whether the decoder for a language is calibrated, as its reader and as its metadata have it. */
static bool is_calibrated(const char *file_path, const char *language)
{
    const struct model_decoder *decoder;
    struct model model;
    struct tn_error err;
    char key[64];
    bool calibrated;

    ck_assert_msg(model_load(&model, file_path, &err) == TN_OK, "%s", err.text);
    ck_assert_int_eq(model_find(&model, language, &decoder, NULL), TN_OK);
    calibrated = decoder->confidence.weights;
    snprintf(key, sizeof key, "decoder.%s.calibration", language);
    ck_assert_int_eq(tn_file_metadata(model.file, key) != NULL, calibrated);
    snprintf(key, sizeof key, "decoder.%s.calibration.photos_scale", language);
    ck_assert_int_eq(tn_file_find(model.file, key) != NULL, calibrated);
    model_finish(&model);
    return calibrated;
}

START_TEST(an_estimate_is_always_a_number)
{
    static const float nothing[CONFIDENCE_FACTORS * CONFIDENCE_WEIGHTS] = {0};
    const struct confidence_evidence evidence = {0.5, 0.5, 0.1, -INFINITY};
    const struct confidence confidence = {.weights = nothing};
    const double estimate = confidence_estimate(&confidence, &evidence);

    ck_assert(estimate >= 0 && estimate <= 1);
}
END_TEST

START_TEST(a_calibration_comes_back)
{
    static const float changed[] = {1, 2, 3, 4, 5, 6};
    struct confidence second = sample;
    const struct model_decoder *decoder;
    struct model model;

    save_decoder(path, NULL, "en", NULL);
    ck_assert(!is_calibrated(path, "en"));
    calibrate(path, "en", &sample, "{}");
    second.weights = changed;
    calibrate(path, "en", &second, "{\"ece\": 0.1}"); /* in the place of the first */
    ck_assert(is_calibrated(path, "en"));
    ck_assert_int_eq(model_load(&model, path, NULL), TN_OK);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.en.calibration"), "{\"ece\": 0.1}");
    ck_assert_mem_eq(decoder->confidence.weights, changed, sizeof changed);
    ck_assert_uint_eq(decoder->confidence.photos.rows, 2);
    ck_assert_uint_eq(decoder->confidence.empty.rows, 1);
    ck_assert_mem_eq(decoder->confidence.photos.data, photo_centres, sizeof photo_centres);
    ck_assert_mem_eq(decoder->confidence.photos.scale, photo_scales, sizeof photo_scales);
    ck_assert_mem_eq(decoder->confidence.empty.data, empty_centres, sizeof empty_centres);
    ck_assert_mem_eq(decoder->confidence.active, sample.active, sizeof sample.active);
    ck_assert_float_eq(decoder->confidence.least_photo, 0.375F);
    model_finish(&model);
}
END_TEST

START_TEST(a_new_decoder_has_no_old_calibration_and_others_keep_theirs)
{
    save_decoder(path, NULL, "en", NULL);
    save_decoder(path, path, "zh", NULL);
    calibrate(path, "en", &sample, "{}");
    calibrate(path, "zh", &sample, "{}");
    save_decoder(other, path, "en", NULL);
    ck_assert(!is_calibrated(other, "en"));
    ck_assert(is_calibrated(other, "zh"));
}
END_TEST

START_TEST(a_new_encoder_ends_all_calibrations)
{
    const size_t dims[] = {4};
    struct tn_layout encoder = {0};
    struct tn_span span;

    ck_assert_int_eq(tn_layout_add(&encoder, "fc7.bias", 1, dims, &span, NULL), TN_OK);
    save_decoder(path, NULL, "en", NULL);
    save_decoder(path, path, "zh", NULL);
    calibrate(path, "en", &sample, "{}");
    calibrate(path, "zh", &sample, "{}");
    save_decoder(other, path, "en", &encoder);
    ck_assert(!is_calibrated(other, "en"));
    ck_assert(!is_calibrated(other, "zh"));
    tn_layout_finish(&encoder);
}
END_TEST

#define PREFIX "decoder.en.calibration."
static const float broken_weights[] = {0, 1, 2, 3, NAN, 5}, broken_scales[] = {INFINITY, 1};

/* One tensor in the place of another, or none (its data NULL), and what is said of it. */
static const struct {
    struct tn_tensor tensor;
    enum tn_status status;
    const char *text;
} malformed[] = {
    {{PREFIX "weights", TN_F32, 2, {2, 3}, broken_weights, 24},
     TN_FORMAT,
     "number 4 is not finite"},
    {{PREFIX "weights", TN_F32, 2, {3, 2}, weights, 24}, TN_SHAPE, PREFIX "weights"},
    {{PREFIX "weights", TN_F32, 1, {6}, weights, 24}, TN_SHAPE, PREFIX "weights"},
    {{PREFIX "weights", TN_I32, 2, {2, 3}, weights, 24}, TN_SHAPE, PREFIX "weights"},
    {{PREFIX "weights", TN_F32, 2, {2, 3}, NULL, 0}, TN_NOTFOUND, PREFIX "weights"},
    {{PREFIX "photos", TN_I8, 2, {5, 2}, photo_centres, 10}, TN_SHAPE, "rows of 5 numbers"},
    {{PREFIX "photos", TN_I8, 1, {10}, photo_centres, 10}, TN_SHAPE, "rows of 5 numbers"},
    {{PREFIX "photos", TN_I8, 2, {0, 5}, photo_centres, 0}, TN_SHAPE, "1 to 4096 rows"},
    {{PREFIX "photos", TN_U8, 2, {2, 5}, photo_centres, 10}, TN_SHAPE, "expected I8"},
    {{PREFIX "photos", TN_I8, 2, {2, 5}, NULL, 0}, TN_NOTFOUND, "without the tensor " PREFIX},
    {{PREFIX "photos_scale", TN_F32, 1, {2}, broken_scales, 8},
     TN_FORMAT,
     "number 0 is not finite"},
    {{PREFIX "photos_scale", TN_F32, 1, {1}, photo_scales, 4}, TN_SHAPE, PREFIX "photos_scale"},
    {{PREFIX "photos_scale", TN_F32, 1, {2}, NULL, 0}, TN_NOTFOUND, PREFIX "photos_scale"},
    {{PREFIX "empty", TN_I8, 2, {1, 5}, NULL, 0},
     TN_NOTFOUND,
     "without the tensor " PREFIX "empty"},
    {{PREFIX "empty", TN_I8, 2, {1, 4}, empty_centres, 4}, TN_SHAPE, "rows of 5 numbers"},
    {{PREFIX "active", TN_F32, 1, {1}, weights, 4}, TN_SHAPE, PREFIX "active"},
    {{PREFIX "active", TN_F32, 1, {2}, broken_scales, 8}, TN_FORMAT, "number 0 is not finite"},
    {{PREFIX "threshold", TN_F32, 1, {2}, weights, 8}, TN_SHAPE, PREFIX "threshold"},
    {{PREFIX "threshold", TN_F32, 1, {1}, broken_scales, 4}, TN_FORMAT, "number 0 is not finite"},
};

/* Writes a calibrated model with a tensor in the place of the one of its name; without data it
 * goes.
 */
static void save_with(const char *to, const struct tn_tensor *tensor)
{
    struct tn_tensor tensors[32];
    struct tn_metadata metadata[16];
    struct tn_file *file;
    size_t count = 0, entries;

    save_decoder(path, NULL, "en", NULL);
    calibrate(path, "en", &sample, "{}");
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    for (size_t i = 0; i < tn_file_count(file); i++) {
        tensors[count] = *tn_file_at(file, i);
        if (strcmp(tensors[count].name, tensor->name) == 0)
            tensors[count] = *tensor;
        count += tensors[count].data != NULL;
    }
    entries = tn_file_metadata_count(file);
    for (size_t i = 0; i < entries; i++)
        tn_file_metadata_at(file, i, &metadata[i].key, &metadata[i].value);
    ck_assert_int_eq(tn_file_save(to, tensors, count, metadata, entries, NULL), TN_OK);
    tn_file_close(file);
}

START_TEST(a_malformed_calibration_is_one_clear_line)
{
    struct tn_error err = {.text = ""};
    struct model model;

    save_with(other, &malformed[_i].tensor);
    ck_assert_msg(model_load(&model, other, &err) == malformed[_i].status, "%d: %s", err.status,
                  err.text);
    ck_assert_msg(strstr(err.text, malformed[_i].text), "%s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, other));
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

/* _i: 0 without the threshold, 1 without z's part. */
START_TEST(an_older_calibration_does_without_later_parts)
{
    const struct tn_tensor none = {
        _i ? PREFIX "active" : PREFIX "threshold", TN_F32, 1, {1}, NULL, 0};
    const struct model_decoder *decoder;
    struct model model;

    save_with(other, &none);
    ck_assert_int_eq(model_load(&model, other, NULL), TN_OK);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    ck_assert_float_eq(decoder->confidence.least_photo, _i ? 0.375F : CONFIDENCE_LEAST_PHOTO);
    ck_assert_float_eq(decoder->confidence.active[0], _i ? 0 : 40);
    ck_assert_mem_eq(decoder->confidence.weights, weights, sizeof weights);
    model_finish(&model);
}
END_TEST

/* ---- The captioner ---- */

enum { WIDE = 4096, PHOTOS = 3 };

/* V of three photos, of which photo i is 0 but for every third number from i on, and a calibration
 * of a photo's and of nothing's centre. */
struct wide {
    float *features;
    signed char *centres;
    struct confidence confidence;
};

static void wide_init(struct wide *wide)
{
    static const float scales[] = {1 / 2000.0F, 1 / 2000.0F};

    wide->features = tiny_features(PHOTOS, WIDE, 7);
    wide->centres = calloc(2, WIDE);
    for (size_t j = 0; j < PHOTOS * WIDE; j++)
        wide->features[j] = j % WIDE % PHOTOS == j / WIDE ? wide->features[j] : 0;
    for (size_t j = 0; j < 2 * WIDE; j++)
        wide->centres[j] = (signed char)(j % WIDE % PHOTOS * 30 + j / WIDE);
    wide->confidence = (struct confidence){{TN_I8, 1, WIDE, wide->centres, scales},
                                           {TN_I8, 1, WIDE, wide->centres + WIDE, scales},
                                           weights,
                                           {0, 0},
                                           0.5F};
}

static void wide_finish(struct wide *wide)
{
    free(wide->features);
    free(wide->centres);
}

/* Captions the photos with a model of this calibration; NULL: none. */
static void caption_wide(const struct wide *wide, const struct confidence *confidence,
                         struct captioner_result **results)
{
    const struct captioner_options options = {.threads = 1, .max_batch = 2};
    struct captioner *captioner;
    struct captioner_error error;

    tiny_model_save(path, "a\ndog\nrun\n", VOCABULARY);
    if (confidence)
        calibrate(path, "en", confidence, "{}");
    ck_assert_msg(captioner_load(path, &options, &captioner, &error) == CAPTIONER_OK, "%s",
                  error.text);
    ck_assert_int_eq(
        captioner_caption_features(captioner, wide->features, PHOTOS, NULL, results, &error),
        CAPTIONER_OK);
    captioner_destroy(captioner);
}

START_TEST(a_calibrated_captioner_gives_the_estimate)
{
    struct captioner_result *results[PHOTOS];
    struct wide wide;

    wide_init(&wide);
    caption_wide(&wide, &wide.confidence, results);
    for (size_t i = 0; i < PHOTOS; i++) {
        const struct captioner_caption *caption = &results[i]->captions[0];
        struct confidence_evidence evidence;
        int ids[64];
        float log_probs[64];

        for (size_t t = 0; t < caption->word_count; t++) {
            ids[t] = vocab_id(vocab, caption->words[t].text, strlen(caption->words[t].text));
            log_probs[t] = caption->words[t].log_prob;
        }
        confidence_look(&wide.confidence, wide.features + i * WIDE, &evidence);
        evidence.words = confidence_words(ids, log_probs, caption->word_count);
        ck_assert_double_eq_tol(caption->confidence,
                                confidence_estimate(&wide.confidence, &evidence), 1e-6);
        captioner_result_destroy(results[i]);
    }
    wide_finish(&wide);
}
END_TEST

/* _i: 0 and 1 below and above all first factors, 2 between the first photo's and the last's, 3
 * without a calibration. */
START_TEST(a_calibrated_captioner_knows_what_is_no_photo)
{
    struct captioner_result *results[PHOTOS];
    double photo[PHOTOS];
    struct wide wide;

    wide_init(&wide);
    for (size_t i = 0; i < PHOTOS; i++) {
        struct confidence_evidence evidence;

        confidence_look(&wide.confidence, wide.features + i * WIDE, &evidence);
        photo[i] = confidence_photo(&wide.confidence, &evidence);
    }
    ck_assert_double_gt(fabs(photo[0] - photo[PHOTOS - 1]), 0.01);
    wide.confidence.least_photo = _i < 2 ? (float)_i : (float)(photo[0] + photo[PHOTOS - 1]) / 2;
    caption_wide(&wide, _i < 3 ? &wide.confidence : NULL, results);
    for (size_t i = 0; i < PHOTOS; i++) {
        ck_assert_int_eq(results[i]->not_a_photo,
                         _i < 3 && photo[i] < (double)wide.confidence.least_photo);
        ck_assert_uint_eq(results[i]->count, 1); /* there is a caption all the same */
        captioner_result_destroy(results[i]);
    }
    wide_finish(&wide);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("confidence");
    TCase *formula = tcase_create("formula"), *file = tcase_create("file");

    tcase_add_test(formula, evidence_is_the_nearest_centre_of_each_kind);
    tcase_add_test(formula, long_features_are_summed_to_the_last);
    tcase_add_test(formula, rare_words_weigh_more);
    tcase_add_test(formula, an_estimate_is_the_product_of_both_factors);
    tcase_add_test(formula, an_estimate_is_always_a_number);
    suite_add_tcase(suite, formula);
    tcase_add_checked_fixture(file, set_up, tear_down);
    tcase_add_test(file, a_calibration_comes_back);
    tcase_add_test(file, a_new_decoder_has_no_old_calibration_and_others_keep_theirs);
    tcase_add_test(file, a_new_encoder_ends_all_calibrations);
    tcase_add_loop_test(file, a_malformed_calibration_is_one_clear_line, 0,
                        sizeof malformed / sizeof malformed[0]);
    tcase_add_loop_test(file, an_older_calibration_does_without_later_parts, 0, 2);
    tcase_add_test(file, a_calibrated_captioner_gives_the_estimate);
    tcase_add_loop_test(file, a_calibrated_captioner_knows_what_is_no_photo, 0, 4);
    suite_add_tcase(suite, file);
    return suite;
}
