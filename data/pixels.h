/* SPDX-License-Identifier: MIT */
/*
 * Photos as an encoder in training reads them: decoded and resized once, kept in memory as 8-bit
 * pixels (155 KB per photo of 227x227), and cut and coloured again each time they are shown.
 */
#ifndef DATA_PIXELS_H
#define DATA_PIXELS_H

#include "base/pool.h"
#include "base/progress.h"
#include "base/rng.h"
#include "cnn/alexnet.h"
#include "data/photo_id.h"
#include "data/sets/dataset.h"

struct data_pixels {
    size_t side;
    unsigned char *rgb; /* [photos][side][side][3]; zero where a photo is OUT or missing; owned */
    bool *missing;      /* [photos]: which could not be decoded; owned */
    size_t unreadable;  /* how many */
    struct tn_error first_failure; /* why the first of them */
    const struct alexnet *net; /* that reads them, borrowed; NULL: BVLC's */
};

/* One photo as an encoder reads it (models/captioner/photo_encoder.h), and its identity (or
 * NULL).  Errors: those of image_load and image_resize. */
TN_NODISCARD enum tn_status data_read_pixels(const struct data_place *place, size_t max_pixels,
                                             unsigned char *rgb, struct data_photo_id *ret_id,
                                             struct tn_error *err);

/* Decodes the dataset's photos, those that are OUT excepted.  progress may be NULL.  The caller
 * finishes the pixels.  Errors: TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status data_pixels_make(const struct data_set *dataset, size_t max_pixels,
                                             const struct tn_progress *progress,
                                             struct tn_pool *pool, struct data_pixels *ret_pixels,
                                             struct tn_error *err);
/* Fine on zeroed pixels. */
void data_pixels_finish(struct data_pixels *pixels);

/* How a photo is shown: a part of it, in pixels, stretched to the whole, and gains of its colours.
 */
struct data_view {
    float left, top, width, height;
    bool mirrored;
    float gains[3]; /* red, green, blue */
};

/* The photo as it is. */
struct data_view data_view_whole(size_t side);
/* A part with at least 7/8 of each side, colours within 15 % in brightness and 5 % a channel; with
 * `mirror`, mirrored half of the time. */
struct data_view data_view_draw(size_t side, bool mirror, struct tn_rng *rng);

/* x[3][side][side] = blue, green and red of the view minus the net's mean; bilinear.  A net with a
 * border has it (side is ALEXNET_SIDE then). */
void data_pixels_show(const struct data_pixels *pixels, size_t photo, const struct data_view *view,
                      float *x);

#endif
