/* SPDX-License-Identifier: MIT */
#include "rnn/unroll.h"

#include "rnn/kernels.h"
#include "rnn/step_private.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <string.h>

static size_t width_of(const struct rnn_unroll *u)
{
    return u->cell->gates * u->hidden;
}

static size_t state_row(const struct rnn_unroll *u)
{
    return u->cell->states * u->hidden;
}

bool rnn_keeps_gh(const struct rnn_cell_ops *cell, const struct rnn_options *options)
{
    return cell->separate || options->layer_norm;
}

/* W_hh h meets W_ih x before the cell, unless both are wanted. */
static float *products_of(const struct rnn_unroll *u)
{
    return u->run->gh ? u->run->gh : u->run->gx;
}

static size_t early_rows(const struct rnn_packing *packing, size_t t)
{
    return t == 0 ? 0 : packing->batch + packing->offset[t - 1];
}

static size_t late_rows(const struct rnn_packing *packing, size_t t)
{
    return packing->batch + packing->offset[t];
}

size_t rnn_written_rows(const struct rnn_packing *packing, bool reverse, size_t t)
{
    return reverse ? early_rows(packing, t) : late_rows(packing, t);
}

static size_t rows_before(const struct rnn_packing *packing, bool reverse, size_t t)
{
    return rnn_written_rows(packing, !reverse, t);
}

size_t rnn_initial_row(const struct rnn_packing *packing, bool reverse, size_t r)
{
    return reverse ? packing->batch + packing->last[r] : r;
}

size_t rnn_final_row(const struct rnn_packing *packing, bool reverse, size_t r)
{
    return rnn_initial_row(packing, !reverse, r);
}

/* How many sequences come to step t from another one; the rest begin there. */
static size_t continuing_rows(const struct rnn_packing *packing, bool reverse, size_t t)
{
    if (reverse)
        return t + 1 < packing->steps ? packing->rows[t + 1] : 0;
    return t > 0 ? packing->rows[t] : 0;
}

static struct rnn_step step_at(const struct rnn_unroll *u, size_t t)
{
    const struct rnn_layer *layer = u->layer;

    return (struct rnn_step){
        .u = u,
        .first = u->packing->offset[t],
        .rows = u->packing->rows[t],
        .continuing = continuing_rows(u->packing, u->reverse, t),
        .before = rows_before(u->packing, u->reverse, t),
        .after = rnn_written_rows(u->packing, u->reverse, t),
        .width = width_of(u),
        .row = state_row(u),
        .bias_ih = u->pass->theta + layer->bias_ih.offset,
        .bias_hh = u->pass->theta + layer->bias_hh.offset,
        .extra = layer->extra.count > 0 ? u->pass->theta + layer->extra.offset : NULL,
    };
}

/* The first rows of a step of a dropout that is drawn per sequence. */
static struct rnn_dropout dropout_of(const struct rnn_unroll *u, size_t rows)
{
    struct rnn_dropout dropout = u->run->form.dropout;

    dropout.rows = rows;
    return dropout;
}

/* h_{t-1} as W_hh reads it. */
static struct tn_factor recurrent_input(const struct rnn_step *s)
{
    const struct rnn_unroll *u = s->u;
    const float *h = u->run->states + s->before * s->row;
    const struct rnn_dropout dropout = dropout_of(u, s->rows);
    float *dropped = u->run->form.dropped;

    if (!dropped)
        return tn_plain(h, s->row);
    dropped += s->first * u->hidden;
    rnn_dropout_apply(u->pass->pool, dropped, u->hidden, h, s->row, &dropout);
    return tn_plain(dropped, u->hidden);
}

/* W_hh h: into a buffer of its own, or on W_ih x.  W_hh 0 = 0 is no product. */
static void recurrent_products(const struct rnn_step *s, const struct tn_packed *weight)
{
    const struct rnn_unroll *u = s->u;
    const size_t rows = u->zero_state ? s->continuing : s->rows;
    float *products = products_of(u) + s->first * s->width;

    if (rows > 0)
        tn_gemm_packed(u->pass->pool, products, s->width, u->run->gh ? 0 : 1, recurrent_input(s),
                       weight, rows);
    if (u->run->gh)
        memset(products + rows * s->width, 0, (s->rows - rows) * s->width * sizeof(float));
}

