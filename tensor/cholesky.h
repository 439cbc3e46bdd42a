/* SPDX-License-Identifier: MIT */
/* Linear equations with a symmetric, positive definite matrix, by its Cholesky factor in blocks. */
#ifndef TENSOR_CHOLESKY_H
#define TENSOR_CHOLESKY_H

#include "base/pool.h"
#include "base/status.h"

#include <stddef.h>

/* Solves A X = B: b[n][columns] becomes X.  Of a[n][n] the lower triangle is read and replaced by
 * L, where A = L L'; what stands above it must be finite.  The bulk is tn_gemm: equal bits whatever
 * the number of threads.  Errors: TN_NOMEM; TN_RANGE when A is not positive definite. */
TN_NODISCARD enum tn_status train_cholesky_solve(struct tn_pool *pool, size_t n, float *a,
                                                 size_t columns, float *b, struct tn_error *err);

#endif
