/* SPDX-License-Identifier: MIT */
/*
 * More words for a decoder that has been trained.  The weights of all that it has stay as they are,
 * so that captions of its words differ in probability only by what the new words take.  A new word
 * begins as a mean of the known words that stand where it stands: between the same two words, after
 * the same word, or before it.
 */
#ifndef MODELS_DECODER_GROW_H
#define MODELS_DECODER_GROW_H

#include "models/decoder.h"

/* A word of a caption between its neighbours: ids, with VOCAB_START and VOCAB_END at the ends. */
struct decoder_place {
    int left, word, right;
};

/* Fills theta, laid out as `to` has it, from that of `from`, which differs in having fewer words.
 * Ids of `from` keep their meaning; the places, of the captions that the new words are from, have
 * ids of `to` and are sorted.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status decoder_grow(const struct decoder *from, const float *from_theta,
                                         const struct decoder *to, struct decoder_place *places,
                                         size_t place_count, float *theta, struct tn_error *err);

#endif
