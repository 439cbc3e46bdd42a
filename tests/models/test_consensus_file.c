/* SPDX-License-Identifier: MIT */
/* A consensus in the model file: there and back, beside other parts, and damaged. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/captioner/confidence.h"
#include "models/captioner/consensus.h"
#include "models/captioner/keywords.h"
#include "models/file/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEATURES = 5, WORDS = 3, VOCABULARY = VOCAB_FIRST_WORD + WORDS };
enum { PHOTOS = 300, DIRECTIONS = 2, GRAMS = 3, POSTINGS = 5, SPACE = 2, LANDMARKS = 3 };

static const signed char directions[DIRECTIONS * FEATURES] = {1, -2, 3, -4, 5, 6, -7, 8, -9, 127};
static const float direction_scales[DIRECTIONS] = {0.5F, 0.25F}, offsets[DIRECTIONS] = {-1, 2};
static const signed char space[SPACE * FEATURES] = {9, 8, 7, 6, 5, -4, -3, -2, -1, 127},
                                       landmarks[LANDMARKS * SPACE] = {1, 127, 127, 2, -127, 3};
static const float space_scales[SPACE] = {0.1F, 0.2F}, landmark_scales[LANDMARKS] = {1, 2, 3};
static signed char photos[PHOTOS * DIRECTIONS];
static float photo_scales[PHOTOS], shares[PHOTOS];
static const int64_t keys[GRAMS] = {0x0004000000000000, 0x0004000500000000, 0x0005000600040004};
static const int32_t starts[GRAMS + 1] = {0, 2, 4, POSTINGS};
static const unsigned char postings[POSTINGS * CONSENSUS_POSTING_BYTES] = {
    0, 0, 255, 1, 0, 3, 2, 0, 4, 43, 1, 5, 43, 1, 0}; /* 43 + 256: the last photo */
static const struct consensus sample = {
    .directions = {TN_I8, DIRECTIONS, FEATURES, directions, direction_scales},
    .offsets = offsets,
    .photos = {TN_I8, PHOTOS, DIRECTIONS, photos, photo_scales},
    .shares = shares,
    .grams = GRAMS,
    .keys = keys,
    .starts = starts,
    .postings = postings};

/* The same directions, of likeness to landmarks. */
static const struct consensus by_likeness = {
    .space = {TN_I8, SPACE, FEATURES, space, space_scales},
    .landmarks = {TN_I8, LANDMARKS, SPACE, landmarks, landmark_scales},
    .directions = {TN_I8, DIRECTIONS, LANDMARKS, directions, direction_scales},
    .offsets = offsets,
    .photos = {TN_I8, PHOTOS, DIRECTIONS, photos, photo_scales},
    .shares = shares,
    .grams = GRAMS,
    .keys = keys,
    .starts = starts,
    .postings = postings};

static const signed char centres[FEATURES] = {127};
static const float numbers[CONFIDENCE_FACTORS * CONFIDENCE_WEIGHTS] = {1, 2, 3, 4, 5, 6};
static const struct confidence calibration = {{TN_I8, 1, FEATURES, centres, numbers},
                                              {TN_I8, 1, FEATURES, centres, numbers},
                                              numbers,
                                              {0, 0},
                                              0};

/* ---- Model files ---- */

static char folder[TEST_FOLDER_SIZE], path[128], other[128];
static struct tiny_model tiny;
static struct vocab *vocab;

static void set_up(void)
{
    for (size_t i = 0; i < PHOTOS * DIRECTIONS; i++)
        photos[i] = (signed char)(i * 7 % 255 - 127);
    for (size_t i = 0; i < PHOTOS; i++)
        photo_scales[i] = shares[i] = 0.01F * (float)i;
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
    struct model_save save = {.language = language,
                              .vocab = vocab,
                              .input = {.scale = 1},
                              .config = decoder_config(tiny.decoder),
                              .theta = tiny.theta,
                              .encoder_layout = encoder,
                              .encoder_theta = encoder_theta};
    struct decoder *decoder;
    struct tn_file *base = NULL;
    struct tn_error err;
    char prefix[32];

    snprintf(prefix, sizeof prefix, "decoder.%s.", language);
    ck_assert_int_eq(decoder_create(save.config, prefix, &decoder, NULL), TN_OK);
    if (from)
        ck_assert_int_eq(tn_file_open(from, &base, NULL), TN_OK);
    save.base = base;
    save.layout = decoder_layout(decoder);
    ck_assert_msg(model_save(to, &save, &err) == TN_OK, "%s", err.text);
    tn_file_close(base);
    decoder_destroy(decoder);
}

