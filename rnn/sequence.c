/* SPDX-License-Identifier: MIT */
#include "rnn/sequence.h"

#include "rnn/kernels.h"
#include "tensor/gemm.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows of a step a task: small, since a step has few rows. */
enum { STEP_ROWS = 8 };

/* Where the parameters' names and shapes are decided. */
static enum tn_status declare(struct tn_layout *layout, const char *prefix, const char *name,
                              size_t layer, size_t rows, size_t columns, struct tn_span *ret_span,
                              struct tn_error *err)
{
    const size_t dims[] = {rows, columns};
    char full[TN_NAME_SIZE];
    const int length = snprintf(full, sizeof full, "%s%s_l%zu", prefix, name, layer);

    if (length < 0 || (size_t)length >= sizeof full)
        return tn_fail(err, TN_RANGE, "the parameter name %s%s is too long", prefix, name);
    return tn_layout_add(layout, full, columns > 0 ? 2 : 1, dims, ret_span, err);
}

static enum tn_status declare_layer(struct rnn_sequence *sequence, size_t l,
                                    struct tn_layout *layout, const char *prefix,
                                    struct tn_error *err)
{
    struct rnn_layer *layer = &sequence->layer[l];
    const size_t hidden = sequence->hidden, rows = sequence->cell->gates * hidden;

    layer->input = l == 0 ? sequence->input : hidden;
    TN_TRY(declare(layout, prefix, "weight_ih", l, rows, layer->input, &layer->weight_ih, err));
    TN_TRY(declare(layout, prefix, "weight_hh", l, rows, hidden, &layer->weight_hh, err));
    TN_TRY(declare(layout, prefix, "bias_ih", l, rows, 0, &layer->bias_ih, err));
    TN_TRY(declare(layout, prefix, "bias_hh", l, rows, 0, &layer->bias_hh, err));
    if (sequence->cell->extras > 0)
        TN_TRY(declare(layout, prefix, "extra", l, sequence->cell->extras, hidden, &layer->extra,
                       err));
    return TN_OK;
}

enum tn_status rnn_sequence_declare(struct rnn_sequence *sequence, struct tn_layout *layout,
                                    const char *prefix, const char *first_name,
                                    struct tn_error *err)
{
    enum { LARGEST = 1 << 20 };

    if (sequence->layers < 1 || sequence->layers > RNN_MAX_LAYERS)
        return tn_fail(err, TN_RANGE, "%zu recurrent layers; expected 1 to %d", sequence->layers,
                       RNN_MAX_LAYERS);
    if (sequence->hidden < 1 || sequence->hidden > LARGEST || sequence->input < 1 ||
        sequence->input > LARGEST || sequence->first > LARGEST)
        return tn_fail(err, TN_RANGE,
                       "a recurrent net of %zu inputs and %zu hidden units; "
                       "expected 1 to %d of each",
                       sequence->input, sequence->hidden, LARGEST);
    if (sequence->first > 0) {
        const size_t dims[] = {sequence->cell->gates * sequence->hidden, sequence->first};

        TN_TRY(tn_layout_add(layout, first_name, 2, dims, &sequence->first_weight, err));
    }
    for (size_t l = 0; l < sequence->layers; l++)
        TN_TRY(declare_layer(sequence, l, layout, prefix, err));
    return TN_OK;
}

static void init_span(struct tn_rng *rng, float *theta, struct tn_span span, float limit)
{
    tn_rng_fill_uniform(rng, theta + span.offset, span.count, limit);
}

void rnn_sequence_init(const struct rnn_sequence *sequence, struct tn_rng *rng, float *theta)
{
    const size_t hidden = sequence->hidden;
    const float limit = 1 / sqrtf((float)hidden);

    if (sequence->first > 0)
        init_span(rng, theta, sequence->first_weight, 1 / sqrtf((float)sequence->first));
    for (size_t l = 0; l < sequence->layers; l++) {
        const struct rnn_layer *layer = &sequence->layer[l];

        init_span(rng, theta, layer->weight_ih, limit);
        init_span(rng, theta, layer->weight_hh, limit);
        init_span(rng, theta, layer->bias_ih, limit);
        init_span(rng, theta, layer->bias_hh, limit);
        init_span(rng, theta, layer->extra, limit);
        if (sequence->cell->forget_gate != RNN_NO_GATE) {
            const size_t gate = (size_t)sequence->cell->forget_gate * hidden;

            for (size_t j = gate; j < gate + hidden; j++) {
                theta[layer->bias_ih.offset + j] = 1;
                theta[layer->bias_hh.offset + j] = 0;
            }
        }
    }
}

