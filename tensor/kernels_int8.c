/* SPDX-License-Identifier: MIT */
/*
 * Products of int8 rows with inputs quantised to 16 bits, compiled once an instruction set.  The sum of
 * a row is an exact integer, and what follows are single rounded operations, so all sets and all
 * batch sizes give the same bits.
 *
 * VNNI multiplies unsigned bytes with signed ones: an input q is kept as (q >> 8) + 128 and q & 255,
 * and 128 times the row's own sum comes off the former's product.  A few inputs are multiplied along
 * the row; PANEL of them at once side by side, each 4 bytes of the row with 4 of every input.
 * The others multiply 16-bit numbers and empty their 32-bit sums before these can overflow.
 */
#include "tensor/kernels.h"

#include <math.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { CHUNK = 1024 };

static float largest_magnitude(const float *x, size_t count)
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
static float find_factor(const float *x, size_t count, float *ret_scale)
{
    const float largest = largest_magnitude(x, count);

    *ret_scale = largest / 32767.0f;
    return largest > 1e-30f ? 32767.0f / largest : 0.0f;
}

/* Rounds to the nearest integer by adding 1.5 * 2^23, whose unit is 1. */
static void quantise(int16_t *q, const float *x, size_t count, float factor)
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

#if defined(__AVX512VNNI__)

enum { PANEL = 16, MIN_PANEL = 8, PLANES = 2 };

static size_t row_bytes(size_t columns)
{
    return PLANES * ((columns + 63) / 64 * 64);
}

/* How many of the inputs from `first` on are laid out together. */
static size_t group(size_t first, size_t batch)
{
    const size_t rest = batch - first;

    return rest >= PANEL ? PANEL : rest >= MIN_PANEL ? rest : 1;
}

/* One input, as two planes of bytes. */
static void prepare_row(unsigned char *out, const float *x, size_t columns, float factor)
{
    unsigned char *high = out, *low = out + row_bytes(columns) / PLANES;
    int16_t q[CHUNK];

    for (size_t start = 0; start < columns; start += CHUNK) {
        const size_t count = columns - start < CHUNK ? columns - start : CHUNK;

        quantise(q, x + start, count, factor);
        for (size_t i = 0; i < count; i++) {
            high[start + i] = (unsigned char)((q[i] >> 8) + 128);
            low[start + i] = (unsigned char)(q[i] & 255);
        }
    }
}

/* Input `lane` of a panel [columns / 4][PLANES][PANEL][4]. */
static void prepare_lane(unsigned char *out, size_t lane, const float *x, size_t columns,
                         float factor)
{
    int16_t q[CHUNK];

    for (size_t start = 0; start < columns; start += CHUNK) {
        const size_t count = columns - start < CHUNK ? columns - start : CHUNK;
        unsigned char *unit = out + start / 4 * (PLANES * PANEL * 4) + lane * 4;

        quantise(q, x + start, count, factor);
        for (size_t i = count; i % 4 != 0; i++)
            q[i] = 0;
        for (size_t i = 0; i < count; i += 4, unit += PLANES * PANEL * 4) {
            for (size_t j = 0; j < 4; j++) {
                unit[j] = (unsigned char)((q[i + j] >> 8) + 128);
                unit[PANEL * 4 + j] = (unsigned char)(q[i + j] & 255);
            }
        }
    }
}

static void prepare(void *prepared, float *scale, const float *x, size_t columns, size_t first,
                    size_t count)
{
    unsigned char *out = (unsigned char *)prepared + first * row_bytes(columns);

    for (size_t i = 0; i < count; i++) {
        const float *row = x + (first + i) * columns;
        const float factor = find_factor(row, columns, &scale[first + i]);

        if (count == 1)
            prepare_row(out, row, columns, factor);
        else
            prepare_lane(out, i, row, columns, factor);
    }
}

/* The sums of four registers, in order. */
ALWAYS_INLINE __m128i sum_of_each(__m512i a, __m512i b, __m512i c, __m512i d)
{
    const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    const __m512i all =
        _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    const __m256i half =
        _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));

    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

