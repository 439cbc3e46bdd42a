/* SPDX-License-Identifier: MIT */
/*
 * The kernels around the recurrent nets: embedding, dropout, bias gradients and softmax with
 * its loss.  Work is cut by rows or columns, never by the number of threads: results are equal to
 * the last bit for any pool.
 */
#ifndef RNN_KERNELS_H
#define RNN_KERNELS_H

#include "base/pool.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>

/* x[r] = embedding[tokens[r]]; x is [rows][width], embedding [vocabulary][width]. */
void rnn_embed(struct tn_pool *pool, float *x, const float *embedding, const int *tokens,
               size_t rows, size_t width);
/* dembedding[tokens[r]] += dx[r], in the order of r. */
void rnn_embed_backward(struct tn_pool *pool, float *dembedding, const float *dx, const int *tokens,
                        size_t rows, size_t width);

/* mask[i] = 0 with probability `rate`, else 1; takes one number from rng. */
void rnn_dropout_draw(struct tn_pool *pool, unsigned char *mask, size_t count, float rate,
                      struct tn_rng *rng);
/* Inverted dropout (Srivastava 2014), forward and backward alike:  y = x mask / (1 - rate).  mask
 * is [rows][columns], x and y have row strides ldx and ldy; y may be x. */
void rnn_dropout_apply(struct tn_pool *pool, float *y, size_t ldy, const float *x, size_t ldx,
                       const unsigned char *mask, size_t rows, size_t columns, float rate);

/* db[j] += sum over r of dy[r][j]; dy is [rows][columns]. */
void rnn_bias_backward(struct tn_pool *pool, float *db, const float *dy, size_t rows,
                       size_t columns);

/*
 * Softmax and its cross-entropy, in place.  On entry logits[rows][classes] lack their bias.
 *
 *     p = softmax(logits + bias)    nll[r] = -log p[r][target[r]]
 *
 * On exit logits is, with `gradient`, scale (p - q): the gradient of scale times the summed
 * cross-entropy against  q = (1 - smoothing) onehot(target) + smoothing / classes  (Szegedy et al.
 * 2016); without, it is undefined.
 */
void rnn_softmax_loss(struct tn_pool *pool, float *logits, const float *bias, const int *targets,
                      size_t rows, size_t classes, bool gradient, float scale, float smoothing,
                      double *nll);

#endif
