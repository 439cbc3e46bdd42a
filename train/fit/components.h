/* SPDX-License-Identifier: MIT */
/*
 * The strongest directions of a matrix's rows: its principal components, or with rows that are not
 * centred its right singular vectors; by subspace iteration (Halko, Martinsson and Tropp, "Finding
 * structure with randomness", 2011, algorithm 4.4).
 */
#ifndef TRAIN_COMPONENTS_H
#define TRAIN_COMPONENTS_H

#include "base/pool.h"

#include <stddef.h>

/* Makes the rows of u[rows][count] orthonormal, the first first (Gram and Schmidt, twice: Giraud
 * 2005); one that depends on those before it becomes 0. */
void train_orthonormalise(size_t rows, size_t count, float *u);

/* basis[d][width]: the d strongest directions of the rows of x[count][width], orthonormal, or 0
 * where there are no more.  places[d][count] is used up.  Equal bits whatever the number of
 * threads; pool NULL: the caller's alone. */
void train_components(struct tn_pool *pool, const float *x, size_t count, size_t width, size_t d,
                      float *basis, float *places);

#endif
