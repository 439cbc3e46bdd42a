/* SPDX-License-Identifier: MIT */
/* Memory runs out while a model is saved, loaded and used; it can be used again afterwards. */
#include "tests/support/folder.h"
#include "tests/support/oom.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "image/image.h"
#include "models/captioner/captioner.h"
#include "models/captioner/keywords.h"
#include "models/file/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 5, VOCABULARY = VOCAB_FIRST_WORD + WORDS, SIDE = 40, PHOTOS = 3 };

static const char words[] = "a\ndog\nruns\nin\nhome\n";
static char folder[TEST_FOLDER_SIZE], path[128], small_path[128], photo_path[128];

/* A consensus on two photos. */
enum { ROWS = 2, NARROW = 7, WIDE = 4096 };
static const signed char rows[ROWS * WIDE] = {1, -2, 3};
static const float scales[ROWS] = {1, 0.5F};
static const int64_t keys[] = {0x0004000000000000};
static const int32_t starts[] = {0, 1};
static const unsigned char postings[CONSENSUS_POSTING_BYTES] = {1, 0, 200};
static const struct consensus sample = {.directions = {TN_I8, ROWS, NARROW, rows, scales},
                                        .offsets = scales,
                                        .photos = {TN_I8, ROWS, ROWS, rows, scales},
                                        .shares = scales,
                                        .grams = 1,
                                        .keys = keys,
                                        .starts = starts,
                                        .postings = postings};

/* Writes it into a model of so many features. */
static enum tn_status save_consensus(const char *model, size_t features, struct tn_error *err)
{
    struct consensus consensus = sample;
    struct tn_file *file;
    enum tn_status status;

    consensus.directions.columns = features;
    TN_TRY(tn_file_open(model, &file, err));
    status = consensus_save(model, file, "en", &consensus, "new", err);
    tn_file_close(file);
    return status;
}

static void set_up(void)
{
    unsigned char rgb[SIDE * SIDE * 3];
    const struct image photo = {SIDE, SIDE, rgb};

    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (unsigned char)(i * i / 7);
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    snprintf(small_path, sizeof small_path, "%s/small.safetensors", folder);
    snprintf(photo_path, sizeof photo_path, "%s/photo.png", folder);
    ck_assert_int_eq(image_save_png(&photo, photo_path, NULL), TN_OK);
    tiny_model_save(path, words, VOCABULARY);
    ck_assert_int_eq(save_consensus(path, WIDE, NULL), TN_OK);
}

