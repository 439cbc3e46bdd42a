/* SPDX-License-Identifier: MIT */
#include "models/reader.h"

#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <string.h>

/* Numbers in r. */
static size_t read_width(const struct reader *reader)
{
    return rnn_sequence_directions(&reader->net.sequence) * reader->config.hidden;
}

enum tn_status reader_declare(struct reader *reader, const struct reader_config *c,
                              struct tn_layout *layout, const char *prefix, struct tn_error *err)
{
    size_t output[] = {c->classes, 0};

    *reader = (struct reader){.config = *c,
                              .net.deviation = c->embedding_deviation,
                              .net.scale = 1,
                              .net.sequence = {.cell = c->cell,
                                               .layers = c->layers,
                                               .input = c->embedding,
                                               .hidden = c->hidden,
                                               .bidirectional = c->bidirectional,
                                               .dropout = c->dropout,
                                               .options = c->options}};
    TN_TRY(word_net_declare_embedding(&reader->net, c->vocabulary, layout, prefix, err));
    TN_TRY(word_net_declare_sequence(&reader->net, layout, prefix, err));
    if (c->classes == 0)
        return TN_OK;
    output[1] = read_width(reader);
    TN_TRY(tn_layout_add_behind(layout, prefix, "output.weight", 2, output, &reader->output, err));
    return tn_layout_add_behind(layout, prefix, "output.bias", 1, output, &reader->output_bias,
                                err);
}

void reader_init(const struct reader *reader, struct tn_rng *rng, float *theta)
{
    word_net_init_embedding(&reader->net, rng, theta);
    rnn_sequence_init(&reader->net.sequence, rng, theta);
    if (reader->config.classes > 0)
        tn_rng_fill_uniform(rng, theta + reader->output.offset, reader->output.count,
                            1 / sqrtf((float)read_width(reader)));
}

void reader_forward(const struct reader *reader, const struct tn_pass *pass,
                    const struct reader_batch *batch, struct word_run *run)
{
    rnn_pack(&run->packing, batch->size, batch->steps, batch->lengths, pass->arena);
    word_net_embed(&reader->net, pass, batch->tokens, run);
    word_net_forward(&reader->net, pass, NULL, NULL, run);
}

/* Where in a text reading begins, in direction d. */
static size_t first_step(const struct reader *reader, const struct reader_batch *batch, size_t text,
                         size_t d)
{
    if (reader->config.readout == READ_PLACE)
        return batch->places[text];
    return reader->config.readout == READ_LAST && d == 0 ? batch->lengths[text] - 1 : 0;
}

static size_t read_steps(const struct reader *reader, const struct reader_batch *batch, size_t text)
{
    return reader->config.readout == READ_MEAN ? batch->lengths[text] : 1;
}

void reader_read_out(const struct reader *reader, const struct rnn_packing *packing,
                     const struct reader_batch *batch, size_t i, const float *h, size_t ldh,
                     float *r)
{
    const size_t text = packing->order[i], hidden = reader->config.hidden;
    const size_t steps = read_steps(reader, batch, text);

    memset(r, 0, read_width(reader) * sizeof *r);
    for (size_t d = 0; d < rnn_sequence_directions(&reader->net.sequence); d++, r += hidden) {
        const size_t first = first_step(reader, batch, text, d);

        for (size_t t = first; t < first + steps; t++)
            tn_axpy(r, 1 / (float)steps, h + (packing->offset[t] + i) * ldh + d * hidden, hidden);
    }
}

/* Backward: dh += share * dr. */
static void read_out_backward(const struct reader *reader, const struct word_run *run,
                              const struct reader_batch *batch, size_t i, const float *dr)
{
    const struct rnn_packing *packing = &run->packing;
    const size_t text = packing->order[i], hidden = reader->config.hidden;
    const size_t steps = read_steps(reader, batch, text);

    for (size_t d = 0; d < rnn_sequence_directions(&reader->net.sequence); d++, dr += hidden) {
        const size_t first = first_step(reader, batch, text, d);

        for (size_t t = first; t < first + steps; t++)
            tn_axpy(run->rnn.dh + (packing->offset[t] + i) * run->rnn.ldh + d * hidden,
                    1 / (float)steps, dr, hidden);
    }
}

/* The answer's layer, in one call of reader_loss. */
struct answer {
    const struct reader *reader;
    const struct tn_pass *pass;
    const struct reader_batch *batch;
    float *r, *dr, *logits; /* [size] rows in packed order */
    struct rnn_dropout dropout;
    int *targets;
    double *nll;
};

