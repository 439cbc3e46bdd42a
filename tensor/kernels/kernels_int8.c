/* SPDX-License-Identifier: MIT */
/*
 * Products of int8 rows with inputs of 8 bits, for AVX2 and portable C.  The inputs are kept as 16
 * bits, because a processor multiplies pairs of these without saturation.
 */
#include "tensor/kernels/kernels_int8.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* A tile is ROWS rows with INPUTS inputs.  All rows are multiplied with BLOCK inputs before the
 * next ones, so that these inputs stay in the cache. */
enum { ROWS = 4, INPUTS = 3, BLOCK = 15 };

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

static void prepare(void *prepared, struct tn_int8_input *inputs, const float *x, size_t columns,
                    size_t first, size_t count)
{
    for (size_t b = first; b < first + count; b++) {
        int16_t *q = (int16_t *)(void *)((unsigned char *)prepared + b * row_bytes(columns));
        const struct steps steps = find_steps(x + b * columns, columns);

        for (size_t i = 0; i < columns; i++)
            q[i] = (int16_t)nearest(x[b * columns + i] * steps.factor);
        inputs[b] = (struct tn_int8_input){.scale = steps.scale};
    }
}

/* The sum of w[k] x[k] from `start` on. */
static int32_t dot(const signed char *w, const int16_t *x, size_t start, size_t columns)
{
    int32_t sum = 0;

    for (size_t k = start; k < columns; k++)
        sum += w[k] * x[k];
    return sum;
}

#if defined(__AVX2__)
/* A type of its own: with __m256i, which has 64-bit elements, gcc copies the sums of a loop. */
typedef int32_t sums __attribute__((vector_size(32)));
enum { STEP = 16 };

/* The sums of four registers, in order. */
ALWAYS_INLINE __m128i sum_of_each(sums a, sums b, sums c, sums d)
{
    const __m256i ab = _mm256_hadd_epi32((__m256i)a, (__m256i)b);
    const __m256i all = _mm256_hadd_epi32(ab, _mm256_hadd_epi32((__m256i)c, (__m256i)d));

    return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

/* ret_sums[i][r]: row r with input i. */
ALWAYS_INLINE void multiply_tile(int32_t ret_sums[INPUTS][ROWS], const signed char *const *w,
                                 const int16_t *const *x, size_t columns, size_t count)
{
    const size_t whole = columns - columns % STEP;
    sums acc[ROWS][INPUTS];

    UNROLL for (size_t r = 0; r < ROWS; r++) UNROLL for (size_t i = 0; i < count; i++) acc[r][i] =
        (sums){0};
    for (size_t k = 0; k < whole; k += STEP) {
        UNROLL for (size_t r = 0; r < ROWS; r++)
        {
            const __m256i v = _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)(w[r] + k)));

            UNROLL for (size_t i = 0; i < count; i++) acc[r][i] +=
                (sums)_mm256_madd_epi16(v, _mm256_loadu_si256((const void *)(x[i] + k)));
        }
    }
    UNROLL for (size_t i = 0; i < count; i++) _mm_storeu_si128(
        (void *)ret_sums[i], sum_of_each(acc[0][i], acc[1][i], acc[2][i], acc[3][i]));
    for (size_t i = 0; i < count && whole < columns; i++)
        for (size_t r = 0; r < ROWS; r++)
            ret_sums[i][r] += dot(w[r], x[i], whole, columns);
}
#else
ALWAYS_INLINE void multiply_tile(int32_t ret_sums[INPUTS][ROWS], const signed char *const *w,
                                 const int16_t *const *x, size_t columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < ROWS; r++)
            ret_sums[i][r] = dot(w[r], x[i], 0, columns);
}
#endif

/* Rows `row` and up, `rows` of them real, with inputs `b` and up. */
ALWAYS_INLINE void linear_tile(const struct tn_int8_product *p, size_t row, size_t rows, size_t b,
                               size_t count)
{
    const signed char *w[ROWS];
    const int16_t *x[INPUTS];
    int32_t exact[INPUTS][ROWS];

    for (size_t r = 0; r < ROWS; r++)
        w[r] = p->w + (row + (r < rows ? r : 0)) * p->columns;
    for (size_t i = 0; i < count; i++)
        x[i] = (const void *)((const unsigned char *)p->prepared + (b + i) * row_bytes(p->columns));
    multiply_tile(exact, w, x, p->columns, count);
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < rows; r++)
            store(p, row + r, b + i, exact[i][r]);
}

static void linear(const struct tn_int8_product *p)
{
    for (size_t first = 0; first < p->batch; first += BLOCK) {
        const size_t end = p->batch - first < BLOCK ? p->batch : first + BLOCK;

        for (size_t row = 0; row < p->rows; row += ROWS) {
            const size_t rows = p->rows - row < ROWS ? p->rows - row : ROWS;
            size_t b = first;

            for (; b + INPUTS <= end; b += INPUTS)
                linear_tile(p, row, rows, b, INPUTS);
            if (end - b == 2)
                linear_tile(p, row, rows, b, 2);
            else if (end - b == 1)
                linear_tile(p, row, rows, b, 1);
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
