/* SPDX-License-Identifier: MIT */
#include "models/decoder.h"

#include "models/word_net.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of logits in memory at a time: enough for the products to run at full speed, few enough to
 * stay in the cache between them. */
enum { LOGIT_ROWS = 512 };

struct decoder {
    struct decoder_config config;
    struct tn_layout layout;
    struct word_net net;
    struct attention attention; /* its score may be ATTENTION_NONE */
    struct tn_span output, output_bias;
    struct tn_span image_hidden, image_bias; /* empty without; no bias of linear ones */
};

float decoder_embedding_scale(const struct decoder_config *config)
{
    return config->tied ? sqrtf((float)config->embedding) : 1;
}

static enum tn_status declare_image_layer(struct decoder *decoder, const char *prefix,
                                          struct tn_error *err)
{
    const size_t dims[] = {decoder->config.image_hidden, decoder->config.features};

    TN_TRY(tn_layout_add_behind(&decoder->layout, prefix, "image.hidden.weight", 2, dims,
                                &decoder->image_hidden, err));
    if (decoder->config.image_linear)
        return TN_OK;
    return tn_layout_add_behind(&decoder->layout, prefix, "image.hidden.bias", 1, dims,
                                &decoder->image_bias, err);
}

static enum tn_status decoder_declare(struct decoder *decoder, const char *prefix,
                                      struct tn_error *err)
{
    const struct decoder_config *c = &decoder->config;
    const size_t output[] = {c->vocabulary, c->hidden};
    struct tn_layout *layout = &decoder->layout;

    if (strlen(prefix) > TN_NAME_SIZE / 2)
        return tn_fail(err, TN_RANGE, "the tensor name prefix %s is too long", prefix);
    decoder->net.deviation = c->embedding_deviation;
    decoder->net.scale = decoder_embedding_scale(c);
    decoder->net.sequence =
        (struct rnn_sequence){.cell = c->cell,
                              .layers = c->layers,
                              .input = c->embedding,
                              .hidden = c->hidden,
                              .first = c->image_hidden > 0 ? c->image_hidden : c->features,
                              .dropout = c->dropout,
                              .options = c->options};
    TN_TRY(word_net_declare_embedding(&decoder->net, c->vocabulary, layout, prefix, err));
    if (c->image_hidden > 0)
        TN_TRY(declare_image_layer(decoder, prefix, err));
    TN_TRY(word_net_declare_sequence(&decoder->net, layout, prefix, err));
    decoder->attention =
        (struct attention){.score = c->attention, .hidden = c->hidden, .width = c->attention_width};
    if (c->attention != ATTENTION_NONE)
        TN_TRY(attention_declare(&decoder->attention, layout, prefix, err));
    if (c->tied)
        decoder->output = decoder->net.embedding;
    else
        TN_TRY(tn_layout_add_behind(layout, prefix, "output.weight", 2, output, &decoder->output,
                                    err));
    return tn_layout_add_behind(layout, prefix, "output.bias", 1, output, &decoder->output_bias,
                                err);
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
    else if (config->tied && config->embedding != config->hidden)
        status = tn_fail(err, TN_RANGE,
                         "tied embeddings need as many numbers per token as units; "
                         "found %zu and %zu",
                         config->embedding, config->hidden);
    else
        status = decoder_declare(decoder, prefix, err);
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
    return rnn_sequence_state_floats(&decoder->net.sequence, size);
}

const struct tn_layout *decoder_layout(const struct decoder *decoder)
{
    return &decoder->layout;
}

void decoder_init(const struct decoder *decoder, struct tn_rng *rng, float *theta)
{
    const float limit = 1 / sqrtf((float)decoder->config.hidden);
    const float gain = decoder->config.image_linear ? 1 : 2;

    memset(theta, 0, decoder->layout.floats * sizeof(float));
    word_net_init_embedding(&decoder->net, rng, theta);
    /* keeps the variance of features whose mean square is 1, which relu halves (He et al. 2015) */
    tn_rng_fill_uniform(rng, theta + decoder->image_hidden.offset, decoder->image_hidden.count,
                        sqrtf(3 * gain / (float)(decoder->config.features + 1)));
    rnn_sequence_init(&decoder->net.sequence, rng, theta);
    /* where they are tied, the embeddings begin as the output layer's weights */
    tn_rng_fill_uniform(rng, theta + decoder->output.offset, decoder->output.count, limit);
    if (decoder->config.attention != ATTENTION_NONE)
        attention_init(&decoder->attention, rng, theta);
}

