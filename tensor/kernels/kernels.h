/* SPDX-License-Identifier: MIT */
/*
 * The kernels behind pointwise.h, half.h, matrix.h and the encoder, in one set per instruction
 * set.
 * A set is the same source (kernels_float.c, kernels_int8.c) compiled with other flags; which one
 * serves is decided at run time from what the processor says it can do.
 */
#ifndef TENSOR_KERNELS_H
#define TENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Float kernels: the sets agree within rounding, as their order of summation differs. */
struct tn_float_kernels {
    void (*sigmoid)(float *y, const float *x, size_t count);
    void (*tanh)(float *y, const float *x, size_t count);
    void (*exp)(float *y, const float *x, size_t count);
    void (*relu)(float *y, const float *x, size_t count);
    void (*axpy)(float *y, float alpha, const float *x, size_t count);
    void (*scale)(float *x, float alpha, size_t count);
    float (*dot)(const float *x, const float *y, size_t count);
    float (*max)(const float *x, size_t count);
    /* sum of exp(x - shift) */
    float (*sum_exp)(const float *x, float shift, size_t count);
    void (*half_to_float)(float *y, const uint16_t *x, size_t count);
    void (*float_to_half)(uint16_t *y, const float *x, size_t count);
    /* y[b * y_stride + r] (+)= sum over k of x[b][k] w[r][k] + bias[r]: w is [rows][columns],
     * float32 or float16, x is [batch][columns]. */
    void (*linear_f32)(float *y, size_t y_stride, const void *w, const float *x, const float *bias,
                       int accumulate, size_t rows, size_t columns, size_t batch);
    void (*linear_f16)(float *y, size_t y_stride, const void *w, const float *x, const float *bias,
                       int accumulate, size_t rows, size_t columns, size_t batch);
};

/* How a set keeps an input of a product with int8 rows: x is about scale * (q - zero). */
struct tn_int8_input {
    float scale;
    int32_t zero;
};

/* y[b * y_stride + r] (+)= w_scale[r] * scale[b] * (sum over k of w[r][k] (q[b][k] - zero[b]))
 *                         + bias[r] */
struct tn_int8_product {
    float *y;
    size_t y_stride;
    const signed char *w; /* [rows][columns], columns at most TN_INT8_MAX_COLUMNS */
    const float *w_scale;
    size_t rows, columns;
    const void *prepared; /* q of `batch` inputs */
    const struct tn_int8_input *inputs;
    size_t batch;
    const float *bias; /* or NULL */
    bool accumulate;
};

/* Products with int8 rows; all sets give the same bits.  Inputs x are first prepared: quantised to
 * 8 bits and laid out as the set likes. */
struct tn_int8_kernels {
    /* Bytes of a prepared input (a multiple of 64); `prepared` needs 16 at a time. */
    size_t (*row_bytes)(size_t columns);
    /* How many inputs from `first` on must be prepared in one call. */
    size_t (*group)(size_t first, size_t batch);
    /* Inputs first .. first + count - 1 of x[batch][columns] into prepared and inputs[batch]. */
    void (*prepare)(void *prepared, struct tn_int8_input *inputs, const float *x, size_t columns,
                    size_t first, size_t count);
    void (*linear)(const struct tn_int8_product *product);
};

enum { TN_INT8_GROUP = 16, TN_INT8_MAX_COLUMNS = 65536 };

/* A product of matrices, as tn_gemm describes it (tensor/gemm.h). */
struct tn_product {
    bool trans_a, trans_b;
    size_t m, n, k;
    float alpha;
    const float *a;
    size_t lda;
    const float *b;
    size_t ldb;
    float beta;
    float *c;
    size_t ldc;
    const float *packed; /* op(B) as `pack` laid it out, or NULL */
};

/* Products in float32.  Blocks begin at multiples of `columns`. */
struct tn_gemm_kernels {
    size_t rows, columns; /* of a tile: what a block had best be a multiple of */
    size_t most_rows;     /* that a block had best have, so that they stay in the cache */
    size_t turned;        /* the same with trans_a */
    /* Floats that op(B), [k][n], takes packed; NULL, as `pack`: these kernels do not pack. */
    size_t (*packed_floats)(size_t n, size_t k);
    /* Packs columns `column` .. + columns of op(B)'s rows `start` .. + count. */
    void (*pack)(float *packed, const struct tn_product *product, size_t start, size_t count,
                 size_t column, size_t columns);
    /* Rows `row` .. + rows and columns `column` .. + columns of C. */
    void (*multiply)(const struct tn_product *product, size_t row, size_t rows, size_t column,
                     size_t columns);
};

/* One instruction set: its name and kernels. */
struct tn_kernels {
    const char *name;
    const struct tn_float_kernels *floats;
    const struct tn_int8_kernels *int8;
    const struct tn_gemm_kernels *gemm;
    bool blas_is_faster; /* OpenBLAS multiplies, where it is installed */
};

/* Set number `index` among those this processor can run, slowest (portable C) first; NULL after the
 * last. */
const struct tn_kernels *tn_kernels_at(size_t index);

/* The fastest of them. */
const struct tn_kernels *tn_kernels_best(void);

/* Products of factors that are rounded to bf16, with sums in float32; NULL where the processor has
 * no instruction for them. `pack` is called with even starts. */
const struct tn_gemm_kernels *tn_kernels_bf16(void);

/* Whether they are faster than those of tn_kernels_best(). */
bool tn_kernels_bf16_pay(void);

#endif
