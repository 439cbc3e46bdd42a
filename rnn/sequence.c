/* SPDX-License-Identifier: MIT */
/* The stack of layers: what enters each, its directions side by side, and the states around it. */
#include "rnn/sequence.h"

#include "rnn/kernels.h"
#include "rnn/unroll.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <string.h>

/* One call of forward or backward. */
struct call {
    const struct rnn_sequence *sequence;
    const struct tn_pass *pass;
    struct rnn_run *run;
    const struct rnn_gradients *gradients; /* backward */
    size_t directions, width, row;         /* floats of all gates, of a state */
};

static struct call call_of(const struct rnn_sequence *sequence, const struct tn_pass *pass,
                           struct rnn_run *run)
{
    return (struct call){.sequence = sequence,
                         .pass = pass,
                         .run = run,
                         .directions = rnn_sequence_directions(sequence),
                         .width = sequence->cell->gates * sequence->hidden,
                         .row = sequence->cell->states * sequence->hidden};
}

static struct rnn_unroll unroll_of(const struct call *c, size_t l, size_t d)
{
    return (struct rnn_unroll){
        .cell = c->sequence->cell,
        .layer = &c->sequence->layer[l][d],
        .packing = c->run->packing,
        .run = &c->run->layer[l].direction[d],
        .pass = c->pass,
        .options = &c->sequence->options,
        .hidden = c->sequence->hidden,
        .reverse = d == 1,
        .zero_state = !c->run->inputs.initial && !c->sequence->options.learned_start,
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
static void plan_input(const struct call *c, size_t l)
{
    const size_t total = c->run->packing->total, width = c->sequence->layer[l][0].input;
    struct rnn_run_layer *layer = &c->run->layer[l], *below = l > 0 ? layer - 1 : NULL;
    float *dropped;

    *layer = (struct rnn_run_layer){.x = below ? below->h : c->run->inputs.x,
                                    .ldx = below ? below->ldh : width};
    if (below)
        layer->dropout = rnn_dropout_draw(c->pass, total, width, c->sequence->dropout);
    if (layer->dropout.rate <= 0)
        return;
    dropped = tn_arena_floats(c->pass->arena, total * width);
    if (!tn_pass_measures(c->pass))
        rnn_dropout_apply(c->pass->pool, dropped, width, layer->x, layer->ldx, &layer->dropout);
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

static struct rnn_normal plan_normal(struct tn_arena *arena, size_t rows, size_t width,
                                     size_t gates)
{
    return (struct rnn_normal){tn_arena_floats(arena, rows * width),
                               tn_arena_floats(arena, rows * gates)};
}

/* What the options need of one direction. */
static struct rnn_form_run plan_form(const struct call *c)
{
    const struct rnn_options *o = &c->sequence->options;
    const size_t total = c->run->packing->total, hidden = c->sequence->hidden;
    struct tn_arena *arena = c->pass->arena;
    struct rnn_form_run form = {.dropped = NULL};

    if (!c->pass->dtheta)
        return form;
    if (o->layer_norm) {
        form.normal_ih = plan_normal(arena, total, c->width, c->sequence->cell->gates);
        form.normal_hh = plan_normal(arena, total, c->width, c->sequence->cell->gates);
    }
    form.dropout = rnn_dropout_draw(c->pass, c->run->packing->batch, hidden, o->recurrent_dropout);
    if (form.dropout.rate > 0)
        form.dropped = tn_arena_floats(arena, total * hidden);
    if (rnn_zoneout_is_on(&o->zoneout)) {
        form.zones = rnn_zones_draw(c->pass, &o->zoneout, c->sequence->cell->states, hidden, total);
        form.new = tn_arena_floats(arena, total * c->row);
    }
    return form;
}

/* h of a single direction is used where its states lie; two are put side by side. */
static void plan_layer(const struct call *c, size_t l)
{
    struct tn_arena *arena = c->pass->arena;
    const bool training = c->pass->dtheta != NULL;
    const size_t batch = c->run->packing->batch, total = c->run->packing->total;
    const struct rnn_cell_ops *cell = c->sequence->cell;
    struct rnn_run_layer *layer = &c->run->layer[l];
    struct rnn_run_direction *run = layer->direction;

    for (size_t d = 0; d < c->directions; d++) {
        run[d].gx = tn_arena_floats(arena, total * c->width);
        run[d].gh = rnn_keeps_gh(cell, &c->sequence->options)
                        ? tn_arena_floats(arena, total * c->width)
                        : NULL;
        run[d].kept = tn_arena_floats(arena, total * cell->kept * c->sequence->hidden);
        run[d].states = tn_arena_floats(arena, (batch + total) * c->row);
        run[d].dstates = training ? zeros((batch + total) * c->row, arena) : NULL;
        run[d].form = plan_form(c);
    }
    if (c->directions > 1) {
        layer->ldh = c->directions * c->sequence->hidden;
        layer->h = tn_arena_floats(arena, total * layer->ldh);
        layer->dh = training ? zeros(total * layer->ldh, arena) : NULL;
    } else if (arena->base) {
        layer->ldh = c->row;
        layer->h = run->states + batch * c->row;
        layer->dh = training ? run->dstates + batch * c->row : NULL;
    }
}

/* Whether the initial states are the parameters. */
static bool starts_learned(const struct call *c)
{
    return c->sequence->options.learned_start && !c->run->inputs.initial;
}

static void begin_states(const struct call *c, const struct rnn_unroll *u, size_t l, size_t d)
{
    const float *initial = c->run->inputs.initial;
    const float *learned = c->pass->theta + u->layer->initial.offset;

    for (size_t r = 0; r < u->packing->batch; r++) {
        float *state = u->run->states + rnn_initial_row(u->packing, u->reverse, r) * c->row;

        if (initial)
            memcpy(state, initial + state_offset(c->sequence, u->packing, l, d, r),
                   c->row * sizeof(float));
        else if (starts_learned(c))
            memcpy(state, learned, c->row * sizeof(float));
        else
            memset(state, 0, c->row * sizeof(float));
    }
}

/* gx = x W_ih^T for all steps, + v W_v^T in the rows of the first. */
static void input_products(const struct call *c, size_t l, size_t d)
{
    const struct rnn_layer *layer = &c->sequence->layer[l][d];
    const struct rnn_run_layer *in = &c->run->layer[l];
    const size_t first = c->sequence->first;

    tn_pass_gemm(c->pass, in->direction[d].gx, c->width, 0, tn_plain(in->x, in->ldx),
                 tn_turned(c->pass->theta + layer->weight_ih.offset, layer->input),
                 c->run->packing->total, c->width, layer->input);
    if (l == 0 && first > 0)
        tn_pass_gemm(c->pass, in->direction[d].gx, c->width, 1,
                     tn_plain(c->run->inputs.first, first),
                     tn_turned(c->pass->theta + c->sequence->first_weight.offset, first),
                     c->run->packing->batch, c->width, first);
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

static void run_join(const struct call *c, size_t l, tn_task_fn *step)
{
    struct join job = {c->run->packing, &c->run->layer[l], c->sequence->hidden, c->row};

    if (c->directions > 1)
        tn_pool_run(c->pass->pool, job.packing->steps, step, &job);
}

void rnn_sequence_forward(const struct rnn_sequence *sequence, const struct tn_pass *pass,
                          const struct rnn_packing *packing, const struct rnn_inputs *inputs,
                          struct rnn_run *run)
{
    const struct call c = call_of(sequence, pass, run);
    const bool measures = tn_pass_measures(pass);
    const struct rnn_run_layer *top = &run->layer[sequence->layers - 1];

    run->packing = packing;
    run->inputs = *inputs;
    for (size_t l = 0; l < sequence->layers; l++) {
        plan_input(&c, l);
        plan_layer(&c, l);
        for (size_t d = 0; d < c.directions; d++) {
            const struct rnn_unroll u = unroll_of(&c, l, d);

            if (!measures) {
                begin_states(&c, &u, l, d);
                input_products(&c, l, d);
            }
            rnn_unroll_forward(&u);
        }
        if (!measures)
            run_join(&c, l, join_step);
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

static void input_weights(const struct call *c, size_t l, size_t d)
{
    const struct rnn_layer *layer = &c->sequence->layer[l][d];
    const struct rnn_run_layer *in = &c->run->layer[l];
    const float *dgx = in->direction[d].gx;
    const size_t first = c->sequence->first;

    tn_pass_gemm(c->pass, c->pass->dtheta + layer->weight_ih.offset, layer->input, 1,
                 tn_turned(dgx, c->width), tn_plain(in->x, in->ldx), c->width, layer->input,
                 c->run->packing->total);
    if (l == 0 && first > 0)
        tn_pass_gemm(c->pass, c->pass->dtheta + c->sequence->first_weight.offset, first, 1,
                     tn_turned(dgx, c->width), tn_plain(c->run->inputs.first, first), c->width,
                     first, c->run->packing->batch);
}

/* dE/dx: into the gradient of h of the layer below, or out to the caller. */
static void input_gradients(const struct call *c, size_t l)
{
    const struct rnn_layer *layer = c->sequence->layer[l];
    const struct rnn_run_layer *in = &c->run->layer[l], *below = l > 0 ? in - 1 : NULL;
    const size_t total = c->run->packing->total, first = c->sequence->first;
    const size_t input = layer->input, ldx = below ? below->ldh : input;
    float *dx = below ? below->dh : c->gradients->x;

    if (dx)
        for (size_t d = 0; d < c->directions; d++)
            tn_pass_gemm(c->pass, dx, ldx, d == 0 ? 0 : 1, tn_plain(in->direction[d].gx, c->width),
                         tn_plain(c->pass->theta + layer[d].weight_ih.offset, input), total, input,
                         c->width);
    rnn_dropout_apply(c->pass->pool, dx, ldx, dx, ldx, &in->dropout);
    if (l == 0 && c->gradients->first)
        tn_pass_gemm(c->pass, c->gradients->first, first, 0, tn_plain(in->direction->gx, c->width),
                     tn_plain(c->pass->theta + c->sequence->first_weight.offset, first),
                     c->run->packing->batch, first, c->width);
}

/* dE/d the final states, on top of what comes from above. */
static void begin_gradients(const struct call *c, const struct rnn_unroll *u, size_t l, size_t d)
{
    if (c->gradients->final)
        for (size_t r = 0; r < u->packing->batch; r++)
            tn_axpy(u->run->dstates + rnn_final_row(u->packing, u->reverse, r) * c->row, 1,
                    c->gradients->final + state_offset(c->sequence, u->packing, l, d, r), c->row);
}

/* dE/d the initial states, to the caller. */
static void end_gradients(const struct call *c, const struct rnn_unroll *u, size_t l, size_t d)
{
    for (size_t r = 0; r < u->packing->batch; r++)
        memcpy(c->gradients->initial + state_offset(c->sequence, u->packing, l, d, r),
               u->run->dstates + rnn_initial_row(u->packing, u->reverse, r) * c->row,
               c->row * sizeof(float));
}

/* The start of all sequences is one: its gradient is the sum of theirs. */
static void learn_start(const struct call *c, const struct rnn_unroll *u)
{
    for (size_t r = 0; r < u->packing->batch; r++)
        tn_axpy(c->pass->dtheta + u->layer->initial.offset, 1,
                u->run->dstates + rnn_initial_row(u->packing, u->reverse, r) * c->row, c->row);
}

static void backward_direction(const struct call *c, size_t l, size_t d)
{
    struct rnn_unroll u = unroll_of(c, l, d);

    u.state_wanted = c->gradients->initial || starts_learned(c);
    if (!tn_pass_measures(c->pass))
        begin_gradients(c, &u, l, d);
    rnn_unroll_backward(&u);
    if (tn_pass_measures(c->pass))
        return;
    input_weights(c, l, d);
    if (c->gradients->initial)
        end_gradients(c, &u, l, d);
    if (starts_learned(c))
        learn_start(c, &u);
}

void rnn_sequence_backward(const struct rnn_sequence *sequence, const struct tn_pass *pass,
                           struct rnn_run *run, const struct rnn_gradients *gradients)
{
    struct call c = call_of(sequence, pass, run);

    c.gradients = gradients;
    for (size_t l = sequence->layers; l-- > 0;) {
        const size_t mark = tn_arena_mark(pass->arena);

        if (!tn_pass_measures(pass))
            run_join(&c, l, join_backward_step);
        for (size_t d = 0; d < c.directions; d++)
            backward_direction(&c, l, d);
        if (!tn_pass_measures(pass))
            input_gradients(&c, l);
        tn_arena_release(pass->arena, mark);
    }
}
