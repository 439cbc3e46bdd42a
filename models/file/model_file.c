/* SPDX-License-Identifier: MIT */
#include "models/file/model_file.h"
#include "models/file/model_keys.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const model_tokenizers[] = {[VOCAB_ENGLISH] = "english", [VOCAB_CHINESE] = "chinese"};
const char *const model_norms[2] = {[false] = "none", [true] = "unit"};
enum { TOKENIZERS = sizeof model_tokenizers / sizeof model_tokenizers[0] };

/* The language of a key "decoder.<language>.config"; false for other keys. */
static bool language_of(const char *key, char *language)
{
    const size_t before = strlen(MODEL_KEY_PREFIX), after = strlen(MODEL_KEY_CONFIG);
    const size_t length = strlen(key);

    if (length <= before + after || length - before - after >= MODEL_LANGUAGE_SIZE ||
        strncmp(key, MODEL_KEY_PREFIX, before) != 0 ||
        strcmp(key + length - after, MODEL_KEY_CONFIG) != 0)
        return false;
    snprintf(language, MODEL_LANGUAGE_SIZE, "%.*s", (int)(length - before - after), key + before);
    return true;
}

/* The decoder's configuration while it is read. */
struct reading {
    const struct model *model;
    const char *language;
    struct json_object *config;
};

static enum tn_status bad_config(const struct reading *r, const char *member, const char *expected,
                                 struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: the decoder for %s: its %s should be %s",
                   tn_file_path(r->model->file), r->language, member, expected);
}

static enum tn_status read_size(const struct reading *r, const char *member, size_t *ret_size,
                                struct tn_error *err)
{
    struct json_object *value;

    if (!json_object_object_get_ex(r->config, member, &value) ||
        !json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 1 ||
        json_object_get_int64(value) > INT32_MAX)
        return bad_config(r, member, "a whole number from 1", err);
    *ret_size = (size_t)json_object_get_int64(value);
    return TN_OK;
}

static const char *read_text(const struct reading *r, const char *member)
{
    struct json_object *value;

    if (!json_object_object_get_ex(r->config, member, &value) ||
        !json_object_is_type(value, json_type_string))
        return "";
    return json_object_get_string(value);
}

/* Models older than its members have neither a norm nor mirror images. */
static enum tn_status read_input(const struct reading *r, struct decoder_input *input,
                                 struct tn_error *err)
{
    struct json_object *value;
    const char *norm;

    *input = (struct decoder_input){0};
    if (!json_object_object_get_ex(r->config, "feature_scale", &value))
        return bad_config(r, "feature_scale", "a number above 0", err);
    input->scale = (float)json_object_get_double(value);
    if (!(input->scale > 0) || !isfinite(input->scale))
        return bad_config(r, "feature_scale", "a number above 0", err);
    norm = read_text(r, "feature_norm");
    input->unit = strcmp(norm, model_norms[true]) == 0;
    if (!input->unit && norm[0] != '\0' && strcmp(norm, model_norms[false]) != 0)
        return bad_config(r, "feature_norm", "none or unit", err);
    if (!json_object_object_get_ex(r->config, "mirrored", &value))
        return TN_OK;
    if (!json_object_is_type(value, json_type_boolean))
        return bad_config(r, "mirrored", "true or false", err);
    input->mirrored = json_object_get_boolean(value);
    return TN_OK;
}

static enum tn_status read_config(const struct reading *r, struct model_decoder *decoder,
                                  struct decoder_config *config, struct tn_error *err)
{
    size_t tokenizer = 0;

    config->cell = rnn_cell_find(read_text(r, "cell"));
    if (!config->cell)
        return tn_fail(
            err, TN_UNSUPPORTED, "%s: the decoder for %s has the cell '%s'; this program knows %s",
            tn_file_path(r->model->file), r->language, read_text(r, "cell"), rnn_cell_names());
    TN_TRY(read_size(r, "layers", &config->layers, err));
    TN_TRY(read_size(r, "embedding", &config->embedding, err));
    TN_TRY(read_size(r, "hidden", &config->hidden, err));
    TN_TRY(read_size(r, "features", &config->features, err));
    if (json_object_object_get_ex(r->config, "image_hidden", NULL))
        TN_TRY(read_size(r, "image_hidden", &config->image_hidden, err));
    while (tokenizer < TOKENIZERS &&
           strcmp(model_tokenizers[tokenizer], read_text(r, "tokenizer")) != 0)
        tokenizer++;
    if (tokenizer == TOKENIZERS)
        return bad_config(r, "tokenizer", "english or chinese", err);
    decoder->tokenizer = (enum vocab_language)tokenizer;
    return read_input(r, &decoder->input, err);
}

