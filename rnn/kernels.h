/* SPDX-License-Identifier: MIT */
/*
 * The kernels around the recurrent nets: embedding, dropout, bias gradients and softmax with
 * its loss.  Work is cut by rows or columns, never by the number of threads: results are equal to
 * the last bit for any pool.
 */
#ifndef RNN_KERNELS_H
#define RNN_KERNELS_H

#include "tensor/pass.h"

#include <stdbool.h>
#include <stddef.h>

/* x[r] = embedding[tokens[r]]; x is [rows][width], embedding [vocabulary][width]. */
void rnn_embed(struct tn_pool *pool, float *x, const float *embedding, const int *tokens,
               size_t rows, size_t width);
/* dembedding[tokens[r]] += dx[r], in the order of r. */
void rnn_embed_backward(struct tn_pool *pool, float *dembedding, const float *dx, const int *tokens,
                        size_t rows, size_t width);

/* Inverted dropout (Srivastava 2014) on a matrix, as drawn for one pass. */
struct rnn_dropout {
    float rate;          /* 0: there is none */
    unsigned char *mask; /* [rows][columns], in the pass's arena */
    size_t rows, columns;
};
/* Draws mask[i] = 0 with probability `rate`, else 1, which takes one number from the pass's rng.
 * There is no dropout at rate 0, without an rng, and where the pass does not train. */
struct rnn_dropout rnn_dropout_draw(const struct tn_pass *pass, size_t rows, size_t columns,
                                    float rate);
/* y = x mask / (1 - rate), forward and backward alike; nothing where there is no dropout.  x and y
 * have row strides ldx and ldy; y may be x. */
void rnn_dropout_apply(struct tn_pool *pool, float *y, size_t ldy, const float *x, size_t ldx,
                       const struct rnn_dropout *dropout);

/* db[j] += sum over r of dy[r][j]; dy is [rows][columns]. */
void rnn_bias_backward(struct tn_pool *pool, float *db, const float *dy, size_t rows,
                       size_t columns);

struct rnn_softmax {
    const float *bias;  /* [classes] */
    const int *targets; /* [rows] */
    size_t rows, classes;
    bool gradient; /* is wanted */
    float scale, smoothing;
};

/*
 * Softmax and its cross-entropy, in place.  On entry logits[rows][classes] lack their bias.
 *
 *     p = softmax(logits + bias)    nll[r] = -log p[r][target[r]]
 *
 * On exit logits is, with `gradient`, scale (p - q): the gradient of scale times the summed
 * cross-entropy against  q = (1 - smoothing) onehot(target) + smoothing / classes  (Szegedy et al.
 * 2016); without, it is undefined.
 */
void rnn_softmax_loss(struct tn_pool *pool, float *logits, double *nll,
                      const struct rnn_softmax *softmax);

#endif