/* One layer in one pass: the sizes and addresses that its steps share. */
struct pass {
    const struct rnn_cell_ops *cell;
    const struct rnn_packing *packing;
    struct rnn_run_layer *run;
    size_t hidden, width; /* of h, of all gates */
    size_t row;           /* floats of a row of states */
    const float *weight_hh, *bias_ih, *bias_hh, *extra;
    float *dextra; /* [blocks of STEP_ROWS][extras][H]: each block sums on its own */
    size_t t;
};

static struct pass pass_of(const struct rnn_sequence *sequence, const float *theta,
                           struct rnn_run *run, size_t l)
{
    const struct rnn_layer *layer = &sequence->layer[l];

    return (struct pass){
        .cell = sequence->cell,
        .packing = run->packing,
        .run = &run->layer[l],
        .hidden = sequence->hidden,
        .width = sequence->cell->gates * sequence->hidden,
        .row = sequence->cell->states * sequence->hidden,
        .weight_hh = theta + layer->weight_hh.offset,
        .bias_ih = theta + layer->bias_ih.offset,
        .bias_hh = theta + layer->bias_hh.offset,
        .extra = layer->extra.count > 0 ? theta + layer->extra.offset : NULL,
    };
}

/* The rows of `states` that hold the state before and after step t. */
static size_t rows_before(const struct rnn_packing *packing, size_t t)
{
    return t == 0 ? 0 : packing->batch + packing->offset[t - 1];
}

static size_t rows_after(const struct rnn_packing *packing, size_t t)
{
    return packing->batch + packing->offset[t];
}

static size_t step_blocks(size_t rows)
{
    return (rows + STEP_ROWS - 1) / STEP_ROWS;
}

/* The biases are added here, while the row is in the cache. */
static void forward_rows(void *context, size_t index, size_t thread)
{
    const struct pass *p = context;
    const size_t rows = p->packing->rows[p->t], start = index * STEP_ROWS;
    const size_t end = rows - start < STEP_ROWS ? rows : start + STEP_ROWS;
    const size_t first = p->packing->offset[p->t];
    const float *before = p->run->states + rows_before(p->packing, p->t) * p->row;
    float *after = p->run->states + rows_after(p->packing, p->t) * p->row;

    (void)thread;
    for (size_t r = start; r < end; r++) {
        float *gx = p->run->gx + (first + r) * p->width;
        float *gh = p->cell->separate ? p->run->gh + (first + r) * p->width : gx;

        for (size_t j = 0; j < p->width; j++)
            gx[j] += p->bias_ih[j];
        for (size_t j = 0; j < p->width; j++)
            gh[j] += p->bias_hh[j];
        p->cell->forward(p->hidden, gx, gh, p->extra, before + r * p->row, after + r * p->row,
                         p->run->kept + (first + r) * p->cell->kept * p->hidden);
    }
}

static void forward_layer(struct pass *p, struct tn_pool *pool, bool zero_state)
{
    const struct rnn_packing *packing = p->packing;
    float *products = p->cell->separate ? p->run->gh : p->run->gx;
    const float beta = p->cell->separate ? 0 : 1;

    if (p->cell->separate && zero_state)
        memset(products, 0, packing->batch * p->width * sizeof(float));
    for (p->t = 0; p->t < packing->steps; p->t++) {
        if (p->t > 0 || !zero_state) /* U 0 = 0 */
            tn_gemm(pool, false, true, packing->rows[p->t], p->width, p->hidden, 1,
                    p->run->states + rows_before(packing, p->t) * p->row, p->row, p->weight_hh,
                    p->hidden, beta, products + packing->offset[p->t] * p->width, p->width);
        tn_pool_run(pool, step_blocks(packing->rows[p->t]), forward_rows, p);
    }
}

