/* SPDX-License-Identifier: MIT */
/* Decoders in and out of the model file, in every storage; files of others and of tomorrow. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "cnn/int8/encoder.h"
#include "models/captioner/keywords.h"
#include "models/file/model_encoder.h"
#include "models/file/model_part.h"
#include "models/text_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 3, VOCABULARY = VOCAB_FIRST_WORD + WORDS, FEATURES = 5 };

static char folder[TEST_FOLDER_SIZE], path[128], other[128];
static struct tiny_model tiny;
static struct vocab *vocab;

static void set_up(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/a.safetensors", folder);
    snprintf(other, sizeof other, "%s/b.safetensors", folder);
    tiny_model_init(&tiny, "lstm", 2, VOCABULARY, FEATURES, 1);
    ck_assert_int_eq(vocab_parse("a\ndog\n\xE7\x8B\x97\n", 10, &vocab, NULL), TN_OK);
}

static void tear_down(void)
{
    test_folder_remove(folder);
    tiny_model_finish(&tiny);
    vocab_destroy(vocab);
}

static struct model_save sample(void)
{
    return (struct model_save){.language = "en",
                               .tokenizer = VOCAB_ENGLISH,
                               .vocab = vocab,
                               .input = {.scale = 2.7F, .unit = true, .mirrored = true},
                               .config = decoder_config(tiny.decoder),
                               .layout = decoder_layout(tiny.decoder),
                               .theta = tiny.theta};
}

static void save(const char *name, const struct model_save *what)
{
    struct tn_error err;

    ck_assert_msg(model_save(name, what, &err) == TN_OK, "%s", err.text);
}

START_TEST(the_photos_of_its_training_come_back)
{
    static const int64_t hashes[] = {INT64_MIN, -3, 0, 5, INT64_MAX}, others[] = {-4, 4, 6};
    static const int64_t falling[] = {5, 5};
    struct model_save what = sample();
    struct model model;

    what.trained_on = (struct model_photos){hashes, 5};
    save(path, &what);
    ck_assert_int_eq(model_load(&model, path, NULL), TN_OK);
    ck_assert_uint_eq(model.decoders[0].trained_on.count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert(model_photos_have(&model.decoders[0].trained_on, hashes[i]));
    for (size_t i = 0; i < 3; i++)
        ck_assert(!model_photos_have(&model.decoders[0].trained_on, others[i]));
    what = sample();
    what.base = model.file;
    save(other, &what); /* of no photos: they were the other decoder's */
    model_finish(&model);
    ck_assert_int_eq(model_load(&model, other, NULL), TN_OK);
    ck_assert_uint_eq(model.decoders[0].trained_on.count, 0);
    ck_assert(!model_photos_have(&model.decoders[0].trained_on, 0));
    model_finish(&model);
    what = sample();
    what.trained_on = (struct model_photos){falling, 2};
    save(path, &what);
    ck_assert_int_eq(model_load(&model, path, NULL), TN_FORMAT);
}
END_TEST

