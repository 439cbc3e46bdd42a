/* SPDX-License-Identifier: MIT */
#include "models/reader.h"

#include "rnn/kernels.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Numbers in r. */
static size_t read_width(const struct reader *reader)
{
    return rnn_sequence_directions(&reader->sequence) * reader->config.hidden;
}

static enum tn_status add(struct tn_layout *layout, const char *prefix, const char *name,
                          size_t rank, const size_t *dims, struct tn_span *span,
                          struct tn_error *err)
{
    char full[TN_NAME_SIZE];

    snprintf(full, sizeof full, "%s%s", prefix, name);
    return tn_layout_add(layout, full, rank, dims, span, err);
}

enum tn_status reader_declare(struct reader *reader, const struct reader_config *c,
                              struct tn_layout *layout, const char *prefix, struct tn_error *err)
{
    const size_t embedding[] = {c->vocabulary, c->embedding};
    size_t output[] = {c->classes, 0};
    char name[TN_NAME_SIZE];

    *reader = (struct reader){.config = *c,
                              .sequence = {.cell = c->cell,
                                           .layers = c->layers,
                                           .input = c->embedding,
                                           .hidden = c->hidden,
                                           .bidirectional = c->bidirectional,
                                           .dropout = c->dropout}};
    TN_TRY(add(layout, prefix, "embedding.weight", 2, embedding, &reader->embedding, err));
    snprintf(name, sizeof name, "%srnn.", prefix);
    TN_TRY(rnn_sequence_declare(&reader->sequence, layout, name, NULL, err));
    if (c->classes == 0)
        return TN_OK;
    output[1] = read_width(reader);
    TN_TRY(add(layout, prefix, "output.weight", 2, output, &reader->output, err));
    return add(layout, prefix, "output.bias", 1, output, &reader->output_bias, err);
}

void reader_init(const struct reader *reader, struct tn_rng *rng, float *theta)
{
    tn_rng_fill_uniform(rng, theta + reader->embedding.offset, reader->embedding.count, 0.1F);
    rnn_sequence_init(&reader->sequence, rng, theta);
    if (reader->config.classes > 0)
        tn_rng_fill_uniform(rng, theta + reader->output.offset, reader->output.count,
                            1 / sqrtf((float)read_width(reader)));
}

/* A mask for rows x columns when there is dropout. */
static unsigned char *draw_mask(const struct reader *reader, const struct tn_pass *pass,
                                size_t rows, size_t columns)
{
    const float rate = reader->config.dropout;
    unsigned char *mask;

    if (!pass->dtheta || !pass->rng || rate <= 0)
        return NULL;
    mask = tn_arena_alloc(pass->arena, rows * columns, 1);
    if (!tn_pass_measures(pass))
        rnn_dropout_draw(pass->pool, mask, rows * columns, rate, pass->rng);
    return mask;
}

void reader_forward(const struct reader *reader, const struct tn_pass *pass,
                    const struct reader_batch *batch, struct reader_run *run)
{
    const size_t width = reader->config.embedding;
    struct rnn_inputs inputs = {.x = NULL};
    size_t total;
    float *x;

    *run = (struct reader_run){.tokens = NULL};
    rnn_pack(&run->packing, batch->size, batch->steps, batch->lengths, pass->arena);
    total = run->packing.total;
    run->tokens = tn_arena_ints(pass->arena, total);
    x = tn_arena_floats(pass->arena, total * width);
    run->x_mask = draw_mask(reader, pass, total, width);
    if (!tn_pass_measures(pass)) {
        rnn_pack_tokens(&run->packing, batch->tokens, run->tokens);
        rnn_embed(pass->pool, x, pass->theta + reader->embedding.offset, run->tokens, total, width);
        if (run->x_mask)
            rnn_dropout_apply(pass->pool, x, width, x, width, run->x_mask, total, width,
                              reader->config.dropout);
    }
    inputs.x = x;
    rnn_sequence_forward(&reader->sequence, pass, &run->packing, &inputs, &run->rnn);
}

