/* SPDX-License-Identifier: MIT */
#include "models/attention.h"

#include "rnn/kernels.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <string.h>

const char *const attention_names[] = {"none", "general", "additive", NULL};

/* ---- Parameters ---- */

enum tn_status attention_declare(struct attention *attention, struct tn_layout *layout,
                                 const char *prefix, struct tn_error *err)
{
    const size_t hidden = attention->hidden, width = attention->width;
    const size_t key[] = {hidden, width}, query[] = {hidden, hidden},
                 combination[] = {hidden, width + hidden};

    TN_TRY(
        tn_layout_add_behind(layout, prefix, "attention.key.weight", 2, key, &attention->key, err));
    if (attention->score == ATTENTION_ADDITIVE) {
        TN_TRY(tn_layout_add_behind(layout, prefix, "attention.query.weight", 2, query,
                                    &attention->query, err));
        TN_TRY(tn_layout_add_behind(layout, prefix, "attention.energy.weight", 1, query,
                                    &attention->energy, err));
    }
    return tn_layout_add_behind(layout, prefix, "attention.combination.weight", 2, combination,
                                &attention->combination, err);
}

static void draw(struct tn_rng *rng, float *theta, struct tn_span span, size_t rows, size_t columns)
{
    tn_rng_fill_uniform(rng, theta + span.offset, span.count, sqrtf(6 / (float)(rows + columns)));
}

void attention_init(const struct attention *attention, struct tn_rng *rng, float *theta)
{
    const size_t hidden = attention->hidden, width = attention->width;

    draw(rng, theta, attention->key, hidden, width);
    draw(rng, theta, attention->query, hidden, hidden);
    draw(rng, theta, attention->energy, 1, hidden);
    draw(rng, theta, attention->combination, hidden, width + hidden);
}

/* ---- A look ---- */

void attention_sources_take(struct attention_sources *sources, size_t hidden,
                            const struct attention_memory *memory, size_t rows,
                            struct tn_arena *arena)
{
    const struct rnn_packing *packing = memory->packing;

    *sources = (struct attention_sources){
        .memory = memory,
        .places = tn_arena_alloc(arena, packing->batch, sizeof(size_t)),
        .keys = tn_arena_floats(arena, packing->total * hidden),
        .weights =
            memory->weights ? memory->weights : tn_arena_floats(arena, rows * packing->steps)};
    for (size_t r = 0; arena->base && r < packing->batch; r++)
        sources->places[packing->order[r]] = r;
}

/* The packed row of the text's step s, and how many steps it has. */
static size_t source_row(const struct attention_sources *sources, size_t text, size_t s)
{
    return sources->memory->packing->offset[s] + sources->places[text];
}

static size_t source_steps(const struct attention_sources *sources, size_t text)
{
    const struct rnn_packing *packing = sources->memory->packing;
    size_t steps = 1;

    while (steps < packing->steps && packing->rows[steps] > sources->places[text])
        steps++;
    return steps;
}

/* z = tanh(q + k) */
static void add_and_squash(float *z, const float *q, const float *k, size_t count)
{
    memcpy(z, q, count * sizeof *z);
    tn_axpy(z, 1, k, count);
    tn_tanh(z, z, count);
}

/* e_ts */
static float score(const struct attention_view *view, const float *query, const float *key,
                   float *scratch)
{
    if (view->score == ATTENTION_GENERAL)
        return tn_dot(query, key, view->hidden);
    add_and_squash(scratch, query, key, view->hidden);
    return tn_dot(view->energy, scratch, view->hidden);
}

void attention_look(const struct attention_view *view, size_t text, const float *query, float *a,
                    float *context, float *scratch)
{
    const struct attention_sources *sources = view->sources;
    const struct attention_memory *memory = sources->memory;
    const size_t steps = source_steps(sources, text);
    float total;

    for (size_t s = 0; s < steps; s++)
        a[s] = score(view, query, sources->keys + source_row(sources, text, s) * view->hidden,
                     scratch);
    total = tn_logsumexp(a, steps);
    for (size_t s = 0; s < steps; s++)
        a[s] -= total;
    tn_exp(a, a, steps);
    memset(context, 0, view->width * sizeof *context);
    for (size_t s = 0; s < steps; s++)
        tn_axpy(context, a[s], memory->values + source_row(sources, text, s) * memory->ld,
                view->width);
}

/* ---- Forward ---- */

/* One pass forward or backward, a task per text. */
struct looking {
    const struct attention_run *run;
    struct attention_view view;
    const float *djoined;            /* [total][width + hidden] */
    float *dkeys, *dquery, *denergy; /* as keys; rows of stride lddquery; [batch][hidden] */
    size_t lddquery;
};

static const float *query_of(const struct attention_run *run, size_t row, size_t hidden)
{
    return run->query ? run->query + row * hidden : run->h + row * run->ldh;
}