START_TEST(a_decoder_comes_back)
{
    static const double tolerance[] = {0, 1e-3, 1.5 / 127};
    const struct tn_layout *layout = decoder_layout(tiny.decoder);
    float *theta = calloc(layout->floats, sizeof *theta);
    const struct model_decoder *decoder;
    struct model_save what = sample();
    struct model model;
    struct tn_error err;

    what.storage = (enum model_storage)_i;
    what.scores = "{\"cider\":0.5}";
    save(path, &what);
    ck_assert_msg(model_load(&model, path, &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(model.count, 1);
    ck_assert_int_eq(model_find(&model, NULL, &decoder, &err), TN_OK);
    ck_assert_str_eq(decoder->language, "en");
    ck_assert_str_eq(vocab_word(decoder->vocab, VOCAB_FIRST_WORD + 2), "\xE7\x8B\x97");
    ck_assert_float_eq(decoder->input.scale, 2.7F);
    ck_assert(decoder->input.unit);
    ck_assert(decoder->input.mirrored);
    ck_assert_str_eq(decoder->weights.config.cell->name, "lstm");
    ck_assert_uint_eq(decoder->weights.config.layers, 2);
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.en.scores"), what.scores);
    ck_assert_int_eq(model_read_theta(model.file, layout, theta, &err), TN_OK);
    for (size_t i = 0; i < layout->floats; i++)
        ck_assert_double_le(fabs((double)(theta[i] - tiny.theta[i])), tolerance[_i]);
    ck_assert_int_eq(model_find(&model, "zh", &decoder, &err), TN_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "no captions in language 'zh'; there are: en"));
    model_finish(&model);
    free(theta);
}
END_TEST

/* Whether a file with a [2][columns] and b [3] of theta, b first if `turned`, serves as theta. */
static bool serves_in_place(size_t columns, bool turned)
{
    struct tn_layout layout = {0};
    struct tn_span a, b;
    struct tn_tensor tensors[2];
    struct tn_file *file;
    const float *view;
    float theta[64];

    ck_assert_int_eq(tn_layout_add(&layout, "a", 2, (size_t[]){2, columns}, &a, NULL), TN_OK);
    ck_assert_int_eq(tn_layout_add(&layout, "b", 1, (size_t[]){3}, &b, NULL), TN_OK);
    for (size_t i = 0; i < 64; i++)
        theta[i] = (float)i;
    tensors[turned] = model_parameter_tensor(&layout.parameters[0], theta);
    tensors[!turned] = model_parameter_tensor(&layout.parameters[1], theta);
    ck_assert_int_eq(tn_file_save(path, tensors, 2, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    view = model_view_theta(file, &layout);
    if (view) {
        ck_assert_mem_eq(view + a.offset, theta + a.offset, a.count * sizeof *theta);
        ck_assert_mem_eq(view + b.offset, theta + b.offset, b.count * sizeof *theta);
    }
    tn_file_close(file);
    tn_layout_finish(&layout);
    return view != NULL;
}

START_TEST(parameters_in_order_are_used_in_place)
{
    ck_assert(serves_in_place(16, false));
    ck_assert(!serves_in_place(16, true));
    ck_assert(!serves_in_place(9, false)); /* b is nearer than in theta */
}
END_TEST

START_TEST(every_cell_comes_back)
{
    const char *cell = rnn_cell_at((size_t)_i)->name;
    struct model_save what = sample();
    const struct model_decoder *decoder;
    struct tiny_model other_cell;
    struct model model;
    float *theta;

    tiny_model_init(&other_cell, cell, 2 + (size_t)_i % 2, VOCABULARY, FEATURES, 3);
    what.config = decoder_config(other_cell.decoder);
    what.layout = decoder_layout(other_cell.decoder);
    what.theta = other_cell.theta;
    what.storage = MODEL_F32;
    save(path, &what);
    ck_assert_int_eq(model_load(&model, path, NULL), TN_OK);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    ck_assert_ptr_eq(decoder->weights.config.cell, rnn_cell_at((size_t)_i));
    ck_assert(decoder->weights.config.image_linear == (_i % 2 == 1));
    theta = calloc(what.layout->floats, sizeof *theta);
    ck_assert_int_eq(model_read_theta(model.file, what.layout, theta, NULL), TN_OK);
    ck_assert_msg(memcmp(theta, what.theta, what.layout->floats * sizeof *theta) == 0,
                  "%s: other parameters come back", cell);
    free(theta);
    model_finish(&model);
    tiny_model_finish(&other_cell);
}
END_TEST

START_TEST(another_language_joins_and_the_first_is_replaced)
{
    struct tiny_model second;
    struct decoder *chinese;
    struct model_save what = sample();
    const struct model_decoder *decoder;
    struct model model;
    const struct tn_metadata known[] = {{"scores", "of an older file"}, {"origin", "a test"}};
    struct tn_file *base;

    what.metadata = known;
    what.metadata_count = 2;
    what.training = "first";
    what.about = "a test's captions; CC BY";
    what.scores = "{\"cider\":0.5}";
    save(path, &what);
    what.metadata_count = 0;
    what.training = "second";
    what.scores = what.about = NULL;
    ck_assert_int_eq(tn_file_open(path, &base, NULL), TN_OK);
    ck_assert_int_eq(decoder_create(decoder_config(tiny.decoder), "decoder.zh.", &chinese, NULL),
                     TN_OK);
    what.base = base;
    what.language = "zh";
    what.tokenizer = VOCAB_CHINESE;
    what.layout = decoder_layout(chinese);
    what.storage = MODEL_INT8;
    save(other, &what);
    tn_file_close(base);

    ck_assert_int_eq(model_load(&model, other, NULL), TN_OK);
    ck_assert_uint_eq(model.count, 2);
    ck_assert_str_eq(tn_file_metadata(model.file, "origin"), "a test");
    ck_assert_ptr_null(tn_file_metadata(model.file, "scores")); /* of whom? */
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.en.training"), "first");
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.en.scores"), "{\"cider\":0.5}");
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.zh.training"), "second");
    ck_assert_ptr_null(tn_file_metadata(model.file, "decoder.zh.scores"));
    ck_assert_int_eq(model_find(&model, "zh", &decoder, NULL), TN_OK);
    ck_assert_ptr_null(model_about(&model, decoder));
    ck_assert_int_eq(decoder->tokenizer, VOCAB_CHINESE);
    ck_assert_int_eq(decoder->weights.output.dtype, TN_I8);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    ck_assert_int_eq(decoder->weights.output.dtype, TN_F32);
    ck_assert_str_eq(model_about(&model, decoder), "a test's captions; CC BY");

    tiny_model_init(&second, "gru", 1, VOCABULARY, FEATURES, 2);
    what = sample();
    what.base = model.file;
    what.config = decoder_config(second.decoder);
    what.layout = decoder_layout(second.decoder);
    what.theta = second.theta;
    save(path, &what);
    model_finish(&model);
    ck_assert_int_eq(model_load(&model, path, NULL), TN_OK);
    ck_assert_uint_eq(model.count, 2);
    ck_assert_ptr_null(tn_file_metadata(model.file, "decoder.en.training"));
    ck_assert_ptr_null(tn_file_metadata(model.file, "decoder.en.scores"));
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.zh.training"), "second");
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    ck_assert_str_eq(decoder->weights.config.cell->name, "gru");
    ck_assert_ptr_null(model_about(&model, decoder));
    ck_assert_ptr_null(tn_file_find(model.file, "decoder.en.rnn.weight_ih_l1"));
    model_finish(&model);
    decoder_destroy(chinese);
    tiny_model_finish(&second);
}
END_TEST

/* ---- Which encoder a decoder belongs to ---- */

/* Writes an encoder of one bias at `name`. */
static struct tn_file *make_encoder(const char *name, float bias)
{
    const struct tn_tensor tensor = {"conv1.bias", TN_F32, 1, {1}, &bias, sizeof bias};
    struct tn_file *file;

    ck_assert_int_eq(tn_file_save(name, &tensor, 1, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(name, &file, NULL), TN_OK);
    return file;
}

/* Writes a model with keywords' weights on that encoder to `path`; its encoder's name. */
static void make_named_model(float bias, char ret_name[MODEL_ENCODER_SIZE])
{
    static const float weights[KEYWORDS_WEIGHTS] = {0};
    struct model_save what = sample();
    struct tn_file *base = make_encoder(other, bias);

    what.base = base;
    save(path, &what);
    ck_assert(cnn_encoder_name_in(base, ret_name));
    tn_file_close(base);
    ck_assert_int_eq(tn_file_open(path, &base, NULL), TN_OK);
    ck_assert_int_eq(keywords_save(path, base, "en", weights, "{}", NULL), TN_OK);
    tn_file_close(base);
}

/* Copies `path` to `other` with another value of an entry, NULL: without it, and another bias. */
static void copy_with(const char *key, const char *value, const float *bias)
{
    struct tn_metadata metadata[16];
    struct tn_tensor tensors[64];
    struct tn_file *file;
    size_t entries = 0, count;

    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    count = tn_file_count(file);
    for (size_t i = 0; i < tn_file_metadata_count(file); i++) {
        tn_file_metadata_at(file, i, &metadata[entries].key, &metadata[entries].value);
        entries += strcmp(metadata[entries].key, key) != 0;
    }
    if (value)
        metadata[entries++] = (struct tn_metadata){key, value};
    for (size_t i = 0; i < count; i++) {
        tensors[i] = *tn_file_at(file, i);
        if (bias && strcmp(tensors[i].name, "conv1.bias") == 0)
            tensors[i].data = bias;
    }
    ck_assert_int_eq(tn_file_save(other, tensors, count, metadata, entries, NULL), TN_OK);
    tn_file_close(file);
}

/* Of the decoder for en in a file. */
static enum tn_status check_encoder(const char *name, struct tn_error *err)
{
    const struct model_decoder *decoder;
    struct model model;
    enum tn_status status;

    ck_assert_int_eq(model_load(&model, name, NULL), TN_OK);
    ck_assert_int_eq(model_find(&model, "en", &decoder, NULL), TN_OK);
    status = model_check_encoder(&model, decoder, err);
    model_finish(&model);
    return status;
}

START_TEST(a_model_names_its_encoder)
{
    static const char *const keys[] = {"encoder.fingerprint", "decoder.en.encoder",
                                       "decoder.en.keywords.encoder"};
    char name[MODEL_ENCODER_SIZE];
    struct tn_file *file;

    make_named_model(1, name);
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(tn_file_metadata(file, keys[i]), name);
    ck_assert_int_eq(model_verify_encoder(file, NULL), TN_OK);
    ck_assert_int_eq(check_encoder(path, NULL), TN_OK);
    tn_file_close(file);
}
END_TEST

START_TEST(what_names_another_encoder_is_refused)
{
    static const struct {
        const char *key, *what;
    } named[] = {{"decoder.en.encoder", "the decoder for 'en' belongs"},
                 {"decoder.en.consensus.encoder", "the consensus for 'en' belongs"},
                 {"decoder.en.calibration.encoder", "the calibration for 'en' belongs"},
                 {"decoder.en.keywords.encoder", "the keywords for 'en' belongs"}};
    char name[MODEL_ENCODER_SIZE];
    struct tn_error err;

    make_named_model(1, name);
    copy_with(named[_i].key, "0123456789abcdef", NULL);
    ck_assert_int_eq(check_encoder(other, &err), TN_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, named[_i].what));
    ck_assert_ptr_nonnull(strstr(err.text, "0123456789abcdef, and the file has"));
    ck_assert_ptr_nonnull(strstr(err.text, name));
    copy_with(named[_i].key, NULL, NULL);
    ck_assert_int_eq(check_encoder(other, &err), TN_OK);
}
END_TEST

START_TEST(an_encoder_that_is_not_the_one_named_is_found)
{
    const float changed = 2;
    char name[MODEL_ENCODER_SIZE];
    struct tn_error err;
    struct tn_file *file;

    make_named_model(1, name);
    copy_with("none", NULL, &changed);
    ck_assert_int_eq(check_encoder(other, NULL), TN_OK); /* the names agree */
    ck_assert_int_eq(tn_file_open(other, &file, NULL), TN_OK);
    ck_assert_int_eq(model_verify_encoder(file, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "damaged or changed"));
    tn_file_close(file);
    copy_with("encoder.fingerprint", NULL, &changed); /* as older files are */
    ck_assert_int_eq(check_encoder(other, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(other, &file, NULL), TN_OK);
    ck_assert_int_eq(model_verify_encoder(file, NULL), TN_OK);
    tn_file_close(file);
}
END_TEST

/* Trains the encoder, with or without a decoder, of a model whose decoder names none. */
static void replace_encoder(bool with_decoder)
{
    const size_t dims[] = {1};
    const float bias = 2;
    struct tn_layout layout = {.count = 0};
    struct tn_span span;
    struct tn_file *base;
    struct decoder *chinese;
    struct model_save what = sample();

    copy_with("decoder.en.encoder", NULL, NULL);
    ck_assert_int_eq(tn_layout_add(&layout, "conv1.bias", 1, dims, &span, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(other, &base, NULL), TN_OK);
    ck_assert_int_eq(decoder_create(decoder_config(tiny.decoder), "decoder.zh.", &chinese, NULL),
                     TN_OK);
    if (with_decoder) {
        what.base = base;
        what.language = "zh";
        what.layout = decoder_layout(chinese);
        what.encoder_layout = &layout;
        what.encoder_theta = &bias;
        save(path, &what);
    } else {
        const struct model_encoder_save encoder = {.base = base, .layout = &layout, .theta = &bias};

        ck_assert_int_eq(model_save_trained_encoder(path, &encoder, NULL), TN_OK);
    }
    tn_file_close(base);
    decoder_destroy(chinese);
    tn_layout_finish(&layout);
}

START_TEST(a_decoder_keeps_the_name_of_an_encoder_that_is_replaced)
{
    char before[MODEL_ENCODER_SIZE], now[MODEL_ENCODER_SIZE];
    struct tn_error err;
    struct tn_file *file;

    make_named_model(1, before);
    replace_encoder(_i == 1);
    ck_assert_int_eq(check_encoder(path, &err), TN_UNSUPPORTED);
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    ck_assert_int_eq(model_verify_encoder(file, NULL), TN_OK);
    ck_assert(cnn_encoder_name_in(file, now));
    ck_assert_str_ne(before, now);
    ck_assert_str_eq(tn_file_metadata(file, "decoder.en.encoder"), before);
    if (_i == 1)
        ck_assert_str_eq(tn_file_metadata(file, "decoder.zh.encoder"), now);
    ck_assert_ptr_null(tn_file_metadata(file, "decoder.en.keywords.encoder"));
    tn_file_close(file);
}
END_TEST

/* What one entry of the metadata can be, and what is said of it. */
static const struct {
    const char *key, *value;
    enum tn_status status;
    const char *text;
} bad[] = {
    {"format_version", "2", TN_VERSION, "format version 2, this program reads up to 1; update"},
    {"format_version", "one", TN_FORMAT, "'one' is no format version"},
    {"format_version", "1x", TN_FORMAT, "'1x' is no format version"},
    {"decoder.en.config", "[1]", TN_FORMAT, "should be a JSON object"},
    {"decoder.en.config", "{", TN_FORMAT, "should be a JSON object"},
    {"decoder.en.config", "{\"cell\":\"mgu\"}", TN_UNSUPPORTED, "has the cell 'mgu'; this program"},
    {"decoder.en.config", "{\"cell\":\"lstm\",\"layers\":-1}", TN_FORMAT, "its layers should be"},
    {"decoder.en.config",
     "{\"cell\":\"lstm\",\"layers\":9,\"embedding\":6,\"hidden\":8,\"features\":5,"
     "\"feature_scale\":1,\"tokenizer\":\"english\"}",
     TN_RANGE, "9 layers"},
    {"decoder.en.config",
     "{\"cell\":\"lstm\",\"layers\":2,\"embedding\":6,\"hidden\":9,\"features\":5,"
     "\"feature_scale\":1,\"tokenizer\":\"english\"}",
     TN_SHAPE, "image.weight"},
    {"decoder.en.config",
     "{\"cell\":\"lstm\",\"layers\":2,\"embedding\":6,\"hidden\":8,\"features\":5,"
     "\"feature_scale\":0,\"tokenizer\":\"english\"}",
     TN_FORMAT, "feature_scale"},
    {"decoder.en.config",
     "{\"cell\":\"lstm\",\"layers\":2,\"embedding\":6,\"hidden\":8,\"features\":5,"
     "\"feature_scale\":1,\"feature_norm\":\"max\",\"tokenizer\":\"english\"}",
     TN_FORMAT, "its feature_norm should be none or unit"},
    {"decoder.en.config",
     "{\"cell\":\"lstm\",\"layers\":2,\"embedding\":6,\"hidden\":8,\"features\":5,"
     "\"feature_scale\":1,\"mirrored\":1,\"tokenizer\":\"english\"}",
     TN_FORMAT, "its mirrored should be true or false"},
    {"decoder.en.config",
     "{\"cell\":\"lstm\",\"layers\":2,\"embedding\":6,\"hidden\":8,\"features\":5,"
     "\"feature_scale\":1,\"tokenizer\":\"elvish\"}",
     TN_FORMAT, "tokenizer"},
    {"decoder.en.vocabulary", "a\na\nb\n", TN_FORMAT, "decoder.en.vocabulary"},
    {"decoder.en.vocabulary", "a\n", TN_SHAPE, "embedding.weight"},
    {"decoder.en.vocabulary", "a\nb\\nc\nd\n", TN_FORMAT, "word 2, \"b\nc\", has a control"},
    {"decoder.en.vocabulary", "\x1b[31m\nb\nd\n", TN_FORMAT, "has a control character in it"},
    {"decoder.fr.config", "{}", TN_UNSUPPORTED, "decoder for fr"},
};

START_TEST(a_bad_entry_is_named)
{
    struct tn_metadata metadata[8];
    struct tn_tensor tensors[32];
    struct model_save what = sample();
    struct tn_error err = {.text = ""};
    struct model model;
    struct tn_file *file;
    size_t entries, i;

    save(path, &what);
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    entries = tn_file_metadata_count(file);
    for (i = 0; i < entries; i++)
        tn_file_metadata_at(file, i, &metadata[i].key, &metadata[i].value);
    for (i = 0; i < entries && strcmp(metadata[i].key, bad[_i].key) != 0; i++)
        continue;
    metadata[i] = (struct tn_metadata){bad[_i].key, bad[_i].value};
    entries += i == entries;
    for (i = 0; i < tn_file_count(file); i++)
        tensors[i] = *tn_file_at(file, i);
    ck_assert_int_eq(tn_file_save(other, tensors, i, metadata, entries, NULL), TN_OK);
    tn_file_close(file);
    ck_assert_msg(model_load(&model, other, &err) == bad[_i].status, "%s: %s", bad[_i].value,
                  err.text);
    ck_assert_msg(strstr(err.text, bad[_i].text), "%s", err.text);
}
END_TEST

START_TEST(weights_alone_are_no_model)
{
    const struct tn_tensor tensor = {"conv1.bias", TN_F32, 1, {1}, &(float){1}, 4};
    struct tn_error err;
    struct model model;

    ck_assert_int_eq(tn_file_save(path, &tensor, 1, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(model_load(&model, path, &err), TN_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "contains no caption decoder"));
}
END_TEST

START_TEST(a_text_model_has_a_version_too)
{
    static const char *const versions[] = {"1x", "0", "3"};
    const struct tn_tensor tensor = {"text.bias", TN_F32, 1, {1}, &(float){1}, 4};
    const struct tn_metadata metadata[] = {
        {"format_version", versions[_i]}, {"kind", "textrnn"}, {"text.config", "[]"}};
    struct tn_error err = {.text = ""};
    struct text_model model;

    ck_assert_int_eq(tn_file_save(path, &tensor, 1, metadata, 3, NULL), TN_OK);
    ck_assert_int_ne(text_model_load(&model, path, -1, &err), TN_OK);
    ck_assert_msg(strstr(err.text, "format version"), "%s: %s", versions[_i], err.text);
}
END_TEST

/* What a later program adds to a net would be left out of it by this one. */
START_TEST(a_text_models_unknown_member_is_named)
{
    const struct tn_tensor tensor = {"text.bias", TN_F32, 1, {1}, &(float){1}, 4};
    const struct tn_metadata metadata[] = {
        {"format_version", "2"},
        {"kind", "textrnn"},
        {"text.config", "{\"task\":\"lm\",\"of_later\":0.1,\"unit\":\"char\"}"}};
    struct tn_error err = {.text = ""};
    struct text_model model;

    ck_assert_int_eq(tn_file_save(path, &tensor, 1, metadata, 3, NULL), TN_OK);
    ck_assert_int_eq(text_model_load(&model, path, -1, &err), TN_UNSUPPORTED);
    ck_assert_msg(strstr(err.text, "text.config has a 'of_later'"), "%s", err.text);
}
END_TEST

START_TEST(a_language_must_fit_a_name)
{
    static const char *const names[] = {"", "a.b", "a-language-too-long"};
    struct model_save what = sample();

    what.language = names[_i];
    ck_assert_int_eq(model_save(path, &what, NULL), TN_RANGE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("model file");
    TCase *tcase = tcase_create("model file");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_photos_of_its_training_come_back);
    tcase_add_loop_test(tcase, a_decoder_comes_back, 0, 3);
    tcase_add_test(tcase, parameters_in_order_are_used_in_place);
    tcase_add_loop_test(tcase, every_cell_comes_back, 0, (int)rnn_cell_count());
    tcase_add_test(tcase, another_language_joins_and_the_first_is_replaced);
    tcase_add_test(tcase, a_model_names_its_encoder);
    tcase_add_loop_test(tcase, what_names_another_encoder_is_refused, 0, 4);
    tcase_add_test(tcase, an_encoder_that_is_not_the_one_named_is_found);
    tcase_add_loop_test(tcase, a_decoder_keeps_the_name_of_an_encoder_that_is_replaced, 0, 2);
    tcase_add_loop_test(tcase, a_bad_entry_is_named, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tcase, weights_alone_are_no_model);
    tcase_add_loop_test(tcase, a_text_model_has_a_version_too, 0, 3);
    tcase_add_test(tcase, a_text_models_unknown_member_is_named);
    tcase_add_loop_test(tcase, a_language_must_fit_a_name, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
