/* SPDX-License-Identifier: MIT */
/*
 * OpenBLAS, for processors that our own kernels do not make use of.  It is loaded when it is first
 * asked for: a program that multiplies without it has neither its memory nor its threads.
 */
#ifndef TENSOR_BLAS_H
#define TENSOR_BLAS_H

#include "tensor/kernels/kernels.h"

/* OpenBLAS as kernels that multiply, and do not pack; NULL where it is not installed. */
const struct tn_gemm_kernels *tn_blas(void);

#endif
