/* SPDX-License-Identifier: MIT */
#include "models/decoder_step.h"

#include "tensor/pointwise.h"

#include <string.h>

static size_t state_size(const struct decoder_config *config)
{
    return config->cell->states * config->hidden;
}

/* Every number of rows is measured, since more need not take more. */
static void measure_scratch(const struct decoder_step *step, struct tn_arena *arena)
{
    const struct decoder_weights *w = step->weights;

    for (size_t rows = 1; rows <= step->max_rows; rows++) {
        if (w->config.features > 0)
            tn_linear(step->pool, NULL, NULL, &w->image, NULL, true, rows, arena);
        if (w->config.image_hidden > 0)
            tn_linear(step->pool, NULL, NULL, &w->image_hidden, NULL, false, rows, arena);
        tn_linear(step->pool, NULL, NULL, &w->output, NULL, false, rows, arena);
        for (size_t l = 0; l < w->config.layers; l++) {
            tn_linear(step->pool, NULL, NULL, &w->layers[l].input, NULL, false, rows, arena);
            tn_linear(step->pool, NULL, NULL, &w->layers[l].hidden, NULL, true, rows, arena);
        }
    }
}

void decoder_step_init(struct decoder_step *step, const struct decoder_weights *weights,
                       size_t max_rows, struct tn_pool *pool, struct tn_arena *arena)
{
    const struct decoder_config *c = &weights->config;
    const size_t all = c->layers * max_rows;

    *step = (struct decoder_step){.weights = weights, .pool = pool, .max_rows = max_rows};
    step->x = tn_arena_floats(arena, max_rows * c->embedding);
    step->gx = tn_arena_floats(arena, max_rows * c->cell->gates * c->hidden);
    if (c->cell->separate)
        step->gh = tn_arena_floats(arena, max_rows * c->cell->gates * c->hidden);
    if (c->image_hidden > 0)
        step->image = tn_arena_floats(arena, max_rows * c->image_hidden);
    step->kept = tn_arena_floats(arena, tn_pool_threads(pool) * c->cell->kept * c->hidden);
    step->state = tn_arena_floats(arena, all * state_size(c));
    step->gathered = tn_arena_floats(arena, all * state_size(c));
    step->h = tn_arena_floats(arena, all * c->hidden);
    if (!arena->base)
        measure_scratch(step, arena);
}

void decoder_step_reset(struct decoder_step *step, size_t rows)
{
    const struct decoder_config *c = &step->weights->config;

    for (size_t l = 0; l < c->layers; l++) {
        memset(step->state + l * step->max_rows * state_size(c), 0,
               rows * state_size(c) * sizeof(float));
        memset(step->h + l * step->max_rows * c->hidden, 0, rows * c->hidden * sizeof(float));
    }
}

void decoder_step_set(struct decoder_step *step, size_t rows, const float *states)
{
    const struct decoder_config *c = &step->weights->config;
    const size_t size = state_size(c);

    for (size_t l = 0; l < c->layers; l++) {
        float *to = step->state + l * step->max_rows * size;
        float *h = step->h + l * step->max_rows * c->hidden;

        memcpy(to, states + l * rows * size, rows * size * sizeof(float));
        for (size_t r = 0; r < rows; r++)
            memcpy(h + r * c->hidden, to + r * size, c->hidden * sizeof(float));
    }
}

/* The cell of one layer, a task per row. */
struct cell_rows {
    const struct decoder_config *config;
    const float *extra;
    float *gx, *gh, *kept, *state, *h;
};

static void run_cell(void *context, size_t row, size_t thread)
{
    const struct cell_rows *r = context;
    const struct rnn_cell_ops *cell = r->config->cell;
    const size_t hidden = r->config->hidden, gates = cell->gates * hidden;
    float *state = r->state + row * state_size(r->config);

    cell->forward(hidden, r->gx + row * gates, r->gh ? r->gh + row * gates : NULL, r->extra, state,
                  state, r->kept + thread * cell->kept * hidden);
    memcpy(r->h + row * hidden, state, hidden * sizeof(float));
}