static void look_at_text(void *context, size_t r, size_t thread)
{
    const struct looking *l = context;
    const struct attention_run *run = l->run;
    const struct rnn_packing *packing = run->packing;
    const size_t hidden = l->view.hidden, width = l->view.width;

    for (size_t t = 0; t < packing->steps && packing->rows[t] > r; t++) {
        const size_t row = packing->offset[t] + r;
        float *joined = run->joined + row * (width + hidden);

        attention_look(&l->view, packing->order[r], query_of(run, row, hidden),
                       run->sources.weights + row * run->sources.memory->packing->steps, joined,
                       run->scratch + thread * hidden);
        memcpy(joined + width, run->h + row * run->ldh, hidden * sizeof *joined);
    }
}

static struct attention_view view_of(const struct attention *attention, const struct tn_pass *pass,
                                     const struct attention_sources *sources)
{
    return (struct attention_view){
        attention->score, attention->hidden, attention->width,
        attention->score == ATTENTION_ADDITIVE ? pass->theta + attention->energy.offset : NULL,
        sources};
}

void attention_forward(const struct attention *attention, const struct tn_pass *pass,
                       const struct rnn_packing *packing, const float *h, size_t ldh,
                       const struct attention_memory *memory, struct attention_run *run)
{
    const size_t hidden = attention->hidden, width = attention->width, total = packing->total;
    struct looking looking = {.run = run};

    *run = (struct attention_run){.packing = packing, .h = h, .ldh = ldh};
    attention_sources_take(&run->sources, hidden, memory, total, pass->arena);
    if (attention->score == ATTENTION_ADDITIVE)
        run->query = tn_arena_floats(pass->arena, total * hidden);
    run->joined = tn_arena_floats(pass->arena, total * (width + hidden));
    run->attended = tn_arena_floats(pass->arena, total * hidden);
    run->scratch = tn_arena_floats(pass->arena, tn_pool_threads(pass->pool) * hidden);
    if (tn_pass_measures(pass))
        return;
    tn_pass_gemm(pass, run->sources.keys, hidden, 0, tn_plain(memory->values, memory->ld),
                 tn_turned(pass->theta + attention->key.offset, width), memory->packing->total,
                 hidden, width);
    if (run->query)
        tn_pass_gemm(pass, run->query, hidden, 0, tn_plain(h, ldh),
                     tn_turned(pass->theta + attention->query.offset, hidden), total, hidden,
                     hidden);
    looking.view = view_of(attention, pass, &run->sources);
    tn_pool_run(pass->pool, packing->batch, look_at_text, &looking);
    tn_pass_gemm(pass, run->attended, hidden, 0, tn_plain(run->joined, width + hidden),
                 tn_turned(pass->theta + attention->combination.offset, width + hidden), total,
                 hidden, width + hidden);
    tn_tanh(run->attended, run->attended, total * hidden);
}

/* ---- Backward ---- */

/*
 * Of e = score(q, k), with de:
 *     general     dq += de k    dk += de q
 *     additive    z = tanh(q + k)    dv += de z    dq += de v (1 - z^2)    dk likewise
 */
static void score_backward(const struct looking *l, size_t r, float de, const float *q,
                           const float *k, float *dq, float *dk, float *z)
{
    const size_t hidden = l->view.hidden;

    if (l->view.score == ATTENTION_GENERAL) {
        tn_axpy(dq, de, k, hidden);
        tn_axpy(dk, de, q, hidden);
        return;
    }
    add_and_squash(z, q, k, hidden);
    tn_axpy(l->denergy + r * hidden, de, z, hidden);
    for (size_t j = 0; j < hidden; j++)
        z[j] = de * l->view.energy[j] * (1 - z[j] * z[j]);
    tn_axpy(dq, 1, z, hidden);
    tn_axpy(dk, 1, z, hidden);
}

/*
 * attention_look's backward for packed row `row` of the r-th text, from dc:
 *     dg_s += a_s dc    de_s = a_s (dc . g_s - dc . c)
 */
static void look_backward(const struct looking *l, size_t r, size_t row, float *scratch)
{
    const struct attention_sources *sources = &l->run->sources;
    const struct attention_memory *memory = sources->memory;
    const size_t hidden = l->view.hidden, width = l->view.width, text = l->run->packing->order[r];
    const float *a = sources->weights + row * memory->packing->steps;
    const float *dc = l->djoined + row * (width + hidden);
    const float mean = tn_dot(dc, l->run->joined + row * (width + hidden), width);

    for (size_t s = 0, steps = source_steps(sources, text); s < steps; s++) {
        const size_t at = source_row(sources, text, s);
        const float de = a[s] * (tn_dot(dc, memory->values + at * memory->ld, width) - mean);

        tn_axpy(memory->dvalues + at * memory->ld, a[s], dc, width);
        score_backward(l, r, de, query_of(l->run, row, hidden), sources->keys + at * hidden,
                       l->dquery + row * l->lddquery, l->dkeys + at * hidden, scratch);
    }
}

