/* SPDX-License-Identifier: MIT */
/* Gradients against differences of the loss. */
#ifndef TESTS_SUPPORT_GRADCHECK_H
#define TESTS_SUPPORT_GRADCHECK_H

#include <stddef.h>

/*
 * Compares the analytic gradient g[count] of `loss` with respect to x[count] with central
 * differences of a step e.  x is restored.  Two things keep a difference from the gradient:
 *
 *     rounding    of the loss, divided by the step: it depends on the processor's kernels, so that
 *                 it is measured, and allowed for;
 *     the curve   within the step, of the order of the step's square: the caller's limit.
 *
 * The error of element i is thus
 *     (|numeric - g| - rounding) / (|numeric| + |g| + floor),   floor = 1e-2 * max |g| + 1e-6,
 * where the floor keeps the curve of elements far below the largest from counting as theirs.
 * Returns the largest error and, when worst is not NULL, its index; or infinity when rounding is
 * above a hundredth of the largest gradient: a check that rounding could hide an error from is no
 * check, and wants a larger step.  Give the result to ck_assert_msg with a name.
 */
double gradcheck(double (*loss)(void *context), void *context, float *x, const float *g,
                 size_t count, double step, size_t *worst);

/*
 * The same by differences of the fourth order, (8 (f(x + e) - f(x - e)) - (f(x + 2e) - f(x - 2e)))
 * / 12e, for a loss without kinks: a larger step has the same error, and rounding counts for less.
 */
double gradcheck_smooth(double (*loss)(void *context), void *context, float *x, const float *g,
                        size_t count, double step, size_t *worst);

#endif