static void tear_down(void)
{
    unlink(path);
    unlink(small_path);
    unlink(photo_path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static enum tn_status as_status(enum captioner_status status, const struct captioner_error *error,
                                struct tn_error *err)
{
    return status == CAPTIONER_OK ? TN_OK : tn_fail(err, (enum tn_status)status, "%s", error->text);
}

/* ---- The model file ---- */

struct saving {
    struct tiny_model tiny;
    struct vocab *vocab;
    const char *scores;
};

static enum tn_status save_scores(struct saving *saving, const char *scores, struct tn_error *err)
{
    const struct tn_metadata metadata = {"scores", scores};
    const struct model_save save = {.language = "en",
                                    .vocab = saving->vocab,
                                    .input = {.scale = 1},
                                    .config = decoder_config(saving->tiny.decoder),
                                    .layout = decoder_layout(saving->tiny.decoder),
                                    .theta = saving->tiny.theta,
                                    .storage = MODEL_F16,
                                    .metadata = &metadata,
                                    .metadata_count = 1};

    return model_save(small_path, &save, err);
}

static enum tn_status run_save(void *context, struct tn_error *err)
{
    return save_scores(context, "new", err);
}

static void check_save(void *context, enum tn_status status)
{
    struct model model;

    ck_assert_int_eq(model_load(&model, small_path, NULL), TN_OK);
    ck_assert_str_eq(tn_file_metadata(model.file, "scores"), status == TN_OK ? "new" : "old");
    model_finish(&model);
    ck_assert_int_eq(save_scores(context, "old", NULL), TN_OK);
}

START_TEST(a_model_is_saved_or_the_old_one_stays)
{
    const struct oom_operation save = {"save", run_save, check_save};
    struct saving saving;

    tiny_model_init(&saving.tiny, "gru", 2, VOCABULARY, 7, 1);
    ck_assert_int_eq(vocab_parse(words, strlen(words), &saving.vocab, NULL), TN_OK);
    ck_assert_int_eq(save_scores(&saving, "old", NULL), TN_OK);
    oom_try(&save, &saving);
    vocab_destroy(saving.vocab);
    tiny_model_finish(&saving.tiny);
}
END_TEST

/* ---- A calibration ---- */

static enum tn_status run_calibrate(void *context, struct tn_error *err)
{
    static const signed char centres[7] = {1};
    static const float numbers[6] = {1};
    const struct confidence confidence = {
        {TN_I8, 1, 7, centres, numbers}, {TN_I8, 1, 7, centres, numbers}, numbers, {0, 0}, 0};
    struct tn_file *file;
    enum tn_status status;

    (void)context;
    TN_TRY(tn_file_open(small_path, &file, err));
    status = confidence_save(small_path, file, "en", &confidence, "new", err);
    tn_file_close(file);
    return status;
}

static void check_calibrate(void *context, enum tn_status status)
{
    struct model model;

    ck_assert_int_eq(model_load(&model, small_path, NULL), TN_OK);
    ck_assert_int_eq(model.decoders[0].confidence.weights != NULL, status == TN_OK);
    model_finish(&model);
    ck_assert_int_eq(save_scores(context, "old", NULL), TN_OK);
}

START_TEST(a_model_is_calibrated_or_stays_as_it_was)
{
    const struct oom_operation calibrate = {"calibrate", run_calibrate, check_calibrate};
    struct saving saving;

    tiny_model_init(&saving.tiny, "gru", 2, VOCABULARY, 7, 1);
    ck_assert_int_eq(vocab_parse(words, strlen(words), &saving.vocab, NULL), TN_OK);
    ck_assert_int_eq(save_scores(&saving, "old", NULL), TN_OK);
    oom_try(&calibrate, &saving);
    vocab_destroy(saving.vocab);
    tiny_model_finish(&saving.tiny);
}
END_TEST

/* ---- A consensus ---- */

static enum tn_status run_consensus(void *context, struct tn_error *err)
{
    (void)context;
    return save_consensus(small_path, NARROW, err);
}

static void check_consensus(void *context, enum tn_status status)
{
    struct model model;

    ck_assert_int_eq(model_load(&model, small_path, NULL), TN_OK);
    ck_assert_uint_eq(model.decoders[0].consensus.grams, status == TN_OK ? 1 : 0);
    model_finish(&model);
    ck_assert_int_eq(save_scores(context, "old", NULL), TN_OK);
}

START_TEST(a_model_has_its_consensus_or_stays_as_it_was)
{
    const struct oom_operation agree = {"consensus", run_consensus, check_consensus};
    struct saving saving;

    tiny_model_init(&saving.tiny, "gru", 2, VOCABULARY, 7, 1);
    ck_assert_int_eq(vocab_parse(words, strlen(words), &saving.vocab, NULL), TN_OK);
    ck_assert_int_eq(save_scores(&saving, "old", NULL), TN_OK);
    oom_try(&agree, &saving);
    vocab_destroy(saving.vocab);
    tiny_model_finish(&saving.tiny);
}
END_TEST

/* ---- Loading ---- */

static enum tn_status run_load(void *context, struct tn_error *err)
{
    const struct captioner_options options = {.threads = 2, .max_batch = PHOTOS};
    struct captioner_error error;

    return as_status(captioner_load(path, &options, context, &error), &error, err);
}

static void check_load(void *context, enum tn_status status)
{
    struct captioner **captioner = context;

    ck_assert((*captioner != NULL) == (status == TN_OK));
    if (*captioner)
        ck_assert_uint_eq(captioner_vocabulary_size(*captioner), WORDS);
    captioner_destroy(*captioner);
    *captioner = NULL;
}

START_TEST(a_model_is_loaded_or_not)
{
    const struct oom_operation load = {"load", run_load, check_load};
    struct captioner *captioner = NULL;

    oom_try(&load, &captioner);
}
END_TEST

/* ---- Keywords ---- */

static enum tn_status run_keywords(void *context, struct tn_error *err)
{
    struct keywords *keywords;

    TN_TRY(keywords_create("en", context, &sample, NULL, &keywords, err));
    keywords_destroy(keywords);
    return TN_OK;
}

static void check_nothing(void *context, enum tn_status status)
{
    (void)context;
    (void)status;
}

START_TEST(keywords_are_made_or_not)
{
    const struct oom_operation make = {"keywords", run_keywords, check_nothing};
    struct vocab *vocab;

    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    ck_assert_uint_ge(oom_try(&make, vocab), 20);
    vocab_destroy(vocab);
}
END_TEST

/* ---- Captions ---- */

struct captioning {
    struct captioner *captioner;
    struct captioner_writing writing;
    struct captioner_result *result, *expected;
};

static enum tn_status run_caption(void *context, struct tn_error *err)
{
    const struct captioner_photo photo = {.path = photo_path};
    struct captioning *c = context;
    struct captioner_error error;

    return as_status(captioner_caption(c->captioner, &photo, &c->writing, &c->result, &error),
                     &error, err);
}

static void check_caption(void *context, enum tn_status status)
{
    struct captioning *c = context;

    ck_assert((c->result != NULL) == (status == TN_OK));
    if (c->result) {
        ck_assert_str_eq(c->result->captions[0].text, c->expected->captions[0].text);
        ck_assert_uint_eq(c->result->keyword_count, c->expected->keyword_count);
    }
    captioner_result_destroy(c->result);
    c->result = NULL;
}

static const char *const unwanted[] = {"dog", "a dog", "zebra"};

/* The ways to write: greedy, beam with the consensus, sampling; without some words; with
 * keywords. */
static const struct captioner_writing ways[] = {
    {.beam = 1, .best = 1, .max_words = 4},
    {.beam = 3, .best = 2, .max_words = 5},
    {.beam = 3, .best = 2, .max_words = 5, .differ = 0.5F},
    {.beam = 1, .best = 2, .max_words = 6, .sample = 1, .temperature = 1, .top_k = 4},
    {.beam = 1, .best = 2, .max_words = 6, .sample = 1, .temperature = 1, .top_p = 0.9F},
    {.beam = 3, .best = 2, .max_words = 5, .forbidden = unwanted, .forbidden_count = 3},
    {.beam = 3, .best = 1, .max_words = 4, .keywords = 2},
};

START_TEST(a_photo_is_captioned_or_not_and_the_captioner_goes_on)
{
    const struct oom_operation caption = {"caption", run_caption, check_caption};
    struct captioning c = {.writing = ways[_i]};

    ck_assert_int_eq(run_load(&c.captioner, NULL), TN_OK);
    ck_assert_int_eq(run_caption(&c, NULL), TN_OK);
    captioner_destroy(c.captioner);
    c.captioner = NULL;
    c.expected = c.result;
    c.result = NULL;
    ck_assert_int_eq(run_load(&c.captioner, NULL), TN_OK); /* one that has no search yet */
    if (c.writing.keywords > 0) {                          /* but what makes keywords */
        ck_assert_int_eq(run_caption(&c, NULL), TN_OK);
        check_caption(&c, TN_OK);
    }
    oom_try(&caption, &c);
    captioner_result_destroy(c.expected);
    captioner_destroy(c.captioner);
}
END_TEST

static enum tn_status run_check_words(void *context, struct tn_error *err)
{
    struct captioner_error error;

    return as_status(captioner_check_words(context, "A dog runs home!", &error), &error, err);
}

START_TEST(words_are_looked_up_or_not)
{
    const struct oom_operation check = {"check words", run_check_words, check_nothing};
    struct captioner *captioner;

    ck_assert_int_eq(run_load(&captioner, NULL), TN_OK);
    oom_try(&check, captioner);
    captioner_destroy(captioner);
}
END_TEST

struct batch {
    struct captioner *captioner;
    struct captioner_result *results[PHOTOS];
};

/* Of a batch whose photos fail one by one, the first failure counts here. */
static enum tn_status run_batch(void *context, struct tn_error *err)
{
    const struct captioner_photo photos[PHOTOS] = {
        {.path = photo_path}, {.path = photo_path}, {.path = photo_path}};
    struct captioner_error errors[PHOTOS], error;
    struct batch *batch = context;
    enum tn_status status = as_status(captioner_caption_batch(batch->captioner, photos, PHOTOS,
                                                              NULL, batch->results, errors, &error),
                                      &error, err);

    for (size_t i = 0; i < PHOTOS && status == TN_OK; i++)
        if (!batch->results[i])
            status = tn_fail(err, (enum tn_status)errors[i].status, "%s", errors[i].text);
    return status;
}

static void check_batch(void *context, enum tn_status status)
{
    struct batch *batch = context;

    for (size_t i = 0; i < PHOTOS; i++) {
        ck_assert(status != TN_OK || batch->results[i]);
        captioner_result_destroy(batch->results[i]);
        batch->results[i] = NULL;
    }
}

START_TEST(a_batch_is_captioned_as_far_as_memory_goes)
{
    const struct oom_operation caption = {"batch", run_batch, check_batch};
    struct batch batch = {.captioner = NULL};

    ck_assert_int_eq(run_load(&batch.captioner, NULL), TN_OK);
    oom_try(&caption, &batch);
    captioner_destroy(batch.captioner);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("oom_model");
    TCase *cases = tcase_create("oom_model");

    tcase_add_unchecked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_model_is_saved_or_the_old_one_stays);
    tcase_add_test(cases, a_model_is_calibrated_or_stays_as_it_was);
    tcase_add_test(cases, a_model_has_its_consensus_or_stays_as_it_was);
    tcase_add_test(cases, a_model_is_loaded_or_not);
    tcase_add_test(cases, keywords_are_made_or_not);
    tcase_add_loop_test(cases, a_photo_is_captioned_or_not_and_the_captioner_goes_on, 0,
                        sizeof ways / sizeof ways[0]);
    tcase_add_test(cases, words_are_looked_up_or_not);
    tcase_add_test(cases, a_batch_is_captioned_as_far_as_memory_goes);
    suite_add_tcase(suite, cases);
    return suite;
}