/* What a layer reads: the inputs, or h of the layer below, through dropout when there is any. */
static void plan_input(const struct rnn_sequence *sequence, struct tn_pool *pool,
                       struct rnn_run *run, size_t l, struct tn_rng *rng, struct tn_arena *arena)
{
    const size_t total = run->packing->total, hidden = sequence->hidden;
    struct rnn_run_layer *layer = &run->layer[l];
    float *dropped;

    if (l == 0) {
        layer->x = run->inputs.x;
        layer->ldx = sequence->input;
        return;
    }
    layer->ldx = sequence->cell->states * hidden;
    if (arena->base)
        layer->x = run->layer[l - 1].states + run->packing->batch * layer->ldx;
    if (!rng || sequence->dropout <= 0)
        return;
    layer->mask = tn_arena_alloc(arena, total * hidden, 1);
    dropped = tn_arena_floats(arena, total * hidden);
    if (!arena->base)
        return;
    rnn_dropout_draw(pool, layer->mask, total * hidden, sequence->dropout, rng);
    rnn_dropout_apply(pool, dropped, hidden, layer->x, layer->ldx, layer->mask, total, hidden,
                      sequence->dropout);
    layer->x = dropped;
    layer->ldx = hidden;
}

static void plan_layer(const struct rnn_sequence *sequence, struct rnn_run *run, size_t l,
                       bool training, struct tn_arena *arena)
{
    const struct rnn_cell_ops *cell = sequence->cell;
    const size_t total = run->packing->total, batch = run->packing->batch;
    const size_t hidden = sequence->hidden;
    struct rnn_run_layer *layer = &run->layer[l];

    layer->gx = tn_arena_floats(arena, total * cell->gates * hidden);
    layer->gh = cell->separate ? tn_arena_floats(arena, total * cell->gates * hidden) : NULL;
    layer->kept = tn_arena_floats(arena, total * cell->kept * hidden);
    layer->states = tn_arena_floats(arena, (batch + total) * cell->states * hidden);
    layer->dstates =
        training ? tn_arena_floats(arena, (batch + total) * cell->states * hidden) : NULL;
}

static void begin_layer(const struct rnn_run *run, const struct pass *p, size_t l)
{
    const size_t floats = p->packing->batch * p->row;

    if (run->inputs.initial)
        memcpy(p->run->states, run->inputs.initial + l * floats, floats * sizeof(float));
    else
        memset(p->run->states, 0, floats * sizeof(float));
    if (p->run->dstates)
        memset(p->run->dstates, 0,
               (p->packing->batch + p->packing->total) * p->row * sizeof(float));
}

/* gx = x W_ih^T for all steps, + v W_v^T in the rows of the first. */
static void input_products(const struct rnn_sequence *sequence, struct tn_pool *pool,
                           const float *theta, const struct rnn_run *run, const struct pass *p,
                           size_t l)
{
    const struct rnn_layer *layer = &sequence->layer[l];

    tn_gemm(pool, false, true, p->packing->total, p->width, layer->input, 1, p->run->x, p->run->ldx,
            theta + layer->weight_ih.offset, layer->input, 0, p->run->gx, p->width);
    if (l == 0 && sequence->first > 0)
        tn_gemm(pool, false, true, p->packing->batch, p->width, sequence->first, 1,
                run->inputs.first, sequence->first, theta + sequence->first_weight.offset,
                sequence->first, 1, p->run->gx, p->width);
}

void rnn_sequence_forward(const struct rnn_sequence *sequence, struct tn_pool *pool,
                          const float *theta, const struct rnn_packing *packing,
                          const struct rnn_inputs *inputs, bool training, struct tn_rng *rng,
                          struct rnn_run *run, struct tn_arena *arena)
{
    const size_t top = sequence->layers - 1, row = sequence->cell->states * sequence->hidden;

