/* SPDX-License-Identifier: MIT */
/* Rectified cells in gradient checks: differences must not cross the kink. */
#ifndef TESTS_SUPPORT_KINKS_H
#define TESTS_SUPPORT_KINKS_H

#include "rnn/cell.h"
#include "tensor/layout.h"

#include <stdio.h>
#include <string.h>

/* Of a net with a rectified cell: makes all weights small, and the biases so large that every unit
 * is well on, or, one in three, well off.  Other nets stay as they are. */
static inline void spread_from_kinks(const struct rnn_cell_ops *cell,
                                     const struct tn_layout *layout, float *theta)
{
    if (strcmp(cell->name, "vanilla-relu") != 0)
        return;
    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *p = &layout->parameters[i];
        const bool bias = strstr(p->name, "bias_ih") != NULL;
        const bool outer = strstr(p->name, "output") || strstr(p->name, "embedding");

        for (size_t j = 0; j < p->span.count && !outer; j++) {
            float *x = &theta[p->span.offset + j];

            *x = bias ? (j % 3 == 2 ? -2.0F : 2.0F) : *x * 0.3F;
        }
    }
}

#endif
