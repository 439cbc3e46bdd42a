/* SPDX-License-Identifier: MIT */
/*
 * The float32 product, compiled once an instruction set.  How it is blocked (Goto and van de Geijn
 * 2008; Van Zee and van de Geijn 2015):
 *
 *     tile    ROWS x WIDTH elements of C, summed in registers.  A step of k loads VECTORS vectors
 *             of B and ROWS elements of A and multiplies each with each: more multiplications than
 *             loads, as many as the processor can do in the time.
 *     panel   WIDTH columns of B for DEPTH steps, packed so that a tile reads them from end to end.
 *             It stays in the nearer caches while the tiles of all rows pass it.
 *     A       is read where it lies, each row of a tile from left to right.  A transposed A would
 *             be read down its columns, an element a cache line, so that it is turned first, TURNED
 *             rows at a time.
 *
 * An element of C is summed over DEPTH steps in order, and these sums are added to C in order: its
 * bits depend on k, and neither on the tile that it falls into nor on who packed B.
 */
#include "tensor/kernels.h"

#include <immintrin.h>
#include <string.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* The sums of a tile, a step's vectors of B and one element of A fill 28 of 32 registers, or 15 of
 * 16. */
#if defined(__AVX512F__)
enum { LANES = 16, ROWS = 8, VECTORS = 3 };
#define BROADCAST(x) ((lanes)_mm512_set1_ps(x))
#define FUSED(a, b, c) ((lanes)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#else
enum { LANES = 8, ROWS = 6, VECTORS = 2 };
#define BROADCAST(x) ((lanes)_mm256_set1_ps(x))
#define FUSED(a, b, c) ((lanes)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#endif

/* Turned rows lie GAP further apart than they need: a power of two apart, they would share their
 * places in the cache. */
enum { WIDTH = VECTORS * LANES, DEPTH = 512, TURNED = 64, GAP = 16 };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef float memory_lanes
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The steps between two additions to C: k in equal parts of DEPTH or less. */
static size_t depth_of(size_t k)
{
    const size_t parts = (k + DEPTH - 1) / DEPTH;

    return (k + parts - 1) / parts;
}

/* What `columns` take in a panel: whole vectors. */
static size_t padded(size_t columns)
{
    return (columns + LANES - 1) / LANES * LANES;
}

/* to[j][i] = from[i][j], four by four. */
static void transpose(float *to, size_t to_stride, const float *from, size_t from_stride,
                      size_t rows, size_t columns)
{
    const size_t rows4 = rows / 4 * 4, columns4 = columns / 4 * 4;

    for (size_t i = 0; i < rows4; i += 4) {
        for (size_t j = 0; j < columns4; j += 4) {
            const float *in = from + i * from_stride + j;
            float *out = to + j * to_stride + i;
            __m128 a = _mm_loadu_ps(in), b = _mm_loadu_ps(in + from_stride);
            __m128 c = _mm_loadu_ps(in + 2 * from_stride), d = _mm_loadu_ps(in + 3 * from_stride);

            _MM_TRANSPOSE4_PS(a, b, c, d);
            _mm_storeu_ps(out, a);
            _mm_storeu_ps(out + to_stride, b);
            _mm_storeu_ps(out + 2 * to_stride, c);
            _mm_storeu_ps(out + 3 * to_stride, d);
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i < rows4 ? columns4 : 0; j < columns; j++)
            to[j * to_stride + i] = from[i * from_stride + j];
}

/* A vector, or what is left of one. */
ALWAYS_INLINE void copy(float *to, const float *from, size_t count)
{
    if (count >= LANES)
        *(memory_lanes *)to = *(const memory_lanes *)from;
    else
        for (size_t i = 0; i < count; i++)
            to[i] = from[i];
}

/* Rows `start` .. + depth of op(B) in columns `column` .. + columns, zeros up to whole vectors. */
static void pack_panel(float *panel, const struct tn_product *p, size_t start, size_t depth,
                       size_t column, size_t columns)
{
    const size_t width = padded(columns);
    const float *b = p->b + (p->trans_b ? column * p->ldb + start : start * p->ldb + column);

    if (width > columns)
        memset(panel, 0, depth * width * sizeof *panel);
    if (p->trans_b) {
        transpose(panel, width, b, p->ldb, columns, depth);
        return;
    }
    for (size_t i = 0; i < depth; i++)
        for (size_t j = 0; j < columns; j += LANES)
            copy(panel + i * width + j, b + i * p->ldb + j, columns - j);
}

struct tile {
    const float *a[ROWS]; /* below C's edge: its last row again */
    const float *panel;
    size_t depth, rows, columns;
    float alpha, beta, *c;
    size_t ldc;
};

/* C = alpha sum + beta C for a tile that hangs over C's edges. */
static void store_part(const struct tile *t, const float *sum, size_t width)
{
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t j = 0; j < t->columns; j++) {
            float *c = t->c + r * t->ldc + j;
            const float new = t->alpha *sum[r * width + j];

            *c = t->beta == 0 ? new : new + t->beta **c;
        }
    }
}

