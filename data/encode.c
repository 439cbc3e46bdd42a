/* SPDX-License-Identifier: MIT */
#include "data/encode.h"

#include "cnn/int8/encoder.h"
#include "image/image.h"
#include "data/pixels.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = CNN_ENCODER_SIDE, PIXELS = SIDE * SIDE * 3, BATCH = 32 };

struct batch {
    const struct train_encode *encode;
    size_t first, count, views;
    unsigned char *rgb;          /* [BATCH * views][SIDE][SIDE][3]; owned */
    float *values;               /* [BATCH * views][features]; owned */
    struct cnn_encoder *encoder; /* owned */
    enum tn_status status[BATCH];
    struct train_photo_id id[BATCH];
    struct tn_error err[BATCH];
};

static void read_task(void *context, size_t index, size_t thread)
{
    struct batch *batch = context;
    unsigned char *rgb = batch->rgb + index * batch->views * PIXELS;

    (void)thread;
    batch->status[index] =
        train_read_pixels(batch->encode->paths[batch->first + index], batch->encode->max_pixels,
                          SIDE, rgb, &batch->id[index], &batch->err[index]);
    if (batch->status[index] != TN_OK)
        memset(rgb, 0, PIXELS);
    if (batch->views == 2) {
        memcpy(rgb + PIXELS, rgb, PIXELS);
        image_mirror(rgb + PIXELS, SIDE, SIDE);
    }
}

static enum tn_status run_batch(struct batch *batch, struct tn_pool *pool, struct tn_error *err)
{
    const struct train_encode *encode = batch->encode;

    tn_pool_run(pool, batch->count, read_task, batch);
    cnn_encoder_run(batch->encoder, batch->count * batch->views, batch->rgb, batch->values);
    for (size_t i = 0; i < batch->count; i++) {
        const float *values = batch->values + i * batch->views * CNN_ENCODER_FEATURES;
        const struct train_encoded encoded =
            batch->status[i] == TN_OK ? (struct train_encoded){values, batch->id[i], NULL}
                                      : (struct train_encoded){.failure = &batch->err[i]};

        if (batch->status[i] == TN_NOMEM)
            return tn_fail(err, TN_NOMEM, "%s", batch->err[i].text);
        TN_TRY(encode->take(encode->context, batch->first + i, &encoded, err));
    }
    return TN_OK;
}

static enum tn_status run_all(struct batch *batch, struct tn_pool *pool, struct tn_error *err)
{
    const struct train_encode *encode = batch->encode;

    for (size_t done = 0; done < encode->count; done += batch->count) {
        batch->first = done;
        batch->count = encode->count - done < BATCH ? encode->count - done : BATCH;
        TN_TRY(run_batch(batch, pool, err));
        if (encode->progress &&
            !encode->progress(encode->progress_context, done + batch->count, encode->count))
            return tn_fail(err, TN_CANCELLED, "interrupted after %zu of %zu photos",
                           done + batch->count, encode->count);
    }
    return TN_OK;
}

enum tn_status train_encode_photos(const struct train_encode *encode, const struct tn_file *weights,
                                   struct tn_pool *pool, struct tn_error *err)
{
    const size_t views = encode->mirrored ? 2 : 1;
    struct batch batch = {
        .encode = encode,
        .views = views,
        .rgb = malloc(BATCH * views * PIXELS),
        .values = malloc(BATCH * views * CNN_ENCODER_FEATURES * sizeof *batch.values),
    };
    enum tn_status status;

    if (!batch.rgb || !batch.values)
        status = tn_fail_nomem(err, BATCH * views * PIXELS);
    else
        status = cnn_encoder_create(weights, BATCH * views, pool, &batch.encoder, err);
    if (status == TN_OK)
        status = run_all(&batch, pool, err);
    cnn_encoder_destroy(batch.encoder);
    free(batch.rgb);
    free(batch.values);
    return status;
}
