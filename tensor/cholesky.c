/* SPDX-License-Identifier: MIT */
/*
 * A block column at a time, each brought up to date by one product with all before it
 * (left-looking; Golub and Van Loan, "Matrix Computations", 4.2.5).  The triangular blocks on the
 * diagonal are inverted, so that what is solved with them is a product too.
 */
#include "tensor/cholesky.h"

#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128 };

struct system {
    struct tn_pool *pool;
    size_t n, columns;
    float *a, *b;
    float
        *inverses;  /* [n][BLOCK]: of the blocks of L on the diagonal, each from its first row on */
    float *product; /* [n][BLOCK] or [BLOCK][columns] */
};

static size_t block_size(const struct system *s, size_t start)
{
    return s->n - start < BLOCK ? s->n - start : BLOCK;
}

/* The factor of a block on the diagonal, in its place.  false: it has none. */
static bool factor_block(size_t size, float *a, size_t stride)
{
    for (size_t j = 0; j < size; j++) {
        const float *row = a + j * stride;

        for (size_t i = j; i < size; i++) {
            float *entry = a + i * stride + j;

            *entry -= tn_dot(a + i * stride, row, j);
            if (i == j && !(*entry > 0))
                return false;
            *entry = i == j ? sqrtf(*entry) : *entry / row[j];
        }
    }
    return true;
}

/* inverse[size][BLOCK] of the lower triangle l. */
static void invert_block(size_t size, const float *l, size_t stride, float *inverse)
{
    for (size_t j = 0; j < size; j++) {
        for (size_t i = 0; i < j; i++)
            inverse[i * BLOCK + j] = 0;
        inverse[j * BLOCK + j] = 1 / l[j * stride + j];
        for (size_t i = j + 1; i < size; i++) {
            float sum = 0;

            for (size_t k = j; k < i; k++)
                sum += l[i * stride + k] * inverse[k * BLOCK + j];
            inverse[i * BLOCK + j] = -sum / l[i * stride + i];
        }
    }
}

static bool factor(const struct system *s)
{
    const size_t n = s->n;

    for (size_t start = 0; start < n; start += BLOCK) {
        const size_t size = block_size(s, start), below = n - start - size;
        float *rows = s->a + start * n, *diagonal = rows + start, *under = diagonal + size * n;
        float *inverse = s->inverses + start * BLOCK;

        if (start > 0)
            tn_gemm_subtract(s->pool, diagonal, n, tn_plain(rows, n), tn_turned(rows, n), n - start,
                             size, start);
        if (!factor_block(size, diagonal, n))
            return false;
        invert_block(size, diagonal, n, inverse);
        if (below == 0)
            continue;
        tn_gemm(s->pool, s->product, size, 0, tn_plain(under, n), tn_turned(inverse, BLOCK), below,
                size, size);
        for (size_t i = 0; i < below; i++)
            memcpy(under + i * n, s->product + i * size, size * sizeof *under);
    }
    return true;
}

/* Rows of B times the inverse of their block of L, or of its transpose. */
static void divide(const struct system *s, size_t start, bool transposed)
{
    const size_t size = block_size(s, start), columns = s->columns;
    float *rows = s->b + start * columns;

    tn_gemm(s->pool, s->product, columns, 0,
            (struct tn_factor){s->inverses + start * BLOCK, BLOCK, transposed},
            tn_plain(rows, columns), size, columns, size);
    memcpy(rows, s->product, size * columns * sizeof *rows);
}

/* L Y = B, then L' X = Y. */
static void substitute(const struct system *s)
{
    const size_t n = s->n, columns = s->columns;

    for (size_t start = 0; start < n; start += BLOCK) {
        if (start > 0)
            tn_gemm_subtract(s->pool, s->b + start * columns, columns,
                             tn_plain(s->a + start * n, n), tn_plain(s->b, columns),
                             block_size(s, start), columns, start);
        divide(s, start, false);
    }
    for (size_t start = (n - 1) / BLOCK * BLOCK; start < n; start -= BLOCK) {
        const size_t size = block_size(s, start), next = start + size;

        if (next < n)
            tn_gemm_subtract(s->pool, s->b + start * columns, columns,
                             tn_turned(s->a + next * n + start, n),
                             tn_plain(s->b + next * columns, columns), size, columns, n - next);
        divide(s, start, true);
    }
}

enum tn_status train_cholesky_solve(struct tn_pool *pool, size_t n, float *a, size_t columns,
                                    float *b, struct tn_error *err)
{
    const size_t floats = (n > columns ? n : columns) * BLOCK;
    struct system s = {.pool = pool, .n = n, .columns = columns, .a = a, .b = b};
    enum tn_status status = TN_OK;

    if (n == 0)
        return TN_OK;
    s.inverses = malloc(n * BLOCK * sizeof *s.inverses);
    s.product = malloc(floats * sizeof *s.product);
    if (!s.inverses || !s.product)
        status = tn_fail_nomem(err, floats * sizeof *s.product);
    else if (!factor(&s))
        status = tn_fail(err, TN_RANGE, "a matrix of %zu rows is not positive definite", n);
    else
        substitute(&s);
    free(s.inverses);
    free(s.product);
    return status;
}