static void agree_on(const struct consensus *consensus, const char *language, const char *note)
{
    struct tn_file *file;
    struct tn_error err;

    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    ck_assert_msg(consensus_save(path, file, language, consensus, note, &err) == TN_OK, "%s",
                  err.text);
    tn_file_close(file);
}

static void agree(const char *language, const char *note)
{
    agree_on(&sample, language, note);
}

static void calibrate(const char *language)
{
    struct tn_file *file;

    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    ck_assert_int_eq(confidence_save(path, file, language, &calibration, "{}", NULL), TN_OK);
    tn_file_close(file);
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    ck_assert_int_eq(keywords_save(path, file, language, numbers, "{}", NULL), TN_OK);
    tn_file_close(file);
}

/* Whether the decoder for a language has a part, as the metadata and one of its tensors have it. */
static bool has(const struct model *model, const char *language, const char *part,
                const char *tensor)
{
    char name[96];
    bool noted;

    snprintf(name, sizeof name, "decoder.%s.%s", language, part);
    noted = tn_file_metadata(model->file, name) != NULL;
    snprintf(name, sizeof name, "decoder.%s.%s.%s", language, part, tensor);
    ck_assert_int_eq(tn_file_find(model->file, name) != NULL, noted);
    return noted;
}

/* Asserts what parts a decoder has, as its reader sees it too. */
static void check_parts(const char *file_path, const char *language, bool consensus,
                        bool calibrated)
{
    const struct model_decoder *decoder;
    struct model model;
    struct tn_error err;

    ck_assert_msg(model_load(&model, file_path, &err) == TN_OK, "%s", err.text);
    ck_assert_int_eq(model_find(&model, language, &decoder, NULL), TN_OK);
    ck_assert_uint_eq(decoder->consensus.grams, consensus ? GRAMS : 0);
    ck_assert_int_eq(decoder->confidence.weights != NULL, calibrated);
    ck_assert_int_eq(has(&model, language, "consensus", "photos_scale"), consensus);
    ck_assert_int_eq(has(&model, language, "consensus", "postings"), consensus);
    ck_assert_int_eq(has(&model, language, "calibration", "photos_scale"), calibrated);
    ck_assert_int_eq(decoder->keyword_weights != NULL, calibrated);
    ck_assert_int_eq(has(&model, language, "keywords", "weights"), calibrated);
    model_finish(&model);
}

START_TEST(a_consensus_comes_back)
{
    const struct consensus *c;
    const struct model_decoder *decoder;
    struct model model;

    save_decoder(path, NULL, "en", NULL);
    check_parts(path, "en", false, false);
    agree("en", "{}");
    agree("en", "{\"photos\": 300}"); /* in the place of the first */
    ck_assert_int_eq(model_load(&model, path, NULL), TN_OK);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.en.consensus"), "{\"photos\": 300}");
    c = &decoder->consensus;
    ck_assert_uint_eq(c->directions.rows, DIRECTIONS);
    ck_assert_uint_eq(c->directions.columns, FEATURES);
    ck_assert_mem_eq(c->directions.data, directions, sizeof directions);
    ck_assert_mem_eq(c->directions.scale, direction_scales, sizeof direction_scales);
    ck_assert_mem_eq(c->offsets, offsets, sizeof offsets);
    ck_assert_uint_eq(c->photos.rows, PHOTOS);
    ck_assert_uint_eq(c->photos.columns, DIRECTIONS);
    ck_assert_mem_eq(c->photos.data, photos, sizeof photos);
    ck_assert_mem_eq(c->photos.scale, photo_scales, sizeof photo_scales);
    ck_assert_mem_eq(c->shares, shares, sizeof shares);
    ck_assert_uint_eq(c->grams, GRAMS);
    ck_assert_mem_eq(c->keys, keys, sizeof keys);
    ck_assert_mem_eq(c->starts, starts, sizeof starts);
    ck_assert_mem_eq(c->postings, postings, sizeof postings);
    model_finish(&model);
}
END_TEST