/* One call of decoder_loss. */
struct loss {
    const struct decoder *decoder;
    const struct tn_pass *pass;
    const struct decoder_batch *batch;
    float scale, smoothing;
    struct word_run run;
    int *targets;             /* [total] */
    int *draws;               /* [total]; NULL: none are wanted */
    float *weights;           /* [total]; NULL: 1 */
    double *nll;              /* [total] */
    float *features, *hidden; /* after dropout: V, and relu(U V + b) */
    struct rnn_dropout features_dropout, hidden_dropout;
    struct attention_run attended;
    /* What enters the output layer, before dropout, and training: its gradient.  Rows of ldh. */
    const float *h;
    float *dh;
    size_t ldh;
};

/* A caption's weight is that of each of its rows. */
static void pack_weights(const struct rnn_packing *packing, const float *weights, float *packed)
{
    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            packed[packing->offset[t] + r] = weights[packing->order[r]];
}

/* The words of the batch, in packed rows. */
static void gather_words(struct loss *loss)
{
    const struct decoder_batch *batch = loss->batch;
    struct rnn_packing *packing = &loss->run.packing;
    struct tn_arena *arena = loss->pass->arena;

    rnn_pack(packing, batch->size, batch->steps, batch->lengths, arena);
    loss->targets = tn_arena_ints(arena, packing->total);
    loss->nll = tn_arena_alloc(arena, packing->total, sizeof(double));
    loss->draws = batch->draws ? tn_arena_ints(arena, packing->total) : NULL;
    loss->weights = batch->weights ? tn_arena_floats(arena, packing->total) : NULL;
    word_net_embed(&loss->decoder->net, loss->pass, batch->inputs, &loss->run);
    if (tn_pass_measures(loss->pass))
        return;
    rnn_pack_tokens(packing, batch->targets, loss->targets);
    if (loss->weights)
        pack_weights(packing, batch->weights, loss->weights);
}

/* The photos' V, in packed rows of the first step. */
static void gather_features(struct loss *loss)
{
    const struct decoder_config *c = &loss->decoder->config;
    const size_t size = loss->batch->size, width = c->features;

    if (width == 0)
        return;
    loss->features = tn_arena_floats(loss->pass->arena, size * width);
    loss->features_dropout = rnn_dropout_draw(loss->pass, size, width, c->image_dropout);
    if (tn_pass_measures(loss->pass))
        return;
    for (size_t r = 0; r < size; r++)
        memcpy(loss->features + r * width,
               loss->batch->features + loss->run.packing.order[r] * width, width * sizeof(float));
    rnn_dropout_apply(loss->pass->pool, loss->features, width, loss->features, width,
                      &loss->features_dropout);
}

/* The layer between V and W_v.  Linear units are part of W_v: dropout is on V alone. */
static void image_forward(struct loss *loss)
{
    const struct decoder *d = loss->decoder;
    const struct tn_pass *pass = loss->pass;
    const size_t rows = loss->batch->size, units = d->config.image_hidden;
    const size_t features = d->config.features;

    loss->hidden = tn_arena_floats(pass->arena, rows * units);
    if (!d->config.image_linear)
        loss->hidden_dropout = rnn_dropout_draw(pass, rows, units, d->config.dropout);
    if (tn_pass_measures(pass))
        return;
    tn_pass_gemm(pass, loss->hidden, units, 0, tn_plain(loss->features, features),
                 tn_turned(pass->theta + d->image_hidden.offset, features), rows, units, features);
    if (d->config.image_linear)
        return;
    tn_add_bias(loss->hidden, pass->theta + d->image_bias.offset, rows, units);
    tn_relu(loss->hidden, loss->hidden, rows * units);
    rnn_dropout_apply(pass->pool, loss->hidden, units, loss->hidden, units, &loss->hidden_dropout);
}

