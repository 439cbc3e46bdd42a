/* SPDX-License-Identifier: MIT */
#include "models/decoder.h"

#include "rnn/kernels.h"
#include "rnn/sequence.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of logits in memory at a time: enough for the products to run at full speed, few enough to
 * stay in the cache between them. */
enum { LOGIT_ROWS = 512 };

struct decoder {
    struct decoder_config config;
    struct tn_layout layout;
    struct rnn_sequence sequence;
    struct tn_span embedding, output, output_bias;
    struct tn_span image_hidden, image_bias; /* empty without hidden units */
};

static enum tn_status declare(struct decoder *decoder, const char *prefix, struct tn_error *err)
{
    const struct decoder_config *c = &decoder->config;
    const size_t embedding[] = {c->vocabulary, c->embedding}, output[] = {c->vocabulary, c->hidden};
    char name[TN_NAME_SIZE], first[TN_NAME_SIZE];

    if (strlen(prefix) > TN_NAME_SIZE / 2)
        return tn_fail(err, TN_RANGE, "the tensor name prefix %s is too long", prefix);
    snprintf(name, sizeof name, "%sembedding.weight", prefix);
    TN_TRY(tn_layout_add(&decoder->layout, name, 2, embedding, &decoder->embedding, err));
    decoder->sequence =
        (struct rnn_sequence){.cell = c->cell,
                              .layers = c->layers,
                              .input = c->embedding,
                              .hidden = c->hidden,
                              .first = c->image_hidden > 0 ? c->image_hidden : c->features,
                              .dropout = c->dropout};
    if (c->image_hidden > 0) {
        snprintf(name, sizeof name, "%simage.hidden.weight", prefix);
        TN_TRY(tn_layout_add(&decoder->layout, name, 2, (size_t[]){c->image_hidden, c->features},
                             &decoder->image_hidden, err));
        snprintf(name, sizeof name, "%simage.hidden.bias", prefix);
        TN_TRY(
            tn_layout_add(&decoder->layout, name, 1, &c->image_hidden, &decoder->image_bias, err));
    }
    snprintf(name, sizeof name, "%srnn.", prefix);
    snprintf(first, sizeof first, "%simage.weight", prefix);
    TN_TRY(rnn_sequence_declare(&decoder->sequence, &decoder->layout, name, first, err));
    snprintf(name, sizeof name, "%soutput.weight", prefix);
    TN_TRY(tn_layout_add(&decoder->layout, name, 2, output, &decoder->output, err));
    snprintf(name, sizeof name, "%soutput.bias", prefix);
    return tn_layout_add(&decoder->layout, name, 1, output, &decoder->output_bias, err);
}

enum tn_status decoder_create(const struct decoder_config *config, const char *prefix,
                              struct decoder **ret_decoder, struct tn_error *err)
{
    struct decoder *decoder = calloc(1, sizeof *decoder);
    enum tn_status status;

    if (!decoder)
        return tn_fail_nomem(err, sizeof *decoder);
    decoder->config = *config;
    if (config->vocabulary < 1 || config->vocabulary > INT32_MAX)
        status = tn_fail(err, TN_RANGE, "a decoder of %zu words", config->vocabulary);
    else if (!(config->dropout >= 0 && config->dropout < 1 && config->image_dropout >= 0 &&
               config->image_dropout < 1))
        status = tn_fail(err, TN_RANGE, "dropout %g and %g; expected 0 or more and below 1",
                         (double)config->dropout, (double)config->image_dropout);
    else if (config->image_hidden > 0 && config->features == 0)
        status = tn_fail(err, TN_RANGE, "%zu units for features that are not there",
                         config->image_hidden);
    else
        status = declare(decoder, prefix, err);
    if (status != TN_OK) {
        decoder_destroy(decoder);
        return status;
    }
    *ret_decoder = decoder;
    return TN_OK;
}

void decoder_destroy(struct decoder *decoder)
{
    if (!decoder)
        return;
    tn_layout_finish(&decoder->layout);
    free(decoder);
}

const struct decoder_config *decoder_config(const struct decoder *decoder)
{
    return &decoder->config;
}

size_t decoder_state_floats(const struct decoder *decoder, size_t size)
{
    return rnn_sequence_state_floats(&decoder->sequence, size);
}

