/* SPDX-License-Identifier: MIT */
#include "train/fit/components.h"

#include "base/rng.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"

#include <math.h>

enum { ROUNDS = 6 };

void train_orthonormalise(size_t rows, size_t count, float *u)
{
    for (size_t i = 0; i < rows; i++) {
        float *row = u + i * count;
        const float before = sqrtf(tn_dot(row, row, count));
        float length;

        for (int turn = 0; turn < 2; turn++)
            for (size_t j = 0; j < i; j++)
                tn_axpy(row, -tn_dot(row, u + j * count, count), u + j * count, count);
        length = sqrtf(tn_dot(row, row, count));
        tn_scale(row, length > 1e-5F * before ? 1 / length : 0, count);
    }
}

void train_components(struct tn_pool *pool, const float *x, size_t count, size_t width, size_t d,
                      float *basis, float *places)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 1);
    for (size_t i = 0; i < d * width; i++)
        basis[i] = tn_rng_normal(&rng);
    for (size_t round = 0; round < ROUNDS; round++) {
        tn_gemm(pool, places, count, 0, tn_plain(basis, width), tn_turned(x, width), d, count,
                width);
        tn_gemm(pool, basis, width, 0, tn_plain(places, count), tn_plain(x, width), d, width,
                count);
        train_orthonormalise(d, width, basis);
    }
}