enum { ROWS = 4, INPUTS = 2 };

/* ROWS rows (`rows` of them real) with `count` inputs laid out singly, along the rows. */
ALWAYS_INLINE void multiply_rows(const struct product *p, size_t row, size_t rows,
                                 const unsigned char *x, size_t b, size_t count)
{
    const size_t columns = p->columns, bytes = row_bytes(columns), plane = bytes / PLANES;
    __m512i high[ROWS][INPUTS], low[ROWS][INPUTS], own[ROWS];
    const signed char *w[ROWS];

    UNROLL for (size_t r = 0; r < ROWS; r++) {
        w[r] = p->w + (row + (r < rows ? r : 0)) * columns;
        own[r] = _mm512_setzero_si512();
        UNROLL for (size_t i = 0; i < count; i++)
            high[r][i] = low[r][i] = _mm512_setzero_si512();
    }
    for (size_t k = 0; k < columns; k += 64) {
        const __mmask64 mask = columns - k < 64 ? ~UINT64_C(0) >> (64 - (columns - k)) : ~UINT64_C(0);
        __m512i v[ROWS];

        UNROLL for (size_t r = 0; r < ROWS; r++) {
            v[r] = _mm512_maskz_loadu_epi8(mask, w[r] + k);
            own[r] = _mm512_dpbusd_epi32(own[r], _mm512_set1_epi8(-128), v[r]);
        }
        UNROLL for (size_t i = 0; i < count; i++) {
            const unsigned char *input = x + (b + i) * bytes + k;
            const __m512i h = _mm512_loadu_si512(input), l = _mm512_loadu_si512(input + plane);

            UNROLL for (size_t r = 0; r < ROWS; r++) {
                high[r][i] = _mm512_dpbusd_epi32(high[r][i], h, v[r]);
                low[r][i] = _mm512_dpbusd_epi32(low[r][i], l, v[r]);
            }
        }
    }
    UNROLL for (size_t i = 0; i < count; i++) {
        int32_t h[ROWS], l[ROWS];

        _mm_storeu_si128((void *)h, sum_of_each(_mm512_sub_epi32(high[0][i], own[0]),
                                                _mm512_sub_epi32(high[1][i], own[1]),
                                                _mm512_sub_epi32(high[2][i], own[2]),
                                                _mm512_sub_epi32(high[3][i], own[3])));
        _mm_storeu_si128((void *)l, sum_of_each(low[0][i], low[1][i], low[2][i], low[3][i]));
        for (size_t r = 0; r < rows; r++)
            store(p, row + r, b + i, 256.0 * h[r] + l[r]);
    }
}

/* 128 times the sum of a row. */
static int32_t own_sum(const signed char *w, size_t columns)
{
    __m512i sum = _mm512_setzero_si512();

    for (size_t k = 0; k < columns; k += 64) {
        const __mmask64 mask = columns - k < 64 ? ~UINT64_C(0) >> (64 - (columns - k)) : ~UINT64_C(0);

        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(-128), _mm512_maskz_loadu_epi8(mask, w + k));
    }
    return _mm512_reduce_add_epi32(sum);
}

enum { PANEL_ROWS = 6, PANELS = 2 };

ALWAYS_INLINE __m512i broadcast(const signed char *w, size_t bytes)
{
    int32_t unit = 0;

    memcpy(&unit, w, bytes);
    return _mm512_set1_epi32(unit);
}

