/* SPDX-License-Identifier: MIT */
/* What all parts of one computation through a net work with, forward and backward. */
#ifndef TENSOR_PASS_H
#define TENSOR_PASS_H

#include "base/arena.h"
#include "base/pool.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>

struct tn_pass {
    struct tn_pool *pool; /* NULL: the calling thread alone */
    const float *theta;
    float *dtheta;          /* training: receives gradients (+=); NULL: none is wanted */
    struct tn_rng *rng;     /* training: draws dropout; NULL: no dropout */
    struct tn_arena *arena; /* activations and scratch; a measuring one: nothing is computed */
};

/* The same pass for a net whose parameters begin at theta + offset. */
struct tn_pass tn_pass_at(const struct tn_pass *pass, size_t offset);
/* Whether the arena only counts: then theta may be NULL. */
bool tn_pass_measures(const struct tn_pass *pass);
/* tn_pool_run, but for a measuring pass. */
void tn_pass_run(const struct tn_pass *pass, size_t count, tn_task_fn *task, void *context);

#endif
