/* SPDX-License-Identifier: MIT */
#include "tensor/gemm.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A block of C is worth a task from about a million multiplications on; more blocks than MAX_BLOCKS
 * would only pack A and B more often. */
enum { MIN_BLOCK_WORK = 1 << 20, MAX_BLOCKS = 16, BLOCK_GRAIN = 64 };

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
    size_t block; /* rows (or columns) of C a task */
    bool by_rows;
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

static void multiply_block(void *context, size_t index, size_t thread)
{
    const struct product *p = context;
    const size_t start = index * p->block, whole = p->by_rows ? p->m : p->n;
    const size_t length = whole - start < p->block ? whole - start : p->block;

    (void)thread;
    if (p->by_rows)
        multiply(p, start, length, 0, p->n);
    else
        multiply(p, 0, p->m, start, length);
}

/* The block length along the longer side of C: a multiple of BLOCK_GRAIN, from the shape alone. */
static size_t block_length(size_t m, size_t n, size_t k)
{
    const size_t longer = m > n ? m : n;
    const double work = (double)m * (double)n * (double)k;
    size_t blocks = work >= (double)MIN_BLOCK_WORK * MAX_BLOCKS ? MAX_BLOCKS
                                                                : (size_t)(work / MIN_BLOCK_WORK);
    size_t length;

    if (blocks < 1)
        blocks = 1;
    length = (longer + blocks - 1) / blocks;
    return (length + BLOCK_GRAIN - 1) / BLOCK_GRAIN * BLOCK_GRAIN;
}

void tn_gemm(struct tn_pool *pool, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
             float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta,
             float *c, size_t ldc)
{
    struct product p = {trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, 0, m > n};
    const size_t longer = m > n ? m : n;

    if (m == 0 || n == 0)
        return;
    keep_blas_on_its_thread();
    p.block = block_length(m, n, k);
    tn_pool_run(pool, (longer + p.block - 1) / p.block, multiply_block, &p);
}

void tn_gemm_serial(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, float alpha,
                    const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                    size_t ldc)
{
    const struct product p = {trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, 0, 0};

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

const char *tn_gemm_better_core(void)
{
#if defined(__x86_64__)
    const char *core = openblas_get_corename();
    const bool without_avx512 = strcmp(core, "Haswell") == 0 || strcmp(core, "Zen") == 0;

    if (getenv("OPENBLAS_CORETYPE") || !without_avx512 || !__builtin_cpu_supports("avx512f") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq"))
        return NULL;
    return __builtin_cpu_supports("avx512bf16") ? "Cooperlake" : "SkylakeX";
#else
    return NULL;
#endif
}
