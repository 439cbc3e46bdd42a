/* SPDX-License-Identifier: MIT */
#include "train/fit/logistic.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST = LOGISTIC_MAX_FEATURES + 1, STEPS = 50, HALVINGS = 30 };

/* A fit in standardised features; weights w are of these, w[0] the constant. */
struct fit {
    const double *x, *y;
    size_t count, features;
    double ridge, mean[MOST], deviation[MOST];
};

static void standardise(struct fit *fit)
{
    for (size_t j = 0; j < fit->features; j++) {
        double sum = 0, squares = 0;

        for (size_t i = 0; i < fit->count; i++)
            sum += fit->x[i * fit->features + j];
        fit->mean[j] = sum / (double)fit->count;
        for (size_t i = 0; i < fit->count; i++)
            squares += pow(fit->x[i * fit->features + j] - fit->mean[j], 2);
        fit->deviation[j] = sqrt(squares / (double)fit->count);
    }
}

/* Row i with its constant in front: z[features + 1]. */
static void get_row(const struct fit *fit, size_t i, double *z)
{
    z[0] = 1;
    for (size_t j = 0; j < fit->features; j++) {
        const double centred = fit->x[i * fit->features + j] - fit->mean[j];

        z[j + 1] = fit->deviation[j] > 0 ? centred / fit->deviation[j] : 0;
    }
}

static double activation(const struct fit *fit, const double *w, const double *z)
{
    double sum = 0;

    for (size_t j = 0; j <= fit->features; j++)
        sum += w[j] * z[j];
    return sum;
}

/* What is to be minimal:  sum log(1 + e^a) - y a + ridge / 2 |w|^2. */
static double loss(const struct fit *fit, const double *w)
{
    double z[MOST], sum = 0;

    for (size_t i = 0; i < fit->count; i++) {
        double a;

        get_row(fit, i, z);
        a = activation(fit, w, z);
        sum += fmax(a, 0) + log1p(exp(-fabs(a))) - fit->y[i] * a;
    }
    for (size_t j = 1; j <= fit->features; j++)
        sum += fit->ridge / 2 * w[j] * w[j];
    return sum;
}

/* Its gradient g and its matrix of second derivatives h, at w. */
static void differentiate(const struct fit *fit, const double *w, double *g, double h[MOST][MOST])
{
    double z[MOST];

    memset(g, 0, MOST * sizeof *g);
    memset(h, 0, MOST * sizeof *h);
    for (size_t i = 0; i < fit->count; i++) {
        double p;

        get_row(fit, i, z);
        p = 1 / (1 + exp(-activation(fit, w, z)));
        for (size_t j = 0; j <= fit->features; j++) {
            g[j] += (p - fit->y[i]) * z[j];
            for (size_t k = 0; k <= fit->features; k++)
                h[j][k] += p * (1 - p) * z[j] * z[k];
        }
    }
    for (size_t j = 1; j <= fit->features; j++) {
        g[j] += fit->ridge * w[j];
        h[j][j] += fit->ridge;
    }
}

/* x = h^-1 g of a positive definite h, by elimination; a pivot of nothing leaves x_j at 0. */
static void solve(double h[MOST][MOST], double *g, size_t n, double *x)
{
    for (size_t j = 0; j < n; j++)
        for (size_t i = j + 1; i < n && h[j][j] > 0; i++) {
            const double times = h[i][j] / h[j][j];

            for (size_t k = j; k < n; k++)
                h[i][k] -= times * h[j][k];
            g[i] -= times * g[j];
        }
    for (size_t j = n; j-- > 0;) {
        x[j] = g[j];
        for (size_t k = j + 1; k < n; k++)
            x[j] -= h[j][k] * x[k];
        x[j] = h[j][j] > 0 ? x[j] / h[j][j] : 0;
    }
}

/* One step of Newton's, halved until it does not lead up; false when it leads nowhere. */
static bool step(const struct fit *fit, double *w)
{
    double g[MOST], h[MOST][MOST], direction[MOST], next[MOST], scale = 1;
    const double before = loss(fit, w);

    differentiate(fit, w, g, h);
    solve(h, g, fit->features + 1, direction);
    for (int i = 0; i < HALVINGS; i++, scale /= 2) {
        for (size_t j = 0; j <= fit->features; j++)
            next[j] = w[j] - scale * direction[j];
        if (loss(fit, next) < before) {
            memcpy(w, next, (fit->features + 1) * sizeof *w);
            return true;
        }
    }
    return false;
}

void logistic_fit(const double *x, const double *y, size_t count, size_t features, double ridge,
                  double *weights)
{
    struct fit fit = {.x = x, .y = y, .count = count, .features = features, .ridge = ridge};
    double w[MOST] = {0};

    assert(features <= LOGISTIC_MAX_FEATURES && count > 0);
    standardise(&fit);
    for (int i = 0; i < STEPS && step(&fit, w); i++)
        continue;
    weights[0] = w[0];
    for (size_t j = 0; j < features; j++) {
        weights[j + 1] = fit.deviation[j] > 0 ? w[j + 1] / fit.deviation[j] : 0;
        weights[0] -= weights[j + 1] * fit.mean[j];
    }
}