START_TEST(a_space_comes_back_and_goes_with_its_consensus)
{
    const struct consensus *c;
    const struct model_decoder *decoder;
    struct model model;

    save_decoder(path, NULL, "en", NULL);
    agree_on(&by_likeness, "en", "{}");
    ck_assert_int_eq(model_load(&model, path, NULL), TN_OK);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    c = &decoder->consensus;
    ck_assert_uint_eq(c->space.rows, SPACE);
    ck_assert_uint_eq(c->space.columns, FEATURES);
    ck_assert_mem_eq(c->space.data, space, sizeof space);
    ck_assert_mem_eq(c->space.scale, space_scales, sizeof space_scales);
    ck_assert_uint_eq(c->landmarks.rows, LANDMARKS);
    ck_assert_uint_eq(c->landmarks.columns, SPACE);
    ck_assert_mem_eq(c->landmarks.data, landmarks, sizeof landmarks);
    ck_assert_mem_eq(c->landmarks.scale, landmark_scales, sizeof landmark_scales);
    ck_assert_uint_eq(c->directions.columns, LANDMARKS);
    model_finish(&model);
    agree("en", "{}");
    ck_assert_int_eq(model_load(&model, path, NULL), TN_OK);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    ck_assert_uint_eq(decoder->consensus.space.rows, 0);
    ck_assert(!tn_file_find(model.file, "decoder.en.consensus.landmarks"));
    model_finish(&model);
}
END_TEST

START_TEST(a_consensus_ends_the_calibration_and_a_calibration_keeps_the_consensus)
{
    save_decoder(path, NULL, "en", NULL);
    save_decoder(path, path, "zh", NULL);
    calibrate("en");
    calibrate("zh");
    agree("en", "{}");
    check_parts(path, "en", true, false);
    check_parts(path, "zh", false, true);
    calibrate("en");
    check_parts(path, "en", true, true);
}
END_TEST

