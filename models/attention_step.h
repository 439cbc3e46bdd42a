/* SPDX-License-Identifier: MIT */
/* Attention at inference: models/attention.h with matrices as decoder_weights has them, for the
 * steps of many hypotheses, of which those of one source share its keys. */
#ifndef MODELS_ATTENTION_STEP_H
#define MODELS_ATTENTION_STEP_H

#include "base/arena.h"
#include "base/pool.h"
#include "models/attention.h"
#include "models/file/decoder_weights.h"

#include <stddef.h>

/* Takes the sources' keys from the arena and computes them, and takes weights for `rows` of the
 * decoder.  memory must outlive them; its values are dense (ld is attention_width).  A measuring
 * arena also learns what the products take. */
void attention_read(struct attention_sources *sources, const struct decoder_weights *weights,
                    const struct attention_memory *memory, size_t rows, struct tn_pool *pool,
                    struct tn_arena *arena);

/* What a thread needs to attend with some of the rows. */
struct attention_work {
    float *query;   /* [rows][hidden]; NULL where it is h */
    float *joined;  /* [rows][width + hidden] */
    float *scratch; /* [threads][hidden] */
};

/* Takes the buffers from the arena; a measuring one also learns what the products of up to `rows`
 * rows take.  Nothing without attention. */
void attention_work_init(struct attention_work *work, const struct decoder_weights *weights,
                         size_t rows, struct tn_pool *pool, struct tn_arena *arena);

/* Some rows of a step. */
struct attention_rows {
    const struct attention_sources *sources;
    const int *texts; /* of all rows: whose source a row looks at */
    size_t first, count;
};

/* h[count][hidden] becomes h~.  The weights of row r stand in row first + r of the sources'. */
void attention_step(const struct attention_work *work, const struct decoder_weights *weights,
                    const struct attention_rows *rows, float *h, struct tn_pool *pool,
                    struct tn_arena *arena);

#endif
