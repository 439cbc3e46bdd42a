/* SPDX-License-Identifier: MIT */
/* One step of a decoder at inference for many rows (hypotheses) at once; see models/decoder.h. */
#ifndef MODELS_DECODER_STEP_H
#define MODELS_DECODER_STEP_H

#include "base/arena.h"
#include "base/pool.h"
#include "models/file/decoder_weights.h"
#include "models/word_inputs.h"

#include <stddef.h>

struct decoder_step {
    const struct decoder_weights *weights; /* borrowed, like pool */
    struct tn_pool *pool;
    struct word_inputs *words; /* borrowed; NULL: what words enter is computed at every step */
    size_t max_rows;
    float *x;                /* [rows][embedding] */
    float *gx, *gh;          /* [rows][gates*hidden]; gh NULL unless the cell is `separate` */
    float *image;            /* [rows][image_hidden]; NULL without such units */
    float *kept;             /* [threads][kept*hidden], scratch of the cell */
    float *state, *gathered; /* [layers][rows][states][hidden]; gathered: the other buffer */
    float *h;                /* [layers][rows][hidden]: state's h, side by side for the products */
};

/* Takes the buffers from the arena; a measuring one also learns what the products of 1 to max_rows
 * rows take while they run. */
void decoder_step_init(struct decoder_step *step, const struct decoder_weights *weights,
                       size_t max_rows, struct tn_pool *pool, struct tn_arena *arena);

/* All states to zero: before the first step. */
void decoder_step_reset(struct decoder_step *step, size_t rows);

/* All states to states[layers][rows][states][hidden]. */
void decoder_step_set(struct decoder_step *step, size_t rows, const float *states);

/*
 * h_t and logits[rows][vocabulary] = W_o h_t + b_o from the words before, tokens[rows].  features
 * [rows][features] at the first step, NULL after it.  logits NULL: they are not wanted.
 */
void decoder_step_run(struct decoder_step *step, size_t rows, const int *tokens,
                      const float *features, float *logits, struct tn_arena *arena);

/* Row r of the state becomes what row parents[r] was. */
void decoder_step_gather(struct decoder_step *step, size_t rows, const size_t *parents);

#endif
