/* SPDX-License-Identifier: MIT */
/*
 * Products of int8 rows with inputs of 16 bits, for AVX-512 VNNI.  It multiplies unsigned bytes
 * with signed ones: an input q is kept as (q >> 8) + 128 and q & 255, and 128 times the row's own
 * sum comes off the former's product.  A few inputs are multiplied along the row; PANEL of them at
 * once side by side, each 4 bytes of the row with 4 of every input.
 */
#include "tensor/kernels/kernels_int8.h"

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

/* Weights are asked for AHEAD bytes before their turn, in the same row or in the next ROWS rows:
 * four rows at once are more than the processor foresees, and from memory it is a third as fast. */
enum { ROWS = 4, INPUTS = 2, AHEAD = 2560 };

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
            _mm_prefetch(w[r] + k + AHEAD + (k + AHEAD < columns ? 0 : (ROWS - 1) * columns),
                         _MM_HINT_T0);
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

enum { PANEL_ROWS = 6, PANELS = 2, ROW_BLOCK = 64 };

ALWAYS_INLINE __m512i broadcast(const signed char *w, size_t bytes)
{
    int32_t unit = 0;

    memcpy(&unit, w, bytes);
    return _mm512_set1_epi32(unit);
}

/* Values of a block of rows, before bias: kept together, as y's rows may lie a power of two apart
 * and then share their place in the cache. */
struct block {
    float value[ROW_BLOCK][PANELS * PANEL];
    int32_t own[ROW_BLOCK];
};

/* (256 (high - own) + low) * scale for the inputs of a panel; the sum is exact. */
ALWAYS_INLINE void scale_panel(float *value, __m512i high, __m512i low, int32_t own, double w_scale,
                               const float *x_scale)
{
    high = _mm512_sub_epi32(high, _mm512_set1_epi32(own));
    UNROLL for (size_t i = 0; i < 2; i++) {
        const __m256i h =
            i == 0 ? _mm512_castsi512_si256(high) : _mm512_extracti64x4_epi64(high, 1);
        const __m256i l = i == 0 ? _mm512_castsi512_si256(low) : _mm512_extracti64x4_epi64(low, 1);
        const __m512d sum = _mm512_add_pd(
            _mm512_mul_pd(_mm512_cvtepi32_pd(h), _mm512_set1_pd(256.0)), _mm512_cvtepi32_pd(l));
        const __m512d scale = _mm512_mul_pd(_mm512_set1_pd(w_scale),
                                            _mm512_cvtps_pd(_mm256_loadu_ps(x_scale + i * 8)));

        _mm256_storeu_ps(value + i * 8, _mm512_cvtpd_ps(_mm512_mul_pd(sum, scale)));
    }
}

/* Rows first .. first + rows - 1 of the block that begins at `row`, with `panels` panels. */
ALWAYS_INLINE void multiply_panels(const struct product *p, struct block *block, size_t row,
                                   size_t first, size_t rows, const unsigned char *panel,
                                   const float *x_scale, size_t panels)
{
    const size_t columns = p->columns, bytes = row_bytes(columns);
    __m512i high[PANEL_ROWS][PANELS], low[PANEL_ROWS][PANELS];
    const signed char *w[PANEL_ROWS];

    UNROLL for (size_t r = 0; r < rows; r++) {
        w[r] = p->w + (row + first + r) * columns;
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
    UNROLL for (size_t r = 0; r < rows; r++)
        UNROLL for (size_t i = 0; i < panels; i++)
            scale_panel(block->value[first + r] + i * PANEL, high[r][i], low[r][i],
                        block->own[first + r], (double)p->w_scale[row + first + r],
                        x_scale + i * PANEL);
}

/* The block's rows in tiles of equal size. */
ALWAYS_INLINE void multiply_block(const struct product *p, struct block *block, size_t row,
                                  size_t rows, const unsigned char *panel, const float *x_scale,
                                  size_t panels)
{
    size_t first = 0;

    for (size_t tiles = (rows + PANEL_ROWS - 1) / PANEL_ROWS; tiles > 0; tiles--) {
        const size_t share = (rows - first + tiles - 1) / tiles;

        if (share == PANEL_ROWS)
            multiply_panels(p, block, row, first, PANEL_ROWS, panel, x_scale, panels);
        else if (share == PANEL_ROWS - 1)
            multiply_panels(p, block, row, first, PANEL_ROWS - 1, panel, x_scale, panels);
        else
            for (size_t r = first; r < first + share; r++)
                multiply_panels(p, block, row, r, 1, panel, x_scale, panels);
        first += share;
    }
}

static void store_block(const struct product *p, const struct block *block, size_t row, size_t rows,
                        size_t b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float *y = p->y + (b + i) * p->y_stride + row;

        for (size_t r = 0; r < rows; r++) {
            const float value = block->value[r][i] + (p->bias ? p->bias[row + r] : 0.0f);

            y[r] = p->accumulate ? y[r] + value : value;
        }
    }
}

/* A block of rows with all inputs that lie in panels, PANELS panels at a time; returns how many. */
static size_t all_panels(const struct product *p, size_t row, size_t rows, const unsigned char *x,
                         size_t batch)
{
    struct block block;
    size_t b = 0;

    for (size_t r = 0; r < rows && group(0, batch) > 1; r++)
        block.own[r] = own_sum(p->w + (row + r) * p->columns, p->columns);
    while (b < batch && group(b, batch) > 1) {
        const unsigned char *panel = x + b * row_bytes(p->columns);
        const size_t left = group(b, batch);
        const size_t right = b + left < batch ? group(b + left, batch) : 1;
        const size_t count = right > 1 ? left + right : left;
        float x_scale[PANELS * PANEL] = {0};

        memcpy(x_scale, p->x_scale + b, count * sizeof *x_scale);
        if (right > 1)
            multiply_block(p, &block, row, rows, panel, x_scale, 2);
        else
            multiply_block(p, &block, row, rows, panel, x_scale, 1);
        store_block(p, &block, row, rows, b, count);
        b += count;
    }
    return b;
}

static void linear(float *y, size_t y_stride, const signed char *w, const float *w_scale,
                   size_t rows, size_t columns, const void *prepared, const float *x_scale,
                   size_t batch, const float *bias, int accumulate)
{
    const struct product p = {y, y_stride, w, w_scale, columns, x_scale, bias, accumulate};
    const unsigned char *x = prepared;
    size_t single = 0;

    for (size_t row = 0; row < rows; row += ROW_BLOCK)
        single = all_panels(&p, row, rows - row < ROW_BLOCK ? rows - row : ROW_BLOCK, x, batch);
    for (size_t row = 0; row < rows && single < batch; row += ROWS) {
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