static enum tn_status read_vocabulary(const struct model *model, struct model_decoder *decoder,
                                      struct tn_error *err)
{
    char key[MODEL_KEY_SIZE];
    struct tn_error why = {.text = ""};
    const char *text;
    enum tn_status status;

    model_key(key, decoder->language, MODEL_KEY_VOCABULARY);
    text = tn_file_metadata(model->file, key);
    if (!text)
        return tn_fail(err, TN_FORMAT, "%s: there is no %s", tn_file_path(model->file), key);
    status = vocab_parse(text, strlen(text), &decoder->vocab, &why);
    if (status == TN_OK)
        status = vocab_check_lines(decoder->vocab, &why);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s: %s", tn_file_path(model->file), key, why.text);
    return TN_OK;
}

static enum tn_status read_photos(const struct model *model, struct model_decoder *decoder,
                                  struct tn_error *err)
{
    const struct tn_tensor *tensor;
    const int64_t *hashes;
    char key[MODEL_KEY_SIZE];

    model_key(key, decoder->language, MODEL_KEY_TRAINED_ON);
    tensor = tn_file_find(model->file, key);
    if (!tensor)
        return TN_OK;
    TN_TRY(tn_file_get(model->file, key, TN_I64, 1, tensor->dims, &tensor, err));
    hashes = tensor->data;
    for (size_t i = 1; i < tensor->dims[0]; i++)
        if (hashes[i - 1] >= hashes[i])
            return tn_fail(err, TN_FORMAT, "%s: tensor %s: expected rising numbers",
                           tn_file_path(model->file), key);
    decoder->trained_on = (struct model_photos){hashes, tensor->dims[0]};
    return TN_OK;
}