static void look_back_at_text(void *context, size_t r, size_t thread)
{
    const struct looking *l = context;
    const struct rnn_packing *packing = l->run->packing;

    for (size_t t = 0; t < packing->steps && packing->rows[t] > r; t++)
        look_backward(l, r, packing->offset[t] + r, l->run->scratch + thread * l->view.hidden);
}

/* dW_c += da^T [c, h], with da = dh~ (1 - h~^2), and d[c, h] = da W_c, of which dh gets its part.
 */
static void combination_backward(const struct attention *attention, const struct tn_pass *pass,
                                 const struct attention_run *run, float *dattended, float *djoined,
                                 float *dh)
{
    const size_t hidden = attention->hidden, width = attention->width, both = width + hidden;
    const size_t total = run->packing->total;

    for (size_t i = 0; i < total * hidden; i++)
        dattended[i] *= 1 - run->attended[i] * run->attended[i];
    tn_pass_gemm(pass, pass->dtheta + attention->combination.offset, both, 1,
                 tn_turned(dattended, hidden), tn_plain(run->joined, both), hidden, both, total);
    tn_pass_gemm(pass, djoined, both, 0, tn_plain(dattended, hidden),
                 tn_plain(pass->theta + attention->combination.offset, both), total, both, hidden);
    for (size_t row = 0; row < total; row++)
        tn_axpy(dh + row * run->ldh, 1, djoined + row * both + width, hidden);
}

/* dW_q += dq^T h, and dh += dq W_q; dv is the sum over the texts. */
static void query_backward(const struct attention *attention, const struct tn_pass *pass,
                           const struct looking *l, float *dh)
{
    const struct attention_run *run = l->run;
    const size_t hidden = attention->hidden, total = run->packing->total;

    tn_pass_gemm(pass, pass->dtheta + attention->query.offset, hidden, 1,
                 tn_turned(l->dquery, hidden), tn_plain(run->h, run->ldh), hidden, hidden, total);
    tn_pass_gemm(pass, dh, run->ldh, 1, tn_plain(l->dquery, hidden),
                 tn_plain(pass->theta + attention->query.offset, hidden), total, hidden, hidden);
    rnn_bias_backward(pass->pool, pass->dtheta + attention->energy.offset, l->denergy,
                      run->packing->batch, hidden);
}

/* dW_k += dk^T g, and dg += dk W_k. */
static void key_backward(const struct attention *attention, const struct tn_pass *pass,
                         const struct attention_memory *memory, const float *dkeys)
{
    const size_t hidden = attention->hidden, width = attention->width;
    const size_t total = memory->packing->total;

    tn_pass_gemm(pass, pass->dtheta + attention->key.offset, width, 1, tn_turned(dkeys, hidden),
                 tn_plain(memory->values, memory->ld), hidden, width, total);
    tn_pass_gemm(pass, memory->dvalues, memory->ld, 1, tn_plain(dkeys, hidden),
                 tn_plain(pass->theta + attention->key.offset, width), total, width, hidden);
}

static float *take_zeroed(const struct tn_pass *pass, size_t count)
{
    float *floats = tn_arena_floats(pass->arena, count);

    if (!tn_pass_measures(pass))
        memset(floats, 0, count * sizeof *floats);
    return floats;
}

void attention_backward(const struct attention *attention, const struct tn_pass *pass,
                        const struct attention_run *run, float *dattended, float *dh)
{
    const size_t mark = tn_arena_mark(pass->arena), hidden = attention->hidden;
    const size_t total = run->packing->total;
    const struct attention_memory *memory = run->sources.memory;
    struct looking looking = {.run = run, .dquery = dh, .lddquery = run->ldh};
    float *djoined = tn_arena_floats(pass->arena, total * (attention->width + hidden));

    looking.djoined = djoined;
    looking.dkeys = take_zeroed(pass, memory->packing->total * hidden);
    if (run->query) {
        looking.dquery = take_zeroed(pass, total * hidden);
        looking.lddquery = hidden;
        looking.denergy = take_zeroed(pass, run->packing->batch * hidden);
    }
    if (!tn_pass_measures(pass)) {
        looking.view = view_of(attention, pass, &run->sources);
        combination_backward(attention, pass, run, dattended, djoined, dh);
        tn_pool_run(pass->pool, run->packing->batch, look_back_at_text, &looking);
        if (run->query)
            query_backward(attention, pass, &looking, dh);
        key_backward(attention, pass, memory, looking.dkeys);
    }
    tn_arena_release(pass->arena, mark);
}
