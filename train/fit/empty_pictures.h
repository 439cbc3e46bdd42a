/* SPDX-License-Identifier: MIT */
/*
 * Pictures that show nothing that a caption could be about: plain colours, walls (gradients with
 * the blotches and the noise of a photo), noise, text, sheets of paper on something, tables, forms,
 * slides, windows, plots (lines, bars, points, pies, heat maps), diagrams, QR and bar codes, music
 * and maps.  A captioner trained on photos has a sentence for each of them; its confidence has to
 * learn from them when it has nothing to say.
 */
#ifndef TRAIN_EMPTY_PICTURES_H
#define TRAIN_EMPTY_PICTURES_H

#include "base/pool.h"
#include "data/photo_features.h"
#include "image/image.h"
#include "tensor/safetensors.h"

#include <stdint.h>

/* Picture i is of kind i / 2 % EMPTY_KINDS, in the order above. */
enum { EMPTY_KINDS = 18 };

/* Draws picture `index` of those that a seed gives, the same on every machine; the caller finishes
 * it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status empty_picture_draw(size_t index, uint64_t seed, struct image *ret_image,
                                               struct tn_error *err);

/* V of the first `count` pictures of a seed by the encoder in the file, mirrored: and of their
 * mirror images; the caller finishes the features.  Errors: TN_NOMEM, those of the encoder. */
TN_NODISCARD enum tn_status empty_pictures_encode(const struct tn_file *weights, size_t count,
                                                  uint64_t seed, bool mirrored,
                                                  struct tn_pool *pool,
                                                  struct data_features *ret_features,
                                                  struct tn_error *err);

#endif