/* All steps; packed W_hh goes into panels. */
static void forward_steps(const struct rnn_unroll *u, float *panels)
{
    const size_t steps = u->packing->steps, width = width_of(u);
    struct tn_packed weight;

    tn_pass_pack(u->pass, &weight, panels,
                 tn_turned(u->pass->theta + u->layer->weight_hh.offset, u->hidden), width,
                 u->hidden);
    for (size_t i = 0; i < steps; i++) {
        struct rnn_step s = step_at(u, u->reverse ? steps - 1 - i : i);

        recurrent_products(&s, &weight);
        tn_pool_run(u->pass->pool, rnn_step_blocks(s.rows), rnn_step_forward, &s);
    }
}

void rnn_unroll_forward(const struct rnn_unroll *u)
{
    struct tn_arena *arena = u->pass->arena;
    const size_t mark = tn_arena_mark(arena);
    float *panels = tn_arena_floats(arena, tn_packed_floats(width_of(u), u->hidden));

    if (!tn_pass_measures(u->pass))
        forward_steps(u, panels);
    tn_arena_release(arena, mark);
}

/* dE/dh_{t-1} += dE/da_t W_hh, past the dropout on h_{t-1} */
static void recurrent_gradients(const struct rnn_step *s, const struct tn_packed *weight,
                                size_t rows)
{
    const struct rnn_unroll *u = s->u;
    const struct tn_factor da = tn_plain(products_of(u) + s->first * s->width, s->width);
    const struct rnn_dropout dropout = dropout_of(u, rows);
    float *dbefore = u->run->dstates + s->before * s->row, *dh = s->backward->dh;

    if (!dh) {
        tn_gemm_packed(u->pass->pool, dbefore, s->row, 1, da, weight, rows);
        return;
    }
    tn_gemm_packed(u->pass->pool, dh, u->hidden, 0, da, weight, rows);
    rnn_dropout_apply(u->pass->pool, dh, u->hidden, dh, u->hidden, &dropout);
    for (size_t r = 0; r < rows; r++)
        tn_axpy(dbefore + r * s->row, 1, dh + r * u->hidden, u->hidden);
}

/* From the last step to the first; nothing is computed for initial states whose gradient nobody
 * asks for. */
static void backward_steps(const struct rnn_unroll *u, const struct rnn_backward *backward,
                           float *panels)
{
    const size_t steps = u->packing->steps, width = width_of(u);
    struct tn_packed weight;

    tn_pass_pack(u->pass, &weight, panels,
                 tn_plain(u->pass->theta + u->layer->weight_hh.offset, u->hidden), u->hidden,
                 width);
    for (size_t i = 0; i < steps; i++) {
        struct rnn_step s = step_at(u, u->reverse ? i : steps - 1 - i);
        const size_t rows = u->state_wanted ? s.rows : s.continuing;

        s.backward = backward;
        tn_pool_run(u->pass->pool, rnn_step_blocks(s.rows), rnn_step_backward, &s);
        if (rows > 0)
            recurrent_gradients(&s, &weight, rows);
    }
}

/* h_{t-1} beside dE/da_t, gathered over the packed rows from step `from` on. */
static void gather_states(const struct rnn_unroll *u, size_t from, float *to)
{
    for (size_t t = from; t < u->packing->steps; t++) {
        const float *states =
            u->run->states + rows_before(u->packing, u->reverse, t) * state_row(u);

        for (size_t r = 0; r < u->packing->rows[t]; r++, to += u->hidden)
            memcpy(to, states + r * state_row(u), u->hidden * sizeof(float));
    }
}

/*
 * dE/dW_hh += sum over t of dE/da_t^T h_{t-1}, one product over packed rows; those whose h_{t-1} is
 * zero lie at an end and are left out.  The states before lie packed in the reverse direction, and
 * also forwards when no sequence ends early (its last state stands in between); else they are
 * gathered.
 */
