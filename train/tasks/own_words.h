/* SPDX-License-Identifier: MIT */
/*
 * Scheduled sampling (Bengio et al. 2015): a decoder that only ever read people's words in training
 * has not learnt what follows its own.  So some of its inputs become words of its own,
 *
 *     x_t = w_{t-1}                       with the probability 1 - s
 *           a draw from p(w_{t-1} | ...)  else
 *
 * where s grows linearly from 0 to a share at the end of the training.  The draws of all steps come
 * from one pass over people's words, so that the net still unrolls as one block (Mihaylova and
 * Martins 2019; Duckworth et al. 2019): a draw does not follow other draws, as it does in Bengio et
 * al.  No gradient passes through them.
 */
#ifndef TRAIN_OWN_WORDS_H
#define TRAIN_OWN_WORDS_H

#include "base/rng.h"
#include "models/decoder.h"

/* s, of the share at the end and of how much of the training is done, 0 to 1. */
float own_words_share(float at_the_end, float progress);

/* Puts draws, as decoder_batch has them, among the inputs[steps][size] of the batch: each but the
 * first of a text with probability `share`, unless what was drawn is no word. */
void own_words_mix(const struct decoder_batch *batch, const int *draws, float share,
                   struct tn_rng *rng, int *inputs);

#endif
