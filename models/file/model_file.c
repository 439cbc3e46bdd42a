/* SPDX-License-Identifier: MIT */
#include "models/file/model_config.h"
#include "models/file/model_file.h"

#include "models/captioner/keywords.h"
#include "models/file/model_encoder.h"
#include "models/file/model_keys.h"

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

/* Models older than its members have neither a norm nor mirror images. */
static enum tn_status read_input(const struct model_config *c, struct decoder_input *input,
                                 struct tn_error *err)
{
    struct json_object *scale = model_config_find(c, "feature_scale");
    struct json_object *mirrored = model_config_find(c, "mirrored");
    const char *norm = model_config_text(c, "feature_norm");

    *input = (struct decoder_input){
        .scale = (float)json_object_get_double(scale),
        .unit = strcmp(norm, model_norms[true]) == 0,
        .mirrored = json_object_get_boolean(mirrored),
    };
    if (!(input->scale > 0) || !isfinite(input->scale))
        return model_config_bad(c, "feature_scale", "a number above 0", err);
    if (!input->unit && norm[0] != '\0' && strcmp(norm, model_norms[false]) != 0)
        return model_config_bad(c, "feature_norm", "none or unit", err);
    if (mirrored && !json_object_is_type(mirrored, json_type_boolean))
        return model_config_bad(c, "mirrored", "true or false", err);
    return TN_OK;
}

static enum tn_status read_config(const struct model_config *c, struct model_decoder *decoder,
                                  struct decoder_config *config, struct tn_error *err)
{
    size_t tokenizer = 0;

    TN_TRY(model_config_cell(c, &config->cell, err));
    TN_TRY(model_config_size(c, "layers", &config->layers, err));
    TN_TRY(model_config_size(c, "embedding", &config->embedding, err));
    TN_TRY(model_config_size(c, "hidden", &config->hidden, err));
    TN_TRY(model_config_size(c, "features", &config->features, err));
    if (model_config_find(c, "image_hidden"))
        TN_TRY(model_config_size(c, "image_hidden", &config->image_hidden, err));
    else if (model_config_find(c, "image_rank")) {
        TN_TRY(model_config_size(c, "image_rank", &config->image_hidden, err));
        config->image_linear = true;
    }
    while (tokenizer < TOKENIZERS &&
           strcmp(model_tokenizers[tokenizer], model_config_text(c, "tokenizer")) != 0)
        tokenizer++;
    if (tokenizer == TOKENIZERS)
        return model_config_bad(c, "tokenizer", "english or chinese", err);
    decoder->tokenizer = (enum vocab_language)tokenizer;
    decoder->outside = strcmp(model_config_text(c, MODEL_FEATURES_FROM), MODEL_FROM_VECTORS) == 0;
    return read_input(c, &decoder->input, err);
}

static enum tn_status read_vocabulary(const struct model *model, struct model_decoder *decoder,
                                      struct tn_error *err)
{
    char key[MODEL_KEY_SIZE];
    struct tn_error why = {.text = ""};
    enum tn_status status;

    model_key(key, decoder->language, MODEL_KEY_VOCABULARY);
    TN_TRY(model_read_vocabulary(model->file, key, &decoder->vocab, err));
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
    struct decoder_config config = {.cell = NULL};
    struct model_config object;
    char prefix[MODEL_KEY_SIZE], owner[32 + MODEL_LANGUAGE_SIZE];
    enum tn_status status;

    snprintf(owner, sizeof owner, "the decoder for %s", decoder->language);
    TN_TRY(model_config_open(&object, model->file, owner, text, err));
    status = read_config(&object, decoder, &config, err);
    model_config_close(&object);
    TN_TRY(status);
    TN_TRY(read_vocabulary(model, decoder, err));
    TN_TRY(read_photos(model, decoder, err));
    config.vocabulary = vocab_count(decoder->vocab);
    model_key(prefix, decoder->language, "");
    TN_TRY(decoder_weights_from_file(model->file, prefix, &config, &decoder->weights, err));
    TN_TRY(confidence_get(model->file, prefix, config.features, &decoder->confidence, err));
    TN_TRY(consensus_get(model->file, prefix, config.features, &decoder->consensus, err));
    return keywords_get(model->file, prefix, &decoder->keyword_weights, err);
}

/* That the file is a captioner. */
static enum tn_status check_kind(const struct tn_file *file, struct tn_error *err)
{
    const char *kind = tn_file_metadata(file, MODEL_KEY_KIND);

    if (kind)
        return tn_fail(err, TN_NOTFOUND, "%s: a %s model, no captioner: use '%s'",
                       tn_file_path(file), kind, kind);
    if (!tn_file_metadata(file, MODEL_KEY_VERSION))
        return tn_fail(err, TN_NOTFOUND,
                       "%s: contains no caption decoder; 'caption train' makes one",
                       tn_file_path(file));
    return model_check_version(file, MODEL_FORMAT_VERSION, err);
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
        return tn_fail(err, TN_NOTFOUND,
                       "%s: contains no caption decoder; 'caption train' makes one",
                       tn_file_path(model->file));
    return TN_OK;
}

enum tn_status model_load(struct model *model, const char *path, struct tn_error *err)
{
    enum tn_status status;

    memset(model, 0, sizeof *model);
    TN_TRY(tn_file_open(path, &model->file, err));
    status = check_kind(model->file, err);
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

const char *model_about(const struct model *model, const struct model_decoder *decoder)
{
    char key[MODEL_KEY_SIZE];

    model_key(key, decoder->language, MODEL_KEY_ABOUT);
    return tn_file_metadata(model->file, key);
}

enum tn_status model_check_photos(const struct model *model, const struct model_decoder *decoder,
                                  struct tn_error *err)
{
    if (!decoder->outside)
        return TN_OK;
    return tn_fail(
        err, TN_UNSUPPORTED,
        "%s: was trained on %zu numbers per photo that another network made (--vectors), "
        "and cannot look at photos itself: give it such numbers, with --vectors",
        tn_file_path(model->file), decoder->weights.config.features);
}

enum tn_status model_check_encoder(const struct model *model, const struct model_decoder *decoder,
                                   struct tn_error *err)
{
    TN_TRY(model_check_photos(model, decoder, err));
    return model_check_names(model, decoder, err);
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

const float *model_view_theta(const struct tn_file *file, const struct tn_layout *layout)
{
    const float *theta = NULL;

    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *p = &layout->parameters[i];
        const struct tn_tensor *t = tn_file_find(file, p->name);

        if (!t || t->dtype != TN_F32 || t->bytes != p->span.count * sizeof *theta)
            return NULL;
        theta = i == 0 ? t->data : theta;
        if ((uintptr_t)t->data != (uintptr_t)theta + p->span.offset * sizeof *theta)
            return NULL;
    }
    return theta;
}
