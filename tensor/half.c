/* SPDX-License-Identifier: MIT */
#include "tensor/half.h"

#include "tensor/kernels/kernels.h"

void tn_half_to_float(float *y, const uint16_t *x, size_t count)
{
    tn_kernels_best()->floats->half_to_float(y, x, count);
}

void tn_float_to_half(uint16_t *y, const float *x, size_t count)
{
    tn_kernels_best()->floats->float_to_half(y, x, count);
}

bool tn_half_all_finite(const uint16_t *x, size_t count)
{
    uint16_t most = 0;

    for (size_t i = 0; i < count; i++) {
        const uint16_t magnitude = x[i] & 0x7FFF;

        most = magnitude > most ? magnitude : most;
    }
    return most < 0x7C00; /* infinity's; those above are no numbers */
}
