/* SPDX-License-Identifier: MIT */
/*
 * One step of a decoder at inference for many rows (hypotheses) at once; see models/decoder.h.
 *
 * A row goes on from a row of the step before, its parent, with a word.  Rows have parents and
 * words in common, so the products are computed once for each of these:
 *
 *     a_r = (W_ih x + b)[word of r] + (W_hh h_{t-1})[parent of r]
 */
#ifndef MODELS_DECODER_STEP_H
#define MODELS_DECODER_STEP_H

#include "base/arena.h"
#include "base/pool.h"
#include "models/attention_step.h"
#include "models/distinct.h"
#include "models/file/decoder_weights.h"
#include "models/word_products.h"

#include <stdbool.h>
#include <stddef.h>

struct decoder_step {
    const struct decoder_weights *weights; /* borrowed */
    size_t max_rows;
    struct word_products words;
    bool kept;           /* the products of this step's words are */
    const struct attention_sources *sources; /* with attention: the caller's to set before a step */
    float *state, *next; /* [layers][rows][states][hidden] */
};

/* What a thread needs to advance some of the rows. */
struct decoder_work {
    struct tn_pool *pool; /* borrowed, like the arena */
    struct tn_arena *arena;
    struct distinct parents;
    int *numbers; /* [rows]: of each row's parent */
    float *h;     /* [rows][hidden]: the parents', then the rows'; or [rows][embedding] */
    float *gh;    /* [rows][gates*hidden]: W_hh h, by parent */
    float *gx;    /* [rows][gates*hidden]: W_ih x + b where it is by row */
    float *image; /* [rows][image_hidden]; NULL without such units */
    float *gates; /* [threads][gates*hidden], twice for a cell that is `separate`, and its `kept` */
    struct attention_work attention;
};

/* Takes the buffers for max_rows rows, and for the products of `kept` words, from the arena; a
 * measuring one also learns what the products take. */
void decoder_step_init(struct decoder_step *step, const struct decoder_weights *weights,
                       size_t max_rows, size_t kept, struct tn_pool *pool, struct tn_arena *arena);

/* The same for the work on `rows` of the step's rows at once; the arena serves it from then on. */
void decoder_work_init(struct decoder_work *work, const struct decoder_step *step, size_t rows,
                       struct tn_pool *pool, struct tn_arena *arena);

/* Before the first step: all states to zero, or to the learned start. */
void decoder_step_reset(struct decoder_step *step, size_t rows);

/* Before the first step: all states to states[layers][rows][states][hidden]. */
void decoder_step_set(struct decoder_step *step, size_t rows, const float *states);

/* The first row becomes `rows` rows. */
void decoder_step_fork(struct decoder_step *step, size_t rows);

/* A step's rows, and those of them that a call advances. */
struct decoder_rows {
    const int *tokens;  /* the words before, of all rows */
    const int *parents; /* of all rows; NULL: each row goes on from itself */
    const int *texts;   /* of all rows, with attention: whose source a row looks at */
    size_t first, count;
    const float *features; /* [count][features], of these rows; at the first step, NULL after it */
};

/*
 * A step is: decoder_step_words for all rows; for some rows at a time, also in parallel,
 * decoder_step_rows: h_t and logits[count][vocabulary] = W_o h_t + b_o, or of h~_t with attention;
 * decoder_step_end.  logits NULL: they are not wanted.
 */
void decoder_step_words(struct decoder_step *step, size_t rows, const int *tokens,
                        struct tn_pool *pool, struct tn_arena *arena);
void decoder_step_rows(struct decoder_step *step, struct decoder_work *work,
                       const struct decoder_rows *rows, float *logits);
void decoder_step_end(struct decoder_step *step);

/* The whole step of `rows` rows that go on from themselves. */
void decoder_step_run(struct decoder_step *step, struct decoder_work *work, size_t rows,
                      const int *tokens, const float *features, float *logits);

#endif