START_TEST(other_tensors_and_entries_stay_as_they_are)
{
    struct tn_file *before, *after;
    size_t count, entries;

    save_decoder(path, NULL, "en", NULL);
    save_decoder(other, NULL, "en", NULL);
    agree("en", "{}");
    ck_assert_int_eq(tn_file_open(other, &before, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(path, &after, NULL), TN_OK);
    count = tn_file_count(before);
    entries = tn_file_metadata_count(before);
    ck_assert_uint_eq(tn_file_count(after), count + 9); /* seven parts, two scales */
    ck_assert_uint_eq(tn_file_metadata_count(after), entries + 1);
    for (size_t i = 0; i < count; i++) {
        const struct tn_tensor *a = tn_file_at(before, i), *b = tn_file_find(after, a->name);

        ck_assert_ptr_nonnull(b);
        ck_assert_int_eq(a->dtype, b->dtype);
        ck_assert_uint_eq(a->bytes, b->bytes);
        ck_assert_mem_eq(a->data, b->data, a->bytes);
    }
    for (size_t i = 0; i < entries; i++) {
        const char *key, *value;

        tn_file_metadata_at(before, i, &key, &value);
        ck_assert_str_eq(tn_file_metadata(after, key), value);
    }
    tn_file_close(before);
    tn_file_close(after);
}
END_TEST

START_TEST(a_new_decoder_or_encoder_has_no_old_consensus)
{
    const size_t dims[] = {4};
    struct tn_layout encoder = {0};
    struct tn_span span;

    ck_assert_int_eq(tn_layout_add(&encoder, "fc7.bias", 1, dims, &span, NULL), TN_OK);
    save_decoder(path, NULL, "en", NULL);
    save_decoder(path, path, "zh", NULL);
    agree("en", "{}");
    agree("zh", "{}");
    calibrate("en");
    calibrate("zh");
    save_decoder(other, path, "en", NULL);
    check_parts(other, "en", false, false);
    check_parts(other, "zh", true, true);
    save_decoder(other, path, "en", &encoder);
    check_parts(other, "en", false, false);
    check_parts(other, "zh", false, false);
    tn_layout_finish(&encoder);
}
END_TEST

/* ---- Damage ---- */

#define PREFIX "decoder.en.consensus."
static const float broken[PHOTOS] = {1, NAN}, endless[] = {-INFINITY, 1};
static const signed char many[(CONSENSUS_MAX_PHOTOS + 1) * DIRECTIONS];
static const int64_t falling[] = {3, 5, 4}, equal[] = {3, 5, 5}, negative[] = {-1, 5, 6},
                     zero[] = {0, 5, 6};
static const int32_t late[] = {1, 2, 4, 5}, early[] = {0, 2, 4, 4}, beyond[] = {0, 2, 4, 6},
                     back[] = {0, 4, 2, 5}, empty[] = {0, 2, 2, 5}, below[] = {0, -3, 4, 5},
                     longer[] = {0, 1, 2, 3, 5}, huge[] = {0, 0x7FFFFFFF, 4, 5};
static const unsigned char strangers[] = {0, 0,  255, 1, 0,  3, 2, 0,
                                          4, 43, 1,   5, 44, 1, 0}, /* 300 */
    far[] = {0, 255, 255, 1, 0, 3, 2, 0, 4, 43, 1, 5, 43, 1, 0};

/* One tensor in the place of another, or none (its data NULL), and what is said of it. */
static const struct {
    struct tn_tensor tensor;
    enum tn_status status;
    const char *text;
} malformed[] = {
    {{PREFIX "directions", TN_I8, 2, {2, 5}, NULL, 0}, TN_NOTFOUND, PREFIX "directions"},
    {{PREFIX "directions", TN_U8, 2, {2, 5}, directions, 10}, TN_FORMAT, "rows of I8"},
    {{PREFIX "directions", TN_I8, 1, {10}, directions, 10}, TN_FORMAT, "rows of I8"},
    {{PREFIX "directions", TN_I8, 2, {0, 5}, directions, 0}, TN_FORMAT, "rows of I8"},
    {{PREFIX "directions", TN_I8, 2, {2, 4}, directions, 8}, TN_SHAPE, PREFIX "directions"},
    {{PREFIX "directions_scale", TN_F32, 1, {2}, NULL, 0}, TN_NOTFOUND, "directions_scale"},
    {{PREFIX "directions_scale", TN_F32, 1, {1}, offsets, 4}, TN_SHAPE, "directions_scale"},
    {{PREFIX "directions_scale", TN_I32, 1, {2}, starts, 8}, TN_SHAPE, "directions_scale"},
    {{PREFIX "directions_scale", TN_F32, 1, {2}, endless, 8}, TN_FORMAT, "finite scales"},
    {{PREFIX "offsets", TN_F32, 1, {2}, NULL, 0}, TN_NOTFOUND, PREFIX "offsets"},
    {{PREFIX "offsets", TN_I32, 1, {2}, starts, 8}, TN_SHAPE, PREFIX "offsets"},
    {{PREFIX "offsets", TN_F32, 2, {2, 1}, offsets, 8}, TN_SHAPE, PREFIX "offsets"},
    {{PREFIX "offsets", TN_F32, 1, {1}, offsets, 4}, TN_FORMAT, "one number per row"},
    {{PREFIX "offsets", TN_F32, 1, {2}, broken, 8}, TN_FORMAT, "finite numbers"},
    {{PREFIX "photos", TN_I8, 2, {300, 2}, NULL, 0}, TN_NOTFOUND, PREFIX "photos"},
    {{PREFIX "photos", TN_U8, 2, {300, 2}, photos, 600}, TN_FORMAT, "rows of I8"},
    {{PREFIX "photos", TN_I8, 2, {200, 3}, photos, 600}, TN_SHAPE, PREFIX "photos"},
    {{PREFIX "photos", TN_I8, 2, {CONSENSUS_MAX_PHOTOS + 1, 2}, many, sizeof many},
     TN_FORMAT,
     "rows of I8"},
    {{PREFIX "photos", TN_I8, 2, {299, 2}, photos, 598}, TN_SHAPE, PREFIX "photos_scale"},
    {{PREFIX "photos_scale", TN_F32, 1, {300}, NULL, 0}, TN_NOTFOUND, PREFIX "photos_scale"},
    {{PREFIX "photos_scale", TN_F32, 1, {300}, broken, 1200}, TN_FORMAT, "finite scales"},
    {{PREFIX "shares", TN_F32, 1, {300}, NULL, 0}, TN_NOTFOUND, PREFIX "shares"},
    {{PREFIX "shares", TN_F32, 1, {299}, photo_scales, 1196}, TN_FORMAT, "one number per row"},
    {{PREFIX "shares", TN_F32, 1, {300}, broken, 1200}, TN_FORMAT, "finite numbers"},
    {{PREFIX "keys", TN_I64, 1, {3}, NULL, 0}, TN_NOTFOUND, PREFIX "keys"},
    {{PREFIX "keys", TN_I32, 1, {3}, starts, 12}, TN_SHAPE, PREFIX "keys"},
    {{PREFIX "keys", TN_I64, 2, {3, 1}, keys, 24}, TN_SHAPE, PREFIX "keys"},
    {{PREFIX "keys", TN_I64, 1, {3}, falling, 24}, TN_FORMAT, "n-grams in rising order"},
    {{PREFIX "keys", TN_I64, 1, {3}, equal, 24}, TN_FORMAT, "n-grams in rising order"},
    {{PREFIX "keys", TN_I64, 1, {3}, negative, 24}, TN_FORMAT, "n-grams in rising order"},
    {{PREFIX "keys", TN_I64, 1, {3}, zero, 24}, TN_FORMAT, "n-grams in rising order"},
    {{PREFIX "keys", TN_I64, 1, {2}, keys, 16}, TN_FORMAT, PREFIX "starts"},
    {{PREFIX "keys", TN_I64, 1, {0}, keys, 0}, TN_FORMAT, PREFIX "starts"},
    {{PREFIX "starts", TN_I32, 1, {4}, NULL, 0}, TN_NOTFOUND, PREFIX "starts"},
    {{PREFIX "starts", TN_F32, 1, {4}, numbers, 16}, TN_SHAPE, PREFIX "starts"},
    {{PREFIX "starts", TN_I32, 1, {3}, starts, 12}, TN_FORMAT, "photos begin"},
    {{PREFIX "starts", TN_I32, 1, {5}, longer, 20}, TN_FORMAT, "photos begin"},
    {{PREFIX "starts", TN_I32, 1, {0}, starts, 0}, TN_FORMAT, "photos begin"},
    {{PREFIX "starts", TN_I32, 1, {4}, late, 16}, TN_FORMAT, "photos begin"},
    {{PREFIX "starts", TN_I32, 1, {4}, early, 16}, TN_FORMAT, "photos begin"},
    {{PREFIX "starts", TN_I32, 1, {4}, beyond, 16}, TN_FORMAT, "photos begin"},
    {{PREFIX "starts", TN_I32, 1, {4}, back, 16}, TN_FORMAT, "rising numbers"},
    {{PREFIX "starts", TN_I32, 1, {4}, empty, 16}, TN_FORMAT, "rising numbers"},
    {{PREFIX "starts", TN_I32, 1, {4}, below, 16}, TN_FORMAT, "rising numbers"},
    {{PREFIX "starts", TN_I32, 1, {4}, huge, 16}, TN_FORMAT, "rising numbers"},
    {{PREFIX "postings", TN_U8, 2, {5, 3}, NULL, 0}, TN_NOTFOUND, PREFIX "postings"},
    {{PREFIX "postings", TN_I8, 2, {5, 3}, postings, 15}, TN_SHAPE, PREFIX "postings"},
    {{PREFIX "postings", TN_U8, 1, {15}, postings, 15}, TN_SHAPE, PREFIX "postings"},
    {{PREFIX "postings", TN_U8, 2, {5, 2}, postings, 10}, TN_SHAPE, PREFIX "postings"},
    {{PREFIX "postings", TN_U8, 2, {4, 3}, postings, 12}, TN_FORMAT, "photos begin"},
    {{PREFIX "postings", TN_U8, 2, {0, 3}, postings, 0}, TN_FORMAT, "photos begin"},
    {{PREFIX "postings", TN_U8, 2, {5, 3}, strangers, 15}, TN_FORMAT, "photos that there are"},
    {{PREFIX "postings", TN_U8, 2, {5, 3}, far, 15}, TN_FORMAT, "photos that there are"},
};

/* The same of a consensus by likeness. */
static const struct {
    struct tn_tensor tensor;
    enum tn_status status;
    const char *text;
} spoilt[] = {
    {{PREFIX "space", TN_I8, 2, {2, 5}, NULL, 0}, TN_NOTFOUND, PREFIX "space"},
    {{PREFIX "space", TN_I8, 2, {2, 4}, space, 8}, TN_SHAPE, PREFIX "space"},
    {{PREFIX "space", TN_U8, 2, {2, 5}, space, 10}, TN_FORMAT, "rows of I8"},
    {{PREFIX "space_scale", TN_F32, 1, {2}, NULL, 0}, TN_NOTFOUND, "space_scale"},
    {{PREFIX "space_scale", TN_F32, 1, {2}, endless, 8}, TN_FORMAT, "finite scales"},
    {{PREFIX "landmarks", TN_I8, 2, {3, 2}, NULL, 0}, TN_NOTFOUND, PREFIX "landmarks"},
    {{PREFIX "landmarks", TN_I8, 2, {2, 3}, landmarks, 6}, TN_SHAPE, PREFIX "landmarks"},
    {{PREFIX "landmarks", TN_I8, 2, {0, 2}, landmarks, 0}, TN_FORMAT, "rows of I8"},
    {{PREFIX "landmarks_scale", TN_F32, 1, {2}, landmark_scales, 8}, TN_SHAPE, "landmarks_scale"},
    {{PREFIX "directions", TN_I8, 2, {2, 5}, directions, 10}, TN_SHAPE, PREFIX "directions"},
};

/* A copy of path in other, in which a tensor is another or missing. */
static void damage(const struct tn_tensor *tensor)
{
    struct tn_tensor tensors[32];
    struct tn_metadata metadata[16];
    struct tn_file *file;
    size_t count = 0, entries, found = 0;

    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    for (size_t i = 0; i < tn_file_count(file); i++) {
        tensors[count] = *tn_file_at(file, i);
        if (strcmp(tensors[count].name, tensor->name) == 0) {
            tensors[count] = *tensor;
            found++;
        }
        count += tensors[count].data != NULL;
    }
    ck_assert_uint_eq(found, 1);
    entries = tn_file_metadata_count(file);
    for (size_t i = 0; i < entries; i++)
        tn_file_metadata_at(file, i, &metadata[i].key, &metadata[i].value);
    ck_assert_int_eq(tn_file_save(other, tensors, count, metadata, entries, NULL), TN_OK);
    tn_file_close(file);
}

static void check_damaged(const struct tn_tensor *tensor, enum tn_status status, const char *text)
{
    struct tn_error err = {.text = ""};
    struct model model;

    damage(tensor);
    ck_assert_msg(model_load(&model, other, &err) == status, "%d: %s", err.status, err.text);
    ck_assert_msg(strstr(err.text, text), "%s", err.text);
    ck_assert_msg(strstr(err.text, other), "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}

START_TEST(a_malformed_consensus_is_one_clear_line)
{
    save_decoder(path, NULL, "en", NULL);
    agree("en", "{}");
    check_damaged(&malformed[_i].tensor, malformed[_i].status, malformed[_i].text);
}
END_TEST

START_TEST(so_is_a_malformed_space)
{
    save_decoder(path, NULL, "en", NULL);
    agree_on(&by_likeness, "en", "{}");
    check_damaged(&spoilt[_i].tensor, spoilt[_i].status, spoilt[_i].text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("consensus_file");
    TCase *cases = tcase_create("file");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_consensus_comes_back);
    tcase_add_test(cases, a_consensus_ends_the_calibration_and_a_calibration_keeps_the_consensus);
    tcase_add_test(cases, other_tensors_and_entries_stay_as_they_are);
    tcase_add_test(cases, a_new_decoder_or_encoder_has_no_old_consensus);
    tcase_add_test(cases, a_space_comes_back_and_goes_with_its_consensus);
    tcase_add_loop_test(cases, so_is_a_malformed_space, 0, sizeof spoilt / sizeof spoilt[0]);
    tcase_add_loop_test(cases, a_malformed_consensus_is_one_clear_line, 0,
                        sizeof malformed / sizeof malformed[0]);
    suite_add_tcase(suite, cases);
    return suite;
}
