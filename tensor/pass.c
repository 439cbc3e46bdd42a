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