const struct tn_layout *decoder_layout(const struct decoder *decoder)
{
    return &decoder->layout;
}

void decoder_init(const struct decoder *decoder, struct tn_rng *rng, float *theta)
{
    const float limit = 1 / sqrtf((float)decoder->config.hidden);

    memset(theta, 0, decoder->layout.floats * sizeof(float));
    tn_rng_fill_uniform(rng, theta + decoder->embedding.offset, decoder->embedding.count, 0.1F);
    /* keeps the variance of features whose mean square is 1 (He et al. 2015) */
    tn_rng_fill_uniform(rng, theta + decoder->image_hidden.offset, decoder->image_hidden.count,
                        sqrtf(6 / (float)(decoder->config.features + 1)));
    rnn_sequence_init(&decoder->sequence, rng, theta);
    tn_rng_fill_uniform(rng, theta + decoder->output.offset, decoder->output.count, limit);
}

/* One call of decoder_loss. */
struct loss {
    const struct decoder *decoder;
    const struct tn_pass *pass;
    float scale, smoothing;
    struct rnn_packing packing;
    int *inputs, *targets;     /* [total] */
    float *x, *features, *top; /* after dropout; top NULL: none */
    float *hidden;             /* relu(U V + b) after dropout; NULL: none */
    unsigned char *x_mask, *features_mask, *hidden_mask, *top_mask; /* NULL: no dropout */
    float *weights;                                                 /* [total]; NULL: 1 */
    double *nll;                                                    /* [total] */
};

/* A mask for rows x columns when there is dropout at this rate. */
static unsigned char *draw_mask(struct loss *loss, size_t rows, size_t columns, float rate)
{
    const struct tn_pass *pass = loss->pass;
    unsigned char *mask;

    if (!pass->dtheta || !pass->rng || rate <= 0)
        return NULL;
    mask = tn_arena_alloc(pass->arena, rows * columns, 1);
    if (!tn_pass_measures(pass))
        rnn_dropout_draw(pass->pool, mask, rows * columns, rate, pass->rng);
    return mask;
}

/* A caption's weight is that of each of its rows. */
static void pack_weights(struct loss *loss, const float *weights)
{
    const struct rnn_packing *packing = &loss->packing;

    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            loss->weights[packing->offset[t] + r] = weights[packing->order[r]];
}

/* The layer between V and W_v. */
static void image_forward(struct loss *loss)
{
    const struct decoder *d = loss->decoder;
    const size_t rows = loss->packing.batch, units = d->config.image_hidden;

    if (units == 0)
        return;
    loss->hidden = tn_arena_floats(loss->pass->arena, rows * units);
    loss->hidden_mask = draw_mask(loss, rows, units, d->config.dropout);
    if (tn_pass_measures(loss->pass))
        return;
    tn_gemm(loss->pass->pool, false, true, rows, units, d->config.features, 1, loss->features,
            d->config.features, loss->pass->theta + d->image_hidden.offset, d->config.features, 0,
            loss->hidden, units);
    tn_add_bias(loss->hidden, loss->pass->theta + d->image_bias.offset, rows, units);
    tn_relu(loss->hidden, loss->hidden, rows * units);
    if (loss->hidden_mask)
        rnn_dropout_apply(loss->pass->pool, loss->hidden, units, loss->hidden, units,
                          loss->hidden_mask, rows, units, d->config.dropout);
}

/* dh [batch][units] is used up; dv [batch][features] is written unless it is NULL. */
static void image_backward(struct loss *loss, float *dh, float *dv)
{
    const struct decoder *d = loss->decoder;
    const size_t rows = loss->packing.batch, units = d->config.image_hidden;
    const size_t features = d->config.features;

    for (size_t i = 0; i < rows * units; i++)
        dh[i] = loss->hidden[i] > 0 ? dh[i] : 0;
    if (loss->hidden_mask)
        rnn_dropout_apply(loss->pass->pool, dh, units, dh, units, loss->hidden_mask, rows, units,
                          d->config.dropout);
    tn_gemm(loss->pass->pool, true, false, units, features, rows, 1, dh, units, loss->features,
            features, 1, loss->pass->dtheta + d->image_hidden.offset, features);
    rnn_bias_backward(loss->pass->pool, loss->pass->dtheta + d->image_bias.offset, dh, rows, units);
    if (dv)
        tn_gemm(loss->pass->pool, false, false, rows, features, units, 1, dh, units,
                loss->pass->theta + d->image_hidden.offset, features, 0, dv, features);
}

