/* SPDX-License-Identifier: MIT */
/*
 * W_ih x + b of a decoder's first layer for the words met so far.  Of the hypotheses of a step only
 * one in eight ends in a word of its own, and the next steps have most of these words again.
 */
#ifndef MODELS_WORD_PRODUCTS_H
#define MODELS_WORD_PRODUCTS_H

#include "base/arena.h"
#include "base/pool.h"
#include "models/distinct.h"
#include "models/file/decoder_weights.h"

#include <stdbool.h>
#include <stddef.h>

struct word_products {
    const struct decoder_weights *weights; /* borrowed */
    size_t capacity;
    struct distinct words;
    float *x;        /* [portion][embedding], of those at hand */
    float *products; /* [capacity][gates*hidden], in the order of the words */
};

/* Takes the buffers from the arena; a measuring one also learns what the products take.  There is
 * room for `kept` words, if that is not more than 64 MB. */
void word_products_init(struct word_products *products, const struct decoder_weights *weights,
                        size_t kept, struct tn_pool *pool, struct tn_arena *arena);

/* Forgets all words: the weights have changed. */
void word_products_reset(struct word_products *products);

/* Computes what is missing for tokens[rows].  Words of earlier steps are forgotten when there is no
 * room for them.  false: there is not even room for these. */
bool word_products_add(struct word_products *products, size_t rows, const int *tokens,
                       struct tn_pool *pool, struct tn_arena *arena);

/* [gates*hidden] of a token that was among the last added. */
const float *word_products_of(const struct word_products *products, int token);

#endif
