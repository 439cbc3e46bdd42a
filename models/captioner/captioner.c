/* SPDX-License-Identifier: MIT */
#include "models/captioner/captioner.h"

#include "models/captioner/captioner_private.h"
#include "models/captioner/captioner_writer.h"
#include "models/captioner/keywords.h"
#include "models/captioner/relevance.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)CAPTIONER_OK == (int)TN_OK && (int)CAPTIONER_VERSION == (int)TN_VERSION &&
                   (int)CAPTIONER_CANCELLED == (int)TN_CANCELLED,
               "the public statuses are the library's own");
_Static_assert(sizeof(((struct captioner_error *)0)->text) == TN_ERROR_TEXT_SIZE,
               "texts are copied whole");

enum { MAX_BATCH = 1024 };

enum captioner_status captioner_report(enum tn_status status, const struct tn_error *err,
                                       struct captioner_error *error)
{
    if (error && status != TN_OK) {
        error->status = (enum captioner_status)status;
        memcpy(error->text, err->text, sizeof error->text);
    }
    return (enum captioner_status)status;
}

/* ---- Loading ---- */

/* V is given: places for it alone. */
static enum tn_status init_for_vectors(struct captioner *captioner, struct tn_error *err)
{
    struct photo_encoder *encoder = &captioner->encoder;

    encoder->photos = malloc(captioner->max_batch * sizeof *encoder->photos);
    encoder->values = malloc(captioner->max_batch * captioner->width * sizeof *encoder->values);
    return encoder->photos && encoder->values
               ? TN_OK
               : tn_fail_nomem(err, captioner->max_batch * captioner->width);
}

static enum tn_status check_encoder(const struct captioner *captioner, struct tn_error *err)
{
    TN_TRY(model_check_encoder(&captioner->model, captioner->decoder, err));
    if (captioner->width == CNN_ENCODER_FEATURES)
        return TN_OK;
    return tn_fail(err, TN_SHAPE, "%s: the decoder reads %zu features, the encoder gives %d",
                   tn_file_path(captioner->model.file), captioner->width, CNN_ENCODER_FEATURES);
}

static enum tn_status load(struct captioner *captioner, const char *path,
                           const struct captioner_options *options, struct tn_error *err)
{
    TN_TRY(model_load(&captioner->model, path, err));
    TN_TRY(model_find(&captioner->model, options->language, &captioner->decoder, err));
    captioner->width = captioner->decoder->weights.config.features;
    if (options->vectors != 1)
        TN_TRY(check_encoder(captioner, err));
    snprintf(captioner->fingerprint, sizeof captioner->fingerprint, "%016" PRIx64,
             tn_file_fingerprint(captioner->model.file));
    captioner->max_batch = options->max_batch > 0 ? options->max_batch : 1;
    if (captioner->max_batch > MAX_BATCH)
        return tn_fail(err, TN_RANGE, "a batch of %zu photos; expected at most %d",
                       captioner->max_batch, MAX_BATCH);
    captioner->image = photo_options(options->max_pixels);
    TN_TRY(tn_pool_create(options->threads, &captioner->pool, err));
    if (options->vectors)
        return init_for_vectors(captioner, err);
    return photo_encoder_init(&captioner->encoder, captioner->model.file, captioner->max_batch,
                              captioner->decoder->input.mirrored, captioner->pool, err);
}

enum captioner_status captioner_load(const char *path, const struct captioner_options *options,
                                     struct captioner **ret_captioner,
                                     struct captioner_error *error)
{
    const struct captioner_options none = {0};
    struct captioner *captioner = calloc(1, sizeof *captioner);
    struct tn_error err;
    enum tn_status status;

    if (!captioner)
        return captioner_report(tn_fail_nomem(&err, sizeof *captioner), &err, error);
    status = load(captioner, path, options ? options : &none, &err);
    if (status == TN_OK)
        *ret_captioner = captioner;
    else
        captioner_destroy(captioner);
    return captioner_report(status, &err, error);
}

