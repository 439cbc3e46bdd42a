/* SPDX-License-Identifier: MIT */
/* The stack of layers: what enters each, its directions side by side, and the states around it. */
#include "rnn/sequence.h"

#include "rnn/kernels.h"
#include "rnn/unroll.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <string.h>

/* One call of forward or backward. */
struct pass {
    const struct rnn_sequence *sequence;
    struct tn_pool *pool;
    const float *theta;
    float *dtheta;
    struct rnn_run *run;
    const struct rnn_gradients *gradients;
    size_t directions, width, row; /* floats of all gates, of a state */
};

static struct pass pass_of(const struct rnn_sequence *sequence, struct tn_pool *pool,
                           const float *theta, struct rnn_run *run)
{
    return (struct pass){.sequence = sequence,
                         .pool = pool,
                         .theta = theta,
                         .run = run,
                         .directions = rnn_sequence_directions(sequence),
                         .width = sequence->cell->gates * sequence->hidden,
                         .row = sequence->cell->states * sequence->hidden};
}

static struct rnn_unroll unroll_of(const struct pass *p, size_t l, size_t d)
{
    return (struct rnn_unroll){
        .cell = p->sequence->cell,
        .layer = &p->sequence->layer[l][d],
        .packing = p->run->packing,
        .run = &p->run->layer[l].direction[d],
        .theta = p->theta,
        .hidden = p->sequence->hidden,
        .reverse = d == 1,
        .zero_state = !p->run->inputs.initial && !p->sequence->learned_state,
    };
}

/* Where the states of the sequence in row r lie in an array of all layers and directions. */
static size_t state_offset(const struct rnn_sequence *sequence, const struct rnn_packing *packing,
                           size_t l, size_t d, size_t r)
{
    const size_t row = sequence->cell->states * sequence->hidden;

    return ((l * rnn_sequence_directions(sequence) + d) * packing->batch + packing->order[r]) * row;
}

/* The layer's input: the caller's x, or h of the layer below, with dropout. */
static void plan_input(const struct pass *p, size_t l, struct tn_rng *rng, struct tn_arena *arena)
{
    const size_t total = p->run->packing->total, width = p->sequence->layer[l][0].input;
    const float rate = p->sequence->dropout;
    struct rnn_run_layer *layer = &p->run->layer[l], *below = l > 0 ? layer - 1 : NULL;
    float *dropped;

    *layer = (struct rnn_run_layer){.x = below ? below->h : p->run->inputs.x,
                                    .ldx = below ? below->ldh : width};
    if (l == 0 || !rng || rate <= 0)
        return;
    layer->mask = tn_arena_alloc(arena, total * width, 1);
    dropped = tn_arena_floats(arena, total * width);
    if (arena->base) {
        rnn_dropout_draw(p->pool, layer->mask, total * width, rate, rng);
        rnn_dropout_apply(p->pool, dropped, width, layer->x, layer->ldx, layer->mask, total, width,
                          rate);
    }
    layer->x = dropped;
    layer->ldx = width;
}

static float *zeros(size_t count, struct tn_arena *arena)
{
    float *floats = tn_arena_floats(arena, count);

    if (floats)
        memset(floats, 0, count * sizeof(float));
    return floats;
}

/* h of a single direction is used where its states lie; two are put side by side. */
static void plan_layer(const struct pass *p, size_t l, bool training, struct tn_arena *arena)
{
    const size_t batch = p->run->packing->batch, total = p->run->packing->total;
    const struct rnn_cell_ops *cell = p->sequence->cell;
    struct rnn_run_layer *layer = &p->run->layer[l];
    struct rnn_run_direction *run = layer->direction;

    for (size_t d = 0; d < p->directions; d++) {
        run[d].gx = tn_arena_floats(arena, total * p->width);
        run[d].gh = cell->separate ? tn_arena_floats(arena, total * p->width) : NULL;
        run[d].kept = tn_arena_floats(arena, total * cell->kept * p->sequence->hidden);
        run[d].states = tn_arena_floats(arena, (batch + total) * p->row);
        run[d].dstates = training ? zeros((batch + total) * p->row, arena) : NULL;
    }
    if (p->directions > 1) {
        layer->ldh = p->directions * p->sequence->hidden;
        layer->h = tn_arena_floats(arena, total * layer->ldh);
        layer->dh = training ? zeros(total * layer->ldh, arena) : NULL;
    } else if (arena->base) {
        layer->ldh = p->row;
        layer->h = run->states + batch * p->row;
        layer->dh = training ? run->dstates + batch * p->row : NULL;
    }
}

