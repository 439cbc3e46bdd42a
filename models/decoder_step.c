/* SPDX-License-Identifier: MIT */
#include "models/decoder_step.h"

#include "tensor/pointwise.h"

#include <string.h>

/* ---- Memory ---- */

static size_t state_size(const struct decoder_config *config)
{
    return config->cell->states * config->hidden;
}

static size_t gates_size(const struct decoder_config *config)
{
    return config->cell->gates * config->hidden;
}

/* What run_cell needs of its own. */
static size_t scratch_size(const struct decoder_config *config)
{
    return gates_size(config) * (config->cell->separate ? 2 : 1) +
           config->cell->kept * config->hidden;
}

void decoder_step_init(struct decoder_step *step, const struct decoder_weights *weights,
                       size_t max_rows, size_t kept, struct tn_pool *pool, struct tn_arena *arena)
{
    const size_t states = weights->config.layers * max_rows * state_size(&weights->config);

    *step = (struct decoder_step){.weights = weights, .max_rows = max_rows};
    step->state = tn_arena_floats(arena, states);
    step->next = tn_arena_floats(arena, states);
    word_products_init(&step->words, weights, kept, pool, arena);
}

/* Every number of rows is measured, since more need not take more. */
static void measure_scratch(const struct decoder_weights *w, size_t max_rows, struct tn_pool *pool,
                            struct tn_arena *arena)
{
    for (size_t rows = 1; rows <= max_rows; rows++) {
        if (w->config.features > 0)
            tn_linear(pool, NULL, NULL, &w->image, NULL, true, rows, arena);
        if (w->config.image_hidden > 0)
            tn_linear(pool, NULL, NULL, &w->image_hidden, NULL, false, rows, arena);
        tn_linear(pool, NULL, NULL, &w->output, NULL, false, rows, arena);
        for (size_t l = 0; l < w->config.layers; l++) {
            tn_linear(pool, NULL, NULL, &w->layers[l].input, NULL, false, rows, arena);
            tn_linear(pool, NULL, NULL, &w->layers[l].hidden, NULL, true, rows, arena);
        }
    }
}

void decoder_work_init(struct decoder_work *work, const struct decoder_step *step, size_t rows,
                       struct tn_pool *pool, struct tn_arena *arena)
{
    const struct decoder_config *c = &step->weights->config;

    *work = (struct decoder_work){.pool = pool, .arena = arena};
    distinct_init(&work->parents, step->max_rows, rows, arena);
    work->numbers = tn_arena_ints(arena, rows);
    work->h = tn_arena_floats(arena, rows * (c->hidden > c->embedding ? c->hidden : c->embedding));
    work->gh = tn_arena_floats(arena, rows * gates_size(c));
    work->gx = tn_arena_floats(arena, rows * gates_size(c));
    if (c->image_hidden > 0)
        work->image = tn_arena_floats(arena, rows * c->image_hidden);
    work->gates = tn_arena_floats(arena, tn_pool_threads(pool) * scratch_size(c));
    attention_work_init(&work->attention, step->weights, rows, pool, arena);
    if (!arena->base)
        measure_scratch(step->weights, rows, pool, arena);
}

/* ---- The first states ---- */

void decoder_step_reset(struct decoder_step *step, size_t rows)
{
    const struct decoder_config *c = &step->weights->config;
    const size_t size = state_size(c);

    for (size_t l = 0; l < c->layers; l++) {
        const float *initial = step->weights->layers[l].initial;
        float *state = step->state + l * step->max_rows * size;

        memset(state, 0, rows * size * sizeof *state);
        for (size_t r = 0; initial && r < rows; r++)
            memcpy(state + r * size, initial, size * sizeof *state);
    }
}

void decoder_step_set(struct decoder_step *step, size_t rows, const float *states)
{
    const struct decoder_config *c = &step->weights->config;
    const size_t floats = rows * state_size(c);

    for (size_t l = 0; l < c->layers; l++)
        memcpy(step->state + l * step->max_rows * state_size(c), states + l * floats,
               floats * sizeof(float));
}

void decoder_step_fork(struct decoder_step *step, size_t rows)
{
    const struct decoder_config *c = &step->weights->config;
    const size_t size = state_size(c);

    for (size_t l = 0; l < c->layers; l++)
        for (size_t r = 1; r < rows; r++)
            memcpy(step->state + (l * step->max_rows + r) * size,
                   step->state + l * step->max_rows * size, size * sizeof(float));
}

/* ---- A step ---- */

/* One layer of some rows, a task per row. */
struct layer_run {
    const struct decoder_step *step;
    const struct decoder_work *work;
    const struct decoder_rows *rows;
    size_t layer;
    const float *gx; /* [rows][gates*hidden]; NULL: the words' products */
};

static size_t parent_of(const struct decoder_rows *rows, size_t row)
{
    return rows->parents ? (size_t)rows->parents[rows->first + row] : rows->first + row;
}

/* The parents of the rows, and their h side by side. */
static void gather_parents(const struct decoder_step *step, struct decoder_work *work,
                           const struct decoder_rows *rows, const float *state)
{
    const struct decoder_config *c = &step->weights->config;
    struct distinct *parents = &work->parents;

    parents->count = 0;
    for (size_t r = 0; r < rows->count; r++)
        work->numbers[r] = (int)distinct_add(parents, (int)parent_of(rows, r));
    for (size_t p = 0; p < parents->count; p++)
        memcpy(work->h + p * c->hidden, state + (size_t)parents->values[p] * state_size(c),
               c->hidden * sizeof(float));
}

