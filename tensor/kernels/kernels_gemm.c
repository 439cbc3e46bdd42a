/* SPDX-License-Identifier: MIT */
/*
 * The float32 product, compiled once per instruction set.  How it is blocked (Goto and van de
 * Geijn 2008; Van Zee and van de Geijn 2015):
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
 * With TN_BF16 both factors are rounded to bf16, the upper half of a float32, and sums stay
 * float32. A step is then PAIR rows of op(B) and columns of op(A): two bf16 in the place of a
 * float, which one instruction multiplies and adds up.  A is rounded TURNED rows at a time, B as it
 * is packed.
 *
 * An element of C is summed over DEPTH steps in order, and these sums are added to C in order: its
 * bits depend on k, and neither on the tile that it falls into nor on who packed B.
 */
#include "tensor/kernels/kernels.h"
#include "tensor/kernels/kernels_transpose.h"

#include <string.h>
#if defined(TN_BF16)
#include "tensor/kernels/kernels_bf16.h"
#elif defined(__SSE__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* The sums of a tile, a step's vectors of B and one element of A fill 28 of 32 registers, or 15 of
 * 16; in portable C 11, as a product needs a register too where it is not fused. */
#if defined(TN_BF16)
enum { LANES = 16, ROWS = 8, VECTORS = 3 };
#define BROADCAST(x) ((lanes)_mm512_set1_ps(x))
#define FUSED(a, b, c) ((lanes)_mm512_dpbf16_ps((__m512)(c), (__m512bh)(a), (__m512bh)(b)))
#elif defined(__AVX512F__)
enum { LANES = 16, ROWS = 8, VECTORS = 3 };
#define BROADCAST(x) ((lanes)_mm512_set1_ps(x))
#define FUSED(a, b, c) ((lanes)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#elif defined(__AVX2__)
enum { LANES = 8, ROWS = 6, VECTORS = 2 };
#define BROADCAST(x) ((lanes)_mm256_set1_ps(x))
#define FUSED(a, b, c) ((lanes)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#elif defined(__aarch64__)
enum { LANES = 4, ROWS = 8, VECTORS = 3 };
#define BROADCAST(x) ((lanes)vdupq_n_f32(x))
#define FUSED(a, b, c) ((lanes)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#else
enum { LANES = 4, ROWS = 4, VECTORS = 2 };
#define BROADCAST(x) ((lanes){x, x, x, x})
#define FUSED(a, b, c) ((a) * (b) + (c))
#endif

#if defined(TN_BF16)
enum { PAIR = 2 };
#else
enum { PAIR = 1 };
#endif

/* Turned rows lie GAP further apart than they need: a power of two apart, they would share their
 * places in the cache. */
enum {
    WIDTH = VECTORS * LANES,
    DEPTH = 512,
    TURNED = PAIR == 1 ? 64 : 192,
    GAP = 16,
    ROUNDED = 64
};

/* So few rows of C do not make up for packing B: its rows serve where they lie, or, where B is
 * transposed, are multiplied with those of A along k, DOT_COLUMNS of these with DOT_ROWS of those.
 */
enum {
    FEW_ROWS = PAIR == 1 ? 2 * ROWS : 0,
    FEW_DOT_ROWS = PAIR == 1 ? 4 : 0,
    MIN_DOT_STEPS = 64,
    DOT_ROWS = 2,
    DOT_COLUMNS = 4
};

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef float memory_lanes
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t steps_of(size_t k)
{
    return (k + PAIR - 1) / PAIR;
}

/* The steps between two additions to C: k in equal parts of DEPTH or less. */
static size_t depth_of(size_t k)
{
    const size_t steps = steps_of(k), parts = steps > 0 ? (steps + DEPTH - 1) / DEPTH : 1;

    return (steps + parts - 1) / parts;
}