static void begin_states(const struct pass *p, const struct rnn_unroll *u, size_t l, size_t d)
{
    const float *initial = p->run->inputs.initial;

    for (size_t r = 0; r < u->packing->batch; r++) {
        float *state = u->run->states + rnn_initial_row(u->packing, u->reverse, r) * p->row;

        if (initial)
            memcpy(state, initial + state_offset(p->sequence, u->packing, l, d, r),
                   p->row * sizeof(float));
        else if (p->sequence->learned_state)
            memcpy(state, p->theta + u->layer->initial.offset, p->row * sizeof(float));
        else
            memset(state, 0, p->row * sizeof(float));
    }
}

/* gx = x W_ih^T for all steps, + v W_v^T in the rows of the first. */
static void input_products(const struct pass *p, size_t l, size_t d)
{
    const struct rnn_layer *layer = &p->sequence->layer[l][d];
    const struct rnn_run_layer *in = &p->run->layer[l];
    const size_t first = p->sequence->first;

    tn_gemm(p->pool, false, true, p->run->packing->total, p->width, layer->input, 1, in->x, in->ldx,
            p->theta + layer->weight_ih.offset, layer->input, 0, in->direction[d].gx, p->width);
    if (l == 0 && first > 0)
        tn_gemm(p->pool, false, true, p->run->packing->batch, p->width, first, 1,
                p->run->inputs.first, first, p->theta + p->sequence->first_weight.offset, first, 1,
                in->direction[d].gx, p->width);
}

/* Both directions of a layer, for the steps to put side by side. */
struct join {
    const struct rnn_packing *packing;
    const struct rnn_run_layer *layer;
    size_t hidden, row;
};

/* h = [h forwards, h reverse] */
static void join_step(void *context, size_t t, size_t thread)
{
    const struct join *job = context;
    const struct rnn_run_layer *layer = job->layer;

    (void)thread;
    for (size_t d = 0; d < RNN_MAX_DIRECTIONS; d++) {
        const float *states =
            layer->direction[d].states + rnn_written_rows(job->packing, d == 1, t) * job->row;
        float *h = layer->h + job->packing->offset[t] * layer->ldh + d * job->hidden;

        for (size_t r = 0; r < job->packing->rows[t]; r++)
            memcpy(h + r * layer->ldh, states + r * job->row, job->hidden * sizeof(float));
    }
}

static void join_backward_step(void *context, size_t t, size_t thread)
{
    const struct join *job = context;
    const struct rnn_run_layer *layer = job->layer;

    (void)thread;
    for (size_t d = 0; d < RNN_MAX_DIRECTIONS; d++) {
        float *dstates =
            layer->direction[d].dstates + rnn_written_rows(job->packing, d == 1, t) * job->row;
        const float *dh = layer->dh + job->packing->offset[t] * layer->ldh + d * job->hidden;

        for (size_t r = 0; r < job->packing->rows[t]; r++)
            tn_axpy(dstates + r * job->row, 1, dh + r * layer->ldh, job->hidden);
    }
}

static void run_join(const struct pass *p, size_t l, tn_task_fn *step)
{
    struct join job = {p->run->packing, &p->run->layer[l], p->sequence->hidden, p->row};

    if (p->directions > 1)
        tn_pool_run(p->pool, job.packing->steps, step, &job);
}

void rnn_sequence_forward(const struct rnn_sequence *sequence, struct tn_pool *pool,
                          const float *theta, const struct rnn_packing *packing,
                          const struct rnn_inputs *inputs, bool training, struct tn_rng *rng,
                          struct rnn_run *run, struct tn_arena *arena)
{
    const struct pass p = pass_of(sequence, pool, theta, run);
    const struct rnn_run_layer *top = &run->layer[sequence->layers - 1];

    run->packing = packing;
    run->inputs = *inputs;
    for (size_t l = 0; l < sequence->layers; l++) {
        plan_input(&p, l, training ? rng : NULL, arena);
        plan_layer(&p, l, training, arena);
        for (size_t d = 0; d < p.directions; d++) {
            const struct rnn_unroll u = unroll_of(&p, l, d);

            if (arena->base) {
                begin_states(&p, &u, l, d);
                input_products(&p, l, d);
            }
            rnn_unroll_forward(&u, pool, arena);
        }
        if (arena->base)
            run_join(&p, l, join_step);
    }
    run->h = top->h;
    run->dh = top->dh;
    run->ldh = top->ldh;
}

void rnn_sequence_final(const struct rnn_sequence *sequence, const struct rnn_run *run,
                        float *final)
{
    const size_t row = sequence->cell->states * sequence->hidden;

    for (size_t l = 0; l < sequence->layers; l++)
        for (size_t d = 0; d < rnn_sequence_directions(sequence); d++) {
            const float *states = run->layer[l].direction[d].states;

            for (size_t r = 0; r < run->packing->batch; r++)
                memcpy(final + state_offset(sequence, run->packing, l, d, r),
                       states + rnn_final_row(run->packing, d == 1, r) * row, row * sizeof(float));
        }
}

