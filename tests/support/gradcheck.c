/* SPDX-License-Identifier: MIT */
#include "tests/support/gradcheck.h"

#include <math.h>

struct check {
    double (*loss)(void *context);
    void *context;
    double epsilon;
};

/* (f(x + e) - f(x - e)) / 2e; x is restored. */
static double difference(const struct check *c, float *x, double epsilon)
{
    const float saved = *x, up = saved + (float)epsilon, down = saved - (float)epsilon;
    double above, below;

    *x = up;
    above = c->loss(c->context);
    *x = down;
    below = c->loss(c->context);
    *x = saved;
    return (above - below) / ((double)up - (double)down);
}

static double second_order(const struct check *c, float *x)
{
    return difference(c, x, c->epsilon);
}

static double fourth_order(const struct check *c, float *x)
{
    return (4 * difference(c, x, c->epsilon) - difference(c, x, 2 * c->epsilon)) / 3;
}

static double largest_error(const struct check *c,
                            double (*numeric_of)(const struct check *, float *), float *x,
                            const float *g, size_t count, size_t *worst)
{
    double largest = 0, floor_value, error = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)g[i]));
    floor_value = 1e-2 * largest + 1e-6;
    for (size_t i = 0; i < count; i++) {
        const double numeric = numeric_of(c, &x[i]);
        const double e =
            fabs(numeric - (double)g[i]) / (fabs(numeric) + fabs((double)g[i]) + floor_value);

        if (!(e <= error)) { /* catches NaN too */
            error = e;
            if (worst)
                *worst = i;
        }
    }
    return error;
}

double gradcheck(double (*loss)(void *context), void *context, float *x, const float *g,
                 size_t count, double epsilon, size_t *worst)
{
    return largest_error(&(struct check){loss, context, epsilon}, second_order, x, g, count, worst);
}

double gradcheck_smooth(double (*loss)(void *context), void *context, float *x, const float *g,
                        size_t count, double epsilon, size_t *worst)
{
    return largest_error(&(struct check){loss, context, epsilon}, fourth_order, x, g, count, worst);
}
