/* SPDX-License-Identifier: MIT */
/*
 * NumPy's .npy files (tensor/npy.h) as rows of numbers.  An array of Python objects, which NumPy
 * stores as a pickle, is refused.
 */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Rows of floating-point numbers, little-endian, one after another.  The dimensions after the first
 * are one: [n][2048][1][1] has n rows of 2048 numbers. */
struct npy {
    size_t rows, columns;
    size_t number_size; /* 2, 4 or 8 bytes: float16, float32 or float64 */
    size_t offset;      /* where the numbers begin in the file */
};

enum { NPY_MAX_COLUMNS = 65536 };

/* Reads the header of a file of `size` bytes, from its beginning; the stream then stands at the
 * numbers.  Errors, which name the file: TN_FORMAT, TN_UNSUPPORTED for numbers that are not read,
 * TN_RANGE for rows that are too long, TN_IO. */
TN_NODISCARD enum tn_status npy_read_header(FILE *stream, const char *path, uint64_t size,
                                            struct npy *ret_npy, struct tn_error *err);

/* numbers[count] of the file's type, aligned as malloc does, as floats.  One beyond those of a
 * float becomes infinite. */
void npy_to_float(const struct npy *npy, const void *numbers, size_t count, float *out);

#endif