void captioner_destroy(struct captioner *captioner)
{
    if (!captioner)
        return;
    search_destroy(captioner->search);
    consensus_ranker_destroy(captioner->ranker);
    keywords_destroy(captioner->keywords);
    relevance_destroy(captioner->relevance);
    photo_encoder_finish(&captioner->encoder);
    tn_pool_destroy(captioner->pool);
    model_finish(&captioner->model);
    free(captioner);
}

/* ---- Photos to V ---- */

enum tn_status captioner_check_photos(const struct captioner *captioner, struct tn_error *err)
{
    return captioner->encoder.encoder
               ? TN_OK
               : tn_fail(err, TN_UNSUPPORTED,
                         "the captioner was loaded for vectors, and looks at no photos");
}

/* A batch of photos while it is read. */
struct reading {
    const struct captioner *captioner;
    const struct captioner_photo *photos;
    struct captioner_error *errors; /* [count] or NULL */
};

static bool read_photo(void *context, size_t photo, unsigned char *pixels)
{
    const struct reading *r = context;
    struct tn_error err;
    const enum tn_status status =
        captioner_read_photo(r->captioner, &r->photos[photo], pixels, &err);

    captioner_report(status, &err, r->errors ? &r->errors[photo] : NULL);
    return status == TN_OK;
}

/* V of those of at most max_batch photos that can be read, into the rows of captioner->encoder;
 * returns how many. */
static size_t encode(struct captioner *captioner, const struct captioner_photo *photos,
                     size_t count, struct captioner_error *errors)
{
    struct reading reading = {captioner, photos, errors};
    struct tn_error err;
    size_t rows;

    if (captioner_check_photos(captioner, &err) != TN_OK) {
        for (size_t i = 0; i < count && errors; i++)
            captioner_report(err.status, &err, &errors[i]);
        return 0;
    }
    rows = photo_encoder_run(&captioner->encoder, count, read_photo, &reading);
    photo_encoder_mean(&captioner->encoder, rows);
    return rows;
}

static size_t batch_length(const struct captioner *captioner, size_t left)
{
    return left < captioner->max_batch ? left : captioner->max_batch;
}

enum captioner_status captioner_features(struct captioner *captioner,
                                         const struct captioner_photo *photos, size_t count,
                                         float *features, unsigned char *read,
                                         struct captioner_error *errors,
                                         struct captioner_error *error)
{
    const struct photo_encoder *encoder = &captioner->encoder;

    (void)error; /* nothing fails as a whole yet; the signature leaves room */
    memset(features, 0, count * captioner->width * sizeof *features);
    memset(read, 0, count);
    for (size_t start = 0; start < count; start += captioner->max_batch) {
        const size_t rows =
            encode(captioner, photos + start, batch_length(captioner, count - start),
                   errors ? errors + start : NULL);

        for (size_t row = 0; row < rows; row++) {
            const size_t photo = start + encoder->photos[row];

            memcpy(features + photo * captioner->width, encoder->values + row * captioner->width,
                   captioner->width * sizeof *features);
            read[photo] = 1;
        }
    }
    return CAPTIONER_OK;
}

/* ---- V to captions ---- */

/* V that is given, as if encoded from photos. */
static size_t take_features(struct captioner *captioner, const float *features, size_t count)
{
    memcpy(captioner->encoder.values, features, count * captioner->width * sizeof *features);
    for (size_t i = 0; i < count; i++)
        captioner->encoder.photos[i] = i;
    return count;
}

/* The common course of both: photos or features, max_batch at a time. */
static enum tn_status caption_all(struct captioner *captioner, const struct captioner_photo *photos,
                                  const float *features, size_t count,
                                  const struct captioner_writing *writing,
                                  struct captioner_result **results, struct captioner_error *errors,
                                  struct tn_error *err)
{
    const struct captioner_writing usual = CAPTIONER_WRITING_DEFAULT;
    struct captioner_writer writer;
    enum tn_status status = TN_OK;

