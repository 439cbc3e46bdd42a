/* SPDX-License-Identifier: MIT */
/* The model that `caption train` begins with, and how it comes by the words of the data. */
#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/training/train_parts_private.h"
#include "cnn/int8/encoder.h"
#include "models/decoder_grow.h"
#include "models/file/model_encoder.h"

#include <stdlib.h>
#include <string.h>

/* Its weights as floats. */
static enum tn_status read_weights(struct train_start *start, const char *prefix,
                                   struct tn_error *err)
{
    struct decoder *decoder;
    enum tn_status status;

    TN_TRY(decoder_create(&start->decoder->weights.config, prefix, &decoder, err));
    start->floats = decoder_layout(decoder)->floats;
    start->theta = calloc(start->floats, sizeof *start->theta);
    status = start->theta
                 ? model_read_theta(start->model.file, decoder_layout(decoder), start->theta, err)
                 : tn_fail_nomem(err, start->floats * sizeof *start->theta);
    decoder_destroy(decoder);
    return status;
}

enum tn_status train_start_read(struct train_start *start, const char *path,
                                const struct train_language *language, struct tn_error *err)
{
    enum tn_status status;
    char *file;

    TN_TRY(app_model_path(path, &file, err));
    status = model_load(&start->model, file, err);
    free(file);
    if (status != TN_OK)
        return status;
    status = model_find(&start->model, language->name, &start->decoder, err);
    if (status != TN_OK) {
        model_finish(&start->model);
        return status;
    }
    return read_weights(start, language->prefix, err);
}

bool train_start_fits(const struct train_start *start, const struct tn_file *encoder)
{
    char before[MODEL_ENCODER_SIZE], now[MODEL_ENCODER_SIZE];

    return model_encoder_of(&start->model, start->decoder, before) &&
           cnn_encoder_name_in(encoder, now) && strcmp(before, now) == 0 &&
           model_check_names(&start->model, start->decoder, NULL) == TN_OK;
}

void train_start_finish(struct train_start *start)
{
    if (start->decoder)
        model_finish(&start->model);
    free(start->theta);
}

/* ---- More words ---- */

/* Where each word of the corpus stands; the caller frees them. */
static enum tn_status list_places(const struct data_corpus *corpus,
                                  struct decoder_place **ret_places, struct tn_error *err)
{
    struct decoder_place *places = malloc((corpus->token_count + 1) * sizeof *places);

    if (!places)
        return tn_fail_nomem(err, corpus->token_count * sizeof *places);
    for (size_t c = 0; c < corpus->caption_count; c++) {
        const size_t first = corpus->starts[c], end = corpus->starts[c + 1];

        for (size_t t = first; t < end; t++)
            places[t] =
                (struct decoder_place){.left = t > first ? corpus->ids[t - 1] : VOCAB_START,
                                       .word = corpus->ids[t],
                                       .right = t + 1 < end ? corpus->ids[t + 1] : VOCAB_END};
    }
    *ret_places = places;
    return TN_OK;
}

static enum tn_status grow_weights(struct train_start *start, const struct decoder *from,
                                   const struct decoder *to, const struct data_corpus *corpus,
                                   struct tn_error *err)
{
    const size_t floats = decoder_layout(to)->floats;
    float *theta = malloc(floats * sizeof *theta);
    struct decoder_place *places = NULL;
    enum tn_status status;

    if (!theta)
        return tn_fail_nomem(err, floats * sizeof *theta);
    status = list_places(corpus, &places, err);
    if (status == TN_OK)
        status = decoder_grow(from, start->theta, to, places, corpus->token_count, theta, err);
    free(places);
    if (status != TN_OK) {
        free(theta);
        return status;
    }
    free(start->theta);
    start->theta = theta;
    start->floats = floats;
    return TN_OK;
}

enum tn_status train_start_grow(struct train_start *start, const struct vocab *vocab,
                                const struct data_corpus *corpus, struct tn_error *err)
{
    struct decoder_config config;
    struct decoder *from = NULL, *to = NULL;
    enum tn_status status;

    if (!start->decoder || vocab_count(vocab) == vocab_count(start->decoder->vocab))
        return TN_OK;
    config = start->decoder->weights.config;
    status = decoder_create(&config, "", &from, err);
    config.vocabulary = vocab_count(vocab);
    if (status == TN_OK)
        status = decoder_create(&config, "", &to, err);
    if (status == TN_OK)
        status = grow_weights(start, from, to, corpus, err);
    decoder_destroy(from);
    decoder_destroy(to);
    return status;
}
