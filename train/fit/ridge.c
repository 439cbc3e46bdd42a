/* SPDX-License-Identifier: MIT */
#include "train/fit/ridge.h"

#include "base/memory.h"
#include "tensor/cholesky.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <stdlib.h>
#include <string.h>

/* Takes the mean of the rows off each. */
static void centre(float *x, size_t count, size_t width, float *mean)
{
    memset(mean, 0, width * sizeof *mean);
    for (size_t i = 0; i < count; i++)
        tn_axpy(mean, 1 / (float)count, x + i * width, width);
    for (size_t i = 0; i < count; i++)
        tn_axpy(x + i * width, -1, mean, width);
}

/* X'X + t I into system[features][features].  false: the rows are all alike. */
static bool make_system(struct tn_pool *pool, const float *x, size_t count, size_t features,
                        float share, float *system)
{
    double trace = 0;

    tn_gemm(pool, system, features, 0, tn_turned(x, features), tn_plain(x, features), features,
            features, count);
    for (size_t j = 0; j < features; j++)
        trace += (double)system[j * features + j];
    for (size_t j = 0; j < features; j++)
        system[j * features + j] += (float)((double)share * trace);
    return trace > 0;
}

/* From W' [features][targets] and the means. */
static void put_result(const struct ridge *r, const float *turned, const float *x_mean,
                       const float *y_mean)
{
    for (size_t t = 0; t < r->targets; t++) {
        float *w = r->weights + t * r->features;

        for (size_t j = 0; j < r->features; j++)
            w[j] = turned[j * r->targets + t];
        r->bias[t] = y_mean[t] - tn_dot(w, x_mean, r->features);
    }
}

enum tn_status ridge_fit(struct tn_pool *pool, float *x, float *y, size_t count, size_t features,
                         size_t targets, float share, struct ridge *ret_ridge, struct tn_error *err)
{
    struct ridge made = {features, targets,
                         tn_memory_create(targets * features * sizeof *made.weights),
                         tn_memory_create(targets * sizeof *made.bias)};
    float *system = tn_memory_create(features * features * sizeof *system);
    float *cross = tn_memory_create(features * targets * sizeof *cross);
    float *means = tn_memory_create((features + targets) * sizeof *means);
    enum tn_status status = TN_OK;

    if (!made.weights || !made.bias || !system || !cross || !means) {
        status = tn_fail_nomem(err, (features + 2 * targets) * features * sizeof *system);
    } else {
        centre(x, count, features, means);
        centre(y, count, targets, means + features);
        if (!make_system(pool, x, count, features, share, system))
            status = tn_fail(err, TN_FORMAT,
                             "the photos are all alike: nothing can be learnt from them");
    }
    if (status == TN_OK) {
        tn_gemm(pool, cross, targets, 0, tn_turned(x, features), tn_plain(y, targets), features,
                targets, count);
        status = train_cholesky_solve(pool, features, system, targets, cross, err);
    }
    if (status == TN_OK) {
        put_result(&made, cross, means, means + features);
        *ret_ridge = made;
    } else {
        ridge_finish(&made);
    }
    free(system);
    free(cross);
    free(means);
    return status;
}

void ridge_finish(struct ridge *ridge)
{
    free(ridge->weights);
    free(ridge->bias);
    memset(ridge, 0, sizeof *ridge);
}

void ridge_predict(const struct ridge *r, struct tn_pool *pool, const float *x, size_t count,
                   float *y)
{
    for (size_t i = 0; i < count; i++)
        memcpy(y + i * r->targets, r->bias, r->targets * sizeof *y);
    tn_gemm(pool, y, r->targets, 1, tn_plain(x, r->features), tn_turned(r->weights, r->features),
            count, r->targets, r->features);
}
