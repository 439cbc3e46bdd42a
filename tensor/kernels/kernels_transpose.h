/* SPDX-License-Identifier: MIT */
/* A matrix turned, four rows and columns at a time in vectors where the processor has them. */
#ifndef TENSOR_KERNELS_TRANSPOSE_H
#define TENSOR_KERNELS_TRANSPOSE_H

#include <stddef.h>
#if defined(__SSE__)
#include <immintrin.h>
#endif

/* to[j][i] = from[i][j] for four rows and columns. */
static inline void tn_transpose4(float *to, size_t to_stride, const float *from, size_t from_stride)
{
#if defined(__SSE__)
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + from_stride);
    __m128 c = _mm_loadu_ps(from + 2 * from_stride), d = _mm_loadu_ps(from + 3 * from_stride);

    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + to_stride, b);
    _mm_storeu_ps(to + 2 * to_stride, c);
    _mm_storeu_ps(to + 3 * to_stride, d);
#else
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            to[j * to_stride + i] = from[i * from_stride + j];
#endif
}

static inline void tn_transpose(float *to, size_t to_stride, const float *from, size_t from_stride,
                                size_t rows, size_t columns)
{
    const size_t rows4 = rows / 4 * 4, columns4 = columns / 4 * 4;

    for (size_t i = 0; i < rows4; i += 4)
        for (size_t j = 0; j < columns4; j += 4)
            tn_transpose4(to + j * to_stride + i, to_stride, from + i * from_stride + j,
                          from_stride);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i < rows4 ? columns4 : 0; j < columns; j++)
            to[j * to_stride + i] = from[i * from_stride + j];
}

#endif
