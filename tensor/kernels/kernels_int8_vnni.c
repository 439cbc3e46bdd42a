/* SPDX-License-Identifier: MIT */
/*
 * Products of int8 rows with inputs of 8 bits, for AVX-512 VNNI.  It multiplies unsigned bytes with
 * signed ones: an input with negative numbers is kept as q + ZERO, and ZERO times the row's own sum
 * comes off the product.  A few inputs are multiplied along the row; PANEL of them at once side by
 * side, each 4 bytes of the row with 4 of every input.
 */
#include "tensor/kernels/kernels_int8.h"

#include <immintrin.h>

enum { CHUNK = 1024, PANEL = 16, MIN_PANEL = 8, UNIT = 4, ZERO = 128 };

static size_t row_bytes(size_t columns)
{
    return (columns + 63) / 64 * 64;
}

/* How many of the inputs from `first` on are laid out together. */
static size_t group(size_t first, size_t batch)
{
    const size_t rest = batch - first;

    return rest >= PANEL ? PANEL : rest >= MIN_PANEL ? rest : 1;
}

static void quantise(unsigned char *q, const float *x, size_t count, float factor, int32_t zero)
{
    for (size_t i = 0; i < count; i++)
        q[i] = (unsigned char)(nearest(x[i] * factor) + zero);
}

/* Input `lane` of a panel [columns / UNIT][PANEL][UNIT]. */
static void prepare_lane(unsigned char *out, size_t lane, const float *x, size_t columns,
                         float factor, int32_t zero)
{
    unsigned char q[CHUNK];

    for (size_t start = 0; start < columns; start += CHUNK) {
        const size_t count = columns - start < CHUNK ? columns - start : CHUNK;
        unsigned char *unit = out + start * PANEL + lane * UNIT;

        quantise(q, x + start, count, factor, zero);
        for (size_t i = count; i % UNIT != 0; i++)
            q[i] = 0;
        for (size_t i = 0; i < count; i += UNIT, unit += PANEL * UNIT)
            memcpy(unit, q + i, UNIT);
    }
}

static void prepare(void *prepared, struct tn_int8_input *inputs, const float *x, size_t columns,
                    size_t first, size_t count)
{
    unsigned char *out = (unsigned char *)prepared + first * row_bytes(columns);

    for (size_t i = 0; i < count; i++) {
        const float *row = x + (first + i) * columns;
        const struct steps steps = find_steps(row, columns);
        const int32_t zero = steps.negative ? ZERO : 0;

        inputs[first + i] = (struct tn_int8_input){steps.scale, zero};
        if (count == 1)
            quantise(out, row, columns, steps.factor, zero);
        else
            prepare_lane(out, i, row, columns, steps.factor, zero);
    }
}

/* The first `count` of 64 bytes. */
ALWAYS_INLINE __mmask64 mask_of(size_t count)
{
    return count < 64 ? ~UINT64_C(0) >> (64 - count) : ~UINT64_C(0);
}

/* ZERO where an input is kept with it. */
static int32_t any_zero(const struct tn_int8_input *inputs, size_t count)
{
    int32_t zero = 0;

    for (size_t i = 0; i < count; i++)
        zero |= inputs[i].zero;
    return zero;
}

/* A type of its own: with __m512i, which has 64-bit elements, gcc copies the sums of a loop. */
typedef int32_t sums __attribute__((vector_size(64)));

/* sum[l] += 4 bytes of x, which has no sign, with 4 of w. */
ALWAYS_INLINE sums multiply_add(sums sum, __m512i x, __m512i w)
{
    return (sums)_mm512_dpbusd_epi32((__m512i)sum, x, w);
}

/* ---- A few inputs ---- */

/* The sums of four registers, in order. */
ALWAYS_INLINE __m128i sum_of_each(sums a, sums b, sums c, sums d)
{
    const __m512i first = (__m512i)a, second = (__m512i)b, third = (__m512i)c, fourth = (__m512i)d;
    const sums ab =
        (sums)_mm512_unpacklo_epi32(first, second) + (sums)_mm512_unpackhi_epi32(first, second);
    const sums cd =
        (sums)_mm512_unpacklo_epi32(third, fourth) + (sums)_mm512_unpackhi_epi32(third, fourth);
    const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64((__m512i)ab, (__m512i)cd),
                                         _mm512_unpackhi_epi64((__m512i)ab, (__m512i)cd));
    const __m256i half =
        _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));

    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* Weights are asked for AHEAD bytes before their turn, in the same row or in the next ROWS rows:
 * four rows at once are more than the processor foresees, and from memory it is a third as fast. */
enum { ROWS = 4, INPUTS = 4, AHEAD = 2560 };