/* `rows` rows with `panels` panels; inputs b and up, the last panel may be partly empty. */
ALWAYS_INLINE void multiply_panels(const struct product *p, size_t row, size_t rows,
                                   const int32_t *own, const unsigned char *x, size_t b,
                                   size_t panels, size_t count)
{
    const size_t columns = p->columns, bytes = row_bytes(columns);
    const unsigned char *panel = x + b * bytes;
    __m512i high[PANEL_ROWS][PANELS], low[PANEL_ROWS][PANELS];
    const signed char *w[PANEL_ROWS];

    UNROLL for (size_t r = 0; r < rows; r++) {
        w[r] = p->w + (row + r) * columns;
        UNROLL for (size_t i = 0; i < panels; i++)
            high[r][i] = low[r][i] = _mm512_setzero_si512();
    }
    for (size_t k = 0; k < columns; k += 4, panel += PLANES * PANEL * 4) {
        __m512i h[PANELS], l[PANELS];

        UNROLL for (size_t i = 0; i < panels; i++) {
            h[i] = _mm512_load_si512(panel + i * PANEL * bytes);
            l[i] = _mm512_load_si512(panel + i * PANEL * bytes + PANEL * 4);
        }
        UNROLL for (size_t r = 0; r < rows; r++) {
            const __m512i v = k + 4 <= columns ? broadcast(w[r] + k, 4)
                                               : broadcast(w[r] + k, columns - k);

            UNROLL for (size_t i = 0; i < panels; i++) {
                high[r][i] = _mm512_dpbusd_epi32(high[r][i], h[i], v);
                low[r][i] = _mm512_dpbusd_epi32(low[r][i], l[i], v);
            }
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t i = 0; i < panels; i++) {
            int32_t h[PANEL], l[PANEL];

            _mm512_storeu_si512(h, high[r][i]);
            _mm512_storeu_si512(l, low[r][i]);
            for (size_t j = 0; j < PANEL && i * PANEL + j < count; j++)
                store(p, row + r, b + i * PANEL + j, 256.0 * (h[j] - own[r]) + l[j]);
        }
    }
}

/* All inputs that lie in panels, PANELS panels at a time; returns how many. */
ALWAYS_INLINE size_t all_panels(const struct product *p, size_t row, size_t rows,
                                const unsigned char *x, size_t batch)
{
    int32_t own[PANEL_ROWS];
    size_t b = 0;

    if (group(0, batch) == 1)
        return 0;
    for (size_t r = 0; r < rows; r++)
        own[r] = own_sum(p->w + (row + r) * p->columns, p->columns);
    while (b < batch && group(b, batch) > 1) {
        const size_t first = group(b, batch);
        const size_t second = b + first < batch ? group(b + first, batch) : 0;

        if (first == PANEL && second > 1) {
            multiply_panels(p, row, rows, own, x, b, 2, first + second);
            b += first + second;
        } else {
            multiply_panels(p, row, rows, own, x, b, 1, first);
            b += first;
        }
    }
    return b;
}

static void linear(float *y, size_t y_stride, const signed char *w, const float *w_scale,
                   size_t rows, size_t columns, const void *prepared, const float *x_scale,
                   size_t batch, const float *bias, int accumulate)
{
    const struct product p = {y, y_stride, w, w_scale, columns, x_scale, bias, accumulate};
    const unsigned char *x = prepared;
    size_t single = 0, row = 0;

    for (size_t tiles = (rows + PANEL_ROWS - 1) / PANEL_ROWS; tiles > 0; tiles--) {
        const size_t share = (rows - row + tiles - 1) / tiles;

        if (share == PANEL_ROWS)
            single = all_panels(&p, row, PANEL_ROWS, x, batch);
        else if (share == PANEL_ROWS - 1)
            single = all_panels(&p, row, PANEL_ROWS - 1, x, batch);
        else
            for (size_t r = row; r < row + share; r++)
                single = all_panels(&p, r, 1, x, batch);
        row += share;
    }
    for (row = 0; row < rows && single < batch; row += ROWS) {
        const size_t real = rows - row < ROWS ? rows - row : ROWS;
        size_t b = single;

        for (; b + INPUTS <= batch; b += INPUTS)
            multiply_rows(&p, row, real, x, b, INPUTS);
        if (b < batch)
            multiply_rows(&p, row, real, x, b, 1);
    }
}

#else

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
/* Each of the 8 sums takes two products of at most 127 * 32767 a step. */
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

#endif

extern const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET);

const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET) = {
    .row_bytes = row_bytes,
    .group = group,
    .prepare = prepare,
    .linear = linear,
};
