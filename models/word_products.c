/* SPDX-License-Identifier: MIT */
#include "models/word_products.h"

#include "tensor/pointwise.h"

#include <assert.h>

enum { PORTION = 64 /* products computed at once */, MOST_BYTES = 1 << 26 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t product_size(const struct decoder_config *config)
{
    return config->cell->gates * config->hidden;
}

void word_products_init(struct word_products *products, const struct decoder_weights *weights,
                        size_t kept, struct tn_pool *pool, struct tn_arena *arena)
{
    const struct decoder_config *c = &weights->config;
    const size_t most = MOST_BYTES / sizeof(float) / product_size(c);
    const size_t capacity = smaller(smaller(kept, most), c->vocabulary);

    *products = (struct word_products){.weights = weights, .capacity = capacity};
    distinct_init(&products->words, c->vocabulary, capacity, arena);
    products->x = tn_arena_floats(arena, smaller(capacity, PORTION) * c->embedding);
    products->products = tn_arena_floats(arena, capacity * product_size(c));
    for (size_t rows = 1; !arena->base && rows <= smaller(capacity, PORTION); rows++)
        tn_linear(pool, NULL, NULL, &weights->layers[0].input, NULL, false, rows, arena);
}

void word_products_reset(struct word_products *products)
{
    products->words.count = 0;
}

/* Whether there was room for all. */
static bool note_words(struct word_products *products, size_t rows, const int *tokens)
{
    struct distinct *words = &products->words;

    for (size_t r = 0; r < rows; r++) {
        if (words->count == products->capacity && !distinct_holds(words, tokens[r]))
            return false;
        distinct_add(words, tokens[r]);
    }
    return true;
}

static void multiply(struct word_products *products, size_t first, size_t count,
                     struct tn_pool *pool, struct tn_arena *arena)
{
    const struct decoder_weights *w = products->weights;
    const struct rnn_product input = decoder_input_product(w, 0);

    for (size_t i = 0; i < count; i++)
        tn_matrix_row(&w->embedding, (size_t)products->words.values[first + i],
                      products->x + i * w->config.embedding);
    if (w->config.tied)
        tn_scale(products->x, decoder_embedding_scale(&w->config), count * w->config.embedding);
    rnn_product_rows(pool, products->products + first * product_size(&w->config), products->x,
                     &input, count, arena);
}

bool word_products_add(struct word_products *products, size_t rows, const int *tokens,
                       struct tn_pool *pool, struct tn_arena *arena)
{
    size_t known = products->words.count;

    if (!note_words(products, rows, tokens)) {
        known = products->words.count = 0;
        if (!note_words(products, rows, tokens)) {
            products->words.count = 0;
            return false;
        }
    }
    for (; known < products->words.count; known += PORTION)
        multiply(products, known, smaller(products->words.count - known, PORTION), pool, arena);
    return true;
}

const float *word_products_of(const struct word_products *products, int token)
{
    assert(distinct_holds(&products->words, token));
    return products->products +
           (size_t)products->words.numbers[token] * product_size(&products->weights->config);
}
