/* SPDX-License-Identifier: MIT */
/* What all parts of one computation through a net work with, forward and backward. */
#ifndef TENSOR_PASS_H
#define TENSOR_PASS_H

#include "base/arena.h"
#include "base/pool.h"
#include "base/rng.h"
#include "tensor/gemm.h"

#include <stdbool.h>
#include <stddef.h>

struct tn_pass {
    struct tn_pool *pool; /* NULL: the calling thread alone */
    const float *theta;
    float *dtheta;          /* training: receives gradients (+=); NULL: none is wanted */
    struct tn_rng *rng;     /* training: draws dropout; NULL: no dropout */
    struct tn_arena *arena; /* activations and scratch; a measuring one: nothing is computed */
    bool bf16; /* products round their factors to bf16: tn_kernels_bf16() is not NULL */
};

/* The same pass for a net whose parameters begin at theta + offset. */
struct tn_pass tn_pass_at(const struct tn_pass *pass, size_t offset);
/* Whether the arena only counts: then theta may be NULL. */
bool tn_pass_measures(const struct tn_pass *pass);
/* tn_pool_run, but for a measuring pass. */
void tn_pass_run(const struct tn_pass *pass, size_t count, tn_task_fn *task, void *context);

/* tn_gemm and tn_pack with the kernels of the pass. */
void tn_pass_gemm(const struct tn_pass *pass, float *c, size_t ldc, float beta, struct tn_factor a,
                  struct tn_factor b, size_t m, size_t n, size_t k);
void tn_pass_pack(const struct tn_pass *pass, struct tn_packed *packed, float *panels,
                  struct tn_factor b, size_t n, size_t k);

/* The same product as one block on the calling thread: for the inside of a task, where cutting
 * would only pack A and B more often. */
void tn_pass_gemm_serial(const struct tn_pass *pass, float *c, size_t ldc, float beta,
                         struct tn_factor a, struct tn_factor b, size_t m, size_t n, size_t k);

#endif
