/* SPDX-License-Identifier: MIT */
/*
 * Products of int8 rows with inputs of 16 bits, for AVX2 and portable C: 16-bit products whose
 * 32-bit sums are emptied into 64 bits before they can overflow.
 */
#include "tensor/kernels/kernels_int8.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

static size_t row_bytes(size_t columns)
{
    return (columns * sizeof(int16_t) + 63) / 64 * 64;
}

static size_t group(size_t first, size_t batch)
{
    (void)first;
    (void)batch;
    return 1;
}

static void prepare(void *prepared, float *scale, const float *x, size_t columns, size_t first,
                    size_t count)
{
    for (size_t i = first; i < first + count; i++)
        quantise((int16_t *)((unsigned char *)prepared + i * row_bytes(columns)), x + i * columns,
                 columns, find_factor(x + i * columns, columns, &scale[i]));
}

enum { INPUTS = 4 };

#if defined(__AVX2__)
/* Each of the 8 sums takes two products of at most 127 * 32767 per step. */
enum { STEP = 16, SAFE = 256 * STEP };

ALWAYS_INLINE void partial_sums(int64_t *sums, const signed char *w, const int16_t *const *x,
                                size_t start, size_t end, size_t count)
{
    __m256i acc[INPUTS];

    UNROLL for (size_t i = 0; i < count; i++)
        acc[i] = _mm256_setzero_si256();
    for (size_t k = start; k < end; k += STEP) {
        const __m256i v = _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)(w + k)));

        UNROLL for (size_t i = 0; i < count; i++)
            acc[i] = _mm256_add_epi32(
            acc[i], _mm256_madd_epi16(v, _mm256_loadu_si256((const void *)(x[i] + k))));
    }
    UNROLL for (size_t i = 0; i < count; i++) {
        int32_t lanes[8];

        _mm256_storeu_si256((void *)lanes, acc[i]);
        for (size_t j = 0; j < 8; j++)
            sums[i] += lanes[j];
    }
}
#else
enum { STEP = 8, SAFE = 512 };

ALWAYS_INLINE void partial_sums(int64_t *sums, const signed char *w, const int16_t *const *x,
                                size_t start, size_t end, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t sum = 0;

        for (size_t k = start; k < end; k++)
            sum += w[k] * x[i][k];
        sums[i] += sum;
    }
}
#endif

ALWAYS_INLINE void multiply_row(const struct product *p, size_t row, const unsigned char *prepared,
                                size_t b, size_t count)
{
    const signed char *w = p->w + row * p->columns;
    const size_t whole = p->columns - p->columns % STEP;
    const int16_t *x[INPUTS];
    int64_t sums[INPUTS] = {0};

    for (size_t i = 0; i < count; i++)
        x[i] = (const int16_t *)(const void *)(prepared + (b + i) * row_bytes(p->columns));
    for (size_t k = 0; k < whole; k += SAFE)
        partial_sums(sums, w, x, k, whole - k < SAFE ? whole : k + SAFE, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = whole; k < p->columns; k++)
            sums[i] += w[k] * x[i][k];
        store(p, row, b + i, (double)sums[i]);
    }
}

static void linear(float *y, size_t y_stride, const signed char *w, const float *w_scale,
                   size_t rows, size_t columns, const void *prepared, const float *x_scale,
                   size_t batch, const float *bias, int accumulate)
{
    const struct product p = {y, y_stride, w, w_scale, columns, x_scale, bias, accumulate};

    for (size_t row = 0; row < rows; row++) {
        size_t b = 0;

        for (; b + INPUTS <= batch; b += INPUTS)
            multiply_row(&p, row, prepared, b, INPUTS);
        for (; b < batch; b++)
            multiply_row(&p, row, prepared, b, 1);
    }
}

extern const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET);

const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET) = {
    .row_bytes = row_bytes,
    .group = group,
    .prepare = prepare,
    .linear = linear,
};
