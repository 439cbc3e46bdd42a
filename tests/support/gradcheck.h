/* SPDX-License-Identifier: MIT */
/* Central-difference gradient check: |(f(x + e) - f(x - e)) / 2e - g| against a tolerance. */
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

#endif
