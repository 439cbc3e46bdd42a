/* SPDX-License-Identifier: MIT */
/*
 * The header of NumPy's .npy: a Python dictionary that describes an array, of which only the three
 * entries that there are in such files are understood.  Nothing of a file is executed.
 */
#ifndef TENSOR_NPY_H
#define TENSOR_NPY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    TN_NPY_MAX_RANK = 8,
    TN_NPY_MOST_HEADER = 1 << 16 /* bytes of one that is read; those of plain arrays have 128 */
};

struct tn_npy {
    char type[16]; /* as NumPy says it: "<f4" is float32, little-endian; "|O" Python objects */
    bool fortran;  /* the first index runs fastest */
    size_t rank, dims[TN_NPY_MAX_RANK]; /* as in the file: their product may overflow */
    size_t offset;                      /* where the numbers begin */
};

/* bytes[size]: the file, or its first TN_NPY_MOST_HEADER bytes.  Errors, without the file's name:
 * TN_FORMAT, TN_VERSION, TN_NOMEM. */
TN_NODISCARD enum tn_status tn_npy_read(const unsigned char *bytes, size_t size,
                                        struct tn_npy *ret_npy, struct tn_error *err);

#endif
