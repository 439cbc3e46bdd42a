/* SPDX-License-Identifier: MIT */
#include "models/attention_step.h"

#include "tensor/pointwise.h"

#include <assert.h>
#include <string.h>

void attention_read(struct attention_sources *sources, const struct decoder_weights *weights,
                    const struct attention_memory *memory, size_t rows, struct tn_pool *pool,
                    struct tn_arena *arena)
{
    assert(memory->ld == weights->config.attention_width);
    attention_sources_take(sources, weights->config.hidden, memory, rows, arena);
    tn_linear(pool, sources->keys, memory->values, &weights->attention.key, NULL, false,
              memory->packing->total, arena);
}

/* Every number of rows is measured, since more need not take more. */
static void measure_scratch(const struct attention_weights *w, size_t most, struct tn_pool *pool,
                            struct tn_arena *arena)
{
    for (size_t rows = 1; rows <= most; rows++) {
        if (w->energy)
            tn_linear(pool, NULL, NULL, &w->query, NULL, false, rows, arena);
        tn_linear(pool, NULL, NULL, &w->combination, NULL, false, rows, arena);
    }
}

void attention_work_init(struct attention_work *work, const struct decoder_weights *weights,
                         size_t rows, struct tn_pool *pool, struct tn_arena *arena)
{
    const size_t hidden = weights->config.hidden, width = weights->config.attention_width;

    *work = (struct attention_work){.query = NULL};
    if (weights->config.attention == ATTENTION_NONE)
        return;
    if (weights->attention.energy)
        work->query = tn_arena_floats(arena, rows * hidden);
    work->joined = tn_arena_floats(arena, rows * (width + hidden));
    work->scratch = tn_arena_floats(arena, tn_pool_threads(pool) * hidden);
    if (!arena->base)
        measure_scratch(&weights->attention, rows, pool, arena);
}

/* A step of some rows, a task per row. */
struct step {
    const struct attention_work *work;
    const struct attention_rows *rows;
    struct attention_view view;
    const float *h;
};

static void look_with_row(void *context, size_t r, size_t thread)
{
    const struct step *s = context;
    const struct attention_sources *sources = s->rows->sources;
    const size_t hidden = s->view.hidden, width = s->view.width, row = s->rows->first + r;
    const float *h = s->h + r * hidden;
    float *joined = s->work->joined + r * (width + hidden);

    attention_look(&s->view, (size_t)s->rows->texts[row],
                   s->work->query ? s->work->query + r * hidden : h,
                   sources->weights + row * sources->memory->packing->steps, joined,
                   s->work->scratch + thread * hidden);
    memcpy(joined + width, h, hidden * sizeof *h);
}

void attention_step(const struct attention_work *work, const struct decoder_weights *weights,
                    const struct attention_rows *rows, float *h, struct tn_pool *pool,
                    struct tn_arena *arena)
{
    const struct decoder_config *c = &weights->config;
    const struct attention_weights *w = &weights->attention;
    struct step step = {
        work, rows, {c->attention, c->hidden, c->attention_width, w->energy, rows->sources}, h};

    if (work->query)
        tn_linear(pool, work->query, h, &w->query, NULL, false, rows->count, arena);
    tn_pool_run(pool, rows->count, look_with_row, &step);
    tn_linear(pool, h, work->joined, &w->combination, NULL, false, rows->count, arena);
    tn_tanh(h, h, rows->count * c->hidden);
}
