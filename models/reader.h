/* SPDX-License-Identifier: MIT */
/*
 * A net that reads: embedding and a recurrent net over it, in one direction or both, and, where one
 * answer a text is wanted, a softmax on what was read.
 *
 *     x_t = E w_t     h = net(x)     p = softmax(W_o r + b_o)
 *
 * with r what the net says at its end (READ_LAST: h after the last step, in the reverse direction
 * after the first), on the whole (READ_MEAN: the mean of h), or at one place (READ_PLACE: h there).
 * A classifier reads so, a cloze net fills its gap so, and a translator's encoder hands its final
 * states on.
 */
#ifndef MODELS_READER_H
#define MODELS_READER_H

#include "models/word_net.h"

enum reader_readout { READ_LAST, READ_MEAN, READ_PLACE };

struct reader_config {
    const struct rnn_cell_ops *cell;
    size_t layers, embedding, hidden, vocabulary;
    bool bidirectional;
    size_t classes; /* of the answer; 0: none is wanted, and readout is not read */
    enum reader_readout readout;
    float dropout; /* on embeddings, between layers and on r, in training */
    float embedding_deviation; /* at the start: word_net_init_embedding */
    struct rnn_options options;
};

/* The description; immutable after the declaration. */
struct reader {
    struct reader_config config;
    struct word_net net;
    struct tn_span output, output_bias;
};

/* Declares embedding.weight [vocabulary][embedding], the net's tensors behind "rnn." and, with
 * classes, output.weight [classes][directions * hidden] and output.bias, all behind prefix. */
TN_NODISCARD enum tn_status reader_declare(struct reader *reader,
                                           const struct reader_config *config,
                                           struct tn_layout *layout, const char *prefix,
                                           struct tn_error *err);
/* Initial values of its parameters; theta is zero. */
void reader_init(const struct reader *reader, struct tn_rng *rng, float *theta);

/* Texts, time-major: tokens[t * size + b], of lengths[b] tokens, 1 <= lengths[b] <= steps. */
struct reader_batch {
    size_t size, steps;
    const int *tokens;
    const size_t *lengths;
    const size_t *places; /* [size], READ_PLACE */
    const int *targets;   /* [size] the answers */
};

/* Reads the texts. */
void reader_forward(const struct reader *reader, const struct tn_pass *pass,
                    const struct reader_batch *batch, struct word_run *run);

/* r[directions * hidden] of the i-th packed text, from h of all packed rows, of stride ldh. */
void reader_read_out(const struct reader *reader, const struct rnn_packing *packing,
                     const struct reader_batch *batch, size_t i, const float *h, size_t ldh,
                     float *r);

/*
 * The summed negative log-likelihood of the targets (nats).  With the pass's dtheta, also adds the
 * gradient of that sum times scale, with dropout.  Without, probabilities [size][classes] (or NULL)
 * receives p, and targets may be NULL: the sum is then 0.  The arena is left as it was found;
 * measure it with a call on a measuring arena, which computes nothing.
 */
double reader_loss(const struct reader *reader, const struct tn_pass *pass,
                   const struct reader_batch *batch, float scale, float *probabilities);

/* norms[steps] = the mean over the texts, which are all `steps` long, of |dE/ds_t|: how much a
 * text's loss E depends on the top layer's state after step t, read forward.  The rest is
 * reader_loss's. */
double reader_gradient_norms(const struct reader *reader, const struct tn_pass *pass,
                             const struct reader_batch *batch, double *norms);

#endif
