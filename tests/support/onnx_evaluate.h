/* SPDX-License-Identifier: MIT */
/*
 * Computes small ONNX models: the operators that decoders are exported with, on matrices.  It is
 * written from ONNX's description of the operators, so that the tests of exchange/ need no other
 * program.
 */
#ifndef TESTS_SUPPORT_ONNX_EVALUATE_H
#define TESTS_SUPPORT_ONNX_EVALUATE_H

#include "exchange/onnx.pb-c.h"

#include <stddef.h>

/* A matrix; a vector has one row, a number one element.  Integers are floats here. */
struct onnx_value {
    const char *name;
    size_t rows, columns;
    float *data; /* owned */
};

enum { ONNX_VALUES = 2048 };
struct onnx_values {
    struct onnx_value items[ONNX_VALUES];
    size_t count;
};

/* Gives the model an input (copied), before onnx_evaluate. */
void onnx_give(struct onnx_values *values, const char *name, size_t rows, size_t columns,
               const float *data);
/* Computes all values; aborts the test where an operator is unknown or its inputs do not fit. */
void onnx_evaluate(const OnnxGraph *graph, struct onnx_values *values);
/* The value of that name, which there is. */
const struct onnx_value *onnx_get(const struct onnx_values *values, const char *name);
void onnx_forget(struct onnx_values *values);

#endif