bool model_photos_have(const struct model_photos *photos, int64_t hash)
{
    size_t low = 0, high = photos->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (photos->hashes[middle] == hash)
            return true;
        if (photos->hashes[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static enum tn_status read_decoder(const struct model *model, const char *text,
                                   struct model_decoder *decoder, struct tn_error *err)
{
    struct reading reading = {model, decoder->language, json_tokener_parse(text)};
    struct decoder_config config = {.cell = NULL};
    char prefix[MODEL_KEY_SIZE];
    enum tn_status status;

    if (json_object_is_type(reading.config, json_type_object))
        status = read_config(&reading, decoder, &config, err);
    else
        status = bad_config(&reading, "configuration", "a JSON object", err);
    json_object_put(reading.config);
    TN_TRY(status);
    TN_TRY(read_vocabulary(model, decoder, err));
    TN_TRY(read_photos(model, decoder, err));
    config.vocabulary = vocab_count(decoder->vocab);
    model_key(prefix, decoder->language, "");
    TN_TRY(decoder_weights_from_file(model->file, prefix, &config, &decoder->weights, err));
    TN_TRY(confidence_get(model->file, prefix, config.features, &decoder->confidence, err));
    return consensus_get(model->file, prefix, config.features, &decoder->consensus, err);
}

static enum tn_status check_version(const struct model *model, struct tn_error *err)
{
    const char *path = tn_file_path(model->file);
    const char *text = tn_file_metadata(model->file, MODEL_KEY_VERSION);
    const char *kind = tn_file_metadata(model->file, MODEL_KEY_KIND);
    char *end;
    long version;

    if (kind)
        return tn_fail(err, TN_NOTFOUND, "%s: a %s model, no captioner: use '%s'", path, kind,
                       kind);
    if (!text)
        return tn_fail(err, TN_NOTFOUND, "%s: holds no caption decoder; 'caption train' makes one",
                       path);
    errno = 0;
    version = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || version < 1)
        return tn_fail(err, TN_FORMAT, "%s: '%s' is no format version", path, text);
    if (version > MODEL_FORMAT_VERSION)
        return tn_fail(err, TN_VERSION,
                       "%s: format version %ld, this program reads up to %d; update it", path,
                       version, MODEL_FORMAT_VERSION);
    return TN_OK;
}

static enum tn_status read_decoders(struct model *model, struct tn_error *err)
{
    const size_t entries = tn_file_metadata_count(model->file);

    model->decoders = calloc(entries + 1, sizeof *model->decoders);
    if (!model->decoders)
        return tn_fail_nomem(err, entries * sizeof *model->decoders);
    for (size_t i = 0; i < entries; i++) {
        struct model_decoder *decoder = &model->decoders[model->count];
        const char *key, *value;

        tn_file_metadata_at(model->file, i, &key, &value);
        if (!language_of(key, decoder->language))
            continue;
        model->count++;
        TN_TRY(read_decoder(model, value, decoder, err));
    }
    if (model->count == 0)
        return tn_fail(err, TN_NOTFOUND, "%s: holds no caption decoder; 'caption train' makes one",
                       tn_file_path(model->file));
    return TN_OK;
}

enum tn_status model_load(struct model *model, const char *path, struct tn_error *err)
{
    enum tn_status status;

    memset(model, 0, sizeof *model);
    TN_TRY(tn_file_open(path, &model->file, err));
    status = check_version(model, err);
    if (status == TN_OK)
        status = read_decoders(model, err);
    if (status != TN_OK)
        model_finish(model);
    return status;
}

void model_finish(struct model *model)
{
    for (size_t i = 0; i < model->count; i++)
        vocab_destroy(model->decoders[i].vocab);
    free(model->decoders);
    tn_file_close(model->file);
    memset(model, 0, sizeof *model);
}

enum tn_status model_find(const struct model *model, const char *language,
                          const struct model_decoder **ret_decoder, struct tn_error *err)
{
    char list[256] = "";

    for (size_t i = 0; i < model->count; i++) {
        const size_t used = strlen(list);

        if (!language || strcmp(model->decoders[i].language, language) == 0) {
            *ret_decoder = &model->decoders[i];
            return TN_OK;
        }
        snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                 model->decoders[i].language);
    }
    return tn_fail(err, TN_NOTFOUND, "%s: no captions in language '%s'; there are: %s",
                   tn_file_path(model->file), language, list);
}

enum tn_status model_read_theta(const struct tn_file *file, const struct tn_layout *layout,
                                float *theta, struct tn_error *err)
{
    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *p = &layout->parameters[i];

        TN_TRY(tn_file_read_floats(file, p->name, p->span.count, theta + p->span.offset, err));
    }
    return TN_OK;
}

/* The numbers in all tensors. */
static size_t count_numbers(const struct tn_file *file)
{
    size_t numbers = 0;

    for (size_t i = 0; i < tn_file_count(file); i++)
        numbers += tn_file_at(file, i)->bytes / tn_dtype_size(tn_file_at(file, i)->dtype);
    return numbers;
}

static size_t count_parameters(const struct tn_layout *layout)
{
    size_t numbers = 0;

    for (size_t i = 0; i < layout->count; i++)
        numbers += layout->parameters[i].span.count;
    return numbers;
}

enum tn_status model_load_theta(const struct tn_file *file, const struct tn_layout *layout,
                                float **ret_theta, struct tn_error *err)
{
    const size_t wanted = count_parameters(layout), found = count_numbers(file);
    enum tn_status status;
    float *theta;

    if (wanted > found)
        return tn_fail(err, TN_SHAPE, "%s: a net of %zu numbers is described, and there are %zu",
                       tn_file_path(file), wanted, found);
    theta = calloc(layout->floats, sizeof *theta);
    if (!theta)
        return tn_fail_nomem(err, layout->floats * sizeof *theta);
    status = model_read_theta(file, layout, theta, err);
    if (status == TN_OK)
        *ret_theta = theta;
    else
        free(theta);
    return status;
}
