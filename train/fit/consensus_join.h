/* SPDX-License-Identifier: MIT */
/*
 * One consensus (models/captioner/consensus.h) of two: what is expected of a photo is the mean of
 * what both expect,
 *
 *     E g = (1 - s) E_1 g + s E_2 g,
 *
 * by the photos, directions and n-grams of both.  So a model keeps what people said about the
 * photos that it began with, which are not there any more, beside what they say about a few others.
 */
#ifndef TRAIN_CONSENSUS_JOIN_H
#define TRAIN_CONSENSUS_JOIN_H

#include "train/fit/consensus_fit.h"

/* Both have ids of one vocabulary and the same space, or none and directions of the same V (the
 * second was fitted with options.like the first); `share` is that of the second, from 0 to 1.  The
 * caller finishes the result.  Errors: TN_RANGE for more than CONSENSUS_MAX_PHOTOS photos;
 * TN_NOMEM. */
TN_NODISCARD enum tn_status consensus_join(const struct consensus *first,
                                           const struct consensus *second, float share,
                                           struct consensus_fit *ret_fit, struct tn_error *err);

#endif
