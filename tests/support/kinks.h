/* SPDX-License-Identifier: MIT */
/* Rectified cells in gradient checks: differences must not cross the kink. */
#ifndef TESTS_SUPPORT_KINKS_H
#define TESTS_SUPPORT_KINKS_H

#include "rnn/cell.h"
#include "tensor/layout.h"

#include <stdio.h>
#include <string.h>

/* Of a net with a rectified cell: makes weights a `factor` of what they are, and the biases
 * +-`bias`, so that every unit is well on, or, one in three, well off.  Other nets stay as they
 * are. */
static inline void spread_from_kinks(const struct rnn_cell_ops *cell,
                                     const struct tn_layout *layout, float *theta, float bias,
                                     float factor)
{
    if (strcmp(cell->name, "vanilla-relu") != 0)
        return;
    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *p = &layout->parameters[i];
        const bool is_bias = strstr(p->name, "bias_ih") != NULL;
        const float scale = strstr(p->name, "weight_")                              ? factor
                            : strstr(p->name, "_l") || strstr(p->name, "attention") ? 0.3F
                            : strstr(p->name, "image.weight")                       ? 0.6F
                                                                                    : 1;

        for (size_t j = 0; j < p->span.count; j++) {
            float *x = &theta[p->span.offset + j];

            *x = is_bias ? (j % 3 == 2 ? -bias : bias) : *x * scale;
        }
    }
}

#endif
