/* SPDX-License-Identifier: MIT */
/*
 * W_v for a file, rounded to a low rank: W_v ~ A A' W_v, which takes rank (G H + features) numbers
 * instead of G H features.  A has the orthonormal directions in which W_v V differs most from 0
 * among the photos of a training, so no other product of that rank comes nearer to what W_v says
 * of them (Izenman, "Reduced-rank regression for the multivariate linear model", 1975).  They are
 * the first eigenvectors of
 *
 *     W_v (E V V' + t I) W_v',    t = 0.1 E |V|^2 / features,
 *
 * where t speaks for photos unlike all of these.  A decoder is trained with W_v whole: through two
 * factors it learns V slowly, and what rounding costs is small (docs/experiments/decoder.md).
 */
#ifndef TRAIN_IMAGE_RANK_H
#define TRAIN_IMAGE_RANK_H

#include "data/batch.h"
#include "models/decoder.h"

/* A decoder with linear units between V and W_v; owned. */
struct image_rank {
    struct decoder *decoder;
    float *theta;
};

/* Whether W_v of such a decoder can be rounded to the rank.  TN_RANGE: it does not read V itself,
 * or the factors would take more numbers than it does. */
TN_NODISCARD enum tn_status image_rank_check(const struct decoder_config *config, size_t rank,
                                             struct tn_error *err);
/* The decoder with W_v rounded to a rank that passed the check, for the photos of the source, or
 * for any V where it is NULL; its other tensors are copied.  The caller finishes it.  Errors:
 * TN_NOMEM. */
TN_NODISCARD enum tn_status image_rank_round(const struct decoder *decoder, const float *theta,
                                             const char *prefix, size_t rank,
                                             const struct data_source *photos,
                                             struct image_rank *ret_rounded, struct tn_error *err);
/* Fine on a zeroed one. */
void image_rank_finish(struct image_rank *rounded);

#endif
