/* SPDX-License-Identifier: MIT */
#include "rnn/unroll.h"

#include "rnn/kernels.h"
#include "tensor/gemm.h"

#include <string.h>

/* Rows of a step per task: small, since a step has few rows. */
enum { STEP_ROWS = 8 };

/* One step of a pass. */
struct step {
    const struct rnn_unroll *u;
    size_t first, rows;   /* packed rows */
    size_t continuing;    /* how many of them do not begin here */
    size_t before, after; /* rows of states */
    size_t width, row;    /* floats of all gates, of a state */
    const float *bias_ih, *bias_hh, *extra;
    float *dextra; /* [blocks of STEP_ROWS][extras][H]: each block sums on its own */
};

static size_t width_of(const struct rnn_unroll *u)
{
    return u->cell->gates * u->hidden;
}

static size_t state_row(const struct rnn_unroll *u)
{
    return u->cell->states * u->hidden;
}

/* W_hh h meets W_ih x before the cell, unless the cell wants both. */
static float *products_of(const struct rnn_unroll *u)
{
    return u->cell->separate ? u->run->gh : u->run->gx;
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

static struct step step_at(const struct rnn_unroll *u, size_t t)
{
    const struct rnn_layer *layer = u->layer;

    return (struct step){
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

static size_t step_blocks(size_t rows)
{
    return (rows + STEP_ROWS - 1) / STEP_ROWS;
}

static size_t block_end(size_t start, size_t rows)
{
    return rows - start < STEP_ROWS ? rows : start + STEP_ROWS;
}

/* The biases are added here, while the row is in the cache. */
static void forward_rows(void *context, size_t index, size_t thread)
{
    const struct step *s = context;
    const struct rnn_cell_ops *cell = s->u->cell;
    const struct rnn_run_direction *run = s->u->run;
    const size_t start = index * STEP_ROWS, end = block_end(start, s->rows);

    (void)thread;
    for (size_t r = start; r < end; r++) {
        float *gx = run->gx + (s->first + r) * s->width;
        float *gh = cell->separate ? run->gh + (s->first + r) * s->width : gx;

        for (size_t j = 0; j < s->width; j++)
            gx[j] += s->bias_ih[j];
        for (size_t j = 0; j < s->width; j++)
            gh[j] += s->bias_hh[j];
        cell->forward(s->u->hidden, gx, gh, s->extra, run->states + (s->before + r) * s->row,
                      run->states + (s->after + r) * s->row,
                      run->kept + (s->first + r) * cell->kept * s->u->hidden);
    }
}

/* W_hh h: into a buffer of its own, or on W_ih x.  W_hh 0 = 0 is no product. */
static void recurrent_products(const struct step *s, const struct tn_packed *weight)
{
    const struct rnn_unroll *u = s->u;
    const size_t rows = u->zero_state ? s->continuing : s->rows;
    float *products = products_of(u) + s->first * s->width;

    if (rows > 0)
        tn_gemm_packed(u->pass->pool, products, s->width, u->cell->separate ? 0 : 1,
                       tn_plain(u->run->states + s->before * s->row, s->row), weight, rows);
    if (u->cell->separate)
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
        struct step s = step_at(u, u->reverse ? steps - 1 - i : i);

        recurrent_products(&s, &weight);
        tn_pool_run(u->pass->pool, step_blocks(s.rows), forward_rows, &s);
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

static void backward_rows(void *context, size_t index, size_t thread)
{
    const struct step *s = context;
    const struct rnn_cell_ops *cell = s->u->cell;
    const struct rnn_run_direction *run = s->u->run;
    const size_t hidden = s->u->hidden;
    const size_t start = index * STEP_ROWS, end = block_end(start, s->rows);
    float *dextra = s->dextra ? s->dextra + index * cell->extras * hidden : NULL;

    (void)thread;
    for (size_t r = start; r < end; r++)
        cell->backward(
            hidden, run->gx + (s->first + r) * s->width,
            cell->separate ? run->gh + (s->first + r) * s->width : NULL, s->extra, dextra,
            run->states + (s->before + r) * s->row, run->states + (s->after + r) * s->row,
            run->kept + (s->first + r) * cell->kept * hidden,
            run->dstates + (s->after + r) * s->row, run->dstates + (s->before + r) * s->row);
}

/* dE/dh_{t-1} += dE/da_t W_hh, from the last step to the first; nothing is computed for initial
 * states whose gradient nobody asks for. */
static void backward_steps(const struct rnn_unroll *u, float *dextra, float *panels)
{
    struct tn_pool *pool = u->pass->pool;
    const size_t steps = u->packing->steps, width = width_of(u);
    struct tn_packed weight;

    tn_pass_pack(u->pass, &weight, panels,
                 tn_plain(u->pass->theta + u->layer->weight_hh.offset, u->hidden), u->hidden,
                 width);
    for (size_t i = 0; i < steps; i++) {
        struct step s = step_at(u, u->reverse ? i : steps - 1 - i);
        const size_t rows = u->state_wanted ? s.rows : s.continuing;

        s.dextra = dextra;
        tn_pool_run(pool, step_blocks(s.rows), backward_rows, &s);
        if (rows > 0)
            tn_gemm_packed(pool, u->run->dstates + s.before * s.row, s.row, 1,
                           tn_plain(products_of(u) + s.first * width, width), &weight, rows);
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
    if (!u->reverse && packing->rows[packing->steps - 1] < packing->batch) {
        gather_states(u, from, gathered);
        h = gathered;
        ldh = u->hidden;
    }
    tn_pass_gemm(u->pass, u->pass->dtheta + u->layer->weight_hh.offset, u->hidden, 1,
                 tn_turned(products_of(u) + begin * width, width), tn_plain(h, ldh), width,
                 u->hidden, end - begin);
}

void rnn_unroll_backward(const struct rnn_unroll *u)
{
    const struct rnn_layer *layer = u->layer;
    struct tn_pool *pool = u->pass->pool;
    struct tn_arena *arena = u->pass->arena;
    float *dtheta = u->pass->dtheta;
    const size_t blocks = step_blocks(u->packing->batch), total = u->packing->total;
    float *gathered = u->reverse ? NULL : tn_arena_floats(arena, total * u->hidden);
    float *dextra =
        layer->extra.count > 0 ? tn_arena_floats(arena, blocks * layer->extra.count) : NULL;
    float *panels = tn_arena_floats(arena, tn_packed_floats(u->hidden, width_of(u)));

    if (tn_pass_measures(u->pass))
        return;
    if (dextra)
        memset(dextra, 0, blocks * layer->extra.count * sizeof(float));
    backward_steps(u, dextra, panels);
    if (dextra)
        rnn_bias_backward(pool, dtheta + layer->extra.offset, dextra, blocks, layer->extra.count);
    rnn_bias_backward(pool, dtheta + layer->bias_ih.offset, u->run->gx, total, width_of(u));
    rnn_bias_backward(pool, dtheta + layer->bias_hh.offset, products_of(u), total, width_of(u));
    recurrent_weights(u, gathered);
}