static void answer_forward(struct answer *a, const struct word_run *run)
{
    const struct reader *reader = a->reader;
    const size_t width = read_width(reader), size = a->batch->size;

    for (size_t i = 0; i < size; i++) {
        reader_read_out(reader, &run->packing, a->batch, i, run->rnn.h, run->rnn.ldh,
                        a->r + i * width);
        a->targets[i] = a->batch->targets ? a->batch->targets[run->packing.order[i]] : 0;
    }
    rnn_dropout_apply(a->pass->pool, a->r, width, a->r, width, &a->dropout);
    tn_pass_gemm(a->pass, a->logits, reader->config.classes, 0, tn_plain(a->r, width),
                 tn_turned(a->pass->theta + reader->output.offset, width), size,
                 reader->config.classes, width);
}

static void answer_backward(struct answer *a, const struct word_run *run)
{
    const struct reader *reader = a->reader;
    const size_t width = read_width(reader), size = a->batch->size;
    const size_t classes = reader->config.classes;

    tn_pass_gemm(a->pass, a->pass->dtheta + reader->output.offset, width, 1,
                 tn_turned(a->logits, classes), tn_plain(a->r, width), classes, width, size);
    rnn_bias_backward(a->pass->pool, a->pass->dtheta + reader->output_bias.offset, a->logits, size,
                      classes);
    tn_pass_gemm(a->pass, a->dr, width, 0, tn_plain(a->logits, classes),
                 tn_plain(a->pass->theta + reader->output.offset, width), size, width, classes);
    rnn_dropout_apply(a->pass->pool, a->dr, width, a->dr, width, &a->dropout);
    for (size_t i = 0; i < size; i++)
        read_out_backward(reader, run, a->batch, i, a->dr + i * width);
}

static void softmax_answer(struct answer *a, float scale)
{
    const struct rnn_softmax softmax = {.bias = a->pass->theta + a->reader->output_bias.offset,
                                        .targets = a->targets,
                                        .rows = a->batch->size,
                                        .classes = a->reader->config.classes,
                                        .gradient = a->pass->dtheta != NULL,
                                        .scale = scale};

    rnn_softmax_loss(a->pass->pool, a->logits, a->nll, &softmax);
}

/* p = softmax(logits + bias), in the caller's order of the texts. */
static void write_probabilities(const struct answer *a, const struct word_run *run, float *p)
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
                           .dropout = rnn_dropout_draw(pass, size, width, reader->config.dropout),
                           .targets = tn_arena_ints(arena, size),
                           .nll = tn_arena_alloc(arena, size, sizeof(double))};
}

/* In double: squares of a gradient that vanishes would be 0 in float32 long before it is. */
static double norm(const float *x, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

/* Of a run that was backpropagated through: dstates has `size` rows before those of the steps. */
static void write_norms(const struct reader *reader, const struct word_run *run, double *norms)
{
    const size_t row = reader->config.cell->states * reader->config.hidden;
    const size_t size = run->packing.batch;
    const float *dstates =
        run->rnn.layer[reader->config.layers - 1].direction[0].dstates + size * row;

    for (size_t t = 0; t < run->packing.steps; t++) {
        norms[t] = 0;
        for (size_t r = 0; r < size; r++) {
            const float *ds = dstates + (run->packing.offset[t] + r) * row;

            norms[t] += norm(ds, row) / (double)size;
        }
    }
}

static double run_loss(const struct reader *reader, const struct tn_pass *pass,
                       const struct reader_batch *batch, float scale, float *probabilities,
                       double *norms)
{
    const size_t mark = tn_arena_mark(pass->arena), classes = reader->config.classes;
    const bool training = pass->dtheta != NULL, measures = tn_pass_measures(pass);
    struct word_run run;
    struct answer a;
    double total = 0;

    reader_forward(reader, pass, batch, &run);
    a = plan_answer(reader, pass, batch);
    if (!measures) {
        answer_forward(&a, &run);
        if (probabilities && !training)
            write_probabilities(&a, &run, probabilities);
        else
            softmax_answer(&a, scale);
        if (training)
            answer_backward(&a, &run);
    }
    for (size_t i = 0; !measures && batch->targets && i < batch->size; i++)
        total += probabilities && !training
                     ? -log((double)probabilities[i * classes + (size_t)batch->targets[i]] + 1e-30)
                     : a.nll[i];
    if (training)
        word_net_backward(&reader->net, pass, &run, (struct rnn_gradients){.x = NULL});
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