/* What `columns` take in a panel: whole vectors. */
static size_t padded(size_t columns)
{
    return (columns + LANES - 1) / LANES * LANES;
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
static void copy_panel(float *panel, const struct tn_product *p, size_t start, size_t depth,
                       size_t column, size_t columns)
{
    const size_t width = padded(columns);
    const float *b = p->b + (p->trans_b ? column * p->ldb + start : start * p->ldb + column);

    if (width > columns)
        memset(panel, 0, depth * width * sizeof *panel);
    if (p->trans_b) {
        tn_transpose(panel, width, b, p->ldb, columns, depth);
        return;
    }
    for (size_t i = 0; i < depth; i++)
        for (size_t j = 0; j < columns; j += LANES)
            copy(panel + i * width + j, b + i * p->ldb + j, columns - j);
}

#if defined(TN_BF16)
/* The same in pairs of rows. */
static void pack_panel(float *panel, const struct tn_product *p, size_t start, size_t depth,
                       size_t column, size_t columns)
{
    _Alignas(64) float rows[ROUNDED * WIDTH];
    const size_t width = padded(columns);

    for (size_t first = 0; first < depth; first += ROUNDED) {
        const size_t count = smaller(ROUNDED, depth - first);

        copy_panel(rows, p, start + first, count, column, columns);
        tn_pair_rows(panel + first / PAIR * width, rows, count, width);
    }
}

/* Rows `row` .. + rows of op(A) for `depth` steps, as pairs of columns. */
static void fetch_rows(float *to, const struct tn_product *p, size_t row, size_t rows, size_t start,
                       size_t depth)
{
    const size_t first = start * PAIR, end = smaller(first + depth * PAIR, p->k);
    _Alignas(64) float turned[LANES * ROUNDED];

    for (size_t r = 0; r < rows; r += LANES) {
        const size_t count = smaller(LANES, rows - r);

        for (size_t i = first; i < end; i += ROUNDED) {
            const size_t columns = smaller(ROUNDED, end - i), ld = p->trans_a ? ROUNDED : p->lda;
            const float *a = p->trans_a ? turned : p->a + (row + r) * p->lda + i;
            float *place = to + r * (DEPTH + GAP) + (i - first) / PAIR;

            if (p->trans_a)
                tn_transpose(turned, ROUNDED, p->a + i * p->lda + row + r, p->lda, columns, count);
            for (size_t j = 0; j < count; j++)
                tn_pair_row(place + j * (DEPTH + GAP), a + j * ld, columns);
        }
    }
}
#else
#define pack_panel copy_panel

/* Rows `row` .. + rows of A^T for `depth` steps. */
static void fetch_rows(float *to, const struct tn_product *p, size_t row, size_t rows, size_t start,
                       size_t depth)
{
    tn_transpose(to, DEPTH + GAP, p->a + start * p->lda + row, p->lda, depth, rows);
}
#endif

struct tile {
    const float *a[ROWS]; /* below C's edge: its last row again */
    const float *b;       /* a panel, or B where it lies, and from one step to the next */
    size_t b_step;
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

/* A tile of `rows` rows and `vectors` vectors each. */
ALWAYS_INLINE void multiply_tile(const struct tile *t, size_t rows, size_t vectors)
{
    const float *b = t->b;
    lanes sum[ROWS][VECTORS];

    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] =
        (lanes){0};
    for (size_t i = 0; i < t->depth; i++, b += t->b_step) {
        lanes step[VECTORS];

        UNROLL for (size_t v = 0; v < vectors; v++) step[v] =
            (lanes) * (const memory_lanes *)(b + v * LANES);
        UNROLL for (size_t r = 0; r < rows; r++)
        {
            const lanes a = BROADCAST(t->a[r][i]);

            UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = FUSED(a, step[v], sum[r][v]);
        }
    }
    if (t->rows < rows || t->columns < vectors * LANES) {
        _Alignas(64) float part[ROWS * WIDTH];

        UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < vectors; v++) *
            (lanes *)(part + (r * vectors + v) * LANES) = sum[r][v];
        store_part(t, part, vectors * LANES);
        return;
    }
    UNROLL for (size_t r = 0; r < rows; r++)
    {
        memory_lanes *c = (memory_lanes *)(t->c + r * t->ldc);

        UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] *= BROADCAST(t->alpha);
        if (t->beta != 0)
            UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] +=
                (lanes)c[v] * BROADCAST(t->beta);
        UNROLL for (size_t v = 0; v < vectors; v++) c[v] = sum[r][v];
    }
}

