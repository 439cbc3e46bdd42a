/* SPDX-License-Identifier: MIT */
#include "rnn/norm.h"

#include "tensor/pointwise.h"

#include <math.h>

static const float epsilon = 1e-5F;

/* n in the place of x; returns its scale. */
static float normalise(float *x, size_t hidden)
{
    float mean = 0, variance = 0, scale;

    for (size_t j = 0; j < hidden; j++)
        mean += x[j];
    mean /= (float)hidden;
    for (size_t j = 0; j < hidden; j++)
        x[j] -= mean;
    variance = tn_dot(x, x, hidden) / (float)hidden;
    scale = 1 / sqrtf(variance + epsilon);
    tn_scale(x, scale, hidden);
    return scale;
}

void rnn_norm_forward(float *x, const struct rnn_normal *kept, const float *gain, const float *bias,
                      size_t gates, size_t hidden)
{
    for (size_t gate = 0; gate < gates; gate++) {
        const size_t at = gate * hidden;
        const float scale = normalise(x + at, hidden);

        if (kept)
            kept->scale[gate] = scale;
        for (size_t j = at; kept && j < at + hidden; j++)
            kept->n[j] = x[j];
        for (size_t j = at; j < at + hidden; j++)
            x[j] = gain[j] * x[j] + bias[j];
    }
}

void rnn_norm_backward(float *dy, const struct rnn_normal *kept, const float *gain,
                       const struct rnn_norm *gradients, size_t gates, size_t hidden)
{
    for (size_t gate = 0; gate < gates; gate++) {
        const float *n = kept->n + gate * hidden, *g = gain + gate * hidden;
        float *dgain = gradients->gain + gate * hidden, *dbias = gradients->bias + gate * hidden;
        float *dx = dy + gate * hidden, mean = 0, along;

        for (size_t j = 0; j < hidden; j++) {
            dgain[j] += dx[j] * n[j];
            dbias[j] += dx[j];
            dx[j] *= g[j];
            mean += dx[j];
        }
        mean /= (float)hidden;
        along = tn_dot(dx, n, hidden) / (float)hidden;
        for (size_t j = 0; j < hidden; j++)
            dx[j] = kept->scale[gate] * (dx[j] - mean - n[j] * along);
    }
}

void rnn_product_rows(struct tn_pool *pool, float *y, const float *x,
                      const struct rnn_product *product, size_t rows, struct tn_arena *arena)
{
    const size_t width = product->weight->rows;

    tn_linear(pool, y, x, product->weight, product->gain ? NULL : product->bias, false, rows,
              arena);
    for (size_t r = 0; product->gain && arena->base && r < rows; r++)
        rnn_norm_forward(y + r * width, NULL, product->gain, product->bias, product->gates,
                         width / product->gates);
}