static void recurrent_weights(const struct rnn_unroll *u, float *gathered)
{
    const struct rnn_packing *packing = u->packing;
    const size_t from = u->zero_state && !u->reverse ? 1 : 0;
    const size_t to = u->zero_state && u->reverse ? packing->steps - 1 : packing->steps;
    const size_t width = width_of(u);
    size_t begin, end, ldh = state_row(u);
    const float *h;

    if (from >= to)
        return;
    begin = packing->offset[from];
    end = to < packing->steps ? packing->offset[to] : packing->total;
    h = u->run->states + rows_before(packing, u->reverse, from) * ldh;
    if (u->run->form.dropped) {
        h = u->run->form.dropped + begin * u->hidden;
        ldh = u->hidden;
    } else if (!u->reverse && packing->rows[packing->steps - 1] < packing->batch) {
        gather_states(u, from, gathered);
        h = gathered;
        ldh = u->hidden;
    }
    tn_pass_gemm(u->pass, u->pass->dtheta + u->layer->weight_hh.offset, u->hidden, 1,
                 tn_turned(products_of(u) + begin * width, width), tn_plain(h, ldh), width,
                 u->hidden, end - begin);
}

static float *zeros(struct tn_arena *arena, size_t count)
{
    float *floats = tn_arena_floats(arena, count);

    if (floats)
        memset(floats, 0, count * sizeof *floats);
    return floats;
}

static struct rnn_backward plan_backward(const struct rnn_unroll *u, size_t blocks)
{
    struct tn_arena *arena = u->pass->arena;
    const struct rnn_form_run *form = &u->run->form;
    const size_t sums = u->options->layer_norm ? blocks * width_of(u) : 0;
    struct rnn_backward b = {.dextra = NULL};

    if (u->layer->extra.count > 0)
        b.dextra = zeros(arena, blocks * u->layer->extra.count);
    if (u->options->layer_norm) {
        b.norm_ih = (struct rnn_norm){zeros(arena, sums), zeros(arena, sums)};
        b.norm_hh = (struct rnn_norm){zeros(arena, sums), zeros(arena, sums)};
    }
    if (rnn_zoneout_is_on(&u->options->zoneout))
        b.dnew = tn_arena_floats(arena, blocks * state_row(u));
    if (form->dropout.rate > 0)
        b.dh = tn_arena_floats(arena, u->packing->batch * u->hidden);
    return b;
}

/* dtheta += the sums over all rows of the parameters that meet no matrix. */
static void sum_rows(const struct rnn_unroll *u, const struct rnn_backward *b, size_t blocks)
{
    const struct rnn_layer *layer = u->layer;
    struct tn_pool *pool = u->pass->pool;
    float *dtheta = u->pass->dtheta;
    const size_t total = u->packing->total, width = width_of(u);

    if (b->dextra)
        rnn_bias_backward(pool, dtheta + layer->extra.offset, b->dextra, blocks,
                          layer->extra.count);
    if (u->options->layer_norm) {
        rnn_bias_backward(pool, dtheta + layer->gain_ih.offset, b->norm_ih.gain, blocks, width);
        rnn_bias_backward(pool, dtheta + layer->gain_hh.offset, b->norm_hh.gain, blocks, width);
        rnn_bias_backward(pool, dtheta + layer->bias_ih.offset, b->norm_ih.bias, blocks, width);
        rnn_bias_backward(pool, dtheta + layer->bias_hh.offset, b->norm_hh.bias, blocks, width);
    } else {
        rnn_bias_backward(pool, dtheta + layer->bias_ih.offset, u->run->gx, total, width);
        rnn_bias_backward(pool, dtheta + layer->bias_hh.offset, products_of(u), total, width);
    }
}

void rnn_unroll_backward(const struct rnn_unroll *u)
{
    struct tn_arena *arena = u->pass->arena;
    const size_t blocks = rnn_step_blocks(u->packing->batch);
    float *gathered = u->reverse ? NULL : tn_arena_floats(arena, u->packing->total * u->hidden);
    const struct rnn_backward backward = plan_backward(u, blocks);
    float *panels = tn_arena_floats(arena, tn_packed_floats(u->hidden, width_of(u)));

    if (tn_pass_measures(u->pass))
        return;
    backward_steps(u, &backward, panels);
    sum_rows(u, &backward, blocks);
    recurrent_weights(u, gathered);
}