/* The inputs in packed rows: words as embeddings, and the photos' features. */
static void gather_inputs(struct loss *loss, const struct decoder_batch *batch)
{
    const struct decoder_config *c = &loss->decoder->config;
    const size_t total = loss->packing.total;

    loss->inputs = tn_arena_ints(loss->pass->arena, total);
    loss->targets = tn_arena_ints(loss->pass->arena, total);
    loss->nll = tn_arena_alloc(loss->pass->arena, total, sizeof(double));
    loss->weights = batch->weights ? tn_arena_floats(loss->pass->arena, total) : NULL;
    loss->x = tn_arena_floats(loss->pass->arena, total * c->embedding);
    loss->x_mask = draw_mask(loss, total, c->embedding, c->dropout);
    if (c->features > 0) {
        loss->features = tn_arena_floats(loss->pass->arena, batch->size * c->features);
        loss->features_mask = draw_mask(loss, batch->size, c->features, c->image_dropout);
    }
    if (tn_pass_measures(loss->pass))
        return;
    rnn_pack_tokens(&loss->packing, batch->inputs, loss->inputs);
    rnn_pack_tokens(&loss->packing, batch->targets, loss->targets);
    if (loss->weights)
        pack_weights(loss, batch->weights);
    rnn_embed(loss->pass->pool, loss->x, loss->pass->theta + loss->decoder->embedding.offset,
              loss->inputs, total, c->embedding);
    if (loss->x_mask)
        rnn_dropout_apply(loss->pass->pool, loss->x, c->embedding, loss->x, c->embedding,
                          loss->x_mask, total, c->embedding, c->dropout);
    for (size_t r = 0; loss->features && r < batch->size; r++)
        memcpy(loss->features + r * c->features,
               batch->features + loss->packing.order[r] * c->features, c->features * sizeof(float));
    if (loss->features_mask)
        rnn_dropout_apply(loss->pass->pool, loss->features, c->features, loss->features,
                          c->features, loss->features_mask, batch->size, c->features,
                          c->image_dropout);
}

/*
 * The output layer on rows [start, start + rows):  l = W_o h + b_o,  the loss, and with dtheta
 *     dW_o += dl^T h    db_o += dl    dh = dl W_o
 */
static void output_rows(struct loss *loss, const float *h, size_t ldh, float *dh, size_t lddh,
                        float *logits, size_t start, size_t rows)
{
    const struct decoder *d = loss->decoder;
    const size_t words = d->config.vocabulary, hidden = d->config.hidden;
    const float *weight = loss->pass->theta + d->output.offset;

    h += start * ldh;
    tn_gemm(loss->pass->pool, false, true, rows, words, hidden, 1, h, ldh, weight, hidden, 0,
            logits, words);
    rnn_softmax_loss(loss->pass->pool, logits, loss->pass->theta + d->output_bias.offset,
                     loss->targets + start, rows, words, loss->pass->dtheta, loss->scale,
                     loss->smoothing, loss->nll + start);
    if (!loss->pass->dtheta)
        return;
    for (size_t r = 0; loss->weights && r < rows; r++)
        tn_scale(logits + r * words, loss->weights[start + r], words);
    tn_gemm(loss->pass->pool, true, false, words, hidden, rows, 1, logits, words, h, ldh, 1,
            loss->pass->dtheta + d->output.offset, hidden);
    rnn_bias_backward(loss->pass->pool, loss->pass->dtheta + d->output_bias.offset, logits, rows,
                      words);
    tn_gemm(loss->pass->pool, false, false, rows, hidden, words, 1, logits, words, weight, hidden,
            0, dh + start * lddh, lddh);
}

