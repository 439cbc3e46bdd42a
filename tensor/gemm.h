/* SPDX-License-Identifier: MIT */
/*
 * General matrix product in float32, row major: by kernels of our own, on processors with neither
 * AVX-512 nor AVX2 by OpenBLAS where it is installed (tensor/blas.h).
 */
#ifndef TENSOR_GEMM_H
#define TENSOR_GEMM_H

#include "base/pool.h"
#include "tensor/kernels/kernels.h"

#include <stdbool.h>
#include <stddef.h>

/* A factor of a product: X as it lies in memory, in rows of stride ld, or X transposed. */
struct tn_factor {
    const float *x;
    size_t ld;
    bool turned;
};

static inline struct tn_factor tn_plain(const float *x, size_t ld)
{
    return (struct tn_factor){x, ld, false};
}

static inline struct tn_factor tn_turned(const float *x, size_t ld)
{
    return (struct tn_factor){x, ld, true};
}

/*
 * C = beta C + A B, with C [m][n] in rows of stride ldc, A [m][k] and B [k][n], each as it is after
 * turning.  With beta 0, C need not be initialised.
 *
 * The product is cut into blocks of C whose size depends on m, n and k alone, and the pool runs the
 * blocks: equal input gives equal output to the last bit, whatever the number of threads.
 */
void tn_gemm(struct tn_pool *pool, float *c, size_t ldc, float beta, struct tn_factor a,
             struct tn_factor b, size_t m, size_t n, size_t k);

/* C -= A B, else the same. */
void tn_gemm_subtract(struct tn_pool *pool, float *c, size_t ldc, struct tn_factor a,
                      struct tn_factor b, size_t m, size_t n, size_t k);

/* B, [k][n], packed once for several products. */
struct tn_packed {
    const struct tn_gemm_kernels *kernels;
    struct tn_factor b;
    size_t n, k;
    const float *panels; /* NULL: OpenBLAS packs on its own */
};

/* For the kernels of tn_gemm_best(), or of bf16, for which it is half as much.  `panels` is the
 * caller's memory, tn_packed_floats(n, k) of them, 64-byte aligned.  It and B must live as long as
 * `packed` is used. */
void tn_pack(const struct tn_gemm_kernels *kernels, struct tn_pool *pool, struct tn_packed *packed,
             float *panels, struct tn_factor b, size_t n, size_t k);
size_t tn_packed_floats(size_t n, size_t k);

/* tn_gemm with B packed before. */
void tn_gemm_packed(struct tn_pool *pool, float *c, size_t ldc, float beta, struct tn_factor a,
                    const struct tn_packed *b, size_t m);

/* The kernels of tn_gemm: of the fastest set, or of tn_blas(). */
const struct tn_gemm_kernels *tn_gemm_best(void);

/* tn_gemm by other kernels. */
void tn_gemm_by(const struct tn_gemm_kernels *kernels, struct tn_pool *pool,
                const struct tn_product *product);

/* What tn_gemm computes. */
static inline struct tn_product tn_product_of(float *c, size_t ldc, float beta, struct tn_factor a,
                                              struct tn_factor b, size_t m, size_t n, size_t k)
{
    return (struct tn_product){a.turned, b.turned, m,    n,    k, 1,   a.x,
                               a.ld,     b.x,      b.ld, beta, c, ldc, NULL};
}

#endif