/* dh [batch][units] is used up; dv [batch][features] is written unless it is NULL. */
static void image_backward(struct loss *loss, float *dh, float *dv)
{
    const struct decoder *d = loss->decoder;
    const struct tn_pass *pass = loss->pass;
    const size_t rows = loss->batch->size, units = d->config.image_hidden;
    const size_t features = d->config.features;

    if (!d->config.image_linear) {
        for (size_t i = 0; i < rows * units; i++)
            dh[i] = loss->hidden[i] > 0 ? dh[i] : 0;
        rnn_dropout_apply(pass->pool, dh, units, dh, units, &loss->hidden_dropout);
        rnn_bias_backward(pass->pool, pass->dtheta + d->image_bias.offset, dh, rows, units);
    }
    tn_pass_gemm(pass, pass->dtheta + d->image_hidden.offset, features, 1, tn_turned(dh, units),
                 tn_plain(loss->features, features), units, features, rows);
    if (dv)
        tn_pass_gemm(pass, dv, features, 0, tn_plain(dh, units),
                     tn_plain(pass->theta + d->image_hidden.offset, features), rows, features,
                     units);
}

/* h_t, or with attention h~_t. */
static void attend(struct loss *loss)
{
    const struct decoder *d = loss->decoder;
    const struct rnn_run *run = &loss->run.rnn;

    loss->h = run->h;
    loss->dh = run->dh;
    loss->ldh = run->ldh;
    if (d->config.attention == ATTENTION_NONE)
        return;
    attention_forward(&d->attention, loss->pass, &loss->run.packing, run->h, run->ldh,
                      loss->batch->memory, &loss->attended);
    loss->h = loss->attended.attended;
    loss->ldh = d->config.hidden;
    if (loss->pass->dtheta)
        loss->dh = tn_arena_floats(loss->pass->arena, loss->run.packing.total * loss->ldh);
}

/* What enters the output layer: rows of all steps after dropout, with the room for logits. */
struct top {
    const float *h;
    size_t ldh;
    float *logits;
};

/* Rows of logits from `start` on, each of which gives a word. */
struct draw {
    const struct loss *loss;
    size_t start;
    float *logits;
};

/* p = softmax(logits + b_o) in place, the target's nll, and a word drawn by p. */
static void draw_word(void *context, size_t r, size_t thread)
{
    const struct draw *draw = context;
    const struct loss *loss = draw->loss;
    const size_t words = loss->decoder->config.vocabulary, row = draw->start + r;
    float *p = draw->logits + r * words, total, left;
    struct tn_rng rng;
    int word = 0;

    (void)thread;
    tn_axpy(p, 1, loss->pass->theta + loss->decoder->output_bias.offset, words);
    total = tn_logsumexp(p, words);
    loss->nll[row] = (double)(total - p[loss->targets[row]]);
    for (size_t j = 0; j < words; j++)
        p[j] -= total;
    tn_exp(p, p, words);
    tn_rng_init(&rng, loss->batch->draw_seed + 0x9E3779B97F4A7C15U * row);
    for (left = tn_rng_uniform(&rng); word + 1 < (int)words && left >= p[word]; word++)
        left -= p[word];
    loss->draws[row] = word;
}

/*
 * The output layer on rows [start, start + rows):  l = W_o h + b_o,  the loss, and with dtheta
 *     dW_o += dl^T h    db_o += dl    dh = dl W_o
 */
static void output_rows(struct loss *loss, const struct top *top, size_t start, size_t rows)
{
    const struct decoder *d = loss->decoder;
    const struct tn_pass *pass = loss->pass;
    const size_t words = d->config.vocabulary, hidden = d->config.hidden;
    const float *weight = pass->theta + d->output.offset, *h = top->h + start * top->ldh;
    const struct rnn_softmax softmax = {.bias = pass->theta + d->output_bias.offset,
                                        .targets = loss->targets + start,
                                        .rows = rows,
                                        .classes = words,
                                        .gradient = pass->dtheta != NULL,
                                        .scale = loss->scale,
                                        .smoothing = loss->smoothing};
    float *logits = top->logits;

    tn_pass_gemm(pass, logits, words, 0, tn_plain(h, top->ldh), tn_turned(weight, hidden), rows,
                 words, hidden);
    if (loss->draws) {
        tn_pool_run(pass->pool, rows, draw_word, &(struct draw){loss, start, logits});
        return;
    }
    rnn_softmax_loss(pass->pool, logits, loss->nll + start, &softmax);
    if (!pass->dtheta)
        return;
    for (size_t r = 0; loss->weights && r < rows; r++)
        tn_scale(logits + r * words, loss->weights[start + r], words);
    tn_pass_gemm(pass, pass->dtheta + d->output.offset, hidden, 1, tn_turned(logits, words),
                 tn_plain(h, top->ldh), words, hidden, rows);
    rnn_bias_backward(pass->pool, pass->dtheta + d->output_bias.offset, logits, rows, words);
    tn_pass_gemm(pass, loss->dh + start * loss->ldh, loss->ldh, 0, tn_plain(logits, words),
                 tn_plain(weight, hidden), rows, hidden, words);
}

