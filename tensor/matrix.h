/* SPDX-License-Identifier: MIT */
/*
 * Weights for inference: a matrix that lies in the mapped model file as float32, as float16, or as
 * int8 rows with a float32 scale per row, and is used where it lies.
 */
#ifndef TENSOR_MATRIX_H
#define TENSOR_MATRIX_H

#include "base/arena.h"
#include "base/pool.h"
#include "tensor/safetensors.h"

#include <stddef.h>

struct tn_matrix {
    enum tn_dtype dtype; /* TN_F32, TN_F16 or TN_I8 */
    size_t rows, columns;
    const void *data;   /* [rows][columns], borrowed */
    const float *scale; /* [rows], TN_I8 only: weight = q * scale[row]; borrowed */
};

/* The matrix called name in the file (F32, F16, or I8 with <name>_scale), its shape checked: rank
 * 2, or more when the trailing dims multiply to `columns`. */
TN_NODISCARD enum tn_status tn_matrix_get(const struct tn_file *file, const char *name, size_t rows,
                                          size_t columns, struct tn_matrix *ret_matrix,
                                          struct tn_error *err);

/*
 * Y = X W^T + b.  x is [batch][columns], y is [batch][rows], bias [rows] or NULL (added once),
 * accumulate: y += instead of y =.  Rows of W are shared out over the pool.  Batches from 1 up:
 * small ones are bound by reading W once, so W is read once.  With int8 rows each x is quantised to
 * 8 bits: to steps of its largest magnitude / 127, or / 255 where no number of it is negative.
 * Scratch is taken from the arena and released; measure with the same call on a
 * measuring arena (which computes nothing).
 */
void tn_linear(struct tn_pool *pool, float *y, const float *x, const struct tn_matrix *w,
               const float *bias, bool accumulate, size_t batch, struct tn_arena *scratch);

/* out[columns] = row `row` of the matrix as float32 (an embedding look-up). */
void tn_matrix_row(const struct tn_matrix *w, size_t row, float *out);

/* Quantises w[rows][columns] to int8 with scale[row] = max |w| / 127 (1 for a row of zeros
 * or of hardly more, below 1e-30), rounding to nearest.  The scale of a row with what is no finite
 * number is no such number either. */
void tn_quantise_rows(const float *w, size_t rows, size_t columns, signed char *q, float *scale);

/* Makes w int8 rows (tn_quantise_rows) in memory of the arena.  It stays as it is where its rows
 * are that already, are longer than int8 products take, or contain what is no finite number.  With
 * a measuring arena w has no numbers afterwards, but measures as int8 rows do. */
void tn_matrix_to_int8(struct tn_matrix *w, struct tn_arena *arena);

#endif