/* ROWS rows (`rows` of them real) with `count` inputs laid out singly, along the rows. */
ALWAYS_INLINE void multiply_rows(const struct tn_int8_product *p, size_t row, size_t rows, size_t b,
                                 size_t count)
{
    const size_t columns = p->columns, bytes = row_bytes(columns);
    const unsigned char *input = (const unsigned char *)p->prepared + b * bytes;
    const __m512i zero = _mm512_set1_epi8((char)any_zero(p->inputs + b, count));
    sums acc[ROWS][INPUTS], own[ROWS];
    const signed char *w[ROWS];
    __m128i sum[INPUTS], own_sum;

    UNROLL for (size_t r = 0; r < ROWS; r++) {
        w[r] = p->w + (row + (r < rows ? r : 0)) * columns;
        own[r] = (sums){0};
        UNROLL for (size_t i = 0; i < count; i++)
            acc[r][i] = (sums){0};
    }
    for (size_t k = 0; k < columns; k += 64) {
        const size_t ahead = k + AHEAD + (k + AHEAD < columns ? 0 : (ROWS - 1) * columns);
        const __mmask64 mask = mask_of(columns - k);
        __m512i x[INPUTS];

        UNROLL for (size_t i = 0; i < count; i++)
            x[i] = _mm512_load_si512(input + i * bytes + k);
        UNROLL for (size_t r = 0; r < ROWS; r++) {
            const __m512i v = _mm512_maskz_loadu_epi8(mask, w[r] + k);

            _mm_prefetch(w[r] + ahead, _MM_HINT_T0);
            own[r] = multiply_add(own[r], zero, v);
            UNROLL for (size_t i = 0; i < count; i++)
                acc[r][i] = multiply_add(acc[r][i], x[i], v);
        }
    }
    own_sum = sum_of_each(own[0], own[1], own[2], own[3]);
    UNROLL for (size_t i = 0; i < count; i++)
        sum[i] = sum_of_each(acc[0][i], acc[1][i], acc[2][i], acc[3][i]);
    for (size_t i = 0; i < count; i++) {
        int32_t exact[ROWS];

        _mm_storeu_si128((void *)exact,
                         p->inputs[b + i].zero ? _mm_sub_epi32(sum[i], own_sum) : sum[i]);
        for (size_t r = 0; r < rows; r++)
            store(p, row + r, b + i, exact[r]);
    }
}

/* All rows with inputs `first` and up. */
static void linear_rows(const struct tn_int8_product *p, size_t first)
{
    for (size_t row = 0; row < p->rows; row += ROWS) {
        const size_t rows = p->rows - row < ROWS ? p->rows - row : ROWS;
        size_t b = first;

        for (; b + INPUTS <= p->batch; b += INPUTS)
            multiply_rows(p, row, rows, b, INPUTS);
        if (p->batch - b == 3)
            multiply_rows(p, row, rows, b, 3);
        else if (p->batch - b == 2)
            multiply_rows(p, row, rows, b, 2);
        else if (p->batch - b == 1)
            multiply_rows(p, row, rows, b, 1);
    }
}

/* ---- Inputs in panels ---- */

/* A tile is TILE_ROWS rows with PANELS panels. */
enum { TILE_ROWS = 8, PANELS = 3, BLOCK = 64 };

/* Sums of a block of rows: kept together, as y's rows may lie a power of two apart and then share
 * their place in the cache.  own: ZERO times those of the rows alone. */
struct block {
    size_t row, rows;
    sums sum[BLOCK][PANELS];
    int32_t own[BLOCK];
};

/* ZERO times the sum of a row. */
static int32_t own_sum(const signed char *w, size_t columns)
{
    __m512i sum = _mm512_setzero_si512();

    for (size_t k = 0; k < columns; k += 64)
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8((char)ZERO),
                                  _mm512_maskz_loadu_epi8(mask_of(columns - k), w + k));
    return _mm512_reduce_add_epi32(sum);
}

/* acc[r][i] += `bytes` columns of row r from k on with those of every input of panel i */
ALWAYS_INLINE void multiply_unit(sums acc[TILE_ROWS][PANELS], const signed char *const *w, size_t k,
                                 size_t bytes, const unsigned char *panel, size_t panel_bytes,
                                 size_t panels)
{
    __m512i x[PANELS];

    UNROLL for (size_t i = 0; i < panels; i++)
        x[i] = _mm512_load_si512(panel + i * panel_bytes);
    UNROLL for (size_t r = 0; r < TILE_ROWS; r++) {
        int32_t unit = 0;

        memcpy(&unit, w[r] + k, bytes);
        UNROLL for (size_t i = 0; i < panels; i++)
            acc[r][i] = multiply_add(acc[r][i], x[i], _mm512_set1_epi32(unit));
    }
}

