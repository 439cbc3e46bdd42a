/* SPDX-License-Identifier: MIT */
/*
 * From a photo to V: the one way, for captions and for training.  What a model learnt from is what
 * it is shown.  V of a photo is V of each of its views (docs/architecture.md, "Terms").
 */
#ifndef MODELS_PHOTO_ENCODER_H
#define MODELS_PHOTO_ENCODER_H

#include "cnn/int8/encoder.h"
#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>

enum { PHOTO_SIDE = ALEXNET_SIDE, PHOTO_BYTES = PHOTO_SIDE * PHOTO_SIDE * 3 };

/* How to decode a photo that becomes PHOTO_SIDE pixels wide and high; max_pixels 0: the default. */
struct image_options photo_options(size_t max_pixels);
/* The whole picture as the encoder reads it: pixels[PHOTO_SIDE][PHOTO_SIDE][3].  Errors: those of
 * image_resize. */
TN_NODISCARD enum tn_status photo_shrink(const struct image *image, unsigned char *pixels,
                                         struct tn_error *err);

struct photo_encoder {
    struct cnn_encoder *encoder; /* owned, as the others are */
    struct tn_pool *pool;        /* borrowed */
    size_t batch, views;         /* photos at once; 2: a photo and its mirror image */
    unsigned char *pixels;       /* [batch][views][PHOTO_BYTES] */
    bool *read;                  /* [batch] */
    size_t *photos;              /* [batch]: of each row, which photo it is */
    float *values;               /* [batch][views][4096]: V of each row's views */
};

/* The caller finishes it after success; weights and pool (may be NULL) stay as long as it.  Errors:
 * those of cnn_encoder_create. */
TN_NODISCARD enum tn_status photo_encoder_init(struct photo_encoder *encoder,
                                               const struct tn_file *weights, size_t batch,
                                               bool mirrored, struct tn_pool *pool,
                                               struct tn_error *err);
/* Fine on a zeroed encoder. */
void photo_encoder_finish(struct photo_encoder *encoder);

/* Writes pixels[PHOTO_SIDE][PHOTO_SIDE][3] of a photo; false where it cannot.  Several threads call
 * it at once. */
typedef bool photo_read_fn(void *context, size_t photo, unsigned char *pixels);

/* Reads photos 0 to count - 1, at most `batch`, and encodes those that could be read, in their
 * order.  Returns the number of these rows: see photos and values. */
size_t photo_encoder_run(struct photo_encoder *encoder, size_t count, photo_read_fn *read,
                         void *context);
/* v[4096] = the mean over views[2][4096]; they may begin at the same place. */
void photo_views_mean(float *v, const float *views);
/* V of each row: values[rows][4096] becomes the mean over its views. */
void photo_encoder_mean(struct photo_encoder *encoder, size_t rows);

#endif