/* The output layer and the loss over all rows, a chunk at a time. */
static void output_layer(struct loss *loss, const struct rnn_run *run)
{
    const struct decoder_config *c = &loss->decoder->config;
    const size_t total = loss->packing.total, mark = tn_arena_mark(loss->pass->arena);
    const size_t chunk = total < LOGIT_ROWS ? total : LOGIT_ROWS;
    const float *h = run->h;
    size_t ldh = run->ldh;
    float *logits;

    loss->top_mask = draw_mask(loss, total, c->hidden, c->dropout);
    if (loss->pass->dtheta && loss->pass->rng && c->dropout > 0)
        loss->top = tn_arena_floats(loss->pass->arena, total * c->hidden);
    logits = tn_arena_floats(loss->pass->arena, chunk * c->vocabulary);
    if (!tn_pass_measures(loss->pass)) {
        if (loss->top_mask) {
            rnn_dropout_apply(loss->pass->pool, loss->top, c->hidden, h, ldh, loss->top_mask, total,
                              c->hidden, c->dropout);
            h = loss->top;
            ldh = c->hidden;
        }
        for (size_t start = 0; start < total; start += chunk)
            output_rows(loss, h, ldh, run->dh, run->ldh, logits, start,
                        total - start < chunk ? total - start : chunk);
        if (loss->top_mask && loss->pass->dtheta)
            rnn_dropout_apply(loss->pass->pool, run->dh, run->ldh, run->dh, run->ldh,
                              loss->top_mask, total, c->hidden, c->dropout);
    }
    tn_arena_release(loss->pass->arena, mark);
}

static void backward(struct loss *loss, const struct decoder_batch *data, struct rnn_run *run)
{
    const struct decoder_config *c = &loss->decoder->config;
    const size_t total = loss->packing.total, batch = loss->packing.batch;
    float *dv = data->dfeatures ? tn_arena_floats(loss->pass->arena, batch * c->features) : NULL;
    struct rnn_gradients gradients = {
        .x = tn_arena_floats(loss->pass->arena, total * c->embedding),
        .first = loss->hidden ? tn_arena_floats(loss->pass->arena, batch * c->image_hidden) : dv,
        .initial = data->dinitial,
    };

    rnn_sequence_backward(&loss->decoder->sequence, loss->pass, run, &gradients);
    if (tn_pass_measures(loss->pass))
        return;
    if (loss->x_mask)
        rnn_dropout_apply(loss->pass->pool, gradients.x, c->embedding, gradients.x, c->embedding,
                          loss->x_mask, total, c->embedding, c->dropout);
    rnn_embed_backward(loss->pass->pool, loss->pass->dtheta + loss->decoder->embedding.offset,
                       gradients.x, loss->inputs, total, c->embedding);
    if (loss->hidden)
        image_backward(loss, gradients.first, dv);
    if (!dv)
        return;
    if (loss->features_mask)
        rnn_dropout_apply(loss->pass->pool, dv, c->features, dv, c->features, loss->features_mask,
                          batch, c->features, c->image_dropout);
    for (size_t r = 0; r < batch; r++)
        memcpy(data->dfeatures + loss->packing.order[r] * c->features, dv + r * c->features,
               c->features * sizeof(float));
}

double decoder_loss(const struct decoder *decoder, const struct tn_pass *pass,
                    const struct decoder_batch *batch, float loss_scale, float label_smoothing)
{
    const size_t mark = tn_arena_mark(pass->arena);
    const bool measures = tn_pass_measures(pass);
    struct loss loss = {
        .decoder = decoder, .pass = pass, .scale = loss_scale, .smoothing = label_smoothing};
    struct rnn_inputs inputs;
    struct rnn_run run;
    double total = 0;

    rnn_pack(&loss.packing, batch->size, batch->steps, batch->lengths, pass->arena);
    gather_inputs(&loss, batch);
    image_forward(&loss);
    inputs = (struct rnn_inputs){
        .x = loss.x, .first = loss.hidden ? loss.hidden : loss.features, .initial = batch->initial};
    rnn_sequence_forward(&decoder->sequence, pass, &loss.packing, &inputs, &run);
    if (batch->final && !measures)
        rnn_sequence_final(&decoder->sequence, &run, batch->final);
    output_layer(&loss, &run);
    if (pass->dtheta)
        backward(&loss, batch, &run);
    for (size_t i = 0; !measures && i < loss.packing.total; i++)
        total += loss.nll[i];
    tn_arena_release(pass->arena, mark);
    return total;
}
