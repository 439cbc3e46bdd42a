/* SPDX-License-Identifier: MIT */
#include "rnn/step_private.h"

#include "tensor/pointwise.h"

#include <string.h>

/* Rows of a step per task: small, since a step has few rows. */
enum { STEP_ROWS = 8 };

size_t rnn_step_blocks(size_t rows)
{
    return (rows + STEP_ROWS - 1) / STEP_ROWS;
}

static size_t block_end(size_t start, size_t rows)
{
    return rows - start < STEP_ROWS ? rows : start + STEP_ROWS;
}

/* Where the r-th row of a step lies. */
struct row {
    size_t packed;
    float *gx, *gh;            /* gh is gx where W_hh h has no buffer of its own */
    const float *before;       /* states */
    float *after, *new, *kept; /* new: what the cell makes, after zoneout `after` */
    float *dbefore;            /* backward */
    const float *dafter;
};

static struct row row_at(const struct rnn_step *s, size_t r)
{
    const struct rnn_run_direction *run = s->u->run;
    const size_t packed = s->first + r;
    struct row row = {.packed = packed,
                      .gx = run->gx + packed * s->width,
                      .before = run->states + (s->before + r) * s->row,
                      .after = run->states + (s->after + r) * s->row,
                      .kept = run->kept + packed * s->u->cell->kept * s->u->hidden};

    row.gh = run->gh ? run->gh + packed * s->width : row.gx;
    row.new = run->form.new ? run->form.new + packed * s->row : row.after;
    if (run->dstates) {
        row.dbefore = run->dstates + (s->before + r) * s->row;
        row.dafter = run->dstates + (s->after + r) * s->row;
    }
    return row;
}

/* That of a row of products; without n where no backward follows. */
static struct rnn_normal normal_at(const struct rnn_step *s, const struct rnn_normal *normal,
                                   size_t packed)
{
    if (!normal->n)
        return *normal;
    return (struct rnn_normal){normal->n + packed * s->width,
                               normal->scale + packed * s->u->cell->gates};
}

/* gain n + bias in the place of a row of products. */
static void normalise_row(const struct rnn_step *s, float *products,
                          const struct rnn_normal *normal, struct tn_span gain, const float *bias,
                          size_t packed)
{
    const struct rnn_normal kept = normal_at(s, normal, packed);

    rnn_norm_forward(products, kept.n ? &kept : NULL, s->u->pass->theta + gain.offset, bias,
                     s->u->cell->gates, s->u->hidden);
}

/* W_ih x + b_ih and W_hh h + b_hh, each normalised first where they are; the sum of both in gx,
 * unless the cell wants them apart. */
static void complete_products(const struct rnn_step *s, const struct row *row)
{
    const struct rnn_layer *layer = s->u->layer;
    const struct rnn_form_run *form = &s->u->run->form;

    if (s->u->options->layer_norm) {
        normalise_row(s, row->gx, &form->normal_ih, layer->gain_ih, s->bias_ih, row->packed);
        normalise_row(s, row->gh, &form->normal_hh, layer->gain_hh, s->bias_hh, row->packed);
        if (!s->u->cell->separate)
            tn_axpy(row->gx, 1, row->gh, s->width);
        return;
    }
    for (size_t j = 0; j < s->width; j++)
        row->gx[j] += s->bias_ih[j];
    for (size_t j = 0; j < s->width; j++)
        row->gh[j] += s->bias_hh[j];
}

/* What follows the products, while the row is in the cache. */
void rnn_step_forward(void *context, size_t index, size_t thread)
{
    const struct rnn_step *s = context;
    const struct rnn_unroll *u = s->u;
    const size_t start = index * STEP_ROWS, end = block_end(start, s->rows);

    (void)thread;
    for (size_t r = start; r < end; r++) {
        const struct row row = row_at(s, r);

        complete_products(s, &row);
        u->cell->forward(u->hidden, row.gx, row.gh, s->extra, row.before, row.new, row.kept);
        if (u->run->form.new)
            rnn_zones_forward(&u->run->form.zones, row.packed, row.before, row.new, row.after);
        else if (rnn_zoneout_is_on(&u->options->zoneout))
            rnn_zoneout_mean(&u->options->zoneout, u->cell->states, u->hidden, row.before,
                             row.after);
    }
}

/* The sums of block `index`. */
static struct rnn_norm norm_at(const struct rnn_step *s, const struct rnn_norm *norm, size_t index)
{
    return (struct rnn_norm){norm->gain + index * s->width, norm->bias + index * s->width};
}

/* dE/d (W_ih x) and dE/d (W_hh h) from the gradients of what they became. */
static void complete_products_backward(const struct rnn_step *s, const struct row *row,
                                       size_t index)
{
    const struct rnn_unroll *u = s->u;
    const struct rnn_form_run *form = &u->run->form;
    const struct rnn_normal ih = normal_at(s, &form->normal_ih, row->packed);
    const struct rnn_normal hh = normal_at(s, &form->normal_hh, row->packed);
    const struct rnn_norm dih = norm_at(s, &s->backward->norm_ih, index);
    const struct rnn_norm dhh = norm_at(s, &s->backward->norm_hh, index);

    if (!u->cell->separate)
        memcpy(row->gh, row->gx, s->width * sizeof *row->gh);
    rnn_norm_backward(row->gx, &ih, u->pass->theta + u->layer->gain_ih.offset, &dih, u->cell->gates,
                      u->hidden);
    rnn_norm_backward(row->gh, &hh, u->pass->theta + u->layer->gain_hh.offset, &dhh, u->cell->gates,
                      u->hidden);
}

void rnn_step_backward(void *context, size_t index, size_t thread)
{
    const struct rnn_step *s = context;
    const struct rnn_unroll *u = s->u;
    const struct rnn_backward *b = s->backward;
    const size_t start = index * STEP_ROWS, end = block_end(start, s->rows);
    float *dextra = b->dextra ? b->dextra + index * u->cell->extras * u->hidden : NULL;

    (void)thread;
    for (size_t r = start; r < end; r++) {
        const struct row row = row_at(s, r);
        float *dnew = b->dnew ? b->dnew + index * s->row : NULL;

        if (dnew)
            rnn_zones_backward(&u->run->form.zones, row.packed, row.dafter, row.dbefore, dnew);
        u->cell->backward(u->hidden, row.gx, u->cell->separate ? row.gh : NULL, s->extra, dextra,
                          row.before, row.new, row.kept, dnew ? dnew : row.dafter, row.dbefore);
        if (u->options->layer_norm)
            complete_products_backward(s, &row, index);
    }
}