ALWAYS_INLINE void multiply_rows(const struct tile *t, size_t rows, size_t vectors)
{
    if (vectors == VECTORS)
        multiply_tile(t, rows, VECTORS);
    else if (vectors == 2)
        multiply_tile(t, rows, 2);
    else
        multiply_tile(t, rows, 1);
}

/* All rows of a block with one panel; what is left of them by a smaller tile.  C is asked for
 * before the sums, and is there after them. */
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
                __builtin_prefetch(t->c + r * t->ldc + v * LANES);
        if (t->rows > ROWS / 2)
            multiply_rows(t, ROWS, vectors);
        else if (t->rows > 1)
            multiply_rows(t, ROWS / 2, vectors);
        else
            multiply_rows(t, 1, vectors);
    }
}

/* Halves are added to halves. */
ALWAYS_INLINE float total(lanes x)
{
    float part[LANES];

    memcpy(part, &x, sizeof part);
    UNROLL for (size_t half = LANES / 2; half > 0; half /= 2)
        UNROLL for (size_t i = 0; i < half; i++) part[i] += part[i + half];
    return part[0];
}

/* A tile of dot products: `b` are rows of B, t->a rows of A. */
static void multiply_dots(const struct tile *t, const float *const *b)
{
    float part[DOT_ROWS * DOT_COLUMNS];
    lanes sum[DOT_ROWS][DOT_COLUMNS] = {{{0}}};

    for (size_t i = 0; i < t->depth; i += LANES) {
        const size_t count = t->depth - i;
        lanes x[DOT_ROWS] = {{0}};

        UNROLL for (size_t r = 0; r < DOT_ROWS; r++) copy((float *)&x[r], t->a[r] + i, count);
        UNROLL for (size_t c = 0; c < DOT_COLUMNS; c++)
        {
            lanes y = {0};

            copy((float *)&y, b[c] + i, count);
            UNROLL for (size_t r = 0; r < DOT_ROWS; r++) sum[r][c] = FUSED(x[r], y, sum[r][c]);
        }
    }
    for (size_t i = 0; i < DOT_ROWS * DOT_COLUMNS; i++)
        part[i] = total(sum[i / DOT_COLUMNS][i % DOT_COLUMNS]);
    store_part(t, part, DOT_COLUMNS);
}

/* multiply_part with few rows and B transposed. */
static void multiply_few(struct tile *t, const struct tn_product *p, const float *a, size_t lda,
                         size_t row, size_t rows, size_t column, size_t columns, size_t start)
{
    for (size_t j = column; j < column + columns; j += DOT_COLUMNS) {
        const float *b[DOT_COLUMNS];

        t->columns = smaller(DOT_COLUMNS, column + columns - j);
        for (size_t c = 0; c < DOT_COLUMNS; c++)
            b[c] = p->b + (j + smaller(c, t->columns - 1)) * p->ldb + start;
        for (size_t i = 0; i < rows; i += DOT_ROWS) {
            t->rows = smaller(DOT_ROWS, rows - i);
            t->c = p->c + (row + i) * p->ldc + j;
            for (size_t r = 0; r < DOT_ROWS; r++)
                t->a[r] = a + (i + smaller(r, t->rows - 1)) * lda;
            multiply_dots(t, b);
        }
    }
}