void reader_backward(const struct reader *reader, const struct tn_pass *pass,
                     struct reader_run *run, const float *dfinal)
{
    const size_t total = run->packing.total, width = reader->config.embedding;
    const struct rnn_gradients gradients = {.final = dfinal,
                                            .x = tn_arena_floats(pass->arena, total * width)};

    rnn_sequence_backward(&reader->sequence, pass, &run->rnn, &gradients);
    if (tn_pass_measures(pass))
        return;
    if (run->x_mask)
        rnn_dropout_apply(pass->pool, gradients.x, width, gradients.x, width, run->x_mask, total,
                          width, reader->config.dropout);
    rnn_embed_backward(pass->pool, pass->dtheta + reader->embedding.offset, gradients.x,
                       run->tokens, total, width);
}

/* The packed row of step t of the r-th sequence. */
static size_t row_of(const struct rnn_packing *packing, size_t r, size_t t)
{
    return packing->offset[t] + r;
}

/*
 * Moves between r of the r-th sequence and the rows of h that it is made of, for direction d:
 * forward r += share * h, backward dh += share * dr.
 */
static void read_row(const struct reader *reader, const struct reader_run *run, size_t row,
                     size_t d, float share, float *r, bool backward)
{
    const size_t hidden = reader->config.hidden, at = row * run->rnn.ldh + d * hidden;

    if (backward)
        tn_axpy(run->rnn.dh + at, share, r + d * hidden, hidden);
    else
        tn_axpy(r + d * hidden, share, run->rnn.h + at, hidden);
}

static void read_out(const struct reader *reader, const struct reader_run *run,
                     const struct reader_batch *batch, size_t sequence, float *r, bool backward)
{
    const struct rnn_packing *packing = &run->packing;
    const size_t caller = packing->order[sequence], length = batch->lengths[caller];

    for (size_t d = 0; d < rnn_sequence_directions(&reader->sequence); d++) {
        const size_t last = d == 0 ? length - 1 : 0;

        if (reader->config.readout == READ_MEAN)
            for (size_t t = 0; t < length; t++)
                read_row(reader, run, row_of(packing, sequence, t), d, 1 / (float)length, r,
                         backward);
        else
            read_row(reader, run,
                     row_of(packing, sequence,
                            reader->config.readout == READ_PLACE ? batch->places[caller] : last),
                     d, 1, r, backward);
    }
}

/* The answer's layer, in one call of reader_loss. */
struct answer {
    const struct reader *reader;
    const struct tn_pass *pass;
    const struct reader_batch *batch;
    float *r, *dr, *logits; /* [size] rows in packed order */
    unsigned char *mask;
    int *targets;
    double *nll;
};

static void answer_forward(struct answer *a, const struct reader_run *run)
{
    const struct reader *reader = a->reader;
    const size_t width = read_width(reader), size = a->batch->size;

    memset(a->r, 0, size * width * sizeof(float));
    for (size_t i = 0; i < size; i++) {
        read_out(reader, run, a->batch, i, a->r + i * width, false);
        a->targets[i] = a->batch->targets ? a->batch->targets[run->packing.order[i]] : 0;
    }
    if (a->mask)
        rnn_dropout_apply(a->pass->pool, a->r, width, a->r, width, a->mask, size, width,
                          reader->config.dropout);
    tn_gemm(a->pass->pool, false, true, size, reader->config.classes, width, 1, a->r, width,
            a->pass->theta + reader->output.offset, width, 0, a->logits, reader->config.classes);
}

static void answer_backward(struct answer *a, const struct reader_run *run)
{
    const struct reader *reader = a->reader;
    const size_t width = read_width(reader), size = a->batch->size;
    const size_t classes = reader->config.classes;

    tn_gemm(a->pass->pool, true, false, classes, width, size, 1, a->logits, classes, a->r, width, 1,
            a->pass->dtheta + reader->output.offset, width);
    rnn_bias_backward(a->pass->pool, a->pass->dtheta + reader->output_bias.offset, a->logits, size,
                      classes);
    tn_gemm(a->pass->pool, false, false, size, width, classes, 1, a->logits, classes,
            a->pass->theta + reader->output.offset, width, 0, a->dr, width);
    if (a->mask)
        rnn_dropout_apply(a->pass->pool, a->dr, width, a->dr, width, a->mask, size, width,
                          reader->config.dropout);
    for (size_t i = 0; i < size; i++)
        read_out(reader, run, a->batch, i, a->dr + i * width, true);
}

