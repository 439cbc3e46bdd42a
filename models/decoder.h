/* SPDX-License-Identifier: MIT */
/*
 * The decoder for training: V and the words so far in, the next word's distribution out.  Without V
 * it is a language model, or, begun with an encoder's state, the second half of a translator.
 *
 *     h_1 = f(W_ih x_1 + W_hh h_0 + W_v V)        V enters at the first step only
 *     h_t = f(W_ih x_t + W_hh h_{t-1})            x_t: embedding of the word before (x_1: <start>)
 *     p(w_t) = softmax(W_o h_t + b_o)
 *
 * A tied decoder has W_o = E, the embeddings (Press and Wolf 2017; Inan et al. 2017).  As weights
 * of an output layer they are small, so x is sqrt(embedding) times as large (Vaswani et al. 2017).
 *
 * W_v V is added to the pre-activations of all gates of the first layer.  With image_hidden units,
 * what W_v reads is relu(U V + b) in the place of V; with linear ones it is U V, so W_v U is of
 * that rank, and takes fewer numbers than W_v alone.  With attention (models/attention.h), W_o
 * reads h~_t in the place of h_t.
 */
#ifndef MODELS_DECODER_H
#define MODELS_DECODER_H

#include "models/attention.h"
#include "rnn/sequence.h"
#include "tensor/layout.h"
#include "tensor/pass.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decoder_config {
    const struct rnn_cell_ops *cell;
    size_t layers, embedding, hidden, vocabulary;
    size_t features;     /* length of V; 0: there is none */
    size_t image_hidden; /* units between V and W_v; 0: none */
    bool image_linear;   /* these are linear and have no bias; else they are rectified */
    enum attention_score attention;
    size_t attention_width; /* with attention: numbers of an encoder's output */
    float dropout;       /* on embeddings, between layers and on what enters the output layer */
    float image_dropout; /* on V; both in training only */
    float embedding_deviation; /* at the start: word_net_init_embedding */
    bool tied; /* the output layer's weights are the embeddings: embedding = hidden */
    struct rnn_options options; /* of the recurrent net */
};

/* What x is of a word's embedding: 1, or of a tied decoder sqrt(embedding). */
float decoder_embedding_scale(const struct decoder_config *config);

/* Tensor names behind a prefix such as "decoder.en.":  embedding.weight [vocabulary][embedding],
 * image.weight [gates*hidden][features] (with hidden units image_hidden columns, and
 * image.hidden.weight [image_hidden][features] and, of rectified ones, image.hidden.bias),
 * rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0, rnn.bias_hh_l0 (as PyTorch names and lays
 * them out; _l1 ... with more layers; rnn.extra_l0 [extras][hidden] for a cell that has extras;
 * more by the options, see rnn_sequence_declare), what attention_declare declares, output.weight
 * [vocabulary][hidden] unless it is tied, output.bias. */
struct decoder;
TN_NODISCARD enum tn_status decoder_create(const struct decoder_config *config, const char *prefix,
                                           struct decoder **ret_decoder, struct tn_error *err);
void decoder_destroy(struct decoder *decoder);
const struct decoder_config *decoder_config(const struct decoder *decoder);
/* The floats of the states of `size` sequences. */
size_t decoder_state_floats(const struct decoder *decoder, size_t size);
/* The layout of theta; borrowed. */
const struct tn_layout *decoder_layout(const struct decoder *decoder);
/* Fills theta with initial values; forget gate biases 1. */
void decoder_init(const struct decoder *decoder, struct tn_rng *rng, float *theta);

/* A mini-batch, time-major: tokens[t * size + b].  Caption b has lengths[b] targets (the end token
 * counted), 1 <= lengths[b] <= steps; inputs begin with VOCAB_START; what is beyond is not read. */
struct decoder_batch {
    size_t size, steps;
    const float *features; /* [size][features], already scaled */
    const int *inputs, *targets;
    const size_t *lengths;
    const float *weights; /* [size]: what each caption counts in the gradient; NULL: 1 */
    const struct attention_memory *memory; /* of an encoder; with attention */
    /* Without dtheta: receives a word for each target, drawn from its distribution, in the places
     * of targets; NULL: none is wanted. */
    int *draws;
    uint64_t draw_seed; /* equal seeds draw equal words */
    /* States of the recurrent net, [layers][size][states][hidden]; each may be NULL. */
    const float *initial; /* before the first step; NULL: zero, or the learned start */
    float *final;         /* receives those after each last step; may be what `initial` is */
    /* With dtheta, the gradients of the inputs (=); each may be NULL. */
    float *dinitial;  /* of the initial states */
    float *dfeatures; /* [size][features]: for the encoder */
};

/*
 * The summed negative log-likelihood of the batch's targets (nats).
 *
 * With the pass's dtheta, also adds to it the gradient of that sum times loss_scale (each caption's
 * part of it times its weight, which the sum returned knows nothing of), with dropout.  Without,
 * the rest is not used.  label_smoothing as in Szegedy et al. 2016 (0: none) changes the gradient,
 * not the likelihood returned.  Rows of padding cost nothing: the batch is packed (rnn/packing.h).
 *
 * The arena holds all activations and is left as it was found.  On a measuring arena nothing is
 * computed: only size, steps, the memory's packing and whether weights, draws, dtheta, dfeatures
 * and rng are NULL matter, so one measured call of each kind with the largest batch serves for all.
 * Equal input gives equal output to the last bit for any pool.
 */
double decoder_loss(const struct decoder *decoder, const struct tn_pass *pass,
                    const struct decoder_batch *batch, float loss_scale, float label_smoothing);

#endif