    *run = (struct rnn_run){.packing = packing, .inputs = *inputs, .ldh = row};
    for (size_t l = 0; l < sequence->layers; l++) {
        plan_input(sequence, pool, run, l, training ? rng : NULL, arena);
        plan_layer(sequence, run, l, training, arena);
        if (arena->base) {
            struct pass p = pass_of(sequence, theta, run, l);

            begin_layer(run, &p, l);
            input_products(sequence, pool, theta, run, &p, l);
            forward_layer(&p, pool, !inputs->initial);
        }
    }
    if (!arena->base)
        return;
    run->h = run->layer[top].states + packing->batch * row;
    run->dh = training ? run->layer[top].dstates + packing->batch * row : NULL;
}

static void backward_rows(void *context, size_t index, size_t thread)
{
    const struct pass *p = context;
    const size_t rows = p->packing->rows[p->t], start = index * STEP_ROWS;
    const size_t end = rows - start < STEP_ROWS ? rows : start + STEP_ROWS;
    const size_t first = p->packing->offset[p->t];
    const size_t before = rows_before(p->packing, p->t), after = rows_after(p->packing, p->t);
    float *dextra = p->dextra ? p->dextra + index * p->cell->extras * p->hidden : NULL;

    (void)thread;
    for (size_t r = start; r < end; r++) {
        float *gx = p->run->gx + (first + r) * p->width;
        float *gh = p->cell->separate ? p->run->gh + (first + r) * p->width : NULL;

        p->cell->backward(
            p->hidden, gx, gh, p->extra, dextra, p->run->states + (before + r) * p->row,
            p->run->states + (after + r) * p->row,
            p->run->kept + (first + r) * p->cell->kept * p->hidden,
            p->run->dstates + (after + r) * p->row, p->run->dstates + (before + r) * p->row);
    }
}

/* dE/dh_{t-1} += dE/da_t W_hh, from the last step to the first. */
static void backward_steps(struct pass *p, struct tn_pool *pool, bool zero_state)
{
    const struct rnn_packing *packing = p->packing;
    const float *dproducts = p->cell->separate ? p->run->gh : p->run->gx;

    for (p->t = packing->steps; p->t-- > 0;) {
        tn_pool_run(pool, step_blocks(packing->rows[p->t]), backward_rows, p);
        if (p->t > 0 || !zero_state) /* nobody asks for the gradient of a state that is zero */
            tn_gemm(pool, false, false, packing->rows[p->t], p->hidden, p->width, 1,
                    dproducts + packing->offset[p->t] * p->width, p->width, p->weight_hh, p->hidden,
                    1, p->run->dstates + rows_before(packing, p->t) * p->row, p->row);
    }
}

/* h_{t-1} beside dE/da_t for all rows from step `from` on: in place when no sequence ends early
 * (its last state stands in between), else gathered. */
static const float *previous_states(const struct pass *p, size_t from, size_t *ret_ld,
                                    struct tn_arena *arena)
{
    const struct rnn_packing *packing = p->packing;
    float *gathered = tn_arena_floats(arena, packing->total * p->hidden), *to = gathered;

    *ret_ld = p->row;
    if (!arena->base || packing->rows[packing->steps - 1] == packing->batch)
        return p->run->states + rows_before(packing, from) * p->row;
    *ret_ld = p->hidden;
    for (size_t t = from; t < packing->steps; t++) {
        const float *state = p->run->states + rows_before(packing, t) * p->row;

        for (size_t r = 0; r < packing->rows[t]; r++, to += p->hidden)
            memcpy(to, state + r * p->row, p->hidden * sizeof(float));
    }
    return gathered;
}

static void backward_recurrent_weights(const struct rnn_layer *layer, struct tn_pool *pool,
                                       float *dtheta, const struct pass *p, bool zero_state,
                                       struct tn_arena *arena)
{
    const struct rnn_packing *packing = p->packing;
    const float *dproducts = p->cell->separate ? p->run->gh : p->run->gx;
    const size_t from = zero_state ? 1 : 0, skipped = zero_state ? packing->batch : 0;
    size_t ld;

    rnn_bias_backward(pool, dtheta + layer->bias_hh.offset, dproducts, packing->total, p->width);
    if (packing->steps > from) {
        const float *h = previous_states(p, from, &ld, arena);

        tn_gemm(pool, true, false, p->width, p->hidden, packing->total - skipped, 1,
                dproducts + skipped * p->width, p->width, h, ld, 1,
                dtheta + layer->weight_hh.offset, p->hidden);
    }
}

