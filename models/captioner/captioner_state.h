/* SPDX-License-Identifier: MIT */
/* What a captioner consists of; private to models/captioner*.c. */
#ifndef MODELS_CAPTIONER_STATE_H
#define MODELS_CAPTIONER_STATE_H

#include "cnn/int8/encoder.h"
#include "image/image.h"
#include "models/captioner/captioner.h"
#include "models/file/model_file.h"
#include "models/search.h"

#include <stddef.h>

enum { CAPTIONER_PIXEL_BYTES = CNN_ENCODER_SIDE * CNN_ENCODER_SIDE * 3 };

struct captioner {
    struct model model;
    const struct model_decoder *decoder;
    struct tn_pool *pool;
    struct cnn_encoder *encoder;
    struct search *search; /* made when first needed, made anew for larger options */
    struct search_limits limits;
    struct consensus_ranker *ranker; /* made with the search; NULL without a consensus */
    struct image_options image;
    size_t max_batch;
    unsigned char *pixels; /* [max_batch][227][227][3] */
    float *features;       /* [max_batch][4096] */
    float *mirrored;       /* the same of the mirror images; NULL where they are not wanted */
};

/* Tells a failure of the library within to the caller without; returns the status. */
enum captioner_status captioner_report(enum tn_status status, const struct tn_error *err,
                                       struct captioner_error *error);

/* V of the `count` photos in captioner->pixels, as the decoder expects it (decoder_input.h); the
 * pixels are lost. */
void captioner_encode(struct captioner *captioner, size_t count, float *features);

/* A photo as the encoder reads it: pixels[227][227][3].  Errors: those of image_load and
 * image_resize. */
TN_NODISCARD enum tn_status captioner_read_photo(const struct captioner *captioner,
                                                 const struct captioner_photo *photo,
                                                 unsigned char *pixels, struct tn_error *err);

#endif
