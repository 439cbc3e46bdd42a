/* SPDX-License-Identifier: MIT */
/*
 * Products of int8 rows with inputs of 8 bits, along the rows.  x86 and portable C keep the inputs
 * as 16 bits, because AVX2 and SSE multiply pairs of these without saturation.  ARM multiplies
 * bytes with a sign: an input without negative values, 0 .. 255, is kept less 128.
 */
#include "tensor/kernels/kernels_int8.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#elif defined(TN_NEON)
#include <arm_neon.h>
#endif

/* A tile is ROWS rows with INPUTS inputs: gcc has no register left for more with AVX2.  All rows
 * are multiplied with BLOCK inputs before the next ones, so that these inputs stay in the cache. */
enum { ROWS = 4 };
#if defined(__AVX2__)
enum { INPUTS = 2, BLOCK = 16 };
#else
enum { INPUTS = 3, BLOCK = 15 };
#endif

/* Weights are asked for AHEAD bytes before their turn, in the same row or in the next ROWS rows:
 * from memory that is 1.7 times as fast. */
enum { AHEAD = 2560 };

#if defined(TN_NEON)
enum { LOWEST = -128 };
typedef int8_t input;
#else
enum { LOWEST = 0 };
typedef int16_t input;
#endif
typedef int32_t four_sums __attribute__((vector_size(16)));

static size_t row_bytes(size_t columns)
{
    return (columns * sizeof(input) + 63) / 64 * 64;
}

static size_t group(size_t first, size_t batch)
{
    (void)first;
    (void)batch;
    return 1;
}

static void prepare(void *prepared, struct tn_int8_input *inputs, const float *x, size_t columns,
                    size_t first, size_t count)
{
    for (size_t b = first; b < first + count; b++) {
        input *q = (input *)(void *)((unsigned char *)prepared + b * row_bytes(columns));
        const struct steps steps = find_steps(x + b * columns, columns);
        const int32_t zero = steps.negative ? 0 : LOWEST;

        for (size_t i = 0; i < columns; i++)
            q[i] = (input)(nearest(x[b * columns + i] * steps.factor) + zero);
        inputs[b] = (struct tn_int8_input){steps.scale, zero};
    }
}

/* The sum of w[k] x[k] from `start` on. */
static int32_t dot(const signed char *w, const input *x, size_t start, size_t columns)
{
    int32_t sum = 0;

    for (size_t k = start; k < columns; k++)
        sum += w[k] * x[k];
    return sum;
}

#if defined(__AVX2__)
/* A type of its own: with __m256i, which has 64-bit elements, gcc copies the sums of a loop. */
typedef int32_t sums __attribute__((vector_size(32)));
typedef __m256i weights;
enum { STEP = 16 };

ALWAYS_INLINE weights load(const signed char *w)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)w));
}

ALWAYS_INLINE sums multiply_add(sums acc, weights w, const input *x)
{
    return acc + (sums)_mm256_madd_epi16(w, _mm256_load_si256((const void *)x));
}

/* The sums of four registers, in order. */
ALWAYS_INLINE four_sums sum_of_each(sums a, sums b, sums c, sums d)
{
    const __m256i ab = _mm256_hadd_epi32((__m256i)a, (__m256i)b);
    const __m256i all = _mm256_hadd_epi32(ab, _mm256_hadd_epi32((__m256i)c, (__m256i)d));

    return (four_sums)_mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}
#elif defined(__SSE4_1__)
typedef four_sums sums;
typedef __m128i weights;
enum { STEP = 8 };

ALWAYS_INLINE weights load(const signed char *w)
{
    return _mm_cvtepi8_epi16(_mm_loadl_epi64((const void *)w));
}

ALWAYS_INLINE sums multiply_add(sums acc, weights w, const input *x)
{
    return acc + (sums)_mm_madd_epi16(w, _mm_load_si128((const void *)x));
}

ALWAYS_INLINE four_sums sum_of_each(sums a, sums b, sums c, sums d)
{
    return (four_sums)_mm_hadd_epi32(_mm_hadd_epi32((__m128i)a, (__m128i)b),
                                     _mm_hadd_epi32((__m128i)c, (__m128i)d));
}
#elif defined(TN_NEON)
typedef four_sums sums;
typedef int8x16_t weights;
enum { STEP = 16 };

ALWAYS_INLINE weights load(const signed char *w)
{
    return vld1q_s8(w);
}

ALWAYS_INLINE sums multiply_add(sums acc, weights w, const input *x)
{
    const int8x16_t values = vld1q_s8(x);

#if defined(__ARM_FEATURE_DOTPROD)
    return (sums)vdotq_s32((int32x4_t)acc, w, values);
#else
    /* 2 * 127 * 128 is the most that 16 bits take. */
    const int16x8_t half = vmull_s8(vget_low_s8(w), vget_low_s8(values));

    return (sums)vpadalq_s16((int32x4_t)acc, vmlal_high_s8(half, w, values));
#endif
}

