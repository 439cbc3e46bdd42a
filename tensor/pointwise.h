/* SPDX-License-Identifier: MIT */
/*
 * Elementwise kernels, vectorised for the processor at run time (AVX-512, AVX2, portable C).
 * The kernel sets agree to within the errors stated; one set is used for the whole of a process.
 */
#ifndef TENSOR_POINTWISE_H
#define TENSOR_POINTWISE_H

#include <stdbool.h>
#include <stddef.h>

/* y = 1 / (1 + exp(-x)) and y = tanh(x), absolute error below 5e-7; y may be x. */
void tn_sigmoid(float *y, const float *x, size_t count);
void tn_tanh(float *y, const float *x, size_t count);
/* y = exp(x), relative error below 5e-7 from -86.9 up, 0 below -87; y may be x. */
void tn_exp(float *y, const float *x, size_t count);
/* y = max(x, 0); y may be x. */
void tn_relu(float *y, const float *x, size_t count);
/* y += alpha x */
void tn_axpy(float *y, float alpha, const float *x, size_t count);
/* x *= alpha */
void tn_scale(float *x, float alpha, size_t count);
/* sum of x[i] y[i], accumulated in a fixed order */
float tn_dot(const float *x, const float *y, size_t count);
/* the largest element and log(sum(exp(x))) of a row, for softmax and its loss */
float tn_max(const float *x, size_t count);
float tn_logsumexp(const float *x, size_t count);
/* the same where the largest is known */
float tn_logsumexp_below(const float *x, float largest, size_t count);
/* the largest |x|, 0 of none; no number where one is none */
float tn_largest_magnitude(const float *x, size_t count);
/* whether none is infinite or no number */
bool tn_all_finite(const float *x, size_t count);
/* rows of bias: y[r][i] += b[i] */
void tn_add_bias(float *y, const float *b, size_t rows, size_t columns);

#endif