/* p = softmax(logits + bias), in the caller's order of the texts. */
static void write_probabilities(const struct answer *a, const struct reader_run *run, float *p)
{
    const size_t classes = a->reader->config.classes;

    for (size_t i = 0; i < a->batch->size; i++) {
        float *to = p + run->packing.order[i] * classes;
        float *row = a->logits + i * classes;

        tn_axpy(row, 1, a->pass->theta + a->reader->output_bias.offset, classes);
        const float total = tn_logsumexp(row, classes);

        for (size_t j = 0; j < classes; j++)
            to[j] = row[j] - total;
        tn_exp(to, to, classes);
    }
}

static struct answer plan_answer(const struct reader *reader, const struct tn_pass *pass,
                                 const struct reader_batch *batch)
{
    struct tn_arena *arena = pass->arena;
    const size_t width = read_width(reader), size = batch->size;

    return (struct answer){.reader = reader,
                           .pass = pass,
                           .batch = batch,
                           .r = tn_arena_floats(arena, size * width),
                           .dr = tn_arena_floats(arena, size * width),
                           .logits = tn_arena_floats(arena, size * reader->config.classes),
                           .mask = draw_mask(reader, pass, size, width),
                           .targets = tn_arena_ints(arena, size),
                           .nll = tn_arena_alloc(arena, size, sizeof(double))};
}

/* Of a run that was backpropagated through: dstates has `size` rows before those of the steps. */
static void write_norms(const struct reader *reader, const struct reader_run *run, double *norms)
{
    const size_t row = reader->config.cell->states * reader->config.hidden;
    const size_t size = run->packing.batch;
    const float *dstates =
        run->rnn.layer[reader->config.layers - 1].direction[0].dstates + size * row;

    for (size_t t = 0; t < run->packing.steps; t++) {
        norms[t] = 0;
        for (size_t r = 0; r < size; r++) {
            const float *ds = dstates + (run->packing.offset[t] + r) * row;

            norms[t] += sqrt((double)tn_dot(ds, ds, row)) / (double)size;
        }
    }
}

static double run_loss(const struct reader *reader, const struct tn_pass *pass,
                       const struct reader_batch *batch, float scale, float *probabilities,
                       double *norms)
{
    const size_t mark = tn_arena_mark(pass->arena), classes = reader->config.classes;
    const bool training = pass->dtheta != NULL, measures = tn_pass_measures(pass);
    struct reader_run run;
    struct answer a;
    double total = 0;

    reader_forward(reader, pass, batch, &run);
    a = plan_answer(reader, pass, batch);
    if (!measures) {
        answer_forward(&a, &run);
        if (probabilities && !training)
            write_probabilities(&a, &run, probabilities);
        else
            rnn_softmax_loss(pass->pool, a.logits, pass->theta + reader->output_bias.offset,
                             a.targets, batch->size, classes, training, scale, 0, a.nll);
        if (training)
            answer_backward(&a, &run);
    }
    for (size_t i = 0; !measures && batch->targets && i < batch->size; i++)
        total += probabilities && !training
                     ? -log((double)probabilities[i * classes + (size_t)batch->targets[i]] + 1e-30)
                     : a.nll[i];
    if (training)
        reader_backward(reader, pass, &run, NULL);
    if (norms && !measures)
        write_norms(reader, &run, norms);
    tn_arena_release(pass->arena, mark);
    return total;
}

double reader_loss(const struct reader *reader, const struct tn_pass *pass,
                   const struct reader_batch *batch, float scale, float *probabilities)
{
    return run_loss(reader, pass, batch, scale, probabilities, NULL);
}

double reader_gradient_norms(const struct reader *reader, const struct tn_pass *pass,
                             const struct reader_batch *batch, double *norms)
{
    return run_loss(reader, pass, batch, 1, NULL, norms);
}
