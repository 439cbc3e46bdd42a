/* SPDX-License-Identifier: MIT */
#include "data/encode_private.h"

#include "data/pixels.h"
#include "models/captioner/photo_encoder.h"

enum { BATCH = 32 };

struct batch {
    const struct data_encode *encode;
    struct photo_encoder encoder;
    size_t first;
    enum tn_status status[BATCH];
    struct data_photo_id id[BATCH];
    struct tn_error err[BATCH];
};

static bool read_photo(void *context, size_t index, unsigned char *pixels)
{
    struct batch *batch = context;

    batch->status[index] =
        data_read_pixels(&batch->encode->places[batch->first + index], batch->encode->max_pixels,
                         pixels, &batch->id[index], &batch->err[index]);
    return batch->status[index] == TN_OK;
}

static enum tn_status encode_batch(struct batch *batch, size_t count, struct tn_error *err)
{
    const struct data_encode *encode = batch->encode;
    const size_t width = batch->encoder.views * CNN_ENCODER_FEATURES;
    const float *values = batch->encoder.values;

    photo_encoder_run(&batch->encoder, count, read_photo, batch);
    for (size_t i = 0; i < count; i++) {
        struct data_encoded encoded = {.failure = &batch->err[i]};

        if (batch->status[i] == TN_NOMEM)
            return tn_fail(err, TN_NOMEM, "%s", batch->err[i].text);
        if (batch->status[i] == TN_OK) {
            encoded = (struct data_encoded){values, batch->id[i], NULL};
            values += width;
        }
        TN_TRY(encode->take(encode->context, batch->first + i, &encoded, err));
    }
    return TN_OK;
}

static enum tn_status encode_all(struct batch *batch, struct tn_error *err)
{
    const struct data_encode *encode = batch->encode;

    for (size_t count; batch->first < encode->count; batch->first += count) {
        count = encode->count - batch->first < BATCH ? encode->count - batch->first : BATCH;
        TN_TRY(encode_batch(batch, count, err));
        if (tn_progress_stops(&encode->progress, "photos", batch->first + count, encode->count))
            return tn_fail(err, TN_CANCELLED, "interrupted after %zu of %zu photos",
                           batch->first + count, encode->count);
    }
    return TN_OK;
}

enum tn_status data_encode_photos(const struct data_encode *encode, const struct tn_file *weights,
                                  struct tn_pool *pool, struct tn_error *err)
{
    struct batch batch = {.encode = encode};
    enum tn_status status;

    if (encode->team)
        return data_encode_shared(encode, weights, pool, err);
    TN_TRY(photo_encoder_init(&batch.encoder, weights, BATCH, encode->mirrored, pool, err));
    status = encode_all(&batch, err);
    photo_encoder_finish(&batch.encoder);
    return status;
}
