/* SPDX-License-Identifier: MIT */
/*
 * What the int8 kernel files share: inputs quantised to 8 bits, and what becomes of a sum. The sum
 * of a row is an exact integer, and what follows are single rounded operations, so all sets and all
 * batch sizes give the same bits.
 */
#ifndef TENSOR_KERNELS_INT8_H
#define TENSOR_KERNELS_INT8_H

#include "tensor/kernels/kernels.h"

#include <string.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* x is about q * scale, and q is x * factor rounded: -127 .. 127, or 0 .. 255 where no x is
 * negative, as behind a ReLU. */
struct steps {
    float scale, factor;
    bool negative;
};

static inline struct steps find_steps(const float *x, size_t count)
{
    enum { LANES = 64 };
    float most[LANES] = {0}, least[LANES] = {0}, largest = 0.0f, smallest = 0.0f;
    size_t i = 0;

    for (; i + LANES <= count; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            most[j] = x[i + j] > most[j] ? x[i + j] : most[j];
            least[j] = x[i + j] < least[j] ? x[i + j] : least[j];
        }
    }
    for (size_t j = 0; i < count; i++, j++) {
        most[j] = x[i] > most[j] ? x[i] : most[j];
        least[j] = x[i] < least[j] ? x[i] : least[j];
    }
    for (size_t j = 0; j < LANES; j++) {
        largest = most[j] > largest ? most[j] : largest;
        smallest = least[j] < smallest ? least[j] : smallest;
    }
    largest = -smallest > largest ? -smallest : largest;

    const float limit = smallest < 0.0f ? 127.0f : 255.0f;

    return (struct steps){.scale = largest / limit,
                          .factor = largest > 1e-30f ? limit / largest : 0.0f,
                          .negative = smallest < 0.0f};
}

/* Rounds to the nearest integer by adding 1.5 * 2^23, whose unit is 1. */
static inline int32_t nearest(float value)
{
    const float shifted = value + 12582912.0f;
    uint32_t bits;

    memcpy(&bits, &shifted, sizeof bits);
    return (int32_t)(bits - UINT32_C(0x4b400000));
}

/* What becomes of the sum of row `row` and input b. */
ALWAYS_INLINE void store(const struct tn_int8_product *p, size_t row, size_t b, int32_t sum)
{
    float *y = p->y + b * p->y_stride + row;
    float value = (float)sum * (p->w_scale[row] * p->inputs[b].scale);

    value += p->bias ? p->bias[row] : 0.0f;
    *y = p->accumulate ? *y + value : value;
}

#endif