    TN_TRY(captioner_writer_init(&writer, captioner, writing ? writing : &usual, err));
    for (size_t start = 0; start < count && status == TN_OK; start += captioner->max_batch) {
        const size_t length = batch_length(captioner, count - start);
        const size_t rows =
            photos ? encode(captioner, photos + start, length, errors ? errors + start : NULL)
                   : take_features(captioner, features + start * captioner->width, length);

        status = captioner_writer_run(&writer, captioner, rows, results + start, err);
    }
    captioner_writer_finish(&writer);
    return status;
}

static enum captioner_status caption(struct captioner *captioner,
                                     const struct captioner_photo *photos, const float *features,
                                     size_t count, const struct captioner_writing *writing,
                                     struct captioner_result **results,
                                     struct captioner_error *errors, struct captioner_error *error)
{
    struct tn_error err;
    enum tn_status status;

    for (size_t i = 0; i < count; i++)
        results[i] = NULL;
    status = caption_all(captioner, photos, features, count, writing, results, errors, &err);
    for (size_t i = 0; i < count && status != TN_OK; i++) {
        captioner_result_destroy(results[i]);
        results[i] = NULL;
    }
    return captioner_report(status, &err, error);
}

enum captioner_status captioner_caption_batch(struct captioner *captioner,
                                              const struct captioner_photo *photos, size_t count,
                                              const struct captioner_writing *writing,
                                              struct captioner_result **results,
                                              struct captioner_error *errors,
                                              struct captioner_error *error)
{
    return caption(captioner, photos, NULL, count, writing, results, errors, error);
}

enum captioner_status captioner_caption_features(struct captioner *captioner, const float *features,
                                                 size_t count,
                                                 const struct captioner_writing *writing,
                                                 struct captioner_result **results,
                                                 struct captioner_error *error)
{
    return caption(captioner, NULL, features, count, writing, results, NULL, error);
}

enum captioner_status captioner_caption(struct captioner *captioner,
                                        const struct captioner_photo *photo,
                                        const struct captioner_writing *writing,
                                        struct captioner_result **ret_result,
                                        struct captioner_error *error)
{
    struct captioner_error photo_error;
    struct captioner_result *result;
    const enum captioner_status status =
        captioner_caption_batch(captioner, photo, 1, writing, &result, &photo_error, error);

    if (status != CAPTIONER_OK)
        return status;
    if (!result) {
        if (error)
            *error = photo_error;
        return photo_error.status;
    }
    *ret_result = result;
    return CAPTIONER_OK;
}

/* ---- About the model ---- */

size_t captioner_feature_count(const struct captioner *captioner)
{
    return captioner->width;
}

size_t captioner_vocabulary_size(const struct captioner *captioner)
{
    return vocab_count(captioner->decoder->vocab) - VOCAB_FIRST_WORD;
}

const char *captioner_cell(const struct captioner *captioner)
{
    return captioner->decoder->weights.config.cell->name;
}

const char *captioner_language(const struct captioner *captioner)
{
    return captioner->decoder->language;
}

size_t captioner_views(const struct captioner *captioner)
{
    return captioner->decoder->input.mirrored ? 2 : 1;
}

const char *captioner_language_at(const struct captioner *captioner, size_t index)
{
    return index < captioner->model.count ? captioner->model.decoders[index].language : NULL;
}

const char *captioner_metadata(const struct captioner *captioner, const char *key)
{
    return tn_file_metadata(captioner->model.file, key);
}

int captioner_metadata_at(const struct captioner *captioner, size_t index, const char **ret_key,
                          const char **ret_value)
{
    if (index >= tn_file_metadata_count(captioner->model.file))
        return 0;
    tn_file_metadata_at(captioner->model.file, index, ret_key, ret_value);
    return 1;
}

const char *captioner_fingerprint(const struct captioner *captioner)
{
    return captioner->fingerprint;
}