/* A tile of `vectors` vectors a row. */
ALWAYS_INLINE void multiply_tile(const struct tile *t, size_t vectors)
{
    const float *b = t->panel;
    lanes sum[ROWS][VECTORS];

    UNROLL for (size_t r = 0; r < ROWS; r++) UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] =
        (lanes){0};
    for (size_t i = 0; i < t->depth; i++, b += vectors * LANES) {
        lanes step[VECTORS];

        UNROLL for (size_t v = 0; v < vectors; v++) step[v] = *(const lanes *)(b + v * LANES);
        UNROLL for (size_t r = 0; r < ROWS; r++)
        {
            const lanes a = BROADCAST(t->a[r][i]);

            UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = FUSED(a, step[v], sum[r][v]);
        }
    }
    if (t->rows < ROWS || t->columns < vectors * LANES) {
        _Alignas(64) float part[ROWS * WIDTH];

        UNROLL for (size_t r = 0; r < ROWS; r++) UNROLL for (size_t v = 0; v < vectors; v++) *
            (lanes *)(part + (r * vectors + v) * LANES) = sum[r][v];
        store_part(t, part, vectors * LANES);
        return;
    }
    UNROLL for (size_t r = 0; r < ROWS; r++)
    {
        memory_lanes *c = (memory_lanes *)(t->c + r * t->ldc);

        UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] *= BROADCAST(t->alpha);
        if (t->beta != 0)
            UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] +=
                (lanes)c[v] * BROADCAST(t->beta);
        UNROLL for (size_t v = 0; v < vectors; v++) c[v] = sum[r][v];
    }
}

/* All rows of a block with one panel.  C is asked for before the sums, and is there after them. */
static void multiply_panel(struct tile *t, const float *a, size_t lda, size_t rows, float *c)
{
    const size_t vectors = padded(t->columns) / LANES;

    for (size_t row = 0; row < rows; row += ROWS) {
        t->rows = smaller(ROWS, rows - row);
        t->c = c + row * t->ldc;
        for (size_t r = 0; r < ROWS; r++)
            t->a[r] = a + (row + smaller(r, t->rows - 1)) * lda;
        for (size_t r = 0; r < t->rows; r++)
            for (size_t v = 0; v < vectors; v++)
                _mm_prefetch((const char *)(t->c + r * t->ldc + v * LANES), _MM_HINT_T0);
        if (vectors == VECTORS)
            multiply_tile(t, VECTORS);
        else if (vectors == 2)
            multiply_tile(t, 2);
        else
            multiply_tile(t, 1);
    }
}

/* A part of k: the rows of op(A) at `a` with every panel. */
static void multiply_part(const struct tn_product *p, const float *a, size_t lda, size_t row,
                          size_t rows, size_t column, size_t columns, size_t start, size_t depth)
{
    _Alignas(64) float panel[DEPTH * WIDTH];
    struct tile tile = {.panel = panel,
                        .depth = depth,
                        .alpha = p->alpha,
                        .beta = start == 0 ? p->beta : 1,
                        .ldc = p->ldc};

    for (size_t j = column; j < column + columns; j += WIDTH) {
        tile.columns = smaller(WIDTH, column + columns - j);
        if (p->packed)
            tile.panel = p->packed + start * padded(p->n) + j * depth;
        else
            pack_panel(panel, p, start, depth, j, tile.columns);
        multiply_panel(&tile, a, lda, rows, p->c + row * p->ldc + j);
    }
}

/* The same with op(A) = A^T. */
static void multiply_part_turned(const struct tn_product *p, size_t row, size_t rows, size_t column,
                                 size_t columns, size_t start, size_t depth)
{
    _Alignas(64) float turned[TURNED * (DEPTH + GAP)];

    for (size_t i = row; i < row + rows; i += TURNED) {
        const size_t count = smaller(TURNED, row + rows - i);

        transpose(turned, DEPTH + GAP, p->a + start * p->lda + i, p->lda, depth, count);
        multiply_part(p, turned, DEPTH + GAP, i, count, column, columns, start, depth);
    }
}

static void multiply(const struct tn_product *p, size_t row, size_t rows, size_t column,
                     size_t columns)
{
    const size_t step = depth_of(p->k);

    for (size_t start = 0; start < p->k; start += step) {
        const size_t depth = smaller(step, p->k - start);

        if (p->trans_a)
            multiply_part_turned(p, row, rows, column, columns, start, depth);
        else
            multiply_part(p, p->a + row * p->lda + start, p->lda, row, rows, column, columns, start,
                          depth);
    }
}

static size_t packed_floats(size_t n, size_t k)
{
    return padded(n) * k;
}

/* A part of k after the other, each as panels side by side.  B is read along its rows. */
static void pack(float *packed, const struct tn_product *p, size_t start, size_t count,
                 size_t column, size_t columns)
{
    const size_t step = depth_of(p->k), end = start + count;

    while (start < end) {
        const size_t first = start / step * step, depth = smaller(step, p->k - first);
        const size_t rows = p->trans_b ? smaller(first + depth, end) - start : 1;

        for (size_t j = column; j < column + columns; j += WIDTH) {
            const size_t width = smaller(WIDTH, column + columns - j);
            float *panel = packed + first * padded(p->n) + j * depth;

            pack_panel(panel + (start - first) * padded(width), p, start, rows, j, width);
        }
        start += rows;
    }
}

extern const struct tn_gemm_kernels JOIN(tn_gemm_kernels_, TN_KERNEL_SET);

const struct tn_gemm_kernels JOIN(tn_gemm_kernels_, TN_KERNEL_SET) = {
    .rows = ROWS,
    .columns = WIDTH,
    .turned = TURNED,
    .packed_floats = packed_floats,
    .pack = pack,
    .multiply = multiply,
};
