/* SPDX-License-Identifier: MIT */
/*
 * Pairs of floats rounded to bf16, the nearer one or the even one, each pair in the place of a
 * float: as an instruction of AVX512_BF16 multiplies them, two at a time.
 */
#ifndef TENSOR_KERNELS_BF16_H
#define TENSOR_KERNELS_BF16_H

#include <stddef.h>

#if defined(__AVX512BF16__)
#include <immintrin.h>

enum { TN_PAIRS = 16 }; /* made at a time */

/* The first `count` of x, at most TN_PAIRS, and zeros. */
static inline __m512 tn_load_some(const float *x, size_t count)
{
    const unsigned mask = count < TN_PAIRS ? (1U << count) - 1 : 0xffff;

    return _mm512_maskz_loadu_ps((__mmask16)mask, x);
}

/* A row in pairs: to[i] = x[2 i], x[2 i + 1], with zeros from x[count] up to whole vectors. */
static inline void tn_pair_row(float *to, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i += 2 * TN_PAIRS) {
        const size_t left = count - i;
        const __m512 low = tn_load_some(x + i, left);
        const __m512 high =
            left > TN_PAIRS ? tn_load_some(x + i + TN_PAIRS, left - TN_PAIRS) : _mm512_setzero_ps();

        _mm512_storeu_si512(to + i / 2, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
}

/* Each two of `rows` rows in one: to[i] = x[i], y[i]; zeros below the last one.  `width` is a
 * multiple of TN_PAIRS. */
static inline void tn_pair_rows(float *to, const float *x, size_t rows, size_t width)
{
    const __m512i order =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);

    for (size_t r = 0; r < rows; r += 2, x += 2 * width, to += width)
        for (size_t i = 0; i < width; i += TN_PAIRS) {
            const __m512 first = _mm512_loadu_ps(x + i);
            const __m512 second =
                r + 1 < rows ? _mm512_loadu_ps(x + width + i) : _mm512_setzero_ps();
            const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(second, first);

            _mm512_storeu_si512(to + i, _mm512_permutexvar_epi16(order, both));
        }
}

#endif

#endif
