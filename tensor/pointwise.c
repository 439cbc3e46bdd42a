/* SPDX-License-Identifier: MIT */
#include "tensor/pointwise.h"

#include "tensor/kernels/kernels.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static const struct tn_float_kernels *kernels(void)
{
    return tn_kernels_best()->floats;
}

void tn_sigmoid(float *y, const float *x, size_t count)
{
    kernels()->sigmoid(y, x, count);
}

void tn_tanh(float *y, const float *x, size_t count)
{
    kernels()->tanh(y, x, count);
}

void tn_exp(float *y, const float *x, size_t count)
{
    kernels()->exp(y, x, count);
}

void tn_relu(float *y, const float *x, size_t count)
{
    kernels()->relu(y, x, count);
}

void tn_axpy(float *y, float alpha, const float *x, size_t count)
{
    kernels()->axpy(y, alpha, x, count);
}

void tn_scale(float *x, float alpha, size_t count)
{
    kernels()->scale(x, alpha, count);
}

float tn_dot(const float *x, const float *y, size_t count)
{
    return kernels()->dot(x, y, count);
}

float tn_max(const float *x, size_t count)
{
    assert(count > 0);
    return kernels()->max(x, count);
}

float tn_logsumexp(const float *x, size_t count)
{
    return tn_logsumexp_below(x, tn_max(x, count), count);
}

float tn_logsumexp_below(const float *x, float largest, size_t count)
{
    return largest + logf(kernels()->sum_exp(x, largest, count));
}

/* Magnitudes are in the order of their bits, and what is no number is above all. */
float tn_largest_magnitude(const float *x, size_t count)
{
    uint32_t most = 0;
    float largest;

    for (size_t i = 0; i < count; i++) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7FFFFFFF;
        most = bits > most ? bits : most;
    }
    memcpy(&largest, &most, sizeof largest);
    return largest;
}

bool tn_all_finite(const float *x, size_t count)
{
    return isfinite(tn_largest_magnitude(x, count));
}

void tn_add_bias(float *y, const float *b, size_t rows, size_t columns)
{
    const struct tn_float_kernels *k = kernels();

    for (size_t row = 0; row < rows; row++)
        k->axpy(y + row * columns, 1.0f, b, columns);
}
