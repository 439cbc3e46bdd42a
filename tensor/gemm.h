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

/* The same product as tn_gemm's as one block on the calling thread: for the inside of a task,
 * where cutting would only pack A and B more often. */
void tn_gemm_serial(float *c, size_t ldc, float beta, struct tn_factor a, struct tn_factor b,
                    size_t m, size_t n, size_t k);

/* B, [k][n], packed once for several products. */
struct tn_packed {
    struct tn_factor b;
    size_t n, k;
    const float *panels; /* NULL: OpenBLAS packs on its own */
};

/* `panels` is the caller's memory, tn_packed_floats(n, k) of them, 64-byte aligned.  It and B must
 * live as long as `packed` is used. */
void tn_pack(struct tn_pool *pool, struct tn_packed *packed, float *panels, struct tn_factor b,
             size_t n, size_t k);
size_t tn_packed_floats(size_t n, size_t k);

/* tn_gemm with B packed before. */
void tn_gemm_packed(struct tn_pool *pool, float *c, size_t ldc, float beta, struct tn_factor a,
                    const struct tn_packed *b, size_t m);

/* tn_gemm by the kernels of a set, or by tn_blas(): for tests and benchmarks. */
void tn_gemm_by(const struct tn_gemm_kernels *kernels, struct tn_pool *pool,
                const struct tn_product *product);

#endif
