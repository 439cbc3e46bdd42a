/* SPDX-License-Identifier: MIT */
#include "tests/support/gradcheck.h"

#include <math.h>

double gradcheck(double (*loss)(void *context), void *context, float *x, const float *g,
                 size_t count, double epsilon, size_t *worst)
{
    double largest = 0, floor_value, error = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)g[i]));
    floor_value = 1e-2 * largest + 1e-6;
    for (size_t i = 0; i < count; i++) {
        const float saved = x[i];
        const float up = saved + (float)epsilon, down = saved - (float)epsilon;
        double above, below, numeric, e;

        x[i] = up;
        above = loss(context);
        x[i] = down;
        below = loss(context);
        x[i] = saved;
        numeric = (above - below) / ((double)up - (double)down);
        e = fabs(numeric - (double)g[i]) / (fabs(numeric) + fabs((double)g[i]) + floor_value);
        if (!(e <= error)) { /* catches NaN too */
            error = e;
            if (worst)
                *worst = i;
        }
    }
    return error;
}