static void backward_input_weights(const struct rnn_sequence *sequence, struct tn_pool *pool,
                                   float *dtheta, const struct rnn_run *run, const struct pass *p,
                                   size_t l)
{
    const struct rnn_layer *layer = &sequence->layer[l];

    rnn_bias_backward(pool, dtheta + layer->bias_ih.offset, p->run->gx, p->packing->total,
                      p->width);
    tn_gemm(pool, true, false, p->width, layer->input, p->packing->total, 1, p->run->gx, p->width,
            p->run->x, p->run->ldx, 1, dtheta + layer->weight_ih.offset, layer->input);
    if (l == 0 && sequence->first > 0)
        tn_gemm(pool, true, false, p->width, sequence->first, p->packing->batch, 1, p->run->gx,
                p->width, run->inputs.first, sequence->first, 1,
                dtheta + sequence->first_weight.offset, sequence->first);
}

/* dE/dx: into the gradient of h of the layer below, or out to the caller. */
static void backward_inputs(const struct rnn_sequence *sequence, struct tn_pool *pool,
                            const float *theta, const struct rnn_run *run, const struct pass *p,
                            size_t l, const struct rnn_input_gradients *gradients)
{
    const struct rnn_layer *layer = &sequence->layer[l];
    const size_t total = p->packing->total;
    float *dx = gradients->x;
    size_t ldx = layer->input;

    if (l == 0 && gradients->first)
        tn_gemm(pool, false, false, p->packing->batch, sequence->first, p->width, 1, p->run->gx,
                p->width, theta + sequence->first_weight.offset, sequence->first, 0,
                gradients->first, sequence->first);
    if (l > 0) {
        dx = run->layer[l - 1].dstates + p->packing->batch * p->row;
        ldx = p->row;
    }
    if (!dx)
        return;
    tn_gemm(pool, false, false, total, layer->input, p->width, 1, p->run->gx, p->width,
            theta + layer->weight_ih.offset, layer->input, 0, dx, ldx);
    if (p->run->mask)
        rnn_dropout_apply(pool, dx, ldx, dx, ldx, p->run->mask, total, layer->input,
                          sequence->dropout);
}

static void backward_layer(const struct rnn_sequence *sequence, struct tn_pool *pool,
                           const float *theta, float *dtheta, struct rnn_run *run, size_t l,
                           const struct rnn_input_gradients *gradients, struct tn_arena *arena)
{
    const struct rnn_layer *layer = &sequence->layer[l];
    const size_t blocks = step_blocks(run->packing->batch);
    const bool zero_state = !run->inputs.initial;
    struct pass p = pass_of(sequence, theta, run, l);

    if (layer->extra.count > 0)
        p.dextra = tn_arena_floats(arena, blocks * layer->extra.count);
    if (!arena->base) {
        tn_arena_floats(arena, run->packing->total * sequence->hidden);
        return;
    }
    if (p.dextra)
        memset(p.dextra, 0, blocks * layer->extra.count * sizeof(float));
    backward_steps(&p, pool, zero_state);
    if (p.dextra)
        rnn_bias_backward(pool, dtheta + layer->extra.offset, p.dextra, blocks, layer->extra.count);
    backward_recurrent_weights(layer, pool, dtheta, &p, zero_state, arena);
    backward_input_weights(sequence, pool, dtheta, run, &p, l);
    backward_inputs(sequence, pool, theta, run, &p, l, gradients);
    if (gradients->initial)
        memcpy(gradients->initial + l * p.packing->batch * p.row, p.run->dstates,
               p.packing->batch * p.row * sizeof(float));
}

void rnn_sequence_backward(const struct rnn_sequence *sequence, struct tn_pool *pool,
                           const float *theta, float *dtheta, struct rnn_run *run,
                           const struct rnn_input_gradients *gradients, struct tn_arena *arena)
{
    for (size_t l = sequence->layers; l-- > 0;) {
        const size_t mark = tn_arena_mark(arena);

        backward_layer(sequence, pool, theta, dtheta, run, l, gradients, arena);
        tn_arena_release(arena, mark);
    }
}