/* What W_v reads: V, or the hidden units'. */
static const float *image_input(struct decoder_step *step, size_t rows, const float *features,
                                struct tn_arena *arena)
{
    const struct decoder_weights *w = step->weights;

    if (!step->image)
        return features;
    tn_linear(step->pool, step->image, features, &w->image_hidden, w->image_bias, false, rows,
              arena);
    tn_relu(step->image, step->image, rows * w->config.image_hidden);
    return step->image;
}

/* gx of the first layer, from the words. */
static void enter_words(struct decoder_step *step, size_t rows, const int *tokens,
                        struct tn_arena *arena)
{
    const struct decoder_weights *w = step->weights;
    const size_t width = w->config.cell->gates * w->config.hidden;

    if (step->words) {
        for (size_t r = 0; r < rows; r++)
            word_inputs_get(step->words, tokens[r], step->gx + r * width, arena);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        tn_matrix_row(&w->embedding, (size_t)tokens[r], step->x + r * w->config.embedding);
    tn_linear(step->pool, step->gx, step->x, &w->layers[0].input, w->layers[0].input_bias, false,
              rows, arena);
}

/* h_t of layer l, whose gx is there; returns h. */
static const float *run_layer(struct decoder_step *step, size_t l, size_t rows,
                              const float *features, struct tn_arena *arena)
{
    const struct decoder_config *c = &step->weights->config;
    const struct decoder_layer_weights *w = &step->weights->layers[l];
    float *h = step->h + l * step->max_rows * c->hidden;
    struct cell_rows cell = {.config = c,
                             .extra = w->extra,
                             .gx = step->gx,
                             .gh = step->gh,
                             .kept = step->kept,
                             .state = step->state + l * step->max_rows * state_size(c),
                             .h = h};

    if (features)
        tn_linear(step->pool, step->gx, image_input(step, rows, features, arena),
                  &step->weights->image, NULL, true, rows, arena);
    if (step->gh)
        tn_linear(step->pool, step->gh, h, &w->hidden, w->hidden_bias, false, rows, arena);
    else
        tn_linear(step->pool, step->gx, h, &w->hidden, w->hidden_bias, true, rows, arena);
    tn_pool_run(step->pool, rows, run_cell, &cell);
    return h;
}

void decoder_step_run(struct decoder_step *step, size_t rows, const int *tokens,
                      const float *features, float *logits, struct tn_arena *arena)
{
    const struct decoder_weights *w = step->weights;
    const float *h;

    enter_words(step, rows, tokens, arena);
    h = run_layer(step, 0, rows, features, arena);
    for (size_t l = 1; l < w->config.layers; l++) {
        tn_linear(step->pool, step->gx, h, &w->layers[l].input, w->layers[l].input_bias, false,
                  rows, arena);
        h = run_layer(step, l, rows, NULL, arena);
    }
    if (logits)
        tn_linear(step->pool, logits, h, &w->output, w->output_bias, false, rows, arena);
}

void decoder_step_gather(struct decoder_step *step, size_t rows, const size_t *parents)
{
    const struct decoder_config *c = &step->weights->config;
    const size_t size = state_size(c);
    float *swap = step->state;

    for (size_t l = 0; l < c->layers; l++) {
        const float *from = step->state + l * step->max_rows * size;
        float *to = step->gathered + l * step->max_rows * size;
        float *h = step->h + l * step->max_rows * c->hidden;

        for (size_t r = 0; r < rows; r++) {
            memcpy(to + r * size, from + parents[r] * size, size * sizeof(float));
            memcpy(h + r * c->hidden, to + r * size, c->hidden * sizeof(float));
        }
    }
    step->state = step->gathered;
    step->gathered = swap;
}