/* Rows `first` and up of the block. */
ALWAYS_INLINE void multiply_tile(const struct tn_int8_product *p, struct block *block, size_t first,
                                 const unsigned char *panel, size_t panels)
{
    const size_t columns = p->columns, panel_bytes = PANEL * row_bytes(columns);
    sums acc[TILE_ROWS][PANELS];
    const signed char *w[TILE_ROWS];
    size_t k = 0;

    UNROLL for (size_t r = 0; r < TILE_ROWS; r++) {
        w[r] = p->w + (block->row + (first + r < block->rows ? first + r : 0)) * columns;
        UNROLL for (size_t i = 0; i < panels; i++)
            acc[r][i] = (sums){0};
    }
    for (; k + UNIT <= columns; k += UNIT, panel += PANEL * UNIT)
        multiply_unit(acc, w, k, UNIT, panel, panel_bytes, panels);
    if (k < columns)
        multiply_unit(acc, w, k, columns - k, panel, panel_bytes, panels);
    UNROLL for (size_t r = 0; r < TILE_ROWS; r++)
        UNROLL for (size_t i = 0; i < panels; i++)
        block->sum[first + r][i] = acc[r][i];
}

/* Four perfect shuffles turn 16 rows into 16 columns. */
static void transpose(__m512i *t)
{
    const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(8));

    UNROLL for (int round = 0; round < 4; round++) {
        __m512i next[16];

        UNROLL for (int i = 0; i < 8; i++) {
            next[2 * i] = _mm512_permutex2var_epi32(t[i], low, t[i + 8]);
            next[2 * i + 1] = _mm512_permutex2var_epi32(t[i], high, t[i + 8]);
        }
        UNROLL for (int i = 0; i < 16; i++)
            t[i] = next[i];
    }
}

/* 16 rows of the block from `first` on with the 16 inputs of one panel, the `count` from b on. */
static void store_panel(const struct tn_int8_product *p, const struct block *block, size_t first,
                        size_t panel, size_t b, size_t count)
{
    const size_t row = block->row + first, rows = block->rows - first;
    const __mmask16 mask = (__mmask16)(rows < 16 ? (1U << rows) - 1 : 0xffff);
    const __m512 w_scale = _mm512_maskz_loadu_ps(mask, p->w_scale + row);
    const __m512 bias = p->bias ? _mm512_maskz_loadu_ps(mask, p->bias + row) : _mm512_setzero_ps();
    const __m512i own = _mm512_loadu_si512(block->own + first);
    __m512i sum[16];

    UNROLL for (size_t r = 0; r < 16; r++)
        sum[r] = (__m512i)block->sum[first + r][panel];
    transpose(sum);
    UNROLL for (size_t i = 0; i < 16; i++) {
        if (i < count) {
            const struct tn_int8_input *input = &p->inputs[b + i];
            const __m512i exact = input->zero ? _mm512_sub_epi32(sum[i], own) : sum[i];
            float *y = p->y + (b + i) * p->y_stride + row;
            __m512 value =
                _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(exact),
                                            _mm512_mul_ps(w_scale, _mm512_set1_ps(input->scale))),
                              bias);

            if (p->accumulate)
                value = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, y), value);
            _mm512_mask_storeu_ps(y, mask, value);
        }
    }
}

/* The block's rows with `count` inputs from b on, laid out in `panels` panels. */
ALWAYS_INLINE void linear_panels(const struct tn_int8_product *p, struct block *block, size_t b,
                                 size_t count, size_t panels)
{
    const unsigned char *panel = (const unsigned char *)p->prepared + b * row_bytes(p->columns);

    for (size_t first = 0; first < block->rows; first += TILE_ROWS)
        multiply_tile(p, block, first, panel, panels);
    for (size_t first = 0; first < block->rows; first += 16)
        for (size_t i = 0; i < panels; i++)
            store_panel(p, block, first, i, b + i * PANEL,
                        count - i * PANEL < PANEL ? count - i * PANEL : PANEL);
}

/* A block of rows with the first `batch` inputs, all of which lie in panels. */
static void linear_block(const struct tn_int8_product *p, size_t row, size_t rows, size_t batch)
{
    const int32_t zero = any_zero(p->inputs, batch);
    struct block block; /* 12 KB, which would take longer to clear than some products */

    block.row = row;
    block.rows = rows;
    for (size_t r = 0; r < rows; r++)
        block.own[r] = zero != 0 ? own_sum(p->w + (row + r) * p->columns, p->columns) : 0;
    for (size_t b = 0; b < batch; b += PANELS * PANEL) {
        if (batch - b > 2 * PANEL)
            linear_panels(p, &block, b, batch - b, 3);
        else if (batch - b > PANEL)
            linear_panels(p, &block, b, batch - b, 2);
        else
            linear_panels(p, &block, b, batch - b, 1);
    }
}

static void linear(const struct tn_int8_product *p)
{
    const size_t rest = p->batch % PANEL;
    const size_t in_panels = rest < MIN_PANEL ? p->batch - rest : p->batch;

    for (size_t row = 0; row < p->rows && in_panels > 0; row += BLOCK)
        linear_block(p, row, p->rows - row < BLOCK ? p->rows - row : BLOCK, in_panels);
    linear_rows(p, in_panels);
}

extern const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET);

const struct tn_int8_kernels JOIN(tn_int8_kernels_, TN_KERNEL_SET) = {
    .row_bytes = row_bytes,
    .group = group,
    .prepare = prepare,
    .linear = linear,
};
