/* SPDX-License-Identifier: MIT */
/*
 * Layer normalisation (Ba, Kiros and Hinton 2016) of a product of a recurrent layer, each gate's
 * block of H numbers apart:
 *
 *     n = (x - mean) / sqrt(variance + 1e-5)        y = gain n + bias
 */
#ifndef RNN_NORM_H
#define RNN_NORM_H

#include "tensor/matrix.h"

#include <stddef.h>

/* What a row leaves for backward. */
struct rnn_normal {
    float *n;     /* [gates][H] */
    float *scale; /* [gates]: 1 / sqrt(variance + 1e-5) */
};

/* The parameters of a row, or their gradients: [gates][H] each. */
struct rnn_norm {
    float *gain, *bias;
};

/* y in the place of x [gates][hidden]; kept NULL: no backward follows. */
void rnn_norm_forward(float *x, const struct rnn_normal *kept, const float *gain, const float *bias,
                      size_t gates, size_t hidden);

/* dE/dx in the place of dE/dy:  dx = scale (dn - mean(dn) - n mean(dn n))  with  dn = gain dy.
 * gradients +=. */
void rnn_norm_backward(float *dy, const struct rnn_normal *kept, const float *gain,
                       const struct rnn_norm *gradients, size_t gates, size_t hidden);

/* A product of a recurrent layer at inference, y [rows][gates][H]:  W x + bias  by tn_linear, or,
 * with a gain, the normalised W x. */
struct rnn_product {
    const struct tn_matrix *weight; /* [gates H][...] */
    const float *bias, *gain;       /* gain NULL: no layer normalisation */
    size_t gates;
};
void rnn_product_rows(struct tn_pool *pool, float *y, const float *x,
                      const struct rnn_product *product, size_t rows, struct tn_arena *arena);

#endif
