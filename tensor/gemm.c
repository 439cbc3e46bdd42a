/* SPDX-License-Identifier: MIT */
#include "tensor/gemm.h"

#include <cblas.h>
#include <pthread.h>

/* A block of C is worth a task from MIN_BLOCK_WORK multiplications on (about 150 microseconds);
 * each block packs its rows of A and its columns of B anew, so more than MAX_BLOCKS cost more than
 * they balance. */
enum { MIN_BLOCK_WORK = 1 << 24, MAX_BLOCKS = 8, BLOCK_GRAIN = 64 };

struct product {
    bool trans_a, trans_b;
    size_t m, n, k;
    float alpha;
    const float *a;
    size_t lda;
    const float *b;
    size_t ldb;
    float beta;
    float *c;
    size_t ldc;
    size_t rows, columns; /* of C in a block */
    size_t across;        /* blocks side by side */
};

static void blas_stays_on_this_thread(void)
{
    openblas_set_num_threads(1);
}

static void keep_blas_on_its_thread(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, blas_stays_on_this_thread);
}

static void multiply(const struct product *p, size_t row, size_t rows, size_t column,
                     size_t columns)
{
    cblas_sgemm(CblasRowMajor, p->trans_a ? CblasTrans : CblasNoTrans,
                p->trans_b ? CblasTrans : CblasNoTrans, (blasint)rows, (blasint)columns,
                (blasint)p->k, p->alpha, p->a + (p->trans_a ? row : row * p->lda), (blasint)p->lda,
                p->b + (p->trans_b ? column * p->ldb : column), (blasint)p->ldb, p->beta,
                p->c + row * p->ldc + column, (blasint)p->ldc);
}

static size_t at_most(size_t length, size_t whole, size_t start)
{
    return whole - start < length ? whole - start : length;
}

static void multiply_block(void *context, size_t index, size_t thread)
{
    const struct product *p = context;
    const size_t row = index / p->across * p->rows, column = index % p->across * p->columns;

    (void)thread;
    multiply(p, row, at_most(p->rows, p->m, row), column, at_most(p->columns, p->n, column));
}

/* Halves the longer side, to a multiple of BLOCK_GRAIN, while that makes blocks worth a task: the
 * squarer a block, the less it packs.  Depends on the shape alone. */
static void choose_blocks(struct product *p)
{
    const double work = (double)p->m * (double)p->n * (double)p->k;

    p->rows = p->m;
    p->columns = p->n;
    for (size_t blocks = 2; blocks <= MAX_BLOCKS; blocks *= 2) {
        size_t *longer = p->rows > p->columns ? &p->rows : &p->columns;

        if (work < (double)blocks * MIN_BLOCK_WORK || *longer <= BLOCK_GRAIN)
            break;
        *longer = (*longer / 2 + BLOCK_GRAIN - 1) / BLOCK_GRAIN * BLOCK_GRAIN;
    }
    p->across = (p->n + p->columns - 1) / p->columns;
}

void tn_gemm(struct tn_pool *pool, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
             float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta,
             float *c, size_t ldc)
{
    struct product p = {trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, 0, 0, 0};

    if (m == 0 || n == 0)
        return;
    keep_blas_on_its_thread();
    choose_blocks(&p);
    tn_pool_run(pool, (m + p.rows - 1) / p.rows * p.across, multiply_block, &p);
}

void tn_gemm_serial(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, float alpha,
                    const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                    size_t ldc)
{
    const struct product p = {trans_a, trans_b, m,    n, k,   alpha, a, lda,
                              b,       ldb,     beta, c, ldc, 0,     0, 0};

    if (m == 0 || n == 0)
        return;
    keep_blas_on_its_thread();
    multiply(&p, 0, m, 0, n);
}

void tn_gemm_naive(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, float alpha,
                   const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                   size_t ldc)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;

            for (size_t p = 0; p < k; p++)
                sum += (double)(trans_a ? a[p * lda + i] : a[i * lda + p]) *
                       (double)(trans_b ? b[j * ldb + p] : b[p * ldb + j]);
            c[i * ldc + j] = (float)((double)alpha * sum +
                                     (beta == 0 ? 0 : (double)beta * (double)c[i * ldc + j]));
        }
    }
}