/* The output layer and the loss over all rows, a chunk at a time. */
static void output_layer(struct loss *loss)
{
    const struct decoder_config *c = &loss->decoder->config;
    const struct tn_pass *pass = loss->pass;
    const size_t total = loss->run.packing.total, mark = tn_arena_mark(pass->arena);
    const size_t chunk = total < LOGIT_ROWS ? total : LOGIT_ROWS;
    const struct rnn_dropout dropout = rnn_dropout_draw(pass, total, c->hidden, c->dropout);
    float *dropped = dropout.rate > 0 ? tn_arena_floats(pass->arena, total * c->hidden) : NULL;
    const struct top top = {dropped ? dropped : loss->h, dropped ? c->hidden : loss->ldh,
                            tn_arena_floats(pass->arena, chunk * c->vocabulary)};

    if (!tn_pass_measures(pass)) {
        rnn_dropout_apply(pass->pool, dropped, c->hidden, loss->h, loss->ldh, &dropout);
        for (size_t start = 0; start < total; start += chunk)
            output_rows(loss, &top, start, total - start < chunk ? total - start : chunk);
        rnn_dropout_apply(pass->pool, loss->dh, loss->ldh, loss->dh, loss->ldh, &dropout);
    }
    tn_arena_release(pass->arena, mark);
}

static void decoder_backward(struct loss *loss)
{
    const struct decoder_config *c = &loss->decoder->config;
    const struct decoder_batch *batch = loss->batch;
    const struct tn_pass *pass = loss->pass;
    const size_t width = c->features;
    float *dv = batch->dfeatures ? tn_arena_floats(pass->arena, batch->size * width) : NULL;
    float *dh =
        c->image_hidden > 0 ? tn_arena_floats(pass->arena, batch->size * c->image_hidden) : NULL;

    if (c->attention != ATTENTION_NONE)
        attention_backward(&loss->decoder->attention, pass, &loss->attended, loss->dh,
                           loss->run.rnn.dh);
    word_net_backward(&loss->decoder->net, pass, &loss->run,
                      (struct rnn_gradients){.first = dh ? dh : dv, .initial = batch->dinitial});
    if (tn_pass_measures(pass))
        return;
    if (dh)
        image_backward(loss, dh, dv);
    if (!dv)
        return;
    rnn_dropout_apply(pass->pool, dv, width, dv, width, &loss->features_dropout);
    for (size_t r = 0; r < batch->size; r++)
        memcpy(batch->dfeatures + loss->run.packing.order[r] * width, dv + r * width,
               width * sizeof(float));
}

static void unpack_draws(const struct loss *loss)
{
    const struct rnn_packing *packing = &loss->run.packing;

    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            loss->batch->draws[t * packing->batch + packing->order[r]] =
                loss->draws[packing->offset[t] + r];
}

double decoder_loss(const struct decoder *decoder, const struct tn_pass *pass,
                    const struct decoder_batch *batch, float loss_scale, float label_smoothing)
{
    const size_t mark = tn_arena_mark(pass->arena);
    const bool measures = tn_pass_measures(pass);
    struct loss loss = {.decoder = decoder,
                        .pass = pass,
                        .batch = batch,
                        .scale = loss_scale,
                        .smoothing = label_smoothing};
    double total = 0;

    gather_words(&loss);
    gather_features(&loss);
    if (decoder->config.image_hidden > 0)
        image_forward(&loss);
    word_net_forward(&decoder->net, pass, loss.hidden ? loss.hidden : loss.features, batch->initial,
                     &loss.run);
    if (batch->final && !measures)
        rnn_sequence_final(&decoder->net.sequence, &loss.run.rnn, batch->final);
    attend(&loss);
    output_layer(&loss);
    if (loss.draws && !measures)
        unpack_draws(&loss);
    if (pass->dtheta)
        decoder_backward(&loss);
    for (size_t i = 0; !measures && i < loss.run.packing.total; i++)
        total += loss.nll[i];
    tn_arena_release(pass->arena, mark);
    return total;
}
