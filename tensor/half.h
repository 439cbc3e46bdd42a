/* SPDX-License-Identifier: MIT */
/* IEEE 754 binary16, exact both ways (round to nearest even on the way down). */
#ifndef TENSOR_HALF_H
#define TENSOR_HALF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void tn_half_to_float(float *y, const uint16_t *x, size_t count);
void tn_float_to_half(uint16_t *y, const float *x, size_t count);

/* whether none is infinite or no number */
bool tn_half_all_finite(const uint16_t *x, size_t count);

#endif
