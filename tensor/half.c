/* SPDX-License-Identifier: MIT */
#include "tensor/half.h"

#include "tensor/kernels.h"

void tn_half_to_float(float *y, const uint16_t *x, size_t count)
{
    tn_kernels_best()->floats->half_to_float(y, x, count);
}

void tn_float_to_half(uint16_t *y, const float *x, size_t count)
{
    tn_kernels_best()->floats->float_to_half(y, x, count);
}
