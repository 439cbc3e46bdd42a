/* SPDX-License-Identifier: MIT */
/*
 * General matrix product in float32, row major: by kernels of our own, on processors with neither
 * AVX-512 nor AVX2 by OpenBLAS where it is installed (tensor/blas.h).
 */
#ifndef TENSOR_GEMM_H
#define TENSOR_GEMM_H

#include "tensor/kernels/kernels.h"
#include "base/pool.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * C = alpha * op(A) op(B) + beta * C, where op(X) is X, or X transposed when trans_x.
 * op(A) is [m][k], op(B) is [k][n], C is [m][n]; lda, ldb, ldc are the row strides of A, B and C as
 * they lie in memory.  With beta 0, C need not be initialised.
 *
 * The product is cut into blocks of C whose size depends on m, n and k alone, and the pool runs the
 * blocks: equal input gives equal output to the last bit, whatever the number of threads.
 */
void tn_gemm(struct tn_pool *pool, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
             float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta,
             float *c, size_t ldc);

/* The same product as one block on the calling thread: for the inside of a task, where cutting
 * would only pack A and B more often. */
void tn_gemm_serial(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, float alpha,
                    const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                    size_t ldc);

/* op(B), [k][n], packed once for several products. */
struct tn_packed {
    bool trans;
    size_t n, k;
    const float *b;
    size_t ldb;
    const float *panels; /* NULL: OpenBLAS packs on its own */
};

/* `panels` is the caller's memory, tn_packed_floats(n, k) of them, 64-byte aligned.  It and B must
 * live as long as `packed` is used. */
void tn_pack(struct tn_pool *pool, struct tn_packed *packed, bool trans_b, size_t n, size_t k,
             const float *b, size_t ldb, float *panels);
size_t tn_packed_floats(size_t n, size_t k);

/* tn_gemm with op(B) packed before. */
void tn_gemm_packed(struct tn_pool *pool, bool trans_a, size_t m, float alpha, const float *a,
                    size_t lda, const struct tn_packed *b, float beta, float *c, size_t ldc);

/* tn_gemm by the kernels of a set, or by tn_blas(): for tests and benchmarks. */
void tn_gemm_by(const struct tn_gemm_kernels *kernels, struct tn_pool *pool,
                const struct tn_product *product);

#endif
