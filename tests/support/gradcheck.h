/* SPDX-License-Identifier: MIT */
/* Gradients against differences of the loss. */
#ifndef TESTS_SUPPORT_GRADCHECK_H
#define TESTS_SUPPORT_GRADCHECK_H

#include <stddef.h>

/*
 * Compares the analytic gradient g[count] of `loss` with respect to x[count] with central
 * differences of step epsilon.  x is restored.  The error of element i is
 *     |numeric - g| / (|numeric| + |g| + floor),   floor = 1e-2 * max |g| + 1e-6,
 * so that elements far below the largest do not fail on float rounding.  Returns the largest error
 * and, when worst is not NULL, its index.  Give the result to ck_assert_msg with a name.
 */
double gradcheck(double (*loss)(void *context), void *context, float *x, const float *g,
                 size_t count, double epsilon, size_t *worst);

/*
 * The same by differences of the fourth order, (8 (f(x + e) - f(x - e)) - (f(x + 2e) - f(x - 2e)))
 * / 12e, for a loss without kinks: a larger step has the same error, and rounding counts for less.
 */
double gradcheck_smooth(double (*loss)(void *context), void *context, float *x, const float *g,
                        size_t count, double epsilon, size_t *worst);

#endif
