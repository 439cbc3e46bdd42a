/* SPDX-License-Identifier: MIT */
/*
 * What the two int8 kernel files share: inputs quantised to 16 bits, and what becomes of a sum. The
 * sum of a row is an exact integer, and what follows are single rounded operations, so all sets and
 * all batch sizes give the same bits.
 */
#ifndef TENSOR_KERNELS_INT8_H
#define TENSOR_KERNELS_INT8_H

#include "tensor/kernels/kernels.h"

#include <math.h>
#include <string.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))

static inline float largest_magnitude(const float *x, size_t count)
{
    enum { LANES = 64 };
    float best[LANES] = {0}, largest = 0.0f;
    size_t i = 0;

    for (; i + LANES <= count; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            best[j] = fabsf(x[i + j]) > best[j] ? fabsf(x[i + j]) : best[j];
    for (; i < count; i++)
        largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
    for (size_t j = 0; j < LANES; j++)
        largest = best[j] > largest ? best[j] : largest;
    return largest;
}

/* The factor to 16 bits and, in *ret_scale, its way back. */
static inline float find_factor(const float *x, size_t count, float *ret_scale)
{
    const float largest = largest_magnitude(x, count);

    *ret_scale = largest / 32767.0f;
    return largest > 1e-30f ? 32767.0f / largest : 0.0f;
}

/* Rounds to the nearest integer by adding 1.5 * 2^23, whose unit is 1. */
static inline void quantise(int16_t *q, const float *x, size_t count, float factor)
{
    for (size_t i = 0; i < count; i++) {
        const float shifted = x[i] * factor + 12582912.0f;
        uint32_t bits;

        memcpy(&bits, &shifted, sizeof bits);
        q[i] = (int16_t)(uint16_t)bits;
    }
}

struct product {
    float *y;
    size_t y_stride;
    const signed char *w;
    const float *w_scale;
    size_t columns;
    const float *x_scale, *bias;
    int accumulate;
};

ALWAYS_INLINE void store(const struct product *p, size_t row, size_t b, double sum)
{
    float *y = p->y + b * p->y_stride + row;
    float value = (float)(sum * ((double)p->w_scale[row] * (double)p->x_scale[b]));

    value += p->bias ? p->bias[row] : 0.0f;
    *y = p->accumulate ? *y + value : value;
}

#endif
