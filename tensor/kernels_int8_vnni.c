/* SPDX-License-Identifier: MIT */
/*
 * Products of int8 rows with inputs of 16 bits, for AVX-512 VNNI.  It multiplies unsigned bytes
 * with signed ones: an input q is kept as (q >> 8) + 128 and q & 255, and 128 times the row's own
 * sum comes off the former's product.  A few inputs are multiplied along the row; PANEL of them at
 * once side by side, each 4 bytes of the row with 4 of every input.
 */
#include "tensor/kernels_int8.h"

#include <immintrin.h>

enum { CHUNK = 1024, PANEL = 16, MIN_PANEL = 8, PLANES = 2 };

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
        const __mmask64 mask =
            columns - k < 64 ? ~UINT64_C(0) >> (64 - (columns - k)) : ~UINT64_C(0);
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
        const __mmask64 mask =
            columns - k < 64 ? ~UINT64_C(0) >> (64 - (columns - k)) : ~UINT64_C(0);

        sum =
            _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(-128), _mm512_maskz_loadu_epi8(mask, w + k));
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
            const __m512i v =
                k + 4 <= columns ? broadcast(w[r] + k, 4) : broadcast(w[r] + k, columns - k);

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

extern const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET);

const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET) = {
    .row_bytes = row_bytes,
    .group = group,
    .prepare = prepare,
    .linear = linear,
};
