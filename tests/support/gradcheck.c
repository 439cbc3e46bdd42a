/* SPDX-License-Identifier: MIT */
#include "tests/support/gradcheck.h"

#include <math.h>

/* Rounding is measured at POINTS points, NEARNESS of them within a step: a loss of which a step
 * shows the curve is there, to rounding, a polynomial of less than ORDER. */
enum { POINTS = 24, ORDER = 4, NEARNESS = 64 };

/* How many standard deviations of rounding a difference may be off: beyond what a thousand elements
 * meet, and that the deviation is an estimate. */
static const double deviations = 8;

/* What rounding may leave uncertain, as a share of the largest gradient. */
static const double blind = 1e-2;

struct check {
    double (*loss)(void *context);
    void *context;
    double step;
};

static double loss_at(const struct check *c, float *x, float value)
{
    const float saved = *x;
    double loss;

    *x = value;
    loss = c->loss(c->context);
    *x = saved;
    return loss;
}

/* (f(x + e) - f(x - e)) / 2e */
static double difference(const struct check *c, float *x, double step)
{
    const float up = *x + (float)step, down = *x - (float)step;

    return (loss_at(c, x, up) - loss_at(c, x, down)) / ((double)up - (double)down);
}

static double second_order(const struct check *c, float *x)
{
    return difference(c, x, c->step);
}

static double fourth_order(const struct check *c, float *x)
{
    return (4 * difference(c, x, c->step) - difference(c, x, 2 * c->step)) / 3;
}

/*
 * The standard deviation of the loss by rounding: the differences of order ORDER of a polynomial
 * below it are zero, and those of independent errors have 1 + 16 + 36 + 16 + 1 = 70 times their
 * variance (Hamming; More and Wild 2011).
 */
static double rounding_of_the_loss(const struct check *c, float *x)
{
    double f[POINTS], squares = 0;

    for (int i = 0; i < POINTS; i++)
        f[i] = loss_at(c, x, *x + (float)(i * c->step / NEARNESS));
    for (int order = 0; order < ORDER; order++)
        for (int i = 0; i + order + 1 < POINTS; i++)
            f[i] = f[i + 1] - f[i];
    for (int i = 0; i + ORDER < POINTS; i++)
        squares += f[i] * f[i];
    return sqrt(squares / (POINTS - ORDER) / 70);
}

static size_t largest_of(const float *g, size_t count)
{
    size_t largest = 0;

    for (size_t i = 1; i < count; i++)
        if (fabsf(g[i]) > fabsf(g[largest]))
            largest = i;
    return largest;
}

/* Either formula weighs the losses so that rounding puts it off by less than that of a loss,
 * divided by the step. */
static double largest_error(const struct check *c,
                            double (*numeric_of)(const struct check *, float *), float *x,
                            const float *g, size_t count, size_t *worst)
{
    const size_t at = largest_of(g, count);
    const double largest = fabs((double)g[at]), floor_value = 1e-2 * largest + 1e-6;
    const double rounding = deviations * rounding_of_the_loss(c, &x[at]) / c->step;
    double error = 0;

    if (worst)
        *worst = at;
    if (!(rounding <= blind * largest))
        return INFINITY;
    for (size_t i = 0; i < count; i++) {
        const double numeric = numeric_of(c, &x[i]), gradient = (double)g[i];
        const double e =
            (fabs(numeric - gradient) - rounding) / (fabs(numeric) + fabs(gradient) + floor_value);

        if (!(e <= error)) { /* catches NaN too */
            error = e;
            if (worst)
                *worst = i;
        }
    }
    return error;
}

double gradcheck(double (*loss)(void *context), void *context, float *x, const float *g,
                 size_t count, double step, size_t *worst)
{
    return largest_error(&(struct check){loss, context, step}, second_order, x, g, count, worst);
}

double gradcheck_smooth(double (*loss)(void *context), void *context, float *x, const float *g,
                        size_t count, double step, size_t *worst)
{
    return largest_error(&(struct check){loss, context, step}, fourth_order, x, g, count, worst);
}
