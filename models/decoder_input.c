/* SPDX-License-Identifier: MIT */
#include "models/decoder_input.h"

#include "tensor/pointwise.h"

#include <math.h>

static double product(const float *a, const float *b, size_t width)
{
    double sum = 0;

    for (size_t i = 0; i < width; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* What V is multiplied by. */
static float factor(const struct decoder_input *input, const float *v, size_t width)
{
    const double norm = input->unit ? sqrt(product(v, v, width)) : 1;

    return norm > 0 ? (float)((double)input->scale / norm) : 0;
}

void decoder_input_apply(const struct decoder_input *input, float *v, size_t width)
{
    tn_scale(v, factor(input, v, width), width);
}

void decoder_input_backward(const struct decoder_input *input, const float *v, float *dz,
                            size_t width)
{
    const float f = factor(input, v, width);
    const double squares = input->unit ? product(v, v, width) : 0;
    const float along = squares > 0 ? (float)(product(v, dz, width) / squares) : 0;

    for (size_t i = 0; i < width; i++)
        dz[i] = f * (dz[i] - along * v[i]);
}
