/* SPDX-License-Identifier: MIT */
#include "tensor/pass.h"

struct tn_pass tn_pass_at(const struct tn_pass *pass, size_t offset)
{
    struct tn_pass part = *pass;

    part.theta = pass->theta ? pass->theta + offset : NULL;
    part.dtheta = pass->dtheta ? pass->dtheta + offset : NULL;
    return part;
}

bool tn_pass_measures(const struct tn_pass *pass)
{
    return !pass->arena->base;
}

void tn_pass_run(const struct tn_pass *pass, size_t count, tn_task_fn *task, void *context)
{
    if (!tn_pass_measures(pass))
        tn_pool_run(pass->pool, count, task, context);
}

static const struct tn_gemm_kernels *kernels_of(const struct tn_pass *pass)
{
    return pass->bf16 ? tn_kernels_bf16() : tn_gemm_best();
}

void tn_pass_gemm(const struct tn_pass *pass, float *c, size_t ldc, float beta, struct tn_factor a,
                  struct tn_factor b, size_t m, size_t n, size_t k)
{
    const struct tn_product product = tn_product_of(c, ldc, beta, a, b, m, n, k);

    tn_gemm_by(kernels_of(pass), pass->pool, &product);
}

void tn_pass_pack(const struct tn_pass *pass, struct tn_packed *packed, float *panels,
                  struct tn_factor b, size_t n, size_t k)
{
    tn_pack(kernels_of(pass), pass->pool, packed, panels, b, n, k);
}

void tn_pass_gemm_serial(const struct tn_pass *pass, float *c, size_t ldc, float beta,
                         struct tn_factor a, struct tn_factor b, size_t m, size_t n, size_t k)
{
    const struct tn_product product = tn_product_of(c, ldc, beta, a, b, m, n, k);

    if (m > 0 && n > 0)
        kernels_of(pass)->multiply(&product, 0, m, 0, n);
}