/* A part of k: the rows of op(A) at `a` with every panel. */
static void multiply_part(const struct tn_product *p, const float *a, size_t lda, size_t row,
                          size_t rows, size_t column, size_t columns, size_t start, size_t depth)
{
    _Alignas(64) float panel[DEPTH * WIDTH];
    struct tile tile = {
        .depth = depth, .alpha = p->alpha, .beta = start == 0 ? p->beta : 1, .ldc = p->ldc};

    if (p->m <= FEW_DOT_ROWS && p->k >= MIN_DOT_STEPS && p->trans_b && !p->packed) {
        multiply_few(&tile, p, a, lda, row, rows, column, columns, start);
        return;
    }
    for (size_t j = column; j < column + columns; j += WIDTH) {
        tile.columns = smaller(WIDTH, column + columns - j);
        tile.b_step = padded(tile.columns);
        if (p->packed) {
            tile.b = p->packed + start * padded(p->n) + j * depth;
        } else if (rows <= FEW_ROWS && !p->trans_b && tile.columns == tile.b_step) {
            tile.b = p->b + start * p->ldb + j;
            tile.b_step = p->ldb;
        } else {
            tile.b = panel;
            pack_panel(panel, p, start * PAIR, smaller(depth * PAIR, p->k - start * PAIR), j,
                       tile.columns);
        }
        multiply_panel(&tile, a, lda, rows, p->c + row * p->ldc + j);
    }
}

/* The same where A is not read as it lies. */
static void multiply_part_turned(const struct tn_product *p, size_t row, size_t rows, size_t column,
                                 size_t columns, size_t start, size_t depth)
{
    _Alignas(64) float turned[TURNED * (DEPTH + GAP)];

    for (size_t i = row; i < row + rows; i += TURNED) {
        const size_t count = smaller(TURNED, row + rows - i);

        fetch_rows(turned, p, i, count, start, depth);
        multiply_part(p, turned, DEPTH + GAP, i, count, column, columns, start, depth);
    }
}

static void multiply(const struct tn_product *p, size_t row, size_t rows, size_t column,
                     size_t columns)
{
    const size_t steps = steps_of(p->k), step = depth_of(p->k);
    size_t start = 0;

    do { /* once without steps too: C = beta C */
        const size_t depth = smaller(step, steps - start);

        if (p->trans_a || PAIR > 1)
            multiply_part_turned(p, row, rows, column, columns, start, depth);
        else
            multiply_part(p, p->a + row * p->lda + start, p->lda, row, rows, column, columns, start,
                          depth);
        start += step;
    } while (start < steps);
}

static size_t packed_floats(size_t n, size_t k)
{
    return padded(n) * steps_of(k);
}

/* A part of k after the other, each as panels side by side.  B is read along its rows. */
static void pack(float *packed, const struct tn_product *p, size_t start, size_t count,
                 size_t column, size_t columns)
{
    const size_t step = depth_of(p->k) * PAIR, end = start + count;

    while (start < end) {
        const size_t first = start / step * step, depth = smaller(step, p->k - first);
        const size_t rows =
            p->trans_b ? smaller(first + depth, end) - start : smaller(PAIR, end - start);

        for (size_t j = column; j < column + columns; j += WIDTH) {
            const size_t width = smaller(WIDTH, column + columns - j);
            float *panel = packed + first / PAIR * padded(p->n) + j * steps_of(depth);

            pack_panel(panel + (start - first) / PAIR * padded(width), p, start, rows, j, width);
        }
        start += rows;
    }
}

extern const struct tn_gemm_kernels JOIN(tn_gemm_kernels_, TN_KERNEL_SET);

const struct tn_gemm_kernels JOIN(tn_gemm_kernels_, TN_KERNEL_SET) = {
    .rows = ROWS,
    .columns = WIDTH,
    .most_rows = PAIR == 1 ? 512 : TURNED,
    .turned = TURNED,
    .packed_floats = packed_floats,
    .pack = pack,
    .multiply = multiply,
};
