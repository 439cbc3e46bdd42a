/* SPDX-License-Identifier: MIT */
#include "models/captioner/photo_encoder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct image_options photo_options(size_t max_pixels)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;

    options.wanted_side = PHOTO_SIDE;
    if (max_pixels > 0)
        options.max_pixels = max_pixels;
    return options;
}

enum tn_status photo_shrink(const struct image *image, unsigned char *pixels, struct tn_error *err)
{
    if (image->width != PHOTO_SIDE || image->height != PHOTO_SIDE)
        return image_resize(image, PHOTO_SIDE, PHOTO_SIDE, pixels, err);
    memcpy(pixels, image->rgb, PHOTO_BYTES);
    return TN_OK;
}

enum tn_status photo_encoder_init(struct photo_encoder *encoder, const struct tn_file *weights,
                                  size_t batch, bool mirrored, struct tn_pool *pool,
                                  struct tn_error *err)
{
    const size_t views = mirrored ? 2 : 1;
    struct photo_encoder made = {
        .pool = pool,
        .batch = batch,
        .views = views,
        .pixels = malloc(batch * views * PHOTO_BYTES),
        .read = malloc(batch * sizeof *made.read),
        .photos = malloc(batch * sizeof *made.photos),
        .values = malloc(batch * views * CNN_ENCODER_FEATURES * sizeof *made.values),
    };
    enum tn_status status;

    if (!made.pixels || !made.read || !made.photos || !made.values)
        status = tn_fail_nomem(err, batch * views * PHOTO_BYTES);
    else
        status = cnn_encoder_create(weights, batch * views, pool, &made.encoder, err);
    if (status == TN_OK)
        *encoder = made;
    else
        photo_encoder_finish(&made);
    return status;
}

void photo_encoder_finish(struct photo_encoder *encoder)
{
    cnn_encoder_destroy(encoder->encoder);
    free(encoder->pixels);
    free(encoder->read);
    free(encoder->photos);
    free(encoder->values);
}

struct reading {
    struct photo_encoder *encoder;
    photo_read_fn *read;
    void *context;
};

static void read_views(void *context, size_t photo, size_t thread)
{
    const struct reading *reading = context;
    const size_t views = reading->encoder->views;
    unsigned char *pixels = reading->encoder->pixels + photo * views * PHOTO_BYTES;

    (void)thread;
    reading->encoder->read[photo] = reading->read(reading->context, photo, pixels);
    if (!reading->encoder->read[photo] || views == 1)
        return;
    memcpy(pixels + PHOTO_BYTES, pixels, PHOTO_BYTES);
    image_mirror(pixels + PHOTO_BYTES, PHOTO_SIDE, PHOTO_SIDE);
}

size_t photo_encoder_run(struct photo_encoder *encoder, size_t count, photo_read_fn *read,
                         void *context)
{
    struct reading reading = {encoder, read, context};
    const size_t bytes = encoder->views * PHOTO_BYTES;
    size_t rows = 0;

    assert(count <= encoder->batch);
    tn_pool_run(encoder->pool, count, read_views, &reading);
    for (size_t photo = 0; photo < count; photo++) {
        if (!encoder->read[photo])
            continue;
        if (rows < photo)
            memcpy(encoder->pixels + rows * bytes, encoder->pixels + photo * bytes, bytes);
        encoder->photos[rows++] = photo;
    }
    if (rows > 0)
        cnn_encoder_run(encoder->encoder, rows * encoder->views, encoder->pixels, encoder->values);
    return rows;
}

void photo_views_mean(float *v, const float *views)
{
    for (size_t i = 0; i < CNN_ENCODER_FEATURES; i++)
        v[i] = (views[i] + views[CNN_ENCODER_FEATURES + i]) / 2;
}

void photo_encoder_mean(struct photo_encoder *encoder, size_t rows)
{
    enum { WIDTH = CNN_ENCODER_FEATURES };

    for (size_t row = 0; row < rows && encoder->views == 2; row++)
        photo_views_mean(encoder->values + row * WIDTH, encoder->values + row * 2 * WIDTH);
}