ALWAYS_INLINE four_sums sum_of_each(sums a, sums b, sums c, sums d)
{
    return (four_sums)vpaddq_s32(vpaddq_s32((int32x4_t)a, (int32x4_t)b),
                                 vpaddq_s32((int32x4_t)c, (int32x4_t)d));
}
#endif

#if defined(__SSE4_1__) || defined(TN_NEON)
/* ret_sums[i][r]: row r with input i. */
ALWAYS_INLINE void multiply_tile(int32_t ret_sums[INPUTS][ROWS], const signed char *const *w,
                                 const input *const *x, size_t columns, size_t count)
{
    const size_t whole = columns - columns % STEP;
    sums acc[ROWS][INPUTS];

    UNROLL for (size_t r = 0; r < ROWS; r++)
        UNROLL for (size_t i = 0; i < count; i++)
            acc[r][i] = (sums){0};
    for (size_t k = 0; k < whole; k += STEP) {
        const size_t ahead = k + AHEAD + (k + AHEAD < columns ? 0 : (ROWS - 1) * columns);

        UNROLL for (size_t r = 0; r < ROWS; r++) {
            const weights v = load(w[r] + k);
            __builtin_prefetch(w[r] + ahead);

            UNROLL for (size_t i = 0; i < count; i++)
                acc[r][i] = multiply_add(acc[r][i], v, x[i] + k);
        }
    }
    UNROLL for (size_t i = 0; i < count; i++) {
        const four_sums sum = sum_of_each(acc[0][i], acc[1][i], acc[2][i], acc[3][i]);

        memcpy(ret_sums[i], &sum, ROWS * sizeof **ret_sums);
    }
    for (size_t i = 0; i < count && whole < columns; i++)
        for (size_t r = 0; r < ROWS; r++)
            ret_sums[i][r] += dot(w[r], x[i], whole, columns);
}
#else
ALWAYS_INLINE void multiply_tile(int32_t ret_sums[INPUTS][ROWS], const signed char *const *w,
                                 const input *const *x, size_t columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < ROWS; r++)
            ret_sums[i][r] = dot(w[r], x[i], 0, columns);
}
#endif

/* own[ROWS]: the sums of the rows alone, which inputs with a zero of their own have too much. */
ALWAYS_INLINE void linear_tile(const struct tn_int8_product *p, const int32_t *own, size_t row,
                               size_t rows, size_t b, size_t count)
{
    const signed char *w[ROWS];
    const input *x[INPUTS];
    int32_t exact[INPUTS][ROWS];

    for (size_t r = 0; r < ROWS; r++)
        w[r] = p->w + (row + (r < rows ? r : 0)) * p->columns;
    for (size_t i = 0; i < count; i++)
        x[i] = (const void *)((const unsigned char *)p->prepared + (b + i) * row_bytes(p->columns));
    multiply_tile(exact, w, x, p->columns, count);
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < rows; r++)
            store(p, row + r, b + i, exact[i][r] - p->inputs[b + i].zero * own[r]);
}

/* The sums of `rows` rows, where one of the inputs first .. end - 1 has a zero of its own. */
static void find_own(int32_t *ret_own, const struct tn_int8_product *p, size_t row, size_t rows,
                     size_t first, size_t end)
{
    int32_t zero = 0;

    memset(ret_own, 0, ROWS * sizeof *ret_own);
    for (size_t b = first; b < end; b++)
        zero |= p->inputs[b].zero;
    for (size_t r = 0; r < rows && zero != 0; r++)
        for (size_t k = 0; k < p->columns; k++)
            ret_own[r] += p->w[(row + r) * p->columns + k];
}

/* Rows `row` and up, `rows` of them real, with the inputs first .. end - 1. */
ALWAYS_INLINE void linear_rows(const struct tn_int8_product *p, size_t row, size_t rows,
                               size_t first, size_t end)
{
    int32_t own[ROWS];
    size_t b = first;

    find_own(own, p, row, rows, first, end);
    for (; b + INPUTS <= end; b += INPUTS)
        linear_tile(p, own, row, rows, b, INPUTS);
    if (end - b == 2)
        linear_tile(p, own, row, rows, b, 2);
    else if (end - b == 1)
        linear_tile(p, own, row, rows, b, 1);
}

static void linear(const struct tn_int8_product *p)
{
    for (size_t first = 0; first < p->batch; first += BLOCK) {
        const size_t end = p->batch - first < BLOCK ? p->batch : first + BLOCK;

        for (size_t row = 0; row < p->rows; row += ROWS) {
            const size_t rows = p->rows - row < ROWS ? p->rows - row : ROWS;

            linear_rows(p, row, rows, first, end);
        }
    }
}

extern const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET);

const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET) = {
    .row_bytes = row_bytes,
    .group = group,
    .prepare = prepare,
    .linear = linear,
};