static void run_cell(void *context, size_t row, size_t thread)
{
    const struct layer_run *run = context;
    const struct decoder_step *step = run->step;
    const struct decoder_rows *rows = run->rows;
    const struct decoder_config *c = &step->weights->config;
    const size_t gates = gates_size(c), size = state_size(c),
                 layer = run->layer * step->max_rows * size;
    const float *state = step->state + layer + parent_of(rows, row) * size;
    float *next = step->next + layer + (rows->first + row) * size;
    float *gx = run->work->gates + thread * scratch_size(c), *gh = gx + gates;
    const float *by_row = run->gx ? run->gx + row * gates
                                  : word_products_of(&step->words, rows->tokens[rows->first + row]);
    const float *by_parent = run->work->gh + (size_t)run->work->numbers[row] * gates;

    memcpy(gx, by_row, gates * sizeof *gx);
    if (c->cell->separate)
        memcpy(gh, by_parent, gates * sizeof *gh);
    else
        tn_axpy(gx, 1, by_parent, gates);
    c->cell->forward(c->hidden, gx, gh, step->weights->layers[run->layer].extra, state, next,
                     c->cell->separate ? gh + gates : gh);
    if (rnn_zoneout_is_on(&c->options.zoneout))
        rnn_zoneout_mean(&c->options.zoneout, c->cell->states, c->hidden, state, next);
    memcpy(run->work->h + row * c->hidden, next, c->hidden * sizeof *next);
}

/* What W_v reads: V, or the hidden units'. */
static const float *image_input(const struct decoder_weights *w, struct decoder_work *work,
                                const struct decoder_rows *rows)
{
    if (!work->image)
        return rows->features;
    tn_linear(work->pool, work->image, rows->features, &w->image_hidden, w->image_bias, false,
              rows->count, work->arena);
    if (!w->config.image_linear)
        tn_relu(work->image, work->image, rows->count * w->config.image_hidden);
    return work->image;
}

/* W_ih x + b by row, where the words' products are not enough: W_v V is added at the first step,
 * and the layers after the first read what is in work->h. */
static const float *multiply_input(const struct decoder_step *step, struct decoder_work *work,
                                   const struct decoder_rows *rows, size_t l)
{
    const struct decoder_weights *w = step->weights;
    const size_t gates = gates_size(&w->config);
    const int *tokens = rows->tokens + rows->first;
    const bool kept = l == 0 && step->kept;
    const struct rnn_product input = decoder_input_product(w, l);

    if (kept && !rows->features)
        return NULL;
    for (size_t r = 0; r < rows->count && kept; r++)
        memcpy(work->gx + r * gates, word_products_of(&step->words, tokens[r]),
               gates * sizeof *work->gx);
    for (size_t r = 0; r < rows->count && l == 0 && !kept; r++)
        tn_matrix_row(&w->embedding, (size_t)tokens[r], work->h + r * w->config.embedding);
    if (l == 0 && !kept && w->config.tied)
        tn_scale(work->h, decoder_embedding_scale(&w->config), rows->count * w->config.embedding);
    if (!kept)
        rnn_product_rows(work->pool, work->gx, work->h, &input, rows->count, work->arena);
    if (l == 0 && rows->features)
        tn_linear(work->pool, work->gx, image_input(w, work, rows), &w->image, NULL, true,
                  rows->count, work->arena);
    return work->gx;
}

/* h_t of layer l into work->h, which has the layer's input on entry. */
static void run_layer(struct decoder_step *step, struct decoder_work *work,
                      const struct decoder_rows *rows, size_t l)
{
    const struct decoder_config *c = &step->weights->config;
    const struct rnn_product hidden = decoder_hidden_product(step->weights, l);
    struct layer_run run = {.step = step, .work = work, .rows = rows, .layer = l};

    run.gx = multiply_input(step, work, rows, l);
    gather_parents(step, work, rows, step->state + l * step->max_rows * state_size(c));
    rnn_product_rows(work->pool, work->gh, work->h, &hidden, work->parents.count, work->arena);
    tn_pool_run(work->pool, rows->count, run_cell, &run);
}

void decoder_step_words(struct decoder_step *step, size_t rows, const int *tokens,
                        struct tn_pool *pool, struct tn_arena *arena)
{
    step->kept = word_products_add(&step->words, rows, tokens, pool, arena);
}

void decoder_step_rows(struct decoder_step *step, struct decoder_work *work,
                       const struct decoder_rows *rows, float *logits)
{
    const struct decoder_weights *w = step->weights;

    for (size_t l = 0; l < w->config.layers; l++)
        run_layer(step, work, rows, l);
    if (!logits)
        return;
    if (w->config.attention != ATTENTION_NONE)
        attention_step(
            &work->attention, w,
            &(struct attention_rows){step->sources, rows->texts, rows->first, rows->count}, work->h,
            work->pool, work->arena);
    tn_linear(work->pool, logits, work->h, &w->output, w->output_bias, false, rows->count,
              work->arena);
}

void decoder_step_end(struct decoder_step *step)
{
    float *swap = step->state;

    step->state = step->next;
    step->next = swap;
}

void decoder_step_run(struct decoder_step *step, struct decoder_work *work, size_t rows,
                      const int *tokens, const float *features, float *logits)
{
    const struct decoder_rows all = {.tokens = tokens, .count = rows, .features = features};

    decoder_step_words(step, rows, tokens, work->pool, work->arena);
    decoder_step_rows(step, work, &all, logits);
    decoder_step_end(step);
}
