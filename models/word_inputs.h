/* SPDX-License-Identifier: MIT */
/*
 * What a word adds to the gates of a decoder's first layer, W_ih E w + b_ih.  It depends on the
 * word alone, so it is computed when a word first comes and kept.
 */
#ifndef MODELS_WORD_INPUTS_H
#define MODELS_WORD_INPUTS_H

#include "base/arena.h"
#include "models/file/decoder_weights.h"

#include <stdbool.h>

struct word_inputs {
    const struct decoder_weights *weights; /* borrowed */
    float *x;                              /* [embedding] */
    float *gates;                          /* [vocabulary][gates*hidden] */
    bool *known;                           /* [vocabulary] */
};

/* Whether the products of all words are few enough to be kept. */
bool word_inputs_fit(const struct decoder_config *config);
/* Takes the memory from the arena, which is fresh: no word is known.  A measuring arena also learns
 * what a product takes while it runs. */
void word_inputs_init(struct word_inputs *inputs, const struct decoder_weights *weights,
                      struct tn_arena *arena);
/* gx[gates*hidden] of a word. */
void word_inputs_get(struct word_inputs *inputs, int word, float *gx, struct tn_arena *scratch);

#endif