static void input_weights(const struct pass *p, size_t l, size_t d)
{
    const struct rnn_layer *layer = &p->sequence->layer[l][d];
    const struct rnn_run_layer *in = &p->run->layer[l];
    const float *dgx = in->direction[d].gx;
    const size_t first = p->sequence->first;

    tn_gemm(p->pool, true, false, p->width, layer->input, p->run->packing->total, 1, dgx, p->width,
            in->x, in->ldx, 1, p->dtheta + layer->weight_ih.offset, layer->input);
    if (l == 0 && first > 0)
        tn_gemm(p->pool, true, false, p->width, first, p->run->packing->batch, 1, dgx, p->width,
                p->run->inputs.first, first, 1, p->dtheta + p->sequence->first_weight.offset,
                first);
}

/* dE/dx: into the gradient of h of the layer below, or out to the caller. */
static void input_gradients(const struct pass *p, size_t l)
{
    const struct rnn_layer *layer = p->sequence->layer[l];
    const struct rnn_run_layer *in = &p->run->layer[l], *below = l > 0 ? in - 1 : NULL;
    const size_t total = p->run->packing->total, first = p->sequence->first;
    const size_t input = layer->input, ldx = below ? below->ldh : input;
    float *dx = below ? below->dh : p->gradients->x;

    if (dx)
        for (size_t d = 0; d < p->directions; d++)
            tn_gemm(p->pool, false, false, total, input, p->width, 1, in->direction[d].gx, p->width,
                    p->theta + layer[d].weight_ih.offset, input, d == 0 ? 0 : 1, dx, ldx);
    if (in->mask)
        rnn_dropout_apply(p->pool, dx, ldx, dx, ldx, in->mask, total, input, p->sequence->dropout);
    if (l == 0 && p->gradients->first)
        tn_gemm(p->pool, false, false, p->run->packing->batch, first, p->width, 1,
                in->direction->gx, p->width, p->theta + p->sequence->first_weight.offset, first, 0,
                p->gradients->first, first);
}

/* dE/d the final states, on top of what comes from above. */
static void begin_gradients(const struct pass *p, const struct rnn_unroll *u, size_t l, size_t d)
{
    if (p->gradients->final)
        for (size_t r = 0; r < u->packing->batch; r++)
            tn_axpy(u->run->dstates + rnn_final_row(u->packing, u->reverse, r) * p->row, 1,
                    p->gradients->final + state_offset(p->sequence, u->packing, l, d, r), p->row);
}

/* dE/d the initial states: to the caller and, where they were learned, to dtheta. */
static void end_gradients(const struct pass *p, const struct rnn_unroll *u, size_t l, size_t d,
                          bool learned)
{
    for (size_t r = 0; r < u->packing->batch; r++) {
        const float *dstate = u->run->dstates + rnn_initial_row(u->packing, u->reverse, r) * p->row;

        if (p->gradients->initial)
            memcpy(p->gradients->initial + state_offset(p->sequence, u->packing, l, d, r), dstate,
                   p->row * sizeof(float));
        if (learned)
            tn_axpy(p->dtheta + u->layer->initial.offset, 1, dstate, p->row);
    }
}

static void backward_direction(const struct pass *p, size_t l, size_t d, struct tn_arena *arena)
{
    const bool learned = p->sequence->learned_state && !p->run->inputs.initial;
    struct rnn_unroll u = unroll_of(p, l, d);

    u.state_wanted = learned || p->gradients->initial;
    if (arena->base)
        begin_gradients(p, &u, l, d);
    rnn_unroll_backward(&u, p->pool, p->dtheta, arena);
    if (!arena->base)
        return;
    input_weights(p, l, d);
    if (u.state_wanted)
        end_gradients(p, &u, l, d, learned);
}

void rnn_sequence_backward(const struct rnn_sequence *sequence, struct tn_pool *pool,
                           const float *theta, float *dtheta, struct rnn_run *run,
                           const struct rnn_gradients *gradients, struct tn_arena *arena)
{
    struct pass p = pass_of(sequence, pool, theta, run);

    p.dtheta = dtheta;
    p.gradients = gradients;
    for (size_t l = sequence->layers; l-- > 0;) {
        const size_t mark = tn_arena_mark(arena);

        if (arena->base)
            run_join(&p, l, join_backward_step);
        for (size_t d = 0; d < p.directions; d++)
            backward_direction(&p, l, d, arena);
        if (arena->base)
            input_gradients(&p, l);
        tn_arena_release(arena, mark);
    }
}
